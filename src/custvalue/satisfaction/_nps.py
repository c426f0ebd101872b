"""The record of a Net Promoter Score: promoters less detractors, with intervals and shares."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np

from custvalue._check import Array, common_shape, number, one_of, real
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction import _trinomial
from custvalue.satisfaction._answers import required_scale
from custvalue.satisfaction._counting import whole_count
from custvalue.satisfaction._survey import SurveyTally, check_sums, effective, ratio

METHODS = ("adjusted-wald", "wald", "score", "bootstrap")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class NPS(SurveyTally):
    """Detractors, passives and promoters; `+` adds other respondents.

    Attributes
    ----------
    detractors, passives, promoters : number, or array of shape (groups,)
        Respondents of each kind, or the sums of their weights.
    answers : int, or int array
        Respondents who answered; by default the sum of the three.
    squares : number, or array
        Sum of the squares of weights; by default that of weights of 1.
    scale : tuple of float
        Lowest and highest answer possible.
    breaks : tuple of float
        Answers from which a respondent is passive, and a promoter.
    min_group : int
        Groups with fewer respondents show NaN.
    groups, notes, frame
        Labels of each row by column; answers not given, counted; the kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> score = cv.satisfaction.NPS(detractors=20, passives=30, promoters=50)
    >>> score
    NPS(answers=100, nps=0.3, lower=0.140511, upper=0.442013)
    >>> float(score.points)
    30.0
    """

    detractors: Any = 0.0
    passives: Any = 0.0
    promoters: Any = 0.0
    answers: Any = None
    squares: Any = None
    scale: tuple[float, float] = (0.0, 10.0)
    breaks: tuple[float, float] = (7.0, 9.0)

    _sums: ClassVar[tuple[str, ...]] = (
        "detractors",
        "passives",
        "promoters",
        "answers",
        "squares",
    )
    _settings: ClassVar[tuple[str, ...]] = ("scale", "breaks", "min_group")
    _shows: ClassVar[tuple[str, ...]] = ("nps", "lower", "upper", "low_base")

    def __post_init__(self) -> None:
        kinds = {name: getattr(self, name) for name in ("detractors", "passives", "promoters")}
        for name in ("answers", "squares"):
            if getattr(self, name) is None:
                common_shape(**{kind: real(kind, counts) for kind, counts in kinds.items()})
                total = sum(np.asarray(counts) for counts in kinds.values())
                object.__setattr__(self, name, total)
        super().__post_init__()
        scale = required_scale(self.scale)
        object.__setattr__(self, "scale", scale)
        object.__setattr__(self, "breaks", checked_breaks(self.breaks, scale))
        check_sums(**{name: getattr(self, name) for name in self._sums})

    @property
    def base(self) -> Any:
        """Respondents who answered, not weighted."""
        return self.answers

    @property
    def effective_n(self) -> Array:
        """Kish's effective number of respondents, that intervals go by; 0 of none."""
        return effective(self.detractors + self.passives + self.promoters, self.squares)

    @property
    def shares(self) -> Array:
        """Shares of detractors, passives and promoters, along the last axis; NaN of none."""
        counts = np.stack([self.detractors, self.passives, self.promoters], axis=-1)
        found = ratio(counts, counts.sum(axis=-1, keepdims=True))
        return np.asarray(self._shown(found.T).T)

    @property
    def value(self) -> Array:
        """Share of promoters less share of detractors, in [-1, 1]; NaN of none."""
        return self._shown(_trinomial.net(*self._effective())[0])

    @property
    def points(self) -> Array:
        """The score in points, -100 to 100."""
        return 100.0 * self.value

    @property
    def standard_error(self) -> Array:
        """Standard error of `value`: root of (P + D - (P - D)^2) / n."""
        _, variance, n = _trinomial.net(*self._effective())
        return self._shown(np.sqrt(ratio(variance, n)))

    def interval(
        self,
        level: float = 0.95,
        method: str = "adjusted-wald",
        *,
        draws: int = 10_000,
        rng: Any = None,
    ) -> tuple[Array, Array]:
        """Return bounds of `value`, the respondents taken as a sample.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"adjusted-wald", "wald", "score", "bootstrap"}
            Wald's interval after 3/4 is added to detractors and promoters and 3/2 to passives, the
            best of six in Rocks (2016); Wald's own, which has no width where all answer alike;
            Tango's score interval; or percentiles of resampled counts.
        draws : int
            Samples of the bootstrap.
        rng : int or numpy.random.Generator, optional
            Where the bootstrap's random numbers come from.

        Returns
        -------
        tuple of float or array
            Lower and upper bound within [-1, 1]; NaN of none.

        Notes
        -----
        Coverage at a level of 0.95, by exact sums over all samples, where at least a tenth, or a
        fiftieth, of the customers is of each of the three kinds; by simulation of the default with
        survey weights that have nothing to do with the answers (where a tenth is), by their design
        effect, and where those with a heavy weight answer otherwise than others:

        ======================== ============== ============== ============== ==============
        respondents              20             50             200            1,000
        ======================== ============== ============== ============== ==============
        adjusted-wald, tenth     0.936 to 0.983 0.944 to 0.959 0.948 to 0.952 0.950 to 0.951
        adjusted-wald, fiftieth  0.926 to 1.000 0.940 to 0.997 0.947 to 0.963 0.949 to 0.954
        score, tenth             0.941 to 0.965 0.946 to 0.957 0.949 to 0.951 0.950 to 0.950
        score, fiftieth          0.940 to 0.999 0.940 to 0.986 0.947 to 0.955 0.949 to 0.951
        wald, tenth              0.879 to 0.949 0.921 to 0.946 0.944 to 0.949 0.949 to 0.950
        wald, fiftieth           0.557 to 0.999 0.733 to 0.986 0.920 to 0.953 0.943 to 0.951
        bootstrap, tenth         0.875 to 0.958 0.940 to 0.962 0.947 to 0.956 as Wald's
        bootstrap, fiftieth      0.553 to 0.999 0.853 to 0.986 0.934 to 0.960 as Wald's
        design effect 1.1        0.944 to 0.985 0.947 to 0.964 0.949 to 0.954 0.950 to 0.951
        design effect 1.4        0.943 to 0.989 0.945 to 0.969 0.949 to 0.955 0.949 to 0.951
        design effect 3          0.930 to 0.997 0.944 to 0.989 0.946 to 0.966 0.949 to 0.952
        heavy respondents differ 0.941 to 0.960 0.943 to 0.967 0.946 to 0.968 0.947 to 0.969
        ======================== ============== ============== ============== ==============

        Above 0.97 are scores of which nearly all respondents are passive; below 0.93 those near
        -1 or 1.

        References
        ----------
        Rocks, "Interval estimation for the net promoter score", The American Statistician 70
        (2016), 365-372.
        Tango, "Equivalence test and confidence interval for the difference in proportions for the
        paired-sample design", Statistics in Medicine 17 (1998), 891-908.
        """
        one_of("method", method, METHODS)
        counts = self._effective()
        if method == "bootstrap":
            repeats = whole_count("draws", draws, 1, 10_000_000)
            low, high = _trinomial.bootstrap(*counts, level, repeats, rng)
        else:
            formula = getattr(_trinomial, method.replace("-", "_"))
            low, high = formula(*counts, level)
        return self._shown(low), self._shown(high)

    def points_interval(
        self, level: float = 0.95, method: str = "adjusted-wald"
    ) -> tuple[Array, Array]:
        """Return bounds of `points`; see `interval`.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"adjusted-wald", "wald", "score", "bootstrap"}
            As in `interval`.
        """
        low, high = self.interval(level, method)
        return 100.0 * low, 100.0 * high

    def shares_interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """Return bounds of the three `shares` that hold together (Goodman, 1965).

        Parameters
        ----------
        level : float
            Coverage aimed at of all three at once, between 0 and 1.

        References
        ----------
        Goodman, "On simultaneous confidence intervals for multinomial proportions", Technometrics
        7 (1965), 247-254.
        """
        counts = np.stack(self._effective(), axis=-1)
        low, high = _trinomial.simultaneous(counts, level)
        return np.asarray(self._shown(low.T).T), np.asarray(self._shown(high.T).T)

    def _effective(self) -> tuple[Any, Any, Any]:
        """Return the three counts, scaled so that they add up to the effective n."""
        kinds = [
            np.asarray(kind, float) for kind in (self.detractors, self.passives, self.promoters)
        ]
        scaling = ratio(self.effective_n, sum(kinds))
        scaling = np.where(np.isnan(scaling), 0.0, scaling)
        return kinds[0] * scaling, kinds[1] * scaling, kinds[2] * scaling

    def _derived(self) -> dict[str, Any]:
        low, high = self.interval()
        return {"nps": self.value, "lower": low, "upper": high, "low_base": self.low_base}

    def plot(self, ax: Any = None, level: float = 0.95) -> Any:
        """Draw it; see `custvalue.plot.nps_over_waves`."""
        from custvalue.plot import nps_over_waves

        return nps_over_waves(self, ax, level)

    def _head(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"answers": int(np.sum(self.answers))}
        if self.groups:
            return {**facts, "groups": len(self), **self.notes}
        if np.ndim(self.answers) == 0:
            low, high = self.interval()
            facts |= {"nps": self.value, "lower": low, "upper": high}
        return {**facts, **self.notes}


def checked_breaks(breaks: Any, scale: Any) -> tuple[float, float]:
    """Return the answers from which respondents are passive, and promoters."""
    if not isinstance(breaks, (tuple, list)) or len(breaks) != 2:
        rule = "must be the lowest answer of passives and that of promoters, such as (7, 9)"
        raise InvalidDataError(message("breaks", rule, value=breaks))
    passive, promoter = (number("breaks", at) for at in breaks)
    if not scale[0] < passive <= promoter <= scale[1]:
        rule = f"must rise within the scale from {scale[0]:g} to {scale[1]:g}"
        raise InvalidDataError(message("breaks", rule, value=(passive, promoter)))
    return passive, promoter
