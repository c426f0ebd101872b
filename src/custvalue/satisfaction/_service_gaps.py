"""The record of SERVQUAL and SERVPERF: mean gaps of items, dimensions and the whole."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np

from custvalue._check import Array, one_of, refuse
from custvalue._tally import Column
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction._answers import checked_scale
from custvalue.satisfaction._survey import (
    SurveyTally,
    check_sums,
    effective,
    mean_bounds,
    ratio,
    variance_of,
)

_SUMS = (
    "answers",
    "weight",
    "squares",
    "perception",
    "expectation",
    "gap",
    "gap_squares",
)


def _floats() -> Array:
    return np.empty(0)


def _names() -> Column:
    return np.empty(0, dtype=object)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ServiceGaps(SurveyTally):
    """Gaps between what customers perceived and expected; `+` adds respondents.

    Attributes
    ----------
    dimension, item : arrays of shape (rows,)
        Keys; item "" is the dimension, and dimension "" the whole.
    answers : int array
        Respondents who answered everything that the row is made of.
    weight, squares : float arrays
        Sum of their weights, and of the squares of the weights.
    perception, expectation, gap, gap_squares : float arrays
        Weighted sums over respondents of their answers (their means over the items of a
        dimension, and over dimensions), of the gap, and of its square.
    method : {"servqual", "servperf"}
        Whether gaps are perception less expectation, or perception alone.
    points : tuple of float
        Weights of the dimensions in the whole, in the order asked; they sum to 1.
    scale : tuple of float, optional
        Lowest and highest answer possible, the same in records that are added; None if not said.
    min_group : int
        Results from fewer respondents are NaN.
    groups, notes, frame
        Labels of each row by column; what policies did, counted; the kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"got": [6, 5, 6, 4], "hoped": [7, 6, 6, 6]})
    >>> gaps = cv.satisfaction.servqual(answers, {"speed": [("got", "hoped")]}, scale=(1, 7))
    >>> gaps.overall
    np.float64(-1.0)
    >>> low, high = gaps.interval()
    >>> print(f"{low[0]:.4f} to {high[0]:.4f}")
    -2.2992 to 0.2992
    """

    dimension: Column = dataclasses.field(default_factory=_names)
    item: Column = dataclasses.field(default_factory=_names)
    answers: Column = dataclasses.field(default_factory=lambda: np.empty(0, dtype=np.int64))
    weight: Array = dataclasses.field(default_factory=_floats)
    squares: Array = dataclasses.field(default_factory=_floats)
    perception: Array = dataclasses.field(default_factory=_floats)
    expectation: Array = dataclasses.field(default_factory=_floats)
    gap: Array = dataclasses.field(default_factory=_floats)
    gap_squares: Array = dataclasses.field(default_factory=_floats)
    method: str = "servqual"
    points: tuple[float, ...] = ()
    scale: tuple[float, float] | None = None

    _keys: ClassVar[tuple[str, ...]] = ("dimension", "item")
    _sums: ClassVar[tuple[str, ...]] = _SUMS
    _settings: ClassVar[tuple[str, ...]] = ("method", "points", "scale", "min_group")
    _shows: ClassVar[tuple[str, ...]] = ("score", "lower", "upper", "low_base")

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "scale", checked_scale(self.scale))
        one_of("method", self.method, ("servqual", "servperf"))
        object.__setattr__(self, "points", tuple(self.points))
        check_sums(answers=self.answers, weight=self.weight, squares=self.squares)
        check_sums(gap_squares=self.gap_squares)
        texts = np.array([isinstance(name, str) for name in self.dimension.tolist()], dtype=bool)
        refuse("dimension", "must be text", self.dimension, ~texts)
        if len(self) and not self.groups and (self.dimension == "").sum() != 1:
            rule = "must have one row of all dimensions together"
            raise InvalidDataError(message("dimension", rule, value=self.dimension.tolist()))

    @property
    def base(self) -> Any:
        """Respondents of each row."""
        return self.answers

    @property
    def value(self) -> Array:
        """Mean gap of each row; NaN where nobody answered."""
        return self._shown(ratio(self.gap, self.weight))

    @property
    def overall(self) -> Any:
        """Mean gap of the whole, one number, or one per group."""
        found = self.value[self.dimension == ""]
        return found if self.groups or not len(found) else found[0]

    def interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """Return Student's (paired) interval of each mean gap; NaN of fewer than two respondents.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.

        Notes
        -----
        Coverage at a level of 0.95 of an item from 1 to 7, simulated, by whether there are
        25 skewness^2 respondents (Cochran, "Sampling Techniques", 1977, section 2.15), skewness
        being that of respondents' gaps:

        ======================== ============== ============== ============== ==============
        respondents              20             50             200            1,000
        ======================== ============== ============== ============== ==============
        25 skewness^2 or more    0.940 to 0.951 0.942 to 0.951 0.941 to 0.951 0.946 to 0.952
        fewer respondents        0.825 to 0.941 0.851 to 0.939 as above       as above
        ======================== ============== ============== ============== ==============

        The least are of answers almost all alike: a sample without any other shows no scatter.
        """
        mean = ratio(self.gap, self.weight)
        variance = variance_of(self.gap_squares, self.gap, self.weight)
        n = effective(self.weight, self.squares)
        low, high = mean_bounds(mean, variance, n, level)
        return self._shown(low), self._shown(high)

    def _table(self) -> dict[str, Any]:
        low, high = self.interval()
        means = {n: self._shown(ratio(getattr(self, n), self.weight)) for n in _SUMS[3:5]}
        gaps = {**means, "gap": self.value} if self.method == "servqual" else {"score": self.value}
        return {
            **self.groups,
            "dimension": self.dimension,
            "item": self.item,
            "answers": self.answers,
            **gaps,
            "lower": low,
            "upper": high,
            "low_base": self.low_base,
        }

    def _head(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"method": self.method}
        if len(self) and not self.groups:
            facts["overall"] = float(self.overall)
        whole = self.answers[self.dimension == ""]
        return {**facts, "dimensions": len(self.points), "answers": int(whole.sum()), **self.notes}
