"""Weights drawn at random, the ranks that units have with them, and what makes ranks change."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array

Ints = npt.NDArray[np.int64]
_BLOCK = 1 << 21  # scores at a time
_DIGITS = 1e12  # scores that differ by less of the highest are equal: sums in another order


def levels_of(x: Array, method: str) -> Array:
    """Return what the order of aggregates is the weighted mean of."""
    with np.errstate(divide="ignore", over="ignore"):
        if method == "geometric":
            return np.log(x)
        return -1.0 / x if method == "harmonic" else x


def drawn(
    weight: Array, spread: float | None, concentration: float | None, draws: int, source: Any
) -> Array:
    """Return weights of shape (draws, indicators)."""
    if concentration is not None:
        return np.asarray(source.dirichlet(concentration * weight, draws))
    assert spread is not None
    found = weight * source.uniform(1.0 - spread, 1.0 + spread, (draws, len(weight)))
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def summed(levels: Array, weights: Array) -> Array:
    """Return weighted sums of shape (draws, units); not by BLAS, whose digits depend on shapes."""
    total = np.zeros((len(weights), len(levels)))
    for i in range(levels.shape[1]):  # a level of -inf (a score of 0) stays so with a weight of 0
        with np.errstate(invalid="ignore"):
            part = weights[:, i, None] * levels[:, i]
        total += np.where(np.isneginf(levels[:, i]), -np.inf, part)
    return total


def ranks_of(levels: Array, weights: Array) -> Ints:
    """Return ranks of shape (draws, units), 1 for the highest."""
    from scipy.stats import rankdata

    total = summed(levels, weights)
    size = np.abs(np.where(np.isfinite(levels), levels, 0.0)).max(initial=1e-300)
    rounded = np.where(np.isfinite(total), np.rint(total / size * _DIGITS), -np.inf)
    return np.asarray(rankdata(-rounded, method="min", axis=1)).astype(np.int64)


def counted(levels: Array, weights: Array) -> tuple[Ints, Ints, Ints]:
    """Return units, ranks and how often they come together, ascending."""
    n = len(levels)
    base = np.arange(n) * (n + 1)
    keys, times = [], []
    step = max(1, _BLOCK // n)
    for i in range(0, len(weights), step):
        found, count = np.unique(base + ranks_of(levels, weights[i : i + step]), return_counts=True)
        keys.append(found)
        times.append(count)
    key, place = np.unique(np.concatenate(keys), return_inverse=True)
    total = np.zeros(len(key), dtype=np.int64)
    np.add.at(total, place, np.concatenate(times))
    return key // (n + 1), key % (n + 1), total


def swaps(levels: Array, weight: Array, rank: Ints) -> Array:
    """Return the relative change of each weight that makes the first two units equal."""
    nothing = np.full(len(weight), np.nan)
    if len(levels) < 2 or np.count_nonzero(weight) < 2:
        return nothing
    first, second = np.argsort(rank, kind="stable")[:2]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        part = weight * (levels[first] - levels[second])
        lead = 0.0 if rank[first] == rank[second] else part[weight > 0].sum()
        change = np.where(part != 0, -lead / part, np.nan)
    return np.where(np.isfinite(change) & (change >= -1.0), change + 0.0, np.nan)
