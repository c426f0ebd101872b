"""What other packages get wrong in RFM, and custvalue does not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import custvalue as cv

SCHEMES = ("quantile", "equal_frequency", "nested")
NAMES = {"customer": "who", "time": "when", "amount": "spend"}


def made(days, frequency, monetary):
    return cv.rfm.RFMValues(np.arange(len(days)), days, frequency, monetary)


def test_qcut_raises_where_most_are_tied():
    x = np.array([1] * 80 + list(range(2, 22)))
    with pytest.raises(ValueError, match="must be unique"):
        pd.qcut(x, 5)
    found = cv.rfm.scores(made(x, x, x))
    assert np.bincount(found.f).tolist() == [0, 80, 0, 0, 0, 20]
    assert found.notes["scores of frequency that nobody has"] == 3
    even = cv.rfm.scores(made(x, x, x), scheme="equal_frequency")
    assert set(even.f[:80]) == {2}  # ceil(5 * 0.4): where their middle falls
    assert np.bincount(even.f).tolist() == [0, 0, 80, 0, 0, 20]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("n", [1, 100])
def test_rfm_segments_of_pymc_marketing_raises_on_constant_columns_and_one_customer(scheme, n):
    rng = np.arange(n)
    found = cv.rfm.scores(made(rng, [1] * n, [20.0] * n), scheme=scheme)
    assert set(found.f) == set(found.m) == {3}
    assert (found.r[0] == 5) or n == 1


def test_rfm_segments_of_pymc_marketing_leaves_codes_without_a_segment():
    known = cv.rfm.segment_map()
    assert len(known.place) == 125
    assert set(known.place) == set(range(11))


def test_segments_are_as_documented():
    """pymc-marketing documents these rules for quartiles, and puts 18 of 64 codes in "Other"."""
    bottom, top = [1, 1], [3, 4]
    rules = {
        "Repeat": [{"r": top, "f": top, "m": [1, 2]}],
        "Inactive": [{"r": bottom, "f": bottom}, {"r": bottom, "m": bottom},
                     {"f": bottom, "m": bottom}],
        "Other": [{}],
    }  # fmt: skip
    entries = [{"name": name, "rules": each} for name, each in rules.items()]
    known = cv.rfm.segment_map({"bins": 4, "segment": entries})
    repeat = ["331", "332", "341", "342", "431", "432", "441", "442"]
    assert known.codes_of("Repeat") == repeat
    assert {"121", "131", "141"} < set(known.codes_of("Inactive"))
    cuts = {name: [1, 2, 3] for name in ("days_since_last", "frequency", "monetary")}
    codes = [*repeat, "121", "131", "141", "222"]
    r, f, m = (np.array([int(code[i]) for code in codes]) for i in range(3))
    found = cv.rfm.segment(cv.rfm.scores(made(5 - r, f, m), cuts=cuts), known)
    assert found.scores.code.tolist() == codes
    assert found.segment.tolist() == ["Repeat"] * 8 + ["Inactive"] * 3 + ["Other"]


def test_frequency_reaches_the_best_score_where_most_buy_once():
    """pymc-marketing: with 70 % one-time buyers the best frequency is 2, nobody is a repeat one."""
    frequency = np.concatenate([np.ones(700), 2.0 + np.arange(300) // 30])
    found = cv.rfm.scores(made(np.arange(1000), frequency, np.arange(1000.0)), bins=4)
    assert np.bincount(found.f)[1:].tolist() == [700, 0, 60, 240]
    assert found.notes == {"scores of frequency that nobody has": 1}


def test_rules_that_leave_codes_unassigned_are_refused_and_name_them():
    """The ten rules in the README of R's rfm (lowest and highest r, f, m) leave ten codes out."""
    rules = [
        "555555", "353525", "242424", "341335", "451315",
        "123445", "122545", "133535", "231314", "111515",
    ]  # fmt: skip
    source = {
        f"segment {i}": {c: [int(rule[2 * j]), int(rule[2 * j + 1])] for j, c in enumerate("rfm")}
        for i, rule in enumerate(rules)
    }
    match = "'215, 241, 251, 252, 341, 351, 441, 451 and 2 more'. This code is in no segment"
    with pytest.raises(cv.errors.InvalidDataError, match=match):
        cv.rfm.segment_map(source)


def test_frequency_of_one_time_buyers_states_its_gaps():
    """pymc-marketing's and R's rfm end with scores that nobody has, unsaid; ours is a note."""
    frequency = np.array([1] * 62 + [2] * 15 + [3] * 10 + [4] * 8 + [9] * 5)
    found = cv.rfm.scores(made(np.arange(100), frequency, np.arange(100.0)))
    assert np.unique(found.f).tolist() == [1, 4, 5]
    assert found.notes == {"scores of frequency that nobody has": 2}
    assert "nobody has=2" in repr(found)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_identical_customers_are_in_one_segment(scheme):
    """PyPI rfm makes four segments of them, openretailscience five scores of 20 each."""
    log = pd.DataFrame(
        {"who": [f"c{i:03d}" for i in range(100)], "when": "2024-05-01", "spend": 10.05}
    )
    values = cv.rfm.values(log, **NAMES)
    found = cv.rfm.segment(cv.rfm.scores(values, scheme=scheme))
    assert len(set(found.segment)) == 1


def test_amounts_are_exact_to_the_cent():
    """PyPI rfm strips '.0' out of 10.05 and 120.01."""
    rng = np.random.default_rng(0)
    cents = rng.integers(1, 50_000, 20_000)
    who = rng.integers(0, 4909, 20_000)
    log = pd.DataFrame({"who": who, "when": "2024-05-01", "spend": cents / 100})
    found = cv.rfm.values(log, **NAMES)
    expected = np.bincount(who, weights=cents)[found.customer]
    assert found.monetary.tolist() == (expected / 100).tolist()


def test_two_equal_orders_of_one_day_are_both_paid_for():
    """PyPI rfm drops one of them and changes the caller's frame."""
    log = pd.DataFrame({"who": ["a", "a"], "when": ["2024-05-01"] * 2, "spend": [10.05] * 2})
    before = log.copy()
    found = cv.rfm.values(log, **NAMES)
    assert (found.frequency[0], found.monetary[0]) == (1.0, 20.1)  # one day, both amounts
    hourly = log.assign(when=["2024-05-01T09:00", "2024-05-01T10:00"])
    assert cv.rfm.values(hourly, **NAMES, grain="hour").frequency[0] == 2.0
    pd.testing.assert_frame_equal(log, before)


def test_days_are_counted_to_the_end_of_the_log_not_to_today():
    """openretailscience and ClusterAudienceKit count to now()."""
    log = pd.DataFrame({"who": ["a", "b"], "when": ["2001-05-01", "2001-05-11"], "spend": [1.0, 2]})
    found = cv.rfm.values(log, **NAMES)
    assert found.days_since_last.tolist() == [10.0, 0.0]
    assert found.as_of == "2001-05-11"


def test_scores_do_not_depend_on_the_currency():
    """R rfm: revenue / 10 000 makes every monetary score 1, as it adds 1 to the quantile."""
    rng = np.random.default_rng(6)
    money = rng.gamma(2, 300, 995).round()
    one, other = (
        cv.rfm.scores(made(np.arange(995), np.ones(995), m)) for m in (money, money / 10_000)
    )
    np.testing.assert_array_equal(one.m, other.m)
    assert np.bincount(one.m)[1:].min() > 190


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_best_customer_is_a_champion(scheme):
    """ClusterAudienceKit ranks the best 1 and calls them lost; crm-rfm-modeling flips recency."""
    best = np.arange(100)
    found = cv.rfm.segment(cv.rfm.scores(made(best, 100 - best, 900.0 - best), scheme=scheme))
    assert (found.scores.code[0], found.segment[0]) == (("555", "Champions"))
    assert found.scores.r[-1] == 1


def test_bad_dates_are_not_skipped_silently():
    """ClusterAudienceKit skips them."""
    log = pd.DataFrame({"who": ["a", "b"], "when": ["2001-05-01", "soon"], "spend": [1.0, 2]})
    with pytest.raises(cv.errors.InvalidDataError, match="when: has text that is no date"):
        cv.rfm.values(log, **NAMES)
    found = cv.rfm.values(log, **NAMES, unparsable="drop")
    assert found.notes == {"lines with an unparsable time dropped": 1}


def test_a_pure_refund_is_no_purchase():
    """The rfm summaries of lifetimes and pymc-marketing: frequency 1, recency 4, money -100."""
    log = pd.DataFrame(
        {"who": ["a", "a"], "when": ["2024-01-01", "2024-01-05"], "spend": [100.0, -100.0]}
    )
    found = cv.rfm.values(log, **NAMES)
    row = (found.frequency[0], found.days_since_last[0], found.monetary[0])
    assert row == (1.0, 4.0, 0.0)


def test_integer_days_null_ids_empty_logs_and_zones_are_not_swallowed():
    """The same two: integers become nanoseconds, null ids vanish, empty logs raise KeyError."""
    log = pd.DataFrame({"who": ["a", "b"], "when": [1, 5], "spend": [1.0, 2]})
    with pytest.raises(cv.errors.InvalidDataError, match="when"):
        cv.rfm.values(log, **NAMES)
    log = pd.DataFrame({"who": ["a", None], "when": ["2001-05-01"] * 2, "spend": [1.0, 2]})
    with pytest.raises(cv.errors.InvalidDataError, match="who: has missing values"):
        cv.rfm.values(log, **NAMES)
    with pytest.raises(cv.errors.InvalidDataError, match="no purchase"):
        cv.rfm.values(log.iloc[:0], **NAMES)
    when = pd.to_datetime(["2024-03-01T04:00Z", "2024-03-03T23:00Z"])  # 29 Feb in New York
    log = pd.DataFrame({"who": ["a", "b"], "when": when, "spend": [1.0, 2]})
    found = cv.rfm.values(log, **NAMES, timezone="America/New_York")
    assert found.days_since_last.tolist() == [3.0, 0.0]
    with pytest.raises(cv.errors.InvalidDataError, match="timezone"):
        cv.rfm.values(log, **NAMES)
