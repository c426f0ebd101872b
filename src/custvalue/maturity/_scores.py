"""Scores and levels of components and of the whole, from one rating of each item.

All arrays here have items, components or levels first and organisations last.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from custvalue._aggregate import aggregate
from custvalue._check import Array
from custvalue.maturity._resolve import NOT_APPLICABLE
from custvalue.maturity.model import MaturityModel

Places = npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Tree:
    """The structure of a model as places in arrays.

    Attributes
    ----------
    items, below, parts : tuples of int arrays
        Of each component: its own items; all items in it and its parts; its parts.
    top : int array
        Components without a parent.
    order : tuple of int
        Components, each after its parts.
    item_weight, part_weight : float arrays
        Weights of items and components.
    """

    items: tuple[Places, ...]
    below: tuple[Places, ...]
    parts: tuple[Places, ...]
    top: Places
    order: tuple[int, ...]
    item_weight: Array
    part_weight: Array


def tree_of(model: MaturityModel) -> Tree:
    """Return the structure of a model."""
    place = {name: i for i, name in enumerate(model.component_ids)}
    owner = np.array([place[item.component] for item in model.items])
    parent = np.array([place.get(part.parent, -1) for part in model.components])
    items = [np.flatnonzero(owner == i) for i in range(len(place))]
    parts = [np.flatnonzero(parent == i) for i in range(len(place))]
    top = np.flatnonzero(parent == -1)
    order: list[int] = top.tolist()
    for i in order:  # grows while it is read; reversed each comes after its parts
        order.extend(parts[i].tolist())
    order.reverse()
    below = list(items)
    for i in order:
        below[i] = np.concatenate([items[i], *(below[part] for part in parts[i].tolist())])
    return Tree(
        items=tuple(items),
        below=tuple(below),
        parts=tuple(parts),
        top=top,
        order=tuple(order),
        item_weight=np.array([item.weight for item in model.items]),
        part_weight=np.array([part.weight for part in model.components]),
    )


def all_scores(model: MaturityModel, tree: Tree, rating: Array) -> tuple[Array, Array]:
    """Return scores of (components, organisations) and overall; what is NaN does not count."""
    found = np.full((len(tree.items), *rating.shape[1:]), np.nan)
    rules, most = model.rules, np.empty(len(tree.items))
    for i in tree.order:
        mine, parts = tree.items[i], tree.parts[i]
        if len(mine):
            weights = tree.item_weight[mine]
            found[i] = aggregate(rating[mine], weights, rules.item_to_component)
            every = np.full(len(mine), model.scale.highest)
            most[i] = aggregate(every, weights, rules.item_to_component)
        else:
            found[i], most[i] = _joined(model, tree, found, most, parts)
    return found, _joined(model, tree, found, most, tree.top)[0]


def _joined(
    model: MaturityModel, tree: Tree, found: Array, most: Array, parts: Places
) -> tuple[Array, Array]:
    """Return the score that parts come to, and the highest possible.

    Where some are left out the score is the same share of the highest possible as that of the
    others, else it would rise by leaving out components that add up fewer items.
    """
    how, weights, scores, highest = (
        model.rules.component_to_overall, tree.part_weight[parts], found[parts], most[parts]
    )  # fmt: skip
    joined, possible = aggregate(scores, weights, how), aggregate(highest, weights, how)
    if (highest != highest[0]).any():
        absent = np.isnan(scores)
        if absent.any():
            each = highest.reshape(-1, *([1] * (scores.ndim - 1)))
            joined = joined * (possible / aggregate(np.where(absent, np.nan, each), weights, how))
    return joined, possible


def counted(model: MaturityModel, rating: Array, unrated: float | None = None) -> Array:
    """Return ratings as they count in scores: NaN where an item is left out.

    `unrated` counts for items that nobody rated; None: what the rules say.
    """
    rules, lowest = model.rules, model.scale.lowest
    if unrated is None:
        unrated = np.nan if rules.missing == "exclude" else lowest
    outside = np.nan if rules.not_applicable == "exclude_reweight" else lowest
    used = rating if np.isnan(unrated) else np.where(np.isnan(rating), unrated, rating)
    return np.where(rating == NOT_APPLICABLE, outside, used)


def required(model: MaturityModel) -> Array:
    """Return what each item must exceed for each level from 1 on, of shape (levels, items)."""
    rules, scale, highest = model.rules, model.scale, len(model.levels) - 1
    needed = np.full((max(highest, 0), len(model.items)), -np.inf)
    for level in range(1, highest + 1):
        for place, item in enumerate(model.items):
            if rules.level == "rated":
                needed[level - 1, place] = scale.above(level)
            elif item.level is not None and item.level < level:
                needed[level - 1, place] = scale.above(rules.level_below_accepts)
            elif item.level == level:
                needed[level - 1, place] = scale.above(rules.level_accepts)
    return needed


def ceilings(model: MaturityModel, tree: Tree) -> tuple[Array, int]:
    """Return the highest level that each component can show, and that of the whole."""
    highest = max(len(model.levels) - 1, 0)
    if model.rules.level != "placed":
        return np.full(len(tree.items), highest, dtype=np.float64), highest
    stands = np.array([item.level or 0 for item in model.items])
    return np.array([stands[below].max() for below in tree.below], dtype=np.float64), int(
        stands.max()
    )


def for_levels(model: MaturityModel, rating: Array, *, best: bool = False) -> Array:
    """Return ratings as they count for levels: what is not rated as the lowest, or the best.

    What does not apply stands in nobody's way, unless the rules count it as the lowest.
    """
    lowest = model.scale.lowest
    outside = lowest if model.rules.not_applicable == "zero" else np.inf
    filled = np.where(np.isnan(rating), np.inf if best else lowest, rating)
    return np.where(rating == NOT_APPLICABLE, outside, filled)


def levels(
    model: MaturityModel, tree: Tree, rating: Array, *, best: bool = False
) -> tuple[Array, Array]:
    """Return levels of (components, organisations) and overall; NaN where there is none.

    A level is reached if all items exceed what it requires; requirements rise with the level, so
    that none is skipped. Where no item of a component applies it has no level.
    """
    found = np.zeros((len(tree.items), *rating.shape[1:]))
    overall = np.zeros(rating.shape[1:])
    if model.rules.level == "none":
        return np.full_like(found, np.nan), np.full_like(overall, np.nan)
    values = for_levels(model, rating, best=best)
    for needed in required(model):
        passed = values > needed.reshape(-1, *([1] * (rating.ndim - 1)))
        for i, below in enumerate(tree.below):
            found[i] += passed[below].all(axis=0)
        overall += passed.all(axis=0)
    most, overall_most = ceilings(model, tree)
    np.minimum(found, most.reshape(-1, *([1] * (rating.ndim - 1))), out=found)
    outside = rating == NOT_APPLICABLE
    if outside.any() and model.rules.not_applicable != "zero":
        for i, below in enumerate(tree.below):
            found[i][outside[below].all(axis=0)] = np.nan
        overall[outside.all(axis=0)] = np.nan
    if model.rules.overall_level == "min":
        return found, np.asarray(np.fmin.reduce(found[tree.top]))
    if model.rules.overall_level == "gate":
        return found, np.minimum(overall, overall_most)
    return found, np.full_like(overall, np.nan)


def effective_weights(tree: Tree) -> Array:
    """Return the weight of each item in the overall weighted mean; they sum to 1."""
    part = np.zeros(len(tree.items))
    top = tree.part_weight[tree.top]
    part[tree.top] = top / top.sum()
    out = np.zeros(len(tree.item_weight))
    for i in reversed(tree.order):
        own, parts = tree.items[i], tree.parts[i]
        if len(own):
            out[own] = part[i] * tree.item_weight[own] / tree.item_weight[own].sum()
        else:
            part[parts] = part[i] * tree.part_weight[parts] / tree.part_weight[parts].sum()
    return out


def levelled(model: MaturityModel, tree: Tree, rating: Array) -> Array:
    """Return ratings in which all items make up for each other.

    Each rating becomes the weighted mean of all, of those on its level where the rules place items
    on levels: what `levels` makes of it is what the mean suggests.
    """
    lowest = model.scale.lowest
    values = np.where(np.isnan(rating), lowest, rating)
    if model.rules.not_applicable == "zero":
        values = np.where(rating == NOT_APPLICABLE, lowest, values)
    stands = np.array([item.level or 0 for item in model.items])
    weight, out = effective_weights(tree), values.copy()
    for level in np.unique(stands):
        mine = np.flatnonzero(stands == level)
        some, weights = values[mine], weight[mine]
        applies = some != NOT_APPLICABLE
        known = np.where(applies, some, np.nan)
        mean = aggregate(known, weights, "weighted_mean")
        if np.isnan(mean).any():  # none that applies has a weight: all have the same
            equal = aggregate(known, np.ones(len(mine)), "weighted_mean")
            mean = np.where(np.isnan(mean), equal, mean)
        out[mine] = np.where(applies, mean, some)
    return out
