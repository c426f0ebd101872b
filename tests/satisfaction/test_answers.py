"""The door for answers: what a survey tool exports is resolved by arguments or refused by name."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue.satisfaction._answers import read_answers

EXPORT = {
    "q1": ["10", "9", "N/A", "7", ""],
    "q2": ["Satisfied", "Neutral", "satisfied", None, "Neutral"],
    "shop": ["a", "b", "a", "b", "a"],
    "w": [1.0, 2.0, 0.5, 1.0, 1.0],
}
LABELS = {"Satisfied": 3, "satisfied": 3, "Neutral": 2}


def bad(match, *args, **kwargs):
    with pytest.raises(cv.errors.InvalidDataError, match=match):
        read_answers(*args, **{"scale": (0, 10), **kwargs})


def test_export_of_every_engine_is_read_by_declared_arguments(engine):
    table = engine.frame(EXPORT)
    read = read_answers(table, "q1", by="shop", weight="w", scale=(0, 10), numeric_text=True,
                        not_applicable=["N/A", ""])  # fmt: skip
    np.testing.assert_array_equal(read.values[:, 0], [10, 9, np.nan, 7, np.nan])
    np.testing.assert_array_equal(read.codes, [0, 1, 0, 1, 0])
    assert read.groups["shop"].tolist() == ["a", "b"]
    np.testing.assert_array_equal(read.weight, EXPORT["w"])
    assert read.notes == {"q1: not applicable": 2}
    words = read_answers(table, ["q2"], scale=(1, 3), labels=LABELS, reverse=["q2"])
    np.testing.assert_array_equal(words.values[:, 0], [1, 2, 1, np.nan, 2])
    assert words.notes == {"q2: missing": 1}


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64", "float32", "Int16", "int64[pyarrow]"])
def test_numbers_of_any_type(dtype):
    if "pyarrow" in dtype:
        pytest.importorskip("pyarrow")
    table = pd.DataFrame({"q": pd.Series([1, 5, 3], dtype=dtype)})
    read = read_answers(table, "q", scale=(1, 5), reverse="q")
    assert read.values[:, 0].tolist() == [5, 1, 3]


def test_missing_in_nullable_columns_is_counted():
    table = pd.DataFrame({"q": pd.Series([1, None, 3], dtype="Int8"), "r": [1.0, np.nan, np.nan]})
    read = read_answers(table, ["q", "r"], scale=(1, 5))
    assert read.notes == {"q: missing": 1, "r: missing": 2}
    bad("q: must be answered by all.*first at row 1", table, "q", missing="error")


def test_codes_of_no_answer_are_declared_not_guessed():
    bad("99.*not_applicable", [1, 99, 3], None, scale=(1, 5))
    read = read_answers([1, 99, 3], None, scale=(1, 5), not_applicable=99)
    assert np.isnan(read.values[1, 0])
    read = read_answers([1, 99, 3], None, scale=(1, 5), not_applicable=[99])
    assert read.notes == {"answer: not applicable": 1}
    assert np.isnan(read.values[1, 0])


def test_text_is_refused_with_rows_values_and_the_argument():
    table = pd.DataFrame(EXPORT)
    bad(r"q1: must be numbers; rows 0, 1, 2, 3, 4 are not.*numeric_text=True.*'N/A', ''",
        table, "q1")  # fmt: skip
    bad(r"rows 2, 4 are not.*'N/A', ''.*not_applicable=\['N/A', ''\]", table, "q1",
        numeric_text=True)  # fmt: skip
    bad(r"q2.*rows 0, 1, 2.*labels=\{'Satisfied': \.\.\.", table, "q2")
    bad(r"q2.*'satisfied'.*row 2", table, "q2", labels={"Satisfied": 3, "Neutral": 2})
    bad("row 1 is not", [5, "five", 4.0, None], None)


def test_mixed_types_are_resolved():
    read = read_answers([10, "9", Decimal("8"), None], None, scale=(0, 10), numeric_text=True)
    np.testing.assert_array_equal(read.values[:, 0], [10, 9, 8, np.nan])


def test_bad_answers():
    bad("scale from 1 to 5; got 0", [0, 3], None, scale=(1, 5))
    bad("whole numbers; got 2.5", [2.5, 3], None)
    bad("finite", [np.inf, 3.0], None)
    bad("must be numbers", [True, False], None)
    bad("must be numbers", pd.to_datetime(["2026-01-01"]), None)
    bad("one column", [[1], [1, 2]], None)
    bad("data frame", 5, "q")
    bad("must be answers", 5, None)
    bad("must be answers", "10", None)
    bad("must be given for a table", pd.DataFrame({"q": [1]}), None)
    bad("numeric_text|numbers", ["1_0"], None, numeric_text=True)
    bad("numbers", ["nan"], None, numeric_text=True)
    bad("one column|numbers", [[1], {}], None)


def test_bad_arguments():
    table = pd.DataFrame({"q": [1, 2], "g": ["a", None], "w": [1.0, -1.0], "v": [1.0, None]})
    for scale in [(5, 1), (1,), 5, (1, np.nan), ("1", "5"), (1, 1)]:
        bad("scale", table, "q", scale=scale)
    bad("reverse", table, "q", reverse=["other"])
    bad("scale: must be given where", table, "q", scale=None, reverse=["q"])
    bad("different columns", table, ["q", "q"])
    bad("one or more columns", table, [])
    bad("g: has missing", table, "q", by="g")
    bad("at least 0", table, "q", weight="w")
    bad("finite", table, "q", weight="v")
    bad("must name a column", table, "q", weight=[1, 2])
    bad("missing: must be one of", table, "q", missing="maybe")
    bad("labels", pd.DataFrame({"q": ["a"]}), "q", labels=["a"])
    bad("labels", pd.DataFrame({"q": ["a"]}), "q", labels={"a": "b"})
    bad("one or more columns", table, [None])
    bad("not_applicable", table, "q", not_applicable=[[1]])
    bad("reverse", table, "q", reverse=5)
    bad("needs a table", [1, 2], None, by="g")
    bad("one number for each", [1, 2], None, weight=[1])
    bad("must be an array", [1, 2], None, weight="w")
    with pytest.raises(cv.errors.ColumnNotFoundError, match="Did you mean 'q1'"):
        read_answers(pd.DataFrame(EXPORT), "q11", scale=(0, 10))


def test_nothing_and_nobody():
    assert read_answers([], None, scale=(0, 10)).rows == 0
    nobody = read_answers(pd.DataFrame({"q": [None, None]}), "q", scale=(0, 10))
    assert np.isnan(nobody.values).all()
    assert nobody.notes == {"q: missing": 2}


def test_series_and_two_dimensions():
    assert read_answers(pd.Series([1, 2], name="z"), None, scale=None).values.shape == (2, 1)
    pl = pytest.importorskip("polars")
    assert read_answers(pl.Series([1, 2]), None, scale=None).kind == "polars"
    assert read_answers(np.ones((4, 3)), None, scale=None).values.shape == (4, 3)


@pytest.mark.parametrize("kind", ["Int128", "UInt64", "Decimal", "Categorical", "List", "Null"])
def test_types_of_polars(kind):
    pl = pytest.importorskip("polars")
    if kind == "List":
        bad("must be numbers or text", pl.DataFrame({"q": [[1], [5]]}), "q")
        return
    text = pl.Series("q", [None, None] if kind == "Null" else ["1", "5"])
    column = text.cast(pl.Decimal(10, 0) if kind == "Decimal" else getattr(pl, kind))
    read = read_answers(column.to_frame(), "q", scale=(1, 5), numeric_text=True)
    expected = [np.nan, np.nan] if kind == "Null" else [1, 5]
    np.testing.assert_array_equal(read.values[:, 0], expected)


def test_masked_answers_are_missing():
    read = read_answers(np.ma.array([1, 5, 3], mask=[0, 1, 0]), None, scale=(1, 5))
    assert read.notes == {"answer: missing": 1}


def test_data_are_not_changed():
    table = pd.DataFrame(EXPORT)
    before = table.copy(deep=True)
    read_answers(table, "q1", scale=(0, 10), numeric_text=True, not_applicable=["N/A", ""])
    pd.testing.assert_frame_equal(table, before)
