"""Revenue retention: published examples, a plain reading, identities, intervals, bad tables."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest

import custvalue as cv

BAD = cv.errors.InvalidDataError
Revenue = cv.retention.RevenueRetention
SUMS = ["start_revenue", "churned_revenue", "contraction", "expansion", "reactivation",
        "new_revenue", "end_revenue", "customers", "lost", "reactivated"]  # fmt: skip


def spells(*rows, by=None):
    """Return a table of (who, start, end, amount)."""
    table = pd.DataFrame(rows, columns=["who", "start", "end", "amount"])
    return table if by is None else table.assign(plan=table["who"].map(by))


def retained(table, until="2024-12-31", **options):
    columns = {"customer": "who", "start": "start", "end": "end", "amount": "amount"}
    return cv.retention.revenue_retention(table, until=until, **{**columns, **options})


def from_panel(table, **options):
    columns = {"customer": "who", "time": "month", "amount": "amount"}
    return cv.retention.revenue_retention_from_snapshots(table, **{**columns, **options})


def two_months(*changes, names="abcdefgh"):
    """Return snapshots of two months of customers with (amount before, amount after)."""
    rows = [(who, month, amount) for who, pair in zip(names, changes, strict=False)
            for month, amount in zip(["2024-01-01", "2024-02-01"], pair, strict=True)
            if amount is not None]  # fmt: skip
    return pd.DataFrame(rows, columns=["who", "month", "amount"])


def random_spells(seed, customers=40):
    rng = np.random.default_rng(seed)
    rows = []
    for who in range(customers):
        day = int(rng.integers(0, 400))
        for _ in range(rng.integers(1, 6)):
            length = int(rng.integers(1, 150))
            start = dt.datetime(2023, 1, 1) + dt.timedelta(days=day)
            if rng.random() < 0.3:
                start = start.replace(day=1)
            end = start + dt.timedelta(days=length)
            runs_on = rng.random() < 0.2
            rows.append((f"c{who:02d}", start, None if runs_on else end, rng.integers(1, 400) / 4))
            day += length + int(rng.choice([0, 0, 5, 40, 90]))
    return spells(*rows)


def plain(table, first, last):
    """Return the sums for each month, by loops over customers and instants."""
    rows = [(who, start.to_pydatetime(), None if pd.isna(end) else end.to_pydatetime(), amount)
            for who, start, end, amount in table.itertuples(index=False)]  # fmt: skip
    found = []
    month = first
    while month < last:
        after = (month + dt.timedelta(days=32)).replace(day=1)
        cell = dict.fromkeys(SUMS, 0.0)
        for who in sorted({row[0] for row in rows}):
            own = [row for row in rows if row[0] == who]

            def paid(instant, own=own):
                return sum(
                    r[3] for r in own if r[1] <= instant and (r[2] is None or instant < r[2])
                )

            before, now = paid(month), paid(after)
            cell["start_revenue"] += before
            cell["end_revenue"] += now
            if before:
                cell["customers"] += 1
                if not now:
                    cell["lost"] += 1
                    cell["churned_revenue"] += before
                cell["contraction"] += max(before - now, 0) if now else 0
                cell["expansion"] += max(now - before, 0)
            elif now and min(r[1] for r in own) < month:
                cell["reactivation"] += now
                cell["reactivated"] += 1
            elif now:
                cell["new_revenue"] += now
        found.append({"period": month, **cell})
        month = after
    return pd.DataFrame(found)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_against_a_plain_reading(seed):
    table = random_spells(seed)
    expected = plain(table, table["start"].min().replace(day=1), dt.datetime(2024, 6, 1))
    found = retained(table[table["start"] < "2024-06-15"], until="2024-06-14")
    shown = found.to_frame()[list(expected.columns)]
    pd.testing.assert_frame_equal(shown, expected, check_dtype=False)
    assert expected["reactivation"].sum() > 0
    assert "spells that start before" in repr(found)  # some run on beside later ones
    end = found.start_revenue - found.churned_revenue - found.contraction + found.expansion
    assert found.end_revenue == pytest.approx(end + found.reactivation + found.new_revenue)
    assert (found.end_revenue[:-1] == found.start_revenue[1:]).all()
    assert (found.grr <= 1).all()
    since = retained(table[table["start"] < "2024-06-15"], until="2024-06-14", since="2024-02-10")
    assert since.to_frame()[shown.columns].equals(
        shown[shown["period"] >= "2024-02-01"].reset_index(drop=True)
    )


def test_chartmogul():
    # help.chartmogul.com: start 100, churn 10, contraction 10, expansion 10
    found = from_panel(two_months((10.0, 0.0), (30.0, 20.0), (60.0, 70.0)))
    assert found.gross_churn_rate == pytest.approx([0.2])
    assert found.net_churn_rate() == pytest.approx([0.1])
    assert found.grr == pytest.approx([0.8])
    assert found.nrr == pytest.approx([0.9])
    assert found.quick_ratio() == pytest.approx([0.5])
    assert from_panel(two_months((100.0, 110.0), (None, 10.0))).net_churn_rate() == pytest.approx(
        [-0.1]
    )  # Shopify: 100 -> 120, 10 of it new


def test_a_downsell_without_churn_is_no_missing_value():
    # fightchurn listing 2.4 gives NULL
    found = from_panel(two_months((75.0, 50.0), (25.0, 25.0)))
    assert found.gross_churn_rate.tolist() == [0.25]
    assert found.lost.tolist() == [0]
    assert found.logo_churn_rate.tolist() == [0.0]


def test_a_month_without_churn_has_a_row():
    # fightchurn listing 2.6 returns the month with churn only
    found = retained(
        spells((1, "2024-01-01", None, 5.0), (2, "2024-01-01", "2024-04-20", 5.0)),
        until="2024-07-01",
    )
    assert found.lost.tolist() == [0, 0, 0, 1, 0, 0]
    assert found.churned_revenue.tolist() == [0, 0, 0, 5.0, 0, 0]


def test_reactivation_is_counted_as_asked():
    panel = pd.DataFrame({"who": ["a", "b", "b", "a", "b"], "amount": [10.0, 90.0, 90.0, 20.0, 90],
                          "month": ["2024-01-01", "2024-01-01", "2024-02-01", "2024-03-01",
                                    "2024-03-01"]})  # fmt: skip
    found = from_panel(panel)
    assert found.reactivation.tolist() == [0.0, 20.0]
    assert found.new_revenue.tolist() == [0.0, 0.0]
    assert found.nrr == pytest.approx([0.9, 1.0])
    assert found.net_churn_rate("net") == pytest.approx([0.1, -20 / 90])
    net = from_panel(panel, reactivation="net")
    assert net.nrr == pytest.approx([0.9, 110 / 90])
    assert net.quick_ratio("exclude").tolist()[0] == 0.0
    assert net.quick_ratio()[1] == np.inf
    with pytest.raises(BAD, match="rule: must be the same"):
        net + found


def test_spells_that_touch_do_not_churn_and_what_lies_within_a_month_is_not_seen():
    found = retained(
        spells(
            ("a", "2024-01-01", "2024-02-01", 10.0),
            ("a", "2024-02-01", "2024-02-10", 10.0),
            ("a", "2024-02-11", None, 30.0),  # left and came back within February
            ("b", "2024-02-03", "2024-02-20", 99.0),
        ),
        until="2024-03-01",
    )
    assert found.start_revenue.tolist() == [10.0, 10.0]
    assert found.expansion.tolist() == [0.0, 20.0]
    assert found.lost.tolist() == [0, 0]
    assert found.new_revenue.tolist() == [0.0, 0.0]


def test_a_period_needs_its_end_observed():
    table = spells(("a", "2024-01-01", None, 10.0))
    assert len(retained(table, until="2024-03-31")) == 2
    assert len(retained(table, until="2024-04-01")) == 3
    with pytest.raises(BAD, match="until: must be at or after the end of the first period"):
        retained(table, until="2024-01-31")
    with pytest.raises(BAD, match="until"):
        retained(table, until="2023-01-31")


def test_nothing_at_the_start_is_no_rate():
    found = retained(spells(("a", "2024-01-10", "2024-02-15", 10.0)), until="2024-04-01")
    assert found.start_revenue.tolist() == [0.0, 10.0, 0.0]
    assert np.isnan(found.grr[[0, 2]]).all()
    assert np.isnan(found.nrr[[0, 2]]).all()
    assert np.isnan(found.logo_churn_rate[[0, 2]]).all()
    assert np.isnan(found.quick_ratio()[2])
    assert np.isnan(found.grr_interval()).all()  # of one customer


def test_snapshots_and_spells_agree():
    table = random_spells(4)
    months = pd.date_range("2023-01-01", "2024-06-01", freq="MS")
    rows = [
        (who, month, amount)
        for who, start, end, amount in table.itertuples(index=False)
        for month in months
        if start <= month and (pd.isna(end) or month < end)
    ]
    panel = pd.DataFrame(rows, columns=["who", "month", "amount"])
    ours = from_panel(panel, overlap="sum").to_frame()
    theirs = retained(table, until="2024-06-01", since=panel["month"].min()).to_frame()
    # a customer who was only seen between two snapshots is new again
    arrivals = ["new_revenue", "reactivation", "reactivated", "nrr"]
    same = [name for name in ours if name not in arrivals]
    assert len(ours) > 12
    pd.testing.assert_frame_equal(ours[same], theirs[same])
    assert (ours["new_revenue"] + ours["reactivation"]).tolist() == pytest.approx(
        (theirs["new_revenue"] + theirs["reactivation"]).tolist()
    )
    ends = from_panel(panel.assign(month=panel["month"] - pd.Timedelta(days=3)), at="end",
                      overlap="sum")  # fmt: skip
    pd.testing.assert_frame_equal(ends.to_frame(), ours)


def test_errors_are_those_of_the_ratio_estimator():
    before = np.array([100.0, 50.0, 20.0, 80.0, 10.0, 40.0])
    after = np.array([90.0, 70.0, 0.0, 80.0, 5.0, 60.0])
    found = from_panel(two_months(*zip(before, after, strict=True)))
    from scipy.stats import t

    n = before.sum() ** 2 / (before**2).sum()  # Kish
    for kept, interval, gross in (
        (np.minimum(before, after), found.grr_interval(0.9), True),
        (after, found.nrr_interval(0.9), False),
    ):
        ratio = kept.sum() / before.sum()
        error = np.sqrt(n / (n - 1) * ((kept - ratio * before) ** 2).sum()) / before.sum()
        half = t.ppf(0.95, n - 1) * error
        if gross:
            odds = np.exp(half / ratio / (1 - ratio))
            ends = [1 / (1 + (1 - ratio) / ratio * k) for k in (odds, 1 / odds)]
        else:
            ends = [ratio - half, ratio + half]
        assert np.ravel(interval) == pytest.approx(ends, rel=1e-12)


def test_intervals_at_the_edges():
    kept = from_panel(two_months(*[(10.0, 10.0)] * 8))
    assert kept.grr_interval()[0] == pytest.approx([8 / (8 + 1.959963984540054**2)])  # Wilson
    assert kept.grr_interval()[1].tolist() == [1.0]
    gone = from_panel(two_months((10.0, 0.0), (10.0, 0.0)))
    assert gone.grr_interval()[0].tolist() == [0.0]
    assert 0.5 < gone.grr_interval()[1][0] < 1.0
    alone = from_panel(two_months((10.0, 5.0)))
    assert np.isnan(alone.grr_interval()).all()
    assert np.isnan(alone.nrr_interval()).all()
    with pytest.raises(BAD, match="level"):
        alone.grr_interval(1.0)


def test_intervals_cover():
    rng = np.random.default_rng(11)
    n, periods = 150, 1500
    size = rng.lognormal(3.0, 0.5, (periods, n))
    factor = np.where(rng.random((periods, n)) < 0.1, 0.0, rng.uniform(0.7, 1.5, (periods, n)))
    after = size * factor
    kept = np.minimum(size, after)
    true_grr = 0.9 * (0.3 / 0.8 * 0.85 + 0.5 / 0.8)
    sums = {
        "start_revenue": size, "churned_revenue": size * (factor == 0),
        "contraction": (size - kept) * (factor > 0), "expansion": after - kept,
        "end_revenue": after, "start_squared": size**2, "kept_squared": kept**2,
        "start_kept": size * kept, "retained_squared": after**2, "start_retained": size * after,
    }  # fmt: skip
    zero = np.zeros(periods)
    found = Revenue(
        period=np.arange(periods),
        **{name: column.sum(axis=1) for name, column in sums.items()},
        customers=np.full(periods, n), lost=(factor == 0).sum(axis=1),
        reactivated=np.zeros(periods, int), reactivation=zero, new_revenue=zero,
        reactivation_squared=zero, until="2100-01-01",
    )  # fmt: skip
    for truth, (low, high) in ((true_grr, found.grr_interval()), (0.9 * 1.1, found.nrr_interval())):
        assert 0.93 < ((low <= truth) & (truth <= high)).mean() < 0.97


def test_records_of_parts_of_the_customers_add_to_the_whole():
    table = random_spells(6, customers=60)
    table["plan"] = np.where(table["who"] < "c20", "x", "y")
    for options in ({}, {"by": "plan"}, {"since": "2023-05-01"}):
        options = {"since": "2023-01-01", **options}
        whole = retained(table, until="2024-08-01", **options)
        parts = [
            retained(part, until="2024-08-01", **options)
            for _, part in table.groupby(table["who"].str[-1])
        ]
        pooled = sum(parts, Revenue())
        assert pooled == whole  # quarters, and squares of them, are exact
        assert pooled.nrr_interval()[0] == pytest.approx(whole.nrr_interval()[0], nan_ok=True)
    with pytest.raises(BAD, match="until: must be the same"):
        whole + retained(table, until="2024-09-01", since="2023-05-01")
    with pytest.raises(BAD, match="since: must be the same"):
        whole + retained(table, until="2024-08-01")


def test_before_1970():
    panel = two_months((75.0, 50.0), (25.0, 25.0))
    old = panel.assign(month=panel["month"].str.replace("2024", "1961"))
    assert from_panel(old).grr.tolist() == [0.75]
    table = spells(("a", "1961-01-05", "1961-03-05", 10.0))
    assert retained(table, until="1961-05-01").lost.tolist() == [0, 0, 1, 0]


def test_laws_of_order_names_and_units():
    table = random_spells(7)
    cv.testing.check_permutation_invariant(lambda rows: retained(rows, until="2024-05-05"), table)
    whole = retained(table, until="2024-05-05")
    renamed = table.assign(who=-table["who"].str[1:].astype(int) * 10**12)
    assert retained(renamed, until="2024-05-05") == whole
    cents = retained(table.assign(amount=table["amount"] * 100), until="2024-05-05")
    for mine, theirs in ((whole.grr, cents.grr), (whole.grr_interval(), cents.grr_interval())):
        np.testing.assert_allclose(mine, theirs, rtol=1e-9)
    before = table.copy()
    retained(table, by="who")
    pd.testing.assert_frame_equal(table, before)


def test_every_engine(engine):
    table = random_spells(8, customers=12)
    table["plan"] = np.where(table["who"] < "c05", "x", "y")
    found = retained(engine.frame(table), by="plan")
    expected = retained(table, by="plan")
    assert found == expected
    assert engine.owns(found.to_frame())
    assert Revenue.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False))) == found
    assert len(repr(found)) < 400
    panel = two_months((75.0, 50.0), (25.0, 25.0))
    assert from_panel(engine.frame(panel)) == from_panel(panel)


def test_ends_of_every_kind():
    rows = [("a", "2024-01-01", None, 10.0), ("b", "2024-01-01", None, 30.0)]
    expected = retained(spells(*rows))
    for none in (np.nan, pd.NaT, None):
        assert retained(spells(*rows).assign(end=none)) == expected
    never = spells(*rows).assign(end=[dt.datetime(9999, 12, 31), None])
    assert retained(never) == expected
    zoned = spells(*rows).assign(end=pd.NaT)
    zoned["start"] = pd.to_datetime(zoned["start"]).dt.tz_localize("Europe/Paris")
    assert retained(zoned, timezone="Europe/Paris").start_revenue.tolist()[0] == 40.0


def test_policies_are_counted():
    table = spells(
        ("a", "2024-01-01", None, 10.0),
        ("a", "2024-01-05", None, 5.0),
        ("b", "2024-01-01", "2024-01-01", 10.0),
        ("c", "2024-01-01", None, 0.0),
        (None, "2024-01-01", None, 1.0),
        ("d", None, None, 1.0),
        ("e", "2024-01-01", None, np.nan),
        ("f", "2025-01-01", None, 1.0),
    )
    found = retained(table, missing="drop", invalid="drop", until="2024-03-01")
    assert found.notes == {
        "lines without a customer dropped": 1,
        "spells without a start dropped": 1,
        "lines without an amount dropped": 1,
        "spells without a positive amount dropped": 1,
        "spells that do not end after their start dropped": 1,
        "rows that start after `until` left out": 1,
        "spells that start before the customer's one before ends, amounts added": 1,
    }
    assert found.start_revenue.tolist() == [10.0, 15.0]
    panel = pd.DataFrame({"who": ["a", "a", "b", "a", "c"], "amount": [1.0, 2.0, 0.0, 3.0, -1.0],
                          "month": ["2024-01-01"] * 3 + ["2024-02-01"] * 2})  # fmt: skip
    found = from_panel(panel, overlap="sum", invalid="drop")
    assert found.notes == {
        "negative snapshots dropped": 1,
        "snapshots of amount 0: no customer then": 1,
        "customers with several snapshots of a period, amounts added": 1,
    }


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (("b", "2024-01-01", None, -1.0), "amount: must be above 0; got -1 .first at row 1"),
        (("b", "2024-01-01", None, 0.0), "amount: must be above 0"),
        (("b", "2024-01-01", None, np.nan), "amount: has missing values"),
        (("b", "2024-01-01", None, np.inf), "amount: must be finite"),
        (("b", "2024-01-01", None, "much"), "amount: must be numeric"),
        (("b", "2024-01-02", "2024-01-01", 1.0), "end: must be after start"),
        (("b", "2024-01-02", "2024-01-02", 1.0), "end: must be after start"),
        (("b", None, None, 1.0), "start: has missing values"),
        (("b", "soon", None, 1.0), "start: has text that is no date"),
        (("b", "2024-01-01", "later", 1.0), "end: has text that is no date"),
        ((None, "2024-01-01", None, 1.0), "who: has missing values"),
        ((1, "2024-01-01", None, 1.0), "who: customer ids must be of one type"),
    ],
)
def test_bad_spells(row, rule):
    with pytest.raises(BAD, match=rule):
        retained(spells(("a", "2024-01-01", "2024-05-01", 10.0), row))


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"until": None}, "until: must be a date"),
        ({"until": "soon"}, "until: must be a date"),
        ({"since": 5}, "since: must be a date"),
        ({"since": "2025-05-01"}, "until: must be at or after"),
        ({"period": "hour"}, "period: must be one of"),
        ({"overlap": "most"}, "overlap: must be one of"),
        ({"reactivation": True}, "reactivation: must be one of"),
        ({"missing": "keep"}, "missing: must be one of"),
        ({"invalid": None}, "invalid: must be one of"),
        ({"week_start": "noday"}, "week_start: must be one of"),
        ({"timezone": "UTC"}, "has no time zone"),
        ({"by": "amount"}, "must be the same in all lines"),
        ({"customer": "whom"}, "customer: must name a column"),
        ({"overlap": "error"}, "must not hold spells of one customer that overlap"),
    ],
)
def test_bad_arguments(options, rule):
    table = spells(("a", "2024-01-01", "2024-05-01", 10.0), ("a", "2024-04-30", None, 12.0))
    with pytest.raises(BAD, match=rule):
        retained(table, **options)


def test_bad_tables():
    with pytest.raises(BAD, match="must be a data frame"):
        retained([1, 2])
    with pytest.raises(BAD, match="table: must have rows"):
        retained(spells())
    with pytest.raises(BAD, match="no row that the policies keep"):
        retained(spells(("a", "2024-01-01", None, 0.0)), invalid="drop")
    with pytest.raises(BAD, match="amount: must be at least 0; got -1"):
        from_panel(two_months((1.0, -1.0)))
    with pytest.raises(BAD, match="snapshots of one customer and period that overlap"):
        from_panel(two_months((1.0, 1.0), (1.0, 1.0), names="aa"))
    with pytest.raises(BAD, match="until: must be at or after the end"):
        from_panel(two_months((1.0, None)))
    for panel, options in (
        (two_months(), {}),
        (two_months((1.0, 1.0)), {"until": "2020-01-01"}),
        (two_months((-1.0, -1.0)), {"invalid": "drop"}),
    ):
        with pytest.raises(BAD, match="no row that the policies keep"):
            from_panel(panel, **options)
    for options in ({"at": "noon"}, {"overlap": 1}, {"period": "hour"}, {"invalid": "net"}):
        with pytest.raises(BAD, match=f"{next(iter(options))}: must be one of"):
            from_panel(two_months((1.0, 1.0)), **options)


def test_a_month_without_any_snapshot_is_warned_of():
    panel = two_months((1.0, 1.0)).replace("2024-02-01", "2024-03-01")
    with pytest.warns(cv.errors.CustValueWarning, match=r"no row at all in a period .*1 periods"):
        found = from_panel(panel)
    assert found.lost.tolist() == [1, 0]
    assert found.reactivation.tolist() == [0.0, 1.0]


def test_all_zero_snapshots():
    found = from_panel(two_months((0.0, 0.0), (0.0, 5.0)))
    assert found.customers.tolist() == [0]
    assert found.new_revenue.tolist() == [5.0]
    assert np.isnan(from_panel(two_months((0.0, 0.0))).grr).all()
