"""Groups by any columns and on any engine; a log's customers are in one group each."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custvalue import _frames
from custvalue._chunks import BLOCK
from custvalue._events import read_events
from custvalue._groups import Groups, column_names, group_rows
from custvalue.durations import Durations
from custvalue.errors import ColumnNotFoundError, InvalidDataError
from custvalue.testing import transaction_logs

LABELS = {
    "text": ["b", "a", "b", "é"],
    "int": [3, -1, 3, 7],
    "float": [1.5, 0.5, 1.5, 2.5],
    "whole": [2.0, 1.0, 2.0, 3.0],
    "bool": [True, False, True, True],
    "date": [dt.date(2024, 1, 2), dt.date(2024, 1, 1), dt.date(2024, 1, 2), dt.date(2024, 1, 3)],
    "time": pd.to_datetime(["2024-01-02T01:00", "2024-01-01", "2024-01-02T01:00", "2024-02-01"],
                           format="ISO8601"),
    "category": pd.Categorical(["b", "a", "b", "c"], categories=["d", "c", "b", "a"]),
    "number_categories": pd.Categorical([3, 1, 3, 10]),
}  # fmt: skip


def grouped(frame, *columns):
    names = column_names("by", list(columns))
    table = _frames.read(frame, **names)
    return group_rows(table, tuple(names))


def in_rows(groups: Groups):
    """Return the labels of each row, as plain Python."""
    columns = [listed(labels[groups.codes]) for labels in groups.labels.values()]
    return list(zip(*columns, strict=True))


def listed(labels):
    """Return labels as plain Python; datetime64[ns] would give integers."""
    return (labels.astype("datetime64[us]") if labels.dtype.kind == "M" else labels).tolist()


def plain(values):
    return [v.to_pydatetime() if isinstance(v, pd.Timestamp) else v for v in values]


def days(values):
    """Return midnights as dates: Polars and pandas differ in what they make of dates by version."""
    return [v.date() if isinstance(v, dt.datetime) and v.time() == dt.time() else v for v in values]


# ---- rows


def test_labels_of_all_kinds_on_all_engines(engine):
    frame = engine.frame(pd.DataFrame(LABELS))
    for name, values in LABELS.items():
        got = grouped(frame, name)
        assert days(v for (v,) in in_rows(got)) == days(plain(values)), name
        labels = got.labels[name]
        assert days(listed(labels)) == days(sorted(set(plain(values)))), name
        assert len(got) == len(labels)
        shown = engine.pandas(_frames.native({name: labels}, _frames.read(frame, by=name).kind))
        assert len(shown) == len(labels), name


def test_labels_of_all_kinds_travel_as_json():
    for name in LABELS:
        labels = grouped(pd.DataFrame(LABELS), name).labels[name]
        ones = np.ones(len(labels))
        record = Durations(ones, ones, groups={name: labels})
        assert Durations.from_dict(json.loads(json.dumps(record.to_dict()))) == record, name


def test_several_columns_on_all_engines(engine):
    rng = np.random.default_rng(1)
    data = pd.DataFrame(
        {
            "segment": rng.choice(["x", "y", "z"], 200),
            "year": rng.choice([2023, 2024], 200),
            "vip": rng.choice([True, False], 200),
        }
    )
    data = data[~((data["segment"] == "x") & data["vip"])].reset_index(drop=True)  # a hole
    got = grouped(engine.frame(data), "segment", "year", "vip")
    assert in_rows(got) == list(data.itertuples(index=False, name=None))
    want = sorted(set(data.itertuples(index=False, name=None)))
    assert list(zip(*(c.tolist() for c in got.labels.values()), strict=True)) == want
    assert len(got) == len(want) == 10  # groups without a row are no groups
    assert list(got.labels) == ["segment", "year", "vip"]


@given(
    st.lists(st.tuples(st.integers(-(2**40), 2**40), st.text(max_size=2)), min_size=1, max_size=40),
    st.randoms(use_true_random=False),
)
def test_groups_of_any_rows_in_any_order(rows, random):
    frame = pd.DataFrame(rows, columns=["number", "text"])
    got = grouped(frame, "number", "text")
    assert in_rows(got) == rows
    order = list(range(len(rows)))
    random.shuffle(order)
    other = grouped(frame.iloc[order], "number", "text")
    assert other.codes.tolist() == got.codes[order].tolist()
    for name, labels in got.labels.items():
        assert other.labels[name].tolist() == labels.tolist()


def test_many_wide_columns_do_not_overflow():
    rng = np.random.default_rng(2)
    columns = {f"c{i}": rng.integers(-(2**62), 2**62, 3000) for i in range(6)}
    got = grouped(pd.DataFrame(columns), *columns)
    assert len(got) == 3000
    for name, values in columns.items():
        np.testing.assert_array_equal(got.labels[name][got.codes], values)


@pytest.mark.parametrize("last", [3, 9])
def test_a_group_that_only_the_last_of_many_rows_has(last):
    rows = 3 * BLOCK
    number = np.arange(rows) % 3
    number[-1] = last  # 3 leaves no gap in the labels, 9 does
    got = grouped(pd.DataFrame({"n": number, "even": number % 2 == 0}), "n", "even")
    assert in_rows(got)[-2:] == [(1, False), (last, False)]
    assert got.labels["n"].tolist() == [0, 1, 2, last]
    assert np.bincount(got.codes).tolist() == [rows // 3, rows // 3, rows // 3 - 1, 1]


@pytest.mark.parametrize("rows", [0, 1])
def test_no_row_and_one(rows, engine):
    frame = engine.frame(pd.DataFrame({"g": ["a"], "h": [1.0]})[:rows])
    got = grouped(frame, "g", "h")
    assert len(got) == len(got.codes) == rows
    assert [labels.tolist() for labels in got.labels.values()] == [["a"][:rows], [1][:rows]]


@pytest.mark.parametrize("hole", [None, np.nan, pd.NA, pd.NaT])
def test_a_missing_label_is_no_group(hole):
    for values in (["a", hole, "b", hole], [1, hole, 2, hole], [True, hole, False, hole]):
        frame = pd.DataFrame({"g": pd.Series(values, dtype=object), "h": [1, 1, 1, 1]})
        with pytest.raises(InvalidDataError, match=r"g: has missing values.*row 1, 2 of 4 rows"):
            grouped(frame, "h", "g")


def test_a_missing_label_is_no_group_on_all_engines(engine):
    frame = engine.frame(pd.DataFrame({"g": ["a", None], "n": pd.array([1, None], "Int64")}))
    for name in ("g", "n"):
        with pytest.raises(InvalidDataError, match=rf"{name}: has missing values.*row 1, 1 of 2"):
            grouped(frame, name)


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ([1.0, np.inf], "g: labels of groups must be finite"),
        (["a", 1], "g: labels of groups must be of one type"),
        ([[1], [2]], "g: labels of groups must be text or numbers"),
        ([{"a": 1}, {"b": 1}], "g: labels of groups must be text or numbers"),
        ([1j, 2j], "g: "),
    ],
)
def test_what_is_no_label(values, match):
    with pytest.raises(InvalidDataError, match=match):
        grouped(pd.DataFrame({"g": pd.Series(values)}), "g")


# ---- names


def test_names_of_columns():
    assert column_names("by", None) == {}
    assert column_names("by", "g") == {"by 0": "g"}
    assert column_names("by", ("g", "h")) == {"by 0": "g", "by 1": "h"}


@pytest.mark.parametrize(
    "by", [[], (), [None], ["g", None], ["g", "g"], 3, {"g"}, {"g": 1}, np.array(["g"]), b"g"]
)
def test_what_names_no_columns(by):
    with pytest.raises(InvalidDataError, match="by: must name one or more different columns"):
        column_names("by", by)


@pytest.mark.parametrize("by", ["", "G", [1], ["g", 1]])
def test_names_that_are_not_there(by):
    frame = pd.DataFrame({"g": [1]})
    with pytest.raises(ColumnNotFoundError, match="must name a column"):
        _frames.read(frame, **column_names("by", by))


# ---- customers of a log


def log(**columns):
    good = {
        "customer": ["a", "a", "b", "c"],
        "time": pd.to_datetime(["2024-01-01", "2024-01-03", "2024-01-02", "2024-01-05"]),
        "amount": [1.0, 2.0, 3.0, 4.0],
        "segment": ["x", "x", "y", "x"],
    }
    return pd.DataFrame(good | columns)


def events(frame, by="segment", **options):
    names = {"customer": "customer", "time": "time", "amount": "amount"}
    return read_events(frame, by=by, **(names | options))


def of_customers(read):
    """Return {customer: labels of its group}."""
    codes = np.unique(read.who)
    labels = [column[read.groups.codes[codes]].tolist() for column in read.groups.labels.values()]
    return dict(zip(read.ids.decode(codes).tolist(), zip(*labels, strict=True), strict=True))


def test_customers_have_the_group_of_their_lines(engine):
    frame = engine.frame(log(vip=[True, True, False, True]))
    assert of_customers(events(frame)) == {"a": ("x",), "b": ("y",), "c": ("x",)}
    both = events(frame, by=["segment", "vip"])
    assert of_customers(both) == {"a": ("x", True), "b": ("y", False), "c": ("x", True)}
    assert of_customers(events(frame, by="customer")) == {c: (c,) for c in "abc"}


@given(transaction_logs(), st.sampled_from([["first"], ["first", "odd"]]))
def test_customers_of_any_log(frame, by):
    name = frame["customer"].astype(str)
    frame = frame.assign(first=name.str[:1], odd=name.str.len() % 2 == 1)
    want = {
        row.customer: tuple(getattr(row, column) for column in by) for row in frame.itertuples()
    }
    assert of_customers(events(frame, by=by)) == want


@pytest.mark.parametrize("ids", [[5, 5, 4_000_000_000, 7], [-(10**15), -(10**15), 10**15, 0]])
def test_customers_far_apart_need_no_place_for_those_between(ids):
    read = events(log(customer=ids))
    assert len(read.groups.codes) < 10**7
    assert of_customers(read) == {ids[0]: ("x",), ids[2]: ("y",), ids[3]: ("x",)}


def test_ids_without_a_line_are_in_no_group():
    read = events(log(customer=[3, 3, 9, 6]))
    codes = read.groups.codes
    assert sorted(codes[np.unique(read.who)].tolist()) == [0, 0, 1]
    assert (np.delete(codes, np.unique(read.who)) == -1).all()


def test_no_groups_unless_asked_for():
    assert events(log(), by=None).groups is None


def test_a_customer_in_two_groups(engine):
    frame = engine.frame(log(segment=["x", "y", "y", "x"]))
    with pytest.raises(InvalidDataError, match=r"segment: must be the same in all lines.*'a'"):
        events(frame)
    with pytest.raises(
        InvalidDataError, match=r"amount, segment: must be the same.*1 with several"
    ):
        events(frame, by=["amount", "segment"])


def test_how_many_customers_are_in_two_groups():
    frame = pd.concat([log(), log(segment=["y", "y", "x", "x"])])
    with pytest.raises(InvalidDataError, match=r"segment: .*2 with several, such as 'a'"):
        events(frame)


def test_lines_left_out_have_no_say_in_the_groups():
    frame = log(amount=[1.0, -2.0, 3.0, -4.0], segment=["x", "y", "y", None])
    read = events(frame, refunds="drop")
    assert of_customers(read) == {"a": ("x",), "b": ("y",)}
    assert [labels.tolist() for labels in read.groups.labels.values()] == [["x", "y"]]
    assert read.notes == {"refund lines dropped": 2}
    late = log(amount=[-1.0, 2.0, 3.0, 4.0], segment=["x", "x", None, "x"])
    with pytest.raises(InvalidDataError, match=r"segment: has missing values.*row 2, 1 of 4"):
        events(late, refunds="drop")


def test_logs_of_nothing_keep_the_names_of_the_groups():
    for read in (events(log()[:0]), events(log(amount=[-1.0] * 4), refunds="drop")):
        assert len(read.who) == len(read.groups) == 0
        assert list(read.groups.labels) == ["segment"]
        assert read.groups.codes.shape == (0,)


def test_row_order_changes_no_group():
    frame = log()
    for order in ([3, 2, 1, 0], [1, 3, 0, 2]):
        assert of_customers(events(frame.iloc[order])) == of_customers(events(frame))
