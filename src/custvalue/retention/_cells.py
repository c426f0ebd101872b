"""Counting a history into cells of cohort and age: one pass over its purchases, no sort."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._chunks import over_ranges
from custvalue.errors import InvalidDataError, message
from custvalue.retention._history import Column, History, Ints, Rows, lowest

PERIODS = ("day", "week", "month", "quarter", "year")
BEFORE_SINCE = "customers who started before `since` left out"
_MOST = 30_000_000  # cells
_CUSTOMERS = 16_384  # a step: what its purchases need stays in the cache


def counted(
    history: History, since: int | None, required: bool
) -> tuple[dict[str, Column], dict[str, Any], dict[str, int]]:
    """Return labels and counts of each cell, and notes of who was left out.

    required : whether to refuse that nobody is left.
    """
    bought, last = history.bought, history.last
    origin = bought.period[bought.start[:-1]] if history.born is None else history.born
    origin = np.concatenate([origin, history.idle_born]).astype(np.int64)
    groups = np.concatenate([history.group, history.idle_group])
    kept = np.ones(len(origin), dtype=np.bool_) if since is None else origin >= since
    left_out = len(origin) - int(np.count_nonzero(kept))
    if left_out == len(origin) and required:
        rule = "must leave customers who started by `until`"
        value = f"{left_out} customers, who all started before"
        raise InvalidDataError(message("since", rule, value=value, hint="Give an earlier day."))

    first = lowest(origin[kept], groups[kept], history.groups, last + 1)
    rows = Rows.spanning(first, last)
    group, cohort = rows.keys()
    ages = last + 1 - cohort
    offset = np.cumsum(ages) - ages
    cells = int(ages.sum())
    if cells > _MOST:
        rule = f"must give at most {_MOST} cells of cohort and age"
        hint = "Count longer periods, give `since`, or check the earliest dates."
        raise InvalidDataError(message("period", rule, value=cells, hint=hint))
    row = rows.at(groups[kept], origin[kept])
    size = np.bincount(row, minlength=rows.size)
    active = kept[: len(bought.customer)]
    place = np.zeros(len(active), dtype=np.int64)  # the cell at period 0 of each who bought
    place[active] = offset[row[: np.count_nonzero(active)]]
    place -= origin[: len(active)]
    sums: list[npt.NDArray[Any] | None] = [None, bought.lines]
    sums += [] if bought.spend is None else [bought.spend]
    customers, orders, *revenue = _added(history, place, active, sums, cells)
    if revenue:
        refunds = history.refunds
        own = active[refunds.owner]
        cell = place[refunds.owner[own]] + refunds.period[own]
        revenue[0] = revenue[0] + np.bincount(cell, refunds.amount[own], minlength=cells)
    cell_row = np.repeat(np.arange(rows.size), ages)
    return (
        {name: labels[group[cell_row]] for name, labels in history.labels.items()},
        {
            "cohort": cohort[cell_row],
            "age": np.arange(cells) - offset[cell_row],
            "size": size[cell_row],
            "customers": customers,
            "orders": np.rint(orders).astype(np.int64),
            "revenue": revenue[0] if revenue else np.full(cells, np.nan),
        },
        {BEFORE_SINCE: left_out} if left_out else {},
    )


def _added(
    history: History,
    cell_at_period_0: Ints,
    kept: npt.NDArray[np.bool_],
    columns: list[npt.NDArray[Any] | None],
    cells: int,
) -> list[npt.NDArray[Any]]:
    """Return the sum of each column (None: the number of purchases) in each cell."""
    start, period = history.bought.start, history.bought.period
    step = max(_CUSTOMERS, cells)  # adding up the parts must not cost more than counting
    parts: list[list[npt.NDArray[Any]]] = [[]] * -(-len(kept) // step)
    everybody = bool(kept.all())

    def add(begin: int, end: int) -> None:
        where = slice(int(start[begin]), int(start[end]))
        each = np.diff(start[begin : end + 1])
        cell = np.repeat(cell_at_period_0[begin:end], each)
        cell += period[where]
        own = [None if column is None else column[where] for column in columns]
        if not everybody:
            rows = np.repeat(kept[begin:end], each)
            cell, own = cell[rows], [None if c is None else c[rows] for c in own]
        parts[begin // step] = [
            np.bincount(cell, weights=column, minlength=cells) for column in own
        ]

    if not len(kept):
        return [np.zeros(cells, dtype=np.int64) for _ in columns]
    over_ranges(add, len(kept), step)
    return [np.sum(np.stack(column), axis=0) for column in zip(*parts, strict=True)]
