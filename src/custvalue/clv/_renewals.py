"""Discounted sums of future renewals of beta-geometric customers, to an infinite horizon.

Ages near the start are summed one by one. Beyond, the sum is the integral over age plus Gregory's
correction at its lower end, and the integral is Gauss-Legendre in log time, piece by piece: tails
that fall like a power of time cost as little as those that fall geometrically.
"""

from __future__ import annotations

import math

import numpy as np

from custvalue._check import Array
from custvalue.clv._log_beta import log_beta_drop
from custvalue.errors import InvalidDataError, message

LOG_LARGEST = 690.0  # of age^c: its products are still floats
_DIRECT = 128  # ages summed one by one
_ORDER = 12  # of Gregory's correction
_NOTHING = 1e-17
_PIECE = 20  # nodes
_LONGEST = 4.0  # piece of log time


def clock(c: Array, n: Array, log_t: Array) -> Array:
    """Return (n + t)^c - n^c without cancellation, for n >= 0, if it is a float."""
    since = np.log(np.maximum(n, 1.0))
    longer = np.logaddexp(0.0, log_t - since)  # log of (n + t)/n
    last = c * np.where(n > 0, since + longer, log_t)
    if last.size and last.max() > LOG_LARGEST:
        rule = "must be such that the power c of every age is below 1e299"
        raise InvalidDataError(message("c", rule, value=float(np.max(c))))
    return np.asarray(np.where(n > 0, np.exp(c * since) * np.expm1(c * longer), np.exp(last)))


def future_renewals(alpha: Array, beta: Array, c: Array, n: Array, delta: Array) -> Array:
    """Return the sum over k >= 1 of e^(-delta k) S(n + k)/S(n), elementwise; it may be inf.

    S(t) = B(alpha, beta + t^c)/B(alpha, beta) falls like t^(-c alpha).
    """
    columns = np.broadcast_arrays(alpha, beta, c, n, delta)
    alpha, beta, c, n, delta = (np.asarray(v, dtype=np.float64)[..., None] for v in columns)
    endless = (delta == 0) & (c * alpha <= 1)
    if not alpha.size:
        return np.zeros(alpha.shape[:-1])
    rate = np.where(endless, 1.0, delta)  # any
    x = beta + n**c

    def log_left(log_t: Array) -> Array:
        waited = np.where(rate > 0, rate * np.exp(log_t), 0.0)
        return -log_beta_drop(alpha, x, clock(c, n, log_t)) - waited

    steps = np.arange(1.0, _DIRECT + _ORDER + 1)
    weights = np.append(np.ones(_DIRECT - 1), _gregory(_ORDER))
    total = (np.exp(log_left(np.log(steps))) * weights).sum(axis=-1, keepdims=True)

    excess = c * alpha - 1.0
    # beyond, S is its power law to the last digits
    power_law = (30.0 + np.log1p(alpha * (alpha + 2 * beta))) / c
    length = min(1.0 / float(c.max()), _LONGEST if not (rate > 0).any() else 1.0)
    points, masses = np.polynomial.legendre.leggauss(_PIECE)
    points, masses = (points + 1.0) * length / 2.0, masses * length / 2.0
    start = np.full_like(total, math.log(_DIRECT))
    with np.errstate(divide="ignore"):
        log_n = np.log(n)
    while True:
        log_t = start + points
        total += (np.exp(log_left(log_t) + log_t) * masses).sum(axis=-1, keepdims=True)
        start = start + length
        left = log_left(start)
        # the rest of the integral is at most this (with a rate), or tends to it (without)
        rest = np.where(
            rate > 0,
            np.exp(left - np.log(np.where(rate > 0, rate, 1.0))),
            np.exp(left + np.logaddexp(log_n, start)) / np.where(excess > 0, excess, 1.0),
        )
        finished = (rest <= _NOTHING * total) | ((rate == 0) & (start > power_law))
        if finished.all():
            break
    total += np.where(rate > 0, 0.0, rest)
    return np.asarray(np.where(endless, math.inf, total))[..., 0]


def _gregory(order: int) -> Array:
    """Return w with sum over k >= 0 of f(k) = integral from 0 of f + sum over j of w_j f(j).

    The coefficients of the forward differences are those of x/log(1 + x) after its first.
    """
    series = [1.0]
    for k in range(1, order + 2):
        series.append(-sum(series[j] * (-1) ** (k - j) / (k - j + 1) for j in range(k)))
    weights = np.zeros(order + 1)
    for k in range(order + 1):
        for j in range(k + 1):
            weights[j] += series[k + 1] * math.comb(k, j) * (-1) ** (k - j)
    return weights
