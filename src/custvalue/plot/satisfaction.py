"""Pictures of satisfaction: answers with their score, scores over waves, drivers, maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from custvalue.plot._figure import ACTUAL, MODEL, axes, group_names, only_group
from custvalue.plot._fonts import readable
from custvalue.plot._labels import label_points
from custvalue.plot._names import row_height, widest, wrapped, wrapped_names

if TYPE_CHECKING:
    from custvalue.satisfaction import CSAT, NPS, Drivers, ImportancePerformance, Kano

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
_MOST_WAVES = 40  # names: of more, some are left out
_SHADES = "RdYlBu"  # reads as an order in grey only by position: shares are written too


def answers(scores: CSAT, ax: Any = None) -> Any:
    """Draw the share of each answer as stacked bars, one a group, with the top-box score.

    Parameters
    ----------
    scores : CSAT
        From `custvalue.satisfaction.csat` or `battery`.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    MissingExtraError
        If Matplotlib is not installed.

    Examples
    --------
    >>> import custvalue as cv
    >>> score = cv.satisfaction.csat([5, 4, 4, 2, 1], scale=(1, 5))
    >>> cv.plot.answers(score).get_xlabel()
    'share of answers'
    """
    labels = list(scores._group_labels().values())
    names = [", ".join(map(str, row)) for row in zip(*labels, strict=True)] if labels else ["all"]
    table = np.atleast_2d(scores.shares)
    low, high = (int(end) for end in scores.scale)
    lines = wrapped_names(names)
    ax = axes(ax, (6.4 + 0.08 * widest(lines), 1.5 + row_height(lines, 0.5) * len(names)))
    from matplotlib import colormaps

    colours = colormaps[_SHADES](np.linspace(0.1, 0.9, high - low + 1))
    where, left = np.arange(len(names)), np.zeros(len(names))
    for option, colour in enumerate(colours):
        share = np.nan_to_num(table[:, option])
        ax.barh(where, share, left=left, color=colour, edgecolor="white", label=str(low + option))
        ink = "white" if colour[:3] ** 2.2 @ _LUMINANCE < 0.18 else "black"
        for row in np.flatnonzero(share >= 0.06).tolist():
            ax.text(left[row] + share[row] / 2, row, f"{100 * share[row]:.0f}", ha="center",
                    va="center", fontsize=8, color=ink)  # fmt: skip
        left = left + share
    base = np.atleast_1d(scores.base)
    for row, value in enumerate(np.atleast_1d(scores.value)):
        said = f"top {scores.top}: {value:.0%}"
        if np.isnan(value):
            said = _nothing(base[row], scores.min_group)
        ax.text(1.01, row, said, va="center", fontsize=8)
    ax.set_yticks(where, lines)
    ax.set_ylim(max(len(names), 1) - 0.5, -0.5)
    ax.set_xlim(0, 1)
    ax.set_xlabel("share of answers")
    ax.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    ax.legend(ncols=high - low + 1, loc="lower left", bbox_to_anchor=(0.0, 1.0), frameon=False,
              fontsize=8, handlelength=1.0, columnspacing=1.0)  # fmt: skip
    return readable(ax)


def _nothing(base: float, least: int) -> str:
    """Return why a group has no score."""
    return f"hidden: fewer than {least} answers" if base else "no answers"


def nps_over_waves(scores: NPS, ax: Any = None, level: float = 0.95) -> Any:
    """Draw the net promoter score of each group, such as a wave, with its interval.

    Parameters
    ----------
    scores : NPS
        From `custvalue.satisfaction.nps` with `by=` the waves, which are drawn in their order. Of
        several columns the last one has the waves, and each combination of the others a line.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    level : float
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    MissingExtraError
        If Matplotlib is not installed.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> survey = pd.DataFrame({"year": [2023] * 3 + [2024] * 3, "score": [9, 7, 3, 10, 9, 8]})
    >>> cv.plot.nps_over_waves(cv.satisfaction.nps(survey, "score", by="year")).get_ylabel()
    'net promoter score'
    """
    count = np.size(scores.value)  # none where there are groups and nobody is in them
    names = wrapped_names((name or "all" for name in group_names(scores)[0][:count]), 18)
    ax = axes(ax, (max(7.0, min(0.3 * len(names), 14.0)), 4.2))
    value = 100.0 * np.atleast_1d(scores.value)
    low, high = (100.0 * np.atleast_1d(bound) for bound in scores.interval(level))
    where = np.arange(len(names))
    for part in np.split(where, _starts(scores)):
        ax.plot(part, value[part], marker="o", **ACTUAL)
    ax.errorbar(where, (low + high) / 2.0, yerr=(high - low) / 2.0, fmt="none", capsize=3,
                ecolor=ACTUAL["color"])  # fmt: skip
    base = np.atleast_1d(scores.base)
    for row in np.flatnonzero(np.isnan(value)).tolist():
        ax.annotate(_nothing(base[row], scores.min_group), (row, 0.5), rotation=90, fontsize=8,
                    xycoords=("data", "axes fraction"), ha="center", va="center",
                    color="0.4")  # fmt: skip
    every = -(-len(names) // _MOST_WAVES) or 1
    crowded = widest(names) * len(names[::every]) > 75
    turned = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if crowded else {}
    ax.set_xticks(where[::every], names[::every], **turned)
    ax.set_xlim(-0.5, max(len(names), 1) - 0.5)
    ax.axhline(0, color="0.6", linewidth=0.8)
    ax.set_ylabel("net promoter score")
    return readable(ax)


def _starts(scores: NPS) -> npt.NDArray[np.int64]:
    """Return where another line begins: of several columns the last one has the waves."""
    leading = list(scores.groups.values())[:-1]
    if not leading:
        return np.empty(0, dtype=np.int64)
    changes = [np.asarray(column[1:] != column[:-1], dtype=np.bool_) for column in leading]
    return np.flatnonzero(np.any(changes, axis=0)) + 1


def drivers(found: Drivers, ax: Any = None, group: Any = None) -> Any:
    """Draw how much of the outcome each driver explains, with intervals where there are any.

    Parameters
    ----------
    found : Drivers
        From `custvalue.satisfaction.drivers`.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    group : label or tuple of labels, optional
        Which group to draw, where there are several.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InvalidDataError
        If there are several groups and none is named, or the one named does not exist.
    MissingExtraError
        If Matplotlib is not installed.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> answers = pd.DataFrame({"overall": [5, 4, 4, 2, 1, 3], "price": [4, 3, 5, 2, 1, 2],
    ...                         "service": [5, 3, 3, 3, 1, 4]})
    >>> found = cv.satisfaction.drivers(answers, "overall", ["price", "service"])
    >>> cv.plot.drivers(found).get_xlabel()
    'importance (lmg)'
    """
    rows = np.flatnonzero(np.repeat(only_group(found, group), len(found.predictors)))
    rows = rows[np.argsort(found.importance[rows])]
    names = wrapped_names(found.predictor[rows])
    ax = axes(ax, (6.4 + 0.08 * widest(names), 1.4 + row_height(names, 0.4) * len(rows)))
    value, where = found.importance[rows], np.arange(len(rows))
    ax.barh(where, value, color=ACTUAL["color"])
    if found.replicates.size:
        low, high = (bound[rows] for bound in found.interval())
        ax.errorbar((low + high) / 2.0, where, xerr=(high - low) / 2.0, fmt="none", capsize=3,
                    ecolor=MODEL["color"])  # fmt: skip
    for row in np.flatnonzero(np.isnan(value)).tolist():
        ax.annotate("not known", (0, row), xytext=(4, 0), textcoords="offset points", fontsize=8,
                    va="center", color="0.4")  # fmt: skip
    ax.set_yticks(where, names)
    ax.set_ylim(-0.6, max(len(rows), 1) - 0.4)
    ax.set_xlabel(f"importance ({found.method})")
    return readable(ax)


def importance_map(grid: ImportancePerformance, ax: Any = None) -> Any:
    """Draw attributes by performance and importance, with the four quadrants.

    Parameters
    ----------
    grid : ImportancePerformance
        From `custvalue.satisfaction.importance_performance`.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    MissingExtraError
        If Matplotlib is not installed.

    Examples
    --------
    >>> import custvalue as cv
    >>> grid = cv.satisfaction.importance_performance(
    ...     ["price", "service", "design"], [0.4, 0.3, 0.1], [3.1, 4.5, 4.4]
    ... )
    >>> cv.plot.importance_map(grid).get_ylabel()
    'importance'
    """
    ax = axes(ax, (6.0, 5.0))
    ax.plot(grid.performance, grid.importance, marker="o", linestyle="", color=ACTUAL["color"])
    ax.margins(0.15)
    ax.set_xlim(ax.get_xlim())  # final, as names are placed by it
    ax.set_ylim(ax.get_ylim())
    corners = {"concentrate here": (0, 1), "keep up": (1, 1), "low priority": (0, 0),
               "possible overkill": (1, 0)}  # fmt: skip
    cuts = (grid.performance_cut, grid.importance_cut)
    ax.set_xlabel("performance")
    ax.set_ylabel("importance")
    label_points(ax, grid.performance, grid.importance, grid.attribute, corners, cuts)
    return readable(ax)


def kano_map(found: Kano, ax: Any = None, group: Any = None) -> Any:
    """Draw features by what having them gains (better) and lacking them costs (worse).

    Parameters
    ----------
    found : Kano
        From `custvalue.satisfaction.kano`.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    group : label or tuple of labels, optional
        Which group to draw, where there are several.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InvalidDataError
        If there are several groups and none is named, or the one named does not exist.
    MissingExtraError
        If Matplotlib is not installed.

    Examples
    --------
    >>> import custvalue as cv
    >>> found = cv.satisfaction.Kano(["app"], [100], [40], [20], [30], [10], [0], [0], [100], [100])
    >>> cv.plot.kano_map(found).get_ylabel()
    'better: satisfaction gained with it'
    """
    rows = only_group(found, group)
    ax = axes(ax, (6.0, 5.0))
    cost, gain = -found.worse[rows], found.better[rows]
    ax.plot(cost, gain, marker="o", linestyle="", color=ACTUAL["color"], clip_on=False)
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    corners = {"attractive": (0, 1), "one-dimensional": (1, 1), "indifferent": (0, 0),
               "must-be": (1, 0)}  # fmt: skip
    names, known = found.feature[rows], ~np.isnan(cost + gain)
    if not known.all():
        left_out = ", ".join(map(str, names[~known]))
        ax.set_title(wrapped(f"not known: {left_out}", 80), fontsize=8, loc="left")
    ax.set_xlabel("worse: satisfaction lost without it")
    ax.set_ylabel("better: satisfaction gained with it")
    label_points(ax, cost[known], gain[known], names[known], corners, (0.5, 0.5))
    return readable(ax)
