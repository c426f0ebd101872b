"""Ratings as they are written, codes or numbers, become points of the scale."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, flag, number, refuse
from custvalue._chunks import BLOCK, over_ranges
from custvalue.errors import InvalidDataError, message
from custvalue.maturity._resolve import NOT_APPLICABLE
from custvalue.maturity._scale import TOLERANCE, Scale

Column = npt.NDArray[Any]
Bools = npt.NDArray[np.bool_]
_SHOWN = 5  # values that a message lists
_NUMBERS = (int, float, np.integer, np.floating)
_KEPT = {"f4": 6, "f2": 3}  # decimals of a number up to 1 that so many bytes hold
_IS_TRUTH = np.frompyfunc(lambda value: isinstance(value, (bool, np.bool_)), 1, 1)


@dataclasses.dataclass(frozen=True)
class Notation:
    """How ratings are written: as percentages, and what stands for not applicable."""

    scale: Scale
    percent: bool
    texts: frozenset[str]
    numbers: tuple[float, ...]


def notation(scale: Scale, percent: bool, not_applicable: Any) -> Notation:
    """Return how ratings are written; refuse what cannot stand for not applicable."""
    single = isinstance(not_applicable, (str, bytes, Mapping))
    if single or not isinstance(not_applicable, (Collection, np.ndarray)):
        rule = "must be a collection of texts or numbers"
        raise InvalidDataError(message("not_applicable", rule, value=not_applicable))
    if flag("percent", percent) and scale.kind != "achievement":
        rule = "must be False: the scale of the model is not one of percentages"
        raise InvalidDataError(message("percent", rule, value=percent))
    texts, numbers = [], []
    for value in not_applicable:
        if isinstance(value, str):
            texts.append(value.strip().casefold())
        elif isinstance(value, _NUMBERS) and not isinstance(value, bool):
            numbers.append(number("not_applicable", value))
        else:
            rule, hint = "must be texts or numbers", "What is missing is not rated."
            raise InvalidDataError(message("not_applicable", rule, value=value, hint=hint))
    both = sorted(set(texts) & set(_by_code(scale)))
    if both:
        rule = "must not be codes of the scale"
        raise InvalidDataError(message("not_applicable", rule, value=both))
    given = np.array(numbers) / (100.0 if percent else 1.0)
    if scale.kind == "achievement":
        ratings = (given >= 0.0) & (given <= 1.0)
    else:
        ratings = ~off_points(given, scale.points)
    refuse("not_applicable", "must not be ratings of the scale", np.array(numbers), ratings)
    return Notation(scale, percent, frozenset(texts), tuple(numbers))


def _by_code(scale: Scale) -> dict[str, float]:
    return {band.code.strip().casefold(): band.points for band in scale.bands}


def cells_of(name: str, values: Column, how: Notation) -> Array:
    """Return ratings as points, NaN where there is none and NOT_APPLICABLE where declared."""
    scale = how.scale
    if values.dtype.kind in "bO" and not _yes_is_all(scale):
        hint = f"Codes: {', '.join(scale.codes)}."
        rule = "must be numbers or codes of the scale, which true and false are not here"
        _refuse(name, rule, values, _truths(values), hint)
    if values.dtype.kind in "biuf":
        digits = _KEPT.get(values.dtype.str[1:])
        plain: Array = values.astype(np.float64)
        if digits is not None:  # 0.85 of 32 bits is 0.85000002, which would be in another band
            plain = np.asarray(np.round(plain, digits - 2 if how.percent else digits))
        return _points(name, plain, how)
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
    by_code = _by_code(scale)
    points = np.full(len(distinct) + 1, np.nan)
    unknown = np.zeros(len(distinct) + 1, dtype=np.bool_)
    numbers = []
    for i, value in enumerate(distinct):
        if isinstance(value, str):
            text = value.strip().casefold()
            if text in how.texts:
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
        rows = unknown[codes].reshape(len(values), -1).any(axis=1)
        row = int(np.flatnonzero(rows)[0])
        raise InvalidDataError(
            message(name, "must be numbers or codes of the scale", value=shown, row=row,
                    count=int(rows.sum()), total=len(rows), hint=hint)
        )  # fmt: skip
    place = codes.reshape(values.shape)
    found = points[place]
    if numbers:
        as_numbers = np.full(len(distinct) + 1, np.nan)
        as_numbers[numbers] = [float(distinct[i]) for i in numbers]
        found = np.where(np.isin(place, numbers), _points(name, as_numbers[place], how), found)
    return np.asarray(found)


def _yes_is_all(scale: Scale) -> bool:
    """Return whether true and false are the ends of a scale; 1 may be a low rating of another."""
    return scale.lowest == 0.0 and scale.highest == 1.0


def _truths(values: Column) -> Bools:
    if values.dtype.kind == "b":
        return np.ones(values.shape, dtype=np.bool_)
    return np.asarray(_IS_TRUTH(values), dtype=np.bool_)


def _points(name: str, values: Array, how: Notation) -> Array:
    """Return numbers as points, after those for not applicable; refuse numbers off the scale."""
    scale = how.scale
    outside = np.isin(values, how.numbers) if how.numbers else None
    if how.percent:
        values = values / 100.0
    checked = values if outside is None else np.where(outside, np.nan, values)
    if scale.kind == "achievement":
        bad = (checked < 0.0) | (checked > 1.0)
        if bad.any():
            whole = not how.percent and np.nanmax(checked) <= 100.0 and np.nanmin(checked) >= 0.0
            hint = "Pass percent=True if they are percentages." if whole else ""
            rule = "must be from 0 to 100" if how.percent else "must be from 0 to 1"
            _refuse(name, rule, values * (100.0 if how.percent else 1.0), bad, hint)
    else:
        bad = off_points(checked, scale.points)
        points = ", ".join(f"{p:g}" for p in scale.points)
        _refuse(name, f"must be a rating of the scale: {points}", values, bad)
    return checked if outside is None else np.where(outside, NOT_APPLICABLE, checked)


def off_points(values: Array, points: Array) -> Bools:
    """Return which values are none of the points; NaN is not said to be off."""
    flat, off = values.reshape(-1), np.empty(values.size, dtype=np.bool_)

    def task(a: int, b: int) -> None:
        away = np.abs(flat[a:b] - points[0])
        for point in points[1:]:
            np.minimum(away, np.abs(flat[a:b] - point), out=away)
        np.greater(away, TOLERANCE, out=off[a:b])

    over_ranges(task, values.size, BLOCK)
    return off.reshape(values.shape)


def _refuse(name: str, rule: str, values: Array, bad: Bools, hint: str = "") -> None:
    """Refuse bad ratings by their row, of which a table of ratings has several in each."""
    if bad.ndim == 2 and bad.any():
        first = bad.argmax(axis=1)[:, None]
        values, bad = np.take_along_axis(values, first, axis=1)[:, 0], np.asarray(bad.any(axis=1))
    refuse(name, rule, values, bad, hint=hint)
