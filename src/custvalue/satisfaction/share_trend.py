"""The trend of a share over waves: the test of Cochran and Armitage."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, ClassVar

import numpy as np

from custvalue import _proportion
from custvalue._check import Array, ArrayLike, refuse, within
from custvalue._tally import Column, Tally
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction._survey import check_sums


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ShareTrend(Tally):
    """A share in each wave, and the test whether it rises or falls; `+` adds other respondents.

    Attributes
    ----------
    wave : float array of shape (waves,)
        Key: when the wave was, or any score of it.
    count, total : arrays of shape (waves,)
        Those who count, and all.
    notes, frame
        What policies did, counted; the kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> cv.satisfaction.share_trend([80, 85, 90], [100, 100, 100])
    ShareTrend(waves=3, total=300, slope=0.05, z=1.9803, p_value=0.0476..., departure=1)
    """

    wave: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    count: Column = dataclasses.field(default_factory=lambda: np.empty(0))
    total: Column = dataclasses.field(default_factory=lambda: np.empty(0))

    _keys: ClassVar[tuple[str, ...]] = ("wave",)
    _sums: ClassVar[tuple[str, ...]] = ("count", "total")

    def __post_init__(self) -> None:
        object.__setattr__(self, "wave", within("wave", self.wave))
        super().__post_init__()
        if self.groups:
            raise InvalidDataError(message("groups", "must be none", value=list(self.groups)))
        check_sums(count=self.count, total=self.total)
        more = np.asarray(self.count > self.total)
        refuse("count", "must not exceed the total", self.count, more)

    @property
    def share(self) -> Array:
        """Share in each wave; NaN of none."""
        return np.asarray(_proportion.share(self.count, self.total))

    def interval(self, level: float = 0.95, method: str = "wilson") -> tuple[Array, Array]:
        """Return the bounds of an interval for each share.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald"}
            Wilson (1927) by default.
        """
        return _proportion.interval(self.count, self.total, level, method)

    def _moments(self) -> tuple[float, float, float]:
        """Return the pooled share, sum of n (wave - mean) x, and sum of n (wave - mean)^2."""
        n, x = np.asarray(self.total, float), np.asarray(self.count, float)
        if not n.sum():
            return math.nan, math.nan, math.nan
        away = self.wave - (n @ self.wave) / n.sum()
        return float(x.sum() / n.sum()), float(x @ away), float(n @ away**2)

    @property
    def value(self) -> float:
        """Change of the share per unit of `wave`, by least squares; NaN with one wave."""
        _, across, scatter = self._moments()
        return across / scatter if scatter > 0 else math.nan

    @property
    def z(self) -> float:
        """Cochran-Armitage statistic, normal without a trend; NaN where the share is 0 or 1."""
        share, across, scatter = self._moments()
        variance = share * (1.0 - share) * scatter
        return across / math.sqrt(variance) if variance > 0 else math.nan

    @property
    def p_value(self) -> float:
        """Two-sided p-value of no trend."""
        from scipy.special import ndtr

        return float(2.0 * ndtr(-abs(self.z)))

    @property
    def departure(self) -> float:
        """P-value of no other differences between waves than a straight line."""
        from scipy.special import chdtrc

        share, _, _ = self._moments()
        n, free = np.asarray(self.total, float), np.count_nonzero(self.total) - 2
        if free < 1 or math.isnan(self.z):
            return math.nan
        away = np.where(n > 0, np.asarray(self.count, float) - n * share, 0.0) ** 2
        chi = (away[n > 0] / (n[n > 0] * share * (1.0 - share))).sum()
        return float(chdtrc(free, max(float(chi) - self.z**2, 0.0)))

    def _derived(self) -> dict[str, Any]:
        low, high = self.interval()
        return {"share": self.share, "lower": low, "upper": high}

    def _head(self) -> dict[str, Any]:
        facts = {"waves": len(self), "total": float(np.sum(self.total)), "slope": self.value}
        tests = {"z": self.z, "p_value": self.p_value, "departure": self.departure}
        return {**facts, **tests, **self.notes}


def share_trend(count: ArrayLike, total: ArrayLike, wave: ArrayLike | None = None) -> ShareTrend:
    """Return the Cochran-Armitage test of a trend of a share over waves.

    Parameters
    ----------
    count, total : array_like of shape (waves,)
        Those who count, for instance the satisfied, and all. For weighted shares pass the effective
        n as the total, and share times it as the count.
    wave : array_like of shape (waves,), optional
        When each wave was, as numbers; by default 0, 1, 2 and so on.

    Returns
    -------
    ShareTrend
        With `value` (the slope), `z`, `p_value` and `interval()` of the shares.

    Raises
    ------
    InvalidDataError
        If a count is above its total or negative.

    Warns
    -----
    CustValueWarning
        If all counts are below 1, as shares are.

    References
    ----------
    Armitage, "Tests for linear trends in proportions and frequencies", Biometrics 11 (1955).

    Examples
    --------
    >>> import custvalue as cv
    >>> round(cv.satisfaction.share_trend([24, 25.5, 27], [30, 30, 30]).p_value, 3)
    0.278
    """
    counts, totals = np.asarray(within("count", count)), np.asarray(within("total", total))
    if counts.ndim != 1 or counts.shape != totals.shape:
        rule = "must have one number for each wave"
        raise InvalidDataError(message("count, total", rule, value=(counts.shape, totals.shape)))
    _proportion.warn_of_shares(counts, totals)
    waves = np.arange(len(counts), dtype=np.float64) if wave is None else within("wave", wave)
    return ShareTrend(np.asarray(waves), counts, totals)
