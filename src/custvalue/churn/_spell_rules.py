"""What holds of spells: known customers and times, within the window, in order, apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from custvalue._check import refuse
from custvalue.errors import InvalidDataError, message

if TYPE_CHECKING:
    from custvalue.churn.spells import Spells


def check_spells(spells: Spells) -> None:
    """Refuse spells that break a rule."""
    import pandas as pd

    customer, start, end = spells.customer, spells.start, spells.end
    shape = (np.size(customer),)
    for name, column in {**spells._columns_of(), **spells.groups}.items():
        if column.shape != shape:
            rule = "must be one column as long as customer"
            raise InvalidDataError(message(name, rule, value=column.shape))
    refuse("customer", "must be known", customer, np.asarray(pd.isna(customer), dtype=bool))
    refuse("start", "must be known", start, np.isnat(start))
    refuse("end", "must be known", end, np.isnat(end))
    last = np.datetime64(spells.until)
    outside = end > last
    if spells.since is not None:
        outside |= end <= np.datetime64(spells.since)
    refuse("end", "must be after start", end, end <= start)
    refuse("end", "must be within the window", end, outside)
    open_ended = ~spells.event & (end != last)
    refuse("end", "must be `until` where there is no event", end, open_ended)
    codes = pd.factorize(customer, use_na_sentinel=False)[0]
    apart = np.diff(codes) < 0
    refuse("customer", "must have all spells together", customer[1:], apart)
    over = spells._returns() & (start[1:] <= end[:-1])
    refuse("start", "must be after the end of the spell before", start[1:], over)
