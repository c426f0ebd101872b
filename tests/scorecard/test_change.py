"""Changes since the last time: published intervals, laws, groups, hostile input."""

from __future__ import annotations

import json
import math

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given

import custvalue as cv
from custvalue.errors import InvalidDataError
from custvalue.scorecard import Change, change_since

NUMBERS = st.tuples(st.floats(-9.0, 9.0), st.floats(0.0, 4.0))


def refused(make, *words):
    with pytest.raises(InvalidDataError) as caught:
        make()
    for word in words:
        assert word in str(caught.value)


def csat(happy, total):
    return cv.satisfaction.CSAT([0, 1], [total - happy, happy], scale=(0, 1), top=1)


def test_newcombes_example():
    """Newcombe (1998), method 10: 56/70 - 48/80 -> 0.0524, 0.3339."""
    change = change_since(csat(48, 80), csat(56, 70))
    assert change.value == pytest.approx(0.2)
    assert change.interval() == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert change.verdict == "better"
    assert change_since(csat(48, 80), csat(56, 70), "down").verdict == "worse"
    assert change_since(csat(56, 70), csat(48, 80)).verdict == "worse"
    assert change_since(csat(48, 80), csat(56, 70), level=0.9999).verdict == "no clear change"


@given(NUMBERS, NUMBERS, st.floats(0.5, 0.99))
def test_numbers_with_standard_errors_give_the_normal_interval(before, after, level):
    change = change_since(before, after, level=level)
    half = change_since((0.0, 0.0), (0.0, math.hypot(before[1], after[1])), level=level)
    assert change.value == pytest.approx(after[0] - before[0], abs=1e-12)
    low, high = change.interval()
    assert (low - change.value, high - change.value) == pytest.approx(half.interval(), abs=1e-9)
    back = change_since(after, before, level=level)
    assert back.interval() == pytest.approx((-high, -low), abs=1e-9)
    turned = change_since(before, after, "down", level=level).verdict
    words = {"better": "worse", "worse": "better"}
    assert turned == words.get(change.verdict, "no clear change")
    assert Change.from_dict(json.loads(json.dumps(change.to_dict()))) == change


def test_bounds_that_leave_the_score_out():
    """Adjusted intervals shrink; a distance on the wrong side counts as none."""
    change = Change(0.0, 0.1, 0.3, 1.0, 0.7, 0.9)
    low, high = change.interval()
    assert (low, high) == pytest.approx((1.0 - math.hypot(0.3, 0.3), 1.0))


def test_groups():
    spring = pd.DataFrame({"q": [10] * 30 + [2] * 30 + [9] * 20, "g": ["a"] * 60 + ["b"] * 20})
    autumn = pd.DataFrame({"q": [10] * 60 + [9] * 10 + [3] * 10, "g": ["a"] * 60 + ["b"] * 20})
    before, after = (cv.satisfaction.nps(t, "q", by="g") for t in (spring, autumn))
    change = change_since(before, after)
    assert change.value == pytest.approx([1.0, -1.0])
    assert change.verdict.tolist() == ["better", "worse"]
    frame = change.to_frame()
    assert frame["g"].tolist() == ["a", "b"]
    assert frame["verdict"].tolist() == ["better", "worse"]
    for i, group in enumerate("ab"):
        alone = change_since(*(cv.satisfaction.nps(t[t["g"] == group], "q")
                               for t in (spring, autumn)))  # fmt: skip
        assert (change.interval()[0][i], change.interval()[1][i]) == pytest.approx(alone.interval())
    assert repr(change) == "Change(worse=1, no clear change=0, better=1)"
    other = cv.satisfaction.nps(autumn.assign(g=autumn["g"].replace("b", "c")), "q", by="g")
    refused(lambda: change_since(before, other), "g:", "same groups", "'c'")
    refused(lambda: change_since(before, cv.satisfaction.nps([9])), "same columns")
    one = cv.satisfaction.nps(autumn[:5], "q", by="g")
    refused(lambda: change_since(before, one), "same groups", "(2, 1)")


def test_keys_are_labels_too():
    survey = pd.DataFrame({"shop": ["n", "s"] * 30, "q": [5, 3, 4] * 20})
    scores = cv.satisfaction.stage_scores(survey, "q", stage="shop", scale=(1, 5))
    change = change_since(scores, scores)
    assert change.to_frame()["stage"].tolist() == ["n", "s"]
    assert change.value.tolist() == [0.0, 0.0]


def test_arrays_of_numbers():
    change = change_since(([1.0, 2.0], [0.1, 0.1]), ([2.0, 2.0], [0.1, 0.1]))
    assert change.verdict.tolist() == ["better", "no clear change"]
    assert change.to_frame().shape == (2, 6)


def test_nothing_changes_nothing():
    change = change_since(cv.satisfaction.NPS(), cv.satisfaction.nps([9, 10, 3]))
    assert math.isnan(change.value)
    assert change.verdict == "no clear change"


def test_the_level_is_that_of_the_record():
    change = change_since((1.0, 0.1), (2.0, 0.1), level=0.9)
    assert change.interval(0.9) == change.interval()
    refused(lambda: change.interval(0.95), "level", "0.9", "change_since")


def test_bad_scores_are_refused():
    refused(lambda: change_since(1.0, 2.0), "previous", "standard error")
    refused(lambda: change_since((1.0, 0.1), "12"), "current", "standard error")
    refused(lambda: change_since((1.0, 0.1), (1.0, 0.1, 2.0)), "current")
    refused(lambda: change_since((1.0, -0.1), (1.0, 0.1)), "standard error of previous")
    refused(lambda: change_since((1.0, 0.1), (math.nan, 0.1)), "current", "finite")
    refused(lambda: change_since((1.0, 0.1), ([1.0, 2.0], 0.1)), "current", "one standard error")
    refused(lambda: change_since((1.0, 0.1), ([1.0, 2.0], [0.1, 0.1])), "previous, current")
    refused(lambda: change_since((1.0, 0.1), (1.0, 0.1), "sideways"), "direction", "up")
    refused(lambda: change_since((1.0, 0.1), (1.0, 0.1), level=95), "level")
    trend = cv.satisfaction.share_trend([1, 2], [4, 4])  # a slope, and intervals of shares
    refused(lambda: change_since(trend, trend), "previous", "ShareTrend", "interval for each value")
    items = cv.satisfaction.drivers(
        pd.DataFrame({"y": [1, 2, 3, 4] * 5, "x": [1, 2, 3, 5] * 5, "z": [2, 1, 1, 3] * 5}),
        "y", ["x", "z"],
    )  # fmt: skip
    refused(lambda: change_since(items, items), "previous", "Drivers")
    refused(lambda: Change(1.0, 0.5, 1.5, [1.0, 2.0], 0.5, 1.5), "Change", "one length")


def test_mover_covers():
    """Of independent normal scores 95 in 100 intervals hold the change."""
    rng = np.random.default_rng(6)
    one, other = rng.normal(3.0, 0.5, 20_000), rng.normal(4.0, 0.2, 20_000)
    errors = np.full(20_000, 0.5), np.full(20_000, 0.2)
    low, high = change_since((one, errors[0]), (other, errors[1])).interval()
    assert ((low <= 1.0) & (high >= 1.0)).mean() == pytest.approx(0.95, abs=0.005)


def test_groups_of_answers_are_groups():
    table = pd.DataFrame({"a": [5, 5, 1, 4] * 30, "city": ["x", "y", "x", "y"] * 30})
    spring = cv.satisfaction.csat(table, "a", by="city")
    change = cv.scorecard.change_since(spring, spring)
    assert change.groups["city"].tolist() == ["x", "y"]
    assert change.value.tolist() == [0.0, 0.0]


def test_a_score_without_bounds_has_a_change_without_bounds():
    change = Change(1.0, -np.inf, np.inf, 2.0, 1.0, 3.0)
    assert change.interval() == (-np.inf, np.inf)
    assert change.verdict == "no clear change"
