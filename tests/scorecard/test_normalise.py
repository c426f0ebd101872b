"""Normalisation and aggregation: numbers by hand, laws, SciPy as an oracle, hostile input."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from custvalue.errors import InvalidDataError
from custvalue.scorecard import aggregate, normalise, observed_bounds

METHODS = ("weighted_mean", "geometric", "harmonic", "min")
TABLE = np.random.default_rng(11).uniform(1.0, 9.0, (30, 4))


def refused(rule, call, *arguments, **named):
    with pytest.raises(InvalidDataError, match=rule):
        call(*arguments, **named)


# ---- normalise


def test_min_max_by_hand():
    assert normalise([1, 2, 5], 1, 5).tolist() == [0.0, 25.0, 100.0]
    assert normalise([1, 2, 5], 1, 5, direction="down").tolist() == [100.0, 75.0, 0.0]
    assert normalise(2, 1, 5) == 25.0
    assert normalise([1, 2, 5], 0, 10).tolist() == [10.0, 20.0, 50.0]
    assert normalise([1, 2, 5], high=9).tolist() == [0.0, 12.5, 50.0]


def test_bounds_and_directions_of_each_indicator():
    table = [[1.0, 40.0], [3.0, 10.0], [2.0, 20.0]]
    found = normalise(table, [0, 0], [4, 40], direction=["up", "down"])
    assert found.tolist() == [[25.0, 0.0], [75.0, 75.0], [50.0, 50.0]]
    columns = [normalise([row[i] for row in table], 0, (4, 40)[i], direction=("up", "down")[i])
               for i in range(2)]  # fmt: skip
    assert np.array_equal(found, np.column_stack(columns))


def test_observed_bounds_are_those_used():
    low, high = observed_bounds(TABLE)
    assert np.array_equal(low, TABLE.min(axis=0))
    assert np.array_equal(high, TABLE.max(axis=0))
    found = normalise(TABLE)
    assert np.array_equal(found, normalise(TABLE, low, high))
    assert np.array_equal(found.min(axis=0), np.zeros(4))
    assert np.array_equal(found.max(axis=0), np.full(4, 100.0))
    assert observed_bounds([[1.0, np.nan], [0.5, np.nan]])[0].tolist()[0] == 0.5


def test_observed_bounds_move_with_the_units_and_given_ones_do_not():
    assert normalise([1, 2, 3])[1] == 50.0
    assert normalise([1, 2, 9])[1] == 12.5
    assert normalise([1, 2, 3], 1, 9)[1] == normalise([1, 2, 9], 1, 9)[1] == 12.5


def test_z_scores_are_those_of_scipy():
    assert normalise(TABLE, method="z") == pytest.approx(stats.zscore(TABLE), abs=1e-12)
    down = normalise(TABLE, method="z", direction=["up", "down", "up", "up"])
    assert down[:, 1] == pytest.approx(-stats.zscore(TABLE[:, 1]), abs=1e-12)
    holes = TABLE.copy()
    holes[::3, 2] = np.nan
    found = normalise(holes, method="z", missing="propagate")
    assert found == pytest.approx(stats.zscore(holes, nan_policy="omit"), abs=1e-12, nan_ok=True)


def test_ranks_by_hand_and_by_scipy():
    assert normalise([10, 30, 20, 20, 5], method="rank").tolist() == [25.0, 100.0, 62.5, 62.5, 0.0]
    assert normalise([7, 7, 7], method="rank").tolist() == [50.0] * 3
    assert normalise([7], method="rank").tolist() == [50.0]
    found = normalise([3, np.nan, 1, 2], method="rank", missing="propagate")
    assert np.array_equal(found, [100.0, np.nan, 0.0, 50.0], equal_nan=True)
    whole = np.random.default_rng(2).integers(0, 8, (40, 3)).astype(float)
    expected = 100 * (stats.rankdata(whole, axis=0) - 1) / 39
    assert np.array_equal(normalise(whole, method="rank"), expected)
    down = normalise(whole, method="rank", direction="down")
    assert down == pytest.approx(100 - expected, abs=1e-12)


def test_distance_to_target_by_hand():
    far = {"method": "distance_to_target"}
    assert normalise([0, 30, 60], target=60, **far).tolist() == [0.0, 50.0, 100.0]
    assert normalise([4, 2], target=2, direction="down", **far).tolist() == [50.0, 100.0]
    clipped = normalise([1, 90], target=60, outside="clip", **far)
    assert clipped.tolist() == pytest.approx([100 / 60, 100.0])
    assert normalise([0.0, 4], target=2, direction="down", outside="clip", **far).tolist() == [
        100.0, 50.0
    ]  # fmt: skip
    refused("within the bounds; got 61", normalise, [60, 61], target=60, **far)
    refused("within the bounds; got 1", normalise, [4, 1], target=2, direction="down", **far)


@pytest.mark.parametrize("method", ["min_max", "z", "rank"])
def test_shifts_scales_and_order_of_units(method):
    found = normalise(TABLE, method=method)
    assert normalise(3.0 * TABLE - 5.0, method=method) == pytest.approx(found, abs=1e-9)
    order = np.random.default_rng(3).permutation(len(TABLE))
    assert normalise(TABLE[order], method=method) == pytest.approx(found[order], abs=1e-12)
    each = np.column_stack([normalise(column, method=method) for column in TABLE.T])
    assert each == pytest.approx(found, abs=1e-12)
    assert (np.argsort(found, axis=0) == np.argsort(TABLE, axis=0)).all()


@pytest.mark.parametrize("method", ["min_max", "z"])
@pytest.mark.parametrize("size", [1e-150, 1e150, 1.7e308])
def test_sizes_do_not_matter(method, size):
    x = np.array([-1.0, -0.25, 0.5, 1.0])
    found = normalise(x * size, method=method)
    assert found == pytest.approx(normalise(x, method=method), rel=1e-12)


def test_values_outside():
    refused(r"values: must be within the bounds; got 7 \(first at row 1, 1 of 2 rows\)", normalise,
            [1, 7], 1, 5)  # fmt: skip
    assert normalise([0, 3, 7], 1, 5, outside="clip").tolist() == [0.0, 50.0, 100.0]
    assert normalise([0, 3, 7], 1, 5, outside="clip", direction="down").tolist() == [
        100.0, 50.0, 0.0
    ]  # fmt: skip


def test_what_is_missing():
    refused("values: must not be missing", normalise, [1, np.nan], 1, 5)
    for method in ("min_max", "z", "rank"):
        nothing = normalise([[1, np.nan], [2, np.nan]], method=method, missing="propagate")
        assert np.isnan(nothing).tolist() == [[False, True]] * 2
        found = normalise([1, np.nan, 5], method=method, missing="propagate")
        assert np.isnan(found).tolist() == [False, True, False]
        assert found[[0, 2]] == pytest.approx(normalise([1, 5], method=method))


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ("values: must be finite; got inf", {"values": [1, np.inf]}),
        ("values: must be numbers", {"values": ["1", "2"]}),
        ("low: must be below high; got 3", {"low": 3, "high": 3}),
        ("low: must be below high; got 4", {"low": 4, "high": 3}),
        ("low: must be below high", {"values": [2, 2, 2]}),
        ("low: must be one number", {"low": [1, 2], "high": 3}),
        ("high: must be finite", {"low": 0, "high": np.inf}),
        ("low: must be finite", {"low": np.nan, "high": 5}),
        ("target: must be finite", {"method": "distance_to_target", "target": np.nan}),
        ("values: must vary among the units", {"values": [2, 2], "method": "z"}),
        ("values: must be of shape", {"values": 2, "method": "rank"}),
        ("values: must be of shape", {"values": 2}),
        ("values: must be of shape", {"values": []}),
        ("target: must be given", {"method": "distance_to_target"}),
        ("target: must be above 0; got 0", {"method": "distance_to_target", "target": 0}),
        ("values: must be at least 0",
         {"values": [-1], "method": "distance_to_target", "target": 1}),
        ("target: has no meaning with method='min_max'", {"target": 5}),
        ("low: has no meaning with method='rank'", {"method": "rank", "low": 5}),
        ("high: has no meaning", {"method": "distance_to_target", "target": 5, "high": 5}),
        ("method: must be one of", {"method": "max"}),
        ("outside: must be one of", {"outside": "drop"}),
        ("missing: must be one of", {"missing": "drop"}),
        ("missing: must be one of", {"missing": "reweight"}),
        ("direction: must be one of", {"direction": "sideways"}),
        ("direction: must be 'up' or 'down', or one", {"direction": ["up", "down"]}),
    ],
)  # fmt: skip
def test_what_is_refused(rule, named):
    refused(rule, normalise, **{"values": [1.0, 2.0]} | named)


# ---- aggregate


def test_the_numbers_of_the_specification():
    scores = [80, 60, 40, 20]
    found = [aggregate(scores, method=method) for method in METHODS]
    assert found == pytest.approx([50.0, 44.2672767, 38.4, 20.0], abs=1e-7)
    assert aggregate(scores, method="sum") == pytest.approx(200.0)
    assert aggregate(scores, [4, 3, 2, 1]) == pytest.approx(60.0)


@pytest.mark.parametrize("method", METHODS)
def test_means_of_many_units_and_those_of_scipy(method):
    weights = np.array([0.4, 0.3, 0.2, 0.1])
    oracle = {
        "weighted_mean": lambda x: np.average(x, weights=weights),
        "geometric": lambda x: stats.gmean(x, weights=weights),
        "harmonic": lambda x: stats.hmean(x, weights=weights),
        "min": np.min,
    }[method]
    found = aggregate(TABLE, weights, method=method)
    assert found == pytest.approx([oracle(row) for row in TABLE], rel=1e-12)
    assert aggregate(TABLE[None, ...], weights * 7, method=method)[0] == pytest.approx(
        found, rel=1e-12
    )
    assert (TABLE.min(axis=1) <= found).all()
    assert (found <= TABLE.max(axis=1)).all()


def test_the_less_compensation_the_lower():
    found = np.array([aggregate(TABLE, method=method) for method in METHODS])
    assert (np.diff(found, axis=0) < 0).all()


@pytest.mark.parametrize("method", [*METHODS, "sum"])
def test_missing_scores(method):
    scores = np.array([[80.0, np.nan, 40.0], [10.0, 20.0, 30.0], [np.nan] * 3])
    weights = np.array([2.0, 1.0, 1.0])
    refused(r"scores: must not be missing; got nan \(first at row 0, 2 of 3 rows\)", aggregate,
            scores, method=method)  # fmt: skip
    again = aggregate(scores, weights, method=method, missing="reweight")
    kept = aggregate([80.0, 40.0], [2.0, 1.0], method=method) * (4 / 3 if method == "sum" else 1)
    assert again[:2] == pytest.approx([kept, aggregate(scores[1], weights, method=method)])
    assert np.isnan(again[2])
    passed = aggregate(scores, weights, method=method, missing="propagate")
    assert np.isnan(passed).tolist() == [True, False, True]
    # what has no weight is not missed
    assert aggregate([80.0, np.nan], [1, 0], method=method) == pytest.approx(80.0)


@pytest.mark.parametrize("method", [*METHODS, "sum"])
def test_scores_of_0_alone(method):
    """The harmonic mean of nothing but zeros divided by zero, with a warning."""
    assert aggregate([[0.0, 0.0], [0.0, 4.0]], method=method)[0] == 0.0


def test_z_scores_can_be_averaged():
    z = normalise(TABLE, method="z")
    assert aggregate(z) == pytest.approx(z.mean(axis=1), abs=1e-12)
    refused("scores: must be at least 0 with method='geometric'", aggregate, z, method="geometric")


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        (r"weights: must be 2, one for each indicator; got \(3,\)", {"weights": [1, 2, 3]}),
        ("weights: must be at least 0", {"weights": [1, -1]}),
        ("weights: must not all be 0", {"weights": [0, 0]}),
        ("weights: must be finite", {"weights": [1, np.nan]}),
        ("weights: must be at most 1e", {"weights": [1, 1e101]}),
        ("scores: must be finite", {"scores": [1, np.inf]}),
        ("scores: must be within", {"scores": [1, 1e201]}),
        ("scores: must be of shape", {"scores": []}),
        ("scores: must be of shape", {"scores": 5}),
        ("scores: must be numbers", {"scores": ["a", "b"]}),
        ("method: must be one of", {"method": "median"}),
        ("missing: must be one of", {"missing": "zero"}),
    ],
)
def test_what_aggregate_refuses(rule, named):
    refused(rule, aggregate, **{"scores": [1.0, 2.0]} | named)


def test_large_weights():
    assert aggregate([10, 20], [1e100, 1e100]) == 15.0
    assert aggregate([10, 20], [1e-320, 1e-320]) == 15.0
