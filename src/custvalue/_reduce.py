"""The kernel behind every log: pack (customer, period) into one integer, sort it, mark the runs."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array
from custvalue._chunks import BLOCK, extent, over_blocks, over_ranges, workers

Ints = npt.NDArray[np.int64]
Whole = npt.NDArray[np.integer[Any]]
_MANY = BLOCK
_ALL = int(np.iinfo(np.int64).max)


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

    The number of the row rides in the low bits of the sorted key, so that one sort gives order and
    permutation at once and rows of equal key keep their order.
    """
    size = len(customer)
    if size == 0:
        none = np.empty(0, dtype=np.int64)
        start = np.zeros(1, dtype=np.int64)
        return Runs(none, start, none, none, tuple(np.empty(0) for _ in values))
    first, last = extent(period)
    span = last - first
    bits = (span.bit_length(), (size - 1).bit_length() if values else 0)
    if extent(customer)[1].bit_length() + sum(bits) > 63:
        order = np.lexsort((period, customer))
        values = [column[order] for column in values]
        owners, ranks = _ranks(customer[order]), _ranks(period[order])
        wide = (size - 1).bit_length()
        runs = _joined(_found((owners << wide) | ranks, values, None, wide, 0), len(values))
        return dataclasses.replace(
            runs,
            customer=customer[order][np.searchsorted(owners, runs.customer)],
            period=np.unique(period)[runs.period],
        )
    parts = _shares(customer)
    found: list[list[Any]] = [[]] * len(parts)

    def work(i: int) -> None:
        key = _packed(customer, period, first, bits, parts[i])
        key.sort()
        found[i] = _found(key, values, first, *bits)

    over_blocks(work, len(parts))
    return _joined([block for part in found for block in part], len(values))


def _shares(customer: Ints) -> list[tuple[int, int] | None]:
    """Return ranges of customers with about equally many rows, one a thread; None: all."""
    if workers() == 1 or len(customer) < 4 * BLOCK:
        return [None]
    sample = np.sort(customer[:: max(1, len(customer) // 1024)])
    inner = sample[np.arange(1, workers()) * len(sample) // workers()]
    ends = [0, *np.unique(inner[inner > 0]).tolist(), _ALL]
    return list(itertools.pairwise(ends))


def _ranks(values: Whole) -> Ints:
    return np.asarray(np.unique(values, return_inverse=True)[1], dtype=np.int64)


def _packed(
    customer: Ints,
    period: Whole,
    first: int,
    bits: tuple[int, int],
    share: tuple[int, int] | None,
) -> Ints:
    """Return customer, period and row of the rows of a share of the customers, in one integer."""
    period_bits, row_bits = bits
    size = len(customer)
    low, high = share or (0, 0)
    if share is None:
        key = np.empty(size, dtype=np.int64)
    else:
        below = np.count_nonzero(customer < high) if high < _ALL else size
        key = np.empty(below - (np.count_nonzero(customer < low) if low else 0), dtype=np.int64)
    index = np.arange(BLOCK)
    done = 0
    for start in range(0, size, BLOCK):
        who, when = customer[start : start + BLOCK], period[start : start + BLOCK]
        rows = index[: len(who)]
        if share is not None:
            chosen = who < high if high < _ALL else who >= low
            if low and high < _ALL:
                chosen &= who >= low
            rows = np.flatnonzero(chosen)
            who, when = who[rows], when[rows]
        part = key[done : done + len(who)]
        np.left_shift(who, period_bits, out=part)
        part += when
        np.left_shift(part, row_bits, out=part)
        part -= first << row_bits
        if row_bits:
            part += rows
            part += start
        done += len(who)
    return key


def _found(
    key: Ints, values: Sequence[Array], first: int | None, period_bits: int, row_bits: int
) -> list[tuple[Any, ...]]:
    """Return the runs of a sorted key, block by block: customers, their starts, periods, ...

    Blocks end where a customer does, so that no run lies in two of them. first = None: the values
    are sorted as the key is, and periods are ranks.
    """
    size = len(key)
    if size == 0:
        return []
    shift = period_bits + row_bits
    near = np.arange(_MANY, size, _MANY)
    cuts = np.searchsorted(key, ((key[near - 1] >> shift) + 1) << shift)
    edges = np.unique(np.concatenate([[0], cuts, [size]])).tolist()
    mask, bound = (1 << row_bits) - 1, abs(first or 0) + (1 << period_bits)
    narrow = np.int32 if max(size, bound, int(key[-1] >> row_bits)) < 2**31 else np.int64
    found = []
    for begin, end in itertools.pairwise(edges):
        part = key[begin:end]
        head: Whole = (part >> row_bits).astype(narrow)
        same = head[1:] == head[:-1]
        heads = np.flatnonzero(np.concatenate([[True], ~same]))
        firsts: Whole = head[heads]
        lines = np.empty(len(heads), dtype=narrow)
        np.subtract(heads[1:], heads[:-1], out=lines[:-1], casting="same_kind")
        lines[-1] = end - begin - heads[-1]
        sums = []
        for source in values:
            own = source[begin:end] if first is None else np.take(source, part & mask, mode="clip")
            sums.append(_money_sums(own, heads, same))
        period = firsts & ((1 << period_bits) - 1)
        period += first or 0
        owner: Whole = firsts >> period_bits
        owners = run_starts(owner)
        found.append((owner[owners], owners, period, lines, *sums))
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


def _money_sums(values: Array, heads: Ints, same: npt.NDArray[np.bool_]) -> Array:
    """Return the sum of each run; of whole cents exactly, whatever the order of rows."""
    for part in (values[:64], values):  # a few tell most often
        cents = np.rint(part * 100.0)
        if not (cents / 100.0 == part).all():
            return _run_sums(values, heads, same)
    sums = _run_sums(cents, heads, same)
    if np.abs(sums).max() >= 2.0**53:
        return _run_sums(values, heads, same)
    return sums / 100.0


def _run_sums(values: Array, heads: Ints, same: npt.NDArray[np.bool_]) -> Array:
    """Return the sum of each run of values; same[i]: value i + 1 is of the run of value i."""
    again = len(values) - len(heads)
    if 5 * again > len(values):
        return np.asarray(np.add.reduceat(values, heads))
    sums = np.take(values, heads, mode="clip")  # runs are mostly single: add the few others
    if again:
        others = np.flatnonzero(same) + 1
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

    over_ranges(mark, size, _MANY)
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
