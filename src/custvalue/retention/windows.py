"""Retention in windows of age: on day N (n_day), on day N or later (rolling), in brackets."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue import _calendar
from custvalue._check import ArrayLike, one_of, whole
from custvalue.errors import InvalidDataError, message
from custvalue.retention._ages import Ages, read_ages
from custvalue.retention._history import refuse_by
from custvalue.retention._windows import WindowRetention as WindowRetention

Ints = npt.NDArray[np.integer[Any]]
Window = tuple[float, float]
COHORTS = ("day", "week", "month", "quarter", "year")


def n_day(
    log: Any,
    *,
    customer: str | None = None,
    time: str | None = None,
    days: ArrayLike = (1, 7, 30),
    clock: str = "calendar",
    by: str | Sequence[str] | None = None,
    start: str | None = None,
    before_start: str = "error",
    until: Any = None,
    cohort: str | None = None,
    timezone: str | None = None,
    week_start: str = "monday",
    **policies: Any,
) -> WindowRetention:
    """Return the share of customers who were active on day N of their life.

    Day 0 is the day of the start. Only customers whose day N has wholly elapsed count.

    Parameters
    ----------
    log : data frame or Occasions
        One row per purchase line (or other activity); or `custvalue.Occasions` of hours or days,
        for the calendar.
    customer, time : str, optional
        Names of the columns, for a data frame.
    days : int or sequence of int
        The days N, from 0.
    clock : {"calendar", "24h"}
        Whether days of life are calendar days (in `timezone`), the first of which may be short, or
        spans of 24 hours since the very instant of the start.
    by : str or sequence of str, optional
        Columns of groups; the same in all lines of a customer.
    start : str, optional
        Column with the time at which the customer started, such as the sign-up; the same in all
        lines of a customer. Default: the first activity. Who started by `until` is counted, active
        by then or not; who has no line at all is not: give them one at their start.
    before_start : {"error", "drop"}
        What to do with lines on days (24h: instants) before the start.
    until : date, datetime or str, optional
        Last day observed, all of it, also where it is given as its midnight; for 24h possibly a
        later instant, on the clock of `timezone` unless it has a zone. What lies after is left out
        and counted in the notes. Default: the day (24h: the instant) of the last line. Give it to
        add up records of parts of the customers.
    cohort : {"day", "week", "month", "quarter", "year"}, optional
        Give a row for each period in which customers started: the trend of retention at a fixed
        age.
    timezone, week_start : str, optional
        As in `custvalue.occasions`.
    **policies
        missing, unparsable, duplicates, time_format: as in `custvalue.occasions`.

    Returns
    -------
    WindowRetention
        With windows [N, N + 1), sorted by group, cohort and N.

    Raises
    ------
    ColumnNotFoundError
        If a column does not exist.
    InvalidDataError
        If a column has the wrong type or breaks a policy "error", a column of `by` is named as one
        of the result, an argument is not known, `until` cuts a day (of the calendar), or nobody was
        active (with `until` the record is empty then, to be added to others).

    Examples
    --------
    >>> import custvalue as cv
    >>> log = cv.datasets.cdnow()
    >>> found = cv.retention.n_day(log, customer="customer_id", time="date", days=(1, 7, 30))
    >>> found.share.round(4)
    array([0.0123, 0.0106, 0.0059])
    """
    wanted = _days(days)
    windows = [(day, day + 1.0) for day in wanted]
    options = {"customer": customer, "time": time, "by": by, "start": start, "until": until}
    options |= {"before_start": before_start, "policies": policies}
    return _retention(log, windows, clock, cohort, timezone, week_start, options)


def rolling(
    log: Any,
    *,
    customer: str | None = None,
    time: str | None = None,
    days: ArrayLike = (1, 7, 30),
    clock: str = "calendar",
    by: str | Sequence[str] | None = None,
    start: str | None = None,
    before_start: str = "error",
    until: Any = None,
    cohort: str | None = None,
    timezone: str | None = None,
    week_start: str = "monday",
    **policies: Any,
) -> WindowRetention:
    """Return the share of customers who were active on day N of their life or later.

    Also called unbounded retention. Customers whose day N has elapsed count, with what is seen of
    them until the end: the longer they are observed, the more of them return. A customer's own
    answers fall with N, but the share can rise: those who have reached a later N are others.

    Parameters
    ----------
    log, customer, time, days, clock, by, start, before_start, until, cohort : as in `n_day`
        The windows are [N, infinity).
    timezone, week_start : str, optional
        As in `custvalue.occasions`.
    **policies
        missing, unparsable, duplicates, time_format: as in `custvalue.occasions`.

    Returns
    -------
    WindowRetention
        With windows [N, infinity), sorted by group, cohort and N.

    Raises
    ------
    InvalidDataError
        As in `n_day`.

    Examples
    --------
    >>> import custvalue as cv
    >>> log = cv.datasets.cdnow()
    >>> cv.retention.rolling(log, customer="customer_id", time="date").share.round(3)
    array([0.483, 0.471, 0.434])
    """
    windows = [(day, np.inf) for day in _days(days)]
    options = {"customer": customer, "time": time, "by": by, "start": start, "until": until}
    options |= {"before_start": before_start, "policies": policies}
    return _retention(log, windows, clock, cohort, timezone, week_start, options)


def bracket(
    log: Any,
    *,
    customer: str | None = None,
    time: str | None = None,
    edges: ArrayLike = (0, 1, 8, 31),
    clock: str = "calendar",
    by: str | Sequence[str] | None = None,
    start: str | None = None,
    before_start: str = "error",
    until: Any = None,
    cohort: str | None = None,
    timezone: str | None = None,
    week_start: str = "monday",
    **policies: Any,
) -> WindowRetention:
    """Return the share of customers who were active in brackets of days of their life.

    Only customers whose bracket has wholly elapsed count.

    Parameters
    ----------
    log, customer, time, clock, by, start, before_start, until, cohort : as in `n_day`
        The log and how to read it.
    edges : sequence of int
        Rising days of life; the brackets are [edges[0], edges[1]), [edges[1], edges[2]), ...
    timezone, week_start : str, optional
        As in `custvalue.occasions`.
    **policies
        missing, unparsable, duplicates, time_format: as in `custvalue.occasions`.

    Returns
    -------
    WindowRetention
        Sorted by group, cohort and bracket.

    Raises
    ------
    InvalidDataError
        If edges do not rise; else as in `n_day`.

    Examples
    --------
    >>> import custvalue as cv
    >>> log = cv.datasets.cdnow()
    >>> cv.retention.bracket(log, customer="customer_id", time="date").share.round(3)
    array([1.   , 0.062, 0.137])
    """
    ends = np.atleast_1d(whole("edges", edges))
    if ends.ndim != 1 or len(ends) < 2 or (np.diff(ends) <= 0).any():
        raise InvalidDataError(message("edges", "must be two or more rising days", value=edges))
    windows = list(itertools.pairwise(ends.tolist()))
    options = {"customer": customer, "time": time, "by": by, "start": start, "until": until}
    options |= {"before_start": before_start, "policies": policies}
    return _retention(log, windows, clock, cohort, timezone, week_start, options)


def _days(days: ArrayLike) -> list[float]:
    wanted = np.atleast_1d(whole("days", days))
    if wanted.ndim != 1 or not len(wanted) or len(np.unique(wanted)) < len(wanted):
        raise InvalidDataError(message("days", "must be one or more different days", value=days))
    return [float(day) for day in wanted]


def _retention(
    log: Any,
    windows: Sequence[Window],
    clock: str,
    cohort: str | None,
    timezone: str | None,
    week_start: str,
    options: Mapping[str, Any],
) -> WindowRetention:
    one_of("week_start", week_start, _calendar.WEEKDAYS)
    if cohort is not None:
        one_of("cohort", cohort, COHORTS)
    named = () if cohort is None else ("cohort",)
    refuse_by(options["by"], WindowRetention(), extra=named)
    ages = read_ages(log, clock, timezone=timezone, **options)
    row, groups = _rows(ages, cohort, week_start)
    size = int(row.max(initial=-1)) + 1
    low, high = np.array(windows).T
    counts: dict[str, list[Ints]] = {"eligible": [], "retained": [], "pending": []}
    for start, end in windows:
        elapsed = ages.observed >= (end if np.isfinite(end) else start + 1)
        active = ages.active(start, end)
        for name, which in (
            ("eligible", elapsed),
            ("retained", elapsed & active),
            ("pending", ~elapsed),
        ):
            counts[name].append(np.bincount(row[which], minlength=size))
    return WindowRetention(
        low=np.repeat(low, size),
        high=np.repeat(high, size),
        **{name: np.concatenate(columns) for name, columns in counts.items()},
        clock=clock,
        until=ages.until,
        origin="first" if options["start"] is None else "start",
        cohort=cohort or "",
        timezone=ages.timezone,
        week_start=week_start,
        groups={name: np.tile(labels, len(windows)) for name, labels in groups.items()},
        notes=ages.notes,
        frame=ages.frame,
    )


def _rows(ages: Ages, cohort: str | None, week_start: str) -> tuple[Ints, dict[str, Any]]:
    """Return the row of each customer (of its group and cohort), and the labels of each row."""
    period: Ints = np.zeros(len(ages.group), dtype=np.int64)
    if cohort is not None:
        period = _calendar.period_numbers(ages.birthday, cohort, week_start).astype(np.int64)
    first = int(period.min()) if len(period) else 0
    width = int(period.max(initial=first)) - first + 1
    found, row = np.unique(ages.group * width + period - first, return_inverse=True)
    groups: dict[str, Any] = {n: labels[found // width] for n, labels in ages.labels.items()}
    if cohort is not None:
        starts = _calendar.period_starts(found % width + first, cohort, week_start)
        groups["cohort"] = starts.astype("datetime64[us]")
    return row, groups
