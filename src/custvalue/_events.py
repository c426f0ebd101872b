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
from custvalue._ids import Ids, identify
from custvalue._instants import instants
from custvalue.errors import InvalidDataError, message

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

MISSING_CUSTOMER = "lines without a customer dropped"
MISSING_TIME = "lines without a time dropped"
MISSING_AMOUNT = "lines without an amount dropped"
UNPARSABLE = "lines with an unparsable time dropped"
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


def read_events(
    log: Any,
    *,
    customer: str,
    time: str,
    amount: str | None = None,
    by: str | Sequence[str] | None = None,
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
    named = column_names("by", by)
    table = _frames.read(log, customer=customer, time=time, amount=amount, **named)
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
    spend, no_amount = _frames.amounts(table, "amount") if amount is not None else (None, None)

    drop = _Drop(table.rows)
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
    groups = group_of_customers(table, tuple(named), ids, codes, kept) if named else None
    if spend is not None and negative:
        negative = bool(spend.size and spend.min() < 0)
    return Events(ids, codes, when, spend, negative, groups, drop.notes, table.kind)


class _Drop:
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
