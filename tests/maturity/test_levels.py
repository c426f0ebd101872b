"""Published levels and scores, the models that come with custvalue, and their frames."""

from __future__ import annotations

import copy
import importlib
import inspect
import json

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue import maturity
from custvalue.errors import InvalidDataError

from .models import BUILT_IN, RULE_SETS, declared, plain, streams, tree

# ---- bands of ISO/IEC 33020: N up to 15 %, P 50 %, L 85 %, F 100 %


@pytest.mark.parametrize(
    ("percent", "band"),
    [
        (0, "N"), (15, "N"), (15.1, "P"), (50, "P"), (50.1, "L"), (85, "L"), (85.1, "F"),
        (100, "F"), (15.000001, "P"), (85.000001, "F"),
    ],
)  # fmt: skip
def test_ends_of_bands(percent, band):
    model = plain({"a": {"level": 1}}, "iso33020")
    found = maturity.assess(model, [[percent]], percent=True)
    assert found.items_frame()["band"].tolist() == [band]
    assert found.value[0] == pytest.approx(percent / 100, abs=1e-15)
    share = maturity.assess(model, [[percent / 100]])
    assert share.items_frame()["band"].tolist() == [band]


@pytest.mark.parametrize("shares", [[0.85, 0.85, 0.85], [0.15] * 7, [0.5] * 3])
def test_a_mean_of_equal_ratings_stays_in_their_band(shares):
    model = plain({"a": {"level": 1}}, "iso33020", assessors="mean")
    one = maturity.assess(model, [[shares[0]]]).items_frame()["band"]
    many = maturity.assess(model, np.reshape(shares, (1, -1, 1))).items_frame()["band"]
    assert many.tolist() == one.tolist()


# ---- levels of ISO/IEC 33020: L or F on the level, F on all below

ATTRIBUTES = {
    "pa1.1": {"level": 1},
    **{f"pa{level}.{n}": {"level": level} for level in (2, 3, 4, 5) for n in (1, 2)},
}


@pytest.mark.parametrize(
    ("ratings", "level"),
    [
        ([100, 75, 90, 10, 0], 2),  # two rows as public accounts of COBIT print them
        ([100, 95, 90, 70, 40], 2),
        (["L", "F", "F"], 1),
        (["P", "F", "F"], 0),
        (["F", "L", "F", "F", "F"], 2),
        (["F", "F", "F", "L", "L"], 3),
        (["F", "F", "F", "F", "F", "F", "F", "L", "L"], 5),
        (["F"] * 9, 5),
        (["N"] * 9, 0),
        (["F", "F", None, "F", "F"], 1),
    ],
)
def test_levels_of_iso_33020(ratings, level):
    model = plain(ATTRIBUTES, "iso33020")
    rated = [*ratings, *[None] * (9 - len(ratings))]
    found = maturity.assess(model, [rated], percent=not isinstance(ratings[0], str))
    assert found.level.tolist() == [level]
    assert found.component_levels.tolist() == [[level]]
    assert model.level_name(level) == maturity.load("value-crm").level_name(level)


def test_the_whole_has_the_level_that_all_its_processes_have_reached():
    parts = [{"id": "x"}, {"id": "y"}]
    items = [
        {"id": f"{part}{level}", "component": part, "level": level}
        for part in "xy" for level in (1, 2)
    ]  # fmt: skip
    model = maturity.load(declared(parts, items, rule_set="iso33020"))
    found = maturity.assess(model, [["F", "F", "L", "F"], ["F", "L", "F", "L"]])
    assert found.component_levels.tolist() == [[2, 1], [2, 2]]
    assert found.level.tolist() == [1, 2]


# ---- C2M2: fully and largely implemented count, nothing is skipped

PRACTICES = {f"m{level}{n}": {"level": level} for level in (1, 2, 3) for n in "abc"}


@pytest.mark.parametrize(
    ("ratings", "level"),
    [
        ("FI LI FI FI PI FI FI FI FI", 1),  # MIL 2 has one PI
        ("FI LI FI FI LI LI FI FI FI", 3),
        ("FI NI FI FI FI FI FI FI FI", 0),
        ("LI LI LI LI LI LI LI NI LI", 2),
        ("FI FI FI FI FI FI ? FI FI", 2),  # unanswered
    ],
)
def test_levels_of_c2m2(ratings, level):
    rated = [None if code == "?" else code for code in ratings.split()]
    found = maturity.assess(plain(PRACTICES, "c2m2"), [rated])
    assert found.component_levels.tolist() == [[level]]
    assert np.isnan(found.level).all()  # domains stand for themselves
    assert "level" not in found.to_frame()


def test_c2m2_can_ask_for_full_implementation():
    strict = plain(PRACTICES, "c2m2", level_accepts=["FI"], level_below_accepts=["FI"])
    rated = [["FI"] * 3 + ["LI"] + ["FI"] * 5]
    assert maturity.assess(plain(PRACTICES, "c2m2"), rated).component_levels.tolist() == [[3]]
    assert maturity.assess(strict, rated).component_levels.tolist() == [[1]]


# ---- SAMM: a stream is the sum of its activities, a practice the mean of its streams


def test_scores_of_samm():
    found = maturity.assess(streams(), [[0.25, 0, 0, 1, 0, 0], ["1"] * 6, [1, 1, 1, 0, 0, 0]])
    assert found.component_scores.tolist() == [[0.625, 0.25, 1.0], [3, 3, 3], [1.5, 3, 0]]
    assert found.value.tolist() == [0.625, 3.0, 1.5]
    np.testing.assert_allclose(found.index, [100 * 0.625 / 3, 100, 50], rtol=1e-14)
    assert np.isnan(found.level).all()


def test_secure_build_as_samm_publishes_it():
    model = streams()
    found = maturity.assess(model, [[0.25, 0, 0, 1, 0, 0]])
    aims = dict(zip(model.item_ids, [1, 1, 0, 1, 0.5, 0], strict=True))
    gap = maturity.target_gap(found, aims)
    assert (gap.gap.sum(), gap.target.sum()) == (2.25, 3.5)
    assert gap.value[0] == pytest.approx(0.357143, abs=5e-7)
    aimed = maturity.assess(model, [list(aims.values())]).value[0]
    assert aimed == 1.75
    done = maturity.progress_to_date(found.value[0], 1.25, aimed)
    assert done == pytest.approx(0.555556, abs=5e-7)  # the page prints .55


# ---- staged, and by the capability of each practice


@pytest.mark.parametrize(
    ("ratings", "level"),
    [
        ("LI FI LI LI", 3),
        ("LI FI PI LI", 2),
        ("LI PI FI FI", 1),  # level 1 asks for nothing here
        ("NI NI NI NI", 1),
        ("FI FI FI NI", 2),
    ],
)
def test_levels_of_staged_models(ratings, level):
    parts = [{"id": "x"}, {"id": "y"}]
    items = [{"id": i, "component": c, "level": n} for i, c, n in
             [("a", "x", 2), ("b", "y", 2), ("c", "x", 3), ("d", "y", 3)]]  # fmt: skip
    model = maturity.load(declared(parts, items, rule_set="staged"))
    found = maturity.assess(model, [ratings.split()])
    assert found.level.tolist() == [level]


def test_what_staged_models_ask_for_on_level_one_can_be_missed():
    model = plain({"a": {"level": 1}, "b": {"level": 2}}, "staged")
    found = maturity.assess(model, [["PI", "FI"], ["LI", "NI"], ["FI", "LI"]])
    assert found.level.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("ratings", "score", "level", "suggested"),
    [
        ([3, 3, 3, 3], 3, 3, 3),
        ([5, 5, 5, 1], 4, 1, 4),
        ([5, 5, 5, 0], 3.75, 0, 3),
        ([2, 3, None, 3], 8 / 3, 0, 2),
    ],
)
def test_the_weakest_practice_decides_the_level_and_never_the_mean(
    ratings, score, level, suggested
):
    found = maturity.assess(plain({key: {} for key in "abcd"}), [ratings])
    assert found.value[0] == pytest.approx(score, abs=1e-15)
    assert (found.level[0], found.suggested_level[0]) == (level, suggested)


# ---- what comes with custvalue


@pytest.mark.parametrize("name", BUILT_IN)
def test_models_are_bilingual(name):
    model = maturity.load(name)
    assert model.version == "1.0.0"
    named = [*model.components, *model.items, *model.steps, *model.profiles, *model.objectives,
             *model.levels, *model.scale.bands]  # fmt: skip
    texts = [model.title, *(one.name for one in named), *(item.question for item in model.items)]
    for text in texts:
        assert set(text) == {"en", "zh"}, text
        assert text["en"].isascii(), text
        assert any("\u4e00" <= c <= "\u9fff" for c in text["zh"]), text
        assert all(one == one.strip() and one for one in text.values())
    assert [step.n for step in model.steps] == list(range(1, len(model.steps) + 1))


def test_sizes_of_the_models():
    sizes = {name: maturity.load(name) for name in BUILT_IN}
    assert {name: len(model.items) for name, model in sizes.items()} == {
        "customer-management": 20, "customer-system": 23, "value-crm": 15,
    }  # fmt: skip
    tops = {n: sum(not part.parent for part in m.components) for n, m in sizes.items()}
    assert tops == {"customer-management": 4, "customer-system": 6, "value-crm": 5}
    assert len(sizes["customer-management"].steps) == 5


@pytest.mark.parametrize("name", BUILT_IN)
def test_metrics_are_public_functions(name):
    for item in maturity.load(name).items:
        for metric in item.metrics:
            area, function = metric.split(".")
            module = importlib.import_module(f"custvalue.{area}")
            assert function in module.__all__, (item.id, metric)
            assert inspect.isroutine(getattr(module, function)), (item.id, metric)


@pytest.mark.parametrize("name", BUILT_IN)
def test_profiles_and_objectives_can_be_used(name):
    model = maturity.load(name)
    for profile in model.profiles:
        used = maturity.load(name, profile=profile.id)
        changed = [
            (part.id, after.weight / part.weight)
            for part, after in zip(model.components, used.components, strict=True)
            if after.weight != part.weight
        ]
        assert dict(changed) == pytest.approx(dict(profile.weights))
        assert used.hash != model.hash
        with pytest.raises(InvalidDataError, match="profile: must be chosen once"):
            used.with_profile(profile.id)
    for aim in model.objectives:
        assert set(model.items_for(aim.id)) <= set(model.item_ids)


@pytest.mark.parametrize("name", RULE_SETS)
def test_rule_sets_are_bilingual(name):
    model = plain({"a": {"level": 1} if name in ("c2m2", "iso33020", "staged") else {}}, name)
    for one in (*model.levels, *model.scale.bands):
        assert set(one.name) == {"en", "zh"}
    assert model.rules.origin


# ---- identity


def test_models_travel_as_json():
    for model in (*map(maturity.load, BUILT_IN), streams(), tree("iso33020")):
        back = maturity.MaturityModel.from_dict(json.loads(json.dumps(model.to_dict())))
        assert back == model
        assert back.hash == model.hash
        assert maturity.load(dict(model.declaration)).hash == model.hash


def test_the_hash_is_that_of_the_content():
    base = maturity.load("value-crm")
    hashes = {base.hash}
    for change in (
        lambda d: d["model"].update(version="1.0.1"),
        lambda d: d["items"][0].update(weight=2),
        lambda d: d["items"][0]["name"].update(en="Another name"),
        lambda d: d["items"].reverse(),
        lambda d: d.update(rules={"missing": "zero"}),
        lambda d: d["components"][0].update(weight=1.5),
    ):
        content = copy.deepcopy(dict(base.declaration))
        change(content)
        hashes.add(maturity.load(content).hash)
    assert len(hashes) == 7
    again = {key: base.declaration[key] for key in reversed(base.declaration)}
    assert maturity.load(again).hash == base.hash  # the order of keys says nothing
    one, other = (copy.deepcopy(dict(base.declaration)) for _ in range(2))
    one["items"][0]["weight"], other["items"][0]["weight"] = 2, 2.0
    assert maturity.load(one).hash == maturity.load(other).hash


def test_nobody_changes_a_model_from_outside():
    content = declared([{"id": "all"}], [{"id": "a", "component": "all"}], rule_set="samm")
    model = maturity.load(content)
    content["items"][0]["weight"] = 7
    assert model.items[0].weight == 1
    assert model == maturity.load(dict(model.declaration))


# ---- by file


def test_a_file_is_a_model(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(
        """
        spec = "custvalue.maturity/1"
        [model]
        id = "mine"
        version = "0.1.0"
        title = { en = "Mine", zh = "我的" }
        origin = "mine"
        [scale]
        kind = "binary"
        [[components]]
        id = "all"
        name = "All"
        [[items]]
        id = "a"
        component = "all"
        name = "A"
        """,
        "utf-8",
    )
    for source in (file, str(file)):
        model = maturity.load(source)
        assert model.scale.codes == ("no", "yes")
        found = maturity.assess(source, [["yes"], ["No "], [True], [None]])
        np.testing.assert_array_equal(found.value, [1, 0, 1, np.nan])


# ---- frames


def test_frames_in_chinese_and_in_english():
    model = maturity.load("customer-management")
    found = maturity.assess(model, [[3] * 20])
    english, chinese = (found.components_frame(language) for language in ("en", "zh"))
    assert english["name"][0] == "Customer needs analysis"
    assert chinese["name"][0] == "客户需求分析"
    assert english.drop(columns="name").equals(chinese.drop(columns="name"))
    items = found.items_frame("zh")
    assert items["name"].tolist() == [item.name["zh"] for item in model.items]
    assert found.items_frame()["name"].tolist() == [item.name["en"] for item in model.items]
    assert model.items_frame("zh")["question"].tolist() == [i.question["zh"] for i in model.items]
    assert model.level_name(3, "zh") == "已建立"
    assert model.level_name(np.nan) == ""
    assert maturity.strengths(found, target=2, language="zh").name[0] == "了解需求与期望"
    assert maturity.roadmap(found, 4, language="zh").name[0] in items["name"].tolist()


def test_a_language_that_a_model_has_not_falls_back_to_the_first():
    found = maturity.assess(plain({"a": {"name": {"zh": "甲"}}}), [[3]])
    assert found.items_frame("en")["name"].tolist() == ["甲"]
    assert found.items_frame("fr")["name"].tolist() == ["甲"]


def test_rows_of_frames():
    found = maturity.assess(tree(), [[3, 2, 1, None, -1, 4, 5], [2] * 7], not_applicable=(-1,))
    parts = found.components_frame()
    assert parts.columns.tolist() == [
        "organisation", "component", "name", "score", "index", "level"
    ]  # fmt: skip
    assert parts["organisation"].tolist() == [0] * 4 + [1] * 4
    assert parts["component"].tolist() == ["one", "two", "two.a", "two.b"] * 2
    np.testing.assert_allclose(parts["score"][:4], [7 / 3, (1 + 3 * 24 / 5) / 4, 1, 24 / 5])
    items = found.items_frame()
    bands = items["band"].fillna("-").tolist()
    assert bands[:7] == ["3", "2", "1", "-", "not applicable", "4", "5"]
    assert items["rating"].isna().tolist()[:7] == [False] * 3 + [True] * 2 + [False] * 2
    whole = found.to_frame()
    assert isinstance(whole, pd.DataFrame)
    assert whole["level"].tolist() == [0, 2]
    assert whole["level_at_best"].tolist() == [1, 2]
    assert whole["coverage"].tolist() == [5 / 6, 1]


def test_the_names_of_the_models_are_listed_where_one_is_unknown():
    with pytest.raises(InvalidDataError, match="Did you mean 'value-crm'"):
        maturity.load("value-crn")
    with pytest.raises(InvalidDataError, match="profile: must be one of"):
        maturity.load("value-crm", profile="banking")
    assert cv.maturity.load().id == "customer-management"
