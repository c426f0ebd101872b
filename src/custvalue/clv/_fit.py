"""Fit: a model at its maximum of the likelihood, with the uncertainty of its parameters."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import numpy as np

from custvalue import _calendar
from custvalue._check import Array, coverage, number, of_type, one_of, real
from custvalue._record import Record
from custvalue.clv._predictions import Predictions
from custvalue.clv._uncertainty import delta_interval
from custvalue.errors import CustValueWarning, InvalidDataError, message

if TYPE_CHECKING:
    from custvalue.clv._model import Model, PurchaseModel
    from custvalue.clv.gamma_gamma import GammaGamma
    from custvalue.summary import Summary


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
        Fingerprint of the counts and sums that the fit was made from, whatever the order of rows.
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
        number("log_likelihood", self.log_likelihood)
        number("n", self.n, 0.0, open_low=True)
        number("patterns", self.patterns, 0.0)
        number("gradient_norm", self.gradient_norm, 0.0)
        if self.model.measured_in_time:
            _calendar.unit_of("unit", self.unit)
        elif self.unit is not None:
            raise InvalidDataError(message("unit", "must be None", value=self.unit))
        covariance = real("covariance", self.covariance)
        rule = f"must be a symmetric, positive definite {k} x {k} matrix"
        if covariance.shape != (k, k) or not np.isfinite(covariance).all():
            raise InvalidDataError(message("covariance", rule, value=covariance.shape))
        scaled = covariance / np.outer(self.estimates, self.estimates)
        if (
            not np.allclose(covariance, covariance.T, rtol=1e-9)
            or np.linalg.eigvalsh(scaled)[0] <= 0
        ):
            raise InvalidDataError(message("covariance", rule, value=covariance.tolist()))
        object.__setattr__(self, "covariance", covariance)
        object.__setattr__(self, "notes", tuple(self.notes))
        super().__post_init__()

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

        level = coverage(level)
        half = ndtri((1 + level) / 2) * self.standard_errors / self.estimates
        return np.asarray(self.estimates[:, None] * np.exp(np.stack([-half, half], axis=1)))

    def interval_of(
        self, quantity: Callable[[M], Any], level: float = 0.95, *, scale: str = "log"
    ) -> tuple[Array, Array]:
        """Return the bounds of what a function computes from the model, by the delta method.

        Only the uncertainty of the estimates counts, not that of what customers will do.

        Parameters
        ----------
        quantity : callable
            Takes a model and returns a number or an array.
        level : float
            Coverage aimed at, between 0 and 1.
        scale : {"log", "logit", "identity"}
            On which the bounds lie evenly about the estimate: logarithm for what is positive, logit
            for probabilities (bounds stay between 0 and 1), identity for what may be negative.

        Returns
        -------
        tuple of float or array
            Lower and upper bounds. What is exactly 0 (or a probability of 1) has no width;
            what is infinite has bounds of NaN.

        Raises
        ------
        InvalidDataError
            If a value is outside the scale or not a number.

        Examples
        --------
        >>> import custvalue as cv
        >>> left = cv.Durations.from_survivors([1000, 631, 468, 382, 326], unit="year")
        >>> fit = cv.clv.ShiftedBetaGeo.fit(left)
        >>> fit.model.survival([5, 12]).round(3)
        array([0.284, 0.16 ])
        >>> low, high = fit.interval_of(lambda model: model.survival([5, 12]), scale="logit")
        >>> low.round(3), high.round(3)
        (array([0.255, 0.13 ]), array([0.316, 0.195]))
        """
        if not callable(quantity):
            rule = "must be a function of the model"
            raise InvalidDataError(message("quantity", rule, value=type(quantity).__name__))
        one_of("scale", scale, ("log", "logit", "identity"))
        return delta_interval(quantity, self, coverage(level), scale)

    def period_rate(self, annual_rate: float) -> float:
        """Return the effective rate per unit of the fit that an effective annual rate amounts to.

        Parameters
        ----------
        annual_rate : float
            Such as 0.10; at least 0.
        """
        if self.unit is None:
            raise InvalidDataError(message("fit", "must have a unit of time", value=None))
        years = _calendar.convert(1.0, self.unit, "year")
        return math.expm1(years * math.log1p(number("annual_rate", annual_rate, 0.0)))

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
        if not isinstance(written, Mapping) or not isinstance(kind, str) or kind not in MODELS:
            raise InvalidDataError(
                message("data", f"must be a Fit of one of {sorted(MODELS)}", value=kind)
            )
        return super().from_dict({**data, "model": MODELS[kind].from_dict(written)})

    def _times(self, summary: Summary) -> Summary:
        from custvalue.clv._model import PurchaseModel
        from custvalue.summary import SUMMARY_HINT, Summary

        if self.unit is None or not isinstance(self.model, PurchaseModel):
            raise InvalidDataError(
                message("fit", "must be of a model of purchases", value=type(self.model).__name__)
            )
        of_type("summary", summary, Summary, SUMMARY_HINT)
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
        if self.model.measured_in_time:
            raise InvalidDataError(
                message("fit", "must be of a model of spend", value=type(self.model).__name__)
            )
        if summary.monetary_value is None:
            raise InvalidDataError(
                message("summary", "must have monetary values",
                        hint="Give occasions(..., amount=) the column of amounts.")
            )  # fmt: skip
        return self.model.expected_spend(summary.frequency, summary.monetary_value)
