"""Is one Net Promoter Score above another? Tests of two samples, and of every two groups."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from custvalue._check import Array, of_type, one_of, real
from custvalue._proportion import normal_quantile
from custvalue._record import Notes, Record, checked_notes, join_notes
from custvalue._tally import checked_groups, shape_of
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction import _trinomial
from custvalue.satisfaction._multiplicity import CORRECTIONS, corrected
from custvalue.satisfaction._nps import NPS
from custvalue.satisfaction._survey import ratio

NPS_HINT = "Make one with satisfaction.nps(table, column)."
_METHODS = ("adjusted", "wald")
_COLUMNS = ("difference", "lower", "upper", "z", "p_value", "corrected_p")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class NPSDifference(Record):
    """The difference of two Net Promoter Scores of different respondents, and its test.

    Attributes
    ----------
    difference, standard_error : float or array of shape (comparisons,)
        The second score less the first, and its standard error.
    corrected_p : float or array
        `p_value` corrected for the number of comparisons; `p_value` itself where there is one.
    method : {"adjusted", "wald"}
        Whether 3/4, 3/2 and 3/4 answers were added to each sample.
    correction : {"none", "holm", "benjamini-hochberg"}
        What `corrected_p` corrects by.
    groups, notes, frame
        Labels of each row by column; answers not given, counted; the kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> before, after = cv.satisfaction.NPS(30, 30, 40), cv.satisfaction.NPS(20, 30, 50)
    >>> cv.satisfaction.compare_nps(before, after)
    NPSDifference(difference=0.194175, z=1.73232, p_value=0.0832159, lower=-0.025516,
                  upper=0.413865)
    """

    difference: Any
    standard_error: Any
    corrected_p: Any = None
    method: str = "adjusted"
    correction: str = "none"
    groups: Mapping[str, Any] = dataclasses.field(default_factory=dict, kw_only=True)
    notes: Notes = dataclasses.field(default_factory=dict, kw_only=True)
    frame: str = dataclasses.field(default="pandas", kw_only=True, compare=False)

    def __post_init__(self) -> None:
        one_of("method", self.method, _METHODS)
        one_of("correction", self.correction, CORRECTIONS)
        groups = checked_groups(self.groups, _COLUMNS)
        object.__setattr__(self, "groups", groups)
        shape = shape_of(groups) if groups else np.shape(self.difference)
        for name in ("difference", "standard_error", "corrected_p"):
            given = getattr(self, name)
            column = real(name, self.p_value if given is None else given)
            if column.shape != shape or column.ndim > 1:
                rule = "must have one number for each comparison"
                raise InvalidDataError(message(name, rule, value=(column.shape, shape)))
            object.__setattr__(self, name, column[()])
        object.__setattr__(self, "notes", checked_notes(self.notes))
        super().__post_init__()

    @property
    def value(self) -> Array:
        """The difference, in [-2, 2]; see `points`."""
        return np.asarray(self.difference)[()]

    @property
    def points(self) -> Array:
        """The difference in points, -200 to 200."""
        return 100.0 * self.value

    @property
    def statistic(self) -> Array:
        """The difference in standard errors; NaN where that is 0."""
        return ratio(self.difference, self.standard_error)

    @property
    def p_value(self) -> Array:
        """Probability of a difference at least as large, of either sign, if there were none."""
        from scipy.special import ndtr

        return np.asarray(2.0 * ndtr(-np.abs(self.statistic)))[()]

    def interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """Return bounds of `value`, within [-2, 2].

        Parameters
        ----------
        level : float
            Coverage aimed at by each interval, between 0 and 1.

        Notes
        -----
        Coverage at a level of 0.95 of two samples of one size, by exact sums (200 and 1,000: by
        simulation), where at least a tenth, or a hundredth, of either's customers is of each kind:

        =================== ============== ============== ============== ==============
        respondents of each 20             50             200            1,000
        =================== ============== ============== ============== ==============
        adjusted, tenth     0.944 to 0.979 0.948 to 0.961 0.949 to 0.953 0.949 to 0.952
        adjusted, hundredth 0.922 to 1.000 0.941 to 1.000 0.946 to 0.987 0.949 to 0.959
        wald, tenth         0.918 to 0.938 0.938 to 0.946 0.947 to 0.950 0.948 to 0.951
        wald, hundredth     0.869 to 0.999 0.922 to 0.987 0.944 to 0.952 0.948 to 0.951
        =================== ============== ============== ============== ==============

        Above 0.97 are pairs of which hardly anybody differs from the others.
        """
        half = normal_quantile(level) * self.standard_error
        low, high = self.difference - half, self.difference + half
        return np.maximum(low, -2.0)[()], np.minimum(high, 2.0)[()]

    def _table(self) -> dict[str, Any]:
        low, high = self.interval()
        columns = {"difference": self.value, "lower": low, "upper": high, "z": self.statistic,
                   "p_value": self.p_value}  # fmt: skip
        if self.correction != "none":
            columns["corrected_p"] = self.corrected_p
        return {**self.groups, **{name: np.atleast_1d(column) for name, column in columns.items()}}

    def _head(self) -> dict[str, Any]:
        if np.ndim(self.difference):
            return {"comparisons": np.size(self.difference), "correction": self.correction}
        low, high = self.interval()
        facts = {"difference": self.value, "z": self.statistic, "p_value": self.p_value}
        return {**facts, "lower": low, "upper": high, **self.notes}


def compare_nps(one: NPS, other: NPS, *, method: str = "adjusted") -> NPSDifference:
    """Return how far a second Net Promoter Score is above a first, and whether that is chance.

    Parameters
    ----------
    one, other : NPS
        Scores of different respondents, both of the same groups or of none.
    method : {"adjusted", "wald"}
        Add 3/4, 3/2 and 3/4 answers to each sample, as the interval of one score does; or none.

    Returns
    -------
    NPSDifference
        z = difference / root(V1 / n1 + V2 / n2), elementwise by group.

    Raises
    ------
    InvalidDataError
        If the two have other scales, breaks or groups.

    References
    ----------
    Rocks, "Interval estimation for the net promoter score", The American Statistician 70 (2016),
    365-372; the same counts for two samples: MeasuringU, "How to statistically compare two net
    promoter scores".

    Examples
    --------
    >>> import custvalue as cv
    >>> change = cv.satisfaction.compare_nps(
    ...     cv.satisfaction.NPS(30, 30, 40), cv.satisfaction.NPS(20, 30, 50), method="wald"
    ... )
    >>> round(float(change.statistic), 6), round(float(change.p_value), 6)
    (1.754116, 0.079411)
    """
    for name, score in (("one", one), ("other", other)):
        of_type(name, score, NPS, NPS_HINT)
    _same_question(one, other)
    a, first = _estimate(one, method)
    b, second = _estimate(other, method)
    return NPSDifference(
        b - a,
        np.sqrt(first + second),
        method=method,
        groups=one.groups,
        notes=join_notes(one.notes, other.notes),
        frame=one.frame,
    )


def compare_groups(
    scores: NPS, *, method: str = "adjusted", correction: str = "holm"
) -> NPSDifference:
    """Return the difference of the Net Promoter Scores of every two groups, and its test.

    Parameters
    ----------
    scores : NPS
        Of two or more groups.
    method : {"adjusted", "wald"}
        As in `compare_nps`.
    correction : {"holm", "benjamini-hochberg", "none"}
        With Holm's, the probability of any false alarm is at most the level; with Benjamini and
        Hochberg's, the share of false alarms among the alarms is, on average.

    Returns
    -------
    NPSDifference
        A row for each pair: the labels of its groups by column, as in "shop_1" and "shop_2".
        Groups that are hidden or without answers are NaN, and no comparison is counted for them.

    Raises
    ------
    InvalidDataError
        If there are no groups.

    Examples
    --------
    >>> import custvalue as cv
    >>> shops = cv.satisfaction.NPS(
    ...     [30, 20, 5], [30, 30, 30], [40, 50, 65], groups={"shop": ["a", "b", "c"]}
    ... )
    >>> pairs = cv.satisfaction.compare_groups(shops)
    >>> print(pairs.to_frame()[["shop_1", "shop_2", "difference", "corrected_p"]].round(3))
      shop_1 shop_2  difference  corrected_p
    0      a      b       0.194        0.083
    1      a      c       0.485        0.000
    2      b      c       0.291        0.005
    """
    of_type("scores", scores, NPS, NPS_HINT)
    if not scores.groups:
        raise InvalidDataError(message("scores", "must have groups", hint="Pass by= to nps."))
    value, variance = _estimate(scores, method)
    one, other = np.triu_indices(len(scores), 1)
    difference, error = value[other] - value[one], np.sqrt(variance[one] + variance[other])
    plain = NPSDifference(difference, error, method=method)
    return dataclasses.replace(
        plain,
        corrected_p=corrected(plain.p_value, correction),
        correction=correction,
        groups={
            f"{name}_{place}": labels[rows]
            for name, labels in scores.groups.items()
            for place, rows in ((1, one), (2, other))
        },
        notes=scores.notes,
        frame=scores.frame,
    )


def _estimate(score: NPS, method: str) -> tuple[Array, Array]:
    """Return the score and the variance of its estimate."""
    one_of("method", method, _METHODS)
    counts = score._effective()
    if method == "adjusted":
        counts = _trinomial.adjusted(*counts)
    value, variance, n = _trinomial.net(*counts)
    return score._shown(value), ratio(variance, n)


def _same_question(one: NPS, other: NPS) -> None:
    for name in ("scale", "breaks"):
        both = getattr(one, name), getattr(other, name)
        if both[0] != both[1]:
            raise InvalidDataError(message(name, "must be the same in both records", value=both))
    same = list(one.groups) == list(other.groups) and all(
        np.array_equal(one.groups[name], other.groups[name]) for name in one.groups
    )
    if not same:
        rule = "must have the same groups in both records"
        hint = "Compare the groups of one record with compare_groups."
        raise InvalidDataError(message("groups", rule, value=(len(one), len(other)), hint=hint))
