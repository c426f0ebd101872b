"""RFM values: definitions, sources, policies, bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import custvalue as cv

NAMES = {"customer": "who", "time": "when", "amount": "spend"}
LOG = pd.DataFrame(
    {
        "who": ["b", "a", "a", "a", "c", "b"],
        "when": pd.to_datetime(
            ["2024-01-05", "2024-01-01T09:00", "2024-01-01T17:00", "2024-02-01", "2024-03-01",
             "2024-01-06"], format="ISO8601"
        ),
        "spend": [10.05, 120.01, 0.1, 0.2, 7.0, 0.95],
    }
)  # fmt: skip


def bad(match):
    return pytest.raises(cv.errors.InvalidDataError, match=match)


def test_values_by_hand(engine):
    found = cv.rfm.values(engine.frame(LOG), **NAMES)
    table = found.to_frame()
    assert engine.owns(table)
    table = engine.pandas(table)
    assert table["customer"].tolist() == ["a", "b", "c"]
    assert table["days_since_last"].tolist() == [29.0, 55.0, 0.0]  # 2024 is a leap year
    assert table["frequency"].tolist() == [2.0, 2.0, 1.0]  # two lines of one day are one
    assert table["monetary"].tolist() == [120.31, 11.0, 7.0]
    assert found.as_of == "2024-03-01"
    assert not found.notes


def test_mean_is_money_per_occasion():
    found = cv.rfm.values(LOG, **NAMES, monetary="mean")
    assert found.monetary.tolist() == [120.31 / 2, 5.5, 7.0]
    np.testing.assert_allclose(found.revenue, cv.rfm.values(LOG, **NAMES).revenue, rtol=1e-15)


def test_as_of_counts_back_from_any_day_and_leaves_out_what_is_later():
    later = cv.rfm.values(LOG, **NAMES, as_of="2024-03-31")
    assert later.days_since_last.tolist() == [59.0, 85.0, 30.0]
    early = cv.rfm.values(LOG, **NAMES, as_of="2024-01-31")
    assert early.customer.tolist() == ["a", "b"]
    assert early.days_since_last.tolist() == [30.0, 25.0]
    assert early.monetary.tolist() == [120.11, 11.0]
    assert early.notes == {
        "occasions after `as_of` left out": 2,
        "customers without a purchase left out": 1,
    }
    with bad("has no purchase in the time that counts"):
        cv.rfm.values(LOG, **NAMES, as_of="2023-12-31")


def test_since_is_the_first_day_that_counts():
    found = cv.rfm.values(LOG, **NAMES, since="2024-02-01")
    assert found.customer.tolist() == ["a", "c"]
    assert found.monetary.tolist() == [0.2, 7.0]
    assert found.notes["occasions before `since` left out"] == 3


def test_an_hour_grain_ends_as_of_with_the_last_hour_of_the_day():
    found = cv.rfm.values(LOG, **NAMES, as_of="2024-01-01", grain="hour")
    assert found.frequency.tolist() == [2.0]
    assert found.days_since_last.tolist() == [6 / 24]
    assert found.as_of == "2024-01-01T23"


def test_refunds_reduce_money_wherever_they_are_and_are_no_purchase():
    log = pd.DataFrame(
        {
            "who": ["a", "a", "b", "b", "c"],
            "when": ["2024-01-01", "2024-01-05", "2024-01-01", "2024-01-02", "2024-01-03"],
            "spend": [100.0, -100.0, 50.0, 30.0, -5.0],
        }
    )
    found = cv.rfm.values(log, **NAMES)
    assert found.customer.tolist() == ["a", "b"]
    assert found.frequency.tolist() == [1.0, 2.0]
    assert found.days_since_last.tolist() == [4.0, 3.0]
    assert found.monetary.tolist() == [0.0, 80.0]
    assert found.notes == {
        "fully refunded occasions, not counted as purchases": 2,
        "customers without a purchase left out": 1,
    }
    dropped = cv.rfm.values(log, **NAMES, refunds="drop")
    assert dropped.monetary.tolist() == [100.0, 80.0]


def test_row_order_and_chunks_change_nothing(cdnow):
    names = {"customer": "customer_id", "time": "date", "amount": "spend"}
    whole = cv.rfm.values(cdnow, **names)
    shuffled = cdnow.sample(frac=1, random_state=1)
    assert cv.rfm.values(shuffled, **names) == whole
    parts = [cv.occasions(part, **names) for part in (shuffled[:3000], shuffled[3000:])]
    assert cv.rfm.values(parts[0] + parts[1]) == whole


@pytest.mark.parametrize("unit", ["day", "week", "month"])
def test_a_summary_gives_the_same_days_and_frequency(cdnow, unit):
    bought = cv.occasions(cdnow, customer="customer_id", time="date", amount="spend")
    of_log = cv.rfm.values(bought)
    of_summary = cv.rfm.values(bought.summary(unit=unit), monetary="mean")
    np.testing.assert_array_equal(of_summary.customer, of_log.customer)
    np.testing.assert_array_equal(of_summary.days_since_last, of_log.days_since_last)
    np.testing.assert_array_equal(of_summary.frequency, of_log.frequency)
    assert of_summary.as_of is None
    assert of_summary.money == "repeat mean"
    assert np.isnan(of_summary.revenue).all()
    once = of_log.frequency == 1
    np.testing.assert_array_equal(np.isnan(of_summary.monetary), once)
    with bad("must be known to be scored.*first at row"):
        cv.rfm.scores(of_summary)


@pytest.mark.parametrize(
    ("who", "match"),
    [
        (["a", None], "customer: must not be missing.*row 1, 1 of 2"),
        ([1.0, np.nan], "customer: must not be missing"),
        ([None, None], "customer: must not be missing"),
        (["a", "a"], "customer: must not repeat"),
        ([[1], [1, 2]], "customer: must be one column"),
    ],
)
def test_each_customer_is_there_once(who, match):
    with bad(match):
        cv.rfm.RFMValues(who, [1, 1], [1, 1], [1, 1])
    assert cv.rfm.RFMValues(["b", "a"], [1, 1], [1, 1], [1, 1]).customer.tolist() == ["b", "a"]


def test_as_of_is_a_date():
    for as_of in ("banana", 5, ["2024-01-01"]):
        with bad("as_of: must be a"):
            cv.rfm.RFMValues(["a"], [1], [1], [1], as_of=as_of)


def test_values_keep_no_array_that_somebody_writes_to():
    who, money = np.array(["a", "b"]), np.array([5.0, 7.0])
    values = cv.rfm.RFMValues(who, [1, 1], [1, 1], money)
    who[0], money[0] = "z", np.nan
    assert (values.customer[0], values.monetary[0]) == ("a", 5.0)
    made = cv.rfm.values(LOG, **NAMES)
    for column in (values.monetary, made.customer, made.frequency, made.monetary):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = column[0]


def test_values_survive_json():
    found = cv.rfm.values(LOG, **NAMES)
    assert cv.rfm.RFMValues.from_dict(found.to_dict()) == found
    assert len(repr(found)) < 400


def test_a_table_of_ones_own(engine):
    table = pd.DataFrame({"id": [7, 3], "days": [3, 40], "n": [5, 1], "sum": [9.5, -2.0]})
    names = {"customer": "id", "days_since_last": "days", "frequency": "n", "monetary": "sum"}
    found = cv.rfm.RFMValues.from_table(engine.frame(table), **names)
    assert found.customer.tolist() == [7, 3]
    assert found.monetary.tolist() == [9.5, -2.0]
    assert engine.owns(found.to_frame())


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"id": [7, 7]}, "id: must not repeat"),
        ({"id": ["a", None]}, "id: has missing values"),
        ({"days": [-1, 2]}, "days_since_last: must be at least 0"),
        ({"days": [np.nan, 2]}, "days_since_last: must be finite"),
        ({"days": ["x", "y"]}, "days: must be numeric"),
        ({"n": [0, 2]}, "frequency: must be at least 1"),
        ({"n": [1.5, 2]}, "frequency: must be whole"),
        ({"sum": [np.inf, 2]}, "monetary: must not be infinite"),
    ],
)
def test_bad_tables(change, match):
    table = pd.DataFrame({"id": [7, 3], "days": [3, 40], "n": [5, 1], "sum": [9.5, 2]} | change)
    names = {"customer": "id", "days_since_last": "days", "frequency": "n", "monetary": "sum"}
    with bad(match):
        cv.rfm.RFMValues.from_table(table, **names)


def test_bad_questions(cdnow):
    bought = cv.occasions(LOG, **NAMES)
    summary = bought.summary()
    with bad("customer: must name a column"):
        cv.rfm.values(LOG)
    with bad("amount: must name a column"):
        cv.rfm.values(LOG, customer="who", time="when")
    with bad("refunds: must be left out where the source is a Occasions"):
        cv.rfm.values(bought, refunds="drop")
    with bad("amount: must be known"):
        cv.rfm.values(cv.occasions(LOG, customer="who", time="when"))
    with bad('monetary: must be "mean" for a Summary'):
        cv.rfm.values(summary)
    with bad("as_of, since: must be left out"):
        cv.rfm.values(summary, monetary="mean", as_of="2024-01-01")
    with bad("monetary: must be one of 'sum', 'mean'"):
        cv.rfm.values(LOG, **NAMES, monetary="median")
    with bad("as_of: must be a date"):
        cv.rfm.values(LOG, **NAMES, as_of="soon")
    with bad("has no purchase"):
        cv.rfm.values(LOG.iloc[:0], **NAMES)
    with bad("must be a data frame"):
        cv.rfm.values([1, 2], **NAMES)
    with pytest.raises(cv.errors.ColumnNotFoundError, match="Did you mean 'spend'"):
        cv.rfm.values(LOG, **(NAMES | {"amount": "spent"}))
    with bad("must have columns of one length"):
        cv.rfm.RFMValues(["a"], [1, 2], [1, 2], [1, 2])
    with bad("as_of: must be a str"):
        cv.rfm.RFMValues(["a"], [1], [1], [1], as_of=pd.Timestamp("2024-01-01"))
    with bad("must have at least one customer"):
        cv.rfm.RFMValues([], [], [], [])
