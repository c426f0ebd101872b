"""RFM of real data agrees with SQL written independently, cell by cell."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest

import custvalue as cv

VALUES = """
SELECT household_id AS customer,
       DATE '2017-12-31' - max(CAST(transaction_timestamp AS DATE)) AS days_since_last,
       count(DISTINCT CAST(transaction_timestamp AS DATE)) AS frequency,
       sum(CAST(sales_value AS DECIMAL(12, 2))) AS monetary
FROM log
WHERE CAST(sales_value AS DECIMAL(12, 2)) > 0 AND transaction_timestamp < TIMESTAMP '2018-01-01'
GROUP BY 1
"""
SCORES = """
WITH lists AS (
    SELECT quantile_disc(days_since_last, [0.2, 0.4, 0.6, 0.8]) AS d,
           quantile_disc(frequency, [0.2, 0.4, 0.6, 0.8]) AS n,
           quantile_disc(monetary, [0.2, 0.4, 0.6, 0.8]) AS s
    FROM rfm
), cuts AS (SELECT unnest(d) AS d, unnest(n) AS n, unnest(s) AS s FROM lists)
SELECT customer,
       5 - count(*) FILTER (WHERE days_since_last > d) AS r,
       1 + count(*) FILTER (WHERE frequency > n) AS f,
       1 + count(*) FILTER (WHERE monetary > s) AS m
FROM rfm, cuts GROUP BY 1 ORDER BY 1
"""


@pytest.fixture(scope="module")
def log():
    columns = ["household_id", "transaction_timestamp", "sales_value"]
    lines = cv.datasets.complete_journey()[columns]
    return lines.assign(sales_value=lines["sales_value"].round(2))  # 20 of them are 1e-15


def test_values_and_scores_agree_with_sql(log):
    connection = duckdb.connect()
    connection.register("log", log)
    connection.sql(f"CREATE TABLE rfm AS {VALUES}")
    table = connection.sql("FROM rfm ORDER BY customer").df()
    found = cv.rfm.values(
        log[log["sales_value"] > 0], customer="household_id", time="transaction_timestamp",
        amount="sales_value", as_of="2017-12-31",
    )  # fmt: skip
    mine = found.to_frame()
    assert len(mine) == len(table) == 2469
    for name in mine.columns:
        np.testing.assert_array_equal(mine[name], table[name].astype(mine[name].dtype))
    scored = cv.rfm.scores(found)
    by_sql = connection.sql(SCORES).df()
    for letter in "rfm":
        np.testing.assert_array_equal(getattr(scored, letter), by_sql[letter])
        assert set(by_sql[letter]) == {1, 2, 3, 4, 5}
