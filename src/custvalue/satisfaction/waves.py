"""Waves, modes and touchpoints: a mean or a share at each, compared, and joined to one score."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from custvalue._check import number, of_type
from custvalue._groups import column_names
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction._answers import check_answers, read_answers
from custvalue.satisfaction._stages import JourneyScore, StageScores
from custvalue.satisfaction._survey import WIDEST


def stage_scores(
    table: Any,
    column: str,
    *,
    stage: str,
    by: str | Sequence[str] | None = None,
    weight: str | None = None,
    scale: tuple[float, float] | None = None,
    top: float | None = None,
    reverse: bool = False,
    labels: Mapping[str, float] | None = None,
    not_applicable: Collection[Any] = (),
    numeric_text: bool = False,
    missing: str = "drop",
    whole: bool = True,
    min_group: int = 0,
) -> StageScores:
    """Return the mean, or a share, at each wave, survey mode or touchpoint, to compare them.

    Parameters
    ----------
    table : data frame
        One row per answer.
    column, stage : str
        The question, and the column of the wave, mode or touchpoint.
    by : str or sequence of str, optional
        Columns to group by.
    weight : str, optional
        Column of survey weights.
    scale : tuple of float, optional
        Lowest and highest answer possible; by default any from -1e5 to 1e5.
    top : float, optional
        Report the share of answers of at least this instead of the mean.
    reverse : bool
        Whether low answers are good; answers become low + high - answer.
    labels : mapping of str to float, optional
        Number that each text stands for.
    not_applicable : collection, optional
        Texts or numbers that stand for no answer.
    numeric_text : bool
        Whether numbers exported as text are read as numbers.
    missing : {"drop", "error"}
        Missing answers are left out and counted in `notes`, or refused.
    whole : bool
        Whether answers must be whole numbers.
    min_group : int
        Results from fewer answers are NaN.

    Returns
    -------
    StageScores
        With `value`, `interval()` and `changes()`; records of other respondents can be added.

    Raises
    ------
    InvalidDataError
        If a row has no stage, or answers are not on the scale.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> survey = pd.DataFrame({"mode": ["phone", "phone", "phone", "web", "web", "web"],
    ...                        "score": [5, 4, 5, 3, 4, 3]})
    >>> scores = cv.satisfaction.stage_scores(survey, "score", stage="mode", scale=(1, 5))
    >>> scores.changes("web")[["stage", "difference", "lower", "upper", "p_value"]].round(3)
       stage  difference  lower  upper  p_value
    0  phone       1.333  0.025  2.642    0.047
    1    web         NaN    NaN    NaN      NaN
    """
    grouping = column_names("by", by)
    names = list(grouping.values())
    if not isinstance(stage, str) or stage in names:
        rule = "must name a column that is not one of by="
        raise InvalidDataError(message("stage", rule, value=stage))
    answers = read_answers(
        table,
        column,
        by=[*names, stage],
        weight=weight,
        scale=scale,
        reverse=(column,) if reverse else (),
        labels=labels,
        not_applicable=not_applicable,
        numeric_text=numeric_text,
        missing=missing,
        whole=whole,
    )
    if len(answers.columns) != 1:
        raise InvalidDataError(message("column", "must be one column", value=answers.columns))
    values = answers.values[:, 0]
    if scale is None:
        check_answers(column, values, WIDEST, whole=False)
    here = ~np.isnan(values)
    weights: Any = np.where(here, 1.0 if answers.weight is None else answers.weight, 0.0)
    scored = np.where(here, values, 0.0)
    if top is not None:
        top = number("top", top)
        scored = (here & (values >= top)).astype(np.float64)
    codes, size = answers.codes, answers.group_count
    labelled = dict(answers.groups)
    terms: dict[str, Any] = {
        "weight": weights,
        "squares": weights**2,
        "total": weights * scored,
        "total_squares": weights * scored**2,
    }
    return StageScores(
        stage=labelled.pop(stage),
        answers=np.bincount(codes[weights > 0], minlength=size),
        **{name: np.bincount(codes, term, size).astype(float) for name, term in terms.items()},
        top=top,
        scale=answers.scale,
        min_group=min_group,
        groups=labelled,
        notes=answers.notes,
        frame=answers.kind,
    )


def journey_score(
    scores: StageScores, importance: Mapping[Any, float] | None = None
) -> JourneyScore:
    """Return one score of a journey: the touchpoints, weighted by their importance.

    Parameters
    ----------
    scores : StageScores
        From `stage_scores(..., stage="touchpoint")`.
    importance : mapping, optional
        Touchpoint to its importance, above 0, for each touchpoint; by default all count the same.

    Returns
    -------
    JourneyScore
        With `value` and `interval()`, per group; NaN where a touchpoint of a group has no answer.

    Raises
    ------
    InvalidDataError
        If the importance of a touchpoint is missing or not above 0.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> answers = pd.DataFrame({"touchpoint": ["order", "order", "order", "help", "help"],
    ...                         "score": [5, 4, 3, 2, 3]})
    >>> scores = cv.satisfaction.stage_scores(answers, "score", stage="touchpoint", scale=(1, 5))
    >>> cv.satisfaction.journey_score(scores, {"order": 1, "help": 2})
    JourneyScore(value=3, touchpoints=2)
    """
    of_type("scores", scores, StageScores, "Make them with stage_scores(table, column, stage=...).")
    stages = list(dict.fromkeys(np.sort(scores.stage).tolist()))
    weights = dict.fromkeys(stages, 1.0) if importance is None else importance
    if not isinstance(weights, Mapping) or set(weights) != set(stages):
        rule = f"must have a number for each of {stages}"
        raise InvalidDataError(message("importance", rule, value=weights))
    numbers = np.array([number(f"importance of {s!r}", weights[s], 0.0, open_low=True)
                        for s in stages])  # fmt: skip
    numbers = numbers / numbers.sum() if len(stages) else numbers
    group, firsts = scores._group_codes()
    place = np.searchsorted(np.array(stages, dtype=scores.stage.dtype), scores.stage)
    shape = (len(firsts), len(stages))
    value, error = np.full(shape, np.nan), np.full(shape, np.nan)
    value[group, place] = scores.value
    error[group, place] = scores.standard_error
    mean: Any = value @ numbers
    deviation: Any = np.sqrt(error**2 @ numbers**2)
    if not scores.groups:  # one number; NaN of nothing
        mean, deviation = (float(one[0]) if len(one) else math.nan for one in (mean, deviation))
    return JourneyScore(
        value=mean,
        error=deviation,
        importance={str(s): float(w) for s, w in zip(stages, numbers, strict=True)},
        groups={name: labels[firsts] for name, labels in scores.groups.items()},
        frame=scores.frame,
    )
