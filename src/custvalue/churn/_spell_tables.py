"""From tables and logs to spells: rows of one customer joined, cut to the window, censored."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue import _frames
from custvalue._check import one_of, refuse
from custvalue._events import Drop, Events
from custvalue._groups import Groups, column_names, group_rows
from custvalue._ids import identify
from custvalue._instants import instants
from custvalue._record import Notes, join_notes
from custvalue._reduce import reduce
from custvalue.churn._window import DAY, SECOND, Window, window
from custvalue.errors import ColumnNotFoundError, InvalidDataError, message

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Instants = npt.NDArray[np.datetime64]

MERGED = "overlapping spells merged"
JOINED = "spells joined to the one before"
MISSING_CUSTOMER = "spells without a customer dropped"
MISSING_START = "spells without a start dropped"
UNPARSABLE_START = "spells with an unparsable start dropped"
UNPARSABLE_END = "spells with an unparsable end dropped"
EMPTY = "spells without length dropped"
LATE = "spells after `until` left out"
EARLY = "spells before `since` left out"
RUNNING_ON = "spells cut at `until`"
UNDECIDED = "spells that end with the observation: churn or renewal not seen"
LATE_LINES = "lines after `until` left out"

_NEVER = np.int64(2**62)  # the end of a spell that has none
_PLACEHOLDER = np.datetime64("9999-12-31")  # what some tables write for "never"


def require_names(**columns: Any) -> None:
    """Refuse None, with which a reader leaves a column out."""
    for role, name in columns.items():
        if name is None:
            raise ColumnNotFoundError(message(role, "must name a column, as text", value=name))


def of_subscriptions(
    frame: Any,
    *,
    customer: str,
    start: str,
    end: str,
    observed: Window,
    by: str | Sequence[str] | None,
    gap: int,
    overlap: str,
    empty: str,
    missing: str,
    unparsable: str,
    timezone: str | None,
    time_format: str | None,
) -> dict[str, Any]:
    """Return the columns of the spells of a table that has one row per subscription."""
    one_of("overlap", overlap, ("error", "merge"))
    one_of("empty", empty, ("error", "drop"))
    one_of("missing", missing, ("error", "drop"))
    one_of("unparsable", unparsable, ("error", "drop"))
    named = column_names("by", by)
    require_names(customer=customer, start=start, end=end)
    table = _frames.read(frame, customer=customer, start=start, end=end, **named)
    drop = Drop(table.rows)
    ids = identify(table, "customer")
    drop.rows(customer, "has missing values", ids.missing, missing, MISSING_CUSTOMER, "missing")
    times: dict[str, Ints] = {}
    for role, name in (("start", start), ("end", end)):
        none = _frames.missing(table.columns[role])
        if table.rows == 0 or (none is not None and none.all()):
            found, bad = np.full(table.rows, "NaT", dtype="datetime64[us]"), None
        else:
            found, none, bad = instants(table, role, timezone, time_format)
        if role == "start":
            drop.rows(name, "has missing values", none, missing, MISSING_START, "missing")
        text = table.columns[role] if bad is not None else None
        if role == "end" and bad is not None and unparsable == "error":
            _refuse_empty(name, _frames.labels(table, role), bad)
        note = UNPARSABLE_START if role == "start" else UNPARSABLE_END
        drop.rows(name, "has text that is no date", bad, unparsable, note, "unparsable",
                  values=text)  # fmt: skip
        absent = np.isnat(found)
        times[role] = np.where(absent, _NEVER, found.astype("datetime64[us]").view(np.int64))
    if timezone is not None:
        times["end"] = _after_the_hour_that_repeats(table, times, time_format)
    kept = np.ones(table.rows, dtype=bool) if drop.kept is None else drop.kept
    before = kept & (times["end"] < times["start"])
    shown = times["end"].view("datetime64[us]")
    refuse(end, "must not be before the start", shown, before, hint="Are the columns swapped?")
    none = times["end"] == times["start"]
    drop.rows(end, "must be after the start", none, empty, EMPTY, "empty", values=shown)
    # what starts later is not known at the end of the observation: it joins nothing
    drop.rows(start, "", times["start"] >= observed.until, "drop", LATE, "")
    rows = np.arange(table.rows) if drop.kept is None else np.flatnonzero(drop.kept)
    groups = group_rows(table, tuple(named), drop.kept) if named else None
    rows = rows[np.lexsort((times["start"][rows], ids.codes[rows]))]
    runs, counts = _joined(ids.codes, times["start"], times["end"], rows, gap, overlap, customer)
    if groups is not None:
        place = np.empty(table.rows, dtype=np.int64)
        place[np.sort(rows)] = groups.codes
        groups = _group_of_runs(Groups(place[rows], groups.labels), runs.first, rows)
    who = ids.codes[rows[runs.first]]
    observed = observed.closed("gap", gap)
    undecided = runs.end == observed.until
    if undecided.any():
        counts = {**counts, UNDECIDED: int(np.count_nonzero(undecided))}
    columns = _observed(
        ids.decode(who), runs.start, np.where(undecided, _NEVER, runs.end), observed, groups,
        join_notes(drop.notes, counts),
    )  # fmt: skip
    return columns | {"frame": table.kind}


def _refuse_empty(name: str, text: npt.NDArray[Any], bad: Flags) -> None:
    """Refuse empty text, which may well stand for no end."""
    empty = np.zeros(len(bad), dtype=bool)
    empty[bad] = [isinstance(value, str) and not value.strip() for value in text[bad].tolist()]
    hint = "An end that has not come yet must be missing (None), not empty text."
    refuse(name, "has empty text", text, empty, hint=hint)


def _after_the_hour_that_repeats(
    table: _frames.Table, times: Mapping[str, Ints], time_format: str | None
) -> Ints:
    """Return ends in wall-clock time, after the start also where clocks were put back between."""
    start, end = times["start"], times["end"]
    folded = end <= start
    if folded.any():
        utc = {role: instants(table, role, "UTC", time_format)[0] for role in ("start", "end")}
        length = (utc["end"] - utc["start"]).astype("timedelta64[us]")
        folded &= length > np.timedelta64(0, "us")  # NaT is not
        end = np.where(folded, start + length.astype(np.int64), end)
    return end


@dataclasses.dataclass(frozen=True)
class _Runs:
    first: Ints  # place of the first row of each spell among the sorted rows
    start: Ints
    end: Ints


def _joined(
    who: Ints, start: Ints, end: Ints, rows: Ints, gap: int, overlap: str, customer: str
) -> tuple[_Runs, Notes]:
    """Return rows, sorted by customer and start, joined to spells; and how often that was done."""
    owner, begin, finish = who[rows], start[rows], end[rows]
    ends, rank = np.unique(finish, return_inverse=True)
    dense = np.cumsum(np.diff(owner, prepend=owner[:1]) != 0)
    reach = np.maximum.accumulate(dense * len(ends) + rank)  # the largest end so far of a customer
    so_far = ends[reach % max(len(ends), 1)]
    same = np.concatenate([[False] * min(len(rows), 1), dense[1:] == dense[:-1]]).astype(bool)
    away = begin - np.concatenate([begin[:1], so_far[:-1]])
    over = same & (away < 0)
    if over.any() and overlap == "error":
        bad = np.zeros(len(who), dtype=bool)
        bad[rows[over]] = True
        hint = "Join them with overlap='merge'."
        shown = start.view("datetime64[us]")
        refuse(customer, "must not have spells that overlap; see the one that starts at", shown,
               bad, hint=hint)  # fmt: skip
    new = ~same | (away > gap)
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(rows))[: len(first)] - 1
    counts = {MERGED: int(over.sum()), JOINED: int((~new & ~over).sum())}
    found = _Runs(first, begin[first], so_far[last])
    return found, {rule: count for rule, count in counts.items() if count}


def _group_of_runs(groups: Groups, first: Ints, rows: Ints) -> Groups:
    """Return the group of each spell; refuse a spell joined from rows of several groups."""
    run = np.zeros(len(rows), dtype=np.int64)
    run[first[1:]] = 1
    own = groups.codes[first][np.cumsum(run)] if len(rows) else groups.codes
    mixed = np.zeros(int(rows.max(initial=-1)) + 1, dtype=bool)
    mixed[rows] = own != groups.codes
    if mixed.any():
        rule = "must be the same in all rows that are joined to one spell"
        where = int(np.flatnonzero(mixed)[0])
        hint = "Group by what does not change while a customer stays."
        name = ", ".join(groups.labels)
        raise InvalidDataError(message(name, rule, row=where, count=int(mixed.sum()), hint=hint))
    return Groups(groups.codes[first], groups.labels)


def of_log(
    events: Events, inactive: int, observed: Window | None, since: Any, timezone: str | None,
    churned_at: str,
) -> dict[str, Any]:  # fmt: skip
    """Return the columns of the spells of a log, which end after a time without a line."""
    when = events.when.astype("datetime64[s]").astype(np.int64)  # seconds: they fit the sort key
    if observed is None:
        if not len(when):
            hint = "Give until=, or check what policies left out."
            raise InvalidDataError(message("log", "has no lines", value=0, hint=hint))
        day = np.datetime64(int(when.max()), "s").astype("datetime64[D]")
        if day >= _PLACEHOLDER:
            rule = "must have no line on 9999-12-31 where until is not given"
            raise InvalidDataError(message("log", rule, hint="Give until=, the last day seen."))
        observed = window(since, day, timezone)
    inside = when * SECOND < observed.until
    notes = dict(events.notes)
    if not inside.all():
        notes[LATE_LINES] = int(np.count_nonzero(~inside))
    runs = reduce(events.who[inside], when[inside])
    time = np.asarray(runs.period, dtype=np.int64) * SECOND
    new = np.ones(len(time), dtype=bool)
    new[1:] = np.diff(time) > inactive
    new[runs.start[:-1]] = True
    first = np.flatnonzero(new)
    last = time[np.append(first[1:], len(time))[: len(first)] - 1] if len(time) else time
    who = np.repeat(runs.customer, np.diff(runs.start))[first]
    if churned_at == "elapsed":
        end = last + inactive
        end = np.where(end < observed.until, end, _NEVER)  # a line at `until` would still count
    else:  # who was silent for less than `inactive` at `until` may have churned or not
        if inactive < DAY:
            shown = f"{inactive / DAY:g} days"
            raise InvalidDataError(message("inactive", "must be at least a day", value=shown))
        observed = observed.closed("inactive", inactive)
        end = (last // DAY + 1) * DAY
        end = np.where(end <= observed.until, end, _NEVER)
    groups = events.groups
    if groups is not None:
        groups = Groups(groups.codes[who], groups.labels)
    customers = events.ids.decode(who)
    return _observed(customers, time[first], end, observed, groups, notes) | {"frame": events.kind}


def _observed(
    customer: npt.NDArray[Any], start: Ints, end: Ints, observed: Window, groups: Groups | None,
    notes: Mapping[str, int],
) -> dict[str, Any]:  # fmt: skip
    """Return spells cut to the window: what lies outside is left out, what runs on is censored."""
    late = start >= observed.until
    early = np.zeros_like(late) if observed.since is None else end <= observed.since
    keep = ~(late | early)
    event = end <= observed.until
    counts = {
        LATE: int(late.sum()),
        EARLY: int(early.sum()),
        RUNNING_ON: int((keep & ~event & (end < _NEVER)).sum()),
    }
    return {
        "customer": customer[keep],
        "start": start[keep].view("datetime64[us]"),
        "end": np.minimum(end[keep], observed.until).view("datetime64[us]"),
        "event": event[keep],
        "since": observed.lines("since"),
        "until": observed.lines("until"),
        "groups": {}
        if groups is None
        else {name: labels[groups.codes[keep]] for name, labels in groups.labels.items()},
        "notes": join_notes(notes, {rule: count for rule, count in counts.items() if count}),
    }
