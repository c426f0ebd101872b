"""What every model is: a frozen record of positive parameters with elementwise formulas."""

from __future__ import annotations

import abc
import dataclasses
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from custvalue._calendar import unit_of
from custvalue._check import Array, ArrayLike, common_shape, of_type, real, refuse, whole, within
from custvalue._chunks import blocked, blocked_all
from custvalue._record import Record
from custvalue.clv._fit import Fit
from custvalue.clv._maximise import Jet, maximise, ridge_notes
from custvalue.clv._patterns import Patterns, by_distinct, count_patterns
from custvalue.errors import InvalidDataError, NotIdentifiedError, message

if TYPE_CHECKING:
    from custvalue.datasets import Simulation
    from custvalue.summary import Summary

_FIRST_STAGE = 10_000  # rows of the first subsample whose optimum leads to that of all


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Model(Record, abc.ABC):
    """A distribution with positive parameters; parameters may be arrays, one per case."""

    measured_in_time: ClassVar[bool] = False  # whether parameters have a unit of time

    def __post_init__(self) -> None:
        for name, value in self.parameters.items():
            array = within(name, value, 0.0, open_low=True)
            if array.ndim:
                array = array.copy()  # the caller's may change
                array.setflags(write=False)
            object.__setattr__(self, name, float(array) if array.ndim == 0 else array)
        common_shape(**self.parameters)

    @property
    def parameters(self) -> dict[str, Any]:
        """Names and values of the parameters."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}

    def _head(self) -> dict[str, Any]:
        return self.parameters

    def _values(self) -> tuple[Array, ...]:
        return tuple(np.asarray(v, dtype=np.float64) for v in self.parameters.values())

    def _evaluate(self, formula: Callable[..., Array], *arguments: Array) -> Array:
        """Return formula(self, *arguments) block by block; arrays of parameters are cut alike."""
        values = self._values()
        if not any(v.ndim for v in values):
            return blocked(functools.partial(formula, self), *arguments)
        names = tuple(self.parameters)

        def at(*columns: Array) -> Array:
            part = object.__new__(type(self))  # checked already, as a whole
            for name, value in zip(names, columns, strict=False):
                object.__setattr__(part, name, value)
            return formula(part, *columns[len(names) :])

        return blocked(at, *values, *arguments)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class PurchaseModel(Model, abc.ABC):
    """A buy-till-you-die model of repeat purchases in continuous time.

    x = repeat purchases, t_x = time of the last one, T = time observed, all since the first
    purchase and in one unit of time.
    """

    measured_in_time: ClassVar[bool] = True
    one_time_buyers_alive: ClassVar[bool] = False

    def log_likelihood(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Array:
        """Return the log-likelihood of each customer.

        Parameters
        ----------
        x, t_x, T : array_like
            Repeat purchases (whole), time of the last one, time observed; t_x <= T. They and the
            parameters broadcast.

        Returns
        -------
        float or array

        Raises
        ------
        InvalidDataError
            If x is not whole, a value is negative or not finite, or t_x exceeds T.
        """
        return self._evaluate(type(self)._log_likelihood, *histories(x, t_x, T))

    def probability_alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Array:
        """Return the probability that each customer is still active at T.

        Parameters
        ----------
        x, t_x, T : array_like
            Repeat purchases (whole), time of the last one, time observed; t_x <= T.

        Returns
        -------
        float or array, between 0 and 1

        Raises
        ------
        InvalidDataError
            If x is not whole, a value is negative or not finite, or t_x exceeds T.
        """
        return self._evaluate(type(self)._alive, *histories(x, t_x, T))

    def expected_purchases(self, t: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Array:
        """Return the expected purchases of each customer in (T, T + t], given the history.

        Parameters
        ----------
        t : array_like
            Length of the forecast, at least 0, in the unit of the model.
        x, t_x, T : array_like
            Repeat purchases (whole), time of the last one, time observed; t_x <= T.

        Returns
        -------
        float or array, at least 0

        Raises
        ------
        InvalidDataError
            If x is not whole, a value is negative or not finite, or t_x exceeds T.
        """
        return self.predict(t, x, t_x, T)[1]

    def predict(
        self, t: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
    ) -> tuple[Array, Array]:
        """Return (P(alive), expected purchases in (T, T + t]) of each customer, at one cost.

        Parameters
        ----------
        t : array_like
            Length of the forecast, at least 0, in the unit of the model.
        x, t_x, T : array_like
            Repeat purchases (whole), time of the last one, time observed; t_x <= T.

        Raises
        ------
        InvalidDataError
            If x is not whole, a value is negative or not finite, or t_x exceeds T.
        """
        ts, (xs, t_xs, Ts) = within("t", t, 0.0), histories(x, t_x, T)
        alive = self._evaluate(type(self)._alive, xs, t_xs, Ts)
        return alive, alive * self._expected_if_alive(ts, xs, Ts)

    def _expected_if_alive(self, t: Array, x: Array, T: Array) -> Array:
        """Return the expected purchases of customers alive at T, which t_x says no more of."""
        if t.ndim == 0 and not any(v.ndim for v in self._values()):
            return by_distinct(lambda x, T: self._if_alive(t, x, T), x, T)
        return self._evaluate(type(self)._if_alive, t, x, T)

    def expected_purchases_new(self, t: ArrayLike) -> Array:
        """Return the expected repeat purchases of a new customer in (0, t].

        Parameters
        ----------
        t : array_like
            Time since the first purchase, at least 0.

        Returns
        -------
        float or array, at least 0

        Raises
        ------
        InvalidDataError
            If t is negative or not finite.
        """
        return self._evaluate(type(self)._expected_new, within("t", t, 0.0))

    def probability_of_purchases(self, n: ArrayLike, t: ArrayLike) -> Array:
        """Return the probability that a new customer makes exactly n repeat purchases in (0, t].

        Parameters
        ----------
        n : array_like
            Numbers of purchases, whole.
        t : array_like
            Time since the first purchase, at least 0.

        Returns
        -------
        float or array, between 0 and 1

        Raises
        ------
        InvalidDataError
            If n is not whole, or t is negative or not finite.
        """
        return self._evaluate(type(self)._probability_of, whole("n", n), within("t", t, 0.0))

    @abc.abstractmethod
    def _log_likelihood(self, x: Array, t_x: Array, T: Array) -> Array: ...

    @abc.abstractmethod
    def _alive(self, x: Array, t_x: Array, T: Array) -> Array: ...

    @abc.abstractmethod
    def _if_alive(self, t: Array, x: Array, T: Array) -> Array: ...

    @abc.abstractmethod
    def _expected_new(self, t: Array) -> Array: ...

    @abc.abstractmethod
    def _probability_of(self, n: Array, t: Array) -> Array: ...

    @abc.abstractmethod
    def simulate(
        self, n: int, T: ArrayLike, rng: np.random.Generator | int, unit: str = "week"
    ) -> Simulation:
        """Return n simulated customers observed for T, with their truth."""

    @classmethod
    @abc.abstractmethod
    def _jet(cls, theta: Array, patterns: Patterns) -> Jet:
        """Return the log-likelihood of patterns with gradient and Hessian."""

    @property
    @abc.abstractmethod
    def time_scale(self) -> float:
        """A time below which expectations are smooth in t; quadratures space their nodes by it."""

    @classmethod
    def fit(cls, summary: Summary) -> Fit[Self]:
        """Return the maximum-likelihood fit to a summary.

        Parameters
        ----------
        summary : Summary
            One row per customer, or per pattern with weights.

        Returns
        -------
        Fit
            In the unit of the summary.

        Raises
        ------
        InvalidDataError
            If nobody was observed for any time.
        NotIdentifiedError
            If nobody bought again, or the likelihood has no maximum that the data can tell.
        ConvergenceError
            If no maximum was reached.
        """
        from custvalue.summary import SUMMARY_HINT, Summary

        of_type("summary", summary, Summary, SUMMARY_HINT)
        unit = unit_of("unit", summary.unit)
        if not (summary.T > 0).any():
            raise InvalidDataError(
                message("T", "must be above 0 for some customers", value=0.0,
                        hint="Nobody was observed after the first purchase; check `until`.")
            )  # fmt: skip
        if not (summary.frequency > 0).any():
            raise NotIdentifiedError(
                f"frequency is 0 for all {len(summary)} customers: without a repeat purchase the "
                "rates of purchase and dropout cannot be told."
            )
        patterns = count_patterns(summary.frequency, summary.recency, summary.T, summary.weight)
        stages = [patterns]
        for rows in (len(patterns.x) // 4, _FIRST_STAGE):
            if _FIRST_STAGE <= rows < len(stages[0].x):
                stages.insert(0, patterns.thinned(rows))
        names = tuple(f.name for f in dataclasses.fields(cls))
        start = np.ones(len(names))
        T, people, _ = patterns.exposure
        start[1] = (people @ T) / patterns.customers
        found = maximise(
            [lambda theta, p=p: cls._jet(theta, p) for p in stages],  # type: ignore[misc]
            start,
            names,
            patterns.customers,
        )
        return Fit(
            model=cls(*found.estimates),
            covariance=found.covariance,
            log_likelihood=found.value,
            n=patterns.customers,
            patterns=len(patterns.x),
            gradient_norm=found.gradient_norm,
            unit=unit,
            data_hash=patterns.fingerprint(),
            notes=(
                *_fit_notes(summary, cls.one_time_buyers_alive, patterns),
                *ridge_notes(found, names),
            ),
            frame=summary.frame,
        )


def _fit_notes(
    summary: Summary, one_time_buyers_alive: bool, patterns: Patterns
) -> tuple[str, ...]:
    notes = [f"{count} {rule}" for rule, count in summary.notes.items()]
    people = patterns.customers
    once = people - (patterns.tail[0] if len(patterns.tail) else 0.0)
    if one_time_buyers_alive and once > 0:
        notes.append(
            f"P(alive) is 1 by construction for the {once:g} customers without a repeat purchase"
        )
    return tuple(notes)


def histories(x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> tuple[Array, Array, Array]:
    """Return x, t_x and T as arrays if they can be purchase histories; else say why not."""
    xs, ts, Ts = real("x", x), real("t_x", t_x), real("T", T)
    common_shape(x=xs, t_x=ts, T=Ts)
    if blocked_all(_plausible, xs, ts, Ts):
        return xs, ts, Ts
    xs, ts, Ts = whole("x", x), within("t_x", t_x, 0.0), within("T", T, 0.0)
    late = ts > Ts
    if np.any(late):
        refuse("t_x", "must not exceed T", ts, np.asarray(late))
    return xs, ts, Ts


def _plausible(x: Array, t_x: Array, T: Array) -> bool:
    """Return whether whole x >= 0 and 0 <= t_x <= T hold, all finite (NaN fails every one)."""
    return bool(
        np.min(x) >= 0
        and np.max(x) < np.inf
        and np.min(t_x) >= 0
        and np.max(T) < np.inf
        and np.all(t_x <= T)
        and np.all(np.rint(x) == x)
    )
