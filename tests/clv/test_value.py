"""Lifetime value: against an independent quadrature, and laws of horizon, rate, margin and unit."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest
from scipy.integrate import quad_vec

import custvalue as cv
from custvalue.clv._discounting import discounted_purchases
from custvalue.errors import CustValueWarning, InvalidDataError

MODELS = [
    cv.clv.BetaGeo(r=0.2426, alpha=4.4136, a=0.7929, b=2.4259),
    cv.clv.BetaGeo(r=2.0, alpha=0.3, a=1.0, b=0.4),
    cv.clv.ModifiedBetaGeo(r=0.5248, alpha=6.1831, a=0.8914, b=1.614),
    cv.clv.ModifiedBetaGeo(r=5.0, alpha=200.0, a=3.0, b=0.2),
]
HISTORIES = [(2.0, 30.43, 38.86), (0.0, 0.0, 38.86), (26.0, 30.86, 31.0), (1.0, 0.5, 400.0)]


def independent(model, horizon, delta, x, t_x, T):
    """Return the integral of e^(-delta t) dE by adaptive quadrature, in pieces of t."""
    end = min(horizon, 60 / delta)

    def integrand(t):
        return delta * math.exp(-delta * t) * model.expected_purchases(t, x, t_x, T)

    total = sum(
        quad_vec(integrand, low, high, epsabs=0, epsrel=1e-12, norm="max")[0]
        for low, high in itertools.pairwise([0.0, *np.geomspace(1e-3, 1.0, 8) * end])
    )
    if math.isfinite(horizon):
        total += math.exp(-delta * horizon) * model.expected_purchases(horizon, x, t_x, T)
    return total


@pytest.mark.parametrize("horizon", [1.0, 52.0, 520.0, math.inf])
@pytest.mark.parametrize("rate", [0.03, 0.15, 3.0])
@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_discounted_purchases_by_an_independent_quadrature(model, rate, horizon):
    delta = math.log1p(rate) * 7 / 365.25
    history = [np.array(column) for column in zip(*HISTORIES, strict=True)]
    ours = discounted_purchases(model, horizon, delta, *history)
    np.testing.assert_allclose(ours, independent(model, horizon, delta, *history), rtol=1e-8)


def test_no_rate_discounts_nothing_and_a_huge_rate_leaves_nothing():
    x, t_x, T = (np.array(column) for column in zip(*HISTORIES, strict=True))
    for model in MODELS:
        plain = discounted_purchases(model, 52.0, 0.0, x, t_x, T)
        np.testing.assert_allclose(plain, model.expected_purchases(52.0, x, t_x, T), rtol=1e-15)
        tiny = discounted_purchases(model, 52.0, 1e-9, x, t_x, T)
        np.testing.assert_allclose(tiny, plain, rtol=1e-7)
        assert (discounted_purchases(model, 52.0, 100.0, x, t_x, T) < 0.05 * plain).all()


@pytest.fixture(scope="module")
def fits():
    log = cv.datasets.cdnow()
    bought = cv.occasions(log, customer="customer_id", time="date", amount="spend")
    summary = bought.summary(until="1997-09-30", unit="week")
    return cv.clv.BetaGeo.fit(summary), cv.clv.GammaGamma.fit(summary), summary


def value(fits, **changes):
    arguments = {"horizon": 52, "annual_rate": 0.1} | changes
    return cv.clv.lifetime_value(*fits, **arguments)


def test_value_is_margin_times_spend_times_purchases(fits):
    got = value(fits, margin=0.3)
    purchases, spend, summary = fits
    each = spend.model.expected_spend(summary.frequency, summary.monetary_value)
    np.testing.assert_allclose(got.expected_spend, each, rtol=1e-15)
    np.testing.assert_allclose(got.value, 0.3 * each * got.discounted_purchases, rtol=1e-14)
    assert got.total == pytest.approx(got.value.sum(), rel=1e-14)
    assert got.total_purchases == pytest.approx(got.expected_purchases.sum(), rel=1e-14)
    history = (summary.frequency, summary.recency, summary.T)
    expected = purchases.model.expected_purchases(52, *history)
    np.testing.assert_allclose(got.expected_purchases, expected, rtol=1e-14)
    assert (got.discounted_purchases < expected).all()


def test_units_of_horizon_and_summary_do_not_matter(fits):
    weeks = value(fits, horizon=52)
    days = value(fits, horizon=364, unit="day")
    np.testing.assert_allclose(days.value, weeks.value, rtol=1e-12)
    purchases, spend, summary = fits
    other = cv.clv.lifetime_value(
        purchases, spend, summary.in_unit("month"), horizon=52, unit="week", annual_rate=0.1
    )
    np.testing.assert_allclose(other.value, weeks.value, rtol=1e-10)
    refit = cv.clv.BetaGeo.fit(summary.in_unit("day"))
    again = cv.clv.lifetime_value(refit, spend, summary, horizon=52, unit="week", annual_rate=0.1)
    np.testing.assert_allclose(again.value, weeks.value, rtol=1e-8)


def test_value_grows_with_the_horizon_and_falls_with_the_rate(fits):
    short, long, endless = (value(fits, horizon=h).value for h in (26, 52, math.inf))
    assert (short < long).all()
    assert (long < endless).all()
    assert (value(fits, annual_rate=0.2).value < long).all()


def test_a_row_of_weight_k_is_k_rows(fits):
    purchases, spend, summary = fits
    weight = np.arange(len(summary)) % 3 + 1.0
    weighted = dataclasses.replace(summary, weight=weight)
    got = cv.clv.lifetime_value(purchases, spend, weighted, horizon=52, annual_rate=0.1)
    assert got.total == pytest.approx(weight @ value(fits).value, rel=1e-13)


def test_standard_error_of_the_total_by_simulated_parameters(fits):
    purchases, spend, summary = fits
    got = value(fits)
    rng = np.random.default_rng(5)
    totals = []
    for _ in range(400):
        drawn = []
        for fit in (purchases, spend):
            scale = fit.covariance / np.outer(fit.estimates, fit.estimates)
            log_draw = np.log(fit.estimates) + rng.multivariate_normal(np.zeros(len(scale)), scale)
            drawn.append(type(fit.model)(*np.exp(log_draw)))
        each = drawn[1].expected_spend(summary.frequency, summary.monetary_value)
        delta = math.log1p(0.1) * 7 / 365.25
        history = (summary.frequency, summary.recency, summary.T)
        totals.append(each @ discounted_purchases(drawn[0], 52.0, delta, *history))
    assert np.std(np.log(totals)) == pytest.approx(got.total_standard_error / got.total, rel=0.15)
    low, high = got.interval(0.9)
    assert low < got.total < high
    assert low * high == pytest.approx(got.total**2, rel=1e-12)


def test_spend_may_be_given(fits):
    purchases, _, summary = fits
    one = cv.clv.lifetime_value(purchases, 10.0, summary, horizon=52, annual_rate=0.1)
    each = cv.clv.lifetime_value(
        purchases, np.full(len(summary), 10.0), summary, horizon=52, annual_rate=0.1
    )
    np.testing.assert_array_equal(one.value, each.value)
    np.testing.assert_allclose(one.value, 10 * one.discounted_purchases)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"horizon": 0}, "horizon: must be above 0"),
        ({"horizon": -1}, "horizon: must be above 0"),
        ({"horizon": math.nan}, "horizon: must be finite"),
        ({"horizon": "a year"}, "horizon: must be numbers"),
        ({"annual_rate": -0.1}, "annual_rate: must be at least 0"),
        ({"annual_rate": 0.0, "horizon": math.inf}, "annual_rate: must be at least 0.0001"),
        ({"margin": 0.0}, "margin: must be above 0"),
        ({"unit": "fortnight"}, "unit: must be one of"),
    ],
)
def test_arguments_out_of_range(fits, changes, rule):
    with pytest.raises(InvalidDataError, match=rule):
        value(fits, **changes)


def test_the_fits_must_be_of_the_right_kind(fits):
    purchases, spend, summary = fits
    with pytest.raises(InvalidDataError, match="fit: must be of a model of purchases"):
        cv.clv.lifetime_value(spend, purchases, summary, horizon=1, annual_rate=0.1)
    with pytest.raises(InvalidDataError, match="spend: must be a fit of GammaGamma"):
        cv.clv.lifetime_value(purchases, purchases, summary, horizon=1, annual_rate=0.1)
    with pytest.raises(InvalidDataError, match="spend: must have one value for each"):
        cv.clv.lifetime_value(purchases, [1.0, 2.0], summary, horizon=1, annual_rate=0.1)
    without = dataclasses.replace(summary, monetary_value=None)
    with pytest.raises(InvalidDataError, match="summary: must have monetary values"):
        cv.clv.lifetime_value(purchases, spend, without, horizon=1, annual_rate=0.1)


def test_infinite_spend_is_infinite_and_warned_of(fits):
    purchases, spend, summary = fits
    heavy = dataclasses.replace(spend, model=cv.clv.GammaGamma(p=6.0, q=0.9, v=15.0))
    with pytest.warns(CustValueWarning, match="1411 customers have an infinite value"):
        got = cv.clv.lifetime_value(purchases, heavy, summary, horizon=52, annual_rate=0.1)
    assert np.isinf(got.value[summary.frequency == 0]).all()
    assert np.isfinite(got.value[summary.frequency > 0]).all()
    assert math.isnan(got.total_standard_error)
