"""Purchases discounted in continuous time, by one quadrature for every model."""

from __future__ import annotations

import math

import numpy as np

from custvalue._check import Array
from custvalue.clv._model import PurchaseModel
from custvalue.clv._patterns import by_distinct


def discounted_purchases(
    model: PurchaseModel, horizon: float, delta: float, x: Array, t_x: Array, T: Array
) -> Array:
    """Return the integral over (0, horizon) of e^(-delta t) dE[Y(t)], whatever the model.

    By parts it is e^(-delta h) E[Y(h)] + delta * integral of e^(-delta t) E[Y(t)] dt. The integral
    is Gauss-Legendre in s = log(1 + t/c), where c is the model's time scale: E is analytic in s in
    a strip around the real line, so that the error falls geometrically with the number of nodes.

    Parameters
    ----------
    model : PurchaseModel
        With scalar parameters.
    horizon : float
        In the unit of the model; may be infinite where delta > 0.
    delta : float
        Continuous discount rate per unit.
    x, t_x, T : float arrays of shape (n,)
        Purchase histories.
    """
    times, weights = _discounting(model.time_scale, horizon, delta)

    def if_alive(x: Array, T: Array) -> Array:
        return sum(
            (w * model._if_alive(t, x, T) for t, w in zip(times, weights, strict=True)),
            start=np.zeros(()),
        )

    return model.probability_alive(x, t_x, T) * by_distinct(if_alive, x, T)


def _discounting(scale: float, horizon: float, delta: float) -> tuple[Array, Array]:
    """Return times t and weights w such that sum w E[Y(t)] is the discounted expectation."""
    if delta == 0.0:
        return np.array([horizon]), np.ones(1)
    end = min(horizon, 50.0 / delta)  # e^-50: nothing is left beyond
    c = min(scale, end)
    length = math.log1p(end / c)
    half_strip = math.pi / length  # pi/2 each side of the real line, in half-lengths
    rho = half_strip + math.sqrt(1.0 + half_strip**2)
    count = math.ceil(36.0 / (2.0 * math.log(rho))) + 4
    nodes, weights = np.polynomial.legendre.leggauss(count)
    s = (nodes + 1.0) * length / 2.0
    t = c * np.expm1(s)
    weights = weights * (length / 2.0) * c * np.exp(s) * np.exp(-delta * t) * delta
    if math.isfinite(horizon):
        t, weights = np.append(t, horizon), np.append(weights, math.exp(-delta * horizon))
    return t, weights
