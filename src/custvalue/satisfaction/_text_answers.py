"""Answers exported as text become numbers by the labels declared, or are refused."""

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
from custvalue.satisfaction._unread import refuse_unread

Flags = npt.NDArray[np.bool_]


def resolved(
    name: str,
    values: npt.NDArray[Any],
    labels: Mapping[Any, float] | None,
    not_applicable: Collection[Any],
    numeric_text: bool,
) -> tuple[Array, Flags, Flags]:
    """Return answers as numbers, where they are missing and where not applicable."""
    import pandas as pd

    known = _checked(labels)
    objects = np.asarray(values, dtype=object)
    try:
        codes, distinct = pd.factorize(objects)
    except TypeError:
        rule = "must be numbers or text"
        raise InvalidDataError(message(name, rule, value=values[:1].tolist())) from None
    nothing, flags = codes_of_nothing(not_applicable), {v for v in not_applicable if _is_flag(v)}
    scores = np.full(len(distinct) + 1, math.nan)  # the last one for missing answers, coded -1
    unknown = np.zeros(len(distinct) + 1, dtype=np.bool_)
    none = np.zeros(len(distinct) + 1, dtype=np.bool_)
    for i, value in enumerate(distinct):
        text, flag = isinstance(value, str), _is_flag(value)
        if value in (flags if flag else not_applicable) and (text or flag):
            none[i] = True
        elif (text or flag) and value in known:
            scores[i] = known[value]
        elif _is_number(value) or (text and numeric_text):
            scores[i] = parsed(value) if text else float(value)
            none[i], unknown[i] = scores[i] in nothing, math.isnan(scores[i])
        else:
            unknown[i] = True
        if not text and value in (0, 1):  # equal to False and True
            kinds = set(map(type, objects[codes == i]))
            if kinds & {bool, np.bool_} and len(kinds) > 1:
                rule, hint = "must not mix numbers with true and false", "Convert to numbers first."
                raise InvalidDataError(message(name, rule, hint=hint))
    if unknown.any():
        spelt = {v for v in distinct if isinstance(v, str) and not math.isnan(parsed(v))}
        refuse_unread(name, codes, distinct, unknown, known, set() if numeric_text else spelt)
    return scores[codes], codes < 0, none[codes]


def codes_of_nothing(not_applicable: Collection[Any]) -> set[float]:
    """Return the numbers, spelt as text too, that stand for no answer."""
    found = {float(v) if _is_number(v) else parsed(v) for v in not_applicable}
    return {code for code in found if not math.isnan(code)}


def _checked(labels: Any) -> dict[Any, float]:
    rule = "must map text to numbers"
    if labels is not None and not isinstance(labels, Mapping):
        raise InvalidDataError(message("labels", rule, value=type(labels).__name__))
    known: dict[Any, float] = {}
    for text, score in (labels or {}).items():
        if not (isinstance(text, str) or _is_flag(text)):
            hint = "Numbers are taken as they are: recode them in the table first."
            raise InvalidDataError(message("labels", rule, value=text, hint=hint))
        known[text] = number(f"labels of {text!r}", score)
    return known


def _is_flag(value: Any) -> bool:
    return isinstance(value, (bool, np.bool_))


def _is_number(value: Any) -> bool:
    kinds = (numbers.Real, np.integer, np.floating, Decimal)
    return isinstance(value, kinds) and not _is_flag(value)


def parsed(value: Any) -> float:
    """Return the finite number that a text spells, NaN where it spells none."""
    try:
        score = float(value) if isinstance(value, str) and "_" not in value else math.nan
    except ValueError:
        return math.nan
    return score if math.isfinite(score) else math.nan
