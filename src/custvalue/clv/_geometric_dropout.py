"""Poisson purchases with gamma rates, and dropout after a purchase with beta probability.

BG/NBD lets a customer drop out after each repeat purchase, MBG/NBD after the first one too. With
`k` = 0 or 1 such chances before the first repeat purchase, one set of formulas is both models.
"""

from __future__ import annotations

import abc
import dataclasses
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from custvalue._check import Array, ArrayLike, whole, within
from custvalue._chunks import block_sums, blocked, dot
from custvalue.clv._fit import Jet
from custvalue.clv._model import PurchaseModel, histories
from custvalue.clv._patterns import Patterns, by_distinct
from custvalue.clv._series import purchases_while_alive
from custvalue.errors import InvalidDataError, message

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

    def log_likelihood(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Array:
        """Return the log-likelihood of each customer.

        Parameters
        ----------
        x, t_x, T : array_like
            Repeat purchases (whole), time of the last one, time observed; t_x <= T. They and the
            parameters broadcast.

        Returns
        -------
        float or array

        Raises
        ------
        InvalidDataError
            If x is not whole, a value is negative or not finite, or t_x exceeds T.
        """
        k = self.k

        def formula(r, alpha, a, b, x, t_x, T):  # type: ignore[no-untyped-def]
            from scipy.special import gammaln

            counts = gammaln(r + x) - gammaln(r) - r * np.log1p(T / alpha) - x * np.log(alpha + T)
            stays = gammaln(b + x + k) - gammaln(b) + gammaln(a + b) - gammaln(a + b + x + k)
            odds = _log_odds_gone(r, alpha, a, b, k, x, t_x, T)
            return counts + stays + np.where(x + k > 0, np.logaddexp(0.0, odds), 0.0)

        return blocked(formula, *self._values(), *histories(x, t_x, T))

    def probability_alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Array:
        """Return the probability that each customer is still active at T.

        Parameters
        ----------
        x, t_x, T : array_like
            Repeat purchases (whole), time of the last one, time observed; t_x <= T.

        Returns
        -------
        float or array, between 0 and 1

        Raises
        ------
        InvalidDataError
            If x is not whole, a value is negative or not finite, or t_x exceeds T.
        """
        return blocked(self._alive, *self._values(), *histories(x, t_x, T))

    def expected_purchases(self, t: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Array:
        """Return the expected purchases of each customer in (T, T + t], given the history.

        Parameters
        ----------
        t : array_like
            Length of the forecast, at least 0, in the unit of the model.
        x, t_x, T : array_like
            Repeat purchases (whole), time of the last one, time observed; t_x <= T.

        Returns
        -------
        float or array, at least 0

        Raises
        ------
        InvalidDataError
            If x is not whole, a value is negative or not finite, or t_x exceeds T.
        """
        ts = within("t", t, 0.0)
        xs, t_xs, Ts = histories(x, t_x, T)
        r, alpha, a, b = self._values()
        k = self.k
        if ts.ndim == 0 and all(v.ndim == 0 for v in (r, alpha, a, b)):
            out = by_distinct(
                lambda xs, Ts: purchases_while_alive(ts, xs, Ts, r, alpha, a, b + k), xs, Ts
            )
            return out * blocked(self._alive, r, alpha, a, b, xs, t_xs, Ts)

        def formula(t, r, alpha, a, b, x, t_x, T):  # type: ignore[no-untyped-def]
            expected = purchases_while_alive(t, x, T, r, alpha, a, b + k)
            return expected * self._alive(r, alpha, a, b, x, t_x, T)

        return blocked(formula, ts, r, alpha, a, b, xs, t_xs, Ts)

    def expected_purchases_new(self, t: ArrayLike) -> Array:
        """Return the expected repeat purchases of a new customer in (0, t].

        Parameters
        ----------
        t : array_like
            Time since the first purchase, at least 0.

        Returns
        -------
        float or array, at least 0

        Raises
        ------
        InvalidDataError
            If t is negative or not finite.
        """
        k = self.k

        def formula(t, r, alpha, a, b):  # type: ignore[no-untyped-def]
            zero = np.zeros(())
            starts = b / (a + b) if k else 1.0
            return starts * purchases_while_alive(t, zero, zero, r, alpha, a, b + k)

        return blocked(formula, within("t", t, 0.0), *self._values())

    def probability_of_purchases(self, n: ArrayLike, t: ArrayLike) -> Array:
        """Return the probability that a new customer makes exactly n repeat purchases in (0, t].

        Parameters
        ----------
        n : array_like
            Numbers of purchases, whole.
        t : array_like
            Time since the first purchase, at least 0.

        Returns
        -------
        float or array, between 0 and 1

        Raises
        ------
        InvalidDataError
            If n is not whole, or t is negative or not finite.
        """
        k = self.k

        def formula(n, t, r, alpha, a, b):  # type: ignore[no-untyped-def]
            from scipy.special import betainc, betaln, gammaln, xlog1py, xlogy

            base = betaln(a, b)
            stays = betaln(a, b + n + k) - base
            buys = (
                gammaln(r + n) - gammaln(r) - gammaln(n + 1.0)
                - xlog1py(r, t / alpha) + xlogy(n, t / (alpha + t))
            )  # fmt: skip
            chances = n + k
            leaves = betaln(a + 1.0, np.maximum(b + chances - 1.0, np.where(chances > 0, 0.0, 1.0)))
            reaches = np.where(n > 0, betainc(np.maximum(n, 1.0), r, t / (alpha + t)), 1.0)
            gone = np.where(chances > 0, np.exp(leaves - base) * reaches, 0.0)
            return np.exp(stays + buys) + gone

        return blocked(formula, whole("n", n), within("t", t, 0.0), *self._values())

    def _alive(
        self, r: Array, alpha: Array, a: Array, b: Array, x: Array, t_x: Array, T: Array
    ) -> Array:
        odds = np.exp(np.minimum(_log_odds_gone(r, alpha, a, b, self.k, x, t_x, T), 709.0))
        return np.asarray(1.0 / (1.0 + odds * (x + self.k > 0)))

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
        """
        from custvalue.datasets import Simulation
        from custvalue.summary import Summary

        if int(whole("n", n, 1.0)) != n:
            raise InvalidDataError(message("n", "must be one whole number", value=n))
        rng = np.random.default_rng(rng)
        Ts = np.broadcast_to(within("T", T, 0.0), (n,))
        rate = rng.gamma(self.r, 1.0 / np.asarray(self.alpha), n)
        p = rng.beta(self.a, self.b, n)
        # purchase after which the customer leaves; beyond 2**53 it never comes
        last = rng.geometric(np.clip(p, 1e-15, 1.0)) - self.k
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


def _log_odds_gone(  # type: ignore[no-untyped-def]
    r, alpha, a, b, k, x, t_x, T
) -> Array:
    """Return log of a/(b+x-1+k) ((alpha+T)/(alpha+t_x))^(r+x), of which 1/(1 + e^.) is P(alive).

    Where x + k = 0 nobody can have left; the value there is finite and not to be used.
    """
    earlier = np.maximum(x + k, 1.0) - 1.0
    return np.asarray(np.log(a / (b + earlier)) + (r + x) * np.log1p((T - t_x) / (alpha + t_x)))


def _gone_sums(  # type: ignore[no-untyped-def]
    r, alpha, a, b1, x, t_x, T, n
) -> Array:
    """Return the sums of n log(1 + e^u), u = log odds of having left, and of its derivatives.

    Order: value; d/dr, d/dalpha, d/da, d/db; the upper triangle of the Hessian by rows.
    """
    B = alpha + t_x
    q = 1.0 / (b1 + x)
    m = r + x
    L = np.log1p((T - t_x) / B)
    u = np.log(a * q)
    u += m * L
    E = np.exp(-np.minimum(u, 700.0))  # u is bounded below by log a/(b + x): no overflow
    p = 1.0 / (1.0 + E)  # weight of having left
    u += np.log1p(E)
    np_ = n * p
    w = np_ * p
    w *= E  # n p (1 - p)
    A = alpha + T
    d = (t_x - T) / (A * B)  # 1/A - 1/B
    D = m * d
    wL, wD, wq = w * L, w * D, w * q
    s, sw = np_.sum(), w.sum()
    sum_1A_1B = (A + B) * d  # D (1/A + 1/B) = m (1/A^2 - 1/B^2)
    sum_1A_1B /= A * B
    sum_1A_1B *= m
    # slopes of u: L, D, 1/a, -q
    return np.array(
        [
            dot(n, u),
            dot(np_, L), dot(np_, D), s / a, -dot(np_, q),
            dot(wL, L), dot(wL, D) + dot(np_, d), wL.sum() / a, -dot(wL, q),
            dot(wD, D) - dot(np_, sum_1A_1B), wD.sum() / a, -dot(wD, q),
            (sw - s) / a**2, -wq.sum() / a,
            dot(wq, q) + dot(np_, q, q),
        ]
    )  # fmt: skip
