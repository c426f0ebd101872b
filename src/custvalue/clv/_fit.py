"""Likelihood in, Fit out: the only place that imports an optimiser."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Self, TypeVar

import numpy as np

from custvalue import _calendar
from custvalue._check import Array, number
from custvalue._record import Record
from custvalue.clv._predictions import Predictions
from custvalue.errors import (
    ConvergenceError,
    CustValueWarning,
    InvalidDataError,
    NotIdentifiedError,
    message,
)

if TYPE_CHECKING:
    from custvalue.clv._model import Model, PurchaseModel
    from custvalue.clv.gamma_gamma import GammaGamma
    from custvalue.summary import Summary


class Jet(NamedTuple):
    """A log-likelihood with its exact gradient and Hessian, in the model's own parameters."""

    value: float
    gradient: Array
    hessian: Array


class Maximum(NamedTuple):
    """Where a log-likelihood is largest, and the covariance of the estimates there."""

    estimates: Array
    covariance: Array
    value: float
    gradient_norm: float
    condition: float


_CLOSE = 1e-9  # stop at Newton steps this small
_CLOSE_ENOUGH = (
    1e-5  # ... or this small where a pass is long: the step leaves an error of its square
)

Objective = Callable[[Array], Jet]


def maximise(
    stages: Sequence[Objective], start: Array, names: Sequence[str], total: float
) -> Maximum:
    """Return the maximum of the last stage over positive parameters.

    Newton steps in the logarithms of the parameters, in a trust region; earlier stages are cheaper
    likelihoods that lead near to it. `total` (the sum of weights) scales tolerances.
    """
    log_theta = np.log(start)
    for stage in stages[:-1]:
        log_theta = _climb(_Remembered(stage, total), log_theta, 1e-4)
    last = _Remembered(stages[-1], total)
    if len(stages) == 1:
        log_theta = _climb(last, log_theta, 1e-6)
    log_theta = _polish(last, log_theta, _CLOSE if len(stages) == 1 else _CLOSE_ENOUGH)
    jet = last(log_theta)
    scales = np.linalg.eigvalsh(-jet.hessian)
    largest = float(np.abs(scales).max())
    if not np.isfinite(largest) or largest == 0.0:
        raise ConvergenceError("The likelihood could not be evaluated near its maximum.")
    step = np.linalg.lstsq(-jet.hessian, jet.gradient, rcond=1e-15)[0]
    if scales[0] <= 1e-13 * largest or np.abs(step).max() > 1e-2:
        worst = int(np.argmax(np.abs(np.linalg.eigh(-jet.hessian)[1][:, 0])))
        where = dict(zip(names, np.exp(log_theta).round(6).tolist(), strict=True))
        raise NotIdentifiedError(
            "The likelihood has no maximum that the data can tell: it is flat along "
            f"{names[worst]} (stopped at {where}). More customers, a longer observation or a "
            "simpler model would be needed."
        )
    if float(jet.gradient @ step) > 1e-9:
        raise ConvergenceError(
            f"No maximum was reached: gradient {np.abs(jet.gradient).max():.1e} per customer."
        )
    estimates = np.exp(log_theta + step)
    covariance = np.linalg.inv(-jet.hessian) / total * np.outer(estimates, estimates)
    return Maximum(
        estimates,
        (covariance + covariance.T) / 2,
        (jet.value + 0.5 * float(jet.gradient @ step)) * total,
        float(np.abs(jet.gradient).max()) * total,
        float(largest / scales[0]),
    )


def _climb(objective: _Remembered, start: Array, tolerance: float) -> Array:
    """Return where a trust-region Newton method ends, with a gradient below `tolerance`."""
    from scipy.optimize import minimize

    return np.asarray(
        minimize(
            lambda v: -objective(v).value,
            start,
            jac=lambda v: -objective(v).gradient,
            hess=lambda v: -objective(v).hessian,
            method="trust-exact",
            options={"gtol": tolerance, "maxiter": 500},
        ).x
    )


def _polish(objective: _Remembered, start: Array, close: float) -> Array:
    """Return a point from which one more Newton step reaches the maximum to the last digits.

    Plain Newton steps while they are small and go uphill, each one pass of the data; the trust
    region takes over where they are not.
    """
    point, before = start, -np.inf
    for _ in range(20):
        jet = objective(point)
        step = np.linalg.lstsq(-jet.hessian, jet.gradient, rcond=1e-15)[0]
        if np.abs(step).max() < close:
            return point
        downhill = float(jet.gradient @ step) <= 0 or jet.value < before - 1e-12 * abs(before)
        if downhill or np.abs(step).max() > 0.5:
            return _climb(objective, start, 1e-9)
        point, before = point + step, jet.value
    return point


class _Remembered:
    """An objective per customer in log-parameters that computes each point once."""

    def __init__(self, objective: Objective, total: float) -> None:
        self.objective, self.total = objective, total
        self.point: Array | None = None

    def __call__(self, log_theta: Array) -> Jet:
        if self.point is None or not np.array_equal(self.point, log_theta):
            theta = np.exp(np.clip(log_theta, -600.0, 600.0))
            value, gradient, hessian = self.objective(theta)
            gradient = gradient * theta
            hessian = hessian * np.outer(theta, theta) + np.diag(gradient)
            self.jet = Jet(value / self.total, gradient / self.total, hessian / self.total)
            self.point = log_theta.copy()
        return self.jet


M = TypeVar("M", bound="Model")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Fit(Record, Generic[M]):
    """A model at its maximum of the likelihood, with the uncertainty of its parameters.

    Attributes
    ----------
    model : Model
        The estimates.
    covariance : float array of shape (k, k)
        Of the estimates, from the exact Hessian; symmetric and positive definite.
    log_likelihood : float
        At the maximum.
    n : float
        Customers (the sum of weights).
    patterns : int
        Distinct rows that the likelihood visited.
    gradient_norm : float
        Largest component of the gradient in the logarithms of the parameters, before the last step.
    unit : str or None
        Unit of time of the parameters; None for models of spend.
    data_hash : str
        Of the data, whatever the order of its rows.
    notes : tuple of str
        What to know before using the result.

    Examples
    --------
    >>> import custvalue as cv
    >>> log = cv.datasets.cdnow()
    >>> bought = cv.occasions(log, customer="customer_id", time="date", amount="spend")
    >>> fit = cv.clv.BetaGeo.fit(bought.summary(until="1997-09-30", unit="week"))
    >>> fit.to_frame().round(4)
      parameter  estimate  standard_error  lower_95  upper_95
    0         r    0.2426          0.0126    0.2192    0.2685
    1     alpha    4.4136          0.3782    3.7312    5.2208
    2         a    0.7929          0.1857    0.5010    1.2549
    3         b    2.4259          0.7054    1.3720    4.2893
    """

    model: M
    covariance: Array
    log_likelihood: float
    n: float
    patterns: int
    gradient_norm: float
    unit: str | None
    data_hash: str
    notes: tuple[str, ...] = ()
    frame: str = dataclasses.field(default="pandas", compare=False)

    def __post_init__(self) -> None:
        k = len(self.names)
        covariance = np.asarray(self.covariance, dtype=np.float64)
        good = covariance.shape == (k, k) and np.isfinite(covariance).all()
        if not good or not np.allclose(covariance, covariance.T, rtol=1e-9):
            raise InvalidDataError(
                message("covariance", f"must be a symmetric, finite {k} x {k} matrix",
                        value=covariance.shape)
            )  # fmt: skip
        object.__setattr__(self, "covariance", covariance)
        object.__setattr__(self, "notes", tuple(self.notes))

    def _head(self) -> dict[str, Any]:
        return {
            "model": type(self.model).__name__,
            **{name: float(value) for name, value in self.model.parameters.items()},
            "log_likelihood": float(self.log_likelihood),
            "n": float(self.n),
            "unit": self.unit,
        }

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters, in the order of the covariance."""
        return tuple(self.model.parameters)

    @property
    def estimates(self) -> Array:
        """The estimates, in the order of `names`."""
        return np.array(list(self.model.parameters.values()), dtype=np.float64)

    @property
    def standard_errors(self) -> Array:
        """Standard errors of the estimates, in the order of `names`."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def aic(self) -> float:
        """Akaike's information criterion, 2 k - 2 log L."""
        return 2 * len(self.names) - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's information criterion, k log n - 2 log L."""
        return float(len(self.names) * np.log(self.n) - 2 * self.log_likelihood)

    def interval(self, level: float = 0.95) -> Array:
        """Return Wald intervals of the parameters, symmetric in their logarithms, of shape (k, 2).

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        """
        from scipy.special import ndtri

        level = number("level", level, 0.0, 1.0, open_low=True)
        half = ndtri((1 + level) / 2) * self.standard_errors / self.estimates
        return np.asarray(self.estimates[:, None] * np.exp(np.stack([-half, half], axis=1)))

    def _table(self) -> dict[str, Any]:
        bounds = self.interval(0.95)
        return {
            "parameter": np.array(self.names),
            "estimate": self.estimates,
            "standard_error": self.standard_errors,
            "lower_95": bounds[:, 0],
            "upper_95": bounds[:, 1],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the fit that `to_dict` wrote, validated."""
        from custvalue.clv import MODELS

        written = data.get("model") if isinstance(data, Mapping) else None
        kind = written.get("record") if isinstance(written, Mapping) else None
        if not isinstance(written, Mapping) or kind not in MODELS:
            raise InvalidDataError(
                message("data", f"must be a Fit of one of {sorted(MODELS)}", value=kind)
            )
        return super().from_dict({**data, "model": MODELS[kind].from_dict(written)})

    def _times(self, summary: Summary) -> Summary:
        if self.unit is None:
            raise InvalidDataError(
                message("fit", "must be of a model of purchases", value=type(self.model).__name__)
            )
        return summary.in_unit(self.unit)

    def in_own_unit(self, amount: float, unit: str | None) -> float:
        """Return a length of time given in `unit` (None: the fit's own) in the fit's own unit."""
        if unit is None or self.unit is None:
            return amount
        return _calendar.convert(amount, _calendar.unit_of("unit", unit), self.unit)

    def predict(
        self: Fit[PurchaseModel], summary: Summary, *, horizon: float, unit: str | None = None
    ) -> Predictions:
        """Return P(alive) and the expected purchases of each customer after their observation.

        Parameters
        ----------
        summary : Summary
            In any unit; it is converted to that of the fit.
        horizon : float
            Length of time to look ahead, at least 0, in `unit`.
        unit : str, optional
            Unit of `horizon`; default: the unit of the fit.

        Returns
        -------
        Predictions

        Warns
        -----
        CustValueWarning
            If the model cannot tell whether one-time buyers are alive (BG/NBD says 1).
        """
        times = self._times(summary)
        if self.model.one_time_buyers_alive and (times.frequency == 0).any():
            warnings.warn(
                "BG/NBD gives P(alive) = 1 to every customer without a repeat purchase, however "
                "long ago the first one was. ModifiedBetaGeo lets them drop out.",
                CustValueWarning,
                stacklevel=2,
            )
        t = self.in_own_unit(number("horizon", horizon, 0.0), unit)
        alive, expected = self.model.predict(t, times.frequency, times.recency, times.T)
        return Predictions(
            customer=summary.customer,
            probability_alive=alive,
            expected_purchases=expected,
            horizon=float(horizon),
            unit=unit if unit is not None else times.unit,
            frame=summary.frame,
        )

    def expected_spend(self: Fit[GammaGamma], summary: Summary) -> Array:
        """Return the expected spend per purchase of each customer.

        Parameters
        ----------
        summary : Summary
            With monetary values.

        Returns
        -------
        float array of shape (n,), in the currency of the log
        """
        if summary.monetary_value is None:
            raise InvalidDataError(
                message("summary", "must have monetary values",
                        hint="Give occasions(..., amount=) the column of amounts.")
            )  # fmt: skip
        return self.model.expected_spend(summary.frequency, summary.monetary_value)
