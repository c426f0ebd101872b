"""RFM scores: functions of the values alone, with the cut points that made them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, ArrayLike, number, of_type, one_of, whole, within
from custvalue._record import Record
from custvalue.errors import InvalidDataError, message
from custvalue.rfm._binning import SCHEMES
from custvalue.rfm._engines import COLUMNS
from custvalue.rfm.cuts import LEAST_BINS, MOST_BINS, CutPoints, Scores, as_cuts
from custvalue.rfm.values import VALUES_HINT, RFMValues

SCORES_HINT = "Make them with rfm.scores(values)."
UNKNOWN = ("error", "lowest")
UNKNOWN_MONEY = "customers of unknown money, scored 1 for it"


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class RFMScores(Record):
    """Scores of recency, frequency and money of each customer: 1 is worst, `bins` is best.

    Attributes
    ----------
    values : RFMValues
        What was scored.
    cuts : CutPoints
        Which values lie between which scores; for scoring others in the same way.
    weights : tuple of three floats
        Of r, f and m in `combined`.
    unknown : {"error", "lowest"}
        What became of customers whose money is not known.

    Examples
    --------
    >>> import custvalue as cv
    >>> values = cv.rfm.RFMValues(customer=["a", "b", "c"], days_since_last=[3, 40, 9],
    ...                           frequency=[5, 1, 2], monetary=[120.0, 15.5, 80.0])
    >>> cv.rfm.scores(values, bins=3).to_frame()[["customer", "r", "f", "m", "code", "combined"]]
      customer  r  f  m code  combined
    0        a  3  3  3  333       3.0
    1        b  1  1  1  111       1.0
    2        c  2  2  2  222       2.0
    """

    values: RFMValues
    cuts: CutPoints
    weights: tuple[float, float, float] = (1.0, 1.0, 1.0)
    unknown: str = "error"

    _parts: ClassVar[Mapping[str, type[Record]]] = {"values": RFMValues, "cuts": CutPoints}

    def __post_init__(self) -> None:
        of_type("values", self.values, RFMValues, VALUES_HINT)
        of_type("cuts", self.cuts, CutPoints, "Make them with rfm.CutPoints(...).")
        one_of("unknown", self.unknown, UNKNOWN)
        if self.unknown == "error":
            self.values.all_known()
        given: Any = self.weights
        if isinstance(given, Mapping) and set(given) == {"r", "f", "m"}:
            given = [given[letter] for letter in "rfm"]
        weights = within("weights", given, 0.0, hint="Give them as (r, f, m).")
        if weights.shape != (3,) or not weights.any():
            rule = "must be three numbers, not all 0, or map r, f and m to numbers"
            raise InvalidDataError(message("weights", rule, value=self.weights))
        object.__setattr__(self, "weights", tuple(weights.tolist()))

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self.values)

    @property
    def customer(self) -> npt.NDArray[Any]:
        """Who."""
        return self.values.customer

    @property
    def frame(self) -> str:
        """Kind of data frame that results come back in."""
        return self.values.frame

    @property
    def bins(self) -> int:
        """Number of scores."""
        return self.cuts.bins

    @cached_property
    def _scores(self) -> tuple[Scores, Scores, Scores]:
        v = self.values
        return self.cuts._scored(v.days_since_last, v.frequency, v.monetary)  # NaN exceeds no cut

    @property
    def r(self) -> Scores:
        """Scores of days_since_last: the fewer days, the higher."""
        return self._scores[0]

    @property
    def f(self) -> Scores:
        """Scores of frequency."""
        return self._scores[1]

    @property
    def m(self) -> Scores:
        """Scores of monetary."""
        return self._scores[2]

    @property
    def code_index(self) -> npt.NDArray[np.intp]:
        """Position of each customer's code among all codes in order: 111 is 0, 112 is 1, ..."""
        r, f, m = (scores.astype(np.intp) for scores in self._scores)
        return ((r - 1) * self.bins + f - 1) * self.bins + m - 1

    @property
    def code(self) -> npt.NDArray[Any]:
        """The three digits r, f, m as text, such as "555"."""
        return codes(self.bins)[self.code_index]

    @property
    def combined(self) -> Array:
        """Weighted mean of r, f and m; between 1 and `bins`."""
        weights = np.asarray(self.weights) / sum(self.weights)
        r, f, m = self._scores
        return np.asarray(weights[0] * r + weights[1] * f + weights[2] * m)

    @property
    def _counts(self) -> dict[str, int]:
        """Return the notes that count lines or customers, and add up over parts."""
        unknown = int(np.count_nonzero(self.values._unknown))
        return {**self.values.notes, **({UNKNOWN_MONEY: unknown} if unknown else {})}

    @property
    def notes(self) -> dict[str, int]:
        """How many scores nobody has, where ties left gaps; how many customers of unknown money."""
        found = {}
        for column, scores in zip(COLUMNS, self._scores, strict=True):
            empty = self.bins - np.count_nonzero(np.bincount(scores, minlength=self.bins + 1))
            if empty:
                found[f"scores of {column} that nobody has"] = int(empty)
        return {**self._counts, **found}

    def plot(self, ax: Any = None) -> Any:
        """Draw it; see `custvalue.plot.rfm_grid`."""
        from custvalue.plot import rfm_grid

        return rfm_grid(self, ax)

    def _head(self) -> dict[str, Any]:
        facts = {"customers": len(self), "bins": self.bins, "scheme": self.cuts.scheme}
        return {**facts, "as_of": self.values.as_of, **self.notes}

    def _table(self) -> dict[str, Any]:
        scored = dict(zip("rfm", self._scores, strict=True))
        return {**self.values._table(), **scored, "code": self.code, "combined": self.combined}


def codes(bins: int) -> npt.NDArray[Any]:
    """Return all codes in order, as text: "111", "112", ..."""
    digits = [str(score) for score in range(1, bins + 1)]
    return np.array([r + f + m for r in digits for f in digits for m in digits], dtype=object)


def scores(
    values: RFMValues,
    *,
    bins: int = 5,
    scheme: str = "quantile",
    cuts: CutPoints | Mapping[str, ArrayLike] | None = None,
    weights: Sequence[float] | Mapping[str, float] | None = None,
    unknown: str = "error",
) -> RFMScores:
    """Return scores of recency, frequency and money, from 1 (worst) to `bins` (best).

    A score depends on the customer's value and the cut points alone: equal values have equal
    scores, whatever the order of rows, the ids and the units.

    Parameters
    ----------
    values : RFMValues
        From `values` or `RFMValues.from_table`.
    bins : int
        How many scores, 2 to 9.
    scheme : {"quantile", "equal_frequency", "nested"}
        How cut points are found; see Notes.
    cuts : CutPoints or mapping, optional
        Cut points to use, for instance `scores(earlier).cuts`, or a mapping of days_since_last,
        frequency and monetary to numbers that rise. They replace `bins` and `scheme`.
    weights : sequence of three numbers or mapping, optional
        Weights of r, f and m in `combined`; default: equal ones.
    unknown : {"error", "lowest"}
        Customers whose money is not known (NaN), as that of the one-time buyers of a Summary, are
        refused, or have the lowest score of money; then cut points of money are found among those
        whose money is known.

    Returns
    -------
    RFMScores
        With `notes` on scores that nobody has and on customers whose money is not known.

    Raises
    ------
    InvalidDataError
        If money is not known for a customer and `unknown` is "error", or for nobody, or an argument
        breaks its rule.

    Notes
    -----
    n customers, k = `bins`. A value's bin is 1 + the number of cut points below the value; the
    score of days is reversed.

    - "quantile": the i-th cut point is the smallest value that at least the share i/k of the
      customers do not exceed (PERCENTILE_DISC of SQL; definition 1 of Hyndman & Fan 1996). Tied
      customers all go to the bin of the lowest of them, so heavy ties leave scores that nobody has:
      with 62 % one-time buyers of frequency, their score is 1 and the next is 4.
    - "equal_frequency": the bin is ceil(k * mid-rank / n), the mid-rank being the number of lower
      values and half the number of equal ones. Ties stay together, in the bin where their middle
      falls: groups are as even as ties allow, and without ties the same as quantiles but for one
      customer at a border.
    - "nested": as "equal_frequency", for days; for frequency among customers of equal r; for money
      among customers of equal r and f (Hughes, "Strategic Database Marketing"). A cell that nobody
      is in takes the cut points of what is around it.

    A column (or cell) in which all customers have the same value tells nobody apart: the score is
    the middle one, 3 of 5.

    References
    ----------
    Hyndman & Fan, "Sample quantiles in statistical packages", American Statistician 50 (1996).

    Examples
    --------
    >>> import custvalue as cv
    >>> log = cv.datasets.cdnow()
    >>> values = cv.rfm.values(log, customer="customer_id", time="date", amount="spend")
    >>> scored = cv.rfm.scores(values)
    >>> scored.cuts.frequency
    array([1., 1., 2., 4.])
    >>> scored.code[:3]
    array(['444', '134', '111'], dtype=object)
    """
    of_type("values", values, RFMValues, VALUES_HINT)
    weighted: Any = (1.0, 1.0, 1.0) if weights is None else weights
    if cuts is not None:
        return RFMScores(values, as_cuts(cuts), weighted, unknown)
    one_of("scheme", scheme, SCHEMES)
    k = int(whole("bins", number("bins", bins, LEAST_BINS, MOST_BINS)))
    if one_of("unknown", unknown, UNKNOWN) == "error" or values._unknown.all():
        values.all_known()
    columns = {name: getattr(values, name) for name in COLUMNS}
    return RFMScores(values, SCHEMES[scheme](columns, k), weighted, unknown)
