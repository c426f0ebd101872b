"""What a user does to assessments without meaning harm: each of these once went wrong."""

from __future__ import annotations

import copy
import json
import pickle
import types

import numpy as np
import pandas as pd
import pytest

from custvalue import maturity, plot
from custvalue.errors import InvalidDataError

MODEL = maturity.load("value-crm")


def model_of(rule_set, items, **more):
    """Return a model of one component."""
    return maturity.load({
        "spec": "custvalue.maturity/1", "rule_set": rule_set,
        "model": {"id": "care", "version": "1.0.0", "title": "Care", "origin": "test"},
        "components": [{"id": "care", "name": "Care"}],
        "items": [{"id": name, "component": "care", "name": name, **item}
                  for name, item in items.items()],
        **more,
    })  # fmt: skip


# ---- nobody changes a model or an assessment from outside


def test_a_declaration_is_read_and_not_changed():
    model = maturity.load("value-crm")
    with pytest.raises(TypeError, match="cannot be changed"):
        model.declaration["items"][0]["weight"] = 99
    with pytest.raises(TypeError, match="cannot be changed"):
        model.declaration["items"].append({})
    with pytest.raises(TypeError, match="cannot be changed"):
        model.rules.evidence_caps["none"] = 5
    assert model == MODEL
    assert model.hash == MODEL.hash


def test_json_of_a_model_and_a_deep_copy_of_it_are_the_users_own():
    model = maturity.load("value-crm")
    written = model.to_dict()
    written["declaration"]["items"][0]["weight"] = 99
    mine = copy.deepcopy(model.declaration)
    mine["items"][0]["weight"] = 2
    assert maturity.load(mine).items[0].weight == 2.0
    assert maturity.MaturityModel.from_dict(written).items[0].weight == 99.0
    assert model.to_dict() == MODEL.to_dict()
    assert json.loads(json.dumps(model.to_dict())) == MODEL.to_dict()
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert other == MODEL
        with pytest.raises(TypeError, match="cannot be changed"):
            pickle.loads(pickle.dumps(model)).declaration.clear()


@pytest.mark.parametrize(
    "name",
    ["value", "level", "component_scores", "component_levels", "assessor_scores", "ratings"],
)
def test_results_of_an_assessment_are_not_changed_by_writing_to_them(name):
    found = maturity.assess(MODEL, [[3, 2, 4, 1, 2, 3, 3, 2, 1, 4, 3, 2, 2, 3, 2]])
    before = getattr(found, name).copy()
    with pytest.raises(ValueError, match="read-only"):
        getattr(found, name)[...] = 4.0
    np.testing.assert_array_equal(getattr(found, name), before)


# ---- ratings that are not what they look like


def test_an_array_without_assessors_is_refused_by_its_shape():
    with pytest.raises(InvalidDataError, match=r"ratings: must have an assessor.*\(2, 0, 15\)"):
        maturity.assess(MODEL, np.ones((2, 0, 15)))


@pytest.mark.parametrize(
    "ratings",
    [
        [[True, False]],
        np.array([[True, False]]),
        pd.DataFrame({"a": [True], "b": [3]}),
        pd.DataFrame({"a": pd.array([True, None], dtype="boolean"), "b": [3, 3]}),
        pd.DataFrame({"a": pd.Series([True, 2], dtype=object), "b": [3, 3]}),
        {"a": True},
        {"a": np.True_},
    ],
)
@pytest.mark.parametrize("rule_set", ["staged", "c2m2", "capability"])
def test_true_is_no_rating_where_it_would_be_the_second_lowest(rule_set, ratings):
    """True would be 1, "partially implemented" on a scale that ends at 3."""
    level = {} if rule_set == "capability" else {"level": 2}
    model = model_of(rule_set, {"a": level, "b": level})
    with pytest.raises(InvalidDataError, match=r"true and false are not.* Codes: "):
        maturity.assess(model, ratings)


@pytest.mark.parametrize("rule_set", ["iso33020", "samm"])
def test_true_is_a_rating_where_it_is_the_whole(rule_set):
    level = {"level": 1} if rule_set == "iso33020" else {}
    model = model_of(rule_set, {"a": level, "b": level})
    found = maturity.assess(model, pd.DataFrame({"a": [True], "b": [False]}))
    assert found.ratings.tolist() == [[1.0, 0.0]]


@pytest.mark.parametrize(
    ("rule_set", "number", "percent"),
    [("capability", 3, False), ("capability", 0, False), ("capability", -1e-12, False),
     ("iso33020", 0.3, False), ("iso33020", 0, False), ("iso33020", 50, True)],
)  # fmt: skip
def test_a_rating_of_the_scale_does_not_stand_for_not_applicable(rule_set, number, percent):
    level = {"level": 1} if rule_set == "iso33020" else {}
    model = model_of(rule_set, {"a": level})
    with pytest.raises(InvalidDataError, match="not_applicable: must not be ratings of the scale"):
        maturity.assess(model, [[number]], not_applicable=[number], percent=percent)


@pytest.mark.parametrize("number", [-1, 9, 2.5])
def test_a_number_off_the_scale_may_stand_for_not_applicable(number):
    found = maturity.assess(model_of("capability", {"a": {}}), [[number]], not_applicable=[number])
    assert found.notes["items not applicable"] == 1


def test_an_unknown_item_is_told_with_its_own_neighbour():
    table = pd.DataFrame({"item": ["sales.proces", "data.privac"], "rating": [3, 3]})
    with pytest.raises(InvalidDataError, match=r"got 'sales.proces'.*mean 'sales.process'"):
        maturity.assess(MODEL, table, item="item", rating="rating")


@pytest.mark.parametrize(
    ("ratings", "columns"),
    [([[3] * 15], {}), ({"data.privacy": 3}, {}),
     (pd.DataFrame({"i": ["data.privacy"], "r": [3]}), {"item": "i", "rating": "r"})],
)  # fmt: skip
def test_a_word_that_is_no_policy_is_refused_however_ratings_come(ratings, columns):
    with pytest.raises(InvalidDataError, match="absent: must be one of"):
        maturity.assess(MODEL, ratings, absent="unratd", **columns)


# ---- what is said beside the numbers


def test_peers_by_another_version_are_refused_with_both_versions():
    content = copy.deepcopy(MODEL.declaration)
    content["model"]["version"] = "2.0.0"
    newer = maturity.assess(content, [[3] * 15])
    with pytest.raises(InvalidDataError, match=r"value-crm 1\.0\.0 .*value-crm 2\.0\.0 "):
        maturity.benchmark(maturity.assess(MODEL, [[3] * 15]), newer)


@pytest.mark.parametrize("measured", [(3, 4, 9), (3, 1, 2)])
def test_a_measurement_outside_of_its_bounds_is_refused(measured):
    found = maturity.assess(MODEL, [[3] * 15])
    with pytest.raises(InvalidDataError, match=r"measured data\.privacy: must be .*between"):
        maturity.contradictions(
            found, {"data.privacy": measured}, {"data.privacy": (1, 2, 3, 4, 5)}
        )


# ---- agreement


@pytest.mark.parametrize(
    ("measure", "ratings"),
    [
        (maturity.cohen_kappa, [["a", "b"], ["b", "b"]]),  # one rater gives everything a b
        (maturity.cohen_kappa, [["a", "b"]] * 5),
        (maturity.fleiss_kappa, [["a", "b"], ["b", "a"]] * 3),
        (lambda said: maturity.krippendorff_alpha(said, metric="nominal"), [["a", "b"]] * 4),
        (lambda said: maturity.krippendorff_alpha(said, metric="interval"),
         [[1, 2], [3, 3], [5, 4]]),
    ],
)  # fmt: skip
def test_no_scatter_is_no_certainty(measure, ratings):
    found = measure(ratings)
    assert found.value < 1.0
    assert found.standard_error == pytest.approx(0.0, abs=1e-12)
    assert np.isnan(found.interval()).all()


def test_a_lazy_frame_without_raters_is_told_so():
    polars = pytest.importorskip("polars")
    lazy = polars.LazyFrame({"a": [1, 2], "b": [1, 1]})
    with pytest.raises(InvalidDataError, match="raters: must name the columns of a table"):
        maturity.cohen_kappa(lazy)


# ---- pictures


@pytest.mark.parametrize("language", [3, None, ["zh"]])
def test_a_language_that_is_none_is_refused_by_every_picture(language):
    found = maturity.assess(MODEL, [[3] * 15])
    for picture, record in (
        (plot.maturity_profile, found),
        (plot.rating_heatmap, found),
        (plot.roadmap, maturity.roadmap(found, 4)),
    ):
        with pytest.raises(InvalidDataError, match="language: must be the code of a language"):
            picture(record, language=language)


def test_what_is_asked_for_has_the_right_article():
    with pytest.raises(InvalidDataError, match="assessment: must be an Assessment; got 'int'"):
        maturity.target_gap(3, 3)


# ---- models that would mean two things


def of_bands(*bands):
    """Return a model on an ordinal scale of bands given by code and points."""
    content = dict(model_of("capability", {"a": {}}).declaration)
    del content["rule_set"]
    scale = {"kind": "ordinal", "bands": [{"code": code, "points": p} for code, p in bands]}
    return {**content, "scale": scale}


def test_a_code_that_is_a_number_is_worth_that_number():
    """Else the text "1" and the number 1 would be ratings in different bands."""
    content = of_bands(("1", 0), ("2", 1), ("3", 2))
    with pytest.raises(
        InvalidDataError, match=r"scale\.bands\[0\]: must have the points that its code says"
    ):
        maturity.load(content)
    content = of_bands(("1", 1), ("2.5", 2.5), ("3 ", 3))
    found = maturity.assess(content, [["1"], [2.5], ["3"]])
    assert found.ratings.ravel().tolist() == [1.0, 2.5, 3.0]


@pytest.mark.parametrize(
    "caps", [{"none": "4", "statement": "2"}, {"statement": "2"}, {"none": "1", "record": "3"}]
)
def test_better_evidence_never_allows_less(caps):
    with pytest.raises(InvalidDataError, match=r"evidence_caps: must not fall, .*worse evidence"):
        model_of("capability", {"a": {}}, rules={"evidence_caps": caps})


@pytest.mark.parametrize("role", ["organisation", "assessor", "kind"])
def test_a_column_is_not_rating_and_name_at_once(role):
    table = pd.DataFrame({"a": [1, 2], "b": [3, 3]})
    model = model_of("capability", {"a": {}, "b": {}})
    with pytest.raises(InvalidDataError, match=f"{role}: must not be the column of an item"):
        maturity.assess(model, table, **{role: "a"})


# ---- what is equal but for rounding is equal


def on_percent(items, **rules):
    """Return a model in which any number from 0 to 1 is a rating."""
    kept = {"evidence_caps": {}} | rules
    return model_of("iso33020", {name: {"level": 1} | more for name, more in items.items()},
                    rules=kept)  # fmt: skip


@pytest.mark.parametrize("rating", [0.1, 0.3, 0.675, 0.7])
@pytest.mark.parametrize("count", [3, 6, 7, 10, 13])
def test_of_items_all_alike_none_is_a_strength(count, rating):
    model = on_percent({f"i{place}": {} for place in range(count)})
    found = maturity.assess(model, [[rating] * count])
    assert maturity.strengths(found).item.tolist() == []


def test_equal_strengths_are_in_the_order_of_the_model():
    model = on_percent({"a": {"target": 0.1}, "b": {"target": 0.2}, "c": {"target": 0.7}})
    found = maturity.assess(model, [[0.2, 0.3, 0.8]])
    assert maturity.strengths(found).item.tolist() == ["a", "b", "c"]


@pytest.mark.parametrize("assessors", [3, 6, 7, 13])
@pytest.mark.parametrize("rating", [0.1, 0.7, 0.675])
@pytest.mark.parametrize("missing", [False, True])
def test_the_mean_of_ratings_all_alike_is_that_rating(assessors, rating, missing):
    ratings = np.full((1, assessors, 2), rating)
    if missing:
        ratings[0, 0, 1] = np.nan
    found = maturity.assess(on_percent({"a": {}, "b": {}}, assessors="mean"), ratings)
    assert found.ratings.tolist() == [[rating, rating]]
    assert maturity.target_gap(found, rating).gap.tolist() == [[0.0, 0.0]]
    assert maturity.target_gap(found, rating).value.tolist() == [1.0]
    assert maturity.roadmap(found, rating).item.tolist() == []


def test_a_gap_that_is_only_rounding_is_none():
    found = maturity.assess(
        on_percent({"a": {}}, assessors="mean"), [[[0.1], [0.2], [0.3]]]
    )  # 0.20000000000000004 or so
    assert maturity.target_gap(found, 0.2 + 1e-15).gap.tolist() == [[0.0]]
    assert maturity.roadmap(found, 0.2 + 1e-15).item.tolist() == []


def test_equal_priorities_are_in_the_order_of_the_model():
    """0.1 x 3 / 3 is 0.1, and a little more to a computer."""
    cost = {
        name: {"effort": {"knowledge": each, "time": 0, "resources": 0}, "impact": each}
        for name, each in {"a": 1, "b": 3, "c": 10, "d": 7}.items()
    }
    for names in ("abcd", "dcba", "bdac"):
        model = on_percent({name: {"weight": 0.1} | cost[name] for name in names})
        found = maturity.assess(model, [[0.2] * 4])
        assert "".join(maturity.roadmap(found, 0.9).item) == names


def test_peers_of_the_same_score_are_equal_in_whatever_order_it_was_added_up():
    rng = np.random.default_rng(2)
    one = rng.integers(0, 101, 15) / 100
    model = on_percent({f"i{place}": {} for place in range(15)})
    peers = maturity.assess(model, np.array([rng.permutation(one) for _ in range(40)]))
    assert len(set(peers.value.tolist())) > 1  # a test of nothing else
    found = maturity.benchmark(maturity.assess(model, [one]), peers, same_names=False)
    assert found.equal.tolist() == [40, 40]
    assert found.value.tolist() == [50.0, 50.0]
    assert np.isnan(found.z).all()
    among = maturity.benchmark(peers, peers)
    assert set(among.equal.tolist()) == {39}
    assert set(among.below.tolist()) == {0}


# ---- JSON that somebody changed


def changed(record, change):
    """Return the record of its JSON after a change."""
    data = json.loads(json.dumps(record.to_dict()))
    change(data)
    return type(record).from_dict(data)


def two_firms():
    table = pd.DataFrame({**{name: [1, 2] for name in MODEL.item_ids}, "firm": ["x", "y"]})
    return maturity.assess(MODEL, table, organisation="firm")


def test_organisations_that_are_not_sorted_are_refused():
    found = two_firms()
    assert changed(found, lambda data: None) == found
    with pytest.raises(InvalidDataError, match="organisation: must be sorted"):
        changed(found, lambda data: data["organisation"].update(values=["z", "y"]))


def test_a_rating_between_the_points_of_a_scale_is_refused():
    def between(data):
        values = np.array(data["rating"]["values"])
        values.flat[3] = 2.7
        data["rating"]["values"] = values.tolist()

    with pytest.raises(InvalidDataError, match=r"rating: must be on the scale .* got 2\.7"):
        changed(two_firms(), between)


def test_a_record_of_another_kind_is_told_by_its_article():
    with pytest.raises(InvalidDataError, match="data: must be an Assessment written by to_dict"):
        maturity.Assessment.from_dict(MODEL.to_dict())


# ---- ways in


def test_any_mapping_is_the_ratings_of_one_organisation():
    ratings = {"data.privacy": 3, "data.collection": 4}
    expected = maturity.assess(MODEL, ratings)
    assert maturity.assess(MODEL, types.MappingProxyType(ratings)) == expected
    with pytest.raises(InvalidDataError, match=r"data\.privcy.*Did you mean 'data\.privacy'"):
        maturity.assess(MODEL, types.MappingProxyType({"data.privcy": 3}))


@pytest.mark.parametrize("ratings", [3, None, "F", pd.Series({"data.privacy": 3}), iter([3])])
def test_what_is_no_ratings_is_refused_by_the_name_of_the_argument(ratings):
    with pytest.raises(InvalidDataError, match="ratings: must be a data frame"):
        maturity.assess(MODEL, ratings)
    with pytest.raises(InvalidDataError, match="ratings: must be a data frame"):
        maturity.assess(MODEL, ratings, absent="unrated")
    with pytest.raises(InvalidDataError, match="ratings: must be a data frame"):
        maturity.assess(MODEL, ratings, item="item", rating="rating")


@pytest.mark.parametrize("absent", ["error", "unrated"])
@pytest.mark.parametrize("twice", ["data.privacy", "note"])
def test_a_column_that_is_there_twice_is_told(absent, twice):
    table = pd.DataFrame([[3] * 15], columns=MODEL.item_ids).assign(note="x")
    table = pd.concat([table, table[[twice]]], axis=1)
    with pytest.raises(InvalidDataError, match=f"{twice}: names more than one column"):
        maturity.assess(MODEL, table, absent=absent)


@pytest.mark.parametrize("kind", ["float32", "float16"])
@pytest.mark.parametrize("percent", [False, True])
def test_half_as_many_digits_are_the_same_rating(kind, percent):
    """0.85 is the most that is L; as 32 bits it is 0.85000002, which would be F."""
    model = on_percent({"x": {}})
    written = np.array([15, 50, 85, 86, 15.5]) / (1 if percent else 100)
    arrays = maturity.assess(model, written.astype(kind)[:, None], percent=percent)
    table = pd.DataFrame({"x": written.astype(kind)})
    for found in (arrays, maturity.assess(model, table, percent=percent)):
        assert found.items_frame()["band"].tolist() == ["N", "P", "L", "F", "P"]
        np.testing.assert_allclose(found.rating[:3, 0], [0.15, 0.5, 0.85], rtol=0, atol=1e-12)


def test_a_column_of_records_is_refused_by_its_name():
    polars = pytest.importorskip("polars")
    table = polars.DataFrame({name: [3, 3] for name in MODEL.item_ids})
    table = table.with_columns(polars.Series("data.privacy", [{"a": 1}, {"a": 2}]))
    with pytest.raises(InvalidDataError, match=r"data\.privacy: must be numbers or codes"):
        maturity.assess(MODEL, table)
