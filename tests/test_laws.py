"""Laws that every metric of a log obeys, over one registry: a new metric is one line in CASES."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

import custvalue as cv
import plain_log
from custvalue import _chunks, churn, retention, rfm
from custvalue.testing import transaction_logs

COLUMNS = {"customer": "customer", "time": "time", "amount": "amount"}
LINES = {"customer": "customer", "time": "time"}  # for metrics that know no amounts


@dataclasses.dataclass(frozen=True)
class Case:
    """A metric: how to read it from a log (or from Occasions) up to a day, and which laws hold.

    `pool`: what records of parts of the customers do: "add", "rows" (their tables, put together,
    are that of the whole) or "" (nothing). `shift`: all times moved by so many days move the dates
    of the result and change nothing else; 0: months would differ in length. `money`: the columns in
    the currency of the log. `takes`: the columns of the Occasions that it takes; None: it does not.
    """

    name: str
    read: Callable[[Any, str], Any]
    pool: str = "add"
    shift: int = 0
    money: tuple[str, ...] = ()
    takes: dict[str, str] | None = None


def of(function: Callable[..., Any], last: str = "until", columns: Any = COLUMNS, **options: Any):
    """Return a reading by a function of a log; `last` is its name of the last day."""

    def read(log, until):
        named = {} if isinstance(log, cv.Occasions) else columns
        return function(log, **named, **{last: until}, **options)

    return read


def after(reading: Callable[..., Any], function: Callable[..., Any], *given: Any, **options: Any):
    """Return a reading by a function of what another reading gives."""
    return lambda log, until: function(reading(log, until), *given, **options)


def occasions(log, until, **options):
    return cv.occasions(log, **COLUMNS, **options)


def summary(log, until):
    return occasions(log, until).summary(until=until)


def durations(spells):
    return spells.durations("day")


R, REVENUE, SPEND, MONETARY = retention, ("revenue",), ("spend",), ("monetary",)
GROWTH = ("new_revenue", "retained_revenue", "resurrected_revenue", "churned_revenue",
          "expansion", "contraction", "refunds")  # fmt: skip
silent = of(churn.Spells.from_log, columns=LINES, inactive=45)
silent_in_groups = of(churn.Spells.from_log, columns=LINES, inactive=45, by="group")
values = of(rfm.values, "as_of")
CASES = [
    Case("occasions", occasions, "add", 1, SPEND),
    Case("occasions by week", lambda *of: occasions(*of, grain="week"), "add", 7, SPEND),
    Case("summary", summary, "rows", 1, ("monetary_value",)),
    Case("cohorts", of(R.cohorts), "add", 0, REVENUE, COLUMNS),
    Case("cohorts by week", of(R.cohorts, period="week"), "add", 7, REVENUE, COLUMNS),
    Case("cohorts in groups", of(R.cohorts, period="week", by="group"), "add", 7, REVENUE),
    Case("cohorts by start", of(R.cohorts, period="week", start="joined"), "add", 7, REVENUE),
    Case("curve", after(of(R.cohorts), R.Cohorts.curve), "", 0, (), COLUMNS),
    Case("n_day", of(R.n_day, columns=LINES, days=(0, 1, 7, 30)), "add", 1, (), LINES),
    Case("n_day by cohort", of(R.n_day, columns=LINES, cohort="week", by="group"), "add", 7),
    Case("n_day by hours", of(R.n_day, columns=LINES, clock="24h"), "add", 1),
    Case("rolling", of(R.rolling, columns=LINES), "add", 1, (), LINES),
    Case("bracket", of(R.bracket, columns=LINES), "add", 1, (), LINES),
    Case("repeat_purchase_rate", of(R.repeat_purchase_rate, within=60), "add", 1, (), COLUMNS),
    Case("order_rates", of(R.order_rates), "add", 1, (), COLUMNS),
    Case("order_rates in groups", of(R.order_rates, within=40, by="group"), "add", 1),
    Case("growth", of(R.growth_accounting), "add", 0, GROWTH, COLUMNS),
    Case("growth by week", of(R.growth_accounting, period="week"), "add", 7, GROWTH, COLUMNS),
    Case("growth in groups", of(R.growth_accounting, by="group"), "add", 0, GROWTH),
    Case("reactivation", of(R.reactivation_rate, inactive=30, within=60), "add", 1, (), COLUMNS),
    Case("purchase_gaps", of(R.purchase_gaps, by_order=True), "add", 1, (), COLUMNS),
    Case("spells", silent, "rows", 1),
    Case("spells in groups", silent_in_groups, "rows", 1),
    Case("churn_rate", after(silent, churn.churn_rate), "add", 0),
    Case("churn_rate by week", after(silent_in_groups, churn.churn_rate, period="week"), "add", 7),
    Case("win_back_rate", after(silent_in_groups, churn.win_back_rate, 60), "add", 1),
    Case("kaplan_meier", after(after(silent, durations), churn.kaplan_meier), "add", 1),
    Case("rfm values", values, "rows", 1, MONETARY, COLUMNS),
    Case("rfm means", of(rfm.values, "as_of", monetary="mean"), "rows", 1, MONETARY, COLUMNS),
    Case("rfm scores", after(values, rfm.scores), "", 1, MONETARY, COLUMNS),
    Case("rfm even", after(values, rfm.scores, scheme="equal_frequency"), "", 1, MONETARY, COLUMNS),
    Case("rfm nested", after(values, rfm.scores, scheme="nested"), "", 1, MONETARY, COLUMNS),
]


def with_more(log):
    """Return a log with a group and a start for each customer."""
    number = log["customer"].str[1:].astype(int)
    joined = log.groupby("customer")["time"].transform("min") - pd.to_timedelta(number, unit="D")
    return log.assign(group=np.where(number % 3 == 0, "x", "y"), joined=joined)


def end_of(log):
    return str(log["time"].max().date())


def table(record, names=None):
    """Return the table of a record; of customers (by other names), in the order of these."""
    found = record.to_frame().copy()
    if "customer" not in found:
        return found
    found["customer"] = [str((names or {}).get(name, name)) for name in found["customer"]]
    order = [name for name in ("customer", "start", "period", "order") if name in found]
    return found.sort_values(order).reset_index(drop=True)


def same(got, expected):
    pd.testing.assert_frame_equal(got, expected, check_dtype=False, rtol=1e-12, atol=1e-12)


# ---- the laws


def order_of_rows_does_not_matter(case, log):
    expected = case.read(log, end_of(log))
    for rows in (log.iloc[::-1], log.sample(frac=1.0, random_state=1), log.sort_values("amount")):
        assert case.read(rows, end_of(log)) == expected


def log_is_not_changed(case, log):
    before = log.copy(deep=True)
    case.read(log, end_of(log))
    pd.testing.assert_frame_equal(log, before)


def ids_do_not_matter(case, log):
    expected = case.read(log, end_of(log))
    ids = sorted(log["customer"].unique())
    rising = {name: 10**12 + 7 * place for place, name in enumerate(ids)}
    odd = ("", "é, ", "NA ", "nan", "0", "-1", "Ω", "true")
    mixed = {name: f"{odd[place % 8]}{place * 37 % 101}" for place, name in enumerate(ids)}
    for names in (rising, mixed):
        got = case.read(log.assign(customer=log["customer"].map(names)), end_of(log))
        same(table(got), table(expected, names))


def parts_of_the_customers_make_the_whole(case, log):
    if not case.pool:
        return
    whole = case.read(log, end_of(log))
    parts = [case.read(part, end_of(log)) for _, part in log.groupby(log["customer"].str[-1])]
    if case.pool == "rows":
        rows = pd.concat([table(part) for part in parts], ignore_index=True)
        same(rows.sort_values(list(rows)[:2], ignore_index=True), table(whole))
    else:
        pooled = sum(parts, type(whole)())
        same(table(pooled), table(whole))
        assert pooled.notes == whole.notes


def pooled_occasions_give_what_the_log_gives(case, log):
    if case.takes is None:
        return
    third = len(log) // 3
    chunks = [log.iloc[third:], log.iloc[:third]]
    pooled = sum((cv.occasions(chunk, **case.takes) for chunk in chunks), cv.Occasions())
    assert case.read(pooled, end_of(log)) == case.read(log, end_of(log))


def moving_all_times_moves_dates_alone(case, log):
    for days in (case.shift * 3, case.shift * -52) if case.shift else ():
        by = pd.Timedelta(days=days)
        moved = log.assign(time=log["time"] + by, joined=log["joined"] + by)
        expected = table(case.read(log, end_of(log)))
        for name in expected.select_dtypes("datetime"):
            expected[name] += by
        same(table(case.read(moved, end_of(moved))), expected)


def currency_scales_money_alone(case, log):
    expected = table(case.read(log, end_of(log)))
    for name in case.money:
        expected[name] *= 100
    same(table(case.read(log.assign(amount=log["amount"] * 100), end_of(log))), expected)


def records_travel_as_json(case, log):
    record = case.read(log, end_of(log))
    written = json.loads(json.dumps(record.to_dict(), allow_nan=False))
    assert type(record).from_dict(written) == record


LAWS = (
    order_of_rows_does_not_matter,
    log_is_not_changed,
    ids_do_not_matter,
    currency_scales_money_alone,
    parts_of_the_customers_make_the_whole,
    pooled_occasions_give_what_the_log_gives,
    moving_all_times_moves_dates_alone,
    records_travel_as_json,
)
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture(scope="module")
def log():
    return with_more(plain_log.random_log(1, customers=60, lines=500, days=500))


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@each_case
def test_law(case, law, log):
    law(case, log)


@given(transaction_logs(lines=12, customers=4))
@settings(max_examples=3)  # of each case
@each_case
def test_laws_on_small_logs(case, log):
    for law in LAWS[4:]:
        law(case, with_more(log))


@pytest.fixture(scope="module")
def long_log():
    """Return a log that is long enough for threads to share its rows and its customers."""
    rng = np.random.default_rng(8)
    who = rng.integers(0, 70_000, 270_000)
    minutes = rng.integers(0, 500 * 1440, len(who)).astype("timedelta64[m]")
    return pd.DataFrame({
        "customer": who, "time": (np.datetime64("2023-12-01") + minutes).astype("datetime64[us]"),
        "amount": rng.integers(0, 400, len(who)) / 4, "group": np.where(who % 3, "x", "y"),
        "joined": np.datetime64("2023-11-30", "us"),
    })  # fmt: skip


@each_case
def test_threads_change_nothing(case, long_log):
    results = []
    for count in (1, 3):
        with _chunks.threads(count):
            results.append(case.read(long_log, end_of(long_log)))
    assert results[0] == results[1]
