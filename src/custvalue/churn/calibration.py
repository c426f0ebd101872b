"""Calibration: do as many churn as the probabilities say? A table by bins, and its mean error."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from custvalue._check import Array, ArrayLike, number, one_of, refuse, whole, within
from custvalue._proportion import interval, share
from custvalue._tally import Column, Tally
from custvalue.churn._levels import checked
from custvalue.errors import InvalidDataError, message

_MOST = 10_000  # bins


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Calibration(Tally):
    """Customers, churners and expected churners by bins of the forecast probability.

    Records of different customers with the same bins can be added.

    Attributes
    ----------
    bin : int array of shape (bins,)
        Number of the bin: 0, 1, ...
    customers, churned : arrays of shape (bins,)
        Customers in the bin, and those of them who churned.
    expected : float array of shape (bins,)
        Sum of their probabilities.
    edges : tuple of float
        Bin b is [edges[b], edges[b + 1]), the last one with its end.

    Notes
    -----
    The table of `to_frame` has, for each bin, its edges, the mean probability and the share who
    churned with Wilson's bounds at 95 %; NaN where a bin is empty.

    Examples
    --------
    >>> import custvalue as cv
    >>> table = cv.churn.calibration([0, 0, 1, 0, 1, 1], [0.1, 0.2, 0.2, 0.6, 0.7, 0.9], bins=2)
    >>> table
    Calibration(customers=6, churned=3, expected=2.7, bins=2, expected_error=0.116667)
    >>> print(table.to_frame()[["start", "end", "customers", "mean_probability", "share"]].round(3))
       start  end  customers  mean_probability  share
    0    0.0  0.5          3             0.167  0.333
    1    0.5  1.0          3             0.733  0.667
    """

    bin: Column = dataclasses.field(default_factory=lambda: np.empty(0, dtype=np.int64))
    customers: Column = dataclasses.field(default_factory=lambda: np.empty(0, dtype=np.int64))
    churned: Column = dataclasses.field(default_factory=lambda: np.empty(0, dtype=np.int64))
    expected: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    edges: tuple[float, ...] = ()

    _keys: ClassVar[tuple[str, ...]] = ("bin",)
    _sums: ClassVar[tuple[str, ...]] = ("customers", "churned", "expected")
    _settings: ClassVar[tuple[str, ...]] = ("edges",)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "edges", check_bins(self.edges, self.bin, self.groups))
        n = within("customers", self.customers, 0.0)
        for name in ("churned", "expected"):
            column = within(name, getattr(self, name), 0.0)
            refuse(name, "must not exceed customers", column, column > n * (1 + 1e-9))

    @property
    def value(self) -> Array:
        """Share of each bin who churned; NaN where it is empty."""
        return share(self.churned, self.customers)

    def interval(self, level: float = 0.95, method: str = "wilson") -> tuple[Array, Array]:
        """Return bounds of the share of each bin who churn.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald"}
            Wilson (1927): coverage close to nominal, also in small bins.

        Returns
        -------
        tuple of float array of shape (bins,)
            NaN where a bin is empty.
        """
        return interval(self.churned, self.customers, level, method)

    @property
    def mean_probability(self) -> Array:
        """Mean forecast of each bin; NaN where it is empty."""
        return share(self.expected, self.customers)

    @property
    def expected_error(self) -> float:
        """Expected calibration error: mean distance of forecast and share, over customers."""
        return self._mean(np.abs(self.churned - self.expected))

    @property
    def error_by_chance(self) -> float:
        """What `expected_error` amounts to, on average, if all the probabilities are right.

        The mean of half-normal distances, sqrt(2 / pi) sqrt(n p (1 - p)) in a bin with n customers
        and mean forecast p (the probabilities within a bin taken as alike).
        """
        p = np.clip(np.nan_to_num(self.mean_probability), 0.0, 1.0)
        return self._mean(np.sqrt(2.0 / math.pi * self.customers * p * (1.0 - p)))

    def _mean(self, error: Array) -> float:
        total = float(self.customers.sum())
        return float(error.sum()) / total if total else math.nan

    def _head(self) -> dict[str, Any]:
        return {
            "customers": float(self.customers.sum()),
            "churned": float(self.churned.sum()),
            "expected": float(self.expected.sum()),
            "bins": len(self),
            "expected_error": self.expected_error,
        }

    def _derived(self) -> dict[str, Any]:
        lower, upper = self.interval()
        edges = np.array(self.edges)
        return {
            "start": edges[self.bin],
            "end": edges[self.bin + 1] if len(self) else edges,
            "mean_probability": self.mean_probability,
            "share": self.value,
            "lower": lower,
            "upper": upper,
        }


def calibration(
    churned: ArrayLike,
    probability: ArrayLike,
    *,
    bins: int | Sequence[float] = 10,
    strategy: str = "width",
    weight: ArrayLike | None = None,
) -> Calibration:
    """Return, by bins of the forecast probability, how many should have churned and how many did.

    Parameters
    ----------
    churned : array_like of shape (n,)
        Whether each customer churned: true or false, or 1 or 0.
    probability : array_like of shape (n,)
        Forecast for each, in [0, 1].
    bins : int or sequence of float
        How many, or their edges, rising from at most the least to at least the greatest forecast.
    strategy : {"width", "count"}
        Equally wide bins of [0, 1], which records must share to be added; or about equally many
        customers in each, where equal forecasts stay together, so that there may be fewer bins.
    weight : array_like of shape (n,), optional
        How many customers each row stands for, between 1e-15 and 1e15.

    Returns
    -------
    Calibration
        With `value` and `interval()` per bin, `expected_error` and `error_by_chance`.

    Raises
    ------
    InvalidDataError
        If a probability is not in [0, 1] or not within the edges, edges do not rise, or columns
        differ in length.

    References
    ----------
    Naeini, Cooper & Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning",
    AAAI (2015) (expected calibration error, with bins of equal width).

    Examples
    --------
    >>> import custvalue as cv
    >>> table = cv.churn.calibration([0, 0, 0, 1], [0.25, 0.25, 0.25, 0.25], bins=4)
    >>> table.expected_error, round(table.error_by_chance, 3)
    (0.0, 0.173)
    """
    binned = in_bins(churned, probability, bins, strategy, weight)
    sums = {name: binned[name] for name in Calibration._sums}
    return Calibration(np.arange(len(binned["customers"])), **sums, edges=binned["edges"])


def in_bins(
    churned: ArrayLike,
    probability: ArrayLike,
    bins: int | Sequence[float],
    strategy: str,
    weight: ArrayLike | None,
) -> dict[str, Any]:
    """Return edges of bins, and in each the sums that calibration and Brier score need."""
    p, weights, (gone,) = checked("probability", probability, weight, 0.0, 1.0, churned=churned)
    n = np.ones(len(p)) if weights is None else weights
    order = np.lexsort((n, gone, p))  # sums do not depend on the order of the rows
    p, gone, n = p[order], gone[order], n[order]
    edges = _edges(p, n, bins, strategy)
    cuts = np.array([0, *np.searchsorted(p, edges[1:-1], side="left"), len(p)])
    error = (p - gone) ** 2
    columns = {
        "customers": n,
        "churned": n * gone,
        "expected": n * p,
        "probability_square": n * p**2,
        "squared_error": n * error,
        "fourth_power": n * error**2,
    }
    sums = {name: _sums(column, cuts) for name, column in columns.items()}
    if weights is None:
        sums |= {name: sums[name].astype(np.int64) for name in ("customers", "churned")}
    return {"edges": tuple(edges.tolist()), **sums}


def _sums(column: Array, cuts: Column) -> Array:
    """Return the sum of each slice of a column between cuts; 0 where it is empty."""
    some = cuts[1:] > cuts[:-1]
    found = np.zeros(len(cuts) - 1)
    found[some] = np.add.reduceat(column, cuts[:-1][some]) if some.any() else 0.0
    return found


def _edges(p: Array, n: Array, bins: Any, strategy: str) -> Array:
    """Return the edges of bins, given forecasts in order."""
    one_of("strategy", strategy, ("width", "count"))
    if np.ndim(bins):
        edges = _rising(bins)
        if len(p) and (p[0] < edges[0] or p[-1] > edges[-1]):
            low, high = edges[0], edges[-1]
            outside = (p < low) | (p > high)
            refuse("probability", f"must be within the bins, [{low:g}, {high:g}]", p, outside)
        return edges
    count = int(whole("bins", number("bins", bins, 1.0, _MOST)))
    if strategy == "width" or not len(p):
        return np.arange(count + 1) / count
    reached = np.cumsum(n)
    places = np.arange(1, count) / count * reached[-1]
    inner = p[np.searchsorted(reached, places, side="right")]
    return np.concatenate([[0.0], np.unique(inner[(inner > p[0]) & (inner < 1.0)]), [1.0]])


def _rising(edges: Any) -> Array:
    found = within("bins", edges, 0.0, 1.0, hint="Give a number of bins, or edges in [0, 1].")
    if found.ndim != 1 or len(found) < 2:
        raise InvalidDataError(message("bins", "must have two or more edges", value=found.shape))
    refuse("bins", "must rise", found[1:], found[1:] <= found[:-1])
    return found


def check_bins(edges: Any, bins: Column, groups: Any) -> tuple[float, ...]:
    """Return edges as a tuple if they are those of the bins 0, 1, ... of one group."""
    if groups:
        rule = "must be empty: make one record for each group"
        raise InvalidDataError(message("groups", rule, value=sorted(groups)))
    if not len(bins) and not len(edges):
        return ()
    found = tuple(_rising(edges).tolist())
    if not np.array_equal(bins, np.arange(len(found) - 1)):
        rule = "must number the bins between the edges"
        raise InvalidDataError(message("bin", rule, value=len(bins)))
    return found
