"""Pictures of RFM show the counts, means and shares of their records."""

from __future__ import annotations

import dataclasses
import sys

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue import rfm
from custvalue.errors import InvalidDataError


@pytest.fixture(scope="module")
def values(cdnow):
    return rfm.values(cdnow, customer="customer_id", time="date", amount="spend")


@pytest.fixture(scope="module")
def moves(cdnow):
    bought = cv.occasions(cdnow, customer="customer_id", time="date", amount="spend")
    return rfm.migration_between(bought, "1997-09-30", "1998-06-30")


def texts(ax):
    return {t.get_position(): t.get_text() for t in ax.texts}


def cells(ax):
    return np.ma.filled(ax.images[0].get_array().astype(float), np.nan)


def by_scores(scores):
    table = pd.DataFrame({"r": scores.r, "f": scores.f, "money": scores.values.monetary})
    return table.groupby(["r", "f"])["money"].agg(["size", "mean"])


# ---- the grid


@pytest.mark.parametrize("what", ["customers", "monetary"])
def test_cells_are_customers_or_mean_money_and_both_are_written(values, what):
    scores = rfm.scores(values)
    ax = cv.plot.rfm_grid(scores, what=what)
    found = by_scores(scores)
    shown, written = cells(ax), texts(ax)
    column = "size" if what == "customers" else "mean"
    for (r, f), row in found.iterrows():
        assert shown[f - 1, r - 1] == pytest.approx(row[column])
        count, money = written[r - 1, f - 1].split("\n")
        assert int(count) == row["size"]
        assert float(money.strip("()").replace(",", "")) == pytest.approx(row["mean"], rel=5e-3)
    assert np.isfinite(shown).sum() == len(written) == len(found) < 25  # empty cells are blank
    assert [t.get_text() for t in ax.get_xticklabels()] == list("12345")
    assert ax.get_ylabel() == "frequency score (5: bought most often)"


def test_an_empty_cell_is_blank_and_not_pale(values):
    image = cv.plot.rfm_grid(rfm.scores(values)).images[0]
    assert np.ma.getmaskarray(image.get_array()).any()
    assert image.cmap(0.0) != (1.0, 1.0, 1.0, 1.0)


@pytest.mark.parametrize("factor", [1e-6, 1e9])
def test_money_of_any_size_stays_within_its_cell(values, factor):
    scaled = dataclasses.replace(values, monetary=values.monetary * factor)
    ax = cv.plot.rfm_grid(rfm.scores(scaled, bins=9))
    ax.figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert not any(one.overlaps(two) for i, one in enumerate(boxes) for two in boxes[:i])
    money = [float(t.split("(")[1].rstrip(")")) for t in texts(ax).values()]
    total = np.array(money) @ [int(t.split("\n")[0]) for t in texts(ax).values()]
    assert total == pytest.approx(scaled.monetary.sum(), rel=1e-2)


def test_negative_money_is_told_apart_too(values):
    lost = dataclasses.replace(values, monetary=-values.monetary)
    image = cv.plot.rfm_grid(rfm.scores(lost), what="monetary").images[0]
    shown = image.get_array().compressed()
    assert image.norm.vmin == shown.min()
    assert image.norm.vmax == 0.0
    assert len(np.unique(image.cmap(image.norm(shown)), axis=0)) > 10


def test_one_customer_and_an_unknown_colour(values):
    scores = rfm.scores(rfm.RFMValues(["a"], [3], [1], [5.0]))
    ax = scores.plot()
    assert texts(ax) == {(2, 2): "1\n(5)"}
    ax.figure.draw_without_rendering()
    with pytest.raises(InvalidDataError, match=r"what: must be .*'customers'.*got 'money'"):
        cv.plot.rfm_grid(scores, what="money")


# ---- migration


def test_rows_are_shares_of_the_segment_before(moves):
    ax = moves.plot()
    matrix = moves.matrix(shares=True)
    np.testing.assert_allclose(cells(ax), matrix.drop(columns="before"))
    assert [t.get_text() for t in ax.get_xticklabels()] == [*matrix.columns[1:]]
    totals = moves.matrix().drop(columns="before").sum(axis=1)
    expected = [f"{n}  n = {k:,}" for n, k in zip(matrix["before"], totals, strict=True)]
    assert [t.get_text() for t in ax.get_yticklabels()] == expected
    written = texts(ax)
    assert len(written) == len(moves)
    for (column, row), text in written.items():
        assert text == f"{100 * matrix.iloc[row, column + 1]:.0f}"


def test_segments_that_nobody_was_in_are_blank():
    one = rfm.Migration(["a"], ["a"], [3], segments=("a", "b"))
    shown = cells(one.plot())
    assert np.isnan(shown[1:]).all()
    assert shown[0].tolist() == [1.0, 0.0, 0.0]


def test_long_names_leave_room_for_the_cells():
    names = tuple(f"a very long name of a segment of customers, number {k}" for k in range(3))
    ax = rfm.Migration(names, names, [1, 2, 3], segments=names).plot()
    ax.figure.draw_without_rendering()
    assert min(ax.get_window_extent().size) > 100


def test_an_empty_migration_is_drawn():
    ax = rfm.Migration().plot()
    ax.figure.draw_without_rendering()
    assert not ax.texts


def test_given_axes_are_drawn_on_and_pyplot_is_left_alone(values, moves):
    from matplotlib.figure import Figure

    before = "matplotlib.pyplot" in sys.modules
    for record in (rfm.scores(values), moves):
        ax = Figure().subplots()
        assert record.plot(ax) is ax
        assert ax.images
    assert ("matplotlib.pyplot" in sys.modules) == before
