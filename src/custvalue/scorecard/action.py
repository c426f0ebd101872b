"""An improvement action: what is to be done, by whom, until when, and what it is to bring."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from typing import Any

import numpy as np

from custvalue._calendar import period_of, period_starts
from custvalue._check import number, one_of
from custvalue._record import Record
from custvalue.errors import InvalidDataError, message

STATUSES = ("open", "in progress", "done", "cancelled")
_QUARTER = re.compile(r"\s*(\d{4})\s*-?\s*[Qq]([1-4])\s*")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ImprovementAction(Record):
    """A concrete action with an owner and a date.

    Attributes
    ----------
    id : str
        Its name in the plan; whole numbers become text.
    measure : str
        What is to be done.
    owner : str or None
        Who is responsible: a person or a department.
    due : datetime.date or None
        Last day. Given as a date, as ISO text, or as a quarter such as "2023-Q3", which is its last
        day.
    start : datetime.date or None
        First day.
    effort : float or None
        What it costs, in days or money as the plan has it, at least 0.
    status : {"open", "in progress", "done", "cancelled"}
        How far it is.
    expected_effect : float or None
        Change of the indicator that is expected, in its unit.
    indicator : str or None
        The indicator, or the gap of an assessment, that it is to change.
    done_at : datetime.date or None
        Day on which it was done; only with status "done".

    Examples
    --------
    >>> import custvalue as cv
    >>> action = cv.scorecard.ImprovementAction(
    ...     "A1", "Optimise product functions", owner="R&D", due="2023-Q3")
    >>> action
    ImprovementAction(id=A1, measure=Optimise product functions, owner=R&D, due=2023-09-30,
    status=open)
    >>> action.is_overdue("2023-10-01")
    True
    """

    id: str
    measure: str
    owner: str | None = None
    due: dt.date | None = None
    start: dt.date | None = None
    effort: float | None = None
    status: str = "open"
    expected_effect: float | None = None
    indicator: str | None = None
    done_at: dt.date | None = None

    def __post_init__(self) -> None:
        if isinstance(self.id, (int, np.integer)) and not isinstance(self.id, bool):
            object.__setattr__(self, "id", str(self.id))
        for name in ("id", "measure", "owner", "indicator"):
            text = _text(name, getattr(self, name), required=name in ("id", "measure"))
            object.__setattr__(self, name, text)
        for name, end in (("start", False), ("due", True), ("done_at", True)):
            object.__setattr__(self, name, optional_day(name, getattr(self, name), end=end))
        for name, low in (("effort", 0.0), ("expected_effect", float("-inf"))):
            value = getattr(self, name)
            known = None if is_missing(value) else number(name, value, low)
            object.__setattr__(self, name, known)
        one_of("status", self.status, STATUSES)
        if self.done_at is not None and self.status != "done":
            hint = 'Set status="done", or leave out done_at.'
            rule = "must be done where there is a day on which it was"
            raise InvalidDataError(message("status", rule, value=self.status, hint=hint))
        for name in ("due", "done_at"):
            day = getattr(self, name)
            if self.start is not None and day is not None and day < self.start:
                rule = f"must not be before the start, {self.start}"
                raise InvalidDataError(message(name, rule, value=str(day)))
        super().__post_init__()

    @property
    def missing(self) -> tuple[str, ...]:
        """Which of "owner" and "due" are not given: without them it is a wish, no action."""
        return tuple(name for name in ("owner", "due") if getattr(self, name) is None)

    def state(self, as_of: Any) -> str:
        """Return "cancelled", "closed", "overdue" or "open" at the end of a day.

        Closed: done by then, or done without a day. Overdue: not closed, and the last day is past.

        Parameters
        ----------
        as_of : date or str
            The day, such as "2023-10-01".
        """
        day = day_of("as_of", as_of, end=True)
        if self.status == "cancelled":
            return "cancelled"
        if self.status == "done" and (self.done_at is None or self.done_at <= day):
            return "closed"
        return "overdue" if self.due is not None and self.due < day else "open"

    def is_overdue(self, as_of: Any) -> bool:
        """Return whether the last day was past, and the action was not done, at the end of a day.

        Parameters
        ----------
        as_of : date or str
            The day, such as "2023-10-01".
        """
        return self.state(as_of) == "overdue"

    def _head(self) -> dict[str, Any]:
        names = ("id", "measure", "owner", "due", "status")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}


def day_of(name: str, value: Any, *, end: bool) -> dt.date:
    """Return a date, an instant, ISO text or a quarter (its last day, or its first) as a date."""
    found = _QUARTER.fullmatch(value) if isinstance(value, str) else None
    if found is not None:
        quarter = 4 * (int(found[1]) - 1970) + int(found[2]) - 1
        days = period_starts(np.array([quarter, quarter + 1]), "quarter")
        return _date(name, days[1] - np.timedelta64(1, "D") if end else days[0])
    if isinstance(value, dt.datetime) and value == value:  # NaT is one too
        return value.date()  # that of its own clock
    try:
        number_of_day = period_of(name, value, "day", "monday", None)
        return _date(name, period_starts(np.array([number_of_day]), "day")[0])
    except InvalidDataError:
        hint = "Write it as '2023-09-30', or as '2023-Q3' for the last day of a quarter."
        raise InvalidDataError(message(name, "must be a day", value=value, hint=hint)) from None


def optional_day(name: str, value: Any, *, end: bool) -> dt.date | None:
    """Return what `day_of` does; None of what is missing."""
    return None if is_missing(value) else day_of(name, value, end=end)


def _date(name: str, day: np.datetime64) -> dt.date:
    found = day.item()
    if not isinstance(found, dt.date):  # a year that dates do not have
        raise InvalidDataError(message(name, "must be from year 1 to 9999", value=str(day)))
    return found


def is_missing(value: Any) -> bool:
    """Return whether a cell holds nothing: None, NaN, NaT or blank text."""
    if isinstance(value, str):
        return not value.strip()
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and value != value


def _text(name: str, value: Any, *, required: bool) -> str | None:
    """Return text without blanks around it; None of what is missing."""
    if is_missing(value):
        if required:
            raise InvalidDataError(message(name, "must be given", value=value))
        return None
    if not isinstance(value, str):
        hint = "Convert to text."
        raise InvalidDataError(message(name, "must be text", value=value, hint=hint))
    return value.strip()
