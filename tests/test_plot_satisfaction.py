"""Pictures of satisfaction show the numbers of their records."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

import custvalue as cv
from custvalue.errors import InvalidDataError

ITEMS = ["price", "staff", "wifi"]


@pytest.fixture(scope="module")
def survey():
    rng = np.random.default_rng(4)
    answers = np.clip(rng.integers(1, 6, (300, 1)) + rng.integers(-1, 2, (300, 4)), 1, 5)
    table = pd.DataFrame(answers, columns=[*ITEMS, "all"])
    return table.assign(nps=rng.integers(0, 11, 300), wave=rng.integers(2021, 2025, 300))


def test_answers_are_stacked_to_one(survey):
    score = cv.satisfaction.battery(survey, ITEMS, scale=(1, 5))
    ax = cv.plot.answers(score)
    widths = np.array([bar.get_width() for bar in ax.patches]).reshape(5, 3).T
    np.testing.assert_allclose(widths, score.shares)
    np.testing.assert_allclose(widths.sum(axis=1), 1.0)
    assert [label.get_text() for label in ax.get_yticklabels()] == ITEMS
    shown = [text.get_text() for text in ax.texts if text.get_text().startswith("top 2")]
    assert shown == [f"top 2: {value:.0%}" for value in score.value]


def test_scores_over_waves_have_intervals(survey):
    score = cv.satisfaction.nps(survey, "nps", by="wave")
    ax = cv.plot.nps_over_waves(score)
    np.testing.assert_allclose(ax.get_lines()[0].get_ydata(), score.points)
    bars = ax.containers[0].lines[2][0].get_segments()
    low, high = score.interval()
    np.testing.assert_allclose([bar[:, 1] for bar in bars], 100 * np.stack([low, high], axis=1))
    assert [label.get_text() for label in ax.get_xticklabels()] == ["2021", "2022", "2023", "2024"]


def test_drivers_are_sorted_and_of_one_group(survey):
    found = cv.satisfaction.drivers(survey, "all", ITEMS, bootstrap=50, rng=1)
    ax = cv.plot.drivers(found)
    assert [bar.get_width() for bar in ax.patches] == sorted(found.importance)
    assert ax.containers[1].has_xerr
    grouped = cv.satisfaction.drivers(survey, "all", ITEMS, by="wave")
    with pytest.raises(InvalidDataError, match="group: must name one of the groups '2021'"):
        cv.plot.drivers(grouped)
    assert len(cv.plot.drivers(grouped, group=2022).patches) == 3


def test_maps_place_what_they_name():
    grid = cv.satisfaction.importance_performance(["a", "b"], [0.4, 0.1], [3.1, 4.5])
    ax = cv.plot.importance_map(grid)
    assert ax.get_lines()[0].get_xydata().tolist() == [[3.1, 0.4], [4.5, 0.1]]
    assert {"a", "b", "keep up"} <= {text.get_text() for text in ax.texts}
    found = cv.satisfaction.Kano(["app"], [100], [40], [20], [30], [10], [0], [0], [100], [100])
    ax = cv.plot.kano_map(found)
    assert ax.get_lines()[0].get_xydata().tolist() == [[0.6, 0.5]]


# ---- hostile records: none, one and many groups, long names, hidden and unknown ones

LONG = [f"a very long name of a segment of customers, in region number {n}" for n in range(4)]
MANY = [f"segment {n}" for n in range(30)]
MONEY = ["$10 to $20", "$20 to $50"]


def grouped(groups, size=40):
    rng = np.random.default_rng(6)
    group = np.repeat(np.array(groups, dtype=object), size)
    table = pd.DataFrame({"group": group, "score": rng.integers(1, 6, len(group))})
    return table.assign(nps=rng.integers(0, 11, len(group)))


def boxes(ax, artists):
    """Return where texts are, having said that they are in the figure."""
    ax.figure.draw_without_rendering()
    found = [Text.get_window_extent(text) for text in artists if text.get_text()]  # no arrows
    page = ax.figure.bbox.padded(1)
    assert all(page.contains(*box.min) and page.contains(*box.max) for box in found)
    return found


def covered(found):
    return sum(one.overlaps(two) for i, one in enumerate(found) for two in found[:i])


@pytest.mark.parametrize("names", [["a"], LONG, MANY, MONEY], ids=["one", "long", "many", "money"])
def test_names_of_groups_are_whole_and_apart(names):
    table = grouped(names)
    shown = cv.satisfaction.csat(table, "score", scale=(1, 5), by="group")
    ax = cv.plot.answers(shown)
    assert covered(boxes(ax, [*ax.get_yticklabels(), *ax.texts])) == 0
    labels = [" ".join(label.get_text().split("\n")) for label in ax.get_yticklabels()]
    assert labels == sorted(names)
    assert ax.get_window_extent().width > 300
    ax = cv.plot.nps_over_waves(cv.satisfaction.nps(table, "nps", by="group"))
    labels = ax.get_xticklabels()
    found = boxes(ax, labels)
    if not labels[0].get_rotation():
        assert covered(found) == 0
    assert len({label.get_text() for label in labels}) == len(names)
    assert ax.get_window_extent().height > 100


def test_numbers_on_dark_bars_are_white():
    ax = cv.plot.answers(cv.satisfaction.csat([1, 2, 3, 4, 5], scale=(1, 5)))
    colours = [text.get_color() for text in ax.texts[:5]]
    assert colours == ["white", "black", "black", "black", "white"]


def test_groups_that_are_hidden_or_empty_are_named_and_not_drawn():
    table = pd.concat([grouped(["a", "b"]), grouped(["c"], 3)])
    scores = cv.satisfaction.csat(table, "score", scale=(1, 5), by="group", min_group=10)
    ax = cv.plot.answers(scores)
    said = [t.get_text() for t in ax.texts if t.get_position()[0] > 1]
    assert said[2] == "hidden: fewer than 10 answers"
    assert sum(bar.get_width() for bar in ax.patches) == pytest.approx(2.0)
    waves = cv.satisfaction.nps(table, "nps", by="group", min_group=10)
    ax = cv.plot.nps_over_waves(waves)
    assert [text.get_text() for text in ax.texts] == ["hidden: fewer than 10 answers"]
    assert ax.get_xlim() == (-0.5, 2.5)
    none = cv.satisfaction.csat([np.nan], scale=(1, 5))
    assert [text.get_text() for text in cv.plot.answers(none).texts] == ["no answers"]


def test_intervals_are_drawn_where_they_are_even_without_the_estimate(survey, monkeypatch):
    found = cv.satisfaction.drivers(survey, "all", ITEMS, bootstrap=50, rng=1)
    low, high = (bound[np.argsort(found.importance)] for bound in found.interval())
    moved = found.importance + 1.0
    monkeypatch.setattr(type(found), "importance", property(lambda record: moved))
    bars = cv.plot.drivers(found).containers[1].lines[2][0].get_segments()
    np.testing.assert_allclose([bar[:, 0] for bar in bars], np.stack([low, high], axis=1))


def test_drivers_that_are_not_known_say_so(survey):
    table = survey.assign(group=np.where(np.arange(300) < 297, "a", "b"))
    found = cv.satisfaction.drivers(table, "all", ITEMS, by="group", min_group=10)
    ax = cv.plot.drivers(found, group="b")
    assert [text.get_text() for text in ax.texts] == ["not known"] * 3


@pytest.mark.parametrize("names", [["a"], LONG, MANY], ids=["one", "long", "many"])
def test_names_on_a_map_cover_nothing(names):
    rng = np.random.default_rng(8)
    x, y = 1.0 + 4.0 * rng.random(len(names)), rng.random(len(names))
    ax = cv.plot.importance_map(cv.satisfaction.importance_performance(names, y, x))
    found = boxes(ax, ax.texts)
    assert covered(found) == 0
    frame = ax.get_window_extent().padded(2)
    assert all(frame.contains(*box.min) and frame.contains(*box.max) for box in found)
    said = {" ".join(text.get_text().split("\n")) for text in ax.texts}
    assert said == {*names, "keep up", "concentrate here", "low priority", "possible overkill"}


def test_names_of_the_same_point_are_beside_each_other():
    grid = cv.satisfaction.importance_performance(["a", "b", "c"], [0.3] * 3, [4.0] * 3)
    ax = cv.plot.importance_map(grid)
    assert covered(boxes(ax, ax.texts)) == 0


def test_features_that_are_not_known_are_named_beside_the_map():
    found = cv.satisfaction.Kano(
        ["app", "shop"], [100, 5], [40, 2], [20, 1], [30, 1], [10, 1], [0, 0], [0, 0],
        [100, 5], [100, 5], min_group=10,
    )  # fmt: skip
    ax = cv.plot.kano_map(found)
    assert ax.get_title("left") == "not known: shop"
    names = {text.get_text() for text in ax.texts}
    assert "app" in names
    assert "shop" not in names
    assert covered(boxes(ax, ax.texts)) == 0


def test_records_of_nobody_are_drawn():
    nobody = pd.DataFrame({"group": np.array([], dtype=object), "score": np.array([], dtype=float)})
    found = cv.satisfaction
    for ax in (
        cv.plot.answers(found.csat(nobody, "score", scale=(1, 5), by="group")),
        cv.plot.answers(found.CSAT()),
        cv.plot.nps_over_waves(found.nps(nobody, "score", by="group")),
        cv.plot.nps_over_waves(found.NPS()),
        cv.plot.drivers(found.Drivers()),
        cv.plot.importance_map(found.ImportancePerformance([], [], [])),
        cv.plot.kano_map(found.Kano()),
    ):
        ax.figure.draw_without_rendering()
        assert not [bar for bar in ax.patches if bar.get_width()]


def test_regions_have_lines_of_their_own():
    table = pd.DataFrame({"r": np.repeat(["n", "s"], 30), "w": np.tile([1, 2, 3], 20),
                          "a": np.arange(60) % 11})  # fmt: skip
    ax = cv.plot.nps_over_waves(cv.satisfaction.nps(table, "a", by=["r", "w"]))
    lines = [line.get_xdata().tolist() for line in ax.lines if line.get_marker() == "o"]
    assert lines == [[0, 1, 2], [3, 4, 5]]
