"""A roadmap: what to improve first, by impact and effort, after what it depends on."""

from __future__ import annotations

import dataclasses
import heapq
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, flag, number, of_type
from custvalue._record import Notes, Record, checked_notes
from custvalue._tally import keep_columns
from custvalue.errors import InvalidDataError, message
from custvalue.maturity._assessment import Assessment
from custvalue.maturity._parts import names_of
from custvalue.maturity._scores import effective_weights
from custvalue.maturity.blockers import blocking
from custvalue.maturity.gap import target_gap

Column = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Roadmap(Record):
    """Items to improve, in order.

    Attributes
    ----------
    item, name, component : arrays of shape (rows,)
        In order; each after the items that it depends on.
    rating, target, gap, impact, effort : float arrays
        Where it stands, what is aimed at, what is missing, and what the model says of it.
    priority : float array
        Weight in the overall mean x gap x impact / effort.
    blocks : bool array
        Whether it keeps the organisation from the next level.
    after : array of str
        Items before it that it depends on.
    organisation : str
        Whose roadmap it is.

    Examples
    --------
    >>> import custvalue as cv
    >>> found = cv.maturity.assess("customer-management", [[2] * 20])
    >>> steps = cv.maturity.roadmap(found, target=3)
    >>> steps
    Roadmap(organisation=0, steps=20, effort=111)
    >>> steps.to_frame()[["item", "effort", "after"]].head(2)
                             item  effort                       after
    0  relationship.communication     5.0
    1        relationship.support     7.0  relationship.communication
    """

    item: Column
    name: Column
    component: Column
    rating: Array
    target: Array
    gap: Array
    impact: Array
    effort: Array
    priority: Array
    blocks: npt.NDArray[np.bool_]
    after: Column
    organisation: str
    notes: Notes = dataclasses.field(default_factory=dict, kw_only=True)
    frame: str = dataclasses.field(default="pandas", kw_only=True, compare=False)

    _columns: ClassVar[tuple[str, ...]] = (
        "item", "name", "component", "rating", "target", "gap", "impact", "effort", "priority",
        "blocks", "after",
    )  # fmt: skip

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", checked_notes(self.notes))
        keep_columns(self)
        super().__post_init__()

    @property
    def cumulative_effort(self) -> Array:
        """Effort up to and with each step."""
        return np.asarray(np.cumsum(self.effort))

    def plot(self, ax: Any = None, language: str = "en") -> Any:
        """Draw it; see `custvalue.plot.roadmap`."""
        from custvalue.plot import roadmap

        return roadmap(self, ax, language=language)

    def _head(self) -> dict[str, Any]:
        total = float(self.effort.sum())
        return {"organisation": self.organisation, "steps": len(self.item), "effort": total,
                **self.notes}  # fmt: skip

    def _table(self) -> dict[str, Any]:
        return super()._table() | {"cumulative_effort": self.cumulative_effort}


def roadmap(
    assessment: Assessment,
    target: Any = None,
    *,
    organisation: Any = None,
    max_effort: float | None = None,
    blockers_first: bool = True,
    language: str = "en",
) -> Roadmap:
    """Return what an organisation should improve, in order.

    Parameters
    ----------
    assessment : Assessment
        From `assess`.
    target : float or mapping of str to float, optional
        Rating aimed at, as in `target_gap`.
    organisation : label, optional
        Whose; may be left out where there is one.
    max_effort : float, optional
        Steps are taken in order as long as their efforts add up to no more; the others are counted
        in `notes`.
    blockers_first : bool
        Whether items that keep the organisation from the next level come before others.
    language : str
        Of the names, such as "en" or "zh".

    Returns
    -------
    Roadmap
        Items with a gap, each after the items with a gap that it depends on; among those that may
        come next the one with the highest priority, then in the order of the model.

    Raises
    ------
    InvalidDataError
        If there are several organisations and none is named, or there is no target.

    Notes
    -----
    Impact and effort are those of the model; in the models that come with custvalue they are the
    library's guesses (`origin = "library"`), to be replaced by your own.

    Examples
    --------
    >>> import custvalue as cv
    >>> found = cv.maturity.assess("customer-management", [[2] * 20])
    >>> cv.maturity.roadmap(found, {"value.valuation": 4, "value.classification": 3}).item.tolist()
    ['value.valuation', 'value.classification']
    """
    of_type("assessment", assessment, Assessment, "It comes from maturity.assess(...).")
    model, row = assessment.model, place_of(assessment, organisation)
    most = None if max_effort is None else number("max_effort", max_effort, 0.0)
    urgent = flag("blockers_first", blockers_first)
    found = target_gap(assessment, target)
    gap = found.gap[row]
    effort = np.array([sum(item.effort.values()) for item in model.items])
    impact = np.array([item.impact for item in model.items])
    priority = effective_weights(assessment._tree) * gap * impact / effort
    blocks = np.zeros(len(gap), dtype=np.bool_)
    if model.rules.level != "none":
        blocks = blocking(assessment)[0][row]
    ids = {name: i for i, name in enumerate(model.item_ids)}
    before = [[ids[name] for name in item.depends_on if gap[ids[name]] > 0] for item in model.items]
    # Equal priorities must not be told apart by rounding, which is about 1e-16 of them.
    alike = np.round(priority / (priority.max(initial=0.0) or 1.0), 12)
    order = _ordered(gap, before, alike, blocks & urgent)
    notes = {}
    if most is not None:
        kept = np.cumsum(effort[order]) <= most + 1e-9
        if not kept.all():
            notes["steps beyond max_effort"] = int((~kept).sum())
        order = [i for i, keep in zip(order, kept, strict=True) if keep]
    names = np.array(model.item_ids, dtype=object)
    after = [", ".join(names[before[i]]) for i in range(len(gap))]
    return Roadmap(
        item=names[order],
        name=names_of(model.items, language)[order],
        component=np.array([item.component for item in model.items], dtype=object)[order],
        rating=found.rating[row][order],
        target=found.target[row][order],
        gap=gap[order],
        impact=impact[order],
        effort=effort[order],
        priority=priority[order],
        blocks=blocks[order],
        after=np.array(after, dtype=object)[order],
        organisation=str(assessment.organisation[row]),
        notes=notes,
        frame=assessment.frame,
    )


def place_of(assessment: Assessment, organisation: Any) -> int:
    """Return the row of an organisation; refuse to guess which where there are several."""
    names: list[Any] = assessment.organisation.tolist()
    if organisation is None and len(names) == 1:
        return 0
    if np.ndim(organisation) or organisation not in names:
        shown = ", ".join(map(repr, names[:10]))
        rule = f"must name one of the organisations {shown}"
        raise InvalidDataError(message("organisation", rule, value=organisation))
    return names.index(organisation)


def _ordered(
    gap: Array, before: list[list[int]], priority: Array, first: npt.NDArray[np.bool_]
) -> list[int]:
    """Return the items with a gap in an order that respects what they depend on."""
    waits = {i: set(before[i]) for i in np.flatnonzero(gap > 0).tolist()}
    urgent = {i for i in waits if first[i]}
    queue = list(urgent)
    while queue:  # what an urgent item waits for is urgent too
        for other in waits[queue.pop()]:
            if other not in urgent:
                urgent.add(other)
                queue.append(other)
    ready = [(i not in urgent, -priority[i], i) for i, needs in waits.items() if not needs]
    heapq.heapify(ready)
    order: list[int] = []
    while ready:
        i = heapq.heappop(ready)[2]
        order.append(i)
        for other, needs in waits.items():
            if i in needs:
                needs.remove(i)
                if not needs:
                    heapq.heappush(ready, (other not in urgent, -priority[other], other))
    return order
