"""Early warnings: right, wrong, late and pending ones; recall; lead time; dates and numbers."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest

import custvalue as cv

early_warning = cv.churn.early_warning
N = math.nan


def table(*rows):
    return pd.DataFrame(rows, columns=["warned", "churned"], dtype=float)


def counts(found):
    names = ("customers", "warnings", "elapsed", "right", "churned", "foreseen", "late")
    return tuple(int(getattr(found, name)) for name in names)


@pytest.mark.parametrize(
    ("row", "expected"),
    [  # until 100, horizon 30: warnings, elapsed, right, churned, foreseen, late
        ((10, 20), (1, 1, 1, 1, 1, 0)),  # right
        ((10, 40), (1, 1, 1, 1, 1, 0)),  # at the very end of the horizon
        ((10, 41), (1, 1, 0, 1, 0, 0)),  # too early
        ((10, N), (1, 1, 0, 0, 0, 0)),  # false
        ((20, 20), (1, 1, 0, 1, 0, 1)),  # at the churn is no warning before it
        ((30, 20), (1, 1, 0, 1, 0, 1)),  # late
        ((70, N), (1, 1, 0, 0, 0, 0)),  # elapsed exactly at the end
        ((71, N), (1, 0, 0, 0, 0, 0)),  # pending
        ((71, 90), (1, 0, 0, 1, 1, 0)),  # pending, though churned: recall alone
        ((N, 50), (0, 0, 0, 1, 0, 0)),  # missed
        ((N, N), (0, 0, 0, 0, 0, 0)),  # quiet
    ],
)
def test_each_kind_of_customer(row, expected):
    found = early_warning(table(row), until=100, horizon=30)
    assert counts(found) == (1, *expected)
    assert found.pending == expected[0] - expected[1]


def test_precision_recall_and_lead_time():
    data = table((10, 20), (10, 36), (10, N), (5, 50), (90, N), (95, 99), (N, 60), (N, N))
    found = early_warning(data, until=100, horizon=30)
    assert counts(found) == (8, 6, 4, 2, 5, 3, 0)
    assert (found.value, found.precision, found.recall) == (0.5, 0.5, 0.6)
    lead = np.array([10, 26, 4])
    assert found.mean_lead_time == pytest.approx(lead.mean())
    # Wilson, 2 of 4 and 3 of 5; Student, 2 degrees of freedom
    assert found.interval() == pytest.approx((0.15004, 0.84996), abs=5e-6)
    assert found.interval(of="recall") == pytest.approx((0.23072, 0.88238), abs=5e-6)
    half = 4.302653 * lead.std(ddof=1) / math.sqrt(3)
    low, high = found.interval(of="lead_time")
    assert low == max(lead.mean() - half, 0.0) == 0.0
    assert high == pytest.approx(min(lead.mean() + half, 30.0))


def test_recent_warnings_do_not_flatter_the_precision():
    rng = np.random.default_rng(1)
    warned = rng.uniform(0, 100, 40_000)
    churned = warned + rng.exponential(120, 40_000)
    churned[churned > 100] = N
    found = early_warning(table(*zip(warned, churned, strict=True)), until=100, horizon=60)
    truth = 1 - math.exp(-60 / 120)
    low, high = found.interval(0.999)
    assert low < truth < high
    decided = (found.foreseen / (found.foreseen + found.elapsed - found.right)).item()
    assert decided > truth + 0.1  # what counting churners of pending warnings as right would give


def test_dates_numbers_units_and_shifts_agree():
    rng = np.random.default_rng(2)
    warned, churned = rng.integers(0, 100, (2, 500)).astype(float)
    warned[::3], churned[::4] = N, N
    numbers = early_warning(table(*zip(warned, churned, strict=True)), until=99, horizon=14)
    start = pd.Timestamp("2024-01-01")
    dates = pd.DataFrame(
        {
            "warned": start + pd.to_timedelta(warned, "D"),
            "churned": start + pd.to_timedelta(churned, "D"),
        }
    )
    found = early_warning(dates, until="2024-04-09", horizon=14)
    assert found == numbers
    weeks = early_warning(dates, until="2024-04-09", horizon=2, unit="week")
    assert counts(weeks) == counts(numbers)
    assert weeks.mean_lead_time * 7 == pytest.approx(numbers.mean_lead_time)
    shifted = early_warning(dates + pd.Timedelta("9h"), until="2024-04-09", horizon=14)
    assert shifted == numbers  # until stands for its whole day
    text = dates.astype(str).mask(dates.isna(), None)
    assert early_warning(text, until="2024-04-09", horizon=14) == numbers


def test_times_of_day_are_compared_exactly():
    data = pd.DataFrame(
        {
            "warned": pd.to_datetime(["2024-01-01 10:11:12.123456"] * 2),
            "churned": pd.to_datetime(["2024-01-31 10:11:12.123456", "2024-01-31 10:11:12.123457"]),
        }
    )
    found = early_warning(data, until="2024-06-01", horizon=30)
    assert found.right == 1


def test_groups_pool_to_all():
    rng = np.random.default_rng(3)
    data = table(*rng.uniform(0, 100, (300, 2)))
    data.loc[::3, "warned"] = N
    data["plan"] = rng.choice(["a", "b", "c"], 300)
    found = early_warning(data, until=100, horizon=20, by="plan")
    whole = early_warning(data, until=100, horizon=20)
    assert found.groups["plan"].tolist() == ["a", "b", "c"]
    for name in found._sums:
        assert getattr(found, name).sum() == pytest.approx(getattr(whole, name))
    frame = found.to_frame()
    assert frame["plan"].tolist() == ["a", "b", "c"]
    one = early_warning(data[data["plan"] == "b"], until=100, horizon=20)
    assert frame["precision"][1] == one.precision
    assert frame["lead_time_upper"][1] == pytest.approx(one.interval(of="lead_time")[1])
    parts = [early_warning(data[k::4], until=100, horizon=20, by="plan") for k in range(4)]
    pooled = sum(parts, cv.churn.EarlyWarning())
    assert np.array_equal(pooled.right, found.right)
    assert np.allclose(pooled.mean_lead_time, found.mean_lead_time)
    for record in (found, whole):
        again = cv.churn.EarlyWarning.from_dict(json.loads(json.dumps(record.to_dict())))
        assert again == record
        assert len(repr(record)) < 400
    with pytest.raises(cv.errors.InvalidDataError, match="horizon: must be the same"):
        whole + early_warning(data, until=100, horizon=10)


def test_on_engines(engine):
    data = pd.DataFrame(
        {
            "customer": ["x", "y", "z"],
            "warned": pd.to_datetime(["2024-01-01", "2024-01-02", None]),
            "churned": pd.to_datetime(["2024-01-20", None, "2024-02-01"]),
            "plan": ["a", "b", "a"],
        }
    )
    found = early_warning(
        engine.frame(data), until="2024-03-01", horizon=30, customer="customer", by="plan"
    )
    assert engine.owns(found.to_frame())
    frame = engine.pandas(found.to_frame())
    assert frame["precision"].tolist() == [1.0, 0.0]
    assert frame["recall"][0] == 0.5


def test_nothing_is_nan():
    found = early_warning(table((N, N)), until=100, horizon=30)
    assert np.isnan([found.precision, found.recall, found.mean_lead_time]).all()
    for of in ("precision", "recall", "lead_time"):
        assert np.isnan(found.interval(of=of)).all()
    assert early_warning(table(), until=100, horizon=30) == cv.churn.EarlyWarning()
    assert early_warning(table((N, N)), until="2024-01-01", horizon=30).customers == 1
    nobody = pd.DataFrame({"warned": [None, None], "churned": ["2024-01-01", None]})
    assert early_warning(nobody, until="2024-01-01", horizon=30).recall == 0.0


@pytest.mark.parametrize(
    ("data", "changes", "rule"),
    [
        (table((1, 2)), {"horizon": 0}, "horizon: must be above 0"),
        (table((1, 2)), {"horizon": math.nan}, "horizon: must be finite"),
        (table((1, 2)), {"horizon": "30 days"}, "horizon: must be numbers"),
        (table((1, 2)), {"unit": "fortnight"}, "unit: must be one of"),
        (table((101, 2)), {}, "warned: must not be after until"),
        (table((1, 101)), {}, "churned: must not be after until"),
        (table((math.inf, 2)), {}, "warned: must be finite"),
        (table((1, 2)), {"until": "2024-01-01"}, "must hold dates"),
        (table((1, 2)), {"until": None}, "until: must be a date"),
        (table((1, 2)), {"until": True}, "until: must be a date"),
        (table((1, 2)), {"until": math.nan}, "until: must be finite"),
        (table((1, 2)), {"warned": "alarm"}, "warned: must name a column"),
        (pd.DataFrame({"warned": ["2024-01-01"], "churned": ["soon"]}), {"until": "2024-02-01"},
         "churned: has text that is no date"),
        (pd.DataFrame({"warned": ["2024-01-01"], "churned": ["2024-03-01"]}),
         {"until": "2024-02-29T11:00"}, "churned: must not be after until"),
        (pd.DataFrame({"warned": ["2024-01-01"], "churned": [None]}), {},
         "warned: must be numeric"),
        ([1, 2], {}, "frame: must be a data frame"),
    ],
)  # fmt: skip
def test_bad_input(data, changes, rule):
    with pytest.raises(cv.errors.InvalidDataError, match=rule):
        early_warning(data, **{"until": 100, "horizon": 30} | changes)


def test_a_customer_has_one_row():
    data = table((1, 2), (3, 4)).assign(customer="x")
    with pytest.raises(cv.errors.InvalidDataError, match="keep the first warning"):
        early_warning(data, until=100, horizon=30, customer="customer")


def test_bad_records_and_questions():
    found = early_warning(table((1, 2)), until=100, horizon=30)
    with pytest.raises(cv.errors.InvalidDataError, match="of: must be one of"):
        found.interval(of="f1")
    with pytest.raises(cv.errors.InvalidDataError, match="level: must"):
        found.interval(1.0, of="lead_time")
    with pytest.raises(cv.errors.InvalidDataError, match="right: must not exceed elapsed"):
        cv.churn.EarlyWarning(1, 1, 0, 1, 1, 1, 0, 5.0, 25.0)
