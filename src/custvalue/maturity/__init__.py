"""Maturity: declarative models, assessments with gated levels, roadmaps, assessor agreement."""

from custvalue.maturity._assessment import Assessment as Assessment
from custvalue.maturity.assess import assess as assess
from custvalue.maturity.assessor_gap import AssessorGap as AssessorGap
from custvalue.maturity.assessor_gap import assessor_gap as assessor_gap
from custvalue.maturity.blockers import Blockers as Blockers
from custvalue.maturity.blockers import blockers as blockers
from custvalue.maturity.comparison import Comparison as Comparison
from custvalue.maturity.comparison import compare as compare
from custvalue.maturity.contradictions import Contradictions as Contradictions
from custvalue.maturity.contradictions import contradictions as contradictions
from custvalue.maturity.gap import TargetGap as TargetGap
from custvalue.maturity.gap import progress_to_date as progress_to_date
from custvalue.maturity.gap import target_gap as target_gap
from custvalue.maturity.model import MaturityModel as MaturityModel
from custvalue.maturity.model import load as load
from custvalue.maturity.peers import Benchmark as Benchmark
from custvalue.maturity.peers import benchmark as benchmark
from custvalue.maturity.roadmap import Roadmap as Roadmap
from custvalue.maturity.roadmap import roadmap as roadmap
from custvalue.maturity.strengths import Strengths as Strengths
from custvalue.maturity.strengths import strengths as strengths

__all__ = [
    "Assessment",
    "AssessorGap",
    "Benchmark",
    "Blockers",
    "Comparison",
    "Contradictions",
    "MaturityModel",
    "Roadmap",
    "Strengths",
    "TargetGap",
    "assess",
    "assessor_gap",
    "benchmark",
    "blockers",
    "compare",
    "contradictions",
    "load",
    "progress_to_date",
    "roadmap",
    "strengths",
    "target_gap",
]
