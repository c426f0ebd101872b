"""Calibration tables and Brier scores: bins, identities, pooling, chance, bad input."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import custvalue as cv

calibration, brier = cv.churn.calibration, cv.churn.brier
rows = st.lists(
    st.tuples(st.booleans(), st.floats(0, 1, allow_subnormal=False)), min_size=1, max_size=40
)


def sample(seed=0, n=4000):
    rng = np.random.default_rng(seed)
    p = rng.beta(2, 6, n)
    return rng.random(n) < p, p


def test_bins_are_half_open_and_the_last_is_closed():
    p = [0.0, 0.0999999, 0.1, 0.3, 0.6, 0.7, 0.9, 1.0]  # 0.3, 0.6, 0.7: not by linspace
    assert calibration(np.zeros(8), p).customers.tolist() == [2, 1, 0, 1, 0, 0, 1, 1, 0, 2]


def test_empty_bins_are_nan_not_zero():
    table = calibration([1, 0], [0.1, 0.9], bins=4)
    assert table.customers.tolist() == [1, 0, 0, 1]
    assert np.isnan(table.value).tolist() == [False, True, True, False]
    assert np.isnan(table.interval()).any(axis=0).tolist() == [False, True, True, False]
    frame = table.to_frame()
    assert frame[["start", "end"]].to_numpy()[1].tolist() == [0.25, 0.5]
    assert frame["share"].isna().tolist() == [False, True, True, False]


def test_wilson_bounds():
    # Newcombe (1998), table I: 81 of 263 and 15 of 148, Wilson's method
    churned = np.repeat([1, 0, 1, 0], [81, 182, 15, 133])
    table = calibration(churned, np.repeat([0.3, 0.1], [263, 148]), bins=[0.0, 0.2, 1.0])
    low, high = table.interval()
    assert low == pytest.approx([0.0624, 0.2553], abs=5e-5)
    assert high == pytest.approx([0.1605, 0.3662], abs=5e-5)


def test_expected_error_by_hand():
    table = calibration([1, 0, 1, 1], [0.2, 0.4, 0.6, 0.9], bins=2)
    assert table.expected_error == pytest.approx((abs(1 - 0.6) + abs(2 - 1.5)) / 4)


def test_right_probabilities_err_by_chance_alone():
    errors = [calibration(*sample(seed, 500)) for seed in range(100)]
    ratio = np.mean([t.expected_error for t in errors]) / np.mean(
        [t.error_by_chance for t in errors]
    )
    assert ratio == pytest.approx(1.0, abs=0.1)
    churned, p = sample(1)
    assert calibration(churned, p**2).expected_error > 3 * calibration(churned, p).error_by_chance


def test_bins_of_equal_counts_keep_equal_forecasts_together():
    churned, p = sample(2, 1000)
    even = calibration(churned, p, bins=5, strategy="count")
    assert even.customers.tolist() == [200] * 5
    tied = calibration(churned, np.where(p < 0.3, 0.1, 0.5), bins=5, strategy="count")
    assert sorted(tied.customers) == sorted([(p < 0.3).sum(), (p >= 0.3).sum()])
    assert len(calibration(churned, np.full(1000, 0.2), strategy="count")) == 1
    assert calibration([], [], strategy="count").customers.sum() == 0


@given(rows, st.integers(1, 12), st.sampled_from(["width", "count"]))
def test_brier_and_its_parts(data, bins, strategy):
    y, p = (np.array(column, dtype=float) for column in zip(*data, strict=True))
    score = brier(y, p, bins=bins, strategy=strategy)
    error = (p - y) ** 2
    assert score.value == pytest.approx(error.mean(), abs=1e-12)
    parts = score.decomposition()
    total = (
        parts["reliability"] - parts["resolution"] + parts["uncertainty"]
        + parts["within_bin_variance"] - parts["within_bin_covariance"]
    )  # fmt: skip
    assert total == pytest.approx(score.value, abs=1e-12)
    assert parts["uncertainty"] == pytest.approx(y.var(), abs=1e-12)
    if len(y) > 1:
        assert score.standard_error == pytest.approx(error.std(ddof=1) / len(y) ** 0.5, abs=1e-7)
    if 0 < y.mean() < 1:
        assert score.skill == pytest.approx(1 - error.mean() / y.var())
    else:
        assert math.isnan(score.skill)
    assert calibration(y, p, bins=bins, strategy=strategy).customers.sum() == len(y)


def test_murphy_parts_with_one_forecast_in_each_bin():
    # Murphy (1973): reliability - resolution + uncertainty alone
    y = np.repeat([1, 0, 1, 0], [2, 8, 6, 4])
    parts = brier(y, np.repeat([0.1, 0.8], 10)).decomposition()
    assert parts["reliability"] == pytest.approx((0.1**2 + 0.2**2) / 2)
    assert parts["resolution"] == pytest.approx(0.2**2)
    assert parts["within_bin_variance"] == pytest.approx(0.0, abs=1e-15)
    assert parts["within_bin_covariance"] == pytest.approx(0.0, abs=1e-15)


def test_known_skills():
    churned, p = sample(3)
    assert brier(churned, np.full(len(p), churned.mean())).skill == pytest.approx(0.0, abs=1e-12)
    assert (brier(churned, churned).value, brier(churned, churned).skill) == (0.0, 1.0)
    assert brier(churned, 1.0 - churned).value == 1.0
    assert brier(churned, np.full(len(p), 0.5)).value == 0.25


def test_brier_interval_covers():
    truth = np.mean([brier(*sample(seed, 20_000)).value for seed in range(5)])
    bounds = [brier(*sample(seed, 300)).interval() for seed in range(300)]
    assert 0.92 <= np.mean([low <= truth <= high for low, high in bounds]) <= 0.98


@pytest.mark.parametrize("function", [calibration, brier])
def test_pooling_order_weights_and_json(function):
    churned, p = sample(4, 600)
    whole = function(churned, p)
    parts = [function(churned[k::3], p[k::3]) for k in range(3)]
    pooled = sum(parts, type(whole)())
    assert np.array_equal(pooled.customers, whole.customers)
    assert np.allclose(pooled.value, whole.value, rtol=1e-12, atol=0, equal_nan=True)
    order = np.random.default_rng(5).permutation(600)
    assert function(churned[order], p[order]) == whole
    times = np.random.default_rng(6).integers(1, 4, 600)
    weighted = function(churned, p, weight=times)
    repeated = function(np.repeat(churned, times), np.repeat(p, times))
    assert np.allclose(weighted.value, repeated.value, rtol=1e-12, equal_nan=True)
    assert np.allclose(weighted.interval(), repeated.interval(), rtol=1e-9, equal_nan=True)
    assert type(whole).from_dict(json.loads(json.dumps(whole.to_dict(), allow_nan=False))) == whole
    with pytest.raises(cv.errors.InvalidDataError, match="edges: must be the same"):
        whole + function(churned, p, bins=5)


def test_nothing_is_nan():
    assert np.isnan([brier([], []).value, brier([], []).skill, *brier([], []).interval()]).all()
    assert math.isnan(calibration([], []).expected_error)
    assert math.isnan(cv.churn.Calibration().error_by_chance)
    assert np.isnan(brier([1], [0.5]).interval()).all()  # one customer has no spread


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        (([1, 0], [0.5, 1.2]), "probability: must be at most 1"),
        (([1, 0], [-0.5, 1.0]), "probability: must be at least 0"),
        (([1, 0], [0.5, math.nan]), "probability: must be finite"),
        (([1, 0], [50, 20]), "ranking"),
        (([1, 3], [0.5, 0.2]), "churned: must be true or false"),
        (([1, 0, 0], [0.5, 0.2]), "churned: must have one value"),
        (([1, 0], ["a", "b"]), "probability: must be numbers"),
    ],
)
@pytest.mark.parametrize("function", [calibration, brier])
def test_bad_columns(function, columns, rule):
    with pytest.raises(cv.errors.InvalidDataError, match=rule):
        function(*columns)


@pytest.mark.parametrize(
    "bins", [0, -1, 2.5, "a", None, math.nan, 1e9, [0.5], [0, 0, 1], [0, 0.3], [0, 2], [[0, 1]]]
)
def test_bad_bins(bins):
    with pytest.raises(cv.errors.InvalidDataError, match=r"(bins|probability): must"):
        calibration([1, 0], [0.5, 0.2], bins=bins)


def test_bad_records():
    with pytest.raises(cv.errors.InvalidDataError, match="strategy: must be one of"):
        calibration([1, 0], [0.5, 0.2], strategy="quantile")
    with pytest.raises(cv.errors.InvalidDataError, match="churned: must not exceed customers"):
        cv.churn.Calibration([0], [1], [2], [0.5], edges=(0.0, 1.0))
    with pytest.raises(cv.errors.InvalidDataError, match="bin: must number"):
        cv.churn.Calibration([1], [1], [1], [0.5], edges=(0.0, 1.0))
