"""Churn rates: the three denominators against known hazards, a plain reading, peers, edges."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
import scipy.stats

import custvalue as cv
from custvalue.churn import ChurnRates, Spells, churn_rate

MONTH = np.datetime64("2024-01-01")


def subscriptions(*rows, **kwargs):
    table = pd.DataFrame(rows, columns=["who", "from", "to"])
    given = {"customer": "who", "start": "from", "end": "to", "until": "2024-12-31"} | kwargs
    return Spells.from_subscriptions(table, **given)


def simulated(hazard, *, customers=30_000, joining=0.0, seed=1):
    """Customers there at the start of 2024, and others who join evenly; churn per 30.4375 days."""
    rng = np.random.default_rng(seed)
    late = rng.random(customers) < joining
    start = np.where(late, rng.uniform(0, 366, customers), -rng.uniform(0, 500, customers))
    life = rng.exponential(30.4375 / hazard, customers)
    life = np.where(late, life, life - start)  # who is there at the start has no memory
    base = np.datetime64("2024-01-01", "us")
    start, end = (base + (t * 86400e6).astype("timedelta64[us]") for t in (start, start + life))
    table = pd.DataFrame({"who": np.arange(customers), "from": start, "to": end})
    return Spells.from_subscriptions(
        table, customer="who", start="from", end="to", since="2024-01-01", until="2024-12-31"
    )


def test_what_each_denominator_estimates():
    """Spec: true h = .05 a month: start base .0488 = 1 - e^-.05; average and exposure .0500."""
    rates = churn_rate(simulated(0.05, customers=120_000, joining=0.5))
    days = np.diff(np.append(rates.period, np.datetime64("2025-01-01"))).astype("m8[D]").astype(int)
    h = 0.05 * days / 30.4375
    se = h / np.sqrt(rates.ended)
    assert (np.abs(rates.rate("start") - -np.expm1(-h)) < 4 * se).all()
    for denominator in ("average", "exposure"):
        assert (np.abs(rates.rate(denominator) - h) < 4 * se).all()
    pooled = rates.ended.sum() / rates.exposure.sum()
    start = rates.lost.sum() / rates.opening.sum()
    assert pooled == pytest.approx(0.0501, abs=0.0006)  # months of 30.5 days in 2024
    assert start == pytest.approx(0.0489, abs=0.0006)
    assert pooled - start > 0.0005  # different quantities
    # and all losses over the start base are neither
    assert rates.ended.sum() / rates.opening.sum() > pooled


@pytest.mark.parametrize("denominator", ["start", "exposure", "average"])
def test_intervals_have_their_coverage(denominator):
    spells = simulated(0.05, customers=40_000)
    spells = dataclasses.replace(spells, groups={"g": np.arange(len(spells)) % 400}, notes={})
    rates = churn_rate(spells, denominator=denominator)
    january = rates.period == MONTH
    lower, upper = rates.interval()
    h = 0.05 * 31 / 30.4375
    truth = -np.expm1(-h) if denominator == "start" else h
    hit = ((lower < truth) & (truth < upper))[january]
    assert len(hit) == 400
    assert 0.92 < hit.mean() <= 0.995


def test_garwood_is_exact():
    rates = ChurnRates([MONTH], opening=[100], closing=[95], lost=[5], ended=[7], exposure=[97.0])
    lower, upper = rates.interval(0.9, "exposure")
    assert scipy.stats.poisson.sf(6, lower * 97) == pytest.approx(0.05, rel=1e-9)
    assert scipy.stats.poisson.cdf(7, upper * 97) == pytest.approx(0.05, rel=1e-9)
    none = ChurnRates([MONTH], opening=[100], closing=[100], lost=[0], ended=[0], exposure=[100.0])
    assert none.rate("exposure") == [0.0]
    lower, upper = none.interval(denominator="exposure")
    assert lower == [0.0]
    assert upper == pytest.approx(-np.log(0.025) / 100, rel=1e-12)
    wilson = rates.interval()
    assert [float(b[0]) for b in wilson] == pytest.approx([0.0215, 0.1118], abs=5e-5)


@pytest.mark.parametrize("period", ["month", "week", "day", "quarter"])
@pytest.mark.parametrize("since", [None, "2024-01-18"])
def test_a_plain_reading_agrees(period, since):
    """Sets of customers at instants, and time at risk by the hour."""
    rng = np.random.default_rng(4)
    hours = np.datetime64("2024-01-01", "h") + np.arange(24 * 100)
    start = rng.integers(0, 24 * 90, 80)
    table = pd.DataFrame({"who": rng.integers(0, 25, 80), "from": hours[start],
                          "to": hours[start] + rng.integers(1, 24 * 20, 80)})  # fmt: skip
    table.loc[rng.random(80) < 0.2, "to"] = pd.NaT
    spells = Spells.from_subscriptions(table, customer="who", start="from", end="to", since=since,
                                       until="2024-04-09", overlap="merge")  # fmt: skip
    rates = churn_rate(spells, period=period)
    running = np.where(spells.event, spells.end, np.datetime64("2100-01-01"))

    def active(t):
        return set(spells.customer[(spells.start <= t) & (t < running)].tolist())

    step = {"month": "1MS", "week": "W-MON", "day": "1D", "quarter": "QS"}[period]
    nexts = pd.date_range("2023-12-01", "2024-08-01", freq=step).to_numpy()
    for row, begin in enumerate(rates.period):
        after = nexts[np.searchsorted(nexts, begin, side="right")]
        assert begin in nexts
        a = max(begin, np.datetime64(since)) if since else begin
        b = min(after, np.datetime64("2024-04-10"))
        assert rates.opening[row] == len(active(a))
        assert rates.closing[row] == len(active(b))
        assert rates.lost[row] == len(active(a) - active(b))
        assert rates.joined[row] == len(active(b) - active(a))
        assert rates.ended[row] == (spells.event & (spells.end > a) & (spells.end <= b)).sum()
        at_risk = np.minimum(spells.end, b) - np.maximum(spells.start, a)
        hours = np.maximum(at_risk / np.timedelta64(1, "h"), 0).sum()
        expected = hours / float((after - begin) / np.timedelta64(1, "h"))
        assert rates.exposure[row] == pytest.approx(expected, rel=1e-12, abs=1e-12)
        assert rates.partial[row] == (a != begin or b != after)
    assert (rates.closing[:-1] == rates.opening[1:]).all()
    assert rates.closing[-1] == (~spells.event).sum()


def test_months_without_churn_have_a_row():
    """fightchurn 2.6: an inner join returns only the month in which somebody left."""
    spells = subscriptions(("a", "2023-12-01", "2024-03-15"), ("b", "2023-12-01", None),
                           since="2024-01-01", until="2024-06-30")  # fmt: skip
    rates = churn_rate(spells)
    assert rates.lost.tolist() == [0, 0, 1, 0, 0, 0]
    assert rates.rate().tolist() == [0, 0, 0.5, 0, 0, 0]
    empty = churn_rate(subscriptions(("a", "2024-01-05", "2024-02-10"), ("b", "2024-05-02", None)))
    assert len(empty) == 12
    np.testing.assert_array_equal(empty.opening[:6], [0, 1, 0, 0, 0, 1])
    assert np.isnan(empty.rate()[[0, 2, 3, 4]]).all()  # nobody could leave: not 0


def test_customers_who_are_there_all_the_time_do_not_churn():
    """customeranalytics: two clients active in all four weeks have churn 0, .5, .667, .75."""
    weeks = pd.date_range("2024-01-01", periods=4, freq="7D")
    log = pd.DataFrame({"who": ["a", "b"] * 4, "when": np.repeat(weeks, 2)})
    spells = Spells.from_log(log, customer="who", time="when", inactive=1, unit="week",
                             since="2024-01-01", until="2024-01-28")  # fmt: skip
    rates = churn_rate(spells, period="week")
    assert rates.opening.tolist() == [2, 2, 2, 2]
    assert rates.rate().tolist() == [0, 0, 0, 0]


def test_december_and_between_first_and_last():
    """calculate-retention: December raises; who pauses counts as retained."""
    spells = subscriptions(("a", "2023-10-01", "2023-11-10"), ("a", "2024-01-20", None),
                           until="2024-01-31", since="2023-11-01")  # fmt: skip
    rates = churn_rate(spells)
    assert rates.period.astype("M8[M]").astype(str).tolist() == ["2023-11", "2023-12", "2024-01"]
    assert rates.lost.tolist() == [1, 0, 0]
    assert rates.opening.tolist() == [1, 0, 0]
    assert rates.joined.tolist() == [0, 0, 1]


def test_who_leaves_and_returns_within_the_period_is_retained():
    spells = subscriptions(("a", "2024-01-01", "2024-02-05"), ("a", "2024-02-20", None),
                           ("b", "2024-02-03", "2024-02-20"), since="2024-02-01",
                           until="2024-02-29")  # fmt: skip
    rates = churn_rate(spells)
    assert (rates.opening[0], rates.closing[0], rates.lost[0], rates.ended[0]) == (1, 1, 0, 2)
    assert rates.rate("start") == [0.0]
    assert rates.rate("average") == [2.0]
    assert rates.exposure[0] == pytest.approx((4 + 10 + 17) / 29, rel=1e-14)


def test_the_last_period_may_be_partial():
    rates = churn_rate(simulated(0.05))
    assert not rates.partial.any()
    spells = subscriptions(("a", "2024-01-01", None), since="2024-01-10", until="2024-02-10")
    rates = churn_rate(spells)
    assert rates.partial.tolist() == [True, True]
    np.testing.assert_allclose(rates.exposure, [22 / 31, 10 / 29], rtol=1e-14)
    assert rates.to_frame()["partial"].tolist() == [True, True]


def test_daily_sums_are_hazards():
    """Spec: 30 days at 4 % add to 1.20, against .706 compounded (ChartMogul's Shopify option)."""
    day = np.datetime64("2024-04-01") + np.arange(30)
    rates = ChurnRates(day, opening=[100] * 30, closing=[100] * 30, lost=[4] * 30, ended=[4] * 30,
                       exposure=[98.0] * 30, unit="day")  # fmt: skip
    found = rates.summed("month")
    assert found["summed"].tolist() == pytest.approx([1.20])
    assert found["compounded"].tolist() == pytest.approx([0.706], abs=5e-4)
    assert found["lower"][0] < 1.2 < found["upper"][0]
    assert found["periods"].tolist() == [30]
    # without joins daily rates compound to the monthly one, whatever happens within
    spells = simulated(0.2, customers=2000)
    daily, monthly = churn_rate(spells, period="day"), churn_rate(spells)
    np.testing.assert_allclose(daily.summed("month")["compounded"], monthly.rate(), rtol=1e-12)
    empty = dataclasses.replace(rates, opening=[0] * 30, lost=[0] * 30)
    assert empty.summed("month")[["summed", "compounded"]].isna().all(axis=None)


def test_pooling_is_adding():
    spells = simulated(0.1, customers=300, joining=0.5)
    table = pd.DataFrame({"who": spells.customer, "from": spells.start, "to": spells.end,
                          "plan": np.where(spells.customer % 3, "x", "y")})  # fmt: skip

    for since, by in ((None, None), (None, "plan"), ("2024-02-10", "plan")):

        def read(rows, since=since, by=by):
            found = Spells.from_subscriptions(rows, customer="who", start="from", end="to", by=by,
                                              since=since, until="2024-11-30")  # fmt: skip
            return churn_rate(found)

        whole = read(table)
        parts = [table[k::4] for k in range(4)]
        added = sum((read(part) for part in parts), ChurnRates())
        for name in ("period", "opening", "closing", "lost", "ended"):
            np.testing.assert_array_equal(getattr(added, name), getattr(whole, name))
        np.testing.assert_allclose(added.exposure, whole.exposure, rtol=1e-12)
        assert added.groups.keys() == whole.groups.keys()
        assert added.notes == whole.notes
        shuffled = read(table.sample(frac=1, random_state=1))
        assert shuffled == whole


def test_a_first_day_on_an_edge_pools_too():
    """Who starts on 1 March is in the closing of February: both parts have that row."""
    a, b = ("a", "2024-01-10", None), ("b", "2024-03-01", None)
    whole = churn_rate(subscriptions(a, b, until="2024-03-31"))
    parts = [churn_rate(subscriptions(one, until="2024-03-31")) for one in (a, b)]
    assert parts[0] + parts[1] == whole
    assert whole.joined.tolist() == [1, 1, 0]


def test_no_period_before_the_first_spell():
    """Spells that start on 1 January open January: December has no row."""
    rows = [("a", "2024-01-01", None), ("b", "2024-01-01", "2024-02-01"), ("c", "2024-03-01", None)]
    rates = churn_rate(subscriptions(*rows, until="2024-03-31"))
    assert rates.period.astype("M8[M]").astype(str).tolist() == ["2024-01", "2024-02", "2024-03"]
    assert rates.opening.tolist() == [2, 1, 2]
    assert rates.lost.tolist() == [1, 0, 0]
    assert rates.joined.tolist() == [0, 1, 0]
    assert (rates.exposure > 0).all()
    assert (rates.closing[:-1] == rates.opening[1:]).all()


@pytest.mark.parametrize("period", ["month", "day", "week"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_starts_on_edges_pool(period, seed):
    """Spells of whole months: each part begins in a month of its own, on its first day."""
    rng = np.random.default_rng(seed)
    month = np.datetime64("2024-01") + rng.integers(0, 9, 60)
    table = pd.DataFrame(
        {"who": np.arange(60), "from": month.astype("M8[D]"),
         "to": (month + rng.integers(1, 5, 60)).astype("M8[D]"), "plan": rng.choice(["x", "y"], 60)}
    )  # fmt: skip

    def read(rows):
        found = Spells.from_subscriptions(rows, customer="who", start="from", end="to", by="plan",
                                          until="2024-10-15")  # fmt: skip
        return churn_rate(found, period=period)

    whole = read(table)
    parts = [read(table[k : k + 6]) for k in range(0, 60, 6)]
    for order in (parts, parts[::-1]):
        added = sum(order, ChurnRates())
        for name in ("period", "opening", "closing", "lost", "ended", "joined"):
            np.testing.assert_array_equal(getattr(added, name), getattr(whole, name))
        np.testing.assert_allclose(added.exposure, whole.exposure, rtol=1e-12)
        assert added.notes == whole.notes
    same = whole.groups["plan"][:-1] == whole.groups["plan"][1:]
    assert (whole.closing[:-1] == whole.opening[1:])[same].all()
    left, right = (parts[0] + parts[1]) + parts[2], parts[0] + (parts[1] + parts[2])
    assert dataclasses.replace(left, exposure=right.exposure) == right


def test_groups_and_those_who_move():
    table = pd.DataFrame(
        {"who": [1, 1, 2], "from": ["2024-01-01", "2024-02-10", "2024-01-01"],
         "to": ["2024-02-05", None, None], "plan": ["x", "y", "x"]}
    )  # fmt: skip
    read = {"customer": "who", "start": "from", "end": "to", "until": "2024-02-29",
            "since": "2024-02-01"}  # fmt: skip
    each = churn_rate(Spells.from_subscriptions(table, **read, by="plan"))
    assert each.groups["plan"].tolist() == ["x", "y"]
    assert each.lost.tolist() == [1, 0]
    assert each.joined.tolist() == [0, 1]
    assert churn_rate(Spells.from_subscriptions(table, **read)).lost.tolist() == [0]


def test_a_record_travels():
    one = churn_rate(subscriptions(("a", "2024-01-01", None)), denominator="exposure")
    for rates in (churn_rate(simulated(0.1, customers=50)), ChurnRates(), one):
        written = json.loads(json.dumps(rates.to_dict(), allow_nan=False))
        assert ChurnRates.from_dict(written) == rates
        assert len(repr(rates)) < 400
        assert rates._repr_html_()


def test_the_default_denominator_is_shown():
    spells = simulated(0.1, customers=200)
    rates = churn_rate(spells, denominator="exposure")
    np.testing.assert_array_equal(rates.rate(), rates.rate("exposure"))
    np.testing.assert_array_equal(rates.to_frame()["rate"], rates.rate("exposure"))
    assert churn_rate(spells).rate().tolist() == rates.rate("start").tolist()


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda s: churn_rate([1, 2]), "spells: must be a Spells"),
        (lambda s: churn_rate(s, period="moon"), "period: must be one of"),
        (lambda s: churn_rate(s, denominator="end"), "denominator: must be one of"),
        (lambda s: churn_rate(s, week_start="noday"), "week_start: must be one of"),
        (lambda s: churn_rate(s).rate("daily_sum"), "denominator: must be one of"),
        (lambda s: churn_rate(s).interval(0), "level: must be above 0"),
        (lambda s: churn_rate(s).interval(1.0, "exposure"), "level: must be below 1"),
        (lambda s: churn_rate(s, period="week").summed("month"), "made of whole weeks"),
        (lambda s: churn_rate(dataclasses.replace(s, groups={"rate": np.array(["x"])})),
         "by: must not be named as a column of the result"),
        (lambda s: churn_rate(s).summed("day"), "made of whole months"),
        (lambda s: churn_rate(s).summed("month"), "made of whole months"),
    ],
)  # fmt: skip
def test_bad_questions(call, rule):
    with pytest.raises(cv.errors.InvalidDataError, match=rule):
        call(subscriptions(("a", "2024-01-01", None)))


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"lost": [11]}, "lost: must not exceed opening"),
        ({"lost": [8]}, "lost: must not exceed ended"),
        ({"closing": [4]}, "closing: must be at least opening - lost"),
        ({"opening": [-1]}, "opening: must be at least 0"),
        ({"exposure": [np.nan]}, "exposure: must be finite"),
        ({"exposure": ["9"]}, "exposure: must be numbers"),
        ({"opening": [10, 10]}, "one length"),
        ({"period": [5]}, "period: must be datetime64"),
        ({"period": [np.datetime64("NaT", "D")]}, "period: must be known"),
        ({"until": "someday"}, "until: must be a date"),
        ({"unit": "moon"}, "unit: must be one of"),
    ],
)
def test_counts_that_cannot_be(changes, rule):
    counts = {"period": [MONTH], "opening": [10], "closing": [9], "lost": [5], "ended": [7],
              "exposure": [9.0]}  # fmt: skip
    assert ChurnRates(**counts).joined.tolist() == [4]
    with pytest.raises(cv.errors.InvalidDataError, match=rule):
        ChurnRates(**counts | changes)
