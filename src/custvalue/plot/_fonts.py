"""Fonts for names in any script: the picture gets one that has the characters, or says so."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Sequence
from typing import Any

from custvalue.errors import CustValueWarning, message

# Families by preference, as the beginnings of their names. A family is used only if it has the
# characters, so that the order is one of taste: sans before serif, simplified Chinese first.
FAMILIES = (
    "Noto Sans CJK SC", "Noto Sans SC", "Noto Sans CJK", "Source Han Sans", "WenQuanYi",
    "Microsoft YaHei", "PingFang", "SimHei", "Heiti", "STHeiti", "Hiragino", "Microsoft JhengHei",
    "Droid Sans Fallback", "Arial Unicode MS", "Noto Sans", "Yu Gothic", "Meiryo", "Malgun Gothic",
    "Noto Serif", "Source Han Serif", "Songti", "STSong", "SimSun", "NSimSun", "AR PL", "LXGW",
)  # fmt: skip
_BOX = "\u25a1"  # what a reader sees for a character without a glyph; every font of ours has it


def readable(ax: Any) -> Any:
    """Give the texts of a picture fonts that have their characters; return `ax`.

    Names may be in any script, and Matplotlib's own font has no Chinese, Japanese or Korean. Only
    the texts of `ax` change, no setting of Matplotlib. Characters that no font installed has are
    drawn as boxes, after one warning instead of one by Matplotlib for each. Dollar signs in names
    are no formulas.
    """
    from matplotlib.text import Text
    from matplotlib.ticker import FixedLocator

    texts = [text for text in ax.findobj(Text) if text.get_text()]
    for text in texts:
        if "$" in text.get_text():
            text.set_parse_math(False)
    lacking = {text: _lacking(text) for text in texts if not text.get_text().isascii()}
    lacking = {text: characters for text, characters in lacking.items() if characters}
    if not lacking:
        return ax
    wanted = frozenset().union(*lacking.values())
    family, missing = _best_family(wanted, _installed())
    for text in lacking:
        if family:
            text.set_fontfamily([*text.get_fontfamily(), family])
    if missing:
        _warn(missing)
        boxes = dict.fromkeys(map(ord, missing), _BOX)
        for axis in (ax.xaxis, ax.yaxis):
            labels = [text.get_text() for text in axis.get_ticklabels()]
            fixed = isinstance(axis.get_major_locator(), FixedLocator)
            if fixed and missing & set("".join(labels)):  # their formatter sets them anew
                axis.set_ticklabels([label.translate(boxes) for label in labels])
        for text in lacking:
            text.set_text(text.get_text().translate(boxes))
    return ax


def _warn(missing: frozenset[str]) -> None:
    shown = "".join(sorted(missing)[:10])
    rule = f"no font that is installed has {len(missing)} characters, such as {shown}"
    hint = (
        "They are drawn as boxes. Install a font that has them, such as Noto Sans CJK (Debian, "
        "Ubuntu: fonts-noto-cjk; Fedora: google-noto-sans-cjk-fonts), delete fontlist-*.json in "
        "matplotlib.get_cachedir(), and start Python anew."
    )
    warnings.warn(message("font", rule, hint=hint), CustValueWarning, stacklevel=4)


def _lacking(text: Any) -> frozenset[str]:
    """Return the characters of a text that its own fonts do not have."""
    from matplotlib.font_manager import FontProperties, findfont

    characters = frozenset(c for c in text.get_text() if not c.isascii() and c.isprintable())
    for family in text.get_fontfamily():
        characters -= _covered(findfont(FontProperties(family=[family])), characters)
    return characters


def _installed() -> tuple[tuple[str, Any], ...]:
    """Return the families that may help, by preference, each with its file."""
    from matplotlib.font_manager import FontProperties, findfont, fontManager

    names = {entry.name for entry in fontManager.ttflist}
    ordered = [
        name for start in FAMILIES for name in sorted(names) if name.startswith(start)
    ]  # fmt: skip
    return tuple((name, findfont(FontProperties(family=[name]))) for name in dict.fromkeys(ordered))


def _best_family(
    characters: frozenset[str], families: Sequence[tuple[str, Any]]
) -> tuple[str, frozenset[str]]:
    """Return the first family with the most of these characters, and those that it lacks."""
    best, missing = "", characters
    for name, file in families:
        left = characters - _covered(file, characters)
        if len(left) < len(missing):
            best, missing = name, left
        if not missing:
            break
    return best, missing


@functools.lru_cache(maxsize=1024)
def _covered(file: Any, characters: frozenset[str]) -> frozenset[str]:
    """Return those of these characters that a font file has glyphs for."""
    from matplotlib.font_manager import get_font

    try:
        font = get_font(file)
    except (OSError, RuntimeError):  # a file that is gone or broken has no glyphs
        return frozenset()
    return frozenset(c for c in characters if font.get_char_index(ord(c)))
