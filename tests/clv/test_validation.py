"""Holdout validation: metrics against their plain definitions, tracking, ties."""

from __future__ import annotations

import dataclasses

import narwhals.stable.v2 as nw
import numpy as np
import pytest
from scipy.stats import spearmanr

import custvalue as cv
from custvalue.clv.validation import LAST_PERIOD, OWN_RATE, _top_share
from custvalue.errors import InvalidDataError


@pytest.fixture(scope="module")
def bought():
    log = cv.datasets.cdnow()
    return cv.occasions(log, customer="customer_id", time="date", amount="spend")


@pytest.fixture(scope="module")
def split(bought):
    return bought.split(at="1997-09-30", unit="week")


@pytest.fixture(scope="module")
def fit(split):
    return cv.clv.BetaGeo.fit(split.calibration)


@pytest.fixture(scope="module")
def check(fit, split):
    return cv.clv.holdout(fit, split)


def test_metrics_by_their_definitions(check, split):
    actual = split.frequency
    for name, guess in check.expected.items():
        got = check.metrics()[name]
        error = guess - actual
        assert got["total"] == pytest.approx(guess.sum(), rel=1e-13)
        assert got["mae"] == pytest.approx(np.mean(np.abs(error)), rel=1e-13)
        assert got["rmse"] == pytest.approx(np.sqrt(np.mean(error**2)), rel=1e-13)
        assert got["bias"] == pytest.approx(np.mean(error), rel=1e-12)
        assert got["rank_correlation"] == pytest.approx(spearmanr(guess, actual)[0], rel=1e-12)


def test_published_accuracy_on_cdnow(check):
    """MAE .7855 and total 1653.39 of the spec (BG/NBD, 39 weeks)."""
    got = check.metrics()["BetaGeo"]
    assert got["mae"] == pytest.approx(0.7855, abs=1e-4)
    assert got["total"] == pytest.approx(1653.39, abs=0.1)


def test_baselines_by_hand(check, split):
    summary = split.calibration
    np.testing.assert_allclose(check.expected[OWN_RATE], summary.frequency / summary.T * 39)
    np.testing.assert_allclose(check.expected[LAST_PERIOD], split.prior * 39 / split.prior_duration)
    # 272 days before the cut and 273 after: every repeat purchase of the calibration counts
    assert split.prior.sum() == summary.frequency.sum()


@pytest.mark.parametrize("seed", range(5))
def test_top_decile_with_ties_is_the_mean_over_their_orders(seed):
    rng = np.random.default_rng(seed)
    guess = rng.integers(0, 4, 60).astype(float)
    actual = rng.poisson(1.0, 60).astype(float)
    shares = []
    for _ in range(4000):
        order = np.lexsort((rng.random(60), -guess))
        shares.append(actual[order[:6]].sum() / actual.sum())
    assert _top_share(guess, actual) == pytest.approx(np.mean(shares), abs=0.01)


def test_top_decile_at_the_edges():
    ones = np.ones(25)
    assert _top_share(ones, ones) == pytest.approx(0.1)
    assert np.isnan(_top_share(ones, np.zeros(25)))
    best = np.arange(20.0)
    assert _top_share(best, (best >= 18) * 1.0) == 1.0


def test_by_frequency_adds_up(check, split):
    table = nw.from_native(check.by_frequency(), eager_only=True)
    people = table["customers"].to_numpy()
    assert people.sum() == len(split.calibration)
    for name, column in {"actual": split.frequency, **check.expected}.items():
        assert table[name].to_numpy() @ people == pytest.approx(column.sum(), rel=1e-12)
    once = split.calibration.frequency == 0
    assert table["actual"].to_list()[0] == pytest.approx(split.frequency[once].mean())


def test_tracking_counts_every_repeat_purchase_once(check, split):
    table = nw.from_native(check.tracking(), eager_only=True)
    weeks = len(split.period) // 7
    assert len(table) == weeks
    np.testing.assert_array_equal(
        table["actual"].to_numpy(), split.repeats[: weeks * 7].reshape(weeks, 7).sum(axis=1)
    )
    assert table["holdout"].to_numpy().sum() == weeks - 39
    assert str(table["period"][1])[:10] == "1997-01-08"


def test_tracking_expectation_is_the_sum_over_births(check, fit, split):
    table = nw.from_native(check.tracking(), eager_only=True)
    end = 39 * 7 - 1  # last day of the 39th week
    born = np.flatnonzero(split.births[: end + 1])
    by_hand = sum(
        split.births[day] * float(fit.model.expected_purchases_new((end - day) / 7)) for day in born
    )
    assert table["cumulative_expected"][38] == pytest.approx(by_hand, rel=1e-12)


@pytest.mark.parametrize("step", ["day", "month", "quarter"])
def test_steps_of_other_lengths_tell_the_same_totals(fit, split, step):
    got = cv.clv.holdout(fit, split, step=step)
    weekly = cv.clv.holdout(fit, split)
    np.testing.assert_array_equal(got.actual, weekly.actual)
    assert 0 < got.actual_repeats.sum() <= split.repeats.sum()
    assert got.expected_repeats.sum() == pytest.approx(
        got.actual_repeats.sum(), rel=0.06
    )  # the model tracks CDNOW to a few per cent


def test_units_do_not_matter(bought, check):
    days = bought.split(at="1997-09-30", unit="day")
    fit = cv.clv.BetaGeo.fit(days.calibration)
    again = cv.clv.holdout(fit, days)
    np.testing.assert_allclose(again.expected["BetaGeo"], check.expected["BetaGeo"], rtol=1e-8)
    np.testing.assert_allclose(again.expected_repeats, check.expected_repeats, rtol=1e-8)


def test_monthly_grain(bought):
    log = cv.datasets.cdnow()
    monthly = cv.occasions(log, customer="customer_id", time="date", grain="month")
    split = monthly.split(at="1997-09-01", unit="month")
    assert split.duration == 9.0
    check = cv.clv.holdout(cv.clv.ModifiedBetaGeo.fit(split.calibration), split, step="month")
    assert len(check.period) == 18
    assert check.cut == 9
    assert check.actual_repeats.sum() == split.repeats.sum()


def test_a_fit_of_spend_is_refused(split):
    spend = cv.clv.GammaGamma.fit(split.calibration)
    with pytest.raises(InvalidDataError, match="fit: must be of a model of purchases"):
        cv.clv.holdout(spend, split)


def test_a_step_longer_than_the_log_is_refused(fit, split):
    short = dataclasses.replace(
        split,
        **{
            name: getattr(split, name)[:100]
            for name in ("period", "elapsed", "births", "repeats", "amount")
        },
        cut=50,
    )
    with pytest.raises(InvalidDataError, match="step: must not be longer"):
        cv.clv.holdout(fit, short, step="year")


def test_nobody_buys_in_the_holdout(fit, split):
    quiet = dataclasses.replace(split, frequency=np.zeros(len(split.frequency)))
    got = cv.clv.holdout(fit, quiet).metrics()["BetaGeo"]
    assert np.isnan(got["rank_correlation"])
    assert np.isnan(got["top_decile_share"])
    assert got["bias"] > 0
