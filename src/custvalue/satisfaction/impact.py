"""Penalty-reward contrasts: whether attributes frustrate when low, or delight when high."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, number
from custvalue._tally import distinct_rows
from custvalue.errors import CustValueWarning, InvalidDataError, message
from custvalue.satisfaction._answers import Answers, check_answers, checked_scale, read_answers
from custvalue.satisfaction._correlations import arranged
from custvalue.satisfaction._counting import whole_count
from custvalue.satisfaction._importance import complete, named
from custvalue.satisfaction._penalty_reward import PenaltyReward
from custvalue.satisfaction._rating_patterns import MARKS

_DIGITS = 39  # attributes whose pattern one whole number holds: 3^39 < 2^63


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
        If low is not below high, a column is no numbers, or an answer is outside its scale.

    Warns
    -----
    CustValueWarning
        If nothing can be said: the outcome does not vary, dummies determine each other, or there
        are not more respondents than coefficients. Results are NaN; the record can still be added
        to others. By group, `remarks` counts such groups.

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
    found = PenaltyReward(
        **_counted(values, weights, codes, (bottom, top), answers),
        attributes=names[:-1],
        outcome=outcome,
        cuts=(bottom, top),
        min_group=least,
        notes=notes,
        frame=answers.kind,
    )
    if not answers.groups:
        _warn(found)
    return found


def _counted(
    values: Array,
    weights: Array,
    codes: npt.NDArray[np.int64],
    cuts: tuple[float, float],
    answers: Answers,
) -> dict[str, Any]:
    """Return respondents of each pattern and moments of their outcomes, in order of groups.

    The first row of each group, of no pattern, is of nobody: it keeps groups that have no others.
    """
    rated, outcome = values[:, :-1], values[:, -1]
    place = 1 + (rated >= cuts[1]).astype(np.int64) - (rated <= cuts[0])
    p = place.shape[1]
    packed = [
        place[:, start : start + _DIGITS] @ 3 ** np.arange(_DIGITS)[: p - start]
        for start in range(0, p, _DIGITS)
    ]
    row, firsts = distinct_rows([codes, *packed])
    texts = np.ascontiguousarray(np.array(MARKS)[place[firsts]]).view(f"U{p}").ravel()
    size = answers.group_count
    one = arranged(outcome[:, None], weights, row)
    moments = one.moments(one.weight)
    squared = arranged(outcome[:, None], weights**2, row)
    each = np.concatenate([np.arange(size), codes[firsts]])
    patterns = np.concatenate([np.full(size, "", dtype=object), texts.astype(object)])
    behind = size + np.arange(len(firsts))
    return {
        "pattern": patterns,
        "answers": np.concatenate([np.zeros(size, dtype=np.int64), one.rows]),
        "moments": moments.placed(behind, len(patterns)),
        "squared": squared.moments(squared.weight).placed(behind, len(patterns)),
        "groups": {name: labels[each] for name, labels in answers.groups.items()},
    }


def _warn(found: PenaltyReward) -> None:
    """Say why nothing can be said, if so."""
    fit = found._fit
    if fit.few[0]:
        rule = f"must have more than {int(fit.varies[0].sum())} respondents who answered everything"
        text = message("table", rule, value=int(fit.rows[0]))
    elif fit.singular[0]:
        rule = "must not determine each other as low and high"
        hint = "Leave one out, or set low and high elsewhere."
        text = message("attributes", rule, value=list(found.attributes), hint=hint)
    elif fit.flat[0]:
        rule = "must vary among the respondents who answered everything"
        text = message(found.outcome, rule)
    else:
        return
    warnings.warn(text, CustValueWarning, stacklevel=3)
