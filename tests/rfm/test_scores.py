"""RFM scores and cut points: definitions, laws, engines, bad input."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import custvalue as cv

SCHEMES = ("quantile", "equal_frequency", "nested")
COLUMNS = ["days_since_last", "frequency", "monetary"]


def bad(match):
    return pytest.raises(cv.errors.InvalidDataError, match=match)


def made(days, frequency, monetary, who=None):
    who = np.arange(len(days)) if who is None else who
    return cv.rfm.RFMValues(who, days, frequency, monetary)


def drawn(n=4000, seed=1):
    rng = np.random.default_rng(seed)
    days = rng.integers(0, 400, n)
    return made(days, rng.geometric(0.4, n), rng.gamma(2, 30, n).round(2) - 5)


def quantile_by_hand(x, bins):
    """Score = 1 + number of i with value > the smallest v such that share(x <= v) >= i / bins."""
    if len(set(x)) == 1:
        return [(bins + 1) // 2] * len(x)
    n = len(x)
    cuts = [min(v for v in x if bins * sum(y <= v for y in x) >= i * n) for i in range(1, bins)]
    return [1 + sum(v > cut for cut in cuts) for v in x]


def equal_frequency_by_hand(x, bins):
    """Score = ceil(bins * mid-rank / n), in integers."""
    n = len(x)
    twice = [2 * sum(y < v for y in x) + sum(y == v for y in x) for v in x]
    return [-(-bins * t // (2 * n)) for t in twice]


numbers = st.lists(st.integers(1, 12), min_size=1, max_size=40)


@given(x=numbers, bins=st.integers(2, 9))
def test_quantile_scores_follow_their_definition(x, bins):
    found = cv.rfm.scores(made(x, x, x), bins=bins)
    expected = quantile_by_hand(x, bins)
    assert found.f.tolist() == expected
    assert found.m.tolist() == expected
    if len(set(x)) > 1:
        assert (bins + 1 - found.r).tolist() == expected


@given(x=numbers, bins=st.integers(2, 9))
def test_equal_frequency_scores_follow_their_definition(x, bins):
    found = cv.rfm.scores(made(x, x, x), bins=bins, scheme="equal_frequency")
    expected = equal_frequency_by_hand(x, bins)
    assert found.f.tolist() == expected
    if len(set(x)) > 1:
        assert (bins + 1 - found.r).tolist() == expected


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(1, 4), st.integers(0, 9)), min_size=1,
             max_size=60),
    st.integers(2, 5),
)  # fmt: skip
def test_nested_scores_are_of_equal_frequency_within_groups(rows, bins):
    days, count, money = (np.array(column) for column in zip(*rows, strict=True))
    found = cv.rfm.scores(made(days, count, money), bins=bins, scheme="nested")
    alone = cv.rfm.scores(made(days, count, money), bins=bins, scheme="equal_frequency")
    np.testing.assert_array_equal(found.r, alone.r)
    for r in np.unique(found.r):
        of_r = found.r == r
        assert found.f[of_r].tolist() == equal_frequency_by_hand(count[of_r].tolist(), bins)
        for f in np.unique(found.f[of_r]):
            cell = of_r & (found.f == f)
            assert found.m[cell].tolist() == equal_frequency_by_hand(money[cell].tolist(), bins)


def test_without_ties_quantiles_make_groups_of_equal_size():
    x = np.random.default_rng(3).permutation(1000) + 1
    for scheme in ("quantile", "equal_frequency"):
        found = cv.rfm.scores(made(x, x, x), scheme=scheme)
        for scores in (found.r, found.f, found.m):
            assert np.bincount(scores).tolist() == [0, 200, 200, 200, 200, 200]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_scores_depend_on_values_alone(scheme):
    values = drawn()
    found = cv.rfm.scores(values, scheme=scheme)
    order = np.random.default_rng(0).permutation(len(values))
    columns = [getattr(values, name) for name in COLUMNS]
    shuffled = cv.rfm.scores(made(*(c[order] for c in columns), who=order.astype(str)),
                             scheme=scheme)  # fmt: skip
    rescaled = cv.rfm.scores(made(columns[0] * 24, columns[1], columns[2] / 10_000), scheme=scheme)
    for letter in "rfm":
        mine = getattr(found, letter)
        np.testing.assert_array_equal(getattr(shuffled, letter), mine[order])
        np.testing.assert_array_equal(getattr(rescaled, letter), mine)
    table = found.to_frame()  # ties: one score for one value (nested: within r, and r and f)
    nested = scheme == "nested"
    keys = {"r": [], "f": ["r"] * nested, "m": ["r", "f"] * nested}
    for (letter, within), column in zip(keys.items(), COLUMNS, strict=True):
        assert (table.groupby([*within, column])[letter].nunique() == 1).all()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_higher_is_better_in_every_scheme(scheme):
    found = cv.rfm.scores(drawn(), scheme=scheme)
    by_days = np.argsort(found.values.days_since_last, kind="stable")
    assert (np.diff(found.r[by_days].astype(int)) <= 0).all()
    assert found.r[by_days[0]] == 5
    assert found.r[by_days[-1]] == 1
    if scheme != "nested":
        assert (np.diff(found.f[np.argsort(found.values.frequency)].astype(int)) >= 0).all()
        assert (np.diff(found.m[np.argsort(found.values.monetary)].astype(int)) >= 0).all()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("bins", "middle"), [(5, "333"), (3, "222"), (4, "222"), (2, "111")])
@pytest.mark.parametrize("n", [1, 100])
def test_a_constant_column_scores_in_the_middle(scheme, bins, middle, n):
    found = cv.rfm.scores(made([7] * n, [1] * n, [5.0] * n), bins=bins, scheme=scheme)
    assert set(found.code) == {middle}
    assert cv.rfm.RFMScores.from_dict(found.to_dict()) == found


@pytest.mark.parametrize("scheme", SCHEMES)
def test_cut_points_score_the_same_customers_the_same_and_travel_as_json(scheme):
    import json

    found = cv.rfm.scores(drawn(), scheme=scheme)
    again = cv.rfm.CutPoints.from_dict(json.loads(json.dumps(found.cuts.to_dict())))
    assert again == found.cuts
    assert cv.rfm.scores(found.values, cuts=again).code.tolist() == found.code.tolist()
    assert again.scheme == scheme
    assert len(repr(found)) < 400
    assert len(repr(found.cuts)) < 400
    assert len(found.cuts.to_frame()) == {"nested": 4 * 31}.get(scheme, 12)
    few = found.values.customer[:3]
    values = found.values
    one = cv.rfm.scores(made(values.days_since_last[:3], values.frequency[:3],
                             values.monetary[:3], few), cuts=again)  # fmt: skip
    assert one.code.tolist() == found.code[:3].tolist()


def test_fixed_cut_points_are_closed_on_the_right():
    cuts = {"days_since_last": [30, 90], "frequency": [1, 3], "monetary": [0, 100]}
    found = cv.rfm.scores(
        made([0, 30, 31, 90, 91], [1, 2, 3, 4, 9], [-5, 0, 0.01, 100, 101]), cuts=cuts
    )
    assert found.code.tolist() == ["311", "321", "222", "232", "133"]
    assert found.bins == 3
    r, f, m = found.cuts.score(30, [[1], [4]], [0, 1])
    assert r.tolist() == [[3, 3], [3, 3]]
    assert f.tolist() == [[1, 1], [3, 3]]
    assert m.tolist() == [[1, 2], [1, 2]]


def test_cut_points_keep_no_array_that_somebody_writes_to():
    mine = np.array([1.0, 2.0])
    cuts = cv.rfm.CutPoints(mine, mine, mine)
    mine[0] = 9.0
    assert cuts.monetary.tolist() == [1.0, 2.0]


def test_scores_are_the_same_on_any_number_of_threads():
    values = drawn(300_000)
    for scheme in SCHEMES:
        with cv._chunks.threads(1):
            one = cv.rfm.scores(values, scheme=scheme).code_index
        with cv._chunks.threads(3):
            np.testing.assert_array_equal(cv.rfm.scores(values, scheme=scheme).code_index, one)


def test_combined_is_the_weighted_mean():
    values = made([1, 2, 3], [3, 2, 1], [30, 10, 20])
    found = cv.rfm.scores(values, bins=3)
    assert found.code.tolist() == ["333", "221", "112"]
    np.testing.assert_allclose(found.combined, [3, 5 / 3, 4 / 3], rtol=1e-15)
    weighted = cv.rfm.scores(values, bins=3, weights={"m": 2, "r": 1, "f": 1})
    np.testing.assert_allclose(weighted.combined, [3, 6 / 4, 6 / 4], rtol=1e-15)
    assert weighted.weights == (1.0, 1.0, 2.0)
    assert cv.rfm.scores(values, bins=3, weights=[0, 0, 9]).combined.tolist() == [3.0, 1.0, 2.0]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_engines_and_sql_agree_with_numpy(engine, scheme):
    found = cv.rfm.scores(drawn(600), scheme=scheme)
    new = drawn(300, seed=9).to_frame()
    mine = found.cuts.score(*(new[name] for name in COLUMNS))
    frame = engine.frame(new)
    scored = found.cuts.apply(frame)
    assert engine.owns(scored)
    table = engine.pandas(scored).sort_values("customer")
    for letter, expected in zip("rfm", mine, strict=True):
        assert table[letter].tolist() == expected.tolist()
    if engine.name == "duckdb":
        connection = duckdb.connect()
        connection.register("customers", new)
        query = found.cuts.sql("customers") + " ORDER BY customer"
        table = connection.sql(query).df()
        assert list(table.columns) == [*new.columns, "r", "f", "m"]
        for letter, expected in zip("rfm", mine, strict=True):
            assert table[letter].tolist() == expected.tolist()


def test_what_is_not_known_has_no_score_in_an_engine_and_is_refused_in_a_frame():
    cuts = cv.rfm.CutPoints([30, 90], [1, 3], [0.1, 100])
    table = pd.DataFrame(
        {'d"': [1.0, np.nan, 50, 50], "frequency": 2, "monetary": [0.1, 1, np.inf, 2]}
    )
    connection = duckdb.connect()
    connection.register("customers", table)
    rows = "(SELECT * FROM customers)"
    found = connection.sql(cuts.sql(rows, days_since_last='d"')).fetchall()
    expected = [(3, 2, 1), (None, 2, 2), (2, 2, None), (2, 2, 2)]
    assert [row[3:] for row in found] == expected
    connection.register("plainly", table.rename(columns={'d"': "d"}))  # DuckDB 1.4 cannot quote it
    lazy = cuts.apply(connection.sql("FROM plainly"), days_since_last="d").fetchall()
    assert [row[3:] for row in lazy] == expected
    import polars as pl

    lazy = cuts.apply(pl.from_pandas(table, nan_to_null=False).lazy(), days_since_last='d"')
    assert [row[3:] for row in lazy.collect().rows()] == expected
    with bad("days_since_last: must be finite"):
        cuts.apply(table, days_since_last='d"')


def test_apply_keeps_the_index_and_refuses_to_overwrite():
    cuts = cv.rfm.CutPoints([30, 90], [1, 3], [0, 100])
    table = drawn(5).to_frame().set_index(np.array(list("vwxyz")))
    before = table.copy()
    assert cuts.apply(table).index.tolist() == list("vwxyz")
    assert cuts.apply(table)["r"].tolist() == cuts.score(*(table[n] for n in COLUMNS))[0].tolist()
    pd.testing.assert_frame_equal(table, before)
    with bad("r: must not be in the frame yet"):
        cuts.apply(table.assign(r=1))
    with pytest.raises(cv.errors.ColumnNotFoundError, match="Did you mean 'monetary'"):
        cuts.apply(table, monetary="monetari")
    import polars as pl

    text = pl.DataFrame({"days_since_last": ["a"], "frequency": [1], "monetary": [1]}).lazy()
    with bad("days_since_last: must be numeric"):
        cuts.apply(text)


def test_numbers_in_sql_are_doubles_to_the_last_digit():
    x = float(np.nextafter(0.1, 1))
    cuts = cv.rfm.CutPoints([0.1], [1], [123456.789])
    text = cuts.sql(f"(SELECT {x!r}::DOUBLE AS d, 1 AS n, 123456.789::DECIMAL(12, 3) AS m)",
                    days_since_last="d", frequency="n", monetary="m")  # fmt: skip
    connection = duckdb.connect()
    assert connection.sql(text).fetchall()[0][3:] == (1, 1, 1)


@pytest.mark.parametrize(
    ("cuts", "match"),
    [
        (([2, 1], [1, 2], [1, 2]), "days_since_last: must not fall"),
        (([1, 2], [1, np.nan], [1, 2]), "frequency: must not be missing"),
        (([1, 2], [1], [1, 2]), "must be equally many in each column"),
        (([], [], []), "must be equally many in each column, 1 to 8"),
        ((range(9), range(9), range(9)), "1 to 8"),
        ((1, 2, 3), "must be a row of cut points"),
        ((["a"], ["b"], ["c"]), "must be numbers"),
        (([1], [1], [[[[1]]]]), "must be equally many"),
        (([[1]], [1], [1]), "must be equally many"),
        ((None, [1], [1]), "must be numbers"),
    ],
)
def test_bad_cut_points(cuts, match):
    with bad(match):
        cv.rfm.CutPoints(*cuts)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"bins": 1}, "bins: must be at least 2"),
        ({"bins": 10}, "bins: must be at most 9"),
        ({"bins": 2.5}, "bins: must be whole"),
        ({"bins": "5"}, "bins: must be numbers"),
        ({"scheme": "ntile"}, "scheme: must be one of 'quantile', 'equal_frequency', 'nested'"),
        ({"weights": (1, 2)}, "weights: must be three numbers"),
        ({"weights": (0, 0, 0)}, "weights: must be three numbers, not all 0"),
        ({"weights": (1, -1, 1)}, "weights: must be at least 0"),
        ({"weights": {"r": 1}}, "weights: must be numbers"),
        ({"cuts": {"days_since_last": [1]}}, "cuts: must be CutPoints or map"),
        ({"cuts": [1, 2]}, "cuts: must be CutPoints or map"),
    ],
)
def test_bad_questions(arguments, match):
    with bad(match):
        cv.rfm.scores(drawn(20), **arguments)


@pytest.mark.parametrize("scheme", ["quantile", "equal_frequency", "nested"])
def test_one_time_buyers_of_a_summary_have_the_lowest_score_of_money(cdnow, scheme):
    bought = cv.occasions(cdnow, customer="customer_id", time="date", amount="spend")
    values = cv.rfm.values(bought.summary(), monetary="mean")
    with pytest.raises(cv.errors.InvalidDataError, match=r'monetary.*unknown="lowest"'):
        cv.rfm.scores(values, scheme=scheme)
    scored = cv.rfm.scores(values, scheme=scheme, unknown="lowest")
    once = np.isnan(values.monetary)
    assert (scored.m[once] == 1).all()
    assert scored.notes["customers of unknown money, scored 1 for it"] == once.sum() > 1000
    if scheme != "nested":  # cut points are those of who is known
        known = cv.rfm.RFMValues(*(getattr(values, name)[~once] for name in values._columns))
        alone = cv.rfm.scores(known, scheme=scheme)
        assert scored.cuts.monetary.tolist() == alone.cuts.monetary.tolist()
        np.testing.assert_array_equal(scored.m[~once], alone.m)
    assert cv.rfm.RFMScores.from_dict(scored.to_dict()) == scored
    segments = cv.rfm.segment(scored)
    money = segments.medians().set_index("segment")["monetary"]
    assert money.isna()["Lost"]
    assert money["Champions"] > 0
    assert cv.rfm.segment_table(segments).sizes.sum() == len(values)


def test_what_is_not_known_of_anybody_gives_no_cut_points():
    values = cv.rfm.RFMValues(["a", "b"], [1, 2], [1, 1], [np.nan, np.nan], money="repeat mean")
    with pytest.raises(cv.errors.InvalidDataError, match="monetary: must be known to be scored"):
        cv.rfm.scores(values, unknown="lowest")
    fixed = {"days_since_last": [1], "frequency": [1], "monetary": [5]}
    assert cv.rfm.scores(values, cuts=fixed, unknown="lowest").m.tolist() == [1, 1]
    for unknown in ("highest", None, []):
        with pytest.raises(cv.errors.InvalidDataError, match="unknown: must be one of"):
            cv.rfm.scores(values, cuts=fixed, unknown=unknown)


def test_scores_need_values():
    with bad("values: must be a RFMValues"):
        cv.rfm.scores(pd.DataFrame())
    with bad("monetary: must be known to be scored"):
        cv.rfm.scores(made([1, 2], [1, 1], [np.nan, 1]))
    with bad("must have shapes that broadcast"):
        cv.rfm.CutPoints([1], [1], [1]).score([1, 2], [1, 2, 3], 1)
    with bad("frequency: must be finite"):
        cv.rfm.CutPoints([1], [1], [1]).score([1, 2], [1, np.nan], 1)
