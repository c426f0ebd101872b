"""The record of cohorts: counts by cohort and age, the triangle, the curve and durations."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue import _calendar, _proportion
from custvalue._check import Array, one_of, refuse, whole
from custvalue._record import frozen, join_notes
from custvalue._tally import Tally, distinct_rows
from custvalue.durations import Durations
from custvalue.errors import InvalidDataError, message
from custvalue.retention._bought import ORDERS
from custvalue.retention._cells import PERIODS
from custvalue.retention.curve import ORIGINS, RetentionCurve, bounds, to_previous

Ints = npt.NDArray[np.integer[Any]]
Flags = npt.NDArray[np.bool_]
Column = npt.NDArray[Any]

OBSERVED, PARTIAL, UNOBSERVED = "observed", "partial", "unobserved"
TOO_YOUNG = "customers observed in no whole period after their first left out"
_SHOWN = ("retention", "customers", "orders", "revenue", "revenue_per_customer",
          "cumulative_revenue_per_customer", "lower", "upper", "state")  # fmt: skip


def _no_counts() -> Ints:
    return np.empty(0, dtype=np.int64)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Cohorts(Tally):
    """Customers, orders and revenue by cohort and age; `+` adds customers.

    A cohort is the customers who started in one calendar period; age counts calendar periods since
    then. There is a row for every cohort from the first one (of each group) to the last period
    observed, also for those of nobody, and for every age that has begun: a cell that is not there
    is not observed, and a 0 means that nobody was active. Who is in two records counts twice.

    Attributes
    ----------
    cohort : int array of shape (rows,)
        Number of the period since 1970-01-01, in `grain`; `to_frame` shows its first day.
    age : int array of shape (rows,)
        Periods since.
    size : int array of shape (rows,)
        Customers of the cohort, the same in all of its rows.
    customers : int array of shape (rows,)
        Of these, those active at the age.
    orders : int array of shape (rows,)
        Their purchases at the age, in lines of the log or in days, as `counting` says.
    revenue : float array of shape (rows,)
        Net amount of the cohort at the age, below 0 where more was paid back than paid; NaN where
        the log has no amounts.
    grain, week_start, timezone : str
        What a period is.
    until : str
        The last day observed. The period that it cuts short is partial.
    since : str
        First day of the first period that customers may have started in; empty: any.
    origin : {"first", "start"}
        Whether customers start with their first activity or at the time in a column. In a log that
        does not reach back to the beginning, the first cohorts by first activity hold customers who
        are older.
    amounts, counting : bool, {"lines", "days"}
        Whether there is revenue; what orders are.
    groups, notes, frame
        Labels of each row by column; what policies did, counted; the kind of frame for results.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> log = pd.DataFrame({"who": ["a", "b", "a", "c", "b"], "when": ["2024-01-05", "2024-01-20",
    ...     "2024-02-02", "2024-03-01", "2024-03-09"]})
    >>> found = cv.retention.cohorts(log, customer="who", time="when", until="2024-03-10")
    >>> found
    Cohorts(customers=3, cohorts=3, grain=month, until=2024-03-10, partial_cells=3)
    >>> found.triangle("customers", partial=True)
          cohort  size    0    1    2
    0 2024-01-01     2  2.0  1.0  1.0
    1 2024-02-01     0  0.0  0.0  NaN
    2 2024-03-01     1  1.0  NaN  NaN
    """

    cohort: Ints = dataclasses.field(default_factory=_no_counts)
    age: Ints = dataclasses.field(default_factory=_no_counts)
    size: Ints = dataclasses.field(default_factory=_no_counts)
    customers: Ints = dataclasses.field(default_factory=_no_counts)
    orders: Ints = dataclasses.field(default_factory=_no_counts)
    revenue: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    grain: str = "month"
    week_start: str = "monday"
    timezone: str | None = None
    until: str = ""
    since: str = ""
    origin: str = "first"
    amounts: bool = False
    counting: str = "lines"

    _keys: ClassVar[tuple[str, ...]] = ("cohort", "age")
    _sums: ClassVar[tuple[str, ...]] = ("size", "customers", "orders", "revenue")
    _settings: ClassVar[tuple[str, ...]] = (
        "grain", "week_start", "timezone", "until", "since", "origin", "amounts",
        "counting",
    )  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("grain", self.grain, PERIODS)
        one_of("week_start", self.week_start, _calendar.WEEKDAYS)
        one_of("origin", self.origin, ORIGINS)
        one_of("counting", self.counting, ORDERS)
        if len(self):
            _calendar.period_of("until", self.until, "day", "monday", None)
        for name in ("cohort", "age", "size", "customers", "orders"):
            counts = whole(name, getattr(self, name), -np.inf if name == "cohort" else 0.0)
            object.__setattr__(self, name, frozen(counts.astype(np.int64)))
        refuse("customers", "must not exceed the size", self.customers, self.customers > self.size)

    def _starts(self, periods: Ints) -> npt.NDArray[np.datetime64]:
        return _calendar.period_starts(periods, self.grain, self.week_start)

    @property
    def _partial(self) -> Flags:
        if not len(self):
            return np.empty(0, dtype=np.bool_)
        ends = self._starts(self.cohort + self.age + 1)
        return np.asarray(ends > np.datetime64(self.until, "D") + np.timedelta64(1, "D"))

    @property
    def state(self) -> Column:
        """For each cell "observed", or "partial" where `until` cuts its period short."""
        return np.where(self._partial, PARTIAL, OBSERVED)

    @property
    def retention(self) -> Array:
        """Share of the cohort active at the age, so far where partial; NaN of nobody."""
        return _proportion.share(self.customers, self.size)

    @property
    def retention_of_previous(self) -> Array:
        """Active customers relative to those active one period before; NaN at age 0.

        A ratio of counts, not a share: above 1 where more came back than left.
        """
        return to_previous(self.customers, self._previous, self.age)

    @property
    def _previous(self) -> Ints:
        """Customers active one period before; the size of the cohort at age 0."""
        row, wide = self._wide(self.customers)
        before = wide[row, np.maximum(self.age - 1, 0)]
        return np.where(self.age > 0, before, self.size).astype(np.int64)

    @property
    def revenue_per_customer(self) -> Array:
        """Revenue at the age per customer of the cohort, active or not; NaN of nobody."""
        return _proportion.share(self.revenue, self.size)

    def interval(self, level: float = 0.95, method: str = "wilson") -> tuple[Array, Array]:
        """Return the bounds of an interval for `retention`; 1 where it is 1 by definition.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald"}
            Wilson (1927) by default.
        """
        return bounds(self.customers, self.size, self.age, self.origin, level, method)

    def _places(self) -> tuple[Ints, Ints]:
        """Return the number of (group, cohort) of each cell, and a cell of each."""
        return distinct_rows([*self.groups.values(), self.cohort])

    def _wide(self, values: Column) -> tuple[Ints, Array]:
        """Return the row of each cell in the triangle, and the triangle, NaN where unobserved."""
        row, firsts = self._places()
        wide = np.full((len(firsts), int(self.age.max(initial=-1)) + 1), np.nan)
        wide[row, self.age] = values
        return row, wide

    def triangle(
        self,
        what: str = "retention",
        *,
        partial: bool = False,
        relative_to: str = "start",
        empty: bool = True,
        level: float = 0.95,
        method: str = "wilson",
    ) -> Any:
        """Return the triangle as a data frame: one row per cohort, one column per age.

        Parameters
        ----------
        what : {"retention", "customers", "orders", "revenue", "revenue_per_customer", \
"cumulative_revenue_per_customer", "lower", "upper", "state"}
            What the cells show; "lower" and "upper" are bounds of an interval for retention.
        partial : bool
            Whether to show cells of the period that `until` cuts short; they are NaN otherwise.
        relative_to : {"start", "previous"}
            Whether retention is relative to the size of the cohort, or to those active in the
            period before.
        empty : bool
            Whether to show cohorts of nobody.
        level, method : float and str
            Of the interval.

        Returns
        -------
        data frame
            Columns of groups, `cohort` (its first day), `size`, and the ages "0", "1", ...; cells
            not observed are NaN ("unobserved" where states are shown).

        Raises
        ------
        InvalidDataError
            If an argument is not known, or there is no revenue.

        Examples
        --------
        >>> import custvalue as cv
        >>> log = cv.datasets.cdnow()
        >>> found = cv.retention.cohorts(log, customer="customer_id", time="date", period="quarter")
        >>> found.triangle()[["size", "0", "1", "2", "3"]].head(1).round(3)
           size    0      1      2      3
        0  2357  1.0  0.222  0.177  0.171
        """
        one_of("what", what, _SHOWN)
        one_of("relative_to", relative_to, ("start", "previous"))
        if "revenue" in what and not self.amounts:
            hint = "Name the column of amounts: cohorts(..., amount=...)."
            raise InvalidDataError(message("what", "needs revenue", value=what, hint=hint))
        if relative_to == "previous" and what != "retention":
            rule = "must be 'start' for what is not retention"
            raise InvalidDataError(message("relative_to", rule, value=relative_to))
        _, firsts = self._places()
        values: Any
        if what in ("lower", "upper"):
            values = self.interval(level, method)[what == "upper"]
        elif relative_to == "previous":
            values = self.retention_of_previous
        else:
            column = {"state": "_partial", "cumulative_revenue_per_customer": "revenue"}
            values = getattr(self, column.get(what, what))
        if what != "state" and not partial:
            values = np.where(self._partial, np.nan, values)
        cells: Any = self._wide(values)[1]
        if what == "state":
            names = np.array([OBSERVED, PARTIAL, UNOBSERVED], dtype=object)
            cells = names[np.where(np.isnan(cells), 2, cells).astype(np.int64)]
        if what == "cumulative_revenue_per_customer":
            sizes = np.broadcast_to(self.size[firsts, None], cells.shape)
            cells = _proportion.share(np.cumsum(cells, axis=1), sizes)
        if not empty:
            some = self.size[firsts] > 0
            firsts, cells = firsts[some], cells[some]
        return self._framed(
            {name: labels[firsts] for name, labels in self.groups.items()}
            | {"cohort": self._starts(self.cohort[firsts]).astype("datetime64[us]")}
            | {"size": self.size[firsts]}
            | {str(age): cells[:, age] for age in range(cells.shape[1])}
        )

    def curve(self) -> RetentionCurve:
        """Return the retention curve of each group, over the cohorts that completed each age.

        Partial cells are left out. See `RetentionCurve` for how its average can rise with age.
        """
        whole_cells = ~self._partial
        keys = {name: labels[whole_cells] for name, labels in self.groups.items()}
        age = self.age[whole_cells]
        row, firsts = distinct_rows([*keys.values(), age])

        def total(column: Ints) -> Ints:
            return np.bincount(row, column[whole_cells], len(firsts)).astype(np.int64)

        return RetentionCurve(
            age=age[firsts],
            size=total(self.size),
            retained=total(self.customers),
            previous=total(self._previous),
            cohorts=total((self.size > 0).astype(np.int64)),
            grain=self.grain,
            origin=self.origin,
            groups={name: labels[firsts] for name, labels in keys.items()},
            notes=self.notes,
            frame=self.frame,
        )

    def durations(self) -> Durations:
        """Return the triangle as durations, for survival curves; for customers who do not return.

        Those missing at an age are taken to have churned in it. Partial cells are left out, and so
        are cohorts observed at age 0 only, which the notes count.

        Raises
        ------
        InvalidDataError
            If the customers of a cohort rise with age: some came back, so that they had not
            churned.
        """
        alive = np.where(self.age > 0, self.customers, self.size)
        row, wide = self._wide(np.where(self._partial, np.nan, alive))
        seen: Flags = np.asarray(np.isfinite(wide[:, 1:2]).any(axis=1))
        young = int(self.size[(self.age == 0) & ~seen[row]].sum())
        labels = {name: column[self._places()[1]] for name, column in self.groups.items()}
        one = np.zeros(len(seen), dtype=np.int64)  # the group of all, where there are no others
        group, firsts = distinct_rows([one, *labels.values()])
        total = Durations(unit=self.grain)
        for number in np.unique(group[seen]).tolist():
            found = Durations.from_survivors(wide[seen & (group == number)], unit=self.grain)
            own = {n: np.repeat(c[firsts[number]], len(found)) for n, c in labels.items()}
            total = total + dataclasses.replace(found, groups=own)
        notes = join_notes(self.notes, {TOO_YOUNG: young} if young else {})
        return dataclasses.replace(total, notes=notes, frame=self.frame)

    def _table(self) -> dict[str, Any]:
        table = {**super()._table(), "cohort": self._starts(self.cohort).astype("datetime64[us]")}
        if not self.amounts:
            del table["revenue"]
        return table

    def _derived(self) -> dict[str, Any]:
        lower, upper = self.interval()
        return {"retention": self.retention, "lower": lower, "upper": upper, "state": self.state}

    def plot(self, ax: Any = None, group: Any = None) -> Any:
        """Draw it; see `custvalue.plot.cohort_heatmap`."""
        from custvalue.plot import cohort_heatmap

        return cohort_heatmap(self, ax, group)

    def _head(self) -> dict[str, Any]:
        first = self.age == 0
        return {
            "customers": int(self.size[first].sum()),
            "cohorts": len(np.unique(self.cohort)),
            "grain": self.grain,
            "until": self.until,
            "partial_cells": int(self._partial.sum()),
            **self.notes,
        }
