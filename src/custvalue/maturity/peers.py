"""Benchmarks: where organisations stand among their peers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, as_array, flag, number, of_type, whole
from custvalue._record import Notes, Record, checked_notes
from custvalue._tally import concatenated, distinct_rows, keep_columns
from custvalue.errors import InvalidDataError, message
from custvalue.maturity._assessment import Assessment
from custvalue.maturity._scale import TOLERANCE
from custvalue.maturity.model import refuse_models

Column = npt.NDArray[Any]
OVERALL = "overall"


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Benchmark(Record):
    """Scores of organisations among those of their peers, a row for each and each component.

    Attributes
    ----------
    organisation, component : arrays of shape (rows,)
        Whose; of which component, or "overall".
    score : float array
        Its score.
    peers : int array
        Peers with a score.
    below, equal : int arrays
        Peers with a lower score, and with the same.
    total, squares : float arrays
        Sums of the peers' scores and of their squared distances to the mean.
    min_peers : int
        With fewer peers nothing is said.

    Examples
    --------
    >>> import custvalue as cv
    >>> ours = cv.maturity.assess("value-crm", [[3] * 15])
    >>> others = cv.maturity.assess("value-crm", [[n] * 15 for n in (1, 2, 2, 3, 4)])
    >>> found = cv.maturity.benchmark(ours, others, same_names=False)
    >>> found.to_frame()[["component", "score", "peers", "percentile", "quartile"]].head(1)
      component  score  peers  percentile  quartile
    0   overall    3.0      5        70.0       3.0
    """

    organisation: Column
    component: Column
    score: Array
    peers: Column
    below: Column
    equal: Column
    total: Array
    squares: Array
    min_peers: int = dataclasses.field(default=5, kw_only=True)
    notes: Notes = dataclasses.field(default_factory=dict, kw_only=True)
    frame: str = dataclasses.field(default="pandas", kw_only=True, compare=False)

    _columns: ClassVar[tuple[str, ...]] = (
        "organisation", "component", "score", "peers", "below", "equal", "total", "squares"
    )  # fmt: skip

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", checked_notes(self.notes))
        keep_columns(self)
        object.__setattr__(self, "min_peers", _fewest(self.min_peers))
        super().__post_init__()

    @property
    def _n(self) -> Array:
        enough = (self.peers >= self.min_peers) & ~np.isnan(self.score)
        return np.where(enough, self.peers, np.nan).astype(np.float64)

    @property
    def value(self) -> Array:
        """Percentile: percent of peers below, those equal counting half; NaN with too few."""
        return np.asarray(100.0 * (self.below + self.equal / 2.0) / self._n)

    @property
    def quartile(self) -> Array:
        """1 for the lowest quarter of peers to 4 for the highest; NaN with too few."""
        return np.asarray(np.clip(np.floor(self.value / 25.0) + 1.0, 1.0, 4.0))

    @property
    def mean(self) -> Array:
        """Mean score of the peers; NaN with too few."""
        return np.asarray(self.total / self._n)

    @property
    def z(self) -> Array:
        """Distance to the mean of the peers in their standard deviations; NaN where these are 0."""
        n = self._n
        free = np.where(n > 1, n - 1.0, np.nan)
        spread = np.sqrt(self.squares / free)
        away = self.score - self.mean
        known = np.divide(away, spread, out=np.full(len(n), np.nan), where=spread > 0)
        return np.asarray(known)

    def _head(self) -> dict[str, Any]:
        return {"organisations": len(set(self.organisation.tolist())), "rows": len(self.score),
                **self.notes}  # fmt: skip

    def _table(self) -> dict[str, Any]:
        names = ("organisation", "component", "score", "peers")
        return {name: getattr(self, name) for name in names} | {
            "mean": self.mean,
            "percentile": self.value,
            "quartile": self.quartile,
            "z": self.z,
        }


def benchmark(
    assessment: Assessment,
    peers: Assessment,
    *,
    segment: Sequence[Any] | None = None,
    peer_segment: Sequence[Any] | None = None,
    min_peers: int = 5,
    same_names: bool = True,
) -> Benchmark:
    """Return where organisations stand among their peers, overall and in each component.

    Parameters
    ----------
    assessment, peers : Assessment
        By the same model.
    segment, peer_segment : sequence, optional
        Sector or size of each organisation of either, in their order: peers are those alike.
    min_peers : int
        With fewer peers percentile, quartile, mean and z are NaN, and the rows are counted.
    same_names : bool
        Whether an organisation of the same name among the peers is the same one, which is then not
        its own peer.

    Returns
    -------
    Benchmark

    Raises
    ------
    InvalidDataError
        If the models differ, or only one of the segments is given.

    Examples
    --------
    >>> import custvalue as cv
    >>> all_of = cv.maturity.assess("value-crm", [[n] * 15 for n in (1, 2, 2, 3, 4, 5)])
    >>> cv.maturity.benchmark(all_of, all_of).value[::6].tolist()
    [0.0, 30.0, 30.0, 60.0, 80.0, 100.0]
    """
    for name, one in (("assessment", assessment), ("peers", peers)):
        of_type(name, one, Assessment, "It comes from maturity.assess(...).")
    refuse_models(assessment.model, peers.model)
    if (segment is None) != (peer_segment is None):
        rule = "must be given for both, or for none"
        raise InvalidDataError(message("segment, peer_segment", rule))
    fewest = _fewest(min_peers)
    mine, theirs = _segments(assessment, peers, segment, peer_segment)
    tops = [int(i) for i in assessment._tree.top]
    ours = np.column_stack([assessment.value, assessment.component_scores[:, tops]])
    others = np.column_stack([peers.value, peers.component_scores[:, tops]])
    apart = flag("same_names", same_names)
    itself = _place_among(assessment, peers, theirs, mine) if apart else None
    found = [
        _standing(ours[:, i], others[:, i], mine, theirs, itself) for i in range(1 + len(tops))
    ]
    each = [np.column_stack(column).ravel() for column in zip(*found, strict=True)]
    columns = dict(zip(("peers", "below", "equal", "total", "squares"), each, strict=True))
    names = [OVERALL, *(assessment.model.component_ids[i] for i in tops)]
    few = int((columns["peers"] < fewest).sum())
    return Benchmark(
        np.repeat(assessment.organisation, len(names)),
        np.tile(np.array(names, dtype=object), len(assessment)),
        ours.ravel(),
        min_peers=fewest,
        **columns,
        notes={"rows with too few peers": few} if few else {},
        frame=assessment.frame,
    )


def _fewest(min_peers: Any) -> int:
    return int(whole("min_peers", number("min_peers", min_peers, 1)))


def _segments(
    assessment: Assessment, peers: Assessment, segment: Any, peer_segment: Any
) -> tuple[Column, Column]:
    if segment is None:
        return np.zeros(len(assessment), dtype=np.int64), np.zeros(len(peers), dtype=np.int64)
    both = []
    for name, labels, one in (("segment", segment, assessment),
                              ("peer_segment", peer_segment, peers)):  # fmt: skip
        column = as_array(name, labels, "must be one label for each organisation")
        if column.shape != (len(one),):
            rule = "must be one label for each organisation"
            raise InvalidDataError(message(name, rule, value=column.shape))
        both.append(column)
    codes = distinct_rows([concatenated("segment", *both)])[0]
    return codes[: len(assessment)], codes[len(assessment) :]


def _place_among(assessment: Assessment, peers: Assessment, theirs: Column, mine: Column) -> Column:
    """Return the place of each organisation among the peers, -1 where it is not one of its own."""
    names = concatenated("organisation", assessment.organisation, peers.organisation)
    codes = distinct_rows([names])[0]
    place = np.full(int(codes.max(initial=0)) + 1, -1)
    place[codes[len(assessment) :]] = np.arange(len(peers))
    found = place[codes[: len(assessment)]]
    alike = theirs[np.maximum(found, 0)] == mine if len(theirs) else np.zeros(len(mine), bool)
    return np.where((found >= 0) & alike, found, -1)


def _standing(
    ours: Array, others: Array, mine: Column, theirs: Column, itself: Column | None
) -> tuple[Column, ...]:
    """Return peers, how many are below and equal, and sums of their scores and squares."""
    known = ~np.isnan(others)
    score, group = others[known], theirs[known]
    order = np.lexsort((score, group))
    score, group = score[order], group[order]
    start, stop = np.searchsorted(group, mine), np.searchsorted(group, mine, side="right")
    rank = _ranks(np.concatenate([score, ours[~np.isnan(ours)]]))
    width = int(rank.max(initial=0)) + 2
    asked = np.full(len(ours), width - 1)
    asked[~np.isnan(ours)] = rank[len(score) :]
    keys = group * width + rank[: len(score)]
    wanted = mine * width + asked
    low, high = np.searchsorted(keys, wanted), np.searchsorted(keys, wanted, side="right")
    n, below, equal = stop - start, low - start, high - low
    groups = int(max(mine.max(initial=0), theirs.max(initial=0))) + 1
    count = np.bincount(group, minlength=groups)
    sums = np.bincount(group, score, groups)
    mean = sums / np.maximum(count, 1)
    squares = np.bincount(group, (score - mean[group]) ** 2, groups)
    total, spread = sums[mine], squares[mine]
    rounding = 1e-12 * spread + n * (1e-12 * mean[mine]) ** 2  # what equal scores may leave
    if itself is not None and len(others):
        own = others[np.maximum(itself, 0)]
        out = (itself >= 0) & ~np.isnan(own)
        value = np.where(out, own, 0.0)
        left = np.maximum(n - 1, 1)
        away = np.where(out, value - mean[mine], 0.0)
        spread = np.maximum(spread - away**2 * n / left, 0.0)
        both = _ranks(np.concatenate([np.where(out, own, 0.0), np.where(out, ours, 0.0)]))
        first, second = both[: len(own)], both[len(own) :]
        n, equal, total = n - out, equal - (out & (first == second)), total - value
        below = below - (out & (first < second))
    return n, below, equal, total, np.where(spread > rounding, spread, 0.0)


def _ranks(scores: Array) -> npt.NDArray[np.int64]:
    """Return ranks from 0; scores that differ by no more than rounding have the same."""
    distinct, place = np.unique(scores, return_inverse=True)
    apart = np.diff(distinct, prepend=distinct[:1]) > TOLERANCE * np.maximum(1.0, distinct)
    return np.asarray(np.cumsum(apart)[place])
