"""The door for data frames: named columns come in as NumPy arrays, results go out in the same kind.

Narwhals is the only thing here that knows frames. Eager frames (pandas, Polars, PyArrow) hand over
their columns; lazy ones (Polars LazyFrame, DuckDB, Ibis, Spark, Dask) project the named columns
first and collect only those.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt

from custvalue._check import Array
from custvalue.errors import ColumnNotFoundError, InvalidDataError, message

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
LAZY = "lazy:"
_TIME_FORMAT = "ISO8601"


@dataclasses.dataclass(frozen=True)
class Table:
    """The columns asked for, by role ("customer", ...), and the kind of frame they are from."""

    columns: Mapping[str, nw.Series[Any]]
    names: Mapping[str, str]
    kind: str
    rows: int


def read(frame: Any, **roles: str | None) -> Table:
    """Return the columns named by role, collected; None asks for no column."""
    try:
        data = nw.from_native(frame)
    except TypeError:
        raise InvalidDataError(
            message(
                "frame",
                "must be a data frame that Narwhals reads (pandas, Polars, PyArrow, DuckDB, ...)",
                value=type(frame).__name__,
            )
        ) from None
    names = {role: name for role, name in roles.items() if name is not None}
    present = data.collect_schema().names()
    for role, name in names.items():
        if name not in present:
            near = difflib.get_close_matches(str(name), [str(p) for p in present], n=1)
            hint = f"Did you mean {near[0]!r}? " if near else ""
            raise ColumnNotFoundError(
                message(role, "must name a column", value=name, hint=f"{hint}Columns: {present}")
            )
    kind = data.implementation.value
    narrow = data.select(*dict.fromkeys(names.values()))
    if isinstance(narrow, nw.LazyFrame):
        kind = LAZY + kind
        eager = narrow.collect() if kind == LAZY + "polars" else narrow.collect("pyarrow")
    else:
        eager = narrow
    columns = {role: eager[name] for role, name in names.items()}
    return Table(columns, names, kind, len(eager))


def native(columns: Mapping[str, Any], kind: str) -> Any:
    """Return a frame of the kind named by `Table.kind`; PyArrow where the engine has none."""
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


@dataclasses.dataclass(frozen=True)
class Ids:
    """Customers as codes: `labels[code]`, or `code + offset` where labels is None."""

    codes: Ints
    labels: npt.NDArray[Any] | None
    offset: int
    missing: Flags | None

    def decode(self, codes: npt.NDArray[np.integer[Any]]) -> npt.NDArray[Any]:
        """Return the customers that codes stand for."""
        return codes + self.offset if self.labels is None else self.labels[codes]


def identify(table: Table, role: str) -> Ids:
    """Return the ids of a column as codes that sort as the ids do."""
    series = table.columns[role]
    dtype = series.dtype
    missing = _missing(series)
    if dtype.is_integer() and missing is None:
        return _whole_ids(series.to_numpy())
    if dtype.is_numeric():
        values = series.cast(nw.Float64).to_numpy() if dtype.is_decimal() else series.to_numpy()
        values = np.asarray(values, dtype=np.float64)
        kept = values if missing is None else values[~missing]
        if not np.isfinite(kept).all():
            raise InvalidDataError(
                message(table.names[role], "customer ids must be finite", value="inf")
            )
        if (kept == np.rint(kept)).all() and (np.abs(kept) < 2.0**53).all():
            safe = values if missing is None else np.where(missing, kept[:1].sum(), values)
            return dataclasses.replace(_whole_ids(safe.astype(np.int64)), missing=missing)
    return _factorised(series, table.names[role], missing)


def _whole_ids(values: npt.NDArray[Any]) -> Ids:
    if values.dtype == np.uint64 and values.size and int(values.max()) > np.iinfo(np.int64).max:
        return _coded(values, None)
    values = values.astype(np.int64, copy=False)
    if values.size == 0:
        return Ids(values, None, 0, None)
    low, high = int(values.min()), int(values.max())
    if high - low < 2**32:
        return Ids(values - low if low else values, None, low, None)
    return _coded(values, None)


def _coded(values: npt.NDArray[Any], missing: Flags | None) -> Ids:
    import pandas as pd

    codes, labels = pd.factorize(values, sort=True)
    return Ids(np.asarray(codes, dtype=np.int64), np.asarray(labels), 0, missing)


def _factorised(series: nw.Series[Any], name: str, missing: Flags | None) -> Ids:
    try:
        values: Any = series.to_arrow()
        if hasattr(values, "combine_chunks"):
            values = values.combine_chunks()
        encoded = values if hasattr(values, "dictionary") else values.dictionary_encode()
        codes = encoded.indices.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
        labels = encoded.dictionary.to_numpy(zero_copy_only=False)
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("pyarrow", "builtins"):
            raise
        import pandas as pd

        objects = np.asarray(series.to_numpy(), dtype=object)
        found, labels = pd.factorize(objects)
        codes = np.maximum(np.asarray(found, dtype=np.int64), 0)
    if labels.dtype.kind == "O" and len({type(label) for label in labels[:1000]}) > 1:
        kinds = sorted({type(label).__name__ for label in labels})
        raise InvalidDataError(
            message(name, "customer ids must be of one type", value=kinds, hint="Convert to text.")
        )
    order = np.argsort(labels, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return Ids(rank[codes] if len(order) else codes, labels[order], 0, missing)


def _missing(series: nw.Series[Any]) -> Flags | None:
    """Return where a column is null or NaN, or None where it nowhere is."""
    flags: Flags | None = None
    if series.null_count():
        flags = series.is_null().to_numpy().astype(np.bool_)
    if series.dtype.is_float() and len(series):
        values = series.to_numpy().astype(np.float64, copy=False)
        if np.isnan(values.min()):
            flags = np.isnan(values) if flags is None else flags | np.isnan(values)
    return flags


def instants(
    table: Table, role: str, timezone: str | None, time_format: str | None
) -> tuple[npt.NDArray[np.datetime64], Flags | None, Flags | None]:
    """Return (naive instants, where missing, where unparsable) of a column of dates or times.

    A zoned column is converted to `timezone`; text is parsed as ISO 8601 or by `time_format`.
    """
    series = table.columns[role]
    name = table.names[role]
    unparsable: Flags | None = None
    missing = _missing(series)
    dtype = series.dtype
    if dtype.is_numeric() or dtype == nw.Boolean:
        raise InvalidDataError(
            message(
                name,
                "must hold dates or times",
                value=f"{dtype} ({series.head(1).to_list()})",
                hint="Say what the numbers mean first: pandas.to_datetime(column, unit='s'), or "
                "format='%Y%m%d' for numbers such as 19970930.",
            )
        )
    if not isinstance(dtype, (nw.Date, nw.Datetime)):
        series, unparsable = _parsed(series, name, missing, time_format)
        dtype = series.dtype
    zone = getattr(dtype, "time_zone", None)
    if zone is not None and timezone is None:
        raise InvalidDataError(
            message(
                name,
                f"is in time zone {zone!r}, and where a day ends depends on the zone",
                hint=f"Say which zone the days are to be cut in: timezone={zone!r}",
            )
        )
    if zone is None and timezone is not None:
        raise InvalidDataError(
            message(
                name,
                "has no time zone, so that it cannot be converted",
                value=f"timezone={timezone!r}",
                hint="Leave timezone out, or localise the column first.",
            )
        )
    if zone is not None:
        series = _in_zone(series, timezone)
    array = np.asarray(series.to_numpy())
    if array.dtype.kind != "M":
        array = array.astype("datetime64[us]")
    return array, missing, unparsable


def _in_zone(series: nw.Series[Any], timezone: str | None) -> nw.Series[Any]:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(str(timezone))
    except (ZoneInfoNotFoundError, ValueError):
        raise InvalidDataError(
            message("timezone", "must be an IANA name such as 'Europe/Paris'", value=timezone)
        ) from None
    return series.dt.convert_time_zone(str(timezone)).dt.replace_time_zone(None)


def _parsed(
    series: nw.Series[Any], name: str, missing: Flags | None, time_format: str | None
) -> tuple[nw.Series[Any], Flags | None]:
    import pandas as pd

    values = pd.Series(np.asarray(series.to_numpy(), dtype=object))
    text = bool(values.map(lambda v: isinstance(v, str)).any())
    how: dict[str, Any] = {"format": time_format or _TIME_FORMAT} if text else {}
    numbers = values.map(lambda v: isinstance(v, (int, float)) and v == v)
    try:
        values = values.mask(numbers, "not a date")
        parsed = pd.to_datetime(values, errors="coerce", **how)
    except (ValueError, TypeError):
        raise InvalidDataError(
            message(
                name,
                "mixes instants of several time zones, or with and without one",
                hint="Convert to one zone first: pandas.to_datetime(column, utc=True), if all of "
                "them state their zone.",
            )
        ) from None
    if parsed.dtype == object:
        raise InvalidDataError(
            message(
                name,
                "mixes instants of several time zones, or with and without one",
                hint="Convert to one zone first: pandas.to_datetime(column, utc=True), if all of "
                "them state their zone.",
            )
        )
    bad = parsed.isna().to_numpy()
    if missing is not None:
        bad = bad & ~missing
    return nw.from_native(parsed, series_only=True), bad if bad.any() else None


def amounts(table: Table, role: str) -> tuple[Array, Flags | None]:
    """Return (float64 amounts, where missing) of a numeric column; refuse infinite ones."""
    series = table.columns[role]
    name = table.names[role]
    dtype = series.dtype
    if not dtype.is_numeric():
        raise InvalidDataError(
            message(
                name,
                "must be numeric",
                value=f"{dtype} ({series.head(1).to_list()})",
                hint="Convert first, for instance pandas.to_numeric(column).",
            )
        )
    missing = _missing(series)
    if not (dtype == nw.Float64 or dtype.is_integer()) or missing is not None:
        series = series.cast(nw.Float64)
    values = series.to_numpy().astype(np.float64, copy=False)
    return values, missing


def numeric(table: Table, role: str) -> Array:
    """Return a numeric column as float64, with NaN where it is missing."""
    return amounts(table, role)[0]


def labels(table: Table, role: str) -> npt.NDArray[Any]:
    """Return a column as it is, for carrying along."""
    return np.asarray(table.columns[role].to_numpy())
