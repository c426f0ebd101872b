"""Profit: how many of those with the highest scores to offer an incentive, and what it is worth."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from custvalue._check import Array, number, within
from custvalue._proportion import normal_quantile
from custvalue._record import Record
from custvalue.churn._campaign import money, points
from custvalue.churn._hull import upper_hull
from custvalue.churn._levels import from_top
from custvalue.churn.ranking import Ranking
from custvalue.errors import InvalidDataError, message

_RANGES = {
    "value": (0.0, math.inf),
    "standard_error": (0.0, math.inf),
    "target_share": (0.0, 1.0),
    "threshold": (-math.inf, math.inf),
    "customers": (0.0, math.inf),
    "clv": (0.0, math.inf),
    "incentive_cost": (0.0, math.inf),
    "contact_cost": (0.0, math.inf),
}
_ACCEPTANCE = (6.0, 14.0)  # a Beta distribution with mean 0.3


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Profit(Record):
    """Greatest (expected) profit of a retention campaign, and whom it addresses.

    Attributes
    ----------
    value : float
        Profit per customer of the whole base, in the currency of `clv`; at least 0.
    standard_error : float
        Of `value`, the customers being a sample and the choice of the target being given.
    target_share : float
        Share of customers to address, those with the highest scores first.
    threshold : float
        Score of the last one of them: address scores of at least this; infinite for nobody.
    customers : float
        How many there are.
    clv, incentive_cost, contact_cost : float
        As given.
    acceptance : float or tuple of two floats
        Probability that a churner stays for the incentive, or (alpha, beta) of its Beta
        distribution.

    Examples
    --------
    >>> import custvalue as cv
    >>> ranked = cv.churn.ranking([0, 1, 0, 1, 0, 1, 0, 1], [.1, .2, .3, .4, .5, .7, .8, .9])
    >>> cv.churn.maximum_profit(ranked)
    Profit(value=23.875, standard_error=12.2087, target_share=0.875, threshold=0.2, customers=8)
    """

    value: float
    standard_error: float
    target_share: float
    threshold: float
    customers: float
    clv: float
    incentive_cost: float
    contact_cost: float
    acceptance: float | tuple[float, float]

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not isinstance(value, (int, float)) or isinstance(value, bool):
                raise InvalidDataError(message(name, "must be a number", value=value))
            unknown = name == "standard_error" and math.isnan(value)  # of a single customer
            nobody = name == "threshold" and value == math.inf
            if not (unknown or nobody):
                number(name, value, low, high)
        if isinstance(self.acceptance, (int, float)):
            number("acceptance", self.acceptance, 0.0, 1.0)
        else:
            object.__setattr__(self, "acceptance", _beta(self.acceptance))

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return bounds of the profit per customer.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.

        Returns
        -------
        tuple of float
            By the normal approximation, at least 0; NaN for a single customer.

        Notes
        -----
        `value` is a mean over customers of what each brings in. At an optimum, small errors in the
        choice of the target change it little (envelope theorem), so that the spread of that mean
        is its standard error. As the target is the best one for these customers, `value` is
        optimistic for others, visibly so with few churners.
        """
        width = normal_quantile(level) * self.standard_error
        if math.isnan(width):
            return math.nan, math.nan
        return max(self.value - width, 0.0), self.value + width

    def _head(self) -> dict[str, Any]:
        shown = ("value", "standard_error", "target_share", "threshold", "customers")
        return {name: getattr(self, name) for name in shown}

    def _table(self) -> dict[str, Any]:
        names = [field.name for field in dataclasses.fields(self)]
        return {name: np.array([getattr(self, name)]) for name in names[:-1]}


def maximum_profit(
    scores: Ranking,
    *,
    clv: float = 200.0,
    incentive_cost: float = 10.0,
    contact_cost: float = 1.0,
    acceptance: float = 0.3,
) -> Profit:
    """Return the maximum profit criterion (MPC) and the target that attains it.

    Customers are addressed from the highest score down, those tied all or none. Addressing costs
    f; the incentive d is taken by customers who would have stayed, and by a share gamma of the
    churners, who stay and are worth CLV. If a share pi0 of customers churn and F0, F1 are the
    shares of churners and of stayers with a score of at least t, the profit per customer is

        P(t) = (gamma (CLV - d) - f) pi0 F0(t) - (d + f) pi1 F1(t),      MPC = max over t.

    Parameters
    ----------
    scores : Ranking
        From `ranking(churned, score)`.
    clv : float
        Value of a customer who is kept (CLV), above `incentive_cost`.
    incentive_cost : float
        Cost of an incentive that is taken (d), at least 0.
    contact_cost : float
        Cost of addressing one customer (f), at least 0.
    acceptance : float
        Probability that a churner stays for the incentive (gamma), in [0, 1].

    Returns
    -------
    Profit
        With the smallest target that attains the maximum; the defaults are those of the source.

    Raises
    ------
    InvalidDataError
        If there are no customers, or an argument is out of range.

    References
    ----------
    Verbraken, Verbeke & Baesens, "A novel profit maximizing metric for measuring classification
    performance of customer churn prediction models", IEEE Transactions on Knowledge and Data
    Engineering 25 (2013), 961-973 (eqs. for P and MP; delta = d / CLV, phi = f / CLV).

    Examples
    --------
    >>> import custvalue as cv
    >>> ranked = cv.churn.ranking([0, 1, 0, 1, 0, 1, 0, 1], [.1, .2, .3, .4, .5, .7, .8, .9])
    >>> best = cv.churn.maximum_profit(ranked)
    >>> best.value, best.target_share, best.threshold
    (23.875, 0.875, 0.2)
    """
    gamma = number("acceptance", acceptance, 0.0, 1.0)
    worth, d, f = money(scores, clv, incentive_cost, contact_cost)
    stayed, gone = points(scores)
    kept, wasted = gamma * (worth - d) - f, d + f
    cut = int(np.argmax(kept * gone - wasted * stayed))
    counts = np.array([gone[cut], stayed[cut]])
    return _profit(
        scores, np.array([kept, -wasted]), counts, float(counts.sum()), (worth, d, f), gamma
    )


def expected_maximum_profit(
    scores: Ranking,
    *,
    clv: float = 200.0,
    incentive_cost: float = 10.0,
    contact_cost: float = 1.0,
    acceptance: tuple[float, float] = _ACCEPTANCE,
) -> Profit:
    """Return the expected maximum profit (EMPC), where nobody knows yet how many accept.

    The probability gamma that a churner stays for the incentive has a Beta distribution, and the
    target is the best one for each gamma: EMPC = integral of max over t of P(t; gamma) dBeta, with
    P as in `maximum_profit`. The best targets are the corners of the convex hull of the ROC curve;
    between two of them gamma decides, so that incomplete Beta functions give the integral exactly.

    Parameters
    ----------
    scores : Ranking
        From `ranking(churned, score)`.
    clv : float
        Value of a customer who is kept (CLV), above `incentive_cost`.
    incentive_cost : float
        Cost of an incentive that is taken (d), at least 0.
    contact_cost : float
        Cost of addressing one customer (f), at least 0.
    acceptance : tuple of two floats
        Parameters of the Beta distribution, above 0; (6, 14) has mean 0.3.

    Returns
    -------
    Profit
        `target_share` is the expected share addressed, and `threshold` the score of the last
        customer within it.

    Raises
    ------
    InvalidDataError
        If there are no customers, or an argument is out of range.

    References
    ----------
    Verbraken, Verbeke & Baesens (2013), as in `maximum_profit` (eqs. for EMPC and its fraction).

    Examples
    --------
    >>> import custvalue as cv
    >>> ranked = cv.churn.ranking([0, 1, 0, 1, 0, 1, 0, 1], [.1, .2, .3, .4, .5, .7, .8, .9])
    >>> best = cv.churn.expected_maximum_profit(ranked)
    >>> round(best.value, 6), round(best.target_share, 6), best.threshold
    (23.875593, 0.87437, 0.2)
    """
    from scipy.special import betaincc

    a, b = _beta(acceptance)
    worth, d, f = money(scores, clv, incentive_cost, contact_cost)
    stayed, gone = (np.diff(column) for column in upper_hull(*points(scores)))
    # a side of the hull is addressed if (gamma (CLV - d) - f) gone >= (d + f) stayed
    least = np.ones(len(gone))
    np.divide((d + f) * stayed, gone, out=least, where=gone > 0)
    least = np.where(gone > 0, np.clip((least + f) / (worth - d), 0.0, 1.0), 1.0)
    probability = betaincc(a, b, least)
    kept = (worth - d) * a / (a + b) * betaincc(a + 1.0, b, least) - f * probability
    target = float(probability @ (gone + stayed))
    return _profit(
        scores,
        np.concatenate([kept, -(d + f) * probability]),
        np.concatenate([gone, stayed]),
        target,
        (worth, d, f),
        (a, b),
    )


def _beta(acceptance: Any) -> tuple[float, float]:
    parameters = within("acceptance", acceptance, 0.0, open_low=True)
    if parameters.shape != (2,):
        rule = "must be the two parameters of a Beta distribution"
        raise InvalidDataError(message("acceptance", rule, value=acceptance))
    return float(parameters[0]), float(parameters[1])


def _profit(
    scores: Ranking,
    brought: Array,
    count: Array,
    target: float,
    costs: tuple[float, float, float],
    acceptance: float | tuple[float, float],
) -> Profit:
    """Return the mean of what customers bring in, the others nothing, and its standard error."""
    total = float(scores.customers.sum())
    mean = float(brought @ count) / total
    others = total - float(count.sum())  # bring in nothing
    spread = (float((brought - mean) ** 2 @ count) + max(others, 0.0) * mean**2) / total
    reached = from_top(scores.customers)[1:]
    last = int(np.searchsorted(reached, target * (1.0 - 1e-12)))
    return Profit(
        value=max(mean, 0.0),
        standard_error=math.sqrt(spread / (total - 1.0)) if total > 1.0 else math.nan,
        target_share=target / total,
        threshold=float(scores.score[::-1][min(last, len(reached) - 1)]) if target else math.inf,
        customers=total,
        clv=costs[0],
        incentive_cost=costs[1],
        contact_cost=costs[2],
        acceptance=acceptance,
    )
