"""The door for ratings: wide or long tables and arrays come in as codes, one row per unit."""

from __future__ import annotations

import dataclasses
import numbers
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, as_array, refuse
from custvalue._frames import Table, labels, numeric, read
from custvalue._ids import identify
from custvalue._record import frozen
from custvalue.errors import InvalidDataError, message

Column = npt.NDArray[Any]
Codes = npt.NDArray[np.int64]
_EXACT = 2.0**53
_SPARSE = 20  # cells per rating that a table of units by raters may have


@dataclasses.dataclass(frozen=True)
class Ratings:
    """Ratings as codes of levels, -1 where missing, one row per unit and one column per rater.

    `declared` says that `levels` are in the order that the caller gave, else they are those that
    occur, ascending. Where raters are not told apart, a column is a place, and `raters` is empty.
    """

    codes: Codes
    levels: Column
    declared: bool
    raters: tuple[str, ...]
    notes: dict[str, int]
    kind: str

    @property
    def values(self) -> Column:
        """Ratings as they were: numbers with NaN where missing, or text with None."""
        if self.levels.dtype.kind in "if":
            return np.append(self.levels.astype(np.float64), np.nan)[self.codes]
        return np.array([*self.levels, None], dtype=object)[self.codes]


def read_ratings(
    table: Any,
    raters: Any,
    unit: str | None,
    rater: str | None,
    rating: str | None,
    order: Any = None,
    *,
    apart: bool,
) -> Ratings:
    """Return the ratings in a wide table, a long table or an array of shape (units, raters).

    `apart` says that each column is to be one rater, of a long table too.
    """
    if unit is not None or rater is not None or rating is not None:
        return _long(table, raters, {"unit": unit, "rater": rater, "rating": rating}, order, apart)
    cells, names, kind = _wide(table, raters)
    codes, levels = coded(cells, order, "table" if raters is None else ", ".join(names))
    return Ratings(codes, levels, order is not None, names, {}, kind)


def read_numbers(
    table: Any, raters: Any, unit: str | None, rater: str | None, rating: str | None
) -> tuple[Array, tuple[str, ...], dict[str, int], str]:
    """Return ratings of shape (units, raters), NaN where missing, with raters, notes and kind."""
    if unit is not None or rater is not None or rating is not None:
        found = read_ratings(table, raters, unit, rater, rating, apart=True)
        cells, names, notes, kind = found.values, found.raters, found.notes, found.kind
    else:
        (cells, names, kind), notes = _wide(table, raters), {}
    if cells.dtype == object:
        hint = "Turn text into numbers first, or use krippendorff_alpha."
        value = cells[cells.astype(bool)][0]
        raise InvalidDataError(message("ratings", "must be numbers", value=value, hint=hint))
    return cells, names, notes, kind


def _wide(table: Any, raters: Any) -> tuple[Column, tuple[str, ...], str]:
    """Return cells of shape (units, raters), names of the raters and the kind of frame."""
    if raters is None:
        cells, count = _of_array(table)
        return cells, tuple(f"rater {i + 1}" for i in range(count)), "pandas"
    names = _names(raters)
    found = read(table, **{f"rater {i}": name for i, name in enumerate(names)})
    columns = [_column(found, role) for role in found.columns]
    return side_by_side(columns, names), names, found.kind


def side_by_side(columns: Sequence[Column], names: Sequence[str]) -> Column:
    """Return columns of numbers, or of text, as one table; refuse a mixture."""
    kinds = [_kind(column) for column in columns]
    if len({kind for kind in kinds if kind}) > 1:
        rule = "must be all numbers or all text"
        value = {name: kind for name, kind in zip(names, kinds, strict=True) if kind}
        raise InvalidDataError(message("raters", rule, value=value))
    if "text" in kinds:
        columns = [c if k else np.full(len(c), None) for c, k in zip(columns, kinds, strict=True)]
    return np.column_stack(columns)


def _kind(column: Column) -> str:
    """Return "text" or "numbers", or "" where nothing is rated."""
    if column.dtype == object:
        return "text"
    return "" if np.isnan(column).all() else "numbers"


def coded(cells: Column, order: Any, name: str) -> tuple[Codes, Column]:
    """Return codes of cells, -1 where missing, and the levels that they stand for."""
    import pandas as pd

    found, distinct = pd.factorize(cells.ravel())
    known = np.asarray(distinct)
    if order is None:
        arranged = np.argsort(known)
        levels, rank = known[arranged], np.empty_like(arranged)
        rank[arranged] = np.arange(len(known))
    else:
        levels = _order(order)
        rank = pd.Index(levels).get_indexer(pd.Index(known))
        unknown = np.append(rank < 0, False)[found].reshape(cells.shape)
        hint = "Make it missing if it is no rating."
        _refuse_cells(name, f"must be of order={levels.tolist()}", cells, unknown, hint)
    codes = np.append(rank, -1)[found].astype(np.int64).reshape(cells.shape)
    if levels.dtype.kind == "f" and ((levels == np.rint(levels)) & (abs(levels) < _EXACT)).all():
        levels = levels.astype(np.int64)
    return codes, frozen(levels)


def _order(order: Any) -> Column:
    rule = "must list different ratings, lowest first"
    if isinstance(order, str) or not isinstance(order, (Sequence, np.ndarray)) or not len(order):
        raise InvalidDataError(message("order", rule, value=order))
    levels = cells_of("order", np.array([*order], dtype=object))
    missing = [level is None or level != level for level in levels]
    if any(missing) or len(set(levels.tolist())) < len(levels):
        raise InvalidDataError(message("order", rule, value=list(order)))
    return levels


def cells_of(name: str, values: Column) -> Column:
    """Return ratings as float64 with NaN, or as objects of text with None; refuse all others."""
    import pandas as pd

    if values.dtype.kind in "biuf":
        numbered = values.astype(np.float64)
    else:
        if values.dtype.kind in "mM":
            raise _strange(name, str(values.dtype))
        try:
            codes, distinct = pd.factorize(np.asarray(values, dtype=object).ravel())
        except TypeError:
            raise _strange(name, type(values.ravel()[0]).__name__) from None
        text = [isinstance(value, str) for value in distinct]
        if distinct.size and all(text):
            blank = np.array([not value.strip() for value in distinct] + [False])[codes]
            hint = "Make it missing (None) if it is no rating."
            blank = blank.reshape(values.shape)
            _refuse_cells(name, "must not be blank text", values, blank, hint)
            known = np.array([*distinct, None], dtype=object)
            return frozen(known[codes].reshape(values.shape))
        strange = [v for v, is_text in zip(distinct, text, strict=True) if is_text or not _real(v)]
        if strange:
            kinds = sorted({type(value).__name__ for value in distinct})
            raise _strange(name, strange[0] if len(kinds) == 1 else kinds)
        numbered = np.append(np.array([float(v) for v in distinct]), np.nan)[codes]
        numbered = numbered.reshape(values.shape)
    _refuse_cells(name, "must be finite", numbered, np.isinf(numbered))
    if values.dtype.kind in "iu":
        _exact(name, numbered)
    return numbered


def _exact(name: str, whole: Array) -> None:
    rule = "must be below 2**53, to tell whole numbers apart"
    _refuse_cells(name, rule, whole, np.abs(whole) >= _EXACT, "Pass codes as text.")


def _refuse_cells(name: str, rule: str, cells: Column, bad: Any, hint: str = "") -> None:
    """Raise for the first row with a cell where `bad` holds."""
    if bad.ndim == 2 and bad.any():
        at = np.arange(len(bad)), bad.argmax(axis=1)
        cells, bad = cells[at], bad[at]
    refuse(name, rule, cells, bad, hint=hint)


def _real(value: Any) -> bool:
    return isinstance(value, (numbers.Real, np.number, np.bool_, Decimal))


def _strange(name: str, value: Any) -> InvalidDataError:
    return InvalidDataError(message(name, "must be all numbers or all text", value=value))


def _column(table: Table, role: str) -> Column:
    if table.columns[role].dtype.is_numeric():
        found = cells_of(table.names[role], numeric(table, role))
        if table.columns[role].dtype.is_integer():
            _exact(table.names[role], found)
        return found
    return cells_of(table.names[role], labels(table, role))


def _plain(name: str, values: Any) -> Column:
    if isinstance(values, np.ma.MaskedArray):
        hidden = np.ma.getmaskarray(values)
        values = np.ma.getdata(values).astype(object)  # a copy
        values[hidden] = None
    listed = isinstance(values, (Sequence, np.ndarray)) and not isinstance(values, (str, bytes))
    if not (listed or hasattr(values, "__array__")):
        rule = "must be ratings, or a table with raters= or unit=, rater= and rating="
        raise InvalidDataError(message(name, rule, value=type(values).__name__))
    rule = "must have rows of one length"
    array = as_array(name, values, rule)
    if array.dtype.kind == "U":  # NumPy would make 1 and "1" the same text
        array = np.array(values, dtype=object)
    return array


def _of_array(table: Any) -> tuple[Column, int]:
    kind = type(table)  # asking a lazy frame itself would make it work, and warn
    if hasattr(kind, "columns") or hasattr(kind, "column_names"):
        hint = "Or name unit=, rater= and rating= of a long table."
        raise InvalidDataError(message("raters", "must name the columns of a table", hint=hint))
    array = _plain("table", table)
    if array.ndim != 2 or array.shape[1] < 2:
        if array.size == 0 and array.ndim == 1:
            return np.zeros((0, 2)), 2
        rule = "must be of shape (units, raters), with at least two raters"
        raise InvalidDataError(message("table", rule, value=array.shape))
    return cells_of("table", array), array.shape[1]


def _names(raters: Any) -> tuple[str, ...]:
    listed = isinstance(raters, (Sequence, np.ndarray)) and not isinstance(raters, str)
    names = tuple(raters) if listed else ()
    if len(set(map(str, names))) < max(len(names), 2):
        rule = "must name at least two different raters"
        raise InvalidDataError(message("raters", rule, value=raters))
    return names


def _long(
    table: Any, raters: Any, roles: dict[str, str | None], order: Any, apart: bool
) -> Ratings:
    needed = ("unit", "rating", "rater") if apart or raters is not None else ("unit", "rating")
    absent = [role for role in needed if roles[role] is None]
    if absent:
        rule = f"must be named too, as a column of a long table: {absent[0]}="
        raise InvalidDataError(message(absent[0], rule, value=None))
    found = read(table, **roles)
    cells = _column(found, "rating")
    codes, levels = coded(cells, order, found.names["rating"])
    units, _ = _ids(found, "unit")
    who, names = _ids(found, "rater") if roles["rater"] else (np.zeros_like(units), [])
    kept, notes = codes >= 0, {}
    if raters is not None:
        chosen = _names(raters)
        place = {name: i for i, name in enumerate(names)}
        strangers = [name for name in chosen if name not in place]
        if strangers:
            raise InvalidDataError(message("raters", f"must be of {names}", value=strangers[0]))
        rank = np.full(len(names), -1)
        rank[[place[name] for name in chosen]] = np.arange(len(chosen))
        others = kept & (rank[who] < 0)
        if others.any():
            notes["ratings by other raters left out"] = int(others.sum())
        who, names, kept = rank[who], list(chosen), kept & ~others
    count = int(units.max(initial=-1)) + 1
    unit, by, code = units[kept], who[kept], codes[kept]
    arranged = np.argsort(unit * max(len(names), 1) + by, kind="stable")
    unit, by, code = unit[arranged], by[arranged], code[arranged]
    if names:
        again = np.append(False, (np.diff(unit) == 0) & (np.diff(by) == 0))
        if again.any():
            row = int(np.flatnonzero(kept)[arranged[again].min()])
            columns = f"{found.names['unit']}, {found.names['rater']}"
            rule = "must have one rating of a unit by a rater"
            raise InvalidDataError(message(columns, rule, row=row, count=int(again.sum()),
                                           total=found.rows))  # fmt: skip
    place_of = by if apart else np.arange(len(unit)) - np.searchsorted(unit, unit)
    width = len(names) if apart else int(place_of.max(initial=0)) + 1
    if count * width > 1_000_000 + _SPARSE * len(unit):
        rule = "must rate most of the units"
        raise InvalidDataError(message("rater", rule, value=f"{len(unit)} of {count * width}"))
    full = np.full((count, width), -1, dtype=np.int64)
    full[unit, place_of] = code
    shown = tuple(str(name) for name in names) if apart else ()
    return Ratings(full, levels, order is not None, shown, notes, found.kind)


def _ids(table: Table, role: str) -> tuple[Codes, list[Any]]:
    """Return dense codes of units or raters, and whom they stand for; refuse missing ones."""
    import pandas as pd

    found = identify(table, role, f"{role}s")
    if found.missing is not None:
        rule = "has missing values: whose rating is it"
        refuse(table.names[role], rule, np.nan, found.missing, hint="Leave those rows out.")
    codes, distinct = pd.factorize(found.codes, sort=True)
    return codes.astype(np.int64), found.decode(np.asarray(distinct)).tolist()
