"""Loyalty programmes: enrolment, activity, redemption and breakage from counts."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np

from custvalue import _proportion
from custvalue._check import Array, common_shape, one_of, refuse
from custvalue._tally import Tally
from custvalue.satisfaction._survey import check_sums, ratio

_MEMBERS = {
    "enrolment": ("members", "customers"),
    "active": ("active", "members"),
    "redeeming": ("redeemers", "members"),
}
_COUNTS = (
    "customers",
    "members",
    "active",
    "redeemers",
    "points_issued",
    "points_redeemed",
    "points_expired",
)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Programme(Tally):
    """Members and points of a loyalty programme over a period; `+` adds other customers.

    Attributes
    ----------
    customers, members : int, or int array of shape (groups,)
        Customers who could be in the programme, and those who are.
    active, redeemers : int, or int array
        Members who earned or redeemed in the period, and those who redeemed.
    points_issued, points_redeemed, points_expired : number, or array
        Points, or their worth; redeemed and expired may be of points issued before.
    groups, notes, frame
        Labels of each row by column; what policies did, counted; the kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> programme = cv.satisfaction.Programme(
    ...     customers=1000, members=400, active=240, redeemers=100,
    ...     points_issued=50_000, points_redeemed=30_000, points_expired=8_000,
    ... )
    >>> programme
    Programme(customers=1000, enrolment=0.4, active=0.6, redemption=0.6, breakage=0.16)
    >>> programme.interval("active")
    (np.float64(0.551...), np.float64(0.646...))
    """

    customers: Any = 0
    members: Any = 0
    active: Any = 0
    redeemers: Any = 0
    points_issued: Any = 0
    points_redeemed: Any = 0
    points_expired: Any = 0

    _sums: ClassVar[tuple[str, ...]] = _COUNTS
    _shows: ClassVar[tuple[str, ...]] = (
        *(f"{name}_rate" for name in _MEMBERS),
        "redemption",
        "breakage",
    )

    def __post_init__(self) -> None:
        common_shape(**{name: getattr(self, name) for name in _COUNTS})
        shape = np.broadcast_shapes(*(np.shape(getattr(self, name)) for name in _COUNTS))
        for name in _COUNTS:  # a 0 stands for none in every group
            if np.shape(getattr(self, name)) == () and shape:
                object.__setattr__(self, name, np.full(shape, getattr(self, name)))
        super().__post_init__()
        check_sums(**{name: getattr(self, name) for name in _COUNTS})
        for part, whole in (*_MEMBERS.values(), ("redeemers", "active")):
            more = np.asarray(getattr(self, part) > getattr(self, whole))
            refuse(part, f"must not exceed {whole}", getattr(self, part), more)

    def rate(self, rate: str) -> Array:
        """Return a share of people; NaN of none.

        Parameters
        ----------
        rate : {"enrolment", "active", "redeeming"}
            Members of all customers; active members, or those who redeemed, of all members.
        """
        one_of("rate", rate, _MEMBERS)
        part, whole = _MEMBERS[rate]
        return _proportion.share(getattr(self, part), getattr(self, whole))

    def interval(
        self, rate: str = "enrolment", level: float = 0.95, method: str = "wilson"
    ) -> tuple[Array, Array]:
        """Return the bounds of an interval for a share of people.

        Points have none: they are all there are, and not counted one by one.

        Parameters
        ----------
        rate : {"enrolment", "active", "redeeming"}
            Which.
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald"}
            Wilson (1927) by default.
        """
        one_of("rate", rate, _MEMBERS)
        part, whole = _MEMBERS[rate]
        return _proportion.interval(getattr(self, part), getattr(self, whole), level, method)

    @property
    def value(self) -> Array:
        """Enrolment: members / customers."""
        return self.rate("enrolment")

    @property
    def redemption(self) -> Array:
        """Points redeemed / points issued; above 1 where old points are redeemed."""
        return ratio(self.points_redeemed, self.points_issued)

    @property
    def breakage(self) -> Array:
        """Points expired / points issued."""
        return ratio(self.points_expired, self.points_issued)

    @property
    def outstanding(self) -> Any:
        """Points issued less those redeemed or expired: what the period adds to the liability."""
        return self.points_issued - self.points_redeemed - self.points_expired

    def _derived(self) -> dict[str, Any]:
        rates = {f"{name}_rate": self.rate(name) for name in _MEMBERS}
        return {**rates, "redemption": self.redemption, "breakage": self.breakage}

    def _head(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"customers": int(np.sum(self.customers))}
        if not self.groups and not np.ndim(self.customers):
            facts |= {"enrolment": float(self.value), "active": float(self.rate("active"))}
            facts |= {"redemption": float(self.redemption), "breakage": float(self.breakage)}
        return {**facts, **self.notes}
