"""Every public formula against high-precision arithmetic, on a wide random grid with its corners.

The values are read from the files that `make_reference` wrote with `reference`; some rows are
computed anew here, and the reference is checked by a second route that shares nothing with it.
"""

import csv

import numpy as np
import pytest
from mpmath import mp, mpf

from custvalue import clv

from . import reference
from .make_reference import FOLDER, FORMULAS, PARAMETERS, arguments, computed

LEAST = 1e-300  # below, doubles lose digits and then underflow to 0
CASES = [(model, formula) for model in FORMULAS for formula in FORMULAS[model]]


@pytest.fixture(scope="module")
def tables():
    """Return the rows of each model's file, as text."""
    read = {}
    for model in FORMULAS:
        with (FOLDER / f"reference_{model}.csv").open() as file:
            read[model] = list(csv.DictReader(file))
    return read


def columns(rows, names):
    return [np.array([float(row[name]) for row in rows]) for name in names]


def evaluated(model, formula, rows):
    made = getattr(clv, model)(*columns(rows, PARAMETERS[model]))
    return getattr(made, formula)(*columns(rows, FORMULAS[model][formula]))


def assert_right(formula, got, truth, rows):
    """Agree to 1e-9 of the truth (of 1 for log-likelihoods near 0), and be finite where it is."""
    scale = np.maximum(np.abs(truth), 1.0) if formula == "log_likelihood" else np.abs(truth)
    with np.errstate(invalid="ignore"):
        good = (got == truth) | (np.abs(got - truth) <= 1e-9 * scale + LEAST)  # NaN is not good
    for i in np.flatnonzero(~good):
        pytest.fail(f"{formula} is {got[i]!r} instead of {truth[i]!r} at {rows[i]}")


@pytest.mark.parametrize(("model", "formula"), CASES)
def test_grid(tables, model, formula):
    rows = [row for row in tables[model] if row[formula]]
    (truth,) = columns(rows, [formula])
    assert_right(formula, evaluated(model, formula, rows), truth, rows)


@pytest.mark.parametrize(("model", "formula"), CASES)
def test_scalars_of_the_grid(tables, model, formula):
    """One point at a time takes other paths (0-dimensional arrays) to the same values."""
    for row in [row for row in tables[model] if row[formula]][::17]:
        (truth,) = columns([row], [formula])
        made = getattr(clv, model)(*(float(row[name]) for name in PARAMETERS[model]))
        got = getattr(made, formula)(*(float(row[name]) for name in FORMULAS[model][formula]))
        assert_right(formula, np.atleast_1d(got), truth, [row])


@pytest.mark.parametrize("model", FORMULAS)
def test_grid_covers_what_it_should(tables, model):
    rows = tables[model]
    assert len(rows) >= 1_000
    assert sum(float(row["x"]) == 0 for row in rows) >= 100
    assert max(float(row["x"]) for row in rows) > 1_800
    if model == "GammaGamma":
        q = np.array([float(row["q"]) for row in rows])
        assert (q == 1).any()
        assert ((q != 1) & (np.abs(q - 1) < 1.5e-12)).any()
        return
    alpha, a, b, T, t = columns(rows, ["alpha", "a", "b", "T", "t"])
    z = t / (alpha + T + t)
    for corner in (
        a == 1,
        (a != 1) & (np.abs(a - 1) < 1.5e-12),
        a + b <= 1,
        (a + b <= 1) & (np.array([row["x"] for row in rows]) == "0.0"),
        t == 0,
        T == 0,
        z > 0.998,
        (z > 0.9) & (z < 0.998),
    ):
        assert corner.sum() >= 5
    (pmf,) = columns(rows, ["probability_of_purchases"])
    assert (pmf > 1e-300).sum() > 700


@pytest.mark.parametrize("model", FORMULAS)
def test_files_are_what_the_reference_gives(tables, model):
    rng = np.random.default_rng(7)
    for i in rng.choice(len(tables[model]), 40, replace=False):
        row = tables[model][i]
        point = {name: float(row[name]) for name in [*PARAMETERS[model], *arguments(model)]}
        for formula, text in computed(model, point).items():
            with mp.workdps(30):
                assert mp.almosteq(mpf(text), mpf(row[formula]), rel_eps=mpf("1e-18")), (i, formula)


# r, alpha, a, b, x, T, t
ROUTES = [
    (0.2426, 4.4136, 0.7929, 2.4259, 2, 38.86, 39),
    (0.2426, 4.4136, 1.0, 2.4259, 2, 38.86, 39),
    (0.2426, 4.4136, 1.0 + 1e-12, 2.4259, 0, 38.86, 39),
    (0.5, 5.0, 0.3, 0.4, 0, 10, 100),
    (0.5, 5.0, 0.25, 0.75, 0, 10, 100),
    (3.0, 0.1, 0.05, 0.05, 0, 0, 2000),
    (20.0, 0.1, 20.0, 0.05, 1, 0, 2000),
    (7.7, 600.0, 6.5, 0.9, 1999, 1700, 12),
    (0.05, 1000.0, 0.06, 19.0, 40, 3, 0.01),
]


@pytest.mark.parametrize("point", ROUTES)
@pytest.mark.parametrize("model", [reference.BetaGeo, reference.ModifiedBetaGeo])
def test_reference_agrees_with_an_integral_over_dropout(model, point):
    r, alpha, a, b, x, T, t = point
    first = 1 if model is reference.ModifiedBetaGeo else 0
    made = model(r, alpha, a, b)
    with mp.workdps(40):
        alive = made.probability_alive(x, T, T)
        by_papers = made.expected_purchases(t, x, T, T) / alive
        tau = mpf(t) / (mpf(alpha) + mpf(T))
        by_integral = reference.mean_over_dropout(tau, mpf(r) + x, a, mpf(b) + x + first)
        assert mp.almosteq(by_papers, by_integral, rel_eps=mpf("1e-18"))
        if x == T == 0:
            stays = mpf(b) / (mpf(a) + mpf(b)) if first else 1
            assert mp.almosteq(
                made.expected_purchases_new(t), stays * by_integral, rel_eps=mpf("1e-18")
            )


# beyond the grid, where fits end up whose dropout the data hardly tell; the first two are fits
RIDGES = [
    (0.512, 4.82, 6.7, 3.7e9, 3, 40, 52),
    (65.277, 707.568, 0.00696089, 6.10757, 4, 40, 52),
    (0.24, 4.4, 1_223.0, 9_044.0, 2, 39, 520),
    (1.56, 10.8, 383.0, 266.0, 1, 0, 208),
    (2.75, 5.4, 405.0, 642.0, 400, 0, 50),
    (0.5, 5.0, 61_030.0, 0.28, 30, 158, 40),
    (0.5, 5.0, 1e-3, 1.2, 1, 0.25, 67),
    (16.9, 0.97, 0.00252, 1.24, 1, 0.247, 66.8),
    (0.5, 5.0, 1e-6, 0.005, 2, 39, 52),
    (1e6, 1e7, 0.8, 2.4, 2, 39, 52),
    (1e-4, 5.0, 0.8, 2.4, 0, 39, 52),
]


@pytest.mark.parametrize("point", RIDGES)
@pytest.mark.parametrize("model", ["BetaGeo", "ModifiedBetaGeo"])
def test_expectations_on_ridges(model, point):
    r, alpha, a, b, x, T, t = point
    first, t_x = (1 if model == "ModifiedBetaGeo" else 0), (T if x else 0)
    with mp.workdps(40):
        tau = mpf(t) / (mpf(alpha) + mpf(T))
        alive = getattr(reference, model)(r, alpha, a, b).probability_alive(x, t_x, T)
        truth = alive * reference.mean_over_dropout(tau, mpf(r) + x, a, mpf(b) + x + first)
    got = float(getattr(clv, model)(r, alpha, a, b).expected_purchases(t, x, t_x, T))
    assert got == pytest.approx(float(truth), rel=1e-9)


@pytest.mark.parametrize("model", [reference.BetaGeo, reference.ModifiedBetaGeo])
def test_reference_probabilities_are_those_of_its_likelihood(model):
    """P(X = 1) in (0, t] is the integral of the likelihood of one purchase over its time."""
    made = model(0.4, 5.0, 0.8, 2.4)
    with mp.workdps(30):
        integral = mp.quad(lambda u: mp.exp(made.log_likelihood(1, u, 9)), [0, 9])
        assert mp.almosteq(made.probability_of_purchases(1, 9), integral, rel_eps=mpf("1e-18"))
        assert mp.almosteq(
            made.probability_of_purchases(0, 9), mp.exp(made.log_likelihood(0, 0, 9)), mpf("1e-18")
        )


def test_reference_density_of_spend_integrates_to_one_and_has_its_mean():
    made = reference.GammaGamma(6.25, 3.74, 15.44)
    with mp.workdps(25):
        cuts = [0, 5, 20, 40, 80, 200, 1_000, 10_000, mp.inf]
        density = lambda m: mp.exp(made.log_likelihood(3, m)) if m > 0 else mpf(0)  # noqa: E731
        assert mp.almosteq(mp.quad(density, cuts), 1, rel_eps=mpf("1e-9"))
        mean = mp.quad(lambda m: m * density(m), cuts)
        assert mp.almosteq(mean, made.mean(), rel_eps=mpf("1e-7"))
        half = mp.gammainc(mpf(3.74), 0, made.p / made.median_of_means() * made.v, regularized=True)
        assert mp.almosteq(half, mpf("0.5"), rel_eps=mpf("1e-20"))
