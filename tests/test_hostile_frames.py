"""Frames as they come: odd dtypes, indexes and names are read rightly or refused by name."""

from __future__ import annotations

import datetime as dt
import decimal

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue.errors import ColumnNotFoundError, InvalidDataError
from test_bad_input import NAMES, log, read, refused

WANTED = read(log())


def _old_duckdb():
    import duckdb

    return int(duckdb.__version__.split(".")[0]) < 2


def test_duplicate_column_names():
    frame = log()
    twice = pd.concat([frame, frame["amount"]], axis="columns")
    refused(lambda: read(twice), "amount", "more than one")
    other = pd.concat([frame, frame["amount"].rename("x"), frame["amount"].rename("x")], axis=1)
    refused(lambda: read(other, amount="x"), "x", "more than one")


def test_a_multiindex_of_rows_is_ignored():
    frame = log().set_index(pd.MultiIndex.from_product([[1, 2], ["x", "y"]]))
    assert read(frame) == WANTED


def test_a_multiindex_of_columns():
    frame = log()
    frame.columns = pd.MultiIndex.from_product([["log"], frame.columns])
    refused(lambda: read(frame), "customer: must name a column", kind=ColumnNotFoundError)


def test_columns_named_by_numbers():
    frame = log().set_axis([0, 1, 2], axis="columns")
    with pytest.raises(InvalidDataError, match=r"customer: must .*0"):
        cv.occasions(frame, customer=0, time=1, amount=2)


@pytest.mark.parametrize("ordered", [False, True])
def test_categorical_ids(ordered):
    kind = pd.CategoricalDtype(["z", "b", "a"], ordered=ordered)
    assert read(log(customer=log()["customer"].astype(kind))) == WANTED
    holes = log(customer=pd.Series(["a", None, "b", "b"]).astype(kind))
    refused(lambda: read(holes), "customer: has missing values", "row 1, 1 of 4")
    assert read(holes, missing="drop").customer.tolist() == ["a", "b"]


def test_categorical_ids_that_are_numbers():
    frame = log(customer=pd.Series([10, 10, 9, 9]).astype("category"))
    assert read(frame).customer.tolist() == [9, 10]


@pytest.mark.parametrize(
    "ids", [["a", 1, "b", 2], [1, "1", 1, "1"], [1.5, "a", 1.5, "a"], ["a", ("b",), "a", "a"],
            [b"a", "a", b"a", "a"]]
)  # fmt: skip
def test_ids_of_mixed_types(ids):
    frame = log(customer=pd.Series(ids, dtype=object))
    refused(lambda: read(frame), "customer: customer ids must be of one type", "str", "text")


@pytest.mark.parametrize(
    "ids", [[[1], [2]] * 2, [{"a": 1}] * 4, [np.arange(2)] * 4, [{1}] * 4, ["a\ud800", "b"] * 2]
)  # fmt: skip
def test_ids_that_cannot_be_ids(ids):
    refused(lambda: read(log(customer=pd.Series(ids, dtype=object))), "customer: ")


@pytest.mark.parametrize("dtype", ["List", "Array", "Struct", "Int128"])
def test_ids_of_types_of_polars_that_cannot_be_ids(dtype):
    pl = pytest.importorskip("polars", reason="polars is not installed")
    number = pl.int_range(pl.len())
    made = {
        "List": pl.concat_list(number),
        "Array": pl.concat_list(number).cast(pl.Array(pl.Int64, 1)),
        "Struct": pl.struct(number.alias("n")),
        "Int128": number.cast(pl.Int128) + 2**100,
    }[dtype]
    frame = pl.DataFrame({"time": [dt.date(2024, 1, 1)] * 4, "amount": [1.0] * 4})
    refused(lambda: read(frame.with_columns(customer=made)), "customer: ")


@pytest.mark.parametrize("dtype", ["Categorical", "Enum"])
def test_categories_of_polars(dtype):
    pl = pytest.importorskip("polars", reason="polars is not installed")
    kind = pl.Categorical() if dtype == "Categorical" else pl.Enum(["b", "a"])
    frame = pl.DataFrame(dict(log()), schema_overrides={"customer": kind})
    assert read(frame) == WANTED


def test_a_mixed_type_far_down_the_column():
    ids = pd.Series([f"{k:05d}" for k in range(1500)] + [7], dtype=object)
    frame = pd.DataFrame({"customer": ids, "time": pd.Timestamp("2024-01-01")})
    refused(lambda: cv.occasions(frame, customer="customer", time="time"),
            "customer: customer ids must be of one type")  # fmt: skip


def test_integer_and_float_objects_are_one_kind_of_id():
    frame = log(customer=pd.Series([1, 1, 2.0, 2.0], dtype=object))
    assert read(frame).customer.tolist() == [1, 2]


@pytest.mark.parametrize("dtype", [object, "str", "float64", "Int64", "datetime64[us]"])
@pytest.mark.parametrize("column", ["customer", "time", "amount"])
def test_a_column_of_nothing_but_nulls(column, dtype):
    kinds = {
        "customer": (object, "str", "float64", "Int64"),
        "time": (object, "str", "datetime64[us]"),
        "amount": ("float64", "Int64"),
    }
    frame = log(**{column: pd.Series([None] * 4, dtype=dtype)})
    if dtype in kinds[column]:
        refused(lambda: read(frame), f"{column}: has missing values", "4 of 4", "missing='drop'")
        assert sum(read(frame, missing="drop").notes.values()) == 4
    elif column != "customer":
        refused(lambda: read(frame), f"{column}: ")


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "uint64"])
def test_unsigned_integers(dtype):
    frame = log(customer=pd.Series([9, 9, 200, 200], dtype=dtype))
    frame["amount"] = frame["amount"].astype(dtype)
    got = read(frame)
    assert got.customer.tolist() == [9, 200]
    assert got.spend.tolist() == WANTED.spend.tolist()


@pytest.mark.parametrize("dtype", [bool, "boolean", object])
def test_boolean_ids(dtype):
    got = read(log(customer=pd.Series([False, False, True, True], dtype=dtype)))
    assert got.customer.tolist() == [False, True]
    assert got.spend.tolist() == WANTED.spend.tolist()


@pytest.mark.parametrize("dtype", ["Int64", "Int8", "UInt32", "Float64", "Float32"])
def test_nullable_numbers(dtype):
    got = read(log(amount=pd.Series([1, 2, 3, 4], dtype=dtype)))
    assert got == WANTED
    holes = log(amount=pd.Series([1, None, 3, 4], dtype=dtype))
    refused(lambda: read(holes), "amount: has missing values", "row 1, 1 of 4")


def test_decimal_amounts_of_arrow():
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    amounts = pa.array([decimal.Decimal(f"{k}.00") for k in (1, 2, 3, 4)], pa.decimal128(10, 2))
    table = pa.table(log()).set_column(2, "amount", amounts)
    assert read(table) == WANTED


@pytest.mark.parametrize("column", ["customer", "time", "amount"])
def test_timedeltas(column):
    frame = log(**{column: pd.to_timedelta([1, 1, 2, 2], unit="D")})
    if column == "customer":
        assert len(read(frame).customer) == 2
    else:
        rule = "must be numeric" if column == "amount" else "must hold dates or times"
        refused(lambda: read(frame), f"{column}: {rule}", "Duration")


def test_periods_are_not_guessed_to_be_instants():
    frame = log(time=log()["time"].dt.to_period("M"))
    refused(lambda: read(frame), "time: ", "no date", "Period('2024-01', 'M')", "4 of 4")


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("grain", ["hour", "day", "month"])
def test_resolutions(unit, grain):
    instants = ["1969-12-31T23:59:59", "1970-01-01", "2024-02-29T12:34:56", "2200-01-01"]
    times = pd.to_datetime(instants, format="ISO8601")
    plain = log(time=times.astype("datetime64[us]"))
    assert read(log(time=times.astype(f"datetime64[{unit}]")), grain=grain) == read(
        plain, grain=grain
    )


def test_python_dates_and_datetimes_as_objects():
    days = [dt.date(2024, 1, day) for day in (1, 3, 2, 5)]
    instants = [dt.datetime(2024, 1, day, 5) for day in (1, 3, 2, 5)]
    assert read(log(time=pd.Series(days, dtype=object))) == WANTED
    assert read(log(time=pd.Series(instants, dtype=object))) == WANTED


def test_dates_beyond_nanoseconds():
    days = pd.Series([dt.date(year, 1, 1) for year in (1400, 1401, 1402, 9999)], dtype=object)
    assert read(log(time=days), grain="year").period.tolist() == [-570, -569, -568, 8029]


def test_one_column_in_two_roles():
    frame = log(amount=[1, 2, 3, 4])
    assert read(frame, customer="amount").customer.tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("name", [" ", "a b", "select", "näme", "客户", "x" * 300, "a.b", 'a"b'])
def test_strange_names(name, engine):
    if engine.name == "duckdb" and set(name) & set('."') and _old_duckdb():
        pytest.skip("DuckDB 1 takes a dot or a quote in a name for syntax")
    frame = engine.frame(log().rename(columns={"amount": name}))
    assert read(frame, amount=name).spend.tolist() == WANTED.spend.tolist()


def test_the_frame_is_left_alone():
    frame = log(customer=["a", None, "b", "b"], time=["2024-01-01", "x", None, "2024-01-02"])
    before = frame.copy(deep=True)
    read(frame, missing="drop", unparsable="drop", duplicates="drop")
    pd.testing.assert_frame_equal(frame, before)


def test_a_read_only_column_will_do():
    frame = log()
    amounts = frame["amount"].to_numpy().copy()
    amounts.flags.writeable = False
    assert cv.occasions(log(amount=amounts), **NAMES) == WANTED


def test_results_cannot_change_through_the_log():
    amounts = np.array([1.0, 2.0, 3.0, 4.0])
    frame = pd.DataFrame(dict(log()) | {"amount": amounts}, copy=False)
    bought = read(frame)
    amounts[:] = 99.0
    assert bought == WANTED
