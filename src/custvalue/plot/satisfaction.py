"""Pictures of satisfaction: answers with their score, scores over waves, drivers, maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from custvalue.plot._figure import ACTUAL, MODEL, axes, group_names, only_group

if TYPE_CHECKING:
    from custvalue.satisfaction import CSAT, NPS, Drivers, ImportancePerformance, Kano

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
    names = [", ".join(map(str, row)) for row in zip(*labels, strict=True)] or ["all"]
    table = np.atleast_2d(scores.shares)
    ax = axes(ax, (7.0, 1.4 + 0.5 * len(names)))
    from matplotlib import colormaps

    low, high = (int(end) for end in scores.scale)
    colours = colormaps[_SHADES](np.linspace(0.1, 0.9, high - low + 1))
    where, left = np.arange(len(names)), np.zeros(len(names))
    for option, colour in enumerate(colours):
        share = np.nan_to_num(table[:, option])
        ax.barh(where, share, left=left, color=colour, edgecolor="white", label=str(low + option))
        for row in np.flatnonzero(share >= 0.06).tolist():
            ax.text(left[row] + share[row] / 2, row, f"{100 * share[row]:.0f}", ha="center",
                    va="center", fontsize=8)  # fmt: skip
        left = left + share
    for row, value in enumerate(np.atleast_1d(scores.value)):
        ax.text(1.01, row, f"top {scores.top}: {value:.0%}", va="center", fontsize=8)
    ax.set_yticks(where, names)
    ax.invert_yaxis()
    ax.set_xlim(0, 1)
    ax.set_xlabel("share of answers")
    ax.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    ax.legend(ncols=high - low + 1, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False,
              fontsize=8)  # fmt: skip
    return ax


def nps_over_waves(scores: NPS, ax: Any = None, level: float = 0.95) -> Any:
    """Draw the net promoter score of each group, such as a wave, with its interval.

    Parameters
    ----------
    scores : NPS
        From `custvalue.satisfaction.nps` with `by=` the waves, which are drawn in their order.
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
    ax = axes(ax)
    names, _ = group_names(scores)
    value = 100.0 * np.atleast_1d(scores.value)
    low, high = (100.0 * np.atleast_1d(bound) for bound in scores.interval(level))
    where = np.arange(len(names))
    ax.errorbar(where, value, yerr=[value - low, high - value], marker="o", capsize=3, **ACTUAL)
    ax.set_xticks(where, [name or "all" for name in names])
    ax.axhline(0, color="0.6", linewidth=0.8)
    ax.set_ylabel("net promoter score")
    return ax


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
    ax = axes(ax, (7.0, 1.2 + 0.4 * len(rows)))
    value, where = found.importance[rows], np.arange(len(rows))
    ax.barh(where, value, color=ACTUAL["color"])
    if found.replicates.size:
        low, high = (bound[rows] for bound in found.interval())
        ax.errorbar(value, where, xerr=[value - low, high - value], linestyle="", capsize=3,
                    color=MODEL["color"])  # fmt: skip
    ax.set_yticks(where, found.predictor[rows])
    ax.set_xlabel(f"importance ({found.method})")
    return ax


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
    for name, x, y in zip(grid.attribute, grid.performance, grid.importance, strict=True):
        ax.annotate(str(name), (x, y), xytext=(5, 4), textcoords="offset points", fontsize=9)
    ax.axvline(grid.performance_cut, color="0.5", linewidth=0.8)
    ax.axhline(grid.importance_cut, color="0.5", linewidth=0.8)
    corners = {
        "concentrate here": (0.02, 0.98, "left", "top"),
        "keep up": (0.98, 0.98, "right", "top"),
        "low priority": (0.02, 0.02, "left", "bottom"),
        "possible overkill": (0.98, 0.02, "right", "bottom"),
    }
    for name, (x, y, side, height) in corners.items():
        ax.text(x, y, name, transform=ax.transAxes, ha=side, va=height, color="0.5", fontsize=9)
    ax.margins(0.15)
    ax.set_xlabel("performance")
    ax.set_ylabel("importance")
    return ax


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
    ax.plot(cost, gain, marker="o", linestyle="", color=ACTUAL["color"])
    for name, x, y in zip(found.feature[rows], cost, gain, strict=True):
        ax.annotate(str(name), (x, y), xytext=(5, 4), textcoords="offset points", fontsize=9)
    for cut in (ax.axvline, ax.axhline):
        cut(0.5, color="0.5", linewidth=0.8)
    corners = {"attractive": (0.02, 0.98), "one-dimensional": (0.98, 0.98),
               "indifferent": (0.02, 0.02), "must-be": (0.98, 0.02)}  # fmt: skip
    for name, (x, y) in corners.items():
        ax.text(x, y, name, transform=ax.transAxes, ha="left" if x < 0.5 else "right",
                va="bottom" if y < 0.5 else "top", color="0.5", fontsize=9)  # fmt: skip
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    ax.set_xlabel("worse: satisfaction lost without it")
    ax.set_ylabel("better: satisfaction gained with it")
    return ax
