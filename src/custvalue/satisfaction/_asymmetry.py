"""Impact range and asymmetry of attributes, from their penalties and rewards."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, number
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction._survey import ratio

KINDS = ("frustrator", "dissatisfier", "hybrid", "satisfier", "delighter")


def potentials(penalty: Any, reward: Any) -> tuple[Array, Array, Array]:
    """Return the range of impact, and its parts that satisfy and that dissatisfy.

    A penalty above 0 or a reward below 0 counts as 0.
    """
    loss, gain = np.maximum(-np.asarray(penalty), 0.0), np.maximum(reward, 0.0)
    both = np.asarray(gain + loss)
    return both, ratio(gain, both), ratio(loss, both)


def asymmetry(penalty: Any, reward: Any) -> Array:
    """Return what satisfies less what dissatisfies, as parts of the range: in [-1, 1]."""
    _, satisfying, dissatisfying = potentials(penalty, reward)
    return np.asarray(satisfying - dissatisfying)


def variance_of_asymmetry(
    penalty: Array, reward: Array, of_penalty: Array, of_reward: Array, of_both: Array
) -> Array:
    """Return the variance by the delta method; NaN unless penalty < 0 < reward."""
    square = np.where((reward > 0) & (penalty < 0), (reward - penalty) ** 2, np.nan)
    by_reward, by_penalty = -2.0 * penalty / square, 2.0 * reward / square
    found = by_reward**2 * of_reward + by_penalty**2 * of_penalty
    return np.asarray(found + 2.0 * by_reward * by_penalty * of_both)


def kinds(found: Array, hybrid: float, extreme: float) -> npt.NDArray[Any]:
    """Return the kind of attributes of that asymmetry; None where it is NaN."""
    inner, outer = number("hybrid", hybrid, 0.0, 1.0), number("extreme", extreme, 0.0, 1.0)
    if inner > outer:
        rule = "must not be below hybrid"
        raise InvalidDataError(message("extreme", rule, value=(inner, outer)))
    size = np.abs(found)
    step = (size > inner).astype(int) + (size > outer)
    names = np.array(KINDS, dtype=object)[np.where(found < 0, 2 - step, 2 + step)]
    names[np.isnan(found)] = None
    return np.asarray(names)
