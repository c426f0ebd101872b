"""Customer-value metrics: definitions that hold at the edges, uncertainty on every number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from custvalue import churn as churn
    from custvalue import clv as clv
    from custvalue import datasets as datasets
    from custvalue import errors as errors
    from custvalue import maturity as maturity
    from custvalue import plot as plot
    from custvalue import retention as retention
    from custvalue import rfm as rfm
    from custvalue import satisfaction as satisfaction
    from custvalue import scorecard as scorecard
    from custvalue import testing as testing
    from custvalue._split import Split as Split
    from custvalue.durations import Durations as Durations
    from custvalue.summary import Summary as Summary
    from custvalue.transactions import Occasions as Occasions
    from custvalue.transactions import occasions as occasions

_AREAS = (
    "churn",
    "clv",
    "datasets",
    "errors",
    "maturity",
    "plot",
    "retention",
    "rfm",
    "satisfaction",
    "scorecard",
    "testing",
)
_NAMES = {
    "occasions": "transactions",
    "Occasions": "transactions",
    "Durations": "durations",
    "Summary": "summary",
    "Split": "_split",
}

__all__ = ["Durations", "Occasions", "Split", "Summary", "churn", "clv", "datasets", "errors",
           "maturity", "occasions", "plot", "retention", "rfm", "satisfaction",
           "scorecard", "testing"]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load areas and public names on first use: importing custvalue stays light."""
    from importlib import import_module

    if name in _AREAS:
        return import_module(f"custvalue.{name}")
    if name in _NAMES:
        return getattr(import_module(f"custvalue.{_NAMES[name]}"), name)
    raise AttributeError(f"module 'custvalue' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
