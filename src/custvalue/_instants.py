"""Columns of dates and times as naive instants: zones converted as asked, text parsed."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt

from custvalue._frames import Flags, Table, missing
from custvalue.errors import InvalidDataError, message

Instants = npt.NDArray[np.datetime64]
_MIXED = "mixes instants of several time zones, or with and without one"
_ONE_ZONE = (
    "Convert to one zone first: pandas.to_datetime(column, utc=True), if all of them state theirs."
)


def instants(
    table: Table, role: str, timezone: str | None, time_format: str | None
) -> tuple[Instants, Flags | None, Flags | None]:
    """Return (naive instants, where missing, where unparsable) of a column of dates or times.

    A zoned column is converted to `timezone`; text is parsed as ISO 8601 or by `time_format`.
    """
    series = table.columns[role]
    name = table.names[role]
    absent = missing(series)
    unparsable: Flags | None = None
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
    if dtype == nw.Duration or dtype.is_nested():
        raise InvalidDataError(message(name, "must hold dates or times", value=str(dtype)))
    if not isinstance(dtype, (nw.Date, nw.Datetime)) and _pandas_zone(series) is None:
        series, unparsable = _parsed(series, name, absent, time_format)
    zone = getattr(series.dtype, "time_zone", None) or _pandas_zone(series)
    _check_zone(name, zone, timezone)
    if zone is not None:
        array = np.asarray(_in_zone(series, str(timezone)))
    else:
        array = np.asarray(series.to_numpy())
    if array.dtype.kind != "M":
        array = array.astype("datetime64[us]")
    return array, absent, unparsable


def _pandas_zone(series: nw.Series[Any]) -> str | None:
    """Return the zone of a pandas column; Narwhals does not know all ("America/New_York")."""
    zone = getattr(getattr(series.to_native(), "dtype", None), "tz", None)
    return None if zone is None else str(zone)


def _check_zone(name: str, zone: str | None, timezone: str | None) -> None:
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
    if timezone is not None:
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError, TypeError):
            raise InvalidDataError(
                message("timezone", "must be an IANA name such as 'Europe/Paris'", value=timezone)
            ) from None


def _in_zone(series: nw.Series[Any], timezone: str) -> Any:
    if _pandas_zone(series) is not None:
        return series.to_native().dt.tz_convert(timezone).dt.tz_localize(None).to_numpy()
    return series.dt.convert_time_zone(timezone).dt.replace_time_zone(None).to_numpy()


def _parsed(
    series: nw.Series[Any], name: str, absent: Flags | None, time_format: str | None
) -> tuple[nw.Series[Any], Flags | None]:
    import pandas as pd

    values = pd.Series(np.asarray(series.to_numpy(), dtype=object))
    kinds = {type(v) for v in values}
    text = str in kinds
    if len({str(v.tzinfo) for v in values if isinstance(v, dt.datetime) and v == v}) > 1:
        raise InvalidDataError(message(name, _MIXED, hint=_ONE_ZONE))
    how: dict[str, Any] = {"format": time_format or "ISO8601"} if text else {}
    if any(issubclass(kind, (int, float, np.number)) for kind in kinds):
        numbers = values.map(lambda v: isinstance(v, (int, float, np.number)) and v == v)
        values = values.mask(numbers, None)  # numbers are no dates
    try:
        parsed = pd.to_datetime(values, errors="coerce", **how)
    except (ValueError, TypeError):
        raise InvalidDataError(message(name, _MIXED, hint=_ONE_ZONE)) from None
    if parsed.dtype == object:
        raise InvalidDataError(message(name, _MIXED, hint=_ONE_ZONE))
    bad = parsed.isna().to_numpy()
    if absent is not None:
        bad = bad & ~absent
    return nw.from_native(parsed, series_only=True), bad if bad.any() else None
