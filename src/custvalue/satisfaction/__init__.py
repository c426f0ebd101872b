"""Satisfaction: survey scores, indices, drivers, reliability, weighting, loyalty, waves."""

from custvalue.satisfaction._alpha import Alpha as Alpha
from custvalue.satisfaction._drivers import Drivers as Drivers
from custvalue.satisfaction._index import SatisfactionIndex as SatisfactionIndex
from custvalue.satisfaction._kano import Kano as Kano
from custvalue.satisfaction._nps import NPS as NPS
from custvalue.satisfaction._penalty_reward import PenaltyReward as PenaltyReward
from custvalue.satisfaction._service_gaps import ServiceGaps as ServiceGaps
from custvalue.satisfaction._stages import JourneyScore as JourneyScore
from custvalue.satisfaction._stages import StageScores as StageScores
from custvalue.satisfaction._standings import LoyaltySegments as LoyaltySegments
from custvalue.satisfaction._weights import Weights as Weights
from custvalue.satisfaction._weights import design_effect as design_effect
from custvalue.satisfaction._weights import effective_n as effective_n
from custvalue.satisfaction._weights import trim as trim
from custvalue.satisfaction.ces import CES as CES
from custvalue.satisfaction.ces import ces as ces
from custvalue.satisfaction.csat import CSAT as CSAT
from custvalue.satisfaction.csat import battery as battery
from custvalue.satisfaction.csat import csat as csat
from custvalue.satisfaction.drivers import drivers as drivers
from custvalue.satisfaction.impact import penalty_reward as penalty_reward
from custvalue.satisfaction.importance_performance import (
    ImportancePerformance as ImportancePerformance,
)
from custvalue.satisfaction.importance_performance import (
    importance_performance as importance_performance,
)
from custvalue.satisfaction.index import OHIO_WEIGHTS as OHIO_WEIGHTS
from custvalue.satisfaction.index import acsi as acsi
from custvalue.satisfaction.index import index_of_means as index_of_means
from custvalue.satisfaction.index import satisfaction_index as satisfaction_index
from custvalue.satisfaction.kano import kano as kano
from custvalue.satisfaction.loyalty import (
    satisfaction_loyalty_matrix as satisfaction_loyalty_matrix,
)
from custvalue.satisfaction.loyalty import secure_customer_index as secure_customer_index
from custvalue.satisfaction.nps import nps as nps
from custvalue.satisfaction.nps_change import NPSChange as NPSChange
from custvalue.satisfaction.nps_change import nps_change as nps_change
from custvalue.satisfaction.nps_tests import NPSDifference as NPSDifference
from custvalue.satisfaction.nps_tests import compare_groups as compare_groups
from custvalue.satisfaction.nps_tests import compare_nps as compare_nps
from custvalue.satisfaction.omega import Omega as Omega
from custvalue.satisfaction.omega import mcdonald_omega as mcdonald_omega
from custvalue.satisfaction.programme import Programme as Programme
from custvalue.satisfaction.reliability import cronbach_alpha as cronbach_alpha
from custvalue.satisfaction.representativeness import Representativeness as Representativeness
from custvalue.satisfaction.representativeness import representativeness as representativeness
from custvalue.satisfaction.response import ResponseRates as ResponseRates
from custvalue.satisfaction.response import response_rates as response_rates
from custvalue.satisfaction.sampling import nps_sample_size as nps_sample_size
from custvalue.satisfaction.servqual import servperf as servperf
from custvalue.satisfaction.servqual import servqual as servqual
from custvalue.satisfaction.share_trend import ShareTrend as ShareTrend
from custvalue.satisfaction.share_trend import share_trend as share_trend
from custvalue.satisfaction.trends import Trend as Trend
from custvalue.satisfaction.trends import trend_test as trend_test
from custvalue.satisfaction.wallet import ShareOfWallet as ShareOfWallet
from custvalue.satisfaction.wallet import share_of_wallet as share_of_wallet
from custvalue.satisfaction.wallet import wallet_allocation as wallet_allocation
from custvalue.satisfaction.waves import journey_score as journey_score
from custvalue.satisfaction.waves import stage_scores as stage_scores
from custvalue.satisfaction.weighting import nonresponse_adjust as nonresponse_adjust
from custvalue.satisfaction.weighting import post_stratify as post_stratify
from custvalue.satisfaction.weighting import rake as rake

__all__ = [
    "CES",
    "CSAT",
    "NPS",
    "OHIO_WEIGHTS",
    "Alpha",
    "Drivers",
    "ImportancePerformance",
    "JourneyScore",
    "Kano",
    "LoyaltySegments",
    "NPSChange",
    "NPSDifference",
    "Omega",
    "PenaltyReward",
    "Programme",
    "Representativeness",
    "ResponseRates",
    "SatisfactionIndex",
    "ServiceGaps",
    "ShareOfWallet",
    "ShareTrend",
    "StageScores",
    "Trend",
    "Weights",
    "acsi",
    "battery",
    "ces",
    "compare_groups",
    "compare_nps",
    "cronbach_alpha",
    "csat",
    "design_effect",
    "drivers",
    "effective_n",
    "importance_performance",
    "index_of_means",
    "journey_score",
    "kano",
    "mcdonald_omega",
    "nonresponse_adjust",
    "nps",
    "nps_change",
    "nps_sample_size",
    "penalty_reward",
    "post_stratify",
    "rake",
    "representativeness",
    "response_rates",
    "satisfaction_index",
    "satisfaction_loyalty_matrix",
    "secure_customer_index",
    "servperf",
    "servqual",
    "share_of_wallet",
    "share_trend",
    "stage_scores",
    "trend_test",
    "trim",
    "wallet_allocation",
]
