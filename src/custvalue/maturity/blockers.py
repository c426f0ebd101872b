"""What keeps an organisation from the next level."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, of_type
from custvalue._record import Record
from custvalue._tally import keep_columns
from custvalue.errors import InvalidDataError, message
from custvalue.maturity._assessment import Assessment
from custvalue.maturity._parts import names_of
from custvalue.maturity._resolve import NOT_APPLICABLE
from custvalue.maturity._scores import ceilings, for_levels, required

Column = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Blockers(Record):
    """The items that keep organisations from the next level, one row each.

    Attributes
    ----------
    organisation, item, name : arrays of shape (rows,)
        Whose, which, and its name.
    level : float array
        The level that it keeps them from.
    rating : float array
        NaN where nobody rated it.
    needed : array of str
        Code of the lowest band that would do.

    Examples
    --------
    >>> import custvalue as cv
    >>> found = cv.maturity.assess("value-crm", [[3, 1, *[2] * 13]])
    >>> cv.maturity.blockers(found).to_frame()[["level", "item", "rating", "needed"]]
       level              item  rating needed
    0    2.0  data.single-view     1.0      2
    """

    organisation: Column
    level: Array
    item: Column
    name: Column
    rating: Array
    needed: Column
    frame: str = dataclasses.field(default="pandas", kw_only=True, compare=False)

    _columns: ClassVar[tuple[str, ...]] = (
        "organisation", "level", "item", "name", "rating", "needed"
    )  # fmt: skip

    def __post_init__(self) -> None:
        keep_columns(self)
        super().__post_init__()

    def _head(self) -> dict[str, Any]:
        return {"organisations": len(set(self.organisation.tolist())), "rows": len(self.item)}


def blocking(assessment: Assessment) -> tuple[npt.NDArray[np.bool_], Array]:
    """Return which items block the next level, and that level, of shape (organisations, items)."""
    model, tree = assessment.model, assessment._tree
    needed = required(model)
    if not len(needed):
        rule = "must have levels"
        raise InvalidDataError(message("model", rule, value=model.id, hint="It has scores only."))
    rating = assessment.ratings.T
    each, overall = assessment.component_levels.T, assessment.level
    highest, most = ceilings(model, tree)
    level = np.empty(rating.shape)
    ceiling = np.empty(len(model.items))
    for top in tree.top:
        below = tree.below[int(top)]
        by_part = model.rules.overall_level == "none"
        level[below] = each[top] if by_part else overall
        ceiling[below] = highest[top] if by_part else most
    if model.rules.overall_level == "min":
        ceiling[:] = highest[tree.top].min()
    following = np.where(np.isnan(level) | (level >= ceiling[:, None]), np.nan, level + 1.0)
    place = np.where(np.isnan(following), 1.0, following).astype(np.int64) - 1
    limit = needed[place, np.arange(len(model.items))[:, None]]
    found = (for_levels(model, rating) <= limit) & ~np.isnan(following)
    return found.T, following.T


def blockers(assessment: Assessment, *, language: str = "en") -> Blockers:
    """Return the items that keep each organisation from its next level.

    All of them must be raised, and raising them is enough: the gate asks for each item on its own.

    Parameters
    ----------
    assessment : Assessment
        From `assess`.
    language : str
        Of the names, such as "en" or "zh".

    Returns
    -------
    Blockers
        None for organisations on the highest level. Where the model has no overall level, those of
        each component.

    Raises
    ------
    InvalidDataError
        If the model has no levels.

    Examples
    --------
    >>> import custvalue as cv
    >>> found = cv.maturity.assess("value-crm", [[3, 1, *[2] * 12, None]])
    >>> cv.maturity.blockers(found).item.tolist(), found.level.tolist()
    (['service.satisfaction'], [0.0])
    """
    of_type("assessment", assessment, Assessment, "It comes from maturity.assess(...).")
    model = assessment.model
    found, following = blocking(assessment)
    row, place = np.nonzero(found)
    limit = required(model)[following[row, place].astype(np.int64) - 1, place]
    codes = np.array(model.scale.codes, dtype=object)
    above = np.array([model.scale.above(i) for i in range(len(codes))])
    rating = assessment.ratings[row, place]
    return Blockers(
        assessment.organisation[row],
        following[row, place],
        np.array(model.item_ids, dtype=object)[place],
        names_of(model.items, language)[place],
        np.where(rating == NOT_APPLICABLE, np.nan, rating),
        codes[np.searchsorted(above, limit)],
        frame=assessment.frame,
    )
