"""RFM: scores that depend on values alone, segments, migration between dates."""

from custvalue.rfm.cuts import CutPoints as CutPoints
from custvalue.rfm.maps import SegmentMap as SegmentMap
from custvalue.rfm.maps import segment_map as segment_map
from custvalue.rfm.migration import Migration as Migration
from custvalue.rfm.migration import migration as migration
from custvalue.rfm.migration import migration_between as migration_between
from custvalue.rfm.scores import RFMScores as RFMScores
from custvalue.rfm.scores import scores as scores
from custvalue.rfm.segments import Segments as Segments
from custvalue.rfm.segments import segment as segment
from custvalue.rfm.table import SegmentTable as SegmentTable
from custvalue.rfm.table import segment_table as segment_table
from custvalue.rfm.values import RFMValues as RFMValues
from custvalue.rfm.values import values as values

__all__ = [
    "CutPoints",
    "Migration",
    "RFMScores",
    "RFMValues",
    "SegmentMap",
    "SegmentTable",
    "Segments",
    "migration",
    "migration_between",
    "scores",
    "segment",
    "segment_map",
    "segment_table",
    "values",
]
