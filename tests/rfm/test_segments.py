"""Segment maps and segments: partitions, user-defined maps, tables, alignment."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

import custvalue as cv

CUTS = {name: [1, 2, 3, 4] for name in ("days_since_last", "frequency", "monetary")}


def bad(match):
    return pytest.raises(cv.errors.InvalidDataError, match=match)


def of_codes(codes, who=None):
    """Return segments of customers who have these codes."""
    r, f, m = (np.array([int(code[i]) for code in codes]) for i in range(3))
    who = np.arange(len(codes)) if who is None else who
    return cv.rfm.segment(cv.rfm.scores(cv.rfm.RFMValues(who, 6 - r, f, m), cuts=CUTS))


ALL = [f"{r}{f}{m}" for r in range(1, 6) for f in range(1, 6) for m in range(1, 6)]


def test_the_eleven_segments_are_the_circulated_partition():
    known = cv.rfm.segment_map()
    sizes = known.to_frame().set_index("segment")["codes"]
    assert sizes.to_dict() == {
        "Champions": 7, "Loyal": 8, "Potential Loyalist": 24, "New Customers": 7, "Promising": 16,
        "Need Attention": 8, "About To Sleep": 5, "At Risk": 22, "Cannot Lose Them": 8,
        "Hibernating": 14, "Lost": 6,
    }  # fmt: skip
    assert list(sizes.index) == list(known.segments)
    assert sum(len(known.codes_of(name)) for name in known.segments) == 125
    assert known.codes_of("Champions") == ["445", "454", "455", "544", "545", "554", "555"]
    found = of_codes(ALL)
    assert found.scores.code.tolist() == ALL
    by_hand = {code: name for name in known.segments for code in known.codes_of(name)}
    assert found.segment.tolist() == [by_hand[code] for code in ALL]
    assert cv.rfm.SegmentMap.from_dict(known.to_dict()) == known


@pytest.mark.parametrize("name", ["segments_11", "segments_8"])
def test_maps_have_names_and_descriptions_in_two_languages(name):
    english = cv.rfm.segment_map(name)
    chinese = cv.rfm.segment_map(name, language="zh")
    np.testing.assert_array_equal(english.place, chinese.place)
    for one, other in ((english.segments, chinese.segments),
                       (english.descriptions, chinese.descriptions)):  # fmt: skip
        assert all(one)
        assert all(text.isascii() for text in one)
        assert not any(text.isascii() for text in other)
    with bad("must be text, or texts by language with 'fr' among them"):
        cv.rfm.segment_map(name, language="fr")


def test_eight_segments_of_high_and_low():
    cuts = {"days_since_last": [30], "frequency": [2], "monetary": [100]}
    values = cv.rfm.RFMValues(["a", "b"], [10, 90], [5, 5], [500, 20])
    found = cv.rfm.segment(cv.rfm.scores(values, cuts=cuts), "segments_8", language="zh")
    assert found.segment.tolist() == ["重要价值客户", "一般保持客户"]
    with bad("map: must be for 2 scores"):
        cv.rfm.segment(found.scores)


TOML = """
bins = 2
[[segment]]
name = "good"
rules = [{r = [2, 2], f = [2, 2]}, {m = [2, 2]}]
[[segment]]
name = {en = "rest"}
description = "What is left."
rules = [{}]
"""


def test_own_maps_from_files_and_mappings(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(TOML, encoding="utf-8")
    mine = cv.rfm.segment_map(file)
    assert mine == cv.rfm.segment_map(str(file))
    assert (mine.name, mine.segments) == ("mine", ("good", "rest"))
    assert mine.descriptions == ("", "What is left.")
    assert mine.codes_of("good") == ["112", "122", "212", "221", "222"]
    assert cv.rfm.segment_map(mine) is mine
    listed = cv.rfm.segment_map({"low": ALL[:50], "high": ALL[50:]})
    assert listed.codes_of("low") == ALL[:50]


def test_the_order_of_rules_decides():
    first = cv.rfm.segment_map({"recent": {"r": [4, 5]}, "big": {"m": [4, 5]}, "rest": {}})
    second = cv.rfm.segment_map({"big": {"m": [4, 5]}, "recent": {"r": [4, 5]}, "rest": {}})
    assert "555" in first.codes_of("recent")
    assert "555" in second.codes_of("big")


@pytest.mark.parametrize(
    ("source", "match"),
    [
        ({"a": ALL[1:]}, "got '111'. This code is missing"),
        ({"a": ALL, "b": ["555", "554"]}, r"554 \(a, b\), 555 \(a, b\)'. This code is doubled"),
        ({"a": [*ALL, "111"]}, r"111 \(a, a\)'. This code is doubled"),
        ({"a": [*ALL, "666"]}, "'666'. This code does not exist"),
        ({"a": ["555"]}, "and 116 more'. This code is missing"),
        ({"a": {"r": [2, 5]}}, "'111, 112, .* and 17 more'. This code is in no segment"),
        ({"a": {"x": [1, 2]}}, "a: must have rules on r, f, m"),
        ({"a": {"r": [2, 1]}}, "a: r: must be the lowest and the highest score, 1 to 5"),
        ({"a": {"r": [1, 6]}}, "a: r: must be the lowest"),
        ({"a": {"r": 5}}, "a: r: must be the lowest"),
        ({"a": {"r": ["x", 5]}}, "a: r: must be numbers"),
        ({"a": {}, "b": ["555"]}, "must all have codes, or all have rules"),
        ({"a": "555"}, "a: must be a list of codes or rules"),
        ({"a": []}, "a: must be a list of codes or rules"),
        ({"segment": [{"name": "a"}]}, "must all have codes, or all have rules"),
        ({"segment": [{"codes": ALL}]}, "name: must be text"),
        ({"segment": [{"name": "a", "codes": ALL[:60]}, {"name": "a", "codes": ALL[60:]}]},
         "segments: must differ"),
        ({"segment": 5}, "segment: must be tables"),
        ({}, "must all have codes, or all have rules"),
        ({"bins": 12, "segment": []}, "bins: must be at most 9"),
        ("segments_12", "must be one of segments_11, segments_8, or the path"),
        ({"segment": [{"name": "a", "codes": ALL, "rules": [{}]}]}, "codes or rules, not both"),
        ({"segment": [{"name": "a", "rules": 5}]}, "a: must be a list of rules"),
        ({"a": {}, "b": {"r": [1, 2]}}, r"segments: must have at least one code each; got \['b'"),
        ({"segment": [{"name": "a", "codes": ALL}, {"name": "b", "codes": []}]}, "at least one"),
        ({"(new)": ALL}, "segments: must not be named as a row or column of migrations"),
        ({"(absent)": ALL}, "segments: must not be named"),
        ({"before": {}}, "segments: must not be named"),
        ("\0", "must be one of segments_11"),
        (5, "map: must be a name, a path, a mapping or a SegmentMap"),
        (None, "map: must be a name"),
    ],
)  # fmt: skip
def test_bad_maps(source, match):
    with bad(match):
        cv.rfm.segment_map(source)


def test_a_language_is_text():
    for source in ("segments_11", {"a": {}}):
        with bad("language: must be a str"):
            cv.rfm.segment_map(source, language=[])


def test_a_table_of_segments_by_hand(engine):
    frame = engine.frame({
        "customer": ["a", "b", "c", "d"], "days_since_last": [1, 1, 5, 1],
        "frequency": [5, 5, 1, 5], "monetary": [5.0, 7.0, 0.5, 9.0],
    })  # fmt: skip
    values = cv.rfm.RFMValues.from_table(frame)
    found = cv.rfm.segment(cv.rfm.scores(values, cuts=CUTS))
    assert engine.owns(found.to_frame())
    table = cv.rfm.segment_table(found, {"clv": [1.0, 2.0, 3.0, 4.0]})
    shown = engine.pandas(table.to_frame()).set_index("segment")
    assert engine.owns(table.to_frame())
    assert len(shown) == 11
    champions, lost, none = (shown.loc[name] for name in ("Champions", "Lost", "Loyal"))
    assert (champions["customers"], champions["revenue"], champions["mean_clv"]) == (3, 21, 7 / 3)
    assert champions["mean_days_since_last"] == 1
    assert (lost["customers"], lost["share"], lost["mean_frequency"]) == (1, 0.25, 1)
    assert (none["customers"], none["share"], none["revenue"]) == (0, 0, 0)
    assert np.isnan(none["mean_monetary"])
    assert lost["revenue_share"] == pytest.approx(0.5 / 21.5, rel=1e-14)
    medians = engine.pandas(found.medians({"clv": [1.0, 2.0, 3.0, 4.0]})).set_index("segment")
    assert medians.loc["Champions"].tolist() == [1, 5, 7, 2]
    assert medians.loc["Loyal"].isna().all()


def test_intervals_are_those_of_the_formulas():
    from scipy import stats

    rng = np.random.default_rng(4)
    found = of_codes(rng.choice(ALL, 400))
    money = rng.gamma(2, 30, 400)
    table = cv.rfm.segment_table(found, {"money": money})
    at = list(table.order).index("At Risk")
    mine = money[found.segment == "At Risk"]
    low, high = table.mean_interval("money", 0.9)
    expected = stats.t.interval(0.9, len(mine) - 1, mine.mean(), stats.sem(mine))
    np.testing.assert_allclose((low[at], high[at]), expected, rtol=1e-9)
    share = mine.sum() / money.sum()
    residual = money * ((found.segment == "At Risk") - share)
    deviation = residual.std(ddof=1) * 20 / money.sum()  # sum of residuals is 0; 20 = sqrt(400)
    low, high = table.sums_share_interval("money")
    np.testing.assert_allclose((high - low)[at] / 2, 1.959963984540054 * deviation, rtol=1e-9)
    low, high = table.share_interval()
    ci = stats.binomtest(len(mine), 400).proportion_ci(0.95, "wilson")
    np.testing.assert_allclose((low[at], high[at]), ci, rtol=1e-12)


def test_adding_tables_is_pooling_customers():
    rng = np.random.default_rng(5)
    codes = rng.choice(ALL, 300)
    whole = cv.rfm.segment_table(of_codes(codes))
    parts = [cv.rfm.segment_table(of_codes(codes[part])) for part in (slice(90), slice(90, None))]
    pooled = sum(parts, cv.rfm.SegmentTable())
    np.testing.assert_allclose(pooled.scatter, whole.scatter, rtol=1e-12, atol=1e-12)
    assert dataclasses.replace(pooled, scatter=whole.scatter) == whole
    assert parts[0] + cv.rfm.SegmentTable() == parts[0]
    assert cv.rfm.SegmentTable.from_dict(whole.to_dict()) == whole
    assert len(repr(whole)) < 400
    assert repr(cv.rfm.SegmentTable()) == "SegmentTable(customers=0, segments=0)"
    with bad("measures: must be the same in both"):
        parts[0] + cv.rfm.segment_table(of_codes(ALL), {"clv": np.ones(125)})


def test_intervals_of_means_do_not_cancel_where_values_are_large():
    clv = 1e9 + np.arange(100) % 2
    half = 1.984216951508642 * np.sqrt(25 / 99 / 100)  # t(0.975, 99), sqrt(sum of 1/4 / 99 / 100)

    def table(part):
        return cv.rfm.segment_table(of_codes(["555"] * len(clv[part])), {"clv": clv[part]})

    uneven = table(slice(7)) + table(slice(7, 60)) + table(slice(60, None))
    for one in (table(slice(None)), uneven):
        low, high = one.mean_interval("clv")
        assert (high - low)[list(one.order).index("Champions")] / 2 == pytest.approx(half, rel=1e-5)


@pytest.mark.parametrize(
    ("change", "match"),
    [({"money": "mean"}, "money"), ({"as_of": "2024-01-31"}, "as_of"), ({"cuts": 0}, "cuts")],
)
def test_tables_of_other_scores_do_not_add(change, match):
    scores = of_codes(["555", "111"]).scores
    if "cuts" in change:
        cuts = {name: np.add(column, 1) for name, column in CUTS.items()}
        other = dataclasses.replace(scores, cuts=cv.rfm.scores(scores.values, cuts=cuts).cuts)
    else:
        other = dataclasses.replace(scores, values=dataclasses.replace(scores.values, **change))
    one, two = (cv.rfm.segment_table(cv.rfm.segment(found)) for found in (scores, other))
    with bad(f"{match}: must be the same in both"):
        one + two
    assert cv.rfm.SegmentTable.from_dict(two.to_dict()) == two


def test_segments_survive_json_and_show_medians():
    found = of_codes(["555", "111", "554"])
    assert cv.rfm.Segments.from_dict(found.to_dict()) == found
    table = found.medians().set_index("segment")
    assert table.loc["Champions", "monetary"] == 4.5
    assert found.to_frame()["segment"].tolist() == ["Champions", "Lost", "Champions"]


def test_columns_are_aligned_by_customer(cdnow):
    bought = cv.occasions(cdnow, customer="customer_id", time="date", amount="spend")
    found = cv.rfm.segment(cv.rfm.scores(cv.rfm.values(bought)))
    summary = bought.summary(unit="week")
    model = cv.clv.BetaGeo(r=0.243, alpha=4.414, a=0.793, b=2.426)
    order = np.random.default_rng(2).permutation(len(summary))
    n = len(summary)
    alive = np.asarray(model.probability_alive(summary.frequency, summary.recency, summary.T))
    worth = cv.clv.LifetimeValues(
        summary.customer[order], np.ones(n), alive[order], np.ones(n), np.ones(n),
        alive[order] * 2, None, 1.0, "year", 0.1, 1.0, 0.0,
    )  # fmt: skip
    by_record = cv.rfm.segment_table(found, worth)
    shown = by_record.to_frame().set_index("segment")
    expected = pd.Series(alive).groupby(found.segment).mean()
    for name, mean in expected.items():
        assert shown.loc[name, "mean_probability_alive"] == pytest.approx(mean, rel=1e-12)
    assert shown.loc["Lost", "mean_value"] == pytest.approx(2 * expected["Lost"], rel=1e-12)
    by_frame = cv.rfm.segment_table(found, worth.to_frame())
    by_mapping = cv.rfm.segment_table(
        found, {"customer": worth.customer, "probability_alive": worth.probability_alive}
    )
    for table in (by_frame, by_mapping):
        np.testing.assert_array_equal(
            table.mean("probability_alive"), by_record.mean("probability_alive")
        )
    with bad("extra: must have one row per customer, without weights"):
        cv.rfm.segment_table(found, dataclasses.replace(worth, weight=np.ones(n)))


@pytest.mark.parametrize(
    ("extra", "match"),
    [
        ({"customer": ["a"], "clv": [1.0]}, "extra: must have every customer of the segments"),
        ({"customer": ["a", "b", "b"], "clv": [1.0, 2, 3]}, "extra: must have each customer once"),
        ({"customer": [1, 2], "clv": [1.0, 2]}, "text in one and numbers in the other"),
        ({"customer": ["a", "b"], "clv": [1.0]}, "clv: must have one value for each of 2"),
        ({"clv": [1.0]}, "clv: must have one value for each of 2"),
        ({"clv": [1.0, np.nan]}, "clv: must be finite"),
        ({"clv": ["x", "y"]}, "clv: must be numbers"),
        ({"revenue": [1.0, 2]}, "must be named by text other than"),
        ({5: [1.0, 2]}, "must be named by text other than"),
        (pd.DataFrame({"clv": [1.0, 2]}), "must be a mapping, or a frame or record with customers"),
        (5, "must be a mapping, or a frame or record with customers"),
    ],
)
def test_bad_columns(extra, match):
    found = of_codes(["555", "111"], ["a", "b"])
    with bad(match):
        cv.rfm.segment_table(found, extra)


def test_bad_questions():
    found = of_codes(["555", "111"])
    with bad("extra: must be named by text other than segment, days_since_last"):
        found.medians({"segment": [1.0, 2.0]})
    with bad("scores: must be a RFMScores"):
        cv.rfm.segment(found.scores.values)
    with bad("segments: must be a Segments"):
        cv.rfm.segment_table(found.scores)
    with bad("measure: must be one of"):
        cv.rfm.segment_table(found).mean("age")
    with bad("level: must be below 1"):
        cv.rfm.segment_table(found).mean_interval("revenue", 95)
    with bad("segment: must be one of"):
        found.map.codes_of("Best")


def test_revenue_is_not_made_up_of_repeat_means():
    values = cv.rfm.RFMValues(["a", "b"], [1, 1], [5, 5], [5.0, 7.0], money="repeat mean")
    table = cv.rfm.segment_table(cv.rfm.segment(cv.rfm.scores(values, cuts=CUTS)))
    assert np.isnan(table.sums("revenue")[0])
    assert table.mean("monetary")[0] == 6.0
    values = dataclasses.replace(values, money="mean")
    table = cv.rfm.segment_table(cv.rfm.segment(cv.rfm.scores(values, cuts=CUTS)))
    assert table.sums("revenue")[0] == 60.0


def test_notes_of_parts_add_to_those_of_all():
    """Scores that nobody of a part has are no counts of customers."""
    values = cv.rfm.RFMValues(range(6), [1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 1],
                              [1.0, np.nan, 3, 4, np.nan, 2])  # fmt: skip

    def table(rows):
        columns = {name: getattr(values, name)[rows] for name in values._columns}
        part = cv.rfm.RFMValues(**columns, notes={"lines dropped": 2})
        scored = cv.rfm.scores(part, cuts=CUTS, unknown="lowest")
        return cv.rfm.segment_table(cv.rfm.segment(scored))

    unknown = "customers of unknown money, scored 1 for it"
    added = table(slice(0, 3)) + table(slice(3, 6))
    assert added.notes == {"lines dropped": 4, unknown: 2}
    assert table(slice(0, 6)).notes == {"lines dropped": 2, unknown: 2}
