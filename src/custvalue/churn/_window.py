"""The window observed: which instants its ends mean, and lengths of time in microseconds."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from custvalue import _calendar
from custvalue._check import number
from custvalue.errors import InvalidDataError, message

SECOND = 1_000_000  # microseconds
DAY = 86400 * SECOND
_LAST = 253_402_214_400 * SECOND  # 9999-12-31, whose end ISO 8601 text has no place for


@dataclasses.dataclass(frozen=True)
class Window:
    """The time observed, [since, until) in microseconds since 1970; since None: from the start."""

    since: int | None
    until: int

    def lines(self, name: str) -> str | None:
        """Return an end of the window as ISO 8601 text."""
        value = getattr(self, name)
        return None if value is None else str(np.datetime64(value, "us"))

    def closed(self, name: str, silence: int) -> Window:
        """Return the part of the window in which a silence after each end is seen.

        Of a window from the start nothing may be left: its customers are too young to tell.
        """
        if silence and self.since is not None and self.until - silence <= self.since:
            rule = "must be shorter than the time observed"
            raise InvalidDataError(message(name, rule, value=f"{silence / DAY:g} days"))
        return Window(self.since, self.until - silence)


def edge(name: str, when: Any, timezone: str | None) -> int:
    """Return an end of a window in microseconds; as `until`, a day counts whole.

    A midnight counts as its day, as the last day of a column of dates is one; not so text that
    has a time of day.
    """
    ticks, whole = _ticks(name, when, timezone)
    return ticks + (DAY if whole and name == "until" else 0)


def last_instant(name: str, when: Any, timezone: str | None) -> np.datetime64:
    """Return the last instant observed: that of a day, or the one given."""
    ticks, whole = _ticks(name, when, timezone)
    return np.datetime64(ticks + (DAY - 1 if whole else 0), "us")


def _ticks(name: str, when: Any, timezone: str | None) -> tuple[int, bool]:
    """Return an instant in microseconds, and whether it stands for its day."""
    instant = _calendar.instant_of(name, when, timezone)
    span = np.datetime_data(instant.dtype)[0]
    if span in ("Y", "M", "W"):
        rule = "must be a day or an instant, not a longer span"
        raise InvalidDataError(message(name, rule, value=str(when)))
    ticks = int(instant.astype("datetime64[us]").astype(np.int64))
    whole = span == "D" or (not isinstance(when, str) and ticks % DAY == 0)
    if ticks >= _LAST:
        raise InvalidDataError(message(name, "must be before 9999-12-31", value=str(when)))
    return ticks, whole


def window(since: Any, until: Any, timezone: str | None = None) -> Window:
    """Return the window between two dates or instants."""
    first = None if since is None else edge("since", since, timezone)
    last = edge("until", until, timezone)
    if first is not None and first >= last:
        raise InvalidDataError(message("since", "must be before until", value=(since, until)))
    return Window(first, last)


def length(name: str, value: Any, unit: str, *, positive: bool = True) -> int:
    """Return a length of time in microseconds."""
    hours = _calendar.HOURS[_calendar.unit_of("unit", unit)]
    # 4 centuries: a longer one is a mistake, and does not overflow
    most = 400 * _calendar.HOURS["year"] / hours
    amount = number(name, value, 0.0, most, open_low=positive)
    ticks = round(amount * hours * 3600 * SECOND)
    if amount and not ticks:
        raise InvalidDataError(message(name, "must be at least a microsecond", value=amount))
    return ticks
