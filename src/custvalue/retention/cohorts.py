"""Cohort triangles: who of those who started in a period is active how many periods later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from custvalue import _calendar
from custvalue._check import one_of
from custvalue._record import join_notes
from custvalue.durations import Durations
from custvalue.errors import InvalidDataError, message
from custvalue.retention._bounds import period_of
from custvalue.retention._cells import PERIODS, counted
from custvalue.retention._cohorts import Cohorts as Cohorts
from custvalue.retention._history import read_history, refuse_by
from custvalue.retention.curve import RetentionCurve


def cohorts(
    log: Any,
    *,
    customer: str | None = None,
    time: str | None = None,
    amount: str | None = None,
    period: str = "month",
    by: str | Sequence[str] | None = None,
    start: str | None = None,
    before_start: str = "error",
    since: Any = None,
    until: Any = None,
    timezone: str | None = None,
    week_start: str = "monday",
    orders: str = "lines",
    **policies: Any,
) -> Cohorts:
    """Return who of each cohort was active at each age, and what they bought.

    Parameters
    ----------
    log : data frame or Occasions
        One row per purchase line (or other activity); or `custvalue.Occasions` of a grain that
        makes up the period.
    customer, time, amount : str, optional
        Names of the columns, for a data frame; without `amount` there is no revenue.
    period : {"day", "week", "month", "quarter", "year"}
        Calendar periods, of cohorts and ages. Active in one is who bought on a day of it; a day
        that is fully refunded on the day itself, or has refunds alone, is none, and is counted in
        the notes. Occasions of weeks or longer are judged as a whole: a later refund in one can
        hide a purchase. Revenue is net of all refunds from the period of the first purchase on,
        also of those in periods without a purchase.
    by : str or sequence of str, optional
        Columns of groups; the same in all lines of a customer.
    start : str, optional
        Column with the time at which the customer started, such as the sign-up; the same in all
        lines of a customer. Default: the first activity. Who started by `until` is counted, active
        by then or not; who has no line at all is not: give them one at their start. Revenue is
        still net of all refunds from the first purchase on, not from the start.
    before_start : {"error", "drop"}
        What to do with lines on days before the start.
    since : date or str, optional
        Customers who started before the period of that day are left out, and counted in the notes.
        A day, not an instant within one.
    until : date or str, optional
        Last day observed, all of it; what lies after is left out and counted in the notes. Default:
        the day of the last line, so that the last period is partial unless the log ends on its last
        day. Give it to add up records of parts of the customers, and where the log reaches beyond
        its last line. Of occasions coarser than a day the first day of the last one is known only.
    timezone, week_start : str, optional
        As in `custvalue.occasions`.
    orders : {"lines", "days"}
        What to count as orders: lines of the log, which is right where a line is an order, or the
        days on which a customer bought. Of occasions, days or hours are needed for "days".
    **policies
        missing, unparsable, duplicates, refunds, time_format: as in `custvalue.occasions`.

    Returns
    -------
    Cohorts
        Sorted by group, cohort and age.

    Raises
    ------
    ColumnNotFoundError
        If a column does not exist.
    InvalidDataError
        If a column has the wrong type or breaks a policy "error", `until` cuts a day, a column of
        `by` is named as one of a result, nobody was active (with `until` the record is empty then,
        to be added to others), occasions are too coarse, or there are too many cells.

    Examples
    --------
    >>> import custvalue as cv
    >>> log = cv.datasets.cdnow()
    >>> found = cv.retention.cohorts(log, customer="customer_id", time="date", amount="spend")
    >>> found.to_frame()[["cohort", "age", "size", "customers", "retention", "state"]].head(2)
          cohort  age  size  customers  retention     state
    0 1997-01-01    0   781        781   1.000000  observed
    1 1997-01-01    1   781        124   0.158771  observed
    """
    one_of("period", period, PERIODS)
    refuse_by(by, Cohorts(amounts=True), RetentionCurve(), Durations(), ages=True)
    history = read_history(
        log,
        period,
        customer=customer,
        time=time,
        amount=amount,
        by=by,
        until=until,
        timezone=timezone,
        week_start=week_start,
        policies=policies,
        start=start,
        before_start=before_start,
        orders=orders,
    )
    bought = history.bought
    first, since_day = None, ""
    if since is not None:
        first = period_of("since", since, period, week_start, bought.timezone)
        since_day = str(_calendar.period_starts(np.array([first]), period, week_start)[0])
        if first > history.last:
            rule = "must not lie in a period after the last one observed"
            value = f"{since_day}, of a log observed until {history.seen}"
            raise InvalidDataError(message("since", rule, value=value, hint="Give an earlier day."))
    groups, sums, notes = counted(history, first, until is None)
    return Cohorts(
        **sums,
        grain=period,
        week_start=week_start,
        timezone=bought.timezone,
        until=str(history.seen),
        since=since_day,
        origin="first" if start is None else "start",
        amounts=bought.spend is not None,
        counting=orders,
        groups=groups,
        notes=join_notes(join_notes(bought.notes, history.refunds.notes), notes),
        frame=bought.frame,
    )
