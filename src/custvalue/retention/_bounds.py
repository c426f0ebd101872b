"""What `since` and `until` say: whole days, of which a midnight names one, or instants."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue import _calendar
from custvalue.errors import InvalidDataError, message


def day_or_instant(name: str, when: Any, timezone: str | None) -> npt.NDArray[np.datetime64]:
    """Return a date as datetime64[D], and a midnight too; any other instant as it is."""
    _calendar.period_of(name, when, "day", "monday", timezone)  # or say what is wrong
    instant = _calendar.instant_of(name, when, timezone)
    day = instant.astype("datetime64[D]")
    return np.asarray(day if day == instant else instant)


def seen_until(until: Any, grain: str, timezone: str | None) -> np.datetime64:
    """Return the last day that `until` says was observed; for periods of an hour the last hour.

    A date is its whole day, and so is a midnight; any other instant is its hour, and refused for
    longer periods, of which it could cut a day.
    """
    if grain != "hour":
        return np.datetime64(period_of("until", until, "day", "monday", timezone), "D")
    last = day_or_instant("until", until, timezone)
    number = int(_calendar.period_numbers(last.reshape(1), "hour", "monday")[0])
    return np.datetime64(number + 23 * (last.dtype == np.dtype("datetime64[D]")), "h")


def period_of(name: str, when: Any, grain: str, week_start: str, timezone: str | None) -> int:
    """Return the number of the period, of a day or longer, of a day; refuse an instant in one."""
    number = _calendar.period_of(name, when, grain, week_start, timezone)
    instant = _calendar.instant_of(name, when, timezone)
    day = instant.astype("datetime64[D]")
    if instant != day:
        rule = "must be a day, not an instant within one"
        hint = f"Give the day, '{day}', all of which counts, or the day "
        hint += "after." if name == "since" else "before."
        raise InvalidDataError(message(name, rule, value=str(when), hint=hint))
    return number
