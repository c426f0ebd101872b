"""Customer Effort Score: how easy it was, as agreement (2.0) or as effort spent (1.0)."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from custvalue._check import Array, number, one_of
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction._answers import required_scale
from custvalue.satisfaction._counting import options, read_one
from custvalue.satisfaction._histogram import Histogram, histogram_fields

_SCALES = {"2.0": (1.0, 7.0), "1.0": (1.0, 5.0)}
_EASY = {"2.0": 5.0, "1.0": 2.0}


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class CES(Histogram):
    """How many gave each answer to a question about effort; `+` adds other respondents.

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
    edition : {"2.0", "1.0"}
        Whether a high answer means little effort (2.0) or much (1.0).
    agree_from : float
        The answer from which it was easy: down from it in version 1.0.
    min_group : int
        Groups with fewer respondents show NaN.
    groups, notes, frame
        Labels of each row by column; answers not given, counted; the kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> cv.satisfaction.CES([1, 2, 3, 4, 5, 6, 7], [2, 3, 5, 10, 20, 35, 25], scale=(1, 7))
    CES(version=2.0, answers=100, easy=0.8, lower=0.711171, upper=0.866633, mean=5.48)
    """

    edition: str = "2.0"
    agree_from: float = 5.0
    scale: tuple[float, float] = (1.0, 7.0)

    _settings: ClassVar[tuple[str, ...]] = ("scale", "edition", "agree_from", "min_group")
    _shows: ClassVar[tuple[str, ...]] = (*Histogram._shows, "easy")

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("edition", self.edition, tuple(_SCALES))
        edge = number("agree_from", self.agree_from, *self.scale)
        object.__setattr__(self, "agree_from", edge)

    @property
    def value(self) -> Array:
        """Share of respondents for whom it was easy, in either version; NaN of none."""
        return self.share(*self._easy)

    def interval(self, level: float = 0.95, method: str = "wilson") -> tuple[Array, Array]:
        """Return bounds of `value`, the respondents taken as a sample.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald"}
            Wilson (1927) by default; for its coverage see `CSAT.interval`.
        """
        return self.share_interval(*self._easy, level, method)

    @property
    def index(self) -> Array:
        """Mean answer rescaled to 0 for the most effort and 100 for the least."""
        low, high = self._rescaled(self.mean), self._rescaled(sum(self.scale) - self.mean)
        return low if self.edition == "2.0" else high

    def index_interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """Return the bounds of `mean_interval`, rescaled as `index`.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        """
        low, high = super().index_interval(level)
        return (low, high) if self.edition == "2.0" else (100.0 - high, 100.0 - low)

    @property
    def _easy(self) -> tuple[float, float]:
        if self.edition == "2.0":
            return self.agree_from, self.scale[1]
        return self.scale[0], self.agree_from

    def _table(self) -> dict[str, Any]:
        """Return a row for each group; `distribution` has one for each option."""
        low, high = self.interval()
        mean_low, mean_high = self.mean_interval()
        columns = {
            "answers": self.base,
            "easy": self.value,
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

    def _head(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"version": self.edition, "answers": int(np.sum(self.answers))}
        if self.groups:
            return {**facts, "groups": len(np.atleast_1d(self.base)), **self.notes}
        low, high = self.interval()
        facts |= {"easy": self.value, "lower": low, "upper": high}
        return {**facts, "mean": self.mean, **self.notes}


def ces(
    table: Any,
    column: str | None = None,
    *,
    version: str = "2.0",
    scale: tuple[float, float] | None = None,
    agree_from: float | None = None,
    by: str | Sequence[str] | None = None,
    weight: Any = None,
    labels: Mapping[str, float] | None = None,
    not_applicable: Collection[Any] = (),
    numeric_text: bool = False,
    missing: str = "drop",
    min_group: int = 0,
) -> CES:
    """Return the Customer Effort Score: the share for whom it was easy, and the mean answer.

    Version 2.0 asks for agreement with "the company made it easy for me to handle my issue", on a
    scale of 1 to 7, and counts answers of 5 or more. Version 1.0 asked how much effort it took,
    on a scale of 1 to 5 on which low answers are good.

    Parameters
    ----------
    table : data frame or array_like
        One row per respondent; or the answers themselves.
    column : str, optional
        Column of the answers; None where `table` is the answers.
    version : {"2.0", "1.0"}
        Whether a high answer means little effort (2.0) or much (1.0).
    scale : tuple of float, optional
        Lowest and highest answer possible; (1, 7) in version 2.0, (1, 5) in 1.0.
    agree_from : float, optional
        Lowest answer that means easy in version 2.0, by default 5; in version 1.0 the highest
        one, by default 2. To be given with another scale.
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
    CES
        `value` is the share for whom it was easy, `mean` the mean answer as given, `index` the mean
        on a scale of 0 to 100 where 100 is the least effort.

    Raises
    ------
    InvalidDataError
        If an answer is not a whole number on the scale, or text that no argument resolves.

    References
    ----------
    Dixon, Freeman & Toman, "Stop trying to delight your customers", Harvard Business Review 88
    (2010), 116-122 (version 1.0); Dixon, Toman & DeLisi, "The effortless experience", 2013 (2.0).

    Examples
    --------
    >>> import custvalue as cv
    >>> effort = cv.satisfaction.ces([7, 6, 5, 4, 1])
    >>> float(effort.value), float(effort.mean)
    (0.6, 4.6)
    >>> old = cv.satisfaction.ces([1, 2, 2, 3, 5], version="1.0")
    >>> float(old.value), float(old.mean), float(old.index)
    (0.6, 2.6, 60.0)
    """
    one_of("version", version, tuple(_SCALES))
    asked = _SCALES[version] if scale is None else required_scale(scale)
    if agree_from is None and asked != _SCALES[version]:
        rule = "must be given with a scale that is not the usual one"
        raise InvalidDataError(message("agree_from", rule, value=scale))
    options(asked)
    answers = read_one(
        table,
        column,
        by=by,
        weight=weight,
        scale=asked,
        labels=labels,
        not_applicable=not_applicable,
        numeric_text=numeric_text,
        missing=missing,
    )
    edge = _EASY[version] if agree_from is None else agree_from
    fields = histogram_fields(answers)
    return CES(**fields, edition=version, agree_from=edge, min_group=min_group)
