"""What `until` observes, empty parts, names that groups may have, and how much is too much."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue import retention

NAMES = {"customer": "who", "time": "when"}
R = retention
BAD = cv.errors.InvalidDataError
READERS = {
    "cohorts": R.cohorts,
    "growth": R.growth_accounting,
    "n_day": R.n_day,
    "rolling": R.rolling,
    "bracket": R.bracket,
    "repeat": R.repeat_purchase_rate,
    "orders": R.order_rates,
    "gaps": R.purchase_gaps,
    "back": lambda log, **options: R.reactivation_rate(log, inactive=3, **options),
    "24h": lambda log, **options: R.n_day(log, clock="24h", **options),
}
each = pytest.mark.parametrize("name", READERS)


def table(*rows, **columns):
    """Return a log of (customer, time) rows."""
    who, when = zip(*rows, strict=True)
    times = pd.to_datetime(list(when), format="ISO8601")
    return pd.DataFrame({"who": who, "when": times, **columns})


def test_an_instant_ends_periods_of_an_hour_with_its_hour():
    log = table(("a", "2024-01-01T01:00"), ("a", "2024-01-01T15:00"))
    options = {"grain": "hour", "until": "2024-01-01T10:30", **NAMES}
    found = R.repeat_purchase_rate(log, **options)
    assert (found.value, found.until) == (0.0, "2024-01-01T10")
    assert found.notes == {"lines after `until` left out": 1}
    gaps = R.purchase_gaps(log, unit="hour", **options)
    assert (gaps.exit.tolist(), gaps.event.tolist()) == ([9.0], [False])
    read = cv.occasions(log, grain="hour", **NAMES)
    again = R.repeat_purchase_rate(read, grain="hour", until="2024-01-01T10:30")
    assert (again.value, again.notes) == (0.0, {"occasions after `until` left out": 1})
    day = R.repeat_purchase_rate(log, grain="hour", until="2024-01-01", **NAMES)
    assert (day.value, day.until) == (1.0, "2024-01-01T23")


def test_a_purchase_after_an_instant_is_in_no_group():
    log = table(("a", "2024-01-01T01:00"), ("a", "2024-01-01T11:00"), ("b", "2024-01-01T02:00"),
                shop=["x", "x", "y"])  # fmt: skip
    found = R.growth_accounting(log, period="hour", by="shop", until="2024-01-01T10:30", **NAMES)
    shown = found.to_frame().groupby("shop")[["new", "retained", "resurrected", "churned"]].sum()
    assert shown.to_numpy().tolist() == [[1, 0, 0, 1], [1, 0, 0, 1]]
    assert (found.state == "observed").all()
    assert str(found.to_frame()["period"].max()) == "2024-01-01 10:00:00"


@each
def test_a_midnight_is_its_day_and_another_instant_is_refused(name):
    log = table(("a", "2024-01-10"), ("a", "2024-02-10T15:00"), ("b", "2024-02-10T09:00"))
    read = READERS[name]
    if name == "24h":
        return
    whole = read(log, until="2024-02-10", **NAMES)
    for day in (log["when"].max().normalize(), dt.datetime(2024, 2, 10),
                np.datetime64("2024-02-10"), np.datetime64("2024-02-10T00:00")):  # fmt: skip
        assert read(log, until=day, **NAMES) == whole
    for instant in (log["when"].max(), "2024-02-10T15:00"):
        with pytest.raises(BAD, match=r"until: must be a day.*2024-02-10"):
            read(log, until=instant, **NAMES)


def test_a_midnight_is_one_in_the_time_zone_of_the_log():
    log = table(("a", "2024-01-10T12:00"))
    log["when"] = log["when"].dt.tz_localize("UTC")
    options = {"timezone": "America/New_York", **NAMES}
    night = pd.Timestamp("2024-02-10", tz="America/New_York")
    assert R.growth_accounting(log, until=night, **options).until == "2024-02-10"
    with pytest.raises(BAD, match="until: must be a day"):
        R.growth_accounting(log, until=pd.Timestamp("2024-02-10", tz="UTC"), **options)


def test_a_window_that_reaches_into_a_period_cut_short_has_not_elapsed():
    log = table(("a", "2024-01-15"), ("a", "2024-02-20"))
    options = {"grain": "month", "unit": "month", **NAMES}
    for until, counts in (("2024-02-01", (0, 0, 1)), ("2024-02-28", (0, 0, 1)),
                          ("2024-02-29", (1, 1, 0))):  # fmt: skip
        found = R.repeat_purchase_rate(log, within=1, until=until, **options)
        assert (found.customers, found.repeaters, found.pending) == counts
        assert found.until == until
        rates = R.order_rates(log, within=1, until=until, **options).to_frame()
        assert rates["pending"].iloc[0] == counts[2]
        back = R.reactivation_rate(log, inactive=1, until=until, **options)
        assert (back.lapsed, back.pending) == (0, 0)
    gaps = R.purchase_gaps(log, until="2024-02-28", **options)
    assert (len(gaps), sum(gaps.notes.values())) == (0, 2)
    gaps = R.purchase_gaps(log, until="2024-02-29", **options)
    assert (gaps.exit.tolist(), gaps.event.tolist()) == ([1.0], [True])
    gaps = R.purchase_gaps(log, until="2024-04-15", **options)
    assert (gaps.exit.tolist(), gaps.event.tolist()) == ([1.0, 1.0], [True, False])


def test_gaps_do_not_hang_on_what_the_last_period_shows_so_far():
    """Half a month later as many have bought again in the month; the months before are the same."""
    rng = np.random.default_rng(4)
    days = np.datetime64("2024-01-01") + rng.integers(0, 182, 800)
    log = pd.DataFrame({"who": rng.integers(0, 200, 800), "when": days.astype("datetime64[us]")})
    options = {"grain": "month", "unit": "month", **NAMES}
    june = log[log["when"] < "2024-06-01"]
    whole = R.purchase_gaps(june, until="2024-05-31", **options)
    cut = R.purchase_gaps(log, until="2024-06-12", **options)
    assert (cut.exit.tolist(), cut.event.tolist()) == (whole.exit.tolist(), whole.event.tolist())


def test_records_of_other_settings_do_not_add():
    log = table(("a", "2024-01-15"), ("a", "2024-02-20"))
    for read in (R.repeat_purchase_rate, R.order_rates, READERS["back"]):
        weeks = read(log, grain="week", until="2024-02-28", **NAMES)
        assert type(weeks).from_dict(json.loads(json.dumps(weeks.to_dict()))) == weeks
        for change in ({"week_start": "sunday"}, {"grain": "day"}, {"until": "2024-02-27"}):
            with pytest.raises(BAD, match="must be the same"):
                weeks + read(log, **{"grain": "week", "until": "2024-02-28", **change}, **NAMES)


@each
@pytest.mark.parametrize("by", [None, "shop"])
def test_a_part_in_which_nobody_bought_adds_nothing_but_notes(name, by):
    log = table(("a", "2024-01-15"), ("a", "2024-02-20"), ("b", "2024-03-05"), shop=["x", "x", "y"])
    options = {"until": "2024-02-29", "by": by, **NAMES}
    whole = READERS[name](log, **options)
    parts = [READERS[name](part, **options) for _, part in log.groupby("who")]
    assert parts[1].notes == {"lines after `until` left out": 1}
    assert len(repr(parts[1])) < 400
    assert len(parts[1].to_frame()) <= 1
    assert sum(parts, type(whole)()) == whole
    assert type(whole).from_dict(json.loads(json.dumps(parts[1].to_dict()))) == parts[1]
    with pytest.raises(BAD, match="time observed"):
        READERS[name](log[:0], by=by, **NAMES)


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("cohorts", ("0", "12", "state", "retention", "lower", "cohort", "share", "entry", "size")),
        ("growth", ("period", "refunds", "active", "state", "quick_ratio", "new_revenue")),
        ("n_day", ("low", "share", "upper", "pending")),
        ("24h", ("low", "share", "upper", "pending")),
        ("repeat", ("value", "lower", "customers")),
        ("orders", ("order", "rate", "upper")),
        ("gaps", ("entry", "exit", "event", "customer", "weight")),
        ("back", ("lapsed", "value", "upper")),
    ],
)
def test_a_group_named_as_a_column_of_the_result_is_refused(name, columns):
    log = table(("a", "2024-01-15"), ("a", "2024-02-20"))
    for column in columns:
        with pytest.raises(BAD, match=f"by: must not be named .* '{column}'"):
            READERS[name](log.assign(**{column: "x"}), by=["who", column], **NAMES)
    with pytest.raises(BAD, match="'order'"):
        R.purchase_gaps(log.assign(order="x"), by="order", by_order=True, **NAMES)
    with pytest.raises(BAD, match="'cohort'"):
        R.n_day(log.assign(cohort="x"), by="cohort", cohort="month", **NAMES)
    with pytest.raises(BAD, match="'nrr'"):
        R.revenue_retention(
            pd.DataFrame({"who": ["a"], "a": ["2024-01-01"], "b": [None], "c": [1.0], "nrr": "x"}),
            customer="who", start="a", end="b", amount="c", by="nrr", until="2024-03-31",
        )  # fmt: skip


def test_too_many_periods_are_refused():
    log = table(("a", "2024-01-15"), ("b", "2024-01-15")).astype({"when": "datetime64[s]"})
    log.loc[1, "when"] = np.datetime64("9999-01-01")
    with pytest.raises(BAD, match=r"period: must give at most .* rows"):
        R.growth_accounting(log, period="hour", **NAMES)
    long_ago = np.full(50, np.datetime64("0100-01-01", "s"))  # text of so long ago pandas 3 reads
    running = np.full(50, np.datetime64("NaT", "s"))
    spells = pd.DataFrame({"who": range(50), "start": long_ago, "end": running, "amount": 1.0})
    columns = {name: name for name in ("start", "end", "amount")}
    with pytest.raises(BAD, match="period: must give at most"):
        R.revenue_retention(spells, customer="who", period="day", until="9999-01-01", **columns)
    shops = spells.assign(shop=range(50))
    shops["end"] = np.full(50, np.datetime64("0100-01-09", "s"))
    with pytest.raises(BAD, match=r"period: must give at most .* rows"):
        R.revenue_retention(shops, customer="who", period="day", until="9999-01-01", by="shop",
                            **columns)  # fmt: skip


def test_day_0_of_the_first_activity_is_certain():
    log = table(("a", "2024-01-15"), ("b", "2024-02-20"))
    found = R.n_day(log, days=(0, 1), until="2024-03-31", **NAMES)
    low, high = found.interval()
    assert (low[0], high[0]) == (1.0, 1.0)
    assert (low[1], high[1] < 1.0) == (0.0, True)
    joined = R.n_day(log.assign(joined=log["when"]), days=0, start="joined", **NAMES)
    assert joined.interval()[0][0] < 1.0
    assert R.rolling(log, days=0, **NAMES).interval()[0].tolist() == [1.0]
