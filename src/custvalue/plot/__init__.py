"""Pictures: one function each, of a record; Matplotlib is imported inside (extra: plot).

Every function takes `ax` (default: a new figure) and returns it. Series differ in line style and
marker as well as in colour, so that they read in grey.
"""

from custvalue.plot.churn import gains as gains
from custvalue.plot.churn import profit as profit
from custvalue.plot.churn import survival as survival
from custvalue.plot.clv import by_frequency as by_frequency
from custvalue.plot.clv import tracking as tracking
from custvalue.plot.clv import value_concentration as value_concentration
from custvalue.plot.evaluation import scorecard as scorecard
from custvalue.plot.maturity import maturity_profile as maturity_profile
from custvalue.plot.maturity import rating_heatmap as rating_heatmap
from custvalue.plot.monitoring import change as change
from custvalue.plot.monitoring import control_chart as control_chart
from custvalue.plot.plan import improvement_plan as improvement_plan
from custvalue.plot.retention import cohort_heatmap as cohort_heatmap
from custvalue.plot.retention import growth as growth
from custvalue.plot.retention import retention_curve as retention_curve
from custvalue.plot.rfm import migration as migration
from custvalue.plot.rfm import rfm_grid as rfm_grid
from custvalue.plot.roadmap import roadmap as roadmap
from custvalue.plot.satisfaction import answers as answers
from custvalue.plot.satisfaction import drivers as drivers
from custvalue.plot.satisfaction import importance_map as importance_map
from custvalue.plot.satisfaction import kano_map as kano_map
from custvalue.plot.satisfaction import nps_over_waves as nps_over_waves

__all__ = [
    "answers",
    "by_frequency",
    "change",
    "cohort_heatmap",
    "control_chart",
    "drivers",
    "gains",
    "growth",
    "importance_map",
    "improvement_plan",
    "kano_map",
    "maturity_profile",
    "migration",
    "nps_over_waves",
    "profit",
    "rating_heatmap",
    "retention_curve",
    "rfm_grid",
    "roadmap",
    "scorecard",
    "survival",
    "tracking",
    "value_concentration",
]
