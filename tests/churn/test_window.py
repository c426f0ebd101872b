"""The end of the observation: what is decided by then, pauses, renewals, midnights, zones."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue._record import join_notes
from custvalue.churn import Spells, churn_rate, early_warning, win_back_rate

DAY = np.timedelta64(1, "D")


def subscriptions(table, **kwargs):
    given = {"customer": "who", "start": "from", "end": "to"} | kwargs
    return Spells.from_subscriptions(table, **given)


def test_a_renewal_at_the_end_is_not_seen():
    """Billing periods [1 June, 1 July), table exported on 30 June: nobody has churned."""
    months = pd.date_range("2024-01-01", "2024-07-01", freq="MS")
    rows = [(who, a, b) for who in range(50) for a, b in itertools.pairwise(months)]
    table = pd.DataFrame(rows, columns=["who", "from", "to"])
    spells = subscriptions(table, until="2024-06-30")
    assert not spells.event.any()
    undecided = "spells that end with the observation: churn or renewal not seen"
    assert spells.notes[undecided] == 50
    assert churn_rate(spells).lost.sum() == 0
    # a day later it is
    assert subscriptions(table, until="2024-07-01").event.all()


def test_who_always_renews_after_a_pause_has_no_churn():
    """25 days on, 5 off: wherever the observation ends, also within a pause."""
    rng = np.random.default_rng(1)
    first = np.datetime64("2024-01-01") + rng.integers(0, 30, 100)
    rows = [(who, day + 30 * k * DAY, day + (30 * k + 25) * DAY)
            for who, day in enumerate(first) for k in range(14)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["who", "from", "to"])
    for until in ("2024-09-30", "2024-10-13", "2024-10-27"):
        spells = subscriptions(table, until=until, gap=5)
        rates = churn_rate(spells)
        assert not rates.ended.any()
        assert not rates.lost.any()
        assert not spells.event.any()
        assert spells.until[:10] == str(np.datetime64(until) - 4 * DAY)
        # a table exported then, with what was known
        then = np.datetime64(until) + DAY
        known = table[table["from"] < then]
        for exported in (known, known.assign(to=known["to"].where(known["to"] < then))):
            found = subscriptions(exported, until=until, gap=5)
            assert dataclasses.replace(found, notes={}) == dataclasses.replace(spells, notes={})


def test_who_leaves_is_seen_after_the_gap_and_at_once_without():
    table = pd.DataFrame({"who": ["a"], "from": ["2024-01-01"], "to": ["2024-03-10"]})
    for until, gone in (("2024-03-14", False), ("2024-03-15", True)):
        spells = subscriptions(table, until=until, gap=5)
        assert spells.event.tolist() == [gone]
    assert spells.end[0] == np.datetime64("2024-03-10")
    assert subscriptions(table, until="2024-03-10").event.tolist() == [True]
    assert win_back_rate(spells, 3).pending == 1
    with pytest.raises(cv.errors.InvalidDataError, match="gap: must be shorter than the time"):
        subscriptions(table, until="2024-03-14", since="2024-03-13", gap=5)


@pytest.mark.parametrize("gap", [0, 3])
def test_more_rows_do_not_change_what_was_known(gap):
    rng = np.random.default_rng(2)
    start = rng.integers(0, 300, 600)
    base = np.datetime64("2024-01-01")
    table = pd.DataFrame({"who": rng.integers(0, 40, 600), "from": base + start,
                          "to": base + start + rng.integers(1, 9, 600)})  # fmt: skip
    read = {"gap": gap, "overlap": "merge", "since": "2024-01-01"}
    early, late = (
        churn_rate(subscriptions(table, until=until, **read))
        for until in ("2024-07-31", "2024-10-20")
    )
    closed = ~early.partial & (early.period < np.datetime64("2024-07-01"))  # its end is undecided
    for name in ("opening", "closing", "lost", "ended", "exposure"):
        few, many = (getattr(rates, name)[: closed.sum()] for rates in (early, late))
        np.testing.assert_array_equal(few, many)
    assert closed.sum() == 6


MIDNIGHT = [
    "2024-06-30", pd.Timestamp("2024-06-30"), dt.datetime(2024, 6, 30), dt.date(2024, 6, 30),
    np.datetime64("2024-06-30"), np.datetime64("2024-06-30T00:00:00", "ns"),
]  # fmt: skip


@pytest.mark.parametrize("until", MIDNIGHT)
def test_a_midnight_is_its_day(until):
    table = pd.DataFrame({"who": [1, 2], "from": ["2024-01-01"] * 2, "to": [None, "2024-06-30"]})
    assert subscriptions(table, until=until).until == "2024-07-01T00:00:00.000000"
    log = pd.DataFrame({"who": [1, 1], "t": pd.to_datetime(["2024-06-01", "2024-06-30"])})
    read = {"customer": "who", "time": "t", "inactive": 30}
    spells = Spells.from_log(log, **read, until=until)
    assert spells == Spells.from_log(log, **read)
    assert spells == Spells.from_log(log, **read, until=log["t"].max())
    warned = pd.DataFrame({"warned": ["2024-05-31"], "churned": ["2024-06-30"]})
    found = early_warning(warned, until=until, horizon=30)
    assert (found.elapsed, found.right) == (1, 1)
    assert early_warning(warned, until=until, horizon=31).elapsed == 0


def test_a_time_of_day_is_exact():
    log = pd.DataFrame({"who": [1, 2, 3], "t": ["2024-06-01", "2024-06-29T23:59:59", "2024-06-30"]})
    read = {"customer": "who", "time": "t", "inactive": 30}
    for until in ("2024-06-30T00:00", "2024-06-30 00:00:00"):
        assert Spells.from_log(log, **read, until=until).customer.tolist() == [1, 2]
    for until in ("2024-06-29T12:30", pd.Timestamp("2024-06-29 12:30")):
        assert Spells.from_log(log, **read, until=until).until == "2024-06-29T12:30:00.000000"
    zoned = pd.Timestamp("2024-06-29T22:00Z")  # midnight in Paris
    table = pd.DataFrame({"who": [1], "from": pd.to_datetime(["2024-06-01T00:00Z"]), "to": [None]})
    spells = subscriptions(table, until=zoned, timezone="Europe/Paris")
    assert spells.until == "2024-07-01T00:00:00.000000"
    warned = pd.DataFrame({"warned": ["2024-06-01T10:20:30"], "churned": ["2024-06-11T10:20:31"]})
    last = pd.Timestamp("2024-06-11T10:20:31")
    assert early_warning(warned, until=last, horizon=10).elapsed == 1
    with pytest.raises(cv.errors.InvalidDataError, match="churned: must not be after until"):
        early_warning(warned, until=last - pd.Timedelta("1us"), horizon=10)


def test_the_hour_that_repeats():
    """Clocks in Berlin were put back at 01:00Z: 02:30 to 02:15 is 45 minutes."""
    start = pd.to_datetime(["2024-10-27T00:30Z", "2024-10-27T00:10Z", "2024-10-01T00:00Z"])
    end = pd.to_datetime(["2024-10-27T01:15Z", "2024-10-27T01:10Z", None])
    table = pd.DataFrame({"who": [1, 2, 3], "from": start, "to": end})
    spells = subscriptions(table, until="2024-10-31", timezone="Europe/Berlin")
    assert spells.durations("hour").exit[:2].tolist() == [0.75, 1.0]


def test_messages():
    when = np.array(["2024-01-01", "9999-12-31"], dtype="datetime64[s]")
    log = pd.DataFrame({"who": [1, 1], "t": when})
    read = {"customer": "who", "time": "t"}
    with pytest.raises(cv.errors.InvalidDataError, match="log: must have no line on 9999-12-31"):
        Spells.from_log(log, **read, inactive=30)
    assert len(Spells.from_log(log, **read, inactive=30, until="2024-06-30")) == 1
    with pytest.raises(cv.errors.InvalidDataError, match="until: must be before 9999-12-31"):
        Spells.from_log(log, **read, inactive=30, until="9999-12-31")
    with pytest.raises(cv.errors.InvalidDataError, match="inactive: must be at least a microsec"):
        Spells.from_log(log, **read, inactive=1e-12, until="2024-06-30")
    table = pd.DataFrame({"who": [1, 2], "from": ["2024-01-01"] * 2, "to": ["2024-02-01", " "]})
    with pytest.raises(cv.errors.InvalidDataError, match=r"to: has empty text.*row 1.*None"):
        subscriptions(table, until="2024-06-30")
    rows = [(None, "2024-01-01"), (1, None), (2, "soon"), (3, "2024-01-01")]
    table = pd.DataFrame(rows, columns=["who", "from"]).assign(to=None)
    found = subscriptions(table, until="2024-06-30", missing="drop", unparsable="drop")
    assert found.notes == {
        "spells without a customer dropped": 1,
        "spells without a start dropped": 1,
        "spells with an unparsable start dropped": 1,
    }


def test_bad_spells_and_flags():
    fields = {"start": np.array(["2024-01-01", "2024-02-01"], "M8[us]"), "until": "2024-06-30",
              "end": np.array(["2024-01-05", "2024-02-05"], "M8[us]"),
              "event": [True, True]}  # fmt: skip
    for nobody in ([np.nan, np.nan], ["a", None], np.array(["NaT", "NaT"], "M8[D]")):
        with pytest.raises(cv.errors.InvalidDataError, match="customer: must be known"):
            Spells(customer=nobody, **fields)
    spells = Spells(customer=["a", "b"], **fields)
    for whole in ("on", 1, None):
        with pytest.raises(cv.errors.InvalidDataError, match="whole: must be true or false"):
            spells.durations("day", whole=whole)


def parts_of(read, table, *cuts):
    """Return the notes of all, and those of the parts, added; the parts have the same spells."""
    whole = read(table)
    parts = [read(table[a:b]) for a, b in itertools.pairwise((0, *cuts, len(table)))]
    assert sum(map(len, parts)) == len(whole)
    assert {part.until for part in parts} == {whole.until}
    return whole.notes, join_notes(*(part.notes for part in parts)), parts


def test_a_part_of_young_customers_has_no_spells_yet():
    table = pd.DataFrame({"who": [1, 2], "from": ["2024-01-01", "2024-03-28"], "to": [None, None]})
    whole, added, parts = parts_of(
        lambda part: subscriptions(part, until="2024-03-31", gap=7), table, 1
    )
    assert whole == added
    assert sum(parts[1].notes.values()) == 1
    log = pd.DataFrame({"who": [1, 1, 2], "t": ["2024-01-01", "2024-03-01", "2024-03-28"]})
    read = {"customer": "who", "time": "t", "inactive": 30, "churned_at": "last"}
    whole, added, parts = parts_of(
        lambda part: Spells.from_log(part, **read, until="2024-03-31"), log, 2
    )
    assert whole == added
    assert len(parts[1]) == 0


@pytest.mark.parametrize("rows", [0, 1])
def test_a_gap_as_long_as_the_window_is_named(rows):
    table = pd.DataFrame({"who": [1], "from": ["2024-01-01"], "to": ["2024-02-01"]})[:rows]
    with pytest.raises(cv.errors.InvalidDataError, match="gap: must be shorter than the time"):
        subscriptions(table, since="2024-03-28", until="2024-03-31", gap=7)
    log = pd.DataFrame({"who": [1], "t": ["2024-03-29"]})[:rows]
    with pytest.raises(cv.errors.InvalidDataError, match="inactive: must be shorter than the"):
        Spells.from_log(log, customer="who", time="t", inactive=7, churned_at="last",
                        since="2024-03-28", until="2024-03-31")  # fmt: skip
