"""How much predictors explain, alone and together, from correlation matrices (in batches)."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from custvalue._check import Array

EXACT = 20  # predictors: a million subsets
_NOTHING = 1e-10  # share of variance left of a predictor that others determine
_CELLS = 1 << 21  # subsets at a time, over the batch


def gains(matrices: Array) -> Array:
    """Return what each predictor adds to R^2, taken in the order of the columns.

    `matrices`, of shape (..., p + 1, p + 1), are correlations, the outcome last. A predictor that
    those before it determine adds 0.
    """
    rest, added = matrices, []
    for _ in range(matrices.shape[-1] - 1):
        factor = _inverse(rest[..., 0, 0])
        added.append(rest[..., -1, 0] ** 2 * factor)
        rest = _without_first(rest, factor)
    return np.stack(added, axis=-1)


def determined(matrices: Array) -> npt.NDArray[np.bool_]:
    """Return which predictors those before them determine, of shape (..., p)."""
    rest, found = matrices, []
    for _ in range(matrices.shape[-1] - 1):
        found.append(~(rest[..., 0, 0] > _NOTHING))
        rest = _without_first(rest, _inverse(rest[..., 0, 0]))
    return np.stack(found, axis=-1)


def _inverse(pivot: Array) -> Array:
    enough = np.asarray(pivot > _NOTHING)
    return np.asarray(np.divide(1.0, pivot, out=np.zeros(enough.shape), where=enough))


def _without_first(matrix: Array, factor: Array) -> Array:
    """Return what is left of the matrix when the first variable is held fixed."""
    column = matrix[..., 1:, 0]
    scaled = column * factor[..., None]
    return np.asarray(matrix[..., 1:, 1:] - scaled[..., :, None] * column[..., None, :])


def of_subsets(matrices: Array) -> Array:
    """Return R^2 of each subset of predictors, of shape (batch, 2^p); the first bit is the first.

    Layer by layer: each matrix splits into one with the next predictor left out and one with it
    held fixed, so that 2^p subsets cost about 6 * 2^p numbers.
    """
    batch, size = matrices.shape[0], matrices.shape[-1]
    layer = matrices[:, None]
    for _ in range(size - 1):
        held = _without_first(layer, _inverse(layer[..., 0, 0]))
        both = np.stack([layer[..., 1:, 1:], held], axis=2)
        layer = both.reshape(batch, -1, *both.shape[-2:])
    return np.asarray(1.0 - layer[..., 0, 0])


def shapley(matrices: Array) -> Array:
    """Return the mean gain of each predictor over all orders (LMG), of shape (batch, p)."""
    p = matrices.shape[-1] - 1
    sizes = np.zeros(1, dtype=np.int64)
    for _ in range(p - 1):
        sizes = np.concatenate([sizes, sizes + 1])
    orders = [math.factorial(s) * math.factorial(p - 1 - s) / math.factorial(p) for s in range(p)]
    share = np.array(orders)[sizes]
    step = max(1, _CELLS >> p)
    out = np.empty((len(matrices), p))
    for start in range(0, len(matrices), step):
        explained = of_subsets(matrices[start : start + step])
        for j in range(p):
            split = explained.reshape(len(explained), 1 << j, 2, -1)
            gain = (split[:, :, 1] - split[:, :, 0]).reshape(len(explained), -1)
            # Not @: starting the threads of BLAS takes longer than the sum.
            out[start : start + step, j] = np.einsum("bs,s->b", gain, share)
    return out


def sampled_shapley(matrices: Array, orders: npt.NDArray[np.int64]) -> tuple[Array, Array]:
    """Return the mean gain over the orders given and their reverses, and its standard error.

    An order and its reverse are one draw: their gains differ in opposite ways.
    """
    p = matrices.shape[-1] - 1
    mean, error = np.empty((2, len(matrices), p))
    place = np.argsort(orders, axis=1)
    step = max(1, _CELLS // (p + 1) ** 2)
    for i, matrix in enumerate(matrices):
        draws = np.empty(orders.shape)
        for start in range(0, len(orders), step):
            some, back = orders[start : start + step], place[start : start + step]
            ahead = np.take_along_axis(_in_order(matrix, some), back, axis=1)
            behind = np.take_along_axis(_in_order(matrix, some[:, ::-1]), p - 1 - back, axis=1)
            draws[start : start + step] = (ahead + behind) / 2.0
        mean[i] = draws.mean(axis=0)
        error[i] = draws.std(axis=0, ddof=1) / math.sqrt(len(orders))
    return mean, error


def _in_order(matrix: Array, orders: npt.NDArray[np.int64]) -> Array:
    p = matrix.shape[-1] - 1
    all_of = np.column_stack([orders, np.full(len(orders), p)])
    return gains(matrix[all_of[:, :, None], all_of[:, None, :]])


def last(matrices: Array) -> Array:
    """Return what each predictor adds to R^2 of all others."""
    p = matrices.shape[-1] - 1
    columns = []
    for j in range(p):
        order = [*(i for i in range(p) if i != j), j, p]
        columns.append(gains(matrices[..., order, :][..., order])[..., -1])
    return np.stack(columns, axis=-1)


def relative_weights(matrices: Array) -> Array:
    """Return Johnson's relative weights, of shape (batch, p).

    With L the symmetric square root of the correlations of predictors and b = L^-1 r the weights
    are L^2 b^2, elementwise. Where L is singular L^-1 is the pseudo-inverse, which keeps the sum.
    """
    value, vector = np.linalg.eigh(matrices[..., :-1, :-1])
    root = np.sqrt(np.where(value > _NOTHING, value, 0.0))
    inverse = np.divide(1.0, root, out=np.zeros(root.shape), where=root > 0)
    square_root = (vector * root[..., None, :]) @ np.swapaxes(vector, -1, -2)
    along = np.swapaxes(vector, -1, -2) @ matrices[..., :-1, -1:]
    beta = vector @ (inverse[..., None] * along)
    return np.asarray((square_root**2 @ beta**2)[..., 0])


def standardised(matrices: Array) -> Array:
    """Return the standardised coefficients of all predictors together."""
    value, vector = np.linalg.eigh(matrices[..., :-1, :-1])
    inverse = np.divide(1.0, value, out=np.zeros(value.shape), where=value > _NOTHING)
    along = np.swapaxes(vector, -1, -2) @ matrices[..., :-1, -1:]
    return np.asarray((vector @ (inverse[..., None] * along))[..., 0])
