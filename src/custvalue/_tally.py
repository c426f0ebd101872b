"""Tally: a record of counts and sums by key; `+` adds the rows that have the same keys."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from custvalue._check import as_array, whole
from custvalue._record import Notes, Record, checked_notes, frozen, join_notes, kept
from custvalue.errors import InvalidDataError, message

Column = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Tally(Record):
    """Base of records that keep counts and sums, one row per group and key.

    A subclass names its key columns (`_keys`), its columns of counts and sums (`_sums`) and the
    settings that must agree (`_settings`). Without keys and groups its sums are plain numbers (or
    arrays, added place by place). A record without arguments is empty and changes nothing when
    added. Each group and key has one row; rows are sorted by group, then by key. Whole numbers are
    int64 and never wrap; sums that are int64 by default are counts, never negative or broken. No
    unit that is counted may be in two records that are added.
    """

    groups: Mapping[str, Column] = dataclasses.field(default_factory=dict, kw_only=True)
    notes: Notes = dataclasses.field(default_factory=dict, kw_only=True)
    frame: str = dataclasses.field(default="pandas", kw_only=True, compare=False)

    _keys: ClassVar[tuple[str, ...]] = ()
    _sums: ClassVar[tuple[str, ...]] = ()
    _settings: ClassVar[tuple[str, ...]] = ()
    _shows: ClassVar[tuple[str, ...]] = ()  # columns of results beside those, no names of groups

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", checked_notes(self.notes))
        taken = (*self._keys, *self._sums, *self._shows)
        object.__setattr__(self, "groups", checked_groups(self.groups, taken))
        counts = self._counted()
        for name in self._sums:
            column = _countable(name, getattr(self, name), name in counts)
            object.__setattr__(self, name, column)
        for name in self._keys:
            object.__setattr__(self, name, as_column(name, getattr(self, name)))
        columns = self._all()
        shapes = {name: column.shape for name, column in columns.items()}
        dimensions = (1,) if self._keyed else (0, 1)
        if len(set(shapes.values())) > 1 or len(shapes[self._sums[0]]) not in dimensions:
            raise InvalidDataError(
                message(type(self).__name__, "must have columns of one length", value=shapes)
            )
        if self._keyed and len(self) > 1:
            self._sort([columns[name] for name in (*self.groups, *self._keys)])

    @classmethod
    def _counted(cls) -> set[str]:
        """Return the sums that are counts: those that are whole numbers where there are none."""
        empty = {
            f.name: f.default if f.default_factory is dataclasses.MISSING else f.default_factory()
            for f in dataclasses.fields(cls)
        }
        return {name for name in cls._sums if np.asarray(empty[name]).dtype.kind in "iu"}

    def _sort(self, keys: list[Column]) -> None:
        """Put the rows in the order of their keys; refuse two rows with the same."""
        if _rises(keys):
            return
        row, firsts = distinct_rows(keys)
        if len(firsts) < len(row):
            again = np.ones(len(row), dtype=bool)
            again[firsts] = False
            name = ", ".join((*self.groups, *self._keys))
            values = list(zip(*(column.tolist() for column in keys), strict=True))
            place = int(np.flatnonzero(again)[0])
            rule = "must have one row for each group and key"
            raise InvalidDataError(message(name, rule, value=values[place], row=place))
        if (np.diff(row) < 0).any():
            for name in (*self._keys, *self._sums):
                object.__setattr__(self, name, frozen(getattr(self, name)[firsts]))
            groups = {name: frozen(labels[firsts]) for name, labels in self.groups.items()}
            object.__setattr__(self, "groups", groups)
            self._reorder(firsts)

    def _reorder(self, rows: npt.NDArray[np.int64]) -> None:
        """Put what a subclass keeps beside its sums in the order of those rows."""

    def _pooled(self, other: Self, row: npt.NDArray[np.int64], size: int) -> dict[str, Any]:
        """Return the fields of a subclass that add otherwise than by sums.

        `row` says to which of `size` rows of the result those of self, then those of other, go.
        """
        return {}

    def _all(self) -> dict[str, Column]:
        """Return groups, keys and sums by name."""
        return {
            **self.groups,
            **{name: getattr(self, name) for name in (*self._keys, *self._sums)},
        }

    @property
    def _keyed(self) -> bool:
        return bool(self._keys or self.groups)

    def _is_empty(self) -> bool:
        sums = [getattr(self, name) for name in self._sums]
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
        derived = self._derived()
        refuse_names(self.groups, derived)
        return {name: np.atleast_1d(column) for name, column in (self._all() | derived).items()}

    def __radd__(self, other: Any) -> Self:
        return (
            self if isinstance(other, int) and other == 0 else NotImplemented
        )  # sum() starts at 0

    def __add__(self, other: Self) -> Self:
        if type(other) is not type(self):
            return NotImplemented
        if self._is_empty() and (not other._is_empty() or self == type(self)()):
            return other
        if other._is_empty():
            return self
        for name in self._settings:
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs:
                rule = "must be the same in both records"
                raise InvalidDataError(message(name, rule, value=(mine, theirs)))
        by = list(self.groups), list(other.groups)
        if by[0] != by[1]:
            raise InvalidDataError(message("by", "must be the same in both records", value=by))
        notes = join_notes(self.notes, other.notes)
        mine, theirs = self._all(), other._all()
        if not self._keyed:
            for name in self._sums:
                shapes = mine[name].shape, theirs[name].shape
                if shapes[0] != shapes[1]:
                    rule = "must have the same shape in both records"
                    raise InvalidDataError(message(name, rule, value=shapes))
            added: dict[str, Any] = {n: mine[n] + theirs[n] for n in self._sums}
            added |= self._pooled(other, np.zeros(2, dtype=np.int64), 1)
            return dataclasses.replace(self, **added, notes=notes)
        keys = {
            name: concatenated(name, mine[name], theirs[name])
            for name in (*self.groups, *self._keys)
        }
        row, firsts = distinct_rows(list(keys.values()))
        sums: dict[str, Column] = {}
        for name in self._sums:
            both = concatenated(name, mine[name], theirs[name])
            sums[name] = np.zeros(len(firsts), dtype=both.dtype)
            np.add.at(sums[name], row, both)
        changed: dict[str, Any] = {**{name: keys[name][firsts] for name in self._keys}, **sums}
        changed |= self._pooled(other, row, len(firsts))
        grouped = {name: keys[name][firsts] for name in self.groups}
        return dataclasses.replace(self, groups=grouped, notes=notes, **changed)


def as_column(name: str, values: Any) -> Column:
    """Return values as an array that nobody writes to; refuse rows of several lengths."""
    return kept(as_array(name, values, "must be one column"))


def keep_columns(record: Record) -> None:
    """Keep copies of the columns of a record that nobody writes to; refuse several lengths."""
    for name in record._columns:
        object.__setattr__(record, name, as_column(name, getattr(record, name)))
    same_length(record)


def same_length(record: Record, *optional: str) -> None:
    """Refuse a record whose columns are no columns, or of several lengths."""
    columns = {name: getattr(record, name) for name in record._columns}
    shapes = {name: np.shape(column) for name, column in columns.items()
              if column is not None or name not in optional}  # fmt: skip
    if len(set(shapes.values())) > 1 or any(len(shape) != 1 for shape in shapes.values()):
        rule = "must have columns of one length"
        raise InvalidDataError(message(type(record).__name__, rule, value=shapes))


def _countable(name: str, values: Any, counts: bool) -> Column:
    """Return whole numbers as int64 that two of can be added without wrapping, floats as such."""
    column = as_column(name, values)
    if column.dtype.kind not in "iuf":
        raise InvalidDataError(message(name, "must be numbers", value=str(column.dtype)))
    if counts:
        whole(name, column)
    elif column.dtype.kind == "f":
        return column
    total = float(np.abs(column.astype(np.float64)).sum())
    if total >= 2.0**62:
        hint = "Count in larger units." if counts else "Count in larger units, or in floats."
        raise InvalidDataError(message(name, "must add up to below 2**62", value=total, hint=hint))
    if column.dtype.kind == "f":
        return column
    return kept(column.astype(np.int64, copy=False))


def checked_groups(groups: Any, columns: Collection[str]) -> dict[str, Column]:
    """Return the labels of groups as columns; refuse names that columns of the result have."""
    if not isinstance(groups, Mapping):
        rule = "must map names of columns to labels"
        raise InvalidDataError(message("groups", rule, value=type(groups).__name__))
    refuse_names(groups, columns)
    for name in groups:
        if not isinstance(name, str):
            raise InvalidDataError(message("groups", "must be named by text", value=name))
    return {name: as_column(name, labels) for name, labels in groups.items()}


def shape_of(groups: Mapping[str, Column]) -> tuple[int, ...]:
    """Return the shape of columns beside the labels of groups: () without groups."""
    shapes = {name: labels.shape for name, labels in groups.items()}
    if len(set(shapes.values())) > 1 or () in shapes.values():
        raise InvalidDataError(message("groups", "must be columns of one length", value=shapes))
    return next(iter(shapes.values()), ())


def refuse_names(groups: Mapping[str, Any], columns: Collection[str]) -> None:
    """Refuse groups that would hide a column of the result."""
    for name in groups:
        if name in columns:
            rule = "must not be named as a column of the result"
            raise InvalidDataError(message("by", rule, value=name, hint="Rename the column."))


def concatenated(name: str, one: Column, other: Column) -> Column:
    """Return the rows of both; refuse text and numbers, or dates and numbers, in one column."""
    if not (one.size and other.size):
        return one if one.size else other
    kinds = [_kind(column) for column in (one, other)]
    if kinds[0] != kinds[1]:
        rule = "must be of one type in both"
        raise InvalidDataError(message(name, rule, value=f"{kinds[0]} and {kinds[1]}"))
    return np.concatenate([one, other])


def _kind(column: Column) -> str:
    import pandas as pd

    kind = str(pd.api.types.infer_dtype(column))
    return "number" if kind in ("integer", "floating", "mixed-integer-float") else kind


def _rises(keys: list[Column]) -> bool:
    """Return whether the rows are distinct and in the order of their keys, as they mostly are."""
    later = np.zeros(len(keys[0]) - 1, dtype=bool)
    equal = ~later
    for column in keys:
        before, after = column[:-1], column[1:]
        try:
            later |= equal & np.asarray(after > before, dtype=bool)
            equal &= np.asarray(after == before, dtype=bool)
        except TypeError:  # of several types: no order
            return False
    return bool(later.all())


def distinct_rows(columns: list[Column]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the number of each row among the distinct rows, sorted, and where each is first."""
    import pandas as pd

    codes = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        try:
            fine, labels = pd.factorize(column, sort=True, use_na_sentinel=False)
        except TypeError as error:  # objects without an order
            rule = "must be of one type, text or numbers or dates"
            raise InvalidDataError(message("keys", rule, value=str(error))) from None
        codes = codes * max(len(labels), 1) + fine
        codes = np.unique(codes, return_inverse=True)[1]  # dense again: no overflow
    _, firsts = np.unique(codes, return_index=True)
    return np.asarray(codes, dtype=np.int64), np.asarray(firsts, dtype=np.int64)
