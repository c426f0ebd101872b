"""Upper convex hull of a rising curve: the corners at which a best cut can be."""

from __future__ import annotations

import numpy as np

from custvalue._check import Array

_WORTH_A_PASS = 0.2  # of the points removed; fewer are left to the loop


def upper_hull(x: Array, y: Array) -> tuple[Array, Array]:
    """Return the corners of the least concave curve above points with x and y both ascending.

    The first and the last point are corners. A point below the chord of its neighbours is none, so
    that all such points can go at once; what few remain after some passes go through Andrew's
    monotone chain.
    """
    while len(x) > 2:
        kept = np.ones(len(x), dtype=bool)
        dx, dy = np.diff(x), np.diff(y)
        kept[1:-1] = dy[:-1] * dx[1:] > dy[1:] * dx[:-1]
        x, y, before = x[kept], y[kept], len(x)
        if before - len(x) < _WORTH_A_PASS * before:
            break
    corners: list[tuple[float, float]] = []
    for point in zip(x.tolist(), y.tolist(), strict=True):
        while len(corners) > 1 and _below(corners[-2], corners[-1], point):
            corners.pop()
        corners.append(point)
    hull = np.array(corners)
    return hull[:, 0], hull[:, 1]


def _below(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    """Return whether b is no corner between a and c."""
    return (b[1] - a[1]) * (c[0] - b[0]) <= (c[1] - b[1]) * (b[0] - a[0])
