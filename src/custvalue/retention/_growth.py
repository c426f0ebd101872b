"""The record of growth accounting: customers and revenue by period, and what came and went."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue import _calendar, _proportion
from custvalue._check import Array, one_of
from custvalue._tally import Tally
from custvalue.retention._history import Ints, after, check_periods, gain_to_loss

PARTIAL = "partial"
OBSERVED = "observed"
MONEY = (
    "new_revenue",
    "retained_revenue",
    "resurrected_revenue",
    "churned_revenue",
    "expansion",
    "contraction",
    "refunds",
)


def _no_counts() -> Ints:
    return np.empty(0, dtype=np.int64)


def _no_sums() -> Array:
    return np.empty(0)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class GrowthAccounting(Tally):
    """Who came, stayed, came back and left in each period; `+` adds customers.

    A customer is active in a period in which there is a purchase. Of those active in period t, the
    retained were active in t - 1, the resurrected only before that, the new never; the churned were
    active in t - 1 and are not in t. So active(t) = new + retained + resurrected and
    active(t - 1) = retained + churned, and revenue(t) - revenue(t - 1) = new + resurrected +
    expansion - contraction - churned + refunds(t) - refunds(t - 1). A customer who bought before
    the log starts counts as new at the first purchase seen: the first periods of a log hold too
    many new ones. Who is in two records that are added counts twice.

    Attributes
    ----------
    period : int array of shape (rows,)
        Number of the period since 1970-01-01, in `grain`; `to_frame` shows its first day.
    new, retained, resurrected, churned : int arrays of shape (rows,)
        Customers.
    new_revenue, retained_revenue, resurrected_revenue : float arrays of shape (rows,)
        Revenue of the period from them; NaN where the log has no amounts.
    churned_revenue : float array of shape (rows,)
        Revenue of the period before from those who churned.
    expansion, contraction : float arrays of shape (rows,)
        By how much the retained spent more, or less, than in the period before.
    refunds : float array of shape (rows,)
        Net amount, 0 or below, of customers who had bought and buy nothing in the period: refunds
        of earlier purchases. Those beside a purchase are in the revenue from that customer.
    grain, week_start, timezone : str
        What a period is.
    until : str
        The last day (periods of an hour: hour) observed. A period that it cuts short is partial:
        its churn is overstated, as some will still buy, and everything else is understated.
    amounts : bool
        Whether there is revenue.
    groups, notes, frame
        Labels of each row by column; what policies did, counted; the kind of frame for results.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> log = pd.DataFrame({"who": ["a", "b", "a", "c", "b"], "when": ["2024-01-05", "2024-01-20",
    ...     "2024-02-02", "2024-02-11", "2024-03-31"]})
    >>> growth = cv.retention.growth_accounting(log, customer="who", time="when")
    >>> growth
    GrowthAccounting(periods=3, first=2024-01-01, last=2024-03-01, until=2024-03-31, new=3,
    retained=1, resurrected=1, churned=3)
    >>> growth.quick_ratio
    array([inf, 1. , 0.5])
    """

    period: Ints = dataclasses.field(default_factory=_no_counts)
    new: Ints = dataclasses.field(default_factory=_no_counts)
    retained: Ints = dataclasses.field(default_factory=_no_counts)
    resurrected: Ints = dataclasses.field(default_factory=_no_counts)
    churned: Ints = dataclasses.field(default_factory=_no_counts)
    new_revenue: Array = dataclasses.field(default_factory=_no_sums)
    retained_revenue: Array = dataclasses.field(default_factory=_no_sums)
    resurrected_revenue: Array = dataclasses.field(default_factory=_no_sums)
    churned_revenue: Array = dataclasses.field(default_factory=_no_sums)
    expansion: Array = dataclasses.field(default_factory=_no_sums)
    contraction: Array = dataclasses.field(default_factory=_no_sums)
    refunds: Array = dataclasses.field(default_factory=_no_sums)
    grain: str = "month"
    week_start: str = "monday"
    timezone: str | None = None
    until: str = ""
    amounts: bool = False

    _keys: ClassVar[tuple[str, ...]] = ("period",)
    _sums: ClassVar[tuple[str, ...]] = ("new", "retained", "resurrected", "churned", *MONEY)
    _settings: ClassVar[tuple[str, ...]] = ("grain", "week_start", "timezone", "until", "amounts")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_periods(self.grain, self.week_start, self.until, len(self))

    @property
    def active(self) -> Ints:
        """Customers active in each period: new, retained and resurrected ones."""
        return self.new + self.retained + self.resurrected

    @property
    def revenue(self) -> Array:
        """Net revenue of each period, refunds taken off; NaN where the log has no amounts."""
        active = self.new_revenue + self.retained_revenue + self.resurrected_revenue
        return active + self.refunds

    @property
    def state(self) -> npt.NDArray[Any]:
        """For each period "observed", or "partial" where `until` cuts it short."""
        if not len(self):
            return np.empty(0, dtype="U8")
        whole = self._starts(self.period + 1) <= after(np.datetime64(self.until))
        return np.where(whole, OBSERVED, PARTIAL)

    @property
    def retention_rate(self) -> Array:
        """Share of those active in the period before who are active; NaN after none."""
        return _proportion.share(self.retained, self.retained + self.churned)

    def interval(self, level: float = 0.95, method: str = "wilson") -> tuple[Array, Array]:
        """Return the bounds of an interval for `retention_rate`.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald"}
            Wilson (1927) by default.
        """
        return _proportion.interval(self.retained, self.retained + self.churned, level, method)

    @property
    def quick_ratio(self) -> Array:
        """(new + resurrected) / churned: infinite where nobody churned, NaN where nobody moved."""
        return gain_to_loss(self.new + self.resurrected, self.churned)

    def quick_ratio_interval(
        self, level: float = 0.95, method: str = "wilson"
    ) -> tuple[Array, Array]:
        """Return the bounds of an interval for `quick_ratio`.

        Given how many moved, those who came are a binomial share p of them, and the ratio is
        p / (1 - p) (Przyborowski & Wilenski 1940, for two Poisson counts).

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald"}
            Of the interval of p.
        """
        came = self.new + self.resurrected
        low, high = _proportion.interval(came, came + self.churned, level, method)
        return gain_to_loss(low, 1.0 - low), gain_to_loss(high, 1.0 - high)

    def revenue_quick_ratio(self, resurrected: str = "exclude") -> Array:
        """Return (new + expansion) / (contraction + churned), in revenue.

        Infinite where nothing was lost, NaN where nothing changed or there are no amounts. Without
        `refunds`, which are of earlier periods.

        Parameters
        ----------
        resurrected : {"exclude", "include"}
            Whether the revenue of those who came back counts as a gain. Baremetrics leaves it out.
        """
        one_of("resurrected", resurrected, ("exclude", "include"))
        gain = self.new_revenue + self.expansion
        if resurrected == "include":
            gain = gain + self.resurrected_revenue
        return gain_to_loss(gain, self.contraction + self.churned_revenue)

    def _starts(self, periods: Ints) -> npt.NDArray[np.datetime64]:
        return _calendar.period_starts(periods, self.grain, self.week_start)

    def _table(self) -> dict[str, Any]:
        table = {**super()._table(), "period": self._starts(self.period).astype("datetime64[us]")}
        if not self.amounts:
            table = {name: column for name, column in table.items() if name not in MONEY}
        return table

    def _derived(self) -> dict[str, Any]:
        low, high = self.interval()
        return {
            "active": self.active,
            "retention_rate": self.retention_rate,
            "retention_lower": low,
            "retention_upper": high,
            "quick_ratio": self.quick_ratio,
            "state": self.state,
        }

    def plot(self, ax: Any = None, group: Any = None) -> Any:
        """Draw it; see `custvalue.plot.growth`."""
        from custvalue.plot import growth

        return growth(self, ax, group)

    def _head(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"periods": len(np.unique(self.period))}
        if len(self):
            first, last = self._starts(np.array([self.period.min(), self.period.max()]))
            facts |= {"first": first, "last": last, "until": self.until}
        counts = ("new", "retained", "resurrected", "churned")
        return {**facts, **{name: int(getattr(self, name).sum()) for name in counts}, **self.notes}
