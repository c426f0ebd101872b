"""The record of an index of several items: sums over respondents of their own index."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np

from custvalue._check import Array
from custvalue.satisfaction._answers import required_scale
from custvalue.satisfaction._survey import (
    SurveyTally,
    check_sums,
    effective,
    mean_bounds,
    mean_square,
    ratio,
)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class SatisfactionIndex(SurveyTally):
    """Sums over respondents of their index of several items, 0-100; `+` adds other respondents.

    Attributes
    ----------
    answers : int, or int array of shape (groups,)
        Respondents who count.
    weight, squares : number, or array
        Sums of their weights and of the squares of those.
    total, total_squares : number, or array
        Weighted sums of their index and of the square of it.
    items : tuple of str
        Columns that the index is of.
    importance : tuple of float
        Weight of each item; they add up to 1.
    scale : tuple of float
        Lowest and highest answer possible.
    groups, notes, frame, min_group
        As in `NPS`.

    Examples
    --------
    >>> import custvalue as cv
    >>> cv.satisfaction.SatisfactionIndex(2, 2, 2, 150.0, 11300.0)
    SatisfactionIndex(answers=2, index=75, lower=11.469, upper=100)
    """

    answers: Any = 0
    weight: Any = 0.0
    squares: Any = 0.0
    total: Any = 0.0
    total_squares: Any = 0.0
    items: tuple[str, ...] = ()
    importance: tuple[float, ...] = ()
    scale: tuple[float, float] = (1.0, 10.0)

    _sums: ClassVar[tuple[str, ...]] = ("answers", "weight", "squares", "total", "total_squares")
    _settings: ClassVar[tuple[str, ...]] = ("items", "importance", "scale", "min_group")

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("items", "importance"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "scale", required_scale(self.scale))
        check_sums(**{name: getattr(self, name) for name in self._sums})

    @property
    def base(self) -> Any:
        """Respondents who count, not weighted."""
        return self.answers

    @property
    def effective_n(self) -> Array:
        """Kish's effective number of respondents; 0 of none."""
        return effective(self.weight, self.squares)

    @property
    def value(self) -> Array:
        """Mean index, 0 to 100; NaN of none."""
        return self._shown(np.clip(ratio(self.total, self.weight), 0.0, 100.0))

    def interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """Return Student's bounds of `value`, within [0, 100]; NaN for a single respondent.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.

        Notes
        -----
        Coverage at a level of 0.95 of three items from 1 to 10, simulated, by whether there are
        25 skewness^2 respondents (Cochran, "Sampling Techniques", 1977, section 2.15), skewness
        being that of respondents' indices:

        ======================== ============== ============== ============== ==============
        respondents              20             50             200            1,000
        ======================== ============== ============== ============== ==============
        25 skewness^2 or more    0.941 to 0.951 0.941 to 0.952 0.942 to 0.952 0.946 to 0.952
        fewer respondents        0.818 to 0.939 0.879 to 0.939 as above       as above
        ======================== ============== ============== ============== ==============

        The least are of answers almost all alike: a sample without any other shows no scatter.
        """
        mean = ratio(self.total, self.weight)
        variance = mean_square(self.total, self.total_squares, self.weight)
        low, high = mean_bounds(mean, variance, self.effective_n, level)
        return self._shown(np.maximum(low, 0.0)[()]), self._shown(np.minimum(high, 100.0)[()])

    def _derived(self) -> dict[str, Any]:
        low, high = self.interval()
        return {"index": self.value, "lower": low, "upper": high, "low_base": self.low_base}

    def _table(self) -> dict[str, Any]:
        hidden = ("weight", "squares", "total", "total_squares")
        table = super()._table()
        return {n: np.atleast_1d(self._shown(c)) if n in hidden else c for n, c in table.items()}

    def _head(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"answers": int(np.sum(self.answers))}
        if self.groups or np.ndim(self.answers):
            return {**facts, "groups": len(self), **self.notes}
        low, high = self.interval()
        return {**facts, "index": self.value, "lower": low, "upper": high, **self.notes}
