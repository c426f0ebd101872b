"""Gaps, strengths, blockers, roadmaps, comparisons, peers, assessor gaps, contradictions."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import custvalue as cv
from custvalue import maturity
from custvalue.errors import InvalidDataError

from .models import plain, streams

MODEL = maturity.load("customer-management")


# ---- gaps


def test_what_exceeds_its_target_makes_up_for_nothing():
    model = plain({"a": {}, "b": {}})
    gap = maturity.target_gap(maturity.assess(model, [[5, 1]]), 3)
    assert gap.gap.tolist() == [[0, 2]]
    assert gap.value[0] == pytest.approx(1 - 2 / 6)


def test_what_does_not_apply_has_no_target_and_what_is_not_rated_counts_as_the_lowest():
    model = plain({"a": {}, "b": {}, "c": {"target": 2}})
    found = maturity.assess(model, [[4, -1, np.nan]], not_applicable=(-1,))
    gap = maturity.target_gap(found, {"a": 4, "b": 4})
    assert gap.target.tolist() == [[4, 0, 2]]
    assert gap.gap.tolist() == [[0, 0, 2]]
    assert np.isnan(maturity.progress_to_date(2, 3, 2))


@pytest.mark.parametrize("target", [6, -1, np.nan, "high", {"nothing": 2}, {"a": 9}, None])
def test_targets_off_the_scale_are_refused(target):
    found = maturity.assess(plain({"a": {}}), [[4]])
    with pytest.raises(InvalidDataError, match="target"):
        maturity.target_gap(found, target)


# ---- strengths


def test_strengths_and_weaknesses_are_the_items_furthest_from_the_target():
    model = plain({name: {} for name in "abcde"})
    found = maturity.assess(model, [[5, 4, 3, 1, np.nan], [3, 3, 3, 3, 3]])
    table = maturity.strengths(found, 2, target=3).to_frame()
    assert table["organisation"].tolist() == [0, 0, 0]
    assert table["item"].tolist() == ["a", "b", "d"]
    assert table["kind"].tolist() == ["strength", "strength", "weakness"]
    assert table["difference"].tolist() == [2, 1, -2]
    against_the_mean = maturity.strengths(found, 1)
    assert against_the_mean.reference.tolist() == [3.25, 3.25]


# ---- blockers


@pytest.mark.parametrize("rule_set", ["capability", "iso33020", "c2m2", "staged"])
def test_raising_all_blockers_reaches_the_next_level_and_fewer_do_not(rule_set):
    rng = np.random.default_rng(3)
    placed = rule_set != "capability"
    items = {f"i{n}": {"level": 1 + n % 3} if placed else {} for n in range(7)}
    model = plain(items, rule_set)
    points, codes = model.scale.points, model.scale.codes
    for _ in range(40):
        ratings = rng.choice(points[len(points) // 3 :], 7)
        found = maturity.assess(model, [ratings])
        blocked = maturity.blockers(found)
        level = found.component_levels[0, 0]
        assert not np.isnan(level)
        if not len(blocked.item):
            highest = 3 if placed else 5
            assert level == highest
            continue
        assert set(blocked.level) == {level + 1}
        raised = ratings.copy()
        for name, code in zip(blocked.item, blocked.needed, strict=True):
            raised[model.item_ids.index(name)] = points[codes.index(code)]
        assert maturity.assess(model, [raised]).component_levels[0, 0] >= level + 1
        for name in blocked.item:
            one_less = raised.copy()
            place = model.item_ids.index(name)
            one_less[place] = ratings[place]
            assert maturity.assess(model, [one_less]).component_levels[0, 0] == level


def test_models_without_levels_have_no_blockers():
    with pytest.raises(InvalidDataError, match="must have levels"):
        maturity.blockers(maturity.assess(streams(), [[0] * 6]))


# ---- roadmap


def test_a_roadmap_follows_dependencies_and_priority():
    rng = np.random.default_rng(1)
    ratings = rng.integers(0, 5, 20)
    found = maturity.assess(MODEL, [ratings])
    for first in (True, False):
        steps = maturity.roadmap(found, 5, blockers_first=first)
        assert sorted(steps.item) == sorted(MODEL.item_ids)
        place = {name: i for i, name in enumerate(steps.item)}
        for item in MODEL.items:
            assert all(place[before] < place[item.id] for before in item.depends_on)
    np.testing.assert_allclose(steps.priority, steps.gap * steps.impact / steps.effort
                               * weights(steps.item))  # fmt: skip


def weights(names):
    """Return the weight of items in the overall mean, by moving one rating after the other."""
    base = np.full(20, 2.0)
    out = []
    for name in names:
        moved = base.copy()
        moved[MODEL.item_ids.index(name)] += 1
        one, other = (maturity.assess(MODEL, [r]).value[0] for r in (base, moved))
        out.append(other - one)
    return np.array(out)


def test_what_is_on_target_is_on_no_roadmap_and_stops_nobody():
    model = plain({"base": {}, "top": {"depends_on": ["base"]}})
    steps = maturity.roadmap(maturity.assess(model, [[4, 2]]), 4)
    assert steps.item.tolist() == ["top"]
    assert steps.after.tolist() == [""]
    done = maturity.roadmap(maturity.assess(model, [[4, 4]]), 4)
    assert len(done.item) == 0


def test_a_roadmap_stops_where_the_effort_is_spent():
    found = maturity.assess(MODEL, [[1] * 20])
    whole = maturity.roadmap(found, 3)
    some = maturity.roadmap(found, 3, max_effort=30)
    assert some.cumulative_effort[-1] <= 30
    assert whole.item[: len(some.item)].tolist() == some.item.tolist()
    assert some.notes == {"steps beyond max_effort": 20 - len(some.item)}


def test_the_organisation_of_a_roadmap_is_not_guessed():
    found = maturity.assess(MODEL, [[1] * 20, [2] * 20])
    with pytest.raises(InvalidDataError, match="must name one of the organisations 0, 1"):
        maturity.roadmap(found, 3)
    assert maturity.roadmap(found, 3, organisation=1).rating.tolist() == [2] * 20


# ---- comparison


def sheets(ratings, assessors, organisation="we"):
    table = pd.DataFrame(ratings, columns=MODEL.item_ids)
    return table.assign(who=assessors, org=organisation)


def test_a_comparison_pairs_the_same_assessors():
    rng = np.random.default_rng(4)
    then, now = rng.integers(0, 4, (4, 20)), rng.integers(1, 6, (4, 20))
    one = maturity.assess(MODEL, sheets(then, list("abcd")), organisation="org", assessor="who")
    two = maturity.assess(MODEL, sheets(now, list("dcbe")), organisation="org", assessor="who")
    found = maturity.compare(one, two)
    each = dict(zip("abcd", one.assessor_scores, strict=True))
    later = dict(zip("bcde", two.assessor_scores, strict=True))
    change = np.array([later[name] - each[name] for name in "bcd"])
    assert found.pairs.tolist() == [3]
    expected = stats.t.interval(0.9, 2, change.mean(), stats.sem(change))
    np.testing.assert_allclose(np.ravel(found.interval(0.9)), expected)
    assert found.value[0] == pytest.approx(two.value[0] - one.value[0])


def test_another_model_is_no_progress():
    one = maturity.assess("value-crm", [[1] * 15])
    content = dict(one.model.declaration)
    content["model"] = content["model"] | {"version": "1.0.1"}
    other = maturity.assess(maturity.load(content), [[2] * 15])
    with pytest.raises(InvalidDataError, match=r"value-crm 1\.0\.1"):
        maturity.compare(one, other)


def test_organisations_in_one_assessment_only_are_counted():
    one = maturity.assess(MODEL, sheets([[1] * 20] * 2, "aa", ["x", "y"]), organisation="org")
    two = maturity.assess(MODEL, sheets([[2] * 20] * 2, "aa", ["y", "z"]), organisation="org")
    found = maturity.compare(one, two)
    assert found.organisation.tolist() == ["y"]
    assert found.notes == {"organisations before only": 1, "organisations after only": 1}


# ---- peers


def test_peers_against_a_plain_count():
    rng = np.random.default_rng(6)
    ratings = rng.integers(0, 6, (40, 20)).astype(float)
    ratings[rng.random(ratings.shape) < 0.2] = np.nan
    sector = rng.integers(0, 3, 40)
    found = maturity.assess(MODEL, ratings)
    table = maturity.benchmark(found, found, segment=sector, peer_segment=sector)
    frame = table.to_frame().set_index(["organisation", "component"])
    for name, scores in [("overall", found.value), ("needs", found.component_scores[:, 0])]:
        for i in range(40):
            others = scores[(sector == sector[i]) & (np.arange(40) != i)]
            others = others[~np.isnan(others)]
            row = frame.loc[(i, name)]
            assert row["peers"] == len(others)
            if np.isnan(scores[i]) or len(others) < 5:
                assert np.isnan(row["percentile"])
                continue
            below, equal = (others < scores[i]).sum(), (others == scores[i]).sum()
            assert row["percentile"] == pytest.approx(100 * (below + equal / 2) / len(others))
            assert row["mean"] == pytest.approx(others.mean())
            assert row["z"] == pytest.approx((scores[i] - others.mean()) / others.std(ddof=1))


@pytest.mark.parametrize("own", [True, False])
def test_peers_that_are_all_equal_have_no_spread(own):
    """Though the sum of their squares is rounded: z would be millions."""
    rng = np.random.default_rng(12)
    for _ in range(20):
        alike, mine = rng.integers(0, 6, (2, 20))
        peers = maturity.assess(MODEL, [alike] * 7 + [mine] * own)
        z = maturity.benchmark(maturity.assess(MODEL, [mine] * 8), peers).z.reshape(8, 5)[-1]
        assert np.isnan(z).all()


def test_too_few_peers_say_nothing_and_are_counted():
    found = maturity.assess(MODEL, [[1] * 20, [2] * 20])
    table = maturity.benchmark(found, found)
    assert table.notes == {"rows with too few peers": 10}
    for column in (table.value, table.quartile, table.mean, table.z):
        assert np.isnan(column).all()
    with pytest.raises(InvalidDataError, match="segment, peer_segment"):
        maturity.benchmark(found, found, segment=[1, 2])


# ---- assessors


def test_the_gap_of_self_assessments_has_a_paired_interval():
    rng = np.random.default_rng(7)
    third = rng.integers(0, 4, (6, 20)).astype(float)
    own = np.minimum(third + rng.integers(0, 3, third.shape), 5)
    third[0, 3] = np.nan
    table = pd.DataFrame(np.vstack([own, third]), columns=MODEL.item_ids)
    table["org"] = list(range(6)) * 2
    table["kind"] = ["self"] * 6 + ["third_party"] * 6
    found = maturity.assess(MODEL, table, organisation="org", assessor="kind", kind="kind")
    gap = maturity.assessor_gap(found)
    each = np.nanmean(own - third, axis=1)
    assert len(gap.item) == 119
    assert gap.value == pytest.approx(each.mean())
    np.testing.assert_allclose(
        gap.interval(), stats.t.interval(0.95, 5, each.mean(), stats.sem(each))
    )
    item = gap.by_item().set_index("item").loc[MODEL.item_ids[5]]
    difference = own[:, 5] - third[:, 5]
    assert item["difference"] == pytest.approx(difference.mean())
    back = maturity.assessor_gap(found, "third_party", "self")
    assert back.value == pytest.approx(-gap.value)


def test_without_kinds_there_is_no_gap():
    with pytest.raises(InvalidDataError, match="must know the kind of assessors"):
        maturity.assessor_gap(maturity.assess(MODEL, [[1] * 20]))


# ---- ratings and data


@pytest.mark.parametrize(
    ("measured", "verdict"),
    [
        (0.45, "agrees"),
        ((0.45, 0.25, 0.65), "agrees"),
        ((0.25, 0.21, 0.29), "rated above data"),
        ((0.85, 0.81, 0.9), "rated below data"),
        ((np.nan, np.nan, np.nan), "no data"),
    ],
)
def test_only_whole_intervals_contradict_a_rating(measured, verdict):
    found = maturity.assess(plain({"a": {}}), [[2]])
    data = maturity.contradictions(found, {"a": measured}, {"a": (0.2, 0.4, 0.6, 0.8, 1)})
    assert data.verdict.tolist() == [verdict]
    assert data.value == (verdict.startswith("rated"))


def test_bands_may_fall_where_less_is_better():
    found = maturity.assess(plain({"churn": {}}), [[4]])
    bands = {"churn": (0.5, 0.3, 0.2, 0.1, 0.05)}
    for share, band in [(0.6, 0), (0.3, 2), (0.15, 3), (0.01, 5)]:
        data = maturity.contradictions(found, {"churn": share}, bands)
        assert data.data_lowest.tolist() == [str(band)]


@pytest.mark.parametrize(
    ("measured", "bands", "match"),
    [
        ({"b": 1}, {"b": (1, 2, 3, 4, 5)}, "must name items"),
        ({"a": 1}, {}, "must be given"),
        ({"a": 1}, {"a": (1, 2, 3)}, "5 numbers"),
        ({"a": 1}, {"a": (1, 2, 2, 3, 4)}, "5 numbers"),
        ({"a": "much"}, {"a": (1, 2, 3, 4, 5)}, "measured a"),
        ({"a": (1, 3, 2)}, {"a": (1, 2, 3, 4, 5)}, "lower bound"),
        ({"a": (1, 2)}, {"a": (1, 2, 3, 4, 5)}, "measured a"),
    ],
)
def test_bad_measurements_are_named(measured, bands, match):
    found = maturity.assess(plain({"a": {}}), [[2]])
    with pytest.raises(InvalidDataError, match=match):
        maturity.contradictions(found, measured, bands)


@pytest.mark.parametrize(
    "function",
    [maturity.target_gap, maturity.strengths, maturity.blockers, maturity.roadmap,
     maturity.assessor_gap],
)  # fmt: skip
def test_what_is_no_assessment_is_refused(function):
    with pytest.raises(InvalidDataError, match="must be an Assessment"):
        function([[1] * 20])


def test_orders_of_organisations_and_items_do_not_matter():
    rng = np.random.default_rng(8)
    ratings = rng.integers(0, 6, (5, 20))
    found = maturity.assess(MODEL, sheets(ratings, "a", list("vwxyz")), organisation="org")
    for order in itertools.islice(itertools.permutations(range(5)), 0, 120, 37):
        table = sheets(ratings[list(order)], "a", [list("vwxyz")[i] for i in order])
        table = table[table.columns[::-1]]
        again = maturity.assess(MODEL, table, organisation="org")
        assert again == found
        assert maturity.blockers(again) == maturity.blockers(found)
    assert cv.maturity.benchmark(found, found) == cv.maturity.benchmark(again, again)
