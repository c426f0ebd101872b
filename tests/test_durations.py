"""Durations: made from columns, tables and survivor counts; added; sent as JSON; bad input."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import custvalue as cv
from custvalue import Durations
from custvalue.errors import ColumnNotFoundError, InvalidDataError

TABLE = pd.DataFrame(
    {
        "age": [3.0, 5.0, 1.0, 8.0],
        "churned": [True, False, True, False],
        "since": [0.0, 2.0, 0.0, 0.0],
        "customers": [1.0, 2.0, 3.0, 1.0],
        "who": ["a", "b", "c", "a"],
        "plan": ["x", "y", "x", "x"],
        "year": [2023, 2023, 2024, 2024],
    }
)
NAMES = {"exit": "age", "event": "churned"}
EVERYTHING = NAMES | {
    "entry": "since", "weight": "customers", "customer": "who", "by": ["plan", "year"]
}  # fmt: skip


def listed(durations):
    """Return the rows of durations as sorted tuples of plain Python."""
    table = durations._table()
    return sorted(zip(*(np.asarray(column).tolist() for column in table.values()), strict=True))


# ---- construction


def test_what_is_counted():
    made = Durations([6, 6, 9, 13], [1, 1, 0, 1], entry=[0, 2, 0, 0], weight=[1, 1, 2.5, 1])
    assert len(made) == 4
    assert made._head() == {
        "customers": 5.5, "events": 3.0, "censored": 2.5, "late_entries": 1.0, "unit": "month"
    }  # fmt: skip
    assert made.exit.dtype == made.entries.dtype == made.weights.dtype == np.float64
    assert made.event.dtype == bool
    assert repr(made) == (
        "Durations(customers=5.5, events=3, censored=2.5, late_entries=1, unit=month)"
    )


def test_what_is_not_said():
    made = Durations([6, 9], [True, False])
    assert made.weights.tolist() == [1.0, 1.0]
    assert made.entries.tolist() == [0.0, 0.0]
    assert made.customer is None
    assert made.to_frame().columns.tolist() == ["entry", "exit", "event"]
    assert made == Durations([6, 9], [1, 0], entry=[0, 0])
    assert made != Durations([6, 9], [1, 0], unit="day")
    assert made != Durations([6, 9], [1, 1])


def test_nothing():
    for none in (Durations(), Durations([], []), Durations(exit=np.empty(0))):
        assert none == Durations()
        assert len(none) == len(none.to_frame()) == 0
        assert none.weights.shape == none.entries.shape == (0,)
        assert "customers=0, events=0, censored=0" in repr(none)


@pytest.mark.parametrize(
    "event",
    [
        [True, False],
        [1, 0],
        [1.0, 0.0],
        np.array([1, 0], dtype=np.int8),
        np.array([True, False], dtype=object),
        pd.Series([True, False]),
        pd.array([True, False], dtype="boolean"),
        [Decimal(1), Decimal(0)],
    ],
)
def test_ways_to_write_an_event(event):
    assert Durations([1, 2], event) == Durations([1.0, 2.0], np.array([True, False]))


def test_the_callers_arrays_are_not_changed():
    age, churned = np.array([3, 1]), np.array([1, 0])
    made = Durations(age, churned, groups={"g": np.array(["b", "a"])})
    assert made.exit.tolist() == [3.0, 1.0]  # rows stay in their order
    assert (age.tolist(), churned.tolist()) == ([3, 1], [1, 0])


def test_the_callers_arrays_are_not_kept():
    age, churned, labels = np.array([3.0, 1.0]), np.array([True, False]), np.array(["b", "a"])
    made = Durations(age, churned, weight=age, customer=labels, groups={"g": labels})
    age[0], churned[0], labels[0] = 99.0, False, "z"
    columns = made._table()
    assert [columns[name].tolist()[0] for name in columns] == ["b", "b", 0.0, 3.0, True, 3.0]
    for column in columns.values():
        with pytest.raises(ValueError, match="read-only"):
            column[0] = column[1]


GOOD = {"exit": [1, 2], "event": [1, 0]}


@pytest.mark.parametrize(
    ("columns", "match"),
    [
        ({"exit": [0, 2]}, r"exit: must be above 0; got 0 \(first at row 0, 1 of 2"),
        ({"exit": [-1, 2]}, "exit: must be above 0; got -1"),
        ({"exit": [1, np.nan]}, "exit: must be finite; got nan .*row 1"),
        ({"exit": [1, np.inf]}, "exit: must be finite; got inf"),
        ({"exit": ["a", "b"]}, "exit: must be numbers"),
        ({"exit": np.array(["1", "2"], dtype=object)}, "exit: must be numbers"),
        ({"exit": [10**400, 1]}, "exit: must be numbers"),
        ({"exit": np.ma.masked_array([1, 2], [0, 1])}, "exit: must not have masked values"),
        ({"event": np.ma.masked_array([1, 0], [0, 1])}, "event: must not have masked values"),
        ({"event": np.array(["1", "0"], dtype=object)}, "event: must be numbers"),
        ({"event": [[1], [0, 1]]}, "event: must have rows of one length"),
        ({"groups": {3: [1, 2]}}, "groups: must be named by text; got 3"),
        ({"exit": [None, 1]}, "exit: must be numbers"),
        ({"exit": [1, [2]]}, "exit: must have rows of one length"),
        ({"exit": [[1, 2]]}, r"exit: must be one column; got \(1, 2\)"),
        ({"exit": 3}, r"exit: must be one column; got \(\)"),
        ({"exit": pd.to_timedelta([1, 2], unit="D")}, "exit: must be numbers; got 'timedelta64"),
        ({"exit": pd.to_datetime(["2024-01-01"] * 2)}, "exit: must be numbers; got 'datetime64"),
        ({"exit": [1 + 1j, 2]}, "exit: must be numbers"),
        ({"event": [1, 2]}, r"event: must be true or false \(1 or 0\); got 2 .*row 1"),
        ({"event": [1, np.nan]}, "event: must be true or false .*got nan"),
        ({"event": [1, -1]}, "event: must be true or false"),
        ({"event": [1, 0.5]}, "event: must be true or false"),
        ({"event": [True, None]}, "event: must be numbers.*Write 1 for what happened"),
        ({"event": pd.array([True, None], dtype="boolean")}, "event: must be numbers"),
        ({"event": ["yes", "no"]}, "event: must be numbers.*Write 1 for what happened"),
        ({"event": ["1", "0"]}, "event: must be numbers"),
        ({"event": [True]}, r"event: must be as long as exit; got \(1,\)"),
        ({"event": True}, "event: must be as long as exit"),
        ({"event": [[1, 0]]}, "event: must be as long as exit"),
        ({"entry": [1, 2]}, "exit: must be above entry; got 1 .*2 of 2.*never at risk"),
        ({"entry": [0, 3]}, "exit: must be above entry; got 2 .*row 1, 1 of 2"),
        ({"entry": [-1, 0]}, "entry: must be at least 0; got -1"),
        ({"entry": [0, np.nan]}, "entry: must be finite"),
        ({"entry": 0}, "entry: must be as long as exit"),
        ({"weight": [1, 0]}, "weight: must be above 0; got 0 .*row 1"),
        ({"weight": [1, -2]}, "weight: must be above 0"),
        ({"weight": [1, np.inf]}, "weight: must be finite"),
        ({"weight": ["1", "2"]}, "weight: must be numbers"),
        ({"weight": 2}, "weight: must be as long as exit"),
        ({"customer": ["a"]}, "customer: must be as long as exit"),
        ({"customer": "ab"}, "customer: must be as long as exit"),
        ({"customer": [[1], [2, 3]]}, "customer: must be one column"),
        ({"groups": {"g": ["a"]}}, "g: must be as long as exit"),
        ({"groups": {"g": [[1], [2, 3]]}}, "g: must be one column"),
        ({"groups": ["a", "b"]}, "groups: must map names of columns to labels; got 'list'"),
        ({"groups": None}, "groups: must map"),
        ({"groups": {"exit": [1, 2]}}, "by: .*named as a column.*'exit'.*Rename"),
        ({"unit": "fortnight"}, "unit: must be one of 'hour', 'day'"),
        ({"unit": None}, "unit: must be one of"),
        ({"notes": 3}, "notes: must map rules to counts"),
        ({"notes": {"a": 1.5}}, "notes: must map rules to counts"),
    ],
)
def test_bad_columns(columns, match):
    with pytest.raises(InvalidDataError, match=match):
        Durations(**(GOOD | columns))


# ---- from a table


def test_tables_of_all_kinds(engine):
    made = Durations.from_table(engine.frame(TABLE), unit="week", **EVERYTHING)
    assert made == Durations(
        TABLE["age"], TABLE["churned"], entry=TABLE["since"], weight=TABLE["customers"],
        groups={"plan": TABLE["plan"].to_numpy(object), "year": TABLE["year"]},
        customer=TABLE["who"].to_numpy(object), unit="week",
    )  # fmt: skip
    assert repr(made) == ("Durations(customers=7, events=4, censored=3, late_entries=2, unit=week)")
    shown = made.to_frame()
    assert engine.owns(shown)
    back = engine.pandas(shown)
    assert back.columns.tolist() == ["customer", "plan", "year", "entry", "exit", "event", "weight"]
    assert back["exit"].tolist() == TABLE["age"].tolist()
    names = {name: name for name in ("exit", "event", "entry", "weight", "customer")}
    assert Durations.from_table(shown, by=["plan", "year"], unit="week", **names) == made
    assert Durations.from_dict(json.loads(json.dumps(made.to_dict()))) == made


def test_a_table_of_nothing(engine):
    none = Durations.from_table(engine.frame(TABLE[:0]), **EVERYTHING)
    assert len(none) == 0
    assert list(none.groups) == ["plan", "year"]
    full = Durations.from_table(engine.frame(TABLE), **EVERYTHING)
    assert none + full == full == full + none


@pytest.mark.parametrize(
    "table",
    [
        {"exit": [3, 1], "event": [1, 0]},
        {"exit": pd.array([3, 1], "Int64"), "event": pd.array([True, False], "boolean")},
        {"exit": np.array([3, 1], np.uint8), "event": [1.0, 0.0]},
        {"exit": [3, 1], "event": np.array([True, False], object)},
        {"exit": np.array([3, 1], np.float32), "event": pd.array([1, 0], "Int8")},
    ],
)
def test_kinds_of_columns(table):
    assert Durations.from_table(pd.DataFrame(table)) == Durations([3, 1], [1, 0])


def test_records_hold_no_column_of_the_callers_table():
    table = TABLE.copy()
    made = Durations.from_table(table, **EVERYTHING)
    columns = {"age": made.exit, "churned": made.event, "since": made.entry,
               "customers": made.weight, "year": made.groups["year"]}  # fmt: skip
    for name, column in columns.items():
        assert not np.shares_memory(column, table[name].to_numpy()), name


@pytest.mark.parametrize("name", ["age", "churned", "since", "customers", "who", "plan", "year"])
def test_missing_values_in_any_column(name, engine):
    table = TABLE.convert_dtypes().astype({"plan": object, "who": object})
    table.loc[[1, 3], name] = None
    with pytest.raises(InvalidDataError, match=rf"{name}: has missing values.*row 1, 2 of 4"):
        Durations.from_table(engine.frame(table), **EVERYTHING)


@pytest.mark.parametrize(
    ("options", "match", "kind"),
    [
        ({"exit": "ages"}, "exit: must name a column; got 'ages'. Did you mean 'age'",
         ColumnNotFoundError),
        ({"entry": "sinse"}, "entry: must name a column.*Did you mean 'since'",
         ColumnNotFoundError),
        ({"exit": 3}, "exit: must name a column, as text", ColumnNotFoundError),
        ({"by": ["plan", "nowhere"]}, "by 1: must name a column", ColumnNotFoundError),
        ({"by": []}, "by: must name one or more", InvalidDataError),
        ({"by": ["plan", "plan"]}, "by: must name one or more different", InvalidDataError),
        ({"by": "event"}, "by: must not be named as a column", InvalidDataError),
        ({"exit": "plan"}, "plan: must be numeric", InvalidDataError),
        ({"event": "plan"}, "plan: must be numbers.*Write 1", InvalidDataError),
        ({"event": "age"}, "age: must be true or false.*got 3", InvalidDataError),
        ({"entry": "age"}, "exit: must be above entry.*4 of 4 rows.*never at risk",
         InvalidDataError),
        ({"weight": "since"}, "weight: must be above 0", InvalidDataError),
        ({"unit": "moon"}, "unit: must be one of", InvalidDataError),
    ],
)  # fmt: skip
def test_bad_tables(options, match, kind):
    table = TABLE.assign(event=1)
    with pytest.raises(kind, match=match):
        Durations.from_table(table, **(NAMES | options))


@pytest.mark.parametrize("frame", [3, None, [1, 2], {"exit": [1]}, np.eye(2)])
def test_what_is_no_table(frame):
    with pytest.raises(InvalidDataError, match="frame: must be a data frame"):
        Durations.from_table(frame)


# ---- from survivors


def test_survivors_of_one_cohort():
    # 131 leave at age 1, 126 at age 2, 90 at age 3; 653 are left: Fader & Hardie (2007), table 1
    made = Durations.from_survivors([1000, 869, 743, 653])
    assert listed(made) == [
        (0.0, 1.0, True, 131.0), (0.0, 2.0, True, 126.0), (0.0, 3.0, False, 653.0),
        (0.0, 3.0, True, 90.0),
    ]  # fmt: skip
    assert made.unit == "year"


def test_survivors_of_cohorts_of_several_ages():
    made = Durations.from_survivors([[10, 6, 6, 1], [8, 8, 5, np.nan], [4, 0, np.nan, np.nan]])
    assert listed(made) == [
        (0.0, 1.0, True, 4.0), (0.0, 1.0, True, 4.0), (0.0, 2.0, False, 5.0),
        (0.0, 2.0, True, 3.0), (0.0, 3.0, False, 1.0), (0.0, 3.0, True, 5.0),
    ]  # fmt: skip


@given(
    st.lists(
        st.lists(st.integers(0, 50), min_size=2, max_size=6).map(lambda c: sorted(c)[::-1]),
        min_size=1, max_size=5,
    )
)  # fmt: skip
def test_survivors_are_counted_back(cohorts):
    width = max(len(cohort) for cohort in cohorts)
    triangle = np.array([[*c, *[np.nan] * (width - len(c))] for c in cohorts])
    made = Durations.from_survivors(triangle, unit="month")
    assert (made.weights > 0).all()
    assert made.weights.sum() == triangle[:, 0].sum()
    for age in range(1, width):
        at_risk = made.weights[made.exit >= age].sum()
        left = made.weights[(made.exit == age) & made.event].sum()
        seen = ~np.isnan(triangle[:, age])
        assert at_risk == triangle[seen, age - 1].sum()
        assert left == (triangle[seen, age - 1] - triangle[seen, age]).sum()
    one_by_one = sum(Durations.from_survivors(c, unit="month") for c in cohorts)
    assert listed(one_by_one) == listed(made)


@pytest.mark.parametrize(
    ("survivors", "events", "censored"),
    [([3, 3], 0, 3), ([3, 0, 0], 3, 0), ([0, 0], 0, 0), ([[3, 2], [0, np.nan]], 1, 2),
     ([1.0, 0.75, 0.5], 0.5, 0.5),
     (np.empty((0, 3)), 0, 0), (pd.Series([3, 2, 1]), 2, 1), ((3, 2), 1, 2),
     ([Decimal(3), Decimal(2)], 1, 2), (pd.DataFrame({"a": [3], "b": [2]}), 1, 2)],
)  # fmt: skip
def test_survivors_at_the_edges(survivors, events, censored):
    head = Durations.from_survivors(survivors)._head()
    assert (head["events"], head["censored"]) == (events, censored)


@pytest.mark.parametrize(
    ("survivors", "match"),
    [
        ([], "must have a row per cohort and at least ages 0 and 1"),
        ([5], "must have a row per cohort and at least ages 0 and 1"),
        (5, "must have a row per cohort and at least ages 0 and 1"),
        ([[[3, 2]]], "must have a row per cohort"),
        ([[3, 2, 1], [3, 2]], "must have rows of one length.*Fill up with NaN"),
        ([5, 4, 4.5], "must not rise with age; got '4.5 at age 2 of cohort 0'.*churn.Spells"),
        ([[3, 2, 1], [9, 9, 10]], "must not rise with age; got '10 at age 2 of cohort 1'"),
        ([3, -1], "must be at least 0; got '-1 at age 1 of cohort 0'"),
        ([3, np.inf], "must be finite; got 'inf at age 1"),
        ([np.nan, 3], "must be known at ages 0 and 1; got 'nan at age 0"),
        ([[3, 2], [3, np.nan]], "must be known at ages 0 and 1; .*cohort 1.*never at risk"),
        ([3, 2, np.nan, 1], "must not be known after an unknown age; got '1 at age 3"),
        (None, "must be numbers"),
        ("abc", "must be numbers"),
        ([3, None], "must be numbers"),
        ([3, pd.NA], "must be numbers"),
        ([dt.date(2024, 1, 1), 2], "must be numbers"),
    ],
)
def test_bad_survivors(survivors, match):
    with pytest.raises(InvalidDataError, match=f"survivors: {match}"):
        Durations.from_survivors(survivors)


def test_survivors_in_no_unit():
    with pytest.raises(InvalidDataError, match="unit: must be one of"):
        Durations.from_survivors([3, 2], unit="decade")


# ---- adding and travelling


def whole(table=TABLE):
    return Durations.from_table(table, **EVERYTHING)


def test_parts_of_a_table_add_up_to_it():
    for cut in range(5):
        assert whole(TABLE[:cut]) + whole(TABLE[cut:]) == whole()
    assert sum([whole(TABLE[i : i + 1]) for i in range(4)]) == whole()
    assert listed(whole(TABLE[2:]) + whole(TABLE[:2])) == listed(whole())


def test_the_empty_record_changes_nothing():
    made = Durations([1, 2], [1, 0], unit="week", notes={"dropped": 1})
    none = Durations([], [], unit="week")
    for record in (made, none, Durations()):
        assert record + Durations() == record
        assert Durations() + record == record
    assert sum([Durations(), none, made, none]) == made
    assert sum([], Durations()) == Durations()


def test_parts_may_differ_in_what_they_leave_out():
    plain, weighted = Durations([1], [1]), Durations([2], [0], entry=[1], weight=[3])
    total = plain + weighted
    assert (total.weights.tolist(), total.entries.tolist()) == ([1.0, 3.0], [0.0, 1.0])
    assert (plain + plain).weight is None


def test_notes_add_up():
    one, none = Durations([1], [1], notes={"a": 1}), Durations(notes={"a": 2, "b": 1})
    assert (one + none).notes == (none + one).notes == {"a": 3, "b": 1}
    assert (none + one).exit.tolist() == [1.0]


@pytest.mark.parametrize(
    ("other", "match"),
    [
        ({"unit": "day"}, r"unit: must be the same in both; got \('month', 'day'\)"),
        ({"groups": {"h": ["a"]}}, "groups: must be the same in both"),
        ({"groups": {}}, "groups: must be the same in both"),
        ({"customer": None}, "customer: must be the same in both"),
        ({"customer": [7]}, "customer: must be of one type in both; got 'string and number'"),
        ({"groups": {"g": [7]}}, "g: must be of one type in both"),
        ({"groups": {"g": np.array(["2024-01-01"], "M8[D]")}}, "g: must be of one type in both"),
    ],
)
def test_what_does_not_add(other, match):
    one = {"exit": [1], "event": [1], "groups": {"g": ["a"]}, "customer": ["a"]}
    for left, right in ((one, one | other), (one | other, one)):
        with pytest.raises(InvalidDataError, match=match.split("; got")[0]):
            Durations(**left) + Durations(**right)
    with pytest.raises(InvalidDataError, match=match):
        Durations(**one) + Durations(**(one | other))


@pytest.mark.parametrize("other", [1, None, "a", [Durations()], cv.Occasions()])
def test_only_durations_are_added(other):
    with pytest.raises(TypeError, match="unsupported operand"):
        Durations([1], [1]) + other


@pytest.mark.parametrize("customer", [None, [2, 1], ["b", "a"]])
def test_json(customer):
    made = Durations([1.5, 2], [1, 0], entry=[0.1, 0], weight=[1 / 3, 2], unit="week",
                     customer=customer, notes={"dropped": 3},
                     groups={"since": np.array(["2024-01-01", "2024-02-01"], "M8[D]"),
                             "vip": [True, False]})  # fmt: skip
    sent = json.loads(json.dumps(made.to_dict(), allow_nan=False))
    assert Durations.from_dict(sent) == made
    assert Durations.from_dict(sent).groups["since"].dtype == "M8[D]"


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"record": "Summary"}, "data: must be a Durations"),
        ({"more": 1}, "data: must have the fields.*more"),
        ({"exit": {"array": "float64", "values": [1.0, -2.0]}}, "exit: must be above 0"),
        ({"exit": [1.0]}, "must be as long as exit"),
        ({"event": "yes"}, "event: must be numbers"),
        ({"groups": 3}, "groups: must map"),
        ({"unit": "parsec"}, "unit: must be one of"),
    ],
)
def test_bad_json(change, match):
    sent = Durations([1, 2], [1, 0]).to_dict()
    with pytest.raises(InvalidDataError, match=match):
        Durations.from_dict(sent | change)
