"""Pictures of lifetime value: tracking, by frequency, concentration of value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from custvalue.plot._figure import ACTUAL, MODEL, QUIET, axes

if TYPE_CHECKING:
    from custvalue.clv.validation import HoldoutValidation
    from custvalue.clv.value import LifetimeValues


def tracking(validation: HoldoutValidation, ax: Any = None, cumulative: bool = True) -> Any:
    """Draw actual and expected repeat purchases over calibration and holdout.

    Parameters
    ----------
    validation : HoldoutValidation
        From `custvalue.clv.holdout`.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    cumulative : bool
        Totals so far, or those of each step.

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
    >>> log = cv.datasets.cdnow()
    >>> bought = cv.occasions(log, customer="customer_id", time="date", amount="spend")
    >>> split = bought.split(at="1997-09-30", unit="week")
    >>> check = cv.clv.holdout(cv.clv.BetaGeo.fit(split.calibration), split)
    >>> cv.plot.tracking(check).get_ylabel()
    'cumulative repeat purchases'
    """
    ax = axes(ax)
    actual, expected = validation.actual_repeats, validation.expected_repeats
    if cumulative:
        actual, expected = np.cumsum(actual), np.cumsum(expected)
    when = validation.period.astype("datetime64[D]")
    name = next(iter(validation.expected))
    ax.plot(when, actual, label="actual", **ACTUAL)
    ax.plot(when, expected, label=name, **MODEL)
    if 0 < validation.cut < len(when):
        ax.axvline(when[validation.cut], color="0.4", linewidth=0.8)
        ax.annotate("holdout", (when[validation.cut], 0.02), xycoords=("data", "axes fraction"),
                    xytext=(4, 0), textcoords="offset points", color="0.3")  # fmt: skip
    ax.set_ylabel("cumulative repeat purchases" if cumulative else "repeat purchases per step")
    ax.set_ylim(bottom=0)
    ax.tick_params(axis="x", rotation=30)
    ax.legend(frameon=False)
    return ax


def by_frequency(validation: HoldoutValidation, ax: Any = None) -> Any:
    """Draw mean holdout purchases, actual and expected, by purchases in the calibration.

    Parameters
    ----------
    validation : HoldoutValidation
        From `custvalue.clv.holdout`.
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
    >>> log = cv.datasets.cdnow()
    >>> bought = cv.occasions(log, customer="customer_id", time="date", amount="spend")
    >>> split = bought.split(at="1997-09-30", unit="week")
    >>> check = cv.clv.holdout(cv.clv.BetaGeo.fit(split.calibration), split)
    >>> cv.plot.by_frequency(check).get_xlabel()
    'repeat purchases in the calibration'
    """
    import narwhals.stable.v2 as nw

    ax = axes(ax)
    table = nw.from_native(validation.by_frequency(), eager_only=True)
    names = table["frequency"].to_list()
    ax.plot(names, table["actual"].to_numpy(), marker="o", label="actual", **ACTUAL)
    model, *baselines = validation.expected
    ax.plot(names, table[model].to_numpy(), marker="s", label=model, **MODEL)
    for name, colour, marker in zip(baselines, QUIET, "^v", strict=False):
        ax.plot(names, table[name].to_numpy(), marker=marker, color=colour, linestyle=":",
                label=name)  # fmt: skip
    ax.set_xlabel("repeat purchases in the calibration")
    ax.set_ylabel("mean purchases in the holdout")
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False)
    return ax


def value_concentration(values: LifetimeValues, ax: Any = None) -> Any:
    """Draw which share of the total value the most valuable customers hold (a Lorenz curve).

    Parameters
    ----------
    values : LifetimeValues
        From `custvalue.clv.lifetime_value`.
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
    >>> log = cv.datasets.cdnow()
    >>> bought = cv.occasions(log, customer="customer_id", time="date", amount="spend")
    >>> summary = bought.summary(until="1997-09-30", unit="week")
    >>> values = cv.clv.lifetime_value(cv.clv.BetaGeo.fit(summary), 20.0, summary,
    ...                                horizon=1, unit="year", annual_rate=0.1)
    >>> cv.plot.value_concentration(values).get_ylabel()
    'share of total value'
    """
    ax = axes(ax)
    order = np.argsort(values.value)[::-1]
    weight = np.ones(len(values)) if values.weight is None else values.weight
    people = np.append(0.0, np.cumsum(weight[order])) / weight.sum()
    held = np.append(0.0, np.cumsum((weight * values.value)[order]))
    held = held / held[-1] if held[-1] > 0 else people  # of nothing, everybody has their share
    ax.plot(people, held, **ACTUAL)
    ax.plot([0, 1], [0, 1], color="0.6", linewidth=0.8)
    tenth = float(np.interp(0.1, people, held))
    ax.annotate(f"top 10 %: {tenth:.0%} of value", (0.1, tenth), xytext=(18, -6),
                textcoords="offset points")  # fmt: skip
    ax.set_xlabel("share of customers, most valuable first")
    ax.set_ylabel("share of total value")
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1.02)
    return ax
