"""Fleiss' kappa: agreement of several assessors on categories, overall and on each of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from custvalue._check import Array, one_of, refuse
from custvalue.errors import InvalidDataError, message
from custvalue.maturity._disagreement import Disagreement, disagreement
from custvalue.maturity._patterns import UnitPatterns, jackknife
from custvalue.maturity._ratings import read_ratings

MISSING = ("error", "listwise")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class FleissKappa(UnitPatterns):
    """Units by their ratings, as many of each: Fleiss' kappa, overall and for each category.

    Attributes
    ----------
    levels : array of shape (levels,)
        The categories.
    patterns : int array of shape (patterns, ratings)
        Ratings of a unit as places in `levels`, ascending.
    units : int array of shape (patterns,)
        How many units have each pattern.
    declared : bool
        Whether the categories were given (`order=`).
    notes, frame
        What was left out, counted; the kind of frame for results.

    Examples
    --------
    >>> from custvalue import maturity
    >>> found = maturity.FleissKappa.from_counts([[3, 0], [2, 1], [0, 3], [0, 3]], ["no", "yes"])
    >>> found
    FleissKappa(value=0.657143, lower=-1, upper=0.983671, units=4)
    >>> found.to_frame().round(3)
      level  ratings  share  value  standard_error
    0    no        5  0.417  0.657           0.328
    1   yes        7  0.583  0.657           0.328
    """

    _convention: ClassVar[str] = "landis-koch"

    def __post_init__(self) -> None:
        super().__post_init__()
        each = (self.patterns >= 0).sum(axis=1)
        if each.size and each.min() < each.max():
            rule = "must be as many of each unit"
            hint = "Use krippendorff_alpha where ratings are missing."
            value = f"{int(each.min())} to {int(each.max())}"
            raise InvalidDataError(message("ratings", rule, value=value, hint=hint))

    def _lacking(self, units: Array) -> tuple[float, Array]:
        places = np.arange(len(self.levels)).astype(np.float64)
        return disagreement(self.patterns, units, places, "nominal").one_less(0.0)

    @property
    def null_standard_error(self) -> float:
        """Standard error if all agreement is by chance, to test whether kappa is 0.

        Fleiss, Nee & Landis, "Large sample variance of kappa in the case of different sets of
        raters", Psychological Bulletin 86 (1979), equation 12.
        """
        m, total = self.patterns.shape[1], float(self.units.sum())
        p = self.counts / max(m * total, 1.0)
        among = float(p @ (1.0 - p))
        if not among > 0:
            return float("nan")
        odd = among**2 - float((p * (1.0 - p)) @ (1.0 - 2.0 * p))
        return float(np.sqrt(2.0 * max(odd, 0.0) / (total * m * (m - 1.0))) / among)

    def _of_level(self, level: int) -> tuple[float, float]:
        """Return kappa and standard error of one category against all others."""
        here = self.patterns >= 0
        m = here.sum(axis=1).astype(np.float64)
        mine = (self.patterns == level).sum(axis=1).astype(np.float64)
        units = self._weights
        n, count = float(units @ m), float(units @ mine)
        pairs = 2.0 * mine * (m - mine) / (m - 1.0)
        moves = 2.0 * (mine * (n - count) + (m - mine) * count)
        expected = 2.0 * count * (n - count)
        found = Disagreement(n, float(units @ pairs), expected, m, pairs, moves)
        lacking, change = found.one_less(0.0)
        return 1.0 - lacking, jackknife(units, change)

    def _table(self) -> dict[str, Any]:
        each = np.array([self._of_level(level) for level in range(len(self.levels))])
        values, errors = each.reshape(-1, 2).T
        return {**super()._table(), "value": values, "standard_error": errors}


def fleiss_kappa(
    table: Any,
    *,
    raters: Sequence[str] | None = None,
    unit: str | None = None,
    rater: str | None = None,
    rating: str | None = None,
    order: Sequence[Any] | None = None,
    missing: str = "error",
) -> FleissKappa:
    """Return Fleiss' kappa of units that each have the same number of ratings, as categories.

    The raters of one unit need not be those of another. Kappa is 1 for agreement without
    exception, 0 for as much as chance would give; it is NaN where all ratings are the same.

    Parameters
    ----------
    table : data frame or array_like of shape (units, raters)
        A row for each unit (wide), a row for each rating (long), or an array; NaN or None where a
        rating is missing. `FleissKappa.from_counts` takes a table of units by categories.
    raters : sequence of str, optional
        Columns of a wide table, or the raters to keep of a long one.
    unit, rater, rating : str, optional
        Columns of a long table; `rater` may be left out, and then is not checked for repeats.
    order : sequence, optional
        Every category allowed, in the order in which to show them.
    missing : {"error", "listwise"}
        Refuse units that have fewer ratings than others (default), or leave them out and count
        them in `notes`.

    Returns
    -------
    FleissKappa
        With `value`, `standard_error`, `interval()`, `interpretation()`, and kappa of each
        category in `to_frame()`; records of other units can be added.

    Raises
    ------
    InvalidDataError
        If numbers of ratings differ, ratings are not all numbers or all text, or a rater rates a
        unit twice.

    References
    ----------
    Fleiss, "Measuring nominal scale agreement among many raters", Psychological Bulletin 76 (1971).

    Examples
    --------
    >>> from custvalue import maturity
    >>> answers = [["a", "a", "a"], ["a", "b", "b"], ["c", "c", "c"], ["b", "b", "b"]]
    >>> found = maturity.fleiss_kappa(answers)
    >>> round(found.value, 4), found.interpretation()
    (0.7447, 'substantial (by the convention of Landis & Koch (1977))')
    """
    one_of("missing", missing, MISSING)
    found = read_ratings(table, raters, unit, rater, rating, order, apart=False)
    each = (found.codes >= 0).sum(axis=1)
    few = each < max(int(each.max(initial=0)), 2)
    if missing == "error":
        rule = "must be as many of each unit, and at least two"
        hint = "Pass missing='listwise', or use krippendorff_alpha."
        refuse("ratings", rule, each, few, hint=hint)
    left = {"units with fewer ratings left out": int(few.sum())} if few.any() else {}
    return FleissKappa(
        found.levels,
        found.codes[~few],
        np.ones(int((~few).sum()), dtype=np.int64),
        declared=found.declared,
        notes=found.notes | left,
        frame=found.kind,
    )
