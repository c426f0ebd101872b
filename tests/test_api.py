"""The public names, listed; and what every public record can do: equality, JSON, notebook table."""

from __future__ import annotations

import dataclasses
import inspect
import json

import numpy as np
import pytest

import custvalue as cv
import plain_log
from custvalue._record import Record

PUBLIC = ["Durations", "Occasions", "Split", "Summary", "churn", "clv", "datasets", "errors",
          "occasions", "plot", "retention", "rfm", "testing"]  # fmt: skip
CLV = [
    "BetaGeo",
    "Fit",
    "GammaGamma",
    "HoldoutValidation",
    "LifetimeValues",
    "MODELS",
    "Model",
    "ModifiedBetaGeo",
    "PURCHASE_MODELS",
    "Predictions",
    "PurchaseModel",
    "holdout",
    "lifetime_value",
]
ERRORS = {
    "CustValueError": (Exception,),
    "InvalidDataError": (cv.errors.CustValueError, ValueError),
    "ColumnNotFoundError": (cv.errors.InvalidDataError,),
    "ConvergenceError": (cv.errors.CustValueError, RuntimeError),
    "NotIdentifiedError": (cv.errors.CustValueError, RuntimeError),
    "MissingExtraError": (cv.errors.CustValueError, ImportError),
    "CustValueWarning": (UserWarning,),
}
TESTING = ["check_addable", "check_permutation_invariant", "purchase_models", "summaries",
           "transaction_logs"]  # fmt: skip
DATASETS = ["Simulation", "cdnow", "complete_journey", "donations", "simulate"]


def public_names(module):
    """Return names without underscore that are neither modules nor imported from elsewhere."""
    return sorted(
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and name != "TYPE_CHECKING"
        and not inspect.ismodule(value)
        and getattr(value, "__module__", module.__name__).startswith(module.__name__)
    )


def test_the_package():
    assert sorted(cv.__all__) == PUBLIC
    assert set(PUBLIC) <= set(dir(cv))
    for name in PUBLIC:
        assert getattr(cv, name) is not None
    with pytest.raises(AttributeError, match=r"no attribute 'nonsense'"):
        _ = cv.nonsense


def test_the_areas():
    assert public_names(cv.clv) == CLV
    assert public_names(cv.testing) == TESTING
    assert public_names(cv.datasets) == DATASETS


def test_the_errors():
    assert public_names(cv.errors) == sorted([*ERRORS, "message"])
    for name, bases in ERRORS.items():
        assert issubclass(getattr(cv.errors, name), bases), name


def test_models_are_registered():
    assert list(cv.clv.PURCHASE_MODELS) == ["BetaGeo", "ModifiedBetaGeo"]
    assert list(cv.clv.MODELS) == ["BetaGeo", "ModifiedBetaGeo", "GammaGamma"]
    for name, model in cv.clv.MODELS.items():
        assert getattr(cv.clv, name) is model


# ---- records


@pytest.fixture(scope="module")
def records():
    """One of each public record, by name."""
    log = plain_log.random_log(61, lines=1500, customers=150)
    bought = cv.occasions(log, customer="customer", time="time", amount="amount")
    split = bought.split(at="2021-01-31", unit="week")
    summary = split.calibration
    model = cv.clv.BetaGeo(r=0.3, alpha=5.0, a=0.8, b=2.5)
    fit = cv.clv.Fit(model, np.eye(4), -12.5, 150.0, 140, 1e-9, "week", "abc", ("a note",))
    predicted = cv.clv.Predictions(
        np.arange(2), np.array([0.5, 1.0]), np.array([2.0, 3.0]), 39.0, "week"
    )
    values = cv.clv.lifetime_value(fit, 20.0, summary, horizon=52, annual_rate=0.1)
    made = [
        bought, summary, split, model, fit, values, predicted, cv.clv.holdout(fit, split),
        cv.clv.ModifiedBetaGeo(0.3, 5.0, 0.8, 2.5), cv.clv.GammaGamma(6.0, 4.0, 15.0),
        cv.datasets.simulate(model, 20, T=39, rng=1),
        cv.Durations(exit=[1.0, 2.0], event=[True, False], groups={"plan": np.array(["a", "b"])}),
    ]  # fmt: skip
    return {type(record).__name__: record for record in made}


RECORDS = ["BetaGeo", "Durations", "Fit", "GammaGamma", "HoldoutValidation", "LifetimeValues",
           "ModifiedBetaGeo",
           "Occasions", "Predictions", "Simulation", "Split", "Summary"]  # fmt: skip


def test_every_public_record_is_among_them(records):
    found = {
        value.__name__
        for module in (cv, cv.clv, cv.datasets)
        for value in (getattr(module, name) for name in dir(module) if not name.startswith("_"))
        if inspect.isclass(value) and issubclass(value, Record) and not value.__subclasses__()
    }
    assert found == set(RECORDS) == set(records)


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_travels_as_json(records, name):
    record = records[name]
    written = json.loads(json.dumps(record.to_dict(), allow_nan=False))
    again = type(record).from_dict(written)
    assert again == record
    assert again.to_dict() == record.to_dict()
    assert written["record"] == name
    assert written["version"] == cv.__version__
    for field in dataclasses.fields(record):
        ours, theirs = getattr(record, field.name), getattr(again, field.name)
        assert type(ours) is type(theirs), field.name
        if isinstance(ours, np.ndarray):
            assert ours.dtype == theirs.dtype, field.name


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_equals_itself_and_no_other(records, name):
    record = records[name]
    assert record == record
    assert record == dataclasses.replace(record)
    for other in records.values():
        assert (record == other) is (record is other)
    with pytest.raises(TypeError, match="unhashable"):
        hash(record)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(record, dataclasses.fields(record)[0].name, None)


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_shows_itself(records, name):
    assert repr(records[name]).startswith(f"{name}(")
    assert len(repr(records[name])) < 400
    html = records[name]._repr_html_()
    assert f"<b>{name}</b>" in html
    assert html.count("<table>") == html.count("</table>") > 0


def test_a_notebook_table_escapes_what_it_shows():
    log = plain_log.random_log(62)
    log["customer"] = "<script>"
    shown = cv.occasions(log, customer="customer", time="time")._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


@pytest.mark.parametrize("ids", [list("ab"), [1, 2], [1.5, 2.5], ["é", "客"], [True, False]])
def test_ids_of_every_kind_travel(ids):
    one = np.ones(2)
    summary = cv.Summary(np.array(ids), one, one, one, notes={"a rule": 3})
    again = cv.Summary.from_dict(json.loads(json.dumps(summary.to_dict())))
    assert again == summary
    assert again.customer.dtype == summary.customer.dtype


def array(*values, kind="int64"):
    return {"array": kind, "values": list(values)}


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("Occasions", {"grain": "fortnight"}),
        ("Occasions", {"week_start": "noday"}),
        ("Occasions", {"period": array(5)}),
        ("Occasions", {"start": array(0, 5, 3)}),
        ("Occasions", {"spend": array(1.0, kind="float64")}),
        ("Occasions", {"period": array(5, kind="nonsense")}),
        ("Occasions", {"notes": None}),
        ("Split", {"calibration": None}),
        ("Split", {"frequency": array(5.0, kind="float64")}),
        ("Split", {"cut": 10**6}),
        ("Summary", {"unit": "fortnight"}),
        ("Summary", {"T": array(1.0, kind="float64")}),
        ("Summary", {"notes": None}),
        ("BetaGeo", {"r": -1.0}),
        ("BetaGeo", {"r": None}),
        ("Fit", {"covariance": array(1.0, kind="float64")}),
        ("Fit", {"unit": "fortnight"}),
    ],
)
def test_a_written_record_that_was_changed_is_refused(records, name, changes):
    record = records[name]
    rule = {"calibration": "must be a Summary"}.get(*changes, next(iter(changes)))
    with pytest.raises(cv.errors.InvalidDataError, match=rule):
        type(record).from_dict(record.to_dict() | changes)


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("data", [None, [], {}, {"record": "Nothing"}, {"version": "0.1.0"}])
def test_what_no_record_wrote_is_refused(records, name, data):
    with pytest.raises(cv.errors.InvalidDataError, match=r"data: must be"):
        type(records[name]).from_dict(data)
