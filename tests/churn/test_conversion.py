"""Churn over other lengths of time: laws, accuracy at tiny churn, and hostile input."""

from __future__ import annotations

import math

import numpy as np
import pytest

import custvalue as cv
from custvalue.churn import hazard_of, probability_of, rescale


def test_known_values():
    assert hazard_of(1 - math.exp(-0.05)) == pytest.approx(0.05, rel=1e-14)
    assert probability_of(0.05) == pytest.approx(0.04877057549928600, rel=1e-15)  # 1 - e^-.05
    assert rescale(0.05, "month", "year") == pytest.approx(1 - 0.95**12, rel=1e-14)
    assert rescale(0.05, "month", into="quarter") == pytest.approx(1 - 0.95**3, rel=1e-14)
    assert rescale(0.3, "week", into="day") == pytest.approx(1 - 0.7 ** (1 / 7), rel=1e-14)
    assert rescale(0.04, 1, 30) == pytest.approx(0.706, abs=5e-4)  # the spec's 30 days at 4 %
    assert rescale(0.1, 90, 365) == pytest.approx(1 - 0.9 ** (365 / 90), rel=1e-14)


def test_tiny_churn_keeps_its_digits():
    assert hazard_of(1e-300) == 1e-300
    assert probability_of(1e-300) == 1e-300
    assert rescale(1e-18, "day", "year") == pytest.approx(365.25e-18, rel=1e-14)  # 1 - x: 0


def test_there_and_back():
    p = np.linspace(0, 0.999, 50)
    np.testing.assert_allclose(probability_of(hazard_of(p, 3.0), 3.0), p, rtol=1e-14)
    q = np.linspace(0, 0.5, 50)  # 1 - 1e-4 a year: more would lose digits to the 1
    np.testing.assert_allclose(rescale(rescale(q, "month", "year"), "year", "month"), q, rtol=1e-12)
    np.testing.assert_array_equal(rescale(p, 2.0, 2.0), rescale(p, "day", "day"))


def test_the_ends_and_nothing():
    assert hazard_of(1.0) == math.inf
    assert probability_of(math.inf) == 1.0
    assert rescale(1.0, "day", "year") == 1.0
    for zero in (hazard_of(0.0), probability_of(0.0), rescale(0.0, "day", "year")):
        assert zero == 0.0
        assert not np.signbit(zero)
    for nothing in (hazard_of(np.nan), probability_of(np.nan), rescale(np.nan, 1, 2)):
        assert np.isnan(nothing)
    assert hazard_of([]).shape == (0,)


def test_scalars_and_arrays():
    grid = hazard_of(np.array([[0.1], [0.2]]), [1, 2, 3])
    assert grid.shape == (2, 3)
    assert grid[1, 2] == hazard_of(0.2, 3)
    assert np.ndim(hazard_of(0.1)) == 0


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda: hazard_of(1.2), "at most 1"),
        (lambda: hazard_of(-0.1), "at least 0"),
        (lambda: hazard_of("0.1"), "must be numbers"),
        (lambda: hazard_of(None), "must be numbers"),
        (lambda: hazard_of(0.1, 0), "above 0"),
        (lambda: hazard_of(0.1, np.inf), "finite"),
        (lambda: hazard_of([0.1, 0.2], [1, 2, 3]), "broadcast"),
        (lambda: probability_of(-1), "at least 0"),
        (lambda: probability_of(0.1, np.nan), "above 0"),
        (lambda: rescale(5, "month", "year"), "at most 1.*0.05"),
        (lambda: rescale(0.1, "month", 12), "two units, or two numbers"),
        (lambda: rescale(0.1, "moon", "year"), "must be one of"),
        (lambda: rescale(0.1, 0, 12), "at least 1e-15"),
        (lambda: rescale(0.1, None, 12), "must be numbers"),
        (lambda: rescale(0.1, [1, 2], 12), "one number"),
    ],
)
def test_bad_input(call, rule):
    with pytest.raises(cv.errors.InvalidDataError, match=rule):
        call()
