"""Absurd arguments of simulations are named."""

from __future__ import annotations

import numpy as np
import pytest

from custvalue import clv
from custvalue.errors import InvalidDataError

TIMED = {
    "BetaGeo": (clv.BetaGeo(0.3, 5.0, 0.8, 2.5), "T", 39),
    "ModifiedBetaGeo": (clv.ModifiedBetaGeo(0.3, 5.0, 0.8, 2.5), "T", 39),
    "ShiftedBetaGeo": (clv.ShiftedBetaGeo(0.7, 3.8), "observed", 12),
    "BetaDiscreteWeibull": (clv.BetaDiscreteWeibull(0.2, 1.4, 1.7), "observed", 12),
}


@pytest.mark.parametrize("name", TIMED)
@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"n": 0}, "n: must be at least 1; got 0"),
        ({"n": 2.5}, "n: must be whole numbers; got 2.5"),
        ({"n": "ten"}, "n: must be numbers"),
        ({"n": [5, 5]}, "n: must be one number"),
        ({"rng": -1}, "rng: must be a numpy.random.Generator, or a whole number .*; got -1"),
        ({"rng": "x"}, "rng: must be a numpy.random.Generator"),
        ({"rng": 1.5}, "rng: must be a numpy.random.Generator"),
        ({"end": [3, 4]}, ": must be one number or 5, one per customer; got .2,."),
        ({"end": -1}, ": must be at least"),
        ({"end": np.inf}, ": must be finite"),
        ({"unit": "fortnight"}, "unit: must be one of 'hour'"),
    ],
)
def test_what_is_wrong_is_named(name, change, rule):
    model, end, horizon = TIMED[name]
    asked = {"n": 5, "rng": 1, "end": horizon, "unit": "week", **change}
    asked[end] = asked.pop("end")
    with pytest.raises(InvalidDataError, match=rule):
        model.simulate(**asked)


def test_parameters_for_each_customer_must_be_as_many():
    model = clv.BetaGeo(np.array([0.3, 0.4]), 5.0, 0.8, 2.5)
    assert len(model.simulate(2, 39, 1).summary) == 2
    with pytest.raises(InvalidDataError, match="r: must be one number or 5, one per customer"):
        model.simulate(5, 39, 1)


def test_purchases_that_nobody_can_count():
    with pytest.raises(InvalidDataError, match="T: must leave a customer at most 1e9 purchases"):
        clv.BetaGeo(0.3, 1e-12, 0.8, 2.5).simulate(5, 39, 1)


@pytest.mark.parametrize(
    ("x", "rng", "rule"),
    [(-1, 1, "x: must be at least 0"), (1, "x", "rng: must be"), ([1, 2, 3], 1, "broadcast")],
)
def test_simulated_spends(x, rng, rule):
    model = clv.GammaGamma(np.array([6.0, 5.0]), 4.0, 15.0)
    with pytest.raises(InvalidDataError, match=rule):
        model.simulate(x, rng)
