"""Spells: from subscriptions and from silence; window, policies, calendar; hostile input."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue.churn import Spells


def subscriptions(*rows, **kwargs):
    table = pd.DataFrame(rows, columns=["who", "from", "to"])
    given = {"customer": "who", "start": "from", "end": "to", "until": "2024-12-31"} | kwargs
    return Spells.from_subscriptions(table, **given)


def log_spells(*rows, **kwargs):
    log = pd.DataFrame(rows, columns=["who", "when"])
    given = {"customer": "who", "time": "when", "inactive": 30} | kwargs
    return Spells.from_log(log, **given)


def days(*dates):
    return np.array(dates, dtype="datetime64[us]")


# ---- subscriptions


def test_ends_are_censored_at_the_end_of_the_last_day():
    spells = subscriptions(
        ("a", "2024-01-01", "2024-03-01"), ("b", "2024-02-01", None),
        ("c", "2024-03-01", "2025-02-01"),
    )  # fmt: skip
    assert spells.event.tolist() == [True, False, False]
    np.testing.assert_array_equal(spells.end, days("2024-03-01", "2025-01-01", "2025-01-01"))
    assert spells.notes == {"spells cut at `until`": 1}
    assert spells.until == "2025-01-01T00:00:00.000000"
    assert subscriptions(("a", "2024-01-01", "2024-12-31")).event.tolist() == [True]
    noon = subscriptions(("a", "2024-01-01", None), until="2024-06-01T12:00")
    np.testing.assert_array_equal(noon.end, days("2024-06-01T12:00"))


def test_what_lies_outside_the_window_is_left_out_and_counted():
    spells = subscriptions(
        ("a", "2023-01-01", "2024-01-01"), ("b", "2023-01-01", "2024-01-02"),
        ("c", "2025-01-01", None), since="2024-01-01",
    )  # fmt: skip
    assert spells.customer.tolist() == ["b"]
    assert set(spells.notes.values()) == {1}
    assert len(spells.notes) == 2


def test_spells_that_touch_are_one_and_gaps_can_be_bridged():
    rows = [("a", "2024-01-01", "2024-02-01"), ("a", "2024-02-01", "2024-03-01"),
            ("a", "2024-03-08", "2024-04-01"), ("b", "2024-01-01", None)]  # fmt: skip
    touching = subscriptions(*rows)
    assert touching.customer.tolist() == ["a", "a", "b"]
    assert list(touching.notes.values()) == [1]
    bridged = subscriptions(*rows, gap=1, unit="week")
    assert bridged.customer.tolist() == ["a", "b"]
    np.testing.assert_array_equal(bridged.end[0], days("2024-04-01")[0])
    assert len(subscriptions(*rows, gap=6.99)) == 3


def test_overlaps_are_refused_or_merged():
    rows = [("a", "2024-01-01", "2024-12-01"), ("a", "2024-02-01", "2024-03-01"),
            ("a", "2024-11-01", None), ("b", "2024-02-01", "2024-05-01")]  # fmt: skip
    with pytest.raises(cv.errors.InvalidDataError, match=r"overlap.*row 1, 2 of 4.*'merge'"):
        subscriptions(*rows)
    merged = subscriptions(*rows, overlap="merge")
    assert merged.customer.tolist() == ["a", "b"]
    assert merged.event.tolist() == [False, True]
    assert merged.notes == {"overlapping spells merged": 2}


def test_groups_follow_the_spell():
    table = pd.DataFrame(
        {"who": [1, 1, 2], "from": ["2024-01-01", "2024-05-01", "2024-01-01"],
         "to": ["2024-02-01", None, None], "plan": ["x", "y", "x"]}
    )  # fmt: skip
    read = {"customer": "who", "start": "from", "end": "to", "until": "2024-12-31", "by": "plan"}
    assert Spells.from_subscriptions(table, **read).groups["plan"].tolist() == ["x", "y", "x"]
    with pytest.raises(cv.errors.InvalidDataError, match=r"plan: must be the same.*row 1"):
        Spells.from_subscriptions(table, **read, gap=1000)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_against_a_plain_reading(seed):
    """Days on which a customer is active, day by day, are those of the spells."""
    rng = np.random.default_rng(seed)
    start = rng.integers(0, 80, 60)
    end = start + rng.integers(1, 15, 60)
    who = rng.integers(0, 12, 60)
    base = np.datetime64("2024-01-01")
    day = np.timedelta64(1, "D")
    table = pd.DataFrame({"who": who, "from": base + start * day, "to": base + end * day})
    gap = 2
    spells = Spells.from_subscriptions(
        table,
        customer="who",
        start="from",
        end="to",
        until=base + 200 * day,
        overlap="merge",
        gap=gap,
    )
    days = (ends.astype("datetime64[D]") for ends in (spells.start, spells.end))
    found = set(zip(spells.customer.tolist(), *days, strict=True))
    expected = set()
    for w in set(who.tolist()):
        runs: list[list[int]] = []
        for s, e in sorted(zip(start[who == w].tolist(), end[who == w].tolist(), strict=True)):
            if runs and s - runs[-1][1] <= gap:
                runs[-1][1] = max(runs[-1][1], e)
            else:
                runs.append([s, e])
        expected |= {(w, base + s * day, base + e * day) for s, e in runs}
    assert found == expected
    again = Spells.from_subscriptions(
        table.sample(frac=1, random_state=seed), customer="who", start="from", end="to",
        until=base + 200 * day, overlap="merge", gap=gap,
    )  # fmt: skip
    assert again == spells


def test_lifelines_datetimes_to_durations():
    """It counts 1 January to 1 March as 1 month, and takes -60 days for an event."""
    spells = subscriptions(("a", "2024-01-01", "2024-03-01"))
    assert spells.durations("month", whole=True).exit.tolist() == [2.0]
    with pytest.raises(cv.errors.InvalidDataError, match=r"to: must not be before the start"):
        subscriptions(("a", "2024-03-01", "2024-01-01"))


# ---- ages


@pytest.mark.parametrize(
    ("start", "end", "unit", "completed", "begun"),
    [
        ("2024-01-01", "2024-03-01", "month", 2, 2),
        ("2024-01-31", "2024-02-29", "month", 1, 1),  # 31 January + 1 month
        ("2023-01-31", "2023-02-28", "month", 1, 1),
        ("2023-01-31", "2023-02-27", "month", None, 1),
        ("2023-01-31", "2023-03-30", "month", 1, 2),
        ("2023-01-31", "2023-03-31", "month", 2, 2),
        ("2024-01-15", "2024-03-01", "month", 1, 2),
        ("2024-01-15T12:00", "2024-02-15T11:59", "month", None, 1),
        ("2024-02-29", "2025-02-28", "year", 1, 1),
        ("2024-02-29", "2028-02-28", "year", 3, 4),
        ("2024-01-01", "2024-08-01", "quarter", 2, 3),
        ("2024-01-01", "2024-01-15", "week", 2, 2),
        ("2024-01-01", "2024-01-16", "week", 2, 3),
    ],
)
def test_whole_periods_of_the_calendar(start, end, unit, completed, begun):
    churned = subscriptions(("a", start, end), until="2029-01-01").durations(unit, whole=True)
    assert churned.exit.tolist() == [begun]
    running = subscriptions(("a", start, None), until=f"{end}T00:00" if "T" not in end else end)
    running = running.durations(unit, whole=True)
    assert running.exit.tolist() == ([] if completed is None else [completed])
    assert list(running.notes.values()) == ([] if completed else [1])


def test_whole_ages_are_those_of_a_table_of_survivors():
    """Who is lost between ages k - 1 and k has exit k, as in Durations.from_survivors."""
    rng = np.random.default_rng(4)
    start = np.datetime64("2020-01-01", "us")
    ages = rng.exponential(400, 500)
    end = start + (ages * 86400e6).astype("timedelta64[us]")
    table = pd.DataFrame({"who": range(500), "from": start, "to": end})
    spells = Spells.from_subscriptions(
        table, customer="who", start="from", end="to", until="2022-12-31"
    )
    birthdays = days("2020-01-01", "2021-01-01", "2022-01-01", "2023-01-01")
    survivors = [(end > day).sum() for day in birthdays]
    found = cv.churn.kaplan_meier(spells.durations("year", whole=True))
    expected = cv.churn.kaplan_meier(cv.Durations.from_survivors(survivors))
    assert dataclasses.replace(found, notes={}) == expected


def test_late_entries_in_whole_periods_start_with_the_next_whole_one():
    spells = subscriptions(("a", "2023-11-15", "2024-03-01"), ("b", "2023-11-15", "2024-01-10"),
                           since="2024-01-01")  # fmt: skip
    whole = spells.durations("month", whole=True)
    assert (whole.entry.tolist(), whole.exit.tolist()) == ([2.0], [4.0])  # b churns in month 2
    assert list(whole.notes.values()) == [1]
    days_old = spells.durations("day")
    assert days_old.entry.tolist() == [47.0, 47.0]
    assert days_old.exit.tolist() == [107.0, 56.0]


def test_units_are_rulers():
    spells = subscriptions(("a", "2024-01-01", "2024-03-01"), ("b", "2023-06-01", None),
                           since="2024-01-01")  # fmt: skip
    day, month = spells.durations("day"), spells.durations("month")
    np.testing.assert_allclose(day.exit / 30.4375, month.exit, rtol=1e-15)
    np.testing.assert_allclose(day.entry / 30.4375, month.entry, rtol=1e-15)


# ---- logs


def test_silence_is_churn_when_it_has_lasted():
    spells = log_spells(
        ("a", "2024-01-01"), ("a", "2024-01-31"), ("a", "2024-03-02"),  # 30 and 31 days apart
        ("b", "2024-02-20"), until="2024-03-10",
    )  # fmt: skip
    assert spells.customer.tolist() == ["a", "a", "b"]
    np.testing.assert_array_equal(spells.start, days("2024-01-01", "2024-03-02", "2024-02-20"))
    np.testing.assert_array_equal(spells.end, days("2024-03-01", "2024-03-11", "2024-03-11"))
    assert spells.event.tolist() == [True, False, False]


def test_a_line_on_the_last_day_could_still_come():
    """The last line + 30 days is 31 January: seen only if that day is."""
    one = ("a", "2024-01-01")
    assert log_spells(one, until="2024-01-30").event.tolist() == [False]
    assert log_spells(one, until="2024-01-31").event.tolist() == [True]
    assert log_spells(one, ("a", "2024-01-31"), until="2024-01-31").event.tolist() == [False]


def test_churn_at_the_last_line_is_known_later():
    rows = [("a", "2024-01-01"), ("a", "2024-01-10T15:00"), ("b", "2024-03-01"),
            ("c", "2024-01-20"), ("c", "2024-02-15")]  # fmt: skip
    spells = log_spells(*rows, until="2024-03-10", churned_at="last")
    assert spells.until == "2024-02-10T00:00:00.000000"  # 30 days before the end of 10 March
    assert spells.customer.tolist() == ["a", "c"]
    np.testing.assert_array_equal(spells.end, days("2024-01-11", "2024-02-10"))
    assert spells.event.tolist() == [True, False]
    assert spells.notes == {"spells after `until` left out": 1}


@pytest.mark.parametrize("churned_at", ["elapsed", "last"])
def test_more_log_does_not_change_what_was_known(churned_at):
    """No look ahead: rates of closed months are the same when the log goes on."""
    rng = np.random.default_rng(8)
    when = np.datetime64("2023-01-01") + rng.integers(0, 500, 3000).astype("timedelta64[D]")
    log = pd.DataFrame({"who": rng.integers(0, 200, 3000), "when": when})
    read = {"customer": "who", "time": "when", "inactive": 20, "churned_at": churned_at}
    early, late = (
        cv.churn.churn_rate(Spells.from_log(log, **read, since="2023-03-01", until=until))
        for until in ("2023-11-30", "2024-04-30")
    )
    closed = ~early.partial & (np.arange(len(early)) < 8)
    for name in ("opening", "closing", "lost", "ended", "exposure"):
        np.testing.assert_array_equal(
            getattr(early, name)[closed], getattr(late, name)[: len(early)][closed]
        )
    assert closed.sum() == 8


def test_lines_before_since_date_the_start():
    spells = log_spells(("a", "2023-12-20"), ("a", "2024-01-05"), ("b", "2023-10-01"),
                        ("c", "2024-01-03"), since="2024-01-01", until="2024-01-31")  # fmt: skip
    assert spells.customer.tolist() == ["a", "c"]
    assert spells.durations("day").entry.tolist() == [12.0, 0.0]
    assert spells.notes == {"spells before `since` left out": 1}


def test_the_log_ends_with_the_day_of_its_last_line():
    assert log_spells(("a", "2024-01-01T08:00")).until == "2024-01-02T00:00:00.000000"
    late = log_spells(("a", "2024-01-01"), ("a", "2024-02-01"), until="2024-01-15")
    assert late.notes == {"lines after `until` left out": 1}
    assert log_spells(until="2024-01-15").customer.tolist() == []


def test_order_ids_and_duplicates_of_lines_do_not_matter():
    rng = np.random.default_rng(5)
    when = np.datetime64("2023-01-01") + rng.integers(0, 700, 400).astype("timedelta64[D]")
    log = pd.DataFrame({"who": rng.integers(0, 40, 400), "when": when})
    read = {"customer": "who", "time": "when", "inactive": 45}
    spells = Spells.from_log(log, **read)
    assert Spells.from_log(pd.concat([log, log]).sample(frac=1, random_state=1), **read) == spells
    named = Spells.from_log(log.assign(who="c" + log["who"].astype(str).str.zfill(3)), **read)
    np.testing.assert_array_equal(named.start, spells.start)
    np.testing.assert_array_equal(named.end, spells.end)


# ---- frames, records


def test_every_engine(engine):
    table = {
        "who": ["a", "a", "b"],
        "from": days("2024-01-01", "2024-04-01", "2024-01-15"),
        "to": days("2024-02-01", "NaT", "NaT"),
        "plan": ["x", "x", "y"],
    }
    read = {"customer": "who", "start": "from", "end": "to", "until": "2024-06-30", "by": "plan"}
    spells = Spells.from_subscriptions(engine.frame(table), **read)
    assert spells == Spells.from_subscriptions(pd.DataFrame(table), **read)
    assert engine.owns(spells.to_frame())
    assert engine.owns(cv.churn.churn_rate(spells).to_frame())
    assert engine.owns(cv.churn.kaplan_meier(spells.durations("day")).to_frame())
    assert engine.owns(cv.churn.win_back_rate(spells, 90).to_frame())
    assert engine.owns(cv.churn.churn_rate(spells, period="day").summed("month"))
    log = Spells.from_log(engine.frame(table), customer="who", time="from", inactive=30, by="plan")
    assert log.event.tolist() == [True, False, True]
    open_ended = Spells.from_subscriptions(
        engine.frame(table | {"to": np.full(3, "NaT", "M8[us]")}), **read, overlap="merge"
    )
    assert not open_ended.event.any()


def test_ends_that_are_all_missing_may_be_of_any_type():
    for nothing in ([None, None], [np.nan, np.nan], [pd.NaT, pd.NaT]):
        table = pd.DataFrame({"who": [1, 2], "from": ["2024-01-01"] * 2, "to": nothing})
        found = Spells.from_subscriptions(
            table, customer="who", start="from", end="to", until="2024-06-30"
        )
        assert found.event.tolist() == [False, False]


def test_time_zones():
    start = pd.to_datetime(["2024-01-01T03:00Z"])
    table = pd.DataFrame({"who": [1], "from": start, "to": start + pd.Timedelta("2D")})
    read = {"customer": "who", "start": "from", "end": "to", "until": "2024-06-30"}
    spells = Spells.from_subscriptions(table, **read, timezone="America/New_York")
    np.testing.assert_array_equal(spells.start, days("2023-12-31T22:00"))
    with pytest.raises(cv.errors.InvalidDataError, match="time zone"):
        Spells.from_subscriptions(table, **read)


def test_a_record_travels():
    for spells in (
        subscriptions(("a", "2024-01-01", "2024-03-01"), ("b", "2024-02-01", None)),
        log_spells(("a", "2024-01-01"), since="1970-01-01"),
        subscriptions(),
    ):
        written = json.loads(json.dumps(spells.to_dict(), allow_nan=False))
        assert Spells.from_dict(written) == spells
        assert len(repr(spells)) < 400
        assert spells._repr_html_()


def test_nothing_is_nothing():
    none = subscriptions()
    assert (len(none), len(none.durations())) == (0, 0)
    assert len(cv.churn.churn_rate(none)) == 0
    assert np.isnan(cv.churn.win_back_rate(none, 30).value)
    assert np.isnan(cv.churn.kaplan_meier(none.durations()).median)


def test_the_users_table_is_not_changed():
    table = pd.DataFrame({"who": [2, 1], "from": ["2024-01-01"] * 2, "to": [None, "2024-02-01"]})
    before = table.copy(deep=True)
    Spells.from_subscriptions(table, customer="who", start="from", end="to", until="2024-06-30")
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize(
    ("rows", "kwargs", "rule"),
    [
        ([("a", "2024-01-01", "2024-01-01")], {}, "must be after the start.*empty='drop'"),
        ([("a", None, "2024-01-01")], {}, "from: has missing values.*missing='drop'"),
        ([(None, "2024-01-01", None)], {}, "who: has missing values"),
        ([("a", "someday", None)], {}, "from: has text that is no date"),
        ([("a", "2024-01-01", "later")], {}, "to: has text that is no date"),
        ([("a", 20240101, None)], {}, "from: must hold dates"),
        ([("a", "2024-01-01", 5)], {}, "to: must hold dates"),
        ([("a", "2024-01-01", None)], {"until": "2024-13-01"}, "until: must be a date"),
        ([("a", "2024-01-01", None)], {"until": None}, "until: must be a date"),
        ([("a", "2024-01-01", None)], {"until": np.datetime64("2024-05")}, "longer span"),
        ([("a", "2024-01-01", None)], {"since": "2025-01-01"}, "since: must be before until"),
        ([("a", "2024-01-01", None)], {"gap": -1}, "gap: must be at least 0"),
        ([("a", "2024-01-01", None)], {"gap": np.nan}, "gap: must be finite"),
        ([("a", "2024-01-01", None)], {"gap": 1e300}, "gap: must be at most"),
        ([("a", "2024-01-01", None)], {"unit": "moon"}, "unit: must be one of"),
        ([("a", "2024-01-01", None)], {"overlap": "keep"}, "overlap: must be one of"),
        ([("a", "2024-01-01", None)], {"end": "too"}, "Did you mean 'to'"),
        ([("a", "2024-01-01", None)], {"by": "plan"}, "must name a column"),
        ([("a", "2024-01-01", None)], {"by": []}, "one or more"),
        ([("a", "2024-01-01", None)], {"customer": None}, "customer: must name a column"),
        ([("a", "2024-01-01", None)], {"by": "who", "customer": "who"}, None),
    ],
)
def test_bad_subscriptions(rows, kwargs, rule):
    if rule is None:
        assert len(subscriptions(*rows, **kwargs)) == 1
        return
    with pytest.raises(cv.errors.InvalidDataError, match=rule):
        subscriptions(*rows, **kwargs)


def test_policies_drop_and_count():
    rows = [("a", "2024-01-01", "2024-01-01"), ("b", None, None), (None, "2024-01-01", None),
            ("c", "2024-01-01", None), ("d", "someday", None),
            ("e", "2024-01-01", "never")]  # fmt: skip
    spells = subscriptions(*rows, empty="drop", missing="drop", unparsable="drop")
    assert spells.customer.tolist() == ["c"]
    assert sum(spells.notes.values()) == 5
    # a row that is left out breaks no other rule
    assert len(subscriptions((None, "2024-05-01", "2024-01-01"), missing="drop")) == 0


@pytest.mark.parametrize(
    ("kwargs", "rule"),
    [
        ({"inactive": 0}, "inactive: must be above 0"),
        ({"inactive": None}, "inactive: must be numbers"),
        ({"inactive": "30"}, "inactive: must be numbers"),
        ({"inactive": 1, "unit": "hour", "churned_at": "last"}, "at least a day"),
        (
            {"inactive": 60, "churned_at": "last", "since": "2024-01-01"},
            "inactive: must be shorter",
        ),
        ({"time": None}, "time: must name a column"),
        ({"churned_at": "first"}, "churned_at: must be one of"),
        ({"since": "2025-01-01"}, "since: must be before until"),
        ({"timezone": "Mars"}, "no time zone"),
    ],
)
def test_bad_logs(kwargs, rule):
    with pytest.raises(cv.errors.InvalidDataError, match=rule):
        log_spells(("a", "2024-01-01"), ("a", "2024-01-20"), **kwargs)


def test_an_empty_log_has_no_end():
    with pytest.raises(cv.errors.InvalidDataError, match="log: has no lines"):
        log_spells()


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"end": days("2024-01-01", "2024-07-01")}, "end: must be after start"),
        ({"end": days("2024-02-01", "2024-08-01")}, "end: must be within the window"),
        ({"end": days("2024-02-01", "2024-06-01")}, "end: must be `until`"),
        ({"start": days("2024-01-01", "NaT")}, "start: must be known"),
        ({"start": np.array([1.0, 2.0])}, "start: must be datetime64"),
        ({"start": days("2024-01-01")}, "start: must be one column"),
        ({"start": days("2024-01-01", "2024-02-01")}, "must be after the end of the spell before"),
        ({"event": [True, 2]}, "event: must be true or false"),
        ({"until": "2023-01-01"}, "end: must be within"),
        ({"groups": {"end": np.array(["x", "y"])}}, "must not be named"),
        ({"groups": {"plan": np.array(["x"])}}, "plan: must be one column"),
        ({"notes": 3}, "notes"),
    ],
)
def test_a_record_that_was_changed_is_refused(changes, rule):
    fields = {
        "customer": np.array(["a", "a"]),
        "start": days("2024-01-01", "2024-03-01"),
        "end": days("2024-02-01", "2024-07-01"),
        "event": [True, False],
        "until": "2024-06-30",
    }
    assert len(Spells(**fields)) == 2
    with pytest.raises(cv.errors.InvalidDataError, match=rule):
        Spells(**fields | changes)
    if "notes" in changes:
        three = {"customer": ["a", "b", "a"], "start": days(*["2024-01-01"] * 3),
                 "end": days(*["2024-02-01"] * 3), "event": [True] * 3}  # fmt: skip
        with pytest.raises(cv.errors.InvalidDataError, match="all spells together"):
            Spells(**fields | three)
