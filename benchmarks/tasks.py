"""What a task of the benchmarks is: its contenders and floors, and how their results are compared.

A new area is a file like cases_satisfaction.py, with its TASKS added in cases.py, and the kind of
its inputs in inputs.py.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

import inputs
from inputs import Columns

OURS = "custvalue"


@dataclasses.dataclass(frozen=True)
class Contender:
    """One way to do a task: `call(*prepare(columns))`, of which only `call` is measured.

    `numbers` returns what is compared with custvalue's result; a floor has none. `estimate`, of the
    same arguments as `call`, tells the seconds of a call that may be too long, from a part of it.
    """

    name: str
    prepare: Callable[[Columns], tuple[Any, ...]]
    call: Callable[..., Any]
    numbers: Callable[[Any], Columns] | None = None
    estimate: Callable[..., float] | None = None

    @property
    def is_floor(self) -> bool:
        """Whether this is a lower bound instead of a way to do the task."""
        return self.numbers is None


@dataclasses.dataclass(frozen=True)
class Task:
    """Contenders for the same result from the same inputs; custvalue comes first."""

    title: str
    kind: str
    contenders: tuple[Contender, ...]
    tolerance: Mapping[str, float]  # relative, by column; 0 = equal
    about: str  # for the page: what comes of what, and what a reader should know
    sizes: tuple[str, ...] = tuple(inputs.SIZES)

    def contender(self, name: str) -> Contender:
        """Return the contender of that name."""
        return next(c for c in self.contenders if c.name == name)


def pandas_frame(columns: Columns) -> tuple[Any]:
    import pandas as pd

    return (pd.DataFrame(columns),)


def polars_frame(columns: Columns) -> tuple[Any]:
    import polars as pl

    return (pl.DataFrame(columns),)


def in_order(table: Any, names: Sequence[str], *keys: str) -> Columns:
    """Return columns of a table, or attributes of a record, as floats with rows sorted by keys."""
    found = {
        name: np.asarray(
            getattr(table, name) if dataclasses.is_dataclass(table) else table[name], np.float64
        )
        for name in names
    }
    order = np.lexsort([found[key] for key in reversed(keys)])
    return {name: column[order] for name, column in found.items()}
