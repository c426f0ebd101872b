"""Cohorts: starts from a column, since, records as JSON, empty and bad input."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue.retention import Cohorts, RetentionCurve, cohorts


def read(log, **options):
    return cohorts(log, customer="who", time="when", **options)


def table(*rows, **columns):
    """Return a log of (customer, time) rows."""
    who, when = zip(*rows, strict=True)
    times = pd.to_datetime(list(when), format="ISO8601")
    return pd.DataFrame({"who": who, "when": times, **columns})


def test_since_leaves_out_older_customers_and_counts_them():
    log = table(("a", "2024-01-05"), ("a", "2024-02-05"), ("b", "2024-02-05"), ("c", "2024-03-01"))
    found = read(log, since="2024-02-15", until="2024-03-31")
    assert found.since == "2024-02-01"
    assert found.notes == {"customers who started before `since` left out": 1}
    assert found.size[found.age == 0].tolist() == [1, 1]
    assert found.orders.sum() == 2
    with pytest.raises(cv.errors.InvalidDataError, match=r"since: must not lie.*until 2024-03-31"):
        read(log, since="2024-04-01", until="2024-03-31")


def test_age_counts_from_a_column_if_there_is_one():
    log = table(("a", "2024-01-20"), ("a", "2024-03-02"), ("b", "2024-02-02"),
                signup=pd.to_datetime(["2024-01-03", "2024-01-03", "2024-01-31"]))  # fmt: skip
    found = read(log, start="signup", until="2024-03-31")
    assert found.origin == "start"
    assert found.triangle().iloc[0][["size", "0", "1", "2"]].tolist() == [2.0, 0.5, 0.5, 0.5]
    lower, upper = found.interval()
    assert lower[0] < 0.5 < upper[0]
    text = log.assign(signup=log["signup"].astype(str))
    assert read(text, start="signup", until="2024-03-31") == found
    by_first = read(log, until="2024-03-31")
    assert (by_first.interval()[0][by_first.age == 0] == [1.0, 1.0, np.nan])[:2].all()


def test_activity_before_the_start_is_an_error_or_counted():
    log = table(("a", "2024-01-02"), ("a", "2024-01-05 08:00"), ("b", "2024-01-09"),
                signup=pd.to_datetime(["2024-01-05T09:00"] * 2 + ["2024-01-09T00:00"]))  # fmt: skip
    with pytest.raises(cv.errors.InvalidDataError, match=r"before the start.*1 of 3 rows"):
        read(log, start="signup")
    found = read(log, start="signup", before_start="drop", until="2024-01-31")
    assert found.notes == {"lines before the start of the customer left out": 1}
    assert found.orders.tolist() == [2]
    with pytest.raises(cv.errors.InvalidDataError, match="before_start"):
        read(log, start="signup", before_start="keep")


def test_a_start_must_be_one_date_per_customer():
    log = table(("a", "2024-03-02"), ("a", "2024-03-05"))
    for starts, match in (
        (pd.to_datetime(["2024-01-01", "2024-01-02"]), "same in all lines"),
        (pd.to_datetime(["2024-01-01", None]), "missing"),
        (["2024-01-01", "soon"], "no date"),
        ([1, 2], "dates or times"),
    ):
        with pytest.raises(cv.errors.InvalidDataError, match=match):
            read(log.assign(signup=starts), start="signup")
    with pytest.raises(cv.errors.ColumnNotFoundError, match="signup"):
        read(log, start="signup")
    kept = read(log.assign(signup=pd.to_datetime(["2024-01-01", None])), start="signup",
                missing="drop")  # fmt: skip
    assert kept.notes == {"lines without a start of the customer dropped": 1}


def test_records_travel_as_json(cdnow):
    found = cohorts(cdnow, customer="customer_id", time="date", until="1998-06-15")
    there = json.loads(json.dumps(found.to_dict()))
    assert Cohorts.from_dict(there) == found
    curve = found.curve()
    assert RetentionCurve.from_dict(json.loads(json.dumps(curve.to_dict()))) == curve
    assert len(repr(found)) < 400
    assert "1998-06-15" in repr(found)
    assert "<table>" in found._repr_html_()
    for change in (
        {"until": "soon"}, {"grain": "fortnight"}, {"origin": "x"}, {"week_start": 1},
        {"customers": found.size + 1}, {"age": -found.age}, {"size": found.size[:-1]},
        {"cohort": found.cohort.astype(str)},
    ):  # fmt: skip
        data = {**found.to_dict(), **{k: v.tolist() if isinstance(v, np.ndarray) else v
                                      for k, v in change.items()}}  # fmt: skip
        with pytest.raises(cv.errors.InvalidDataError):
            Cohorts.from_dict(data)


def test_an_empty_record_changes_nothing():
    nothing = Cohorts()
    assert len(nothing.triangle()) == 0
    assert len(nothing.curve()) == 0
    assert len(nothing.durations()) == 0
    assert len(nothing.to_frame()) == 0
    assert len(nothing.state) == 0
    found = read(table(("a", "2024-01-05")))
    assert nothing + found == found == found + nothing
    assert sum([found]) == found


def test_bad_input():
    log = table(("a", "2024-01-05"), ("b", "2024-02-05"), amount=[1.0, 2.0])
    cases = [
        ({"period": "hour"}, "period"),
        ({"period": None}, "period"),
        ({"week_start": "tuesdy"}, "week_start"),
        ({"until": "soon"}, "until"),
        ({"since": 5}, "since"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"by": "amount2"}, "by"),
        ({"amount": "when"}, "numeric"),
        ({"missing": "keep"}, "missing"),
        ({"colour": "red"}, "argument"),
    ]
    for options, match in cases:
        with pytest.raises(cv.errors.InvalidDataError, match=match):
            read(log, **options)
    with pytest.raises(cv.errors.InvalidDataError, match="customer"):
        cohorts(log)
    with pytest.raises(cv.errors.InvalidDataError, match="time"):
        cohorts(log, customer="who")
    with pytest.raises(cv.errors.InvalidDataError, match="no purchase"):
        read(log[:0])
    with pytest.raises(cv.errors.InvalidDataError, match="same in all lines"):
        read(table(("a", "2024-01-05"), ("a", "2024-02-05"), shop=["x", "y"]), by="shop")
    with pytest.raises(cv.errors.InvalidDataError, match="frame"):
        read(7)
    for what in ("retained", None, 1):
        with pytest.raises(cv.errors.InvalidDataError, match="what"):
            read(log).triangle(what)
    for name in ("cohort", "age", "size", "retention", "state"):
        with pytest.raises(cv.errors.InvalidDataError, match=name):
            read(log.assign(**{name: "x"}), by=name).to_frame()
    far = table(("a", "1700-01-01"), ("b", "2024-01-01"))
    with pytest.raises(cv.errors.InvalidDataError, match="cells of cohort and age"):
        read(far, period="day")


def test_occasions_must_fit_and_be_read_already():
    log = table(("a", "2024-01-05"), ("b", "2024-02-05"))
    weeks = cv.occasions(log, customer="who", time="when", grain="week")
    days = cv.occasions(log, customer="who", time="when")
    with pytest.raises(cv.errors.InvalidDataError, match="grain"):
        cohorts(weeks, period="month")
    for options in ({"customer": "who"}, {"by": "shop"}, {"start": "signup"}, {"missing": "drop"}):
        with pytest.raises(cv.errors.InvalidDataError, match="left out"):
            cohorts(days, **options)
    assert cohorts(days, period="month").until == "2024-02-05"


def test_one_customer_one_line():
    found = read(table(("a", "2024-02-29")))
    assert found.to_frame()[["age", "size", "customers", "orders"]].to_numpy().tolist() == [
        [0, 1, 1, 1]
    ]
    assert found.state.tolist() == ["observed"]
