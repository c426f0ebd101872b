"""Effects: before and after, difference in differences; published numbers, oracles, engines."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from custvalue.errors import ColumnNotFoundError, InvalidDataError
from custvalue.scorecard import (
    BeforeAfter,
    DifferenceInDifferences,
    before_after,
    difference_in_differences,
)


def refused(make, *words):
    with pytest.raises(InvalidDataError) as caught:
        make()
    for word in words:
        assert word in str(caught.value)


def rows(before, after):
    return pd.DataFrame({"y": [*before, *after], "t": [0] * len(before) + [1] * len(after)})


# ---- before and after


def test_means_by_welch():
    rng = np.random.default_rng(1)
    before, after = rng.normal(50, 9, 23), rng.normal(46, 4, 41)
    found = before_after(rows(before, after), "y", "t")
    oracle = stats.ttest_ind(after, before, equal_var=False)
    interval = oracle.confidence_interval(0.9)
    assert found.value == pytest.approx(after.mean() - before.mean())
    assert found.degrees_of_freedom == pytest.approx(oracle.df)
    assert found.interval(0.9) == pytest.approx((interval.low, interval.high))
    assert found.standard_error == pytest.approx(found.value / oracle.statistic)


def test_means_of_the_same_units():
    rng = np.random.default_rng(2)
    before = rng.normal(50, 9, 30)
    after = before + rng.normal(2, 3, 30)
    table = rows(before, after).assign(who=[*range(30), *range(30)]).sample(frac=1, random_state=3)
    found = before_after(table, "y", "t", unit="who")
    interval = stats.ttest_rel(after, before).confidence_interval(0.95)
    assert found.interval() == pytest.approx((interval.low, interval.high))
    assert found.standard_error < before_after(table, "y", "t").standard_error
    lone = pd.concat([table, pd.DataFrame({"y": [1.0, 2.0], "t": [0, 1], "who": [90, 91]})])
    again = before_after(lone, "y", "t", unit="who")
    assert again.interval() == pytest.approx(found.interval())
    assert again.notes == {"units observed once": 2}


def test_shares_by_newcombe():
    """Newcombe (1998), method 10: 56/70 - 48/80 -> 0.0524, 0.3339."""
    table = rows([1] * 48 + [0] * 32, [1] * 56 + [0] * 14)
    found = before_after(table, "y", "t", measure="share")
    assert found.interval() == pytest.approx((0.0524, 0.3339), abs=5e-5)
    flags = before_after(table.astype({"y": bool, "t": bool}), "y", "t", measure="share")
    assert flags == found


def paired(both, first, second, neither):
    """Return rows of units in a 2 x 2 table of yes and no before and after."""
    before = [1] * (both + first) + [0] * (second + neither)
    after = [1] * both + [0] * first + [1] * second + [0] * neither
    who = [*range(len(before)), *range(len(before))]
    return rows(before, after).assign(who=who)


def test_shares_of_the_same_units():
    """Complete response before and after consolidation (Cavo et al. 2012), 161 patients.

    Fagerland, Lydersen & Laake, "Statistical Analysis of Contingency Tables", chapter 8: Newcombe's
    square-and-add interval of before less after, -0.0621 (-0.1186 to -0.0046).
    """
    found = before_after(paired(59, 6, 16, 80), "y", "t", unit="who", measure="share")
    assert found.value == pytest.approx(0.0621, abs=5e-5)
    assert found.interval() == pytest.approx((0.0046, 0.1186), abs=5e-5)


@pytest.mark.parametrize("table", [(0, 0, 0, 9), (9, 0, 0, 0), (3, 0, 4, 0), (1, 1, 7, 12),
                                   (0, 5, 5, 0), (2, 5, 0, 3)])  # fmt: skip
def test_shares_at_the_edges(table):
    found = before_after(paired(*table), "y", "t", unit="who", measure="share")
    low, high = found.interval()
    assert -1.0 <= low <= found.value <= high <= 1.0
    assert high - low > 0.0
    turned = paired(table[0], table[2], table[1], table[3])
    back = before_after(turned, "y", "t", unit="who", measure="share")
    assert back.interval() == pytest.approx((-high, -low))


def test_small_and_empty():
    one = before_after(rows([3.0], [5.0]), "y", "t")
    assert one.value == 2.0
    assert all(math.isnan(bound) for bound in one.interval())
    none = before_after(rows([3.0, 4.0], []), "y", "t")
    assert math.isnan(none.value)
    shares = before_after(rows([1, 0], []), "y", "t", measure="share")
    assert all(math.isnan(bound) for bound in shares.interval())
    nobody = before_after(paired(0, 0, 0, 0), "y", "t", unit="who", measure="share")
    assert all(math.isnan(bound) for bound in nobody.interval())
    still = before_after(rows([2.0] * 4, [3.0] * 4), "y", "t")
    assert math.isnan(still.degrees_of_freedom)  # 0/0: nothing varies


def test_large_numbers_keep_their_digits():
    before, after = np.array([1.0, 2.0, 3.0]), np.array([2.0, 3.0, 5.0])
    near = before_after(rows(before, after), "y", "t")
    far = before_after(rows(before + 2**20, after + 2**20), "y", "t")
    assert far.interval() == pytest.approx(near.interval(), rel=1e-8)
    assert far.standard_error == pytest.approx(near.standard_error, rel=1e-9)


def test_missing_outcomes():
    table = rows([1.0, None, 3.0], [2.0, 4.0, None])
    refused(lambda: before_after(table, "y", "t"), "y:", "row 1", "2 of 6", 'missing="drop"')
    found = before_after(table, "y", "t", missing="drop")
    assert found.notes == {"y: missing": 2}
    assert (found.rows_before, found.rows_after) == (2, 2)
    holes = pd.DataFrame({"y": [True, None, False, True], "t": [False, False, True, True]})
    assert before_after(holes, "y", "t", measure="share", missing="drop").before == 1.0
    assert before_after(holes.astype({"y": "boolean"}), "y", "t", measure="share",
                        missing="drop").after == 0.5  # fmt: skip


def panel():
    """Return customers of two shops, one of which was trained, seen twice or three times."""
    rng = np.random.default_rng(7)
    who = np.repeat(np.arange(60), 4)
    trained = who % 2 == 0
    later = np.tile([False, False, True, True], 60)
    level = rng.normal(0, 2, 60)[who]
    y = 10 + level + trained + 0.5 * later + 1.5 * (trained & later) + rng.normal(0, 1, 240)
    return pd.DataFrame({"y": y, "trained": trained, "later": later, "who": who,
                         "w": rng.uniform(0.2, 3.0, 240)})[rng.random(240) < 0.9]  # fmt: skip


def test_engines(engine):
    table = panel()
    did = {"outcome": "y", "treated": "trained", "after": "later", "unit": "who", "weight": "w"}
    expected = difference_in_differences(table, **did)
    found = difference_in_differences(engine.frame(table), **did)
    assert found.value == pytest.approx(expected.value)
    assert found.standard_error == pytest.approx(expected.standard_error)
    assert engine.owns(found.to_frame())
    wanted = before_after(table, "y", "later")
    effect = before_after(engine.frame(table), "y", "later")
    assert effect.interval() == pytest.approx(wanted.interval())
    assert engine.owns(effect.to_frame())
    named = table.assign(who=["u" + str(w) for w in table["who"]]).drop_duplicates(["who", "later"])
    by_name = before_after(engine.frame(named), "y", "later", unit="who")
    by_number = before_after(table.drop_duplicates(["who", "later"]), "y", "later", unit="who")
    assert by_name.interval() == pytest.approx(by_number.interval())


def test_rows_in_any_order_and_the_input_as_it_was():
    table = panel()
    kept = table.copy()
    mixed = table.sample(frac=1, random_state=1)
    for call in (
        lambda t: before_after(t, "y", "later"),
        lambda t: difference_in_differences(t, "y", "trained", "later", unit="who", weight="w"),
    ):
        assert call(mixed).value == pytest.approx(call(table).value)
        assert call(mixed).interval() == pytest.approx(call(table).interval())
    pd.testing.assert_frame_equal(table, kept)


def test_json():
    table = panel()
    for record in (
        before_after(table, "y", "later"),
        before_after(table.drop_duplicates(["who", "later"]), "y", "later", unit="who"),
        before_after(rows([], []), "y", "t"),
        difference_in_differences(table, "y", "trained", "later", unit="who"),
        difference_in_differences(rows([1, 2], [1, 5]).assign(d=[0, 1, 0, 1]), "y", "d", "t"),
    ):
        assert type(record).from_dict(json.loads(json.dumps(record.to_dict()))) == record


def test_bad_before_after_is_refused():
    table = rows([1.0, 2.0], [3.0, 4.0])
    refused(lambda: before_after(table.assign(t=[0, 1, 2, 1]), "y", "t"), "t:", "row 2", "true")
    refused(lambda: before_after(table.assign(t=[0, 1, None, 1]), "y", "t"), "t:", "row 2")
    refused(lambda: before_after(table.assign(t=["no"] * 4), "y", "t"), "t:")
    refused(lambda: before_after(table, "y", "t", measure="share"), "y:", "0 or 1", "row 1")
    refused(lambda: before_after(table, "y", "t", measure="median"), "measure")
    refused(lambda: before_after(table, "y", "t", missing="zero"), "missing")
    refused(lambda: before_after(table.assign(y="a"), "y", "t"), "y:")
    refused(lambda: before_after(table.assign(y=[1, 2, 3, math.inf]), "y", "t"), "finite", "row 3")
    refused(lambda: before_after(table.assign(u=[1, 1, 1, 2]), "y", "t", unit="u"), "u:", "once")
    refused(
        lambda: before_after(table.assign(u=[1, None, 1, 2]), "y", "t", unit="u"), "u:", "row 1"
    )
    with pytest.raises(ColumnNotFoundError, match="outcome"):
        before_after(table, "z", "t")
    refused(lambda: BeforeAfter(2, 2, 1.5, 0.5, 0.1, 0.1, measure="share"), "[0, 1]")
    refused(lambda: BeforeAfter(2, 3, 0.5, 0.5, 0.1, 0.1, correlation=0.2), "paired")
    refused(lambda: BeforeAfter(2, 2, 0.5, 0.5, 0.1, 0.1, correlation=2), "correlation")


# ---- difference in differences


@pytest.mark.parametrize("weight", [None, "w"])
@pytest.mark.parametrize("unit", [None, "who"])
def test_as_statsmodels(unit, weight):
    api = pytest.importorskip("statsmodels.api", reason="statsmodels is not installed")
    table = panel()
    d, t = table["trained"].to_numpy(float), table["later"].to_numpy(float)
    design = np.column_stack([np.ones(len(table)), d, t, d * t])
    w = np.ones(len(table)) if weight is None else table["w"].to_numpy()
    how = {"cov_type": "HC1"} if unit is None else {
        "cov_type": "cluster", "cov_kwds": {"groups": table["who"].to_numpy()}
    }  # fmt: skip
    oracle = api.WLS(table["y"].to_numpy(), design, w).fit(use_t=True, **how)
    found = difference_in_differences(table, "y", "trained", "later", unit=unit, weight=weight)
    assert found.value == pytest.approx(oracle.params[3], rel=1e-10)
    assert found.standard_error == pytest.approx(oracle.bse[3], rel=1e-10)
    assert found.p_value == pytest.approx(oracle.pvalues[3], rel=1e-8)
    assert found.interval(0.9) == pytest.approx(tuple(oracle.conf_int(0.1)[3]), rel=1e-9)


def test_means_of_card_and_krueger():
    """Card & Krueger (1994), table 3: full-time jobs in Pennsylvania and New Jersey, 2.76."""
    found = DifferenceInDifferences(
        [False, False, True, True], [False, True, False, True], [77, 77, 321, 319],
        [23.33, 21.17, 20.44, 21.03], 1.36, 790,
    )  # fmt: skip
    assert found.change_of_others == pytest.approx(-2.16)
    assert found.change_of_treated == pytest.approx(0.59)
    assert found.value == pytest.approx(2.76, abs=0.011)
    assert found.p_value == pytest.approx(0.043, abs=0.002)


def test_without_clusters_it_is_welch_four_times():
    table = panel()
    found = difference_in_differences(table, "y", "trained", "later")
    cells = table.groupby(["trained", "later"])["y"]
    assert found.mean == pytest.approx(cells.mean().to_numpy())
    assert found.rows.tolist() == cells.size().tolist()
    variance = (cells.var(ddof=0) / cells.size()).sum() * len(table) / (len(table) - 4)
    assert found.standard_error == pytest.approx(math.sqrt(variance))


def test_two_periods_of_the_same_units_are_differences():
    table = panel().drop_duplicates(["who", "later"])
    table = table[table.groupby("who")["y"].transform("size") == 2]
    found = difference_in_differences(table, "y", "trained", "later", unit="who")
    wide = table.pivot(index="who", columns="later", values="y")
    change = wide[True] - wide[False]
    trained = wide.index % 2 == 0
    parts = [change[trained], change[~trained]]
    assert found.value == pytest.approx(parts[0].mean() - parts[1].mean())
    square = sum(part.var(ddof=0) / len(part) for part in parts)
    n, g = len(table), len(wide)
    assert found.standard_error**2 == pytest.approx(square * g / (g - 1) * (n - 1) / (n - 4))
    assert found.degrees_of_freedom == g - 1


def test_what_changed_for_all_is_no_effect():
    table = panel()
    found = difference_in_differences(table, "y", "trained", "later", unit="who")
    moved = table.assign(y=table["y"] + 5.0 * table["later"] - 3.0 * table["trained"] + 1e6)
    again = difference_in_differences(moved, "y", "trained", "later", unit="who")
    assert again.value == pytest.approx(found.value, rel=1e-8)
    assert again.standard_error == pytest.approx(found.standard_error, rel=1e-8)
    swapped = difference_in_differences(table.assign(trained=~table["trained"]), "y", "trained",
                                        "later", unit="who")  # fmt: skip
    assert swapped.value == pytest.approx(-found.value)


def test_weights():
    table = panel()
    how = {"outcome": "y", "treated": "trained", "after": "later"}
    plain = difference_in_differences(table, **how)
    ones = difference_in_differences(table.assign(w=2.0), **how, weight="w")
    assert ones.standard_error == pytest.approx(plain.standard_error)
    zero = table.assign(w=1.0 - (np.arange(len(table)) % 5 == 0))
    some = difference_in_differences(zero, **how, weight="w")
    assert some.notes == {"rows of weight 0": int((zero["w"] == 0).sum())}
    left = difference_in_differences(zero[zero["w"] > 0], **how)
    assert (some.value, some.standard_error) == pytest.approx((left.value, left.standard_error))


def test_coverage_with_units():
    """With units whose outcomes go together, rows alone would promise too much."""
    rng = np.random.default_rng(12)
    held, naive = 0, 0
    shop, later = np.repeat(np.arange(50), 20), np.tile(np.repeat([0, 1], 10), 50)
    trained = shop % 2
    for _ in range(300):
        noise = rng.normal(0, 1, (50, 2))[shop, later] + rng.normal(0, 1, 1000)
        table = pd.DataFrame({"y": noise + trained * later, "shop": shop, "later": later,
                              "trained": trained})  # fmt: skip
        for unit in ("shop", None):
            effect = difference_in_differences(table, "y", "trained", "later", unit=unit)
            low, high = effect.interval()
            held += unit is not None and low <= 1.0 <= high
            naive += unit is None and low <= 1.0 <= high
    assert held / 300 == pytest.approx(0.95, abs=0.04)
    assert naive / 300 < 0.75


def test_few_rows():
    table = rows([1.0, 2.0], [1.0, 5.0]).assign(d=[0, 1, 0, 1], u=[1, 2, 1, 2])
    found = difference_in_differences(table, "y", "d", "t")
    assert found.value == 3.0
    assert math.isnan(found.standard_error)
    assert math.isnan(found.p_value)
    assert all(math.isnan(bound) for bound in found.interval())
    few = difference_in_differences(table, "y", "d", "t", unit="u")
    assert math.isnan(few.standard_error)


def test_missing_outcomes_of_four_groups():
    table = panel()
    table.loc[table.index[:3], "y"] = np.nan
    refused(lambda: difference_in_differences(table, "y", "trained", "later"), "y:", "3 of")
    found = difference_in_differences(table, "y", "trained", "later", missing="drop")
    assert found.notes == {"y: missing": 3}
    left = difference_in_differences(table[3:], "y", "trained", "later")
    assert found.interval() == pytest.approx(left.interval())


def test_bad_difference_in_differences_is_refused():
    table = panel()

    def did(frame, **how):
        return difference_in_differences(frame, "y", "trained", "later", **how)

    now = table.assign(trained=table["trained"] & table["later"])  # treated now, not whom
    refused(lambda: did(now), "trained, later", "treated before", "too")
    refused(lambda: did(now, unit="who"), "trained", "same in all rows of a unit")
    refused(lambda: did(table[:0]), "trained, later")
    refused(lambda: did(table.assign(w=-1.0), weight="w"), "w:", "at least 0")
    refused(lambda: did(table.assign(w=None), weight="w"), "w:")
    refused(lambda: did(table.assign(trained="yes")), "trained")
    refused(lambda: did(table.assign(later=3)), "later", "true or false")
    refused(lambda: did(table, missing="mean"), "missing")
    cells = ([False, False, True, True], [False, True, False, True])
    refused(lambda: DifferenceInDifferences(cells[1], cells[0], [1] * 4, [1.0] * 4, 1, 2), "after")
    refused(lambda: DifferenceInDifferences(*cells, [1] * 4, [1.0] * 3, 1, 2), "four")
    refused(lambda: DifferenceInDifferences(*cells, [1] * 4, [1.0] * 4, -1, 2), "standard_error")
    refused(lambda: DifferenceInDifferences(*cells, [1] * 4, [1.0] * 4, 1, 2, "HC9"), "errors")
