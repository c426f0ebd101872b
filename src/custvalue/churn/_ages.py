"""From spells to durations: ages in fixed units, or counted in whole (calendar) periods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from custvalue import _calendar
from custvalue._check import Array
from custvalue._record import join_notes
from custvalue.durations import Durations
from custvalue.errors import InvalidDataError, message

if TYPE_CHECKING:
    from custvalue.churn.spells import Spells

Instants = npt.NDArray[np.datetime64]
NOT_WHOLE = "spells not observed over a whole period left out"
_HOUR = 3_600_000_000  # microseconds


def durations_of(spells: Spells, unit: str, whole: bool) -> Durations:
    """Return the age at which each spell came under observation and left it."""
    _calendar.unit_of("unit", unit)
    if not isinstance(whole, (bool, np.bool_)):
        raise InvalidDataError(message("whole", "must be true or false", value=whole))
    entered = spells.start
    if spells.since is not None:
        entered = np.maximum(spells.start, np.datetime64(spells.since))
    columns: dict[str, Any] = {"customer": spells.customer, "event": spells.event, **spells.groups}
    notes = spells.notes
    if whole:
        finish, exact = completed(spells.start, spells.end, unit)
        begin, exactly = completed(spells.start, entered, unit)
        exit, entry = finish + (spells.event & ~exact), begin + ~exactly
        keep = exit > entry
        left_out = len(spells) - int(keep.sum())
        notes = join_notes(notes, {NOT_WHOLE: left_out} if left_out else {})
        columns = {name: column[keep] for name, column in columns.items()}
        exit, entry = exit[keep], entry[keep]
    else:
        ticks = _calendar.HOURS[unit] * _HOUR
        exit = (spells.end - spells.start).astype(np.int64) / ticks
        entry = (entered - spells.start).astype(np.int64) / ticks
    return Durations(
        exit=exit,
        event=columns.pop("event"),
        entry=entry,
        customer=columns.pop("customer"),
        groups=columns,
        unit=unit,
        notes=notes,
        frame=spells.frame,
    )


def completed(start: Instants, end: Instants, unit: str) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return the whole periods from start to end, and whether the last one ends exactly then."""
    if unit not in _calendar.MONTHS:
        ticks = int(_calendar.HOURS[unit] * _HOUR)
        count, rest = np.divmod((end - start).astype(np.int64), ticks)
        return count.astype(np.float64), rest == 0
    months = (end.astype("datetime64[M]") - start.astype("datetime64[M]")).astype(np.int64)
    months -= _months_later(start, months) > end
    count = months // _calendar.MONTHS[unit]
    return count.astype(np.float64), _months_later(start, count * _calendar.MONTHS[unit]) == end


def _months_later(start: Instants, months: npt.NDArray[np.int64]) -> Instants:
    """Return the same day and time some months later, or the last day of a shorter month."""
    first = start.astype("datetime64[M]")
    target = first + months.astype("timedelta64[M]")
    into = start.astype("datetime64[D]") - first.astype("datetime64[D]")
    end = (target + np.timedelta64(1, "M")).astype("datetime64[D]")
    last = end - target.astype("datetime64[D]") - np.timedelta64(1, "D")
    day = target.astype("datetime64[D]") + np.minimum(into, last)
    return np.asarray(day + (start - start.astype("datetime64[D]")))
