"""Control charts: published examples, run rules by definition, exact run lengths, hostile input."""

from __future__ import annotations

import json
import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from scipy.special import ndtr

import custvalue as cv
from custvalue.errors import InvalidDataError
from custvalue.scorecard import (
    CUSUMChart,
    EWMAChart,
    PChart,
    cusum_chart,
    ewma_chart,
    p_chart,
)
from custvalue.scorecard.p_chart import RULES

SCORES = st.lists(st.floats(-50.0, 50.0), min_size=1, max_size=30)
COUNTS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=30)

# NIST/SEMATECH e-Handbook 6.3.2.4
NIST = [52.0, 47.0, 53.0, 49.3, 50.1, 47.0, 51.0, 50.1, 51.2, 50.5, 49.6, 47.6, 49.9, 51.3, 47.8,
        51.2, 52.6, 52.4, 53.6, 52.1]  # fmt: skip
NIST_AVERAGES = [50.60, 49.52, 50.56, 50.18, 50.16, 49.21, 49.75, 49.85, 50.26, 50.33, 50.11, 49.36,
                 49.52, 50.05, 49.38, 49.92, 50.73, 51.23, 51.94, 51.99]  # fmt: skip
# Montgomery & Runger, "Applied Statistics and Probability for Engineers", 3rd ed., table 16-8:
# concentrations, target 99, K = 1, H = 10, and the sums as printed
CONCENTRATION = [102.0, 94.8, 98.3, 98.4, 102.0, 98.5, 99.0, 97.7, 100.0, 98.1, 101.3, 98.7, 101.1,
                 98.4, 97.0, 96.7, 100.3, 101.4, 97.2, 101.0]  # fmt: skip
UPPER = [2.0, 0, 0, 0, 2.0, 0.5, 0, 0, 0, 0, 1.3, 0, 1.1, 0, 0, 0, 0.3, 1.7, 0, 1.0]
LOWER = [0, 3.2, 2.9, 2.5, 0, 0, 0, 0.3, 0, 0, 0, 0, 0, 0, 1.0, 2.3, 0, 0, 0.8, 0]


def refused(make, *words):
    with pytest.raises(InvalidDataError) as caught:
        make()
    for word in words:
        assert word in str(caught.value)


# ---- shares


def test_limits_of_the_specification():
    chart = p_chart([25, 85, 340], [30, 100, 400], baseline=0.85)
    low, high = chart.limits
    assert low.round(3).tolist() == [0.654, 0.743, 0.796]
    assert high.round(3).tolist() == [1.0, 0.957, 0.904]


def test_limits_of_the_handbook():
    """NIST/SEMATECH 6.3.3.2: thirty wafers of 50 chips, mean share 0.2313, limits .0524, .4102."""
    low, high = p_chart([12], [50], baseline=0.2313).limits
    assert (low[0], high[0]) == pytest.approx((0.0524, 0.4102), abs=6e-5)


def test_limits_by_the_size_of_the_sample():
    count = [425, 430, 216, 314, 225, 322, 280, 306, 337, 305]
    total = [2000, 1500, 1400, 1350, 1250, 1760, 1875, 1955, 3125, 1575]
    chart = p_chart(count, total, rules="beyond")
    assert chart.centre == pytest.approx(3160 / 17790)
    for i, n in enumerate(total):
        half = 3 * math.sqrt(chart.centre * (1 - chart.centre) / n)
        assert chart.limits[0][i] == pytest.approx(chart.centre - half)
        assert chart.limits[1][i] == pytest.approx(chart.centre + half)
    # the textbook finds five out of control: 1, 2 and 4 above, 7 and 9 below
    assert (np.flatnonzero(chart.signals["beyond"]) + 1).tolist() == [1, 2, 4, 7, 9]


@given(COUNTS)
def test_a_p_chart_of_the_others_mirrors_it(pairs):
    count, extra = np.array(pairs, dtype=float).T
    total = count + extra
    one = p_chart(count, total, baseline=0.3, rules=tuple(RULES))
    other = p_chart(extra, total, baseline=0.7, rules=tuple(RULES))
    assert one.limits[0] == pytest.approx(1.0 - other.limits[1], nan_ok=True)
    assert one.z == pytest.approx(-other.z, nan_ok=True)
    inside = (one.limits[0] <= one.share) & (one.share <= one.limits[1])
    beyond = np.abs(np.nan_to_num(one.z)) > 3.0 + 1e-9
    assert not (inside & beyond).any()
    assert PChart.from_dict(json.loads(json.dumps(one.to_dict()))) == one


def by_definition(share, z, width):
    """Return Nelson's tests for the last of the points, each written out."""

    def points(number):
        return z[-number:] if len(z) >= number else np.full(number, np.nan)

    def steps(number):
        return np.diff(share[-number:]) if len(z) >= number else np.zeros(number - 1)

    def most(number, least, bound):
        sides = ((side * z[-number:], side * z[-1]) for side in (1, -1))
        return any((recent > bound).sum() >= least and last > bound for recent, last in sides)

    turns = steps(14)
    return {
        "beyond": abs(z[-1]) > width,
        "nine on one side": (points(9) > 0).all() or (points(9) < 0).all(),
        "six rising or falling": (steps(6) > 0).all() or (steps(6) < 0).all(),
        "fourteen alternating": (turns[1:] * turns[:-1] < 0).all(),
        "two of three": most(3, 2, 2 * width / 3),
        "four of five": most(5, 4, width / 3),
        "fifteen close": (abs(points(15)) < width / 3).all(),
        "eight away": (abs(points(8)) > width / 3).all(),
    }


@pytest.mark.parametrize("seed", range(6))
def test_rules_by_definition(seed):
    rng = np.random.default_rng(seed)
    total = np.full(400, 100)
    drift = [
        np.full(400, 0.5),
        0.5 + 0.1 * np.sin(np.arange(400) / 8),
        0.5 + 0.1 * (-1.0) ** np.arange(400),
    ]
    count = rng.binomial(100, drift[seed % 3])
    if seed == 3:
        count = 50 + np.clip(count - 50, -4, 4)  # all close
    chart = p_chart(count, total, baseline=0.5, rules=tuple(RULES))
    for end in range(1, 401):
        for rule, flag in by_definition(chart.share[:end], chart.z[:end], 3.0).items():
            assert chart.signals[rule][end - 1] == flag, (rule, end)


def test_every_rule_has_signalled():
    flat, turns = [50] * 15, [45, 55] * 8
    series = {
        "beyond": [70], "nine on one side": [51] * 9,
        "six rising or falling": [50, 51, 52, 53, 54, 55],
        "fourteen alternating": turns[:14], "two of three": [62, 50, 62],
        "four of five": [56, 56, 50, 56, 56], "fifteen close": flat, "eight away": [40, 60] * 4,
    }  # fmt: skip
    for rule, count in series.items():
        flags = p_chart(count, [100] * len(count), baseline=0.5, rules=rule).signals[rule]
        assert flags.tolist() == [False] * (len(count) - 1) + [True], rule
    assert set(series) == set(RULES)


def test_equal_shares_are_on_no_side():
    chart = p_chart([17] * 20, [20] * 20, rules=("beyond", "nine on one side"))
    assert chart.z.tolist() == [0.0] * 20
    assert not any(flags.any() for flags in chart.signals.values())


def test_a_period_of_nobody_interrupts():
    chart = p_chart([60] * 5 + [0] + [60] * 8, [100] * 5 + [0] + [100] * 8, baseline=0.5)
    assert np.isnan(chart.share[5])
    assert np.isnan(chart.limits[0][5])
    assert not chart.signals["nine on one side"].any()
    assert chart.to_frame()["signal"].tolist() == [""] * 14


def test_where_all_or_none_count():
    chart = p_chart([0, 0, 1], [50, 50, 50], baseline_periods=2)
    assert chart.centre == 0.0
    assert chart.signals["beyond"].tolist() == [False, False, True]


def test_laney():
    rng = np.random.default_rng(8)
    total = rng.integers(20_000, 60_000, 300)
    drifting = rng.binomial(total, 0.9 + 0.01 * rng.standard_normal(300))
    chart = p_chart(drifting, total, dispersion="laney", rules="beyond")
    p = drifting.sum() / total.sum()
    z = [(x / n - p) / math.sqrt(p * (1 - p) / n) for x, n in zip(drifting, total, strict=True)]
    ranges = [abs(one - other) for one, other in zip(z[1:], z[:-1], strict=True)]
    assert chart.spread == pytest.approx(sum(ranges) / len(ranges) / 1.128, rel=4e-4)
    assert chart.spread > 5.0
    assert chart.signals["beyond"].mean() < 0.02
    assert p_chart(drifting, total, rules="beyond").signals["beyond"].mean() > 0.3
    chance = p_chart(rng.binomial(total, 0.9), total, dispersion="laney")
    assert chance.spread == pytest.approx(1.0, abs=0.12)
    given_centre = p_chart(drifting, total, baseline=0.9, baseline_periods=50, dispersion="laney")
    assert given_centre.centre == 0.9
    assert given_centre.spread == pytest.approx(
        p_chart(drifting[:50], total[:50], baseline=0.9, dispersion="laney").spread
    )


def test_the_baseline_is_of_the_first_periods():
    chart = p_chart([8, 9, 40], [10, 10, 50], baseline_periods=2)
    assert chart.centre == pytest.approx(0.85)
    assert p_chart([8, 9, 40], [10, 10, 50]).centre == pytest.approx(57 / 70)


def test_bad_shares_are_refused():
    refused(lambda: p_chart([5], [4]), "count: must not exceed")
    refused(lambda: p_chart([-1], [4]), "count", "at least 0")
    refused(lambda: p_chart([1, 2], [4]), "count, total")
    refused(lambda: p_chart([[1]], [[4]]), "count, total")
    refused(lambda: p_chart([1], [math.nan]), "total", "finite")
    refused(lambda: p_chart([0], [0]), "total", "baseline=")
    refused(lambda: p_chart([], []), "total", "baseline=")
    refused(lambda: p_chart([1], [4], baseline=85), "baseline")
    refused(lambda: p_chart([1], [4], baseline=1), "baseline", "0.85")
    refused(lambda: p_chart([1], [4], baseline=0), "baseline", "above 0")
    refused(lambda: p_chart([1], [4], baseline=0.5, baseline_periods=1), "baseline_periods")
    refused(lambda: p_chart([1], [4], baseline_periods=2), "baseline_periods", "at most 1")
    refused(lambda: p_chart([1, 1], [4, 4], baseline_periods=1.5), "baseline_periods", "whole")
    refused(lambda: p_chart([1], [4], width=0), "width")
    refused(lambda: p_chart([1], [4], rules="seven"), "rules", "beyond")
    refused(lambda: p_chart([1], [4], rules=()), "rules")
    refused(lambda: p_chart([1], [4], rules=3), "rules")
    refused(lambda: p_chart([1], [4], period=["a", "b"]), "period")
    refused(lambda: p_chart([1], [4], dispersion="poisson"), "dispersion")
    refused(lambda: p_chart([1], [4], dispersion="laney"), "laney", "two or more")
    refused(lambda: p_chart([1, 1], [4, 4], dispersion="laney"), "laney", "vary")


# ---- moving averages


def test_averages_of_the_handbook():
    chart = ewma_chart(NIST, 2.0539, target=50, weight=0.3)
    assert chart.average.round(2).tolist() == NIST_AVERAGES
    low, high = chart.limits  # in the long run, with 0.4201 as the handbook rounds it
    assert (low[-1], high[-1]) == pytest.approx((47.4115, 52.5884), abs=2e-4)
    assert not chart.signals.any()


@given(SCORES, st.floats(0.01, 1.0), st.floats(0.1, 9.0))
def test_averages_by_definition(scores, weight, error):
    chart = ewma_chart(scores, error, target=1.5, weight=weight)
    average = 1.5
    for i, score in enumerate(scores):
        average = weight * score + (1.0 - weight) * average
        assert chart.average[i] == pytest.approx(average, abs=1e-9)
        variance = error**2 * weight / (2 - weight) * (1 - (1 - weight) ** (2 * (i + 1)))
        assert chart.limits[1][i] - 1.5 == pytest.approx(3.0 * math.sqrt(variance))
        assert 1.5 - chart.limits[0][i] == pytest.approx(3.0 * math.sqrt(variance))
    assert EWMAChart.from_dict(json.loads(json.dumps(chart.to_dict()))) == chart


def test_errors_may_differ_by_period():
    errors = np.array([1.0, 2.0, 0.5])
    chart = ewma_chart([1.0, 2.0, 3.0], errors, target=0, weight=0.4)
    shares = 0.4 * 0.6 ** np.array([2, 1, 0])  # of each score in the last average
    assert chart.average[-1] == pytest.approx(shares @ [1.0, 2.0, 3.0])
    assert chart.limits[1][-1] == pytest.approx(3.0 * math.sqrt(shares**2 @ errors**2))


def test_a_weight_of_one_is_shewharts_chart():
    chart = ewma_chart([1.0, -4.0, 2.0], [1.0, 1.0, 2.0], target=0, weight=1)
    assert chart.average.tolist() == [1.0, -4.0, 2.0]
    assert chart.limits[1].tolist() == [3.0, 3.0, 6.0]
    assert chart.signals.tolist() == [0, -1, 0]
    assert chart.to_frame()["signal"].tolist() == ["", "below", ""]


def test_the_error_from_neighbours():
    scores = np.random.default_rng(2).normal(7.0, 0.5, 4000)
    chart = ewma_chart(scores)
    assert chart.standard_error[0] == pytest.approx(0.5, rel=0.05)
    assert chart.standard_error[0] == pytest.approx(np.abs(np.diff(scores)).mean() / 1.128, 4e-4)
    assert chart.target == pytest.approx(scores.mean())


def test_bad_scores_are_refused():
    refused(lambda: ewma_chart([]), "value")
    refused(lambda: ewma_chart([1.0, math.nan], 1), "value", "finite", "row 1")
    refused(lambda: ewma_chart(["a"], 1), "value", "numbers")
    refused(lambda: ewma_chart([1.0]), "value", "standard_error")
    refused(lambda: ewma_chart([1.0, 1.0]), "value", "standard_error")
    refused(lambda: ewma_chart([[1.0]], 1), "value")
    refused(lambda: ewma_chart([1.0], 0), "standard_error", "above 0")
    refused(lambda: ewma_chart([1.0, 2.0], [1, -1]), "standard_error", "row 1")
    refused(lambda: ewma_chart([1.0, 2.0], [1, 1, 1]), "standard_error")
    refused(lambda: ewma_chart([1.0], 1, weight=0), "weight", "above 0")
    refused(lambda: ewma_chart([1.0], 1, weight=1.1), "weight", "at most 1")
    refused(lambda: ewma_chart([1.0], 1, width=-3), "width")
    refused(lambda: ewma_chart([1.0], 1, target=math.inf), "target")
    refused(lambda: ewma_chart([1.0], 1, period=[1, 2]), "period")


# ---- cumulative sums


def test_sums_of_the_textbook():
    chart = cusum_chart(CONCENTRATION, 99, 1, slack=1, decision=10)
    assert chart.upper == pytest.approx(UPPER, abs=1e-12)
    assert chart.lower == pytest.approx(LOWER, abs=1e-12)
    assert not chart.signals.any()
    assert len(chart.shifts()) == 0


def test_sums_of_lucas_and_crosier():
    """Technometrics 24 (1982), table 5 without a head start: k = 0.5, h = 5, signal at the 7th."""
    chart = cusum_chart([0.8, 1.9, 1.4, 2.0, 1.1, 0.7, 2.6], 0, 1)
    assert chart.upper == pytest.approx([0.3, 1.7, 2.6, 4.1, 4.7, 4.9, 7.0])
    assert chart.signals.tolist() == [0, 0, 0, 0, 0, 0, 1]
    shifts = chart.shifts()
    assert shifts["start"].tolist() == [0]
    assert shifts["signal"].tolist() == [6]
    assert shifts["mean"].tolist() == pytest.approx([10.5 / 7])


@given(SCORES, st.floats(0.0, 2.0))
def test_sums_by_definition(scores, slack):
    chart = cusum_chart(scores, 3.0, 2.0, slack=slack, decision=4)
    upper = lower = 0.0
    for i, score in enumerate(scores):
        z = (score - 3.0) / 2.0
        upper, lower = max(0.0, upper + z - slack), max(0.0, lower - z - slack)
        assert chart.upper[i] == pytest.approx(upper, abs=1e-10)
        assert chart.lower[i] == pytest.approx(lower, abs=1e-10)
    mirrored = cusum_chart(-np.array(scores), -3.0, 2.0, slack=slack, decision=4)
    assert mirrored.upper == pytest.approx(chart.lower)
    assert (mirrored.signals == -chart.signals).all()
    assert CUSUMChart.from_dict(json.loads(json.dumps(chart.to_dict()))) == chart


def test_shifts_up_and_down_and_up_again():
    scores = [0] * 5 + [3] * 4 + [-3] * 9 + [0] * 20 + [4] * 3
    chart = cusum_chart(scores, 0, 1, period=[f"w{i}" for i in range(len(scores))])
    shifts = chart.shifts()
    assert shifts["direction"].tolist() == ["up", "down", "up"]
    assert shifts["start"].tolist() == ["w5", "w9", "w38"]
    assert shifts["signal"].tolist() == ["w7", "w11", "w39"]
    assert shifts["mean"].tolist() == [3.0, -3.0, 4.0]
    frame = chart.to_frame()
    assert frame["signal"].tolist()[7:9] == ["up", "up"]
    assert frame["signal"].tolist()[11:16] == ["down"] * 5


def test_bad_sums_are_refused():
    refused(lambda: cusum_chart([], 0, 1), "value")
    refused(lambda: cusum_chart([1.0, None], 0, 1), "value")
    refused(lambda: cusum_chart([1.0], math.nan, 1), "target")
    refused(lambda: cusum_chart([1.0], 0, 0), "standard_error")
    refused(lambda: cusum_chart([1.0], 0, [1, 1]), "standard_error")
    refused(lambda: cusum_chart([1.0], 0, 1, slack=-1), "slack")
    refused(lambda: cusum_chart([1.0], 0, 1, decision=0), "decision")
    refused(lambda: cusum_chart([1.0], 0, 1, period=[]), "period")


def test_what_is_given_is_not_changed():
    scores, errors = np.array([1.0, 2.0]), np.array([1.0, 1.0])
    cusum_chart(scores, 0, errors)
    ewma_chart(scores, errors)
    scores[0], errors[0] = 5.0, 2.0  # still the caller's
    assert scores.tolist() == [5.0, 2.0]


# ---- run lengths


def one_sided_run_length(decision, slack=0.5, shift=0.0, cells=400):
    """Return the mean run length of a one-sided sum of normal scores (Page's integral equation).

    Gauss-Legendre nodes; a sum of 0 has an atom of its own.
    """
    node, mass = np.polynomial.legendre.leggauss(cells)
    node, mass = (node + 1) * decision / 2, mass * decision / 2
    states = np.append(0.0, node)
    step = node[None, :] - states[:, None] + slack - shift
    density = np.exp(-(step**2) / 2) / math.sqrt(2 * math.pi) * mass
    to_zero = ndtr(slack - shift - states)
    matrix = np.column_stack([to_zero, density])
    return float(np.linalg.solve(np.eye(cells + 1) - matrix, np.ones(cells + 1))[0])


def test_exact_run_lengths_are_those_of_the_docstring():
    """Lucas & Crosier (1982): 168 and 465; at a shift of one standard error 8.38 and 10.4."""
    for decision, none, one in [(4, 168, 8.38), (5, 465, 10.4)]:
        assert one_sided_run_length(decision) / 2 == pytest.approx(none, abs=0.6)
        up, down = (one_sided_run_length(decision, shift=s) for s in (1.0, -1.0))
        assert 1 / (1 / up + 1 / down) == pytest.approx(one, abs=0.06)


def run_lengths(rng, runs, length, shift, signals):
    """Return when the first signal is in each run of normal scores."""
    found = []
    for scores in rng.normal(shift, 1.0, (runs, length)):
        where = np.flatnonzero(signals(scores))
        found.append(where[0] + 1 if len(where) else np.nan)
    assert not np.isnan(found).any()
    return np.array(found)


def close(found, expected):
    error = found.std() / math.sqrt(len(found))
    assert abs(found.mean() - expected) < 4 * error, (found.mean(), expected, error)


def test_shifts_are_signalled_as_soon_as_they_should_be():
    for decision in (4, 5):
        up, down = (one_sided_run_length(decision, shift=s) for s in (1.0, -1.0))
        found = run_lengths(
            np.random.default_rng(decision),
            1500,
            200,
            1.0,
            lambda x, h=decision: cusum_chart(x, 0, 1, decision=h).signals,
        )
        close(found, 1 / (1 / up + 1 / down))


@pytest.mark.study
@pytest.mark.parametrize("decision", [4, 5])
def test_false_alarms_of_sums(decision):
    found = run_lengths(
        np.random.default_rng(decision),
        20_000,
        8_000,
        0.0,
        lambda x: cusum_chart(x, 0, 1, decision=decision).signals,
    )
    close(found, one_sided_run_length(decision) / 2)


def average_run_length(weight, width, shift=0.0, cells=301, periods=200):
    """Return the mean run length of a moving average with exact limits, by a Markov chain.

    The average in standard errors of the long run; cells of equal width; the limits of the first
    periods by which cells are left.
    """
    long = math.sqrt(weight / (2 - weight))
    edges = np.linspace(-width, width, cells + 1) * long
    centre = (edges[1:] + edges[:-1]) / 2
    reach = (edges[None, :] - (1 - weight) * centre[:, None]) / weight - shift
    move = np.diff(ndtr(reach), axis=1)
    rest = np.linalg.solve(np.eye(cells) - move, np.ones(cells))
    here, mean = np.zeros(cells), 1.0
    here[cells // 2] = 1.0
    for period in range(1, periods + 1):
        half = width * long * math.sqrt(1 - (1 - weight) ** (2 * period))
        left, right = np.maximum(edges[:-1], -half), np.minimum(edges[1:], half)
        inside = np.clip((right - left) / (edges[1] - edges[0]), 0, 1)
        here = (here @ move) * inside
        mean += here.sum()
    return mean + here @ (rest - 1)


@pytest.mark.study
@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_run_lengths_of_moving_averages(shift):
    runs, length = (20_000, 10_000) if shift == 0.0 else (40_000, 400)
    found = run_lengths(
        np.random.default_rng(3),
        runs,
        length,
        shift,
        lambda x: ewma_chart(x, 1.0, target=0).signals,
    )
    close(found, average_run_length(0.2, 3.0, shift))


@pytest.mark.study
def test_false_alarms_of_shares():
    """The docstring: one in 370 with normal scatter."""
    z = np.random.default_rng(5).standard_normal(2_000_000)
    n = 1e12
    chart = p_chart(n / 2 + z * math.sqrt(n) / 2, np.full(z.shape, n), baseline=0.5)
    rate = chart.signals["beyond"].mean()
    assert 1 / rate == pytest.approx(370.4, rel=0.06)


def test_shares_given_as_counts_are_asked_about():
    with pytest.warns(cv.errors.CustValueWarning, match="all are below 1"):
        p_chart([0.85, 0.84], [400, 400])
    with pytest.warns(cv.errors.CustValueWarning, match="if they are shares"):
        cv.satisfaction.share_trend([0.8, 0.85, 0.9], [100, 100, 100])
