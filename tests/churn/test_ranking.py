"""Gains, lift, AUC and Gini: ties, order of rows, pooling, weights, intervals, peers' defects."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import custvalue as cv
from custvalue.churn._two_proportions import difference_interval, ratio_interval

ranking = cv.churn.ranking
customers = st.lists(st.tuples(st.booleans(), st.integers(-3, 3)), min_size=1, max_size=40)


def sample(seed=0, n=400, levels=None):
    rng = np.random.default_rng(seed)
    churned = rng.random(n) < 0.2
    score = rng.normal(size=n) + churned
    return churned, score if levels is None else np.round(score * levels)


def pairs(churned, score):
    """Return for each (churner, stayer) 1, 1/2 or 0."""
    y, s = np.asarray(churned, bool), np.asarray(score, float)
    return np.sign(s[y][:, None] - s[~y][None, :]) / 2 + 0.5


# ---- what peers get wrong


def test_a_constant_score_has_lift_one_in_any_order():
    churned = np.repeat([1, 0], [10, 90])
    for order in (churned, churned[::-1], np.random.default_rng(0).permutation(churned)):
        found = ranking(order, np.full(100, 0.5))  # empulse, churnkit, churneval: 0 or 10
        assert found.top_decile_lift == pytest.approx(1.0, abs=1e-12)
        assert (found.auc, found.gini) == (0.5, 0.0)


def test_scores_tied_at_the_top_share_the_places():
    rng = np.random.default_rng(5)  # fightchurn 9.2: 8.09, as churners win ties
    churned = rng.permutation(np.repeat([1, 0], [100, 900]))
    score = np.repeat([1.0, 0.0], [800, 200])
    expected = churned[:800].mean() / 0.1
    found = ranking(churned, score)
    assert found.top_decile_lift == pytest.approx(expected, rel=1e-12)
    assert 0.9 < expected < 1.1
    tied = np.repeat([1, 0], [81, 719])
    assert ranking(np.append(tied, np.repeat([1, 0], [19, 181])), score).lift(0.1) == pytest.approx(
        1.0125, rel=1e-12
    )


@pytest.mark.parametrize("n", [10, 100, 1000])
def test_a_perfect_score_with_two_values_has_lift_ten(n):
    churned = np.arange(n) < n / 10  # fightchurn: 1.0 with fewer than ten distinct scores
    assert ranking(churned, churned).top_decile_lift == pytest.approx(10.0, rel=1e-12)


def test_lift_does_not_change_when_rows_with_ties_are_shuffled():
    churned = np.repeat([1, 0, 1, 0], [3, 27, 7, 63])  # 30 tied at the top; empulse: 0 to 3
    score = np.repeat([1.0, 0.0], [30, 70])
    rng = np.random.default_rng(1)
    for _ in range(20):
        order = rng.permutation(100)
        assert ranking(churned[order], score[order]).lift(0.1) == pytest.approx(1.0, rel=1e-12)


def test_five_customers_are_enough():
    found = ranking([1, 0, 0, 0, 0], [5, 4, 3, 2, 1])  # churneval: NaN
    assert found.top_decile_lift == pytest.approx(5.0)
    assert found.gains(0.1) == pytest.approx(0.5)
    assert all(math.isfinite(bound) for bound in (*found.interval(), *found.lift_interval()))


# ---- definitions


@given(customers)
def test_auc_is_that_of_all_pairs(data):
    churned, score = zip(*data, strict=True)
    found = ranking(churned, score)
    if any(churned) and not all(churned):
        compared = pairs(churned, score)
        assert found.auc == pytest.approx(compared.mean(), abs=1e-12)
        if min(compared.shape) > 1:  # DeLong, DeLong & Clarke-Pearson (1988), from the components
            m, n = compared.shape
            s10 = compared.mean(axis=1).var(ddof=1)
            s01 = compared.mean(axis=0).var(ddof=1)
            assert found.standard_error == pytest.approx(math.sqrt(s10 / m + s01 / n), abs=1e-9)
    else:
        assert math.isnan(found.auc)
        assert np.isnan(found.interval()).all()


@given(customers, st.floats(0.01, 1.0))
def test_lift_is_the_average_over_the_orders_of_the_ties(data, top):
    churned, score = (np.array(column) for column in zip(*data, strict=True))
    places = top * len(score)
    each = np.array([  # share of each customer that is within the places
        min(max((places - (score > s).sum()) / (score == s).sum(), 0.0), 1.0) for s in score
    ])  # fmt: skip
    found = ranking(churned, score)
    if churned.any():
        assert found.gains(top) == pytest.approx(each @ churned / churned.sum(), abs=1e-9)
        assert found.lift(top) == pytest.approx(found.gains(top) / top)
        low, high = found.lift_interval(top)
        assert -1e-9 <= low <= found.lift(top) + 1e-9
        assert found.lift(top) - 1e-9 <= high <= 1 / top + 1e-9
    else:
        assert math.isnan(found.lift(top))


def test_scalars_and_arrays_say_the_same():
    found = ranking(*sample())
    tops = np.array([[0.1, 0.25], [0.5, 1.0]])
    for method in (found.gains, found.lift, lambda t: found.lift_interval(t)[0]):
        each = [[float(method(t)) for t in row] for row in tops.tolist()]
        assert np.allclose(method(tops), each, rtol=0, atol=1e-15)
    assert found.lift(1.0) == 1.0
    assert found.lift_interval(1.0) == (1.0, 1.0)


@pytest.mark.parametrize("shape", [lambda s: 1e6 * s - 3, np.exp, lambda s: s**3])
def test_only_the_order_of_scores_matters(shape):
    churned, score = sample(2)
    one, other = ranking(churned, score), ranking(churned, shape(score))
    assert one.auc == other.auc
    assert one.interval() == other.interval()
    assert one.lift(0.3) == other.lift(0.3)


@given(customers, st.randoms(use_true_random=False))
def test_pooling_order_and_weights(data, random):
    churned, score = (list(column) for column in zip(*data, strict=True))
    whole = ranking(churned, score)
    cut = random.randint(0, len(score))
    parts = [ranking(churned[:cut], score[:cut]), ranking(churned[cut:], score[cut:])]
    assert sum(parts, cv.churn.Ranking()) == whole
    order = random.sample(range(len(score)), len(score))
    assert ranking([churned[i] for i in order], [score[i] for i in order]) == whole
    times = [random.randint(1, 4) for _ in score]
    weighted = ranking(churned, score, weight=times)
    repeated = ranking(np.repeat(churned, times), np.repeat(score, times))
    assert np.array_equal(weighted.customers, repeated.customers)
    assert np.array_equal(weighted.churned, repeated.churned)
    assert np.allclose(weighted.interval(), repeated.interval(), equal_nan=True)


def test_fractional_weights_do_not_depend_on_the_order_of_rows():
    churned, score = sample(3, levels=1)
    weight = np.random.default_rng(4).random(len(score)) + 0.1
    order = np.random.default_rng(5).permutation(len(score))
    again = ranking(churned[order], score[order], weight=weight[order])
    assert again == ranking(churned, score, weight=weight)


def test_the_table_begins_with_the_highest_score():
    table = ranking([1, 0, 1, 0], [4, 3, 2, 2]).to_frame()
    assert table["score"].tolist() == [4, 3, 2]
    assert table["gains"].tolist() == [0.5, 0.5, 1.0]
    assert table["lift"].tolist() == [2.0, 1.0, 1.0]


def test_columns_of_any_kind_and_nothing_is_changed():
    churned, score = sample(6)
    whole = ranking(churned, score)
    kept = score.copy()
    assert ranking(pd.Series(churned, dtype="boolean"), pd.Series(score)) == whole
    assert ranking(pl.Series(churned), pl.Series(score)) == whole
    assert ranking(churned.astype(float), score.tolist()) == whole
    assert np.array_equal(score, kept)


def test_nothing_is_nan_and_adds_nothing():
    nothing = ranking([], [])
    assert math.isnan(nothing.auc)
    assert math.isnan(nothing.top_decile_lift)
    assert np.isnan(nothing.lift_interval()).all()
    whole = ranking(*sample())
    assert whole + nothing == nothing + whole == whole
    assert cv.churn.Ranking.from_dict(json.loads(json.dumps(whole.to_dict()))) == whole


# ---- intervals


def test_newcombe_interval_ends_where_the_standard_error_says():
    found = ranking(*sample(7, 60))
    m, n = found.churned.sum(), (found.customers - found.churned).sum()
    for theta in found.interval(0.9, method="newcombe"):
        pairs_ = (m + n) / 2 - 1
        spread = 1 + pairs_ * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        z = abs(theta - found.auc) / math.sqrt(theta * (1 - theta) * spread / (m * n))
        assert z == pytest.approx(1.6448536269514722, rel=1e-9)


def test_an_auc_of_one_is_not_certain():
    low, high = ranking([1, 1, 0, 0, 0], [5, 4, 3, 2, 1]).interval()
    assert high == 1.0
    assert 0.2 < low < 0.9
    low, high = ranking([0, 0, 0, 1, 1], [5, 4, 3, 2, 1]).interval()
    assert low == 0.0
    assert 0.1 < high < 0.8


def test_intervals_cover():
    rng = np.random.default_rng(8)
    auc, lift, runs = 0, 0, 400
    whole = ranking(*sample(9, 300_000))
    true_auc, true_lift = whole.auc, whole.lift(0.1)
    for _ in range(runs):
        churned = rng.random(300) < 0.2
        found = ranking(churned, rng.normal(size=300) + churned)
        low, high = found.interval()
        auc += low <= true_auc <= high
        low, high = found.lift_interval()
        lift += low <= true_lift <= high
    assert 0.92 <= auc / runs <= 0.98
    assert 0.92 <= lift / runs <= 0.98


def test_difference_of_two_proportions():
    # Newcombe (1998), table II, method 10: 56/70 against 48/80, and 9/10 against 3/10
    assert difference_interval(56, 70, 48, 80, 0.95) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert difference_interval(9, 10, 3, 10, 0.95) == pytest.approx((0.1705, 0.8090), abs=5e-5)


@pytest.mark.parametrize("counts", [(7, 34, 1, 34), (3, 10, 9, 40), (0, 20, 3, 20), (5, 5, 2, 9)])
def test_ratio_of_two_proportions_bounds_its_difference_from_zero(counts):
    from custvalue._proportion import interval

    x, m, y, n = counts
    p, q = x / m, y / n
    (l1, u1), (l2, u2) = interval(x, m), interval(y, n)
    low, high = ratio_interval(x, m, y, n, 0.95)
    assert p - low * q == pytest.approx(math.hypot(p - l1, low * (u2 - q)), abs=1e-9)
    assert high * q - p == pytest.approx(math.hypot(u1 - p, high * (q - l2)), abs=1e-9)
    assert low <= p / q <= high
    assert ratio_interval(3, 10, 0, 10, 0.95)[1] == math.inf


# ---- bad input


@pytest.mark.parametrize(
    ("churned", "score", "rule"),
    [
        ([1, 0], [0.5, math.nan], "score: must be finite"),
        ([1, 0], [0.5, math.inf], "score: must be finite"),
        ([1, 0], ["a", "b"], "score: must be numbers"),
        ([1, 2], [0.5, 0.4], "churned: must be true or false"),
        (["yes", "no"], [0.5, 0.4], "churned: must be numbers"),
        ([1, None], [0.5, 0.4], "churned: must be numbers"),
        ([1, 0, 1], [0.5, 0.4], "churned: must have one value for each of 2"),
        ([[1, 0]], [[0.5, 0.4]], "score: must be one column"),
        (1, 0.5, "score: must be one column"),
        (None, None, "score: must be numbers"),
    ],
)
def test_bad_columns(churned, score, rule):
    with pytest.raises(cv.errors.InvalidDataError, match=rule):
        ranking(churned, score)


@pytest.mark.parametrize("weight", [[1], [1, 0], [1, -1], [1, math.nan], ["a", "b"]])
def test_bad_weights(weight):
    with pytest.raises(cv.errors.InvalidDataError, match="weight: must"):
        ranking([1, 0], [0.5, 0.4], weight=weight)


@pytest.mark.parametrize("top", [0, 1.01, -0.1, math.nan, "a", None])
def test_bad_shares(top):
    found = ranking([1, 0], [0.5, 0.4])
    for method in (found.gains, found.lift, found.lift_interval):
        with pytest.raises(cv.errors.InvalidDataError, match="top: must"):
            method(top)


@pytest.mark.parametrize(
    "changes", [{"churned": [5, 0]}, {"score": [1.0, 1.0]}, {"score": [1.0, math.nan]},
                {"customers": [0, 1], "churned": [0, 0]}, {"groups": {"a": ["x", "y"]}}]
)  # fmt: skip
def test_bad_records(changes):
    good = {"score": [1.0, 2.0], "customers": [1, 1], "churned": [1, 0]}
    cv.churn.Ranking(**good)
    with pytest.raises(cv.errors.InvalidDataError):
        cv.churn.Ranking(**good | changes)


def test_bad_levels_and_methods():
    found = ranking([1, 0], [0.5, 0.4])
    for bad in (0.0, 1.0, 95, "a"):
        with pytest.raises(cv.errors.InvalidDataError, match="level: must"):
            found.interval(bad)
        with pytest.raises(cv.errors.InvalidDataError, match="level: must"):
            found.lift_interval(level=bad)
    with pytest.raises(cv.errors.InvalidDataError, match="method: must be one of"):
        found.interval(method="wald")
