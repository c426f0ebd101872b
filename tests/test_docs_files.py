"""The files shown in the documentation can be loaded, and say what the text says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

import custvalue as cv

PAGE = Path(__file__).parents[1] / "docs" / "files.md"


@pytest.fixture(scope="module")
def shown():
    blocks = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), flags=re.S)
    return {content["spec"]: content for content in map(tomllib.loads, blocks)}


def test_the_model(shown):
    model = cv.maturity.load(shown["custvalue.maturity/1"], profile="retail")
    assert [part.weight for part in model.components] == [3.0, 1.0]
    found = cv.maturity.assess(model, [["yes", "partly", "yes"], ["partly", "yes", "partly"]])
    assert found.level.tolist() == [2.0, 1.0]
    assert cv.maturity.roadmap(found, 2, organisation=1).item.tolist() == [
        "desk.hours", "follow-up.calls"
    ]  # fmt: skip


def test_the_system(shown):
    system = cv.scorecard.load(shown["custvalue.scorecard/1"])
    csat = system.indicator("csat")
    assert csat.policy("2025-12-31").kind == "static"
    assert csat.policy("2026-01-01").kind == "rolling"
    found = cv.scorecard.evaluate(system, {"csat": 0.86, "revenue": 100.0}, as_of="2025-12-31")
    assert found.status[:, 0].tolist() == ["acceptable", "not judged"]
    assert found.scores[0, 0] == pytest.approx(60.0)
    assert np.isnan(found.scores[1, 0])
    weights = cv.scorecard.load(system, profile="retail").weights
    assert weights == pytest.approx({"csat": 0.75, "revenue": 0.25})


def test_every_key_and_choice_of_a_threshold_is_on_the_page():
    text = PAGE.read_text("utf-8")
    from custvalue.scorecard.policy import KINDS

    for kind in KINDS:
        assert f"| `{kind}`" in text
