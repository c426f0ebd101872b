"""Churn rates with a beta distribution among customers: the formulas of sBG (c = 1) and BdW."""

from __future__ import annotations

import abc
import dataclasses

import numpy as np

from custvalue._check import Array, ArrayLike, whole
from custvalue._random import customers, generator
from custvalue.clv._contractual import ContractualModel
from custvalue.clv._life_table import LifeTable
from custvalue.clv._log_beta import STEP, log_beta_drop, nodes
from custvalue.clv._maximise import Jet
from custvalue.clv._renewals import LOG_LARGEST, clock, future_renewals
from custvalue.durations import Durations

_ROWS = 1024  # intervals of age evaluated at once
_TAIL = 40.0


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class BetaChurn(ContractualModel, abc.ABC):
    """S(t) = B(alpha, beta + t^c)/B(alpha, beta), the mean of (1 - theta)^(t^c) over theta."""

    alpha: float
    beta: float

    @abc.abstractmethod
    def _power(self) -> Array:
        """Return c, the power of age; 1 where a customer's own churn rate does not change."""

    def _drop(self, t: Array, n: Array) -> Array:
        c = self._power()
        with np.errstate(divide="ignore"):
            more = clock(c, n, np.log(t))
        return log_beta_drop(np.asarray(self.alpha), self.beta + n**c, more)

    def _renewals(self, n: Array, delta: Array) -> Array:
        return future_renewals(
            np.asarray(self.alpha), np.asarray(self.beta), self._power(), n, delta
        )

    def simulate(
        self, n: int, observed: ArrayLike, rng: np.random.Generator | int, unit: str = "month"
    ) -> Durations:
        """Return the durations of n simulated customers, right-censored after `observed` periods.

        Parameters
        ----------
        n : int
            Number of customers.
        observed : array_like
            Whole periods, at least 1; one number or one per customer.
        rng : numpy.random.Generator or int
            The source of randomness, or its seed.
        unit : str
            What a period is.

        Raises
        ------
        InvalidDataError
            If n or a period is not a whole number of at least 1.
        """
        size, rng = customers(n, observed=observed, **self.parameters), generator(rng)
        ends = whole("observed", observed, 1.0)
        with np.errstate(divide="ignore", over="ignore"):
            rate = -np.log1p(-rng.beta(self.alpha, self.beta, size))
            ages = np.ceil((rng.exponential(size=size) / rate) ** (1.0 / self._power()))
        ages = np.maximum(ages, 1.0)
        return Durations(exit=np.minimum(ages, ends), event=ages <= ends, unit=unit)

    @classmethod
    def _jet(cls, theta: Array, table: LifeTable) -> Jet:
        return _churn_jet(theta, table)


def _churn_jet(theta: Array, table: LifeTable) -> Jet:
    """Return the log-likelihood of a life table with gradient and Hessian in alpha, beta (and c).

    With h = log S(start) - log S(end) it is the sum of lost log(1 - e^-h) - kept h.
    """
    k = len(theta)
    value, gradient, hessian = 0.0, np.zeros(k), np.zeros((k, k))
    i, j = np.triu_indices(k)
    for first in range(0, len(table.end), _ROWS):
        rows = slice(first, first + _ROWS)
        kept, lost = table.kept[rows], table.lost[rows]
        h, slopes, curvatures = _log_drops(theta, table.start[rows], table.end[rows])
        odds = 1.0 / np.expm1(h)  # slope of log(1 - e^-h)
        seen = lost > 0
        value += float(lost[seen] @ np.log(-np.expm1(-h[seen])) - kept @ h)
        pull = np.where(seen, lost * odds, 0.0) - kept
        bend = np.where(seen, lost * odds * (1.0 + odds), 0.0)
        gradient += np.einsum("n,nk->k", pull, slopes)
        hessian[i, j] += np.einsum("n,nm->m", pull, curvatures)
        hessian[i, j] -= np.einsum("n,nm,nm->m", bend, slopes[:, i], slopes[:, j])
    return Jet(value, gradient, np.triu(hessian) + np.triu(hessian, 1).T)


def _log_drops(theta: Array, start: Array, end: Array) -> tuple[Array, Array, Array]:
    """Return log S(start) - log S(end), its gradient, and its Hessian (upper triangle by rows).

    All are integrals over s of positive terms, but for the differences in age of those of c.
    """
    alpha, beta, *rest = theta
    c = rest[0] if rest else 1.0
    logs = [np.log(np.maximum(age, 1.0)) for age in (start, end)]
    u = [
        np.where(age > 0, np.exp(np.minimum(c * log, LOG_LARGEST)), 0.0)
        for age, log in zip((start, end), logs, strict=True)
    ]
    d = u[1] * np.where(start > 0, -np.expm1(c * (logs[0] - logs[1])), 1.0)
    s = nodes(np.asarray(beta), max(1.0, alpha, beta, float(u[1].max())), _TAIL)
    weight = STEP * np.exp(-beta * s) / -np.expm1(-s)
    left, stays = -np.expm1(-alpha * s) * weight, np.exp(-alpha * s) * weight
    # integrals of what follows give h, then the slopes in alpha and beta, then curvatures
    terms = np.stack([left, s * stays, -s * left, -(s**2) * stays, s**2 * left], axis=1)
    between = np.exp(-np.outer(u[0], s)) * -np.expm1(-np.outer(d, s))
    h, in_alpha, in_beta, mixed, twice = np.einsum("nk,km->mn", between, terms)
    if not rest:
        return h, np.stack([in_alpha, in_beta], axis=1), np.stack([mixed, mixed, twice], axis=1)
    in_c, alpha_c, beta_c, twice_c = np.zeros((4, len(h)))
    for sign, age, log in ((-1.0, u[0], logs[0]), (1.0, u[1], logs[1])):
        # h moves with c by u = t^c at either end; u s as one, for u^2 may be no float
        z = np.minimum(np.outer(age, s), 800.0)
        once = z * np.exp(-z)
        by_u, alpha_u, beta_u = np.einsum("nk,km->mn", once, terms[:, :3])
        by_u_twice = -np.einsum("nk,nk,k->n", z, once, left)
        in_c += sign * log * by_u
        alpha_c += sign * log * alpha_u
        beta_c += sign * log * beta_u
        twice_c += sign * log**2 * (by_u + by_u_twice)
    return (
        h,
        np.stack([in_alpha, in_beta, in_c], axis=1),
        np.stack([mixed, mixed, alpha_c, twice, beta_c, twice_c], axis=1),
    )
