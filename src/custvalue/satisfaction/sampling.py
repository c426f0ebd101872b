"""How many respondents a Net Promoter Score of a given margin needs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from custvalue._check import ArrayLike, common_shape, refuse, within
from custvalue._proportion import normal_quantile

_LEAST = 1e-6  # margin: below, numbers of answers do not fit into 64 bits


def nps_sample_size(
    margin: ArrayLike,
    level: float = 0.95,
    *,
    detractors: ArrayLike = 0.5,
    promoters: ArrayLike = 0.5,
    population: ArrayLike | None = None,
) -> npt.NDArray[np.int64]:
    """Return the number of answers at which the score is known to within a margin.

    Parameters
    ----------
    margin : array_like
        Half the width of the interval, from 1e-6 to 1: 0.05 is five points.
    level : float
        Coverage of the interval, between 0 and 1.
    detractors, promoters : array_like
        Shares expected. The default, half and half, is the worst case.
    population : array_like, optional
        Number of customers, where the sample is a large part of them (all are asked in the limit).

    Returns
    -------
    int or array
        n = z^2 V / margin^2 with V = P + D - (P - D)^2, rounded up; with a population of N,
        n N / (n + N - 1). Answers, not people asked.

    Raises
    ------
    InvalidDataError
        If a margin is not from 1e-6 to 1, or the shares are outside [0, 1] or exceed 1 together.

    Examples
    --------
    >>> import custvalue as cv
    >>> cv.satisfaction.nps_sample_size([0.1, 0.05, 0.02])
    array([ 385, 1537, 9604])
    >>> int(cv.satisfaction.nps_sample_size(0.05, detractors=0.2, promoters=0.5))
    938
    """
    half = within("margin", margin, _LEAST, 1.0, hint="Write 5 points as 0.05.")
    d, p = within("detractors", detractors, 0.0, 1.0), within("promoters", promoters, 0.0, 1.0)
    common_shape(margin=half, detractors=d, promoters=p)
    rule = "must not exceed 1 together with promoters"
    refuse("detractors", rule, d, np.asarray(d + p > 1.0 + 1e-12))
    n = normal_quantile(level) ** 2 * (p + d - (p - d) ** 2) / half**2
    if population is not None:
        size = within("population", population, 1.0)
        common_shape(margin=half, detractors=d, promoters=p, population=size)
        n = n * size / (n + size - 1.0)
    answers: npt.NDArray[np.int64] = np.asarray(np.ceil(np.round(n, 9)), dtype=np.int64)
    return answers[()]
