"""The kernel behind every log: pack (customer, period) into one integer, sort it, mark the runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from custvalue._check import Array
from custvalue._chunks import BLOCK, over_ranges

Ints = npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Runs:
    """Distinct (customer, period), sorted, with the number of rows and sums of values in each."""

    customer: Ints
    period: Ints
    rows: Ints
    sums: tuple[Array, ...]


def reduce(customer: Ints, period: Ints, values: Sequence[Array] = ()) -> Runs:
    """Return the distinct pairs of (customer >= 0, period), and the sums of values in each.

    The number of the row rides in the low bits of the sorted key, so that one sort gives order and
    permutation at once and rows of equal key keep their order.
    """
    size = len(customer)
    if size == 0:
        none = np.empty(0, dtype=np.int64)
        return Runs(none, none, none, tuple(np.empty(0) for _ in values))
    first = int(period.min())
    period_bits = (int(period.max()) - first).bit_length()
    row_bits = (size - 1).bit_length() if values else 0
    if int(customer.max()).bit_length() + period_bits + row_bits > 63:
        return _by_lexsort(customer, period, values)
    key = np.empty(size, dtype=np.int64)
    index = np.arange(BLOCK)

    def pack(start: int, stop: int) -> None:
        part = key[start:stop]
        np.left_shift(customer[start:stop], period_bits, out=part)
        part += period[start:stop]
        part -= first
        if row_bits:
            np.left_shift(part, row_bits, out=part)
            part += index[: stop - start]
            part += start

    over_ranges(pack, size, BLOCK)
    key.sort()
    ordered = [np.empty(size) for _ in values]
    mask = (1 << row_bits) - 1

    def unpack(start: int, stop: int) -> None:
        part = key[start:stop]
        rows = part & mask
        for source, target in zip(values, ordered, strict=True):
            np.take(source, rows, out=target[start:stop], mode="clip")
        np.right_shift(part, row_bits, out=part)

    if row_bits:
        over_ranges(unpack, size, BLOCK)
    bounds = run_bounds(key)
    starts = bounds[:-1]
    head = key[starts]
    return Runs(
        head >> period_bits,
        (head & ((1 << period_bits) - 1)) + first,
        np.diff(bounds),
        tuple(np.add.reduceat(column, starts) for column in ordered),
    )


def _by_lexsort(customer: Ints, period: Ints, values: Sequence[Array]) -> Runs:
    order = np.lexsort((period, customer))
    customer, period = customer[order], period[order]
    starts = _starts((customer[1:] != customer[:-1]) | (period[1:] != period[:-1]))
    return Runs(
        customer[starts],
        period[starts],
        np.diff(starts, append=len(order)),
        tuple(np.add.reduceat(column[order], starts) for column in values),
    )


def _starts(changes: npt.NDArray[np.bool_]) -> Ints:
    """Return where runs start, given where the value differs from the one before."""
    return np.concatenate([np.zeros(1, dtype=np.int64), np.flatnonzero(changes) + 1])


def run_bounds(sorted_codes: Ints) -> Ints:
    """Return where runs of equal codes start, and the length at the end."""
    size = len(sorted_codes)
    found: dict[int, Ints] = {}

    def mark(start: int, stop: int) -> None:
        part = sorted_codes[max(start - 1, 0) : stop]
        found[start] = np.flatnonzero(part[1:] != part[:-1]) + max(start, 1)

    over_ranges(mark, size, 4 * BLOCK)
    ends = np.array([size], dtype=np.int64)
    inner = [found[start] for start in sorted(found)]
    return np.concatenate([np.zeros(min(size, 1), dtype=np.int64), *inner, ends])
