"""custvalue.testing: strategies draw what they promise, checkers catch what breaks a law."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

import custvalue as cv
from custvalue import testing
from custvalue.errors import InvalidDataError, MissingExtraError

FIRST = settings(phases=[Phase.generate], max_examples=500)  # the first found will do


def read(log):
    return cv.occasions(log, customer="customer", time="time", amount="amount")


@given(testing.transaction_logs(customers=3, lines=12, days=10, refunds=True))
def test_logs_keep_to_their_bounds(log):
    assert log.columns.tolist() == ["customer", "time", "amount"]
    assert 1 <= len(log) <= 12
    assert set(log["customer"]) <= {"c0", "c1", "c2"}
    assert log["time"].between("2023-12-01", "2023-12-10 23:59").all()
    assert (log["amount"] * 4 == np.rint(log["amount"] * 4)).all()


@given(testing.transaction_logs(customers=2, days=3, ties=False, zeros=False))
def test_logs_without_ties_zeros_and_refunds(log):
    assert not log.assign(day=log["time"].dt.date).duplicated(["customer", "day"]).any()
    assert (log["amount"] > 0).all()


@pytest.mark.parametrize(
    "property_of",
    [
        lambda log: log.duplicated(["customer", "time"]).any(),
        lambda log: (log["amount"] == 0).any(),
        lambda log: (log["amount"] < 0).any(),
        lambda log: log["customer"].nunique() > 3,
        lambda log: (log["time"] == log["time"].dt.normalize()).any(),
    ],
)
def test_logs_have_ties_zeros_refunds_and_midnights(property_of):
    drawn = find(testing.transaction_logs(refunds=True), property_of, settings=FIRST)
    assert property_of(drawn)


@pytest.mark.parametrize("unit", ["day", "week", "year"])
@given(data=st.data())
def test_summaries_are_those_of_daily_logs(unit, data):
    summary = data.draw(testing.summaries(customers=5, days=90, unit=unit))
    days = summary.in_unit("day")
    assert 1 <= len(summary) <= 5
    assert summary.unit == unit
    assert (days.T <= 90 + 1e-9).all()
    assert (summary.frequency <= days.recency.round(6)).all()
    assert cv.Summary.from_dict(summary.to_dict()) == summary


@given(testing.summaries(spend=False))
def test_summaries_without_spend(summary):
    assert summary.monetary_value is None


@given(testing.purchase_models(0.5, 2.0))
def test_models_keep_to_their_bounds(model):
    assert type(model) in (cv.clv.BetaGeo, cv.clv.ModifiedBetaGeo)
    values = list(model.parameters.values())
    assert 0.5 * (1 - 1e-12) <= min(values) <= max(values) <= 2.0 * (1 + 1e-12)


@given(testing.purchase_models(), testing.summaries())
def test_models_make_sense_of_summaries(model, summary):
    history = summary.frequency, summary.recency, summary.T
    alive = model.probability_alive(*history)
    assert ((alive >= 0) & (alive <= 1)).all()
    assert np.isfinite(model.log_likelihood(*history)).all()
    few, many = (model.expected_purchases(t, *history) for t in (10.0, 20.0))
    assert ((few >= 0) & (many >= few)).all()


@pytest.mark.parametrize(
    "draw",
    [
        lambda: testing.transaction_logs(customers=0),
        lambda: testing.transaction_logs(lines=1.5),
        lambda: testing.transaction_logs(days=-1),
        lambda: testing.summaries(customers=0),
        lambda: testing.summaries(days=0),
        lambda: testing.summaries(unit="weeks"),
        lambda: testing.purchase_models(0.0),
        lambda: testing.purchase_models(3.0, 2.0),
    ],
)
def test_bounds_are_checked(draw):
    with pytest.raises(InvalidDataError, match=r"(customers|lines|days|unit|low): must be"):
        draw()


@pytest.mark.parametrize(
    "draw", [testing.transaction_logs, testing.summaries, testing.purchase_models]
)
def test_without_hypothesis_the_message_says_what_to_install(draw, monkeypatch):
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'custvalue\[testing\]'"):
        draw()


LOG = pd.DataFrame(
    {
        "customer": list("abcabcabca"),
        "time": pd.date_range("2024-01-01", periods=10),
        "amount": np.arange(10) * 1.0,
    }
)


def test_checkers_pass_what_keeps_the_laws():
    testing.check_addable(read, LOG)
    testing.check_permutation_invariant(read, LOG)
    testing.check_permutation_invariant(lambda log: log["amount"].max(), LOG)


def test_adding_that_loses_a_row_is_caught():
    with pytest.raises(AssertionError, match=r"chunks \(ten\) add to Occasions"):
        testing.check_addable(lambda log: read(log.iloc[1:] if len(log) > 1 else log), LOG)


@pytest.mark.parametrize(
    "function",
    [
        lambda log: read(log.head(4)),
        lambda log: log["amount"].to_numpy(),
        lambda log: float(log["amount"].iloc[0]),
    ],
)
def test_a_function_of_the_order_is_caught(function):
    with pytest.raises(AssertionError, match=r"rows reversed"):
        testing.check_permutation_invariant(function, LOG)
