"""What all measures of agreement share: ways in, laws, sums of records, JSON, bad input."""

from __future__ import annotations

import dataclasses
import decimal
import json
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custvalue.errors import ColumnNotFoundError, InvalidDataError
from custvalue.maturity import (
    ICC,
    CohenKappa,
    FleissKappa,
    KrippendorffAlpha,
    cohen_kappa,
    fleiss_kappa,
    icc,
    krippendorff_alpha,
)
from custvalue.maturity._conventions import word as words

from .agreement_data import KRIPPENDORFF

METRICS = ("nominal", "ordinal", "interval", "ratio")
# name -> (measure of a complete table of numbers, raters that it takes)
MEASURES = {
    **{f"alpha {m}": (partial(krippendorff_alpha, metric=m), 3) for m in METRICS},
    "fleiss": (fleiss_kappa, 3),
    "cohen": (cohen_kappa, 2),
    "cohen linear": (partial(cohen_kappa, weights="linear"), 2),
    "cohen quadratic": (partial(cohen_kappa, weights="quadratic"), 2),
    **{
        f"icc {form}": (partial(icc, form=form), 3) for form in ("ICC(1,1)", "ICC(2,1)", "ICC(3,k)")
    },
}
OF_TEXT = {name: MEASURES[name] for name in ("alpha nominal", "fleiss", "cohen")}
each = pytest.mark.parametrize("name", MEASURES)
of_text = pytest.mark.parametrize("name", OF_TEXT)


def example(name: str, units: int = 40, seed: int = 0) -> np.ndarray:
    source = np.random.default_rng(seed)
    truth = source.integers(1, 6, (units, 1))
    return np.clip(truth + source.integers(-1, 2, (units, MEASURES[name][1])), 1, 5)


def numbers(record) -> list[float]:
    return [record.value, record.standard_error, *record.interval()]


# ---- ways in


@each
def test_wide_long_and_array_are_the_same(engine, name):
    measure, table = MEASURES[name][0], example(name)
    raters = [f"rater {i + 1}" for i in range(table.shape[1])]
    wide = pd.DataFrame(table, columns=raters)
    long = wide.rename_axis("practice").reset_index()
    long = long.melt("practice", var_name="who", value_name="score")
    long = long.sample(frac=1.0, random_state=1, ignore_index=True)
    expected = measure(table)
    frames = engine.frame(wide), engine.frame(long)
    before = [engine.pandas(frame).copy() for frame in frames]
    for found in (
        measure(frames[0], raters=raters),
        measure(frames[1], unit="practice", rater="who", rating="score"),
    ):
        assert found == expected
        assert numbers(found) == numbers(expected)
        assert engine.owns(found.to_frame())
    for frame, kept in zip(frames, before, strict=True):
        pd.testing.assert_frame_equal(engine.pandas(frame), kept)


@of_text
def test_text_comes_in_from_every_engine(engine, name):
    measure, table = MEASURES[name][0], example(name)
    words = np.array(["", "N", "P", "L", "F", "X"], dtype=object)[table]
    raters = [f"rater {i + 1}" for i in range(table.shape[1])]
    found = measure(engine.frame(pd.DataFrame(words, columns=raters)), raters=raters)
    assert found == measure(words)
    assert found.value == pytest.approx(measure(table).value, abs=1e-14)


def test_missing_ratings_come_in_from_every_engine(engine):
    expected = krippendorff_alpha(KRIPPENDORFF, metric="ordinal")
    wide = pd.DataFrame(KRIPPENDORFF, columns=list("abcd"))
    found = krippendorff_alpha(engine.frame(wide), metric="ordinal", raters=list("abcd"))
    assert found == expected
    words = wide.map(lambda x: None if np.isnan(x) else f"level {x:.0f}").astype(object)
    ranks = [f"level {i}" for i in range(1, 6)]
    text = krippendorff_alpha(
        engine.frame(words), metric="ordinal", raters=list("abcd"), order=ranks
    )
    assert (text.value, text.notes) == (expected.value, expected.notes)
    long = wide.rename_axis("unit").reset_index().melt("unit")
    for rows in (long, long.dropna()):
        found = krippendorff_alpha(
            engine.frame(rows), metric="ordinal", unit="unit", rater="variable", rating="value"
        )
        assert found.value == expected.value
    # the rater need not be known
    found = krippendorff_alpha(long, metric="ordinal", unit="unit", rating="value")
    assert found.value == expected.value


def test_raters_to_keep_of_a_long_table():
    table = example("fleiss")
    long = pd.DataFrame(table, columns=list("abc")).rename_axis("u").reset_index().melt("u")
    columns = {"unit": "u", "rater": "variable", "rating": "value"}
    found = cohen_kappa(long, raters=["c", "a"], **columns)
    expected = cohen_kappa(table[:, [2, 0]])
    assert (found.table.tolist(), found.raters) == (expected.table.tolist(), ("c", "a"))
    assert found.notes == {"ratings by other raters left out": 40}
    two = icc(long, raters=["c", "a"], **columns)
    assert two.value == pytest.approx(icc(table[:, [2, 0]]).value)
    with pytest.raises(InvalidDataError, match=r"raters: must be two; got \('a', 'b', 'c'\)"):
        cohen_kappa(long, **columns)
    with pytest.raises(InvalidDataError, match=r"raters: must be of \['a', 'b', 'c'\]; got 'z'"):
        cohen_kappa(long, raters=["a", "z"], **columns)


def test_numbers_of_any_kind_are_the_same_numbers():
    table = example("fleiss")
    expected = krippendorff_alpha(table, metric="interval")
    kinds = [table.astype(float), table.astype(np.int8), table.tolist(), table.astype(object),
             np.ma.MaskedArray(table),
             np.array([[decimal.Decimal(int(x)) for x in row] for row in table])]  # fmt: skip
    for other in kinds:
        assert krippendorff_alpha(other, metric="interval") == expected
    nullable = pd.DataFrame(table, columns=list("abc")).astype("Int64")
    assert krippendorff_alpha(nullable, metric="interval", raters=list("abc")) == expected
    yes = krippendorff_alpha(table > 2, metric="nominal")
    assert yes == krippendorff_alpha((table > 2).astype(int), metric="nominal")
    hidden = np.ma.MaskedArray(table, mask=table == 3)
    gaps = np.where(table == 3, np.nan, table)
    assert krippendorff_alpha(hidden, metric="nominal") == krippendorff_alpha(
        gaps, metric="nominal"
    )


def test_categories_of_pandas_are_text():
    table = pd.DataFrame({"a": ["x", "y", "x"], "b": ["x", "y", "y"]}, dtype="category")
    assert cohen_kappa(table, raters=["a", "b"]).value == pytest.approx(0.4)


# ---- laws


@each
def test_identical_raters_agree_where_anything_varies(name):
    measure, raters = MEASURES[name]
    same = np.repeat(example(name)[:, :1], raters, axis=1)
    found = measure(same)
    assert found.value == pytest.approx(1.0, abs=1e-12)
    assert found.interval()[0] < 1.0 or name.startswith("icc")
    assert found.interval()[1] == pytest.approx(1.0)
    nothing = measure(np.full((9, raters), 3))
    assert np.isnan(numbers(nothing)).all()
    assert nothing.interpretation() == "undefined"
    assert "nan" in repr(nothing)


@each
def test_the_order_of_units_and_raters_does_not_matter(name):
    measure, table = MEASURES[name][0], example(name)
    expected = numbers(measure(table))
    assert numbers(measure(table[::-1])) == pytest.approx(expected, rel=1e-12)
    assert numbers(measure(table[:, ::-1])) == pytest.approx(expected, rel=1e-12)


@of_text
def test_names_of_categories_do_not_matter(name):
    measure, table = MEASURES[name][0], example(name)
    expected = numbers(measure(table))
    for names in (["", "e", "c", "a", "d", "b"], [0, -7, 30, 1, 4, 0.5]):
        renamed = np.array(names, dtype=object if "e" in names else float)[table]
        assert numbers(measure(renamed)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", [n for n in MEASURES if n not in ("alpha ratio",)])
def test_shifts_and_scales_do_not_matter(name):
    measure, table = MEASURES[name][0], example(name)
    expected = numbers(measure(table))
    for other in (table * 2.5, table + 17, -table):
        assert numbers(measure(other)) == pytest.approx(expected, rel=1e-9)


def test_of_a_ratio_only_scales_do_not_matter():
    measure, table = MEASURES["alpha ratio"][0], example("alpha ratio")
    assert numbers(measure(table * 2.5)) == pytest.approx(numbers(measure(table)), rel=1e-12)
    assert measure(table + 17).value != pytest.approx(measure(table).value, abs=0.01)


@each
def test_a_table_twice_has_the_same_agreement_and_a_smaller_error(name):
    measure, table = MEASURES[name][0], example(name)
    once, twice = measure(table), measure(np.vstack([table] * 2))
    # only alpha corrects for the number of ratings, and ICCs divide by units - 1
    assert twice.value == pytest.approx(once.value, abs=0.01)
    assert twice.standard_error == pytest.approx(once.standard_error / np.sqrt(2), rel=0.03)


@given(
    st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=0, max_size=12),
    st.integers(0, 12),
    st.sampled_from([*MEASURES]),
)
def test_adding_records_is_pooling_units(rows, cut, name):
    measure, raters = MEASURES[name]
    table = np.array(rows, dtype=float).reshape(-1, 3)[:, :raters]
    whole = measure(table)
    parts = [measure(table[:cut]), measure(table[cut:])]
    for found in (parts[0] + parts[1], parts[1] + parts[0], sum(parts, type(whole)()), sum(parts)):
        assert numbers(found) == pytest.approx(numbers(whole), rel=1e-6, abs=1e-9, nan_ok=True)
        if not isinstance(whole, ICC):
            assert found == whole
    assert whole.value <= 1.0 or np.isnan(whole.value)
    low, high = whole.interval()
    assert np.isnan(low) or low <= whole.value <= high


@given(st.lists(st.lists(st.sampled_from("abc"), min_size=0, max_size=4), max_size=8))
def test_units_of_any_number_of_ratings_add_up(rows):
    table = np.full((len(rows), 4), None, dtype=object)
    for i, row in enumerate(rows):
        table[i, : len(row)] = row
    alpha = partial(krippendorff_alpha, metric="nominal")
    found = sum([alpha(table[i : i + 1]) for i in range(len(rows))], KrippendorffAlpha())
    assert found == (alpha(table) if rows else KrippendorffAlpha())
    assert sum(found.notes.values()) == sum(len(row) < 2 for row in rows)


@each
def test_nothing_is_undefined_and_changes_nothing(name):
    measure, raters = MEASURES[name]
    nothing = measure(np.empty((0, raters)))
    assert np.isnan(numbers(nothing)).all()
    some = measure(example(name))
    empty = type(some)()
    assert empty + some == some + empty == some
    assert nothing + some == some
    assert np.isnan(numbers(empty)).all()
    assert len(empty.to_frame()) in (0, 6)


# ---- records


@each
def test_json_both_ways(name):
    for record in (MEASURES[name][0](example(name)), type(MEASURES[name][0](example(name)))()):
        again = type(record).from_dict(json.loads(json.dumps(record.to_dict())))
        assert again == record
        assert numbers(again) == pytest.approx(numbers(record), nan_ok=True)
    with pytest.raises(InvalidDataError, match="data: must"):
        type(record).from_dict({**record.to_dict(), "more": 1})


def test_json_of_text_weights_and_notes():
    grades = ["N", "P", "L", "F"]
    table = [["N", "P"], ["F", "F"], ["L", None]]
    weights = np.abs(np.subtract.outer(range(4), range(4)))
    for record in (
        cohen_kappa(table, weights=weights, order=grades, missing="listwise"),
        krippendorff_alpha(table, metric="ordinal", order=grades),
        FleissKappa.from_counts([[2, 1], [3, 0], [1, 0]], ["no", "yes"]),
    ):
        assert record.notes
        again = type(record).from_dict(json.loads(json.dumps(record.to_dict())))
        assert again == record
        assert again.value == record.value
        assert record + again == again + record


@each
def test_records_are_frozen(name):
    record = MEASURES[name][0](example(name))
    with pytest.raises(dataclasses.FrozenInstanceError):
        record.notes = {}
    for field in dataclasses.fields(record):
        array = getattr(record, field.name)
        if isinstance(array, np.ndarray) and array.size:
            with pytest.raises(ValueError, match="read-only"):
                array[...] = array


@each
def test_frames_and_pictures_of_the_record(name):
    record = MEASURES[name][0](example(name))
    frame = record.to_frame()
    assert len(frame) == (6 if isinstance(record, ICC) else 5)
    assert f"value={record.value:.6g}" in repr(record)
    assert "<table>" in record._repr_html_()


def test_records_of_different_settings_do_not_add():
    table = example("fleiss")
    two = table[:, :2]
    for one, other, rule in [
        (krippendorff_alpha(table, metric="ordinal"), krippendorff_alpha(table, metric="ratio"),
         "metric: must be the same"),
        (krippendorff_alpha(table, metric="nominal", order=range(1, 6)),
         krippendorff_alpha(table, metric="nominal"), "declared: must be the same"),
        (fleiss_kappa(table, order=range(1, 6)), fleiss_kappa(table, order=range(7)),
         "order: must be the same"),
        (fleiss_kappa(table), fleiss_kappa(table.astype(str)), "levels: must be of one type"),
        (cohen_kappa(two, order=range(1, 6)), cohen_kappa(two, order=range(7)),
         "order: must be the same"),
    ]:  # fmt: skip
        with pytest.raises(InvalidDataError, match=rule):
            one + other
    with pytest.raises(TypeError):
        fleiss_kappa(table) + cohen_kappa(two)
    with pytest.raises(TypeError):
        fleiss_kappa(table) + 1


@pytest.mark.parametrize(
    ("value", "convention", "word"),
    [
        (-0.1, "landis-koch", "poor"), (0.0, "landis-koch", "slight"),
        (0.2, "landis-koch", "slight"), (0.21, "landis-koch", "fair"),
        (0.41, "landis-koch", "moderate"), (0.61, "landis-koch", "substantial"),
        (0.81, "landis-koch", "almost perfect"), (1.0, "landis-koch", "almost perfect"),
        (0.49, "koo-li", "poor"), (0.5, "koo-li", "moderate"), (0.75, "koo-li", "good"),
        (0.9, "koo-li", "excellent"), (0.66, "krippendorff", "not reliable enough"),
        (0.667, "krippendorff", "good for tentative conclusions"),
        (0.8, "krippendorff", "reliable"),
    ],
)  # fmt: skip
def test_words_of_the_conventions(value, convention, word):
    # agreement of value: two raters with margins of a half each
    agree = 1 + value
    n = 40_000
    table = np.rint(n * np.array([[agree, 1 - value], [1 - value, agree]]) / 4).astype(int)
    record = CohenKappa.from_table(table)
    assert record.value == pytest.approx(value, abs=1e-9)
    assert words(value, convention).split(" (by")[0] == word
    assert record.interpretation(convention).endswith(")")


def test_bootstrap_needs_and_keeps_to_its_random_numbers():
    record = krippendorff_alpha(KRIPPENDORFF, metric="ordinal")
    with pytest.raises(InvalidDataError, match="rng: must be given"):
        record.interval(method="bootstrap")
    first = record.interval(method="bootstrap", rng=1, draws=200)
    assert first == record.interval(method="bootstrap", rng=np.random.default_rng(1), draws=200)
    assert first != record.interval(method="bootstrap", rng=2, draws=200)
    assert first[0] < record.value < first[1]
    for draws in (0, 1.5, "many"):
        with pytest.raises(InvalidDataError, match="draws: must be"):
            record.interval(method="bootstrap", rng=1, draws=draws)
    with pytest.raises(InvalidDataError, match="method: must be one of"):
        record.interval(method="guess")
    for level in (0, 1, 95, np.nan):
        for method in ("log", "wald", "bootstrap"):
            with pytest.raises(InvalidDataError, match="level: must be"):
                record.interval(level, method, rng=1)


# ---- bad input


FRAME = pd.DataFrame({"u": [1, 1, 2, 2], "r": ["a", "b", "a", "b"], "v": [1, 2, 2, 2]})
LONG = {"unit": "u", "rater": "r", "rating": "v"}


@each
@pytest.mark.parametrize(
    ("table", "options", "rule"),
    [
        (FRAME, {}, "raters: must name the columns of a table"),
        (FRAME, {"raters": ["u"]}, "raters: must name at least two different raters"),
        (FRAME, {"raters": ["u", "u"]}, "raters: must name at least two different raters"),
        (FRAME, {"raters": "uv"}, "raters: must name at least two different raters"),
        (FRAME, {"raters": ["u", "r"]}, "raters: must be all numbers or all text"),
        (FRAME, {"unit": "u"}, "rating: must be named too"),
        (FRAME, {"rating": "v", "rater": "r"}, "unit: must be named too"),
        (FRAME.assign(u=[1, 1, None, 2]), LONG, "u: has missing values: whose rating"),
        (FRAME.assign(r=["a", "b", "a", None]), LONG, "r: has missing values: whose rating"),
        (FRAME.assign(v=[1, 2, np.inf, 2]), LONG, r"v: must be finite; got inf \(first at row 2"),
        (FRAME.assign(u=[1, 1, 1, 2]), LONG, r"u, r: must have one rating.*first at row 2"),
        (FRAME.assign(v=["x", " ", "x", "y"]), LONG, r"v: must not be blank text.*first at row 1"),
        (FRAME.assign(v=["x", 1, "x", "y"]), LONG, "v: must be all numbers or all text"),
        (FRAME.assign(v=pd.Timestamp("2024-01-01")), LONG, "v: must be all numbers or all text"),
        (FRAME.assign(v=2**53), LONG, "v: must be below 2..53"),
        ([1, 2, 3], {}, r"table: must be of shape \(units, raters\)"),
        ([[1], [2]], {}, r"table: must be of shape \(units, raters\)"),
        ([[1, 2], [3]], {}, "table: must have rows of one length"),
        ([[1, 2j]], {}, "table: must be all numbers or all text"),
        ([[1, "1"]], {}, "table: must be all numbers or all text"),
        ([[[1], [2]]], {}, "table: must be"),
        ([[1, np.inf], [2, 2]], {}, r"table: must be finite; got inf \(first at row 0, 1 of 2"),
        ([["a", ""], ["b", "b"]], {}, r"table: must not be blank text.*first at row 0, 1 of 2"),
        (None, {}, "table: must be ratings"),
        ("text", {}, "table: must be ratings"),
        (5, {}, "table: must be ratings"),
        ([[[], {}]], {}, "table: must"),
        (np.array([["2024-01-01", "2024-01-02"]], dtype="M8[D]"), {}, "table: must be all numbers"),
    ],
)
def test_bad_tables(name, table, options, rule):
    with pytest.raises(InvalidDataError, match=rule):
        MEASURES[name][0](table, **options)


@each
def test_columns_that_are_not_there(name):
    with pytest.raises(ColumnNotFoundError, match="must name a column; got 'w'"):
        MEASURES[name][0](FRAME, raters=["u", "w"])
    with pytest.raises(ColumnNotFoundError, match="rating: must name a column; got 'w'"):
        MEASURES[name][0](FRAME, **(LONG | {"rating": "w"}))


@of_text
def test_bad_order(name):
    measure = MEASURES[name][0]
    for order in ("abc", [], ["a", "a"], ["a", None], 5, {"a": 1}, [1, np.nan]):
        with pytest.raises(InvalidDataError, match="order: must list different ratings"):
            measure([["a", "b"]], order=order)
    with pytest.raises(InvalidDataError, match="order: must be all numbers or all text"):
        measure([["a", "b"]], order=["a", 1])
    with pytest.raises(InvalidDataError, match=r"table: must be of order=.*got 'c'.*row 1, 1 of 3"):
        measure([["a", "b"], ["a", "c"], ["b", "b"]], order=["a", "b"])
    frame = pd.DataFrame({"x": ["a", "a"], "y": ["b", "z"]})
    with pytest.raises(InvalidDataError, match=r"x, y: must be of order=.*got 'z'.*row 1, 1 of 2"):
        measure(frame, raters=["x", "y"], order=["a", "b"])


def test_many_raters_of_few_units_each_are_refused_before_memory_is_full():
    n = 200_000
    table = pd.DataFrame({"u": np.arange(n) // 2, "r": np.arange(n), "v": 1})
    with pytest.raises(InvalidDataError, match="rater: must rate most of the units"):
        icc(table, **LONG)
    assert krippendorff_alpha(table, metric="nominal", **LONG).units.sum() == n // 2


def test_a_million_units_take_no_loop():
    table = np.random.default_rng(1).integers(1, 6, (1_000_000, 3))
    found = krippendorff_alpha(table, metric="ordinal")
    assert len(found.patterns) == 35  # multisets of 3 of 5
    assert abs(found.value) < 0.005
    assert found.units.sum() == 1_000_000
