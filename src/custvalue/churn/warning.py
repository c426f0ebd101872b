"""Early warning: how many warnings were right, how many churners were warned of, how early."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue import _calendar, _frames
from custvalue._check import Array, number, one_of, refuse, within
from custvalue._groups import column_names, group_rows
from custvalue._proportion import METHODS, interval, normal_quantile, share
from custvalue._tally import Column, Tally, refuse_names
from custvalue.churn._scalars import unboxed
from custvalue.churn._times import microseconds, numbers
from custvalue.churn._window import last_instant

_MOST = 1e100  # of sums, so that their squares are numbers
_MEASURES = ("precision", "recall", "lead_time")
_BOUNDS = [f"{name}_{bound}" for name in _MEASURES for bound in ("lower", "upper")]
_SHOWN = ("pending", "precision", "recall", "mean_lead_time", *_BOUNDS)


def _none() -> Any:
    return np.int64(0)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class EarlyWarning(Tally):
    """Warnings and churners, counted against each other, by group.

    Records of different customers with the same horizon can be added.

    Attributes
    ----------
    customers : int or int array of shape (groups,)
        How many there are.
    warnings, elapsed, right : int or int array of shape (groups,)
        Customers warned of; of those, the ones whose horizon had wholly elapsed; of those, the ones
        who churned after the warning and within the horizon.
    churned, foreseen, late : int or int array of shape (groups,)
        Customers who churned; of those, the ones warned of before that and within the horizon; and
        the ones warned of only at the churn or after it.
    lead_time, lead_time_square : float or float array of shape (groups,)
        Sums, over those foreseen, of the time from warning to churn and of its square.
    horizon : float
        In `unit`.
    unit : str
        The ruler of horizon and lead time.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> table = pd.DataFrame({"warned": [2, 3, 4, 55, None, None, 1],
    ...                       "churned": [20, None, 12, None, 40, None, 50]})
    >>> found = cv.churn.early_warning(table, until=60, horizon=30)
    >>> found
    EarlyWarning(customers=7, warnings=5, pending=1, churned=4, late=0, precision=0.5, recall=0.5, \
horizon=30 day)
    >>> found.mean_lead_time
    13.0
    """

    customers: Column = dataclasses.field(default_factory=_none)
    warnings: Column = dataclasses.field(default_factory=_none)
    elapsed: Column = dataclasses.field(default_factory=_none)
    right: Column = dataclasses.field(default_factory=_none)
    churned: Column = dataclasses.field(default_factory=_none)
    foreseen: Column = dataclasses.field(default_factory=_none)
    late: Column = dataclasses.field(default_factory=_none)
    lead_time: Array = dataclasses.field(default_factory=lambda: np.zeros(()))
    lead_time_square: Array = dataclasses.field(default_factory=lambda: np.zeros(()))
    horizon: float = 30.0
    unit: str = "day"

    _sums: ClassVar[tuple[str, ...]] = (
        "customers",
        "warnings",
        "elapsed",
        "right",
        "churned",
        "foreseen",
        "late",
        "lead_time",
        "lead_time_square",
    )
    _settings: ClassVar[tuple[str, ...]] = ("horizon", "unit")

    def __post_init__(self) -> None:
        super().__post_init__()
        refuse_names(self.groups, _SHOWN)
        _calendar.unit_of("unit", self.unit)
        object.__setattr__(self, "horizon", number("horizon", self.horizon, 0.0, open_low=True))
        for name in self._sums:
            within(name, getattr(self, name), 0.0, _MOST)
        for part, whole in (
            ("warnings", "customers"), ("elapsed", "warnings"), ("right", "elapsed"),
            ("churned", "customers"), ("foreseen", "churned"), ("late", "churned"),
        ):  # fmt: skip
            few, many = getattr(self, part), getattr(self, whole)
            refuse(part, f"must not exceed {whole}", few, np.asarray(few > many))

    @property
    def pending(self) -> Any:
        """Warnings whose horizon had not wholly elapsed; `precision` leaves them out."""
        return unboxed(self.warnings - self.elapsed)

    @property
    def value(self) -> Any:
        """The precision."""
        return self.precision

    @property
    def precision(self) -> Any:
        """Share of warnings that were right, of those whose horizon had wholly elapsed.

        NaN where there are none. Pending warnings are left out even if the customer has churned
        already: else, of the recent warnings only the right ones would count.
        """
        return unboxed(share(self.right, self.elapsed))

    @property
    def recall(self) -> Any:
        """Share of churned customers who were warned of in time, within the horizon; NaN if none.

        Every churn is known when it happens, so that nothing is pending here.
        """
        return unboxed(share(self.foreseen, self.churned))

    @property
    def mean_lead_time(self) -> Any:
        """Mean time from warning to churn of those foreseen, in `unit`; NaN if none."""
        return unboxed(share(self.lead_time, self.foreseen))

    def interval(
        self, level: float = 0.95, *, of: str = "precision", method: str = "wilson"
    ) -> tuple[Any, Any]:
        """Return bounds of the precision, the recall or the mean lead time.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        of : {"precision", "recall", "lead_time"}
            Which.
        method : {"wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald"}
            For precision and recall. Wilson (1927): coverage close to nominal, also for few.
            The bounds of a mean lead time are Student's, cut to [0, horizon].

        Returns
        -------
        tuple of float or float array of shape (groups,)
            NaN where there is nothing to bound.
        """
        one_of("of", of, _MEASURES)
        one_of("method", method, METHODS)
        if of != "lead_time":
            parts = (self.right, self.elapsed)
            if of == "recall":
                parts = (self.foreseen, self.churned)
            low, high = interval(*parts, level, method)
            return unboxed(low), unboxed(high)
        from scipy.special import stdtrit

        normal_quantile(level)
        n = np.where(self.foreseen > 1, self.foreseen, np.nan).astype(np.float64)
        mean = self.mean_lead_time
        spread = np.maximum(self.lead_time_square - n * mean**2, 0.0) / (n - 1)
        width = stdtrit(n - 1, (1 + level) / 2) * np.sqrt(spread / n)
        low, high = np.maximum(mean - width, 0.0), np.minimum(mean + width, self.horizon)
        return unboxed(low), unboxed(high)

    def _head(self) -> dict[str, Any]:
        facts: dict[str, Any] = {name: int(getattr(self, name).sum()) for name in self._sums[:2]}
        elapsed, churned = self.elapsed.sum(), self.churned.sum()
        return facts | {
            "pending": int(np.sum(self.pending)),
            "churned": int(churned),
            "late": int(self.late.sum()),
            "precision": float(share(self.right.sum(), elapsed)),
            "recall": float(share(self.foreseen.sum(), churned)),
            "horizon": f"{self.horizon:g} {self.unit}",
            **self.notes,
        }

    def _derived(self) -> dict[str, Any]:
        table = {"pending": self.pending}
        for name, value in (
            ("precision", self.precision),
            ("recall", self.recall),
            ("lead_time", self.mean_lead_time),
        ):
            low, high = self.interval(of=name)
            key = f"mean_{name}" if name == "lead_time" else name
            table |= {key: value, f"{name}_lower": low, f"{name}_upper": high}
        return table


def early_warning(
    table: Any,
    *,
    until: Any,
    horizon: float,
    warned: str = "warned",
    churned: str = "churned",
    customer: str | None = None,
    by: str | Sequence[str] | None = None,
    unit: str = "day",
    timezone: str | None = None,
    time_format: str | None = None,
) -> EarlyWarning:
    """Return how right, complete and early warnings of churn were.

    A warning raised at time w is right if the customer churns in (w, w + horizon]. It counts
    towards the precision once all of that time is observed. A warning at the churn or after it is
    wrong, and `late`.

    Parameters
    ----------
    table : data frame
        One row per customer; also of customers without a warning, and of those who stayed.
    until : date, str or number
        End of the observation, the same for all customers: the last day observed (included), or the
        last instant. A midnight that is not written as text stands for its whole day. A number, in
        `unit`, where times are numbers.
    horizon : float
        Within which time a warning must come true, above 0, in `unit`.
    warned : str
        Column with the time of the first warning; missing: no warning.
    churned : str
        Column with the time of the churn; missing: not churned until `until`.
    customer : str, optional
        Column of customers; if given, none may repeat.
    by : str or sequence of str, optional
        Columns of groups.
    unit : {"hour", "day", "week", "month", "quarter", "year"}
        The ruler of horizon and lead time (month: 30.4375 days).
    timezone : str, optional
        To which times with a zone are converted.
    time_format : str, optional
        Of times given as text; default: ISO 8601.

    Returns
    -------
    EarlyWarning
        With `precision`, `recall`, `mean_lead_time` and `interval(of=...)`, by group.

    Raises
    ------
    ColumnNotFoundError
        If a column does not exist.
    InvalidDataError
        If a time is after `until` or is none, times are dates and `until` is a number (or the other
        way round), a customer repeats, or the horizon is not above 0.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> table = pd.DataFrame({
    ...     "plan": ["a", "a", "a", "b", "b"],
    ...     "warned": ["2024-01-05", "2024-01-20", None, "2024-01-10", "2024-03-25"],
    ...     "churned": ["2024-01-25", None, "2024-02-01", "2024-03-20", None]})
    >>> found = cv.churn.early_warning(table, by="plan", until="2024-03-31", horizon=30)
    >>> found.to_frame()[["plan", "warnings", "pending", "precision", "recall"]]
      plan  warnings  pending  precision  recall
    0    a         2        0        0.5     0.5
    1    b         2        1        0.0     0.0
    """
    _calendar.unit_of("unit", unit)
    span = number("horizon", horizon, 0.0, open_low=True)
    named = column_names("by", by)
    read = _frames.read(table, warned=warned, churned=churned, customer=customer, **named)
    if customer is not None:
        again = _frames.repeats(read, "customer")
        who = _frames.labels(read, "customer")
        hint = "One row per customer is needed: keep the first warning of each."
        refuse(customer, "must not repeat", who, again, hint=hint)
    by_number = isinstance(until, (int, float, np.number)) and not isinstance(until, bool)
    if by_number and not isinstance(until, np.timedelta64):
        end, ruler = number("until", until), 1.0
        start, gone = (numbers(read, role, end) for role in ("warned", "churned"))
        whole = end - start >= span
    else:
        last = last_instant("until", until, timezone)
        ruler = _calendar.HOURS[unit] * 3.6e9  # microseconds
        start, gone = (
            microseconds(read, role, last, timezone, time_format) for role in ("warned", "churned")
        )
        whole = last.astype(np.float64) - start >= span * ruler
    lead = gone - start  # NaN where either is missing
    foreseen = (lead > 0) & (lead <= span * ruler)
    marked = {
        "customers": np.ones(read.rows, dtype=bool),
        "warnings": ~np.isnan(start),
        "elapsed": whole,
        "right": foreseen & whole,
        "churned": ~np.isnan(gone),
        "foreseen": foreseen,
        "late": lead <= 0,
    }
    lead = np.where(foreseen, lead / ruler, 0.0)
    columns: dict[str, Any] = {**marked, "lead_time": lead, "lead_time_square": lead**2}
    groups = group_rows(read, tuple(named)) if named else None
    return EarlyWarning(
        **{name: _sums(column, groups) for name, column in columns.items()},
        horizon=span,
        unit=unit,
        groups={} if groups is None else groups.labels,
        frame=read.kind,
    )


def _sums(column: npt.NDArray[Any], groups: Any) -> Any:
    if groups is None:
        return np.asarray(column.sum())
    if column.dtype == bool:
        return np.bincount(groups.codes[column], minlength=len(groups))
    return np.bincount(groups.codes, column, minlength=len(groups))
