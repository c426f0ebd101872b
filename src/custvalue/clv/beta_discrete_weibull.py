"""BdW: the beta-discrete-Weibull model of contracts, Fader, Hardie & others (2018)."""

from __future__ import annotations

import dataclasses
from typing import final

import numpy as np

from custvalue._check import Array
from custvalue.clv._beta_churn import BetaChurn


@final
@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class BetaDiscreteWeibull(BetaChurn):
    """BdW: each customer's own churn rate rises (c > 1) or falls (c < 1) with age.

    With c = 1 it is `ShiftedBetaGeo`.

    Parameters
    ----------
    alpha, beta : float or array
        Parameters of the beta distribution of the probability to churn in the first period;
        positive.
    c : float or array
        Power of age, S(t | theta) = (1 - theta)^(t^c); positive.

    Raises
    ------
    InvalidDataError
        If a parameter is not positive and finite.

    References
    ----------
    Fader, Hardie, Liu, Davin & Steenburgh, "'How to project customer retention' revisited: the role
    of duration dependence", Journal of Interactive Marketing 43 (2018), 1-16.

    Examples
    --------
    The "High End" cohort of Fader & Hardie (2007), of which years 8 to 12 were not used; 427 and
    394 per 1000 were there after 10 and 12:

    >>> import custvalue as cv
    >>> left = [1000, 869, 743, 653, 593, 551, 517, 491]
    >>> fit = cv.clv.BetaDiscreteWeibull.fit(cv.Durations.from_survivors(left, unit="year"))
    >>> fit.model
    BetaDiscreteWeibull(alpha=0.214253, beta=1.42657, c=1.72356)
    >>> (1000 * fit.model.survival([10, 12])).round(1)
    array([431.6, 403.9])
    """

    c: float

    def _power(self) -> Array:
        return np.asarray(self.c)
