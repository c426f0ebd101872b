"""Retention: cohorts, windows, curves, repeat purchase, growth accounting, revenue."""

from custvalue.retention.cohorts import Cohorts as Cohorts
from custvalue.retention.cohorts import cohorts as cohorts
from custvalue.retention.curve import RetentionCurve as RetentionCurve
from custvalue.retention.growth import GrowthAccounting as GrowthAccounting
from custvalue.retention.growth import growth_accounting as growth_accounting
from custvalue.retention.inactivity import ReactivationRate as ReactivationRate
from custvalue.retention.inactivity import purchase_gaps as purchase_gaps
from custvalue.retention.inactivity import reactivation_rate as reactivation_rate
from custvalue.retention.repeat import OrderRates as OrderRates
from custvalue.retention.repeat import RepeatRate as RepeatRate
from custvalue.retention.repeat import order_rates as order_rates
from custvalue.retention.repeat import repeat_purchase_rate as repeat_purchase_rate
from custvalue.retention.revenue import RevenueRetention as RevenueRetention
from custvalue.retention.revenue import revenue_retention as revenue_retention
from custvalue.retention.revenue import (
    revenue_retention_from_snapshots as revenue_retention_from_snapshots,
)
from custvalue.retention.windows import WindowRetention as WindowRetention
from custvalue.retention.windows import bracket as bracket
from custvalue.retention.windows import n_day as n_day
from custvalue.retention.windows import rolling as rolling

__all__ = [
    "Cohorts",
    "GrowthAccounting",
    "OrderRates",
    "ReactivationRate",
    "RepeatRate",
    "RetentionCurve",
    "RevenueRetention",
    "WindowRetention",
    "bracket",
    "cohorts",
    "growth_accounting",
    "n_day",
    "order_rates",
    "purchase_gaps",
    "reactivation_rate",
    "repeat_purchase_rate",
    "revenue_retention",
    "revenue_retention_from_snapshots",
    "rolling",
]
