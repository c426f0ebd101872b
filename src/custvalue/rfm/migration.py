"""Migration: how many customers moved from which RFM segment to which between two dates."""

from __future__ import annotations

import dataclasses
import warnings
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue import _calendar, _proportion
from custvalue._check import Array, number, of_type, whole
from custvalue._occasions import Occasions
from custvalue._pool import union
from custvalue._tally import Tally
from custvalue.errors import CustValueWarning, InvalidDataError, message
from custvalue.rfm.maps import ABSENT, NEW, checked_names
from custvalue.rfm.scores import scores
from custvalue.rfm.segments import SEGMENTS_HINT, Segments, segment
from custvalue.rfm.values import values

Column = npt.NDArray[Any]
_NONE: Column = np.empty(0, dtype=object)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Migration(Tally):
    """Customers by the segment they were in before and the one they are in after.

    Attributes
    ----------
    before, after : arrays of shape (moves,)
        Keys: names of segments; "(new)" before for who was not there yet, "(absent)" after for who
        is not there any more. Pairs that nobody moved between have no row.
    customers : int array of shape (moves,)
        How many.
    segments : tuple of str
        All segments in the order of their map.
    dates : tuple of two str or None
        The last periods that count before and after, ISO 8601; None where it is not known.

    Examples
    --------
    >>> import custvalue as cv
    >>> log = cv.datasets.cdnow()
    >>> bought = cv.occasions(log, customer="customer_id", time="date", amount="spend")
    >>> moves = cv.rfm.migration_between(bought, "1997-09-30", "1998-06-30")
    >>> moves
    Migration(customers=2357, stayed=194, new=0, absent=1673)
    """

    before: Column = dataclasses.field(default_factory=_NONE.copy)
    after: Column = dataclasses.field(default_factory=_NONE.copy)
    customers: npt.NDArray[np.int64] = dataclasses.field(
        default_factory=lambda: np.empty(0, dtype=np.int64)
    )
    segments: tuple[str, ...] = ()
    dates: tuple[str | None, str | None] = (None, None)

    _keys: ClassVar[tuple[str, ...]] = ("before", "after")
    _sums: ClassVar[tuple[str, ...]] = ("customers",)
    _settings: ClassVar[tuple[str, ...]] = ("segments", "dates")

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "segments", checked_names(self.segments))
        object.__setattr__(self, "dates", _checked_dates(self.dates))
        known = {"before": {*self.segments, NEW}, "after": {*self.segments, ABSENT}}
        for name, allowed in known.items():
            strange = set(getattr(self, name).tolist()) - allowed
            if strange:
                raise InvalidDataError(message(name, "must be segments", value=sorted(strange)))

    @property
    def of(self) -> npt.NDArray[np.int64]:
        """Customers who were in the segment before, for each row."""
        names, place = np.unique(self.before, return_inverse=True)
        totals = np.zeros(len(names), dtype=np.int64)
        np.add.at(totals, place, self.customers)
        return totals[place]

    @property
    def share(self) -> Array:
        """Share of those in the segment before that made the move, for each row."""
        return _proportion.share(self.customers, self.of)

    def interval(self, level: float = 0.95, method: str = "wilson") -> tuple[Array, Array]:
        """Return the interval of the probability of each move.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald"}
            Default: Wilson (1927).
        """
        return _proportion.interval(self.customers, self.of, level, method)

    def _counts(self) -> npt.NDArray[np.int64]:
        """Return the counts as a matrix: segments and (new) by segments and (absent)."""
        rows = {name: i for i, name in enumerate((*self.segments, NEW))}
        columns = {name: i for i, name in enumerate((*self.segments, ABSENT))}
        counts = np.zeros((len(rows), len(columns)), dtype=np.int64)
        at = [rows[name] for name in self.before], [columns[name] for name in self.after]
        counts[at] = self.customers
        return counts

    def matrix(self, *, shares: bool = False) -> Any:
        """Return moves as a wide frame: a row per segment before, a column per segment after.

        Parameters
        ----------
        shares : bool
            Shares of each row instead of counts; NaN where nobody was.

        Returns
        -------
        data frame
            Columns before, the segments, and "(absent)"; the last row is "(new)".
        """
        counts: Any = self._counts()
        if shares:
            counts = _proportion.share(counts, counts.sum(axis=1, keepdims=True))
        table: dict[str, Any] = {"before": np.array([*self.segments, NEW], dtype=object)}
        table |= dict(zip((*self.segments, ABSENT), counts.T, strict=True))
        return self._framed(table)

    def plot(self, ax: Any = None) -> Any:
        """Draw it; see `custvalue.plot.migration`."""
        from custvalue.plot import migration

        return migration(self, ax)

    def _head(self) -> dict[str, Any]:
        counts = self._counts()
        return {
            "customers": int(counts.sum()),
            "stayed": int(np.trace(counts[:-1, :-1])),
            "new": int(counts[-1].sum()),
            "absent": int(counts[:, -1].sum()),
        }

    def _derived(self) -> dict[str, Any]:
        low, high = self.interval()
        return {"share": self.share, "share_low": low, "share_high": high}


def _checked_dates(dates: Any) -> tuple[str | None, str | None]:
    """Return two dates as text; either may not be known."""
    if not isinstance(dates, (tuple, list)) or len(dates) != 2:
        raise InvalidDataError(message("dates", "must be two, before and after", value=dates))
    for date in dates:
        if date is not None:
            of_type("dates", date, str, "Write them as '1997-09-30'.")
            _calendar.instant_of("dates", date, None)  # or say what is wrong
    return dates[0], dates[1]


def migration(before: Segments, after: Segments) -> Migration:
    """Return how many customers moved from which segment to which.

    Parameters
    ----------
    before, after : Segments
        Of the same map. Customers are matched by id; who is in one of them only is counted as
        "(new)" or "(absent)".

    Returns
    -------
    Migration

    Raises
    ------
    InvalidDataError
        If the maps or the kinds of money differ, or ids are of different types.

    Warns
    -----
    CustValueWarning
        If the cut points differ: then segments move, too, and not customers alone.

    Examples
    --------
    >>> import custvalue as cv
    >>> cuts = {"days_since_last": [30], "frequency": [2], "monetary": [100]}
    >>> def at(who, days):
    ...     values = cv.rfm.RFMValues(who, days, [3] * len(who), [200.0] * len(who))
    ...     return cv.rfm.segment(cv.rfm.scores(values, cuts=cuts), "segments_8")
    >>> moves = cv.rfm.migration(at(["a", "b", "c"], [5, 9, 80]), at(["a", "b", "d"], [5, 60, 1]))
    >>> moves.to_frame()[["before", "after", "customers", "share"]]
                    before                after  customers  share
    0                (new)      Important value          1    1.0
    1  Important retention             (absent)          1    1.0
    2      Important value  Important retention          1    0.5
    3      Important value      Important value          1    0.5
    """
    for name, given in (("before", before), ("after", after)):
        of_type(name, given, Segments, SEGMENTS_HINT)
    if before.map != after.map:
        rule = "must be the same before and after"
        raise InvalidDataError(message("map", rule, value=(before.map.name, after.map.name)))
    values = before.scores.values, after.scores.values
    money = values[0].money, values[1].money
    if money[0] != money[1]:
        rule = "must be of one kind before and after"
        raise InvalidDataError(message("money", rule, value=money))
    if before.scores.cuts != after.scores.cuts:
        hint = "Score the later date with cuts=earlier.cuts, or use migration_between."
        rule = "differ before and after: borders moved, and not customers alone"
        warnings.warn(message("cut points", rule, hint=hint), CustValueWarning, stacklevel=2)
    names = before.map.segments
    everyone, (old, new) = union(before.customer, after.customer)
    moves = np.full((2, len(everyone)), len(names))  # beyond the segments: not there
    moves[0, old], moves[1, new] = before.place, after.place
    width = len(names) + 1
    counts = np.bincount(moves[0] * width + moves[1], minlength=width**2)
    made = np.flatnonzero(counts)
    return Migration(
        before=np.array([*names, NEW], dtype=object)[made // width],
        after=np.array([*names, ABSENT], dtype=object)[made % width],
        customers=counts[made],
        segments=names,
        dates=(values[0].as_of, values[1].as_of),
        frame=after.frame,
    )


def migration_between(
    log: Occasions,
    before: Any,
    after: Any,
    *,
    window: int | None = None,
    map: Any = "segments_11",
    language: str = "en",
    bins: int = 5,
    scheme: str = "quantile",
    monetary: str = "sum",
) -> Migration:
    """Return the migration between two dates of one log, scored with the cut points of the first.

    Frequency and money grow with the time they are counted over, so both dates look back over
    windows of the same length.

    Parameters
    ----------
    log : Occasions
        From `custvalue.occasions`, with amounts.
    before, after : date or str
        Last periods of the two windows (included).
    window : int, optional
        Length of the windows in periods of the grain of the log (days, if it is "day"). Default:
        all that the log has up to `before`.
    map : str, path, mapping or SegmentMap
        As for `segment`.
    language : str
        As for `segment`.
    bins : int
        As for `scores`.
    scheme : {"quantile", "equal_frequency", "nested"}
        As for `scores`.
    monetary : {"sum", "mean"}
        As for `values`.

    Returns
    -------
    Migration
        "(absent)" are customers who bought in the window of the first date and not in that of the
        second.

    Raises
    ------
    InvalidDataError
        If `after` is not later than `before`, or nobody bought in a window.

    Examples
    --------
    >>> import custvalue as cv
    >>> log = cv.datasets.cdnow()
    >>> bought = cv.occasions(log, customer="customer_id", time="date", amount="spend")
    >>> cv.rfm.migration_between(bought, "1997-09-30", "1998-06-30", window=90)
    Migration(customers=559, stayed=24, new=150, absent=260)
    """
    of_type("log", log, Occasions, "Make them with occasions(log, ..., amount=...).")
    first, last = log._period("before", before), log._period("after", after)
    if first >= last:
        rule = "must be later than `before`"
        raise InvalidDataError(message("after", rule, value=(str(before), str(after))))
    length = first - int(log.period.min(initial=first)) + 1
    if window is not None:
        length = int(whole("window", number("window", window, 1.0)))

    def valued(end: int, name: str) -> Any:
        ends = _calendar.period_starts(np.array([end - length + 1, end]), log.grain, log.week_start)
        return values(log, since=ends[0], as_of=ends[1], monetary=monetary)

    old = scores(valued(first, "before"), bins=bins, scheme=scheme)
    new = scores(valued(last, "after"), cuts=old.cuts)
    return migration(*(segment(found, map, language=language) for found in (old, new)))
