"""Pictures of monitoring: control charts, changes since the last time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from custvalue._check import Array, of_type
from custvalue.errors import InvalidDataError, message
from custvalue.plot._figure import ACTUAL, MODEL, axes
from custvalue.plot._fonts import readable
from custvalue.plot._names import row_height, widest, wrapped, wrapped_names
from custvalue.plot._status import status_mark

if TYPE_CHECKING:
    from custvalue.scorecard import Change, CUSUMChart, EWMAChart, PChart

_MOST_TICKS = 16
_RULE_MARKS = "Ds^vPX*o"  # one for each rule of a p-chart, around the point
_STATUS = {"better": "good", "worse": "bad", "no clear change": "neutral"}


def control_chart(chart: PChart | EWMAChart | CUSUMChart, ax: Any = None) -> Any:
    """Draw a score over periods with its centre and limits; signals are marked by shape.

    Parameters
    ----------
    chart : PChart, EWMAChart or CUSUMChart
        From `custvalue.scorecard.p_chart`: shares, with a mark of its own for each rule;
        `ewma_chart`: scores and their moving average; or `cusum_chart`: the sums above 0 and, as
        negative numbers, below, and where each shift began.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InvalidDataError
        If it is no such chart.
    MissingExtraError
        If Matplotlib is not installed.

    Warns
    -----
    CustValueWarning
        If no font that is installed has the characters of a period's label.

    Examples
    --------
    >>> import custvalue as cv
    >>> chart = cv.scorecard.p_chart([80, 85, 90, 70], [100, 100, 100, 100], baseline=0.85)
    >>> cv.plot.control_chart(chart).get_legend_handles_labels()[1]
    ['share', 'centre 85.0%', 'limits (3 standard deviations)', 'beyond']
    """
    from custvalue.scorecard import CUSUMChart, EWMAChart, PChart

    if not isinstance(chart, (PChart, EWMAChart, CUSUMChart)):
        rule = "must be a PChart, an EWMAChart or a CUSUMChart"
        raise InvalidDataError(message("chart", rule, value=type(chart).__name__))
    ax = axes(ax, (8.0, 4.4))
    if not len(chart.period):
        ax.text(0.5, 0.5, "no periods", transform=ax.transAxes, ha="center", va="center")
        return ax
    if isinstance(chart, PChart):
        _shares(chart, ax)
    elif isinstance(chart, EWMAChart):
        _averages(chart, ax)
    else:
        _sums(chart, ax)
    _periods(ax, chart.period)
    ax.margins(x=0.02)
    ax.legend(frameon=False, fontsize=8, ncols=3, loc="lower left", bbox_to_anchor=(0.0, 1.0))
    return readable(ax)


def _shares(chart: PChart, ax: Any) -> None:
    where = np.arange(len(chart.period))
    ax.plot(where, chart.share, marker="o", markersize=4, label="share", **ACTUAL)
    ax.axhline(chart.centre, color="0.35", linewidth=1.0, label=f"centre {chart.centre:.1%}")
    _limits(ax, *chart.limits, f"limits ({chart.width:g} standard deviations)")
    from matplotlib.transforms import ScaledTranslation

    away = np.where(chart.share < chart.centre, -1, 1)
    before = np.zeros(len(where), dtype=np.int64)  # rules that have marked each point already
    for number, (rule, flags) in enumerate(chart.signals.items()):
        name: str | None = rule
        for step in np.unique((away * before)[flags]).tolist():  # beyond the marks of others
            rows = flags & (away * before == step)
            shift = ScaledTranslation(0.0, 11.0 * step / 72.0, ax.figure.dpi_scale_trans)
            ax.plot(where[rows], chart.share[rows], marker=_RULE_MARKS[number], markersize=10,
                    markerfacecolor="none", markeredgewidth=1.5, color=MODEL["color"],
                    linestyle="", label=name, transform=ax.transData + shift)  # fmt: skip
            name = None
        before += flags
    ax.margins(y=0.05 + 0.03 * int(before.max(initial=0)))
    ax.set_ylabel("share")
    # Room for marks may end above 1: no share does, so that no label should.
    ax.yaxis.set_major_formatter(lambda y, _: f"{100 * y:.6g}%" if 0 <= y <= 1 else "")


def _averages(chart: EWMAChart, ax: Any) -> None:
    where = np.arange(len(chart.period))
    ax.plot(where, chart.value, marker="x", color="0.5", linestyle="", label="score")
    label = f"moving average (weight {chart.weight:g})"
    ax.plot(where, chart.average, marker="o", markersize=4, label=label, **ACTUAL)
    ax.axhline(chart.target, color="0.35", linewidth=1.0, label=f"target {chart.target:.4g}")
    _limits(ax, *chart.limits, f"limits ({chart.width:g} standard errors)")
    _signals(ax, where, chart.average, chart.signals, ("above", "below"))
    ax.set_ylabel("score")


def _sums(chart: CUSUMChart, ax: Any) -> None:
    from custvalue.scorecard.cusum import _passages

    where = np.arange(len(chart.period))
    upper, lower = chart.upper, -chart.lower
    ax.plot(where, upper, marker="o", markersize=4, label="sum above the target", **ACTUAL)
    ax.plot(where, lower, marker="s", markersize=4, color="#8a7aa8", linestyle="-.",
            label="sum below the target")  # fmt: skip
    ax.axhline(0.0, color="0.35", linewidth=1.0, label=f"target {chart.target:.4g}")
    ends = np.full(len(where), chart.decision)
    _limits(ax, -ends, ends, f"decision ({chart.decision:g} standard errors)")
    signs = chart.signals
    _signals(ax, where, np.where(signs > 0, upper, lower), signs, ("shift up", "shift down"))
    for sums, sign in ((chart.upper, 1), (chart.lower, -1)):
        for first, end in zip(*_passages(sums, chart.decision), strict=True):
            ax.plot([first, first], [0.0, sign * sums[end]], color=MODEL["color"], linestyle=":")
            ax.annotate(f"since {_label(chart.period[first])}", (first, sign * sums[end]),
                        xytext=(0, 3 * sign), textcoords="offset points", fontsize=8,
                        ha="right" if first > len(where) / 8 else "left",
                        va="bottom" if sign > 0 else "top")  # fmt: skip
    ax.set_ylabel("cumulative sum in standard errors")


def _limits(ax: Any, low: Array, high: Array, label: str) -> None:
    """Draw limits as steps, of the width of a period each."""
    edges = np.arange(len(low) + 1) - 0.5
    for bound, name in ((low, label), (high, None)):
        ax.stairs(bound, edges, baseline=None, color="0.35", linestyle="--", label=name)
    ax.stairs(high, edges, baseline=low, fill=True, color="0.5", alpha=0.1, linewidth=0)


def _signals(ax: Any, where: Any, value: Array, signs: Any, names: tuple[str, str]) -> None:
    for sign, marker, name in zip((1, -1), "^v", names, strict=True):
        flags = signs == sign
        if flags.any():
            ax.plot(where[flags], value[flags], marker=marker, markersize=11, linestyle="",
                    markerfacecolor="none", markeredgewidth=1.5, color=MODEL["color"],
                    label=name)  # fmt: skip


def _label(period: Any) -> str:
    """Return the label of a period: a day without its midnight."""
    return wrapped(str(period).removesuffix(" 00:00:00").split("T00:00:00")[0], 16, 1)


def _periods(ax: Any, period: Any) -> None:
    """Label the periods: all of them, or some where there are many."""
    every = -(-len(period) // _MOST_TICKS) or 1
    where = np.arange(len(period))[::every]
    names = [_label(name) for name in period[::every]]
    long = widest(names) * len(names) > 70
    turned = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if long else {}
    ax.set_xticks(where, names, **turned)


def change(found: Change, ax: Any = None) -> Any:
    """Draw how a score has changed in each group, with its interval and a verdict in words.

    Parameters
    ----------
    found : Change
        From `custvalue.scorecard.change_since`.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InvalidDataError
        If it is no change.
    MissingExtraError
        If Matplotlib is not installed.

    Warns
    -----
    CustValueWarning
        If no font that is installed has the characters of a group's name.

    Examples
    --------
    >>> import custvalue as cv
    >>> ax = cv.plot.change(cv.scorecard.change_since((7.9, 0.08), (8.3, 0.09)))
    >>> ax.get_xlabel()
    'change, with its 95 % interval (up is better)'
    """
    from custvalue.scorecard import Change as Kind

    of_type("found", found, Kind, "It comes from scorecard.change_since(...).")
    count = len(found.current)
    labels = list(found.groups.values())
    names = [", ".join(map(str, row)) for row in zip(*labels, strict=True)] or ["all"] * count
    lines = wrapped_names(names)
    ax = axes(ax, (8.0, 1.4 + row_height(lines, 0.4) * max(count, 1)))
    where, value = np.arange(count), np.atleast_1d(found.value)
    low, high = (np.atleast_1d(bound) for bound in found.interval())
    ax.errorbar(value, where, xerr=np.stack([value - low, high - value]), marker="o", capsize=3,
                color=ACTUAL["color"], linestyle="")  # fmt: skip
    ax.axvline(0.0, color="0.35", linewidth=1.0)
    scores = zip(found.previous, found.current, np.atleast_1d(found.verdict), strict=True)
    for row, (before, now, verdict) in enumerate(scores):
        known = not np.isnan(value[row])
        both = " \u2192 ".join(_score(score) for score in (before, now))
        text = f"{verdict if known else 'not known'}   {both}"
        status_mark(ax, row, _STATUS[verdict] if known else "unknown", text)
    ax.set_yticks(where, lines)
    ax.set_ylim(max(count, 1) - 0.4, -0.6)
    better = f"({found.direction} is better)"
    ax.set_xlabel(f"change, with its {100 * found.level:g} % interval {better}")
    return readable(ax)


def _score(value: float) -> str:
    return "\u2013" if np.isnan(value) else f"{value:.4g}"
