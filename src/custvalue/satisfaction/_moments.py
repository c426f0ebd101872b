"""Weighted moments of several variables that pool without losing digits, and records of them."""

from __future__ import annotations

import abc
import dataclasses
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, refuse
from custvalue._record import Record
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction._survey import SurveyTally

Rows = npt.NDArray[np.int64]
_FIELDS = ("weight", "mean", "deviation", "correlation")


def _none() -> Array:
    return np.zeros((1, 0))


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Moments(Record):
    """Weighted means, deviations and correlations of m variables, of each of some rows.

    Sums of products would add too, but they lose the digits of what lies far from 0, and overflow.

    Attributes
    ----------
    weight : float array of shape (..., rows)
        Sum of the weights.
    mean, deviation : float arrays of shape (..., rows, m)
        Means, and roots of the mean squares around them; a deviation of 0 is exact.
    correlation : float array of shape (..., rows, m (m - 1) / 2)
        Of each pair of variables, in the order of `numpy.triu_indices(m, 1)`; 0 without deviation.
    variables : int, optional
        m; by default that of `mean`, which JSON does not know where there are no rows.
    """

    weight: Array = dataclasses.field(default_factory=lambda: np.zeros(1))
    mean: Array = dataclasses.field(default_factory=_none)
    deviation: Array = dataclasses.field(default_factory=_none)
    correlation: Array = dataclasses.field(default_factory=_none)
    variables: int | None = None

    def __post_init__(self) -> None:
        found = {name: np.asarray(getattr(self, name), dtype=np.float64) for name in _FIELDS}
        rows = found["weight"].shape
        m = found["mean"].shape[-1] if self.variables is None else int(self.variables)
        object.__setattr__(self, "variables", m)
        for name, column in found.items():
            if not column.size and not found["weight"].size:
                behind = {"weight": (), "correlation": (m * (m - 1) // 2,)}.get(name, (m,))
                column = np.zeros((*rows, *behind))
            object.__setattr__(self, name, column)
        shapes = {name: getattr(self, name).shape for name in _FIELDS}
        asked = {"weight": rows, "mean": (*rows, m), "deviation": (*rows, m),
                 "correlation": (*rows, m * (m - 1) // 2)}  # fmt: skip
        if shapes != asked or not rows:
            rule = f"must have the shapes {asked}"
            raise InvalidDataError(message("Moments", rule, value=shapes))
        for name in _FIELDS:
            column = getattr(self, name)
            refuse(name, "must be finite", column, ~np.isfinite(column))
        super().__post_init__()

    def matrices(self) -> Array:
        """Return correlations of shape (..., rows, m, m).

        0 with a variable that does not vary, and NaN all over where that is the last one.
        """
        m = self.mean.shape[-1]
        out = np.zeros((*self.weight.shape, m, m))
        one, other = np.triu_indices(m, 1)
        out[..., one, other] = out[..., other, one] = self.correlation
        diagonal = np.arange(m)
        out[..., diagonal, diagonal] = self.deviation > 0.0
        out[self.deviation[..., -1] == 0.0] = np.nan
        return out

    def part(self, some: slice) -> Self:
        """Return some of the samples, along the first axis."""
        each: dict[str, Any] = {name: getattr(self, name)[some] for name in _FIELDS}
        return dataclasses.replace(self, **each)

    def taken(self, rows: Rows) -> Self:
        """Return the rows given, in their order."""
        each: dict[str, Any] = {
            name: np.take(getattr(self, name), rows, axis=self.weight.ndim - 1) for name in _FIELDS
        }
        return dataclasses.replace(self, **each)

    def placed(self, rows: Rows, size: int) -> Self:
        """Return as many rows as asked: those of self where `rows` says, without weight else."""
        each: dict[str, Any] = {}
        for name in _FIELDS:
            column = getattr(self, name)
            axis = self.weight.ndim - 1
            wide = np.zeros((*column.shape[:axis], size, *column.shape[axis + 1 :]))
            np.moveaxis(wide, axis, 0)[rows] = np.moveaxis(column, axis, 0)
            each[name] = wide
        return dataclasses.replace(self, **each)

    def pooled(self, other: Self) -> Self:
        """Return the moments of both samples, row by row.

        Chan, Golub & LeVeque, "Algorithms for computing the sample variance", The American
        Statistician 37 (1983), 242-247, equation 2.1, in units of the largest deviation.
        """
        total = self.weight + other.weight
        part = np.divide(other.weight, total, out=np.zeros(total.shape), where=total > 0)[..., None]
        rest = np.where(total > 0, 1.0 - part[..., 0], 0.0)[..., None]
        both = ((self.weight > 0) & (other.weight > 0))[..., None]
        step = np.where(both, other.mean - self.mean, 0.0)
        mean = np.where(self.weight[..., None] > 0, self.mean + step * part, other.mean)
        largest = np.maximum(np.maximum(self.deviation, other.deviation), np.abs(step))
        unit = np.where(largest > 0, largest, 1.0)
        a, b, d = self.deviation / unit, other.deviation / unit, step / unit
        one, two = np.triu_indices(mean.shape[-1], 1)
        root = np.sqrt(rest * a**2 + part * b**2 + rest * part * d**2)
        across = rest * a[..., one] * a[..., two] * self.correlation
        across += part * b[..., one] * b[..., two] * other.correlation
        across += rest * part * d[..., one] * d[..., two]
        roots = root[..., one] * root[..., two]
        found = np.divide(across, roots, out=np.zeros(across.shape), where=roots > 0)
        return dataclasses.replace(
            self,
            weight=total,
            mean=mean,
            deviation=unit * root,
            correlation=np.clip(found, -1.0, 1.0),
        )


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class MomentTally(SurveyTally, abc.ABC):
    """Base of tallies that keep moments beside their sums, a row of them for each row of sums."""

    _moments: ClassVar[tuple[str, ...]] = ()  # fields of Moments; None where nothing is kept

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self._moments:
            found = getattr(self, name)
            if found is not None and found.weight.shape[-1] != len(self):
                rule = "must have one row for each row of the record"
                raise InvalidDataError(message(name, rule, value=found.weight.shape))

    def _sort(self, keys: list[npt.NDArray[Any]]) -> None:
        for name in self._moments:  # before rows are put in order, by them
            found = getattr(self, name)
            if found is not None and found.weight.shape[-1] != len(keys[0]):
                rule = "must have one row for each row of the record"
                raise InvalidDataError(message(name, rule, value=found.weight.shape))
        super()._sort(keys)

    def _reorder(self, rows: Rows) -> None:
        for name in self._moments:
            found = getattr(self, name)
            object.__setattr__(self, name, None if found is None else found.taken(rows))

    def _pooled(self, other: Self, row: Rows, size: int) -> dict[str, Any]:
        pooled = {}
        for name in self._moments:
            one, two = getattr(self, name), getattr(other, name)
            kinds = [None if m is None else (m.weight.shape[:-1], m.mean.shape[-1])
                     for m in (one, two)]  # fmt: skip
            if kinds[0] != kinds[1]:
                rule = "must be of the same shape in both records"
                hint = "Read both with the same arguments."
                raise InvalidDataError(message(name, rule, value=kinds, hint=hint))
            pooled[name] = one
            if one is not None:
                first = one.weight.shape[-1]
                pooled[name] = one.placed(row[:first], size).pooled(two.placed(row[first:], size))
        return pooled
