"""Customer satisfaction: mean, boxes and 0-100 index of answers on a scale, with intervals."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from custvalue._check import Array
from custvalue._tally import refuse_names
from custvalue.satisfaction._answers import read_answers
from custvalue.satisfaction._counting import options, read_one, whole_count
from custvalue.satisfaction._histogram import Histogram, histogram_fields


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class CSAT(Histogram):
    """How many gave each answer on a scale of satisfaction; `+` adds other respondents.

    Attributes
    ----------
    answer : float array
        Key: a row for each group and option of the scale, chosen or not.
    answers : int array
        Respondents who gave that answer.
    weight, squares : arrays
        Sums of their weights and of the squares of those; by default, of weights of 1.
    scale : tuple of float
        Lowest and highest answer possible.
    top : int
        How many of the highest options count as satisfied in `value`.
    min_group : int
        Groups with fewer respondents show NaN.
    groups, notes, frame
        Labels of each row by column; answers not given, counted; the kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> answers = cv.satisfaction.CSAT([1, 2, 3, 4, 5], [4, 6, 10, 40, 40])
    >>> answers
    CSAT(answers=100, top_2_box=0.8, lower=0.711171, upper=0.866633, mean=4.06, index=76.5)
    >>> round(float(answers.top_box()), 6), round(float(answers.net_box()), 6)
    (0.4, 0.36)
    """

    top: int = 2

    _settings: ClassVar[tuple[str, ...]] = ("scale", "top", "min_group")

    def __post_init__(self) -> None:
        super().__post_init__()
        refuse_names(self.groups, (self._name,))
        object.__setattr__(self, "top", whole_count("top", self.top, 1, len(self.options) - 1))

    @property
    def value(self) -> Array:
        """Share of the `top` highest options; NaN of none."""
        return self.top_box(self.top)

    def interval(self, level: float = 0.95, method: str = "wilson") -> tuple[Array, Array]:
        """Return bounds of `value`, the respondents taken as a sample.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald"}
            Wilson (1927) by default; Agresti & Coull's (1998) is wider where few answered.

        Notes
        -----
        Coverage of the default at a level of 0.95, by exact sums over all samples, by how many
        answers are expected on that side of the edge that has fewer; with survey weights that have
        nothing to do with the answers, of a share of 0.1 to 0.8, by their design effect:

        ================== ============== ============== ============== ==============
        respondents        20             50             200            1,000
        ================== ============== ============== ============== ==============
        5 or more answers  0.929 to 0.975 0.931 to 0.970 0.938 to 0.969 0.938 to 0.966
        1 or more answers  0.917 to 0.981 0.922 to 0.979 0.920 to 0.977 0.920 to 0.967
        design effect 1.1  0.948 to 0.959 0.950 to 0.958 0.950 to 0.953 0.949 to 0.953
        design effect 1.4  0.947 to 0.965 0.950 to 0.960 0.950 to 0.952 0.950 to 0.952
        design effect 3    0.939 to 0.978 0.954 to 0.960 0.949 to 0.958 0.949 to 0.952
        ================== ============== ============== ============== ==============

        With fewer it falls, to 0.84 where 0.175 are expected, however many respondents there are:
        take "clopper-pearson" there.
        """
        return self.share_interval(self._top(self.top), self.scale[1], level, method)

    @property
    def _name(self) -> str:
        return "top_box" if self.top == 1 else f"top_{self.top}_box"

    def _table(self) -> dict[str, Any]:
        """Return a row for each group; `distribution` has one for each option."""
        low, high = self.interval()
        mean_low, mean_high = self.mean_interval()
        columns = {
            "answers": self.base,
            self._name: self.value,
            "lower": low,
            "upper": high,
            "mean": self.mean,
            "mean_lower": mean_low,
            "mean_upper": mean_high,
            "index": self.index,
            "low_base": self.low_base,
        }
        return self._group_labels() | {
            name: np.atleast_1d(column) for name, column in columns.items()
        }

    def plot(self, ax: Any = None) -> Any:
        """Draw it; see `custvalue.plot.answers`."""
        from custvalue.plot import answers

        return answers(self, ax)

    def _head(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"answers": int(np.sum(self.answers))}
        if self.groups:
            return {**facts, "groups": len(np.atleast_1d(self.base)), **self.notes}
        low, high = self.interval()
        facts |= {self._name: self.value, "lower": low, "upper": high}
        return {**facts, "mean": self.mean, "index": self.index, **self.notes}


def csat(
    table: Any,
    column: str | None = None,
    *,
    scale: tuple[float, float] = (1, 5),
    top: int = 2,
    reverse: bool = False,
    by: str | Sequence[str] | None = None,
    weight: Any = None,
    labels: Mapping[str, float] | None = None,
    not_applicable: Collection[Any] = (),
    numeric_text: bool = False,
    missing: str = "drop",
    min_group: int = 0,
) -> CSAT:
    """Return the satisfaction that answers on a scale show: mean, boxes and index.

    Parameters
    ----------
    table : data frame or array_like
        One row per respondent; or the answers themselves.
    column : str, optional
        Column of the answers; None where `table` is the answers.
    scale : tuple of float
        Lowest and highest answer possible, whole numbers.
    top : int
        How many of the highest options count as satisfied in `value`.
    reverse : bool
        Whether low answers are the good ones: answers become low + high - answer.
    by : str or sequence of str, optional
        Columns to group by.
    weight : str or array_like, optional
        Column of survey weights, at least 0; an array where `table` is one.
    labels : mapping of str to float, optional
        Number that each text stands for.
    not_applicable : collection, optional
        Texts or numbers that stand for no answer.
    numeric_text : bool
        Whether numbers exported as text are read as numbers.
    missing : {"drop", "error"}
        Missing answers are left out and counted in `notes`, or refused.
    min_group : int
        Groups with fewer respondents show NaN.

    Returns
    -------
    CSAT
        With `value`, `interval()`, `mean`, `index`, `top_box()`, `bottom_box()`, `net_box()`, each
        with its interval, and `distribution()`.

    Raises
    ------
    InvalidDataError
        If an answer is not a whole number on the scale, or text that no argument resolves.

    Examples
    --------
    >>> import custvalue as cv
    >>> answers = cv.satisfaction.csat([5, 5, 4, 4, 4, 3, 2, None])
    >>> float(answers.value), float(answers.mean), answers.notes
    (0.714..., 3.857..., {'answer: missing': 1})
    >>> words = {"poor": 1, "fair": 2, "good": 3}
    >>> float(cv.satisfaction.csat(["good", "fair"], scale=(1, 3), top=1, labels=words).index)
    75.0
    """
    options(scale)
    answers = read_one(
        table,
        column,
        reverse=reverse,
        by=by,
        weight=weight,
        scale=scale,
        labels=labels,
        not_applicable=not_applicable,
        numeric_text=numeric_text,
        missing=missing,
    )
    return CSAT(**histogram_fields(answers), top=top, min_group=min_group)


def battery(
    table: Any,
    columns: Sequence[str],
    *,
    scale: tuple[float, float] = (1, 5),
    top: int = 2,
    reverse: Collection[str] = (),
    by: str | Sequence[str] | None = None,
    weight: str | None = None,
    labels: Mapping[str, float] | None = None,
    not_applicable: Collection[Any] = (),
    numeric_text: bool = False,
    missing: str = "drop",
    min_group: int = 0,
) -> CSAT:
    """Return the satisfaction with each of several attributes asked on one scale.

    Parameters
    ----------
    table : data frame
        One row per respondent.
    columns : sequence of str
        Columns of the answers: product, service, price, after-sales, or any.
    scale : tuple of float
        Lowest and highest answer possible, the same for all columns.
    top : int
        How many of the highest options count as satisfied in `value`.
    reverse : collection of str
        Columns in which low answers are the good ones.
    by : str or sequence of str, optional
        Columns to group by.
    weight : str, optional
        Column of survey weights, at least 0.
    labels : mapping of str to float, optional
        Number that each text stands for.
    not_applicable : collection, optional
        Texts or numbers that stand for no answer.
    numeric_text : bool
        Whether numbers exported as text are read as numbers.
    missing : {"drop", "error"}
        Missing answers are left out and counted in `notes`, or refused.
    min_group : int
        Cells with fewer respondents show NaN.

    Returns
    -------
    CSAT
        Grouped by "item", the names of the columns in alphabetical order, and by `by`. Each
        item has its own base: those who answered it.

    Raises
    ------
    InvalidDataError
        As in `csat`.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> survey = pd.DataFrame({"price": [2, 3, 4, 4], "service": [5, 4, None, 5]})
    >>> scores = cv.satisfaction.battery(survey, ["service", "price"])
    >>> print(scores.to_frame()[["item", "answers", "top_2_box", "mean"]].round(3))
          item  answers  top_2_box   mean
    0    price        4        0.5  3.250
    1  service        3        1.0  4.667
    """
    options(scale)
    answers = read_answers(
        table,
        columns,
        reverse=reverse,
        by=by,
        weight=weight,
        scale=scale,
        labels=labels,
        not_applicable=not_applicable,
        numeric_text=numeric_text,
        missing=missing,
    )
    return CSAT(**histogram_fields(answers, battery=True), top=top, min_group=min_group)
