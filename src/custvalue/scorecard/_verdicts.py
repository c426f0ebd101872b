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


def looks_back(indicator: Indicator, as_of: dt.date | None, first: bool) -> bool:
    """Return whether a verdict needs values before; with hysteresis, where it is the first one."""
    policy = indicator.policy(as_of)
    if policy is None:
        return False
    return policy.kind not in ("static", "peers") or (first and policy.hysteresis > 0.0)


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
    days, known = past
    now = np.where(np.isnan(day), np.inf, day)
    values = np.where(days[:, None] < now, known, np.nan)
    if before is None and policy.hysteresis > 0.0:
        before = _last_status(indicator, days, values, known, peers)
    lines = lines_of(policy, indicator.direction, value, day, days, values, peers)
    return lines, judged(value, lines, indicator.direction, policy.hysteresis, before)


def _last_status(
    indicator: Indicator, days: Array, values: Array, known: Array, peers: Array | None
) -> Codes | None:
    """Return the status that each unit had last, by going through its past.

    `known` has the values of all days: each unit's peers were what was known of the units then.
    """
    status: Codes | None = None
    backs = [policy.lookback for policy in indicator.thresholds]
    most = len(days) if None in backs else max(back for back in backs if back is not None)
    recent = values[:0]  # the last values of each unit, at the end
    last = np.full(values.shape[1], np.nan)
    for place, number in enumerate(days.tolist()):
        if place:
            recent = _pushed(recent, values[place - 1], most)
        last = np.where(np.isnan(known[place]), last, known[place])
        policy = indicator.policy(_EPOCH + dt.timedelta(days=number))
        if policy is None:
            continue
        row = values[place]
        day = np.full(len(row), number)
        ago = _year_ago(policy, day, days[:place], values[:place])
        lines = policy.lines(recent, ago, last if peers is None else peers, indicator.direction)
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
    ago = _year_ago(policy, day, days, past)
    return policy.lines(_together(past), ago, value if peers is None else peers, direction)


def _year_ago(policy: ThresholdPolicy, day: Array, days: Array, past: Array) -> Array:
    """Return the value that each unit had a year before its day, where the policy asks for it."""
    ago = np.full(len(day), np.nan)
    if policy.kind == "year_on_year":
        for number in np.unique(day[~np.isnan(day)]).tolist():
            mine = day == number
            when = _EPOCH + dt.timedelta(days=number)
            known = past if mine.all() else past[:, mine]
            ago[mine] = value_of_year_before(known, days, when)
    return ago


def _pushed(recent: Array, row: Array, most: int) -> Array:
    """Return the last values of each unit, of at most so many periods, with those of one more."""
    if len(recent) < most:
        recent = np.vstack([np.full((1, len(row)), np.nan), recent])
    if not len(recent):
        return recent
    return np.where(np.isnan(row), recent, np.vstack([recent[1:], row]))


def _together(past: Array) -> npt.NDArray[np.float64]:
    """Return each column with its values at the end, in order, so that the last n are values."""
    if not np.isnan(past).any():
        return past
    order = np.argsort(~np.isnan(past), axis=0, kind="stable")
    return np.take_along_axis(past, order, axis=0)
