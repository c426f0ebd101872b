"""Maturity: declarative models, assessments with gated levels, roadmaps, assessor agreement."""

from custvalue.maturity._assessment import Assessment as Assessment
from custvalue.maturity._cohen import CohenKappa as CohenKappa
from custvalue.maturity._icc import ICC as ICC
from custvalue.maturity.assess import assess as assess
from custvalue.maturity.assessor_gap import AssessorGap as AssessorGap
from custvalue.maturity.assessor_gap import assessor_gap as assessor_gap
from custvalue.maturity.blockers import Blockers as Blockers
from custvalue.maturity.blockers import blockers as blockers
from custvalue.maturity.cohen import cohen_kappa as cohen_kappa
from custvalue.maturity.comparison import Comparison as Comparison
from custvalue.maturity.comparison import compare as compare
from custvalue.maturity.contradictions import Contradictions as Contradictions
from custvalue.maturity.contradictions import contradictions as contradictions
from custvalue.maturity.fleiss import FleissKappa as FleissKappa
from custvalue.maturity.fleiss import fleiss_kappa as fleiss_kappa
from custvalue.maturity.gap import TargetGap as TargetGap
from custvalue.maturity.gap import progress_to_date as progress_to_date
from custvalue.maturity.gap import target_gap as target_gap
from custvalue.maturity.icc import icc as icc
from custvalue.maturity.krippendorff import KrippendorffAlpha as KrippendorffAlpha
from custvalue.maturity.krippendorff import krippendorff_alpha as krippendorff_alpha
from custvalue.maturity.model import MaturityModel as MaturityModel
from custvalue.maturity.model import load as load
from custvalue.maturity.peers import Benchmark as Benchmark
from custvalue.maturity.peers import benchmark as benchmark
from custvalue.maturity.roadmap import Roadmap as Roadmap
from custvalue.maturity.roadmap import roadmap as roadmap
from custvalue.maturity.strengths import Strengths as Strengths
from custvalue.maturity.strengths import strengths as strengths

__all__ = [
    "ICC",
    "Assessment",
    "AssessorGap",
    "Benchmark",
    "Blockers",
    "CohenKappa",
    "Comparison",
    "Contradictions",
    "FleissKappa",
    "KrippendorffAlpha",
    "MaturityModel",
    "Roadmap",
    "Strengths",
    "TargetGap",
    "assess",
    "assessor_gap",
    "benchmark",
    "blockers",
    "cohen_kappa",
    "compare",
    "contradictions",
    "fleiss_kappa",
    "icc",
    "krippendorff_alpha",
    "load",
    "progress_to_date",
    "roadmap",
    "strengths",
    "target_gap",
]
