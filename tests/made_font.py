"""A font made on the fly, so that tests of Chinese names need none installed."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

FAMILY = "Test Han"


def make_font(path: Path, characters: str) -> Path:
    """Write a font in which each of these characters is a filled square."""
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(None)
    pen.moveTo((100, 0))
    for corner in ((100, 800), (900, 800), (900, 0)):
        pen.lineTo(corner)
    pen.closePath()
    square = pen.glyph()
    names = [".notdef", *(f"uni{ord(c):04X}" for c in sorted(set(characters)))]
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder(names)
    font.setupCharacterMap({int(name[3:], 16): name for name in names[1:]})
    font.setupGlyf(dict.fromkeys(names, square))
    font.setupHorizontalMetrics(dict.fromkeys(names, (1000, 100)))
    font.setupHorizontalHeader(ascent=880, descent=-120)
    font.setupNameTable({"familyName": FAMILY, "styleName": "Regular"})
    font.setupOS2(sTypoAscender=880, sTypoDescender=-120)
    font.setupPost()
    font.save(path)
    return path


@contextlib.contextmanager
def only_font(path: Path | None):
    """Let pictures find this font only, beside Matplotlib's own, or none."""
    from matplotlib.font_manager import fontManager

    from custvalue.plot import _fonts

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fontManager, "ttflist", list(fontManager.ttflist))
        patch.setattr(_fonts, "FAMILIES", () if path is None else (FAMILY,))
        if path is not None:
            fontManager.addfont(path)
        yield
