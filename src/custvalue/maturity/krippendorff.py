"""Krippendorff's alpha: agreement of any number of assessors, on any scale, with gaps."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from custvalue._check import Array, one_of
from custvalue.errors import InvalidDataError, message
from custvalue.maturity._disagreement import METRICS, disagreement
from custvalue.maturity._patterns import UnitPatterns, left_out
from custvalue.maturity._ratings import read_ratings


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class KrippendorffAlpha(UnitPatterns):
    """Units by their ratings: Krippendorff's alpha, its standard error and interval.

    Attributes
    ----------
    levels : array of shape (levels,)
        The ratings that there are, lowest first.
    patterns : int array of shape (patterns, ratings)
        Ratings of a unit as places in `levels`, ascending, filled up with -1 on the left.
    units : int array of shape (patterns,)
        How many units have each pattern.
    metric : {"nominal", "ordinal", "interval", "ratio"}
        How far apart two ratings are.
    declared : bool
        Whether the order of the levels was given (`order=`).
    notes, frame
        What was left out, counted; the kind of frame for results.

    Examples
    --------
    >>> from custvalue import maturity
    >>> first = maturity.krippendorff_alpha([[1, 1], [2, 2], [3, 2]], metric="ordinal")
    >>> second = maturity.krippendorff_alpha([[3, 3], [1, 2], [1, None]], metric="ordinal")
    >>> first + second
    KrippendorffAlpha(value=0.7, lower=-1, upper=0.962123, units=5,
        units with fewer than two ratings left out=1)
    >>> (first + second).interpretation()
    'good for tentative conclusions (by the convention of Krippendorff (2004))'
    """

    metric: str = dataclasses.field(default="nominal", kw_only=True)

    _convention: ClassVar[str] = "krippendorff"
    _settings: ClassVar[tuple[str, ...]] = ("metric", "declared")

    def __post_init__(self) -> None:
        one_of("metric", self.metric, METRICS)
        super().__post_init__()
        numbers = self.levels.dtype.kind in "iuf" or not self.levels.size
        if not numbers and self.metric in ("interval", "ratio"):
            hint = "Turn text into numbers first, or take metric='ordinal' with order=."
            rule = f"{self.metric!r} needs ratings that are numbers"
            raise InvalidDataError(message("metric", rule, value=self.levels.tolist()[:5],
                                           hint=hint))  # fmt: skip
        if not (numbers or self.declared) and self.metric == "ordinal":
            hint = "Pass order=[lowest, ..., highest]."
            rule = "'ordinal' needs the order of ratings that are text"
            raise InvalidDataError(message("metric", rule, value=self.levels.tolist()[:5],
                                           hint=hint))  # fmt: skip
        if self.metric == "ratio" and (self.levels < 0).any():
            rule = "'ratio' needs ratings of at least 0"
            raise InvalidDataError(message("metric", rule, value=float(self.levels.min())))

    def _lacking(self, units: Array) -> tuple[float, Array]:
        by_number = self.metric in ("interval", "ratio") and self.levels.size
        size = self.levels if by_number else np.arange(len(self.levels))
        sums = disagreement(self.patterns, units, size.astype(np.float64), self.metric)
        return sums.one_less(1.0)


def krippendorff_alpha(
    table: Any,
    *,
    metric: str,
    raters: Sequence[str] | None = None,
    unit: str | None = None,
    rater: str | None = None,
    rating: str | None = None,
    order: Sequence[Any] | None = None,
) -> KrippendorffAlpha:
    """Return Krippendorff's alpha of ratings of units by any number of assessors.

    Alpha is 1 - observed / expected disagreement: 1 is agreement without exception, 0 what ratings
    drawn from all of them would show, less than 0 systematic disagreement. It is NaN, as nothing is
    to be agreed on, where all ratings are the same. Units with fewer than two ratings are left out
    and counted in `notes`.

    Parameters
    ----------
    table : data frame or array_like of shape (units, raters)
        A row for each unit (wide), a row for each rating (long), or an array; NaN or None where a
        rating is missing.
    metric : {"nominal", "ordinal", "interval", "ratio"}
        How far apart two ratings are: different or not; by the ratings between them; by their
        difference; by their difference over their sum.
    raters : sequence of str, optional
        Columns of a wide table, or the raters to keep of a long one.
    unit, rater, rating : str, optional
        Columns of a long table; `rater` may be left out, and then is not checked for repeats.
    order : sequence, optional
        Every rating allowed, lowest first; needed for text with the metric "ordinal".

    Returns
    -------
    KrippendorffAlpha
        With `value`, `standard_error`, `interval()` and `interpretation()`; records of other
        units can be added.

    Raises
    ------
    InvalidDataError
        If the metric does not fit the ratings, ratings are not all numbers or all text, or a rater
        rates a unit twice.

    Notes
    -----
    The metric "ratio" takes time by the square of the number of different ratings.

    References
    ----------
    Krippendorff, *Content Analysis*, 2nd ed. (2004), chapter 11.

    Examples
    --------
    >>> from custvalue import maturity
    >>> answers = [["N", "N", "P"], ["P", "P", "P"], ["L", "F", None], ["F", "F", "F"]]
    >>> found = maturity.krippendorff_alpha(answers, metric="ordinal", order=["N", "P", "L", "F"])
    >>> round(found.value, 4)
    0.8607
    """
    found = read_ratings(table, raters, unit, rater, rating, order, apart=False)
    few = (found.codes >= 0).sum(axis=1) < 2
    return KrippendorffAlpha(
        found.levels,
        found.codes[~few],
        np.ones(int((~few).sum()), dtype=np.int64),
        metric=metric,
        declared=found.declared,
        notes=found.notes | left_out(int(few.sum())),
        frame=found.kind,
    )
