"""Poisson purchases with gamma rates, and dropout after a purchase with beta probability.

BG/NBD lets a customer drop out after each repeat purchase, MBG/NBD after the first one too. With
`k` = 0 or 1 such chances before the first repeat purchase, one set of formulas is both models.
"""

from __future__ import annotations

import abc
import dataclasses
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from custvalue._check import Array, ArrayLike, refuse, within
from custvalue._chunks import block_sums, dot
from custvalue._random import customers, generator
from custvalue.clv._maximise import Jet
from custvalue.clv._model import PurchaseModel
from custvalue.clv._patterns import Patterns
from custvalue.clv._series import purchases_while_alive

if TYPE_CHECKING:
    from custvalue.datasets import Simulation


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class GeometricDropout(PurchaseModel, abc.ABC):
    """The formulas that BG/NBD (k = 0) and MBG/NBD (k = 1) share."""

    r: float
    alpha: float
    a: float
    b: float

    k: ClassVar[int]

    @property
    def time_scale(self) -> float:
        """The smallest alpha: E[Y(t)] is analytic in t with its nearest pole at -alpha - T."""
        return float(np.min(self.alpha))

    def _log_likelihood(self, x: Array, t_x: Array, T: Array) -> Array:
        from scipy.special import gammaln

        r, alpha, a, b, k = self.r, self.alpha, self.a, self.b, self.k
        counts = gammaln(r + x) - gammaln(r) - r * np.log1p(T / alpha) - x * np.log(alpha + T)
        stays = gammaln(b + x + k) - gammaln(b) + gammaln(a + b) - gammaln(a + b + x + k)
        left = np.logaddexp(0.0, self._log_odds_gone(x, t_x, T))
        return np.asarray(counts + stays + np.where(x + k > 0, left, 0.0))

    def _alive(self, x: Array, t_x: Array, T: Array) -> Array:
        odds = np.exp(np.minimum(self._log_odds_gone(x, t_x, T), 709.0))
        return np.asarray(1.0 / (1.0 + odds * (x + self.k > 0)))

    def _log_odds_gone(self, x: Array, t_x: Array, T: Array) -> Array:
        """Return log of a/(b+x-1+k) ((alpha+T)/(alpha+t_x))^(r+x), of which 1/(1+e^.) is P(alive).

        Where x + k = 0 nobody can have left; the value there is finite and not to be used.
        """
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        earlier = np.maximum(x + self.k, 1.0) - 1.0
        waited = np.log1p((T - t_x) / (alpha + t_x))
        return np.asarray(np.log(a / (b + earlier)) + (r + x) * waited)

    def _if_alive(self, t: Array, x: Array, T: Array) -> Array:
        return purchases_while_alive(t, x, T, self.r, self.alpha, self.a, self.b + self.k)

    def _expected_new(self, t: Array) -> Array:
        starts = self.b / (self.a + self.b) if self.k else 1.0
        return starts * self._if_alive(t, np.zeros(()), np.zeros(()))

    def _probability_of(self, n: Array, t: Array) -> Array:
        from scipy.special import betainc, betaln, gammaln, xlog1py, xlogy

        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        base = betaln(a, b)
        chances = n + self.k
        stays = betaln(a, b + chances) - base
        buys = (
            gammaln(r + n) - gammaln(r) - gammaln(n + 1.0)
            - xlog1py(r, t / alpha) + xlogy(n, t / (alpha + t))
        )  # fmt: skip
        leaves = betaln(a + 1.0, b + np.maximum(chances, 1.0) - 1.0) - base
        reaches = np.where(n > 0, betainc(np.maximum(n, 1.0), r, t / (alpha + t)), 1.0)
        return np.asarray(
            np.exp(stays + buys) + np.where(chances > 0, np.exp(leaves) * reaches, 0.0)
        )

    def simulate(
        self, n: int, T: ArrayLike, rng: np.random.Generator | int, unit: str = "week"
    ) -> Simulation:
        """Return n simulated customers observed for T, with their truth.

        Parameters
        ----------
        n : int
            Number of customers.
        T : array_like
            Time observed, at least 0; one number or one per customer.
        rng : numpy.random.Generator or int
            The source of randomness, or its seed.
        unit : str
            Unit of T and of the parameters.

        Raises
        ------
        InvalidDataError
            If n is not whole and at least 1, T or a parameter is neither one number nor n, or a
            customer would make more than 1e9 purchases.
        """
        from custvalue.datasets import Simulation
        from custvalue.summary import Summary

        n, rng = customers(n, T=T, **self.parameters), generator(rng)
        Ts = np.broadcast_to(within("T", T, 0.0), (n,))
        rate = rng.gamma(self.r, 1.0 / np.asarray(self.alpha), n)
        p = rng.beta(self.a, self.b, n)
        # purchase after which the customer leaves; beyond 2**53 it never comes
        last = rng.geometric(np.clip(p, 1e-15, 1.0)) - self.k
        refuse("T", "must leave a customer at most 1e9 purchases", Ts, rate * Ts > 1e9)
        bought = rng.poisson(rate * Ts)
        x = np.minimum(bought, last)
        alive = bought < last
        # the x-th of `bought` uniform times in (0, T)
        gap = np.where(alive, 1, bought - x + 1)
        t_x = np.where(x > 0, Ts * rng.beta(np.maximum(x, 1), gap), 0.0)
        x = np.where(t_x > 0, x, 0)
        events = rng.random(int(x.sum())) * np.repeat(t_x, x)
        events[np.cumsum(x)[x > 0] - 1] = t_x[x > 0]
        events = events[np.lexsort((events, np.repeat(np.arange(n), x)))]
        summary = Summary(
            customer=np.arange(n),
            frequency=x.astype(np.float64),
            recency=t_x,
            T=Ts.copy(),
            unit=unit,
        )
        return Simulation(summary, events, rate, p, alive)

    @classmethod
    def _jet(cls, theta: Array, patterns: Patterns) -> Jet:
        """Return log-likelihood, gradient and Hessian: margins, and one pass of the patterns."""
        r, alpha, a, b = theta
        value, g, H = 0.0, np.zeros(4), np.zeros((4, 4))
        # Gamma(c + x)/Gamma(c) = product of c + j over j < x: sums over j of the tail counts
        stays = patterns.tail
        if cls.k:
            stays = np.concatenate([[patterns.customers], patterns.tail])
        for c, sign, tail, where in (
            (r, 1.0, patterns.tail, [0]),
            (b, 1.0, stays, [3]),
            (a + b, -1.0, stays, [2, 3]),
        ):
            each = c + np.arange(len(tail))
            value += sign * (tail @ np.log(each))
            g[where] += sign * (tail @ (1 / each))
            H[np.ix_(where, where)] -= sign * (tail @ (1 / each**2))
        T, people, purchases = patterns.exposure
        A = alpha + T
        m = r * people + purchases
        log_gain = np.log1p(T / alpha)  # r log(alpha/(alpha + T)) without cancellation
        gain, lost = dot(people, log_gain), dot(people, T / A)
        value -= r * gain + dot(purchases, np.log(A))
        g[0] -= gain
        g[1] += r * lost / alpha - dot(purchases, 1 / A)
        H[0, 1] += lost / alpha
        H[1, 1] += dot(m, A**-2.0) - r * patterns.customers / alpha**2
        rows = patterns if cls.k else patterns.repeaters
        sums = block_sums(
            lambda x, t_x, T, n: _gone_sums(r, alpha, a, b + cls.k - 1, x, t_x, T, n),
            rows.x, rows.t_x, rows.T, rows.n,
        )  # fmt: skip
        value += sums[0]
        g += sums[1:5]
        H[np.triu_indices(4)] += sums[5:]
        return Jet(float(value), g, np.triu(H) + np.triu(H, 1).T)


def _gone_sums(  # type: ignore[no-untyped-def]
    r, alpha, a, b1, x, t_x, T, n
) -> Array:
    """Return the sums of n log(1 + e^u), u = log odds of having left, and of its derivatives.

    Order: value; d/dr, d/dalpha, d/da, d/db; the upper triangle of the Hessian by rows.
    """
    A, B, m = alpha + T, alpha + t_x, r + x
    q = 1.0 / (b1 + x)
    L = np.log1p((T - t_x) / B)
    u = np.log(a * q)
    u += m * L
    E = np.exp(-np.minimum(u, 700.0))  # u is bounded below by log a/(b + x): no overflow
    p = 1.0 / (1.0 + E)  # weight of having left
    u += np.log1p(E)
    value = dot(n, u)
    np_ = n * p
    w = np_ * p
    w *= E  # n p (1 - p)
    del u, E, p  # blocks are cut to fit the cache
    AB = A * B
    d = (t_x - T) / AB  # 1/A - 1/B
    D = m * d
    A += B
    A *= D
    A /= AB  # m (1/A^2 - 1/B^2)
    curvature = dot(np_, A)
    del A, B, AB, m
    wL, wD, wq = w * L, w * D, w * q
    s, sw = np_.sum(), w.sum()
    # slopes of u: L, D, 1/a, -q
    return np.array(
        [
            value,
            dot(np_, L), dot(np_, D), s / a, -dot(np_, q),
            dot(wL, L), dot(wL, D) + dot(np_, d), wL.sum() / a, -dot(wL, q),
            dot(wD, D) - curvature, wD.sum() / a, -dot(wD, q),
            (sw - s) / a**2, -wq.sum() / a,
            dot(wq, q) + dot(np_, q, q),
        ]
    )  # fmt: skip
