"""Which occasions are purchases: decided by the day, put together by period, refunds beside them.

A refund on a day with no purchase to take it from is money of its period, and no activity in it.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue import _calendar
from custvalue._check import Array
from custvalue._occasions import REFUNDED, Occasions, assembled
from custvalue._record import join_notes
from custvalue._reduce import reduce
from custvalue.errors import InvalidDataError, message

Ints = npt.NDArray[np.integer[Any]]

ORDERS = ("lines", "days")
NOT_BOUGHT = "periods of refunds before the first purchase, not in revenue"
_NESTED = {  # grain -> grains of which its periods are made up
    "hour": ("hour",),
    "day": ("hour", "day"),
    "week": ("hour", "day", "week"),
    "month": ("hour", "day", "month"),
    "quarter": ("hour", "day", "month", "quarter"),
    "year": ("hour", "day", "month", "quarter", "year"),
}


@dataclasses.dataclass(frozen=True)
class Refunds:
    """Net amounts, below 0, of periods in which customers who had bought bought nothing."""

    owner: Ints  # position of the customer among those who bought
    period: Ints
    amount: Array
    notes: dict[str, int]  # on those of whom had not bought


def fine_grain(grain: str, finer: bool) -> str:
    """Return the grain to read a log with: days (or hours) where purchases are to be told apart."""
    return "day" if finer and grain != "hour" else grain


def by_period(
    found: Occasions, grain: str, week_start: str, orders: str
) -> tuple[Occasions, Refunds]:
    """Return the purchases by period, `lines` being orders, and refunds in periods without one.

    Occasions of hours are put together by day first, so that a log gives the same.
    """
    _check_nested(found, grain, week_start)
    days = orders == "days"
    if days and found.grain not in ("hour", "day"):
        hint = "Read the log with grain='day', or count orders='lines'."
        rule = "must be 'lines' for occasions coarser than days"
        raise InvalidDataError(message("orders", rule, value=orders, hint=hint))
    if found.grain == "hour" and (found.refunded is not None or days):
        found = _regrained(found, fine_grain(grain, True), week_start)
    back = found._given_back()
    if days:
        found = dataclasses.replace(found, lines=np.ones(len(found), dtype=np.int64))
    if back is None or not back.any():
        return _regrained(found, grain, week_start), _none()
    lines = np.where(back, 0, found.lines)
    notes = join_notes(found.notes, {REFUNDED: int(np.count_nonzero(back))})
    found = dataclasses.replace(found, lines=lines, notes=notes)
    found = _regrained(found, grain, week_start)
    bought = found._only(found.lines > 0, "")
    return bought, _refunds(found._only(found.lines == 0, ""), bought)


def _none() -> Refunds:
    none = np.empty(0, dtype=np.int64)
    return Refunds(none, none, np.empty(0), {})


def _refunds(alone: Occasions, bought: Occasions) -> Refunds:
    """Return the periods with money paid back, of customers who had bought before."""
    people = len(bought.customer)
    place = np.searchsorted(bought.customer, alone.customer)
    known = place < people
    known[known] = bought.customer[place[known]] == alone.customer[known]
    first = np.full(len(place), np.iinfo(np.int64).max)
    first[known] = bought.period[bought.start[place[known]]]
    each = np.diff(alone.start)
    amount = np.asarray(alone.spend)
    paid = amount < 0
    late = paid & (alone.period > np.repeat(first, each))
    early = int(np.count_nonzero(paid & ~late))
    return Refunds(
        np.repeat(place, each)[late],
        alone.period[late].astype(np.int64),
        amount[late],
        {NOT_BOUGHT: early} if early else {},
    )


def _check_nested(log: Occasions, grain: str, week_start: str) -> None:
    if log.grain not in _NESTED[grain]:
        rule = f"must be one of {', '.join(_NESTED[grain])} for periods of a {grain}"
        hint = "Read the log with a finer grain."
        raise InvalidDataError(message("grain of the occasions", rule, value=log.grain, hint=hint))
    if grain == log.grain == "week" and week_start != log.week_start:
        rule = f"must be that of the occasions, {log.week_start!r}"
        raise InvalidDataError(message("week_start", rule, value=week_start))


def _regrained(log: Occasions, grain: str, week_start: str) -> Occasions:
    """Return occasions of finer grain as those of a coarser one."""
    if grain == log.grain:
        return log
    if not len(log):
        return dataclasses.replace(log, grain=grain, week_start=week_start)
    days = log._dates(log.period).astype("datetime64[D]")
    columns = [log.lines.astype(np.float64)]
    columns += [column for column in (log.spend, log.refunded) if column is not None]
    runs = reduce(
        np.repeat(log.customer, np.diff(log.start)),
        _calendar.period_numbers(days, grain, week_start),
        columns,
    )
    lines, *sums = runs.sums
    return assembled(
        dataclasses.replace(runs, sums=tuple(sums)),
        np.asarray,
        lines.astype(np.int64),
        notes=log.notes,
        spends=log.spend is not None,
        grain=grain,
        week_start=week_start,
        timezone=log.timezone,
        frame=log.frame,
    )
