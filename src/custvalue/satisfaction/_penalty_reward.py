"""The record of penalties and rewards: what low and high performance of attributes does."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array
from custvalue._proportion import normal_quantile
from custvalue._tally import Column, refuse_names
from custvalue.satisfaction import _asymmetry
from custvalue.satisfaction._rating_patterns import PatternTally

_COLUMNS = (
    "attribute",
    "penalty",
    "penalty_lower",
    "penalty_upper",
    "reward",
    "reward_lower",
    "reward_upper",
    "range",
    "satisfying",
    "dissatisfying",
    "asymmetry",
    "category",
    "answers",
    "low",
    "high",
    "r_squared",
    "low_base",
)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class PenaltyReward(PatternTally):
    """What low and high performance of each attribute does to the outcome; `+` adds respondents.

    What is kept is how those answered the outcome who rated the attributes alike: sums of records
    are exactly what the answers together give, but for rounding. Results are in the order of
    groups, then attributes.

    Attributes
    ----------
    pattern : array of shape (rows,)
        Key: a mark for each attribute, "-" low, "0" between, "+" high; "" for the group itself.
    answers : int array
        Respondents of that pattern.
    moments, squared : Moments
        Mean and deviation of their outcome, weighted, and with the squares of the weights.
    attributes : tuple of str
        Their names, in the order asked.
    outcome : str
        What is explained.
    cuts : tuple of float
        Answers of at most the first are low, of at least the second high.
    min_group : int
        Results from fewer respondents are NaN.
    groups, notes, frame
        Labels of each row by column; what policies did, counted; the kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"staff": [1, 1, 3, 3, 5, 5, 3], "overall": [1, 2, 6, 7, 7, 8, 6]})
    >>> found = cv.satisfaction.penalty_reward(answers, "overall", ["staff"], low=1, high=5)
    >>> found
    PenaltyReward(outcome=overall, attributes=1, answers=7)
    >>> found.penalty.round(4), found.reward.round(4), found.category()
    (array([-4.8333]), array([1.1667]), array(['dissatisfier'], dtype=object))
    >>> (found + found).answers
    array([0, 4, 4, 6])
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        refuse_names(self.groups, _COLUMNS)

    def _coefficient(self, high: bool, name: str = "beta") -> Array:
        """Return coefficients, or their variances, as results; NaN where hidden."""
        p = len(self.attributes)
        if not len(self):
            return np.empty(0)
        places = np.arange(1, p + 1) + (p if high else 0)
        found = getattr(self._fit, name)
        return self._results(found[:, places] if name == "beta" else found[:, places, places])

    @property
    def attribute(self) -> Column:
        """Name of the attribute of each result."""
        return np.tile(np.array(self.attributes, dtype=object), len(self._starts))

    @property
    def penalty(self) -> Array:
        """Coefficient of low performance, against performance between; below 0 as a rule.

        NaN where nobody or everybody answered so.
        """
        return self._coefficient(False)

    @property
    def reward(self) -> Array:
        """Coefficient of high performance, against performance between; above 0 as a rule."""
        return self._coefficient(True)

    @property
    def penalty_variance(self) -> Array:
        """Variance of each penalty (robust)."""
        return self._coefficient(False, "covariance")

    @property
    def reward_variance(self) -> Array:
        """Variance of each reward (robust)."""
        return self._coefficient(True, "covariance")

    @property
    def covariance(self) -> Array:
        """Covariance of each penalty with the reward of the same attribute (robust)."""
        p = len(self.attributes)
        lows = np.arange(1, p + 1)
        return self._results(self._fit.covariance[:, lows, lows + p]) if len(self) else np.empty(0)

    @property
    def free(self) -> Array:
        """Degrees of freedom: effective respondents less coefficients."""
        return self._per_attribute(self._fit.free) if len(self) else np.empty(0)

    @property
    def r_squared(self) -> Array:
        """Share of the variance of the outcome explained."""
        if not len(self):
            return np.empty(0)
        return self._results(self._per_attribute(self._fit.r_squared))

    @property
    def low(self) -> npt.NDArray[np.int64]:
        """Respondents who answered low."""
        return self._counted_as(1)

    @property
    def high(self) -> npt.NDArray[np.int64]:
        """Respondents who answered high."""
        return self._counted_as(1 + len(self.attributes))

    def _counted_as(self, first: int) -> npt.NDArray[np.int64]:
        if not len(self):
            return np.empty(0, dtype=np.int64)
        return self._fit.counts[:, first : first + len(self.attributes)].flatten()

    @property
    def remarks(self) -> dict[str, int]:
        """Groups of which nothing can be said, counted."""
        if not len(self):
            return {}
        fit = self._fit
        found = {
            "groups with too few respondents": fit.few,
            "groups with collinear attributes": fit.singular & ~fit.few,
            "groups where the outcome does not vary": fit.flat & ~fit.few & ~fit.singular,
        }
        return {text: int(bad.sum()) for text, bad in found.items() if bad.any()}

    @property
    def range(self) -> Array:
        """Range of impact on customer satisfaction (RIOCS), the size of the penalty + reward.

        A penalty above 0 or a reward below 0 counts as 0 here and below: such an attribute has no
        power to dissatisfy or to satisfy, and shares stay between 0 and 1.
        """
        return _asymmetry.potentials(self.penalty, self.reward)[0]

    @property
    def satisfying(self) -> Array:
        """Satisfaction-generating potential (SGP), reward / range; NaN where the range is 0."""
        return _asymmetry.potentials(self.penalty, self.reward)[1]

    @property
    def dissatisfying(self) -> Array:
        """Dissatisfaction-generating potential (DGP), the size of the penalty / range."""
        return _asymmetry.potentials(self.penalty, self.reward)[2]

    @property
    def asymmetry(self) -> Array:
        """Impact asymmetry SGP - DGP: 1 can only delight, -1 can only frustrate.

        Mikulic & Prebezac, "Prioritizing improvement of service attributes using impact
        range-performance analysis and impact-asymmetry analysis", Managing Service Quality 18
        (2008), 559-576.
        """
        return _asymmetry.asymmetry(self.penalty, self.reward)

    @property
    def value(self) -> Array:
        """The impact asymmetry; see `asymmetry`."""
        return self.asymmetry

    def category(self, hybrid: float = 0.2, extreme: float = 0.7) -> Column:
        """Return the kind of each attribute by its asymmetry; None where that is NaN.

        Parameters
        ----------
        hybrid, extreme : float
            Between -hybrid and hybrid "hybrid"; up to extreme "satisfier" or "dissatisfier";
            beyond "delighter" or "frustrator". The cuts are a custom; 0 <= hybrid <= extreme <= 1.
        """
        return _asymmetry.kinds(self.asymmetry, hybrid, extreme)

    def penalty_interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """Return Student's interval of each penalty.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        """
        return self._bounds(self.penalty, self.penalty_variance, level)

    def reward_interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """Return Student's interval of each reward.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        """
        return self._bounds(self.reward, self.reward_variance, level)

    def interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """Return bounds of the asymmetry by the delta method, within [-1, 1].

        NaN where a coefficient has the sign that it should not have, or no variance is known: the
        asymmetry is at its end there, and has no such interval.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        """
        variance = _asymmetry.variance_of_asymmetry(
            self.penalty, self.reward, self.penalty_variance, self.reward_variance, self.covariance
        )
        low, high = self._bounds(self.asymmetry, variance, level)
        return np.maximum(low, -1.0), np.minimum(high, 1.0)

    def _bounds(self, value: Array, variance: Array, level: float) -> tuple[Array, Array]:
        from scipy.special import stdtrit

        normal_quantile(level)  # refuses what is no level
        free = np.where(self.free > 0, self.free, np.nan)
        half = -stdtrit(free, (1.0 - level) / 2.0) * np.sqrt(np.maximum(variance, 0.0))
        return np.asarray(value - half), np.asarray(value + half)

    def _head(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"outcome": self.outcome, "attributes": len(self.attributes)}
        return {**facts, "answers": int(np.sum(self.answers)), **self.notes, **self.remarks}

    def _table(self) -> dict[str, Any]:
        labels = {n: self._per_attribute(c[self._starts]) for n, c in self.groups.items()}
        penalty, reward = self.penalty_interval(), self.reward_interval()
        columns = {
            "attribute": self.attribute,
            "penalty": self.penalty,
            "penalty_lower": penalty[0],
            "penalty_upper": penalty[1],
            "reward": self.reward,
            "reward_lower": reward[0],
            "reward_upper": reward[1],
            "range": self.range,
            "satisfying": self.satisfying,
            "dissatisfying": self.dissatisfying,
            "asymmetry": self.asymmetry,
            "category": self.category(),
            "answers": self._per_attribute(self.base),
            "low": self._if_shown(self.low),
            "high": self._if_shown(self.high),
            "r_squared": self.r_squared,
            "low_base": self._per_attribute(self.low_base),
        }
        return labels | columns

    def _if_shown(self, counts: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        small = self._per_attribute(self.base < self.min_group)
        return np.where(small, np.nan, counts) if small.any() else counts
