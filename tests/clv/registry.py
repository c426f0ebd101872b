"""The registered models with example parameters, and data to fit: new models need no line here."""

import dataclasses

import numpy as np

from custvalue import clv
from custvalue.durations import Durations
from custvalue.summary import Summary

# by the paper's symbols, the same in all models; times in weeks
SYMBOLS = {"r": 0.6, "alpha": 5.0, "a": 0.8, "b": 2.4, "s": 0.7, "beta": 11.0}
SPEND = {"p": 6.25, "q": 3.74, "v": 15.44}
CONTRACT = {"alpha": 0.7, "beta": 2.5, "c": 1.4}
TIME_SYMBOLS = {"alpha", "beta"}  # rates of gamma distributions, in units of time

PURCHASE_FORMULAS = {
    "log_likelihood": ("x", "t_x", "T"),
    "probability_alive": ("x", "t_x", "T"),
    "expected_purchases": ("t", "x", "t_x", "T"),
    "expected_purchases_new": ("t",),
    "probability_of_purchases": ("n", "t"),
}
CONTRACT_FORMULAS = {
    "survival": ("age",),
    "residual_survival": ("age", "survived"),
    "retention_rate": ("period",),
    "churn_rate": ("period",),
    "churn_probability": ("period",),
    "log_likelihood": ("exit", "event", "entry"),
    "discounted_expected_lifetime": ("rate",),
    "discounted_residual_lifetime": ("survived", "rate"),
}
SPEND_FORMULAS = {"log_likelihood": ("n", "m"), "expected_spend": ("x", "m")}
# six customers, and what formulas are asked of them
ARGUMENTS = {
    "x": np.array([0.0, 1.0, 2.0, 7.0, 0.0, 40.0]),
    "t_x": np.array([0.0, 3.0, 30.4, 35.0, 0.0, 38.0]),
    "T": np.array([39.0, 39.0, 38.9, 35.0, 0.0, 39.0]),
    "t": np.array([39.0, 0.5, 400.0, 12.0, 39.0, 8.0]),
    "n": np.array([1.0, 3.0, 2.0, 17.0, 5.0, 40.0]),
    "m": np.array([12.0, 9.5, 35.0, 120.0, 3.0, 60.0]),
    "age": np.array([0.0, 1.0, 2.0, 7.0, 12.0, 400.0]),
    "survived": np.array([0.0, 1.0, 3.0, 7.0, 50.0, 2.0]),
    "period": np.array([1.0, 2.0, 3.0, 17.0, 5.0, 40.0]),
    "exit": np.array([1.0, 2.0, 3.0, 17.0, 5.0, 40.0]),
    "event": np.array([1.0, 0.0, 1.0, 1.0, 0.0, 1.0]),
    "entry": np.array([0.0, 1.0, 0.0, 5.0, 2.0, 0.0]),
    "rate": np.array([0.1, 0.0, 0.01, 0.1, 1e-4, 3.0]),
}
COUNTS = {"x", "n", "age", "survived", "period", "exit", "entry"}  # whole numbers


def symbols(name):
    """Return the names of the parameters of a model."""
    return tuple(field.name for field in dataclasses.fields(clv.MODELS[name]))


def example(name):
    """Return a model of this name with parameters such as real data give."""
    known = CONTRACT if name in clv.CONTRACTUAL_MODELS else {**SPEND, **SYMBOLS}
    return clv.MODELS[name](**{s: known.get(s, 1.5) for s in symbols(name)})


def formulas(name):
    """Return the elementwise formulas of a model with the names of their arguments."""
    if name in clv.CONTRACTUAL_MODELS:
        return CONTRACT_FORMULAS
    return PURCHASE_FORMULAS if name in clv.PURCHASE_MODELS else SPEND_FORMULAS


def shown(name, argument):
    """Return what messages call an argument of a formula."""
    if name in clv.CONTRACTUAL_MODELS:
        return {"age": "t", "period": "t", "survived": "n"}.get(argument, argument)
    return "x" if name not in clv.PURCHASE_MODELS and argument == "n" else argument


FORMULA_CASES = [(name, formula) for name in clv.MODELS for formula in formulas(name)]


def customers(name, n=1_500, seed=1, *, lattice=True):
    """Return a summary in weeks of customers of the model, with spend; lattice: in whole days.

    For models of spend the purchases are those of BG/NBD; for contracts, durations in months.
    """
    rng = np.random.default_rng(seed)
    if name in clv.CONTRACTUAL_MODELS:
        return example(name).simulate(n, rng.integers(4, 20, n), rng)
    days = rng.integers(100, 274, n)
    T = days / 7 if lattice else days / 7 + rng.random(n)
    model = example(name if name in clv.PURCHASE_MODELS else "BetaGeo")
    made = model.simulate(n, T, rng).summary
    recency = made.recency
    if lattice:
        recency = np.minimum(np.ceil(recency * 7), days) / 7
    spend = clv.GammaGamma(**SPEND).simulate(made.frequency, rng)
    return dataclasses.replace(made, recency=recency, T=T, monetary_value=spend)


def rows(summary, keep):
    """Return some rows of a summary, in the order given (repetition allowed)."""
    names = ("exit", "event", "entry", "weight")
    names = names if isinstance(summary, Durations) else Summary._columns
    columns = {name: getattr(summary, name) for name in names}
    return dataclasses.replace(
        summary,
        **{k: v if v is None else v[keep] for k, v in columns.items()},
    )


def predictions(fit, summary, t=26.0):
    """Return what a fit says of each customer; `t` is in the unit of the fit."""
    if type(fit.model).__name__ in clv.PURCHASE_MODELS:
        x, t_x, T = summary.frequency, summary.recency, summary.T
        expected = fit.model.expected_purchases(t, x, t_x, T)
        return np.stack([expected, fit.model.probability_alive(x, t_x, T)])
    if isinstance(summary, Durations):
        value = fit.model.value(1.0, 0.01, summary.exit)
        return np.stack([fit.model.residual_survival(t, summary.exit), value])
    return np.stack([fit.model.expected_spend(summary.frequency, summary.monetary_value)])


def log_likelihoods(model, summary):
    """Return the log-likelihood of each customer that the model has something to say of."""
    if type(model).__name__ in clv.PURCHASE_MODELS:
        return model.log_likelihood(summary.frequency, summary.recency, summary.T)
    if isinstance(summary, Durations):
        return model.log_likelihood(summary.exit, summary.event, summary.entries)
    again = summary.frequency > 0
    return model.log_likelihood(summary.frequency[again], summary.monetary_value[again])
