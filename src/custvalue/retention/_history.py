"""What each customer bought up to the last day observed: from a log or from occasions, by group."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue import _calendar
from custvalue._check import Array, one_of, refuse
from custvalue._events import Events, read_events
from custvalue._groups import Groups
from custvalue._ids import Ids
from custvalue._occasions import AFTER_UNTIL, Occasions, assembled
from custvalue._reduce import reduce
from custvalue.errors import InvalidDataError, message
from custvalue.transactions import occasions_of

Ints = npt.NDArray[np.integer[Any]]
Flags = npt.NDArray[np.bool_]
Column = npt.NDArray[Any]

BEFORE_START = "lines before the start of the customer left out"
LINES_AFTER_UNTIL = "lines after `until` left out"
POLICIES = ("missing", "unparsable", "duplicates", "refunds", "time_format")
_NESTED = {  # grain -> grains of which its periods are made up
    "hour": ("hour",),
    "day": ("hour", "day"),
    "week": ("hour", "day", "week"),
    "month": ("hour", "day", "month"),
    "quarter": ("hour", "day", "month", "quarter"),
    "year": ("hour", "day", "month", "quarter", "year"),
}


@dataclasses.dataclass(frozen=True)
class History:
    """Purchases of customers, who are codes here, and the group of each customer."""

    bought: Occasions
    last_day: int  # number of the last day observed
    last: int  # number of the last period observed, in the grain of `bought`
    group: Ints  # of each customer in `bought`
    labels: Mapping[str, Column]  # of each group
    decode: Callable[[Ints], Column]
    born: Ints | None = None  # period in which each customer started, if there is such a column

    @property
    def owner(self) -> Ints:
        """Position of the customer of each purchase."""
        return np.repeat(np.arange(len(self.bought.customer)), np.diff(self.bought.start))

    @property
    def groups(self) -> int:
        """Number of groups."""
        return min((len(column) for column in self.labels.values()), default=1)


def read_history(
    log: Any,
    grain: str,
    *,
    customer: str | None,
    time: str | None,
    amount: str | None,
    by: str | Sequence[str] | None,
    until: Any,
    timezone: str | None,
    week_start: str,
    policies: Mapping[str, Any],
    start: str | None = None,
    before_start: str = "error",
) -> History:
    """Return the purchases of a log, or of occasions of that grain or a finer one."""
    _calendar.unit_of("grain", grain)
    one_of("week_start", week_start, _calendar.WEEKDAYS)
    for policy in policies:
        one_of("argument", policy, POLICIES)
    if isinstance(log, Occasions):
        columns = {"customer": customer, "time": time, "amount": amount, "by": by, "start": start}
        columns |= policies
        _refuse_columns(columns)
        timezone = _own_zone(log, timezone)
        last_day, found = _cut(log, until)
        found = _regrained(found, grain, week_start)
        decode: Callable[[Ints], Column] = log.customer.__getitem__
        groups = born = None
    else:
        if customer is None or time is None:
            missing = "customer" if customer is None else "time"
            rule = "must name a column of the log"
            hint = "Only custvalue.Occasions need no names of columns."
            raise InvalidDataError(message(missing, rule, value=None, hint=hint))
        events = read_events(
            log,
            customer=customer,
            time=time,
            amount=amount,
            by=by,
            start=start,
            timezone=timezone,
            **policies,
        )
        decode, groups = events.ids.decode, events.groups
        last_day, events = _cut_events(events, until, timezone)
        events, born = from_start(events, str(time), before_start, "datetime64[D]")
        codes = Ids(events.who, None, 0, None)  # codes stay codes: groups are by code
        found = occasions_of(dataclasses.replace(events, ids=codes), grain, week_start, timezone)
    bought = found._purchases()
    if not len(bought):
        rule = "has no purchase in the time observed"
        hint = f"Check `until`, and what was left out: {dict(bought.notes)}"
        raise InvalidDataError(message("log", rule, value=f"until={until}", hint=hint))
    last = int(found.period.max())
    if until is not None:
        last = _calendar.period_of("until", until, grain, week_start, timezone)
    starts = None
    if born is not None:
        starts = _calendar.period_numbers(born[bought.customer], grain, week_start)
    return History(bought, last_day, last, *_grouped(groups, bought), decode, starts)


def _grouped(groups: Groups | None, bought: Occasions) -> tuple[Ints, Mapping[str, Column]]:
    if groups is None:
        return np.zeros(len(bought.customer), dtype=np.int64), {}
    return groups.codes[bought.customer], groups.labels


def _refuse_columns(given: Mapping[str, Any]) -> None:
    for name, value in given.items():
        if value is not None:
            raise InvalidDataError(
                message(
                    name,
                    "must be left out for custvalue.Occasions, which are read already",
                    value=value,
                    hint="Pass the data frame instead.",
                )
            )


def _own_zone(log: Occasions, timezone: str | None) -> str | None:
    if timezone not in (None, log.timezone):
        rule = f"must be that of the occasions, {log.timezone!r}"
        raise InvalidDataError(message("timezone", rule, value=timezone))
    return log.timezone


def _days(log: Occasions) -> Ints:
    """Return the number of the first day of each occasion."""
    return log._dates(log.period).astype("datetime64[D]").view(np.int64)


def _last_day(days: Ints, until: Any, timezone: str | None) -> int:
    """Return the number of the last day observed: `until`, or the last day seen."""
    if until is not None:
        return _calendar.period_of("until", until, "day", "monday", timezone)
    return int(days.max()) if len(days) else 0


def _cut(log: Occasions, until: Any) -> tuple[int, Occasions]:
    """Return the last day observed and the occasions that begin by then; customers as codes."""
    days = _days(log)
    last = _last_day(days, until, log.timezone)
    coded = dataclasses.replace(log, customer=np.arange(len(log.customer)))
    return last, coded._only(days <= last, AFTER_UNTIL)


def _cut_events(events: Events, until: Any, timezone: str | None) -> tuple[int, Events]:
    latest = events.when.max(keepdims=True) if len(events.when) else events.when
    days = _calendar.period_numbers(latest, "day", "monday")
    last = _last_day(days, until, timezone)
    if not (days > last).any():
        return last, events
    return last, events.only(events.when < np.datetime64(last + 1, "D"), LINES_AFTER_UNTIL)


def from_start(
    events: Events, time: str, before_start: str, exact: str
) -> tuple[Events, npt.NDArray[np.datetime64] | None]:
    """Return the events from the start of their customer on, and the start of each, by code.

    exact : the resolution, such as "datetime64[D]", at which an event is before a start.
    """
    one_of("before_start", before_start, ("error", "drop"))
    if events.start is None:
        return events, None
    born = np.zeros(int(events.who.max(initial=-1)) + 1, dtype=events.start.dtype)
    born[events.who] = events.start
    mixed = born[events.who] != events.start
    if mixed.any():
        several = events.who[mixed]
        raise InvalidDataError(
            message(
                "start",
                "must be the same in all lines of a customer",
                value=f"{len(np.unique(several))} with several, such as "
                f"{events.ids.decode(several[:1]).tolist()[0]!r}",
            )
        )
    early = events.when.astype(exact) < events.start.astype(exact)
    if before_start == "error" and early.any():
        hint = "Leave those lines out with before_start='drop'."
        first = str(events.when[early][0])
        refuse(time, "must not lie before the start", first, early, hint=hint)
    return events.only(~early, BEFORE_START), born


def _regrained(log: Occasions, grain: str, week_start: str) -> Occasions:
    """Return occasions of finer grain as those of a coarser one."""
    if log.grain not in _NESTED[grain]:
        rule = f"must be one of {', '.join(_NESTED[grain])} for periods of a {grain}"
        hint = "Read the log with a finer grain."
        raise InvalidDataError(message("grain of the occasions", rule, value=log.grain, hint=hint))
    if grain == log.grain == "week" and week_start != log.week_start:
        rule = f"must be that of the occasions, {log.week_start!r}"
        raise InvalidDataError(message("week_start", rule, value=week_start))
    if grain == log.grain or not len(log):
        return log
    days = _days(log).view("datetime64[D]")
    columns = [log.lines.astype(np.float64)]
    columns += [column for column in (log.spend, log.refunded) if column is not None]
    runs = reduce(
        np.repeat(log.customer, np.diff(log.start)),
        _calendar.period_numbers(days, grain, week_start),
        columns,
    )
    lines, *sums = runs.sums
    return assembled(
        dataclasses.replace(runs, sums=tuple(sums)),
        np.asarray,
        lines.astype(np.int64),
        notes=log.notes,
        spends=log.spend is not None,
        grain=grain,
        week_start=week_start,
        timezone=log.timezone,
        frame=log.frame,
    )


def follows_on(start: Ints, period: Ints) -> Flags:
    """Return which rows come one period after the row before, of the same customer."""
    follows = np.zeros(len(period), dtype=bool)
    np.equal(period[1:], period[:-1] + 1, out=follows[1:])
    follows[start[:-1]] = False
    return follows


@dataclasses.dataclass(frozen=True)
class Rows:
    """One row for every period of each group, from the first of the group to the last of all."""

    first: Ints  # period, of each group
    offset: Ints  # of the group's rows
    size: int

    @classmethod
    def spanning(cls, first: Ints, last: int) -> Rows:
        """Return the rows from `first` of each group to `last`."""
        counts = np.maximum(last - first + 1, 0)
        return cls(first, np.cumsum(counts) - counts, int(counts.sum()))

    def keys(self) -> tuple[Ints, Ints]:
        """Return group and period of each row."""
        counts = np.diff(np.append(self.offset, self.size))
        group = np.repeat(np.arange(len(counts)), counts)
        return group, self.first[group] + np.arange(self.size) - self.offset[group]

    def at(self, group: Ints, period: Ints) -> Ints:
        """Return the row of a group and a period."""
        return np.asarray(self.offset[group] + period - self.first[group])


def lowest(values: Ints, group: Ints, groups: int, otherwise: int) -> Ints:
    """Return the lowest value in each group; `otherwise` where there is none."""
    found = np.full(groups, np.iinfo(np.int64).max)
    np.minimum.at(found, group, values)
    return np.where(found == np.iinfo(np.int64).max, otherwise, found)


def gain_to_loss(gain: Any, loss: Any) -> Array:
    """Return gain / loss: infinite where only the loss is 0, NaN where both are."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.true_divide(gain, loss))


def check_periods(grain: str, week_start: str, until: Any, rows: int) -> None:
    """Refuse settings of a record by period that are none."""
    _calendar.unit_of("grain", grain)
    one_of("week_start", week_start, _calendar.WEEKDAYS)
    if rows:
        _calendar.period_of("until", until, "day", week_start, None)
