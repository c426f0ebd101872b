"""Stable special functions of the buy-till-you-die models."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from custvalue._check import Array

Number = Array | float

_SWITCH = 0.98  # above, the series needs more terms than the quadrature has nodes
_LARGE = 20.5
_STRIDE = 8  # terms between two looks at what has converged
_TINY = 1e-17


def purchases_while_alive(
    t: Array, x: Array, T: Array, r: Number, alpha: Number, a: Number, b: Number
) -> Array:
    """Return the expected purchases in (T, T + t] of a customer alive at T.

    The customer buys at a rate lambda ~ Gamma(r + x, alpha + T) and leaves after each purchase
    with probability p ~ Beta(a, b + x), so that the expectation is that of (1 - e^(-lambda p t))/p.
    With z = t/(alpha + T + t), eps = a - 1, A = a + b - 1 - r and C = a + b + x - 1 it is

        C (1 - (1-z)^eps)/eps - (1-z)^eps sum_{n>=1} (A)_n (1+eps)_{n-1} z^n / ((C+1)_{n-1} n!),

    the Euler transform of eq. 10 of Fader, Hardie & Lee (2005) with the factors that cancel taken
    out: no power overflows, and a = 1, a + b <= 1 and x = 0 are no special cases. Where z is near
    1 the expectation over p is integrated numerically instead.
    """
    shape = np.broadcast_shapes(*(np.shape(v) for v in (t, x, T, r, alpha, a, b)))
    z = np.broadcast_to(t / (alpha + T + t), shape)
    # with large r, a or b the two parts grow, and nearly cancel
    large = (np.asarray(r) > _LARGE) | (np.asarray(a) > _LARGE)
    by_nodes = (z > _SWITCH) | large | (a + b > 1e2 * (_LARGE + r + x))
    if not by_nodes.any():
        return _by_series(z, x, r, a, b)
    out = np.empty(shape)
    rest = ~by_nodes

    def rows(values: Number, keep: npt.NDArray[np.bool_]) -> Array:
        return np.broadcast_to(values, shape)[keep]

    if rest.any():
        out[rest] = _by_series(z[rest], *(rows(v, rest) for v in (x, r, a, b)))
    out[by_nodes] = _by_quadrature(*(rows(v, by_nodes) for v in (t / (alpha + T), r + x, a, b + x)))
    return out


def _by_series(z: Array, x: Array, r: Number, a: Number, b: Number) -> Array:
    eps, A = np.asarray(a - 1.0), np.asarray(a + b - 1.0 - r)
    C = np.asarray(a + b + x - 1.0)
    log_rest = np.log1p(-z)
    power = np.exp(eps * log_rest)
    direct = np.where(eps == 0.0, -log_rest, -np.expm1(eps * log_rest) / np.where(eps == 0, 1, eps))
    first = C * direct / power
    return np.asarray(power * (first - _hypergeometric_sum(z, A, eps, C, first)))


def _hypergeometric_sum(z: Array, A: Number, eps: Number, C: Array, first: Array) -> Array:
    """Return sum_{n>=1} (A)_n (1+eps)_{n-1} z^n / ((C+1)_{n-1} n!), to 1e-17 of first - sum."""
    shape = z.shape

    def flat(value: Number) -> Array:
        array = np.asarray(value, dtype=np.float64)
        return array if array.ndim == 0 else np.broadcast_to(array, shape).ravel()

    total = np.zeros(z.size)
    where = np.flatnonzero(np.ones(z.size))
    z, first = flat(z), np.broadcast_to(first, shape).ravel()
    A, eps, C = flat(A), flat(eps), flat(C)
    if z.ndim == 0:
        z = z.reshape(1)
    term = A * z
    partial = term.copy()
    n = 1
    while where.size:
        for _ in range(_STRIDE):
            term *= z
            term *= (A + n) * (eps + n) / (n + 1.0)
            term /= C + n
            partial += term
            n += 1
        ratio = np.abs((A + n) * (eps + n) / ((C + n) * (n + 1.0))) * z
        worst = np.maximum(ratio, z)
        busy = np.abs(term) > _TINY * np.abs(first - partial) * (1.0 - worst)
        busy &= term != 0.0
        if busy.all():
            continue
        done = ~busy
        total[where[done]] = partial[done]
        where = where[busy]
        z, first, term, partial = (v[busy] for v in (z, first, term, partial))
        A, eps, C = (v if v.ndim == 0 else v[busy] for v in (A, eps, C))
    return total.reshape(shape)


def _by_quadrature(tau: Array, m: Array, a: Array, B: Array) -> Array:
    """Return E[(1 - (1 + p tau)^-m)/p] over p ~ Beta(a, B), by the double-exponential trapezoid.

    In the logit v = v0 + s sinh(y) both tails of the density decay doubly exponentially; the
    weights are normalised by their own sum, so that no beta function is needed.
    """
    centre = np.log(a / B)
    spread = np.sqrt(1 / a + 1 / a**2 + 1 / B + 1 / B**2)
    # in v the integrand is analytic within pi/2 of the real line: steps of 1/4 leave e^-39, also
    # out where (1 + p tau)^-m falls
    falls = centre + np.log1p(m * tau)
    step = min(1 / 32, 0.25 / float(np.sqrt(spread**2 + falls**2).max()))
    reach = int(np.ceil(4.8 / step))
    peak = -a * np.log1p(B / a) - B * np.log1p(a / B)
    above, below = np.zeros_like(tau), np.zeros_like(tau)
    for y in np.arange(-reach, reach + 1) * step:
        v = centre + spread * np.sinh(y)
        log_1e = np.log1p(np.exp(-np.minimum(np.abs(v), 700.0)))
        log_p = np.minimum(v, 0.0) - log_1e
        log_weight = a * log_p + B * (log_p - v) - peak  # log(1 - p) = log p - v
        if log_weight.max() < -80.0:  # nothing in the last digit
            continue
        weight = np.exp(np.maximum(log_weight, -700.0)) * np.cosh(y)
        p = np.exp(np.maximum(log_p, -600.0))
        above -= weight * np.expm1(-m * np.log1p(p * tau)) / p
        below += weight
    return above / below
