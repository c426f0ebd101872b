"""Verdicts on an indicator: the lines in force on a day, and the status of values beside them."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt

from custvalue._check import Array
from custvalue.scorecard.indicator import Indicator
from custvalue.scorecard.policy import ThresholdPolicy, value_of_year_before
from custvalue.scorecard.threshold import Codes, judged

_EPOCH = dt.date(1970, 1, 1)


def verdicts(
    indicator: Indicator,
    as_of: dt.date | None,
    value: Array,
    day: Array,
    past: tuple[Array, Array],
    peers: Array | None,
    before: Codes | None,
) -> tuple[Array, Codes]:
    """Return the lines of shape (3, units), and the status of the values of shape (units,).

    `past` is of days, rising, and values of shape (days, units); only those before the day of a
    value count. `before` has the last status of each unit; without it the values before are judged
    in turn, each by what was known then, where there is hysteresis.
    """
    policy = indicator.policy(as_of)
    if policy is None:
        return np.full((3, len(value)), np.nan), judged(
            value, np.full((3, len(value)), np.nan), indicator.direction
        )
    days, values = past
    now = np.where(np.isnan(day), np.inf, day)
    values = np.where(days[:, None] < now, values, np.nan)
    if before is None and policy.hysteresis > 0.0:
        before = _last_status(indicator, days, values, peers)
    lines = lines_of(policy, indicator.direction, value, day, days, values, peers)
    return lines, judged(value, lines, indicator.direction, policy.hysteresis, before)


def _last_status(
    indicator: Indicator, days: Array, values: Array, peers: Array | None
) -> Codes | None:
    """Return the status that each unit had last, by going through its past."""
    status: Codes | None = None
    for place, number in enumerate(days.tolist()):
        policy = indicator.policy(_EPOCH + dt.timedelta(days=number))
        if policy is None:
            continue
        row = values[place]
        day = np.full(len(row), number)
        earlier = days[:place], values[:place]
        lines = lines_of(policy, indicator.direction, row, day, *earlier, peers)
        code = judged(row, lines, indicator.direction, policy.hysteresis, status)
        status = code if status is None else np.where(np.isnan(row), status, code).astype(np.int8)
    return status


def lines_of(
    policy: ThresholdPolicy,
    direction: str,
    value: Array,
    day: Array,
    days: Array,
    past: Array,
    peers: Array | None,
) -> Array:
    """Return the lines of shape (3, units) that a policy sets for values of a day."""
    others = value if peers is None else peers
    ago = np.full(len(value), np.nan)
    if policy.kind == "year_on_year":
        for number in np.unique(day[~np.isnan(day)]).tolist():
            mine = day == number
            when = _EPOCH + dt.timedelta(days=number)
            ago[mine] = value_of_year_before(past[:, mine], days, when)
    return policy.lines(_together(past), ago, others, direction)


def _together(past: Array) -> npt.NDArray[np.float64]:
    """Return each column with its values at the end, in order, so that the last n are values."""
    if not np.isnan(past).any():
        return past
    order = np.argsort(~np.isnan(past), axis=0, kind="stable")
    return np.take_along_axis(past, order, axis=0)
