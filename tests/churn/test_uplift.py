"""Uplift and Qini: definitions, ties, order of rows, pooling, intervals."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import custvalue as cv

uplift = cv.churn.uplift
rows = st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 4)), min_size=1, max_size=30)


def sample(seed=0, n=2000):
    rng = np.random.default_rng(seed)
    moved, treated = rng.random(n), rng.random(n) < 0.4
    outcome = rng.random(n) < 0.3 + 0.4 * moved * treated
    return outcome, treated, np.round(moved, 1)


def test_by_hand():
    # from the top: treated with, control without | control with, treated with | both without
    found = uplift([1, 0, 1, 1, 0, 0], [1, 0, 0, 1, 1, 0], [3, 3, 2, 2, 1, 1])
    assert found.at([1 / 3, 2 / 3, 1.0]) == pytest.approx([1.0, 0.5, 1 / 3])
    places, gained = found.curve()
    assert places == pytest.approx([0, 1 / 3, 2 / 3, 1])
    # Q = Y_t - Y_c N_t / N_c: 1 - 0, 2 - 1 * 2 / 2, 2 - 1 * 3 / 3
    assert gained * 6 == pytest.approx([0, 1, 1, 1])
    assert found.area_under_curve == pytest.approx((0.5 + 1 + 1) / 18)
    assert found.qini_area == pytest.approx(2.5 / 18 - 1 / 12)
    # perfect: two treated with, two control without (2, 2), treated without (2), control with (1)
    perfect = np.array([0, 2, 2, 2, 1]) / 6
    at = np.array([0, 2, 4, 5, 6]) / 6
    area = np.trapezoid(perfect - at / 6, at)
    assert found.qini == pytest.approx(found.qini_area / area)
    assert found.qini_zero_downlift == pytest.approx(found.qini_area / ((1 - 1 / 6) / 6 / 2))


def test_ties_make_it_independent_of_the_order_of_rows():
    outcome, treated, score = sample()
    whole = uplift(outcome, treated, score)
    rng = np.random.default_rng(1)
    for _ in range(5):  # scikit-uplift: .0954 against .0917 after a shuffle
        order = rng.permutation(len(score))
        again = uplift(outcome[order], treated[order], score[order])
        assert again == whole
        assert again.at(0.3) == whole.at(0.3)
    assert len(whole) == 11


def test_a_constant_score_finds_nothing():
    outcome, treated, score = sample()
    found = uplift(outcome, treated, np.ones(len(score)))
    assert found.at([0.01, 0.3, 1.0]) == pytest.approx([found.value] * 3)
    assert found.qini == pytest.approx(0.0, abs=1e-15)


@given(rows)
def test_perfect_is_not_exceeded(data):
    found = uplift(*zip(*data, strict=True))
    if not math.isnan(found.qini):
        assert found.qini <= 1.0 + 1e-9


def test_no_order_of_these_customers_beats_perfect():
    outcome, treated = [1, 1, 0, 0, 1, 0], [1, 0, 1, 0, 1, 0]
    best = max(uplift(outcome, treated, s).qini_area for s in itertools.permutations(range(6)))
    perfect = uplift(outcome, treated, [3, 0, 1, 2, 3, 2])
    assert perfect.qini == pytest.approx(1.0)
    assert best == pytest.approx(perfect.qini_area)


@given(rows, st.randoms(use_true_random=False))
def test_pooling_and_weights(data, random):
    columns = [list(column) for column in zip(*data, strict=True)]
    whole = uplift(*columns)
    cut = random.randint(0, len(data))
    parts = [uplift(*(c[:cut] for c in columns)), uplift(*(c[cut:] for c in columns))]
    assert sum(parts, cv.churn.Uplift()) == whole
    times = [random.randint(1, 3) for _ in data]
    weighted = uplift(*columns, weight=times)
    repeated = uplift(*(np.repeat(c, times) for c in columns))
    for name in ("treated", "treated_outcomes", "control", "control_outcomes"):
        assert np.array_equal(getattr(weighted, name), getattr(repeated, name))
    # the share, not the number of customers, is what Qini numbers are about
    twice = uplift(*(np.repeat(c, 2) for c in columns))
    assert np.allclose(
        [whole.qini, whole.qini_area], [twice.qini, twice.qini_area], atol=1e-12, equal_nan=True
    )


def test_interval_of_all_is_newcombe():
    # Newcombe (1998), table II, method 10: 56/70 against 48/80
    outcome = np.repeat([1, 0, 1, 0], [56, 14, 48, 32])
    found = uplift(outcome, np.repeat([1, 0], [70, 80]), np.zeros(150))
    assert found.value == pytest.approx(0.2)
    assert found.interval() == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert found.interval(top=0.5)[0] < found.interval()[0]


def test_without_control_or_treated_there_is_no_uplift():
    for treated in ([1, 1], [0, 0]):
        found = uplift([1, 0], treated, [2, 1])
        numbers = (found.value, found.qini, found.qini_area, found.area_under_curve,
                   found.qini_zero_downlift, *found.interval())  # fmt: skip
        assert np.isnan(numbers).all()
    nothing = uplift([], [], [])
    assert nothing == cv.churn.Uplift()
    assert np.isnan([nothing.value, nothing.qini, *nothing.interval()]).all()
    found = uplift([1, 0, 1], [1, 0, 0], [3, 2, 1])
    assert math.isnan(found.at(0.2))  # no control there
    assert found.to_frame()["uplift"].isna().tolist() == [True, False, False]


def test_records_travel():
    found = uplift(*sample())
    assert cv.churn.Uplift.from_dict(json.loads(json.dumps(found.to_dict()))) == found
    assert found.to_frame()["score"].is_monotonic_decreasing
    assert found.to_frame()["uplift"].iloc[-1] == found.value


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        (([1, 2], [1, 0], [1, 2]), "outcome: must be true or false"),
        (([1, 0], [1, 2], [1, 2]), "treated: must be true or false"),
        (([1, 0], [1, 0], [1, math.nan]), "score: must be finite"),
        (([1, 0], [1], [1, 2]), "treated: must have one value"),
        (([1, 0], [None, 1], [1, 2]), "treated: must be numbers"),
    ],
)
def test_bad_columns(columns, rule):
    with pytest.raises(cv.errors.InvalidDataError, match=rule):
        uplift(*columns)


def test_bad_questions_and_records():
    found = uplift([1, 0], [1, 0], [1, 2])
    for bad in (0, 1.1, math.nan, "a"):
        with pytest.raises(cv.errors.InvalidDataError, match="top: must"):
            found.at(bad)
    with pytest.raises(cv.errors.InvalidDataError, match="must not exceed treated"):
        cv.churn.Uplift([1.0], [1], [2], [1], [0])
    with pytest.raises(cv.errors.InvalidDataError, match="at least one customer"):
        cv.churn.Uplift([1.0], [0], [0], [0], [0])
