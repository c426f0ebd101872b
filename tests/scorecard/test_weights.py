"""Weights by AHP and by entropy: published numbers, laws, ways in, hostile input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from custvalue.errors import CustValueWarning, InvalidDataError
from custvalue.scorecard import AHPWeights, ahp_weights, entropy_weights

SAATY = [[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]]
PAIRS = {("a", "b"): 3, ("a", "c"): 5, ("b", "c"): 3}


def refused(rule, call, *arguments, **named):
    with pytest.raises(InvalidDataError, match=rule):
        call(*arguments, **named)


def random_matrix(seed, n):
    source = np.random.default_rng(seed)
    logs = np.triu(source.normal(0, 0.2, (n, n)), 1)
    return np.exp(logs - logs.T)


# ---- AHP


def test_the_numbers_of_the_specification():
    found = ahp_weights(SAATY)
    assert found.weights == pytest.approx([0.636986, 0.258285, 0.104729], abs=5e-7)
    assert found.lambda_max == pytest.approx(3.038511, abs=5e-7)
    assert found.consistency_index == pytest.approx(0.0192555, abs=5e-7)
    assert found.consistency_ratio == pytest.approx(0.033199, abs=1e-6)
    assert found.consistent


@pytest.mark.parametrize("n", range(1, 16))
def test_judgements_that_agree_give_back_the_weights(n):
    weights = np.random.default_rng(n).dirichlet(np.full(n, 3.0)) + 1e-3
    found = ahp_weights(weights[:, None] / weights)
    assert found.weights == pytest.approx(weights / weights.sum(), rel=1e-9)
    assert found.lambda_max == pytest.approx(n, abs=1e-9)
    assert found.consistency_ratio == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("n", [3, 6, 15])
def test_the_principal_eigenvector_by_powers(n):
    matrix = random_matrix(n, n)
    found = ahp_weights(matrix)
    vector = np.linalg.matrix_power(matrix, 40) @ np.ones(n)
    assert found.weights == pytest.approx(vector / vector.sum(), rel=1e-9)
    assert found.lambda_max == pytest.approx(((matrix @ vector) / vector).mean(), rel=1e-9)
    order = np.random.default_rng(1).permutation(n)
    again = ahp_weights(matrix[np.ix_(order, order)])
    assert again.weights == pytest.approx(found.weights[order], rel=1e-9)
    assert again.consistency_ratio == pytest.approx(found.consistency_ratio, abs=1e-9)


def test_contradictions_warn():
    with pytest.warns(CustValueWarning, match="contradict each other: consistency ratio"):
        found = ahp_weights({("a", "b"): 9, ("b", "c"): 9, ("c", "a"): 9})
    assert not found.consistent
    assert found.weights == pytest.approx([1 / 3] * 3)
    # a cycle of 9: the circulant matrix 1 + 9 + 1/9
    assert found.lambda_max == pytest.approx(1 + 9 + 1 / 9)
    assert found.consistency_ratio == pytest.approx((1 + 9 + 1 / 9 - 3) / 2 / 0.58)


def test_two_cannot_contradict():
    found = ahp_weights({("a", "b"): 4})
    assert found.weights == pytest.approx([0.8, 0.2])
    assert found.consistency_ratio == 0.0


@pytest.mark.parametrize(
    "sheet",
    [
        PAIRS,
        {("a", "b"): 3, ("c", "a"): 1 / 5, ("b", "c"): 3},
        pd.DataFrame(SAATY, columns=list("abc")),
        pd.DataFrame(SAATY, columns=list("abc"), index=list("abc")),
        pd.DataFrame(SAATY, columns=list("abc")).assign(name=list("abc"))[["name", *"abc"]],
        pl.DataFrame(SAATY, schema=list("abc"), orient="row"),
        pl.DataFrame(SAATY, schema=list("abc"), orient="row").lazy(),
        pa.table(dict(zip("abc", np.array(SAATY).T, strict=True))),
        [PAIRS, PAIRS],
    ],
)
def test_ways_in(sheet):
    found = ahp_weights(sheet)
    assert set(found.name.tolist()) == set("abc")
    weights = dict(zip(found.name.tolist(), found.weights, strict=True))
    expected = dict(zip("abc", ahp_weights(SAATY).weights, strict=True))
    assert weights == pytest.approx(expected, rel=1e-12)


def test_names_and_frames():
    assert ahp_weights(SAATY).name.tolist() == [0, 1, 2]
    assert ahp_weights(pd.DataFrame(SAATY)).name.tolist() == [0, 1, 2]
    named = ahp_weights(SAATY, names=["a", "b", "c"])
    assert named == ahp_weights(PAIRS) == ahp_weights(SAATY, names=np.array(["a", "b", "c"]))
    assert ahp_weights(PAIRS, names=list("cab")).weights[1] == pytest.approx(0.636986, abs=1e-6)
    shown = ahp_weights(pl.DataFrame(SAATY, schema=list("abc"), orient="row"))
    assert isinstance(shown.to_frame(), pl.DataFrame)
    assert ahp_weights(shown.matrix()) == shown
    assert ahp_weights(ahp_weights(PAIRS).matrix()) == ahp_weights(PAIRS)


def test_judges_are_averaged_by_their_geometric_mean():
    one, other = random_matrix(5, 4), random_matrix(6, 4)
    both = ahp_weights([one, other])
    assert both.judges == 2
    assert both.comparisons == pytest.approx(np.sqrt(one * other), rel=1e-12)
    assert ahp_weights(np.stack([one, other])) == both
    opposite = ahp_weights([{("a", "b"): 4}, {("b", "a"): 4}])
    assert opposite.name.tolist() == ["a", "b"]
    assert opposite.weights == pytest.approx([0.5, 0.5])


def test_rounded_reciprocals_become_exact():
    found = ahp_weights([[1, 3, 5], [0.33, 1, 3], [0.2, 0.33, 1]])
    assert found.comparisons * found.comparisons.T == pytest.approx(np.ones((3, 3)), abs=1e-12)
    assert found.weights == pytest.approx(ahp_weights(SAATY).weights, abs=1e-3)


@pytest.mark.parametrize(
    ("rule", "comparisons"),
    [
        ("must be a square matrix", [[1, 2, 3], [1, 2, 3]]),
        ("must be a square matrix", [1, 2]),
        ("must be a square matrix", []),
        ("must be a square matrix", "ab"),
        (r"must be reciprocal: .* 0, 1 and 1, 0 .*\(3.0, 0.5\)", [[1, 3], [0.5, 1]]),
        ("must be reciprocal", [[2, 3], [1 / 3, 1]]),
        ("must be at least 1e-06; got 0", [[1, 0], [3, 1]]),
        ("must be finite", [[1, np.nan], [3, 1]]),
        ("must be numbers", [["1", "3"], ["1/3", "1"]]),
        ("must be at most 15 things|must be of at most 15 things", np.ones((16, 16))),
        ("must be pairs of different things", {"ab": 3}),
        ("must be pairs of different things", {("a", "a"): 1}),
        ("must give each pair once", {("a", "b"): 3, ("b", "a"): 3}),
        (r"must give each pair; got 2. 1 pairs are missing, such as \('b', 'c'\)",
         {("a", "b"): 3, ("a", "c"): 3}),
        ("must be above 0", {("a", "b"): 0}),
        ("must be a square matrix", {}),
        (r"must compare \['a', 'b'\]", [{("a", "b"): 3}, {("a", "c"): 3}]),
        ("must be of one shape for all judges", [PAIRS, {("a", "b"): 3}]),
        ("must have rows named as the columns",
         pd.DataFrame(SAATY, columns=list("abc"), index=list("bac"))),
    ],
)  # fmt: skip
def test_what_is_refused(rule, comparisons):
    refused(rule, ahp_weights, comparisons)


def test_names_that_do_not_fit():
    refused("name: must be 3 different names", ahp_weights, SAATY, names=["a", "b"])
    refused("name: must be 3 different names", ahp_weights, SAATY, names=["a", "b", "a"])
    refused("names: must be a sequence", ahp_weights, SAATY, names="abc")
    refused("judges: must be at least 1", AHPWeights, ["a"], [[1.0]], 0)


# ---- entropy


def by_definition(scores):
    x = np.asarray(scores, dtype=float)
    p = x / x.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        e = -np.where(p > 0, p * np.log(p), 0.0).sum(axis=0) / np.log(len(x))
    return (1 - e) / (1 - e).sum()


@pytest.mark.parametrize("seed", range(4))
def test_entropy_by_definition(seed):
    scores = np.random.default_rng(seed).uniform(0, 100, (20, 5))
    scores[0, 0] = 0.0
    found = entropy_weights(scores)
    assert found == pytest.approx(by_definition(scores), rel=1e-9)
    assert found.sum() == pytest.approx(1.0)
    assert entropy_weights(scores * [1, 1e-3, 7, 1e150, 1e-150]) == pytest.approx(found, rel=1e-9)
    assert entropy_weights(scores[::-1]) == pytest.approx(found, rel=1e-12)
    assert entropy_weights(np.tile(scores, (2, 1)))[0] > 0


def test_what_differs_most_weighs_most():
    assert entropy_weights([[0, 1], [1, 1.5]])[0] > 0.9
    # one unit has it all: entropy 0; equal shares: entropy 1
    assert entropy_weights([[0, 5], [1, 5]]).tolist() == [1.0, 0.0]
    assert entropy_weights([[0, 0], [1, 3]]).tolist() == [0.5, 0.5]


def test_indicators_that_hardly_vary_keep_their_digits():
    step = np.array([0.0, 1.0, -1.0])[:, None]
    found = entropy_weights(1.0 + step * [1e-6, 2e-6])
    assert found == pytest.approx([0.2, 0.8], rel=1e-4)  # squares of the variation


def test_a_constant_indicator_has_no_weight():
    found = entropy_weights([[0.1, 1, 0], [0.1, 2, 0], [0.1, 4, 0]])
    assert found.tolist() == [0.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("rule", "scores"),
    [
        ("must vary in some indicator. Give weights", [[1, 2], [1, 2]]),
        ("must be at least 0; got -1", [[1, -1], [1, 2]]),
        ("must be finite", [[1, np.nan], [1, 2]]),
        ("must be of shape", [1, 2, 3]),
        ("must be of shape", [[1, 2]]),
        ("must be numbers", [["a"], ["b"]]),
    ],
)
def test_what_entropy_refuses(rule, scores):
    refused(f"scores: {rule}", entropy_weights, scores)
