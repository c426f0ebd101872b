"""What a careless or hostile user passes: weights, codes, columns and arguments at their limits."""

from __future__ import annotations

import warnings
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from tests.satisfaction.registry import CASES, survey

from custvalue import satisfaction as cs
from custvalue.errors import CustValueWarning, InvalidDataError

WEIGHTED = [case for case in CASES if case.takes("weight")]


def named(case):
    return case.name


@pytest.mark.parametrize("weight", [5e-324, 1e-200, 1e155, 1e308])
@pytest.mark.parametrize("case", WEIGHTED, ids=named)
def test_weights_whose_squares_are_lost_are_refused_by_name(case, weight):
    table = survey().assign(weight=weight)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        with pytest.raises(InvalidDataError, match=r"^weight: must be (0 or at least|at most) 1e"):
            case.read(table, weight="weight")


@pytest.mark.parametrize("scale", [1e-40, 1e40])
def test_weights_of_any_size_that_is_not_absurd_give_the_same_interval(scale):
    answers, weight = [1, 2, 4, 5, 5], np.array([1.0, 2.0, 1.0, 0.5, 3.0])
    plain = cs.csat(answers, weight=weight)
    scaled = cs.csat(answers, weight=weight * scale)
    assert scaled.interval() == pytest.approx(plain.interval(), rel=1e-12)
    assert scaled.mean_interval() == pytest.approx(plain.mean_interval(), rel=1e-12)


@pytest.mark.parametrize("case", [c for c in WEIGHTED if c.takes("min_group")], ids=named)
def test_who_has_weight_0_is_no_respondent(case):
    table = survey()
    table["weight"] = np.where(np.arange(len(table)) % 3 == 0, 0, table["weight"])
    with_nobody = case.read(table, weight="weight", min_group=4)
    without = case.read(table[table["weight"] > 0], weight="weight", min_group=4)
    columns = [name for name in with_nobody.to_frame() if name in ("answers", "low_base")]
    assert columns
    pd.testing.assert_frame_equal(with_nobody.to_frame()[columns], without.to_frame()[columns])


def test_min_group_does_not_count_weights_of_0():
    weight = [1.0] + [0.0] * 20
    assert np.isnan(cs.csat([1] * 21, weight=weight, min_group=5).mean)
    assert np.isnan(cs.nps([1] * 21, weight=weight, min_group=5).value)


@pytest.mark.parametrize(
    "codes", [np.array([99]), [np.int64(99)], np.int64(99), np.uint8(99), [Decimal(99)], ["99"]]
)
@pytest.mark.parametrize("kind", ["int64", "float64", "str"])
def test_codes_of_no_answer_of_any_type_of_number(codes, kind):
    answers = np.array([1, 5, 99]).astype(kind).tolist()
    score = cs.csat(answers, not_applicable=codes, numeric_text=True)
    assert score.notes == {"answer: not applicable": 1}
    assert score.value == 0.5


def test_wallets_that_differ_by_rounding_are_full():
    ours = pd.DataFrame({"own": [0.1 + 0.2, 1.0], "all": [0.3, 1.0]})
    assert cs.share_of_wallet(ours, own="own", category="all").value == 1.0
    with pytest.raises(InvalidDataError, match="own: must not exceed 'all'"):
        cs.share_of_wallet(ours.assign(own=0.3001), own="own", category="all")
    with pytest.raises(InvalidDataError, match=r"all: must be at most 1e\+50"):
        cs.share_of_wallet(ours.assign(all=1e160), own="own", category="all")


@pytest.mark.parametrize("margin", [0.0, 5e-324, 1e-200, 1e-10])
def test_margins_of_no_sample_are_refused(margin):
    with pytest.raises(InvalidDataError, match="margin: must be at least 1e-06"):
        cs.nps_sample_size(margin)


def test_the_smallest_margin_has_a_sample():
    assert cs.nps_sample_size(1e-6, 1 - 1e-15) > 6e13


@pytest.mark.parametrize("seed", range(6))
def test_answers_all_alike_have_no_scatter_with_any_weights(seed):
    weight = np.random.default_rng(seed).uniform(0.1, 3, 14)
    table = pd.DataFrame({"q": [5] * 7 + [3] * 7, "wave": [1] * 7 + [2] * 7, "w": weight})
    stages = cs.stage_scores(table, "q", stage="wave", weight="w", scale=(1, 5))
    assert stages.standard_error.tolist() == [0.0, 0.0]
    assert np.isnan(stages.changes()["p_value"]).all()
    low, high = cs.servperf(table.assign(q=5), {"x": ["q"]}, scale=(1, 5), weight="w").interval()
    assert low.tolist() == high.tolist() == pytest.approx([5.0] * 3, rel=1e-15)


def test_answers_whose_differences_sums_of_squares_would_lose_are_refused():
    table = pd.DataFrame({"q": 1e8 + np.arange(6.0), "wave": [1, 2] * 3})
    with pytest.raises(InvalidDataError, match="q: must be on the scale from -100000 to 100000"):
        cs.stage_scores(table, "q", stage="wave")
    near = cs.stage_scores(table.assign(q=1e5 - np.arange(6.0)), "q", stage="wave")
    expected = table.assign(q=np.arange(6.0)).groupby("wave")["q"].sem()
    assert near.standard_error == pytest.approx(expected.to_numpy(), rel=1e-5)


@pytest.mark.parametrize("answer", [3, 5])
@pytest.mark.parametrize("seed", range(5))
def test_an_item_with_the_same_answer_from_all_fits_nothing_with_any_weights(seed, answer):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.integers(1, 6, (20, 4)), columns=list("abcd")).assign(b=answer)
    table["w"] = rng.uniform(0.1, 3, 20)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CustValueWarning)
        items = cs.cronbach_alpha(table, list("abcd"), scale=(1, 5), weight="w").item_analysis()
        assert items["deviation"][1] == 0.0
        assert np.isnan(items["item_rest"][1])
        with pytest.raises(InvalidDataError, match=r"must differ between respondents.*'b'"):
            cs.mcdonald_omega(table, list("abcd"), scale=(1, 5), weight="w")


def test_items_whose_differences_sums_of_squares_would_lose_are_refused():
    table = pd.DataFrame({"a": [1e8, 1e8 + 1, 1e8 + 2], "b": [1.0, 2.0, 4.0]})
    with pytest.raises(InvalidDataError, match="a: must be on the scale from -100000 to 100000"):
        cs.cronbach_alpha(table, ["a", "b"])


def test_weights_of_another_index_are_not_paired_by_place():
    answers = pd.Series([1, 5], index=["ann", "ben"])
    weight = pd.Series([1.0, 3.0], index=["ben", "ann"])
    with pytest.raises(InvalidDataError, match="weight: must have the index of the answers"):
        cs.csat(answers, weight=weight)
    assert cs.csat(answers, weight=weight.loc[answers.index]).mean == 2.0


@pytest.mark.parametrize("bounds", [("a", 1), (1, "a"), (np.nan, 5), (5, 1), (None, 5)])
def test_shares_between_what_is_no_pair_of_answers_are_refused(bounds):
    score = cs.csat([1, 2, 5])
    with pytest.raises(InvalidDataError, match=r"lowest|highest"):
        score.share(*bounds)
    with pytest.raises(InvalidDataError, match=r"lowest|highest"):
        score.share_interval(*bounds)


def test_columns_that_are_no_list_say_so():
    with pytest.raises(InvalidDataError, match="Pass their names as a list"):
        cs.battery(survey(), survey().columns[:2])


@pytest.mark.parametrize("kind", ["boolean", "bool[pyarrow]", object])
def test_who_may_have_answered_or_not_is_refused(kind):
    asked = pd.DataFrame({"site": ["x"] * 3, "here": pd.Series([True, None, False], dtype=kind)})
    with pytest.raises(InvalidDataError, match=r"here: must be true or false.*first at row 1, 1"):
        cs.nonresponse_adjust(asked, "here", "site")


@pytest.mark.parametrize("values", [[0.1, 0.1, 0.1], [0.1, 0.2, 0.3], [0.7, 0.7, 0.7]])
@pytest.mark.parametrize("cut", ["mean", "median"])
def test_what_is_at_the_cut_is_high_although_sums_are_rounded(values, cut):
    grid = cs.importance_performance(["a", "b", "c"], values, values, cut=cut)
    assert grid.quadrant[1] == "keep up"


def test_cuts_off_the_scale_are_refused():
    table = survey()
    with pytest.raises(InvalidDataError, match="top: must be at most 5; got 9"):
        cs.stage_scores(table, "all", stage="wave", scale=(1, 5), top=9)
    for cuts in ({"satisfied_from": 9, "loyal_from": 3}, {"satisfied_from": 3, "loyal_from": 0}):
        with pytest.raises(InvalidDataError, match="_from: must be at"):
            cs.satisfaction_loyalty_matrix(table, "all", "a", scale=(1, 5), **cuts)


def test_targets_of_raking_that_are_absurd_are_refused():
    table = survey()
    share = {"x": 0.5, "y": 0.3, "z": 0.2}
    with pytest.raises(InvalidDataError, match=r"total: must be at most 1e\+50"):
        cs.post_stratify(table, "site", share, total=1e300)
    with pytest.raises(InvalidDataError, match="max_iterations: must be a whole number"):
        cs.rake(table, {"site": share}, max_iterations=1.5)
