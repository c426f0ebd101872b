"""Customer ids as integer codes that sort as the ids do, from any column that can hold ids."""

from __future__ import annotations

import dataclasses
from importlib.util import find_spec
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt

from custvalue._check import refuse
from custvalue._chunks import extent
from custvalue._frames import Flags, Table, missing
from custvalue.errors import InvalidDataError, message

Ints = npt.NDArray[np.int64]


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


def identify(table: Table, role: str, what: str = "customer ids") -> Ids:
    """Return the ids (or `what` a message is to call them) of a column as codes that sort alike."""
    series = table.columns[role]
    if table.kind == "pandas" and series.to_native().dtype == object:
        series = _of_one_type(series, table.names[role], what)
    dtype = series.dtype
    absent = missing(series)
    wide = dtype in (nw.Int128, nw.UInt128)
    if dtype.is_integer() and absent is None and not wide:
        return _whole_ids(series.to_numpy())
    if dtype.is_numeric() and not wide:
        values = series.cast(nw.Float64).to_numpy() if dtype.is_decimal() else series.to_numpy()
        values = np.asarray(values, dtype=np.float64)
        kept = values if absent is None else values[~absent]
        refuse(table.names[role], f"{what} must be finite", values, np.isinf(values))
        if (kept == np.rint(kept)).all() and (np.abs(kept) < 2.0**53).all():
            safe = values if absent is None else np.where(absent, kept[:1].sum(), values)
            return dataclasses.replace(_whole_ids(safe.astype(np.int64)), missing=absent)
    return _factorised(series, table.names[role], what, absent)


def _whole_ids(values: npt.NDArray[Any]) -> Ids:
    if values.dtype == np.uint64 and values.size and int(values.max()) > np.iinfo(np.int64).max:
        return _coded(values, None)
    values = values.astype(np.int64, copy=False)
    if values.size == 0:
        return Ids(values, None, 0, None)
    low, high = extent(values)
    if high - low < 2**32:
        return Ids(values - low if low else values, None, low, None)
    return _coded(values, None)


def densified(ids: Ids) -> Ids:
    """Return ids with codes below a small multiple of the rows, for arrays with a place each."""
    room = max(1 << 20, 4 * len(ids.codes))
    if ids.labels is not None or not ids.codes.size or extent(ids.codes)[1] < room:
        return ids
    return _coded(ids.codes + ids.offset, ids.missing)


def _coded(values: npt.NDArray[Any], absent: Flags | None) -> Ids:
    import pandas as pd

    codes, labels = pd.factorize(values, sort=True)
    return Ids(np.asarray(codes, dtype=np.int64), np.asarray(labels), 0, absent)


def _factorised(series: nw.Series[Any], name: str, what: str, absent: Flags | None) -> Ids:
    if series.dtype.is_nested() or series.dtype in (nw.Int128, nw.UInt128):
        raise InvalidDataError(
            message(name, f"{what} must be text or numbers", value=str(series.dtype),
                    hint="Convert to text.")
        )  # fmt: skip
    codes, labels = _by_arrow(series, name, what) or _by_pandas(series, name, what)
    try:
        order = np.argsort(labels, kind="stable")
    except TypeError:  # objects without an order
        rule = f"{what} must be text or numbers"
        shown = type(labels[0]).__name__
        raise InvalidDataError(message(name, rule, value=shown, hint="Convert to text.")) from None
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return Ids(rank[codes] if len(order) else codes, labels[order], 0, absent)


def _of_one_type(series: nw.Series[Any], name: str, what: str) -> nw.Series[Any]:
    """Return a pandas column of objects as numbers if it holds numbers; refuse mixed types."""
    import pandas as pd

    objects = series.to_native()
    holes = objects.isna()
    kind = pd.api.types.infer_dtype(objects[~holes], skipna=True)
    if kind in ("integer", "floating", "mixed-integer-float", "decimal"):
        try:
            exact = kind == "integer"  # floats cannot tell large ones apart
            numbers = (
                objects.mask(holes).astype("Int64") if exact else pd.to_numeric(objects.mask(holes))
            )
        except OverflowError:
            hint = "Convert to text."
            rule = f"{what} must fit into 64 bits"
            raise InvalidDataError(message(name, rule, hint=hint)) from None
        return nw.from_native(numbers, series_only=True)
    kinds: list[str] = []
    if kind.startswith(("mixed", "unknown")):
        kinds = sorted({type(v).__name__ for v in objects[~holes]})
    if len(kinds) > 1:
        raise InvalidDataError(
            message(name, f"{what} must be of one type", value=kinds, hint="Convert to text.")
        )
    return nw.from_native(objects.where(~holes, None), series_only=True) if holes.any() else series


def _by_arrow(series: nw.Series[Any], name: str, what: str) -> tuple[Ints, npt.NDArray[Any]] | None:
    """Return codes and labels from Arrow's dictionary encoding; None where Arrow cannot."""
    if find_spec("pyarrow") is None:
        return None
    import pyarrow as pa

    try:
        values: Any = series.to_arrow()
        if isinstance(values, pa.ChunkedArray):
            values = values.combine_chunks()
        encoded = values
        if not isinstance(values, pa.DictionaryArray):
            encoded = values.dictionary_encode()
    except pa.ArrowException:  # objects that Arrow does not know
        return None
    except UnicodeError as error:
        raise InvalidDataError(
            message(name, f"{what} must be valid text", value=str(error))
        ) from None
    codes = encoded.indices.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes, encoded.dictionary.to_numpy(zero_copy_only=False)


def _by_pandas(series: nw.Series[Any], name: str, what: str) -> tuple[Ints, npt.NDArray[Any]]:
    import pandas as pd

    try:
        codes, labels = pd.factorize(np.asarray(series.to_numpy(), dtype=object))
    except TypeError as error:
        raise InvalidDataError(
            message(name, f"{what} must be text or numbers", value=str(error),
                    hint="Convert to text.")
        ) from None  # fmt: skip
    return np.maximum(np.asarray(codes, dtype=np.int64), 0), np.asarray(labels)
