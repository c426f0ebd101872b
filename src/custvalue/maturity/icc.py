"""Intraclass correlation: how far assessors agree on scores that are numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from custvalue._check import one_of, refuse
from custvalue.errors import InvalidDataError, message
from custvalue.maturity._icc import ICC as ICC
from custvalue.maturity._icc import sums
from custvalue.maturity._ratings import read_numbers


def icc(
    table: Any,
    *,
    form: str = "ICC(2,1)",
    raters: Sequence[str] | None = None,
    unit: str | None = None,
    rater: str | None = None,
    rating: str | None = None,
    missing: str = "error",
) -> ICC:
    """Return the intraclass correlations of units that are all rated, in numbers, by all raters.

    Parameters
    ----------
    table : data frame or array_like of shape (units, raters)
        A row for each unit (wide), a row for each rating (long), or an array; NaN or None where a
        rating is missing.
    form : {"ICC(2,1)", "ICC(1,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)"}
        The one that `value` is of; `to_frame()` shows all. 1: each unit has raters of its own;
        2: the raters stand for others, and a rater who rates higher than others disagrees;
        3: these raters alone matter, and levels are not compared. Of one rating (1), or of the
        mean of all (k).
    raters : sequence of str, optional
        Columns of a wide table, or the raters to keep of a long one.
    unit, rater, rating : str, optional
        Columns of a long table.
    missing : {"error", "listwise"}
        Refuse units that are not rated by all (default), or leave them out and count them in
        `notes`.

    Returns
    -------
    ICC
        With `value`, `standard_error`, `interval()`, `interpretation()` and `mean_squares`;
        records of other units rated by the same raters can be added.

    Raises
    ------
    InvalidDataError
        If ratings are missing or no finite numbers, or there are fewer than two raters.

    References
    ----------
    Shrout & Fleiss, "Intraclass correlations: uses in assessing rater reliability", Psychological
    Bulletin 86 (1979).

    Examples
    --------
    >>> from custvalue import maturity
    >>> scores = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9],
    ...           [6, 2, 4, 7]]
    >>> maturity.icc(scores).to_frame()[["form", "value", "lower", "upper"]].round(2)
           form  value  lower  upper
    0  ICC(1,1)   0.17  -0.13   0.72
    1  ICC(2,1)   0.29   0.02   0.76
    2  ICC(3,1)   0.71   0.34   0.95
    3  ICC(1,k)   0.44  -0.88   0.91
    4  ICC(2,k)   0.62   0.07   0.93
    5  ICC(3,k)   0.91   0.68   0.99
    """
    one_of("missing", missing, ("error", "listwise"))
    values, names, notes, kind = read_numbers(table, raters, unit, rater, rating)
    if len(names) < 2:
        raise InvalidDataError(message("raters", "must be at least two", value=names))
    absent = np.asarray(np.isnan(values).any(axis=1))
    if missing == "error":
        rule = "must all rate each unit"
        hint = "Pass missing='listwise', or use krippendorff_alpha."
        refuse("raters", rule, np.nan, absent, hint=hint)
    left = {"units not rated by all left out": int(absent.sum())} if absent.any() else {}
    complete = values[~absent] if left else values
    means, scatter = sums(complete)
    return ICC(
        len(complete), means, scatter, form=form, raters=names, notes=notes | left, frame=kind
    )
