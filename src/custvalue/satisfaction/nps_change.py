"""Change of a Net Promoter Score among the same respondents, who answered in two waves."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from custvalue._check import Array
from custvalue.satisfaction._answers import read_answers, required_scale
from custvalue.satisfaction._nps import checked_breaks
from custvalue.satisfaction._survey import (
    SurveyTally,
    check_sums,
    effective,
    mean_bounds,
    mean_square,
    ratio,
)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class NPSChange(SurveyTally):
    """Change of the Net Promoter Score among respondents who answered twice; `+` adds others.

    Each respondent changes by -2 to 2: promoters count 1, passives 0, detractors -1.

    Attributes
    ----------
    answers : int, or int array of shape (groups,)
        Respondents who answered both times.
    weight, squares : number, or array
        Sums of their weights and of the squares of those.
    total, total_squares : number, or array
        Weighted sums of their changes and of the squares of those.
    breaks : tuple of float
        Answers from which a respondent is passive, and a promoter.
    groups, notes, frame, min_group
        As in `NPS`.

    Examples
    --------
    >>> import custvalue as cv
    >>> cv.satisfaction.NPSChange(answers=50, weight=50, squares=50, total=10, total_squares=40)
    NPSChange(answers=50, change=0.2, p_value=0.11472, lower=-0.0502724, upper=0.450272)
    """

    answers: Any = 0
    weight: Any = 0.0
    squares: Any = 0.0
    total: Any = 0.0
    total_squares: Any = 0.0
    breaks: tuple[float, float] = (7.0, 9.0)

    _sums: ClassVar[tuple[str, ...]] = ("answers", "weight", "squares", "total", "total_squares")
    _settings: ClassVar[tuple[str, ...]] = ("breaks", "min_group")

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "breaks", tuple(self.breaks))
        sums = ("answers", "weight", "squares", "total_squares")
        check_sums(**{name: getattr(self, name) for name in sums})

    @property
    def base(self) -> Any:
        """Respondents who answered both times, not weighted."""
        return self.answers

    @property
    def effective_n(self) -> Array:
        """Kish's effective number of respondents; 0 of none."""
        return effective(self.weight, self.squares)

    @property
    def value(self) -> Array:
        """The second score less the first, in [-2, 2]; NaN of none."""
        return self._shown(ratio(self.total, self.weight))

    @property
    def statistic(self) -> Array:
        """Student's t of the change; NaN where all changed alike."""
        free = np.where(self.effective_n > 1.0, self.effective_n - 1.0, np.nan)
        return ratio(self.value, np.sqrt(self._variance() / free))

    @property
    def p_value(self) -> Array:
        """Probability of a change at least as large, of either sign, if there were none."""
        from scipy.special import stdtr

        free = np.where(self.effective_n > 1.0, self.effective_n - 1.0, np.nan)
        return np.asarray(2.0 * stdtr(free, -np.abs(self.statistic)))[()]

    def interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """Return Student's bounds of `value`, within [-2, 2].

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.

        Notes
        -----
        Coverage at a level of 0.95, simulated, by whether there are
        25 skewness^2 respondents (Cochran, "Sampling Techniques", 1977, section 2.15), skewness
        being that of respondents' changes:

        ======================== ============== ============== ============== ==============
        respondents              20             50             200            1,000
        ======================== ============== ============== ============== ==============
        25 skewness^2 or more    0.933 to 0.953 0.942 to 0.952 0.939 to 0.951 0.946 to 0.951
        fewer respondents        0.369 to 0.936 0.681 to 0.941 as above       as above
        ======================== ============== ============== ============== ==============

        The least are of answers almost all alike: a sample without any other shows no scatter.
        """
        low, high = mean_bounds(self.value, self._variance(), self.effective_n, level)
        return np.maximum(low, -2.0)[()], np.minimum(high, 2.0)[()]

    def _variance(self) -> Array:
        return mean_square(self.total, self.total_squares, self.weight)

    def _derived(self) -> dict[str, Any]:
        low, high = self.interval()
        return {"change": self.value, "lower": low, "upper": high, "p_value": self.p_value}

    def _table(self) -> dict[str, Any]:
        hidden = ("weight", "squares", "total", "total_squares")
        table = super()._table()
        return {n: np.atleast_1d(self._shown(c)) if n in hidden else c for n, c in table.items()}

    def _head(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"answers": int(np.sum(self.answers))}
        if self.groups or np.ndim(self.answers):
            return {**facts, "groups": len(self), **self.notes}
        low, high = self.interval()
        facts |= {"change": self.value, "p_value": self.p_value}
        return {**facts, "lower": low, "upper": high, **self.notes}


def nps_change(
    table: Any,
    before: str,
    after: str,
    *,
    by: str | Sequence[str] | None = None,
    weight: str | None = None,
    scale: tuple[float, float] = (0, 10),
    breaks: tuple[float, float] = (7, 9),
    labels: Mapping[str, float] | None = None,
    not_applicable: Collection[Any] = (),
    numeric_text: bool = False,
    min_group: int = 0,
) -> NPSChange:
    """Return how the Net Promoter Score of the same respondents changed between two waves.

    Parameters
    ----------
    table : data frame
        One row per respondent.
    before, after : str
        Columns of the answers at both times. Respondents who did not answer both are left out and
        counted in `notes`.
    by : str or sequence of str, optional
        Columns to group by.
    weight : str, optional
        Column of survey weights, at least 0.
    scale : tuple of float
        Lowest and highest answer possible.
    breaks : tuple of float
        Lowest answer of a passive and of a promoter; those below are detractors.
    labels : mapping of str to float, optional
        Number that each text stands for.
    not_applicable : collection, optional
        Texts or numbers that stand for no answer.
    numeric_text : bool
        Whether numbers exported as text are read as numbers.
    min_group : int
        Groups with fewer respondents show NaN.

    Returns
    -------
    NPSChange
        With `value`, `interval()` and `p_value` by Student's t on the changes: -1, 0 and 1 for
        detractors, passives and promoters.

    Raises
    ------
    InvalidDataError
        If an answer is not a whole number on the scale, or text that no argument resolves.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> panel = pd.DataFrame({"spring": [6, 7, 9, 3, 8, 10], "autumn": [9, 9, 9, 7, 8, 7]})
    >>> cv.satisfaction.nps_change(panel, "spring", "autumn")
    NPSChange(answers=6, change=0.5, p_value=0.295559, lower=-0.600657, upper=1.60066)
    """
    limits = checked_breaks(breaks, required_scale(scale))
    answers = read_answers(
        table,
        [before, after],
        by=by,
        weight=weight,
        scale=scale,
        labels=labels,
        not_applicable=not_applicable,
        numeric_text=numeric_text,
    )
    both = answers.values
    kept = ~np.isnan(both).any(axis=1)
    side = (both >= limits[1]).astype(np.float64) - (both < limits[0])
    mass = np.ones(len(both)) if answers.weight is None else answers.weight
    codes, mass = answers.codes[kept], mass[kept]
    step = (side[:, 1] - side[:, 0])[kept]
    columns = {"weight": mass, "squares": mass**2, "total": mass * step,
               "total_squares": mass * step**2}  # fmt: skip
    size = answers.group_count
    sums = {name: np.bincount(codes, column, size) for name, column in columns.items()}
    sums["answers"] = np.bincount(codes, minlength=size)
    if not answers.groups:
        sums = {name: column[0] for name, column in sums.items()}
    lone = int((~kept & ~np.isnan(both).all(axis=1)).sum())
    notes = {**answers.notes, "answered once": lone} if lone else answers.notes
    return NPSChange(**sums, breaks=limits, min_group=min_group, groups=answers.groups,
                     notes=notes, frame=answers.kind)  # fmt: skip
