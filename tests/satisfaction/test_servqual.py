"""SERVQUAL and SERVPERF: published numbers, the paired t interval, pooling, hostile input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import custvalue as cv

servqual, servperf = cv.satisfaction.servqual, cv.satisfaction.servperf
DIMENSIONS = {"rel": [("p0", "e0"), ("p1", "e1")], "emp": [("p2", "e2")]}


def _survey(rows: int = 80, seed: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    names = ["p0", "p1", "p2", "e0", "e1", "e2"]
    frame = pd.DataFrame(rng.integers(1, 8, (rows, 6)), columns=names)
    return frame.assign(w=rng.integers(1, 4, rows), site=rng.choice(["a", "b"], rows))


def _row(found: cv.satisfaction.ServiceGaps, dimension: str, item: str = "") -> int:
    return int(np.flatnonzero((found.dimension == dimension) & (found.item == item))[0])


def test_published_gaps() -> None:
    gaps = [-0.65, -1.10, -0.83, -0.70, -1.01]  # 12manage
    frame = pd.DataFrame({"e": np.full(100, 6)})
    for i, gap in enumerate(gaps):  # so many of 100 people one below what they expected, or two
        less = round(-100 * gap)
        frame[f"p{i}"] = 6 - (np.arange(100) < less) * 1 - (np.arange(100) < less - 100) * 1
        frame[f"e{i}"] = frame["e"]
    found = servqual(frame, {f"d{i}": [(f"p{i}", f"e{i}")] for i in range(5)}, scale=(1, 7))
    np.testing.assert_allclose(found.overall, -0.858)
    np.testing.assert_allclose([found.value[_row(found, f"d{i}")] for i in range(5)], gaps)


def test_points_weight_the_dimensions() -> None:
    frame = _survey()
    found = servqual(frame, DIMENSIONS, scale=(1, 7), points={"emp": 30, "rel": 70})
    rel = ((frame.p0 - frame.e0) + (frame.p1 - frame.e1)) / 2
    emp = frame.p2 - frame.e2
    np.testing.assert_allclose(found.overall, (0.7 * rel + 0.3 * emp).mean())
    np.testing.assert_allclose(found.value[_row(found, "rel")], rel.mean())
    np.testing.assert_allclose(found.value[_row(found, "rel", "p1")], (frame.p1 - frame.e1).mean())
    tenth = servqual(frame, DIMENSIONS, scale=(1, 7), points={"emp": 3, "rel": 7})
    np.testing.assert_allclose(tenth.value, found.value)


def test_interval_is_the_paired_t() -> None:
    from scipy import stats

    frame = _survey()
    found = servqual(frame, DIMENSIONS, scale=(1, 7))
    test = stats.ttest_rel(frame.p2, frame.e2).confidence_interval(0.9)
    low, high = found.interval(0.9)
    here = _row(found, "emp", "p2")
    np.testing.assert_allclose([low[here], high[here]], [test.low, test.high])
    rel = (frame.p0 + frame.p1) / 2, (frame.e0 + frame.e1) / 2
    test = stats.ttest_rel(*rel).confidence_interval(0.9)
    here = _row(found, "rel")
    np.testing.assert_allclose([low[here], high[here]], [test.low, test.high])


def test_servperf_is_the_mean_of_perceptions() -> None:
    frame = _survey()
    found = servperf(frame, {"rel": ["p0", "p1"], "emp": ["p2"]}, scale=(1, 7))
    np.testing.assert_allclose(found.overall, (frame.p0.mean() + frame.p1.mean()) / 4
                               + frame.p2.mean() / 2)  # fmt: skip
    assert "expectation" not in found.to_frame().columns
    turned = servperf(frame, {"rel": ["p0"]}, scale=(1, 7), reverse=["p0"])
    np.testing.assert_allclose(turned.overall, 8 - frame.p0.mean())


def test_missing_parts_leave_out_where_they_matter() -> None:
    frame = _survey().astype(dict.fromkeys(["p0", "e2"], float))
    frame.loc[:4, "p0"] = np.nan
    frame.loc[3:9, "e2"] = np.nan
    found = servqual(frame, DIMENSIONS, scale=(1, 7))
    answers = {(d, i): n for d, i, n in zip(found.dimension, found.item, found.answers,
                                            strict=True)}  # fmt: skip
    assert answers == {
        ("", ""): 70, ("rel", ""): 75, ("rel", "p0"): 75, ("rel", "p1"): 80,
        ("emp", ""): 73, ("emp", "p2"): 73,
    }  # fmt: skip
    assert found.notes["respondents not in the whole"] == 10
    whole = servqual(frame.dropna(), DIMENSIONS, scale=(1, 7))
    np.testing.assert_allclose(found.overall, whole.overall)
    perceived = found.to_frame().set_index(["dimension", "item"])["perception"]
    seen = frame[frame["e2"].notna()]["p2"].mean()
    np.testing.assert_allclose(perceived["emp", "p2"], seen)


def test_weights_are_repetition_and_records_add() -> None:
    frame = _survey()
    weighted = servqual(frame, DIMENSIONS, scale=(1, 7), weight="w")
    repeated = servqual(frame.loc[frame.index.repeat(frame.w)], DIMENSIONS, scale=(1, 7))
    np.testing.assert_allclose(weighted.value, repeated.value)
    for options in ({}, {"by": "site", "weight": "w"}):
        whole = servqual(frame, DIMENSIONS, scale=(1, 7), **options)
        parts = [servqual(f, DIMENSIONS, scale=(1, 7), **options) for f in (frame[:30], frame[30:])]
        both = parts[0] + parts[1]
        np.testing.assert_allclose(both.value, whole.value)
        np.testing.assert_allclose(both.interval(), whole.interval())
        assert np.array_equal(both.answers, whole.answers)


def test_groups_hidden_and_overall_per_group() -> None:
    frame = _survey(40)
    frame["site"] = np.repeat(["a", "b"], [36, 4])
    found = servqual(frame, DIMENSIONS, scale=(1, 7), by="site", min_group=5)
    assert np.isnan(found.overall).tolist() == [False, True]
    alone = servqual(frame[:36], DIMENSIONS, scale=(1, 7))
    np.testing.assert_allclose(found.overall[0], alone.overall)
    hidden = found.to_frame().query("site == 'b'")
    assert hidden[["gap", "lower", "upper", "perception", "expectation"]].isna().all(axis=None)


def test_frames_and_json(engine):
    found = servqual(engine.frame(_survey(40)), DIMENSIONS, scale=(1, 7), by="site")
    assert engine.owns(found.to_frame())
    assert cv.satisfaction.ServiceGaps.from_dict(found.to_dict()) == found
    assert len(cv.satisfaction.ServiceGaps().to_frame()) == 0
    assert repr(cv.satisfaction.ServiceGaps())


def test_nobody_and_one() -> None:
    nobody = servqual(_survey(0), DIMENSIONS, scale=(1, 7))
    assert np.isnan(nobody.overall)
    one = servqual(_survey(1), DIMENSIONS, scale=(1, 7))
    assert np.isfinite(one.overall)
    assert np.isnan(one.interval()).all()


@pytest.mark.parametrize(
    ("change", "options", "match"),
    [
        ({"p0": 8}, {}, "p0: must be on the scale"),
        ({"e1": "good"}, {}, "e1: "),
        ({}, {"points": {"rel": 100}}, "points: must give points to each"),
        ({}, {"points": {"rel": 0, "emp": 0}}, "points: must sum"),
        ({}, {"points": {"rel": -1, "emp": 2}}, "points: must be at least 0"),
        ({}, {"scale": None}, "scale: must be given"),
        ({"lower": 1}, {"by": "lower"}, "by: must not be named"),
        ({}, {"dimensions": {}}, "dimensions: must map"),
        ({}, {"dimensions": {"rel": ["p0"]}}, "dimensions: must map"),
        ({}, {"dimensions": {"": [("p0", "e0")]}}, "dimensions: must map"),
        ({}, {"dimensions": {"rel": "p0"}}, "dimensions: must map"),
        ({}, {"dimensions": {"rel": [("p0", "p0")]}}, "different columns"),
    ],
)
def test_bad_input(change, options, match):
    arguments = {"dimensions": DIMENSIONS, "scale": (1, 7)} | options
    with pytest.raises(cv.errors.InvalidDataError, match=match):
        servqual(_survey(20).assign(**change), **arguments)
