"""Pictures of RFM: the grid of recency and frequency, migration between segments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from custvalue._check import one_of
from custvalue.plot._figure import axes, shades
from custvalue.plot._fonts import readable

if TYPE_CHECKING:
    from custvalue.rfm import Migration, RFMScores

_SHOWN = ("customers", "monetary")


def rfm_grid(scores: RFMScores, ax: Any = None, what: str = "customers") -> Any:
    """Draw how many customers have each pair of scores of recency and frequency.

    Parameters
    ----------
    scores : RFMScores
        From `custvalue.rfm.scores`.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    what : {"customers", "monetary"}
        What colours show: the number of customers, or their mean money. Both are written.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InvalidDataError
        If `what` is not known.
    MissingExtraError
        If Matplotlib is not installed.

    Examples
    --------
    >>> import custvalue as cv
    >>> log = cv.datasets.cdnow()
    >>> values = cv.rfm.values(log, customer="customer_id", time="date", amount="spend")
    >>> cv.plot.rfm_grid(cv.rfm.scores(values)).get_xlabel()
    'recency score (5: bought last)'
    """
    one_of("what", what, _SHOWN)
    bins = scores.bins
    ax = axes(ax, (2.0 + 0.8 * bins, 1.0 + 0.8 * bins))
    cell = (scores.f.astype(np.intp) - 1) * bins + scores.r - 1
    count = np.bincount(cell, minlength=bins**2)
    money = np.bincount(cell, weights=scores.values.monetary, minlength=bins**2)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = money / count
    shown = (count if what == "customers" else mean).astype(np.float64)
    there = count > 0
    ends = [0.0, *shown[there]]  # mean money may be negative
    image = ax.imshow(np.where(there, shown, np.nan).reshape(bins, bins), origin="lower",
                      cmap=shades(), vmin=min(ends), vmax=max(ends))  # fmt: skip
    for number in np.flatnonzero(there):
        colour = "white" if image.norm(shown[number]) > 0.6 else "0.15"
        ax.text(number % bins, number // bins, f"{count[number]:,}\n({_money(mean[number])})",
                ha="center", va="center", fontsize=8, color=colour)  # fmt: skip
    ticks = np.arange(bins)
    ax.set_xticks(ticks, ticks + 1)
    ax.set_yticks(ticks, ticks + 1)
    ax.set_xlabel(f"recency score ({bins}: bought last)")
    ax.set_ylabel(f"frequency score ({bins}: bought most often)")
    label = "customers" if what == "customers" else "mean money"
    ax.figure.colorbar(image, ax=ax, fraction=0.04, label=label)
    ax.set_title("customers (mean money)", fontsize=9)
    return ax


def _money(value: float) -> str:
    return f"{value:,.0f}" if 100.0 <= abs(value) < 1e6 else f"{value:.3g}"


def migration(moves: Migration, ax: Any = None) -> Any:
    """Draw which share of each segment before is in which segment after.

    Parameters
    ----------
    moves : Migration
        From `custvalue.rfm.migration` or `migration_between`.
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
    >>> moves = cv.rfm.migration_between(bought, "1997-09-30", "1998-06-30")
    >>> cv.plot.migration(moves).get_xlabel()
    'segment after'
    """
    befores = [*moves.segments, "(new)"]
    afters = [*moves.segments, "(absent)"]
    count = np.zeros((len(befores), len(afters)))
    rows = [befores.index(name) for name in moves.before.tolist()]
    columns = [afters.index(name) for name in moves.after.tolist()]
    count[rows, columns] = moves.customers
    total = count.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = count / total[:, None]
    longest = max(map(len, befores))
    size = (2.5 + 0.08 * longest + 0.6 * len(afters), 2.2 + 0.06 * longest + 0.45 * len(befores))
    ax = axes(ax, size)
    image = ax.imshow(share, cmap=shades(), vmin=0.0, vmax=1.0, aspect="auto")
    for row, column in zip(*np.nonzero(count), strict=True):
        ax.text(column, row, f"{100 * share[row, column]:.0f}", ha="center", va="center",
                fontsize=7, color="white" if share[row, column] > 0.6 else "0.15")  # fmt: skip
    labels = [f"{name}  n = {n:,.0f}" for name, n in zip(befores, total, strict=True)]
    ax.set_yticks(np.arange(len(befores)), labels, fontsize=8)
    ax.set_xticks(np.arange(len(afters)), afters, rotation=45, ha="right", fontsize=8)
    ax.set_xlabel("segment after")
    ax.set_ylabel("segment before")
    bar = ax.figure.colorbar(image, ax=ax, fraction=0.03, label="share of the segment before")
    bar.ax.yaxis.set_major_formatter(lambda part, _: f"{part:.0%}")
    return readable(ax)
