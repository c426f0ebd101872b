"""Penalty-reward contrasts: whether attributes frustrate when low, or delight when high."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from custvalue._check import number
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction._answers import check_answers, checked_scale, read_answers
from custvalue.satisfaction._counting import whole_count
from custvalue.satisfaction._importance import complete, named
from custvalue.satisfaction._least_squares import fitted
from custvalue.satisfaction._penalty_reward import PenaltyReward


def penalty_reward(
    table: Any,
    outcome: str,
    attributes: Sequence[str],
    *,
    low: float,
    high: float,
    by: str | Sequence[str] | None = None,
    weight: str | None = None,
    scale: tuple[float, float] | None = None,
    outcome_scale: tuple[float, float] | None = None,
    labels: Mapping[str, float] | None = None,
    not_applicable: Collection[Any] = (),
    numeric_text: bool = False,
    missing: str = "drop",
    min_group: int = 0,
) -> PenaltyReward:
    """Return what low and high performance of each attribute does to an outcome.

    The outcome is regressed on two dummies of each attribute, low and high, all together; answers
    between are the reference.

    Parameters
    ----------
    table : data frame
        Any frame that Narwhals reads, one row per respondent.
    outcome : str
        Column of what is to be explained, such as overall satisfaction.
    attributes : sequence of str
        Columns of the performance of the attributes.
    low, high : float
        Answers of at most `low` are low, of at least `high` are high; on a scale from 1 to 5 often
        1 and 5, or 2 and 5.
    by : str or sequence of str, optional
        Columns to group by.
    weight : str, optional
        Column of survey weights, at least 0; who has weight 0 does not count.
    scale, outcome_scale : tuple of float, optional
        Lowest and highest answer of the attributes and of the outcome; others are refused.
    labels : mapping of str to float, optional
        Numbers of answers that are text, in all columns.
    not_applicable : collection, optional
        Answers, text or numbers, that are none.
    numeric_text : bool
        Whether text such as "7" is a number.
    missing : {"drop", "error"}
        Who did not answer everything is left out, and counted in `notes`; or is refused.
    min_group : int
        Groups of fewer respondents get NaN.

    Returns
    -------
    PenaltyReward
        With `range` (RIOCS), `satisfying` (SGP), `dissatisfying` (DGP), `asymmetry`, and intervals.

    Raises
    ------
    InvalidDataError
        If low is not below high, the outcome does not vary, dummies determine each other, or there
        are not more respondents than coefficients. By group such groups get NaN and are counted in
        `notes`.

    Notes
    -----
    Variances are robust to unequal scatter (HC1, with Kish's effective number of respondents), so
    that they hold with survey weights.

    References
    ----------
    Brandt, "A procedure for identifying value-enhancing service components using customer
    satisfaction survey data", in Surprenant (ed.), Add Value to Your Service (1987), 61-65.

    Examples
    --------
    >>> import custvalue as cv
    >>> import numpy as np, pandas as pd
    >>> draw = np.random.default_rng(1)
    >>> frame = pd.DataFrame(draw.integers(1, 6, (1000, 2)), columns=["staff", "wifi"])
    >>> frame["overall"] = 5 - 2.0 * (frame.staff == 1) + 1.0 * (frame.wifi == 5)
    >>> frame["overall"] += draw.integers(-1, 2, 1000)
    >>> found = cv.satisfaction.penalty_reward(
    ...     frame, "overall", ["staff", "wifi"], low=1, high=5, scale=(1, 5)
    ... )
    >>> found.to_frame()[["attribute", "penalty", "reward", "category"]].round(1)
      attribute  penalty  reward    category
    0     staff     -2.1    -0.0  frustrator
    1      wifi      0.0     1.0   delighter
    """
    names = named(outcome, attributes, "attributes")
    bottom, top = number("low", low), number("high", high)
    if bottom >= top:
        raise InvalidDataError(message("low", "must be below high", value=(bottom, top)))
    least = whole_count("min_group", min_group, 0, 2**53)
    answers = read_answers(
        table, names, by=by, weight=weight, scale=None, labels=labels, whole=False,
        not_applicable=not_applicable, numeric_text=numeric_text, missing=missing,
    )  # fmt: skip
    ends = checked_scale(outcome_scale), checked_scale(scale)
    for name, column in zip(names, answers.each, strict=True):
        check_answers(name, column, ends[0] if name == outcome else ends[1], False)
    values, weights, codes, notes = complete(answers)
    groups, p = answers.group_count, len(names) - 1
    dummies = np.column_stack([values[:, :-1] <= bottom, values[:, :-1] >= top]).astype(float)
    x = np.column_stack([np.ones(len(values)), dummies])
    fit = fitted(x, values[:, -1], weights, codes, least)
    if not answers.groups and fit.flat[0]:
        rule = "must vary among the respondents who answered everything"
        raise InvalidDataError(message(outcome, rule))
    if not answers.groups and fit.few[0]:
        rule = f"must have more than {int(fit.varies[0].sum())} respondents who answered everything"
        raise InvalidDataError(message("table", rule, value=int(fit.rows[0])))
    if not answers.groups and fit.singular[0]:
        rule = "must not determine each other as low and high"
        hint = "Leave one out, or set low and high elsewhere."
        raise InvalidDataError(message("attributes", rule, value=list(names[:-1]), hint=hint))
    found = {
        "groups with too few respondents": fit.few,
        "groups with collinear attributes": fit.singular & ~fit.few,
        "groups where the outcome does not vary": fit.flat & ~fit.few & ~fit.singular,
    }
    notes |= {text: int(bad.sum()) for text, bad in found.items() if bad.any()}
    lows, highs = np.arange(1, p + 1), np.arange(p + 1, 2 * p + 1)
    beta, spread, counts = fit.beta, fit.covariance, fit.counts

    def spread_out(found: Any, nothing: Any = np.nan) -> Any:
        """Return a number per present group, or per attribute of it, as a column of all rows."""
        all_of = np.full((groups, p), nothing)
        all_of[fit.present] = found if found.ndim == 2 else found[:, None]
        return all_of.ravel()

    return PenaltyReward(
        attribute=np.tile(np.array(names[:-1], dtype=object), groups),
        penalty=spread_out(beta[:, lows]),
        reward=spread_out(beta[:, highs]),
        penalty_variance=spread_out(spread[:, lows, lows]),
        reward_variance=spread_out(spread[:, highs, highs]),
        covariance=spread_out(spread[:, lows, highs]),
        free=spread_out(fit.free),
        r_squared=spread_out(fit.r_squared),
        answers=spread_out(fit.rows, 0),
        low=spread_out(counts[:, lows], 0),
        high=spread_out(counts[:, highs], 0),
        outcome=outcome,
        min_group=least,
        groups={name: np.repeat(label, p) for name, label in answers.groups.items()},
        notes=notes,
        frame=answers.kind,
    )
