"""The record of a Kaplan-Meier curve: counts by age; survival, intervals, quantiles, means."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, ClassVar, Self

import numpy as np

from custvalue import _calendar
from custvalue._check import Array, ArrayLike, number, one_of, refuse, within
from custvalue._proportion import normal_quantile
from custvalue._tally import Tally, refuse_names
from custvalue.churn._scalars import unboxed
from custvalue.churn._steps import Steps, rounding
from custvalue.errors import InvalidDataError, message

METHODS = ("log-log", "log", "greenwood")
_SHOWN = ("at_risk", "survival", "standard_error", "lower", "upper")
_MOST = 1e30  # customers: far more, and squares of them overflow


def _none() -> Array:
    return np.empty(0)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class KaplanMeier(Tally):
    """Customers who entered, churned and were censored at each age, and the survival they give.

    A customer is at risk at age t if entry < t <= exit. Estimates are NaN from where the risk set
    of a group empties before others enter, or all at risk churn at an age from which on others are
    seen: also, without a warning, where records are added.

    Attributes
    ----------
    time : float array of shape (n,)
        Distinct ages at which something happened, in `unit`, rising within each group.
    entered, events, censored : float arrays of shape (n,)
        Customers (by weight) who came under observation, churned, or were last seen then.
    unit : str
        The ruler of time.

    Examples
    --------
    >>> import custvalue as cv
    >>> table = cv.Durations(exit=[6, 6, 6, 6, 7, 9], event=[1, 1, 1, 0, 1, 0])
    >>> curve = cv.churn.kaplan_meier(table)
    >>> curve.to_frame()[["time", "at_risk", "events", "survival"]].round(3)
       time  at_risk  events  survival
    0   0.0      0.0     0.0      1.00
    1   6.0      6.0     3.0      0.50
    2   7.0      2.0     1.0      0.25
    3   9.0      1.0     0.0      0.25
    >>> curve.median
    6.0
    """

    time: Array = dataclasses.field(default_factory=_none)
    entered: Array = dataclasses.field(default_factory=_none)
    events: Array = dataclasses.field(default_factory=_none)
    censored: Array = dataclasses.field(default_factory=_none)
    unit: str = "month"

    _keys: ClassVar[tuple[str, ...]] = ("time",)
    _sums: ClassVar[tuple[str, ...]] = ("entered", "events", "censored")
    _settings: ClassVar[tuple[str, ...]] = ("unit",)

    def __post_init__(self) -> None:
        _calendar.unit_of("unit", self.unit)
        for name in (*self._keys, *self._sums):
            object.__setattr__(self, name, within(name, getattr(self, name), 0.0, _MOST))
        super().__post_init__()
        refuse_names(self.groups, _SHOWN)
        steps = Steps.of(self)
        off = rounding(self) * self.entered.sum()
        short = self.events + self.censored - steps.at_risk > off
        refuse("events + censored", "must not exceed those at risk", self.time, short)
        stay = steps.left[steps.last]
        refuse("entered", "must have left at the last time", stay, stay > 0)

    def plot(self, ax: Any = None) -> Any:
        """Draw it; see `custvalue.plot.survival`."""
        from custvalue.plot import survival

        return survival(self, ax)

    def _head(self) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "customers": float(self.entered.sum()),
            "events": float(self.events.sum()),
            "censored": float(self.censored.sum()),
            "unit": self.unit,
        }
        if self.groups:
            facts["by"] = ", ".join(self.groups)
        elif len(self):
            facts["median"] = float(self.median)
        return facts | dict(self.notes)

    def _derived(self) -> dict[str, Any]:
        lower, upper = self.interval()
        return {
            "at_risk": self.at_risk,
            "survival": self.survival,
            "standard_error": self.standard_error,
            "lower": lower,
            "upper": upper,
        }

    @property
    def at_risk(self) -> Array:
        """Customers under observation just before each time, of shape (n,)."""
        return Steps.of(self).at_risk

    @property
    def survival(self) -> Array:
        """Share still there after each time (Kaplan & Meier 1958), of shape (n,)."""
        return Steps.of(self).survival

    @property
    def cumulative_hazard(self) -> Array:
        """Sum of events / at_risk (Nelson 1972, Aalen 1978), of shape (n,)."""
        return Steps.of(self).hazard

    @property
    def variance(self) -> Array:
        """Variance of `survival`: S^2 sum d / (n (n - d)) (Greenwood 1926), of shape (n,)."""
        steps = Steps.of(self)
        with np.errstate(invalid="ignore"):  # 0 * inf: nothing is known of a share of 0
            return np.asarray(steps.survival**2 * steps.spread)

    @property
    def standard_error(self) -> Array:
        """Square root of `variance`, of shape (n,)."""
        return np.asarray(np.sqrt(self.variance))

    def interval(self, level: float = 0.95, method: str = "log-log") -> tuple[Array, Array]:
        """Return the (lower, upper) bounds of survival after each time.

        Parameters
        ----------
        level : float
            Coverage, between 0 and 1, for each time by itself.
        method : {"log-log", "log", "greenwood"}
            The scale on which the interval is symmetric: log(-log S), within [0, 1] and best for
            few customers (Borgan & Liestol 1990); log S; or S itself, cut to [0, 1].

        Returns
        -------
        tuple of float arrays of shape (n,)
            NaN where survival is 1 or 0, of which Greenwood's variance says nothing.
        """
        one_of("method", method, METHODS)
        return Steps.of(self).interval(normal_quantile(level), method)

    def survival_at(self, time: ArrayLike) -> Any:
        """Return the share still there after given times.

        Parameters
        ----------
        time : array_like
            Ages, at least 0, in `unit`.

        Returns
        -------
        float or array
            Of the shape of `time`; with groups, of shape ``(groups, *time.shape)``. NaN before the
            first entry and after the last exit, unless survival is 0 there.
        """
        when = within("time", time, 0.0)
        found = Steps.of(self).at(when)
        return found if self.groups else unboxed(found[0])

    def quantile(self, probability: float) -> Any:
        """Return the first age by which a share of the customers has churned.

        Parameters
        ----------
        probability : float
            The share, between 0 and 1: 0.5 is the median.

        Returns
        -------
        float or array of shape (groups,)
            Smallest time with S(t) <= 1 - probability; NaN if it is not reached.
        """
        steps = Steps.of(self)
        return self._grouped(steps.reached(steps.survival, _left_at(probability), math.nan))

    @property
    def median(self) -> Any:
        """First age by which half of the customers have churned; NaN if it is not reached."""
        return self.quantile(0.5)

    def quantile_interval(
        self, probability: float = 0.5, level: float = 0.95, method: str = "log-log"
    ) -> tuple[Any, Any]:
        """Return the (lower, upper) bounds of a quantile.

        Parameters
        ----------
        probability : float
            As in `quantile`.
        level : float
            Coverage, between 0 and 1.
        method : {"log-log", "log", "greenwood"}
            As in `interval`.

        Returns
        -------
        tuple of float or arrays of shape (groups,)
            The times at which the bounds of survival reach 1 - probability (Brookmeyer & Crowley
            1982). Infinite where a bound does not reach it as far as survival is known, whether it
            would later or never; NaN only without data.
        """
        one_of("method", method, METHODS)
        steps, left = Steps.of(self), _left_at(probability)
        low, high = steps.interval(normal_quantile(level), method)
        low = np.where(steps.survival == 0.0, 0.0, low)
        lower, upper = (steps.reached(bound, left, math.inf) for bound in (low, high))
        return self._grouped(lower), self._grouped(upper)

    def restricted_mean(self, horizon: float) -> tuple[Any, Any]:
        """Return the mean time until churn or the horizon, whichever comes first.

        Parameters
        ----------
        horizon : float
            Age up to which time is counted, above 0, in `unit`.

        Returns
        -------
        tuple of float or arrays of shape (groups,)
            Area under the survival curve, and its standard error sqrt(sum A_i^2 d / (n (n - d))),
            where A_i is the area from the i-th event on (Klein & Moeschberger 2003, sec. 4.5). NaN
            where survival to the horizon is not known.
        """
        mean, error = Steps.of(self).area(number("horizon", horizon, 0.0, open_low=True))
        return self._grouped(mean), self._grouped(error)

    def _grouped(self, values: Array) -> Any:
        if self.groups:
            return values
        return float(values[0]) if len(values) else math.nan

    @classmethod
    def from_counts(
        cls, time: ArrayLike, at_risk: ArrayLike, events: ArrayLike, *, unit: str = "month"
    ) -> Self:
        """Return the curve of a life table that has those at risk and the events at each time.

        Parameters
        ----------
        time : array_like of shape (n,)
            Distinct ages above 0, rising.
        at_risk, events : array_like of shape (n,)
            Customers at risk just before each time, and those who churned then.
        unit : str
            The ruler of time.

        Returns
        -------
        KaplanMeier
            With those who left otherwise censored at the time before the risk set shrinks.

        Raises
        ------
        InvalidDataError
            If times do not rise, or events exceed those at risk.

        Examples
        --------
        >>> import custvalue as cv
        >>> curve = cv.churn.KaplanMeier.from_counts([6, 7, 10], [21, 17, 15], [3, 1, 1])
        >>> curve.survival.round(4)
        array([1.    , 0.8571, 0.8067, 0.7529])
        """
        t = within("time", time, 0.0, open_low=True)
        n, d = within("at_risk", at_risk, 0.0), within("events", events, 0.0)
        for name, column in (("time", t), ("at_risk", n), ("events", d)):
            if column.ndim != 1 or column.shape != t.shape:
                rule = "must be one column as long as time"
                raise InvalidDataError(message(name, rule, value=column.shape))
        refuse("time", "must rise", t[1:], np.diff(t) <= 0)
        refuse("events", "must not exceed at_risk", d, d > n)
        change = np.append(n[1:], 0.0) - (n - d)
        nobody = np.zeros(min(len(t), 1))
        return cls(
            time=np.concatenate([nobody, t]),
            entered=np.concatenate([n[:1], np.maximum(change, 0.0)]),
            events=np.concatenate([nobody, d]),
            censored=np.concatenate([nobody, np.maximum(-change, 0.0)]),
            unit=unit,
        )


def _left_at(probability: Any) -> float:
    """Return the survival at a quantile."""
    value = number("probability", probability, 0.0, 1.0, open_low=True)
    if value == 1.0:
        raise InvalidDataError(message("probability", "must be below 1", value=value))
    return 1.0 - value
