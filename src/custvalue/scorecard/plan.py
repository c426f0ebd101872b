"""An improvement plan: its actions, how far they are, and what they have brought."""

from __future__ import annotations

import dataclasses
import datetime as dt
import difflib
import math
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from custvalue._check import number, of_type, real
from custvalue._frames import read
from custvalue._record import Notes, Record, checked_notes
from custvalue._tally import Column
from custvalue.errors import InvalidDataError, message
from custvalue.scorecard.action import ImprovementAction, day_of
from custvalue.scorecard.change import Estimate

_HINT = "Make them with ImprovementAction(id, measure, owner=..., due=...)."
_FIELDS = tuple(field.name for field in dataclasses.fields(ImprovementAction))


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class PlanStatus(Record):
    """How many actions of a plan are open, overdue and closed at the end of a day.

    Attributes
    ----------
    as_of : datetime.date
        The day.
    open, overdue, closed, cancelled : int
        Actions not done whose last day is not past or not given; whose last day is past; done; and
        given up.
    notes : mapping of str to int
        Actions that are done without a day, which count as closed on every day.
    frame : str
        The kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> status = cv.scorecard.PlanStatus("2024-01-31", open=5, overdue=1, closed=4)
    >>> status.shares
    {'open': 0.5, 'overdue': 0.1, 'closed': 0.4}
    """

    as_of: dt.date
    open: int = 0
    overdue: int = 0
    closed: int = 0
    cancelled: int = 0
    notes: Notes = dataclasses.field(default_factory=dict)
    frame: str = dataclasses.field(default="pandas", compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "as_of", day_of("as_of", self.as_of, end=True))
        for name in ("open", "overdue", "closed", "cancelled"):
            count = number(name, getattr(self, name), 0.0)
            if count != int(count):
                raise InvalidDataError(message(name, "must be a whole number", value=count))
            object.__setattr__(self, name, int(count))
        object.__setattr__(self, "notes", checked_notes(self.notes))
        super().__post_init__()

    @property
    def total(self) -> int:
        """Actions that are not cancelled."""
        return self.open + self.overdue + self.closed

    @property
    def shares(self) -> dict[str, float]:
        """Shares of open, overdue and closed actions among those not cancelled; NaN of none."""
        counts = {"open": self.open, "overdue": self.overdue, "closed": self.closed}
        return {name: n / self.total if self.total else math.nan for name, n in counts.items()}

    def _table(self) -> dict[str, Any]:
        states = ("open", "overdue", "closed", "cancelled")
        return {
            "state": np.array(states, dtype=object),
            "count": np.array([getattr(self, name) for name in states]),
            "share": np.array([*self.shares.values(), math.nan]),
        }

    def _head(self) -> dict[str, Any]:
        counts = {name: getattr(self, name) for name in ("open", "overdue", "closed", "cancelled")}
        return {"as_of": self.as_of, **counts, **self.notes}


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ImprovementPlan(Record):
    """Actions to improve, each with an id of its own; `+` joins plans of different actions.

    Attributes
    ----------
    actions : tuple of ImprovementAction
        In the order given.
    frame : str
        The kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> plan = cv.scorecard.ImprovementPlan([
    ...     cv.scorecard.ImprovementAction("A1", "Optimise product functions", owner="R&D",
    ...                                    due="2023-Q3", indicator="csat", expected_effect=0.05),
    ...     cv.scorecard.ImprovementAction("A2", "Answer within a day", owner="Support",
    ...                                    due="2023-06-30", status="done", done_at="2023-06-12")])
    >>> plan
    ImprovementPlan(actions=2, complete=1)
    >>> plan.status("2023-12-31")
    PlanStatus(as_of=2023-12-31, open=0, overdue=1, closed=1, cancelled=0)
    >>> plan.overdue("2023-12-31")[["id", "owner", "days"]].values.tolist()
    [['A1', 'R&D', 92]]
    """

    actions: Sequence[ImprovementAction] = ()
    frame: str = dataclasses.field(default="pandas", compare=False)

    def __post_init__(self) -> None:
        if isinstance(self.actions, (str, Mapping)) or not isinstance(self.actions, Sequence):
            rule = "must be a list of actions"
            raise InvalidDataError(
                message("actions", rule, value=type(self.actions).__name__, hint=_HINT)
            )
        actions = tuple(
            ImprovementAction.from_dict(action) if isinstance(action, Mapping) else action
            for action in self.actions
        )
        seen: set[str] = set()
        for action in actions:
            of_type("actions", action, ImprovementAction, _HINT)
            if action.id in seen:
                hint = "An action is in one plan, once."
                rule = "must differ from action to action"
                raise InvalidDataError(message("id", rule, value=action.id, hint=hint))
            seen.add(action.id)
        object.__setattr__(self, "actions", actions)
        super().__post_init__()

    @classmethod
    def from_table(
        cls,
        table: Any,
        *,
        id: str = "id",
        measure: str = "measure",
        owner: str | None = "owner",
        due: str | None = "due",
        start: str | None = None,
        effort: str | None = None,
        status: str | None = None,
        expected_effect: str | None = None,
        indicator: str | None = None,
        done_at: str | None = None,
    ) -> Self:
        """Return the plan in a table with one row for each action.

        Parameters
        ----------
        table : data frame
            One row per action.
        id, measure : str
            Columns of the name of each action and of what is to be done.
        owner, due : str or None
            Columns of who is responsible and of the last day; None if there is none.
        start, effort, status, expected_effect, indicator, done_at : str, optional
            Columns of what else `ImprovementAction` holds. Cells may be empty.

        Raises
        ------
        InvalidDataError
            If a cell breaks a rule of `ImprovementAction`, with its row; if two ids are the same.
        """
        named = (
            id,
            measure,
            owner,
            due,
            start,
            effort,
            status,
            expected_effect,
            indicator,
            done_at,
        )
        found = read(table, **dict(zip(_FIELDS, named, strict=True)))
        columns = {name: series.to_list() for name, series in found.columns.items()}
        actions = []
        for row, cells in enumerate(zip(*columns.values(), strict=True)):
            fields = dict(zip(columns, cells, strict=True))
            if "status" in fields and not isinstance(fields["status"], str):
                del fields["status"]  # an empty cell: open
            try:
                actions.append(ImprovementAction(**fields))
            except InvalidDataError as error:
                raise InvalidDataError(f"row {row} of the table: {error}") from None
        return cls(actions, found.kind)

    def __len__(self) -> int:
        """Return the number of actions."""
        return len(self.actions)

    def __add__(self, other: Self) -> Self:
        if type(other) is not type(self):
            return NotImplemented
        return dataclasses.replace(self, actions=(*self.actions, *other.actions))

    def __radd__(self, other: Any) -> Self:
        return self if isinstance(other, int) and other == 0 else NotImplemented  # sum() begins

    @property
    def completeness(self) -> float:
        """Share of actions that have an owner and a last day; NaN of none."""
        if not self.actions:
            return math.nan
        return sum(not action.missing for action in self.actions) / len(self.actions)

    def incomplete(self) -> Any:
        """Return a frame of the actions without an owner or a last day, and what they lack."""
        found = [action for action in self.actions if action.missing]
        lacking = _objects([" and ".join(action.missing) for action in found])
        return self._framed({**_fields(found, ("id", "measure")), "missing": lacking})

    def status(self, as_of: Any) -> PlanStatus:
        """Return how many actions are open, overdue and closed at the end of a day.

        Parameters
        ----------
        as_of : date or str
            The day, such as "2023-12-31". Days before actions were done see them open, as they were
            then; whether they were cancelled is known as of now only.
        """
        day = day_of("as_of", as_of, end=True)
        states = [action.state(day) for action in self.actions]
        undated = sum(a.status == "done" and a.done_at is None for a in self.actions)
        counts = {name: states.count(name) for name in ("open", "overdue", "closed", "cancelled")}
        notes = {"done without a day": undated} if undated else {}
        return PlanStatus(day, **counts, notes=notes, frame=self.frame)

    def overdue(self, as_of: Any) -> Any:
        """Return a frame of the actions that are overdue at the end of a day, the latest first.

        Parameters
        ----------
        as_of : date or str
            The day, such as "2023-12-31".
        """
        day = day_of("as_of", as_of, end=True)
        late = [(day - action.due).days if action.due and action.is_overdue(day) else 0
                for action in self.actions]  # fmt: skip
        order = sorted((i for i, days in enumerate(late) if days), key=lambda i: -late[i])
        found = _fields([self.actions[i] for i in order], ("id", "measure", "owner", "due"))
        days = np.array([late[i] for i in order], dtype=np.int64)
        return self._framed({**found, "days": days})

    def effect(self, effects: Mapping[str, Any], level: float = 0.95) -> Any:
        """Return a frame of each action that has an indicator, with the effect that was measured.

        What an indicator did is not all the doing of an action, least of all where several actions
        share it.

        Parameters
        ----------
        effects : mapping of str to record
            Indicator to its measured effect: what `before_after`, `difference_in_differences`,
            `change_since` or `nps_change` return, or any record with a `value` and an `interval`.
        level : float
            Coverage aimed at of each interval, between 0 and 1.

        Returns
        -------
        data frame
            Columns `id`, `indicator`, `expected_effect`, `effect`, `lower` and `upper`; NaN where
            nothing was expected or measured.

        Raises
        ------
        InvalidDataError
            If an effect is of no action's indicator, or has no single value and interval.
        """
        linked = [action for action in self.actions if action.indicator is not None]
        known = {str(action.indicator) for action in linked}
        if not isinstance(effects, Mapping):
            rule = "must map indicators to records"
            raise InvalidDataError(message("effects", rule, value=type(effects).__name__))
        for name in effects:
            if name not in known:
                near = difflib.get_close_matches(str(name), known, n=1)
                hint = f"Did you mean {near[0]!r}? " if near else ""
                hint += f"Indicators: {sorted(known)}"
                rule = "must be of indicators of actions"
                raise InvalidDataError(message("effects", rule, value=name, hint=hint))
        measured = {name: _bounds(name, record, level) for name, record in effects.items()}
        none = (math.nan, math.nan, math.nan)
        found = [measured.get(str(action.indicator), none) for action in linked]
        numbers = np.array(found, dtype=np.float64).reshape(len(linked), 3)
        columns = _fields(linked, ("id", "indicator", "expected_effect"))
        measures = dict(zip(("effect", "lower", "upper"), numbers.T, strict=True))
        return self._framed({**columns, **measures})

    def _table(self) -> dict[str, Any]:
        return _fields(list(self.actions), _FIELDS)

    def plot(self, ax: Any = None, *, as_of: Any) -> Any:
        """Draw it; see `custvalue.plot.improvement_plan`."""
        from custvalue.plot import improvement_plan

        return improvement_plan(self, ax, as_of=as_of)

    def _head(self) -> dict[str, Any]:
        return {"actions": len(self.actions), "complete": self.completeness}


def _fields(actions: Sequence[ImprovementAction], names: Sequence[str]) -> dict[str, Column]:
    """Return fields of actions as columns; numbers that are missing are NaN, the rest None."""
    numbers = ("effort", "expected_effect")
    columns = {}
    for name in names:
        values = [getattr(action, name) for action in actions]
        if name in numbers:
            columns[name] = np.array([math.nan if v is None else v for v in values], dtype=float)
        else:
            columns[name] = _objects(values)
    return columns


def _objects(values: list[Any]) -> Column:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _bounds(name: str, record: Any, level: float) -> tuple[float, float, float]:
    """Return the value of an effect and its bounds; refuse what has several or none."""
    if not isinstance(record, Estimate) or isinstance(record, type):
        rule = "must be a record with value and interval()"
        raise InvalidDataError(message(f"effect on {name}", rule, value=type(record).__name__))
    columns = [real(f"effect on {name}", c) for c in (record.value, *record.interval(level=level))]
    if any(column.shape != () for column in columns):
        rule = "must be one number with an interval, not one for each group"
        shapes = [column.shape for column in columns]
        raise InvalidDataError(message(f"effect on {name}", rule, value=shapes))
    value, low, high = (float(column) for column in columns)
    return value, low, high
