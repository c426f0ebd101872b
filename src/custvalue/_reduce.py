"""The kernel behind every log: pack (customer, period) into one integer, sort it, mark the runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array
from custvalue._chunks import BLOCK, extent, over_blocks, over_ranges, workers

Ints = npt.NDArray[np.int64]
Whole = npt.NDArray[np.integer[Any]]


@dataclasses.dataclass(frozen=True)
class Runs:
    """Distinct (customer, period), sorted, with the number of rows and sums of values in each.

    Runs start[i] to start[i + 1] are those of customer[i].
    """

    customer: Ints
    start: Ints
    period: Whole
    rows: Whole
    sums: tuple[Array, ...]


def reduce(customer: Ints, period: Whole, values: Sequence[Array] = ()) -> Runs:
    """Return the distinct pairs of (customer >= 0, period), and the sums of values in each.

    What is summed rides in the low bits of the sorted key: the amount itself where there is one
    column of whole cents, and else the number of the row, so that one sort does all and rows of
    equal key keep their order.
    """
    size = len(customer)
    if size == 0:
        none = np.empty(0, dtype=np.int64)
        start = np.zeros(1, dtype=np.int64)
        return Runs(none, start, none, none, tuple(np.empty(0) for _ in values))
    first, last = extent(period)
    period_bits = (last - first).bit_length()
    free = 63 - period_bits - extent(customer)[1].bit_length()
    row_bits = (size - 1).bit_length() if values else 0
    if len(values) == 1:
        ends = extent(values[0])
        lowest, highest = (round(100.0 * end) if abs(end) < _MOST else 2**63 for end in ends)
        cents_bits = (highest - lowest).bit_length()
        if cents_bits <= free and lowest < 2**63:
            layout = _Layout(first, period_bits, cents_bits, values[0], lowest)
            key = layout.key(customer, period)
            if key is not None:
                return _runs(key, values, layout)
    if row_bits > free:
        return _by_ranks(customer, period, values)
    layout = _Layout(first, period_bits, row_bits)
    key = layout.key(customer, period)
    assert key is not None  # rows always fit
    return _runs(key, values, layout)


def _runs(key: Ints, values: Sequence[Array], layout: _Layout) -> Runs:
    """Return the runs of a key, which is sorted in place."""
    _sort(key)
    return _joined(_found(key, values, layout), len(values))


@dataclasses.dataclass(frozen=True)
class _Layout:
    """Where customer, period and what is summed lie in a key: from high to low bits."""

    first: int | None  # period of number 0; None: values are sorted as the key, periods are ranks
    period_bits: int
    low_bits: int
    amounts: Array | None = None  # the low bits are these in cents above `lowest`; None: rows
    lowest: int = 0

    def key(self, customer: Ints, period: Whole) -> Ints | None:
        """Return all of a row in one integer; None where amounts are not whole cents."""
        key = np.empty(len(customer), dtype=np.int64)
        least = ((self.first or 0) << self.low_bits) + self.lowest
        if self.amounts is not None:
            least += int(np.float64(_ROUNDER).view(np.int64))
        least = (least + 2**63) % 2**64 - 2**63  # as sums of integers wrap round
        fits: list[bool] = []

        def pack(start: int, stop: int) -> None:
            if not all(fits):
                return
            part = key[start:stop]
            np.left_shift(customer[start:stop], self.period_bits, out=part)
            part += period[start:stop]
            if self.low_bits:
                np.left_shift(part, self.low_bits, out=part)
            if self.amounts is not None:
                amounts = self.amounts[start:stop]
                cents = amounts * 100.0
                cents += _ROUNDER
                part += cents.view(np.int64)
                cents -= _ROUNDER
                cents /= 100.0
                fits.append(bool((cents == amounts).all()))
            elif self.low_bits:
                part += np.arange(start, stop)
            part -= least

        over_ranges(pack, len(key), 2 * BLOCK)
        return key if all(fits) else None


_MOST = 2.0**43  # amounts above are summed as they are
_ROUNDER = 1.5 * 2.0**52  # added to x, the low bits of the sum are x rounded, as an integer
_SPAN = 4 * BLOCK  # many short steps: fewer handovers between threads matter more than the cache


def _sort(key: Ints) -> None:
    """Sort in place, by shares of the values, one a thread."""
    size = len(key)
    shares = workers() if size >= 4 * BLOCK else 1
    cuts = [size * i // shares for i in range(shares + 1)]
    if shares > 1:
        key.partition(cuts[1:-1])
    over_blocks(lambda i: key[cuts[i] : cuts[i + 1]].sort(), shares)


def _by_ranks(customer: Ints, period: Whole, values: Sequence[Array]) -> Runs:
    """Return what reduce does where the key would not fit into an integer."""
    order = np.lexsort((period, customer))
    values = [column[order] for column in values]
    owners, ranks = _ranks(customer[order]), _ranks(period[order])
    wide = (len(order) - 1).bit_length()
    found = _found((owners << wide) | ranks, values, _Layout(None, wide, 0))
    runs = _joined(found, len(values))
    return dataclasses.replace(
        runs,
        customer=customer[order][np.searchsorted(owners, runs.customer)],
        period=np.unique(period)[runs.period],
    )


def _ranks(values: Whole) -> Ints:
    return np.asarray(np.unique(values, return_inverse=True)[1], dtype=np.int64)


def _found(key: Ints, values: Sequence[Array], layout: _Layout) -> list[Any]:
    """Return the runs of a sorted key, block by block: customers, their starts, periods, ...

    Blocks end where a customer does, so that no run lies in two of them.
    """
    size, period_bits, low_bits = len(key), layout.period_bits, layout.low_bits
    shift = period_bits + low_bits
    near = np.arange(_SPAN, size, _SPAN)
    cuts = np.searchsorted(key, ((key[near - 1] >> shift) + 1) << shift)
    edges = np.unique(np.concatenate([[0], cuts, [size]])).tolist()
    mask, bound = (1 << low_bits) - 1, abs(layout.first or 0) + (1 << period_bits)
    narrow = np.int32 if max(size, bound, int(key[-1] >> low_bits)) < 2**31 else np.int64
    found: list[Any] = [()] * (len(edges) - 1)

    def look(i: int) -> None:
        begin, end = edges[i], edges[i + 1]
        part = key[begin:end]
        new = np.ones(end - begin, dtype=np.bool_)
        np.greater(part[1:] ^ part[:-1], mask, out=new[1:])
        heads = np.flatnonzero(new)
        firsts: Whole = (part[heads] >> low_bits).astype(narrow)
        lines = np.empty(len(heads), dtype=narrow)
        np.subtract(heads[1:], heads[:-1], out=lines[:-1], casting="same_kind")
        lines[-1] = end - begin - heads[-1]
        sums: list[Array] = []
        if layout.amounts is not None:
            part &= mask
            upto = np.cumsum(part, out=part)  # of whole numbers: as exact as sums of runs
            cents = np.empty(len(heads), dtype=np.int64)
            np.take(upto, heads[1:] - 1, out=cents[:-1], mode="clip")
            cents[-1] = upto[-1]
            cents[1:] -= cents[:-1].copy()
            if layout.lowest:
                cents += layout.lowest * lines.astype(np.int64)
            sums = [cents.astype(np.float64)]
            sums[0] /= 100.0
        else:
            for source in values:
                own = source[begin:end]
                if layout.first is not None:
                    own = np.take(source, part & mask, mode="clip")
                sums.append(_money_sums(own, heads, new))
        period = firsts & ((1 << period_bits) - 1)
        period += layout.first or 0
        owner: Whole = firsts >> period_bits
        owners = run_starts(owner)
        found[i] = (owner[owners], owners, period, lines, *sums)

    over_blocks(look, len(found))
    return found


def _joined(found: list[Any], sums: int) -> Runs:
    """Return the runs of all blocks, in order."""
    people, runs = (np.cumsum([0, *(len(part[k]) for part in found)]).tolist() for k in (0, 2))
    narrow = np.result_type(*(part[2] for part in found))
    customer, starts = np.empty(people[-1], np.int64), np.empty(people[-1] + 1, np.int64)
    columns: list[Any] = [np.empty(runs[-1], narrow), np.empty(runs[-1], narrow)]
    columns += [np.empty(runs[-1]) for _ in range(sums)]
    starts[-1] = runs[-1]

    def fill(i: int) -> None:
        owner, owners, *parts = found[i]
        customer[people[i] : people[i + 1]] = owner
        np.add(owners, runs[i], out=starts[people[i] : people[i + 1]])
        for target, part in zip(columns, parts, strict=True):
            target[runs[i] : runs[i + 1]] = part
        found[i] = ()

    over_blocks(fill, len(found))
    return Runs(customer, starts, columns[0], columns[1], tuple(columns[2:]))


def _money_sums(values: Array, heads: Ints, new: npt.NDArray[np.bool_]) -> Array:
    """Return the sum of each run; of whole cents exactly, whatever the order of rows."""
    for part in (values[:64], values):  # a few tell most often
        cents = np.rint(part * 100.0)
        if not (cents / 100.0 == part).all():
            return _run_sums(values, heads, new)
    sums = _run_sums(cents, heads, new)
    if np.abs(sums).max() >= 2.0**53:
        return _run_sums(values, heads, new)
    return sums / 100.0


def _run_sums(values: Array, heads: Ints, new: npt.NDArray[np.bool_]) -> Array:
    """Return the sum of each run of values; new[i]: value i is the first of a run."""
    again = len(values) - len(heads)
    if 5 * again > len(values):
        return np.asarray(np.add.reduceat(values, heads))
    sums = np.take(values, heads, mode="clip")  # runs are mostly single: add the few others
    if again:
        others = np.flatnonzero(~new)
        np.add.at(sums, np.searchsorted(heads, others, side="right") - 1, values[others])
    return sums


def run_starts(ordered: Whole) -> Ints:
    """Return where runs of equal values start."""
    inner = np.flatnonzero(ordered[1:] != ordered[:-1])
    starts = np.empty(len(inner) + min(len(ordered), 1), dtype=np.int64)
    starts[:1] = 0
    np.add(inner, 1, out=starts[1:])
    return starts


def run_bounds(ordered: Whole) -> Ints:
    """Return where runs of equal values start, and the length at the end."""
    return np.append(run_starts(ordered), len(ordered))


def counted(ordered: Whole) -> tuple[Whole, Array]:
    """Return the distinct values of a sorted column, and how often each occurs."""
    size = len(ordered)
    found: dict[int, tuple[Whole, Whole]] = {}

    def mark(start: int, stop: int) -> None:
        part = ordered[max(start - 1, 0) : stop]
        heads = np.flatnonzero(part[1:] != part[:-1]) + 1
        if start == 0:
            heads = np.concatenate([np.zeros(1, dtype=np.int64), heads])
        starts = heads + max(start - 1, 0)
        found[start] = (part[heads], starts.astype(np.int32) if size < 2**31 else starts)

    over_ranges(mark, size, BLOCK)
    pieces = [found[start] for start in sorted(found)]
    values = np.concatenate([piece[0] for piece in pieces])
    starts = np.concatenate([piece[1] for piece in pieces])
    counts = np.empty(len(values))
    np.subtract(starts[1:], starts[:-1], out=counts[:-1])
    counts[-1:] = size - starts[-1:]
    return values, counts


def mean_of_repeats(values: Array, start: Whole, include_first: bool) -> Array:
    """Return the mean of each run without its first value (or with it); NaN for runs of one.

    Summed without the first value, not subtracted: no digits are lost.
    """
    again = np.flatnonzero(np.diff(start) > 1)
    begin = start[again] + (0 if include_first else 1)
    end = start[again + 1]
    bounds = np.stack([begin, end], axis=1).ravel()
    mean = np.full(len(start) - 1, np.nan)
    total = np.empty(len(again))

    def add(first: int, last: int) -> None:
        part = bounds[2 * first : 2 * last]
        upto = int(part[-1])  # where the last run ends and none starts
        total[first:last] = np.add.reduceat(values[:upto], part[:-1])[::2]

    over_ranges(add, len(again), BLOCK // 8)
    mean[again] = total / (end - begin)
    return mean
