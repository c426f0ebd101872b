"""The base of penalties and rewards: outcomes of respondents who rated the attributes alike."""

from __future__ import annotations

import abc
import dataclasses
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue._check import Array
from custvalue._record import Record
from custvalue._tally import Column, distinct_rows
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction._least_squares import Fits, fitted
from custvalue.satisfaction._moments import Moments, MomentTally
from custvalue.satisfaction._survey import effective

MARKS = ("-", "0", "+")  # of low, middling and high performance


def _no_rows() -> Moments:
    return Moments(np.zeros(0), np.zeros((0, 1)), np.zeros((0, 1)), np.zeros((0, 0)))


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class PatternTally(MomentTally, abc.ABC):
    """Outcomes by pattern of ratings, and their regression on low and high marks."""

    pattern: Column = dataclasses.field(default_factory=lambda: np.empty(0, dtype=object))
    answers: Column = dataclasses.field(default_factory=lambda: np.empty(0, dtype=np.int64))
    moments: Moments = dataclasses.field(default_factory=_no_rows)
    squared: Moments = dataclasses.field(default_factory=_no_rows)
    attributes: tuple[str, ...] = ()
    outcome: str = ""
    cuts: tuple[float, float] = (0.0, 0.0)

    _keys: ClassVar[tuple[str, ...]] = ("pattern",)
    _sums: ClassVar[tuple[str, ...]] = ("answers",)
    _settings: ClassVar[tuple[str, ...]] = ("attributes", "outcome", "cuts", "min_group")
    _moments: ClassVar[tuple[str, ...]] = ("moments", "squared")
    _parts: ClassVar[dict[str, type[Record]]] = {"moments": Moments, "squared": Moments}

    def __post_init__(self) -> None:
        object.__setattr__(self, "attributes", tuple(self.attributes))
        object.__setattr__(self, "cuts", tuple(self.cuts))
        super().__post_init__()
        marks = self._marks
        strange = ~np.isin(marks, MARKS).all(axis=1) & (np.asarray(self.pattern) != "")
        if strange.any():
            rule = f"must have a mark of {MARKS} for each attribute"
            raise InvalidDataError(message("pattern", rule, value=self.pattern[strange][0]))

    @cached_property
    def _marks(self) -> npt.NDArray[np.str_]:
        """Return the marks of each row, of shape (rows, attributes)."""
        p = len(self.attributes)
        texts = np.array(self.pattern, dtype=f"U{p + 1}")  # a longer one shows in the last column
        marks = np.ascontiguousarray(texts).view("U1").reshape(len(texts), p + 1)
        odd = marks[:, p] != ""
        marks[odd] = "?"
        return marks[:, :p]

    @cached_property
    def _starts(self) -> npt.NDArray[np.int64]:
        """Return where each group begins; rows are sorted by group."""
        if not self.groups:
            return np.zeros(min(len(self), 1), dtype=np.int64)
        return np.sort(distinct_rows(list(self.groups.values()))[1])

    @cached_property
    def _fit(self) -> Fits:
        marks = self._marks
        ones = np.ones((len(marks), 1))
        x = np.column_stack([ones, marks == MARKS[0], marks == MARKS[2]]).astype(np.float64)
        answers = np.asarray(self.answers, dtype=np.int64)
        return fitted(x, answers, self.moments, self.squared, self._starts)

    def _per_group(self, column: Any) -> Any:
        sums = np.add.reduceat(column, self._starts) if len(self) else np.zeros(1, column.dtype)
        return sums if self.groups else sums[0]

    def _per_attribute(self, column: Any) -> npt.NDArray[Any]:
        """Return a number of each group as one of each result."""
        groups = np.atleast_1d(column)[: len(self._starts)]
        return np.repeat(groups, len(self.attributes))

    def _results(self, table: Array) -> Array:
        small = self._per_attribute(self.base < self.min_group)
        return np.where(small, np.nan, table.ravel())

    @property
    def base(self) -> Any:
        """Respondents who answered everything, not weighted."""
        return self._per_group(np.asarray(self.answers))

    @property
    def effective_n(self) -> Array:
        """Kish's effective number of respondents; 0 of none."""
        return effective(*(self._per_group(m.weight) for m in (self.moments, self.squared)))
