"""Records that have a picture draw it themselves."""

from __future__ import annotations

import inspect
import warnings

import pytest

import example_records
from custvalue import plot

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def records():
    return example_records.examples()


DRAWN = [
    "Assessment", "CSAT", "CUSUMChart", "Change", "Cohorts", "Drivers", "EWMAChart", "Evaluation",
    "GrowthAccounting", "HoldoutValidation", "ImportancePerformance", "ImprovementPlan", "Kano",
    "KaplanMeier", "LifetimeValues", "Migration", "NPS", "PChart", "ProfitCurve", "RFMScores",
    "Ranking", "RetentionCurve", "Roadmap",
]  # fmt: skip


def test_these_have_a_picture(records):
    assert sorted(name for name, one in records.items() if hasattr(one, "plot")) == DRAWN


@pytest.mark.parametrize("name", DRAWN)
def test_a_record_draws_its_picture(records, name):
    record = records[name]
    options = {"as_of": "2026-01-31"} if name == "ImprovementPlan" else {}
    if "group" in inspect.signature(record.plot).parameters and getattr(record, "groups", {}):
        options["group"] = next(iter(record.groups.values()))[0]
    if name == "Assessment":
        options["organisation"] = record.organisation[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of small examples
        drawn = record.plot(**options)
    drawn.figure.canvas.draw()
    said = inspect.getdoc(type(record).plot)
    assert said.split("custvalue.plot.")[1].rstrip("`.") in plot.__all__
