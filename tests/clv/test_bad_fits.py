"""Data that no model can be fitted to, and arguments that break a rule: typed errors name them."""

import dataclasses

import numpy as np
import pytest

from custvalue import clv
from custvalue.clv import GammaGamma
from custvalue.errors import CustValueWarning, InvalidDataError, NotIdentifiedError
from custvalue.summary import Summary

from .registry import ARGUMENTS, COUNTS, FORMULA_CASES, customers, example, formulas, shown, symbols

MODELS = list(clv.MODELS)
PURCHASES = list(clv.PURCHASE_MODELS)


def summary(x, t_x, T, m=None, **more):
    x, t_x, T = (np.asarray(column, dtype=np.float64) for column in (x, t_x, T))
    m = None if m is None else np.asarray(m, dtype=np.float64)
    return Summary(np.arange(len(x)), x, t_x, T, m, unit="week", **more)


@pytest.mark.parametrize("name", PURCHASES)
def test_nobody_bought_again(name):
    with pytest.raises(NotIdentifiedError, match="frequency is 0 for all 50 customers"):
        clv.MODELS[name].fit(summary(np.zeros(50), np.zeros(50), np.full(50, 30.0)))


@pytest.mark.parametrize("name", PURCHASES)
def test_nobody_was_observed_for_any_time(name):
    with pytest.raises(InvalidDataError, match=r"^T: must be above 0"):
        clv.MODELS[name].fit(summary(np.zeros(50), np.zeros(50), np.zeros(50)))


@pytest.mark.parametrize("name", PURCHASES)
@pytest.mark.parametrize("history", [(3, 20.0, 30.0), (1, 1.0, 30.0), (1, 30.0, 30.0)])
def test_one_customer(name, history):
    with pytest.raises(NotIdentifiedError):
        clv.MODELS[name].fit(summary(*([value] for value in history)))


@pytest.mark.parametrize("name", PURCHASES)
def test_customers_who_are_all_the_same(name):
    with pytest.raises(NotIdentifiedError):
        clv.MODELS[name].fit(summary(np.full(500, 3), np.full(500, 20.0), np.full(500, 30.0)))


def never_leave(n=3_000, shape=0.5):
    """Return customers who buy at gamma rates and never drop out: the NBD."""
    rng = np.random.default_rng(8)
    rate = rng.gamma(shape, 1 / 5, n) if shape else np.full(n, 0.1)
    x = rng.poisson(rate * 40)
    t_x = np.where(x > 0, 40 * rng.beta(np.maximum(x, 1), 1), 0.0)
    return summary(x, t_x, np.full(n, 40.0))


def assert_flagged(kind, data):
    """Either the fit says that it is not identified, or a note tells of a ridge."""
    try:
        fit = kind.fit(data)
    except NotIdentifiedError as error:
        assert any(name in str(error) for name in ("flat along", "no maximum"))  # noqa: PT017
        return
    assert any("ridge" in note for note in fit.notes), fit


@pytest.mark.parametrize("name", PURCHASES)
@pytest.mark.parametrize("n", [300, 3_000, 30_000])
def test_customers_who_never_leave(name, n):
    """Dropout tends to 0, where only the tail of its distribution matters."""
    assert_flagged(clv.MODELS[name], never_leave(n))


@pytest.mark.parametrize("name", PURCHASES)
@pytest.mark.parametrize("n", [300, 3_000, 30_000])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_customers_without_heterogeneity(name, n, seed):
    """One purchase rate for all: r and alpha go to infinity together."""
    rng = np.random.default_rng(seed)
    # rates vary less than Poisson purchases of equal customers do: the maximum is at infinity
    x = np.where(rng.random(n) < 0.5, 4, 5)
    t_x = 40 * rng.beta(x, 1)
    assert_flagged(clv.MODELS[name], summary(x, t_x, np.full(n, 40.0)))


@pytest.mark.parametrize("name", PURCHASES)
@pytest.mark.parametrize("seed", range(25))
def test_small_samples_of_equal_customers(name, seed):
    """A fit comes with positive variances, and with a note where they say that it is worthless."""
    rng = np.random.default_rng(seed)
    x = rng.poisson(4.0, 60)
    t_x = np.where(x > 0, 40 * rng.beta(np.maximum(x, 1), 1), 0.0)
    try:
        fit = clv.MODELS[name].fit(summary(x, t_x, np.full(60, 40.0)))
    except NotIdentifiedError:
        return
    scales = fit.estimates[:, None] * fit.estimates
    assert (np.linalg.eigvalsh(fit.covariance / scales) > 0).all()
    if (fit.standard_errors > 10 * fit.estimates).any():  # intervals from e^-20 to e^20 times
        assert any("ridge" in note for note in fit.notes), fit


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf, -np.inf, "x", None, 1j])
def test_parameters_that_are_not_positive_numbers(name, value):
    for symbol in symbols(name):
        wrong = {**example(name).parameters, symbol: value}
        with pytest.raises(InvalidDataError, match=f"^{symbol}: must be "):
            clv.MODELS[name](**wrong)
        with pytest.raises(InvalidDataError, match=f"^{symbol}: must be "):
            clv.MODELS[name](**{**wrong, symbol: [1.0, value]})


@pytest.mark.parametrize(("name", "formula"), FORMULA_CASES)
@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf, "x"])
def test_arguments_out_of_range(name, formula, value):
    evaluate, names = getattr(example(name), formula), formulas(name)[formula]
    good = {each: ARGUMENTS[each] for each in names}
    for symbol in names:
        column = good[symbol].astype(object)
        column[2] = value
        with pytest.raises(InvalidDataError, match=f"^{shown(name, symbol)}: must be "):
            evaluate(*({**good, symbol: column}).values())


@pytest.mark.parametrize(("name", "formula"), FORMULA_CASES)
def test_counts_must_be_whole(name, formula):
    evaluate, names = getattr(example(name), formula), formulas(name)[formula]
    good = {each: ARGUMENTS[each] for each in names}
    for symbol in COUNTS & set(names):
        column = good[symbol] + [0, 0, 0, 0.5, 0, 0.25]
        with pytest.raises(InvalidDataError) as caught:
            evaluate(*({**good, symbol: column}).values())
        text = str(caught.value)
        where = shown(name, symbol)
        assert text.startswith(f"{where}: must be whole numbers; got {good[symbol][3] + 0.5:g}")
        assert "first at row 3" in text
        assert "2 of 6 rows" in text


@pytest.mark.parametrize("name", PURCHASES)
@pytest.mark.parametrize("formula", ["log_likelihood", "probability_alive", "expected_purchases"])
def test_last_purchase_after_the_end_of_observation(name, formula):
    columns = [ARGUMENTS[each].copy() for each in formulas(name)[formula]]
    columns[-1][2] = 30.0
    with pytest.raises(
        InvalidDataError, match=r"^t_x: must not exceed T; got 30.4 \(first at row 2"
    ):
        getattr(example(name), formula)(*columns)
    scalars = [float(column[2]) for column in columns]
    with pytest.raises(InvalidDataError, match=r"^t_x: must not exceed T; got 30.4\.$"):
        getattr(example(name), formula)(*scalars)


@pytest.mark.parametrize(
    ("column", "value", "named"),
    [
        ("frequency", 1.5, "frequency"),
        ("frequency", -1.0, "frequency"),
        ("frequency", np.nan, "frequency"),
        ("frequency", 1e9, "frequency"),
        ("recency", -1.0, "recency"),
        ("recency", np.nan, "recency"),
        ("recency", 99.0, "recency"),
        ("recency", 0.0, "recency"),
        ("T", 1.0, "recency"),
        ("T", np.inf, "T"),
        ("weight", 0.0, "weight"),
        ("weight", np.nan, "weight"),
        ("monetary_value", -3.0, "monetary_value"),
        ("monetary_value", np.nan, "monetary_value"),
    ],
)
def test_summaries_that_break_a_rule(column, value, named):
    data = {
        "frequency": np.array([0.0, 2.0, 1.0]),
        "recency": np.array([0.0, 20.0, 5.0]),
        "T": np.array([30.0, 30.0, 30.0]),
        "monetary_value": np.array([np.nan, 12.0, 30.0]),
        "weight": np.ones(3),
    }
    Summary(np.arange(3), **data)
    data[column] = data[column].copy()
    data[column][1] = value
    with pytest.raises(InvalidDataError, match=f"^{named}: must .*row 1"):
        Summary(np.arange(3), **data)


def spenders(n=300, seed=1, model=GammaGamma(6.25, 3.74, 15.44)):  # noqa: B008
    rng = np.random.default_rng(seed)
    x = rng.integers(1, 9, n) * 1.0
    return summary(x, np.full(n, 10.0), np.full(n, 30.0), model.simulate(x, rng))


def test_spend_without_amounts():
    with pytest.raises(InvalidDataError, match=r"^summary: must have monetary values"):
        GammaGamma.fit(dataclasses.replace(spenders(), monetary_value=None))
    with pytest.raises(InvalidDataError, match=r"^summary: must have monetary values"):
        GammaGamma.fit(spenders()).expected_spend(
            dataclasses.replace(spenders(), monetary_value=None)
        )


def test_spend_of_zero():
    data = spenders()
    money = np.where(np.isin(np.arange(len(data)), [4, 7]), 0.0, data.monetary_value)
    data = dataclasses.replace(data, monetary_value=money)
    with pytest.raises(
        InvalidDataError, match=r"^monetary_value: must be above 0.*row 4, 2 of 300"
    ):
        GammaGamma.fit(data)
    fit = GammaGamma.fit(data, zero_spend="drop")
    assert fit.n == 298
    assert "2 repeat buyers with zero spend left out" in fit.notes
    with pytest.raises(InvalidDataError, match=r"^zero_spend: must be one of"):
        GammaGamma.fit(data, zero_spend="keep")


@pytest.mark.parametrize("buyers", [0, 1, 2])
def test_too_few_repeat_buyers(buyers):
    x = np.where(np.arange(20) < buyers, 2, 0)
    data = summary(x, x * 3.0, np.full(20, 30.0), np.where(x > 0, 20.0 + np.arange(20), np.nan))
    with pytest.raises(NotIdentifiedError, match=f"Only {buyers} customers bought again"):
        GammaGamma.fit(data)


def test_spend_that_does_not_vary():
    data = dataclasses.replace(spenders(), monetary_value=np.full(300, 20.0))
    with pytest.raises(NotIdentifiedError):
        GammaGamma.fit(data)


@pytest.mark.parametrize("power", [0.7, -0.35])
def test_spend_that_depends_on_frequency(power):
    data = spenders(2_000)
    data = dataclasses.replace(data, monetary_value=data.monetary_value * data.frequency**power)
    with pytest.warns(CustValueWarning, match="Spend and frequency are correlated"):
        fit = GammaGamma.fit(data)
    assert any("correlation of spend with frequency" in note for note in fit.notes)


def test_infinite_mean_of_spend():
    with pytest.warns(CustValueWarning, match=r"q = 0\.\d+ <= 1: mean spend"):
        fit = GammaGamma.fit(spenders(3_000, model=GammaGamma(4.0, 0.7, 10.0)))
    assert fit.model.mean() == np.inf
    assert any(note.startswith("q <= 1") for note in fit.notes)


@pytest.mark.parametrize("name", MODELS)
def test_a_fit_of_the_other_kind_is_refused(name):
    data = customers(name, 400)
    fit = clv.MODELS[name].fit(data)
    if name in PURCHASES:
        with pytest.raises(InvalidDataError, match=r"^fit: "):
            fit.expected_spend(data)
    else:
        with pytest.raises(InvalidDataError, match=r"^fit: must be of a model of purchases"):
            fit.predict(data, horizon=10)
    for level in (0.0, -0.1, 1.5, np.nan, [0.9, 0.95]):
        with pytest.raises(InvalidDataError, match=r"^level: must be "):
            fit.interval(level)
