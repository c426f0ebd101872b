"""The record of a Kano survey: how often each feature fell into each category."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np

from custvalue._check import Array, one_of
from custvalue._proportion import interval, normal_quantile
from custvalue._tally import Column
from custvalue.satisfaction._survey import SurveyTally, check_sums, effective, ratio

# In the order that decides ties: what is missed most if it is wrong comes first (M > O > A > I).
CATEGORIES = (
    "must_be",
    "one_dimensional",
    "attractive",
    "indifferent",
    "reverse",
    "questionable",
)
_WANTED = CATEGORIES[:4]


def _floats() -> Array:
    return np.empty(0)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Kano(SurveyTally):
    """How often each feature is in each of Kano's categories; `+` adds respondents.

    Attributes
    ----------
    feature : array of shape (rows,)
        Key.
    answers : int array
        Respondents who answered both questions.
    must_be, one_dimensional, attractive, indifferent, reverse, questionable : arrays
        Of them, those in each category; sums of weights with weights.
    squares : float array
        Sum of the squared weights of those in one of the first four categories.
    all_squares : float array
        Sum of the squared weights of all.
    min_group : int
        Results from fewer respondents are NaN, or None.
    groups, notes, frame
        Labels of each row by column; what policies did, counted; the kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> found = cv.satisfaction.Kano(["app"], [100], [40], [20], [30], [10], [0], [0], [100], [100])
    >>> found.better, found.worse
    (array([0.5]), array([-0.6]))
    """

    feature: Column = dataclasses.field(default_factory=lambda: np.empty(0, dtype=object))
    answers: Column = dataclasses.field(default_factory=lambda: np.empty(0, dtype=np.int64))
    must_be: Column = dataclasses.field(default_factory=_floats)
    one_dimensional: Column = dataclasses.field(default_factory=_floats)
    attractive: Column = dataclasses.field(default_factory=_floats)
    indifferent: Column = dataclasses.field(default_factory=_floats)
    reverse: Column = dataclasses.field(default_factory=_floats)
    questionable: Column = dataclasses.field(default_factory=_floats)
    squares: Column = dataclasses.field(default_factory=_floats)
    all_squares: Column = dataclasses.field(default_factory=_floats)

    _keys: ClassVar[tuple[str, ...]] = ("feature",)
    _sums: ClassVar[tuple[str, ...]] = ("answers", *CATEGORIES, "squares", "all_squares")
    _settings: ClassVar[tuple[str, ...]] = ("min_group",)
    _shows: ClassVar[tuple[str, ...]] = ("category", "p_value", "better", "better_lower",
                                         "better_upper", "worse", "worse_lower", "worse_upper",
                                         "low_base")  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        check_sums(**{name: getattr(self, name) for name in self._sums})

    @property
    def base(self) -> Any:
        """Respondents who answered both questions about the feature."""
        return self.answers

    def _of(self, *categories: str) -> Array:
        parts = [np.asarray(getattr(self, name), dtype=np.float64) for name in categories]
        return np.asarray(sum(parts))

    @property
    def better(self) -> Array:
        """Better coefficient (A + O) / (A + O + M + I), per feature; NaN where nobody is in these.

        Berger et al., "Kano's methods for understanding customer-defined quality", Center for
        Quality Management Journal 2 (1993), 3-36.
        """
        return self._shown(ratio(self._of("attractive", "one_dimensional"), self._of(*_WANTED)))

    @property
    def worse(self) -> Array:
        """Worse coefficient -(O + M) / (A + O + M + I), per feature."""
        return self._shown(-ratio(self._of("one_dimensional", "must_be"), self._of(*_WANTED)))

    def better_interval(self, level: float = 0.95, method: str = "wilson") -> tuple[Array, Array]:
        """Return bounds of the better coefficient, a proportion of the effective respondents.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald"}
            Wilson (1927) by default.
        """
        return self._bounds(self.better, level, method)

    def worse_interval(self, level: float = 0.95, method: str = "wilson") -> tuple[Array, Array]:
        """Return bounds of the worse coefficient, as those of `better_interval`.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald"}
            Wilson (1927) by default.
        """
        low, high = self._bounds(-self.worse, level, method)
        return -high, -low

    def _bounds(self, proportion: Array, level: float, method: str) -> tuple[Array, Array]:
        n = effective(self._of(*_WANTED), self.squares)
        known = ~np.isnan(proportion)
        n = np.where(known, n, 0.0)
        return interval(np.where(known, proportion, 0.0) * n, n, level, method)

    @property
    def counts(self) -> Array:
        """Respondents (weights) of shape (rows, 6), in the order of `CATEGORIES`; NaN if hidden."""
        few = np.asarray(self.answers < self.min_group)[:, None]
        return np.where(few, np.nan, self._counts())

    def _counts(self) -> Array:
        """Return the counts, hidden ones too."""
        return np.column_stack([self._of(name) for name in CATEGORIES])

    def category(self, rule: str = "most_frequent") -> Column:
        """Return the category of each feature; None of a feature that nobody answered.

        Parameters
        ----------
        rule : {"most_frequent", "blauth"}
            The most frequent category; or the most frequent of must_be, one_dimensional and
            attractive if these together are more than the others together, else of the others
            (Blauth's rule). Of equally frequent ones the first in this order: must_be,
            one_dimensional, attractive, indifferent, reverse, questionable.
        """
        one_of("rule", rule, ("most_frequent", "blauth"))
        counts = self._counts()
        if rule == "blauth":
            strong = counts[:, :3].sum(axis=1) > counts[:, 3:].sum(axis=1)
            allowed = np.where(strong[:, None], np.arange(6) < 3, np.arange(6) >= 3)
            counts = np.where(allowed, counts, -1.0)
        names = np.array(CATEGORIES, dtype=object)[counts.argmax(axis=1)]
        nobody = (self._counts().sum(axis=1) == 0) | (self.answers < self.min_group)
        names[nobody] = None
        return np.asarray(names)

    def p_value(self, method: str = "paired") -> Array:
        """Return p-values of the test that the two most frequent categories are equally frequent.

        A feature with a high one is of a mixed kind: customers are of several minds, or too few
        were asked. As the two are chosen for being the most frequent, p-values err on the low side.

        Parameters
        ----------
        method : {"paired", "fong"}
            With a and b the two counts of n: z = (a - b) / sqrt(a + b), as nobody is in both; or
            Fong's z = (a - b) / sqrt((a + b)(2n - a - b) / (2n)), usual in Kano studies, which
            takes them as independent and so finds too many differences (Fong, "Using the
            self-stated importance questionnaire to interpret Kano questionnaire results", Center
            for Quality Management Journal 5 (1996), 21-24; there with z above 1.65).
        """
        from scipy.special import ndtr

        one_of("method", method, ("paired", "fong"))
        counts = self._counts()
        total = counts.sum(axis=1)
        fitted = counts * ratio(effective(total, self.all_squares), total)[:, None]
        second, first = np.sort(fitted, axis=1)[:, -2:].T
        n, both = fitted.sum(axis=1), first + second
        variance = both if method == "paired" else both * (2.0 * n - both) / (2.0 * n)
        with np.errstate(invalid="ignore", divide="ignore"):
            z = (first - second) / np.sqrt(variance)
        return self._shown(2.0 * ndtr(-z))

    def clear(self, level: float = 0.95, method: str = "paired") -> Any:
        """Return whether the most frequent category is more frequent than the second one.

        Parameters
        ----------
        level : float
            1 less the error allowed, between 0 and 1.
        method : {"paired", "fong"}
            As in `p_value`.
        """
        normal_quantile(level)  # refuses what is no level
        return self.p_value(method) < 1.0 - level

    def _derived(self) -> dict[str, Any]:
        better, worse = self.better_interval(), self.worse_interval()
        return {
            "category": self.category(),
            "p_value": self.p_value(),
            "better": self.better,
            "better_lower": better[0],
            "better_upper": better[1],
            "worse": self.worse,
            "worse_lower": worse[0],
            "worse_upper": worse[1],
            "low_base": self.low_base,
        }

    def _table(self) -> dict[str, Any]:
        columns = super()._table()
        return {n: c for n, c in columns.items() if n not in ("squares", "all_squares")}

    def plot(self, ax: Any = None, group: Any = None) -> Any:
        """Draw it; see `custvalue.plot.kano_map`."""
        from custvalue.plot import kano_map

        return kano_map(self, ax, group)

    def _head(self) -> dict[str, Any]:
        features = len(set(self.feature.tolist()))
        return {"features": features, "answers": int(self.answers.sum()), **self.notes}
