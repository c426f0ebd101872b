"""Array-likes become float64 arrays, or an InvalidDataError says which rule which value breaks."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue.errors import InvalidDataError, message

Array = npt.NDArray[np.float64]
ArrayLike = npt.ArrayLike


def as_array(name: str, values: Any, rule: str, *, hint: str = "") -> npt.NDArray[Any]:
    """Return `values` as an array; refuse rows of several lengths, and values that are masked."""
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        hint = "Fill them: masked.filled(...)."
        raise InvalidDataError(message(name, "must not have masked values", hint=hint))
    try:
        return np.asarray(values)
    except (TypeError, ValueError):
        raise InvalidDataError(message(name, rule, hint=hint)) from None


def real(name: str, values: Any, *, hint: str = "") -> Array:
    """Return `values` as a float64 array; refuse what is not numeric and what is complex."""
    array = as_array(name, values, "must have rows of one length", hint="Fill up with NaN.")
    strange = array.dtype == object and any(
        value is None or isinstance(value, (str, bytes)) for value in array.ravel()
    )
    if (array.dtype.kind not in "biuf" and array.dtype != object) or strange:
        raise InvalidDataError(
            message(name, "must be numbers", value=_kind(array), hint=hint or "Convert first.")
        )
    try:
        return np.asarray(array, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):  # 10**400 is no float
        raise InvalidDataError(
            message(name, "must be numbers", value=_kind(array), hint=hint or "Convert first.")
        ) from None


def _kind(array: npt.NDArray[Any]) -> str:
    """Return what an array that is no numbers holds, in words."""
    if array.dtype.kind in "US":
        return "text"
    if array.dtype != object:
        return str(array.dtype)
    strange = [one for one in array.ravel().tolist() if not isinstance(one, (int, float))]
    return type(strange[0]).__name__ if strange else "object"


def refuse(
    name: str, rule: str, values: Any, bad: npt.NDArray[np.bool_], *, hint: str = ""
) -> None:
    """Raise for the first row where `bad` holds; do nothing where none does."""
    count = int(np.count_nonzero(bad))
    if count == 0:
        return
    row = int(np.flatnonzero(bad)[0])
    value = np.broadcast_to(np.asarray(values), bad.shape).ravel()[row]
    if isinstance(value, np.generic):
        value = value.item()
    scalar = bad.ndim == 0
    raise InvalidDataError(
        message(
            name,
            rule,
            value=value,
            row=None if scalar else row,
            count=None if scalar else count,
            total=None if scalar else bad.size,
            hint=hint,
        )
    )


def within(
    name: str,
    values: Any,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    open_low: bool = False,
    hint: str = "",
) -> Array:
    """Return `values` as float64 if every one is finite and in [low, high] (or (low, high])."""
    array = real(name, values, hint=hint)
    if array.size == 0:
        return array
    smallest, largest = float(array.min()), float(array.max())  # NaN makes both NaN
    above = smallest > low if open_low else smallest >= low
    if above and largest <= high and math.isfinite(smallest) and math.isfinite(largest):
        return array
    refuse(name, "must be finite", array, ~np.isfinite(array), hint=hint)
    below = array <= low if open_low else array < low
    bound = f"must be above {low:g}" if open_low else f"must be at least {low:g}"
    refuse(name, bound, array, below, hint=hint)
    refuse(name, f"must be at most {high:g}", array, array > high, hint=hint)
    return array


def whole(name: str, values: Any, low: float = 0.0, *, hint: str = "") -> Array:
    """Return `values` as float64 if every one is a whole number of at least `low`."""
    array = within(name, values, low, hint=hint)
    odd = array != np.rint(array)
    if odd.any():
        refuse(name, "must be whole numbers", array, odd, hint=hint)
    return array


def one_of(name: str, value: Any, allowed: Collection[str]) -> str:
    """Return `value` if it is one of the names allowed."""
    if not isinstance(value, str) or value not in allowed:
        choices = ", ".join(repr(a) for a in allowed)
        raise InvalidDataError(message(name, f"must be one of {choices}", value=value))
    return value


def number(
    name: str, value: Any, low: float = -math.inf, high: float = math.inf, *, open_low: bool = False
) -> float:
    """Return `value` as a float if it is one finite number in [low, high] (or (low, high])."""
    array = within(name, value, low, high, open_low=open_low)
    if array.ndim:
        raise InvalidDataError(message(name, "must be one number", value=array.shape))
    return float(array)


def flag(name: str, value: Any) -> bool:
    """Return `value` if it is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise InvalidDataError(message(name, "must be True or False", value=type(value).__name__))
    return bool(value)


def coverage(level: Any) -> float:
    """Return the level of an interval if it is strictly between 0 and 1."""
    value = number("level", level, 0.0, open_low=True)
    if value >= 1.0:
        hint = "Write 95 % as 0.95."
        raise InvalidDataError(message("level", "must be below 1", value=value, hint=hint))
    return value


def with_article(name: str) -> str:
    """Return the name of a type of ours after "a" or "an"."""
    return f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"


def of_type(name: str, value: Any, kind: type, hint: str) -> None:
    """Refuse what is not of a type of ours, and say how to get one that is."""
    if not isinstance(value, kind):
        rule = f"must be {with_article(kind.__name__)}"
        raise InvalidDataError(message(name, rule, value=type(value).__name__, hint=hint))


def common_shape(**columns: Any) -> None:
    """Refuse columns whose shapes do not broadcast."""
    shapes = {name: np.shape(column) for name, column in columns.items()}
    try:
        np.broadcast_shapes(*shapes.values())
    except ValueError:
        names = ", ".join(shapes)
        rule = "must have shapes that broadcast"
        raise InvalidDataError(message(names, rule, value=tuple(shapes.values()))) from None
