"""The record of retention in windows of age: who could be active in them, and who was."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue import _proportion
from custvalue._check import Array, one_of, refuse, whole
from custvalue._tally import Tally

Ints = npt.NDArray[np.integer[Any]]
CLOCKS = ("calendar", "24h")


def _none() -> Ints:
    return np.empty(0, dtype=np.int64)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class WindowRetention(Tally):
    """Customers active in windows of age out of those whose window has elapsed; `+` adds customers.

    Who is in two records that are added counts twice.

    Attributes
    ----------
    low, high : float arrays of shape (rows,)
        The window, in days since the start: ages from `low` to just below `high`, which is infinite
        for rolling retention.
    eligible : int array of shape (rows,)
        Customers whose window has wholly elapsed (rolling: whose day `low` has).
    retained : int array of shape (rows,)
        Of these, those active in the window.
    pending : int array of shape (rows,)
        Customers whose window has not wholly elapsed. They are in no share.
    clock : {"calendar", "24h"}
        What a day of life is.
    until : str
        The last day, or instant (24h; "Z": in UTC), observed.
    origin : {"first", "start"}
        Whether age counts from the first activity or from the time in a column.
    cohort : str
        Period of the start that rows are cut by; empty: none.
    timezone, week_start : str
        How days and weeks are cut.
    groups, notes, frame
        Labels of each row by column (with `cohort`: the first day of its period); what policies
        did, counted; the kind of frame for results.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> log = pd.DataFrame({"who": ["a", "a", "b", "c"], "when": ["2024-03-01", "2024-03-02",
    ...     "2024-03-01", "2024-03-08"]})
    >>> found = cv.retention.n_day(log, customer="who", time="when", days=(1, 7))
    >>> found
    WindowRetention(customers=3, windows=2, clock=calendar, until=2024-03-08)
    >>> found.to_frame()[["low", "high", "eligible", "retained", "pending", "share"]]
       low  high  eligible  retained  pending  share
    0  1.0   2.0         2         1        1    0.5
    1  7.0   8.0         2         0        1    0.0
    """

    low: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    high: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    eligible: Ints = dataclasses.field(default_factory=_none)
    retained: Ints = dataclasses.field(default_factory=_none)
    pending: Ints = dataclasses.field(default_factory=_none)
    clock: str = "calendar"
    until: str = ""
    origin: str = "first"
    cohort: str = ""
    timezone: str | None = None
    week_start: str = "monday"

    _keys: ClassVar[tuple[str, ...]] = ("low", "high")
    _sums: ClassVar[tuple[str, ...]] = ("eligible", "retained", "pending")
    _settings: ClassVar[tuple[str, ...]] = (
        "clock", "until", "origin", "cohort", "timezone", "week_start",
    )  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("clock", self.clock, CLOCKS)
        for name in ("low", *self._sums):
            whole(name, getattr(self, name))
        refuse("high", "must be above low", self.high, ~(self.high > self.low))
        too_many = self.retained > self.eligible
        refuse("retained", "must not exceed the eligible", self.retained, too_many)

    @property
    def share(self) -> Array:
        """Share of the eligible customers active in the window; NaN of nobody."""
        return _proportion.share(self.retained, self.eligible)

    def interval(self, level: float = 0.95, method: str = "wilson") -> tuple[Array, Array]:
        """Return the bounds of an interval for `share`; 1 where it is 1 by definition.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald"}
            Wilson (1927) by default.
        """
        low, high = _proportion.interval(self.retained, self.eligible, level, method)
        everybody = (self.retained == self.eligible) & (self.eligible > 0)
        certain = everybody & (self.low == 0) & (self.origin == "first")
        return np.where(certain, 1.0, low), np.where(certain, 1.0, high)

    def _derived(self) -> dict[str, Any]:
        lower, upper = self.interval()
        return {"share": self.share, "lower": lower, "upper": upper}

    def _head(self) -> dict[str, Any]:
        windows = np.unique(np.stack([self.low, self.high], axis=1), axis=0)
        first = (self.low == windows[:1, 0]) & (self.high == windows[:1, 1])
        return {
            "customers": int((self.eligible + self.pending)[first].sum()),
            "windows": len(windows),
            "clock": self.clock,
            "until": self.until,
            **self.notes,
        }
