"""Pictures of maturity show the scores, targets, peers, ratings and steps of their records."""

from __future__ import annotations

import dataclasses
import io

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue.errors import CustValueWarning, InvalidDataError
from made_font import make_font, only_font

MODEL = cv.maturity.load("customer-management")
TOP = ["needs", "relationship", "value", "lifecycle"]


def ratings(*organisations, seed=1):
    """Return a long table of ratings by three assessors; a tenth of the cells is missing."""
    rng = np.random.default_rng(seed)
    rows = [
        (o, a, k, item, str(rng.integers(0, 6)))
        for o in organisations
        for a, k in (("Li", "self"), ("audit", "third_party"), ("Wang", "internal"))
        for item in MODEL.item_ids
    ]
    table = pd.DataFrame(rows, columns=["organisation", "assessor", "kind", "item", "rating"])
    return table[rng.random(len(table)) > 0.1]


def assess(table, model=MODEL):
    names = ("organisation", "assessor", "kind", "item", "rating")
    return cv.maturity.assess(model, table, **{name: name for name in names})


@pytest.fixture(scope="module")
def found():
    return assess(ratings("Alpha", "Beta"))


@pytest.fixture(scope="module")
def peers():
    rng = np.random.default_rng(2)
    return cv.maturity.assess(MODEL, rng.integers(0, 6, (12, 20)).tolist())


def drawn(ax):
    file = io.BytesIO()
    ax.figure.savefig(file, format="png")
    assert len(file.getvalue()) > 1000
    return ax


def texts(ax):
    return [text.get_text() for text in ax.texts]


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def inside(ax, artists):
    """Say whether texts are in the figure, and none covers another."""
    ax.figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in artists if text.get_text()]
    page = ax.figure.bbox.padded(1)
    fits = all(page.contains(*b.min) and page.contains(*b.max) for b in boxes)
    return fits and not any(b.overlaps(c) for i, b in enumerate(boxes) for c in boxes[:i])


# ---- profile


def test_bars_are_scores_with_levels_beside(found):
    ax = drawn(cv.plot.maturity_profile(found, organisation="Beta"))
    frame = found.components_frame()
    mine = frame[frame["organisation"] == "Beta"]
    widths = [bar.get_width() for bar in ax.patches]
    np.testing.assert_allclose(widths, [found.value[1], *mine["score"]])
    levels = [found.level[1], *mine["level"]]
    assert texts(ax) == [f"{w:.2f}   level {n:.0f}" for w, n in zip(widths, levels, strict=True)]
    labels = [label.get_text().removeprefix("↳ ") for label in ax.get_yticklabels()]
    assert labels == ["overall", *mine["name"]]
    assert ax.get_title() == "Beta"
    assert len({bar.get_facecolor() for bar in ax.patches}) == 2


def test_targets_are_the_scores_of_an_organisation_whose_gaps_are_closed(found):
    target = {"needs.understanding": 5, "value.valuation": 4}
    one = assess(ratings("Alpha"))
    ax = cv.plot.maturity_profile(one, target=target)
    gap = cv.maturity.target_gap(one, target)
    closed = np.where(gap.gap > 0, gap.target, one.ratings)
    after = cv.maturity.assess(MODEL, [[None if np.isnan(r) else int(r) for r in closed[0]]])
    marks = ax.get_lines()[0].get_xdata()
    np.testing.assert_allclose(marks, [after.value[0], *after.component_scores[0]])
    given = cv.plot.maturity_profile(one, target=gap).get_lines()[0]
    np.testing.assert_allclose(given.get_xdata(), marks)
    assert legend(ax) == ["score with all targets met"]
    plain = cv.plot.maturity_profile(found, organisation="Alpha", target=0).get_lines()[0]
    scores = [found.value[0], *found.component_scores[0]]
    np.testing.assert_allclose(plain.get_xdata(), scores)  # a target below costs nothing


def test_peers_are_quartiles_without_the_organisation_itself(found, peers):
    ax = drawn(cv.plot.maturity_profile(found, organisation="Alpha", peers=peers))
    scores = np.column_stack([peers.value, peers.component_scores])
    low, middle, high = np.percentile(scores, (25, 50, 75), axis=0)
    bands = ax.patches[: len(low)]
    np.testing.assert_allclose([b.get_x() for b in bands], low)
    np.testing.assert_allclose([b.get_x() + b.get_width() for b in bands], high)
    np.testing.assert_allclose(ax.get_lines()[0].get_xdata(), middle)
    assert "middle half of peers (n = 12)" in legend(ax)
    itself = cv.plot.maturity_profile(peers, organisation=3, peers=peers)
    others = np.delete(peers.value, 3)
    assert itself.get_lines()[0].get_xdata()[0] == pytest.approx(np.median(others))
    assert "middle half of peers (n = 11)" in legend(itself)


def test_a_radar_shows_the_components_at_the_top(found, peers):
    ax = cv.plot.maturity_profile(found, organisation="Alpha", kind="radar", target=4, peers=peers)
    drawn(ax)
    rows = [MODEL.component_ids.index(name) for name in TOP]
    line = next(one for one in ax.get_lines() if one.get_label() == "score")
    radius = np.hypot(*line.get_xydata().T)
    np.testing.assert_allclose(radius[:-1], found.component_scores[0, rows])
    assert radius[-1] == pytest.approx(radius[0])
    target = next(one for one in ax.get_lines() if one.get_label() != "score"
                  and one.get_marker() == "D")  # fmt: skip
    assert target.get_linestyle() != line.get_linestyle()
    names = [MODEL.components[row].name["en"] for row in rows]
    said = [" ".join(text.split("\n")[:-1]) for text in texts(ax)[-4:]]
    assert said == names
    assert inside(ax, ax.texts[-4:])


def test_what_nobody_rated_is_said(peers):
    table = ratings("Alpha")
    table = table[~table["item"].str.startswith("needs")]
    found = assess(table)
    for kind in ("bar", "radar"):
        ax = drawn(cv.plot.maturity_profile(found, kind=kind, peers=peers))
        assert sum("not rated" in text for text in texts(ax)) == 1


def test_profiles_that_cannot_be_drawn_are_refused(found, peers):
    draw = cv.plot.maturity_profile
    with pytest.raises(InvalidDataError, match=r"organisation: must name one of .*'Alpha', 'Beta'"):
        draw(found)
    with pytest.raises(InvalidDataError, match="kind: must be one of 'bar', 'radar'"):
        draw(found, organisation="Alpha", kind="pie")
    with pytest.raises(InvalidDataError, match="peers: must be 5 or more others with a score; got"):
        draw(found, organisation="Alpha", peers=found)
    with pytest.raises(InvalidDataError, match="A Benchmark keeps no quartiles"):
        draw(found, organisation="Alpha", peers=cv.maturity.benchmark(peers, peers))
    other = cv.maturity.assess("value-crm", [[3] * 15])
    with pytest.raises(InvalidDataError, match="peers: must be assessed by the same model"):
        draw(found, organisation="Alpha", peers=other)
    with pytest.raises(InvalidDataError, match="target: must be of the same model"):
        draw(found, organisation="Alpha", target=cv.maturity.target_gap(other, 4))
    two = cv.maturity.load({
        **MODEL.declaration,
        "components": [part for part in MODEL.declaration["components"]
                       if part["id"] in ("needs", "value")],
        "items": [{**item, "depends_on": []} for item in MODEL.declaration["items"]
                  if item["component"] in ("needs", "value")],
        "objectives": [], "profiles": [],
    })  # fmt: skip
    few = cv.maturity.assess(two, [[2] * len(two.items)])
    with pytest.raises(InvalidDataError, match='kind: must be "bar" for fewer than three'):
        draw(few, kind="radar")
    drawn(draw(few))


def test_names_in_chinese_are_shown_or_warned_of(found, peers, tmp_path):
    names = [part.name["zh"] for part in MODEL.components]
    own = "".join(names) + "总体等级得分达到全部目标时的同行中间半数位未评"
    with only_font(make_font(tmp_path / "han.ttf", own)):
        ax = cv.plot.maturity_profile(
            found, organisation="Alpha", language="zh", target=4, peers=peers
        )
        labels = [label.get_text().removeprefix("↳ ") for label in ax.get_yticklabels()]
        assert labels == ["总体", *names]
        drawn(ax)
    with only_font(None), pytest.warns(CustValueWarning, match="Noto Sans CJK"):
        ax = cv.plot.maturity_profile(found, organisation="Alpha", language="zh")
    drawn(ax)


# ---- ratings


def test_cells_are_ratings_as_given_and_as_they_count(found):
    ax = drawn(cv.plot.rating_heatmap(found, organisation="Beta"))
    mine = found.rating[found.owner == 1]
    expected = np.vstack([mine, found.ratings[1]]).T
    shown = np.ma.filled(ax.images[0].get_array().astype(float), np.nan)
    np.testing.assert_array_equal(shown, expected)
    written = {t.get_position(): t.get_text() for t in ax.texts if t.get_text().isdigit()}
    for (column, row), text in written.items():
        assert float(text) == expected[row, column]
    assert len(written) == np.isfinite(expected).sum() < expected.size
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert labels == ["Li (self)", "Wang (internal)", "audit (third party)", "counted"]
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        item.name["en"] for item in MODEL.items
    ]
    assert legend(ax)[3] == "3  Established"
    assert ax.get_legend().get_title().get_text() == "Beta"


def test_cells_read_in_grey(found):
    ax = cv.plot.rating_heatmap(found, organisation="Alpha")
    grey = np.array([0.2126, 0.7152, 0.0722])
    bands = ax.images[0].cmap(ax.images[0].norm(np.arange(6)))[:, :3] @ grey
    assert (np.diff(bands) < -0.08).all()
    for text in ax.texts:
        if text.get_text().isdigit():
            ink = 1.0 if text.get_color() == "white" else float(text.get_color())
            ground = bands[int(text.get_text())]
            assert abs(ink - ground) > 0.2


def test_one_assessor_has_one_column_and_a_dash_is_what_does_not_apply():
    one = cv.maturity.assess(MODEL, [["x", None, *[2] * 18]], not_applicable={"x"})
    ax = drawn(cv.plot.rating_heatmap(one))
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0"]
    cells = {t.get_position(): t.get_text() for t in ax.texts}
    assert cells[0, 0] == "–"
    assert (0, 1) not in cells
    assert legend(ax)[-1] == "–  does not apply"


def test_caps_by_evidence_are_shown_beside():
    table = pd.DataFrame({"item": MODEL.item_ids, "rating": ["5"] * 20, "proof": ["none"] * 20})
    found = cv.maturity.assess(MODEL, table, item="item", rating="rating", evidence="proof")
    assert (found.ratings < 5).all()
    ax = cv.plot.rating_heatmap(found)
    np.testing.assert_array_equal(ax.images[0].get_array()[:, 0], 5.0)
    np.testing.assert_array_equal(ax.images[0].get_array()[:, 1], found.ratings[0])


def test_thirty_assessors_with_long_names_leave_room_for_the_cells():
    rows = [
        (f"a very long name of an assessor, number {n}", item, "3")
        for n in range(30)
        for item in MODEL.item_ids
    ]
    table = pd.DataFrame(rows, columns=["who", "item", "rating"])
    found = cv.maturity.assess(MODEL, table, assessor="who", item="item", rating="rating")
    ax = drawn(cv.plot.rating_heatmap(found))
    assert min(ax.get_window_extent().size) > 300
    assert inside(ax, [t for t in ax.texts if t.get_text().isdigit()])


# ---- roadmap


def arrows(ax):
    return [text for text in ax.texts if text.arrow_patch is not None]


def test_steps_lie_where_their_effort_falls(found):
    steps = cv.maturity.roadmap(found, 4, organisation="Alpha")
    ax = drawn(cv.plot.roadmap(steps))
    bars = sorted(ax.patches[: len(steps.item)], key=lambda bar: bar.get_y())
    bars = sorted(bars, key=lambda bar: bar.get_y() + bar.get_height() / 2)
    np.testing.assert_allclose([bar.get_width() for bar in bars], steps.effort)
    ends = [bar.get_x() + bar.get_width() for bar in bars]
    np.testing.assert_allclose(ends, steps.cumulative_effort)
    heights = np.array([bar.get_height() for bar in bars])
    np.testing.assert_array_equal(np.unique(heights, return_inverse=True)[1],
                                  np.unique(steps.impact, return_inverse=True)[1])  # fmt: skip
    assert [bool(bar.get_hatch()) for bar in bars] == steps.blocks.tolist()
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels == [f"{n}  {name}" for n, name in enumerate(steps.name, start=1)]
    said = [text for text in texts(ax) if text]
    assert said[0] == (
        f"impact {steps.impact[0]:g}   effort {steps.effort[0]:g}   "
        f"{steps.rating[0]:.3g} → {steps.target[0]:.3g}"
    )
    assert len(said) == len(steps.item)


def test_arrows_lead_from_a_step_to_what_depends_on_it(found):
    steps = cv.maturity.roadmap(found, 4, organisation="Alpha")
    place = {name: row for row, name in enumerate(steps.item.tolist())}
    expected = [
        (place[before], row)
        for row, after in enumerate(steps.after.tolist())
        for before in after.split(", ")
        if before
    ]
    assert expected
    shown = arrows(cv.plot.roadmap(steps))
    for arrow, (first, then) in zip(shown, expected, strict=True):
        assert tuple(map(float, arrow.xyann)) == (steps.cumulative_effort[first], first)
        start = steps.cumulative_effort[then] - steps.effort[then]
        assert start <= arrow.xy[0] <= steps.cumulative_effort[then]
        assert then - 0.5 < arrow.xy[1] < then


def test_a_roadmap_of_nothing_says_so_and_what_is_none_is_refused(found):
    steps = cv.maturity.roadmap(cv.maturity.assess(MODEL, [[5] * 20]), 3)
    assert texts(drawn(cv.plot.roadmap(steps))) == ["nothing to improve"]
    with pytest.raises(InvalidDataError, match="steps: must be a Roadmap; got 'Assessment'"):
        cv.plot.roadmap(found)


def test_a_roadmap_without_effort_or_impact_is_drawn(found):
    steps = cv.maturity.roadmap(found, 4, organisation="Alpha")
    nothing = np.zeros(len(steps.item))
    drawn(cv.plot.roadmap(dataclasses.replace(steps, effort=nothing, impact=nothing)))


def test_long_names_are_told_apart_and_cover_nothing(found):
    long = "a very long name that says everything there is to say about "
    model = cv.maturity.load({
        **MODEL.declaration,
        "components": [{**part, "name": long + part["id"]}
                       for part in MODEL.declaration["components"]],
        "items": [{**item, "name": long + item["id"]} for item in MODEL.declaration["items"]],
    })  # fmt: skip
    named = assess(ratings("Alpha"), model)
    radar = cv.plot.maturity_profile(named, kind="radar")
    assert inside(radar, radar.texts[-4:])
    for ax in (
        cv.plot.maturity_profile(named),
        cv.plot.rating_heatmap(named),
        cv.plot.roadmap(cv.maturity.roadmap(named, 4)),
    ):
        labels = ax.get_yticklabels()
        assert inside(ax, labels)
        assert len({label.get_text() for label in labels}) == len(labels)


def test_given_axes_are_drawn_on(found):
    from matplotlib.figure import Figure

    steps = cv.maturity.roadmap(found, 4, organisation="Alpha")
    for draw in (
        lambda ax: cv.plot.maturity_profile(found, ax, organisation="Alpha"),
        lambda ax: cv.plot.maturity_profile(found, ax, organisation="Alpha", kind="radar"),
        lambda ax: cv.plot.rating_heatmap(found, ax, organisation="Alpha"),
        lambda ax: cv.plot.roadmap(steps, ax),
    ):
        ax = Figure().subplots()
        assert draw(ax) is ax
        drawn(ax)


def test_peers_of_the_same_name_may_be_others():
    rng = np.random.default_rng(4)
    ours = cv.maturity.assess("value-crm", rng.integers(0, 6, (1, 15)))
    others = cv.maturity.assess("value-crm", rng.integers(0, 6, (20, 15)))
    for same, count in ((True, 19), (False, 20)):
        ax = cv.plot.maturity_profile(ours, peers=others, same_names=same)
        labels = ax.get_legend_handles_labels()[1]
        assert any(label.endswith(f"(n = {count})") for label in labels)
