"""Durations: for how long customers were observed, from which age, and whether they churned."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from custvalue import _calendar, _frames
from custvalue._check import Array, ArrayLike, as_array, real, refuse, within
from custvalue._groups import column_names, group_rows
from custvalue._record import Notes, Record, checked_notes, join_notes, kept
from custvalue._tally import as_column, checked_groups, concatenated
from custvalue.errors import InvalidDataError, message

Flags = npt.NDArray[np.bool_]
Column = npt.NDArray[Any]
DURATIONS_HINT = (
    "Make one with churn.Spells, Durations.from_table(frame, ...) or "
    "Durations.from_survivors(counts)."
)
_COLUMNS = ("customer", "entry", "exit", "event", "weight")
_RISE_HINT = (
    "Shares of active customers that rise again are no survival: use spells of subscriptions, or "
    "churn.Spells of a log."
)
_ENTRY_HINT = "Who is not observed after entering was never at risk; leave such rows out."


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Durations(Record):
    """Ages at which customers came under observation and left it, and whether they churned then.

    Attributes
    ----------
    exit : float array of shape (n,)
        Age at the end: of the customer at the churn (event) or at the last observation (censored),
        in `unit`; above `entry`.
    event : bool array of shape (n,)
        Whether the customer churned at `exit`; False: right-censored, still a customer there.
    entry : float array of shape (n,)
        Age at which observation started; above 0 where a customer was older than the log when
        the log began (left truncation).
    weight : float array of shape (n,) or None
        How many customers a row stands for; None: one each.
    groups : mapping of str to array of shape (n,)
        Labels by column.
    customer : array of shape (n,) or None
        Who.
    unit : str
        The ruler of entry and exit.
    notes : mapping of str to int
        What policies did, counted.

    Examples
    --------
    >>> import custvalue as cv
    >>> cv.Durations(exit=[6, 6, 9, 13], event=[True, True, False, True], unit="month")
    Durations(customers=4, events=3, censored=1, late_entries=0, unit=month)
    """

    exit: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    event: Flags = dataclasses.field(default_factory=lambda: np.empty(0, dtype=bool))
    entry: Array | None = None
    weight: Array | None = None
    groups: Mapping[str, Column] = dataclasses.field(default_factory=dict)
    customer: Column | None = None
    unit: str = "month"
    notes: Notes = dataclasses.field(default_factory=dict)
    frame: str = dataclasses.field(default="pandas", compare=False)

    def __post_init__(self) -> None:
        _calendar.unit_of("unit", self.unit)
        out = within("exit", self.exit)
        if out.ndim != 1:
            raise InvalidDataError(message("exit", "must be one column", value=out.shape))
        entry = np.zeros(len(out)) if self.entry is None else within("entry", self.entry, 0.0)
        columns: dict[str, Any] = {"exit": out, "entry": entry, "event": flags("event", self.event)}
        if self.weight is not None:
            columns["weight"] = within("weight", self.weight, 0.0, open_low=True)
        if self.customer is not None:
            columns["customer"] = as_column("customer", self.customer)
        groups = checked_groups(self.groups, _COLUMNS)
        for name, column in {**columns, **groups}.items():
            if np.shape(column) != out.shape:
                rule = "must be as long as exit"
                raise InvalidDataError(message(name, rule, value=np.shape(column)))
        refuse("exit", "must be above 0", out, out <= 0)
        refuse("exit", "must be above entry", out, out <= entry, hint=_ENTRY_HINT)
        for name, column in columns.items():
            object.__setattr__(self, name, kept(column))
        object.__setattr__(self, "groups", groups)
        object.__setattr__(self, "notes", checked_notes(self.notes))

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.exit)

    @property
    def weights(self) -> Array:
        """Number of customers that each row stands for, of shape (n,)."""
        return np.ones(len(self)) if self.weight is None else self.weight

    @property
    def entries(self) -> Array:
        """Age at which each row came under observation, of shape (n,)."""
        return np.zeros(len(self)) if self.entry is None else self.entry

    def _head(self) -> dict[str, Any]:
        weight = self.weights
        events = float(weight[self.event].sum())
        return {
            "customers": float(weight.sum()),
            "events": events,
            "censored": float(weight.sum()) - events,
            "late_entries": float(weight[self.entries > 0].sum()),
            "unit": self.unit,
            **self.notes,
        }

    def _table(self) -> dict[str, Any]:
        table: dict[str, Any] = {} if self.customer is None else {"customer": self.customer}
        table |= {**self.groups, "entry": self.entries, "exit": self.exit, "event": self.event}
        return table if self.weight is None else {**table, "weight": self.weight}

    def __radd__(self, other: Any) -> Self:
        return (
            self if isinstance(other, int) and other == 0 else NotImplemented
        )  # sum() starts at 0

    def __add__(self, other: Durations) -> Durations:
        if not isinstance(other, Durations):
            return NotImplemented
        nothing = [not len(record) and not record.notes for record in (self, other)]
        if nothing[0] and (not nothing[1] or self == Durations()):
            return other
        if nothing[1]:
            return self
        facts = {
            "unit": (self.unit, other.unit),
            "groups": (sorted(self.groups), sorted(other.groups)),
            "customer": (self.customer is None, other.customer is None),
        }
        for name, (mine, theirs) in facts.items():
            if mine != theirs:
                rule = "must be the same in both"
                raise InvalidDataError(message(name, rule, value=(mine, theirs)))

        weighted = self.weight is not None or other.weight is not None
        return dataclasses.replace(
            self,
            exit=np.concatenate([self.exit, other.exit]),
            event=np.concatenate([self.event, other.event]),
            entry=np.concatenate([self.entries, other.entries]),
            weight=np.concatenate([self.weights, other.weights]) if weighted else None,
            groups={
                name: concatenated(name, labels, other.groups[name])
                for name, labels in self.groups.items()
            },
            customer=None
            if self.customer is None or other.customer is None
            else concatenated("customer", self.customer, other.customer),
            notes=join_notes(self.notes, other.notes),
        )

    @classmethod
    def from_table(
        cls,
        frame: Any,
        *,
        exit: str = "exit",
        event: str = "event",
        entry: str | None = None,
        weight: str | None = None,
        customer: str | None = None,
        by: str | Sequence[str] | None = None,
        unit: str = "month",
    ) -> Self:
        """Return validated durations from a table that already has them.

        Parameters
        ----------
        frame : data frame
            One row per customer, or per pattern with `weight` customers each.
        exit, event, entry, weight, customer : str
            Names of the columns. Events are true or false, or 1 or 0. Without `entry`, all were
            observed from age 0.
        by : str or sequence of str, optional
            Columns of groups to carry along.
        unit : str
            The unit in which entry and exit are measured.

        Raises
        ------
        ColumnNotFoundError
            If a column does not exist.
        InvalidDataError
            If an exit is not above 0 and above its entry, an event is not true or false, a weight
            is not positive, or a value is missing.

        Examples
        --------
        >>> import pandas as pd
        >>> import custvalue as cv
        >>> table = pd.DataFrame({"age": [3, 5], "churned": [1, 0]})
        >>> cv.Durations.from_table(table, exit="age", event="churned")
        Durations(customers=2, events=1, censored=1, late_entries=0, unit=month)
        """
        named = column_names("by", by)
        table = _frames.read(
            frame, exit=exit, event=event, entry=entry, weight=weight, customer=customer, **named
        )
        for role, series in table.columns.items():
            absent = _frames.missing(series)
            if absent is not None:
                refuse(table.names[role], "has missing values", np.nan, absent)
        numbers: dict[str, Any] = {
            role: _frames.numeric(table, role).copy()  # the caller's table may change
            for role in ("exit", "entry", "weight")
            if role in table.columns
        }
        grouped = group_rows(table, tuple(named)) if named else None
        return cls(
            event=flags(event, _frames.labels(table, "event")).copy(),
            customer=_frames.labels(table, "customer").copy() if customer is not None else None,
            groups={name: labels[grouped.codes] for name, labels in grouped.labels.items()}
            if grouped is not None
            else {},
            unit=unit,
            frame=table.kind,
            **numbers,
        )

    @classmethod
    def from_survivors(cls, survivors: ArrayLike, *, unit: str = "year") -> Self:
        """Return durations from the number of customers of each cohort who are left at each age.

        Parameters
        ----------
        survivors : array_like of shape (ages,) or (cohorts, ages)
            Customers at ages 0, 1, 2, ...; NaN at the end where an age is not yet observed.
        unit : str
            What an age is.

        Raises
        ------
        InvalidDataError
            If a count is negative, counts rise with age, NaN is followed by a count, or age 1 of
            a cohort is not observed.

        Examples
        --------
        >>> import custvalue as cv
        >>> cv.Durations.from_survivors([1000, 869, 743, 653], unit="year")
        Durations(customers=1000, events=347, censored=653, late_entries=0, unit=year)
        """
        counts = np.atleast_2d(real("survivors", survivors))
        if counts.ndim != 2 or counts.shape[1] < 2:
            rule = "must have a row per cohort and at least ages 0 and 1"
            raise InvalidDataError(message("survivors", rule, value=counts.shape))
        hole = np.isnan(counts)

        def check(rule: str, bad: Flags, hint: str = "") -> None:
            if bad.any():
                cohort, age = np.argwhere(bad)[0]
                value = f"{counts[cohort, age]:g} at age {age} of cohort {cohort}"
                raise InvalidDataError(message("survivors", rule, value=value, hint=hint))

        check("must be finite", np.isinf(counts))
        check("must be at least 0", counts < 0)
        someone = counts[:, :1] != 0
        check("must be known at ages 0 and 1", hole[:, :2] & someone, _ENTRY_HINT)
        after = np.zeros_like(hole)
        after[:, 1:] = hole[:, :-1] & ~hole[:, 1:]
        check("must not be known after an unknown age", after)
        lost = counts[:, :-1] - counts[:, 1:]
        after[:, 1:] = lost < 0
        check("must not rise with age", after, _RISE_HINT)
        ages = np.broadcast_to(np.arange(1.0, counts.shape[1]), lost.shape)
        gone = lost > 0  # NaN is not
        last = (~hole).sum(axis=1) - 1
        left = np.take_along_axis(counts, last[:, None], axis=1)[:, 0]
        stay = left > 0
        return cls(
            exit=np.concatenate([ages[gone], last[stay].astype(np.float64)]),
            event=np.concatenate([np.ones(gone.sum(), bool), np.zeros(stay.sum(), bool)]),
            weight=np.concatenate([lost[gone], left[stay]]),
            unit=unit,
        )


def flags(name: str, values: Any) -> Flags:
    """Return values as booleans if they are true and false, or 1 and 0."""
    array = as_array(name, values, "must have rows of one length")
    if array.dtype == bool:
        return array
    hint = "Write 1 for what happened and 0 for what did not."
    number = real(name, array, hint=hint)
    refuse(name, "must be true or false (1 or 0)", number, ~((number == 0) | (number == 1)),
           hint=hint)  # fmt: skip
    return np.asarray(number == 1)
