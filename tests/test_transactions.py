"""Occasions against the plain reference, and what policies do and count."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import custvalue as cv
import plain_log
from custvalue.errors import InvalidDataError
from custvalue.testing import transaction_logs

GRAINS = ("hour", "day", "week", "month", "quarter", "year")


def read(log, **options):
    return cv.occasions(log, customer="customer", time="time", amount="amount", **options)


def lines(*rows):
    who, when, amount = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "customer": list(who),
            "time": pd.to_datetime(list(when), format="ISO8601"),
            "amount": list(amount),
        }
    )


def cells(bought):
    frame = bought.to_frame()
    refunded = bought.refunded if bought.refunded is not None else np.zeros(len(bought))
    return {
        (who, when.to_pydatetime()): {"lines": n, "net": net * 4, "refunded": back * 4}
        for who, when, n, net, back in zip(
            frame["customer"],
            frame["period"],
            frame["lines"],
            frame["spend"],
            refunded,
            strict=True,
        )
    }


@pytest.mark.parametrize("grain", GRAINS)
@pytest.mark.parametrize("seed", [1, 2])
def test_occasions_are_those_of_the_reference(grain, seed):
    log = plain_log.random_log(seed, start="1968-11-15", days=1200)
    assert cells(read(log, grain=grain)) == plain_log.occasions(log, grain)


@pytest.mark.parametrize("week_start", plain_log.WEEKDAYS)
def test_weeks_start_on_the_day_asked_for(week_start):
    log = plain_log.random_log(3)
    got = read(log, grain="week", week_start=week_start)
    assert cells(got) == plain_log.occasions(log, "week", week_start)
    assert {day.strftime("%A").lower() for _, day in cells(got)} == {week_start}


@given(transaction_logs(refunds=True), st.sampled_from(GRAINS))
def test_any_log_is_read_as_by_the_reference(log, grain):
    assert cells(read(log, grain=grain)) == plain_log.occasions(log, grain)


def test_midnight_belongs_to_the_day_it_begins():
    log = lines(("a", "2024-01-01T23:59:59.999999", 1.0), ("a", "2024-01-02T00:00", 2.0))
    assert read(log).spend.tolist() == [1.0, 2.0]
    assert read(log, grain="hour").to_frame()["period"].dt.hour.tolist() == [23, 0]


def test_rows_are_sorted_by_customer_and_period():
    bought = read(plain_log.random_log(4))
    frame = bought.to_frame()
    assert frame[["customer", "period"]].equals(
        frame.sort_values(["customer", "period"], ignore_index=True)[["customer", "period"]]
    )
    assert bought.customer.tolist() == sorted(set(plain_log.random_log(4)["customer"]))


# ---- policies


@pytest.mark.parametrize(
    ("column", "note", "kind"),
    [
        *(
            ("customer", "lines without a customer dropped", k)
            for k in (None, np.nan, pd.NaT, pd.NA)
        ),
        *(("time", "lines without a time dropped", k) for k in (None, np.nan, pd.NaT, pd.NA)),
        *(("amount", "lines without an amount dropped", k) for k in (None, np.nan, pd.NA)),
    ],
)
def test_missing_values(column, note, kind):
    log = plain_log.random_log(5)
    holes = log.astype({column: object})
    holes.loc[[3, 17], column] = kind
    if column == "time":
        holes["time"] = pd.to_datetime(holes["time"])
    if column == "amount":
        holes["amount"] = holes["amount"].astype("Float64")
    with pytest.raises(InvalidDataError, match=rf"{column}: .*missing.*row 3, 2 of 300.*'drop'"):
        read(holes)
    dropped = read(holes, missing="drop")
    assert dropped.notes == {note: 2}
    assert cells(dropped) == plain_log.occasions(log.drop(index=[3, 17]))


def test_text_that_is_no_date():
    log = plain_log.random_log(6)
    text = log.assign(time=log["time"].dt.strftime("%Y-%m-%dT%H:%M:%S"))
    assert read(text) == read(log)
    text.loc[[7, 9, 11], "time"] = ["soon", "", "2024-02-30"]
    with pytest.raises(InvalidDataError, match=r"time: .*no date.*'soon'.*row 7, 3 of 300.*'drop'"):
        read(text)
    dropped = read(text, unparsable="drop")
    assert dropped.notes == {"lines with an unparsable time dropped": 3}
    assert cells(dropped) == plain_log.occasions(log.drop(index=[7, 9, 11]))


def test_text_in_a_format_of_its_own():
    log = plain_log.random_log(7)
    text = log.assign(time=log["time"].dt.strftime("%d.%m.%Y"))
    assert read(text, time_format="%d.%m.%Y") == read(log)


def test_a_missing_and_an_unparsable_time_are_counted_apart():
    log = pd.DataFrame(
        {"customer": list("abc"), "time": ["2024-01-01", None, "soon"], "amount": [1.0, 2.0, 3.0]}
    )
    assert read(log, missing="drop", unparsable="drop").notes == {
        "lines without a time dropped": 1,
        "lines with an unparsable time dropped": 1,
    }


def test_a_line_that_breaks_two_rules_is_counted_once():
    log = pd.DataFrame(
        {
            "customer": ["a", None, None],
            "time": pd.to_datetime(["2024-01-01", None, "2024-01-02"]),
            "amount": [1.0, np.nan, np.nan],
        }
    )
    assert sum(read(log, missing="drop").notes.values()) == 2


def test_duplicates():
    log = plain_log.random_log(8, refunds=False)
    twice = pd.concat([log, log.iloc[[5, 9]]], ignore_index=True)
    keys = ["customer", "time", "amount"]
    again = int(twice.duplicated(keys).sum())
    assert cells(read(twice)) == plain_log.occasions(twice)
    with pytest.raises(InvalidDataError, match=rf"duplicate.*{again} of 302.*duplicates='drop'"):
        read(twice, duplicates="error")
    dropped = read(twice, duplicates="drop")
    assert dropped.notes == {"duplicate lines dropped": again}
    assert cells(dropped) == plain_log.occasions(twice.drop_duplicates(keys))


def test_duplicates_differ_in_time_within_a_day_and_in_amount():
    log = lines(("a", "2024-01-01T09:00", 5.0), ("a", "2024-01-01T10:00", 5.0),
                ("a", "2024-01-01T09:00", 6.0), ("a", "2024-01-01T09:00", 5.0))  # fmt: skip
    assert read(log, duplicates="drop").spend.tolist() == [16.0]
    assert read(log, duplicates="drop").notes == {"duplicate lines dropped": 1}


def test_dropped_lines_are_no_originals_of_duplicates():
    log = lines(("a", "2024-01-01", -5.0), ("a", "2024-01-01", -5.0), ("a", "2024-01-01", 7.0))
    got = read(log, duplicates="drop", refunds="drop")
    assert got.notes == {"refund lines dropped": 2}


@pytest.mark.parametrize("grain", ["day", "month"])
def test_refunds(grain):
    log = plain_log.random_log(9)
    negative = log["amount"] < 0
    count = int(negative.sum())
    first = int(np.flatnonzero(negative)[0])
    with pytest.raises(InvalidDataError, match=rf"amount: .*negative.*row {first}, {count} of 300"):
        read(log, refunds="error", grain=grain)
    dropped = read(log, refunds="drop", grain=grain)
    assert dropped.notes == {"refund lines dropped": count}
    assert cells(dropped) == plain_log.occasions(log[~negative], grain)
    assert cells(read(log, refunds="net", grain=grain)) == plain_log.occasions(log, grain)


REFUNDED = "fully refunded occasions, not counted as purchases"


def test_zero_amounts_are_purchases_and_fully_refunded_occasions_are_not():
    log = lines(
        ("free", "2024-01-01", 0.0), ("free", "2024-01-05", 0.0),
        ("kept", "2024-01-01", 10.0), ("kept", "2024-01-05", 9.0), ("kept", "2024-01-05", -4.0),
        ("back", "2024-01-01", 10.0), ("back", "2024-01-05", 9.0), ("back", "2024-01-05", -9.0),
        ("late", "2024-01-01", 10.0), ("late", "2024-01-05", -9.0),
    )  # fmt: skip
    summary = read(log).summary()
    found = dict(zip(summary.customer, summary.frequency, strict=True))
    assert found == {"free": 1, "kept": 1, "back": 0, "late": 0}
    assert summary.notes == {REFUNDED: 2}
    assert summary.T.tolist() == [4.0] * 4


def test_rounding_of_amounts_does_not_leave_a_purchase():
    log = lines(("a", "2024-01-01", 1.0), ("a", "2024-01-05", 0.1), ("a", "2024-01-05", 0.2),
                ("a", "2024-01-05", -0.3))  # fmt: skip
    summary = read(log).summary()
    assert summary.frequency.tolist() == [0.0]
    assert summary.notes == {REFUNDED: 1}
