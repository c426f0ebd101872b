"""Kaplan-Meier and the log-rank test: published tables, laws, late entries, hostile input."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

import custvalue as cv
from custvalue import Durations
from custvalue.churn import KaplanMeier, compare, kaplan_meier

# Freireich et al., Blood 21 (1963), 699: weeks in remission, 6-MP against placebo
WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSE = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


@pytest.fixture
def freireich():
    return Durations(exit=WEEKS, event=RELAPSE, unit="week")


@pytest.fixture
def both_arms():
    arms = {"arm": np.array(["6-MP"] * 21 + ["placebo"] * 21)}
    return Durations(exit=WEEKS + PLACEBO, event=RELAPSE + [1] * 21, groups=arms, unit="week")


# ---- published numbers


def test_freireich(freireich):
    """Survival and Greenwood errors as printed in textbooks; interval and median from R."""
    curve = kaplan_meier(freireich)
    at = curve.events > 0
    assert curve.time[at].tolist() == [6, 7, 10, 13, 16, 22, 23]
    expected = [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    np.testing.assert_allclose(curve.survival[at], expected, atol=5e-5)
    errors = [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]
    np.testing.assert_allclose(curve.standard_error[at], errors, atol=5e-5)
    lower, upper = curve.interval()
    assert (lower[1], upper[1]) == pytest.approx((0.6197, 0.9516), abs=5e-5)
    assert curve.median == 23
    assert curve.quantile_interval() == (13.0, np.inf)
    # the area under the steps by hand
    mean, error = curve.restricted_mean(35)
    by_hand = 6 + 0.857143 + 3 * 0.806723 + 3 * 0.752941 + 3 * 0.690196 + 6 * 0.627451
    assert mean == pytest.approx(by_hand + 0.537815 + 12 * 0.448179, abs=1e-5)
    assert error == pytest.approx(2.827, abs=5e-4)


def test_the_same_curve_from_its_life_table(freireich):
    curve = kaplan_meier(freireich)
    rows = curve.events > 0
    table = KaplanMeier.from_counts(curve.time[rows], curve.at_risk[rows], curve.events[rows])
    np.testing.assert_allclose(table.survival[1:], curve.survival[rows], rtol=1e-14)
    np.testing.assert_allclose(table.variance[1:], curve.variance[rows], rtol=1e-12)
    np.testing.assert_array_equal(table.at_risk[1:], curve.at_risk[rows])


def test_log_rank_of_freireich(both_arms):
    """Chi-squared 16.79 and expected 19.25 and 10.75: R survdiff, Kleinbaum & Klein."""
    test = compare(both_arms)
    assert test.statistic == pytest.approx(16.79, abs=5e-3)
    np.testing.assert_allclose(test.expected, [19.25, 10.75], atol=5e-3)
    assert test.observed.tolist() == [9, 21]
    assert test.degrees == 1
    assert test.p_value == pytest.approx(4.17e-5, rel=1e-3)


# ---- oracles: scipy, and a plain reading


def test_scipy_agrees():
    rng = np.random.default_rng(11)
    t, d = np.ceil(rng.exponential(8, 300)), rng.random(300) < 0.6
    curve = kaplan_meier(Durations(exit=t, event=d))
    oracle = scipy.stats.ecdf(scipy.stats.CensoredData(t[d], right=t[~d])).sf
    rows = curve.time > 0
    np.testing.assert_allclose(curve.survival[rows], oracle.probabilities, atol=1e-13)
    lower, upper = curve.interval(0.9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # that survival 0 has no interval
        theirs = oracle.confidence_interval(0.9, method="log-log")
        linear = oracle.confidence_interval(0.9, method="linear")
    known = ~np.isnan(lower[rows])
    np.testing.assert_allclose(lower[rows][known], theirs.low.probabilities[known], atol=1e-12)
    np.testing.assert_allclose(upper[rows][known], theirs.high.probabilities[known], atol=1e-12)
    low, _ = curve.interval(0.9, "greenwood")
    np.testing.assert_allclose(low[rows][known], linear.low.probabilities[known], atol=1e-12)

    g = rng.integers(0, 2, 300)
    halves = [scipy.stats.CensoredData(t[d & (g == k)], right=t[~d & (g == k)]) for k in (0, 1)]
    oracle = scipy.stats.logrank(*halves)
    test = compare(Durations(exit=t, event=d, groups={"g": g}))
    assert test.statistic == pytest.approx(oracle.statistic**2, rel=1e-12)
    assert test.p_value == pytest.approx(oracle.pvalue, rel=1e-10)


def plain(entry, exit, event, weight):
    """Survival, Greenwood's sum and cumulative hazard by the definitions, time by time."""
    S, spread, hazard, found = 1.0, 0.0, 0.0, {}
    for t in sorted(set(exit)):
        n = sum(w for e, x, w in zip(entry, exit, weight, strict=True) if e < t <= x)
        d = sum(w for x, v, w in zip(exit, event, weight, strict=True) if x == t and v)
        S *= 1 - d / n
        hazard += d / n
        spread += d / (n * (n - d)) if n > d else np.inf
        found[t] = (S, spread, hazard)
    return found


weights = st.sampled_from([1.0, 2.0, 0.3])
rows = st.lists(
    st.tuples(st.integers(0, 4), st.integers(1, 6), st.booleans(), weights),
    min_size=1,
    max_size=12,
)


@given(rows)
def test_a_plain_reading_agrees(rows):
    entry, long, event, weight = map(list, zip(*rows, strict=True))
    # one who is there all along: the risk set is never empty
    entry, event, weight = [*entry, 0], [*event, False], [*weight, 1.0]
    exit = [e + x for e, x in zip(entry, [*long, 11], strict=True)]
    curve = kaplan_meier(Durations(exit=exit, event=event, entry=entry, weight=weight))
    for t, (S, spread, hazard) in plain(entry, exit, event, weight).items():
        row = curve.time.tolist().index(t)
        assert curve.survival[row] == pytest.approx(S, rel=1e-12)
        assert curve.variance[row] == pytest.approx(S**2 * spread, rel=1e-9)
        assert curve.cumulative_hazard[row] == pytest.approx(hazard, rel=1e-12, abs=1e-14)


# ---- laws


def test_without_censoring_it_is_the_share_still_there():
    rng = np.random.default_rng(2)
    t = np.ceil(rng.gamma(2, 5, 400))
    curve = kaplan_meier(Durations(exit=t, event=np.ones(400, bool)))
    ages = np.arange(0, t.max() + 3)
    np.testing.assert_allclose(curve.survival_at(ages), [(t > a).mean() for a in ages], atol=1e-13)
    binomial = curve.survival * (1 - curve.survival) / 400  # what Greenwood's becomes
    np.testing.assert_allclose(curve.variance[:-1], binomial[:-1], rtol=1e-10)
    assert curve.survival[-1] == 0.0
    assert np.isnan(curve.variance[-1])
    whole, error = curve.restricted_mean(1000)
    assert whole == pytest.approx(t.mean(), rel=1e-12)
    assert error == pytest.approx(t.std() / 20, rel=1e-12)


def test_late_entries_recover_the_truth():
    """A window of 12 months on a business of 36: S(12) is .5488, and .77 without entries."""
    rng = np.random.default_rng(7)
    born = rng.uniform(-24, 12, 40_000)  # months; the log covers [0, 12)
    life = rng.exponential(20, 40_000)
    seen = (born + life > 0) & (born < 12)
    born, life = born[seen], life[seen]
    exit, event = np.minimum(life, 12 - born), born + life < 12
    right = kaplan_meier(Durations(exit=exit, event=event, entry=np.maximum(-born, 0.0)))
    wrong = kaplan_meier(Durations(exit=exit, event=event))
    truth = np.exp(-12 / 20)
    row = np.searchsorted(right.time, 12, side="right") - 1
    lower, upper = right.interval(0.999)
    assert lower[row] < truth < upper[row]
    assert upper[row] - lower[row] < 0.04
    assert right.survival_at(12) == pytest.approx(truth, abs=0.012)
    assert wrong.survival_at(12) > 0.7


def test_pooling_is_adding(both_arms):
    rng = np.random.default_rng(3)
    n = 60
    entry = rng.integers(0, 3, n) * (np.arange(n) > 20)
    exit = entry + rng.integers(1, 9, n)
    groups = {"plan": rng.choice(["x", "y", "z"], n), "year": rng.integers(2020, 2022, n)}
    full = Durations(exit=exit, event=rng.random(n) < 0.5, entry=entry, groups=groups)
    table = full.to_frame()
    parts = [
        Durations.from_table(table[k::3], entry="entry", by=["plan", "year"]) for k in range(3)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", cv.errors.CustValueWarning)
        whole = kaplan_meier(full)
        added = sum((kaplan_meier(part) for part in parts), KaplanMeier())
    assert added == whole
    np.testing.assert_array_equal(added.survival, whole.survival)
    assert compare(added) == compare(full)


def test_groups_are_each_by_itself(both_arms):
    curve = kaplan_meier(both_arms)
    mp, placebo = (
        kaplan_meier(Durations(exit=t, event=e, unit="week"))
        for t, e in ((WEEKS, RELAPSE), (PLACEBO, [1] * 21))
    )
    np.testing.assert_allclose(curve.survival, np.append(mp.survival, placebo.survival), atol=1e-15)
    np.testing.assert_allclose(curve.median, [23, 8])
    low, high = curve.quantile_interval()
    assert low.tolist() == [13, 4]
    assert high.tolist() == [np.inf, 11]
    ages = np.array([[0.0, 5.5], [6, 100]])
    each = np.stack([mp.survival_at(ages), placebo.survival_at(ages)])
    np.testing.assert_allclose(curve.survival_at(ages), each, atol=1e-15)
    for horizon in (0.5, 10, 30):
        single = [c.restricted_mean(horizon) for c in (mp, placebo)]
        np.testing.assert_allclose(np.stack(curve.restricted_mean(horizon), 1), single, rtol=1e-12)
    assert kaplan_meier(both_arms, by="arm") == curve
    everybody = kaplan_meier(both_arms, by=[])
    assert everybody.groups == {}
    assert everybody.events.sum() == 30


def test_many_groups_with_ages_of_their_own():
    """The sparse path gives the same as one group at a time."""
    rng = np.random.default_rng(6)
    n = 3000
    g, exit, event = rng.integers(0, 1000, n), rng.exponential(3, n), rng.random(n) < 0.7
    curve = kaplan_meier(Durations(exit=exit, event=event, groups={"g": g}))
    for k in (0, 500, 999):
        alone = kaplan_meier(Durations(exit=exit[g == k], event=event[g == k]))
        mine = curve.groups["g"] == k
        np.testing.assert_array_equal(curve.time[mine], alone.time)
        np.testing.assert_allclose(curve.survival[mine], alone.survival, rtol=1e-12, atol=1e-15)


def test_order_unit_and_weight(freireich):
    curve = kaplan_meier(freireich)
    order = np.random.default_rng(0).permutation(21)
    assert kaplan_meier(Durations(exit=np.array(WEEKS)[order], event=np.array(RELAPSE)[order],
                                  unit="week")) == curve  # fmt: skip
    days = kaplan_meier(Durations(exit=np.array(WEEKS) * 7, event=RELAPSE, unit="day"))
    np.testing.assert_array_equal(days.survival, curve.survival)
    assert days.median == 7 * curve.median
    twice = kaplan_meier(Durations(exit=WEEKS, event=RELAPSE, weight=[2] * 21, unit="week"))
    np.testing.assert_allclose(twice.survival, curve.survival, rtol=1e-15)
    np.testing.assert_allclose(twice.variance[1:], curve.variance[1:] / 2, rtol=1e-13)
    assert twice == curve + curve


def test_fractional_weights_leave_nobody_behind():
    """0.1 + 0.2 - 0.3 is not 0 in floats, but nobody is left."""
    exit, weight = [1, 2, 3, 3, 3], [0.1, 0.2, 0.3, 0.1, 0.7]
    curve = kaplan_meier(Durations(exit=exit, event=[True] * 5, weight=weight))
    assert curve.survival[-1] == 0.0
    np.testing.assert_allclose(curve.survival[1:3], [1.3 / 1.4, 1.1 / 1.4], rtol=1e-13)


def test_the_interval_has_its_coverage():
    rng = np.random.default_rng(9)
    samples = 400
    exit, end = rng.exponential(10, (samples, 40)), rng.uniform(2, 25, (samples, 40))
    g = np.repeat(np.arange(samples), 40)
    curve = kaplan_meier(Durations(exit=np.minimum(exit, end).ravel(),
                                   event=(exit <= end).ravel(), groups={"g": g}))  # fmt: skip
    lower, upper = curve.interval()
    before = curve.time <= 7
    row = np.flatnonzero(before & ~np.append(before[1:], False))
    hit = (lower[row] < np.exp(-0.7)) & (np.exp(-0.7) < upper[row])
    assert len(row) == samples
    assert 0.92 < hit.mean() < 0.98


def test_log_rank_of_equal_groups_is_uniform():
    rng = np.random.default_rng(1)
    p = [
        compare(Durations(exit=rng.exponential(5, 60), event=rng.random(60) < 0.8,
                          groups={"g": np.arange(60) % 3})).p_value
        for _ in range(200)
    ]  # fmt: skip
    assert scipy.stats.kstest(p, "uniform").pvalue > 0.01


# ---- edges


def test_the_risk_set_empties_early():
    """sksurv and greenwood go on with survival 0 for ever."""
    late = Durations(exit=[2, 3, 9, 12], event=[1, 1, 0, 1], entry=[0, 0, 5, 5])
    with pytest.warns(cv.errors.CustValueWarning, match="risk set empties"):
        curve = kaplan_meier(late)
    np.testing.assert_array_equal(curve.survival, [1, 0.5] + [np.nan] * 4)
    assert np.isnan(curve.survival_at([3, 4, 9, 12])).all()
    assert curve.survival_at(2.5) == 0.5
    assert np.isnan(curve.restricted_mean(10)).all()
    assert curve.restricted_mean(2.5)[0] == 2.25
    # by censoring: known until then, and not after
    with pytest.warns(cv.errors.CustValueWarning):
        gap = kaplan_meier(Durations(exit=[2, 3, 9], event=[1, 0, 1], entry=[0, 0, 5]))
    np.testing.assert_array_equal(gap.survival, [1, 0.5, 0.5, np.nan, np.nan])
    # those who are there from the start keep the set filled
    filled = late + Durations(exit=[20], event=[0])
    assert not np.isnan(kaplan_meier(filled).survival).any()


def test_nobody_from_age_0():
    with pytest.warns(cv.errors.CustValueWarning, match="nobody is observed from age 0"):
        curve = kaplan_meier(Durations(exit=[5, 8], event=[1, 1], entry=[2, 2]))
    assert np.isnan(curve.survival_at(1))
    assert curve.survival_at([2, 5]).tolist() == [1, 0.5]
    assert np.isnan(curve.restricted_mean(6)[0])


def test_lifelines_entry_equal_to_duration_and_negative_durations():
    """It counts the event of one who was never at risk (S(3) = .5), and takes duration -1."""
    with pytest.raises(cv.errors.InvalidDataError, match="must be above entry"):
        Durations(exit=[3, 5], event=[1, 0], entry=[3, 0])
    with pytest.raises(cv.errors.InvalidDataError, match="must be above 0"):
        Durations(exit=[-1, 5], event=[1, 0])
    with pytest.raises(cv.errors.InvalidDataError, match="must not exceed those at risk"):
        KaplanMeier(time=[0.0, 3.0], entered=[1.0, 1.0], events=[0.0, 2.0], censored=[0.0, 0.0])


def test_what_was_not_observed_is_nan():
    curve = kaplan_meier(Durations(exit=[2, 5], event=[1, 0]))
    assert curve.survival_at([5, 5.01]).tolist()[0] == 0.5
    assert np.isnan(curve.survival_at(5.01))
    assert np.isnan(curve.quantile(0.9))
    assert curve.median == 2.0
    assert np.isnan(curve.restricted_mean(5.01)[0])
    assert curve.restricted_mean(5)[0] == 3.5
    nobody = kaplan_meier(Durations())
    assert np.isnan(nobody.survival_at([1, 2])).all()
    assert np.isnan(nobody.median)
    assert np.isnan(nobody.restricted_mean(3)[0])
    one = kaplan_meier(Durations(exit=[4.0], event=[False]))
    assert one.survival.tolist() == [1.0, 1.0]
    assert np.isnan(one.interval()).all()  # one who stayed says little


def test_bounds_stay_between_0_and_1(freireich):
    for method in ("log-log", "log", "greenwood"):
        for level in (0.5, 0.95, 0.999999):
            lower, upper = kaplan_meier(freireich).interval(level, method)
            known = ~np.isnan(lower)
            S = kaplan_meier(freireich).survival[known]
            assert (lower[known] >= 0).all()
            assert (lower[known] < S).all()
            assert (upper[known] > S).all()
            assert (upper[known] <= 1).all()


def test_groups_that_are_never_at_risk_together():
    apart = Durations(exit=[1, 2, 11, 12], event=[1, 1, 1, 1], entry=[0, 0, 10, 10],
                      groups={"g": list("aabb")})  # fmt: skip
    test = compare(apart)
    assert (test.degrees, test.observed.tolist()) == (0, [2, 2])
    assert np.isnan(test.statistic)
    assert np.isnan(test.p_value)


def test_records_travel(both_arms):
    for record in (kaplan_meier(both_arms), compare(both_arms), KaplanMeier(),
                   kaplan_meier(Durations(exit=WEEKS, event=RELAPSE))):  # fmt: skip
        written = json.loads(json.dumps(record.to_dict(), allow_nan=False))
        assert type(record).from_dict(written) == record
        assert len(repr(record)) < 400
        assert record._repr_html_()


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda d: kaplan_meier(WEEKS), "durations: must be a Durations"),
        (lambda d: kaplan_meier(d, by="plan"), "by: must name groups"),
        (lambda d: kaplan_meier(d, by=3), "by: must name columns"),
        (lambda d: compare(d, by=[]), "at least two groups"),
        (lambda d: compare(WEEKS), "durations: must be a Durations"),
        (lambda d: compare(kaplan_meier(d), by="arm"), "by: must be left out"),
        (lambda d: compare(Durations()), "at least two groups"),
        (lambda d: kaplan_meier(d).interval(95), "level: must be below 1"),
        (lambda d: kaplan_meier(d).interval(0.9, "exact"), "method: must be one of"),
        (lambda d: kaplan_meier(d).quantile(1), "probability: must be below 1"),
        (lambda d: kaplan_meier(d).quantile(0), "probability: must be above 0"),
        (lambda d: kaplan_meier(d).quantile([0.5]), "probability: must be one number"),
        (lambda d: kaplan_meier(d).survival_at(-1), "time: must be at least 0"),
        (lambda d: kaplan_meier(d).survival_at(None), "time: must be numbers"),
        (lambda d: kaplan_meier(d).restricted_mean(0), "horizon: must be above 0"),
        (lambda d: kaplan_meier(d).restricted_mean(np.inf), "horizon: must be finite"),
        (lambda d: KaplanMeier.from_counts([1, 2], [5, 4], [6, 0]), "must not exceed at_risk"),
        (lambda d: KaplanMeier.from_counts([2, 2], [5, 4], [1, 0]), "time: must rise"),
        (lambda d: KaplanMeier.from_counts([0, 2], [5, 4], [1, 0]), "time: must be above 0"),
        (lambda d: KaplanMeier.from_counts([1, 2], [5], [1, 0]), "at_risk: must be one column"),
        (lambda d: KaplanMeier.from_counts([1], ["5"], [1]), "at_risk: must be numbers"),
        (lambda d: KaplanMeier([0.0], entered=[1.0], events=[0.0], censored=[0.0]), "have left"),
        (lambda d: KaplanMeier(unit="moon"), "unit: must be one of"),
        (lambda d: kaplan_meier(d) + kaplan_meier(Durations(exit=[1], event=[1])), "unit"),
    ],
)  # fmt: skip
def test_bad_input(both_arms, call, rule):
    with pytest.raises(cv.errors.InvalidDataError, match=rule):
        call(both_arms)


def test_who_enters_when_the_risk_set_dies_out():
    """Not 0: of those who enter at that age, all survive it."""
    for entry in (5, 5.001):
        with pytest.warns(cv.errors.CustValueWarning, match="risk set empties"):
            curve = kaplan_meier(Durations(exit=[5, 10, 12], event=[1, 1, 0],
                                           entry=[0, entry, entry]))  # fmt: skip
        assert np.isnan(curve.survival[1:]).all()
        assert np.isnan(curve.survival_at([5, 8, 12])).all()
        assert curve.survival_at(4) == 1.0
    # records that are added say it by NaN alone
    with pytest.warns(cv.errors.CustValueWarning, match="nobody is observed from age 0"):
        late = kaplan_meier(Durations(exit=[10, 12], event=[1, 0], entry=[5, 5]))
    added = kaplan_meier(Durations(exit=[5], event=[1])) + late
    assert np.isnan(added.survival_at(8))
    # who is censored then leaves no gap
    kept = kaplan_meier(Durations(exit=[5, 10, 12], event=[0, 1, 0], entry=[0, 5, 5]))
    assert kept.survival_at([5, 10]).tolist() == [1.0, 0.5]


@pytest.mark.parametrize("small", [1.0, 0.5])
def test_few_customers_beside_a_heavy_weight(small):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        curve = kaplan_meier(Durations(exit=[1, 2, 3], event=[1, 1, 0], weight=[1e10, small, 1]))
    expected = (1 + small) / (1e10 + 1 + small) / (1 + small)
    np.testing.assert_allclose(curve.survival[2:], expected, rtol=1e-14)
    assert curve.at_risk.tolist() == [0, 1e10 + 1 + small, 1 + small, 1]
