"""Names beside points, placed so that they cover neither each other nor the points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from custvalue._check import Array
from custvalue.plot._names import widest, wrapped_names

_DIRECTIONS = ((1, 0.6), (-1, 0.6), (1, -0.6), (-1, -0.6), (0, 1), (0, -1), (1, 0), (-1, 0))
_REACHES = (5.0, 14.0, 26.0, 40.0, 56.0, 74.0)  # points of type from the point to its name
_LED = 10.0  # from here on a line leads to the name
_CROWD = 12  # names: more are written smaller


def label_points(
    ax: Any,
    x: Array,
    y: Array,
    names: Any,
    corners: Mapping[str, tuple[int, int]],
    cuts: tuple[float, float],
) -> None:
    """Write names beside points, within the picture, words in its corners, and lines across it.

    Each name goes to the nearest of some places around its point where it covers nothing, or else
    where it covers least. The limits of the axes, and all that stands around them,
    must be final.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    x, y : float arrays
        The points.
    names : sequence
        One for each.
    corners : mapping of str to (0 or 1, 0 or 1)
        What is written in which corner; 0 is left or below.
    cuts : tuple of float
        Where the lines are on the horizontal and on the vertical axis.
    """
    from matplotlib.patheffects import withStroke

    engine = ax.figure.get_layout_engine()
    if engine is not None:  # the axes get the size that they will have
        engine.execute(ax.figure.figure)
    scale = 72.0 / ax.figure.dpi
    frame = np.asarray(ax.bbox.extents) * scale
    points = ax.transData.transform(np.column_stack([x, y])) * scale
    taken = [np.array([px - 4, py - 4, px + 4, py + 4]) for px, py in points]
    ax.axvline(cuts[0], color="0.5", linewidth=0.8)
    ax.axhline(cuts[1], color="0.5", linewidth=0.8)
    across, up = ax.transData.transform(cuts) * scale
    taken.append(np.array([across - 0.25, frame[1], across + 0.25, frame[3]]))
    taken.append(np.array([frame[0], up - 0.25, frame[2], up + 0.25]))
    for word, corner in corners.items():
        where = [0.98 if end else 0.02 for end in corner]
        sides = ("left", "right")[corner[0]], ("bottom", "top")[corner[1]]
        ax.text(*where, word, transform=ax.transAxes, ha=sides[0], va=sides[1], color="0.4",
                fontsize=9)  # fmt: skip
        size = _size(word, 9)
        low = frame[:2] + np.array(where) * (frame[2:] - frame[:2]) - np.array(corner) * size
        taken.append(np.concatenate([low, low + size]))
    font = 9 if len(names) <= _CROWD else 7
    halo = [withStroke(linewidth=3.0, foreground="white")]  # lines do not cross names
    texts = wrapped_names(names, 26)
    for text, at, point in zip(texts, zip(x, y, strict=True), points, strict=True):
        size = _size(text, font)
        found = [(np.array(way), reach) for reach in _REACHES for way in _DIRECTIONS]
        boxes = np.array([_box(point, way, reach, size) for way, reach in found])
        far = np.array([reach for _, reach in found])
        cost = far + 4.0 * _covered(boxes, np.array(taken)) + _outside(boxes, frame)
        best = int(np.argmin(cost))
        led = found[best][1] > _LED
        taken.append(boxes[best])
        line = {"arrowstyle": "-", "color": "0.5", "linewidth": 0.6, "shrinkA": 0, "shrinkB": 3}
        middle = (boxes[best, :2] + boxes[best, 2:]) / 2.0 - point
        ax.annotate(text, at, xytext=tuple(middle), textcoords="offset points", ha="center",
                    va="center", fontsize=font, arrowprops=line if led else None,
                    path_effects=halo)  # fmt: skip


def _size(text: str, font: float) -> Array:
    """Return about how wide and high a text is, in points."""
    return np.array([0.62 * widest([text]), 1.4 * (1 + text.count("\n"))]) * font


def _box(point: Array, way: Array, reach: float, size: Array) -> Array:
    """Return left, bottom, right and top of a text in a direction from a point."""
    middle = point + way * (reach + size / 2.0)
    return np.concatenate([middle - size / 2.0, middle + size / 2.0])


def _covered(boxes: Array, taken: Array) -> Array:
    """Return the area that each box shares with those that are taken."""
    low = np.maximum(boxes[:, None, :2], taken[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], taken[None, :, 2:])
    return np.asarray(np.maximum(high - low, 0.0).prod(axis=-1).sum(axis=1))


def _outside(boxes: Array, frame: Array) -> Array:
    """Return how far each box is outside the picture, as an area that is worse than covering."""
    out = np.maximum(frame[:2] - boxes[:, :2], 0.0) + np.maximum(boxes[:, 2:] - frame[2:], 0.0)
    return np.asarray(100.0 * out.sum(axis=1))
