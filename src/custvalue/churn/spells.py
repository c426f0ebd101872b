"""Spells: from when to when customers were active, from subscriptions or from silence in a log."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from custvalue._check import one_of
from custvalue._events import read_events
from custvalue._record import Notes, Record, checked_notes, kept
from custvalue._tally import as_column, checked_groups
from custvalue.churn import _spell_tables as tables
from custvalue.churn._ages import durations_of
from custvalue.churn._spell_rules import check_spells
from custvalue.churn._window import length, window
from custvalue.durations import Durations, flags
from custvalue.errors import InvalidDataError, message

Column = npt.NDArray[Any]
SPELLS_HINT = "Make them with Spells.from_subscriptions(...) or Spells.from_log(...)."
_COLUMNS = ("customer", "start", "end", "event")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Spells(Record):
    """Times [start, end) in which customers were active, as far as a window [since, until) shows.

    A customer is active at an instant t if start <= t < end, and may have several spells that do
    not touch. Rows of a customer are together and in order.

    Attributes
    ----------
    customer : array of shape (n,)
        Who.
    start, end : datetime64 arrays of shape (n,)
        First instant of the spell, which may lie before `since`, and first instant after it; the
        end is `until` where the spell still runs.
    event : bool array of shape (n,)
        Whether the customer churned at `end`; False: still active when the window closes.
    until : str
        First instant after the window. A day (or midnight) that is given is part of the window.
    since : str or None
        First instant of the window; None: spells are known from the start of each customer.
    groups : mapping of str to array of shape (n,)
        Labels by column.
    notes : mapping of str to int
        What policies did, counted.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> table = pd.DataFrame({"who": ["a", "b"], "from": ["2024-01-01", "2024-01-31"],
    ...                       "to": ["2024-03-01", None]})
    >>> spells = cv.churn.Spells.from_subscriptions(
    ...     table, customer="who", start="from", end="to", until="2024-03-31")
    >>> spells
    Spells(spells=2, customers=2, churned=1, running=1, since=None, until=2024-04-01)
    >>> spells.durations("month", whole=True).exit
    array([2., 2.])
    """

    customer: Column
    start: npt.NDArray[np.datetime64]
    end: npt.NDArray[np.datetime64]
    event: npt.NDArray[np.bool_]
    until: str
    since: str | None = None
    groups: Mapping[str, Column] = dataclasses.field(default_factory=dict)
    notes: Notes = dataclasses.field(default_factory=dict)
    frame: str = dataclasses.field(default="pandas", compare=False)

    def __post_init__(self) -> None:
        observed = window(self.since, self.until)
        object.__setattr__(self, "until", observed.lines("until"))
        object.__setattr__(self, "since", observed.lines("since"))
        object.__setattr__(self, "notes", checked_notes(self.notes))
        object.__setattr__(self, "groups", checked_groups(self.groups, _COLUMNS))
        object.__setattr__(self, "customer", as_column("customer", self.customer))
        object.__setattr__(self, "event", kept(flags("event", self.event)))
        for name in ("start", "end"):
            times = as_column(name, getattr(self, name))
            if times.dtype.kind != "M":
                rule = "must be datetime64"
                raise InvalidDataError(message(name, rule, value=str(times.dtype)))
            object.__setattr__(self, name, kept(times.astype("datetime64[us]", copy=False)))
        check_spells(self)

    def _columns_of(self) -> dict[str, Column]:
        return {name: getattr(self, name) for name in _COLUMNS}

    def _returns(self) -> npt.NDArray[np.bool_]:
        """Return whether spells 1, 2, ... are of the customer of the one before."""
        return np.asarray(self.customer[1:] == self.customer[:-1], dtype=bool)

    def __len__(self) -> int:
        """Return the number of spells."""
        return len(self.start)

    def _head(self) -> dict[str, Any]:
        churned = int(self.event.sum())
        midnight = "T00:00:00.000000"
        return {
            "spells": len(self),
            "customers": len(self) - int(self._returns().sum()),
            "churned": churned,
            "running": len(self) - churned,
            "since": self.since and self.since.removesuffix(midnight),
            "until": self.until.removesuffix(midnight),
            **self.notes,
        }

    def _table(self) -> dict[str, Any]:
        return {"customer": self.customer, **self.groups, **self._columns_of()}

    @classmethod
    def from_subscriptions(
        cls,
        table: Any,
        *,
        customer: str,
        start: str,
        end: str,
        until: Any,
        since: Any = None,
        by: str | Sequence[str] | None = None,
        gap: float = 0.0,
        unit: str = "day",
        overlap: str = "error",
        empty: str = "error",
        missing: str = "error",
        unparsable: str = "error",
        timezone: str | None = None,
        time_format: str | None = None,
    ) -> Self:
        """Return the spells of a table with one row per subscription, contract or membership.

        Parameters
        ----------
        table : data frame
            One row per subscription, of any kind that Narwhals reads. It is not changed.
        customer, start, end : str
            Names of the columns: who; the first day or instant; the first one that is no longer
            part of it, missing where the subscription has no end yet.
        until : date or str
            Last day observed (included), or the instant at which observation ends. A midnight that
            is not written as text stands for its whole day. A subscription that ends later, or
            exactly then (a renewal would not be seen: observe a day more), is taken as running,
            and one that starts later left out before anything else is done; all are counted in the
            notes.
        since : date or str, optional
            First day or instant observed. Subscriptions that ended by then are left out (and
            counted), those that run already enter at their age. Leave it out only if the table
            holds all subscriptions that ever were.
        by : str or sequence of str, optional
            Columns of groups to carry along.
        gap : float
            Subscriptions of a customer no further apart than this, in `unit`, are one spell. With
            0, those that touch are: who renews has not churned. Whether an end was a churn is
            known `gap` later, so that the window closes that much before `until`.
        unit : str
            As a length of time; months are of 30.4375 days.
        overlap : {"error", "merge"}
            What to do with subscriptions of one customer that overlap.
        empty : {"error", "drop"}
            What to do with subscriptions that end when they start.
        missing : {"error", "drop"}
            What to do with rows that lack a customer or a start.
        unparsable : {"error", "drop"}
            What to do with text that is no date.
        timezone, time_format : str, optional
            As in `occasions`.

        Returns
        -------
        Spells

        Raises
        ------
        ColumnNotFoundError
            If a column does not exist.
        InvalidDataError
            If an end is before its start, rows that are joined differ in their group, `gap` is not
            shorter than the time from `since`, or a policy "error" is broken.

        Examples
        --------
        >>> import pandas as pd
        >>> import custvalue as cv
        >>> table = pd.DataFrame({"who": [1, 1, 2], "from": ["2024-01-01", "2024-02-01",
        ...     "2023-06-15"], "to": ["2024-02-01", "2024-03-01", None]})
        >>> spells = cv.churn.Spells.from_subscriptions(table, customer="who", start="from",
        ...     end="to", since="2024-01-01", until="2024-06-30")
        >>> spells.durations("month").to_frame().round(2)
           customer  entry    exit  event
        0         1   0.00    1.97   True
        1         2   6.57   12.55  False
        """
        columns = tables.of_subscriptions(
            table,
            customer=customer,
            start=start,
            end=end,
            observed=window(since, until, timezone),
            by=by,
            gap=length("gap", gap, unit, positive=False),
            overlap=overlap,
            empty=empty,
            missing=missing,
            unparsable=unparsable,
            timezone=timezone,
            time_format=time_format,
        )
        return cls(**columns)

    @classmethod
    def from_log(
        cls,
        log: Any,
        *,
        customer: str,
        time: str,
        inactive: float,
        unit: str = "day",
        until: Any = None,
        since: Any = None,
        churned_at: str = "elapsed",
        by: str | Sequence[str] | None = None,
        missing: str = "error",
        unparsable: str = "error",
        timezone: str | None = None,
        time_format: str | None = None,
    ) -> Self:
        """Return the spells of a log: a customer has churned after a time without a line.

        Parameters
        ----------
        log : data frame
            One row per purchase, login or other sign of life. It is not changed.
        customer, time : str
            Names of the columns: who, and when (cut to seconds).
        inactive : float
            The silence that is churn: a customer without a line for longer than this has churned,
            and a later line starts a new spell.
        unit : str
            Unit of `inactive`; months are of 30.4375 days.
        until : date or str, optional
            Last day observed (included), or the instant at which observation ends; default: the day
            of the last line. A midnight that is not written as text stands for its whole day. Later
            lines are left out and counted.
        since : date or str, optional
            First day or instant observed. Lines before it only tell when running spells started:
            these enter at their age.
        churned_at : {"elapsed", "last"}
            When the customer churned. "elapsed": when the silence has lasted `inactive`, which is
            known by then. "last": at the end of the day of the last line; whether it was the last
            is known `inactive` later, so that the window closes that much before `until`.
        by : str or sequence of str, optional
            Columns of groups, the same in all lines of a customer.
        missing : {"error", "drop"}
            What to do with lines that lack a customer or a time.
        unparsable : {"error", "drop"}
            What to do with text that is no date.
        timezone, time_format : str, optional
            As in `occasions`.

        Returns
        -------
        Spells

        Raises
        ------
        ColumnNotFoundError
            If a column does not exist.
        InvalidDataError
            If the log is empty and `until` is not given, `inactive` is not above 0 (for "last": not
            at least a day, or not shorter than the time from `since`), or a policy "error" is
            broken.

        Examples
        --------
        >>> import pandas as pd
        >>> import custvalue as cv
        >>> log = pd.DataFrame({"who": ["a", "a", "b"],
        ...                     "when": ["2024-01-01", "2024-01-20", "2024-03-01"]})
        >>> cv.churn.Spells.from_log(log, customer="who", time="when", inactive=30).to_frame()
          customer      start        end  event
        0        a 2024-01-01 2024-02-19   True
        1        b 2024-03-01 2024-03-02  False
        """
        one_of("churned_at", churned_at, ("elapsed", "last"))
        tables.require_names(customer=customer, time=time)
        silence = length("inactive", inactive, unit)
        observed = None if until is None else window(since, until, timezone)
        events = read_events(
            log, customer=customer, time=time, by=by, timezone=timezone, time_format=time_format,
            missing=missing, unparsable=unparsable,
        )  # fmt: skip
        return cls(**tables.of_log(events, silence, observed, since, timezone, churned_at))

    def durations(self, unit: str = "month", whole: bool = False) -> Durations:
        """Return the age at which each spell came under observation and left it.

        Parameters
        ----------
        unit : str
            The ruler: a month is 30.4375 days, but a calendar month where `whole` is true.
        whole : bool
            Count periods, as for `ShiftedBetaGeo`: of a churned spell the periods begun, of a
            running one the periods completed, of a late entry the periods begun. Calendar months
            end on the day they started (31 January + 1 month = the last of February). Spells
            without a whole period observed are left out, and counted in the notes.

        Returns
        -------
        Durations
            One row per spell: a customer who came back has several. Lengths are those of the wall
            clock: where clocks change within a spell it is an hour longer or shorter than it was.

        Raises
        ------
        InvalidDataError
            If `unit` is none, or `whole` is not true or false.

        Examples
        --------
        >>> import numpy as np
        >>> import custvalue as cv
        >>> spells = cv.churn.Spells(["a"], np.array(["2024-01-01"], "M8[D]"),
        ...     np.array(["2024-03-01"], "M8[D]"), [True], until="2024-12-31")
        >>> spells.durations("day").exit, spells.durations("month", whole=True).exit
        (array([60.]), array([2.]))
        """
        return durations_of(self, unit, whole)
