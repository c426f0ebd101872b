"""Summary and Split against the plain reference, against lifetimes, and from tables."""

from __future__ import annotations

import datetime as dt
import math
import warnings

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
import plain_log
from custvalue.errors import InvalidDataError

GRAINS = ("hour", "day", "week", "month", "quarter", "year")
DATE = dt.datetime


def read(log, **options):
    return cv.occasions(log, customer="customer", time="time", amount="amount", **options)


def assert_as_the_reference(got, expected):
    assert got.customer.tolist() == sorted(expected)
    columns = np.stack([got.frequency, got.recency, got.T, got.monetary_value], axis=1)
    wanted = np.array([expected[who] for who in sorted(expected)])
    np.testing.assert_allclose(columns, wanted, rtol=1e-13, atol=1e-13)


def assert_notes(got, expected):
    names = {
        "refunded": "fully refunded occasions, not counted as purchases",
        "before": "occasions before `since` left out",
        "after": "occasions after `until` left out",
    }
    assert dict(got.notes) == {names[k]: v for k, v in expected.items() if v}


@pytest.mark.parametrize("unit", GRAINS)
@pytest.mark.parametrize("grain", GRAINS)
def test_all_grains_and_units(grain, unit):
    log = plain_log.random_log(21, start="1968-11-15", days=1500)
    expected, notes = plain_log.summary(log, grain=grain, unit=unit)
    got = read(log, grain=grain).summary(unit=unit)
    assert_as_the_reference(got, expected)
    assert_notes(got, notes)
    assert got.unit == unit


@pytest.mark.parametrize("grain", GRAINS)
@pytest.mark.parametrize(
    "window",
    [
        {"until": DATE(2021, 3, 1)},
        {"until": DATE(2021, 3, 1, 13, 30)},
        {"until": DATE(2030, 1, 1)},
        {"since": DATE(2020, 2, 29)},
        {"since": DATE(2020, 2, 29), "until": DATE(2021, 12, 31, 23)},
        {"since": DATE(2020, 6, 15), "until": DATE(2020, 6, 15)},
    ],
)
def test_the_time_observed(grain, window):
    log = plain_log.random_log(22, lines=2500)
    expected, notes = plain_log.summary(log, grain=grain, unit="week", **window)
    got = read(log, grain=grain).summary(unit="week", **window)
    assert_as_the_reference(got, expected)
    assert_notes(got, notes)
    as_text = {name: when.isoformat() for name, when in window.items()}
    assert read(log, grain=grain).summary(unit="week", **as_text) == got


def test_the_last_period_is_observed_whole():
    log = plain_log.random_log(23)
    bought = read(log)
    assert bought.summary(until="2021-03-01") == bought.summary(until="2021-03-01T23:59:59")
    assert read(log[log["time"] < "2021-03-02"]).summary(until="2021-03-01").T.tolist() == (
        bought.summary(until="2021-03-01").T.tolist()
    )


@pytest.mark.parametrize("week_start", plain_log.WEEKDAYS)
def test_weeks(week_start):
    log = plain_log.random_log(24)
    until = DATE(2021, 5, 6)
    expected, _ = plain_log.summary(log, grain="week", week_start=week_start, until=until)
    got = read(log, grain="week", week_start=week_start).summary(until=until)
    assert_as_the_reference(got, expected)


@pytest.mark.parametrize("grain", ["day", "quarter"])
def test_the_first_spend_may_be_included(grain):
    log = plain_log.random_log(25)
    expected, _ = plain_log.summary(log, grain=grain, include_first_spend=True)
    assert_as_the_reference(read(log, grain=grain).summary(include_first_spend=True), expected)


def test_a_log_without_amounts_has_no_monetary_value():
    log = plain_log.random_log(26, refunds=False)
    got = cv.occasions(log, customer="customer", time="time").summary()
    assert got.monetary_value is None
    assert list(got.to_frame().columns) == ["customer", "frequency", "recency", "T"]
    assert got.frequency.tolist() == read(log).summary().frequency.tolist()


@pytest.mark.parametrize("grain", ["day", "week", "month"])
@pytest.mark.parametrize(
    "window",
    [
        (DATE(2020, 1, 15), DATE(2020, 6, 30)),
        (None, DATE(2020, 3, 31, 12)),
        (DATE(2020, 2, 29), None),
    ],
)
def test_a_cohort_is_who_began_in_the_window(grain, window):
    log = plain_log.random_log(27, customers=120)
    low, high = (w and plain_log.period(w, grain) for w in window)
    bought = plain_log.purchases(plain_log.occasions(log, grain))
    births = dict(sorted(bought, reverse=True))
    kept = [w for w, b in births.items() if (not low or b >= low) and (not high or b <= high)]
    cohort = read(log, grain=grain).cohort(*window)
    assert 0 < len(kept) < len(births)
    assert cohort.customer.tolist() == sorted(kept)
    assert len(cohort) == sum(who in kept for who, _ in bought)


@pytest.mark.parametrize("grain", ["hour", "day", "week", "month", "quarter"])
@pytest.mark.parametrize(
    ("at", "until"),
    [
        (DATE(2020, 9, 30), DATE(2021, 6, 30)),
        (DATE(2020, 12, 31, 23, 59), DATE(2021, 3, 31)),
        (DATE(2020, 1, 31), DATE(2022, 2, 1)),  # the holdout is longer than the calibration
    ],
)
def test_split(grain, at, until):
    days = 60 if grain == "hour" else 900
    start = "2019-11-15"
    if grain == "hour":  # a short log: the reference visits every period
        at, until = DATE(2019, 12, 1, at.hour), DATE(2020, 1, 1)
    log = plain_log.random_log(28, lines=350, customers=60, days=days, start=start)
    expected = plain_log.split(log, at=at, until=until, grain=grain)
    got = read(log, grain=grain).split(at=at, until=until, unit="week")
    calibration, notes = plain_log.summary(log, grain=grain, unit="week", until=at)
    assert_as_the_reference(got.calibration, calibration)
    assert_notes(got.calibration, notes | {"after": 0})
    assert got.calibration.customer.tolist() == expected["customer"]
    for name in ("frequency", "spend", "prior", "births", "repeats", "amount"):
        assert getattr(got, name).tolist() == expected[name], name
    assert got.period.astype("datetime64[us]").tolist() == expected["period"]
    assert got.cut == expected["cut"]
    ends = plain_log.period(at, grain), plain_log.period(until, grain)
    assert got.duration == pytest.approx(plain_log.elapsed(*ends, grain, "week"), rel=1e-13)
    window = plain_log.elapsed(*expected["prior_window"], grain, "week")
    assert got.prior_duration == pytest.approx(window, rel=1e-13)
    since_first = [
        plain_log.elapsed(expected["period"][0], p, grain, "week") for p in got_periods(got)
    ]
    np.testing.assert_allclose(got.elapsed, since_first, rtol=1e-13)


def got_periods(split):
    return split.period.astype("datetime64[us]").tolist()


def test_a_split_adds_up():
    log = plain_log.random_log(29, lines=2000, customers=200)
    got = read(log).split(at="2021-01-31")
    held = np.arange(len(got.period)) > got.cut
    assert got.births[held].sum() == 0
    assert got.births.sum() == len(got.calibration)
    assert got.repeats[held].sum() == got.frequency.sum() > 0
    assert got.repeats[~held].sum() == got.calibration.frequency.sum() > 0
    assert got.amount[held].sum() == got.spend.sum()


def test_summary_is_that_of_lifetimes_on_cdnow(cdnow):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        utils = pytest.importorskip("lifetimes.utils", reason="lifetimes is not installed")
        theirs = utils.summary_data_from_transaction_data(
            cdnow, "customer_id", "date", "spend", observation_period_end="1997-09-30"
        )
    bought = cv.occasions(cdnow, customer="customer_id", time="date", amount="spend")
    ours = bought.summary(until="1997-09-30")
    assert ours.customer.tolist() == theirs.index.tolist()
    for name in ("frequency", "recency", "T"):
        assert getattr(ours, name).tolist() == theirs[name].tolist()
    np.testing.assert_allclose(
        np.nan_to_num(ours.monetary_value), theirs["monetary_value"], rtol=1e-12
    )


@pytest.mark.parametrize(("unit", "days"), [("week", 7), ("month", 30.4375), ("year", 365.25)])
def test_a_summary_in_another_unit(unit, days):
    bought = read(plain_log.random_log(30))
    summary = bought.summary()
    np.testing.assert_allclose(summary.in_unit(unit).T * days, summary.T, rtol=1e-15)
    np.testing.assert_allclose(summary.in_unit(unit).recency * days, summary.recency, rtol=1e-15)
    assert summary.in_unit(unit).frequency is not None
    assert summary.in_unit("day") == summary
    with pytest.raises(InvalidDataError, match=r"unit: must be one of .*'week'.*'fortnight'"):
        summary.in_unit("fortnight")


def test_a_table_that_to_frame_wrote_is_read_as_the_same_summary():
    summary = read(plain_log.random_log(31)).summary(unit="week")
    again = cv.Summary.from_table(
        summary.to_frame(), customer="customer", monetary_value="monetary_value", unit="week"
    )
    assert dict(summary.notes)
    assert again.to_frame().equals(summary.to_frame())


def test_a_monetary_value_of_zero_without_a_repeat_purchase_is_missing():
    table = pd.DataFrame(
        {"frequency": [0, 2], "recency": [0, 3], "T": [9, 9], "monetary_value": [0.0, 4.0]}
    )
    summary = cv.Summary.from_table(table, monetary_value="monetary_value")
    assert math.isnan(summary.monetary_value[0])
    assert summary.monetary_value[1] == 4.0


def test_a_summary_keeps_no_array_that_somebody_writes_to():
    who, columns = np.array(["a", "b"]), [np.array([1.0, 2.0]) for _ in range(5)]
    kept = cv.Summary(who, *columns)
    who[0] = "z"
    for column in columns:
        column[0] = 99.0
    assert kept == cv.Summary(["a", "b"], *[[1.0, 2.0]] * 5)
    with pytest.raises(ValueError, match="read-only"):
        kept.frequency[0] = 5.0


def test_columns_of_occasions_and_their_summary_are_read_only(cdnow):
    bought = cv.occasions(cdnow, customer="customer_id", time="date", amount="spend")
    summary = bought.summary()
    for column in (bought.customer, bought.start, bought.period, bought.spend, summary.customer,
                   summary.T, summary.monetary_value):  # fmt: skip
        with pytest.raises(ValueError, match="read-only"):
            column[0] = column[1]
    assert np.shares_memory(summary.customer, bought.customer)  # no copy of what is safe
