"""Laws that the formulas of every registered model obey."""

import numpy as np
import pytest
from mpmath import mp
from scipy.special import gammaln

from custvalue import clv
from custvalue.clv._patterns import count_patterns

from . import reference
from .registry import ARGUMENTS, FORMULA_CASES, customers, example, symbols
from .registry import formulas as formulas_of

PURCHASES = list(clv.PURCHASE_MODELS)
STEP = mp.mpf(10) ** -25  # of differences: leaves 50 of 130 digits


def arguments(name, formula):
    return [ARGUMENTS[each] for each in formulas_of(name)[formula]]


@pytest.mark.parametrize(("name", "formula"), FORMULA_CASES)
def test_scalar_array_and_broadcast_agree(name, formula):
    evaluate, columns = getattr(example(name), formula), arguments(name, formula)
    together = evaluate(*columns)
    assert together.shape == (6,)
    one_by_one = [evaluate(*(float(c[i]) for c in columns)) for i in range(6)]
    assert all(np.ndim(value) == 0 for value in one_by_one)
    np.testing.assert_allclose(one_by_one, together, rtol=1e-13)
    as_lists = evaluate(*(c.tolist() for c in columns))
    np.testing.assert_array_equal(as_lists, together)
    table = evaluate(*(np.stack([c, c[::-1]]) for c in columns))
    np.testing.assert_allclose(table, [together, together[::-1]], rtol=1e-13)
    first, *others = columns
    outer = evaluate(first[:, None], *(np.full(3, c[0]) for c in others)) if others else None
    if outer is not None and formula != "log_likelihood":  # t_x <= T for the first customer only
        pairs = [evaluate(v, *(float(c[0]) for c in others)) for v in first]
        np.testing.assert_allclose(outer, np.repeat(pairs, 3).reshape(6, 3), rtol=1e-13)


@pytest.mark.parametrize(("name", "formula"), FORMULA_CASES)
def test_arrays_of_parameters_are_a_loop_over_scalars(name, formula):
    spread = np.array([0.5, 1.0, 1.7, 3.0])
    values = example(name).parameters.values()
    drawn = [value * np.roll(spread, i) for i, value in enumerate(values)]
    columns = arguments(name, formula)
    kind = clv.MODELS[name]
    draws = getattr(kind(*(d[:, None] for d in drawn)), formula)(*columns)
    assert draws.shape == (4, 6)
    for i in range(4):
        alone = getattr(kind(*(float(d[i]) for d in drawn)), formula)(*columns)
        np.testing.assert_allclose(draws[i], alone, rtol=1e-13)


@pytest.mark.parametrize(("name", "formula"), FORMULA_CASES)
def test_empty_in_empty_out(name, formula):
    empty = [np.empty(0)] * len(arguments(name, formula))
    assert getattr(example(name), formula)(*empty).shape == (0,)


@pytest.mark.parametrize(("name", "formula"), FORMULA_CASES)
def test_arguments_are_not_changed(name, formula):
    columns = [c.copy() for c in arguments(name, formula)]
    for column in columns:
        column.flags.writeable = False
    getattr(example(name), formula)(*columns)
    for column, before in zip(columns, arguments(name, formula), strict=True):
        np.testing.assert_array_equal(column, before)


@pytest.mark.parametrize("name", PURCHASES)
def test_probability_alive_falls_while_nothing_is_bought(name):
    model = example(name)
    T = np.concatenate([[5.0], np.geomspace(5.001, 5_000, 200)])
    for x, t_x in ((0, 0.0), (1, 5.0), (12, 5.0), (300, 4.0)):
        alive = model.probability_alive(x, t_x, T)
        assert ((alive >= 0) & (alive <= 1)).all()
        assert (np.diff(alive) <= 0).all()
        if x:
            assert alive[-1] < 0.2 * alive[0]


@pytest.mark.parametrize("name", PURCHASES)
def test_expected_purchases_start_at_zero_and_rise_ever_slower(name):
    model = example(name)
    t = np.linspace(0, 400, 4_001)
    for expected in (
        model.expected_purchases(t, 0, 0, 39),
        model.expected_purchases(t, 3, 20, 39),
        model.expected_purchases(t, 60, 39, 39),
        model.expected_purchases_new(t),
    ):
        assert expected[0] == 0
        steps = np.diff(expected)
        assert (steps > 0).all()
        assert (np.diff(steps) < 1e-12).all()


@pytest.mark.parametrize("name", PURCHASES)
@pytest.mark.parametrize("t", [0.0, 0.7, 10.0, 60.0])
def test_probabilities_of_purchases_add_to_one_and_have_the_mean(name, t):
    model = example(name)
    n = np.arange(3_000)
    probability = model.probability_of_purchases(n, t)
    assert (probability >= 0).all()
    assert probability.sum() == pytest.approx(1, rel=1e-12)
    assert n @ probability == pytest.approx(float(model.expected_purchases_new(t)), rel=1e-11)


@pytest.mark.parametrize("name", PURCHASES)
def test_formulas_agree_over_all_histories(name):
    """Likelihood, P(X = n) and both expectations: totals over (x, t_x), integrated exactly.

    Times t_1 < ... < t_x given t_x leave t_x^(x - 1)/(x - 1)! orders of equal density.
    """
    model, T, t = example(name), 4.0, 13.0
    nodes, weights = np.polynomial.legendre.leggauss(80)
    t_x, weights = (nodes + 1) * T / 2, weights * T / 2
    x = np.arange(1.0, 160.0)[:, None]
    log_orders = (x - 1) * np.log(t_x) - gammaln(x)
    share = np.exp(model.log_likelihood(x, t_x, T) + log_orders) * weights
    nobody = float(np.exp(model.log_likelihood(0, 0, T)))
    np.testing.assert_allclose(
        np.append(nobody, share.sum(axis=1)[:60]),
        model.probability_of_purchases(np.arange(61), T),
        rtol=1e-10,
    )
    later = (share * model.expected_purchases(t, x, t_x, T)).sum()
    later += nobody * float(model.expected_purchases(t, 0, 0, T))
    now, then = model.expected_purchases_new(np.array([T, T + t]))
    assert later == pytest.approx(then - now, rel=1e-11)


@pytest.mark.parametrize("name", PURCHASES)
def test_a_customer_not_yet_observed_is_a_new_one(name):
    model, t = example(name), np.geomspace(0.01, 1_000, 30)
    alive = float(model.probability_alive(0, 0, 0))
    np.testing.assert_allclose(
        model.expected_purchases(t, 0, 0, 0), model.expected_purchases_new(t), rtol=1e-12
    )
    assert np.exp(model.log_likelihood(0, 0, 0)) == pytest.approx(1, rel=1e-14)
    assert 0 < alive <= 1


def slopes(name, theta, x, t_x, T, n):
    """Return gradient and Hessian of the log-likelihood of the reference by mpmath."""

    def total(*values):
        made = getattr(reference, name)(*values)
        made.__dict__.update(zip(symbols(name), values, strict=True))  # keep all digits
        terms = zip(n, x, t_x, T, strict=True)
        return mp.fsum(mp.mpf(k) * made.log_likelihood(*row) for k, *row in terms)

    k = len(theta)
    with mp.workdps(reference.DIGITS):
        point = tuple(mp.mpf(float(v)) for v in theta)
        unit = np.eye(k, dtype=int)
        gradient = [mp.diff(total, point, tuple(unit[i].tolist()), h=STEP) for i in range(k)]
        hessian = np.empty((k, k))
        for i in range(k):
            for j in range(i, k):
                order = tuple((unit[i] + unit[j]).tolist())
                hessian[i, j] = hessian[j, i] = float(mp.diff(total, point, order, h=STEP))
    return np.array([float(g) for g in gradient]), hessian


@pytest.mark.parametrize("name", [name for name in PURCHASES if name in reference.MODELS])
@pytest.mark.parametrize("theta", [(0.6, 5.0, 0.8, 2.4), (3.0, 0.2, 1.0, 0.3)])
def test_derivatives_by_mpmath(name, theta):
    x, t_x, T = (ARGUMENTS[each] for each in ("x", "t_x", "T"))
    n = np.array([3.0, 1.0, 2.0, 1.0, 5.0, 2.0])
    jet = clv.MODELS[name]._jet(np.array(theta), count_patterns(x, t_x, T, n))
    model = clv.MODELS[name](*theta)
    assert jet.value == pytest.approx(float(n @ model.log_likelihood(x, t_x, T)), rel=1e-13)
    gradient, hessian = slopes(name, theta, x, t_x, T, n)
    np.testing.assert_allclose(jet.gradient, gradient, rtol=1e-11)
    np.testing.assert_allclose(jet.hessian, hessian, rtol=1e-11)


@pytest.mark.parametrize("name", PURCHASES)
@pytest.mark.parametrize("lattice", [True, False])
def test_derivatives_by_differences(name, lattice):
    """Central differences of the public log-likelihood, and of the gradient."""
    data = customers(name, 400, lattice=lattice)
    x, t_x, T = data.frequency, data.recency, data.T
    kind, patterns = clv.MODELS[name], count_patterns(x, t_x, T)
    theta = np.array(list(example(name).parameters.values())) * 1.3
    jet = kind._jet(theta, patterns)
    for i, value in enumerate(theta):
        h = np.zeros(len(theta))
        h[i] = 1e-4 * value
        values = [float(kind(*(theta + k * h)).log_likelihood(x, t_x, T).sum()) for k in (-1, 1)]
        assert jet.gradient[i] == pytest.approx(np.diff(values)[0] / (2 * h[i]), rel=1e-5)
        sides = [kind._jet(theta + k * h, patterns).gradient for k in (-1, 1)]
        numeric = (sides[1] - sides[0]) / (2 * h[i])
        np.testing.assert_allclose(
            jet.hessian[i], numeric, rtol=1e-6, atol=1e-6 * np.abs(numeric).max()
        )
    np.testing.assert_array_equal(jet.hessian, jet.hessian.T)
