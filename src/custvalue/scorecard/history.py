"""What indicators were, day by day: the past that dynamic thresholds and past verdicts need."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, real, refuse
from custvalue._frames import labels, numeric, read
from custvalue._instants import instants
from custvalue._record import Notes, Record, checked_notes, join_notes
from custvalue._tally import as_column, concatenated, distinct_rows
from custvalue.errors import InvalidDataError, message

Column = npt.NDArray[Any]
_FIRST, _LAST = np.datetime64("0001-01-01"), np.datetime64("9999-12-31")  # those that dates have


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class History(Record):
    """Values of indicators by day, one row each; `+` joins those of different days.

    Attributes
    ----------
    indicator, unit : arrays of str
        Ids of indicators, and what was evaluated: a branch, a segment; "" where there is one.
    day : array of datetime64[D]
        The day that a value is of.
    value, lower, upper : float arrays
        Values and their bounds; NaN where there are none.
    notes, frame
        What was counted; the kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> table = pd.DataFrame({"indicator": "csat", "date": ["2021-12-31", "2022-12-31"],
    ...                       "value": [0.80, 0.85]})
    >>> cv.scorecard.history(table)
    History(values=2, indicators=1, units=1, first=2021-12-31, last=2022-12-31)
    """

    indicator: Column
    unit: Column
    day: Column
    value: Array
    lower: Array
    upper: Array
    notes: Notes = dataclasses.field(default_factory=dict)
    frame: str = dataclasses.field(default="pandas", compare=False)

    _columns: ClassVar[tuple[str, ...]] = ("indicator", "unit", "day", "value", "lower", "upper")

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", checked_notes(self.notes))
        found: dict[str, Column] = {}
        for name in ("indicator", "unit"):
            column = as_column(name, getattr(self, name)).astype(object)
            odd = np.array([not isinstance(label, str) for label in column.tolist()], dtype=bool)
            refuse(name, "must be text", column, odd)
            found[name] = column
        days = as_column("day", self.day)
        if days.dtype.kind != "M":
            raise InvalidDataError(message("day", "must be days", value=str(days.dtype)))
        found["day"] = days.astype("datetime64[D]")
        refuse("day", "must be known", "NaT", np.isnat(found["day"]))
        beyond = (found["day"] < _FIRST) | (found["day"] > _LAST)
        refuse("day", "must be from year 1 to 9999", found["day"].astype(np.int64), beyond)
        for name in ("value", "lower", "upper"):
            found[name] = real(name, getattr(self, name))
            refuse(name, "must be finite, or NaN", found[name], np.isinf(found[name]))
        if len({column.shape for column in found.values()}) > 1 or found["day"].ndim != 1:
            raise InvalidDataError(message("History", "must have columns of one length"))
        refuse("lower", "must not be above upper", found["lower"], found["lower"] > found["upper"])
        keys = [found["indicator"], found["unit"], found["day"]]
        row, first = distinct_rows(keys)
        if len(first) < len(row):
            again = np.ones(len(row), dtype=bool)
            again[first] = False
            rule = "must have one value of an indicator for each day (and unit)"
            where = np.array([" ".join(map(str, key)) for key in zip(*keys, strict=True)])
            refuse("history", rule, where, again)
        for name, column in found.items():
            object.__setattr__(self, name, column[first])
        super().__post_init__()

    def __len__(self) -> int:
        """Return the number of values."""
        return len(self.day)

    def __add__(self, other: Self) -> Self:
        if type(other) is not type(self):
            return NotImplemented
        joined: dict[str, Any] = {
            n: concatenated(n, getattr(self, n), getattr(other, n)) for n in self._columns
        }
        notes = join_notes(self.notes, other.notes)
        return dataclasses.replace(self, notes=notes, **joined)

    def __radd__(self, other: Any) -> Self:
        return self if isinstance(other, int) and other == 0 else NotImplemented  # sum() begins

    def _head(self) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "values": len(self),
            "indicators": len(set(self.indicator.tolist())),
            "units": len(set(self.unit.tolist())),
        }
        if len(self):
            facts |= {"first": str(self.day.min()), "last": str(self.day.max())}
        return {**facts, **self.notes}

    def until(self, day: Any) -> Self:
        """Return the values up to a day, that included.

        Parameters
        ----------
        day : date or str
            The day.
        """
        from custvalue.scorecard.action import day_of

        kept = self.day <= np.datetime64(day_of("day", day, end=True))
        chosen: dict[str, Any] = {name: getattr(self, name)[kept] for name in self._columns}
        return dataclasses.replace(self, **chosen)

    @functools.cached_property
    def _rows(self) -> Mapping[str, npt.NDArray[np.int64]]:
        """Return the rows of each indicator, in order."""
        import pandas as pd

        codes, names = pd.factorize(self.indicator)
        rows = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
        return dict(zip(names.tolist(), rows, strict=False))  # of no rows one split, of no name

    def _of(self, indicator: str, units: Column) -> tuple[npt.NDArray[np.int64], Column]:
        """Return the rows of an indicator and of units, and the place of the unit of each."""
        import pandas as pd

        mine = self._rows.get(indicator, np.zeros(0, dtype=np.int64))
        column = pd.Index(units).get_indexer(pd.Index(self.unit[mine]))
        return mine[column >= 0], column[column >= 0]

    def last(self, indicator: str, units: Column) -> tuple[Array, Array, Array, Array]:
        """Return the last value of an indicator that each unit has, its bounds and its day.

        Parameters
        ----------
        indicator : str
            Its id.
        units : array of shape (units,)
            Labels of the units wanted.

        Returns
        -------
        value, lower, upper, day : arrays of shape (units,)
            The day since 1970; NaN where there is none.
        """
        mine, column = self._of(indicator, units)
        known = ~np.isnan(self.value[mine])
        mine, column = mine[known], column[known]
        days = self.day[mine].astype(np.int64).astype(np.float64)
        order = np.lexsort((days, column))
        ends = order[np.append(column[order][1:] != column[order][:-1], True)[: len(order)]]
        given = (self.value[mine], self.lower[mine], self.upper[mine], days)
        found = np.full((4, len(units)), np.nan)
        for row, values in zip(found, given, strict=True):
            row[column[ends]] = values[ends]
        return found[0], found[1], found[2], found[3]

    def matrix(self, indicator: str, units: Column) -> tuple[Array, Mapping[str, Array]]:
        """Return the days of an indicator, rising, and its values and bounds.

        Parameters
        ----------
        indicator : str
            Its id.
        units : array of shape (units,)
            Labels of the units wanted.

        Returns
        -------
        days : array of shape (days,)
            Since 1970.
        columns : mapping of "value", "lower" and "upper" to arrays of shape (days, units)
            NaN where there is none.
        """
        mine, column = self._of(indicator, units)
        days, row = np.unique(self.day[mine], return_inverse=True)
        found = {}
        for name in ("value", "lower", "upper"):
            found[name] = np.full((len(days), len(units)), np.nan)
            found[name][row, column] = getattr(self, name)[mine]
        return days.astype(np.int64).astype(np.float64), found


def history(
    table: Any,
    *,
    indicator: str = "indicator",
    date: str = "date",
    value: str = "value",
    lower: str | None = None,
    upper: str | None = None,
    unit: str | None = None,
    timezone: str | None = None,
    time_format: str | None = None,
) -> History:
    """Return the values of indicators by day, from a table with a row for each.

    Parameters
    ----------
    table : frame
        Of any kind that Narwhals reads.
    indicator, date, value : str
        Columns: the id of the indicator, the day, the value.
    lower, upper : str, optional
        Columns of the bounds of the value; both or none.
    unit : str, optional
        Column of what was evaluated, such as a branch.
    timezone, time_format : str, optional
        The zone in which instants become days; how text is read, if not as ISO 8601.

    Returns
    -------
    History

    Raises
    ------
    InvalidDataError
        If a day is missing or no day, or an indicator has two values on one day (and unit).

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> table = pd.DataFrame({"kpi": ["nps", "nps"], "month": ["2026-01-31", "2026-02-28"],
    ...                       "score": [0.31, 0.35], "branch": ["north", "north"]})
    >>> cv.scorecard.history(table, indicator="kpi", date="month", value="score", unit="branch")
    History(values=2, indicators=1, units=1, first=2026-01-31, last=2026-02-28)
    """
    if (lower is None) != (upper is None):
        rule = "must be given both, or none"
        raise InvalidDataError(message("lower, upper", rule, value=(lower, upper)))
    found = read(table, indicator=indicator, date=date, value=value, lower=lower, upper=upper,
                 unit=unit)  # fmt: skip
    moments, absent, strange = instants(found, "date", timezone, time_format)
    for bad, rule in ((absent, "must not be missing"), (strange, "must be dates")):
        if bad is not None:
            refuse(date, rule, labels(found, "date"), bad)
    nothing = np.full(found.rows, np.nan)
    low = nothing if lower is None else numeric(found, "lower")
    high = nothing if upper is None else numeric(found, "upper")
    units = np.full(found.rows, "", dtype=object) if unit is None else _text(found, "unit")
    days = moments.astype("datetime64[D]")
    values = numeric(found, "value")
    return History(_text(found, "indicator"), units, days, values, low, high, frame=found.kind)


def _text(table: Any, role: str) -> Column:
    """Return labels as text; refuse those that are missing."""
    from custvalue._frames import missing

    absent, column = missing(table.columns[role]), labels(table, role).astype(object)
    if absent is not None:
        refuse(table.names[role], "must not be missing", column, absent)
    return np.array([str(label) for label in column.tolist()], dtype=object)
