"""Gamma-Gamma: spend per purchase, after Fader & Hardie's note 025 (2013)."""

from __future__ import annotations

import dataclasses
import hashlib
import warnings
from typing import TYPE_CHECKING, Self, final

import numpy as np

from custvalue._check import Array, ArrayLike, common_shape, of_type, one_of, real, whole, within
from custvalue._chunks import blocked, dot
from custvalue._random import generator
from custvalue.clv._fit import Fit
from custvalue.clv._maximise import maximise, ridge_notes
from custvalue.clv._model import Model
from custvalue.clv._spend_likelihood import Spenders, spend_jet
from custvalue.errors import CustValueWarning, InvalidDataError, NotIdentifiedError, message

if TYPE_CHECKING:
    from custvalue.summary import Summary

_STAGE = 24_000  # customers of the subsample whose optimum the fit starts from
_CORRELATED = 0.3


@final
@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class GammaGamma(Model):
    """Gamma-Gamma: a customer's purchases vary by one gamma distribution, customers by another.

    Spend is taken to be independent of how often a customer buys; `fit` reports the correlation.

    Parameters
    ----------
    p : float or array
        Shape of the spend of one purchase; positive.
    q, v : float or array
        Shape and rate of the gamma distribution of a customer's scale parameter nu; positive.
        The population mean p v/(q - 1) is infinite where q <= 1.

    Raises
    ------
    InvalidDataError
        If a parameter is not positive and finite.

    References
    ----------
    Fader & Hardie, "The Gamma-Gamma model of monetary value" (2013), note 025: likelihood eq. 1a,
    conditional expectation eq. 5.

    Examples
    --------
    >>> import custvalue as cv
    >>> model = cv.clv.GammaGamma(p=6.25, q=3.74, v=15.44)
    >>> model.expected_spend([0, 1, 7], [float("nan"), 20.0, 73.74]).round(2)
    array([35.22, 24.64, 71.47])
    """

    p: float
    q: float
    v: float

    def mean(self) -> Array:
        """Return the mean spend per purchase in the population, p v/(q - 1); inf where q <= 1."""
        p, q, v = self._values()
        return np.asarray(_posterior_mean(p, q, v, np.zeros(()), np.zeros(())))[()]

    def median_of_means(self) -> Array:
        """Return the median over customers of their mean spend, finite for every q."""
        from scipy.special import gammaincinv

        p, q, v = self._values()
        return np.asarray(p * v / gammaincinv(q, 0.5))[()]

    def expected_spend(self, x: ArrayLike, m: ArrayLike) -> Array:
        """Return the expected spend per purchase given the mean `m` of x purchases.

        Parameters
        ----------
        x : array_like
            Number of purchases averaged, whole.
        m : array_like
            Their mean spend, at least 0; not looked at where x = 0.

        Returns
        -------
        float or array
            p (v + x m)/(p x + q - 1); inf where p x + q <= 1, that is where x is small and q <= 1.

        Raises
        ------
        InvalidDataError
            If x is not whole, or m is negative or missing where x > 0.
        """
        xs = whole("x", x)
        spent = real("m", m)
        common_shape(x=xs, m=spent)
        xs, spent = np.broadcast_arrays(xs, spent)
        spent = within("m", np.where(xs > 0, spent, 0.0), 0.0)
        return blocked(_posterior_mean, *self._values(), xs, spent)

    def log_likelihood(self, x: ArrayLike, m: ArrayLike) -> Array:
        """Return the log density of the mean `m` of x purchases.

        Parameters
        ----------
        x : array_like
            Number of purchases averaged, whole, at least 1.
        m : array_like
            Their mean spend, positive.

        Returns
        -------
        float or array

        Raises
        ------
        InvalidDataError
            If x is not whole or below 1, or m is not positive and finite.
        """

        def formula(p, q, v, x, m):  # type: ignore[no-untyped-def]
            from scipy.special import betaln

            shape, z = p * x, x * m
            return -betaln(shape, q) - q * np.log1p(z / v) - shape * np.log1p(v / z) - np.log(m)

        return blocked(
            formula, *self._values(), whole("x", x, 1.0), within("m", m, 0.0, open_low=True)
        )

    def simulate(self, x: ArrayLike, rng: np.random.Generator | int) -> Array:
        """Return simulated mean spends of customers with x purchases each (NaN where x = 0).

        Parameters
        ----------
        x : array_like
            Numbers of purchases, whole.
        rng : numpy.random.Generator or int
            The source of randomness, or its seed.
        """
        xs = whole("x", x)
        common_shape(x=xs, **self.parameters)
        rng = generator(rng)
        nu = rng.gamma(self.q, 1.0 / np.asarray(self.v), xs.shape)
        count = np.maximum(xs, 1.0)
        return np.where(xs > 0, rng.gamma(self.p * count) / (nu * count), np.nan)

    @classmethod
    def fit(cls, summary: Summary, *, zero_spend: str = "error") -> Fit[Self]:
        """Return the maximum-likelihood fit to the repeat buyers of a summary.

        Parameters
        ----------
        summary : Summary
            With monetary values; customers without a repeat purchase say nothing about spend and
            are left out.
        zero_spend : {"error", "drop"}
            What to do with repeat buyers whose mean spend is 0, which the model excludes.

        Returns
        -------
        Fit
            Its notes give the correlation of spend with frequency.

        Raises
        ------
        InvalidDataError
            If there are no monetary values, or zeros with ``zero_spend="error"``.
        NotIdentifiedError
            If there are fewer than three repeat buyers, or the likelihood has no maximum that the
            data can tell.

        Warns
        -----
        CustValueWarning
            If spend and frequency are clearly correlated (rank correlation beyond 0.3), or q <= 1.
        """
        from custvalue.summary import SUMMARY_HINT, Summary

        of_type("summary", summary, Summary, SUMMARY_HINT)
        one_of("zero_spend", zero_spend, ("error", "drop"))
        x, m, n, notes = _spenders(summary, zero_spend)
        # an order of their own, so that the order of the rows does not change a digit
        order = np.argsort(x * np.sqrt(2.0) + m, kind="stable")
        x, m, n = x[order], m[order], n[order]
        z = x * m
        codes = x.astype(np.int64)
        counts = np.bincount(codes, weights=n)
        present = np.flatnonzero(counts)
        step = max(1, len(x) // _STAGE)
        stages = [
            Spenders(
                x=x[::k],
                z=z[::k],
                n=n[::k] * (n.sum() / n[::k].sum()),
                distinct=present.astype(np.float64),
                counts=counts[present].astype(np.float64),
                sum_log_m=dot(n, np.log(m)),
            )
            for k in ([step, 1] if step > 1 else [1])
        ]
        mean = float(n @ m / n.sum())
        found = maximise(
            [lambda theta, s=s: spend_jet(theta, s) for s in stages],  # type: ignore[misc]
            np.array([5.0, 4.0, mean * 3.0 / 5.0]),
            ("p", "q", "v"),
            float(n.sum()),
        )
        model = cls(*found.estimates)
        notes += _spend_warnings(model, x, m, n)
        notes += ridge_notes(found, ("p", "q", "v"))
        digest = hashlib.blake2b(digest_size=8)
        digest.update(f"{n.sum():.9g} {n @ x:.9g} {n @ z:.9g} {n @ np.log(m):.9g}".encode())
        return Fit(
            model=model,
            covariance=found.covariance,
            log_likelihood=found.value,
            n=float(n.sum()),
            patterns=len(x),
            gradient_norm=found.gradient_norm,
            unit=None,
            data_hash=digest.hexdigest(),
            notes=tuple(notes),
            frame=summary.frame,
        )


def _spenders(summary: Summary, zero_spend: str) -> tuple[Array, Array, Array, list[str]]:
    """Return (x, m, weight) of the repeat buyers, and notes on who was left out."""
    if summary.monetary_value is None:
        raise InvalidDataError(
            message("summary", "must have monetary values",
                    hint="Give occasions(..., amount=) the column of amounts.")
        )  # fmt: skip
    n = np.ones(len(summary)) if summary.weight is None else summary.weight
    keep = summary.frequency > 0
    notes = [f"{float(n[~keep].sum()):g} customers without a repeat purchase left out"]
    zero = keep & (summary.monetary_value == 0)
    if zero.any():
        if zero_spend == "error":
            raise InvalidDataError(
                message(
                    "monetary_value",
                    "must be above 0 for repeat buyers",
                    value=0.0,
                    row=int(np.flatnonzero(zero)[0]),
                    count=int(zero.sum()),
                    total=len(summary),
                    hint="Leave them out with zero_spend='drop'.",
                )
            )
        keep &= ~zero
        notes.append(f"{float(n[zero].sum()):g} repeat buyers with zero spend left out")
    if int(keep.sum()) < 3:
        raise NotIdentifiedError(
            f"Only {int(keep.sum())} customers bought again; three parameters of spend need at "
            "least three of them, and some hundred for useful precision."
        )
    if keep.all():
        notes = []
    return summary.frequency[keep], summary.monetary_value[keep], n[keep], notes


def _spend_warnings(model: GammaGamma, x: Array, m: Array, n: Array) -> list[str]:
    """Return notes on what is easily misread, and warn where it matters."""
    notes = []
    if np.ptp(x) > 0 and np.ptp(m) > 0:
        moments = np.cov(x, m, aweights=n)
        linear = moments[0, 1] / np.sqrt(moments[0, 0] * moments[1, 1])
        from scipy.stats import rankdata

        ranks = np.cov(rankdata(x), rankdata(m), aweights=n)
        by_rank = ranks[0, 1] / np.sqrt(ranks[0, 0] * ranks[1, 1])
        notes.append(
            f"correlation of spend with frequency: {linear:.3f} (by ranks {by_rank:.3f}); "
            "the model assumes 0"
        )
        if abs(by_rank) > _CORRELATED:
            warnings.warn(
                f"Spend and frequency are correlated ({by_rank:.2f} by ranks), which Gamma-Gamma "
                "assumes they are not: the value of frequent buyers will be off.",
                CustValueWarning,
                stacklevel=3,
            )
    if float(model.q) <= 1:
        notes.append("q <= 1: the population mean of spend is infinite; see median_of_means()")
        warnings.warn(
            f"q = {float(model.q):.3f} <= 1: mean spend in the population is infinite, and so is "
            "the expected spend of customers without a repeat purchase.",
            CustValueWarning,
            stacklevel=3,
        )
    return notes


def _posterior_mean(p: Array, q: Array, v: Array, x: Array, m: Array) -> Array:
    below = p * x + q - 1.0
    finite = below > 0
    return np.where(finite, p * (v + x * m) / np.where(finite, below, 1.0), np.inf)
