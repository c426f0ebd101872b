"""Intervals of a proportion from counts, elementwise: Wilson, Clopper-Pearson and others."""

from __future__ import annotations

import warnings

import numpy as np

from custvalue._check import Array, ArrayLike, common_shape, coverage, one_of, refuse, within
from custvalue.errors import CustValueWarning, message

_MANY = 1e8
METHODS = ("wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald")


def normal_quantile(level: float) -> float:
    """Return the standard normal quantile of a two-sided interval of that level."""
    from scipy.special import ndtri

    return -float(ndtri((1.0 - coverage(level)) / 2.0))  # of the tail: right near level 1


def share(count: ArrayLike, total: ArrayLike) -> Array:
    """Return count / total, NaN where total is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        counts, totals = np.asarray(count, dtype=np.float64), np.asarray(total, dtype=np.float64)
        return np.asarray(np.where(totals > 0, counts / totals, np.nan))[()]


def interval(
    count: ArrayLike, total: ArrayLike, level: float = 0.95, method: str = "wilson"
) -> tuple[Array, Array]:
    """Return the (lower, upper) bounds of the probability of which count / total is an estimate.

    Counts may be fractional (weighted, with an effective total). NaN where total is 0.
    Wilson (1927) has coverage close to nominal on average; Clopper & Pearson (1934) never below it;
    Brown, Cai & DasGupta (2001) compare them.
    """
    from scipy.special import betainccinv, betaincinv

    one_of("method", method, METHODS)
    level = coverage(level)
    k, n = within("count", count, 0.0), within("total", total, 0.0)
    common_shape(count=k, total=n)
    k, n = np.broadcast_arrays(k, n)
    refuse("count", "must not exceed the total", k, k > n * (1 + 1e-12))
    z = normal_quantile(level)
    tail = (1.0 - level) / 2.0
    with np.errstate(invalid="ignore", divide="ignore"):
        p = k / n
        centre = (k + z**2 / 2) / (n + z**2)
        half = z / (n + z**2) * np.sqrt(k * np.maximum(1 - p, 0.0) + z**2 / 4)
        low, high = centre - half, centre + half  # Wilson
        if method == "agresti-coull":
            half = z * np.sqrt(centre * (1 - centre) / (n + z**2))
            low, high = centre - half, centre + half
        elif method == "wald":
            half = z * np.sqrt(p * np.maximum(1 - p, 0.0) / n)
            low, high = p - half, p + half
        elif method != "wilson":
            prior = 0.5 if method == "jeffreys" else 0.0
            one = 0.0 if method == "jeffreys" else 1.0
            # beyond, SciPy's inverse is inexact and the methods agree to 1/10,000 of a width
            few = np.minimum(k, n - k) <= _MANY
            low = np.where(few, betaincinv(k + prior, n - k + prior + one, tail), low)
            high = np.where(few, betainccinv(k + prior + one, n - k + prior, tail), high)
    low = np.where(k <= 0, 0.0, np.maximum(low, 0.0)) if method != "wald" else np.maximum(low, 0.0)
    high = np.where(k >= n, 1.0, np.minimum(high, 1.0)) if method != "wald" else np.minimum(high, 1)
    nothing = n == 0
    return (
        np.asarray(np.where(nothing, np.nan, low))[()],
        np.asarray(np.where(nothing, np.nan, high))[()],
    )


def warn_of_shares(count: Array, total: Array) -> None:
    """Warn where counts look like the shares that they are to give."""
    if count.any() and (count < 1.0).all() and (total > 1.0).all():
        hint = "Pass share * total, if they are shares."
        said = message("count", "all are below 1", value=count[:4].tolist(), hint=hint)
        warnings.warn(said, CustValueWarning, stacklevel=3)
