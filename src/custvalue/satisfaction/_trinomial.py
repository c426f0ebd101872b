"""Intervals of a net share: those on one side less those on the other, of three kinds of answers.

Counts may be fractional (weights, with an effective total) and broadcast.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from custvalue._check import Array
from custvalue._proportion import normal_quantile
from custvalue._random import generator
from custvalue.satisfaction._survey import ratio

_HALVINGS = 60
_ADDED = 0.75  # to either side, twice as much to the middle (Rocks 2016)
_BLOCK = 4_000_000  # draws at a time


def net(minus: Any, middle: Any, plus: Any) -> tuple[Array, Array, Array]:
    """Return the net share, the variance of one answer and the total."""
    total = np.asarray(minus, float) + middle + plus
    p, q = ratio(plus, total), ratio(minus, total)
    return p - q, np.asarray(np.maximum(p + q - (p - q) ** 2, 0.0))[()], np.asarray(total)[()]


def adjusted(minus: Any, middle: Any, plus: Any) -> tuple[Array, Array, Array]:
    """Return the counts with three answers added; NaN where there is none."""
    total = np.asarray(minus, float) + middle + plus
    nothing = np.where(total > 0, 0.0, np.nan)
    return minus + _ADDED + nothing, middle + 2 * _ADDED + nothing, plus + _ADDED + nothing


def wald(minus: Any, middle: Any, plus: Any, level: float) -> tuple[Array, Array]:
    """Return net share -/+ z standard errors, within [-1, 1]."""
    value, variance, total = net(minus, middle, plus)
    half = normal_quantile(level) * np.sqrt(ratio(variance, total))
    return np.maximum(value - half, -1.0)[()], np.minimum(value + half, 1.0)[()]


def adjusted_wald(minus: Any, middle: Any, plus: Any, level: float) -> tuple[Array, Array]:
    """Return Wald's interval of the counts with three answers added."""
    return wald(*adjusted(minus, middle, plus), level)


def score(minus: Any, middle: Any, plus: Any, level: float) -> tuple[Array, Array]:
    """Return the net shares that Tango's (1998) score test does not reject."""
    c, b = np.asarray(minus, float), np.asarray(plus, float)
    value, _, n = net(minus, middle, plus)
    z = normal_quantile(level)

    def inside(delta: Array) -> Any:
        linear = (2.0 * n - b + c) * delta - b - c
        root = np.sqrt(np.maximum(linear**2 + 8.0 * n * c * delta * (1.0 - delta), 0.0))
        least = (root - linear) / (4.0 * n)  # the share of detractors, at that net share
        variance = n * (2.0 * least + delta * (1.0 - delta))
        return (b - c - n * delta) ** 2 <= z**2 * np.maximum(variance, 0.0)

    bounds = []
    with np.errstate(invalid="ignore", divide="ignore"):
        for end in (-1.0, 1.0):
            outer, inner = np.full(np.shape(value), end), np.asarray(value, float)
            for _ in range(_HALVINGS):
                between = (outer + inner) / 2.0
                within = inside(between)
                outer, inner = np.where(within, outer, between), np.where(within, between, inner)
            bounds.append(np.where(n > 0, inner, np.nan)[()])
    return bounds[0], bounds[1]


def bootstrap(
    minus: Any, middle: Any, plus: Any, level: float, draws: int, rng: Any
) -> tuple[Array, Array]:
    """Return percentiles of net shares of samples drawn with replacement, from the counts."""
    tail = (1.0 - level) / 2.0
    normal_quantile(level)  # refuses what is no level
    source = generator(rng)
    counts = np.stack(np.broadcast_arrays(*(np.asarray(c, float) for c in (minus, middle, plus))))
    flat = counts.reshape(3, -1).T
    total = flat.sum(axis=1)
    size = np.maximum(np.rint(total), 1.0).astype(np.int64)
    shares = np.where(total[:, None] > 0, flat, 1.0)
    shares = shares / shares.sum(axis=1, keepdims=True)
    step = max(1, _BLOCK // draws)
    bounds = [np.empty((2, 0))]
    for start in range(0, len(flat), step):
        part = slice(start, start + step)
        drawn = source.multinomial(
            size[part, None], shares[part, None, :], (len(size[part]), draws)
        )
        nets = (drawn[..., 2] - drawn[..., 0]) / size[part, None]
        bounds.append(np.quantile(nets, [tail, 1.0 - tail], axis=1))
    both = np.where(total > 0, np.concatenate(bounds, axis=1), np.nan)
    low, high = both.reshape(2, *counts.shape[1:])
    return low[()], high[()]


def simultaneous(counts: Array, level: float) -> tuple[Array, Array]:
    """Return Goodman's (1965) intervals of shares, kinds of answers along the last axis."""
    from scipy.special import chdtri

    normal_quantile(level)
    total = counts.sum(axis=-1, keepdims=True)
    chi = float(chdtri(1.0, (1.0 - level) / counts.shape[-1]))
    centre = ratio(chi + 2.0 * counts, 2.0 * (total + chi))
    spread = np.sqrt(chi * (chi + 4.0 * ratio(counts * (total - counts), total)))
    half = ratio(spread, 2.0 * (total + chi))
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)
