"""Columns of numbers per customer: aligned by id, and their medians by segment."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, refuse, within
from custvalue.errors import InvalidDataError, message

Column = npt.NDArray[Any]
_HINT = 'Give a mapping of names to columns; with a column "customer" they are aligned by id.'


def each_once(customer: npt.NDArray[Any]) -> None:
    """Refuse customers who are missing or there more than once."""
    import pandas as pd

    try:
        if (customer[1:] > customer[:-1]).all() and not pd.isna(customer[:1]).any():
            return  # as those of a log are: None and NaN are above nothing
    except TypeError:
        pass  # None, or types that do not compare
    refuse("customer", "must not be missing", customer, np.asarray(pd.isna(customer)))
    try:
        again = np.asarray(pd.Series(customer).duplicated())
    except TypeError as error:  # lists and other things that change
        rule = "must be text or numbers"
        raise InvalidDataError(message("customer", rule, value=str(error))) from None
    refuse("customer", "must not repeat", customer, again, hint="One row per customer is needed.")


def aligned(extra: Any, customer: Column, taken: Collection[str]) -> dict[str, Array]:
    """Return columns of numbers in the order of the customers, none of a name that is taken."""
    if extra is None:
        return {}
    columns = dict(_columns_of(extra))
    who = columns.pop("customer", None)
    for name in columns:
        if not isinstance(name, str) or name in taken:
            rule = f"must be named by text other than {', '.join(taken)}"
            raise InvalidDataError(message("extra", rule, value=name))
    rows = np.arange(len(customer)) if who is None else _rows(np.asarray(who), customer)
    size = len(customer) if who is None else len(who)
    found = {}
    for name, column in columns.items():
        numbers = within(name, column)
        if numbers.shape != (size,):
            rule = f"must have one value for each of {size} customers"
            raise InvalidDataError(message(name, rule, value=numbers.shape, hint=_HINT))
        found[name] = numbers[rows]
    return found


def _columns_of(extra: Any) -> Mapping[str, Any]:
    """Return the columns of a mapping, of a data frame, or the float columns of a record."""
    import narwhals.stable.v2 as nw

    if isinstance(extra, Mapping):
        return extra
    if getattr(extra, "weight", None) is not None and dataclasses.is_dataclass(extra):
        rule = "must have one row per customer, without weights"
        raise InvalidDataError(message("extra", rule, hint=_HINT))
    who = getattr(extra, "customer", None)
    frame = nw.from_native(extra, eager_only=True, pass_through=True)
    if isinstance(frame, nw.DataFrame):
        columns = {name: frame[name].to_numpy() for name in frame.columns}
    elif dataclasses.is_dataclass(extra) and who is not None:
        fields = {field.name: getattr(extra, field.name) for field in dataclasses.fields(extra)}
        columns = {
            name: column
            for name, column in fields.items()
            if name == "customer"
            or (np.shape(column) == np.shape(who) and np.asarray(column).dtype.kind == "f")
        }
    else:
        columns = {}
    if "customer" not in columns:
        rule = "must be a mapping, or a frame or record with customers"
        raise InvalidDataError(message("extra", rule, value=type(extra).__name__, hint=_HINT))
    return columns


def _rows(who: Column, customer: Column) -> npt.NDArray[np.intp]:
    """Return in which row of `who` each customer is."""
    import pandas as pd

    index = pd.Index(who)
    again = np.asarray(index.duplicated())
    refuse("extra", "must have each customer once", who, again)
    rows = np.asarray(index.get_indexer(pd.Index(customer)))
    hint = "Are ids text in one and numbers in the other?"
    refuse("extra", "must have every customer of the segments", customer, rows < 0, hint=hint)
    return rows


def medians(values: Array, place: npt.NDArray[np.int64], count: int) -> Array:
    """Return the median of the values at each place; NaN where there is none or one is NaN."""
    order = np.lexsort((values, place))
    ordered = np.append(values[order], np.nan)
    each = np.bincount(place, minlength=count)
    start = np.cumsum(each) - each
    low, high = (
        ordered[np.where(each > 0, start + part, -1)] for part in ((each - 1) // 2, each // 2)
    )
    last = ordered[np.where(each > 0, start + each - 1, -1)]  # NaN is sorted last
    return np.where(np.isnan(last), np.nan, (low + high) / 2.0)
