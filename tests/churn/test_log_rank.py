"""The log-rank test: degrees of freedom, oracles, size under the null, weights, bad records."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np
import pytest
import scipy.stats

import custvalue as cv
from custvalue import Durations
from custvalue.churn import compare


def brute(exit, event, entry, group):
    """Chi-squared and degrees by the definitions: covariance, then its generalised inverse."""
    labels = sorted(set(group))
    k = len(labels)
    apart, covariance, joined = np.zeros(k), np.zeros((k, k)), np.eye(k, dtype=bool)
    for t in sorted({x for x, e in zip(exit, event, strict=True) if e}):
        n = np.array([((entry < t) & (t <= exit) & (group == g)).sum() for g in labels], float)
        d = np.array([((exit == t) & event & (group == g)).sum() for g in labels], float)
        N, D = n.sum(), d.sum()
        apart += d - n / N * D
        if N > D:
            w = D * (N - D) / (N - 1)
            covariance += w * (np.diag(n / N) - np.outer(n / N, n / N))
            joined |= np.outer(n > 0, n > 0)
    for _ in range(k):
        joined = (joined.astype(int) @ joined.astype(int)) > 0
    sets = {tuple(row) for row in joined.tolist()}
    statistic = apart @ np.linalg.pinv(covariance, rcond=1e-10, hermitian=True) @ apart
    return statistic, k - len(sets)


def test_a_group_of_one_against_a_group_of_four():
    """A numerical rank said 2 degrees of freedom of two groups, and p = .135."""
    b, a = ([1], [2, 3, 4, 5])
    oracle = scipy.stats.logrank(b, a)
    test = compare(Durations(exit=[1, 2, 3, 4, 5], event=[1] * 5, groups={"g": list("baaaa")}))
    assert test.degrees == 1
    assert test.statistic == pytest.approx(oracle.statistic**2, rel=1e-12)
    assert test.p_value == pytest.approx(oracle.pvalue, rel=1e-10)
    assert test.p_value == pytest.approx(0.0455, abs=5e-5)


@pytest.mark.parametrize("seed", range(30))
def test_scipy_agrees_on_unequal_groups_and_continuous_ages(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 40, 2) * np.array([1, 1 + 10 * (seed % 2)])
    t, d = rng.exponential(3, sizes.sum()), rng.random(sizes.sum()) < 0.7
    g = np.repeat([0, 1], sizes)
    d[np.argmin(t)] = True
    halves = [scipy.stats.CensoredData(t[d & (g == k)], right=t[~d & (g == k)]) for k in (0, 1)]
    oracle = scipy.stats.logrank(*halves)
    test = compare(Durations(exit=t, event=d, groups={"g": g}))
    assert test.degrees == 1
    assert test.statistic == pytest.approx(oracle.statistic**2, rel=1e-10)
    assert test.p_value == pytest.approx(oracle.pvalue, rel=1e-9)


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.filterwarnings("ignore::custvalue.errors.CustValueWarning")
def test_many_groups_against_the_definitions(seed):
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(6, 40)), int(rng.integers(2, 7))
    entry = np.where(rng.random(n) < 0.5, 0.0, rng.uniform(0, 8, n))
    exit = entry + rng.exponential(2, n)
    if seed % 2:  # ties
        entry = np.floor(entry)
        exit = entry + np.ceil(exit - entry)
    event, group = rng.random(n) < 0.7, rng.permutation(np.arange(n) % k)
    test = compare(Durations(exit=exit, event=event, entry=entry, groups={"g": group}))
    statistic, degrees = brute(exit, event, entry, group)
    assert test.degrees == degrees
    if degrees:
        assert test.statistic == pytest.approx(statistic, rel=1e-8)


def test_sets_of_groups_that_are_never_at_risk_together():
    """a with b early, c with d later: one degree of freedom each, and statistics that add."""
    early = Durations(exit=[1, 2, 3, 4, 5, 6], event=[1] * 6, groups={"g": list("aababb")})
    late = Durations(exit=[11, 12, 13, 14], event=[1] * 4, entry=[10] * 4,
                     groups={"g": list("cdcd")})  # fmt: skip
    both = compare(early + late)
    assert (both.degrees, len(both)) == (2, 4)
    apart = [compare(early)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        apart.append(compare(late))
    assert both.statistic == pytest.approx(sum(test.statistic for test in apart), rel=1e-12)
    # by way of e, at risk with all: one set
    bridge = Durations(exit=[20], event=[0], groups={"g": ["e"]})
    assert compare(early + late + bridge).degrees == 4


def test_a_thin_tie_is_a_tie():
    """Heavy pairs, a light link between them: degrees do not depend on how light it is."""
    for light in (1.0, 1e-3, 1e-9):
        exit = [1, 2, 3, 4, 5, 6, 7, 8, 9.0]
        entry = [0, 0, 0, 0, 4, 4, 4, 4, 0.0]
        weight = [1e5] * 8 + [light]
        test = compare(Durations(exit=exit, event=[1] * 8 + [0], entry=entry, weight=weight,
                                 groups={"g": list("ababcdcde")}))  # fmt: skip
        assert test.degrees == 4
        assert np.isfinite(test.statistic)


@pytest.mark.parametrize("sizes", [(6, 40), (10, 15, 60)])
def test_its_size_under_the_null(sizes):
    rng = np.random.default_rng(5)
    g = np.repeat(np.arange(len(sizes)), sizes)
    p = []
    for _ in range(600):
        life, end = rng.exponential(5, len(g)), rng.uniform(2, 20, len(g))
        table = Durations(exit=np.minimum(life, end), event=life <= end, groups={"g": g})
        p.append(compare(table).p_value)
    assert 0.025 < np.mean(np.array(p) < 0.05) < 0.085


def test_weights_are_customers():
    exit, event, g = [1, 2, 3, 4, 5], [1, 1, 0, 1, 1], {"g": list("abaab")}
    twice = Durations(exit=exit * 2, event=event * 2, groups={"g": list("abaab") * 2})
    weighted = Durations(exit=exit, event=event, groups=g, weight=[2] * 5)
    assert compare(weighted).statistic == pytest.approx(compare(twice).statistic, rel=1e-12)
    # shares that sum to 1: d (N - d) / (N - 1) says nothing
    shares = Durations(exit=exit, event=event, groups=g, weight=[0.2] * 5)
    with pytest.warns(cv.errors.CustValueWarning, match="at most one customer at risk"):
        test = compare(shares)
    assert np.isnan(test.statistic)
    assert np.isnan(test.p_value)
    assert test.degrees == 1


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"statistic": -1.0}, "statistic: must be at least 0"),
        ({"statistic": "4"}, "statistic: must be numbers"),
        ({"statistic": None}, "statistic: must be numbers"),
        ({"degrees": 2}, "degrees: must be below the groups"),
        ({"degrees": 0.5}, "degrees: must be whole"),
        ({"degrees": [1]}, "degrees: must be one number"),
        ({"p_value": 1.5}, "p_value: must be at most 1"),
        ({"observed": [-1.0, 2.0]}, "observed: must be at least 0"),
    ],
)
def test_bad_records(changes, rule):
    test = compare(Durations(exit=[1, 2, 3, 4], event=[1] * 4, groups={"g": list("abab")}))
    with pytest.raises(cv.errors.InvalidDataError, match=rule):
        dataclasses.replace(test, **changes)
    with pytest.raises(cv.errors.InvalidDataError):
        cv.churn.LogRank.from_dict(test.to_dict() | changes)


def test_ages_in_blocks_are_as_all_at_once(monkeypatch):
    rng = np.random.default_rng(5)
    entry, group = rng.integers(0, 20, 400), rng.integers(0, 7, 400)
    found = Durations(exit=entry + rng.integers(1, 60, 400), event=rng.random(400) < 0.6,
                      entry=entry, groups={"g": group})  # fmt: skip
    whole = compare(found)
    for cells in (1, 70):
        monkeypatch.setattr("custvalue.churn.log_rank._CELLS", cells)
        blocks = compare(found)
        assert blocks.degrees == whole.degrees == 6
        assert blocks.observed.tolist() == whole.observed.tolist()
        np.testing.assert_allclose(blocks.expected, whole.expected, rtol=1e-13)
        assert blocks.statistic == pytest.approx(whole.statistic, rel=1e-12)
