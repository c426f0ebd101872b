"""Change of a score since the last time: difference, interval, and a verdict."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np

from custvalue._check import Array, coverage, one_of, real, refuse, within
from custvalue._proportion import normal_quantile
from custvalue._record import Record, kept
from custvalue._tally import Column, Tally, checked_groups, distinct_rows
from custvalue.errors import InvalidDataError, message
from custvalue.maturity import Assessment

DIRECTIONS = ("up", "down")
VERDICTS = ("worse", "no clear change", "better")


@runtime_checkable
class Estimate(Protocol):
    """What has a value and an interval: most records do."""

    @property
    def value(self) -> Any:
        """The estimate, or one for each group."""

    def interval(self, level: float) -> tuple[Any, Any]:
        """Return its bounds."""


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Change(Record):
    """A score now less the score before, with an interval; one row for each group.

    Attributes
    ----------
    previous, previous_lower, previous_upper : float arrays of shape (groups,)
        The score before, and its bounds.
    current, current_lower, current_upper : float arrays of shape (groups,)
        The score now, and its bounds.
    level : float
        Coverage aimed at of all bounds.
    direction : {"up", "down"}
        Which way is better.
    groups, frame
        Labels of each row by column, empty without groups; the kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> change = cv.scorecard.change_since((7.9, 0.08), (8.3, 0.09))
    >>> change
    Change(change=0.4, lower=0.163989, upper=0.636011, verdict=better)
    """

    previous: Array
    previous_lower: Array
    previous_upper: Array
    current: Array
    current_lower: Array
    current_upper: Array
    level: float = 0.95
    direction: str = "up"
    groups: Mapping[str, Column] = dataclasses.field(default_factory=dict)
    frame: str = dataclasses.field(default="pandas", compare=False)

    _bounds: ClassVar[tuple[str, ...]] = (
        "previous", "previous_lower", "previous_upper",
        "current", "current_lower", "current_upper",
    )  # fmt: skip

    def __post_init__(self) -> None:
        columns = {name: np.atleast_1d(real(name, getattr(self, name))) for name in self._bounds}
        columns |= checked_groups(
            self.groups, ("previous", "current", "change", "lower", "upper", "verdict")
        )
        if len({column.shape for column in columns.values()}) > 1:
            shapes = {name: column.shape for name, column in columns.items()}
            raise InvalidDataError(
                message("Change", "must have columns of one length", value=shapes)
            )
        for name in self._bounds:
            if name in ("previous", "current"):
                refuse(name, "must be finite, or NaN", columns[name], np.isinf(columns[name]))
            object.__setattr__(self, name, kept(columns.pop(name)))
        object.__setattr__(self, "groups", columns)
        object.__setattr__(self, "level", coverage(self.level))
        one_of("direction", self.direction, DIRECTIONS)
        super().__post_init__()

    @property
    def value(self) -> Any:
        """The score now less the score before; one number without groups."""
        return self._plain(self.current - self.previous)

    def interval(self, level: float | None = None) -> tuple[Any, Any]:
        """Return the bounds of the change, the two scores taken as independent.

        Parameters
        ----------
        level : float, optional
            The level of the record, which is that of the bounds it was made from.
        """
        if level is not None and coverage(level) != self.level:
            rule = "must be the level of the record"
            hint = f"It is {self.level:g}; use change_since(..., level={level:g})."
            raise InvalidDataError(message("level", rule, value=level, hint=hint))
        low, high = difference_bounds(
            self.current, self.current_lower, self.current_upper,
            self.previous, self.previous_lower, self.previous_upper,
        )  # fmt: skip
        return self._plain(low), self._plain(high)

    @property
    def verdict(self) -> Any:
        """Whether it is "better" or "worse": the interval leaves out 0; else "no clear change"."""
        low, high = (np.atleast_1d(bound) for bound in self.interval())
        sign = (low > 0.0).astype(np.int64) - (high < 0.0)
        sign = sign if self.direction == "up" else -sign
        return self._plain(np.array(VERDICTS, dtype=object)[sign + 1])

    def _plain(self, column: Column) -> Any:
        if self.groups or len(column) != 1:
            return column
        return column[0] if column.dtype == object else float(column[0])

    def _table(self) -> dict[str, Any]:
        low, high = self.interval()
        columns = {"change": self.value, "lower": low, "upper": high, "verdict": self.verdict}
        table = {"previous": self.previous, "current": self.current, **columns}
        return {**self.groups, **{name: np.atleast_1d(column) for name, column in table.items()}}

    def plot(self, ax: Any = None) -> Any:
        """Draw it; see `custvalue.plot.change`."""
        from custvalue.plot import change

        return change(self, ax)

    def _head(self) -> dict[str, Any]:
        if self.groups or len(self.current) != 1:
            found = np.atleast_1d(self.verdict).tolist()
            return {verdict: found.count(verdict) for verdict in VERDICTS}
        low, high = self.interval()
        return {"change": self.value, "lower": low, "upper": high, "verdict": self.verdict}


def change_since(
    previous: Any, current: Any, direction: str = "up", *, level: float = 0.95
) -> Change:
    """Return the change of a score since the last time, and whether it is better or worse.

    Parameters
    ----------
    previous, current : record, or pair of numbers
        The score before and now: records with a `value` and an `interval(level)`, such as `NPS` or
        `CSAT`; or pairs of a number and its standard error, at least 0 (arrays of shape (groups,)
        are groups). Records by groups must have the same groups.
    direction : {"up", "down"}
        Which way is better: "down" for churn or effort.
    level : float
        Coverage aimed at, between 0 and 1.

    Returns
    -------
    Change
        With `value`, `interval()`, `verdict` and `to_frame()`.

    Raises
    ------
    InvalidDataError
        If one of the two has no value or interval, or the groups are not the same.

    Notes
    -----
    The bounds are current - previous -+ the root of the sum of the squared distances of the two
    scores from their own bounds on that side (MOVER): with Wilson's bounds of two shares it is
    Newcombe's interval. It takes the two as independent. Of the same respondents asked twice it is
    too wide, where their answers go together; use `nps_change` or `before_after(..., unit=)` then.

    References
    ----------
    Zou & Donner, "Construction of confidence limits about effect measures: a general approach",
    Statistics in Medicine 27 (2008), 1693-1702.

    Examples
    --------
    >>> import custvalue as cv
    >>> spring = cv.satisfaction.nps([10] * 30 + [7] * 40 + [2] * 30)
    >>> autumn = cv.satisfaction.nps([10] * 55 + [7] * 30 + [2] * 15)
    >>> cv.scorecard.change_since(spring, autumn).verdict
    'better'
    """
    one_of("direction", direction, DIRECTIONS)
    level = coverage(level)
    before, after = _read("previous", previous, level), _read("current", current, level)
    earlier = labels_of("previous", previous, before[0])
    groups = labels_of("current", current, after[0])
    _same_groups(earlier, groups)
    if before[0].shape != after[0].shape:
        rule = "must have as many scores as each other"
        shapes = (before[0].shape, after[0].shape)
        raise InvalidDataError(message("previous, current", rule, value=shapes))
    frame = str(getattr(current, "frame", "pandas"))
    return Change(*before, *after, level=level, direction=direction, groups=groups, frame=frame)


def difference_bounds(
    one: Any, low: Any, high: Any, other: Any, other_low: Any, other_high: Any, together: Any = 0.0
) -> tuple[Array, Array]:
    """Return the bounds of one - other from the bounds of both, which correlate by `together`.

    Zou & Donner (2008); with Wilson's bounds of shares Newcombe's method 10 (1998).
    """
    away = np.asarray(one - other)
    down = _joint(one - low, other_high - other, together)
    return away - down, away + _joint(high - one, other - other_low, together)


def _joint(near: Array, far: Array, together: Any) -> Array:
    """Return the root of the sum of two squared distances, less what the two have in common."""
    near, far = np.maximum(near, 0.0), np.maximum(far, 0.0)  # adjusted bounds may leave a score out
    squares = near**2 + far**2
    if np.any(together):  # an infinite distance times 0 is no number
        squares = np.maximum(squares - 2.0 * together * near * far, 0.0)
    return np.asarray(np.sqrt(squares))


def _read(name: str, score: Any, level: float) -> tuple[Array, Array, Array]:
    """Return the values of a score and their bounds."""
    rule = "must be a record with value and interval(), or a number and its standard error"
    if isinstance(score, Estimate) and not isinstance(score, type):
        return estimated(name, score, level)
    if not isinstance(score, Sequence) or isinstance(score, (str, bytes)) or len(score) != 2:
        raise InvalidDataError(message(name, rule, value=type(score).__name__))
    value, error = within(name, score[0]), within(f"standard error of {name}", score[1], 0.0)
    if value.ndim > 1 or error.shape != value.shape:
        rule = "must have one standard error for each number"
        raise InvalidDataError(message(name, rule, value=(value.shape, error.shape)))
    half = normal_quantile(level) * error
    return value, value - half, value + half


def estimated(name: str, score: Estimate, level: float) -> tuple[Array, Array, Array]:
    """Return the values of a record and their bounds; refuse bounds that are of something else."""
    low, high = score.interval(level=level)
    value, low, high = (real(name, column) for column in (score.value, low, high))
    if not value.shape == low.shape == high.shape or value.ndim > 1:
        rule = "must have an interval for each value"
        hint = "Pass pairs of numbers and standard errors."
        raise InvalidDataError(message(name, rule, value=type(score).__name__, hint=hint))
    return value, low, high


def labels_of(name: str, score: Any, value: Array) -> dict[str, Column]:
    """Return the labels of the values of a record: its groups, or its groups and keys."""
    if value.ndim == 0 or not isinstance(score, Estimate):
        return {}
    if isinstance(score, Assessment):
        numbered = score.organisation.tolist() == list(range(len(value)))  # they have no names
        return {} if numbered else {"organisation": score.organisation}
    groups = dict(getattr(score, "groups", {}))
    keys = {key: getattr(score, key) for key in score._keys} if isinstance(score, Tally) else {}
    first = distinct_rows(list(groups.values()))[1] if groups else slice(0)
    once = {key: column[first] for key, column in groups.items()}  # of a row for each answer too
    for labels in (groups, {**groups, **keys}, once):
        if labels and all(len(column) == len(value) for column in labels.values()):
            return labels
    hint = "Pass pairs of numbers and standard errors."
    rule = "must have one value, or labels of its values"
    raise InvalidDataError(message(name, rule, value=type(score).__name__, hint=hint))


def _same_groups(before: dict[str, Any], after: dict[str, Any]) -> None:
    if list(before) != list(after):
        rule = "must be grouped by the same columns"
        raise InvalidDataError(message("previous, current", rule, value=[*before, *after]))
    for name, labels in after.items():
        if len(labels) != len(before[name]):
            rule = "must have the same groups"
            value = (len(before[name]), len(labels))
            raise InvalidDataError(message("previous, current", rule, value=value))
        differ = np.asarray(labels != before[name])
        refuse(name, "must have the same groups before and now", labels, differ)
