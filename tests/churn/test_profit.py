"""MPC and EMPC: published numbers, quadrature, the hull, ranks alone, peers' defects."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import custvalue as cv
from custvalue.churn import ranking
from custvalue.churn._hull import upper_hull

CHURNED = [0, 1, 0, 1, 0, 1, 0, 1]
SCORE = [0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.8, 0.9]
EXAMPLE = ranking(CHURNED, SCORE)
mpc, empc = cv.churn.maximum_profit, cv.churn.expected_maximum_profit


def by_quadrature(scores, clv, d, f, alpha, beta):
    """Return EMPC and its expected target share, by adaptive quadrature over gamma."""
    from scipy.integrate import quad
    from scipy.special import beta as beta_function

    gone = np.concatenate([[0], np.cumsum(scores.churned[::-1])])
    share = np.concatenate([[0], np.cumsum(scores.customers[::-1])]) / scores.customers.sum()
    stayed = share * scores.customers.sum() - gone

    def best(gamma):
        profit = ((gamma * (clv - d) - f) * gone - (d + f) * stayed) / scores.customers.sum()
        cut = int(np.argmax(profit))
        return profit[cut], share[cut]

    def integral(i):
        def weighted(gamma):
            density = gamma ** (alpha - 1) * (1 - gamma) ** (beta - 1) / beta_function(alpha, beta)
            return best(gamma)[i] * density

        return quad(weighted, 0, 1, limit=200, epsabs=1e-9)[0]

    return integral(0), integral(1)


def test_published_example():
    # empulse 0.13.1 and EMP-PY 2.0.4 agree to 1e-14; quadrature gives 23.8755934
    found = empc(EXAMPLE)
    assert found.value == pytest.approx(23.875593418, abs=1e-9)
    assert found.target_share == pytest.approx(0.874370, abs=5e-7)
    assert found.threshold == 0.2
    fixed = mpc(EXAMPLE)
    assert (fixed.value, fixed.target_share, fixed.threshold) == (23.875, 0.875, 0.2)


def test_perfect_constant_inverted_and_all_churned():
    # empulse 0.13.1; EMP-PY leaves by QhullError or SystemExit
    assert empc(ranking(CHURNED, CHURNED)).value == pytest.approx(28.0, abs=1e-9)
    assert empc(ranking(CHURNED, [0.5] * 8)).value == pytest.approx(22.500791, abs=5e-7)
    assert empc(ranking(CHURNED, 1.0 - np.array(CHURNED))).value == pytest.approx(
        22.500791, abs=5e-7
    )
    assert empc(ranking([1] * 8, SCORE)).value == pytest.approx(56.0, abs=1e-9)


def test_without_churners_nobody_is_addressed():
    for found in (empc(ranking([0, 0, 0], [1, 2, 3])), mpc(ranking([0, 0, 0], [1, 2, 3]))):
        assert (found.value, found.target_share, found.threshold) == (0.0, 0.0, math.inf)
        assert found.interval() == (0.0, 0.0)


def test_scores_need_not_be_probabilities():
    for shape in (lambda s: 100 * s, lambda s: s - 7, np.exp):  # EMP-PY: sys.exit
        other = empc(ranking(CHURNED, shape(np.array(SCORE))))
        assert (other.value, other.target_share) == (
            empc(EXAMPLE).value,
            empc(EXAMPLE).target_share,
        )


def test_no_customers_is_an_error():
    for function in (mpc, empc, cv.churn.profit_curve):  # EMP-PY: ZeroDivisionError
        with pytest.raises(cv.errors.InvalidDataError, match="must rank at least one customer"):
            function(ranking([], []))


@pytest.mark.parametrize(
    ("clv", "d", "f", "alpha", "beta"),
    [(200.0, 10.0, 1.0, 6.0, 14.0), (50.0, 20.0, 3.0, 2.0, 2.0), (1000.0, 0.0, 5.0, 1.0, 9.0)],
)
def test_agrees_with_quadrature(clv, d, f, alpha, beta):
    rng = np.random.default_rng(int(clv))
    churned = rng.random(60) < 0.3
    scores = ranking(churned, np.round(rng.normal(size=60) + churned, 1))
    found = empc(scores, clv=clv, incentive_cost=d, contact_cost=f, acceptance=(alpha, beta))
    value, share = by_quadrature(scores, clv, d, f, alpha, beta)
    assert found.value == pytest.approx(value, abs=1e-7)
    assert found.target_share == pytest.approx(share, abs=1e-4)  # a step function of gamma


def test_certain_acceptance_makes_both_the_same():
    rng = np.random.default_rng(2)
    churned = rng.random(200) < 0.3
    scores = ranking(churned, rng.normal(size=200) + churned)
    narrow = empc(scores, acceptance=(3e7, 7e7))
    assert narrow.value == pytest.approx(mpc(scores).value, rel=1e-4)
    assert narrow.standard_error == pytest.approx(mpc(scores).standard_error, rel=1e-3)


def test_money_in_another_currency():
    one, other = empc(EXAMPLE), empc(EXAMPLE, clv=1400, incentive_cost=70, contact_cost=7)
    assert other.value == pytest.approx(7 * one.value)
    assert other.interval() == pytest.approx(tuple(7 * bound for bound in one.interval()))
    assert other.target_share == pytest.approx(one.target_share)


def test_free_incentives_go_to_all_who_may_churn():
    found = empc(EXAMPLE, incentive_cost=0, contact_cost=0)
    assert found.value == pytest.approx(0.5 * 200 * 0.3)
    assert found.threshold == 0.2  # below, nobody churns


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
def test_the_hull_is_the_least_concave_curve(steps):
    x, y = (np.concatenate([[0.0], np.cumsum(c)]) for c in zip(*steps, strict=True))
    moved = np.concatenate([[True], (np.diff(x) > 0) | (np.diff(y) > 0)])
    x, y = x[moved], y[moved]
    cx, cy = upper_hull(x, y)
    assert (cx[0], cy[0], cx[-1], cy[-1]) == (x[0], y[0], x[-1], y[-1])
    turns = np.diff(cy)[:-1] * np.diff(cx)[1:] - np.diff(cy)[1:] * np.diff(cx)[:-1]
    assert (turns > 0).all()
    for weight in (0.01, 0.3, 1.0, 3.0, 50.0):  # no point is better than the best corner
        assert (weight * y - x).max() == pytest.approx((weight * cy - cx).max(), abs=1e-9)


def test_a_hull_that_is_undone_from_its_end():
    x = np.arange(5000.0)
    y = np.append(np.sqrt(x), 1e6)  # each point falls only once the next one has
    assert upper_hull(np.append(x, 5000.0), y)[0].tolist() == [0.0, 5000.0]


def test_the_curve_holds_the_maximum():
    curve = cv.churn.profit_curve(EXAMPLE)
    assert curve.profit.max() == mpc(EXAMPLE).value
    assert curve.target_share[curve.profit.argmax()] == mpc(EXAMPLE).target_share
    assert (curve.threshold[0], curve.profit[0]) == (math.inf, 0.0)
    assert list(curve.to_frame().columns) == ["threshold", "target_share", "profit"]


def test_the_standard_error_is_that_of_a_mean_over_customers():
    gamma, found = 0.3, mpc(EXAMPLE)
    each = np.where(CHURNED, gamma * 190 - 1, -11.0) * (np.array(SCORE) >= found.threshold)
    assert found.value == pytest.approx(each.mean())
    assert found.standard_error == pytest.approx(each.std(ddof=1) / math.sqrt(8))


def test_interval_covers():
    rng = np.random.default_rng(3)

    def draw(n):
        churned = rng.random(n) < 0.2
        return empc(ranking(churned, rng.normal(size=n) + 1.5 * churned))

    truth, runs = draw(300_000).value, 300
    bounds = [draw(500).interval() for _ in range(runs)]
    assert 0.91 <= np.mean([low <= truth <= high for low, high in bounds]) <= 0.985


@pytest.mark.parametrize("found", [mpc(EXAMPLE), empc(EXAMPLE), cv.churn.profit_curve(EXAMPLE)])
def test_records_travel(found):
    again = type(found).from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False)))
    assert again == found
    assert len(repr(found)) < 400
    assert len(found.to_frame()) >= 1


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ({"clv": 5}, "clv: must exceed incentive_cost"),
        ({"clv": 0}, "clv: must be above 0"),
        ({"clv": [100, 200]}, "clv: must be one number"),
        ({"incentive_cost": -1}, "incentive_cost: must be at least 0"),
        ({"contact_cost": math.nan}, "contact_cost: must be finite"),
    ],
)
@pytest.mark.parametrize("function", [mpc, empc, cv.churn.profit_curve])
def test_bad_money(function, arguments, rule):
    with pytest.raises(cv.errors.InvalidDataError, match=rule):
        function(EXAMPLE, **arguments)


def test_bad_acceptance():
    for bad in (1.5, -0.1, (6, 14), "a", None, math.nan):
        with pytest.raises(cv.errors.InvalidDataError, match="acceptance: must"):
            mpc(EXAMPLE, acceptance=bad)
    for bad in (0.3, (0, 14), (6, 14, 1), "a", None, (6, math.inf)):
        with pytest.raises(cv.errors.InvalidDataError, match="acceptance: must"):
            empc(EXAMPLE, acceptance=bad)
    with pytest.raises(cv.errors.InvalidDataError, match="must be a Ranking"):
        mpc(CHURNED)
    with pytest.raises(cv.errors.InvalidDataError, match="must be as long as threshold"):
        cv.churn.ProfitCurve([1.0], [0.5, 1.0], [1.0])
    with pytest.raises(cv.errors.InvalidDataError, match="value: must be a number"):
        cv.churn.Profit.from_dict(mpc(EXAMPLE).to_dict() | {"value": "much"})


def test_a_curve_is_read_only():
    given = np.array([0.0, 1.0])
    curve = cv.churn.ProfitCurve(given[::-1].copy(), given, given)
    for column in (curve.threshold, curve.target_share, curve.profit):
        assert not column.flags.writeable
    assert given.flags.writeable
