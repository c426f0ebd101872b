"""Standard errors of what is computed from fitted parameters, by the delta method."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from custvalue.clv._fit import Fit

_STEP = 1e-4  # of the central differences, in the logarithm of a parameter


def delta_standard_error(quantity: Callable[[Any], float], fit: Fit[Any]) -> float:
    """Return the standard error of quantity(model) that the fit's covariance implies.

    The gradient is taken by central differences in the logarithms of the parameters.
    """
    names, estimates = fit.names, fit.estimates
    gradient = np.empty(len(names))
    for i, name in enumerate(names):
        up, down = (
            quantity(dataclasses.replace(fit.model, **{name: float(estimates[i]) * factor}))
            for factor in (math.exp(_STEP), math.exp(-_STEP))
        )
        gradient[i] = (up - down) / (2 * _STEP)
    covariance = fit.covariance / np.outer(estimates, estimates)
    return math.sqrt(max(float(gradient @ covariance @ gradient), 0.0))
