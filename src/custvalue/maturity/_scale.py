"""The scale of ratings: bands with codes and points, and what a number on it means."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array
from custvalue._declared import Node, refuse_repeats

KINDS = ("achievement", "ordinal", "binary")
TOLERANCE = 1e-9  # a mean of equal ratings is still in their band
_APART = 1e-6  # bands, so that none is within the tolerance of another
_BINARY = ({"code": "no", "points": 0}, {"code": "yes", "points": 1})
_MOST = 1000.0


@dataclasses.dataclass(frozen=True)
class Band:
    """A step of a scale.

    Attributes
    ----------
    code : str
        Such as "L".
    points : float
        What a rating by code is worth.
    upto : float
        Highest number that is in the band; on an ordinal scale its points.
    name : mapping of str to str
        By language.
    """

    code: str
    points: float
    upto: float
    name: Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Scale:
    """Bands in ascending order.

    On an "achievement" scale any number from 0 to 1 is a rating and lies in the first band whose
    `upto` it does not exceed (ISO/IEC 33020: N up to 15 %, P 50 %, L 85 %, F 100 %). On an
    "ordinal" scale only the points of the bands are ratings; a mean between them is in the band
    that it has reached.
    """

    kind: str
    bands: tuple[Band, ...]
    origin: str

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the bands, ascending."""
        return tuple(band.code for band in self.bands)

    @property
    def points(self) -> Array:
        """Points of the bands."""
        return np.array([band.points for band in self.bands])

    @property
    def lowest(self) -> float:
        """The lowest rating possible."""
        return 0.0 if self.kind == "achievement" else self.bands[0].points

    @property
    def highest(self) -> float:
        """The highest rating possible."""
        return self.bands[-1].upto

    def above(self, band: int) -> float:
        """Return the number that a rating must exceed to be in a band or a better one."""
        if band == 0:
            return -np.inf
        if self.kind == "achievement":
            return self.bands[band - 1].upto + TOLERANCE
        return self.bands[band].points - TOLERANCE

    def place(self, ratings: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the band of each rating, -1 for NaN and for not applicable (below the scale)."""
        values = np.asarray(ratings, dtype=np.float64)
        found = np.full(values.shape, -1, dtype=np.int64)
        found[values >= self.lowest - TOLERANCE] = 0
        for band in range(1, len(self.bands)):
            found += values > self.above(band)
        return found


def bands_of(scale: Scale, ratings: Array) -> npt.NDArray[Any]:
    """Return the code of the band of each rating, None where nobody rated."""
    codes = np.array([*scale.codes, None], dtype=object)[scale.place(ratings)]
    codes[ratings < 0] = "not applicable"
    return np.asarray(codes)


def scale_of(node: Node) -> Scale:
    """Return the scale that a declaration describes."""
    keys = node.table(["kind"], ["bands", "origin"])
    kind = keys["kind"].choice(KINDS)
    if kind == "binary" and "bands" not in keys:
        keys["bands"] = Node(list(_BINARY), f"{node.where}.bands")
    if "bands" not in keys:
        node.refuse("must have bands", "Such as bands = [{ code = 'N', upto = 0.15, ... }].")
    rows = keys["bands"].rows()
    if len(rows) < 2 or (kind == "binary" and len(rows) != 2):
        keys["bands"].refuse("must be two bands" if kind == "binary" else "must be two or more")
    bands = tuple(_band(row, kind) for row in rows)
    refuse_repeats(rows, [band.code.strip().casefold() for band in bands], "a code")
    for before, after, row in zip(bands, bands[1:], rows[1:], strict=False):
        if after.points < before.upto + _APART:
            row.refuse(f"must have points above the band before it, by {_APART:g} at least")
    if kind == "achievement" and bands[-1].upto != 1.0:
        rows[-1].refuse("must reach up to 1, as the last band")
    if bands[-1].upto <= 0:
        rows[-1].refuse("must have points above 0, as the last band")
    return Scale(kind, bands, keys["origin"].text() if "origin" in keys else "")


def _band(node: Node, kind: str) -> Band:
    wanted: dict[str, Any] = (
        {"required": ["code", "points", "upto"], "optional": ["name"]}
        if kind == "achievement"
        else {"required": ["code", "points"], "optional": ["name"]}
    )
    keys = node.table(**wanted)
    high = 1.0 if kind == "achievement" else _MOST
    points = keys["points"].number(0.0, high)
    upto = keys["upto"].number(0.0, 1.0, open_low=True) if kind == "achievement" else points
    if points > upto:
        node.refuse("must have points inside the band")
    name = keys["name"].names() if "name" in keys else {}
    if _says_other(keys["code"].short(), points):
        hint = "Else the text '1' and the number 1 would be ratings in different bands."
        node.refuse("must have the points that its code says", hint)
    return Band(keys["code"].short(), points, upto, name)


def _says_other(code: str, points: float) -> bool:
    """Return whether a code is a number, but not that of the points."""
    try:
        return TOLERANCE < abs(float(code) - points) < math.inf  # "Inf" may be a word
    except ValueError:
        return False
