"""Intervals of the difference and the ratio of two independent proportions (MOVER, Wilson)."""

from __future__ import annotations

import numpy as np

from custvalue._check import Array, ArrayLike
from custvalue._proportion import interval, share


def difference_interval(
    count: ArrayLike, total: ArrayLike, other: ArrayLike, other_total: ArrayLike, level: float
) -> tuple[Array, Array]:
    """Return bounds of count / total - other / other_total; NaN where a total is 0.

    Newcombe, "Interval estimation for the difference between independent proportions", Statistics
    in Medicine 17 (1998), method 10.
    """
    p, q = share(count, total), share(other, other_total)
    (l1, u1), (l2, u2) = interval(count, total, level), interval(other, other_total, level)
    low = p - q - np.hypot(p - l1, u2 - q)
    high = p - q + np.hypot(u1 - p, q - l2)
    return np.asarray(low)[()], np.asarray(high)[()]


def ratio_interval(
    count: ArrayLike, total: ArrayLike, other: ArrayLike, other_total: ArrayLike, level: float
) -> tuple[Array, Array]:
    """Return bounds of (count / total) / (other / other_total), infinite where the latter may be 0.

    Donner & Zou, "Closed-form confidence intervals for functions of the normal mean and standard
    deviation", Statistical Methods in Medical Research 21 (2012), eq. for a ratio, from Wilson's.
    """
    p, q = share(count, total), share(other, other_total)
    (l1, u1), (l2, u2) = interval(count, total, level), interval(other, other_total, level)
    low = _ratio(p, q, l1, u2, -1.0)
    high = _ratio(p, q, u1, l2, 1.0)
    return np.asarray(np.maximum(low, 0.0))[()], np.asarray(high)[()]


def _ratio(p: Array, q: Array, near: Array, far: Array, sign: float) -> Array:
    """Return the root r of (p - r q)^2 = (p - near)^2 + r^2 (far - q)^2 on that side of p / q."""
    below = far * (2.0 * q - far)
    above = near * (2.0 * p - near)
    root = np.sqrt(np.maximum((p * q) ** 2 - above * below, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (p * q + sign * root) / below
        only = np.where(p * q > 0, above / (2.0 * p * q), np.inf)  # the equation is linear there
    return np.asarray(np.where(below == 0, np.inf if sign > 0 else only, ratio))
