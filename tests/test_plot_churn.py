"""Pictures of churn show the numbers of their records, and nothing where nothing is known."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import custvalue as cv
from custvalue.churn import KaplanMeier, Ranking, kaplan_meier, profit_curve, ranking

# Freireich et al. (1963): remission in weeks, 6-MP
EXIT = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
EVENT = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def lines(ax):
    return {line.get_label(): line for line in ax.get_lines()}


def rows_of_text(ax):
    """Return the texts below the axes by height, the uppermost first."""
    heights = sorted({text.xyann[1] for text in ax.texts}, reverse=True)
    return [[t.get_text() for t in ax.texts if t.xyann[1] == height] for height in heights]


def in_groups(n=10, customers=600, name="a long name of group {}"):
    rng = np.random.default_rng(2)
    names = np.array([name.format(k) for k in rng.integers(0, n, customers)], dtype=object)
    return kaplan_meier(
        cv.Durations(
            exit=rng.integers(1, 40, customers),
            event=rng.random(customers) < 0.6,
            groups={"group": names},
        )
    )


# ---- survival


def test_survival_is_a_step_curve_with_its_interval():
    curve = kaplan_meier(cv.Durations(exit=EXIT, event=EVENT, unit="week"))
    ax = cv.plot.survival(curve, level=0.9)
    line = lines(ax)["Kaplan-Meier"]
    np.testing.assert_array_equal(line.get_xydata().T, [curve.time, curve.survival])
    assert line.get_drawstyle() == "steps-post"
    corners = ax.collections[0].get_paths()[0].vertices
    low, high = curve.interval(0.9)
    assert set(corners[:, 1]) == {*low[~np.isnan(low)], *high[~np.isnan(high)]}
    assert ax.get_xlabel() == "age in weeks"


def test_censored_customers_are_marked():
    curve = kaplan_meier(cv.Durations(exit=EXIT, event=EVENT))
    (marks,) = (line for line in cv.plot.survival(curve).get_lines() if line.get_marker() == "|")
    last_seen = {time for time, gone in zip(EXIT, EVENT, strict=True) if not gone}
    assert marks.get_xdata().tolist() == sorted(last_seen)
    assert marks.get_ydata() == pytest.approx(curve.survival_at(marks.get_xdata()))


def test_numbers_at_risk_are_those_just_before_each_age():
    ax = cv.plot.survival(kaplan_meier(cv.Durations(exit=EXIT, event=EVENT)))
    ((*counts, title),) = rows_of_text(ax)
    ticks = ax.get_xticks()
    assert title == "at risk"
    assert counts == [str(sum(t >= tick for t in EXIT)) for tick in ticks]
    assert [label.get_text() for label in ax.get_xticklabels()] == [f"{t:.0f}" for t in ticks]


def test_numbers_at_risk_of_late_entries():
    late = cv.Durations(entry=[0, 5, 6, 7, 5], exit=[30, 10, 12, 13, 9], event=[1, 1, 1, 0, 1])
    ax = cv.plot.survival(kaplan_meier(late))
    ((*counts, _),) = rows_of_text(ax)
    entry, out = late.entry, late.exit
    for tick, count in zip(ax.get_xticks()[1:], counts[1:], strict=True):
        assert count == str(((entry < tick) & (tick <= out)).sum())
    assert counts[0] == "1"


@pytest.mark.parametrize("factor", [1e-7, 1e-3, 1.0, 1e6])
def test_ages_of_any_size_have_ticks_with_their_own_labels(factor):
    times = cv.Durations(exit=np.array([1.0, 2.0, 3.5]) * factor, event=[1, 1, 0])
    ax = cv.plot.survival(kaplan_meier(times))
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert len(labels) >= 4
    read = [float(label.replace(",", "")) for label in labels]
    np.testing.assert_allclose(read, ax.get_xticks(), rtol=1e-3)
    ((*counts, _),) = rows_of_text(ax)
    assert counts[0] == "3"
    assert counts[-1] == "1"


def test_fractions_of_customers_at_risk_are_not_rounded_to_none():
    small = cv.Durations(exit=[1, 2], event=[1, 0], weight=[0.25, 0.125])
    ((*counts, _),) = rows_of_text(cv.plot.survival(kaplan_meier(small)))
    assert counts[0] == "0.375"
    assert counts[-1] == "0.125"


def test_ten_groups_are_told_apart_without_colour_and_each_has_its_row():
    curve = in_groups()
    ax = cv.plot.survival(curve)
    names = sorted(set(curve.groups["group"]))
    shown = lines(ax)
    assert [name for name in shown if not name.startswith("_")] == names
    assert len({(shown[n].get_linestyle(), shown[n].get_marker()) for n in names}) == 10
    table = rows_of_text(ax)
    assert [row[-1] for row in table] == [f"{name}  at risk" for name in names]
    for name, (first, *_) in zip(names, table, strict=True):
        rows = curve.groups["group"] == name
        np.testing.assert_array_equal(shown[name].get_ydata(), curve.survival[rows])
        assert first == f"{curve.entered[rows].sum():.0f}"
    ax.figure.draw_without_rendering()
    assert ax.get_legend().get_window_extent().x0 >= ax.get_window_extent().x1
    boxes = [text.get_window_extent() for text in ax.texts]
    assert not any(one.overlaps(two) for i, one in enumerate(boxes) for two in boxes[:i])


def test_where_survival_is_not_known_there_is_no_line():
    with pytest.warns(cv.errors.CustValueWarning, match="risk set empties"):
        curve = kaplan_meier(cv.Durations(entry=[0, 5], exit=[2, 9], event=[0, 1]))
    shown = lines(cv.plot.survival(curve))["Kaplan-Meier"].get_ydata()
    np.testing.assert_array_equal(shown, curve.survival)
    assert np.isnan(shown).any()


# ---- gains


def test_gains_follow_the_ranking():
    rng = np.random.default_rng(4)
    score = rng.integers(0, 20, 300) / 20
    ranked = ranking(rng.random(300) < score**2, score)
    ax = cv.plot.gains(ranked)
    shown = lines(ax)
    curve = shown[f"ranking (AUC {ranked.auc:.3f})"]
    table = ranked.to_frame()
    np.testing.assert_allclose(curve.get_xdata()[1:], table["share"])
    np.testing.assert_allclose(curve.get_ydata()[1:], table["gains"])
    base = ranked.churned.sum() / ranked.customers.sum()
    np.testing.assert_allclose(shown["perfect"].get_xdata(), [0, base, 1])
    assert [t.get_text() for t in ax.texts] == [f"top 10 %: lift {ranked.top_decile_lift:.2f}"]
    assert ax.texts[0].xy == pytest.approx((0.1, ranked.gains(0.1)))
    assert len({(line.get_linestyle(), line.get_linewidth()) for line in shown.values()}) >= 3


@pytest.mark.parametrize("ranked", [ranking([0, 0, 0], [0.1, 0.2, 0.2]), Ranking()])
def test_without_churners_nothing_is_found_and_nothing_claimed(ranked):
    ax = cv.plot.gains(ranked)
    assert np.isnan(lines(ax)["ranking (AUC nan)"].get_ydata()[1:]).all()
    assert not ax.texts


# ---- profit


@pytest.mark.parametrize("worth", [2e-6, 200.0, 2e9])
def test_profit_and_its_best(worth):
    rng = np.random.default_rng(6)
    score = rng.random(200)
    curve = profit_curve(
        ranking(rng.random(200) < score, score),
        clv=worth, incentive_cost=worth / 20, contact_cost=worth / 50,
    )  # fmt: skip
    line, best, _ = cv.plot.profit(curve).get_lines()
    np.testing.assert_array_equal(line.get_xydata().T, [curve.target_share, curve.profit])
    most = curve.profit.max()
    assert best.get_ydata() == [most]
    at = curve.target_share[curve.profit.argmax()]
    assert best.get_label() == f"best: {most:.4g} at {at:.0%}"


# ---- all


def test_records_of_nothing_and_of_one_are_drawn():
    one = cv.Durations(exit=[3], event=[0])
    for ax in (
        cv.plot.survival(KaplanMeier()),
        cv.plot.survival(kaplan_meier(one)),
        cv.plot.gains(ranking([1], [0.5])),
        cv.plot.profit(profit_curve(ranking([1], [0.5]))),
        cv.plot.profit(profit_curve(ranking([0, 0], [0.5, 0.1]))),
    ):
        ax.figure.draw_without_rendering()


def test_given_axes_are_drawn_on_and_pyplot_is_left_alone():
    from matplotlib.figure import Figure

    before = "matplotlib.pyplot" in sys.modules
    ranked = ranking([1, 0], [0.5, 0.2])
    for draw, record in (
        (cv.plot.survival, in_groups(2)),
        (cv.plot.gains, ranked),
        (cv.plot.profit, profit_curve(ranked)),
    ):
        ax = Figure().subplots()
        assert draw(record, ax) is ax
        assert ax.get_lines()
    assert ("matplotlib.pyplot" in sys.modules) == before
