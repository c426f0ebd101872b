"""The record of units rated in numbers by the same raters: intraclass correlations from sums."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple, Self

import numpy as np

from custvalue._check import Array, coverage, number, one_of, real, within
from custvalue._record import Notes, Record, checked_notes, frozen, join_notes
from custvalue.errors import InvalidDataError, message
from custvalue.maturity._conventions import word

FORMS = ("ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)")
_ROUNDING = 1e-14  # share of a sum of squares that is no more than its rounding
_NAN = float("nan")


class MeanSquares(NamedTuple):
    """Mean squares of the analysis of variance, NaN where there is nothing to divide by."""

    between_units: float
    between_raters: float
    residual: float
    within_units: float  # between raters and residual together


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ICC(Record):
    """Sums of units rated by the same raters: the six intraclass correlations of Shrout & Fleiss.

    Attributes
    ----------
    units : int
        Units that all have rated.
    means : array of shape (raters,)
        Mean rating of each rater.
    scatter : array of shape (raters, raters)
        Sums over units of products of deviations from these means.
    form : str
        The one that `value`, `standard_error` and `interval()` are of.
    raters : tuple of str
        The raters.
    notes, frame
        What was left out, counted; the kind of frame for results.

    Examples
    --------
    >>> from custvalue import maturity
    >>> found = maturity.icc([[50, 55], [85, 90], [30, 20], [70, 75]])
    >>> found
    ICC(form=ICC(2,1), value=0.970381, lower=0.641108, upper=0.998052, units=4, raters=2)
    >>> found.interpretation("koo-li")
    'excellent (by the convention of Koo & Li (2016))'
    """

    units: int = 0
    means: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    scatter: Array = dataclasses.field(default_factory=lambda: np.empty((0, 0)))
    form: str = dataclasses.field(default="ICC(2,1)", kw_only=True)
    raters: tuple[str, ...] = dataclasses.field(default=(), kw_only=True)
    notes: Notes = dataclasses.field(default_factory=dict, kw_only=True)
    frame: str = dataclasses.field(default="pandas", kw_only=True, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", checked_notes(self.notes))
        one_of("form", self.form, FORMS)
        units = number("units", self.units, 0.0, 2.0**53)
        if units != int(units):
            raise InvalidDataError(message("units", "must be a whole number", value=units))
        means, scatter = within("means", self.means), within("scatter", self.scatter)
        raters = tuple(self.raters)
        k = len(raters)
        if scatter.size == 0 and k == 0:
            scatter = scatter.reshape(0, 0)
        shapes = {"raters": (k,), "means": means.shape, "scatter": scatter.shape}
        if means.shape != (k,) or scatter.shape != (k, k) or k == 1:
            rule = "must have means and scatter of at least two raters"
            raise InvalidDataError(message("ICC", rule, value=shapes))
        if (
            not np.allclose(scatter, scatter.T, rtol=1e-9, atol=0.0)
            or (np.diagonal(scatter) < 0).any()
        ):
            rule = "must be symmetric, and not negative on the diagonal"
            raise InvalidDataError(message("scatter", rule, value=scatter.tolist()))
        object.__setattr__(self, "units", int(units))
        object.__setattr__(self, "means", frozen(means.copy()))
        object.__setattr__(self, "scatter", frozen(scatter.copy()))
        object.__setattr__(self, "raters", raters)
        super().__post_init__()

    @property
    def mean_squares(self) -> MeanSquares:
        """Mean squares of the two-way and the one-way analysis of variance."""
        n, k = self.units, len(self.raters)
        if n < 2 or k < 2:
            return MeanSquares(_NAN, _NAN, _NAN, _NAN)
        total = float(np.trace(self.scatter))
        rows = float(self.scatter.sum()) / k
        rest = total - rows
        rows, rest = (part if part > _ROUNDING * total else 0.0 for part in (rows, rest))
        columns = n * float(((self.means - self.means.mean()) ** 2).sum())
        if np.ptp(self.means) == 0.0:
            columns = 0.0  # whatever rounding does to their mean
        return MeanSquares(
            rows / (n - 1), columns / (k - 1), rest / ((n - 1) * (k - 1)),
            (columns + rest) / (n * (k - 1)),
        )  # fmt: skip

    def _shares(self, form: str) -> tuple[Array, Array]:
        """Return factors of the mean squares in the numerator and the denominator of a form."""
        n, k = self.units, len(self.raters)
        if form in ("ICC(1,1)", "ICC(1,k)"):
            minus, below = np.array([1.0, 0, 0, -1]), np.array([1.0, 0, 0, k - 1])
        else:
            raters = k / n if form in ("ICC(2,1)", "ICC(2,k)") else 0.0
            minus, below = np.array([1.0, 0, -1, 0]), np.array([1.0, raters, k - 1 - raters, 0])
        # The mean of k ratings: the variance that is not of units counts a k-th.
        return minus, minus + (below - minus) / k if form.endswith("k)") else below

    def _ratio(self, form: str, factor: float = 1.0) -> float:
        """Return a form, its mean square between units multiplied; NaN of no positive variance."""
        squares = np.array(self.mean_squares) * [factor, 1.0, 1.0, 1.0]
        if not np.isfinite(squares).all():
            return 1.0 if np.isinf(squares[0]) else _NAN
        above, below = (float(share @ squares) for share in self._shares(form))
        return above / below if below > 0 else _NAN

    def _freedom(self, form: str) -> int:
        """Return the degrees of freedom of the mean square that the F test divides by."""
        n, k = self.units, len(self.raters)
        return n * (k - 1) if form in ("ICC(1,1)", "ICC(1,k)") else (n - 1) * (k - 1)

    def _error(self, form: str) -> float:
        value, n, k = self._ratio(form), self.units, len(self.raters)
        if np.isnan(value):
            return _NAN
        squares = np.array(self.mean_squares)
        above, below = self._shares(form)
        slope = (above - value * below) / float(below @ squares)
        freedom = np.array([n - 1, k - 1, (n - 1) * (k - 1), n * (k - 1)])
        return float(np.sqrt((2.0 * (slope * squares) ** 2 / freedom).sum()))

    def _bounds(self, form: str, level: float) -> tuple[float, float]:
        from scipy.special import fdtri

        upper = 1.0 - (1.0 - coverage(level)) / 2.0
        if np.isnan(self._ratio(form)):
            return _NAN, _NAN
        n, freedom = self.units, float(self._freedom(form))
        if form in ("ICC(2,1)", "ICC(2,k)"):
            freedom = self._freedom_of_mixture()
        low = self._ratio(form, 1.0 / float(fdtri(n - 1.0, freedom, upper)))
        return low, self._ratio(form, float(fdtri(freedom, n - 1.0, upper)))

    def _freedom_of_mixture(self) -> float:
        """Return Satterthwaite's degrees of freedom of the raters' and residual mean squares."""
        n, k, value = self.units, len(self.raters), self._ratio("ICC(2,1)")
        _, raters, residual, _ = self.mean_squares
        one = k * value * raters
        other = (n * (1.0 + (k - 1) * value) - k * value) * residual
        largest = max(abs(one), abs(other))
        if largest == 0.0:  # nothing but units differs, and F plays no role
            return float(self._freedom("ICC(2,1)"))
        one, other = one / largest, other / largest
        return (k - 1) * (n - 1) * (one + other) ** 2 / ((n - 1) * one**2 + other**2)

    @property
    def value(self) -> float:
        """The intraclass correlation of `form`; NaN with fewer than two units or no variance."""
        return self._ratio(self.form)

    @property
    def standard_error(self) -> float:
        """Standard error by the delta method, for normal ratings: mean squares are chi-squared."""
        return self._error(self.form)

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return bounds of `value` by the F distribution, for normal ratings.

        Exact for the forms 1 and 3, by Satterthwaite's approximation for 2 (Shrout & Fleiss 1979,
        pages 424-426).

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.

        Returns
        -------
        tuple of float
            NaN where the value is.
        """
        return self._bounds(self.form, level)

    def interpretation(self, convention: str = "koo-li") -> str:
        """Return what a convention calls the value, with its source; "undefined" for NaN.

        Parameters
        ----------
        convention : {"koo-li", "landis-koch", "krippendorff"}
            Whose words. Koo & Li advise to judge both bounds of the interval by them.
        """
        return word(self.value, convention)

    def __radd__(self, other: Any) -> Self:
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def __add__(self, other: Self) -> Self:
        if type(other) is not type(self):
            return NotImplemented
        for one, another in ((self, other), (other, self)):
            if not (one.units or one.raters or one.notes):
                return another
        for name in ("form", "raters"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs:
                rule = "must be the same in both records"
                raise InvalidDataError(message(name, rule, value=(mine, theirs)))
        total = max(self.units + other.units, 1)
        apart = other.means - self.means
        between = np.outer(apart, apart) * (self.units * other.units / total)
        return dataclasses.replace(
            self,
            units=self.units + other.units,
            means=self.means + apart * (other.units / total),
            scatter=self.scatter + other.scatter + between,
            notes=join_notes(self.notes, other.notes),
        )

    def _table(self) -> dict[str, Any]:
        from scipy.special import fdtrc

        bounds = [self._bounds(form, 0.95) for form in FORMS]
        units, _, residual, inner = self.mean_squares
        freedom = np.array([self._freedom(form) for form in FORMS])
        below = np.array([inner, residual, residual] * 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = units / below
        fewer = max(self.units - 1, 0)
        return {
            "form": np.array(FORMS, dtype=object),
            "value": np.array([self._ratio(form) for form in FORMS]),
            "standard_error": np.array([self._error(form) for form in FORMS]),
            "lower": np.array([low for low, _ in bounds]),
            "upper": np.array([high for _, high in bounds]),
            "F": ratio,
            "df1": np.full(len(FORMS), fewer),
            "df2": np.maximum(freedom, 0),
            "p_value": np.where(np.isposinf(ratio), 0.0, fdtrc(fewer, freedom, ratio)),
        }

    def _head(self) -> dict[str, Any]:
        low, high = self.interval()
        facts = {"form": self.form, "value": self.value, "lower": low, "upper": high}
        return {**facts, "units": self.units, "raters": len(self.raters), **self.notes}


def sums(values: Array) -> tuple[Array, Array]:
    """Return means and scatter of columns; exactly 0 where all values of a column are the same."""
    largest = float(np.abs(values).max(initial=0.0))
    if largest >= 1e150:
        rule = "must be below 1e150 in size, for squares that are finite"
        raise InvalidDataError(message("ratings", rule, value=largest))
    origin = values[0] if len(values) else np.zeros(values.shape[1])
    off = values - origin
    shift = off.mean(axis=0) if len(values) else origin
    off -= shift
    return real("means", origin + shift), off.T @ off
