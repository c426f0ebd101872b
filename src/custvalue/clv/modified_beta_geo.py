"""MBG/NBD: the modified beta-geometric/NBD model of Batislam, Denizel & Filiztekin (2007)."""

from __future__ import annotations

import dataclasses
from typing import ClassVar, final

from custvalue.clv._geometric_dropout import GeometricDropout


@final
@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ModifiedBetaGeo(GeometricDropout):
    """MBG/NBD: as BG/NBD, and a customer may also drop out right after the first purchase.

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
    Batislam, Denizel & Filiztekin, "Empirical validation and comparison of models for customer base
    analysis", International Journal of Research in Marketing 24 (2007), 201-209, appendix.
    Hoppe & Wagner, "Customer base analysis: the case for a central variant of the betageometric/NBD
    model", Marketing Journal of Research and Management 3 (2007), 75-90.

    Examples
    --------
    >>> import custvalue as cv
    >>> model = cv.clv.ModifiedBetaGeo(r=0.525, alpha=6.183, a=0.891, b=1.614)
    >>> model.probability_alive([0, 2], [0, 30.43], 38.86).round(4)
    array([0.3897, 0.7062])
    """

    k: ClassVar[int] = 1
