"""The door for answers: columns of a survey come in as checked numbers, one row per respondent."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, number, one_of, refuse
from custvalue._chunks import extent
from custvalue._frames import Table, amounts, labels, missing, numeric, read
from custvalue._groups import Groups, column_names, group_rows
from custvalue._record import Notes
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction._survey import survey_weights
from custvalue.satisfaction._text_answers import codes_of_nothing, resolved

Column = npt.NDArray[Any]
NO_COLUMN = "answer"  # the name of the one column of a plain array


@dataclasses.dataclass(frozen=True)
class Answers:
    """Answers as numbers, with the weight and group of each respondent.

    Attributes
    ----------
    columns : tuple of str
        Names of the items.
    each : tuple of arrays
        The answers to each item: whole-number arrays where all answered, else float with NaN.
    weight : float array or None
        Survey weight of each row, at least 0.
    codes : int array
        Group of each row.
    groups : mapping of str to array
        Labels of each group, by column; empty without `by`.
    scale : tuple of float, or None
        Lowest and highest answer possible.
    notes : mapping of str to int
        Answers missing and not applicable, counted by column.
    kind : str
        The kind of frame, for results.
    """

    columns: tuple[str, ...]
    each: tuple[Column, ...]
    weight: Array | None
    codes: npt.NDArray[np.int64]
    groups: Mapping[str, Column]
    scale: tuple[float, float] | None
    notes: Notes
    kind: str

    @property
    def values(self) -> Array:
        """Answers as floats of shape (rows, columns), NaN where there is none.

        One column lies after the other in memory, as they are mostly read.
        """
        return np.stack([column.astype(np.float64, copy=False) for column in self.each]).T

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.each[0])

    @property
    def group_count(self) -> int:
        """Number of groups; 1 without `by`."""
        return min((len(column) for column in self.groups.values()), default=1)


def read_answers(
    table: Any,
    columns: str | Sequence[str] | None,
    *,
    by: str | Sequence[str] | None = None,
    weight: Any = None,
    scale: tuple[float, float] | None,
    reverse: Collection[str] = (),
    labels: Mapping[str, float] | None = None,
    not_applicable: Collection[Any] = (),
    numeric_text: bool = False,
    missing: str = "drop",
    whole: bool = True,
) -> Answers:
    """Return the answers in columns of a table, or in an array (then `columns` is None).

    Text is refused unless `labels` (text -> number), `not_applicable` (answers, text or numbers,
    that are none) or `numeric_text` resolve it; so are answers outside `scale` and, with `whole`,
    between two numbers. Answers to items in `reverse` become low + high - answer. `weight` names a
    column, or is an array where the table is one.
    """
    one_of("missing", missing, ("drop", "error"))
    low_high = checked_scale(scale)
    if columns is None:
        table, names, weights = _framed(table, by, weight)
    else:
        names, weights = _names(columns), None
        if weight is not None and not isinstance(weight, str):
            rule = "must name a column of the table"
            raise InvalidDataError(message("weight", rule, value=type(weight).__name__))
    grouping = column_names("by", by)
    roles = {f"column {i}" if i else "column": name for i, name in enumerate(names)}
    asked = {**roles, **grouping}
    if isinstance(weight, str):
        asked["weight"] = weight
    found = read(table, **asked)
    turned = _flipped(reverse, names, low_high)
    notes: dict[str, int] = {}
    each = []
    for role, name in roles.items():
        column = _numbers(found, role, labels, not_applicable, numeric_text, missing, notes)
        check_answers(name, column, low_high, whole)
        if name in turned and low_high is not None:
            wide = column.astype(np.int64 if column.dtype.kind in "iu" else np.float64)
            column = _number_like(sum(low_high), wide) - wide
        each.append(column)
    if isinstance(weight, str):
        weights = survey_weights(weight, numeric(found, "weight"))
    groups = group_rows(found, list(grouping)) if grouping else None
    codes, of_groups = _coded(groups, found.rows)
    return Answers(names, tuple(each), weights, codes, of_groups, low_high, notes, found.kind)


def _coded(groups: Groups | None, rows: int) -> tuple[npt.NDArray[np.int64], Mapping[str, Column]]:
    if groups is None:
        return np.zeros(rows, dtype=np.int64), {}
    return np.asarray(groups.codes, dtype=np.int64), groups.labels


def checked_scale(scale: Any) -> tuple[float, float] | None:
    """Return the two ends of a scale as floats; refuse what is no scale."""
    if scale is None:
        return None
    if not isinstance(scale, (tuple, list)) or len(scale) != 2:
        rule = "must be the lowest and the highest answer, such as (1, 5)"
        raise InvalidDataError(message("scale", rule, value=scale))
    low, high = (number("scale", end) for end in scale)
    if low >= high:
        raise InvalidDataError(message("scale", "must begin below its end", value=(low, high)))
    return low, high


def required_scale(scale: Any) -> tuple[float, float]:
    """Return the two ends of a scale that must be given."""
    low_high = checked_scale(scale)
    if low_high is None:
        raise InvalidDataError(message("scale", "must be given, such as (1, 5)"))
    return low_high


def _names(columns: Any) -> tuple[str, ...]:
    named = [columns] if isinstance(columns, str) else columns
    if not isinstance(named, Sequence) or len(named) == 0 or None in named:
        rule = "must name one or more columns"
        raise InvalidDataError(message("column", rule, value=columns))
    if len(set(map(str, named))) < len(named):
        raise InvalidDataError(message("column", "must name different columns", value=named))
    return tuple(named)


def _collected(name: str, values: Any) -> set[Any]:
    try:
        return {values} if isinstance(values, (str, int, float, np.generic)) else set(values)
    except TypeError:
        rule = "must be a collection of texts or numbers"
        raise InvalidDataError(message(name, rule, value=values)) from None


def _flipped(reverse: Any, names: Sequence[str], scale: Any) -> set[str]:
    turned = _collected("reverse", reverse)
    unknown = sorted(map(str, turned - set(names)))
    if unknown:
        raise InvalidDataError(message("reverse", f"must be of {list(names)}", value=unknown))
    if turned and scale is None:
        raise InvalidDataError(message("scale", "must be given where items are reversed"))
    return turned


def _framed(values: Any, by: Any, weight: Any) -> tuple[Any, tuple[str, ...], Array | None]:
    """Return a plain array, sequence or series as a frame of one column (or several, if 2-D)."""
    import narwhals.stable.v2 as nw
    import pandas as pd

    if by is not None:
        hint = "Pass a table and the name of the column of answers."
        raise InvalidDataError(message("by", "needs a table", value=by, hint=hint))
    series = nw.from_native(values, series_only=True, pass_through=True)
    names: tuple[str, ...] = (NO_COLUMN,)
    if isinstance(series, nw.Series):
        frame = series.rename(NO_COLUMN).to_frame().to_native()
    else:
        if isinstance(values, str) or not (
            isinstance(values, (Sequence, np.ndarray)) or hasattr(values, "__array__")
        ):
            rule = "must be answers, or a table with the name of their column"
            raise InvalidDataError(message("table", rule, value=type(values).__name__))
        if hasattr(values, "columns") or hasattr(values, "column_names"):
            hint = "Name the column of answers."
            raise InvalidDataError(message("column", "must be given for a table", hint=hint))
        array = _plain_array(values)
        if array.ndim == 1:
            frame = pd.DataFrame({NO_COLUMN: array})
        else:
            names = tuple(f"{NO_COLUMN} {i}" for i in range(array.shape[1]))
            frame = pd.DataFrame(array, columns=list(names))
    if weight is None:
        return frame, names, None
    if isinstance(weight, str):
        rule = "must be an array where the answers are one"
        raise InvalidDataError(message("weight", rule, value=weight))
    weights = survey_weights("weight", weight)
    rows = len(frame)
    if weights.shape != (rows,):
        rule = "must have one number for each answer"
        raise InvalidDataError(message("weight", rule, value=(weights.shape, rows)))
    return frame, names, weights


def _plain_array(values: Any) -> Column:
    rule = "must be one column of answers"
    if isinstance(values, np.ma.MaskedArray):
        values = np.ma.filled(values.astype(np.float64), np.nan)
    try:
        array = np.asarray(values)
        kind = array.dtype
        if kind.kind not in "biuf":  # NumPy would make 1 and "1" the same text
            array = np.array(values, dtype=object)
    except ValueError:
        raise InvalidDataError(message("table", rule)) from None
    if kind.kind in "mM":  # as objects, pandas 2 would give their nanoseconds
        raise InvalidDataError(message("table", "must be numbers or text", value=str(kind)))
    if array.ndim not in (1, 2) or (array.ndim == 2 and array.shape[1] == 0):
        raise InvalidDataError(message("table", rule, value=array.shape))
    return array


def _numbers(
    table: Table,
    role: str,
    text: Mapping[str, float] | None,
    not_applicable: Any,
    numeric_text: bool,
    policy: str,
    notes: dict[str, int],
) -> Column:
    """Return one column as numbers, NaN where there is no answer; count those in notes."""
    series, name = table.columns[role], table.names[role]
    nobody = _collected("not_applicable", not_applicable)
    dtype = series.dtype
    if dtype.is_nested():
        raise InvalidDataError(message(name, "must be numbers or text", value=str(dtype)))
    if dtype.is_numeric():
        absent, wide = missing(series), str(dtype).endswith("Int128")
        plain = absent is None and dtype.is_integer() and not wide
        column: Column = series.to_numpy() if plain else amounts(table, role)[0]
        codes = codes_of_nothing(nobody)
        none = np.isin(column, list(codes)) if codes else None
    else:
        column, absent, none = resolved(name, labels(table, role), text, nobody, numeric_text)
    if absent is not None and absent.any():
        if policy == "error":
            hint = 'Pass missing="drop" to leave them out.'
            refuse(name, "must be answered by all", np.nan, absent, hint=hint)
        notes[f"{name}: missing"] = int(absent.sum())
    if none is not None and none.any():
        notes[f"{name}: not applicable"] = int(none.sum())
        column = np.where(none, math.nan, column)
    return column


def check_answers(name: str, column: Column, scale: Any, whole: bool) -> None:
    """Refuse answers that are not finite, outside the scale or, if asked, not whole."""
    if column.size == 0:
        return
    if column.dtype.kind in "iu":
        if scale is not None:
            smallest, largest = extent(column)
            if smallest >= scale[0] and largest <= scale[1]:
                return
    else:
        refuse(name, "must be finite", column, np.isinf(column))
        if whole:
            odd = column != np.rint(column)
            refuse(name, "must be whole numbers", column, odd & ~np.isnan(column))
    if scale is not None:
        low, high = scale
        hint = "Pass the scale of the question as scale=, or codes of no answer as not_applicable=."
        rule = f"must be on the scale from {low:g} to {high:g}"
        refuse(name, rule, column, (column < low) | (column > high), hint=hint)


def _number_like(total: float, column: Column) -> Any:
    return int(total) if column.dtype.kind in "iu" and total == int(total) else total
