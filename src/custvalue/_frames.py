"""The door for data frames: named columns come in as NumPy arrays, results go out in the same kind.

Narwhals is the only thing here that knows frames. Eager frames (pandas, Polars, PyArrow) hand over
their columns; lazy ones (Polars LazyFrame, DuckDB, Ibis, Spark, Dask) project the named columns
first and collect only those.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections import Counter
from collections.abc import Mapping
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt
from narwhals.exceptions import DuplicateError

from custvalue._check import Array
from custvalue.errors import ColumnNotFoundError, InvalidDataError, message

Flags = npt.NDArray[np.bool_]
LAZY = "lazy:"


@dataclasses.dataclass(frozen=True)
class Table:
    """The columns asked for, by role ("customer", ...), and the kind of frame they are from."""

    columns: Mapping[str, nw.Series[Any]]
    names: Mapping[str, str]
    kind: str
    rows: int


def opened(
    frame: Any, names: Mapping[str, str], argument: str = "frame"
) -> nw.DataFrame[Any] | nw.LazyFrame[Any]:
    """Return a frame as Narwhals sees it, not collected; refuse one without the columns named."""
    for role, name in names.items():
        if not isinstance(name, str):
            raise ColumnNotFoundError(message(role, "must name a column, as text", value=name))
    try:
        data: nw.DataFrame[Any] | nw.LazyFrame[Any] = nw.from_native(frame)
    except TypeError:
        raise InvalidDataError(
            message(
                argument,
                "must be a data frame that Narwhals reads (pandas, Polars, PyArrow, DuckDB, ...)",
                value=type(frame).__name__,
            )
        ) from None
    except DuplicateError:
        repeated = next(name for name, n in Counter(frame.columns).items() if n > 1)
        raise InvalidDataError(
            message(str(repeated), "names more than one column of the frame", hint="Rename one.")
        ) from None
    present = data.collect_schema().names()
    for role, name in names.items():
        if name not in present:
            near = difflib.get_close_matches(str(name), [str(p) for p in present], n=1)
            hint = f"Did you mean {near[0]!r}? " if near else ""
            raise ColumnNotFoundError(
                message(role, "must name a column", value=name, hint=f"{hint}Columns: {present}")
            )
    return data


def read(frame: Any, **roles: str | None) -> Table:
    """Return the columns named by role, collected; None asks for no column."""
    names = {role: name for role, name in roles.items() if name is not None}
    data = opened(frame, names)
    kind = data.implementation.value
    wanted = list(dict.fromkeys(names.values()))
    narrow = _projected(data, wanted) if kind == "duckdb" else data.select(*wanted)
    if isinstance(narrow, nw.LazyFrame):
        kind = LAZY + kind
        eager = narrow.collect() if kind == LAZY + "polars" else narrow.collect("pyarrow")
    else:
        eager = narrow
    columns = {role: eager[name] for role, name in names.items()}
    return Table(columns, names, kind, len(eager))


def _projected(data: Any, names: list[str]) -> nw.LazyFrame[Any]:
    """Return columns of a DuckDB relation; Narwhals before 2.17 takes a.b for a column of a."""
    quoted = ", ".join('"' + name.replace('"', '""') + '"' for name in names)
    projected: nw.LazyFrame[Any] = nw.from_native(data.to_native().project(quoted))
    return projected


def native(columns: Mapping[str, Any], kind: str) -> Any:
    """Return a frame of the kind named by `Table.kind`; PyArrow where the engine has none."""
    kind = kind if isinstance(kind, str) else "pandas"  # of a record that was written by hand
    lazy = kind.startswith(LAZY)
    engine = kind.removeprefix(LAZY)
    backend = engine if engine in ("pandas", "polars", "pyarrow") else "pyarrow"
    data = {
        name: _listed(values) if backend != "pandas" else values for name, values in columns.items()
    }
    frame: nw.DataFrame[Any] = nw.from_dict(data, backend=backend)  # type: ignore[arg-type]
    if not lazy or engine not in ("polars", "duckdb"):
        return frame.to_native()
    return frame.lazy(engine).to_native()  # type: ignore[arg-type]


def _listed(values: Any) -> Any:
    array = np.asarray(values)
    return array.tolist() if array.dtype.kind in "OU" else array


def missing(series: nw.Series[Any]) -> Flags | None:
    """Return where a column is null or NaN, or None where it nowhere is."""
    if len(series) == 0:
        return None
    numpy_dtype = getattr(series.to_native(), "dtype", None)
    if isinstance(numpy_dtype, np.dtype) and numpy_dtype.kind in "iubM":
        values = series.to_numpy()
        if values.dtype.kind != "M" or values.view(np.int64).min() != np.iinfo(np.int64).min:
            return None
        return np.isnat(values)
    if series.dtype.is_float():
        values = series.to_numpy().astype(np.float64, copy=False)
        return np.isnan(values) if np.isnan(values.min()) else None
    return series.is_null().to_numpy().astype(np.bool_) if series.null_count() else None


def amounts(table: Table, role: str) -> tuple[Array, Flags | None]:
    """Return (float64 amounts, where missing) of a numeric column; refuse infinite ones."""
    series = table.columns[role]
    name = table.names[role]
    dtype = series.dtype
    if not dtype.is_numeric() and len(series) and series.null_count() == len(series):
        return np.full(len(series), np.nan), np.ones(len(series), dtype=np.bool_)
    if not dtype.is_numeric():
        raise InvalidDataError(
            message(
                name,
                "must be numeric",
                value=f"{dtype} ({series.head(1).to_list()})",
                hint="Convert first, for instance pandas.to_numeric(column).",
            )
        )
    absent = missing(series)
    direct = (dtype == nw.Float64 or dtype.is_integer()) and absent is None
    if not direct or dtype in (nw.Int128, nw.UInt128):  # NumPy has no integers of 128 bits
        series = series.cast(nw.Float64)
    values = series.to_numpy().astype(np.float64, copy=False)
    return values, absent


def numeric(table: Table, role: str) -> Array:
    """Return a numeric column as float64, with NaN where it is missing."""
    return amounts(table, role)[0]


def labels(table: Table, role: str) -> npt.NDArray[Any]:
    """Return a column as it is, for carrying along."""
    return np.asarray(table.columns[role].to_numpy())


def categories(table: Table, role: str) -> list[Any]:
    """Return the categories of a column that have an order, in it; none of other columns."""
    column = table.columns[role]
    return column.cat.get_categories().to_list() if column.dtype == nw.Enum else []


def repeats(table: Table, role: str) -> Flags:
    """Return where a value of a column has occurred before."""
    return np.asarray(~table.columns[role].is_first_distinct().to_numpy().astype(np.bool_))
