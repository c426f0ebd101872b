"""Models that the tests of maturity share: plain ones, trees, and those of published examples."""

from __future__ import annotations

from typing import Any

from custvalue import maturity

BUILT_IN = ("customer-management", "customer-system", "value-crm")
RULE_SETS = ("c2m2", "capability", "iso33020", "samm", "staged")


def declared(
    components: list[dict[str, Any]], items: list[dict[str, Any]], **more: Any
) -> dict[str, Any]:
    """Return a declaration; names are the ids where none are given."""
    return {
        "spec": "custvalue.maturity/1",
        "model": {"id": "tested", "version": "1.0.0", "title": "Tested", "origin": "test"},
        "components": [{"name": one["id"], **one} for one in components],
        "items": [{"name": one["id"], **one} for one in items],
        **more,
    }


def plain(
    items: dict[str, dict[str, Any]], rule_set: str = "capability", **rules: Any
) -> maturity.MaturityModel:
    """Return a model of one component, of items given as id -> further keys."""
    rows = [{"id": name, "component": "all", **more} for name, more in items.items()]
    return maturity.load(declared([{"id": "all"}], rows, rule_set=rule_set, rules=rules))


def streams() -> maturity.MaturityModel:
    """Return SAMM's Secure Build: one practice of two streams of three activities."""
    parts = [{"id": "practice"}, *({"id": f"practice.{s}", "parent": "practice"} for s in "ab")]
    items = [{"id": f"{s}{n}", "component": f"practice.{s}"} for s in "ab" for n in (1, 2, 3)]
    return maturity.load(declared(parts, items, rule_set="samm"))


def tree(rule_set: str = "capability", **rules: Any) -> maturity.MaturityModel:
    """Return a model of two components, one of which has two parts; seven items of all weights."""
    parts = [{"id": "one", "weight": 2}, {"id": "two"}, {"id": "two.a", "parent": "two"},
             {"id": "two.b", "parent": "two", "weight": 3}]  # fmt: skip
    owners = ["one", "one", "two.a", "two.a", "two.b", "two.b", "two.b"]
    weights = [1, 2, 1, 0, 0.5, 1, 4]
    placed = {"level": 1} if rule_set in ("c2m2", "iso33020", "staged") else {}
    items = [
        {"id": f"i{n}", "component": owner, "weight": weight, **placed}
        for n, (owner, weight) in enumerate(zip(owners, weights, strict=True))
    ]
    if placed:
        for n, item in enumerate(items):
            item["level"] = 1 + n % 3
    return maturity.load(declared(parts, items, rule_set=rule_set, rules=rules))


OWN = declared(
    [{"id": "x", "weight": 2}, {"id": "y"}, {"id": "y.a", "parent": "y", "name": {"zh": "甲"}}],
    [
        {"id": "p", "component": "x", "level": 1, "weight": 0.5, "target": 0.9, "impact": 2,
         "evidence": ["record"], "metrics": ["clv.holdout"], "question": {"en": "?", "zh": "？"}},
        {"id": "q", "component": "x", "level": 2, "depends_on": ["p"], "effort": {"time": 3}},
        {"id": "r", "component": "y.a", "level": 1, "origin": "test"},
    ],
    scale={
        "kind": "achievement",
        "bands": [
            {"code": "no", "upto": 0.5, "points": 0.2},
            {"code": "part", "upto": 0.8, "points": 0.7, "name": {"en": "In part"}},
            {"code": "yes", "upto": 1, "points": 1},
        ],
    },
    levels=[{"n": n, "name": f"Level {n}"} for n in range(3)],
    rules={
        "item_to_component": "geometric", "component_to_overall": "harmonic", "level": "placed",
        "level_accepts": ["part", "yes"], "level_below_accepts": ["yes"], "overall_level": "gate",
        "missing": "zero", "evidence_caps": {"none": "part"}, "origin": "test",
    },
    steps=[{"n": 1, "id": "begin", "name": "Begin", "outputs": ["scope"]}],
    profiles=[{"id": "bank", "name": "Bank", "weights": {"x": 2, "y.a": 0.5}, "origin": "test"}],
    objectives=[{"id": "more", "name": "More", "items": ["p", "r"]}],
)  # fmt: skip


def at(content: Any, path: tuple[Any, ...]) -> Any:
    """Return the value at a path of keys and places."""
    for key in path:
        content = content[key]
    return content


def deep(levels: int) -> Any:
    """Return lists in each other."""
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value
