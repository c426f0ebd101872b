"""Picture of an improvement plan: its actions over time, with those that are overdue."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np

from custvalue._check import of_type
from custvalue.plot._figure import ACTUAL, MODEL, axes
from custvalue.plot._fonts import readable
from custvalue.plot._names import wrapped
from custvalue.plot._status import status_mark

if TYPE_CHECKING:
    from custvalue.scorecard import ImprovementAction, ImprovementPlan

_DAY = dt.timedelta(days=1)
_STATUS = {"closed": "good", "open": "neutral", "overdue": "bad", "cancelled": "none"}
_BARS = {  # what a bar shows -> how
    "planned": {"color": "#8fa9c4"},
    "done": {"color": ACTUAL["color"]},
    "late": {"facecolor": "white", "edgecolor": MODEL["color"], "hatch": "////"},
    "cancelled": {"facecolor": "white", "edgecolor": "0.5", "linestyle": ":"},
}


def improvement_plan(plan: ImprovementPlan, ax: Any = None, *, as_of: Any) -> Any:
    """Draw the actions of a plan over time, as they are at the end of a day.

    A bar leads from the first day to the last, a diamond marks the last day of an action without a
    first one. Time after the last day in which an action was not done is hatched. How far each is
    stands beside.

    Parameters
    ----------
    plan : ImprovementPlan
        The plan.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    as_of : date or str
        The day, such as "2023-12-31".

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InvalidDataError
        If it is no plan, or `as_of` is no day.
    MissingExtraError
        If Matplotlib is not installed.

    Warns
    -----
    CustValueWarning
        If no font that is installed has the characters of an action.

    Examples
    --------
    >>> import custvalue as cv
    >>> plan = cv.scorecard.ImprovementPlan([
    ...     cv.scorecard.ImprovementAction("A1", "Optimise product functions", owner="R&D",
    ...                                    due="2023-Q3", start="2023-07-01")])
    >>> ax = cv.plot.improvement_plan(plan, as_of="2023-12-31")
    >>> [text.get_text() for text in ax.texts]
    ['✕', 'overdue by 92 days', 'end of 2023-12-31']
    """
    from custvalue.scorecard import ImprovementPlan as Kind
    from custvalue.scorecard.action import day_of

    of_type("plan", plan, Kind, "Make it with ImprovementPlan([...]).")
    day = day_of("as_of", as_of, end=True)
    count = len(plan.actions)
    ax = axes(ax, (9.0, 1.6 + 0.5 * max(count, 1)))
    from matplotlib import dates

    on: Any = dates  # its functions have no types
    bars: dict[str, list[tuple[int, float, float]]] = {name: [] for name in _BARS}
    marks: list[tuple[float, int]] = []
    seen = [float(on.date2num(day)) + 1.0]  # the end of the day
    for row, action in enumerate(plan.actions):
        state = action.state(day)
        for name, first, last in _spans(action, state, day):
            left, right = float(on.date2num(first)), float(on.date2num(last)) + 1.0
            bars[name].append((row, left, right - left))
            seen += [left, right]
        if action.start is None and action.due is not None:
            marks.append((float(on.date2num(action.due)) + 1.0, row))
            seen.append(marks[-1][0])
        status_mark(ax, row, _STATUS[state], _said(action, state, day))
    for name, spans in bars.items():
        if spans:
            rows, left_ends, widths = zip(*spans, strict=True)
            ax.barh(rows, widths, left=left_ends, height=0.5, label=name, **_BARS[name])
    if marks:
        ax.plot(*zip(*marks, strict=True), marker="D", linestyle="", markersize=7,
                markerfacecolor="white", color=ACTUAL["color"], label="last day")  # fmt: skip
    ax.axvline(seen[0], color="0.2", linewidth=1.2)
    ax.annotate(f"end of {day}", (seen[0], 0), xycoords=("data", "axes fraction"), fontsize=8,
                xytext=(-4, 4), textcoords="offset points", ha="right")  # fmt: skip
    room = max(0.04 * (max(seen) - min(seen)), 15.0)
    ends = on.date2num([dt.date.min, dt.date.max])  # beyond, there are no dates to write
    ax.set_xlim(max(min(seen) - room, ends[0]), min(max(seen) + room, ends[1]))
    ax.xaxis.set_major_locator(on.AutoDateLocator(maxticks=8))
    ax.xaxis.set_major_formatter(on.ConciseDateFormatter(ax.xaxis.get_major_locator()))
    ax.set_yticks(np.arange(count), [_named(action) for action in plan.actions], fontsize=8)
    ax.set_ylim(max(count, 1) - 0.2, -0.6)
    if any(bars.values()) or marks:
        ax.legend(frameon=False, fontsize=8, ncols=5, loc="lower left", bbox_to_anchor=(0.0, 1.0))
    return readable(ax)


def _spans(
    action: ImprovementAction, state: str, day: dt.date
) -> list[tuple[str, dt.date, dt.date]]:
    """Return what the bars of an action show, with the first and the last day of each."""
    start, due, done = action.start, action.due, action.done_at
    spans = []
    if state == "cancelled":
        return [("cancelled", start, due)] if start and due else []
    if state == "closed":
        end = done or due
        on_time = min(end, due) if end and due else end
        if start and on_time:
            spans.append(("done", start, on_time))
    else:
        end = day
        if start and (due or start <= day):
            spans.append(("planned", start, due or day))
    if due and end and end > due:
        spans.append(("late", due + _DAY, end))
    return spans


def _said(action: ImprovementAction, state: str, day: dt.date) -> str:
    """Return how far an action is, in words."""
    if state == "overdue" and action.due:
        days = (day - action.due).days
        return f"overdue by {days} day{'s' * (days != 1)}"
    if state == "open":
        how = action.status if action.status == "in progress" else "open"  # done later: open then
        return f"{how}, due {action.due}" if action.due else f"{how}, no last day"
    if state == "closed" and action.done_at:
        late = (action.done_at - action.due).days if action.due else 0
        said = f"done {action.done_at}"
        return f"{said}, {late} day{'s' * (late != 1)} late" if late > 0 else said
    return "done" if state == "closed" else state


def _named(action: ImprovementAction) -> str:
    """Return id and measure of an action, and below who is responsible."""
    what = wrapped(f"{action.id}  {action.measure}", 44)
    return f"{what}\n{wrapped(action.owner or 'no owner', 44, 1)}"
