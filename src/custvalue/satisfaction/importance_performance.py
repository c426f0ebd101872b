"""Importance-performance analysis: which attributes to keep up, and where to concentrate."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from custvalue._check import Array, ArrayLike, number, one_of, real, within
from custvalue._record import Record, kept
from custvalue._tally import Column, as_column
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction._answers import checked_scale
from custvalue.satisfaction._drivers import Drivers
from custvalue.satisfaction._survey import ROUNDING
from custvalue.satisfaction.csat import CSAT

QUADRANTS = ("keep up", "concentrate here", "low priority", "possible overkill")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ImportancePerformance(Record):
    """Attributes on the grid of importance and performance.

    Attributes
    ----------
    attribute : array of shape (rows,)
        Its name.
    importance, performance : float arrays
        Where it is on the grid.
    importance_cut, performance_cut : float
        Where the grid is cut; what is at the cut is high.

    Examples
    --------
    >>> import custvalue as cv
    >>> grid = cv.satisfaction.importance_performance(
    ...     ["price", "service", "design", "parking"], [0.4, 0.3, 0.1, 0.2], [3.1, 4.5, 4.4, 2.8]
    ... )
    >>> grid.to_frame()[["attribute", "quadrant"]]
      attribute           quadrant
    0     price   concentrate here
    1   service            keep up
    2    design  possible overkill
    3   parking       low priority
    """

    attribute: Column = dataclasses.field(default_factory=lambda: np.empty(0, dtype=object))
    importance: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    performance: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    importance_cut: float = np.nan
    performance_cut: float = np.nan

    _columns: ClassVar[tuple[str, ...]] = ("attribute", "importance", "performance")

    def __post_init__(self) -> None:
        columns = {
            "attribute": as_column("attribute", self.attribute),
            "importance": within("importance", self.importance),
            "performance": within("performance", self.performance),
        }
        shapes = {name: column.shape for name, column in columns.items()}
        if len(set(shapes.values())) > 1 or columns["attribute"].ndim != 1:
            rule = "must be columns of one length"
            raise InvalidDataError(
                message("attribute, importance, performance", rule, value=shapes)
            )
        for name, column in columns.items():
            object.__setattr__(self, name, kept(column))
        for name in ("importance_cut", "performance_cut"):
            cut = real(name, getattr(self, name))
            if cut.ndim or (np.isnan(cut) and len(self)):
                raise InvalidDataError(message(name, "must be one number", value=cut))
            object.__setattr__(self, name, float(cut))
        super().__post_init__()

    def __len__(self) -> int:
        """Return the number of attributes."""
        return len(self.attribute)

    @property
    def quadrant(self) -> Column:
        """The quadrant of each attribute: important and good is "keep up", and so on."""
        important = _reaches(self.importance, self.importance_cut)
        good = _reaches(self.performance, self.performance_cut)
        place = np.where(important, np.where(good, 0, 1), np.where(good, 3, 2))
        return np.asarray(np.array(QUADRANTS, dtype=object)[place])

    def _table(self) -> dict[str, Any]:
        return {**super()._table(), "quadrant": self.quadrant}

    def plot(self, ax: Any = None) -> Any:
        """Draw it; see `custvalue.plot.importance_map`."""
        from custvalue.plot import importance_map

        return importance_map(self, ax)

    def _head(self) -> dict[str, Any]:
        cuts = {n: getattr(self, n) for n in ("importance_cut", "performance_cut")}
        return {"attributes": len(self), **cuts}


def _reaches(values: Array, cut: float) -> Any:
    """Return which values are at the cut or above, but for what the sum of a mean rounds."""
    return values >= cut - ROUNDING * abs(cut)


def importance_performance(
    attribute: ArrayLike,
    importance: ArrayLike | Mapping[str, float] | Drivers,
    performance: ArrayLike | Mapping[str, float] | CSAT,
    *,
    cut: str | tuple[float, float] = "mean",
    importance_scale: tuple[float, float] | None = None,
    performance_scale: tuple[float, float] | None = None,
) -> ImportancePerformance:
    """Return the quadrant of each attribute on the grid of importance and performance.

    Parameters
    ----------
    attribute : array_like of shape (n,)
        Names.
    importance : array_like of shape (n,), mapping of str to float, or Drivers
        Stated importance, in the order of `attribute` or by name; or what `drivers` found, by its
        shares.
    performance : array_like of shape (n,), mapping of str to float, or CSAT
        Mean scores, in the order of `attribute` or by name; or the means that `battery` found.
    cut : {"mean", "median", "midpoint"} or tuple of float
        Where to cut: at the means or medians of the attributes, at the middle of both scales, or
        at two numbers, of importance and of performance. What is at the cut is high. By means and
        medians some attribute is always below: quadrants then compare attributes with each other.
    importance_scale, performance_scale : tuple of float, optional
        Lowest and highest value; needed for "midpoint", and checked where given.

    Returns
    -------
    ImportancePerformance
        With `quadrant`: "keep up", "concentrate here", "low priority" or "possible overkill".

    Raises
    ------
    InvalidDataError
        If columns differ in length, are not finite, or lie outside the scales.

    References
    ----------
    Martilla & James, "Importance-performance analysis", Journal of Marketing 41 (1977), 77-79.

    Examples
    --------
    >>> import custvalue as cv
    >>> grid = cv.satisfaction.importance_performance(
    ...     ["price", "service"], [4.2, 2.5], [2.0, 4.0], cut="midpoint",
    ...     importance_scale=(1, 5), performance_scale=(1, 5),
    ... )
    >>> grid.quadrant.tolist()
    ['concentrate here', 'possible overkill']
    """
    scales = {"importance": importance_scale, "performance": performance_scale}
    names = as_column("attribute", attribute)
    importance = _aligned("importance", importance, names)
    performance = _aligned("performance", performance, names)
    columns = {"importance": importance, "performance": performance}
    cuts: dict[str, float] = {}
    if isinstance(cut, (tuple, list)):
        if len(cut) != 2:
            rule = "must be two numbers, of importance and of performance"
            raise InvalidDataError(message("cut", rule, value=cut))
        cuts = {name: number("cut", at) for name, at in zip(columns, cut, strict=True)}
    else:
        one_of("cut", cut, ("mean", "median", "midpoint"))
    for name, values in columns.items():
        ends = checked_scale(scales[name])
        column = within(name, values) if ends is None else within(name, values, *ends)
        if cuts.keys() >= {name} or column.size == 0:
            cuts.setdefault(name, np.nan)
        elif cut == "midpoint":
            if ends is None:
                rule = "must be given to cut at the midpoint"
                raise InvalidDataError(message(f"{name}_scale", rule))
            cuts[name] = sum(ends) / 2.0
        else:
            cuts[name] = float(np.mean(column) if cut == "mean" else np.median(column))
    return ImportancePerformance(
        names,
        within("importance", importance),
        within("performance", performance),
        importance_cut=cuts["importance"],
        performance_cut=cuts["performance"],
    )


def _aligned(name: str, values: Any, attributes: Column) -> Any:
    """Return values in the order of the attributes, where they have names."""
    if isinstance(values, Drivers) and not values.groups:
        values = dict(zip(values.predictors, values.share.tolist(), strict=True))
    elif isinstance(values, CSAT) and list(values.groups) == ["item"]:
        shown = dict.fromkeys(values.groups["item"].tolist())
        values = dict(zip(shown, values.mean.tolist(), strict=True))
    elif isinstance(values, Record):
        rule = "must be numbers, or a record of drivers or of a battery without groups"
        raise InvalidDataError(message(name, rule, value=type(values).__name__))
    if not isinstance(values, Mapping):
        return values
    lacking = [one for one in attributes.tolist() if one not in values]
    if lacking:
        rule = f"must have a number for each attribute; there are {list(values)}"
        raise InvalidDataError(message(name, rule, value=lacking[0], count=len(lacking)))
    return [values[one] for one in attributes.tolist()]
