"""Win-back: which share of churned customers returns within a time."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue import _calendar
from custvalue._check import number, of_type, refuse, whole
from custvalue._proportion import interval as proportion_interval
from custvalue._proportion import share
from custvalue._tally import Tally, distinct_rows, refuse_names
from custvalue.churn._scalars import unboxed
from custvalue.churn._window import length
from custvalue.churn.spells import SPELLS_HINT, Spells

_SHOWN = ("value", "lower", "upper")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class WinBack(Tally):
    """Churns that are long enough ago to tell, and those after which the customer returned in time.

    Attributes
    ----------
    churned : int or array of shape (groups,)
        Churns whose time to return has elapsed within the window.
    returned : int or array of shape (groups,)
        Of these, how many the customer returned from in time.
    pending, pending_returned : int or array of shape (groups,)
        Churns whose time has not elapsed, and those of them that ended already. Neither is part of
        the rate: to count the early returns alone would raise it.
    within, unit
        The time to return.

    Examples
    --------
    >>> import custvalue as cv
    >>> back = cv.churn.WinBack(churned=50, returned=10, pending=7, within=90, unit="day")
    >>> back.value, [round(bound, 3) for bound in back.interval()]
    (0.2, [0.112, 0.33])
    """

    churned: npt.NDArray[Any] | int = 0
    returned: npt.NDArray[Any] | int = 0
    pending: npt.NDArray[Any] | int = 0
    pending_returned: npt.NDArray[Any] | int = 0
    within: float = 90.0
    unit: str = "day"

    _sums: ClassVar[tuple[str, ...]] = ("churned", "returned", "pending", "pending_returned")
    _settings: ClassVar[tuple[str, ...]] = ("within", "unit")

    def __post_init__(self) -> None:
        super().__post_init__()
        refuse_names(self.groups, _SHOWN)
        _calendar.unit_of("unit", self.unit)
        object.__setattr__(self, "within", number("within", self.within, 0.0, open_low=True))
        for name in self._sums:
            whole(name, getattr(self, name))
        for part, all_of in (("returned", "churned"), ("pending_returned", "pending")):
            few = np.asarray(getattr(self, part))
            refuse(part, f"must not exceed {all_of}", few, few > getattr(self, all_of))

    def _head(self) -> dict[str, Any]:
        facts: dict[str, Any] = {name: int(np.sum(getattr(self, name))) for name in self._sums}
        if self.groups:
            facts["by"] = ", ".join(self.groups)
        else:
            facts["value"] = self.value
        return {**facts, "within": f"{self.within:g} {self.unit}", **self.notes}

    def _derived(self) -> dict[str, Any]:
        lower, upper = self.interval()
        return {"value": self.value, "lower": lower, "upper": upper}

    @property
    def value(self) -> Any:
        """Share of churns from which the customer returned in time; NaN without any."""
        return unboxed(share(self.returned, self.churned))

    def interval(self, level: float = 0.95, method: str = "wilson") -> tuple[Any, Any]:
        """Return the (lower, upper) bounds of the rate.

        Parameters
        ----------
        level : float
            Coverage, between 0 and 1.
        method : {"wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald"}
            Interval of a proportion, which takes churns for independent; default Wilson (1927).

        Returns
        -------
        tuple of float or arrays of shape (groups,)
            NaN without churns.
        """
        low, high = proportion_interval(self.returned, self.churned, level, method)
        return unboxed(low), unboxed(high)


def win_back_rate(spells: Spells, within: float, unit: str = "day") -> WinBack:
    """Return the share of churns after which the customer returned within a time.

    Parameters
    ----------
    spells : Spells
        When customers were active.
    within : float
        The time to return, above 0: a next spell that starts up to this long after the churn.
    unit : str
        Unit of `within`; months are of 30.4375 days.

    Returns
    -------
    WinBack
        One row per group of spells that churned. Churns whose time has not elapsed at `until` are
        left out of the rate, and counted as pending.

    Raises
    ------
    InvalidDataError
        If `spells` are not Spells or `within` is not above 0.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> table = pd.DataFrame({"who": [1, 1, 2, 3],
    ...     "from": ["2024-01-01", "2024-03-01", "2024-01-01", "2024-01-01"],
    ...     "to": ["2024-02-01", None, "2024-02-01", "2024-06-20"]})
    >>> spells = cv.churn.Spells.from_subscriptions(
    ...     table, customer="who", start="from", end="to", until="2024-06-30")
    >>> cv.churn.win_back_rate(spells, within=60)
    WinBack(churned=2, returned=1, pending=1, pending_returned=0, value=0.5, within=60 day)
    """
    of_type("spells", spells, Spells, SPELLS_HINT)
    time = np.timedelta64(length("within", within, unit), "us")
    away = np.full(len(spells), np.iinfo(np.int64).max).view("timedelta64[us]")
    next_one = np.flatnonzero(spells._returns())
    away[next_one] = spells.start[next_one + 1] - spells.end[next_one]
    back = away <= time
    elapsed = spells.end + time < np.datetime64(spells.until)  # a return at `until` is not seen
    group, firsts = np.zeros(len(spells), dtype=np.int64), np.zeros(1, dtype=np.int64)
    if spells.groups:
        group, firsts = distinct_rows(list(spells.groups.values()))

    def total(chosen: npt.NDArray[np.bool_]) -> Any:
        found = np.bincount(group[chosen & spells.event], minlength=len(firsts))
        return found if spells.groups else int(found[0])

    return WinBack(
        churned=total(elapsed),
        returned=total(elapsed & back),
        pending=total(~elapsed),
        pending_returned=total(~elapsed & back),
        within=float(within),
        unit=unit,
        groups={name: labels[firsts] for name, labels in spells.groups.items()},
        notes=spells.notes,
        frame=spells.frame,
    )
