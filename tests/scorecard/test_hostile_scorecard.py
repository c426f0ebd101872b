"""Scorecards, given what users give by mistake, and what is rare but right."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue import scorecard as sc
from custvalue.errors import InvalidDataError

NAN = float("nan")


def two(**rules):
    return sc.EvaluationSystem.of(
        sc.Indicator("a", "A", low=0, high=1), sc.Indicator("b", "B", low=0, high=100), **rules
    )


def readings(found, name):
    row = found.system.indicator_ids.index(name)
    return dict(zip(found.unit.tolist(), found.reading[row].tolist(), strict=True))


# ---- which value is of which unit


def test_units_stand_in_the_order_of_their_groups_not_of_their_text():
    shops = pd.DataFrame({"shop": np.arange(1, 13), "score": [5] * 6 + [1] * 6})
    found = sc.evaluate(
        two(), {"a": cv.satisfaction.csat(shops, "score", by="shop"), "b": np.arange(1, 13)}
    )
    assert readings(found, "a") == {str(i): float(i <= 6) for i in range(1, 13)}
    assert readings(found, "b") == {str(i): float(i) for i in range(1, 13)}


def test_groups_whose_labels_read_the_same_are_refused():
    table = pd.DataFrame({"m": ["x / y", "x"], "n": ["z", "y / z"], "score": [5, 1]})
    with pytest.raises(InvalidDataError, match="label of its own"):
        sc.evaluate(two(), {"a": cv.satisfaction.csat(table, "score", by=["m", "n"])})


def test_the_index_of_a_column_names_its_units():
    share = pd.Series({"south": 0.2, "north": 0.9})
    table = pd.DataFrame({"branch": ["north", "south"], "days": [10, 20]})
    found = sc.evaluate(two(), {"a": share, "b": table.groupby("branch")["days"].mean()})
    assert readings(found, "a") == {"north": 0.9, "south": 0.2}
    assert readings(found, "b") == {"north": 10.0, "south": 20.0}
    pair = sc.evaluate(two(), {"a": (share, share / 10), "b": share})
    assert pair.lower[0].tolist() == pytest.approx([0.9 - 0.1764, 0.2 - 0.0392], abs=1e-4)
    numbered = table.groupby(pd.Series([7, 3], name="branch"))["days"].mean()
    assert readings(sc.evaluate(two(), {"b": numbered}), "b") == {"3": 20.0, "7": 10.0}
    with pytest.raises(InvalidDataError, match="groups that are units"):
        sc.evaluate(two(), {"a": share}, units=["east", "north"])
    with pytest.raises(InvalidDataError, match="same index"):
        sc.evaluate(two(), {"a": (share, share[::-1])})
    with pytest.raises(InvalidDataError, match="label of its own"):
        sc.evaluate(two(), {"a": pd.Series([0.1, 0.2], index=["x", "x"])})


def test_rows_by_number_name_no_units():
    rows = pd.DataFrame({"share": [0.1, 0.2, 0.3]}).query("share > 0.15")
    found = sc.evaluate(two(), {"a": rows["share"]}, units=["x", "y"])
    assert readings(found, "a") == {"x": 0.2, "y": 0.3}


def test_labels_of_units():
    given = {"a": [0.1, 0.2]}
    for units in (pd.Index(["x", "y"]), pd.Series(["x", "y"]), pd.Categorical(["x", "y"])):
        assert sc.evaluate(two(), given, units=units).unit.tolist() == ["x", "y"]
    for units, said in (
        ([None, "y"], "must not be missing"),
        ([NAN, 1], "must not be missing"),
        ({"x", "y"}, "got 'set'"),
        ("xy", "got 'str'"),
        ([["x", "y"]], "one for each unit"),
    ):
        with pytest.raises(InvalidDataError, match=said):
            sc.evaluate(two(), given, units=units)


# ---- records as readings


def test_an_assessment_is_a_reading():
    model = cv.maturity.load("customer-management")
    system = sc.EvaluationSystem.of(sc.Indicator("maturity", "Maturity", low=0, high=5))
    one = cv.maturity.assess(model, [[3, 3, 2, 2, 1] * 4])
    assert sc.evaluate(system, {"maturity": one}).value == pytest.approx(20 * one.value[0])
    sheets = pd.DataFrame([[3] * 20, [1] * 20], columns=model.item_ids).assign(who=["B", "A"])
    many = cv.maturity.assess(model, sheets, organisation="who")
    found = sc.evaluate(system, {"maturity": many})
    assert dict(zip(found.unit, found.value, strict=True)) == {"A": 20.0, "B": 60.0}
    change = sc.change_since(many, many)
    assert change.groups["organisation"].tolist() == ["A", "B"]
    two_rows = cv.maturity.assess(model, [[3] * 20, [1] * 20])
    named = sc.evaluate(system, {"maturity": two_rows}, units=["x", "y"])
    assert named.value.tolist() == [60.0, 20.0]


def test_bounds_must_be_those_of_the_value():
    trend = cv.satisfaction.share_trend([8, 9, 9], [10, 10, 10])  # bounds of shares, not of slope
    with pytest.raises(InvalidDataError, match="an interval for each value; got 'ShareTrend'"):
        sc.evaluate(two(), {"a": trend})


@pytest.mark.parametrize(
    "given", [sc.p_chart([8, 9], [10, 10]), sc.Threshold, {"north": 0.5}, two()]
)
def test_what_is_no_reading_is_named(given):
    with pytest.raises(InvalidDataError, match=f"got '{type(given).__name__}'"):
        sc.evaluate(two(), {"a": given})


# ---- bounds


def test_a_value_given_by_hand_lies_between_its_bounds():
    for given in ((0.81, 0.85, 0.89), sc.Reading(0.9, 0.7, 0.8), ([0.5, 0.1], 0.2, 0.6)):
        with pytest.raises(InvalidDataError, match="value first"):
            sc.evaluate(two(), {"a": given})
    rounded = sc.evaluate(two(), {"a": (0.8, 0.8 + 1e-12, 0.9)})
    assert rounded.value == pytest.approx(80.0)


def test_a_bound_on_the_wrong_side_of_the_value_does_not_turn_around():
    past = sc.history(
        pd.DataFrame({"indicator": "a", "date": "2026-01-31", "value": [0.5], "l": 0.6, "u": 0.7}),
        lower="l", upper="u",
    )  # fmt: skip
    found = sc.evaluate(two(), past)
    assert found.interval() == pytest.approx((50.0, 70.0))
    assert found.interval(dependence="comonotone") == pytest.approx((50.0, 70.0))
    half = sc.evaluate(two(), {"a": (0.5, NAN, 0.7)})
    assert half.interval() == pytest.approx((50.0, 70.0))


def test_bounds_of_what_has_no_weight_are_none_of_the_whole():
    system = sc.EvaluationSystem.of(
        sc.Indicator("a", "A", low=0, high=1), sc.Indicator("b", "B", low=0, high=1, weight=0)
    )
    found = sc.evaluate(system, {"a": 0.5, "b": (0.5, 0.4, 0.6)})
    assert found.known_bounds == 0.0
    assert np.isnan(found.interval()).all()
