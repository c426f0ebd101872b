"""Uplift: does a score find the customers whom a treatment changes? Uplift at the top, Qini."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, ClassVar

import numpy as np

from custvalue._check import Array, ArrayLike, refuse
from custvalue._proportion import share
from custvalue._tally import Column, Tally
from custvalue.churn._levels import (
    among_top,
    by_level,
    check_levels,
    checked,
    from_top,
    refuse_groups,
    shares,
)
from custvalue.churn._scalars import unboxed
from custvalue.churn._two_proportions import difference_interval


def _none() -> Column:
    return np.empty(0)  # weights need not be whole


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Uplift(Tally):
    """Treated and control customers, and their outcomes, at each distinct score.

    Records of different customers of one experiment, scored alike, can be added.

    Attributes
    ----------
    score : float array of shape (levels,)
        Distinct scores, ascending; those with a higher score are to be treated first.
    treated, treated_outcomes : arrays of shape (levels,)
        Treated customers with that score, and those of them with the outcome.
    control, control_outcomes : arrays of shape (levels,)
        The same of those not treated.

    Notes
    -----
    The table of `to_frame` begins with the highest score; its `share`, `uplift` and `qini` are of
    all customers down to that score.

    Examples
    --------
    >>> import custvalue as cv
    >>> found = cv.churn.uplift(outcome=[1, 0, 1, 0, 0, 1, 0, 0], treated=[1, 0, 1, 0, 1, 0, 1, 0],
    ...                         score=[.9, .9, .8, .7, .4, .3, .2, .1])
    >>> found
    Uplift(customers=8, treated=4, uplift=0.25, qini=0.596491)
    >>> found.at(0.5)
    1.0
    """

    score: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    treated: Column = dataclasses.field(default_factory=_none)
    treated_outcomes: Column = dataclasses.field(default_factory=_none)
    control: Column = dataclasses.field(default_factory=_none)
    control_outcomes: Column = dataclasses.field(default_factory=_none)

    _keys: ClassVar[tuple[str, ...]] = ("score",)
    _sums: ClassVar[tuple[str, ...]] = (
        "treated",
        "treated_outcomes",
        "control",
        "control_outcomes",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        refuse_groups(self.groups)
        counts = {name: getattr(self, name) for name in self._sums}
        check_levels(self.score, **counts)
        for name in ("treated", "control"):
            outcomes = counts[f"{name}_outcomes"]
            more = outcomes > counts[name]
            refuse(f"{name}_outcomes", f"must not exceed {name}", outcomes, more)
        nobody = self.treated + self.control == 0
        refuse("score", "must be of at least one customer", self.score, nobody)

    @property
    def value(self) -> float:
        """Uplift among all customers: rate of outcomes of the treated less that of the control.

        NaN where nobody was treated, or all were.
        """
        return float(self.at(1.0))

    def at(self, top: ArrayLike = 0.3) -> Any:
        """Return the uplift among the customers scored highest.

        Parameters
        ----------
        top : array_like
            Share of all customers, in (0, 1]. It need not be a whole number of customers, and those
            tied at the cut share the places left, treated and control alike.

        Returns
        -------
        float or array
            Rate of outcomes of the treated less that of the control there, in the shape of `top`;
            NaN where either is without customers.
        """
        treated, with_, control, without = self._among(top)
        return unboxed(share(with_, treated) - share(without, control))

    def interval(self, level: float = 0.95, top: ArrayLike = 1.0) -> tuple[Any, Any]:
        """Return bounds of the uplift among the customers scored highest (default: among all).

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        top : array_like
            Share of all customers, in (0, 1].

        Returns
        -------
        tuple of float or array
            Within [-1, 1]; NaN where there is no uplift.

        References
        ----------
        Newcombe, "Interval estimation for the difference between independent proportions:
        comparison of eleven methods", Statistics in Medicine 17 (1998), 873-890 (method 10, from
        Wilson's intervals).
        """
        treated, with_, control, without = self._among(top)
        low, high = difference_interval(
            np.minimum(with_, treated), treated, np.minimum(without, control), control, level
        )
        return unboxed(low), unboxed(high)

    def curve(self) -> tuple[Array, Array]:
        """Return the Qini curve: shares of customers, and what treating those adds per customer.

        Q(k) = Y_t - Y_c N_t / N_c among the k customers scored highest (0 for Y_c N_t / N_c while
        there is no control), over the number of all customers. Points are at distinct scores, the
        curve is straight between them.

        Returns
        -------
        tuple of float array of shape (levels + 1,)
            Share of customers, from 0 to 1, and Q.
        """
        return _qini_curve(*(getattr(self, name)[::-1] for name in self._sums))

    @property
    def qini_area(self) -> float:
        """Area between the Qini curve and the straight line to its end, not normalised.

        The line is what treating at random is expected to give. Per customer, so that the size of
        the experiment does not matter; NaN where nobody was treated, or all were.
        """
        return _area(*self.curve()) if self._is_experiment() else math.nan

    @property
    def area_under_curve(self) -> float:
        """Area under the Qini curve, nothing taken off: `qini_area` plus half of the curve's end.

        NaN where nobody was treated, or all were.
        """
        return self.qini_area + float(self.curve()[1][-1]) / 2.0

    @property
    def qini(self) -> float:
        """Qini coefficient: `qini_area` over that of a perfect ranking; 0 for a guess.

        Perfect is: treated with the outcome first, then all without it, control with it last. NaN
        where no ranking differs from another.
        """
        return self._ratio(_qini_curve(*self._perfect()))

    @property
    def qini_zero_downlift(self) -> float:
        """Radcliffe's q0: `qini_area` over that of the best ranking if treating harms nobody.

        That one's curve climbs by one outcome a customer up to the curve's end and then stays.
        It can exceed 1 in a sample; NaN where the uplift among all is not above 0.
        """
        end = float(self.curve()[1][-1])
        if not 0.0 < end <= 1.0:
            return math.nan
        return self._ratio((np.array([0.0, end, 1.0]), np.array([0.0, end, end])))

    def _ratio(self, best: tuple[Array, Array]) -> float:
        area = _area(*best)
        return self.qini_area / area if self._is_experiment() and area > 0 else math.nan

    def _perfect(self) -> tuple[Column, ...]:
        """Return treated, their outcomes, control and its outcomes at the levels of perfection."""
        treated, with_, control, without = (getattr(self, name).sum() for name in self._sums)
        return (
            np.array([with_, treated - with_, 0]),
            np.array([with_, 0, 0]),
            np.array([0, control - without, without]),
            np.array([0, 0, without]),
        )

    def _is_experiment(self) -> bool:
        return bool(self.treated.sum() > 0 and self.control.sum() > 0)

    def _among(self, top: ArrayLike) -> list[Array]:
        columns = (getattr(self, name) for name in self._sums)
        return among_top(shares("top", top), self.treated + self.control, *columns)

    def _head(self) -> dict[str, Any]:
        treated = float(self.treated.sum())
        return {
            "customers": treated + float(self.control.sum()),
            "treated": treated,
            "uplift": self.value,
            "qini": self.qini,
        }

    def _derived(self) -> dict[str, Any]:
        places, gained = self.curve()
        treated, with_, control, without = (from_top(getattr(self, name)) for name in self._sums)
        found = share(with_, treated) - share(without, control)
        return {
            name: np.asarray(column)[:0:-1]
            for name, column in (("share", places), ("uplift", found), ("qini", gained))
        }

    def _table(self) -> dict[str, Any]:
        return {name: column[::-1] for name, column in super()._table().items()}


def uplift(
    outcome: ArrayLike,
    treated: ArrayLike,
    score: ArrayLike,
    *,
    weight: ArrayLike | None = None,
) -> Uplift:
    """Return how well a score finds the customers on whom a treatment has an effect.

    Treatment must have been given at random, independently of the score. The order of the rows
    does not matter: customers with equal scores are one step of every curve.

    Parameters
    ----------
    outcome : array_like of shape (n,)
        Whether what the treatment aims at happened, such as staying: true or false, or 1 or 0.
    treated : array_like of shape (n,)
        Whether each customer was treated (else: control).
    score : array_like of shape (n,)
        The higher, the sooner to treat; finite.
    weight : array_like of shape (n,), optional
        How many customers each row stands for, between 1e-15 and 1e15.

    Returns
    -------
    Uplift
        With `value`, `at(top)`, `interval(level, top)`, `curve()`, and three Qini numbers that
        packages call by one name: `qini` (over perfect), `qini_zero_downlift` (over perfect
        without harm) and `qini_area` (over nothing).

    Raises
    ------
    InvalidDataError
        If columns differ in length, a score is missing or not finite, an outcome or a treatment is
        not 0 or 1, or a weight is not above 0.

    References
    ----------
    Radcliffe, "Using control groups to target on predicted lift: building and assessing uplift
    models", Direct Marketing Analytics Journal (2007), 14-21 (Qini curve, q and q0).

    Examples
    --------
    >>> import numpy as np
    >>> import custvalue as cv
    >>> rng = np.random.default_rng(1)
    >>> persuadable, treated = rng.random(4000) < 0.3, rng.random(4000) < 0.5
    >>> stayed = rng.random(4000) < 0.5 + 0.4 * (persuadable & treated)
    >>> found = cv.churn.uplift(stayed, treated, score=persuadable)
    >>> round(float(found.at(0.3)), 2), np.round(found.interval(top=0.3), 2).tolist()
    (0.37, [0.32, 0.42])
    """
    scores, weights, (happened, given) = checked(
        "score", score, weight, -math.inf, math.inf, outcome=outcome, treated=treated
    )
    columns = {
        "treated": given,
        "treated_outcomes": given & happened,
        "control": ~given,
        "control_outcomes": ~given & happened,
    }
    levels, sums = by_level(scores, weights, columns)
    return Uplift(score=levels, **sums)


def _qini_curve(
    treated: Column, with_: Column, control: Column, without: Column
) -> tuple[Array, Array]:
    """Return shares of customers and Q per customer, given counts from the top down."""
    n_t, y_t, n_c, y_c = (
        np.concatenate([[0.0], np.cumsum(column, dtype=np.float64)])
        for column in (treated, with_, control, without)
    )
    total = n_t[-1] + n_c[-1]
    if total == 0:
        return np.array([0.0]), np.array([math.nan])
    expected = np.zeros(len(n_t))
    np.divide(y_c * n_t, n_c, out=expected, where=n_c > 0)
    return (n_t + n_c) / total, (y_t - expected) / total


def _area(places: Array, gained: Array) -> float:
    """Return the area between a curve and the straight line from its start to its end."""
    return float(np.trapezoid(gained - places * gained[-1], places))
