"""Tests of the kappas of Cohen and of Fleiss: published numbers, statsmodels, coverage."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from custvalue.errors import InvalidDataError
from custvalue.maturity import CohenKappa, FleissKappa, cohen_kappa, fleiss_kappa

from .agreement_data import ANXIETY, COHEN, DIAGNOSES

COHENS_WEIGHTS = [[0, 1, 3], [1, 0, 6], [3, 6, 0]]
# Example of Wikipedia's article on Fleiss' kappa: 10 subjects, 14 raters, counts of 5 categories.
COUNTS = [[0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
          [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0],
          [0, 2, 2, 3, 7]]  # fmt: skip


def peer() -> Any:
    """Return what statsmodels has on raters."""
    return pytest.importorskip("statsmodels.stats.inter_rater", reason="statsmodels is missing")


# ---- Cohen


@pytest.mark.parametrize(
    ("weights", "expected"),
    [(None, 0.491525), (COHENS_WEIGHTS, 0.347826), ("linear", 0.473684), ("quadratic", 0.454545)],
)
def test_cohens_example(weights, expected):
    found = CohenKappa.from_table(COHEN, weights=weights)
    assert found.value == pytest.approx(expected, abs=5e-7)
    assert found.units == 200
    pairs = np.repeat(np.indices((3, 3)).reshape(2, 9), COHEN.ravel().astype(int), axis=1).T
    rated = cohen_kappa(pairs, weights=weights, order=[0, 1, 2])
    assert rated == found


@pytest.mark.parametrize(
    ("weights", "kappa", "z"),
    [
        (None, -0.006289308, -0.0604067),
        ("linear", 0.1459075, 1.282472),
        ("quadratic", 0.2520325, 1.437451),
        ([[abs(w - v) for v in (0, 0.5, 1, 1.5, 2)] for w in (0, 0.5, 1, 1.5, 2)], 0.1459075,
         1.282472),
    ],
)  # fmt: skip
def test_kappa_and_z_of_the_r_package_irr(weights, kappa, z):
    # irr takes places among the ratings that occur: nobody gave a 5.
    found = cohen_kappa(ANXIETY[:, 1:], weights=weights, order=[1, 2, 3, 4, 6])
    assert found.value == pytest.approx(kappa, abs=5e-8)
    assert found.value / found.null_standard_error == pytest.approx(z, abs=5e-6)


def test_numbers_have_their_distances_and_places_only_by_order():
    table = ANXIETY[:, 1:]
    by_number = cohen_kappa(table, weights="linear").value
    every = cohen_kappa(table, weights="linear", order=range(1, 7)).value
    assert by_number == pytest.approx(every, abs=1e-14)
    assert abs(by_number - cohen_kappa(table, weights="linear", order=[1, 2, 3, 4, 6]).value) > 0.01


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("weights", [None, "linear", "quadratic"])
def test_kappa_and_standard_errors_of_statsmodels(seed, weights):
    source = np.random.default_rng(seed)
    table = source.integers(0, 12, (4, 4)) + 15 * np.eye(4, dtype=int)
    found = CohenKappa.from_table(table, weights=weights)
    theirs = peer().cohens_kappa(table, wt=weights)
    assert found.value == pytest.approx(theirs.kappa, rel=1e-12)
    assert found.standard_error == pytest.approx(theirs.std_kappa, rel=1e-12)
    assert found.null_standard_error == pytest.approx(theirs.std_kappa0, rel=1e-12)
    assert found.interval(method="wald") == pytest.approx((theirs.kappa_low, theirs.kappa_upp))


def test_errors_with_weights_that_are_not_symmetric():
    weights = np.array([[0, 2, 3], [1, 0, 1], [5, 2, 0]])
    theirs = peer().cohens_kappa(COHEN, weights=weights / 5)
    found = CohenKappa.from_table(COHEN, weights=weights)
    expected = (theirs.kappa, theirs.std_kappa, theirs.std_kappa0)
    assert (found.value, found.standard_error, found.null_standard_error) == pytest.approx(expected)
    once = CohenKappa.from_table(COHEN, weights=weights * 1e300)
    assert (once.value, once.standard_error) == pytest.approx(expected[:2])


def test_the_standard_error_is_near_that_of_resampling():
    found = CohenKappa.from_table(COHEN, weights="linear")
    low, high = found.interval(0.6827, "bootstrap", draws=4000, rng=3)
    assert (high - low) / 2 == pytest.approx(found.standard_error, rel=0.05)


def test_interval_of_the_logarithm():
    found = CohenKappa.from_table(COHEN)
    lacking = 1 - found.value
    step = stats.t.ppf(0.95, 199) * found.standard_error / lacking
    expected = (1 - lacking * np.exp(step), 1 - lacking * np.exp(-step))
    assert found.interval(0.9) == pytest.approx(expected, rel=1e-12)


def test_swapping_the_raters_turns_the_table():
    answers = ANXIETY[:, 1:]
    one, other = cohen_kappa(answers), cohen_kappa(answers[:, ::-1])
    assert one.table.tolist() == other.table.T.tolist()
    assert (one.value, one.standard_error) == pytest.approx((other.value, other.standard_error))


def test_one_rating_of_all_by_both_is_undefined():
    found = cohen_kappa([["yes", "yes"]] * 5)
    assert np.isnan([found.value, found.standard_error, found.null_standard_error]).all()
    assert np.isnan(found.interval()).all()
    assert found.interpretation() == "undefined"
    one_sided = cohen_kappa([["yes", "yes"], ["yes", "no"]])
    assert (one_sided.value, one_sided.interpretation()[:6]) == (0.0, "slight")


def test_perfect_agreement_has_a_lower_bound_below_one():
    found = CohenKappa.from_table([[30, 0], [0, 30]])
    assert (found.value, found.standard_error) == (1.0, 0.0)
    assert found.interval() == pytest.approx((1 - (1 - 0.025 ** (1 / 60)) / 0.5, 1.0))


def test_missing_ratings_are_refused_or_left_out_and_counted():
    answers = [[1, 1], [2, np.nan], [2, 2], [np.nan, np.nan]]
    with pytest.raises(InvalidDataError, match=r"raters: must both rate each unit.*row 1, 2 of 4"):
        cohen_kappa(answers)
    found = cohen_kappa(answers, missing="listwise")
    assert (found.value, found.units) == (1.0, 2)
    assert found.notes == {"units not rated by both left out": 2}


def test_what_cohens_kappa_refuses():
    for call, rule in [
        (lambda: cohen_kappa([[1, 2, 3]]), "raters: must be two"),
        (lambda: cohen_kappa([[1, 2]], weights="cubic"), "weights: must be one of"),
        (lambda: cohen_kappa([["a", "b"]], weights="linear"), "weights: need the order"),
        (lambda: cohen_kappa([[1, 2]], weights=[[0, 1], [1, 0]]), "weights: must have a row"),
        (lambda: CohenKappa.from_table(COHEN, weights=np.eye(3)), "weights: must be 0 on the diag"),
        (lambda: CohenKappa.from_table(COHEN, weights=np.zeros((3, 3))), "weights: must be 0 on"),
        (lambda: CohenKappa.from_table(COHEN, weights=-1 + np.eye(3)), "weights: must be at least"),
        (lambda: CohenKappa.from_table([[1, 2]]), "table: must be of shape"),
        (lambda: CohenKappa.from_table(5), "table: must be of shape"),
        (lambda: CohenKappa.from_table([[1.5, 2], [1, 1]]), "table: must be whole"),
        (lambda: CohenKappa.from_table([[-1, 2], [1, 1]]), "table: must be at least 0"),
        (lambda: CohenKappa.from_table(COHEN, ["a", "b", "a"]), "levels: must be different"),
        (lambda: CohenKappa.from_table(COHEN, raters=("me",)), "raters: must name two"),
        (lambda: cohen_kappa([[1, 2]], missing="drop"), "missing: must be one of"),
        (lambda: cohen_kappa([[1, 1]]) + cohen_kappa([[1, 1]], weights="linear"), "weights: must"),
    ]:
        with pytest.raises(InvalidDataError, match=rule):
            call()


# ---- Fleiss


def test_fleiss_example():
    found = fleiss_kappa(DIAGNOSES)
    assert found.value == pytest.approx(0.4302445, abs=5e-8)  # R irr, kappam.fleiss
    assert found.value / found.null_standard_error == pytest.approx(17.65183, abs=5e-6)
    frame = found.to_frame()
    assert frame["ratings"].tolist() == [26, 26, 30, 55, 43]
    # R irr, kappam.fleiss(detail=TRUE), printed with three digits
    assert frame["value"].tolist() == pytest.approx([0.245, 0.245, 0.520, 0.471, 0.566], abs=6e-4)
    p = found.counts / found.counts.sum()
    weights = p * (1 - p)
    assert (weights * frame["value"]).sum() / weights.sum() == pytest.approx(found.value)


def test_fleiss_kappa_from_counts():
    found = FleissKappa.from_counts(COUNTS)
    assert found.value == pytest.approx(0.210, abs=5e-4)
    assert found.value == pytest.approx(peer().fleiss_kappa(np.array(COUNTS)), rel=1e-12)
    assert (found.patterns >= 0).sum(axis=1).tolist() == [14] * 10


@pytest.mark.parametrize("seed", range(5))
def test_fleiss_kappa_of_statsmodels(seed):
    source = np.random.default_rng(seed)
    table = np.clip(source.integers(0, 4, (25, 1)) + source.integers(-1, 2, (25, 5)), 0, 4)
    found = fleiss_kappa(table)
    assert found.value == pytest.approx(
        peer().fleiss_kappa(peer().aggregate_raters(table)[0]), rel=1e-12
    )


def test_each_category_is_a_kappa_of_its_own():
    found = fleiss_kappa(DIAGNOSES).to_frame()
    for i, level in enumerate(range(1, 6)):
        alone = fleiss_kappa(np.where(level == DIAGNOSES, "this", "other"))
        assert found["value"][i] == pytest.approx(alone.value, rel=1e-12)
        assert found["standard_error"][i] == pytest.approx(alone.standard_error, rel=1e-12)
    unused = fleiss_kappa(DIAGNOSES, order=range(1, 7)).to_frame()
    assert np.isnan(unused["value"][5])
    assert unused["value"][:5].tolist() == found["value"].tolist()


def test_fleiss_needs_as_many_ratings_of_each_unit():
    gaps = DIAGNOSES.copy()
    gaps[[2, 9], [1, 0]] = np.nan
    with pytest.raises(InvalidDataError, match=r"ratings: must be as many.*got 5.*row 2, 2 of 30"):
        fleiss_kappa(gaps)
    found = fleiss_kappa(gaps, missing="listwise")
    assert found.value == fleiss_kappa(np.delete(DIAGNOSES, [2, 9], axis=0)).value
    assert found.notes == {"units with fewer ratings left out": 2}
    with pytest.raises(InvalidDataError, match="ratings: must be as many"):
        fleiss_kappa([[1, 1], [1, 2]]) + fleiss_kappa([[1, 1, 2]])
    with pytest.raises(InvalidDataError, match="counts: must be of shape"):
        FleissKappa.from_counts([1, 2])
    with pytest.raises(InvalidDataError, match="levels: must name each column"):
        FleissKappa.from_counts([[1, 2]], ["a"])


def test_fleiss_of_one_category_is_undefined():
    found = fleiss_kappa([["a", "a", "a"]] * 4)
    assert np.isnan([found.value, found.standard_error, found.null_standard_error]).all()
    assert np.isnan(found.interval()).all()


def study_pairs(source: np.random.Generator, count: int, raters: int, right: float) -> np.ndarray:
    """Return ratings that are right with a probability, else drawn from the shares of all."""
    shares = [0.5, 0.3, 0.15, 0.05]
    truth = source.choice(4, (count, 1), p=shares)
    other = source.choice(4, (count, raters), p=shares)
    return np.where(source.random((count, raters)) < right, truth, other)


@pytest.mark.study
@pytest.mark.parametrize("right", [0.6, 0.9])
@pytest.mark.parametrize(("units", "least"), [(30, 0.90), (100, 0.93), (400, 0.94)])
def test_coverage_of_the_intervals(right, units, least):
    source = np.random.default_rng(5)
    inside = []
    for _ in range(2000):
        two = study_pairs(source, units, 2, right)
        cohen = cohen_kappa(two).interval()
        fleiss = fleiss_kappa(study_pairs(source, units, 4, right)).interval()
        inside.append([low <= right**2 <= high for low, high in (cohen, fleiss)])
    found = np.mean(inside, axis=0)
    assert (found >= least).all()
    assert (found <= 0.985).all()
