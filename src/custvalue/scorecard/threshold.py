"""Thresholds: the lines that tell a good value of an indicator from a bad one."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, number, one_of, real
from custvalue.errors import InvalidDataError, message

Column = npt.NDArray[Any]
Codes = npt.NDArray[np.int8]
DIRECTIONS = ("up", "down")
LINES = ("target", "warning", "floor")
STATUSES = ("no data", "not judged", "critical", "warning", "acceptable", "on target")
STATUSES_ZH = ("无数据", "未评定", "严重不达标", "预警", "可接受", "达标")
NO_DATA, NOT_JUDGED, CRITICAL, WARNING, ACCEPTABLE, ON_TARGET = range(6)


@dataclasses.dataclass(frozen=True)
class Threshold:
    """The lines of one period: target, warning and floor.

    A value that reaches a line, is on it or better, has the status above it: "on target" from the
    target on, "acceptable" from the warning line on, "warning" from the floor on, and "critical"
    beyond. Where there is no warning line, the target is it, or else the floor; without a floor
    nothing is critical, without a target nothing is on target.

    Parameters
    ----------
    target, warning, floor : float, optional
        In the unit of the indicator, each at least as good as the next; at least one of them.
    direction : {"up", "down"}
        Which way is better.
    hysteresis : float
        How far beyond a line a value must be for a better status than the last one had, in the unit
        of the indicator; a status gets worse at the line itself. It keeps a value that swings
        around a line from changing its status each time. At least 0.

    Raises
    ------
    InvalidDataError
        If there is no line, or the lines are not in order.

    Examples
    --------
    >>> import custvalue as cv
    >>> satisfaction = cv.scorecard.Threshold(target=0.9, warning=0.85, floor=0.8, hysteresis=0.01)
    >>> satisfaction.status([0.91, 0.87, 0.8, 0.79, float("nan")])
    ['on target', 'acceptable', 'warning', 'critical', 'no data']
    >>> satisfaction.status(0.903, previous="acceptable")
    'acceptable'
    >>> cv.scorecard.Threshold(target=0.02, floor=0.05, direction="down").status(0.03)
    'warning'
    """

    target: float | None = None
    warning: float | None = None
    floor: float | None = None
    direction: str = "up"
    hysteresis: float = 0.0

    def __post_init__(self) -> None:
        one_of("direction", self.direction, DIRECTIONS)
        object.__setattr__(self, "hysteresis", number("hysteresis", self.hysteresis, 0.0))
        for name in LINES:
            value = getattr(self, name)
            object.__setattr__(self, name, None if value is None else number(name, value))
        refuse_disorder([getattr(self, name) for name in LINES], self.direction)

    @property
    def lines(self) -> Array:
        """The lines, of shape (3,): target, warning, floor; NaN where there is none."""
        found = [getattr(self, name) for name in LINES]
        return np.array([np.nan if line is None else line for line in found])

    def status(self, value: Any, previous: Any = None) -> Any:
        """Return the status of a value, or a list of those of several.

        Parameters
        ----------
        value : float or array
            In the unit of the indicator; NaN is no data.
        previous : str or sequence of str, optional
            The last status, for `hysteresis`.

        Returns
        -------
        str or list of str
            "critical", "warning", "acceptable", "on target" or "no data".
        """
        values = real("value", value)
        before = None if previous is None else codes_of(previous, values.shape)
        lines = self.lines.reshape(3, *([1] * values.ndim))
        codes = judged(values, lines, self.direction, self.hysteresis, before)
        return words(codes).tolist()


def refuse_disorder(lines: list[float | None], direction: str) -> None:
    """Refuse lines of which one is better than the one before it, or of which there is none."""
    given = [line for line in lines if line is not None]
    if not given:
        rule = "must have a target, a warning line or a floor"
        raise InvalidDataError(message("threshold", rule, value=None))
    sign = 1.0 if direction == "up" else -1.0
    if any(sign * worse > sign * better for better, worse in itertools.pairwise(given)):
        rule = "must have the target at least as good as the warning line, and that as the floor"
        hint = f"The direction is {direction!r}: {'more' if sign > 0 else 'less'} is better."
        raise InvalidDataError(message("threshold", rule, value=given, hint=hint))


def judged(
    value: Array, lines: Array, direction: str, hysteresis: float = 0.0, before: Codes | None = None
) -> Codes:
    """Return codes of `STATUSES` for values and lines of shape (3, ...), as `Threshold` says."""
    sign = 1.0 if direction == "up" else -1.0
    code = _reached(sign * value, sign * lines)
    if before is not None and hysteresis > 0.0:
        firm = _reached(sign * value, sign * lines + hysteresis)
        better = (before >= CRITICAL) & (code > before)
        code = np.where(better, np.maximum(before, firm), code)
    code = np.where(np.isnan(lines).all(axis=0), NOT_JUDGED, code)
    return np.where(np.isnan(value), NO_DATA, code).astype(np.int8)


def _reached(value: Array, lines: Array) -> Codes:
    """Return the status by the best line that is reached, where more is better."""
    target, warning, floor = lines
    warning = np.where(np.isnan(warning), np.where(np.isnan(target), floor, target), warning)
    floor = np.where(np.isnan(floor), -math.inf, floor)
    return np.asarray(
        np.select(
            [value >= target, value >= warning, value >= floor],
            [ON_TARGET, ACCEPTABLE, WARNING],
            CRITICAL,
        ).astype(np.int8)
    )


def words(codes: Any, language: str = "en") -> Column:
    """Return the names of statuses."""
    known = STATUSES_ZH if language == "zh" else STATUSES
    return np.array(known, dtype=object)[codes] if np.ndim(codes) else np.array(known[int(codes)])


def codes_of(statuses: Any, shape: tuple[int, ...]) -> Codes:
    """Return codes of names of statuses, refusing what is none."""
    names = np.asarray(statuses, dtype=object)
    if names.shape not in ((), shape):
        rule = "must be one status, or one for each value"
        raise InvalidDataError(message("previous", rule, value=names.shape))
    found = [STATUSES.index(one_of("previous", name, STATUSES)) for name in names.ravel().tolist()]
    return np.broadcast_to(np.array(found, dtype=np.int8).reshape(names.shape), shape)
