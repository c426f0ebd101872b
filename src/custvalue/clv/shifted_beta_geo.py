"""sBG: the shifted-beta-geometric model of contracts, Fader & Hardie (2007)."""

from __future__ import annotations

import dataclasses
from typing import final

import numpy as np

from custvalue._check import Array
from custvalue.clv._beta_churn import BetaChurn


@final
@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ShiftedBetaGeo(BetaChurn):
    """sBG: each customer churns with an own constant probability a period, beta among customers.

    Retention of a cohort rises with age, because those likely to leave do so first.

    Parameters
    ----------
    alpha, beta : float or array
        Parameters of the beta distribution of churn probabilities, of mean alpha/(alpha + beta);
        positive.

    Raises
    ------
    InvalidDataError
        If a parameter is not positive and finite.

    References
    ----------
    Fader & Hardie, "How to project customer retention", Journal of Interactive Marketing 21 (2007),
    76-90: P(T = t) and S(t) eq. 5-6, retention rate eq. 8. Fader & Hardie, "Customer-base valuation
    in a contractual setting", Marketing Science 29 (2010), 85-93: DEL and DERL.

    Examples
    --------
    The "High End" cohort of Fader & Hardie (2007), of which years 8 to 12 were not used:

    >>> import custvalue as cv
    >>> left = [1000, 869, 743, 653, 593, 551, 517, 491]
    >>> fit = cv.clv.ShiftedBetaGeo.fit(cv.Durations.from_survivors(left, unit="year"))
    >>> fit.model
    ShiftedBetaGeo(alpha=0.668088, beta=3.80609)
    >>> (1000 * fit.model.survival([8, 9, 10, 11, 12])).round(1)
    array([460.4, 435.8, 414.2, 395.1, 378. ])
    >>> round(float(fit.model.discounted_residual_lifetime(7, rate=0.1)), 3)
    7.53
    """

    def _power(self) -> Array:
        return np.ones(())
