"""Grains, units, weeks and period numbers against the plain reference and the standard library."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import plain_log
from custvalue import _calendar, occasions
from custvalue.errors import InvalidDataError

GRAINS = ("hour", "day", "week", "month", "quarter", "year")
INSTANTS = st.datetimes(dt.datetime(1890, 1, 1), dt.datetime(2150, 12, 31))


def number(when: dt.datetime, grain: str, week_start: str = "monday", unit: str = "us") -> int:
    instants = np.array([np.datetime64(when, unit)])
    return int(_calendar.period_numbers(instants, grain, week_start)[0])


def start(period: int, grain: str, week_start: str = "monday") -> dt.datetime:
    first = _calendar.period_starts(np.array([period]), grain, week_start)[0]
    return first.astype("datetime64[us]").item()


@pytest.mark.parametrize("grain", GRAINS)
@given(when=INSTANTS, week_start=st.sampled_from(plain_log.WEEKDAYS))
@example(when=dt.datetime(1969, 12, 31, 23, 59, 59, 999999), week_start="monday")
@example(when=dt.datetime(1970, 1, 1), week_start="thursday")
@example(when=dt.datetime(1900, 2, 28, 23), week_start="sunday")
@example(when=dt.datetime(2000, 2, 29), week_start="tuesday")
@example(when=dt.datetime(2024, 12, 31, 12), week_start="wednesday")
def test_the_period_starts_where_the_reference_says(grain, when, week_start):
    expected = plain_log.period(when, grain, week_start)
    assert start(number(when, grain, week_start), grain, week_start) == expected


@pytest.mark.parametrize("grain", GRAINS)
@given(when=INSTANTS, week_start=st.sampled_from(plain_log.WEEKDAYS))
def test_periods_are_half_open_and_numbered_without_gaps(grain, when, week_start):
    here = number(when, grain, week_start)
    following = start(here + 1, grain, week_start)
    assert number(following, grain, week_start) == here + 1
    assert number(following - dt.timedelta(microseconds=1), grain, week_start) == here


@pytest.mark.parametrize("grain", GRAINS)
def test_a_whole_column_is_numbered_as_its_parts(grain):
    hours = np.arange(0, 24 * 365 * 12, 31).astype("timedelta64[h]")
    when = np.datetime64("1965-01-01T00", "h") + hours
    together = _calendar.period_numbers(when.astype("datetime64[s]"), grain, "sunday")
    alone = [number(w.item(), grain, "sunday") for w in when.astype("datetime64[us]")[::97]]
    assert together[::97].tolist() == alone


@pytest.mark.parametrize("grain", GRAINS)
@pytest.mark.parametrize("unit", ["D", "h", "m", "s", "ms", "us", "ns"])
@pytest.mark.parametrize("when", ["1969-12-31", "1970-01-01", "2024-02-29", "2024-12-30"])
def test_the_resolution_of_the_column_does_not_matter(grain, unit, when):
    instant = dt.datetime.fromisoformat(when)
    assert number(instant, grain, unit=unit) == number(instant, grain, unit="us")


@given(
    when=st.tuples(INSTANTS, INSTANTS).map(sorted),
    grain=st.sampled_from(GRAINS),
    unit=st.sampled_from(GRAINS),
)
def test_elapsed_time(when, grain, unit):
    ends = [np.array([number(w, grain)]) for w in when]
    expected = plain_log.elapsed(*(plain_log.period(w, grain) for w in when), grain, unit)
    got = float(_calendar.elapsed(*ends, grain, unit)[0])
    assert got == pytest.approx(expected, rel=1e-13, abs=1e-13)


def test_calendar_months_and_the_month_as_a_ruler_are_two_things():
    january, march = (np.array([number(dt.datetime(2023, m, 1), "month")]) for m in (1, 3))
    assert _calendar.elapsed(january, march, "month", "month") == 2
    assert _calendar.elapsed(january, march, "month", "day") == 59
    days = [np.array([number(dt.datetime(2023, m, 1), "day")]) for m in (1, 3)]
    assert _calendar.elapsed(*days, "day", "month") == pytest.approx(59 / 30.4375, rel=1e-15)


def test_a_leap_year_has_a_day_more():
    ends = [np.array([number(dt.datetime(y, 1, 1), "year")]) for y in (2023, 2024, 2025)]
    assert _calendar.elapsed(ends[0], ends[1], "year", "day") == 365
    assert _calendar.elapsed(ends[1], ends[2], "year", "day") == 366
    assert _calendar.elapsed(ends[0], ends[2], "year", "year") == 2


@pytest.mark.parametrize(
    ("amount", "unit", "into", "expected"),
    [
        (1, "week", "day", 7),
        (1, "month", "day", 30.4375),
        (1, "quarter", "month", 3),
        (1, "year", "day", 365.25),
        (2, "year", "month", 24),
        (36, "hour", "day", 1.5),
    ],
)
def test_lengths_of_units(amount, unit, into, expected):
    assert _calendar.convert(amount, unit, into) == expected


ZONES = ("UTC", "America/New_York", "Europe/Paris", "Asia/Kolkata", "Pacific/Auckland")
AROUND_CLOCK_CHANGES = [
    "2024-03-10T04:59:59",
    "2024-03-10T05:00:00",
    "2024-03-10T07:30:00",
    "2024-03-31T00:30:00",
    "2024-03-31T01:30:00",
    "2024-10-27T00:30:00",
    "2024-10-27T01:30:00",
    "2024-11-03T04:00:00",
    "2024-11-03T05:30:00",
    "2024-11-03T06:30:00",
    "2024-11-04T04:59:59",
    "1969-12-31T23:30:00",
    "2024-01-01T00:00:00",
    "2023-12-31T23:59:59",
]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("stored_in", ["UTC", "Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize("grain", GRAINS)
def test_days_are_cut_in_the_zone_asked_for(zone, stored_in, grain):
    utc = [dt.datetime.fromisoformat(w).replace(tzinfo=dt.UTC) for w in AROUND_CLOCK_CHANGES]
    local = [w.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for w in utc]
    expected = sorted({plain_log.period(w, grain) for w in local})
    log = pd.DataFrame({"who": "a", "when": pd.to_datetime(utc, utc=True).tz_convert(stored_in)})
    read = occasions(log, customer="who", time="when", grain=grain, timezone=zone)
    assert [start(p, grain) for p in read.period] == expected


@pytest.mark.parametrize(
    ("day", "hours"), [("2024-03-10", 23), ("2024-11-03", 25), ("2024-06-01", 24)]
)
def test_a_day_is_a_day_however_long(day, hours):
    first = pd.Timestamp(day, tz="America/New_York")
    instants = first + pd.to_timedelta(np.arange(hours), unit="h")
    after = first + pd.to_timedelta(hours, unit="h")
    log = pd.DataFrame({"who": "a", "when": [*instants, after]})
    read = occasions(log, customer="who", time="when", timezone="America/New_York")
    assert read.lines.tolist() == [hours, 1]
    assert read.summary().recency.tolist() == [1.0]


@pytest.mark.parametrize("when", ["2024-02-29", "2024-02-29T13:00", "2024-02-29 23:59:59.999999"])
@pytest.mark.parametrize(
    "kind",
    [
        str,
        dt.datetime.fromisoformat,
        pd.Timestamp,
        np.datetime64,
        lambda w: dt.date.fromisoformat(w[:10]),
        lambda w: np.datetime64(w, "ns"),
        lambda w: np.datetime64(w, "h"),
        lambda w: pd.Timestamp(w).as_unit("ns"),
    ],
)
def test_a_date_argument_may_be_of_any_kind(when, kind):
    got = _calendar.period_of("until", kind(when), "day", "monday", None)
    assert start(got, "day") == dt.datetime(2024, 2, 29)


@pytest.mark.parametrize("kind", [str, dt.datetime.fromisoformat, pd.Timestamp])
def test_a_zoned_argument_is_converted_to_the_zone_of_the_log(kind):
    when = kind("2024-02-29T23:30:00+00:00")
    got = _calendar.period_of("until", when, "day", "monday", "Asia/Tokyo")
    assert start(got, "day") == dt.datetime(2024, 3, 1)
    with pytest.raises(InvalidDataError, match=r"until: must have no time zone.*timezone="):
        _calendar.period_of("until", when, "day", "monday", None)


def test_days_counted_in_sevens_are_days():
    when = np.datetime64(np.datetime64("2024-02-29"), "7D")  # a Thursday, as 1970-01-01 was
    got = _calendar.period_of("until", when, "day", "monday", None)
    assert start(got, "day") == dt.datetime(2024, 2, 29)


def test_a_day_that_ends_a_span_is_its_last_hour():
    for name, hour in (("before", 23), ("until", 23), ("since", 0), ("first_from", 0)):
        got = _calendar.period_of(name, "2024-02-29", "hour", "monday", None)
        assert start(got, "hour") == dt.datetime(2024, 2, 29, hour)


@pytest.mark.parametrize("when", [np.datetime64("2024-02"), np.datetime64("2024-02-29")])
def test_a_month_may_be_named_by_itself(when):
    got = _calendar.period_of("until", when, "month", "monday", None)
    assert start(got, "month") == dt.datetime(2024, 2, 1)


def test_a_span_longer_than_the_grain_is_no_moment():
    with pytest.raises(InvalidDataError, match=r"until: must be a day or an instant"):
        _calendar.period_of("until", np.datetime64("2024-02"), "day", "monday", None)
    with pytest.raises(InvalidDataError, match=r"until: must be a date"):
        _calendar.period_of("until", pd.Period("2024-02"), "day", "monday", None)
