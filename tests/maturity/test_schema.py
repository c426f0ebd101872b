"""Declarations with one fault are refused by its place; unusual ones work; files and rule sets."""

from __future__ import annotations

import copy
import datetime as dt
import re
import types

import numpy as np
import pytest

from custvalue import maturity
from custvalue.errors import InvalidDataError

from .models import OWN, at, declared, deep, plain


def circle():
    value: dict[str, object] = {}
    value["en"] = value
    return value


def changed(*changes):
    content = copy.deepcopy(OWN)
    for path, value in changes:
        at(content, path[:-1])[path[-1]] = value
    return content


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([(("items", 1, "id"), "p")], "items[1]: must have an id of its own; items[0] has"),
        ([(("items", 1, "component"), "z")], "items[1].component: must be one of 'x', 'y.a'"),
        ([(("items", 1, "component"), "y")], "items[1].component: must be one of"),
        ([(("items", 1, "depends_on"), ["z"])], "items[1].depends_on[0]: must be the id"),
        ([(("items", 0, "depends_on"), ["q"])], "items: must not depend on each other... -> "),
        ([(("items", 0, "depends_on"), ["p"])], "items: must not depend on each other in a circle"),
        ([(("items", 1, "depends_on"), ["p", "p"])], "items[1].depends_on[1]: must have an"),
        ([(("components", 1, "parent"), "y.a")], "components: must not depend...circle by parent"),
        ([(("components", 2, "parent"), "z")], "components[2].parent: must be the id of a comp"),
        ([(("components", 0, "weight"), 0), (("components", 1, "weight"), 0)],
         "components: must leave a component at the top with a weight above 0"),
        ([(("components", 2, "weight"), 0)], "components: must leave a component below y"),
        ([(("profiles", 0, "weights"), {"x": 0, "y": 0})], "profiles[0].weights: must leave a"),
        ([(("profiles", 0, "weights"), {"x": 1e6})], "profiles[0].weights: must weigh x by 1e+06"),
        ([(("profiles", 0, "weights"), {"z": 2})], "profiles[0].weights: has a key that is not"),
        ([(("items", 2, "weight"), 0)], "items: must give the component an item with a weight"),
        ([(("items", 0, "weight"), True)], "items[0].weight: must be a number"),
        ([(("items", 0, "weight"), -1)], "items[0].weight: must be at least 0"),
        ([(("items", 0, "weight"), np.nan)], "items[0].weight: must be finite"),
        ([(("items", 0, "weight"), 10**400)], "items[0].weight: must be finite"),
        ([(("items", 0, "level"), 3)], "items[0].level: must be at most 2"),
        ([(("items", 0, "level"), 1.5)], "items[0].level: must be a whole number"),
        ([(("items", 0, "target"), 1.1)], "items[0].target: must be at most 1"),
        ([(("items", 0, "evidence"), ["gossip"])], "items[0].evidence[0]: must be one of"),
        ([(("items", 0, "effort"), {"time": 0, "knowledge": 0, "resources": 0})],
         "items[0].effort: must be above 0"),
        ([(("items", 0, "wieght"), 1)], "items[0]: has a key that is not known...'weight'"),
        ([(("items", 0, "name"), dt.time(12, 30))], "items[0].name: must be a table, a list"),
        ([(("items", 0, "name"), "\ud800")], "items[0].name: must be text that UTF-8"),
        ([(("items", 0, "name"), {"english": "x"})], "items[0].name: must be text, or texts by"),
        ([(("items", 0, "name"), {})], "items[0].name: must be text, or texts by language"),
        ([(("items", 0, "name"), deep(50))], "items[0].name...: must not be nested more than 20"),
        ([(("items", 0, "name"), circle())], "items[0].name.en...: must not be nested more than"),
        ([(("scale", "bands", 1, "points"), 0.4)], "scale.bands[1]: must have points above the"),
        ([(("scale", "bands", 1, "points"), 0.9)], "scale.bands[1]: must have points inside"),
        ([(("scale", "bands", 2, "upto"), 0.9)], "scale.bands[2]: must"),
        ([(("scale", "bands", 1, "code"), "NO ")], "scale.bands[1]: must have a code of its own"),
        ([(("scale", "bands"), OWN["scale"]["bands"][:1])], "scale.bands: must be two or more"),
        ([(("levels", 1, "n"), 2)], "levels[1]: must be level 1"),
        ([(("levels", 1, "name"), "Level 0")], "levels[1]: must have a name of its own"),
        ([(("rules", "level_accepts"), ["no", "yes"])], "rules.level_accepts: must hold a band"),
        ([(("rules", "level_below_accepts"), ["no", "part", "yes"])],
         "rules.level_below_accepts: must not accept more"),
        ([(("rules", "evidence_caps"), {"none": "maybe"})], "rules.evidence_caps.none: must be"),
        ([(("rule_set",), "c2m2")], "declaration: must have rule_set, or scale and levels"),
        ([(("steps", 0, "n"), 2)], "steps[0]: must be step 1"),
        ([(("objectives", 0, "items"), ["p", "z"])], "objectives[0].items[1]: must be one of"),
        ([(("objectives", 0, "items"), [])], "objectives[0].items: must name an item"),
        ([(("model", "version"), "1.0")], "model.version: must be a version of three numbers"),
        ([(("model", "id"), "Own Model")], "model.id: must be a name of a-z"),
        ([(("model", "profile"), "shop")], "model.profile: must be one of 'bank'"),
        ([(("model", "id"), "x" * 81)], "model.id: must have 80 characters at most"),
        ([(("scale", "bands", 0, "code"), "n" * 81)], "scale.bands[0].code: must have 80 char"),
        ([(("rules", "missing"), "exclud")], "rules.missing: must be...Did you mean 'exclude'?"),
        ([(("spec",), "custvalue.maturity/2")], "spec: must be one of 'custvalue.maturity/1'"),
        ([(("spek",), "custvalue.maturity/1")], "declaration: has a key...'spec'"),
    ],
)  # fmt: skip
def test_faults_are_named_by_their_place(changes, message):
    pattern = ".*".join(map(re.escape, message.split("...")))
    with pytest.raises(InvalidDataError, match=f"^{pattern}"):
        maturity.load(changed(*changes))


def test_mappings_of_every_kind_are_declarations():
    frozen = types.MappingProxyType({k: tuple(v) if isinstance(v, list) else v
                                     for k, v in OWN.items()})  # fmt: skip
    assert maturity.load(frozen) == maturity.load(OWN)


def test_a_component_below_thousands_of_others():
    parts = [{"id": "c0"}, *({"id": f"c{n}", "parent": f"c{n - 1}"} for n in range(1, 3000))]
    content = declared(parts, [{"id": "a", "component": "c2999"}], rule_set="capability")
    found = maturity.assess(content, [[3]])
    assert found.value.tolist() == [3]
    assert found.component_levels.tolist() == [[3] * 3000]


def test_a_profile_is_checked_before_it_is_chosen_and_not_after():
    content = changed((("profiles", 0, "weights"), {"x": 5e5}))
    assert maturity.load(content, profile="bank").components[0].weight == 1e6


def test_weights_of_every_size_make_scores():
    items = {"a": {"weight": 1e6}, "b": {"weight": 1e-12}, "c": {"weight": 5e-324}}
    found = maturity.assess(plain(items), [[None, 3, None], [None, None, 2], [1, 5, 5]])
    np.testing.assert_allclose(found.value, [3, 2, 1], rtol=1e-12)


# ---- files


@pytest.mark.parametrize(
    "content",
    [b"", b"spec = ", b"[model\n", b"\xff\xfe\x00", b"a = 1\na = 2\n", b"x" * 10_000,
     b"a = " + b"[" * 5000, b"a = 1" + b"0" * 5000, b"\x00", "spec = '\u2028".encode(),
     b"spec = 'custvalue.maturity/1'\nitems = 2024-01-31\n", b"[[items]]\n[items]\n"],
)  # fmt: skip
def test_files_that_are_no_declaration(tmp_path, content):
    file = tmp_path / "model.toml"
    file.write_bytes(content)
    for source in (file, str(file)):
        with pytest.raises(InvalidDataError):
            maturity.load(source)


def test_files_that_are_not_there(tmp_path):
    for source in (
        tmp_path,
        tmp_path / "none.toml",
        str(tmp_path),
        "none.toml",
        "\x00",
        "x" * 9000,
    ):
        with pytest.raises(InvalidDataError, match="path of a TOML file"):
            maturity.load(source)
    for source in (None, 3, b"value-crm", [], {}, object(), np.nan):
        with pytest.raises(InvalidDataError):
            maturity.load(source)


def test_rule_sets_by_file_are_checked_like_models(tmp_path):
    file = tmp_path / "rules.toml"
    text = """
    spec = "custvalue.rules/1"
    [rule_set]
    id = "mine"
    version = "1.0.0"
    title = "Mine"
    origin = "mine"
    [scale]
    kind = "ordinal"
    bands = [{ code = "low", points = 1 }, { code = "high", points = HIGH }]
    [rules]
    missing = "zero"
    """
    file.write_text(text.replace("HIGH", "3"), "utf-8")
    model = plain({"a": {}, "b": {}}, str(file))
    assert maturity.assess(model, [["high", None]]).value.tolist() == [2]
    for high in ("nan", "inf", "1", "-1", "true", "'3'", "2024-01-31", "1e9", "[[[[]]]]"):
        file.write_text(text.replace("HIGH", high), "utf-8")
        with pytest.raises(InvalidDataError, match=r"rule set rules\.scale\.bands\[1\]"):
            plain({"a": {}}, str(file))
    for bad in ("none", str(tmp_path), "", 3, None):
        with pytest.raises(InvalidDataError, match="rule_set"):
            plain({"a": {}}, bad)
