"""Standard errors and intervals of what is computed from fitted parameters: the delta method."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from custvalue._check import Array, real, refuse

if TYPE_CHECKING:
    from custvalue.clv._fit import Fit

_STEP = 1e-4  # of the central differences, in the logarithm of a parameter


def delta_standard_error(quantity: Callable[[Any], float], fit: Fit[Any]) -> float:
    """Return the standard error of the number quantity(model) that the fit's covariance implies."""
    return float(_standard_errors(quantity, fit))


def _standard_errors(quantity: Callable[[Any], Any], fit: Fit[Any]) -> Array:
    """Return the standard error of quantity(model), elementwise.

    The gradient is taken by central differences in the logarithms of the parameters.
    """
    slopes = []
    for name, estimate in zip(fit.names, fit.estimates, strict=True):
        up, down = (
            quantity(dataclasses.replace(fit.model, **{name: float(estimate) * factor}))
            for factor in (math.exp(_STEP), math.exp(-_STEP))
        )
        slopes.append((up - down) / (2 * _STEP))
    gradient = np.array(slopes)
    covariance = fit.covariance / np.outer(fit.estimates, fit.estimates)
    variance = np.einsum("i...,ij,j...->...", gradient, covariance, gradient)
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))


def delta_interval(
    quantity: Callable[[Any], Any], fit: Fit[Any], level: float, scale: str
) -> tuple[Array, Array]:
    """Return bounds of quantity(model), symmetric on a scale whose inverse keeps them in range.

    Where the quantity is at a finite end of its range, so are the bounds; where a step of the
    parameters leads to infinity, the bounds are the ends of the range.
    """
    from scipy.special import expit, logit, ndtri

    into, back = {
        "log": (np.log, np.exp),
        "logit": (logit, expit),
        "identity": (np.asarray, np.asarray),
    }[scale]
    value = _quantity(quantity, fit.model, scale)
    with np.errstate(all="ignore"):
        centre = into(value)
        error = _standard_errors(lambda model: into(_quantity(quantity, model, scale)), fit)
        half = float(ndtri((1 + level) / 2)) * np.where(np.isnan(error), np.inf, error)
        bounds = (back(centre - half), back(centre + half))
    ends = np.where(np.isfinite(value), value, np.nan)
    low, high = (np.asarray(np.where(np.isfinite(centre), b, ends))[()] for b in bounds)
    return low, high


def _quantity(quantity: Callable[[Any], Any], model: Any, scale: str) -> Array:
    value = real("quantity", quantity(model))
    if scale != "identity":
        low, high = 0.0, 1.0 if scale == "logit" else np.inf
        hint = "Take scale='identity' for what may be negative."
        outside = ~((value >= low) & (value <= high))
        refuse("quantity", f"must be from {low:g} to {high:g}", value, outside, hint=hint)
    return value
