"""Gaps to a target, percent to target, and progress since a baseline."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, ArrayLike, common_shape, number, of_type, within
from custvalue._record import Record
from custvalue._tally import as_column
from custvalue.errors import InvalidDataError, message
from custvalue.maturity._assessment import Assessment
from custvalue.maturity._resolve import NOT_APPLICABLE
from custvalue.maturity._scale import TOLERANCE

Column = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class TargetGap(Record):
    """How far organisations are from a target, item by item.

    Attributes
    ----------
    organisation : array of shape (organisations,)
        Names.
    item : array of shape (items,)
        Ids.
    rating : float array of shape (organisations, items)
        What is not rated counts as the lowest rating.
    target : float array of shape (organisations, items)
        Rating aimed at; 0 for what does not apply.
    weight : float array of shape (items,)
        Of items.

    Examples
    --------
    >>> import custvalue as cv
    >>> gap = cv.maturity.TargetGap(["we"], ["plan", "review"], [[3, 5]], [[4, 4]], [1, 1])
    >>> gap.gap.tolist(), gap.value.tolist()
    ([[1.0, 0.0]], [0.875])
    """

    organisation: Column
    item: Column
    rating: Array
    target: Array
    weight: Array
    frame: str = dataclasses.field(default="pandas", kw_only=True, compare=False)

    _columns: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        for name in ("organisation", "item"):
            object.__setattr__(self, name, as_column(name, getattr(self, name)))
        for name in ("rating", "target", "weight"):
            object.__setattr__(self, name, within(name, getattr(self, name), 0.0))
        shape = (len(self.organisation), len(self.item))
        if {self.rating.shape, self.target.shape} != {shape} or self.weight.shape != shape[1:]:
            shapes = {
                name: np.shape(getattr(self, name)) for name in ("rating", "target", "weight")
            }
            rule = "must be of shape (organisations, items)"
            raise InvalidDataError(message("TargetGap", rule, value=shapes))
        super().__post_init__()

    @property
    def gap(self) -> Array:
        """Target less rating, at least 0: what exceeds its target makes up for nothing."""
        away = self.target - self.rating
        return np.where(away > TOLERANCE, away, 0.0)

    @property
    def value(self) -> Array:
        """Percent to target of each organisation, 1 - sum of gaps / sum of targets, weighted.

        OWASP SAMM, "relative scoring". NaN where no target is above 0.
        """
        aim = self.target @ self.weight
        missing = self.gap @ self.weight
        done = np.divide(missing, aim, out=np.full(len(aim), np.nan), where=aim > 0)
        return np.asarray(1.0 - done)

    def _head(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"organisations": len(self.organisation), "items": len(self.item)}
        return facts | ({"to_target": float(self.value[0])} if len(self.organisation) == 1 else {})

    def _table(self) -> dict[str, Any]:
        count = len(self.organisation)
        return {
            "organisation": np.repeat(self.organisation, len(self.item)),
            "item": np.tile(self.item, count),
            "rating": self.rating.ravel(),
            "target": self.target.ravel(),
            "gap": self.gap.ravel(),
        }


def target_gap(assessment: Assessment, target: Any = None) -> TargetGap:
    """Return how far organisations are from a target.

    Parameters
    ----------
    assessment : Assessment
        From `assess`.
    target : float or mapping of str to float, optional
        Rating aimed at: of all items; or by item, where those that are not named have the target of
        the model or none. By default the targets of the model.

    Returns
    -------
    TargetGap
        With `gap` and `value`, the percent to target.

    Raises
    ------
    InvalidDataError
        If there is no target, one is off the scale, or an item is unknown.

    Notes
    -----
    What nobody rated counts as the lowest rating. What does not apply has no target, unless the
    model counts it as the lowest rating.

    References
    ----------
    OWASP SAMM, "relative scoring": the recommended way to treat what does not apply is a target of
    0, not a full score.

    Examples
    --------
    >>> import custvalue as cv
    >>> found = cv.maturity.assess("value-crm", [[3] * 15])
    >>> gap = cv.maturity.target_gap(found, 4)
    >>> float(gap.value[0]), float(gap.gap.sum())
    (0.75, 15.0)
    """
    of_type("assessment", assessment, Assessment, "It comes from maturity.assess(...).")
    model = assessment.model
    aims = targets(assessment, target)
    if np.isnan(aims).all():
        hint = "Pass target=, or give the items of the model targets."
        raise InvalidDataError(message("target", "must be given for an item at least", hint=hint))
    rating, lowest = assessment.ratings, model.scale.lowest
    outside = rating == NOT_APPLICABLE
    every = np.broadcast_to(np.nan_to_num(aims), rating.shape)
    if model.rules.not_applicable != "zero":
        every = np.where(outside, 0.0, every)
    return TargetGap(
        assessment.organisation,
        np.array(model.item_ids, dtype=object),
        np.where(np.isnan(rating) | outside, lowest, rating),
        every,
        np.array([item.weight for item in model.items]),
        frame=assessment.frame,
    )


def targets(assessment: Assessment, target: Any) -> Array:
    """Return the target of each item, NaN where there is none."""
    model, scale = assessment.model, assessment.model.scale
    own = np.array([np.nan if i.target is None else i.target for i in model.items])
    if target is None:
        return own
    if not isinstance(target, Mapping):
        aim = number("target", target, scale.lowest, scale.highest)
        return np.full(len(own), aim)
    for name, value in target.items():
        if name not in model.item_ids:
            rule = "must name items of the model"
            raise InvalidDataError(message("target", rule, value=name))
        aim = number(f"target of {name}", value, scale.lowest, scale.highest)
        own[model.item_ids.index(name)] = aim
    return own


def progress_to_date(baseline: ArrayLike, current: ArrayLike, target: ArrayLike) -> Array:
    """Return the share of the way from a baseline to a target that is done.

    Parameters
    ----------
    baseline, current, target : array_like
        Scores: at the start, now, and aimed at. Shapes broadcast.

    Returns
    -------
    float array
        (current - baseline) / (target - baseline): negative after a step back, above 1 beyond the
        target; NaN where the target is the baseline.

    Raises
    ------
    InvalidDataError
        If a score is not finite.

    References
    ----------
    OWASP SAMM, "relative scoring", which prints the example below as .55.

    Examples
    --------
    >>> import custvalue as cv
    >>> round(float(cv.maturity.progress_to_date(0.625, 1.25, 1.75)), 6)
    0.555556
    """
    start, now, aim = (
        within(name, value)
        for name, value in (("baseline", baseline), ("current", current), ("target", target))
    )
    common_shape(baseline=start, current=now, target=aim)
    done, way = np.broadcast_arrays(now - start, aim - start)
    return np.asarray(np.divide(done, way, out=np.full(way.shape, np.nan), where=way != 0))[()]
