"""Two assessments of the same organisations compared: what has changed since."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, of_type
from custvalue._proportion import normal_quantile
from custvalue._record import Notes, Record, checked_notes
from custvalue._tally import concatenated, distinct_rows, keep_columns
from custvalue.maturity._assessment import Assessment
from custvalue.maturity.model import refuse_models

Column = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Comparison(Record):
    """What has changed between two assessments, one row for each organisation in both.

    Attributes
    ----------
    organisation : array of shape (rows,)
        Names.
    before, after, level_before, level_after : float arrays
        Overall scores and levels.
    pairs : int array
        Assessors who rated the organisation both times.
    change_sum, change_squares : float arrays
        Of the changes of these assessors' own scores: their sum, and that of their squares.

    Examples
    --------
    >>> import custvalue as cv
    >>> then = cv.maturity.assess("value-crm", [[[2] * 15, [3] * 15]])
    >>> now = cv.maturity.assess("value-crm", [[[3] * 15, [3] * 15]])
    >>> cv.maturity.compare(then, now)
    Comparison(organisations=1, before=2.5, after=3, change=0.5)
    """

    organisation: Column
    before: Array
    after: Array
    level_before: Array
    level_after: Array
    pairs: Column
    change_sum: Array
    change_squares: Array
    notes: Notes = dataclasses.field(default_factory=dict, kw_only=True)
    frame: str = dataclasses.field(default="pandas", kw_only=True, compare=False)

    _columns: ClassVar[tuple[str, ...]] = (
        "organisation", "before", "after", "level_before", "level_after", "pairs", "change_sum",
        "change_squares",
    )  # fmt: skip

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", checked_notes(self.notes))
        keep_columns(self)
        super().__post_init__()

    @property
    def value(self) -> Array:
        """Change of the overall score."""
        return np.asarray(self.after - self.before)

    def interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """Return Student's interval of the mean change that the same assessors see.

        NaN with fewer than two assessors who rated both times. It is around the mean of their
        changes, which need not be `value`.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        """
        from scipy.special import stdtrit

        normal_quantile(level)  # refuses what is no level
        n = np.where(self.pairs > 1, self.pairs, np.nan).astype(np.float64)
        mean = self.change_sum / n
        spread = np.maximum(self.change_squares / n - mean**2, 0.0) / (n - 1.0)
        half = -stdtrit(n - 1.0, (1.0 - level) / 2.0) * np.sqrt(spread)
        return np.asarray(mean - half), np.asarray(mean + half)

    def _head(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"organisations": len(self.organisation)}
        if len(self.organisation) == 1:
            facts |= {"before": float(self.before[0]), "after": float(self.after[0]),
                      "change": float(self.value[0])}  # fmt: skip
        return {**facts, **self.notes}

    def _table(self) -> dict[str, Any]:
        low, high = self.interval()
        names = ("organisation", "before", "after", "level_before", "level_after", "pairs")
        table = {name: getattr(self, name) for name in names}
        return table | {"change": self.value, "lower": low, "upper": high}


def compare(before: Assessment, after: Assessment) -> Comparison:
    """Return what has changed between two assessments by the same model.

    Parameters
    ----------
    before, after : Assessment
        Organisations that are in one of them only are left out and counted in `notes`.

    Returns
    -------
    Comparison

    Raises
    ------
    InvalidDataError
        If the models differ, in content or version: a change of the model is no progress.

    Examples
    --------
    >>> import custvalue as cv
    >>> then = cv.maturity.assess("value-crm", [[1] * 15, [2] * 15])
    >>> now = cv.maturity.assess("value-crm", [[2] * 15, [2] * 14 + [4]])
    >>> cv.maturity.compare(then, now).to_frame()[["before", "after", "level_after"]]
       before     after  level_after
    0     1.0  2.000000          2.0
    1     2.0  2.133333          2.0
    """
    for name, one in (("before", before), ("after", after)):
        of_type(name, one, Assessment, "It comes from maturity.assess(...).")
    refuse_models(before.model, after.model)
    names = concatenated("organisation", before.organisation, after.organisation)
    place, firsts = distinct_rows([names])
    earlier, later = place[: len(before)], place[len(before) :]
    common, i, j = np.intersect1d(earlier, later, return_indices=True)
    count, total, squares = _paired(before, after, earlier, later, len(firsts))
    alone = {
        "organisations before only": len(earlier) - len(common),
        "organisations after only": len(later) - len(common),
    }
    return Comparison(
        names[firsts][common],
        before.value[i],
        after.value[j],
        before.level[i],
        after.level[j],
        count[common],
        total[common],
        squares[common],
        notes={rule: n for rule, n in alone.items() if n},
        frame=after.frame,
    )


def _paired(
    before: Assessment, after: Assessment, one: Column, other: Column, organisations: int
) -> tuple[Column, Array, Array]:
    """Return how many assessors rated both times, and sums of their changes and squares."""
    who = concatenated("assessor", before.assessor, after.assessor)
    by = distinct_rows([who])[0]
    width = int(by.max(initial=0)) + 1
    sheets = len(before.owner)
    keys = (one[before.owner] * width + by[:sheets], other[after.owner] * width + by[sheets:])
    both, i, j = np.intersect1d(*keys, return_indices=True)
    change = after.assessor_scores[j] - before.assessor_scores[i]
    known = ~np.isnan(change)
    owner, change = (both // width)[known], change[known]
    count = np.bincount(owner, minlength=organisations)
    total, squares = np.zeros(organisations), np.zeros(organisations)
    np.add.at(total, owner, change)
    np.add.at(squares, owner, change**2)
    return count, total, squares
