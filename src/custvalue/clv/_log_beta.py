"""Ratios of beta functions to full relative precision, by one integral of positive terms.

log B(a, x) - log B(a, x + d) is a second difference of the log gamma function, in which log gamma
itself cancels where a or d is small beside x. Gauss's integral of the digamma function gives it,
and every derivative of it, as an integral in which nothing cancels (Whittaker & Watson, 12.3).
"""

from __future__ import annotations

import math

import numpy as np

from custvalue._check import Array
from custvalue._chunks import BLOCK

STEP = 0.25  # in log s, where the integrand is analytic within pi/2 of the real line: e^-39 is left
_TOP = 45.0  # x s beyond which e^(-x s) is nothing
_TAIL = 20.0  # of log s, to where the integrand is proportional to s and is summed in closed form


def nodes(x: Array, largest: float, tail: float) -> Array:
    """Return points s, equidistant in log s, from where e^(-x s) vanishes to e^-tail/largest."""
    top = _TOP / float(np.min(x))
    count = math.ceil((math.log(top * largest) + tail) / STEP)
    return np.asarray(top * np.exp(-STEP * np.arange(count + 1.0)))


def log_beta_drop(a: Array, x: Array, d: Array) -> Array:
    """Return log B(a, x) - log B(a, x + d) of a, x > 0 and d >= 0, elementwise.

    It is the integral over s > 0 of e^(-x s) (1 - e^(-a s)) (1 - e^(-d s)) / (s (1 - e^(-s))), by
    the trapezoidal rule in log s.
    """
    a, x, d = (np.asarray(v, dtype=np.float64) for v in (a, x, d))
    shape = np.broadcast_shapes(a.shape, x.shape, d.shape)
    total = np.zeros(shape)
    if total.size == 0:
        return total
    largest = max(1.0, float(a.max()), float(x.max()), float(d.max()))
    every = nodes(x, largest, _TAIL)
    together = max(1, BLOCK // total.size)
    for first in range(0, len(every), together):
        s = every[first : first + together].reshape(-1, *(1,) * len(shape))
        part = np.expm1(-a * s) / -np.expm1(-s)
        total += (part * np.exp(-x * s) * np.expm1(-d * s)).sum(axis=0)
    return np.asarray((total + a * d * (every[-1] / math.expm1(STEP))) * STEP)
