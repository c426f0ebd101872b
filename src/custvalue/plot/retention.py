"""Pictures of retention: the cohort triangle, retention curves with projections, growth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from custvalue import _calendar
from custvalue._check import number, of_type, whole
from custvalue.errors import InvalidDataError, message
from custvalue.plot._figure import (
    ACTUAL,
    MODEL,
    axes,
    group_names,
    legend,
    only_group,
    shades,
    shading,
    styles,
    width,
)
from custvalue.plot._fonts import readable

if TYPE_CHECKING:
    from custvalue.clv import Fit
    from custvalue.retention import Cohorts, GrowthAccounting, RetentionCurve

_MOST_NUMBERS = 500  # cells: beyond, percentages would overlap


def cohort_heatmap(cohorts: Cohorts, ax: Any = None, group: Any = None) -> Any:
    """Draw the retention of each cohort by age: partial cells hatched, unobserved ones blank.

    Parameters
    ----------
    cohorts : Cohorts
        From `custvalue.retention.cohorts`.
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
    >>> log = cv.datasets.cdnow()
    >>> found = cv.retention.cohorts(log, customer="customer_id", time="date")
    >>> cv.plot.cohort_heatmap(found).get_xlabel()
    'months since the first activity'
    """
    rows = only_group(cohorts, group)
    cohort, age = cohorts.cohort[rows], cohorts.age[rows]
    retention = cohorts.retention[rows]
    partly = (cohorts.state == "partial")[rows] & np.isfinite(retention)
    numbers, place = np.unique(cohort, return_inverse=True)
    shape = (max(len(numbers), 1), int(age.max(initial=0)) + 1)
    cells = np.full(shape, np.nan)
    cells[place, age] = retention
    ax = axes(ax, (min(3.5 + 0.45 * shape[1], 16.0), min(2.4 + 0.3 * shape[0], 16.0)))
    later = cells[:, 1:] if shape[1] > 1 else cells
    top = np.nanmax(later) if np.isfinite(later).any() else 1.0
    image = ax.imshow(cells, aspect="auto", cmap=shades(), vmin=0.0, vmax=float(top) or 1.0)
    for row, column in zip(place[partly], age[partly], strict=True):
        ax.add_patch(_hatched(column, row))
    known = np.isfinite(cells)
    if known.sum() <= _MOST_NUMBERS:
        for row, column in zip(*np.nonzero(known), strict=True):
            dark = cells[row, column] > 0.6 * top
            ax.text(column, row, f"{100 * cells[row, column]:.0f}", ha="center", va="center",
                    fontsize=7, color="white" if dark else "0.15")  # fmt: skip
    sizes = np.zeros(len(numbers), dtype=np.int64)
    sizes[place] = cohorts.size[rows]
    days = _calendar.period_starts(numbers, cohorts.grain, cohorts.week_start).astype(str)
    every = max(1, len(numbers) // 40)
    labels = [f"{day}  n = {size:,}" for day, size in zip(days, sizes, strict=True)]
    ax.set_yticks(np.arange(len(numbers))[::every], labels[::every], fontsize=7)
    ax.set_xticks(np.arange(shape[1])[:: max(1, shape[1] // 25)])
    since = "the first activity" if cohorts.origin == "first" else "the start"
    ax.set_xlabel(f"{cohorts.grain}s since {since}")
    ax.set_ylabel("cohort")
    bar = ax.figure.colorbar(image, ax=ax, fraction=0.03, extend="max")
    bar.ax.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    bar.set_label("active\n(hatched: period not over)", fontsize=8)
    return ax


def _hatched(column: float, row: float) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, hatch="////", edgecolor="0.45",
                     linewidth=0)  # fmt: skip


def retention_curve(
    curve: RetentionCurve,
    ax: Any = None,
    fit: Fit[Any] | None = None,
    horizon: int | None = None,
    level: float = 0.95,
) -> Any:
    """Draw the share of customers active at each age with its interval, and a projection.

    Parameters
    ----------
    curve : RetentionCurve
        From `Cohorts.curve`; a line per group.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    fit : Fit, optional
        Of a contractual model (`ShiftedBetaGeo`, `BetaDiscreteWeibull`); its survival is drawn with
        its interval (`Fit.interval_of`).
    horizon : int, optional
        Age up to which the fit is drawn. Default: half as far again as the curve.
    level : float
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InvalidDataError
        If the fit is not of a contractual model, or not in the periods of the curve.
    MissingExtraError
        If Matplotlib is not installed.

    Examples
    --------
    >>> import custvalue as cv
    >>> log = cv.datasets.cdnow()
    >>> curve = cv.retention.cohorts(log, customer="customer_id", time="date").curve()
    >>> cv.plot.retention_curve(curve).get_ylabel()
    'share active'
    """
    low, high = curve.interval(level)
    names, place = group_names(curve)
    last = int(curve.age.max(initial=0))
    end = (3 * last) // 2
    if horizon is not None:
        end = int(whole("horizon", number("horizon", horizon, 0.0)))
    ages = np.arange(end + 1)
    if fit is not None:
        _check_fit(fit, curve.grain)
    ax = axes(ax, (7.0 + width(names), 4.2))
    for group, (name, style) in enumerate(zip(names, styles(len(names)), strict=True)):
        rows = place == group
        ax.plot(curve.age[rows], curve.share[rows], markersize=3, **style,
                label=name or "observed")  # fmt: skip
        ax.fill_between(curve.age[rows], low[rows], high[rows], color=style["color"],
                        alpha=shading(len(names)), linewidth=0)  # fmt: skip
    if fit is not None:
        below, above = fit.interval_of(lambda m: m.survival(ages), level, scale="logit")
        ax.plot(ages, fit.model.survival(ages), label=type(fit.model).__name__, **MODEL)
        ax.fill_between(ages, below, above, color=MODEL["color"], alpha=0.15)
        ax.axvline(last, color="0.4", linewidth=0.8)
    ax.set_xlabel(f"age in {curve.grain}s")
    ax.set_ylabel("share active")
    ax.set_ylim(0, 1.02)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    legend(ax)
    return readable(ax)


def _check_fit(fit: Any, grain: str) -> None:
    from custvalue.clv import ContractualModel, Fit

    of_type("fit", fit, Fit, "Make it with ShiftedBetaGeo.fit(cohorts.durations()).")
    of_type("fit.model", fit.model, ContractualModel, "Fit ShiftedBetaGeo or another.")
    if fit.unit != grain:
        rule = f"must be in the unit of the curve ({grain})"
        raise InvalidDataError(message("fit", rule, value=fit.unit))


def growth(accounting: GrowthAccounting, ax: Any = None, group: Any = None) -> Any:
    """Draw new, resurrected and retained customers of each period above 0 and churned ones below.

    Parameters
    ----------
    accounting : GrowthAccounting
        From `custvalue.retention.growth_accounting`.
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
    >>> log = cv.datasets.cdnow()
    >>> found = cv.retention.growth_accounting(log, customer="customer_id", time="date")
    >>> cv.plot.growth(found).get_ylabel()
    'customers'
    """
    rows = only_group(accounting, group)
    ax = axes(ax)
    period = accounting.period[rows]
    days = _calendar.period_starts(period, accounting.grain, accounting.week_start).astype(str)
    where, base = np.arange(len(period)), np.zeros(len(period))
    parts = {
        "retained": (ACTUAL["color"], ""),
        "resurrected": ("#6b8f71", "//"),
        "new": ("#8a7aa8", ".."),
    }
    for name, (colour, hatch) in parts.items():
        counts = getattr(accounting, name)[rows]
        ax.bar(where, counts, bottom=base, color=colour, hatch=hatch, edgecolor="white",
               linewidth=0, label=name)  # fmt: skip
        base = base + counts
    ax.bar(where, -accounting.churned[rows], color=MODEL["color"], hatch="\\\\",
           edgecolor="white", linewidth=0, label="churned")  # fmt: skip
    partly = (accounting.state == "partial")[rows]
    for bar in where[partly]:
        ax.axvspan(bar - 0.5, bar + 0.5, color="0.85", zorder=0, label="period not over")
    every = max(1, len(period) // 16)
    ax.set_xticks(where[::every], days[::every], rotation=45, ha="right", fontsize=7)
    ax.axhline(0, color="0.3", linewidth=0.8)
    ax.set_ylabel("customers")
    ax.yaxis.set_major_formatter(lambda count, _: f"{abs(count):,g}")
    ax.legend(frameon=False, fontsize=8, ncols=5, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return ax
