"""The picture of an evaluation: what stands where, in grey too, and whom it refuses to guess."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import custvalue as cv
from custvalue.errors import CustValueWarning, InvalidDataError

pytest.importorskip("matplotlib")
sc = cv.scorecard


def example(**more):
    lines = sc.Threshold(0.9, 0.8, 0.7)
    ones = [sc.Indicator(f"i{k}", f"Indicator {k}", "d", low=0, high=1, thresholds=lines)
            for k in range(5)]  # fmt: skip
    ones.append(sc.Indicator("money", "Money $a$ and $b$", "m", max_age=10))
    read = {"i0": 0.95, "i1": (0.85, 0.84, 0.86), "i2": (0.75, 0.6, 0.8), "i3": 0.1,
            "money": sc.Reading(12345.6, date="2026-01-01")}  # fmt: skip
    return sc.evaluate(sc.EvaluationSystem.of(*ones), read, as_of="2026-03-01", **more)


def said(ax):
    return [text.get_text() for text in ax.texts]


def test_each_status_has_a_word_a_sign_and_a_shape():
    ax = cv.plot.scorecard(example())
    ax.figure.canvas.draw()
    texts = said(ax)
    assert texts[:2] == ["–", "66"]  # too little of the whole has a score
    for word in ("on target: 0.95", "acceptable: 0.85", "(warning): 0.75", "critical: 0.1",
                 "no data", "not judged: 12,346, stale"):  # fmt: skip
        assert word in texts
    signs = [text for text in texts if len(text) == 1]
    assert len(set(signs)) == 6
    shapes = {line.get_marker() for line in ax.lines if line.get_markersize() >= 10}
    assert len(shapes) == 6


def test_bars_are_scores_and_ticks_targets():
    found = example()
    ax = cv.plot.scorecard(found)
    bars = {round(bar.get_y() + bar.get_height() / 2): bar.get_width() for bar in ax.patches}
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == [
        "overall",
        "d",
        *(f"Indicator {k}" for k in range(5)),
        "m",
        "Money $a$ and $b$",
    ]
    assert bars[1] == pytest.approx(found.dimension_scores[0, 0])
    assert {row: bars[row] for row in (2, 3, 4, 5)} == pytest.approx({2: 95, 3: 85, 4: 75, 5: 10})
    assert 6 not in bars  # no data
    assert 8 not in bars  # no target, so no score
    targets = [line.get_xdata()[0] for line in ax.lines if line.get_linewidth() == 2.2
               and len(line.get_xdata()) == 2]  # fmt: skip
    assert targets == pytest.approx([90] * 5)
    whiskers = [line.get_xdata() for line in ax.lines if line.get_marker() == "|"
                and len(line.get_xdata()) == 2]  # fmt: skip
    assert any(np.allclose(ends, [60, 80]) for ends in whiskers)


def test_names_in_chinese():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CustValueWarning)  # where no font has the characters
        ax = cv.plot.scorecard(sc.evaluate("value-crm-monitor", {}), language="zh")
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert len(names) == 7
    assert ax.get_xlabel() in ("得分", "□□")


def test_which_of_several_units():
    system = sc.EvaluationSystem.of(sc.Indicator("a", "A", low=0, high=1))
    found = sc.evaluate(system, {"a": [0.2, 0.8]}, units=["north", "south"])
    ax = cv.plot.scorecard(found, unit="south")
    assert "80" in said(ax)
    for unit in (None, "east"):
        with pytest.raises(InvalidDataError, match="'north'; 'south'"):
            cv.plot.scorecard(found, unit=unit)
    with pytest.raises(InvalidDataError, match="must be an Evaluation"):
        cv.plot.scorecard(system)
