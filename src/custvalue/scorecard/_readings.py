"""Readings of indicators: numbers, records or columns, as arrays of shape (indicators, units)."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, one_of, real, refuse, within
from custvalue._proportion import normal_quantile
from custvalue.errors import InvalidDataError, message
from custvalue.scorecard.action import day_of
from custvalue.scorecard.change import Estimate, labels_of
from custvalue.scorecard.history import History
from custvalue.scorecard.system import EvaluationSystem

Column = npt.NDArray[Any]
_RULE = "must be a number, (value, standard error), (value, lower, upper), a record or a column"


@dataclasses.dataclass(frozen=True)
class Reading:
    """A value of an indicator with what is known of it.

    Parameters
    ----------
    value : float or array of shape (units,)
        In the unit of the indicator; NaN is no data.
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
    """A reading of one indicator: columns of equal length, with labels of units or without."""

    value: Array
    lower: Array
    upper: Array
    day: float
    unit: Column | None


def from_history(system: EvaluationSystem, past: History, units: Any) -> Readings:
    """Return the last value of each indicator and unit."""
    known, many = _units(units), len(system.indicators)
    found = np.array(sorted(set(past.unit.tolist())), dtype=object) if known is None else known
    columns = np.full((4, many, len(found)), np.nan)
    for i, indicator in enumerate(system.indicator_ids):
        days, values = past.matrix(indicator, found)
        if not len(days):
            continue
        there = ~np.isnan(values["value"])
        last = len(days) - 1 - there[::-1].argmax(axis=0)
        for k, name in enumerate(("value", "lower", "upper")):
            columns[k, i] = np.take_along_axis(values[name], last[None], axis=0)[0]
        columns[3, i] = np.where(there.any(axis=0), days[last], np.nan)
    return Readings(found, *columns)


def from_mapping(
    system: EvaluationSystem, readings: Mapping[str, Any], units: Any, level: float
) -> Readings:
    """Return the readings of a mapping by id of the indicator, aligned by unit."""
    for name in readings:
        one_of("readings", name, system.indicator_ids)
    ones = {name: _one(name, given, level) for name, given in readings.items()}
    known = _units(units)
    labelled = [one.unit for one in ones.values() if one.unit is not None]
    if known is None and labelled:
        known = np.array(sorted(set().union(*map(list, labelled))), dtype=object)
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
    if isinstance(units, str) or not isinstance(units, (Sequence, np.ndarray)):
        units = getattr(units, "to_list", lambda: None)()
    if units is None or np.ndim(units) != 1 or not len(units):
        rule = "must be labels, one for each unit"
        raise InvalidDataError(message("units", rule, value=type(units).__name__))
    found = np.array([str(label) for label in units], dtype=object)
    if len(set(found.tolist())) < len(found):
        raise InvalidDataError(message("units", "must be different labels", value=found.tolist()))
    return found


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
    where, day, unit = f"readings[{name!r}]", np.nan, None
    if isinstance(given, Reading):
        if given.date is not None:
            day = float((given.date - dt.date(1970, 1, 1)).days)
        bounds = (np.nan, np.nan) if given.lower is None else (given.lower, given.upper)
        parts: tuple[Any, ...] = (given.value, *bounds)
    elif isinstance(given, Estimate) and not isinstance(given, type):
        parts = (given.value, *given.interval(level=level))
        labels = labels_of(where, given, np.asarray(parts[0]))
        if labels:
            texts = [map(str, column.tolist()) for column in labels.values()]
            unit = np.array([" / ".join(row) for row in zip(*texts, strict=True)], dtype=object)
    elif isinstance(given, tuple):
        if len(given) not in (2, 3):
            raise InvalidDataError(message(where, _RULE, value=f"{len(given)} entries"))
        parts = given if len(given) == 3 else _with_error(where, given[0], given[1], level)
    else:
        parts = (given, np.nan, np.nan)
    columns = [real(where, part, hint="It " + _RULE + ".") for part in parts]
    if any(column.ndim > 1 for column in columns):
        raise InvalidDataError(message(where, _RULE, value=[c.shape for c in columns]))
    try:
        value, low, high = np.broadcast_arrays(*map(np.atleast_1d, columns))
    except ValueError:
        rule = "must have bounds for each value"
        raise InvalidDataError(message(where, rule, value=[c.shape for c in columns])) from None
    for column in (value, low, high):
        refuse(where, "must be finite, or NaN", column, np.isinf(column))
    refuse(where, "must have a lower bound not above the upper", low, low > high)
    nothing = np.isnan(value)
    low, high = (np.where(nothing, np.nan, bound) for bound in (low, high))
    return _One(value, low, high, day, unit)


def _with_error(where: str, value: Any, error: Any, level: float) -> tuple[Any, Any, Any]:
    value, half = real(where, value), within(f"standard error of {where}", error, 0.0)
    half = normal_quantile(level) * half
    return value, value - half, value + half
