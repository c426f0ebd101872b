"""Response: AAPOR response rates, and how far respondents are like the population."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from custvalue import _proportion
from custvalue._check import Array, common_shape, one_of, within
from custvalue._frames import read
from custvalue._groups import column_names, group_rows
from custvalue._tally import Tally
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction._survey import check_sums

DISPOSITIONS = (
    "complete",
    "partial",
    "refusal",
    "noncontact",
    "other",
    "unknown_household",
    "unknown_other",
    "ineligible",
)
RATES = ("rr1", "rr2", "rr3", "rr4", "rr5", "rr6")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ResponseRates(Tally):
    """What became of everybody in the sample: the six response rates of AAPOR; `+` adds samples.

    Attributes
    ----------
    complete, partial : int, or int array of shape (groups,)
        Interviews (I) and partial interviews (P).
    refusal, noncontact, other : int, or int array
        Eligible without interview: refusal and break-off (R), non-contact (NC), other (O).
    unknown_household, unknown_other : int, or int array
        Unknown whether eligible: unknown if there is a household or customer (UH), other (UO).
    ineligible : int, or int array
        Found not to belong to the population; in no rate, but in `eligible_share`.
    groups, notes, frame
        Labels of each row by column; what policies did, counted; the kind of frame for results.

    Notes
    -----
    RR1 = I / ((I + P) + (R + NC + O) + (UH + UO)) takes all unknown as eligible, RR3 a share e of
    them, RR5 none; RR2, RR4 and RR6 count partial interviews as responses (AAPOR, "Standard
    Definitions", 2023).

    Examples
    --------
    >>> import custvalue as cv
    >>> sample = cv.satisfaction.ResponseRates(400, 50, 200, 250, 20, 60, 20)
    >>> float(sample.rate("rr1")), round(float(sample.rate("rr3", eligible=0.8)), 6)
    (0.4, 0.406504)
    >>> sample.interval("rr1")
    (np.float64(0.370...), np.float64(0.430...))
    """

    complete: Any = 0
    partial: Any = 0
    refusal: Any = 0
    noncontact: Any = 0
    other: Any = 0
    unknown_household: Any = 0
    unknown_other: Any = 0
    ineligible: Any = 0

    _sums: ClassVar[tuple[str, ...]] = DISPOSITIONS
    _shows: ClassVar[tuple[str, ...]] = RATES

    def __post_init__(self) -> None:
        common_shape(**{name: getattr(self, name) for name in DISPOSITIONS})
        shape = np.broadcast_shapes(*(np.shape(getattr(self, name)) for name in DISPOSITIONS))
        for name in DISPOSITIONS:  # a 0 stands for none in every group
            if np.shape(getattr(self, name)) == () and shape:
                object.__setattr__(self, name, np.full(shape, getattr(self, name)))
        super().__post_init__()
        check_sums(**{name: getattr(self, name) for name in DISPOSITIONS})

    @property
    def eligible_share(self) -> Array:
        """Eligible among those of known eligibility: the usual guess of e ("CASRO" rate)."""
        known = self._known
        return _proportion.share(known, known + self.ineligible)

    @property
    def _known(self) -> Any:
        return self.complete + self.partial + self.refusal + self.noncontact + self.other

    def _fraction(self, rate: str, eligible: Any) -> tuple[Any, Any]:
        one_of("rate", rate, RATES)
        if eligible is not None and rate not in ("rr3", "rr4"):
            hint = "Leave it out, or ask for rr3 or rr4."
            raise InvalidDataError(message("eligible", f"is no part of {rate}", hint=hint))
        unknown = self.unknown_household + self.unknown_other
        if rate in ("rr3", "rr4"):
            e = self.eligible_share if eligible is None else within("eligible", eligible, 0.0, 1.0)
            unknown = np.where(unknown > 0, unknown * e, 0.0)
        elif rate in ("rr5", "rr6"):
            unknown = np.zeros(np.shape(unknown))
        answered = self.complete + (self.partial if rate in ("rr2", "rr4", "rr6") else 0)
        return answered, self._known + unknown

    def rate(self, rate: str = "rr1", eligible: Any = None) -> Array:
        """Return a response rate; NaN of none.

        Parameters
        ----------
        rate : {"rr1", "rr2", "rr3", "rr4", "rr5", "rr6"}
            Which; rr1 is the smallest.
        eligible : float or array_like, optional
            e of rr3 and rr4: the share of the unknown who are eligible; by default
            `eligible_share`, 1 where `ineligible` is 0.
        """
        return _proportion.share(*self._fraction(rate, eligible))

    @property
    def value(self) -> Array:
        """RR1, the smallest of the rates."""
        return self.rate()

    def interval(
        self,
        rate: str = "rr1",
        level: float = 0.95,
        method: str = "wilson",
        *,
        eligible: Any = None,
    ) -> tuple[Array, Array]:
        """Return the bounds of an interval for a rate, the sample taken as one of many.

        Parameters
        ----------
        rate : {"rr1", "rr2", "rr3", "rr4", "rr5", "rr6"}
            Which.
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald"}
            Wilson (1927) by default; e is taken as known.
        eligible : float or array_like, optional
            As in `rate`.
        """
        answered, asked = self._fraction(rate, eligible)
        nobody = np.isnan(asked)  # all are unknown, and so is e
        return _proportion.interval(
            np.where(nobody, 0.0, answered), np.where(nobody, 0.0, asked), level, method
        )

    @property
    def cooperation(self) -> Array:
        """COOP1: interviews among those reached who were eligible, I / (I + P + R + O)."""
        reached = self.complete + self.partial + self.refusal + self.other
        return _proportion.share(self.complete, reached)

    @property
    def refusal_rate(self) -> Array:
        """REF1: refusals among all who are or may be eligible."""
        return _proportion.share(self.refusal, self._fraction("rr1", None)[1])

    @property
    def contact_rate(self) -> Array:
        """CON1: those reached among all who are or may be eligible."""
        reached = self.complete + self.partial + self.refusal + self.other
        return _proportion.share(reached, self._fraction("rr1", None)[1])

    def _derived(self) -> dict[str, Any]:
        return {rate: self.rate(rate) for rate in RATES}

    def _head(self) -> dict[str, Any]:
        total = sum(int(np.sum(getattr(self, name))) for name in DISPOSITIONS)
        facts = {"sample": total, "complete": int(np.sum(self.complete))}
        several = bool(self.groups) or np.ndim(self.complete) > 0
        return {**facts, **({} if several else {"rr1": float(self.value)}), **self.notes}


def response_rates(
    table: Any,
    disposition: str,
    codes: Mapping[Any, str] | None = None,
    *,
    by: str | Sequence[str] | None = None,
) -> ResponseRates:
    """Return counts of what became of each case in a sample, with AAPOR's response rates.

    Parameters
    ----------
    table : data frame
        One row per case of the sample, not only those who answered.
    disposition : str
        Column that says what became of the case.
    codes : mapping, optional
        Its values to "complete", "partial", "refusal", "noncontact", "other", "unknown_household",
        "unknown_other" or "ineligible"; by default the column has these.
    by : str or sequence of str, optional
        Columns to group by.

    Returns
    -------
    ResponseRates

    Raises
    ------
    InvalidDataError
        If a value has no code, or is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> cases = pd.DataFrame({"result": ["done"] * 3 + ["no"] * 2 + ["?"]})
    >>> codes = {"done": "complete", "no": "refusal", "?": "unknown_other"}
    >>> cv.satisfaction.response_rates(cases, "result", codes)
    ResponseRates(sample=6, complete=3, rr1=0.5)
    """
    grouping = column_names("by", by)
    found = read(table, disposition=disposition, **grouping)
    kinds = group_rows(found, ["disposition"])
    labels = next(iter(kinds.labels.values())).tolist()
    meaning = {name: name for name in DISPOSITIONS} if codes is None else codes
    if not isinstance(meaning, Mapping):
        raise InvalidDataError(message("codes", "must map values to dispositions", value=codes))
    for name in meaning.values():
        one_of("codes", name, DISPOSITIONS)
    unknown = [label for label in labels if label not in meaning]
    if unknown:
        hint = f"Say in codes= which of {', '.join(DISPOSITIONS)} each is."
        rule = "has values without a disposition"
        raise InvalidDataError(message(disposition, rule, value=unknown, hint=hint))
    place = np.array([DISPOSITIONS.index(meaning[label]) for label in labels], dtype=np.int64)
    size = len(DISPOSITIONS)
    groups = group_rows(found, list(grouping)) if grouping else None
    codes_of_rows = np.zeros(found.rows, dtype=np.int64) if groups is None else groups.codes
    cells = codes_of_rows * size + (place[kinds.codes] if len(labels) else 0)
    count = 1 if groups is None else len(groups)
    counts = np.bincount(cells, minlength=count * size).reshape(count, size)
    columns: dict[str, Any] = {
        name: counts[0, i] if groups is None else counts[:, i]
        for i, name in enumerate(DISPOSITIONS)
    }
    by_group = {} if groups is None else dict(groups.labels)
    return ResponseRates(**columns, groups=by_group, frame=found.kind)
