"""From a transaction log to occasions, and from occasions to the summary that models are fitted to.

`occasions` reads a log into `Occasions` (_occasions.py): one row per customer and period, addable;
their methods `summary` and `split` give (frequency, recency, T, monetary_value).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from custvalue import _calendar
from custvalue._check import Array, one_of
from custvalue._events import Events, read_events
from custvalue._occasions import Occasions as Occasions
from custvalue._occasions import assembled
from custvalue._reduce import reduce


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
    events = read_events(
        log,
        customer=customer,
        time=time,
        amount=amount,
        timezone=timezone,
        time_format=time_format,
        missing=missing,
        unparsable=unparsable,
        duplicates=duplicates,
        refunds=refunds,
    )
    return occasions_of(events, grain, week_start, timezone)


def occasions_of(events: Events, grain: str, week_start: str, timezone: str | None) -> Occasions:
    """Return the occasions of events already read."""
    settings: dict[str, Any] = {
        "grain": grain,
        "week_start": week_start,
        "timezone": timezone,
        "frame": events.kind,
        "notes": events.notes,
    }
    spend = events.spend
    if not len(events.who):
        nobody = events.ids.decode(events.who)  # of the type that ids have
        return Occasions(nobody, spend=None if spend is None else np.empty(0), **settings)
    periods = _calendar.period_numbers(events.when, grain, week_start)
    columns: tuple[Array, ...] = () if spend is None else (spend,)
    if spend is not None and events.refunds:
        columns = (spend, np.maximum(-spend, 0.0))
    runs = reduce(events.who, periods, columns)
    return assembled(runs, events.ids.decode, runs.rows, spends=spend is not None, **settings)
