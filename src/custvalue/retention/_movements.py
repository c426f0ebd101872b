"""Recurring amounts by customer and instant become what came, changed and went in each period."""

from __future__ import annotations

from typing import Any

import numpy as np

from custvalue._check import Array
from custvalue._groups import Groups
from custvalue._reduce import Runs
from custvalue.errors import InvalidDataError, message
from custvalue.retention._history import Flags, Ints, Rows, follows_on
from custvalue.retention._revenue_record import RevenueRetention


def retention_of(
    runs: Runs,
    born: Ints,
    groups: Groups | None,
    first: int,
    last: int,
    **settings: Any,
) -> RevenueRetention:
    """Return the record of amounts by customer and instant.

    born : the first instant from which each customer of `runs` was ever one.
    """
    if last <= first:
        raise InvalidDataError(
            message(
                "until",
                "must be at or after the end of the first period shown",
                value=settings["until"],
                hint="A period ends with the first instant of the next one, which must be seen.",
            )
        )
    size = 1 if groups is None else len(groups)
    rows = Rows.spanning(np.full(size, first), last - 1)
    owner = np.repeat(runs.customer, np.diff(runs.start))
    group = np.zeros(len(owner), dtype=np.int64) if groups is None else groups.codes[owner]
    when, paid = runs.period.astype(np.int64), runs.sums[0]
    follows = follows_on(runs.start, when)
    followed = np.append(follows[1:], False)
    after = np.where(followed, np.append(paid[1:], 0.0), 0.0)
    same = np.abs(after - paid) <= 1e-9 * paid  # sums of the same amounts, rounded differently
    after = np.where(same, paid, after)
    inside = (when >= first) & (when < last)
    at = rows.at(group, when)

    def total(values: Array, which: Flags = inside, shift: int = 0) -> Array:
        sums = np.bincount(at[which] - shift, values[which], minlength=rows.size)
        return sums.astype(np.float64, copy=False)

    arrives = ~follows & (when > first)
    back = arrives & (np.repeat(born, np.diff(runs.start)) < when)
    kept = np.minimum(paid, after)
    gone, stays = inside & ~followed, inside & followed
    row_group, period = rows.keys()
    labels = {} if groups is None else groups.labels
    return RevenueRetention(
        period=period,
        start_revenue=total(paid),
        churned_revenue=total(paid, gone),
        contraction=total(paid - kept, stays),
        expansion=total(after - kept),
        reactivation=total(paid, back, 1),
        new_revenue=total(paid, arrives & ~back, 1),
        end_revenue=total(paid, when > first, 1),
        customers=np.bincount(at[inside], minlength=rows.size),
        lost=np.bincount(at[gone], minlength=rows.size),
        reactivated=np.bincount(at[back] - 1, minlength=rows.size),
        start_squared=total(paid**2),
        kept_squared=total(kept**2),
        start_kept=total(paid * kept),
        retained_squared=total(after**2),
        start_retained=total(paid * after),
        reactivation_squared=total(paid**2, back, 1),
        groups={name: column[row_group] for name, column in labels.items()},
        **settings,
    )
