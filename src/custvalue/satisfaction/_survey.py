"""What records of survey answers share: effective n, low bases, cells too small to show."""

from __future__ import annotations

import abc
import dataclasses
from typing import Any

import numpy as np

from custvalue._check import Array, number, refuse
from custvalue._proportion import normal_quantile
from custvalue._tally import Tally
from custvalue.errors import InvalidDataError, message

_ROUNDING = 1e-13  # of a sum of squares
LOW_BASE = 30  # below, a score says little: custom of survey reports


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class SurveyTally(Tally, abc.ABC):
    """Base of tallies of answers that hide what fewer than `min_group` respondents would show.

    The counts themselves stay in the record, so that hidden groups can still be pooled.
    """

    min_group: int = dataclasses.field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        least = number("min_group", self.min_group, 0.0)
        if least != int(least):
            raise InvalidDataError(message("min_group", "must be a whole number", value=least))
        object.__setattr__(self, "min_group", int(least))

    @property
    @abc.abstractmethod
    def base(self) -> Any:
        """Respondents that a value stands on, not weighted."""

    @property
    def low_base(self) -> Any:
        """Whether a value stands on fewer than 30 respondents."""
        return np.asarray(self.base < LOW_BASE)[()]

    def _table(self) -> dict[str, Any]:
        table = super()._table()
        for name in set(self._sums) - {"answers"}:  # they would tell what people answered
            table[name] = np.atleast_1d(self._shown(table[name]))
        return table

    def _shown(self, column: Any) -> Array:
        """Return a column of one number per group, NaN in groups that are too small to show."""
        if not self.min_group:
            return np.asarray(column)[()]
        small = np.asarray(self.base < self.min_group)
        return np.asarray(np.where(small, np.nan, column))[()]


def effective(weight: Any, squares: Any) -> Array:
    """Return Kish's effective number of respondents, (sum w)^2 / sum w^2; 0 of none."""
    total, square = np.asarray(weight, dtype=np.float64), np.asarray(squares, dtype=np.float64)
    out = np.zeros(np.broadcast_shapes(total.shape, square.shape))
    return np.asarray(np.divide(total**2, square, out=out, where=square > 0))[()]


def mean_square(total: Any, squares: Any, weight: Any) -> Array:
    """Return the mean square around the mean, from weighted sums; NaN of none.

    What is left of the difference of two equal numbers is rounding, and 0: where all answer alike
    an interval has no width.
    """
    whole = ratio(squares, weight)
    found = whole - ratio(total, weight) ** 2
    return np.asarray(np.where(found <= _ROUNDING * whole, 0.0, found))[()]


def mean_bounds(mean: Any, variance: Any, n: Any, level: float) -> tuple[Array, Array]:
    """Return Student's interval of a mean, from the variance around it divided by n.

    NaN for an effective n of at most 1: one answer says nothing of the scatter.
    """
    from scipy.special import stdtrit

    normal_quantile(level)  # refuses what is no level
    free = np.where(np.asarray(n) > 1.0, np.asarray(n) - 1.0, np.nan)
    half = -stdtrit(free, (1.0 - level) / 2.0) * np.sqrt(np.maximum(variance, 0.0) / free)
    return np.asarray(mean - half)[()], np.asarray(mean + half)[()]


def ratio(above: Any, below: Any) -> Array:
    """Return above / below, NaN where below is 0."""
    one, other = np.broadcast_arrays(np.asarray(above, float), np.asarray(below, float))
    return np.asarray(np.divide(one, other, out=np.full(one.shape, np.nan), where=other != 0))[()]


def check_sums(**columns: Any) -> None:
    """Refuse counts and sums of weights that are negative or not finite."""
    for name, column in columns.items():
        values = np.asarray(column)
        refuse(name, "must be finite and at least 0", values, ~((values >= 0) & (values < np.inf)))
