"""Targets of weighting: the share of each cell in the population, matched to the cells found."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, number
from custvalue._groups import Groups
from custvalue.errors import InvalidDataError, message

_ROUNDING = 1e-3  # published shares are rounded; they need not add to 1 exactly


@dataclasses.dataclass(frozen=True)
class Margin:
    """The cell of each row, and the label and target share of each cell."""

    codes: npt.NDArray[np.integer[Any]]
    labels: tuple[str, ...]
    target: Array
    name: str


def margin_of(groups: Groups, population: Any, base: Array | None = None) -> Margin:
    """Return cells with their targets.

    With base weights each cell must have some; without them cells without rows are added.
    """
    name = ", ".join(groups.labels)
    cells = list(zip(*(column.tolist() for column in groups.labels.values()), strict=True))
    found = [cell[0] if len(groups.labels) == 1 else cell for cell in cells]
    shares = target_shares(name, population)
    unknown = [label for label in found if label not in shares]
    if unknown:
        hint = "Give its share in the population, or leave the rows out."
        rule = "has answers from a cell without a target"
        raise InvalidDataError(message(name, rule, value=unknown, hint=hint))
    if base is None:
        found += [label for label in shares if label not in set(found)]
    else:
        mass = np.bincount(groups.codes, base, len(found))
        there = {label for label, total in zip(found, mass, strict=True) if total > 0}
        empty = [label for label in shares if label not in there]
        if empty:
            hint = "Merge it with another cell: no weight makes up for nobody."
            rule = "has a target for a cell without answers"
            raise InvalidDataError(message(name, rule, value=empty, hint=hint))
    target = np.array([shares[label] for label in found], dtype=np.float64)
    return Margin(groups.codes, tuple(cell_name(label) for label in found), target, name)


def cell_name(label: Any) -> str:
    """Return the label or labels of a cell as one text."""
    return ", ".join(map(str, label)) if isinstance(label, tuple) else str(label)


def target_shares(name: str, population: Any) -> dict[Any, float]:
    """Return the share of each label in the population; refuse shares that do not add to 1."""
    if not isinstance(population, Mapping) or not population:
        rule = "must have a mapping of labels to shares or counts as its target"
        raise InvalidDataError(message(name, rule, value=type(population).__name__))
    numbers = {
        label: number(f"target of {label!r}", share, 0.0, open_low=True)
        for label, share in population.items()
    }
    total = sum(numbers.values())
    if max(numbers.values()) < 1.0 and abs(total - 1.0) > _ROUNDING:
        hint = "Give all shares, or counts."
        raise InvalidDataError(
            message(name, "must have shares that add to 1", value=total, hint=hint)
        )
    return {label: share / total for label, share in numbers.items()}
