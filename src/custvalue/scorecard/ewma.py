"""Chart of an exponentially weighted moving average, which sees small shifts soon."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, ArrayLike, number, within
from custvalue._record import Record, kept
from custvalue._tally import Column
from custvalue.errors import InvalidDataError, message
from custvalue.scorecard.p_chart import RANGE_OF_TWO, checked_periods


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class EWMAChart(Record):
    """Moving averages of a score, between the limits that chance alone would keep them.

    Attributes
    ----------
    period : array of shape (periods,)
        Labels, in the order of time.
    value : float array of shape (periods,)
        Score of each period.
    standard_error : float array of shape (periods,)
        Standard error of each score, above 0.
    target : float
        The score that is expected, where the average starts.
    weight : float
        Share of the newest score in the average, in (0, 1].
    width : float
        Limits are so many standard errors of the average from the target.
    frame : str
        The kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> chart = cv.scorecard.ewma_chart([8.1, 8.0, 8.4, 8.6, 8.7], 0.2, target=8.0)
    >>> chart
    EWMAChart(periods=5, target=8, last=8.29539, signals=2)
    >>> print(chart.to_frame().round(3).to_string())
       period  value  average  lower  upper signal
    0       0    8.1    8.020  7.880  8.120
    1       1    8.0    8.016  7.846  8.154
    2       2    8.4    8.093  7.828  8.172
    3       3    8.6    8.194  7.818  8.182  above
    4       4    8.7    8.295  7.811  8.189  above
    """

    period: Column
    value: Array
    standard_error: Array
    target: float
    weight: float = 0.2
    width: float = 3.0
    frame: str = dataclasses.field(default="pandas", compare=False)

    _columns: ClassVar[tuple[str, ...]] = ("period", "value")

    def __post_init__(self) -> None:
        value = checked_scores(self.value)
        object.__setattr__(self, "value", value)
        object.__setattr__(self, "period", checked_periods(self.period, len(value)))
        errors = checked_errors(self.standard_error, len(value))
        object.__setattr__(self, "standard_error", errors)
        object.__setattr__(self, "target", number("target", self.target))
        weight = number("weight", self.weight, 0.0, 1.0, open_low=True)
        object.__setattr__(self, "weight", weight)
        object.__setattr__(self, "width", number("width", self.width, 0.0, open_low=True))
        super().__post_init__()

    @property
    def average(self) -> Array:
        """Moving average: weight * value + (1 - weight) * the average before."""
        away = _filtered(self.value - self.target, self.weight, 1.0 - self.weight)
        return self.target + away

    @property
    def limits(self) -> tuple[Array, Array]:
        """Bounds of each average, exact from the first period on, not only in the long run."""
        variance = _filtered(self.standard_error**2, self.weight**2, (1.0 - self.weight) ** 2)
        half = self.width * np.sqrt(variance)
        return self.target - half, self.target + half

    @property
    def signals(self) -> npt.NDArray[np.int64]:
        """1 where the average is above its limits, -1 where below, else 0."""
        low, high = self.limits
        return (self.average > high).astype(np.int64) - (self.average < low)

    def _table(self) -> dict[str, Any]:
        low, high = self.limits
        columns = {**super()._table(), "average": self.average, "lower": low, "upper": high}
        return {**columns, "signal": named(self.signals, "above", "below")}

    def plot(self, ax: Any = None) -> Any:
        """Draw it; see `custvalue.plot.control_chart`."""
        from custvalue.plot import control_chart

        return control_chart(self, ax)

    def _head(self) -> dict[str, Any]:
        last = float(self.average[-1])
        facts = {"periods": len(self.value), "target": self.target, "last": last}
        return {**facts, "signals": int(np.count_nonzero(self.signals))}


def ewma_chart(
    value: ArrayLike,
    standard_error: ArrayLike | None = None,
    *,
    period: Any = None,
    target: float | None = None,
    weight: float = 0.2,
    width: float = 3.0,
) -> EWMAChart:
    """Return the chart of an exponentially weighted moving average of a score over periods.

    Parameters
    ----------
    value : array_like of shape (periods,)
        Score of each period, finite, in the order of time.
    standard_error : array_like of shape (periods,), or float, optional
        Standard error of each score, or one for all, above 0. By default it is taken from the mean
        range of neighbouring scores, which must then vary.
    period : array_like of shape (periods,), optional
        Labels; by default 0, 1, 2 and so on.
    target : float, optional
        The score that is expected; by default the mean of all scores, which a shift moves too.
    weight : float
        Share of the newest score in the average, in (0, 1]: 0.05 to 0.25 for small shifts; 1 is
        Shewhart's chart.
    width : float
        Limits are so many standard errors of the average from the target, above 0.

    Returns
    -------
    EWMAChart
        With `average`, `limits`, `signals` and `to_frame()`.

    Raises
    ------
    InvalidDataError
        If a score is missing, or a standard error is not above 0 or cannot be taken.

    Notes
    -----
    The variance v of the average follows v = weight^2 * standard error^2 + (1 - weight)^2 * the
    variance before, which with equal standard errors s is s^2 weight / (2 - weight) *
    (1 - (1 - weight)^(2 t)) after t periods. Scores of different periods are taken as independent.

    References
    ----------
    Roberts, "Control chart tests based on geometric moving averages", Technometrics 1 (1959).
    Lucas & Saccucci, "Exponentially weighted moving average control schemes", Technometrics 32
    (1990), 1-12. NIST/SEMATECH e-Handbook of Statistical Methods, section 6.3.2.4.

    Examples
    --------
    >>> import custvalue as cv
    >>> chart = cv.scorecard.ewma_chart([31, 33, 35, 38, 40], 2.0, target=32, weight=0.3)
    >>> chart.signals.tolist()
    [0, 0, 0, 1, 1]
    """
    values = checked_scores(value)
    errors: Any = standard_error
    if standard_error is None:
        spread = float(np.abs(np.diff(values)).mean()) if len(values) > 1 else 0.0
        if not spread > 0.0:
            hint = "Pass standard_error=."
            rule = "must vary, or standard_error be given"
            raise InvalidDataError(message("value", rule, hint=hint))
        errors = spread / RANGE_OF_TWO
    return EWMAChart(
        period=np.arange(len(values)) if period is None else period,
        value=values,
        standard_error=errors,
        target=float(values.mean()) if target is None else target,
        weight=weight,
        width=width,
    )


def checked_scores(value: Any) -> Array:
    """Return scores of one or more periods, all finite."""
    values = within("value", value, hint="Leave out periods without a score.")
    if values.ndim != 1 or values.size == 0:
        rule = "must have one number for each of one or more periods"
        raise InvalidDataError(message("value", rule, value=values.shape))
    return kept(values)


def checked_errors(standard_error: Any, length: int) -> Array:
    """Return a standard error above 0 for each period."""
    errors = within("standard_error", standard_error, 0.0, open_low=True)
    if errors.shape not in ((), (length,)):
        rule = "must be one number, or one for each period"
        raise InvalidDataError(message("standard_error", rule, value=errors.shape))
    return np.broadcast_to(kept(errors), (length,))


def named(signs: npt.NDArray[np.int64], above: str, below: str) -> Column:
    """Return the names of signals: of 1, of -1, and "" of 0."""
    return np.array(["", above, below], dtype=object)[signs]


def _filtered(values: Array, share: float, kept: float) -> Array:
    """Return y with y = share * value + kept * the y before, from 0."""
    from scipy.signal import lfilter

    return np.asarray(lfilter([share], [1.0, -kept], values))
