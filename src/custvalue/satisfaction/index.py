"""Indices of several items: the ACSI's form, and the weighted mean of attribute scores, 0-100."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, one_of, refuse, within
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction._answers import read_answers, required_scale
from custvalue.satisfaction._index import SatisfactionIndex

OHIO_WEIGHTS = (0.3885, 0.3190, 0.2925)
"""Weights that the State of Ohio published for its ACSI: satisfaction, expectations, ideal."""

_POLICIES = ("complete", "available", "error")


def index_of_means(
    means: npt.ArrayLike,
    *,
    importance: npt.ArrayLike | None = None,
    scale: tuple[float, float] = (1, 10),
) -> Array:
    """Return the index, 0 to 100, of the mean scores of several items.

    Parameters
    ----------
    means : array_like of shape (..., items)
        Mean of each item, on the scale.
    importance : array_like of shape (items,), optional
        Weight of each item; they are divided by their sum. Default: all alike.
    scale : tuple of float
        Lowest and highest answer possible.

    Returns
    -------
    float or array
        sum of w (mean - low) / (high - low) * 100.

    Raises
    ------
    InvalidDataError
        If a mean is outside the scale, or the weights are not one for each item.

    Examples
    --------
    >>> import custvalue as cv
    >>> round(float(cv.satisfaction.index_of_means([8, 7.5, 7])), 4)
    72.2222
    >>> ohio = cv.satisfaction.OHIO_WEIGHTS
    >>> round(float(cv.satisfaction.index_of_means([8, 7.5, 7], importance=ohio)), 6)
    72.755556
    """
    low_high = required_scale(scale)
    scores = within("means", means, *low_high)
    if scores.ndim == 0 or scores.shape[-1] == 0:
        raise InvalidDataError(message("means", "must have one number for each item"))
    return np.asarray(_rescaled(scores, low_high) @ _weights(importance, scores.shape[-1]))[()]


def satisfaction_index(
    table: Any,
    columns: Sequence[str],
    *,
    importance: npt.ArrayLike | Mapping[str, float] | None = None,
    scale: tuple[float, float] = (1, 10),
    reverse: Collection[str] = (),
    by: str | Sequence[str] | None = None,
    weight: str | None = None,
    labels: Mapping[str, float] | None = None,
    not_applicable: Collection[Any] = (),
    numeric_text: bool = False,
    missing: str = "complete",
    whole: bool = True,
    min_group: int = 0,
) -> SatisfactionIndex:
    """Return the weighted mean of several items, 0 to 100: a satisfaction index of attributes.

    Parameters
    ----------
    table : data frame
        One row per respondent.
    columns : sequence of str
        Columns of the answers to each item, all on one scale.
    importance : array_like or mapping of str to float, optional
        Weight of each item, by place or by column; divided by their sum. Default: all alike.
    scale : tuple of float
        Lowest and highest answer possible.
    reverse : collection of str
        Columns in which low answers are the good ones.
    by : str or sequence of str, optional
        Columns to group by.
    weight : str, optional
        Column of survey weights, at least 0.
    labels : mapping of str to float, optional
        Number that each text stands for.
    not_applicable : collection, optional
        Texts or numbers that stand for no answer.
    numeric_text : bool
        Whether numbers exported as text are read as numbers.
    missing : {"complete", "available", "error"}
        Only respondents who answered all items count; or each counts by the items answered, whose
        weights are divided by their sum; or missing answers are refused. `notes` counts them.
    whole : bool
        Whether answers must be whole numbers.
    min_group : int
        Groups with fewer respondents show NaN.

    Returns
    -------
    SatisfactionIndex
        With `value` and `interval()`, Student's interval of the respondents' indices.

    Raises
    ------
    InvalidDataError
        If an answer is not on the scale, or the weights are not one for each item.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> survey = pd.DataFrame({"product": [9, 8, 6], "service": [7, 8, None], "price": [5, 8, 7]})
    >>> cv.satisfaction.satisfaction_index(
    ...     survey,
    ...     ["product", "service", "price"],
    ...     importance={"product": 3, "service": 2, "price": 1},
    ... )
    SatisfactionIndex(answers=2, index=75.9259, lower=52.3959, upper=99.4559, service: missing=1,
                      incomplete left out=1)
    """
    one_of("missing", missing, _POLICIES)
    low_high = required_scale(scale)
    answers = read_answers(
        table,
        columns,
        by=by,
        weight=weight,
        scale=low_high,
        reverse=reverse,
        labels=labels,
        not_applicable=not_applicable,
        numeric_text=numeric_text,
        missing="error" if missing == "error" else "drop",
        whole=whole,
    )
    weights = _weights(importance, len(answers.columns), answers.columns)
    scores = _rescaled(answers.values, low_high)
    given = ~np.isnan(scores)
    mass = given @ weights  # of the items answered; 1 where all are
    kept = (mass > 0.0) if missing == "available" else given.all(axis=1)
    own = (np.where(given, scores, 0.0) @ weights)[kept] / mass[kept]
    person = np.ones(len(own)) if answers.weight is None else answers.weight[kept]
    columns_of = {"weight": person, "squares": person**2, "total": person * own,
                  "total_squares": person * own**2}  # fmt: skip
    codes, size = answers.codes[kept], answers.group_count
    sums = {name: np.bincount(codes, column, size) for name, column in columns_of.items()}
    sums["answers"] = np.bincount(codes[person > 0], minlength=size)
    if not answers.groups:
        sums = {name: column[0] for name, column in sums.items()}
    left = int((~kept).sum())
    notes = {**answers.notes, "incomplete left out": left} if left else answers.notes
    return SatisfactionIndex(
        **sums,
        items=answers.columns,
        importance=tuple(weights.tolist()),
        scale=low_high,
        min_group=min_group,
        groups=answers.groups,
        notes=notes,
        frame=answers.kind,
    )


def acsi(
    table: Any,
    columns: Sequence[str],
    *,
    importance: npt.ArrayLike | Mapping[str, float] | None = None,
    **options: Any,
) -> SatisfactionIndex:
    """Return an index in the form of the American Customer Satisfaction Index.

    Parameters
    ----------
    table : data frame
        One row per respondent.
    columns : sequence of str
        Three columns of answers from 1 to 10: overall satisfaction, compared with expectations,
        compared with the ideal.
    importance : array_like or mapping, optional
        Weights of the three, such as `OHIO_WEIGHTS`. Default: all alike. The ACSI's own differ by
        company and are not public: this is not the published ACSI.
    **options
        As in `satisfaction_index`.

    Returns
    -------
    SatisfactionIndex
        sum of w (mean - 1) / 9 * 100.

    Raises
    ------
    InvalidDataError
        If there are not three columns; as in `satisfaction_index`.

    References
    ----------
    Fornell, Johnson, Anderson, Cha & Bryant, "The American Customer Satisfaction Index: nature,
    purpose, and findings", Journal of Marketing 60 (1996), 7-18.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> survey = pd.DataFrame({"overall": [9, 7], "expected": [8, 7], "ideal": [7, 7]})
    >>> index = cv.satisfaction.acsi(survey, ["overall", "expected", "ideal"])
    >>> round(float(index.value), 4)
    72.2222
    """
    if isinstance(columns, str) or not isinstance(columns, Sequence) or len(columns) != 3:
        rule = "must be three: satisfaction, expectations, ideal"
        raise InvalidDataError(message("columns", rule, value=columns))
    return satisfaction_index(table, columns, importance=importance, **options)


def _rescaled(scores: Array, scale: tuple[float, float]) -> Array:
    return np.asarray((scores - scale[0]) / (scale[1] - scale[0]) * 100.0)


def _weights(importance: Any, count: int, names: Sequence[str] = ()) -> Array:
    """Return the weights of items, which add up to 1."""
    if importance is None:
        return np.full(count, 1.0 / count)
    if isinstance(importance, Mapping):
        if set(importance) != set(names):
            rule = f"must have a weight for each of {list(names)}"
            raise InvalidDataError(message("importance", rule, value=list(importance)))
        importance = [importance[name] for name in names]
    weights = within("importance", importance, 0.0)
    if weights.shape != (count,):
        rule = "must have one weight for each item"
        raise InvalidDataError(message("importance", rule, value=(weights.shape, count)))
    refuse("importance", "must not be all 0", 0.0, np.asarray(weights.sum() == 0.0))
    return np.asarray(weights / weights.sum())
