"""Laws of scores and scales: turning one round, moving it, bounds, shares, parts of R squared."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custvalue import satisfaction as cs

EXACT = {"rtol": 1e-12, "atol": 1e-12}


def answers(low, high):
    """Return strategies of answers on a scale, with weights of some."""
    rows = st.tuples(st.integers(low, high), st.floats(0.1, 5.0))
    return st.lists(rows, min_size=1, max_size=30).map(lambda rows: np.array(rows, float).T)


def mirrored(found, original, around):
    """Assert that a value with its bounds is another one seen from the other end."""
    value, (low, high) = found
    other, (least, most) = original
    np.testing.assert_allclose(value, around - other, **EXACT)
    np.testing.assert_allclose((low, high), (around - most, around - least), **EXACT)


@given(answers(1, 5))
def test_turning_the_scale_of_satisfaction(rated):
    score, weight = rated
    one, other = cs.csat(score, weight=weight), cs.csat(6 - score, weight=weight)
    mirrored((other.mean, other.mean_interval()), (one.mean, one.mean_interval()), 6)
    mirrored((other.index, other.index_interval()), (one.index, one.index_interval()), 100)
    mirrored(
        (other.net_box(), other.net_box_interval()), (one.net_box(), one.net_box_interval()), 0
    )
    np.testing.assert_allclose(other.shares, one.shares[::-1], **EXACT)
    for boxes in (1, 2):
        np.testing.assert_allclose(other.bottom_box(boxes), one.top_box(boxes), **EXACT)
    # whoever is satisfied is not among those who are not
    mirrored((other.share(1, 3), other.share_interval(1, 3)),
             (one.share(1, 2), one.share_interval(1, 2)), 1)  # fmt: skip


@given(answers(0, 10), st.sampled_from(["adjusted-wald", "wald", "score"]))
def test_turning_the_scale_of_recommendation(rated, method):
    score, weight = rated
    one = cs.nps(score, weight=weight)
    other = cs.nps(10 - score, weight=weight, breaks=(2, 4))  # detractors from 9, promoters to 6
    found, original = other.interval(method=method), one.interval(method=method)
    mirrored((other.value, found), (one.value, original), 0)
    np.testing.assert_allclose(other.shares, one.shares[::-1], **EXACT)


@given(answers(1, 5))
def test_effort_is_the_same_on_either_edition(rated):
    score, weight = rated
    old = cs.ces(score, version="1.0", weight=weight)
    new = cs.ces(6 - score, version="2.0", scale=(1, 5), agree_from=4, weight=weight)
    for name in ("value", "index"):
        np.testing.assert_allclose(getattr(old, name), getattr(new, name), **EXACT)
    np.testing.assert_allclose(old.interval(), new.interval(), **EXACT)
    np.testing.assert_allclose(old.index_interval(), new.index_interval(), **EXACT)


@given(answers(1, 10))
def test_turning_the_scale_of_an_index(rated):
    score, weight = rated
    table = pd.DataFrame({"a": score, "b": score[::-1], "w": weight})
    one = cs.satisfaction_index(table, ["a", "b"], importance=[2, 1], weight="w")
    turned = table.assign(a=11 - table["a"], b=11 - table["b"])
    other = cs.satisfaction_index(turned, ["a", "b"], importance=[2, 1], weight="w")
    mirrored((other.value, other.interval()), (one.value, one.interval()), 100)
    again = cs.satisfaction_index(
        turned, ["a", "b"], importance=[2, 1], weight="w", reverse=["a", "b"]
    )
    np.testing.assert_allclose(again.value, one.value, **EXACT)


@given(answers(1, 5), st.integers(-9, 9))
def test_moving_a_scale_changes_no_index(rated, step):
    score, weight = rated
    one = cs.csat(score, weight=weight)
    other = cs.csat(score + step, scale=(1 + step, 5 + step), weight=weight)
    np.testing.assert_allclose(other.index, one.index, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(other.interval(), one.interval(), **EXACT)


@given(answers(0, 10), st.floats(0.01, 0.999))
@pytest.mark.parametrize("method", ["adjusted-wald", "wald", "score", "bootstrap"])
def test_scores_and_bounds_are_within_100_points(method, rated, level):
    score, weight = rated
    found = cs.nps(score, weight=weight)
    drawing = {"draws": 50, "rng": 1} if method == "bootstrap" else {}
    low, high = found.interval(level, method, **drawing)
    assert -1.0 <= low <= high <= 1.0
    assert -100.0 - 1e-9 <= found.points <= 100.0 + 1e-9
    if method != "adjusted-wald" and not drawing:  # the one is around a score nearer to 0
        assert low - 1e-12 <= found.value <= high + 1e-12
    np.testing.assert_allclose(found.shares.sum(), 1.0, **EXACT)
    least, most = found.shares_interval(level)
    assert ((least >= 0) & (least <= found.shares + 1e-12)).all()
    assert ((most <= 1) & (most >= found.shares - 1e-12)).all()


@given(answers(0, 10), st.sampled_from(["adjusted-wald", "wald", "score"]))
def test_a_higher_level_is_a_wider_interval(rated, method):
    found = cs.nps(rated[0], weight=rated[1])
    bounds = [found.interval(level, method) for level in (0.5, 0.8, 0.95, 0.99)]
    assert (np.diff([low for low, _ in bounds]) <= 1e-12).all()
    assert (np.diff([high for _, high in bounds]) >= -1e-12).all()


@given(st.integers(0, 10_000), st.integers(2, 5), st.booleans())
@pytest.mark.parametrize("method", ["lmg", "johnson", "pratt"])
def test_parts_of_drivers_make_r_squared_and_do_not_depend_on_names(method, seed, p, weighted):
    rng = np.random.default_rng(seed)
    names = [f"x{j}" for j in range(p)]
    table = pd.DataFrame(rng.integers(1, 6, (40, p)) + rng.random((40, p)) / 9, columns=names)
    table["y"] = rng.normal(size=40) + table["x0"]
    how = {"method": method, "weight": "w" if weighted else None}
    table["w"] = rng.random(40) + 0.1
    found = cs.drivers(table, "y", names, **how)
    np.testing.assert_allclose(found.importance.sum(), found.r_squared[0], rtol=1e-10)
    np.testing.assert_allclose(found.share.sum(), 1.0, rtol=1e-10)
    other = cs.drivers(table, "y", names[::-1], **how)
    np.testing.assert_allclose(other.importance[::-1], found.importance, rtol=1e-8, atol=1e-12)


@given(st.integers(0, 10_000))
@pytest.mark.parametrize("method", ["lmg", "johnson", "pratt"])
def test_predictors_that_can_be_exchanged_are_equal(method, seed):
    rng = np.random.default_rng(seed)
    names = list("abc")
    table = pd.DataFrame(rng.integers(1, 6, (20, 3)) + rng.random((20, 3)) / 9, columns=names)
    table["y"] = rng.normal(size=20) + table["a"]
    every = [table.rename(columns=dict(zip(names, others, strict=True)))
             for others in itertools.permutations(names)]  # fmt: skip
    found = cs.drivers(pd.concat(every), "y", names, method=method)
    np.testing.assert_allclose(found.importance, found.importance[0], rtol=1e-8)
    np.testing.assert_allclose(found.share, 1 / 3, rtol=1e-8)


@given(st.integers(1, 10), st.lists(st.floats(0.1, 5.0), min_size=2, max_size=30))
def test_an_interval_has_no_width_where_all_answer_alike(answer, weight):
    """Nor one of rounding: squares of sums leave some."""
    table = pd.DataFrame({"a": float(answer), "b": float(answer), "c": 1.0, "w": weight})
    table["stage"] = "one"
    index = cs.satisfaction_index(table, ["a", "b", "c"], weight="w")
    gaps = cs.servqual(table, {"x": [("a", "c")]}, scale=(1, 10), weight="w")
    stages = cs.stage_scores(table, "a", stage="stage", scale=(1, 10), weight="w")
    for low, high in (index.interval(), gaps.interval(), stages.interval()):
        np.testing.assert_array_equal(low, high)
