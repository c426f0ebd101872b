"""The record of customers by kind (secure, loyalist, ...): shares with intervals, addable."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np

from custvalue import _proportion
from custvalue._check import Array
from custvalue._tally import Column
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction._survey import SurveyTally, check_sums, effective


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class LoyaltySegments(SurveyTally):
    """Respondents of each kind; `+` adds other respondents.

    Attributes
    ----------
    segment : array of shape (groups * kinds,)
        Key: a row for each kind in each group, empty or not.
    answers : int array
        Respondents of the kind.
    weight, squares : float arrays
        Sum of their weights, and of the squares of the weights.
    order : tuple of str
        The kinds in the order in which they are shown.
    rules : tuple of float
        The answers at which kinds begin; see the function that made the record.
    min_group : int
        Groups with fewer respondents show NaN.
    groups, notes, frame
        Labels of each row by column; answers not given, counted; the kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> survey = pd.DataFrame({"sat": [5, 5, 4, 3], "rec": [5, 4, 4, 2], "buy": [5, 5, 4, 5]})
    >>> index = cv.satisfaction.secure_customer_index(survey, "sat", "rec", "buy", scale=(1, 5))
    >>> index
    LoyaltySegments(answers=4, secure=0.25, favourable=0.5, vulnerable=0, at risk=0.25)
    >>> print(index.to_frame()[["segment", "answers", "share"]].to_string(index=False))
        segment  answers  share
         secure        1   0.25
     favourable        2   0.50
     vulnerable        0   0.00
        at risk        1   0.25
    """

    segment: Column = dataclasses.field(default_factory=lambda: np.empty(0, dtype=object))
    answers: Column = dataclasses.field(default_factory=lambda: np.empty(0, dtype=np.int64))
    weight: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    squares: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    order: tuple[str, ...] = ()
    rules: tuple[float, ...] = ()

    _keys: ClassVar[tuple[str, ...]] = ("segment",)
    _sums: ClassVar[tuple[str, ...]] = ("answers", "weight", "squares")
    _settings: ClassVar[tuple[str, ...]] = ("order", "rules", "min_group")
    _shows: ClassVar[tuple[str, ...]] = ("share", "lower", "upper", "low_base")

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "order", tuple(self.order))
        object.__setattr__(self, "rules", tuple(float(rule) for rule in self.rules))
        check_sums(answers=self.answers, weight=self.weight, squares=self.squares)
        each = len(self) // len(self.order) if self.order else 0
        if sorted(self.order) * each != self.segment.tolist():
            rule = "must have a row for each kind in each group"
            raise InvalidDataError(message("LoyaltySegments", rule, value=len(self)))

    def _cells(self, name: str) -> Array:
        """Return a column as (groups, kinds), kinds in their order."""
        kinds = len(self.order)
        table = np.asarray(getattr(self, name)).reshape(-1, max(kinds, 1))
        places = [sorted(self.order).index(kind) for kind in self.order]
        return np.asarray(table[:, places])

    def _scalar(self, values: Any) -> Any:
        if self.groups or np.ndim(values) == 0 or not len(values):
            return values
        return values[0]

    @property
    def base(self) -> Any:
        """Respondents of each group, not weighted."""
        return self._scalar(self._cells("answers").sum(axis=1))

    @property
    def share(self) -> Array:
        """Share of each kind, of shape (kinds,) or (groups, kinds), kinds in `order`."""
        return np.asarray(self._scalar(self._shares()))

    def _shares(self) -> Array:
        weight = self._cells("weight")
        return self._visible(_proportion.share(weight, weight.sum(axis=1, keepdims=True)))

    def _visible(self, cells: Any) -> Array:
        few = self._cells("answers").sum(axis=1, keepdims=True) < self.min_group
        return np.where(few, np.nan, cells)

    @property
    def value(self) -> Any:
        """Share of the first kind (secure customers, loyalists), per group."""
        return self._scalar(self._shares()[:, 0]) if self.order else np.float64(np.nan)

    def interval(self, level: float = 0.95, method: str = "wilson") -> tuple[Array, Array]:
        """Return the bounds of an interval for each share, with the effective n.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald"}
            Wilson (1927) by default.
        """
        low, high = self._bounds(level, method)
        return np.asarray(self._scalar(low)), np.asarray(self._scalar(high))

    def _bounds(self, level: float = 0.95, method: str = "wilson") -> tuple[Array, Array]:
        weight, squares = self._cells("weight"), self._cells("squares")
        n = effective(weight.sum(axis=1, keepdims=True), squares.sum(axis=1, keepdims=True))
        shares = np.nan_to_num(_proportion.share(weight, weight.sum(axis=1, keepdims=True)))
        low, high = _proportion.interval(shares * n, n, level, method)
        return self._visible(low), self._visible(high)

    def _table(self) -> dict[str, Any]:
        kinds = len(self.order)
        low, high = self._bounds()
        groups = {name: np.repeat(labels[::kinds], kinds) for name, labels in self.groups.items()}
        low_base = np.repeat(np.atleast_1d(self.low_base), kinds)
        answers = self._cells("answers").ravel()
        hidden = np.repeat(np.atleast_1d(self.base) < self.min_group, kinds)
        return {
            **groups,
            "segment": np.tile(np.array(self.order, dtype=object), len(low) if kinds else 0),
            "answers": np.where(hidden, np.nan, answers) if hidden.any() else answers,
            "share": self._shares().ravel(),
            "lower": low.ravel(),
            "upper": high.ravel(),
            "low_base": low_base,
        }

    def _head(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"answers": int(np.sum(self.answers))}
        if not self.groups and self.order and len(self):
            facts |= dict(zip(self.order, self.share.tolist(), strict=True))
        return {**facts, **self.notes}
