"""Churn over one length of time as churn over another: probabilities and hazards, elementwise."""

from __future__ import annotations

from typing import Any

import numpy as np

from custvalue import _calendar
from custvalue._check import Array, ArrayLike, common_shape, number, real, refuse
from custvalue.churn._scalars import unboxed
from custvalue.errors import InvalidDataError, message


def hazard_of(probability: ArrayLike, periods: ArrayLike = 1.0) -> Any:
    """Return the constant hazard per period at which a share churns within some periods.

    Parameters
    ----------
    probability : array_like
        Share that churns, in [0, 1]; NaN stays NaN.
    periods : array_like
        Number of periods in which it does, above 0.

    Returns
    -------
    float or array
        -log(1 - probability) / periods, at least 0; infinite where everybody churns.

    Raises
    ------
    InvalidDataError
        If a probability is outside [0, 1] or a number of periods is not above 0.

    Examples
    --------
    >>> import custvalue as cv
    >>> round(cv.churn.hazard_of(0.05), 6)
    0.051293
    """
    p = _known("probability", probability, 1.0)
    tau = _known("periods", periods, np.inf, positive=True)
    common_shape(probability=p, periods=tau)
    with np.errstate(divide="ignore", over="ignore"):
        return unboxed(np.abs(np.log1p(-p)) / tau)  # abs: no -0.0


def probability_of(hazard: ArrayLike, periods: ArrayLike = 1.0) -> Any:
    """Return the share that churns within some periods at a constant hazard per period.

    Parameters
    ----------
    hazard : array_like
        Churned customers per customer and period, at least 0, may be infinite; NaN stays NaN.
    periods : array_like
        Number of periods, above 0.

    Returns
    -------
    float or array
        1 - exp(-hazard * periods), in [0, 1].

    Raises
    ------
    InvalidDataError
        If a hazard is negative or a number of periods is not above 0.

    Examples
    --------
    >>> import custvalue as cv
    >>> round(cv.churn.probability_of(0.05), 6)
    0.048771
    """
    h = _known("hazard", hazard, np.inf)
    tau = _known("periods", periods, np.inf, positive=True)
    common_shape(hazard=h, periods=tau)
    with np.errstate(over="ignore"):
        return unboxed(np.abs(np.expm1(-h * tau)))


def rescale(probability: ArrayLike, period: str | float, into: str | float) -> Any:
    """Return the churn probability over a longer or shorter time, at the same hazard.

    Parameters
    ----------
    probability : array_like
        Share that churns within `period`, in [0, 1]; NaN stays NaN.
    period, into : str or float
        The length of time that `probability` is of, and the one wanted: both units ("hour", "day",
        "week", "month", "quarter", "year"; months of 30.4375 and years of 365.25 days), or both
        numbers between 1e-15 and 1e15 in one unit.

    Returns
    -------
    float or array
        1 - (1 - probability) ** (into / period), in [0, 1].

    Raises
    ------
    InvalidDataError
        If a probability is outside [0, 1], or the lengths are not two units or two numbers.

    Notes
    -----
    Twelve times the monthly churn is not the annual one: 5 % a month is 46 % a year, not 60 %.

    Examples
    --------
    >>> import custvalue as cv
    >>> round(cv.churn.rescale(0.05, "month", into="year"), 4)
    0.4596
    >>> round(cv.churn.rescale(0.04, 1, into=30), 3)  # 30 days at 4 % a day
    0.706
    """
    p = _known("probability", probability, 1.0)
    if isinstance(period, str) != isinstance(into, str):
        rule = "must be two units, or two numbers in one unit"
        raise InvalidDataError(message("period, into", rule, value=(period, into)))
    ratio = _length("into", into) / _length("period", period)
    with np.errstate(divide="ignore"):
        return unboxed(np.abs(np.expm1(ratio * np.log1p(-p))))


def _length(name: str, length: Any) -> float:
    if isinstance(length, str):
        return _calendar.HOURS[_calendar.unit_of(name, length)]
    return number(name, length, 1e-15, 1e15)


def _known(name: str, values: Any, high: float, *, positive: bool = False) -> Array:
    """Return numbers in [0, high] or NaN, the value of nothing."""
    array = real(name, values)
    if positive:
        refuse(name, "must be above 0 and finite", array, ~((array > 0) & np.isfinite(array)))
    else:
        refuse(name, "must be at least 0", array, array < 0)
    refuse(name, f"must be at most {high:g}", array, array > high, hint="Write 5 % as 0.05.")
    return array
