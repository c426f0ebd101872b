"""Self-assessment against third parties: how much better organisations rate themselves."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, of_type, one_of
from custvalue._proportion import normal_quantile
from custvalue._record import Record
from custvalue._tally import distinct_rows, keep_columns
from custvalue.errors import InvalidDataError, message
from custvalue.maturity._assessment import Assessment
from custvalue.maturity._resolve import KINDS

Column = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class AssessorGap(Record):
    """Ratings by one kind of assessor less those by another, a row for each organisation and item.

    Attributes
    ----------
    organisation, item : arrays of shape (rows,)
        What both kinds rated.
    first, second : float arrays
        Mean rating by each kind.
    kinds : tuple of two str
        Which kinds.

    Examples
    --------
    >>> import custvalue as cv
    >>> gap = cv.maturity.AssessorGap(["we"] * 3, ["a", "b", "c"], [4, 3, 3], [3, 2, 3],
    ...                               ("self", "third_party"))
    >>> gap
    AssessorGap(kinds=self less third_party, organisations=1, gap=0.666667, lower=-0.767551, ...)
    """

    organisation: Column
    item: Column
    first: Array
    second: Array
    kinds: tuple[str, str]
    frame: str = dataclasses.field(default="pandas", kw_only=True, compare=False)

    _columns: ClassVar[tuple[str, ...]] = ("organisation", "item", "first", "second")

    def __post_init__(self) -> None:
        keep_columns(self)
        object.__setattr__(self, "kinds", tuple(one_of("kinds", k, KINDS) for k in self.kinds))
        super().__post_init__()

    @property
    def difference(self) -> Array:
        """First less second, of each row."""
        return np.asarray(self.first - self.second, dtype=np.float64)

    @property
    def value(self) -> float:
        """Mean difference: of the items of an organisation, then of the organisations."""
        each = self.by_organisation()[1]
        return float(each.mean()) if len(each) else np.nan

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return Student's interval of `value`.

        With several organisations they are the sample; with one its items are, as if they were
        drawn from many like them.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        """
        each = self.by_organisation()[1]
        return _student(each if len(each) > 1 else self.difference, level)

    def by_organisation(self) -> tuple[Column, Array]:
        """Return the organisations, and the mean difference of each."""
        return _means(self.organisation, self.difference)

    def by_item(self, level: float = 0.95) -> Any:
        """Return a frame of the mean difference of each item over organisations, with an interval.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        """
        names, place = np.unique(self.item.astype(str), return_inverse=True)
        n = np.bincount(place, minlength=len(names)).astype(np.float64)
        mean = np.bincount(place, self.difference, len(names)) / n
        rest = np.bincount(place, (self.difference - mean[place]) ** 2, len(names))
        low, high = _bounds(mean, np.asarray(rest, dtype=np.float64), n, level)
        return self._framed({"item": names.astype(object), "organisations": n.astype(np.int64),
                             "difference": mean, "lower": low, "upper": high})  # fmt: skip

    def _head(self) -> dict[str, Any]:
        low, high = self.interval()
        return {
            "kinds": " less ".join(self.kinds),
            "organisations": len(self.by_organisation()[0]),
            "gap": self.value,
            "lower": low,
            "upper": high,
        }

    def _table(self) -> dict[str, Any]:
        return super()._table() | {"difference": self.difference}


def assessor_gap(
    assessment: Assessment, first: str = "self", second: str = "third_party"
) -> AssessorGap:
    """Return how ratings by one kind of assessor differ from those by another.

    Parameters
    ----------
    assessment : Assessment
        From `assess` with `kind=`.
    first, second : {"self", "internal", "third_party"}
        Kinds of assessors.

    Returns
    -------
    AssessorGap
        Of the items that both kinds rated; positive where the first kind rates higher.

    Raises
    ------
    InvalidDataError
        If the kind of assessors is not known, or no item was rated by both kinds.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> model = cv.maturity.load("value-crm")
    >>> sheets = pd.DataFrame([[4] * 15, [3] * 14 + [None]], columns=model.item_ids)
    >>> sheets["who"] = sheets["kind"] = ["self", "third_party"]
    >>> found = cv.maturity.assess(model, sheets, assessor="who", kind="kind")
    >>> cv.maturity.assessor_gap(found).value
    1.0
    """
    of_type("assessment", assessment, Assessment, "It comes from maturity.assess(...).")
    if assessment.kind is None:
        rule = "must know the kind of assessors"
        raise InvalidDataError(message("assessment", rule, hint="Pass kind= to assess."))
    if one_of("first", first, KINDS) == one_of("second", second, KINDS):
        raise InvalidDataError(message("second", "must be another kind", value=second))
    both = [_mean_by(assessment, KINDS.index(kind)) for kind in (first, second)]
    row, place = np.nonzero(~np.isnan(both[0]) & ~np.isnan(both[1]))
    if not len(row):
        rule = f"must have an item that {first} and {second} rated"
        raise InvalidDataError(message("assessment", rule))
    return AssessorGap(
        assessment.organisation[row],
        np.array(assessment.model.item_ids, dtype=object)[place],
        both[0][row, place],
        both[1][row, place],
        (first, second),
        frame=assessment.frame,
    )


def _mean_by(assessment: Assessment, kind: int) -> Array:
    """Return the mean rating of each organisation and item by one kind, NaN where there is none."""
    rating = assessment._capped(assessment.kind == kind)
    owner = assessment.owner[assessment.kind == kind]
    total = np.zeros((len(assessment), len(assessment.model.items)))
    count = np.zeros_like(total)
    np.add.at(total, owner, np.where(rating >= 0, rating, 0.0))
    np.add.at(count, owner, rating >= 0)
    mean = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    return np.asarray(mean)


def _means(labels: Column, values: Array) -> tuple[Column, Array]:
    place, firsts = distinct_rows([labels])
    return labels[firsts], np.bincount(place, values) / np.maximum(np.bincount(place), 1)


def _student(values: Array, level: float) -> tuple[float, float]:
    n, mean = len(values), float(values.mean()) if len(values) else np.nan
    low, high = _bounds(np.array([mean]), np.array([((values - mean) ** 2).sum()]),
                        np.array([float(n)]), level)  # fmt: skip
    return float(low[0]), float(high[0])


def _bounds(mean: Array, rest: Array, n: Array, level: float) -> tuple[Array, Array]:
    """Return Student's bounds, NaN of fewer than two."""
    from scipy.special import stdtrit

    normal_quantile(level)  # refuses what is no level
    free = np.where(n > 1, n - 1.0, np.nan)
    half = -stdtrit(free, (1.0 - level) / 2.0) * np.sqrt(rest / free / n)
    return mean - half, mean + half
