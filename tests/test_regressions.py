"""What was wrong once, and must stay right."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue.errors import InvalidDataError

LOG = cv.datasets.cdnow()
BOUGHT = cv.occasions(LOG, customer="customer_id", time="date", amount="spend")
SPLIT = BOUGHT.split(at="1997-09-30", unit="week")
FIT = cv.clv.ModifiedBetaGeo.fit(SPLIT.calibration)


@pytest.mark.parametrize(
    ("parameters", "t", "truth"),
    [((1000, 1000, 0.5, 0.7), 1000, 44.32), ((100, 100, 0.5, 0.6), 100, 12.535)],
)
def test_nearly_equal_rates_are_no_special_case(parameters, t, truth):
    """Large r: the truth by mpmath, to the digits given."""
    got = cv.clv.BetaGeo(*parameters).expected_purchases_new(t)
    assert got == pytest.approx(truth, rel=2e-4)


def test_a_fit_to_nearly_equal_rates_forecasts_what_happens():
    truth = cv.clv.ModifiedBetaGeo(200.0, 1000.0, 0.8, 2.5)
    fit = cv.clv.ModifiedBetaGeo.fit(cv.datasets.simulate(truth, 3000, 60, 1).summary)
    later = cv.datasets.simulate(truth, 20_000, 520, 2).summary
    assert fit.model.expected_purchases_new(520) == pytest.approx(later.frequency.mean(), rel=0.1)
    assert truth.expected_purchases_new(520) == pytest.approx(later.frequency.mean(), rel=0.03)


def test_large_ids_stay_apart_beside_a_missing_one():
    ids = pd.Series([2**53 + 1, None, 2**53], dtype=object)
    frame = pd.DataFrame({"c": ids, "d": ["2024-01-01"] * 3})
    got = cv.occasions(frame, customer="c", time="d", missing="drop")
    assert got.customer.tolist() == [2**53, 2**53 + 1]


@pytest.mark.parametrize("seed", range(5))
def test_cents_add_exactly_in_any_order(seed):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "c": rng.integers(0, 5, 300),
            "d": np.datetime64("2024-01-01") + rng.integers(0, 5, 300).astype("timedelta64[D]"),
            "a": rng.integers(-500, 10_000, 300) / 100,
        }
    )

    def read(part):
        return cv.occasions(part, customer="c", time="d", amount="a")

    whole = read(frame)
    assert read(frame.sample(frac=1.0, random_state=seed)) == whole
    assert sum(read(frame[i::7]) for i in range(7)) == whole
    exact = frame.assign(a=(frame["a"] * 100).round()).groupby(["c", "d"])["a"].sum() / 100
    np.testing.assert_array_equal(whole.spend, exact.to_numpy())


def test_addition_does_not_mind_the_order_of_notes():
    missing = pd.DataFrame({"c": [1, None], "d": ["2024-01-01"] * 2, "a": [1.0, 2.0]})
    text = pd.DataFrame({"c": [1, 2], "d": ["2024-01-01", "soon"], "a": [1.0, 2.0]})
    one, other = (
        cv.occasions(frame, customer="c", time="d", amount="a", missing="drop", unparsable="drop")
        for frame in (missing, text)
    )
    assert one + other == other + one


@pytest.mark.parametrize("text", ["now", "today", "2024", "2024-01", "2024-W01"])
def test_text_that_is_no_day_is_not_parsed(text):
    frame = pd.DataFrame({"c": [1, 2], "d": ["2024-01-01", text]})
    with pytest.raises(InvalidDataError, match=f"no date; got '{text}'"):
        cv.occasions(frame, customer="c", time="d")
    with pytest.raises(InvalidDataError, match="until: must be a date"):
        BOUGHT.summary(until=text)


def test_a_day_includes_its_last_hour():
    frame = pd.DataFrame({"c": [1, 1], "d": ["2024-01-01T08:00", "2024-01-02T20:00"]})
    hours = cv.occasions(frame, customer="c", time="d", grain="hour")
    assert hours.summary(until="2024-01-02", unit="hour").T.tolist() == [39.0]
    assert hours.summary(until="2024-01-02", unit="hour").frequency.tolist() == [1.0]
    assert hours.summary(until="2024-01-02T20:00", unit="hour").T.tolist() == [36.0]


def test_parameters_do_not_change_with_the_array_they_came_from():
    r = np.array([0.2, 0.3])
    model = cv.clv.BetaGeo(r, 4.0, 0.8, 2.0)
    r[0] = -5.0
    assert model.r.tolist() == [0.2, 0.3]
    with pytest.raises(ValueError, match="read-only"):
        model.r[0] = 1.0


@pytest.mark.parametrize(
    "call",
    [
        lambda: cv.clv.BetaGeo.fit(SPLIT.calibration.to_frame()),
        lambda: cv.clv.GammaGamma.fit(SPLIT),
        lambda: FIT.predict(SPLIT.calibration.to_frame(), horizon=1),
        lambda: cv.clv.lifetime_value(FIT, 1.0, LOG, horizon=1, annual_rate=0.1),
        lambda: cv.clv.lifetime_value(
            FIT.model, 1.0, SPLIT.calibration, horizon=1, annual_rate=0.1
        ),
        lambda: cv.clv.holdout(FIT.model, SPLIT),
        lambda: cv.clv.holdout(FIT, SPLIT.calibration),
        lambda: FIT.model.probability_alive([1, 2], [1, 2, 3], 4),
        lambda: cv.clv.BetaGeo([0.2, 0.3], [1, 2, 3], 0.8, 2.0),
        lambda: cv.clv.GammaGamma(6, 4, 15).expected_spend([1, 2], [1, 2, 3]),
        lambda: BOUGHT + cv.occasions(LOG.assign(c=1), customer="c", time="date", amount="spend"),
        lambda: FIT.interval(95),
        lambda: cv.clv.lifetime_value(
            FIT, 1.0, SPLIT.calibration, horizon=math.inf, annual_rate=1e-12
        ),
        lambda: cv.clv.lifetime_value(FIT, 1.0, SPLIT.calibration, horizon=None, annual_rate=0.1),
        lambda: cv.Summary(1, 2, 3, 5),
        lambda: cv.Occasions.from_dict({**BOUGHT.to_dict(), "lines": None}),
        lambda: cv.Summary.from_dict({**SPLIT.calibration.to_dict(), "customer": None}),
    ],
)
def test_wrong_things_are_named(call):
    with pytest.raises(InvalidDataError, match="must"):
        call()


def test_written_periods_must_rise():
    data = BOUGHT.to_dict()
    data["period"] = {**data["period"], "values": data["period"]["values"][::-1]}
    with pytest.raises(InvalidDataError, match="period: must rise within each customer"):
        cv.Occasions.from_dict(data)


def test_a_total_of_nothing():
    values = cv.clv.lifetime_value(FIT, 0.0, SPLIT.calibration, horizon=1, annual_rate=0.1)
    assert values.interval() == (0.0, 0.0)
    assert values.plot().get_lines()


def test_sum_needs_no_start():
    assert sum([BOUGHT, cv.Occasions()]) == BOUGHT
