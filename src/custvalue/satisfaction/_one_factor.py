"""One common factor by maximum likelihood: loadings, uniquenesses and McDonald's omega."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from custvalue._check import Array
from custvalue.errors import ConvergenceError

LOWEST_UNIQUENESS = 0.005  # of the variance of the item; below it there is no proper solution
_STEPS, _HALVINGS, _TOLERANCE = 1000, 40, 1e-10


class OneFactor(NamedTuple):
    """Loadings, uniquenesses, which of these are at their bound, and omega with its error."""

    loadings: Array
    uniquenesses: Array
    at_bound: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    omega: float
    error: float  # standard error of omega times the root of n


def one_factor(covariance: Array) -> OneFactor:
    """Return the factor model with the greatest normal likelihood, by Fisher's scoring.

    The covariance matrix of items is l l' + diag(u); uniquenesses u are at least
    `LOWEST_UNIQUENESS` of the variance of their items. Omega = (sum l)^2 / ((sum l)^2 + sum u)
    (McDonald, "Test theory", 1999, eq. 6.20a); its error is by the delta method from the expected
    information, uniquenesses at their bound taken as known.
    """
    scale = np.sqrt(np.diag(covariance))
    observed = covariance / np.outer(scale, scale)  # the likelihood is the same in any units
    k = len(scale)
    loadings, unique = _start(observed)
    information = np.eye(2 * k)
    for _ in range(_STEPS):
        score, information = _score(observed, loadings, unique)
        bound = (unique <= LOWEST_UNIQUENESS) & (score[k:] <= 0)
        free = np.append(np.ones(k, dtype=bool), ~bound)
        step = np.zeros(2 * k)
        step[free] = np.linalg.lstsq(information[np.ix_(free, free)], score[free], rcond=None)[0]
        now, size = _misfit(observed, loadings, unique), 1.0
        for _ in range(_HALVINGS):
            new_loadings = loadings + size * step[:k]
            new_unique = np.maximum(unique + size * step[k:], LOWEST_UNIQUENESS)
            if _misfit(observed, new_loadings, new_unique) <= now + 1e-14:
                break
            size /= 2.0
        else:
            new_loadings, new_unique = loadings, unique  # no better point: rounding
        change = max(abs(new_loadings - loadings).max(), abs(new_unique - unique).max())
        loadings, unique = new_loadings, new_unique
        if change < _TOLERANCE:
            break
    else:
        raise ConvergenceError(
            f"The factor model did not converge in {_STEPS} steps: the items may have no common "
            "factor. Look at Alpha.item_analysis() first."
        )
    if loadings @ scale < 0:
        loadings = -loadings  # the sign of a factor is arbitrary
    _, information = _score(observed, loadings, unique)
    at_bound = unique <= LOWEST_UNIQUENESS
    common, own = float(loadings @ scale), float(unique @ scale**2)
    total = common**2 + own
    slope = np.append(2.0 * common * own * scale, -(common**2) * scale**2) / total**2
    free = np.append(np.ones(k, dtype=bool), ~at_bound)
    try:
        inverse = np.linalg.inv(information[np.ix_(free, free)])
        error = math.sqrt(max(float(slope[free] @ inverse @ slope[free]), 0.0))
    except np.linalg.LinAlgError:
        error = math.nan
    return OneFactor(loadings * scale, unique * scale**2, at_bound, common**2 / total, error)


def _start(correlation: Array) -> tuple[Array, Array]:
    """Return loadings of the first principal axis with half of each variance common."""
    values, vectors = np.linalg.eigh(correlation - 0.5 * np.eye(len(correlation)))
    first = vectors[:, -1]
    loadings = first * math.sqrt(max(float(values[-1]), 0.1))
    loadings = np.clip(loadings * np.sign(first.sum() or 1.0), -0.95, 0.95)
    return loadings, 1.0 - loadings**2


def _misfit(observed: Array, loadings: Array, unique: Array) -> float:
    """Return log|model| + tr(observed / model): twice the negative log-likelihood over n."""
    model = np.outer(loadings, loadings) + np.diag(unique)
    sign, logarithm = np.linalg.slogdet(model)
    if sign <= 0:
        return math.inf
    return float(logarithm + np.trace(np.linalg.solve(model, observed)))


def _score(observed: Array, loadings: Array, unique: Array) -> tuple[Array, Array]:
    """Return the slopes of the log-likelihood over n, and the expected information."""
    model = np.outer(loadings, loadings) + np.diag(unique)
    inverse = np.linalg.inv(model)
    residual = inverse @ (observed - model) @ inverse
    score = np.append(residual @ loadings, np.diag(residual) / 2.0)
    v = inverse @ loadings
    across = inverse * v[None, :]  # loading i, uniqueness j
    information = np.block(
        [
            [np.outer(v, v) + float(loadings @ v) * inverse, across],
            [across.T, inverse**2 / 2.0],
        ]
    )
    return score, information
