"""Scores of indicators on one scale: by bounds, by spread, by rank, by distance to a target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from custvalue._check import Array, ArrayLike, one_of, real, refuse, within
from custvalue._tally import Column
from custvalue.errors import InvalidDataError, message

NORMALISATIONS = ("min_max", "z", "rank", "distance_to_target")
DIRECTIONS = ("up", "down")
OUTSIDE = ("error", "clip")
MISSING = ("error", "propagate")
_USED = {  # method -> the arguments that it uses
    "min_max": {"low", "high"}, "z": set(), "rank": set(), "distance_to_target": {"target"},
}  # fmt: skip


def normalise(
    values: ArrayLike,
    low: ArrayLike | None = None,
    high: ArrayLike | None = None,
    *,
    direction: str | Sequence[str] = "up",
    method: str = "min_max",
    target: ArrayLike | None = None,
    outside: str = "error",
    missing: str = "error",
) -> Array:
    """Return indicators in their own units as scores that can be compared and aggregated.

    Parameters
    ----------
    values : array_like of shape (units,) or (units, indicators)
        With `low` and `high`, or with `target`, of any shape: nothing is then taken from the other
        units, and a score stays what it is when units come or go.
    low, high : array_like, optional
        For "min_max": the values worth 0 and 100 (100 and 0 where less is better), one or one for
        each indicator, low below high. By default what `observed_bounds` returns.
    direction : {"up", "down"} or sequence of them
        Which way is better, for all indicators or for each.
    method : {"min_max", "z", "rank", "distance_to_target"}
        "min_max": 100 (x - low) / (high - low). "z": (x - mean) / standard deviation, both over the
        units, so with mean 0 and standard deviation 1 and not between 0 and 100. "rank":
        100 (rank - 1) / (units - 1), the best unit 100 and the worst 0, equal ones the mean of
        their ranks. "distance_to_target": 100 x / target, or where less is better 100 target / x.
    target : array_like, optional
        For "distance_to_target": the value worth 100, above 0, one or one for each indicator.
    outside : {"error", "clip"}
        What to do with values beyond given bounds or better than the target: refuse them, or give
        them the score of the bound.
    missing : {"error", "propagate"}
        What to do with NaN: refuse it, or leave it NaN. It never counts among the units.

    Returns
    -------
    float array of the shape of `values`
        From 0 to 100, except by "z".

    Raises
    ------
    InvalidDataError
        If values are infinite, beyond the bounds, or all the same where the method needs them to
        vary, if an argument is given that the method does not use, or NaN and `missing="error"`.

    References
    ----------
    OECD & JRC, *Handbook on Constructing Composite Indicators* (2008), section 5: ranking,
    standardisation, min-max, distance to a reference. Mid-ranks and the scale of 100 are ours.

    Examples
    --------
    >>> import custvalue as cv
    >>> cv.scorecard.normalise([0.80, 0.85, 0.90], 0.5, 1.0).round(6).tolist()
    [60.0, 70.0, 80.0]
    >>> cv.scorecard.normalise([4, 1, 2, 2], method="rank", direction="down").round(2).tolist()
    [0.0, 100.0, 50.0, 50.0]
    >>> cv.scorecard.normalise([30, 45, 70], target=60, method="distance_to_target",
    ...                        outside="clip").tolist()
    [50.0, 75.0, 100.0]
    """
    one_of("method", method, NORMALISATIONS)
    one_of("outside", outside, OUTSIDE)
    one_of("missing", missing, MISSING)
    given = {"low": low, "high": high, "target": target}
    for name, value in given.items():
        if value is not None and name not in _USED[method]:
            raise InvalidDataError(message(name, f"has no meaning with method={method!r}"))
    x = _values(values, missing)
    down = _down(direction, x)
    if method == "min_max":
        for name in ("low", "high"):
            if given[name] is not None:  # what is observed of nothing is NaN
                within(name, given[name])
        if low is None or high is None:
            least, most = observed_bounds(x)
            low, high = least if low is None else low, most if high is None else high
        bottom, top = _bound("low", low, x), _bound("high", high, x)
        refuse("low", "must be below high", bottom, np.asarray(bottom >= top),
               hint="Pass low= and high=, where the units are all the same.")  # fmt: skip
        x = _inside(x, bottom, top, outside)
        span = top / 2.0 - bottom / 2.0  # halves, so that nothing overflows
        with np.errstate(under="ignore"):
            return 100.0 * (np.where(down, top / 2.0 - x / 2.0, x / 2.0 - bottom / 2.0) / span)
    if method == "distance_to_target":
        if target is None:
            raise InvalidDataError(message("target", "must be given", value=None))
        aim = _bound("target", within("target", target, 0.0, open_low=True), x)
        refuse("values", "must be at least 0", x, x < 0.0)
        x = _inside(x, np.where(down, aim, 0.0), np.where(down, np.inf, aim), outside)
        return 100.0 * (np.where(down, aim, x) / np.where(down, x, aim))
    if x.ndim not in (1, 2):
        rule = f"must be of shape (units,) or (units, indicators) with method={method!r}"
        raise InvalidDataError(message("values", rule, value=x.shape))
    return np.where(down, -1.0, 1.0) * _standard(x) if method == "z" else _ranked(x, down)


def observed_bounds(values: ArrayLike) -> tuple[Array, Array]:
    """Return the lowest and the highest value of each indicator, NaN left out.

    They move with every unit that comes or goes, and with them all scores: keep them, and pass them
    as `low` and `high` where scores of another year are to be comparable.

    Parameters
    ----------
    values : array_like of shape (units,) or (units, indicators)
        In the units of the indicators.

    Returns
    -------
    low, high : float arrays of shape () or (indicators,)
        NaN where an indicator has no value.

    Raises
    ------
    InvalidDataError
        If values are infinite or no numbers, or there is no unit.

    Examples
    --------
    >>> import custvalue as cv
    >>> low, high = cv.scorecard.observed_bounds([[0.8, 20], [0.9, 35], [0.7, 25]])
    >>> low.tolist(), high.tolist()
    ([0.7, 20.0], [0.9, 35.0])
    """
    x = _values(values, "propagate")
    if x.ndim not in (1, 2) or not len(x):
        rule = "must be of shape (units,) or (units, indicators), of at least one unit"
        raise InvalidDataError(message("values", rule, value=x.shape))
    return np.asarray(np.fmin.reduce(x)), np.asarray(np.fmax.reduce(x))


def ranks(x: Array) -> Array:
    """Return ranks along the first axis, 1 for the least, equal ones their mean; NaN of NaN."""
    from scipy.stats import rankdata

    found: Array = rankdata(x, axis=0, nan_policy="omit").astype(np.float64)
    return found


def _values(values: Any, missing: str) -> Array:
    x = real("values", values, hint="Convert first; NaN is what is missing.")
    refuse("values", "must be finite", x, np.isinf(x))
    if missing == "error":
        refuse("values", "must not be missing", x, np.isnan(x), hint='Pass missing="propagate".')
    return x


def _down(direction: Any, x: Array) -> Column:
    """Return where less is better, for all indicators or for each."""
    if isinstance(direction, str):
        return np.asarray(one_of("direction", direction, DIRECTIONS) == "down")
    listed = isinstance(direction, (Sequence, np.ndarray))
    if not listed or x.ndim < 2 or len(direction) != x.shape[-1]:
        rule = "must be 'up' or 'down', or one of them for each indicator"
        raise InvalidDataError(message("direction", rule, value=direction))
    return np.array([one_of("direction", str(way), DIRECTIONS) == "down" for way in direction])


def _bound(name: str, bound: Any, x: Array) -> Array:
    """Return a bound that is one number, or one for each indicator."""
    found = real(name, bound)
    if found.shape not in ((), x.shape[-1:] if x.ndim > 1 else ()):
        rule = "must be one number, or one for each indicator"
        raise InvalidDataError(message(name, rule, value=found.shape))
    return found


def _inside(x: Array, low: Array, high: Array, outside: str) -> Array:
    """Return values clipped to bounds, or refuse those beyond them."""
    if outside == "clip":
        return np.asarray(np.clip(x, low, high))
    hint = 'Pass outside="clip" to give them the score of the bound.'
    beyond = (x < low) | (x > high)
    refuse("values", "must be within the bounds", x, np.asarray(beyond), hint=hint)
    return x


def _standard(x: Array) -> Array:
    known = ~np.isnan(x)
    n = known.sum(axis=0)
    with np.errstate(invalid="ignore"):
        # in halves, and as a share of the range, so that nothing overflows; from the least one on,
        # so that no digits are lost where all are large
        away = x / 2.0 - np.fmin.reduce(x, initial=np.nan) / 2.0
        y = np.where(known, away / np.fmax.reduce(away, initial=1e-300), 0.0)
        off = np.where(known, y - y.sum(axis=0) / n, np.nan)
        spread = np.sqrt(np.nansum(off**2, axis=0) / n)
    same = np.fmax.reduce(x, initial=np.nan) <= np.fmin.reduce(x, initial=np.nan)
    refuse("values", "must vary among the units with method='z'", np.nan, np.asarray(same))
    return np.asarray(off / spread)


def _ranked(x: Array, down: Column) -> Array:
    if not x.size:
        return x
    n = (~np.isnan(x)).sum(axis=0)
    place = ranks(np.where(down, -x, x))
    alone = np.where(np.isnan(x), np.nan, 50.0)  # equal to all, as where all are
    return np.asarray(np.where(n > 1, 100.0 * (place - 1.0) / np.maximum(n - 1, 1), alone))
