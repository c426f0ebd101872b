"""The record of an assessment: all ratings as they were given, and what they come to."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue import _proportion
from custvalue._check import Array
from custvalue._chunks import over_ranges
from custvalue._record import frozen
from custvalue.maturity._parts import names_of
from custvalue.maturity._rated import Rated
from custvalue.maturity._resolve import CELLS, NOT_APPLICABLE
from custvalue.maturity._scale import bands_of
from custvalue.maturity._scores import Tree, all_scores, counted, levelled, levels, tree_of

Column = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Assessment(Rated):
    """The maturity of one or many organisations; `+` adds other organisations.

    Attributes
    ----------
    model : MaturityModel
        What was rated, with its rules.
    rating : float array of shape (sheets, items)
        Ratings as given, a sheet for each organisation and assessor: points of the scale, NaN where
        not rated, -1 where not applicable.
    owner : int array of shape (sheets,)
        Place in `organisation` of each sheet, ascending.
    organisation : array of shape (organisations,)
        Names, sorted.
    assessor : array of shape (sheets,)
        Who rated; 0, 1, 2 and so on where nobody said.
    kind : int8 array of shape (sheets,), or None
        0 third party, 1 internal, 2 self-assessment.
    evidence : int8 array of shape (sheets, items), or None
        0 none, 1 statement, 2 document, 3 record, 4 metric.
    notes, frame
        What policies did, counted; the kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> ratings = [[3, 2, 2, 2, 1, 3, 3, 2, 3, 2, 2, 2, 3, 2, 3, 2, 2, 1, 2, 2]]
    >>> found = cv.maturity.assess("customer-management", ratings)
    >>> round(float(found.value[0]), 3), found.level.tolist(), found.suggested_level.tolist()
    (2.278, [1.0], [2.0])
    """

    @functools.cached_property
    def _tree(self) -> Tree:
        return tree_of(self.model)

    @functools.cached_property
    def _all_scores(self) -> tuple[Array, Array]:
        return self._scores()

    def _blocks(self, formula: Callable[[Array], tuple[Array, Array]]) -> tuple[Array, Array]:
        """Return a formula of ratings, for components and the whole, block by block."""
        parts, overall = np.empty((len(self.model.components), len(self))), np.empty(len(self))

        def task(a: int, b: int) -> None:
            parts[:, a:b], overall[a:b] = formula(self._resolved.rating[:, a:b])

        over_ranges(task, len(self), max(1, CELLS // len(self.model.items)))
        return frozen(parts), frozen(overall)

    def _scores(self, unrated: float | None = None) -> tuple[Array, Array]:
        model, tree = self.model, self._tree
        return self._blocks(lambda r: all_scores(model, tree, counted(model, r, unrated)))

    @functools.cached_property
    def _worst_levels(self) -> tuple[Array, Array]:
        return self._blocks(lambda r: levels(self.model, self._tree, r))

    @property
    def value(self) -> Array:
        """Overall score of each organisation, by the aggregates of the model; NaN of nothing."""
        return self._all_scores[1]

    @property
    def component_scores(self) -> Array:
        """Scores of shape (organisations, components)."""
        return np.asarray(self._all_scores[0].T)

    @functools.cached_property
    def _ends(self) -> tuple[Array, Array]:
        """Lowest and highest score possible, of each component and, last, overall."""
        scale, items = self.model.scale, len(self.model.items)
        ends = np.broadcast_to([scale.lowest, scale.highest], (items, 2))
        parts, overall = all_scores(self.model, self._tree, ends)
        low, high = np.vstack([parts, overall]).T
        return low, high

    @property
    def index(self) -> Array:
        """Overall score in percent of the highest possible."""
        return np.asarray(100.0 * self.value / self._ends[1][-1])

    def bounds(self) -> tuple[Array, Array]:
        """Return the overall score if what nobody rated were at its worst, and at its best."""
        scale = self.model.scale
        return self._scores(scale.lowest)[1], self._scores(scale.highest)[1]

    @property
    def level(self) -> Array:
        """Level of each organisation, by the gate of the model; NaN without one.

        Never derived from a mean: what nobody rated counts as the lowest rating.
        """
        return self._worst_levels[1]

    @property
    def component_levels(self) -> Array:
        """Levels of shape (organisations, components); NaN where nothing applies."""
        return np.asarray(self._worst_levels[0].T)

    @property
    def suggested_level(self) -> Array:
        """Level that the mean of all items suggests, in which they make up for each other.

        At least `level`: the difference is what a mean hides.
        """
        model, tree = self.model, self._tree
        return self._blocks(lambda r: levels(model, tree, levelled(model, tree, r)))[1]

    def level_bounds(self) -> tuple[Array, Array]:
        """Return the level if what nobody rated were at its worst (`level`), and at its best."""
        model, tree = self.model, self._tree
        return self.level, self._blocks(lambda r: levels(model, tree, r, best=True))[1]

    @property
    def coverage(self) -> Array:
        """Share of the items that apply which somebody rated; NaN where none applies."""
        rating = self._resolved.rating
        applies = (rating != NOT_APPLICABLE).sum(axis=0)
        return np.asarray(_proportion.share((rating >= 0).sum(axis=0), applies))

    # ---- assessors

    @functools.cached_property
    def assessor_scores(self) -> Array:
        """Overall score by each assessor alone, of shape (sheets,); NaN of nothing."""
        rating = np.ascontiguousarray(self._capped(slice(None)).T)
        some = counted(self.model, rating)
        return frozen(all_scores(self.model, self._tree, some)[1])

    def interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """Return Student's interval of the mean score of assessors like these, on the scale.

        Assessors count as a sample of those who might have been asked; NaN with fewer than two. It
        is around the mean of their own scores, which is `value` where the model takes the mean and
        nothing is missing.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        """
        from scipy.special import stdtrit

        _proportion.normal_quantile(level)  # refuses what is no level
        score = self.assessor_scores
        known = ~np.isnan(score)
        owner, mine = self.owner[known], score[known]
        n = np.bincount(owner, minlength=len(self)).astype(np.float64)
        mean = np.bincount(owner, mine, len(self)) / np.where(n > 0, n, np.nan)
        rest = np.bincount(owner, (mine - mean[owner]) ** 2, len(self))
        free = np.where(n > 1, n - 1.0, np.nan)
        half = -stdtrit(free, (1.0 - level) / 2.0) * np.sqrt(rest / free / n)
        lowest, highest = (end[-1] for end in self._ends)
        return np.maximum(mean - half, lowest), np.minimum(mean + half, highest)

    def plot(self, ax: Any = None, **options: Any) -> Any:
        """Draw it; see `custvalue.plot.maturity_profile`."""
        from custvalue.plot import maturity_profile

        return maturity_profile(self, ax, **options)

    def _head(self) -> dict[str, Any]:
        facts = {"model": f"{self.model.id} {self.model.version}", "organisations": len(self)}
        if len(self) == 1:
            facts |= {"score": float(self.value[0]), "level": float(self.level[0])}
        return {**facts, **self.notes}

    def _table(self) -> dict[str, Any]:
        low, high = self.bounds()
        table = {
            "organisation": self.organisation,
            "assessors": np.bincount(self.owner, minlength=len(self)),
            "score": self.value,
            "score_at_worst": low,
            "score_at_best": high,
            "index": self.index,
            "coverage": self.coverage,
        }
        if self.model.rules.overall_level == "none":
            return table
        return table | {
            "level": self.level,
            "level_at_best": self.level_bounds()[1],
            "suggested_level": self.suggested_level,
        }

    def components_frame(self, language: str = "en") -> Any:
        """Return a row for each organisation and component: score, in percent, level.

        Parameters
        ----------
        language : str
            Of the names, such as "en" or "zh".
        """
        parts, count = self.model.components, len(self)
        table = {
            "organisation": np.repeat(self.organisation, len(parts)),
            "component": np.tile(np.array(self.model.component_ids, dtype=object), count),
            "name": np.tile(names_of(parts, language), count),
            "score": self.component_scores.ravel(),
            "index": (100.0 * self.component_scores / self._ends[1][:-1]).ravel(),
        }
        if self.model.rules.level != "none":
            table["level"] = self.component_levels.ravel()
        return self._framed(table)

    def items_frame(self, language: str = "en") -> Any:
        """Return a row for each organisation and item: its rating and band.

        Parameters
        ----------
        language : str
            Of the names, such as "en" or "zh".
        """
        items, count, rating = self.model.items, len(self), self.ratings.ravel()
        owners = np.array([item.component for item in items], dtype=object)
        return self._framed({
            "organisation": np.repeat(self.organisation, len(items)),
            "component": np.tile(owners, count),
            "item": np.tile(np.array(self.model.item_ids, dtype=object), count),
            "name": np.tile(names_of(items, language), count),
            "rating": np.where(rating < 0, np.nan, rating),
            "band": bands_of(self.model.scale, rating),
        })  # fmt: skip
