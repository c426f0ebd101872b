"""The record of key drivers: how much of an outcome each predictor explains."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from custvalue._check import Array, one_of
from custvalue._proportion import normal_quantile
from custvalue._record import Notes, Record, checked_notes
from custvalue._tally import Column, as_column, checked_groups
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction._survey import LOW_BASE

METHODS = ("lmg", "johnson", "correlation", "beta", "pratt", "first", "last")
ADDITIVE = ("lmg", "johnson", "pratt")
_COLUMNS = (
    "predictor",
    "importance",
    "standard_error",
    "p_value",
    "r_squared",
    "answers",
    "respondents",
)


def _floats() -> Array:
    return np.empty(0)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Drivers(Record):
    """How much of the variance of an outcome each predictor explains, one row per predictor.

    Importances of two samples do not add: pool the answers.

    Attributes
    ----------
    predictor : array of shape (rows,)
        Its name; `groups` times predictors, in the order asked.
    importance : float array
        In the unit of `method`: part of R^2 ("lmg", "johnson", "pratt"), R^2 alone ("first") or
        added last ("last"), correlation ("correlation"), standardised coefficient ("beta").
    standard_error : float array
        Of the sampling of orders (lmg of many predictors); 0 where the importance is exact. Not
        of the sampling of respondents, for which there is `interval`.
    p_value : float array
        Of the F test that the predictor adds nothing to the others; for "correlation" and "first"
        that it is not correlated with the outcome.
    r_squared : float array
        Share of the variance of the outcome that all predictors explain together.
    answers : int array
        Respondents with an answer to everything.
    respondents : float array
        Effective number of them (Kish), which is theirs without weights.
    outcome, method : str
        What is explained, and how its parts are measured.
    replicates : float array of shape (bootstrap, rows)
        Importances of resampled respondents.
    min_group : int
        Results from fewer respondents are NaN.
    groups, notes, frame
        Labels of each row by column; what policies did, counted; the kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"overall": [5, 4, 4, 2, 1, 3], "price": [4, 3, 5, 2, 1, 2],
    ...                         "service": [5, 3, 3, 3, 1, 4]})
    >>> found = cv.satisfaction.drivers(answers, "overall", ["price", "service"])
    >>> found
    Drivers(outcome=overall, method=lmg, r_squared=0.889632, predictors=2, answers=6)
    >>> found.to_frame()[["predictor", "importance", "share"]].round(4)
      predictor  importance   share
    0     price      0.4822  0.542
    1   service      0.4074  0.458
    """

    predictor: Column = dataclasses.field(default_factory=lambda: np.empty(0, dtype=object))
    importance: Array = dataclasses.field(default_factory=_floats)
    standard_error: Array = dataclasses.field(default_factory=_floats)
    p_value: Array = dataclasses.field(default_factory=_floats)
    r_squared: Array = dataclasses.field(default_factory=_floats)
    answers: Column = dataclasses.field(default_factory=lambda: np.empty(0, dtype=np.int64))
    respondents: Array = dataclasses.field(default_factory=_floats)
    outcome: str = ""
    method: str = "lmg"
    replicates: Array = dataclasses.field(default_factory=lambda: np.empty((0, 0)))
    min_group: int = 0
    groups: Mapping[str, Column] = dataclasses.field(default_factory=dict)
    notes: Notes = dataclasses.field(default_factory=dict)
    frame: str = dataclasses.field(default="pandas", compare=False)

    _columns: ClassVar[tuple[str, ...]] = _COLUMNS

    def __post_init__(self) -> None:
        one_of("method", self.method, METHODS)
        derived = ("share", "lower", "upper", "low_base")
        groups = checked_groups(self.groups, (*_COLUMNS, *derived))
        columns = {name: as_column(name, getattr(self, name)) for name in _COLUMNS}
        shapes = {name: c.shape for name, c in (columns | groups).items()}
        if len(set(shapes.values())) > 1 or columns["predictor"].ndim != 1:
            rule = "must have columns of one length"
            raise InvalidDataError(message("Drivers", rule, value=shapes))
        rows = len(columns["predictor"])
        replicates = np.asarray(self.replicates, dtype=np.float64)
        if replicates.size == 0:
            replicates = np.empty((0, rows))
        if replicates.ndim != 2 or replicates.shape[1] != rows:
            rule = "must have a column for each row of the record"
            raise InvalidDataError(message("replicates", rule, value=replicates.shape))
        object.__setattr__(self, "replicates", replicates)
        object.__setattr__(self, "groups", groups)
        object.__setattr__(self, "notes", checked_notes(self.notes))
        for name, column in columns.items():
            object.__setattr__(self, name, column)
        super().__post_init__()

    def __len__(self) -> int:
        """Return the number of rows, groups times predictors."""
        return len(self.predictor)

    @property
    def value(self) -> Array:
        """The importances; see `importance`."""
        return self.importance

    @property
    def share(self) -> Array:
        """Part of R^2, where importances add up to it ("lmg", "johnson", "pratt"), else NaN.

        With "pratt" shares may be negative. NaN where nothing is explained.
        """
        usable = (self.r_squared > 0) & (self.method in ADDITIVE)
        nothing = np.full(len(self), np.nan)
        return np.asarray(np.divide(self.importance, self.r_squared, out=nothing, where=usable))

    @property
    def low_base(self) -> Any:
        """Whether the effective number of respondents is below 30."""
        return self.respondents < LOW_BASE

    def interval(self, level: float = 0.95, method: str = "percentile") -> tuple[Array, Array]:
        """Return bounds of the importances from the respondents resampled; NaN without them.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"percentile"}
            Quantiles of the importances of resampled respondents (Efron & Tibshirani, "An
            Introduction to the Bootstrap", 1993, chapter 13). An importance that cannot be
            negative has an interval above 0 even where the predictor explains nothing, and R^2 of
            a resample is too high where predictors are many: see `p_value`. Simulated coverage
            of lmg at a level of 0.95 is 0.92 to 0.95 for 100 to 300 respondents and 3 predictors.
        """
        one_of("method", method, ("percentile",))
        return self._quantiles(self.replicates, level)

    def difference_interval(self, one: str, other: str, level: float = 0.95) -> Any:
        """Return bounds of the importance of one predictor less that of another, per group.

        Parameters
        ----------
        one, other : str
            Names of predictors.
        level : float
            Coverage aimed at, between 0 and 1. With 0 outside the bounds one matters more.
        """
        names = self.predictor.tolist()
        for argument, name in (("one", one), ("other", other)):
            one_of(argument, name, list(dict.fromkeys(names)))
        first, second = (self.replicates[:, self.predictor == name] for name in (one, other))
        low, high = self._quantiles(first - second, level)
        return (low, high) if self.groups else (low[0], high[0])

    def _quantiles(self, replicates: Array, level: float) -> tuple[Array, Array]:
        normal_quantile(level)  # refuses what is no level
        out = np.full((2, replicates.shape[1]), np.nan)
        known = ~np.isnan(replicates).all(axis=0)
        if known.any():
            tail = (1.0 - level) / 2.0
            out[:, known] = np.nanquantile(replicates[:, known], [tail, 1.0 - tail], axis=0)
        return out[0], out[1]

    def _head(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"outcome": self.outcome, "method": self.method}
        if len(self) and not self.groups:
            facts["r_squared"] = float(self.r_squared[0])
        predictors = len(set(self.predictor.tolist()))
        step = max(predictors, 1)
        return {
            **facts,
            "predictors": predictors,
            "answers": int(self.answers[::step].sum()),
            **self.notes,
        }

    def _table(self) -> dict[str, Any]:
        low, high = self.interval()
        bounds = {"lower": low, "upper": high} if len(self.replicates) else {}
        columns = super()._table()
        if not self.standard_error.any():
            columns.pop("standard_error")
        importance = {name: columns.pop(name) for name in ("predictor", "importance")}
        shares = {**importance, "share": self.share, **bounds, **columns}
        return {**self.groups, **shares, "low_base": self.low_base}
