"""Evaluation systems: what comes with custvalue, weights, profiles, and files that are wrong."""

from __future__ import annotations

import copy
import json
import operator
import tomllib
from functools import reduce
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import custvalue
from custvalue import scorecard as sc
from custvalue.errors import InvalidDataError
from custvalue.scorecard.system import BUILT_IN


def content(name):
    return tomllib.loads(
        (resources.files("custvalue.scorecard") / f"{name}.toml").read_text("utf-8")
    )


@pytest.mark.parametrize("name", BUILT_IN)
def test_what_comes_with_custvalue_is_bilingual_and_points_somewhere(name):
    system = sc.load(name)
    assert system.id == name
    assert system.origin.startswith("seed:")
    assert system.rules.origin == "library"  # the sources give no rules
    named = [system, *system.dimensions, *system.indicators, *system.goals, *system.profiles]
    for one in named:
        texts = one.title if one is system else one.name
        assert set(texts) == {"en", "zh"}, one
        assert any("一" <= letter <= "鿿" for letter in texts["zh"])
    for one in system.indicators:
        if one.metric:
            assert callable(reduce(getattr, one.metric.split("."), custvalue)), one.metric
        assert one.unit
    for policy in [p for one in system.indicators for p in one.thresholds]:
        assert policy.origin == "library"
    for profile in system.profiles:
        assert profile.origin == "library"
        assert sc.load(name, profile=profile.id).hash != system.hash
    assert sum(system.weights.values()) == pytest.approx(1.0, rel=1e-14)


def test_the_twenty_aspects_are_the_indicators():
    aspects = content("aspects")["aspect"]
    assert set(sc.load("crm-aspects").indicator_ids) == {row["id"] for row in aspects}
    small = sc.load("crm-aspects", profile="small-business")
    used = {name for name, weight in small.weights.items() if weight > 0}
    assert used == set(small.indicators_for("core"))


def test_a_system_travels_as_json_and_keeps_its_hash():
    system = sc.load("enterprise-evaluation")
    back = sc.EvaluationSystem.from_dict(json.loads(json.dumps(system.to_dict())))
    assert back == system
    assert back.hash == system.hash
    changed = copy.deepcopy(dict(system.declaration))
    changed["indicators"][0]["unit"] = "minutes"
    assert sc.load(changed).hash != system.hash


def test_nobody_changes_a_system_from_outside():
    given_content = content("value-crm-monitor")
    system = sc.load(given_content)
    before = system.hash
    given_content["indicators"].clear()
    assert len(system.indicators) == 3
    assert sc.load(system.declaration).hash == before


def test_weights_are_products_down_the_tree():
    system = sc.load("relationship-scale").with_weights(
        {"recommendation": 4}, dimensions={"loyalty": 3}
    )
    weights = system.weights
    assert weights["csat"] == pytest.approx(1 / 7)
    assert weights["recommendation"] == pytest.approx(3 / 7 * 4 / 5)
    assert weights["repeat-purchase"] == pytest.approx(3 / 7 / 5)


def test_thresholds_are_replaced():
    system = sc.load("relationship-scale").with_thresholds(
        {"csat": [sc.Threshold(0.9), sc.ThresholdPolicy("rolling", 0, since="2026-01-01")]}
    )
    csat = system.indicator("csat")
    assert csat.policy("2025-12-31").kind == "static"
    assert csat.policy("2026-01-01").kind == "rolling"
    assert csat.policy().kind == "rolling"
    later = sc.Indicator("a", "A", thresholds=sc.ThresholdPolicy(target=1, since="2026-01-01"))
    assert later.policy("2025-12-31") is None


def test_indicators_in_code_are_those_of_the_file():
    system = sc.load("value-crm-monitor")
    again = sc.EvaluationSystem.of(*system.indicators, id=system.id)
    assert again.indicators == system.indicators


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.pop("system"), "must have 'system'"),
        (lambda d: d.update(spec="other"), "spec: must be one of"),
        (lambda d: d.update(sytem={}), "Did you mean 'system'"),
        (lambda d: d["system"].update(version="1"), "version of three numbers"),
        (lambda d: d["dimensions"].append(d["dimensions"][0]), "an id of its own"),
        (lambda d: d["dimensions"][0].update(weight=-1), r"dimensions\[0\].weight: must be at"),
        (lambda d: d["indicators"][2].update(dimension="nowhere"), r"indicators\[2\].dimension"),
        (lambda d: d["indicators"][2].update(low=2.0, high=1.0), "low below high"),
        (lambda d: d["indicators"][0].update(scoring="range", low=None), "must be a number"),
        (lambda d: d["indicators"].pop(0), r"indicators: must give the dimension"),
        (
            lambda d: d["indicators"][0].update(thresholds=[{"target": 90, "floor": 0.5}]),
            r"thresholds\[0\].target: must be on the scale of the indicator, from 0 to 1",
        ),
        (lambda d: d["indicators"][0].update(thresholds=[{}]), r"thresholds\[0\]: must have a"),
        (
            lambda d: d["indicators"][0].update(thresholds=[{"target": 1}, {"target": 0.5}]),
            "a day since which",
        ),
        (lambda d: d["profiles"][0]["dimensions"].update(nobody=1), "not known"),
        (lambda d: d["indicators"][0].update(name={"english": "x"}), "texts by language"),
        (lambda d: d.update(rules={"aggregation": "median"}), "rules.aggregation"),
        (lambda d: d.update(goals=[{"id": "g", "name": "G", "indicators": []}]), "at least"),
        (lambda d: d["system"].update(profile="space"), "system.profile"),
    ],
)
def test_files_that_are_wrong(change, said):
    declared = content("value-crm-monitor")
    change(declared)
    with pytest.raises(InvalidDataError, match=said):
        sc.load(declared)


def test_without_an_end_of_the_scale_the_target_scores():
    declared = content("value-crm-monitor")
    del declared["indicators"][0]["high"]
    assert sc.load(declared).indicators[0].scoring == "target"


@pytest.mark.parametrize("source", ["crm-aspect", "/no/such/file.toml", 5, None, "[system", ""])
def test_sources_that_are_none(source):
    with pytest.raises(InvalidDataError, match="system"):
        sc.load(source)


def test_profiles_and_names():
    system = sc.load("value-crm-monitor")
    with pytest.raises(InvalidDataError, match="chosen once"):
        system.with_profile("retail").with_profile("finance")
    for bad in (lambda: system.with_profile("space"), lambda: system.with_weights({"x": 1}),
                lambda: system.with_thresholds({"x": sc.Threshold(1)}),
                lambda: system.indicator("x"), lambda: system.indicators_for("x"),
                lambda: sc.EvaluationSystem.of(weights={"x": 1}),
                lambda: sc.EvaluationSystem.of("csat"),
                lambda: sc.EvaluationSystem.of(),
                lambda: sc.Indicator("A b", "A"),
                lambda: sc.Indicator("a", "A", thresholds=0.9),
                lambda: sc.Indicator("a", "")):  # fmt: skip
        with pytest.raises(InvalidDataError):
            bad()


def places(node, path=()):
    """Return the paths of all values of a declaration."""
    found = [path] if path else []
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(
        node, list) else ()  # fmt: skip
    for key, child in children:
        found += places(child, (*path, key))
    return found


NONSENSE = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.floats(), st.text(max_size=3), st.just([]),
    st.just({}), st.just([[]]), st.just({"en": ""}), st.just(1e308), st.just({"a": {"b": []}}),
)  # fmt: skip
REMOVE = object()


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_no_malformed_system_is_accepted_or_crashes(data):
    declared = content(data.draw(st.sampled_from(BUILT_IN)))
    for _ in range(data.draw(st.integers(1, 2))):
        known = places(declared)
        path = data.draw(st.sampled_from(known))
        *way, last = path
        owner = reduce(operator.getitem, way, declared)
        value = data.draw(st.one_of(st.just(REMOVE), NONSENSE))
        if value is REMOVE:
            del owner[last]
        else:
            owner[last] = copy.deepcopy(value)
    try:
        system = sc.load(declared)
    except InvalidDataError:
        return
    assert sc.EvaluationSystem.from_dict(json.loads(json.dumps(system.to_dict()))) == system
    assert sum(system.weights.values()) == pytest.approx(1.0)
    found = sc.evaluate(system, {system.indicator_ids[0]: float("nan")})
    assert found.coverage == 0.0
    found.to_frame()
