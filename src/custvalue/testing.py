"""For users' own tests: Hypothesis strategies for logs, summaries and models, and law checkers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from custvalue._check import number, one_of, whole
from custvalue._record import Record, _same
from custvalue.errors import MissingExtraError

if TYPE_CHECKING:
    import pandas as pd
    from hypothesis.strategies import SearchStrategy

    from custvalue.clv import PurchaseModel
    from custvalue.summary import Summary


def _strategies() -> Any:
    try:
        from hypothesis import strategies
    except ImportError:
        raise MissingExtraError(
            "The strategies of custvalue.testing need Hypothesis, which is not installed. "
            "Install it with: pip install 'custvalue[testing]'."
        ) from None
    return strategies


def transaction_logs(
    *,
    customers: int = 6,
    lines: int = 30,
    days: int = 120,
    ties: bool = True,
    zeros: bool = True,
    refunds: bool = False,
) -> SearchStrategy[pd.DataFrame]:
    """Return a strategy of pandas frames with columns customer, time and amount.

    Amounts are multiples of 0.25, so that their sums are exact in whatever order.

    Parameters
    ----------
    customers, lines, days : int
        Most customers, most lines (at least 1), and days from 2023-12-01 on.
    ties : bool
        Whether a customer may have several lines on one day, and at one instant.
    zeros, refunds : bool
        Whether amounts may be zero, and negative.

    Raises
    ------
    MissingExtraError
        If Hypothesis is not installed.

    Examples
    --------
    >>> from hypothesis import given
    >>> import custvalue as cv
    >>> @given(cv.testing.transaction_logs())
    ... def test_everybody_who_bought_has_a_row(log):
    ...     bought = cv.occasions(log, customer="customer", time="time", amount="amount")
    ...     assert len(bought.summary()) == log["customer"].nunique()
    >>> test_everybody_who_bought_has_a_row()
    """
    st = _strategies()
    whole("customers", customers, 1), whole("lines", lines, 1), whole("days", days, 1)
    quarters = st.integers(-200 if refunds else 0, 800)
    line = st.tuples(
        st.integers(0, customers - 1),
        st.integers(0, days - 1),
        st.one_of(st.sampled_from([0, 540, 1439]), st.integers(0, 1439)),  # minutes
        quarters if zeros else quarters.filter(bool),
    )
    unique_by = None if ties else lambda parts: parts[:2]
    drawn = st.lists(line, min_size=1, max_size=lines, unique_by=unique_by)

    def frame(rows: list[tuple[int, int, int, int]]) -> pd.DataFrame:
        import pandas as pd

        who, day, minute, quarters = np.array(rows, dtype=np.int64).T
        time = np.datetime64("2023-12-01", "us") + (day * 1440 + minute).astype("timedelta64[m]")
        names = np.array([f"c{number}" for number in who], dtype=object)
        return pd.DataFrame({"customer": names, "time": time, "amount": quarters / 4})

    return drawn.map(frame)  # type: ignore[no-any-return]


def summaries(
    *, customers: int = 20, days: int = 700, unit: str = "day", spend: bool = True
) -> SearchStrategy[Summary]:
    """Return a strategy of valid summaries, such as daily logs give.

    Parameters
    ----------
    customers, days : int
        Most rows, and the largest T in days.
    unit : str
        Unit of recency and T.
    spend : bool
        Whether there are monetary values.

    Raises
    ------
    MissingExtraError
        If Hypothesis is not installed.

    Examples
    --------
    >>> from hypothesis import given
    >>> import custvalue as cv
    >>> model = cv.clv.ModifiedBetaGeo(r=0.5, alpha=10.0, a=0.8, b=2.5)
    >>> @given(cv.testing.summaries())
    ... def test_probabilities(summary):
    ...     alive = model.probability_alive(summary.frequency, summary.recency, summary.T)
    ...     assert ((alive >= 0) & (alive <= 1)).all()
    >>> test_probabilities()
    """
    from custvalue._calendar import HOURS
    from custvalue.summary import Summary

    st = _strategies()
    whole("customers", customers, 1), whole("days", days, 1), one_of("unit", unit, HOURS)
    # (T, recency, frequency): at most one occasion a day, and one on the day of the recency
    history = st.integers(0, days).flatmap(
        lambda T: st.integers(0, T).flatmap(
            lambda t_x: st.tuples(st.just(T), st.just(t_x), st.integers(min(t_x, 1), t_x))
        )
    )
    drawn = st.lists(st.tuples(history, st.integers(0, 800)), min_size=1, max_size=customers)

    def summary(rows: list[tuple[tuple[int, int, int], int]]) -> Summary:
        T, t_x, x, quarters = np.array([(*h, q) for h, q in rows], dtype=np.float64).T
        m = np.where(x > 0, quarters / 4, np.nan) if spend else None
        return Summary(np.arange(len(rows)), x, t_x, T, m).in_unit(unit)

    return drawn.map(summary)  # type: ignore[no-any-return]


def purchase_models(low: float = 0.05, high: float = 20.0) -> SearchStrategy[PurchaseModel]:
    """Return a strategy of purchase models with parameters between `low` and `high`.

    Examples
    --------
    >>> from hypothesis import given
    >>> import custvalue as cv
    >>> @given(cv.testing.purchase_models())
    ... def test_more_time_more_purchases(model):
    ...     assert model.expected_purchases_new(2.0) >= model.expected_purchases_new(1.0)
    >>> test_more_time_more_purchases()
    """
    from custvalue.clv import BetaGeo, ModifiedBetaGeo

    st = _strategies()
    number("low", low, 0.0, high, open_low=True)
    positive = st.floats(float(np.log(low)), float(np.log(high))).map(np.exp).map(float)
    kinds = [st.builds(kind, *[positive] * 4) for kind in (BetaGeo, ModifiedBetaGeo)]
    return st.one_of(*kinds)  # type: ignore[no-any-return]


def _close(left: Any, right: Any) -> bool:
    """Return whether two results are equal, floats but for rounding (1e-10)."""
    if isinstance(left, Record) and type(left) is type(right):
        fields = [f.name for f in dataclasses.fields(left) if f.compare]
        return all(_close(getattr(left, name), getattr(right, name)) for name in fields)
    one, other = np.asarray(left), np.asarray(right)
    if one.dtype.kind == other.dtype.kind == "f":
        return one.shape == other.shape and np.allclose(one, other, 1e-10, 0.0, equal_nan=True)
    return _same(left, right)


def check_addable(read: Callable[[Any], Any], log: pd.DataFrame) -> None:
    """Raise AssertionError unless the records of a log in chunks add to that of the whole.

    Examples
    --------
    >>> import custvalue as cv
    >>> read = lambda log: cv.occasions(log, customer="customer_id", time="date", amount="cds")
    >>> cv.testing.check_addable(read, cv.datasets.cdnow())
    """
    total = read(log)
    cuts = sorted({len(log) * tenth // 10 for tenth in range(11)})
    chunks = [log.iloc[start:stop] for start, stop in pairwise(cuts)]
    odd_even = [log.iloc[1::2], log.iloc[::2]]
    for name, parts in (("ten", chunks), ("ten reversed", chunks[::-1]), ("odd, even", odd_even)):
        pooled = sum((read(part) for part in parts if len(part)), type(total)())
        if not _close(pooled, total):
            raise AssertionError(f"chunks ({name}) add to {pooled!r}, the whole is {total!r}")


def check_permutation_invariant(function: Callable[[Any], Any], frame: pd.DataFrame) -> None:
    """Raise AssertionError if the record, array or number depends on the order of the rows.

    Examples
    --------
    >>> import custvalue as cv
    >>> read = lambda log: cv.occasions(log, customer="customer_id", time="date", amount="cds")
    >>> cv.testing.check_permutation_invariant(read, cv.datasets.cdnow())
    """
    expected = function(frame)
    shuffled = frame.sample(frac=1.0, random_state=1)
    for name, rows in (("reversed", frame.iloc[::-1]), ("shuffled", shuffled)):
        got = function(rows)
        if not _close(got, expected):
            raise AssertionError(f"rows {name}: {got!r}; in the order given: {expected!r}")
