"""Columns of dates and times as naive instants: zones converted as asked, text parsed."""

from __future__ import annotations

import datetime as dt
import warnings
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt

from custvalue._frames import Flags, Table, missing
from custvalue.errors import InvalidDataError, message

Instants = npt.NDArray[np.datetime64]
_DAY = r"\s*\d{4}-?\d{2}-?\d{2}"
_OFFSET = r"[T ]\d{2}.*(Z|[+-]\d{2}(?::?\d{2})?)$"  # of ISO 8601 text with a time
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
    array = np.asarray(series.to_numpy()) if zone is None else _in_zone(series, str(timezone))
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
    known_zone(timezone)


def known_zone(timezone: str | None) -> None:
    """Refuse what names no time zone."""
    if timezone is None:
        return
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise InvalidDataError(
            message("timezone", "must be an IANA name such as 'Europe/Paris'", value=timezone)
        ) from None


def _in_zone(series: nw.Series[Any], timezone: str) -> Instants:
    """Return the wall-clock times in a zone: the engine gives UTC, pandas knows the zones."""
    if _pandas_zone(series) is not None:
        utc = series.to_native().dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
    else:
        utc = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None).to_numpy()
    return np.asarray(utc) if timezone == "UTC" else in_zone(utc, timezone)


def in_zone(utc: Instants, timezone: str) -> Instants:
    """Return the wall-clock times in a zone at naive instants in UTC."""
    import pandas as pd

    zoned = pd.DatetimeIndex(utc).tz_localize("UTC").tz_convert(timezone)
    return np.asarray(zoned.tz_localize(None).to_numpy())


def _parsed(
    series: nw.Series[Any], name: str, absent: Flags | None, time_format: str | None
) -> tuple[nw.Series[Any], Flags | None]:
    """Return a column of text or objects as instants, and where that is impossible."""
    import pandas as pd

    values = pd.Series(np.asarray(series.to_numpy(), dtype=object))
    values = values.where(values.notna(), None)
    kinds = {type(v) for v in values} - {type(None)}
    if len({str(v.tzinfo) for v in values if isinstance(v, dt.datetime)}) > 1:
        raise InvalidDataError(message(name, _MIXED, hint=_ONE_ZONE))
    if any(issubclass(kind, (int, float, np.number)) for kind in kinds):
        numbers = values.map(lambda v: isinstance(v, (int, float, np.number)))
        values = values.mask(numbers, None)  # numbers are no dates
    if str in kinds:
        parsed = _parsed_text(values, name, time_format)
    elif all(issubclass(kind, dt.date) and not _is_aware(values, kind) for kind in kinds):
        parsed = pd.Series(values.to_numpy().astype("datetime64[us]"))
    else:
        parsed = pd.to_datetime(values, errors="coerce")
    bad = parsed.isna().to_numpy()
    if absent is not None:
        bad = bad & ~absent
    return nw.from_native(parsed, series_only=True), bad if bad.any() else None


def _is_aware(values: Any, kind: type) -> bool:
    return issubclass(kind, dt.datetime) and any(
        v.tzinfo is not None for v in values if isinstance(v, dt.datetime)
    )


def _parsed_text(values: Any, name: str, time_format: str | None) -> Any:
    """Return text as instants, NaT where it is none; refuse several offsets in one column."""
    import pandas as pd

    if time_format is None:
        strings = values.map(lambda v: isinstance(v, str))
        text = values[strings].astype(str)
        days = text.str.match(_DAY)  # pandas also takes "now", and "2024" for its first day
        values = values.mask(strings & ~days.reindex(values.index, fill_value=False), None)
        offsets = text.str.extract(_OFFSET, expand=False).unique().tolist()
        if len({None if offset != offset else offset for offset in offsets}) > 1:
            raise InvalidDataError(message(name, _MIXED, hint=_ONE_ZONE))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)  # how pandas 2 announces the same
            parsed = pd.to_datetime(values, errors="coerce", format=time_format or "ISO8601")
    except (ValueError, TypeError, FutureWarning):
        if time_format is not None:
            rule = f"must be a strptime format of the one kind of text in {name}"
            raise InvalidDataError(message("time_format", rule, value=time_format)) from None
        raise InvalidDataError(message(name, _MIXED, hint=_ONE_ZONE)) from None
    if parsed.dtype == object:
        raise InvalidDataError(message(name, _MIXED, hint=_ONE_ZONE))
    return parsed
