"""Scorecard: indicators, thresholds, evaluation; monitoring; improvement and its effects."""

from custvalue.scorecard._catalogue import Aspects as Aspects
from custvalue.scorecard._catalogue import Crosswalk as Crosswalk
from custvalue.scorecard._readings import Reading as Reading
from custvalue.scorecard._themes import Themes as Themes
from custvalue.scorecard.action import ImprovementAction as ImprovementAction
from custvalue.scorecard.aggregate import aggregate as aggregate
from custvalue.scorecard.before_after import BeforeAfter as BeforeAfter
from custvalue.scorecard.before_after import before_after as before_after
from custvalue.scorecard.catalogue import aspects as aspects
from custvalue.scorecard.catalogue import crosswalk as crosswalk
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
from custvalue.scorecard.normalise import normalise as normalise
from custvalue.scorecard.normalise import observed_bounds as observed_bounds
from custvalue.scorecard.p_chart import PChart as PChart
from custvalue.scorecard.p_chart import p_chart as p_chart
from custvalue.scorecard.plan import ImprovementPlan as ImprovementPlan
from custvalue.scorecard.plan import PlanStatus as PlanStatus
from custvalue.scorecard.policy import ThresholdPolicy as ThresholdPolicy
from custvalue.scorecard.sensitivity import Sensitivity as Sensitivity
from custvalue.scorecard.sensitivity import sensitivity as sensitivity
from custvalue.scorecard.system import EvaluationSystem as EvaluationSystem
from custvalue.scorecard.system import load as load
from custvalue.scorecard.themes import themes as themes
from custvalue.scorecard.threshold import Threshold as Threshold
from custvalue.scorecard.weights import AHPWeights as AHPWeights
from custvalue.scorecard.weights import ahp_weights as ahp_weights
from custvalue.scorecard.weights import entropy_weights as entropy_weights

__all__ = [
    "AHPWeights",
    "Aspects",
    "BeforeAfter",
    "CUSUMChart",
    "Change",
    "Crosswalk",
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
    "Sensitivity",
    "Themes",
    "Threshold",
    "ThresholdPolicy",
    "aggregate",
    "ahp_weights",
    "aspects",
    "before_after",
    "change_since",
    "crosswalk",
    "cusum_chart",
    "difference_in_differences",
    "entropy_weights",
    "evaluate",
    "ewma_chart",
    "history",
    "load",
    "normalise",
    "observed_bounds",
    "p_chart",
    "sensitivity",
    "themes",
]
