"""Effect of a measure on those whom it concerns, less what changed for the others as well."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, coverage, number, one_of, real, refuse, within
from custvalue._frames import numeric, read
from custvalue._record import Notes, Record, checked_notes, kept
from custvalue._tally import Column
from custvalue.errors import InvalidDataError, message
from custvalue.scorecard.before_after import Ints, flags, outcomes, units

ERRORS = ("HC1", "cluster")
_SIGN = np.array([1.0, -1.0, -1.0, 1.0])  # of a cell in the effect, cells as in the record


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class DifferenceInDifferences(Record):
    """The change of the treated less the change of the others, from the means of four groups.

    It is the effect of the measure only if without it the treated would have changed as the others
    did (parallel trends), which these four means cannot show.

    Attributes
    ----------
    treated, after : bool arrays of shape (4,)
        The group of each mean: others before and after, treated before and after.
    rows : int array of shape (4,)
        Observations in each group, without those of weight 0.
    mean : float array of shape (4,)
        Weighted mean outcome of each group.
    standard_error : float
        Robust standard error of the effect.
    degrees_of_freedom : float
        Of Student's t: rows - 4, or clusters - 1.
    errors : {"HC1", "cluster"}
        Whether rows are independent, or units only.
    notes, frame
        Rows left out, counted; the kind of frame for results.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> table = pd.DataFrame({"score": [6, 7, 7, 8, 6, 7, 9, 9], "new": [0, 0, 0, 0, 1, 1, 1, 1],
    ...                       "later": [0, 0, 1, 1, 0, 0, 1, 1]})
    >>> effect = cv.scorecard.difference_in_differences(table, "score", "new", "later")
    >>> effect
    DifferenceInDifferences(effect=1.5, lower=-0.904472, upper=3.90447, p_value=0.158302,
    errors=HC1)
    >>> print(effect.to_frame().to_string())
       treated  after  rows  mean
    0    False  False     2   6.5
    1    False   True     2   7.5
    2     True  False     2   6.5
    3     True   True     2   9.0
    """

    treated: Column
    after: Column
    rows: Column
    mean: Array
    standard_error: float
    degrees_of_freedom: float
    errors: str = "HC1"
    notes: Notes = dataclasses.field(default_factory=dict)
    frame: str = dataclasses.field(default="pandas", compare=False)

    _columns: ClassVar[tuple[str, ...]] = ("treated", "after", "rows", "mean")

    def __post_init__(self) -> None:
        for name in self._columns:
            object.__setattr__(self, name, kept(np.asarray(getattr(self, name))))
        cells = np.column_stack([self.treated, self.after]).tolist()
        if cells != [[False, False], [False, True], [True, False], [True, True]]:
            rule = "must be of others before and after, then of treated before and after"
            raise InvalidDataError(message("treated, after", rule, value=cells))
        if self.mean.shape != (4,) or self.rows.shape != (4,):
            shapes = (self.rows.shape, self.mean.shape)
            raise InvalidDataError(message("rows, mean", "must have four numbers", value=shapes))
        within("mean", self.mean)
        error = real("standard_error", self.standard_error)
        if error.ndim or not np.isnan(error):
            number("standard_error", self.standard_error, 0.0)
        number("degrees_of_freedom", self.degrees_of_freedom, 0.0)
        one_of("errors", self.errors, ERRORS)
        object.__setattr__(self, "notes", checked_notes(self.notes))
        super().__post_init__()

    @property
    def change_of_treated(self) -> float:
        """Mean of the treated after less before."""
        return float(self.mean[3] - self.mean[2])

    @property
    def change_of_others(self) -> float:
        """Mean of the others after less before: what the treated are taken to have shared."""
        return float(self.mean[1] - self.mean[0])

    @property
    def value(self) -> float:
        """Change of the treated less the change of the others."""
        return self.change_of_treated - self.change_of_others

    @property
    def p_value(self) -> float:
        """Two-sided p-value of no effect, by Student's t; NaN without a standard error."""
        from scipy.special import stdtr

        if not self.standard_error > 0.0 or not self.degrees_of_freedom > 0.0:
            return math.nan
        return float(2.0 * stdtr(self.degrees_of_freedom, -abs(self.value / self.standard_error)))

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return Student's bounds of `value`; NaN without degrees of freedom.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        """
        from scipy.special import stdtrit

        tail = (1.0 - coverage(level)) / 2.0
        if not self.degrees_of_freedom > 0.0:
            return math.nan, math.nan
        half = -float(stdtrit(self.degrees_of_freedom, tail)) * self.standard_error
        return self.value - half, self.value + half

    def _head(self) -> dict[str, Any]:
        low, high = self.interval()
        facts = {"effect": self.value, "lower": low, "upper": high, "p_value": self.p_value}
        return {**facts, "errors": self.errors, **self.notes}


def difference_in_differences(
    table: Any,
    outcome: str,
    treated: str,
    after: str,
    *,
    unit: str | None = None,
    weight: str | None = None,
    missing: str = "error",
) -> DifferenceInDifferences:
    """Return the effect of a measure on the treated: their change, less that of the others.

    Parameters
    ----------
    table : data frame
        One row per observation.
    outcome : str
        Column of numbers; shares are means of 0 and 1.
    treated : str
        Column that is true (or 1) for those whom the measure concerns, also in the rows before it.
    after : str
        Column that is true (or 1) for rows after the measure, false (or 0) for those before.
    unit : str, optional
        Column of who was observed, if more than once: a customer, or the shop or region that the
        measure was decided for. Errors are then robust to any dependence within units; with fewer
        than about 40 units they are too small.
    weight : str, optional
        Column of weights, at least 0.
    missing : {"error", "drop"}
        Rows without an outcome are refused, or left out and counted in `notes`.

    Returns
    -------
    DifferenceInDifferences
        With `value`, `standard_error`, `interval()`, `p_value` and `to_frame()` of the four means.

    Raises
    ------
    InvalidDataError
        If one of the four groups is empty, a unit is both treated and not, or outcomes are missing.

    Notes
    -----
    The estimate is the coefficient of treated * after in a least-squares regression on treated,
    after and both. Its limit is the assumption of parallel trends: that without the measure both
    would have changed alike. Compare their trends in earlier periods before you trust it.

    References
    ----------
    Angrist & Pischke, "Mostly Harmless Econometrics", 2009, sections 5.2 and 8.2. MacKinnon &
    White, Journal of Econometrics 29 (1985), HC1. Liang & Zeger, Biometrika 73 (1986), with the
    factor G / (G - 1) * (n - 1) / (n - 4) of G units.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> table = pd.DataFrame({
    ...     "customer": [1, 2, 3, 4, 5, 6] * 2, "trained": [0, 0, 0, 1, 1, 1] * 2,
    ...     "later": [0] * 6 + [1] * 6, "calls": [3, 4, 5, 4, 5, 6, 3, 4, 4, 2, 3, 5]})
    >>> effect = cv.scorecard.difference_in_differences(table, "calls", "trained", "later",
    ...                                                 unit="customer")
    >>> round(effect.value, 4), round(effect.standard_error, 4)
    (-1.3333, 0.4944)
    """
    found = read(table, outcome=outcome, treated=treated, after=after, unit=unit, weight=weight)
    values, kept, notes = outcomes(found, missing, whether=False)
    mass = np.ones(len(values))
    if weight is not None:
        mass = within(weight, numeric(found, "weight"), 0.0, hint="Give every row a weight.")
    chosen, late = flags(found, "treated"), flags(found, "after")
    who = None if unit is None else units(found)
    if who is not None:
        _refuse_both(treated, who, chosen)
    nobody = int(np.count_nonzero(kept & (mass == 0.0)))
    if nobody:
        notes["rows of weight 0"] = nobody
        kept = kept & (mass > 0.0)
    values, mass, who = values[kept], mass[kept], None if who is None else who[kept]
    cell = 2 * chosen[kept].astype(np.int64) + late[kept]
    rows = np.bincount(cell, minlength=4)
    _refuse_empty(rows, treated, after)
    total = np.bincount(cell, mass, 4)
    # around one of them, so that rounding does not grow with the size of outcomes
    mean = values[0] + np.bincount(cell, mass * (values - values[0]), 4) / total
    score = _SIGN[cell] * mass * (values - mean[cell]) / total[cell]
    error, free = _robust(score, who)
    return DifferenceInDifferences(
        treated=np.array([False, False, True, True]),
        after=np.array([False, True, False, True]),
        rows=rows,
        mean=mean,
        standard_error=error,
        degrees_of_freedom=free,
        errors="HC1" if who is None else "cluster",
        notes=notes,
        frame=found.kind,
    )


def _robust(score: Array, who: Ints | None) -> tuple[float, float]:
    """Return the standard error of a sum of scores and its degrees of freedom; NaN without any."""
    n = len(score)
    if who is None:
        free = float(n - 4)
        return (math.sqrt(float(score @ score) * n / free), free) if n > 4 else (math.nan, free)
    _, unit = np.unique(who, return_inverse=True)
    sums = np.bincount(unit, score)
    several = len(sums)
    if several < 2 or n <= 4:
        return math.nan, float(several - 1)
    factor = several / (several - 1.0) * (n - 1.0) / (n - 4.0)
    return math.sqrt(float(sums @ sums) * factor), float(several - 1)


def _refuse_empty(rows: npt.NDArray[np.int64], treated: str, after: str) -> None:
    names = ("others before", "others after", "treated before", "treated after")
    empty = [name for name, count in zip(names, rows, strict=True) if count == 0]
    if empty:
        rule = "must make four groups that have rows"
        hint = f"{treated} must be true in the rows of the treated before the measure too."
        value = f"none of {', '.join(empty)}"
        raise InvalidDataError(message(f"{treated}, {after}", rule, value=value, hint=hint))


def _refuse_both(name: str, who: Ints, chosen: npt.NDArray[np.bool_]) -> None:
    _, unit = np.unique(who, return_inverse=True)
    rows, ones = np.bincount(unit), np.bincount(unit, chosen)
    mixed = (ones > 0) & (ones < rows)
    hint = "It says whom the measure concerns, before it and after it."
    rule = "must be the same in all rows of a unit"
    refuse(name, rule, chosen, mixed[unit] if len(unit) else np.zeros(0, dtype=bool), hint=hint)
