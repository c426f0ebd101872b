"""N-day, rolling and bracket retention: against SQL, windows that elapsed, clocks, bad input."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

import custvalue as cv
from custvalue.retention import WindowRetention, bracket, n_day, rolling

SQL = """
with days as (select distinct customer_id as who, date::date as day from log),
ages as (select who, day - min(day) over (partition by who) as age,
                date '1998-06-30' - min(day) over (partition by who) as seen from days)
select count(distinct who) filter (where seen >= {needs}) as eligible,
       count(distinct who) filter (where seen >= {needs} and age >= {low} and age < {high})
           as retained
from ages
"""
ALL = (n_day, rolling, bracket)


def table(*rows, **columns):
    """Return a log of (customer, time) rows."""
    who, when = zip(*rows, strict=True)
    times = pd.to_datetime(list(when), format="ISO8601")
    return pd.DataFrame({"who": list(who), "when": times, **columns})


def counts(found):
    """Return rows of (eligible, retained, pending)."""
    return list(
        zip(found.eligible.tolist(), found.retained.tolist(), found.pending.tolist(), strict=True)
    )


def of(log, function=n_day, **options):
    return function(log, customer="who", time="when", **options)


def test_shares_are_those_of_independent_sql(cdnow):
    duckdb = pytest.importorskip("duckdb")
    log = cdnow[["customer_id", "date"]]
    columns = {"customer": "customer_id", "time": "date"}
    cases = (
        (n_day(log, days=(0, 1, 30, 480), **columns), 1),
        (rolling(log, days=(0, 1, 30, 480), **columns), np.inf),
        (bracket(log, edges=(0, 1, 90, 470), **columns), 1),
    )
    for found, length in cases:
        assert len(found) >= 3
        for low, high, row in zip(found.low, found.high, counts(found), strict=True):
            needs = low if length == np.inf else high - 1
            query = SQL.format(low=low, high=min(high, 1e6), needs=needs)
            [(eligible, retained)] = duckdb.sql(query).fetchall()
            assert row == (eligible, retained, 2357 - eligible)


def test_a_window_counts_once_it_has_wholly_elapsed():
    log = table(("a", "2024-03-01"), ("a", "2024-03-03"), ("b", "2024-03-02"), ("c", "2024-03-03"))
    assert counts(of(log, days=(0, 1, 2))) == [(3, 3, 0), (2, 0, 1), (1, 1, 2)]
    assert counts(of(log, days=2, until="2024-03-04")) == [(2, 1, 1)]
    assert counts(of(log, bracket, edges=(1, 3))) == [(1, 1, 2)]
    assert counts(of(log, rolling, days=(1, 3))) == [(2, 1, 1), (0, 0, 3)]
    assert np.isnan(of(log, rolling, days=3).share[0])
    assert np.isnan(of(log, rolling, days=3).interval()[0][0])


def test_lines_after_until_do_not_count():
    log = table(("a", "2024-03-01"), ("a", "2024-03-02"), ("b", "2024-03-09"))
    found = of(log, days=1, until="2024-03-02")
    assert counts(found) == [(1, 1, 0)]
    assert found.notes == {"lines after `until` left out": 1}


def test_brackets_are_half_open():
    log = table(("a", "2024-03-01"), ("a", "2024-03-09"), ("b", "2024-03-01"), ("b", "2024-03-08"))
    found = of(log, bracket, edges=(1, 7, 8, 9), until="2024-04-30")
    assert found.retained.tolist() == [0, 1, 1]
    assert found.high.tolist() == [7, 8, 9]


def test_the_unbounded_average_may_rise_though_each_row_falls():
    """Day 5 is reached by the first customer only, who stayed: shares 2 / 4 and 1 / 1."""
    log = table(
        ("a", "2024-03-01"), ("a", "2024-03-08"), ("b", "2024-03-05"), ("b", "2024-03-06"),
        ("c", "2024-03-05"), ("d", "2024-03-05"),
    )  # fmt: skip
    found = of(log, rolling, days=(1, 5), until="2024-03-08")
    assert found.share.tolist() == [0.5, 1.0]
    rows = of(log, rolling, days=(1, 5), until="2024-03-08", cohort="day")
    for day in np.unique(rows.groups["cohort"]):
        own = rows.share[rows.groups["cohort"] == day]
        assert not (np.diff(own) > 0).any()


def test_clocks_differ_where_the_start_is_late_in_a_day():
    log = table(("a", "2024-03-01T23:30"), ("a", "2024-03-02T00:30"), ("b", "2024-03-01T08:00"),
                ("b", "2024-03-02T09:00"), ("c", "2024-03-05T00:00"))  # fmt: skip
    assert counts(of(log, days=(0, 1))) == [(3, 3, 0), (2, 2, 1)]
    found = of(log, days=(0, 1), clock="24h")
    assert counts(found) == [(2, 2, 1), (2, 1, 1)]
    assert found.until == "2024-03-05T00:00:00.000000"


def test_24_hours_are_exact():
    log = table(("a", "2024-03-01T10:00"), ("a", "2024-03-02T09:59:59.999999"),
                ("b", "2024-03-01T10:00"), ("b", "2024-03-02T10:00"))  # fmt: skip
    found = of(log, days=(0, 1), clock="24h", until="2024-03-03T10:00")
    assert counts(found) == [(2, 2, 0), (2, 1, 0)]
    sooner = of(log, days=(0, 1), clock="24h", until="2024-03-03T09:59:59")
    assert sooner.pending.tolist() == [0, 2]
    whole_day = of(log, days=(0, 1), clock="24h", until="2024-03-03")
    assert whole_day.until == "2024-03-03T23:59:59.999999"


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_resolution_of_instants_changes_nothing(unit):
    log = table(("a", "2024-03-01T10:00"), ("a", "2024-03-02T10:00"), ("b", "2024-03-08T10:00"))
    other = log.assign(when=log["when"].astype(f"datetime64[{unit}]"))
    for clock in ("calendar", "24h"):
        assert of(other, clock=clock) == of(log, clock=clock)


def test_a_day_of_25_hours_has_one_hour_left_on_the_24_hour_clock():
    """Clocks went back in New York on 3 November 2024: noon to noon was 25 hours."""
    local = ["2024-11-02T12:00", "2024-11-03T11:30", "2024-11-02T12:00", "2024-11-03T10:30"]
    log = table(*zip("aabb", local, strict=True))
    log["when"] = log["when"].dt.tz_localize("America/New_York")
    options = {"timezone": "America/New_York", "until": "2024-11-10"}
    found = of(log, days=(0, 1), clock="24h", **options)
    assert found.retained.tolist() == [2, 1]  # 24.5 hours on, and 23.5
    assert of(log, days=(0, 1), **options).retained.tolist() == [2, 2]
    assert found.until == "2024-11-11T04:59:59.999999Z"
    instant = "2024-11-05T12:00"
    given = [instant, pd.Timestamp(instant, tz="America/New_York"), "2024-11-05T17:00+00:00"]
    ends = [of(log, clock="24h", timezone="America/New_York", until=u).until for u in given]
    assert ends == ["2024-11-05T17:00:00.000000Z"] * 3


def test_calendar_days_are_those_of_the_time_zone():
    log = table(("a", "2024-03-01T23:30"), ("a", "2024-03-02T04:30"))
    log["when"] = log["when"].dt.tz_localize("UTC")
    utc = of(log, days=1, timezone="UTC", until="2024-03-09")
    york = of(log, days=1, timezone="America/New_York", until="2024-03-09")
    assert (utc.retained.tolist(), york.retained.tolist()) == ([1], [0])


@pytest.mark.parametrize("clock", ["calendar", "24h"])
def test_cohorts_show_the_trend_at_a_fixed_age(clock):
    log = table(("a", "2024-01-31T20:00"), ("a", "2024-02-01T21:00"), ("b", "2024-02-01T02:00"),
                ("c", "2024-02-10T02:00"), ("c", "2024-02-11T03:00"))  # fmt: skip
    found = of(log, days=1, clock=clock, cohort="month", until="2024-02-29")
    assert found.groups["cohort"].astype("datetime64[M]").astype(str).tolist() == [
        "2024-01", "2024-02",
    ]  # fmt: skip
    assert counts(found) == [(1, 1, 0), (2, 1, 0)]
    weeks = of(log, days=1, clock=clock, cohort="week", week_start="sunday", until="2024-02-29")
    assert weeks.groups["cohort"].astype(str).tolist() == [
        "2024-01-28T00:00:00.000000", "2024-02-04T00:00:00.000000",
    ]  # fmt: skip
    assert weeks.eligible.tolist() == [2, 1]
    log["when"] = log["when"].dt.tz_localize("UTC")
    york = of(log, days=1, clock=clock, cohort="month", timezone="America/New_York",
              until="2024-02-28")  # fmt: skip
    assert york.eligible.tolist() == [2, 1]  # 1 February 02:00 UTC is in January there


@pytest.mark.parametrize("clock", ["calendar", "24h"])
def test_groups_are_what_their_parts_give(clock):
    log = table(("a", "2024-03-01"), ("a", "2024-03-02"), ("b", "2024-03-01"), ("c", "2024-03-04"),
                shop=["x", "x", "y", "x"])  # fmt: skip
    found = of(log, days=(1, 2), by="shop", clock=clock, until="2024-03-04")
    assert found.groups["shop"].tolist() == ["x", "x", "y", "y"]
    for shop in "xy":
        alone = of(log[log["shop"] == shop], days=(1, 2), clock=clock, until="2024-03-04")
        mine = found.groups["shop"] == shop
        assert [row for row, own in zip(counts(found), mine, strict=True) if own] == counts(alone)
    with pytest.raises(cv.errors.InvalidDataError, match="cohort"):
        of(log.assign(cohort="x"), by="cohort", cohort="day")


@pytest.mark.parametrize("function", ALL)
@pytest.mark.parametrize("clock", ["calendar", "24h"])
def test_parts_of_the_customers_add_up_in_any_order_of_rows(function, clock, cdnow):
    def read(log):
        return function(log, customer="customer_id", time="date", clock=clock, cohort="month",
                        until="1998-06-30")  # fmt: skip

    whole = read(cdnow)
    part = cdnow["customer_id"].astype(int) % 3
    assert sum((read(cdnow[part == k]) for k in range(3)), WindowRetention()) == whole
    assert read(cdnow.sample(frac=1.0, random_state=2)) == whole
    numbers = 10**12 - cdnow["customer_id"].astype(int) * 10**6  # far apart, in reverse
    assert read(cdnow.assign(customer_id=numbers)) == whole


@pytest.mark.parametrize("clock", ["calendar", "24h"])
def test_age_counts_from_a_column_if_there_is_one(clock):
    log = table(("a", "2024-03-02T10:00"), ("b", "2024-03-04T10:00"),
                signup=pd.to_datetime(["2024-03-01T09:00", "2024-03-04T09:30"]))  # fmt: skip
    found = of(log, days=(0, 1), clock=clock, start="signup", until="2024-03-09")
    assert counts(found) == [(2, 1, 0), (2, 1, 0)]
    assert found.origin == "start"
    early = log.assign(when=pd.to_datetime(["2024-03-01T08:00", "2024-03-04T10:00"]))
    if clock == "calendar":  # the same day
        assert of(early, start="signup", until="2024-03-09").eligible.tolist() == [2, 1, 0]
        return
    with pytest.raises(cv.errors.InvalidDataError, match="before the start"):
        of(early, clock=clock, start="signup")
    kept = of(early, clock=clock, start="signup", before_start="drop", until="2024-03-09")
    assert kept.notes == {"lines before the start of the customer left out": 1}
    assert (kept.eligible + kept.pending).tolist() == [2, 2, 2]  # who was not active later stays


def test_days_of_occasions_give_what_their_log_gives(cdnow):
    bought = cv.occasions(cdnow, customer="customer_id", time="date")
    assert n_day(bought) == n_day(cdnow, customer="customer_id", time="date")
    with pytest.raises(cv.errors.InvalidDataError, match="24h"):
        n_day(bought, clock="24h")
    with pytest.raises(cv.errors.InvalidDataError, match="left out"):
        n_day(bought, customer="customer_id")
    weeks = cv.occasions(cdnow, customer="customer_id", time="date", grain="week")
    with pytest.raises(cv.errors.InvalidDataError, match="grain"):
        n_day(weeks)


def test_intervals_are_those_of_a_proportion():
    """Wilson for 15 of 50, as scipy.stats.binomtest(15, 50).proportion_ci(method="wilson")."""
    log = table(*((i, "2024-03-01") for i in range(50)), *((i, "2024-03-02") for i in range(15)))
    found = of(log, days=1, until="2024-03-02")
    bounds = [float(bound[0]) for bound in found.interval()]
    assert bounds == pytest.approx([0.1910355350088095, 0.4375035046445341], rel=1e-12)
    exact = binomtest(15, 50).proportion_ci(0.9)
    mine = [float(bound[0]) for bound in found.interval(0.9, method="clopper-pearson")]
    assert mine == pytest.approx([exact.low, exact.high], rel=1e-9)
    with pytest.raises(cv.errors.InvalidDataError, match="method"):
        found.interval(method="normal")


def test_records_travel_as_json(cdnow):
    for found in (
        rolling(cdnow, customer="customer_id", time="date", cohort="month"),
        n_day(cdnow, customer="customer_id", time="date"),
    ):
        text = json.dumps(found.to_dict(), allow_nan=False)
        assert WindowRetention.from_dict(json.loads(text)) == found
        assert len(repr(found)) < 400
        assert "customers=2357" in repr(found)
    data = found.to_dict()
    for change in ({"clock": "sun"}, {"high": data["low"]}, {"retained": [9999] * 3},
                   {"eligible": [-1, 0, 0]}, {"low": ["a", "b", "c"]}):  # fmt: skip
        with pytest.raises(cv.errors.InvalidDataError):
            WindowRetention.from_dict({**data, **change})
    nothing = WindowRetention()
    assert nothing + found == found == found + nothing
    assert len(nothing.to_frame()) == 0
    assert repr(nothing).startswith("WindowRetention(customers=0")


def test_addition_refuses_other_settings():
    log = table(("a", "2024-03-01"), ("b", "2024-03-04"))
    one = of(log[:1], until="2024-03-09")
    for options in ({}, {"until": "2024-03-09", "clock": "24h"},
                    {"until": "2024-03-09", "cohort": "day"}):  # fmt: skip
        with pytest.raises(cv.errors.InvalidDataError, match="same in both"):
            one + of(log[1:], **options)


def test_bad_input():
    log = table(("a", "2024-03-01"), ("b", "2024-03-04"))
    cases = [
        ({"days": ()}, "days"),
        ({"days": (1, 1)}, "different days"),
        ({"days": -1}, "days"),
        ({"days": 1.5}, "whole"),
        ({"days": np.nan}, "days"),
        ({"days": [[1, 2]]}, "days"),
        ({"days": "week"}, "days"),
        ({"days": None}, "days"),
        ({"clock": "12h"}, "clock"),
        ({"cohort": "hour"}, "cohort"),
        ({"week_start": 0}, "week_start"),
        ({"until": "soon"}, "until"),
        ({"until": "soon", "clock": "24h"}, "until"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"timezone": "Mars/Base", "clock": "24h"}, "timezone"),
        ({"timezone": "Europe/Paris", "clock": "24h"}, "no time zone"),
        ({"colour": "red"}, "argument"),
        ({"colour": "red", "clock": "24h"}, "argument"),
    ]
    for options, match in cases:
        with pytest.raises(cv.errors.InvalidDataError, match=match):
            of(log, **options)
    for edges in ((), (1,), (1, 1), (3, 1), (0, np.inf), (-1, 2), "abc", None, [[0, 1], [2, 3]]):
        with pytest.raises(cv.errors.InvalidDataError, match="edges"):
            of(log, bracket, edges=edges)
    for clock in ("calendar", "24h"):
        with pytest.raises(cv.errors.InvalidDataError, match="customer"):
            n_day(log, clock=clock)
        with pytest.raises(cv.errors.InvalidDataError, match="no "):
            of(log[:0], clock=clock)
        with pytest.raises(cv.errors.InvalidDataError, match="missing"):
            of(table(("a", "2024-03-01"), (None, "2024-03-04")), clock=clock)
        dropped = of(table(("a", "2024-03-01"), (None, "2024-03-04")), clock=clock, missing="drop")
        assert dropped.notes == {"lines without a customer dropped": 1}


def test_every_kind_of_frame_comes_back_as_it_came(engine):
    log = table(("a", "2024-03-01T10:00"), ("a", "2024-03-02T11:00"), ("b", "2024-03-01T10:00"),
                shop=["x", "x", "y"])  # fmt: skip
    for clock in ("calendar", "24h"):
        found = of(engine.frame(log), rolling, by="shop", clock=clock, days=1, cohort="week",
                   until="2024-03-09")  # fmt: skip
        assert found == of(log, rolling, by="shop", clock=clock, days=1, cohort="week",
                           until="2024-03-09")  # fmt: skip
        shown = found.to_frame()
        assert engine.owns(shown)
        cells = engine.pandas(shown)[["shop", "eligible", "retained", "share"]]
        assert cells.to_numpy().tolist() == [["x", 1, 1, 1.0], ["y", 1, 0, 0.0]]
