"""The record of a battery of items: sums of products, from which alpha and item analysis come."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, one_of
from custvalue._proportion import normal_quantile
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction._answers import checked_scale
from custvalue.satisfaction._survey import ROUNDING, SurveyTally, effective

Column = npt.NDArray[Any]
_SHOWN = ("value", "lower", "upper", "low_base", "mean", "deviation", "item_rest",
          "alpha_if_deleted")  # fmt: skip
SUMS = ("answers", "weight", "squares", "first", "second", "products")


def _floats() -> Array:
    return np.empty(0)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Alpha(SurveyTally):
    """Sums of products of the items of a battery: Cronbach's alpha, and how each item fits.

    Attributes
    ----------
    item, other : arrays of shape (groups * items * items,)
        Keys: a row for each pair of items, an item with itself too.
    answers : int array
        Respondents who answered both.
    weight, squares : float arrays
        Sum of their weights (without weights, of ones), and of the squares of the weights.
    first, second, products : float arrays
        Weighted sums of the answers to `item`, to `other`, and of their products.
    items : tuple of str
        Items in the order of the battery.
    missing : str
        "listwise" (who left out an item counts nowhere) or "pairwise".
    scale : tuple of float, optional
        Lowest and highest answer possible, the same in records that are added; None if not said.
    min_group : int
        Results from fewer answers are NaN.
    groups, notes, frame
        Labels of each row by column; what policies did, counted; the kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> answers = {"fast": [5, 4, 4, 2, 1], "kind": [4, 5, 4, 2, 2], "clear": [5, 4, 3, 3, 1]}
    >>> import pandas as pd
    >>> battery = cv.satisfaction.cronbach_alpha(
    ...     pd.DataFrame(answers), ["fast", "kind", "clear"], scale=(1, 5)
    ... )
    >>> battery
    Alpha(value=0.932203, items=3, answers=5)
    >>> battery.item_analysis().round(3)
        item  answers  mean  deviation  item_rest  alpha_if_deleted
    0   fast        5   3.2      1.643      0.957             0.824
    1   kind        5   3.4      1.342      0.807             0.946
    2  clear        5   3.2      1.483      0.842             0.916
    """

    item: Column = dataclasses.field(default_factory=lambda: np.empty(0, dtype=object))
    other: Column = dataclasses.field(default_factory=lambda: np.empty(0, dtype=object))
    answers: Column = dataclasses.field(default_factory=lambda: np.empty(0, dtype=np.int64))
    weight: Array = dataclasses.field(default_factory=_floats)
    squares: Array = dataclasses.field(default_factory=_floats)
    first: Array = dataclasses.field(default_factory=_floats)
    second: Array = dataclasses.field(default_factory=_floats)
    products: Array = dataclasses.field(default_factory=_floats)
    items: tuple[str, ...] = ()
    missing: str = "listwise"
    scale: tuple[float, float] | None = None

    _keys: ClassVar[tuple[str, ...]] = ("item", "other")
    _sums: ClassVar[tuple[str, ...]] = SUMS
    _settings: ClassVar[tuple[str, ...]] = ("items", "missing", "scale", "min_group")
    _shows: ClassVar[tuple[str, ...]] = _SHOWN

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "scale", checked_scale(self.scale))
        object.__setattr__(self, "items", tuple(self.items))
        one_of("missing", self.missing, ("listwise", "pairwise"))
        k = len(self.items)
        names = sorted(self.items)
        each = len(self) // (k * k) if k else 0
        pairs = [(one, other) for one in names for other in names] * each
        if pairs != list(zip(self.item.tolist(), self.other.tolist(), strict=True)):
            rule = "must have a row for each pair of items in each group"
            raise InvalidDataError(message("Alpha", rule, value=len(self)))

    def _cube(self, name: str) -> Array:
        """Return a column as (groups, items, items), items in the order of the battery."""
        k = len(self.items)
        order = np.argsort(np.argsort(np.array(self.items, dtype=object)))
        cube = np.asarray(getattr(self, name), dtype=np.float64).reshape(-1, k, k)
        return np.asarray(cube[:, order[:, None], order[None, :]])

    def _labels(self) -> dict[str, Column]:
        step = max(len(self.items) ** 2, 1)
        return {name: labels[::step] for name, labels in self.groups.items()}

    @property
    def base(self) -> Any:
        """Respondents of each group who answered, of the pair of items the one with the fewest."""
        fewest = self._cube("answers").min(axis=(1, 2)) if self.items else np.empty(0)
        return self._scalar(fewest.astype(np.int64))

    def _scalar(self, values: Array) -> Any:
        if self.groups:
            return values
        if values.size:
            return values[0]
        return np.int64(0) if values.dtype.kind == "i" else np.float64(np.nan)

    @property
    def covariances(self) -> Array:
        """Covariances of the items, of shape (groups, items, items); NaN with one respondent.

        With weights the mean squares are multiplied by n / (n - 1), n the effective number (Kish).
        """
        return np.where(self._cube("answers") < self.min_group, np.nan, self._covariances())

    def _covariances(self) -> Array:
        """Return the covariances, hidden ones too."""
        if not self.items:
            return np.empty((0, 0, 0))
        total, n = self._cube("weight"), effective(self._cube("weight"), self._cube("squares"))
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = self._cube("products") / total
            mean -= (self._cube("first") / total) * (self._cube("second") / total)
            found = np.where(n > 1 + 1e-9, mean * n / (n - 1.0), np.nan)
            square = np.diagonal(self._cube("products") / total, axis1=1, axis2=2)
        same = np.diagonal(mean, axis1=1, axis2=2) <= ROUNDING * square  # all gave one answer
        same = same[:, :, None] | same[:, None, :]
        return np.where(same & ~np.isnan(found), 0.0, found)

    @property
    def respondents(self) -> Any:
        """Effective number of respondents (Kish): of the pair of items with the fewest."""
        if not self.items:
            return self._scalar(np.empty(0))
        n = effective(self._cube("weight"), self._cube("squares"))
        return self._scalar(n.min(axis=(1, 2)))

    @property
    def value(self) -> Any:
        """Cronbach's alpha, k / (k - 1) (1 - sum of variances / variance of the sum), per group.

        NaN where nobody differs from others in the sum.
        """
        return self._shown(self._scalar(_alpha(self._covariances())))

    def interval(self, level: float = 0.95, method: str = "feldt") -> tuple[Any, Any]:
        """Return the bounds of an interval for alpha.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"feldt"}
            Feldt, Woodruff & Salih, "Statistical inference for coefficient alpha", Applied
            Psychological Measurement 11 (1987): (1 - true) / (1 - found) is distributed as F with
            n - 1 and (n - 1)(k - 1) degrees of freedom, where items are equally good (tau
            equivalent) and normal. n is the number who count: those left after deletion, with
            weights the effective number, pairwise that of the pair answered by the fewest.

        Notes
        -----
        Coverage at a level of 0.95, simulated, of two to ten items of 5 to 11 options, by how the
        answers lie on the scale:

        ============================ ============== ============== ============== ==============
        respondents                  20             50             200            1,000
        ============================ ============== ============== ============== ==============
        in the middle                0.945 to 0.958 0.946 to 0.958 0.947 to 0.959 0.946 to 0.962
        sum of skewness -1           0.913 to 0.913 0.920 to 0.920 0.919 to 0.919 0.920 to 0.920
        sum of skewness -1.7         0.839 to 0.839 0.851 to 0.851 0.850 to 0.850 0.849 to 0.849
        ============================ ============== ============== ============== ==============

        Where most answers are at one end of the scale it is too narrow, and more respondents do
        not help.

        Returns
        -------
        tuple of float or array
            NaN with fewer than two respondents.
        """
        from scipy.special import fdtri

        one_of("method", method, ("feldt",))
        normal_quantile(level)  # refuses what is no level
        alpha, n = np.asarray(self.value), np.asarray(self.respondents)
        k, tail = len(self.items), (1.0 - level) / 2.0
        fit = np.where(n > 1 + 1e-9, n - 1.0, np.nan)
        low = 1.0 - (1.0 - alpha) * fdtri(fit, fit * (k - 1.0), 1.0 - tail)
        high = 1.0 - (1.0 - alpha) * fdtri(fit, fit * (k - 1.0), tail)
        return np.asarray(low)[()], np.asarray(high)[()]

    def item_analysis(self) -> Any:
        """Return a frame with the mean of each item, how it fits the others, and alpha without it.

        `item_rest` is the correlation with the sum of the other items; if it is negative the item
        may be reversed. `alpha_if_deleted` is NaN with two items. With "pairwise" deletion
        covariances are of different respondents, so that a correlation may exceed 1.
        """
        k, cube = len(self.items), self._covariances()
        own = np.diagonal(cube, axis1=1, axis2=2)
        with np.errstate(invalid="ignore", divide="ignore"):
            means = np.diagonal(self._cube("first") / self._cube("weight"), axis1=1, axis2=2)
            across = cube.sum(axis=2) - own
            rest = cube.sum(axis=(1, 2))[:, None] - 2.0 * across - own
            correlation = across / np.sqrt(own * rest)
            left = [np.delete(np.delete(cube, i, axis=1), i, axis=2) for i in range(k)]
            without = np.stack([_alpha(part) for part in left], axis=1)
        answers = np.diagonal(self._cube("answers"), axis1=1, axis2=2)
        small = answers < self.min_group
        few = small | (np.reshape(self.base, (-1, 1)) < self.min_group)  # of two items, pairwise
        results = {
            "mean": np.where(small, np.nan, means),
            "deviation": np.where(small, np.nan, np.sqrt(own)),
            "item_rest": np.where(few, np.nan, correlation),
            "alpha_if_deleted": np.where(few, np.nan, without),
        }
        return self._framed(
            {
                **{name: np.repeat(labels, k) for name, labels in self._labels().items()},
                "item": np.tile(np.array(self.items, dtype=object), len(cube)),
                "answers": answers.ravel().astype(np.int64),
                **{name: column.ravel() for name, column in results.items()},
            }
        )

    def _table(self) -> dict[str, Any]:
        low, high = self.interval()
        columns = {
            "answers": self.base,
            "value": self.value,
            "lower": low,
            "upper": high,
            "low_base": self.low_base,
        }
        return {**self._labels(), **{n: np.atleast_1d(c) for n, c in columns.items()}}

    def _head(self) -> dict[str, Any]:
        facts: dict[str, Any] = {} if self.groups else {"value": float(self.value)}
        n = int(np.sum(self.base)) if len(self) else 0
        return {**facts, "items": len(self.items), "answers": n, **self.notes}


def _alpha(cube: Array) -> Array:
    k = cube.shape[-1] if cube.size else 0
    if k < 2:
        return np.full(len(cube), np.nan)
    total = cube.sum(axis=(1, 2))
    own = np.trace(cube, axis1=1, axis2=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 1e-12 * own, k / (k - 1.0) * (1.0 - own / total), np.nan)
