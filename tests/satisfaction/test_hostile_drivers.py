"""What a user does to drivers and penalties without meaning harm: each of these once went wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from custvalue import satisfaction
from custvalue.errors import InvalidDataError


def without_noise(offset=0.0, scale=1.0):
    """Return answers that two of three attributes explain wholly, and in one direction each."""
    rng = np.random.default_rng(5)
    table = pd.DataFrame(rng.integers(1, 6, (600, 3)), columns=["staff", "wifi", "colour"])
    outcome = 7 - 2.0 * (table["staff"] == 1) + (table["wifi"] == 5)
    return table.assign(overall=offset + scale * outcome)


def contrasts(table, **more):
    names = ["staff", "wifi", "colour"]
    return satisfaction.penalty_reward(table, "overall", names, low=1, high=5, **more)


@pytest.mark.parametrize(
    ("offset", "scale"), [(0.0, 1.0), (0.0, 1e-9), (0.0, 0.3), (1e6, 1.0), (-50.0, 1e3)]
)
@pytest.mark.parametrize("parts", [1, 4])
def test_an_attribute_without_effect_is_of_no_kind(offset, scale, parts):
    """Rounding, of some 1e-16, is no penalty: it made a frustrator of what changes nothing."""
    table = without_noise(offset, scale)
    found = sum(contrasts(table.iloc[part::parts]) for part in range(parts))
    assert found.category().tolist() == ["frustrator", "delighter", None]
    np.testing.assert_allclose(found.penalty / scale, [-2.0, 0.0, 0.0], rtol=1e-9)
    np.testing.assert_allclose(found.reward / scale, [0.0, 1.0, 0.0], rtol=1e-9)
    assert np.isnan(found.asymmetry[2])
    assert found.range[2] == 0.0


def test_a_small_effect_is_not_taken_for_rounding():
    table = without_noise()
    table["overall"] += 1e-9 * (table["colour"] == 5)
    found = contrasts(table)
    assert found.category()[2] == "delighter"
    assert found.reward[2] == pytest.approx(1e-9, rel=1e-4)


@pytest.mark.parametrize("by", [None, "group"])
def test_counts_of_penalties_are_not_changed_by_writing_to_them(by):
    table = without_noise().assign(group="all")
    found = contrasts(table, by=by)
    for name in ("low", "high"):
        before = getattr(found, name).copy()
        getattr(found, name)[...] = 7
        np.testing.assert_array_equal(getattr(found, name), before)


@pytest.mark.parametrize(
    ("ask", "argument"),
    [
        (lambda t, names: satisfaction.drivers(t, "overall", names), "predictors"),
        (lambda t, names: satisfaction.penalty_reward(t, "overall", names, low=1, high=5),
         "attributes"),
    ],
)  # fmt: skip
def test_a_column_named_twice_is_told_by_the_argument_it_is_in(ask, argument):
    with pytest.raises(InvalidDataError, match=f"{argument}: must name different columns.*'wifi'"):
        ask(without_noise(), ["wifi", "staff", "wifi"])


@pytest.mark.filterwarnings("ignore::custvalue.errors.CustValueWarning")
@pytest.mark.parametrize("size", [1, 2, 50])
def test_chunks_of_one_generator_give_the_interval_of_the_whole(size):
    """Chunks of one respondent often hold the same answers, which a seed would take together."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.integers(1, 4, (200, 2)), columns=["price", "care"])
    table["overall"] = np.clip(table["price"] + rng.integers(0, 3, 200), 1, 5)

    def width(record):
        low, high = record.interval()
        return (high - low)[0]

    def read(part, source):
        return satisfaction.drivers(part, "overall", ["price", "care"], bootstrap=200, rng=source)

    one = np.random.default_rng(1)
    parts = [read(table.iloc[start : start + size], one) for start in range(0, 200, size)]
    assert width(sum(parts)) == pytest.approx(width(read(table, 1)), rel=0.25)
