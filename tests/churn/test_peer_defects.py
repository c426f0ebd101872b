"""What other packages get wrong in churn, and custvalue does not.

Numbers: spec/retention-churn-rfm.md. More of these, beside what they belong to, are in the other
files of this folder.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue import Durations
from custvalue.churn import Spells, churn_rate, kaplan_meier, probability_of, ranking, uplift


def subscriptions(*rows, **options):
    table = pd.DataFrame(rows, columns=["who", "from", "to"])
    names = {"customer": "who", "start": "from", "end": "to"}
    return Spells.from_subscriptions(table, **names, **options)


def test_without_anybody_at_risk_there_is_no_rate_of_any_kind():
    """Undefined, where SQL with coalesce(..., 0) says that nobody churned."""
    spells = subscriptions(("a", "2024-01-05", "2024-02-10"), ("b", "2024-05-02", None),
                           since="2024-01-01", until="2024-05-31")  # fmt: skip
    rates = churn_rate(spells)
    assert rates.exposure[2:4].tolist() == [0.0, 0.0]
    for denominator in ("start", "average", "exposure"):
        assert np.isnan(rates.rate(denominator)[2:4]).all()
        assert np.isnan(np.array(rates.interval(denominator=denominator))[:, 2:4]).all()
    # who starts and ends inside the period is in no opening, but in what others count
    inside = churn_rate(subscriptions(("a", "2024-01-05", "2024-01-25"), since="2024-01-01",
                                      until="2024-01-31"))  # fmt: skip
    assert np.isnan(inside.rate("start")).all()
    assert np.isnan(inside.rate("average")).all()  # nobody at the start, nobody at the end
    assert inside.rate("exposure") == pytest.approx([31 / 20])
    assert probability_of(0.05, 12) == pytest.approx(1 - np.exp(-0.6), rel=1e-14)


def test_six_months_are_six_rows_in_money_as_in_heads():
    """fightchurn 2.6 returns one row of six; 2.4 NULL for a downsell of a quarter."""
    names = {"customer": "who", "start": "from", "end": "to"}
    table = pd.DataFrame(
        [("a", "2024-01-01", "2024-03-15", 10.0), ("b", "2024-01-01", None, 30.0)],
        columns=["who", "from", "to", "mrr"],
    )
    heads = churn_rate(Spells.from_subscriptions(table, **names, since="2024-01-01",
                                                 until="2024-06-30"))  # fmt: skip
    money = cv.retention.revenue_retention(table, **names, amount="mrr", until="2024-07-01")
    assert heads.lost.tolist() == money.lost.tolist() == [0, 0, 1, 0, 0, 0]
    np.testing.assert_array_equal(heads.rate(), money.logo_churn_rate)
    assert money.gross_churn_rate.tolist() == [0, 0, 0.25, 0, 0, 0]


def test_at_risk_with_late_entries():
    """lifelines 557, 1385: is the entry included? At risk at t: entry < t <= exit."""
    curve = kaplan_meier(
        Durations(exit=[3, 5, 5, 8], event=[1, 1, 0, 1], entry=[0, 0, 3, 2])
    ).to_frame()
    curve = curve[curve["events"] > 0]
    assert curve["time"].tolist() == [3, 5, 8]
    assert curve["at_risk"].tolist() == [3, 3, 1]  # at 3 not the one who enters then
    assert curve["survival"].tolist() == pytest.approx([2 / 3, 4 / 9, 0])


def test_no_time_at_risk_is_refused_wherever_it_comes_from():
    """lifelines: the event of one who is not at risk counts; a duration of -1 is an event."""
    for exit in ([0.0], [-1.0]):
        with pytest.raises(cv.errors.InvalidDataError, match="exit: must be above 0"):
            Durations(exit=exit, event=[True])
    for entry in (3.0, 4.0):  # at the exit, and after it
        frame = pd.DataFrame({"since": [entry, 0.0], "age": [3.0, 5.0], "gone": [1, 0]})
        with pytest.raises(cv.errors.InvalidDataError, match="must be above entry"):
            Durations.from_table(frame, exit="age", event="gone", entry="since")


def test_ranks_decide_and_not_rows_or_scales():
    """empulse, churnkit, fightchurn, scikit-uplift, causalml 272: alike models, other numbers."""
    rng = np.random.default_rng(0)
    outcome, treated = rng.random(600) < 0.3, rng.random(600) < 0.5
    score = rng.integers(0, 6, 600)  # heavy ties
    found = ranking(outcome, score), uplift(outcome, treated, score)
    for shape in (lambda s: 1e-3 * s - 7.0, np.exp, lambda s: s**3):
        order = rng.permutation(600)
        other = shape(score[order].astype(float))
        ranked = ranking(outcome[order], other)
        lifted = uplift(outcome[order], treated[order], other)
        assert ranked.lift([0.05, 0.1, 0.5]).tolist() == found[0].lift([0.05, 0.1, 0.5]).tolist()
        assert lifted.at(0.3) == found[1].at(0.3)
        assert (lifted.qini, lifted.qini_area) == (found[1].qini, found[1].qini_area)
        one, two = (cv.churn.expected_maximum_profit(r) for r in (ranked, found[0]))
        assert (one.value, one.target_share) == (two.value, two.target_share)


def test_a_model_no_better_than_chance_has_no_qini_and_the_best_has_one():
    """Packages divide by different things (causalml 407, 704: above 1); ours by the best order."""
    treated = np.tile([1, 0], 50)
    outcome = np.where(treated == 1, np.arange(100) < 60, np.arange(100) >= 90)
    nothing = uplift(outcome, treated, np.zeros(100))
    assert nothing.qini == pytest.approx(0.0, abs=1e-15)
    best = uplift(outcome, treated, np.where(treated == 1, outcome, -1.0 * outcome))
    assert best.qini == pytest.approx(1.0, abs=1e-12)
    assert best.qini_area > 0
