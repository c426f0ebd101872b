"""What a profile of maturity shows of an organisation: scores, scores at target, peers."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from custvalue._check import Array, of_type
from custvalue.errors import InvalidDataError, message
from custvalue.maturity import Assessment, TargetGap, target_gap
from custvalue.maturity._parts import names_of
from custvalue.maturity._scores import all_scores, counted
from custvalue.maturity.roadmap import place_of
from custvalue.plot._words import word

FEW = 5  # peers: of fewer no quartiles are shown, as `benchmark` says nothing of them


@dataclasses.dataclass(frozen=True)
class Standing:
    """The whole and its components, each component before its parts.

    Attributes
    ----------
    name : list of str
        In a language.
    depth : list of int
        0 for the whole and for components at the top, 1 for their parts, and so on.
    score, level : float arrays
        NaN where there is none.
    low, high : float arrays
        The lowest and the highest score possible.
    target : float array or None
        The score once every item that is below its target has reached it.
    quartiles : float array of shape (3, rows) or None
        Of the peers' scores; NaN of fewer than FEW.
    peers : int
        How many of them have an overall score.
    """

    name: list[str]
    depth: list[int]
    score: Array
    level: Array
    low: Array
    high: Array
    target: Array | None
    quartiles: Array | None
    peers: int

    def only(self, rows: list[int]) -> Standing:
        """Return some of the rows."""
        return dataclasses.replace(
            self,
            name=[self.name[i] for i in rows],
            depth=[self.depth[i] for i in rows],
            **{name: getattr(self, name)[rows] for name in ("score", "level", "low", "high")},
            target=None if self.target is None else self.target[rows],
            quartiles=None if self.quartiles is None else self.quartiles[:, rows],
        )


def standing(
    assessment: Assessment,
    organisation: Any,
    target: Any,
    peers: Any,
    language: str,
    same_names: bool = True,
) -> Standing:
    """Return what a profile shows of one organisation."""
    of_type("assessment", assessment, Assessment, "It comes from maturity.assess(...).")
    row, tree = place_of(assessment, organisation), assessment._tree
    order: list[int] = []
    depth = [0]

    def visit(part: int, deep: int) -> None:
        order.append(part)
        depth.append(deep)
        for below in tree.parts[part].tolist():
            visit(below, deep + 1)

    for top in tree.top.tolist():
        visit(top, 0)
    names = names_of(assessment.model.components, language)
    low, high = assessment._ends
    quartiles, count = None, 0
    if peers is not None:
        quartiles, count = _quartiles(assessment, row, peers, order, same_names)
    levels = assessment.component_levels[row, order]
    return Standing(
        name=[word("overall", language), *(str(names[i]) for i in order)],
        depth=depth,
        score=np.append(assessment.value[row], assessment.component_scores[row, order]),
        level=np.append(assessment.level[row], levels),
        low=low[[-1, *order]],
        high=high[[-1, *order]],
        target=None if target is None else _at_target(assessment, row, target, order),
        quartiles=quartiles,
        peers=count,
    )


def _at_target(assessment: Assessment, row: int, target: Any, order: list[int]) -> Array:
    """Return the scores that an organisation has once all its gaps are closed."""
    gap = target if isinstance(target, TargetGap) else target_gap(assessment, target)
    name, model = assessment.organisation[row], assessment.model
    mine = np.flatnonzero(gap.organisation == name)
    if gap.item.tolist() != list(model.item_ids) or len(mine) != 1:
        rule = f"must be of the same model, and of organisation {name!r}"
        raise InvalidDataError(message("target", rule, value=gap))
    closed = np.where(gap.gap[mine[0]] > 0, gap.target[mine[0]], assessment.ratings[row])
    parts, overall = all_scores(model, assessment._tree, counted(model, closed[:, None]))
    return np.append(overall[0], parts[order, 0])


def _quartiles(
    assessment: Assessment, row: int, peers: Any, order: list[int], same_names: bool
) -> tuple[Array, int]:
    """Return quartiles of the peers' scores; one of the same name is not its own peer."""
    hint = "A Benchmark keeps no quartiles: pass what assess(...) makes of the peers."
    of_type("peers", peers, Assessment, hint)
    if peers.model.hash != assessment.model.hash:
        rule = "must be assessed by the same model"
        raise InvalidDataError(message("peers", rule, value=peers.model.id))
    other = np.ones(len(peers), dtype=np.bool_)
    if same_names:
        other = np.asarray(peers.organisation != assessment.organisation[row])
    scores = np.column_stack([peers.value, peers.component_scores[:, order]])[other]
    known = (~np.isnan(scores)).sum(axis=0)
    if (known < FEW).all():
        rule = f"must be {FEW} or more others with a score"
        raise InvalidDataError(message("peers", rule, value=int(known.max(initial=0))))
    found = np.full((3, scores.shape[1]), np.nan)
    enough = known >= FEW
    found[:, enough] = np.nanpercentile(scores[:, enough], (25.0, 50.0, 75.0), axis=0)
    return found, int(known[0])
