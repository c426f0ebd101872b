"""Sensitivity to weights: draws one by one as an oracle, analytic swaps, laws, hostile input."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from custvalue.errors import InvalidDataError
from custvalue.scorecard import Sensitivity, aggregate, sensitivity

METHODS = ("weighted_mean", "geometric", "harmonic")
SCORES = np.random.default_rng(21).uniform(5, 100, (12, 4))
WEIGHTS = np.array([4.0, 3.0, 2.0, 1.0])


def refused(rule, call, *arguments, **named):
    with pytest.raises(InvalidDataError, match=rule):
        call(*arguments, **named)


def draw_by_draw(scores, weights, method, draws, seed, spread=0.1, concentration=None):
    """Return ranks of shape (draws, units), each draw aggregated by itself."""
    source = np.random.default_rng(seed)
    weights = np.asarray(weights, dtype=float) / np.sum(weights)
    if concentration is None:
        drawn = weights * source.uniform(1 - spread, 1 + spread, (draws, len(weights)))
    else:
        drawn = source.dirichlet(concentration * weights, draws)
    found = [aggregate(scores, row, method=method) for row in drawn]
    return np.array([[1 + (row > one).sum() for one in row] for row in found])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("how", [{"spread": 0.1}, {"spread": 0.8}, {"concentration": 20.0}])
def test_draw_by_draw(method, how):
    found = sensitivity(SCORES, WEIGHTS, method=method, draws=300, rng=4, **how)
    ranks = draw_by_draw(SCORES, WEIGHTS, method, 300, 4, **how)
    score = aggregate(SCORES, WEIGHTS, method=method)
    assert found.score == pytest.approx(score, rel=1e-12)
    assert found.rank.tolist() == [1 + (score > one).sum() for one in score]
    assert found.kept == pytest.approx((ranks == found.rank).mean(axis=0))
    assert found.first == pytest.approx((ranks == 1).mean(axis=0))
    off = np.abs(ranks - found.rank)
    assert found.mean_shift == pytest.approx(off.mean(axis=0))
    assert found.mean_rank_shift == pytest.approx(off.mean(axis=1).mean())
    ordered = np.sort(ranks, axis=0)
    for level, outside in ((0.95, 7), (0.5, 75), (0.999, 0)):
        best, worst = found.rank_interval(level)
        assert best.tolist() == ordered[outside].tolist()
        assert worst.tolist() == ordered[-1 - outside].tolist()


def test_blocks_do_not_matter(monkeypatch):
    found = sensitivity(SCORES, WEIGHTS, draws=500, rng=5, spread=0.5)
    monkeypatch.setattr("custvalue.scorecard._draws._BLOCK", 100)
    assert sensitivity(SCORES, WEIGHTS, draws=500, rng=5, spread=0.5) == found
    assert found == sensitivity(SCORES, WEIGHTS * 7, draws=500, rng=5, spread=0.5)
    assert found != sensitivity(SCORES, WEIGHTS, draws=500, rng=6, spread=0.5)
    source = np.random.default_rng(5)
    assert found == sensitivity(SCORES, WEIGHTS, draws=500, rng=source, spread=0.5)


@pytest.mark.parametrize("method", METHODS)
def test_a_swap_is_where_the_first_two_are_equal(method):
    found = sensitivity(SCORES, WEIGHTS, method=method, draws=1, rng=0)
    first, second = np.argsort(found.rank)[:2]
    assert np.isfinite(found.swap).any()
    for i, change in enumerate(found.swap):
        if np.isnan(change):  # even without it the first one leads
            less = WEIGHTS * (np.arange(4) != i)
            after = aggregate(SCORES[[first, second]], less, method=method)
            assert after[0] > after[1]
            continue
        for more, sign in ((1e-6, -1), (-1e-6, 1)):
            factor = np.ones(4)
            factor[i] = 1 + change * (1 + more)
            after = aggregate(SCORES[[first, second]], WEIGHTS * factor, method=method)
            assert np.sign(after[0] - after[1]) == sign
    assert abs(found.smallest_swap) == np.nanmin(np.abs(found.swap))


def test_swaps_by_hand():
    # lead 1.5: of 10 from the first indicator, -10.5 from the second, 2 from the third
    found = sensitivity([[80, 40, 60], [60, 75, 50], [40, 50, 90]], [5, 3, 2], rng=1)
    assert found.swap == pytest.approx([-1.5 / 10, 1.5 / 10.5, -1.5 / 2])
    assert found.score == pytest.approx([64.0, 62.5, 53.0])
    ahead = sensitivity([[80, 40], [60, 30]], rng=1)  # better in all: no weight can swap them
    assert np.isnan(ahead.swap).all()
    assert np.isnan(ahead.smallest_swap)
    assert ahead.kept.tolist() == [1.0, 1.0]
    alike = sensitivity([[80, 40], [40, 80]], rng=1)
    assert alike.swap.tolist() == [0.0, 0.0]
    without = sensitivity([[80, 40], [60, 90]], [1, 0], rng=1)
    assert np.isnan(without.swap).all()  # nothing else has weight
    assert without.first.tolist() == [1.0, 0.0]


def test_equal_units_share_a_rank_in_every_draw():
    scores = np.vstack([SCORES, SCORES])
    found = sensitivity(scores, WEIGHTS, draws=200, rng=3, spread=0.9)
    assert np.array_equal(found.rank[:12], found.rank[12:])
    assert np.array_equal(found.mean_shift[:12], found.mean_shift[12:])
    single = sensitivity(SCORES, WEIGHTS, draws=200, rng=3, spread=0.9)
    assert np.array_equal(found.rank[:12], 2 * single.rank - 1)
    assert np.array_equal(found.kept[:12], single.kept)
    assert found.mean_rank_shift == pytest.approx(2 * single.mean_rank_shift)


def test_units_that_are_equal_but_for_rounding_are_equal():
    found = sensitivity([[0.1, 0.2, 0.3], [0.3, 0.2, 0.1], [0.2, 0.1, 0.3]], draws=1, rng=1)
    assert found.rank.tolist() == [1, 1, 1]


@pytest.mark.parametrize("method", ["geometric", "harmonic"])
def test_scores_of_0(method):
    scores = [[0.0, 100.0], [30.0, 30.0], [0.0, 0.0]]
    found = sensitivity(scores, method=method, draws=50, rng=1)
    assert found.score == pytest.approx([0.0, 30.0, 0.0], abs=0)
    assert found.rank.tolist() == [2, 1, 2]
    assert np.isnan(found.swap).all()


def test_sizes_that_nearly_overflow():
    tiny = sensitivity([[5e-324, 1], [1, 2]], method="harmonic", draws=9, rng=1)
    assert tiny.rank.tolist() == [2, 1]
    light = sensitivity([[1, 2], [2, 1]], [1e-320, 1], draws=9, rng=1)
    assert light.rank.tolist() == [1, 2]
    assert light.swap[1] == pytest.approx(-1.0)
    assert np.isnan(light.swap[0])
    large = sensitivity([[1e200, 1], [1e200, 2]], draws=9, rng=1)
    assert large.score.tolist() == [5e199, 5e199]


def test_narrow_draws_change_nothing_and_wide_ones_more():
    tight = sensitivity(SCORES, WEIGHTS, concentration=1e9, draws=100, rng=1)
    assert tight.mean_rank_shift == 0.0
    shifts = [sensitivity(SCORES, WEIGHTS, spread=s, rng=1).mean_rank_shift for s in (0.1, 0.9)]
    assert shifts[0] < shifts[1]


def test_the_variance_of_dirichlet_weights():
    """With two units that lead in one indicator each, first is a share of Beta(c w, c (1 - w))."""
    from scipy.stats import beta

    found = sensitivity([[1, 0], [0, 1]], [6, 4], concentration=10, draws=20_000, rng=1)
    expected = beta.sf(0.5, 6, 4)
    assert found.first[0] == pytest.approx(expected, abs=4 * np.sqrt(0.25 / 20_000))
    assert found.first.sum() == pytest.approx(1.0)


def test_labels_and_frames():
    found = sensitivity(SCORES[:3], WEIGHTS, draws=9, rng=1, units=list("xyz"),
                        indicators=["a", "b", "c", "d"])  # fmt: skip
    shown = found.to_frame()
    assert shown.columns.tolist() == ["unit", "score", "rank", "best_rank", "worst_rank", "kept",
                                      "first", "mean_shift"]  # fmt: skip
    assert shown["unit"].tolist() == ["x", "y", "z"]
    assert found.indicators()["indicator"].tolist() == ["a", "b", "c", "d"]
    assert found.indicators()["weight"].tolist() == pytest.approx([0.4, 0.3, 0.2, 0.1])
    assert sensitivity(pd.DataFrame(SCORES), WEIGHTS, draws=9, rng=1).score.shape == (12,)


def test_one_unit():
    found = sensitivity([[3.0, 4.0]], draws=5, rng=1)
    assert found.kept.tolist() == [1.0]
    assert np.isnan(found.swap).all()


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ("scores: must be finite", {"scores": [[1, np.nan], [2, 3]]}),
        ("scores: must be of shape", {"scores": [1, 2]}),
        ("scores: must be of shape", {"scores": np.empty((0, 2))}),
        ("scores: must be at least 0", {"scores": [[-1, 1], [2, 3]], "method": "harmonic"}),
        ("scores: must be at most 1e", {"scores": [[1, 1e201], [2, 3]]}),
        ("weights: must be 2", {"weights": [1, 2, 3]}),
        ("weights: must not all be 0", {"weights": [0, 0]}),
        ("method: must be one of", {"method": "min"}),
        ("spread: must be above 0", {"spread": 0}),
        ("spread: must be at most 1", {"spread": 1.5}),
        ("spread: must be given alone", {"spread": 0.1, "concentration": 5}),
        ("concentration: must be above 0", {"concentration": 0}),
        ("draws: must be at least 1", {"draws": 0}),
        ("draws: must be whole", {"draws": 1.5}),
        ("draws: must be at most", {"draws": 10**7}),
        ("rng: must be", {"rng": None}),
        ("rng: must be", {"rng": "x"}),
        ("units: must be 2 labels", {"units": ["a"]}),
        ("indicators: must not be missing", {"indicators": np.array(["a", None], dtype=object)}),
    ],
)
def test_what_is_refused(rule, named):
    refused(rule, sensitivity, **{"scores": [[1.0, 2.0], [3.0, 4.0]], "rng": 1} | named)


def test_a_record_that_does_not_add_up_is_refused():
    found = sensitivity(SCORES, WEIGHTS, draws=20, rng=1)
    for rule, changes in (
        ("must rise, with a rank of each unit", {"draws": 21}),
        ("must rise, with a rank of each unit", {"at_unit": found.at_unit[::-1]}),
        ("at_rank: must be at most", {"at_rank": found.at_rank + 100}),
        ("must be columns of one length", {"swap": found.swap[1:]}),
        ("method: must be one of", {"method": "min"}),
    ):
        refused(rule, dataclasses.replace, found, **changes)
    refused("level", found.rank_interval, 1.5)
    assert isinstance(found, Sensitivity)
