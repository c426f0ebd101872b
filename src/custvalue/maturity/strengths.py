"""Strengths and weaknesses: the items that stand out, above and below."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, number, of_type, whole
from custvalue._record import Record
from custvalue._tally import keep_columns
from custvalue.maturity._assessment import Assessment
from custvalue.maturity._parts import names_of
from custvalue.maturity._scale import TOLERANCE
from custvalue.maturity.gap import targets

Column = npt.NDArray[Any]
_DIGITS = 9  # as far as differences are told apart, like by TOLERANCE


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Strengths(Record):
    """The strongest and the weakest items of organisations, one row each.

    Attributes
    ----------
    organisation, kind, item, name : arrays of shape (rows,)
        Whose; "strength" or "weakness"; which item, and its name.
    rank : int array
        1 for the one that stands out most.
    rating, reference, difference : float arrays
        The rating, what it is compared with, and the difference.

    Examples
    --------
    >>> import custvalue as cv
    >>> found = cv.maturity.assess("value-crm", [[3, 1, *[2] * 13]])
    >>> cv.maturity.strengths(found, count=1).to_frame()[["kind", "item", "difference"]]
           kind              item  difference
    0  strength   data.collection         1.0
    1  weakness  data.single-view        -1.0
    """

    organisation: Column
    kind: Column
    rank: Column
    item: Column
    name: Column
    rating: Array
    reference: Array
    difference: Array
    frame: str = dataclasses.field(default="pandas", kw_only=True, compare=False)

    _columns: ClassVar[tuple[str, ...]] = (
        "organisation", "kind", "rank", "item", "name", "rating", "reference", "difference"
    )  # fmt: skip

    def __post_init__(self) -> None:
        keep_columns(self)
        super().__post_init__()

    def _head(self) -> dict[str, Any]:
        return {"organisations": len(set(self.organisation.tolist())), "rows": len(self.item)}


def strengths(
    assessment: Assessment, count: int = 3, *, target: Any = None, language: str = "en"
) -> Strengths:
    """Return the items in which organisations are strongest, and weakest.

    Parameters
    ----------
    assessment : Assessment
        From `assess`.
    count : int
        How many of either, at most.
    target : float or mapping of str to float, optional
        What ratings are compared with, as in `target_gap`; by default the targets of the model, or
        where it has none the mean rating of the organisation.
    language : str
        Of the names, such as "en" or "zh".

    Returns
    -------
    Strengths
        Strengths are above what they are compared with, weaknesses below; equal differences are in
        the order of the model. What was not rated or does not apply is neither.

    Raises
    ------
    InvalidDataError
        If the target is off the scale, or names an unknown item.

    Examples
    --------
    >>> import custvalue as cv
    >>> found = cv.maturity.assess("value-crm", [[3, 1, *[2] * 13]])
    >>> cv.maturity.strengths(found, 5, target=2).item.tolist()
    ['data.collection', 'data.single-view']
    """
    of_type("assessment", assessment, Assessment, "It comes from maturity.assess(...).")
    most = int(whole("count", number("count", count, 1, 1_000_000)))
    model = assessment.model
    rating = np.where(assessment.ratings < 0, np.nan, assessment.ratings)
    aims = targets(assessment, target)
    if np.isnan(aims).all():
        known = ~np.isnan(rating)
        n = known.sum(axis=1, keepdims=True)
        total = np.where(known, rating, 0.0).sum(axis=1, keepdims=True)
        mean = np.divide(total, n, out=np.full(total.shape, np.nan), where=n > 0)
        reference = np.broadcast_to(mean, rating.shape)
    else:
        reference = np.broadcast_to(aims, rating.shape)
    difference = rating - reference
    difference[np.abs(difference) <= TOLERANCE] = 0.0
    rows, kinds, ranks, places = [], [], [], []
    for kind, sign in (("strength", -1.0), ("weakness", 1.0)):
        away = np.where(np.isnan(difference) | (difference * sign >= 0), np.inf, difference * sign)
        order = np.argsort(np.round(away, _DIGITS), axis=1, kind="stable")[:, :most]
        who, rank = np.nonzero(np.isfinite(np.take_along_axis(away, order, axis=1)))
        rows.append(who)
        ranks.append(rank + 1)
        places.append(order[who, rank])
        kinds.append(np.full(len(who), kind, dtype=object))
    row, kind_, rank_, place = map(np.concatenate, (rows, kinds, ranks, places))
    order = np.lexsort((rank_, kind_ == "weakness", row))
    row, kind_, rank_, place = row[order], kind_[order], rank_[order], place[order]
    return Strengths(
        assessment.organisation[row], kind_, rank_,
        np.array(model.item_ids, dtype=object)[place], names_of(model.items, language)[place],
        rating[row, place], reference[row, place], difference[row, place],
        frame=assessment.frame,
    )  # fmt: skip
