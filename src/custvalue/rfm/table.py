"""What RFM segments are worth: customers, revenue and means per segment, addable."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from custvalue import _proportion
from custvalue._check import Array, of_type, one_of
from custvalue._record import Record
from custvalue._tally import Tally
from custvalue.errors import InvalidDataError, message
from custvalue.rfm._columns import aligned
from custvalue.rfm.cuts import CutPoints
from custvalue.rfm.segments import SEGMENTS_HINT, Segments
from custvalue.rfm.values import KINDS

Column = npt.NDArray[Any]
_NONE: Column = np.empty(0, dtype=object)
OWN = ("days_since_last", "frequency", "monetary", "revenue")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class SegmentTable(Tally):
    """Customers of each segment, and sums of what was measured of them; `+` pools other customers.

    Attributes
    ----------
    segment, measure : arrays of shape (segments * measures,)
        Keys: a row for each segment of the map, empty or not, and each measure.
    customers : int array
        Customers in the segment.
    total, scatter : float arrays
        Sum of the measure over those customers, and of its squared deviations from their mean.
    order, measures : tuple of str
        Segments and measures in the order in which they are shown.
    money, as_of, cuts : str, str or None, CutPoints or None
        Kind of money, last period that counts and cut points of the scores: the same in tables
        that are added.

    Examples
    --------
    >>> import custvalue as cv
    >>> log = cv.datasets.cdnow()
    >>> values = cv.rfm.values(log, customer="customer_id", time="date", amount="spend")
    >>> table = cv.rfm.segment_table(cv.rfm.segment(cv.rfm.scores(values)))
    >>> table
    SegmentTable(customers=2357, segments=11, revenue=244092)
    >>> table.to_frame()[["segment", "customers", "share", "revenue", "revenue_share"]].head(2)
         segment  customers     share    revenue  revenue_share
    0  Champions        534  0.226559  156581.64       0.641486
    1      Loyal        159  0.067459   22212.11       0.090999
    """

    segment: Column = dataclasses.field(default_factory=_NONE.copy)
    measure: Column = dataclasses.field(default_factory=_NONE.copy)
    customers: npt.NDArray[np.int64] = dataclasses.field(
        default_factory=lambda: np.empty(0, dtype=np.int64)
    )
    total: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    scatter: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    order: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    money: str = "sum"
    as_of: str | None = None
    cuts: CutPoints | None = None

    _keys: ClassVar[tuple[str, ...]] = ("segment", "measure")
    _sums: ClassVar[tuple[str, ...]] = ("customers", "total", "scatter")
    _settings: ClassVar[tuple[str, ...]] = ("order", "measures", "money", "as_of", "cuts")
    _parts: ClassVar[Mapping[str, type[Record]]] = {"cuts": CutPoints}

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "order", tuple(self.order))
        object.__setattr__(self, "measures", tuple(self.measures))
        one_of("money", self.money, KINDS)
        if self.cuts is not None:
            of_type("cuts", self.cuts, CutPoints, "Make them with rfm.CutPoints(...).")
        keys = [(s, m) for s in self.order for m in self.measures]
        if sorted(keys) != list(zip(self.segment.tolist(), self.measure.tolist(), strict=True)):
            rule = "must have a row for each segment and measure"
            raise InvalidDataError(message("SegmentTable", rule, value=len(self)))

    def __add__(self, other: Self) -> Self:
        added = super().__add__(other)
        if added is self or added is other or added is NotImplemented:
            return added
        # Both have the same rows. Two parts scatter about their own means, and these about that of
        # both (Chan, Golub & LeVeque 1983): no difference of large squares.
        apart = _divided(self.total, self.customers) - _divided(other.total, other.customers)
        between = self.customers * _divided(other.customers, added.customers) * apart**2
        several = (self.customers > 0) & (other.customers > 0)
        return dataclasses.replace(added, scatter=added.scatter + np.where(several, between, 0.0))

    def _rows(self, measure: str) -> npt.NDArray[np.intp]:
        """Return the rows of a measure, in the order of the segments."""
        one_of("measure", measure, self.measures)
        rows = np.flatnonzero(self.measure == measure)
        names = self.segment[rows].tolist()
        return rows[[names.index(name) for name in self.order]]

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """Customers of each segment, in `order`."""
        return self.customers[self._rows(self.measures[0])] if self.measures else self.customers

    @property
    def share(self) -> Array:
        """Share of the customers that is in each segment, in `order`."""
        return _proportion.share(self.sizes, self.sizes.sum())

    def share_interval(self, level: float = 0.95, method: str = "wilson") -> tuple[Array, Array]:
        """Return the interval of each share, the customers taken as a sample.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald"}
            Default: Wilson (1927).
        """
        return _proportion.interval(self.sizes, self.sizes.sum(), level, method)

    def sums(self, measure: str = "revenue") -> Array:
        """Return the sum of a measure over the customers of each segment.

        Parameters
        ----------
        measure : str
            One of `measures`.
        """
        return self.total[self._rows(measure)]

    def sums_share(self, measure: str = "revenue") -> Array:
        """Return the share of each segment in the sum of a measure; NaN where that is 0.

        Parameters
        ----------
        measure : str
            One of `measures`.
        """
        return _divided(self.sums(measure), self.sums(measure).sum())

    def sums_share_interval(
        self, measure: str = "revenue", level: float = 0.95
    ) -> tuple[Array, Array]:
        """Return the interval of the share in the sum of a measure.

        A ratio of two sums over the same sample of customers: normal, with the linearised variance
        n / (n - 1) * sum of (y (1[in the segment] - share))^2 / (sum of y)^2 (Cochran, "Sampling
        Techniques", 1977, eq. 6.13). Not cut to [0, 1], as measures may be negative.

        Parameters
        ----------
        measure : str
            One of `measures`.
        level : float
            Coverage aimed at, between 0 and 1.
        """
        share, mean = self.sums_share(measure), np.where(self.sizes > 0, self.mean(measure), 0.0)
        squares = self.scatter[self._rows(measure)] + self.sizes * mean**2
        n, others = self.sizes.sum(), squares.sum() - squares
        scatter = squares * (1.0 - share) ** 2 + np.maximum(others, 0.0) * share**2
        deviation = np.sqrt(_divided(n, n - 1.0) * scatter) / abs(self.sums(measure).sum())
        half = _proportion.normal_quantile(level) * deviation
        return share - half, share + half

    def mean(self, measure: str) -> Array:
        """Return the mean of a measure in each segment; NaN where nobody is in it.

        Parameters
        ----------
        measure : str
            One of `measures`.
        """
        return _divided(self.sums(measure), self.sizes)

    def mean_interval(self, measure: str, level: float = 0.95) -> tuple[Array, Array]:
        """Return the interval of the mean by Student's t; NaN for fewer than two customers.

        Parameters
        ----------
        measure : str
            One of `measures`.
        level : float
            Coverage aimed at, between 0 and 1.
        """
        from scipy.special import stdtrit

        _proportion.normal_quantile(level)  # refuses what is no level
        n, mean, scatter = self.sizes, self.mean(measure), self.scatter[self._rows(measure)]
        error = np.sqrt(_divided(_divided(scatter, n - 1.0), n))
        half = -stdtrit(np.where(n > 1, n - 1.0, np.nan), (1.0 - level) / 2.0) * error
        return mean - half, mean + half

    def _head(self) -> dict[str, Any]:
        facts = {"customers": int(self.sizes.sum()), "segments": len(self.order)}
        return {**facts, "revenue": float(self.sums().sum())} if self.measures else facts

    def _table(self) -> dict[str, Any]:
        if not self.measures:
            return {"segment": self.segment, "customers": self.customers}
        low, high = self.share_interval()
        sum_low, sum_high = self.sums_share_interval()
        shares: dict[str, Any] = {
            "segment": np.array(self.order, dtype=object),
            "customers": self.sizes,
            "share": self.share,
            "share_low": low,
            "share_high": high,
            "revenue": self.sums(),
            "revenue_share": self.sums_share(),
            "revenue_share_low": sum_low,
            "revenue_share_high": sum_high,
        }
        others = [measure for measure in self.measures if measure != "revenue"]
        return {**shares, **{f"mean_{measure}": self.mean(measure) for measure in others}}


def _divided(one: Any, other: Any) -> Array:
    """Return one / other, NaN where other is not other than 0."""
    above, below = np.broadcast_arrays(np.asarray(one, float), np.asarray(other, float))
    nothing = np.full(above.shape, np.nan)
    return np.asarray(np.divide(above, below, out=nothing, where=below != 0))


def segment_table(segments: Segments, extra: Any = None) -> SegmentTable:
    """Return customers, revenue and mean values of each segment, with intervals.

    Parameters
    ----------
    segments : Segments
        From `segment`.
    extra : mapping, data frame or record, optional
        More numbers per customer, for instance what `clv.lifetime_value` returned (its float
        columns are taken), a data frame with a column "customer", or a mapping of names to arrays.
        With customers they are aligned by id; a mapping without "customer" is in the order of the
        segments' customers.

    Returns
    -------
    SegmentTable
        Means of what `extra` has are shown beside the others, for instance mean_value and
        mean_probability_alive.

    Raises
    ------
    InvalidDataError
        If a customer is missing in `extra` or is there twice, or a value is not a finite number.

    Examples
    --------
    >>> import custvalue as cv
    >>> log = cv.datasets.cdnow()
    >>> bought = cv.occasions(log, customer="customer_id", time="date", amount="spend")
    >>> summary = bought.summary(unit="week")
    >>> worth = cv.clv.lifetime_value(cv.clv.ModifiedBetaGeo.fit(summary), 35.0, summary,
    ...                               horizon=52, annual_rate=0.1)
    >>> segments = cv.rfm.segment(cv.rfm.scores(cv.rfm.values(bought)))
    >>> columns = {"customer": worth.customer, "value": worth.value}
    >>> table = cv.rfm.segment_table(segments, columns).to_frame()
    >>> table[["segment", "customers", "mean_value"]].head(2).round(2)
         segment  customers  mean_value
    0  Champions        534       95.49
    1      Loyal        159       22.05
    """
    of_type("segments", segments, Segments, SEGMENTS_HINT)
    values = segments.scores.values
    measures = {name: getattr(values, name) for name in OWN}
    measures |= aligned(extra, segments.customer, OWN)
    names = segments.map.segments
    sizes = np.bincount(segments.place, minlength=len(names))

    def summed(columns: Iterable[Array]) -> list[Array]:
        return [np.bincount(segments.place, x, len(names)).astype(np.float64) for x in columns]

    total = summed(measures.values())
    means = [_divided(sums, sizes)[segments.place] for sums in total]
    off = ((x - mean) ** 2 for x, mean in zip(measures.values(), means, strict=True))

    return SegmentTable(
        segment=np.tile(np.array(names, dtype=object), len(measures)),
        measure=np.repeat(np.array(list(measures), dtype=object), len(names)),
        customers=np.tile(sizes, len(measures)),
        total=np.concatenate(total),
        scatter=np.concatenate(summed(off)),
        order=names,
        measures=tuple(measures),
        money=values.money,
        as_of=values.as_of,
        cuts=segments.scores.cuts,
        notes=segments.scores._counts,
        frame=segments.frame,
    )
