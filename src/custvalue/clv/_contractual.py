"""Contractual models: customers who renew or churn once a period, each with an own churn rate."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Callable
from typing import ClassVar, Self

import numpy as np

from custvalue._check import (
    Array,
    ArrayLike,
    common_shape,
    one_of,
    real,
    refuse,
    whole,
    within,
)
from custvalue.clv._fit import Fit
from custvalue.clv._life_table import LifeTable, fit_durations
from custvalue.clv._maximise import Jet
from custvalue.clv._model import Model
from custvalue.durations import Durations, flags

_FEW = 256  # values below which it is not worth looking for equal ones
FIRST_MARGINS = ("now", "after one period")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ContractualModel(Model, abc.ABC):
    """A distribution of the period T = 1, 2, ... at whose end a customer does not renew.

    S(t) = P(T > t) is the survival of t whole periods, S(0) = 1. Ages and horizons count periods,
    in the unit of the data.
    """

    measured_in_time: ClassVar[bool] = True

    @abc.abstractmethod
    def _drop(self, t: Array, n: Array) -> Array:
        """Return log S(n) - log S(n + t), to full relative precision."""

    @abc.abstractmethod
    def _renewals(self, n: Array, delta: Array) -> Array:
        """Return the sum over k >= 1 of e^(-delta k) S(n + k)/S(n), maybe inf."""

    @classmethod
    @abc.abstractmethod
    def _jet(cls, theta: Array, table: LifeTable) -> Jet:
        """Return the log-likelihood of a life table with gradient and Hessian."""

    def _at_ages(self, formula: Callable[..., Array], t: Array, n: Array) -> Array:
        """Return formula(self, t, n), evaluated once per distinct pair where it is worth it."""
        common_shape(t=t, n=n)
        size = max(t.size, n.size)
        if size < _FEW or any(v.ndim for v in self._values()):
            return self._evaluate(formula, t, n)
        width = float(t.max()) + 1.0
        keys, where = np.unique(n * width + t, return_inverse=True)
        if keys[-1] >= 2.0**53:  # two pairs might share a key
            return self._evaluate(formula, t, n)
        n_of_key, t_of_key = np.divmod(keys, width)
        values = self._evaluate(formula, t_of_key, n_of_key)
        return np.asarray(values[where].reshape(np.broadcast_shapes(t.shape, n.shape)))

    def _residual(self, t: Array, n: Array) -> Array:
        return np.exp(-self._drop(t, n))

    def _hazard(self, t: Array, n: Array) -> Array:
        return np.asarray(-np.expm1(-self._drop(t, n)))

    def _log_likelihood(self, until: Array, gone: Array, entry: Array) -> Array:
        stayed = self._drop(until - entry, entry)
        last = self._drop(np.ones(()), until)
        with np.errstate(divide="ignore"):  # of the branch not taken
            churned = np.where(last > 0.7, np.log1p(-np.exp(-last)), np.log(-np.expm1(-last)))
        return np.asarray(np.where(gone > 0, churned, 0.0) - stayed)

    def _future(self, n: Array, rate: ArrayLike) -> Array:
        delta = np.log1p(within("rate", rate, 0.0))
        common_shape(n=n, rate=delta)
        if n.size < _FEW or delta.ndim or any(v.ndim for v in self._values()):
            return self._evaluate(type(self)._renewals, n, delta)
        ages, where = np.unique(n, return_inverse=True)
        each = self._evaluate(type(self)._renewals, ages, delta)
        return np.asarray(each[where].reshape(n.shape))

    def survival(self, t: ArrayLike) -> Array:
        """Return the probability S(t) that a new customer is still there after t periods.

        Parameters
        ----------
        t : array_like
            Periods, whole.

        Returns
        -------
        float or array, between 0 and 1

        Raises
        ------
        InvalidDataError
            If t is not whole or negative.
        """
        return self._at_ages(type(self)._residual, t=whole("t", t), n=np.zeros(()))

    def residual_survival(self, t: ArrayLike, n: ArrayLike) -> Array:
        """Return the probability S(n + t)/S(n) of staying t more periods after n survived ones.

        Parameters
        ----------
        t : array_like
            Further periods, whole.
        n : array_like
            Periods survived, whole.

        Returns
        -------
        float or array, between 0 and 1

        Raises
        ------
        InvalidDataError
            If t or n is not whole or negative.
        """
        return self._at_ages(type(self)._residual, t=whole("t", t), n=whole("n", n))

    def retention_rate(self, t: ArrayLike) -> Array:
        """Return r(t) = S(t)/S(t - 1), the share of those there in period t that stay beyond it.

        Parameters
        ----------
        t : array_like
            Periods, whole, at least 1.

        Returns
        -------
        float or array, between 0 and 1

        Raises
        ------
        InvalidDataError
            If t is not whole or below 1.
        """
        return self._at_ages(type(self)._residual, t=np.ones(()), n=whole("t", t, 1.0) - 1.0)

    def churn_rate(self, t: ArrayLike) -> Array:
        """Return 1 - r(t), the share of those there in period t that churn in it.

        Parameters
        ----------
        t : array_like
            Periods, whole, at least 1.

        Returns
        -------
        float or array, between 0 and 1; exact where it is tiny

        Raises
        ------
        InvalidDataError
            If t is not whole or below 1.
        """
        return self._at_ages(type(self)._hazard, t=np.ones(()), n=whole("t", t, 1.0) - 1.0)

    def churn_probability(self, t: ArrayLike) -> Array:
        """Return P(T = t), the probability that a new customer churns in period t.

        Parameters
        ----------
        t : array_like
            Periods, whole, at least 1.

        Returns
        -------
        float or array, between 0 and 1

        Raises
        ------
        InvalidDataError
            If t is not whole or below 1.
        """
        before = whole("t", t, 1.0) - 1.0
        return self.survival(before) * self.churn_rate(t)

    def log_likelihood(self, exit: ArrayLike, event: ArrayLike, entry: ArrayLike = 0.0) -> Array:
        """Return the log-likelihood of each customer, given survival until `entry`.

        Parameters
        ----------
        exit : array_like
            Period of the churn, or periods survived if none was seen; whole, at least 1.
        event : array_like
            Whether the customer churned (true, 1) or was still there (false, 0).
        entry : array_like
            Periods survived when observation began, whole, below exit.

        Returns
        -------
        float or array

        Raises
        ------
        InvalidDataError
            If an age is not whole, or an exit not above its entry.
        """
        leaves, gone, enters = (
            whole("exit", exit, 1.0),
            flags("event", event),
            whole("entry", entry),
        )
        common_shape(exit=leaves, event=gone, entry=enters)
        refuse("exit", "must be above entry", leaves, np.asarray(leaves <= enters))
        until = leaves - gone
        return self._evaluate(type(self)._log_likelihood, until, gone.astype(np.float64), enters)

    def expected_lifetime(self) -> Array:
        """Return the expected number of periods of a new customer, the first one included.

        Returns
        -------
        float or array
            The sum of S(t) over t >= 0; inf where S falls like 1/t or slower: where alpha <= 1
            (sBG) or c alpha <= 1 (BdW).
        """
        return self.discounted_expected_lifetime(0.0)

    def discounted_expected_lifetime(self, rate: ArrayLike) -> Array:
        """Return the expected number of periods of a new customer, discounted.

        Parameters
        ----------
        rate : array_like
            Effective discount rate per period, at least 0 (see `Fit.period_rate`).

        Returns
        -------
        float or array
            The sum over t >= 0 of S(t)/(1 + rate)^t: the first period counts in full.

        Raises
        ------
        InvalidDataError
            If the rate is negative.
        """
        return self._future(np.zeros(()), rate) + 1.0

    def discounted_residual_lifetime(self, n: ArrayLike, rate: ArrayLike) -> Array:
        """Return the expected renewals of a customer who survived n periods, discounted (DERL).

        Parameters
        ----------
        n : array_like
            Periods survived, whole: the next renewal is due now.
        rate : array_like
            Effective discount rate per period, at least 0.

        Returns
        -------
        float or array
            The sum over k >= 1 of S(n + k)/S(n)/(1 + rate)^(k - 1), as in Fader & Hardie (2010),
            who count the period that ends now: their n is one more.

        Raises
        ------
        InvalidDataError
            If n is not whole, or a value is negative.
        """
        return self._future(whole("n", n), rate) * (1.0 + within("rate", rate, 0.0))

    def value(
        self, margin: ArrayLike, rate: ArrayLike, n: ArrayLike = 0.0, *, first: str = "now"
    ) -> Array:
        """Return the discounted expected margins of a customer who survived n periods.

        Parameters
        ----------
        margin : array_like
            Profit of each period in which the customer is there.
        rate : array_like
            Effective discount rate per period, at least 0.
        n : array_like
            Periods survived, whole; 0 for a new customer.
        first : {"now", "after one period"}
            Whether the first margin is certain and comes now, or comes after one period if the
            customer is still there then. With a constant retention rate r these are the margin
            multiples (1 + i)/(1 + i - r) and r/(1 + i - r).

        Returns
        -------
        float or array

        Raises
        ------
        InvalidDataError
            If n is not whole, a rate is negative, or a value is not finite.
        """
        one_of("first", first, FIRST_MARGINS)
        certain = 1.0 if first == "now" else 0.0
        margins = within("margin", margin)
        common_shape(margin=margins, rate=real("rate", rate), n=real("n", n), **self.parameters)
        return margins * (self._future(whole("n", n), rate) + certain)

    @abc.abstractmethod
    def simulate(
        self, n: int, observed: ArrayLike, rng: np.random.Generator | int, unit: str = "month"
    ) -> Durations:
        """Return durations of n simulated customers, right-censored after `observed` periods."""

    @classmethod
    def fit(cls, durations: Durations) -> Fit[Self]:
        """Return the maximum-likelihood fit to durations in whole periods.

        Customers still there count as censored, late entries from their entry on; all cohorts are
        taken to be of one population. How churn goes on beyond the ages seen is extrapolation.

        Parameters
        ----------
        durations : Durations
            One row per customer, or per pattern with weights; its unit is the period.

        Returns
        -------
        Fit
            In the unit of the durations.

        Raises
        ------
        InvalidDataError
            If there is no row, or ages are not whole periods.
        NotIdentifiedError
            If churn was seen at fewer ages than there are parameters, or the likelihood has no
            maximum, as where churn does not fall with age as the model has it.
        ConvergenceError
            If no maximum was reached.

        Warns
        -----
        CustValueWarning
            If a standard error exceeds its estimate: the curve hardly determines the parameters.
        """
        return fit_durations(cls, durations)
