"""Split: a calibration summary, what its customers did in the holdout, and totals per period."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue import _calendar
from custvalue._check import Array
from custvalue._occasions import AFTER_UNTIL, Occasions
from custvalue._record import Record
from custvalue.errors import InvalidDataError, message
from custvalue.summary import Summary


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Split(Record):
    """A calibration summary, what its customers did in the holdout, and totals per period.

    Attributes
    ----------
    calibration : Summary
        Of the customers who bought until the cut.
    frequency : float array of shape (n,)
        Occasions in the holdout.
    spend : float array of shape (n,) or None
        Spend in the holdout.
    prior : float array of shape (n,)
        Repeat occasions in a window of `prior_duration` that ends at the cut.
    duration, prior_duration : float
        Lengths of the holdout and of the window before it, in the unit of the calibration.
    period : datetime64 array of shape (periods,)
        Start of each period from the first purchase to the end of the holdout.
    elapsed : float array of shape (periods,)
        Time since the first of them, in the unit of the calibration.
    births, repeats, amount : float arrays of shape (periods,)
        First purchases, repeat occasions, and spend of the calibration's customers.
    cut : int
        Index of the last period of the calibration.

    Examples
    --------
    >>> import custvalue as cv
    >>> log = cv.datasets.cdnow()
    >>> bought = cv.occasions(log, customer="customer_id", time="date", amount="spend")
    >>> bought.split(at="1997-09-30", unit="week").to_frame().head(2)
      customer  holdout_frequency  holdout_spend
    0     0001                1.0          26.48
    1     0002                0.0           0.00
    """

    calibration: Summary
    frequency: Array
    spend: Array | None
    prior: Array
    duration: float
    prior_duration: float
    period: npt.NDArray[np.datetime64]
    elapsed: Array
    births: Array
    repeats: Array
    amount: Array | None
    cut: int
    frame: str = dataclasses.field(default="pandas", compare=False)

    _parts: ClassVar[Mapping[str, type[Record]]] = {"calibration": Summary}

    def __post_init__(self) -> None:
        people, periods = len(self.calibration), len(self.period)
        for names, length in (
            (("frequency", "spend", "prior"), people),
            (("elapsed", "births", "repeats", "amount"), periods),
        ):
            for name in names:
                column = getattr(self, name)
                if column is not None and np.shape(column) != (length,):
                    raise InvalidDataError(
                        message(name, f"must have {length} values", value=np.shape(column))
                    )
        if not 0 <= self.cut < periods:
            raise InvalidDataError(
                message("cut", f"must be an index of {periods} periods", value=self.cut)
            )
        super().__post_init__()

    def _head(self) -> dict[str, Any]:
        return {
            "customers": len(self.calibration),
            "calibration_until": self.period[self.cut],
            "holdout_until": self.period[-1],
            "duration": self.duration,
            "unit": self.calibration.unit,
            "holdout_occasions": float(self.frequency.sum()),
        }

    def _table(self) -> dict[str, Any]:
        table = {"customer": self.calibration.customer, "holdout_frequency": self.frequency}
        return table if self.spend is None else {**table, "holdout_spend": self.spend}


def split(occasions: Occasions, at: Any, until: Any, unit: str, since: Any) -> Split:
    """Return the split of occasions at the end of period `at`; see `Occasions.split`."""
    calibration = occasions.summary(until=at, since=since, unit=unit)
    bought, last = occasions._observed(since, until)
    cut = bought._period("at", at)
    if last <= cut:
        raise InvalidDataError(
            message(
                "until",
                "must be after `at`",
                value=str(occasions._dates(np.array([last]))[0]),
                hint="The log must reach beyond the calibration.",
            )
        )
    known = bought.period[bought.start[:-1]] <= cut
    cohort = bought._only(np.repeat(known, np.diff(bought.start)), "")
    owner = np.repeat(np.arange(len(cohort.customer)), np.diff(cohort.start))
    people = len(cohort.customer)
    first = cohort.period[cohort.start[:-1]]
    origin = int(first.min())
    every = np.arange(origin, last + 1)
    repeat = np.ones(len(cohort), dtype=bool)
    repeat[cohort.start[:-1]] = False
    held = cohort.period > cut
    window_start = cut - (last - cut)
    prior = repeat & ~held & (cohort.period > window_start)

    def time_between(earlier: int, later: int) -> float:
        ends = np.array([earlier, later])
        return float(_calendar.elapsed(ends[:1], ends[1:], cohort.grain, unit)[0])

    def each(rows: npt.NDArray[np.bool_], weights: Array | None = None) -> Array:
        chosen = None if weights is None else weights[rows]
        return np.bincount(owner[rows], weights=chosen, minlength=people).astype(np.float64)

    def every_period(periods: npt.NDArray[np.integer[Any]], weights: Array | None = None) -> Array:
        counts = np.bincount(periods - origin, weights=weights, minlength=len(every))
        return counts.astype(np.float64)

    return Split(
        calibration=dataclasses.replace(
            calibration, notes={k: v for k, v in calibration.notes.items() if k != AFTER_UNTIL}
        ),
        frequency=each(held),
        spend=None if cohort.spend is None else each(held, cohort.spend),
        prior=each(prior),
        duration=time_between(cut, last),
        prior_duration=time_between(max(window_start, origin), cut),
        period=cohort._dates(every),
        elapsed=_calendar.elapsed(np.full_like(every, origin), every, cohort.grain, unit),
        births=every_period(first),
        repeats=every_period(cohort.period[repeat]),
        amount=None if cohort.spend is None else every_period(cohort.period, cohort.spend),
        cut=cut - origin,
        frame=occasions.frame,
    )
