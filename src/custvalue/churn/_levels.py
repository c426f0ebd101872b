"""Customers at the distinct levels of a score; customers tied at a cut share the places left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, ArrayLike, refuse, within
from custvalue.durations import Flags, flags
from custvalue.errors import InvalidDataError, message

Column = npt.NDArray[Any]
_FIRST = "Say what those customers get first, or leave them out."
_LIGHTEST, _HEAVIEST = 1e-15, 1e15
_EXACT = 2.0**53  # larger whole numbers that differ may be one float
_RANKS = "Larger ones would tie as floats: score by their ranks."
_PROBABILITY = "Probabilities are needed here; churn.ranking(...) judges any score."


def checked(
    name: str, score: ArrayLike, weight: ArrayLike | None, low: float, high: float, **labels: Any
) -> tuple[Array, Array | None, list[Flags]]:
    """Return scores in [low, high], weights and labels as columns of one length."""
    scores = within(name, score, low, high, hint=_FIRST if high > 1.0 else _PROBABILITY)
    if np.asarray(score).dtype.kind in "iu" and high > 1.0:
        tied = np.abs(scores) > _EXACT
        refuse(name, "must be at most 2**53 if whole", scores, tied, hint=_RANKS)
    found: dict[str, Any] = {label: flags(label, values) for label, values in labels.items()}
    weights = None if weight is None else weights_of(weight)
    if scores.ndim != 1:
        raise InvalidDataError(message(name, "must be one column", value=scores.shape))
    for label, values in {**found, "weight": weights}.items():
        if values is not None and values.shape != scores.shape:
            rule = f"must have one value for each of {len(scores)} customers"
            raise InvalidDataError(message(label, rule, value=values.shape))
    return scores, weights, list(found.values())


def weights_of(weight: ArrayLike) -> Array:
    """Return weights, which are numbers of customers, far from where their squares overflow."""
    return within("weight", weight, _LIGHTEST, _HEAVIEST, hint="Count in other units.")


def by_level(
    score: Array, weight: Array | None, columns: Mapping[str, Flags]
) -> tuple[Array, dict[str, Any]]:
    """Return the distinct scores, ascending, and how many customers each column marks there."""
    # in order of their weights too: sums do not depend on the order of the rows
    order = np.argsort(score) if weight is None else np.lexsort((weight, score))
    ranked = score[order]
    new = np.ones(len(ranked), dtype=bool)
    new[1:] = ranked[1:] != ranked[:-1]
    starts = np.flatnonzero(new)
    sums = {}
    for name, marked in columns.items():
        if weight is None:
            sums[name] = np.add.reduceat(marked[order], starts, dtype=np.int64)
        else:
            sums[name] = np.add.reduceat(np.where(marked, weight, 0.0)[order], starts)
    return ranked[starts] + 0.0, sums  # no -0.0


def check_levels(score: Column, **counts: Column) -> None:
    """Refuse levels that are not finite, and counts that are negative."""
    for name, column in {"score": score, **counts}.items():
        within(name, column, -np.inf if name == "score" else 0.0)


def refuse_groups(groups: Mapping[str, Column]) -> None:
    """Refuse groups: a ranking is of one group."""
    if groups:
        rule = "must be empty: make one record for each group"
        raise InvalidDataError(message("groups", rule, value=sorted(groups)))


def from_top(column: Column) -> Array:
    """Return cumulated counts from the highest level on, with 0 before it."""
    return np.concatenate([[0.0], np.cumsum(column[::-1], dtype=np.float64)])


def shares(name: str, top: ArrayLike) -> Array:
    """Return shares of customers, in (0, 1]."""
    return within(name, top, 0.0, 1.0, open_low=True, hint="Write the top 10 % as 0.1.")


def among_top(top: Array, customers: Column, *columns: Column) -> list[Array]:
    """Return the count of each column among the share `top` of customers scored highest.

    Customers tied at the cut share the places that are left equally: the count is what it is on
    average over all orders of the tied customers.
    """
    places = from_top(customers)
    if len(places) == 1:
        return [np.zeros(np.shape(top)) for _ in columns]
    return [np.asarray(np.interp(top * places[-1], places, from_top(c))) for c in columns]
