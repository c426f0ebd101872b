"""Contractual models against 60-digit arithmetic on a wide random grid and its corners."""

import numpy as np
import pytest
from mpmath import mp, mpf
from scipy.special import hyp2f1

from custvalue import clv
from custvalue.clv._life_table import life_table
from custvalue.durations import Durations

POINTS = 250


def log_drop(alpha, beta, c, n, t):
    """Return log S(n) - log S(n + t), by the gamma functions of the papers."""
    alpha, beta, c, n, t = (mpf(v) for v in (alpha, beta, c, n, t))
    first, last = beta + n**c, beta + (n + t) ** c
    return (
        mp.loggamma(first) - mp.loggamma(first + alpha)
        - mp.loggamma(last) + mp.loggamma(last + alpha)
    )  # fmt: skip


def grid(seed):
    rng = np.random.default_rng(seed)
    alpha, beta = 10 ** rng.uniform(-8, 8, (2, POINTS))
    c = 10 ** rng.uniform(-1.3, 0.7, POINTS)
    c[::4] = 1.0
    n = np.floor(10 ** rng.uniform(-1, 4, POINTS))
    t = np.floor(10 ** rng.uniform(-0.5, 4, POINTS))
    return alpha, beta, c, n, t


def assert_right(got, truth):
    truth = np.array([float(v) for v in truth])
    assert np.isfinite(truth).all()
    np.testing.assert_allclose(got, truth, rtol=1e-9, atol=1e-300)


def test_formulas_on_a_wide_grid():
    alpha, beta, c, n, t = grid(1)
    model = clv.BetaDiscreteWeibull(alpha, beta, c)
    points = list(zip(*(column.tolist() for column in (alpha, beta, c, n, t)), strict=True))
    with mp.workdps(60):
        assert_right(
            model.survival(t), [mp.exp(-log_drop(a, b, c, 0, t)) for a, b, c, n, t in points]
        )
        later = [log_drop(*point) for point in points]
        assert_right(model.residual_survival(t, n), [mp.exp(-drop) for drop in later])
        next_one = [log_drop(a, b, c, n, 1) for a, b, c, n, t in points]
        assert_right(model.retention_rate(n + 1), [mp.exp(-drop) for drop in next_one])
        hazard = [-mp.expm1(-drop) for drop in next_one]
        assert_right(model.churn_rate(n + 1), hazard)
        there = [mp.exp(-log_drop(a, b, c, 0, n)) for a, b, c, n, t in points]
        assert_right(
            model.churn_probability(n + 1), [h * s for h, s in zip(hazard, there, strict=True)]
        )
        last = [log_drop(a, b, c, n + t, 1) for a, b, c, n, t in points]
        ends = [-drop + mp.log1p(-mp.exp(-h)) for drop, h in zip(later, last, strict=True)]
        assert_right(model.log_likelihood(n + t + 1, True, n), ends)
        keep = t > 0
        stays = [-drop for drop, kept in zip(later, keep, strict=True) if kept]
        got = model.log_likelihood(n + np.maximum(t, 1), False, n)[keep]
        assert_right(got, stays)
    assert (np.array([float(h) for h in hazard]) < 1e-9).sum() > 20
    assert (np.array([float(h) for h in hazard]) > 0.99).sum() > 10


def test_formulas_of_sbg_on_a_wide_grid():
    """The retention rate of Fader & Hardie (2007) has a closed form, and so has their 2F1."""
    alpha, beta, _, n, t = grid(2)
    model = clv.ShiftedBetaGeo(alpha, beta)
    np.testing.assert_allclose(
        model.retention_rate(n + 1), (beta + n) / (alpha + beta + n), rtol=1e-12
    )
    np.testing.assert_allclose(model.churn_rate(n + 1), alpha / (alpha + beta + n), rtol=1e-12)
    with mp.workdps(60):
        points = zip(alpha.tolist(), beta.tolist(), n.tolist(), t.tolist(), strict=True)
        truth = [mp.exp(-log_drop(a, b, 1, n, t)) for a, b, n, t in points]
    assert_right(model.residual_survival(t, n), truth)


def mean_over_churn(alpha, beta, n, rate):
    """Return the sum over k >= 1 of S(n + k)/S(n)/(1 + rate)^k of sBG, as a mean over theta.

    Given theta it is (1 - theta)/(rate + theta); theta ~ Beta(alpha, beta + n).
    """
    a, b, rate = mpf(alpha), mpf(beta) + mpf(n), mpf(rate)
    peak = -a * mp.log1p(b / a) - b * mp.log1p(a / b)

    def weight(v):  # v = log(theta/(1 - theta))
        return mp.exp(-a * mp.log1p(mp.exp(-v)) - b * mp.log1p(mp.exp(v)) - peak)

    def gain(v):
        return weight(v) * mp.exp(-mp.log1p(mp.exp(v))) / (rate + mp.exp(-mp.log1p(mp.exp(-v))))

    centre, spread = mp.log(a / b), mp.sqrt(1 / a + 1 / b)
    cuts = [centre + spread * k for k in (-16, -8, -4, -2, -1, 0, 1, 2, 4, 8, 16)]
    cuts += [centre - 16 * spread - k * (1 / a + spread) for k in (5, 15, 40, 100)]
    cuts += [centre + 16 * spread + k * (1 / b + spread) for k in (5, 15, 40, 100)]
    cuts = sorted([*cuts, mp.log(rate)])
    return mp.quad(gain, cuts) / mp.quad(weight, cuts)


def test_discounted_lifetimes_of_sbg():
    rng = np.random.default_rng(3)
    alpha, beta = 10 ** rng.uniform(-3, 5, 8), 10 ** rng.uniform(-3, 7, 8)
    n = np.array([0.0, 1.0, 7.0, 1000.0] * 2)
    rate = 10 ** rng.uniform(-6, 1, 8)
    with mp.workdps(20):
        points = zip(alpha, beta, n, rate, strict=True)
        truth = np.array([float(mean_over_churn(*map(float, p))) for p in points])
    model = clv.ShiftedBetaGeo(alpha, beta)
    np.testing.assert_allclose(model.value(1, rate, n, first="after one period"), truth, rtol=1e-9)
    np.testing.assert_allclose(model.value(1, rate, n), 1 + truth, rtol=1e-9)
    residual = model.discounted_residual_lifetime(n, rate)
    np.testing.assert_allclose(residual, truth * (1 + rate), rtol=1e-9)
    one = clv.ShiftedBetaGeo(float(alpha[0]), float(beta[0]))
    assert one.value(1, rate[0], n[0]) == pytest.approx(1 + truth[0], rel=1e-9)


@pytest.mark.parametrize("excess", [1e-9, 1e-3, 0.5, 3.0, 1e4])
@pytest.mark.parametrize("beta", [1e-6, 2.0, 1e9])
def test_undiscounted_lifetimes_of_sbg(excess, beta):
    alpha = 1.0 + excess
    model = clv.ShiftedBetaGeo(alpha, beta)
    exact = 1 + beta / (alpha - 1.0)
    assert model.expected_lifetime() == pytest.approx(exact, rel=1e-9)
    later = (beta + 30) / (alpha - 1.0)
    assert model.discounted_residual_lifetime(30, 0.0) == pytest.approx(later, rel=1e-9)


# alpha, beta, c, n, rate; sums of so many terms that nothing is left
SUMS = [
    (0.2143, 1.4266, 1.7236, 0, 0.1, 600),
    (0.2143, 1.4266, 1.7236, 7, 0.1, 600),
    (0.05, 1e-3, 0.3, 2, 0.05, 1_200),
    (900.0, 1e6, 2.2, 0, 0.0, 400),
    (1e5, 1e13, 4.5, 3, 0.02, 1_400),
]


@pytest.mark.parametrize("point", SUMS)
def test_discounted_lifetimes_of_bdw(point):
    alpha, beta, c, n, rate, terms = point
    with mp.workdps(40):
        total = mp.fsum(
            mp.exp(-log_drop(alpha, beta, c, n, k)) / (1 + mpf(rate)) ** k
            for k in range(1, terms + 1)
        )
    value = clv.BetaDiscreteWeibull(alpha, beta, c).value(1, rate, n, first="after one period")
    assert value == pytest.approx(float(total), rel=1e-9)


@pytest.mark.parametrize(("alpha", "c"), [(2.5, 0.7), (0.6, 2.5), (12.0, 0.25), (1.5, 4.0)])
def test_undiscounted_lifetimes_of_bdw(alpha, c):
    """By Euler and Maclaurin, the integral over log age until nothing is left."""
    first = 40

    def left(k):
        return mp.exp(-log_drop(alpha, 3.0, c, 0, k))

    with mp.workdps(60):
        ends = mp.linspace(0, 26 / min(c * mpf(alpha) - 1, 1), 61)
        rest = mp.quad(lambda y: left(first * mp.exp(y)) * first * mp.exp(y), ends, maxdegree=4)
        rest += left(mpf(first)) / 2
        series = mp.taylor(left, first, 7)
        for j in (1, 3, 5, 7):
            rest -= mp.bernoulli(j + 1) / (j + 1) * series[j]
        total = mp.fsum(left(mpf(k)) for k in range(first)) + rest
    lifetime = clv.BetaDiscreteWeibull(alpha, 3.0, c).expected_lifetime()
    assert lifetime == pytest.approx(float(total), rel=1e-9)


def test_scipy_agrees_where_it_is_good():
    for alpha, beta in ((0.668, 3.806), (0.704, 1.182), (3.0, 0.4)):
        closed = hyp2f1(1, beta, alpha + beta, 1 / 1.1)
        got = clv.ShiftedBetaGeo(alpha, beta).discounted_expected_lifetime(0.1)
        assert got == pytest.approx(closed, rel=1e-12)


@pytest.mark.parametrize("name", list(clv.CONTRACTUAL_MODELS))
@pytest.mark.parametrize(
    "theta", [(0.7, 2.5, 1.4), (1e-5, 3e-4, 0.3), (4e5, 3e6, 2.0), (80.0, 0.01, 1.0)]
)
def test_derivatives_by_mpmath(name, theta):
    """Gradient and Hessian of a log-likelihood with censoring, late entries, gaps and weights."""
    kind = clv.CONTRACTUAL_MODELS[name]
    theta = theta[: 2 if name == "ShiftedBetaGeo" else 3]
    data = Durations(
        exit=[1, 2, 3, 7, 7, 12, 30, 4],
        event=[1, 1, 0, 1, 0, 1, 0, 1],
        entry=[0, 0, 1, 2, 5, 0, 11, 3],
        weight=[5, 3, 2, 1, 4, 0.5, 2, 1],
    )
    rows = list(zip(data.exit, data.event, data.entries, data.weights, strict=True))

    def total(alpha, beta, c=1):
        drop = lambda n, t: (  # noqa: E731
            mp.loggamma(beta + n**c) - mp.loggamma(alpha + beta + n**c)
            - mp.loggamma(beta + (n + t) ** c) + mp.loggamma(alpha + beta + (n + t) ** c)
        )  # fmt: skip
        value = mpf(0)
        for leaves, gone, enters, weight in rows:
            until, since = mpf(int(leaves) - int(gone)), mpf(int(enters))
            value -= mpf(float(weight)) * drop(since, until - since)
            if gone:
                value += mpf(float(weight)) * mp.log(-mp.expm1(-drop(until, 1)))
        return value

    jet = kind._jet(np.array(theta), life_table(data))
    k = len(theta)
    unit = np.eye(k, dtype=int)
    with mp.workdps(90):
        point = tuple(mpf(v) for v in theta)
        assert jet.value == pytest.approx(float(total(*point)), rel=1e-12)

        # steps relative to the parameters: in their logarithms
        def logs(*v):
            return total(*(mp.exp(each) for each in v))

        at = tuple(mp.log(v) for v in point)
        step = mpf(10) ** -20
        slopes = [float(mp.diff(logs, at, tuple(unit[i].tolist()), h=step)) for i in range(k)]
        bends = np.empty((k, k))
        for i in range(k):
            for j in range(i, k):
                order = tuple((unit[i] + unit[j]).tolist())
                bends[i, j] = bends[j, i] = float(mp.diff(logs, at, order, h=step))
    values = np.array(theta)
    gradient = jet.gradient * values
    np.testing.assert_allclose(gradient, slopes, rtol=1e-9)
    np.testing.assert_allclose(
        jet.hessian * np.outer(values, values) + np.diag(gradient),
        bends,
        rtol=1e-7,
        atol=1e-9 * np.abs(slopes).max(),
    )
