"""The record of key drivers: how much of an outcome each predictor explains."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, one_of
from custvalue._proportion import normal_quantile
from custvalue._record import Record, frozen, kept
from custvalue._tally import refuse_names
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction import _explained
from custvalue.satisfaction._importance import importance, of_samples, p_values, states
from custvalue.satisfaction._moments import Moments, MomentTally
from custvalue.satisfaction._survey import check_sums, effective

METHODS = ("lmg", "johnson", "correlation", "beta", "pratt", "first", "last")
ADDITIVE = ("lmg", "johnson", "pratt")
_COLUMNS = (
    "predictor",
    "importance",
    "share",
    "lower",
    "upper",
    "standard_error",
    "p_value",
    "r_squared",
    "answers",
    "respondents",
    "low_base",
)
Flags = npt.NDArray[np.bool_]


def _no_orders() -> npt.NDArray[np.int64]:
    return np.empty((0, 0), dtype=np.int64)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Drivers(MomentTally):
    """How much of the variance of an outcome each predictor explains; `+` adds respondents.

    What is kept are moments of the answers, from which importances are derived when they are asked
    for: sums of records are exactly what the answers together give, but for rounding. Results are
    in the order of groups, then predictors.

    Attributes
    ----------
    answers : int, or int array of shape (groups,)
        Respondents with an answer to everything.
    squares : number, or array
        Sum of the squares of their weights.
    predictors : tuple of str
        Their names, in the order asked.
    outcome, method : str
        What is explained, and how its parts are measured; `dataclasses.replace` changes the method.
    moments : Moments
        Means, deviations and correlations of predictors and outcome (last) in each group.
    resampled : Moments or None
        The same of respondents resampled, of shape (bootstrap, groups, ...).
    orders : int array of shape (drawn, predictors)
        Orders of predictors that LMG averages over; all orders where there are none.
    min_group : int
        Results from fewer respondents are NaN.
    groups, notes, frame
        Labels of each group by column; what policies did, counted; the kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"overall": [5, 4, 4, 2, 1, 3], "price": [4, 3, 5, 2, 1, 2],
    ...                         "service": [5, 3, 3, 3, 1, 4]})
    >>> found = cv.satisfaction.drivers(answers, "overall", ["price", "service"])
    >>> found
    Drivers(outcome=overall, method=lmg, r_squared=0.889632, predictors=2, answers=6)
    >>> found.to_frame()[["predictor", "importance", "share"]].round(4)
      predictor  importance   share
    0     price      0.4822  0.542
    1   service      0.4074  0.458
    >>> north, south = (
    ...     cv.satisfaction.drivers(part, "overall", ["price", "service"])
    ...     for part in (answers, answers[::-1])
    ... )
    >>> north + south
    Drivers(outcome=overall, method=lmg, r_squared=0.889632, predictors=2, answers=12)
    """

    answers: Any = 0
    squares: Any = 0.0
    predictors: tuple[str, ...] = ()
    outcome: str = ""
    method: str = "lmg"
    moments: Moments = dataclasses.field(default_factory=Moments)
    resampled: Moments | None = None
    orders: npt.NDArray[np.int64] = dataclasses.field(default_factory=_no_orders)

    _sums: ClassVar[tuple[str, ...]] = ("answers", "squares")
    _settings: ClassVar[tuple[str, ...]] = ("predictors", "outcome", "method", "min_group")
    _moments: ClassVar[tuple[str, ...]] = ("moments", "resampled")
    _parts: ClassVar[dict[str, type[Record]]] = {"moments": Moments, "resampled": Moments}

    def __post_init__(self) -> None:
        one_of("method", self.method, METHODS)
        object.__setattr__(self, "predictors", tuple(self.predictors))
        super().__post_init__()
        refuse_names(self.groups, _COLUMNS)
        check_sums(answers=self.answers, squares=self.squares)
        orders, p = np.asarray(self.orders, dtype=np.int64), len(self.predictors)
        if orders.size and (
            orders.ndim != 2
            or not np.array_equal(np.sort(orders, axis=1), [range(p)] * len(orders))
        ):
            rule = "must have all predictors, by number, in each row"
            raise InvalidDataError(message("orders", rule, value=orders.shape))
        object.__setattr__(self, "orders", kept(orders if orders.size else _no_orders()))
        columns = self.moments.mean.shape[-1]
        if columns != p + (p > 0):
            rule = "must be of the predictors and the outcome"
            raise InvalidDataError(message("moments", rule, value=(columns, p)))

    def _pooled(self, other: Self, row: npt.NDArray[np.int64], size: int) -> dict[str, Any]:
        if not np.array_equal(self.orders, other.orders):
            rule = "must be the same in both records"
            hint = "Pass a whole number as rng to both."
            raise InvalidDataError(message("permutations", rule, hint=hint))
        return super()._pooled(other, row, size)

    @property
    def base(self) -> Any:
        """Respondents with an answer to everything, not weighted."""
        return self.answers

    @property
    def effective_n(self) -> Array:
        """Kish's effective number of respondents; theirs without weights, 0 of none."""
        return effective(self.moments.weight.reshape(np.shape(self.squares)), self.squares)

    @property
    def predictor(self) -> npt.NDArray[Any]:
        """Name of the predictor of each result."""
        return np.tile(np.array(self.predictors, dtype=object), self._count)

    @property
    def _count(self) -> int:
        return len(self) if self.predictors else 0

    def _per_predictor(self, column: Any) -> npt.NDArray[Any]:
        """Return a number of each group as one of each result."""
        return np.repeat(np.atleast_1d(column)[: self._count], len(self.predictors))

    def _results(self, table: Array) -> Array:
        """Return results of shape (..., groups, predictors) as (..., results), NaN where hidden."""
        small = self._per_predictor(self.answers < self.min_group)
        return np.where(small, np.nan, table.reshape(*table.shape[:-2], len(small)))

    @cached_property
    def _state(self) -> dict[str, Flags]:
        """Return of which groups nothing can be said, and why; and collinear predictors."""
        return states(self.moments, np.atleast_1d(self.answers), self.method)

    @property
    def remarks(self) -> dict[str, int]:
        """Groups of which nothing can be said, and predictors that others determine, counted."""
        if not self._count:
            return {}
        state = self._state
        shared = state["collinear"] & ~state["several"][:, None]
        found = {
            "groups with too few respondents": state["few"],
            "groups where a column does not vary": state["flat"],
            "groups with collinear predictors": state["several"],
            "predictors that others determine": shared,
        }
        return {text: int(flags.sum()) for text, flags in found.items() if flags.any()}

    @cached_property
    def _matrices(self) -> Array:
        matrices = self.moments.matrices()
        matrices[self._state["unusable"]] = np.nan
        return matrices

    @cached_property
    def _importance(self) -> tuple[Array, Array]:
        found = importance(self._matrices, self.method, self.orders if self.orders.size else None)
        return frozen(self._results(found[0])), frozen(self._results(found[1]))

    @property
    def importance(self) -> Array:
        """Importance of each predictor, in the unit of `method`; NaN of too few respondents.

        Part of R^2 ("lmg", "johnson", "pratt"), R^2 alone ("first") or added last ("last"),
        correlation ("correlation"), standardised coefficient ("beta").
        """
        return self._importance[0] if self._count else np.empty(0)

    @property
    def standard_error(self) -> Array:
        """Standard error of the sampling of orders (lmg of many predictors); 0 where exact.

        Not of the sampling of respondents, for which there is `interval`.
        """
        return self._importance[1] if self._count else np.empty(0)

    @cached_property
    def _explained(self) -> Array:
        return np.asarray(_explained.gains(self._matrices).sum(axis=-1))

    @property
    def r_squared(self) -> Array:
        """Share of the variance of the outcome that all predictors explain together."""
        if not self._count:
            return np.empty(0)
        return self._results(np.repeat(self._explained[:, None], len(self.predictors), axis=1))

    @property
    def p_value(self) -> Array:
        """P-value of the F test that the predictor adds nothing to the others.

        For "correlation" and "first" that it is not correlated with the outcome.
        """
        if not self._count:
            return np.empty(0)
        rank = len(self.predictors) - self._state["collinear"].sum(axis=1)
        n = np.atleast_1d(self.effective_n)
        return self._results(p_values(self._matrices, self.method, self._explained, n, rank))

    @property
    def respondents(self) -> Array:
        """Effective number of respondents (Kish) behind each result."""
        return self._per_predictor(self.effective_n)

    @cached_property
    def replicates(self) -> Array:
        """Importances of resampled respondents, of shape (bootstrap, results)."""
        if self.resampled is None or not self._count:
            return np.empty((0, self._count * len(self.predictors)))
        orders = self.orders if self.orders.size else None
        out = of_samples(self.resampled, self._state["unusable"], self.method, orders)
        return frozen(self._results(out))  # kept: nobody may write to it

    @property
    def value(self) -> Array:
        """The importances; see `importance`."""
        return self.importance

    @property
    def share(self) -> Array:
        """Part of R^2, where importances add up to it ("lmg", "johnson", "pratt"), else NaN.

        With "pratt" shares may be negative. NaN where nothing is explained.
        """
        usable = (self.r_squared > 0) & (self.method in ADDITIVE)
        nothing = np.full(len(usable), np.nan)
        return np.asarray(np.divide(self.importance, self.r_squared, out=nothing, where=usable))

    def interval(self, level: float = 0.95, method: str = "percentile") -> tuple[Array, Array]:
        """Return bounds of the importances from the respondents resampled; NaN without them.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"percentile"}
            Quantiles of the importances of resampled respondents (Efron & Tibshirani, "An
            Introduction to the Bootstrap", 1993, chapter 13). An importance that cannot be
            negative has an interval above 0 even where the predictor explains nothing, and R^2 of
            a resample is too high where predictors are many: see `p_value`. Simulated coverage
            of lmg at a level of 0.95 is 0.92 to 0.95 for 100 to 300 respondents and 3 predictors.
        """
        one_of("method", method, ("percentile",))
        return self._quantiles(self.replicates, level)

    def difference_interval(self, one: str, other: str, level: float = 0.95) -> Any:
        """Return bounds of the importance of one predictor less that of another, per group.

        Parameters
        ----------
        one, other : str
            Names of predictors.
        level : float
            Coverage aimed at, between 0 and 1. With 0 outside the bounds one matters more.
        """
        names = self.predictor.tolist()
        for argument, name in (("one", one), ("other", other)):
            one_of(argument, name, list(dict.fromkeys(names)))
        first, second = (self.replicates[:, self.predictor == name] for name in (one, other))
        low, high = self._quantiles(first - second, level)
        return (low, high) if self.groups else (low[0], high[0])

    def _quantiles(self, replicates: Array, level: float) -> tuple[Array, Array]:
        normal_quantile(level)  # refuses what is no level
        out = np.full((2, replicates.shape[1]), np.nan)
        known = ~np.isnan(replicates).all(axis=0)
        if known.any():
            tail = (1.0 - level) / 2.0
            out[:, known] = np.nanquantile(replicates[:, known], [tail, 1.0 - tail], axis=0)
        return out[0], out[1]

    def plot(self, ax: Any = None, group: Any = None) -> Any:
        """Draw it; see `custvalue.plot.drivers`."""
        from custvalue.plot import drivers

        return drivers(self, ax, group)

    def _head(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"outcome": self.outcome, "method": self.method}
        if self._count and not self.groups:
            facts["r_squared"] = float(self.r_squared[0])
        counts = {"predictors": len(self.predictors), "answers": int(np.sum(self.answers))}
        return {**facts, **counts, **self.notes, **self.remarks}

    def _table(self) -> dict[str, Any]:
        low, high = self.interval() if self.resampled is not None else (None, None)
        columns = {
            **{name: self._per_predictor(labels) for name, labels in self.groups.items()},
            "predictor": self.predictor,
            "importance": self.importance,
            "share": self.share,
            "lower": low,
            "upper": high,
            "standard_error": self.standard_error if self.orders.size else None,
            "p_value": self.p_value,
            "r_squared": self.r_squared,
            "answers": self._per_predictor(self.answers),
            "respondents": self.respondents,
            "low_base": self._per_predictor(self.low_base),
        }
        return {name: column for name, column in columns.items() if column is not None}
