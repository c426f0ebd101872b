"""RFM values per customer: days since the last purchase, purchase occasions, money."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from custvalue import _calendar, _frames
from custvalue._check import Array, of_type, one_of, real, refuse, whole, within
from custvalue._occasions import BEFORE_SINCE, Occasions
from custvalue._record import Notes, Record, checked_notes, frozen, join_notes, kept
from custvalue._reduce import reduce
from custvalue._tally import as_column
from custvalue.errors import InvalidDataError, message
from custvalue.rfm._columns import each_once
from custvalue.summary import Summary
from custvalue.transactions import occasions

KINDS = ("sum", "mean", "repeat mean")
AFTER = "occasions after `as_of` left out"
NOBODY = "customers without a purchase left out"
VALUES_HINT = "Make them with rfm.values(...) or rfm.RFMValues.from_table(frame, ...)."


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class RFMValues(Record):
    """How recently, how often and for how much each customer bought, validated.

    Attributes
    ----------
    customer : array of shape (n,)
        Who.
    days_since_last : float array of shape (n,)
        Days from the last purchase occasion to `as_of`; 0 on the day itself.
    frequency : float array of shape (n,)
        Purchase occasions (for the grain "day": distinct days with a purchase); at least 1.
    monetary : float array of shape (n,)
        Money, as `money` says; NaN where it is not known.
    money : {"sum", "mean", "repeat mean"}
        What `monetary` is: all of the customer's money, that per occasion, or the mean spend of
        repeat occasions alone (of a Summary).
    as_of : str or None
        The last period that counts, ISO 8601; None where the source does not say.
    notes : mapping of str to int
        What policies left out or changed, counted.

    Examples
    --------
    >>> import custvalue as cv
    >>> cv.rfm.RFMValues(customer=["a", "b"], days_since_last=[3, 40], frequency=[5, 1],
    ...                  monetary=[120.0, 15.5])
    RFMValues(customers=2, money=sum, as_of=None)
    """

    customer: npt.NDArray[Any]
    days_since_last: Array
    frequency: Array
    monetary: Array
    money: str = "sum"
    as_of: str | None = None
    notes: Notes = dataclasses.field(default_factory=dict)
    frame: str = dataclasses.field(default="pandas", compare=False)

    _columns: ClassVar[tuple[str, ...]] = (
        "customer",
        "days_since_last",
        "frequency",
        "monetary",
    )

    def __post_init__(self) -> None:
        one_of("money", self.money, KINDS)
        if self.as_of is not None:
            of_type("as_of", self.as_of, str, "Write it as '1997-09-30'.")
            _calendar.instant_of("as_of", self.as_of, None)  # or say what is wrong
        monetary = real("monetary", self.monetary)
        if not np.isfinite(monetary.sum()):
            refuse("monetary", "must not be infinite", monetary, np.isinf(monetary))
        found: dict[str, Any] = {
            "notes": checked_notes(self.notes),
            "customer": as_column("customer", self.customer),
            "days_since_last": within("days_since_last", self.days_since_last, 0.0),
            "frequency": whole("frequency", self.frequency, 1.0),
            "monetary": monetary,
        }
        for name, column in found.items():
            object.__setattr__(self, name, kept(column) if name in self._columns else column)
        shapes = {name: np.shape(found[name]) for name in self._columns}
        if len(set(shapes.values())) > 1 or len(shapes["customer"]) != 1:
            raise InvalidDataError(message("RFMValues", "must have columns of one length",
                                           value=shapes))  # fmt: skip
        if not len(self):
            raise InvalidDataError(message("RFMValues", "must have at least one customer"))
        each_once(found["customer"])

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self.customer)

    def _head(self) -> dict[str, Any]:
        return {"customers": len(self), "money": self.money, "as_of": self.as_of, **self.notes}

    @cached_property
    def _unknown(self) -> npt.NDArray[np.bool_]:
        return np.isnan(self.monetary)

    def all_known(self) -> None:
        """Refuse values of which some are not known: they cannot be scored.

        Raises
        ------
        InvalidDataError
            If the money of a customer is not known.
        """
        hint = (
            "One-time buyers have no repeat spend: make the values of the log or the Occasions, or "
            'pass unknown="lowest".'
        )
        refuse("monetary", "must be known to be scored", self.monetary, self._unknown, hint=hint)

    @property
    def revenue(self) -> Array:
        """Money of each customer in all; NaN where the values know repeat occasions alone."""
        if self.money == "repeat mean":
            return np.full(len(self), np.nan)
        return self.monetary if self.money == "sum" else self.monetary * self.frequency

    @classmethod
    def from_table(
        cls,
        frame: Any,
        *,
        customer: str = "customer",
        days_since_last: str = "days_since_last",
        frequency: str = "frequency",
        monetary: str = "monetary",
        money: str = "sum",
        as_of: str | None = None,
    ) -> Self:
        """Return validated values from a table that already has one row per customer.

        Parameters
        ----------
        frame : data frame
            One row per customer; any kind that Narwhals reads.
        customer, days_since_last, frequency, monetary : str
            Names of the columns.
        money : {"sum", "mean", "repeat mean"}
            What the monetary column is.
        as_of : str, optional
            To what date days were counted; carried along.

        Returns
        -------
        RFMValues

        Raises
        ------
        ColumnNotFoundError
            If a column does not exist.
        InvalidDataError
            If a customer is missing or repeats, or a column breaks the rules of `RFMValues`.

        Examples
        --------
        >>> import pandas as pd
        >>> import custvalue as cv
        >>> table = pd.DataFrame({"id": ["a", "b"], "days": [3, 40], "n": [5, 1], "sum": [9.0, 2]})
        >>> cv.rfm.RFMValues.from_table(table, customer="id", days_since_last="days",
        ...                             frequency="n", monetary="sum")
        RFMValues(customers=2, money=sum, as_of=None)
        """
        numbers = {"days_since_last": days_since_last, "frequency": frequency, "monetary": monetary}
        table = _frames.read(frame, customer=customer, **numbers)
        who = _frames.labels(table, "customer").copy()  # the caller's table may change
        absent = _frames.missing(table.columns["customer"])
        if absent is not None:
            refuse(customer, "has missing values", who, absent)
        refuse(customer, "must not repeat", who, _frames.repeats(table, "customer"),
               hint="One row per customer is needed.")  # fmt: skip
        columns: dict[str, Any] = {role: _frames.numeric(table, role).copy() for role in numbers}
        return cls(who, **columns, money=money, as_of=as_of, frame=table.kind)


def values(
    source: Any,
    *,
    customer: str | None = None,
    time: str | None = None,
    amount: str | None = None,
    as_of: Any = None,
    since: Any = None,
    monetary: str = "sum",
    **policies: Any,
) -> RFMValues:
    """Return days since the last purchase, frequency and money of each customer.

    Further keywords are those of `custvalue.occasions`: grain, timezone, week_start, time_format,
    missing, unparsable, duplicates, refunds. They are for a log; occasions have theirs.

    Parameters
    ----------
    source : data frame, Occasions or Summary
        A transaction log, one row per purchase line; or what was made of one.
    customer, time, amount : str
        Names of the columns of a log: who bought, when, for how much.
    as_of : date or str, optional
        Last period that counts (included), from which days are counted back. Occasions after it are
        left out and counted in the notes. Default: the last period in the log, never today.
    since : date or str, optional
        First period that counts. Default: the first in the log.
    monetary : {"sum", "mean"}
        All of a customer's money, or that per occasion. A Summary knows the mean of repeat
        occasions only and needs "mean".

    Returns
    -------
    RFMValues
        One row per customer with a purchase in the time that counts.

    Raises
    ------
    ColumnNotFoundError
        If a column does not exist.
    InvalidDataError
        If nobody bought in the time that counts, there are no amounts, or an argument does not fit
        the source.

    Notes
    -----
    Money is net: all that a customer paid less all that was paid back, also on days without a
    purchase. Frequency and days count purchases alone: an occasion of which refunds left nothing is
    none. Whole cents are summed exactly. From a Summary, days_since_last is T - recency, frequency
    counts the first occasion too, and the money of one-time buyers is not known (NaN):
    scores(values, unknown="lowest") scores them, or make the values of the Occasions instead.

    Examples
    --------
    >>> import custvalue as cv
    >>> log = cv.datasets.cdnow()
    >>> found = cv.rfm.values(log, customer="customer_id", time="date", amount="spend",
    ...                       as_of="1998-06-30")
    >>> found
    RFMValues(customers=2357, money=sum, as_of=1998-06-30)
    >>> found.to_frame().head(2)
      customer  days_since_last  frequency  monetary
    0     0001            200.0        4.0    100.50
    1     0002            533.0        2.0     75.11
    """
    one_of("monetary", monetary, ("sum", "mean"))
    named = {"customer": customer, "time": time, "amount": amount}
    if isinstance(source, (Occasions, Summary)):
        given = [name for name, value in {**named, **policies}.items() if value is not None]
        if given:
            rule = f"must be left out where the source is a {type(source).__name__}"
            hint = "The source was made with its own columns and policies."
            raise InvalidDataError(message(", ".join(given), rule, hint=hint))
        if isinstance(source, Summary):
            return _of_summary(source, as_of, since, monetary)
        return _of_occasions(source, as_of, since, monetary)
    columns = {}
    for name, column in named.items():
        if column is None:
            raise InvalidDataError(message(name, "must name a column of the log", value=None))
        columns[name] = column
    return _of_occasions(occasions(source, **columns, **policies), as_of, since, monetary)


def _of_occasions(log: Occasions, as_of: Any, since: Any, monetary: str) -> RFMValues:
    if log.spend is None:
        raise InvalidDataError(message("amount", "must be known for monetary values",
                                       hint="Read the log with amount=."))  # fmt: skip
    last = int(log.period.max(initial=0)) if as_of is None else log._period("as_of", as_of)
    counted = log._only(log.period <= last, AFTER)
    if since is not None:
        counted = counted._only(counted.period >= counted._period("since", since), BEFORE_SINCE)
    bought = counted._purchases()
    if not len(bought):
        raise InvalidDataError(
            message("log", "has no purchase in the time that counts",
                    value=f"{len(log)} occasions, since={since}, as_of={as_of}",
                    hint=f"Check the dates, and what was left out: {dict(bought.notes)}")
        )  # fmt: skip
    frequency = np.diff(bought.start).astype(np.float64)
    money = _money_of(counted)
    if len(bought.customer) < len(counted.customer):
        money = money[np.searchsorted(counted.customer, bought.customer)]  # both are sorted
    final = bought.period[bought.start[1:] - 1]
    nobody = len(log.customer) - len(bought.customer)
    return RFMValues(
        customer=bought.customer,
        days_since_last=frozen(
            _calendar.elapsed(final, np.full_like(final, last), log.grain, "day")
        ),
        frequency=frozen(frequency),
        monetary=frozen(money if monetary == "sum" else money / frequency),
        money=monetary,
        as_of=str(log._dates(np.array([last]))[0]),
        notes=join_notes(bought.notes, {NOBODY: nobody} if nobody else {}),
        frame=log.frame,
    )


def _money_of(log: Occasions) -> Array:
    """Return the net spend of each customer, refunds on days without a purchase included."""
    assert log.spend is not None
    who = np.repeat(np.arange(len(log.customer)), np.diff(log.start))
    return reduce(who, np.zeros(len(who), dtype=np.int64), (log.spend,)).sums[0]


def _of_summary(summary: Summary, as_of: Any, since: Any, monetary: str) -> RFMValues:
    if as_of is not None or since is not None:
        hint = "Its observation ends where summary(until=...) put it."
        raise InvalidDataError(message("as_of, since", "must be left out for a Summary", hint=hint))
    if monetary != "mean":
        hint = 'Pass monetary="mean", or the Occasions, which know all money.'
        raise InvalidDataError(
            message("monetary", 'must be "mean" for a Summary', value=monetary, hint=hint)
        )
    if summary.monetary_value is None:
        raise InvalidDataError(message("monetary_value", "must be known for monetary values"))
    if summary.weight is not None:
        rule = "must be one row per customer, without weights"
        raise InvalidDataError(message("summary", rule))
    days = summary.in_unit("day")
    return RFMValues(
        customer=summary.customer,
        # converting units leaves noise that would tell equal days apart
        days_since_last=np.round(days.T - days.recency, 6),
        frequency=summary.frequency + 1.0,
        monetary=summary.monetary_value,
        money="repeat mean",
        notes=summary.notes,
        frame=summary.frame,
    )
