"""Lifetime value: expected purchases, discounted in continuous time, times expected spend."""

from __future__ import annotations

import dataclasses
import math
import warnings
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue import _calendar
from custvalue._check import Array, coverage, number, of_type, real, within
from custvalue._chunks import dot
from custvalue._record import Record
from custvalue._tally import same_length
from custvalue.clv._discounting import discounted_purchases
from custvalue.clv._fit import Fit
from custvalue.clv._model import PurchaseModel
from custvalue.clv._uncertainty import delta_standard_error
from custvalue.clv.gamma_gamma import GammaGamma
from custvalue.errors import CustValueWarning, InvalidDataError, message
from custvalue.summary import SUMMARY_HINT, Summary

_MANY = 20_000  # customers that suffice for a standard error
_LEAST_RATE = 1e-4  # a year, for an infinite horizon


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class LifetimeValues(Record):
    """Expected value of each customer after the end of their observation, and what it is made of.

    Attributes
    ----------
    customer : array of shape (n,)
        Who.
    expected_purchases : float array of shape (n,)
        Within the horizon, not discounted; NaN for an infinite horizon, where it may not exist.
    probability_alive : float array of shape (n,)
        At the end of the observation.
    expected_spend : float array of shape (n,)
        Per purchase.
    discounted_purchases : float array of shape (n,)
        Expected purchases, each discounted from the moment it is made.
    value : float array of shape (n,)
        margin * expected_spend * discounted_purchases.
    weight : float array of shape (n,) or None
        How many customers a row stands for.
    horizon : float
        In `unit`; may be infinite.
    unit : str
        Unit of the horizon.
    annual_rate, margin : float
        As given.
    total_standard_error : float
        Of `total`: what the uncertainty of the fitted parameters amounts to (delta method). The
        randomness of what these customers will do comes on top; it matters for few customers.
    notes : tuple of str
        What to know before using the result.

    Examples
    --------
    >>> import custvalue as cv
    >>> log = cv.datasets.cdnow()
    >>> summary = cv.occasions(log, customer="customer_id", time="date").summary(unit="week")
    >>> values = cv.clv.lifetime_value(cv.clv.ModifiedBetaGeo.fit(summary), 35.0, summary,
    ...                                horizon=1, unit="year", annual_rate=0.1)
    >>> round(values.total), round(values.total_standard_error)
    (64986, 1545)
    """

    customer: npt.NDArray[Any]
    expected_purchases: Array
    probability_alive: Array
    expected_spend: Array
    discounted_purchases: Array
    value: Array
    weight: Array | None
    horizon: float
    unit: str
    annual_rate: float
    margin: float
    total_standard_error: float
    notes: tuple[str, ...] = ()
    frame: str = dataclasses.field(default="pandas", compare=False)

    _columns: ClassVar[tuple[str, ...]] = (
        "customer",
        "expected_purchases",
        "probability_alive",
        "expected_spend",
        "discounted_purchases",
        "value",
        "weight",
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", tuple(self.notes))
        for name in self._columns[1:]:
            if getattr(self, name) is not None:
                object.__setattr__(self, name, real(name, getattr(self, name)))
        same_length(self, "weight")
        super().__post_init__()

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.customer)

    @property
    def total(self) -> float:
        """Value of all customers together."""
        return float(self.value.sum() if self.weight is None else self.weight @ self.value)

    @property
    def total_purchases(self) -> float:
        """Expected purchases of all customers together, not discounted."""
        each = self.expected_purchases
        return float(each.sum() if self.weight is None else self.weight @ each)

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return an interval for `total` from the uncertainty of the parameters.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.

        Returns
        -------
        tuple of float
            Symmetric in the logarithm of the total; NaN where the total is infinite.
        """
        from scipy.special import ndtri

        level = coverage(level)
        if self.total == 0.0:
            return 0.0, 0.0
        width = float(ndtri((1 + level) / 2)) * self.total_standard_error / self.total
        factor = math.exp(width) if width < 700.0 else math.inf
        return self.total / factor, self.total * factor

    def _head(self) -> dict[str, Any]:
        return {
            "customers": float(len(self) if self.weight is None else self.weight.sum()),
            "total": self.total,
            "total_standard_error": self.total_standard_error,
            "horizon": f"{self.horizon:g} {self.unit}",
            "annual_rate": self.annual_rate,
            "margin": self.margin,
        }

    def plot(self, ax: Any = None) -> Any:
        """Draw how value is concentrated; see `custvalue.plot.value_concentration`."""
        from custvalue.plot import value_concentration

        return value_concentration(self, ax=ax)


def lifetime_value(
    purchases: Fit[PurchaseModel] | Fit[Any],
    spend: Fit[GammaGamma] | Fit[Any] | Array | float,
    summary: Summary,
    *,
    horizon: float,
    annual_rate: float,
    unit: str | None = None,
    margin: float = 1.0,
) -> LifetimeValues:
    """Return each customer's expected value over a horizon after the end of their observation.

    Purchases are discounted in continuous time from the moment they are made: the value is
    margin * E[spend] * integral over (0, horizon) of e^(-delta t) dE[Y(t)], delta = log(1 + rate).
    Integrated by parts, every model needs its E[Y(t)] only. The purchase that made a customer known
    is not part of it.

    Parameters
    ----------
    purchases : Fit
        Of a purchase model, such as `BetaGeo.fit(summary)`.
    spend : Fit, float or array of shape (n,)
        Of `GammaGamma`, or an expected spend per purchase.
    summary : Summary
        The customers; in any unit.
    horizon : float
        How far to look, above 0, in `unit`; ``math.inf`` for all of the future (slower).
    annual_rate : float
        Effective annual discount rate, such as 0.10; at least 0, or 0.0001 for an infinite
        horizon.
    unit : str, optional
        Unit of the horizon; default: that of the fit.
    margin : float
        Share of spend that is profit, above 0; 1 gives revenue.

    Returns
    -------
    LifetimeValues
        Per customer, and in total.

    Raises
    ------
    InvalidDataError
        If the horizon is infinite without a rate, an argument is out of range, or the summary lacks
        monetary values that `spend` needs.

    Warns
    -----
    CustValueWarning
        If a value is infinite because mean spend is (Gamma-Gamma with q <= 1).

    References
    ----------
    Fader, Hardie & Lee, "RFM and CLV: using iso-value curves for customer base analysis", Journal
    of Marketing Research 42 (2005), 415-430 (continuous discounting of expected purchases).

    Examples
    --------
    >>> import custvalue as cv
    >>> log = cv.datasets.cdnow()
    >>> bought = cv.occasions(log, customer="customer_id", time="date", amount="spend")
    >>> summary = bought.summary(until="1997-09-30", unit="week")
    >>> values = cv.clv.lifetime_value(
    ...     cv.clv.BetaGeo.fit(summary), cv.clv.GammaGamma.fit(summary), summary,
    ...     horizon=12, unit="month", annual_rate=0.10, margin=0.3)
    >>> round(values.total), [round(bound) for bound in values.interval(0.95)]
    (21808, [19688, 24156])
    """
    of_type("purchases", purchases, Fit, "Pass what BetaGeo.fit(summary) returned.")
    of_type("summary", summary, Summary, SUMMARY_HINT)
    times = purchases._times(summary)
    model = purchases.model
    fit_unit = times.unit
    shown = unit if unit is not None else fit_unit
    if not (isinstance(horizon, (int, float, np.number)) and math.isinf(horizon) and horizon > 0):
        horizon = number("horizon", horizon, 0.0, open_low=True)
    rate = number("annual_rate", annual_rate, 0.0)
    margin = number("margin", margin, 0.0, open_low=True)
    h = purchases.in_own_unit(float(horizon), unit)
    delta = math.log1p(rate) * _calendar.HOURS[fit_unit] / _calendar.HOURS["year"]
    if math.isinf(h) and rate < _LEAST_RATE:
        raise InvalidDataError(
            message(
                "annual_rate",
                f"must be at least {_LEAST_RATE:g} for an infinite horizon",
                value=rate,
                hint="Without discounting an endless future may have no finite value.",
            )
        )
    x, t_x, T = times.frequency, times.recency, times.T
    discounted = discounted_purchases(model, h, delta, x, t_x, T)
    per_purchase, notes = _expected_spend(spend, summary)
    if math.isinf(h):
        alive = np.asarray(model.probability_alive(x, t_x, T))
        expected = np.full(len(x), np.nan)
    else:
        alive, expected = model.predict(h, x, t_x, T)
    value = margin * per_purchase * discounted
    if not np.isfinite(value).all():
        warnings.warn(
            f"{int((~np.isfinite(value)).sum())} customers have an infinite value, because their "
            "expected spend is infinite (Gamma-Gamma with p x + q <= 1).",
            CustValueWarning,
            stacklevel=2,
        )
    return LifetimeValues(
        customer=summary.customer,
        expected_purchases=expected,
        probability_alive=alive,
        expected_spend=per_purchase,
        discounted_purchases=discounted,
        value=value,
        weight=summary.weight,
        horizon=float(horizon),
        unit=shown,
        annual_rate=rate,
        margin=margin,
        total_standard_error=_total_standard_error(
            purchases, spend, h, delta, times, per_purchase, discounted, margin
        ),
        notes=(*purchases.notes, *notes),
        frame=summary.frame,
    )


def _expected_spend(
    spend: Fit[GammaGamma] | Array | float, summary: Summary
) -> tuple[Array, tuple[str, ...]]:
    if isinstance(spend, Fit):
        if not isinstance(spend.model, GammaGamma):
            raise InvalidDataError(
                message("spend", "must be a fit of GammaGamma", value=type(spend.model).__name__)
            )
        return spend.expected_spend(summary), spend.notes
    each = within("spend", spend, 0.0)
    if each.ndim and each.shape != (len(summary),):
        raise InvalidDataError(
            message("spend", f"must have one value for each of {len(summary)} customers",
                    value=each.shape)
        )  # fmt: skip
    return np.broadcast_to(each, (len(summary),)).copy(), ()


def _total_standard_error(
    purchases: Fit[Any],
    spend: Fit[Any] | Array | float,
    horizon: float,
    delta: float,
    times: Summary,
    per_purchase: Array,
    discounted: Array,
    margin: float,
) -> float:
    """Return the standard error of the total value from the parameters of both fits.

    The two likelihoods share no parameter, so that their errors are independent. Of more than
    _MANY customers every k-th stands for k.
    """
    some = slice(None, None, max(1, len(times) // _MANY))
    n = np.ones(len(times)) if times.weight is None else times.weight
    scale = margin * float(n.sum() / n[some].sum())
    x, t_x, T, n = times.frequency[some], times.recency[some], times.T[some], n[some]
    each, bought = per_purchase[some], discounted[some]
    if not np.isfinite(each).all():
        return math.nan

    def by_purchases(model: PurchaseModel) -> float:
        return scale * dot(n, each, discounted_purchases(model, horizon, delta, x, t_x, T))

    error = delta_standard_error(by_purchases, purchases)
    if isinstance(spend, Fit) and times.monetary_value is not None:
        m = times.monetary_value[some]

        def by_spend(model: GammaGamma) -> float:
            return scale * dot(n, bought, model.expected_spend(x, m))

        error = math.hypot(error, delta_standard_error(by_spend, spend))
    return error
