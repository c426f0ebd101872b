"""The twenty aspects of evaluation and what the source documents ask for, from declarations."""

from __future__ import annotations

import functools
import re
import tomllib
from importlib import resources
from typing import Any

import numpy as np

from custvalue._check import one_of
from custvalue._declared import LANGUAGES, Node, refuse_repeats
from custvalue.scorecard._catalogue import Aspects, Crosswalk, listed

DIRECTIONS = ("up", "down", "none")
TABLES = (
    "transactions", "customers", "responses", "sample", "tickets", "costs", "campaigns", "market"
)  # fmt: skip
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")


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
        for key, given in (("tables", tables), ("columns", columns)):
            if not given:
                row[key].refuse("must name at least one")
        rows.append((
            i + 1, row["id"].identifier(), _in(row["name"], language),
            _in(row["computes"], language), tables, columns, names, planned,
            row["direction"].choice(DIRECTIONS), row["unit"].text(),
        ))  # fmt: skip
    refuse_repeats(nodes, [row[1] for row in rows], "an id")
    columns_ = [listed(values) for values in zip(*rows, strict=True)]
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
    return Crosswalk(*(listed(values) for values in zip(*rows, strict=True)))


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
