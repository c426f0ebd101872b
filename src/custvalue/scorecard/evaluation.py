"""The record of an evaluation: readings beside their thresholds, and what they come to."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, coverage, of_type, one_of, real, refuse, whole
from custvalue._record import Notes, Record, checked_notes, frozen, join_notes, kept
from custvalue._tally import as_column
from custvalue.errors import InvalidDataError, message
from custvalue.scorecard import _scores, _tables
from custvalue.scorecard.action import optional_day
from custvalue.scorecard.system import EvaluationSystem
from custvalue.scorecard.threshold import NOT_JUDGED, STATUSES, Codes, judged, words

Column = npt.NDArray[Any]
_ARRAYS = ("reading", "lower", "upper", "target", "warning", "floor", "age")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Evaluation(Record):
    """Indicators beside their thresholds, for one or many units; `+` adds other units.

    Attributes
    ----------
    system : EvaluationSystem
        What was evaluated.
    unit : array of str, of shape (units,)
        Labels; "" where there is one.
    reading, lower, upper : float arrays of shape (indicators, units)
        Values and their bounds; NaN where there are none.
    target, warning, floor : float arrays of shape (indicators, units)
        Lines that were in force; NaN where there are none.
    status_codes : int8 array of shape (indicators, units)
        0 no data, 1 not judged (no lines), 2 critical, 3 warning, 4 acceptable, 5 on target.
    age : float array of shape (indicators, units)
        Days from the day of a value to `as_of`; NaN where not known.
    as_of : datetime.date or None
        The day of the evaluation.
    level : float
        Of all bounds.
    evidence : mapping of str to str
        What people said, by id of an indicator, dimension or goal.
    notes, frame
        What was left out, counted; the kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> system = cv.scorecard.EvaluationSystem.of(
    ...     cv.scorecard.Indicator("csat", "Satisfaction", low=0, high=1,
    ...                            thresholds=cv.scorecard.Threshold(target=0.9, floor=0.8)),
    ...     cv.scorecard.Indicator("churn", "Churn", direction="down", low=0, high=1))
    >>> found = cv.scorecard.evaluate(system, {"csat": (0.85, 0.81, 0.89), "churn": 0.2})
    >>> found
    Evaluation(system=own 1.0.0, score=82.5, coverage=1, warning=1, not judged=1)
    >>> [round(bound, 2) for bound in found.interval()]
    [80.5, 84.5]
    """

    system: EvaluationSystem
    unit: Column
    reading: Array
    lower: Array
    upper: Array
    target: Array
    warning: Array
    floor: Array
    status_codes: Codes
    age: Array
    as_of: dt.date | None = dataclasses.field(default=None, kw_only=True)
    level: float = dataclasses.field(default=0.95, kw_only=True)
    evidence: Mapping[str, str] = dataclasses.field(default_factory=dict, kw_only=True)
    notes: Notes = dataclasses.field(default_factory=dict, kw_only=True)
    frame: str = dataclasses.field(default="pandas", kw_only=True, compare=False)

    _parts: ClassVar[Mapping[str, type[Record]]] = {"system": EvaluationSystem}

    def __post_init__(self) -> None:
        of_type("system", self.system, EvaluationSystem, "It comes from scorecard.load(...).")
        object.__setattr__(self, "notes", checked_notes(self.notes))
        object.__setattr__(self, "level", coverage(self.level))
        object.__setattr__(self, "as_of", optional_day("as_of", self.as_of, end=True))
        units = as_column("unit", self.unit).astype(object)
        refuse(
            "unit",
            "must be text",
            units.astype(str),
            np.array([not isinstance(label, str) for label in units.tolist()], dtype=bool),
        )
        if len(set(units.tolist())) < len(units):
            raise InvalidDataError(message("unit", "must be different labels"))
        object.__setattr__(self, "unit", units)
        shape = (len(self.system.indicators), len(units))
        for name in (*_ARRAYS, "status_codes"):
            column = real(name, getattr(self, name))
            if column.shape != shape and not (column.size == shape[1] == 0):
                rule = f"must be of shape {shape}: indicators, units"
                raise InvalidDataError(message(name, rule, value=column.shape))
            refuse(name, "must be finite, or NaN", column, np.isinf(column))
            object.__setattr__(self, name, kept(column.reshape(shape)))
        codes = whole("status_codes", self.status_codes)
        refuse("status_codes", "must be below 6", codes, codes >= len(STATUSES))
        object.__setattr__(self, "status_codes", codes.astype(np.int8))
        said = self.evidence.values() if isinstance(self.evidence, Mapping) else [None]
        if not all(isinstance(text, str) for text in said):
            raise InvalidDataError(message("evidence", "must map ids to text", value=self.evidence))
        object.__setattr__(self, "evidence", dict(self.evidence))
        super().__post_init__()

    def __len__(self) -> int:
        """Return the number of units."""
        return len(self.unit)

    def __add__(self, other: Self) -> Self:
        if type(other) is not type(self):
            return NotImplemented
        for name, mine, theirs in (
            ("system", self.system.hash, other.system.hash),
            ("as_of", self.as_of, other.as_of),
            ("level", self.level, other.level),
        ):
            if mine != theirs:
                rule = "must be the same in both records"
                raise InvalidDataError(message(name, rule, value=f"{mine} and {theirs}"))
        again = sorted(set(self.unit.tolist()) & set(other.unit.tolist()))
        if again:
            rule = "must be in one of the records only"
            raise InvalidDataError(message("unit", rule, value=again[0], count=len(again)))
        joined: dict[str, Any] = {
            name: np.concatenate([getattr(self, name), getattr(other, name)], axis=-1)
            for name in ("unit", *_ARRAYS, "status_codes")
        }
        notes = join_notes(self.notes, other.notes)
        evidence = dict(self.evidence)
        for key, said in other.evidence.items():  # what other people said of other units
            mine = evidence.get(key, said)
            evidence[key] = said if said == mine else f"{mine}; {said}"
        return dataclasses.replace(self, notes=notes, evidence=evidence, **joined)

    def __radd__(self, other: Any) -> Self:
        return self if isinstance(other, int) and other == 0 else NotImplemented  # sum() begins

    # ---- statuses

    @property
    def status(self) -> Column:
        """Statuses of shape (indicators, units), in words."""
        return np.asarray(words(self.status_codes))

    @functools.cached_property
    def certain(self) -> npt.NDArray[np.bool_]:
        """Whether both bounds of a value have its status; False where it has no bounds."""
        lines, same = np.stack([self.target, self.warning, self.floor]), []
        for bound in (self.lower, self.upper):
            found = np.stack([
                judged(bound[i], lines[:, i], one.direction)
                for i, one in enumerate(self.system.indicators)
            ])  # fmt: skip
            same.append((found == self.status_codes) & (found > NOT_JUDGED))
        return frozen(np.asarray(same[0] & same[1]))

    @property
    def stale(self) -> npt.NDArray[np.bool_]:
        """Whether a value is older than its indicator allows."""
        most = [np.inf if one.max_age is None else one.max_age for one in self.system.indicators]
        return np.asarray(self.age > np.array(most)[:, None])

    def count(self, status: str) -> Any:
        """Return how many indicators have a status; an array of shape (units,) of several units.

        Parameters
        ----------
        status : str
            Such as "critical".
        """
        code = STATUSES.index(one_of("status", status, STATUSES))
        return self._plain((self.status_codes == code).sum(axis=0))

    # ---- scores

    @functools.cached_property
    def scores(self) -> Array:
        """Scores from 0 to 100 of shape (indicators, units); NaN where there is none."""
        return frozen(_scores.of_readings(self, self.reading))

    @functools.cached_property
    def _aggregated(self) -> tuple[Array, Array]:
        parts, whole = _scores.aggregated(self.system, self.scores)
        return frozen(parts), frozen(whole)

    @property
    def value(self) -> Any:
        """Overall score from 0 to 100; an array of shape (units,) of several units."""
        return self._plain(self._aggregated[1])

    @property
    def dimension_scores(self) -> Array:
        """Scores of shape (dimensions, units)."""
        return self._aggregated[0]

    @property
    def goal_scores(self) -> Array:
        """Scores of the indicators of each goal, of shape (goals, units)."""
        return _scores.of_goals(self.system, self.scores)

    @functools.cached_property
    def _bounds(self) -> dict[str, tuple[Array, Array]]:
        ends = {how: _scores.bounds(self, how) for how in _scores.DEPENDENCE}
        return {how: (frozen(low), frozen(high)) for how, (low, high) in ends.items()}

    def interval(
        self, level: float | None = None, *, dependence: str = "independent"
    ) -> tuple[Any, Any]:
        """Return the bounds of the overall score that the bounds of the readings give.

        NaN where no reading has bounds; readings without count as exact, as `known_bounds` shows.

        Parameters
        ----------
        level : float, optional
            That of the record.
        dependence : {"independent", "comonotone"}
            Whether the readings err independently, or all in one direction: wider, and the safe
            choice for answers of the same people.
        """
        if level is not None and coverage(level) != self.level:
            rule, hint = "must be that of the record", f"Use evaluate(..., level={level:g})."
            raise InvalidDataError(message("level", rule, value=level, hint=hint))
        low, high = self.score_bounds(dependence=dependence)
        return self._plain(low[-1]), self._plain(high[-1])

    def score_bounds(self, *, dependence: str = "independent") -> tuple[Array, Array]:
        """Return bounds of the scores of dimensions and, last, of the whole.

        Parameters
        ----------
        dependence : {"independent", "comonotone"}
            As in `interval`.

        Returns
        -------
        lower, upper : arrays of shape (dimensions + 1, units)
        """
        return self._bounds[one_of("dependence", dependence, _scores.DEPENDENCE)]

    @property
    def coverage(self) -> Any:
        """Share of the indicators with a weight that have data."""
        used = np.array(list(self.system.weights.values())) > 0
        return self._plain((~np.isnan(self.reading[used])).mean(axis=0))

    @property
    def scored(self) -> Any:
        """Share of the weight that has a score."""
        weight = np.array(list(self.system.weights.values()))
        return self._plain(weight @ ~np.isnan(self.scores))

    @property
    def known_bounds(self) -> Any:
        """Share of the weight with a score whose readings have bounds; NaN of no score."""
        weight = np.array(list(self.system.weights.values()))
        scored = ~np.isnan(self.scores)
        total = weight @ scored
        known = weight @ (scored & ~np.isnan(self.lower) & ~np.isnan(self.upper))
        return self._plain(np.divide(known, total, out=np.full(len(self), np.nan), where=total > 0))

    def _plain(self, column: Any) -> Any:
        return column if len(self) != 1 else column[0].item()

    # ---- tables

    def plot(self, ax: Any = None, **options: Any) -> Any:
        """Draw it; see `custvalue.plot.scorecard`."""
        from custvalue.plot import scorecard

        return scorecard(self, ax, **options)

    def _head(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"system": f"{self.system.id} {self.system.version}"}
        if self.as_of is not None:
            facts["as_of"] = self.as_of
        if len(self) == 1:
            facts |= {"score": self.value, "coverage": self.coverage}
        else:
            facts["units"] = len(self)
        counts = {name: int((self.status_codes == i).sum()) for i, name in enumerate(STATUSES)}
        order = (*STATUSES[2:], *STATUSES[:2])
        stale = int(self.stale.sum())
        counts = {name: counts[name] for name in order if counts[name]}
        return {**facts, **counts, **({"stale": stale} if stale else {}), **self.notes}

    def _table(self) -> dict[str, Any]:
        return _tables.indicators(self, "en")

    def indicators_frame(self, language: str = "en") -> Any:
        """Return a row for each unit and indicator: value, status, lines, score, age.

        Parameters
        ----------
        language : str
            Of names and statuses, such as "en" or "zh".
        """
        return self._framed(_tables.indicators(self, language))

    def dimensions_frame(self, language: str = "en") -> Any:
        """Return a row for each unit and dimension, and "overall": score with its bounds.

        Parameters
        ----------
        language : str
            Of the names, such as "en" or "zh".
        """
        return self._framed(_tables.dimensions(self, language))

    def goals_frame(self, language: str = "en") -> Any:
        """Return a row for each unit and goal: the score of its indicators.

        Parameters
        ----------
        language : str
            Of the names, such as "en" or "zh".
        """
        return self._framed(_tables.goals(self, language))
