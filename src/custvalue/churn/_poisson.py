"""Interval of a Poisson rate: Garwood's, from a count and the exposure."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, coverage


def garwood(
    count: npt.NDArray[Any], exposure: npt.NDArray[Any], level: float
) -> tuple[Array, Array]:
    """Return the exact bounds of count / exposure (Garwood 1936); NaN without exposure."""
    from scipy.special import gammainccinv, gammaincinv

    tail = (1.0 - coverage(level)) / 2.0
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(count > 0, gammaincinv(np.maximum(count, 0.5), tail), 0.0) / exposure
        high = gammainccinv(count + 1.0, tail) / exposure
    nothing = ~(exposure > 0)
    return np.where(nothing, np.nan, low), np.where(nothing, np.nan, high)
