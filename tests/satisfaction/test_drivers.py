"""Key drivers: published numbers, all orders by brute force, laws, and data that have no answer."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue.satisfaction import _explained

drivers = cv.satisfaction.drivers

# mpg, cyl, disp, hp, gear of 32 cars (Motor Trend 1974; Henderson & Velleman 1981)
MTCARS = """
21 6 160 110 4|21 6 160 110 4|22.8 4 108 93 4|21.4 6 258 110 3|18.7 8 360 175 3
18.1 6 225 105 3|14.3 8 360 245 3|24.4 4 146.7 62 4|22.8 4 140.8 95 4|19.2 6 167.6 123 4
17.8 6 167.6 123 4|16.4 8 275.8 180 3|17.3 8 275.8 180 3|15.2 8 275.8 180 3|10.4 8 472 205 3
10.4 8 460 215 3|14.7 8 440 230 3|32.4 4 78.7 66 4|30.4 4 75.7 52 4|33.9 4 71.1 65 4
21.5 4 120.1 97 3|15.5 8 318 150 3|15.2 8 304 150 3|13.3 8 350 245 3|19.2 8 400 175 3
27.3 4 79 66 4|26 4 120.3 91 5|30.4 4 95.1 113 5|15.8 8 351 264 5|19.7 6 145 175 5
15 8 301 335 5|21.4 4 121 109 4
"""
CARS = pd.DataFrame(
    [list(map(float, row.split())) for row in MTCARS.strip().replace("\n", "|").split("|")],
    columns=["mpg", "cyl", "disp", "hp", "gear"],
)
NAMES = ["cyl", "disp", "hp", "gear"]


def _survey(rows: int = 300, p: int = 4, seed: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(rows, 1))
    x = np.clip(np.rint(3 + common + rng.normal(size=(rows, p))), 1, 5)
    frame = pd.DataFrame(x, columns=[f"x{j}" for j in range(p)])
    frame["y"] = np.rint(x @ np.arange(1, p + 1) / p + rng.normal(size=rows))
    frame["w"] = rng.integers(1, 4, rows)
    return frame


def _r_squared(frame: pd.DataFrame, names: list[str]) -> float:
    """By least squares: nothing in common with correlations that are swept."""
    if not names:
        return 0.0
    x = np.column_stack([np.ones(len(frame)), frame[names]])
    y = frame["y"].to_numpy()
    rest = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    return 1.0 - rest @ rest / ((y - y.mean()) @ (y - y.mean()))


def _brute_force(frame: pd.DataFrame, names: list[str]) -> list[float]:
    gain = dict.fromkeys(names, 0.0)
    orders = list(itertools.permutations(names))
    for order in orders:
        for k, name in enumerate(order):
            gain[name] += _r_squared(frame, list(order[: k + 1])) - _r_squared(
                frame, list(order[:k])
            )
    return [gain[name] / len(orders) for name in names]


def test_johnson_of_mtcars_as_published_by_rwa() -> None:
    found = drivers(CARS, "mpg", NAMES, method="johnson")
    np.testing.assert_allclose(
        found.importance, [0.2284797, 0.2221469, 0.2321744, 0.0963886], atol=5e-8
    )
    np.testing.assert_allclose(
        100 * found.share, [29.32274, 28.50999, 29.79691, 12.37037], atol=5e-6
    )
    np.testing.assert_allclose(found.r_squared, 0.7791896, atol=5e-8)


def test_lmg_of_mtcars() -> None:
    found = drivers(CARS, "mpg", NAMES)
    np.testing.assert_allclose(
        found.importance, [0.2470520, 0.2434996, 0.2109129, 0.0777251], atol=5e-8
    )


@pytest.mark.parametrize("p", [1, 2, 3, 5])
def test_lmg_is_the_mean_over_all_orders(p: int) -> None:
    frame = _survey(80, p)
    names = [f"x{j}" for j in range(p)]
    found = drivers(frame, "y", names)
    np.testing.assert_allclose(found.importance, _brute_force(frame, names), atol=1e-12)


def test_last_first_and_beta_are_those_of_least_squares() -> None:
    frame = _survey()
    names = [f"x{j}" for j in range(4)]
    whole = _r_squared(frame, names)
    others = [whole - _r_squared(frame, [m for m in names if m != name]) for name in names]
    np.testing.assert_allclose(drivers(frame, "y", names, method="last").importance, others)
    alone = [_r_squared(frame, [name]) for name in names]
    np.testing.assert_allclose(drivers(frame, "y", names, method="first").importance, alone)
    r = drivers(frame, "y", names, method="correlation").importance
    np.testing.assert_allclose(r**2, alone)
    z = (frame[[*names, "y"]] - frame[[*names, "y"]].mean()) / frame[[*names, "y"]].std()
    beta = np.linalg.lstsq(z[names].to_numpy(), z["y"].to_numpy(), rcond=None)[0]
    np.testing.assert_allclose(drivers(frame, "y", names, method="beta").importance, beta)
    np.testing.assert_allclose(drivers(frame, "y", names, method="pratt").importance, beta * r)


def test_p_values_are_those_of_the_coefficients() -> None:
    from scipy import stats

    frame = _survey(60)
    names = [f"x{j}" for j in range(4)]
    x = np.column_stack([np.ones(len(frame)), frame[names]])
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ x.T @ frame["y"]
    rest = frame["y"] - x @ beta
    free = len(frame) - 5
    t = beta / np.sqrt(np.diag(inverse) * (rest @ rest / free))
    expected = 2 * stats.t.sf(abs(t[1:]), free)
    np.testing.assert_allclose(drivers(frame, "y", names).p_value, expected, rtol=1e-8)
    first = drivers(frame, "y", names, method="first").p_value
    np.testing.assert_allclose(first[0], stats.pearsonr(frame["x0"], frame["y"])[1], rtol=1e-8)


@pytest.mark.parametrize("method", ["lmg", "johnson", "pratt"])
def test_parts_sum_to_r_squared_and_shares_to_one(method: str) -> None:
    frame = _survey()
    names = [f"x{j}" for j in range(4)]
    found = drivers(frame, "y", names, method=method)
    np.testing.assert_allclose(found.importance.sum(), _r_squared(frame, names), rtol=1e-10)
    np.testing.assert_allclose(found.share.sum(), 1.0, rtol=1e-10)


@pytest.mark.parametrize("method", ["lmg", "johnson", "pratt", "first", "last"])
def test_orthogonal_predictors_get_their_squared_correlation(method: str) -> None:
    x = np.array(list(itertools.product([-1, 1], repeat=3)), float)
    frame = pd.DataFrame(x, columns=["a", "b", "c"])
    frame["y"] = x @ [3, 2, 1] + x.prod(axis=1)
    found = drivers(frame, "y", ["a", "b", "c"], method=method)
    np.testing.assert_allclose(found.importance, np.array([9, 4, 1]) / 15, atol=1e-12)


@pytest.mark.parametrize("method", ["lmg", "johnson", "pratt", "first", "last"])
def test_exchangeable_predictors_are_equal(method: str) -> None:
    one = _survey(100, 2)
    other = one.rename(columns={"x0": "x1", "x1": "x0"})
    both = pd.concat([one, other], ignore_index=True)
    found = drivers(both, "y", ["x0", "x1"], method=method)
    np.testing.assert_allclose(found.importance[0], found.importance[1], rtol=1e-10)


@pytest.mark.parametrize("method", ["lmg", "johnson", "pratt", "first", "last"])
def test_one_predictor_gets_all(method: str) -> None:
    found = drivers(CARS, "mpg", ["hp"], method=method)
    np.testing.assert_allclose(found.importance, found.r_squared, rtol=1e-12)


@pytest.mark.parametrize("method", ["lmg", "johnson", "beta", "last", "correlation"])
def test_weights_are_repetition(method: str) -> None:
    frame = _survey()
    names = [f"x{j}" for j in range(4)]
    long = frame.loc[frame.index.repeat(frame["w"])]
    weighted = drivers(frame, "y", names, method=method, weight="w")
    repeated = drivers(long, "y", names, method=method)
    np.testing.assert_allclose(weighted.importance, repeated.importance, rtol=1e-9)
    w = frame["w"]
    np.testing.assert_allclose(weighted.respondents, w.sum() ** 2 / (w**2).sum())
    assert (weighted.answers == 300).all()


def test_units_order_and_direction_do_not_matter() -> None:
    frame = _survey()
    names = [f"x{j}" for j in range(4)]
    found = drivers(frame, "y", names)
    other = frame.sample(frac=1, random_state=1)
    other["x1"], other["y"] = 1e6 + 10 * other["x1"], 3 - other["y"]
    again = drivers(other, "y", names[::-1])
    np.testing.assert_allclose(again.importance[::-1], found.importance, rtol=1e-7)
    extreme = frame.assign(x0=frame["x0"] * 1e200, x1=frame["x1"] * 1e-200)
    np.testing.assert_allclose(drivers(extreme, "y", names).importance, found.importance)


def test_groups_are_as_if_alone_and_small_ones_are_hidden() -> None:
    frame = _survey()
    frame["site"] = np.repeat(["a", "b", "c"], [200, 90, 10])
    names = [f"x{j}" for j in range(4)]
    for method in ("lmg", "johnson", "last"):
        found = drivers(frame, "y", names, method=method, by="site", weight="w", min_group=11)
        for site in ("a", "b"):
            alone = drivers(frame[frame["site"] == site], "y", names, method=method, weight="w")
            here = (found.to_frame()["site"] == site).to_numpy()
            np.testing.assert_allclose(found.importance[here], alone.importance, rtol=1e-9)
            np.testing.assert_allclose(found.p_value[here], alone.p_value, rtol=1e-7)
        assert np.isnan(found.importance[8:]).all()
        assert np.isnan(found.p_value[8:]).all()
    assert found.low_base.tolist() == [False, False, True]


def test_groups_without_an_answer_are_nan_and_counted() -> None:
    frame = _survey(40)
    frame["site"] = np.repeat(["a", "b", "c", "d"], [20, 12, 4, 4])
    frame.loc[frame["site"] == "b", "x2"] = 3
    frame.loc[frame["site"] == "d", "y"] = np.nan
    found = drivers(frame, "y", ["x0", "x1", "x2", "x3"], by="site", bootstrap=5, rng=1)
    assert np.isnan(found.importance).tolist() == [False] * 4 + [True] * 12
    assert np.isnan(found.interval()).all(axis=0).tolist() == [False] * 4 + [True] * 12
    assert found.answers.tolist() == [20, 12, 4, 0]
    assert found.remarks["groups with too few respondents"] == 2
    assert found.remarks["groups where a column does not vary"] == 1
    assert found.notes["respondents left out"] == 4


def test_missing_answers_are_left_out_listwise_and_counted() -> None:
    frame = _survey()
    frame.loc[[3, 8], "x1"] = np.nan
    frame.loc[[8, 20], "y"] = np.nan
    names = [f"x{j}" for j in range(4)]
    found = drivers(frame, "y", names)
    expected = drivers(frame.dropna(), "y", names)
    assert np.array_equal(found.importance, expected.importance)
    assert found.notes["respondents left out"] == 3
    with pytest.raises(cv.errors.InvalidDataError, match="x1: must be answered by all"):
        drivers(frame, "y", names, missing="error")


def test_a_column_twice_shares_what_it_explains() -> None:
    frame = _survey().assign(again=lambda f: 7 - 2 * f["x1"])
    for method in ("lmg", "johnson"):
        found = drivers(frame, "y", ["x0", "x1", "again"], method=method)
        np.testing.assert_allclose(found.importance[1], found.importance[2], rtol=1e-8)
        np.testing.assert_allclose(found.importance.sum(), _r_squared(frame, ["x0", "x1"]))
        assert found.remarks == {"predictors that others determine": 1}
    last = drivers(frame, "y", ["x0", "x1", "again"], method="last").importance
    assert last[0] > 0.0
    np.testing.assert_allclose(last[1:], 0.0, atol=1e-12)
    for method in ("beta", "pratt"):
        with pytest.warns(cv.errors.CustValueWarning, match="again: must not be determined"):
            found = drivers(frame, "y", ["x0", "x1", "again"], method=method)
        assert np.isnan(found.importance).all()
        assert found.remarks == {"groups with collinear predictors": 1}


def test_drawn_orders_are_near_all_orders_within_their_error() -> None:
    frame = _survey(200, 8)
    names = [f"x{j}" for j in range(8)]
    exact = drivers(frame, "y", names)
    drawn = drivers(frame, "y", names, permutations=400, rng=3)
    assert (exact.standard_error == 0).all()
    assert (drawn.standard_error > 0).all()
    distance = (drawn.importance - exact.importance) / drawn.standard_error
    assert np.abs(distance).max() < 4
    np.testing.assert_allclose(drawn.importance.sum(), exact.importance.sum(), rtol=1e-10)


def test_more_than_twenty_predictors_are_drawn() -> None:
    frame = _survey(200, 22)
    names = [f"x{j}" for j in range(22)]
    with pytest.raises(cv.errors.InvalidDataError, match="rng: must be given"):
        drivers(frame, "y", names)
    found = drivers(frame, "y", names, rng=1)
    np.testing.assert_allclose(found.importance.sum(), found.r_squared[0], rtol=1e-9)
    assert "standard_error" in found.to_frame().columns


def test_intervals_come_from_respondents_resampled() -> None:
    frame = _survey(400)
    names = [f"x{j}" for j in range(4)]
    found = drivers(frame, "y", names, bootstrap=200, rng=1)
    low, high = found.interval()
    assert ((low < found.importance) & (found.importance < high)).all()
    inner = found.interval(0.5)
    assert ((low < inner[0]) & (inner[1] < high)).all()
    again = drivers(frame, "y", names, bootstrap=200, rng=1)
    assert again == found
    assert found.difference_interval("x3", "x0")[0] > 0
    alone = drivers(frame, "y", names)
    assert np.isnan(alone.interval()).all()
    spread = found.replicates.std(axis=0)
    larger = pd.concat([frame] * 4)
    ratio = drivers(larger, "y", names, bootstrap=200, rng=1).replicates.std(axis=0) / spread
    np.testing.assert_allclose(ratio, 0.5, atol=0.12)


def test_replicates_are_those_of_the_rows_drawn() -> None:
    from custvalue.satisfaction._correlations import arranged

    frame = _survey(50, 2)
    values = frame[["x0", "x1", "y"]].to_numpy()
    codes = np.repeat([0, 1], 25)
    found = arranged(values, np.ones(50), codes).resampled(np.random.default_rng(1), 3)
    source = np.random.default_rng(1)
    for b in range(3):
        times = source.poisson(1.0, 50)
        for g in range(2):
            rows = values[codes == g].repeat(times[codes == g], axis=0)
            assert found.weight[b, g] == len(rows)
            np.testing.assert_allclose(found.mean[b, g], rows.mean(axis=0), atol=1e-12)
            np.testing.assert_allclose(found.deviation[b, g], rows.std(axis=0), atol=1e-12)
            np.testing.assert_allclose(found.matrices()[b, g], np.corrcoef(rows.T), atol=1e-12)


def test_another_method_of_the_same_answers() -> None:
    frame = _survey(60)
    names = [f"x{j}" for j in range(4)]
    for method in ("johnson", "first", "beta"):
        found = dataclasses.replace(drivers(frame, "y", names), method=method)
        assert found == drivers(frame, "y", names, method=method)


def test_r_squared_of_all_subsets() -> None:
    frame = _survey(60, 3)
    matrix = frame[["x0", "x1", "x2", "y"]].corr().to_numpy()
    found = _explained.of_subsets(matrix[None])[0]
    for number, some in enumerate(itertools.product([0, 1], repeat=3)):
        names = [f"x{j}" for j in range(3) if some[j]]
        np.testing.assert_allclose(found[number], _r_squared(frame, names), atol=1e-12)


def test_perfectly_explained_outcome() -> None:
    frame = _survey().assign(y=lambda f: f["x0"] + f["x1"])
    found = drivers(frame, "y", ["x0", "x1"])
    np.testing.assert_allclose(found.r_squared, 1.0)
    np.testing.assert_allclose(found.p_value, 0.0, atol=1e-100)


def test_record_travels_and_frames_keep_their_kind(engine):
    frame = _survey(60)
    frame["site"] = np.where(frame.index < 40, "a", "b")
    found = drivers(engine.frame(frame), "y", ["x0", "x1"], by="site", bootstrap=3, rng=1)
    table = found.to_frame()
    assert engine.owns(table)
    assert engine.pandas(table)["predictor"].tolist() == ["x0", "x1"] * 2
    assert cv.satisfaction.Drivers.from_dict(found.to_dict()) == found
    assert len(repr(found)) < 400


def test_empty_record() -> None:
    empty = cv.satisfaction.Drivers()
    assert len(empty.to_frame()) == 0
    assert repr(empty)
    assert empty._repr_html_()


@pytest.mark.parametrize(
    ("change", "options", "match"),
    [
        ({}, {"method": "shapley"}, "method: must be one of"),
        ({}, {"predictors": []}, "predictors: must name"),
        ({}, {"predictors": ["x0", "y"]}, "predictors: must not have the outcome"),
        ({}, {"predictors": ["x0", "x0"]}, "different columns"),
        ({}, {"predictors": ["x0", "z"]}, "must name a column"),
        ({"x0": "often"}, {}, "x0: "),
        ({"x0": np.inf}, {}, "x0: must be finite"),
        ({}, {"scale": (1, 4)}, "x0: must be on the scale"),
        ({}, {"outcome_scale": (0, 1)}, "y: must be on the scale"),
        ({}, {"bootstrap": -1}, "bootstrap"),
        ({}, {"bootstrap": 1, "rng": 1}, "at least 2"),
        ({}, {"bootstrap": 10}, "rng: must be given"),
        ({}, {"bootstrap": 10, "rng": "x"}, "rng: must be"),
        ({}, {"permutations": 1}, "permutations"),
        ({"w": -1}, {"weight": "w"}, "w: "),
    ],
)
def test_bad_input(change, options, match):
    frame = _survey(30).assign(**change)
    with pytest.raises(cv.errors.InvalidDataError, match=match):
        drivers(frame, "y", **{"predictors": ["x0", "x1"], **options})


@pytest.mark.parametrize(
    ("change", "options", "match"),
    [
        ({"x0": 3.1}, {}, "x0: must vary"),
        ({"y": 3.1}, {}, "y: must vary"),
        ({"y": np.nan}, {}, "table: must have more than 3 respondents"),
        ({"w": 0}, {"weight": "w"}, "table: must have more than 3 respondents"),
    ],
)
def test_nothing_can_be_said(change, options, match) -> None:
    with pytest.warns(cv.errors.CustValueWarning, match=match):
        found = drivers(_survey(30).assign(**change), "y", ["x0", "x1"], **options)
    assert np.isnan([found.importance, found.p_value, found.r_squared, found.share]).all()


def test_too_few_respondents() -> None:
    with pytest.warns(cv.errors.CustValueWarning, match="more than 3 respondents"):
        drivers(_survey(3), "y", ["x0", "x1"])
