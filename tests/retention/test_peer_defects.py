"""What other products get wrong in retention, and custvalue does not.

Numbers and issues are those of spec/retention-churn-rfm.md. More of these, beside what they belong
to, are in the other files of this folder.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue.clv import BetaDiscreteWeibull, ShiftedBetaGeo
from custvalue.retention import bracket, cohorts, growth_accounting, n_day

NAMES = {"customer": "who", "time": "when"}


def table(*rows):
    """Return a log of (customer, time, amount) rows."""
    who, when, amount = zip(*rows, strict=True)
    times = pd.to_datetime(list(when), format="ISO8601")
    return pd.DataFrame({"who": who, "when": times, "amount": amount})


def test_a_first_month_that_nets_to_zero():
    """clvkit's triangle: -inf. A purchase that was taken back starts no cohort."""
    log = table(("a", "2024-01-05", 10.0), ("a", "2024-01-05", -10.0), ("a", "2024-02-05", 7.0),
                ("b", "2024-01-20", 0.0), ("b", "2024-02-20", 4.0))  # fmt: skip
    found = cohorts(log, amount="amount", until="2024-02-29", **NAMES)
    assert found.triangle()["size"].tolist() == [1, 1]
    money = found.triangle("cumulative_revenue_per_customer")[["0", "1"]].to_numpy()
    np.testing.assert_array_equal(money, [[0.0, 4.0], [7.0, np.nan]])
    assert found.notes == {"fully refunded occasions, not counted as purchases": 1}


def test_rows_of_nobody_are_in_no_mean():
    """PostHog 31711: cohorts of nobody count as 0 % in the average row."""
    log = table(*(("a", f"2024-0{m}-05", 1.0) for m in (1, 2, 3, 4)),
                *(("b", f"2024-0{m}-05", 1.0) for m in (3, 4)))  # fmt: skip
    found = cohorts(log, until="2024-04-30", **NAMES)
    assert found.triangle()["size"].tolist() == [1, 0, 1, 0]
    assert found.curve().share.tolist() == [1.0] * 4
    assert found.curve().cohorts.tolist() == [2, 2, 1, 1]


def test_a_bracket_that_nobody_has_completed_is_not_zero_percent():
    """PostHog 58679: 0 % for what is not over yet."""
    log = table(("a", "2024-03-01", 1.0), ("a", "2024-03-09", 1.0), ("b", "2024-03-02", 1.0))
    found = bracket(log, edges=(1, 8, 15), until="2024-03-10", **NAMES)
    assert found.eligible.tolist() == [2, 0]
    assert found.pending.tolist() == [0, 2]
    np.testing.assert_array_equal(found.share, [0.0, np.nan])
    assert np.isnan(np.array(found.interval())[:, 1]).all()


def test_days_of_shanghai():
    """PostHog 17415: off by one day at UTC+8."""
    log = table(("a", "2024-01-31T16:30", 1.0), ("a", "2024-02-01T15:30", 1.0),
                ("a", "2024-02-01T16:30", 1.0))  # fmt: skip
    log["when"] = log["when"].dt.tz_localize("UTC")  # 1 Feb 00:30 and 23:30, 2 Feb 00:30
    zone = {"timezone": "Asia/Shanghai", **NAMES}
    months = cohorts(log, until="2024-02-29", **zone)
    assert months.triangle("orders")["cohort"].tolist() == [pd.Timestamp("2024-02-01")]
    days = cohorts(log, period="day", until="2024-02-02", **zone)
    assert days.triangle("orders").iloc[0][["0", "1"]].tolist() == [2, 1]
    assert n_day(log, days=(0, 1, 2), until="2024-02-03", **zone).retained.tolist() == [1, 1, 0]


def test_growth_in_and_out_add_up():
    """Hsu's identities, by hand: a stays, b pauses in February, c leaves, d comes in March."""
    months = {"a": (1, 2, 3), "b": (1, 3), "c": (1, 2), "d": (3,)}
    log = table(*((who, f"2024-0{m}-05", 1.0) for who, own in months.items() for m in own))
    found = growth_accounting(log, until="2024-03-31", **NAMES)
    assert found.active.tolist() == [3, 2, 3]
    assert found.new.tolist() == [3, 0, 1]
    assert found.retained.tolist() == [0, 2, 1]
    assert found.resurrected.tolist() == [0, 0, 1]
    assert found.churned.tolist() == [0, 1, 1]
    np.testing.assert_array_equal(found.quick_ratio, [np.inf, 0.0, 2.0])


# ---- curves of contracts

HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]
REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]


@pytest.mark.parametrize(
    ("left", "estimates", "likelihood", "at_12", "lifetime"),
    [
        (HIGH_END, (0.668088, 3.806095), -1611.1581, 0.3780, 5.9226),
        (REGULAR, (0.704077, 1.182043), -1680.2652, 0.1700, 3.6951),
    ],
)
def test_the_cohorts_of_fader_and_hardie(left, estimates, likelihood, at_12, lifetime):
    """Spec, worked example 1. The 2007 paper prints the first digits; retenmod agrees."""
    fit = ShiftedBetaGeo.fit(cv.Durations.from_survivors(left, unit="year"))
    assert fit.estimates == pytest.approx(estimates, abs=1e-6)
    assert fit.log_likelihood == pytest.approx(likelihood, abs=1e-4)
    assert fit.model.survival(12) == pytest.approx(at_12, abs=5e-5)
    # 2F1(1, beta; alpha + beta; 1 / 1.1), of the estimates as printed: alpha .668, beta 3.806
    printed = ShiftedBetaGeo(*np.round(estimates, 3))
    assert printed.discounted_expected_lifetime(0.1) == pytest.approx(lifetime, abs=5e-4)


def test_four_years_of_the_regular_cohort_and_the_weibull():
    few = ShiftedBetaGeo.fit(cv.Durations.from_survivors(REGULAR[:5], unit="year"))
    assert few.estimates == pytest.approx((0.763665, 1.295830), abs=1e-6)
    assert few.log_likelihood == pytest.approx(-1401.5594, abs=1e-4)
    fit = BetaDiscreteWeibull.fit(cv.Durations.from_survivors(HIGH_END, unit="year"))
    assert fit.estimates == pytest.approx((0.2143, 1.4266, 1.7236), abs=1e-4)
    assert fit.log_likelihood == pytest.approx(-1605.3142, abs=1e-4)


@pytest.mark.parametrize("kind", [ShiftedBetaGeo, BetaDiscreteWeibull])
@pytest.mark.parametrize("left", [[1000] * 6, [1000 - k for k in range(8)],
                                  [10_000, 9_000, 8_100, 7_290, 6_561]])  # fmt: skip
def test_a_curve_that_does_not_tell_the_parameters_is_said_to_be_one(kind, left):
    """retenmod: alpha at its bound of .001 without a word, or -1."""
    with pytest.raises(cv.errors.NotIdentifiedError):
        kind.fit(cv.Durations.from_survivors(left, unit="year"))


def test_margin_multiples():
    """Spec, worked example 6: r / (1 + i - r), and (1 + i) / (1 + i - r) if the first is now."""
    expected = {
        0.10: [1.20, 1.75, 2.67, 4.50],
        0.12: [1.15, 1.67, 2.50, 4.09],
        0.14: [1.11, 1.59, 2.35, 3.75],
        0.16: [1.07, 1.52, 2.22, 3.46],
    }
    stay = np.array([0.6, 0.7, 0.8, 0.9])
    alike = ShiftedBetaGeo((1 - stay) * 1e9, stay * 1e9)  # all customers have the same churn
    for rate, multiples in expected.items():
        later = alike.value(1.0, rate, first="after one period")
        np.testing.assert_allclose(later, multiples, atol=5e-3)
        np.testing.assert_allclose(later, stay / (1 + rate - stay), rtol=1e-6)
        now = alike.value(1.0, rate)
        np.testing.assert_allclose(now, (1 + rate) / (1 + rate - stay), rtol=1e-6)
