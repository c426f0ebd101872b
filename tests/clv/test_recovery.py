"""Simulate, fit, recover: simulations follow the formulas, and fits find what they came from."""

import dataclasses

import numpy as np
import pytest

from custvalue import clv

from .registry import SPEND, example
from .registry import symbols as symbols_of

PURCHASES = list(clv.PURCHASE_MODELS)
MODELS = list(clv.MODELS)


def simulated(name, n, rng):
    """Return a summary of n customers of the example model, observed for 20 to 60 weeks."""
    if name in clv.CONTRACTUAL_MODELS:
        return example(name).simulate(n, rng.integers(5, 25, n), rng)
    model = example(name if name in PURCHASES else "BetaGeo")
    data = model.simulate(n, rng.uniform(20, 60, n), rng).summary
    spend = clv.GammaGamma(**SPEND).simulate(data.frequency, rng)
    return dataclasses.replace(data, monetary_value=spend)


def z_scores(name, fit):
    """Return how many standard errors the estimates are off, on the scale of their logarithms."""
    truth = np.array(list(example(name).parameters.values()))
    return np.log(fit.estimates / truth) * fit.estimates / fit.standard_errors


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("seed", [11, 12])
def test_fit_recovers_the_truth(name, seed):
    fit = clv.MODELS[name].fit(simulated(name, 5_000, np.random.default_rng(seed)))
    z = z_scores(name, fit)
    assert (np.abs(z) < 4).all(), dict(zip(symbols_of(name), z, strict=True))
    # 5,000 customers tell the first parameters to some per cent: SEs are not merely large
    assert (fit.standard_errors / fit.estimates)[:2].max() < 0.25


@pytest.mark.parametrize("name", PURCHASES)
def test_number_of_purchases_follows_the_formulas(name):
    model, n = example(name), 40_000
    for T in (3.0, 40.0):
        x = model.simulate(n, T, np.random.default_rng(21)).summary.frequency
        error = (x.mean() - float(model.expected_purchases_new(T))) / (x.std() / np.sqrt(n))
        assert abs(error) < 4
        share = np.bincount(x.astype(int), minlength=10)[:10] / n
        expected = model.probability_of_purchases(np.arange(10), T)
        off = (share - expected) / np.sqrt(expected * (1 - expected) / n)
        assert (np.abs(off) < 4).all()
        assert off @ off < 40  # chi-square of 10, .9999 quantile about 36


@pytest.mark.parametrize("name", PURCHASES)
def test_probability_alive_is_calibrated(name):
    model, n = example(name), 40_000
    made = model.simulate(n, 40.0, np.random.default_rng(22))
    data = made.summary
    alive = model.probability_alive(data.frequency, data.recency, data.T)
    if model.one_time_buyers_alive:
        assert made.alive[data.frequency == 0].all()
    order = np.argsort(alive, kind="stable")
    for part in [order, *np.array_split(order[alive[order] < 1], 10)]:
        spread = np.sqrt((alive[part] * (1 - alive[part])).sum())
        assert abs(made.alive[part].sum() - alive[part].sum()) < 4 * spread


def halves(model, n, T, t, rng):
    """Return the histories up to T of customers simulated to T + t, and their purchases after."""
    made = model.simulate(n, T + t, rng)
    x = made.summary.frequency.astype(int)
    who = np.repeat(np.arange(n), x)
    early = made.events <= T
    before = np.bincount(who[early], minlength=n)
    last = np.zeros(n)
    np.maximum.at(last, who[early], made.events[early])
    return before * 1.0, last, np.bincount(who[~early], minlength=n)


@pytest.mark.parametrize("name", PURCHASES)
def test_expected_purchases_are_those_of_the_future(name):
    model, n, T, t = example(name), 40_000, 30.0, 25.0
    x, t_x, later = halves(model, n, T, t, np.random.default_rng(23))
    expected = model.expected_purchases(t, x, t_x, T)
    order = np.argsort(expected, kind="stable")
    for part in [order, *np.array_split(order, 8)]:
        miss = later[part] - expected[part]
        assert abs(miss.sum()) < 4 * miss.std() * np.sqrt(len(part))


@pytest.mark.parametrize("name", PURCHASES)
def test_simulations_are_histories(name):
    made = example(name).simulate(2_000, np.linspace(0, 50, 2_000), rng=5)
    data = made.summary
    ends = np.cumsum(data.frequency).astype(int)
    assert len(made.events) == ends[-1]
    again = data.frequency > 0
    np.testing.assert_array_equal(made.events[ends[again] - 1], data.recency[again])
    same = np.repeat(np.arange(2_000), data.frequency.astype(int))
    assert (np.diff(made.events)[np.diff(same) == 0] >= 0).all()
    assert (made.events > 0).all()
    same_seed = example(name).simulate(2_000, np.linspace(0, 50, 2_000), rng=5)
    assert same_seed == made
    assert example(name).simulate(2_000, np.linspace(0, 50, 2_000), rng=6) != made


def test_spend_follows_the_formulas():
    model, rng = clv.GammaGamma(**SPEND), np.random.default_rng(24)
    x = rng.integers(0, 6, 60_000) * 1.0
    m = model.simulate(x, rng)
    assert (np.isnan(m) == (x == 0)).all()
    again = x > 0
    assert m[again].mean() == pytest.approx(float(model.mean()), rel=0.02)
    # the mean of one more purchase, given those seen: E[m' | x, m] by a second draw of the same nu
    nu = rng.gamma(model.q, 1 / model.v, 200_000)
    first = rng.gamma(model.p * 2, 1 / (2 * nu))
    later = rng.gamma(model.p, 1 / nu)
    expected = model.expected_spend(2, first)
    order = np.argsort(first)
    for part in [order, *np.array_split(order, 8)]:
        miss = later[part] - expected[part]
        assert abs(miss.sum()) < 4 * miss.std() * np.sqrt(len(part))
    assert (model.p / nu < model.median_of_means()).mean() == pytest.approx(0.5, abs=0.005)


@pytest.mark.study
@pytest.mark.parametrize("name", MODELS)
def test_intervals_cover(name):
    """95 % intervals hold the truth in 92 to 98 % of 100 samples, pooled over parameters.

    The two or three of a contract err together and are little pooled: 600 samples, of little cost.
    """
    truth = np.array(list(example(name).parameters.values()))
    held = []
    for seed in range(600 if name in clv.CONTRACTUAL_MODELS else 100):
        fit = clv.MODELS[name].fit(simulated(name, 3_000, np.random.default_rng(1_000 + seed)))
        bounds = fit.interval(0.95)
        held.append((bounds[:, 0] <= truth) & (truth <= bounds[:, 1]))
    assert 0.92 <= np.mean(held) <= 0.98, np.mean(held, axis=0)


@pytest.mark.study
@pytest.mark.parametrize("name", PURCHASES)
def test_holdout_predictions_are_unbiased(name):
    """Of 100 samples fitted on their first half, the second half is predicted without bias."""
    model, n, T, t = example(name), 3_000, 30.0, 30.0
    ratio = []
    for seed in range(100):
        x, t_x, later = halves(model, n, T, t, np.random.default_rng(2_000 + seed))
        made = model.simulate(n, T, 1).summary
        fit = clv.MODELS[name].fit(
            dataclasses.replace(made, frequency=x, recency=t_x, T=np.full(n, T))
        )
        expected = fit.model.expected_purchases(t, x, t_x, T)
        ratio.append(expected.sum() / later.sum())
    ratio = np.array(ratio)
    assert abs(ratio.mean() - 1) < 4 * ratio.std() / 10
    assert abs(ratio.mean() - 1) < 0.01
