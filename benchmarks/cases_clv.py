"""Tasks of customer lifetime value: a log to a summary, fitting and predicting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import inputs
import peers
from inputs import Columns
from tasks import OURS, Contender, Task, in_order, pandas_frame, polars_frame

HORIZON = 52.0
_HISTORY = ("x", "t_x", "T")
_SUMMARY = ("customer", "frequency", "recency", "T", "monetary_value")


def _with_lifetimes(columns: Columns) -> tuple[Any]:
    peers.import_lifetimes()
    return pandas_frame(columns)


def _custvalue_summary(log: Any) -> Any:
    import custvalue as cv

    occasions = cv.occasions(log, customer="customer", time="time", amount="amount")
    return occasions.summary(until=str(inputs.LAST_DAY), unit="day")


def _by_customer(table: Any) -> Columns:
    columns = in_order(table, _SUMMARY, "customer")
    columns["monetary_value"] = np.nan_to_num(columns["monetary_value"])  # lifetimes writes 0
    return columns


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


TASKS = {
    "summary": Task(
        "From a log to a summary",
        "log",
        (
            Contender(OURS, pandas_frame, _custvalue_summary, _by_customer),
            Contender(
                "lifetimes",
                _with_lifetimes,
                peers.lifetimes_summary,
                lambda table: _by_customer(table.reset_index()),
            ),
            Contender(
                "pandas by hand",
                pandas_frame,
                peers.pandas_summary,
                lambda table: _by_customer(table.reset_index()),
            ),
            Contender("Polars by hand", polars_frame, peers.polars_summary, _by_customer),
            Contender("DuckDB SQL by hand", pandas_frame, peers.duckdb_summary, _by_customer),
            Contender("floor: np.sort of packed (customer, day)", peers.days_packed, np.sort),
        ),
        dict.fromkeys(_SUMMARY[:-1], 0.0) | {"monetary_value": 1e-8},
        "lines of (customer, time, amount) to frequency, recency, T and mean repeat spend of each "
        "customer, in days.",
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
        "maximum likelihood with standard errors, recency and T in whole days. lifetimes checks "
        'its inputs inside `fit`, custvalue when a summary is built; the contender with "summary '
        'built and checked too" does both. "Equal histories counted with pandas" hands lifetimes '
        "one row per distinct history with a weight; the counting is timed.",
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
        "for each customer, parameters given.",
    ),
}
