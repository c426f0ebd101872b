"""Indices of several items: the ACSI's form and weighted means of attributes."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from scipy import stats

import custvalue as cv
from custvalue.satisfaction import (
    OHIO_WEIGHTS,
    SatisfactionIndex,
    acsi,
    index_of_means,
    satisfaction_index,
)

ITEMS = ["a", "b", "c"]
ROWS = st.lists(st.tuples(*[st.integers(1, 10)] * 3), min_size=1, max_size=20)
MEANS = pd.DataFrame({"a": [9, 7], "b": [8, 7], "c": [6, 8]})  # means 8, 7.5, 7


def frame(rows):
    return pd.DataFrame(rows, columns=ITEMS)


def test_published_weights():
    assert index_of_means([8, 7.5, 7]) == pytest.approx(72.2222, abs=5e-5)
    assert index_of_means([8, 7.5, 7], importance=OHIO_WEIGHTS) == pytest.approx(
        72.755556, abs=6e-7
    )
    assert sum(OHIO_WEIGHTS) == pytest.approx(1.0, abs=1e-12)
    assert acsi(MEANS, ITEMS).value == pytest.approx(72.2222, abs=5e-5)
    found = acsi(MEANS, ITEMS, importance=OHIO_WEIGHTS)
    assert found.value == pytest.approx(72.755556, abs=6e-7)
    assert pytest.approx(acsi(MEANS, ITEMS).value) == (22.5 - 3) / 27 * 100


@given(ROWS)
def test_index_of_respondents_is_that_of_means(rows):
    importance = [3, 2, 1]
    found = satisfaction_index(frame(rows), ITEMS, importance=importance)
    means = frame(rows).mean().to_numpy()
    assert found.value == pytest.approx(index_of_means(means, importance=importance))
    assert 0 <= found.value <= 100
    mirrored = satisfaction_index(frame(rows), ITEMS, importance=importance, reverse=ITEMS)
    assert mirrored.value == pytest.approx(100 - found.value)


def test_interval_is_students():
    rng = np.random.default_rng(2)
    table = frame(rng.integers(1, 11, (40, 3)))
    own = ((table - 1) / 9 * 100).mean(axis=1)
    low, high = stats.t.interval(0.95, 39, own.mean(), stats.sem(own))
    assert acsi(table, ITEMS).interval() == pytest.approx((low, high))


@given(ROWS, ROWS)
def test_pooling_is_adding(one, other):
    both = satisfaction_index(frame(one + other), ITEMS)
    added = satisfaction_index(frame(one), ITEMS) + satisfaction_index(frame(other), ITEMS)
    assert added.answers == both.answers
    assert added.value == pytest.approx(both.value)
    assert added.interval() == pytest.approx(both.interval(), nan_ok=True, abs=1e-4)


def test_who_did_not_answer_all():
    table = pd.DataFrame({"a": [10, 10, np.nan], "b": [1, np.nan, np.nan]})
    complete = satisfaction_index(table, ["a", "b"], importance={"b": 1, "a": 3})
    assert complete.answers == 1
    assert complete.value == pytest.approx(75.0)
    assert complete.notes == {"a: missing": 1, "b: missing": 2, "incomplete left out": 2}
    available = satisfaction_index(table, ["a", "b"], importance=[3, 1], missing="available")
    assert available.answers == 2
    assert available.value == pytest.approx((75 + 100) / 2)
    assert available.notes["incomplete left out"] == 1
    with pytest.raises(cv.errors.InvalidDataError, match="answered by all"):
        satisfaction_index(table, ["a", "b"], missing="error")


def test_groups_weights_and_json(engine):
    data = {"a": [1, 10, 5], "b": [1, 10, 6], "g": ["y", "x", "x"], "w": [1.0, 3.0, 1.0]}
    found = satisfaction_index(engine.frame(data), ["a", "b"], by="g", weight="w")
    np.testing.assert_allclose(found.value, [(300 + 50) / 4, 0.0])
    assert SatisfactionIndex.from_dict(found.to_dict()) == found
    assert engine.owns(found.to_frame())
    hidden = satisfaction_index(engine.frame(data), ["a", "b"], by="g", min_group=2)
    assert np.isnan(hidden.value).tolist() == [False, True]


def test_none_is_nan():
    found = satisfaction_index(pd.DataFrame({"a": [], "b": []}), ["a", "b"])
    assert np.isnan([found.value, *found.interval()]).all()
    assert SatisfactionIndex() + acsi(MEANS, ITEMS) == acsi(MEANS, ITEMS)


def test_bad_input():
    def bad(match, call):
        with pytest.raises(cv.errors.InvalidDataError, match=match):
            call()

    bad("must be three", lambda: acsi(MEANS, ["a", "b"]))
    bad("must be three", lambda: acsi(MEANS, "abc"))
    bad("importance", lambda: acsi(MEANS, ITEMS, importance=[1, 2]))
    bad("importance", lambda: acsi(MEANS, ITEMS, importance={"a": 1, "b": 1}))
    bad("importance", lambda: acsi(MEANS, ITEMS, importance=[0, 0, 0]))
    bad("importance", lambda: acsi(MEANS, ITEMS, importance=[1, -1, 1]))
    bad("missing", lambda: acsi(MEANS, ITEMS, missing="drop"))
    bad("scale", lambda: acsi(MEANS, ITEMS, scale=None))
    bad("scale from 1 to 5", lambda: acsi(MEANS, ITEMS, scale=(1, 5)))
    bad("means", lambda: index_of_means(5))
    bad("means", lambda: index_of_means([11, 5, 5]))
    bad("items: must be the same", lambda: acsi(MEANS, ITEMS) + acsi(MEANS, ["b", "a", "c"]))
