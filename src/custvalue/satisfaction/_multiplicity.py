"""Probabilities of many tests at once, corrected for their number."""

from __future__ import annotations

from typing import Any

import numpy as np

from custvalue._check import Array, one_of

CORRECTIONS = ("none", "holm", "benjamini-hochberg")


def corrected(p_values: Any, correction: str) -> Array:
    """Return corrected p-values; NaN stay NaN and are not counted as tests.

    Holm (1979) bounds the probability of any false alarm; Benjamini & Hochberg (1995) the expected
    share of false alarms among the alarms.
    """
    one_of("correction", correction, CORRECTIONS)
    p = np.asarray(p_values, dtype=np.float64)
    if correction == "none" or p.ndim == 0:
        return p
    out = np.full(p.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    rank = np.arange(1, len(order) + 1)
    if correction == "holm":
        found = np.maximum.accumulate(p[order] * (len(order) + 1 - rank))
    else:
        found = np.minimum.accumulate((p[order] * len(order) / rank)[::-1])[::-1]
    out[order] = np.minimum(found, 1.0)
    return out
