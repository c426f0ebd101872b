"""Win-back rates: who returns in time, and who could not yet."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue.churn import Spells, WinBack, win_back_rate


def subscriptions(*rows, **kwargs):
    table = pd.DataFrame(rows, columns=["who", "from", "to", "plan"][: len(rows[0])])
    given = {"customer": "who", "start": "from", "end": "to", "until": "2024-12-31"} | kwargs
    return Spells.from_subscriptions(table, **given)


def test_in_time_too_late_never_and_not_yet():
    spells = subscriptions(
        ("in time", "2024-01-01", "2024-02-01"), ("in time", "2024-03-02", None),
        ("too late", "2024-01-01", "2024-02-01"), ("too late", "2024-03-03", None),
        ("never", "2024-01-01", "2024-02-01"), ("stays", "2024-01-01", None),
        ("not yet", "2024-01-01", "2024-12-10"),
        ("early", "2024-01-01", "2024-12-10"), ("early", "2024-12-20", None),
    )  # fmt: skip
    back = win_back_rate(spells, within=30)
    assert (back.churned, back.returned) == (3, 1)
    assert (back.pending, back.pending_returned) == (2, 1)
    assert back.value == pytest.approx(1 / 3)
    lower, upper = back.interval()
    assert 0 < lower < back.value < upper < 1
    assert win_back_rate(spells, within=30.4375) == win_back_rate(spells, 30.4375, "day")
    assert win_back_rate(spells, within=1, unit="month").returned == 1
    assert win_back_rate(spells, within=31).returned == 2


def test_early_returns_do_not_raise_the_rate():
    """Of the recent churns only some have returned so far: the rate must not count these alone."""
    rng = np.random.default_rng(3)
    n = 20_000
    base = np.datetime64("2024-01-01", "us")
    left = rng.uniform(1, 365, n)
    away = np.where(rng.random(n) < 0.3, rng.uniform(0, 200, n), np.inf)  # 30 % return, evenly
    seen = left + away < 366
    ends = base + (left * 86400e6).astype("m8[us]")
    again = base + ((left + np.where(seen, away, 0)) * 86400e6 + 1).astype("m8[us]")
    one = pd.DataFrame({"who": np.arange(n), "from": base, "to": ends})
    running = np.full(n, np.datetime64("NaT", "us"))
    two = pd.DataFrame({"who": np.arange(n), "from": again, "to": running})[seen]
    both = pd.DataFrame({name: np.concatenate([one[name], two[name]]) for name in one})
    spells = Spells.from_subscriptions(both, customer="who", start="from", end="to",
                                       until="2024-12-31")  # fmt: skip
    back = win_back_rate(spells, within=100)
    assert back.value == pytest.approx(0.15, abs=0.01)
    assert back.churned + back.pending == n


def test_groups_and_pooling():
    rows = [("a", "2024-01-01", "2024-02-01", "x"), ("a", "2024-02-10", None, "x"),
            ("b", "2024-01-01", "2024-02-01", "y"),
            ("c", "2024-01-01", "2024-12-20", "y")]  # fmt: skip
    whole = win_back_rate(subscriptions(*rows, by="plan"), 90)
    assert whole.groups["plan"].tolist() == ["x", "y"]
    assert whole.value.tolist() == [1.0, 0.0]
    parts = [win_back_rate(subscriptions(*part, by="plan"), 90) for part in (rows[:2], rows[2:])]
    assert sum(parts, WinBack()) == whole
    assert win_back_rate(subscriptions(*rows), 90).churned == 2
    assert whole.to_frame()["pending"].tolist() == [0, 1]


def test_nothing_is_nan_and_records_travel():
    assert np.isnan(WinBack().value)
    assert np.isnan(WinBack().interval()).all()
    running = win_back_rate(subscriptions(("a", "2024-01-01", None)), 30)
    assert np.isnan(running.value)
    grouped = win_back_rate(subscriptions(("a", "2024-01-01", None, "x"), by="plan"), 30)
    for record in (running, grouped, WinBack(churned=5, returned=2)):
        written = json.loads(json.dumps(record.to_dict(), allow_nan=False))
        assert WinBack.from_dict(written) == record
        assert len(repr(record)) < 400
        assert record._repr_html_()


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda s: win_back_rate(s, 0), "within: must be above 0"),
        (lambda s: win_back_rate(s, "90"), "within: must be numbers"),
        (lambda s: win_back_rate(s, 90, "moon"), "unit: must be one of"),
        (lambda s: win_back_rate(None, 90), "spells: must be a Spells"),
        (lambda s: WinBack(churned=2, returned=3), "returned: must not exceed churned"),
        (lambda s: WinBack(churned=-2), "churned: must be at least 0"),
        (lambda s: WinBack(churned=2.5), "churned: must be whole"),
        (lambda s: WinBack(churned="2"), "churned: must be numbers"),
        (lambda s: WinBack(churned=2, within=30) + WinBack(churned=2), "within: must be the same"),
        (lambda s: win_back_rate(s, 90).interval(method="exact"), "method: must be one of"),
    ],
)
def test_bad_input(call, rule):
    with pytest.raises(cv.errors.InvalidDataError, match=rule):
        call(subscriptions(("a", "2024-01-01", None)))
