"""Numbers near the ends of floats, text in place of numbers, names of results, Python scalars."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue import Durations
from custvalue.churn import EarlyWarning, KaplanMeier, Profit, WinBack, early_warning, ranking

CHURNED, SCORE = [0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4]
RANKED = ranking(CHURNED, SCORE)


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda: cv.churn.maximum_profit(RANKED, clv=1e308), "clv: must be at most 1e.15"),
        (lambda: cv.churn.expected_maximum_profit(RANKED, clv=1e308), "clv: must be at most"),
        (lambda: cv.churn.profit_curve(RANKED, contact_cost=1e308), "contact_cost: must be at"),
        (lambda: ranking(CHURNED, SCORE, weight=[1e308] * 4), "weight: must be at most 1e.15"),
        (lambda: ranking(CHURNED, SCORE, weight=[1e-300] * 4), "weight: must be at least 1e-15"),
        (lambda: cv.churn.brier(CHURNED, SCORE, weight=[1e308] * 4), "weight: must be at most"),
        (lambda: cv.churn.uplift(CHURNED, [1, 0, 1, 0], SCORE, weight=[1e308] * 4), "weight"),
        (lambda: cv.churn.kaplan_meier(Durations(exit=[1, 2], event=[1, 0], weight=[1e308] * 2)),
         "weight: must be at most"),
        (lambda: KaplanMeier([0.0, 1], entered=[1e308, 0], events=[0, 1e308], censored=[0, 0]),
         "entered: must be at most"),
        (lambda: cv.churn.rescale(0.1, 1e-300, 1e300), "into: must be at most 1e.15"),
        (lambda: ranking([0, 1], [2**53 + 1, 2**53 + 2]), r"score: must be at most 2\*\*53"),
        (lambda: ranking([0, 1], np.array([1, 2**63], dtype=np.uint64)), "score: must be at most"),
        (lambda: ranking(pd.Series(["1", "0", "1", "0"], dtype=object), SCORE), "must be numbers"),
        (lambda: ranking(CHURNED, np.array(["1", "2", "3", "4"], dtype=object)), "be numbers"),
        (lambda: ranking(np.ma.array(CHURNED, mask=[0, 1, 0, 0]), SCORE), "churned: must not have"),
        (lambda: ranking(CHURNED, np.ma.array(SCORE, mask=[0, 1, 0, 0])), "score: must not have"),
    ],
)  # fmt: skip
def test_what_would_overflow_or_tie_is_refused(call, rule):
    with pytest.raises(cv.errors.InvalidDataError, match=rule):
        call()


def test_what_is_merely_large_is_not():
    assert ranking([0, 1], [2**53 - 1, 2**53]).auc == 1.0
    assert ranking([0, 1], [1e300, 2e300]).auc == 1.0
    heavy, light = (ranking(CHURNED, SCORE, weight=[w] * 4) for w in (1e15, 1e-15))
    assert heavy.auc == light.auc == RANKED.auc
    assert np.isfinite(heavy.interval()).all()
    assert cv.churn.hazard_of(0.1, 1e-320) == np.inf
    assert cv.churn.probability_of(1e300, 1e300) == 1.0
    assert cv.churn.rescale([0, 1e-320, 1], 1e-15, 1e15).tolist()[::2] == [0.0, 1.0]
    best = cv.churn.maximum_profit(RANKED, clv=1e15)
    assert np.isfinite(best.interval()).all()


def test_the_spread_of_profits_does_not_cancel():
    """All but one customer bring in the same: the squares of the profits agree to 12 digits."""
    n = 1_000_000
    ranked = cv.churn.Ranking(score=np.array([0.0, 1.0]), customers=np.array([1, n - 1]),
                              churned=np.array([0, n - 1]))  # fmt: skip
    found = cv.churn.maximum_profit(ranked, clv=1e9, acceptance=1.0)
    each = 1e9 - 10 - 1
    by_hand = each * np.sqrt((n - 1) / n * (1 / n) / (n - 1))
    assert found.standard_error == pytest.approx(by_hand, rel=1e-9)
    none = cv.churn.Ranking(score=np.array([1.0]), customers=np.array([n]), churned=np.array([n]))
    assert cv.churn.maximum_profit(none, clv=1e9 + 0.1).standard_error == 0.0


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"value": -1.0}, "value: must be at least 0"),
        ({"value": float("nan")}, "value: must be finite"),
        ({"value": "1"}, "value: must be a number"),
        ({"customers": True}, "customers: must be a number"),
        ({"standard_error": -1.0}, "standard_error: must be at least 0"),
        ({"target_share": 1.5}, "target_share: must be at most 1"),
        ({"threshold": float("nan")}, "threshold: must be finite"),
        ({"clv": -2.0}, "clv: must be at least 0"),
        ({"acceptance": 2.0}, "acceptance: must be at most 1"),
        ({"acceptance": "much"}, "acceptance: must be numbers"),
    ],
)
def test_profit_from_a_dict_is_checked(changes, rule):
    best = cv.churn.maximum_profit(RANKED)
    with pytest.raises(cv.errors.InvalidDataError, match=rule):
        Profit.from_dict(best.to_dict() | changes)
    nobody = cv.churn.maximum_profit(RANKED, clv=11, acceptance=0.0)
    assert nobody.threshold == np.inf
    assert Profit.from_dict(nobody.to_dict()) == nobody


WARNED = pd.DataFrame({"warned": [1, 2.0], "churned": [5, None], "precision": ["x", "y"]})


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda: early_warning(WARNED, until=100, horizon=30, by="precision"), "must not be named"),
        (lambda: WinBack([1], [0], [0], [0], groups={"value": np.array(["x"])}), "not be named"),
        (lambda: cv.churn.kaplan_meier(
            Durations(exit=[1], event=[1], groups={"survival": np.array(["x"])})), "not be named"),
        (lambda: early_warning(WARNED, until=100, horizon=30).interval(
            of="lead_time", method="bogus"), "method: must be one of"),
    ],
)  # fmt: skip
def test_bad_names(call, rule):
    with pytest.raises(cv.errors.InvalidDataError, match=rule):
        call()


def test_names_that_are_refused_are_those_shown():
    group = {"groups": {"g": np.array(["x"])}}
    month = np.array(["2024-01-01"], "M8[D]")
    for record in (
        EarlyWarning([1], [1], [1], [1], [1], [1], [0], [1.0], [1.0], **group),
        WinBack([1], [0], [0], [0], **group),
        cv.churn.ChurnRates(month, [2], [1], [1], [1], [1.5], **group),
        KaplanMeier([0.0, 1], [1, 0], [0, 1], [0, 0], groups={"g": np.array(["x", "x"])}),
    ):
        for name in record._derived():
            with pytest.raises(cv.errors.InvalidDataError, match="must not be named"):
                dataclasses.replace(record, groups={name: record.groups["g"]})


def test_single_results_are_python_numbers():
    curve = cv.churn.kaplan_meier(Durations(exit=[1, 2, 3, 4], event=[1, 1, 0, 1]))
    back = WinBack(churned=50, returned=10, pending=7)
    warned = early_warning(WARNED, until=100, horizon=30)
    randomised = cv.churn.uplift(CHURNED, [1, 0, 0, 1], SCORE)
    found = [
        curve.median, curve.survival_at(2), curve.quantile(0.2), *curve.quantile_interval(),
        *curve.restricted_mean(2), cv.churn.kaplan_meier(Durations()).median, back.value,
        *back.interval(), warned.precision, warned.recall, warned.mean_lead_time,
        *warned.interval(), *warned.interval(of="lead_time"), RANKED.gains(), RANKED.lift(),
        *RANKED.lift_interval(), randomised.at(1.0), *randomised.interval(),
        cv.churn.hazard_of(0.1), cv.churn.probability_of(0.1), cv.churn.rescale(0.1, 1, 2),
    ]  # fmt: skip
    assert {type(value) for value in found} == {float}
    assert type(warned.pending) is int
