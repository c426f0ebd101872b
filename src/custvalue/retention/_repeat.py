"""The records of repeat purchase: who bought again, after the first and after the n-th time."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np

from custvalue import _proportion
from custvalue._check import Array
from custvalue._tally import Tally
from custvalue.retention._gaps import part_of, window
from custvalue.retention._history import Ints


def _no_counts() -> Ints:
    return np.empty(0, dtype=np.int64)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class RepeatRate(Tally):
    """How many customers bought again; `+` adds customers.

    Who is in two records that are added counts twice.

    Attributes
    ----------
    customers, repeaters : int, or int array of shape (groups,)
        Customers who count, and those of them who bought again (within the window).
    pending : int, or int array of shape (groups,)
        Customers whose window has not wholly elapsed; they count nowhere else.
    within : float or None
        Length of the window after the first purchase, in `unit`; None: all of what was observed.
    unit, grain : str
        The ruler of the window; within what purchases are one.
    until : str
        The last day (grain "hour": hour) observed.
    week_start, timezone : str
        How weeks and days are cut.
    groups, notes, frame
        Labels of each row by column; what policies did, counted; the kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> cv.retention.RepeatRate(200, 50).interval()
    (np.float64(0.19508...), np.float64(0.31434...))
    """

    customers: Any = 0
    repeaters: Any = 0
    pending: Any = 0
    within: float | None = None
    unit: str = "day"
    grain: str = "day"
    until: str = ""
    week_start: str = "monday"
    timezone: str | None = None

    _sums: ClassVar[tuple[str, ...]] = ("customers", "repeaters", "pending")
    _settings: ClassVar[tuple[str, ...]] = (
        "within", "unit", "grain", "until", "week_start", "timezone",
    )  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        window("within", self.within, self.unit)
        part_of(("repeaters", "customers"), self.repeaters, self.customers)

    @property
    def value(self) -> Array:
        """Share of the customers who bought again; NaN of none."""
        return _proportion.share(self.repeaters, self.customers)

    def interval(self, level: float = 0.95, method: str = "wilson") -> tuple[Array, Array]:
        """Return the bounds of an interval for `value`.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald"}
            Wilson (1927) by default.
        """
        return _proportion.interval(self.repeaters, self.customers, level, method)

    def _derived(self) -> dict[str, Any]:
        low, high = self.interval()
        return {"value": self.value, "lower": low, "upper": high}

    def _head(self) -> dict[str, Any]:
        facts = {name: int(np.sum(getattr(self, name))) for name in self._sums}
        value = float(_proportion.share(facts["repeaters"], facts["customers"]))
        span = "observed" if self.within is None else f"{self.within:g} {self.unit}"
        return {"value": value, **facts, "within": span, **self.notes}


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class OrderRates(Tally):
    """Of those who bought n times, how many bought once more; `+` adds customers.

    Who is in two records that are added counts twice.

    Attributes
    ----------
    order : int array of shape (rows,)
        n.
    reached, went_on : int arrays of shape (rows,)
        Customers with an n-th purchase, and those of them with another one (within the window).
    pending : int array of shape (rows,)
        Customers with an n-th purchase whose window has not wholly elapsed; not in `reached`.
    within, unit, grain, until, week_start, timezone, groups, notes, frame
        As in `RepeatRate`.

    Examples
    --------
    >>> import custvalue as cv
    >>> log = cv.datasets.cdnow()
    >>> rates = cv.retention.order_rates(log, customer="customer_id", time="date", within=182)
    >>> rates.to_frame().round(3).head(3)
       order  reached  went_on  pending   rate  lower  upper
    0      1     2357      890        0  0.378  0.358  0.397
    1      2     1039      589      100  0.567  0.537  0.597
    2      3      603      423      133  0.701  0.664  0.737
    """

    order: Ints = dataclasses.field(default_factory=_no_counts)
    reached: Ints = dataclasses.field(default_factory=_no_counts)
    went_on: Ints = dataclasses.field(default_factory=_no_counts)
    pending: Ints = dataclasses.field(default_factory=_no_counts)
    within: float | None = None
    unit: str = "day"
    grain: str = "day"
    until: str = ""
    week_start: str = "monday"
    timezone: str | None = None

    _keys: ClassVar[tuple[str, ...]] = ("order",)
    _sums: ClassVar[tuple[str, ...]] = ("reached", "went_on", "pending")
    _settings: ClassVar[tuple[str, ...]] = (
        "within", "unit", "grain", "until", "week_start", "timezone",
    )  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        window("within", self.within, self.unit)
        part_of(("went_on", "reached"), self.went_on, self.reached)

    @property
    def rate(self) -> Array:
        """Share of those who bought n times who bought once more; NaN of none."""
        return _proportion.share(self.went_on, self.reached)

    def interval(self, level: float = 0.95, method: str = "wilson") -> tuple[Array, Array]:
        """Return the bounds of an interval for `rate`.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald"}
            Wilson (1927) by default.
        """
        return _proportion.interval(self.went_on, self.reached, level, method)

    def _derived(self) -> dict[str, Any]:
        low, high = self.interval()
        return {"rate": self.rate, "lower": low, "upper": high}

    def _head(self) -> dict[str, Any]:
        span = "observed" if self.within is None else f"{self.within:g} {self.unit}"
        most = int(self.order.max(initial=0))
        return {"orders": most, "until": self.until, "within": span, **self.notes}
