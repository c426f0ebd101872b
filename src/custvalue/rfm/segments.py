"""Segments of customers by their RFM scores, and a table of what each segment is worth."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue._check import of_type
from custvalue._record import Record
from custvalue.errors import InvalidDataError, message
from custvalue.rfm._columns import aligned, medians
from custvalue.rfm.maps import SegmentMap, segment_map
from custvalue.rfm.scores import SCORES_HINT, RFMScores

SEGMENTS_HINT = "Make them with rfm.segment(scores)."


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Segments(Record):
    """The segment of each customer.

    Attributes
    ----------
    scores : RFMScores
        The scores that decide.
    map : SegmentMap
        The segment of each code.

    Examples
    --------
    >>> import custvalue as cv
    >>> values = cv.rfm.RFMValues(customer=["a", "b"], days_since_last=[3, 400],
    ...                           frequency=[9, 1], monetary=[900.0, 15.5])
    >>> cuts = {"days_since_last": [30, 60, 90, 180], "frequency": [1, 2, 4, 8],
    ...         "monetary": [20, 50, 100, 500]}
    >>> cv.rfm.segment(cv.rfm.scores(values, cuts=cuts)).segment.tolist()
    ['Champions', 'Lost']
    """

    scores: RFMScores
    map: SegmentMap

    _parts: ClassVar[Mapping[str, type[Record]]] = {"scores": RFMScores, "map": SegmentMap}

    def __post_init__(self) -> None:
        of_type("scores", self.scores, RFMScores, SCORES_HINT)
        of_type("map", self.map, SegmentMap, "Make one with rfm.segment_map(...).")
        if self.map.bins != self.scores.bins:
            rule = f"must be for {self.scores.bins} scores, as the scores are"
            hint = f"Score with bins={self.map.bins}, or take another map."
            raise InvalidDataError(message("map", rule, value=self.map.bins, hint=hint))

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self.scores)

    @property
    def customer(self) -> npt.NDArray[Any]:
        """Who."""
        return self.scores.customer

    @property
    def frame(self) -> str:
        """Kind of data frame that results come back in."""
        return self.scores.frame

    @cached_property
    def place(self) -> npt.NDArray[np.int64]:
        """Position of each customer's segment in `map.segments`."""
        return self.map.place[self.scores.code_index]

    @property
    def segment(self) -> npt.NDArray[Any]:
        """Name of each customer's segment."""
        return np.array(self.map.segments, dtype=object)[self.place]

    def _head(self) -> dict[str, Any]:
        return {"customers": len(self), "map": self.map.name, "as_of": self.scores.values.as_of}

    def _table(self) -> dict[str, Any]:
        return {**self.scores._table(), "segment": self.segment}

    def medians(self, extra: Any = None) -> Any:
        """Return the median values of each segment; NaN where nobody or an unknown value is in it.

        Parameters
        ----------
        extra : mapping, data frame or record, optional
            More columns per customer, as for `segment_table`.

        Returns
        -------
        data frame
            Columns segment, days_since_last, frequency, monetary and those of `extra`. Medians of
            parts cannot be added, therefore they are no part of the table that can.
        """
        count = len(self.map.segments)
        values = self.scores.values
        columns = {name: getattr(values, name) for name in values._columns[1:]}
        table: dict[str, Any] = {"segment": np.array(self.map.segments, dtype=object)}
        columns |= aligned(extra, self.customer, ("segment", *columns))
        for name, column in columns.items():
            table[name] = medians(column, self.place, count)
        return self._framed(table)


def segment(scores: RFMScores, map: Any = "segments_11", *, language: str = "en") -> Segments:
    """Return the segment of each customer.

    Parameters
    ----------
    scores : RFMScores
        From `scores`.
    map : str, path, mapping or SegmentMap
        As for `segment_map`.
    language : str
        As for `segment_map`.

    Returns
    -------
    Segments

    Raises
    ------
    InvalidDataError
        If the map is no partition of the codes, or is for another number of scores.

    Examples
    --------
    >>> import custvalue as cv
    >>> log = cv.datasets.cdnow()
    >>> values = cv.rfm.values(log, customer="customer_id", time="date", amount="spend")
    >>> found = cv.rfm.segment(cv.rfm.scores(values))
    >>> found.to_frame()[["customer", "code", "segment"]].head(3)
      customer code          segment
    0     0001  444            Loyal
    1     0002  134          At Risk
    2     0003  111             Lost
    """
    return Segments(scores, segment_map(map, language=language))
