"""Weighted correlations of columns per group, and of resampled rows."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from custvalue._check import Array

_NOTHING = 1e-12  # of the variance of the whole: rounding


@dataclasses.dataclass(frozen=True)
class Columns:
    """Complete rows sorted by group: values around the mean of their group, and weights.

    Groups without rows are in none of the arrays of `start` and `rows`; `present` says which have.
    """

    values: Array
    weight: Array
    start: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    present: npt.NDArray[np.int64]
    constant: npt.NDArray[np.bool_]

    def sums(self, column: Array) -> Array:
        """Return the sum of a column, or of each of several, per group."""
        return np.asarray(np.add.reduceat(column, self.start, axis=0))

    def moments(self, weight: Array) -> tuple[Array, Array]:
        """Return means (groups, m) and mean products around them (groups, m, m)."""
        x, m = self.values, self.values.shape[1]
        total = np.maximum(self.sums(weight), np.finfo(float).tiny)[:, None]
        weighted = x * weight[:, None]
        mean = self.sums(weighted) / total
        if len(self.start) == 1:
            products = (weighted.T @ x)[None]
        else:
            each = [self.sums(weighted * x[:, j, None]) for j in range(m)]
            products = np.stack(each, axis=1)
        products /= total[..., None]
        return mean, products - mean[:, :, None] * mean[:, None, :]

    def correlations(self, weight: Array | None = None) -> Array:
        """Return correlations (groups, m, m); 0 with a column that does not vary, 1 of itself."""
        whole = self.moments(self.weight)[1] if weight is None else self.moments(weight)[1]
        spread = np.sqrt(np.maximum(np.diagonal(whole, axis1=1, axis2=2), 0.0))
        typical = np.sqrt(np.einsum("ij,ij->j", self.values, self.values) / len(self.values))
        flat = spread <= _NOTHING**0.5 * typical
        scale = np.divide(1.0, spread, out=np.zeros(spread.shape), where=~flat)
        matrix = whole * scale[:, :, None] * scale[:, None, :]
        diagonal = np.arange(matrix.shape[-1])
        matrix[:, diagonal, diagonal] = np.where(flat, 0.0, 1.0)
        matrix[flat[:, -1]] = np.nan  # an outcome that does not vary: nothing to explain
        return np.asarray(matrix)

    def resampled(self, rng: np.random.Generator) -> Array:
        """Return weights times how often each row is drawn, with replacement within groups."""
        begin, size = np.repeat(self.start, self.rows), np.repeat(self.rows, self.rows)
        drawn = begin + (rng.random(len(size)) * size).astype(np.int64)
        return self.weight * np.bincount(drawn, minlength=len(size))


def arranged(values: Array, weight: Array, codes: npt.NDArray[np.int64]) -> Columns:
    """Return rows sorted by group and centred, so that products lose no digits."""
    if (codes[1:] < codes[:-1]).any():
        order = np.argsort(codes, kind="stable")
        values, weight, codes = values[order], weight[order], codes[order]
    values = np.asfortranarray(values)  # one layout for all: it decides how sums are rounded
    present, start, rows = np.unique(codes, return_index=True, return_counts=True)
    weight_of = np.add.reduceat(weight, start)
    mean = np.add.reduceat(values * weight[:, None], start, axis=0) / weight_of[:, None]
    low, high = np.minimum.reduceat(values, start, axis=0), np.maximum.reduceat(values, start)
    centred = values - (mean if len(mean) == 1 else np.repeat(mean, rows, axis=0))
    largest = np.maximum(centred.max(axis=0), -centred.min(axis=0))
    centred /= np.where(largest > 0, largest, 1.0)  # no product overflows
    return Columns(centred, weight, start, rows, present, low == high)
