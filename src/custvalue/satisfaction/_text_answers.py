"""Answers exported as text: numbers by the labels declared, else an error that says how."""

from __future__ import annotations

import math
import numbers
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, number
from custvalue.errors import InvalidDataError, message

Flags = npt.NDArray[np.bool_]
_SHOWN = 5  # values and rows that a message lists
_USUAL = ("", "-", "na", "n/a", "nan", "none", "null", "not applicable", "don't know", "no answer")


def resolved(
    name: str,
    values: npt.NDArray[Any],
    labels: Mapping[str, float] | None,
    not_applicable: Collection[Any],
    numeric_text: bool,
) -> tuple[Array, Flags, Flags]:
    """Return answers as numbers, where they are missing and where not applicable."""
    import pandas as pd

    if labels is not None and not isinstance(labels, Mapping):
        rule = "must map text to numbers"
        raise InvalidDataError(message("labels", rule, value=type(labels).__name__))
    known = {text: number("labels", score) for text, score in (labels or {}).items()}
    try:
        codes, distinct = pd.factorize(np.asarray(values, dtype=object))
    except TypeError:
        rule = "must be numbers or text"
        raise InvalidDataError(message(name, rule, value=values[:1].tolist())) from None
    scores = np.full(len(distinct) + 1, math.nan)  # the last one for missing answers, coded -1
    unknown = np.zeros(len(distinct) + 1, dtype=np.bool_)
    none = np.zeros(len(distinct) + 1, dtype=np.bool_)
    for i, value in enumerate(distinct):
        if value in not_applicable:
            none[i] = True
        elif value in known:
            scores[i] = known[value]
        elif _is_number(value):
            scores[i] = float(value)
        else:
            scores[i] = parsed(value) if numeric_text else math.nan
            unknown[i] = math.isnan(scores[i])
    if unknown.any():
        _refuse(name, codes, distinct, unknown, numeric_text)
    return scores[codes], codes < 0, none[codes]


def _is_number(value: Any) -> bool:
    flag = isinstance(value, (bool, np.bool_))
    return isinstance(value, (numbers.Real, np.integer, np.floating, Decimal)) and not flag


def parsed(value: Any) -> float:
    """Return the finite number that a text spells, NaN where it spells none."""
    try:
        score = float(value) if isinstance(value, str) and "_" not in value else math.nan
    except ValueError:
        return math.nan
    return score if math.isfinite(score) else math.nan


def _refuse(
    name: str, codes: npt.NDArray[Any], distinct: Any, unknown: Flags, numeric_text: bool
) -> None:
    """Raise with the first rows and values that no argument resolves, and what would."""
    rows = np.flatnonzero(unknown[codes])
    shown = [distinct[i] for i in np.flatnonzero(unknown)]
    text = [value for value in shown if isinstance(value, str)]
    digits = [] if numeric_text else [v for v in text if not math.isnan(parsed(v))]
    nothing = [v for v in text if v.strip().lower() in _USUAL]
    words = [v for v in text if v not in digits and v not in nothing]
    hints = []
    if digits:
        hints.append("numeric_text=True for numbers exported as text")
    if nothing:
        hints.append(f"not_applicable={nothing[:_SHOWN]}")
    if words:
        hints.append("labels={" + ", ".join(f"{v!r}: ..." for v in words[:_SHOWN]) + "}")
    hint = f"Pass {', '.join(hints)}." if hints else "Convert to numbers first."
    first = ", ".join(str(row) for row in rows[:_SHOWN])
    rule = f"must be numbers; rows {first}{', ...' if len(rows) > _SHOWN else ''} are not"
    raise InvalidDataError(
        message(name, rule, value=shown[:_SHOWN], row=int(rows[0]), count=len(rows),
                total=len(codes), hint=hint)
    )  # fmt: skip
