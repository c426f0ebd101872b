"""What the benchmarks run on: a simulated log and simulated purchase histories, by size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

Columns = dict[str, npt.NDArray]

SIZES = {"2.4k": 2_400, "100k": 100_000, "1M": 1_000_000, "10M": 10_000_000}
SMALLEST = "2.4k"
DAYS = 730
FIRST_DAY, LAST_DAY = np.datetime64("2023-01-01", "D"), np.datetime64("2024-12-30", "D")
TRUTH = {"r": 0.5, "alpha": 30.0, "a": 0.8, "b": 2.4}  # BG/NBD, time in days
_DAY = 86_400_000_000  # microseconds


def rows(kind: str, size: str) -> int:
    """Return how many rows the inputs of a kind have at a size; RFM values: those of the log."""
    if kind == "rfm":
        return max(rows("log", size) // 20, 2_400)
    return 7_000 if (kind, size) == ("log", SMALLEST) else SIZES[size]


def simulated_log(size: str) -> Columns:
    """Return a log in the order of time: 2.5 lines a basket, 20 a customer.

    At the smallest size 3 a customer. Some customers buy often and many seldom; the time of day
    varies; amounts are positive.
    """
    lines = rows("log", size)
    customers = 2_400 if size == SMALLEST else lines // 20
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
    customers = rows("histories", size)
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
    customers = rows("rfm", size)
    rng = np.random.default_rng([3, customers])
    frequency = 1.0 + rng.poisson(12.0 * rng.random(customers) ** 2)
    return {
        "days_since_last": rng.integers(0, DAYS, customers).astype(np.float64),
        "frequency": frequency,
        "monetary": np.round(frequency * rng.gamma(2.0, 30.0, customers) + 0.5, 2),
    }


_KINDS = {"log": simulated_log, "histories": simulated_histories, "rfm": simulated_rfm}


def write(kind: str, size: str, directory: Path) -> None:
    """Simulate the inputs of a kind and size into `directory`, unless they are there."""
    place = directory / f"{kind}-{size}"
    if place.exists():
        return
    place.mkdir(parents=True)
    for name, column in _KINDS[kind](size).items():
        np.save(place / f"{name}.npy", column)


def read(kind: str, size: str, directory: Path) -> Columns:
    """Return the columns that `write` wrote, in memory."""
    files = sorted((directory / f"{kind}-{size}").glob("*.npy"))
    return {file.stem: np.load(file) for file in files}
