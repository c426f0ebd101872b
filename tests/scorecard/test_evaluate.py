"""Evaluation: statuses over time, scores and their bounds, units, laws, and input that is wrong."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import custvalue as cv
from custvalue import scorecard as sc
from custvalue.errors import InvalidDataError

NAN = float("nan")
HOW = ("weighted_mean", "geometric", "harmonic", "min")


def shares(*names, **rules):
    return sc.EvaluationSystem.of(
        *(sc.Indicator(n, n, "d", low=0, high=1) for n in names), **rules
    )  # fmt: skip


# ---- from records of other areas


def test_records_of_other_areas_are_read_with_their_bounds():
    nps = cv.satisfaction.nps([10] * 50 + [7] * 30 + [2] * 20)
    csat = cv.satisfaction.csat([5] * 60 + [4] * 25 + [2] * 15)
    win_back = cv.churn.WinBack(churned=200, returned=24, within=60)
    system = sc.EvaluationSystem.of(
        sc.Indicator("nps", "NPS", "loyalty", low=-1, high=1),
        sc.Indicator("csat", "CSAT", "satisfaction", low=0, high=1),
        sc.Indicator("win-back", "Win-back", "loyalty", low=0, high=1),
    )
    found = sc.evaluate(system, {"nps": nps, "csat": csat, "win-back": win_back}, level=0.9)
    for i, record in enumerate((nps, csat, win_back)):
        assert found.reading[i, 0] == record.value
        assert (found.lower[i, 0], found.upper[i, 0]) == tuple(record.interval(0.9))
    assert found.scores[:, 0] == pytest.approx([65, 85, 12])
    assert found.value == pytest.approx(((65 + 12) / 2 + 85) / 2)
    assert found.known_bounds == found.scored == found.coverage == 1.0


def test_groups_become_units():
    table = pd.DataFrame({"a": [5, 5, 1, 4], "n": [10, 9, 0, 3], "city": ["x", "y", "x", "y"]})
    system = sc.EvaluationSystem.of(
        sc.Indicator("csat", "CSAT", low=0, high=1), sc.Indicator("nps", "NPS", low=-1, high=1)
    )
    found = sc.evaluate(
        system,
        {
            "csat": cv.satisfaction.csat(table, "a", by="city"),
            "nps": cv.satisfaction.nps(table.query("city == 'y'"), "n", by="city"),
        },
    )
    assert found.unit.tolist() == ["x", "y"]
    assert found.reading.tolist() == [[0.5, 1.0], [pytest.approx(NAN, nan_ok=True), 0.0]]
    assert found.status.tolist() == [["not judged"] * 2, ["no data", "not judged"]]
    assert found.coverage.tolist() == [0.5, 1.0]
    assert found.value.tolist() == [50.0, 75.0]
    assert found.count("no data").tolist() == [1, 0]


# ---- scores by hand


def test_scores_by_range_target_and_lines():
    share = sc.Indicator("a", "A", low=-1, high=1)
    assert share.scores([-1, 0, 0.5, 1]).tolist() == [0, 50, 75, 100]
    less = sc.Indicator("a", "A", low=0, high=4, direction="down")
    assert less.scores([0, 1, 4]).tolist() == [100, 75, 0]
    more = sc.Indicator("a", "A")
    assert more.scores([50, 100, 120, -3], target=100).tolist() == [50, 100, 100, 0]
    assert np.isnan(more.scores([50, NAN, 50], target=[NAN, 1, 0])).all()
    cost = sc.Indicator("a", "A", direction="down")
    assert cost.scores([50, 100, 200, 0], target=100).tolist() == [100, 100, 50, 100]
    lines = sc.Indicator("a", "A", scoring="lines")
    assert lines.scores([70, 80, 85, 90, 99], target=90, floor=80).tolist() == [0, 0, 50, 100, 100]
    assert np.isnan(lines.scores(85, target=NAN, floor=80))
    down = sc.Indicator("a", "A", scoring="lines", direction="down")
    assert down.scores([5, 3, 2, 1], target=2, floor=4).tolist() == [0, 50, 100, 100]


@pytest.mark.parametrize(
    ("how", "score"),
    [("weighted_mean", 50), ("geometric", 44.26727678801286), ("harmonic", 38.4), ("min", 20)],
)
def test_how_much_makes_up_for_what(how, score):
    found = sc.evaluate(
        shares("a", "b", "c", "d", aggregation=how), {"a": 0.8, "b": 0.6, "c": 0.4, "d": 0.2}
    )
    assert found.value == pytest.approx(score, rel=1e-13)
    parts = sc.EvaluationSystem.of(
        *(sc.Indicator(n, n, n, low=0, high=1) for n in "abcd"), overall=how
    )  # fmt: skip
    found = sc.evaluate(parts, {"a": 0.8, "b": 0.6, "c": 0.4, "d": 0.2})
    assert found.value == pytest.approx(score, rel=1e-13)


def test_missing_indicators():
    read = {"a": 0.8, "b": 0.2}
    reweighted = sc.evaluate(shares("a", "b", "c"), read)
    assert reweighted.value == pytest.approx(50)
    assert reweighted.coverage == reweighted.scored == pytest.approx(2 / 3)
    assert sc.evaluate(shares("a", "b", "c", missing="lowest"), read).value == pytest.approx(
        100 / 3
    )
    assert np.isnan(sc.evaluate(shares("a", "b", "c", missing="none"), read).value)
    assert np.isnan(sc.evaluate(shares("a", "b", "c", minimum_coverage=0.7), read).value)
    assert np.isnan(sc.evaluate(shares("a", "b", minimum_coverage=0.0), {}).value)
    two = sc.EvaluationSystem.of(*(sc.Indicator(n, n, n[0], low=0, high=1)
                                   for n in ("a1", "a2", "b1")), weights={"a": 0.6})  # fmt: skip
    some = sc.evaluate(two, {"a1": 0.5})  # half of a dimension, most of none
    assert some.dimension_scores[:, 0].tolist() == [50.0, pytest.approx(NAN, nan_ok=True)]
    assert some.scored == pytest.approx(0.1875)
    assert np.isnan(some.value)


def test_stale_values():
    def system(stale):
        old = sc.Indicator("a", "A", low=0, high=1, max_age=90)
        return sc.EvaluationSystem.of(old, sc.Indicator("b", "B", low=0, high=1), stale=stale)

    read = {"a": sc.Reading(0.2, date="2026-01-01"), "b": sc.Reading(0.8, date="2026-04-02")}
    flagged = sc.evaluate(system("flag"), read)
    assert flagged.as_of == dt.date(2026, 4, 2)
    assert flagged.age.tolist() == [[91.0], [0.0]]
    assert flagged.stale.tolist() == [[True], [False]]
    assert flagged.value == pytest.approx(50)
    assert "stale=1" in repr(flagged)
    assert sc.evaluate(system("leave_out"), read).value == pytest.approx(80)
    assert not sc.evaluate(system("flag"), read | {"b": 0.8}, as_of="2026-04-01").stale.any()


def test_bounds_of_a_weighted_mean_are_movers():
    system = sc.EvaluationSystem.of(
        sc.Indicator("a", "A", "x", low=0, high=1, weight=3),
        sc.Indicator("b", "B", "x", low=0, high=1),
        sc.Indicator("c", "C", "y", low=0, high=1, direction="down"),
        weights={"x": 2},
    )
    found = sc.evaluate(system, {"a": (0.5, 0.4, 0.7), "b": 0.2, "c": (0.3, 0.2, 0.6)})
    weight = [2 / 3 * 3 / 4, 2 / 3 / 4, 1 / 3]
    middle = 100 * (weight[0] * 0.5 + weight[1] * 0.2 + weight[2] * 0.7)
    assert found.value == pytest.approx(middle)
    low, high = found.interval()
    assert low == pytest.approx(middle - 100 * np.hypot(weight[0] * 0.1, weight[2] * 0.3))
    assert high == pytest.approx(middle + 100 * np.hypot(weight[0] * 0.2, weight[2] * 0.1))
    low, high = found.interval(dependence="comonotone")
    assert low == pytest.approx(middle - 100 * (weight[0] * 0.1 + weight[2] * 0.3))
    assert high == pytest.approx(middle + 100 * (weight[0] * 0.2 + weight[2] * 0.1))
    assert found.known_bounds == pytest.approx(weight[0] + weight[2])
    frame = found.dimensions_frame()
    assert frame["dimension"].tolist() == ["x", "y", "overall"]
    assert frame["score"].tolist()[2] == pytest.approx(middle)
    assert frame["lower"].tolist()[1] == pytest.approx(40)


def test_without_bounds_nothing_is_said_to_be_exact():
    found = sc.evaluate(shares("a", "b"), {"a": 0.5, "b": 0.2})
    assert np.isnan(found.interval()).all()
    assert found.known_bounds == 0.0
    assert not found.certain.any()


def test_a_pair_is_a_value_and_its_standard_error():
    found = sc.evaluate(shares("a"), {"a": (0.5, 0.1)}, level=0.9)
    assert found.upper[0, 0] == pytest.approx(0.5 + 1.6448536269514722 * 0.1, rel=1e-12)


def test_a_status_is_certain_if_both_bounds_have_it():
    one = sc.Indicator("a", "A", low=0, high=1, thresholds=sc.Threshold(0.9, 0.8, 0.7))
    system = sc.EvaluationSystem.of(one)
    for bounds, certain in (((0.81, 0.89), True), ((0.79, 0.89), False), ((0.81, 0.9), False)):
        found = sc.evaluate(system, {"a": (0.85, *bounds)})
        assert found.status[0, 0] == "acceptable"
        assert found.certain[0, 0] == certain


# ---- over time


def monthly(values, name="a", first="2024-01-31"):
    days = pd.date_range(first, periods=len(values), freq="ME")
    return sc.history(pd.DataFrame({"indicator": name, "date": days, "value": values}))


def test_a_past_verdict_can_be_had_again():
    rng = np.random.default_rng(5)
    values = rng.uniform(0.5, 0.9, 30)
    policies = [
        sc.ThresholdPolicy(target=0.8, warning=0.7, floor=0.6),
        sc.ThresholdPolicy("rolling", 0.5, -0.5, -1.5, since="2025-01-01", hysteresis=0.02),
        sc.ThresholdPolicy("quantile", 0.8, 0.5, 0.2, since="2026-01-01"),
    ]
    system = sc.EvaluationSystem.of(sc.Indicator("a", "A", low=0, high=1, thresholds=policies))
    whole = monthly(values)
    for n in range(1, 31):
        day = whole.day[n - 1]
        then = sc.evaluate(system, monthly(values[:n]), as_of=day)
        now = sc.evaluate(system, whole, as_of=day)
        assert dataclasses.replace(now, notes={}) == then
    assert now.notes == {}
    assert system.indicator("a").policy("2025-12-31").kind == "rolling"


def test_rolling_lines_are_of_the_values_before():
    values = np.r_[np.linspace(0.5, 0.6, 11), 0.9]
    policy = sc.ThresholdPolicy("rolling", 0, -1, -2)
    system = sc.EvaluationSystem.of(sc.Indicator("a", "A", low=0, high=1, thresholds=policy))
    found = sc.evaluate(system, monthly(values))
    assert found.target[0, 0] == pytest.approx(values[:-1].mean(), rel=1e-14)
    early = sc.evaluate(system, monthly(values), as_of="2024-07-31")
    assert early.status[0, 0] == "not judged"
    given_apart = sc.evaluate(
        system, {"a": sc.Reading(0.9, date="2024-12-31")}, history=monthly(values[:-1])
    )
    assert given_apart == found


def test_year_on_year_by_unit():
    days = pd.to_datetime(["2024-03-31", "2024-06-30", "2025-03-31", "2025-06-30"])
    table = pd.DataFrame({"indicator": "a", "date": days, "value": [10.0, 20, 11, 19],
                          "shop": ["n", "s", "n", "s"]})  # fmt: skip
    policy = sc.ThresholdPolicy("year_on_year", target=0.05, floor=0.0)
    system = sc.EvaluationSystem.of(sc.Indicator("a", "A", thresholds=policy))
    found = sc.evaluate(system, sc.history(table, unit="shop"))
    assert found.target.tolist() == [[pytest.approx(10.5), pytest.approx(21)]]
    assert found.status.tolist() == [["on target", "critical"]]
    assert found.age.tolist() == [[91.0, 0.0]]


def test_hysteresis_goes_through_the_past_or_the_last_evaluation():
    line = sc.Threshold(target=0.8, hysteresis=0.05)
    system = sc.EvaluationSystem.of(sc.Indicator("a", "A", low=0, high=1, thresholds=line))
    rows = [0.9, 0.79, 0.82, 0.84, 0.86, 0.81]
    wanted = ["on target", "warning", "warning", "warning", "on target", "on target"]
    past, last = monthly(rows), None
    for day, value, status in zip(past.day, rows, wanted, strict=True):
        assert sc.evaluate(system, past, as_of=day).status[0, 0] == status
        last = sc.evaluate(system, {"a": value}, previous=last)
        assert last.status[0, 0] == status


def test_peers_are_the_units_or_those_given():
    policy = sc.ThresholdPolicy("peers", target=0.75, warning=0.5, floor=0.25)
    system = sc.EvaluationSystem.of(sc.Indicator("a", "A", thresholds=policy))
    values = np.arange(9.0)
    found = sc.evaluate(system, {"a": values})
    assert found.status[0].tolist() == (
        ["critical"] * 2 + ["warning"] * 2 + ["acceptable"] * 2 + ["on target"] * 3
    )
    given_apart = sc.evaluate(system, {"a": 5.0}, peers={"a": values})
    assert given_apart.status[0, 0] == "acceptable"
    assert sc.evaluate(system, {"a": 5.0}).status[0, 0] == "not judged"


# ---- the record


def example(units=3):
    rng = np.random.default_rng(8)
    system = sc.load("enterprise-evaluation").with_thresholds({
        "csat": sc.Threshold(0.9, 0.8, 0.7), "response-time": sc.Threshold(4, 8, direction="down"),
        "market-entry": sc.Threshold(6, direction="down"), "sales-growth": sc.Threshold(0.1),
    })  # fmt: skip
    read = {}
    for one in system.indicators:
        low, high = (0.1 if one.low is None else one.low), (1.0 if one.high is None else one.high)
        value = rng.uniform(low, high, units)
        read[one.id] = (value, 0.02 * (high - low))
    return system, read


def test_thresholds_of_the_wrong_direction_are_refused():
    with pytest.raises(InvalidDataError, match="less is better"):
        sc.load("enterprise-evaluation").with_thresholds({"response-time": sc.Threshold(8, 4)})


def test_many_units_are_each_as_if_alone():
    system, read = example(5)
    read = {name: (value, np.full(5, error)) for name, (value, error) in read.items()}
    together = sc.evaluate(system, read, units=list("abcde"), as_of="2026-01-31")
    alone = [
        sc.evaluate(
            system, {name: tuple(x[i : i + 1] for x in pair) for name, pair in read.items()},
            units=["abcde"[i]], as_of="2026-01-31",
        )
        for i in range(5)
    ]  # fmt: skip
    total = alone[0] + alone[1] + alone[2] + alone[3] + alone[4]
    assert total == together
    assert together.value.tolist() == [one.value for one in alone]
    assert together.interval()[0].tolist() == [one.interval()[0] for one in alone]
    with pytest.raises(InvalidDataError, match="in one of the records only"):
        together + alone[0]
    with pytest.raises(InvalidDataError, match="level"):
        alone[0] + dataclasses.replace(alone[1], level=0.9)


def test_it_travels_as_json():
    system, read = example()
    read = {name: (value, np.full(3, error)) for name, (value, error) in read.items()}
    found = sc.evaluate(system, read, as_of="2026-01-31", evidence={"csat": "faster", "sales": "x"})
    back = sc.Evaluation.from_dict(json.loads(json.dumps(found.to_dict())))
    assert back == found
    assert back.value.tolist() == found.value.tolist()
    broken = found.to_dict() | {"level": 2}
    with pytest.raises(InvalidDataError, match="level"):
        sc.Evaluation.from_dict(broken)
    with pytest.raises(InvalidDataError, match="shape"):
        sc.Evaluation.from_dict(found.to_dict() | {"age": found.to_dict()["unit"] and [1.0]})


def test_frames_in_both_languages():
    system, read = example(1)
    read = {name: (float(value[0]), error) for name, (value, error) in read.items()}
    found = sc.evaluate(system, read, evidence={"csat": "faster"})
    zh = found.indicators_frame("zh")
    assert zh["name"][4] == "满意客户占比"
    assert set(zh["status"]) <= {"无数据", "未评定", "严重不达标", "预警", "可接受", "达标"}
    assert found.to_frame().loc[4, "evidence"] == "faster"
    assert "unit" not in found.to_frame().columns
    assert found.dimensions_frame("zh")["name"].tolist()[-1] == "总体"
    goals = found.goals_frame("zh").set_index("goal")["score"]
    places = [system.indicator_ids.index(n) for n in system.indicators_for("loyalty")]
    assert goals["loyalty"] == pytest.approx(found.scores[places, 0].mean())


def test_the_frame_is_of_the_callers_kind():
    pl = pytest.importorskip("polars")
    table = pl.DataFrame({"indicator": ["csat"], "date": ["2026-01-31"], "value": [0.8]})
    system = sc.EvaluationSystem.of(sc.Indicator("csat", "CSAT", low=0, high=1))
    found = sc.evaluate(system, sc.history(table))
    assert isinstance(found.to_frame(), pl.DataFrame)
    assert isinstance(sc.history(table).to_frame(), pl.DataFrame)


# ---- laws


VALUES = st.lists(st.floats(0, 1), min_size=4, max_size=4)
WEIGHTS = st.lists(st.floats(0.1, 10), min_size=4, max_size=4)


def four(weights, how):
    return sc.EvaluationSystem.of(
        *(sc.Indicator(f"i{k}", "I", "xxyy"[k], low=0, high=1, weight=w,
                       direction="uudd"[k].replace("u", "up").replace("d", "down"))
          for k, w in enumerate(weights)),
        aggregation=how, overall=how,
    )  # fmt: skip


def scored(system, values):
    return sc.evaluate(system, {f"i{k}": v for k, v in enumerate(values)}).value


@given(VALUES, WEIGHTS, st.sampled_from(HOW), st.integers(0, 3), st.floats(0, 1))
def test_a_better_reading_never_lowers_the_score(values, weights, how, place, other):
    system = four(weights, how)
    changed = [*values[:place], other, *values[place + 1 :]]
    better = other >= values[place] if place < 2 else other <= values[place]
    before, after = scored(system, values), scored(system, changed)
    assert (after >= before - 1e-9) if better else (after <= before + 1e-9)


@given(VALUES, WEIGHTS, st.sampled_from(HOW), st.floats(0.01, 100))
def test_weights_are_free_of_scale_and_order(values, weights, how, scale):
    score = scored(four(weights, how), values)
    assert 0.0 <= score <= 100.0
    assert scored(four([scale * w for w in weights], how), values) == pytest.approx(score, abs=1e-9)
    turned = four(weights, how).declaration
    turned = sc.load({**turned, "indicators": turned["indicators"][::-1]})
    assert scored(turned, values) == pytest.approx(score, abs=1e-9)


@given(VALUES, WEIGHTS, st.sampled_from(HOW), st.lists(st.floats(0, 0.5), min_size=8, max_size=8))
def test_bounds_hold_the_score_and_comonotone_ones_are_wider(values, weights, how, off):
    read = {
        f"i{k}": (v, max(0.0, v - off[k]), min(1.0, v + off[k + 4])) for k, v in enumerate(values)
    }
    found = sc.evaluate(four(weights, how), read)
    low, high = found.interval()
    wide = found.interval(dependence="comonotone")
    assert 0.0 <= low <= found.value + 1e-9
    assert found.value - 1e-9 <= high <= 100.0
    assert wide[0] <= low + 1e-9 or how in ("geometric", "harmonic", "min")
    assert wide[0] <= found.value + 1e-9
    assert wide[1] >= found.value - 1e-9


# ---- input that is wrong


@pytest.mark.parametrize(
    ("read", "said"),
    [
        ({"z": 0.5}, "readings: must be one of 'a', 'b'"),
        ({"a": 1.2}, "must be at most 1"),
        ({"a": -0.1}, "must be at least 0"),
        ({"a": float("inf")}, "finite"),
        ({"a": "0.5"}, "must be numbers"),
        ({"a": None}, "must be numbers"),
        ({"a": (0.5, 0.6, 0.4)}, "lower bound"),
        ({"a": (0.5, -0.1)}, "at least 0"),
        ({"a": (1, 2, 3, 4)}, "4 entries"),
        ({"a": [[0.5]]}, "must be a number"),
        ({"a": [0.5, 0.6], "b": 0.5}, "as many units"),
        ({"a": ([0.5, 0.6], [0.1, 0.2, 0.3], 0.9)}, "bounds for each"),
        ([0.5], "mapping of indicators"),
        (None, "mapping of indicators"),
    ],
)
def test_bad_readings(read, said):
    with pytest.raises(InvalidDataError, match=said):
        sc.evaluate(shares("a", "b"), read)


def test_bad_arguments():
    system, day = shares("a"), sc.Reading(0.5, date="2026-02-01")
    for options, said in (
        ({"as_of": "2026-01-31"}, "before the day of a reading"),
        ({"as_of": "yesterday"}, "must be a day"),
        ({"units": ["x", "x"]}, "different labels"),
        ({"units": "x"}, "one for each unit"),
        ({"units": ["x", "y"]}, "value for each unit"),
        ({"level": 95}, "below 1"),
        ({"peers": {"b": [1]}}, "one of"),
        ({"peers": [1]}, "must map"),
        ({"evidence": {"b": "x"}}, "one of"),
        ({"evidence": "x"}, "must map"),
        ({"history": pd.DataFrame()}, "must be a History"),
        ({"previous": 5}, "must be an Evaluation"),
    ):
        with pytest.raises(InvalidDataError, match=said):
            sc.evaluate(system, {"a": day}, **options)
    with pytest.raises(InvalidDataError, match="both, or none"):
        sc.Reading(0.5, lower=0.4)
    found = sc.evaluate(system, {"a": day})
    for bad in (lambda: found.interval(0.9), lambda: found.interval(dependence="some"),
                lambda: found.count("fine")):  # fmt: skip
        with pytest.raises(InvalidDataError):
            bad()


def test_bad_histories():
    good = {"indicator": ["a", "a"], "date": ["2026-01-31", "2026-02-28"], "value": [0.5, 0.6]}
    for change, said in (
        ({"date": ["2026-01-31"] * 2}, "one value of an indicator for each day"),
        ({"date": ["2026-01-31", None]}, "missing"),
        ({"date": ["2026-01-31", "soon"]}, "dates"),
        ({"value": ["a", "b"]}, "numeric"),
        ({"value": [0.5, float("inf")]}, "finite"),
        ({"indicator": ["a", None]}, "missing"),
    ):
        with pytest.raises(InvalidDataError, match=said):
            sc.history(pd.DataFrame(good | change))
    with pytest.raises(InvalidDataError, match="both, or none"):
        sc.history(pd.DataFrame(good), lower="value")
    past = sc.history(pd.DataFrame(good))
    with pytest.raises(InvalidDataError, match="one value"):
        past + past
    with pytest.raises(InvalidDataError, match="one of 'b'"):
        sc.evaluate(shares("b"), past)
    assert len(past + sc.history(pd.DataFrame(good | {"date": ["2025-01-31", "2025-02-28"]}))) == 4
    assert len(sc.history(pd.DataFrame(good).head(0))) == 0


def test_an_empty_history_is_an_evaluation_without_data():
    empty = monthly([0.5]).until("2020-01-01")
    found = sc.evaluate(shares("a"), empty, as_of="2020-01-01")
    assert len(found) == 0
    assert sc.evaluate(shares("a"), empty, units=["x"]).status.tolist() == [["no data"]]


def test_coded_themes_stand_beside_the_numbers():
    coded = pd.DataFrame({"talk": [1, 1, 2, 2, 3, 3], "coder": list("xyxyxy"),
                          "theme": ["wait", "wait", "wait", "price", None, None]})  # fmt: skip
    said = sc.themes(coded, unit="talk", coder="coder", theme="theme")
    found = sc.evaluate(shares("a"), {"a": 0.5}, evidence={"a": said})
    assert found.evidence["a"] == f"wait 33% (units 3, alpha {said.overall_alpha:.2f})"
    assert found.notes == {"evidence on which coders do not agree": 1}
    alone = sc.themes(coded.query("coder == 'x'"), unit="talk", theme="theme")
    found = sc.evaluate(shares("a"), {"a": 0.5}, evidence={"a": alone})
    assert found.evidence["a"] == "wait 67% (units 3)"
    assert found.notes == {}
