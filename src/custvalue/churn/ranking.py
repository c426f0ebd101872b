"""Ranking: do those who churned have the higher scores? Gains, lift, AUC and Gini, safe of ties."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, ClassVar

import numpy as np

from custvalue._check import Array, ArrayLike, one_of, refuse
from custvalue._proportion import normal_quantile, share
from custvalue._tally import Column, Tally
from custvalue.churn._levels import (
    among_top,
    by_level,
    check_levels,
    checked,
    from_top,
    refuse_groups,
    shares,
)
from custvalue.churn._scalars import unboxed
from custvalue.churn._two_proportions import ratio_interval

RANKING_HINT = "Make one with churn.ranking(churned, score)."
_HALVINGS = 60  # of an interval of length 1: to the last digit


def _none() -> Column:
    return np.empty(0)  # weights need not be whole


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Ranking(Tally):
    """Customers and churners at each distinct score: all that a ranking can say.

    Records of different customers, scored alike, can be added.

    Attributes
    ----------
    score : float array of shape (levels,)
        Distinct scores, ascending; a higher score means a higher risk.
    customers, churned : arrays of shape (levels,)
        Customers with that score, and those of them who churned.

    Notes
    -----
    The table of `to_frame` begins with the highest score; its `share`, `gains` and `lift` are of
    all customers down to that score.

    Examples
    --------
    >>> import custvalue as cv
    >>> ranked = cv.churn.ranking([1, 1, 0, 0, 1, 0], [0.9, 0.8, 0.7, 0.4, 0.4, 0.1])
    >>> ranked
    Ranking(customers=6, churned=3, levels=5, auc=0.833333, top_decile_lift=2)
    >>> print(ranked.to_frame().round(3).to_string(index=False))
     score  customers  churned  share  gains  lift
       0.9          1        1  0.167  0.333 2.000
       0.8          1        1  0.333  0.667 2.000
       0.7          1        0  0.500  0.667 1.333
       0.4          2        1  0.833  1.000 1.200
       0.1          1        0  1.000  1.000 1.000
    """

    score: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    customers: Column = dataclasses.field(default_factory=_none)
    churned: Column = dataclasses.field(default_factory=_none)

    _keys: ClassVar[tuple[str, ...]] = ("score",)
    _sums: ClassVar[tuple[str, ...]] = ("customers", "churned")

    def __post_init__(self) -> None:
        super().__post_init__()
        refuse_groups(self.groups)
        check_levels(self.score, customers=self.customers, churned=self.churned)
        more = self.churned > self.customers
        refuse("churned", "must not exceed customers", self.churned, more)
        refuse("customers", "must be above 0", self.customers, self.customers == 0)

    @property
    def value(self) -> float:
        """The AUC; see `auc`."""
        return self.auc

    @property
    def auc(self) -> float:
        """Probability that a churner scores higher than a customer who stayed (ties: half).

        NaN where nobody churned or nobody stayed.
        """
        return self._components()[0]

    @property
    def gini(self) -> float:
        """Gini coefficient (accuracy ratio), 2 AUC - 1: 0 for a guess, 1 for a perfect ranking."""
        return 2.0 * self.auc - 1.0

    @property
    def standard_error(self) -> float:
        """Standard error of the AUC (DeLong); NaN with fewer than two churners or stayers."""
        return self._components()[1]

    @property
    def top_decile_lift(self) -> float:
        """Lift among the tenth of customers scored highest."""
        return float(self.lift(0.1))

    def gains(self, top: ArrayLike = 0.1) -> Any:
        """Return the share of all churners among the customers scored highest.

        Parameters
        ----------
        top : array_like
            Share of customers, in (0, 1]. It need not be a whole number of customers, and those
            tied at the cut share the places left: the curve is linear between distinct scores.

        Returns
        -------
        float or array
            In the shape of `top`; NaN where nobody churned.
        """
        (found,) = among_top(shares("top", top), self.customers, self.churned)
        return unboxed(share(found, self.churned.sum()))

    def lift(self, top: ArrayLike = 0.1) -> Any:
        """Return how many times as many churn among the customers scored highest as among all.

        Parameters
        ----------
        top : array_like
            Share of customers, in (0, 1], as in `gains`.

        Returns
        -------
        float or array
            gains(top) / top, in the shape of `top`; NaN where nobody churned.
        """
        return unboxed(self.gains(top) / np.asarray(top, dtype=np.float64))

    def lift_interval(self, top: float | ArrayLike = 0.1, level: float = 0.95) -> tuple[Any, Any]:
        """Return bounds of the lift, given the scores.

        Parameters
        ----------
        top : array_like
            Share of customers, in (0, 1].
        level : float
            Coverage aimed at, between 0 and 1.

        Returns
        -------
        tuple of float or array
            Within [0, 1 / top].

        Notes
        -----
        Of the k customers scored highest x churned, of the others y. With RR = (x/k) / (y/(N-k)),
        lift = RR / (top RR + 1 - top) rises with RR, so that the bounds of RR (Donner & Zou 2012,
        from Wilson's intervals of both shares) give those of the lift. They exist where x or y is
        0. Customers differ in their risk within both parts, so that given the scores the bounds
        err on the wide side; for other customers, whose scores differ too, simulated coverage is
        0.94 to 0.96 at a level of 0.95, and 0.91 with 100 churners and an AUC of 0.98.
        """
        t = shares("top", top)
        total, churned = float(self.customers.sum()), float(self.churned.sum())
        (found,) = among_top(t, self.customers, self.churned)
        if not churned:  # no lift
            normal_quantile(level)
            nothing = unboxed(np.full(np.shape(t), np.nan))
            return nothing, nothing
        found = np.minimum(found, t * total)
        rest, others = (1.0 - t) * total, churned - found
        bounds = ratio_interval(found, t * total, np.clip(others, 0.0, rest), rest, level)
        with np.errstate(divide="ignore"):
            low, high = (np.where(t == 1.0, 1.0, 1.0 / (t + (1.0 - t) / b)) for b in bounds)
        return unboxed(low), unboxed(high)

    def interval(self, level: float = 0.95, method: str = "delong") -> tuple[float, float]:
        """Return bounds of the AUC; twice a bound less 1 bounds the Gini coefficient.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"delong", "newcombe"}
            DeLong's variance, symmetric in the logarithm of the odds; or Newcombe's method 5, a
            score interval from Hanley & McNeil's variance, which also takes the place of DeLong's
            where that says nothing: for an AUC of 0 or 1, or a single churner or stayer.

        Returns
        -------
        tuple of float
            Within [0, 1]; NaN where nobody churned or nobody stayed.

        References
        ----------
        DeLong, DeLong & Clarke-Pearson, "Comparing the areas under two or more correlated receiver
        operating characteristic curves", Biometrics 44 (1988), 837-845.
        Newcombe, "Confidence intervals for an effect size measure based on the Mann-Whitney
        statistic. Part 2", Statistics in Medicine 25 (2006), 559-573.
        """
        one_of("method", method, ("delong", "newcombe"))
        z = normal_quantile(level)
        auc, error = self._components()
        if math.isnan(auc):
            return math.nan, math.nan
        if method == "newcombe" or math.isnan(error) or auc in (0.0, 1.0):
            churned = float(self.churned.sum())
            return _newcombe(auc, churned, float(self.customers.sum()) - churned, z)
        odds, width = math.log(auc / (1 - auc)), z * error / (auc * (1 - auc))
        return _logistic(odds - width), _logistic(odds + width)

    def _components(self) -> tuple[float, float]:
        """Return the AUC and DeLong's standard error, from the components of each level."""
        gone = self.churned.astype(np.float64)
        here = self.customers - gone
        m, n = float(gone.sum()), float(here.sum())
        if m == 0 or n == 0:
            return math.nan, math.nan
        below = (np.cumsum(here) - here / 2) / n  # stayers that a churner at the level outranks
        above = (m - np.cumsum(gone) + gone / 2) / m
        auc = float(gone @ below / m)
        if m <= 1 or n <= 1:
            return auc, math.nan
        variance = gone @ (below - auc) ** 2 / (m - 1) / m + here @ (above - auc) ** 2 / (n - 1) / n
        return auc, math.sqrt(float(variance))

    def plot(self, ax: Any = None) -> Any:
        """Draw it; see `custvalue.plot.gains`."""
        from custvalue.plot import gains

        return gains(self, ax)

    def _head(self) -> dict[str, Any]:
        return {
            "customers": float(self.customers.sum()),
            "churned": float(self.churned.sum()),
            "levels": len(self),
            "auc": self.auc,
            "top_decile_lift": self.top_decile_lift,
        }

    def _derived(self) -> dict[str, Any]:
        customers, churned = from_top(self.customers)[:0:-1], from_top(self.churned)[:0:-1]
        total = churned[0] if len(self) and churned[0] else math.nan
        down = customers / customers[0] if len(self) else customers
        return {"share": down, "gains": churned / total, "lift": churned / total / down}

    def _table(self) -> dict[str, Any]:
        return {name: column[::-1] for name, column in super()._table().items()}


def ranking(churned: ArrayLike, score: ArrayLike, *, weight: ArrayLike | None = None) -> Ranking:
    """Return how well a score ranks those who churned above those who stayed.

    Only the order of the scores matters; they need not be probabilities.

    Parameters
    ----------
    churned : array_like of shape (n,)
        Whether each customer churned: true or false, or 1 or 0.
    score : array_like of shape (n,)
        The higher, the more likely to churn; finite, and whole numbers at most 2**53.
    weight : array_like of shape (n,), optional
        How many customers each row stands for, between 1e-15 and 1e15.

    Returns
    -------
    Ranking
        With `auc`, `gini`, `gains(top)`, `lift(top)` and their intervals. Without customers or
        without churners they are NaN.

    Raises
    ------
    InvalidDataError
        If columns differ in length, a score is missing or not finite, a label is not 0 or 1, or a
        weight is out of range.

    Examples
    --------
    >>> import custvalue as cv
    >>> churned = [1] * 10 + [0] * 90
    >>> cv.churn.ranking(churned, [0.5] * 100).top_decile_lift  # a constant score says nothing
    1.0
    >>> ranked = cv.churn.ranking([1, 0, 1, 0, 0, 0], [6, 5, 4, 3, 2, 1])
    >>> ranked.auc, [round(bound, 3) for bound in ranked.interval()]
    (0.875, [0.228, 0.994])
    """
    scores, weights, (gone,) = checked("score", score, weight, -math.inf, math.inf, churned=churned)
    levels, sums = by_level(
        scores, weights, {"customers": np.ones(len(scores), dtype=bool), "churned": gone}
    )
    return Ranking(score=levels, **sums)


def _logistic(odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-odds)) if odds > -700.0 else 0.0


def _newcombe(auc: float, m: float, n: float, z: float) -> tuple[float, float]:
    """Return the two AUCs that are z of their own standard errors away from the one found."""

    def distance(theta: Array) -> Array:
        pairs = (m + n) / 2.0 - 1.0
        variance = theta * (1 - theta) / (m * n)
        variance *= 1 + pairs * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        return np.asarray((theta - auc) ** 2 - z**2 * variance)

    outer = np.array([0.0, 1.0])  # distance is at least 0 there, and at most 0 at the AUC
    inner = np.array([auc, auc])
    for _ in range(_HALVINGS):
        middle = (outer + inner) / 2.0
        inside = distance(middle) <= 0.0
        outer, inner = np.where(inside, outer, middle), np.where(inside, middle, inner)
    return float(inner[0]), float(inner[1])
