"""The kernel behind every log: pack (customer, period) into one integer, sort it, mark the runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array
from custvalue._chunks import BLOCK, over_blocks, over_ranges
from custvalue.errors import InvalidDataError, message

Ints = npt.NDArray[np.int64]
_MANY = 2 * BLOCK


@dataclasses.dataclass(frozen=True)
class Runs:
    """Distinct (customer, period), sorted, with the number of rows and sums of values in each.

    Runs start[i] to start[i + 1] are those of customer[i].
    """

    customer: Ints
    start: Ints
    period: npt.NDArray[np.integer]
    rows: npt.NDArray[np.integer]
    sums: tuple[Array, ...]


def reduce(customer: Ints, period: npt.NDArray[np.integer], values: Sequence[Array] = ()) -> Runs:
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


def _ranks(values: npt.NDArray[np.integer]) -> Ints:
    return np.asarray(np.unique(values, return_inverse=True)[1], dtype=np.int64)


def _packed(
    customer: Ints, period: npt.NDArray[np.integer], first: int, period_bits: int, row_bits: int
) -> Ints:
    key = np.empty(len(customer), dtype=np.int64)
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

    over_ranges(pack, len(customer), BLOCK)
    return key


def _marked(
    key: Ints, values: Sequence[Array], first: int | None, period_bits: int, row_bits: int
) -> Runs:
    """Return the runs of a sorted key: count them block by block, then fill in the results.

    Blocks end where a customer does, so that no run lies in two of them. first = None: the values
    are sorted as the key is, and periods are ranks.
    """
    size = len(key)
    shift = period_bits + row_bits
    near = np.arange(_MANY, size, _MANY)
    cuts = np.searchsorted(key, ((key[near - 1] >> shift) + 1) << shift)
    edges = np.unique(np.concatenate([[0], cuts, [size]]))
    blocks = list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
    counts = np.zeros((len(blocks) + 1, 2), dtype=np.int64)

    def count(i: int) -> None:
        start, stop = blocks[i]
        head = key[start:stop] >> row_bits
        counts[i + 1, 0] = 1 + np.count_nonzero(head[1:] != head[:-1])
        head >>= period_bits
        counts[i + 1, 1] = 1 + np.count_nonzero(head[1:] != head[:-1])

    over_blocks(count, len(blocks))
    offsets = np.cumsum(counts, axis=0)
    runs, people = offsets[-1].tolist()
    narrow = np.int32 if size < 2**31 and abs(first or 0) + (1 << period_bits) < 2**31 else np.int64
    customer, starts = np.empty(people, dtype=np.int64), np.empty(people + 1, dtype=np.int64)
    period, rows = np.empty(runs, dtype=narrow), np.empty(runs, dtype=narrow)
    sums = tuple(np.empty(runs) for _ in values)
    starts[people] = runs

    def fill(i: int) -> None:
        begin, end = blocks[i]
        part = key[begin:end]
        (at, person), (to, last) = offsets[i].tolist(), offsets[i + 1].tolist()
        head = part >> row_bits
        heads = run_starts(head)
        for source, target in zip(values, sums, strict=True):
            if first is None:
                taken = source[begin:end]
            else:
                taken = np.take(source, part & ((1 << row_bits) - 1), mode="clip")
            _sum_runs(taken, heads, target[at:to])
        rows[at:to] = np.diff(heads, append=end - begin)
        head = head[heads]
        period[at:to] = (head & ((1 << period_bits) - 1)) + (first or 0)
        head >>= period_bits
        owners = run_starts(head)
        customer[person:last] = head[owners]
        starts[person:last] = owners + at

    over_blocks(fill, len(blocks))
    return Runs(customer, starts, period, rows, sums)


def _sum_runs(values: Array, heads: Ints, out: Array) -> None:
    """Write the sum of each run of values into `out`."""
    again = len(values) - len(heads)
    if 5 * again > len(values):
        np.add.reduceat(values, heads, out=out)
        return
    np.take(values, heads, out=out, mode="clip")  # runs are mostly single: add the few others
    if again:
        single = np.ones(len(values), dtype=bool)
        single[heads] = False
        others = np.flatnonzero(single)
        np.add.at(out, np.searchsorted(heads, others, side="right") - 1, values[others])


def run_starts(ordered: npt.NDArray[np.integer]) -> Ints:
    """Return where runs of equal values start."""
    inner = np.flatnonzero(ordered[1:] != ordered[:-1])
    starts = np.empty(len(inner) + min(len(ordered), 1), dtype=np.int64)
    starts[:1] = 0
    np.add(inner, 1, out=starts[1:])
    return starts


def run_bounds(ordered: npt.NDArray[np.integer]) -> Ints:
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


def mean_of_repeats(values: Array, start: npt.NDArray[np.integer], include_first: bool) -> Array:
    """Return the mean of each run without its first value (or with it); NaN for runs of one.

    Summed without the first value, not subtracted: no digits are lost.
    """
    again = np.flatnonzero(np.diff(start) > 1)
    begin = start[again] + (0 if include_first else 1)
    end = start[again + 1]
    bounds = np.stack([begin, end], axis=1).ravel()
    mean = np.full(len(start) - 1, np.nan)
    if len(again):
        bounds = bounds[:-1] if end[-1] == len(values) else bounds
        mean[again] = np.add.reduceat(values, bounds)[::2] / (end - begin)
    return mean


def union(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the distinct customers of two sorted arrays, sorted, or say that they do not mix."""
    if (one.dtype.kind in "OU") != (other.dtype.kind in "OU"):
        raise InvalidDataError(
            message(
                "customer",
                "must be of one type in both logs",
                value=f"{one.dtype} and {other.dtype}",
                hint="Read the column as text, or as integers, in both.",
            )
        )
    both = np.sort(np.concatenate([one, other]), kind="stable")
    return np.asarray(both[np.append(True, both[1:] != both[:-1])])
