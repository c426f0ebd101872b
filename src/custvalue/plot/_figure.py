"""What all pictures share: axes from Matplotlib, which is imported late, and styles."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from custvalue.errors import MissingExtraError

ACTUAL = {"color": "#1f3b57", "linestyle": "-"}
MODEL = {"color": "#c4540a", "linestyle": "--"}
QUIET = ("#6b8f71", "#8a7aa8")
CYCLE = (  # of several series: they differ in line style as well as in colour
    {"color": "#1f3b57", "linestyle": "-"},
    {"color": "#c4540a", "linestyle": "--"},
    {"color": "#6b8f71", "linestyle": "-."},
    {"color": "#8a7aa8", "linestyle": ":"},
)


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
