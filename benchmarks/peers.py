"""What custvalue is compared with: lifetimes, and what a user would write by hand."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from inputs import FIRST_DAY, LAST_DAY, TRUTH, Columns

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

Array = npt.NDArray[np.float64]


def lifetimes_summary(log: pd.DataFrame) -> pd.DataFrame:
    from lifetimes.utils import summary_data_from_transaction_data

    return summary_data_from_transaction_data(
        log, "customer", "time", "amount", observation_period_end=LAST_DAY
    )


def pandas_summary(log: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    spend = log["amount"].groupby([log["customer"], log["time"].dt.normalize()]).sum()
    days = spend.reset_index()  # sorted by customer and day
    table = days.groupby("customer").agg(
        first=("time", "first"),
        last=("time", "last"),
        occasions=("time", "size"),
        first_spend=("amount", "first"),
        spend=("amount", "sum"),
    )
    repeats = table["occasions"] - 1
    one_day = pd.Timedelta(days=1)
    return pd.DataFrame(
        {
            "frequency": repeats,
            "recency": (table["last"] - table["first"]) / one_day,
            "T": (pd.Timestamp(LAST_DAY) - table["first"]) / one_day,
            "monetary_value": (table["spend"] - table["first_spend"]) / repeats.where(repeats > 0),
        }
    )


def polars_summary(log: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    day, amount = pl.col("day"), pl.col("amount")
    return (
        log.lazy()
        .group_by("customer", pl.col("time").dt.date().alias("day"))
        .agg(amount.sum())
        .group_by("customer")
        .agg(
            first=day.min(),
            last=day.max(),
            frequency=pl.len().cast(pl.Int64) - 1,
            repeat_spend=amount.sum() - amount.get(day.arg_min()),
        )
        .select(
            "customer",
            "frequency",
            recency=(pl.col("last") - pl.col("first")).dt.total_days(),
            T=(pl.lit(LAST_DAY.item()) - pl.col("first")).dt.total_days(),
            monetary_value=pl.when(pl.col("frequency") > 0).then(
                pl.col("repeat_spend") / pl.col("frequency")
            ),
        )
        .collect(engine="streaming")  # measured faster than in-memory
    )


def duckdb_summary(log: pd.DataFrame) -> pd.DataFrame:
    import duckdb

    query = f"""
        with days as (
            select customer, time::date as day, sum(amount) as spend from log group by all
        )
        select customer,
               count(*) - 1 as frequency,
               max(day) - min(day) as recency,
               date '{LAST_DAY}' - min(day) as T,
               (sum(spend) - arg_min(spend, day)) / nullif(count(*) - 1, 0) as monetary_value
        from days group by customer
    """
    with duckdb.connect() as connection:
        return connection.register("log", log).execute(query).df()


def lifetimes_fit(x: Array, t_x: Array, T: Array, weights: Array | None = None) -> Any:
    from lifetimes import BetaGeoFitter

    return BetaGeoFitter().fit(x, t_x, T, weights=weights)


def lifetimes_fit_counted(x: Array, t_x: Array, T: Array) -> Any:
    """Count equal histories with pandas and give lifetimes the counts as weights."""
    import pandas as pd

    counted = pd.DataFrame({"x": x, "t_x": t_x, "T": T}).groupby(["x", "t_x", "T"]).size()
    histories = counted.index.to_frame(index=False)
    return lifetimes_fit(*(histories[name].to_numpy() for name in ("x", "t_x", "T")), counted)


def lifetimes_model() -> Any:
    """Return a lifetimes model that has the true parameters without being fitted."""
    import pandas as pd
    from lifetimes import BetaGeoFitter

    model = BetaGeoFitter()
    model.params_ = pd.Series(TRUTH)
    return model


def import_lifetimes() -> None:
    """Import lifetimes without its warnings about pkg_resources and pandas options."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lifetimes.utils  # noqa: F401


# Floors: what no method can do without, single-threaded, in NumPy.


def packed(high: npt.NDArray, *lower: npt.NDArray) -> npt.NDArray[np.int64]:
    """Return columns in one integer a row; every lower one is below 1024."""
    key = high.astype(np.int64)
    for column in lower:
        key = key << 10 | column.astype(np.int64)
    return key


def days_packed(columns: Columns) -> tuple[npt.NDArray[np.int64]]:
    """Return (customer, day) of each line of a log."""
    return (packed(columns["customer"], _days(columns)),)


def weeks_packed(columns: Columns) -> tuple[npt.NDArray[np.int64]]:
    """Return (customer, week) of each line of a log."""
    return (packed(columns["customer"], _days(columns) // 7),)


def _days(columns: Columns) -> npt.NDArray[np.int64]:
    return (columns["time"].astype("datetime64[D]") - FIRST_DAY).astype(np.int64)


def log_exp(column: Array, out: Array) -> Array:
    return np.exp(np.log(column, out=out), out=out)
