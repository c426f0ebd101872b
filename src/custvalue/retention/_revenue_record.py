"""RevenueRetention: recurring revenue at the start of each period and what became of it."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue import _calendar, _proportion
from custvalue._check import Array, coverage, one_of
from custvalue._tally import Tally
from custvalue.retention._history import Ints, check_periods, gain_to_loss

REACTIVATION = ("exclude", "net")
_SQUARES = (
    "start_squared",
    "kept_squared",
    "start_kept",
    "retained_squared",
    "start_retained",
    "reactivation_squared",
)


def _no_counts() -> Ints:
    return np.empty(0, dtype=np.int64)


def _no_sums() -> Array:
    return np.empty(0)


def ratio_error(n: Array, x: Array, y: Array, xx: Array, xy: Array, yy: Array) -> Array:
    """Return the standard error of y / x from sums over n customers and of their squares.

    The ratio estimator of Cochran, Sampling Techniques (1977), chapter 6: the residuals
    y_i - R x_i, their variance with n - 1. NaN where n is at most 1.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = y / x
        squares = np.maximum(yy - 2.0 * ratio * xy + ratio**2 * xx, 0.0)
        error = np.sqrt(n / (n - 1.0) * squares) / x
    return np.asarray(np.where(n > 1.0, error, np.nan))


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class RevenueRetention(Tally):
    """Recurring revenue at the start of each period and what became of it; `+` adds customers.

    Revenue at an instant is the sum of the amounts of those who are customers then. Period t goes
    from its first instant to that of the next one, and end_revenue = start_revenue -
    churned_revenue - contraction + expansion + reactivation + new_revenue. Who leaves and comes
    back within a period is retained; who comes and leaves within one is not seen. Who is in two
    records that are added counts twice.

    Attributes
    ----------
    period : int array of shape (rows,)
        Number of the period since 1970-01-01, in `grain`; `to_frame` shows its first day.
    start_revenue, end_revenue : float arrays of shape (rows,)
        At the first instant of the period, and of the next one.
    churned_revenue : float array of shape (rows,)
        Start revenue of customers who are gone at the end.
    contraction, expansion : float arrays of shape (rows,)
        By how much customers at the start pay less, or more, at the end.
    reactivation, new_revenue : float arrays of shape (rows,)
        End revenue of those who are no customers at the start: were they ones before, or not.
    customers, lost, reactivated : int arrays of shape (rows,)
        Customers at the start; those of them gone at the end; those who came back.
    start_squared, kept_squared, start_kept, retained_squared, start_retained, \
reactivation_squared : float arrays of shape (rows,)
        Sums of squares and products over customers of: start amount; amount kept (the lower one of
        start and end); end amount of those who were there at the start; reactivation. For errors.
    grain, week_start, timezone : str
        What a period is.
    since, until : str
        First day of the first period; the last day observed.
    rule : {"exclude", "net"}
        Whether `nrr` counts reactivation.
    groups, notes, frame
        Labels of each row by column; what policies did, counted; the kind of frame for results.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> months = ["2024-01-01", "2024-02-01"]
    >>> panel = pd.DataFrame({"who": list("abcabc"), "month": months[:1] * 3 + months[1:] * 3,
    ...     "mrr": [40.0, 30.0, 30.0, 50.0, 20.0, 0.0]})
    >>> kept = cv.retention.revenue_retention_from_snapshots(panel, customer="who", time="month",
    ...                                                      amount="mrr")
    >>> kept.grr, kept.nrr
    (array([0.6]), array([0.7]))
    """

    period: Ints = dataclasses.field(default_factory=_no_counts)
    start_revenue: Array = dataclasses.field(default_factory=_no_sums)
    churned_revenue: Array = dataclasses.field(default_factory=_no_sums)
    contraction: Array = dataclasses.field(default_factory=_no_sums)
    expansion: Array = dataclasses.field(default_factory=_no_sums)
    reactivation: Array = dataclasses.field(default_factory=_no_sums)
    new_revenue: Array = dataclasses.field(default_factory=_no_sums)
    end_revenue: Array = dataclasses.field(default_factory=_no_sums)
    customers: Ints = dataclasses.field(default_factory=_no_counts)
    lost: Ints = dataclasses.field(default_factory=_no_counts)
    reactivated: Ints = dataclasses.field(default_factory=_no_counts)
    start_squared: Array = dataclasses.field(default_factory=_no_sums)
    kept_squared: Array = dataclasses.field(default_factory=_no_sums)
    start_kept: Array = dataclasses.field(default_factory=_no_sums)
    retained_squared: Array = dataclasses.field(default_factory=_no_sums)
    start_retained: Array = dataclasses.field(default_factory=_no_sums)
    reactivation_squared: Array = dataclasses.field(default_factory=_no_sums)
    grain: str = "month"
    week_start: str = "monday"
    timezone: str | None = None
    since: str = ""
    until: str = ""
    rule: str = "exclude"

    _keys: ClassVar[tuple[str, ...]] = ("period",)
    _sums: ClassVar[tuple[str, ...]] = (
        "start_revenue",
        "churned_revenue",
        "contraction",
        "expansion",
        "reactivation",
        "new_revenue",
        "end_revenue",
        "customers",
        "lost",
        "reactivated",
        *_SQUARES,
    )
    _settings: ClassVar[tuple[str, ...]] = (
        "grain",
        "week_start",
        "timezone",
        "since",
        "until",
        "rule",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_periods(self.grain, self.week_start, self.until, len(self))
        one_of("reactivation", self.rule, REACTIVATION)

    @property
    def kept_revenue(self) -> Array:
        """Start revenue less churn and contraction."""
        return self.start_revenue - self.churned_revenue - self.contraction

    @property
    def grr(self) -> Array:
        """Gross revenue retention, at most 1: kept of start revenue; NaN where that is 0."""
        return np.asarray(_proportion.share(self.kept_revenue, self.start_revenue))

    @property
    def nrr(self) -> Array:
        """Net revenue retention: kept revenue and expansion (and reactivation, by `rule`)."""
        return 1.0 - self.net_churn_rate()

    @property
    def gross_churn_rate(self) -> Array:
        """(churned + contraction) / start revenue = 1 - grr."""
        lost = self.churned_revenue + self.contraction
        return np.asarray(_proportion.share(lost, self.start_revenue))

    def net_churn_rate(self, reactivation: str | None = None) -> Array:
        """Return (churned + contraction - expansion) / start revenue; below 0 where it grew.

        Parameters
        ----------
        reactivation : {"exclude", "net"}, optional
            "net" subtracts reactivation as well, as ChartMogul does; "exclude" counts customers at
            the start only, as in Gold, Fighting Churn with Data (2020). Default: `rule`.
        """
        net = self.churned_revenue + self.contraction - self.expansion
        if self._netted(reactivation):
            net = net - self.reactivation
        return np.asarray(_proportion.share(net, self.start_revenue))

    def grr_interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """Return the bounds of an interval for `grr`, within 0 and 1.

        The chance is in which customers there are: ratio estimator (Cochran 1977, chapter 6) on the
        logit scale, Student's t, with the effective number of customers (Kish 1965) for their
        number. Where nothing or everything was lost, Wilson's interval for that number. NaN for
        one customer. Too narrow where a few customers pay most.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        """
        from scipy.special import expit

        n, x, y = self._effective, self.start_revenue, self.kept_revenue
        error = ratio_error(n, x, y, self.start_squared, self.start_kept, self.kept_squared)
        ratio = self.grr
        bounded = (ratio <= 0.0) | (ratio >= 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            centre = np.log(ratio / (1.0 - ratio))
            half = _quantile(n, level) * error / (ratio * (1.0 - ratio))
            low, high = expit(centre - half), expit(centre + half)
        few = np.where(n > 1.0, n, 0.0)
        least, most = _proportion.interval(few * (ratio >= 1.0), few, level)
        return np.where(bounded, least, low), np.where(bounded, most, high)

    def nrr_interval(
        self, level: float = 0.95, reactivation: str | None = None
    ) -> tuple[Array, Array]:
        """Return the bounds of an interval for `nrr`, at least 0.

        As `grr_interval`, but symmetric, and no less too narrow where a few customers pay most. It
        has no width where nobody paid more or less.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        reactivation : {"exclude", "net"}, optional
            As in `net_churn_rate`.
        """
        n, x = self._effective, self.start_revenue
        y, yy = self.kept_revenue + self.expansion, self.retained_squared
        if self._netted(reactivation):
            y, yy = y + self.reactivation, yy + self.reactivation_squared
        error = ratio_error(n, x, y, self.start_squared, self.start_retained, yy)
        ratio, half = _proportion.share(y, x), _quantile(n, level) * error
        return np.maximum(ratio - half, 0.0), ratio + half

    @property
    def _effective(self) -> Array:
        """Effective number of customers (Kish): fewer than there are where some are large."""
        number = _proportion.share(self.start_revenue**2, self.start_squared)
        return np.where(number > 1.0 + 1e-9, number, 1.0)  # of one it is rounded

    @property
    def logo_churn_rate(self) -> Array:
        """Share of the customers at the start who are gone at the end."""
        return np.asarray(_proportion.share(self.lost, self.customers))

    def logo_churn_interval(
        self, level: float = 0.95, method: str = "wilson"
    ) -> tuple[Array, Array]:
        """Return the bounds of an interval for `logo_churn_rate`.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald"}
            Wilson (1927) by default.
        """
        return _proportion.interval(self.lost, self.customers, level, method)

    def quick_ratio(self, reactivation: str | None = None) -> Array:
        """Return (new + expansion) / (contraction + churned); "net" adds reactivation to the gain.

        Infinite where nothing was lost, NaN where nothing changed.

        Parameters
        ----------
        reactivation : {"exclude", "net"}, optional
            As in `net_churn_rate`.
        """
        gain = self.new_revenue + self.expansion
        if self._netted(reactivation):
            gain = gain + self.reactivation
        return gain_to_loss(gain, self.contraction + self.churned_revenue)

    def _netted(self, reactivation: str | None) -> bool:
        rule = self.rule if reactivation is None else reactivation
        return one_of("reactivation", rule, REACTIVATION) == "net"

    def _starts(self, periods: Ints) -> npt.NDArray[np.datetime64]:
        return _calendar.period_starts(periods, self.grain, self.week_start)

    def _table(self) -> dict[str, Any]:
        table = {**super()._table(), "period": self._starts(self.period).astype("datetime64[us]")}
        return {name: column for name, column in table.items() if name not in _SQUARES}

    def _derived(self) -> dict[str, Any]:
        grr_low, grr_high = self.grr_interval()
        nrr_low, nrr_high = self.nrr_interval()
        return {
            "grr": self.grr,
            "grr_lower": grr_low,
            "grr_upper": grr_high,
            "nrr": self.nrr,
            "nrr_lower": nrr_low,
            "nrr_upper": nrr_high,
        }

    def _head(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"periods": len(np.unique(self.period))}
        if len(self):
            first, last = self._starts(np.array([self.period.min(), self.period.max()]))
            facts |= {"first": first, "last": last, "until": self.until}
        return {**facts, "reactivation": self.rule, **self.notes}


def _quantile(n: Array, level: float) -> Array:
    from scipy.special import stdtrit

    return np.asarray(stdtrit(np.maximum(n - 1.0, 1e-3), (1.0 + coverage(level)) / 2.0))
