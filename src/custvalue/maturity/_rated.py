"""Ratings of items by assessors, as they were given; one rating of each item from them."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, refuse, whole
from custvalue._chunks import blocked_all
from custvalue._record import Notes, Record, checked_notes, join_notes
from custvalue._tally import as_column, concatenated, distinct_rows
from custvalue.errors import InvalidDataError, message
from custvalue.maturity._cells import off_points
from custvalue.maturity._resolve import KINDS, NOT_APPLICABLE, Resolved, of_sheets
from custvalue.maturity._rules import EVIDENCE
from custvalue.maturity.model import MaturityModel, refuse_models

Column = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Rated(Record):
    """Base of an assessment: the sheets of all assessors; `+` adds other organisations."""

    model: MaturityModel
    rating: Array
    owner: Ints
    organisation: Column
    assessor: Column
    kind: npt.NDArray[np.int8] | None = None
    evidence: npt.NDArray[np.int8] | None = None
    notes: Notes = dataclasses.field(default_factory=dict, kw_only=True)
    frame: str = dataclasses.field(default="pandas", kw_only=True, compare=False)

    _parts: ClassVar[Mapping[str, type[Record]]] = {"model": MaturityModel}

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", checked_notes(self.notes))
        if not isinstance(self.model, MaturityModel):
            rule = "must be a MaturityModel"
            raise InvalidDataError(message("model", rule, value=type(self.model).__name__))
        items, scale = len(self.model.items), self.model.scale
        rating = np.asarray(self.rating, dtype=np.float64).reshape(-1, items)

        def on_scale(some: Array) -> npt.NDArray[np.bool_]:
            if scale.kind == "achievement":
                inside = (some >= scale.lowest) & (some <= scale.highest)
            else:
                inside = ~off_points(some, scale.points)
            return np.asarray(inside | np.isnan(some) | (some == NOT_APPLICABLE))

        if not blocked_all(lambda some: bool(on_scale(some).all()), rating.reshape(-1)):
            refuse("rating", "must be on the scale of the model", rating, ~on_scale(rating))
        owner = whole("owner", self.owner).astype(np.int64)
        names = as_column("organisation", self.organisation)
        if owner.shape != (len(rating),) or (np.diff(owner) < 0).any():
            raise InvalidDataError(message("owner", "must be a rising column, one for each sheet"))
        first, last = (owner[0], owner[-1]) if len(owner) else (0, -1)
        if first != 0 or last + 1 != len(names) or (np.diff(owner) > 1).any():
            rule = "must give each organisation a sheet"
            raise InvalidDataError(message("owner", rule, value=len(names)))
        if len(names):
            place, firsts = distinct_rows([names])
            if len(firsts) < len(names):
                raise InvalidDataError(message("organisation", "must be different names"))
            if (np.diff(place) < 0).any():
                raise InvalidDataError(message("organisation", "must be sorted"))
        assessor = as_column("assessor", self.assessor)
        for name, column, shape, most in (
            ("kind", self.kind, (len(rating),), len(KINDS)),
            ("evidence", self.evidence, rating.shape, len(EVIDENCE)),
        ):
            if column is not None:
                codes = whole(name, column)
                if codes.shape != shape or (codes.size and codes.max() >= most):
                    raise InvalidDataError(message(name, f"must be codes below {most}, for each"))
                object.__setattr__(self, name, codes.astype(np.int8))
        if assessor.shape != (len(rating),):
            raise InvalidDataError(message("assessor", "must be one for each sheet"))
        for name, value in {"rating": rating, "owner": owner, "organisation": names,
                            "assessor": assessor}.items():  # fmt: skip
            object.__setattr__(self, name, value)
        super().__post_init__()

    @functools.cached_property
    def _resolved(self) -> Resolved:
        """One rating of each item, of shape (items, organisations), after caps by evidence."""
        rules, scale = self.model.rules, self.model.scale
        return of_sheets(self._capped, self.owner, self.kind, rules.assessors, scale)

    def _capped(self, rows: Any) -> Array:
        """Return ratings as they count: no better than their evidence allows."""
        rating = np.asarray(self.rating[rows])
        caps = self.model.rules.evidence_caps
        if self.evidence is None or not caps:
            return rating
        most = [self.model.scale.bands[caps[n]].upto if n in caps else np.inf for n in EVIDENCE]
        return np.asarray(np.minimum(rating, np.array(most)[self.evidence[rows]]))

    @property
    def ratings(self) -> Array:
        """Ratings of shape (organisations, items), one each; NaN not rated, -1 not applicable."""
        return np.asarray(self._resolved.rating.T)

    def __len__(self) -> int:
        """Return the number of organisations."""
        return len(self.organisation)

    def __add__(self, other: Self) -> Self:
        if type(other) is not type(self):
            return NotImplemented
        refuse_models(self.model, other.model)
        names = concatenated("organisation", self.organisation, other.organisation)
        place, firsts = distinct_rows([names])
        if len(firsts) < len(names):
            both = sorted(set(self.organisation.tolist()) & set(other.organisation.tolist()))
            rule = "must not be in both records"
            raise InvalidDataError(message("organisation", rule, value=both[:5]))
        owner = place[np.concatenate([self.owner, other.owner + len(self)])]
        order = np.argsort(owner, kind="stable")
        columns: dict[str, Any] = {}
        for name in ("kind", "evidence"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if (mine is None) != (theirs is None):
                raise InvalidDataError(message(name, "must be known in both records, or in none"))
            columns[name] = None if mine is None else np.concatenate([mine, theirs])[order]
        return dataclasses.replace(
            self,
            rating=np.concatenate([self.rating, other.rating])[order],
            owner=owner[order],
            organisation=names[firsts],
            assessor=concatenated("assessor", self.assessor, other.assessor)[order],
            notes=join_notes(self.notes, other.notes),
            **columns,
        )

    def __radd__(self, other: Any) -> Self:
        return self if isinstance(other, int) and other == 0 else NotImplemented
