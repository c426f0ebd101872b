"""Effect of a measure as the change of a mean or a share from before to after it."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue import _proportion
from custvalue._check import Array, coverage, number, one_of, real, refuse, whole
from custvalue._frames import Flags, Table, amounts, missing, read
from custvalue._ids import identify
from custvalue._record import Notes, Record, checked_notes
from custvalue.errors import InvalidDataError, message
from custvalue.scorecard.change import difference_bounds

MEASURES = ("mean", "share")
Ints = npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class BeforeAfter(Record):
    """A mean or a share after a measure, less the one before it.

    Attributes
    ----------
    rows_before, rows_after : int
        Observations; the units, where they are paired.
    before, after : float
        Means, or shares; NaN of none.
    variance_before, variance_after : float
        Sample variances (divisor n - 1); NaN of fewer than two.
    measure : {"mean", "share"}
        What is compared.
    correlation : float or None
        Pearson's correlation of a unit's outcomes before and after; None if they are not paired,
        0 where one of them does not vary.
    notes, frame
        Rows and units left out, counted; the kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> effect = cv.scorecard.BeforeAfter(80, 70, 48 / 80, 56 / 70, 0.243, 0.162, measure="share")
    >>> effect
    BeforeAfter(before=0.6, after=0.8, effect=0.2, lower=0.0524..., upper=0.3338...)
    """

    rows_before: int
    rows_after: int
    before: float
    after: float
    variance_before: float
    variance_after: float
    measure: str = "mean"
    correlation: float | None = None
    notes: Notes = dataclasses.field(default_factory=dict)
    frame: str = dataclasses.field(default="pandas", compare=False)

    def __post_init__(self) -> None:
        for name in ("rows_before", "rows_after"):
            rows = whole(name, number(name, getattr(self, name), 0.0))
            object.__setattr__(self, name, int(rows))
        for name in ("before", "after", "variance_before", "variance_after"):
            found = real(name, getattr(self, name))
            if found.ndim:
                raise InvalidDataError(message(name, "must be one number", value=found.shape))
            refuse(name, "must be finite, or NaN of none", found, np.isinf(found))
            if name.startswith("variance"):
                refuse(name, "must be from 0 to 1e300", found, (found < 0.0) | (found > 1e300))
            object.__setattr__(self, name, float(found))
        one_of("measure", self.measure, MEASURES)
        if self.measure == "share":
            shares = np.array([self.before, self.after])
            refuse("before, after", "must be in [0, 1]", shares, (shares < 0) | (shares > 1))
        if self.correlation is not None:
            if self.rows_before != self.rows_after:
                rule = "must be as many before as after, as they are paired"
                both = (self.rows_before, self.rows_after)
                raise InvalidDataError(message("rows_before, rows_after", rule, value=both))
            object.__setattr__(self, "correlation", number("correlation", self.correlation, -1, 1))
        object.__setattr__(self, "notes", checked_notes(self.notes))
        super().__post_init__()

    @property
    def paired(self) -> bool:
        """Whether the same units were observed before and after."""
        return self.correlation is not None

    @property
    def value(self) -> float:
        """After less before; NaN where one of them has no rows."""
        return self.after - self.before

    @property
    def standard_error(self) -> float:
        """Standard error of `value`; NaN of fewer than two rows."""
        one, other = self._squares()
        common = 2.0 * (self.correlation or 0.0) * math.sqrt(one * other)
        return math.sqrt(max(one + other - common, 0.0))

    def _squares(self) -> tuple[float, float]:
        """Return the squared standard errors of both means."""
        one = self.variance_before / self.rows_before if self.rows_before > 1 else math.nan
        return one, self.variance_after / self.rows_after if self.rows_after > 1 else math.nan

    @property
    def degrees_of_freedom(self) -> float:
        """Of Student's t: the pairs less 1, or those of Welch and Satterthwaite."""
        if self.paired:
            return float(max(self.rows_before - 1, 0))
        one, other = self._squares()
        below = one**2 / max(self.rows_before - 1, 1) + other**2 / max(self.rows_after - 1, 1)
        return (one + other) ** 2 / below if below > 0 else math.nan

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the bounds of `value`.

        Means: Welch's t, or Student's t of the differences where they are paired. Shares: Newcombe
        (1998), method 10 from Wilson's bounds, of independent or of paired samples; within [-1, 1].

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        """
        from scipy.special import stdtrit

        level = coverage(level)
        if self.measure == "mean":
            free = self.degrees_of_freedom
            quantile = -float(stdtrit(free, (1.0 - level) / 2.0)) if free > 0 else math.nan
            half = quantile * self.standard_error
            return self.value - half, self.value + half
        n, m = self.rows_before, self.rows_after
        low, high = _proportion.interval([self.before * n if n else 0.0,
                                          self.after * m if m else 0.0], [n, m], level)  # fmt: skip
        bounds = difference_bounds(
            self.after, low[1], high[1], self.before, low[0], high[0], self._newcombe()
        )
        return float(bounds[0]), float(bounds[1])

    def _newcombe(self) -> float:
        """Return the correlation that method 10 for pairs uses: less n / 2 where it is positive."""
        n, p, q = self.rows_before, self.before, self.after
        spread = math.sqrt(p * (1.0 - p) * q * (1.0 - q)) if n else 0.0
        if not self.correlation or spread == 0.0:
            return 0.0
        cross = self.correlation * spread * n * n  # both * neither - one * other of the 2 x 2 table
        return (max(cross - n / 2.0, 0.0) if cross > 0 else cross) / (spread * n * n)

    def _table(self) -> dict[str, Any]:
        low, high = self.interval()
        facts = {"before": self.before, "after": self.after, "effect": self.value}
        rows = {"rows_before": self.rows_before, "rows_after": self.rows_after}
        row = {**rows, **facts, "lower": low, "upper": high}
        return {name: np.array([value]) for name, value in row.items()}

    def _head(self) -> dict[str, Any]:
        low, high = self.interval()
        facts = {"before": self.before, "after": self.after, "effect": self.value}
        return {**facts, "lower": low, "upper": high, **self.notes}


def before_after(
    table: Any,
    outcome: str,
    after: str,
    *,
    measure: str = "mean",
    unit: str | None = None,
    missing: str = "error",
) -> BeforeAfter:
    """Return the effect of a measure: the outcome after it, less the outcome before it.

    What else changed at the same time is in it too: `difference_in_differences` takes out what
    changed for others as well.

    Parameters
    ----------
    table : data frame
        One row per observation.
    outcome : str
        Column of numbers; of 0 and 1, or true and false, for a share.
    after : str
        Column that is true (or 1) for rows after the measure, false (or 0) for those before.
    measure : {"mean", "share"}
        Whether outcomes are amounts or scores, or happened or not.
    unit : str, optional
        Column of who was observed, once before and once after: outcomes are then paired. Units that
        were not observed both times are left out and counted in `notes`.
    missing : {"error", "drop"}
        Rows without an outcome are refused, or left out and counted in `notes`.

    Returns
    -------
    BeforeAfter
        With `value`, `standard_error`, `interval()` and `to_frame()`.

    Raises
    ------
    InvalidDataError
        If outcomes are missing or no numbers, `after` is neither true nor false, or a unit was
        observed twice before or twice after.

    References
    ----------
    Welch, "The generalization of Student's problem when several different population variances are
    involved", Biometrika 34 (1947). Newcombe, Statistics in Medicine 17 (1998): 873-890 for
    independent shares and 2635-2650 for paired ones, method 10 of both.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> days = pd.DataFrame({"days": [5, 7, 6, 9, 4, 3, 5, 4], "new": [0, 0, 0, 0, 1, 1, 1, 1]})
    >>> cv.scorecard.before_after(days, "days", "new")
    BeforeAfter(before=6.75, after=4, effect=-2.75, lower=-5.3064, upper=-0.193602)
    """
    one_of("measure", measure, MEASURES)
    found = read(table, outcome=outcome, after=after, unit=unit)
    values, kept, notes = outcomes(found, missing, whether=measure == "share")
    late = flags(found, "after")
    values, late = values[kept], late[kept]
    correlation: float | None = None
    if unit is None:
        one, other = values[~late], values[late]
    else:
        one, other, lone = _pairs(values, late, units(found)[kept], str(unit))
        correlation = _correlation(one, other)
        if lone:
            notes["units observed once"] = lone
    return BeforeAfter(
        rows_before=len(one),
        rows_after=len(other),
        before=_mean(one),
        after=_mean(other),
        variance_before=_variance(one),
        variance_after=_variance(other),
        measure=measure,
        correlation=correlation,
        notes=notes,
        frame=found.kind,
    )


def outcomes(table: Table, policy: str, *, whether: bool) -> tuple[Array, Flags, dict[str, int]]:
    """Return the outcomes, where they are known, and how many are not."""
    one_of("missing", policy, ("error", "drop"))
    name = table.names["outcome"]
    values = _numbers(table, "outcome")
    absent = np.isnan(values)
    refuse(name, "must be finite", values, np.isinf(values))
    if policy == "error":
        hint = 'Pass missing="drop" to leave those rows out.'
        refuse(name, "must be known in every row", values, absent, hint=hint)
    if whether:
        odd = ~absent & (values != 0.0) & (values != 1.0)
        refuse(name, 'must be 0 or 1 for measure="share"', values, odd)
    lost = int(absent.sum())
    return values, ~absent, {f"{name}: missing": lost} if lost else {}


def flags(table: Table, role: str) -> Flags:
    """Return a column of true and false, or of 1 and 0; refuse all else."""
    values = _numbers(table, role)
    odd = (values != 0.0) & (values != 1.0)
    refuse(table.names[role], "must be true or false (or 1 or 0)", values, odd)
    return np.asarray(values == 1.0)


def units(table: Table) -> Ints:
    """Return who was observed, as whole numbers; refuse rows of nobody."""
    found = identify(table, "unit", "units")
    if found.missing is not None:
        hint = "Leave out rows of nobody."
        refuse(table.names["unit"], "must be known in every row", None, found.missing, hint=hint)
    return np.asarray(found.codes, dtype=np.int64)


def _numbers(table: Table, role: str) -> Array:
    """Return a column of numbers, or of true and false, with NaN where it is missing."""
    import narwhals.stable.v2 as nw

    series = table.columns[role]
    values: Any
    if series.dtype == nw.Boolean:
        values = amounts(dataclasses.replace(table, columns={role: series.cast(nw.Int8)}), role)[0]
    elif series.dtype == nw.Object:
        values = _of_objects(table.names[role], series.to_list())
    else:
        values = amounts(table, role)[0]
    absent = missing(series)
    return np.where(absent, np.nan, values) if absent is not None else np.asarray(values)


def _of_objects(name: str, values: list[Any]) -> Array:
    """Return true and false with holes, as pandas keeps them in columns of objects."""
    known = [value is None or value != value or isinstance(value, (bool, np.bool_))
             for value in values]  # fmt: skip
    bad = ~np.array(known, dtype=bool)
    shown = np.array([str(value) for value in values], dtype=object)
    refuse(name, "must be numbers, or true and false", shown, bad, hint="Convert first.")
    return np.array([math.nan if value is None or value != value else float(value)
                     for value in values])  # fmt: skip


def _pairs(values: Array, late: Flags, who: Ints, name: str) -> tuple[Array, Array, int]:
    """Return the outcomes before and after of units observed both times, and how many were not."""
    _, unit = np.unique(who, return_inverse=True)
    size = int(unit.max(initial=-1)) + 1
    times = np.zeros((2, size), dtype=np.int64)
    np.add.at(times, (late.astype(np.int64), unit), 1)
    often = times[late.astype(np.int64), unit] > 1
    rule = "must be observed once before and once after"
    hint = "Average the outcomes of each unit first."
    refuse(name, rule, who, often, hint=hint)
    outcome = np.full((2, size), np.nan)
    outcome[late.astype(np.int64), unit] = values
    both = (times == 1).all(axis=0)
    return outcome[0, both], outcome[1, both], int(size - both.sum())


def _mean(values: Array) -> float:
    return float(values.mean()) if len(values) else math.nan


def _variance(values: Array) -> float:
    return float(values.var(ddof=1)) if len(values) > 1 else math.nan


def _correlation(one: Array, other: Array) -> float:
    """Return Pearson's correlation, 0 where one does not vary."""
    x, y = one - _mean(one), other - _mean(other)
    scale = math.sqrt(float(x @ x) * float(y @ y))
    return float(np.clip(x @ y / scale, -1.0, 1.0)) if scale > 0 else 0.0
