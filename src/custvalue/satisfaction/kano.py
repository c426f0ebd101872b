"""Kano's method: what a feature does to satisfaction, from how people feel with and without it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction._answers import read_answers
from custvalue.satisfaction._kano import CATEGORIES, Kano

_Q, _A, _O, _R, _I, _M = (
    CATEGORIES.index(name)
    for name in ("questionable", "attractive", "one_dimensional", "reverse", "indifferent",
                 "must_be")
)  # fmt: skip
# Rows: the feature is there; columns: it is not. 1 like, 2 expect, 3 neutral, 4 live with,
# 5 dislike. Berger et al. (1993).
_EVALUATION = np.array(
    [
        [_Q, _A, _A, _A, _O],
        [_R, _I, _I, _I, _M],
        [_R, _I, _I, _I, _M],
        [_R, _I, _I, _I, _M],
        [_R, _R, _R, _R, _Q],
    ]
)


def kano(
    table: Any,
    features: Mapping[str, tuple[str, str]],
    *,
    by: str | Sequence[str] | None = None,
    weight: str | None = None,
    labels: Mapping[str, float] | None = None,
    not_applicable: Collection[Any] = (),
    numeric_text: bool = False,
    missing: str = "drop",
    min_group: int = 0,
) -> Kano:
    """Return how often each feature is must-be, one-dimensional, attractive and so on.

    Answers are 1 I like it, 2 I expect it, 3 I am neutral, 4 I can live with it, 5 I dislike it,
    evaluated with the 5 by 5 table of Berger et al.: like - dislike is one-dimensional,
    like - 2 to 4 attractive, 2 to 4 - dislike must-be, 2 to 4 twice indifferent, the same end
    twice questionable, and what is disliked where it is there, or liked where it is not, reverse.

    Parameters
    ----------
    table : data frame
        Any frame that Narwhals reads, one row per respondent.
    features : mapping of str to pair of str
        For each feature the columns of the functional question (it is there) and of the
        dysfunctional one (it is not).
    by : str or sequence of str, optional
        Columns to group by.
    weight : str, optional
        Column of survey weights, at least 0.
    labels : mapping of str to float, optional
        Numbers of answers that are text, for instance {"I like it": 1, ...}.
    not_applicable : collection, optional
        Answers, text or numbers, that are none.
    numeric_text : bool
        Whether text such as "5" is a number.
    missing : {"drop", "error"}
        Who did not answer both questions does not count for the feature, and is in `notes`; or is
        refused.
    min_group : int
        Features with fewer respondents in a group are hidden.

    Returns
    -------
    Kano
        Counts by feature, with `category()`, `p_value()`, `better`, `worse` and their intervals.

    Raises
    ------
    InvalidDataError
        If an answer is not 1, 2, 3, 4 or 5, or a column is named twice.

    References
    ----------
    Kano, Seraku, Takahashi & Tsuji, "Attractive quality and must-be quality", Hinshitsu 14 (1984).
    Berger et al., "Kano's methods for understanding customer-defined quality", Center for Quality
    Management Journal 2 (1993), 3-36.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"chat": [1, 1, 1, 3, 2], "no_chat": [3, 5, 4, 3, 2],
    ...                         "lock": [2, 2, 3, 1, 2], "no_lock": [5, 5, 5, 5, 4]})
    >>> found = cv.satisfaction.kano(
    ...     answers, {"chat": ("chat", "no_chat"), "lock": ("lock", "no_lock")}
    ... )
    >>> found.to_frame()[["feature", "category", "better", "worse"]]
      feature    category  better  worse
    0    chat  attractive     0.6   -0.2
    1    lock     must_be     0.2   -0.8
    """
    pairs = _pairs(features)
    answers = read_answers(
        table, [name for pair in pairs.values() for name in pair], by=by, weight=weight,
        scale=(1, 5), labels=labels, not_applicable=not_applicable, numeric_text=numeric_text,
        missing=missing,
    )  # fmt: skip
    values, notes, groups = answers.values, dict(answers.notes), answers.group_count
    weights = np.ones(answers.rows) if answers.weight is None else answers.weight
    counts: list[Any] = []
    for i, feature in enumerate(pairs):
        pair = values[:, 2 * i : 2 * i + 2]
        both = ~np.isnan(pair).any(axis=1)
        if not both.all():
            notes[f"{feature}: left out"] = int((~both).sum())
        kept = both & (weights > 0)
        there, absent = (pair[kept] - 1).astype(np.int64).T
        cell = answers.codes[kept] * len(CATEGORIES) + _EVALUATION[there, absent]
        w = weights[kept]
        sums = [
            np.bincount(cell, part, groups * len(CATEGORIES)).reshape(groups, len(CATEGORIES))
            for part in (np.ones(len(w)), w, w * w)
        ]
        wanted = sums[2][:, :4].sum(axis=1)
        counts.append([sums[0].sum(axis=1), *sums[1].T, wanted, sums[2].sum(axis=1)])
    kinds = len(CATEGORIES) + 3
    columns = np.array(counts).transpose(1, 2, 0).reshape(kinds, groups * len(pairs))
    if answers.weight is None:
        columns = columns.astype(np.int64)
    names = np.array(list(pairs), dtype=object)
    return Kano(
        np.tile(names, groups),
        columns[0].astype(np.int64),
        *columns[1:],
        min_group=min_group,
        groups={name: np.repeat(label, len(names)) for name, label in answers.groups.items()},
        notes=notes,
        frame=answers.kind,
    )


def _pairs(features: Any) -> dict[str, tuple[str, str]]:
    rule = "must map names to the columns of the functional and the dysfunctional question"
    if not isinstance(features, Mapping) or not features:
        raise InvalidDataError(message("features", rule, value=features))
    for name, pair in features.items():
        if not isinstance(name, str) or not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise InvalidDataError(message("features", rule, value={name: pair}))
    return dict(features)
