"""Refunds: activity is decided by the day, revenue is net of what was paid back in any period."""

from __future__ import annotations

import pandas as pd
import pytest

import custvalue as cv
import plain_log
from custvalue.retention import cohorts, growth_accounting, n_day, repeat_purchase_rate

NAMES = {"customer": "who", "time": "when", "amount": "amount"}
REFUNDED = "fully refunded occasions, not counted as purchases"
EARLY = "periods of refunds before the first purchase, not in revenue"
BAD = cv.errors.InvalidDataError


def table(*rows, **columns):
    """Return a log of (customer, time, amount) rows."""
    who, when, amount = zip(*rows, strict=True)
    times = pd.to_datetime(list(when), format="ISO8601")
    return pd.DataFrame({"who": who, "when": times, "amount": amount, **columns})


@pytest.mark.parametrize("back", [40.0, 100.0])
@pytest.mark.parametrize("period", ["day", "week", "month", "quarter", "year"])
def test_revenue_is_net_whatever_the_period(period, back):
    log = table(("a", "2024-01-05", 100.0), ("a", "2024-02-05", -back))
    found = cohorts(log, period=period, **NAMES)
    assert found.revenue.sum() == 100.0 - back
    assert found.orders.sum() == 1
    growth = growth_accounting(log, period=period, **NAMES)
    assert growth.revenue.sum() == 100.0 - back
    assert found.customers.sum() == growth.active.sum() == 1
    assert found.notes == growth.notes == {REFUNDED: 1}
    values = cv.rfm.values(log, as_of="2024-02-05", **NAMES)
    assert values.to_frame()["monetary"].sum() == 100.0 - back


def test_a_refund_without_a_purchase_is_in_the_cell_of_its_period():
    log = table(("a", "2024-01-05", 100.0), ("a", "2024-02-05", -40.0), ("b", "2024-01-06", 7.0),
                ("b", "2024-02-06", 3.0))  # fmt: skip
    found = cohorts(log, until="2024-02-29", **NAMES)
    shown = found.to_frame()[["size", "customers", "orders", "revenue"]]
    assert shown.to_numpy().tolist() == [[2, 2, 2, 107], [2, 1, 1, -37], [0, 0, 0, 0]]
    growth = growth_accounting(log, until="2024-02-29", **NAMES)
    assert growth.refunds.tolist() == [0.0, -40.0]
    assert growth.revenue.tolist() == [107.0, -37.0]
    assert growth.churned_revenue.tolist() == [0.0, 100.0]
    assert "refunds" in growth.to_frame()
    assert "refunds" not in growth_accounting(log, customer="who", time="when").to_frame()


def test_a_refund_on_another_day_does_not_hide_a_purchase():
    log = table(("a", "2024-01-05", 100.0), ("a", "2024-02-05", -30.0), ("a", "2024-02-20", 20.0))
    found = cohorts(log, until="2024-02-29", **NAMES)
    assert found.customers[:2].tolist() == [1, 1]
    assert found.revenue[:2].tolist() == [100.0, -10.0]
    assert found.orders[:2].tolist() == [1, 1]
    growth = growth_accounting(log, until="2024-02-29", **NAMES)
    assert growth.retained.tolist() == [0, 1]
    assert (growth.revenue.tolist(), growth.refunds.tolist()) == ([100.0, -10.0], [0.0, 0.0])
    assert repeat_purchase_rate(log, grain="month", **NAMES).repeaters == 1
    assert cv.rfm.values(log, as_of="2024-02-29", **NAMES).to_frame()["frequency"].tolist() == [2]


def test_refunds_of_those_who_had_not_bought_are_counted_alone():
    log = table(("a", "2024-01-05", -30.0), ("a", "2024-02-05", 20.0), ("b", "2024-01-05", -5.0),
                ("c", "2024-01-05", 5.0), ("c", "2024-01-05", -5.0))  # fmt: skip
    for found in (cohorts(log, **NAMES), growth_accounting(log, **NAMES)):
        assert found.revenue.sum() == 20.0
        assert found.notes == {REFUNDED: 3, EARLY: 2}


@pytest.mark.parametrize("grain", ["hour", "day"])
@pytest.mark.parametrize("period", ["day", "week", "month", "quarter"])
def test_nobody_is_more_or_less_active_in_longer_periods(grain, period):
    log = plain_log.random_log(6, lines=400, customers=40, refunds=True)
    names = {"customer": "customer", "time": "time", "amount": "amount"}
    days = plain_log.occasions(log, "day")
    active = {(who, plain_log.period(day, period)) for who, day in plain_log.purchases(days)}
    found = cohorts(log, period=period, until="2023-12-31", **names)
    assert found.customers.sum() == len(active)
    first = dict(sorted(active, reverse=True))
    kept = [c["net"] for (w, day), c in days.items()
            if w in first and plain_log.period(day, period) >= first[w]]  # fmt: skip
    assert found.revenue.sum() == sum(kept) / 4
    growth = growth_accounting(log, period=period, until="2023-12-31", **names)
    assert growth.revenue.sum() == sum(kept) / 4
    pooled = cv.occasions(log, grain=grain, **names)
    assert cohorts(pooled, period=period, until="2023-12-31") == found
    assert growth_accounting(pooled, period=period, until="2023-12-31") == growth


def test_since_and_groups_take_refunds_along():
    log = table(("a", "2024-01-05", 100.0), ("a", "2024-03-05", -40.0), ("b", "2024-02-05", 9.0),
                ("b", "2024-03-06", -1.0), shop=["x", "x", "y", "y"])  # fmt: skip
    late = cohorts(log, since="2024-02-01", until="2024-03-31", **NAMES)
    assert late.revenue.tolist() == [9.0, -1.0, 0.0]
    found = cohorts(log, by="shop", until="2024-03-31", **NAMES).to_frame()
    assert found.groupby("shop")["revenue"].sum().tolist() == [60.0, 8.0]
    growth = growth_accounting(log, by="shop", until="2024-03-31", **NAMES)
    assert growth.refunds.tolist() == [0.0, 0.0, -40.0, 0.0, -1.0]


def test_orders_are_lines_or_days():
    log = table(("a", "2024-01-05T09:00", 1.0), ("a", "2024-01-05T10:00", 2.0),
                ("a", "2024-01-06", 3.0), ("a", "2024-01-07", -1.0), ("a", "2024-01-09", 1.0),
                ("a", "2024-01-09", -1.0))  # fmt: skip
    lines, days = (cohorts(log, orders=what, **NAMES) for what in ("lines", "days"))
    assert (lines.orders.tolist(), days.orders.tolist()) == ([3], [2])
    assert days.triangle("orders", partial=True)["0"].tolist() == [2.0]
    for grain in ("hour", "day"):
        read = cv.occasions(log, grain=grain, **NAMES)
        assert cohorts(read, orders="days") == days
        assert cohorts(read) == lines
    read = cv.occasions(log, grain="month", **NAMES)
    with pytest.raises(BAD, match="orders: must be 'lines'"):
        cohorts(read, orders="days")
    with pytest.raises(BAD, match="orders: must be one of"):
        cohorts(log, orders="rows", **NAMES)
    with pytest.raises(BAD, match="counting: must be the same"):
        lines + days
    without = cohorts(log, orders="days", customer="who", time="when")
    assert without.orders.tolist() == [4]


def test_a_triangle_without_the_cohorts_of_nobody():
    log = table(("a", "2024-01-05", 1.0), ("b", "2024-03-05", 1.0))
    found = cohorts(log, until="2024-03-31", **NAMES)
    assert found.triangle()["size"].tolist() == [1, 0, 1]
    for what in ("retention", "state", "revenue"):
        assert found.triangle(what, empty=False)["size"].tolist() == [1, 1]


def test_people_who_started_and_never_bought_stay_in_the_cohort():
    log = table(("a", "2024-01-05", 1.0), ("b", "2024-03-05", 1.0), ("c", "2024-01-09", 5.0),
                ("c", "2024-01-09", -5.0), ("d", "2024-03-01", 1.0),
                joined=pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-03",
                                       "2024-02-02"]),
                shop=["x", "y", "y", "y", "x"])  # fmt: skip
    found = cohorts(log, start="joined", until="2024-01-31", **NAMES)
    assert (found.size.tolist(), found.customers.tolist()) == ([3], [1])
    grouped = cohorts(log, start="joined", until="2024-01-31", by="shop", **NAMES)
    assert (grouped.size.tolist(), grouped.customers.tolist()) == ([1, 2], [1, 0])
    some = log[log["who"] != "c"]
    for clock in ("calendar", "24h"):
        options = {"start": "joined", "clock": clock, "until": "2024-01-31", "days": (4, 29)}
        windows = n_day(some, customer="who", time="when", **options)
        assert windows.eligible.tolist() == [2, 2]
        assert windows.retained.tolist() == [1, 0]
        early = n_day(some[some["who"] == "b"], customer="who", time="when", **options)
        assert early.eligible.tolist() == [1, 1]
        assert early + n_day(some[some["who"] != "b"], customer="who", time="when", **options) == \
            windows  # fmt: skip
    parts = [cohorts(part, start="joined", until="2024-01-31", **NAMES)
             for _, part in log.groupby("who")]  # fmt: skip
    assert sum(parts, cv.retention.Cohorts()) == found


def test_float_noise_is_no_expansion():
    third = 7.7 / 3
    assert third + third + third != 7.7
    for amounts in ([third] * 3 + [7.7], [7.7] + [third] * 3):
        ends = ["2024-02-01" if amount == amounts[0] else None for amount in amounts]
        starts = ["2024-02-01" if end is None else "2024-01-01" for end in ends]
        spells = pd.DataFrame({"who": "a", "amount": amounts, "from": starts, "to": ends})
        kept = cv.retention.revenue_retention(spells, customer="who", start="from", end="to",
                                              amount="amount", until="2024-02-29")  # fmt: skip
        assert kept.contraction.tolist() == kept.expansion.tolist() == [0.0]
        assert (kept.grr.tolist(), kept.nrr.tolist()) == ([1.0], [1.0])
