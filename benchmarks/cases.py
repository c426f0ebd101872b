"""Every case of the benchmarks: tasks, their contenders and floors, and whether results agree."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import inputs
import peers
import peers_retention
from inputs import Columns

OURS = "custvalue"
HORIZON = 52.0
CHECKED = ("2.4k", "100k")  # sizes at which results are compared: the small ones
_HISTORY = ("x", "t_x", "T")


@dataclasses.dataclass(frozen=True)
class Contender:
    """One way to do a task: `call(*prepare(columns))`, of which only `call` is measured.

    `numbers` returns what is compared with custvalue's result; a floor has none.
    """

    name: str
    prepare: Callable[[Columns], tuple[Any, ...]]
    call: Callable[..., Any]
    numbers: Callable[[Any], Columns] | None = None

    @property
    def is_floor(self) -> bool:
        """Whether this is a lower bound instead of a way to do the task."""
        return self.numbers is None


@dataclasses.dataclass(frozen=True)
class Task:
    """Contenders for the same result from the same inputs; custvalue comes first."""

    title: str
    kind: str
    contenders: tuple[Contender, ...]
    tolerance: Mapping[str, float]  # relative, by column; 0 = equal

    @property
    def rows_are(self) -> str:
        """What a row of the inputs is."""
        return "rows" if self.kind == "log" else "customers"

    def contender(self, name: str) -> Contender:
        """Return the contender of that name."""
        return next(c for c in self.contenders if c.name == name)


def _pandas(columns: Columns) -> tuple[Any]:
    import pandas as pd

    return (pd.DataFrame({name: columns[name] for name in ("customer", "time", "amount")}),)


def _with_lifetimes(columns: Columns) -> tuple[Any]:
    peers.import_lifetimes()
    return _pandas(columns)


def _polars(columns: Columns) -> tuple[Any]:
    import polars as pl

    return (pl.DataFrame(columns),)


def _custvalue_summary(log: Any) -> Any:
    import custvalue as cv

    occasions = cv.occasions(log, customer="customer", time="time", amount="amount")
    return occasions.summary(until=str(inputs.LAST_DAY), unit="day")


_SUMMARY = ("customer", "frequency", "recency", "T", "monetary_value")


def _by_customer(table: Any) -> Columns:
    columns = {name: np.asarray(table[name], dtype=np.float64) for name in _SUMMARY}
    order = np.argsort(columns["customer"])
    columns["monetary_value"] = np.nan_to_num(columns["monetary_value"])  # lifetimes writes 0
    return {name: column[order] for name, column in columns.items()}


def _days_and_customers(columns: Columns) -> tuple[Any]:
    day = (columns["time"].astype("datetime64[D]") - inputs.FIRST_DAY).astype(np.int64)
    return (peers.packed(columns["customer"], day),)


def _summary(x: Any, t_x: Any, T: Any) -> Any:
    import custvalue as cv

    return cv.Summary(customer=np.arange(len(x)), frequency=x, recency=t_x, T=T, unit="day")


def _histories(columns: Columns) -> tuple[Any, ...]:
    return tuple(columns[name] for name in _HISTORY)


def _histories_and(model: Callable[[], Any]) -> Callable[[Columns], tuple[Any, ...]]:
    return lambda columns: (model(), *_histories(columns))


def _lifetimes_histories(columns: Columns) -> tuple[Any, ...]:
    peers.import_lifetimes()
    return _histories(columns)


def _lifetimes_model() -> Any:
    peers.import_lifetimes()
    return peers.lifetimes_model()


def _custvalue_fit(summary: Any) -> Any:
    import custvalue as cv

    return cv.clv.BetaGeo.fit(summary)


def _custvalue_model() -> Any:
    import custvalue as cv

    return cv.clv.BetaGeo(**inputs.TRUTH)


def _parameters(fit: Any) -> Columns:
    found = fit.model.parameters if hasattr(fit, "model") else fit.params_
    return {name: np.array(found[name]) for name in inputs.TRUTH}


_SORT_HISTORIES = Contender(
    "floor: np.sort of packed (x, T, t_x)",
    lambda columns: (peers.packed(columns["x"], columns["T"], columns["t_x"]),),
    np.sort,
)
_LOG_EXP = Contender(
    "floor: one pass of np.log and np.exp",
    lambda columns: (columns["T"], np.ones_like(columns["T"])),
    peers.log_exp,
)


def _custvalue_predict(model: Any, x: Any, t_x: Any, T: Any) -> Any:
    return model.predict(HORIZON, x, t_x, T)


def _lifetimes_predict(model: Any, x: Any, t_x: Any, T: Any) -> Any:
    expected = model.conditional_expected_number_of_purchases_up_to_time(HORIZON, x, t_x, T)
    return model.conditional_probability_alive(x, t_x, T), expected


def _two(columns: Any) -> Columns:
    alive, expected = columns
    return {"probability_alive": np.asarray(alive), "expected_purchases": np.asarray(expected)}


def _custvalue_triangle(log: Any) -> Any:
    import custvalue as cv

    return cv.retention.cohorts(
        log, customer="customer", time="time", period="week", until=str(inputs.LAST_DAY)
    )


_CELL = ("cohort", "age", "customers")


def _by_cell(table: Any) -> Columns:
    """Return the cells that somebody is in, sorted."""
    columns = {name: np.asarray(table[name], dtype=np.float64) for name in _CELL}
    active = columns["customers"] > 0
    order = np.lexsort((columns["age"][active], columns["cohort"][active]))
    return {name: column[active][order] for name, column in columns.items()}


def _days_and_weeks(columns: Columns) -> tuple[Any]:
    day = (columns["time"].astype("datetime64[D]") - inputs.FIRST_DAY).astype(np.int64)
    return (peers.packed(columns["customer"], day // 7),)


def _custvalue_rfm(log: Any) -> Any:
    import custvalue as cv

    return cv.rfm.values(
        log, customer="customer", time="time", amount="amount", as_of=str(inputs.LAST_DAY)
    )


_VALUES = ("days_since_last", "frequency", "monetary")


def _rfm_by_customer(table: Any) -> Columns:
    names = ("customer", *_VALUES)
    columns = {name: np.asarray(table[name], dtype=np.float64) for name in names}
    order = np.argsort(columns["customer"])
    return {name: column[order] for name, column in columns.items()}


def _rfm_values(columns: Columns) -> tuple[Any]:
    import custvalue as cv

    who = np.arange(len(columns["frequency"]))
    return (cv.rfm.RFMValues(customer=who, **columns),)


def _custvalue_scores(values: Any) -> Any:
    import custvalue as cv

    found = cv.rfm.scores(values)
    return found.r, found.f, found.m


def _pandas_values(columns: Columns) -> tuple[Any]:
    import pandas as pd

    return (pd.DataFrame(columns),)


TASKS = {
    "summary": Task(
        "From a log to a summary",
        "log",
        (
            Contender(
                OURS,
                _pandas,
                _custvalue_summary,
                lambda s: _by_customer({name: getattr(s, name) for name in _SUMMARY}),
            ),
            Contender(
                "lifetimes",
                _with_lifetimes,
                peers.lifetimes_summary,
                lambda table: _by_customer(table.reset_index()),
            ),
            Contender(
                "pandas by hand",
                _pandas,
                peers.pandas_summary,
                lambda table: _by_customer(table.reset_index()),
            ),
            Contender("Polars by hand", _polars, peers.polars_summary, _by_customer),
            Contender("DuckDB SQL by hand", _pandas, peers.duckdb_summary, _by_customer),
            Contender("floor: np.sort of packed (customer, day)", _days_and_customers, np.sort),
        ),
        dict.fromkeys(_SUMMARY[:-1], 0.0) | {"monetary_value": 1e-8},
    ),
    "fit": Task(
        "Fit BG/NBD",
        "histories",
        (
            Contender(OURS, lambda c: (_summary(*_histories(c)),), _custvalue_fit, _parameters),
            Contender(
                f"{OURS}, summary built and checked too",
                _histories,
                lambda x, t_x, T: _custvalue_fit(_summary(x, t_x, T)),
                _parameters,
            ),
            Contender("lifetimes", _lifetimes_histories, peers.lifetimes_fit, _parameters),
            Contender(
                "lifetimes, equal histories counted with pandas",
                _lifetimes_histories,
                peers.lifetimes_fit_counted,
                _parameters,
            ),
            _SORT_HISTORIES,
            _LOG_EXP,
        ),
        dict.fromkeys(inputs.TRUTH, 1e-3),
    ),
    "predict": Task(
        f"Predict P(alive) and purchases over {HORIZON:g} days",
        "histories",
        (
            Contender(OURS, _histories_and(_custvalue_model), _custvalue_predict, _two),
            Contender("lifetimes", _histories_and(_lifetimes_model), _lifetimes_predict, _two),
            _LOG_EXP,
        ),
        dict.fromkeys(("probability_alive", "expected_purchases"), 1e-8),
    ),
    "triangle": Task(
        "Weekly cohort triangle",
        "log",
        (
            Contender(
                OURS,
                _pandas,
                _custvalue_triangle,
                lambda t: _by_cell({name: getattr(t, name) for name in _CELL}),
            ),
            Contender("pandas by hand", _pandas, peers_retention.pandas_triangle, _by_cell),
            Contender("Polars by hand", _polars, peers_retention.polars_triangle, _by_cell),
            Contender("DuckDB SQL by hand", _pandas, peers_retention.duckdb_triangle, _by_cell),
            Contender("floor: np.sort of packed (customer, week)", _days_and_weeks, np.sort),
        ),
        dict.fromkeys(_CELL, 0.0),
    ),
    "rfm": Task(
        "RFM values from a log",
        "log",
        (
            Contender(
                OURS,
                _pandas,
                _custvalue_rfm,
                lambda v: _rfm_by_customer(
                    {name: getattr(v, name) for name in ("customer", *_VALUES)}
                ),
            ),
            Contender("pandas by hand", _pandas, peers_retention.pandas_rfm, _rfm_by_customer),
            Contender("Polars by hand", _polars, peers_retention.polars_rfm, _rfm_by_customer),
            Contender("DuckDB SQL by hand", _pandas, peers_retention.duckdb_rfm, _rfm_by_customer),
            Contender("floor: np.sort of packed (customer, day)", _days_and_customers, np.sort),
        ),
        dict.fromkeys(_VALUES[:-1], 0.0) | {"monetary": 1e-8},
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
                _pandas_values,
                peers_retention.pandas_scores,
                lambda table: {},
            ),
            Contender(
                "DuckDB ntile by hand, which splits ties",
                _pandas_values,
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
    ),
}


def prepared(
    task: str, contender: str, size: str, directory: Path
) -> tuple[Callable[[], Any], int]:
    """Return the call to measure and the bytes of the task's inputs.

    The call was made once at the smallest size, so that imports are behind it.
    """
    kind, found = TASKS[task].kind, TASKS[task].contender(contender)
    found.call(*found.prepare(inputs.read(kind, inputs.SMALLEST, directory)))
    columns = inputs.read(kind, size, directory)
    arguments = found.prepare(columns)
    return lambda: found.call(*arguments), sum(column.nbytes for column in columns.values())


def check(task: str, size: str, directory: Path) -> None:
    """Raise AssertionError if a contender's result differs from custvalue's."""
    columns = inputs.read(TASKS[task].kind, size, directory)
    results = {
        found.name: found.numbers(found.call(*found.prepare(columns)))
        for found in TASKS[task].contenders
        if found.numbers is not None
    }
    for name, tolerance in TASKS[task].tolerance.items():
        for contender, result in results.items():
            np.testing.assert_allclose(
                result[name],
                results[OURS][name],
                rtol=tolerance,
                err_msg=f"{task}, {size}: {name} of {contender} against {OURS}",
            )
