"""The public names, listed; and what every public record can do: equality, JSON, notebook table."""

from __future__ import annotations

import dataclasses
import datetime as dt
import inspect
import json
import uuid
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
import example_records
import plain_log
from custvalue._record import Record

PUBLIC = ["Durations", "Occasions", "Split", "Summary", "churn", "clv", "datasets", "errors",
          "maturity", "occasions", "plot", "retention", "rfm", "satisfaction",
          "scorecard", "testing"]  # fmt: skip
CLV = [
    "BetaDiscreteWeibull",
    "BetaGeo",
    "CONTRACTUAL_MODELS",
    "ContractualModel",
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
    "ShiftedBetaGeo",
    "holdout",
    "lifetime_value",
]
RETENTION = [
    "Cohorts", "GrowthAccounting", "OrderRates", "ReactivationRate", "RepeatRate", "RetentionCurve",
    "RevenueRetention", "WindowRetention", "bracket", "cohorts", "growth_accounting", "n_day",
    "order_rates", "purchase_gaps", "reactivation_rate", "repeat_purchase_rate",
    "revenue_retention", "revenue_retention_from_snapshots", "rolling",
]  # fmt: skip
CHURN = [
    "Brier", "Calibration", "ChurnRates", "EarlyWarning", "KaplanMeier", "LogRank", "Profit",
    "ProfitCurve", "Ranking", "Spells", "Uplift", "WinBack", "brier", "calibration", "churn_rate",
    "compare", "early_warning", "expected_maximum_profit", "hazard_of", "kaplan_meier",
    "maximum_profit", "probability_of", "profit_curve", "ranking", "rescale", "uplift",
    "win_back_rate",
]  # fmt: skip
RFM = [
    "CutPoints", "Migration", "RFMScores", "RFMValues", "SegmentMap", "SegmentTable", "Segments",
    "migration", "migration_between", "scores", "segment", "segment_map", "segment_table", "values",
]  # fmt: skip
SATISFACTION = [
    "Alpha", "CES", "CSAT", "Drivers", "ImportancePerformance", "JourneyScore", "Kano",
    "LoyaltySegments", "NPS", "NPSChange", "NPSDifference", "OHIO_WEIGHTS", "Omega",
    "PenaltyReward", "Programme", "Representativeness", "ResponseRates", "SatisfactionIndex",
    "ServiceGaps", "ShareOfWallet", "ShareTrend", "StageScores", "Trend", "Weights", "acsi",
    "battery", "ces", "compare_groups", "compare_nps", "cronbach_alpha", "csat",
    "design_effect", "drivers", "effective_n", "importance_performance", "index_of_means",
    "journey_score", "kano", "mcdonald_omega", "nonresponse_adjust", "nps", "nps_change",
    "nps_sample_size", "penalty_reward", "post_stratify", "rake", "representativeness",
    "response_rates", "satisfaction_index", "satisfaction_loyalty_matrix",
    "secure_customer_index", "servperf", "servqual", "share_of_wallet", "share_trend",
    "stage_scores", "trend_test", "trim", "wallet_allocation",
]  # fmt: skip
MATURITY = [
    "Assessment", "AssessorGap", "Benchmark", "Blockers", "CohenKappa", "Comparison",
    "Contradictions", "FleissKappa", "ICC", "KrippendorffAlpha", "MaturityModel", "Roadmap",
    "Strengths", "TargetGap", "assess", "assessor_gap", "benchmark", "blockers", "cohen_kappa",
    "compare", "contradictions", "fleiss_kappa", "icc", "krippendorff_alpha", "load",
    "progress_to_date", "roadmap", "strengths", "target_gap",
]  # fmt: skip
SCORECARD = [
    "AHPWeights", "Aspects", "BeforeAfter", "CUSUMChart", "Change", "Crosswalk",
    "DifferenceInDifferences", "EWMAChart", "Evaluation", "EvaluationSystem", "History",
    "ImprovementAction", "ImprovementPlan", "Indicator", "PChart", "PlanStatus", "Reading",
    "Sensitivity", "Themes", "Threshold", "ThresholdPolicy", "aggregate", "ahp_weights",
    "aspects", "before_after", "change_since", "crosswalk", "cusum_chart",
    "difference_in_differences", "entropy_weights", "evaluate", "ewma_chart", "history", "load",
    "normalise", "observed_bounds", "p_chart", "sensitivity", "themes",
]  # fmt: skip
PICTURES = [
    "answers", "by_frequency", "change", "cohort_heatmap", "control_chart", "drivers",
    "gains", "growth", "importance_map", "improvement_plan", "kano_map", "maturity_profile",
    "migration", "nps_over_waves", "profit", "rating_heatmap", "retention_curve", "rfm_grid",
    "roadmap", "scorecard", "survival", "tracking", "value_concentration",
]  # fmt: skip
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

AREAS = (cv.clv, cv.retention, cv.churn, cv.rfm, cv.satisfaction, cv.maturity, cv.scorecard)


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
    assert public_names(cv.retention) == RETENTION
    assert public_names(cv.churn) == CHURN
    assert public_names(cv.rfm) == RFM
    assert public_names(cv.satisfaction) == SATISFACTION
    assert public_names(cv.maturity) == MATURITY
    assert public_names(cv.scorecard) == SCORECARD
    assert public_names(cv.plot) == PICTURES
    assert public_names(cv.testing) == TESTING
    assert public_names(cv.datasets) == DATASETS
    for area in (*AREAS, cv.plot):  # what help(area) lists
        assert sorted(area.__all__) == public_names(area)


def test_the_errors():
    assert public_names(cv.errors) == sorted([*ERRORS, "message"])
    for name, bases in ERRORS.items():
        assert issubclass(getattr(cv.errors, name), bases), name


def test_models_are_registered():
    assert list(cv.clv.PURCHASE_MODELS) == ["BetaGeo", "ModifiedBetaGeo"]
    assert list(cv.clv.CONTRACTUAL_MODELS) == ["ShiftedBetaGeo", "BetaDiscreteWeibull"]
    assert list(cv.clv.MODELS) == [
        *cv.clv.PURCHASE_MODELS, "GammaGamma", *cv.clv.CONTRACTUAL_MODELS
    ]  # fmt: skip
    for name, model in cv.clv.MODELS.items():
        assert getattr(cv.clv, name) is model


# ---- records


@pytest.fixture(scope="module")
def records():
    return example_records.examples()


RECORDS = [
    "AHPWeights", "Alpha", "Aspects", "Assessment", "AssessorGap", "BeforeAfter", "Benchmark",
    "BetaDiscreteWeibull", "BetaGeo", "Blockers", "Brier", "CES", "CSAT", "CUSUMChart",
    "Calibration", "Change", "ChurnRates", "CohenKappa", "Cohorts", "Comparison",
    "Contradictions", "Crosswalk", "CutPoints", "DifferenceInDifferences", "Drivers",
    "Durations", "EWMAChart", "EarlyWarning", "Evaluation", "EvaluationSystem", "Fit",
    "FleissKappa", "GammaGamma", "GrowthAccounting", "History", "HoldoutValidation", "ICC",
    "ImportancePerformance", "ImprovementAction", "ImprovementPlan", "JourneyScore", "Kano",
    "KaplanMeier", "KrippendorffAlpha", "LifetimeValues", "LogRank", "LoyaltySegments",
    "MaturityModel", "Migration", "ModifiedBetaGeo", "NPS", "NPSChange", "NPSDifference",
    "Occasions", "Omega", "OrderRates", "PChart", "PenaltyReward", "PlanStatus", "Predictions",
    "Profit", "ProfitCurve", "Programme", "RFMScores", "RFMValues", "Ranking", "ReactivationRate",
    "RepeatRate", "Representativeness", "ResponseRates", "RetentionCurve", "RevenueRetention",
    "Roadmap", "SatisfactionIndex", "SegmentMap", "SegmentTable", "Segments", "Sensitivity",
    "ServiceGaps", "ShareOfWallet", "ShareTrend", "ShiftedBetaGeo", "Simulation", "Spells", "Split",
    "StageScores", "Strengths", "Summary", "TargetGap", "Themes", "Trend", "Uplift", "Weights",
    "WinBack", "WindowRetention",
]  # fmt: skip


def test_every_public_record_is_among_them(records):
    found = {
        value.__name__
        for module in (cv, cv.datasets, *AREAS)
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
def test_arrays_of_a_record_are_read_only(records, name):
    for field in dataclasses.fields(records[name]):
        array = getattr(records[name], field.name)
        if isinstance(array, np.ndarray):
            assert not array.flags.writeable, field.name


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


def objects(*values):
    """Return an array of what is given, tuples too."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


@pytest.mark.parametrize(
    "ids",
    [
        np.array(["2024-01-31", "NaT"], dtype="datetime64[ns]"),
        np.array([5, "NaT"], dtype="timedelta64[s]"),
        np.array([b"a", b"\xff"]),
        np.array([2**63, 1], dtype=np.uint64),
        objects(b"a", b"\xff"),
        objects(uuid.UUID(int=1), uuid.UUID(int=2)),
        objects(Decimal("1.50"), Decimal("NaN")),
        objects(dt.date(2024, 1, 31), dt.datetime(2024, 1, 31, 5)),
        objects((1, "a"), (2, (dt.date(2024, 1, 31), None))),
        objects(None, float("inf")),
    ],
)
def test_ids_that_json_has_no_type_for_travel(ids):
    one = np.ones(2)
    written = json.loads(json.dumps(cv.Summary(ids, one, one, one).to_dict(), allow_nan=False))
    again = cv.Summary.from_dict(written).customer
    assert again.dtype == ids.dtype
    assert [(type(a), repr(a)) for a in again] == [(type(i), repr(i)) for i in ids]


@pytest.mark.parametrize(
    "ids", [objects(pd.Period("2024-01"), 1), objects({1}, 2), np.array([1j, 2])]
)
def test_ids_that_cannot_travel_are_named(ids):
    one = np.ones(2)
    with pytest.raises(cv.errors.InvalidDataError, match="customer: must be of a type that"):
        cv.Summary(ids, one, one, one).to_dict()


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
        ("Occasions", {"lines": array(2.9)}),
        ("Occasions", {"spend": array("1.0", kind="float64")}),
        ("Occasions", {"customer": array({"uuid": "nonsense"}, kind="object")}),
        ("Occasions", {"customer": array({"bytes": 5}, kind="object")}),
        ("Occasions", {"customer": {"tuple": 5}}),
        ("Occasions", {"customer": {"array": "int64", "values": 5}}),
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
