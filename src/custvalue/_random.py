"""Sources of randomness, given as generators or seeds; how many customers a simulation is of."""

from __future__ import annotations

from typing import Any

import numpy as np

from custvalue._check import number, whole
from custvalue.errors import InvalidDataError, message


def generator(rng: Any, *, required: bool = False) -> np.random.Generator:
    """Return the source of randomness that `rng` is, or that it seeds; refuse none if required."""
    if rng is None and required:
        hint = "Pass a number, so that the result can be repeated."
        raise InvalidDataError(message("rng", "must be given where anything is drawn", hint=hint))
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError):
        rule = "must be a numpy.random.Generator, or a whole number of at least 0 as its seed"
        raise InvalidDataError(message("rng", rule, value=rng)) from None


def customers(n: Any, **each: Any) -> int:
    """Return n if it is one whole number and everything in `each` is one value or n of them."""
    size = int(number("n", whole("n", n, 1.0)))
    for name, values in each.items():
        if np.shape(values) not in ((), (1,), (size,)):
            rule = f"must be one number or {size}, one per customer"
            raise InvalidDataError(message(name, rule, value=np.shape(values)))
    return size
