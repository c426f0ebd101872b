"""How many gave each answer of a scale: the mean, shares of options and their intervals."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue import _proportion
from custvalue._check import Array, real
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction import _trinomial
from custvalue.satisfaction._answers import Answers, required_scale
from custvalue.satisfaction._counting import counted, options, whole_count
from custvalue.satisfaction._survey import SurveyTally, check_sums, effective, mean_bounds, ratio

Column = npt.NDArray[Any]


def _none() -> Column:
    return np.empty(0, dtype=np.int64)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Histogram(SurveyTally):
    """Answers by option of a scale, a row for each group and option; `+` adds respondents."""

    answer: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    answers: Column = dataclasses.field(default_factory=_none)
    weight: Any = None
    squares: Any = None
    scale: tuple[float, float] = (1.0, 5.0)

    _keys: ClassVar[tuple[str, ...]] = ("answer",)
    _sums: ClassVar[tuple[str, ...]] = ("answers", "weight", "squares")
    _settings: ClassVar[tuple[str, ...]] = ("scale", "min_group")
    _shows: ClassVar[tuple[str, ...]] = (
        "share",
        "lower",
        "upper",
        "mean",
        "mean_lower",
        "mean_upper",
        "index",
        "low_base",
    )

    def __post_init__(self) -> None:
        for name in ("weight", "squares"):
            if getattr(self, name) is None:
                object.__setattr__(self, name, self.answers)
        object.__setattr__(self, "answer", real("answer", self.answer))
        super().__post_init__()
        object.__setattr__(self, "scale", required_scale(self.scale))
        check_sums(answers=self.answers, weight=self.weight, squares=self.squares)
        possible = options(self.scale)
        rows = len(self.answer)
        whole = rows % len(possible) == 0
        if not whole or (self.answer.reshape(-1, len(possible)) != possible).any():
            rule = "must have a row for each group and option of the scale"
            raise InvalidDataError(message("answer", rule, value=rows))

    @property
    def options(self) -> Array:
        """The answers possible, ascending."""
        return options(self.scale)

    @property
    def base(self) -> Any:
        """Respondents who answered, by group, not weighted."""
        return self._by_option(self.answers).sum(axis=-1)[()]

    @property
    def effective_n(self) -> Array:
        """Kish's effective number of respondents, that intervals go by; 0 of none."""
        sums = [self._by_option(column).sum(axis=-1) for column in (self.weight, self.squares)]
        return effective(*sums)

    @property
    def mean(self) -> Array:
        """Mean answer; NaN of none."""
        return self._shown(self._moments()[0])

    def mean_interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """Return Student's bounds of `mean`, within the scale; NaN for a single respondent.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.

        Notes
        -----
        Coverage at a level of 0.95 of scales of five options, simulated, by whether there are
        25 skewness^2 respondents (Cochran, "Sampling Techniques", 1977, section 2.15), skewness
        being that of the answers:

        ======================== ============== ============== ============== ==============
        respondents              20             50             200            1,000
        ======================== ============== ============== ============== ==============
        25 skewness^2 or more    0.933 to 0.953 0.942 to 0.952 0.939 to 0.951 0.946 to 0.951
        fewer respondents        0.369 to 0.936 0.681 to 0.941 as above       as above
        ======================== ============== ============== ============== ==============

        The least are of answers almost all alike: a sample without any other shows no scatter.
        """
        low, high = mean_bounds(*self._moments(), self.effective_n, level)
        low, high = np.maximum(low, self.scale[0]), np.minimum(high, self.scale[1])
        return self._shown(low[()]), self._shown(high[()])

    @property
    def index(self) -> Array:
        """Mean answer rescaled to 0 for the lowest option and 100 for the highest."""
        return self._rescaled(self.mean)

    def index_interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """Return the bounds of `mean_interval`, rescaled as `index`.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        """
        low, high = self.mean_interval(level)
        return self._rescaled(low), self._rescaled(high)

    @property
    def shares(self) -> Array:
        """Share of each option, along the last axis; NaN of none."""
        mass = self._by_option(self.weight)
        return np.asarray(self._shown(ratio(mass, mass.sum(axis=-1, keepdims=True)).T).T)

    def share(self, lowest: float, highest: float) -> Array:
        """Return the share of answers from `lowest` to `highest`.

        Parameters
        ----------
        lowest, highest : float
            Both count.
        """
        return self._shown(self._share(lowest, highest))

    def share_interval(
        self, lowest: float, highest: float, level: float = 0.95, method: str = "wilson"
    ) -> tuple[Array, Array]:
        """Return bounds of `share`, from the effective number of respondents.

        Parameters
        ----------
        lowest, highest : float
            Both count.
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald"}
            Wilson (1927) by default; for its coverage see `CSAT.interval`.
        """
        n = self.effective_n
        found = self._share(lowest, highest)
        count = np.clip(np.where(n > 0, found * n, 0.0), 0.0, n)
        low, high = _proportion.interval(count, n, level, method)
        return self._shown(low), self._shown(high)

    def top_box(self, boxes: int = 1) -> Array:
        """Return the share of the highest options.

        Parameters
        ----------
        boxes : int
            How many.
        """
        return self.share(self._top(boxes), self.scale[1])

    def bottom_box(self, boxes: int = 1) -> Array:
        """Return the share of the lowest options.

        Parameters
        ----------
        boxes : int
            How many.
        """
        return self.share(self.scale[0], self._bottom(boxes))

    def net_box(self, boxes: int = 1) -> Array:
        """Return the share of the highest options less that of as many lowest, in [-1, 1].

        Parameters
        ----------
        boxes : int
            How many of either, at most half of the options.
        """
        return self._shown(_trinomial.net(*self._sides(boxes))[0])

    def net_box_interval(self, boxes: int = 1, level: float = 0.95) -> tuple[Array, Array]:
        """Return bounds of `net_box`, by the adjusted Wald interval of a Net Promoter Score.

        Parameters
        ----------
        boxes : int
            How many of either, at most half of the options.
        level : float
            Coverage aimed at, between 0 and 1.
        """
        low, high = _trinomial.adjusted_wald(*self._sides(boxes), level)
        return self._shown(low), self._shown(high)

    def distribution(self, level: float = 0.95) -> Any:
        """Return a frame of the share of each option in each group, with Wilson's bounds.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        """
        n = np.atleast_1d(self.effective_n)
        shares = np.atleast_2d(self.shares)
        count = np.where(np.isnan(shares), 0.0, shares) * n[:, None]
        bounds = _proportion.interval(np.minimum(count, n[:, None]), n[:, None], level)
        low, high = (self._shown(np.atleast_2d(bound).T).T for bound in bounds)
        hidden = np.isnan(shares.ravel()) & (np.repeat(n, shares.shape[1]) > 0)
        answers = np.where(hidden, np.nan, self.answers) if hidden.any() else self.answers
        columns = {"answer": self.answer, "answers": answers, "share": shares.ravel(),
                   "lower": np.ravel(low), "upper": np.ravel(high)}  # fmt: skip
        return self._framed({**self.groups, **columns})

    def _by_option(self, column: Any) -> Column:
        """Return a column in the shape (groups, options), or (options,) without groups."""
        levels = len(options(self.scale))
        if len(column) == 0 and not self.groups:
            return np.zeros(levels)
        table = np.asarray(column).reshape(-1, levels)
        return table if self.groups else table[0]

    def _moments(self) -> tuple[Array, Array]:
        """Return mean and variance of the answers, weighted."""
        mass, values = self._by_option(self.weight).astype(np.float64), self.options
        total = mass.sum(axis=-1)
        mean = ratio(mass @ values, total)
        scatter = (values - np.expand_dims(mean, -1)) ** 2
        return mean, ratio((mass * scatter).sum(axis=-1), total)

    def _rescaled(self, mean: Any) -> Array:
        low, high = self.scale
        return np.asarray((mean - low) / (high - low) * 100.0)[()]

    def _share(self, lowest: float, highest: float) -> Array:
        mass, values = self._by_option(self.weight), self.options
        inside = (values >= lowest) & (values <= highest)
        return np.minimum(ratio(mass[..., inside].sum(axis=-1), mass.sum(axis=-1)), 1.0)

    def _top(self, boxes: int) -> float:
        most = len(self.options) - 1
        return self.scale[1] - whole_count("boxes", boxes, 1, most) + 1.0

    def _bottom(self, boxes: int) -> float:
        most = len(self.options) - 1
        return self.scale[0] + whole_count("boxes", boxes, 1, most) - 1.0

    def _sides(self, boxes: int) -> tuple[Any, Any, Any]:
        """Return effective counts below, between and above."""
        whole_count("boxes", boxes, 1, len(self.options) // 2)
        n = self.effective_n
        low = self._share(self.scale[0], self._bottom(boxes))
        high = self._share(self._top(boxes), self.scale[1])
        counts = [np.where(n > 0, part * n, 0.0) for part in (low, 1.0 - low - high, high)]
        return counts[0], np.maximum(counts[1], 0.0), counts[2]

    def _group_labels(self) -> dict[str, Column]:
        """Return the labels of each group, once."""
        levels = len(self.options)
        return {name: labels[::levels] for name, labels in self.groups.items()}


def histogram_fields(answers: Answers, *, battery: bool = False) -> dict[str, Any]:
    """Return the fields of a Histogram of every item; those of a battery are groups by "item"."""
    assert answers.scale is not None
    possible, items = options(answers.scale), len(answers.each)
    parts = [counted(answers, i) for i in range(items)]
    count, weight, squares = (np.concatenate(sums).ravel() for sums in zip(*parts, strict=True))
    cells = answers.group_count * len(possible)
    groups = {
        name: np.tile(np.repeat(labels, len(possible)), items)
        for name, labels in answers.groups.items()
    }
    if battery:
        if "item" in groups:
            rule = "must not be named as a column of the result"
            raise InvalidDataError(message("by", rule, value="item", hint="Rename the column."))
        groups = {"item": np.repeat(np.array(answers.columns, dtype=object), cells), **groups}
    return {
        "answer": np.tile(possible, items * answers.group_count),
        "answers": count,
        "weight": weight,
        "squares": squares,
        "scale": answers.scale,
        "groups": groups,
        "notes": answers.notes,
        "frame": answers.kind,
    }
