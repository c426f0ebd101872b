"""Kano's method: the evaluation table, published coefficients, tests, pooling, hostile input."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue.satisfaction._kano import CATEGORIES

kano = cv.satisfaction.kano
# Berger et al. (1993): rows functional, columns dysfunctional; like, must-be, neutral, live with,
# dislike
TABLE = ["QAAAO", "RIIIM", "RIIIM", "RIIIM", "RRRRQ"]
LETTER = dict(zip("MOAIRQ", CATEGORIES, strict=True))


def _counts(**found: int) -> cv.satisfaction.Kano:
    counts = [found.get(letter, 0) for letter in LETTER]
    n, wanted = sum(counts), sum(counts[:4])
    return cv.satisfaction.Kano(["f"], [n], *([c] for c in counts), [wanted], [n])


def _survey(rows: int = 200, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.integers(1, 6, (rows, 4)), columns=["f1", "d1", "f2", "d2"])
    return frame.assign(w=rng.integers(1, 4, rows), site=rng.choice(["a", "b"], rows))


PAIRS = {"one": ("f1", "d1"), "two": ("f2", "d2")}


def test_the_evaluation_table() -> None:
    for functional, dysfunctional in itertools.product(range(5), repeat=2):
        frame = pd.DataFrame({"f": [functional + 1], "d": [dysfunctional + 1]})
        found = kano(frame, {"x": ("f", "d")})
        assert found.category().tolist() == [LETTER[TABLE[functional][dysfunctional]]]


def test_published_coefficients() -> None:
    found = _counts(A=30, O=20, M=40, I=10)
    np.testing.assert_allclose(found.better, 0.5)
    np.testing.assert_allclose(found.worse, -0.6)
    assert found.category().tolist() == ["must_be"]
    more = _counts(A=30, O=20, M=40, I=10, R=7, Q=3)
    np.testing.assert_allclose(more.better, 0.5)  # reverse and questionable do not count


def test_intervals_are_those_of_a_proportion() -> None:
    from custvalue._proportion import interval

    found = _counts(A=30, O=20, M=40, I=10, R=50)
    np.testing.assert_allclose(found.better_interval(), np.reshape(interval(50, 100), (2, 1)))
    low, high = found.worse_interval()
    expected = interval(60, 100)
    np.testing.assert_allclose([low[0], high[0]], [-expected[1], -expected[0]])


def test_rules() -> None:
    split = _counts(M=20, O=20, A=20, I=30)
    assert split.category().tolist() == ["indifferent"]
    assert split.category("blauth").tolist() == ["must_be"]
    assert _counts(I=60, A=30, O=20).category("blauth").tolist() == ["indifferent"]
    assert _counts(A=10, O=10).category().tolist() == ["one_dimensional"]  # ties: M > O > A > I
    assert cv.satisfaction.Kano(["f"], [0], *[[0]] * 8).category().tolist() == [None]


def test_difference_of_the_two_most_frequent() -> None:
    from scipy import stats

    found = _counts(A=45, I=30, M=25)
    z = 15 / np.sqrt(75)
    np.testing.assert_allclose(found.p_value(), 2 * stats.norm.sf(z))
    fong = 15 / np.sqrt(75 * (200 - 75) / 200)
    np.testing.assert_allclose(found.p_value("fong"), 2 * stats.norm.sf(fong))
    assert found.clear(0.9, "fong").tolist() == [True]
    assert found.clear(0.95).tolist() == [False]
    assert np.isnan(cv.satisfaction.Kano(["f"], [0], *[[0]] * 8).p_value()).all()


def test_paired_test_keeps_its_level_where_fongs_does_not() -> None:
    rng = np.random.default_rng(3)
    draws = rng.multinomial(200, [0.0, 0.0, 0.45, 0.45, 0.05, 0.05], 4000)
    n, zero = draws.sum(axis=1), np.zeros(4000)
    found = cv.satisfaction.Kano(
        np.arange(4000), n, *draws.T[:4], *draws.T[4:], zero + draws[:, :4].sum(axis=1), n
    )
    assert (found.p_value() < 0.05).mean() < 0.06
    assert (found.p_value("fong") < 0.05).mean() > 0.1


def test_weights_are_repetition_and_records_add() -> None:
    frame = _survey()
    weighted = kano(frame, PAIRS, weight="w")
    repeated = kano(frame.loc[frame.index.repeat(frame.w)], PAIRS)
    np.testing.assert_allclose(weighted.better, repeated.better)
    assert (weighted.better_interval()[0] < repeated.better_interval()[0]).all()
    assert (weighted.p_value() > repeated.p_value()).all()
    for options in ({}, {"by": "site"}, {"by": "site", "weight": "w"}):
        whole = kano(frame, PAIRS, **options)
        assert kano(frame[:80], PAIRS, **options) + kano(frame[80:], PAIRS, **options) == whole
    assert sum([cv.satisfaction.Kano(), weighted]) == weighted


def test_missing_answers_count_for_the_other_features() -> None:
    frame = _survey().astype({"f1": float})
    frame.loc[:9, "f1"] = np.nan
    found = kano(frame, PAIRS)
    assert dict(zip(found.feature, found.answers, strict=True)) == {"one": 190, "two": 200}
    assert found.notes == {"f1: missing": 10, "one: left out": 10}


def test_small_groups_are_hidden() -> None:
    frame = _survey(40)
    frame["site"] = np.repeat(["a", "b"], [36, 4])
    found = kano(frame, PAIRS, by="site", min_group=5)
    assert np.isnan(found.better).tolist() == [False, False, True, True]
    assert np.isnan(found.better_interval()[0]).tolist() == [False, False, True, True]
    table = found.to_frame()
    assert table["category"].isna().tolist() == [False, False, True, True]
    assert table["must_be"].isna().tolist() == [False, False, True, True]


def test_text_answers_need_labels() -> None:
    words = ["like", "expect", "neutral", "live with", "dislike"]
    frame = _survey()
    text = frame.assign(**{c: np.array(words)[frame[c] - 1] for c in ("f1", "d1", "f2", "d2")})
    labels = {word: i + 1 for i, word in enumerate(words)}
    assert kano(text, PAIRS, labels=labels) == kano(frame, PAIRS)
    with pytest.raises(cv.errors.InvalidDataError, match="f1: "):
        kano(text, PAIRS)


def test_frames_and_json(engine):
    found = kano(engine.frame(_survey(40)), PAIRS, by="site")
    assert engine.owns(found.to_frame())
    assert cv.satisfaction.Kano.from_dict(found.to_dict()) == found
    assert len(cv.satisfaction.Kano().to_frame()) == 0


@pytest.mark.parametrize(
    ("change", "features", "match"),
    [
        ({"f1": 6}, PAIRS, "f1: must be on the scale from 1 to 5"),
        ({"d2": 1.5}, PAIRS, "d2: must be whole"),
        ({}, {}, "features: must map"),
        ({}, ["f1"], "features: must map"),
        ({}, {"x": "f1"}, "features: must map"),
        ({}, {"x": ("f1", "f1")}, "different columns"),
        ({}, {"x": ("f1", "d9")}, "must name a column"),
    ],
)
def test_bad_input(change, features, match):
    with pytest.raises(cv.errors.InvalidDataError, match=match):
        kano(_survey(20).assign(**change), features)


def test_nobody() -> None:
    frame = _survey(5)[:0]
    assert kano(frame, PAIRS).answers.tolist() == [0, 0]
    assert np.isnan(kano(frame, PAIRS).better).all()
    assert len(kano(frame, PAIRS, by="site")) == 0
