"""Maturity: declarative models, assessments with gated levels, roadmaps, assessor agreement."""

from custvalue.maturity._assessment import Assessment as Assessment
from custvalue.maturity.assess import assess as assess
from custvalue.maturity.model import MaturityModel as MaturityModel
from custvalue.maturity.model import load as load

__all__ = [
    "Assessment",
    "MaturityModel",
    "assess",
    "load",
]
