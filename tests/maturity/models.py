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
