"""What other packages compute too: statsmodels, pingouin, pymannkendall and SciPy as oracles."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pingouin
import pymannkendall
import pytest
from scipy import stats
from statsmodels.multivariate.factor import Factor
from statsmodels.regression.linear_model import OLS, WLS
from statsmodels.stats.contingency_tables import Table
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    multinomial_proportions_confint,
    proportion_confint,
    proportions_chisquare,
    proportions_ztest,
    samplesize_confint_proportion,
    test_proportions_2indep,
)
from statsmodels.stats.weightstats import DescrStatsW

from custvalue import satisfaction as cs

from .registry import GAPS, ITEMS, survey

test_proportions_2indep.__test__ = False  # a function of statsmodels, no test
EXACT = {"rtol": 1e-10, "atol": 1e-12}
SEEDS = pytest.mark.parametrize("seed", [1, 2, 3])
WEIGHTED = pytest.mark.parametrize("weighted", [False, True])
COMPLETE = survey(rows=300).dropna(ignore_index=True)


def described(values, weight) -> DescrStatsW:
    """Return values with weights that add up to their effective number."""
    weight = np.ones(len(values)) if weight is None else np.asarray(weight, float)
    return DescrStatsW(np.asarray(values, float), weight * weight.sum() / (weight**2).sum())


def sides(answers) -> np.ndarray:
    return (np.asarray(answers) >= 9).astype(float) - (np.asarray(answers) < 7)


# ---- shares, means and scores


@pytest.mark.parametrize(
    ("method", "theirs"),
    [("wilson", "wilson"), ("agresti-coull", "agresti_coull"), ("clopper-pearson", "beta"),
     ("jeffreys", "jeffreys"), ("wald", "normal")],
)  # fmt: skip
@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
def test_intervals_of_box_shares(method, theirs, level):
    count, n = np.arange(41), 40
    groups = {"g": np.repeat(count, 2)}
    answers = np.column_stack([n - count, count]).ravel()
    found = cs.CSAT(np.tile([0, 1], n + 1), answers, scale=(0, 1), top=1, groups=groups)
    expected = np.array([proportion_confint(k, n, 1 - level, method=theirs) for k in count])
    if method == "jeffreys":  # one-sided at the ends, as Brown, Cai & DasGupta (2001) advise
        expected[0, 0], expected[-1, 1] = 0.0, 1.0
    bounds = found.interval(level, method)
    np.testing.assert_allclose(bounds, np.clip(expected, 0.0, 1.0).T, **EXACT)


@pytest.mark.parametrize("counts", [(20, 30, 50), (1, 2, 3), (0, 4, 9), (0, 0, 7), (300, 1, 2)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_goodmans_intervals_of_the_kinds_of_respondents(counts, level):
    expected = multinomial_proportions_confint(counts, 1 - level, method="goodman")
    found = np.transpose(cs.NPS(*counts).shares_interval(level))
    np.testing.assert_allclose(found, np.clip(expected, 0.0, 1.0), **EXACT)


@WEIGHTED
def test_means_are_those_of_weighted_descriptions(weighted):
    weight = "weight" if weighted else None
    w = COMPLETE["weight"] if weighted else None
    pair = COMPLETE[["a", "ea"]].to_numpy()
    index = (COMPLETE[ITEMS].to_numpy() - 1) @ [3, 2, 1] / 6 / 4 * 100
    step = sides(COMPLETE["later"]) - sides(COMPLETE["nps"])
    csat, ces = cs.csat(COMPLETE, "all", weight=weight), cs.ces(COMPLETE, "effort", weight=weight)
    whole = cs.satisfaction_index(
        COMPLETE, ITEMS, importance=[3, 2, 1], scale=(1, 5), weight=weight
    )
    change = cs.nps_change(COMPLETE, "nps", "later", weight=weight)
    gaps = cs.servqual(COMPLETE, GAPS, scale=(1, 5), weight=weight)
    row = int(np.flatnonzero(gaps.item == "a")[0])
    for mean, bounds, values in [
        (csat.mean, csat.mean_interval(0.9), COMPLETE["all"]),
        (ces.mean, ces.mean_interval(0.9), COMPLETE["effort"]),
        (whole.value, whole.interval(0.9), index),
        (change.value, change.interval(0.9), step),
        (gaps.value[row], np.transpose(gaps.interval(0.9))[row], pair[:, 0] - pair[:, 1]),
    ]:
        one = described(values, w)
        np.testing.assert_allclose(mean, one.mean, **EXACT)
        np.testing.assert_allclose(bounds, one.tconfint_mean(alpha=0.1), **EXACT)
    t, p, _ = described(step, w).ttest_mean(0.0)
    np.testing.assert_allclose((change.statistic, change.p_value), (t, p), **EXACT)


@WEIGHTED
def test_score_and_walds_interval(weighted):
    w = COMPLETE["weight"] if weighted else None
    found = cs.nps(COMPLETE, "nps", weight="weight" if weighted else None)
    one = described(sides(COMPLETE["nps"]), w)
    np.testing.assert_allclose(found.value, one.mean, **EXACT)
    np.testing.assert_allclose(found.effective_n, one.sum_weights, **EXACT)
    error = one.std / math.sqrt(one.sum_weights)
    np.testing.assert_allclose(found.standard_error, error, **EXACT)
    half = stats.norm.isf(0.05) * error
    expected = one.mean - half, one.mean + half
    np.testing.assert_allclose(found.interval(0.9, "wald"), expected, **EXACT)


def test_scores_by_stage():
    found = cs.stage_scores(COMPLETE, "all", stage="wave", weight="weight", scale=(1, 5)).to_frame()
    for (_, rows), (_, row) in zip(COMPLETE.groupby("wave"), found.iterrows(), strict=True):
        one = described(rows["all"], rows["weight"])
        expected = [one.mean, *one.tconfint_mean()]
        np.testing.assert_allclose(row[["value", "lower", "upper"]].astype(float), expected)


@pytest.mark.parametrize("counts", [((30, 70), (45, 55)), ((3, 9), (40, 17)), ((8, 1), (5, 5))])
def test_scores_without_passives_are_compared_as_two_shares(counts):
    (d, p), (e, q) = counts
    found = cs.compare_nps(cs.NPS(d, 0, p), cs.NPS(e, 0, q), method="wald")
    tested = test_proportions_2indep(q, e + q, p, d + p, method="wald")
    bounds = confint_proportions_2indep(q, e + q, p, d + p, method="wald", alpha=0.1)
    np.testing.assert_allclose(found.value, 2 * (q / (e + q) - p / (d + p)), **EXACT)
    np.testing.assert_allclose(found.statistic, tested.statistic, **EXACT)
    np.testing.assert_allclose(found.p_value, tested.pvalue, **EXACT)
    np.testing.assert_allclose(found.interval(0.9), 2 * np.array(bounds), **EXACT)


@pytest.mark.parametrize(
    ("correction", "theirs"), [("holm", "holm"), ("benjamini-hochberg", "fdr_bh")]
)
@SEEDS
def test_corrected_p_values(correction, theirs, seed):
    counts = np.random.default_rng(seed).integers(5, 60, (3, 7))
    found = cs.compare_groups(cs.NPS(*counts, groups={"g": np.arange(7)}), correction=correction)
    expected = multipletests(found.p_value, method=theirs)[1]
    np.testing.assert_allclose(found.corrected_p, expected, **EXACT)


@pytest.mark.parametrize("margin", [0.02, 0.05, 0.1])
def test_sample_size_without_passives_is_that_of_a_share(margin):
    found = cs.nps_sample_size(margin, detractors=0.3, promoters=0.7)
    assert found == math.ceil(samplesize_confint_proportion(0.3, margin / 2) - 1e-9)


@SEEDS
def test_representativeness_is_the_test_of_chi_square(seed):
    counts = np.random.default_rng(seed).integers(1, 60, 4)
    cells = list("abcd")
    table = pd.DataFrame({"cell": np.repeat(cells, counts)})
    shares = np.array([0.4, 0.3, 0.2, 0.1])
    found = cs.representativeness(table, "cell", dict(zip(cells, shares, strict=True))).test()
    expected = stats.chisquare(counts, shares * counts.sum())
    np.testing.assert_allclose((found.statistic, found.p_value), expected, **EXACT)


# ---- trends


@SEEDS
def test_trend_of_shares(seed):
    rng = np.random.default_rng(seed)
    total, wave = rng.integers(40, 90, 5), np.array([0.0, 1.0, 2.0, 4.0, 7.0])
    count = rng.binomial(total, 0.5 + 0.03 * wave)
    found = cs.share_trend(count, total, wave)
    table = Table(np.stack([total - count, count]), shift_zeros=False)
    tested = table.test_ordinal_association(np.array([0.0, 1.0]), wave)
    # theirs is the variance with the margins fixed, n / (n - 1) of ours
    n = total.sum()
    np.testing.assert_allclose(found.z, tested.zscore * math.sqrt(n / (n - 1)), **EXACT)
    chi, _, _ = proportions_chisquare(count, total)
    expected = stats.chi2.sf(chi - found.z**2, 3)
    np.testing.assert_allclose(found.departure, expected, **EXACT)
    slope = WLS(count / total, np.column_stack([np.ones(5), wave]), total).fit().params[1]
    np.testing.assert_allclose(found.value, slope, **EXACT)


@pytest.mark.parametrize(("count", "total"), [((80, 90), (100, 100)), ((3, 30), (40, 57))])
def test_trend_of_two_waves_is_the_test_of_two_shares(count, total):
    found = cs.share_trend(count, total)
    statistic, p = proportions_ztest(count, total)  # the first share less the second
    np.testing.assert_allclose((found.z, found.p_value), (-statistic, p), **EXACT)


@pytest.mark.parametrize("waves", [3, 8, 40])
@pytest.mark.parametrize("tied", [False, True])
@SEEDS
def test_mann_kendall_and_sens_slope(waves, tied, seed):
    rng = np.random.default_rng(seed)
    score = np.arange(waves) / 9 + (rng.integers(0, 3, waves) if tied else rng.random(waves))
    found, other = cs.trend_test(score), pymannkendall.original_test(score)
    assert found.s == other.s
    np.testing.assert_allclose(found.variance, other.var_s, **EXACT)
    np.testing.assert_allclose(found.z, other.z, **EXACT)
    np.testing.assert_allclose(found.p_value("normal"), other.p, **EXACT)
    np.testing.assert_allclose(found.value, pymannkendall.sens_slope(score).slope, **EXACT)


@SEEDS
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_theils_slope_of_waves_at_odd_times_and_its_bounds(seed, level):
    rng = np.random.default_rng(seed)
    time = np.cumsum(rng.uniform(0.5, 3.0, 15))
    score = 0.2 * time + rng.normal(size=15)
    found = cs.trend_test(score, time)
    slope, _, *theirs = stats.theilslopes(score, time, alpha=level)
    np.testing.assert_allclose(found.value, slope, **EXACT)
    i, j = np.triu_indices(15, 1)
    slopes = np.sort((score[j] - score[i]) / (time[j] - time[i]))
    (low, high), (inner, outer) = (
        np.searchsorted(slopes, b) for b in (found.interval(level), theirs)
    )
    # SciPy rounds the ranks of its bounds to the nearest, we away from the slope
    assert inner - low in (0, 1)
    assert high - outer in (0, 1)
    np.testing.assert_allclose(found.interval(level), slopes[[low, high]], **EXACT)


@pytest.mark.parametrize("waves", [4, 7, 10])
@SEEDS
def test_exact_p_value_is_kendalls(waves, seed):
    score = np.random.default_rng(seed).permutation(waves)
    orders = np.array(list(itertools.permutations(range(min(waves, 7)))))
    found = cs.trend_test(score)
    tested = stats.kendalltau(np.arange(waves), score, method="exact")
    np.testing.assert_allclose(found.s, tested.statistic * waves * (waves - 1) / 2, atol=1e-9)
    np.testing.assert_allclose(found.p_value(), tested.pvalue, **EXACT)
    if waves <= 7:  # by the orders themselves
        i, j = np.triu_indices(waves, 1)
        every = np.sign(orders[:, j] - orders[:, i]).sum(axis=1)
        share = (np.abs(every) >= abs(found.s)).mean()
        np.testing.assert_allclose(found.p_value(), share, **EXACT)


# ---- what drives satisfaction


@WEIGHTED
@pytest.mark.parametrize("p", [1, 2, 3, 5])
def test_lmg_from_regressions_on_all_subsets(p, weighted):
    names = ["a", "b", "c", "ea", "eb"][:p]
    w = COMPLETE["weight"].to_numpy(float) if weighted else np.ones(len(COMPLETE))
    x, y = COMPLETE[names].to_numpy(), COMPLETE["all"].to_numpy()

    def explained(some) -> float:
        chosen = np.column_stack([np.ones(len(x)), x[:, list(some)]])
        return float(WLS(y, chosen, w).fit().rsquared) if some else 0.0

    expected = np.zeros(p)
    for j in range(p):
        others = [i for i in range(p) if i != j]
        for size in range(p):
            part = math.factorial(size) * math.factorial(p - 1 - size) / math.factorial(p)
            for some in itertools.combinations(others, size):
                expected[j] += part * (explained((*some, j)) - explained(some))
    found = cs.drivers(COMPLETE, "all", names, weight="weight" if weighted else None)
    np.testing.assert_allclose(found.importance, expected, **EXACT)
    np.testing.assert_allclose(found.r_squared, explained(range(p)), **EXACT)
    last = cs.drivers(
        COMPLETE, "all", names, method="last", weight="weight" if weighted else None
    ).importance
    without = [explained([i for i in range(p) if i != j]) for j in range(p)]
    np.testing.assert_allclose(last, explained(range(p)) - np.array(without), **EXACT)


def test_p_values_of_drivers_are_those_of_least_squares():
    x = np.column_stack([np.ones(len(COMPLETE)), COMPLETE[ITEMS]])
    fit = OLS(COMPLETE["all"].to_numpy(), x).fit()
    found = cs.drivers(COMPLETE, "all", ITEMS)
    np.testing.assert_allclose(found.p_value, fit.pvalues[1:], rtol=1e-8)
    first = cs.drivers(COMPLETE, "all", ITEMS, method="first").p_value
    each = [stats.pearsonr(COMPLETE[name], COMPLETE["all"]).pvalue for name in ITEMS]
    np.testing.assert_allclose(first, each, rtol=1e-8)
    deviation = COMPLETE[ITEMS].std().to_numpy() / COMPLETE["all"].std()
    beta = cs.drivers(COMPLETE, "all", ITEMS, method="beta").importance
    np.testing.assert_allclose(beta, fit.params[1:] * deviation, **EXACT)


@WEIGHTED
def test_penalties_rewards_and_their_robust_errors(weighted):
    w = COMPLETE["weight"].to_numpy(float) if weighted else np.ones(len(COMPLETE))
    weight = "weight" if weighted else None
    found = cs.penalty_reward(COMPLETE, "all", ITEMS, low=2, high=5, weight=weight)
    answers = COMPLETE[ITEMS].to_numpy()
    x = np.column_stack([np.ones(len(w)), answers <= 2, answers >= 5]).astype(float)
    fit = WLS(COMPLETE["all"].to_numpy(), x, w).fit(cov_type="HC0")
    n = w.sum() ** 2 / (w**2).sum()
    spread = fit.cov_params() * n / (n - 7)  # HC1, by the effective number
    if not weighted:
        np.testing.assert_allclose(spread, fit.get_robustcov_results("HC1").cov_params())
    np.testing.assert_allclose(found.penalty, fit.params[1:4], **EXACT)
    np.testing.assert_allclose(found.reward, fit.params[4:], **EXACT)
    np.testing.assert_allclose(found.penalty_variance, np.diag(spread)[1:4], **EXACT)
    np.testing.assert_allclose(found.reward_variance, np.diag(spread)[4:], **EXACT)
    np.testing.assert_allclose(found.covariance, np.diag(spread[1:4, 4:]), **EXACT)
    np.testing.assert_allclose(found.r_squared, fit.rsquared, **EXACT)


# ---- reliability


@SEEDS
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_cronbachs_alpha_and_its_interval(seed, level):
    table = survey(seed)[[*ITEMS, "all"]]
    complete = table.dropna()
    found = cs.cronbach_alpha(table, list(table))
    # Of the complete rows: with nan_policy="listwise" pingouin 0.7.0 takes as n the rows before
    # deletion, so that its interval is too narrow (its value is right).
    alpha, bounds = pingouin.cronbach_alpha(complete, ci=level)
    np.testing.assert_allclose(found.value, alpha, **EXACT)
    np.testing.assert_allclose(found.interval(level), bounds, atol=5.001e-4)  # to three digits
    listwise, _ = pingouin.cronbach_alpha(table, nan_policy="listwise")
    np.testing.assert_allclose(found.value, listwise, **EXACT)
    pairwise, _ = pingouin.cronbach_alpha(table, nan_policy="pairwise")
    again = cs.cronbach_alpha(table, list(table), missing="pairwise")
    np.testing.assert_allclose(again.value, pairwise, **EXACT)


@SEEDS
def test_loadings_of_one_factor(seed):
    table = survey(seed).dropna()[[*ITEMS, "all", "ea"]]
    found = cs.mcdonald_omega(table, list(table))
    fit = Factor(table.to_numpy(), n_factor=1, method="ml").fit()
    loadings = np.abs(fit.loadings[:, 0]) * table.std().to_numpy()
    np.testing.assert_allclose(found.loadings, loadings, rtol=1e-4)
    common = loadings.sum() ** 2
    own = (table.var().to_numpy() - loadings**2).sum()
    np.testing.assert_allclose(found.value, common / (common + own), rtol=1e-5)
