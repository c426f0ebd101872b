"""Evaluate: readings of indicators, thresholds and weights -> statuses and scores."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np

from custvalue._check import Array, coverage, of_type, one_of, real
from custvalue.errors import InvalidDataError, message
from custvalue.scorecard._readings import Readings, from_history, from_mapping, refuse_outside
from custvalue.scorecard._themes import Themes
from custvalue.scorecard._verdicts import looks_back, verdicts
from custvalue.scorecard.action import day_of, is_missing
from custvalue.scorecard.evaluation import Evaluation
from custvalue.scorecard.history import History
from custvalue.scorecard.system import EvaluationSystem, load
from custvalue.scorecard.threshold import Codes

_EPOCH = dt.date(1970, 1, 1)
_AGREED = 2.0 / 3.0  # Krippendorff's lowest alpha for tentative conclusions


def evaluate(
    system: Any,
    readings: Any,
    *,
    as_of: Any = None,
    units: Any = None,
    history: History | None = None,
    peers: Mapping[str, Any] | None = None,
    previous: Evaluation | None = None,
    evidence: Mapping[str, Any] | None = None,
    level: float = 0.95,
) -> Evaluation:
    """Return the status of each indicator, and scores of dimensions, goals and the whole.

    Parameters
    ----------
    system : EvaluationSystem, or what `load` takes
        What is evaluated, with weights, rules and thresholds.
    readings : mapping of str to reading, or History
        By id of the indicator: a number; (value, standard error); (value, lower, upper); a
        `Reading` with its date; a record of custvalue with `value` and `interval()`, such as `NPS`;
        or a column with a value for each unit. Records by groups have their groups as units, and
        columns of pandas the labels of their index, where it is not of row numbers.
        Indicators left out have no data. Of a `History`, the last values by `as_of`.
    as_of : date or str, optional
        The day of the evaluation: thresholds in force on it are used, and what is later is not
        looked at. Default: the last day of the readings, if they have one.
    units : sequence of str, optional
        Labels of the units, where several are evaluated at once.
    history : History, optional
        Earlier values, for dynamic thresholds; that of the readings where they are one.
    peers : mapping of str to array, optional
        Values of peers by id of the indicator, for thresholds by peers. Default: the units
        evaluated.
    previous : Evaluation, optional
        The last evaluation of the same units, for `hysteresis`. Without it earlier values in the
        history are judged in turn.
    evidence : mapping of str to text or record, optional
        By id of an indicator, dimension or goal: what people said; kept beside the numbers as text.
        Of coded `Themes` the three most frequent, and how far coders agree; where that is less
        than Krippendorff's 0.667, `notes` counts it.
    level : float
        Of the intervals, between 0 and 1.

    Returns
    -------
    Evaluation
        With `value`, `status`, `to_frame()`, `dimensions_frame()`, `goals_frame()`.

    Raises
    ------
    InvalidDataError
        If an indicator is unknown, a reading is no number or beyond the scale of its indicator, a
        reading is later than `as_of`, or units do not match.

    Notes
    -----
    Bounds of a dimension come from the bounds of the readings: each indicator is set to its bound
    while the others stay, and the root of the sum of the squared changes is the distance of the
    bound of the score (for weighted means Zou & Donner's MOVER); those of the whole come from the
    dimensions in the same way. This takes the indicators as independent;
    `interval(dependence="comonotone")` moves all at once, and so does "min" always, as one alone
    cannot raise a minimum that others share. A minimum is too low on average where several are
    near it, since the unluckiest of them decides. Readings without bounds count as exact:
    `known_bounds` says how much of the weight has some.

    References
    ----------
    Zou & Donner, "Construction of confidence limits about effect measures: a general approach",
    Statistics in Medicine 27 (2008), 1693-1702. OECD & JRC, "Handbook on constructing composite
    indicators" (2008), steps 5 and 6.

    Examples
    --------
    >>> import custvalue as cv
    >>> nps = cv.satisfaction.nps([10] * 50 + [7] * 30 + [2] * 20)
    >>> system = cv.scorecard.load("relationship-scale").with_thresholds({
    ...     "recommendation": cv.scorecard.Threshold(target=0.25, warning=0.1),
    ...     "csat": cv.scorecard.Threshold(target=0.9, warning=0.85, floor=0.8)})
    >>> found = cv.scorecard.evaluate(
    ...     system, {"recommendation": nps, "csat": (0.82, 0.79, 0.85), "repeat-purchase": 0.4})
    >>> found.to_frame()[["indicator", "value", "status", "certain"]].dropna().round(2)
             indicator  value      status  certain
    0             csat   0.82     warning    False
    1  repeat-purchase   0.40  not judged    False
    2   recommendation   0.30   on target    False
    """
    system, level = load(system), coverage(level)
    day = None if as_of is None else day_of("as_of", as_of, end=True)
    notes: dict[str, int] = {}
    past: History | None
    if history is not None:
        of_type("history", history, History, "It comes from scorecard.history(table, ...).")
    if isinstance(readings, History):
        found, found_past, day = _of_history(system, readings, units, day, notes)
        past = found_past if history is None else found_past + history
    elif isinstance(readings, Mapping):
        found, past = from_mapping(system, readings, units, level), history
    else:
        rule = "must be a mapping of indicators to readings, or a History"
        raise InvalidDataError(message("readings", rule, value=type(readings).__name__))
    if past is not None:
        strange = _of_others(past, found)
        if strange:
            notes["earlier values of other units, not looked at"] = strange
    refuse_outside(system, found.value)
    day = _last_day(found.day, day)
    when = found.day if day is None else np.where(np.isnan(found.day), _number(day), found.day)
    others = _peers(system, peers)
    before = _before(system, previous, found)
    shape = found.value.shape
    lines, status = np.full((3, *shape), np.nan), np.zeros(shape, dtype=np.int8)
    for i, indicator in enumerate(system.indicators):
        none = np.zeros(0), {"value": np.zeros((0, shape[1]))}
        asked = past is not None and looks_back(indicator, day, before is None)
        days, columns = past.matrix(indicator.id, found.unit) if past and asked else none
        lines[:, i], status[i] = verdicts(
            indicator, day, found.value[i], when[i], (days, columns["value"]),
            others.get(indicator.id), None if before is None else before[i],
        )  # fmt: skip
    age = np.full(shape, np.nan) if day is None else _number(day) - found.day
    target, warning, floor = lines
    return Evaluation(
        system,
        found.unit,
        found.value,
        found.lower,
        found.upper,
        target,
        warning,
        floor,
        status,
        age,
        as_of=day,
        level=level,
        evidence=_evidence(system, evidence, notes),
        notes=notes,
        frame=past.frame if isinstance(readings, History) and past is not None else "pandas",
    )


def _number(day: dt.date) -> float:
    return float((day - _EPOCH).days)


def _of_history(
    system: EvaluationSystem, given: History, units: Any, day: dt.date | None, notes: dict[str, int]
) -> tuple[Readings, History, dt.date | None]:
    """Return the last readings by a day, the values until then, and the day."""
    for name in dict.fromkeys(given.indicator.tolist()):
        one_of("indicator", name, system.indicator_ids)
    if day is None and len(given):
        last: dt.date = given.day.max().item()
        day = last
    later = day is not None and bool((given.day > np.datetime64(day)).any())
    past = given.until(day) if later else given
    if len(past) < len(given):
        notes["values after as_of, not looked at"] = len(given) - len(past)
    return from_history(system, past, units), past, day


def _of_others(past: History, found: Readings) -> int:
    """Return how many earlier values are of units that are not evaluated."""
    import pandas as pd

    return len(past) - int(pd.Index(past.unit).isin(found.unit).sum())


def _last_day(days: Array, as_of: dt.date | None) -> dt.date | None:
    """Return the day of the evaluation; refuse readings that are later."""
    if np.isnan(days).all():
        return as_of
    last = _EPOCH + dt.timedelta(days=float(np.nanmax(days)))
    if as_of is not None and last > as_of:
        rule = "must not be before the day of a reading"
        raise InvalidDataError(message("as_of", rule, value=f"{as_of}, {last}"))
    return last if as_of is None else as_of


def _peers(system: EvaluationSystem, peers: Mapping[str, Any] | None) -> dict[str, Array]:
    if peers is not None and not isinstance(peers, Mapping):
        rule = "must map indicators to values"
        raise InvalidDataError(message("peers", rule, value=type(peers).__name__))
    return {
        one_of("peers", name, system.indicator_ids): real(f"peers[{name!r}]", column).ravel()
        for name, column in (peers or {}).items()
    }


def _before(system: EvaluationSystem, previous: Evaluation | None, found: Readings) -> Codes | None:
    """Return the last status of each indicator and unit; 0 of those that were not there."""
    if previous is None:
        return None
    import pandas as pd

    of_type("previous", previous, Evaluation, "It comes from scorecard.evaluate(...).")
    rows = pd.Index(previous.system.indicator_ids).get_indexer(list(system.indicator_ids))
    columns = pd.Index(previous.unit).get_indexer(pd.Index(found.unit))
    status = np.asarray(previous.status_codes[rows][:, columns])
    return np.where((rows >= 0)[:, None] & (columns >= 0), status, 0).astype(np.int8)


def _evidence(
    system: EvaluationSystem, evidence: Mapping[str, Any] | None, notes: dict[str, int]
) -> dict[str, str]:
    if evidence is not None and not isinstance(evidence, Mapping):
        rule = "must map indicators, dimensions or goals to text or records"
        raise InvalidDataError(message("evidence", rule, value=type(evidence).__name__))
    known = [*system.indicator_ids, *system.dimension_ids, *(goal.id for goal in system.goals)]
    given = {one_of("evidence", name, known): said for name, said in (evidence or {}).items()}
    for name, said in given.items():
        if is_missing(said):
            rule = "must be text or a record"
            raise InvalidDataError(message(f"evidence[{name!r}]", rule, value=said))
        if isinstance(said, Themes) and said.overall_alpha < _AGREED:
            rule = "evidence on which coders do not agree"
            notes[rule] = notes.get(rule, 0) + 1
    return {name: _told(said) for name, said in given.items()}


def _told(said: Any) -> str:
    """Return evidence as text: of coded themes the most frequent, and how far coders agree."""
    if not isinstance(said, Themes):
        return str(said)
    most = np.argsort(-said.value, kind="stable")[:3]
    parts = [f"{said.labels()[i]} {said.value[i]:.0%}" for i in most if said.value[i] > 0]
    agreed = "" if np.isnan(said.overall_alpha) else f", alpha {said.overall_alpha:.2f}"
    return f"{', '.join(parts) or 'no theme'} (units {said.base}{agreed})"
