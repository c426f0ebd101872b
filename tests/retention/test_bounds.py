"""What `since` and `until` mean: whole days, given as a date or its midnight, or instants."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

import custvalue as cv

R = cv.retention
BAD = cv.errors.InvalidDataError
NAMES = {"customer": "w", "time": "t"}
LOG = pd.DataFrame(
    {
        "w": ["a", "b", "a", "c"],
        "t": pd.to_datetime(
            ["2024-01-30T10:30", "2024-01-31T09:00", "2024-01-31T23:30", "2024-02-02T08:00"]
        ),
    }
)
MIDNIGHTS = [
    dt.date(2024, 1, 31),
    dt.datetime(2024, 1, 31),
    pd.Timestamp("2024-01-31"),
    np.datetime64("2024-01-31T00:00:00", "ns"),
    np.datetime64("2024-01-31T00", "h"),
    "2024-01-31T00:00",
]
OBSERVERS = [
    lambda until: R.cohorts(LOG, period="day", until=until, **NAMES),
    lambda until: R.growth_accounting(LOG, period="day", until=until, **NAMES),
    lambda until: R.growth_accounting(LOG, period="hour", until=until, **NAMES),
    lambda until: R.repeat_purchase_rate(LOG, grain="hour", until=until, **NAMES),
    lambda until: R.purchase_gaps(LOG, grain="hour", until=until, **NAMES),
    lambda until: R.reactivation_rate(LOG, inactive=0.5, grain="hour", until=until, **NAMES),
    lambda until: R.n_day(LOG, days=(0, 1), until=until, **NAMES),
    lambda until: R.n_day(LOG, days=(0, 1), clock="24h", until=until, **NAMES),
]


@pytest.mark.parametrize("read", OBSERVERS)
def test_a_midnight_is_its_whole_day(read):
    day = read("2024-01-31")
    assert all(read(midnight) == day for midnight in MIDNIGHTS)
    assert day != read("2024-01-30")


def test_an_instant_is_its_hour_or_itself():
    hours = R.growth_accounting(LOG, period="hour", until="2024-01-31T09:10", **NAMES)
    assert hours.until == "2024-01-31T09"
    found = R.n_day(LOG, clock="24h", until="2024-01-31T00:00:01", **NAMES)
    assert found.until == "2024-01-31T00:00:01.000000"


def test_a_midnight_is_one_in_the_time_zone_of_the_log():
    log = LOG.assign(t=LOG["t"].dt.tz_localize("America/New_York"))
    options = {"timezone": "America/New_York", "clock": "24h", **NAMES}
    given = pd.Timestamp("2024-01-31", tz="America/New_York")
    assert R.n_day(log, until=given, **options).until == "2024-02-01T04:59:59.999999Z"
    given = pd.Timestamp("2024-01-31", tz="UTC")
    assert R.n_day(log, until=given, **options).until == "2024-01-31T00:00:00.000000Z"


def test_instants_within_a_day_are_refused():
    for options in ({"since": "2024-01-31 23:00"}, {"until": pd.Timestamp("2024-01-31 23:00")}):
        rule = rf"{next(iter(options))}: must be a day.*'2024-01-31'"
        with pytest.raises(BAD, match=rule):
            R.cohorts(LOG, period="day", **options, **NAMES)
        paid = LOG.assign(a=1.0, e=None)
        bounds = {"until": "2024-02-28", "period": "day", **options}
        with pytest.raises(BAD, match=rule):
            R.revenue_retention(paid, start="t", end="e", customer="w", amount="a", **bounds)
        with pytest.raises(BAD, match=rule):
            R.revenue_retention_from_snapshots(paid, amount="a", **bounds, **NAMES)
    since = R.cohorts(LOG, period="day", since=pd.Timestamp("2024-01-31"), **NAMES)
    assert (since.since, since.customers.max()) == ("2024-01-31", 1)


@pytest.mark.parametrize("by", [None, "g"])
def test_no_spells_are_an_empty_record_with_since(by):
    names = {"customer": "w", "start": "s", "end": "e", "amount": "a", "by": by}
    span = {"since": "2024-01-01", "until": "2024-03-31"}
    some = pd.DataFrame({"w": ["x"], "s": ["2024-01-01"], "e": [None], "a": [5.0], "g": ["u"]})
    for none in (some[:0], pd.DataFrame({name: [] for name in some})):
        empty = R.revenue_retention(none, **names, **span)
        whole = R.revenue_retention(some, **names, **span)
        assert (empty.start_revenue == 0).all()
        assert whole + empty == empty + whole == whole
        with pytest.raises(BAD, match=r"table: must have rows.*since"):
            R.revenue_retention(none, until="2024-03-31", **names)


def test_a_period_cut_short_neither_lapses_nor_brings_back():
    """Nobody's January is wholly seen on the 10th, so that nobody is known to be 1.5 months off."""
    log = pd.DataFrame(
        {"w": [*range(100), *range(10)], "t": ["2023-11-08"] * 100 + ["2024-01-05"] * 10}
    )
    months = {"grain": "month", "unit": "month", "inactive": 1.5, **NAMES}

    def counts(until, **options):
        found = R.reactivation_rate(log, until=until, **{**months, **options})
        return int(found.lapsed), int(found.reactivated), int(found.pending)

    assert counts("2024-01-10") == (0, 0, 0)
    assert counts("2024-01-10", within=0.5) == (0, 0, 0)
    assert counts("2024-01-31") == counts("2024-01-31", within=0.5) == (100, 10, 0)
    assert counts("2024-01-10", grain="day") == (100, 10, 0)
    # lapsed by the end of December: who came back in the first days of January is not known in full
    assert counts("2024-01-10", inactive=1) == (100, 0, 0)
    assert counts("2024-01-10", inactive=1, within=1) == (0, 0, 100)
