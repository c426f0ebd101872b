"""Tests of Krippendorff's alpha: published numbers, the definition, laws of its metrics."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import stats

from custvalue.errors import InvalidDataError
from custvalue.maturity import KrippendorffAlpha, krippendorff_alpha

from .agreement_data import KRIPPENDORFF

METRICS = ("nominal", "ordinal", "interval", "ratio")


def by_definition(table: np.ndarray, metric: str) -> float:
    """Return alpha from pairs of ratings, one by one."""
    kept = [row[~np.isnan(row)] for row in table]
    kept = [row for row in kept if len(row) > 1]
    pooled = np.concatenate(kept)

    def distance(a: float, b: float) -> float:
        if metric == "nominal":
            return float(a != b)
        if metric == "interval":
            return (a - b) ** 2
        if metric == "ratio":
            return ((a - b) / (a + b)) ** 2 if a + b else 0.0
        low, high = min(a, b), max(a, b)
        between = ((pooled >= low) & (pooled <= high)).sum()
        return float((between - ((pooled == a).sum() + (pooled == b).sum()) / 2) ** 2)

    def pairs(row: np.ndarray) -> float:
        return sum(distance(a, b) for a in row for b in row)

    observed = sum(pairs(row) / (len(row) - 1) for row in kept) / len(pooled)
    return 1.0 - observed / (pairs(pooled) / (len(pooled) * (len(pooled) - 1)))


def random_table(seed: int, units: int = 12, raters: int = 4) -> np.ndarray:
    source = np.random.default_rng(seed)
    truth = source.integers(1, 6, units)[:, None]
    table = np.clip(truth + source.integers(-1, 2, (units, raters)), 0, 6).astype(float)
    table[source.random(table.shape) < 0.2] = np.nan
    return table


@pytest.mark.parametrize(
    ("metric", "expected"),
    [*zip(METRICS, (0.743421, 0.815388, 0.849107, 0.797403), strict=True)],
)
def test_the_published_example(metric, expected):
    found = krippendorff_alpha(KRIPPENDORFF, metric=metric)
    assert found.value == pytest.approx(expected, abs=5e-7)
    assert found.units.sum() == 11
    assert found.notes == {"units with fewer than two ratings left out": 1}
    assert found.counts.tolist() == [9, 13, 10, 5, 3]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("seed", range(8))
def test_the_definition_and_the_package(metric, seed):
    table = random_table(seed)
    found = krippendorff_alpha(table, metric=metric).value
    assert found == pytest.approx(by_definition(table, metric), abs=1e-12)
    peer = pytest.importorskip("krippendorff", reason="krippendorff is not installed")
    assert found == pytest.approx(peer.alpha(table.T, level_of_measurement=metric), abs=1e-12)


@pytest.mark.parametrize("metric", METRICS)
def test_what_a_unit_more_changes_is_the_derivative_that_the_error_uses(metric):
    found = krippendorff_alpha(random_table(3), metric=metric)
    units = found.units.astype(float)
    change = found._lacking(units)[1]
    step = 1e-6
    numeric = [
        (found._lacking(units + step * row)[0] - found._lacking(units - step * row)[0]) / (2 * step)
        for row in np.eye(len(units))
    ]
    assert change == pytest.approx(numeric, abs=1e-7)
    assert np.abs(change).max() > 0.01


@pytest.mark.parametrize("metric", METRICS)
def test_the_standard_error_is_near_that_of_resampling(metric):
    table = random_table(5, units=300)
    found = krippendorff_alpha(table, metric=metric)
    bounds = found.interval(0.6827, "bootstrap", draws=4000, rng=1)
    assert (bounds[1] - bounds[0]) / 2 == pytest.approx(found.standard_error, rel=0.06)
    near = np.mean([found.interval(method=m) for m in ("log", "wald")], axis=0)
    assert near == pytest.approx(found.interval(method="bootstrap", rng=2), abs=0.02)


def test_interval_of_the_logarithm():
    found = krippendorff_alpha(KRIPPENDORFF, metric="interval")
    lacking = 1 - found.value
    step = stats.t.ppf(0.975, 10) * found.standard_error / lacking
    expected = (1 - lacking * np.exp(step), 1 - lacking * np.exp(-step))
    assert found.interval() == pytest.approx(expected, rel=1e-12)
    half = stats.norm.ppf(0.95) * found.standard_error
    assert found.interval(0.9, "wald") == pytest.approx(
        (found.value - half, min(found.value + half, 1.0))
    )


def test_of_perfect_agreement_the_interval_is_not_a_point():
    found = krippendorff_alpha([[1, 1, 1], [2, 2, 2], [1, 1, 1], [2, 2, 2]], metric="nominal")
    low, high = found.interval()
    assert (found.value, high) == (1.0, 1.0)
    # of 4 units, none in disagreement: at most 1 - .025 ** (1 / 4) are, where chance has a half
    assert low == pytest.approx(max(1 - (1 - 0.025**0.25) / 0.5, -1.0))
    more = sum([found] * 25, KrippendorffAlpha())
    assert more.interval()[0] == pytest.approx(1 - (1 - 0.025**0.01) / 0.5)


def test_relabelling_and_scales():
    table = random_table(7)
    nominal = krippendorff_alpha(table, metric="nominal").value
    names = np.array(["g", "b", "f", "a", "c", "e", "d"], dtype=object)
    renamed = np.where(np.isnan(table), None, names[np.nan_to_num(table).astype(int)])
    assert krippendorff_alpha(renamed, metric="nominal").value == pytest.approx(nominal, abs=1e-14)
    interval = krippendorff_alpha(table, metric="interval").value
    for shifted in (table * -3.5 + 1000.0, table * 1e300, table * 1e-300):
        found = krippendorff_alpha(shifted, metric="interval").value
        assert found == pytest.approx(interval, abs=1e-12)
    ratio = krippendorff_alpha(table, metric="ratio").value
    for scaled in (table * 1e300, table * 1e-300, table * 7.3):
        assert krippendorff_alpha(scaled, metric="ratio").value == pytest.approx(ratio, abs=1e-12)
    ordinal = krippendorff_alpha(table, metric="ordinal").value
    bent = krippendorff_alpha(np.exp(table), metric="ordinal").value
    turned = krippendorff_alpha(-table, metric="ordinal").value
    assert (bent, turned) == pytest.approx((ordinal, ordinal), abs=1e-13)
    assert len({round(x, 6) for x in (nominal, interval, ratio, ordinal)}) == 4


def test_order_gives_text_its_ranks():
    grades = ["N", "P", "L", "F"]
    codes = [[0, 0, 1], [1, 1, 1], [2, 3, 3], [3, 3, 3], [0, 2, 1]]
    text = [[grades[c] for c in row] for row in codes]
    found = krippendorff_alpha(text, metric="ordinal", order=grades)
    assert found.value == pytest.approx(krippendorff_alpha(codes, metric="ordinal").value)
    other = krippendorff_alpha(text, metric="ordinal", order=["F", "N", "P", "L"])
    assert other.value != pytest.approx(found.value, abs=0.01)
    with pytest.raises(InvalidDataError, match="metric: 'ordinal' needs the order"):
        krippendorff_alpha(text, metric="ordinal")
    for metric in ("interval", "ratio"):
        with pytest.raises(InvalidDataError, match="needs ratings that are numbers"):
            krippendorff_alpha(text, metric=metric, order=grades)


def test_ratio_needs_a_true_zero():
    with pytest.raises(InvalidDataError, match="metric: 'ratio' needs ratings of at least 0"):
        krippendorff_alpha([[1, -1], [2, 2]], metric="ratio")
    assert krippendorff_alpha([[0, 0], [2, 2]], metric="ratio").value == 1.0


def test_systematic_disagreement_is_below_zero():
    found = krippendorff_alpha([[1, 2], [2, 1]] * 10, metric="nominal")
    assert found.value == pytest.approx(1 - 39 / 20)  # 1 - (n - 1) A / B; A = 40, B = 800
    assert found.interpretation().startswith("not reliable enough")


def test_levels_of_a_record_by_hand_are_checked():
    with pytest.raises(InvalidDataError, match="levels: must be different and ascending"):
        KrippendorffAlpha([2, 1], [[0, 1]], [1], metric="nominal")
    with pytest.raises(InvalidDataError, match="patterns: must have at least two ratings"):
        KrippendorffAlpha([1, 2], [[-1, 1]], [1], metric="nominal")
    with pytest.raises(InvalidDataError, match="patterns: must be places in levels"):
        KrippendorffAlpha([1, 2], [[0, 2]], [1], metric="nominal")
    with pytest.raises(InvalidDataError, match="KrippendorffAlpha: must be one column of levels"):
        KrippendorffAlpha([1, 2], [[0, 1]], [1, 1], metric="nominal")
    whole = KrippendorffAlpha([1, 2], [[1, 0], [0, 1]], [1, 2], metric="nominal")
    assert (whole.patterns.tolist(), whole.units.tolist()) == ([[0, 1]], [3])
    with pytest.raises(ValueError, match="read-only"):
        whole.patterns[0] = 1
    assert dataclasses.replace(whole, metric="interval").value == pytest.approx(-2 / 3)


@pytest.mark.study
@pytest.mark.parametrize("metric", ["nominal", "ordinal", "interval"])
@pytest.mark.parametrize(("units", "least"), [(20, 0.90), (50, 0.92), (200, 0.935)])
def test_coverage_of_the_interval(metric, units, least):
    source = np.random.default_rng(12)

    def rated(count: int) -> np.ndarray:
        truth = source.integers(0, 4, count)[:, None]
        error = source.choice([-1, 0, 1], (count, 3), p=[0.15, 0.7, 0.15])
        return np.clip(truth + error, 0, 3)

    alpha = krippendorff_alpha(rated(2_000_000), metric=metric).value
    inside = []
    for _ in range(2000):
        low, high = krippendorff_alpha(rated(units), metric=metric).interval()
        inside.append(low <= alpha <= high)
    assert least <= np.mean(inside) <= 0.98
