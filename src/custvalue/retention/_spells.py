"""Spells of subscriptions and snapshots of recurring amounts: read, checked, put to instants."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Sequence
from typing import Self

import numpy as np

from custvalue import _calendar, _frames
from custvalue._check import Array, refuse
from custvalue._events import MISSING_AMOUNT, MISSING_CUSTOMER, Drop, Events, Ints
from custvalue._groups import Groups, group_of_customers
from custvalue._ids import densified, identify
from custvalue._instants import Instants, instants
from custvalue._record import Notes, join_notes
from custvalue._reduce import Runs
from custvalue.errors import CustValueWarning, InvalidDataError, message

MISSING_START = "spells without a start dropped"
NOT_POSITIVE = "spells without a positive amount dropped"
NO_LENGTH = "spells that do not end after their start dropped"
AFTER_UNTIL = "rows that start after `until` left out"
OVERLAPS = "spells that start before the customer's one before ends, amounts added"
NEGATIVE = "negative snapshots dropped"
SEVERAL = "customers with several snapshots of a period, amounts added"
ZERO = "snapshots of amount 0: no customer then"


@dataclasses.dataclass(frozen=True)
class PaidSpells:
    """Who paid how much from when to when (NaT: still); customers are codes."""

    who: Ints
    start: Instants
    end: Instants
    amount: Array
    groups: Groups | None
    notes: Notes

    @classmethod
    def read(
        cls, table: _frames.Table, by: Sequence[str], zone: str | None, missing: str, invalid: str
    ) -> Self:
        """Return the spells of a table that the policies keep."""
        if table.rows == 0:  # columns of nothing may have any type
            none, never = np.empty(0, dtype=np.int64), np.empty(0, dtype="datetime64[us]")
            labels = {table.names[role]: np.empty(0, dtype=object) for role in by}
            return cls(none, never, never, np.empty(0), Groups(none, labels) if by else None, {})
        names = table.names
        start, no_start, no_date = instants(table, "start", zone, None)
        runs_on, no_end_date = _frames.missing(table.columns["end"]), None
        if runs_on is not None and runs_on.all():  # of whatever type
            end: Instants = np.full(table.rows, np.datetime64("NaT", "us"))
        else:
            end, runs_on, no_end_date = instants(table, "end", zone, None)
        ids = densified(identify(table, "customer"))
        amount, no_amount = _frames.amounts(table, "amount")
        start, end = start.astype("datetime64[us]"), end.astype("datetime64[us]")
        if runs_on is not None:
            end = np.where(runs_on, np.datetime64("NaT", "us"), end)

        drop = Drop(table.rows)
        lacks = "has missing values"
        drop.rows(names["customer"], lacks, ids.missing, missing, MISSING_CUSTOMER, "missing")
        drop.rows(names["start"], lacks, no_start, missing, MISSING_START, "missing")
        drop.rows(names["amount"], lacks, no_amount, missing, MISSING_AMOUNT, "missing")
        for role, bad in (("start", no_date), ("end", no_end_date)):
            rule = "has text that is no date"
            drop.rows(names[role], rule, bad, "error", "", "", values=table.columns[role])
        infinite = np.isinf(amount)
        drop.rows(names["amount"], "must be finite", infinite, "error", "", "", values=amount)
        wrong = ~(amount > 0)
        rule = "must be above 0"
        drop.rows(names["amount"], rule, wrong, invalid, NOT_POSITIVE, "invalid", values=amount)
        rule = f"must be after {names['start']}"
        wrong = end <= start  # NaT is not
        drop.rows(names["end"], rule, wrong, invalid, NO_LENGTH, "invalid", values=end.astype(str))

        kept = slice(None) if drop.kept is None else drop.kept
        who = ids.codes[kept]
        groups = group_of_customers(table, by, ids, who, drop.kept) if by else None
        return cls(who, start[kept], end[kept], amount[kept], groups, drop.notes)

    def until(self, last_day: int) -> Self:
        """Return the spells that start by the end of a day."""
        kept = self.start.astype("datetime64[D]").view(np.int64) <= last_day
        if kept.all():
            return self
        return dataclasses.replace(
            self,
            who=self.who[kept],
            start=self.start[kept],
            end=self.end[kept],
            amount=self.amount[kept],
            notes=join_notes(self.notes, {AFTER_UNTIL: int(np.count_nonzero(~kept))}),
        )

    def overlaps(self, policy: str) -> dict[str, int]:
        """Return notes on spells of a customer that overlap, or refuse them."""
        order = np.lexsort((self.start, self.who))
        who, start, end = self.who[order], self.start[order], self.end[order]
        early = (who[1:] == who[:-1]) & ~(start[1:] >= end[:-1])  # NaT: never ends
        return _added(int(np.count_nonzero(early)), "spells of one customer", OVERLAPS, policy)


def not_negative(events: Events, name: str, policy: str) -> Events:
    """Return snapshots without those of a negative amount, or refuse them."""
    bad = np.asarray(events.spend) < 0
    if policy == "error":
        hint = "Mend them, or leave them out with invalid='drop'."
        refuse(name, "must be at least 0", events.spend, bad, hint=hint)
    return events.only(~bad, NEGATIVE)


def several(runs: Runs, policy: str) -> dict[str, int]:
    """Return notes on customers with several snapshots of a period, or refuse them."""
    again = int(np.count_nonzero(runs.rows > 1))
    return _added(again, "snapshots of one customer and period", SEVERAL, policy)


def _added(count: int, what: str, note: str, policy: str) -> dict[str, int]:
    if count and policy == "error":
        rule = f"must not hold {what} that overlap"
        hint = "Mend them, or add up their amounts with overlap='sum'."
        raise InvalidDataError(message("table", rule, count=count, hint=hint))
    return {note: count} if count else {}


def first_instant_from(when: Instants, period: str, week_start: str) -> Ints:
    """Return the number of the first period that starts at or after each instant."""
    number = _calendar.period_numbers(when, period, week_start).astype(np.int64)
    return number + (when > _calendar.period_starts(number, period, week_start))


def warn_of_gaps(period: Ints, last: int) -> None:
    """Warn where no row at all is in a period between the first and the last."""
    holes = last + 1 - int(period.min()) - len(np.unique(period))
    if holes:
        rule = "has no row at all in a period between its first and its last"
        hint = "Nobody is a customer then: is a part of the table missing?"
        text = message("table", rule, count=holes, hint=hint).replace("rows)", "periods)")
        warnings.warn(text, CustValueWarning, stacklevel=3)
