"""Churn rates per period with named denominators: start, average, exposure; and daily sums."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar, Self, cast

import numpy as np
import numpy.typing as npt

from custvalue import _calendar
from custvalue._check import Array, coverage, of_type, one_of, refuse, within
from custvalue._proportion import interval as proportion_interval
from custvalue._proportion import normal_quantile, share
from custvalue._tally import Tally, distinct_rows, refuse_names
from custvalue.churn._lead import with_lead, without_lead
from custvalue.churn._period_counts import PeriodCounts
from custvalue.churn._poisson import garwood
from custvalue.churn._window import edge
from custvalue.churn.spells import SPELLS_HINT, Spells
from custvalue.errors import InvalidDataError, message

Counts = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]
DENOMINATORS = ("start", "average", "exposure")
_SHOWN = ("joined", "partial", "rate", "lower", "upper")
_TICK = np.timedelta64(1, "us")


def _none() -> Any:
    return np.empty(0, dtype=np.int64)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ChurnRates(Tally):
    """Customers at the start and the end of each period [a, b), and those who left in between.

    A spell is [start, end), so that one which ends on the first day of a month was lost in the
    month before, and one which starts then is in the opening of the month. Every period of the
    window has a row, with or without churn.

    Attributes
    ----------
    period : datetime64 array of shape (n,)
        First instant of the period.
    opening, closing : int arrays of shape (n,)
        Customers active at a, and at b.
    lost : int array of shape (n,)
        Customers active at a and not at b. Who leaves and returns within the period is not lost.
    ended : int array of shape (n,)
        Spells that end in (a, b], with those that also began inside the period.
    exposure : float array of shape (n,)
        Time in which customers were active, in periods: 1 for a customer active throughout.
    unit, week_start : str
        What a period is, and the weekday that starts a week.
    since, until : str or None
        The window [since, until); periods that it cuts are `partial`.
    denominator : {"start", "average", "exposure"}
        What `rate`, `interval` and `to_frame` use where they are not told otherwise.

    Examples
    --------
    >>> import numpy as np
    >>> import custvalue as cv
    >>> rates = cv.churn.ChurnRates(np.array(["2024-01-01"], "M8[D]"), opening=[200],
    ...     closing=[210], lost=[10], ended=[12], exposure=[203.5])
    >>> rates.rate("start"), rates.rate("average").round(4), rates.rate("exposure").round(4)
    (array([0.05]), array([0.0585]), array([0.059]))
    """

    period: Counts = dataclasses.field(default_factory=lambda: np.empty(0, dtype="datetime64[us]"))
    opening: Counts = dataclasses.field(default_factory=_none)
    closing: Counts = dataclasses.field(default_factory=_none)
    lost: Counts = dataclasses.field(default_factory=_none)
    ended: Counts = dataclasses.field(default_factory=_none)
    exposure: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    unit: str = "month"
    week_start: str = "monday"
    since: str | None = None
    until: str | None = None
    denominator: str = "start"

    _keys: ClassVar[tuple[str, ...]] = ("period",)
    _sums: ClassVar[tuple[str, ...]] = (
        "opening",
        "closing",
        "lost",
        "ended",
        "exposure",
    )
    _settings: ClassVar[tuple[str, ...]] = ("unit", "week_start", "since", "until", "denominator")

    def __post_init__(self) -> None:
        _calendar.unit_of("unit", self.unit)
        one_of("week_start", self.week_start, _calendar.WEEKDAYS)
        one_of("denominator", self.denominator, DENOMINATORS)
        period = np.asarray(self.period)
        if period.dtype.kind != "M":
            rule = "must be datetime64"
            raise InvalidDataError(message("period", rule, value=str(period.dtype)))
        refuse("period", "must be known", period, np.isnat(period))
        object.__setattr__(self, "period", period.astype("datetime64[us]"))
        for name in ("since", "until"):
            if getattr(self, name) is not None:
                edge(name, getattr(self, name), None)
        super().__post_init__()
        refuse_names(self.groups, _SHOWN)
        for name in self._sums:
            within(name, getattr(self, name), 0.0)
        refuse("lost", "must not exceed opening", self.lost, self.lost > self.opening)
        refuse("lost", "must not exceed ended", self.lost, self.lost > self.ended)
        rule = "must be at least opening - lost"
        refuse("closing", rule, self.closing, self.joined < 0)

    def _head(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"periods": len(np.unique(self.period)), "unit": self.unit}
        if self.groups:
            facts["by"] = ", ".join(self.groups)
        return facts | {
            "lost": int(self.lost.sum()),
            "ended": int(self.ended.sum()),
            "exposure": float(self.exposure.sum()),
            "partial": int(self.partial.sum()),
            **self.notes,
        }

    def _derived(self) -> dict[str, Any]:
        lower, upper = self.interval()
        facts = {"joined": self.joined, "partial": self.partial}
        return {**facts, "rate": self.rate(), "lower": lower, "upper": upper}

    def __add__(self, other: Self) -> Self:
        if type(other) is not type(self):
            return NotImplemented
        return cast(Self, without_lead(Tally.__add__(with_lead(self), with_lead(other))))

    @property
    def joined(self) -> Counts:
        """Customers active at the end of the period and not at its start, of shape (n,)."""
        return np.asarray(self.closing - self.opening + self.lost)

    @property
    def partial(self) -> npt.NDArray[np.bool_]:
        """Whether the window shows only a part of the period, of shape (n,)."""
        number = _calendar.period_numbers(self.period, self.unit, self.week_start)
        after = _calendar.period_starts(np.asarray(number) + 1, self.unit, self.week_start)
        cut = np.zeros(len(self.period), dtype=bool)
        if self.since is not None:
            cut |= self.period < np.datetime64(self.since)
        if self.until is not None:
            cut |= after > np.datetime64(self.until)
        return cut

    def _ratio(self, denominator: str | None) -> tuple[Counts, Counts, str]:
        """Return numerator, denominator and its name."""
        name = self.denominator if denominator is None else denominator
        one_of("denominator", name, DENOMINATORS)
        if name == "start":
            return self.lost, self.opening, name
        base = self.exposure if name == "exposure" else (self.opening + self.closing) / 2.0
        return self.ended, base, name

    def rate(self, denominator: str | None = None) -> Array:
        """Return the churn rate of each period; NaN where nobody was at risk.

        Parameters
        ----------
        denominator : {"start", "average", "exposure"}, optional
            "start": lost / opening, the probability of not being there a period later. "average":
            ended / mean of opening and closing, and "exposure": ended / exposure, both hazards per
            period: customers who leave per customer and period. Only "exposure" allows for the
            length of a partial period.

        Returns
        -------
        float array of shape (n,)
            At a constant hazard h, "start" estimates 1 - exp(-h) and the others h.
        """
        count, base, _ = self._ratio(denominator)
        return np.asarray(share(count, base))

    def interval(self, level: float = 0.95, denominator: str | None = None) -> tuple[Array, Array]:
        """Return the (lower, upper) bounds of each rate.

        Parameters
        ----------
        level : float
            Coverage, between 0 and 1.
        denominator : {"start", "average", "exposure"}, optional
            As in `rate`. "start": Wilson (1927) for a proportion. "exposure": Garwood (1936), exact
            for a Poisson count. "average": Garwood, with the average base for the time at risk.

        Returns
        -------
        tuple of float arrays of shape (n,)
            NaN where nobody was at risk.
        """
        count, base, name = self._ratio(denominator)
        if name == "start":
            return proportion_interval(count, base, level)
        return garwood(count, base, level)

    def summed(self, into: str = "month", level: float = 0.95) -> Any:
        """Return the start-base rates of short periods summed (and compounded) over longer ones.

        Daily rates summed over a month are what some dashboards show as monthly churn. The sum is
        one of hazards, not a probability: 30 days at 4 % give 1.20, and 0.706 compounded.

        Parameters
        ----------
        into : str
            The longer period.
        level : float
            Coverage of the interval of the sum, between 0 and 1.

        Returns
        -------
        data frame
            Columns (groups,) period, periods (short ones with somebody at risk), summed, lower,
            upper (log-normal, from the variance of Nelson & Aalen for ties; NaN without churn),
            compounded.

        Raises
        ------
        InvalidDataError
            If `into` is not longer than the periods of this record.
        """
        _calendar.unit_of("into", into)
        nested = self.unit in ("hour", "day") or (self.unit in _calendar.MONTHS) & (
            into in _calendar.MONTHS
        )
        if not nested or _calendar.HOURS[into] <= _calendar.HOURS[self.unit]:
            rule = f"must be a period made of whole {self.unit}s"
            raise InvalidDataError(message("into", rule, value=into))
        coverage(level)
        number = _calendar.period_numbers(self.period, into, self.week_start)
        period = _calendar.period_starts(number, into, self.week_start).astype("datetime64[us]")
        keys = {**self.groups, "period": period}
        row, firsts = distinct_rows(list(keys.values()))
        rate, base = self.rate("start"), np.maximum(self.opening, 1)
        known = self.opening > 0

        def total(values: Array) -> Array:
            each = np.bincount(row[known], values[known], minlength=len(firsts))
            return each.astype(np.float64)

        with np.errstate(divide="ignore", invalid="ignore"):
            days = total(np.ones(len(row)))
            sums = np.where(days > 0, total(rate), np.nan)
            factor = np.exp(
                normal_quantile(level) * np.sqrt(total(rate * (1 - rate) / base)) / sums
            )
            compounded = np.where(days > 0, -np.expm1(total(np.log1p(-rate))), np.nan)
        table = {name: column[firsts] for name, column in keys.items()}
        return self._framed(
            {**table, "periods": days.astype(np.int64), "summed": sums, "lower": sums / factor,
             "upper": sums * factor, "compounded": compounded}
        )  # fmt: skip


def churn_rate(
    spells: Spells,
    *,
    period: str = "month",
    denominator: str = "start",
    week_start: str = "monday",
) -> ChurnRates:
    """Return who was there, who left and for how long they were at risk, period by period.

    Parameters
    ----------
    spells : Spells
        When customers were active.
    period : {"hour", "day", "week", "month", "quarter", "year"}
        Calendar periods; months, quarters and years are calendar ones.
    denominator : {"start", "average", "exposure"}
        The rate to show first; the record keeps what all of them need. For daily sums, ask for
        ``period="day"`` and sum with `ChurnRates.summed`.
    week_start : str
        Weekday that starts a week.

    Returns
    -------
    ChurnRates
        One row per group and period from `since` (or the one in which the group's first spell
        starts) to `until`. Who is there at the very first instant is in the first opening, and has
        joined in no period. Spells that end with the observation (see the notes) are not lost. A
        customer who moves to another group is lost to the first.

    Raises
    ------
    InvalidDataError
        If `spells` are not Spells, or an argument has no such value.

    References
    ----------
    Gold, "Fighting Churn with Data" (2020), ch. 2 (start base, and rescaling).

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> table = pd.DataFrame({"who": [1, 2, 3, 4], "from": ["2024-01-01"] * 3 + ["2024-02-10"],
    ...     "to": ["2024-02-01", None, "2024-03-16", None]})
    >>> spells = cv.churn.Spells.from_subscriptions(
    ...     table, customer="who", start="from", end="to", since="2024-01-01",
    ...     until="2024-03-31")
    >>> rates = cv.churn.churn_rate(spells)
    >>> rates.to_frame()[["period", "opening", "lost", "joined", "closing", "rate"]]
          period  opening  lost  joined  closing      rate
    0 2024-01-01        3     1       0        2  0.333333
    1 2024-02-01        2     0       1        3  0.000000
    2 2024-03-01        3     1       0        2  0.333333
    """
    of_type("spells", spells, Spells, SPELLS_HINT)
    _calendar.unit_of("period", period)
    one_of("week_start", week_start, _calendar.WEEKDAYS)
    settings: dict[str, Any] = {"unit": period, "week_start": week_start, "since": spells.since,
                "until": spells.until, "denominator": denominator, "notes": spells.notes,
                "frame": spells.frame}  # fmt: skip
    if not len(spells):
        return ChurnRates(**settings, groups={name: _none() for name in spells.groups})
    since = spells.start.min() if spells.since is None else np.datetime64(spells.since)
    until = np.datetime64(spells.until)
    ends = np.array([since, until - _TICK])
    first, last = _calendar.period_numbers(ends, period, week_start).tolist()
    numbers = np.arange(first, last + 2)
    calendar = _calendar.period_starts(numbers, period, week_start).astype("datetime64[us]")
    edges = np.minimum(calendar if spells.since is None else np.maximum(calendar, since), until)
    group, firsts = np.zeros(len(spells), dtype=np.int64), np.zeros(1, dtype=np.int64)
    if spells.groups:
        group, firsts = distinct_rows(list(spells.groups.values()))
    born = np.zeros(len(firsts), dtype=np.int64)
    if spells.since is None:  # a group is there from its first spell on
        born[:] = len(edges)
        np.minimum.at(born, group, np.searchsorted(edges, spells.start, side="right") - 1)
    owner, place = np.nonzero(np.arange(len(edges) - 1) >= born[:, None])
    counts = PeriodCounts(spells, group, len(firsts), edges, calendar).columns()
    columns: dict[str, Any] = {name: table[owner, place] for name, table in counts.items()}
    groups = {name: labels[firsts[owner]] for name, labels in spells.groups.items()}
    return ChurnRates(period=calendar[place], **columns, groups=groups, **settings)
