"""One score from those of several indicators, by how far a good one makes up for a bad one."""

from __future__ import annotations

from typing import Any

import numpy as np

from custvalue import _aggregate
from custvalue._check import Array, ArrayLike, one_of, real, refuse, within
from custvalue.errors import InvalidDataError, message

MOST = 1e200  # of scores and sums of them, so that nothing overflows


def aggregate(
    scores: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    method: str = "weighted_mean",
    missing: str = "error",
) -> Any:
    """Return one score from those of several indicators.

    Parameters
    ----------
    scores : array_like of shape (..., indicators)
        Such as from `normalise`; at least 0 for "geometric" and "harmonic".
    weights : array_like of shape (indicators,), optional
        At least 0, and some above it; equal by default. They need not add up to 1. Scores with
        weight 0 do not count.
    method : {"weighted_mean", "geometric", "harmonic", "min", "sum"}
        How far a good score makes up for a bad one. "weighted_mean": fully. "geometric" and
        "harmonic": in part, and not at all for a score of 0. "min": not at all. "sum": the sum of
        weight times score.
    missing : {"error", "reweight", "propagate"}
        What to do with NaN: refuse it; share its weight among the scores that are there; or return
        NaN.

    Returns
    -------
    float array of shape (...)
        NaN where no score is there.

    Raises
    ------
    InvalidDataError
        If scores are infinite, negative where they must not be, or NaN and `missing="error"`.

    References
    ----------
    OECD & JRC, *Handbook on Constructing Composite Indicators* (2008), section 6: linear and
    geometric aggregation, compensability.

    Examples
    --------
    >>> import custvalue as cv
    >>> scores = [80, 60, 40, 20]
    >>> methods = ["weighted_mean", "geometric", "harmonic", "min"]
    >>> [round(float(cv.scorecard.aggregate(scores, method=m)), 3) for m in methods]
    [50.0, 44.267, 38.4, 20.0]
    """
    one_of("method", method, _aggregate.AGGREGATES)
    one_of("missing", missing, ("error", "reweight", "propagate"))
    x = real("scores", scores, hint="Convert first; NaN is what is missing.")
    refuse("scores", "must be finite", x, np.isinf(x))
    if x.ndim == 0 or not x.shape[-1]:
        rule = "must be of shape (..., indicators), of at least one indicator"
        raise InvalidDataError(message("scores", rule, value=x.shape))
    w = checked_weights(weights, x.shape[-1])
    nothing = np.isnan(x) & (w > 0)
    if missing == "error":
        refuse("scores", "must not be missing", np.nan, np.asarray(nothing.any(axis=-1)),
               hint='Pass missing="reweight" or "propagate".')  # fmt: skip
    refuse("scores", f"must be within -/+ {MOST:g}", x, np.abs(x) > MOST)
    if method in ("geometric", "harmonic"):
        refuse("scores", f"must be at least 0 with method={method!r}", x, x < 0.0)
    if method != "sum":
        w = w / w.sum()
    found = _aggregate.aggregate(np.moveaxis(x, -1, 0), w, method)
    if missing == "propagate":
        found = np.where(nothing.any(axis=-1), np.nan, found)
    return np.asarray(found)[()]


def checked_weights(weights: Any, indicators: int) -> Array:
    """Return a weight for each indicator, at least 0 and some above; equal ones where not given."""
    if weights is None:
        return np.ones(indicators)
    found = within("weights", weights, 0.0, 1e100)
    if found.shape != (indicators,):
        rule = f"must be {indicators}, one for each indicator"
        raise InvalidDataError(message("weights", rule, value=found.shape))
    if indicators and not found.max() > 0.0:
        raise InvalidDataError(message("weights", "must not all be 0"))
    return found
