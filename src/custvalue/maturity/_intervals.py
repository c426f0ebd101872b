"""Intervals of measures of agreement from their standard errors, and by resampling."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from custvalue._check import Array, number
from custvalue._proportion import normal_quantile
from custvalue._random import generator
from custvalue.errors import InvalidDataError, message

LOWEST = -1.0  # of kappa and its kin, in all but odd cases
Bounds = tuple[float, float]
_NONE = (math.nan, math.nan)
_NO_SCATTER = 1e-9  # of a standard error, against 1 - value: that of rounding


def wald(value: float, error: float, level: float) -> Bounds:
    """Return value -/+ z standard errors, at most 1."""
    half = normal_quantile(level) * error
    return float(value - half), float(min(value + half, 1.0)) if half == half else math.nan


def of_log(value: float, error: float, units: float, level: float, chance: float) -> Bounds:
    """Return Student's interval of log(1 - value), turned back.

    Where no two ratings of a unit differ there is no scatter to go by. The lower bound is then that
    of the share of units in disagreement: the largest share of which `units` units show none with
    probability (1 - level) / 2, divided by `chance`, the share that two ratings by chance have.
    Nor is there scatter where all units say the same of a value below 1, as when one rater gives
    all units one rating: bounds are NaN then, not the value itself, which would be certainty.
    """
    from scipy.special import stdtrit

    normal_quantile(level)  # refuses what is no level
    tail, below = (1.0 - level) / 2.0, 1.0 - value
    if math.isnan(value) or not units >= 1.0:
        return _NONE
    if below <= 0.0:
        share = -math.expm1(math.log(tail) / units)
        return max(1.0 - share / chance, LOWEST), 1.0
    if not units > 1.0 or not error > _NO_SCATTER * below:
        return _NONE
    step = -float(stdtrit(units - 1.0, tail)) * error / below
    with np.errstate(over="ignore"):
        low, high = 1.0 - below * np.exp(step), 1.0 - below * np.exp(-step)
    return max(float(low), min(LOWEST, value)), float(high)


def bootstrap(
    estimate: Callable[[Array], float], units: Array, level: float, draws: Any, rng: Any
) -> Bounds:
    """Return percentiles of an estimate over samples of the units, drawn with replacement.

    `units` says how many units each row stands for; `estimate` takes such numbers. Samples of which
    it is undefined are left out.
    """
    normal_quantile(level)
    repeats = number("draws", draws, 1, 10_000_000)
    if repeats != int(repeats):
        raise InvalidDataError(message("draws", "must be a whole number", value=repeats))
    source = generator(rng, required=True)
    total = int(units.sum())
    if total == 0:
        return _NONE
    drawn = np.array(
        [
            estimate(source.multinomial(total, units / total).astype(np.float64))
            for _ in range(int(repeats))
        ]
    )
    defined = drawn[~np.isnan(drawn)]
    if not defined.size:
        return _NONE
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(defined, [tail, 1.0 - tail])
    return float(low), float(high)
