"""Brier score: mean squared error of churn probabilities, its parts, and the skill in it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from custvalue._check import Array, ArrayLike, refuse, within
from custvalue._proportion import normal_quantile
from custvalue._tally import Column, Tally
from custvalue.churn.calibration import check_bins, in_bins


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Brier(Tally):
    """Sums of squared errors by bins of the forecast probability.

    Records of different customers with the same bins can be added.

    Attributes
    ----------
    bin : int array of shape (bins,)
        Number of the bin: 0, 1, ...
    customers, churned : arrays of shape (bins,)
        Customers in the bin, and those of them who churned.
    expected, probability_square : float arrays of shape (bins,)
        Sums of their probabilities p, and of p^2.
    squared_error, fourth_power : float arrays of shape (bins,)
        Sums of (p - y)^2 and of (p - y)^4; y is 1 for those who churned.
    edges : tuple of float
        Of the bins; they matter for `decomposition` alone.

    Examples
    --------
    >>> import custvalue as cv
    >>> cv.churn.brier([0, 0, 1, 0, 1, 1], [0.1, 0.2, 0.2, 0.6, 0.7, 0.9])
    Brier(customers=6, churned=3, value=0.191667, skill=0.233333)
    """

    bin: Column = dataclasses.field(default_factory=lambda: np.empty(0, dtype=np.int64))
    customers: Column = dataclasses.field(default_factory=lambda: np.empty(0, dtype=np.int64))
    churned: Column = dataclasses.field(default_factory=lambda: np.empty(0, dtype=np.int64))
    expected: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    probability_square: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    squared_error: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    fourth_power: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    edges: tuple[float, ...] = ()

    _keys: ClassVar[tuple[str, ...]] = ("bin",)
    _sums: ClassVar[tuple[str, ...]] = (
        "customers",
        "churned",
        "expected",
        "probability_square",
        "squared_error",
        "fourth_power",
    )
    _settings: ClassVar[tuple[str, ...]] = ("edges",)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "edges", check_bins(self.edges, self.bin, self.groups))
        n = within("customers", self.customers, 0.0)
        for name in self._sums[1:]:
            column = within(name, getattr(self, name), 0.0)
            refuse(name, "must not exceed customers", column, column > n * (1 + 1e-9))

    @property
    def value(self) -> float:
        """Mean of (p - y)^2: 0 for perfect foresight, 0.25 for p = 1/2; NaN without customers."""
        return self._mean(self.squared_error)

    @property
    def standard_error(self) -> float:
        """Standard deviation of (p - y)^2 / sqrt(customers); NaN for fewer than two customers."""
        n = float(self.customers.sum())
        if n <= 1:
            return math.nan
        return math.sqrt(max(self._mean(self.fourth_power) - self.value**2, 0.0) / (n - 1))

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return bounds of the Brier score for customers such as these.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.

        Returns
        -------
        tuple of float
            By the normal approximation, within [0, 1]; NaN for fewer than two customers.

        References
        ----------
        Bradley, Schwartz & Hashino, "Sampling uncertainty and confidence intervals for the Brier
        score and Brier skill score", Weather and Forecasting 23 (2008), 992-1006.
        """
        width = normal_quantile(level) * self.standard_error
        if math.isnan(width):
            return math.nan, math.nan
        return max(self.value - width, 0.0), min(self.value + width, 1.0)

    @property
    def reference(self) -> float:
        """Brier score of the same forecast for all, the share who churned: q (1 - q)."""
        q = self._mean(self.churned)
        return q * (1.0 - q)

    @property
    def skill(self) -> float:
        """Brier skill score, 1 - value / reference: 1 if perfect, 0 if no better than the share.

        NaN where all or none churned, as then the reference is perfect.
        """
        return 1.0 - self.value / self.reference if self.reference > 0 else math.nan

    def decomposition(self) -> dict[str, float]:
        """Return the parts of the Brier score, exact for any bins.

        Returns
        -------
        dict of str to float
            value = reliability - resolution + uncertainty + within_bin_variance
            - within_bin_covariance. The last two are 0 if a bin holds one distinct probability.

        References
        ----------
        Murphy, "A new vector partition of the probability score", Journal of Applied Meteorology
        12 (1973), 595-600; Stephenson, Coelho & Jolliffe, "Two extra components in the Brier score
        decomposition", Weather and Forecasting 23 (2008), 752-757.
        """
        some = self.customers > 0
        n, churned, expected, square, error, _ = (
            np.asarray(getattr(self, name), dtype=np.float64)[some] for name in self._sums
        )
        both = (square + churned - error) / 2.0  # sum of p y, as y^2 = y
        q = self._mean(self.churned)
        parts = {
            "reliability": (expected - churned) ** 2 / n,
            "resolution": n * (churned / n - q) ** 2,
            "uncertainty": n * q * (1.0 - q),
            "within_bin_variance": square - expected**2 / n,
            "within_bin_covariance": 2.0 * (both - expected * churned / n),
        }
        return {name: self._mean(part) for name, part in parts.items()}

    def _mean(self, column: Column) -> float:
        n = float(self.customers.sum())
        return float(column.sum()) / n if n else math.nan

    def _head(self) -> dict[str, Any]:
        return {
            "customers": float(self.customers.sum()),
            "churned": float(self.churned.sum()),
            "value": self.value,
            "skill": self.skill,
        }


def brier(
    churned: ArrayLike,
    probability: ArrayLike,
    *,
    bins: int | Sequence[float] = 10,
    strategy: str = "width",
    weight: ArrayLike | None = None,
) -> Brier:
    """Return the Brier score of forecast churn probabilities.

    Parameters
    ----------
    churned : array_like of shape (n,)
        Whether each customer churned: true or false, or 1 or 0.
    probability : array_like of shape (n,)
        Forecast for each, in [0, 1].
    bins : int or sequence of float
        For `decomposition` alone: how many bins, or their edges, as in `calibration`.
    strategy : {"width", "count"}
        Bins of equal width, or of about equally many customers.
    weight : array_like of shape (n,), optional
        How many customers each row stands for, between 1e-15 and 1e15.

    Returns
    -------
    Brier
        With `value`, `standard_error`, `interval()`, `skill` and `decomposition()`.

    Raises
    ------
    InvalidDataError
        If a probability is not in [0, 1] or not within the edges, edges do not rise, or columns
        differ in length.

    References
    ----------
    Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78
    (1950), 1-3 (here for one of the two outcomes: half of Brier's sum over both).

    Examples
    --------
    >>> import custvalue as cv
    >>> score = cv.churn.brier([0, 0, 1, 0, 1, 1], [0.1, 0.2, 0.2, 0.6, 0.7, 0.9], bins=2)
    >>> {name: round(part, 4) for name, part in score.decomposition().items()}
    {'reliability': 0.0161, 'resolution': 0.0278, 'uncertainty': 0.25, \
'within_bin_variance': 0.0089, 'within_bin_covariance': 0.0556}
    """
    binned = in_bins(churned, probability, bins, strategy, weight)
    sums = {name: binned[name] for name in Brier._sums}
    return Brier(np.arange(len(binned["customers"])), **sums, edges=binned["edges"])
