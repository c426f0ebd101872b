"""Cohort triangles: who of those who started in a period is active how many periods later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from custvalue import _calendar
from custvalue._check import one_of
from custvalue._record import join_notes
from custvalue.retention._cells import PERIODS, counted
from custvalue.retention._cohorts import Cohorts as Cohorts
from custvalue.retention._history import read_history


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
        Calendar periods, of cohorts and ages. A purchase that is fully refunded in its period is
        none.
    by : str or sequence of str, optional
        Columns of groups; the same in all lines of a customer.
    start : str, optional
        Column with the time at which the customer started, such as the sign-up; the same in all
        lines of a customer. Default: the first activity. Who has no line is not counted: give
        customers who were never active a line at their start.
    before_start : {"error", "drop"}
        What to do with lines on days before the start.
    since : date or str, optional
        Customers who started before the period of that day are left out, and counted in the notes.
    until : date or str, optional
        Last day observed (included); what lies after is left out and counted in the notes. Default:
        the day of the last line, so that the last period is partial unless the log ends on its last
        day. Give it to add up records of parts of the customers, and where the log reaches beyond
        its last line. Of occasions coarser than a day the first day of the last one is known only.
    timezone, week_start : str, optional
        As in `custvalue.occasions`.
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
        If a column has the wrong type or breaks a policy "error", nobody was active in the time
        observed, occasions are too coarse, or there are too many cells.

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
    )
    bought = history.bought
    first, since_day = None, ""
    if since is not None:
        first = _calendar.period_of("since", since, period, week_start, bought.timezone)
        since_day = str(_calendar.period_starts(np.array([first]), period, week_start)[0])
    groups, sums, notes = counted(history, first)
    return Cohorts(
        **sums,
        grain=period,
        week_start=week_start,
        timezone=bought.timezone,
        until=str(np.datetime64(history.last_day, "D")),
        since=since_day,
        origin="first" if start is None else "start",
        amounts=bought.spend is not None,
        groups=groups,
        notes=join_notes(bought.notes, notes),
        frame=bought.frame,
    )
