"""The record of a mean or a share at each wave, mode or touchpoint, and the score of a journey."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue import _proportion
from custvalue._check import Array, number, one_of, real, refuse
from custvalue._record import Record, kept
from custvalue._tally import Column, checked_groups, distinct_rows, shape_of
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction._answers import checked_scale
from custvalue.satisfaction._multiplicity import corrected
from custvalue.satisfaction._survey import (
    SurveyTally,
    check_sums,
    effective,
    mean_bounds,
    ratio,
    variance_of,
)

_SHOWN = ("value", "lower", "upper", "low_base", "reference", "difference", "p_value")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class StageScores(SurveyTally):
    """The mean or share at each wave, mode or touchpoint; `+` adds other respondents.

    Attributes
    ----------
    stage : array of shape (rows,)
        Key: the label of the wave, mode or touchpoint.
    answers : int array
        Respondents who answered.
    weight, squares : float arrays
        Sum of their weights, and of the squares of the weights.
    total, total_squares : float arrays
        Weighted sum of the answers (or of those at least `top`), and of their squares.
    top : float or None
        The answer from which it is the share that is reported; None: the mean.
    scale : tuple of float, optional
        Lowest and highest answer possible, the same in records that are added; None if not said.
    min_group : int
        Results from fewer answers are NaN.
    groups, notes, frame
        Labels of each row by column; answers not given, counted; the kind of frame for results.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> survey = pd.DataFrame({"year": [1] * 100 + [2] * 100,
    ...                        "score": [5] * 80 + [2] * 20 + [5] * 90 + [2] * 10})
    >>> scores = cv.satisfaction.stage_scores(survey, "score", stage="year", scale=(1, 5), top=4)
    >>> scores
    StageScores(answers=200, stages=2, top=4)
    >>> print(scores.changes().round(4).to_string())
       stage reference  difference   lower   upper  p_value
    0      1      None         NaN     NaN     NaN      NaN
    1      2         1         0.1  0.0001  0.1995   0.0477
    """

    stage: Column = dataclasses.field(default_factory=lambda: np.empty(0))
    answers: Column = dataclasses.field(default_factory=lambda: np.empty(0, dtype=np.int64))
    weight: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    squares: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    total: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    total_squares: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    top: float | None = None
    scale: tuple[float, float] | None = None

    _keys: ClassVar[tuple[str, ...]] = ("stage",)
    _sums: ClassVar[tuple[str, ...]] = ("answers", "weight", "squares", "total", "total_squares")
    _settings: ClassVar[tuple[str, ...]] = ("top", "scale", "min_group")
    _shows: ClassVar[tuple[str, ...]] = _SHOWN

    def __post_init__(self) -> None:
        super().__post_init__()
        absent = np.array([stage is None for stage in self.stage.tolist()], dtype=bool)
        refuse("stage", "must not be missing", self.stage, absent)
        object.__setattr__(self, "scale", checked_scale(self.scale))
        check_sums(answers=self.answers, weight=self.weight, squares=self.squares)
        check_sums(total_squares=self.total_squares)

    @property
    def base(self) -> Any:
        """Respondents at each stage, not weighted."""
        return self.answers

    @property
    def effective_n(self) -> Array:
        """Effective number of respondents at each stage (Kish)."""
        return np.atleast_1d(effective(self.weight, self.squares))

    @property
    def value(self) -> Array:
        """Mean, or share of answers of at least `top`, at each stage; NaN of none."""
        return np.asarray(self._shown(np.atleast_1d(ratio(self.total, self.weight))))

    @property
    def standard_error(self) -> Array:
        """Standard error of `value`; NaN with one answer."""
        free = np.where(self.effective_n > 1.0, self.effective_n - 1.0, np.nan)
        return np.asarray(self._shown(np.sqrt(self._variance() / free)))

    def _group_codes(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the group of each row, and the first row of each group."""
        if not self.groups:
            return np.zeros(len(self), dtype=np.int64), np.zeros(min(len(self), 1), dtype=np.int64)
        return distinct_rows(list(self.groups.values()))

    def _variance(self) -> Array:
        """Return the variance of the answers around the mean, divided by n."""
        return variance_of(self.total_squares, self.total, self.weight)

    def interval(self, level: float = 0.95, method: str = "auto") -> tuple[Array, Array]:
        """Return the bounds of an interval for `value`, with the effective n.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"auto"}
            Student's t for means, Wilson (1927) for shares.
        """
        one_of("method", method, ("auto",))
        mean, n = ratio(self.total, self.weight), self.effective_n
        if self.top is None:
            low, high = mean_bounds(mean, self._variance(), n, level)
        else:
            low, high = _proportion.interval(np.clip(np.nan_to_num(mean), 0, 1) * n, n, level)
        return np.asarray(self._shown(low)), np.asarray(self._shown(high))

    def changes(
        self,
        reference: Any = "previous",
        level: float = 0.95,
        correction: str = "holm",
        *,
        order: Sequence[Any] | None = None,
    ) -> Any:
        """Return a frame of the difference of each stage from another, with interval and p-value.

        Means by Welch's t; shares by Newcombe's interval (1998, method 10, from Wilson's) and the z
        test with the pooled share. Respondents of two stages must not be the same: of the same
        customers asked twice the differences are surer than this says.

        Parameters
        ----------
        reference : "previous" or label
            The stage before, in the order of the labels; or one stage for all.
        level : float
            Coverage aimed at of each interval, between 0 and 1.
        correction : {"holm", "benjamini-hochberg", "none"}
            How p-values are corrected for their number.
        order : sequence of labels, optional
            The order of the stages for "previous", where it is not that of their labels: all of
            them, such as ["Spring", "Summer", "Autumn"].
        """
        codes, _ = self._group_codes()
        rows = np.arange(len(self))
        if isinstance(reference, str) and reference == "previous":
            sequence = np.lexsort((self._ranks(order), codes))
            first = np.append(True, codes[sequence][1:] != codes[sequence][:-1])[: len(rows)]
            other = np.empty(len(rows), dtype=np.int64)
            other[sequence] = np.where(first, -1, np.roll(sequence, 1))
        elif order is not None:
            rule = 'must not be given where reference is not "previous"'
            raise InvalidDataError(message("order", rule, value=list(order)))
        else:
            if reference not in self.stage.tolist():
                rule = f"must be 'previous' or one of {list(dict.fromkeys(self.stage.tolist()))}"
                raise InvalidDataError(message("reference", rule, value=reference))
            place = np.full(int(codes.max(initial=-1)) + 1, -1)
            chosen = np.flatnonzero(self.stage == reference)
            place[codes[chosen]] = chosen
            other = np.where(place[codes] == rows, -1, place[codes])
        low, high, p = self._differences(rows, other, level)
        columns = {"difference": self.value - self.value[other], "lower": low, "upper": high}
        hidden = (other < 0) | np.isnan(self.value) | np.isnan(self.value[other])
        labels = self.stage[other].astype(object)
        labels[other < 0] = None
        shown = {n: np.where(hidden, np.nan, c) for n, c in {**columns, "p_value": p}.items()}
        shown["p_value"] = corrected(shown["p_value"], correction)
        return self._framed({**self.groups, "stage": self.stage, "reference": labels, **shown})

    def _ranks(self, order: Sequence[Any] | None) -> npt.NDArray[Any]:
        """Return the place of each row's stage in an order."""
        if order is None:
            return np.arange(len(self))
        given, known = list(order), dict.fromkeys(self.stage.tolist())
        if len(set(given)) != len(given) or set(given) != set(known):
            rule = f"must have each of {list(known)} once"
            raise InvalidDataError(message("order", rule, value=given))
        return np.array([given.index(stage) for stage in self.stage.tolist()], dtype=np.int64)

    def _differences(
        self, rows: npt.NDArray[Any], other: npt.NDArray[Any], level: float
    ) -> tuple[Array, Array, Array]:
        from scipy.special import ndtr, stdtr, stdtrit

        _proportion.normal_quantile(level)  # refuses what is no level
        mean, n = ratio(self.total, self.weight), self.effective_n
        with np.errstate(invalid="ignore", divide="ignore"):
            away = mean[rows] - mean[other]
            if self.top is None:
                square = self._variance() / np.where(n > 1, n - 1.0, np.nan)
                one, two = square[rows], square[other]
                free = (one + two) ** 2 / (one**2 / (n[rows] - 1) + two**2 / (n[other] - 1))
                error = np.sqrt(one + two)
                half = -stdtrit(free, (1.0 - level) / 2.0) * error
                return away - half, away + half, 2.0 * stdtr(free, -np.abs(away / error))
            low, high = _proportion.interval(np.clip(np.nan_to_num(mean), 0, 1) * n, n, level)
            lower = away - np.hypot(mean[rows] - low[rows], high[other] - mean[other])
            upper = away + np.hypot(high[rows] - mean[rows], mean[other] - low[other])
            pooled = (mean * n)[rows] + (mean * n)[other]
            pooled /= n[rows] + n[other]
            error = np.sqrt(pooled * (1.0 - pooled) * (1.0 / n[rows] + 1.0 / n[other]))
            return lower, upper, 2.0 * ndtr(-np.abs(away / error))

    def _derived(self) -> dict[str, Any]:
        low, high = self.interval()
        columns = {"value": self.value, "lower": low, "upper": high}
        return {**columns, "low_base": np.atleast_1d(self.low_base)}

    def _head(self) -> dict[str, Any]:
        facts = {"answers": int(self.answers.sum()), "stages": len(set(self.stage.tolist()))}
        return {**facts, **({} if self.top is None else {"top": self.top}), **self.notes}


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class JourneyScore(Record):
    """One score of several touchpoints, by their importance.

    Attributes
    ----------
    value, error : float, or float array of shape (groups,)
        Weighted mean of the touchpoints, and its standard error.
    importance : mapping of str to float
        Share of each touchpoint.
    groups, frame
        Labels of each row by column; the kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> score = cv.satisfaction.JourneyScore(4.0, 0.1, {"order": 0.75, "help": 0.25})
    >>> [round(float(bound), 3) for bound in score.interval()]
    [3.804, 4.196]
    """

    value: Any
    error: Any
    importance: Mapping[str, float]
    groups: Mapping[str, Column] = dataclasses.field(default_factory=dict)
    frame: str = dataclasses.field(default="pandas", compare=False)

    def __post_init__(self) -> None:
        groups = checked_groups(self.groups, ("value", "lower", "upper"))
        object.__setattr__(self, "groups", groups)
        shape = shape_of(groups)
        for name in ("value", "error"):
            column = real(name, getattr(self, name))
            if column.shape != shape:
                rule = "must have one number for each group"
                raise InvalidDataError(message(name, rule, value=(column.shape, shape)))
            object.__setattr__(self, name, kept(column) if groups else float(column))
        if not isinstance(self.importance, Mapping):
            rule = "must map touchpoints to shares"
            raise InvalidDataError(message("importance", rule, value=self.importance))
        shares = {
            str(k): number(f"importance of {k!r}", v, 0.0) for k, v in self.importance.items()
        }
        object.__setattr__(self, "importance", shares)
        super().__post_init__()

    def interval(self, level: float = 0.95, method: str = "normal") -> tuple[Any, Any]:
        """Return the bounds of a normal interval, touchpoints taken as different respondents.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"normal"}
            Normal.
        """
        one_of("method", method, ("normal",))
        half = _proportion.normal_quantile(level) * np.asarray(self.error)
        return (self.value - half)[()], (self.value + half)[()]

    def _table(self) -> dict[str, Any]:
        low, high = self.interval()
        columns = {"value": self.value, "lower": low, "upper": high}
        return {**self.groups, **{name: np.atleast_1d(c) for name, c in columns.items()}}

    def _head(self) -> dict[str, Any]:
        facts = {} if self.groups else {"value": float(self.value)}
        return {**facts, "touchpoints": len(self.importance)}
