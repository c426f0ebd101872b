"""Pictures of retention show the numbers of their records and say what was not observed."""

from __future__ import annotations

import dataclasses
import sys

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue import retention
from custvalue.errors import InvalidDataError

NAMES = {"customer": "who", "time": "when"}
SURVIVORS = [1000, 631, 468, 382, 326, 289, 262, 241]


def made_log(customers=60, lines=400, days=200, seed=3):
    rng = np.random.default_rng(seed)
    who = rng.integers(0, customers, lines)
    when = np.datetime64("2024-01-01") + rng.integers(0, days, lines)
    return pd.DataFrame({"who": who, "when": when, "where": np.where(who % 2, "south", "north")})


@pytest.fixture(scope="module")
def log():
    return made_log()


@pytest.fixture(scope="module")
def fit():
    return cv.clv.ShiftedBetaGeo.fit(cv.Durations.from_survivors(SURVIVORS, unit="year"))


def curve_of(survivors, grain="year"):
    n = len(survivors)
    return retention.RetentionCurve(
        np.arange(n), [survivors[0]] * n, survivors, [survivors[0], *survivors[:-1]], [1] * n, grain
    )


def lines(ax):
    return {line.get_label(): line for line in ax.get_lines()}


def shading(ax, number=0):
    """Return the lowest and the highest y by x of an interval."""
    table = pd.DataFrame(ax.collections[number].get_paths()[0].vertices, columns=["x", "y"])
    return table.groupby("x")["y"].agg(["min", "max"])


# ---- the triangle


def test_cells_are_the_triangle_and_blank_where_nothing_was_observed(log):
    found = retention.cohorts(log, **NAMES, until="2024-07-10")
    ax = found.plot()
    cells = ax.images[0].get_array()
    wide = found.triangle(partial=True).drop(columns=["cohort", "size"]).to_numpy()
    np.testing.assert_array_equal(np.ma.filled(cells, np.nan), wide)
    assert np.ma.getmaskarray(cells).sum() == np.isnan(wide).sum() > 0
    assert ax.images[0].cmap(0.0) != (1.0, 1.0, 1.0, 1.0)  # a share of 0 is not blank
    assert [t.get_text() for t in ax.texts] == [f"{100 * c:.0f}" for c in cells.compressed()]


def test_partial_cells_are_hatched_and_no_others(log):
    found = retention.cohorts(log, **NAMES, until="2024-07-10")
    patches = cv.plot.cohort_heatmap(found).patches
    centres = {(p.get_x() + 0.5, p.get_y() + 0.5) for p in patches}
    partial = (found.state == "partial") & (found.size > 0)
    cohort = found.cohort - found.cohort.min()
    assert centres == set(zip(found.age[partial], cohort[partial], strict=True))
    assert {p.get_hatch() for p in patches} == {"////"}
    assert not cv.plot.cohort_heatmap(retention.cohorts(log, **NAMES, until="2024-07-31")).patches


def test_colours_are_spread_over_the_shares_after_the_start(log):
    found = retention.cohorts(log, **NAMES)
    image = found.plot().images[0]
    assert image.norm.vmin == 0.0
    later = found.retention[found.age > 0]
    assert image.norm.vmax == np.nanmax(later) > 0.5
    small = retention.Cohorts(cohort=[0, 0], age=[0, 1], size=[50, 50], customers=[50, 2],
                              orders=[50, 2], revenue=[0.0, 0.0], until="1970-12-31")  # fmt: skip
    assert small.plot().images[0].norm.vmax == 0.04


def test_cohorts_of_nobody_are_blank_whatever_their_state():
    late = pd.DataFrame({"who": [1, 1, 2], "when": ["2024-01-03", "2024-03-09", "2024-04-02"]})
    ax = cv.plot.cohort_heatmap(retention.cohorts(late, **NAMES))
    assert np.ma.getmaskarray(ax.images[0].get_array())[1:3].all()
    assert sorted(p.get_y() + 0.5 for p in ax.patches) == [0.0, 3.0]
    labels = [text.get_text() for text in ax.get_yticklabels()]
    assert labels[1:] == ["2024-02-01  n = 0", "2024-03-01  n = 0", "2024-04-01  n = 1"]


def test_105_weeks_have_no_numbers_and_not_too_many_labels():
    ax = cv.plot.cohort_heatmap(retention.cohorts(made_log(400, 2000, 735), **NAMES, period="week"))
    assert ax.images[0].get_array().shape == (105, 105)
    assert not ax.texts
    assert len(ax.get_yticks()) <= 60
    assert len(ax.get_xticks()) <= 30
    assert ax.get_xlabel() == "weeks since the first activity"


def test_one_group_is_chosen_or_refused(log):
    found = retention.cohorts(log, **NAMES, by="where")
    alone = retention.cohorts(log[log["where"] == "north"], **NAMES, until=found.until)
    got = cv.plot.cohort_heatmap(found, group="north").images[0].get_array()
    expected = cv.plot.cohort_heatmap(alone).images[0].get_array()
    np.testing.assert_array_equal(np.ma.filled(got, -1), np.ma.filled(expected, -1))
    for draw in (cv.plot.cohort_heatmap, cv.plot.growth):
        record = retention.growth_accounting(log, **NAMES, by="where")
        record = found if draw is cv.plot.cohort_heatmap else record
        for group in (None, "east", ("north", "south"), 7):
            with pytest.raises(InvalidDataError, match=r"group: must name one of .*'north'"):
                draw(record, group=group)


def test_groups_of_two_columns_are_named_by_a_tuple(log):
    both = log.assign(sex=np.where(log["who"] % 3, "f", "m"))
    found = retention.cohorts(both, **NAMES, by=["where", "sex"])
    rows = (both["where"] == "south") & (both["sex"] == "m")
    alone = retention.cohorts(both[rows], **NAMES, until=found.until)
    got = cv.plot.cohort_heatmap(found, group=("south", "m")).images[0].get_array()
    assert (got[: len(alone)].compressed() == alone.retention[~np.isnan(alone.retention)]).all()


# ---- curves


def test_curves_show_shares_and_intervals_by_group(log):
    curve = retention.cohorts(log, **NAMES, by="where").curve()
    ax = curve.plot()
    shown = lines(ax)
    low, high = curve.interval(0.95)
    assert list(shown) == ["north", "south"]
    for number, name in enumerate(shown):
        rows = curve.groups["where"] == name
        np.testing.assert_array_equal(shown[name].get_xydata().T,
                                      [curve.age[rows], curve.share[rows]])  # fmt: skip
        np.testing.assert_allclose(shading(ax, number).T, [low[rows], high[rows]])
    wide = shading(cv.plot.retention_curve(curve, level=0.999))
    assert (wide["max"] >= shading(ax)["max"]).all()
    assert (wide["max"] > shading(ax)["max"]).any()


def test_many_groups_differ_without_colour_and_the_legend_is_beside(log):
    many = log.assign(where=[f"a long name of group {who % 12:02}" for who in log["who"]])
    ax = cv.plot.retention_curve(retention.cohorts(many, **NAMES, by="where").curve())
    styles = {(line.get_linestyle(), line.get_marker()) for line in ax.get_lines()}
    assert len(styles) == 12
    ax.figure.draw_without_rendering()
    assert ax.get_legend().get_window_extent().x0 >= ax.get_window_extent().x1
    assert ax.get_window_extent().width > 300


def test_a_fit_is_drawn_with_the_interval_of_its_survival(fit):
    curve = curve_of(SURVIVORS)
    ax = curve.plot(fit=fit, horizon=20)
    shown = lines(ax)
    projected = shown["ShiftedBetaGeo"]
    np.testing.assert_allclose(projected.get_ydata(), fit.model.survival(np.arange(21)))
    assert projected.get_linestyle() != shown["observed"].get_linestyle()
    band = shading(ax, 1)
    assert band.loc[0.0].tolist() == [1.0, 1.0]
    assert (band["min"] < projected.get_ydata()).iloc[1:].all()
    assert (band["max"] > projected.get_ydata()).iloc[1:].all()
    # draws of the parameters around the estimates fall outside about as often as they should
    rng = np.random.default_rng(5)
    relative = fit.covariance / np.outer(fit.estimates, fit.estimates)
    drawn = fit.estimates * np.exp(rng.multivariate_normal([0, 0], relative, 4000))
    survival = cv.clv.ShiftedBetaGeo(*drawn.T[:, :, None]).survival(np.array([1, 5, 20]))
    bounds = np.quantile(survival, [0.025, 0.975], axis=0)
    np.testing.assert_allclose(band.loc[[1, 5, 20]].T, bounds, atol=0.006)
    assert len(lines(curve.plot(fit=fit))["ShiftedBetaGeo"].get_xdata()) == 11


def test_a_fit_of_certain_survival_has_bounds(fit):
    sure = dataclasses.replace(fit, model=cv.clv.ShiftedBetaGeo(1e-18, 5.0),
                               covariance=np.diag([1e-38, 0.1]))  # fmt: skip
    band = shading(cv.plot.retention_curve(curve_of([9, 9, 9]), fit=sure), 1)
    assert band.to_numpy().tolist() == [[1.0, 1.0]] * 4


def test_fits_that_do_not_belong_to_the_curve_are_refused(fit, cdnow):
    bought = cv.occasions(cdnow, customer="customer_id", time="date")
    other = cv.clv.BetaGeo.fit(bought.summary(until="1997-09-30", unit="week"))
    for wrong, rule in (
        (other, r"fit\.model: must be a ContractualModel"),
        ("fit", r"fit: must be a Fit"),
    ):
        with pytest.raises(InvalidDataError, match=rule):
            cv.plot.retention_curve(curve_of(SURVIVORS), fit=wrong)
    with pytest.raises(InvalidDataError, match=r"fit: must be in the unit of the curve \(month\)"):
        cv.plot.retention_curve(curve_of(SURVIVORS, "month"), fit=fit)
    for horizon in (-1, 2.5, np.nan, "far", [1, 2]):
        with pytest.raises(InvalidDataError, match="horizon"):
            cv.plot.retention_curve(curve_of(SURVIVORS), fit=fit, horizon=horizon)


# ---- growth


def test_bars_are_the_counts_with_the_churned_below_zero(log):
    found = retention.growth_accounting(log, **NAMES, until="2024-07-10")
    ax = found.plot()
    bars = {bar.get_label(): bar for bar in ax.containers}
    base = np.zeros(len(found))
    for name in ("retained", "resurrected", "new"):
        assert [bar.get_height() for bar in bars[name]] == getattr(found, name).tolist()
        assert [bar.get_y() for bar in bars[name]] == base.tolist()
        base += getattr(found, name)
    assert base.tolist() == found.active.tolist()
    assert [-bar.get_height() for bar in bars["churned"]] == found.churned.tolist()
    assert len({bar[0].get_hatch() for bar in bars.values()}) == 4


def test_the_period_that_is_not_over_is_marked(log):
    def marked(until):
        found = retention.growth_accounting(log, **NAMES, until=until)
        ax = cv.plot.growth(found)
        spans = [p for p in ax.patches if p.get_label() == "period not over"]
        return [span.get_x() + 0.5 for span in spans], len(found) - 1

    centres, last = marked("2024-07-20")
    assert centres == [last]
    assert marked("2024-07-31")[0] == []


# ---- all


def test_empty_records_and_those_of_one_row_are_drawn(log):
    one = log.iloc[:1]
    for record in (
        retention.Cohorts(),
        retention.RetentionCurve(),
        retention.GrowthAccounting(),
        retention.Cohorts(groups={"where": np.empty(0, dtype=object)}),
        retention.cohorts(one, **NAMES),
        retention.cohorts(one, **NAMES).curve(),
        retention.cohorts(one, **NAMES, until="2025-01-01").curve(),
        retention.growth_accounting(one, **NAMES),
        retention.cohorts(one, **NAMES, by="where"),
    ):
        record.plot().figure.draw_without_rendering()


def test_records_draw_on_given_axes_and_leave_pyplot_alone(log, fit):
    from matplotlib.figure import Figure

    before = "matplotlib.pyplot" in sys.modules
    for draw in (
        lambda ax: cv.plot.cohort_heatmap(retention.cohorts(log, **NAMES), ax),
        lambda ax: cv.plot.retention_curve(curve_of(SURVIVORS), ax, fit),
        lambda ax: cv.plot.growth(retention.growth_accounting(log, **NAMES), ax),
    ):
        ax = Figure().subplots()
        assert draw(ax) is ax
    assert ("matplotlib.pyplot" in sys.modules) == before
