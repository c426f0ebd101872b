"""Records in hostile hands: hidden groups, names of groups, broken JSON, arrays that do not fit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.satisfaction.registry import CASES, survey

from custvalue import satisfaction as cs
from custvalue.errors import InvalidDataError


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


GROUPED = [case for case in CASES if case.takes("by")]


@pytest.mark.parametrize("case", GROUPED, ids=lambda case: case.name)
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


@pytest.mark.parametrize("record", [cs.CSAT(), cs.CES(), cs.CSAT(scale=(0, 10))])
def test_nobody_has_a_distribution_too(record):
    table = record.distribution()
    assert table["answer"].tolist() == record.options.tolist()
    assert (table["answers"] == 0).all()
    assert table[["share", "lower", "upper"]].isna().all(axis=None)


def test_arrays_that_do_not_fit_each_other_are_refused():
    samples = cs.ResponseRates(complete=[4, 2], unknown_other=[5, 5])
    with pytest.raises(InvalidDataError, match="complete, eligible: must have shapes that broad"):
        samples.interval("rr3", eligible=[0.1, 0.2, 0.3])
    with pytest.raises(InvalidDataError, match="one, other: must have shapes that broadcast"):
        cs.compare_nps(cs.NPS([1, 2], [1, 1], [1, 1]), cs.NPS([1] * 3, [1] * 3, [1] * 3))


def test_points_may_be_worth_parts_of_a_unit():
    programme = cs.Programme(points_issued=100.5, points_redeemed=50.25)
    assert programme.redemption == 0.5
    assert (programme + programme).outstanding == 100.5


def test_omega_of_a_battery_takes_no_other_columns():
    battery = cs.cronbach_alpha(survey(), ["a", "b", "c", "all"], scale=(1, 5))
    for other in ({"columns": ["a", "b", "c"]}, {"weight": "weight"}, {"scale": (1, 7)}):
        with pytest.raises(InvalidDataError, match=r"needs the answers.*Pass it to cronbach_alpha"):
            cs.mcdonald_omega(battery, **other)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda x: cs.Omega(("a", "b"), x, x, 0.5, 0.1, 30.0), "loadings"),
        (lambda x: cs.Omega(("a", "b"), x, x, 0.5, 0.1, 30.0), "uniquenesses"),
        (lambda x: cs.JourneyScore(x, x, {"a": 1.0}, {"shop": ["p", "q"]}), "value"),
        (lambda x: cs.JourneyScore(x, x, {"a": 1.0}, {"shop": ["p", "q"]}), "error"),
        (lambda x: cs.NPSDifference(x, x), "difference"),
        (lambda x: cs.NPSDifference(x, x, x), "corrected_p"),
        (lambda x: cs.importance_performance(["a", "b"], x, x), "importance"),
        (lambda x: cs.importance_performance(["a", "b"], x, x), "performance"),
        (lambda x: cs.trend_test(x), "score"),
        (lambda x: cs.share_trend(x, x), "count"),
        (lambda x: cs.CSAT([0, 1], x, scale=(0, 1), top=1), "answers"),
    ],
)
def test_records_do_not_change_with_the_arrays_that_they_were_made_of(make, field):
    given = np.array([0.0, 1.0])
    record = make(given)
    given[0] = 9.0
    assert getattr(record, field).tolist() == [0.0, 1.0]
    with pytest.raises(ValueError, match="read-only"):
        getattr(record, field)[0] = 9.0


def test_categories_of_few_respondents_are_hidden_in_the_counts_too():
    table = pd.DataFrame({"a": [1, 1, 2, 1], "ea": [3, 5, 5, 4], "shop": ["x", "x", "x", "y"]})
    found = cs.kano(table, {"app": ("a", "ea")}, by="shop", min_group=2)
    assert found.counts[0].tolist() == [1, 1, 1, 0, 0, 0]
    assert np.isnan(found.counts[1]).all()
    assert found.category().tolist() == ["must_be", None]
