"""What all pictures share: axes from Matplotlib, which is imported late, and styles."""

from __future__ import annotations

from importlib.util import find_spec
from itertools import cycle, islice
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._tally import distinct_rows
from custvalue.errors import InvalidDataError, MissingExtraError, message

ACTUAL = {"color": "#1f3b57", "linestyle": "-"}
MODEL = {"color": "#c4540a", "linestyle": "--"}
QUIET = ("#6b8f71", "#8a7aa8")
_COLOURS = ("#1f3b57", "#6b8f71", "#8a7aa8", "#b08a2e", "#3d8ea3")  # not that of models
_LINES = ("-", "--", "-.", ":")
_MARKERS = "os^vDPX"
_BESIDE = 4  # series: a legend of more is drawn beside the picture


def axes(ax: Any, size: tuple[float, float] = (7.0, 4.2)) -> Any:
    """Return `ax`, or the axes of a new figure (not of pyplot)."""
    if ax is not None:
        return ax
    if find_spec("matplotlib") is None:
        raise MissingExtraError(
            "Pictures are drawn by Matplotlib, which is not installed. "
            "Install it with: pip install 'custvalue[plot]'."
        )
    from matplotlib.figure import Figure

    return Figure(figsize=size, layout="constrained").subplots()


def styles(count: int) -> list[dict[str, str]]:
    """Return the styles of several series: no two of 28 share line style and marker."""
    each = zip(cycle(_COLOURS), cycle(_LINES), cycle(_MARKERS))
    names = ("color", "linestyle", "marker")
    return [dict(zip(names, style, strict=True)) for style in islice(each, count)]


def legend(ax: Any) -> None:
    """Draw the legend: inside, or beside the picture where it would cover much."""
    if len(ax.get_legend_handles_labels()[1]) <= _BESIDE:
        ax.legend(frameon=False)
    else:
        ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def shading(count: int) -> float:
    """Return how opaque the intervals of several series are."""
    return 0.15 if count <= _BESIDE else 0.06


def width(names: list[str]) -> float:
    """Return the inches that a legend of these names takes beside a picture."""
    return 0.5 + 0.075 * max(map(len, names)) if len(names) > _BESIDE else 0.0


def shades() -> Any:
    """Return the colours of cells: the palest is not white, as cells without a value are."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("shades", ["#dbe8f4", "#6baed6", "#08306b"])


def group_names(record: Any) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Return the names of a record's groups, and the number of each row's group."""
    labels = list(record.groups.values())
    if not labels or not len(record):
        return [""], np.zeros(len(record), dtype=np.int64)
    place, firsts = distinct_rows(labels)
    names = [", ".join(str(column[first]) for column in labels) for first in firsts]
    return names, place


def only_group(record: Any, group: Any) -> npt.NDArray[np.bool_]:
    """Return the rows of one group; refuse to guess which where there are several."""
    names, place = group_names(record)
    wanted = group if isinstance(group, (tuple, list)) else (group,)
    name = "" if group is None else ", ".join(map(str, wanted))
    if group is None and len(names) == 1:
        return np.ones(len(record), dtype=np.bool_)
    if name not in names:
        rule = "must name one of the groups " + "; ".join(repr(n) for n in names[:10])
        raise InvalidDataError(message("group", rule, value=group))
    return np.asarray(place == names.index(name))
