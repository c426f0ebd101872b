"""What other packages get wrong (spec/clv.md section 2): here it is right. LT = lifetimes."""

import dataclasses
import warnings

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue.clv import BetaGeo, GammaGamma, ModifiedBetaGeo
from custvalue.errors import CustValueWarning, InvalidDataError

from . import reference
from .registry import customers, rows

CDNOW = (0.2426, 4.4136, 0.7929, 2.4259)  # rounded estimates: the point of the numbers below
DROPOUTS = [BetaGeo, ModifiedBetaGeo]


def agrees(model, *arguments):
    """Whether the expectation agrees with 130 digits."""
    truth = getattr(reference, type(model).__name__)(*model.parameters.values())
    got = float(model.expected_purchases(*arguments))
    return got == pytest.approx(float(truth.expected_purchases(*arguments)), rel=1e-12)


@pytest.mark.parametrize("kind", DROPOUTS)
@pytest.mark.parametrize(("a", "b"), [(0.3, 0.4), (0.05, 0.05), (0.9, 0.05), (0.2, 0.79)])
def test_one_time_buyers_where_a_plus_b_is_below_one(kind, a, b):
    # LT #302, PR #206: NaN
    assert agrees(kind(0.2426, 4.4136, a, b), 39, 0, 0, 38.86)


def test_one_time_buyer_where_a_plus_b_is_one():
    # CLVTools 0.12.1: 0
    model = BetaGeo(0.2426, 4.4136, 0.2, 0.8)
    assert float(model.expected_purchases(52, 0, 0, 10)) == pytest.approx(0.70219, abs=5e-6)


@pytest.mark.parametrize("kind", DROPOUTS)
@pytest.mark.parametrize("history", [(0, 0, 39), (2, 30.43, 38.86), (40, 38, 39)])
def test_a_of_one(kind, history):
    # LT and CLVTools: infinite; near 1 the classic form loses digits, 5e-4 at 1e-12
    r, alpha, _, b = CDNOW
    assert agrees(kind(r, alpha, 1.0, b), 39, *history)
    for off in (1e-15, -1e-15, 1e-12, -1e-12, 1e-9, 1e-6):
        assert agrees(kind(r, alpha, 1.0 + off, b), 39, *history)


def test_very_frequent_customer():
    # pymc-marketing and CLVTools: NaN; BTYD: NaN or -1881.8
    got = float(BetaGeo(*CDNOW).expected_purchases(520, 400, 9.9, 10))
    assert got == pytest.approx(2091.1095, abs=5e-5)


@pytest.mark.parametrize("kind", DROPOUTS)
def test_probabilities_of_many_purchases(kind):
    # LT: NaN from n = 180 on; BTYD: NaN when summed over 0..200
    model = kind(*CDNOW)
    n = np.arange(20_001)
    for t in (39.0, 520.0, 2_000.0):
        probability = model.probability_of_purchases(n, t)
        assert np.isfinite(probability).all()
        assert probability.sum() == pytest.approx(1, rel=1e-9)
    truth = getattr(reference, kind.__name__)(*CDNOW).probability_of_purchases(180, 39)
    assert model.probability_of_purchases(180, 39) == pytest.approx(float(truth), rel=1e-11)


def test_probability_of_no_purchase_of_a_one_time_buyer():
    # pymc-marketing keeps a dead term: .9266. Alive for certain, the buyer is NBD with alpha + T.
    r, alpha, a, b = CDNOW
    later = BetaGeo(r, alpha + 38.86, a, b)
    assert float(later.probability_of_purchases(0, 39)) == pytest.approx(0.8557, abs=5e-5)


@pytest.fixture(scope="module")
def cdnow():
    log = cv.datasets.cdnow()
    return cv.occasions(log, customer="customer_id", time="date", amount="spend")


def test_covariance_is_symmetric_in_both_directions(cdnow):
    # LT scales columns only: cov(r, alpha) .0674 against cov(alpha, r) .0002
    fit = BetaGeo.fit(cdnow.summary(until="1997-09-30", unit="week"))
    np.testing.assert_array_equal(fit.covariance, fit.covariance.T)
    correlation = fit.covariance / np.outer(fit.standard_errors, fit.standard_errors)
    assert (np.abs(correlation) <= 1 + 1e-12).all()


@pytest.mark.parametrize("kind", [BetaGeo, ModifiedBetaGeo, GammaGamma])
def test_intervals_of_imprecise_fits_stay_above_zero(kind):
    # LT: symmetric on the natural scale, so that they reach below 0
    fit = kind.fit(customers(kind.__name__, 60, seed=3))
    assert (fit.estimates - 1.96 * fit.standard_errors < 0).any()
    assert (fit.interval(0.999) > 0).all()


@pytest.mark.parametrize("unit", ["hour", "day", "week", "month", "quarter", "year"])
def test_every_unit_fits(cdnow, unit):
    # LT #194, #258: "M" raises, and long times "do not converge"
    summary = cdnow.summary(until="1997-09-30", unit=unit)
    fit = BetaGeo.fit(summary)
    assert fit.unit == unit
    r, _, a, b = fit.estimates
    assert [r, a, b] == pytest.approx([0.2425945, 0.7929221, 2.4259068], rel=1e-6)
    with pytest.warns(CustValueWarning):
        ahead = fit.predict(summary, horizon=39, unit="week").expected_purchases
    assert ahead.sum() == pytest.approx(1653.41, abs=0.01)


def test_mean_spend_below_q_of_one_is_infinite_and_not_negative():
    # LT #146, #362: -450 for (p, q, v) = (3, .9, 15)
    model = GammaGamma(p=3.0, q=0.9, v=15.0)
    assert model.mean() == np.inf
    assert model.expected_spend(0, np.nan) == np.inf
    assert 0 < model.median_of_means() < np.inf
    assert 0 < model.expected_spend(1, 20.0) < np.inf
    assert GammaGamma(p=0.05, q=0.9, v=15.0).expected_spend(1, 20.0) == np.inf


def test_spend_of_customers_without_a_repeat_purchase_is_the_population_mean():
    # LT and pymc-marketing: NaN in the likelihood at x = 0, or SamplingError
    model = GammaGamma(p=6.25, q=3.74, v=15.44)
    for nothing in (np.nan, 0.0):
        assert model.expected_spend(0, nothing) == pytest.approx(float(model.mean()), rel=1e-15)
    data = customers("GammaGamma", 800)
    assert (data.frequency == 0).any()
    fit = GammaGamma.fit(data)
    assert GammaGamma.fit(rows(data, data.frequency > 0)).model == fit.model
    assert np.isfinite(fit.expected_spend(data)).all()


def test_large_shapes_of_spend():
    # p x = 1e6: differences of log-gammas lose what betaln keeps
    truth = reference.GammaGamma(500.0, 3.74, 0.2)
    got = float(GammaGamma(500.0, 3.74, 0.2).log_likelihood(2_000, 35.0))
    assert got == pytest.approx(float(truth.log_likelihood(2_000, 35.0)), rel=1e-9)


@pytest.mark.parametrize("side", ["purchases", "spend"])
def test_customers_in_any_order_keep_their_own_values(side):
    # pymc-marketing labels rows by np.unique(customer_id): unsorted customers are swapped
    data = dataclasses.replace(customers("BetaGeo", 500), customer=np.arange(500)[::-1] * 7)
    order = np.random.default_rng(5).permutation(500)
    shuffled = rows(data, order)
    if side == "spend":
        fit = GammaGamma.fit(data)
        np.testing.assert_array_equal(fit.expected_spend(shuffled), fit.expected_spend(data)[order])
        return
    fit = ModifiedBetaGeo.fit(data)
    ahead, again = fit.predict(data, horizon=10), fit.predict(shuffled, horizon=10)
    np.testing.assert_array_equal(again.customer, data.customer[order])
    np.testing.assert_array_equal(again.expected_purchases, ahead.expected_purchases[order])
    np.testing.assert_array_equal(again.probability_alive, ahead.probability_alive[order])


def log_of(*lines):
    who, when, spend = zip(*lines, strict=True)
    frame = pd.DataFrame({"who": who, "when": pd.to_datetime(list(when)), "spend": spend})
    return cv.occasions(frame, customer="who", time="when", amount="spend")


def test_refunded_order_is_no_purchase():
    # LT, pymc-marketing: counted, with monetary value -10
    bought = log_of(
        ("a", "2024-01-01", 30.0),
        ("a", "2024-01-20", 10.0),
        ("a", "2024-01-20", -10.0),
        ("a", "2024-02-01", 25.0),
    )
    summary = bought.summary(until="2024-03-01")
    assert (summary.frequency[0], summary.monetary_value[0]) == (1, 25)
    assert sum(summary.notes.values()) == 1


def test_holdout_spend_adds_days_and_does_not_average_lines():
    # LT #431: the mean of raw rows, 20/3 a line instead of 20 a customer
    bought = log_of(
        ("a", "2024-01-01", 30.0),
        ("a", "2024-01-10", 12.0),
        ("a", "2024-02-01", 5.0),
        ("a", "2024-02-01", 3.0),
        ("a", "2024-02-07", 12.0),
        ("b", "2024-01-03", 9.0),
    )
    split = bought.split(at="2024-01-31", until="2024-02-10")
    assert split.frequency.tolist() == [2, 0]
    assert split.spend.tolist() == [20, 0]
    whole = bought.summary(until="2024-02-10")
    assert whole.monetary_value[0] == pytest.approx((12 + 8 + 12) / 3)
    assert whole.frequency.tolist() == [3, 0]


def test_weeks_are_parts_of_seven_days_and_not_whole_periods():
    # LT #253, #280: "7D" gave 41 instead of 5.87
    bought = log_of(("a", "2024-01-01", 1.0), ("a", "2024-01-30", 1.0))
    summary = bought.summary(until="2024-02-11", unit="week")
    assert (summary.recency[0], summary.T[0]) == (29 / 7, 41 / 7)


def test_purchases_of_one_day_are_one_occasion_and_counted():
    # LT #56, #91: they vanish
    bought = log_of(("a", "2024-01-01 09:00", 1.0), ("a", "2024-01-01 18:00", 2.0))
    assert (len(bought), bought.lines.tolist(), bought.spend.tolist()) == (1, [2], [3.0])


def test_recency_of_rfm_is_refused():
    # LT #448, #368: days since the last purchase taken for the time of the last purchase
    table = pd.DataFrame({"frequency": [0, 2], "recency": [30.0, 5.0], "T": [30.0, 30.0]})
    with pytest.raises(InvalidDataError, match=r"recency: must be 0 where frequency is 0.*RFM"):
        cv.Summary.from_table(table)


def test_one_time_buyers_alive_for_certain_are_pointed_out(cdnow):
    # LT #44, #165, #212
    summary = cdnow.summary(until="1997-09-30", unit="week")
    once = summary.frequency == 0
    fit = BetaGeo.fit(summary)
    assert any(f"P(alive) is 1 by construction for the {once.sum()}" in n for n in fit.notes)
    with pytest.warns(CustValueWarning, match=r"P\(alive\) = 1"):
        assert (fit.predict(summary, horizon=1).probability_alive[once] == 1).all()
    modified = ModifiedBetaGeo.fit(summary)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (modified.predict(summary, horizon=1).probability_alive[once] < 1).all()


def test_nullable_columns():
    # pymc-marketing #1471: TypeError
    data = customers("BetaGeo", 400)
    plain = data.to_frame()
    nullable = plain.convert_dtypes()
    assert str(nullable["frequency"].dtype) == "Int64"
    columns = {"monetary_value": "monetary_value", "customer": "customer", "unit": "week"}
    summary = cv.Summary.from_table(nullable, **columns)
    assert BetaGeo.fit(summary) == BetaGeo.fit(cv.Summary.from_table(plain, **columns))
    assert GammaGamma.fit(summary) == GammaGamma.fit(cv.Summary.from_table(plain, **columns))


def test_fit_is_the_same_every_time():
    # LT Pareto/NBD starts from an unseeded random point; here nothing is random
    data = customers("BetaGeo", 800)
    for kind in (BetaGeo, ModifiedBetaGeo, GammaGamma):
        np.random.seed(1)  # noqa: NPY002  # the global state must not matter
        first = kind.fit(data)
        np.random.seed(2)  # noqa: NPY002
        assert kind.fit(data) == first
