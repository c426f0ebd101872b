"""Step functions of many groups at once: at risk, products, sums and areas along the ages."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array
from custvalue._tally import distinct_rows
from custvalue.churn._levels import weights_of
from custvalue.durations import Durations
from custvalue.errors import ColumnNotFoundError, InvalidDataError, message

if TYPE_CHECKING:
    from custvalue.churn._kaplan_meier import KaplanMeier

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
_ROUNDING = 1e-12  # of the customers of a group: what sums of fractional weights may be off ...
_STEP = 2.0**-48  # ... and more so of many: each addition takes a random step
_EXACT = 2.0**53  # sums of whole numbers up to it are exact


def rounding(curve: KaplanMeier) -> float:
    """Return what sums of counts may be off, as a share of the customers who entered."""
    columns = curve.entered, curve.events, curve.censored
    whole = all((column == np.rint(column)).all() for column in columns)
    if whole and curve.entered.sum() < _EXACT:
        return 0.0
    return max(_ROUNDING, math.sqrt(len(curve)) * _STEP)


def tallied(durations: Durations, by: str | Sequence[str] | None) -> dict[str, Any]:
    """Return time, entered, events, censored and groups of durations, by group and age."""
    import pandas as pd

    chosen = groups_of(durations, by)
    size = len(durations)
    group, firsts = np.zeros(size, dtype=np.int64), np.zeros(min(size, 1), dtype=np.int64)
    if chosen and size:
        group, firsts = distinct_rows(list(chosen.values()))
    entry, exit, weight = durations.entries, durations.exit, weights_of(durations.weights)
    late = entry > 0
    code, ages = pd.factorize(np.concatenate([np.zeros(1), exit, entry[late]]))
    order = np.argsort(ages)
    rank = np.empty(len(ages), dtype=np.int64)
    rank[order] = np.arange(len(ages))
    code = rank[code]
    leave, enter = code[1 : size + 1], np.zeros(size, dtype=np.int64)
    enter[late] = code[size + 1 :]
    cells = len(ages) * len(firsts)
    leave, enter = group * len(ages) + leave, group * len(ages) + enter
    present: Ints = np.arange(cells)
    if cells > max(1 << 20, 8 * size):  # many groups with ages of their own
        present, both = np.unique(np.concatenate([enter, leave]), return_inverse=True)
        enter, leave = both[:size], both[size:]

    def total(place: Ints, of: Array) -> Array:
        return np.bincount(place, of, minlength=len(present)).astype(np.float64)

    event = durations.event
    sums = {
        "entered": total(enter, weight),
        "events": total(leave, weight * event),
        "censored": total(leave, weight * ~event),
    }
    kept = np.flatnonzero(sums["entered"] + sums["events"] + sums["censored"])
    owner, age = np.divmod(present[kept], max(len(ages), 1))
    return {
        "time": ages[order][age],
        **{name: column[kept] for name, column in sums.items()},
        "groups": {name: labels[firsts[owner]] for name, labels in chosen.items()},
    }


def groups_of(durations: Durations, by: str | Sequence[str] | None) -> Mapping[str, Any]:
    """Return the labels of the groups asked for; None: all that there are."""
    names = list(durations.groups) if by is None else [by] if isinstance(by, str) else by
    if not isinstance(names, Sequence):
        raise InvalidDataError(message("by", "must name columns", value=by))
    for name in names:
        if name not in durations.groups:
            rule = f"must name groups of the durations ({list(durations.groups)})"
            raise ColumnNotFoundError(message("by", rule, value=name))
    return {name: durations.groups[name] for name in names}


@dataclasses.dataclass(frozen=True)
class Steps:
    """What follows from counts by group and age; rows are sorted by group, then by age."""

    time: Array
    first: Ints  # row at which each group starts
    last: Ints  # row at which it ends
    at_risk: Array  # just before each age
    left: Array  # at risk just after it
    hazard: Array
    spread: Array  # Greenwood's sum
    survival: Array
    broken_groups: int
    late_groups: int

    @classmethod
    def of(cls, curve: KaplanMeier) -> Steps:
        """Return the step functions of a record."""
        size = len(curve)
        first = np.zeros(min(size, 1), dtype=np.int64)
        if curve.groups and size:
            first = np.unique(distinct_rows(list(curve.groups.values()))[0], return_index=True)[1]
        last = np.append(first[1:], size)[: len(first)] - 1
        owner = np.repeat(np.arange(len(first)), last - first + 1)
        d = curve.events

        def running(values: Array) -> Array:
            total = np.cumsum(values)
            return total - (total[first] - values[first])[owner]

        many = running(curve.entered)[last][owner] * rounding(curve)
        left = running(curve.entered - d - curve.censored)
        left = np.where(np.abs(left) <= many, 0.0, left)
        at_risk = np.where(np.arange(size) == first[owner], 0.0, np.roll(left, 1))
        stay = at_risk - d
        gone = (d > 0) & (np.abs(stay) <= many)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(d > 0, d / at_risk, 0.0)
            spread = np.where(gone, np.inf, np.where(d > 0, share / stay, 0.0))
            factor = np.where(share < 0.5, np.log1p(-share), np.log(stay / at_risk))
            factor = np.where(gone | (d == 0), 0.0, factor)  # of those who are gone: see dead
        dead = running(gone.astype(np.float64)) > 0
        spread = np.where(dead, np.inf, running(np.where(gone, 0.0, spread)))
        survival = np.where(dead, 0.0, np.exp(running(factor)))
        # who enters then or later cannot tell how many survived when nobody was looked at
        more = np.arange(size) < last[owner]
        empty = (left <= 0) & more & (running(curve.entered) > 0)
        before = running(empty.astype(np.float64)) - empty
        # if all at risk churn and others are there after it, it is not true that nobody is
        unknown = (before > 0) | (running((gone & more).astype(np.float64)) > 0)
        hazard = np.where(unknown, np.nan, running(share))
        return cls(
            time=curve.time,
            first=first,
            last=last,
            at_risk=at_risk,
            left=left,
            hazard=hazard,
            spread=np.where(unknown, np.nan, spread),
            survival=np.where(unknown, np.nan, survival),
            broken_groups=int(np.add.reduceat(unknown, first).astype(bool).sum()) if size else 0,
            late_groups=int((curve.time[first] > 0).sum()),
        )

    def interval(self, z: float, method: str) -> tuple[Array, Array]:
        """Return bounds of survival, z standard errors away on the scale of the method."""
        S = self.survival
        with np.errstate(divide="ignore", invalid="ignore"):
            error = np.sqrt(self.spread)
            if method == "log-log":
                shift = np.exp(z * error / np.log(S))
                low, high = S ** (1.0 / shift), S**shift
            elif method == "log":
                low, high = S * np.exp(-z * error), S * np.exp(z * error)
            else:
                low, high = S - z * S * error, S + z * S * error
        known = (S > 0.0) & (S < 1.0)
        low, high = np.maximum(low, 0.0), np.minimum(high, 1.0)
        return np.where(known, low, np.nan), np.where(known, high, np.nan)

    def reached(self, curve: Array, level: float, never: float) -> Array:
        """Return the first time of each group at which a falling curve is at most `level`."""
        if not len(curve):
            return np.empty(0)
        with np.errstate(invalid="ignore"):
            times = np.where(curve <= level * (1 + 1e-12), self.time, np.inf)
        found = np.minimum.reduceat(times, self.first)
        return np.where(np.isinf(found), never, found)

    def at(self, when: Array) -> Array:
        """Return survival after some times, of shape (groups, *when.shape)."""
        if not len(self.first):
            return np.full((1, *when.shape), np.nan)
        ages, rank = np.unique(self.time, return_inverse=True)
        owner = np.repeat(np.arange(len(self.first)), self.last - self.first + 1)
        asked = np.searchsorted(ages, when, side="right")[None]  # of rank + 1
        each = np.arange(len(self.first)).reshape(-1, *(1,) * when.ndim)
        width = len(ages) + 1
        row = np.searchsorted(owner * width + rank + 1, each * width + asked, side="right") - 1
        first, last = self.first.reshape(each.shape), self.last.reshape(each.shape)
        found = np.where(row >= first, self.survival[np.maximum(row, 0)], np.nan)
        beyond = (when > self.time[last]) & (self.survival[last] != 0.0)
        return np.where(beyond, np.nan, found)

    def area(self, horizon: float) -> tuple[Array, Array]:
        """Return the area under survival up to a horizon, and its standard error, by group."""
        if not len(self.first):
            return np.empty(0), np.empty(0)
        following = np.append(self.time[1:], 0.0)
        following[self.last] = np.inf
        width = np.minimum(following, horizon) - np.minimum(self.time, horizon)
        with np.errstate(invalid="ignore"):
            piece = np.where(width > 0, self.survival * width, 0.0)
        mean = np.add.reduceat(piece, self.first)
        owner = np.repeat(np.arange(len(self.first)), self.last - self.first + 1)
        total = np.cumsum(piece)
        after = mean[owner] - (total - (total[self.first] - piece[self.first])[owner]) + piece
        with np.errstate(invalid="ignore"):  # inf - inf where nobody is left, and no area
            step = np.diff(self.spread, prepend=0.0)
            step[self.first] = self.spread[self.first]
            counts = (self.survival > 0) & (self.time <= horizon)  # no area follows survival 0
            each = np.where(counts, after**2 * step, 0.0)
        error = np.sqrt(np.add.reduceat(each, self.first))
        unknown = np.isnan(self.at(np.asarray(horizon))) | (self.time[self.first] > 0)
        return np.where(unknown, np.nan, mean), np.where(unknown, np.nan, error)
