"""Repeat purchase: who buys again, after the first and after the n-th purchase."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from custvalue.retention._gaps import Gaps, gaps_of, window
from custvalue.retention._history import Flags, read_history, refuse_by
from custvalue.retention._repeat import OrderRates as OrderRates
from custvalue.retention._repeat import RepeatRate as RepeatRate


def repeat_purchase_rate(
    log: Any,
    *,
    customer: str | None = None,
    time: str | None = None,
    amount: str | None = None,
    within: float | None = None,
    unit: str = "day",
    grain: str = "day",
    by: str | Sequence[str] | None = None,
    until: Any = None,
    timezone: str | None = None,
    week_start: str = "monday",
    **policies: Any,
) -> RepeatRate:
    """Return the share of customers who bought again, `within` a time or, biased, all told.

    Give `within`: only those count then whose window has wholly elapsed, whether they bought again
    or not. Without it the rate is too low for new customers, grows with the time observed and is no
    property of the customers.

    Parameters
    ----------
    log : data frame or Occasions
        One row per purchase line; or `custvalue.Occasions` of `grain` or a finer one.
    customer, time, amount : str, optional
        Names of the columns, for a data frame. Amounts tell what was fully refunded.
    within : float, optional
        Length of the window after the first purchase, in `unit`; its last moment is included.
    unit : {"hour", "day", "week", "month", "quarter", "year"}
        The ruler of `within`: week = 7, month = 30.4375, year = 365.25 days. Where grain and unit
        are both calendar ones, calendar months are counted.
    grain : {"hour", "day", "week", "month", "quarter", "year"}
        Lines of a customer within one period are one purchase. A day (grain "hour": an hour) that
        is fully refunded on the day itself is none. Of a period that `until` cuts short purchases
        count, but no window that reaches into it has elapsed. Hours are of the clock on the wall.
    by : str or sequence of str, optional
        Columns of groups; the same in all lines of a customer.
    until : date or str, optional
        Last day observed, all of it, also where it is given as its midnight (grain "hour": or a
        later instant, of which the whole hour counts); what lies after is left out and counted.
        Default: the last in the log; of occasions coarser than a day, the first day of the last
        one. Give it to add up records of parts of the customers.
    timezone, week_start : str, optional
        As in `custvalue.occasions`.
    **policies
        missing, unparsable, duplicates, refunds, time_format: as in `custvalue.occasions`.

    Returns
    -------
    RepeatRate
        One number, or one per group.

    Raises
    ------
    ColumnNotFoundError
        If a column does not exist.
    InvalidDataError
        If a column has the wrong type or breaks a policy "error", `within` is not above 0, `until`
        cuts a day, a column of `by` is named as one of the result, or nobody bought (with `until`
        the record is empty then, to be added to others).

    Examples
    --------
    >>> import custvalue as cv
    >>> log = cv.datasets.cdnow()
    >>> cv.retention.repeat_purchase_rate(log, customer="customer_id", time="date", within=90)
    RepeatRate(value=0.291472, customers=2357, repeaters=687, pending=0, within=90 day)
    """
    window("within", within, unit)
    refuse_by(by, RepeatRate())
    history = read_history(
        log,
        grain,
        customer=customer,
        time=time,
        amount=amount,
        by=by,
        until=until,
        timezone=timezone,
        week_start=week_start,
        policies=policies,
    )
    gaps = gaps_of(history, unit)
    first, group = history.bought.start[:-1], history.group
    counts = {
        name: np.bincount(group[which[first]], minlength=history.groups)
        for name, which in zip(RepeatRate._sums, _counted(gaps, within), strict=True)
    }
    if not history.labels:
        counts = {name: column[0] for name, column in counts.items()}
    return RepeatRate(
        **counts,
        within=None if within is None else float(within),
        unit=unit,
        grain=grain,
        until=str(history.seen),
        week_start=week_start,
        timezone=history.bought.timezone,
        groups=history.labels,
        notes=history.bought.notes,
        frame=history.bought.frame,
    )


def order_rates(
    log: Any,
    *,
    customer: str | None = None,
    time: str | None = None,
    amount: str | None = None,
    within: float | None = None,
    unit: str = "day",
    grain: str = "day",
    by: str | Sequence[str] | None = None,
    until: Any = None,
    timezone: str | None = None,
    week_start: str = "monday",
    **policies: Any,
) -> OrderRates:
    """Return the share of those who bought n times who bought once more, for every n.

    Without `within` the rates are too low, the more the larger n is: the last purchases had little
    time to be followed by another. With it only those count whose window has wholly elapsed.

    Parameters
    ----------
    log : data frame or Occasions
        One row per purchase line; or `custvalue.Occasions` of `grain` or a finer one.
    customer, time, amount : str, optional
        Names of the columns, for a data frame. Amounts tell what was fully refunded.
    within : float, optional
        Length of the window after the n-th purchase, in `unit`; its last moment is included.
    unit, grain, by, until, timezone, week_start : str, optional
        As in `repeat_purchase_rate`.
    **policies
        missing, unparsable, duplicates, refunds, time_format: as in `custvalue.occasions`.

    Returns
    -------
    OrderRates
        One row per (group and) n, up to the most purchases of one customer.

    Raises
    ------
    ColumnNotFoundError
        If a column does not exist.
    InvalidDataError
        As `repeat_purchase_rate`.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> log = pd.DataFrame({"who": ["a", "a", "a", "b"], "when": ["2024-01-01", "2024-01-05",
    ...     "2024-01-30", "2024-01-02"]})
    >>> rates = cv.retention.order_rates(log, customer="who", time="when", within=10)
    >>> rates.reached, rates.went_on, rates.pending
    (array([2, 1, 0]), array([1, 0, 0]), array([0, 0, 1]))
    """
    window("within", within, unit)
    refuse_by(by, OrderRates())
    history = read_history(
        log,
        grain,
        customer=customer,
        time=time,
        amount=amount,
        by=by,
        until=until,
        timezone=timezone,
        week_start=week_start,
        policies=policies,
    )
    gaps = gaps_of(history, unit)
    most = int(gaps.order.max(initial=1))
    row = history.group[history.owner] * most + gaps.order - 1
    counts = [
        np.bincount(row[which], minlength=history.groups * most) for which in _counted(gaps, within)
    ]
    seen = np.flatnonzero(counts[0] + counts[2])
    return OrderRates(
        order=seen % most + 1,
        **{name: column[seen] for name, column in zip(OrderRates._sums, counts, strict=True)},
        within=None if within is None else float(within),
        unit=unit,
        grain=grain,
        until=str(history.seen),
        week_start=week_start,
        timezone=history.bought.timezone,
        groups={name: labels[seen // most] for name, labels in history.labels.items()},
        notes=history.bought.notes,
        frame=history.bought.frame,
    )


def _counted(gaps: Gaps, within: float | None) -> tuple[Flags, Flags, Flags]:
    """Return which purchases count, which of them were followed by another, which are pending."""
    if within is None:
        return np.ones_like(gaps.ends), gaps.ends, np.zeros_like(gaps.ends)
    elapsed = gaps.observed >= within
    return elapsed, elapsed & gaps.ends & (gaps.length <= within), ~elapsed
