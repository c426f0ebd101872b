"""Gaps between purchases as durations, and who comes back after a time without any."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from custvalue import _calendar, _proportion
from custvalue._check import Array, number
from custvalue._record import join_notes
from custvalue._tally import Tally
from custvalue.durations import Durations
from custvalue.retention._gaps import gaps_of, part_of, window
from custvalue.retention._history import read_history, refuse_by

AT_THE_END = "purchases after which no whole period was observed left out"


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ReactivationRate(Tally):
    """How many of the customers who stopped buying for a time came back; `+` adds customers.

    Who is in two records that are added counts twice.

    Attributes
    ----------
    lapsed, reactivated : int, or int array of shape (groups,)
        Customers who became inactive, and those of them who bought again (within the window).
    pending : int, or int array of shape (groups,)
        Customers who became inactive but whose window has not wholly elapsed; not in `lapsed`.
    inactive : float
        Time without a purchase after which a customer is inactive, in `unit`.
    within : float or None
        Length of the window from then on, in `unit`; None: all of what was observed.
    unit, grain : str
        The ruler; within what purchases are one.
    until : str
        The last day (grain "hour": hour) observed.
    week_start, timezone : str
        How weeks and days are cut.
    groups, notes, frame
        Labels of each row by column; what policies did, counted; the kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> cv.retention.ReactivationRate(400, 60, inactive=90.0).value
    np.float64(0.15)
    """

    lapsed: Any = 0
    reactivated: Any = 0
    pending: Any = 0
    inactive: float = 1.0
    within: float | None = None
    unit: str = "day"
    grain: str = "day"
    until: str = ""
    week_start: str = "monday"
    timezone: str | None = None

    _sums: ClassVar[tuple[str, ...]] = ("lapsed", "reactivated", "pending")
    _settings: ClassVar[tuple[str, ...]] = (
        "inactive", "within", "unit", "grain", "until", "week_start", "timezone",
    )  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        number("inactive", self.inactive, 0.0, open_low=True)
        window("within", self.within, self.unit)
        part_of(("reactivated", "lapsed"), self.reactivated, self.lapsed)

    @property
    def value(self) -> Array:
        """Share of the inactive customers who came back; NaN of none."""
        return _proportion.share(self.reactivated, self.lapsed)

    def interval(self, level: float = 0.95, method: str = "wilson") -> tuple[Array, Array]:
        """Return the bounds of an interval for `value`.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald"}
            Wilson (1927) by default.
        """
        return _proportion.interval(self.reactivated, self.lapsed, level, method)

    def _derived(self) -> dict[str, Any]:
        low, high = self.interval()
        return {"value": self.value, "lower": low, "upper": high}

    def _head(self) -> dict[str, Any]:
        facts = {name: int(np.sum(getattr(self, name))) for name in self._sums}
        value = float(_proportion.share(facts["reactivated"], facts["lapsed"]))
        span = "observed" if self.within is None else f"{self.within:g} {self.unit}"
        after = f"{self.inactive:g} {self.unit}"
        return {"value": value, **facts, "inactive": after, "within": span, **self.notes}


def purchase_gaps(
    log: Any,
    *,
    customer: str | None = None,
    time: str | None = None,
    amount: str | None = None,
    unit: str = "day",
    grain: str = "day",
    by: str | Sequence[str] | None = None,
    by_order: bool = False,
    until: Any = None,
    timezone: str | None = None,
    week_start: str = "monday",
    **policies: Any,
) -> Durations:
    """Return the times between purchases as durations, those still open being censored.

    Each gap between two purchases of a customer is an event; the time from the last one to `until`
    is censored. Where `until` cuts a period short, what was bought in it is not known to be all, so
    that gaps are censored at the end of the period before. A mean of the finished gaps alone is too
    short: long ones are less often finished. A Kaplan-Meier curve of these durations is right; its
    interval takes the gaps of one customer as independent, which they are not quite. Hours are of
    the clock on the wall.

    Parameters
    ----------
    log : data frame or Occasions
        One row per purchase line; or `custvalue.Occasions` of `grain` or a finer one.
    customer, time, amount : str, optional
        Names of the columns, for a data frame. Amounts tell what was fully refunded.
    unit, grain, by, timezone, week_start : str, optional
        As in `repeat_purchase_rate`; `unit` is that of the durations.
    by_order : bool
        Whether to label each gap with the number of the purchase that it follows ("order").
    until : date or str, optional
        Last day observed (included). Default: the last in the log. Give it to add up durations of
        parts of the customers.
    **policies
        missing, unparsable, duplicates, refunds, time_format: as in `custvalue.occasions`.

    Returns
    -------
    Durations
        One row per purchase, but for those after which no whole period was observed, which are
        counted in the notes.

    Raises
    ------
    ColumnNotFoundError
        If a column does not exist.
    InvalidDataError
        As `repeat_purchase_rate`.

    Examples
    --------
    >>> import custvalue as cv
    >>> log = cv.datasets.cdnow()
    >>> gaps = cv.retention.purchase_gaps(log, customer="customer_id", time="date", unit="week")
    >>> len(gaps), int(gaps.event.sum()), round(float(gaps.exit[gaps.event].mean()), 1)
    (6694, 4339, 10.1)
    """
    _calendar.unit_of("unit", unit)
    refuse_by(by, Durations(), extra=("customer", "weight", *(["order"] * by_order)))
    history = read_history(
        log,
        grain,
        customer=customer,
        time=time,
        amount=amount,
        by=by,
        until=until,
        timezone=timezone,
        week_start=week_start,
        policies=policies,
    )
    gaps = gaps_of(history, unit)
    length = np.minimum(gaps.length, gaps.observed)
    seen = length > 0
    owner = history.owner[seen]
    group = history.group[owner]
    groups = {name: labels[group] for name, labels in history.labels.items()}
    if by_order:
        groups["order"] = gaps.order[seen]
    left_out = int(np.count_nonzero(~seen))
    return Durations(
        exit=length[seen],
        event=(gaps.ends & (gaps.length <= gaps.observed))[seen],
        groups=groups,
        customer=history.decode(history.bought.customer[owner]),
        unit=unit,
        notes=join_notes(history.bought.notes, {AT_THE_END: left_out} if left_out else {}),
        frame=history.bought.frame,
    )


def reactivation_rate(
    log: Any,
    *,
    inactive: float,
    within: float | None = None,
    unit: str = "day",
    customer: str | None = None,
    time: str | None = None,
    amount: str | None = None,
    grain: str = "day",
    by: str | Sequence[str] | None = None,
    until: Any = None,
    timezone: str | None = None,
    week_start: str = "monday",
    **policies: Any,
) -> ReactivationRate:
    """Return the share of customers who bought again after a time without any purchase.

    A customer becomes inactive when no purchase came within `inactive` after one; the first time
    counts, so that nobody counts twice. With `within` only those count who became inactive so long
    ago that the window has wholly elapsed; without, the rate grows with the time observed. Of a
    period that `until` cuts short nothing counts: who bought in it is not known in full.

    Parameters
    ----------
    log : data frame or Occasions
        One row per purchase line; or `custvalue.Occasions` of `grain` or a finer one.
    inactive : float
        Time without a purchase, in `unit`; one at its very end still keeps a customer active.
    within : float, optional
        Length of the window after it, in `unit`; its last moment is included.
    unit, grain, by, until, timezone, week_start : str, optional
        As in `repeat_purchase_rate`.
    customer, time, amount : str, optional
        Names of the columns, for a data frame. Amounts tell what was fully refunded.
    **policies
        missing, unparsable, duplicates, refunds, time_format: as in `custvalue.occasions`.

    Returns
    -------
    ReactivationRate
        One number, or one per group.

    Raises
    ------
    ColumnNotFoundError
        If a column does not exist.
    InvalidDataError
        As `repeat_purchase_rate`; or if `inactive` is not above 0.

    Examples
    --------
    >>> import custvalue as cv
    >>> log = cv.datasets.cdnow()
    >>> cv.retention.reactivation_rate(log, customer="customer_id", time="date", inactive=90,
    ...                                within=180)
    ReactivationRate(value=0.248912, lapsed=2298, reactivated=572, pending=30, inactive=90 day,
    within=180 day)
    """
    window("within", within, unit)
    inactive = number("inactive", inactive, 0.0, open_low=True)
    refuse_by(by, ReactivationRate())
    history = read_history(
        log,
        grain,
        customer=customer,
        time=time,
        amount=amount,
        by=by,
        until=until,
        timezone=timezone,
        week_start=week_start,
        policies=policies,
    )
    gaps, owner = gaps_of(history, unit), history.owner
    long = ~gaps.ends | (gaps.length > inactive)
    late = np.flatnonzero(long & (gaps.observed >= inactive))
    lapse = late[np.diff(owner[late], prepend=-1) > 0]  # the first of each customer
    back = gaps.ends[lapse] & (gaps.length[lapse] <= gaps.observed[lapse])
    elapsed = np.ones(len(lapse), dtype=bool)
    if within is not None:
        elapsed = gaps.observed[lapse] >= inactive + within
        back = back & elapsed & (gaps.length[lapse] <= inactive + within)
    group = history.group[owner[lapse]]
    counts = {
        name: np.bincount(group[which], minlength=history.groups)
        for name, which in (("lapsed", elapsed), ("reactivated", back), ("pending", ~elapsed))
    }
    if not history.labels:
        counts = {name: column[0] for name, column in counts.items()}
    return ReactivationRate(
        **counts,
        inactive=inactive,
        within=None if within is None else float(within),
        unit=unit,
        grain=grain,
        until=str(history.seen),
        week_start=week_start,
        timezone=history.bought.timezone,
        groups=history.labels,
        notes=history.bought.notes,
        frame=history.bought.frame,
    )
