"""Likelihood in, maximum out: the only place that imports an optimiser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from custvalue._check import Array
from custvalue.errors import ConvergenceError, NotIdentifiedError


class Jet(NamedTuple):
    """A log-likelihood with its exact gradient and Hessian, in the model's own parameters."""

    value: float
    gradient: Array
    hessian: Array


class Maximum(NamedTuple):
    """Where a log-likelihood is largest, and the covariance of the estimates there."""

    estimates: Array
    covariance: Array
    value: float
    gradient_norm: float
    condition: float


_CLOSE = 1e-9  # stop at Newton steps this small
_CLOSE_ENOUGH = 3e-5  # or this small where a pass is long: the step leaves an error of its square
_FAR = 15.0  # a subsample that leads further off than e^15 has no maximum

Objective = Callable[[Array], Jet]


def maximise(
    stages: Sequence[Objective], start: Array, names: Sequence[str], total: float
) -> Maximum:
    """Return the maximum of the last stage over positive parameters.

    Newton steps in the logarithms of the parameters, in a trust region; earlier stages are cheaper
    likelihoods that lead near to it. `total` (the sum of weights) scales tolerances.
    """
    log_theta = np.log(start)
    for stage in stages[:-1]:
        near = _climb(_Remembered(stage, total), log_theta, 1e-4)
        if np.abs(near - np.log(start)).max() < _FAR:
            log_theta = near
    last = _Remembered(stages[-1], total)
    if len(stages) == 1:
        log_theta = _climb(last, log_theta, 1e-6)
    log_theta = _polish(last, log_theta, _CLOSE if len(stages) == 1 else _CLOSE_ENOUGH)
    jet = last(log_theta)
    log_theta = np.clip(log_theta, -300.0, 300.0)
    information = -jet.hessian
    scales, directions = np.linalg.eigh(information)
    largest = float(np.abs(scales).max())
    step = np.linalg.lstsq(information, jet.gradient, rcond=1e-15)[0]
    if scales[0] <= 1e-13 * largest or np.abs(step).max() > 1e-2:
        worst = int(np.argmax(np.abs(directions[:, 0])))
        where = {n: float(f"{v:.4g}") for n, v in zip(names, np.exp(log_theta), strict=True)}
        raise NotIdentifiedError(
            "The likelihood has no maximum that the data can tell: it is flat along "
            f"{names[worst]} (stopped at {where}). More customers, a longer observation or a "
            "simpler model would be needed."
        )
    gain = float(jet.gradient @ step)
    if gain > 1e-9:
        raise ConvergenceError(
            f"No maximum was reached: gradient {np.abs(jet.gradient).max():.1e} per customer."
        )
    estimates = np.exp(log_theta + step)
    covariance = np.linalg.inv(information) / total * np.outer(estimates, estimates)
    return Maximum(
        estimates,
        (covariance + covariance.T) / 2,
        (jet.value + gain / 2) * total,
        float(np.abs(jet.gradient).max()) * total,
        float(largest / scales[0]),
    )


def ridge_notes(found: Maximum, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return a note where the likelihood is nearly flat in some direction."""
    relative = np.sqrt(np.diag(found.covariance)) / found.estimates
    vague = [name for name, error in zip(names, relative, strict=True) if error > 10.0]
    if not vague and found.condition <= 1e8:
        return ()
    which = f"{', '.join(vague)} not determined" if vague else "only combinations are determined"
    return (
        f"flat ridge in the likelihood: {which} (condition number {found.condition:.1e}); "
        "predictions within the data may still be good",
    )


def _climb(objective: _Remembered, start: Array, tolerance: float) -> Array:
    """Return where a trust-region Newton method ends, with a gradient below `tolerance`."""
    from scipy.optimize import minimize

    return np.asarray(
        minimize(
            lambda v: -objective(v).value,
            start,
            jac=lambda v: -objective(v).gradient,
            hess=lambda v: -objective(v).hessian,
            method="trust-exact",
            options={"gtol": tolerance, "maxiter": 500},
        ).x
    )


def _polish(objective: _Remembered, start: Array, close: float) -> Array:
    """Return a point from which one more Newton step reaches the maximum to the last digits.

    Plain Newton steps while they are small and go uphill, each one pass of the data; the trust
    region takes over where they are not.
    """
    point, before = start, -np.inf
    for _ in range(20):
        jet = objective(point)
        step = np.linalg.lstsq(-jet.hessian, jet.gradient, rcond=1e-15)[0]
        if np.abs(step).max() < close:
            return point
        downhill = float(jet.gradient @ step) <= 0 or jet.value < before - 1e-12 * abs(before)
        if downhill or np.abs(step).max() > 0.5:
            return _climb(objective, start, 1e-9)
        point, before = point + step, jet.value
    return point


class _Remembered:
    """An objective per customer in log-parameters that computes each point once."""

    def __init__(self, objective: Objective, total: float) -> None:
        self.objective, self.total = objective, total
        self.point: Array | None = None

    def __call__(self, log_theta: Array) -> Jet:
        if self.point is None or not np.array_equal(self.point, log_theta):
            theta = np.exp(np.clip(log_theta, -150.0, 150.0))  # squares stay finite
            with np.errstate(all="ignore"):
                value, gradient, hessian = self.objective(theta)
                gradient = gradient * theta
                hessian = hessian * np.outer(theta, theta) + np.diag(gradient)
            jet = Jet(value / self.total, gradient / self.total, hessian / self.total)
            if not all(np.isfinite(part).all() for part in jet):
                raise NotIdentifiedError(
                    f"The likelihood cannot be evaluated at {theta.tolist()}, where the search for "
                    "its maximum led: the data do not determine the parameters."
                )
            self.jet, self.point = jet, log_theta.copy()
        return self.jet
