"""Writes the reference values beside it, by hand: ``cd tests && python -m clv.make_reference``.

One file per model: parameters, arguments, and the formulas at 20 digits, computed with 130. Random
points, log-uniform over the ranges that spec/clv.md gives, and the corners: x, t or T = 0, a = 1
and within 1e-12 of it, a + b <= 1, t huge against alpha.
"""

import csv
from pathlib import Path

import numpy as np
from mpmath import mp

from . import reference

FOLDER = Path(__file__).parent
POINTS = 1_200
# formula -> its arguments
PURCHASES = {
    "log_likelihood": ("x", "t_x", "T"),
    "probability_alive": ("x", "t_x", "T"),
    "expected_purchases": ("t", "x", "t_x", "T"),
    "expected_purchases_new": ("t",),
    "probability_of_purchases": ("n", "t"),
}
SPEND = {
    "log_likelihood": ("x", "m"),
    "expected_spend": ("x", "m"),
    "mean": (),
    "median_of_means": (),
}
PARAMETERS = {
    "BetaGeo": ("r", "alpha", "a", "b"),
    "ModifiedBetaGeo": ("r", "alpha", "a", "b"),
    "GammaGamma": ("p", "q", "v"),
}
FORMULAS = {"BetaGeo": PURCHASES, "ModifiedBetaGeo": PURCHASES, "GammaGamma": SPEND}


def arguments(model):
    """Return the names of the arguments of all formulas of a model, in the order of the file."""
    return tuple(dict.fromkeys(name for names in FORMULAS[model].values() for name in names))


def computed(model, row):
    """Return the formulas of a model at a point, as text with 20 digits."""
    made = getattr(reference, model)(*(row[name] for name in PARAMETERS[model]))
    return {
        formula: mp.nstr(getattr(made, formula)(*(row[name] for name in names)), 20)
        for formula, names in FORMULAS[model].items()
        if not (model == "GammaGamma" and formula == "log_likelihood" and row["x"] == 0)
    }


def _short(value):
    return float(f"{value:.4g}")


def _spread(rng, low, high):
    return _short(np.exp(rng.uniform(np.log(low), np.log(high))))


def _count(rng):
    kind = rng.random()
    if kind < 0.3:
        return 0.0
    if kind < 0.6:
        return float(rng.integers(1, 6))
    return float(np.rint(_spread(rng, 6, 50) if kind < 0.8 else _spread(rng, 51, 2_000)))


def purchase_point(rng, i):
    """Return the i-th point of BG/NBD and MBG/NBD."""
    T, x = _spread(rng, 0.01, 2_000), _count(rng)
    point = {
        "r": _spread(rng, 0.05, 20),
        "alpha": _spread(rng, 0.1, 1_000),
        "a": _spread(rng, 0.05, 20),
        "b": _spread(rng, 0.05, 20),
        "x": x,
        "T": T,
        "t_x": min(_short(T * rng.random() ** rng.choice([0.1, 1.0, 3.0])), T) if x else 0.0,
        "t": _spread(rng, 0.001, 2_000),
        "n": _count(rng),
    }
    if i % 2:  # within reach of the mean, not only far in the tail
        mean = point["r"] * point["t"] / point["alpha"]
        point["n"] = float(min(np.floor(mean * rng.uniform(0.0, 3.0)), 2_000))
    if i % 10 == 1:
        point["a"] = 1.0
    elif i % 10 == 2:
        point["a"] = 1.0 + rng.choice([-1, 1]) * 10.0 ** -rng.integers(3, 13)
    elif i % 10 == 3:  # a + b <= 1
        point["a"] = _short(rng.uniform(0.05, 0.95))
        point["b"] = _short((1.0 - point["a"]) * rng.choice([1.0, rng.uniform(0.05, 1.0)]))
        if i % 20 == 3:
            point["x"] = point["t_x"] = 0.0
    elif i % 10 == 4:  # z near 1
        point |= {"alpha": _spread(rng, 0.1, 1), "t": _spread(rng, 200, 2_000)}
        point["T"] = _short(rng.choice([0.0, rng.uniform(0.0, 2.0)]))
        point["t_x"] = _short(point["T"] * 0.5) if point["x"] else 0.0
    elif i % 10 == 5:
        point |= [{"t": 0.0}, {"T": 0.0, "t_x": 0.0, "x": 0.0}, {"t_x": point["T"]}][i // 10 % 3]
        if point["x"] == 0:
            point["t_x"] = 0.0
    return point


def spend_point(rng, i):
    """Return the i-th point of Gamma-Gamma."""
    point = {
        "p": _spread(rng, 0.05, 20),
        "q": _spread(rng, 0.05, 20),
        "v": _spread(rng, 0.1, 1_000),
        "x": _count(rng),
        "m": _spread(rng, 0.01, 10_000),
    }
    if i % 10 == 1:
        point["q"] = 1.0
    elif i % 10 == 2:
        point["q"] = 1.0 + rng.choice([-1, 1]) * 10.0 ** -rng.integers(3, 13)
    return point


def write(model):
    """Write the file of one model."""
    rng = np.random.default_rng([20050424, len(model)])
    point = spend_point if model == "GammaGamma" else purchase_point
    names = [*PARAMETERS[model], *arguments(model), *FORMULAS[model]]
    with (FOLDER / f"reference_{model}.csv").open("w", newline="") as file:
        out = csv.DictWriter(file, names, lineterminator="\n")
        out.writeheader()
        for i in range(POINTS):
            row = point(rng, i)
            out.writerow({**{k: f"{float(v)!r}" for k, v in row.items()}, **computed(model, row)})


if __name__ == "__main__":
    for each in FORMULAS:
        write(each)
