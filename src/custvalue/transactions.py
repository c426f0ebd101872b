"""From a transaction log to occasions, and from occasions to the summary that models are fitted to.

`occasions` reads a log into `Occasions` (_occasions.py): one row per customer and period, addable;
their methods `summary` and `split` give (frequency, recency, T, monetary_value).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue import _calendar, _frames
from custvalue._check import Array, one_of
from custvalue._chunks import extent
from custvalue._ids import identify
from custvalue._instants import instants
from custvalue._occasions import Occasions as Occasions
from custvalue._occasions import assembled
from custvalue._reduce import reduce
from custvalue.errors import InvalidDataError, message

Ints = npt.NDArray[np.integer[Any]]
Flags = npt.NDArray[np.bool_]

MISSING_CUSTOMER = "lines without a customer dropped"
MISSING_TIME = "lines without a time dropped"
MISSING_AMOUNT = "lines without an amount dropped"
UNPARSABLE = "lines with an unparsable time dropped"
DUPLICATES = "duplicate lines dropped"
REFUND_LINES = "refund lines dropped"


def occasions(
    log: Any,
    *,
    customer: str,
    time: str,
    amount: str | None = None,
    grain: str = "day",
    timezone: str | None = None,
    week_start: str = "monday",
    time_format: str | None = None,
    missing: str = "error",
    unparsable: str = "error",
    duplicates: str = "keep",
    refunds: str = "net",
) -> Occasions:
    """Return the purchase occasions of a transaction log: one row per customer and period.

    Parameters
    ----------
    log : data frame
        One row per purchase line. pandas, Polars (eager or lazy), PyArrow, DuckDB relation, or any
        other frame that Narwhals reads. It is not changed.
    customer, time, amount : str
        Names of the columns: who bought; when (dates, times, or ISO 8601 text); for how much
        (numeric; leave out where there is none).
    grain : {"hour", "day", "week", "month", "quarter", "year"}
        Lines of a customer within one period are one occasion. Calendar months are calendar months.
    timezone : str, optional
        IANA name of the zone in which days are cut. Required for a zoned column, refused for a
        naive one.
    week_start : str
        Weekday that starts a week, for ``grain="week"``.
    time_format : str, optional
        strptime format of a text column that is not ISO 8601.
    missing : {"error", "drop"}
        What to do with lines that lack a customer, a time or an amount.
    unparsable : {"error", "drop"}
        What to do with text that is no date.
    duplicates : {"keep", "error", "drop"}
        What to do with lines that repeat customer, time and amount of an earlier one. Two equal
        lines are often two equal purchases, therefore "keep". Lines are compared within this log
        only: drop duplicates before a log is cut into parts that are added.
    refunds : {"net", "error", "drop"}
        What to do with negative amounts. "net": they reduce the spend of their occasion, and an
        occasion of which nothing is left is no purchase. "drop": the lines are left out.

    Returns
    -------
    Occasions
        With `notes` that count what the policies did.

    Raises
    ------
    ColumnNotFoundError
        If a column does not exist.
    InvalidDataError
        If a column has the wrong type, is zoned without `timezone`, or breaks a policy "error".

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> log = pd.DataFrame({"who": ["a", "a", "a", "b"], "spend": [5.0, 3.0, 4.0, 7.0],
    ...     "when": ["2024-01-01T09:00", "2024-01-01T17:00", "2024-01-05", "2024-01-02"]})
    >>> cv.occasions(log, customer="who", time="when", amount="spend").to_frame()
      customer     period  lines  spend
    0        a 2024-01-01      2    8.0
    1        a 2024-01-05      1    4.0
    2        b 2024-01-02      1    7.0
    """
    _calendar.unit_of("grain", grain)
    one_of("week_start", week_start, _calendar.WEEKDAYS)
    one_of("missing", missing, ("error", "drop"))
    one_of("unparsable", unparsable, ("error", "drop"))
    one_of("duplicates", duplicates, ("keep", "error", "drop"))
    one_of("refunds", refunds, ("net", "error", "drop"))
    table = _frames.read(log, customer=customer, time=time, amount=amount)
    settings: dict[str, Any] = {
        "grain": grain,
        "week_start": week_start,
        "timezone": timezone,
        "frame": table.kind,
    }
    if table.rows == 0:
        return Occasions(spend=None if amount is None else np.empty(0), **settings)
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
    if spend is not None:
        drop.rows(amount, "has missing values", no_amount, missing, MISSING_AMOUNT, "missing")
        lowest, highest = extent(spend)  # NaN where one is missing
        if not (np.isfinite(lowest) and np.isfinite(highest)):
            finite = np.isfinite(spend)
            drop.rows(
                amount,
                "must be finite",
                ~finite & ~np.isnan(spend),
                "error",
                "",
                "",
                values=spend,
            )
        negative = not lowest >= 0
        if refunds != "net" and negative:
            drop.rows(
                amount, "is negative", spend < 0, refunds, REFUND_LINES, "refunds", values=spend
            )
    if duplicates != "keep":
        again = _repeats(ids.codes, when, spend, drop.kept)
        drop.rows("log", "has duplicate lines", again, duplicates, DUPLICATES, "duplicates")
    codes = ids.codes
    if drop.kept is not None:
        codes, when = codes[drop.kept], when[drop.kept]
        spend = None if spend is None else spend[drop.kept]
    periods = _calendar.period_numbers(when, grain, week_start)
    columns: tuple[Array, ...] = () if spend is None else (spend,)
    if spend is not None and spend.size and negative and spend.min() < 0:
        columns = (spend, np.maximum(-spend, 0.0))
    runs = reduce(codes, periods, columns)
    return assembled(
        runs, ids.decode, runs.rows, notes=drop.notes, spends=spend is not None, **settings
    )


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
