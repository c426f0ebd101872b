"""Tests of Net Promoter Scores: two samples, many groups, the same people twice, sample sizes."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from scipy import stats

import custvalue as cv
from custvalue.satisfaction import (
    NPS,
    NPSChange,
    NPSDifference,
    compare_groups,
    compare_nps,
    nps,
    nps_change,
    nps_sample_size,
)
from custvalue.satisfaction._multiplicity import corrected

P_VALUES = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=12)


def test_two_samples():
    wald = compare_nps(NPS(30, 30, 40), NPS(20, 30, 50), method="wald")
    assert wald.value == pytest.approx(0.20)
    assert wald.standard_error == pytest.approx(0.114018, abs=6e-7)
    assert wald.statistic == pytest.approx(1.754116, abs=6e-7)
    assert wald.p_value == pytest.approx(0.079411, abs=6e-7)
    default = compare_nps(NPS(30, 30, 40), NPS(20, 30, 50))
    assert default.value == pytest.approx(0.194175, abs=6e-7)
    assert default.standard_error == pytest.approx(0.112089, abs=6e-7)
    assert default.statistic == pytest.approx(1.732324, abs=6e-7)
    assert default.p_value == pytest.approx(0.083216, abs=6e-7)
    assert default.interval() == pytest.approx((-0.025516, 0.413865), abs=6e-7)


def test_each_sample_is_divided_by_its_own_size():
    """A script in circulation divides the second sample's passives by the first sample's size."""
    found = compare_nps(NPS(3, 3, 4), NPS(200, 300, 500), method="wald")
    assert found.value == pytest.approx(0.3 - 0.1)
    assert found.standard_error == pytest.approx(np.sqrt(0.69 / 10 + 0.61 / 1000))


def test_swapping_changes_the_sign():
    one, other = NPS(3, 8, 4), NPS(5, 5, 20)
    there, back = compare_nps(one, other), compare_nps(other, one)
    assert there.value == -back.value
    assert there.p_value == back.p_value


def test_weighted_samples_go_by_the_effective_number():
    raw = [0, 10, 7, 9, 3, 10]
    weighted = nps(raw, weight=[3.0] * 6)
    assert compare_nps(weighted, NPS(1, 1, 1)).p_value == pytest.approx(
        compare_nps(nps(raw), NPS(1, 1, 1)).p_value
    )


def test_every_two_groups():
    counts = np.array([[30, 30, 40], [20, 30, 50], [5, 30, 65], [0, 0, 0]])
    scores = NPS(*counts.T, groups={"shop": ["a", "b", "c", "d"]})
    for correction in ("holm", "benjamini-hochberg", "none"):
        pairs = compare_groups(scores, correction=correction)
        frame = pairs.to_frame()
        assert frame["shop_1"].tolist() == ["a", "a", "a", "b", "b", "c"]
        assert frame["shop_2"].tolist() == ["b", "c", "d", "c", "d", "d"]
        each = [compare_nps(NPS(*counts[i]), NPS(*counts[j])) for i, j in [(0, 1), (0, 2), (1, 2)]]
        tested = [0, 1, 3]
        plain = np.array([one.p_value for one in each])
        np.testing.assert_allclose(pairs.p_value[tested], plain)
        np.testing.assert_allclose(pairs.corrected_p[tested], corrected(plain, correction))
        assert np.isnan(pairs.corrected_p[[2, 4, 5]]).all()
        assert NPSDifference.from_dict(pairs.to_dict()) == pairs


@given(P_VALUES)
def test_corrections(values):
    p = np.array(values)
    hochberg = corrected(p, "benjamini-hochberg")
    np.testing.assert_allclose(hochberg, stats.false_discovery_control(p), rtol=1e-12)
    holm = corrected(p, "holm")
    assert (holm >= hochberg - 1e-12).all()
    assert (holm >= p).all()
    assert (holm <= np.minimum(p * len(p), 1.0) + 1e-12).all()


def test_holm_by_hand():
    found = corrected([0.01, 0.04, 0.03, np.nan, 0.005], "holm")
    np.testing.assert_allclose(found, [0.03, 0.06, 0.06, np.nan, 0.02])


def test_hidden_groups_are_not_compared():
    scores = NPS([3, 30, 40], [3, 30, 20], [4, 40, 40], groups={"g": [1, 2, 3]}, min_group=20)
    pairs = compare_groups(scores)
    assert np.isnan(pairs.value).tolist() == [True, True, False]
    assert pairs.corrected_p[2] == pairs.p_value[2]


def test_two_samples_of_groups():
    one = NPS([3, 30], [3, 30], [4, 40], groups={"g": ["a", "b"]})
    other = NPS([1, 20], [3, 30], [6, 50], groups={"g": ["a", "b"]})
    found = compare_nps(one, other)
    assert found.p_value[1] == pytest.approx(0.083216, abs=6e-7)
    assert found.to_frame()["g"].tolist() == ["a", "b"]


def test_change_of_the_same_people_is_students_t():
    rng = np.random.default_rng(11)
    table = pd.DataFrame({"a": rng.integers(0, 11, 80), "b": rng.integers(3, 11, 80)})
    side = (table >= 9).astype(int) - (table <= 6).astype(int)
    oracle = stats.ttest_rel(side["b"], side["a"])
    found = nps_change(table, "a", "b")
    assert found.statistic == pytest.approx(oracle.statistic)
    assert found.p_value == pytest.approx(oracle.pvalue)
    ends = oracle.confidence_interval(0.9)
    assert found.interval(0.9) == pytest.approx((ends.low, ends.high))
    assert found.value == pytest.approx(nps(table, "b").value - nps(table, "a").value)


def test_changes_add_and_weigh(engine):
    rng = np.random.default_rng(12)
    table = pd.DataFrame({"a": rng.integers(0, 11, 60), "b": rng.integers(0, 11, 60),
                          "g": ["x", "y"] * 30, "w": [0.5] * 60})  # fmt: skip
    data = table.to_dict("list")
    data["a"][3], data["b"][4], data["a"][5], data["b"][5] = None, None, None, None
    whole = nps_change(engine.frame(data), "a", "b", by="g")
    assert whole.notes == {"a: missing": 2, "b: missing": 2, "answered once": 2}
    parts = [pd.DataFrame(data).iloc[rows] for rows in (slice(0, 25), slice(25, 60))]
    assert sum(nps_change(part, "a", "b", by="g") for part in parts) == whole
    weighted = nps_change(engine.frame(data), "a", "b", by="g", weight="w")
    np.testing.assert_allclose(weighted.interval(), whole.interval())
    assert NPSChange.from_dict(whole.to_dict()) == whole
    assert engine.owns(whole.to_frame())


def test_change_of_none_is_nan():
    found = nps_change(pd.DataFrame({"a": [None], "b": [3]}), "a", "b")
    assert np.isnan([found.value, found.p_value, *found.interval()]).all()
    alike = nps_change(pd.DataFrame({"a": [1, 2], "b": [10, 10]}), "a", "b")
    assert alike.value == 2.0
    assert np.isnan(alike.p_value)  # no scatter: no t


def test_sample_size():
    assert nps_sample_size(0.05) == 1537
    assert nps_sample_size(0.1, 0.9) == 271
    assert nps_sample_size(1.959963984540054 * 0.037148, detractors=0.3, promoters=0.4) == 501
    assert nps_sample_size(0.05, population=2000) == 870
    assert nps_sample_size(0.05, population=1) == 1
    assert nps_sample_size(0.1, detractors=0.0, promoters=1.0) == 0
    n = int(nps_sample_size(0.04, detractors=0.2, promoters=0.5))
    counts = NPS(0.2 * n, 0.3 * n, 0.5 * n)
    low, high = counts.interval(method="wald")
    assert (high - low) / 2 == pytest.approx(0.04, rel=1e-3)
    assert (high - low) / 2 <= 0.04


def test_bad_input():
    def bad(match, call):
        with pytest.raises(cv.errors.InvalidDataError, match=match):
            call()

    one = NPS(1, 2, 3)
    grouped = NPS([1, 2], [1, 2], [1, 2], groups={"g": ["a", "b"]})
    bad("must be a NPS", lambda: compare_nps(one, 5))
    bad("breaks", lambda: compare_nps(one, nps([1], breaks=(6, 8))))
    bad("same groups", lambda: compare_nps(one, grouped))
    bad("method", lambda: compare_nps(one, one, method="t"))
    bad("must have groups", lambda: compare_groups(one))
    bad("correction", lambda: compare_groups(grouped, correction="tukey"))
    bad("margin", lambda: nps_sample_size(5))
    bad("margin", lambda: nps_sample_size(0))
    bad("detractors", lambda: nps_sample_size(0.1, detractors=0.6))
    bad("population", lambda: nps_sample_size(0.1, population=0))
    bad("different columns", lambda: nps_change(pd.DataFrame({"a": [1]}), "a", "a"))
    bad("breaks", lambda: nps_change(pd.DataFrame({"a": [1], "b": [1]}), "a", "b", breaks=(9, 7)))
