"""Net Promoter Score of answers to how likely people are to recommend."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from custvalue.satisfaction._answers import required_scale
from custvalue.satisfaction._counting import counted, options, read_one
from custvalue.satisfaction._nps import NPS, checked_breaks


def nps(
    table: Any,
    column: str | None = None,
    *,
    by: str | Sequence[str] | None = None,
    weight: Any = None,
    scale: tuple[float, float] = (0, 10),
    breaks: tuple[float, float] = (7, 9),
    labels: Mapping[str, float] | None = None,
    not_applicable: Collection[Any] = (),
    numeric_text: bool = False,
    missing: str = "drop",
    min_group: int = 0,
) -> NPS:
    """Return the Net Promoter Score of answers to "how likely are you to recommend us?".

    Parameters
    ----------
    table : data frame or array_like
        One row per respondent; or the answers themselves.
    column : str, optional
        Column of the answers; None where `table` is the answers.
    by : str or sequence of str, optional
        Columns to group by.
    weight : str or array_like, optional
        Column of survey weights, at least 0; an array where `table` is one.
    scale : tuple of float
        Lowest and highest answer possible.
    breaks : tuple of float
        Lowest answer of a passive and of a promoter; those below are detractors.
    labels : mapping of str to float, optional
        Number that each text stands for.
    not_applicable : collection, optional
        Texts or numbers that stand for no answer.
    numeric_text : bool
        Whether numbers exported as text are read as numbers.
    missing : {"drop", "error"}
        Missing answers are left out and counted in `notes`, or refused.
    min_group : int
        Groups with fewer respondents show NaN.

    Returns
    -------
    NPS
        With `value` in [-1, 1], `points`, `interval()` and `shares`; NaN of no answers.

    Raises
    ------
    InvalidDataError
        If an answer is not a whole number on the scale, or text that no argument resolves.

    References
    ----------
    Reichheld, "The one number you need to grow", Harvard Business Review 81 (2003), 46-54.

    Examples
    --------
    >>> import custvalue as cv
    >>> cv.satisfaction.nps([0, 7, 7, 9, 9, 9])
    NPS(answers=6, nps=0.333333, lower=-0.267433, upper=0.711877)
    >>> import pandas as pd
    >>> survey = pd.DataFrame({"shop": ["a", "a", "b"], "answer": ["10", "7", "N/A"]})
    >>> scores = cv.satisfaction.nps(
    ...     survey, "answer", by="shop", numeric_text=True, not_applicable=["N/A"]
    ... )
    >>> scores.value, scores.notes
    (array([0.5, nan]), {'answer: not applicable': 1})
    """
    low_high = required_scale(scale)
    passive, promoter = checked_breaks(breaks, low_high)
    possible = options(scale)
    answers = read_one(
        table,
        column,
        by=by,
        weight=weight,
        scale=scale,
        labels=labels,
        not_applicable=not_applicable,
        numeric_text=numeric_text,
        missing=missing,
    )
    count, mass, squares = counted(answers)
    below, above = possible < passive, possible >= promoter
    parts = {
        "detractors": mass[:, below],
        "passives": mass[:, ~below & ~above],
        "promoters": mass[:, above],
        "answers": count,
        "squares": squares,
    }
    sums = {name: part.sum(axis=1) for name, part in parts.items()}
    if not answers.groups:
        sums = {name: total[0] for name, total in sums.items()}
    return NPS(
        **sums,
        scale=scale,
        breaks=breaks,
        min_group=min_group,
        groups=answers.groups,
        notes=answers.notes,
        frame=answers.kind,
    )
