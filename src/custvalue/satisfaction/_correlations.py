"""Weighted moments of columns per group, and of rows drawn anew."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array
from custvalue.satisfaction._moments import Moments

_NOTHING = 1e-6  # of the deviation of the whole: rounding


@dataclasses.dataclass(frozen=True)
class Columns:
    """Complete rows sorted by group: values around the mean of their group, and weights.

    `values` are in units of `unit` around `origin`, per group. Groups without rows are in none of
    the arrays of `start` and `rows`; `present` says which have.
    """

    values: Array
    weight: Array
    origin: Array
    unit: Array
    start: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    present: npt.NDArray[np.int64]

    def sums(self, column: Array) -> Array:
        """Return the sum of a column, or of each of several, per group."""
        if not len(self.start):
            return np.zeros((0, *column.shape[1:]))
        return np.asarray(np.add.reduceat(column, self.start, axis=0))

    def moments(self, weight: Array) -> Moments:
        """Return the moments of each group that has rows, with weights of each row."""
        x, m = self.values, self.values.shape[1]
        whole = self.sums(weight)
        total = np.maximum(whole, np.finfo(float).tiny)[:, None]
        weighted = x * weight[:, None]
        mean = self.sums(weighted) / total
        if len(self.start) == 1:
            products = (weighted.T @ x)[None]
        else:
            products = np.stack([self.sums(weighted * x[:, j, None]) for j in range(m)], axis=1)
        around = products / total[..., None] - mean[:, :, None] * mean[:, None, :]
        spread = np.sqrt(np.maximum(np.diagonal(around, axis1=1, axis2=2), 0.0))
        typical = np.sqrt(np.einsum("ij,ij->j", x, x) / max(len(x), 1))
        flat = spread <= _NOTHING * typical
        scale = np.divide(1.0, spread, out=np.zeros(spread.shape), where=~flat)
        one, other = np.triu_indices(m, 1)
        return Moments(
            weight=whole,
            mean=self.origin + mean * self.unit,
            deviation=np.where(flat, 0.0, spread * self.unit),
            correlation=around[:, one, other] * scale[:, one] * scale[:, other],
        )

    def resampled(self, rng: np.random.Generator, times: int) -> Moments:
        """Return moments of that many samples, of shape (times, groups, ...).

        Each row counts as often as a Poisson number of mean 1 says, on its own: in that way the
        samples of two sets of rows, put together, are samples of both sets.
        """
        m, groups = self.values.shape[1], len(self.start)
        sizes = {"weight": (), "mean": (m,), "deviation": (m,), "correlation": (m * (m - 1) // 2,)}
        out: dict[str, Any] = {n: np.zeros((times, groups, *size)) for n, size in sizes.items()}
        for b in range(times):
            found = self.moments(self.weight * rng.poisson(1.0, len(self.weight)))
            for name, column in out.items():
                column[b] = getattr(found, name)
        return Moments(**out)


def arranged(values: Array, weight: Array, codes: npt.NDArray[np.int64]) -> Columns:
    """Return rows sorted by group and centred, so that products lose no digits."""
    if (codes[1:] < codes[:-1]).any():
        order = np.argsort(codes, kind="stable")
        values, weight, codes = values[order], weight[order], codes[order]
    values = np.asfortranarray(values)  # one layout for all: it decides how sums are rounded
    present, start, rows = np.unique(codes, return_index=True, return_counts=True)
    m = values.shape[1]
    if not len(values):
        nothing = np.zeros((0, m))
        return Columns(values, weight, nothing, np.ones(m), start, rows, present)
    weight_of = np.add.reduceat(weight, start)
    mean = np.add.reduceat(values * weight[:, None], start, axis=0) / weight_of[:, None]
    low, high = np.minimum.reduceat(values, start, axis=0), np.maximum.reduceat(values, start)
    mean = np.where(low == high, low, mean)  # exactly, so that its deviation is 0
    centred = values - (mean if len(mean) == 1 else np.repeat(mean, rows, axis=0))
    largest = np.maximum(centred.max(axis=0), -centred.min(axis=0))
    unit = np.where(largest > 0, largest, 1.0)  # no product overflows
    centred /= unit
    return Columns(centred, weight, mean, unit, start, rows, present)
