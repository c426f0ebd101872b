"""Readings of indicators: numbers, records or columns, as arrays of shape (indicators, units)."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, one_of, real, refuse, within
from custvalue._proportion import normal_quantile
from custvalue._record import Record
from custvalue.errors import InvalidDataError, message
from custvalue.scorecard.action import day_of, is_missing
from custvalue.scorecard.change import Estimate, estimated, labels_of
from custvalue.scorecard.history import History
from custvalue.scorecard.system import EvaluationSystem

Column = npt.NDArray[Any]
_RULE = "must be a number, (value, standard error), (value, lower, upper), a record or a column"


@dataclasses.dataclass(frozen=True)
class Reading:
    """A value of an indicator with what is known of it.

    Parameters
    ----------
    value : float, array of shape (units,) or record
        In the unit of the indicator; NaN is no data. A record has bounds of its own.
    lower, upper : float or array, optional
        Bounds of the value; both or none.
    date : date or str, optional
        The day that the value is of; a quarter is its last day.

    Examples
    --------
    >>> import custvalue as cv
    >>> cv.scorecard.Reading(0.85, 0.80, 0.89, date="2023-Q3").date
    datetime.date(2023, 9, 30)
    """

    value: Any
    lower: Any = None
    upper: Any = None
    date: Any = None

    def __post_init__(self) -> None:
        day = None if self.date is None else day_of("date", self.date, end=True)
        object.__setattr__(self, "date", day)
        if (self.lower is None) != (self.upper is None):
            rule = "must be given both, or none"
            raise InvalidDataError(message("lower, upper", rule, value=(self.lower, self.upper)))


@dataclasses.dataclass(frozen=True)
class Readings:
    """Arrays of shape (indicators, units); `day` is days since 1970, NaN where not known."""

    unit: Column
    value: Array
    lower: Array
    upper: Array
    day: Array


@dataclasses.dataclass(frozen=True)
class _One:
    """A reading of one indicator: columns of equal length, with labels of units or without.

    `meant` has what each label stands for: a tuple of values, by which units are sorted.
    """

    value: Array
    lower: Array
    upper: Array
    day: float
    unit: Column | None = None
    meant: Sequence[tuple[Any, ...]] | None = None


def from_history(system: EvaluationSystem, past: History, units: Any) -> Readings:
    """Return the last value of each indicator and unit."""
    known, many = _units(units), len(system.indicators)
    found = np.array(sorted(set(past.unit.tolist())), dtype=object) if known is None else known
    columns = np.full((4, many, len(found)), np.nan)
    for i, indicator in enumerate(system.indicator_ids):
        for k, column in enumerate(past.last(indicator, found)):
            columns[k, i] = column
    return Readings(found, *columns)


def from_mapping(
    system: EvaluationSystem, readings: Mapping[str, Any], units: Any, level: float
) -> Readings:
    """Return the readings of a mapping by id of the indicator, aligned by unit."""
    for name in readings:
        one_of("readings", name, system.indicator_ids)
    ones = {name: _one(name, given, level) for name, given in readings.items()}
    known = _units(units)
    if known is None:
        known = _sorted(ones.values())
    if known is None:
        lengths = {len(one.value) for one in ones.values()}
        if len(lengths) > 1:
            found = {name: len(one.value) for name, one in ones.items()}
            hint = "Or name units=."
            rule = "must have as many units each"
            raise InvalidDataError(message("readings", rule, value=found, hint=hint))
        count = lengths.pop() if lengths else 1
        known = np.array([""] if count == 1 else [str(i) for i in range(count)], dtype=object)
    columns = np.full((4, len(system.indicators), len(known)), np.nan)
    for name, one in ones.items():
        place = _places(name, one, known)
        row = system.indicator_ids.index(name)
        for k, column in enumerate((one.value, one.lower, one.upper)):
            columns[k, row, place] = column
        columns[3, row, place] = np.where(np.isnan(one.value), np.nan, one.day)
    return Readings(known, *columns)


def refuse_outside(system: EvaluationSystem, value: Array) -> None:
    """Refuse values beyond the ends of the scale of their indicator."""
    for indicator, row in zip(system.indicators, value, strict=True):
        name = f"readings[{indicator.id!r}]"
        low, high = indicator.low, indicator.high
        hint = f"The scale of the indicator goes from {low} to {high}, in {indicator.unit or '?'}."
        if low is not None:
            refuse(name, f"must be at least {low:g}", row, row < low, hint=hint)
        if high is not None:
            refuse(name, f"must be at most {high:g}", row, row > high, hint=hint)


def _units(units: Any) -> Column | None:
    if units is None:
        return None
    names = ("tolist", "to_list", "to_pylist")  # of columns and indices, by engine
    read = next((getattr(units, n) for n in names if callable(getattr(units, n, None))), None)
    listed = units if read is None or isinstance(units, np.ndarray) else read()
    plain = isinstance(listed, (Sequence, np.ndarray)) and not isinstance(listed, (str, bytes))
    if not plain or np.ndim(listed) != 1 or not len(listed):
        rule = "must be labels, one for each unit"
        raise InvalidDataError(message("units", rule, value=type(units).__name__))
    absent = [not isinstance(label, str) and is_missing(label) for label in listed]
    found = np.array([str(label) for label in listed], dtype=object)
    refuse("units", "must not be missing", found, np.array(absent))
    if len(set(found.tolist())) < len(found):
        raise InvalidDataError(message("units", "must be different labels", value=found.tolist()))
    return found


def _sorted(ones: Iterable[_One]) -> Column | None:
    """Return the labels of the units of all readings, in the order of what they stand for.

    As text, "10" would come before "2", and columns without labels would go to other units.
    """
    meant: dict[str, tuple[Any, ...]] = {}
    for one in ones:
        if one.unit is not None and one.meant is not None:
            meant |= dict(zip(one.unit.tolist(), one.meant, strict=True))
    if not meant:
        return None
    try:
        found = sorted(meant, key=lambda label: meant[label])
    except TypeError:  # of several types
        found = sorted(meant)
    return np.array(found, dtype=object)


def _places(name: str, one: _One, units: Column) -> Any:
    import pandas as pd

    if one.unit is None:
        if len(one.value) != len(units):
            rule = "must have a value for each unit"
            value = f"{len(one.value)} of {len(units)}"
            raise InvalidDataError(message(f"readings[{name!r}]", rule, value=value))
        return slice(None)
    place = pd.Index(units).get_indexer(pd.Index(one.unit))
    refuse(f"readings[{name!r}]", "must have groups that are units", one.unit, place < 0)
    return place


def _one(name: str, given: Any, level: float) -> _One:
    """Return a reading as columns."""
    where, day = f"readings[{name!r}]", np.nan
    if isinstance(given, Reading):
        if given.date is not None:
            day = float((given.date - dt.date(1970, 1, 1)).days)
        bounded = given.lower is not None
        given = (given.value, given.lower, given.upper) if bounded else given.value
    meant: Sequence[tuple[Any, ...]] | None = None
    if isinstance(given, Estimate) and not isinstance(given, type):
        parts: tuple[Any, ...] = estimated(where, given, level)
        labels = labels_of(where, given, parts[0])
        if labels:
            columns = [column.tolist() for column in labels.values()]
            meant = list(zip(*columns, strict=True))
    else:
        if isinstance(given, tuple):
            if len(given) not in (2, 3):
                raise InvalidDataError(message(where, _RULE, value=f"{len(given)} entries"))
            parts = given if len(given) == 3 else _with_error(where, given[0], given[1], level)
        else:
            parts = (given, np.nan, np.nan)
        meant = _index(where, given if isinstance(given, tuple) else parts)
        parts = tuple(_numbers(where, part) for part in parts)
        _refuse_beyond(where, *parts)
    try:
        value, low, high = np.broadcast_arrays(*map(np.atleast_1d, parts))
    except ValueError:
        rule = "must have bounds for each value"
        raise InvalidDataError(message(where, rule, value=[np.shape(p) for p in parts])) from None
    for column in (value, low, high):
        refuse(where, "must be finite, or NaN", column, np.isinf(column))
    refuse(where, "must have a lower bound not above the upper", low, low > high)
    nothing = np.isnan(value)
    low, high = (np.where(nothing, np.nan, bound) for bound in (low, high))
    if meant is None:
        return _One(value, low, high, day)
    unit = np.array([" / ".join(map(str, labels)) for labels in meant], dtype=object)
    if len(unit) != len(value):
        rule = "must have a value for each label of its index"
        raise InvalidDataError(message(where, rule, value=(len(value), len(unit))))
    if len(set(unit.tolist())) < len(unit):
        rule = "must have a label of its own for each value"
        raise InvalidDataError(message(where, rule, value=sorted(unit.tolist())[:5]))
    return _One(value, low, high, day, unit, meant)


def _numbers(where: str, part: Any) -> Array:
    """Return a number or a column."""
    if isinstance(part, (Record, type, Mapping)):
        hint = "A record needs a value and an interval() of it. Pass a number with its bounds, or "
        hint += "what a record has over time as history(record.to_frame(), ...)."
        raise InvalidDataError(message(where, _RULE, value=type(part).__name__, hint=hint))
    column = real(where, part, hint="It " + _RULE + ".")
    if column.ndim > 1:
        raise InvalidDataError(message(where, _RULE, value=column.shape))
    return column


def _refuse_beyond(where: str, value: Array, low: Array, high: Array) -> None:
    """Refuse values that are not between their bounds: three numbers in another order."""
    try:
        room = 1e-9 * np.maximum(np.abs(low), np.abs(high))  # bounds may be rounded
        beyond = np.asarray((value < low - room) | (value > high + room)) & ~(low > high)
    except ValueError:
        return  # shapes that do not fit, which the caller refuses
    hint = "Give the value first: (value, lower, upper)."
    refuse(where, "must be between its bounds", value, beyond, hint=hint)


def _index(where: str, parts: Any) -> Sequence[tuple[Any, ...]] | None:
    """Return the labels of columns of pandas whose index has a name, or is not of whole numbers."""
    import pandas as pd

    series = [part for part in parts if isinstance(part, pd.Series)]
    if not series:
        return None
    index = series[0].index
    for other in series[1:]:
        if not index.equals(other.index):
            rule = "must have columns with the same index"
            raise InvalidDataError(message(where, rule, value=other.index.tolist()[:5]))
    if index.names == [None] and pd.api.types.is_integer_dtype(index.dtype):
        return None  # rows, by number
    labels = index.tolist()
    several = isinstance(index, pd.MultiIndex)
    absent = np.any([codes < 0 for codes in index.codes], axis=0) if several else index.isna()
    refuse(where, "must have no index with missing labels", np.nan, np.asarray(absent))
    return labels if several else [(label,) for label in labels]


def _with_error(where: str, value: Any, error: Any, level: float) -> tuple[Any, Any, Any]:
    value, half = real(where, value), within(f"standard error of {where}", error, 0.0)
    half = normal_quantile(level) * half
    return value, value - half, value + half
