"""Churn: rates with named denominators, survival, early warning and model evaluation."""

from custvalue.churn.brier import Brier as Brier
from custvalue.churn.brier import brier as brier
from custvalue.churn.calibration import Calibration as Calibration
from custvalue.churn.calibration import calibration as calibration
from custvalue.churn.conversion import hazard_of as hazard_of
from custvalue.churn.conversion import probability_of as probability_of
from custvalue.churn.conversion import rescale as rescale
from custvalue.churn.log_rank import LogRank as LogRank
from custvalue.churn.log_rank import compare as compare
from custvalue.churn.profit import Profit as Profit
from custvalue.churn.profit import expected_maximum_profit as expected_maximum_profit
from custvalue.churn.profit import maximum_profit as maximum_profit
from custvalue.churn.profit_curve import ProfitCurve as ProfitCurve
from custvalue.churn.profit_curve import profit_curve as profit_curve
from custvalue.churn.ranking import Ranking as Ranking
from custvalue.churn.ranking import ranking as ranking
from custvalue.churn.rates import ChurnRates as ChurnRates
from custvalue.churn.rates import churn_rate as churn_rate
from custvalue.churn.spells import Spells as Spells
from custvalue.churn.survival import KaplanMeier as KaplanMeier
from custvalue.churn.survival import kaplan_meier as kaplan_meier
from custvalue.churn.uplift import Uplift as Uplift
from custvalue.churn.uplift import uplift as uplift
from custvalue.churn.warning import EarlyWarning as EarlyWarning
from custvalue.churn.warning import early_warning as early_warning
from custvalue.churn.win_back import WinBack as WinBack
from custvalue.churn.win_back import win_back_rate as win_back_rate

__all__ = [
    "Brier",
    "Calibration",
    "ChurnRates",
    "EarlyWarning",
    "KaplanMeier",
    "LogRank",
    "Profit",
    "ProfitCurve",
    "Ranking",
    "Spells",
    "Uplift",
    "WinBack",
    "brier",
    "calibration",
    "churn_rate",
    "compare",
    "early_warning",
    "expected_maximum_profit",
    "hazard_of",
    "kaplan_meier",
    "maximum_profit",
    "probability_of",
    "profit_curve",
    "ranking",
    "rescale",
    "uplift",
    "win_back_rate",
]
