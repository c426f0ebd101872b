"""Growth accounting: identities, plain counting, partial periods, groups, what peers get wrong."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

import custvalue as cv
import plain_log

COLUMNS = {"customer": "customer", "time": "time"}
BAD = cv.errors.InvalidDataError


def grow(log, **options):
    return cv.retention.growth_accounting(log, **{**COLUMNS, "amount": "amount", **options})


def plain(log, grain, until):
    """Return counts and revenue (in quarters) by period, with sets and loops."""
    days = plain_log.occasions(log, "day")
    spent: dict = {}
    for who, day in plain_log.purchases(days):
        spent.setdefault(plain_log.period(day, grain), {})[who] = 0
    since = {who: period for period in sorted(spent, reverse=True) for who in spent[period]}
    refunds: dict = {}
    for (who, day), cell in days.items():
        period = plain_log.period(day, grain)
        if who in spent.get(period, {}):
            spent[period][who] += cell["net"]
        elif who in since and period > since[who]:
            refunds[period] = refunds.get(period, 0) + cell["net"]
    period, last = min(spent), plain_log.period(until, grain)
    ever: set = set()
    before: dict = {}
    rows = []
    while period <= last:
        now = spent.get(period, {})
        stayed = now.keys() & before.keys()
        back = (now.keys() & ever) - before.keys()
        gone = before.keys() - now.keys()
        rows.append(
            {
                "period": period,
                "new": len(now.keys() - ever),
                "retained": len(stayed),
                "resurrected": len(back),
                "churned": len(gone),
                "new_revenue": sum(now[w] for w in now.keys() - ever) / 4,
                "retained_revenue": sum(now[w] for w in stayed) / 4,
                "resurrected_revenue": sum(now[w] for w in back) / 4,
                "churned_revenue": sum(before[w] for w in gone) / 4,
                "expansion": sum(max(now[w] - before[w], 0) for w in stayed) / 4,
                "contraction": sum(max(before[w] - now[w], 0) for w in stayed) / 4,
                "refunds": refunds.get(period, 0) / 4,
            }
        )
        ever |= now.keys()
        before = now
        period = plain_log.step(period, grain, 1)
    return pd.DataFrame(rows)


@pytest.mark.parametrize("grain", ["day", "week", "month", "quarter", "year"])
@pytest.mark.parametrize("refunds", [False, True])
def test_against_a_plain_count(grain, refunds):
    log = plain_log.random_log(5, lines=400, customers=40, refunds=refunds)
    found = grow(log, period=grain).to_frame()
    expected = plain(log, grain, log["time"].max().to_pydatetime())
    pd.testing.assert_frame_equal(
        found[list(expected.columns)], expected, check_dtype=False, rtol=1e-12
    )


@given(cv.testing.transaction_logs(refunds=True))
def test_the_identities(log):
    log.loc[0, "amount"] = 10_000.0  # not everything is refunded
    found = grow(log, period="week", until="2024-04-15")
    assert (found.active[:-1] == (found.retained + found.churned)[1:]).all()
    moved = found.new_revenue + found.resurrected_revenue + found.expansion
    moved = moved - found.contraction - found.churned_revenue
    moved += np.diff(found.refunds, prepend=0.0)
    assert np.diff(found.revenue) == pytest.approx(moved[1:], abs=1e-9)
    assert found.revenue[0] == pytest.approx(moved[0])
    assert found.new.sum() <= log["customer"].nunique()
    assert (np.diff(found.period) == 1).all()


@pytest.mark.parametrize("grain", ["hour", "day"])
def test_occasions_give_what_the_log_gives(grain):
    log = plain_log.random_log(8, lines=300)
    bought = cv.occasions(log, **COLUMNS, amount="amount", grain=grain)
    for options in ({}, {"until": "2021-03-14"}):
        theirs = cv.retention.growth_accounting(bought, period="month", **options)
        ours = grow(log, period="month", **options)
        assert theirs.to_frame().equals(ours.to_frame())
        assert theirs.until == ours.until


def test_of_coarse_occasions_the_last_period_is_partial_unless_until_says_otherwise():
    log = pd.DataFrame({"customer": [1, 1], "time": ["2024-01-31", "2024-02-29"]})
    bought = cv.occasions(log, **COLUMNS, grain="month")
    assert cv.retention.growth_accounting(bought).state.tolist() == ["observed", "partial"]
    whole = cv.retention.growth_accounting(bought, until="2024-02-29")
    assert whole.state.tolist() == ["observed", "observed"]
    assert grow(log, amount=None).state.tolist() == ["observed", "observed"]


def test_a_period_cut_short_is_partial():
    log = pd.DataFrame({"customer": list("abab"), "time": ["2024-01-03", "2024-01-28",
                        "2024-02-02", "2024-02-25"]})  # fmt: skip
    cut = grow(log, amount=None, until="2024-02-15")
    assert cut.churned.tolist() == [0, 1]  # b has not bought yet
    assert cut.state.tolist() == ["observed", "partial"]
    assert cut.notes == {"lines after `until` left out": 1}
    later = grow(log, amount=None, until="2024-04-30")
    assert later.churned.tolist() == [0, 0, 2, 0]
    assert later.state.tolist() == ["observed"] * 4
    assert np.isnan(later.retention_rate[[0, 3]]).all()
    assert (
        later.to_frame()["period"].tolist()
        == pd.date_range("2024-01", "2024-04", freq="MS").tolist()
    )


def test_two_clients_active_in_all_weeks_do_not_churn():
    # customeranalytics gives 0, .5, .667, .75
    weeks = pd.date_range("2024-01-01", periods=4, freq="7D")
    log = pd.DataFrame({"customer": ["a", "b"] * 4, "time": weeks.repeat(2)})
    found = grow(log, amount=None, period="week", until="2024-01-28")
    assert found.churned.tolist() == [0, 0, 0, 0]
    assert found.retained.tolist() == [0, 2, 2, 2]
    assert found.retention_rate[1:].tolist() == [1.0, 1.0, 1.0]


def test_december_is_a_month():
    # calculate-retention: ValueError, month must be in 1..12
    log = pd.DataFrame({"customer": [1, 1], "time": ["2023-12-31", "2024-01-01"]})
    found = grow(log, amount=None)
    assert (found.new.tolist(), found.retained.tolist()) == ([1, 0], [0, 1])


def test_active_between_first_and_last_is_not_enough_to_be_retained():
    # calculate-retention counts whoever is between first and last event
    log = pd.DataFrame({"customer": [1, 1], "time": ["2024-01-31", "2024-03-01"]})
    found = grow(log, amount=None)
    assert found.churned.tolist() == [0, 1, 0]
    assert found.resurrected.tolist() == [0, 0, 1]


def record(new, churned, resurrected=0, **sums):
    one = {name: np.array([value]) for name, value in sums.items()}
    zero = {name: np.zeros(1) for name in ("new_revenue", "retained_revenue", "churned_revenue",
            "resurrected_revenue", "expansion", "contraction", "refunds")}  # fmt: skip
    counts = {"new": new, "churned": churned, "resurrected": resurrected, "retained": 0}
    return cv.retention.GrowthAccounting(
        period=np.array([0]),
        **{name: np.array([value]) for name, value in counts.items()},
        **{**zero, **one},
        until="1970-01-31",
        amounts=True,
    )


def test_quick_ratios():
    assert record(6, 4, 2).quick_ratio.tolist() == [2.0]
    assert record(6, 0).quick_ratio.tolist() == [np.inf]
    assert np.isnan(record(0, 0).quick_ratio).all()
    money = {"new_revenue": 30.0, "expansion": 10.0, "contraction": 5.0, "churned_revenue": 15.0}
    found = record(1, 1, resurrected_revenue=20.0, **money)
    assert found.revenue_quick_ratio().tolist() == [2.0]
    assert found.revenue_quick_ratio("include").tolist() == [3.0]
    assert np.isnan(record(0, 0).revenue_quick_ratio()).all()
    assert record(1, 0, new_revenue=1.0).revenue_quick_ratio().tolist() == [np.inf]
    with pytest.raises(BAD, match="resurrected: must be one of"):
        found.revenue_quick_ratio("net")


def test_intervals():
    found = record(30, 10)
    low, high = found.quick_ratio_interval()
    # Wilson of 30 of 40 by hand: (30 + z^2/2) / (40 + z^2) -+ ...
    z2 = 1.959963984540054**2
    centre, half = (30 + z2 / 2) / (40 + z2), np.sqrt(z2) / (40 + z2) * np.sqrt(7.5 + z2 / 4)
    assert low[0] == pytest.approx((centre - half) / (1 - centre + half), rel=1e-12)
    assert high[0] == pytest.approx((centre + half) / (1 - centre - half), rel=1e-12)
    assert record(5, 0).quick_ratio_interval()[1].tolist() == [np.inf]
    assert np.isnan(record(0, 0).interval()).all()
    with pytest.raises(BAD, match="method"):
        found.interval(method="best")


def test_records_of_parts_of_the_customers_add_to_the_whole():
    log = plain_log.random_log(9, lines=500, customers=60)
    log["plan"] = np.where(log["customer"] < "c020", "x", "y")
    for options in ({}, {"by": "plan"}):
        options |= {"until": "2022-05-20"}
        whole = grow(log, **options)
        parts = [grow(part, **options) for _, part in log.groupby(log["customer"].str[-1])]
        pooled = sum(parts, cv.retention.GrowthAccounting())
        assert pooled.to_frame().equals(whole.to_frame())  # quarters: sums are exact
        assert pooled == whole
        with pytest.raises(BAD, match="until: must be the same"):
            whole + grow(log, **{**options, "until": "2022-05-21"})
    with pytest.raises(BAD, match="amounts: must be the same"):
        whole + grow(log, by="plan", amount=None, until="2022-05-20")


def test_laws_of_order_and_names():
    log = plain_log.random_log(10)
    cv.testing.check_permutation_invariant(lambda rows: grow(rows, period="quarter"), log)
    renamed = log.assign(customer=-log["customer"].str[1:].astype(int) * 10**12)
    assert grow(renamed) == grow(log)
    before = log.copy()
    grow(log, by="customer")
    pd.testing.assert_frame_equal(log, before)


def test_every_engine(engine):
    log = plain_log.random_log(11, lines=60, customers=10)
    log["plan"] = np.where(log["customer"] < "c005", "x", "y")
    found = grow(engine.frame(log), by="plan", until="2022-01-01")
    assert engine.owns(found.to_frame())
    expected = grow(log, by="plan", until="2022-01-01")
    assert found == expected
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["until"] == "2022-01-01"
    assert type(found).from_dict(found.to_dict()) == found


def test_without_amounts_there_is_no_revenue():
    log = plain_log.random_log(12, lines=60)
    found = grow(log, amount=None)
    assert np.isnan(found.revenue).all()
    assert np.isnan(found.revenue_quick_ratio()).all()
    assert not [name for name in found.to_frame() if "revenue" in name or "expansion" in name]
    assert type(found).from_dict(found.to_dict()) == found
    assert len(repr(found)) < 400


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"period": "fortnight"}, "grain: must be one of"),
        ({"week_start": "noday"}, "week_start: must be one of"),
        ({"until": "soon"}, "until: must be a date"),
        ({"customer": None}, "customer: must name a column"),
        ({"time": "when"}, "time: must name a column"),
        ({"amount": "customer"}, "customer: must be numeric"),
        ({"timezone": "UTC"}, "has no time zone"),
        ({"nonsense": 1}, "argument: must be one of"),
        ({"refunds": "keep"}, "refunds: must be one of"),
        ({"by": "time"}, "must be the same in all lines of a customer"),
        ({"by": []}, "by: must name one or more"),
    ],
)
def test_bad_arguments(changes, rule):
    with pytest.raises(BAD, match=rule):
        grow(plain_log.random_log(13, lines=30), **changes)


def test_bad_logs():
    log = plain_log.random_log(14, lines=30)
    for bad in (None, 3, [], {"a": 1}):
        with pytest.raises(BAD, match="must be a data frame"):
            grow(bad)
    with pytest.raises(BAD, match="no purchase"):
        grow(log[:0])
    with pytest.raises(BAD, match="amount: has missing values"):
        grow(log.assign(amount=np.nan))
    with pytest.raises(BAD, match="amount: must be finite"):
        grow(log.assign(amount=np.inf))
    with pytest.raises(BAD, match="must hold dates"):
        grow(log.assign(time=5))
    with pytest.raises(BAD, match="no purchase"):
        grow(log.assign(amount=-1.0))
    assert len(grow(log[:1].assign(amount=1.0))) == 1


def test_bad_occasions():
    log = plain_log.random_log(15, lines=30)
    weeks = cv.occasions(log, **COLUMNS, grain="week", week_start="sunday")
    grow = cv.retention.growth_accounting
    with pytest.raises(BAD, match="grain of the occasions: must be one of hour, day, month"):
        grow(weeks, period="month")
    with pytest.raises(BAD, match="week_start: must be that of the occasions"):
        grow(weeks, period="week")
    assert len(grow(weeks, period="week", week_start="sunday"))
    for extra in ({"customer": "customer"}, {"by": "plan"}, {"missing": "drop"}):
        with pytest.raises(BAD, match="must be left out for"):
            grow(weeks, period="week", week_start="sunday", **extra)
    with pytest.raises(BAD, match="timezone: must be that"):
        grow(weeks, period="week", week_start="sunday", timezone="UTC")
    with pytest.raises(BAD, match="no purchase"):
        grow(cv.Occasions())


@pytest.mark.parametrize(
    "changes",
    [
        {"grain": "fortnight"},
        {"until": "soon"},
        {"until": ""},
        {"week_start": 3},
        {"new": {"array": "float64", "values": [1.0]}},
        {"new": None},
    ],
)
def test_a_written_record_that_was_changed_is_refused(changes):
    written = grow(plain_log.random_log(16)).to_dict() | changes
    with pytest.raises(BAD, match=next(iter(changes)) + "|GrowthAccounting"):
        cv.retention.GrowthAccounting.from_dict(written)
