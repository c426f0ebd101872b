"""Loyalty from answers: the Secure Customer Index and the satisfaction-loyalty matrix."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, number
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction._answers import Answers, read_answers
from custvalue.satisfaction._counting import options
from custvalue.satisfaction._standings import LoyaltySegments

SECURE = ("secure", "favourable", "vulnerable", "at risk")
QUADRANTS = ("loyalist", "mercenary", "hostage", "defector")


def secure_customer_index(
    table: Any,
    satisfaction: str,
    recommend: str,
    repurchase: str,
    *,
    scale: tuple[float, float],
    risk_below: float | None = None,
    by: str | Sequence[str] | None = None,
    weight: str | None = None,
    reverse: Collection[str] = (),
    labels: Mapping[str, float] | None = None,
    not_applicable: Collection[Any] = (),
    numeric_text: bool = False,
    missing: str = "drop",
    min_group: int = 0,
) -> LoyaltySegments:
    """Return the share of secure, favourable, vulnerable and at-risk customers.

    Secure: the best answer to all three questions. Favourable: otherwise, one of the two best to
    all three. At risk: otherwise, an answer below `risk_below` to any of them. Vulnerable: the
    rest. Burke's index defines the first two so; where "at risk" begins it says in words
    (dissatisfied, would probably not), which here is the middle of the scale.

    Parameters
    ----------
    table : data frame
        One row per respondent.
    satisfaction, recommend, repurchase : str
        Columns of the three questions.
    scale : tuple of float
        Lowest and highest answer possible, of all three; high is good.
    risk_below : float, optional
        By default the middle of the scale.
    by : str or sequence of str, optional
        Columns to group by.
    weight : str, optional
        Column of survey weights.
    reverse : collection of str
        Columns in which low is good; their answers become low + high - answer.
    labels : mapping of str to float, optional
        Number that each text stands for.
    not_applicable : collection, optional
        Texts or numbers that stand for no answer.
    numeric_text : bool
        Whether numbers exported as text are read as numbers.
    missing : {"drop", "error"}
        What to do with who did not answer all three.
    min_group : int
        Groups with fewer respondents show NaN.

    Returns
    -------
    LoyaltySegments
        Its `value` is the share of secure customers.

    Raises
    ------
    InvalidDataError
        If answers are not on the scale, or the scale has fewer than three options.

    References
    ----------
    Burke Inc., "Secure Customer Index"; Brandt, "An outside-in approach to determining customer-
    driven priorities for improvement and innovation", 1996.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> survey = pd.DataFrame({"sat": [5, 5, 4, 3], "rec": [5, 4, 4, 4], "buy": [5, 5, 4, 5]})
    >>> index = cv.satisfaction.secure_customer_index(survey, "sat", "rec", "buy", scale=(1, 5))
    >>> index.share
    array([0.25, 0.5 , 0.25, 0.  ])
    """
    choices = options(scale)
    if len(choices) < 3:
        raise InvalidDataError(message("scale", "must have at least three options", value=scale))
    best, second = float(choices[-1]), float(choices[-2])
    risk = sum(scale) / 2.0 if risk_below is None else number("risk_below", risk_below)
    if not scale[0] <= risk <= second:
        rule = f"must be between {scale[0]:g} and {second:g}"
        raise InvalidDataError(message("risk_below", rule, value=risk))
    answers = read_answers(
        table,
        [satisfaction, recommend, repurchase],
        by=by,
        weight=weight,
        scale=scale,
        reverse=reverse,
        labels=labels,
        not_applicable=not_applicable,
        numeric_text=numeric_text,
        missing=missing,
    )
    worst = answers.values.min(axis=1)  # NaN where one is missing
    kind = np.select([worst >= best, worst >= second, worst >= risk], [0, 1, 2], 3)
    return _segments(answers, kind, SECURE, (best, second, risk), min_group)


def satisfaction_loyalty_matrix(
    table: Any,
    satisfaction: str,
    loyalty: str,
    *,
    satisfied_from: float,
    loyal_from: float,
    by: str | Sequence[str] | None = None,
    weight: str | None = None,
    scale: tuple[float, float] | None = None,
    labels: Mapping[str, float] | None = None,
    not_applicable: Collection[Any] = (),
    numeric_text: bool = False,
    missing: str = "drop",
    whole: bool = True,
    min_group: int = 0,
) -> LoyaltySegments:
    """Return the share of loyalists, mercenaries, hostages and defectors.

    Loyalists are satisfied and loyal, mercenaries satisfied and not loyal, hostages loyal and not
    satisfied, defectors neither.

    Parameters
    ----------
    table : data frame
        One row per respondent.
    satisfaction, loyalty : str
        Columns of satisfaction, and of loyalty (intended or observed, for instance purchases).
    satisfied_from, loyal_from : float
        Who answers at least this is satisfied, or loyal. There is no standard, so say it.
    by : str or sequence of str, optional
        Columns to group by.
    weight : str, optional
        Column of survey weights.
    scale : tuple of float, optional
        Lowest and highest answer possible, where both columns have the same scale.
    labels : mapping of str to float, optional
        Number that each text stands for.
    not_applicable : collection, optional
        Texts or numbers that stand for no answer.
    numeric_text : bool
        Whether numbers exported as text are read as numbers.
    missing : {"drop", "error"}
        What to do with who did not answer both.
    whole : bool
        Whether both must be whole numbers.
    min_group : int
        Groups with fewer respondents show NaN.

    Returns
    -------
    LoyaltySegments
        Its `value` is the share of loyalists.

    Raises
    ------
    InvalidDataError
        If answers are not numbers or not on the scale.

    References
    ----------
    Jones & Sasser, "Why satisfied customers defect", Harvard Business Review 73 (1995), 88-99.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> survey = pd.DataFrame({"sat": [5, 5, 2, 1], "orders": [9, 1, 7, 0]})
    >>> cv.satisfaction.satisfaction_loyalty_matrix(
    ...     survey, "sat", "orders", satisfied_from=4, loyal_from=3
    ... )
    LoyaltySegments(answers=4, loyalist=0.25, mercenary=0.25, hostage=0.25, defector=0.25)
    """
    cuts = number("satisfied_from", satisfied_from), number("loyal_from", loyal_from)
    answers = read_answers(
        table,
        [satisfaction, loyalty],
        by=by,
        weight=weight,
        scale=scale,
        labels=labels,
        not_applicable=not_applicable,
        numeric_text=numeric_text,
        missing=missing,
        whole=whole,
    )
    satisfied, loyal = answers.values[:, 0] >= cuts[0], answers.values[:, 1] >= cuts[1]
    kind = np.where(satisfied, np.where(loyal, 0, 1), np.where(loyal, 2, 3))
    return _segments(answers, kind, QUADRANTS, cuts, min_group)


def _segments(
    answers: Answers,
    kind: npt.NDArray[Any],
    order: tuple[str, ...],
    rules: tuple[float, ...],
    min_group: int,
) -> LoyaltySegments:
    """Return how many there are of each kind among those who answered every question."""
    here = ~np.isnan(answers.values).any(axis=1)
    notes = dict(answers.notes)
    if not here.all():
        notes["respondents left out"] = int((~here).sum())
    weights: Array = np.ones(answers.rows) if answers.weight is None else answers.weight
    here = here & (weights > 0)
    cell = (answers.codes * len(order) + kind)[here]
    size = answers.group_count * len(order)
    return LoyaltySegments(
        segment=np.tile(np.array(order, dtype=object), answers.group_count),
        answers=np.bincount(cell, minlength=size),
        weight=np.bincount(cell, weights[here], size).astype(float),
        squares=np.bincount(cell, weights[here] ** 2, size).astype(float),
        order=order,
        rules=rules,
        min_group=min_group,
        groups={name: np.repeat(column, len(order)) for name, column in answers.groups.items()},
        notes=notes,
        frame=answers.kind,
    )
