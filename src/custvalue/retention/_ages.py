"""On which days of their life customers were active: by the calendar, or in spans of 24 hours."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from custvalue import _calendar
from custvalue._check import one_of
from custvalue._events import Events, read_events
from custvalue._ids import Ids, densified
from custvalue._instants import in_zone, known_zone
from custvalue._occasions import Occasions
from custvalue._reduce import reduce
from custvalue.errors import InvalidDataError, message
from custvalue.retention._bounds import day_or_instant
from custvalue.retention._history import (
    LINES_AFTER_UNTIL,
    POLICIES,
    Column,
    Flags,
    Ints,
    from_start,
    read_history,
    starts_of,
)
from custvalue.retention._windows import CLOCKS

_EXACT = "datetime64[us]"
_DAY = 86_400_000_000  # microseconds


@dataclasses.dataclass(frozen=True)
class Ages:
    """The distinct days of life on which customers were active; start[i]:start[i + 1] are of i.

    Those who were never active come last, and have no start here.
    """

    start: Ints
    age: Ints
    observed: Ints  # whole days of life observed, of each customer
    birthday: npt.NDArray[np.datetime64]  # of each customer, in the time zone asked for
    group: Ints  # of each customer
    labels: Mapping[str, Column]  # of each group
    until: str
    timezone: str | None
    notes: Mapping[str, int]
    frame: str

    def active(self, low: float, high: float) -> Flags:
        """Return which customers were active at an age in [low, high)."""
        hit = self.age >= low
        if np.isfinite(high):
            hit &= self.age < high
        found = np.zeros(len(self.group), dtype=np.bool_)
        found[: len(self.start) - 1] = np.logical_or.reduceat(hit, self.start[:-1])
        return found


def read_ages(log: Any, clock: str, *, timezone: str | None, **options: Any) -> Ages:
    """Return the days of life on which the customers of a log were active."""
    one_of("clock", clock, CLOCKS)
    if clock == "24h":
        return _by_24_hours(log, timezone=timezone, **options)
    history = read_history(
        log, "day", amount=None, week_start="monday", timezone=timezone, **options
    )
    bought = history.bought
    first = bought.period[bought.start[:-1]] if history.born is None else history.born
    everybody = np.concatenate([first, history.idle_born]).astype(np.int64)
    last = int(history.seen.astype(np.int64))
    return Ages(
        bought.start,
        bought.period - np.repeat(first, np.diff(bought.start)),
        last + 1 - everybody,
        everybody.view("datetime64[D]"),
        np.concatenate([history.group, history.idle_group]),
        history.labels,
        str(history.seen),
        bought.timezone,
        bought.notes,
        bought.frame,
    )


def _by_24_hours(
    log: Any,
    *,
    customer: str | None,
    time: str | None,
    until: Any,
    timezone: str | None,
    start: str | None,
    before_start: str,
    by: Any,
    policies: Mapping[str, Any],
) -> Ages:
    for policy in policies:
        one_of("argument", policy, POLICIES)
    if isinstance(log, Occasions) or customer is None or time is None:
        rule = "must be a data frame, with `customer` and `time`, for clock='24h'"
        hint = "Occasions know days, not instants."
        raise InvalidDataError(message("log", rule, value=type(log).__name__, hint=hint))
    known_zone(timezone)
    utc = None if timezone is None else "UTC"  # an hour is lost or repeated on a wall clock
    names: dict[str, Any] = {"customer": customer, "time": time, "by": by, "start": start}
    events = read_events(log, timezone=utc, **names, **policies)
    starts = starts_of(events)
    events, end = _cut(events, until, timezone)
    events = from_start(events, time, before_start, _EXACT)
    who, when = events.who, events.when.astype(_EXACT).view(np.int64)
    idle: Ints = np.empty(0, dtype=np.int64)
    first: npt.NDArray[np.int64]
    if starts is None:
        if events.groups is None:  # who has no group may have any code
            who = densified(Ids(who, None, 0, None)).codes
        first = np.full(int(who.max(initial=-1)) + 1, end)
        np.minimum.at(first, who, when)
    else:
        first = starts.when.astype(_EXACT).view(np.int64)
        idle = starts.others(who, np.datetime64(end, "us"))
    if until is None and not len(who) + len(idle):
        rule = "has no activity in the time observed"
        hint = f"What was left out: {dict(events.notes)}"
        raise InvalidDataError(message("log", rule, value=f"until={until}", hint=hint))
    runs = reduce(who, (when - first[who]) // _DAY)
    everybody = np.concatenate([runs.customer, idle])
    first = first[everybody]
    groups = events.groups
    birthday = first.view(_EXACT)
    return Ages(
        runs.start,
        runs.period,
        (end - first) // _DAY,
        birthday if timezone is None else in_zone(birthday, timezone),
        np.zeros(len(first), np.int64) if groups is None else groups.codes[everybody],
        {} if groups is None else groups.labels,
        str(np.datetime64(end - 1, "us")) + ("" if timezone is None else "Z"),
        timezone,
        events.notes,
        events.kind,
    )


def _cut(events: Events, until: Any, timezone: str | None) -> tuple[Events, int]:
    """Return the events observed, and the first microsecond that is not."""
    if until is not None:
        end = _end(until, timezone)
        return events.only(events.when < np.datetime64(end, "us"), LINES_AFTER_UNTIL), end
    if not len(events.when):
        return events, 0
    return events, int(events.when.max().astype(_EXACT).view(np.int64)) + 1


def _end(until: Any, timezone: str | None) -> int:
    """Return the microsecond after a day or an instant that ends it (in UTC if there are zones)."""
    last = day_or_instant("until", until, timezone)
    whole = last.dtype == np.dtype("datetime64[D]")
    end = (last + np.timedelta64(1, "D" if whole else "us")).astype(_EXACT)
    if timezone is None:
        return int(end.view(np.int64))
    utc = (_calendar.instant_of("until", until, "UTC") + np.timedelta64(1, "us")).astype(_EXACT)
    if whole or utc == end:  # on the wall clock of the time zone, as nothing else is said
        wall: dt.datetime = end.item()
        exact = wall.replace(tzinfo=ZoneInfo(timezone)).astimezone(dt.UTC)
        utc = np.asarray(np.datetime64(exact.replace(tzinfo=None), "us"))
    return int(utc.view(np.int64))
