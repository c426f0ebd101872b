"""The log-rank test of whether groups of customers churn at the same rates at all ages."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, number, of_type, whole, within
from custvalue._record import Record, kept
from custvalue._tally import checked_groups, distinct_rows
from custvalue.churn._kaplan_meier import KaplanMeier
from custvalue.churn._steps import rounding, tallied
from custvalue.durations import DURATIONS_HINT, Durations
from custvalue.errors import CustValueWarning, InvalidDataError, message

Ints = npt.NDArray[np.int64]
_COLUMNS = ("customers", "observed", "expected")
_CELLS = 2**21  # groups x ages worked on at once


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class LogRank(Record):
    """Churned customers of each group, as observed and as expected if all groups churned alike.

    Attributes
    ----------
    groups : mapping of str to array of shape (k,)
        Labels by column.
    customers, observed, expected : float arrays of shape (k,)
        Customers, those who churned, and those who would have at the ages of each group.
    statistic : float
        Chi-squared; NaN where no groups are at risk together when a customer churns.
    degrees : int
        Its degrees of freedom: one less than the groups of each set that are at risk together,
        directly or by way of others, when some of their customers churn and some stay.
    p_value : float
        Probability of a statistic at least as large if all groups churn alike.

    Examples
    --------
    >>> import custvalue as cv
    >>> plans = cv.Durations(exit=[6, 7, 10, 13, 1, 2, 3, 5], event=[1, 1, 0, 1, 1, 1, 1, 1],
    ...                      groups={"plan": list("aaaabbbb")})
    >>> cv.churn.compare(plans)
    LogRank(groups=2, statistic=7.34441, degrees=1, p_value=0.00672717)
    """

    groups: Mapping[str, npt.NDArray[Any]]
    customers: Array
    observed: Array
    expected: Array
    statistic: float
    degrees: int
    p_value: float
    frame: str = dataclasses.field(default="pandas", compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "groups", checked_groups(self.groups, _COLUMNS))
        for name in _COLUMNS:
            object.__setattr__(self, name, kept(within(name, getattr(self, name), 0.0)))
        shapes = {name: np.shape(column) for name, column in self._table().items()}
        if len(set(shapes.values())) > 1 or len(self.customers.shape) != 1:
            raise InvalidDataError(message("LogRank", "must have columns of one length",
                                           value=shapes))  # fmt: skip
        degrees = int(whole("degrees", number("degrees", self.degrees, 0.0)))
        if degrees > max(len(self) - 1, 0):
            raise InvalidDataError(message("degrees", "must be below the groups", value=degrees))
        object.__setattr__(self, "degrees", degrees)
        for name, high in (("statistic", math.inf), ("p_value", 1.0)):
            if not _is_nan(getattr(self, name)):
                number(name, getattr(self, name), 0.0, high)

    def __len__(self) -> int:
        """Return the number of groups."""
        return len(self.customers)

    def _head(self) -> dict[str, Any]:
        facts = ("statistic", "degrees", "p_value")
        return {"groups": len(self)} | {name: getattr(self, name) for name in facts}

    def _table(self) -> dict[str, Any]:
        return {**self.groups, **{name: getattr(self, name) for name in _COLUMNS}}


def compare(durations: Durations | KaplanMeier, by: str | Sequence[str] | None = None) -> LogRank:
    """Return the log-rank test of whether groups of customers churn alike.

    Parameters
    ----------
    durations : Durations or KaplanMeier
        With groups. A curve is enough, so that the curves of parts of the data can be added first.
    by : str or sequence of str, optional
        Which groups of the durations to compare; default: all of them.

    Returns
    -------
    LogRank
        Late entries are at risk from their entry on. Weights are numbers of customers.

    Raises
    ------
    ColumnNotFoundError
        If a group does not exist.
    InvalidDataError
        If there are fewer than two groups, `by` is given with a curve, or a weight is not between
        1e-15 and 1e15.

    Warns
    -----
    CustValueWarning
        If weights leave at most one customer at risk of whom a part churns: the variance
        d (N - d) / (N - 1) is none there, and the statistic is NaN.

    References
    ----------
    Mantel, Cancer Chemotherapy Reports 50 (1966), 163-170; for k groups with ties Klein &
    Moeschberger, "Survival Analysis" (2003), eqs. 7.3.1-7.3.5.

    Examples
    --------
    >>> import custvalue as cv
    >>> plans = cv.Durations(exit=[6, 7, 10, 13, 1, 2, 3, 5], event=[1, 1, 0, 1, 1, 1, 1, 1],
    ...                      groups={"plan": list("aaaabbbb")})
    >>> cv.churn.compare(plans, by="plan").to_frame().round(2)
      plan  customers  observed  expected
    0    a        4.0       3.0      5.54
    1    b        4.0       4.0      1.46
    """
    from scipy.special import chdtrc

    if isinstance(durations, KaplanMeier):
        curve = durations
        if by is not None:
            rule = "must be left out with a curve, which has its groups"
            raise InvalidDataError(message("by", rule, value=by))
    else:
        of_type("durations", durations, Durations, DURATIONS_HINT)
        counts = tallied(durations, by)
        curve = KaplanMeier(**counts, unit=durations.unit, frame=durations.frame)
    owner, firsts = np.zeros(len(curve), dtype=np.int64), np.zeros(1, dtype=np.int64)
    if curve.groups and len(curve):
        owner, firsts = distinct_rows(list(curve.groups.values()))
    if len(firsts) < 2:
        hint = "Name columns with by= where the durations are made."
        raise InvalidDataError(message("by", "must make at least two groups", hint=hint))
    observed, expected, ties, undefined = _moments(curve, owner, len(firsts))
    statistic, degrees = _quadratic(observed - expected, ties)
    if undefined:
        hint = "Weights are numbers of customers; scale them up if they are shares."
        rule = "at most one customer at risk, of whom a part churns: no variance"
        text = message("weight", rule, value=f"{undefined} ages", hint=hint)
        warnings.warn(text, CustValueWarning, stacklevel=2)
        statistic = math.nan
    return LogRank(
        groups={name: labels[firsts] for name, labels in curve.groups.items()},
        customers=np.bincount(owner, curve.entered).astype(np.float64),
        observed=observed,
        expected=expected,
        statistic=statistic,
        degrees=degrees,
        p_value=math.nan if math.isnan(statistic) else float(chdtrc(degrees, statistic)),
        frame=curve.frame,
    )


def _moments(curve: KaplanMeier, owner: Ints, groups: int) -> tuple[Array, Array, Array, int]:
    """Return events of each group, their expectation given those of all, and what ties groups.

    The covariance of two groups is less the tie between them, and the variance of a group the sum
    of its ties. The last number is that of ages at which there is no variance.
    """
    ages = np.unique(curve.time[curve.events > 0])
    rise = np.argsort(curve.time, kind="stable")
    owner, time, entered = owner[rise], curve.time[rise], curve.entered[rise]
    events, net = curve.events[rise], (curve.entered - curve.events - curve.censored)[rise]
    happens = np.searchsorted(ages, time)
    # what happens at an age changes who is at risk at the next one
    leaves = np.searchsorted(ages, time, side="right")
    error = np.bincount(owner, entered, groups) * rounding(curve)
    observed = np.bincount(owner, events, groups).astype(np.float64)
    expected, ties, undefined = np.zeros(groups), np.zeros((groups, groups)), 0
    before = np.zeros(groups)  # at risk when the block begins

    for start in range(0, len(ages), step := max(1, _CELLS // groups)):
        block = (groups, start, min(start + step, len(ages)))
        n = _spread(net, owner, leaves, *block)
        n[:, 0] += before
        n = np.cumsum(n, axis=1)
        before = n[:, -1].copy()
        n = np.where(n <= error[:, None], 0.0, n)
        everybody, all_events = n.sum(axis=0), _spread(events, owner, happens, *block).sum(axis=0)
        share = n / everybody
        staying = everybody - all_events
        some_stay = (staying > error.sum()) & (np.count_nonzero(n, axis=0) > 1)
        defined = some_stay & (everybody > 1.0)
        w = np.where(some_stay, 1.0, 0.0)  # any tie counts for the degrees, also without variance
        w[defined] = (all_events * staying)[defined] / (everybody[defined] - 1.0)
        ties += (share * w) @ share.T
        expected += (share * all_events).sum(axis=1)
        undefined += int(np.count_nonzero(some_stay & ~defined))
    return observed, expected, ties, undefined


def _spread(values: Array, owner: Ints, place: Ints, groups: int, start: int, stop: int) -> Array:
    """Return the sums of values by group and by place in [start, stop); places do not fall."""
    first, last = np.searchsorted(place, (start, stop))
    code = owner[first:last] * (stop - start) + place[first:last] - start
    total = np.bincount(code, values[first:last], minlength=groups * (stop - start))
    return total.astype(np.float64).reshape(groups, stop - start)


def _quadratic(apart: Array, ties: Array) -> tuple[float, int]:
    """Return apart' C^- apart, C being the covariance that ties give, and the rank of C.

    Groups are eliminated one by one. What ties one to others passes on to these, so that in each
    set of groups that hang together the last one has no tie left: it adds no degree of freedom.
    Nothing is subtracted, and no tie is too small to count.
    """
    apart, ties = apart.copy(), ties.copy()
    statistic, degrees = 0.0, 0
    for group in range(len(apart)):
        later = ties[group, group + 1 :].copy()
        variance = float(later.sum())
        if variance > 0.0:
            passed = later / variance
            statistic += float(apart[group]) ** 2 / variance
            degrees += 1
            apart[group + 1 :] += apart[group] * passed
            ties[group + 1 :, group + 1 :] += later[:, None] * passed
    return (statistic if degrees else math.nan), degrees


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)
