"""Tasks of satisfaction: Net Promoter Scores by group, and what drives an overall rating."""

from __future__ import annotations

from typing import Any

import numpy as np

import inputs
import peers_satisfaction
from inputs import Columns
from tasks import OURS, Contender, Task, in_order, pandas_frame, polars_frame

_COUNTS = ("promoters", "detractors", "answers")
_ITEMS = inputs.ITEMS
_OUTCOME = inputs.OUTCOME


def _custvalue_nps(frame: Any) -> Any:
    import custvalue as cv

    return cv.satisfaction.nps(frame, "score", by="group")


def _of_record(score: Any) -> Columns:
    """Return the score and what it is made of; groups are in order."""
    counts = {name: np.asarray(getattr(score, name)) for name in _COUNTS}
    return {**score.groups, **counts, "nps": score.value}


def _by_group(table: Any) -> Columns:
    return in_order(table, ("group", *_COUNTS, "nps"), "group")


def _with_names(columns: Columns) -> tuple[Any, ...]:
    return (*pandas_frame(columns), _OUTCOME, _ITEMS)


def _custvalue_drivers(ratings: Any, outcome: str, predictors: Any) -> Any:
    import custvalue as cv

    return cv.satisfaction.drivers(ratings, outcome, predictors).importance


def _matrix(columns: Columns) -> tuple[Any]:
    return (np.column_stack([columns[name] for name in (*_ITEMS, _OUTCOME)]).astype(np.float64),)


def _importance(found: Any) -> Columns:
    return {"importance": found}


TASKS = {
    "nps": Task(
        "Net Promoter Score by group",
        "answers",
        (
            Contender(OURS, polars_frame, _custvalue_nps, _of_record),
            Contender(f"{OURS}, from a pandas frame", pandas_frame, _custvalue_nps, _of_record),
            Contender("Polars by hand", polars_frame, peers_satisfaction.polars_nps, _by_group),
            Contender("pandas by hand", pandas_frame, peers_satisfaction.pandas_nps, _by_group),
            Contender("DuckDB SQL by hand", pandas_frame, peers_satisfaction.duckdb_nps, _by_group),
            Contender(
                "floor: np.bincount of group * 11 + score",
                lambda columns: (columns["group"], columns["score"]),
                peers_satisfaction.count_answers,
            ),
        ),
        dict.fromkeys(("group", *_COUNTS), 0.0) | {"nps": 1e-12},
        "promoters, detractors, answers and the score of each group; custvalue's has the passives, "
        "and checks that all answers are on the scale, too. custvalue reads a Polars frame, unless "
        "it says otherwise.",
    ),
    "drivers": Task(
        f"Key drivers (LMG) of {len(_ITEMS)} predictors",
        "ratings",
        (
            Contender(OURS, _with_names, _custvalue_drivers, _importance),
            Contender(
                "np.linalg.solve on correlations, all subsets by hand",
                _with_names,
                peers_satisfaction.lmg_by_correlations,
                _importance,
            ),
            Contender(
                "np.linalg.lstsq on the ratings, subset by subset by hand",
                _with_names,
                peers_satisfaction.lmg_by_least_squares,
                _importance,
                peers_satisfaction.expected_by_least_squares,
            ),
            Contender("floor: X'X of the ratings", _matrix, peers_satisfaction.products),
        ),
        {"importance": 1e-8},
        "what each predictor adds to R^2, averaged over all orders, from the R^2 of all "
        f"{1 << len(_ITEMS):,} subsets; custvalue's has tests too. A regression on the ratings for "
        "each subset is how packages for dominance analysis do it. Where some of its subsets tell "
        "that all take too long, it is left out, which is said above.",
        sizes=("2.4k", "100k", "1M"),
    ),
}
