"""The record of coded themes: how many coders of a unit found which theme in it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue import _proportion
from custvalue._check import Array, one_of, refuse, whole
from custvalue._declared import Node, spoken
from custvalue._tally import Column, Tally, as_column
from custvalue.errors import InvalidDataError, message
from custvalue.maturity._patterns import left_out
from custvalue.maturity.krippendorff import KrippendorffAlpha

Ints = npt.NDArray[np.int64]
RULES = ("majority", "any", "all")


def _none() -> Column:
    return np.empty(0, dtype=object)


def _zero() -> Ints:
    return np.empty(0, dtype=np.int64)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Themes(Tally):
    """Units (statements, interviews, tickets) by the themes that coders found in them.

    `+` adds other units. A unit may have several themes, and so may one coder find in it.

    Attributes
    ----------
    theme : array of str of shape (rows,)
        The theme; "" in the rows that count all units, whatever is in them.
    coders, marked : int arrays of shape (rows,)
        How many coders read a unit, and how many of them found the theme.
    units : int array of shape (rows,)
        How many units that holds of.
    rule : {"majority", "any", "all"}
        Which coders it takes for a unit to have a theme: more than half, one, or all of its own.
    names : mapping of str to mapping of str to str
        Names of the themes by language, in the order of `themes`; empty where there is no list.
    notes, frame
        What a policy did, counted; the kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> coded = pd.DataFrame({"interview": [1, 1, 1, 2, 2, 3, 3], "coder": list("xxyxyxy"),
    ...     "theme": ["price", "wait", "price", "price", None, "wait", "wait"]})
    >>> found = cv.scorecard.themes(coded, unit="interview", coder="coder", theme="theme")
    >>> found
    Themes(units=3, themes=2, rule=majority, alpha=0.444444)
    >>> print(found.to_frame().round(3).to_string())
       theme   name  units  share  lower  upper  alpha
    0  price  price      1  0.333  0.061  0.792  0.444
    1   wait   wait      1  0.333  0.061  0.792  0.444
    """

    theme: Column = dataclasses.field(default_factory=_none)
    coders: Ints = dataclasses.field(default_factory=_zero)
    marked: Ints = dataclasses.field(default_factory=_zero)
    units: Ints = dataclasses.field(default_factory=_zero)
    rule: str = "majority"
    names: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)

    _keys: ClassVar[tuple[str, ...]] = ("theme", "coders", "marked")
    _sums: ClassVar[tuple[str, ...]] = ("units",)
    _settings: ClassVar[tuple[str, ...]] = ("rule", "names")

    def __post_init__(self) -> None:
        one_of("rule", self.rule, RULES)
        object.__setattr__(self, "names", theme_names(self.names))
        theme = as_column("theme", self.theme).astype(object)
        if not all(isinstance(name, str) for name in theme):
            raise InvalidDataError(message("theme", "must be text", value=theme[:5].tolist()))
        object.__setattr__(self, "theme", theme)
        for name, low in (("coders", 1.0), ("marked", 0.0)):
            object.__setattr__(self, name, whole(name, getattr(self, name), low).astype(np.int64))
        super().__post_init__()
        if self.groups:
            raise InvalidDataError(message("groups", "must be empty", value=list(self.groups)))
        every = self.theme == ""
        bad = (self.marked > self.coders) | (every == (self.marked > 0))
        refuse("marked", "must be from 1 to the number of coders; 0 of all units", self.marked, bad)
        if self.names:
            strange = sorted(set(self.theme[~every].tolist()) - set(self.names))
            if strange:
                rule = f"must be of the list: {', '.join(self.names)}"
                raise InvalidDataError(message("theme", rule, value=strange[0]))
        width = int(self.coders.max(initial=0)) + 1
        place = np.array(self._places(), dtype=np.int64)
        found = np.zeros((len(self.themes), width), dtype=np.int64)
        np.add.at(found, (place, self.coders[~every]), self.units[~every])
        if (found > np.bincount(self.coders[every], self.units[every], width)).any():
            rule = "must not be more with a theme than there are"
            raise InvalidDataError(message("units", rule, value=int(found.max())))

    def _places(self) -> list[int]:
        """Return the place in `themes` of each row that has one."""
        place = {name: i for i, name in enumerate(self.themes)}
        return [place[name] for name in self.theme if name]

    @property
    def themes(self) -> tuple[str, ...]:
        """The themes: those of the list, or those that occur, by the alphabet."""
        return tuple(self.names) or tuple(sorted({name for name in self.theme if name}))

    @property
    def base(self) -> int:
        """How many units there are, with or without themes."""
        return int(self.units[self.theme == ""].sum())

    def _per_theme(self, values: Any) -> Array:
        """Return sums over the rows of each theme."""
        values = np.asarray(values, dtype=np.float64)[self.theme != ""]
        return np.asarray(np.bincount(self._places(), values, len(self.themes)), dtype=np.float64)

    @property
    def counts(self) -> Ints:
        """How many units have each theme, by the rule."""
        k, m = self.marked, self.coders
        has = {"majority": 2 * k > m, "any": k > 0, "all": k == m}[self.rule]
        return self._per_theme(np.where(has, self.units, 0)).astype(np.int64)

    @property
    def value(self) -> Array:
        """Share of the units that have each theme; NaN of no units."""
        return np.asarray(_proportion.share(self.counts, self.base))

    def interval(self, level: float = 0.95, method: str = "wilson") -> tuple[Array, Array]:
        """Return bounds of the share of each theme, the units a sample of many more.

        Parameters
        ----------
        level : float
            Coverage, in (0, 1).
        method : {"wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald"}
            How the bounds are computed.
        """
        low, high = _proportion.interval(self.counts, self.base, level, method)
        return np.asarray(low), np.asarray(high)

    def _disagreement(self) -> tuple[float, Array, Array]:
        """Return ratings less 1, and observed and expected disagreement of each theme."""
        m, k = self.coders.astype(np.float64), self.marked.astype(np.float64)
        several = np.where(m > 1, self.units, 0)
        n = float((m * several)[self.theme == ""].sum())
        observed = self._per_theme(several * 2 * k * (m - k) / np.maximum(m - 1, 1))
        ones = self._per_theme(several * k)
        return n - 1.0, observed, 2 * ones * (n - ones)

    @property
    def alpha(self) -> Array:
        """Krippendorff's nominal alpha of each theme, found or not; NaN where all coders agree.

        That is, where all found it in all units or in none, or no unit has two coders.
        """
        less, observed, expected = self._disagreement()
        nothing = np.full(len(expected), np.nan)
        lacking = np.divide(less * observed, expected, out=nothing, where=expected > 0)
        return np.asarray(1.0 - lacking)

    @property
    def overall_alpha(self) -> float:
        """Krippendorff's alpha of the sets of themes; NaN where there is nothing to agree on.

        Two sets are as far apart as themes are in one of them only. Where each coder found one
        theme in each unit, it is the nominal alpha of these.
        """
        less, observed, expected = self._disagreement()
        total = float(expected.sum())
        return float(1.0 - less * observed.sum() / total) if total > 0 else math.nan

    def agreement(self, theme: str) -> KrippendorffAlpha:
        """Return the agreement on one theme, with standard error and interval.

        Parameters
        ----------
        theme : str
            One of `themes`.

        Returns
        -------
        KrippendorffAlpha
            Of the ratings 1, found, and 0; units of one coder are left out and counted.
        """
        one_of("theme", theme, self.themes)
        every, mine = self.theme == "", self.theme == theme
        width = int(self.coders.max(initial=0)) + 1
        without = np.bincount(self.coders[every], self.units[every], width)
        without = without - np.bincount(self.coders[mine], self.units[mine], width)
        m = np.concatenate([self.coders[mine], np.arange(width)])
        k = np.concatenate([self.marked[mine], np.zeros(width, dtype=np.int64)])
        units = np.concatenate([self.units[mine], without.astype(np.int64)])
        kept = (m > 1) & (units > 0)
        column, m, k = np.arange(width - 1), m[kept, None], k[kept, None]
        found = np.where(column >= width - 1 - m, 0, -1)
        found = np.where(column >= width - 1 - k, 1, found)
        alone = int(self.units[every & (self.coders == 1)].sum())
        return KrippendorffAlpha(np.arange(2), found, units[kept], metric="nominal", declared=True,
                                 notes=left_out(alone), frame=self.frame)  # fmt: skip

    def labels(self, language: str = "en") -> list[str]:
        """Return the names of the themes.

        Parameters
        ----------
        language : str
            Such as "en" or "zh"; where a theme has no name in it, the first that it has.
        """
        return [spoken(self.names.get(name, {}), language) or name for name in self.themes]

    def _table(self) -> dict[str, Any]:
        low, high = self.interval()
        ids, names = (np.array([*texts], dtype=object) for texts in (self.themes, self.labels()))
        return {"theme": ids, "name": names, "units": self.counts, "share": self.value,
                "lower": low, "upper": high, "alpha": self.alpha}  # fmt: skip

    def _head(self) -> dict[str, Any]:
        return {"units": self.base, "themes": len(self.themes), "rule": self.rule,
                "alpha": self.overall_alpha, **self.notes}  # fmt: skip


def theme_names(names: Any) -> dict[str, dict[str, str]]:
    """Return a list of themes as names by language by theme."""
    if isinstance(names, Mapping):
        found = {key: Node(value, f"names.{key}").names() for key, value in names.items()}
    elif isinstance(names, (list, tuple)):
        found = {key: {"en": key} for key in names}
        if len(found) < len(names):
            raise InvalidDataError(message("names", "must list different themes", value=names))
    else:
        rule = "must map themes to names, or list them"
        raise InvalidDataError(message("names", rule, value=type(names).__name__))
    for key in found:
        if not isinstance(key, str) or not key.strip():
            raise InvalidDataError(message("names", "must have themes that are text", value=key))
    return found
