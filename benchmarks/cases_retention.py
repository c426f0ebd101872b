"""Tasks of retention and RFM: a cohort triangle, RFM values and their scores."""

from __future__ import annotations

from typing import Any

import numpy as np

import inputs
import peers
import peers_retention
from inputs import Columns
from tasks import OURS, Contender, Task, in_order, pandas_frame, polars_frame

_CELL = ("cohort", "age", "customers")
_VALUES = ("days_since_last", "frequency", "monetary")


def _custvalue_triangle(log: Any) -> Any:
    import custvalue as cv

    return cv.retention.cohorts(
        log, customer="customer", time="time", period="week", until=str(inputs.LAST_DAY)
    )


def _by_cell(table: Any) -> Columns:
    """Return the cells that somebody is in, sorted."""
    columns = in_order(table, _CELL, "cohort", "age")
    active = columns["customers"] > 0
    return {name: column[active] for name, column in columns.items()}


def _custvalue_rfm(log: Any) -> Any:
    import custvalue as cv

    return cv.rfm.values(
        log, customer="customer", time="time", amount="amount", as_of=str(inputs.LAST_DAY)
    )


def _by_customer(table: Any) -> Columns:
    return in_order(table, ("customer", *_VALUES), "customer")


def _rfm_values(columns: Columns) -> tuple[Any]:
    import custvalue as cv

    who = np.arange(len(columns["frequency"]))
    return (cv.rfm.RFMValues(customer=who, **columns),)


def _custvalue_scores(values: Any) -> Any:
    import custvalue as cv

    found = cv.rfm.scores(values)
    return found.r, found.f, found.m


TASKS = {
    "triangle": Task(
        "Weekly cohort triangle",
        "log",
        (
            Contender(OURS, pandas_frame, _custvalue_triangle, _by_cell),
            Contender("pandas by hand", pandas_frame, peers_retention.pandas_triangle, _by_cell),
            Contender("Polars by hand", polars_frame, peers_retention.polars_triangle, _by_cell),
            Contender(
                "DuckDB SQL by hand", pandas_frame, peers_retention.duckdb_triangle, _by_cell
            ),
            Contender("floor: np.sort of packed (customer, week)", peers.weeks_packed, np.sort),
        ),
        dict.fromkeys(_CELL, 0.0),
        "lines of (customer, time) to the customers active by week of first purchase and age; "
        "custvalue's has lines, empty cells and sizes too.",
    ),
    "rfm": Task(
        "RFM values from a log",
        "log",
        (
            Contender(OURS, pandas_frame, _custvalue_rfm, _by_customer),
            Contender("pandas by hand", pandas_frame, peers_retention.pandas_rfm, _by_customer),
            Contender("Polars by hand", polars_frame, peers_retention.polars_rfm, _by_customer),
            Contender("DuckDB SQL by hand", pandas_frame, peers_retention.duckdb_rfm, _by_customer),
            Contender("floor: np.sort of packed (customer, day)", peers.days_packed, np.sort),
        ),
        dict.fromkeys(_VALUES[:-1], 0.0) | {"monetary": 1e-8},
        "days since the last purchase, days with a purchase and total spend of each customer.",
    ),
    "scores": Task(
        "RFM scores of values",
        "rfm",
        (
            Contender(
                OURS,
                _rfm_values,
                _custvalue_scores,
                lambda s: dict(zip(_VALUES, s, strict=True)),
            ),
            Contender(
                "pandas.qcut by hand, other scores where values tie",
                pandas_frame,
                peers_retention.pandas_scores,
                lambda table: {},
            ),
            Contender(
                "DuckDB ntile by hand, which splits ties",
                pandas_frame,
                peers_retention.duckdb_scores,
                lambda table: {},
            ),
            Contender(
                "floor: np.sort of the three columns",
                lambda columns: tuple(columns[name] for name in _VALUES),
                peers_retention.sort_three,
            ),
        ),
        {},
        "five scores per column from these values; the other contenders score ties differently.",
    ),
}
