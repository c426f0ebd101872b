"""Cut points between RFM scores: apply them to numbers, to frames in their engine, and as SQL."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue import _frames
from custvalue._check import Array, ArrayLike, common_shape, of_type, real, refuse, within
from custvalue._chunks import BLOCK, over_ranges
from custvalue._record import Record, kept
from custvalue.errors import InvalidDataError, message
from custvalue.rfm._engines import COLUMNS, query, scored

Scores = npt.NDArray[np.uint8]
LEAST_BINS, MOST_BINS = 2, 9  # a code has one digit per score


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class CutPoints(Record):
    """Cut points between scores 1 (worst) to `bins` (best) of each column; `bins` - 1 of them.

    A value's bin is the number of cut points below it: bins are closed on the right. Scores of
    frequency and monetary rise with the bin, scores of days_since_last fall.

    Attributes
    ----------
    days_since_last : float array of shape (bins - 1,)
        Not falling; infinite where a bin is never used.
    frequency : float array of shape (bins - 1,), or (bins, bins - 1) if nested
        Nested: row i is for customers with the score r = i + 1.
    monetary : float array of shape (bins - 1,), or (bins, bins, bins - 1) if nested
        Nested: row (i, j) is for customers with r = i + 1 and f = j + 1.
    scheme : str
        How the cut points were found: "fixed", "quantile", "equal_frequency" or "nested".

    Examples
    --------
    >>> import custvalue as cv
    >>> cuts = cv.rfm.CutPoints([30, 90], [1, 3], [50, 200])
    >>> cuts.score(days_since_last=[5, 30, 91], frequency=[1, 2, 9], monetary=200)
    (array([3, 3, 1], dtype=uint8), array([1, 2, 3], dtype=uint8), array([2, 2, 2], dtype=uint8))
    """

    days_since_last: Array
    frequency: Array
    monetary: Array
    scheme: str = "fixed"

    _columns: ClassVar[tuple[str, ...]] = tuple(COLUMNS)

    def __post_init__(self) -> None:
        for name in COLUMNS:
            cuts = real(name, getattr(self, name), hint="Give cut points that rise.")
            refuse(name, "must not be missing", cuts, np.isnan(cuts))
            if cuts.ndim == 0:
                raise InvalidDataError(message(name, "must be a row of cut points", value=cuts))
            refuse(name, "must not fall", cuts[..., 1:], cuts[..., 1:] < cuts[..., :-1])
            object.__setattr__(self, name, kept(cuts))
        if not isinstance(self.scheme, str):
            raise InvalidDataError(message("scheme", "must be text", value=self.scheme))
        bins, k = self.bins, self.bins - 1
        shapes = {name: getattr(self, name).shape for name in COLUMNS}
        flat, nested = [(k,)] * 3, [(k,), (bins, k), (bins, bins, k)]
        if not LEAST_BINS <= bins <= MOST_BINS or list(shapes.values()) not in (flat, nested):
            rule = f"must be equally many in each column, {LEAST_BINS - 1} to {MOST_BINS - 1}"
            raise InvalidDataError(message("cut points", rule, value=shapes))

    @property
    def bins(self) -> int:
        """Number of scores."""
        return len(self.days_since_last) + 1

    @property
    def nested(self) -> bool:
        """Whether frequency is cut within r, and monetary within r and f."""
        return self.frequency.ndim > 1

    def _head(self) -> dict[str, Any]:
        shown = {name: getattr(self, name).tolist() for name in COLUMNS if not self.nested}
        return {"bins": self.bins, "scheme": self.scheme, **shown}

    def _table(self) -> dict[str, Any]:
        rows = list(self.rows())
        each = self.bins - 1
        cells = ["".join(map(str, cell)) for _, cell, _ in rows]
        return {
            "column": np.repeat(np.array([name for name, *_ in rows], dtype=object), each),
            "within": np.repeat(np.array(cells, dtype=object), each),
            "cut": np.concatenate([cuts for *_, cuts in rows]),
        }

    def rows(self) -> Iterator[tuple[str, tuple[int, ...], Array]]:
        """Yield column, the scores (r, f) within which it is cut if it is nested, cut points."""
        for name in COLUMNS:
            cuts = getattr(self, name)
            for cell in np.ndindex(cuts.shape[:-1]):
                yield name, tuple(i + 1 for i in cell), cuts[cell]

    def score(
        self, days_since_last: ArrayLike, frequency: ArrayLike, monetary: ArrayLike
    ) -> tuple[Scores, Scores, Scores]:
        """Return the scores (r, f, m) of values, elementwise.

        Parameters
        ----------
        days_since_last, frequency, monetary : array_like
            Of the same customers; shapes broadcast.

        Returns
        -------
        tuple of uint8 arrays

        Raises
        ------
        InvalidDataError
            If a value is missing or not finite, or shapes do not broadcast.
        """
        hint = "Values that are not known cannot be scored."
        given = (days_since_last, frequency, monetary)
        x = [within(name, column, hint=hint) for name, column in zip(COLUMNS, given, strict=True)]
        common_shape(**dict(zip(COLUMNS, x, strict=True)))
        days, count, money = np.broadcast_arrays(*x)
        shape = days.shape
        found = self._scored(*(np.ravel(column) for column in (days, count, money)))
        r, f, m = (scores.reshape(shape) for scores in found)
        return r, f, m

    def _scored(self, days: Array, count: Array, money: Array) -> tuple[Scores, Scores, Scores]:
        """Return the scores of finite columns of one length."""
        bins, k = self.bins, self.bins - 1
        r, f, m = (np.empty(len(days), dtype=np.uint8) for _ in range(3))
        nested = self.nested

        def block(start: int, stop: int) -> None:
            rows = slice(start, stop)
            np.subtract(bins, passed(days[rows], self.days_since_last), out=r[rows])
            cell = (r[rows] - 1).astype(np.intp) if nested else None
            np.add(passed(count[rows], self.frequency, cell), 1, out=f[rows])
            if cell is not None:
                cell = cell * bins + f[rows] - 1
            np.add(passed(money[rows], self.monetary.reshape(-1, k), cell), 1, out=m[rows])

        over_ranges(block, len(days), BLOCK)
        return r, f, m

    def apply(
        self,
        frame: Any,
        *,
        days_since_last: str = "days_since_last",
        frequency: str = "frequency",
        monetary: str = "monetary",
    ) -> Any:
        """Return a frame with columns r, f and m added; a lazy frame stays lazy, in its engine.

        Parameters
        ----------
        frame : data frame
            One row per customer; any kind that Narwhals reads.
        days_since_last, frequency, monetary : str
            Names of the columns.

        Returns
        -------
        data frame
            Of the same kind. Values that are missing or not finite are refused in an eager frame;
            in a lazy one, which is not looked at, their scores are null.

        Raises
        ------
        ColumnNotFoundError
            If a column does not exist.
        InvalidDataError
            If the frame has a column r, f or m already.

        Examples
        --------
        >>> import pandas as pd
        >>> import custvalue as cv
        >>> cuts = cv.rfm.CutPoints([30, 90], [1, 3], [50, 200])
        >>> table = pd.DataFrame({"days": [5, 91], "orders": [9, 2], "total": [300.0, 20.0]})
        >>> cuts.apply(table, days_since_last="days", frequency="orders", monetary="total")
           days  orders  total  r  f  m
        0     5       9  300.0  3  3  3
        1    91       2   20.0  1  2  1
        """
        import narwhals.stable.v2 as nw

        names = {"days_since_last": days_since_last, "frequency": frequency, "monetary": monetary}
        data = _frames.opened(frame, names)
        present = data.collect_schema().names()
        for name in COLUMNS.values():
            if name in present:
                hint = "Rename it: the scores go there."
                raise InvalidDataError(message(name, "must not be in the frame yet", hint=hint))
        if isinstance(data, nw.LazyFrame):
            return scored(data, self, names).to_native()
        table = _frames.read(frame, **names)
        found = self.score(*(_frames.numeric(table, role) for role in COLUMNS))
        columns = [
            nw.new_series(letter, scores, backend=data.implementation)
            for letter, scores in zip(COLUMNS.values(), found, strict=True)
        ]
        return data.with_columns(*columns).to_native()

    def sql(
        self,
        table: str,
        *,
        days_since_last: str = "days_since_last",
        frequency: str = "frequency",
        monetary: str = "monetary",
    ) -> str:
        """Return a query that adds columns r, f and m to a table of one row per customer.

        Parameters
        ----------
        table : str
            Name of a table, or a query in parentheses; goes into the text as it is.
        days_since_last, frequency, monetary : str
            Names of the columns; quoted in the text.

        Returns
        -------
        str
            Standard SQL: searched CASE, floating-point literals, double-quoted names. The score of
            NULL is NULL.

        Examples
        --------
        >>> import custvalue as cv
        >>> print(cv.rfm.CutPoints([30], [1], [50]).sql("customers"))
        SELECT q2.*, CASE WHEN "monetary" <= 5e+01 THEN 1 WHEN ... THEN 2 END AS m
        FROM (SELECT q1.*, CASE WHEN "frequency" <= 1e+00 THEN 1 WHEN ... THEN 2 END AS f
        FROM (SELECT q0.*, CASE WHEN "days_since_last" <= 3e+01 THEN 2 WHEN ... THEN 1 END AS r
        FROM customers AS q0) AS q1) AS q2
        """
        names = {"days_since_last": days_since_last, "frequency": frequency, "monetary": monetary}
        for name in (table, *names.values()):
            of_type("table and columns", name, str, "Give their names.")
        return query(table, self, names)


def passed(values: Array, cuts: Array, cell: npt.NDArray[np.intp] | None = None) -> Scores:
    """Return how many cut points each value exceeds: those of its cell, if cells have their own."""
    count = np.zeros(len(values), dtype=np.uint8)
    above = np.empty(len(values), dtype=bool)
    for j in range(cuts.shape[-1]):
        np.greater(values, cuts[..., j].flat[0] if cell is None else cuts[:, j][cell], out=above)
        count += above.view(np.uint8)
    return count


def as_cuts(cuts: CutPoints | Mapping[str, ArrayLike]) -> CutPoints:
    """Return cut points given as such or as a mapping of column to cut points."""
    if isinstance(cuts, CutPoints):
        return cuts
    if not isinstance(cuts, Mapping) or set(cuts) != set(COLUMNS):
        found = sorted(map(str, cuts)) if isinstance(cuts, Mapping) else type(cuts).__name__
        rule = f"must be CutPoints or map {', '.join(COLUMNS)} to cut points"
        raise InvalidDataError(message("cuts", rule, value=found))
    given: list[Any] = [cuts[name] for name in COLUMNS]
    return CutPoints(*given)
