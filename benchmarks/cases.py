"""Every case of the benchmarks: all tasks, and whether the results of their contenders agree."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import numpy as np

import cases_clv
import cases_maturity
import cases_retention
import cases_satisfaction
import inputs
from tasks import OURS

TASKS = {
    **cases_clv.TASKS,
    **cases_retention.TASKS,
    **cases_satisfaction.TASKS,
    **cases_maturity.TASKS,
}
CHECKED = ("2.4k", "100k")  # sizes at which results are compared: the small ones


def prepared(
    task: str, contender: str, size: str, directory: Path
) -> tuple[Callable[[], Any], int]:
    """Return the call to measure and the bytes of the task's inputs.

    The call was made once at the smallest size, so that imports are behind it.
    """
    kind, found = TASKS[task].kind, TASKS[task].contender(contender)
    found.call(*found.prepare(inputs.read(kind, inputs.SMALLEST, directory)))
    columns = inputs.read(kind, size, directory)
    arguments = found.prepare(columns)
    return lambda: found.call(*arguments), sum(column.nbytes for column in columns.values())


def estimated(task: str, contender: str, size: str, directory: Path) -> float:
    """Return the seconds that a contender says its call will take; 0 where it does not say."""
    found = TASKS[task].contender(contender)
    if found.estimate is None:
        return 0.0
    return found.estimate(*found.prepare(inputs.read(TASKS[task].kind, size, directory)))


def check(task: str, size: str, directory: Path, without: Collection[str] = ()) -> None:
    """Raise AssertionError if a contender's result differs from custvalue's."""
    columns = inputs.read(TASKS[task].kind, size, directory)
    results = {
        found.name: found.numbers(found.call(*found.prepare(columns)))
        for found in TASKS[task].contenders
        if found.numbers is not None and found.name not in without
    }
    for name, tolerance in TASKS[task].tolerance.items():
        for contender, result in results.items():
            np.testing.assert_allclose(
                result[name],
                results[OURS][name],
                rtol=tolerance,
                err_msg=f"{task}, {size}: {name} of {contender} against {OURS}",
            )
