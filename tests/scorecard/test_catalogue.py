"""The catalogue: every row of the sources is there, every function named exists, the page is fresh.

Run as a script, it writes docs/crosswalk.md.
"""

from __future__ import annotations

import copy
import functools
import tomllib
from pathlib import Path

import numpy as np
import pytest

import custvalue as cv
from custvalue.errors import InvalidDataError
from custvalue.scorecard import Crosswalk, aspects, crosswalk
from custvalue.scorecard.catalogue import aspects_of, crosswalk_of

SCORECARD = Path(cv.__file__).parent / "scorecard"
PAGE = Path(__file__).parents[2] / "docs" / "crosswalk.md"
ROWS = [f"{letter}{i}" for letter, count in zip("ABCDE", (15, 12, 21, 28, 16), strict=True)
        for i in range(1, count + 1)]  # fmt: skip
ROW = dict(zip(crosswalk().id.tolist(), range(len(ROWS)), strict=True))


def declared(name):
    return tomllib.loads((SCORECARD / f"{name}.toml").read_text("utf-8"))


def exists(name):
    """Return whether custvalue has such a function, class or method."""
    try:
        return functools.reduce(getattr, name.split("."), cv) is not None
    except AttributeError:
        return False


def page():
    """Return docs/crosswalk.md as it should be."""
    found = crosswalk()
    chinese = crosswalk("zh").text
    lines = [
        "# What the source documents ask for",
        "",
        "Five documents on customer management were the start of custvalue. Each of the rows below "
        "is something that one of them asks for, with the functions that answer it and what is "
        "planned where they do not yet, or only in part. `custvalue.scorecard.crosswalk()` returns "
        "the same rows, and `custvalue.scorecard.aspects()` the twenty aspects of the third "
        "document with the data that each needs.",
        "",
        "This page is made from `src/custvalue/scorecard/crosswalk.toml` by "
        "`python tests/scorecard/test_catalogue.py`; the tests fail where it is not up to date.",
    ]
    for document in dict.fromkeys(found.document):
        lines += ["", f"## {document}", "", "| | asked for | functions | planned | note |",
                  "|---|---|---|---|---|"]  # fmt: skip
        for i in np.flatnonzero(found.document == document):
            names = ", ".join(f"`{name}`" for name in found.functions[i])
            cells = [found.id[i], f"{found.text[i]} ({chinese[i]})", names, found.planned[i],
                     found.note[i]]  # fmt: skip
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def test_every_row_of_the_sources_once():
    assert crosswalk().id.tolist() == ROWS
    assert len(crosswalk()) == 92
    assert [sum(crosswalk().seed == f"00{i}") for i in range(5)] == [15, 12, 21, 28, 16]


@pytest.mark.parametrize("name", ROWS)
def test_a_row_names_what_exists_or_is_planned(name):
    found, i = crosswalk(), ROW[name]
    assert found.functions[i] or found.planned[i]
    assert [one for one in found.functions[i] if not exists(one)] == []
    assert len(set(found.functions[i])) == len(found.functions[i])


@pytest.mark.parametrize("n", range(1, 21))
def test_an_aspect_names_what_exists_or_is_planned(n):
    found, i = aspects(), n - 1
    assert found.n[i] == n
    assert found.functions[i] or found.planned[i]
    assert [one for one in found.functions[i] if not exists(one)] == []
    assert found.tables[i]
    assert found.columns[i]
    assert found.direction[i] in ("up", "down", "none")


def test_what_is_no_function_is_seen():
    assert exists("satisfaction.nps")
    assert exists("maturity.MaturityModel.with_profile")
    assert not exists("satisfaction.happiness")
    assert not exists("maturity.MaturityModel.happiness")


def test_an_aspect_and_its_row_in_the_crosswalk_have_one_name():
    rows = crosswalk("zh").text[ROW["C1"] : ROW["C20"] + 1]
    assert len(rows) == 20
    assert [b for a, b in zip(aspects("zh").name, rows, strict=True) if not b.startswith(a)] == []


def test_languages():
    assert aspects("zh").name[0] == "客户满意度"
    assert aspects().name[0] == "Customer satisfaction"
    assert crosswalk("zh").document[0] == "客户管理成熟度评估模型"
    for language in ("en", "zh"):
        for text in (*aspects(language).computes, *crosswalk(language).text):
            assert text.strip() == text != ""
    assert aspects("zh").functions.tolist() == aspects().functions.tolist()
    for call in (aspects, crosswalk):
        with pytest.raises(InvalidDataError, match="language: must be one of 'en', 'zh'"):
            call("fr")


def test_frames():
    shown = aspects().to_frame()
    assert shown.shape == (20, 10)
    assert shown["tables"][3] == "costs, customers"
    assert crosswalk().to_frame().shape == (92, 7)
    with pytest.raises(InvalidDataError, match="functions: must be tuples of text; got"):
        Crosswalk(*[np.arange(3)] * 7)


def changed(name, change):
    """Return a declaration after a change."""
    found = copy.deepcopy(declared(name))
    change(found)
    return found


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        (r"aspect\[1\].n: must be 2", lambda d: d["aspect"][1].update(n=5)),
        (r"aspect\[1\]: must have an id of its own", lambda d: d["aspect"][1].update(
            id=d["aspect"][0]["id"])),
        (r"aspect\[0\]: has a key that is not known", lambda d: d["aspect"][0].update(table=[])),
        (r"aspect\[0\]: must have 'unit'", lambda d: d["aspect"][0].pop("unit")),
        (r"aspect\[0\].tables\[0\]: must be one of", lambda d: d["aspect"][0].update(
            tables=["nonsense"])),
        (r"aspect\[0\].tables: must name at least one", lambda d: d["aspect"][0].update(tables=[])),
        (r"aspect\[3\]: must have functions, or what is planned",
         lambda d: d["aspect"][3].pop("planned")),
        (r"aspect\[0\].functions\[0\]: must be a public name", lambda d: d["aspect"][0].update(
            functions=["nps(x)"])),
        (r"aspect\[0\].name: must be in en and zh", lambda d: d["aspect"][0].update(name="One")),
        (r"aspect\[0\].direction: must be one of", lambda d: d["aspect"][0].update(
            direction="left")),
    ],
)  # fmt: skip
def test_aspects_that_break_a_rule(rule, change):
    with pytest.raises(InvalidDataError, match=rule):
        aspects_of(changed("aspects", change), "en")


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        (r"row\[1\].id: must be A2", lambda d: d["row"][1].update(id="A1")),
        (r"row\[4\].id: must be A5", lambda d: d["row"].pop(4)),
        (r"row\[0\].id: must start with the letter", lambda d: d["row"][0].update(id="Z1")),
        (r"row\[0\].id: must start with the letter", lambda d: d["row"][0].update(seed="001")),
        (r"row\[0\]: must have 'zh'", lambda d: d["row"][0].pop("zh")),
        (r"row\[0\].note: must be text", lambda d: d["row"][0].update(note=" ")),
        (r"row\[14\]: must have functions, or", lambda d: d["row"][14].pop("planned")),
        (r"document\[0\].en: must be text", lambda d: d["document"][0].update(en="")),
        (r"must have 'document'", lambda d: d.pop("document")),
    ],
)
def test_a_crosswalk_that_breaks_a_rule(rule, change):
    with pytest.raises(InvalidDataError, match=rule):
        crosswalk_of(changed("crosswalk", change), "en")


def test_the_page_is_up_to_date():
    assert PAGE.read_text("utf-8") == page()


def test_the_page_shows_every_row():
    shown = PAGE.read_text("utf-8")
    assert [name for name in ROWS if f"\n| {name} | " not in shown] == []
    lines = [line for line in shown.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in lines} == {6}
    assert "crosswalk\n" in (PAGE.parent / "index.md").read_text("utf-8")


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
