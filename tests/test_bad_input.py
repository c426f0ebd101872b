"""Bad logs raise a typed error that names column, rule, value, count and remedy; or are counted."""

from __future__ import annotations

import datetime as dt
import decimal
import re

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue.errors import ColumnNotFoundError, CustValueError, InvalidDataError

ZONES = ["UTC", "Europe/Paris", "America/New_York", "America/Port-au-Prince", "Etc/GMT+5", "+05:30",
         "-03:00", dt.UTC, dt.timezone(dt.timedelta(hours=-3))]  # fmt: skip
NAMES = {"customer": "customer", "time": "time", "amount": "amount"}


def log(**columns):
    good = {
        "customer": ["a", "a", "b", "b"],
        "time": pd.to_datetime(["2024-01-01", "2024-01-03", "2024-01-02", "2024-01-05"]),
        "amount": [1.0, 2.0, 3.0, 4.0],
    }
    return pd.DataFrame(good | columns)


def read(frame, **options):
    return cv.occasions(frame, **(NAMES | options))


def refused(call, *parts, kind=InvalidDataError):
    """Check that a call raises an error of ours whose message has all the parts, in this order."""
    with pytest.raises(CustValueError) as caught:
        call()
    assert type(caught.value) is kind, repr(caught.value)
    pattern = ".*".join(re.escape(part) for part in parts)
    assert re.search(pattern, str(caught.value), re.DOTALL), str(caught.value)


# ---- logs of nothing and of one


@pytest.mark.parametrize(
    "empty", [log()[:0], pd.DataFrame({"customer": [], "time": [], "amount": []})]
)
def test_an_empty_log_has_no_occasions_and_no_summary(empty):
    bought = read(empty)
    assert len(bought) == 0
    assert len(bought.to_frame()) == 0
    assert bought + read(log()) == read(log())
    refused(bought.summary, "log: has no purchase in the time observed", "0 occasions")
    refused(lambda: bought.split(at="2024-01-02"), "log: has no purchase")


def test_an_empty_log_lacks_columns_as_any_other():
    refused(
        lambda: read(log()[:0], customer="who"), "customer: must name", kind=ColumnNotFoundError
    )


@pytest.mark.parametrize("rows", [1, 2])
def test_one_customer(rows):
    summary = read(log()[:rows]).summary(until="2024-01-09")
    assert summary.frequency.tolist() == [rows - 1.0]
    assert summary.T.tolist() == [8.0]
    assert read(log()[:rows]).spend.tolist() == [1.0, 2.0][:rows]


def test_customers_all_of_whose_purchases_were_refunded():
    one = read(log(amount=[5.0, -5.0, 3.0, -4.0], time=pd.to_datetime(["2024-01-01"] * 4)))
    refused(one.summary, "log: has no purchase", "2 occasions", "fully refunded occasions", "2")
    some = read(log(amount=[5.0, 1.0, -3.0, -4.0])).summary()
    assert some.customer.tolist() == ["a"]
    assert some.notes == {"fully refunded occasions, not counted as purchases": 2}


# ---- values of the columns


@pytest.mark.parametrize("hole", [None, np.nan, pd.NaT, pd.NA])
@pytest.mark.parametrize("ids", [["a", "b"], [1, 2], [1.5, 2.5]])
def test_missing_ids(hole, ids):
    frame = log(customer=pd.Series([ids[0], hole, ids[1], hole], dtype=object))
    refused(lambda: read(frame), "customer: has missing values", "row 1, 2 of 4", "missing='drop'")
    got = read(frame, missing="drop")
    assert got.customer.tolist() == ids
    assert got.notes == {"lines without a customer dropped": 2}


def test_infinite_ids():
    frame = log(customer=[1.0, np.inf, 2.0, np.inf])
    refused(lambda: read(frame), "customer: customer ids must be finite", "inf", "row 1, 2 of 4")


@pytest.mark.parametrize("text", ["soon", "", "2024-13-01", "01/02/2024 25:00", "32.01.2024"])
def test_unparsable_dates(text):
    frame = log(time=["2024-01-01", "2024-01-02", text, text])
    refused(lambda: read(frame), "time: has text that is no date", repr(text), "row 2, 2 of 4",
            "unparsable='drop'")  # fmt: skip
    assert sum(read(frame, unparsable="drop").notes.values()) == 2


def test_text_in_another_format_than_the_one_given():
    frame = log(time=["01.02.2024", "2024-01-02", "03.01.2024", "04.01.2024"])
    refused(lambda: read(frame, time_format="%d.%m.%Y"), "time: has text that is no date",
            "'2024-01-02'", "row 1, 1 of 4")  # fmt: skip


def test_ambiguous_dates_are_not_guessed():
    frame = log(time=["01/02/2024", "03/02/2024", "13/02/2024", "04/02/2024"])
    refused(lambda: read(frame), "time: has text that is no date", "'01/02/2024'", "4 of 4")


@pytest.mark.parametrize(
    "times",
    [
        ["2024-01-01T00:00+01:00", "2024-01-02T00:00+02:00"],
        ["2024-01-01T00:00+01:00", "2024-01-02T00:00"],
        ["2024-01-01T00:00Z", "2024-01-02T00:00"],
        [pd.Timestamp("2024-01-01", tz="UTC"), pd.Timestamp("2024-01-02")],
        [pd.Timestamp("2024-01-01", tz="UTC"), pd.Timestamp("2024-01-02", tz="Asia/Tokyo")],
    ],
)
@pytest.mark.parametrize("zone", [None, "UTC"])
def test_mixed_time_zones(times, zone):
    frame = log(time=pd.Series(times * 2, dtype=object))
    refused(lambda: read(frame, timezone=zone), "time: mixes", "zone", "utc=True")


def test_a_naive_column_is_not_converted():
    refused(lambda: read(log(), timezone="Europe/Paris"), "time: has no time zone",
            "timezone='Europe/Paris'", "Leave timezone out")  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
def test_a_zoned_column_needs_a_zone(zone):
    frame = log(time=log()["time"].dt.tz_localize(zone))
    refused(lambda: read(frame), "time: is in time zone", "timezone=")


@pytest.mark.parametrize("zone", ["Paris", "Europe/Pariss", "+25:00", 1, ""])
def test_a_zone_that_does_not_exist(zone):
    frame = log(time=log()["time"].dt.tz_localize("UTC"))
    refused(lambda: read(frame, timezone=zone), "timezone: must be an IANA name", repr(zone))


@pytest.mark.parametrize(
    "numbers",
    [
        [19970101, 19970102, 19970103, 19970104],
        [852076800, 852163200, 852249600, 852336000],
        [852076800.5, 852163200.0, 852249600.0, 852336000.0],
        [True, False, True, False],
    ],
)
@pytest.mark.parametrize("dtype", [None, object])
def test_numbers_are_no_dates(numbers, dtype):
    frame = log(time=pd.Series(numbers, dtype=dtype))
    rule = "has text that is no date" if dtype else "must hold dates or times"
    refused(lambda: read(frame), f"time: {rule}", str(numbers[0]))


def test_numbers_written_as_text_are_no_guess():
    frame = log(time=["852076800", "852163200", "852249600", "852336000"])
    refused(lambda: read(frame), "time: has text that is no date", "'852076800'", "4 of 4")


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinite_amounts(value):
    frame = log(amount=[1.0, value, 2.0, value])
    for policy in ("error", "drop"):
        refused(lambda p=policy: read(frame, missing=p, refunds="net"), "amount: must be finite",
                f"{value:g}", "row 1, 2 of 4")  # fmt: skip


def test_missing_amounts():
    frame = log(amount=[1.0, np.nan, 2.0, np.nan])
    refused(lambda: read(frame), "amount: has missing values", "row 1, 2 of 4", "missing='drop'")
    assert read(frame, missing="drop").notes == {"lines without an amount dropped": 2}


def test_amounts_all_missing():
    frame = log(amount=[np.nan] * 4)
    dropped = read(frame, missing="drop")
    assert dropped.notes == {"lines without an amount dropped": 4}
    refused(dropped.summary, "log: has no purchase", "lines without an amount dropped", "4")


@pytest.mark.parametrize(
    "amounts",
    [
        ["1.0", "2", "3", "4"],
        ["1,50 €", "2", "3", "4"],
        [1.0, "2", 3.0, 4.0],
        [True, False, True, True],
        [decimal.Decimal(1)] * 4,
        [dt.timedelta(1)] * 4,
        [1 + 2j] * 4,
        [[1.0]] * 4,
    ],
)
def test_amounts_that_are_no_numbers(amounts):
    frame = log(amount=pd.Series(amounts, dtype=None if amounts[0] is True else object))
    refused(lambda: read(frame), "amount: must be numeric", "Convert first")


def test_refunds_may_be_refused():
    frame = log(amount=[1.0, -2.0, 3.0, -4.0])
    refused(lambda: read(frame, refunds="error"), "amount: is negative", "-2", "row 1, 2 of 4",
            "refunds='drop'")  # fmt: skip


# ---- columns and frames


@pytest.mark.parametrize(
    ("role", "name", "near"),
    [
        ("customer", "custommer", "customer"),
        ("time", "Time", "time"),
        ("amount", "amounts", "amount"),
    ],
)
def test_columns_that_do_not_exist(role, name, near):
    refused(lambda: read(log(), **{role: name}), f"{role}: must name a column", repr(name),
            f"Did you mean {near!r}?", "Columns:", kind=ColumnNotFoundError)  # fmt: skip


@pytest.mark.parametrize("name", [0, ("a", "b"), 1.5, ["time"]])
def test_names_that_are_no_names(name):
    refused(lambda: read(log(), time=name), "time: must name a column", repr(name),
            kind=ColumnNotFoundError)  # fmt: skip


@pytest.mark.parametrize(
    "thing",
    [None, 1, "log.csv", [1, 2], {"customer": [1]}, np.zeros((2, 3)), pd.Series([1.0]), object()],
)
def test_what_is_no_frame(thing):
    refused(lambda: read(thing), "frame: must be a data frame", type(thing).__name__)
    refused(lambda: cv.Summary.from_table(thing), "frame: must be a data frame")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("grain", "fortnight"), ("grain", "D"), ("grain", None), ("grain", 7), ("grain", ["day"]),
        ("week_start", "Monday"), ("week_start", 0), ("week_start", None),
        ("missing", "ignore"), ("missing", True), ("unparsable", "coerce"), ("unparsable", None),
        ("duplicates", "first"), ("duplicates", False), ("refunds", "keep"), ("refunds", None),
    ],
)  # fmt: skip
def test_options_that_do_not_exist(option, value):
    refused(lambda: read(log(), **{option: value}), f"{option}: must be one of", repr(value))
