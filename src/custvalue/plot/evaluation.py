"""Picture of an evaluation: indicators with scores, targets and statuses that read in grey."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from custvalue._check import Array, of_type
from custvalue._declared import spoken
from custvalue.errors import InvalidDataError, message
from custvalue.plot._figure import ACTUAL, MODEL, axes
from custvalue.plot._fonts import readable
from custvalue.plot._names import wrapped
from custvalue.plot._status import status_mark
from custvalue.plot._words import word

if TYPE_CHECKING:
    from custvalue.scorecard import Evaluation

_MARKS = ("unknown", "neutral", "bad", "watch", "fair", "good")  # by code of the status
_INDICATOR, _DIMENSION = "#b9cadb", "#5f7f9f"


def scorecard(
    evaluation: Evaluation, ax: Any = None, *, unit: Any = None, language: str = "en"
) -> Any:
    """Draw the indicators of an evaluation by dimension: score, bounds, target, value and status.

    The status of each indicator is a mark with a shape and a sign of its own, and its word: what
    traffic lights say, also in grey and to those who see no red or green. A status in brackets is
    not certain: the bounds of its value have another.

    Parameters
    ----------
    evaluation : Evaluation
        From `custvalue.scorecard.evaluate`.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    unit : label, optional
        Whose; may be left out where there is one.
    language : str
        Of names and statuses, such as "en" or "zh".

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InvalidDataError
        If it is no evaluation, or there are several units and none is named.
    MissingExtraError
        If Matplotlib is not installed.

    Warns
    -----
    CustValueWarning
        If no font that is installed has the characters of a name.

    Examples
    --------
    >>> import custvalue as cv
    >>> system = cv.scorecard.EvaluationSystem.of(
    ...     cv.scorecard.Indicator("csat", "Satisfied", "voice", low=0, high=1,
    ...                            thresholds=cv.scorecard.Threshold(target=0.9, floor=0.8)))
    >>> ax = cv.plot.scorecard(cv.scorecard.evaluate(system, {"csat": (0.85, 0.81, 0.89)}))
    >>> [text.get_text() for text in ax.texts]
    ['85', '85', '!', 'warning: 0.85']
    """
    from custvalue.scorecard import Evaluation as Kind
    from custvalue.scorecard.threshold import words

    of_type("evaluation", evaluation, Kind, "It comes from scorecard.evaluate(...).")
    place, system = _place(evaluation, unit), evaluation.system
    rows, names = _rows(evaluation, language)
    ax = axes(ax, (9.0, 1.3 + 0.36 * len(rows)))
    whole = np.atleast_1d(evaluation.value)[place]
    parts = [*evaluation.dimension_scores[:, place], whole]
    bounds = np.stack(evaluation.score_bounds())[:, :, place]
    doubtful = False
    for row, (kind, i) in enumerate(rows):
        if kind == "indicator":
            score, ends = evaluation.scores[i, place], _ends(evaluation, i, place)
        else:
            score, ends = parts[i], bounds[:, i]
        colour = _INDICATOR if kind == "indicator" else _DIMENSION
        if not np.isnan(score):
            ax.barh([row], [score], height=0.62, color=colour)
            if not np.isnan(ends).any():
                ax.plot(ends, [row, row], color="0.15", linewidth=1.4, marker="|", markersize=6)
        if kind != "indicator":
            if not np.isnan(score) or kind == "whole":
                total = "–" if np.isnan(score) else f"{score:.0f}"
                ax.annotate(total, (1.0, row), xycoords=("axes fraction", "data"),
                            xytext=(8, 0), textcoords="offset points", va="center",
                            weight="bold", fontsize=9)  # fmt: skip
            continue
        one, code = system.indicators[i], int(evaluation.status_codes[i, place])
        aim = float(one.scores(evaluation.target[i, place], evaluation.target[i, place],
                               evaluation.floor[i, place]))  # fmt: skip
        if not np.isnan(aim):
            ax.plot([aim, aim], [row - 0.38, row + 0.38], color=MODEL["color"], linewidth=2.2)
        said = str(words(code, language))
        if code > 1 and not np.isnan(ends).any() and not evaluation.certain[i, place]:
            said, doubtful = f"({said})", True
        if code:
            said += f": {_number(float(evaluation.reading[i, place]))}"
        if evaluation.stale[i, place]:
            said += f", {word('stale', language)}"
        status_mark(ax, row, _MARKS[code], said)
    if not np.isnan(evaluation.target[:, place]).all():
        ax.plot([], [], color=MODEL["color"], linewidth=2.2, label=word("target", language))
    if not np.isnan(evaluation.lower[:, place]).all():
        ax.plot([], [], color="0.15", linewidth=1.4, marker="|", label=word("bounds", language))
    if doubtful:
        ax.plot([], [], linestyle="", label=word("(status) not certain", language))
    if ax.get_legend_handles_labels()[1]:
        ax.legend(frameon=False, fontsize=8, ncols=3, loc="lower left", bbox_to_anchor=(0.0, 1.0))
    ax.set_xlim(0, 100)
    ax.set_yticks(np.arange(len(rows)), names, fontsize=8)
    for label, (kind, _) in zip(ax.get_yticklabels(), rows, strict=True):
        label.set_fontweight("normal" if kind == "indicator" else "bold")
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlabel(word("score", language))
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(colors=ACTUAL["color"], which="both", axis="y", length=0)
    return readable(ax)


def _number(value: float) -> str:
    """Return a number with four digits, and none lost before the point."""
    return f"{value:,.0f}" if abs(value) >= 1000.0 else f"{value:.4g}"


def _place(evaluation: Evaluation, unit: Any) -> int:
    """Return the place of a unit; refuse to guess which where there are several."""
    units: list[str] = evaluation.unit.tolist()
    if unit is None and len(units) == 1:
        return 0
    if str(unit) not in units or unit is None:
        rule = "must name one of the units " + "; ".join(repr(label) for label in units[:10])
        raise InvalidDataError(message("unit", rule, value=unit))
    return units.index(str(unit))


def _ends(evaluation: Evaluation, i: int, place: int) -> Array:
    """Return the scores of both bounds of a reading."""
    ends = np.array([evaluation.lower[i, place], evaluation.upper[i, place]])
    lines = evaluation.target[i, place], evaluation.floor[i, place]
    return evaluation.system.indicators[i].scores(ends, *lines)


def _rows(evaluation: Evaluation, language: str) -> tuple[list[tuple[str, int]], list[str]]:
    """Return what stands in each row, by its place, and its name."""
    system = evaluation.system
    rows, names = [("whole", len(system.dimensions))], [word("overall", language)]
    for i, part in enumerate(system.dimensions):
        rows.append(("dimension", i))
        names.append(wrapped(spoken(part.name, language)))
        for k, one in enumerate(system.indicators):
            if one.dimension == part.id:
                rows.append(("indicator", k))
                names.append(wrapped(spoken(one.name, language), 40))
    return rows, names
