"""How far scores and ranks of units depend on the weights of the indicators."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, ArrayLike, coverage, number, one_of, real, refuse, whole, within
from custvalue._random import generator
from custvalue._record import Record, frozen
from custvalue._tally import Column, as_column
from custvalue.errors import InvalidDataError, message
from custvalue.scorecard._draws import counted, drawn, levels_of, ranks_of, swaps
from custvalue.scorecard.aggregate import MOST, aggregate, checked_weights

Ints = npt.NDArray[np.int64]
METHODS = ("weighted_mean", "geometric", "harmonic")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Sensitivity(Record):
    """Scores and ranks of units with the weights given, and ranks with weights drawn around them.

    Attributes
    ----------
    unit : array of shape (units,)
        Labels.
    score : float array of shape (units,)
        With the weights given.
    rank : int array of shape (units,)
        1 for the highest score; equal scores have the best of their ranks.
    indicator : array of shape (indicators,)
        Labels.
    weight : float array of shape (indicators,)
        As given, adding up to 1.
    swap : float array of shape (indicators,)
        Smallest relative change of this weight alone after which the first two units change places:
        -0.4 is 40 % less. NaN where no change of it does that.
    method : {"weighted_mean", "geometric", "harmonic"}
        How scores were aggregated.
    draws : int
        How often weights were drawn.
    at_unit, at_rank, times : int arrays of shape (rows,)
        How often each unit (by its place) had each rank that it ever had.
    spread, concentration : float or None
        How weights were drawn; one of both.

    Examples
    --------
    >>> import custvalue as cv
    >>> scores = [[80, 40, 60], [60, 75, 50], [40, 50, 90]]
    >>> found = cv.scorecard.sensitivity(scores, [5, 3, 2], units=["A", "B", "C"], rng=1)
    >>> found
    Sensitivity(units=3, indicators=3, first=A, kept=0.9695, mean_rank_shift=0.0203333,
        smallest_swap=0.142857)
    """

    unit: Column
    score: Array
    rank: Ints
    indicator: Column
    weight: Array
    swap: Array
    method: str
    draws: int
    at_unit: Ints
    at_rank: Ints
    times: Ints
    spread: float | None = None
    concentration: float | None = None
    frame: str = dataclasses.field(default="pandas", kw_only=True, compare=False)

    _columns: ClassVar[tuple[str, ...]] = ("unit", "score", "rank")

    def __post_init__(self) -> None:
        one_of("method", self.method, METHODS)
        for name in ("unit", "indicator"):
            object.__setattr__(self, name, as_column(name, getattr(self, name)))
        for name in ("score", "weight", "swap"):
            object.__setattr__(self, name, as_column(name, real(name, getattr(self, name))))
        for name in ("rank", "at_unit", "at_rank", "times"):
            found = whole(name, getattr(self, name), 0.0 if name == "at_unit" else 1.0)
            object.__setattr__(self, name, frozen(found.astype(np.int64)))
        object.__setattr__(self, "draws", int(whole("draws", self.draws, 1.0)))
        for names in (("unit", "score", "rank"), ("indicator", "weight", "swap"),
                      ("at_unit", "at_rank", "times")):  # fmt: skip
            shapes = [getattr(self, name).shape for name in names]
            if len(set(shapes)) > 1 or len(shapes[0]) != 1:
                rule = "must be columns of one length"
                raise InvalidDataError(message(", ".join(names), rule, value=shapes))
        units = len(self.unit)
        order = self.at_unit * (units + 1) + self.at_rank
        total = np.bincount(self.at_unit, self.times, units)
        if (np.diff(order) <= 0).any() or len(total) > units or (total != self.draws).any():
            rule = "must rise, with a rank of each unit in each draw"
            raise InvalidDataError(message("at_unit, at_rank, times", rule))
        if self.at_rank.max(initial=1) > max(units, 1):
            rule = "must be at most the number of units"
            raise InvalidDataError(message("at_rank", rule, value=int(self.at_rank.max())))
        super().__post_init__()

    def _share(self, where: npt.NDArray[np.bool_]) -> Array:
        found = np.bincount(self.at_unit[where], self.times[where], len(self.unit))
        return np.asarray(found / self.draws, dtype=np.float64)

    @property
    def kept(self) -> Array:
        """Share of the draws in which each unit has the rank that the weights given make it."""
        return self._share(self.at_rank == self.rank[self.at_unit])

    @property
    def first(self) -> Array:
        """Share of the draws in which each unit is first, also where others are so too."""
        return self._share(self.at_rank == 1)

    @property
    def mean_shift(self) -> Array:
        """Mean over the draws of how many ranks each unit is from its own, up or down."""
        off = np.abs(self.at_rank - self.rank[self.at_unit]) * self.times
        found = np.bincount(self.at_unit, off, len(self.unit))
        return np.asarray(found / self.draws, dtype=np.float64)

    @property
    def mean_rank_shift(self) -> float:
        """Mean absolute shift of ranks over units and draws, R_S of the handbook."""
        return float(self.mean_shift.mean()) if len(self.unit) else math.nan

    @property
    def smallest_swap(self) -> float:
        """The `swap` that is closest to 0; NaN where no weight alone makes the first two change."""
        if np.isnan(self.swap).all():
            return math.nan
        return float(self.swap[np.nanargmin(np.abs(self.swap))])

    def rank_interval(self, level: float = 0.95) -> tuple[Ints, Ints]:
        """Return the best and the worst rank of each unit in the middle draws.

        Parameters
        ----------
        level : float
            Share of the draws that is to be within, in (0, 1), a little more for being whole.

        Returns
        -------
        best, worst : int arrays of shape (units,)
        """
        tail = (1.0 - coverage(level)) / 2.0
        below = math.floor(tail * self.draws + 1e-9)  # draws that may be outside, on either side
        start = np.arange(len(self.unit)) * self.draws
        passed = np.cumsum(self.times)
        best = np.searchsorted(passed, start + below + 1)
        worst = np.searchsorted(passed, start + self.draws - below)
        return self.at_rank[best], self.at_rank[worst]

    def indicators(self) -> Any:
        """Return a frame with each indicator, its weight, and the change that swaps the first."""
        names = ("indicator", "weight", "swap")
        return self._framed({name: getattr(self, name) for name in names})

    def _table(self) -> dict[str, Any]:
        best, worst = self.rank_interval()
        return {**super()._table(), "best_rank": best, "worst_rank": worst, "kept": self.kept,
                "first": self.first, "mean_shift": self.mean_shift}  # fmt: skip

    def _head(self) -> dict[str, Any]:
        leader = self.unit[self.rank == 1].tolist()
        facts: dict[str, Any] = {"units": len(self.unit), "indicators": len(self.indicator)}
        if leader:
            kept = float(self.kept[self.rank == 1][0])
            facts |= {"first": leader[0], "kept": kept, "mean_rank_shift": self.mean_rank_shift}
        return facts | {"smallest_swap": self.smallest_swap}


def sensitivity(
    scores: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    method: str = "weighted_mean",
    spread: float | None = None,
    concentration: float | None = None,
    draws: int = 2_000,
    rng: Any,
    units: Sequence[Any] | None = None,
    indicators: Sequence[Any] | None = None,
) -> Sensitivity:
    """Return how scores and ranks of units depend on the weights of the indicators.

    Parameters
    ----------
    scores : array_like of shape (units, indicators)
        On one scale, such as from `normalise`, more is better; none missing, and at least 0 for
        "geometric" and "harmonic".
    weights : array_like of shape (indicators,), optional
        At least 0, and some above it; equal by default. A weight of 0 stays 0.
    method : {"weighted_mean", "geometric", "harmonic"}
        How one score comes from several, as in `aggregate`. A minimum depends on no weights.
    spread : float, optional
        In (0, 1]: each weight is drawn evenly between 1 - spread and 1 + spread times itself, and
        all are divided by their sum. The default is 0.1.
    concentration : float, optional
        Above 0, instead of `spread`: weights are drawn from Dirichlet's distribution with these
        means; a weight w has the variance w (1 - w) / (concentration + 1).
    draws : int
        How often weights are drawn, 1 to 1,000,000.
    rng : int or numpy.random.Generator
        The source of the draws: the same number gives the same result.
    units, indicators : sequence, optional
        Labels; 0, 1, ... by default.

    Returns
    -------
    Sensitivity
        With `rank_interval()`, `kept`, `first`, `mean_shift`, `mean_rank_shift`, `swap`,
        `to_frame()` for the units and `indicators()` for the indicators.

    Raises
    ------
    InvalidDataError
        If a score is missing or infinite, weights do not fit, both `spread` and `concentration` are
        given, or a label is missing.

    Notes
    -----
    Let a and b be the scores of the first and the second unit and w the weights. The order of
    weighted means is that of sum w_j a_j, that of geometric means the same of log a_j, and that of
    harmonic ones of -1 / a_j. So the weight of indicator i must change by the factor 1 + d_i with
    d_i = -sum_j w_j (a_j - b_j) / (w_i (a_i - b_i)), as long as that is not negative.

    References
    ----------
    OECD & JRC, *Handbook on Constructing Composite Indicators* (2008), section 7: uncertainty of
    weights, average shift of ranks. Saisana, Saltelli & Tarantola, "Uncertainty and sensitivity
    analysis techniques as tools for the quality assessment of composite indicators", J. R. Statist.
    Soc. A 168 (2005), 307-323.

    Examples
    --------
    >>> import custvalue as cv
    >>> scores = [[80, 40, 60], [60, 75, 50], [40, 50, 90]]
    >>> found = cv.scorecard.sensitivity(scores, [5, 3, 2], spread=0.5, units=["A", "B", "C"],
    ...                                  rng=1)
    >>> found.rank.tolist(), found.swap.round(3).tolist()
    ([1, 2, 3], [-0.15, 0.143, -0.75])
    >>> print(found.to_frame().iloc[:, :5].round(1).to_string())
      unit  score  rank  best_rank  worst_rank
    0    A   64.0     1          1           2
    1    B   62.5     2          1           2
    2    C   53.0     3          2           3
    """
    one_of("method", method, METHODS)
    low = -MOST if method == "weighted_mean" else 0.0
    x = within("scores", scores, low, MOST, hint="Fill or leave out what is missing.")
    if x.ndim != 2 or not x.size:
        rule = "must be of shape (units, indicators), of at least one of both"
        raise InvalidDataError(message("scores", rule, value=x.shape))
    n, k = x.shape
    if spread is not None and concentration is not None:
        rule = "must be given alone, without concentration"
        raise InvalidDataError(message("spread", rule, value=spread))
    if concentration is None:
        spread = number("spread", 0.1 if spread is None else spread, 0.0, 1.0, open_low=True)
    else:
        concentration = number("concentration", concentration, 0.0, 1e12, open_low=True)
    repeats = int(number("draws", whole("draws", draws, 1.0), 1.0, 1_000_000))
    weight = checked_weights(weights, k)
    weight = weight / weight.sum()
    used = weight > 0
    levels = levels_of(x, method)
    around = drawn(weight[used], spread, concentration, repeats, generator(rng, required=True))
    rank = ranks_of(levels[:, used], weight[used][None, :])[0]
    at_unit, at_rank, times = counted(levels[:, used], around)
    score = np.asarray(aggregate(x, weight, method=method))
    return Sensitivity(
        _labels("units", units, n), score, rank, _labels("indicators", indicators, k), weight,
        swaps(levels, weight, rank), method, repeats, at_unit, at_rank, times, spread,
        concentration,
    )  # fmt: skip


def _labels(name: str, labels: Any, count: int) -> Column:
    if labels is None:
        return np.arange(count)
    found = as_column(name, labels)
    if found.shape != (count,):
        rule = f"must be {count} labels"
        raise InvalidDataError(message(name, rule, value=found.shape))
    refuse(name, "must not be missing", found, np.array([v is None or v != v for v in found]))
    return found
