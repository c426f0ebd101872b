"""Summary: frequency, recency, T and monetary value per customer, validated."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from custvalue import _calendar, _frames
from custvalue._check import Array, real, refuse, whole, within
from custvalue._record import Notes, Record, checked_notes, kept
from custvalue.errors import InvalidDataError, message

_RFM_HINT = (
    "Recency is the time from the first to the last purchase; RFM's days since the last purchase "
    "is T - recency."
)
SUMMARY_HINT = "Make one with occasions(...).summary(), or with Summary.from_table(frame, ...)."
MOST = 1e7  # a frequency above this is taken for a mistake


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Summary(Record):
    """What buy-till-you-die models need of each customer, validated.

    Attributes
    ----------
    customer : array of shape (n,)
        Who.
    frequency : float array of shape (n,)
        Repeat occasions: whole, at least 0.
    recency : float array of shape (n,)
        Time from the first to the last occasion, in `unit`; 0 exactly where frequency is 0.
    T : float array of shape (n,)
        Time from the first occasion to the end of the observation, in `unit`.
    monetary_value : float array of shape (n,) or None
        Mean spend per repeat occasion; NaN where frequency is 0.
    weight : float array of shape (n,) or None
        How many customers a row stands for; None: one each.
    unit : str
        The ruler of recency and T.
    notes : mapping of str to int
        What policies left out or changed, counted.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> table = pd.DataFrame({"x": [2, 0], "t_x": [30.43, 0.0], "T": [38.86, 38.86]})
    >>> cv.Summary.from_table(table, frequency="x", recency="t_x", T="T", unit="week")
    Summary(customers=2, repeat_buyers=1, repeat_occasions=2, unit=week)
    """

    customer: npt.NDArray[Any]
    frequency: Array
    recency: Array
    T: Array
    monetary_value: Array | None = None
    weight: Array | None = None
    unit: str = "day"
    notes: Notes = dataclasses.field(default_factory=dict)
    frame: str = dataclasses.field(default="pandas", compare=False)

    _columns: ClassVar[tuple[str, ...]] = (
        "customer",
        "frequency",
        "recency",
        "T",
        "monetary_value",
        "weight",
    )

    def __post_init__(self) -> None:
        _calendar.unit_of("unit", self.unit)
        if np.ndim(self.customer) != 1:
            raise InvalidDataError(message("customer", "must be a column", value=self.customer))
        object.__setattr__(self, "notes", checked_notes(self.notes))
        x = whole("frequency", self.frequency)
        t_x = within("recency", self.recency, 0.0, hint=_RFM_HINT)
        T = within("T", self.T, 0.0)
        size = len(self.customer)
        for name in self._columns[1:]:
            column = getattr(self, name)
            if column is not None and np.shape(column) != (size,):
                raise InvalidDataError(
                    message(name, f"must have one value for each of {size} customers",
                            value=np.shape(column))
                )  # fmt: skip
        if size == 0:
            raise InvalidDataError(message("summary", "must have at least one customer"))
        refuse("frequency", f"must be at most {MOST:g}", x, x > MOST, hint="Is it an amount?")
        if ((t_x > T) | ((x == 0) != (t_x == 0))).any():
            refuse("recency", "must not exceed T", t_x, t_x > T, hint=_RFM_HINT)
            refuse("recency", "must be 0 where frequency is 0", t_x, (x == 0) & (t_x > 0),
                   hint=_RFM_HINT)  # fmt: skip
            refuse("recency", "must be above 0 where frequency is above 0", t_x,
                   (x > 0) & (t_x == 0), hint=_RFM_HINT)  # fmt: skip
        self._check_monetary_value(x)
        if self.weight is not None:
            weight = within("weight", self.weight, 0.0, open_low=True)
            object.__setattr__(self, "weight", weight)
        for name, column in (("frequency", x), ("recency", t_x), ("T", T)):
            object.__setattr__(self, name, column)
        for name in self._columns:
            column = getattr(self, name)
            if column is not None:
                object.__setattr__(self, name, kept(np.asarray(column)))

    def _check_monetary_value(self, x: Array) -> None:
        if self.monetary_value is None:
            return
        m = real("monetary_value", self.monetary_value)
        object.__setattr__(self, "monetary_value", m)
        bad = np.where(x > 0, ~(np.isfinite(m) & (m >= 0)), ~(np.isnan(m) | (m == 0)))
        if bad.any():
            rule = "must be finite and at least 0 where frequency is above 0"
            refuse("monetary_value", rule, m, bad & (x > 0), hint="See refunds= of occasions().")
            rule = "must be missing (or 0) where frequency is 0"
            refuse("monetary_value", rule, m, bad, hint="It averages repeat occasions only.")
        if (m[x == 0] == 0).any():  # lifetimes writes 0 where there is no repeat occasion
            object.__setattr__(self, "monetary_value", np.where(x > 0, m, np.nan))

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.customer)

    def _head(self) -> dict[str, Any]:
        weight = np.ones(len(self)) if self.weight is None else self.weight
        return {
            "customers": float(weight.sum()),
            "repeat_buyers": float(weight[self.frequency > 0].sum()),
            "repeat_occasions": float(weight @ self.frequency),
            "unit": self.unit,
            **self.notes,
        }

    @classmethod
    def from_table(
        cls,
        frame: Any,
        *,
        frequency: str = "frequency",
        recency: str = "recency",
        T: str = "T",
        monetary_value: str | None = None,
        customer: str | None = None,
        weight: str | None = None,
        unit: str = "day",
    ) -> Self:
        """Return a validated summary from a table that already has frequency, recency and T.

        Parameters
        ----------
        frame : data frame
            One row per customer, or per pattern with `weight` customers each.
        frequency, recency, T, monetary_value, customer, weight : str
            Names of the columns. Without `customer`, rows are numbered. A monetary value of 0 where
            frequency is 0 is read as missing.
        unit : str
            The unit in which recency and T are measured.

        Raises
        ------
        ColumnNotFoundError
            If a column does not exist.
        InvalidDataError
            If recency exceeds T, frequency is not whole, recency is 0 where frequency is not (or
            the other way round), a monetary value is negative or missing for a repeat buyer, or
            a weight is not positive.

        Examples
        --------
        >>> import custvalue as cv
        >>> donors = cv.datasets.donations()
        >>> donors = donors.assign(T=donors["periods"] * 1.0)
        >>> cv.Summary.from_table(donors, weight="weights", unit="year")
        Summary(customers=11104, repeat_buyers=7640, repeat_occasions=24615, unit=year)
        """
        table = _frames.read(
            frame,
            frequency=frequency,
            recency=recency,
            T=T,
            monetary_value=monetary_value,
            customer=customer,
            weight=weight,
        )
        numbers: dict[str, Any] = {
            role: _frames.numeric(table, role).copy()  # the caller's table may change
            for role in ("frequency", "recency", "T", "monetary_value", "weight")
            if role in table.columns
        }
        who = np.arange(table.rows)
        if customer is not None:
            who = _frames.labels(table, "customer").copy()
            absent = _frames.missing(table.columns["customer"])
            if absent is not None:
                refuse(customer, "has missing values", who, absent)
            again = _frames.repeats(table, "customer")
            refuse(customer, "must not repeat", who, again, hint="One row per customer is needed.")
        return cls(customer=who, unit=unit, frame=table.kind, **numbers)

    def in_unit(self, unit: str) -> Summary:
        """Return the same summary with recency and T measured in another unit.

        Examples
        --------
        >>> import custvalue as cv
        >>> log = cv.datasets.cdnow()
        >>> days = cv.occasions(log, customer="customer_id", time="date").summary(unit="day")
        >>> float(days.T[0]), round(float(days.in_unit("week").T[0]), 3)
        (545.0, 77.857)
        """
        _calendar.unit_of("unit", unit)
        if unit == self.unit:
            return self
        old, new = _calendar.HOURS[self.unit], _calendar.HOURS[unit]
        return dataclasses.replace(
            self, recency=self.recency * old / new, T=self.T * old / new, unit=unit
        )
