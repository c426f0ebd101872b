"""Weighted least squares of each group at once, with robust variances."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array
from custvalue.satisfaction._survey import effective

_NOTHING = 1e-10
Flags = npt.NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class Fits:
    """Regressions of the groups that are `present`, one row each; NaN where there is none.

    `varies` says which columns vary and so have a coefficient; `few` and `singular` which groups
    have too few rows or columns that determine each other, `flat` where y does not vary; `counts`
    are sums of columns.
    """

    present: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    beta: Array
    covariance: Array
    free: Array
    r_squared: Array
    varies: Flags
    few: Flags
    singular: Flags
    flat: Flags


def fitted(x: Array, y: Array, w: Array, codes: npt.NDArray[np.int64], least: int) -> Fits:
    """Return regressions of y on the columns of x, ones first, then zeros and ones.

    Groups of fewer than `least` rows get NaN. Variances are HC1 (White 1980), with Kish's
    effective number of rows.
    """
    order = np.argsort(codes, kind="stable")
    x, y, w, codes = x[order], y[order], w[order], codes[order]
    present, start, rows = np.unique(codes, return_index=True, return_counts=True)

    def sums(column: Array) -> Array:
        return np.asarray(np.add.reduceat(column, start, axis=0))

    total = sums(w)
    n = np.atleast_1d(effective(total, sums(w * w)))
    inverse, varies = _inverse(_products(x, w, start))
    used = varies.sum(axis=1)
    singular = np.asarray(~np.isfinite(inverse).all(axis=(1, 2)))
    few = np.asarray(rows <= used)
    flat = np.asarray(np.minimum.reduceat(y, start) == np.maximum.reduceat(y, start))
    inverse[singular | few | flat | (rows < least)] = np.nan
    beta = (inverse @ sums(x * (w * y)[:, None])[..., None])[..., 0]
    rest = y - (x * np.repeat(beta, rows, axis=0)).sum(axis=1)
    free = n - used
    wider = np.divide(n, free, out=np.full(len(n), np.nan), where=free > 0)
    spread = inverse @ _products(x, (w * rest) ** 2, start) @ inverse * wider[:, None, None]
    whole = sums(w * (y - np.repeat(sums(w * y) / total, rows)) ** 2)
    explained = 1.0 - np.divide(sums(w * rest**2), whole, out=np.full(len(n), np.nan), where=~flat)
    return Fits(
        present=present,
        rows=rows,
        counts=sums(x).astype(np.int64),
        beta=np.where(varies, beta, np.nan),
        covariance=np.where(varies[:, :, None] & varies[:, None, :], spread, np.nan),
        free=free,
        r_squared=explained,
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
    scale = np.where(varies, 1.0 / np.sqrt(np.where(varies, size, 1.0)), 0.0)
    scaled = products * scale[:, :, None] * scale[:, None, :]
    value, vector = np.linalg.eigh(scaled)
    regular = value > _NOTHING
    flipped = np.divide(1.0, value, out=np.zeros(value.shape), where=regular)
    inverse = (vector * flipped[:, None, :]) @ np.swapaxes(vector, 1, 2)
    inverse = inverse * scale[:, :, None] * scale[:, None, :]
    inverse[regular.sum(axis=1) < varies.sum(axis=1)] = np.nan
    return inverse, varies
