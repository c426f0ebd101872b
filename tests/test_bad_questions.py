"""What is asked of occasions and summaries: bad dates, units and tables are refused by name."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue.errors import ColumnNotFoundError, InvalidDataError
from test_bad_input import log, read, refused


@pytest.mark.parametrize("unit", ["D", "weeks", None, 7, ["week"]])
def test_units_that_do_not_exist(unit):
    bought = read(log())
    refused(lambda: bought.summary(unit=unit), "unit: must be one of", "'week'", repr(unit))
    refused(lambda: bought.split(at="2024-01-03", unit=unit), "unit: must be one of", repr(unit))


@pytest.mark.parametrize(
    "when", ["soon", "", 20240101, 1.5, True, pd.NaT, np.nan, ["2024-01-01"],
             np.datetime64("NaT", "D"), dt.timedelta(1), object, {"year": 2024}]
)  # fmt: skip
def test_dates_asked_for_that_are_no_dates(when):
    bought = read(log())
    for call, name in (
        (lambda: bought.summary(until=when), "until"),
        (lambda: bought.summary(since=when), "since"),
        (lambda: bought.split(at=when), ""),
        (lambda: bought.cohort(when), "first_from"),
        (lambda: bought.cohort(None, when), "first_until"),
    ):
        refused(call, f"{name}: must be a date", "'1997-09-30'")


def test_a_time_observed_without_purchases():
    bought = read(log())
    for window in ({"until": "2023-12-31"}, {"since": "2024-02-01"},
                   {"since": "2024-01-03", "until": "2024-01-02"}):  # fmt: skip
        refused(lambda w=window: bought.summary(**w), "log: has no purchase in the time observed",
                *window.values())  # fmt: skip


def test_splits_without_a_calibration_or_a_holdout():
    bought = read(log())
    refused(lambda: bought.split(at="2023-12-31"), "log: has no purchase")
    for at, until in (
        ("2024-01-05", None),
        ("2024-01-03", "2024-01-03"),
        ("2024-01-03", "2024-01-02"),
    ):
        refused(lambda a=at, u=until: bought.split(at=a, until=u), "until: must be after `at`")


def test_a_cohort_of_nobody_is_empty_and_has_no_summary():
    nobody = read(log()).cohort("2025-01-01")
    assert len(nobody) == len(nobody.customer) == 0
    refused(nobody.summary, "log: has no purchase")


# ---- tables that should be summaries


def table(**columns):
    good = {
        "frequency": [0, 2, 1],
        "recency": [0.0, 4.0, 9.0],
        "T": [10.0, 8.0, 9.0],
        "monetary_value": [np.nan, 5.0, 7.0],
        "customer": list("abc"),
        "n": [1, 2, 3],
    }
    return pd.DataFrame(good | columns)


def from_table(frame, **options):
    return cv.Summary.from_table(
        frame, **({"monetary_value": "monetary_value", "customer": "customer"} | options)
    )


def test_the_table_itself_is_good():
    assert from_table(table(), weight="n").frequency.tolist() == [0, 2, 1]


@pytest.mark.parametrize(
    ("column", "values", "parts"),
    [
        ("recency", [0.0, 8.5, 9.5], ("must not exceed T", "8.5", "row 1, 2 of 3", "T - recency")),
        # days since the last purchase, which RFM calls recency
        ("recency", [10.0, 4.0, 0.0], ("must be", "0 where frequency is 0", "10", "row 0, 1 of 3",
                                       "RFM")),
        ("recency", [0.0, 0.0, 9.0], ("must be above 0 where frequency is above 0", "0",
                                      "row 1, 1 of 3", "RFM")),
        ("recency", [0.0, -1.0, 9.0], ("must be at least 0", "-1", "row 1, 1 of 3")),
        ("recency", [0.0, np.nan, np.inf], ("must be finite", "nan", "row 1, 2 of 3")),
        ("frequency", [0, 1.5, 2.5], ("must be whole", "1.5", "row 1, 2 of 3")),
        ("frequency", [0, -2, 1], ("must be at least 0", "-2", "row 1, 1 of 3")),
        ("frequency", [0, np.nan, 1], ("must be finite", "nan", "row 1, 1 of 3")),
        ("frequency", [0, 1e8, 1], ("must be at most 1e+07", "100000000", "row 1, 1 of 3")),
        ("frequency", ["0", "2", "1"], ("must be numeric", "to_numeric")),
        ("T", [10.0, -8.0, 9.0], ("must be at least 0", "-8", "row 1, 1 of 3")),
        ("T", [10.0, np.inf, 9.0], ("must be finite", "inf", "row 1, 1 of 3")),
        ("T", pd.to_timedelta([10, 8, 9], unit="D"), ("must be numeric",)),
        ("T", pd.to_datetime(["2024-01-01"] * 3), ("must be numeric",)),
        ("monetary_value", [np.nan, -5.0, 7.0], ("at least 0", "-5", "row 1, 1 of 3", "refunds=")),
        ("monetary_value", [np.nan, np.nan, 7.0], ("must be finite", "nan", "row 1, 1 of 3")),
        ("monetary_value", [np.nan, np.inf, 7.0], ("must be finite", "inf", "row 1, 1 of 3")),
        ("monetary_value", [3.0, 5.0, 7.0], ("must be missing", "3", "row 0, 1 of 3", "repeat")),
        ("n", [1, 0, 2], ("must be above 0", "0", "row 1, 1 of 3")),
        ("n", [1, -1, 2], ("must be above 0", "-1", "row 1, 1 of 3")),
        ("n", [1, np.nan, 2], ("must be finite", "nan", "row 1, 1 of 3")),
        ("customer", ["a", "b", "a"], ("must not repeat", "'a'", "row 2, 1 of 3", "One row per")),
        ("customer", ["a", None, None], ("missing", "row 1, 2 of 3")),
    ],
)  # fmt: skip
def test_columns_that_break_a_rule(column, values, parts):
    named = "weight" if column == "n" else column
    refused(lambda: from_table(table(**{column: values}), weight="n"), f"{named}: ", *parts)


def test_columns_of_a_table_that_do_not_exist():
    refused(lambda: from_table(table(), recency="recencies"), "recency: must name a column",
            "'recencies'", "Did you mean 'recency'?", kind=ColumnNotFoundError)  # fmt: skip


def test_a_table_without_rows():
    refused(lambda: from_table(table()[:0]), "summary: must have at least one customer")
    nothing = np.empty(0)
    refused(
        lambda: cv.Summary(nothing, nothing, nothing, nothing), "summary: must have at least one"
    )


@pytest.mark.parametrize("unit", ["weeks", "D", None, 7])
def test_a_unit_of_a_table_that_does_not_exist(unit):
    refused(lambda: from_table(table(), unit=unit), "unit: must be one of", "'week'")


@pytest.mark.parametrize("name", ["frequency", "recency", "T", "monetary_value", "weight"])
def test_columns_of_different_lengths(name):
    columns = {"customer": np.arange(2), "frequency": [1, 1], "recency": [1, 1], "T": [2, 2]}
    refused(lambda: cv.Summary(**(columns | {name: np.ones(3)})),
            f"{name}: must have one value for each of 2 customers", "(3,)")  # fmt: skip


@pytest.mark.parametrize("data", [None, [], "text", {}, {"record": "Fit"}, {"record": "Summary"}])
def test_what_is_no_written_summary(data):
    with pytest.raises(InvalidDataError, match=r"data: must "):
        cv.Summary.from_dict(data)


def test_a_written_summary_that_was_changed_is_validated():
    written = read(log()).summary().to_dict()
    written["T"] = {"array": "float64", "values": [0.0, 0.0]}
    refused(lambda: cv.Summary.from_dict(written), "recency: must not exceed T")
    refused(lambda: cv.Summary.from_dict(written | {"extra": 1}), "data: must have the fields",
            "extra")  # fmt: skip


@pytest.mark.parametrize("values", [["x", "y"], [1 + 1j, 2], [[1.0], [2.0]], [{}, {}]])
@pytest.mark.parametrize("name", ["frequency", "recency", "T", "monetary_value", "weight"])
def test_columns_that_are_no_numbers(name, values):
    columns = {"customer": np.arange(2), "frequency": [1, 1], "recency": [1, 1], "T": [2, 2]}
    refused(lambda: cv.Summary(**(columns | {name: values})), f"{name}: must ")


def test_a_summary_does_not_change_with_the_table_it_was_read_from():
    frame = table()
    summary = from_table(frame, weight="n")
    before = summary.to_dict()
    for column in ("frequency", "recency", "T", "monetary_value"):
        frame.loc[1, column] = 77
    assert summary.to_dict() == before
