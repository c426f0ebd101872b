"""Laws that every metric of a survey obeys, over one registry: a new metric is a line in CASES."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
from collections.abc import Mapping

import hypothesis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custvalue import _chunks
from custvalue import satisfaction as cs
from custvalue._record import Record
from custvalue.errors import ConvergenceError, InvalidDataError

from .registry import CASES, survey

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)

MAY_REFUSE = (cs.mcdonald_omega, cs.post_stratify, cs.rake, cs.nonresponse_adjust)
# Records of models, of which two do not make one.
NOT_ADDED = (cs.Omega, cs.Weights)
# What adds up to 1 in each row, if anybody answered.
PARTS = {
    cs.CSAT: lambda found: found.shares,
    cs.CES: lambda found: found.shares,
    cs.NPS: lambda found: found.shares,
    cs.Kano: lambda found: found.counts / found.counts.sum(axis=1, keepdims=True),
    cs.LoyaltySegments: lambda found: found.share,
    cs.Representativeness: lambda found: found.share,
    cs.Drivers: lambda found: found.share.reshape(-1, 3),
}
# Columns that say how many answered (weighting leaves those), how sure the result is (which goes
# by the effective number), and how much weight there is.
COUNTS = r"answers|respondents|low_base|low|high"
ERRORS = r"(.*_)?(lower|upper)|p_value|standard_error|squares|.*_squares|both|loading|uniqueness"
LABELS = ("item", "dimension", "feature", "segment", "stage", "predictor", "attribute")
MASS = r"detractors|passives|promoters|weight|squares|total|own|category|.*_squares|both"
MASS += r"|must_be|one_dimensional|attractive|indifferent|reverse|questionable"
RESULTS = r"(.*_)?(lower|upper)|p_value|value|share|mean|index|nps|change|better|worse|rr1"


def alike(one, other):
    """Assert that two records are equal, sums but for their rounding."""
    assert type(one) is type(other)
    for field in dataclasses.fields(one):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        if isinstance(mine, np.ndarray | float) and np.asarray(mine).dtype.kind == "f":
            np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-11, err_msg=field.name)
        elif isinstance(mine, np.ndarray):
            np.testing.assert_array_equal(mine, theirs, err_msg=field.name)
        elif isinstance(mine, Mapping) and field.name == "groups":
            assert {n: c.tolist() for n, c in mine.items()} == {
                n: c.tolist() for n, c in theirs.items()
            }
        elif isinstance(mine, Record):
            alike(mine, theirs)
        elif field.compare:
            assert mine == theirs, field.name


def shown(record, but=""):
    """Return the table of a record without the columns that an expression names."""
    table = record.to_frame()
    return table[[name for name in table if not re.fullmatch(but, name)]]


def same(got, expected, rtol=1e-9):
    one, other = (
        # pandas has a None for text that is missing where it knows no text
        table.reset_index(drop=True).apply(lambda c: c.astype(object).fillna("") if c.dtype.kind
                                           not in "biuf" else c)
        for table in (got, expected)
    )  # fmt: skip
    pd.testing.assert_frame_equal(one, other, check_dtype=False, rtol=rtol, atol=1e-11)


# ---- the laws


def order_of_rows_does_not_matter(case, table):
    expected = case.read(table)
    for rows in (table.iloc[::-1], table.sample(frac=1.0, random_state=1), table.sort_values("a")):
        want = expected
        if isinstance(want, cs.Weights):  # one for each row
            want = dataclasses.replace(want, weight=want.weight[rows.index])
        alike(case.read(rows), want)


def table_is_not_changed(case, table):
    before = table.copy(deep=True)
    case.read(table)
    pd.testing.assert_frame_equal(table, before)


def parts_make_the_whole(case, table):
    if not hasattr(type(case.read(table)), "__add__"):
        return
    grouped = dict.fromkeys(case.takes("by"), "site")
    for more, split in (({}, table.index % 3), (grouped, table.index % 2), (grouped, "site")):
        whole = case.read(table, **more)
        parts = [case.read(part, **more) for _, part in table.groupby(split)]
        if parts:
            alike(sum(parts, type(whole)()), whole)
            alike(sum(parts[::-1], type(whole)()), whole)


def nobody_changes_nothing(case, table):
    """A chunk may have no rows."""
    if case.function in MAY_REFUSE:
        return
    for more in ({}, *({"by": "site"} for _ in case.takes("by"))):
        whole, nobody = case.read(table, **more), case.read(table.iloc[:0], **more)
        alike(whole + nobody, whole)
        alike(nobody + whole, whole)


def weights_are_repetition(case, table):
    """Of values; intervals go by the effective number, which is smaller than that of the rows."""
    if not case.takes("weight"):
        return
    one = case.read(table, weight="weight")
    if "groups with too few respondents" in getattr(one, "remarks", {}):
        return  # repeated, a few would pass for many
    rows = table.index.repeat(table["weight"])
    other = case.read(table.loc[rows])
    if isinstance(one, cs.Weights):  # those of the rows that stand for one
        np.testing.assert_allclose(one.weight, np.bincount(rows, other.weight), rtol=1e-9)
    # each covariance has its own n, and n / (n - 1) with it
    rtol = 1e-4 if case.options.get("missing") == "pairwise" else 1e-9
    same(shown(one, but=f"{COUNTS}|{ERRORS}"), shown(other, but=f"{COUNTS}|{ERRORS}"), rtol)
    np.testing.assert_allclose(getattr(one, "value", 0.0), getattr(other, "value", 0.0), rtol=rtol)
    if hasattr(one, "effective_n"):
        assert (np.asarray(one.effective_n) <= np.asarray(other.effective_n) + 1e-9).all()


def effective_number_is_kishs(case, table):
    found = case.read(table, **dict.fromkeys(case.takes("weight"), "weight"))
    if isinstance(found, cs.Weights):
        weights = [found.weight]
    elif isinstance(found, cs.StageScores):
        weights = [rows["weight"] for _, rows in table.groupby("wave")]
    elif hasattr(found, "effective_n"):
        weights = [table["weight"]] * np.size(found.effective_n)
    else:
        return
    kish = [np.sum(w) ** 2 / np.sum(np.square(w)) for w in weights]
    np.testing.assert_allclose(np.atleast_1d(found.effective_n), kish, rtol=1e-12)


def unit_of_weights_does_not_matter(case, table):
    for more in case.takes("weight"):
        one = case.read(table, **{more: "weight"})
        other = case.read(table.assign(weight=table["weight"] * 0.37), **{more: "weight"})
        same(shown(one, but=MASS), shown(other, but=MASS))


def who_has_no_weight_is_nobody(case, table):
    """Wherever their number shows; a base that counts them is another matter."""
    some = table.assign(weight=np.where(table.index % 5, table["weight"], 0))
    for more in case.takes("weight"):
        one, other = (
            case.read(some, **{more: "weight"}),
            case.read(some[some["weight"] > 0], **{more: "weight"}),
        )
        same(shown(one, but=COUNTS), shown(other, but=COUNTS))


def groups_are_as_if_alone(case, table):
    weighted = dict.fromkeys(case.takes("weight"), "weight")
    for by, more in ((["site"], {}), (["kind", "site"], weighted)) if case.takes("by") else ():
        whole = case.read(table, by=by, **more).to_frame()
        for labels, rows in table.groupby(by):
            mine = whole[(whole[by] == list(labels)).all(axis=1)].drop(columns=by)
            same(mine, case.read(rows, **more).to_frame())


def small_groups_are_hidden(case, table):
    """All but how many they are of: counts of each kind would tell what people answered."""
    if not case.takes("min_group"):
        return
    plain, hidden = (case.read(table, by="site", min_group=least) for least in (0, 30))
    one, other = plain.to_frame(), hidden.to_frame()
    base, bases = one["answers"], {"answers", "low_base", "respondents"}
    if isinstance(plain, cs.LoyaltySegments):
        base, bases = base.groupby(one["site"]).transform("sum"), {"low_base"}
    small = base < 30
    assert small.any()
    assert not small.all()
    same(other.loc[~small, list(one)], one[~small])
    left = other[small].drop(columns=[*bases, "site", *LABELS], errors="ignore")
    assert left.isna().all(axis=None), left.columns[left.notna().any()].tolist()
    if hasattr(type(plain), "__add__"):  # they can still be pooled with others
        alike(dataclasses.replace(hidden, min_group=0), plain)


def records_travel_as_json(case, table):
    for more in ({}, *({"by": "site"} for _ in case.takes("by"))):
        record = case.read(table, **more)
        written = json.loads(json.dumps(record.to_dict(), allow_nan=False))
        assert type(record).from_dict(written) == record


def parts_sum_to_one(case, table):
    found = case.read(table, **dict.fromkeys(case.takes("weight"), "weight"))
    if type(found) in PARTS and case.options.get("method") not in ("last", "correlation"):
        total = PARTS[type(found)](found).sum(axis=-1)
        np.testing.assert_allclose(total, 1.0, rtol=1e-12)


def width_shrinks_as_one_over_root_n(case, table):
    one, many = (case.read(rows).to_frame() for rows in (table, pd.concat([table] * 25)))
    for low in [name for name in one if name.endswith("lower")]:
        high = low.replace("lower", "upper")
        ratio = (many[high] - many[low]) / (one[high] - one[low])
        np.testing.assert_allclose(ratio.dropna(), 0.2, rtol=0.03, err_msg=low)


LAWS = (
    order_of_rows_does_not_matter,
    table_is_not_changed,
    records_travel_as_json,
    parts_make_the_whole,
    weights_are_repetition,
    unit_of_weights_does_not_matter,
    who_has_no_weight_is_nobody,
    groups_are_as_if_alone,
    nobody_changes_nothing,
    parts_sum_to_one,
    small_groups_are_hidden,
)
LAWS_OF_COMPLETE_ANSWERS = (effective_number_is_kishs, width_shrinks_as_one_over_root_n)
each_law = pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
each_law_of_complete_answers = pytest.mark.parametrize(
    "law", LAWS_OF_COMPLETE_ANSWERS, ids=lambda law: law.__name__
)


@each_law
@each_case
def test_law(law, case):
    law(case, survey())


@each_law_of_complete_answers
@each_case
def test_law_of_complete_answers(law, case):
    law(case, survey(rows=600).dropna(ignore_index=True))


def small_survey(seed, rows, alike, missing):
    """Return a survey of a few, who may all answer the same; of those answers some are missing."""
    table = survey(seed, 12).iloc[3 : 3 + rows].reset_index(drop=True)
    asked = table.columns[:10]
    if alike:
        table[asked] = 4.0
    hidden = np.random.default_rng(seed).random((rows, len(asked))) < missing
    table[asked] = table[asked].mask(hidden)
    return table


small_surveys = st.builds(
    small_survey,
    seed=st.integers(0, 9999),
    rows=st.integers(0, 8),
    alike=st.booleans(),
    missing=st.sampled_from([0.0, 0.2, 1.0]),
)


@given(small_surveys)
@settings(max_examples=4, phases=[hypothesis.Phase.generate])  # of each case
@each_case
def test_laws_of_small_surveys(case, table):
    try:
        case.read(table)
    except (InvalidDataError, ConvergenceError):
        assert case.function in MAY_REFUSE
        return
    for law in LAWS[:5]:
        law(case, table)
    if case.function not in MAY_REFUSE and len(table):
        groups_are_as_if_alone(case, table)


@pytest.mark.parametrize("case", [case for case in CASES if case.function not in MAY_REFUSE],
                         ids=lambda case: case.name)  # fmt: skip
def test_nobody_has_no_value(case):
    found = case.read(survey().iloc[:0])
    assert np.isnan(getattr(found, "value", np.nan)).all()
    table = found.to_frame()
    results = [name for name in table if re.fullmatch(RESULTS, name)]
    assert results
    assert table[results].isna().all(axis=None)


@each_case
def test_records_add_or_say_that_they_do_not(case):
    found = case.read(survey())
    assert hasattr(type(found), "__add__") or isinstance(found, NOT_ADDED)


def test_every_metric_has_a_case():
    functions = {getattr(cs, name) for name in cs.__all__ if name.islower()}
    read_tables = {f for f in functions if next(iter(inspect.signature(f).parameters)) == "table"}
    assert read_tables == {case.function for case in CASES}


@each_case
def test_every_engine(case, engine):
    table = survey(rows=60)
    more = {name: {"by": "site", "weight": "weight"}[name] for name in case.takes("by", "weight")}
    found = case.read(engine.frame(table), **more)
    alike(found, case.read(table, **more))
    assert engine.owns(found.to_frame())


def with_threads(count, read, *given, **more):
    with _chunks.threads(count):
        return read(*given, **more)


@pytest.fixture(scope="module")
def long_table():
    table = survey(rows=300_000).fillna(3)
    return table.astype(dict.fromkeys(table.columns[:10], "int64"))


@each_case
def test_threads_change_nothing(case, long_table):
    more = dict.fromkeys(case.takes("weight"), "weight")
    assert with_threads(1, case.read, long_table, **more) == with_threads(
        3, case.read, long_table, **more
    )


def test_threads_change_no_digit_of_sums_of_weights():
    rng = np.random.default_rng(2)
    answers, weight = rng.integers(1, 6, 2_500_000), rng.random(2_500_000)
    assert with_threads(1, cs.csat, answers, weight=weight) == with_threads(
        3, cs.csat, answers, weight=weight
    )
