"""Times between purchases: how long after each one the next came, or how long none did."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from custvalue import _calendar
from custvalue._check import Array, number, refuse, within
from custvalue.retention._history import Flags, History, Ints


@dataclasses.dataclass(frozen=True)
class Gaps:
    """For each purchase: its number, the time to the next one (else to the end), and to the end.

    The end is the last period that has wholly elapsed; it can lie before a purchase.
    """

    order: Ints  # 1 for the first purchase of a customer
    length: Array
    ends: Flags  # whether there is a next one
    observed: Array


def gaps_of(history: History, unit: str) -> Gaps:
    """Return the gaps after each purchase, in `unit`."""
    bought = history.bought
    when = bought.period.astype(np.int64)
    ends = np.ones(len(when), dtype=bool)
    ends[bought.start[1:] - 1] = False
    final = np.full_like(when, history.whole)
    following = np.where(ends, np.append(when[1:], when[:1]), final)
    return Gaps(
        order=np.arange(len(when)) - np.repeat(bought.start[:-1], np.diff(bought.start)) + 1,
        length=_calendar.elapsed(when, following, bought.grain, unit),
        ends=ends,
        observed=_calendar.elapsed(when, final, bought.grain, unit),
    )


def window(name: str, length: Any, unit: str) -> None:
    """Refuse a window that is neither None nor a length above 0, in a known unit."""
    _calendar.unit_of("unit", unit)
    if length is not None:
        number(name, length, 0.0, open_low=True)


def part_of(names: tuple[str, str], part: Any, whole: Any) -> None:
    """Refuse counts that are negative, or more than the count that they are part of."""
    within(names[1], whole, 0.0)
    part = within(names[0], part, 0.0)
    refuse(names[0], f"must not exceed {names[1]}", part, part > whole)
