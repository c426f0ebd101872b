"""The record of two raters' ratings, crossed: Cohen's kappa, weighted or not."""

from __future__ import annotations

import dataclasses
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, one_of, whole, within
from custvalue._record import Notes, Record, checked_notes, frozen, join_notes, kept
from custvalue.errors import InvalidDataError, message
from custvalue.maturity import _intervals
from custvalue.maturity._conventions import word
from custvalue.maturity._disagreement import scaled
from custvalue.maturity._patterns import METHODS, checked_levels, shared_levels

Column = npt.NDArray[Any]
WEIGHTS = ("linear", "quadratic")
_NAN = float("nan")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class CohenKappa(Record):
    """Ratings of two raters, crossed: Cohen's kappa, its standard errors and interval.

    Attributes
    ----------
    levels : array of shape (levels,)
        The ratings that there are, lowest first.
    table : int array of shape (levels, levels)
        Units by the rating of the first rater (rows) and of the second (columns).
    weights : None, "linear", "quadratic" or array of shape (levels, levels)
        How much each disagreement counts; None counts all alike.
    raters : tuple of str
        The first and the second rater.
    declared : bool
        Whether the order of the levels was given: then "linear" and "quadratic" go by places in
        it, else by the differences of ratings that are numbers.
    notes, frame
        What was left out, counted; the kind of frame for results.

    Examples
    --------
    >>> from custvalue import maturity
    >>> found = maturity.CohenKappa.from_table([[20, 5], [10, 15]], levels=["no", "yes"])
    >>> found
    CohenKappa(value=0.4, lower=0.0819273, upper=0.607874, units=50)
    >>> round(found.standard_error, 4), round(found.null_standard_error, 4)
    (0.127, 0.1386)
    >>> found.to_frame()
      level  rater 1  rater 2  both
    0    no       25       30    20
    1   yes       25       20    15
    """

    levels: Column = dataclasses.field(default_factory=lambda: np.empty(0, dtype=np.int64))
    table: Column = dataclasses.field(default_factory=lambda: np.empty((0, 0), dtype=np.int64))
    weights: Any = dataclasses.field(default=None, kw_only=True)
    raters: tuple[str, ...] = dataclasses.field(default=("rater 1", "rater 2"), kw_only=True)
    declared: bool = dataclasses.field(default=False, kw_only=True)
    notes: Notes = dataclasses.field(default_factory=dict, kw_only=True)
    frame: str = dataclasses.field(default="pandas", kw_only=True, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", checked_notes(self.notes))
        levels = checked_levels(self.levels, self.declared)
        size = len(levels)
        table = whole("table", self.table)
        if table.size == 0 and not size:
            table = table.reshape(0, 0)
        if table.shape != (size, size):
            rule = f"must be of shape ({size}, {size}), a row and a column for each level"
            raise InvalidDataError(message("table", rule, value=table.shape))
        if not table.sum() < 2.0**53:
            rule = "must add up to below 2**53"
            raise InvalidDataError(message("table", rule, value=float(table.sum())))
        raters = tuple(self.raters)
        if len(raters) != 2 or not all(isinstance(name, str) for name in raters):
            raise InvalidDataError(message("raters", "must name two raters", value=raters))
        object.__setattr__(self, "levels", levels)
        object.__setattr__(self, "table", frozen(table.astype(np.int64)))
        object.__setattr__(self, "raters", raters)
        object.__setattr__(self, "weights", _checked_weights(self.weights, levels, self.declared))
        super().__post_init__()

    @classmethod
    def from_table(cls, table: Any, levels: Any = None, **settings: Any) -> Self:
        """Return the record of a confusion table.

        Parameters
        ----------
        table : array_like of shape (levels, levels)
            Units by the rating of the first rater (rows) and of the second (columns).
        levels : sequence, optional
            The ratings, lowest first; 0, 1, ... by default.
        **settings
            Fields of the record, such as `weights`.
        """
        counts = whole("table", table)
        names = np.arange(len(np.atleast_1d(counts))) if levels is None else np.asarray(levels)
        return cls(names, counts, declared=True, **settings)

    @property
    def units(self) -> int:
        """Units that both have rated."""
        return int(self.table.sum())

    @property
    def disagreement(self) -> Array:
        """How much each pair of ratings disagrees, of shape (levels, levels), 0 on the diagonal."""
        if isinstance(self.weights, np.ndarray):
            matrix: Array = self.weights / self.weights.max()
            return matrix
        size = len(self.levels)
        if self.weights is None:
            return 1.0 - np.eye(size)
        numbers = np.arange(size) if self.declared else self.levels
        place = scaled(numbers.astype(np.float64))
        apart = np.abs(place[:, None] - place)
        return apart if self.weights == "linear" else apart**2

    def _lacking(self, cells: Array) -> float:
        """Return 1 - kappa of such numbers of units in each cell of the table, in one column."""
        table = cells.reshape(self.table.shape)
        distance = self.disagreement
        observed = float((distance * table).sum()) * float(table.sum())
        expected = float(table.sum(axis=1) @ distance @ table.sum(axis=0))
        return observed / expected if expected > 0 else _NAN

    @property
    def value(self) -> float:
        """Kappa: agreement beyond chance, at most 1; NaN where both give all units one rating."""
        return 1.0 - self._lacking(self.table.astype(np.float64).ravel())

    def _spread(self, chance: bool) -> float:
        """Return the standard error, of the table as it is, or if all agreement is by chance."""
        lacking = self._lacking(self.table.astype(np.float64).ravel())
        if np.isnan(lacking):
            return _NAN
        total, distance = self.units, self.disagreement
        cells = self.table / total
        first, second = cells.sum(axis=1), cells.sum(axis=0)
        of_margins = (distance @ second)[:, None] + first @ distance
        expected = float(first @ distance @ second)
        if chance:
            cells, lacking = np.outer(first, second), 1.0
        moves = distance - lacking * of_margins
        # Less its mean, for a sum that rounding does not make negative.
        off = moves - float((cells * moves).sum())
        return float(np.sqrt((cells * off**2).sum() / total) / expected)

    @property
    def standard_error(self) -> float:
        """Standard error of kappa, for intervals (Fleiss, Cohen & Everitt 1969, equation 13)."""
        return self._spread(chance=False)

    @property
    def null_standard_error(self) -> float:
        """Standard error if agreement is by chance, to test kappa = 0 (their equation 9)."""
        return self._spread(chance=True)

    def interval(
        self, level: float = 0.95, method: str = "log", *, draws: int = 2_000, rng: Any = None
    ) -> tuple[float, float]:
        """Return bounds of `value`, the units taken as a sample.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"log", "wald", "bootstrap"}
            Student's interval of log(1 - value) by the standard error, turned back (default);
            value -/+ z standard errors; or percentiles of samples of units, drawn with
            replacement.
        draws : int
            Samples of the bootstrap; those of which kappa is undefined are left out.
        rng : int or numpy.random.Generator
            Where the bootstrap's random numbers come from; it must be given.

        Returns
        -------
        tuple of float
            NaN where the value or the standard error is, and by "log" where the latter is 0 and the
            value below 1.
        """
        one_of("method", method, METHODS)
        if method == "bootstrap":
            cells = self.table.astype(np.float64).ravel()
            return _intervals.bootstrap(
                lambda drawn: 1.0 - self._lacking(drawn), cells, level, draws, rng
            )
        if method == "wald":
            return _intervals.wald(self.value, self.standard_error, level)
        margins = self.table.sum(axis=1) / max(self.units, 1), self.table.sum(axis=0)
        chance = 1.0 - float(margins[0] @ margins[1]) / max(self.units, 1)
        return _intervals.of_log(self.value, self.standard_error, self.units, level, chance)

    def interpretation(self, convention: str = "landis-koch") -> str:
        """Return what a convention calls the value, with its source; "undefined" for NaN.

        Parameters
        ----------
        convention : {"landis-koch", "koo-li", "krippendorff"}
            Whose words.
        """
        return word(self.value, convention)

    def __radd__(self, other: Any) -> Self:
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def __add__(self, other: Self) -> Self:
        if type(other) is not type(self):
            return NotImplemented
        for one, another in ((self, other), (other, self)):
            if not (one.levels.size or one.notes):
                return another
        for name in ("raters", "declared", "weights"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if not np.array_equal(mine, theirs):
                rule = "must be the same in both records"
                raise InvalidDataError(message(name, rule, value=(mine, theirs)))
        levels, places = shared_levels(self.levels, other.levels, self.declared)
        table = np.zeros((len(levels), len(levels)), dtype=np.int64)
        for record, place in zip((self, other), places, strict=True):
            table[np.ix_(place, place)] += record.table
        return dataclasses.replace(
            self, levels=levels, table=table, notes=join_notes(self.notes, other.notes)
        )

    def _table(self) -> dict[str, Any]:
        first, second = self.raters
        sums = {first: self.table.sum(axis=1), second: self.table.sum(axis=0)}
        return {"level": self.levels, **sums, "both": np.diagonal(self.table)}

    def _head(self) -> dict[str, Any]:
        low, high = self.interval()
        facts = {"value": self.value, "lower": low, "upper": high, "units": self.units}
        return {**facts, **self.notes}


def _checked_weights(weights: Any, levels: Column, declared: bool) -> Any:
    if weights is None:
        return None
    if isinstance(weights, str):
        one_of("weights", weights, WEIGHTS)
        if not declared and levels.size and levels.dtype.kind not in "iuf":
            rule = "need the order of ratings that are text"
            hint = "Pass order=[lowest, ..., highest]."
            raise InvalidDataError(message("weights", rule, value=weights, hint=hint))
        return weights
    matrix = within("weights", weights, 0.0)
    if not declared or matrix.shape != (len(levels), len(levels)):
        rule = "must have a row and a column for each rating of order="
        raise InvalidDataError(message("weights", rule, value=matrix.shape))
    if np.diagonal(matrix).any() or not matrix.any():
        rule = "must be 0 on the diagonal and not all 0"
        hint = "They weigh disagreement: pass 1 - w for weights w of agreement."
        raise InvalidDataError(message("weights", rule, value=matrix.tolist(), hint=hint))
    return kept(matrix)
