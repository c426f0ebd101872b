"""What regressions of answers share; importance of predictors by each method, and its tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction import _explained
from custvalue.satisfaction._answers import Answers
from custvalue.satisfaction._moments import Moments

Flags = npt.NDArray[np.bool_]
_CELLS = 1 << 21  # numbers of matrices at a time


def named(outcome: Any, predictors: Any, argument: str) -> tuple[str, ...]:
    """Return predictors and outcome, which is last."""
    if isinstance(predictors, str):
        predictors = (predictors,)
    if not isinstance(predictors, Sequence) or not len(predictors):
        rule = "must name one or more columns"
        raise InvalidDataError(message(argument, rule, value=predictors))
    if outcome in predictors:
        rule = "must not have the outcome among them"
        raise InvalidDataError(message(argument, rule, value=outcome))
    twice = [name for name in predictors if list(predictors).count(name) > 1]
    if twice:
        rule = "must name different columns"
        raise InvalidDataError(message(argument, rule, value=twice[0]))
    return (*predictors, outcome)


def complete(answers: Answers) -> tuple[Array, Array, npt.NDArray[np.int64], dict[str, int]]:
    """Return values, weights and groups of those who answered everything and have a weight.

    The notes say who was left out.
    """
    values, notes = answers.values, dict(answers.notes)
    here = ~np.isnan(values).any(axis=1)
    if not here.all():
        notes["respondents left out"] = int((~here).sum())
    weight = np.ones(answers.rows) if answers.weight is None else answers.weight
    kept = here & (weight > 0)
    if kept.all():
        return values, weight, answers.codes, notes
    return values[kept], weight[kept], answers.codes[kept], notes


def states(moments: Moments, answers: Any, method: str) -> dict[str, Flags]:
    """Return of which groups nothing can be said, and why; and which predictors others determine.

    "few" and "flat" groups have too few respondents and columns that do not vary, "several" have
    collinear predictors where the method has no one answer then.
    """
    varies = moments.deviation > 0.0
    few = answers <= varies.shape[1]
    flat = ~varies.all(axis=1) & ~few
    usable = ~few & ~flat
    matrices = moments.matrices()
    matrices[~usable] = np.nan
    with np.errstate(invalid="ignore"):
        collinear = _explained.determined(matrices) & usable[:, None]
    several = collinear.any(axis=1) & (method in ("beta", "pratt"))
    return {"few": few, "flat": flat, "collinear": collinear, "several": several,
            "unusable": ~usable | several}  # fmt: skip


def of_samples(
    samples: Moments, unusable: Flags, method: str, orders: npt.NDArray[np.int64] | None
) -> Array:
    """Return importances of shape (samples, groups, p)."""
    times, groups, m = samples.mean.shape
    out = np.empty((times, groups, m - 1))
    step = max(1, _CELLS // (groups * m * m))
    for start in range(0, times, step):
        part = slice(start, start + step)
        matrices = samples.part(part).matrices()
        matrices[:, unusable] = np.nan
        found = importance(matrices.reshape(-1, m, m), method, orders)[0]
        out[part] = found.reshape(-1, groups, m - 1)
    return out


def importance(
    matrices: Array, method: str, orders: npt.NDArray[np.int64] | None
) -> tuple[Array, Array]:
    """Return importances of shape (groups, p) and the standard errors of drawing orders."""
    out = np.full((len(matrices), matrices.shape[-1] - 1), np.nan)
    error = out.copy()
    known = ~np.isnan(matrices[:, -1, -1])
    some = matrices[known]
    error[known] = 0.0
    if not known.any():
        return out, error
    correlation = some[:, :-1, -1]
    if method == "lmg" and orders is not None:
        out[known], error[known] = _explained.sampled_shapley(some, orders)
    elif method == "lmg":
        out[known] = _explained.shapley(some)
    elif method == "johnson":
        out[known] = _explained.relative_weights(some)
    elif method == "last":
        out[known] = _explained.last(some)
    elif method in ("correlation", "first"):
        out[known] = correlation if method == "correlation" else correlation**2
    else:
        beta = _explained.standardised(some)
        out[known] = beta if method == "beta" else beta * correlation
    return out, error


def p_values(matrices: Array, method: str, r_squared: Array, n: Array, rank: Array) -> Array:
    """Return p-values of the F tests with 1 and n - rank - 1 degrees of freedom."""
    from scipy.special import fdtrc

    if method in ("correlation", "first"):
        part, unexplained = matrices[:, :-1, -1] ** 2, 1.0 - matrices[:, :-1, -1] ** 2
        free = n[:, None] - 2.0
    else:
        part, unexplained = _explained.last(matrices), 1.0 - r_squared[:, None]
        free = (n - rank - 1.0)[:, None]
    free = np.where(free > 0, free, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.maximum(part, 0.0) / np.maximum(unexplained, 0.0) * free
    return np.asarray(fdtrc(1.0, np.broadcast_to(free, statistic.shape), statistic))
