"""Themes in what people say: from coded statements to shares of units and agreement of coders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from custvalue._check import one_of, refuse
from custvalue._frames import Table, missing, read
from custvalue._ids import identify
from custvalue._tally import Column
from custvalue.errors import InvalidDataError, message
from custvalue.scorecard._themes import Ints, Themes, theme_names


def themes(
    table: Any,
    *,
    unit: str,
    theme: str,
    coder: str | None = None,
    names: Mapping[str, Any] | Sequence[str] | None = None,
    rule: str = "majority",
    repeats: str = "error",
) -> Themes:
    """Return which themes units have, and how far coders agree on them.

    Parameters
    ----------
    table : data frame
        Any frame that Narwhals reads, one row for each theme that a coder found in a unit. A row
        without a theme says that the coder read the unit: without one, a unit in which nothing was
        found is not among the units, and a coder who found nothing not among its coders.
    unit : str
        Column of what was coded: statements, interviews, tickets.
    theme : str
        Column of codes, text or whole numbers.
    coder : str, optional
        Column of who coded. Without it there is one coder.
    names : mapping or sequence of str, optional
        The list of themes: names by theme, each a text or texts by language such as
        {"price": {"en": "Price", "zh": "价格"}}, or the themes alone. Themes that never occur
        then have the share 0, and others are refused.
    rule : {"majority", "any", "all"}
        Which coders it takes for a unit to have a theme: more than half, one, or all of its own.
    repeats : {"error", "once"}
        What to do where a coder found a theme in a unit twice: refuse it, or count it once and in
        `notes`.

    Returns
    -------
    Themes
        With `value`, `interval()`, `alpha`, `overall_alpha`, `agreement()` and `to_frame()`.

    Raises
    ------
    InvalidDataError
        If a unit or a coder is missing, a theme is not in the list, or occurs twice for a unit and
        coder and `repeats="error"`.

    References
    ----------
    Krippendorff, *Content Analysis*, 2nd ed. (2004), chapters 7 and 11.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> said = pd.DataFrame({"ticket": [1, 2, 2, 3], "theme": ["price", "price", "wait", None]})
    >>> found = cv.scorecard.themes(said, unit="ticket", theme="theme",
    ...     names={"price": {"en": "Price", "zh": "价格"}, "wait": {"en": "Waiting", "zh": "等待"}})
    >>> dict(zip(found.labels("zh"), found.value.round(3).tolist()))
    {'价格': 0.667, '等待': 0.333}
    """
    one_of("repeats", repeats, ("error", "once"))
    listed = theme_names({} if names is None else names)
    found = read(table, unit=unit, theme=theme, coder=coder)
    units = _ids(found, "unit")
    who = _ids(found, "coder") if coder is not None else np.zeros_like(units)
    pair = units * (int(who.max(initial=0)) + 1) + who
    pairs, place = np.unique(pair, return_inverse=True)
    unit_of_pair = pairs // (int(who.max(initial=0)) + 1)
    coders = np.bincount(unit_of_pair)
    code, labels, has = _codes(found)
    count = max(len(labels), 1)
    marks, first = np.unique(place[has] * count + code[has], return_index=True)
    notes = _repeats(found, has, first, repeats)
    in_unit, marked = np.unique(
        unit_of_pair[marks // count] * count + marks % count, return_counts=True
    )
    widest = int(coders.max(initial=0)) + 1
    key = (in_unit % count * widest + coders[in_unit // count]) * widest + marked
    rows, times = np.unique(key, return_counts=True)
    sizes = np.bincount(coders)
    size = np.flatnonzero(sizes)
    return Themes(
        np.concatenate([np.full(len(size), "", dtype=object), labels[rows // widest**2]]),
        np.concatenate([size, rows // widest % widest]),
        np.concatenate([np.zeros_like(size), rows % widest]),
        np.concatenate([sizes[size], times]),
        rule,
        listed,
        notes=notes,
        frame=found.kind,
    )


def _ids(table: Table, role: str) -> Ints:
    """Return dense codes of a column in which nothing may be missing."""
    found = identify(table, role, f"{role}s")
    if found.missing is not None:
        rule = "has missing values"
        refuse(table.names[role], rule, np.nan, found.missing, hint="Leave those rows out.")
    return np.asarray(np.unique(found.codes, return_inverse=True)[1], dtype=np.int64)


def _codes(table: Table) -> tuple[Ints, Column, Column]:
    """Return codes of the themes, the themes as text, and which rows have one."""
    name, absent = table.names["theme"], missing(table.columns["theme"])
    has = np.ones(table.rows, dtype=np.bool_) if absent is None else ~absent
    if not has.any():
        return np.zeros(table.rows, dtype=np.int64), np.empty(0, dtype=object), has
    found = identify(table, "theme", "themes")
    distinct, dense = np.unique(found.codes[has], return_inverse=True)
    shown = found.decode(distinct).tolist()
    if not all(isinstance(label, (str, int)) and not isinstance(label, bool) for label in shown):
        rule = "must be text or whole numbers"
        raise InvalidDataError(message(name, rule, value=type(shown[0]).__name__))
    blank = np.zeros(table.rows, dtype=np.bool_)
    blank[has] = np.array([not str(label).strip() for label in shown])[dense]
    refuse(name, "must not be blank", "", blank, hint="Make it missing where there is no theme.")
    codes = np.zeros(table.rows, dtype=np.int64)
    codes[has] = dense
    labels = np.array([str(label) for label in shown], dtype=object)
    return codes, labels, has


def _repeats(table: Table, has: Column, first: Ints, repeats: str) -> dict[str, int]:
    """Return how many marks are there again; refuse them if so asked."""
    again = has.copy()
    again[np.flatnonzero(has)[first]] = False
    if not again.any():
        return {}
    if repeats == "error":
        columns = ", ".join(table.names.values())
        rule = "must be different in all rows"
        hint = 'Pass repeats="once" to count a theme of a unit and coder once.'
        where = int(np.flatnonzero(again)[0])
        raise InvalidDataError(message(columns, rule, row=where, count=int(again.sum()),
                                       total=table.rows, hint=hint))  # fmt: skip
    return {"repeated themes counted once": int(again.sum())}
