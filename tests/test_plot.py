"""Pictures show the numbers of their records, draw where they are asked to, and read in grey."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import custvalue as cv
from custvalue.errors import MissingExtraError


@pytest.fixture(scope="module")
def drawn():
    log = cv.datasets.cdnow()
    bought = cv.occasions(log, customer="customer_id", time="date", amount="spend")
    split = bought.split(at="1997-09-30", unit="week")
    fit = cv.clv.BetaGeo.fit(split.calibration)
    values = cv.clv.lifetime_value(
        fit, cv.clv.GammaGamma.fit(split.calibration), split.calibration, horizon=52,
        annual_rate=0.1,
    )  # fmt: skip
    return cv.clv.holdout(fit, split), values


def lines(ax):
    return {line.get_label(): line for line in ax.get_lines()}


def test_tracking_shows_the_totals(drawn):
    check, _ = drawn
    shown = lines(cv.plot.tracking(check))
    np.testing.assert_allclose(shown["actual"].get_ydata(), np.cumsum(check.actual_repeats))
    np.testing.assert_allclose(shown["BetaGeo"].get_ydata(), np.cumsum(check.expected_repeats))
    assert shown["actual"].get_linestyle() != shown["BetaGeo"].get_linestyle()
    weekly = lines(cv.plot.tracking(check, cumulative=False))
    np.testing.assert_allclose(weekly["actual"].get_ydata(), check.actual_repeats)


def test_tracking_marks_where_the_holdout_starts(drawn):
    check, _ = drawn
    texts = [text.get_text() for text in cv.plot.tracking(check).texts]
    assert texts == ["holdout"]


def test_by_frequency_shows_every_forecast(drawn):
    check, _ = drawn
    shown = lines(cv.plot.by_frequency(check))
    assert set(shown) == {"actual", *check.expected}
    assert len({line.get_marker() for line in shown.values()}) == 4


def test_concentration_ends_at_one_and_says_the_top_tenth(drawn):
    _, values = drawn
    ax = cv.plot.value_concentration(values)
    curve = ax.get_lines()[0].get_ydata()
    assert curve[0] == 0.0
    assert curve[-1] == pytest.approx(1.0)
    assert (np.diff(curve) >= -1e-12).all()
    best = np.sort(values.value)[::-1]
    tenth = np.interp(0.1, np.arange(len(best) + 1) / len(best), np.append(0, best.cumsum()))
    assert ax.texts[0].get_text() == f"top 10 %: {tenth / best.sum():.0%} of value"


def test_records_draw_themselves_on_given_axes(drawn):
    from matplotlib.figure import Figure

    check, values = drawn
    for record in (check, values):
        ax = Figure().subplots()
        assert record.plot(ax=ax) is ax
        assert ax.get_lines()


def test_pyplot_is_left_alone(drawn):
    before = "matplotlib.pyplot" in sys.modules
    cv.plot.tracking(drawn[0])
    assert ("matplotlib.pyplot" in sys.modules) == before


def test_a_missing_matplotlib_is_named(drawn, monkeypatch):
    monkeypatch.setattr("custvalue.plot._figure.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"custvalue\[plot\]"):
        cv.plot.tracking(drawn[0])
