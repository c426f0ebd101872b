"""The period before the first one of churn rates: nobody is at risk in it, but pooling needs it.

Who starts on the first instant of a period is in the closing of the period before. Where all start
later that period has no row; where others were there already it has one, and its closing must
count the new customers too when records are added.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from custvalue import _calendar
from custvalue._tally import distinct_rows

if TYPE_CHECKING:
    from custvalue.churn.rates import ChurnRates


def with_lead(rates: ChurnRates) -> ChurnRates:
    """Return rates with the row before the first one of each group, where somebody is at once."""
    at_once = _first_rows(rates)
    at_once &= rates.opening > 0
    if not at_once.any():
        return rates
    number = _calendar.period_numbers(rates.period[at_once], rates.unit, rates.week_start)
    before = _calendar.period_starts(np.asarray(number) - 1, rates.unit, rates.week_start)
    found: dict[str, Any] = {"period": before.astype("datetime64[us]")}
    for name in rates._sums:
        column = getattr(rates, name)
        found[name] = np.zeros(len(before), dtype=column.dtype)
    found["closing"] = rates.opening[at_once]
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(rates, name), new]) for name, new in found.items()
    }
    groups = {
        name: np.concatenate([labels, labels[at_once]]) for name, labels in rates.groups.items()
    }
    return dataclasses.replace(rates, groups=groups, **columns)


def without_lead(rates: ChurnRates) -> ChurnRates:
    """Return rates without first rows of a group in which nobody is at risk."""
    quiet = _first_rows(rates) & (rates.opening == 0) & (rates.ended == 0) & (rates.exposure == 0)
    if not quiet.any():
        return rates
    columns: dict[str, Any] = {
        name: getattr(rates, name)[~quiet] for name in (*rates._keys, *rates._sums)
    }
    groups = {name: labels[~quiet] for name, labels in rates.groups.items()}
    return dataclasses.replace(rates, groups=groups, **columns)


def _first_rows(rates: ChurnRates) -> npt.NDArray[np.bool_]:
    """Return which rows are the first of their group, if that is when the group began."""
    first = np.zeros(len(rates), dtype=bool)
    if rates.since is None and rates.until is not None and len(rates):
        first[0] = True
        if rates.groups:
            first[distinct_rows(list(rates.groups.values()))[1]] = True
    return first
