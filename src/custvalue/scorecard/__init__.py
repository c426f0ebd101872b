"""Scorecard: indicators, thresholds, evaluation; monitoring; improvement and its effects."""

from custvalue.scorecard._readings import Reading as Reading
from custvalue.scorecard.action import ImprovementAction as ImprovementAction
from custvalue.scorecard.before_after import BeforeAfter as BeforeAfter
from custvalue.scorecard.before_after import before_after as before_after
from custvalue.scorecard.change import Change as Change
from custvalue.scorecard.change import change_since as change_since
from custvalue.scorecard.cusum import CUSUMChart as CUSUMChart
from custvalue.scorecard.cusum import cusum_chart as cusum_chart
from custvalue.scorecard.difference_in_differences import (
    DifferenceInDifferences as DifferenceInDifferences,
)
from custvalue.scorecard.difference_in_differences import (
    difference_in_differences as difference_in_differences,
)
from custvalue.scorecard.evaluate import evaluate as evaluate
from custvalue.scorecard.evaluation import Evaluation as Evaluation
from custvalue.scorecard.ewma import EWMAChart as EWMAChart
from custvalue.scorecard.ewma import ewma_chart as ewma_chart
from custvalue.scorecard.history import History as History
from custvalue.scorecard.history import history as history
from custvalue.scorecard.indicator import Indicator as Indicator
from custvalue.scorecard.p_chart import PChart as PChart
from custvalue.scorecard.p_chart import p_chart as p_chart
from custvalue.scorecard.plan import ImprovementPlan as ImprovementPlan
from custvalue.scorecard.plan import PlanStatus as PlanStatus
from custvalue.scorecard.policy import ThresholdPolicy as ThresholdPolicy
from custvalue.scorecard.system import EvaluationSystem as EvaluationSystem
from custvalue.scorecard.system import load as load
from custvalue.scorecard.threshold import Threshold as Threshold

__all__ = [
    "BeforeAfter",
    "CUSUMChart",
    "Change",
    "DifferenceInDifferences",
    "EWMAChart",
    "Evaluation",
    "EvaluationSystem",
    "History",
    "ImprovementAction",
    "ImprovementPlan",
    "Indicator",
    "PChart",
    "PlanStatus",
    "Reading",
    "Threshold",
    "ThresholdPolicy",
    "before_after",
    "change_since",
    "cusum_chart",
    "difference_in_differences",
    "evaluate",
    "ewma_chart",
    "history",
    "load",
    "p_chart",
]
