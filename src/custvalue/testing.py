"""For users' own tests: Hypothesis strategies for logs, summaries and models, and law checkers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from custvalue._check import one_of, whole
from custvalue._record import Record, _same
from custvalue.errors import InvalidDataError, MissingExtraError, message

if TYPE_CHECKING:
    import pandas as pd
    from hypothesis.strategies import SearchStrategy

    from custvalue.clv import PurchaseModel
    from custvalue.summary import Summary

_QUARTERS = 4  # amounts are multiples of 0.25: their sums are exact in whatever order


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
    min_lines: int = 1,
    max_lines: int = 30,
    start: str = "2023-12-01",
    days: int = 120,
    ties: bool = True,
    zeros: bool = True,
    refunds: bool = False,
) -> SearchStrategy[pd.DataFrame]:
    """Return a strategy of pandas frames with columns customer, time and amount.

    Parameters
    ----------
    customers : int
        Largest number of different customers.
    min_lines, max_lines : int
        Bounds of the number of lines; with ``min_lines=0`` empty logs are drawn too.
    start : str
        First day, as ISO 8601.
    days : int
        Days from the first to the last one, both included.
    ties : bool
        Whether a customer may have several lines on one day, and at one instant.
    zeros, refunds : bool
        Whether amounts may be zero, and negative.

    Returns
    -------
    SearchStrategy
        Lines in any order; amounts are multiples of 0.25, so that sums are exact in every order.

    Raises
    ------
    MissingExtraError
        If Hypothesis is not installed.
    InvalidDataError
        If a number is not whole or is too small.

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
    for name, value, low in (("customers", customers, 1), ("days", days, 1),
                             ("min_lines", min_lines, 0), ("max_lines", max_lines, min_lines)):  # fmt: skip
        whole(name, value, low)
    lowest = -50 * _QUARTERS if refunds else 0
    amount = st.integers(lowest, 200 * _QUARTERS)
    minute = st.one_of(st.sampled_from([0, 540, 1439]), st.integers(0, 1439))
    line = st.tuples(
        st.integers(0, customers - 1),
        st.integers(0, days - 1),
        minute,
        amount if zeros else amount.filter(bool),
    )
    lines = st.lists(
        line,
        min_size=min_lines,
        max_size=max_lines,
        unique_by=None if ties else lambda parts: parts[:2],
    )
    first = np.datetime64(start, "m")

    def frame(drawn: list[tuple[int, int, int, int]]) -> Any:
        import pandas as pd

        who, day, within, quarters = np.array(drawn, dtype=np.int64).reshape(-1, 4).T
        time = first + (day * 1440 + within).astype("timedelta64[m]")
        return pd.DataFrame(
            {
                "customer": pd.Series([f"c{number}" for number in who], dtype=object),
                "time": time.astype("datetime64[us]"),
                "amount": quarters / _QUARTERS,
            }
        )

    return lines.map(frame)  # type: ignore[no-any-return]


def summaries(
    *, max_customers: int = 20, longest: int = 700, unit: str = "day", spend: bool = True
) -> SearchStrategy[Summary]:
    """Return a strategy of valid summaries, as daily logs give them.

    Parameters
    ----------
    max_customers : int
        Largest number of rows.
    longest : int
        Largest T, in days.
    unit : str
        Unit in which recency and T come back.
    spend : bool
        Whether there are monetary values.

    Raises
    ------
    MissingExtraError
        If Hypothesis is not installed.
    InvalidDataError
        If a number is not whole or is too small, or the unit does not exist.

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
    whole("max_customers", max_customers, 1)
    whole("longest", longest, 1)
    one_of("unit", unit, HOURS)

    def history(T: int) -> Any:
        return st.integers(0, T).flatmap(
            lambda t_x: st.tuples(
                st.integers(1, t_x) if t_x else st.just(0),  # at most one occasion a day
                st.just(t_x),
                st.just(T),
                st.integers(0, 200 * _QUARTERS),
            )
        )

    def made(rows: list[tuple[int, int, int, int]]) -> Summary:
        x, t_x, T, quarters = np.array(rows, dtype=np.float64).T
        days = Summary(
            customer=np.arange(len(rows)),
            frequency=x,
            recency=t_x,
            T=T,
            monetary_value=np.where(x > 0, quarters / _QUARTERS, np.nan) if spend else None,
        )
        return days.in_unit(unit)

    rows = st.lists(st.integers(0, longest).flatmap(history), min_size=1, max_size=max_customers)
    return rows.map(made)  # type: ignore[no-any-return]


def purchase_models(low: float = 0.05, high: float = 20.0) -> SearchStrategy[PurchaseModel]:
    """Return a strategy of BG/NBD and MBG/NBD models with parameters between `low` and `high`.

    Raises
    ------
    MissingExtraError
        If Hypothesis is not installed.
    InvalidDataError
        If not 0 < low < high.

    Examples
    --------
    >>> from hypothesis import given
    >>> import custvalue as cv
    >>> @given(cv.testing.purchase_models())
    ... def test_more_time_more_purchases(model):
    ...     assert model.expected_purchases_new(2.0) >= model.expected_purchases_new(1.0)
    >>> test_more_time_more_purchases()
    """
    from custvalue.clv import PURCHASE_MODELS

    if not 0 < low < high:
        raise InvalidDataError(
            message("low", "must be above 0 and below `high`", value=(low, high))
        )
    st = _strategies()
    positive = st.floats(np.log(low), np.log(high)).map(lambda u: float(np.exp(u)))
    return st.one_of(  # type: ignore[no-any-return]
        *(st.builds(kind, *[positive] * 4) for kind in PURCHASE_MODELS.values())
    )


def check_addable(read: Callable[[Any], Record], log: pd.DataFrame) -> None:
    """Check that reading a log in chunks and adding the records gives the record of the whole.

    Parameters
    ----------
    read : callable
        From a pandas frame to a record that can be added.
    log : pandas.DataFrame
        Is cut at every tenth of its rows, and into even and odd rows.

    Raises
    ------
    AssertionError
        If the law does not hold; the message says for which chunks.

    Examples
    --------
    >>> import custvalue as cv
    >>> read = lambda log: cv.occasions(log, customer="customer_id", time="date", amount="cds")
    >>> cv.testing.check_addable(read, cv.datasets.cdnow())
    """
    whole_log: Any = read(log)
    empty = type(whole_log)()
    cuts = sorted({len(log) * tenth // 10 for tenth in range(11)})
    in_order = [log.iloc[a:b] for a, b in zip(cuts, cuts[1:], strict=False)]
    for name, chunks in (
        ("one chunk", [log]),
        ("ten chunks", in_order),
        ("ten chunks, last first", in_order[::-1]),
        ("even and odd rows", [log.iloc[::2], log.iloc[1::2]]),
    ):
        pooled = sum((read(chunk) for chunk in chunks if len(chunk)), empty)
        if not _same(pooled, whole_log):
            raise AssertionError(f"{name}: adding gives {pooled!r}, the whole is {whole_log!r}")


def check_permutation_invariant(function: Callable[[Any], Any], frame: pd.DataFrame) -> None:
    """Check that a function of a frame does not depend on the order of its rows.

    Parameters
    ----------
    function : callable
        From a pandas frame to a record, an array or a number.
    frame : pandas.DataFrame
        Is reversed, rotated and shuffled.

    Raises
    ------
    AssertionError
        If the law does not hold; the message says for which order.

    Examples
    --------
    >>> import custvalue as cv
    >>> read = lambda log: cv.occasions(log, customer="customer_id", time="date", amount="cds")
    >>> cv.testing.check_permutation_invariant(read, cv.datasets.cdnow())
    """
    expected = function(frame)
    rows = np.arange(len(frame))
    for name, order in (
        ("reversed", rows[::-1]),
        ("rotated", np.roll(rows, len(rows) // 3)),
        ("shuffled", np.random.default_rng(1).permutation(rows)),
    ):
        got = function(frame.iloc[order])
        if not _same(got, expected):
            raise AssertionError(f"rows {name}: got {got!r}, in the order given {expected!r}")
