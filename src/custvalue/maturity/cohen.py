"""Cohen's kappa: agreement of two assessors, such as a company's own and a third party's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from custvalue._check import one_of, refuse
from custvalue.errors import InvalidDataError, message
from custvalue.maturity._cohen import CohenKappa as CohenKappa
from custvalue.maturity._ratings import read_ratings


def cohen_kappa(
    table: Any,
    *,
    weights: Any = None,
    raters: Sequence[str] | None = None,
    unit: str | None = None,
    rater: str | None = None,
    rating: str | None = None,
    order: Sequence[Any] | None = None,
    missing: str = "error",
) -> CohenKappa:
    """Return Cohen's kappa of two raters of the same units, weighted or not.

    Kappa is 1 - observed / expected disagreement: 1 is agreement without exception, 0 as much as
    chance would give from how often each rater gives each rating. It is NaN where both give all
    units one and the same rating.

    Parameters
    ----------
    table : data frame or array_like of shape (units, 2)
        A row for each unit (wide), a row for each rating (long), or an array; NaN or None where a
        rating is missing. `CohenKappa.from_table` takes a confusion table.
    weights : None, "linear", "quadratic" or array_like of shape (levels, levels), optional
        How much each disagreement counts: all alike (default), by the distance of the ratings, by
        its square, or as given for each pair of ratings of `order`, with 0 on the diagonal.
        Ratings that are numbers have their difference as distance; with `order`, places in it
        have.
    raters : sequence of str, optional
        The two columns of a wide table, or the two raters to keep of a long one.
    unit, rater, rating : str, optional
        Columns of a long table.
    order : sequence, optional
        Every rating allowed, lowest first; needed for weights of ratings that are text.
    missing : {"error", "listwise"}
        Refuse units that are not rated by both (default), or leave them out and count them in
        `notes`.

    Returns
    -------
    CohenKappa
        With `value`, `standard_error`, `interval()` and `interpretation()`; records of other
        units can be added.

    Raises
    ------
    InvalidDataError
        If there are not two raters, ratings are missing or are not all numbers or all text, or
        weights do not fit.

    References
    ----------
    Cohen, "Weighted kappa", Psychological Bulletin 70 (1968). Fleiss, Cohen & Everitt, "Large
    sample standard errors of kappa and weighted kappa", Psychological Bulletin 72 (1969).

    Examples
    --------
    >>> from custvalue import maturity
    >>> answers = [["N", "N"], ["P", "P"], ["P", "L"], ["L", "L"], ["F", "F"], ["F", "L"]]
    >>> grades = ["N", "P", "L", "F"]
    >>> found = maturity.cohen_kappa(answers, weights="linear", order=grades)
    >>> round(found.value, 4), found.interpretation()
    (0.7143, 'substantial (by the convention of Landis & Koch (1977))')
    """
    one_of("missing", missing, ("error", "listwise"))
    found = read_ratings(table, raters, unit, rater, rating, order, apart=True)
    if found.codes.shape[1] != 2:
        hint = "Name two of them in raters=, or use fleiss_kappa or krippendorff_alpha."
        raise InvalidDataError(message("raters", "must be two", value=found.raters, hint=hint))
    absent = np.asarray((found.codes < 0).any(axis=1))
    if missing == "error":
        rule = "must both rate each unit"
        hint = "Pass missing='listwise', or use krippendorff_alpha."
        refuse("raters", rule, np.nan, absent, hint=hint)
    first, second = found.codes[~absent].T
    size = len(found.levels)
    crossed = np.bincount(first * size + second, minlength=size**2).reshape(size, size)
    left = {"units not rated by both left out": int(absent.sum())} if absent.any() else {}
    return CohenKappa(
        found.levels,
        crossed,
        weights=weights,
        raters=found.raters,
        declared=found.declared,
        notes=found.notes | left,
        frame=found.kind,
    )
