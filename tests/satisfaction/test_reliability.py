"""Tests of Cronbach's alpha, item analysis and McDonald's omega."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue.satisfaction import Alpha, Omega, cronbach_alpha, mcdonald_omega
from custvalue.satisfaction._one_factor import one_factor

NAN = float("nan")
# Questionnaire of real-statistics.com, as shipped with pingouin: 15 respondents, items in columns.
QUESTIONS = np.array(
    [
        [3, 5, 7, 2, 6, 1, 4, 2, 6, 5, 4, 4, 5, 6, 4],
        [2, 4, 3, 4, 5, 2, 3, 4, 5, 4, 3, 2, 5, 5, 3],
        [4, 6, 5, 3, 6, 3, 5, 4, 5, 6, 5, 3, 6, 5, 5],
        [1, 3, 5, 3, 5, 4, 3, 3, 5, 4, 2, 2, 2, 4, 5],
        [4, 5, 6, 2, 4, 2, 5, 7, 1, 3, 5, 5, 3, 2, 3],
        [5, 1, 4, 2, 4, 5, 2, 2, 6, 5, 3, 3, 3, 2, 1],
        [1, 2, 3, 2, 4, 2, 1, 2, 5, 3, 2, 4, 2, 1, 3],
        [4, 5, 3, 6, 6, 3, 2, 4, 2, 1, 3, 2, 4, 4, 2],
        [3, 5, 6, 6, 7, 5, 4, 6, 3, 7, 4, 3, 4, 6, 3],
        [2, 5, 5, 3, 5, 2, 3, 5, 2, 2, 1, 4, 5, 5, 4],
    ]
).T
# 12 respondents, 11 items answered 0 or 1, 9 respondents complete (same source).
INCOMPLETE = np.array(
    [
        [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
        [1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0],
        [NAN, 0, 1, 1, NAN, 1, 1, 1, 1, 0, 0],
        [1, 1, 1, 0, 1, 1, 0, 1, 1, 0, 0],
        [1, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0],
        [0, 1, NAN, 0, 1, 1, 1, 1, 0, 0, 0],
        [1, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0],
        [1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0],
        [0, 1, 0, 1, 1, 0, 0, 0, 0, 1, 0],
        [1, 0, 0, 1, 0, 1, 0, 0, NAN, 0, 0],
        [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        [1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
    ]
)


def quiet(table, *args, **options) -> Alpha:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", cv.errors.CustValueWarning)
        return cronbach_alpha(table, *args, **options)


def frame(values: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(values, columns=[f"q{10 - i}" for i in range(values.shape[1])])


def implied(loadings: list[float]) -> np.ndarray:
    load = np.array(loadings)
    matrix = np.outer(load, load)
    np.fill_diagonal(matrix, 1.0)
    return matrix


def test_alpha_and_interval_of_the_questionnaire():
    found = quiet(QUESTIONS)
    assert found.value == pytest.approx(0.5917188486, abs=5e-11)  # R psych
    assert found.interval() == pytest.approx((0.195, 0.840), abs=5e-4)  # pingouin's test


def test_interval_uses_the_number_left_after_deletion():
    # pingouin 0.7.0 took all 12 rows: (.581, .933); right: (.533, .947) of the 9 complete rows.
    found = quiet(INCOMPLETE)
    assert found.value == pytest.approx(0.8016949152542373, abs=1e-14)
    assert found.interval() == pytest.approx((0.533, 0.947), abs=5e-4)
    assert (found.base, found.notes["respondents left out"]) == (9, 3)
    complete = quiet(INCOMPLETE[~np.isnan(INCOMPLETE).any(axis=1)])
    assert found.interval() == complete.interval()


def test_pairwise_covariances():
    found = quiet(INCOMPLETE, missing="pairwise")
    assert found.value == pytest.approx(0.732660835214447, abs=1e-14)  # R psych, use = "pairwise"
    assert found.base == 10  # the pair with the fewest
    assert found.interval()[0] < 0.435  # less sure than if all 12 had answered everything
    assert np.allclose(found.covariances[0], pd.DataFrame(INCOMPLETE).cov().to_numpy())


def test_item_analysis_from_a_published_covariance_matrix():
    # StatsBase.jl's documentation: covariances 6, variances 10 to 13.
    cov = np.full((4, 4), 6.0) + np.diag([4.0, 5.0, 6.0, 7.0])
    rng = np.random.default_rng(0)
    raw = rng.normal(size=(50, 4))
    raw -= raw.mean(axis=0)
    white = raw @ np.linalg.inv(np.linalg.cholesky(np.cov(raw.T))).T
    found = cronbach_alpha(white @ np.linalg.cholesky(cov).T, whole=False)
    assert found.value == pytest.approx(0.8136, abs=5e-5)
    deleted = found.item_analysis()["alpha_if_deleted"]
    assert deleted.to_numpy() == pytest.approx([0.75, 0.7606, 0.7714, 0.7826], abs=5e-5)


def test_item_rest_correlation_is_that_with_the_sum_of_the_others():
    table = quiet(frame(QUESTIONS), list(frame(QUESTIONS))).item_analysis()
    for i, name in enumerate(frame(QUESTIONS)):
        rest = np.delete(QUESTIONS, i, axis=1).sum(axis=1)
        assert table["item"][i] == name
        assert table["item_rest"][i] == pytest.approx(np.corrcoef(QUESTIONS[:, i], rest)[0, 1])
        assert table["mean"][i] == pytest.approx(QUESTIONS[:, i].mean())
        assert table["deviation"][i] == pytest.approx(QUESTIONS[:, i].std(ddof=1))


@pytest.mark.parametrize("missing", ["listwise", "pairwise"])
def test_records_add_and_travel(missing):
    table = frame(INCOMPLETE).assign(region=["n", "s"] * 6)
    items = [c for c in table if c != "region"]
    parts = [quiet(table[:5], items, missing=missing), quiet(table[5:], items, missing=missing)]
    whole = quiet(table, items, missing=missing)
    assert sum(parts, Alpha()) == whole
    assert Alpha.from_dict(whole.to_dict()) == whole
    grouped = quiet(table, items, by="region", missing=missing)
    alone = quiet(table[table["region"] == "s"], items, missing=missing)
    assert grouped.value[1] == pytest.approx(alone.value)
    assert grouped.interval()[0][1] == pytest.approx(alone.interval()[0])
    assert list(grouped.to_frame()["region"]) == ["n", "s"]
    assert len(grouped.item_analysis()) == 22
    assert len(repr(grouped)) < 400


def test_weights_are_repetition_for_the_value_and_scale_free_in_the_interval():
    twice = np.repeat(QUESTIONS, np.arange(15) % 2 + 1, axis=0)
    weight = np.arange(15) % 2 + 1.0
    assert quiet(QUESTIONS, weight=weight).value == pytest.approx(quiet(twice).value)
    same = quiet(QUESTIONS, weight=np.full(15, 7.0))
    assert same.interval() == pytest.approx(quiet(QUESTIONS).interval())


def test_reversed_items_are_warned_of_and_declared():
    wrong = frame(QUESTIONS)[["q10", "q9", "q8"]]
    turned = wrong.assign(q9=8 - wrong["q9"])
    with pytest.warns(cv.errors.CustValueWarning, match=r"q9.*reverse="):
        cronbach_alpha(turned, list(turned), scale=(1, 7))
    right = cronbach_alpha(turned, list(turned), scale=(1, 7), reverse=["q9"])
    assert right.value == pytest.approx(cronbach_alpha(wrong, list(wrong)).value)


def test_small_groups_are_hidden_and_can_still_be_added():
    found = quiet(INCOMPLETE, min_group=10)
    assert np.isnan(found.value)
    assert np.isnan(found.interval()[0])
    assert found.item_analysis()["mean"].isna().all()
    assert (found + found).value == pytest.approx(0.8016949152542373)
    assert found.low_base


@pytest.mark.parametrize("rows", [[], [[1, 2]], [[NAN, 1], [2, NAN]], [[3, 3], [3, 3]]])
def test_of_nothing_is_nan(rows):
    values = np.array(rows, dtype=float).reshape(-1, 2)
    found = cronbach_alpha(values)
    assert np.isnan(found.value)
    assert np.isnan(found.interval()).all()
    found.item_analysis(), found.to_frame(), repr(found), repr(Alpha())
    assert np.isnan(Alpha().value)


def test_engines(engine):
    table = engine.frame(frame(QUESTIONS))
    found = quiet(table, [f"q{i}" for i in range(1, 11)])
    assert found.value == pytest.approx(0.5917188486, abs=5e-11)
    assert engine.owns(found.item_analysis())


def test_bad_input_is_named():
    table = frame(QUESTIONS)
    error = cv.errors.InvalidDataError
    with pytest.raises(error, match="at least two items"):
        cronbach_alpha(table, ["q1"])
    with pytest.raises(error, match="scale from 1 to 5"):
        cronbach_alpha(table, ["q1", "q10"], scale=(1, 5))
    with pytest.raises(error, match="answered by all"):
        cronbach_alpha(INCOMPLETE, missing="error")
    with pytest.raises(error, match="missing: must be one of"):
        cronbach_alpha(table, ["q1", "q2"], missing="median")
    one = {key: [1] for key in ("answers", "weight", "squares", "first", "second", "products")}
    with pytest.raises(error, match="each pair of items"):
        Alpha(items=("a", "b"), item=np.array(["a"]), other=np.array(["b"]), **one)
    with pytest.raises(error, match="feldt"):
        quiet(QUESTIONS).interval(method="bootstrap")


# closed form: (sum l)^2 / ((sum l)^2 + sum (1 - l^2))
@pytest.mark.parametrize(
    ("loadings", "omega"),
    [([0.7] * 4, 0.7935222672), ([0.9, 0.8, 0.7, 0.6], 0.8411214953)],
)
def test_omega_of_implied_correlations(loadings, omega):
    found = one_factor(implied(loadings))
    assert found.omega == pytest.approx(omega, abs=5e-11)
    assert found.loadings == pytest.approx(loadings, abs=1e-9)
    units = np.array([1.0, 2.0, 3.0, 4.0])
    scaled = one_factor(implied(loadings) * np.outer(units, units))
    assert scaled.loadings == pytest.approx(units * loadings, abs=1e-8)


def normal_answers(loadings: list[float], n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    load = np.array(loadings)
    own = rng.normal(size=(n, len(load))) * np.sqrt(1.0 - load**2)
    return rng.normal(size=(n, 1)) * load + own


def test_omega_is_a_maximum_of_the_likelihood():
    answers = normal_answers([0.9, 0.8, 0.7, 0.6, 0.5], 200, 1)
    found = mcdonald_omega(answers, whole=False)
    cov = np.cov(answers.T)

    def misfit(load, own):
        model = np.outer(load, load) + np.diag(own)
        return np.linalg.slogdet(model)[1] + np.trace(np.linalg.solve(model, cov))

    best = misfit(found.loadings, found.uniquenesses)
    for i in range(5):
        for step in (-1e-4, 1e-4):
            bump = np.eye(5)[i] * step
            assert misfit(found.loadings + bump, found.uniquenesses) > best
            assert misfit(found.loadings, found.uniquenesses + bump) > best


def test_omega_error_is_that_of_repeated_samples():
    found = [
        mcdonald_omega(normal_answers([0.9, 0.8, 0.7, 0.6, 0.5], 300, s), whole=False)
        for s in range(200)
    ]
    spread = np.std([one.value for one in found])
    assert np.mean([one.error for one in found]) == pytest.approx(spread, rel=0.12)
    truth = 3.5**2 / (3.5**2 + 5 - (0.81 + 0.64 + 0.49 + 0.36 + 0.25))
    covered = [low < truth < high for low, high in (one.interval() for one in found)]
    assert 0.90 <= np.mean(covered) <= 0.99


def test_heywood_cases_are_named():
    rng = np.random.default_rng(2)
    one = rng.normal(size=(40, 1))
    answers = np.hstack([one, one, one, one + rng.normal(size=(40, 1))])
    with pytest.warns(cv.errors.CustValueWarning, match="answer 0"):
        found = mcdonald_omega(answers, whole=False)
    assert found.heywood == ("answer 0", "answer 1", "answer 2")
    assert Omega.from_dict(found.to_dict()) == found
    assert 0 <= found.interval()[0] <= found.value <= found.interval()[1] <= 1


def test_omega_of_a_record_is_that_of_its_answers():
    answers = normal_answers([0.8, 0.7, 0.6], 80, 3)
    battery = cronbach_alpha(answers[:30], whole=False) + cronbach_alpha(answers[30:], whole=False)
    found = mcdonald_omega(battery)
    assert found.value == pytest.approx(mcdonald_omega(answers, whole=False).value, abs=1e-9)
    assert found.to_frame().shape == (3, 3)


def test_omega_needs_items_and_respondents_that_differ():
    error = cv.errors.InvalidDataError
    with pytest.raises(error, match="three items"):
        mcdonald_omega([[1, 2], [2, 1], [3, 3]])
    with pytest.raises(error, match="three respondents"):
        mcdonald_omega([[1, 2, 3], [2, 1, 3]])
    with pytest.raises(error, match=r"must differ between respondents.*answer 2"):
        mcdonald_omega([[1, 2, 3], [2, 1, 3], [3, 3, 3], [4, 5, 3]])
    table = frame(QUESTIONS).assign(g=1)
    with pytest.raises(error, match="one group"):
        mcdonald_omega(quiet(table, ["q1", "q2", "q3"], by="g"))


@pytest.mark.parametrize(
    ("loadings", "alpha"), [([0.7] * 4, 0.7935222672), ([0.9, 0.8, 0.7, 0.6], 0.8348909657)]
)
def test_alpha_of_implied_correlations(loadings, alpha):
    noise = np.random.default_rng(1).normal(size=(50, 4))
    white = np.linalg.qr(noise - noise.mean(axis=0))[0] * 7.0  # of covariance 1 with n - 1 = 49
    answers = white @ np.linalg.cholesky(implied(loadings)).T
    frame = pd.DataFrame(answers, columns=list("abcd"))
    assert cronbach_alpha(frame, list("abcd"), whole=False).value == pytest.approx(alpha, abs=5e-11)
