"""Picture of a roadmap: steps in order along their effort, with what depends on what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from custvalue._check import of_type
from custvalue.plot._figure import ACTUAL, MODEL, axes
from custvalue.plot._fonts import readable
from custvalue.plot._names import row_height, wrapped_names
from custvalue.plot._words import word

if TYPE_CHECKING:
    from custvalue.maturity import Roadmap

_BLOCKS = {"color": MODEL["color"], "hatch": "////"}
_OTHER = {"color": "#8fa9c4", "hatch": ""}


def roadmap(steps: Roadmap, ax: Any = None, *, language: str = "en") -> Any:
    """Draw the steps of a roadmap in order, each where its effort falls, with what depends on what.

    A bar is as long as the effort of its step and as high as its impact; both are written beside
    it, with the rating now and the one aimed at. An arrow leads from a step to one that depends on
    it.

    Parameters
    ----------
    steps : Roadmap
        From `custvalue.maturity.roadmap`, with the names in its language.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    language : str
        Of the other words, "en" or "zh".

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InvalidDataError
        If it is no roadmap.
    MissingExtraError
        If Matplotlib is not installed.

    Warns
    -----
    CustValueWarning
        If no font that is installed has the characters of a name.

    Examples
    --------
    >>> import custvalue as cv
    >>> found = cv.maturity.assess("customer-management", [[2] * 20])
    >>> ax = cv.plot.roadmap(cv.maturity.roadmap(found, target=3, max_effort=20))
    >>> [label.get_text() for label in ax.get_yticklabels()][:2]
    ['1  Customer communication', '2  Customer support']
    """
    from custvalue.maturity import Roadmap as Kind

    of_type("steps", steps, Kind, "It comes from maturity.roadmap(...).")
    count = len(steps.item)
    lines = wrapped_names(steps.name, 40)
    ax = axes(ax, (9.0, 1.6 + row_height(lines, 0.36, 8.0) * max(count, 1)))
    where, end = np.arange(count), steps.cumulative_effort
    start = end - steps.effort
    most = steps.impact.max(initial=0.0)
    height = 0.3 + 0.5 * (steps.impact / most if most > 0 else np.zeros(count))
    for label, style, rows in (
        (word("blocks the next level", language), _BLOCKS, steps.blocks),
        (word("another step", language), _OTHER, ~steps.blocks),
    ):
        if rows.any():
            ax.barh(where[rows], steps.effort[rows], left=start[rows], height=height[rows],
                    edgecolor="white", linewidth=0.5, label=label, **style)  # fmt: skip
    place = {name: row for row, name in enumerate(steps.item.tolist())}
    links = [
        (place[name], row)
        for row, names in enumerate(steps.after.tolist())
        for name in names.split(", ")
        if name in place
    ]
    # Right from the end of a step, then down to the one after it: there the picture is empty,
    # since all bars in between end before that one starts.
    for first, then in links:
        ax.annotate("", (start[then] + 0.25 * steps.effort[then], then - height[then] / 2),
                    (end[first], first), zorder=3,
                    arrowprops={"arrowstyle": "-|>", "color": ACTUAL["color"], "linewidth": 1.0,
                                "shrinkA": 0, "shrinkB": 0, "mutation_scale": 9,
                                "connectionstyle": "angle,angleA=0,angleB=90"})  # fmt: skip
    if links:
        ax.plot([], [], marker=">", markersize=5, color=ACTUAL["color"], linewidth=1.0,
                label=word("comes before", language))  # fmt: skip
    numbers = zip(steps.impact, steps.effort, steps.rating, steps.target, strict=True)
    impact, effort = word("impact", language), word("effort", language)
    for row, (gain, cost, now, aim) in enumerate(numbers):
        text = f"{impact} {gain:g}   {effort} {cost:g}   {now:.3g} \u2192 {aim:.3g}"
        ax.annotate(text, (1, row), xycoords=("axes fraction", "data"), xytext=(6, 0), fontsize=8,
                    textcoords="offset points", va="center")  # fmt: skip
    if not count:
        ax.text(0.5, 0.5, word("nothing to improve", language), transform=ax.transAxes,
                ha="center", va="center")  # fmt: skip
    names = [f"{row}  {name}" for row, name in enumerate(lines, start=1)]
    ax.set_yticks(where, names, fontsize=8)
    ax.set_ylim(max(count, 1) - 0.4, -0.6)
    ax.set_xlim(0.0, float(end[-1]) if count and end[-1] > 0 else 1.0)
    ax.set_xlabel(word("cumulative effort", language))
    if count:
        ax.legend(frameon=False, fontsize=8, ncols=3, loc="lower left", bbox_to_anchor=(0.0, 1.0))
    return readable(ax)
