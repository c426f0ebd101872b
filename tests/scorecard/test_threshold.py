"""Thresholds and the policies that set them: statuses at the lines, dynamic lines by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custvalue import scorecard as sc
from custvalue.errors import InvalidDataError
from custvalue.scorecard.policy import a_year_before, value_of_year_before

NAN = float("nan")
FINITE = st.floats(-1e6, 1e6)
STATUSES = ["critical", "warning", "acceptable", "on target"]


def test_the_line_itself_counts_as_reached():
    lines = sc.Threshold(target=0.9, warning=0.85, floor=0.8)
    below = [np.nextafter(x, 0) for x in (0.8, 0.85, 0.9)]
    assert lines.status([0.8, 0.85, 0.9]) == ["warning", "acceptable", "on target"]
    assert lines.status(below) == ["critical", "warning", "acceptable"]
    fewer = sc.Threshold(target=0.02, warning=0.03, floor=0.05, direction="down")
    assert fewer.status([0.02, 0.03, 0.05, 0.0501]) == [
        "on target", "acceptable", "warning", "critical"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "statuses"),
    [
        ({"target": 2}, ["warning", "warning", "on target"]),
        ({"floor": 1}, ["critical", "acceptable", "acceptable"]),
        ({"warning": 1}, ["warning", "acceptable", "acceptable"]),
        ({"target": 2, "floor": 1}, ["critical", "warning", "on target"]),
        ({"target": 2, "warning": 1}, ["warning", "acceptable", "on target"]),
        ({"warning": 2, "floor": 1}, ["critical", "warning", "acceptable"]),
    ],
)
def test_missing_lines(lines, statuses):
    assert sc.Threshold(**lines).status([0, 1, 2]) == statuses
    mirrored = {name: -line for name, line in lines.items()}
    assert sc.Threshold(**mirrored, direction="down").status([0, -1, -2]) == statuses


def test_no_data_and_one_value():
    assert sc.Threshold(1).status(NAN) == "no data"
    assert sc.Threshold(1).status(1) == "on target"
    assert sc.Threshold(1).status([]) == []


def test_hysteresis_holds_back_the_better_status_only():
    lines = sc.Threshold(target=10, warning=8, floor=5, hysteresis=0.5)
    assert lines.status(10.2, previous="acceptable") == "acceptable"
    assert lines.status(10.5, previous="acceptable") == "on target"
    assert lines.status(9.99, previous="on target") == "acceptable"  # worse at the line itself
    assert lines.status(10.2, previous="critical") == "acceptable"  # as far as it is firm
    assert lines.status(8.2, previous="critical") == "warning"
    assert lines.status(8.2, previous="no data") == "acceptable"
    assert lines.status([8.2, 8.2], previous=["critical", "acceptable"]) == [
        "warning", "acceptable"
    ]  # fmt: skip


@given(
    st.lists(FINITE, min_size=3, max_size=3),
    st.lists(FINITE, min_size=1, max_size=20),
    st.sampled_from(["up", "down"]),
    st.floats(0, 10),
    st.sampled_from([None, *STATUSES]),
)
def test_a_better_value_never_has_a_worse_status(lines, values, direction, margin, previous):
    ordered = sorted(lines, reverse=direction == "up")
    threshold = sc.Threshold(*ordered, direction=direction, hysteresis=margin)
    rank = STATUSES.index
    best_last = sorted(values, reverse=direction == "down")
    found = [rank(s) for s in threshold.status(best_last, previous)]
    assert found == sorted(found)
    if previous is not None:  # never better than without, never worse than that and the last
        plain = [rank(s) for s in threshold.status(best_last)]
        assert all(min(p, rank(previous)) <= f <= p for f, p in zip(found, plain, strict=True))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "must have a target"),
        ({"target": 1, "warning": 2}, "at least as good"),
        ({"target": 2, "floor": 1, "direction": "down"}, "less is better"),
        ({"target": NAN}, "finite"),
        ({"target": "high"}, "numbers"),
        ({"target": 1, "hysteresis": -1}, "at least 0"),
        ({"target": 1, "direction": "sideways"}, "'up', 'down'"),
    ],
)
def test_bad_thresholds(arguments, said):
    with pytest.raises(InvalidDataError, match=said):
        sc.Threshold(**arguments)


def test_bad_previous():
    with pytest.raises(InvalidDataError, match="one of"):
        sc.Threshold(1).status(1, previous="splendid")
    with pytest.raises(InvalidDataError, match="one for each"):
        sc.Threshold(1).status([1, 2], previous=["warning"] * 3)


PAST = np.array([80.0, 84, 82, 81, 83, 85, 82, 81, 90, 79])


def test_rolling_lines_by_hand():
    policy = sc.ThresholdPolicy("rolling", target=0.5, warning=-1, floor=-2, window=8)
    last = PAST[-8:]
    found = policy.threshold(PAST)
    for line, step in ((found.target, 0.5), (found.warning, -1), (found.floor, -2)):
        assert line == pytest.approx(last.mean() + step * last.std(ddof=1), rel=1e-14)
    down = policy.threshold(PAST, direction="down")
    assert down.warning == pytest.approx(last.mean() + last.std(ddof=1), rel=1e-14)
    assert policy.threshold(PAST[:7]) is None  # fewer than at_least


def test_the_last_values_are_those_that_are_there():
    policy = sc.ThresholdPolicy("rolling", warning=0, window=8)
    holes = np.insert(PAST, [1, 4, 4, 9], NAN)
    assert policy.lines(holes[:, None], np.array([NAN]), np.zeros(0), "up").shape == (3, 1)
    from custvalue.scorecard._verdicts import _together

    assert _together(np.c_[holes, np.r_[PAST, [1, 2, 3, 4]]])[-10:, 0].tolist() == PAST.tolist()


def test_fading_weights_by_hand():
    policy = sc.ThresholdPolicy("ewma", target=0, floor=-3, smoothing=0.2)
    weights = 0.8 ** np.arange(len(PAST))[::-1]
    weights /= weights.sum()
    mean = weights @ PAST
    spread = np.sqrt(weights @ (PAST - mean) ** 2 / (1 - weights @ weights))
    found = policy.threshold(PAST)
    assert found.target == pytest.approx(mean, rel=1e-13)
    assert found.floor == pytest.approx(mean - 3 * spread, rel=1e-13)
    equal = sc.ThresholdPolicy("ewma", warning=-1, smoothing=1e-9).threshold(PAST)
    rolling = sc.ThresholdPolicy("rolling", warning=-1, window=10).threshold(PAST)
    assert equal.warning == pytest.approx(rolling.warning, rel=1e-7)
    last = sc.ThresholdPolicy("ewma", warning=0, smoothing=1.0).lines(
        PAST[:, None], np.array([NAN]), np.zeros(0), "up"
    )
    assert last[1, 0] == PAST[-1]


def test_quantiles_count_from_the_worst():
    policy = sc.ThresholdPolicy("quantile", target=0.75, warning=0.5, floor=0.1)
    up, down = policy.threshold(PAST), policy.threshold(PAST, direction="down")
    assert [up.target, up.warning, up.floor] == np.quantile(PAST, [0.75, 0.5, 0.1]).tolist()
    assert down.target == pytest.approx(np.quantile(PAST, 0.25), rel=1e-15)
    assert sc.ThresholdPolicy("quantile", target=0.75, window=8).threshold(
        PAST
    ).target == np.quantile(PAST[-8:], 0.75)


def test_peers():
    policy = sc.ThresholdPolicy("peers", target=0.75, floor=0.25)
    peers = np.array([1.0, 2, NAN, 3, 4, 5])
    assert policy.threshold(peers=peers).target == 4.0
    assert policy.threshold(peers=peers[:4]) is None


@pytest.mark.parametrize(
    ("arguments", "ago", "direction", "line"),
    [
        ({"target": 0.05}, 200.0, "up", 210.0),
        ({"target": 0.05}, 200.0, "down", 190.0),
        ({"target": 0.05}, -200.0, "up", -190.0),  # better, also from a loss
        ({"target": 0.05, "relative": False}, 200.0, "up", 200.05),
        ({"target": -0.1}, 200.0, "up", 180.0),
    ],
)
def test_year_on_year(arguments, ago, direction, line):
    policy = sc.ThresholdPolicy("year_on_year", **arguments)
    found = policy.threshold(direction=direction, year_ago=ago)
    assert found.target == pytest.approx(line, rel=1e-15)
    assert policy.threshold(direction=direction) is None


def test_the_value_of_a_year_before():
    day = dt.date(2025, 3, 31)
    number = (a_year_before(day) - dt.date(1970, 1, 1)).days
    days = np.array([number - 40, number - 10, number + 10, number + 200.0])
    past = np.arange(8.0).reshape(4, 2)
    assert value_of_year_before(past, days, day).tolist() == [4.0, 5.0]  # the later of two
    past[2, 0] = NAN
    assert value_of_year_before(past, days, day).tolist() == [2.0, 5.0]
    assert np.isnan(value_of_year_before(past[:1], days[:1], day)).all()  # 40 days off
    assert np.isnan(value_of_year_before(past[:0], days[:0], day)).tolist() == [True, True]
    assert a_year_before(dt.date(2024, 2, 29)) == dt.date(2023, 2, 28)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"kind": "guess", "target": 1}, "one of"),
        ({"kind": "rolling"}, "must have a target"),
        ({"kind": "rolling", "target": -1, "warning": 0}, "at least as good"),
        ({"kind": "quantile", "target": 1.5}, "at most 1"),
        ({"kind": "static", "target": 1, "window": 5}, "must not be given for 'static'"),
        ({"kind": "rolling", "target": 1, "smoothing": 0.5}, "must not be given"),
        ({"kind": "rolling", "target": 1, "window": 4}, "at least the values needed"),
        ({"kind": "ewma", "target": 1, "smoothing": 0.0}, "above 0"),
        ({"kind": "year_on_year", "target": 1, "relative": "yes"}, "true or false"),
        ({"target": 1, "since": "soon"}, "must be a day"),
        ({"target": 1, "hysteresis": -0.1}, "at least 0"),
        ({"target": True}, "must be a number"),
    ],
)
def test_bad_policies(arguments, said):
    with pytest.raises(InvalidDataError, match=said):
        sc.ThresholdPolicy(**arguments)


def test_static_lines_must_be_in_the_order_of_the_direction():
    policy = sc.ThresholdPolicy(target=1, floor=2)  # right where less is better
    assert policy.threshold(direction="down").floor == 2
    with pytest.raises(InvalidDataError, match="more is better"):
        policy.threshold(direction="up")
    with pytest.raises(InvalidDataError, match=r"thresholds\[0\]"):
        sc.Indicator("a", "A", thresholds=policy)


def test_a_policy_is_what_it_declares():
    policy = sc.ThresholdPolicy("ewma", 1, 0, -1, smoothing=0.5, since="2024-Q2", origin="board")
    assert policy.since == dt.date(2024, 4, 1)
    assert sc.ThresholdPolicy(**policy.declared()) == policy
