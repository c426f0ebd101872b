"""The rules of a maturity model: how ratings become scores and levels."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from custvalue._declared import Node, copied, declaration, refuse_repeats
from custvalue._sealed import sealed_table
from custvalue.maturity._scale import Scale, scale_of

RULE_SETS = ("c2m2", "capability", "iso33020", "samm", "staged")
SPEC = "custvalue.rules/1"
AGGREGATES = ("weighted_mean", "geometric", "harmonic", "min", "sum")
LEVEL_RULES = ("placed", "rated", "none")
OVERALL_LEVELS = ("min", "gate", "none")
NOT_APPLICABLE = ("exclude_reweight", "target_zero", "zero")
MISSING = ("exclude", "zero", "error")
RESOLUTIONS = ("mean", "median", "min", "consensus", "third_party_first")
EVIDENCE = ("none", "statement", "document", "record", "metric")
_DEFAULTS: Mapping[str, Any] = {
    "item_to_component": "weighted_mean",
    "component_to_overall": "weighted_mean",
    "level": "none",
    "overall_level": "none",
    "not_applicable": "exclude_reweight",
    "missing": "exclude",
    "assessors": "third_party_first",
}
_KEYS = (*_DEFAULTS, "level_accepts", "level_below_accepts", "evidence_caps", "origin")


@dataclasses.dataclass(frozen=True)
class Level:
    """A level of maturity: its number, from 0, and its name by language."""

    n: int
    name: Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Rules:
    """How ratings become scores and levels.

    Attributes
    ----------
    item_to_component, component_to_overall : str
        "weighted_mean" compensates fully, "geometric" and "harmonic" in part (zero stays zero),
        "min" not at all; "sum" adds.
    level : {"placed", "rated", "none"}
        "placed": each item stands on a level, and a level is reached when its items are in a band
        of `level_accepts` and all items below in one of `level_below_accepts`. "rated": the bands
        of the scale are the levels, and the weakest item decides. "none": scores only.
    level_accepts, level_below_accepts : int
        The lowest band that is accepted.
    overall_level : {"min", "gate", "none"}
        That of the weakest component; of all items together, as in staged models; or none.
    not_applicable : {"exclude_reweight", "target_zero", "zero"}
        Items that do not apply are left out; or score 0 with a target of 0; or score 0.
    missing : {"exclude", "zero", "error"}
        Items that nobody rated are left out of scores; count as the lowest rating; are refused. For
        levels they always count as the lowest. What is left out is left out of the highest score
        possible, too.
    assessors : str
        Which of several ratings of an item counts: their "mean", "median", "min"; their mean
        unless they are more than one band apart ("consensus"); or the mean of the most independent
        kind of assessor that rated it ("third_party_first").
    evidence_caps : mapping of str to int
        Highest band of a rating by its class of evidence.
    origin : str
        Who made the rules.
    """

    item_to_component: str
    component_to_overall: str
    level: str
    level_accepts: int
    level_below_accepts: int
    overall_level: str
    not_applicable: str
    missing: str
    assessors: str
    evidence_caps: Mapping[str, int]
    origin: str


@dataclasses.dataclass(frozen=True)
class RuleSet:
    """Scale, levels and rules, which several models may share."""

    id: str
    scale: Scale
    levels: tuple[Level, ...]
    rules: Rules

    @property
    def highest_level(self) -> int:
        """The number of the highest level; 0 without levels."""
        return len(self.levels) - 1 if self.levels else 0


def rule_set_of(keys: Mapping[str, Node], where: Node) -> RuleSet:
    """Return the rule set of a model: its own, or one by name with some rules changed."""
    base: dict[str, Node] = {}
    name = "own"
    if "rule_set" in keys:
        if "scale" in keys or "levels" in keys:
            where.refuse("must have rule_set, or scale and levels of its own, not both")
        name, data = declaration(
            keys["rule_set"].value, "rule_set", "custvalue.maturity", RULE_SETS, "mapping"
        )
        node = Node(copied(data, f"rule set {name}"), f"rule set {name}")
        base = node.table(["spec", "rule_set", "scale", "rules"], ["levels"])
        base["spec"].choice((SPEC,))
        about = base["rule_set"].table(["id", "version", "title", "origin"])
        about["id"].identifier(), about["version"].version()
        about["title"].names(), about["origin"].text()
    elif "scale" not in keys:
        where.refuse("must have a scale, or a rule_set", f"Rule sets: {', '.join(RULE_SETS)}")
    found = {**base, **{k: v for k, v in keys.items() if k in ("scale", "levels")}}
    scale = scale_of(found["scale"])
    levels = _levels(found["levels"]) if "levels" in found else ()
    tables = [n for n in (base.get("rules"), keys.get("rules")) if n is not None]
    rules = _rules(tables, scale, levels)
    if "levels" in keys and rules.level == "none":
        hint = "Set rules.level: 'rated' where items are rated on levels, 'placed' where items "
        hint += "stand on them; or leave out levels."
        keys["levels"].refuse("must have a rule by which they are reached", hint)
    return RuleSet(name, scale, levels, rules)


def _levels(node: Node) -> tuple[Level, ...]:
    rows = node.rows()
    found = []
    for place, row in enumerate(rows):
        keys = row.table(["n", "name"])
        if keys["n"].whole(0, 100) != place:
            row.refuse(f"must be level {place}: levels are numbered 0, 1, 2 and so on")
        found.append(Level(place, keys["name"].names()))
    refuse_repeats(rows, [tuple(sorted(level.name.items())) for level in found], "a name")
    if len(found) < 2:
        node.refuse("must be two levels or more")
    return tuple(found)


def _rules(tables: list[Node], scale: Scale, levels: tuple[Level, ...]) -> Rules:
    keys: dict[str, Node] = {}
    for table in tables:
        given = table.table([], _KEYS)
        keys = {key: node for key, node in keys.items() if key not in _replaced(given)} | given
    for key, value in _DEFAULTS.items():
        keys.setdefault(key, Node(value, f"rules.{key}"))
    level = keys["level"].choice(LEVEL_RULES)
    overall = keys["overall_level"].choice(OVERALL_LEVELS)
    if level != "none" and not levels:
        hint = "Give a model with a scale of its own [[levels]], or write level = 'none'."
        keys["level"].refuse("must have levels to reach", hint)
    if level == "none" and overall != "none":
        keys["overall_level"].refuse("must be 'none' where no level is given")
    if level == "rated" and len(levels) != len(scale.bands):
        keys["level"].refuse(f"must have as many levels as bands, {len(scale.bands)}")
    for key in ("level_accepts", "level_below_accepts"):
        if level != "placed" and key in keys:
            keys[key].refuse(f"must be left out, as rules.level is {level!r}, not 'placed'")
    accepts = _accepted(keys.get("level_accepts"), scale, len(scale.bands) - 1)
    below = _accepted(keys.get("level_below_accepts"), scale, accepts)
    if below < accepts:
        keys["level_below_accepts"].refuse("must not accept more than level_accepts")
    caps: dict[str, int] = {}
    if "evidence_caps" in keys:
        for evidence, node in keys["evidence_caps"].table([], EVIDENCE).items():
            caps[evidence] = scale.codes.index(node.choice(scale.codes))
        most = [caps.get(evidence, len(scale.bands)) for evidence in EVIDENCE]
        if sorted(most) != most:
            rule = f"must not fall, in the order {', '.join(EVIDENCE)}"
            keys["evidence_caps"].refuse(rule, "Cap ratings with worse evidence as low, or lower.")
    return Rules(
        item_to_component=keys["item_to_component"].choice(AGGREGATES),
        component_to_overall=keys["component_to_overall"].choice(AGGREGATES),
        level=level,
        level_accepts=accepts,
        level_below_accepts=below,
        overall_level=overall,
        not_applicable=keys["not_applicable"].choice(NOT_APPLICABLE),
        missing=keys["missing"].choice(MISSING),
        assessors=keys["assessors"].choice(RESOLUTIONS),
        evidence_caps=sealed_table(caps),
        origin=keys["origin"].text() if "origin" in keys else "",
    )


def _replaced(given: Mapping[str, Node]) -> tuple[str, ...]:
    """Return rules of a rule set that lose their meaning with another `level`."""
    level = given["level"].value if "level" in given else "placed"
    if level == "none":
        return ("overall_level", "level_accepts", "level_below_accepts")
    return () if level == "placed" else ("level_accepts", "level_below_accepts")


def _accepted(node: Node | None, scale: Scale, otherwise: int) -> int:
    """Return the lowest band accepted; with it every better one must be."""
    if node is None:
        return otherwise
    places = sorted(scale.codes.index(row.choice(scale.codes)) for row in node.rows())
    if not places or places != list(range(places[0], len(scale.bands))):
        node.refuse("must hold a band and all better ones", "Else a better rating could lose.")
    return places[0]
