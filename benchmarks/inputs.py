"""What the benchmarks run on, simulated, by kind and size: logs, histories, values, answers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

Columns = dict[str, npt.NDArray]

SIZES = {"2.4k": 2_400, "100k": 100_000, "1M": 1_000_000, "10M": 10_000_000}
SMALLEST = "2.4k"
DAYS = 730
FIRST_DAY, LAST_DAY = np.datetime64("2023-01-01", "D"), np.datetime64("2024-12-30", "D")
TRUTH = {"r": 0.5, "alpha": 30.0, "a": 0.8, "b": 2.4}  # BG/NBD, time in days
GROUPS = 1_000  # of answers
ITEMS = tuple(f"item_{i:02d}" for i in range(1, 16))  # ratings of attributes
OUTCOME = "overall"
ASSESSORS, PRACTICES = 3, 20  # of maturity
_DAY = 86_400_000_000  # microseconds


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of inputs: how they are made, and what the page says of them."""

    simulate: Callable[[str], Columns]
    about: str
    rows_are: str = "customers"
    rows: Callable[[str], int] = SIZES.__getitem__


def rows(kind: str, size: str) -> int:
    """Return how many rows the inputs of a kind have at a size."""
    return KINDS[kind].rows(size)


def _lines(size: str) -> int:
    return 7_000 if size == SMALLEST else SIZES[size]


def _buyers(size: str) -> int:
    """Return the customers of a log."""
    return max(_lines(size) // 20, 2_400)


def simulated_log(size: str) -> Columns:
    """Return a log in the order of time: 2.5 lines a basket, 20 a customer.

    At the smallest size 3 a customer. Some customers buy often and many seldom; the time of day
    varies; amounts are positive.
    """
    lines, customers = _lines(size), _buyers(size)
    rng = np.random.default_rng([1, lines])
    baskets = lines * 2 // 5
    who = (customers * rng.random(baskets) ** 2).astype(np.int64)
    when = rng.integers(0, DAYS * _DAY, baskets)
    basket = np.sort(rng.integers(0, baskets, lines))
    order = np.argsort(when[basket], kind="stable")
    basket = basket[order]
    return {
        "customer": who[basket],
        "time": FIRST_DAY.astype("datetime64[us]") + when[basket].astype("timedelta64[us]"),
        "amount": np.round(rng.gamma(2.0, 12.0, lines) + 0.5, 2),
    }


def simulated_histories(size: str) -> Columns:
    """Return repeat purchases x, day of the last t_x and days observed T under BG/NBD.

    Times are rounded up to whole days and at most one purchase a day is kept.
    """
    customers = SIZES[size]
    rng = np.random.default_rng([2, customers])
    T = rng.integers(1, DAYS + 1, customers).astype(np.float64)
    rate = rng.gamma(TRUTH["r"], 1.0 / TRUTH["alpha"], customers)
    dropout = np.maximum(rng.beta(TRUTH["a"], TRUTH["b"], customers), 1e-12)
    bought = rng.poisson(rate * T)
    x = np.minimum(bought, rng.geometric(dropout))
    share = rng.beta(np.maximum(x, 1), bought - x + 1)  # x-th of `bought` uniform times
    t_x = np.where(x > 0, np.ceil(T * share), 0.0)
    return {"x": np.minimum(x, t_x), "t_x": t_x, "T": T}


def simulated_rfm(size: str) -> Columns:
    """Return recency in days, frequency and money of as many customers as the log has."""
    customers = _buyers(size)
    rng = np.random.default_rng([3, customers])
    frequency = 1.0 + rng.poisson(12.0 * rng.random(customers) ** 2)
    return {
        "days_since_last": rng.integers(0, DAYS, customers).astype(np.float64),
        "frequency": frequency,
        "monetary": np.round(frequency * rng.gamma(2.0, 30.0, customers) + 0.5, 2),
    }


def simulated_answers(size: str) -> Columns:
    """Return answers of 0 to 10 and the group of each respondent, some large and many small.

    Groups differ in how satisfied they are.
    """
    respondents = SIZES[size]
    rng = np.random.default_rng([4, respondents])
    group = (GROUPS * rng.random(respondents) ** 2).astype(np.int64)
    mood = 6.0 + 3.0 * rng.random(GROUPS)[group] + rng.normal(0.0, 2.5, respondents)
    return {"group": group, "score": _whole(mood)}


def simulated_ratings(size: str) -> Columns:
    """Return ratings of 0 to 10 of several attributes, correlated, and one of the whole."""
    respondents = SIZES[size]
    rng = np.random.default_rng([5, respondents])
    mood = rng.normal(7.0, 1.5, respondents)
    ratings = {name: _whole(mood + rng.normal(0.0, 1.5, respondents)) for name in ITEMS}
    total = sum(w * ratings[name] for w, name in zip(range(1, 16), ITEMS, strict=True)) / 120.0
    return {**ratings, OUTCOME: _whole(total + rng.normal(0.0, 1.0, respondents))}


def simulated_sheets(size: str) -> Columns:
    """Return ratings of 0 to 5 of shape (organisations, assessors, items), some of them missing.

    Organisations differ in what they can do, and assessors see nearly the same.
    """
    organisations = SIZES[size]
    rng = np.random.default_rng([6, organisations])
    skill = rng.normal(2.6, 0.8, (organisations, 1, 1))
    practice = skill + rng.normal(0.0, 0.8, (organisations, 1, PRACTICES))
    seen = practice + rng.normal(0.0, 0.4, (organisations, ASSESSORS, PRACTICES))
    rating = np.clip(np.rint(seen), 0.0, 5.0)
    rating[rng.random(rating.shape) < 0.05] = np.nan
    return {"rating": rating}


def _whole(answer: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    return np.clip(np.rint(answer), 0, 10).astype(np.int64)


KINDS = {
    "log": Kind(
        simulated_log,
        f"Logs: {DAYS} days in the order of time, integer customers with 20 lines and about 7 "
        f"occasions each, some often and many seldom (at the smallest size {_lines(SMALLEST):,} "
        f"rows and {_buyers(SMALLEST):,} customers).",
        "rows",
        _lines,
    ),
    "histories": Kind(
        simulated_histories,
        "Histories: BG/NBD with r = {r:g}, alpha = {alpha:g} days, a = {a:g}, b = {b:g}, at most "
        "{days} days.".format(**TRUTH, days=DAYS),
    ),
    "rfm": Kind(
        simulated_rfm, "RFM values: those of as many customers as the log has.", rows=_buyers
    ),
    "answers": Kind(
        simulated_answers,
        f"Answers: whole numbers from 0 to 10 in {GROUPS:,} groups, some large and many small, in "
        "any order.",
        "answers",
    ),
    "ratings": Kind(
        simulated_ratings,
        f"Ratings: whole numbers from 0 to 10 of {len(ITEMS)} attributes, which correlate by about "
        "a half, and of the whole.",
        "respondents",
    ),
    "sheets": Kind(
        simulated_sheets,
        f"Sheets: ratings of 0 to 5 of {PRACTICES} items by {ASSESSORS} assessors, 5 % missing.",
        "organisations",
    ),
}


def write(kind: str, size: str, directory: Path) -> None:
    """Simulate the inputs of a kind and size into `directory`, unless they are there."""
    place = directory / f"{kind}-{size}"
    if place.exists():
        return
    place.mkdir(parents=True)
    for name, column in KINDS[kind].simulate(size).items():
        np.save(place / f"{name}.npy", column)


def read(kind: str, size: str, directory: Path) -> Columns:
    """Return the columns that `write` wrote, in memory."""
    files = sorted((directory / f"{kind}-{size}").glob("*.npy"))
    return {file.stem: np.load(file) for file in files}
