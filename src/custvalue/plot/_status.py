"""Marks of a status that read in grey and by those who see no red or green: shape, sign, word."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any


@dataclasses.dataclass(frozen=True)
class Mark:
    """How a status is drawn: a marker of Matplotlib, a colour, and a sign inside."""

    marker: str
    colour: str
    sign: str


# Colours of Okabe and Ito (2008), "Color universal design", apart from grey and white; each
# shape and each sign is used once.
MARKS: Mapping[str, Mark] = {
    "good": Mark("o", "#009e73", "\u2713"),
    "fair": Mark("h", "#56b4e9", "+"),
    "watch": Mark("^", "#e69f00", "!"),
    "bad": Mark("s", "#d55e00", "\u2715"),
    "neutral": Mark("D", "0.75", "\u2013"),
    "unknown": Mark("p", "white", "?"),
    "none": Mark("", "none", ""),
}


def status_mark(ax: Any, row: float, status: str, text: str, offset: float = 12.0) -> Any:
    """Draw a status to the right of a row of a picture, with its word; return the word's text.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    row : float
        Place of the row on the vertical axis.
    status : str
        One of `MARKS`.
    text : str
        What is written beside the mark.
    offset : float
        Points between the picture and the middle of the mark.
    """
    from matplotlib.transforms import ScaledTranslation

    mark = MARKS[status]
    shift = ScaledTranslation(offset / 72.0, 0.0, ax.figure.dpi_scale_trans)
    place = ax.get_yaxis_transform() + shift
    size = 10 if mark.marker == "D" else 13  # a diamond is wider than others of its size
    ax.plot([1.0], [row], marker=mark.marker, markersize=size, color=mark.colour, linestyle="",
            markeredgecolor="0.2", markeredgewidth=0.8, transform=place, clip_on=False)  # fmt: skip
    low = -1.2 if mark.marker == "^" else 0.0  # the middle of a triangle is below that of its box
    for words, side, right in ((mark.sign, "center", 0.0), (text, "left", 11.0)):
        found = ax.annotate(words, (1, row), xycoords=("axes fraction", "data"),
                            xytext=(offset + right, low if side == "center" else 0.0), ha=side,
                            textcoords="offset points", va="center", fontsize=8,
                            weight="bold" if side == "center" else "normal")  # fmt: skip
    return found
