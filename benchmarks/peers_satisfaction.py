"""Net Promoter Scores and key drivers as a user would write them by hand."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

Array = npt.NDArray[np.float64]
TRIED = 20  # subsets whose time tells that of all


def pandas_nps(answers: pd.DataFrame) -> pd.DataFrame:
    score = answers["score"]
    kinds = answers[["group"]].assign(promoters=score >= 9, detractors=score <= 6, answers=1)
    table = kinds.groupby("group", as_index=False).sum()
    table["nps"] = (table["promoters"] - table["detractors"]) / table["answers"]
    return table


def polars_nps(answers: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    score, promoters, detractors = (pl.col(c) for c in ("score", "promoters", "detractors"))
    return (
        answers.lazy()
        .group_by("group")
        .agg(
            promoters=(score >= 9).sum().cast(pl.Int64),
            detractors=(score <= 6).sum().cast(pl.Int64),
            answers=pl.len(),
        )
        .with_columns(nps=(promoters - detractors) / pl.col("answers"))
        .collect()
    )


def duckdb_nps(answers: pd.DataFrame) -> pd.DataFrame:
    import duckdb

    query = """
        with counts as (
            select "group", count(*) filter (score >= 9) as promoters,
                   count(*) filter (score <= 6) as detractors, count(*) as answers
            from given group by "group"
        )
        select *, (promoters - detractors) / answers as nps from counts
    """
    with duckdb.connect() as connection:
        return connection.register("given", answers).execute(query).df()


def count_answers(group: npt.NDArray[np.int64], score: npt.NDArray[np.int64]) -> Any:
    return np.bincount(group * 11 + score)


def lmg_by_correlations(ratings: pd.DataFrame, outcome: str, predictors: Sequence[str]) -> Array:
    """Return the LMG importance, with R^2 of each subset from one correlation matrix."""
    whole = np.corrcoef(ratings[[*predictors, outcome]].to_numpy(dtype=np.float64), rowvar=False)
    among, along, p = whole[:-1, :-1], whole[:-1, -1], len(predictors)
    r_squared = np.zeros(1 << p)
    for size in range(1, p + 1):  # all subsets of a size in one call
        some = np.array(list(itertools.combinations(range(p), size)))
        right = along[some]
        beta = np.linalg.solve(among[some[:, :, None], some[:, None, :]], right[..., None])[..., 0]
        r_squared[(1 << some).sum(axis=1)] = (beta * right).sum(axis=1)
    return _mean_gain(r_squared, p)


def lmg_by_least_squares(ratings: pd.DataFrame, outcome: str, predictors: Sequence[str]) -> Array:
    """Return the LMG importance, with a regression on the rows for each subset."""
    x, y, p = *_centred(ratings, outcome, predictors), len(predictors)
    return _mean_gain(np.array([_r_squared(x, y, subset) for subset in range(1 << p)]), p)


def expected_by_least_squares(
    ratings: pd.DataFrame, outcome: str, predictors: Sequence[str]
) -> float:
    """Return the seconds that `lmg_by_least_squares` will take, from some of its subsets."""
    x, y = _centred(ratings, outcome, predictors)
    subsets = np.random.default_rng(5).integers(0, 1 << len(predictors), TRIED).tolist()
    _r_squared(x, y, subsets[0])  # starts the threads
    start = time.perf_counter()
    for subset in subsets:
        _r_squared(x, y, subset)
    return (time.perf_counter() - start) / TRIED * (1 << len(predictors))


def _centred(ratings: pd.DataFrame, outcome: str, predictors: Sequence[str]) -> tuple[Array, Array]:
    whole = ratings[[*predictors, outcome]].to_numpy(dtype=np.float64)
    whole = whole - whole.mean(axis=0)
    return whole[:, :-1], whole[:, -1]


def _r_squared(x: Array, y: Array, subset: int) -> float:
    some = x[:, [j for j in range(x.shape[1]) if subset >> j & 1]]
    rest = y - some @ np.linalg.lstsq(some, y)[0]
    return 1.0 - float(rest @ rest) / float(y @ y)


def _mean_gain(r_squared: Array, p: int) -> Array:
    """Return the gain of R^2 by each predictor, averaged over all orders."""
    subset = np.arange(1 << p)
    size = np.bitwise_count(subset)
    share = np.array([1.0 / (p * math.comb(p - 1, s)) for s in range(p)])
    gain = np.empty(p)
    for j in range(p):
        without = subset[subset >> j & 1 == 0]
        gain[j] = share[size[without]] @ (r_squared[without | 1 << j] - r_squared[without])
    return gain


def products(x: Array) -> Array:
    return x.T @ x
