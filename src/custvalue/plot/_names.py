"""Names in pictures: how wide they are, and long ones broken into lines."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

_MOST_LINES = 8


def columns(text: str) -> int:
    """Return how many columns a text takes: characters of Chinese and the like are two wide."""
    return sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def wrapped(text: Any, most: int = 34, lines: int = 2) -> str:
    """Return a name broken into lines of so many columns; beyond the last it ends with dots."""
    found: list[str] = []
    line = ""
    for piece in _pieces(" ".join(str(text).split()), most):
        if line and columns(line + piece.rstrip()) > most:
            found.append(line.rstrip())
            line = ""
        line += piece
    found.append(line.rstrip())
    if len(found) <= lines:
        return "\n".join(found)
    last = found[lines - 1]
    while columns(last) > most - 1:
        last = last[:-1]
    return "\n".join([*found[: lines - 1], last.rstrip() + "\u2026"])


def wrapped_names(names: Iterable[Any], most: int = 34, lines: int = 2) -> list[str]:
    """Return names broken into lines: as few as asked, or as many as tell them apart."""
    texts = [" ".join(str(name).split()) for name in names]
    found = [wrapped(text, most, lines) for text in texts]
    while len(set(found)) < len(set(texts)) and lines < _MOST_LINES:
        lines += 1
        found = [wrapped(text, most, lines) for text in texts]
    return found


def widest(texts: Iterable[str]) -> int:
    """Return how many columns the longest line of some texts takes."""
    return max((columns(line) for text in texts for line in text.split("\n")), default=0)


def row_height(texts: Iterable[str], least: float, font: float = 10.0) -> float:
    """Return the inches that each row needs, of those that are named by these texts."""
    lines = max((1 + text.count("\n") for text in texts), default=1)
    return max(least, (1.35 * lines + 0.4) * font / 72.0)


def _pieces(text: str, most: int) -> Iterable[str]:
    """Yield what lines may be broken between: words with their blank, wide characters, hyphens."""
    piece = ""
    for c in text:
        wide = columns(c) == 2
        if piece and (wide or columns(piece) >= most):
            yield piece
            piece = ""
        piece += c
        if wide or c in " -/_.":
            yield piece
            piece = ""
    yield piece
