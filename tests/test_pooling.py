"""Laws of occasions: chunks add to the whole, and a changed log changes the result as it must."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import custvalue as cv
import plain_log
from custvalue.errors import CustValueError, InvalidDataError
from custvalue.testing import check_addable, check_permutation_invariant, transaction_logs

GRAINS = ("hour", "day", "week", "month", "quarter", "year")


def read(log, **options):
    return cv.occasions(log, customer="customer", time="time", amount="amount", **options)


@given(transaction_logs(refunds=True), st.sampled_from(GRAINS))
def test_chunks_add_to_the_whole(log, grain):
    check_addable(lambda part: read(part, grain=grain), log)


@given(transaction_logs(refunds=True))
def test_row_order_does_not_matter(log):
    check_permutation_invariant(read, log)


@given(transaction_logs(refunds=True), transaction_logs(), transaction_logs(refunds=True))
def test_adding_is_associative_and_commutative(one, two, three):
    a, b, c = read(one), read(two), read(three)
    assert (a + b) + c == a + (b + c)
    assert a + b == b + a
    assert a + cv.Occasions() == a == cv.Occasions() + a


def test_notes_add():
    log = plain_log.random_log(10)
    log.loc[[3, 200], "amount"] = np.nan
    both = read(log[:150], missing="drop") + read(log[150:], missing="drop")
    assert both == read(log, missing="drop")
    assert both.notes == {"lines without an amount dropped": 2}


def test_a_chunk_of_which_nothing_is_left_keeps_its_notes():
    log = plain_log.random_log(11)
    nobody = log[:5].assign(customer=None)
    expected = {"lines without a customer dropped": 5}
    for both in (
        read(log) + read(nobody, missing="drop"),
        read(nobody, missing="drop") + read(log),
    ):
        assert both.notes == expected
        assert both.to_frame().equals(read(log).to_frame())


@pytest.mark.parametrize(
    "options", [{"grain": "week"}, {"grain": "week", "week_start": "sunday"}, {"timezone": "UTC"}]
)
def test_logs_read_differently_are_not_added(options):
    log = plain_log.random_log(12)
    other = log.assign(time=log["time"].dt.tz_localize("UTC")) if "timezone" in options else log
    for both in (
        lambda: read(log) + read(other, **options),
        lambda: read(other, **options) + read(log),
    ):
        with pytest.raises(InvalidDataError, match=r"must be the same in both"):
            both()


def test_logs_with_and_without_amounts_are_not_added():
    log = plain_log.random_log(13)
    with pytest.raises(InvalidDataError, match=r"amount: must be given for both"):
        read(log) + cv.occasions(log, customer="customer", time="time")


def test_logs_with_ids_of_two_types_are_not_added():
    log = plain_log.random_log(14)
    numbered = log.assign(customer=log["customer"].str[1:].astype("int64"))
    with pytest.raises(CustValueError, match=r"customer"):
        read(log) + read(numbered)


@pytest.mark.parametrize("other", [1, None, "text", {}])
def test_only_occasions_are_added_to_occasions(other):
    with pytest.raises(TypeError):
        read(plain_log.random_log(1)) + other


# ---- what a caller's change of the log must do


@given(transaction_logs(refunds=True), st.integers(-500, 500))
def test_shifting_all_dates_shifts_the_periods(log, days):
    moved = log.assign(time=log["time"] + pd.Timedelta(days=days))
    assert read(moved).period.tolist() == (read(log).period + days).tolist()
    assert read(moved).spend.tolist() == read(log).spend.tolist()


@given(transaction_logs(), st.integers(-500, 500), st.sampled_from(GRAINS[:3]))
def test_shifting_all_dates_leaves_the_summary(log, weeks, grain):
    moved = log.assign(time=log["time"] + pd.Timedelta(weeks=weeks))
    assert read(moved, grain=grain).summary() == read(log, grain=grain).summary()


@given(transaction_logs())
def test_scaling_all_amounts_scales_the_monetary_value(log):
    got = read(log.assign(amount=log["amount"] * 8)).summary().monetary_value
    assert np.array_equal(got, read(log).summary().monetary_value * 8, equal_nan=True)


@given(transaction_logs(), st.sampled_from(["net", "drop"]))
def test_twice_the_lines_is_twice_the_spend_and_the_same_frequency(log, refunds):
    once, twice = (read(part, refunds=refunds) for part in (log, pd.concat([log, log])))
    assert twice.lines.tolist() == (once.lines * 2).tolist()
    assert twice.spend.tolist() == (once.spend * 2).tolist()
    assert twice.summary().frequency.tolist() == once.summary().frequency.tolist()
    again = read(pd.concat([log, log]), refunds=refunds, duplicates="drop")
    assert again.lines.sum() == len(log.drop_duplicates())


@given(transaction_logs(refunds=True))
def test_days_are_seven_to_the_week(log):
    bought = read(log)
    if len(bought._purchases()):
        weeks, days = bought.summary(unit="week"), bought.summary(unit="day")
        assert (weeks.T * 7).round(9).tolist() == days.T.tolist()
        assert (weeks.recency * 7).round(9).tolist() == days.recency.tolist()
        assert days.in_unit("week") == weeks


@given(transaction_logs(refunds=True))
def test_scaling_all_amounts_scales_the_spend(log):
    got = read(log.assign(amount=log["amount"] * 8))
    assert got.spend.tolist() == (read(log).spend * 8).tolist()


@given(transaction_logs(ties=False))
def test_relabelling_customers_relabels_rows(log):
    new = {f"c{k}": f"z{9 - k}" for k in range(10)}
    table = read(log).to_frame()
    expected = table.assign(customer=table["customer"].map(new)).sort_values(["customer", "period"])
    got = read(log.assign(customer=log["customer"].map(new))).to_frame()
    pd.testing.assert_frame_equal(got, expected.reset_index(drop=True), check_dtype=False)
