"""What a careless or hostile user passes: weights, labels, records and numbers at their limits."""

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


def test_response_of_a_sample_of_which_nothing_is_known_has_no_bounds():
    samples = cs.ResponseRates(complete=[0, 40], refusal=[0, 60], unknown_other=[10, 20])
    low, high = samples.interval("rr3")
    assert np.isnan([low[0], high[0]]).all()
    known = cs.ResponseRates(complete=40, refusal=60, unknown_other=20).interval("rr3")
    assert (low[1], high[1]) == known


def test_records_of_arrays_without_groups_show_no_number_of_all():
    assert repr(cs.ResponseRates(complete=[4, 2], refusal=[6, 8])) == (
        "ResponseRates(sample=20, complete=6)"
    )
    wallets = cs.ShareOfWallet([3, 3], [3.0, 3.0], [3.0, 3.0], [6.0, 5.0], [10.0, 10.0],
                               [14.0, 14.0], [22.0, 22.0], [40.0, 40.0])  # fmt: skip
    assert repr(wallets) == "ShareOfWallet(answers=6)"


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


GROUPED = [case for case in CASES if case.takes("by")]


@pytest.mark.parametrize("case", GROUPED, ids=named)
def test_groups_named_as_a_column_of_the_result_are_refused_at_once(case):
    table = survey()
    found = case.read(table, by="kind")
    frames = [found.to_frame()]
    frames += [frame() for frame in (getattr(found, name, None)
                                     for name in ("distribution", "item_analysis", "changes"))
               if frame is not None]  # fmt: skip
    for name in {column for frame in frames for column in frame} - {"kind"}:
        with pytest.raises(InvalidDataError, match=f"must not be named as a column.*{name}"):
            case.read(table.assign(**{name: table["kind"]}), by=name)


def test_groups_of_a_comparison_are_not_hidden_by_its_columns():
    table = survey()
    score = cs.nps(table.assign(p_value=table["kind"]), "nps", by="p_value")
    with pytest.raises(InvalidDataError, match=r"must not be named as a column.*p_value"):
        cs.compare_nps(score, score)


def few_pairs():
    """Return three items of which two have three respondents in common."""
    rng, row = np.random.default_rng(3), np.arange(60)
    table = pd.DataFrame(rng.integers(1, 6, (60, 3)).astype(float), columns=list("abc"))
    return table.assign(a=table["a"].where(row < 33), b=table["b"].where(row >= 30))


@pytest.mark.filterwarnings("ignore::custvalue.errors.CustValueWarning")
def test_items_hide_what_few_respondents_have_in_common():
    table = few_pairs()
    shown = cs.cronbach_alpha(table, list("abc"), missing="pairwise")
    found = cs.cronbach_alpha(table, list("abc"), missing="pairwise", min_group=10)
    assert np.isnan(found.covariances[0]).tolist() == (shown._cube("answers")[0] == 3).tolist()
    items = found.item_analysis()
    assert items[["item_rest", "alpha_if_deleted"]].isna().all(axis=None)
    assert items[["mean", "deviation"]].notna().all(axis=None)
    with pytest.raises(InvalidDataError, match=r"at least 10 respondents.*got 3"):
        cs.mcdonald_omega(found)


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


@pytest.mark.parametrize(
    "make",
    [
        lambda t, scale: cs.stage_scores(t, "a", stage="wave", scale=scale),
        lambda t, scale: cs.servperf(t, {"x": ["a"]}, scale=scale),
        lambda t, scale: cs.cronbach_alpha(t, ["a", "b"], scale=scale),
        lambda t, scale: cs.nps_change(t, "nps", "later", scale=scale),
        lambda t, scale: cs.csat(t, "a", scale=scale),
        lambda t, scale: cs.satisfaction_index(t, ["a", "b"], scale=scale),
    ],
)
def test_answers_on_two_scales_do_not_add(make):
    table = survey()
    one, other = make(table, (0, 10)), make(table, (-1, 10))
    assert make(table, (0, 10)).from_dict(one.to_dict()) == one
    with pytest.raises(InvalidDataError, match="scale: must be the same in both records"):
        one + other


BROKEN = [
    (cs.Omega, {"error": None}),
    (cs.Omega, {"error": -1.0}),
    (cs.Omega, {"loadings": ["a", "b", "c", "d"]}),
    (cs.Omega, {"uniquenesses": [1.0]}),
    (cs.Omega, {"value": [0.5, 0.5]}),
    (cs.JourneyScore, {"value": "high"}),
    (cs.JourneyScore, {"error": [0.1, 0.2]}),
    (cs.JourneyScore, {"importance": None}),
    (cs.JourneyScore, {"importance": {"a": -1}}),
    (cs.JourneyScore, {"groups": {"shop": ["a", "b"]}}),
    (cs.JourneyScore, {"groups": "shop"}),
    (cs.NPSDifference, {"standard_error": [0.1, 0.2]}),
    (cs.NPSDifference, {"difference": [[1.0]]}),
    (cs.NPSDifference, {"corrected_p": [1.0]}),
    (cs.NPSDifference, {"correction": "guess"}),
    (cs.ImportancePerformance, {"importance_cut": None}),
    (cs.ImportancePerformance, {"performance_cut": [1.0, 2.0]}),
    (cs.ImportancePerformance, {"performance_cut": {"float": "nan"}}),
]


@pytest.mark.parametrize(("kind", "change"), BROKEN, ids=str)
def test_records_without_counts_check_what_json_says(kind, change):
    table = survey()
    scores = cs.stage_scores(table, "all", stage="wave", scale=(1, 5))
    whole = {
        cs.Omega: lambda: cs.mcdonald_omega(table, ["a", "b", "c", "all"], scale=(1, 5)),
        cs.JourneyScore: lambda: cs.journey_score(scores),
        cs.NPSDifference: lambda: cs.compare_groups(cs.nps(table, "nps", by="site")),
        cs.ImportancePerformance: lambda: cs.importance_performance(["a", "b"], [1, 2], [2, 1]),
    }[kind]().to_dict()
    assert kind.from_dict(whole).to_dict() == whole
    with pytest.raises(InvalidDataError):
        kind.from_dict(whole | change)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_omega_at_its_end_has_no_interval(value):
    omega = cs.Omega(("a", "b", "c"), np.ones(3), np.ones(3), value, 0.1, 30.0)
    assert np.isnan(omega.interval()).all()


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


def test_counts_given_as_floats_are_bounded_like_others():
    with pytest.raises(InvalidDataError, match="answers: must add up to below"):
        cs.SatisfactionIndex(answers=1e300)
    assert cs.SatisfactionIndex(answers=3.0).base == 3


@pytest.mark.parametrize("groups", [{"shop": "a"}, {"shop": ["a"], "kind": ["x", "y"]}])
def test_groups_are_columns_of_one_length(groups):
    with pytest.raises(InvalidDataError, match="groups: must be columns of one length"):
        cs.NPSDifference([1.0], [1.0], groups=groups)
    with pytest.raises(InvalidDataError, match="groups: must be columns of one length"):
        cs.JourneyScore([1.0], [1.0], {}, groups)
