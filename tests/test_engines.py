"""The same results on every engine, in the caller's kind of frame, with the input left alone."""

from __future__ import annotations

import datetime as dt
import decimal
import warnings

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
import plain_log
from custvalue.errors import CustValueWarning, InvalidDataError

COLUMNS = {"customer": "customer_id", "time": "date", "amount": "spend"}
NAMES = {"customer": "customer", "time": "time", "amount": "amount"}


def results(log):
    """Return everything from a log to predictions, as plain arrays by name."""
    bought = cv.occasions(log, **COLUMNS)
    summary = bought.summary(until="1997-09-30", unit="week")
    purchases, spend = cv.clv.BetaGeo.fit(summary), cv.clv.GammaGamma.fit(summary)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CustValueWarning)
        predicted = purchases.predict(summary, horizon=39)
    values = cv.clv.lifetime_value(purchases, spend, summary, horizon=52, annual_rate=0.1)
    arrays = {
        "period": bought.period, "spend": bought.spend, "lines": bought.lines,
        "frequency": summary.frequency, "recency": summary.recency, "T": summary.T,
        "monetary_value": summary.monetary_value, "alive": predicted.probability_alive,
        "value": values.value,
        "estimates": purchases.estimates, "covariance": purchases.covariance,
        "spend_estimates": spend.estimates, "spend_covariance": spend.covariance,
        "expected": predicted.expected_purchases,
    }  # fmt: skip
    hashes = purchases.data_hash, spend.data_hash
    return (
        summary.customer.tolist(),
        arrays,
        hashes,
        (bought, summary, purchases, spend, predicted, values),
    )


@pytest.fixture(scope="module")
def expected(cdnow):
    return results(cdnow)


def test_cdnow_from_log_to_value(engine, cdnow, expected):
    frame = engine.frame(cdnow)
    before = engine.pandas(frame).copy()
    customers, arrays, hashes, records = results(frame)
    assert customers == expected[0]
    assert hashes == expected[2]
    for name, array in arrays.items():
        np.testing.assert_allclose(array, expected[1][name], rtol=1e-10, err_msg=name)
    for record, wanted in zip(records, expected[3], strict=True):
        table = record.to_frame()
        assert engine.owns(table), (type(table), type(record))
        assert_tables_equal(engine.pandas(table), wanted.to_frame())
    pd.testing.assert_frame_equal(engine.pandas(frame), before)


def test_a_split_and_its_validation_come_back_in_kind(engine, cdnow):
    split = cv.occasions(engine.frame(cdnow), **COLUMNS).split(at="1997-09-30", unit="week")
    check = cv.clv.holdout(cv.clv.BetaGeo.fit(split.calibration), split)
    for table in (split.to_frame(), check.tracking(), check.metrics_frame(), check.by_frequency()):
        assert engine.owns(table)


def assert_tables_equal(got, wanted):
    assert list(got.columns) == list(wanted.columns)
    for name in wanted:
        ours, theirs = got[name].to_numpy(), wanted[name].to_numpy()
        if theirs.dtype.kind == "f":
            np.testing.assert_allclose(ours.astype(float), theirs, rtol=1e-10)
        elif theirs.dtype.kind == "M":
            assert (ours.astype("datetime64[us]") == theirs).all()
        else:
            assert ours.tolist() == theirs.tolist()


# ---- ids

HUGE = 2**62
IDS = {
    "text": [f"customer {k}" for k in range(25)],
    "unicode": [f"客{k:02d}é" for k in range(25)],
    "integers": list(range(100, 125)),
    "negative": list(range(-12, 13)),
    "huge": [HUGE + k for k in range(25)],
    "far apart": [(-1) ** k * (HUGE + k) for k in range(25)],
    "whole floats": [k * 1.0 for k in range(25)],
    "fractions": [k + 0.5 for k in range(25)],
}


def numbered(log):
    return log["customer"].str[1:].astype("int64")


@pytest.mark.parametrize("kind", IDS)
def test_ids_of_every_kind(engine, kind):
    log = plain_log.random_log(41)
    ids = np.array(IDS[kind], dtype=object if isinstance(IDS[kind][0], str) else None)
    got = cv.occasions(engine.frame(log.assign(customer=ids[numbered(log)])), **NAMES).summary()
    wanted = cv.occasions(log, **NAMES).summary()
    order = sorted(wanted.customer, key=lambda who: IDS[kind][int(who[1:])])
    place = {who: row for row, who in enumerate(wanted.customer)}
    rows = [place[who] for who in order]
    assert got.customer.tolist() == [IDS[kind][int(who[1:])] for who in order]
    for name in ("frequency", "recency", "T", "monetary_value"):
        np.testing.assert_array_equal(getattr(got, name), getattr(wanted, name)[rows])
    table = engine.pandas(got.to_frame())
    assert table["customer"].tolist() == got.customer.tolist()


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "uint8", "uint16", "uint32", "uint64"])
def test_ids_of_every_width(engine, dtype):
    log = plain_log.random_log(42)
    frame = engine.frame(log.assign(customer=numbered(log).astype(dtype)))
    got = cv.occasions(frame, **NAMES).summary()
    wanted = cv.occasions(log, **NAMES).summary()
    assert got.customer.tolist() == [int(who[1:]) for who in wanted.customer]
    assert got.frequency.tolist() == wanted.frequency.tolist()


def test_unsigned_ids_beyond_signed_ones(engine):
    log = plain_log.random_log(43)
    ids = numbered(log).astype("uint64") + np.uint64(2**63 + 5)
    got = cv.occasions(engine.frame(log.assign(customer=ids)), **NAMES)
    assert got.customer.tolist() == sorted(set(ids.tolist()))


def test_huge_ids_that_floats_cannot_tell_apart_stay_apart(engine):
    ids = [2**60, 2**60 + 1, 2**60 + 2]
    log = pd.DataFrame({"customer": ids, "time": pd.to_datetime(["2024-01-01"] * 3)})
    got = cv.occasions(engine.frame(log), customer="customer", time="time")
    assert got.customer.tolist() == ids
    if engine.name != "pandas":  # NumPy integers have no missing value
        holes = {"customer": [*ids, None], "time": [dt.date(2024, 1, 1)] * 4}
        got = cv.occasions(engine.frame(holes), customer="customer", time="time", missing="drop")
        assert got.customer.tolist() == ids


# ---- times


def test_dates_times_and_text_are_the_same_days(engine):
    log = plain_log.random_log(44)
    wanted = cv.occasions(log, **NAMES)
    times = log["time"]
    for kind, column in {
        "date": times.dt.date,
        "text": times.dt.strftime("%Y-%m-%dT%H:%M:%S"),
        "s": times.astype("datetime64[s]"),
        "ms": times.astype("datetime64[ms]"),
        "ns": times.astype("datetime64[ns]"),
    }.items():
        got = cv.occasions(engine.frame(log.assign(time=column)), **NAMES)
        assert got == wanted, kind
        if kind not in ("date",):
            hours = cv.occasions(engine.frame(log.assign(time=column)), grain="hour", **NAMES)
            assert hours == cv.occasions(log, grain="hour", **NAMES), kind


@pytest.mark.parametrize("stored_in", ["UTC", "Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Pacific/Auckland"])
def test_zoned_columns(engine, stored_in, zone):
    log = plain_log.random_log(45)
    zoned = log.assign(time=log["time"].dt.tz_localize("UTC").dt.tz_convert(stored_in))
    local = log.assign(time=zoned["time"].dt.tz_convert(zone).dt.tz_localize(None))
    got = cv.occasions(engine.frame(zoned), timezone=zone, **NAMES)
    assert got.to_frame() is not None
    wanted = cv.occasions(local, **NAMES)
    assert got.period.tolist() == wanted.period.tolist()
    assert got.spend.tolist() == wanted.spend.tolist()


@pytest.mark.parametrize("stored_in", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_zoned_columns_are_not_cut_into_days_without_a_zone(engine, stored_in):
    log = plain_log.random_log(46)
    zoned = log.assign(time=log["time"].dt.tz_localize("UTC").dt.tz_convert(stored_in))
    with pytest.raises(InvalidDataError, match=r"time: is in time zone .*timezone="):
        cv.occasions(engine.frame(zoned), **NAMES)


# ---- the silent wrong results of spec/engines.md that can reach this code


@pytest.mark.parametrize("session", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_the_session_zone_of_duckdb_changes_nothing(session):
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    log = plain_log.random_log(47)
    zoned = log.assign(time=log["time"].dt.tz_localize("UTC"))
    connection = duckdb.connect()
    connection.execute(f"SET TimeZone = '{session}'")
    relation = connection.from_df(zoned)
    got = cv.occasions(relation, timezone="Europe/Paris", **NAMES)
    assert got == cv.occasions(zoned, timezone="Europe/Paris", **NAMES)


@pytest.mark.parametrize("index", [range(1000, 1300), pd.Index(["x"] * 300, name="time")])
def test_the_index_of_a_pandas_frame_is_no_column(index):
    log = plain_log.random_log(48)
    indexed = log.set_axis(index, axis="index")
    assert cv.occasions(indexed, **NAMES) == cv.occasions(log, **NAMES)
    with pytest.raises(InvalidDataError, match=r"customer: must name a column.*'who'"):
        cv.occasions(log.set_index(pd.Index(range(300), name="who")), time="time", customer="who")


def test_null_and_nan_amounts_are_both_missing(engine):
    data = {
        "customer": list("aabb"),
        "time": [dt.datetime(2024, 1, day) for day in (1, 2, 1, 2)],
        "amount": [1.0, None, float("nan"), 4.0],
    }
    with pytest.raises(InvalidDataError, match=r"amount: has missing values.*2 of 4"):
        cv.occasions(engine.frame(data), **NAMES)
    got = cv.occasions(engine.frame(data), missing="drop", **NAMES)
    assert got.notes == {"lines without an amount dropped": 2}
    assert got.spend.tolist() == [1.0, 4.0]


@pytest.mark.parametrize("column", ["customer", "time"])
def test_nulls_are_counted_alike(engine, column):
    data = {"customer": list("aabb"), "time": [dt.datetime(2024, 1, d) for d in (1, 2, 1, 2)]}
    data[column] = [None, *data[column][1:3], None]
    with pytest.raises(InvalidDataError, match=rf"{column}: has missing values.*2 of 4"):
        cv.occasions(engine.frame(data), customer="customer", time="time")
    got = cv.occasions(engine.frame(data), customer="customer", time="time", missing="drop")
    assert (len(got), sum(got.notes.values())) == (2, 2)


@pytest.mark.parametrize("kind", ["float32", "int16", "uint8", "decimal"])
def test_amounts_of_every_type(engine, kind):
    log = plain_log.random_log(49, refunds=False)
    log["amount"] = np.floor(log["amount"])
    column = (
        pd.Series([decimal.Decimal(int(a)) for a in log["amount"]], dtype=object)
        if kind == "decimal"
        else log["amount"].astype(kind)
    )
    if kind == "decimal" and engine.name == "pandas":
        with pytest.raises(InvalidDataError, match=r"amount: must be numeric.*to_numeric"):
            cv.occasions(engine.frame(log.assign(amount=column)), **NAMES)
        return
    got = cv.occasions(engine.frame(log.assign(amount=column)), **NAMES)
    assert got.spend.tolist() == cv.occasions(log, **NAMES).spend.tolist()


def test_large_integer_amounts_do_not_overflow(engine):
    data = {"customer": ["a"] * 4, "time": [dt.datetime(2024, 1, 1)] * 4, "amount": [HUGE] * 4}
    assert cv.occasions(engine.frame(data), **NAMES).spend.tolist() == [4.0 * HUGE]


def test_tables_that_are_summaries_already(engine):
    table = {"x": [0, 2], "t_x": [0.0, 3.5], "T": [9, 9], "m": [None, 4.0], "n": [3, 5]}
    summary = cv.Summary.from_table(
        engine.frame(table), frequency="x", recency="t_x", T="T", monetary_value="m", weight="n"
    )
    assert summary.recency.tolist() == [0.0, 3.5]
    assert np.isnan(summary.monetary_value).tolist() == [True, False]
    assert summary.weight.tolist() == [3.0, 5.0]
    assert engine.owns(summary.to_frame())
