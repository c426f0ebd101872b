"""What all tests share: one fixture of frame engines, and a deterministic Hypothesis profile."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import hypothesis
import pandas as pd
import pytest

hypothesis.settings.register_profile(
    "custvalue",
    deadline=None,
    max_examples=60,
    derandomize=True,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("custvalue")


def _needs(module: str) -> Any:
    return pytest.importorskip(module, reason=f"{module} is not installed")


def _arrow(data: Any) -> Any:
    pa = _needs("pyarrow")
    if isinstance(data, pd.DataFrame):
        return pa.Table.from_pandas(data, preserve_index=False).replace_schema_metadata(None)
    return pa.table(data)


@dataclasses.dataclass(frozen=True)
class Engine:
    """A kind of data frame: how to build one, whether a frame is one, and how to read it."""

    name: str

    def frame(self, data: Any) -> Any:
        """Return a frame of this kind from a dict of columns or a pandas frame."""
        match self.name:
            case "pandas":
                return data.copy() if isinstance(data, pd.DataFrame) else pd.DataFrame(data)
            case "pandas_pyarrow":
                return _arrow(data).to_pandas(types_mapper=pd.ArrowDtype)
            case "polars":
                return _needs("polars").from_arrow(_arrow(data))
            case "polars_lazy":
                return _needs("polars").from_arrow(_arrow(data)).lazy()
            case "pyarrow":
                return _arrow(data)
            case "duckdb":
                return _connection().from_arrow(_arrow(data))
        raise AssertionError(self.name)

    def owns(self, frame: Any) -> bool:
        """Return whether a frame is of this kind."""
        kinds = {
            "pandas": "DataFrame",
            "pandas_pyarrow": "DataFrame",
            "polars": "DataFrame",
            "polars_lazy": "LazyFrame",
            "pyarrow": "Table",
            "duckdb": "DuckDBPyRelation",
        }
        module = type(frame).__module__.split(".")[0].strip("_")
        family = self.name.partition("_")[0]
        return module == family and type(frame).__name__ == kinds[self.name]

    def pandas(self, frame: Any) -> pd.DataFrame:
        """Return a frame of this kind as a pandas frame."""
        match self.name:
            case "polars":
                return frame.to_pandas()
            case "polars_lazy":
                return frame.collect().to_pandas()
            case "pyarrow":
                return frame.to_pandas()
            case "duckdb":
                return frame.df()
        return frame


@functools.cache
def _connection() -> Any:
    """Return a connection that lives as long as the tests (old relations do not hold it)."""
    return _needs("duckdb").connect()


ENGINES = ("pandas", "pandas_pyarrow", "polars", "polars_lazy", "pyarrow", "duckdb")


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each kind of frame in turn; kinds that are not installed are skipped."""
    made = Engine(request.param)
    made.frame({"a": [1]})
    return made


@pytest.fixture(scope="session")
def cdnow() -> pd.DataFrame:
    """The CDNOW log; not to be changed."""
    import custvalue as cv

    return cv.datasets.cdnow()
