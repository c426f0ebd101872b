"""Scores and levels of maturity as a user would write them by hand, for one model only.

All weights are 1, what nobody rated is left out of scores, and the weakest item decides the level:
the rules of "customer-management".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

Array = npt.NDArray[np.float64]
Parts = Mapping[str, Sequence[int]]  # components -> places of their items
LIFECYCLE = "lifecycle."  # its parts come together before it joins the others


def numpy_maturity(ratings: Array, parts: Parts) -> tuple[Array, Array]:
    """Return scores and levels of ratings of (organisations, assessors, items)."""
    rated = ~np.isnan(ratings)
    count = rated.sum(axis=1)
    total = np.where(rated, ratings, 0.0).sum(axis=1)
    items = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    means = {name: _mean(items[:, places]) for name, places in parts.items()}
    below = _mean(np.column_stack([m for name, m in means.items() if name.startswith(LIFECYCLE)]))
    tops = [m for name, m in means.items() if not name.startswith(LIFECYCLE)]
    level = np.floor(np.nan_to_num(items).min(axis=1) + 1e-9)
    return _mean(np.column_stack([*tops, below])), level


def _mean(values: Array) -> Array:
    known = ~np.isnan(values)
    count = known.sum(axis=1)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)


def pandas_maturity(sheets: pd.DataFrame, parts: Parts) -> tuple[Array, Array]:
    """Return scores and levels of a table with a row for each organisation and assessor."""
    import pandas as pd

    items = sheets.groupby("organisation").mean()
    names = items.columns.to_numpy()
    means = pd.DataFrame({name: items[names[list(p)]].mean(axis=1) for name, p in parts.items()})
    below = [name for name in means if name.startswith(LIFECYCLE)]
    tops = means.drop(columns=below).assign(lifecycle=means[below].mean(axis=1))
    level = np.floor(items.fillna(0.0).min(axis=1) + 1e-9)
    return tops.mean(axis=1).to_numpy(), level.to_numpy()


def weighted_sums(ratings: Array, weights: Array) -> Array:
    return (ratings * weights).sum(axis=-1)
