"""What an evaluation system consists of: dimensions, goals, profiles of sectors and rules."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from custvalue._aggregate import AGGREGATES
from custvalue._declared import Node, refuse_repeats
from custvalue.scorecard.indicator import Indicator, checked_indicator

HOW = tuple(how for how in AGGREGATES if how != "sum")
MISSING = ("reweight", "lowest", "none")
STALE = ("flag", "leave_out")
_MOST = 1e6


@dataclasses.dataclass(frozen=True)
class Dimension:
    """A part of an evaluation, with its weight in the whole."""

    id: str
    name: Mapping[str, str]
    weight: float
    origin: str


@dataclasses.dataclass(frozen=True)
class Goal:
    """What an evaluation is for, and the indicators that show it."""

    id: str
    name: Mapping[str, str]
    indicators: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class SectorProfile:
    """What a sector looks at: weights of dimensions and indicators; 0 leaves one out."""

    id: str
    name: Mapping[str, str]
    dimensions: Mapping[str, float]
    indicators: Mapping[str, float]
    origin: str


@dataclasses.dataclass(frozen=True)
class ScoringRules:
    """How scores are put together.

    Attributes
    ----------
    aggregation, overall : str
        Of indicators into dimensions and of dimensions into the whole: "weighted_mean",
        "geometric", "harmonic" or "min", from fully compensatory to not at all.
    missing : str
        Indicators without a score: "reweight" leaves them out, "lowest" counts 0, "none" gives no
        score.
    minimum_coverage : float
        Share of the weight that must have a score, in a dimension, among dimensions and in the
        whole; else there is no score of it.
    stale : str
        Values that are too old: "flag" counts and marks them, "leave_out" treats them as missing.
    origin : str
        Whose the rules are.
    """

    aggregation: str = "weighted_mean"
    overall: str = "weighted_mean"
    missing: str = "reweight"
    minimum_coverage: float = 0.5
    stale: str = "flag"
    origin: str = "library"


def dimensions_of(node: Node) -> tuple[Dimension, ...]:
    """Return the dimensions of a declaration."""
    rows = node.rows()
    found = []
    for row in rows:
        keys = row.table(["id", "name"], ["weight", "origin"])
        weight = keys["weight"].number(0.0, _MOST) if "weight" in keys else 1.0
        origin = keys["origin"].text() if "origin" in keys else ""
        found.append(Dimension(keys["id"].identifier(), keys["name"].names(), weight, origin))
    refuse_repeats(rows, [part.id for part in found], "an id")
    if not sum(part.weight for part in found) > 0:
        node.refuse("must have a dimension with a weight above 0")
    return tuple(found)


def indicators_of(node: Node, dimensions: Sequence[Dimension]) -> tuple[Indicator, ...]:
    """Return the indicators, each of a dimension of a declaration."""
    rows, parts = node.rows(), [part.id for part in dimensions]
    found = [Indicator(**checked_indicator(row, parts)) for row in rows]
    refuse_repeats(rows, [one.id for one in found], "an id")
    for part in dimensions:
        mine = [one.weight for one in found if one.dimension == part.id]
        if not mine or (part.weight > 0 and not sum(mine) > 0):
            Node(part.id, "indicators").refuse(
                "must give the dimension an indicator with a weight above 0"
            )
    return tuple(found)


def rules_of(node: Node) -> ScoringRules:
    """Return the rules of a declaration."""
    keys = node.table([], [f.name for f in dataclasses.fields(ScoringRules)])
    found: dict[str, Any] = {}
    for name, allowed in (("aggregation", HOW), ("overall", HOW), ("missing", MISSING),
                          ("stale", STALE)):  # fmt: skip
        if name in keys:
            found[name] = keys[name].choice(allowed)
    if "minimum_coverage" in keys:
        found["minimum_coverage"] = keys["minimum_coverage"].number(0.0, 1.0)
    if "origin" in keys:
        found["origin"] = keys["origin"].text()
    return ScoringRules(**found)


def goals_of(node: Node, indicators: Sequence[Indicator]) -> tuple[Goal, ...]:
    """Return the goals, which name indicators by id of a declaration."""
    rows, known = node.rows(), [one.id for one in indicators]
    found = []
    for row in rows:
        keys = row.table(["id", "name", "indicators"], ["origin"])
        nodes = keys["indicators"].rows()
        wanted = tuple(one.choice(known) for one in nodes)
        refuse_repeats(nodes, wanted, "an entry")
        if not wanted:
            keys["indicators"].refuse("must name an indicator at least")
        found.append(Goal(keys["id"].identifier(), keys["name"].names(), wanted))
    refuse_repeats(rows, [goal.id for goal in found], "an id")
    return tuple(found)


def profiles_of(
    node: Node, dimensions: Sequence[Dimension], indicators: Sequence[Indicator]
) -> tuple[SectorProfile, ...]:
    """Return the profiles, which weigh dimensions and indicators by id of a declaration."""
    rows, found = node.rows(), []
    for row in rows:
        keys = row.table(["id", "name"], ["dimensions", "indicators", "origin"])
        weights: dict[str, dict[str, float]] = {"dimensions": {}, "indicators": {}}
        for kind, known in (("dimensions", dimensions), ("indicators", indicators)):
            if kind in keys:
                given = keys[kind].table([], [one.id for one in known])
                weights[kind] = {name: n.number(0.0, _MOST) for name, n in given.items()}
        if not any(weights.values()):
            row.refuse("must weigh a dimension or an indicator at least")
        origin = keys["origin"].text() if "origin" in keys else ""
        name = keys["name"].names()
        found.append(SectorProfile(keys["id"].identifier(), name, **weights, origin=origin))
    refuse_repeats(rows, [one.id for one in found], "an id")
    return tuple(found)
