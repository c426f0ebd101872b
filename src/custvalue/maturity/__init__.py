"""Maturity: agreement of assessors."""

from custvalue.maturity._cohen import CohenKappa as CohenKappa
from custvalue.maturity._icc import ICC as ICC
from custvalue.maturity.cohen import cohen_kappa as cohen_kappa
from custvalue.maturity.fleiss import FleissKappa as FleissKappa
from custvalue.maturity.fleiss import fleiss_kappa as fleiss_kappa
from custvalue.maturity.icc import icc as icc
from custvalue.maturity.krippendorff import KrippendorffAlpha as KrippendorffAlpha
from custvalue.maturity.krippendorff import krippendorff_alpha as krippendorff_alpha

__all__ = [
    "ICC",
    "CohenKappa",
    "FleissKappa",
    "KrippendorffAlpha",
    "cohen_kappa",
    "fleiss_kappa",
    "icc",
    "krippendorff_alpha",
]
