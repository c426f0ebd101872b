"""Base of measures of agreement that do not tell raters apart: distinct units and how many."""

from __future__ import annotations

import abc
import dataclasses
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, as_array, one_of, whole
from custvalue._record import Notes, Record, checked_notes, frozen, join_notes, kept
from custvalue._tally import concatenated
from custvalue.errors import InvalidDataError, message
from custvalue.maturity import _intervals
from custvalue.maturity._conventions import word
from custvalue.maturity._ratings import Codes

Column = npt.NDArray[Any]
METHODS = ("log", "wald", "bootstrap")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class UnitPatterns(Record, abc.ABC):
    """Base of records of units rated by several, raters exchangeable; `+` adds other units.

    A row of `patterns` holds the ratings of a unit as places in `levels`, ascending and filled up
    with -1 on the left; `units` says how many units have them. This is what intervals need, which
    go by whole units; counts of values alone would not do.
    """

    levels: Column = dataclasses.field(default_factory=lambda: np.empty(0, dtype=np.int64))
    patterns: Codes = dataclasses.field(default_factory=lambda: np.empty((0, 0), dtype=np.int64))
    units: Codes = dataclasses.field(default_factory=lambda: np.empty(0, dtype=np.int64))
    declared: bool = dataclasses.field(default=False, kw_only=True)
    notes: Notes = dataclasses.field(default_factory=dict, kw_only=True)
    frame: str = dataclasses.field(default="pandas", kw_only=True, compare=False)

    _convention: ClassVar[str]  # of the words of `interpretation`
    _settings: ClassVar[tuple[str, ...]] = ("declared",)

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", checked_notes(self.notes))
        levels = checked_levels(self.levels, self.declared)
        patterns = as_array("patterns", self.patterns, "must have rows of one length")
        units = whole("units", self.units, 1.0)
        codes = whole("patterns", patterns, -1.0)
        if codes.size == 0:
            codes = codes.reshape(len(units), 0) if units.ndim == 1 else codes
        if codes.ndim != 2 or units.shape != codes.shape[:1]:
            shapes = {"levels": levels.shape, "patterns": codes.shape, "units": units.shape}
            rule = "must be one column of levels, and one number of units for each pattern"
            raise InvalidDataError(message(type(self).__name__, rule, value=shapes))
        if codes.max(initial=-1) >= len(levels):
            rule = "must be places in levels"
            raise InvalidDataError(message("patterns", rule, value=int(codes.max())))
        fewest = int((codes >= 0).sum(axis=1).min(initial=2))
        if fewest < 2:
            rule = "must have at least two ratings of each unit"
            raise InvalidDataError(message("patterns", rule, value=fewest))
        rows, counts = condensed(codes.astype(np.int64), units.astype(np.int64))
        object.__setattr__(self, "levels", levels)
        object.__setattr__(self, "patterns", rows)
        object.__setattr__(self, "units", counts)
        super().__post_init__()

    @classmethod
    def from_counts(cls, counts: Any, levels: Any = None, **settings: Any) -> Self:
        """Return the record of a table with a row for each unit and a column for each level.

        Parameters
        ----------
        counts : array_like of shape (units, levels)
            How many raters gave a unit that rating.
        levels : sequence, optional
            The ratings, lowest first; 0, 1, ... by default.
        **settings
            Fields of the record, such as `metric`.
        """
        table = whole("counts", counts)
        if table.ndim != 2:
            rule = "must be of shape (units, levels)"
            raise InvalidDataError(message("counts", rule, value=table.shape))
        given = table.astype(np.int64)
        names = np.arange(table.shape[1]) if levels is None else np.asarray(levels)
        if names.shape != table.shape[1:]:
            rule = "must name each column of counts"
            raise InvalidDataError(message("levels", rule, value=names.shape))
        each = given.sum(axis=1)
        few = each < 2
        rows, each = given[~few], each[~few]
        width = int(each.max(initial=0))
        patterns = np.full((len(rows), width), -1, dtype=np.int64)
        patterns[np.arange(width) >= (width - each)[:, None]] = np.repeat(
            np.tile(np.arange(len(names)), len(rows)), rows.ravel()
        )
        notes = dict(settings.pop("notes", {}))
        notes |= left_out(int(few.sum()))
        ones = np.ones(len(rows), dtype=np.int64)
        return cls(names, patterns, ones, declared=True, notes=notes, **settings)

    @abc.abstractmethod
    def _lacking(self, units: Array) -> tuple[float, Array]:
        """Return 1 - value for such numbers of units, and its derivative for each of them."""

    @property
    def _weights(self) -> Array:
        return self.units.astype(np.float64)

    @property
    def counts(self) -> Array:
        """Ratings of each level, of shape (levels,)."""
        here = self.patterns >= 0
        weights = np.broadcast_to(self.units[:, None], self.patterns.shape)
        return np.bincount(self.patterns[here], weights[here], len(self.levels)).astype(np.float64)

    @property
    def value(self) -> float:
        """Agreement beyond chance, at most 1; NaN of nothing, and where all ratings are one."""
        return float(1.0 - self._lacking(self._weights)[0])

    @property
    def standard_error(self) -> float:
        """Standard error by the infinitesimal jackknife over units; NaN with fewer than two.

        Efron, "Nonparametric estimates of standard error", Biometrika 68 (1981), with the factor
        units / (units - 1). It takes the units as a sample and the raters as given, and does not
        assume that agreement is by chance.
        """
        return jackknife(self._weights, self._lacking(self._weights)[1])

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
            replacement (not of pairs of ratings as Hayes & Krippendorff do, which are not
            independent within a unit).
        draws : int
            Samples of the bootstrap; those without any variation are left out.
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
            return _intervals.bootstrap(
                lambda units: 1.0 - self._lacking(units)[0], self._weights, level, draws, rng
            )
        if method == "wald":
            return _intervals.wald(self.value, self.standard_error, level)
        total = float(self.units.sum())
        return _intervals.of_log(
            self.value, self.standard_error, total, level, self._unlike_by_chance()
        )

    def interpretation(self, convention: str = "") -> str:
        """Return what a convention calls the value, with its source; "undefined" for NaN.

        Parameters
        ----------
        convention : {"krippendorff", "landis-koch", "koo-li"}, optional
            By default the one that goes with the measure.
        """
        return word(self.value, convention or self._convention)

    def _unlike_by_chance(self) -> float:
        """Return the probability that two ratings by chance differ."""
        counts = self.counts
        total = counts.sum()
        return float(counts @ (total - counts) / total**2) if total else float("nan")

    def __radd__(self, other: Any) -> Self:
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def __add__(self, other: Self) -> Self:
        if type(other) is not type(self):
            return NotImplemented
        for one, another in ((self, other), (other, self)):
            if not (one.units.size or one.levels.size or one.notes):
                return another
        for name in self._settings:
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs:
                rule = "must be the same in both records"
                raise InvalidDataError(message(name, rule, value=(mine, theirs)))
        levels, recoded = shared_levels(self.levels, other.levels, self.declared)
        mine, theirs = (
            np.append(place, -1)[record.patterns]
            for record, place in zip((self, other), recoded, strict=True)
        )
        width = max(mine.shape[1], theirs.shape[1])
        both = [np.pad(p, ((0, 0), (width - p.shape[1], 0)), constant_values=-1)
                for p in (mine, theirs)]  # fmt: skip
        return dataclasses.replace(
            self,
            levels=levels,
            patterns=np.concatenate(both),
            units=np.concatenate([self.units, other.units]),
            notes=join_notes(self.notes, other.notes),
        )

    def _table(self) -> dict[str, Any]:
        counts = self.counts
        total = counts.sum()
        share = counts / total if total else np.full(len(counts), np.nan)
        return {"level": self.levels, "ratings": counts.astype(np.int64), "share": share}

    def _head(self) -> dict[str, Any]:
        low, high = self.interval()
        facts = {"value": self.value, "lower": low, "upper": high, "units": int(self.units.sum())}
        return {**facts, **self.notes}


def jackknife(units: Array, change: Array) -> float:
    """Return the standard error of a number that one unit more of each row would move by `change`.

    A unit's own influence is the move less the mean move, as numbers of units are not at stake.
    """
    total = float(units.sum())
    if total < 2:
        return float("nan")
    off = change - units @ change / total
    return float(np.sqrt(total / (total - 1.0) * (units @ off**2)))


def left_out(count: int) -> dict[str, int]:
    """Return the note of units that have too few ratings to agree or disagree."""
    return {"units with fewer than two ratings left out": count} if count else {}


def condensed(codes: Codes, units: Codes) -> tuple[Codes, Codes]:
    """Return the distinct rows, ratings ascending, and the number of units of each."""
    ordered = np.sort(codes, axis=1)
    filled = ordered.shape[1] - int((ordered >= 0).sum(axis=1).max(initial=0))
    ordered = ordered[:, filled:]  # places that no unit needs
    if not ordered.size:
        return ordered, units
    base, key, bound = int(ordered.max()) + 2, ordered[:, 0] + 1, int(ordered.max()) + 2
    for column in ordered.T[1:]:  # a row as one number
        if bound * base >= 2**62:
            key = np.unique(key, return_inverse=True)[1]
            bound = int(key.max()) + 1
        key, bound = key * base + (column + 1), bound * base
    if bound > 4 * len(key) + 1000:
        key = np.unique(key, return_inverse=True)[1]
        bound = int(key.max()) + 1
    some = np.full(bound, -1)
    some[key] = np.arange(len(key))  # whichever row comes last, as rows of a key are alike
    one_each = some[some >= 0]
    total = np.bincount(key, units, bound)[some >= 0].astype(np.int64)
    return frozen(ordered[one_each]), frozen(total)


def checked_levels(levels: Any, declared: bool) -> Column:
    """Return levels as a column of different ones, ascending unless their order is declared."""
    column = kept(as_array("levels", levels, "must be one column"))
    if column.ndim != 1:
        raise InvalidDataError(message("levels", "must be one column", value=column.shape))
    number = column.dtype.kind in "iuf"
    text = all(isinstance(level, str) for level in column.tolist())
    if not (text or (number and np.isfinite(column).all())):
        rule = "must be all text or all finite numbers"
        raise InvalidDataError(message("levels", rule, value=column.tolist()))
    listed = column.tolist()
    if len(set(listed)) < len(listed) or not (declared or listed == sorted(listed)):
        rule = "must be different" if declared else "must be different and ascending"
        raise InvalidDataError(message("levels", rule, value=listed[:10]))
    return column


def shared_levels(one: Column, other: Column, declared: bool) -> tuple[Column, list[Codes]]:
    """Return the levels of both, ascending, and the place there of each level of either."""
    if np.array_equal(one, other):
        same = np.arange(len(one))
        return one, [same, same]
    if declared:
        rule = "must be the same in both records"
        raise InvalidDataError(message("order", rule, value=(one.tolist(), other.tolist())))
    levels = np.unique(concatenated("levels", one, other))
    return frozen(levels), [np.searchsorted(levels, one), np.searchsorted(levels, other)]
