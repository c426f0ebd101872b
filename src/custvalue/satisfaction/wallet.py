"""Wallet: the share of customers' spending that is ours, measured or allocated by rank."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from custvalue import _proportion
from custvalue._check import Array, ArrayLike, one_of, real, refuse, within
from custvalue._frames import numeric, read
from custvalue._groups import column_names, group_rows
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction._survey import SurveyTally, check_sums, effective, ratio, survey_weights

_LARGEST = 1e50  # an amount whose square is a number, with any weight
_ROUNDING = 1e-9
_SUMS = (
    "answers",
    "weight",
    "squares",
    "own",
    "category",
    "own_squares",
    "both",
    "category_squares",
)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ShareOfWallet(SurveyTally):
    """Spending with us and in the category; `+` adds other customers.

    Attributes
    ----------
    answers : int, or int array of shape (groups,)
        Customers who spent in the category.
    weight, squares : float, or float array
        Sum of their weights, and of the squares of the weights.
    own, category : float, or float array
        Weighted sums of what they spent with us, and in the category (with us too).
    own_squares, both, category_squares : float, or float array
        Sums of weight^2 times own^2, own times category, and category^2.
    min_group : int
        Groups with fewer customers show NaN.
    groups, notes, frame
        Labels of each row by column; customers left out, counted; the kind of frame for results.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> customers = pd.DataFrame({"ours": [30, 10, 20], "all": [40, 40, 20]})
    >>> cv.satisfaction.share_of_wallet(customers, own="ours", category="all")
    ShareOfWallet(answers=3, value=0.6)
    """

    answers: Any = 0
    weight: Any = 0.0
    squares: Any = 0.0
    own: Any = 0.0
    category: Any = 0.0
    own_squares: Any = 0.0
    both: Any = 0.0
    category_squares: Any = 0.0

    _sums: ClassVar[tuple[str, ...]] = _SUMS
    _settings: ClassVar[tuple[str, ...]] = ("min_group",)
    _shows: ClassVar[tuple[str, ...]] = ("value", "lower", "upper", "low_base")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_sums(**{name: getattr(self, name) for name in _SUMS})
        more = np.asarray(self.own > self.category * (1 + _ROUNDING))
        refuse("own", "must not exceed the category", self.own, more)

    @property
    def base(self) -> Any:
        """Customers, not weighted."""
        return self.answers

    @property
    def value(self) -> Any:
        """Spending with us / spending in the category, of all customers together."""
        return self._shown(ratio(self.own, self.category))

    def interval(self, level: float = 0.95, method: str = "linearised") -> tuple[Any, Any]:
        """Return the bounds of an interval for `value`.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"linearised"}
            A ratio of two sums over the same customers: Student's t with the effective n, variance
            n / (n - 1) * sum of w^2 (own - share category)^2 / (sum of category)^2 (Cochran,
            "Sampling Techniques", 1977, section 6.4), cut to [0, 1].

        Returns
        -------
        tuple of float or array
            NaN with one customer.
        """
        from scipy.special import stdtrit

        one_of("method", method, ("linearised",))
        _proportion.normal_quantile(level)  # refuses what is no level
        share, n = ratio(self.own, self.category), effective(self.weight, self.squares)
        scatter = self.own_squares - 2.0 * share * self.both + share**2 * self.category_squares
        free = np.where(n > 1.0 + 1e-9, n - 1.0, np.nan)
        error = np.sqrt(ratio(np.maximum(scatter, 0.0) * n / free, np.square(self.category)))
        half = -stdtrit(free, (1.0 - level) / 2.0) * error
        low, high = np.clip(share - half, 0.0, 1.0), np.clip(share + half, 0.0, 1.0)
        return self._shown(low), self._shown(high)

    def _derived(self) -> dict[str, Any]:
        low, high = self.interval()
        columns = {"value": self.value, "lower": low, "upper": high, "low_base": self.low_base}
        return {name: np.atleast_1d(column) for name, column in columns.items()}

    def _head(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"answers": int(np.sum(self.answers))}
        if not self.groups and not np.ndim(self.answers):
            facts["value"] = float(self.value)
        return {**facts, **self.notes}


def share_of_wallet(
    table: Any,
    *,
    own: str,
    category: str,
    by: str | Sequence[str] | None = None,
    weight: str | None = None,
    min_group: int = 0,
) -> ShareOfWallet:
    """Return the share of what customers spend in a category that they spend with us.

    Of all customers together: big spenders count by what they spend. Customers without spending in
    the category have no share; they are left out and counted in the notes.

    Parameters
    ----------
    table : data frame
        One row per customer.
    own, category : str
        Columns of the amount spent with us, and of that spent in the category, with us included.
    by : str or sequence of str, optional
        Columns to group by.
    weight : str, optional
        Column of survey weights.
    min_group : int
        Groups with fewer customers show NaN.

    Returns
    -------
    ShareOfWallet

    Raises
    ------
    InvalidDataError
        If an amount is missing or negative, or somebody spent more with us than in the category.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> customers = pd.DataFrame({"ours": [30, 10, 20, 0], "all": [40, 40, 20, 30]})
    >>> share = cv.satisfaction.share_of_wallet(customers, own="ours", category="all")
    >>> float(share.value), [round(float(bound), 3) for bound in share.interval()]
    (0.461..., [0.0, 1.0])
    """
    grouping = column_names("by", by)
    found = read(table, own=own, category=category, weight=weight, **grouping)
    hint = "Leave out customers whose spending is not known."
    ours = within(own, numeric(found, "own"), 0.0, _LARGEST, hint=hint)
    whole = within(category, numeric(found, "category"), 0.0, _LARGEST, hint=hint)
    refuse(own, f"must not exceed {category!r}", ours, ours > whole * (1 + _ROUNDING))
    ours = np.minimum(ours, whole)  # both may be sums of the same purchases in another order
    w = np.ones(found.rows)
    if weight is not None:
        w = survey_weights(weight, numeric(found, "weight"))
    here = whole > 0
    groups = group_rows(found, list(grouping)) if grouping else None
    codes = np.zeros(found.rows, dtype=np.int64) if groups is None else groups.codes
    size = 1 if groups is None else len(groups)
    terms = {
        "answers": here & (w > 0),
        "weight": w * here,
        "squares": w**2 * here,
        "own": w * ours,
        "category": w * whole,
        "own_squares": (w * ours) ** 2,
        "both": w**2 * ours * whole,
        "category_squares": (w * whole) ** 2,
    }
    sums: dict[str, Any] = {name: np.bincount(codes, term, size) for name, term in terms.items()}
    sums["answers"] = np.rint(sums["answers"]).astype(np.int64)
    notes = {} if here.all() else {"without spending in the category": int((~here).sum())}
    if groups is None:
        sums = {name: column[0] for name, column in sums.items()}
    labels = {} if groups is None else dict(groups.labels)
    return ShareOfWallet(**sums, min_group=min_group, groups=labels, notes=notes, frame=found.kind)


def wallet_allocation(scores: ArrayLike) -> Array:
    """Return the share of wallet of each brand by the Wallet Allocation Rule, per customer.

    (1 - rank / (brands + 1)) * 2 / brands, with rank 1 for the brand that scores highest among
    those the customer uses. Brands with equal scores share the mean of their ranks, so that the
    shares of a customer always add to 1.

    Parameters
    ----------
    scores : array_like of shape (brands,) or (customers, brands)
        Satisfaction, or any score, of each brand; NaN for brands that the customer does not use.

    Returns
    -------
    float array of the same shape
        NaN where the score is.

    Raises
    ------
    InvalidDataError
        If a score is not a number, or infinite.

    References
    ----------
    Keiningham, Aksoy, Buoye & Cooil, "Customer loyalty isn't enough. Grow your share of wallet",
    Harvard Business Review 89 (2011), 29-31.

    Examples
    --------
    >>> import custvalue as cv
    >>> cv.satisfaction.wallet_allocation([9, 7])
    array([0.66666667, 0.33333333])
    >>> cv.satisfaction.wallet_allocation([[9, 7, 7], [8, float("nan"), 9]])
    array([[0.5       , 0.25      , 0.25      ],
           [0.33333333,        nan, 0.66666667]])
    """
    from scipy.stats import rankdata

    values = real("scores", scores)
    refuse("scores", "must not be infinite", values, np.isinf(values))
    if values.ndim not in (1, 2):
        rule = "must be of shape (brands,) or (customers, brands)"
        raise InvalidDataError(message("scores", rule, value=values.shape))
    if not values.size:
        return values.copy()
    used = ~np.isnan(values)
    ranks = rankdata(np.where(used, -values, np.inf), axis=-1)  # unused brands rank behind all
    brands = used.sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = (1.0 - ranks / (brands + 1.0)) * 2.0 / brands
    return np.where(used, shares, np.nan)
