"""The record of survey weights; effective number, design effect and trimming of weights."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, ArrayLike, number
from custvalue._record import Notes, Record, checked_notes, kept
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction._survey import effective, survey_weights

Column = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Weights(Record):
    """A weight for each row of a survey, and how the sample meets its targets.

    Attributes
    ----------
    weight : float array of shape (rows,)
        In the order of the rows of the table.
    margin, label : arrays of shape (cells,)
        Columns that were weighted, and each of their labels.
    sample, achieved, target : float arrays of shape (cells,)
        Shares before weighting (with base weights), after it, and aimed at.
    iterations : int
        How often all margins were gone through.
    notes, frame
        What policies did, counted; the kind of frame for results.

    Examples
    --------
    >>> import numpy as np
    >>> import custvalue as cv
    >>> weights = cv.satisfaction.Weights(np.array([1.0] * 50 + [2.0] * 50))
    >>> weights.effective_n, round(weights.design_effect, 4)
    (90.0, 1.1111)
    """

    weight: Array
    margin: Column = dataclasses.field(default_factory=lambda: np.empty(0, dtype=object))
    label: Column = dataclasses.field(default_factory=lambda: np.empty(0, dtype=object))
    sample: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    achieved: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    target: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    iterations: int = 0
    notes: Notes = dataclasses.field(default_factory=dict, kw_only=True)
    frame: str = dataclasses.field(default="pandas", kw_only=True, compare=False)

    _columns: ClassVar[tuple[str, ...]] = ("margin", "label", "sample", "achieved", "target")

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", checked_notes(self.notes))
        object.__setattr__(self, "weight", kept(checked_weights("weight", self.weight)))
        if len({np.shape(getattr(self, name)) for name in self._columns}) > 1:
            raise InvalidDataError(message("Weights", "must have columns of one length"))
        super().__post_init__()

    @property
    def effective_n(self) -> float:
        """Kish's effective number of respondents; see `effective_n`."""
        return effective_n(self.weight)

    @property
    def design_effect(self) -> float:
        """What weighting costs in variance; see `design_effect`."""
        return design_effect(self.weight)

    def _head(self) -> dict[str, Any]:
        facts = {"rows": len(self.weight), "effective_n": self.effective_n}
        facts["design_effect"] = self.design_effect
        return {**facts, "cells": len(self.label), **self.notes}


def effective_n(weight: ArrayLike) -> float:
    """Return Kish's effective number of respondents, (sum of weights)^2 / sum of their squares.

    Parameters
    ----------
    weight : array_like of shape (n,)
        At least 0.

    Returns
    -------
    float
        n with equal weights; 0 where all weights are 0.

    References
    ----------
    Kish, "Survey Sampling", 1965, section 11.7.

    Examples
    --------
    >>> import custvalue as cv
    >>> cv.satisfaction.effective_n([1] * 50 + [2] * 50)
    90.0
    """
    weights = checked_weights("weight", weight)
    return float(effective(weights.sum(), np.square(weights).sum()))


def design_effect(weight: ArrayLike) -> float:
    """Return Kish's design effect of weighting, n / effective n: at least 1.

    Parameters
    ----------
    weight : array_like of shape (n,)
        At least 0. A weight of 0 is no respondent.

    Returns
    -------
    float
        NaN where all weights are 0.

    References
    ----------
    Kish, "Weighting for unequal P_i", Journal of Official Statistics 8 (1992), 183-200.

    Examples
    --------
    >>> import custvalue as cv
    >>> cv.satisfaction.design_effect([0.625] * 80 + [2.5] * 20)
    1.5625
    """
    weights = checked_weights("weight", weight)
    n = effective_n(weights)
    return float(np.count_nonzero(weights)) / n if n else float("nan")


def trim(weight: ArrayLike, *, cap: float, floor: float = 0.0) -> Array:
    """Return weights within bounds, with the same sum.

    What is cut off is given to the weights between the bounds, in proportion, until all are
    within.

    Parameters
    ----------
    weight : array_like of shape (n,)
        At least 0; weights of 0 stay 0.
    cap, floor : float
        Largest and smallest weight, as multiples of the mean of the weights above 0; cap above 1
        and floor below 1.

    Returns
    -------
    float array of shape (n,)

    Raises
    ------
    InvalidDataError
        If the bounds do not allow for the sum.

    Examples
    --------
    >>> import custvalue as cv
    >>> cv.satisfaction.trim([1, 1, 1, 5], cap=1.5)
    array([1.66666667, 1.66666667, 1.66666667, 3.        ])
    """
    weights = checked_weights("weight", weight)
    cap = number("cap", cap, 1.0, open_low=True)
    floor = number("floor", floor, 0.0)
    if floor >= 1.0:
        raise InvalidDataError(message("floor", "must be below 1", value=floor))
    some = weights > 0
    if not some.any():
        return weights.copy()
    total = float(weights.sum())
    mean = total / np.count_nonzero(some)
    low, high = floor * mean, cap * mean

    rising = np.sort(weights[some])
    sums = np.concatenate([[0.0], np.cumsum(rising)])

    def total_of(factor: float) -> float:
        """Return the sum of the weights times a factor, each within the bounds."""
        first, last = np.searchsorted(rising, [low / factor, high / factor])
        inner = factor * (sums[last] - sums[first])
        return float(low * first + inner + high * (len(rising) - last))

    small, large = 0.0, float(high / rising[0])  # all at the floor; all at the cap
    for _ in range(200):  # the sum rises with the factor: halve
        middle = (small + large) / 2.0
        if total_of(middle) < total:
            small = middle
        else:
            large = middle
        if large - small <= 1e-16 * large:
            break
    found = np.where(some, np.clip(weights * large, low, high), 0.0)
    free = (found > low) & (found < high)
    if free.any():  # the last digits
        found[free] *= (total - found[~free].sum()) / found[free].sum()
    return np.asarray(found)


def checked_weights(name: str, values: Any) -> Array:
    """Return weights as one column of floats, each at least 0."""
    weights = survey_weights(name, values)
    if weights.ndim != 1:
        raise InvalidDataError(message(name, "must be one column", value=weights.shape))
    return weights
