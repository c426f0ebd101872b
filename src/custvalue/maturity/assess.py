"""Assessing maturity: ratings by one or many assessors of one or many organisations."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import one_of, refuse
from custvalue.errors import InvalidDataError, message
from custvalue.maturity import _sheets
from custvalue.maturity._assessment import Assessment
from custvalue.maturity._cells import notation
from custvalue.maturity.model import load


def assess(
    model: Any,
    ratings: Any,
    *,
    organisation: str | None = None,
    assessor: str | None = None,
    kind: str | None = None,
    item: str | None = None,
    rating: str | None = None,
    evidence: str | None = None,
    percent: bool = False,
    not_applicable: Collection[Any] = (),
    absent: str = "error",
    profile: str | None = None,
) -> Assessment:
    """Return the maturity of organisations by a model: scores, gated levels and their bounds.

    Parameters
    ----------
    model : MaturityModel, str, path or mapping
        What is rated; see `load`.
    ratings : data frame, array or mapping
        A wide table, with a column for each item, named by its id, and a row for each organisation
        and assessor; a long table, with `item` and `rating`; an array of shape (items,),
        (organisations, items) or (organisations, assessors, items); or a mapping from items to
        ratings, of one organisation by one assessor. A rating is a code of the scale ("L") or a
        number on it, or true or false if it goes from 0 to 1; what is missing is not rated.
    organisation, assessor : str, optional
        Columns of who is assessed and who rates. Without `organisation` each row of a wide table is
        an organisation of its own, or with `assessor` all rows are of one.
    kind : str, optional
        Column of the kind of assessor: "third_party", "internal" or "self".
    item, rating : str, optional
        Columns of a long table.
    evidence : str, optional
        Column, of a long table, of the evidence of each rating: "none" (or missing), "statement",
        "document", "record" or "metric". Ratings with too little of it are capped, if the model
        says so.
    percent : bool
        Whether numbers are percentages, on a scale from 0 to 1.
    not_applicable : collection
        Texts or numbers that stand for an item that does not apply; not codes of the scale, and
        not numbers on it.
    absent : {"error", "unrated"}
        Whether a wide table must have a column for each item.
    profile : str, optional
        Sector whose weights of components are used.

    Returns
    -------
    Assessment
        With `value`, `level`, `bounds()`, `interval()`, `component_scores`, `ratings`, and tables.

    Raises
    ------
    InvalidDataError
        If a rating is not on the scale, an item is unknown, an organisation has two rows of one
        assessor, or ratings are missing where the model refuses that.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> ratings = pd.DataFrame({
    ...     "practice": ["data.collection", "data.integration", "data.quality"] * 2,
    ...     "by": ["Li"] * 3 + ["auditor"] * 3, "kind": ["self"] * 3 + ["third_party"] * 3,
    ...     "rating": [4, 3, 4, 3, 2, None],
    ... })
    >>> model = cv.maturity.load({
    ...     "spec": "custvalue.maturity/1", "rule_set": "capability",
    ...     "model": {"id": "data", "version": "1.0.0", "title": "Data", "origin": "mine"},
    ...     "components": [{"id": "data", "name": "Customer data"}],
    ...     "items": [{"id": i, "component": "data", "name": i} for i in ratings.practice[:3]],
    ...     "rules": {"evidence_caps": {}},
    ... })
    >>> found = cv.maturity.assess(
    ...     model, ratings, item="practice", rating="rating", assessor="by", kind="kind"
    ... )
    >>> found.items_frame()[["item", "rating"]]
                   item  rating
    0   data.collection     3.0
    1  data.integration     2.0
    2      data.quality     4.0
    >>> float(found.value[0]), found.level.tolist(), found.suggested_level.tolist()
    (3.0, [2.0], [3.0])
    """
    known = load(model, profile=profile)
    how = notation(known.scale, percent, not_applicable)
    one_of("absent", absent, ("error", "unrated"))
    roles = {"organisation": organisation, "assessor": assessor, "kind": kind}
    given = {name for name, column in roles.items() if column is not None}
    if isinstance(ratings, Mapping):
        ratings = _one_row(ratings, known.item_ids)
    array = isinstance(ratings, (Sequence, np.ndarray)) and not isinstance(ratings, (str, bytes))
    if (item is None) != (rating is None):
        rule = "must both be named, for a long table"
        raise InvalidDataError(message("item, rating", rule, value=(item, rating)))
    if evidence is not None and item is None:
        raise InvalidDataError(message("evidence", "needs a long table", value=evidence))
    if array and (given or item is not None):
        name = sorted(given)[0] if given else "item"
        raise InvalidDataError(message(name, "needs a table, not an array"))
    if not array:
        _sheets.columns_of(ratings)  # refuses what is no table
    if array:
        sheets = _sheets.of_array(known, ratings, how)
    elif item is None:
        sheets = _sheets.of_wide(known, ratings, roles, how, absent)
    else:
        more = {"item": item, "rating": rating, "evidence": evidence}
        sheets = _sheets.of_long(known, ratings, roles | more, how)
    if known.rules.missing == "error":
        unrated = np.asarray(np.isnan(sheets.rating).any(axis=1))
        refuse("ratings", "must rate every item", np.nan, unrated,
               hint='Change rules.missing of the model, or pass not_applicable=.')  # fmt: skip
    found = Assessment(
        known, sheets.rating, sheets.owner, sheets.organisation, sheets.assessor, sheets.kind,
        sheets.evidence, notes=sheets.notes, frame=sheets.frame,
    )  # fmt: skip
    object.__setattr__(found, "notes", {**found.notes, **_what_happened(found)})
    return found


def _one_row(ratings: Mapping[Any, Any], items: Sequence[str]) -> npt.NDArray[Any]:
    unknown = [name for name in ratings if name not in items]
    if unknown:
        import difflib

        near = difflib.get_close_matches(str(unknown[0]), items, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else "model.item_ids lists them."
        rule = "must be ratings of items of the model"
        raise InvalidDataError(message("ratings", rule, value=unknown[0], hint=hint))
    row = np.empty((1, len(items)), dtype=object)
    for place, name in enumerate(items):  # else a list of two would look like two assessors
        row[0, place] = ratings.get(name)
    return row


def _what_happened(found: Assessment) -> dict[str, int]:
    """Return counts of what the rules of the model did to ratings."""
    one = found._resolved
    capped = 0
    if found.evidence is not None:
        capped = int(np.count_nonzero(found._capped(slice(None)) < found.rating))
    counts = {
        "items not rated": int(np.count_nonzero(np.isnan(one.rating))) - one.apart,
        "items not applicable": int(np.count_nonzero(one.rating < 0)),
        "items without consensus": one.apart,
        "items that apply for some assessors only": one.partly,
        "ratings capped for lack of evidence": capped,
        "ratings not capped, as no evidence is given": _uncapped(found),
    }
    return {rule: count for rule, count in counts.items() if count}


def _uncapped(found: Assessment) -> int:
    caps = found.model.rules.evidence_caps
    return int(np.count_nonzero(found.rating >= 0)) if caps and found.evidence is None else 0
