"""Finding RFM cut points: quantiles, groups of equal frequency, groups within groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from custvalue._check import Array
from custvalue._chunks import BLOCK, over_blocks, over_ranges
from custvalue.rfm.cuts import CutPoints, passed

Cells = npt.NDArray[np.intp]
Finder = Callable[[Array, int], Array]  # of (sorted values, bins)


def _cut(ordered: Array, bins: int, finder: Finder, *, falls: bool = False) -> Array:
    """Return the cut points of sorted values; where all are equal, everyone is in the middle."""
    if ordered[0] == ordered[-1]:
        below = bins // 2 if falls else (bins - 1) // 2
        return np.where(np.arange(bins - 1) < below, -np.inf, np.inf)
    return finder(ordered, bins)


def _known(values: Array) -> Array:
    """Return values sorted, without those that are not known."""
    ordered = np.sort(values)  # NaN last
    return ordered[: len(ordered) - np.count_nonzero(np.isnan(ordered))]


def quantiles(ordered: Array, bins: int) -> Array:
    """Return the values at ranks ceil(n i / bins), i = 1, ..., bins - 1."""
    rank = -(-len(ordered) * np.arange(1, bins) // bins)  # in integers: no rounding
    return ordered[rank - 1]


def equal_frequency(ordered: Array, bins: int) -> Array:
    """Return cut points that give a value the bin ceil(bins * mid-rank / n).

    The mid-rank of a value is the number of lower values and half the number of equal ones.
    """
    size = len(ordered)
    share = size * np.arange(1, bins)  # of which a bin-th is the rank of the border
    value = ordered[share // bins]  # those below it lie before the border, those above it after it
    start = np.searchsorted(ordered, value)
    stop = np.searchsorted(ordered, value, side="right")
    below = np.where(start > 0, ordered[start - 1], -np.inf)
    return np.where(bins * (start + stop) <= 2 * share, value, below)


def flat(columns: Mapping[str, Array], bins: int, scheme: str, finder: Finder) -> CutPoints:
    """Return cut points of each column by itself."""
    found: dict[str, Array] = {}
    names = list(columns)

    def find(i: int) -> None:
        found[names[i]] = _cut(_known(columns[names[i]]), bins, finder, falls=i == 0)

    over_blocks(find, len(names))
    return CutPoints(scheme=scheme, **found)


def nested(columns: Mapping[str, Array], bins: int, scheme: str, finder: Finder) -> CutPoints:
    """Return cut points of frequency within r, and of monetary within r and f."""
    days, count, money = columns.values()
    of_days = _cut(np.sort(days), bins, finder, falls=True)
    by_r = _cells(days, of_days, None, bins, falls=True)
    of_count = _within(count, by_r, bins, bins, finder)
    _fill(of_count, lambda: _cut(np.sort(count), bins, finder))
    by_rf = _cells(count, of_count, by_r, bins)
    of_money = _within(money, by_rf, bins * bins, bins, finder)

    def around() -> Array:
        outer = _within(money, by_r, bins, bins, finder)
        _fill(outer, lambda: _cut(_known(money), bins, finder))
        return np.repeat(outer, bins, axis=0)

    _fill(of_money, around)
    return CutPoints(of_days, of_count, of_money.reshape(bins, bins, bins - 1), scheme)


def _fill(cuts: Array, around: Callable[[], Array]) -> None:
    """Give cells that nobody is in the cut points of what is around them."""
    empty = np.isnan(cuts)
    if empty.any():
        cuts[empty] = np.broadcast_to(around(), cuts.shape)[empty]


def _cells(
    values: Array, cuts: Array, cell: Cells | None, bins: int, *, falls: bool = False
) -> Cells:
    """Return the number of the cell that values fall into, inside the cell they are in."""
    found = np.empty(len(values), dtype=np.intp)

    def block(start: int, stop: int) -> None:
        outer = None if cell is None else cell[start:stop]
        score = passed(values[start:stop], cuts, outer)
        inner = bins - 1 - score if falls else score
        found[start:stop] = inner if outer is None else outer * bins + inner

    over_ranges(block, len(values), BLOCK)
    return found


def _within(values: Array, cell: Cells, cells: int, bins: int, finder: Finder) -> Array:
    """Return the cut points of each cell; NaN for a cell that nobody of known value is in."""
    cuts = np.full((cells, bins - 1), np.nan)
    order = np.argsort(cell.astype(np.uint8), kind="stable")  # at most 81 cells
    ends = np.cumsum(np.bincount(cell, minlength=cells))
    parts = np.split(values[order], ends[:-1])

    def find(i: int) -> None:
        ordered = _known(parts[i])
        if len(ordered):
            cuts[i] = _cut(ordered, bins, finder)

    over_blocks(find, cells)
    return cuts


SCHEMES: dict[str, Callable[[Mapping[str, Array], int], CutPoints]] = {
    "quantile": lambda columns, bins: flat(columns, bins, "quantile", quantiles),
    "equal_frequency": lambda columns, bins: flat(
        columns, bins, "equal_frequency", equal_frequency
    ),
    "nested": lambda columns, bins: nested(columns, bins, "nested", equal_frequency),
}
