"""CSAT, batteries and CES: numbers of the sources, laws, groups, bad input."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from scipy import stats

import custvalue as cv
from custvalue.satisfaction import CES, CSAT, battery, ces, csat

RAW = st.lists(st.integers(1, 5), min_size=1, max_size=30)
HUNDRED = [5] * 40 + [4] * 40 + [3] * 10 + [2] * 6 + [1] * 4


def test_hundred_answers():
    record = csat(HUNDRED)
    assert record.mean == pytest.approx(4.06, abs=1e-12)
    assert record.value == pytest.approx(0.80, abs=1e-12)
    assert record.top_box() == pytest.approx(0.40, abs=1e-12)
    assert record.index == pytest.approx(76.5, abs=1e-12)
    assert record.bottom_box() == pytest.approx(0.04, abs=1e-12)
    assert record.net_box(2) == pytest.approx(0.70, abs=1e-12)
    assert record.shares == pytest.approx([0.04, 0.06, 0.1, 0.4, 0.4])
    assert record == CSAT([1, 2, 3, 4, 5], [4, 6, 10, 40, 40])


def test_ninety_of_a_hundred():
    record = csat([5] * 90 + [1] * 10)
    assert record.interval() == pytest.approx((0.825634, 0.944771), abs=6e-7)
    found = record.interval(method="agresti-coull")
    assert found == pytest.approx((0.823890, 0.946515), abs=6e-7)


@given(RAW.filter(lambda raw: len(set(raw)) > 1))
def test_mean_interval_is_students(raw):
    found = csat(raw).mean_interval(0.9)
    t = stats.t.interval(0.9, len(raw) - 1, np.mean(raw), stats.sem(raw))
    assert found == pytest.approx(np.clip(t, 1, 5), abs=1e-9)
    scaled = csat(raw).index_interval(0.9)
    assert scaled == pytest.approx(tuple((np.array(found) - 1) * 25), abs=1e-9)


def test_net_box_is_a_net_promoter_score():
    record = csat(HUNDRED)
    same = cv.satisfaction.NPS(10, 10, 80)
    assert record.net_box_interval(2) == pytest.approx(same.interval(), abs=1e-12)


@given(RAW, RAW)
def test_pooling_is_adding(one, other):
    assert csat(one) + csat(other) == csat(one + other)
    assert ces(one) + ces(other) == ces(one + other)


@given(RAW)
def test_reversing_mirrors(raw):
    plain, turned = csat(raw), csat(raw, reverse=True)
    assert turned.index == pytest.approx(100 - plain.index)
    assert turned.top_box(2) == plain.bottom_box(2)
    assert turned == csat([6 - answer for answer in raw])
    assert csat(pd.DataFrame({"q": raw}), "q", reverse=True) == turned


@given(RAW)
def test_shares_add_up_and_stay_inside(raw):
    record = csat(raw)
    assert record.shares.sum() == pytest.approx(1.0)
    low, high = record.interval()
    assert 0 <= low <= record.value + 1e-12
    assert record.value - 1e-12 <= high <= 1


@given(RAW, st.integers(1, 4))
def test_weights(raw, times):
    weights = np.arange(len(raw)) % times + 1
    weighted, repeated = csat(raw, weight=weights), csat(np.repeat(raw, weights))
    assert weighted.mean == pytest.approx(repeated.mean)
    assert weighted.value == pytest.approx(repeated.value)
    assert weighted.base == len(raw)
    even = csat(raw, weight=np.full(len(raw), 0.1))
    assert even.interval() == pytest.approx(csat(raw).interval(), abs=1e-9)
    assert even.mean_interval() == pytest.approx(csat(raw).mean_interval(), nan_ok=True, abs=1e-9)


def test_weighted_interval_goes_by_the_effective_number():
    raw, weights = [5] * 80 + [1] * 20, [0.625] * 50 + [2.5] * 50
    record = csat(raw, weight=weights)
    n = sum(weights) ** 2 / sum(w * w for w in weights)
    share = sum(w for r, w in zip(raw, weights, strict=True) if r == 5) / sum(weights)
    assert record.effective_n == pytest.approx(n)
    z2 = 1.959963984540054**2
    centre = (share * n + z2 / 2) / (n + z2)
    half = np.sqrt(z2 * (n * share * (1 - share) + z2 / 4)) / (n + z2)
    assert record.interval() == pytest.approx((centre - half, centre + half), abs=1e-12)


def test_intervals_shrink_as_one_over_root_n():
    widths = [
        [np.diff(bounds)[0] for bounds in (record.interval(), record.mean_interval())]
        for record in (CSAT([1, 2, 3, 4, 5], np.full(5, n)) for n in (20_000, 80_000))
    ]
    assert np.divide(*widths) == pytest.approx([2.0, 2.0], rel=1e-3)


def test_groups_and_battery_of_every_engine(engine):
    data = {"price": [2, 3, 4, 4], "service": [5.0, 4.0, None, 5.0], "g": ["b", "a", "a", "b"]}
    record = battery(engine.frame(data), ["service", "price"], by="g")
    frame = engine.pandas(record.to_frame())
    assert engine.owns(record.to_frame())
    assert engine.owns(record.distribution())
    assert frame["item"].tolist() == ["price", "price", "service", "service"]
    assert frame["g"].tolist() == ["a", "b", "a", "b"]
    np.testing.assert_allclose(frame["mean"], [3.5, 3.0, 4.0, 5.0])
    assert frame["answers"].tolist() == [2, 2, 1, 2]
    assert record.notes == {"service: missing": 1}
    assert CSAT.from_dict(record.to_dict()) == record
    both = csat(engine.frame(data), "price", by="g")
    np.testing.assert_allclose(both.value, [0.5, 0.5])


def test_battery_items_are_what_each_alone_gives():
    rng = np.random.default_rng(5)
    table = pd.DataFrame({name: rng.integers(1, 8, 200) for name in "cab"})
    table["w"] = rng.random(200)
    record = battery(table, list("cab"), scale=(1, 7), reverse=["b"], weight="w")
    for i, name in enumerate("abc"):
        alone = csat(table, name, scale=(1, 7), reverse=name == "b", weight="w")
        assert record.value[i] == pytest.approx(alone.value)
        assert record.mean_interval()[0][i] == pytest.approx(alone.mean_interval()[0])
    assert battery(table, ["a"], scale=(1, 7)).groups["item"].tolist() == ["a"] * 7


def test_groups_that_are_in_one_record_only_are_kept():
    one = csat(pd.DataFrame({"q": [5, 4], "g": ["a", "b"]}), "q", by="g")
    two = csat(pd.DataFrame({"q": [1, 4], "g": ["b", "c"]}), "q", by="g")
    np.testing.assert_allclose((one + two).value, [1.0, 0.5, 1.0])


def test_small_groups_are_hidden():
    table = pd.DataFrame({"q": [5, 4, 1, 3], "g": ["a", "a", "a", "b"]})
    record = csat(table, "q", by="g", min_group=2)
    for column in ("top_2_box", "lower", "mean", "mean_upper", "index"):
        assert np.isnan(record.to_frame()[column].astype(float)).tolist()[1], column
    assert np.isnan(record.value).tolist() == [False, True]
    shown = record.distribution()
    assert shown["answers"].isna().tolist() == [False] * 5 + [True] * 5
    assert shown["lower"].isna().tolist() == [False] * 5 + [True] * 5
    assert np.isnan(record.net_box()).tolist() == [False, True]
    assert (record + record).to_frame()["mean"].tolist()[1] == 3.0


def test_none_is_nan():
    for record in (csat([]), CSAT(), ces([])):
        for number in (record.value, record.mean, record.index, *record.interval(),
                       *record.mean_interval()):  # fmt: skip
            assert np.isnan(number)
        assert record.base == 0
    assert np.isnan(csat([4]).mean_interval()).all()
    assert CSAT() + csat([4]) == csat([4])


def test_effort_of_both_versions():
    new = CES(np.arange(1, 8), [2, 3, 5, 10, 20, 35, 25])
    assert new.value == pytest.approx(0.8)
    assert new.mean == pytest.approx(5.48)
    assert new.index == pytest.approx((5.48 - 1) / 6 * 100)
    assert ces([7, 6, 5, 4, 1], agree_from=6).value == pytest.approx(0.4)
    old = ces([1, 2, 2, 3, 5], version="1.0")
    assert old.value == pytest.approx(0.6)
    assert old.mean == pytest.approx(2.6)
    low, high = old.index_interval()
    mean_low, mean_high = old.mean_interval()
    assert (low, high) == pytest.approx(((5 - mean_high) * 25, (5 - mean_low) * 25))
    assert old.index == pytest.approx(60.0)


def test_old_effort_is_the_mirror_of_new():
    raw = [1, 1, 2, 3, 4, 5, 5]
    old = ces(raw, version="1.0")
    new = ces([6 - answer for answer in raw], scale=(1, 5), agree_from=4)
    assert old.value == new.value
    assert old.index == pytest.approx(new.index)
    assert old.interval() == new.interval()


def test_effort_of_groups_travels_as_json(engine):
    record = ces(engine.frame({"e": [7, 2, 5], "g": ["x", "y", "x"]}), "e", by="g")
    np.testing.assert_allclose(record.value, [1.0, 0.0])
    assert CES.from_dict(record.to_dict()) == record
    assert engine.pandas(record.to_frame())["easy"].tolist() == [1.0, 0.0]


def test_bad_input():
    def bad(match, call):
        with pytest.raises(cv.errors.InvalidDataError, match=match):
            call()

    bad("scale from 1 to 5; got 6", lambda: csat([6]))
    bad("scale", lambda: csat([1], scale=None))
    bad("whole numbers", lambda: csat([1], scale=(1.5, 5)))
    bad("top", lambda: csat([1], top=5))
    bad("top", lambda: csat([1], top=1.5))
    bad("boxes", lambda: csat([1]).top_box(0))
    bad("boxes", lambda: csat([1]).net_box(3))
    bad("level", lambda: csat([1, 2]).mean_interval(95))
    bad("row for each", lambda: CSAT([1, 2, 3], [1, 2, 3]))
    bad("row for each", lambda: CSAT([1, 2, 3, 4, 6], [1, 2, 3, 4, 5]))
    bad("at least 0", lambda: CSAT([1, 2, 3, 4, 5], [-1, 2, 3, 4, 5]))
    bad("answer: must be numbers", lambda: CSAT(["a"], [1]))
    bad("top: must be the same", lambda: csat([1]) + csat([1], top=1))
    bad("scale: must be the same", lambda: csat([1]) + csat([1], scale=(1, 7)))
    bad("item", lambda: battery(pd.DataFrame({"q": [1], "item": ["a"]}), ["q"], by="item"))
    bad("by", lambda: csat(pd.DataFrame({"q": [1], "mean": ["a"]}), "q", by="mean").to_frame())
    bad("version", lambda: ces([1], version="3.0"))
    bad("agree_from", lambda: ces([1], scale=(1, 5)))
    bad("agree_from", lambda: ces([1], agree_from=9))
    bad("scale", lambda: ces([1], scale=5))
    bad("CSAT written", lambda: CSAT.from_dict(ces([1]).to_dict()))
