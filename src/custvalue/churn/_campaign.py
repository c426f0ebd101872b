"""A retention campaign: what it costs, checked, and whom it reaches at each cut of the score."""

from __future__ import annotations

from typing import Any

from custvalue._check import Array, number, of_type
from custvalue.churn._levels import from_top
from custvalue.churn.ranking import RANKING_HINT, Ranking
from custvalue.errors import InvalidDataError, message

_MOST = 1e15  # of any currency: far more, and squares of it overflow


def money(scores: Any, clv: Any, incentive: Any, contact: Any) -> tuple[float, float, float]:
    """Return the value of a customer and the two costs; refuse a ranking of nobody."""
    of_type("scores", scores, Ranking, RANKING_HINT)
    if not len(scores):
        raise InvalidDataError(message("scores", "must rank at least one customer", value=0))
    d = number("incentive_cost", incentive, 0.0, _MOST)
    f = number("contact_cost", contact, 0.0, _MOST)
    worth = number("clv", clv, 0.0, _MOST, open_low=True)
    if worth <= d:
        hint = "An incentive must cost less than the customer is worth."
        raise InvalidDataError(message("clv", "must exceed incentive_cost", value=worth, hint=hint))
    return worth, d, f


def points(scores: Ranking) -> tuple[Array, Array]:
    """Return how many who stayed and who churned there are above each cut, none first."""
    gone = from_top(scores.churned)
    return from_top(scores.customers) - gone, gone
