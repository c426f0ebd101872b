"""Tests of response rates and representativeness."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue.satisfaction import (
    Representativeness,
    ResponseRates,
    post_stratify,
    representativeness,
    response_rates,
)

ERROR = cv.errors.InvalidDataError
# RR1 = I / ((I + P) + (R + NC + O) + (UH + UO)), not I / R as calculators on the web have it
COUNTS = (400, 50, 200, 250, 20, 60, 20)
RATES = {
    "rr1": 0.400000,
    "rr2": 0.450000,
    "rr3": 0.406504,
    "rr4": 0.457317,
    "rr5": 0.434783,
    "rr6": 0.489130,
}


@pytest.mark.parametrize(("rate", "value"), RATES.items())
def test_rates_of_aapor(rate, value):
    eligible = 0.8 if rate in ("rr3", "rr4") else None
    assert ResponseRates(*COUNTS).rate(rate, eligible) == pytest.approx(value, abs=5e-7)


def test_eligibility_of_the_unknown():
    sample = ResponseRates(*COUNTS, ineligible=230)
    assert sample.eligible_share == pytest.approx(0.8)  # 920 of 1150 known
    assert sample.rate("rr3") == pytest.approx(RATES["rr3"], abs=5e-7)
    assert ResponseRates(*COUNTS).rate("rr3") == ResponseRates(*COUNTS).rate("rr1")
    assert sample.rate("rr5") >= sample.rate("rr3") >= sample.rate("rr1")


def test_interval_and_other_rates():
    sample = ResponseRates(*COUNTS)
    low, high = sample.interval("rr1")
    assert low < 0.4 < high
    low3, high3 = sample.interval("rr3", eligible=0.8)
    assert low3 > low
    assert high3 > high
    assert sample.cooperation == pytest.approx(400 / 670)
    assert sample.refusal_rate == pytest.approx(0.2)
    assert sample.contact_rate == pytest.approx(0.67)


def test_samples_add_and_travel():
    one, two = ResponseRates(*COUNTS), ResponseRates(complete=10, refusal=30)
    assert (one + two).complete == 410
    assert sum([one, two], ResponseRates()) == one + two
    assert ResponseRates.from_dict(one.to_dict()) == one
    assert one.to_frame().shape == (1, 14)
    assert np.isnan(ResponseRates().value)
    assert np.isnan(ResponseRates().interval()).all()


def test_rates_of_a_table(engine):
    cases = {
        "wave": [1, 1, 1, 2, 2],
        "result": ["complete", "refusal", "complete", "complete", "noncontact"],
    }
    found = response_rates(engine.frame(cases), "result", by="wave")
    assert found.value == pytest.approx([2 / 3, 1 / 2])
    assert engine.owns(found.to_frame())
    pooled = response_rates(engine.frame(cases), "result")
    assert pooled.value == pytest.approx(3 / 5)


def test_bad_response_input_is_named():
    cases = pd.DataFrame({"result": ["complete", "done"]})
    with pytest.raises(ERROR, match=r"without a disposition.*'done'.*codes="):
        response_rates(cases, "result")
    with pytest.raises(ERROR, match="codes: must be one of"):
        response_rates(cases, "result", {"complete": "complete", "done": "finished"})
    with pytest.raises(ERROR, match="missing values"):
        response_rates(pd.DataFrame({"result": ["complete", None]}), "result")
    with pytest.raises(ERROR, match="at least 0"):
        ResponseRates(complete=-1)
    with pytest.raises(ERROR, match="rate: must be one of"):
        ResponseRates(*COUNTS).rate("rr7")
    with pytest.raises(ERROR, match="at most 1"):
        ResponseRates(*COUNTS).rate("rr3", eligible=80)
    with pytest.raises(ERROR, match="no part of rr1"):
        ResponseRates(*COUNTS).rate("rr1", eligible=0.8)
    with pytest.raises(ERROR, match="shapes"):
        ResponseRates(complete=[1, 2], refusal=[1, 2, 3])


def shops() -> pd.DataFrame:
    return pd.DataFrame({"kind": ["shop"] * 80 + ["web"] * 20})


def test_representativeness_by_hand():
    found = representativeness(shops(), "kind", {"shop": 0.5, "web": 0.5})
    assert found.value == pytest.approx(0.3)
    assert found.test() == pytest.approx((36.0, 1, 1.9731753e-09))
    # response rates .4 and .1 around .25: S = .15
    assert found.r_indicator(0.25) == pytest.approx(1 - 2 * 0.15)
    assert found.interval()[0][0] < 0.8 < found.interval()[1][0]
    perfect = representativeness(shops(), "kind", {"shop": 800, "web": 200})
    assert perfect.r_indicator(0.1) == pytest.approx(1.0)
    assert perfect.test().p_value == pytest.approx(1.0)


def test_the_test_is_that_of_scipy():
    from scipy.stats import chisquare

    survey = pd.DataFrame({"a": [1] * 30 + [2] * 50 + [3] * 20})
    found = representativeness(survey, "a", {1: 0.4, 2: 0.4, 3: 0.2}).test()
    expected = chisquare([30, 50, 20], [40, 40, 20])
    assert found.statistic == pytest.approx(expected.statistic)
    assert found.p_value == pytest.approx(expected.pvalue)


def test_weights_can_make_it_representative():
    target = {"shop": 0.5, "web": 0.5}
    survey = shops().assign(w=post_stratify(shops(), "kind", target).weight)
    found = representativeness(survey, "kind", target, weight="w")
    assert found.value == pytest.approx(0.0, abs=1e-12)
    assert found.effective_n == pytest.approx(64)


def test_cells_without_answers_and_sums():
    target = {"web": 0.3, "shop": 0.5, "phone": 0.2}
    found = representativeness(shops(), "kind", target)
    assert found.cell.tolist() == ["phone", "shop", "web"]
    assert found.answers.tolist() == [0, 80, 20]
    assert found.target == (0.2, 0.5, 0.3)
    parts = [representativeness(part, "kind", target) for part in (shops()[:81], shops()[81:])]
    assert sum(parts, Representativeness()) == found
    assert Representativeness.from_dict(found.to_dict()) == found
    nobody = representativeness(shops()[:0], "kind", target)
    assert np.isnan(nobody.value)
    assert np.isnan(nobody.test().p_value)


def test_bad_representativeness_is_named():
    with pytest.raises(ERROR, match=r"without a target.*'web'"):
        representativeness(shops(), "kind", {"shop": 1})
    with pytest.raises(ERROR, match="at most 1 in each cell"):
        representativeness(shops(), "kind", {"shop": 0.5, "web": 0.5}).r_indicator(0.9)
