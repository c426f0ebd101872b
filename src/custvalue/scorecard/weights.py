"""Weights of indicators: from judgements of pairs (AHP), and from how scores differ (entropy)."""

from __future__ import annotations

import dataclasses
import functools
import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from custvalue._check import Array, ArrayLike, real, whole, within
from custvalue._frames import native
from custvalue._record import Record
from custvalue._tally import Column, as_column
from custvalue.errors import CustValueWarning, InvalidDataError, message
from custvalue.scorecard._judgements import RANDOM_INDEX, read_judges, reciprocal

CONSISTENT = 0.10  # largest consistency ratio that Saaty accepts


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class AHPWeights(Record):
    """Judgements of how much more important one thing is than another, and weights from them.

    Attributes
    ----------
    name : array of shape (n,)
        What is weighted, at most 15 things.
    comparisons : float array of shape (n, n)
        How many times as important the thing of a row is as that of a column; the geometric mean
        over the judges.
    judges : int
        How many judged.
    frame : str
        The kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> judged = {("quality", "price"): 3, ("quality", "service"): 5, ("price", "service"): 3}
    >>> found = cv.scorecard.ahp_weights(judged)
    >>> found
    AHPWeights(n=3, judges=1, consistency_ratio=0.0331992, consistent=True)
    >>> print(found.to_frame().round(4).to_string())
          name  weight
    0  quality  0.6370
    1    price  0.2583
    2  service  0.1047
    """

    name: Column
    comparisons: Array
    judges: int = 1
    frame: str = dataclasses.field(default="pandas", kw_only=True, compare=False)

    def __post_init__(self) -> None:
        name = as_column("name", self.name)
        matrix = reciprocal(real("comparisons", self.comparisons))
        if name.shape != (len(matrix),) or len(set(name.tolist())) < len(name):
            rule = f"must be {len(matrix)} different names"
            raise InvalidDataError(message("name", rule, value=name.tolist()[:20]))
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "comparisons", matrix)
        object.__setattr__(self, "judges", int(whole("judges", self.judges, 1.0)))
        super().__post_init__()

    @functools.cached_property
    def _principal(self) -> tuple[float, Array]:
        values, vectors = np.linalg.eig(self.comparisons)
        place = int(np.argmax(values.real))
        vector = np.abs(vectors[:, place].real)
        return float(values[place].real), vector / vector.sum()

    @property
    def weights(self) -> Array:
        """The principal eigenvector, which adds up to 1."""
        return self._principal[1].copy()

    @property
    def lambda_max(self) -> float:
        """The principal eigenvalue: n where judgements agree with each other, else more."""
        return max(self._principal[0], float(len(self.name)))

    @property
    def consistency_index(self) -> float:
        """(lambda_max - n) / (n - 1); 0 of one thing."""
        n = len(self.name)
        return (self.lambda_max - n) / (n - 1) if n > 1 else 0.0

    @property
    def consistency_ratio(self) -> float:
        """The index over that of random judgements; 0 of two things, which cannot disagree."""
        chance = RANDOM_INDEX[len(self.name) - 1]
        return self.consistency_index / chance if chance else 0.0

    @property
    def consistent(self) -> bool:
        """Whether the consistency ratio is at most 0.10."""
        return self.consistency_ratio <= CONSISTENT

    def _head(self) -> dict[str, Any]:
        facts = {"n": len(self.name), "judges": self.judges}
        names = ("consistency_ratio", "consistent")
        return {**facts, **{name: getattr(self, name) for name in names}}

    def _table(self) -> dict[str, Any]:
        return {"name": self.name, "weight": self.weights}

    def matrix(self) -> Any:
        """Return the comparisons as a frame, with a column `name` and one for each thing."""
        columns = zip(map(str, self.name), self.comparisons.T, strict=True)
        return native({"name": self.name, **dict(columns)}, self.frame)


def ahp_weights(comparisons: Any, *, names: Sequence[Any] | None = None) -> AHPWeights:
    """Return weights from judgements of pairs: the analytic hierarchy process.

    Parameters
    ----------
    comparisons : array_like, data frame or mapping, or a sequence of these, one for each judge
        How many times as important the first thing is as the second, on Saaty's scale: 1 equally,
        3 moderately, 5 strongly, 7 very strongly, 9 extremely more important, and the reciprocal
        where it is less. A square matrix (or judges x n x n); a frame with a column for each thing,
        rows in the same order; or a mapping such as {("quality", "price"): 3}, which gives each
        pair once.
    names : sequence, optional
        Of the rows of an array; by default 0, 1, ...

    Returns
    -------
    AHPWeights
        With `weights`, `lambda_max`, `consistency_index`, `consistency_ratio`, `consistent`. The
        judgements of several are averaged by their geometric mean.

    Raises
    ------
    InvalidDataError
        If a judgement is missing or not above 0, the matrix not square or not reciprocal, a pair is
        missing or judged twice, or there are more than 15 things.

    Warns
    -----
    CustValueWarning
        If the consistency ratio is above 0.10: the judgements contradict each other.

    Notes
    -----
    Reciprocals may be rounded to two decimals, such as 0.33 of 3: within 5 %, both judgements are
    replaced by the root of one over the other.

    References
    ----------
    Saaty, *The Analytic Hierarchy Process* (1980), chapter 2; random indices on page 21. Aczel &
    Saaty, "Procedures for synthesizing ratio judgements", J. Math. Psychology 27 (1983), 93-102:
    the geometric mean. OECD & JRC, *Handbook on Constructing Composite Indicators* (2008),
    section 6.

    Examples
    --------
    >>> import custvalue as cv
    >>> found = cv.scorecard.ahp_weights([[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]])
    >>> found.weights.round(6).tolist(), round(found.lambda_max, 6)
    ([0.636986, 0.258285, 0.104729], 3.038511)
    """
    labels, matrix, judges, kind = read_judges(comparisons, names)
    found = AHPWeights(labels, matrix, judges, frame=kind)
    if not found.consistent:
        rule = f"contradict each other: consistency ratio {found.consistency_ratio:.3g}, above 0.1"
        hint = "Ask the judges again; weights from such judgements mean little."
        warnings.warn(message("comparisons", rule, hint=hint), CustValueWarning, stacklevel=2)
    return found


def entropy_weights(scores: ArrayLike) -> Array:
    """Return weights by how much indicators tell units apart, from Shannon's entropy.

    With p_ij the share of unit i in the sum of indicator j, the weight is proportional to 1 - e_j,
    where e_j = -sum_i p_ij log p_ij / log(units): an indicator that is the same in all units tells
    nothing and has weight 0. Such weights say nothing of what is important.

    Parameters
    ----------
    scores : array_like of shape (units, indicators)
        At least 0, with a zero that means nothing at all: adding a number to all scores changes the
        weights, multiplying them does not.

    Returns
    -------
    float array of shape (indicators,)
        At least 0, adding up to 1.

    Raises
    ------
    InvalidDataError
        If scores are negative or missing, there are fewer than two units, or no indicator varies,
        so that nothing tells the weights.

    References
    ----------
    Shannon, "A mathematical theory of communication", Bell System Technical Journal 27 (1948).
    Zeleny, *Multiple Criteria Decision Making* (1982), chapter 7; Hwang & Yoon, *Multiple Attribute
    Decision Making* (1981), section 3.2.

    Examples
    --------
    >>> import custvalue as cv
    >>> cv.scorecard.entropy_weights([[60, 10, 50], [70, 90, 50], [80, 20, 50]]).round(4).tolist()
    [0.0178, 0.9822, 0.0]
    """
    from scipy.special import kl_div

    x = within("scores", scores, 0.0, hint="Leave out units, or indicators, with missing scores.")
    if x.ndim != 2 or len(x) < 2 or not x.shape[1]:
        rule = "must be of shape (units, indicators), of at least two units and one indicator"
        raise InvalidDataError(message("scores", rule, value=x.shape))
    most = x.max(axis=0)
    same = most == x.min(axis=0)
    if same.all():
        hint = "Give weights, such as equal ones."
        raise InvalidDataError(message("scores", "must vary in some indicator", hint=hint))
    y = x[:, ~same] / most[~same]
    # 1 - e is the divergence of the shares from equal ones, which loses no digits where it is small
    away = kl_div(y / y.mean(axis=0), 1.0).mean(axis=0) / math.log(len(x))
    found = np.zeros(x.shape[1])
    found[~same] = away / away.sum()
    return found
