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


# ---- thresholds and history


def test_numbers_of_columns_are_numbers():
    frame = pd.DataFrame({"low": [0], "target": np.array([0.5], dtype=np.float32)})
    line = sc.ThresholdPolicy(target=frame["target"].iloc[0], hysteresis=np.int64(0))
    one = sc.Indicator("a", "A", low=frame["low"].min(), high=np.int64(1), thresholds=line)
    assert (one.low, one.high, one.policy().target) == (0.0, 1.0, 0.5)
    found = two().with_weights({"a": np.int64(3), "b": np.float32(1)}).weights
    assert found == {"a": 0.75, "b": 0.25}


def test_what_is_not_by_id_is_refused():
    for wrong in (
        lambda: two().with_thresholds([sc.Threshold(1)]),
        lambda: two().with_weights([1, 2]),
        lambda: two().with_weights(None, [1]),
        lambda: sc.EvaluationSystem.of(sc.Indicator("a", "A"), weights=[1]),
    ):
        with pytest.raises(InvalidDataError, match="must be by id; got 'list'"):
            wrong()


def test_a_threshold_of_less_is_none_of_an_indicator_of_more():
    less = sc.Threshold(40, direction="down")
    with pytest.raises(InvalidDataError, match="direction of the indicator"):
        sc.Indicator("a", "A", thresholds=less)
    with pytest.raises(InvalidDataError, match="direction of the indicator"):
        two().with_thresholds({"a": less})
    assert sc.Indicator("a", "A", direction="down", thresholds=less).policy().target == 40.0


def test_the_mean_of_equal_values_is_that_value():
    for kind in ("rolling", "ewma"):
        policy = sc.ThresholdPolicy(kind, target=0, warning=-1)
        for value in (0.1, 0.7, 1 / 3, 1e9 / 7):
            found = policy.threshold([value] * 12)
            assert (found.target, found.warning) == (value, value)
            assert found.status(value) == "on target"


def test_lines_of_large_values_do_not_overflow():
    found = sc.ThresholdPolicy("rolling", target=0, floor=-1).threshold([1e200, -1e200] * 6)
    assert found.target == pytest.approx(0.0, abs=1e186)
    assert found.floor == pytest.approx(-1e200 * np.sqrt(12 / 11), rel=1e-12)


def test_gaps_are_no_values_of_a_window():
    policy = sc.ThresholdPolicy("rolling", target=0, window=3, at_least=2)
    assert policy.threshold([9, 1, 2, NAN, 3, NAN]).target == policy.threshold([1, 2, 3]).target


def test_the_first_year_has_none_before_it():
    system = two().with_thresholds({"a": sc.ThresholdPolicy("year_on_year", target=0)})
    assert sc.evaluate(system, {"a": sc.Reading(0.5, date="0001-03-01")}).status[0, 0] == (
        "not judged"
    )


@pytest.mark.parametrize("day", ["-0100-01-01", "12000-01-01"])
def test_days_that_dates_do_not_have(day):
    column = np.array([day], dtype="datetime64[D]")
    label, one = np.array(["a"], dtype=object), np.array([0.5])
    with pytest.raises(InvalidDataError, match="from year 1 to 9999"):
        sc.History(label, label, column, one, one, one)


@pytest.mark.parametrize(
    "policy",
    [
        {"kind": "rolling", "target": 0.5, "warning": 0, "floor": -1, "window": 4, "at_least": 3},
        {"kind": "ewma", "target": 0.5, "warning": 0, "floor": -1, "smoothing": 0.9, "at_least": 2},
        {"kind": "ewma", "target": 0.5, "warning": 0, "floor": -1},
        {"kind": "quantile", "target": 0.7, "warning": 0.4, "floor": 0.1},
        {"kind": "quantile", "target": 0.7, "floor": 0.1, "window": 5, "at_least": 2},
        {"kind": "year_on_year", "target": 0.01, "warning": -0.05},
        {"kind": "peers", "target": 0.7, "warning": 0.4, "floor": 0.1, "at_least": 2},
        {"kind": "static", "target": 0.6, "warning": 0.5, "floor": 0.4},
    ],
)
def test_hysteresis_through_gaps_is_that_of_one_evaluation_after_the_other(policy):
    rng = np.random.default_rng(5)
    days = pd.date_range("2023-01-31", periods=30, freq="ME")
    table = pd.DataFrame({"date": np.repeat(days, 3), "unit": np.tile(list("xyz"), 30)})
    table = table.assign(indicator="a", value=rng.uniform(0.3, 0.7, 90))[rng.random(90) < 0.7]
    past = sc.history(table, unit="unit")
    system = two().with_thresholds({"a": sc.ThresholdPolicy(**policy, hysteresis=0.05)})
    before = None
    for day in days:
        now = past.until(day)
        here = table[table["date"] == day].set_index("unit")["value"]
        read = here.reindex(list("xyz"))
        found = sc.evaluate(
            system,
            {"a": sc.Reading(read.to_numpy(), date=day)},
            units=list("xyz"),
            history=now,
            peers={"a": table[table["date"] <= day].groupby("unit")["value"].last()},
            previous=before,
        )
        if before is not None:  # without a value the last status stays
            kept = np.where(found.status_codes == 0, before.status_codes, found.status_codes)
            found = sc.Evaluation(**{**vars_of(found), "status_codes": kept})
        before = found
        direct = sc.evaluate(system, now, units=list("xyz"), as_of=day)
        fresh = ~np.isnan(read.to_numpy()) & (direct.age[0] == 0)
        assert direct.status_codes[0][fresh].tolist() == found.status_codes[0][fresh].tolist()


def vars_of(found):
    names = ("system", "unit", "reading", "lower", "upper", "target", "warning", "floor", "age")
    return {name: getattr(found, name) for name in names} | {"as_of": found.as_of}


# ---- charts, effects and what else is computed


def test_z_scores_lose_no_digits_where_all_are_large():
    wanted = np.array([-1.0, 0.0, 1.0]) * np.sqrt(1.5)
    for offset in (0.0, 1e9, 1e16, -1e16):
        found = sc.normalise(offset + np.array([2.0, 4.0, 6.0]), method="z")
        assert found == pytest.approx(wanted, abs=1e-15)
    assert sc.normalise([1.7e308, -1.7e308], method="z").tolist() == [1.0, -1.0]


def test_a_sum_that_rounding_leaves_has_left_nothing():
    chart = sc.cusum_chart([0.8, 0.4, 0.3, 6.5], target=0, standard_error=1)
    assert 0.0 < chart.upper[2] < 1e-15  # .3 - .1 - .2
    assert chart.shifts().values.tolist() == [["up", 3, 3, 6.5]]


BEFORE_AFTER = (3, 4, 0.5, 0.7, 0.1, 0.2)


@pytest.mark.parametrize("place", range(6))
@pytest.mark.parametrize("bad", [-1.5, "x", None, [0.5], float("inf"), 10**400])
def test_effects_hold_numbers(place, bad):
    fields = [*BEFORE_AFTER[:place], bad, *BEFORE_AFTER[place + 1 :]]
    if bad == -1.5 and place in (2, 3):
        assert np.isfinite(sc.BeforeAfter(*fields).value)
        return
    with pytest.raises(InvalidDataError):
        sc.BeforeAfter(*fields)


def test_records_from_json_that_was_changed_are_refused():
    did = pd.DataFrame({"o": range(8), "t": [0] * 4 + [1] * 4, "a": [0, 0, 1, 1] * 2})
    found = sc.evaluate(two(), {"a": [0.5, 0.6], "b": [1, 2]}, units=["x", "y"])
    for record, field, bad in (
        (sc.difference_in_differences(did, "o", "t", "a"), "standard_error", 10**400),
        (sc.difference_in_differences(did, "o", "t", "a"), "standard_error", []),
        (sc.sensitivity([[1, 2], [2, 1]], rng=1, draws=5), "swap",
         {"array": "<U1", "values": ["a", "b"]}),
        (sc.change_since((1, 0.1), (2, 0.1)), "previous", {"float": "inf"}),
        (found, "unit", {"array": "object", "values": ["x", "x"]}),
        (found, "unit", {"array": "object", "values": ["x", 1]}),
        (found, "reading", {"array": "float64", "values": [[0.5, 0.6, 1.0, 2.0]]}),
    ):  # fmt: skip
        with pytest.raises(InvalidDataError):
            type(record).from_dict(record.to_dict() | {field: bad})


def test_evidence_of_both_is_kept():
    one = sc.evaluate(two(), {"a": 0.5}, units=["x"], evidence={"a": "slow", "b": "fine"})
    other = sc.evaluate(two(), {"a": 0.6}, units=["y"], evidence={"a": "dear", "b": "fine"})
    assert (one + other).evidence == {"a": "slow; dear", "b": "fine"}


@pytest.mark.parametrize("level", ["aggregation", "overall"])
def test_a_minimum_that_several_share_may_be_higher_too(level):
    names = ("i0", "i1", "i2", "i3")
    system = sc.EvaluationSystem.of(
        *(sc.Indicator(n, n, "d" if level == "aggregation" else n, low=0, high=1) for n in names),
        **{level: "min"},
    )
    same = sc.evaluate(system, dict.fromkeys(names, (0.5, 0.4, 0.6)))
    assert same.interval() == pytest.approx((40.0, 60.0))
    rng = np.random.default_rng(3)
    near = {n: (0.5 + 0.05 * rng.standard_normal(4000), np.full(4000, 0.05)) for n in names}
    low, high = sc.evaluate(system, near).interval()
    # all four upper bounds must hold the truth: 0.975 ** 4
    assert np.mean((low <= 50) & (high >= 50)) == pytest.approx(0.9037, abs=0.02)


# ---- what others hold


def test_records_do_not_change_with_what_they_were_made_of():
    one, error, total = np.array([1.0, 2.0]), np.array([0.1, 0.2]), np.array([5.0, 6.0])
    period = np.array(["x", "y"])
    made = [
        sc.p_chart(one, total, period=period),
        sc.ewma_chart(one, error, period=period),
        sc.cusum_chart(one, 1.0, error, period=period),
        sc.change_since((one, error), (total, error)),
    ]
    found = sc.evaluate(two(), {"a": [0.5, 0.6]}, units=["x", "y"])
    arrays = [getattr(found, f).copy() for f in ("reading", "lower", "upper")]
    again = sc.Evaluation(found.system, found.unit, *arrays, found.target, found.warning,
                          found.floor, found.status_codes, found.age)  # fmt: skip
    before = [repr(record.to_dict()) for record in (*made, again)]
    for array in (one, error, total, *arrays):
        array[...] = 9.0
    period[...] = "z"
    assert [repr(record.to_dict()) for record in (*made, again)] == before


def test_what_is_kept_of_an_evaluation_cannot_be_written_to():
    found = sc.evaluate(two(), {"a": ([0.5, 0.6], 0.1)}, units=["x", "y"])
    for array in (found.scores, found.value, found.dimension_scores, found.certain,
                  *found.score_bounds()):  # fmt: skip
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_sizes_that_no_scale_has():
    up = sc.Indicator("a", "A", thresholds=sc.Threshold(1e-300))
    down = sc.Indicator("a", "A", direction="down", thresholds=sc.Threshold(1.0))
    wide = sc.Indicator("a", "A", low=-1e300, high=1e300)
    for one, value, score in ((up, 1e300, 100.0), (down, 5e-324, 100.0), (wide, 0.0, 50.0)):
        assert sc.evaluate(sc.EvaluationSystem.of(one), {"a": value}).value == score
    with pytest.raises(InvalidDataError, match="finite"):
        sc.ThresholdPolicy("year_on_year", target=1e299).threshold(year_ago=1e300)


def test_a_history_of_other_units_is_told():
    past = pd.DataFrame({"indicator": "a", "date": ["2025-01-31"], "value": [0.4], "u": "north"})
    system = two().with_thresholds({"a": sc.ThresholdPolicy("year_on_year", target=0)})
    read, past = sc.Reading(0.5, date="2026-01-31"), sc.history(past, unit="u")
    found = sc.evaluate(system, {"a": read}, history=past)
    assert found.notes == {"earlier values of other units, not looked at": 1}
    assert sc.evaluate(system, {"a": read}, history=past, units=["north"]).notes == {}


def test_what_a_system_writes_is_a_copy():
    system = two()
    system.to_dict()["declaration"]["indicators"][0]["weight"] = 9.0
    assert system == two()
    assert system.with_weights({}).hash == two().hash


def test_evaluations_and_histories_of_parts_sum():
    parts = [sc.evaluate(two(), {"a": 0.1 * i, "b": i}, units=[str(i)]) for i in range(3)]
    assert sum(parts).reading.tolist() == pytest.approx(np.array([[0, 0.1, 0.2], [0, 1, 2]]))
    table = pd.DataFrame({"indicator": "a", "date": ["2026-01-31", "2026-02-28"], "value": 0.5})
    past = sc.history(table)
    assert sum([past.until("2026-01-31"), sc.history(table[1:])]) == past
    with pytest.raises(TypeError):
        past + 1


def test_a_system_without_profiles_says_so():
    with pytest.raises(InvalidDataError, match="relationship-scale has no profiles"):
        sc.load("relationship-scale", profile="retail")


def test_a_record_may_have_a_day():
    csat = cv.satisfaction.csat([5] * 30 + [1] * 20)
    found = sc.evaluate(two(), {"a": sc.Reading(csat, date="2026-01-31")}, as_of="2026-03-02")
    assert (found.reading[0, 0], found.age[0, 0]) == (0.6, 30.0)
    assert (found.lower[0, 0], found.upper[0, 0]) == csat.interval()
    with pytest.raises(InvalidDataError, match="got 'CSAT'"):
        sc.evaluate(two(), {"a": sc.Reading(csat, 0.5, 0.7)})


def test_floats_are_written_as_they_are():
    value = np.array([0.1, NAN, 1e-320, -0.0])
    found = sc.evaluate(two(), {"a": value}, units=list("wxyz"))
    written = found.to_dict()["reading"]["values"]
    assert written[0] == [0.1, {"float": "nan"}, 1e-320, -0.0]
    assert written[1] == [{"float": "nan"}] * 4
    again = sc.Evaluation.from_dict(found.to_dict())
    assert again == found
    assert np.signbit(again.reading[0, 3])


def test_labels_and_evidence_that_are_missing():
    with pytest.raises(InvalidDataError, match="missing labels"):
        sc.evaluate(two(), {"a": pd.Series([0.1, 0.2], index=["x", None])})
    pairs = pd.MultiIndex.from_tuples([("x", 1), ("x", None)], names=["k", "k"])
    with pytest.raises(InvalidDataError, match="missing labels"):
        sc.evaluate(two(), {"a": pd.Series([0.1, 0.2], index=pairs)})
    with pytest.raises(InvalidDataError, match="each label of its index"):
        sc.evaluate(two(), {"a": (pd.Series({"x": 0.2}), [0.1, 0.1], [0.3, 0.3])})
    whole = pairs.set_levels([1, 2], level=1, verify_integrity=False)[:1]
    assert sc.evaluate(two(), {"a": pd.Series([0.1], index=whole)}).unit.tolist() == ["x / 1"]
    for said in (None, NAN, " "):
        with pytest.raises(InvalidDataError, match=r"evidence\['a'\]: must be text"):
            sc.evaluate(two(), {"a": 0.5}, evidence={"a": said})


@pytest.mark.parametrize("kind", ["rolling", "ewma", "quantile", "year_on_year"])
def test_lines_of_a_unit_have_the_same_digits_alone(kind):
    days, names = pd.date_range("2020-01-31", periods=40, freq="ME"), list("rstuvwx")
    table = pd.DataFrame({"indicator": "a", "date": np.repeat(days, 7), "unit": names * 40})
    past = sc.history(table.assign(value=np.random.default_rng(4).random(280)), unit="unit")
    line = {"target": 0.6, "warning": 0.2, "floor": 0.1, "hysteresis": 0.02}
    system = two().with_thresholds({"a": sc.ThresholdPolicy(kind, **line)})
    together = sc.evaluate(system, past)
    for i, name in enumerate(names):
        alone = sc.evaluate(system, past, units=[name])
        assert alone.status_codes[0, 0] == together.status_codes[0, i]
        for lines in ("target", "warning", "floor"):
            assert getattr(alone, lines)[0, 0] == getattr(together, lines)[0, i]


def test_the_last_values_of_many_units_need_no_table_of_all_days():
    import tracemalloc

    many = 5_000
    days = np.datetime64("2001-01-01") + np.arange(many)
    names = np.array([f"u{i}" for i in range(many)], dtype=object)
    one = np.linspace(0.1, 0.9, many)
    label = np.full(many, "a", dtype=object)
    past = sc.History(label, names, days, one, one - 0.1, one + 0.1)
    tracemalloc.start()
    found = sc.evaluate(two().with_thresholds({"a": sc.Threshold(0.5)}), past, units=names)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6  # a table of all days would have 600 MB
    assert found.reading[0].tolist() == one.tolist()
    assert found.lower[0].tolist() == (one - 0.1).tolist()
    assert found.age[0].tolist() == list(range(many - 1, -1, -1))
    some = sc.evaluate(two(), past, units=["u7", "nobody"], as_of=str(days[8]))
    assert some.age[0].tolist() == pytest.approx([1.0, NAN], nan_ok=True)


def test_a_value_that_is_missing_is_not_the_last():
    table = pd.DataFrame({"date": ["2026-02-28", "2026-01-31"], "value": [NAN, 0.4]})
    found = sc.evaluate(two(), sc.history(table.assign(indicator="a")))
    assert (found.reading[0, 0], found.age[0, 0]) == (0.4, 28.0)
