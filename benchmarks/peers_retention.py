"""Cohort triangles and RFM as a user would write them by hand in pandas, Polars and DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from inputs import LAST_DAY

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

BINS = 5


def pandas_triangle(log: pd.DataFrame) -> pd.DataFrame:
    """Return distinct customers by first week and age, as tutorials do it, but with whole weeks."""
    days = log["time"].to_numpy().astype("datetime64[D]").astype(np.int64)
    week = (days + 3) // 7  # weeks start on Monday
    table = log[["customer"]].assign(week=week).drop_duplicates()
    table["cohort"] = table.groupby("customer")["week"].transform("min")
    table["age"] = table["week"] - table["cohort"]
    return table.groupby(["cohort", "age"])["customer"].count().reset_index(name="customers")


def polars_triangle(log: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    return (
        log.lazy()
        .group_by("customer")
        .agg(week=pl.col("time").dt.truncate("1w").dt.date().unique())
        .with_columns(first=pl.col("week").list.min())
        .explode("week")
        .group_by("first", age=(pl.col("week") - pl.col("first")).dt.total_days() // 7)
        .len()
        .select(cohort=(pl.col("first").cast(pl.Int64) + 3) // 7, age="age", customers="len")
        .collect()
    )


def duckdb_triangle(log: pd.DataFrame) -> pd.DataFrame:
    import duckdb

    query = """
        with weeks as (select distinct customer, date_trunc('week', time)::date as week from log),
             cohorts as (select customer, min(week) as first from weeks group by customer)
        select (first - date '1970-01-01' + 3) // 7 as cohort, (week - first) // 7 as age,
               count(*) as customers
        from weeks join cohorts using (customer) group by all
    """
    with duckdb.connect() as connection:
        return connection.register("log", log).execute(query).df()


def pandas_rfm(log: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    day = log["time"].dt.normalize()
    table = log.assign(day=day).groupby("customer").agg(
        last=("day", "max"), frequency=("day", "nunique"), monetary=("amount", "sum")
    )  # fmt: skip
    since = (pd.Timestamp(LAST_DAY) - table["last"]).dt.days
    return table.assign(days_since_last=since).reset_index()


def polars_rfm(log: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    day = pl.col("time").dt.date()
    return (
        log.lazy()
        .group_by("customer")
        .agg(last=day.max(), frequency=day.n_unique(), monetary=pl.col("amount").sum())
        .select(
            "customer",
            "frequency",
            "monetary",
            days_since_last=(pl.lit(LAST_DAY.item()) - pl.col("last")).dt.total_days(),
        )
        .collect()
    )


def duckdb_rfm(log: pd.DataFrame) -> pd.DataFrame:
    import duckdb

    query = f"""
        select customer, date '{LAST_DAY}' - max(time)::date as days_since_last,
               count(distinct time::date) as frequency, sum(amount) as monetary
        from log group by customer
    """
    with duckdb.connect() as connection:
        return connection.register("log", log).execute(query).df()


def pandas_scores(values: pd.DataFrame) -> pd.DataFrame:
    """Return scores 1 to 5 by pandas.qcut; equal cut points are dropped, which leaves gaps."""
    import pandas as pd

    signs = {"days_since_last": -1, "frequency": 1, "monetary": 1}
    return pd.DataFrame(
        {
            name: pd.qcut(sign * values[name], BINS, labels=False, duplicates="drop") + 1
            for name, sign in signs.items()
        }
    )


def duckdb_scores(values: pd.DataFrame) -> pd.DataFrame:
    """Return quintiles by ntile, which splits equal values."""
    import duckdb

    query = f"""
        select ntile({BINS}) over (order by days_since_last desc) as days_since_last,
               ntile({BINS}) over (order by frequency) as frequency,
               ntile({BINS}) over (order by monetary) as monetary
        from customers
    """
    with duckdb.connect() as connection:
        return connection.register("customers", values).execute(query).df()


def sort_three(*columns: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    return [np.sort(column) for column in columns]
