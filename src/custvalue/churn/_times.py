"""Times of a table that are dates or numbers, as floats; NaN where something has not happened."""

from __future__ import annotations

import numpy as np

from custvalue import _frames
from custvalue._check import Array, refuse
from custvalue._instants import instants


def numbers(table: _frames.Table, role: str, end: float) -> Array:
    """Return times that are numbers; NaN where they are missing."""
    when, name = _frames.numeric(table, role), table.names[role]
    refuse(name, "must be finite", when, np.isinf(when))
    refuse(name, "must not be after until", when, when > end, hint=f"It is {end:g}.")
    return when


def microseconds(
    table: _frames.Table,
    role: str,
    last: np.datetime64,
    timezone: str | None,
    time_format: str | None,
) -> Array:
    """Return times that are dates, exactly, as microseconds; NaN where they are missing."""
    absent = _frames.missing(table.columns[role])
    if table.rows == 0 or (absent is not None and absent.all()):
        return np.full(table.rows, np.nan)
    when, absent, unparsable = instants(table, role, timezone, time_format)
    name = table.names[role]
    if unparsable is not None:
        refuse(name, "has text that is no date", _frames.labels(table, role), unparsable)
    known = np.ones(table.rows, dtype=bool) if absent is None else ~absent
    late = known & (when > last)
    if late.any():
        hint = f"Observation ends at {last}; leave out what is not known by then."
        refuse(name, "must not be after until", when.astype(str), late, hint=hint)
    return np.where(known, when.astype("datetime64[us]").astype(np.float64), np.nan)
