"""Task of maturity: scores and levels of organisations from the ratings of several assessors."""

from __future__ import annotations

from typing import Any

import numpy as np

import peers_maturity
from inputs import ASSESSORS, PRACTICES, Columns
from tasks import OURS, Contender, Task

_MODEL = "customer-management"


def _model() -> Any:
    import custvalue as cv

    return cv.maturity.load(_MODEL)


def _for_custvalue(columns: Columns) -> tuple[Any, ...]:
    return _model(), columns["rating"]


def _custvalue(model: Any, ratings: Any) -> Any:
    import custvalue as cv

    found = cv.maturity.assess(model, ratings)
    return found.value, found.level


def _parts() -> dict[str, list[int]]:
    owners: dict[str, list[int]] = {}
    for place, item in enumerate(_model().items):
        owners.setdefault(item.component, []).append(place)
    return owners


def _for_numpy(columns: Columns) -> tuple[Any, ...]:
    return columns["rating"], _parts()


def _for_pandas(columns: Columns) -> tuple[Any, ...]:
    import pandas as pd

    ratings = columns["rating"]
    sheets = pd.DataFrame(ratings.reshape(-1, PRACTICES), columns=_model().item_ids)
    sheets.insert(0, "organisation", np.repeat(np.arange(len(ratings)), ASSESSORS))
    return sheets, _parts()


def _scores(found: Any) -> Columns:
    return dict(zip(("score", "level"), found, strict=True))


TASKS = {
    "maturity": Task(
        f"Maturity of organisations by {ASSESSORS} assessors each, {PRACTICES} items",
        "sheets",
        (
            Contender(OURS, _for_custvalue, _custvalue, _scores),
            Contender("NumPy by hand", _for_numpy, peers_maturity.numpy_maturity, _scores),
            Contender("pandas by hand", _for_pandas, peers_maturity.pandas_maturity, _scores),
            Contender(
                "floor: weighted sum of the ratings",
                lambda columns: (columns["rating"], np.linspace(0.5, 1.5, PRACTICES)),
                peers_maturity.weighted_sums,
            ),
        ),
        {"score": 1e-12, "level": 0.0},
        "the score and the level of each organisation, by the model for customer management. "
        "custvalue's checks that all ratings are on the scale and keeps them, for what may be "
        "asked of an assessment later. Those by hand know this model's rules only.",
        sizes=("2.4k", "100k", "1M"),
    ),
}
