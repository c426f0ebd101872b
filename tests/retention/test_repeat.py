"""Repeat purchase, gaps and reactivation: against SQL, by hand, laws, bad input."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

import custvalue as cv
import plain_log

BAD = cv.errors.InvalidDataError
CDNOW = {"customer": "customer_id", "time": "date"}
JOURNEY = {"customer": "household_id", "time": "transaction_timestamp"}
COLUMNS = {"customer": "customer", "time": "time"}
DAYS = """
with bought as (select distinct {customer} as who, cast({time} as date) as day from log),
last as (select max(day) as final from bought),
gap as (select who, day, final, lead(day) over w as following, row_number() over w as number
        from bought, last window w as (partition by who order by day))
"""


def sql(log, columns, query):
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect() as connection:
        connection.register("log", log)
        return connection.sql(DAYS.format(**columns) + query).fetchall()


@pytest.fixture(scope="module", params=["cdnow", "journey"])
def real(request, cdnow):
    """A real log, its columns, and its occasions by day."""
    if request.param == "cdnow":
        return cdnow, CDNOW, cdnow
    log = cv.datasets.complete_journey()[list(JOURNEY.values())]
    return log, JOURNEY, cv.occasions(log, **JOURNEY)


def test_rates_against_sql(real):
    log, columns, given = real
    named = columns if given is log else {}
    for within in (7, 90):
        [(customers, repeaters, pending)] = sql(
            log,
            columns,
            f"""
            select count(*) filter (final - day >= {within}),
                   count(*) filter (final - day >= {within} and following - day <= {within}),
                   count(*) filter (final - day < {within}) from gap where number = 1""",
        )
        found = cv.retention.repeat_purchase_rate(given, within=within, **named)
        assert (found.customers, found.repeaters, found.pending) == (customers, repeaters, pending)
        assert found.value == repeaters / customers
        rows = sql(
            log,
            columns,
            f"""
            select number, count(*) filter (final - day >= {within}),
                   count(*) filter (final - day >= {within} and following - day <= {within}),
                   count(*) filter (final - day < {within}) from gap group by 1 order by 1""",
        )
        rates = cv.retention.order_rates(given, within=within, **named)
        assert list(zip(rates.order, rates.reached, rates.went_on, rates.pending,
                        strict=True)) == rows  # fmt: skip
    [(customers, repeaters)] = sql(
        log,
        columns,
        """
        select count(*), count(following) from gap where number = 1""",
    )
    found = cv.retention.repeat_purchase_rate(given, **named)
    assert (found.customers, found.repeaters, found.pending) == (customers, repeaters, 0)


def test_gaps_against_sql(real):
    log, columns, given = real
    named = columns if given is log else {}
    found = cv.retention.purchase_gaps(given, **named, by_order=True)
    [(events, length, censored, open_length, left_out)] = sql(
        log,
        columns,
        """
        select count(following), sum(following - day),
               count(*) filter (following is null and final > day),
               sum(final - day) filter (following is null),
               count(*) filter (final = day) from gap""",
    )
    assert (found.event.sum(), found.exit[found.event].sum()) == (events, length)
    assert ((~found.event).sum(), found.exit[~found.event].sum()) == (censored, open_length)
    assert sum(found.notes.values()) == left_out > 0
    assert found.groups["order"].max() == sql(log, columns, "select max(number) from gap")[0][0]
    assert set(found.customer) <= set(log[columns["customer"]])


def test_reactivation_against_sql(real):
    log, columns, given = real
    named = columns if given is log else {}
    for inactive, within in ((14, 30), (60, 90), (60, None)):
        window = 10**6 if within is None else inactive + within
        need = inactive if within is None else inactive + within
        [(lapsed, back, pending)] = sql(
            log,
            columns,
            f""",
            lapse as (select * from gap
                      where coalesce(following - day > {inactive}, final - day >= {inactive})
                      qualify row_number() over (partition by who order by day) = 1)
            select count(*) filter (final - day >= {need}),
                   count(*) filter (final - day >= {need} and following - day <= {window}),
                   count(*) filter (final - day < {need}) from lapse""",
        )
        found = cv.retention.reactivation_rate(given, inactive=inactive, within=within, **named)
        assert (found.lapsed, found.reactivated, found.pending) == (lapsed, back, pending)
        assert lapsed > 0


def small(**options):
    log = pd.DataFrame({"customer": list("aaabbcd"), "time": ["2024-01-01", "2024-01-11",
                        "2024-03-01", "2024-01-05", "2024-01-16", "2024-02-25", "2024-03-05"],
                        "plan": list("xxxyyxy")})  # fmt: skip
    return log, {**COLUMNS, "until": "2024-03-05", **options}


def test_by_hand():
    log, options = small()
    rate = cv.retention.repeat_purchase_rate(log, within=10, **options)
    # a bought again on day 10, b on day 11; c and d are too young
    assert (rate.customers, rate.repeaters, rate.pending) == (2, 1, 2)
    assert (rate.value, rate.unit, rate.within) == (0.5, "day", 10.0)
    eleven = cv.retention.repeat_purchase_rate(log, within=11, **options)
    assert eleven.value == 1.0
    assert cv.retention.repeat_purchase_rate(log, **options).value == 0.5
    assert np.isnan(cv.retention.repeat_purchase_rate(log, within=365, **options).value)
    assert np.isnan(cv.retention.repeat_purchase_rate(log, within=365, **options).interval()).all()
    back = cv.retention.reactivation_rate(log, inactive=49, **options)
    # a: nothing for 50 days, then back; b: nothing for 49 days to the end
    assert (back.lapsed, back.reactivated, back.pending) == (2, 1, 0)
    assert cv.retention.reactivation_rate(log, inactive=50, **options).lapsed == 0
    soon = cv.retention.reactivation_rate(log, inactive=30, within=19, **options)
    assert (soon.lapsed, soon.reactivated, soon.pending) == (2, 0, 0)
    soon = cv.retention.reactivation_rate(log, inactive=30, within=20, **options)
    assert (soon.lapsed, soon.reactivated, soon.pending) == (1, 1, 1)
    gaps = cv.retention.purchase_gaps(log, by="plan", by_order=True, unit="week", **options)
    assert gaps.to_frame().to_dict("list") == {
        "customer": list("aaabbc"),
        "plan": list("xxxyyx"),
        "order": [1, 2, 3, 1, 2, 1],
        "entry": [0.0] * 6,
        "exit": [10 / 7, 50 / 7, 4 / 7, 11 / 7, 7.0, 9 / 7],
        "event": [True, True, False, True, False, False],
    }
    assert list(gaps.notes.values()) == [1]
    assert gaps.unit == "week"


def test_groups():
    log, options = small(by="plan")
    rate = cv.retention.repeat_purchase_rate(log, within=11, **options)
    assert rate.to_frame()[["plan", "customers", "repeaters", "pending"]].to_dict("list") == {
        "plan": ["x", "y"], "customers": [1, 1], "repeaters": [1, 1], "pending": [1, 1],
    }  # fmt: skip
    orders = cv.retention.order_rates(log, **options)
    assert orders.groups["plan"].tolist() == ["x", "x", "x", "y", "y"]
    assert orders.order.tolist() == [1, 2, 3, 1, 2]
    assert orders.reached.tolist() == [2, 1, 1, 2, 1]
    assert orders.went_on.tolist() == [1, 1, 0, 1, 0]
    back = cv.retention.reactivation_rate(log, inactive=49, **options)
    assert back.value.tolist() == [1.0, 0.0]


def test_intervals_are_of_the_counts():
    rate = cv.retention.RepeatRate(200, 50)
    z2 = 1.959963984540054**2
    centre, half = (50 + z2 / 2) / (200 + z2), np.sqrt(z2) / (200 + z2) * np.sqrt(37.5 + z2 / 4)
    assert rate.interval() == pytest.approx((centre - half, centre + half), rel=1e-12)
    orders = cv.retention.OrderRates(order=[1], reached=[200], went_on=[50], pending=[0])
    back = cv.retention.ReactivationRate(200, 50, inactive=9.0)
    for other in (orders, back):
        assert np.ravel(other.interval()) == pytest.approx(rate.interval())
    wide = rate.interval(0.99, method="clopper-pearson")
    assert wide[0] < centre - half < centre + half < wide[1]
    many = cv.retention.RepeatRate([200, 400], [50, 100], [0, 0], groups={"plan": ["x", "y"]})
    assert many.value.tolist() == [0.25, 0.25]


FUNCTIONS = {
    "repeat": lambda log, **o: cv.retention.repeat_purchase_rate(log, within=21, **o),
    "ever": lambda log, **o: cv.retention.repeat_purchase_rate(log, **o),
    "orders": lambda log, **o: cv.retention.order_rates(log, within=21, **o),
    "back": lambda log, **o: cv.retention.reactivation_rate(log, inactive=14, within=28, **o),
    "gaps": lambda log, **o: cv.retention.purchase_gaps(log, **o),
}


@pytest.fixture(params=FUNCTIONS)
def counted(request):
    return FUNCTIONS[request.param]


@pytest.fixture(scope="module")
def log():
    made = plain_log.random_log(21, lines=400, customers=80)
    return made.assign(plan=np.where(made["customer"] < "c030", "x", "y"))


def test_laws(counted, log):
    for by in (None, "plan"):
        options = {**COLUMNS, "by": by, "until": "2022-05-20"}
        whole = counted(log, **options)
        parts = [counted(part, **options) for _, part in log.groupby(log["customer"].str[-1])]
        pooled = sum(parts, type(whole)())
        if isinstance(whole, cv.Durations):  # rows, in the order of the parts
            ours, theirs = (r.to_frame().sort_values(["customer", "exit"]).to_numpy().tolist()
                            for r in (pooled, whole))  # fmt: skip
            assert ours == theirs
        else:
            assert pooled == whole
            assert pooled.to_frame().equals(whole.to_frame())
        cv.testing.check_permutation_invariant(lambda rows, o=options: counted(rows, **o), log)
        renamed = log.assign(customer=-log["customer"].str[1:].astype(int) * 10**12)
        again = counted(renamed, **options)
        if not isinstance(whole, cv.Durations):
            assert again == whole
        assert len(repr(whole)) < 400
        written = json.loads(json.dumps(whole.to_dict(), allow_nan=False))
        assert type(whole).from_dict(written) == whole
    before = log.copy()
    counted(log, **COLUMNS)
    pd.testing.assert_frame_equal(log, before)


def test_occasions_give_what_the_log_gives(counted, log):
    for grain in ("hour", "day"):
        bought = cv.occasions(log, **COLUMNS, amount="amount", grain=grain)
        for until in (None, "2021-12-24"):
            ours = counted(log, **COLUMNS, amount="amount", until=until)
            assert counted(bought, until=until).to_frame().equals(ours.to_frame())


def test_every_engine(engine, log):
    found = cv.retention.reactivation_rate(engine.frame(log), inactive=30, by="plan", **COLUMNS)
    assert found == cv.retention.reactivation_rate(log, inactive=30, by="plan", **COLUMNS)
    assert engine.owns(found.to_frame())


@given(cv.testing.transaction_logs(refunds=False))
def test_rates_hang_together(log):
    options = {**COLUMNS, "until": "2024-04-15", "within": 20}
    rate = cv.retention.repeat_purchase_rate(log, **options)
    orders = cv.retention.order_rates(log, **options)
    assert rate.customers == orders.reached[0]
    assert rate.repeaters == orders.went_on[0]
    assert rate.pending == orders.pending[0]
    assert rate.customers + rate.pending == log["customer"].nunique()
    assert (orders.went_on <= orders.reached).all()
    gaps = cv.retention.purchase_gaps(log, **COLUMNS, until="2024-04-15")
    days = log.assign(day=log["time"].dt.date)[["customer", "day"]].drop_duplicates()
    assert len(gaps) == len(days)
    assert gaps.event.sum() == len(days) - log["customer"].nunique()


def test_weeks_are_seven_days_and_calendar_months_are_counted(log):
    weeks = cv.retention.repeat_purchase_rate(log, within=3, unit="week", **COLUMNS)
    days = cv.retention.repeat_purchase_rate(log, within=21, **COLUMNS)
    assert (weeks.customers, weeks.repeaters) == (days.customers, days.repeaters)
    two = pd.DataFrame({"customer": [1, 1, 2], "time": ["2024-01-31", "2024-02-01", "2024-01-01"]})
    month = {"grain": "month", "unit": "month", "within": 1, **COLUMNS}
    found = cv.retention.repeat_purchase_rate(two, until="2024-02-29", **month)
    assert (found.customers, found.repeaters) == (2, 1)


def test_a_refunded_purchase_is_no_repeat_and_neither_are_two_lines_of_a_day():
    # lifetimes and pymc-marketing: frequency 1 after +100, -100
    days = ["2024-01-01", "2024-01-05", "2024-01-01", "2024-01-01"]
    amounts = [100.0, -100.0, 5.0, 6.0]
    log = pd.DataFrame({"customer": [1, 1, 2, 2], "amount": amounts, "time": days})
    found = cv.retention.repeat_purchase_rate(log, amount="amount", **COLUMNS)
    assert (found.customers, found.repeaters) == (2, 0)
    assert sum(found.notes.values()) == 1


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"unit": "fortnight"}, "unit: must be one of"),
        ({"grain": "fortnight"}, "grain: must be one of"),
        ({"until": 5}, "until: must be a date"),
        ({"customer": None}, "customer: must name a column"),
        ({"time": "amount"}, "must hold dates"),
        ({"amount": "plan"}, "must be numeric"),
        ({"by": "time"}, "must be the same in all lines"),
        ({"nonsense": "drop"}, "argument: must be one of"),
    ],
)
def test_bad_arguments(counted, log, changes, rule):
    with pytest.raises(BAD, match=rule):
        counted(log, **{**COLUMNS, **changes})


@pytest.mark.parametrize("length", [0, -1, np.nan, np.inf, "long", [1, 2], {}])
def test_bad_windows(log, length):
    for function in (cv.retention.repeat_purchase_rate, cv.retention.order_rates):
        with pytest.raises(BAD, match="within: must be"):
            function(log, within=length, **COLUMNS)
    with pytest.raises(BAD, match="inactive: must be"):
        cv.retention.reactivation_rate(log, inactive=length, **COLUMNS)
    with pytest.raises(BAD, match="within: must be"):
        cv.retention.reactivation_rate(log, inactive=3, within=length, **COLUMNS)


def test_bad_logs(counted, log):
    with pytest.raises(BAD, match="must be a data frame"):
        counted([1, 2], **COLUMNS)
    with pytest.raises(BAD, match="no purchase"):
        counted(log[:0], **COLUMNS)
    with pytest.raises(BAD, match="customer: has missing values"):
        counted(log.assign(customer=None), **COLUMNS)
    with pytest.raises(BAD, match="customer ids must be finite"):
        counted(log.assign(customer=np.inf), **COLUMNS)
    with pytest.raises(BAD, match="no purchase"):
        counted(cv.Occasions())
    weeks = cv.occasions(log, **COLUMNS, grain="week")
    with pytest.raises(BAD, match="grain of the occasions"):
        counted(weeks)
    with pytest.raises(BAD, match="customer: must be left out"):
        counted(weeks, customer="customer", grain="week")


def test_one_purchase(counted):
    one = pd.DataFrame({"customer": ["a"], "time": ["2024-01-01"]})
    found = counted(one, **COLUMNS)
    if isinstance(found, cv.Durations):
        assert (len(found), sum(found.notes.values())) == (0, 1)
    else:
        assert np.isnan(getattr(found, "value", getattr(found, "rate", 0.0))).all() or (
            found.customers == 1
        )


def test_order_as_a_group_is_refused(log):
    with pytest.raises(BAD, match=r"by: must not be named .* 'order'"):
        cv.retention.purchase_gaps(log.rename(columns={"plan": "order"}), by="order",
                                   by_order=True, **COLUMNS)  # fmt: skip


@pytest.mark.parametrize(
    ("record", "rule"),
    [
        (lambda: cv.retention.RepeatRate(1, 2), "repeaters: must not exceed customers"),
        (lambda: cv.retention.RepeatRate(-1, 0), "customers: must be at least 0"),
        (lambda: cv.retention.RepeatRate(1, 0, within=-1.0), "within: must be above 0"),
        (lambda: cv.retention.RepeatRate("a", 0), "customers: must be numbers"),
        (lambda: cv.retention.OrderRates([1], [1], [2], [0]), "went_on: must not exceed"),
        (lambda: cv.retention.ReactivationRate(1, 2), "reactivated: must not exceed"),
        (lambda: cv.retention.ReactivationRate(2, 1, inactive=0), "inactive: must be above 0"),
    ],
)
def test_bad_records(record, rule):
    with pytest.raises(BAD, match=rule):
        record()
