"""Values of records as JSON types and back: arrays with their dtype, other types with a tag."""

from __future__ import annotations

import datetime as dt
import math
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue.errors import InvalidDataError, message

_TAGS: dict[str, tuple[type, Callable[[Any], Any], Callable[[Any], Any]]] = {
    "float": (float, repr, float),  # those that JSON has no number for
    "datetime": (dt.datetime, dt.datetime.isoformat, dt.datetime.fromisoformat),
    "date": (dt.date, dt.date.isoformat, dt.date.fromisoformat),
    "uuid": (uuid.UUID, str, uuid.UUID),
    "decimal": (Decimal, str, Decimal),
    "bytes": (bytes, bytes.hex, bytes.fromhex),
}
_ARRAY = {"array", "values"}
_SHAPES = (_ARRAY, {"mapping"}, {"tuple"}, *({tag} for tag in _TAGS))  # keys that mean something
_LISTED: dict[str, set[type]] = {  # kinds of dtype -> types of the values they are written as
    "i": {int}, "u": {int}, "b": {bool}, "f": {float, int}, "U": {str}, "M": {str}, "m": {int},
    "S": {bytes},
}  # fmt: skip


def plain(value: Any, name: str) -> Any:
    """Return a value of the column or field `name` as JSON types that `revived` reads."""
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, np.ndarray):
        return plain(value.item(), name) if value.ndim == 0 else _plain_array(value, name)
    if isinstance(value, np.generic) and value.dtype.kind not in "mM":
        value = value.item()
    if isinstance(value, Mapping):
        items = {str(key): plain(item, str(key)) for key, item in value.items()}
        return {"mapping": items} if set(items) in _SHAPES else items
    if isinstance(value, (list, tuple)):
        return [plain(item, name) for item in value]
    if value is None or isinstance(value, (str, int)) or _finite(value):
        return value
    for tag, (kind, write, _) in _TAGS.items():
        if type(value) is kind:
            return {tag: write(value)}
    raise InvalidDataError(
        message(name, "must be of a type that can be written as JSON", value=type(value).__name__,
                hint="Convert to text.")
    )  # fmt: skip


def _finite(value: Any) -> bool:
    return isinstance(value, float) and math.isfinite(value)


def _plain_array(array: npt.NDArray[Any], name: str) -> dict[str, Any]:
    listed: Any = array
    if array.dtype.kind == "M":
        listed = array.astype(str)
    elif array.dtype.kind == "m":
        listed = array.astype(np.int64)
    if array.dtype.kind == "O":
        values = [_plain_object(value, name) for value in array.ravel()]
    elif array.dtype.kind == "f" and array.dtype.itemsize <= 8:
        values = _floats(array)
    else:
        values = listed.tolist()
        if array.dtype.kind in "fScV":
            values = plain(values, name)
    return {"array": str(array.dtype), "values": values}


def _floats(array: npt.NDArray[Any]) -> Any:
    """Return floats as a list, those that JSON has no number for with a tag."""
    strange = ~np.isfinite(array)
    if not strange.any():
        return array.tolist()
    column = array.astype(object)
    tagged = np.empty(int(strange.sum()), dtype=object)
    tagged[:] = [{"float": repr(value)} for value in array[strange].tolist()]
    column[strange] = tagged
    return column.tolist()


def _plain_object(value: Any, name: str) -> Any:
    if isinstance(value, tuple):
        return {"tuple": [_plain_object(item, name) for item in value]}
    return plain(value, name)


def revived(value: Any, name: str) -> Any:
    """Return the value that `plain` wrote of the column or field `name`."""
    if isinstance(value, list):
        return [revived(item, name) for item in value]
    if not isinstance(value, Mapping):
        return value
    if set(value) == {"mapping"} and isinstance(value["mapping"], Mapping):
        return {key: revived(item, key) for key, item in value["mapping"].items()}
    try:
        if set(value) == _ARRAY:
            return _revived_array(value["array"], value["values"], name)
        if set(value) == {"tuple"}:
            return tuple(revived(item, name) for item in value["tuple"])
        for tag, (_, _, read) in _TAGS.items():
            if set(value) == {tag}:
                return read(value[tag])
    except (TypeError, ValueError, ArithmeticError) as error:
        if isinstance(error, InvalidDataError):
            raise
        rule = "must be of a known type, with values of that type"
        raise InvalidDataError(message(name, rule, value=next(iter(value.values())))) from None
    return {key: revived(item, key) for key, item in value.items()}


def _revived_array(kind: Any, values: Any, name: str) -> npt.NDArray[Any]:
    dtype = np.dtype(kind)
    listed = [revived(item, name) for item in values]
    if dtype.kind == "O":
        if any(isinstance(one, (list, Mapping, np.ndarray)) for one in listed):
            raise TypeError  # no label
        array = np.empty(len(listed), dtype=object)
        array[:] = listed  # tuples stay tuples
        return array
    found = {type(value) for value in np.array(listed, dtype=object).ravel()}
    if not found <= _LISTED.get(dtype.kind, set()):
        raise TypeError  # 2.9 is no whole number
    return np.array(listed, dtype=dtype)
