"""Occasions: one row per customer and period, addable, and the way from them to a summary."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from custvalue import _calendar
from custvalue._check import Array, one_of, refuse
from custvalue._record import Notes, Record, checked_notes, frozen, join_notes
from custvalue._reduce import Runs, mean_of_repeats, run_bounds
from custvalue.errors import InvalidDataError, message
from custvalue.summary import Summary

if TYPE_CHECKING:
    from custvalue._split import Split

Ints = npt.NDArray[np.integer[Any]]
Flags = npt.NDArray[np.bool_]
_NONE: Ints = np.empty(0, dtype=np.int64)

REFUNDED = "fully refunded occasions, not counted as purchases"
BEFORE_SINCE = "occasions before `since` left out"
AFTER_UNTIL = "occasions after `until` left out"


def assembled(
    runs: Runs,
    decode: Callable[[Ints], npt.NDArray[Any]],
    lines: Ints,
    *,
    notes: Notes,
    spends: bool,
    **settings: Any,
) -> Occasions:
    """Return occasions from runs whose sums are (spend, refunded), as far as there are any."""
    return Occasions(
        customer=decode(runs.customer),
        start=runs.start,
        period=runs.period,
        lines=lines,
        spend=runs.sums[0] if spends else None,
        refunded=runs.sums[1] if spends and len(runs.sums) > 1 else None,
        notes=notes,
        **settings,
    )


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Occasions(Record):
    """Purchase occasions: one row per customer and period, sorted; `+` pools two logs.

    Attributes
    ----------
    customer : array of shape (customers,)
        The distinct customers, sorted.
    start : int array of shape (customers + 1,)
        Rows start[i] to start[i + 1] are those of customer[i].
    period : int array of shape (occasions,)
        Number of the period since 1970-01-01, in `grain`.
    lines : int array of shape (occasions,)
        Lines of the log in each occasion.
    spend : float array of shape (occasions,) or None
        Net amount of each occasion, in the currency of the log.
    refunded : float array of shape (occasions,) or None
        Sum of the negative amounts in each occasion, as a positive number; None: there are none.
    grain, week_start, timezone, notes, frame
        As read; `frame` is the kind of data frame that results come back in.

    Examples
    --------
    >>> import custvalue as cv
    >>> log = cv.datasets.cdnow()
    >>> read = lambda part: cv.occasions(part, customer="customer_id", time="date", amount="spend")
    >>> chunks = [log[:4000], log[4000:]]
    >>> sum((read(chunk) for chunk in chunks), cv.Occasions()) == read(log)
    True
    """

    customer: npt.NDArray[Any] = dataclasses.field(default_factory=_NONE.copy)
    start: Ints = dataclasses.field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    period: Ints = dataclasses.field(default_factory=_NONE.copy)
    lines: Ints = dataclasses.field(default_factory=_NONE.copy)
    spend: Array | None = None
    refunded: Array | None = None
    grain: str = "day"
    week_start: str = "monday"
    timezone: str | None = None
    notes: Notes = dataclasses.field(default_factory=dict)
    frame: str = dataclasses.field(default="pandas", compare=False)

    _settings: ClassVar[tuple[str, ...]] = ("grain", "week_start", "timezone")

    def __post_init__(self) -> None:
        _calendar.unit_of("grain", self.grain)
        one_of("week_start", self.week_start, _calendar.WEEKDAYS)
        object.__setattr__(self, "notes", checked_notes(self.notes))
        rows = len(self.period)
        for name in ("lines", "spend", "refunded"):
            column = getattr(self, name)
            if (column is not None or name == "lines") and np.shape(column) != (rows,):
                rule = "must be as long as period"
                raise InvalidDataError(message(name, rule, value=np.shape(column)))
        start = np.asarray(self.start)
        whole = start.shape == (len(self.customer) + 1,) and start[0] == 0 and start[-1] == rows
        if not whole or (np.diff(start) <= 0).any():
            rule = "must cut the occasions into one run for each customer"
            raise InvalidDataError(message("start", rule))
        for name in ("customer", "start", "period", "lines", "spend", "refunded"):
            column = getattr(self, name)
            if column is not None:  # a view: millions of rows are not copied
                object.__setattr__(self, name, frozen(np.asarray(column).view()))

    def __len__(self) -> int:
        """Return the number of occasions."""
        return len(self.period)

    def _head(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"customers": len(self.customer), "occasions": len(self)}
        if len(self):
            first, last = self._dates(np.array([self.period.min(), self.period.max()]))
            facts |= {"first": first, "last": last}
        return {**facts, "grain": self.grain, **self.notes}

    def _dates(self, periods: Ints) -> npt.NDArray[np.datetime64]:
        return _calendar.period_starts(periods, self.grain, self.week_start)

    def _table(self) -> dict[str, Any]:
        table: dict[str, Any] = {
            "customer": np.repeat(self.customer, np.diff(self.start)),
            "period": self._dates(self.period).astype("datetime64[us]"),
            "lines": self.lines,
        }
        return table if self.spend is None else {**table, "spend": self.spend}

    def __radd__(self, other: Any) -> Self:
        return (
            self if isinstance(other, int) and other == 0 else NotImplemented
        )  # sum() starts at 0

    def __add__(self, other: Occasions) -> Occasions:
        if not isinstance(other, Occasions):
            return NotImplemented
        from custvalue._pool import pooled

        return pooled(self, other)

    def _refunds(self) -> Array:
        return np.zeros(len(self)) if self.refunded is None else self.refunded

    def _only(self, keep: Flags, note: str) -> Self:
        """Return the occasions where `keep` holds, and count the others in the notes."""
        left_out = len(self) - int(np.count_nonzero(keep))
        if left_out == 0:
            return self
        owner = np.repeat(np.arange(len(self.customer)), np.diff(self.start))[keep]
        start = run_bounds(owner)
        return dataclasses.replace(
            self,
            customer=self.customer[owner[start[:-1]]],
            start=start,
            period=self.period[keep],
            lines=self.lines[keep],
            spend=None if self.spend is None else self.spend[keep],
            refunded=None if self.refunded is None else self.refunded[keep],
            notes=join_notes(self.notes, {note: left_out} if note else {}),
        )

    def _given_back(self) -> Flags | None:
        """Return which occasions were fully refunded, or are refunds alone; None: none can be."""
        if self.spend is None or self.refunded is None:
            return None
        gross = self.spend + self.refunded
        return np.asarray((self.refunded > 0) & (self.spend <= 1e-9 * gross))

    def _purchases(self) -> Self:
        """Return the occasions of which something was kept: net spend after refunds is positive."""
        back = self._given_back()
        return self if back is None else self._only(~back, REFUNDED)

    def _observed(self, since: Any, until: Any) -> tuple[Self, int]:
        """Return the purchases from `since` to `until`, and the last period observed."""
        last = self._period("until", until) if until is not None else None
        bought = self._purchases()
        if since is not None:
            bought = bought._only(bought.period >= self._period("since", since), BEFORE_SINCE)
        if last is None:
            last = int(self.period.max()) if len(self) else 0
        elif len(bought) and int(bought.period.max()) > last:
            bought = bought._only(bought.period <= last, AFTER_UNTIL)
        if not len(bought):
            raise InvalidDataError(
                message(
                    "log",
                    "has no purchase in the time observed",
                    value=f"{len(self)} occasions, since={since}, until={until}",
                    hint="Check the dates asked for, and notes for what was left out: "
                    f"{dict(bought.notes)}",
                )
            )
        return bought, last

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the occasions that `to_dict` wrote, validated."""
        found = super().from_dict(data)
        owner = np.repeat(np.arange(len(found.customer)), np.diff(found.start))
        falls = (np.diff(found.period) <= 0) & (np.diff(owner) == 0)
        refuse("period", "must rise within each customer", found.period[1:], falls)
        return found

    def _period(self, name: str, when: Any) -> int:
        return _calendar.period_of(name, when, self.grain, self.week_start, self.timezone)

    def cohort(self, first_from: Any = None, first_until: Any = None) -> Self:
        """Return the occasions of customers whose first purchase lies in a window.

        Parameters
        ----------
        first_from, first_until : date or str, optional
            First and last period of the window, both included.

        Examples
        --------
        >>> import custvalue as cv
        >>> log = cv.datasets.cdnow()
        >>> bought = cv.occasions(log, customer="customer_id", time="date", amount="spend")
        >>> len(bought.cohort("1997-01-01", "1997-01-31").customer)
        781
        """
        bought = self._purchases()
        first = bought.period[bought.start[:-1]] if len(bought) else _NONE
        keep = np.ones(len(first), dtype=bool)
        if first_from is not None:
            keep &= first >= self._period("first_from", first_from)
        if first_until is not None:
            keep &= first <= self._period("first_until", first_until)
        return bought._only(np.repeat(keep, np.diff(bought.start)), "")

    def summary(
        self,
        until: Any = None,
        since: Any = None,
        unit: str = "day",
        include_first_spend: bool = False,
    ) -> Summary:
        """Return frequency, recency, T and monetary value per customer.

        Parameters
        ----------
        until : date or str, optional
            Last period observed (included). Default: the last period in the log.
        since : date or str, optional
            First period observed. What lies before is left out and counted in the notes; a customer
            who bought before is then taken to be new at the first purchase seen.
        unit : {"hour", "day", "week", "month", "quarter", "year"}
            The ruler for recency and T: week = 7, month = 30.4375, year = 365.25 days. Where grain
            and unit are both calendar ones, calendar months are counted.
        include_first_spend : bool
            Average spend over all occasions instead of the repeat occasions only.

        Returns
        -------
        Summary
            One row per customer who bought in the time observed.

        Raises
        ------
        InvalidDataError
            If no purchase lies in the time observed, or a date cannot be read.

        Examples
        --------
        >>> import custvalue as cv
        >>> log = cv.datasets.cdnow()
        >>> bought = cv.occasions(log, customer="customer_id", time="date", amount="spend")
        >>> bought.summary(until="1997-09-30", unit="week").to_frame().head(2).round(2)
          customer  frequency  recency      T  monetary_value
        0     0001        2.0    30.43  38.86           22.34
        1     0002        1.0     1.71  38.86           11.77
        """
        _calendar.unit_of("unit", unit)
        bought, last = self._observed(since, until)
        first = bought.period[bought.start[:-1]]
        final = bought.period[bought.start[1:] - 1]
        repeats = np.diff(bought.start) - 1
        return Summary(
            customer=bought.customer,
            frequency=frozen(repeats.astype(np.float64)),
            recency=frozen(_calendar.elapsed(first, final, self.grain, unit)),
            T=frozen(_calendar.elapsed(first, np.full_like(first, last), self.grain, unit)),
            monetary_value=None
            if bought.spend is None
            else frozen(mean_of_repeats(bought.spend, bought.start, include_first_spend)),
            unit=unit,
            notes=bought.notes,
            frame=self.frame,
        )

    def split(self, at: Any, until: Any = None, unit: str = "day", since: Any = None) -> Split:
        """Return a calibration summary up to `at` and what its customers did from then to `until`.

        Parameters
        ----------
        at : date or str
            Last period of the calibration (included).
        until : date or str, optional
            Last period of the holdout (included). Default: the last period in the log.
        unit, since
            As in `summary`.

        Returns
        -------
        Split
            With the calibration summary, holdout frequency and spend per customer, and totals per
            period.

        Raises
        ------
        InvalidDataError
            If nobody bought before `at`, or `until` is not after `at`.

        Examples
        --------
        >>> import custvalue as cv
        >>> log = cv.datasets.cdnow()
        >>> bought = cv.occasions(log, customer="customer_id", time="date", amount="spend")
        >>> split = bought.split(at="1997-09-30", unit="week")
        >>> split.duration, int(split.frequency.sum())
        (39.0, 1882)
        """
        from custvalue._split import split

        return split(self, at, until, unit, since)
