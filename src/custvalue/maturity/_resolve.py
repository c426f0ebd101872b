"""One rating of each item from those of several assessors."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array
from custvalue._chunks import over_ranges
from custvalue._record import frozen
from custvalue.maturity._scale import Scale

KINDS = ("third_party", "internal", "self")  # the most independent first
NOT_APPLICABLE = -1.0  # in place of a rating; NaN: not rated
CELLS = 1 << 17  # ratings at a time
Ints = npt.NDArray[np.integer[Any]]


@dataclasses.dataclass(frozen=True)
class Resolved:
    """Ratings of (organisations, items), and what happened on the way.

    `partly` counts items that do not apply for some assessors only, `apart` those without
    consensus.
    """

    rating: Array
    partly: int
    apart: int


def of_sheets(
    ratings_of: Callable[[Any], Array], owner: Ints, kind: Ints | None, how: str, scale: Scale
) -> Resolved:
    """Return ratings of shape (items, organisations), from those of rows of sheets.

    `owner` is the organisation of each sheet, ascending. Organisations with as many sheets are
    resolved together, in blocks.
    """
    count = np.bincount(owner)
    first = np.cumsum(count) - count
    out = np.empty((ratings_of(slice(0, 0)).shape[1], len(count)))
    parts: list[tuple[int, int]] = []
    for sheets in np.flatnonzero(np.bincount(count)).tolist():
        mine = np.flatnonzero(count == sheets)
        alike = len(mine) == len(count)

        def task(a: int, b: int, mine: Ints = mine, n: int = sheets, alike: bool = alike) -> None:
            rows: Any = slice(a * n, b * n)
            if not alike:
                rows = (first[mine[a:b], None] + np.arange(n)).ravel()
            cells = ratings_of(rows)
            kinds = None if kind is None else kind[rows].reshape(-1, n)
            found = resolved(cells.reshape(b - a, n, cells.shape[1]), kinds, how, scale)
            out[:, slice(a, b) if alike else mine[a:b]] = found.rating.T
            parts.append((found.partly, found.apart))

        over_ranges(task, len(mine), max(1, CELLS // (sheets * max(len(out), 1))))
    return Resolved(
        frozen(out), sum(partly for partly, _ in parts), sum(apart for _, apart in parts)
    )


def resolved(ratings: Array, kinds: Ints | None, how: str, scale: Scale) -> Resolved:
    """Return the rating of each item, from ratings of shape (organisations, assessors, items).

    NaN is not rated; NOT_APPLICABLE counts only where nobody rated the item. `kinds`, of shape
    (organisations, assessors), are places in KINDS.
    """
    assessors = ratings.shape[1]
    if ratings.min(initial=0.0) >= 0.0 and how in ("mean", "third_party_first") and kinds is None:
        return Resolved(_mean(ratings, None), 0, 0)  # everything is rated, most often
    rated = ratings >= 0.0  # NaN is not
    some = rated.any(axis=1) if assessors > 1 else rated[:, 0]
    outside = ratings == NOT_APPLICABLE
    nobody = outside.any(axis=1)
    partly = int(np.count_nonzero(nobody & some))
    apart = 0
    if assessors == 1:
        value = ratings[:, 0]
    elif how == "median":
        value = _median(ratings, rated)
    elif how == "min":
        value = np.where(rated, ratings, np.inf).min(axis=1)
    elif how == "third_party_first" and kinds is not None:
        value = _most_independent(ratings, rated, kinds)
    else:
        value = _mean(ratings, rated)
        if how == "consensus":
            places = scale.place(ratings)
            highest = np.where(rated, places, -1).max(axis=1)
            lowest = np.where(rated, places, len(scale.bands)).min(axis=1)
            wide = some & (highest - lowest > 1)
            apart = int(np.count_nonzero(wide))
            value = np.where(wide, np.nan, value)
    rating = np.where(some, value, np.where(nobody, NOT_APPLICABLE, np.nan))
    return Resolved(rating, partly, apart)


def _mean(ratings: Array, rated: npt.NDArray[np.bool_] | None) -> Array:
    """Return the mean of what was rated, or of all, never beyond the ratings by rounding."""
    shape = (ratings.shape[0], ratings.shape[2])
    total, count = np.zeros(shape), np.zeros(shape)
    low, high = np.full(shape, np.inf), np.full(shape, -np.inf)
    for assessor in range(ratings.shape[1]):
        some, mine = ratings[:, assessor], True if rated is None else rated[:, assessor]
        np.add(total, some, out=total, where=mine)
        np.minimum(low, some, out=low, where=mine)
        np.maximum(high, some, out=high, where=mine)
        count += mine
    mean = total / np.maximum(count, 1.0)
    return np.asarray(np.where(count > 0, np.clip(mean, low, np.maximum(low, high)), 0.0))


def _median(ratings: Array, rated: npt.NDArray[np.bool_]) -> Array:
    ordered = np.sort(np.where(rated, ratings, np.inf), axis=1)
    count = rated.sum(axis=1)
    low = np.maximum((count - 1) // 2, 0)[:, None]
    high = (count // 2)[:, None]
    high = np.minimum(high, ratings.shape[1] - 1)
    both = [np.take_along_axis(ordered, place, axis=1)[:, 0] for place in (low, high)]
    return np.where(count > 0, (both[0] + both[1]) / 2.0, np.nan)


def _most_independent(ratings: Array, rated: npt.NDArray[np.bool_], kinds: Ints) -> Array:
    """Return the mean of the ratings by the most independent kind that rated the item."""
    value = np.full((ratings.shape[0], ratings.shape[2]), np.nan)
    for kind in range(len(KINDS)):
        mine = rated & (kinds == kind)[:, :, None]
        found = mine.any(axis=1) & np.isnan(value)
        if found.any():
            value = np.where(found, _mean(ratings, mine), value)
    return value
