"""Tables of an evaluation: of its indicators, dimensions and goals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from custvalue._declared import spoken
from custvalue.scorecard.threshold import words

if TYPE_CHECKING:
    from custvalue.scorecard.evaluation import Evaluation

Column = npt.NDArray[Any]


def indicators(found: Evaluation, language: str) -> dict[str, Any]:
    """Return a row for each unit and indicator."""
    ones, count = found.system.indicators, len(found)
    text = {
        "dimension": [one.dimension for one in ones],
        "indicator": [one.id for one in ones],
        "name": [spoken(one.name, language) for one in ones],
    }
    table = _unit_rows(found, len(ones))
    table |= {key: np.tile(np.array(v, dtype=object), count) for key, v in text.items()}
    table |= {"value": found.reading.T.ravel(), "lower": found.lower.T.ravel(),
              "upper": found.upper.T.ravel(),
              "status": words(found.status_codes.T.ravel(), language),
              "certain": found.certain.T.ravel()}  # fmt: skip
    table |= {n: getattr(found, n).T.ravel() for n in ("target", "warning", "floor")}
    table |= {"score": found.scores.T.ravel(), "age": found.age.T.ravel(),
              "stale": found.stale.T.ravel()}  # fmt: skip
    if found.evidence:
        said = [found.evidence.get(one.id, "") for one in ones]
        table["evidence"] = np.tile(np.array(said, dtype=object), count)
    return table


def dimensions(found: Evaluation, language: str) -> dict[str, Any]:
    """Return a row for each unit and dimension, and one for the whole."""
    parts = found.system.dimensions
    names = [*(spoken(part.name, language) for part in parts),
             "总体" if language == "zh" else "Overall"]  # fmt: skip
    ids = [*found.system.dimension_ids, "overall"]
    score = np.vstack([found.dimension_scores, np.atleast_1d(found.value)])
    total = sum(part.weight for part in parts)
    weight = [*(part.weight / total for part in parts), 1.0]
    low, high = found.score_bounds()
    return {
        **_unit_rows(found, len(ids)),
        "dimension": np.tile(np.array(ids, dtype=object), len(found)),
        "name": np.tile(np.array(names, dtype=object), len(found)),
        "weight": np.tile(np.array(weight), len(found)),
        "score": score.T.ravel(), "lower": low.T.ravel(), "upper": high.T.ravel(),
    }  # fmt: skip


def goals(found: Evaluation, language: str) -> dict[str, Any]:
    """Return a row for each unit and goal."""
    aims = found.system.goals
    names = [spoken(goal.name, language) for goal in aims]
    return {
        **_unit_rows(found, len(aims)),
        "goal": np.tile(np.array([goal.id for goal in aims], dtype=object), len(found)),
        "name": np.tile(np.array(names, dtype=object), len(found)),
        "score": found.goal_scores.T.ravel(),
    }  # fmt: skip


def _unit_rows(found: Evaluation, rows: int) -> dict[str, Column]:
    """Return the labels of units, unless there is one that has none."""
    if len(found) == 1 and found.unit[0] == "":
        return {}
    return {"unit": np.repeat(found.unit, rows)}
