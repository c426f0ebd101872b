"""Weighted least squares of each group at once, from counted patterns, with robust variances."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array
from custvalue.satisfaction._moments import Moments
from custvalue.satisfaction._survey import effective, ratio

_NOTHING = 1e-10
_NOISE, _LAST_DIGIT = 1e-13, 1e-15  # what rounding leaves of an outcome, and of its mean
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Fits:
    """Regressions of groups, one row each; NaN where there is none.

    `varies` says which columns vary and so have a coefficient; `few` and `singular` which groups
    have too few respondents or columns that determine each other, `flat` where y does not vary;
    `rows` are respondents, `counts` those of them for whom a column is 1.
    """

    rows: Ints
    counts: Ints
    beta: Array
    covariance: Array
    free: Array
    r_squared: Array
    varies: Flags
    few: Flags
    singular: Flags
    flat: Flags


def fitted(x: Array, answers: Ints, y: Moments, squared: Moments, start: Ints) -> Fits:
    """Return regressions of y on the columns of x: ones first, then zeros and ones.

    A row stands for `answers` respondents who have these x: `y` are moments of what they answered,
    `squared` those with squared weights. Groups begin at `start`. Variances are HC1 (White 1980),
    with Kish's effective number of respondents.
    """
    w, mean = y.weight, y.mean[:, 0]

    def sums(column: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.asarray(np.add.reduceat(column, start, axis=0))

    size = np.diff(np.append(start, len(x)))
    rows, total = sums(answers), sums(w)
    n = np.atleast_1d(effective(total, sums(squared.weight)))
    inverse, varies = _inverse(_products(x, w, start))
    used = varies.sum(axis=1)
    singular = np.asarray(~np.isfinite(inverse).all(axis=(1, 2)))
    few = np.asarray(rows <= used)
    some = w > 0
    lowest = np.minimum.reduceat(np.where(some, mean, np.inf), start)
    highest = np.maximum.reduceat(np.where(some, mean, -np.inf), start)
    scatter = np.maximum.reduceat(y.deviation[:, 0], start)
    flat = np.asarray((lowest >= highest) & (scatter == 0.0))
    inverse[singular | few | flat] = np.nan
    centre = np.repeat(ratio(sums(w * mean), total), size)
    away = np.where(some, mean - centre, 0.0)
    beta = (inverse @ sums(x * (w * away)[:, None])[..., None])[..., 0]
    largest = np.maximum.reduceat(np.abs(away) + y.deviation[:, 0], start)
    rounding = _NOISE * largest + _LAST_DIGIT * np.abs(centre[start])
    beta[np.abs(beta) <= rounding[:, None]] = 0.0  # an effect of nothing has no direction
    expected = (x * np.repeat(beta, size, axis=0)).sum(axis=1)
    rest = w * (y.deviation[:, 0] ** 2 + (away - expected) ** 2)
    far = np.where(some, squared.mean[:, 0] - centre, 0.0) - expected
    heavy = squared.weight * (squared.deviation[:, 0] ** 2 + far**2)
    free = n - used
    wider = np.divide(n, free, out=np.full(len(n), np.nan), where=free > 0)
    spread = inverse @ _products(x, heavy, start) @ inverse * wider[:, None, None]
    whole = sums(w * (y.deviation[:, 0] ** 2 + away**2))
    return Fits(
        rows=rows,
        counts=sums(x * answers[:, None]).astype(np.int64),
        beta=np.where(varies, beta, np.nan),
        covariance=np.where(varies[:, :, None] & varies[:, None, :], spread, np.nan),
        free=free,
        r_squared=1.0 - ratio(sums(rest), np.where(flat, 0.0, whole)),
        varies=varies,
        few=few,
        singular=singular,
        flat=flat,
    )


def _products(x: Array, weight: Array, start: Any) -> Array:
    """Return the weighted sums of products of columns, of shape (groups, k, k)."""
    if len(start) == 1:
        return np.asarray(((x * weight[:, None]).T @ x)[None])
    each = [np.add.reduceat(x * (weight * c)[:, None], start) for c in x.T]
    return np.stack(each, axis=1)


def _inverse(products: Array) -> tuple[Array, Flags]:
    """Return inverses, NaN where there is none, and which columns vary and so can be estimated.

    Columns that nobody or everybody has are left out: their rows are 0.
    """
    size = np.diagonal(products, axis1=1, axis2=2)
    varies = (size > _NOTHING * size[:, :1]) & (size < (1.0 - _NOTHING) * size[:, :1])
    varies[:, 0] = True
    some = varies & (size > 0)
    scale = np.where(some, 1.0 / np.sqrt(np.where(some, size, 1.0)), 0.0)
    scaled = products * scale[:, :, None] * scale[:, None, :]
    value, vector = np.linalg.eigh(scaled)
    regular = value > _NOTHING
    flipped = np.divide(1.0, value, out=np.zeros(value.shape), where=regular)
    inverse = (vector * flipped[:, None, :]) @ np.swapaxes(vector, 1, 2)
    inverse = inverse * scale[:, :, None] * scale[:, None, :]
    inverse[regular.sum(axis=1) < varies.sum(axis=1)] = np.nan
    return inverse, varies
