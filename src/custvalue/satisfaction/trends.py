"""Trends over waves: Mann and Kendall's test with Sen's slope."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, ClassVar

import numpy as np

from custvalue import _proportion
from custvalue._check import Array, ArrayLike, one_of, refuse, within
from custvalue._record import Record
from custvalue.errors import InvalidDataError, message

_EXACT_UP_TO = 10  # waves; beyond, the normal approximation is right to two digits


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Trend(Record):
    """Whether a score rises or falls over waves, and how fast.

    Attributes
    ----------
    time, score : float arrays of shape (waves,)
        Waves in order of time.

    Examples
    --------
    >>> import custvalue as cv
    >>> trend = cv.satisfaction.trend_test([0.80, 0.85, 0.90])
    >>> trend
    Trend(waves=3, slope=0.05, s=3, z=1.04447, p_value=0.333333)
    """

    time: Array
    score: Array
    frame: str = dataclasses.field(default="pandas", compare=False)

    _columns: ClassVar[tuple[str, ...]] = ("time", "score")

    def __post_init__(self) -> None:
        time, score = within("time", self.time), within("score", self.score)
        if time.ndim != 1 or time.shape != score.shape:
            rule = "must have one number for each wave"
            raise InvalidDataError(message("time, score", rule, value=(time.shape, score.shape)))
        order = np.argsort(time, kind="stable")
        again = np.append(False, np.diff(time[order]) == 0) if len(time) else np.zeros(0, bool)
        refuse("time", "must differ from wave to wave", time[order], again)
        object.__setattr__(self, "time", time[order])
        object.__setattr__(self, "score", score[order])
        super().__post_init__()

    @property
    def s(self) -> int:
        """Kendall's S: pairs of waves in which the later is higher, less those with it lower."""
        score = self.score
        return int(sum(np.sign(score[i + 1 :] - score[i]).sum() for i in range(len(score))))

    @property
    def variance(self) -> float:
        """Variance of S without a trend, corrected for ties."""
        n = len(self.score)
        ties = np.unique(self.score, return_counts=True)[1].astype(np.float64)
        tied = (ties * (ties - 1.0) * (2.0 * ties + 5.0)).sum()
        return float((n * (n - 1.0) * (2.0 * n + 5.0) - tied) / 18.0)

    @property
    def z(self) -> float:
        """(S - sign of S) / standard deviation: normal without a trend, with continuity."""
        if self.variance <= 0:
            return math.nan
        return (self.s - float(np.sign(self.s))) / math.sqrt(self.variance)

    def p_value(self, method: str = "auto") -> float:
        """Return the two-sided p-value of no trend; NaN with one wave or equal scores.

        Parameters
        ----------
        method : {"auto", "exact", "normal"}
            Exact without ties up to 10 waves, by default; else normal.
        """
        from scipy.special import ndtr
        from scipy.stats import kendalltau

        one_of("method", method, ("auto", "exact", "normal"))
        n = len(self.score)
        tied = len(np.unique(self.score)) < n
        if method == "exact" and tied:
            hint = 'Use method="normal".'
            raise InvalidDataError(message("score", "must not be tied", hint=hint))
        if math.isnan(self.z):
            return math.nan
        if method == "exact" or (method == "auto" and not tied and n <= _EXACT_UP_TO):
            return float(kendalltau(self.time, self.score, method="exact").pvalue)
        return float(2.0 * ndtr(-abs(self.z)))

    @property
    def value(self) -> float:
        """Sen's slope: the median of the slopes between all pairs of waves; NaN with one wave."""
        i, j = np.triu_indices(len(self.score), 1)
        if not i.size:
            return math.nan
        return float(np.median((self.score[j] - self.score[i]) / (self.time[j] - self.time[i])))

    def interval(self, level: float = 0.95, method: str = "sen") -> tuple[float, float]:
        """Return the bounds of an interval for the slope.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"sen"}
            Sen, "Estimates of the regression coefficient based on Kendall's tau", Journal of the
            American Statistical Association 63 (1968): slopes of ranks (N -+ z sd(S)) / 2 of N,
            rounded away from the median.

        Returns
        -------
        tuple of float
            Infinite where there are too few waves to bound the slope.
        """
        one_of("method", method, ("sen",))
        half = _proportion.normal_quantile(level) * math.sqrt(max(self.variance, 0.0))
        i, j = np.triu_indices(len(self.score), 1)
        slopes = np.sort((self.score[j] - self.score[i]) / (self.time[j] - self.time[i]))
        n = len(slopes)
        if n == 0:
            return math.nan, math.nan
        below, above = math.floor((n - half) / 2.0), math.ceil((n + half) / 2.0)  # from 1 on
        low = slopes[below - 1] if below >= 1 else -math.inf
        high = slopes[above] if above < n else math.inf
        return float(low), float(high)

    def _head(self) -> dict[str, Any]:
        facts = {"waves": len(self.score), "slope": self.value, "s": self.s, "z": self.z}
        return {**facts, "p_value": self.p_value()}


def trend_test(score: ArrayLike, time: ArrayLike | None = None) -> Trend:
    """Return the Mann-Kendall test of a trend over waves, with Sen's slope.

    It asks only whether the scores of waves rise or fall, not how sure each of them is. With shares
    and their counts `share_trend` sees more.

    Parameters
    ----------
    score : array_like of shape (waves,)
        Finite.
    time : array_like of shape (waves,), optional
        When each wave was, as numbers; by default 0, 1, 2 and so on.

    Returns
    -------
    Trend

    Raises
    ------
    InvalidDataError
        If a score is missing or two waves are at the same time.

    References
    ----------
    Mann, "Nonparametric tests against trend", Econometrica 13 (1945). Kendall, "Rank Correlation
    Methods", 1975. Hirsch, Slack & Smith, Water Resources Research 18 (1982), 107-121.

    Examples
    --------
    >>> import custvalue as cv
    >>> trend = cv.satisfaction.trend_test([7.1, 7.4, 7.3, 7.6, 7.9, 7.8, 8.2, 8.1])
    >>> round(trend.value, 3), [round(bound, 3) for bound in trend.interval()]
    (0.155, [0.1, 0.225])
    >>> round(trend.p_value(), 5)
    0.00551
    """
    scores = within("score", score)
    when = np.arange(scores.size, dtype=np.float64) if time is None else within("time", time)
    return Trend(when, scores)
