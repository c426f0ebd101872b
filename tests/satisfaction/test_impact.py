"""Penalty-reward contrasts and importance-performance: published numbers, least squares, edges."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue.errors import InvalidDataError
from custvalue.satisfaction import _asymmetry

penalty_reward = cv.satisfaction.penalty_reward


def _survey(rows: int = 400, seed: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.integers(1, 6, (rows, 3)), columns=["a", "b", "c"])
    frame["y"] = 5.0 - 2 * (frame.a == 1) + (frame.b == 5) + 0.5 * (frame.c == 5) - (frame.c == 1)
    frame["y"] += rng.normal(size=rows)
    frame["w"] = rng.integers(1, 4, rows)
    return frame


def _dummies(frame: pd.DataFrame, low: float, high: float) -> np.ndarray:
    x = frame[["a", "b", "c"]]
    return np.column_stack([np.ones(len(x)), x <= low, x >= high]).astype(float)


def test_published_asymmetry() -> None:
    whole, satisfying, dissatisfying = _asymmetry.potentials(-0.6, 0.3)
    np.testing.assert_allclose(whole, 0.9)
    np.testing.assert_allclose(satisfying, 1 / 3)
    np.testing.assert_allclose(dissatisfying, 2 / 3)
    np.testing.assert_allclose(_asymmetry.asymmetry(-0.6, 0.3), -1 / 3)


def test_ends_signs_and_nothing() -> None:
    found = _asymmetry.asymmetry([0.0, -0.5, 0.1, 0.1, np.nan], [0.4, 0.0, 0.4, -0.2, 0.1])
    np.testing.assert_array_equal(found, [1, -1, 1, np.nan, np.nan])
    kinds = ["delighter", "frustrator", "delighter", None, None]
    assert _asymmetry.kinds(found, 0.2, 0.7).tolist() == kinds


@pytest.mark.parametrize(
    ("penalty", "reward", "kind"),
    [(-1, 9, "delighter"), (-3, 7, "satisfier"), (-4, 6, "hybrid"), (-6, 4, "hybrid"),
     (-7, 3, "dissatisfier"), (-9, 1, "frustrator")],
)  # fmt: skip
def test_kinds(penalty: float, reward: float, kind: str) -> None:
    found = _asymmetry.asymmetry([float(penalty)], [float(reward)])
    assert _asymmetry.kinds(found, 0.21, 0.7).tolist() == [kind]


@pytest.mark.parametrize("weighted", [False, True])
def test_coefficients_and_robust_variances_are_those_of_least_squares(weighted: bool) -> None:
    frame = _survey()
    found = penalty_reward(
        frame, "y", ["a", "b", "c"], low=1, high=5, scale=(1, 5), weight="w" if weighted else None
    )
    x, y = _dummies(frame, 1, 5), frame["y"].to_numpy()
    w = frame["w"].to_numpy(float) if weighted else np.ones(len(frame))
    root = np.sqrt(w)
    beta = np.linalg.lstsq(x * root[:, None], y * root, rcond=None)[0]
    inverse = np.linalg.inv(x.T @ (x * w[:, None]))
    rest = y - x @ beta
    n = w.sum() ** 2 / (w**2).sum()
    robust = inverse @ (x.T @ (x * ((w * rest) ** 2)[:, None])) @ inverse * n / (n - 7)
    np.testing.assert_allclose(found.penalty, beta[1:4])
    np.testing.assert_allclose(found.reward, beta[4:])
    np.testing.assert_allclose(found.penalty_variance, np.diag(robust)[1:4])
    np.testing.assert_allclose(found.reward_variance, np.diag(robust)[4:])
    np.testing.assert_allclose(found.covariance, [robust[1, 4], robust[2, 5], robust[3, 6]])
    np.testing.assert_allclose(found.free, n - 7)
    centre = y - np.average(y, weights=w)
    np.testing.assert_allclose(found.r_squared, 1 - (w * rest**2).sum() / (w * centre**2).sum())
    assert found.low.tolist() == (frame[["a", "b", "c"]] == 1).sum().tolist()


def test_interval_of_the_asymmetry_is_that_of_simulation() -> None:
    found = penalty_reward(_survey(4000), "y", ["a", "b", "c"], low=1, high=5)
    low, high = found.interval()
    rng = np.random.default_rng(1)
    j = 2
    v = [
        [found.penalty_variance[j], found.covariance[j]],
        [found.covariance[j], found.reward_variance[j]],
    ]
    p, r = rng.multivariate_normal([found.penalty[j], found.reward[j]], v, 100_000).T
    np.testing.assert_allclose(
        [low[j], high[j]], np.quantile((r + p) / (r - p), [0.025, 0.975]), atol=0.01
    )


def test_weights_are_repetition_for_coefficients() -> None:
    frame = _survey()
    long = frame.loc[frame.index.repeat(frame["w"])]
    one = penalty_reward(frame, "y", ["a", "b"], low=2, high=5, weight="w")
    other = penalty_reward(long, "y", ["a", "b"], low=2, high=5)
    np.testing.assert_allclose(one.penalty, other.penalty)
    np.testing.assert_allclose(one.asymmetry, other.asymmetry)


def test_groups_are_as_if_alone() -> None:
    frame = _survey()
    frame["site"] = np.repeat(["a", "b", "c"], [200, 190, 10])
    found = penalty_reward(frame, "y", ["a", "b", "c"], low=1, high=5, by="site", min_group=11)
    for site in ("a", "b"):
        alone = penalty_reward(frame[frame.site == site], "y", ["a", "b", "c"], low=1, high=5)
        here = (found.to_frame()["site"] == site).to_numpy()
        np.testing.assert_allclose(found.penalty[here], alone.penalty)
        np.testing.assert_allclose(found.interval()[1][here], alone.interval()[1])
    assert np.isnan(found.penalty[6:]).all()
    assert np.isnan(found.r_squared[6:]).all()


def test_nobody_low_has_no_penalty() -> None:
    frame = _survey()
    frame["a"] = frame["a"].clip(lower=2)
    found = penalty_reward(frame, "y", ["a", "b"], low=1, high=5)
    assert np.isnan(found.penalty).tolist() == [True, False]
    x = np.column_stack([np.ones(len(frame)), frame.b == 1, frame.a == 5, frame.b == 5]).astype(
        float
    )
    expected = np.linalg.lstsq(x, frame["y"], rcond=None)[0]
    np.testing.assert_allclose([found.penalty[1], *found.reward], expected[1:])
    assert np.isnan(found.asymmetry[0])


def test_collinear_and_small_groups_are_counted() -> None:
    frame = _survey()
    frame["site"] = np.repeat(["a", "b", "c"], [200, 198, 2])
    frame.loc[frame.site == "b", "b"] = frame.a
    found = penalty_reward(frame, "y", ["a", "b"], low=1, high=5, by="site")
    assert np.isnan(found.penalty).tolist() == [False] * 2 + [True] * 4
    assert found.remarks["groups with collinear attributes"] == 1
    with pytest.warns(cv.errors.CustValueWarning, match="attributes: must not determine"):
        alone = penalty_reward(frame[frame.site == "b"], "y", ["a", "b"], low=1, high=5)
    assert np.isnan(alone.penalty).all()


def test_record_travels(engine):
    found = penalty_reward(engine.frame(_survey(60)), "y", ["a", "b"], low=1, high=5, by="c")
    assert engine.owns(found.to_frame())
    assert cv.satisfaction.PenaltyReward.from_dict(found.to_dict()) == found
    assert len(cv.satisfaction.PenaltyReward().to_frame()) == 0


def test_patterns_are_counted() -> None:
    rows = [[1, 3, 2.0], [1, 3, 4.0], [5, 5, 9.0], [3, 1, 5.0], [3, 3, 6.0], [3, 3, 7.0], [5, 3, 8]]
    frame = pd.DataFrame(rows, columns=["a", "b", "y"])
    found = penalty_reward(frame, "y", ["a", "b"], low=1, high=5)
    assert found.pattern.tolist() == ["", "++", "+0", "-0", "0-", "00"]
    assert found.answers.tolist() == [0, 1, 1, 2, 1, 2]
    assert found.moments.mean[:, 0].tolist() == [0, 9, 8, 3, 5, 6.5]
    with pytest.raises(cv.errors.InvalidDataError, match="pattern: must have a mark"):
        dataclasses.replace(found, pattern=np.array(["", "++", "+0", "-0", "0-", "000"], object))
    with pytest.raises(cv.errors.InvalidDataError, match="cuts: must be the same"):
        found + penalty_reward(frame, "y", ["a", "b"], low=2, high=5)


def test_more_attributes_than_one_number_holds() -> None:
    rng = np.random.default_rng(4)
    names = [f"q{j}" for j in range(45)]
    frame = pd.DataFrame(rng.integers(1, 6, (400, 45)), columns=names)
    frame["y"] = rng.normal(size=400) + (frame["q44"] == 5)
    found = penalty_reward(frame, "y", names, low=1, high=5)
    x = np.column_stack([np.ones(400), frame[names] == 1, frame[names] == 5]).astype(float)
    beta = np.linalg.lstsq(x, frame["y"].to_numpy(), rcond=None)[0]
    np.testing.assert_allclose(found.reward, beta[46:])
    assert len(found) == 401


@pytest.mark.parametrize(
    ("change", "options", "match"),
    [
        ({}, {"low": 5, "high": 5}, "low: must be below high"),
        ({}, {"low": np.nan}, "low: must be finite"),
        ({}, {"attributes": []}, "attributes: must name"),
        ({}, {"attributes": ["y"]}, "attributes: must not have the outcome"),
        ({"a": "x"}, {}, "a: "),
        ({}, {"scale": (1, 4)}, "must be on the scale"),
    ],
)
def test_bad_input(change, options, match):
    arguments = {"attributes": ["a", "b"], "low": 1, "high": 5} | options
    with pytest.raises(cv.errors.InvalidDataError, match=match):
        penalty_reward(_survey(30).assign(**change), "y", **arguments)


@pytest.mark.parametrize(
    ("rows", "change", "match"),
    [(30, {"y": 3.1}, "y: must vary"), (30, {"a": np.nan}, "table: must have more than"),
     (4, {}, "table: must have more than")],
)  # fmt: skip
def test_nothing_can_be_said(rows, change, match) -> None:
    with pytest.warns(cv.errors.CustValueWarning, match=match):
        found = penalty_reward(_survey(rows).assign(**change), "y", ["a", "b"], low=2, high=4)
    assert np.isnan([found.penalty, found.reward, found.asymmetry, found.r_squared]).all()


def test_quadrants() -> None:
    ipa = cv.satisfaction.importance_performance
    names, importance, performance = list("abcd"), [1.0, 2, 4, 5], [5.0, 1, 1, 3]
    grid = ipa(names, importance, performance)
    assert (grid.importance_cut, grid.performance_cut) == (3.0, 2.5)
    assert grid.quadrant.tolist() == [
        "possible overkill", "low priority", "concentrate here", "keep up",
    ]  # fmt: skip
    assert ipa(names, importance, performance, cut="median").performance_cut == 2.0
    middle = ipa(names, importance, performance, cut="midpoint",
                 importance_scale=(1, 7), performance_scale=(1, 5))  # fmt: skip
    assert (middle.importance_cut, middle.performance_cut) == (4.0, 3.0)
    assert middle.quadrant.tolist()[2:] == ["concentrate here", "keep up"]  # at the cut is high
    assert ipa(names, importance, performance, cut=(5, 5)).quadrant.tolist()[3] == (
        "concentrate here"
    )
    assert cv.satisfaction.ImportancePerformance.from_dict(grid.to_dict()) == grid
    assert len(ipa([], [], [])) == 0


@pytest.mark.parametrize(
    ("arguments", "options", "match"),
    [
        ((["a"], [1], [1]), {"cut": "middle"}, "cut: must be one of"),
        ((["a"], [1], [1]), {"cut": (1, 2, 3)}, "cut: must be two numbers"),
        ((["a"], [1], [1]), {"cut": "midpoint"}, "importance_scale: must be given"),
        ((["a"], [9], [1]), {"importance_scale": (1, 5)}, "importance: must be at most 5"),
        ((["a"], [1, 2], [1]), {}, "must be columns of one length"),
        ((["a"], [np.nan], [1]), {}, "importance: must be finite"),
        ((["a"], ["x"], [1]), {}, "importance: must be numbers"),
    ],
)
def test_bad_grid(arguments, options, match):
    with pytest.raises(cv.errors.InvalidDataError, match=match):
        cv.satisfaction.importance_performance(*arguments, **options)


def test_groups_named_as_results_are_refused() -> None:
    frame = _survey(60).rename(columns={"c": "asymmetry"})
    with pytest.raises(cv.errors.InvalidDataError, match="by: must not be named"):
        penalty_reward(frame, "y", ["a", "b"], low=1, high=5, by="asymmetry")


def test_an_outcome_that_does_not_vary_in_a_group() -> None:
    frame = _survey()
    frame["site"] = np.repeat(["a", "b"], 200)
    frame.loc[frame.site == "a", "y"] = 3.1
    found = penalty_reward(frame, "y", ["a", "b"], low=1, high=5, by="site")
    assert np.isnan(found.reward).tolist() == [True, True, False, False]
    assert found.remarks == {"groups where the outcome does not vary": 1}


def test_records_are_aligned_by_name():
    rng = np.random.default_rng(3)
    table = pd.DataFrame({n: rng.integers(1, 6, 200) for n in ("quality", "delivery", "price")})
    table["all"] = np.clip(table["quality"] + rng.integers(-1, 2, 200), 1, 5)
    names = ["delivery", "quality", "price"]
    found = cv.satisfaction.drivers(table, "all", names, scale=(1, 5))
    means = cv.satisfaction.battery(table, ["quality", "delivery", "price"])
    for order in (names, names[::-1], ["quality", "price"]):
        grid = cv.satisfaction.importance_performance(order, found, means)
        assert grid.performance.tolist() == pytest.approx(table[order].mean().tolist())
        assert grid.importance.tolist() == [found.share[names.index(n)] for n in order]
    by_name = cv.satisfaction.importance_performance(
        ["a", "b"], {"b": 1.0, "a": 2.0}, {"a": 3.0, "b": 4.0, "c": 5.0}
    )
    assert (by_name.importance.tolist(), by_name.performance.tolist()) == ([2, 1], [3, 4])
    with pytest.raises(InvalidDataError, match="a number for each attribute"):
        cv.satisfaction.importance_performance(["a", "z"], {"a": 1.0}, [1.0, 2.0])
    with pytest.raises(InvalidDataError, match="drivers or of a battery"):
        cv.satisfaction.importance_performance(names, cv.satisfaction.nps([10]), [1, 2, 3])
