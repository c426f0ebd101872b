"""Pictures of satisfaction show the numbers of their records."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

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
