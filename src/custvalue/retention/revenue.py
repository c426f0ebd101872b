"""Revenue retention (GRR, NRR) from spells of subscriptions, or from snapshots by period."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from custvalue import _calendar, _frames
from custvalue._check import one_of
from custvalue._events import read_events
from custvalue._groups import column_names
from custvalue._record import join_notes
from custvalue._reduce import reduce
from custvalue.errors import InvalidDataError, message
from custvalue.retention._bounds import period_of
from custvalue.retention._history import refuse_by
from custvalue.retention._movements import retention_of
from custvalue.retention._revenue_record import REACTIVATION
from custvalue.retention._revenue_record import RevenueRetention as RevenueRetention
from custvalue.retention._spells import (
    AFTER_UNTIL,
    ZERO,
    PaidSpells,
    first_instant_from,
    not_negative,
    several,
    warn_of_gaps,
)

_EMPTY = "With `since` the record is empty then, to be added to others."
_MOST = 100_000_000  # instants of spells


def revenue_retention(
    table: Any,
    *,
    customer: str,
    start: str,
    end: str,
    amount: str,
    until: Any,
    since: Any = None,
    period: str = "month",
    by: str | Sequence[str] | None = None,
    reactivation: str = "exclude",
    overlap: str = "sum",
    missing: str = "error",
    invalid: str = "error",
    timezone: str | None = None,
    week_start: str = "monday",
) -> RevenueRetention:
    """Return what became of recurring revenue in each period, from spells of subscriptions.

    Revenue at an instant is the sum of the amounts of the spells [start, end) that contain it.
    There is a row for every whole period, from the one with the first start (or `since`) to the
    last of which the end - the first instant of the next period - is observed.

    Parameters
    ----------
    table : data frame
        One row per spell: a customer, from when to when, for how much a period.
    customer, start, end, amount : str
        Names of the columns. A missing end is a spell that runs on; a price change is a spell that
        ends where the next one starts. Amounts are positive and recur every period.
    until : date or str
        Last day observed (included). Spells that start later are left out and counted.
    since : date or str, optional
        First period shown; what was before tells reactivated customers from new ones. Give it to
        add up records of parts of the customers.
    period : {"day", "week", "month", "quarter", "year"}
        What a period is.
    by : str or sequence of str, optional
        Columns of groups; the same in all rows of a customer.
    reactivation : {"exclude", "net"}
        Whether `nrr` counts the revenue of customers who came back.
    overlap : {"sum", "error"}
        What to do with spells of a customer that overlap: add their amounts (several
        subscriptions), or refuse them.
    missing : {"error", "drop"}
        What to do with rows that lack customer, start or amount.
    invalid : {"error", "drop"}
        What to do with amounts that are not positive and with spells that do not end after their
        start.
    timezone, week_start : str, optional
        As in `custvalue.occasions`.

    Returns
    -------
    RevenueRetention
        Sorted by group and period.

    Raises
    ------
    ColumnNotFoundError
        If a column does not exist.
    InvalidDataError
        If a column has the wrong type, a policy is "error" where it matters, `since` or `until`
        cuts a day, no whole period is observed, or there is no spell (with `since` the record is
        empty then, to be added to others).

    References
    ----------
    C. Gold, Fighting Churn with Data (2020), chapter 2; ChartMogul, "Net MRR churn rate", for
    `reactivation="net"`.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> spells = pd.DataFrame({"who": ["a", "a", "b"], "amount": [60.0, 90.0, 40.0],
    ...     "from": ["2024-01-01", "2024-02-10", "2024-01-01"], "to": ["2024-02-10", None,
    ...     "2024-03-01"]})
    >>> kept = cv.retention.revenue_retention(spells, customer="who", start="from", end="to",
    ...     amount="amount", until="2024-03-31")
    >>> kept.to_frame()[["period", "start_revenue", "end_revenue", "grr", "nrr"]]
          period  start_revenue  end_revenue  grr  nrr
    0 2024-01-01          100.0        100.0  1.0  1.0
    1 2024-02-01          100.0         90.0  0.6  0.9
    """
    one_of("period", period, ("day", "week", "month", "quarter", "year"))
    refuse_by(by, RevenueRetention())
    one_of("overlap", overlap, ("sum", "error"))
    one_of("reactivation", reactivation, REACTIVATION)
    one_of("missing", missing, ("error", "drop"))
    one_of("invalid", invalid, ("error", "drop"))
    one_of("week_start", week_start, _calendar.WEEKDAYS)
    last_day = period_of("until", until, "day", week_start, timezone)
    last = period_of("until", until, period, week_start, timezone)
    named = column_names("by", by)
    read = _frames.read(table, customer=customer, start=start, end=end, amount=amount, **named)
    if read.rows == 0 and since is None:
        raise InvalidDataError(message("table", "must have rows", value=0, hint=_EMPTY))
    spells = PaidSpells.read(read, tuple(named), timezone, missing, invalid)
    if since is None and not len(spells.who):
        rule = "has no row that the policies keep"
        raise InvalidDataError(message("table", rule, value=dict(spells.notes), hint=_EMPTY))
    spells = spells.until(last_day)
    notes = join_notes(spells.notes, spells.overlaps(overlap))

    low = first_instant_from(spells.start, period, week_start)
    high = np.full(len(low), last + 1)
    ends = ~np.isnat(spells.end)
    high[ends] = first_instant_from(spells.end[ends], period, week_start)
    born = np.full(int(spells.who.max(initial=0)) + 1, last + 1)
    np.minimum.at(born, spells.who, low)
    opening = int(_calendar.period_numbers(spells.start, period, week_start).min(initial=last))
    if since is not None:
        opening = period_of("since", since, period, week_start, timezone)
    low = np.maximum(low, opening)
    counts = np.maximum(np.minimum(high, last + 1) - low, 0)
    if counts.sum() > _MOST:
        rule = f"must give at most {_MOST} instants at which a spell runs"
        hint = "Count longer periods, give `since`, or check `until` and the earliest start."
        raise InvalidDataError(message("period", rule, value=int(counts.sum()), hint=hint))
    spell = np.repeat(np.arange(len(low)), counts)
    instant = low[spell] + np.arange(len(spell)) - np.repeat(np.cumsum(counts) - counts, counts)
    runs = reduce(spells.who[spell], instant, (spells.amount[spell],))
    return retention_of(
        runs,
        born[runs.customer],
        spells.groups,
        opening,
        last,
        notes=notes,
        grain=period,
        week_start=week_start,
        timezone=timezone,
        since=str(_calendar.period_starts(np.array([opening]), period, week_start)[0]),
        until=str(np.datetime64(last_day, "D")),
        rule=reactivation,
        frame=read.kind,
    )


def revenue_retention_from_snapshots(
    table: Any,
    *,
    customer: str,
    time: str,
    amount: str,
    at: str = "start",
    period: str = "month",
    by: str | Sequence[str] | None = None,
    since: Any = None,
    until: Any = None,
    reactivation: str = "exclude",
    overlap: str = "error",
    missing: str = "error",
    invalid: str = "error",
    timezone: str | None = None,
    week_start: str = "monday",
) -> RevenueRetention:
    """Return what became of recurring revenue in each period, from what customers paid by period.

    Who has no row in a period, or one of amount 0, is no customer then. There is a row for every
    period of which start and end are observed: one less than snapshots.

    Parameters
    ----------
    table : data frame
        One row per customer and period.
    customer, time, amount : str
        Names of the columns: who; any day in the period; the recurring amount, at least 0.
    at : {"start", "end"}
        Whether snapshots are taken at the first instant of their period or at its end, which is the
        first instant of the next one.
    period : {"day", "week", "month", "quarter", "year"}
        What a period is.
    by : str or sequence of str, optional
        Columns of groups; the same in all rows of a customer.
    since, until : date or str, optional
        A day of the first period shown, and of the last with snapshots; later ones are left out and
        counted. Default: as in the table. Give them to add up records of parts of the customers.
    reactivation : {"exclude", "net"}
        Whether `nrr` counts the revenue of customers who came back.
    overlap : {"error", "sum"}
        What to do with several rows of a customer in a period.
    missing : {"error", "drop"}
        What to do with rows that lack customer, time or amount.
    invalid : {"error", "drop"}
        What to do with negative amounts.
    timezone, week_start : str, optional
        As in `custvalue.occasions`.

    Returns
    -------
    RevenueRetention
        Sorted by group and period.

    Raises
    ------
    ColumnNotFoundError
        If a column does not exist.
    InvalidDataError
        If a column has the wrong type, a policy is "error" where it matters, `since` or `until`
        cuts a day, or there are snapshots of one period only.

    Warns
    -----
    CustValueWarning
        If a period between the first and the last has no row: nobody is a customer in it then.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> panel = pd.DataFrame({"who": ["a", "b", "a", "b", "c"], "mrr": [75.0, 25.0, 50.0, 25.0, 10],
    ...     "month": ["2024-01-01", "2024-01-01", "2024-02-01", "2024-02-01", "2024-02-01"]})
    >>> kept = cv.retention.revenue_retention_from_snapshots(panel, customer="who", time="month",
    ...                                                      amount="mrr")
    >>> kept.gross_churn_rate, kept.lost, kept.new_revenue
    (array([0.25]), array([0]), array([10.]))
    """
    one_of("at", at, ("start", "end"))
    one_of("period", period, ("day", "week", "month", "quarter", "year"))
    refuse_by(by, RevenueRetention())
    one_of("overlap", overlap, ("sum", "error"))
    one_of("reactivation", reactivation, REACTIVATION)
    one_of("invalid", invalid, ("error", "drop"))
    one_of("week_start", week_start, _calendar.WEEKDAYS)
    events = read_events(
        table,
        customer=customer,
        time=time,
        amount=amount,
        by=by,
        timezone=timezone,
        missing=missing,
    )
    events = not_negative(events, amount, invalid)
    notes = dict(events.notes)
    opening = None
    if since is not None:
        opening = period_of("since", since, period, week_start, timezone)
    who, spend = events.who, np.asarray(events.spend)
    instant = _calendar.period_numbers(events.when, period, week_start).astype(np.int64)
    if until is not None:
        last = period_of("until", until, period, week_start, timezone)
        kept = instant <= last
        who, spend, instant = who[kept], spend[kept], instant[kept]
        notes |= {AFTER_UNTIL: int((~kept).sum())} if not kept.all() else {}
    if not len(who):
        rule = "has no row that the policies keep"
        raise InvalidDataError(message("table", rule, value=notes))
    if until is None:
        last = int(instant.max())
    warn_of_gaps(instant, last)
    instant, last = instant + (at == "end"), last + (at == "end")
    opening = int(instant.min()) if opening is None else opening
    positive = spend > 0
    if not positive.all():
        notes[ZERO] = int((~positive).sum())
        who, instant, spend = who[positive], instant[positive], spend[positive]
    runs = reduce(who, instant, (spend,))
    notes |= several(runs, overlap)
    return retention_of(
        runs,
        runs.period[runs.start[:-1]],
        events.groups,
        opening,
        last,
        notes=notes,
        grain=period,
        week_start=week_start,
        timezone=timezone,
        since=str(_calendar.period_starts(np.array([opening]), period, week_start)[0]),
        until=str(_calendar.period_starts(np.array([last]), period, week_start)[0]),
        rule=reactivation,
        frame=events.kind,
    )
