"""Growth accounting: new, retained, resurrected and churned customers, and their revenue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from custvalue._check import Array
from custvalue._record import join_notes
from custvalue.retention._growth import MONEY
from custvalue.retention._growth import GrowthAccounting as GrowthAccounting
from custvalue.retention._history import (
    Flags,
    History,
    Ints,
    Rows,
    follows_on,
    lowest,
    read_history,
    refuse_by,
)


def growth_accounting(
    log: Any,
    *,
    customer: str | None = None,
    time: str | None = None,
    amount: str | None = None,
    period: str = "month",
    by: str | Sequence[str] | None = None,
    until: Any = None,
    timezone: str | None = None,
    week_start: str = "monday",
    **policies: Any,
) -> GrowthAccounting:
    """Return who came, stayed, came back and left in each period, and what they spent.

    There is a row for every period from the first purchase (of each group) to `until`, also for
    those in which nobody bought.

    Parameters
    ----------
    log : data frame or Occasions
        One row per purchase line; or `custvalue.Occasions` of a grain that makes up the period.
    customer, time, amount : str, optional
        Names of the columns, for a data frame; without `amount` only customers are counted.
    period : {"hour", "day", "week", "month", "quarter", "year"}
        What a period is; hours are those of the clock on the wall. Active in one is who bought on
        a day (for hours: in an hour) of it; one that is fully refunded on the day itself, or has
        refunds alone, is none, and is counted in the notes. Occasions of weeks or longer are judged
        as a whole: a later refund in one can hide a purchase.
    by : str or sequence of str, optional
        Columns of groups; the same in all lines of a customer.
    until : date or str, optional
        Last day observed, all of it, also where it is given as its midnight (periods of an hour:
        or a later instant, of which the whole hour counts); what lies after is left out and counted
        in the notes. Default: the day of the last line. Give it to add up records of parts of the
        customers, and where the log reaches beyond its last line. Of occasions coarser than a day
        the first day of the last one is known only, so that their last period is partial unless
        `until` says otherwise.
    timezone, week_start : str, optional
        As in `custvalue.occasions`.
    **policies
        missing, unparsable, duplicates, refunds, time_format: as in `custvalue.occasions`.

    Returns
    -------
    GrowthAccounting
        Sorted by group and period.

    Raises
    ------
    ColumnNotFoundError
        If a column does not exist.
    InvalidDataError
        If a column has the wrong type or breaks a policy "error", `until` cuts a day, a column of
        `by` is named as one of the result, nobody bought (with `until` the record is empty then, to
        be added to others), occasions are too coarse, or there are too many periods.

    References
    ----------
    J. Hsu, "Diligence at Social Capital, part 1: accounting for user growth" (2015).

    Examples
    --------
    >>> import custvalue as cv
    >>> log = cv.datasets.cdnow()
    >>> growth = cv.retention.growth_accounting(log, customer="customer_id", time="date",
    ...     amount="spend", period="quarter")
    >>> shown = ["period", "new", "retained", "churned", "quick_ratio"]
    >>> growth.to_frame()[shown].round({"quick_ratio": 3}).head(3)
          period   new  retained  churned  quick_ratio
    0 1997-01-01  2357         0        0          inf
    1 1997-04-01     0       524     1833        0.000
    2 1997-07-01     0       214      310        0.658
    """
    refuse_by(by, GrowthAccounting(amounts=True))
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
    )
    bought = history.bought
    group, periods, sums = _counted(history)
    return GrowthAccounting(
        period=periods,
        **sums,
        grain=period,
        week_start=week_start,
        timezone=bought.timezone,
        until=str(history.seen),
        amounts=bought.spend is not None,
        groups={name: labels[group] for name, labels in history.labels.items()},
        notes=join_notes(bought.notes, history.refunds.notes),
        frame=bought.frame,
    )


def _counted(history: History) -> tuple[Ints, Ints, dict[str, Any]]:
    """Return group and period of each row, and the sums of each."""
    bought, last = history.bought, history.last
    when = bought.period.astype(np.int64)
    group = history.group[history.owner]
    rows = Rows.spanning(lowest(when, group, history.groups, last + 1), last)
    row = rows.at(group, when)

    follows = follows_on(bought.start, when)
    first = np.zeros(len(when), dtype=bool)
    first[bought.start[:-1]] = True
    back = ~follows & ~first
    leaves = np.append(~follows[1:], True)[: len(when)] & (when < last)  # in the period after

    def count(which: Flags, later: int = 0) -> Ints:
        return np.bincount(row[which] + later, minlength=rows.size)

    sums: dict[str, Any] = {
        "new": count(first),
        "retained": count(follows),
        "resurrected": count(back),
        "churned": count(leaves, 1),
    }
    spend, repaid = bought.spend, history.refunds
    if spend is None:
        return *rows.keys(), {**sums, **dict.fromkeys(MONEY, np.full(rows.size, np.nan))}

    def total(place: Ints, amounts: Array) -> Array:
        sums = np.bincount(place, amounts, minlength=rows.size)
        return sums.astype(np.float64, copy=False)

    def money(which: Flags, amounts: Array, later: int = 0) -> Array:
        return total(row[which] + later, amounts[which])

    more = np.diff(spend, prepend=spend[:1])
    return *rows.keys(), {
        **sums,
        "new_revenue": money(first, spend),
        "retained_revenue": money(follows, spend),
        "resurrected_revenue": money(back, spend),
        "churned_revenue": money(leaves, spend, 1),
        "expansion": money(follows, np.maximum(more, 0.0)),
        "contraction": money(follows, np.maximum(-more, 0.0)),
        "refunds": total(rows.at(history.group[repaid.owner], repaid.period), repaid.amount),
    }
