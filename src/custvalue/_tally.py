"""Tally: a record of counts and sums by key; `+` adds the rows that have the same keys."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from custvalue._record import Notes, Record, checked_notes, join_notes
from custvalue.errors import InvalidDataError, message

Column = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Tally(Record):
    """Base of records that keep counts and sums, one row per group and key.

    A subclass names its key columns (`_keys`), its columns of counts and sums (`_sums`) and the
    settings that must agree (`_settings`). Without keys and groups its sums are plain numbers. A
    record without arguments is empty and changes nothing when added. Rows are sorted by group, then
    by key. No unit that is counted may be in two records that are added.
    """

    groups: Mapping[str, Column] = dataclasses.field(default_factory=dict, kw_only=True)
    notes: Notes = dataclasses.field(default_factory=dict, kw_only=True)
    frame: str = dataclasses.field(default="pandas", kw_only=True, compare=False)

    _keys: ClassVar[tuple[str, ...]] = ()
    _sums: ClassVar[tuple[str, ...]] = ()
    _settings: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", checked_notes(self.notes))
        if not isinstance(self.groups, Mapping):
            rule = "must map names of columns to labels"
            raise InvalidDataError(message("groups", rule, value=type(self.groups).__name__))
        object.__setattr__(
            self, "groups", {name: np.asarray(labels) for name, labels in self.groups.items()}
        )
        for name in self._sums:
            values = np.asarray(getattr(self, name))
            object.__setattr__(self, name, values)
            if values.dtype.kind not in "iuf":
                raise InvalidDataError(message(name, "must be numbers", value=str(values.dtype)))
        shapes = {name: np.shape(column) for name, column in self._all().items()}
        if len(set(shapes.values())) > 1 or any(len(shape) > 1 for shape in shapes.values()):
            raise InvalidDataError(
                message(type(self).__name__, "must have columns of one length", value=shapes)
            )

    def _all(self) -> dict[str, Column]:
        """Return groups, keys and sums by name."""
        return {
            **self.groups,
            **{name: np.asarray(getattr(self, name)) for name in (*self._keys, *self._sums)},
        }

    @property
    def _keyed(self) -> bool:
        return bool(self._keys or self.groups)

    def _is_empty(self) -> bool:
        sums = [np.asarray(getattr(self, name)) for name in self._sums]
        nothing = (
            all(not column.any() for column in sums) if sums[0].ndim == 0 else not sums[0].size
        )
        return nothing and not self.notes

    def __len__(self) -> int:
        """Return the number of rows; 1 where there are neither groups nor keys."""
        return int(np.size(getattr(self, self._sums[0])))

    def _derived(self) -> dict[str, Any]:
        """Return columns that `to_frame` shows behind the counts."""
        return {}

    def _table(self) -> dict[str, Any]:
        table = {**self._all(), **self._derived()}
        return {name: np.atleast_1d(column) for name, column in table.items()}

    def __radd__(self, other: Any) -> Self:
        return (
            self if isinstance(other, int) and other == 0 else NotImplemented
        )  # sum() starts at 0

    def __add__(self, other: Self) -> Self:
        if type(other) is not type(self):
            return NotImplemented
        if self._is_empty():
            return other
        if other._is_empty():
            return self
        for name in self._settings:
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs:
                rule = "must be the same in both records"
                raise InvalidDataError(message(name, rule, value=(mine, theirs)))
        if set(self.groups) != set(other.groups):
            raise InvalidDataError(
                message(
                    "by", "must be the same in both", value=(list(self.groups), list(other.groups))
                )
            )
        notes = join_notes(self.notes, other.notes)
        if not self._keyed:
            added = {name: getattr(self, name) + getattr(other, name) for name in self._sums}
            return dataclasses.replace(self, **added, notes=notes)
        mine, theirs = self._all(), other._all()
        keys = {
            name: _concatenated(name, mine[name], theirs[name])
            for name in (*self.groups, *self._keys)
        }
        row, firsts = distinct_rows(list(keys.values()))
        sums: dict[str, Column] = {}
        for name in self._sums:
            both = np.concatenate([mine[name], theirs[name]])
            sums[name] = np.zeros(len(firsts), dtype=both.dtype)
            np.add.at(sums[name], row, both)
        changed: dict[str, Any] = {**{name: keys[name][firsts] for name in self._keys}, **sums}
        grouped = {name: keys[name][firsts] for name in self.groups}
        return dataclasses.replace(self, groups=grouped, notes=notes, **changed)


def _concatenated(name: str, one: Column, other: Column) -> Column:
    if one.size and other.size and (one.dtype.kind in "OUT") != (other.dtype.kind in "OUT"):
        raise InvalidDataError(
            message(name, "must be of one type in both", value=f"{one.dtype} and {other.dtype}")
        )
    return np.concatenate([one, other])


def distinct_rows(columns: list[Column]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the number of each row among the distinct rows, sorted, and where each is first."""
    import pandas as pd

    codes = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        fine, labels = pd.factorize(column, sort=True)
        codes = codes * max(len(labels), 1) + fine
        codes = np.unique(codes, return_inverse=True)[1]  # dense again: no overflow
    _, firsts = np.unique(codes, return_index=True)
    return np.asarray(codes, dtype=np.int64), np.asarray(firsts, dtype=np.int64)
