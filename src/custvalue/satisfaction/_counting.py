"""Counting answers: respondents, weights and their squares per group and option of the scale."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, number
from custvalue._chunks import BLOCK, over_ranges
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction._answers import NO_COLUMN, Answers, read_answers, required_scale

_PARTS = 32  # whatever the number of threads, so that it changes no digit
_MOST = 1001  # options: a scale of 0 to 1000
Column = npt.NDArray[Any]


def options(scale: Any) -> Array:
    """Return the answers possible on a scale of whole numbers, ascending."""
    low, high = required_scale(scale)
    if low != int(low) or high != int(high) or high - low >= _MOST:
        rule = f"must begin and end with whole numbers, with at most {_MOST} options"
        raise InvalidDataError(message("scale", rule, value=(low, high)))
    return np.arange(low, high + 1.0)


def read_one(table: Any, column: Any, *, reverse: bool = False, **how: Any) -> Answers:
    """Return the answers to one question."""
    turned = (column or NO_COLUMN,) if reverse else ()
    answers = read_answers(table, column, reverse=turned, **how)
    if len(answers.columns) != 1:
        rule = "must be one column"
        raise InvalidDataError(message("column", rule, value=list(answers.columns)))
    return answers


def counted(answers: Answers, item: int = 0) -> tuple[Column, Column, Column]:
    """Return respondents, sum of weights and of their squares, of shape (groups, options)."""
    assert answers.scale is not None
    low, levels = int(answers.scale[0]), len(options(answers.scale))
    size = answers.group_count * levels
    column, weight = answers.each[item], answers.weight
    codes = answers.codes if answers.groups else None
    whole = column.dtype.kind in "iu"
    parts: dict[int, list[Column]] = {}

    def task(start: int, stop: int) -> None:
        part = column[start:stop]
        group = None if codes is None else codes[start:stop]
        mass = None if weight is None else weight[start:stop]
        kept = None if mass is None or mass.all() else mass > 0.0  # who has weight 0 is nobody
        if not whole and np.isnan(part).any():
            kept = ~np.isnan(part) & (True if kept is None else kept)
        if kept is not None:
            part = part[kept]
            group = None if group is None else group[kept]
            mass = None if mass is None else mass[kept]
        cell = np.zeros(len(part), dtype=np.int64) if group is None else group * levels
        np.add(cell, part, out=cell, casting="unsafe")
        cell -= low
        found = [np.bincount(cell, minlength=size)]
        if mass is not None:
            found += [np.bincount(cell, mass, size), np.bincount(cell, mass * mass, size)]
        parts[start] = found

    step = max(4 * BLOCK, 4 * size, -(-answers.rows // _PARTS))
    over_ranges(task, answers.rows, step)
    empty = [np.zeros(size, dtype=np.int64)] * (1 if weight is None else 3)
    sums = [sum(columns) for columns in zip(empty, *(parts[i] for i in sorted(parts)), strict=True)]
    shaped = [np.asarray(column).reshape(-1, levels) for column in sums]
    count, mass, squares = shaped * 3 if weight is None else shaped  # unweighted: all the same
    return count, mass, squares


def whole_count(name: str, value: Any, low: int, high: int) -> int:
    """Return a whole number from low to high."""
    count = number(name, value, low, high)
    if count != int(count):
        raise InvalidDataError(message(name, "must be a whole number", value=count))
    return int(count)
