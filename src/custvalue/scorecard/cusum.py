"""Chart of cumulative sums, which sees small lasting shifts soon and says when they began."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, ArrayLike, number
from custvalue._record import Record
from custvalue._tally import Column
from custvalue.scorecard.ewma import checked_errors, checked_scores, named
from custvalue.scorecard.p_chart import checked_periods

_ROUNDING = 1e-9  # sums of round numbers that are equal to the decision do not exceed it


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class CUSUMChart(Record):
    """Cumulative sums of a score above and below its target, and the shifts that they signal.

    Attributes
    ----------
    period : array of shape (periods,)
        Labels, in the order of time.
    value : float array of shape (periods,)
        Score of each period.
    standard_error : float array of shape (periods,)
        Standard error of each score, above 0.
    target : float
        The score that is expected.
    slack : float
        Distance from the target that is let pass, in standard errors.
    decision : float
        Sum above which a shift is signalled, in standard errors.
    frame : str
        The kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> scores = [8.1, 7.9, 8.2, 8.4, 8.3, 8.4, 8.4, 8.6]
    >>> chart = cv.scorecard.cusum_chart(scores, target=8.0, standard_error=0.2)
    >>> chart
    CUSUMChart(periods=8, target=8, shifts=1)
    >>> print(chart.shifts().round(3).to_string())
      direction  start  signal  mean
    0        up      2       6  8.34
    """

    period: Column
    value: Array
    standard_error: Array
    target: float
    slack: float = 0.5
    decision: float = 5.0
    frame: str = dataclasses.field(default="pandas", compare=False)

    _columns: ClassVar[tuple[str, ...]] = ("period", "value")

    def __post_init__(self) -> None:
        value = checked_scores(self.value)
        object.__setattr__(self, "value", value)
        object.__setattr__(self, "period", checked_periods(self.period, len(value)))
        errors = checked_errors(self.standard_error, len(value))
        object.__setattr__(self, "standard_error", errors)
        object.__setattr__(self, "target", number("target", self.target))
        object.__setattr__(self, "slack", number("slack", self.slack, 0.0))
        decision = number("decision", self.decision, 0.0, open_low=True)
        object.__setattr__(self, "decision", decision)
        super().__post_init__()

    @property
    def z(self) -> Array:
        """Distance of each score from the target in standard errors."""
        return (self.value - self.target) / self.standard_error

    @property
    def upper(self) -> Array:
        """Sum of what is above the target by more than the slack; starts again at 0."""
        return _sums(self.z - self.slack)

    @property
    def lower(self) -> Array:
        """Sum of what is below the target by more than the slack; starts again at 0."""
        return _sums(-self.z - self.slack)

    @property
    def signals(self) -> npt.NDArray[np.int64]:
        """1 where the upper sum exceeds the decision, -1 where the lower one does, else 0.

        Where both do, after a sharp turn, it is the one that grew.
        """
        decision = self.decision + _ROUNDING
        up, down = self.upper > decision, self.lower > decision
        sign = up.astype(np.int64) - down
        return np.where(up & down, np.where(self.z < 0.0, -1, 1), sign)

    def shifts(self) -> Any:
        """Return a frame of the shifts: one row for each time that a sum passes the decision.

        Columns: `direction` ("up" or "down"); `start`, the period in which the sum left 0, an
        estimate of when the shift began; `signal`, the period in which it passed the decision;
        `mean`, the mean score from start to signal, an estimate that chance makes too large.
        """
        found = [
            (direction, int(first), int(end))
            for direction, sums in (("up", self.upper), ("down", self.lower))
            for first, end in zip(*_passages(sums, self.decision), strict=True)
        ]
        found.sort(key=lambda shift: shift[2])
        means = [float(self.value[first : end + 1].mean()) for _, first, end in found]
        starts = np.array([first for _, first, _ in found], dtype=np.int64)
        ends = np.array([end for _, _, end in found], dtype=np.int64)
        return self._framed(
            {
                "direction": np.array([direction for direction, _, _ in found], dtype=object),
                "start": self.period[starts],
                "signal": self.period[ends],
                "mean": np.array(means, dtype=np.float64),
            }
        )

    def _table(self) -> dict[str, Any]:
        columns = {**super()._table(), "upper": self.upper, "lower": self.lower}
        return {**columns, "signal": named(self.signals, "up", "down")}

    def plot(self, ax: Any = None) -> Any:
        """Draw it; see `custvalue.plot.control_chart`."""
        from custvalue.plot import control_chart

        return control_chart(self, ax)

    def _head(self) -> dict[str, Any]:
        sums = (self.upper, self.lower)
        shifts = sum(len(_passages(each, self.decision)[1]) for each in sums)
        return {"periods": len(self.value), "target": self.target, "shifts": shifts}


def cusum_chart(
    value: ArrayLike,
    target: float,
    standard_error: ArrayLike,
    *,
    period: Any = None,
    slack: float = 0.5,
    decision: float = 5.0,
) -> CUSUMChart:
    """Return the two-sided tabular chart of cumulative sums of a score over periods.

    Parameters
    ----------
    value : array_like of shape (periods,)
        Score of each period, finite, in the order of time.
    target : float
        The score that is expected. Take it from before, or from a plan: the mean of the periods
        that are judged hides their shift.
    standard_error : array_like of shape (periods,), or float
        Standard error of each score, or one for all, above 0.
    period : array_like of shape (periods,), optional
        Labels; by default 0, 1, 2 and so on.
    slack : float
        Distance from the target that is let pass, in standard errors, at least 0: half of the shift
        that is to be found.
    decision : float
        Sum above which a shift is signalled, in standard errors, above 0.

    Returns
    -------
    CUSUMChart
        With `upper`, `lower`, `signals`, `shifts()` and `to_frame()`.

    Raises
    ------
    InvalidDataError
        If a score is missing, or a standard error is not above 0.

    Notes
    -----
    Upper sum: max(0, the sum before + z - slack); lower sum: max(0, the sum before - z - slack).
    Sums go on after a signal. With slack 0.5 and normal, independent scores there is a false alarm
    every 168 periods on average with decision 4, every 465 with decision 5; a shift of one
    standard error is signalled after 8.4 and 10.4 periods.

    References
    ----------
    Page, "Continuous inspection schemes", Biometrika 41 (1954). Lucas & Crosier, "Fast initial
    response for CUSUM quality-control schemes", Technometrics 24 (1982), 199-205. NIST/SEMATECH
    e-Handbook of Statistical Methods, section 6.3.2.3.

    Examples
    --------
    >>> import custvalue as cv
    >>> chart = cv.scorecard.cusum_chart([101, 98, 104, 104, 105, 106], 100, 2, decision=4)
    >>> chart.upper.tolist()
    [0.0, 0.0, 1.5, 3.0, 5.0, 7.5]
    >>> chart.shifts()["start"].tolist(), chart.shifts()["signal"].tolist()
    ([2], [4])
    """
    values = checked_scores(value)
    errors: Any = standard_error
    return CUSUMChart(
        period=np.arange(len(values)) if period is None else period,
        value=values,
        standard_error=errors,
        target=target,
        slack=slack,
        decision=decision,
    )


def _sums(steps: Array) -> Array:
    """Return sums of steps that never fall below 0: each is max(0, the one before + step)."""
    sums = np.cumsum(steps)
    lowest = np.minimum(np.minimum.accumulate(sums), 0.0)
    return np.asarray(sums - lowest)


def _passages(sums: Array, decision: float) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return where a sum left 0 and where it then first passed the decision, for each passage."""
    above = sums > decision + _ROUNDING
    ends = np.flatnonzero(above & ~np.append(False, above[:-1]))
    some = sums > _ROUNDING
    left = np.flatnonzero(some & ~np.append(False, some[:-1]))
    return left[np.searchsorted(left, ends, side="right") - 1], ends
