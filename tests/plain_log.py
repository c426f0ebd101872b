"""A slow, plain reading of the definitions of occasions, summary and split: loops over dicts.

Amounts are counted in quarters of the currency, as integers, so that every sum is exact.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAYS = {"hour": 1 / 24, "day": 1, "week": 7, "month": 30.4375, "quarter": 91.3125, "year": 365.25}
MONTHS = {"month": 1, "quarter": 3, "year": 12}


def random_log(
    seed: int,
    *,
    customers: int = 25,
    lines: int = 300,
    start: str = "2019-11-15",
    days: int = 900,
    refunds: bool = True,
) -> pd.DataFrame:
    """Return a log with ties, zero amounts, instants on midnight and, if asked, refunds."""
    rng = np.random.default_rng(seed)
    minute = rng.integers(0, days * 1440, lines)
    minute = np.where(rng.random(lines) < 0.15, minute // 1440 * 1440, minute)  # midnight
    minute[lines // 2 :: 3] = minute[: len(minute[lines // 2 :: 3])]  # ties
    quarters = rng.integers(0, 400, lines)
    quarters[rng.random(lines) < 0.1] = 0
    if refunds:
        quarters = np.where(rng.random(lines) < 0.25, -quarters, quarters)
    who = rng.integers(0, customers, lines)
    who[lines // 2 :: 3] = who[: len(who[lines // 2 :: 3])]
    time = np.datetime64(start, "m") + minute.astype("timedelta64[m]")
    return pd.DataFrame(
        {
            "customer": np.array([f"c{w:03d}" for w in who], dtype=object),
            "time": time.astype("datetime64[us]"),
            "amount": quarters / 4,
        }
    )


def lines_of(log: pd.DataFrame) -> list[tuple[Any, dt.datetime, int]]:
    """Return (customer, time, quarters) of each line."""
    return [
        (who, when.to_pydatetime(), round(amount * 4))
        for who, when, amount in zip(log["customer"], log["time"], log["amount"], strict=True)
    ]


def period(when: dt.datetime, grain: str, week_start: str = "monday") -> dt.datetime:
    """Return the start of the period that an instant falls into."""
    if grain == "hour":
        return when.replace(minute=0, second=0, microsecond=0)
    day = when.replace(hour=0, minute=0, second=0, microsecond=0)
    if grain == "week":
        return day - dt.timedelta(days=(day.weekday() - WEEKDAYS.index(week_start)) % 7)
    if grain == "month":
        return day.replace(day=1)
    if grain == "quarter":
        return day.replace(day=1, month=(day.month - 1) // 3 * 3 + 1)
    return day.replace(day=1, month=1) if grain == "year" else day


def elapsed(first: dt.datetime, last: dt.datetime, grain: str, unit: str) -> float:
    """Return the time between the starts of two periods."""
    if grain in MONTHS and unit in MONTHS:
        months = (last.year - first.year) * 12 + last.month - first.month
        return months / MONTHS[unit]
    return (last - first).total_seconds() / 86400 / DAYS[unit]


def occasions(
    log: pd.DataFrame, grain: str = "day", week_start: str = "monday"
) -> dict[tuple[Any, dt.datetime], dict[str, int]]:
    """Return lines, net and refunded quarters per customer and period."""
    found: dict[tuple[Any, dt.datetime], dict[str, int]] = {}
    for who, when, quarters in lines_of(log):
        key = who, period(when, grain, week_start)
        cell = found.setdefault(key, {"lines": 0, "net": 0, "refunded": 0})
        cell["lines"] += 1
        cell["net"] += quarters
        cell["refunded"] += max(0, -quarters)
    return found


def purchases(cells: dict[Any, dict[str, int]]) -> dict[Any, dict[str, int]]:
    """Return the occasions of which something was kept, or of which nothing was given back."""
    return {key: c for key, c in cells.items() if c["net"] > 0 or c["refunded"] == 0}


def summary(
    log: pd.DataFrame,
    *,
    grain: str = "day",
    unit: str = "day",
    week_start: str = "monday",
    until: dt.datetime | None = None,
    since: dt.datetime | None = None,
    include_first_spend: bool = False,
) -> tuple[dict[Any, tuple[float, float, float, float]], dict[str, int]]:
    """Return (frequency, recency, T, monetary value) per customer, and counts for the notes."""
    cells = occasions(log, grain, week_start)
    bought = purchases(cells)
    last = max(p for _, p in cells) if until is None else period(until, grain, week_start)
    low = dt.datetime.min if since is None else period(since, grain, week_start)
    notes = {
        "refunded": len(cells) - len(bought),
        "before": sum(p < low for _, p in bought),
        "after": sum(p > last for _, p in bought if p >= low),
    }
    history: dict[Any, list[tuple[dt.datetime, int]]] = {}
    for (who, p), cell in sorted(bought.items()):
        if low <= p <= last:
            history.setdefault(who, []).append((p, cell["net"]))
    rows = {}
    for who, seen in history.items():
        first, final = seen[0][0], seen[-1][0]
        spent = [net for _, net in (seen if include_first_spend else seen[1:])]
        mean = sum(spent) / len(spent) / 4 if len(seen) > 1 else float("nan")
        rows[who] = (
            float(len(seen) - 1),
            elapsed(first, final, grain, unit),
            elapsed(first, last, grain, unit),
            mean,
        )
    return rows, notes


def step(p: dt.datetime, grain: str, count: int) -> dt.datetime:
    """Return the start of the period `count` periods after one."""
    if grain in MONTHS:
        month = p.year * 12 + p.month - 1 + count * MONTHS[grain]
        return p.replace(year=month // 12, month=month % 12 + 1)
    return p + dt.timedelta(days=count * DAYS[grain])


def split(
    log: pd.DataFrame, *, at: dt.datetime, until: dt.datetime, grain: str = "day"
) -> dict[str, Any]:
    """Return the holdout per customer and the totals per period."""
    cut, last = period(at, grain), period(until, grain)
    bought = {k: c for k, c in purchases(occasions(log, grain)).items() if k[1] <= last}
    births = {}
    for who, p in sorted(bought, reverse=True):
        births[who] = p
    births = {who: births[who] for who in sorted(births) if births[who] <= cut}
    bought = {k: c for k, c in bought.items() if k[0] in births}
    every = [min(births.values())]
    while every[-1] < last:
        every.append(step(every[-1], grain, 1))
    held = every.index(last) - every.index(cut)
    opening = max(every[0], step(cut, grain, -held))
    cells = [(who, p, c["net"] / 4) for (who, p), c in bought.items()]
    return {
        "customer": list(births),
        "frequency": [sum(w == who and p > cut for w, p, _ in cells) for who in births],
        "spend": [sum(m for w, p, m in cells if w == who and p > cut) for who in births],
        "prior": [
            sum(w == who and max(opening, births[who]) < p <= cut for w, p, _ in cells)
            for who in births
        ],
        "period": every,
        "births": [sum(b == p for b in births.values()) for p in every],
        "repeats": [sum(q == p and births[w] < p for w, q, _ in cells) for p in every],
        "amount": [sum(m for _, q, m in cells if q == p) for p in every],
        "cut": every.index(cut),
        "prior_window": (opening, cut),
    }
