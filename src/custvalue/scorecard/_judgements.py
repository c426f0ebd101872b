"""Judgements of pairs as they are given: matrices, frames or pairs; one sheet or one a judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from custvalue._check import Array, as_array, real, within
from custvalue._frames import labels, numeric, opened, read
from custvalue._tally import Column
from custvalue.errors import InvalidDataError, message

# mean consistency index of random reciprocal matrices of order 1, 2, ...: Saaty (1980), page 21
RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57,
                1.59)  # fmt: skip
_ROUNDED = 0.05  # 0.13 for 1/8 is 4 % off


def read_judges(comparisons: Any, names: Any) -> tuple[Column, Array, int, str]:
    """Return names, the geometric mean of the judges' matrices, their number, the kind of frame."""
    sheets = [_read(sheet) for sheet in _sheets(comparisons)]
    first, kind = sheets[0][1], sheets[0][2]
    listed = isinstance(names, (Sequence, np.ndarray)) and not isinstance(names, str)
    if names is not None and not listed:
        raise InvalidDataError(message("names", "must be a sequence of names", value=names))
    order = sheets[0][0] if names is None else np.asarray(names, dtype=object).tolist()
    if order is None:
        order = list(range(len(first)))
    logs = np.zeros(first.shape)
    for named, matrix, _ in sheets:
        if matrix.shape != first.shape:
            rule = "must be of one shape for all judges"
            raise InvalidDataError(message("comparisons", rule, value=matrix.shape))
        if named is not None and named != order:
            place = {name: i for i, name in enumerate(named)}
            if set(place) != set(order):
                rule = f"must compare {order}"
                raise InvalidDataError(message("comparisons", rule, value=named))
            rows = [place[name] for name in order]
            matrix = matrix[np.ix_(rows, rows)]
        logs += np.log(matrix)
    column = np.empty(len(order), dtype=object)
    column[:] = order
    if all(type(name) is int for name in order):
        column = column.astype(np.int64)
    return column, np.exp(logs / len(sheets)), len(sheets), kind


def _sheets(comparisons: Any) -> list[Any]:
    """Return what each judge gave."""
    if isinstance(comparisons, Mapping) or _is_frame(comparisons):
        return [comparisons]
    listed = isinstance(comparisons, (list, tuple))
    if listed and any(isinstance(one, Mapping) or _is_frame(one) for one in comparisons):
        return list(comparisons)
    array = as_array("comparisons", comparisons, "must be a square matrix, for each judge")
    if array.ndim not in (2, 3) or not len(array):
        rule = "must be a square matrix, or one for each judge"
        raise InvalidDataError(message("comparisons", rule, value=array.shape))
    return [array] if array.ndim == 2 else list(array)


def _is_frame(value: Any) -> bool:
    kind = type(value)  # a lazy frame warns where it is asked itself
    return hasattr(kind, "columns") or hasattr(kind, "column_names")


def _read(sheet: Any) -> tuple[list[Any] | None, Array, str]:
    """Return names, comparisons and the kind of frame of one judge."""
    if isinstance(sheet, Mapping):
        return (*_of_pairs(sheet), "pandas")
    columns = opened(sheet, {}).collect_schema().names() if _is_frame(sheet) else []
    if not all(isinstance(name, str) for name in columns) or not columns:  # numbered: an array
        return None, reciprocal(real("comparisons", sheet)), "pandas"
    found = read(sheet, **{f"column {i}": name for i, name in enumerate(columns)})
    roles = list(found.columns)
    rows = None
    if not found.columns[roles[0]].dtype.is_numeric():  # the names of the rows
        rows = labels(found, roles[0]).tolist()
        columns, roles = columns[1:], roles[1:]
    elif found.kind == "pandas" and any(isinstance(name, str) for name in sheet.index):
        rows = sheet.index.tolist()
    if rows is not None and rows != columns:
        rule = "must have rows named as the columns, in the same order"
        raise InvalidDataError(message("comparisons", rule, value=rows))
    matrix = np.column_stack([numeric(found, role) for role in roles])
    return columns, reciprocal(matrix), found.kind


def _of_pairs(pairs: Mapping[Any, Any]) -> tuple[list[Any], Array]:
    """Return names, in the order in which they occur, and the whole matrix of judged pairs."""
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2 or pair[0] == pair[1]:
            rule = "must be pairs of different things, such as ('quality', 'price')"
            raise InvalidDataError(message("comparisons", rule, value=pair))
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    place = {name: i for i, name in enumerate(names)}
    matrix = np.eye(len(names))
    given = within("comparisons", list(pairs.values()), 0.0, open_low=True)
    for (one, other), value in zip(pairs, given.tolist(), strict=True):
        if (other, one) in pairs:
            rule = "must give each pair once"
            raise InvalidDataError(message("comparisons", rule, value=(one, other)))
        matrix[place[one], place[other]], matrix[place[other], place[one]] = value, 1.0 / value
    lacking = np.argwhere(matrix == 0.0)
    if len(lacking):
        rule = "must give each pair"
        missing = (names[lacking[0][0]], names[lacking[0][1]])
        hint = f"{len(lacking) // 2} pairs are missing, such as {missing}."
        raise InvalidDataError(message("comparisons", rule, value=len(pairs), hint=hint))
    return names, reciprocal(matrix)


def reciprocal(matrix: Array) -> Array:
    """Return a matrix in which each judgement is one over the opposite one, exactly."""
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not len(matrix):
        rule = "must be a square matrix"
        raise InvalidDataError(message("comparisons", rule, value=matrix.shape))
    if len(matrix) > len(RANDOM_INDEX):
        rule = f"must be of at most {len(RANDOM_INDEX)} things"
        hint = "Compare groups of them first, and then those of each group."
        raise InvalidDataError(message("comparisons", rule, value=len(matrix), hint=hint))
    matrix = within("comparisons", matrix, 1e-6, 1e6)
    off = np.abs(matrix * matrix.T - 1.0) > _ROUNDED
    if off.any():
        i, j = np.argwhere(off)[0].tolist()
        rule = f"must be reciprocal: those of rows and columns {i}, {j} and {j}, {i} multiply to 1"
        found = (float(matrix[i, j]), float(matrix[j, i]))
        raise InvalidDataError(message("comparisons", rule, value=found))
    return np.sqrt(matrix / matrix.T)
