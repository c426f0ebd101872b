"""Laws that the fit of every registered model obeys."""

import dataclasses
import json
import sys

import numpy as np
import pytest
from mpmath import mp

from custvalue import _chunks, clv
from custvalue._chunks import threads
from custvalue.clv import _patterns
from custvalue.errors import InvalidDataError

from . import reference
from .registry import TIME_SYMBOLS, customers, example, log_likelihoods, predictions, rows, symbols

MODELS = list(clv.MODELS)
PURCHASES = list(clv.PURCHASE_MODELS)
GRIDS = pytest.mark.parametrize("lattice", [True, False], ids=["whole days", "continuous"])


@pytest.fixture(scope="module")
def fitted():
    """Return (data, fit) of a model by name, computed once."""
    made = {}

    def get(name, lattice=True):
        if (name, lattice) not in made:
            data = customers(name, lattice=lattice)
            made[name, lattice] = data, clv.MODELS[name].fit(data)
        return made[name, lattice]

    return get


def assert_same_fit(one, other, rtol=1e-10):
    np.testing.assert_allclose(one.estimates, other.estimates, rtol=rtol)
    np.testing.assert_allclose(one.log_likelihood, other.log_likelihood, rtol=rtol)
    scale = np.sqrt(np.outer(np.diag(one.covariance), np.diag(one.covariance)))
    np.testing.assert_allclose(one.covariance / scale, other.covariance / scale, atol=rtol, rtol=0)
    assert one.n == pytest.approx(other.n, rel=1e-14)


@pytest.mark.parametrize("name", MODELS)
@GRIDS
def test_log_likelihood_is_the_sum_over_customers(fitted, name, lattice):
    data, fit = fitted(name, lattice)
    assert fit.log_likelihood == pytest.approx(log_likelihoods(fit.model, data).sum(), rel=1e-12)
    assert fit.aic == 2 * len(fit.names) - 2 * fit.log_likelihood
    assert fit.bic == pytest.approx(len(fit.names) * np.log(fit.n) - 2 * fit.log_likelihood)


@pytest.mark.parametrize("name", MODELS)
@GRIDS
def test_fit_is_a_maximum(fitted, name, lattice):
    """No step along a parameter, nor along an eigenvector of the covariance, is higher."""
    data, fit = fitted(name, lattice)
    roots = np.linalg.cholesky(fit.covariance).T
    for step in [*np.diag(fit.standard_errors), *roots]:
        for size in (-1.0, -0.01, 0.01, 1.0):
            moved = type(fit.model)(*(fit.estimates + size * step * 0.2))
            loss = fit.log_likelihood - log_likelihoods(moved, data).sum()
            assert loss > 0
    # along a root of the covariance the loss is half the square of the step, in standard errors
    for step in roots:
        both = [log_likelihoods(type(fit.model)(*(fit.estimates + s * 0.01 * step)), data).sum()
                for s in (-1, 1)]  # fmt: skip
        assert fit.log_likelihood - np.mean(both) == pytest.approx(0.5 * 0.01**2, rel=1e-2)


@pytest.mark.parametrize("name", [name for name in MODELS if name in reference.MODELS])
def test_gradient_and_covariance_by_mpmath(name):
    """The reference, differentiated in many digits: 0 at the estimates, and the same covariance."""
    data = customers(name, 60, seed=3)
    fit = clv.MODELS[name].fit(data)
    if name in PURCHASES:
        columns = np.stack([data.frequency, data.recency, data.T])
    else:
        columns = np.stack([data.frequency, data.monetary_value])[:, data.frequency > 0]
    seen, counts = np.unique(columns, axis=1, return_counts=True)

    def total(*values):
        made = reference.MODELS[name](*fit.estimates)
        made.__dict__.update(zip(symbols(name), values, strict=True))
        terms = zip(counts.tolist(), seen.T.tolist(), strict=True)
        return mp.fsum(count * made.log_likelihood(*row) for count, row in terms)

    k = len(fit.names)
    unit = np.eye(k, dtype=int)
    step = mp.mpf(10) ** -25
    with mp.workdps(reference.DIGITS):
        point = tuple(mp.mpf(float(v)) for v in fit.estimates)
        gradient = np.array(
            [float(mp.diff(total, point, tuple(unit[i].tolist()), h=step)) for i in range(k)]
        )
        information = mp.matrix(k)
        for i in range(k):
            for j in range(i, k):
                slope = mp.diff(total, point, tuple((unit[i] + unit[j]).tolist()), h=step)
                information[i, j] = information[j, i] = -slope
        covariance = np.array((information**-1).tolist(), dtype=float)
    # in standard errors, how far the estimates are from the maximum
    assert np.abs(covariance @ gradient / fit.standard_errors).max() < 1e-8
    np.testing.assert_allclose(fit.covariance, covariance, rtol=1e-6)


@pytest.mark.parametrize("name", MODELS)
@GRIDS
def test_covariance_is_symmetric_and_positive_definite(fitted, name, lattice):
    _, fit = fitted(name, lattice)
    np.testing.assert_array_equal(fit.covariance, fit.covariance.T)
    assert (np.linalg.eigvalsh(fit.covariance) > 0).all()
    np.testing.assert_array_equal(fit.standard_errors, np.sqrt(np.diag(fit.covariance)))
    bounds = fit.interval(0.95)
    assert (bounds[:, 0] > 0).all()
    assert (bounds[:, 0] < fit.estimates).all()
    assert (fit.estimates < bounds[:, 1]).all()
    np.testing.assert_allclose(bounds[:, 0] * bounds[:, 1], fit.estimates**2, rtol=1e-12)
    width = 2 * 1.959963984540054 * fit.standard_errors / fit.estimates
    np.testing.assert_allclose(np.log(bounds[:, 1] / bounds[:, 0]), width, rtol=1e-12)


@pytest.mark.parametrize("name", MODELS)
@GRIDS
def test_weights_are_repetition(name, lattice):
    data = customers(name, 700, lattice=lattice)
    weight = np.random.default_rng(2).integers(1, 5, 700)
    repeated = rows(data, np.repeat(np.arange(700), weight))
    kind = clv.MODELS[name]
    weighted = kind.fit(dataclasses.replace(data, weight=weight * 1.0))
    expanded = kind.fit(repeated)
    assert_same_fit(weighted, expanded)
    if lattice and name in PURCHASES:
        assert weighted.data_hash == expanded.data_hash


@pytest.mark.parametrize("name", PURCHASES)
@pytest.mark.parametrize("unit", ["day", "month", "year"])
def test_units_change_nothing_but_the_ruler(fitted, name, unit):
    data, weeks = fitted(name)
    other = clv.MODELS[name].fit(data.in_unit(unit))
    length = {"day": 1, "month": 30.4375, "year": 365.25}[unit] / 7  # in weeks
    ruler = np.array([1 / length if s in TIME_SYMBOLS else 1.0 for s in symbols(name)])
    assert other.unit == unit
    np.testing.assert_allclose(other.estimates, weeks.estimates * ruler, rtol=1e-9)
    expected = weeks.covariance * np.outer(ruler, ruler)
    np.testing.assert_allclose(other.covariance, expected, rtol=1e-7)
    # a density per unit of time for each repeat purchase
    shift = data.frequency.sum() * np.log(length)
    assert other.log_likelihood == pytest.approx(weeks.log_likelihood + shift, rel=1e-12)
    np.testing.assert_allclose(
        predictions(other, data.in_unit(unit), t=26 / length), predictions(weeks, data), rtol=1e-9
    )


@pytest.mark.parametrize("name", MODELS)
@GRIDS
def test_order_of_rows_changes_nothing(fitted, name, lattice):
    data, fit = fitted(name, lattice)
    order = np.random.default_rng(3).permutation(len(data))
    for keep in (order, np.arange(len(data))[::-1]):
        shuffled = rows(data, keep)
        again = clv.MODELS[name].fit(shuffled)
        assert_same_fit(again, fit)
        assert again.data_hash == fit.data_hash
        np.testing.assert_allclose(
            predictions(again, shuffled), predictions(fit, data)[:, keep], rtol=1e-10
        )


def small_blocks(monkeypatch, size):
    """Cut columns into blocks of `size` rows everywhere."""
    for module in [m for k, m in sys.modules.items() if k.startswith("custvalue")]:
        if getattr(module, "BLOCK", None) == _chunks.BLOCK and module is not _chunks:
            monkeypatch.setattr(module, "BLOCK", size)
    monkeypatch.setattr(_chunks, "BLOCK", size)


@pytest.mark.parametrize("name", MODELS)
@GRIDS
def test_threads_change_no_digit(monkeypatch, name, lattice):
    small_blocks(monkeypatch, 100)
    data = customers(name, lattice=lattice)
    results = []
    for count in (1, 2, 5):
        with threads(count):
            fit = clv.MODELS[name].fit(data)
            results.append((fit, predictions(fit, data)))
    for fit, predicted in results[1:]:
        assert fit == results[0][0]
        np.testing.assert_array_equal(predicted, results[0][1])


@pytest.mark.parametrize("name", MODELS)
@GRIDS
def test_size_of_blocks_changes_nothing(monkeypatch, fitted, name, lattice):
    data, fit = fitted(name, lattice)
    predicted = predictions(fit, data)
    for size in (17, 256):
        small_blocks(monkeypatch, size)
        again = clv.MODELS[name].fit(data)
        assert_same_fit(again, fit)
        np.testing.assert_allclose(predictions(fit, data), predicted, rtol=1e-13)


@pytest.mark.parametrize("name", PURCHASES)
def test_counting_patterns_changes_nothing(monkeypatch, fitted, name):
    data, fit = fitted(name)
    assert fit.patterns < 0.95 * len(data)
    monkeypatch.setattr(_patterns, "lattice_scale", lambda *columns: None)
    each = clv.MODELS[name].fit(data)
    assert each.patterns == len(data)
    assert_same_fit(each, fit)


@pytest.mark.parametrize("name", MODELS)
@GRIDS
def test_stages_of_a_long_fit_lead_to_the_same_maximum(monkeypatch, name, lattice):
    """With more rows than the first stage holds, a fit starts from the optimum of a subsample."""
    data = customers(name, 12_000, lattice=lattice)
    fit = clv.MODELS[name].fit(data)
    for module in [m for k, m in sys.modules.items() if k.startswith("custvalue.clv")]:
        for constant in ("_FIRST_STAGE", "_STAGE"):
            if hasattr(module, constant):
                monkeypatch.setattr(module, constant, 3_000)
    staged = clv.MODELS[name].fit(data)
    np.testing.assert_allclose(staged.estimates, fit.estimates, rtol=1e-9)
    assert staged.log_likelihood == pytest.approx(fit.log_likelihood, rel=1e-12)
    # long fits end one Newton step below 1e-5 after the last Hessian: to that the two agree
    np.testing.assert_allclose(staged.standard_errors, fit.standard_errors, rtol=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_json_and_back(fitted, name):
    _, fit = fitted(name)
    again = clv.Fit.from_dict(json.loads(json.dumps(fit.to_dict())))
    assert again == fit
    assert type(again.model) is type(fit.model)
    assert again.model == fit.model
    np.testing.assert_array_equal(again.covariance, fit.covariance)
    model = example(name)
    assert type(model).from_dict(json.loads(json.dumps(model.to_dict()))) == model


@pytest.mark.parametrize("name", MODELS)
def test_tampered_json_is_refused(fitted, name):
    _, fit = fitted(name)
    first = symbols(name)[0]

    def written():
        return json.loads(json.dumps(fit.to_dict()))

    cases = []
    for change in (
        lambda d: d.pop("covariance"),
        lambda d: d.update(surprise=1),
        lambda d: d.update(record="Summary"),
        lambda d: d.update(model=None),
        lambda d: d["model"].update(record="NoSuchModel"),
        lambda d: d["model"].update({first: -1.0}),
        lambda d: d["model"].update({first: float("nan")}),
        lambda d: d["model"].update({first: "x"}),
        lambda d: d["model"].pop(first),
        lambda d: d["model"].update(surprise=1),
        lambda d: d["covariance"].update(values=[[1.0]]),
        lambda d: d["covariance"]["values"][0].__setitem__(1, 1e6),
    ):
        data = written()
        change(data)
        cases.append(data)
    for data in [*cases, None, [], "fit"]:
        with pytest.raises(InvalidDataError):
            clv.Fit.from_dict(data)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("log_likelihood", "a lot"),
        ("log_likelihood", {"float": "nan"}),
        ("n", -5.0),
        ("unit", "fortnight"),
        ("covariance", "not positive definite"),
    ],
)
def test_tampered_numbers_of_a_fit_are_refused(fitted, name, field, value):
    _, fit = fitted(name)
    if field == "covariance":
        value = (-fit.covariance).tolist()
    data = {**json.loads(json.dumps(fit.to_dict())), field: value}
    with pytest.raises(InvalidDataError, match=field):
        clv.Fit.from_dict(data)
