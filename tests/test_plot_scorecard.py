"""Pictures of monitoring show the numbers and states of their records, in shapes and words."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue.errors import InvalidDataError
from custvalue.plot._status import MARKS, status_mark
from custvalue.scorecard import Change, ImprovementAction, ImprovementPlan

DAY = "2023-12-31"
RULES = ["beyond", "nine on one side", "two of three", "four of five"]


def drawn(ax):
    file = io.BytesIO()
    ax.figure.savefig(file, format="png")
    assert len(file.getvalue()) > 1000
    return ax


def lines(ax):
    return {line.get_label(): line for line in ax.get_lines()}


def texts(ax):
    return [text.get_text() for text in ax.texts]


def stairs(ax):
    from matplotlib.patches import StepPatch

    return [patch.get_data() for patch in ax.patches if isinstance(patch, StepPatch)]


def scores():
    rng = np.random.default_rng(3)
    return np.concatenate([rng.normal(m, 0.2, 12) for m in (8.0, 8.4, 7.3)])


# ---- control charts


@pytest.fixture(scope="module")
def shares():
    rng = np.random.default_rng(3)
    total = rng.integers(50, 400, 30)
    count = rng.binomial(total, np.where(np.arange(30) < 20, 0.8, 0.92))
    count[7] = total[7] = 0
    period = np.arange("2022-01", "2024-07", dtype="datetime64[M]")
    return cv.scorecard.p_chart(count, total, period=period, baseline=0.8, rules=RULES)


def test_shares_lie_between_their_limits(shares):
    ax = drawn(cv.plot.control_chart(shares))
    np.testing.assert_array_equal(lines(ax)["share"].get_ydata(), shares.share)
    low, high, band = stairs(ax)
    np.testing.assert_array_equal(low.values, shares.limits[0])
    np.testing.assert_array_equal(high.values, shares.limits[1])
    np.testing.assert_array_equal(band.baseline, shares.limits[0])
    np.testing.assert_array_equal(low.edges[:-1] + 0.5, np.arange(30))
    assert lines(ax)["centre 80.0%"].get_ydata()[0] == 0.8
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert labels == [str(p) for p in shares.period[::2]]


def test_each_rule_marks_its_signals_with_a_shape_of_its_own(shares):
    ax = cv.plot.control_chart(shares)
    ax.figure.draw_without_rendering()
    marked = [line for line in ax.get_lines() if line.get_linestyle() == "None"]
    shapes = {"D": "beyond", "s": "nine on one side", "^": "two of three", "v": "four of five"}
    found = {rule: [] for rule in shares.signals}
    places = []
    for line in marked:
        rule = shapes[line.get_marker()]
        found[rule] += line.get_xdata().astype(int).tolist()
        places += np.rint(line.get_transform().transform(line.get_xydata())).tolist()
    for rule, flags in shares.signals.items():
        assert sorted(found[rule]) == np.flatnonzero(flags).tolist(), rule
    assert sum(map(len, found.values())) > 10
    assert len(set(map(tuple, places))) == len(places)  # none hides another
    said = [text.get_text() for text in ax.get_legend().get_texts()]
    assert said[-len(set(shapes.values())) :] == [r for r, f in shares.signals.items() if f.any()]


def test_averages_are_drawn_with_their_signals():
    chart = cv.scorecard.ewma_chart(scores(), 0.2, target=8.0)
    ax = drawn(cv.plot.control_chart(chart))
    shown = lines(ax)
    np.testing.assert_array_equal(shown["score"].get_ydata(), chart.value)
    np.testing.assert_array_equal(shown["moving average (weight 0.2)"].get_ydata(), chart.average)
    for name, sign, marker in (("above", 1, "^"), ("below", -1, "v")):
        assert shown[name].get_xdata().tolist() == np.flatnonzero(chart.signals == sign).tolist()
        assert shown[name].get_marker() == marker
    np.testing.assert_array_equal(stairs(ax)[1].values, chart.limits[1])


def test_sums_are_drawn_with_the_start_of_each_shift():
    names = [f"week {n}" for n in range(36)]
    chart = cv.scorecard.cusum_chart(scores(), 8.0, 0.2, period=names)
    ax = drawn(cv.plot.control_chart(chart))
    shown = lines(ax)
    np.testing.assert_array_equal(shown["sum above the target"].get_ydata(), chart.upper)
    np.testing.assert_array_equal(shown["sum below the target"].get_ydata(), -chart.lower)
    assert stairs(ax)[1].values.tolist() == [chart.decision] * 36
    for name, sign in (("shift up", 1), ("shift down", -1)):
        assert shown[name].get_xdata().tolist() == np.flatnonzero(chart.signals == sign).tolist()
    shifts = chart.shifts()
    assert len(shifts) == 2
    assert sorted(texts(ax)) == sorted(f"since {start}" for start in shifts["start"])


def test_a_single_period_and_days_are_labelled():
    ax = drawn(cv.plot.control_chart(cv.scorecard.p_chart([3], [4], baseline=0.8)))
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0"]
    days = pd.date_range("2024-01-01", periods=3).to_numpy()
    ax = cv.plot.control_chart(cv.scorecard.p_chart([3, 4, 3], [5, 5, 5], period=days))
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert labels == ["2024-01-01", "2024-01-02", "2024-01-03"]


def test_shares_near_one_have_labels_that_differ():
    chart = cv.scorecard.p_chart([100, 99] * 9, [100] * 18, baseline=0.9, rules=RULES)
    ax = drawn(cv.plot.control_chart(chart))
    labels = [label.get_text() for label in ax.get_yticklabels() if label.get_text()]
    assert len(set(labels)) == len(labels) > 2
    assert max(float(label.removesuffix("%")) for label in labels) <= 100
    assert ax.get_ylim()[1] > 1.0  # where the marks are


def test_charts_without_periods_or_without_anybody_are_drawn():
    chart = cv.scorecard.PChart([], [], [], 0.5)
    assert texts(drawn(cv.plot.control_chart(chart))) == ["no periods"]
    drawn(cv.plot.control_chart(cv.scorecard.PChart([1, 2], [0, 0], [0, 0], 0.5)))


def test_what_is_no_chart_is_refused():
    with pytest.raises(InvalidDataError, match="chart: must be a PChart, an EWMAChart or a CUSUM"):
        cv.plot.control_chart([1, 2, 3])


# ---- changes


def test_changes_have_intervals_and_verdicts_in_words_and_shapes():
    before, now = np.array([7.0, 7.0, 7.0, np.nan]), np.array([8.0, 7.0, 6.0, 7.0])
    names = np.array(["a", "b", "c", "d"], dtype=object)
    found = Change(before, before - 0.1, before + 0.1, now, now - 0.1, now + 0.1,
                   groups={"segment": names})  # fmt: skip
    ax = drawn(cv.plot.change(found))
    np.testing.assert_array_equal(ax.containers[0].lines[0].get_xdata(), found.value)
    bars = ax.containers[0].lines[2][0].get_segments()
    low, high = found.interval()
    shown = [bar[:, 0] for bar in bars[:3]]
    np.testing.assert_allclose(shown, np.stack([low, high], axis=1)[:3])
    said = ["better   7 → 8", "no clear change   7 → 7", "worse   7 → 6", "not known   – → 7"]
    assert texts(ax)[1::2] == said
    assert len(set(texts(ax)[::2])) == 4
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b", "c", "d"]


def test_changes_without_groups_or_without_bounds_are_drawn():
    none = np.array([])
    drawn(cv.plot.change(Change(*[none] * 6, groups={"group": none.astype(object)})))
    ax = drawn(cv.plot.change(Change([1.0], [-np.inf], [np.inf], [2.0], [1.0], [3.0])))
    assert texts(ax) == ["–", "no clear change   1 → 2"]


def test_less_may_be_better():
    ax = cv.plot.change(cv.scorecard.change_since((5.0, 0.1), (4.0, 0.1), direction="down"))
    assert texts(ax) == ["✓", "better   5 → 4"]
    assert ax.get_xlabel().endswith("(down is better)")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["all"]


# ---- plans

ACTIONS = [
    ({"start": "2023-07-01", "due": "2023-Q3"}, "overdue by 92 days"),
    ({"due": "2023-12-30"}, "overdue by 1 day"),
    ({"start": "2023-03-01", "due": "2023-06-30", "status": "done", "done_at": "2023-07-12"},
     "done 2023-07-12, 12 days late"),
    ({"start": "2023-03-01", "due": "2023-06-30", "status": "done", "done_at": "2023-06-12"},
     "done 2023-06-12"),
    ({"start": "2023-03-01", "status": "done", "done_at": "2024-01-12"},
     "open, no last day"),
    ({"status": "done"}, "done"),
    ({"start": "2023-10-01", "due": "2024-03-31", "status": "in progress"},
     "in progress, due 2024-03-31"),
    ({"due": "2024-03-31"}, "open, due 2024-03-31"),
    ({"start": "2023-01-01", "due": "2023-03-31", "status": "cancelled"}, "cancelled"),
    ({}, "open, no last day"),
]  # fmt: skip


@pytest.fixture(scope="module")
def plan():
    return ImprovementPlan([
        ImprovementAction(f"A{n}", f"measure {n}", owner=None if n == 9 else "R&D", **fields)
        for n, (fields, _) in enumerate(ACTIONS)
    ])  # fmt: skip


def bars(ax):
    """Return (row, kind, first day, day after the last) of each bar."""
    from matplotlib.dates import num2date

    found = []
    for container in ax.containers:
        for bar in container:
            row = round(bar.get_y() + bar.get_height() / 2)
            ends = bar.get_x(), bar.get_x() + bar.get_width()
            days = [num2date(end).date().isoformat() for end in ends]
            found.append((row, container.get_label(), *days))
    return sorted(found)


def test_each_action_says_how_far_it_is(plan):
    ax = drawn(cv.plot.improvement_plan(plan, as_of=DAY))
    assert texts(ax)[1:-1:2] == [said for _, said in ACTIONS]
    signs = texts(ax)[:-1:2]
    states = [action.state(DAY) for action in plan.actions]
    assert signs == [
        {"overdue": "✕", "closed": "✓", "open": "–", "cancelled": ""}[state] for state in states
    ]
    counts = plan.status(DAY)
    assert (signs.count("✕"), signs.count("✓")) == (counts.overdue, counts.closed)
    assert texts(ax)[-1] == f"end of {DAY}"
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels[0] == "A0 measure 0\nR&D"
    assert labels[9] == "A9 measure 9\nno owner"


def test_bars_lead_from_the_first_day_to_the_last_and_lateness_is_hatched(plan):
    ax = cv.plot.improvement_plan(plan, as_of=DAY)
    assert bars(ax) == [
        (0, "late", "2023-10-01", "2024-01-01"),
        (0, "planned", "2023-07-01", "2023-10-01"),
        (1, "late", "2023-12-31", "2024-01-01"),
        (2, "done", "2023-03-01", "2023-07-01"),
        (2, "late", "2023-07-01", "2023-07-13"),
        (3, "done", "2023-03-01", "2023-06-13"),
        (4, "planned", "2023-03-01", "2024-01-01"),
        (6, "planned", "2023-10-01", "2024-04-01"),
        (8, "cancelled", "2023-01-01", "2023-04-01"),
    ]
    hatched = {c.get_label() for c in ax.containers if c[0].get_hatch()}
    assert hatched == {"late"}
    assert lines(ax)["last day"].get_ydata().tolist() == [1, 7]


def test_what_was_done_later_was_open_then(plan):
    ax = cv.plot.improvement_plan(plan, as_of="2023-06-30")
    assert texts(ax)[5] == "open, due 2023-06-30"
    assert texts(ax)[7] == "done 2023-06-12"


def test_plans_without_days_and_without_actions_are_drawn():
    ax = drawn(cv.plot.improvement_plan(ImprovementPlan(), as_of=DAY))
    assert texts(ax) == [f"end of {DAY}"]
    wish = ImprovementPlan([ImprovementAction("A", "wish")])
    assert drawn(cv.plot.improvement_plan(wish, as_of=DAY)).get_legend() is None
    with pytest.raises(InvalidDataError, match="plan: must be an ImprovementPlan; got 'list'"):
        cv.plot.improvement_plan([], as_of=DAY)
    with pytest.raises(InvalidDataError, match="as_of: must be a day; got 'soon'"):
        cv.plot.improvement_plan(wish, as_of="soon")


def test_long_measures_do_not_cover_each_other():
    long = "a measure that goes on and says many things about what should be done by all of us "
    plan = ImprovementPlan([ImprovementAction(str(n), long * 3, due=DAY) for n in range(30)])
    ax = drawn(cv.plot.improvement_plan(plan, as_of=DAY))
    boxes = [label.get_window_extent() for label in ax.get_yticklabels()]
    assert not any(a.overlaps(b) for a, b in itertools.pairwise(boxes))
    assert ax.figure.bbox.padded(1).contains(*boxes[0].min)


# ---- marks of a status


def test_marks_differ_in_shape_sign_and_grey():
    from matplotlib.colors import to_rgb
    from matplotlib.figure import Figure

    assert len({mark.marker for mark in MARKS.values()}) == len(MARKS)
    assert len({mark.sign for mark in MARKS.values()}) == len(MARKS)
    ax = Figure(layout="constrained").subplots()
    ax.set_ylim(-1, len(MARKS))
    for row, status in enumerate(MARKS):
        assert status_mark(ax, row, status, f"is {status}").get_text() == f"is {status}"
    assert texts(ax)[::2] == [mark.sign for mark in MARKS.values()]
    drawn(ax)
    grey = np.array([0.2126, 0.7152, 0.0722])
    for mark in MARKS.values():
        if mark.sign:  # which is black
            assert np.array(to_rgb(mark.colour)) ** 2.2 @ grey > 0.18


def test_given_axes_are_drawn_on(shares, plan):
    from matplotlib.figure import Figure

    change = cv.scorecard.change_since((7.9, 0.08), (8.3, 0.09))
    for draw in (
        lambda ax: cv.plot.control_chart(shares, ax),
        lambda ax: cv.plot.change(change, ax),
        lambda ax: cv.plot.improvement_plan(plan, ax, as_of=DAY),
    ):
        ax = Figure().subplots()
        assert draw(ax) is ax
        drawn(ax)


def test_plans_of_the_first_and_the_last_days_are_drawn():
    far = ImprovementPlan([
        ImprovementAction("A1", "Long ago", due="0001-01-01"),
        ImprovementAction("A2", "Far away", start="9999-01-01", due="9999-12-31"),
    ])  # fmt: skip
    ax = cv.plot.improvement_plan(far, as_of="9999-12-31")
    assert [text.get_text() for text in ax.texts][-2] == "open, due 9999-12-31"
    drawn(ax)
