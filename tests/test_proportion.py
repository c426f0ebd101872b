"""Intervals of a proportion: against SciPy and mpmath, in print, coverage, laws, bad input."""

from __future__ import annotations

import itertools
from decimal import Decimal

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from custvalue._proportion import METHODS, interval, normal_quantile, share
from custvalue.errors import InvalidDataError

LEVELS = (0.5, 0.9, 0.95, 0.99, 0.999999)
COUNTS = [(k, n) for n in (1, 2, 5, 10, 47, 1000) for k in {0, 1, n // 3, n // 2, n - 1, n}]
counts = st.integers(1, 10**6).flatmap(
    lambda n: st.tuples(st.integers(0, n), st.just(n))  # (k, n)
)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("method", "theirs"), [("wilson", "wilson"), ("clopper-pearson", "exact")])
def test_scipy_agrees(method, theirs, level):
    got = np.array([interval(k, n, level, method) for k, n in COUNTS])
    want = [stats.binomtest(k, n).proportion_ci(level, theirs) for k, n in COUNTS]
    np.testing.assert_allclose(got, np.array(want), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_jeffreys_are_the_quantiles_of_the_posterior(level):
    for k, n in COUNTS:
        low, high = interval(k, n, level, "jeffreys")
        with mpmath.workdps(30):
            tail = (1 - mpmath.mpf(level)) / 2

            def below(x, k=k, n=n):
                return mpmath.betainc(k + 0.5, n - k + 0.5, 0, x, regularized=True)

            if k > 0:
                assert float(below(mpmath.mpf(low)) / tail) == pytest.approx(1, abs=1e-9)
            if k < n:
                rest = 1 - below(mpmath.mpf(high))
                assert float(rest / tail) == pytest.approx(1, abs=1e-7)
        assert (low == 0.0) == (k == 0)
        assert (high == 1.0) == (k == n)


# Brown, Cai & DasGupta (2001), Statistical Science 16(2), 101-133, section 2.1: the coverage of
# the Wald interval of level 95 %, which does not improve steadily with n.
@pytest.mark.parametrize(
    ("n", "p", "published"),
    [(30, 0.2, 0.946), (98, 0.2, 0.928), (17, 0.5, 0.951), (40, 0.5, 0.919),
     (591, 0.005, 0.945), (592, 0.005, 0.792)],
)  # fmt: skip
def test_brown_cai_and_dasgupta_2001_on_wald(n, p, published):
    k = np.arange(n + 1)
    low, high = interval(k, n, method="wald")
    covered = stats.binom.pmf(k, n, p)[(low <= p) & (p <= high)].sum()
    assert covered == pytest.approx(published, abs=5.1e-4)


# Table A.1 of the same, where it is plain Jeffreys (next to 0 and n it is a modified interval).
def test_brown_cai_and_dasgupta_2001_on_jeffreys():
    got = np.transpose(interval([2, 3, 4], 7, method="jeffreys"))
    np.testing.assert_allclose(
        got, [(0.065, 0.648), (0.139, 0.766), (0.234, 0.861)], rtol=0, atol=5.1e-4
    )


# Newcombe (1998), Statistics in Medicine 17, 857-872, table I, for 81/263, 15/148, 0/20 and 1/29.
NEWCOMBE = [
    ("wald", [(0.2522, 0.3638), (0.0527, 0.1500), (0.0, 0.0), (0.0, 0.1009)]),
    ("wilson", [(0.2553, 0.3662), (0.0624, 0.1605), (0.0, 0.1611), (0.0061, 0.1718)]),
    ("clopper-pearson", [(0.2527, 0.3676), (0.0578, 0.1617), (0.0, 0.1684), (0.0009, 0.1776)]),
]


@pytest.mark.parametrize(("method", "published"), NEWCOMBE)
def test_newcombe_1998(method, published):
    got = np.transpose(interval([81, 15, 0, 1], [263, 148, 20, 29], method=method))
    np.testing.assert_allclose(got, published, atol=5.1e-5)


def test_agresti_coull_adds_pseudo_observations():
    z = normal_quantile(0.95)
    k, n = 7.0 + z**2 / 2, 30.0 + z**2
    assert interval(7, 30, method="agresti-coull") == pytest.approx(interval(k, n, method="wald"))


def test_agresti_coull_shares_its_centre_with_wilson_and_is_wider():
    k, n = np.transpose([(k, n) for k, n in COUNTS if k in (n // 3, n - n // 3) and n > 9])
    wilson, agresti = interval(k, n), interval(k, n, method="agresti-coull")
    np.testing.assert_allclose(np.add(*wilson), np.add(*agresti), rtol=1e-12)
    assert (agresti[0] < wilson[0]).all()
    assert (agresti[1] > wilson[1]).all()


# ---- coverage, exactly


def coverages(method, n, level=0.95):
    """Return the coverage at each p of a grid, by the sum of the probabilities of each count."""
    k = np.arange(n + 1)
    low, high = interval(k, n, level, method)
    p = np.linspace(0.0005, 0.9995, 1999)[:, None]
    return (stats.binom.pmf(k, n, p) * ((low <= p) & (p <= high))).sum(axis=1)


@pytest.mark.parametrize(
    ("n", "level"), list(itertools.product([1, 2, 7, 30, 100], [0.8, 0.95, 0.99]))
)
def test_clopper_pearson_is_never_below_its_level(n, level):
    assert coverages("clopper-pearson", n, level).min() >= level - 1e-12


@pytest.mark.parametrize("n", [10, 30, 100])
def test_wilson_and_jeffreys_cover_their_level_on_average_and_wald_does_not(n):
    mean = {method: coverages(method, n).mean() for method in METHODS}
    assert mean["wilson"] == pytest.approx(0.95, abs=0.006)
    assert mean["jeffreys"] == pytest.approx(0.95, abs=0.006)
    assert mean["agresti-coull"] > mean["wilson"]
    assert mean["clopper-pearson"] > 0.95
    assert mean["wald"] < {10: 0.80, 30: 0.90, 100: 0.94}[n]


# ---- laws


@given(counts, st.sampled_from(METHODS), st.sampled_from(LEVELS))
def test_success_and_failure_mirror_each_other(pair, method, level):
    k, n = pair
    low, high = interval(k, n, level, method)
    other_low, other_high = interval(n - k, n, level, method)
    assert low == pytest.approx(1 - other_high, abs=1e-10)
    assert high == pytest.approx(1 - other_low, abs=1e-10)


@given(counts, st.sampled_from(METHODS), st.sampled_from(LEVELS))
def test_the_interval_holds_the_share_and_stays_in_0_to_1(pair, method, level):
    low, high = interval(*pair, level, method)
    assert 0 <= low <= pair[0] / pair[1] * (1 + 1e-12)
    assert pair[0] / pair[1] * (1 - 1e-12) <= high <= 1


@pytest.mark.parametrize("method", METHODS)
def test_bounds_rise_with_the_count(method):
    low, high = interval(np.linspace(0, 40, 161), 40, method=method)
    if method != "wald":  # its bounds turn back near 0 and 1
        assert (np.diff(low) >= 0).all()
        assert (np.diff(high) >= 0).all()
        assert (np.diff(low)[1:] > 0).sum() > 120
    assert low[80] < 0.5 < high[80]


@pytest.mark.parametrize("method", METHODS)
def test_a_higher_level_is_wider_and_more_data_narrower(method):
    ends = np.array([interval(7, 30, level, method) for level in LEVELS])
    assert (np.diff(ends[:, 0]) < 0).all() or method == "wald"
    assert (np.diff(ends[:, 1] - ends[:, 0]) > 0).all()
    widths = [np.diff(interval(3 * m, 10 * m, method=method))[0] for m in (1, 10, 100, 10**6)]
    assert (np.diff(widths) < 0).all()


@pytest.mark.parametrize("method", METHODS)
def test_fractional_counts_lie_between_whole_ones(method):
    low, high = interval([6, 6.5, 7], [20, 20, 20], method=method)
    assert low[0] < low[1] < low[2]
    assert high[0] < high[1] < high[2]
    assert interval(0.25, 0.5, method=method)[0] >= 0


# ---- edges


@pytest.mark.parametrize("method", METHODS)
def test_nothing_is_not_a_number(method):
    low, high = interval([0, 0], [0, 10], method=method)
    assert np.isnan(low[0])
    assert np.isnan(high[0])
    assert low[1] == 0.0
    assert np.isnan(interval(0, 0, method=method)).all()
    assert [len(bound) for bound in interval([], [], method=method)] == [0, 0]
    assert np.isnan(share(0, 0))
    assert share([1, 0], [2, 0]).tolist()[0] == 0.5


def test_ends_without_a_success_or_a_failure():
    # k = 0: Clopper-Pearson is 1 - (alpha/2)^(1/n), Wilson z^2 / (n + z^2)
    z = normal_quantile(0.95)
    n = np.array([1, 3, 20, 10**9])
    np.testing.assert_array_equal(interval(0, n)[0], 0.0)
    np.testing.assert_allclose(interval(0, n)[1], z**2 / (n + z**2), rtol=1e-12)
    exact = interval(0, n, method="clopper-pearson")
    np.testing.assert_allclose(exact[1], -np.expm1(np.log(0.025) / n), rtol=1e-12)
    np.testing.assert_array_equal(interval(n, n)[1], np.ones(4))
    assert interval(0, 10, method="wald") == (0.0, 0.0)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("n", "close"), [(1e9, 1e-4), (1e12, 1e-4), (1e15, 0.1)])
@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_huge_counts_have_the_normal_interval(method, n, close, p):
    error = np.sqrt(p * (1 - p) / n)
    ends = (np.array(interval(p * n, n, method=method)) - p) / error
    sharp = close if method in ("jeffreys", "clopper-pearson") else 1e-3  # SciPy's inverse of beta
    np.testing.assert_allclose(ends, [-1.959964, 1.959964], rtol=max(sharp, 1e-3))


def test_one_in_a_thousand_billions():
    # the limit is Poisson: chi-squared quantiles over 2 n
    low, high = interval(1, 1e15, method="clopper-pearson")
    assert low == pytest.approx(stats.chi2.ppf(0.025, 2) / 2e15, rel=1e-9)
    assert high == pytest.approx(stats.chi2.ppf(0.975, 4) / 2e15, rel=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_levels_next_to_0_and_1(method):
    low, high = interval(3, 10, 1e-12, method)
    assert high - low < 0.2
    low, high = interval(3, 10, 1 - 1e-16, method)
    assert 0 <= low < 0.02
    assert 0.8 < high <= 1


def test_a_level_next_to_1_keeps_its_tail():
    z = normal_quantile(1 - 1e-14)
    assert stats.norm.sf(z) * 2 == pytest.approx(1 - (1 - 1e-14), rel=1e-9)
    high = interval(3, 10, 1 - 1e-14, "clopper-pearson")[1]
    assert stats.binom.cdf(3, 10, high) * 2 == pytest.approx(1 - (1 - 1e-14), rel=1e-6)


def test_scalars_arrays_and_broadcasting():
    assert np.ndim(interval(1, 2)[0]) == 0
    low, high = interval(np.array([[1], [2]]), np.array([4, 5, 6]))
    assert low.shape == high.shape == (2, 3)
    assert (low[1, 2], high[1, 2]) == interval(2, 6)
    assert interval(3, 10, Decimal("0.95")) == interval(3, 10)
    k = np.array([1, 2])
    interval(k, 5)
    assert k.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ((-1, 3), "count: must be at least 0"),
        ((4, 3), "count: must not exceed the total; got 4"),
        (([1, 2, 9], [3, 3, 3]), r"must not exceed the total; got 9 \(first at row 2, 1 of 3"),
        ((0, -3), "total: must be at least 0"),
        ((np.nan, 3), "count: must be finite"),
        ((1, np.inf), "total: must be finite"),
        (("a", 3), "count: must be numbers"),
        ((None, 3), "count: must be numbers"),
        ((1 + 2j, 3), "count: must be numbers"),
        (([1, [2, 3]], 3), "count: must have rows of one length"),
        (([1, 2], [1, 2, 3]), "count, total: must have shapes that broadcast"),
        ((1, 3, 95), "level: must be below 1.*Write 95 % as 0.95"),
        ((1, 3, 0), "level: must be above 0"),
        ((1, 3, 1), "level: must be below 1"),
        ((1, 3, np.nan), "level: must be finite"),
        ((1, 3, None), "level: must be numbers"),
        ((1, 3, [0.9, 0.95]), "level: must be one number"),
        ((1, 3, 0.95, "exact"), "method: must be one of 'wilson'"),
        ((1, 3, 0.95, None), "method: must be one of 'wilson'"),
    ],
)
def test_bad_input(arguments, match):
    with pytest.raises(InvalidDataError, match=match):
        interval(*arguments)
