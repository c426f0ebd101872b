"""Improvement plans: the example of the source, days and quarters, states, JSON, engines."""

from __future__ import annotations

import datetime as dt
import json
import math

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue.errors import ColumnNotFoundError, InvalidDataError
from custvalue.scorecard import (
    ImprovementAction,
    ImprovementPlan,
    PlanStatus,
    before_after,
    change_since,
)


def action(name="A1", **fields):
    return ImprovementAction(name, "Answer within a day", **fields)


def refused(make, *words):
    with pytest.raises(InvalidDataError) as caught:
        make()
    for word in words:
        assert word in str(caught.value)


def plan():
    return ImprovementPlan(
        [
            action("late", owner="R&D", due="2023-Q3", indicator="csat", expected_effect=0.05),
            action("later", owner="Sales", due="2023-06-30", status="in progress"),
            action("done", owner="Support", due="2023-06-30", status="done", done_at="2023-07-15"),
            action("undated", owner="Support", status="done", indicator="csat"),
            action("ahead", due="2024-Q1", indicator="effort"),
            action("dropped", owner="R&D", due="2023-Q1", status="cancelled"),
        ]
    )


def test_the_example_of_the_source():
    """Department R&D, 2023 Q3, optimise product functions: concrete, responsible, dated."""
    found = ImprovementAction("1", "优化产品功能", owner="研发部", due="2023 Q3")
    assert found.due == dt.date(2023, 9, 30)
    assert found.missing == ()
    assert not found.is_overdue("2023-09-30")
    assert found.is_overdue(dt.date(2023, 10, 1))


@pytest.mark.parametrize(
    ("text", "day"),
    [("2023-Q1", "2023-03-31"), ("2023Q2", "2023-06-30"), ("2023 q3", "2023-09-30"),
     ("2023-Q4", "2023-12-31"), ("1969-Q4", "1969-12-31"), ("2024-02-29", "2024-02-29"),
     (dt.date(2024, 1, 2), "2024-01-02"), (dt.datetime(2024, 1, 2, 23), "2024-01-02"),
     (pd.Timestamp("2024-01-02 10:00", tz="Asia/Shanghai"), "2024-01-02"),
     (np.datetime64("2024-01-02T05"), "2024-01-02"), ("2024-01-02T23:59", "2024-01-02")],
)  # fmt: skip
def test_days(text, day):
    assert action(due=text).due == dt.date.fromisoformat(day)


def test_a_quarter_starts_on_its_first_day():
    assert action(start="2023-Q3").start == dt.date(2023, 7, 1)


@pytest.mark.parametrize("nothing", [None, math.nan, pd.NaT, pd.NA, ""])
def test_what_is_missing(nothing):
    assert action(owner=nothing).missing == ("owner", "due")
    assert action(due=nothing, effort=nothing, indicator=nothing) == action()


def test_states_by_day():
    found = plan()
    assert found.status("2023-07-01") == PlanStatus(
        "2023-07-01", open=2, overdue=2, closed=1, cancelled=1, notes={"done without a day": 1}
    )
    end = found.status("2023-12-31")
    assert (end.open, end.overdue, end.closed, end.cancelled) == (1, 2, 2, 1)
    assert end.shares == {"open": 0.2, "overdue": 0.4, "closed": 0.4}
    assert end.to_frame()["count"].tolist() == [1, 2, 2, 1]
    for day in ("2022-01-01", "2023-03-31", "2023-07-15", "2024-03-31", "2030-01-01"):
        status = found.status(day)
        assert status.total + status.cancelled == len(found)
        assert sum(status.shares.values()) == pytest.approx(1.0)


def test_overdue_the_latest_first():
    late = plan().overdue("2023-12-31")
    assert late["id"].tolist() == ["later", "late"]
    assert late["days"].tolist() == [184, 92]
    assert plan().overdue("2023-06-30")["id"].tolist() == []


def test_completeness():
    assert plan().completeness == pytest.approx(4 / 6)
    lacking = plan().incomplete()
    assert lacking["id"].tolist() == ["undated", "ahead"]
    assert lacking["missing"].tolist() == ["due", "owner"]
    assert ImprovementPlan([action()]).incomplete()["missing"].tolist() == ["owner and due"]
    assert math.isnan(ImprovementPlan().completeness)
    assert math.isnan(ImprovementPlan().status("2024-01-01").shares["open"])


def test_plans_of_different_actions_add():
    found = plan()
    parts = [ImprovementPlan(found.actions[:2]), ImprovementPlan(found.actions[2:])]
    assert sum(parts) == found
    assert found + ImprovementPlan() == found
    assert ImprovementPlan() + found == found
    refused(lambda: found + parts[0], "id: must differ", "late")
    with pytest.raises(TypeError):
        _ = found + 1


def test_effects_join_their_indicators():
    table = pd.DataFrame({"happy": [1] * 60 + [0] * 40 + [1] * 80 + [0] * 20,
                          "later": [False] * 100 + [True] * 100})  # fmt: skip
    shares = before_after(table, "happy", "later", measure="share")
    effort = change_since((2.5, 0.1), (2.1, 0.1), direction="down", level=0.9)
    found = plan().effect({"csat": shares}, level=0.9)
    assert found["id"].tolist() == ["late", "undated", "ahead"]
    assert found["expected_effect"].tolist()[0] == 0.05
    assert found["effect"].tolist()[:2] == pytest.approx([0.2, 0.2])
    assert (found["lower"][0], found["upper"][0]) == pytest.approx(shares.interval(0.9))
    assert found.loc[2, ["effect", "lower", "upper"]].isna().all()
    both = plan().effect({"csat": shares, "effort": effort}, level=0.9)
    assert both["effect"].tolist()[2] == pytest.approx(-0.4)
    assert len(ImprovementPlan().effect({})) == 0
    refused(lambda: plan().effect({"csta": shares}), "effects", "Did you mean 'csat'")
    refused(lambda: plan().effect({"csat": 0.2}), "effect on csat", "interval()")
    refused(lambda: plan().effect({"csat": effort}), "level", "0.95")
    refused(lambda: plan().effect([shares]), "effects", "indicators")
    by = cv.satisfaction.nps(pd.DataFrame({"q": [1, 9], "g": ["a", "b"]}), "q", by="g")
    refused(lambda: plan().effect({"csat": by}), "effect on csat", "one number")


def test_json():
    for record in (plan(), plan().actions[0], plan().status("2024-01-01"), ImprovementPlan()):
        assert type(record).from_dict(json.loads(json.dumps(record.to_dict()))) == record
    broken = plan().to_dict()
    broken["actions"][0]["status"] = "late"
    refused(lambda: ImprovementPlan.from_dict(broken), "status")


TABLE = {
    "id": ["A1", "A2", "A3"],
    "measure": ["Optimise product functions", "Answer within a day", "Ask why"],
    "owner": ["R&D", "Support", None],
    "due": ["2023-Q3", "2023-06-30", None],
    "state": ["in progress", "done", None],
    "finished": [None, dt.date(2023, 6, 12), None],
    "days": [20.0, None, 3.0],
    "gain": [0.05, 0.1, None],
    "what": ["csat", "csat", None],
}
COLUMNS = {"status": "state", "done_at": "finished", "effort": "days", "expected_effect": "gain",
           "indicator": "what"}  # fmt: skip


def test_engines(engine):
    found = ImprovementPlan.from_table(engine.frame(TABLE), **COLUMNS)
    expected = ImprovementPlan(
        [
            ImprovementAction("A1", "Optimise product functions", "R&D", "2023-09-30", effort=20,
                              status="in progress", expected_effect=0.05, indicator="csat"),
            ImprovementAction("A2", "Answer within a day", "Support", "2023-06-30", status="done",
                              expected_effect=0.1, indicator="csat", done_at="2023-06-12"),
            ImprovementAction("A3", "Ask why", effort=3),
        ]
    )  # fmt: skip
    assert found == expected
    for frame in (found.to_frame(), found.overdue("2024-01-01"), found.incomplete(),
                  found.effect({}), found.status("2024-01-01").to_frame()):  # fmt: skip
        assert engine.owns(frame)
    back = engine.pandas(found.to_frame())
    assert back["id"].tolist() == ["A1", "A2", "A3"]
    again = ImprovementPlan.from_table(
        found.to_frame(), status="status", done_at="done_at", effort="effort",
        expected_effect="expected_effect", indicator="indicator",
    )  # fmt: skip
    assert again == found


def test_dates_of_tables():
    table = pd.DataFrame({"id": [1, 2], "measure": ["a", "b"], "owner": ["x", "y"],
                          "due": pd.to_datetime(["2024-01-31", None])})  # fmt: skip
    found = ImprovementPlan.from_table(table)
    assert [a.id for a in found.actions] == ["1", "2"]
    assert [a.due for a in found.actions] == [dt.date(2024, 1, 31), None]
    assert len(ImprovementPlan.from_table(table[:0])) == 0


def test_bad_plans_are_refused():
    frame = pd.DataFrame(TABLE)
    refused(lambda: ImprovementPlan.from_table(frame.assign(due="soon")), "row 0", "due", "Q3")
    refused(lambda: ImprovementPlan.from_table(frame.assign(id="A1")), "id", "differ", "A1")
    refused(lambda: ImprovementPlan.from_table(frame.assign(measure=[None, "", " "])),
            "row 0", "measure", "given")  # fmt: skip
    with pytest.raises(ColumnNotFoundError, match="owner"):
        ImprovementPlan.from_table(frame.drop(columns="owner"))
    assert len(ImprovementPlan.from_table(frame.drop(columns="owner"), owner=None)) == 3
    refused(lambda: ImprovementPlan("A1"), "actions", "list")
    refused(lambda: ImprovementPlan([1]), "actions", "ImprovementAction")
    refused(lambda: ImprovementPlan(action()), "actions", "list")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"due": "2023-Q5"}, ("due", "Q3")),
        ({"due": "2023-09"}, ("due", "day")),
        ({"due": "2023-W30"}, ("due", "day")),
        ({"due": 20230930}, ("due", "day")),
        ({"due": np.datetime64("2023-09")}, ("due", "day")),
        ({"due": "0000-Q1"}, ("due",)),
        ({"owner": 7}, ("owner", "text")),
        ({"status": "finished"}, ("status", "in progress")),
        ({"status": None}, ("status",)),
        ({"done_at": "2024-01-01"}, ("status", "done_at")),
        ({"start": "2024-01-02", "due": "2024-01-01"}, ("due", "start")),
        ({"start": "2024-01-02", "status": "done", "done_at": "2024-01-01"}, ("done_at",)),
        ({"effort": -1}, ("effort", "at least 0")),
        ({"effort": "much"}, ("effort", "numbers")),
        ({"expected_effect": math.inf}, ("expected_effect", "finite")),
    ],
)
def test_bad_actions_are_refused(fields, words):
    refused(lambda: action(**fields), *words)


def test_bad_names_and_days_are_refused():
    refused(lambda: action(None), "id", "given")
    refused(lambda: action("  "), "id", "given")
    refused(lambda: action(1.5), "id", "text")
    refused(lambda: ImprovementAction("A1", ""), "measure", "given")
    refused(lambda: plan().status(None), "as_of", "day")
    refused(lambda: plan().overdue(pd.NaT), "as_of", "day")
    refused(lambda: action().state("today"), "as_of", "day")
    refused(lambda: PlanStatus("2024-01-01", open=1.5), "open", "whole")
    refused(lambda: PlanStatus("2024-01-01", closed=-1), "closed", "at least 0")
