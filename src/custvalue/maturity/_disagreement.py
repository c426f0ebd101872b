"""Observed and expected disagreement of units rated by several, and how each unit moves them.

Units are rows of codes of levels, ascending, filled up with -1 on the left; `units` says how many
units are like each row. Observed disagreement is the sum over units of the distances of their pairs
of ratings divided by (m - 1), m the ratings of a unit, so that each rating counts once; expected
disagreement is the sum of distances of all pairs of ratings, whatever the unit (Krippendorff 2004,
chapter 11, in counts). Distances of ranks are those of Krippendorff's ordinal metric: the root of
his difference is the difference of mid-ranks.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array

Codes = npt.NDArray[np.int64]
METRICS = ("nominal", "ordinal", "interval", "ratio")
_BLOCK = 1 << 21  # distances at a time


@dataclasses.dataclass(frozen=True)
class Disagreement:
    """Sums over units, and what one unit more of each row would add to each of them.

    `ratings` is the number of ratings n, `observed` A and `expected` B: Krippendorff's alpha is
    1 - (n - 1) A / B, and Fleiss' kappa 1 - n A / B.
    """

    ratings: float
    observed: float
    expected: float
    own_ratings: Array
    own_observed: Array
    own_expected: Array

    def one_less(self, fewer: float) -> tuple[float, Array]:
        """Return (n - fewer) A / B and its derivative for each row; NaN where B is 0."""
        if not self.expected > 0:
            return np.nan, np.full(len(self.own_ratings), np.nan)
        free, ratio = self.ratings - fewer, self.observed / self.expected
        change = free * (self.own_observed - ratio * self.own_expected) / self.expected
        return free * ratio, change + self.own_ratings * ratio


def disagreement(codes: Codes, units: Array, levels: Array, metric: str) -> Disagreement:
    """Return the sums of units of at least two ratings; `levels` are the numbers of the codes."""
    here = codes >= 0
    m = here.sum(axis=1).astype(np.float64)
    counts = _per_level(codes, here, units, len(levels))
    n = float(counts.sum())
    if metric in ("nominal", "ratio"):  # distances that stay as they are
        if metric == "nominal":
            pairs, distance = unlike_pairs(codes), n - counts
        else:
            size = levels / max(float(np.abs(levels).max(initial=0.0)), 1e-300)  # no overflow
            pairs, distance = _ratio_pairs(codes, size), _ratio_distances(size, counts)
        own = pairs / (m - 1.0)
        moves = 2.0 * _summed(codes, distance)
        return Disagreement(n, float(units @ own), float(counts @ distance), m, own, moves)
    place = np.cumsum(counts) - counts / 2.0 if metric == "ordinal" else scaled(levels)
    return _of_squares(codes, here, m, units, counts, place, metric == "ordinal")


def _of_squares(
    codes: Codes, here: Any, m: Array, units: Array, counts: Array, place: Array, ranked: bool
) -> Disagreement:
    """Return the sums for squared differences of places; ranks move with the units, numbers not."""
    n = float(counts.sum())
    centred = place - (counts @ place / n if n else 0.0)
    x = np.where(here, centred[codes] - centred[codes[:, -1:]], 0.0)  # 0 where all are alike
    off = np.where(here, x - (x.sum(axis=1) / m)[:, None], 0.0)
    own = 2.0 * m * (off**2).sum(axis=1) / (m - 1.0)
    spread = float(counts @ centred**2)
    distance = n * centred**2 + spread
    observed, expected = float(units @ own), 2.0 * n * spread
    own_expected = 2.0 * _summed(codes, distance)
    if ranked:  # a rating more lifts the levels above it by 1 and its own level by 1/2
        pull = off * (units * m / (m - 1.0))[:, None]
        pulls = np.bincount(codes[here], pull[here], len(counts)).astype(np.float64)
        own = own + 4.0 * _summed(codes, _from_above(pulls))
        own_expected = own_expected + 4.0 * _summed(codes, _from_above(n * counts * centred))
    return Disagreement(n, observed, expected, m, own, own_expected)


def scaled(levels: Array) -> Array:
    """Return levels shifted and scaled to differences of about 1, which alpha does not notice."""
    half = levels / 2.0  # so that differences do not overflow
    off = half - half[len(half) // 2] if len(half) else half
    return off / max(float(np.abs(off).max(initial=0.0)), 1e-300)


def _from_above(pulls: Array) -> Array:
    """Return half of the pull of each level and the whole of those above it."""
    return np.cumsum(pulls[::-1])[::-1] - pulls / 2.0


def _per_level(codes: Codes, here: Any, units: Array, levels: int) -> Array:
    weights = np.broadcast_to(units[:, None], codes.shape)
    return np.bincount(codes[here], weights[here], levels).astype(np.float64)


def _summed(codes: Codes, of_level: Array) -> Array:
    """Return the sum over the ratings of each row of a number of their levels."""
    summed: Array = np.append(of_level, 0.0)[codes].sum(axis=1)  # the last one for -1
    return summed


def unlike_pairs(codes: Codes) -> Array:
    """Return the ordered pairs of unlike ratings in each row, from the runs of like ones."""
    here = codes >= 0
    m = here.sum(axis=1).astype(np.float64)
    row, flat = np.nonzero(here)[0], codes[here]
    if not flat.size:
        return np.zeros(len(m))
    starts = np.flatnonzero(np.append(True, (np.diff(row) != 0) | (np.diff(flat) != 0)))
    runs = np.diff(np.append(starts, flat.size)).astype(np.float64)
    alike: Array = np.bincount(row[starts], runs**2, len(m)).astype(np.float64)
    unlike: Array = m**2 - alike
    return unlike


def _ratio(one: Any, other: Any) -> Any:
    total = one + other
    return np.divide(one - other, total, out=np.zeros(np.shape(total)), where=total != 0) ** 2


def _ratio_pairs(codes: Codes, levels: Array) -> Array:
    """Return the sum of the ratio distances of the ordered pairs of ratings in each row."""
    x = np.append(levels, np.nan)[codes]
    total = np.zeros(len(codes))
    for lag in range(1, codes.shape[1]):
        total += 2.0 * np.nansum(_ratio(x[:, lag:], x[:, :-lag]), axis=1)
    return total


def _ratio_distances(levels: Array, counts: Array) -> Array:
    """Return the sum of the ratio distances of each level to all ratings."""
    step = max(1, _BLOCK // max(len(levels), 1))
    parts = [
        _ratio(levels[i : i + step, None], levels[None, :]) @ counts
        for i in range(0, len(levels), step)
    ]
    return np.concatenate([np.zeros(0), *parts])
