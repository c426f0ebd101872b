"""Counts of spells by group and period: stocks at the edges, flows between them, time at risk."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array
from custvalue.churn.spells import Spells

Ints = npt.NDArray[np.int64]
Instants = npt.NDArray[np.datetime64]


@dataclasses.dataclass(frozen=True)
class PeriodCounts:
    """Spells of some groups, and the edges of periods: cut to the window, and of the calendar."""

    spells: Spells
    group: Ints
    groups: int
    edges: Instants
    calendar: Instants

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """Return arrays of shape (groups, periods) by the name of what is counted."""
        spells, edges = self.spells, self.edges
        from_edge = np.searchsorted(edges, spells.start)  # active at edges from_edge, ...
        to_edge = np.searchsorted(edges, spells.end)  # ..., to_edge - 1
        to_edge = np.where(spells.event, to_edge, len(edges))  # and at `until`, where it still runs
        every = np.ones(len(spells), dtype=bool)
        stock = np.cumsum(self._at(from_edge, every) - self._at(to_edge, every), axis=1)
        return {
            "opening": stock[:, :-2],
            "closing": stock[:, 1:-1],
            "lost": self._at(*self._lost(from_edge, to_edge))[:, :-2],
            "ended": self._at(to_edge, spells.event)[:, 1:-1],
            "exposure": self._exposure(),
        }

    def _at(self, place: Ints, chosen: npt.NDArray[np.bool_]) -> Ints:
        """Return how many of the chosen spells there are by group and place, 0 to all edges."""
        width = len(self.edges) + 1
        code = (self.group * width + place)[chosen]
        return np.bincount(code, minlength=self.groups * width).reshape(self.groups, width)

    def _lost(self, from_edge: Ints, to_edge: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
        """Return the last edge of each spell, and whether its customer is gone at the next one."""
        lost = self.spells.event & (to_edge > from_edge)
        seen = np.flatnonzero(to_edge > from_edge)  # spells inside a period change nothing
        who, group = self.spells.customer[seen], self.group[seen]
        again = (who[1:] == who[:-1]) & (group[1:] == group[:-1])
        again &= from_edge[seen[1:]] == to_edge[seen[:-1]]
        lost[seen[:-1][np.asarray(again, dtype=bool)]] = False
        return to_edge - 1, lost

    def _exposure(self) -> Array:
        """Return the time at risk in lengths of the whole calendar period."""
        long = np.diff(self.calendar).astype(np.float64)
        start = np.maximum(self.spells.start, self.edges[0])
        width = len(long) + 1
        time = np.zeros((self.groups, width))
        for sign, when in ((1.0, start), (-1.0, self.spells.end)):
            place = np.searchsorted(self.calendar, when, side="right") - 1
            place = np.minimum(place, len(long) - 1)
            into = (when - self.calendar[place]).astype(np.float64) / long[place]
            code, size = self.group * width + place, self.groups * width
            whole = np.bincount(code, minlength=size).reshape(time.shape)
            part = np.bincount(code, into, minlength=size).reshape(time.shape)
            time += sign * (np.cumsum(whole, axis=1) - part)
        return time[:, :-1]
