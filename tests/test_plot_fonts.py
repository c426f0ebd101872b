"""Pictures show names in any script: with a font that has them, or boxes after one warning."""

from __future__ import annotations

import io
import warnings

import matplotlib
import pytest
from matplotlib.figure import Figure

from custvalue.errors import CustValueWarning
from custvalue.plot._fonts import FAMILIES, readable
from custvalue.plot._names import columns, widest, wrapped, wrapped_names
from made_font import FAMILY, make_font, only_font

NAMES = ["客户价值", "customer 满意度"]
HAN = "客户价值满意度"


def picture(names=NAMES):
    ax = Figure().subplots()
    ax.barh([0, 1], [1, 2], label=names[0])
    ax.set_yticks([0, 1], names)
    ax.text(0.5, 0.5, names[1])
    ax.set_title("plain")
    ax.legend()
    return ax


def shown(ax):
    legend = ax.get_legend().get_texts()
    return [text.get_text() for text in (*ax.get_yticklabels(), *ax.texts, *legend)]


def drawn(ax):
    file = io.BytesIO()
    ax.figure.savefig(file, format="png")
    return file.getvalue()


def test_a_font_with_the_characters_is_used_for_the_picture_alone(tmp_path):
    before = dict(matplotlib.rcParams)
    with only_font(make_font(tmp_path / "han.ttf", HAN)):
        ax = picture()
        assert readable(ax) is ax
        assert shown(ax) == [*NAMES, NAMES[1], NAMES[0]]
        for text in (*ax.get_yticklabels(), *ax.texts, *ax.get_legend().get_texts()):
            assert text.get_fontfamily()[-1] == FAMILY
        assert FAMILY not in ax.title.get_fontfamily()
        drawn(ax)  # a glyph that is missing would be a warning, which is an error here
    assert dict(matplotlib.rcParams) == before


def test_without_a_font_one_warning_says_what_to_install_and_boxes_are_drawn():
    ax = picture()
    with only_font(None), pytest.warns(CustValueWarning) as caught:
        readable(ax)
    assert len(caught) == 1
    assert "7 characters" in str(caught[0].message)
    assert "fonts-noto-cjk" in str(caught[0].message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn(ax)
    assert shown(ax) == ["□□□□", "customer □□□", "customer □□□", "□□□□"]


def test_a_font_with_some_of_the_characters_leaves_boxes_for_the_others(tmp_path):
    ax = picture()
    file = make_font(tmp_path / "han.ttf", "客户价值")
    with only_font(file):
        with pytest.warns(CustValueWarning, match="3 characters, such as 度意满"):
            readable(ax)
        assert shown(ax)[:2] == ["客户价值", "customer □□□"]
        drawn(ax)


def test_names_in_scripts_that_matplotlib_has_are_left_alone():
    ax = picture(["café – Größe", "клиент"])
    families = [text.get_fontfamily() for text in ax.get_yticklabels()]
    with only_font(None):
        readable(ax)
    assert [text.get_fontfamily() for text in ax.get_yticklabels()] == families
    drawn(ax)


def test_dollars_in_names_are_no_formulas():
    ax = readable(picture(["$10 to $20_x", r"$\bad$"]))
    drawn(ax)  # would raise ValueError
    assert shown(ax)[:2] == ["$10 to $20_x", r"$\bad$"]


def test_common_systems_are_provided_for():
    wanted = ("Noto Sans CJK SC", "Source Han Sans", "WenQuanYi", "SimHei", "PingFang",
              "Microsoft YaHei", "Heiti")  # fmt: skip
    assert set(wanted) <= set(FAMILIES)


@pytest.mark.parametrize(
    ("text", "most", "lines", "expected"),
    [
        ("short", 10, 2, "short"),
        ("two words", 5, 2, "two\nwords"),
        ("one two three four", 8, 2, "one two\nthree\u2026"),
        ("客户关系管理", 6, 2, "客户关\n系管理"),
        ("客户关系管理成熟度", 6, 2, "客户关\n系管\u2026"),
        ("abcdefghijkl", 6, 2, "abcdef\nghijkl"),
        ("data.collection", 8, 2, "data.\ncollect\u2026"),
        ("", 5, 2, ""),
        (7, 5, 2, "7"),
    ],
)
def test_names_are_broken_into_lines(text, most, lines, expected):
    found = wrapped(text, most, lines)
    assert found == expected
    assert max(map(columns, found.split("\n"))) <= most


def test_long_names_keep_what_tells_them_apart():
    names = [f"a very long name of a segment in region {n}" for n in range(3)]
    assert len({wrapped(name, 12) for name in names}) == 1
    found = wrapped_names(names, 12)
    assert [name.split("\n")[-1] for name in found] == ["region 0", "region 1", "region 2"]
    assert widest(found) <= 12
    assert wrapped_names(["same", "same"]) == ["same", "same"]
    assert wrapped_names([]) == []
