"""Does a purchase model forecast? Its holdout beside what happened and beside two naive guesses."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue import _calendar
from custvalue._check import Array, number, of_type
from custvalue._record import Record
from custvalue._split import Split
from custvalue._tally import same_length
from custvalue.clv._fit import Fit
from custvalue.clv._model import PurchaseModel
from custvalue.errors import InvalidDataError, message

OWN_RATE = "own rate"
LAST_PERIOD = "last period"
_CLASSES = 7  # frequency 0, 1, ..., 6, and 7 or more
_METRICS = ("total", "mae", "rmse", "bias", "rank_correlation", "top_decile_share")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class HoldoutValidation(Record):
    """Actual and expected purchases of each customer in a holdout, and how well they agree.

    Attributes
    ----------
    customer : array of shape (n,)
        Who.
    frequency : float array of shape (n,)
        Repeat occasions in the calibration.
    actual : float array of shape (n,)
        Occasions in the holdout.
    expected : mapping of str to float array of shape (n,)
        By the model, by "own rate" (the customer goes on as before: frequency/T) and by "last
        period" (as many as in the equally long time before the holdout).
    period : datetime64 array of shape (steps,)
        Start of each step of the tracking (week by default), calibration and holdout.
    actual_repeats, expected_repeats : float arrays of shape (steps,)
        Repeat occasions in each step, of customers known at the end of the calibration.
    cut : int
        Number of steps that end within the calibration.
    duration, unit
        Length of the holdout.

    Examples
    --------
    >>> import custvalue as cv
    >>> log = cv.datasets.cdnow()
    >>> bought = cv.occasions(log, customer="customer_id", time="date", amount="spend")
    >>> split = bought.split(at="1997-09-30", unit="week")
    >>> check = cv.clv.holdout(cv.clv.ModifiedBetaGeo.fit(split.calibration), split)
    >>> round(check.metrics()["ModifiedBetaGeo"]["mae"], 3)
    0.765
    """

    customer: npt.NDArray[Any]
    frequency: Array
    actual: Array
    expected: Mapping[str, Array]
    period: npt.NDArray[np.datetime64]
    actual_repeats: Array
    expected_repeats: Array
    cut: int
    duration: float
    unit: str
    frame: str = dataclasses.field(default="pandas", compare=False)

    _columns: ClassVar[tuple[str, ...]] = ("customer", "frequency", "actual")

    def __post_init__(self) -> None:
        object.__setattr__(self, "duration", number("duration", self.duration, 0.0))
        same_length(self)
        shapes = {name: np.shape(column) for name, column in self.expected.items()}
        if set(shapes.values()) != {np.shape(self.actual)}:
            rule = "must have a forecast for each customer, of one model at least"
            raise InvalidDataError(message("expected", rule, value=shapes))
        super().__post_init__()

    def _head(self) -> dict[str, Any]:
        model = next(iter(self.expected))
        return {
            "model": model,
            "customers": len(self.customer),
            "duration": f"{self.duration:g} {self.unit}",
            "actual": float(self.actual.sum()),
            "expected": float(self.expected[model].sum()),
        }

    def _table(self) -> dict[str, Any]:
        return {**super()._table(), **self.expected}

    def metrics(self) -> dict[str, dict[str, float]]:
        """Return the accuracy of the model and of the two baselines.

        Returns
        -------
        dict
            For each forecast: total (sum of expected purchases), mae, rmse, bias (mean of expected
            minus actual), rank_correlation (Spearman, ties averaged; NaN where a forecast is
            constant) and top_decile_share (share of the actual purchases made by the tenth of
            customers ranked highest; ties share equally).
        """
        return {name: _accuracy(guess, self.actual) for name, guess in self.expected.items()}

    def metrics_frame(self) -> Any:
        """Return `metrics` as a data frame, one row per forecast."""
        found = self.metrics()
        table: dict[str, Any] = {"forecast": np.array(list(found))}
        for metric in _METRICS:
            table[metric] = np.array([found[name][metric] for name in found])
        return self._framed(table)

    def by_frequency(self) -> Any:
        """Return mean actual and expected purchases by repeat occasions in the calibration.

        Returns
        -------
        data frame
            Columns frequency ("0" to "6", "7+"), customers, actual, and one per forecast.
        """
        group = np.minimum(self.frequency, _CLASSES).astype(np.int64)
        people = np.bincount(group, minlength=_CLASSES + 1)
        present = np.flatnonzero(people)
        names = np.array([str(k) for k in range(_CLASSES)] + [f"{_CLASSES}+"])
        table: dict[str, Any] = {"frequency": names[present], "customers": people[present]}
        for name, column in {"actual": self.actual, **self.expected}.items():
            table[name] = np.bincount(group, weights=column)[present] / people[present]
        return self._framed(table)

    def tracking(self) -> Any:
        """Return actual and expected repeat occasions per step, incremental and cumulative.

        Returns
        -------
        data frame
            Columns period, holdout, actual, expected, cumulative_actual, cumulative_expected.
        """
        table = {
            "period": self.period.astype("datetime64[us]"),
            "holdout": np.arange(len(self.period)) >= self.cut,
            "actual": self.actual_repeats,
            "expected": self.expected_repeats,
            "cumulative_actual": np.cumsum(self.actual_repeats),
            "cumulative_expected": np.cumsum(self.expected_repeats),
        }
        return self._framed(table)

    def plot(self, ax: Any = None) -> Any:
        """Draw the tracking; see `custvalue.plot.tracking`."""
        from custvalue.plot import tracking

        return tracking(self, ax=ax)


def holdout(
    fit: Fit[PurchaseModel] | Fit[Any], split: Split, step: str = "week"
) -> HoldoutValidation:
    """Return how a model fitted to a calibration forecasts the holdout, beside naive baselines.

    Parameters
    ----------
    fit : Fit
        Of a purchase model to `split.calibration`.
    split : Split
        From `Occasions.split`.
    step : {"hour", "day", "week", "month", "quarter", "year"}
        Length of the steps of the tracking, in days from the first purchase (month: 30.4375).

    Returns
    -------
    HoldoutValidation

    Raises
    ------
    InvalidDataError
        If the fit is not of a purchase model.

    Notes
    -----
    The tracking compares the model's unconditional expectation, summed over the customers' first
    purchases, with all repeat occasions (Fader, Hardie & Lee 2005, figs. 3-4); the forecasts per
    customer are conditional on the calibration (fig. 5).

    Examples
    --------
    >>> import custvalue as cv
    >>> log = cv.datasets.cdnow()
    >>> bought = cv.occasions(log, customer="customer_id", time="date", amount="spend")
    >>> split = bought.split(at="1997-09-30", unit="week")
    >>> check = cv.clv.holdout(cv.clv.BetaGeo.fit(split.calibration), split)
    >>> check.metrics_frame()[["forecast", "total", "mae", "top_decile_share"]].round(3)
          forecast     total    mae  top_decile_share
    0      BetaGeo  1653.409  0.785             0.469
    1     own rate  2930.101  1.024             0.459
    2  last period  2466.033  0.900             0.454
    """
    of_type("fit", fit, Fit, "Pass what BetaGeo.fit(split.calibration) returned.")
    of_type("split", split, Split, "Make one with Occasions.split(at=...).")
    _calendar.unit_of("step", step)
    calibration = fit._times(split.calibration)
    model = fit.model
    duration = number("duration", split.duration, 0.0)
    ahead = _calendar.convert(duration, split.calibration.unit, calibration.unit)
    x, t_x, T = calibration.frequency, calibration.recency, calibration.T
    scale = split.duration / split.prior_duration if split.prior_duration > 0 else np.nan
    rate = np.divide(x, T, out=np.zeros(len(x)), where=T > 0)
    expected = {
        type(model).__name__: np.asarray(model.expected_purchases(ahead, x, t_x, T)),
        OWN_RATE: rate * ahead,
        LAST_PERIOD: split.prior * scale,
    }
    ends, cut = _steps(split, step)
    actual = np.diff(np.cumsum(split.repeats)[ends], prepend=0.0)
    return HoldoutValidation(
        customer=split.calibration.customer,
        frequency=x,
        actual=split.frequency,
        expected=expected,
        period=split.period[np.concatenate([[0], ends[:-1] + 1])],
        actual_repeats=actual,
        expected_repeats=np.diff(_cumulative(model, split, ends, calibration.unit), prepend=0.0),
        cut=cut,
        duration=duration,
        unit=split.calibration.unit,
        frame=split.frame,
    )


def _steps(split: Split, step: str) -> tuple[npt.NDArray[np.int64], int]:
    """Return the last period of each full step, and how many steps end in the calibration."""
    length = _calendar.convert(1.0, step, split.calibration.unit)
    # periods are half-open: the k-th ends where the next one starts
    width = split.elapsed[1] - split.elapsed[0] if len(split.elapsed) > 1 else length
    finish = np.append(split.elapsed[1:], split.elapsed[-1] + width)
    whole = np.floor(finish / length + 1e-9).astype(np.int64)
    ends = np.flatnonzero(np.diff(whole, prepend=0) > 0)
    if len(ends) == 0:
        raise InvalidDataError(
            message("step", "must not be longer than the time observed", value=step)
        )
    return ends, int((ends <= split.cut).sum())


def _cumulative(
    model: PurchaseModel, split: Split, ends: npt.NDArray[np.int64], unit: str
) -> Array:
    """Return the expected repeat occasions until each of the periods `ends`, of all customers."""
    born = np.flatnonzero(split.births)
    age = split.elapsed[ends][:, None] - split.elapsed[born][None, :]
    age = np.maximum(_calendar.convert(1.0, split.calibration.unit, unit) * age, 0.0)
    distinct, where = np.unique(age.ravel().round(12), return_inverse=True)
    each = np.asarray(model.expected_purchases_new(distinct))[where].reshape(age.shape)
    return np.asarray(each @ split.births[born])


def _accuracy(guess: Array, actual: Array) -> dict[str, float]:
    error = guess - actual
    found = (
        guess.sum(),
        np.abs(error).mean(),
        np.sqrt((error**2).mean()),
        error.mean(),
        _rank_correlation(guess, actual),
        _top_share(guess, actual),
    )
    return {name: float(value) for name, value in zip(_METRICS, found, strict=True)}


def _rank_correlation(guess: Array, actual: Array) -> float:
    from scipy.stats import rankdata

    if len(guess) < 2 or np.ptp(guess) == 0 or np.ptp(actual) == 0:
        return float("nan")
    return float(np.corrcoef(rankdata(guess), rankdata(actual))[0, 1])


def _top_share(guess: Array, actual: Array) -> float:
    """Return the share of `actual` in the tenth of rows with the highest `guess`.

    Rows tied at the border share the places that are left, so that order says nothing.
    """
    places = len(guess) / 10.0
    total = actual.sum()
    if total == 0:
        return float("nan")
    border = np.sort(guess)[::-1][max(int(np.ceil(places)) - 1, 0)]
    above, at = guess > border, guess == border
    left = (places - above.sum()) / at.sum()
    return float((actual[above].sum() + left * actual[at].sum()) / total)
