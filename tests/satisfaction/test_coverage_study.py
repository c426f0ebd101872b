"""Coverage of intervals of surveys at a level of 0.95, against the numbers in their docstrings."""

from __future__ import annotations

import inspect
import itertools
import re

import numpy as np
import pytest
from scipy import stats
from scipy.special import gammaln, xlogy

from custvalue import satisfaction as cs
from custvalue.satisfaction._histogram import Histogram

pytestmark = pytest.mark.study

SIZES = (20, 50, 200, 1000)
each_size = pytest.mark.parametrize("place", range(len(SIZES)), ids=[f"n={n}" for n in SIZES])
EXACT, DRAWN = 6e-4, 3e-3  # docstrings give three digits; drawn samples differ by chance
# detractors, passives, promoters: the last three are near an end, the first six are not
KINDS = np.array([(0.1, 0.1, 0.8), (0.1, 0.3, 0.6), (0.3, 0.3, 0.4), (0.1, 0.8, 0.1),
                  (0.45, 0.1, 0.45), (0.2, 0.3, 0.5), (0.05, 0.05, 0.9), (0.02, 0.18, 0.8),
                  (0.01, 0.01, 0.98)])  # fmt: skip


def told(function, words: str) -> list[tuple[float, float]]:
    """Return the ranges "0.94 to 0.96" behind the words in a docstring, one for each size."""
    text = " ".join(str(inspect.getdoc(function)).split())
    ranges = re.findall(r"(\d\.\d+) to (\d\.\d+)", text[text.index(f" {words} ") :])
    return [(float(low), float(high)) for low, high in ranges[: len(SIZES)]]


def holds(found, function, words: str, place: int, tolerance: float) -> None:
    low, high = told(function, words)[place]
    assert (np.min(found), np.max(found)) == pytest.approx((low, high), abs=tolerance)


def covers(bounds, truth) -> np.ndarray:
    return (bounds[0] <= truth + 1e-12) & (bounds[1] >= truth - 1e-12)


def rows(count: int) -> dict[str, np.ndarray]:
    return {"g": np.arange(count)}


def samples(n: int, kinds: int) -> np.ndarray:
    """Return all numbers of answers of each kind that n respondents can give, a row each."""
    if kinds == 1:
        return np.array([[n]])
    parts = [np.insert(samples(n - k, kinds - 1), 0, k, axis=1) for k in range(n + 1)]
    return np.concatenate(parts)


def probability(counts: np.ndarray, shares) -> np.ndarray:
    log = gammaln(counts[0].sum() + 1.0) - gammaln(counts + 1.0).sum(axis=1)
    return np.asarray(np.exp(log + xlogy(counts, shares).sum(axis=1)))


def skewness(values, shares) -> float:
    away = values - values @ shares
    return float((away**3 @ shares) / (away**2 @ shares) ** 1.5)


# ---- a share


def wilson(n: int, probabilities) -> np.ndarray:
    count = np.arange(n + 1)
    answers = np.column_stack([n - count, count]).ravel()
    groups = {"g": np.repeat(count, 2)}
    record = cs.CSAT(np.tile([0, 1], n + 1), answers, scale=(0, 1), top=1, groups=groups)
    bounds = record.interval()
    return np.array([stats.binom.pmf(count, n, p)[covers(bounds, p)].sum() for p in probabilities])


@each_size
@pytest.mark.parametrize("expected", [5, 1])
def test_a_share_where_answers_are_expected_on_either_side(expected, place):
    n, shares = SIZES[place], np.arange(1, 501) / 1000
    found = wilson(n, shares[shares * n >= expected - 1e-9])
    holds(found, cs.CSAT.interval, f"{expected} or more answers", place, EXACT)


@each_size
def test_a_share_where_hardly_any_answers_are_expected(place):
    n = SIZES[place]
    assert wilson(n, [0.175 / n])[0] == pytest.approx(0.84, abs=3e-3)
    assert "to 0.84 where 0.175 are" in " ".join(str(cs.CSAT.interval.__doc__).split())


# ---- Net Promoter Scores


def mixtures(least: float) -> np.ndarray:
    """Return shares of kinds of at least that; detractors no more than promoters, by symmetry."""
    steps = np.arange(least, 1 - 2 * least + 1e-9, 0.02)
    found = np.array([(d, 1 - d - p, p) for d in steps for p in steps if p >= d - 1e-9])
    return found[found[:, 1] >= least - 1e-9]


METHODS = [(m, i) for m in ("adjusted-wald", "score", "wald", "bootstrap") for i in range(4)]


@pytest.mark.parametrize(("method", "place"), METHODS[:-1])  # too many samples of 1,000 to resample
def test_net_promoter_scores(method, place):
    n = SIZES[place]
    counts = samples(n, 3)
    record = cs.NPS(*counts.T, groups=rows(len(counts)))
    drawing = {"draws": 1000, "rng": 1} if method == "bootstrap" else {}
    bounds = record.interval(method=method, **drawing)
    log = gammaln(n + 1.0) - gammaln(counts + 1.0).sum(axis=1)
    for least, words in ((0.1, "tenth"), (0.02, "fiftieth")):
        found = []
        for shares in mixtures(least):
            inside = covers(bounds, shares[2] - shares[0])
            found.append(np.exp(log[inside] + counts[inside] @ np.log(shares)).sum())
        tolerance = DRAWN if method == "bootstrap" else EXACT
        holds(found, cs.NPS.interval, f"{method}, {words}", place, tolerance)


@pytest.mark.parametrize("method", ["adjusted", "wald"])
@each_size
def test_differences_of_net_promoter_scores(method, place):
    n, source = SIZES[place], np.random.default_rng(place)
    found = np.zeros((len(KINDS), len(KINDS)))
    for i, j in itertools.combinations_with_replacement(range(len(KINDS)), 2):
        pair = KINDS[[i, j]]
        if n <= 50:  # by the samples that occur
            every = samples(n, 3)
            chance = [probability(every, shares) for shares in pair]
            kept = [of > 1e-9 for of in chance]
            size = [int(some.sum()) for some in kept]
            one = np.repeat(every[kept[0]], size[1], axis=0)
            other = np.tile(every[kept[1]], (size[0], 1))
            weight = np.outer(chance[0][kept[0]], chance[1][kept[1]]).ravel()
        else:
            one, other = (source.multinomial(n, shares, 100_000) for shares in pair)
            weight = np.full(100_000, 1e-5)
        scores = [cs.NPS(*counts.T, groups=rows(len(counts))) for counts in (one, other)]
        bounds = cs.compare_nps(*scores, method=method).interval()
        truth = pair[1, 2] - pair[1, 0] - pair[0, 2] + pair[0, 0]
        found[i, j] = found[j, i] = weight[covers(bounds, truth)].sum()
    words = f"{method}, "
    holds(found[:6, :6], cs.NPSDifference.interval, words + "tenth", place, DRAWN)
    holds(found, cs.NPSDifference.interval, words + "hundredth", place, DRAWN)


# ---- means


def shapes(options: int) -> list[np.ndarray]:
    """Return shares of answers: normal ones cut into options, from spread to almost all alike."""
    edges = np.concatenate([[-np.inf], np.arange(1, options) + 0.5, [np.inf]])
    return [
        np.diff(stats.norm.cdf(edges, at * options, wide * options))
        for at in (0.6, 0.8, 0.9, 1.0, 1.1)
        for wide in (0.1, 0.16, 0.2, 0.3, 0.5)
    ]


def of_histogram(counts: np.ndarray, values: np.ndarray):
    groups = {"g": np.repeat(np.arange(len(counts)), len(values))}
    return cs.CSAT(np.tile(values, len(counts)), counts.ravel(), groups=groups).mean_interval()


def sums(counts: np.ndarray, values: np.ndarray) -> dict[str, np.ndarray]:
    n = counts.sum(axis=1)
    total, squares = counts @ values, counts @ values**2
    return {"answers": n, "weight": n, "squares": n, "total": total, "total_squares": squares}


def of_index(counts, values):
    return cs.SatisfactionIndex(**sums(counts, values), groups=rows(len(counts))).interval()


def of_change(counts, values):
    return cs.NPSChange(**sums(counts, values), groups=rows(len(counts))).interval()


def of_gaps(counts, values):
    found = sums(counts, values)
    columns = {"gap": found.pop("total"), "gap_squares": found.pop("total_squares"), **found}
    return cs.ServiceGaps(
        np.full(len(counts), "", dtype=object), np.full(len(counts), "", dtype=object), **columns,
        perception=columns["gap"], expectation=0.0 * columns["gap"], groups=rows(len(counts)),
    ).interval()  # fmt: skip


MEANS = {
    Histogram.mean_interval: (of_histogram, np.arange(1.0, 6.0)),
    cs.SatisfactionIndex.interval: (of_index, np.arange(28) / 27 * 100),  # three items from 1 to 10
    cs.NPSChange.interval: (of_change, np.arange(-2.0, 3.0)),
    cs.ServiceGaps.interval: (of_gaps, np.arange(-6.0, 7.0)),  # of an item from 1 to 7
}


@pytest.mark.parametrize("function", MEANS, ids=lambda function: function.__qualname__)
@each_size
def test_means(function, place):
    n, (interval, values) = SIZES[place], MEANS[function]
    source, every = np.random.default_rng(place), None
    if n == 20 and len(values) == 5:
        every = samples(n, 5)
        bounds = interval(every, values)
    usual, skewed = [], []
    for shares in shapes(len(values)):
        truth, skew = values @ shares, skewness(values, shares)
        if every is not None:
            cover = probability(every, shares)[covers(bounds, truth)].sum()
        else:
            cover = covers(interval(source.multinomial(n, shares, 50_000), values), truth).mean()
        (usual if 25 * skew**2 <= n else skewed).append(cover)
    holds(usual, function, "25 skewness^2 or more", place, DRAWN)
    if n <= 50:
        holds(skewed, function, "fewer respondents", place, DRAWN)


# ---- Cronbach's alpha


def battery(loadings, options: int, shift: float) -> np.ndarray:
    """Return the answers of 500 people who are the whole population, on so many options."""
    source, load = np.random.default_rng(5), np.array(loadings)
    own = source.normal(size=(500, len(load))) * np.sqrt(1.0 - load**2)
    latent = source.normal(size=(500, 1)) * load + own
    return np.clip(np.rint((options + 1) / 2 + shift + latent * options / 4.5), 1, options)


BATTERIES = [([0.7] * 4, 5), ([0.9, 0.8, 0.6, 0.4], 5), ([0.6] * 10, 5), ([0.8] * 4, 11),
             ([0.8] * 2, 7), ([0.3] * 6, 5)]  # fmt: skip


def of_alpha(people: np.ndarray, n: int, source) -> float:
    """Return the coverage of alpha's interval with n respondents drawn from these people."""
    k, draws = people.shape[1], 20_000 if n < 1000 else 5_000
    matrix = np.cov(people.T, bias=True)
    truth = k / (k - 1) * (1 - np.trace(matrix) / matrix.sum())
    drawn = source.multinomial(n, np.full(len(people), 1 / len(people)), draws).astype(float)
    products = drawn @ (people[:, :, None] * people[:, None, :]).reshape(len(people), -1)
    totals, names = drawn @ people, np.array([f"q{i:02}" for i in range(k)], dtype=object)
    size = np.full(draws * k * k, n)
    record = cs.Alpha(
        np.tile(np.repeat(names, k), draws), np.tile(np.tile(names, k), draws), size, size, size,
        np.repeat(totals, k, axis=1).ravel(), np.tile(totals, (1, k)).ravel(), products.ravel(),
        tuple(names), groups={"g": np.repeat(np.arange(draws), k * k)},
    )  # fmt: skip
    return float(covers(record.interval(), truth).mean())


@each_size
@pytest.mark.parametrize(
    ("shift", "words"), [(0.0, "in the middle"), (1.5, "skewness -1"), (2.2, "skewness -1.7")]
)
def test_cronbachs_alpha(shift, words, place):
    source = np.random.default_rng(place)
    if shift:
        people = battery([0.8] * 4, 5, shift)
        total = people.sum(axis=1)
        assert stats.skew(total) == pytest.approx(float(words.split()[-1]), abs=0.06)
        found = [of_alpha(people, SIZES[place], source)]
    else:
        found = [of_alpha(battery(*how, 0.0), SIZES[place], source) for how in BATTERIES]
    holds(found, cs.Alpha.interval, words, place, 1.5e-2 if place == 3 else 6e-3)


# ---- weights

# name -> weights and how often each occurs; their design effects are 1.1, 1.4 and 3
WEIGHTS = {"1.1": ([1.0, 2.0], [0.5, 0.5]), "1.4": ([1.0, 4.0], [0.5, 0.5]),
           "3": ([1.0, 10.0], [0.9, 0.1])}  # fmt: skip


def weighted(n: int, weights, occur, shares, source):
    """Return sums of weights of kinds, their squares, of samples; `shares` per weight."""
    cells = (np.array(occur)[:, None] * shares).ravel()
    drawn = source.multinomial(n, cells, 50_000).reshape(-1, len(weights), 3)
    mass = np.einsum("rwk,w->kr", drawn, weights)
    return mass, np.einsum("rwk,w->r", drawn, np.square(weights))


@pytest.mark.parametrize("effect", WEIGHTS)
@each_size
def test_weights_that_have_to_do_with_nothing(effect, place):
    n, (weights, occur) = SIZES[place], WEIGHTS[effect]
    source, scores, shares = np.random.default_rng(place), [], []
    for kinds in KINDS[:6]:
        mass, squares = weighted(n, weights, occur, np.tile(kinds, (2, 1)), source)
        size = np.full(len(squares), n)
        record = cs.NPS(*mass, answers=size, squares=squares, groups=rows(len(squares)))
        scores.append(covers(record.interval(), kinds[2] - kinds[0]).mean())
        two = np.column_stack([mass[0] + mass[1], mass[2]]).ravel()
        half, each = np.repeat(squares / 2, 2), np.repeat(np.arange(len(squares)), 2)
        csat = cs.CSAT(np.tile([0, 1], len(squares)), np.full(len(two), n), two, half,
                       scale=(0, 1), top=1, groups={"g": each})  # fmt: skip
        shares.append(covers(csat.interval(), kinds[2]).mean())
    holds(scores, cs.NPS.interval, f"effect {effect}", place, DRAWN)
    holds(shares, cs.CSAT.interval, f"effect {effect}", place, DRAWN)


@each_size
def test_weights_that_go_with_the_answers(place):
    n, source, found = SIZES[place], np.random.default_rng(place), []
    pairs = [(KINDS[1], KINDS[2]), (np.array([0.6, 0.2, 0.2]), np.array([0.1, 0.2, 0.7]))]
    for one, other in pairs + [pair[::-1] for pair in pairs]:
        weights, occur = WEIGHTS["1.4"]
        mass, squares = weighted(n, weights, occur, np.stack([one, other]), source)
        size = np.full(len(squares), n)
        record = cs.NPS(*mass, answers=size, squares=squares, groups=rows(len(squares)))
        truth = (one + 4 * other) / 5
        found.append(covers(record.interval(), truth[2] - truth[0]).mean())
    holds(found, cs.NPS.interval, "heavy respondents differ", place, DRAWN)
