"""BG/NBD: the beta-geometric/NBD model of Fader, Hardie & Lee (2005)."""

from __future__ import annotations

import dataclasses
from typing import ClassVar, final

from custvalue.clv._geometric_dropout import GeometricDropout


@final
@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class BetaGeo(GeometricDropout):
    """BG/NBD: gamma purchase rates, and a beta probability of dropout after each repeat purchase.

    A customer without a repeat purchase had no chance to drop out and is alive with certainty;
    `ModifiedBetaGeo` removes this.

    Parameters
    ----------
    r, alpha : float or array
        Shape and rate (in units of time) of the gamma distribution of purchase rates; positive.
    a, b : float or array
        Parameters of the beta distribution of dropout probabilities; positive.

    Raises
    ------
    InvalidDataError
        If a parameter is not positive and finite.

    References
    ----------
    Fader, Hardie & Lee, "Counting your customers the easy way", Marketing Science 24 (2005):
    likelihood eq. 6, P(X(t) = x) eq. 8, E[X(t)] eq. 9, conditional expectation eq. 10. P(alive) and
    the forms of the likelihood: Hardie's notes 021, 027 and 039.

    Examples
    --------
    >>> import custvalue as cv
    >>> model = cv.clv.BetaGeo(r=0.243, alpha=4.414, a=0.793, b=2.426)
    >>> round(float(model.expected_purchases(39, x=2, t_x=30.43, T=38.86)), 3)
    1.226
    >>> model.probability_alive([0, 2], [0, 30.43], 38.86).round(4)
    array([1.    , 0.7266])
    """

    k: ClassVar[int] = 0
    one_time_buyers_alive: ClassVar[bool] = True
