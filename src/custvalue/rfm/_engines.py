"""RFM cut points as Narwhals expressions and as SQL: scored where the customers are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from custvalue.errors import InvalidDataError, message

if TYPE_CHECKING:
    from custvalue.rfm.cuts import CutPoints

COLUMNS = {"days_since_last": "r", "frequency": "f", "monetary": "m"}  # and their scores
_MOST = float(np.finfo(np.float64).max)

Cell = tuple[int, ...]


def _bounds(cuts: CutPoints, column: str) -> Iterator[tuple[Cell, list[tuple[float, int]]]]:
    """Yield the scores (r, f) that a row is nested in, and its [(largest value, score), ...].

    The first bound that a value does not exceed gives its score. What exceeds the largest float has
    none, nor has NaN, whether an engine sorts it last or compares it to nothing.
    """
    for name, cell, row in cuts.rows():
        if name == column:
            ends = np.clip(np.append(row, _MOST), -_MOST, _MOST).tolist()
            scores = list(range(1, cuts.bins + 1))
            first: dict[float, int] = {}
            for end, score in zip(ends, scores[::-1] if column == "days_since_last" else scores,
                                  strict=True):  # fmt: skip
                first.setdefault(end, score)
            yield cell, list(first.items())


def scored(data: Any, cuts: CutPoints, names: Mapping[str, str]) -> Any:
    """Return a lazy Narwhals frame with columns r, f and m added."""
    schema = data.collect_schema()
    for name in names.values():
        if not schema[name].is_numeric():
            raise InvalidDataError(message(name, "must be numeric", value=str(schema[name])))
    for column, letter in COLUMNS.items():
        data = data.with_columns(_expression(cuts, column, names[column]).alias(letter))
    return data


def _expression(cuts: CutPoints, column: str, name: str) -> Any:
    import narwhals.stable.v2 as nw

    x = nw.col(name)
    chosen: Any = None
    for cell, bounds in reversed(list(_bounds(cuts, column))):
        score: Any = None
        for end, value in reversed(bounds):
            branch = nw.when(x <= end).then(nw.lit(value))
            score = branch if score is None else branch.otherwise(score)
        if cell:
            of_cell = [nw.col(letter) == s for letter, s in zip("rf", cell, strict=False)]
            branch = nw.when(*of_cell).then(score)
            score = branch if chosen is None else branch.otherwise(chosen)
        chosen = score
    return chosen


def query(table: str, cuts: CutPoints, names: Mapping[str, str]) -> str:
    """Return a query that adds columns r, f and m to a table, one after the other."""
    text = table
    for depth, (column, letter) in enumerate(COLUMNS.items()):
        source = f"({text})" if depth else text
        case = _case(cuts, column, '"' + names[column].replace('"', '""') + '"')
        text = f"SELECT q{depth}.*, {case} AS {letter}\nFROM {source} AS q{depth}"
    return text


def _case(cuts: CutPoints, column: str, name: str) -> str:
    cases = []
    for cell, bounds in _bounds(cuts, column):
        branches = "".join(f" WHEN {name} <= {_literal(end)} THEN {s}" for end, s in bounds)
        of_cell = " AND ".join(f"{n} = {s}" for n, s in zip("rf", cell, strict=False))
        cases.append(f"WHEN {of_cell} THEN CASE{branches} END" if cell else f"CASE{branches} END")
    return (
        f"CASE {' '.join(cases)} END" if cuts.nested and column != "days_since_last" else cases[0]
    )


def _literal(value: float) -> str:
    """Return a number with an exponent: engines read it as a double, not as a decimal."""
    return np.format_float_scientific(value, trim="-")
