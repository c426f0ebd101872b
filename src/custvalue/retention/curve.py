"""The retention curve: customers active at each age, over all cohorts that have completed it."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue import _calendar, _proportion
from custvalue._check import Array, one_of, refuse, whole
from custvalue._tally import Tally

Ints = npt.NDArray[np.integer[Any]]
ORIGINS = ("first", "start")


def _none() -> Ints:
    return np.empty(0, dtype=np.int64)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class RetentionCurve(Tally):
    """Customers active at each age out of all whose cohort has completed it; `+` adds customers.

    The share at an age is the average over cohorts weighted by their size. Fewer, older cohorts
    stand behind later ages: where these are better the average can rise with age although no cohort
    does, so look at `size` and `cohorts` before you read a rise as customers who come back. Who is
    in two records that are added counts twice.

    Attributes
    ----------
    age : int array of shape (rows,)
        In periods.
    size : int array of shape (rows,)
        Customers of the cohorts that have completed the age.
    retained : int array of shape (rows,)
        Of these, those active at the age.
    previous : int array of shape (rows,)
        Of these, those active one period before; all of them at age 0.
    cohorts : int array of shape (rows,)
        Cohorts with customers behind the age, in each of the records that were added.
    grain : str
        What a period is.
    origin : {"first", "start"}
        Whether age counts from the first activity, so that age 0 is 1 by definition, or from a
        column.
    groups, notes, frame
        Labels of each row by column; what policies did, counted; the kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> log = cv.datasets.cdnow()
    >>> curve = cv.retention.cohorts(log, customer="customer_id", time="date").curve()
    >>> curve
    RetentionCurve(ages=18, customers=2357, cohorts=3, grain=month)
    >>> curve.share[:4].round(3)
    array([1.   , 0.146, 0.123, 0.095])
    """

    age: Ints = dataclasses.field(default_factory=_none)
    size: Ints = dataclasses.field(default_factory=_none)
    retained: Ints = dataclasses.field(default_factory=_none)
    previous: Ints = dataclasses.field(default_factory=_none)
    cohorts: Ints = dataclasses.field(default_factory=_none)
    grain: str = "month"
    origin: str = "first"

    _keys: ClassVar[tuple[str, ...]] = ("age",)
    _sums: ClassVar[tuple[str, ...]] = ("size", "retained", "previous", "cohorts")
    _settings: ClassVar[tuple[str, ...]] = ("grain", "origin")

    def __post_init__(self) -> None:
        super().__post_init__()
        _calendar.unit_of("grain", self.grain)
        one_of("origin", self.origin, ORIGINS)
        for name in ("age", *self._sums):
            whole(name, getattr(self, name))
        refuse("retained", "must not exceed the size", self.retained, self.retained > self.size)

    @property
    def share(self) -> Array:
        """Share of customers active at each age; NaN of nobody."""
        return _proportion.share(self.retained, self.size)

    @property
    def share_of_previous(self) -> Array:
        """Active customers relative to those active one period before; NaN at age 0.

        A ratio of counts, not a share: above 1 where more came back than left.
        """
        return to_previous(self.retained, self.previous, self.age)

    def interval(self, level: float = 0.95, method: str = "wilson") -> tuple[Array, Array]:
        """Return the bounds of an interval for `share`; 1 where it is 1 by definition.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald"}
            Wilson (1927) by default.
        """
        return bounds(self.retained, self.size, self.age, self.origin, level, method)

    def _derived(self) -> dict[str, Any]:
        lower, upper = self.interval()
        return {"share": self.share, "lower": lower, "upper": upper}

    def plot(self, ax: Any = None, fit: Any = None, horizon: int | None = None) -> Any:
        """Draw it; see `custvalue.plot.retention_curve`."""
        from custvalue.plot import retention_curve

        return retention_curve(self, ax, fit, horizon)

    def _head(self) -> dict[str, Any]:
        first = self.age == 0
        return {
            "ages": len(np.unique(self.age)),
            "customers": int(self.size[first].sum()),
            "cohorts": int(self.cohorts[first].sum()),
            "grain": self.grain,
            **self.notes,
        }


def to_previous(active: Ints, previous: Ints, age: Ints) -> Array:
    """Return active / previous; NaN at age 0 and after nobody."""
    return np.where(age > 0, _proportion.share(active, previous), np.nan)


def bounds(
    active: Ints, size: Ints, age: Ints, origin: str, level: float, method: str
) -> tuple[Array, Array]:
    """Return an interval of active / size; where everybody is active by definition, that."""
    low, high = _proportion.interval(active, size, level, method)
    certain = (age == 0) & (size > 0) & (origin == "first")
    return np.where(certain, 1.0, low), np.where(certain, 1.0, high)
