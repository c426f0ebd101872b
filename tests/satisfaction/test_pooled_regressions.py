"""Records of regressions add: chunks of any size, far from 0, resampled, and what is refused."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue.satisfaction._moments import Moments

from .registry import chunks

drivers, penalty_reward = cv.satisfaction.drivers, cv.satisfaction.penalty_reward


def _survey(rows: int, p: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    x = np.clip(np.rint(3 + rng.normal(size=(rows, 1)) + rng.normal(size=(rows, p))), 1, 5)
    frame = pd.DataFrame(x, columns=[f"x{j}" for j in range(p)])
    return frame.assign(y=np.rint(x @ np.arange(1, p + 1) / p + rng.normal(size=rows)))


def _rated(rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.integers(1, 6, (rows, 2)), columns=["a", "b"])
    frame["y"] = 5.0 - 2 * (frame.a == 1) + (frame.b == 5) - (frame.b == 1) + rng.normal(size=rows)
    return frame.assign(w=rng.integers(1, 4, rows))


def _parts(frame: pd.DataFrame, cuts: list[int], **options) -> list[cv.satisfaction.Drivers]:
    return [drivers(part, "y", ["x0", "x1"], **options) for part in chunks(frame, cuts)]


@pytest.mark.filterwarnings("ignore:table. must have more")
def test_chunks_of_any_size_add_up() -> None:
    frame = _survey(40, 2)
    whole = drivers(frame, "y", ["x0", "x1"])
    for cuts in ([20], [1, 2, 4, 39], [0, 40]):
        found = sum(_parts(frame, cuts), cv.satisfaction.Drivers())
        np.testing.assert_allclose(found.importance, whole.importance, rtol=1e-12)
        np.testing.assert_allclose(found.p_value, whole.p_value, rtol=1e-9)
        assert found.answers == 40


@pytest.mark.parametrize(("shift", "unit"), [(1e6, 1.0), (0.0, 1e200), (0.0, 1e-200), (-1e6, 1e-3)])
def test_sums_lose_no_digits_far_from_zero(shift: float, unit: float) -> None:
    frame = _survey(300, 2)
    whole = drivers(frame, "y", ["x0", "x1"])
    far = frame.assign(x0=shift + unit * frame["x0"], y=shift + unit * frame["y"])
    found = sum(_parts(far, [7, 100, 200]), cv.satisfaction.Drivers())
    np.testing.assert_allclose(found.importance, whole.importance, rtol=2e-7 if shift else 1e-12)


@pytest.mark.filterwarnings("ignore:table. must have more")
def test_a_chunk_in_which_nobody_answered_everything() -> None:
    frame, names = _survey(40, 2), ["x0", "x1"]
    frame.loc[25:, "x0"] = np.nan
    how = {"bootstrap": 20, "rng": 1}
    whole = drivers(frame, "y", names, **how)
    first, second = (drivers(part, "y", names, **how) for part in chunks(frame, [25]))
    for found in (first + second, second + first):
        np.testing.assert_allclose(found.importance, whole.importance, rtol=1e-12)
        np.testing.assert_allclose(found.interval(), first.interval(), rtol=1e-9)
        assert found.notes == whole.notes == {"x0: missing": 15, "respondents left out": 15}


def test_results_that_are_kept_cannot_be_written_to() -> None:
    found = drivers(_survey(40, 2), "y", ["x0", "x1"], bootstrap=3, rng=1)
    for kept in (found.importance, found.standard_error, found.replicates):
        assert not kept.flags.writeable


def test_samples_of_chunks_are_samples_of_the_whole() -> None:
    frame = _survey(600, 2)
    how = {"bootstrap": 1000, "rng": 1}
    whole = drivers(frame, "y", ["x0", "x1"], **how)
    added = sum(_parts(frame, [100, 350], **how), cv.satisfaction.Drivers())
    assert added.replicates.shape == (1000, 2)
    spread = added.replicates.std(axis=0) / whole.replicates.std(axis=0)
    np.testing.assert_allclose(spread, 1.0, atol=0.1)  # 0.022 is the error of a ratio of two
    np.testing.assert_allclose(added.interval(), whole.interval(), atol=0.02)
    one, other = _parts(pd.concat([frame[:300], frame[300:]]), [300], **how)
    across = np.corrcoef(one.replicates[:, 0], other.replicates[:, 0])[0, 1]
    assert abs(across) < 0.13  # a seed is not the same draws for every chunk
    source = np.random.default_rng(1)
    drawn = sum(_parts(frame, [300], bootstrap=50, rng=source), cv.satisfaction.Drivers())
    assert drawn.replicates.shape == (50, 2)


def test_what_does_not_add_is_refused() -> None:
    frame = _survey(60)
    names = [f"x{j}" for j in range(4)]

    def read(**options):
        return drivers(frame, "y", **{"predictors": names, **options})

    for one, other, match in (
        (read(), read(method="last"), "method: must be the same"),
        (read(), read(predictors=names[:2]), "predictors: must be the same"),
        (read(bootstrap=3, rng=1), read(), "resampled: must be of the same shape"),
        (
            read(permutations=5, rng=1),
            read(permutations=5, rng=2),
            "permutations: must be the same",
        ),
    ):
        with pytest.raises(cv.errors.InvalidDataError, match=match):
            one + other
    same = read(permutations=5, rng=1) + read(permutations=5, rng=1)
    assert same.answers == 120


@pytest.mark.filterwarnings("ignore:table. must have more")
@pytest.mark.parametrize("weight", [None, "w"])
def test_chunks_of_penalties_and_rewards_add_up(weight) -> None:
    frame = _rated(60)
    read = functools.partial(penalty_reward, outcome="y", attributes=["a", "b"], low=1, high=5)
    whole = read(frame, weight=weight)
    for cuts in ([20], [1, 2, 4, 59], [0, 60]):
        parts = [read(part, weight=weight) for part in chunks(frame, cuts)]
        found = sum(parts, cv.satisfaction.PenaltyReward())
        assert found.answers.tolist() == whole.answers.tolist()
        for name in ("penalty", "reward", "penalty_variance", "covariance", "free", "r_squared"):
            np.testing.assert_allclose(getattr(found, name), getattr(whole, name), rtol=1e-9)


@pytest.mark.parametrize(("shift", "unit"), [(1e6, 1.0), (0.0, 1e100), (-1e3, 1e-3)])
def test_sums_of_outcomes_lose_no_digits_far_from_zero(shift: float, unit: float) -> None:
    frame = _rated(400)
    read = functools.partial(penalty_reward, outcome="y", attributes=["a", "b"], low=1, high=5)
    whole, far = read(frame), frame.assign(y=shift + unit * frame["y"])
    found = read(far[:100]) + read(far[100:])
    rtol = 1e-6 if shift else 1e-10
    np.testing.assert_allclose(found.penalty, unit * whole.penalty, rtol=rtol)
    np.testing.assert_allclose(found.reward_variance, unit**2 * whole.reward_variance, rtol=rtol)


def _described(values: np.ndarray, weight: np.ndarray) -> Moments:
    mean = np.average(values, axis=0, weights=weight)
    cov = np.cov(values.T, aweights=weight, ddof=0)
    deviation = np.sqrt(np.diag(cov))
    one, other = np.triu_indices(len(mean), 1)
    pairs = cov[one, other] / deviation[one] / deviation[other]
    return Moments(np.array([weight.sum()]), mean[None], deviation[None], pairs[None])


def test_moments_pool_as_those_of_all_rows() -> None:
    rng = np.random.default_rng(3)
    values, weight = rng.normal(size=(50, 4)) * [1, 10, 1e-3, 5] + [0, 1e4, 3, -2], rng.random(50)
    whole = _described(values, weight)
    parts = [_described(values[rows], weight[rows]) for rows in (slice(0, 9), slice(9, 50))]
    for found in (parts[0].pooled(parts[1]), parts[1].pooled(parts[0])):
        for name in ("weight", "mean", "deviation", "correlation"):
            np.testing.assert_allclose(getattr(found, name), getattr(whole, name), rtol=1e-9)
    nobody = whole.placed(np.array([1]), 3)
    assert nobody.weight.tolist() == [0.0, *whole.weight, 0.0]
    assert nobody.pooled(nobody.taken(np.array([0, 0, 0]))) == nobody
    assert np.isnan(nobody.matrices()[0]).all()


def test_constants_stay_constants() -> None:
    frame = _survey(30, 2).assign(x1=3.1)
    with pytest.warns(cv.errors.CustValueWarning, match="x1: must vary"):
        found = sum(_parts(frame, [7, 19]), cv.satisfaction.Drivers())
    assert found.moments.deviation[0, 1] == 0.0
    assert np.isnan(found.importance).all()
    assert found.remarks == {"groups where a column does not vary": 1}


def test_rows_in_any_order_are_one_record() -> None:
    frame = _survey(60).assign(site=np.repeat(["a", "b", "c"], 20))
    names = [f"x{j}" for j in range(4)]
    found = drivers(frame, "y", names, by="site", bootstrap=3, rng=1)
    turned = np.array([2, 0, 1])
    again = dataclasses.replace(
        found,
        answers=found.answers[turned],
        squares=found.squares[turned],
        moments=found.moments.taken(turned),
        resampled=found.resampled.taken(turned),
        groups={"site": found.groups["site"][turned]},
    )
    assert again == found


def test_records_that_cannot_be() -> None:
    def bad(match, call):
        with pytest.raises(cv.errors.InvalidDataError, match=match):
            call()

    found = drivers(_survey(40), "y", ["x0", "x1"])
    rated = penalty_reward(_rated(40), "y", ["a", "b"], low=1, high=5)
    two = found.moments.placed(np.array([0]), 2)
    bad("moments: must have one row", lambda: dataclasses.replace(found, moments=two))
    bad("moments: must be of the predictors", lambda: dataclasses.replace(found, predictors=["x0"]))
    bad("orders: must have all", lambda: dataclasses.replace(found, orders=[[0, 0]]))
    bad("answers: must be", lambda: dataclasses.replace(found, answers=-1))
    bad("squared: must have one row", lambda: dataclasses.replace(rated, squared=two))
    bad("Moments: must have the shapes", lambda: Moments([1.0], [[1.0, 2.0]], [[1.0]], [[0.5]]))
    bad("method", lambda: dataclasses.replace(found, method="shapley"))
