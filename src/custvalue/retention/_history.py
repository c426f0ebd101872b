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
from custvalue._groups import Groups, column_names
from custvalue._ids import Ids
from custvalue._occasions import AFTER_UNTIL, Occasions
from custvalue._record import Record
from custvalue._tally import refuse_names
from custvalue.errors import InvalidDataError, message
from custvalue.retention._bought import ORDERS, Refunds, by_period, fine_grain
from custvalue.retention._bounds import seen_until
from custvalue.transactions import occasions_of

Ints = npt.NDArray[np.integer[Any]]
Flags = npt.NDArray[np.bool_]
Column = npt.NDArray[Any]

BEFORE_START = "lines before the start of the customer left out"
LINES_AFTER_UNTIL = "lines after `until` left out"
_MOST_ROWS = 10_000_000
POLICIES = ("missing", "unparsable", "duplicates", "refunds", "time_format")


def _none() -> Ints:
    return np.empty(0, dtype=np.int64)


@dataclasses.dataclass(frozen=True)
class History:
    """Purchases of customers, who are codes here, and the group of each customer."""

    bought: Occasions  # `lines` are orders
    refunds: Refunds
    seen: np.datetime64  # the last day observed (periods of an hour: the last hour)
    last: int  # number of the last period observed, in the grain of `bought`
    whole: int  # number of the last period that has wholly elapsed
    group: Ints  # of each customer in `bought`
    labels: Mapping[str, Column]  # of each group
    decode: Callable[[Ints], Column]
    born: Ints | None = None  # period in which each customer started, if there is such a column
    idle_born: Ints = dataclasses.field(default_factory=_none)  # of who started and never bought
    idle_group: Ints = dataclasses.field(default_factory=_none)

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
    orders: str = "lines",
) -> History:
    """Return the purchases of a log, or of occasions of that grain or a finer one.

    Without `until` there must be somebody.
    """
    _calendar.unit_of("grain", grain)
    one_of("week_start", week_start, _calendar.WEEKDAYS)
    one_of("orders", orders, ORDERS)
    for policy in policies:
        one_of("argument", policy, POLICIES)
    groups = starts = None
    if isinstance(log, Occasions):
        columns = {"customer": customer, "time": time, "amount": amount, "by": by, "start": start}
        columns |= policies
        _refuse_columns(columns)
        timezone = _own_zone(log, timezone)
        seen, found = _cut(log, until, grain)
        decode: Callable[[Ints], Column] = log.customer.__getitem__
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
        decode, groups, starts = events.ids.decode, events.groups, starts_of(events)
        seen, events = _cut_events(events, until, grain, timezone)
        events = from_start(events, str(time), before_start, "datetime64[D]")
        codes = Ids(events.who, None, 0, None)  # codes stay codes: groups are by code
        events = dataclasses.replace(events, ids=codes)
        fine = fine_grain(grain, events.refunds or orders == "days")
        found = occasions_of(events, fine, week_start, timezone)
    bought, refunds = by_period(found, grain, week_start, orders)
    born, idle = None, _none()
    if starts is not None:
        born = _calendar.period_numbers(starts.when[bought.customer], grain, week_start)
        idle = starts.others(bought.customer, after(seen))
    if until is None and not len(bought) + len(idle):
        rule = "has no purchase in the time observed"
        hint = f"What was left out: {dict(bought.notes)}"
        raise InvalidDataError(message("log", rule, value=f"until={until}", hint=hint))
    ends = _calendar.period_numbers(np.array([seen, after(seen)]), grain, week_start)
    history = History(
        bought, refunds, seen, int(ends[0]), int(ends[1]) - 1, *_grouped(groups, bought.customer),
        decode, born,
    )  # fmt: skip
    if starts is None:
        return history
    return dataclasses.replace(
        history,
        idle_born=_calendar.period_numbers(starts.when[idle], grain, week_start),
        idle_group=_grouped(groups, idle)[0],
    )


def _grouped(groups: Groups | None, customer: Ints) -> tuple[Ints, Mapping[str, Column]]:
    if groups is None:
        return np.zeros(len(customer), dtype=np.int64), {}
    return groups.codes[customer], groups.labels


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


def _cut(log: Occasions, until: Any, grain: str) -> tuple[np.datetime64, Occasions]:
    """Return the last day (or hour) observed, the occasions that begin by then, people as codes."""
    begins = log._dates(log.period)
    seen = _seen(begins, until, grain, log.timezone)
    coded = dataclasses.replace(log, customer=np.arange(len(log.customer)))
    return seen, coded._only(begins < after(seen), AFTER_UNTIL)


def _cut_events(
    events: Events, until: Any, grain: str, timezone: str | None
) -> tuple[np.datetime64, Events]:
    latest = events.when.max(keepdims=True) if len(events.when) else events.when
    seen = _seen(latest, until, grain, timezone)
    end = after(seen)
    if not (latest >= end).any():
        return seen, events
    return seen, events.only(events.when < end, LINES_AFTER_UNTIL)


def after(seen: np.datetime64) -> np.datetime64:
    """Return the end of a day or hour."""
    return seen + np.timedelta64(1, "h" if seen.dtype == np.dtype("datetime64[h]") else "D")


def _seen(
    when: npt.NDArray[np.datetime64], until: Any, grain: str, timezone: str | None
) -> np.datetime64:
    if until is not None:
        return seen_until(until, grain, timezone)
    latest = when.max(keepdims=True) if len(when) else np.array(["1970-01-01"], "datetime64[D]")
    hour = int(_calendar.period_numbers(latest, "hour", "monday")[0])
    return np.datetime64(hour, "h") if grain == "hour" else np.datetime64(hour // 24, "D")


@dataclasses.dataclass(frozen=True)
class Starts:
    """When customers started, by code; `known` where there is such a customer."""

    when: npt.NDArray[np.datetime64]
    known: Flags

    def others(self, customer: Ints, end: np.datetime64) -> Ints:
        """Return the customers who started before `end`, without those given."""
        member = self.known & (self.when < end)
        member[customer] = False
        return np.flatnonzero(member)


def starts_of(events: Events) -> Starts | None:
    """Return the start of each customer of all lines, whatever is cut off them later."""
    if events.start is None:
        return None
    known = np.zeros(int(events.who.max(initial=-1)) + 1, dtype=np.bool_)
    known[events.who] = True
    when = np.zeros(len(known), dtype=events.start.dtype)
    when[events.who] = events.start
    mixed = when[events.who] != events.start
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
    return Starts(when, known)


def from_start(events: Events, time: str, before_start: str, exact: str) -> Events:
    """Return the events from the start of their customer on.

    exact : the resolution, such as "datetime64[D]", at which an event is before a start.
    """
    one_of("before_start", before_start, ("error", "drop"))
    if events.start is None:
        return events
    early = events.when.astype(exact) < events.start.astype(exact)
    if before_start == "error" and early.any():
        hint = "Leave those lines out with before_start='drop'."
        first = str(events.when[early][0])
        refuse(time, "must not lie before the start", first, early, hint=hint)
    return events.only(~early, BEFORE_START)


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
        """Return the rows from `first` of each group to `last`; refuse more than memory is for."""
        counts = np.maximum(last - first + 1, 0)
        if counts.sum() > _MOST_ROWS:
            rule = f"must give at most {_MOST_ROWS} rows of group and period"
            hint = "Count longer periods, or check the earliest and the latest date."
            raise InvalidDataError(message("period", rule, value=int(counts.sum()), hint=hint))
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


def refuse_by(by: Any, *records: Record, extra: Sequence[str] = (), ages: bool = False) -> None:
    """Refuse columns to group by that a table has: those of the empty records, `extra`, ages."""
    groups = [str(name) for name in column_names("by", by).values()]
    taken = {*extra, *(name for name in groups if ages and name.isdigit())}
    refuse_names(dict.fromkeys(groups), taken.union(*(record._table() for record in records)))


def check_periods(grain: str, week_start: str, until: Any, rows: int) -> None:
    """Refuse settings of a record by period that are none."""
    _calendar.unit_of("grain", grain)
    one_of("week_start", week_start, _calendar.WEEKDAYS)
    if rows:
        _calendar.period_of("until", until, "day", week_start, None)
