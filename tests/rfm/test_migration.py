"""Migration between segments: counts, new and absent customers, windows."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import custvalue as cv

CUTS = {"days_since_last": [30], "frequency": [2], "monetary": [100]}
VALUE, KEEP, LOST = "Important value", "Important retention", "General win-back"


def bad(match):
    return pytest.raises(cv.errors.InvalidDataError, match=match)


def at(state, cuts=CUTS):
    """Return segments of customers, each given as (days, frequency, money)."""
    days, frequency, money = zip(*state.values(), strict=True)
    values = cv.rfm.RFMValues(list(state), days, frequency, money)
    return cv.rfm.segment(cv.rfm.scores(values, cuts=cuts), "segments_8")


BEFORE = {"a": (5, 3, 200), "b": (9, 3, 200), "c": (80, 3, 200), "e": (80, 1, 1)}
AFTER = {"d": (1, 3, 200), "b": (60, 3, 200), "a": (5, 3, 200), "e": (81, 1, 1)}
MOVES = {
    ("(new)", VALUE): 1, (VALUE, VALUE): 1, (VALUE, KEEP): 1, (KEEP, "(absent)"): 1,
    (LOST, LOST): 1,
}  # fmt: skip


def test_moves_by_hand():
    moves = cv.rfm.migration(at(BEFORE), at(AFTER))
    table = moves.to_frame().set_index(["before", "after"])
    assert table["customers"].to_dict() == MOVES
    assert table.loc[(VALUE, KEEP), "share"] == 0.5
    low, high = cv._proportion.interval(1, 2)
    assert table.loc[(VALUE, KEEP), ["share_low", "share_high"]].tolist() == [low, high]
    assert repr(moves) == "Migration(customers=5, stayed=2, new=1, absent=1)"
    wide = moves.matrix().set_index("before")
    assert list(wide.columns) == [*moves.segments, "(absent)"]
    assert list(wide.index) == [*moves.segments, "(new)"]
    assert {key: wide.loc[key] for key in MOVES} == MOVES
    assert wide.to_numpy().sum() == 5
    shares = moves.matrix(shares=True).set_index("before")
    assert shares.loc[VALUE, KEEP] == 0.5
    assert shares.loc["General value"].isna().all()


def test_counts_agree_with_crosstab():
    rng = np.random.default_rng(1)

    def drawn():
        who = rng.choice(800, 500, replace=False)
        values = cv.rfm.RFMValues(who, rng.integers(0, 9, 500), rng.integers(1, 9, 500),
                                  rng.integers(0, 9, 500))  # fmt: skip
        cuts = {name: [1, 3, 5, 7] for name in CUTS}
        return cv.rfm.segment(cv.rfm.scores(values, cuts=cuts))

    before, after = drawn(), drawn()
    one, other = (
        pd.Series(found.segment, index=found.customer, name=name)
        for found, name in ((before, "before"), (after, "after"))
    )
    both = pd.concat([one, other], axis=1)
    expected = both.fillna({"before": "(new)", "after": "(absent)"}).value_counts().to_dict()
    moves = cv.rfm.migration(before, after)
    assert moves.to_frame().set_index(["before", "after"])["customers"].to_dict() == expected


def test_adding_and_json():
    moves = cv.rfm.migration(at(BEFORE), at(AFTER))
    names = set(BEFORE) | set(AFTER)
    parts = [
        cv.rfm.migration(*(at({k: v for k, v in state.items() if k in some})
                           for state in (BEFORE, AFTER)))
        for some in ({"a", "e"}, names - {"a", "e"})
    ]  # fmt: skip
    assert sum(parts, cv.rfm.Migration()) == moves
    assert cv.rfm.Migration.from_dict(moves.to_dict()) == moves


def test_other_cut_points_are_warned_of():
    other = CUTS | {"monetary": [120]}
    with pytest.warns(cv.errors.CustValueWarning, match="cut points: differ before and after"):
        cv.rfm.migration(at(BEFORE), at(AFTER, other))


def test_between_two_dates_windows_are_equally_long(cdnow):
    names = {"customer": "customer_id", "time": "date", "amount": "spend"}
    bought = cv.occasions(cdnow, **names)
    moves = cv.rfm.migration_between(bought, "1997-12-31", "1998-06-30", window=90)
    log = cdnow[cdnow["spend"] >= 0]

    def window(first, last):
        part = log[(log["date"] >= first) & (log["date"] <= last)]
        return cv.rfm.values(part, **names, as_of=last)

    old = cv.rfm.scores(window("1997-10-03", "1997-12-31"))
    new = cv.rfm.scores(window("1998-04-02", "1998-06-30"), cuts=old.cuts)
    assert moves == cv.rfm.migration(cv.rfm.segment(old), cv.rfm.segment(new))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        whole = cv.rfm.migration_between(
            bought, "1997-12-31", "1998-06-30", map="segments_8", language="zh", bins=2,
            scheme="equal_frequency",
        )  # fmt: skip
    assert "重要价值客户" in whole.segments


def test_a_day_is_counted_to_its_last_hour():
    when = ["2024-01-01T05", "2024-01-10T00", "2024-01-10T23", "2024-01-19T22", "2024-01-20T21"]
    log = pd.DataFrame({"who": list("abcac"), "when": pd.to_datetime(when), "spend": 5.0})
    names = {"customer": "who", "time": "when", "amount": "spend"}
    arguments = {"before": "2024-01-10", "after": "2024-01-20", "map": "segments_8", "bins": 2}
    hours, days = (
        cv.rfm.migration_between(cv.occasions(log, **names, grain=grain), **arguments)
        for grain in ("hour", "day")
    )
    assert hours._head() == days._head() == {"customers": 3, "stayed": 2, "new": 0, "absent": 1}
    assert hours.dates == ("2024-01-10T23", "2024-01-20T23")
    assert days.dates == ("2024-01-10", "2024-01-20")
    with bad("dates: must be the same in both"):
        hours + days
    assert cv.rfm.Migration.from_dict(hours.to_dict()) == hours


def test_bad_questions(cdnow):
    bought = cv.occasions(cdnow, customer="customer_id", time="date", amount="spend")
    with bad("after: must be later"):
        cv.rfm.migration_between(bought, "1998-01-01", "1998-01-01")
    with bad("window: must be at least 1"):
        cv.rfm.migration_between(bought, "1997-06-30", "1998-01-01", window=0)
    with bad("has no purchase"):
        cv.rfm.migration_between(bought, "1990-01-01", "1998-01-01")
    with bad("log: must be an Occasions"):
        cv.rfm.migration_between(cdnow, "1997-06-30", "1998-01-01")
    with bad("before: must be a Segments"):
        cv.rfm.migration(cdnow, at(AFTER))
    mapped = cv.rfm.segment(at(AFTER).scores, "segments_8", language="zh")
    with bad("map: must be the same"):
        cv.rfm.migration(at(BEFORE), mapped)
    numbered = cv.rfm.RFMValues([1], [1], [1], [1])
    with bad("customer: must be of one type"):
        cv.rfm.migration(
            at(BEFORE), cv.rfm.segment(cv.rfm.scores(numbered, cuts=CUTS), "segments_8")
        )
    mean = cv.rfm.RFMValues(["a"], [1], [1], [1], money="mean")
    with bad("money: must be of one kind before and after"):
        cv.rfm.migration(at(BEFORE), cv.rfm.segment(cv.rfm.scores(mean, cuts=CUTS), "segments_8"))
    for dates in ((None,), "ab", (None, "banana"), (5, None)):
        with bad("dates: must be"):
            cv.rfm.Migration(dates=dates)
    for name in ("(new)", "(absent)", "before"):
        with bad("segments: must not be named"):
            cv.rfm.Migration([name], [name], [1], segments=(name,))
    with bad("before: must be segments"):
        cv.rfm.Migration(before=["x"], after=["y"], customers=[1], segments=("y",))
