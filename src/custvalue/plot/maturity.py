"""Pictures of maturity: the profile of an organisation, its ratings by assessor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from custvalue._check import Array, of_type, one_of
from custvalue.errors import InvalidDataError, message
from custvalue.plot._figure import ACTUAL, MODEL, axes, shades
from custvalue.plot._fonts import readable
from custvalue.plot._names import row_height, widest, wrapped, wrapped_names
from custvalue.plot._words import word

if TYPE_CHECKING:
    from custvalue.maturity import Assessment
    from custvalue.plot._standing import Standing

_KINDS = ("bar", "radar")
_PART = "#8fa9c4"  # bars of components; that of the whole is darker


def maturity_profile(
    assessment: Assessment,
    ax: Any = None,
    *,
    organisation: Any = None,
    kind: str = "bar",
    target: Any = None,
    peers: Assessment | None = None,
    same_names: bool = True,
    language: str = "en",
) -> Any:
    """Draw the scores of an organisation's components, with its target and its peers.

    Parameters
    ----------
    assessment : Assessment
        From `custvalue.maturity.assess`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; with plain axes for a radar too.
    organisation : label, optional
        Whose; may be left out where there is one.
    kind : {"bar", "radar"}
        Bars of the whole and of all components, with scores and levels written beside; or a radar
        of the three or more components at the top.
    target : float, mapping of str to float, or TargetGap, optional
        Ratings aimed at, as in `custvalue.maturity.target_gap`, or what that returns. Marked is the
        score once every item below its target has reached it, by the aggregates of the model.
    peers : Assessment, optional
        Of others by the same model: the middle half of their scores is shaded, where five or more
        have one.
    same_names : bool
        As in `custvalue.maturity.benchmark`: whether a peer of the same name is the organisation
        itself, and no peer. Rows of arrays are named 0, 1, 2 and so on.
    language : str
        Of the names, such as "en" or "zh".

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InvalidDataError
        If there are several organisations and none is named, a radar would have fewer than three
        components or components whose scores have different ranges, the target is off the scale,
        or the peers are too few or assessed by another model.
    MissingExtraError
        If Matplotlib is not installed.

    Warns
    -----
    CustValueWarning
        If no font that is installed has the characters of a name.

    Examples
    --------
    >>> import custvalue as cv
    >>> found = cv.maturity.assess("value-crm", [[3, 1, *[2] * 13]])
    >>> ax = cv.plot.maturity_profile(found, target=3)
    >>> [label.get_text() for label in ax.get_yticklabels()][:2]
    ['overall', 'Customer data management']
    """
    one_of("kind", kind, _KINDS)
    from custvalue.plot._standing import standing

    found = standing(assessment, organisation, target, peers, language, same_names)
    ax = _bars(found, ax, language) if kind == "bar" else _radar(found, ax, language)
    return readable(_titled(ax, "" if len(assessment) == 1 else organisation))


def _bars(found: Standing, ax: Any, language: str) -> Any:
    count = len(found.name)
    lines = wrapped_names(found.name)
    ax = axes(ax, (8.0, 1.6 + row_height(lines, 0.45, 9.0) * count))
    where = np.arange(count)
    if found.quartiles is not None:
        low, middle, high = found.quartiles
        ax.barh(where, high - low, left=low, height=0.84, color="0.85",
                label=f"{word('middle half of peers', language)} (n = {found.peers})")  # fmt: skip
        ax.plot(middle, where, marker="|", markersize=20, markeredgewidth=1.5, color="black",
                linestyle="", label=word("median of peers", language))  # fmt: skip
    colours = [ACTUAL["color"], *[_PART] * (count - 1)]
    left = float(found.low.min())
    ax.barh(where, np.nan_to_num(found.score - left), left=left, height=0.5, color=colours)
    if found.target is not None:
        ax.plot(found.target, where, marker="D", markersize=7, markerfacecolor="white",
                color=MODEL["color"], linestyle="",
                label=word("score with all targets met", language))  # fmt: skip
    for row, score in enumerate(found.score.tolist()):
        text = word("not rated", language) if np.isnan(score) else f"{score:.2f}"
        if not np.isnan(found.level[row]):
            text += f"   {word('level', language)} {found.level[row]:.0f}"
        ax.annotate(text, (1, row), xycoords=("axes fraction", "data"), xytext=(6, 0),
                    textcoords="offset points", va="center", fontsize=8)  # fmt: skip
    names = ["\u21b3 " * min(deep, 1) + name for name, deep in zip(lines, found.depth, strict=True)]
    ax.set_yticks(where, names)
    for label, deep in zip(ax.get_yticklabels(), found.depth, strict=True):
        label.set_fontsize(9 if deep == 0 else 8)
    ax.invert_yaxis()
    ax.set_xlim(left, float(found.high.max()))
    ax.set_xlabel(f"{word('score', language)} ({left:g} \u2013 {float(found.high.max()):g})")
    if ax.get_legend_handles_labels()[1]:  # in one column, which is never wider than the picture
        ax.legend(frameon=False, fontsize=8, loc="lower left", bbox_to_anchor=(0.0, 1.0))
    return ax


def _radar(found: Standing, ax: Any, language: str) -> Any:
    rows = [i for i, deep in enumerate(found.depth) if deep == 0 and i > 0]
    found = found.only(rows)
    if len(rows) < 3:
        hint = 'Use kind="bar".'
        rule = 'must be "bar" for fewer than three components at the top'
        raise InvalidDataError(message("kind", rule, value=len(rows), hint=hint))
    low, high = float(found.low[0]), float(found.high[0])
    if (found.low != low).any() or (found.high != high).any():
        rule = 'must be "bar" where the scores of components have different ranges'
        raise InvalidDataError(message("kind", rule, value="radar"))
    ax = axes(ax, (8.4, 6.0))
    turn = np.linspace(0.0, 2.0 * np.pi, len(rows) + 1)
    reach = high - low

    def ring(scores: Array) -> tuple[Array, Array]:
        radius = np.append(scores, scores[0]) - low
        return radius * np.sin(turn), radius * np.cos(turn)

    for at in np.linspace(low, high, 6)[1:]:
        ax.plot(*ring(np.full(len(rows), at)), color="0.75", linewidth=0.7, zorder=0.7)
        ax.text(0.02 * reach, at - low, f"{at:g}", color="0.45", fontsize=7, va="bottom")
    for angle in turn[:-1]:
        ends = [0.0, reach * np.sin(angle)], [0.0, reach * np.cos(angle)]
        ax.plot(*ends, color="0.75", linewidth=0.7, zorder=0.7)
    if found.quartiles is not None and not np.isnan(found.quartiles).any():
        inner, outer = ring(found.quartiles[0]), ring(found.quartiles[2])
        band = [np.append(o, i[::-1]) for o, i in zip(outer, inner, strict=True)]
        label = f"{word('middle half of peers', language)} (n = {found.peers})"
        ax.fill(*band, color="0.85", zorder=0.5, label=label)
    ax.plot(*ring(found.score), marker="o", label=word("score", language), **ACTUAL)
    if found.target is not None:
        ax.plot(*ring(found.target), marker="D", markerfacecolor="white", markersize=6,
                label=word("score with all targets met", language), **MODEL)  # fmt: skip
    names = wrapped_names(found.name, 24)
    for name, angle, score in zip(names, turn, found.score.tolist(), strict=False):
        x, y = np.sin(angle), np.cos(angle)
        text = word("not rated", language) if np.isnan(score) else f"{score:.2f}"
        ax.text(1.06 * reach * x, 1.06 * reach * y, f"{name}\n{text}", fontsize=9,
                ha="center" if abs(x) < 0.1 else "left" if x > 0 else "right",
                va="center" if abs(y) < 0.9 else "bottom" if y > 0 else "top")  # fmt: skip
    ax.set_xlim(-2.1 * reach, 2.1 * reach)  # with room for the names
    ax.set_ylim(-1.35 * reach, 1.35 * reach)
    ax.set_aspect("equal")
    ax.set_axis_off()
    ax.legend(frameon=False, fontsize=8, loc="lower left")
    return ax


def _titled(ax: Any, name: Any) -> Any:
    """Write whose picture it is above the legend, which is where the title would be."""
    if ax.get_legend() is None:
        ax.set_title(str(name), fontsize=10)
    else:
        ax.get_legend().set_title(str(name), prop={"size": 10})
        ax.get_legend().set_alignment("left")
    return ax


def rating_heatmap(
    assessment: Assessment, ax: Any = None, *, organisation: Any = None, language: str = "en"
) -> Any:
    """Draw the rating of each item by each assessor of an organisation, with the band written.

    Parameters
    ----------
    assessment : Assessment
        From `custvalue.maturity.assess`.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    organisation : label, optional
        Whose; may be left out where there is one.
    language : str
        Of the names, such as "en" or "zh".

    Returns
    -------
    matplotlib.axes.Axes
        A row for each item, in the order of the model, a column for each assessor, as they rated;
        and, where they are several or ratings were capped for lack of evidence, one for the rating
        that counts. What is not rated is blank; a dash is what does not apply.

    Raises
    ------
    InvalidDataError
        If there are several organisations and none is named.
    MissingExtraError
        If Matplotlib is not installed.

    Warns
    -----
    CustValueWarning
        If no font that is installed has the characters of a name.

    Examples
    --------
    >>> import custvalue as cv
    >>> found = cv.maturity.assess("value-crm", [[[3, 1, *[2] * 13], [4, *[2] * 14]]])
    >>> ax = cv.plot.rating_heatmap(found)
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['0', '1', 'counted']
    """
    from custvalue.maturity import Assessment as Kind
    from custvalue.maturity._parts import names_of
    from custvalue.maturity.roadmap import place_of

    of_type("assessment", assessment, Kind, "It comes from maturity.assess(...).")
    model, row = assessment.model, place_of(assessment, organisation)
    sheets = np.flatnonzero(assessment.owner == row)
    rating = assessment.rating[sheets]
    who = [_assessor(assessment, sheet, language) for sheet in sheets.tolist()]
    resolved = assessment.ratings[[row]]
    if len(sheets) > 1 or not np.array_equal(rating, resolved, equal_nan=True):
        rating = np.vstack([rating, resolved])
        who.append(word("counted", language))
    table = rating.T
    names = wrapped_names(names_of(model.items, language), 40)
    longest = widest(who)
    wide = max(3.0, max(0.35, 0.1 * longest * (longest <= 6)) * len(who))  # for the legend too
    ax = axes(ax, (wide + 4.5, 2.0 + row_height(names, 0.3, 8.0) * len(names)))
    scale = model.scale
    image = ax.imshow(np.where(table >= 0, table, np.nan), cmap=shades(), vmin=scale.lowest,
                      vmax=scale.highest, aspect="auto")  # fmt: skip
    codes = np.array([*scale.codes, ""], dtype=object)[scale.place(table)]
    codes[table < 0] = "\u2013"
    for item, column in zip(*np.nonzero(~np.isnan(table)), strict=True):
        dark = image.norm(table[item, column]) > 0.6
        ax.text(column, item, codes[item, column], ha="center", va="center", fontsize=8,
                color="white" if dark else "0.15")  # fmt: skip
    ax.set_yticks(np.arange(len(names)), names, fontsize=8)
    turned = {"rotation": 45, "ha": "right"} if longest > 6 else {}
    ax.set_xticks(np.arange(len(who)), who, fontsize=8, **turned)
    if len(who) > len(sheets):
        ax.axvline(len(sheets) - 0.5, color="0.15", linewidth=1.5)
    titles = wrapped_names(names_of(model.components, language), 22)
    parts = dict(zip(model.component_ids, titles, strict=True))
    owners = [item.component for item in model.items]
    starts = [i for i, owner in enumerate(owners) if i == 0 or owner != owners[i - 1]]
    for start, end in zip(starts, [*starts[1:], len(owners)], strict=True):
        ax.annotate(parts[owners[start]], (1, (start + end - 1) / 2),
                    xycoords=("axes fraction", "data"), xytext=(6, 0), fontsize=8,
                    textcoords="offset points", va="center")  # fmt: skip
        if start:
            ax.axhline(start - 0.5, color="0.15", linewidth=0.8)
    _bands(ax, image, scale, bool((table < 0).any()), language)
    return readable(_titled(ax, "" if len(assessment) == 1 else organisation))


def _assessor(assessment: Assessment, sheet: int, language: str) -> str:
    """Return the name of an assessor, and of which kind it is."""
    from custvalue.maturity._resolve import KINDS

    name = wrapped(assessment.assessor[sheet], 24, 1)
    if assessment.kind is None:
        return name
    kind = KINDS[assessment.kind[sheet]].replace("_", " ")
    return f"{name} ({word(kind, language)})"


def _bands(ax: Any, image: Any, scale: Any, outside: bool, language: str) -> None:
    """Write below what the codes of the bands mean."""
    from matplotlib.patches import Patch

    from custvalue._declared import spoken

    words = [f"{band.code}  {spoken(band.name, language)}".rstrip() for band in scale.bands]
    colours = [image.cmap(image.norm(band.points)) for band in scale.bands]
    if outside:
        words.append(f"\u2013  {word('does not apply', language)}")
        colours.append("white")
    marks = [
        Patch(facecolor=c, edgecolor="0.5", label=w) for c, w in zip(colours, words, strict=True)
    ]
    ax.legend(handles=marks, frameon=False, fontsize=7, ncols=3,
              loc="lower left", bbox_to_anchor=(0.0, 1.0))  # fmt: skip
