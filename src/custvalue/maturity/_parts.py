"""What a maturity model consists of: components, items, steps, objectives and profiles."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._declared import Node, refuse_repeats, spoken
from custvalue.maturity._rules import EVIDENCE, RuleSet

_MOST = 1e6  # weight, effort and impact
EFFORTS = ("knowledge", "time", "resources")
Names = Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Component:
    """A part of a model; `parent` names the component that it belongs to, "" at the top."""

    id: str
    name: Names
    weight: float
    parent: str


@dataclasses.dataclass(frozen=True)
class Item:
    """A practice that is rated.

    Attributes
    ----------
    id, component : str
        Its name, and that of its component.
    name, question : mapping of str to str
        By language; the question may be empty.
    level : int or None
        The level that it stands on, where the rules place items.
    weight, impact : float
        In its component; of an improvement.
    effort : mapping of str to float
        Knowledge, time and resources that an improvement needs.
    target : float or None
        Rating aimed at.
    evidence, metrics, depends_on : tuple of str
        Classes of evidence that show it; functions of custvalue that measure it; items before it.
    origin : str
        Where it comes from.
    """

    id: str
    component: str
    name: Names
    question: Names
    level: int | None
    weight: float
    impact: float
    effort: Mapping[str, float]
    target: float | None
    evidence: tuple[str, ...]
    metrics: tuple[str, ...]
    depends_on: tuple[str, ...]
    origin: str


@dataclasses.dataclass(frozen=True)
class Step:
    """A step of an assessment, in order, with what it puts out."""

    n: int
    id: str
    name: Names
    outputs: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Profile:
    """Weights of components in a sector."""

    id: str
    name: Names
    weights: Mapping[str, float]
    origin: str


@dataclasses.dataclass(frozen=True)
class Objective:
    """An aim of an assessment, and the items that it calls for."""

    id: str
    name: Names
    items: tuple[str, ...]


def components_of(node: Node) -> tuple[Component, ...]:
    """Return the components of a declaration, each after its parent."""
    rows = node.rows()
    found: list[Component] = []
    for row in rows:
        keys = row.table(["id", "name"], ["weight", "parent", "origin"])
        _origin(keys)
        weight = keys["weight"].number(0.0, _MOST) if "weight" in keys else 1.0
        parent = keys["parent"].text() if "parent" in keys else ""
        found.append(Component(keys["id"].identifier(), keys["name"].names(), weight, parent))
    refuse_repeats(rows, [part.id for part in found], "an id")
    known = {part.id for part in found}
    for part, row in zip(found, rows, strict=True):
        if part.parent and part.parent not in known:
            Node(part.parent, f"{row.where}.parent").refuse("must be the id of a component")
    _refuse_cycles({part.id: {part.parent} - {""} for part in found}, node, "parent")
    _refuse_weightless(found, {}, node)
    if not found:
        node.refuse("must have a component at least")
    return tuple(found)


def _refuse_weightless(parts: Sequence[Component], factor: Mapping[str, float], node: Node) -> None:
    """Refuse components that no score can be made of, with the factors of a profile."""
    total: dict[str, float] = {}
    for part in parts:
        weight = part.weight * factor.get(part.id, 1.0)
        if weight > _MOST:
            node.refuse(f"must weigh {part.id} by {_MOST:g} at most, with its own weight")
        total[part.parent] = total.get(part.parent, 0.0) + weight
    for parent, weight in total.items():
        if not weight > 0:
            where = f"below {parent}" if parent else "at the top"
            node.refuse(f"must leave a component {where} with a weight above 0")


def items_of(node: Node, components: Sequence[Component], rules: RuleSet) -> tuple[Item, ...]:
    """Return the items of a declaration; each belongs to a component without parts."""
    rows = node.rows()
    parents = {part.parent for part in components}
    leaves = [part.id for part in components if part.id not in parents]
    found = [_item(row, leaves, rules) for row in rows]
    refuse_repeats(rows, [item.id for item in found], "an id")
    known = {item.id for item in found}
    for item, row in zip(found, rows, strict=True):
        for place, other in enumerate(item.depends_on):
            if other not in known:
                where = f"{row.where}.depends_on[{place}]"
                Node(other, where).refuse("must be the id of an item")
    _refuse_cycles({item.id: set(item.depends_on) for item in found}, node, "depends_on")
    for leaf in leaves:
        weights = [item.weight for item in found if item.component == leaf]
        if not sum(weights) > 0:
            Node(leaf, "items").refuse("must give the component an item with a weight above 0")
    return tuple(found)


def _item(row: Node, leaves: Sequence[str], rules: RuleSet) -> Item:
    keys = row.table(
        ["id", "component", "name"],
        ["question", "level", "weight", "impact", "effort", "target", "evidence", "metrics",
         "depends_on", "origin"],
    )  # fmt: skip
    level = keys["level"].whole(1, rules.highest_level) if "level" in keys else None
    if (level is None) == (rules.rules.level == "placed"):
        row.refuse(
            "must stand on a level" if level is None else "must not have a level",
            "Items stand on levels where rules.level is 'placed', and nowhere else.",
        )
    scale = rules.scale
    effort = dict.fromkeys(EFFORTS, 1.0)
    if "effort" in keys:
        given = keys["effort"].table([], EFFORTS)
        effort |= {name: value.number(0.0, _MOST) for name, value in given.items()}
        if not sum(effort.values()) > 0:
            keys["effort"].refuse("must be above 0 in all")
    evidence = keys["evidence"].rows() if "evidence" in keys else []
    target = keys["target"].number(scale.lowest, scale.highest) if "target" in keys else None
    return Item(
        id=keys["id"].identifier(),
        component=keys["component"].choice(leaves),
        name=keys["name"].names(),
        question=keys["question"].names() if "question" in keys else {},
        level=level,
        weight=keys["weight"].number(0.0, _MOST) if "weight" in keys else 1.0,
        impact=keys["impact"].number(0.0, _MOST) if "impact" in keys else 1.0,
        effort=effort,
        target=target,
        evidence=_different(keys["evidence"], [kind.choice(EVIDENCE) for kind in evidence])
        if evidence
        else (),
        metrics=_different(keys["metrics"], keys["metrics"].texts()) if "metrics" in keys else (),
        depends_on=_different(keys["depends_on"], keys["depends_on"].texts())
        if "depends_on" in keys
        else (),
        origin=_origin(keys),
    )


def _origin(keys: Mapping[str, Node]) -> str:
    return keys["origin"].text() if "origin" in keys else ""


def _different(node: Node, values: Sequence[str]) -> tuple[str, ...]:
    """Return values, each of which a list holds once."""
    refuse_repeats(node.rows(), values, "an entry")
    return tuple(values)


def steps_of(node: Node) -> tuple[Step, ...]:
    """Return the steps of an assessment, numbered 1, 2, 3 and so on."""
    rows = node.rows()
    found = []
    for place, row in enumerate(rows, start=1):
        keys = row.table(["n", "id", "name"], ["outputs"])
        if keys["n"].whole(1, 1000) != place:
            row.refuse(f"must be step {place}: steps are numbered 1, 2, 3 and so on")
        outputs = keys["outputs"].texts() if "outputs" in keys else ()
        found.append(Step(place, keys["id"].identifier(), keys["name"].names(), outputs))
    refuse_repeats(rows, [step.id for step in found], "an id")
    return tuple(found)


def profiles_of(node: Node, components: Sequence[Component], chosen: bool) -> tuple[Profile, ...]:
    """Return the profiles, which weigh components by id; with one `chosen` no other follows."""
    rows, known = node.rows(), [part.id for part in components]
    found = []
    for row in rows:
        keys = row.table(["id", "name", "weights"], ["origin"])
        weights = {
            name: value.number(0.0, _MOST)
            for name, value in keys["weights"].table([], known).items()
        }
        if not weights:
            keys["weights"].refuse("must weigh a component at least")
        if not chosen:
            _refuse_weightless(components, weights, keys["weights"])
        name = keys["name"].names()
        found.append(Profile(keys["id"].identifier(), name, weights, _origin(keys)))
    refuse_repeats(rows, [profile.id for profile in found], "an id")
    return tuple(found)


def objectives_of(node: Node, items: Sequence[Item]) -> tuple[Objective, ...]:
    """Return the objectives, which name items by id."""
    rows, known = node.rows(), [item.id for item in items]
    found = []
    for row in rows:
        keys = row.table(["id", "name", "items"], ["origin"])
        wanted = _different(keys["items"], [one.choice(known) for one in keys["items"].rows()])
        if not wanted:
            keys["items"].refuse("must name an item at least")
        _origin(keys)
        found.append(Objective(keys["id"].identifier(), keys["name"].names(), wanted))
    refuse_repeats(rows, [objective.id for objective in found], "an id")
    return tuple(found)


def names_of(parts: Sequence[Component | Item], language: str) -> npt.NDArray[Any]:
    """Return the names of components or items in a language."""
    return np.array([spoken(part.name, language) for part in parts], dtype=object)


def _refuse_cycles(before: Mapping[str, set[str]], node: Node, key: str) -> None:
    try:
        tuple(TopologicalSorter(before).static_order())
    except CycleError as error:
        rule = f"must not depend on each other in a circle by {key}"
        Node(" -> ".join(error.args[1]), node.where).refuse(rule)
