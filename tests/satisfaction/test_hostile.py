"""What a careless or hostile user passes: weights, labels, records and numbers at their limits."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from tests.satisfaction.registry import CASES, survey

from custvalue import satisfaction as cs
from custvalue.errors import InvalidDataError

WEIGHTED = [case for case in CASES if case.takes("weight")]


def named(case):
    return case.name


@pytest.mark.parametrize("weight", [5e-324, 1e-200, 1e155, 1e308])
@pytest.mark.parametrize("case", WEIGHTED, ids=named)
def test_weights_whose_squares_are_lost_are_refused_by_name(case, weight):
    table = survey().assign(weight=weight)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        with pytest.raises(InvalidDataError, match=r"^weight: must be (0 or at least|at most) 1e"):
            case.read(table, weight="weight")


@pytest.mark.parametrize("scale", [1e-40, 1e40])
def test_weights_of_any_size_that_is_not_absurd_give_the_same_interval(scale):
    answers, weight = [1, 2, 4, 5, 5], np.array([1.0, 2.0, 1.0, 0.5, 3.0])
    plain = cs.csat(answers, weight=weight)
    scaled = cs.csat(answers, weight=weight * scale)
    assert scaled.interval() == pytest.approx(plain.interval(), rel=1e-12)
    assert scaled.mean_interval() == pytest.approx(plain.mean_interval(), rel=1e-12)


@pytest.mark.parametrize("case", [c for c in WEIGHTED if c.takes("min_group")], ids=named)
def test_who_has_weight_0_is_no_respondent(case):
    table = survey()
    table["weight"] = np.where(np.arange(len(table)) % 3 == 0, 0, table["weight"])
    with_nobody = case.read(table, weight="weight", min_group=4)
    without = case.read(table[table["weight"] > 0], weight="weight", min_group=4)
    columns = [name for name in with_nobody.to_frame() if name in ("answers", "low_base")]
    assert columns
    pd.testing.assert_frame_equal(with_nobody.to_frame()[columns], without.to_frame()[columns])


def test_min_group_does_not_count_weights_of_0():
    weight = [1.0] + [0.0] * 20
    assert np.isnan(cs.csat([1] * 21, weight=weight, min_group=5).mean)
    assert np.isnan(cs.nps([1] * 21, weight=weight, min_group=5).value)
