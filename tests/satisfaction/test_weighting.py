"""Tests of post-stratification, raking, non-response adjustment, trimming and effective n."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given

import custvalue as cv
from custvalue.satisfaction import (
    Weights,
    design_effect,
    effective_n,
    nonresponse_adjust,
    post_stratify,
    rake,
    trim,
)

ERROR = cv.errors.InvalidDataError
SEED = [[40, 30, 20, 10], [35, 50, 100, 75], [30, 80, 70, 120], [20, 30, 40, 50]]


def wikipedia() -> pd.DataFrame:
    rows, cols = np.indices((4, 4))
    cells = {"row": rows.ravel(), "col": cols.ravel(), "n": np.array(SEED, float).ravel()}
    return pd.DataFrame(cells)


ROWS = dict(enumerate([150, 300, 400, 150]))
COLS = dict(enumerate([200, 300, 400, 100]))


def test_raking_the_example_of_wikipedia():
    found = rake(wikipedia(), {"row": ROWS, "col": COLS}, weight="n", total=1000)
    expected = [
        [64.5585, 46.2325, 35.3843, 3.8247],
        [49.9679, 68.1594, 156.4985, 25.3742],
        [56.7219, 144.4282, 145.0825, 53.7673],
        [28.7516, 41.1800, 63.0347, 17.0337],
    ]
    assert found.weight.reshape(4, 4) == pytest.approx(np.array(expected), abs=5e-5)
    assert found.achieved == pytest.approx(found.target, abs=1e-10)
    assert found.weight.sum() == pytest.approx(1000)
    assert Weights.from_dict(found.to_dict()) == found


def test_post_stratification_of_two_strata():
    survey = pd.DataFrame({"s": ["a"] * 80 + ["b"] * 20, "ok": [1] * 72 + [0] * 8 + [1, 0] * 10})
    found = post_stratify(survey, "s", {"a": 50, "b": 50})
    assert (found.weight[0], found.weight[-1]) == (0.625, 2.5)
    assert (found.effective_n, found.design_effect) == (64.0, 1.5625)
    assert survey["ok"].mean() == pytest.approx(0.82)
    assert np.average(survey["ok"], weights=found.weight) == pytest.approx(0.70)


def test_effective_n_and_design_effect():
    assert effective_n([1] * 50 + [2] * 50) == pytest.approx(90)
    assert effective_n([3.0] * 7) == pytest.approx(7)
    assert design_effect([3.0] * 7) == 1.0
    assert effective_n([]) == 0.0
    assert np.isnan(design_effect([0, 0]))
    assert design_effect([2, 0, 2]) == 1.0  # who has no weight is no respondent


def test_raking_one_column_is_post_stratification():
    survey = pd.DataFrame({"s": ["a", "b", "b", "c"], "w": [1.0, 2, 3, 4]})
    target = {"a": 0.2, "b": 0.5, "c": 0.3}
    raked = rake(survey, {"s": target}, weight="w")
    assert raked.weight == pytest.approx(post_stratify(survey, "s", target, weight="w").weight)
    assert raked.weight.sum() == pytest.approx(10)
    assert raked.weight[1] / raked.weight[2] == pytest.approx(2 / 3)  # base weights keep ratios


def test_cells_of_several_columns():
    survey = pd.DataFrame({"s": ["a", "a", "b"], "t": [1, 2, 1]})
    found = post_stratify(survey, ["s", "t"], {("a", 1): 1, ("a", 2): 2, ("b", 1): 1})
    assert found.weight == pytest.approx([0.75, 1.5, 0.75])
    assert list(found.to_frame()["label"]) == ["a, 1", "a, 2", "b, 1"]


def test_nonresponse_by_weighting_classes():
    asked = pd.DataFrame(
        {"c": ["x"] * 4 + ["y"] * 2, "r": [True, False, False, True, True, True], "w": 2.0}
    )
    found = nonresponse_adjust(asked, "r", "c", weight="w")
    assert found.weight == pytest.approx([4, 0, 0, 4, 2, 2])
    assert found.notes == {"did not answer": 2}
    assert found.achieved == pytest.approx(found.target)
    with pytest.raises(ERROR, match=r"each class.*'y'"):
        nonresponse_adjust(asked.assign(r=[1, 0, 0, 1, 0, 0]), "r", "c")
    with pytest.raises(ERROR, match="true or false"):
        nonresponse_adjust(asked.assign(r=["yes"] * 6), "r", "c")


@given(
    st.lists(st.floats(0.01, 100), min_size=1, max_size=30),
    st.floats(1.05, 6),
    st.floats(0, 0.95),
)
def test_trimming_keeps_sum_bounds_and_order(weights, cap, floor):
    found = trim(weights, cap=cap, floor=floor)
    mean = np.mean(weights)
    assert found.sum() == pytest.approx(np.sum(weights))
    assert found.max() <= cap * mean * (1 + 1e-9)
    assert found.min() >= floor * mean * (1 - 1e-9)
    order = np.argsort(weights, kind="stable")
    assert (np.diff(found[order]) >= -1e-9 * mean).all()


def test_trimming_nothing_changes_nothing():
    assert trim([1, 2, 3], cap=5) == pytest.approx([1, 2, 3])
    assert trim([0, 2, 2, 8], cap=1.5)[0] == 0
    assert trim([], cap=2).shape == (0,)
    for wrong in (1.0, 0.5, float("nan")):
        with pytest.raises(ERROR, match="cap"):
            trim([1, 2], cap=wrong)


def test_cap_in_raking():
    survey = pd.DataFrame({"s": ["a"] * 9 + ["b"], "t": ["x", "y"] * 5})
    targets = {"s": {"a": 0.7, "b": 0.3}, "t": {"x": 0.5, "y": 0.5}}
    assert rake(survey, targets, cap=3.5).weight.max() <= 3.5
    with pytest.raises(cv.errors.ConvergenceError, match="cap may be too low"):
        rake(survey, targets, cap=1.5, max_iterations=50)


def test_contradictory_targets_are_no_endless_loop():
    survey = pd.DataFrame({"s": ["a", "b"], "t": ["x", "y"]})
    targets = {"s": {"a": 0.5, "b": 0.5}, "t": {"x": 0.9, "y": 0.1}}
    with pytest.raises(cv.errors.ConvergenceError, match="away from its share"):
        rake(survey, targets, max_iterations=100)


@pytest.mark.parametrize(
    ("target", "match"),
    [
        ({"a": 0.5, "b": 0.5}, "without answers"),
        ({"a": 0.5, "z": 0.5}, "without a target"),
        ({"a": 1.0, "c": 0.0}, "above 0"),
        ({"a": 0.5, "c": -1.0}, "above 0"),
        ({"a": 0.5, "c": 0.4}, "add to 1"),
        ({"a": 0.5, "c": float("nan")}, "finite"),
        ({"a": 0.5, "c": "half"}, "numbers"),
        ([0.5, 0.5], "mapping"),
        ({}, "mapping"),
    ],
)
def test_bad_targets_are_named(target, match):
    survey = pd.DataFrame({"s": ["a", "c"]})
    if "without answers" in match:
        target = {**target, "c": 0.2, "a": 0.3}
    with pytest.raises(ERROR, match=match):
        post_stratify(survey, "s", target)
    with pytest.raises(ERROR, match=match):
        rake(survey, {"s": target})


def test_bad_tables_are_named():
    survey = pd.DataFrame({"s": ["a", None], "w": [1.0, -1.0]})
    with pytest.raises(ERROR, match="missing values"):
        rake(survey, {"s": {"a": 1.0}})
    with pytest.raises(ERROR, match="at least 0"):
        post_stratify(survey.assign(s="a"), "s", {"a": 1}, weight="w")
    with pytest.raises(ERROR, match="must have rows"):
        post_stratify(survey[:0], "s", {"a": 1})
    with pytest.raises(ERROR, match="targets"):
        rake(survey, {})
    with pytest.raises(cv.errors.ColumnNotFoundError):
        rake(survey, {"region": {"a": 1}})
    with pytest.raises(ERROR, match="one column"):
        effective_n(3.0)


def test_engines(engine):
    found = rake(engine.frame(wikipedia()), {"row": ROWS, "col": COLS}, weight="n", total=1000)
    assert found.weight[0] == pytest.approx(64.5585, abs=5e-5)
    assert engine.owns(found.to_frame())


def test_trimming_is_the_one_factor_that_keeps_the_sum():
    rng = np.random.default_rng(4)
    weights = rng.lognormal(0, 2, 5000) * (rng.random(5000) > 0.1)
    found = trim(weights, cap=3, floor=0.2)
    some = weights > 0
    mean = weights[some].mean()
    inner = some & (found > 0.2 * mean * 1.000001) & (found < 3 * mean * 0.999999)
    factors = found[inner] / weights[inner]
    assert np.ptp(factors) <= 1e-12 * factors.max()
    expected = np.where(some, np.clip(weights * factors.mean(), 0.2 * mean, 3 * mean), 0.0)
    assert found == pytest.approx(expected, rel=1e-12)
    assert found.sum() == pytest.approx(weights.sum(), rel=1e-13)


def test_weights_are_kept_and_absurd_ones_refused():
    mine = np.array([1.0, 2.0, 3.0])
    record = cv.satisfaction.Weights(mine)
    mine[0] = 100.0
    assert record.weight.tolist() == [1.0, 2.0, 3.0]
    for bad in ([1e155, 1.0], [1e-200, 1.0]):
        for function in (cv.satisfaction.effective_n, cv.satisfaction.design_effect,
                         lambda w: trim(w, cap=2), cv.satisfaction.Weights):  # fmt: skip
            with pytest.raises(ERROR, match=r"1e-50|1e\+50"):
                function(bad)
