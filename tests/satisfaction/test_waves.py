"""Tests of trends over waves, comparison of waves and modes, and journeys."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from scipy import stats

import custvalue as cv
from custvalue.errors import InvalidDataError
from custvalue.satisfaction import (
    JourneyScore,
    ShareTrend,
    StageScores,
    Trend,
    journey_score,
    share_trend,
    stage_scores,
    trend_test,
)

ERROR = cv.errors.InvalidDataError


def test_three_waves_cannot_be_significant():
    # The source's 80, 85, 90 %: S = 3, Var(S) = 11/3, Z = 1.0445, p = .296; exactly 2/6.
    found = trend_test([0.80, 0.85, 0.90])
    assert found.s == 3
    assert found.variance == pytest.approx(11 / 3)
    assert found.z == pytest.approx(1.0445, abs=5e-5)
    assert found.p_value("normal") == pytest.approx(0.296, abs=5e-4)
    assert found.p_value() == found.p_value("exact") == pytest.approx(2 / 6)
    assert found.value == pytest.approx(0.05)
    assert found.interval() == (-np.inf, np.inf)
    assert Trend.from_dict(found.to_dict()) == found


def test_slope_and_interval_are_those_of_scipy():
    rng = np.random.default_rng(1)
    score, time = rng.normal(size=8) + np.arange(8) / 4, np.arange(8) * 3.0
    found = trend_test(score, time)
    slope, _, low, high = stats.theilslopes(score, time)
    assert (found.value, *found.interval()) == pytest.approx((slope, low, high))


@given(st.lists(st.integers(0, 5), min_size=3, max_size=15))
def test_s_with_ties_is_that_of_kendall(scores):
    found = trend_test(scores)
    pairs = [np.sign(b - a) for i, a in enumerate(scores) for b in scores[i + 1 :]]
    assert found.s == sum(pairs)
    assert trend_test(scores[::-1]).s == -found.s
    if len(set(scores)) == 1:
        assert np.isnan(found.p_value())
    else:
        mean = [found.interval(level)[0] <= found.value for level in (0.5, 0.95)]
        assert all(mean)
        exact = stats.kendalltau(np.arange(len(scores)), scores, method="asymptotic").pvalue
        assert found.p_value("normal") >= exact - 1e-12  # continuity is on the safe side


def test_variance_of_ties_by_hand():
    # n = 5, one tie of three: (5*4*15 - 3*2*11) / 18
    assert trend_test([1, 2, 2, 2, 3]).variance == pytest.approx((300 - 66) / 18)


def test_bad_trends_are_named():
    with pytest.raises(ERROR, match="score: must be finite"):
        trend_test([1, float("nan")])
    with pytest.raises(ERROR, match="time: must differ"):
        trend_test([1, 2], [3, 3])
    with pytest.raises(ERROR, match="one number for each wave"):
        trend_test([1, 2], [3])
    with pytest.raises(ERROR, match="must not be tied"):
        trend_test([1, 1, 2]).p_value("exact")
    assert np.isnan(trend_test([1]).value)
    assert np.isnan(trend_test([]).interval()).all()
    repr(trend_test([]))


def test_share_trend_of_the_source_needs_98_respondents_a_year():
    share = np.array([0.80, 0.85, 0.90])
    assert share_trend(share * 97, [97] * 3).p_value > 0.05
    assert share_trend(share * 98, [98] * 3).p_value < 0.05
    assert share_trend(share * 98, [98] * 3).departure == pytest.approx(1.0)


def test_two_waves_are_the_test_of_two_shares():
    found = share_trend([80, 90], [100, 100])
    assert found.z == pytest.approx(1.980, abs=5e-4)
    assert found.p_value == pytest.approx(0.0477, abs=5e-5)
    assert share_trend([24, 27], [30, 30]).p_value == pytest.approx(0.278, abs=5e-4)


def test_share_trend_splits_the_chi_square_of_the_table():
    count, total = np.array([12, 30, 25]), np.array([40, 60, 35])
    found = share_trend(count, total, [1, 2, 4])
    table = stats.chi2_contingency([count, total - count], correction=False)
    rest = stats.chi2.isf(found.departure, 1)
    assert found.z**2 + rest == pytest.approx(table.statistic)
    slope = np.polyfit(
        np.repeat([1, 2, 4], total),
        np.concatenate([[1] * c + [0] * (t - c) for c, t in zip(count, total, strict=True)]),
        1,
    )[0]
    assert found.value == pytest.approx(slope)


def test_share_trends_add_and_travel():
    one, two = share_trend([1, 2], [5, 5]), share_trend([3, 1], [4, 4], [1, 2])
    assert (one + two).count.tolist() == [1, 5, 1]
    assert ShareTrend.from_dict(one.to_dict()) == one
    for nothing in (ShareTrend(), share_trend([0, 0], [0, 0]), share_trend([3], [5])):
        assert np.isnan(nothing.p_value)
        repr(nothing)
    with pytest.raises(ERROR, match="must not exceed"):
        share_trend([6], [5])
    with pytest.raises(ERROR, match="one number for each wave"):
        share_trend([6], [7, 8])


def survey() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    return pd.DataFrame(
        {
            "wave": np.repeat(["2023", "2024", "2025"], [40, 30, 50]),
            "region": np.tile(["n", "s"], 60),
            "score": rng.integers(1, 6, 120),
            "w": rng.uniform(0.5, 2, 120),
        }
    )


def test_means_by_welch():
    found = stage_scores(survey(), "score", stage="wave", scale=(1, 5))
    table = found.changes(correction="none")
    waves = [part["score"] for _, part in survey().groupby("wave")]
    for i in (1, 2):
        expected = stats.ttest_ind(waves[i], waves[i - 1], equal_var=False)
        bounds = expected.confidence_interval()
        assert table["p_value"][i] == pytest.approx(expected.pvalue)
        assert (table["lower"][i], table["upper"][i]) == pytest.approx(tuple(bounds))
    t = stats.t.interval(0.95, 39, waves[0].mean(), stats.sem(waves[0]))
    assert (found.interval()[0][0], found.interval()[1][0]) == pytest.approx(t)
    assert found.changes()["p_value"].max() >= table["p_value"].max()


def test_shares_and_one_reference():
    found = stage_scores(survey(), "score", stage="wave", scale=(1, 5), top=4)
    table = found.changes("2023", correction="none")
    share = survey().groupby("wave")["score"].apply(lambda s: (s >= 4).mean())
    assert table["difference"].to_numpy()[1:] == pytest.approx(share.to_numpy()[1:] - share.iloc[0])
    assert np.isnan(table["difference"][0])
    low, high = table["lower"], table["upper"]
    assert (low[1:] < table["difference"][1:]).all()
    assert (high[1:] > table["difference"][1:]).all()
    with pytest.raises(ERROR, match="reference"):
        found.changes("2019")


def test_newcombes_example():
    # Newcombe (1998), method 10: 56/70 - 48/80 -> 0.0524, 0.3339
    table = pd.DataFrame(
        {"m": ["a"] * 80 + ["b"] * 70, "y": [1] * 48 + [0] * 32 + [1] * 56 + [0] * 14}
    )
    row = stage_scores(table, "y", stage="m", top=1).changes().iloc[1]
    assert (row["lower"], row["upper"]) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_groups_weights_and_sums():
    table = survey()
    how = {"stage": "wave", "scale": (1, 5), "by": "region", "weight": "w"}
    found = stage_scores(table, "score", **how)
    parts = [stage_scores(part, "score", **how) for part in (table[:55], table[55:])]
    pooled = sum(parts, StageScores())
    assert pooled.value == pytest.approx(found.value)
    assert pooled.answers.tolist() == found.answers.tolist()
    assert StageScores.from_dict(found.to_dict()) == found
    south = table[table["region"] == "s"]
    alone = stage_scores(south, "score", stage="wave", scale=(1, 5), weight="w")
    assert found.value[3:] == pytest.approx(alone.value)
    changes = found.changes("2024")
    assert changes["difference"][3:].to_numpy() == pytest.approx(
        alone.changes("2024")["difference"].to_numpy(), nan_ok=True
    )
    assert np.isnan(found.changes()["difference"][3])  # no wave before in the group
    twice = stage_scores(table.assign(w=2 * table["w"]), "score", **how)
    assert twice.interval()[0] == pytest.approx(found.interval()[0])


def test_small_stages_are_hidden():
    found = stage_scores(survey(), "score", stage="wave", min_group=35)
    assert np.isnan(found.value).tolist() == [False, True, False]
    assert found.changes()["p_value"].isna().all()
    assert found.low_base.tolist() == [False, False, False]
    assert found.value[0] == pytest.approx(survey()["score"][:40].mean())


def test_journeys():
    found = stage_scores(survey(), "score", stage="wave", scale=(1, 5))
    score = journey_score(found, {"2023": 1, "2024": 2, "2025": 1})
    share = np.array([0.25, 0.5, 0.25])
    assert score.value == pytest.approx(found.value @ share)
    assert score.error == pytest.approx(np.sqrt(found.standard_error**2 @ share**2))
    assert score.interval()[0] < score.value < score.interval()[1]
    assert JourneyScore.from_dict(score.to_dict()) == score
    grouped = journey_score(stage_scores(survey(), "score", stage="wave", by="region"))
    assert grouped.to_frame().shape == (2, 4)
    assert np.isnan(journey_score(StageScores()).value)
    with pytest.raises(ERROR, match="importance"):
        journey_score(found, {"2023": 1})
    with pytest.raises(ERROR, match="above 0"):
        journey_score(found, {"2023": 1, "2024": 0, "2025": 1})
    with pytest.raises(ERROR, match="StageScores"):
        journey_score(survey())


def test_engines(engine):
    found = stage_scores(engine.frame(survey()), "score", stage="wave", scale=(1, 5))
    assert found.value == pytest.approx(survey().groupby("wave")["score"].mean().to_numpy())
    assert engine.owns(found.changes())
    assert engine.owns(found.to_frame())


def test_bad_stages_are_named():
    with pytest.raises(ERROR, match="stage"):
        stage_scores(survey(), "score", stage="region", by="region")
    with pytest.raises(ERROR, match="scale from 1 to 3"):
        stage_scores(survey(), "score", stage="wave", scale=(1, 3))
    with pytest.raises(ERROR, match="missing values"):
        stage_scores(survey().assign(wave=None), "score", stage="wave")


@pytest.mark.parametrize("name", ["value", "difference"])
def test_groups_do_not_hide_columns(name):
    with pytest.raises(ERROR, match="Rename the column"):
        stage_scores(survey().assign(**{name: 1}), "score", stage="wave", by=name)


def test_seasons_are_compared_in_the_order_that_is_given():
    rng = np.random.default_rng(2)
    seasons = np.repeat(["Spring", "Summer", "Autumn"], 100)
    table = pd.DataFrame({"a": rng.integers(1, 6, 300), "when": seasons})
    found = stage_scores(table, "a", stage="when", scale=(1, 5))
    shown = found.changes(order=["Spring", "Summer", "Autumn"]).set_index("stage")
    before = shown["reference"].dropna().to_dict()
    assert before == {"Summer": "Spring", "Autumn": "Summer"}
    mean = table.groupby("when")["a"].mean()
    assert shown.loc["Autumn", "difference"] == pytest.approx(mean["Autumn"] - mean["Summer"])
    for order in (["Spring"], ["Spring", "Summer", "Summer"], ["a", "b", "c"]):
        with pytest.raises(InvalidDataError, match="each of"):
            found.changes(order=order)
    with pytest.raises(InvalidDataError, match="order"):
        found.changes("Spring", order=["Spring", "Summer", "Autumn"])
    ordered = table.assign(
        when=pd.Categorical(seasons, ["Spring", "Summer", "Autumn"], ordered=True)
    )
    with pytest.warns(cv.errors.CustValueWarning, match="not of the categories"):
        assert stage_scores(ordered, "a", stage="when", scale=(1, 5)) == found
