"""A log as events: customers as codes, instants, amounts and groups, with policies for bad rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue import _frames
from custvalue._check import Array, one_of
from custvalue._chunks import extent
from custvalue._groups import Groups, column_names, group_of_customers, group_rows
from custvalue._ids import Ids, densified, identify
from custvalue._instants import instants
from custvalue._record import join_notes
from custvalue.errors import ColumnNotFoundError, InvalidDataError, message

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

MISSING_CUSTOMER = "lines without a customer dropped"
MISSING_TIME = "lines without a time dropped"
MISSING_START = "lines without a start of the customer dropped"
MISSING_AMOUNT = "lines without an amount dropped"
UNPARSABLE = "lines with an unparsable time dropped"
UNPARSABLE_START = "lines with an unparsable start of the customer dropped"
DUPLICATES = "duplicate lines dropped"
REFUND_LINES = "refund lines dropped"


@dataclasses.dataclass(frozen=True)
class Events:
    """The rows of a log that its policies keep, column by column.

    `who` holds codes of customers, which `ids.decode` turns back; `groups` gives each customer its
    group. Rows are in the order of the log.
    """

    ids: Ids
    who: Ints
    when: npt.NDArray[np.datetime64]
    spend: Array | None
    refunds: bool  # whether an amount is negative
    groups: Groups | None  # of the customers, by code
    notes: Mapping[str, int]
    kind: str
    start: npt.NDArray[np.datetime64] | None = None  # of the customer of each row, if asked for

    def only(self, keep: Flags, note: str) -> Events:
        """Return the events where `keep` holds, and count the others in the notes."""
        left_out = len(keep) - int(np.count_nonzero(keep))
        if left_out == 0:
            return self
        return dataclasses.replace(
            self,
            who=self.who[keep],
            when=self.when[keep],
            spend=None if self.spend is None else self.spend[keep],
            start=None if self.start is None else self.start[keep],
            notes=join_notes(self.notes, {note: left_out}),
        )


def read_events(
    log: Any,
    *,
    customer: str,
    time: str,
    amount: str | None = None,
    by: str | Sequence[str] | None = None,
    start: str | None = None,
    timezone: str | None = None,
    time_format: str | None = None,
    missing: str = "error",
    unparsable: str = "error",
    duplicates: str = "keep",
    refunds: str = "net",
) -> Events:
    """Return the events of a log, one per line that the policies keep."""
    one_of("missing", missing, ("error", "drop"))
    one_of("unparsable", unparsable, ("error", "drop"))
    one_of("duplicates", duplicates, ("keep", "error", "drop"))
    one_of("refunds", refunds, ("net", "error", "drop"))
    for role, name in (("customer", customer), ("time", time)):
        if name is None:
            raise ColumnNotFoundError(message(role, "must name a column, as text", value=name))
    named = column_names("by", by)
    table = _frames.read(log, customer=customer, time=time, amount=amount, start=start, **named)
    if table.rows == 0:
        none = np.empty(0, dtype=np.int64)
        grouped = group_rows(table, tuple(named)) if named else None
        spend = None if amount is None else np.empty(0)
        instant = np.empty(0, dtype="datetime64[s]")
        return Events(
            Ids(none, None, 0, None), none, instant, spend, False, grouped, {}, table.kind
        )
    when, no_time, not_a_time = instants(table, "time", timezone, time_format)
    ids = identify(table, "customer")
    if named or start is not None:
        ids = densified(ids)  # groups and starts have a place for each code
    spend, no_amount = _frames.amounts(table, "amount") if amount is not None else (None, None)

    drop = Drop(table.rows)
    drop.rows(customer, "has missing values", ids.missing, missing, MISSING_CUSTOMER, "missing")
    drop.rows(time, "has missing values", no_time, missing, MISSING_TIME, "missing")
    drop.rows(
        time,
        "has text that is no date",
        not_a_time,
        unparsable,
        UNPARSABLE,
        "unparsable",
        values=table.columns["time"] if not_a_time is not None else None,
    )
    born = None
    if start is not None:
        born, unborn, not_a_start = instants(table, "start", timezone, time_format)
        drop.rows(start, "has missing values", unborn, missing, MISSING_START, "missing")
        drop.rows(start, "has text that is no date", not_a_start, unparsable,
                  UNPARSABLE_START, "unparsable")  # fmt: skip
    negative = False
    if spend is not None:
        drop.rows(amount, "has missing values", no_amount, missing, MISSING_AMOUNT, "missing")
        lowest, highest = extent(spend)  # NaN where one is missing
        if not (np.isfinite(lowest) and np.isfinite(highest)):
            finite = np.isfinite(spend)
            infinite = ~finite & ~np.isnan(spend)
            drop.rows(amount, "must be finite", infinite, "error", "", "", values=spend)
        negative = not lowest >= 0
        if refunds != "net" and negative:
            drop.rows(
                amount, "is negative", spend < 0, refunds, REFUND_LINES, "refunds", values=spend
            )
    if duplicates != "keep":
        again = _repeats(ids.codes, when, spend, drop.kept)
        drop.rows("log", "has duplicate lines", again, duplicates, DUPLICATES, "duplicates")
    codes, kept = ids.codes, drop.kept
    if kept is not None:
        codes, when = codes[kept], when[kept]
        spend = None if spend is None else spend[kept]
        born = None if born is None else born[kept]
    groups = group_of_customers(table, tuple(named), ids, codes, kept) if named else None
    if spend is not None and negative:
        negative = bool(spend.size and spend.min() < 0)
    return Events(ids, codes, when, spend, negative, groups, drop.notes, table.kind, born)


class Drop:
    """Rows that policies leave out, counted by rule."""

    def __init__(self, rows: int) -> None:
        self.total = rows
        self.kept: Flags | None = None
        self.notes: dict[str, int] = {}

    def rows(
        self,
        name: Any,
        rule: str,
        bad: Flags | None,
        policy: str,
        note: str,
        argument: str,
        values: Any = None,
    ) -> None:
        """Leave out where `bad` holds, or raise, as the policy says; `argument` names the policy.

        `name` and `rule` are those of the message, `values` what it shows, `note` what the notes
        count.
        """
        if bad is not None and self.kept is not None:
            bad = bad & self.kept
        count = 0 if bad is None else int(np.count_nonzero(bad))
        if bad is None or count == 0:
            return
        row = int(np.flatnonzero(bad)[0])
        if policy == "error":
            shown = {}
            if values is not None:
                value = values[row]
                shown["value"] = value.item() if isinstance(value, np.generic) else value
            raise InvalidDataError(
                message(
                    str(name),
                    rule,
                    **shown,
                    row=row,
                    count=count,
                    total=self.total,
                    hint=f"Mend them, or leave them out with {argument}='drop'."
                    if argument
                    else "",
                )
            )
        self.kept = ~bad if self.kept is None else self.kept & ~bad
        self.notes[note] = count


def _repeats(
    codes: Ints, when: npt.NDArray[np.datetime64], spend: Array | None, kept: Flags | None
) -> Flags:
    """Return which lines repeat an earlier kept line in customer, time and amount."""
    rows = np.arange(len(codes)) if kept is None else np.flatnonzero(kept)
    columns: list[npt.NDArray[Any]] = [codes[rows], when[rows].view(np.int64)]
    if spend is not None:
        columns.append(spend[rows])
    order = np.lexsort(columns[::-1])  # stable: the earliest of equal lines stays
    same = np.ones(max(len(rows) - 1, 0), dtype=bool)
    for column in columns:
        ordered = column[order]
        same &= ordered[1:] == ordered[:-1]
    again = np.zeros(len(codes), dtype=bool)
    again[rows[order[1:][same]]] = True
    return again
