"""Pictures of churn: survival with numbers at risk, cumulative gains, profit of a campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from custvalue._check import Array
from custvalue.plot._figure import ACTUAL, MODEL, axes, group_names, legend, shading, styles, width
from custvalue.plot._fonts import readable

if TYPE_CHECKING:
    from custvalue.churn import KaplanMeier, ProfitCurve, Ranking

_TICKS = 7  # ages at which the number at risk is written
_MOST_MARKS = 100  # ages: beyond, censored customers are not marked


def survival(curve: KaplanMeier, ax: Any = None, level: float = 0.95) -> Any:
    """Draw survival by age with its interval and, below, the customers at risk.

    Parameters
    ----------
    curve : KaplanMeier
        From `custvalue.churn.kaplan_meier`; a line per group.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    level : float
        Coverage of the interval, between 0 and 1.

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
    >>> table = cv.Durations(exit=[6, 6, 6, 6, 7, 9], event=[1, 1, 1, 0, 1, 0])
    >>> cv.plot.survival(cv.churn.kaplan_meier(table)).get_xlabel()
    'age in months'
    """
    names, place = group_names(curve)
    ax = axes(ax, (7.0 + width(names), 4.2 + 0.2 * len(names)))
    low, high = curve.interval(level)
    ticks = _ticks(float(curve.time.max(initial=0.0)))
    for number, (name, style) in enumerate(zip(names, styles(len(names)), strict=True)):
        rows = place == number
        time, share = curve.time[rows], curve.survival[rows]
        if len(names) == 1:
            del style["marker"]
        some = slice(number, None, len(time) // 6 + 1)
        ax.step(time, share, where="post", markersize=4, markevery=some, **style,
                label=name or "Kaplan-Meier")  # fmt: skip
        ax.fill_between(time, low[rows], high[rows], step="post", color=style["color"],
                        alpha=shading(len(names)), linewidth=0)  # fmt: skip
        lost = (curve.censored[rows] > 0) & (len(time) <= _MOST_MARKS)
        ax.plot(time[lost], share[lost], linestyle="", marker="|", color=style["color"])
        entered = np.searchsorted(time, ticks)  # those who came before the age, less who left
        change = curve.entered[rows] - curve.events[rows] - curve.censored[rows]
        at_risk = np.append(0.0, np.cumsum(change))[entered]
        at_risk[ticks == 0.0] = curve.entered[rows][time == 0.0].sum()
        for tick, count in zip(ticks, at_risk, strict=True):
            ax.annotate(_number(count), (tick, 0), xycoords=("data", "axes fraction"),
                        xytext=(0, -34 - 12 * number), textcoords="offset points", ha="center",
                        fontsize=7, color=style["color"])  # fmt: skip
        ax.annotate(f"{name}  at risk".strip(), (0, 0), xycoords="axes fraction", ha="right",
                    xytext=(-14, -34 - 12 * number), textcoords="offset points", fontsize=7,
                    color=style["color"])  # fmt: skip
    ax.set_xticks(ticks, [_number(tick) for tick in ticks])
    ax.set_xlabel(f"age in {curve.unit}s", labelpad=18 + 12 * len(names))
    ax.set_ylabel("share still there")
    ax.set_ylim(0, 1.02)
    legend(ax)
    return readable(ax)


def _ticks(end: float) -> Array:
    """Return round ages from 0 to the last one."""
    from matplotlib.ticker import MaxNLocator

    if end == 0.0:
        return np.zeros(1)
    ticks = np.asarray(MaxNLocator(_TICKS, steps=[1, 2, 5, 10]).tick_values(0.0, end))
    return ticks[(ticks >= 0.0) & (ticks <= end)]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:,.4g}"


def gains(ranking: Ranking, ax: Any = None) -> Any:
    """Draw the share of churners found among the customers scored highest.

    Parameters
    ----------
    ranking : Ranking
        From `custvalue.churn.ranking`.
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
    >>> ranked = cv.churn.ranking([1, 1, 0, 0, 1, 0], [0.9, 0.8, 0.7, 0.4, 0.4, 0.1])
    >>> cv.plot.gains(ranked).get_ylabel()
    'share of churners found'
    """
    ax = axes(ax)
    customers, churned = ranking.customers[::-1], ranking.churned[::-1]
    share = np.append(0.0, np.cumsum(customers)) / max(customers.sum(), 1)
    total = churned.sum() or np.nan  # of nobody there is no share
    found = np.append(0.0, np.cumsum(churned)) / total
    base = total / max(customers.sum(), 1)
    ax.plot(share, found, label=f"ranking (AUC {ranking.auc:.3f})", **ACTUAL)
    ax.plot([0, base, 1], [0, 1, 1], color="0.6", linestyle=":", label="perfect")
    ax.plot([0, 1], [0, 1], color="0.6", linewidth=0.8, label="by chance")
    lift, at = ranking.top_decile_lift, float(np.interp(0.1, share, found))
    if np.isfinite(lift):
        ax.plot([0.1], [at], marker="o", color=ACTUAL["color"])
        ax.annotate(f"top 10 %: lift {lift:.2f}", (0.1, at), xytext=(10, -10),
                    textcoords="offset points")  # fmt: skip
    ax.set_xlabel("share of customers, highest score first")
    ax.set_ylabel("share of churners found")
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1.02)
    ax.legend(frameon=False, loc="lower right")
    return ax


def profit(curve: ProfitCurve, ax: Any = None) -> Any:
    """Draw the profit per customer of a campaign by the share of customers that it addresses.

    Parameters
    ----------
    curve : ProfitCurve
        From `custvalue.churn.profit_curve`.
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
    >>> ranked = cv.churn.ranking([0, 1, 1], [0.2, 0.5, 0.7])
    >>> cv.plot.profit(cv.churn.profit_curve(ranked)).get_ylabel()
    'profit per customer'
    """
    ax = axes(ax)
    ax.plot(curve.target_share, curve.profit, **ACTUAL)
    best = int(np.argmax(curve.profit))
    share, most = curve.target_share[best], curve.profit[best]
    ax.plot([share], [most], marker="o", linestyle="", color=MODEL["color"], clip_on=False,
            label=f"best: {most:.4g} at {share:.0%}")  # fmt: skip
    ax.axhline(0, color="0.4", linewidth=0.8)
    ax.set_xlabel("share of customers addressed, highest score first")
    ax.set_ylabel("profit per customer")
    ax.set_xlim(0, 1)
    ax.legend(frameon=False)
    return ax
