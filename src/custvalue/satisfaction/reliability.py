"""Reliability: how well the items of a battery go together, by Cronbach's alpha."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, one_of
from custvalue.errors import CustValueWarning, InvalidDataError, message
from custvalue.satisfaction._alpha import SUMS, Alpha, Column
from custvalue.satisfaction._answers import check_answers, read_answers
from custvalue.satisfaction._survey import WIDEST


def cronbach_alpha(
    table: Any,
    columns: str | Sequence[str] | None = None,
    *,
    by: str | Sequence[str] | None = None,
    weight: Any = None,
    scale: tuple[float, float] | None = None,
    reverse: Collection[str] = (),
    labels: Mapping[str, float] | None = None,
    not_applicable: Collection[Any] = (),
    numeric_text: bool = False,
    missing: str = "listwise",
    whole: bool = True,
    min_group: int = 0,
) -> Alpha:
    """Return Cronbach's alpha of a battery of items, with its interval and item analysis.

    Parameters
    ----------
    table : data frame or array_like of shape (respondents, items)
        One row per respondent.
    columns : sequence of str, optional
        The items, at least two; left out for an array.
    by : str or sequence of str, optional
        Columns to group by.
    weight : str or array_like, optional
        Survey weights: a column of the table, or an array where the answers are one.
    scale : tuple of float, optional
        Lowest and highest answer possible; by default any from -1e5 to 1e5.
    reverse : collection of str
        Items worded the other way round; their answers become low + high - answer.
    labels : mapping of str to float, optional
        Number that each text stands for.
    not_applicable : collection, optional
        Texts or numbers that stand for no answer.
    numeric_text : bool
        Whether numbers exported as text are read as numbers.
    missing : {"listwise", "pairwise", "error"}
        Leave out who did not answer every item (default), take each covariance from those who
        answered both items, or refuse.
    whole : bool
        Whether answers must be whole numbers.
    min_group : int
        Results from fewer answers are NaN.

    Returns
    -------
    Alpha
        With `value`, `interval()`, `item_analysis()` and `covariances`; records of other
        respondents can be added.

    Raises
    ------
    InvalidDataError
        If there are fewer than two items, or answers are not on the scale.

    Warns
    -----
    CustValueWarning
        If an item correlates negatively with the rest.

    References
    ----------
    Cronbach, "Coefficient alpha and the internal structure of tests", Psychometrika 16 (1951).

    Examples
    --------
    >>> import custvalue as cv
    >>> answers = [[5, 4, 5], [4, 5, 4], [4, 4, 3], [2, 2, 3], [1, 2, 1], [3, None, 4]]
    >>> battery = cv.satisfaction.cronbach_alpha(answers, scale=(1, 5))
    >>> battery.value, [round(float(bound), 4) for bound in battery.interval()]
    (np.float64(0.9322...), [0.6574, 0.9924])
    >>> battery.notes
    {'answer 1: missing': 1, 'respondents left out': 1}
    """
    one_of("missing", missing, ("listwise", "pairwise", "error"))
    answers = read_answers(
        table,
        columns,
        by=by,
        weight=weight,
        scale=scale,
        reverse=reverse,
        labels=labels,
        not_applicable=not_applicable,
        numeric_text=numeric_text,
        missing="error" if missing == "error" else "drop",
        whole=whole,
    )
    if len(answers.columns) < 2:
        raise InvalidDataError(
            message("columns", "must name at least two items", value=answers.columns)
        )
    for name, column in zip(answers.columns, answers.each, strict=True):
        check_answers(name, column, answers.scale or WIDEST, whole=False)
    values, notes = answers.values, dict(answers.notes)
    here = ~np.isnan(values)
    if missing != "pairwise":
        complete = here.all(axis=1)
        if not complete.all():
            notes["respondents left out"] = int((~complete).sum())
        here = here & np.asarray(complete).reshape(-1, 1)
    values = np.where(here, values, 0.0)
    weights = np.ones(answers.rows) if answers.weight is None else answers.weight
    sums = _sums_of_pairs(values, here, weights, answers.codes, answers.group_count)
    k, names = len(answers.columns), np.array(answers.columns, dtype=object)
    groups, pairs = answers.group_count, k * k
    found = Alpha(
        item=np.tile(np.repeat(names, k), groups),
        other=np.tile(np.tile(names, k), groups),
        **{name: column.reshape(groups * pairs) for name, column in sums.items()},
        items=answers.columns,
        missing="pairwise" if missing == "pairwise" else "listwise",
        scale=answers.scale,
        min_group=min_group,
        groups={name: np.repeat(labels, pairs) for name, labels in answers.groups.items()},
        notes=notes,
        frame=answers.kind,
    )
    across = found._covariances().sum(axis=2)
    across -= np.diagonal(found._covariances(), axis1=1, axis2=2)
    against = names[np.flatnonzero((across < 0).all(axis=0))].tolist() if groups else []
    if against:
        rule = "go against the other items, which makes alpha low"
        hint = "If they are worded the other way round, pass them as reverse=."
        text = message("columns", rule, value=against, hint=hint)
        warnings.warn(text, CustValueWarning, stacklevel=2)
    return found


def _sums_of_pairs(
    values: Array, here: npt.NDArray[np.bool_], weight: Array, codes: Column, groups: int
) -> dict[str, Column]:
    """Return counts and sums of shape (groups, items, items) over those who answered both."""
    k = values.shape[1]
    sums: dict[str, Column] = {name: np.zeros((groups, k, k)) for name in SUMS}
    order = np.argsort(codes, kind="stable") if groups > 1 else slice(None)
    ends = np.append(0, np.cumsum(np.bincount(codes, minlength=groups))).tolist()
    x, told, w = values[order], here[order].astype(np.float64), weight[order].reshape(-1, 1)
    for group, (start, stop) in enumerate(itertools.pairwise(ends)):
        rows = slice(start, stop)
        one, both, mass = x[rows], told[rows], w[rows]
        sums["answers"][group] = both.T @ (both * (mass > 0))
        sums["weight"][group] = both.T @ (both * mass)
        sums["squares"][group] = both.T @ (both * mass**2)
        sums["first"][group] = (one * mass).T @ both  # answers to one item of who told the other
        sums["second"][group] = sums["first"][group].T
        sums["products"][group] = one.T @ (one * mass)
    sums["answers"] = np.rint(sums["answers"]).astype(np.int64)
    return sums
