"""Tests of intraclass correlations: Shrout & Fleiss, pingouin, degenerate variances, coverage."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np
import pandas as pd
import pytest

from custvalue.errors import InvalidDataError
from custvalue.maturity import ICC, icc
from custvalue.maturity._icc import FORMS

from .agreement_data import SHROUT_FLEISS


def peer(table: np.ndarray) -> pd.DataFrame:
    units, raters = np.indices(table.shape).reshape(2, -1)
    long = pd.DataFrame({"unit": units, "rater": raters, "score": table.ravel()})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own use of pandas
        pingouin = pytest.importorskip("pingouin", reason="pingouin is not installed")
        rounding = pingouin.options["round.column.CI95"]
        pingouin.options["round.column.CI95"] = None
        try:
            return pingouin.intraclass_corr(long, "unit", "rater", "score")
        finally:
            pingouin.options["round.column.CI95"] = rounding


def random_table(seed: int, units: int = 9, raters: int = 4) -> np.ndarray:
    source = np.random.default_rng(seed)
    unit, rater = source.normal(50, 10, (units, 1)), source.normal(0, 5, raters)
    return unit + rater + source.normal(0, 8, (units, raters))


def test_shrout_and_fleiss():
    frame = icc(SHROUT_FLEISS).to_frame()
    assert frame["form"].tolist() == list(FORMS)
    # They print two digits; the first in rational arithmetic, from sums of squares.
    expected = [448 / 2703, 0.2898, 0.7148, 0.4428, 0.6201, 0.9093]
    assert frame["value"].tolist() == pytest.approx(expected, abs=5e-5)
    assert frame["F"].round(1).tolist() == [1.8, 11.0, 11.0, 1.8, 11.0, 11.0]
    bounds = [[-0.13, 0.72], [0.02, 0.76], [0.34, 0.95], [-0.88, 0.91], [0.07, 0.93], [0.68, 0.99]]
    assert frame[["lower", "upper"]].to_numpy() == pytest.approx(np.array(bounds), abs=5e-3)
    assert frame["df1"].tolist() == [5] * 6
    assert frame["df2"].tolist() == [18, 15, 15] * 2
    squares = icc(SHROUT_FLEISS).mean_squares
    # Their table 3.
    assert [round(x, 2) for x in squares] == [11.24, 32.49, 1.02, 6.26]


@pytest.mark.parametrize("seed", [None, *range(6)])
def test_values_bounds_and_p_values_of_pingouin(seed):
    table = SHROUT_FLEISS if seed is None else random_table(seed)
    found, other = icc(table).to_frame(), peer(table)
    order = ["ICC(1,1)", "ICC(A,1)", "ICC(C,1)", "ICC(1,k)", "ICC(A,k)", "ICC(C,k)"]
    other = other.set_index("Type").loc[order].reset_index()
    assert found["value"].to_numpy() == pytest.approx(other["ICC"].to_numpy(), rel=1e-9)
    assert found["p_value"].to_numpy() == pytest.approx(other["pval"].to_numpy(), rel=1e-6)
    theirs = np.array([*other["CI95"]], dtype=float)
    assert found[["lower", "upper"]].to_numpy() == pytest.approx(theirs, abs=1e-8)


def test_forms_and_levels():
    for form in FORMS:
        found = icc(SHROUT_FLEISS, form=form)
        row = found.to_frame().set_index("form").loc[form]
        assert found.value == row["value"]
        assert found.interval() == (row["lower"], row["upper"])
        assert found.standard_error == row["standard_error"] > 0
        wide, narrow = found.interval(0.99), found.interval(0.5)
        assert wide[0] < found.interval()[0] < narrow[0] < found.value
        assert found.value < narrow[1] < found.interval()[1] < wide[1]
        assert dataclasses.replace(icc(SHROUT_FLEISS), form=form) == found


def test_standard_error_is_that_of_simulated_normal_ratings():
    source = np.random.default_rng(2)
    unit = source.normal(0, 3, (4000, 60, 1))
    rater = source.normal(0, 1.0, (4000, 1, 8))
    drawn = unit + rater + source.normal(0, 2, (4000, 60, 8))
    found = [icc(table) for table in drawn[:1000]]
    for form in ("ICC(1,1)", "ICC(3,1)", "ICC(2,1)", "ICC(2,k)", "ICC(3,k)"):
        if form.startswith("ICC(1"):
            tables = unit[:1000] + source.normal(0, 2, (1000, 60, 8))
            records = [icc(table, form=form) for table in tables]
        else:
            records = [dataclasses.replace(record, form=form) for record in found]
        spread = np.std([record.value for record in records])
        mean = np.sqrt(np.mean([record.standard_error**2 for record in records]))
        assert mean == pytest.approx(spread, rel=0.08)


def test_raters_who_agree():
    score = np.array([12.5, 40.0, 71.1, 90.2, 33.3])
    same = icc(np.column_stack([score] * 3))
    assert same.value == pytest.approx(1.0)
    assert same.interval() == pytest.approx((1.0, 1.0))
    shifted = icc(score[:, None] + [0.0, 10.0, 20.0])
    frame = shifted.to_frame().set_index("form")
    assert frame["value"]["ICC(3,1)"] == pytest.approx(1.0)
    assert frame["value"]["ICC(2,1)"] < 0.95  # a rater who rates higher disagrees
    assert frame["F"]["ICC(3,1)"] == np.inf
    assert frame["p_value"]["ICC(3,1)"] == 0.0


def test_without_variance_there_is_nothing_to_say():
    for table in ([[0.1, 0.1, 0.1]] * 4, [[1, 2, 3]], np.empty((0, 2))):
        found = icc(table)
        assert np.isnan([found.value, found.standard_error, *found.interval()]).all()
        assert found.interpretation() == "undefined"
        assert found.to_frame()["value"].isna().all()
    constant = icc([[0.1, 0.3]] * 5).to_frame().set_index("form")["value"]
    assert constant["ICC(2,1)"] == 0.0
    assert constant["ICC(1,1)"] == -1.0
    assert np.isnan(constant["ICC(3,1)"])


def test_far_from_zero_no_digits_are_lost():
    table = np.round(random_table(3), 3)
    near, far = icc(table), icc(table + 1e9)
    assert far.to_frame()["value"].tolist() == pytest.approx(near.to_frame()["value"].tolist(),
                                                             abs=1e-8)  # fmt: skip


def test_units_and_linear_changes_do_not_matter():
    table = random_table(4)
    found = icc(table).to_frame()["value"].to_numpy()
    for other in (table * -3 + 7, table[::-1], table[:, ::-1], table * 1e-9, table * 1e100):
        assert icc(other).to_frame()["value"].to_numpy() == pytest.approx(found, abs=1e-10)


def test_missing_ratings_are_refused_or_left_out_and_counted():
    table = SHROUT_FLEISS.astype(float)
    table[2, 1] = np.nan
    with pytest.raises(InvalidDataError, match=r"raters: must all rate each unit.*row 2, 1 of 6"):
        icc(table)
    found = icc(table, missing="listwise")
    assert found == dataclasses.replace(icc(np.delete(SHROUT_FLEISS, 2, axis=0)),
                                        notes={"units not rated by all left out": 1})  # fmt: skip


def test_what_is_refused():
    good = icc(SHROUT_FLEISS)
    for call, rule in [
        (lambda: icc([["a", "b"], ["b", "b"]]), "ratings: must be numbers"),
        (lambda: icc([[1.0, np.inf]]), "table: must be finite"),
        (lambda: icc([[1.0, 1e200]]), "ratings: must be below 1e150"),
        (lambda: icc(SHROUT_FLEISS, form="ICC(A,1)"), "form: must be one of"),
        (lambda: icc(SHROUT_FLEISS, missing="drop"), "missing: must be one of"),
        (lambda: good.interval(1.0), "level: must be below 1"),
        (lambda: good.interval(0.0), "level: must be above 0"),
        (lambda: good + icc(SHROUT_FLEISS[:, :3]), "raters: must be the same"),
        (lambda: good + icc(SHROUT_FLEISS, form="ICC(3,1)"), "form: must be the same"),
        (lambda: ICC(1, [1.0], [[1.0]], raters=("a",)), "ICC: must have means and scatter"),
        (lambda: ICC(1, [1, 2], [[1.0]], raters=("a", "b")), "ICC: must have means and scatter"),
        (lambda: ICC(3, [1, 2], [[1, 0], [1, 1]], raters=("a", "b")), "scatter: must be symmetric"),
        (lambda: ICC(3, [1, 2], [[1, 0], [0, -1]], raters=("a", "b")), "scatter: must be symm"),
        (lambda: ICC(1.5), "units: must be a whole number"),
        (lambda: good.interpretation("mine"), "convention: must be one of"),
    ]:
        with pytest.raises(InvalidDataError, match=rule):
            call()


@pytest.mark.study
@pytest.mark.parametrize(("form", "truth"), [("ICC(2,1)", 9 / 14), ("ICC(3,1)", 9 / 13)])
@pytest.mark.parametrize("shape", [(10, 3), (40, 4)])
def test_coverage_of_the_interval(form, truth, shape):
    source = np.random.default_rng(8)
    inside = []
    for _ in range(4000):
        unit, rater = source.normal(0, 3, (shape[0], 1)), source.normal(0, 1, shape[1])
        low, high = icc(unit + rater + source.normal(0, 2, shape), form=form).interval()
        inside.append(low <= truth <= high)
    assert 0.94 <= np.mean(inside) <= 0.962
