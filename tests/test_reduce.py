"""The kernel that groups (customer, period) against NumPy's own sort, at sizes that span blocks."""

from __future__ import annotations

import math

import numpy as np
import pytest

from custvalue import _chunks, occasions
from custvalue._reduce import _SPAN, reduce, run_bounds


def plain(customer, period, values):
    """Return distinct pairs, rows and sums by np.unique and np.add.at."""
    order = np.lexsort((period, customer))
    pairs = np.stack([customer[order], period[order]])
    new = np.ones(len(order), dtype=bool)
    new[1:] = (pairs[:, 1:] != pairs[:, :-1]).any(axis=0)
    run = np.cumsum(new) - 1
    sums = [np.bincount(run, weights=column[order]) for column in values]
    return pairs[0][new], pairs[1][new], np.bincount(run), sums


def check(customer, period, values):
    found = reduce(customer, period, values)
    owner, periods, rows, sums = plain(customer, period, values)
    assert np.repeat(found.customer, np.diff(found.start)).tolist() == owner.tolist()
    assert (np.diff(found.customer) > 0).all()
    assert found.period.tolist() == periods.tolist()
    assert found.rows.tolist() == rows.tolist()
    for got, wanted in zip(found.sums, sums, strict=True):
        assert got.tolist() == wanted.tolist()


BIG = 2 * _SPAN + 12_345
SHAPES = {
    "one row": (1, 1, 1),
    "two rows": (2, 1, 1),
    "few": (50, 7, 5),
    "one customer": (BIG, 1, 400),
    "few customers": (BIG, 3, 400),
    "many customers": (BIG, BIG // 2, 50),
    "one block": (_chunks.BLOCK, 1000, 20),
    "one row more": (_chunks.BLOCK + 1, 1000, 20),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("columns", [0, 1, 2])
@pytest.mark.parametrize("stretch", [1, 2**31])
def test_runs(shape, columns, stretch):
    rows, people, periods = SHAPES[shape]
    rng = np.random.default_rng(1)
    customer = rng.integers(0, people, rows) * stretch  # wide codes do not fit one key
    period = (rng.integers(0, periods, rows) - periods // 2) * min(stretch, 2**20)
    check(customer, period, [rng.integers(-99, 99, rows) / 4 for _ in range(columns)])


ODD = {
    "a third in the last row": 1 / 3,
    "more than a key holds": 1e12,
    "more cents than a float counts": 1e15,
    "beyond all cents": 1e300,
    "next to whole cents": np.nextafter(0.07, 1),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("sign", [1, -1])
def test_one_odd_amount_among_whole_cents(odd, sign):
    rng = np.random.default_rng(4)
    customer, period = rng.integers(0, 1000, BIG), rng.integers(0, 100, BIG)
    amount = np.round(rng.gamma(2.0, 12.0, BIG), 2)
    amount[-1] = sign * odd
    runs = reduce(customer, period, [amount])
    found = np.repeat(runs.customer, np.diff(runs.start)), runs.period, runs.sums[0]
    exact = math.fsum(amount[(customer == customer[-1]) & (period == period[-1])])
    here = (found[0] == customer[-1]) & (found[1] == period[-1])
    assert found[2][here].item() == pytest.approx(exact, rel=1e-15)
    assert math.fsum(found[2]) == pytest.approx(math.fsum(amount), rel=1e-12)


@pytest.mark.parametrize("first", [-(2**40), 0, 2**40])
def test_periods_far_from_1970(first):
    rng = np.random.default_rng(5)
    check(rng.integers(0, 9, 500), first + rng.integers(0, 9, 500), [rng.integers(-9, 9, 500) / 4])


def test_a_giant_among_many():
    rng = np.random.default_rng(2)
    customer = np.where(rng.random(BIG) < 0.7, 5, rng.integers(0, 1000, BIG))
    check(customer, rng.integers(0, 10**6, BIG), [rng.integers(0, 99, BIG) / 4])


def test_no_rows():
    none = np.empty(0, dtype=np.int64)
    found = reduce(none, none, [np.empty(0)])
    assert (len(found.customer), len(found.period), found.start.tolist()) == (0, 0, [0])
    assert [len(column) for column in found.sums] == [0]


@pytest.mark.parametrize("size", [0, 1, 2, _SPAN - 1, _SPAN, _SPAN + 1, BIG])
def test_run_bounds(size):
    ordered = np.sort(np.random.default_rng(3).integers(0, max(size // 3, 1), size))
    changes = [i for i in range(1, size) if ordered[i] != ordered[i - 1]] if size < 9 else (
        (np.flatnonzero(np.diff(ordered)) + 1).tolist()
    )  # fmt: skip
    assert run_bounds(ordered).tolist() == [*([0] if size else []), *changes, size]


def test_the_number_of_threads_changes_no_digit():
    rng = np.random.default_rng(4)
    customer, period = rng.integers(0, 3000, BIG), rng.integers(0, 300, BIG)
    amount = rng.lognormal(3, 2, BIG)
    found = []
    for count in (1, 2, 5):
        with _chunks.threads(count):
            found.append(reduce(customer, period, [amount]))
    for other in found[1:]:
        assert np.array_equal(other.sums[0], found[0].sums[0])
        assert np.array_equal(other.period, found[0].period)


def test_a_log_that_spans_blocks():
    pd = pytest.importorskip("pandas")
    rng = np.random.default_rng(5)
    log = pd.DataFrame(
        {
            "who": rng.integers(-(10**15), 10**15, 2000)[rng.integers(0, 2000, BIG)],
            "when": np.datetime64("2020-01-01", "m") + rng.integers(0, 600_000, BIG),
            "amount": rng.integers(0, 400, BIG) / 4,
        }
    )
    bought = occasions(log, customer="who", time="when", amount="amount")
    wanted = log.groupby(["who", log["when"].dt.floor("D")])["amount"].agg(["size", "sum"])
    assert bought.to_frame()["customer"].tolist() == wanted.index.get_level_values(0).tolist()
    assert (bought.to_frame()["period"] == wanted.index.get_level_values(1)).all()
    assert bought.lines.tolist() == wanted["size"].tolist()
    assert bought.spend.tolist() == wanted["sum"].tolist()
