"""Distinct (x, t_x, T) and how many customers have them: what a likelihood has to visit.

Times measured in whole grains (days, or days expressed in weeks, months or years) lie on a lattice;
there the customers share far fewer patterns than there are customers, and integers index tables.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array
from custvalue._chunks import BLOCK, blocked, largest, over_ranges
from custvalue._reduce import counted, reduce

Ints = npt.NDArray[np.int64]

# whole grains per unit: hours, days, weeks and months in days, weeks, months, quarters and years
SCALES = (1.0, 7.0, 24.0, 168.0, 30.4375, 91.3125, 365.25, 3.0, 12.0, 730.5, 2191.5, 8766.0)
_SAMPLE = 512
_FEW = 256  # rows below which it is not worth looking for equal ones


def lattice_scale(*columns: Array) -> float | None:
    """Return the s for which all values are whole multiples of 1/s, judged by a sample, or None."""
    sample = np.concatenate([c[:: max(1, len(c) // _SAMPLE)] for c in columns])
    return next((s for s in SCALES if _whole(sample * s)), None)


def _whole(values: Array) -> bool:
    return bool((np.abs(values - np.rint(values)) <= 1e-9 * (1.0 + np.abs(values))).all())


@dataclasses.dataclass(frozen=True)
class Patterns:
    """Rows (x, t_x, T) with `n` customers each, and the margins that depend on x or T alone.

    tail[j] = customers with x > j; exposure = (T, customers, purchases) for each distinct T.
    """

    x: Array
    t_x: Array
    T: Array
    n: Array
    customers: float
    tail: Array
    exposure: tuple[Array, Array, Array]

    @functools.cached_property
    def repeaters(self) -> Patterns:
        """The rows with x > 0, with the margins of all."""
        once = int(np.count_nonzero(self.x == 0))
        keep = slice(once, None) if not self.x[:once].any() else self.x > 0
        return dataclasses.replace(
            self, x=self.x[keep], t_x=self.t_x[keep], T=self.T[keep], n=self.n[keep]
        )

    def thinned(self, rows: int) -> Patterns:
        """Return `rows` customers at even distances in the order of the patterns, for all."""
        reached = np.cumsum(self.n)
        share = reached[-1] / rows
        span = np.searchsorted(reached, (np.arange(rows) + 0.5) * share)
        each = np.full(rows, share)
        T, _, _ = self.exposure
        exposure = self.exposure
        if len(T) > rows:  # off the lattice the margin of T is as long as the data
            exposure = (self.T[span], each, each * self.x[span])
        return dataclasses.replace(
            self, x=self.x[span], t_x=self.t_x[span], T=self.T[span], n=each, exposure=exposure
        )

    def fingerprint(self) -> str:
        """Return a hash of the data that does not depend on the order of rows."""
        T, people, purchases = (np.sort(np.round(c, 9)) for c in self.exposure)
        digest = hashlib.blake2b(digest_size=8)
        for column in (self.tail, T, people, purchases):
            digest.update(np.ascontiguousarray(column).tobytes())
        digest.update(f"{float(self.n @ self.t_x):.9g}".encode())
        return digest.hexdigest()


def count_patterns(x: Array, t_x: Array, T: Array, weight: Array | None = None) -> Patterns:
    """Return the distinct patterns of (x, t_x, T), sorted, with their customers."""
    scale = lattice_scale(t_x, T)
    most_x, most_T = int(largest(x)), int(largest(T) * (scale or 1.0) + 0.5)
    T_bits = most_T.bit_length()
    key = None
    bits = most_x.bit_length() + 2 * T_bits
    if scale is not None and bits <= 63:
        key = _packed(x, t_x, T, scale, T_bits, np.uint32 if bits <= 32 else np.int64)
    if key is None or scale is None:
        # an order of their own, so that the order of the rows does not change a digit
        order = np.argsort(x * np.sqrt(2.0) + t_x * np.sqrt(3.0) + T, kind="stable")
        x, t_x, T = x[order], t_x[order], T[order]
        n = np.ones(len(x)) if weight is None else weight[order]
        return _with_margins(x, t_x, T, n, (T, n, n * x))
    if weight is None:
        key.sort()
        head, n = counted(key)
    else:
        runs = reduce(key.astype(np.int64), np.zeros(len(key), dtype=np.int64), (weight,))
        head, n = runs.customer, runs.sums[0]
    del key
    size = len(head)
    xs, ts, Ts = np.empty(size), np.empty(size), np.empty(size)
    mask = (1 << T_bits) - 1

    def unpack(start: int, stop: int) -> None:
        part = head[start:stop]
        xs[start:stop] = part >> (2 * T_bits)
        Ts[start:stop] = (part >> T_bits) & mask
        ts[start:stop] = part & mask
        if scale != 1.0:
            ts[start:stop] /= scale
            Ts[start:stop] /= scale

    over_ranges(unpack, size, BLOCK)
    codes = ((head >> T_bits) & mask).astype(np.int64)
    people = np.bincount(codes, weights=n)
    present = np.flatnonzero(people)
    purchases = np.bincount(codes, weights=n * xs)
    margins = (present / scale, people[present], purchases[present])
    first, second, third = (np.asarray(column, dtype=np.float64) for column in margins)
    return _with_margins(xs, ts, Ts, n, (first, second, third))


def _with_margins(
    x: Array, t_x: Array, T: Array, n: Array, exposure: tuple[Array, Array, Array]
) -> Patterns:
    by_x = np.bincount(x.astype(np.int64), weights=n)
    tail = np.cumsum(by_x[::-1])[::-1][1:].astype(np.float64)
    return Patterns(x, t_x, T, n, float(n.sum()), tail, exposure)


def _packed(
    x: Array, t_x: Array, T: Array, scale: float, bits: int, dtype: type[np.integer[Any]]
) -> Ints | None:
    """Return x, T and t_x in one integer a row, or None where a row is off the lattice."""
    key = np.empty(len(x), dtype=dtype)
    regular = [True]

    def pack(start: int, stop: int) -> None:
        part = key[start:stop]
        part[:] = x[start:stop]
        for column in (T, t_x):
            codes = _codes(column[start:stop], scale, dtype)
            if codes is None:
                regular[0] = False
                return
            np.left_shift(part, bits, out=part)
            part |= codes

    over_ranges(pack, len(x), BLOCK)
    return key if regular[0] else None


def _codes(
    values: Array, scale: float, dtype: type[np.integer[Any]] = np.int64
) -> npt.NDArray[Any] | None:
    """Return values times scale as integers, or None where they are not whole."""
    if scale == 1.0:
        return values.astype(dtype) if (np.rint(values) == values).all() else None
    scaled = values * scale
    nearest = np.rint(scaled)
    scaled -= nearest
    whole = np.abs(scaled, out=scaled).max() <= 1e-9 * (1.0 + nearest.max())
    return nearest.astype(dtype) if whole else None


def by_distinct(formula: Callable[[Array, Array], Array], x: Array, T: Array) -> Array:
    """Return formula(x, T) of whole x >= 0 and times T, evaluated once per distinct pair.

    Falls back to every row where T is on no lattice or the pairs are about as many as the rows.
    """
    if x.ndim != 1 or x.shape != T.shape or len(x) < _FEW:
        return blocked(formula, x, T)
    scale = lattice_scale(T)
    if scale is None:
        return blocked(formula, x, T)
    width = int(largest(T) * scale + 0.5) + 1
    cells = (int(largest(x)) + 1) * width
    if cells > max(len(x), BLOCK):
        return blocked(formula, x, T)
    cell = np.empty(len(x), dtype=np.int32)
    seen = np.zeros(cells, dtype=bool)
    regular = [True]

    def locate(start: int, stop: int) -> None:
        codes = _codes(T[start:stop], scale)
        if codes is None:
            regular[0] = False
            return
        codes += x[start:stop].astype(np.int64) * width
        cell[start:stop] = codes
        seen[codes] = True

    over_ranges(locate, len(x), BLOCK)
    if not regular[0]:
        return blocked(formula, x, T)
    present = np.flatnonzero(seen)
    table = np.empty(cells)
    pairs = np.divmod(present, width)
    table[present] = blocked(formula, pairs[0].astype(np.float64), np.asarray(pairs[1] / scale))
    out = np.empty(len(x))

    def look_up(start: int, stop: int) -> None:
        np.take(table, cell[start:stop], out=out[start:stop], mode="clip")

    over_ranges(look_up, len(x), BLOCK)
    return out
