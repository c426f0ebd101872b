"""Profit curve: what a retention campaign brings in at every threshold of the score."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, ClassVar

import numpy as np

from custvalue._check import Array, number, real
from custvalue._record import Record, kept
from custvalue.churn._campaign import money, points
from custvalue.churn.ranking import Ranking
from custvalue.errors import InvalidDataError, message


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ProfitCurve(Record):
    """Profit of a campaign by the share of customers that it addresses.

    Attributes
    ----------
    threshold : float array of shape (levels + 1,)
        Lowest score addressed; infinite (nobody) first.
    target_share : float array of shape (levels + 1,)
        Share of customers with at least that score.
    profit : float array of shape (levels + 1,)
        Per customer of the whole base.

    Examples
    --------
    >>> import custvalue as cv
    >>> curve = cv.churn.profit_curve(cv.churn.ranking([0, 1, 1], [0.2, 0.5, 0.7]))
    >>> print(curve.to_frame().round(3).to_string(index=False))
     threshold  target_share  profit
           inf         0.000   0.000
           0.7         0.333  18.667
           0.5         0.667  37.333
           0.2         1.000  33.667
    """

    threshold: Array
    target_share: Array
    profit: Array
    frame: str = dataclasses.field(default="pandas", compare=False)

    _columns: ClassVar[tuple[str, ...]] = ("threshold", "target_share", "profit")

    def __post_init__(self) -> None:
        for name in self._columns:
            column = real(name, getattr(self, name))
            if column.ndim != 1 or not 0 < len(column) == np.size(self.threshold):
                rule = "must be as long as threshold"
                raise InvalidDataError(message(name, rule, value=column.shape))
            object.__setattr__(self, name, kept(column))

    def plot(self, ax: Any = None) -> Any:
        """Draw it; see `custvalue.plot.profit`."""
        from custvalue.plot import profit

        return profit(self, ax)

    def _head(self) -> dict[str, Any]:
        best = int(np.argmax(self.profit))
        return {
            "points": len(self.profit),
            "best": float(self.profit[best]),
            "target_share": float(self.target_share[best]),
        }


def profit_curve(
    scores: Ranking,
    *,
    clv: float = 200.0,
    incentive_cost: float = 10.0,
    contact_cost: float = 1.0,
    acceptance: float = 0.3,
) -> ProfitCurve:
    """Return the profit of a campaign at every threshold of the score.

    Parameters
    ----------
    scores : Ranking
        From `ranking(churned, score)`.
    clv : float
        Value of a customer who is kept, above `incentive_cost`.
    incentive_cost : float
        Cost of an incentive that is taken, at least 0.
    contact_cost : float
        Cost of addressing one customer, at least 0.
    acceptance : float
        Probability that a churner stays for the incentive, in [0, 1].

    Returns
    -------
    ProfitCurve
        P(t) of `maximum_profit`, whose maximum is the MPC.

    Raises
    ------
    InvalidDataError
        If there are no customers, or an argument is out of range.

    Examples
    --------
    >>> import custvalue as cv
    >>> ranked = cv.churn.ranking([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4])
    >>> cv.churn.profit_curve(ranked, contact_cost=2).profit.round(2).tolist()
    [0.0, 13.75, 10.75, 24.5, 21.5]
    """
    gamma = number("acceptance", acceptance, 0.0, 1.0)
    worth, d, f = money(scores, clv, incentive_cost, contact_cost)
    stayed, gone = points(scores)
    total = stayed[-1] + gone[-1]
    profit = ((gamma * (worth - d) - f) * gone - (d + f) * stayed) / total
    threshold = np.concatenate([[math.inf], scores.score[::-1]])
    return ProfitCurve(threshold, (stayed + gone) / total, profit, scores.frame)
