"""Ratings as they are written, codes or numbers, become points of the scale."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, refuse
from custvalue.errors import InvalidDataError, message
from custvalue.maturity._resolve import NOT_APPLICABLE
from custvalue.maturity._scale import TOLERANCE, Scale

Column = npt.NDArray[Any]
_SHOWN = 5  # values that a message lists


@dataclasses.dataclass(frozen=True)
class Notation:
    """How ratings are written: as percentages, and what stands for not applicable."""

    scale: Scale
    percent: bool
    not_applicable: Collection[Any]


def cells_of(name: str, values: Column, how: Notation) -> Array:
    """Return ratings as points, NaN where there is none and NOT_APPLICABLE where declared."""
    scale = how.scale
    if values.dtype.kind in "biuf":
        return _points(name, values.astype(np.float64), how)
    if values.dtype.kind in "mMc":
        rule = "must be numbers or codes of the scale"
        raise InvalidDataError(message(name, rule, value=str(values.dtype)))
    import pandas as pd

    flat = np.asarray(values, dtype=object).ravel()
    try:
        codes, distinct = pd.factorize(flat)
    except TypeError:
        rule = "must be numbers or codes of the scale"
        raise InvalidDataError(message(name, rule, value=type(flat[0]).__name__)) from None
    by_code = {code.casefold(): float(p) for code, p in zip(scale.codes, scale.points, strict=True)}
    nobody = {v.strip().casefold() for v in how.not_applicable if isinstance(v, str)}
    points = np.full(len(distinct) + 1, np.nan)
    unknown = np.zeros(len(distinct) + 1, dtype=np.bool_)
    numbers = []
    for i, value in enumerate(distinct):
        if isinstance(value, str):
            text = value.strip().casefold()
            if text in nobody:
                points[i] = NOT_APPLICABLE
            elif text in by_code:
                points[i] = by_code[text]
            else:
                unknown[i] = True
        elif isinstance(value, (int, float, np.number, np.bool_)) or hasattr(value, "__float__"):
            numbers.append(i)
        else:
            unknown[i] = True
    if unknown.any():
        shown = [distinct[i] for i in np.flatnonzero(unknown)[:_SHOWN]]
        hint = f"Codes: {', '.join(scale.codes)}."
        if any(isinstance(v, str) for v in shown):
            hint += f" Or pass not_applicable={shown!r}, or make them missing."
        rows = unknown[codes]
        row = int(np.flatnonzero(rows)[0])
        raise InvalidDataError(
            message(name, "must be numbers or codes of the scale", value=shown, row=row,
                    count=int(rows.sum()), total=len(rows), hint=hint)
        )  # fmt: skip
    found = points[codes]
    if numbers:
        as_numbers = np.full(len(distinct) + 1, np.nan)
        as_numbers[numbers] = [float(distinct[i]) for i in numbers]
        mine = np.isin(codes, numbers)
        found = np.where(mine, _points(name, as_numbers[codes], how), found)
    return np.asarray(found.reshape(values.shape))


def _points(name: str, values: Array, how: Notation) -> Array:
    """Return numbers as points, after those for not applicable; refuse numbers off the scale."""
    scale = how.scale
    codes = [v for v in how.not_applicable if isinstance(v, (int, float)) and v is not True]
    outside = np.isin(values, codes) if codes else None
    if how.percent:
        values = values / 100.0
    checked = values if outside is None else np.where(outside, np.nan, values)
    if scale.kind == "achievement":
        bad = (checked < 0.0) | (checked > 1.0)
        if bad.any():
            whole = not how.percent and np.nanmax(checked) <= 100.0 and np.nanmin(checked) >= 0.0
            hint = "Pass percent=True if they are percentages." if whole else ""
            rule = "must be from 0 to 100" if how.percent else "must be from 0 to 1"
            refuse(name, rule, values * (100.0 if how.percent else 1.0), bad, hint=hint)
    else:
        place = scale.place(checked)
        off = np.abs(checked - scale.points[np.maximum(place, 0)]) > TOLERANCE
        bad = (off | (place < 0)) & ~np.isnan(checked)
        points = ", ".join(f"{p:g}" for p in scale.points)
        refuse(name, f"must be a rating of the scale: {points}", values, bad)
    return checked if outside is None else np.where(outside, NOT_APPLICABLE, checked)
