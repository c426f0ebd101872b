"""Cache-sized, threaded evaluation of elementwise formulas and of sums over rows.

NumPy's ufuncs release the interpreter's lock, so blocks that fit the cache run on all cores with no
temporary larger than a block. Sums are added block by block in order: the number of threads does
not change a digit.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array
from custvalue.errors import InvalidDataError

BLOCK = 65_536  # rows: temporaries of half a megabyte stay in the cache, calls are rare enough


def _default_workers() -> int:
    asked = os.environ.get("CUSTVALUE_THREADS", "")
    if asked.isascii() and asked.isdecimal() and int(asked) > 0:
        return int(asked)
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_workers = _default_workers()
_pool: ThreadPoolExecutor | None = None


def _forget_pool() -> None:
    global _pool
    _pool = None  # a forked child has none of its parent's threads


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)


def workers() -> int:
    """Return the number of threads in use."""
    return _workers


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Use `count` threads inside the block (default: all cores, or CUSTVALUE_THREADS)."""
    global _workers
    before, _workers = _workers, count
    _forget_pool()
    try:
        yield
    finally:
        _workers = before
        _forget_pool()


def over_blocks(task: Callable[[int], None], count: int) -> None:
    """Call task(0), ..., task(count - 1), over the threads."""
    global _pool
    if _workers == 1 or count < 2:
        for block in range(count):
            task(block)
        return
    if _pool is None:
        _pool = ThreadPoolExecutor(_workers, thread_name_prefix="custvalue")
    for _ in _pool.map(task, range(count)):
        pass


def over_ranges(task: Callable[[int, int], None], size: int, step: int) -> None:
    """Call task(start, stop) for consecutive ranges of at most `step` rows, over the threads."""
    over_blocks(lambda i: task(i * step, min((i + 1) * step, size)), -(-size // step))


def blocked(formula: Callable[..., Array], *arguments: Array) -> Array:
    """Return formula(*arguments) of broadcast float64 arrays, computed block by block."""
    arrays = [np.asarray(a, dtype=np.float64) for a in arguments]
    try:
        shape = np.broadcast_shapes(*(a.shape for a in arrays))
    except ValueError as error:
        raise InvalidDataError(f"Arguments and parameters must broadcast: {error}.") from None
    size = int(np.prod(shape, dtype=np.int64))
    if size <= BLOCK:
        with np.errstate(over="ignore", under="ignore"):
            return np.asarray(np.broadcast_to(formula(*arrays), shape))[()]
    axis = int(np.argmax(shape))
    rows = max(1, BLOCK * shape[axis] // size)
    wide = [_stretched(a, shape, axis) for a in arrays]
    out = np.empty(shape)
    before = (slice(None),) * axis

    def task(start: int, stop: int) -> None:
        where = (*before, slice(start, stop))
        with np.errstate(over="ignore", under="ignore"):
            out[where] = formula(*(a if a.ndim == 0 else a[where] for a in wide))

    over_ranges(task, shape[axis], rows)
    return out


def _stretched(array: Array, shape: tuple[int, ...], axis: int) -> Array:
    """Return a view that can be sliced along `axis`; scalars stay scalars."""
    if array.ndim == 0:
        return array
    full = (1,) * (len(shape) - array.ndim) + array.shape
    return np.broadcast_to(array, (*full[:axis], shape[axis], *full[axis + 1 :]))


def blocked_all(test: Callable[..., bool], *columns: Array) -> bool:
    """Return whether test(*columns of a block) holds for every block of columns of one length."""
    lengths = {c.shape for c in columns}
    if len(lengths) > 1 or columns[0].ndim != 1:
        return all(c.size for c in columns) and test(*columns)
    found: list[bool] = []
    over_ranges(
        lambda start, stop: found.append(test(*(c[start:stop] for c in columns))),
        len(columns[0]),
        BLOCK,
    )
    return all(found)


def extent(column: npt.NDArray[Any]) -> tuple[Any, Any]:
    """Return the smallest and the largest value of a column; NaN where there is one."""
    parts: list[tuple[Any, Any]] = []
    share = max(BLOCK, -(-len(column) // _workers))
    over_ranges(
        lambda a, b: parts.append((column[a:b].min(), column[a:b].max())), len(column), share
    )
    low, high = np.array(parts).T
    return low.min().item(), high.max().item()


def largest(column: Array) -> float:
    """Return the largest value of a column."""
    parts: list[float] = []
    over_ranges(lambda a, b: parts.append(float(column[a:b].max())), len(column), 4 * BLOCK)
    return max(parts)


def dot(*factors: Array) -> float:
    """Return the sum of the product of columns.

    Not by BLAS, whose own threads would contend with ours and change digits with their number.
    """
    return float(np.einsum(",".join("i" * len(factors)) + "->", *factors))


def block_sums(sums: Callable[..., Array], *columns: Array) -> Array:
    """Return the sum over blocks of sums(*columns of a block), added in the order of the rows."""
    size = len(columns[0])
    starts = range(0, max(size, 1), BLOCK)
    parts: list[Array] = [np.empty(0)] * len(starts)

    def task(start: int, stop: int) -> None:
        with np.errstate(over="ignore", under="ignore"):
            parts[start // BLOCK] = sums(*(c[start:stop] for c in columns))

    if size == 0:
        return sums(*columns)
    over_ranges(task, size, BLOCK)
    return np.asarray(np.sum(np.stack(parts), axis=0))
