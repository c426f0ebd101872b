"""Grains (which purchases are one occasion), units (the ruler of time), weeks and period numbers.

A period is numbered from 1970-01-01 in its grain and is half-open: day 0 is [01-01, 01-02).
Fixed grains and units are lengths; calendar grains (month, quarter, year) follow the calendar.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, one_of
from custvalue._chunks import BLOCK, extent, over_ranges
from custvalue.errors import InvalidDataError, message

Ints = npt.NDArray[np.integer[Any]]

HOURS = {  # length of a unit; month and year are the mean ones: 30.4375 and 365.25 days
    "hour": 1.0,
    "day": 24.0,
    "week": 168.0,
    "month": 730.5,
    "quarter": 2191.5,
    "year": 8766.0,
}
MONTHS = {"month": 1, "quarter": 3, "year": 12}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_STARTS = ("since", "first_from")  # arguments that begin a span; all others end one
_TICKS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}  # per second


def unit_of(name: str, value: Any) -> str:
    """Return the name of a unit or grain, or say which exist."""
    return one_of(name, value, HOURS)


def convert(amount: float, unit: str, into: str) -> float:
    """Return `amount` of `unit` in units of `into` (weeks of 7, months of 30.4375 days)."""
    return amount * HOURS[unit] / HOURS[into]


def period_numbers(instants: npt.NDArray[np.datetime64], grain: str, week_start: str) -> Ints:
    """Return the number of the period that each naive instant falls into (NaT not allowed)."""
    tick = np.datetime_data(instants.dtype)[0]
    if tick == "D":
        day = instants.view(np.int64)
        return day * 24 if grain == "hour" else _from_days(day, grain, week_start)
    if tick not in _TICKS or np.datetime_data(instants.dtype)[1] != 1:
        instants, tick = instants.astype("datetime64[s]"), "s"
    if grain == "hour":
        return _quotient(instants, 3600 * _TICKS[tick])
    return _from_days(_quotient(instants, 86400 * _TICKS[tick]), grain, week_start)


def _quotient(instants: npt.NDArray[np.datetime64], ticks: int) -> Ints:
    """Return instants // ticks, half as wide where that is enough."""
    values = instants.view(np.int64)
    ends = (0, 0) if len(values) == 0 else extent(values)
    narrow = max(abs(ends[0]), abs(ends[1])) // ticks < 2**31 - 1
    out: Ints = np.empty(len(values), dtype=np.int32 if narrow else np.int64)

    def divide(start: int, stop: int) -> None:
        out[start:stop] = values[start:stop] // ticks

    over_ranges(divide, len(values), BLOCK)
    return out


def _from_days(day: Ints, grain: str, week_start: str) -> Ints:
    if grain == "day" or day.size == 0:
        return day
    if grain == "week":  # 1970-01-01 was a Thursday
        return (day + 3 - WEEKDAYS.index(week_start)) // 7
    first = int(day.min())
    days = np.arange(first, int(day.max()) + 1).astype(
        "datetime64[D]"
    )  # one entry a day, not a row
    months = days.astype("datetime64[M]").view(np.int64)
    table: Ints = months // MONTHS[grain]
    return table[day - first]


def period_starts(
    numbers: Ints, grain: str, week_start: str = "monday"
) -> npt.NDArray[np.datetime64]:
    """Return the first instant of each period, as datetime64[D] (hours: datetime64[h])."""
    numbers = np.asarray(numbers, dtype=np.int64)
    if grain == "hour":
        return numbers.astype("datetime64[h]")
    if grain == "day":
        return numbers.astype("datetime64[D]")
    if grain == "week":
        return (numbers * 7 - 3 + WEEKDAYS.index(week_start)).astype("datetime64[D]")
    return (numbers * MONTHS[grain]).astype("datetime64[M]").astype("datetime64[D]")


def elapsed(
    earlier: Ints,
    later: Ints,
    grain: str,
    unit: str,
) -> Array:
    """Return the time from period `earlier` to period `later`, in `unit`.

    Calendar grains measured in calendar units count calendar months, and otherwise the days
    between the first days of the two periods.
    """
    if grain in MONTHS and unit in MONTHS:
        return np.asarray((later - earlier) * MONTHS[grain] / MONTHS[unit])
    if grain in MONTHS:
        days = period_starts(later, grain) - period_starts(earlier, grain)
        return np.asarray(days.view(np.int64) * HOURS["day"] / HOURS[unit])
    if grain == unit:
        return np.asarray(later - earlier, dtype=np.float64)
    return np.asarray((later - earlier) * HOURS[grain] / HOURS[unit])


def instant_of(name: str, when: Any, timezone: str | None) -> npt.NDArray[np.datetime64]:
    """Return a date, an instant or an ISO string as one naive instant (a date: datetime64[D])."""
    try:
        if isinstance(when, str):
            if "W" in when:
                raise ValueError
            only_day = len(when.strip()) <= 10
            when = dt.datetime.fromisoformat(when)
            when = when.date() if only_day else when
        if isinstance(when, dt.datetime) and when.tzinfo is not None:
            if timezone is None:
                raise InvalidDataError(
                    message(
                        name,
                        "must have no time zone, as the log has none",
                        value=str(when),
                        hint="Leave the zone out, or read the log with timezone=.",
                    )
                )
            from zoneinfo import ZoneInfo

            when = when.astimezone(ZoneInfo(timezone)).replace(tzinfo=None)
        if not isinstance(when, (dt.date, np.datetime64)):
            raise TypeError  # a number, or a span of time such as a month
        instant = np.asarray(np.datetime64(when))
        if np.isnat(instant):
            raise ValueError
    except (TypeError, ValueError, OverflowError) as error:
        if isinstance(error, InvalidDataError):
            raise
        raise InvalidDataError(
            message(name, "must be a date", value=when, hint="Write it as '1997-09-30'.")
        ) from None
    unit = np.datetime_data(instant.dtype)[0]
    return instant.astype(f"datetime64[{unit}]")  # days counted in sevens are days


def period_of(name: str, when: Any, grain: str, week_start: str, timezone: str | None) -> int:
    """Return the number of the period in which a date, an instant or an ISO string falls."""
    instant = instant_of(name, when, timezone)
    span = np.datetime_data(instant.dtype)[0]
    if span in ("Y", "M", "W") and grain not in {"Y": ("year",), "M": tuple(MONTHS)}.get(span, ()):
        raise InvalidDataError(
            message(name, "must be a day or an instant, not a longer span", value=str(when))
        )
    if span in ("Y", "M", "h", "m"):
        instant = instant.astype("datetime64[s]")
    number = int(period_numbers(instant.reshape(1), grain, week_start)[0])
    # a day that ends a span of hours ends it with its last one
    return number + 23 * (grain == "hour" and span == "D" and name not in _STARTS)
