"""The kernel behind every log: pack (customer, period) into one integer, sort it, mark the runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array
from custvalue._chunks import BLOCK, over_blocks, over_ranges

Ints = npt.NDArray[np.int64]
Whole = npt.NDArray[np.integer[Any]]
_MANY = 2 * BLOCK


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
    first = int(period.min())
    span = int(period.max()) - first
    bits = (span.bit_length(), (size - 1).bit_length() if values else 0)
    if int(customer.max()).bit_length() + sum(bits) > 63:
        order = np.lexsort((period, customer))
        values = [column[order] for column in values]
        owners, ranks = _ranks(customer[order]), _ranks(period[order])
        found = _marked((owners << (size - 1).bit_length()) | ranks, values, None,
                        (size - 1).bit_length(), 0)  # fmt: skip
        return dataclasses.replace(
            found,
            customer=customer[order][np.searchsorted(owners, found.customer)],
            period=np.unique(period)[found.period],
        )
    key = _packed(customer, period, first, *bits)
    key.sort()
    return _marked(key, values, first, *bits)


def _ranks(values: Whole) -> Ints:
    return np.asarray(np.unique(values, return_inverse=True)[1], dtype=np.int64)


def _packed(customer: Ints, period: Whole, first: int, period_bits: int, row_bits: int) -> Ints:
    key = np.empty(len(customer), dtype=np.int64)
    index = np.arange(BLOCK) if row_bits else np.zeros(BLOCK, dtype=np.int64)

    def pack(start: int, stop: int) -> None:
        part = key[start:stop]
        np.left_shift(customer[start:stop], period_bits, out=part)
        part += period[start:stop]
        np.left_shift(part, row_bits, out=part)
        part += index[: stop - start] + (start * bool(row_bits) - (first << row_bits))

    over_ranges(pack, len(customer), BLOCK)
    return key


def _marked(
    key: Ints, values: Sequence[Array], first: int | None, period_bits: int, row_bits: int
) -> Runs:
    """Return the runs of a sorted key: find them block by block, then put them together.

    Blocks end where a customer does, so that no run lies in two of them. first = None: the values
    are sorted as the key is, and periods are ranks.
    """
    size = len(key)
    shift = period_bits + row_bits
    near = np.arange(_MANY, size, _MANY)
    cuts = np.searchsorted(key, ((key[near - 1] >> shift) + 1) << shift)
    edges = np.unique(np.concatenate([[0], cuts, [size]]))
    blocks = list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
    mask, bound = (1 << row_bits) - 1, abs(first or 0) + (1 << period_bits)
    narrow = np.int32 if max(size, bound, int(key[-1] >> row_bits)) < 2**31 else np.int64
    found: list[Any] = [()] * len(blocks)

    def find(i: int) -> None:
        begin, end = blocks[i]
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
        found[i] = (owner[owners], owners, period, lines, *sums)

    over_blocks(find, len(blocks))
    people, runs = (np.cumsum([0, *(len(part[k]) for part in found)]).tolist() for k in (0, 2))
    customer, starts = np.empty(people[-1], np.int64), np.empty(people[-1] + 1, np.int64)
    columns = [np.empty(runs[-1], narrow), np.empty(runs[-1], narrow)]
    columns += [np.empty(runs[-1]) for _ in values]
    starts[-1] = runs[-1]

    def fill(i: int) -> None:
        owner, owners, *parts = found[i]
        customer[people[i] : people[i + 1]] = owner
        np.add(owners, runs[i], out=starts[people[i] : people[i + 1]])
        for target, part in zip(columns, parts, strict=True):
            target[runs[i] : runs[i + 1]] = part
        found[i] = ()

    over_blocks(fill, len(blocks))
    return Runs(customer, starts, columns[0], columns[1], tuple(columns[2:]))


def _money_sums(values: Array, heads: Ints, same: npt.NDArray[np.bool_]) -> Array:
    """Return the sum of each run; of whole cents exactly, whatever the order of rows."""
    cents = values * 100.0
    whole = np.rint(cents)
    cents -= whole
    if np.abs(cents, out=cents).max() <= 1e-9 and np.abs(whole).max() < 2.0**40:
        return _run_sums(whole, heads, same) / 100.0
    return _run_sums(values, heads, same)


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
    size = len(ordered)
    found: dict[int, Ints] = {}

    def mark(start: int, stop: int) -> None:
        part = ordered[max(start - 1, 0) : stop]
        found[start] = np.flatnonzero(part[1:] != part[:-1]) + max(start, 1)

    over_ranges(mark, size, _MANY)
    ends = np.array([size], dtype=np.int64)
    inner = [found[start] for start in sorted(found)]
    return np.concatenate([np.zeros(min(size, 1), dtype=np.int64), *inner, ends])


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
