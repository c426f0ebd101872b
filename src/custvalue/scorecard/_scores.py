"""Scores of an evaluation: of indicators, dimensions, goals and the whole, with bounds."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from custvalue._aggregate import AGGREGATES, aggregate, weighted
from custvalue._check import Array

if TYPE_CHECKING:
    from custvalue.scorecard.evaluation import Evaluation
    from custvalue.scorecard.system import EvaluationSystem

DEPENDENCE = ("independent", "comonotone")


def of_readings(evaluation: Evaluation, reading: Array) -> Array:
    """Return scores of shape (indicators, units); NaN for stale values that rules leave out."""
    system = evaluation.system
    found = np.stack([
        one.scores(reading[i], evaluation.target[i], evaluation.floor[i])
        for i, one in enumerate(system.indicators)
    ])  # fmt: skip
    if system.rules.stale == "leave_out":
        found = np.where(evaluation.stale, np.nan, found)
    return found


def _one(scores: Array, weights: Array, how: str, system: EvaluationSystem) -> Array:
    """Return one score of several, as the rules treat those that are missing."""
    rules, there = system.rules, ~np.isnan(scores)
    share = weighted(weights / weights.sum(), there.astype(np.float64))
    least = (1.0 if rules.missing == "none" else rules.minimum_coverage) - 1e-12
    if rules.missing == "lowest":
        scores = np.where(there, scores, 0.0)
    return np.where((share >= least) & (share > 0.0), aggregate(scores, weights, how), np.nan)


def _places(system: EvaluationSystem) -> list[tuple[Array, list[int]]]:
    """Return the weights and places of the indicators of each dimension."""
    found = []
    for part in system.dimensions:
        mine = [i for i, one in enumerate(system.indicators) if one.dimension == part.id]
        found.append((np.array([system.indicators[i].weight for i in mine]), mine))
    return found


def aggregated(system: EvaluationSystem, scores: Array) -> tuple[Array, Array]:
    """Return scores of dimensions, of shape (dimensions, units), and of the whole."""
    parts = []
    for weights, mine in _places(system):
        some = weights.sum() > 0  # a dimension of no weight may have indicators of none
        used = weights if some else np.ones(len(mine))
        parts.append(_one(scores[mine], used, system.rules.aggregation, system))
    found, weight = np.stack(parts), np.array(list(system.weights.values()))
    share = weighted(weight, (~np.isnan(scores)).astype(np.float64))
    enough = share >= system.rules.minimum_coverage - 1e-12
    return found, np.where(enough, overall(system, found), np.nan)


def overall(system: EvaluationSystem, parts: Array) -> Array:
    """Return the score of the whole from those of its dimensions."""
    weights = np.array([part.weight for part in system.dimensions])
    return _one(parts, weights, system.rules.overall, system)


def of_goals(system: EvaluationSystem, scores: Array) -> Array:
    """Return the score of the indicators of each goal, by their weights in the whole."""
    weights = system.weights
    found = np.full((len(system.goals), scores.shape[1]), np.nan)
    for i, goal in enumerate(system.goals):
        mine = [system.indicator_ids.index(name) for name in goal.indicators]
        used = np.array([weights[name] for name in goal.indicators])
        if used.sum() > 0:
            found[i] = _one(scores[mine], used, system.rules.aggregation, system)
    return found


def bounds(evaluation: Evaluation, dependence: str) -> tuple[Array, Array]:
    """Return bounds of the scores of dimensions and, last, of the whole; NaN where none has any.

    Those of the whole come from those of its dimensions as theirs from those of indicators; for
    weighted means that is the same as from all indicators.
    """
    system, scores = evaluation.system, evaluation.scores
    rules = system.rules
    ends = [of_readings(evaluation, bound) for bound in (evaluation.lower, evaluation.upper)]
    ends = [np.where(np.isnan(scores), np.nan, end) for end in ends]
    low, high = np.fmin(*ends), np.fmax(*ends)  # less may be better
    known = ~np.isnan(low)
    low, high = np.fmin(low, scores), np.fmax(high, scores)  # some intervals leave the value out
    parts, whole = aggregated(system, scores)
    some = [known[mine].any(axis=0) for _, mine in _places(system)]
    some.append(known[np.array(list(system.weights.values())) > 0].any(axis=0))
    at_once = {how: dependence == "comonotone" or how == "min" for how in AGGREGATES}
    found = []
    for sign, end in ((-1.0, low), (1.0, high)):
        rows = parts.copy()
        for place, (weights, mine) in enumerate(_places(system)):
            used = weights if weights.sum() > 0 else np.ones(len(mine))
            put = functools.partial(_one, weights=used, how=rules.aggregation, system=system)
            rows[place] = _moved(put, scores[mine], end[mine], sign, at_once[rules.aggregation])
        top = _moved(functools.partial(overall, system), parts, rows, sign, at_once[rules.overall])
        found.append(np.vstack([rows, np.where(np.isnan(whole), np.nan, top)]))
    lower, upper = (np.where(some, end, np.nan) for end in found)
    return lower, upper


def _moved(
    put: Callable[[Array], Array], scores: Array, ends: Array, sign: float, at_once: bool
) -> Array:
    """Return a bound of what scores are put together to, from their own bounds.

    All at their bounds at once; or one at a time, and the root of the sum of squares of what that
    changes, which is nothing where another one holds the result, as it may hold a minimum.
    """
    if at_once:
        return put(ends)
    middle = put(scores)
    squares = np.zeros(len(middle))
    for i in range(len(scores)):
        if np.nansum(np.abs(ends[i] - scores[i])) > 0.0:
            one = scores.copy()
            one[i] = ends[i]
            squares += np.nan_to_num(put(one) - middle) ** 2
    return np.clip(middle + sign * np.sqrt(squares), 0.0, 100.0)
