"""The log-likelihood of Gamma-Gamma with its exact gradient and Hessian."""

from __future__ import annotations

import dataclasses

import numpy as np

from custvalue._check import Array
from custvalue._chunks import block_sums, dot
from custvalue.clv._maximise import Jet


@dataclasses.dataclass(frozen=True)
class Spenders:
    """x and z = x m of each customer with weights n; the distinct x with their counts."""

    x: Array
    z: Array
    n: Array
    distinct: Array
    counts: Array
    sum_log_m: float


def spend_jet(theta: Array, data: Spenders) -> Jet:
    """Return the log-likelihood of note 025 eq. 1a with gradient and Hessian."""
    from scipy.special import betaln, polygamma, psi

    p, q, v = theta
    x, c = data.distinct, data.counts
    px, both = p * x, p * x + q
    total = c.sum()
    sums = block_sums(lambda x, z, n: _spend_sums(v, x, z, n), data.x, data.z, data.n)
    log_v, log_z, s1, sx, s2, sx2 = sums
    value = -(c @ betaln(px, q)) - q * log_v - p * log_z - data.sum_log_m
    tri = polygamma(1, both)
    g = np.array(
        [
            (c * x) @ (psi(both) - psi(px)) - log_z,
            c @ (psi(both) - psi(q)) - log_v,
            q * total / v - (p * sx + q * s1),
        ]
    )
    pq = (c * x) @ tri
    qv = total / v - s1
    H = np.array(
        [
            [(c * x * x) @ (tri - polygamma(1, px)), pq, -sx],
            [pq, c @ (tri - polygamma(1, q)), qv],
            [-sx, qv, -q * total / v**2 + p * sx2 + q * s2],
        ]
    )
    return Jet(float(value), g, H)


def _spend_sums(v: float, x: Array, z: Array, n: Array) -> Array:
    """Return the sums over rows that the likelihood and its derivatives are made of."""
    inverse = 1.0 / (z + v)
    nx = n * x
    return np.array(
        [
            dot(n, np.log1p(z / v)),
            dot(nx, np.log1p(v / z)),
            dot(n, inverse),
            dot(nx, inverse),
            dot(n, inverse, inverse),
            dot(nx, inverse, inverse),
        ]
    )
