"""Aggregates of several scores into one: from fully compensatory to not at all."""

from __future__ import annotations

import numpy as np

from custvalue._check import Array

AGGREGATES = ("weighted_mean", "geometric", "harmonic", "min", "sum")


def aggregate(scores: Array, weights: Array, how: str) -> Array:
    """Return one score from several, along the first axis, over those that are not NaN.

    Scores with weight 0 do not count. "weighted_mean" compensates fully; "geometric" and "harmonic"
    in part, and are 0 where a score is 0; "min" not at all. "sum" is the weighted sum, scaled up
    for scores that are NaN. NaN where nothing counts. Scores must not be negative.
    """
    used = weights > 0
    if not used.all():
        scores, weights = scores[used], weights[used]
    if len(scores) == 0:
        return np.full(scores.shape[1:], np.nan)
    lowest, highest = np.fmin.reduce(scores), np.fmax.reduce(scores)  # NaN only of NaN alone
    if how == "min":
        return np.asarray(lowest)
    total = weights.sum()
    if np.isnan(scores.sum()):
        absent = np.isnan(scores)
        present = weighted(weights, np.where(absent, 0.0, 1.0))  # a difference could be 0
        present = np.where(absent.any(axis=0), present, total)
        present = np.where(np.isnan(lowest), np.nan, present)
        kept = np.where(absent, 0.0, scores)
    else:
        absent, present, kept = np.zeros((), dtype=np.bool_), np.asarray(total), scores
    if how in ("weighted_mean", "sum"):
        found = weighted(weights, kept) / present
    else:
        inside = ~absent & (kept > 0)
        positive = np.where(inside, kept, 1.0)
        if how == "geometric":
            found = np.exp(weighted(weights, np.log(positive)) / present)
        else:
            with np.errstate(over="ignore", divide="ignore"):  # of zeros alone
                found = present / weighted(weights, inside / positive)
        found = np.where(lowest == 0, 0.0, found)
    # else an aggregate of equal scores may differ from them in the last digit
    found = np.minimum(np.maximum(found, lowest), highest)
    return np.asarray(found * total if how == "sum" else found)


def weighted(weights: Array, scores: Array) -> Array:
    """Return the weighted sum along the first axis, term by term.

    The digits of BLAS and einsum depend on the number of columns.
    """
    total = weights[0] * scores[0]
    for weight, row in zip(weights[1:], scores[1:], strict=True):
        total += weight * row
    return np.asarray(total)
