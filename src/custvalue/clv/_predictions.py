"""Predictions: P(alive) and expected purchases per customer."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy.typing as npt

from custvalue._check import Array, number, real
from custvalue._record import Record
from custvalue._tally import same_length


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Predictions(Record):
    """P(alive) at the end of the observation and expected purchases within a horizon after it.

    Attributes
    ----------
    customer : array of shape (n,)
        Who.
    probability_alive, expected_purchases : float arrays of shape (n,)
        Per customer.
    horizon, unit
        How far the expectation looks.

    Examples
    --------
    >>> import custvalue as cv
    >>> log = cv.datasets.cdnow()
    >>> summary = cv.occasions(log, customer="customer_id", time="date").summary(unit="week")
    >>> cv.clv.ModifiedBetaGeo.fit(summary).predict(summary, horizon=52)
    Predictions(customers=2357, expected_purchases=1936.95, horizon=52 week)
    """

    customer: npt.NDArray[Any]
    probability_alive: Array
    expected_purchases: Array
    horizon: float
    unit: str
    frame: str = dataclasses.field(default="pandas", compare=False)

    _columns: ClassVar[tuple[str, ...]] = ("customer", "probability_alive", "expected_purchases")

    def __post_init__(self) -> None:
        for name in self._columns[1:]:
            object.__setattr__(self, name, real(name, getattr(self, name)))
        same_length(self)
        object.__setattr__(self, "horizon", number("horizon", self.horizon, 0.0))
        super().__post_init__()

    def _head(self) -> dict[str, Any]:
        return {
            "customers": len(self.customer),
            "expected_purchases": float(self.expected_purchases.sum()),
            "horizon": f"{self.horizon:g} {self.unit}",
        }
