"""Net Promoter Score: published and computed numbers, laws, defects of peers, coverage."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from scipy.special import gammaln, xlogy

import custvalue as cv
from custvalue.satisfaction import NPS, nps

COUNTS = st.tuples(*[st.integers(0, 60)] * 3).filter(lambda counts: sum(counts) > 0)
RAW = st.lists(st.integers(0, 10), min_size=1, max_size=40)


# Counts and numbers of the tests of the R package NPS 2.0.999.
@pytest.mark.parametrize(
    ("counts", "score", "variance", "error"),
    [
        ((1, 2, 3), 1 / 3, 5 / 9, 0.304),
        ((1, 0, 1), 0.0, 1.0, 0.707),
        ((0, 1, 1), 0.5, 0.25, 0.354),
        ((1, 1, 1), 0.0, 2 / 3, 0.471),
    ],
)
def test_numbers_of_the_r_package(counts, score, variance, error):
    record = NPS(*counts)
    assert record.value == pytest.approx(score, abs=1e-15)
    assert record.standard_error**2 * sum(counts) == pytest.approx(variance, rel=1e-14)
    assert record.standard_error == pytest.approx(error, abs=5e-4)


def test_raw_answers_of_the_r_package():
    assert nps([0, 7, 7, 9, 9, 9]).value == pytest.approx(1 / 3)
    assert nps([0]).value == -1.0
    assert nps([10]).value == 1.0


# Computed from the formulas of the sources.
@pytest.mark.parametrize(
    ("counts", "method", "low", "high"),
    [
        ((20, 30, 50), "wald", 0.146922, 0.453078),
        ((20, 30, 50), "adjusted-wald", 0.140511, 0.442013),
        ((20, 30, 50), "score", 0.139551, 0.443393),
        ((1, 2, 3), "wald", -0.263065, 0.929731),
        ((1, 2, 3), "adjusted-wald", -0.267433, 0.711877),
        ((1, 2, 3), "score", -0.311074, 0.753957),
        ((0, 0, 10), "wald", 1.0, 1.0),
        ((0, 0, 10), "adjusted-wald", 0.475036, 1.0),
    ],
)
def test_intervals(counts, method, low, high):
    assert NPS(*counts).interval(method=method) == pytest.approx((low, high), abs=6e-7)
    points = NPS(*counts).points_interval(method=method)
    assert points == pytest.approx((100 * low, 100 * high), abs=6e-5)


def test_default_is_the_adjusted_wald_interval():
    assert NPS(20, 30, 50).interval() == NPS(20, 30, 50).interval(method="adjusted-wald")


def test_standard_error_of_a_published_simulation():
    assert NPS(150, 150, 200).standard_error * 100 == pytest.approx(3.7148, abs=5e-5)


def test_goodman_shares():
    low, high = NPS(20, 30, 50).shares_interval()
    assert low == pytest.approx([0.121725, 0.203600, 0.383590], abs=6e-7)
    assert high == pytest.approx([0.310798, 0.418082, 0.616410], abs=6e-7)


def test_score_interval_inverts_the_test():
    """At a bound, the constrained likelihood of (D, P) gives a statistic of z (Tango 1998)."""
    d, m, p = 4, 7, 12
    n, z = d + m + p, 1.959963984540054
    grid = np.linspace(0.0, 1.0, 400_001)
    for bound in NPS(d, m, p).interval(method="score"):
        q = grid[(grid + bound >= 0) & (2 * grid + bound <= 1)]  # detractors; promoters q + bound
        likelihood = xlogy(d, q) + xlogy(p, q + bound) + xlogy(m, 1 - 2 * q - bound)
        best = q[np.argmax(likelihood)]
        variance = n * (2 * best + bound - bound**2)
        assert abs(p - d - n * bound) / np.sqrt(variance) == pytest.approx(z, abs=1e-4)


def test_bootstrap_is_near_wald_and_repeats_with_its_seed():
    record = NPS([200, 100], [300, 100], [500, 400], groups={"g": ["a", "b"]})
    low, high = record.interval(method="bootstrap", rng=7)
    wald = record.interval(method="wald")
    np.testing.assert_allclose([low, high], wald, atol=0.01)
    np.testing.assert_array_equal(low, record.interval(method="bootstrap", rng=7)[0])


# Defects of peers: R NPS 1.1 and 2.0.999.
def test_breaks_are_honoured_everywhere():
    raw = [0, 5, 6, 7, 8, 9, 10]
    usual, moved = nps(raw), nps(raw, breaks=(6, 8))
    assert [usual.detractors, usual.passives, usual.promoters] == [3, 2, 2]
    assert [moved.detractors, moved.passives, moved.promoters] == [2, 2, 3]
    assert moved.standard_error == NPS(2, 2, 3).standard_error
    assert moved.value == pytest.approx(1 / 7)


def test_missing_answers_are_left_out_and_counted():
    record = nps([0, 7, None, 7, np.nan, 9, 9, 9])
    assert record.value == pytest.approx(1 / 3)
    assert record.notes == {"answer: missing": 2}
    with pytest.raises(cv.errors.InvalidDataError, match="answered by all"):
        nps([0, 7, None], missing="error")


@pytest.mark.parametrize("method", ["adjusted-wald", "wald", "score", "bootstrap"])
@given(counts=COUNTS)
def test_bounds_are_in_order_inside_the_range_and_around_the_score(method, counts):
    record = NPS(*counts)
    low, high = record.interval(method=method, rng=1, draws=200)
    assert -1.0 <= low <= high <= 1.0
    assert -1.0 <= record.value <= 1.0
    if method in ("wald", "score"):
        assert low - 1e-12 <= record.value <= high + 1e-12


def test_points_mode_scales_the_error_not_the_variance():
    low, high = NPS(20, 30, 50).points_interval(method="wald")
    assert (high - low) / 2 == pytest.approx(1.959963984540054 * 100 * 0.07810249675906654)
    assert NPS(20, 30, 50).points == pytest.approx(30.0)


# Laws.
@given(first=RAW, second=RAW)
def test_pooling_is_adding(first, second):
    assert nps(first) + nps(second) == nps(first + second)


@given(raw=RAW, times=st.integers(2, 4))
def test_weights_are_repetitions_for_values(raw, times):
    weights = np.arange(len(raw)) % times + 1
    weighted = nps(raw, weight=weights)
    assert weighted.value == pytest.approx(nps(np.repeat(raw, weights)).value, abs=1e-12)
    assert weighted.effective_n == pytest.approx(weights.sum() ** 2 / (weights**2).sum())
    assert weighted.answers == len(raw)


@given(raw=RAW)
def test_the_unit_of_weights_changes_nothing(raw):
    plain, weighted = nps(raw), nps(raw, weight=np.full(len(raw), 0.25))
    assert weighted.interval() == pytest.approx(plain.interval(), abs=1e-12)
    assert weighted.interval(method="score") == pytest.approx(plain.interval(method="score"))


@given(raw=RAW)
def test_a_mirrored_scale_mirrors_the_score(raw):
    mirrored = nps([10 - answer for answer in raw], breaks=(2, 4))
    low, high = nps(raw).interval()
    assert mirrored.value == pytest.approx(-nps(raw).value, abs=1e-12)
    assert mirrored.interval() == pytest.approx((-high, -low), abs=1e-12)


def test_interval_shrinks_as_one_over_root_n():
    for method in ("adjusted-wald", "wald", "score"):
        widths = [
            np.subtract(*NPS(2 * n, 3 * n, 5 * n).interval(method=method)) for n in (1e4, 4e4)
        ]
        assert widths[0] / widths[1] == pytest.approx(2.0, rel=1e-3)


def test_groups_of_every_engine(engine):
    data = {"s": [0, 10, 9, 7, 10, 3], "g": ["b", "a", "a", "b", "b", "a"], "w": [1.0] * 6}
    record = nps(engine.frame(data), "s", by="g", weight="w")
    np.testing.assert_allclose(record.value, [1 / 3, 0.0])
    frame = record.to_frame()
    assert engine.owns(frame)
    assert engine.pandas(frame)["g"].tolist() == ["a", "b"]
    assert NPS.from_dict(record.to_dict()) == record


def test_groups_are_what_each_alone_gives():
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"s": rng.integers(0, 11, 3000).astype(float),
                          "x": rng.integers(0, 7, 3000), "y": rng.choice(["u", "v"], 3000),
                          "w": rng.random(3000)})  # fmt: skip
    table.loc[::17, "s"] = np.nan
    record = nps(table, "s", by=["x", "y"], weight="w")
    for i, (x, y) in enumerate(zip(record.groups["x"], record.groups["y"], strict=True)):
        part = table[(table["x"] == x) & (table["y"] == y)].dropna()
        side = (part["s"] >= 9).astype(float) - (part["s"] <= 6)
        assert record.value[i] == pytest.approx((part["w"] * side).sum() / part["w"].sum())
        assert record.answers[i] == len(part)
        assert record.squares[i] == pytest.approx((part["w"] ** 2).sum())
    assert record.notes == {"s: missing": 177}


def test_small_groups_are_hidden_and_low_bases_flagged():
    record = NPS([20, 1], [30, 2], [50, 3], groups={"g": ["a", "b"]}, min_group=10)
    assert np.isnan(record.value).tolist() == [False, True]
    assert np.isnan(record.interval()).all(axis=0).tolist() == [False, True]
    assert np.isnan(record.shares).all(axis=1).tolist() == [False, True]
    shown = record.to_frame()
    assert shown["detractors"].isna().tolist() == [False, True]
    assert shown["answers"].tolist() == [100, 6]
    assert record.low_base.tolist() == [False, True]
    assert (record + record + record).value[1] == pytest.approx(1 / 3)  # 18 answers: shown


def test_none_is_nan():
    for record in (nps([]), nps([None]), NPS()):
        assert np.isnan(record.value)
        assert np.isnan(record.interval()).all()
        assert np.isnan(record.interval(method="score")).all()
        assert np.isnan(record.interval(method="bootstrap")).all()
        assert np.isnan(record.shares).all()
    assert NPS() + NPS(1, 2, 3) == NPS(1, 2, 3)
    empty = nps(
        pd.DataFrame({"s": np.array([], dtype=int), "g": np.array([], dtype=str)}), "s", by="g"
    )
    assert len(empty.value) == 0


def test_bad_input():
    def bad(match, call):
        with pytest.raises(cv.errors.InvalidDataError, match=match):
            call()

    bad("scale from 0 to 10; got 11", lambda: nps([11]))
    for breaks in [(9, 7), (0, 9), (7,), 7, (7, 11), ("a", "b")]:
        bad("breaks", lambda breaks=breaks: nps([1], breaks=breaks))
    bad("scale", lambda: nps([1], scale=None))
    bad("scale", lambda: NPS(1, 2, 3, scale=None))
    bad("at most 1001", lambda: nps([1], scale=(0, 10_000)))
    bad("must be one column", lambda: nps(np.ones((2, 2))))
    bad("min_group", lambda: nps([1], min_group=2.5))
    bad("detractors", lambda: NPS(-1, 2, 3))
    bad("promoters", lambda: NPS(1, 2, np.nan))
    bad("numbers", lambda: NPS("a", 2, 3))
    bad("numbers", lambda: NPS(None, 2, 3))
    bad("shapes", lambda: NPS([1, 2], [1, 2, 3], [1, 2]))
    bad("method", lambda: NPS(1, 2, 3).interval(method="best"))
    bad("level", lambda: NPS(1, 2, 3).interval(95))
    bad("rng", lambda: NPS(1, 2, 3).interval(method="bootstrap", rng="seed"))
    bad("draws", lambda: NPS(1, 2, 3).interval(method="bootstrap", draws=0))
    bad("breaks: must be the same", lambda: nps([1]) + nps([1], breaks=(6, 8)))
    bad(
        "must not be named",
        lambda: nps(pd.DataFrame({"s": [1], "answers": [2]}), "s", by="answers"),
    )


# Coverage, by exact sums over all samples.
def coverage(n, method, shares):
    d, p = np.meshgrid(np.arange(n + 1), np.arange(n + 1))
    d, p = d[d + p <= n], p[d + p <= n]
    m = n - d - p
    low, high = NPS(d, m, p, groups={"i": np.arange(len(d))}).interval(method=method)
    log = gammaln(n + 1) - gammaln(d + 1) - gammaln(m + 1) - gammaln(p + 1)
    found = []
    for detractors, promoters in shares:
        probability = np.exp(
            log + xlogy(d, detractors) + xlogy(p, promoters) + xlogy(m, 1 - detractors - promoters)
        )
        truth = promoters - detractors
        covered = (low <= truth + 1e-12) & (high >= truth - 1e-12)
        found.append(probability[covered].sum())
    return np.array(found)


def grid(least, step):
    values = np.arange(least, 1 - 2 * least + 1e-9, step)
    return [(d, p) for d in values for p in values if 1 - d - p >= least - 1e-9]


@pytest.mark.parametrize(("n", "low", "high"), [(30, 0.940, 0.97), (50, 0.942, 0.96)])
def test_coverage_of_the_default_interval(n, low, high):
    found = coverage(n, "adjusted-wald", grid(0.1, 0.1))
    assert low < found.min() <= found.max() < high


def test_walds_interval_falls_short_where_almost_all_are_alike():
    assert coverage(20, "wald", [(0.02, 0.96)])[0] == pytest.approx(0.557, abs=1e-3)
