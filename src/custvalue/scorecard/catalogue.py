"""The twenty aspects of evaluation, what the source documents ask for, and what answers it."""

from __future__ import annotations

import dataclasses
import functools
import re
import tomllib
from importlib import resources
from typing import Any, ClassVar

import numpy as np

from custvalue._check import one_of
from custvalue._declared import LANGUAGES, Node, refuse_repeats
from custvalue._record import Record
from custvalue._tally import Column, as_column
from custvalue.errors import InvalidDataError, message

DIRECTIONS = ("up", "down", "none")
TABLES = (
    "transactions", "customers", "responses", "sample", "tickets", "costs", "campaigns", "market"
)  # fmt: skip
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")


class _Listed(Record):
    """Base of catalogues: columns of one length, some of which hold several texts a row."""

    _several: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        for name in self._columns:
            object.__setattr__(self, name, as_column(name, getattr(self, name)))
        if len({getattr(self, name).shape for name in self._columns}) > 1:
            rule = "must have columns of one length"
            raise InvalidDataError(message(type(self).__name__, rule))
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
        return table | {
            name: _listed([", ".join(v) for v in table[name]]) for name in self._several
        }


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


def aspects(language: str = "en") -> Aspects:
    """Return the twenty aspects, the data that each needs, and the functions that compute it.

    The source document gives names and purposes of the aspects, but no formulas: what is computed
    is the library's reading. The aspects overlap: 1, 12, 16 and 18 are all satisfaction.

    Parameters
    ----------
    language : {"en", "zh"}
        Of `name` and `computes`.

    Returns
    -------
    Aspects
        With `to_frame()`.

    Raises
    ------
    InvalidDataError
        If the language is another.

    Examples
    --------
    >>> import custvalue as cv
    >>> cv.scorecard.aspects("zh").name[:3].tolist()
    ['客户满意度', '客户留存率', '销售业绩']
    """
    return _aspects(one_of("language", language, LANGUAGES))


def crosswalk(language: str = "en") -> Crosswalk:
    """Return what each source document asks for and what answers it, row by row.

    Parameters
    ----------
    language : {"en", "zh"}
        Of `document` and `text`.

    Returns
    -------
    Crosswalk
        With `to_frame()`.

    Raises
    ------
    InvalidDataError
        If the language is another.

    Examples
    --------
    >>> import custvalue as cv
    >>> rows = cv.scorecard.crosswalk()
    >>> rows.id[rows.planned == ""][:5].tolist()
    ['A1', 'A2', 'A3', 'A4', 'A5']
    """
    return _crosswalk(one_of("language", language, LANGUAGES))


def _declared(name: str) -> dict[str, Any]:
    file = resources.files("custvalue.scorecard") / f"{name}.toml"
    return tomllib.loads(file.read_text("utf-8"))


@functools.cache
def _aspects(language: str) -> Aspects:
    return aspects_of(_declared("aspects"), language)


@functools.cache
def _crosswalk(language: str) -> Crosswalk:
    return crosswalk_of(_declared("crosswalk"), language)


def aspects_of(declared: Any, language: str) -> Aspects:
    """Return the aspects that a declaration has, checked."""
    nodes = Node(declared, "declaration").table(["aspect"])["aspect"].rows()
    required = ("n", "id", "name", "computes", "tables", "columns", "direction", "unit")
    rows = []
    for i, node in enumerate(nodes):
        row = node.table(required, ("functions", "planned"))
        names, planned = _answers(node, row)
        if row["n"].whole(1, 1_000) != i + 1:
            row["n"].refuse(f"must be {i + 1}, as aspects are numbered in order")
        tables = tuple(one.choice(TABLES) for one in row["tables"].rows())
        columns = tuple(one.identifier() for one in row["columns"].rows())
        for key, listed in (("tables", tables), ("columns", columns)):
            if not listed:
                row[key].refuse("must name at least one")
        rows.append((
            i + 1, row["id"].identifier(), _in(row["name"], language),
            _in(row["computes"], language), tables, columns, names, planned,
            row["direction"].choice(DIRECTIONS), row["unit"].text(),
        ))  # fmt: skip
    refuse_repeats(nodes, [row[1] for row in rows], "an id")
    columns_ = [_listed(values) for values in zip(*rows, strict=True)]
    return Aspects(columns_[0].astype(np.int64), *columns_[1:])


def crosswalk_of(declared: Any, language: str) -> Crosswalk:
    """Return the crosswalk that a declaration has, checked."""
    parts = Node(declared, "declaration").table(["document", "row"])
    titles = {}
    for node in parts["document"].rows():
        one = node.table(["seed", "letter", *LANGUAGES])
        titles[one["letter"].text()] = (one["seed"].text(), one[language].text())
        for other in LANGUAGES:
            one[other].text()
    nodes = parts["row"].rows()
    rows, count = [], dict.fromkeys(titles, 0)
    for node in nodes:
        row = node.table(["id", "seed", *LANGUAGES], ["functions", "planned", "note"])
        name = row["id"].text()
        letter = name[:1]
        if letter not in titles or titles[letter][0] != row["seed"].text():
            row["id"].refuse("must start with the letter of the document of its seed")
        count[letter] += 1
        if name != f"{letter}{count[letter]}":
            row["id"].refuse(f"must be {letter}{count[letter]}: rows are numbered in order")
        names, planned = _answers(node, row)
        texts = {key: row[key].text() for key in LANGUAGES}
        note = row["note"].text() if "note" in row else ""
        rows.append((name, *titles[letter], texts[language], names, planned, note))
    return Crosswalk(*(_listed(values) for values in zip(*rows, strict=True)))


def _answers(node: Node, row: dict[str, Node]) -> tuple[tuple[str, ...], str]:
    """Return the functions of a row and what is planned; refuse a row with neither."""
    names = row["functions"].texts() if "functions" in row else ()
    for one in row["functions"].rows() if names else ():
        if not _NAME.fullmatch(one.text()):
            one.refuse("must be a public name under custvalue", "Such as 'satisfaction.nps'.")
    planned = row["planned"].text() if "planned" in row else ""
    if not names and not planned:
        node.refuse("must have functions, or what is planned")
    return names, planned


def _in(node: Node, language: str) -> str:
    """Return the text in a language; refuse one that is not in every language."""
    texts = node.names()
    if set(texts) != set(LANGUAGES):
        node.refuse(f"must be in {' and '.join(LANGUAGES)}")
    return texts[language]


def _listed(values: Any) -> Column:
    """Return a column of text, or of tuples, as objects."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _answered(names: Column, planned: Column) -> dict[str, int]:
    some = np.array([bool(one) for one in names], dtype=bool)
    left = np.array([bool(one) for one in planned], dtype=bool)
    return {"answered": int(some.sum()), "in_part": int((some & left).sum())}
