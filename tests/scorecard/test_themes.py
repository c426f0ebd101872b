"""Coded themes: counted one by one as an oracle, agreement, laws, hostile input."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from custvalue.errors import ColumnNotFoundError, InvalidDataError
from custvalue.maturity import krippendorff_alpha
from custvalue.scorecard import Themes, themes

ROLES = {"unit": "unit", "coder": "coder", "theme": "theme"}
NAMES = ["price", "wait", "staff", "wifi"]


def refused(pattern, call, *arguments, error=InvalidDataError, **named):
    with pytest.raises(error, match=pattern):
        call(*arguments, **named)


def random_codes(seed, units=40, first=0, single=False):
    """Return a long table: 1 to 4 coders a unit, each with no, one or several themes."""
    source = np.random.default_rng(seed)
    rows = []
    for unit in range(first, first + units):
        truth = source.random(3) < 0.4
        for coder in range(source.integers(1, 5)):
            seen = truth ^ (source.random(3) < 0.15)
            found = [NAMES[i] for i in np.flatnonzero(seen)]
            found = [NAMES[source.integers(3)]] if single else found or [None]
            rows += [(unit, f"c{coder}", name) for name in found]
    return pd.DataFrame(rows, columns=["unit", "coder", "theme"])


def sets_of(table):
    """Return {unit: [set of themes of each coder]}."""
    found = {}
    for unit, coder, theme in table.itertuples(index=False):
        marks = found.setdefault(unit, {}).setdefault(coder, set())
        if isinstance(theme, str):
            marks.add(theme)
    return {unit: list(each.values()) for unit, each in found.items()}


@pytest.mark.parametrize("rule", ["majority", "any", "all"])
@pytest.mark.parametrize("seed", range(3))
def test_units_one_by_one(rule, seed):
    table = random_codes(seed)
    found = themes(table, **ROLES, rule=rule)
    sets = sets_of(table)
    assert found.base == len(sets)
    assert found.themes == ("price", "staff", "wait")
    for theme, count in zip(found.themes, found.counts, strict=True):
        shares = [np.mean([theme in one for one in each]) for each in sets.values()]
        has = {"majority": lambda s: s > 0.5, "any": lambda s: s > 0, "all": lambda s: s == 1}[rule]
        assert count == sum(map(has, shares))
    assert found.value == pytest.approx(found.counts / len(sets))


@pytest.mark.parametrize("seed", range(3))
def test_agreement_on_a_theme_is_that_of_found_or_not(seed):
    table = random_codes(seed)
    found = themes(table, **ROLES)
    for theme, alpha in zip(found.themes, found.alpha, strict=True):
        marks = [(unit, c, float(theme in one)) for unit, each in sets_of(table).items()
                 for c, one in enumerate(each)]  # fmt: skip
        long = pd.DataFrame(marks, columns=["unit", "coder", "mark"])
        expected = krippendorff_alpha(long, metric="nominal", unit="unit", rater="coder",
                                      rating="mark")  # fmt: skip
        assert alpha == pytest.approx(expected.value, abs=1e-12)
        again = found.agreement(theme)
        assert again.value == pytest.approx(expected.value, abs=1e-12)
        assert again.standard_error == pytest.approx(expected.standard_error, rel=1e-9)
        assert again.notes == expected.notes
        assert int(again.units.sum()) == int(expected.units.sum())


@pytest.mark.parametrize("seed", range(3))
def test_with_one_theme_each_the_whole_is_nominal_alpha(seed):
    table = random_codes(seed, single=True)
    found = themes(table, **ROLES)
    expected = krippendorff_alpha(table, metric="nominal", unit="unit", rater="coder",
                                  rating="theme")  # fmt: skip
    assert found.overall_alpha == pytest.approx(expected.value, abs=1e-12)


def test_the_whole_by_pairs_of_sets():
    """1 - mean distance within units over mean distance of all pairs, sets by their difference."""
    sets = {u: each for u, each in sets_of(random_codes(5)).items() if len(each) > 1}
    pooled = [one for each in sets.values() for one in each]
    n = len(pooled)
    within = sum(len(a ^ b) / (len(each) - 1) for each in sets.values() for a in each for b in each)
    among = sum(len(a ^ b) for a in pooled for b in pooled) / (n - 1)
    found = themes(random_codes(5), **ROLES)
    assert found.overall_alpha == pytest.approx(1 - within / among, abs=1e-12)


def test_by_hand():
    coded = pd.DataFrame({
        "unit": [1, 1, 1, 2, 2, 3, 3], "coder": list("xxyxyxy"),
        "theme": ["price", "wait", "price", "price", None, "wait", "wait"],
    })  # fmt: skip
    found = themes(coded, **ROLES)
    # price: 1,1 | 1,0 | 0,0; wait: 1,0 | 0,0 | 1,1: alpha = 1 - 5 * 2 / (2 * 3 * 3) = 4/9
    assert found.alpha == pytest.approx([4 / 9, 4 / 9])
    assert found.counts.tolist() == [1, 1]
    assert themes(coded, **ROLES, rule="any").counts.tolist() == [2, 2]
    low, high = found.interval()
    assert (low[0], high[0]) == pytest.approx((0.0614919, 0.7923404), abs=1e-7)  # Wilson, 1 of 3


def test_one_coder():
    said = pd.DataFrame({"unit": [1, 2, 2, 3], "theme": [7, 7, 9, None]})
    found = themes(said, unit="unit", theme="theme")
    assert found.themes == ("7", "9")
    assert found.value == pytest.approx([2 / 3, 1 / 3])
    assert np.isnan(found.alpha).all()
    assert np.isnan(found.overall_alpha)
    assert np.isnan(found.agreement("7").value)
    assert found.agreement("7").notes == {"units with fewer than two ratings left out": 3}


def test_a_theme_that_all_find_everywhere():
    coded = pd.DataFrame({"unit": [1, 1, 2, 2], "coder": list("xyxy"), "theme": ["a"] * 4})
    found = themes(coded, **ROLES)
    assert found.value.tolist() == [1.0]
    assert np.isnan(found.alpha).all()


def test_a_list_of_themes():
    table = random_codes(1)
    listed = {"wait": {"en": "Waiting", "zh": "等待"}, "price": "Price", "staff": "Staff",
              "wifi": {"zh": "网络"}}  # fmt: skip
    found = themes(table, **ROLES, names=listed)
    assert found.themes == ("wait", "price", "staff", "wifi")
    assert found.labels() == ["Waiting", "Price", "Staff", "网络"]
    assert found.labels("zh") == ["等待", "Price", "Staff", "网络"]
    assert found.value[3] == 0.0
    plain = themes(table, **ROLES)
    assert found.value[:3] == pytest.approx(plain.value[[2, 0, 1]])
    assert found.overall_alpha == pytest.approx(plain.overall_alpha)
    assert themes(table, **ROLES, names=NAMES).labels() == NAMES
    refused("theme: must be of the list: price, wait; got 'staff'", themes, table, **ROLES,
            names=["price", "wait"])  # fmt: skip


def test_records_of_other_units_add():
    parts = [random_codes(seed, first=100 * seed) for seed in range(3)]
    whole = themes(pd.concat(parts), **ROLES)
    added = sum((themes(part, **ROLES) for part in parts), Themes())
    assert added == whole
    assert added.overall_alpha == whole.overall_alpha
    rare = pd.DataFrame({"unit": [999], "coder": ["z"], "theme": ["rare"]})
    more = whole + themes(rare, **ROLES)
    assert more.value[1] == pytest.approx(1 / more.base)
    assert more.themes == ("price", "rare", "staff", "wait")
    refused("rule: must be the same", lambda: whole + themes(rare, **ROLES, rule="any"))
    refused("names: must be the same", lambda: whole + themes(rare, **ROLES, names=["rare"]))


def test_order_of_rows_does_not_matter():
    table = random_codes(2)
    assert themes(table.sample(frac=1.0, random_state=1), **ROLES) == themes(table, **ROLES)


@pytest.mark.parametrize(
    "engine",
    [pl.from_pandas, lambda t: pl.from_pandas(t).lazy(), pa.Table.from_pandas],
)
def test_engines(engine):
    table = random_codes(3)
    found = themes(engine(table), **ROLES)
    assert found == themes(table, **ROLES)
    assert not isinstance(found.to_frame(), pd.DataFrame)


def test_nothing():
    empty = themes(pd.DataFrame({"unit": [], "coder": [], "theme": []}), **ROLES)
    assert empty == Themes()
    assert empty.base == 0
    assert empty.to_frame().empty
    none = themes(pl.DataFrame({"unit": [1, 2], "coder": ["x", "x"], "theme": [None, None]}),
                  **ROLES, names=["a"])  # fmt: skip
    assert none.base == 2
    assert none.value.tolist() == [0.0]


def test_repeats():
    twice = pd.DataFrame({"unit": [1, 1, 1], "coder": list("xxy"), "theme": ["a", "a", "a"]})
    refused(r"unit, theme, coder: must be different in all rows \(first at row 1, 1 of 3 rows\)",
            themes, twice, **ROLES)  # fmt: skip
    found = themes(twice, **ROLES, repeats="once")
    assert found.notes == {"repeated themes counted once": 1}
    assert found.marked.tolist() == [0, 2]


@pytest.mark.parametrize(
    ("rule", "columns"),
    [
        (r"unit: has missing values; got nan \(first at row 1, 1 of 2", {"unit": [1, None]}),
        ("coder: has missing values", {"coder": ["x", None]}),
        ("theme: must not be blank; got '' ", {"theme": ["a", " "]}),
        ("theme: must be text or whole numbers; got 'float'", {"theme": [1.5, 2.5]}),
        ("theme: must be text or whole numbers; got 'bool'", {"theme": [True, False]}),
        ("theme: themes must be of one type", {"theme": ["a", 1]}),
    ],
)
def test_columns_that_are_refused(rule, columns):
    table = pd.DataFrame({"unit": [1, 2], "coder": ["x", "x"], "theme": ["a", "b"]} | columns)
    refused(rule, themes, table, **ROLES)


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ("rule: must be one of", {"rule": "most"}),
        ("repeats: must be one of", {"repeats": "drop"}),
        ("names: must map themes to names, or list them", {"names": "abc"}),
        ("names: must list different themes", {"names": ["a", "a"]}),
        ("names: must have themes that are text", {"names": ["a", 5]}),
        ("names.a: must be text, or texts by language", {"names": {"a": {}}}),
    ],
)
def test_arguments_that_are_refused(rule, named):
    refused(rule, themes, random_codes(1), **ROLES, **named)


def test_a_column_that_is_not_there():
    refused("Did you mean 'theme'", themes, random_codes(1), error=ColumnNotFoundError,
            **ROLES | {"theme": "themes"})  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("marked: must be from 1", {"marked": 9}),
        ("coders: must be at least 1", {"coders": 0}),
        ("theme: must be text", {"theme": 5}),
        ("units: must not be more with a theme", {"units": 100}),
    ],
)
def test_a_record_that_does_not_add_up_is_refused(rule, changes):
    found = themes(random_codes(1), **ROLES)
    (name, value), *_ = changes.items()
    column = getattr(found, name).copy()
    column[-1] = value
    refused(rule, dataclasses.replace, found, **{name: column})


def test_an_unknown_theme():
    refused("theme: must be one of 'price'", themes(random_codes(1), **ROLES).agreement, "wifi")
