"""SERVQUAL and SERVPERF: service quality as gaps of perceptions and expectations, or as scores."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from custvalue._check import Array, within
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction._answers import Answers, read_answers
from custvalue.satisfaction._service_gaps import ServiceGaps


def servqual(
    table: Any,
    dimensions: Mapping[str, Sequence[tuple[str, str]]],
    *,
    points: Mapping[str, float] | None = None,
    scale: tuple[float, float],
    by: str | Sequence[str] | None = None,
    weight: str | None = None,
    reverse: Collection[str] = (),
    labels: Mapping[str, float] | None = None,
    not_applicable: Collection[Any] = (),
    numeric_text: bool = False,
    missing: str = "drop",
    whole: bool = True,
    min_group: int = 0,
) -> ServiceGaps:
    """Return mean gaps, perception less expectation, of items, dimensions and the whole.

    Parameters
    ----------
    table : data frame
        Any frame that Narwhals reads, one row per respondent.
    dimensions : mapping of str to sequence of pairs of str
        For each dimension its items: columns of perception and of expectation. An item is named
        by its column of perception.
    points : mapping of str to float, optional
        Importance of the dimensions, usually 100 points allocated; only their ratios matter.
        Default: all alike.
    scale : tuple of float
        Lowest and highest answer.
    by : str or sequence of str, optional
        Columns to group by.
    weight : str, optional
        Column of survey weights, at least 0.
    reverse : collection of str
        Columns of items worded negatively.
    labels : mapping of str to float, optional
        Numbers of answers that are text.
    not_applicable : collection, optional
        Answers, text or numbers, that are none.
    numeric_text : bool
        Whether text such as "7" is a number.
    missing : {"drop", "error"}
        Who left out part of an item, a dimension or the whole does not count there; or is refused.
    whole : bool
        Whether answers must be whole numbers.
    min_group : int
        Rows of fewer respondents are hidden.

    Returns
    -------
    ServiceGaps
        With `value`, `overall` and paired intervals; a gap below 0 falls short of expectations.

    Raises
    ------
    InvalidDataError
        If an answer is not on the scale, or points do not name every dimension.

    Notes
    -----
    A dimension is the mean of its items and the whole the weighted mean of dimensions, for each
    respondent who answered all of them: where answers are missing the means of items are of more
    people, and need not average to that of their dimension.

    References
    ----------
    Parasuraman, Zeithaml & Berry, "SERVQUAL: a multiple-item scale for measuring consumer
    perceptions of service quality", Journal of Retailing 64 (1988), 12-40.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"p1": [6, 5, 6, 4], "e1": [7, 6, 6, 6],
    ...                         "p2": [7, 5, 6, 6], "e2": [6, 6, 6, 5]})
    >>> gaps = cv.satisfaction.servqual(
    ...     answers, {"reliability": [("p1", "e1")], "empathy": [("p2", "e2")]},
    ...     points={"reliability": 60, "empathy": 40}, scale=(1, 7),
    ... )
    >>> gaps
    ServiceGaps(method=servqual, overall=-0.5, dimensions=2, answers=4)
    >>> gaps.to_frame()[["dimension", "item", "gap"]]
         dimension item   gap
    0                   -0.50
    1      empathy       0.25
    2      empathy   p2  0.25
    3  reliability      -1.00
    4  reliability   p1 -1.00
    """
    asked = _dimensions(dimensions, 2, scale)
    names = [name for pairs in asked.values() for pair in pairs for name in pair]
    answers = read_answers(
        table, names, by=by, weight=weight, scale=scale, reverse=reverse, labels=labels,
        not_applicable=not_applicable, numeric_text=numeric_text, missing=missing, whole=whole,
    )  # fmt: skip
    values = answers.values
    return _record(answers, asked, values[:, ::2], values[:, 1::2], points, min_group, "servqual")


def servperf(
    table: Any,
    dimensions: Mapping[str, Sequence[str]],
    *,
    points: Mapping[str, float] | None = None,
    scale: tuple[float, float],
    by: str | Sequence[str] | None = None,
    weight: str | None = None,
    reverse: Collection[str] = (),
    labels: Mapping[str, float] | None = None,
    not_applicable: Collection[Any] = (),
    numeric_text: bool = False,
    missing: str = "drop",
    whole: bool = True,
    min_group: int = 0,
) -> ServiceGaps:
    """Return mean perceptions of items, dimensions and the whole, without expectations.

    Parameters
    ----------
    table : data frame
        Any frame that Narwhals reads, one row per respondent.
    dimensions : mapping of str to sequence of str
        For each dimension the columns of its items.
    points : mapping of str to float, optional
        Importance of the dimensions; only their ratios matter. Default: all alike.
    scale : tuple of float
        Lowest and highest answer.
    by : str or sequence of str, optional
        Columns to group by.
    weight : str, optional
        Column of survey weights, at least 0.
    reverse : collection of str
        Columns of items worded negatively.
    labels : mapping of str to float, optional
        Numbers of answers that are text.
    not_applicable : collection, optional
        Answers, text or numbers, that are none.
    numeric_text : bool
        Whether text such as "7" is a number.
    missing : {"drop", "error"}
        Who left out part of a dimension or the whole does not count there; or is refused.
    whole : bool
        Whether answers must be whole numbers.
    min_group : int
        Rows of fewer respondents are hidden.

    Returns
    -------
    ServiceGaps
        With `value`, `overall` and intervals, in units of the scale.

    Raises
    ------
    InvalidDataError
        As in `servqual`.

    References
    ----------
    Cronin & Taylor, "Measuring service quality: a reexamination and extension", Journal of
    Marketing 56 (1992), 55-68.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"p1": [6, 5, 6, 4], "p2": [7, 5, 6, 6]})
    >>> cv.satisfaction.servperf(answers, {"service": ["p1", "p2"]}, scale=(1, 7)).overall
    np.float64(5.625)
    """
    asked = _dimensions(dimensions, 1, scale)
    names = [name for items in asked.values() for item in items for name in item]
    answers = read_answers(
        table, names, by=by, weight=weight, scale=scale, reverse=reverse, labels=labels,
        not_applicable=not_applicable, numeric_text=numeric_text, missing=missing, whole=whole,
    )  # fmt: skip
    values = answers.values
    nothing = np.zeros(values.shape)
    return _record(answers, asked, values, nothing, points, min_group, "servperf")


def _dimensions(dimensions: Any, width: int, scale: Any) -> dict[str, list[tuple[str, ...]]]:
    """Return the columns of each item of each dimension; refuse no scale."""
    if scale is None:
        raise InvalidDataError(message("scale", "must be given, such as (1, 7)"))
    what = "columns" if width == 1 else "pairs of columns (perception, expectation)"
    rule = f"must map names of dimensions to {what}"
    if not isinstance(dimensions, Mapping) or not dimensions:
        raise InvalidDataError(message("dimensions", rule, value=dimensions))
    out: dict[str, list[tuple[str, ...]]] = {}
    for name, items in dimensions.items():
        bad = isinstance(items, str) or not isinstance(items, Sequence) or not len(items)
        each = [(item,) if isinstance(item, str) else item for item in ([] if bad else items)]
        bad = bad or not all(isinstance(i, (tuple, list)) and len(i) == width for i in each)
        if bad or not isinstance(name, str) or not name:
            raise InvalidDataError(message("dimensions", rule, value={name: items}))
        out[name] = [tuple(item) for item in each]
    return out


def _shares(points: Any, names: Sequence[str]) -> Array:
    """Return points as parts of 1, in the order of the dimensions."""
    if points is None:
        return np.full(len(names), 1.0 / len(names))
    if not isinstance(points, Mapping) or set(points) != set(names):
        got = sorted(map(str, points)) if isinstance(points, Mapping) else points
        rule = f"must give points to each dimension of {list(names)}"
        raise InvalidDataError(message("points", rule, value=got))
    given = within("points", [points[name] for name in names], 0.0)
    if not given.sum() > 0:
        raise InvalidDataError(message("points", "must sum to more than 0", value=given.tolist()))
    return np.asarray(given / given.sum())


def _record(
    answers: Answers,
    asked: Mapping[str, Sequence[tuple[str, ...]]],
    perception: Array,
    expectation: Array,
    points: Any,
    min_group: int,
    method: str,
) -> ServiceGaps:
    """Return the sums of all rows: the items of each dimension, its mean, the mean of the whole."""
    shares = _shares(points, list(asked))
    both = np.stack([perception, expectation])
    both[:, np.isnan(both).any(axis=0)] = np.nan
    keys, columns, parts, start = [], [], [], 0
    for name, items in asked.items():
        own = both[:, :, start : start + len(items)]
        start += len(items)
        parts.append(own.mean(axis=2))
        keys += [(name, ""), *((name, item[0]) for item in items)]
        columns += [parts[-1], *np.moveaxis(own, 2, 0)]
    keys.append(("", ""))
    columns.append(np.tensordot(shares, np.stack(parts), axes=1))
    stacked = np.stack(columns, axis=2)  # perception and expectation, rows, keys
    known = ~np.isnan(stacked[0])
    weight = np.ones(answers.rows) if answers.weight is None else answers.weight
    w = np.where(known, weight[:, None], 0.0)
    p, e = np.where(known, stacked, 0.0)
    rows, groups = len(keys), answers.group_count
    cell = (answers.codes[:, None] * rows + np.arange(rows)).ravel()

    def sums(column: Array) -> Array:
        return np.bincount(cell, column.ravel(), groups * rows).astype(np.float64)

    notes = dict(answers.notes)
    if not known[:, -1].all():
        notes["respondents not in the whole"] = int((~known[:, -1]).sum())
    names = np.array(keys, dtype=object).T
    return ServiceGaps(
        dimension=np.tile(names[0], groups),
        item=np.tile(names[1], groups),
        answers=sums(np.where(w > 0, 1.0, 0.0)).astype(np.int64),
        weight=sums(w),
        squares=sums(w * w),
        perception=sums(w * p),
        expectation=sums(w * e),
        gap=sums(w * (p - e)),
        gap_squares=sums(w * (p - e) ** 2),
        method=method,
        points=tuple(shares.tolist()),
        scale=answers.scale,
        min_group=min_group,
        groups={name: np.repeat(label, rows) for name, label in answers.groups.items()},
        notes=notes,
        frame=answers.kind,
    )
