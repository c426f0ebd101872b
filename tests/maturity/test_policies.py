"""What the rules make of ratings: policies, caps, bounds and assessors, against plain loops."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from custvalue import maturity
from custvalue.errors import ColumnNotFoundError, InvalidDataError

from .models import RULE_SETS, declared, plain, tree
from .oracle import by_hand, random_ratings

MODEL = maturity.load("customer-management")
WHO = {"organisation": "org", "assessor": "who"}
LONG = {"item": "practice", "rating": "rating"}
AGGREGATES = ("weighted_mean", "geometric", "harmonic", "min", "sum")


@pytest.mark.parametrize("rule_set", RULE_SETS)
@pytest.mark.parametrize("outside", ["exclude_reweight", "target_zero", "zero"])
@pytest.mark.parametrize("absent", ["exclude", "zero"])
@pytest.mark.parametrize("how", AGGREGATES)
def test_scores_and_levels_by_hand(rule_set, outside, absent, how):
    model = tree(rule_set, not_applicable=outside, missing=absent, item_to_component=how,
                 component_to_overall=how if how != "sum" else "min")  # fmt: skip
    rng = np.random.default_rng(2)
    ratings = random_ratings(model, rng, 60, outside=0.3)
    found = maturity.assess(model, ratings, not_applicable=(-1,))
    expected = [by_hand(model, row) for row in ratings]
    scores = np.array([np.nan if s is None else s for s, _ in expected])
    levels = np.array([np.nan if n is None else n for _, n in expected])
    np.testing.assert_allclose(found.value, scores, rtol=1e-12)
    np.testing.assert_array_equal(found.level, levels)


@pytest.mark.parametrize("rule_set", RULE_SETS)
def test_any_rule_set_can_go_without_levels(rule_set):
    model = plain({"a": {}, "b": {}}, rule_set, level="none")
    assert (model.rules.level, model.rules.overall_level) == ("none", "none")
    found = maturity.assess(model, [[1, 0]])
    assert np.isnan(found.level).all()
    assert "level" not in found.to_frame()
    with pytest.raises(InvalidDataError, match=r"rules\.overall_level: must be 'none'"):
        plain({"a": {}}, rule_set, level="none", overall_level="min")


def test_a_rule_set_can_place_items_or_rate_them():
    rated = plain({"a": {}, "b": {}}, "iso33020", level="none")
    assert rated.rules.evidence_caps == {"none": 1}  # the other rules stay
    placed = plain({"a": {"level": 1}, "b": {"level": 2}}, "capability", level="placed")
    assert maturity.assess(placed, [[5, 5], [5, 4], [4, 5]]).level.tolist() == [2, 1, 0]
    for rules, match in [
        ({"level_accepts": ["5"]}, r"rules\.level_accepts: must be left out, .* is 'rated'"),
        ({"level": "none", "level_below_accepts": ["5"]}, r"below_accepts: must be left out"),
        ({"level": "gate"}, r"rules\.level: must be one of"),
    ]:
        with pytest.raises(InvalidDataError, match=match):
            plain({"a": {}}, "capability", **rules)
    with pytest.raises(InvalidDataError, match="must have levels to reach"):
        plain({"a": {}}, "samm", level="rated")


def test_what_is_left_out_is_left_out_of_the_highest_score_possible():
    """Components that add up items have highest scores of their own."""
    parts = [{"id": "short"}, {"id": "long"}]
    owners = {"a": "short", "b": "long", "c": "long", "d": "long"}
    items = [{"id": name, "component": owner} for name, owner in owners.items()]
    content = declared(parts, items, rule_set="samm", rules={"missing": "exclude"})
    found = maturity.assess(content, [[None, 1, 1, 1], [None, 0.5, 0.5, 0.5], [0.5] * 4])
    assert found.value.tolist() == [2, 1, 1]  # of (1 + 3) / 2
    assert found.index.tolist() == [100, 50, 50]
    low, high = found.bounds()
    assert low.tolist() == [1.5, 0.75, 1]
    assert high.tolist() == [2, 1.25, 1]


# ---- policies


def test_what_does_not_apply_is_treated_as_documented():
    rated = [["x", 4, 2, "x"]]
    items = {"a": {"weight": 1}, "b": {"weight": 3}, "c": {"weight": 1}, "d": {"weight": 5}}
    for policy, score, level, percent in [
        ("exclude_reweight", (3 * 4 + 2) / 4, 2, 1 - (0 + 2) / (3 * 4 + 4)),
        ("target_zero", (3 * 4 + 2) / 10, 2, 1 - (0 + 2) / (3 * 4 + 4)),
        ("zero", (3 * 4 + 2) / 10, 0, 1 - (4 + 2 + 20) / (4 * 10)),
    ]:
        found = maturity.assess(plain(items, not_applicable=policy), rated, not_applicable=["x"])
        assert found.value[0] == pytest.approx(score)
        assert found.level.tolist() == [level]
        assert maturity.target_gap(found, 4).value[0] == pytest.approx(percent)
        assert found.coverage.tolist() == [1]
        assert found.notes["items not applicable"] == 2


def test_where_nothing_applies_there_is_neither_score_nor_level():
    found = maturity.assess(plain({"a": {}, "b": {}}), [[9, 9], [3, 9]], not_applicable=[9])
    np.testing.assert_array_equal(found.value, [np.nan, 3])
    np.testing.assert_array_equal(found.level, [np.nan, 3])
    np.testing.assert_array_equal(found.coverage, [np.nan, 1])


def test_what_is_not_rated_is_treated_as_documented():
    items = {"a": {}, "b": {}}
    rated = [[4, None]]
    for policy, score in (("exclude", 4), ("zero", 2)):
        found = maturity.assess(plain(items, missing=policy), rated)
        assert found.value.tolist() == [score]
        assert found.level.tolist() == [0]  # for levels always the lowest
        assert found.coverage.tolist() == [0.5]
        assert found.notes["items not rated"] == 1
    with pytest.raises(InvalidDataError, match=r"ratings: must rate every item.*row 0"):
        maturity.assess(plain(items, missing="error"), rated)
    found = maturity.assess(plain(items, missing="error"), [[4, "n"]], not_applicable=["n"])
    assert found.value.tolist() == [4]


def test_wide_tables_without_a_column_for_each_item(engine):
    some = pd.DataFrame(
        {"needs.accuracy": [2.0, 3.0], "value.valuation": [None, 4.0], "org": ["b", "a"]}
    )
    with pytest.raises(ColumnNotFoundError):
        maturity.assess(MODEL, engine.frame(some), organisation="org")
    found = maturity.assess(MODEL, engine.frame(some), organisation="org", absent="unrated")
    assert found.organisation.tolist() == ["a", "b"]
    assert found.notes["items without a column"] == 18
    np.testing.assert_allclose(found.coverage, [2 / 20, 1 / 20])
    with pytest.raises(InvalidDataError, match="must have a column for an item"):
        maturity.assess(MODEL, engine.frame(some[["org"]]), organisation="org", absent="unrated")
    with pytest.raises(InvalidDataError, match="absent: must be one of"):
        maturity.assess(MODEL, engine.frame(some), absent="zero")


# ---- evidence


def test_ratings_are_capped_by_their_evidence():
    model = plain({name: {} for name in "abcde"}, evidence_caps={"none": "1", "statement": "3"})
    table = pd.DataFrame({
        "practice": list("abcde"), "rating": [4, 4, 4, 0, 2],
        "proof": [None, "Statement ", "metric", "none", "none"],
    })  # fmt: skip
    found = maturity.assess(model, table, **LONG, evidence="proof")
    assert found.ratings.tolist() == [[1, 3, 4, 0, 1]]
    assert found.rating.tolist() == [[4, 4, 4, 0, 2]]  # as given
    assert found.notes == {"ratings capped for lack of evidence": 3}
    assert found.assessor_scores.tolist() == [9 / 5]
    without = maturity.assess(model, table, **LONG)
    assert without.ratings.tolist() == [[4, 4, 4, 0, 2]]
    assert without.notes == {"ratings not capped, as no evidence is given": 5}


def test_a_cap_on_a_scale_of_percentages_is_the_end_of_its_band():
    model = plain({"a": {"level": 1}, "b": {"level": 1}}, "iso33020")
    table = pd.DataFrame({"practice": ["a", "b"], "rating": [0.9, 0.3], "proof": [None, None]})
    found = maturity.assess(model, table.astype({"proof": object}), **LONG, evidence="proof")
    assert found.ratings.tolist() == [[0.5, 0.3]]
    assert found.items_frame()["band"].tolist() == ["P", "P"]


def test_evidence_is_refused_where_it_cannot_be_read():
    table = pd.DataFrame({"practice": ["a"], "rating": [1], "proof": ["gossip"]})
    with pytest.raises(InvalidDataError, match=r"proof: must be one of none, statement"):
        maturity.assess(plain({"a": {}}), table, **LONG, evidence="proof")
    with pytest.raises(InvalidDataError, match="evidence: needs a long table"):
        maturity.assess(plain({"a": {}}), table, evidence="proof")


# ---- bounds


def test_bounds_are_what_is_not_rated_at_its_worst_and_at_its_best():
    rng = np.random.default_rng(11)
    for model in (tree(), tree("iso33020"), tree("samm")):
        ratings = random_ratings(model, rng, 30, missing=0.3)
        found = maturity.assess(model, ratings, not_applicable=(-1,))
        low, high = found.bounds()
        worst, best = found.level_bounds()
        for end, score, level in (("lowest", low, worst), ("highest", high, best)):
            filled = np.where(np.isnan(ratings), getattr(model.scale, end), ratings)
            wanted = maturity.assess(model, filled, not_applicable=(-1,))
            np.testing.assert_array_equal(score, wanted.value)
            np.testing.assert_array_equal(level, wanted.level)


# ---- assessors


def assessed(ratings, kinds=None, **rules):
    """Return one item of one organisation, rated by several."""
    model = plain({"a": {}}, **rules)
    table = pd.DataFrame({"who": range(len(ratings)), "a": ratings})
    if kinds is None:
        return maturity.assess(model, table, assessor="who")
    return maturity.assess(model, table.assign(kind=kinds), assessor="who", kind="kind")


@pytest.mark.parametrize(
    ("how", "ratings", "expected"),
    [
        ("mean", [1, 2, 4], 7 / 3),
        ("mean", [1, None, 4], 2.5),
        ("median", [1, 2, 5], 2),
        ("median", [1, None, 2, 5, 5], 3.5),
        ("min", [3, 2, None], 2),
        ("consensus", [3, 4, 4], 11 / 3),
        ("consensus", [3, 4, 5], None),
        ("consensus", [3, None, 4], 3.5),
        ("third_party_first", [1, 2, 4], 7 / 3),  # nobody says who is independent
        *((how, [None, None], None) for how in ("mean", "median", "min", "consensus")),
    ],
)
def test_one_rating_from_several(how, ratings, expected):
    found = assessed(ratings, assessors=how)
    wanted = np.nan if expected is None else expected
    np.testing.assert_allclose(found.ratings, [[wanted]], rtol=1e-15)
    apart = how == "consensus" and expected is None and any(r is not None for r in ratings)
    assert found.notes.get("items without consensus", 0) == apart
    assert found.notes.get("items not rated", 0) == (expected is None and not apart)


@pytest.mark.parametrize(
    ("ratings", "kinds", "expected"),
    [
        ([1, 2, 5], ["third_party", "internal", "self"], 1),
        ([1, 3, 5], ["third_party", "third_party", "self"], 2),
        ([None, 2, 5], ["third_party", "internal", "self"], 2),
        ([None, 2, 5], ["third_party", "self", "self"], 3.5),
        ([None, None, 4], ["third_party", "internal", "self"], 4),
    ],
)
def test_the_most_independent_assessor_decides(ratings, kinds, expected):
    found = assessed(ratings, kinds)
    assert found.ratings.tolist() == [[expected]]
    by_mean = np.nanmean(np.array(ratings, dtype=float))
    assert assessed(ratings, kinds, assessors="mean").ratings[0, 0] == pytest.approx(by_mean)


@pytest.mark.parametrize("how", ["mean", "median", "min", "consensus", "third_party_first"])
def test_an_item_applies_where_somebody_rated_it(how):
    model = plain({"a": {}, "b": {}}, assessors=how)
    cells = np.array([[[-1, -1], [-1, 3], [-1, np.nan]], [[-1, 2], [np.nan, 2], [2, -1]]])
    found = maturity.assess(model, cells, not_applicable=(-1,))
    assert found.ratings.tolist() == [[-1, 3], [2, 2]]
    assert found.notes["items that apply for some assessors only"] == 3
    assert found.notes["items not applicable"] == 1


def test_organisations_with_several_numbers_of_assessors():
    rng = np.random.default_rng(21)
    sheets = [rng.integers(0, 6, (n, 20)).astype(float) for n in (1, 3, 2, 3, 1)]
    table = pd.DataFrame(np.vstack(sheets), columns=MODEL.item_ids)
    table["org"] = np.repeat(range(5), [len(s) for s in sheets])
    table["who"] = np.concatenate([range(len(s)) for s in sheets])
    found = maturity.assess(MODEL, table, **WHO)
    np.testing.assert_allclose(found.ratings, [s.mean(axis=0) for s in sheets], rtol=1e-15)
    assert found.to_frame()["assessors"].tolist() == [1, 3, 2, 3, 1]


def test_the_interval_is_students_over_assessors():
    rng = np.random.default_rng(22)
    cells = rng.integers(1, 5, (3, 6, 20)).astype(float)
    cells[2, 1:] = np.nan
    cells[1, 3:, :4] = np.nan
    found = maturity.assess(MODEL, cells)
    low, high = found.interval(0.9)
    each = found.assessor_scores
    for i in range(2):
        mine = each[found.owner == i]
        expected = stats.t.interval(0.9, len(mine) - 1, mine.mean(), stats.sem(mine))
        np.testing.assert_allclose([low[i], high[i]], expected, rtol=1e-12)
    assert np.isnan([low[2], high[2]]).all()
    full = maturity.assess(MODEL, cells[:1])
    np.testing.assert_allclose(np.mean(full.interval(), axis=0), full.value)
    with pytest.raises(InvalidDataError, match="level"):
        found.interval(95)


def test_an_interval_stays_on_the_scale():
    found = maturity.assess(plain({"a": {}}), [[[0], [5]]])
    assert [end[0] for end in found.interval()] == [0, 5]
