"""The record of penalties and rewards: what low and high performance of attributes does."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from custvalue._check import Array, number
from custvalue._proportion import normal_quantile
from custvalue._record import Notes, Record, checked_notes
from custvalue._tally import Column, as_column, checked_groups
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction._survey import LOW_BASE, ratio

KINDS = ("frustrator", "dissatisfier", "hybrid", "satisfier", "delighter")
_OPTIONAL = ("penalty_variance", "reward_variance", "covariance", "free", "r_squared")
_SHOWN = (
    "penalty_lower",
    "penalty_upper",
    "reward_lower",
    "reward_upper",
    "range",
    "satisfying",
    "dissatisfying",
    "asymmetry",
    "category",
    "low_base",
)
_COLUMNS = ("attribute", "penalty", "reward", *_OPTIONAL, "answers", "low", "high")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class PenaltyReward(Record):
    """What low and what high performance of each attribute does to the outcome.

    Attributes
    ----------
    attribute : array of shape (rows,)
        Its name.
    penalty, reward : float arrays
        Coefficients of low and of high performance, against performance between; a penalty is
        below 0 as a rule, a reward above. NaN where nobody or everybody answered so.
    penalty_variance, reward_variance, covariance : float arrays or None
        Of the two coefficients (robust).
    free : float array or None
        Degrees of freedom: effective respondents less coefficients.
    r_squared : float array or None
        Share of the variance of the outcome explained.
    answers, low, high : int arrays or None
        Respondents who answered everything; those of them who answered low, and high.
    outcome : str
        What is explained.
    min_group : int
        Results from fewer respondents are NaN.
    groups, notes, frame
        Labels of each row by column; what policies did, counted; the kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> found = cv.satisfaction.PenaltyReward(["staff", "wifi"], [-0.6, -0.1], [0.3, 0.7])
    >>> found.asymmetry.round(4), found.category()
    (array([-0.3333,  0.75  ]), array(['dissatisfier', 'delighter'], dtype=object))
    """

    attribute: Column = dataclasses.field(default_factory=lambda: np.empty(0, dtype=object))
    penalty: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    reward: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    penalty_variance: Array | None = None
    reward_variance: Array | None = None
    covariance: Array | None = None
    free: Array | None = None
    r_squared: Array | None = None
    answers: Column | None = None
    low: Column | None = None
    high: Column | None = None
    outcome: str = ""
    min_group: int = 0
    groups: Mapping[str, Column] = dataclasses.field(default_factory=dict)
    notes: Notes = dataclasses.field(default_factory=dict)
    frame: str = dataclasses.field(default="pandas", compare=False)

    _columns: ClassVar[tuple[str, ...]] = _COLUMNS

    def __post_init__(self) -> None:
        given = {name: getattr(self, name) for name in _COLUMNS}
        optional = {name for name in (*_OPTIONAL, "answers", "low", "high") if given[name] is None}
        columns = {name: as_column(name, c) for name, c in given.items() if name not in optional}
        groups = checked_groups(self.groups, (*_COLUMNS, *_SHOWN))
        shapes = {name: c.shape for name, c in (columns | groups).items()}
        if len(set(shapes.values())) > 1 or columns["attribute"].ndim != 1:
            rule = "must have columns of one length"
            raise InvalidDataError(message("PenaltyReward", rule, value=shapes))
        for name in columns.keys() - {"attribute"}:
            if columns[name].dtype.kind not in "iuf":
                rule = "must be numbers"
                raise InvalidDataError(message(name, rule, value=str(columns[name].dtype)))
        for name, column in columns.items():
            object.__setattr__(self, name, column)
        object.__setattr__(self, "groups", groups)
        object.__setattr__(self, "notes", checked_notes(self.notes))

    def __len__(self) -> int:
        """Return the number of rows, groups times attributes."""
        return len(self.attribute)

    @property
    def _loss(self) -> Array:
        return np.maximum(-self.penalty, 0.0)

    @property
    def _gain(self) -> Array:
        return np.maximum(self.reward, 0.0)

    @property
    def range(self) -> Array:
        """Range of impact on customer satisfaction (RIOCS), the size of the penalty + reward.

        A penalty above 0 or a reward below 0 counts as 0 here and below: such an attribute has no
        power to dissatisfy or to satisfy, and shares stay between 0 and 1.
        """
        return np.asarray(self._gain + self._loss)

    @property
    def satisfying(self) -> Array:
        """Satisfaction-generating potential (SGP), reward / range; NaN where the range is 0."""
        return ratio(self._gain, self.range)

    @property
    def dissatisfying(self) -> Array:
        """Dissatisfaction-generating potential (DGP), the size of the penalty / range."""
        return ratio(self._loss, self.range)

    @property
    def asymmetry(self) -> Array:
        """Impact asymmetry SGP - DGP: 1 can only delight, -1 can only frustrate.

        Mikulic & Prebezac, "Prioritizing improvement of service attributes using impact
        range-performance analysis and impact-asymmetry analysis", Managing Service Quality 18
        (2008), 559-576.
        """
        return np.asarray(self.satisfying - self.dissatisfying)

    @property
    def value(self) -> Array:
        """The impact asymmetry; see `asymmetry`."""
        return self.asymmetry

    def category(self, hybrid: float = 0.2, extreme: float = 0.7) -> Column:
        """Return the kind of each attribute by its asymmetry; None where that is NaN.

        Parameters
        ----------
        hybrid, extreme : float
            Between -hybrid and hybrid "hybrid"; up to extreme "satisfier" or "dissatisfier";
            beyond "delighter" or "frustrator". The cuts are a custom; 0 <= hybrid <= extreme <= 1.
        """
        inner, outer = number("hybrid", hybrid, 0.0, 1.0), number("extreme", extreme, 0.0, 1.0)
        if inner > outer:
            rule = "must not be below hybrid"
            raise InvalidDataError(message("extreme", rule, value=(inner, outer)))
        found = self.asymmetry
        size = np.abs(found)
        step = (size > inner).astype(int) + (size > outer)
        place = np.where(found < 0, 2 - step, 2 + step)
        names = np.array(KINDS, dtype=object)[place]
        names[np.isnan(found)] = None
        return np.asarray(names)

    def penalty_interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """Return Student's interval of each penalty.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        """
        return self._bounds(self.penalty, self.penalty_variance, level)

    def reward_interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """Return Student's interval of each reward.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        """
        return self._bounds(self.reward, self.reward_variance, level)

    def interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """Return bounds of the asymmetry by the delta method, within [-1, 1].

        NaN where a coefficient has the sign that it should not have, or no variance is known: the
        asymmetry is at its end there, and has no such interval.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        """
        if self.penalty_variance is None or self.reward_variance is None:
            return self._bounds(self.asymmetry, None, level)
        r, p = self.reward, self.penalty
        across = 0.0 if self.covariance is None else self.covariance
        square = np.where((r > 0) & (p < 0), (r - p) ** 2, np.nan)
        by_r, by_p = -2.0 * p / square, 2.0 * r / square
        variance = by_r**2 * self.reward_variance + by_p**2 * self.penalty_variance
        variance += 2.0 * by_r * by_p * across
        low, high = self._bounds(self.asymmetry, variance, level)
        return np.maximum(low, -1.0), np.minimum(high, 1.0)

    def _bounds(self, value: Array, variance: Array | None, level: float) -> tuple[Array, Array]:
        from scipy.special import stdtrit

        normal_quantile(level)  # refuses what is no level
        nothing = np.full(len(self), np.nan)
        if variance is None or self.free is None:
            return nothing, nothing
        free = np.where(self.free > 0, self.free, np.nan)
        half = -stdtrit(free, (1.0 - level) / 2.0) * np.sqrt(np.maximum(variance, 0.0))
        return np.asarray(value - half), np.asarray(value + half)

    def _head(self) -> dict[str, Any]:
        return {"outcome": self.outcome, "attributes": len(set(self.attribute)), **self.notes}

    def _table(self) -> dict[str, Any]:
        table: dict[str, Any] = {**self.groups, "attribute": self.attribute}
        for name in ("penalty", "reward"):
            table[name] = getattr(self, name)
            if self.free is not None:
                low, high = getattr(self, f"{name}_interval")()
                table |= {f"{name}_lower": low, f"{name}_upper": high}
        table |= {
            "range": self.range,
            "satisfying": self.satisfying,
            "dissatisfying": self.dissatisfying,
            "asymmetry": self.asymmetry,
            "category": self.category(),
        }
        others = {n: getattr(self, n) for n in ("answers", "low", "high", "r_squared")}
        table |= {name: column for name, column in others.items() if column is not None}
        if self.answers is not None and (self.answers < self.min_group).any():
            for name in {"low", "high"} & set(table):
                table[name] = np.where(self.answers < self.min_group, np.nan, table[name])
        return table if self.answers is None else table | {"low_base": self.answers < LOW_BASE}
