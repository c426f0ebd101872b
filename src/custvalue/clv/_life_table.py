"""Durations in whole periods, counted by age: all that the likelihood of a contract visits.

At each age a customer is either `kept` or `lost`. Right-censored and late (left-truncated)
customers are at risk between their entry and exit only, so that these counts say everything.
"""

from __future__ import annotations

import dataclasses
import hashlib
import warnings
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from custvalue._calendar import unit_of
from custvalue._check import Array, of_type, refuse, whole
from custvalue.clv._fit import Fit
from custvalue.clv._maximise import Maximum, maximise, ridge_notes
from custvalue.durations import DURATIONS_HINT, Durations
from custvalue.errors import CustValueWarning, InvalidDataError, NotIdentifiedError, message

if TYPE_CHECKING:
    from custvalue.clv._contractual import ContractualModel

K = TypeVar("K", bound="ContractualModel")

_OLDEST = 1e6  # periods
_HINT = (
    "Count whole periods, in the unit of the contract: who leaves in the t-th period exits at t "
    "with event=True, who is still there after t periods is censored at t."
)


@dataclasses.dataclass(frozen=True)
class LifeTable:
    """How many customers stayed from age `start` to age `end`, and how many churned at `end`.

    Intervals are disjoint and in order; where somebody churned the interval is one period.
    """

    start: Array
    end: Array
    kept: Array
    lost: Array
    customers: float

    @property
    def churn_rate(self) -> float:
        """Churns per period at risk, whatever the age."""
        lost = float(self.lost.sum())
        return lost / (float(self.kept @ (self.end - self.start)) + lost)

    def fingerprint(self) -> str:
        """Return a hash of the counts, which does not depend on the order of rows."""
        digest = hashlib.blake2b(digest_size=8)
        for column in (self.start, self.end, self.kept, self.lost):
            digest.update((np.round(column, 6) + 0.0).tobytes())
        return digest.hexdigest()


def life_table(durations: Durations) -> LifeTable:
    """Return the counts by age of durations in whole periods, or say which row breaks a rule."""
    if not len(durations):
        raise InvalidDataError(message("durations", "must not be empty"))
    leaves = whole("exit", durations.exit, hint=_HINT)
    enters = whole("entry", durations.entries, hint=_HINT)
    rule = f"must be at most {_OLDEST:g} periods"
    refuse("exit", rule, leaves, leaves > _OLDEST, hint="Use a longer unit.")
    lost_at, since = leaves.astype(np.int64), enters.astype(np.int64)
    until = lost_at - durations.event  # the last age that was reached
    size, weight = int(lost_at.max()) + 1, durations.weight
    reached, entered = (np.bincount(age, weight, size) for age in (until, since))
    gone = np.asarray(durations.event)
    lost = np.bincount(lost_at[gone], None if weight is None else weight[gone], size)
    ages = np.flatnonzero((reached > 0) | (entered > 0) | (lost > 0))
    at_least = np.cumsum((reached - entered)[::-1])[::-1]
    return LifeTable(
        start=ages[:-1].astype(np.float64),
        end=ages[1:].astype(np.float64),
        kept=np.maximum(at_least[ages[1:]], 0.0),
        lost=lost[ages[1:]].astype(np.float64),
        customers=float(reached.sum()),
    )


def fit_durations(kind: type[K], durations: Durations) -> Fit[K]:
    """Return the maximum-likelihood fit of a contractual model to durations in whole periods."""
    of_type("durations", durations, Durations, DURATIONS_HINT)
    unit = unit_of("unit", durations.unit)
    table = life_table(durations)
    names = tuple(f.name for f in dataclasses.fields(kind))
    ages = int(np.count_nonzero(table.lost))
    if ages < len(names):
        raise NotIdentifiedError(
            f"Churn was seen at {ages} {'age' if ages == 1 else 'ages'} only; the {len(names)} "
            f"parameters of {kind.__name__} need it at {len(names)} or more."
        )
    churn = table.churn_rate
    start = np.array([1.0, max(1.0 / churn - 1.0, 0.1), 1.0])[: len(names)]
    try:
        found = maximise([lambda theta: kind._jet(theta, table)], start, names, table.customers)
    except NotIdentifiedError as error:
        raise NotIdentifiedError(
            f"{error} Where alpha and beta grow without limit, the curve shows no differences "
            f"between customers ({churn:.4g} churn per {unit}, over all ages)."
        ) from None
    vague = _vague(found, names)
    for note in vague:
        warnings.warn(f"{kind.__name__}: {note}.", CustValueWarning, stacklevel=3)
    return Fit(
        model=kind(*found.estimates),
        covariance=found.covariance,
        log_likelihood=found.value,
        n=table.customers,
        patterns=len(table.end),
        gradient_norm=found.gradient_norm,
        unit=unit,
        data_hash=table.fingerprint(),
        notes=(
            *(f"{count} {rule}" for rule, count in durations.notes.items()),
            *ridge_notes(found, names),
            *vague,
        ),
        frame=durations.frame,
    )


def _vague(found: Maximum, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return a note where a standard error exceeds its estimate."""
    relative = np.sqrt(np.diag(found.covariance)) / found.estimates
    which = [name for name, error in zip(names, relative, strict=True) if error > 1.0]
    if not which:
        return ()
    return (
        f"the curve hardly determines {', '.join(which)}: a standard error exceeds its estimate; "
        "look at interval_of before trusting a projection",
    )
