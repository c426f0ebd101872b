"""Kaplan & Meier: the share still there at each age, with left truncation and right censoring."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from custvalue._check import of_type
from custvalue.churn._kaplan_meier import KaplanMeier as KaplanMeier
from custvalue.churn._steps import Steps, tallied
from custvalue.durations import DURATIONS_HINT, Durations
from custvalue.errors import CustValueWarning, message


def kaplan_meier(durations: Durations, by: str | Sequence[str] | None = None) -> KaplanMeier:
    """Return the survival of customers by age, as their durations show it.

    Parameters
    ----------
    durations : Durations
        From `Spells.durations`, `Durations.from_table` or `Durations.from_survivors`.
    by : str or sequence of str, optional
        Which groups of the durations to keep apart; default: all of them, ``[]``: none.

    Returns
    -------
    KaplanMeier
        Addable: the curve of two sets of customers is the sum of their records.

    Raises
    ------
    InvalidDataError
        If `durations` are not Durations, a weight is not between 1e-15 and 1e15, or
        (ColumnNotFoundError) a group does not exist.

    Warns
    -----
    CustValueWarning
        If with late entries the risk set empties, or all in it churn, before the last one enters
        (survival is NaN from there), or nobody is observed from age 0 (survival is that of those
        who reach the first entry).

    References
    ----------
    Kaplan & Meier, "Nonparametric estimation from incomplete observations", JASA 53 (1958),
    457-481; left truncation: Klein & Moeschberger, "Survival Analysis" (2003), sec. 4.6.

    Examples
    --------
    >>> import custvalue as cv
    >>> old = cv.Durations(exit=[14, 20, 18], event=[True, False, True], entry=[12, 9, 6])
    >>> new = cv.Durations(exit=[3, 7, 12], event=[True, False, False])
    >>> curve = cv.churn.kaplan_meier(old + new)
    >>> curve.survival_at([3, 12, 18]).round(3)
    array([0.667, 0.667, 0.222])
    """
    of_type("durations", durations, Durations, DURATIONS_HINT)
    curve = KaplanMeier(
        **tallied(durations, by), unit=durations.unit, notes=durations.notes, frame=durations.frame
    )
    steps = Steps.of(curve)
    for rule, count in (
        ("risk set empties or dies out before the last entry: survival is NaN from there",
         steps.broken_groups),
        ("nobody is observed from age 0: survival is that from the first entry", steps.late_groups),
    ):  # fmt: skip
        if count:
            hint = "Early ages need customers who were new; widen the window or pool groups."
            text = message("durations", rule, value=f"{count} groups", hint=hint)
            warnings.warn(text, CustValueWarning, stacklevel=2)
    return curve
