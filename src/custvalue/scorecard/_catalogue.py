"""The records of the catalogue: aspects of evaluation, rows of the source documents."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np

from custvalue._record import Record
from custvalue._tally import Column, keep_columns
from custvalue.errors import InvalidDataError, message


class _Listed(Record):
    """Base of catalogues: columns of one length, some of which hold several texts a row."""

    _several: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        keep_columns(self)
        for name in self._several:
            for one in getattr(self, name):
                if not isinstance(one, tuple) or not all(isinstance(text, str) for text in one):
                    raise InvalidDataError(message(name, "must be tuples of text", value=one))
        super().__post_init__()

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(getattr(self, self._columns[0]))

    def _table(self) -> dict[str, Any]:
        table = super()._table()
        return table | {name: listed([", ".join(v) for v in table[name]]) for name in self._several}


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Aspects(_Listed):
    """The aspects by which customer relationship management is evaluated, one row each.

    Attributes
    ----------
    n : int array of shape (aspects,)
        1 to 20, as the source document numbers them.
    id, name, computes : arrays of str
        Its id, its name, and what is computed, in a sentence.
    tables, columns : arrays of tuple of str
        What data it needs: tables, and the columns of all of them.
    functions : array of tuple of str
        Public names under custvalue that compute it.
    planned : array of str
        What they leave out; "" where nothing.
    direction : array of {"up", "down", "none"}
        Which way is better.
    unit : array of str
        Of the result.

    Examples
    --------
    >>> import custvalue as cv
    >>> found = cv.scorecard.aspects()
    >>> len(found)
    20
    >>> found.name[14], found.functions[14]
    ('Churn rate', ('churn.Spells', 'churn.churn_rate', 'churn.kaplan_meier'))
    """

    n: Column
    id: Column
    name: Column
    computes: Column
    tables: Column
    columns: Column
    functions: Column
    planned: Column
    direction: Column
    unit: Column

    _columns: ClassVar[tuple[str, ...]] = (
        "n", "id", "name", "computes", "tables", "columns", "functions", "planned", "direction",
        "unit",
    )  # fmt: skip
    _several: ClassVar[tuple[str, ...]] = ("tables", "columns", "functions")

    def _head(self) -> dict[str, Any]:
        return {"aspects": len(self), **_answered(self.functions, self.planned)}


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Crosswalk(_Listed):
    """What the source documents ask for, one row each, and what answers it.

    Attributes
    ----------
    id : array of str of shape (rows,)
        The letter of the document and a number in its order, such as "A1".
    seed, document : arrays of str
        Number and title of the document.
    text : array of str
        What it asks for.
    functions : array of tuple of str
        Public names under custvalue that answer it.
    planned : array of str
        What they leave out; "" where nothing.
    note : array of str
        How it was read; mostly "".

    Examples
    --------
    >>> import custvalue as cv
    >>> found = cv.scorecard.crosswalk()
    >>> len(found)
    92
    >>> found.to_frame().loc[51, ["id", "text", "functions"]].tolist()
    ['D4', 'tiers by value, potential and loyalty', 'rfm.segment, ...']
    """

    id: Column
    seed: Column
    document: Column
    text: Column
    functions: Column
    planned: Column
    note: Column

    _columns: ClassVar[tuple[str, ...]] = (
        "id", "seed", "document", "text", "functions", "planned", "note"
    )  # fmt: skip
    _several: ClassVar[tuple[str, ...]] = ("functions",)

    def _head(self) -> dict[str, Any]:
        return {"rows": len(self), **_answered(self.functions, self.planned)}


def listed(values: Any) -> Column:
    """Return a column of text, or of tuples, as objects."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _answered(names: Column, planned: Column) -> dict[str, int]:
    some = np.array([bool(one) for one in names], dtype=bool)
    left = np.array([bool(one) for one in planned], dtype=bool)
    return {"answered": int(some.sum()), "in_part": int((some & left).sum())}
