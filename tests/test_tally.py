"""Tallies add: any order, any split, by group and key; what does not fit together is refused."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import itertools
import json
import operator
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custvalue._tally import Tally
from custvalue.errors import InvalidDataError


def none() -> Any:
    return np.empty(0)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Plain(Tally):
    """Two sums without keys."""

    n: Any = 0
    spend: Any = 0.0

    _sums: ClassVar[tuple[str, ...]] = ("n", "spend")

    def _derived(self):
        return {"mean": self.spend / np.where(self.n, self.n, 1)}


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Keyed(Tally):
    """Two sums by cohort and age, with a setting."""

    cohort: Any = dataclasses.field(default_factory=none)
    age: Any = dataclasses.field(default_factory=none)
    n: Any = dataclasses.field(default_factory=none)
    spend: Any = dataclasses.field(default_factory=none)
    grain: str = "month"

    _keys: ClassVar[tuple[str, ...]] = ("cohort", "age")
    _sums: ClassVar[tuple[str, ...]] = ("n", "spend")
    _settings: ClassVar[tuple[str, ...]] = ("grain",)


def keyed(*rows, **rest):
    """Return a record of rows (cohort, age, n, spend)."""
    columns = [np.array(c) for c in zip(*rows, strict=True)] or [np.empty(0)] * 4
    return Keyed(*columns, **rest)


def rows(record):
    """Return {(labels and keys): sums}, as plain Python."""
    table = [c.tolist() for c in record._all().values()]
    width = len(record.groups) + len(record._keys)
    return {tuple(row[:width]): tuple(row[width:]) for row in zip(*table, strict=True)}


# Spends are quarters: sums of few of them are exact, whatever the order.
cells = st.dictionaries(
    st.tuples(st.sampled_from("xyz"), st.sampled_from(["", "b", "é"]), st.integers(-2, 3)),
    st.tuples(st.integers(0, 100), st.integers(-40, 40).map(lambda q: q / 4)),
    max_size=12,
)
notes = st.dictionaries(st.sampled_from(["dropped", "refunded"]), st.integers(1, 9))


@st.composite
def tallies(draw):
    """Draw a record of groups and keys, its rows in any order, and what it counts."""
    drawn = draw(cells)
    order = draw(st.permutations(list(drawn)))
    parts = [np.array(c, dtype=object) for c in zip(*order, strict=True)] or [np.empty(0)] * 3
    sums = [np.array(c) for c in zip(*(drawn[key] for key in order), strict=True)]
    count, spend = sums or [np.empty(0), np.empty(0)]
    age = parts[2].astype(np.int64)
    record = Keyed(parts[1], age, count, spend, groups={"g": parts[0]}, notes=draw(notes))
    return record, drawn


# ---- adding


@given(st.lists(tallies(), min_size=1, max_size=4))
def test_sums_are_those_of_a_dictionary(drawn):
    want: dict[Any, Any] = {}
    for _, counted in drawn:
        for key, (n, spend) in counted.items():
            before = want.get(key, (0, 0.0))
            want[key] = (before[0] + n, before[1] + spend)
    total = sum((record for record, _ in drawn), Keyed())
    assert rows(total) == want
    assert list(rows(total)) == sorted(want)
    assert len(total) == len(want)


@given(st.lists(tallies(), min_size=3, max_size=3))
def test_adding_is_associative_and_commutative(drawn):
    a, b, c = (record for record, _ in drawn)
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    orders = itertools.permutations([a, b, c])
    assert all(functools.reduce(operator.add, order) == a + b + c for order in orders)


@given(tallies())
def test_the_empty_record_changes_nothing(drawn):
    record, _ = drawn
    assert record + Keyed() == record
    assert Keyed() + record == record
    assert sum([record]) == record
    assert sum([Keyed(), record, Keyed()]) == record
    assert sum([], Keyed()) == Keyed()


@given(tallies(), tallies())
def test_sums_travel_as_json(one, other):
    total = one[0] + other[0]
    back = Keyed.from_dict(json.loads(json.dumps(total.to_dict())))
    assert back == total
    assert back + one[0] == total + one[0]


@given(tallies())
def test_rows_are_sorted_whatever_order_they_come_in(drawn):
    record, counted = drawn
    assert list(rows(record)) == sorted(counted)
    assert rows(record) == counted


def test_nothing_of_the_users_is_changed():
    cohort, n = np.array([2, 1]), np.array([5, 6])
    one = Keyed(cohort, [0, 0], n, [1.0, 2.0])
    assert rows(one + one) == {(1, 0): (12, 4.0), (2, 0): (10, 2.0)}
    assert (cohort.tolist(), n.tolist()) == ([2, 1], [5, 6])
    assert rows(one) == {(1, 0): (6, 2.0), (2, 0): (5, 1.0)}


def test_settings_travel_and_must_agree():
    week = keyed((1, 0, 2, 3.0), grain="week")
    assert (week + week).grain == "week"
    assert (Keyed() + week).grain == "week"  # a record without data has no settings to disagree
    with pytest.raises(InvalidDataError, match=r"grain: .*same in both.*'week', 'month'"):
        week + keyed((1, 0, 2, 3.0))
    with pytest.raises(InvalidDataError, match="grain: "):
        week + Keyed(notes={"dropped": 1})


def test_notes_add_up_even_without_rows():
    one = keyed((1, 0, 2, 3.0), notes={"dropped": 2})
    none = Keyed(notes={"dropped": 1, "refunded": 4})
    for total in (one + none, none + one):
        assert total.notes == {"dropped": 3, "refunded": 4}
        assert rows(total) == rows(one)
        assert total.n.dtype == np.int64  # the empty columns are floats
        assert total.cohort.dtype == one.cohort.dtype
    assert (none + none).notes == {"dropped": 2, "refunded": 8}


# ---- without keys


def test_plain_sums():
    total = sum([Plain(2, 1.5), Plain(3, 0.25), Plain()])
    assert total == Plain(5, 1.75)
    assert len(total) == 1
    assert total.to_frame().to_dict("list") == {"n": [5], "spend": [1.75], "mean": [0.35]}
    assert Plain.from_dict(json.loads(json.dumps(total.to_dict()))) == total


def test_arrays_without_keys_are_added_place_by_place():
    total = Plain([1, 2], [0.5, 0.0]) + Plain([3, 4], [0.0, 1.0])
    assert total == Plain([4, 6], [0.5, 1.0])
    assert Plain() + total == total
    for other in (Plain([1], [1.0]), Plain(1, 1.0)):
        with pytest.raises(InvalidDataError, match="n: must have the same shape in both"):
            total + other


def test_groups_without_keys():
    one = Plain([1, 2], [0.5, 1.0], groups={"g": ["b", "a"], "h": [1, 1]})
    other = Plain([7], [0.25], groups={"g": ["b"], "h": [1]})
    assert rows(one + other) == {("a", 1): (2, 1.0), ("b", 1): (8, 0.75)}
    assert one + Plain() == one
    assert (one + other).to_frame().columns.tolist() == ["g", "h", "n", "spend", "mean"]


@pytest.mark.parametrize(
    "groups", [{}, {"h": [1]}, {"g": [1], "h": [1]}, {"h": [1], "g": [1]}, {"g": [1], "x": [1]}]
)
def test_groups_must_be_by_the_same_columns(groups):
    one = Plain([1], [1.0], groups={"g": [1], "h": [1]})
    other = Plain([1], [1.0], groups=groups)
    if list(groups) == ["g", "h"]:
        assert one + other == Plain([2], [2.0], groups=groups)
        return
    for left, right in ((one, other), (other, one)):
        with pytest.raises(InvalidDataError, match="by: must be the same in both"):
            left + right


# ---- keys of all kinds


@pytest.mark.parametrize(
    "keys",
    [
        ["b", "a"],
        np.array(["b", "a"], dtype=object),
        [3, -1],
        [2.5, 1.0],
        [True, False],
        np.array(["2024-03-01", "2024-01-01"], dtype="datetime64[D]"),
        np.array(["2024-03-01T01", "2024-01-01"], dtype="datetime64[us]"),
        np.array([2**63 + 1, 2**63], dtype=np.uint64),
        [dt.date(2024, 3, 1), dt.date(2024, 1, 1)],
    ],
)
def test_kinds_of_keys(keys):
    one = Keyed(np.asarray(keys), [0, 0], [1, 2], [0.5, 1.0])
    total = one + Keyed(np.asarray(keys[:1]), [0], [5], [0.25])
    assert total.n.tolist() == [2, 6]
    assert total.spend.tolist() == [1.0, 0.75]
    assert total.cohort.tolist() == np.asarray(keys)[::-1].tolist()


def test_missing_keys_are_a_key_of_their_own():
    one = Keyed([1.0, np.nan], [0, 0], [1, 2], [0.0, 0.0])
    total = one + Keyed([np.nan], [0], [5], [0.0])
    assert total.n.tolist() == [1, 7]
    assert np.isnan(total.cohort[1])
    text = Keyed(np.array(["a", None], dtype=object), [0, 0], [1, 2], [0.0, 0.0])
    assert (text + text).cohort.tolist() == ["a", None]
    assert (text + text).n.tolist() == [2, 4]


def test_whole_and_broken_numbers_are_both_numbers():
    total = Keyed([1], [0], [1], [0.0]) + Keyed([1.0, 1.5], [0, 0], [2, 3], [0.0, 0.0])
    assert total.cohort.tolist() == [1.0, 1.5]
    assert total.n.tolist() == [3, 3]


@pytest.mark.parametrize(
    "pair",
    list(
        itertools.combinations(
            [["1"], [1], [True], np.array(["2024-01-01"], "M8[D]"), np.array([1], "m8[D]")], 2
        )
    ),
)
def test_text_numbers_truths_and_dates_do_not_mix(pair):
    one, other = (Keyed(np.asarray(key), [0], [1], [0.0]) for key in pair)
    for left, right in ((one, other), (other, one)):
        with pytest.raises(
            InvalidDataError, match=r"cohort: must be of one type in both; got .*and"
        ):
            left + right
    grouped = [Plain([1], [1.0], groups={"g": np.asarray(key)}) for key in pair]
    with pytest.raises(InvalidDataError, match=r"g: must be of one type in both"):
        grouped[0] + grouped[1]


# ---- counts


def test_small_integers_do_not_wrap():
    one = Keyed([1], [0], np.array([100], dtype=np.int8), np.array([2**31 - 1], dtype=np.int32))
    assert rows(one + one) == {(1, 0): (200, 2**32 - 2)}
    assert Plain(np.uint8(200)) + Plain(np.uint8(200)) == Plain(400)


def test_sums_beyond_64_bits_are_refused():
    big = 2**61 + 2**60
    for make in (lambda n: Plain(n, 0.0), lambda n: keyed((1, 0, n, 0.0))):
        assert (make(2**60) + make(2**60)).n == 2**61
        with pytest.raises(InvalidDataError, match=r"n: must add up to below 2\*\*62"):
            make(big) + make(big)
    for n in (2**62, 2**63 - 1, np.uint64(2**64 - 1)):
        with pytest.raises(InvalidDataError, match="must add up"):
            Plain(n, 0.0)
    for spend in (-(2**62), -(2**63)):
        with pytest.raises(InvalidDataError, match="must add up"):
            Plain(1, spend)


def test_float_sums_stay_floats_and_what_is_not_known_stays_so():
    one = keyed((1, 0, 1.5, 1e300), (1, 1, 0.5, np.nan))
    total = one + one
    assert rows(keyed((1, 0, 0.1, 0.2)) + keyed((1, 0, 1, 1))) == {(1, 0): (1.1, 1.2)}
    assert total.spend[0] == 2e300
    assert np.isnan(total.spend[1])
    assert total.n.tolist() == [3.0, 1.0]


def test_records_keep_no_array_that_somebody_writes_to():
    n, labels = np.array([1, 2]), np.array(["a", "b"])
    record = Plain(n, [1.0, 2.0], groups={"g": labels})
    n[0], labels[0] = 100, "z"
    assert rows(record) == {("a",): (1, 1.0), ("b",): (2, 2.0)}
    with pytest.raises(ValueError, match="read-only"):
        record.n[0] = 5
    assert Plain(n, n, groups={"g": labels}).groups["g"].tolist() == ["b", "z"]  # in order
    assert n.tolist() == [100, 2]


@pytest.mark.parametrize("frame", [5, None, "banana"])
def test_frames_of_no_known_kind_are_of_one_that_is(frame):
    record = Plain.from_dict(Plain(1, 1.0).to_dict() | {"frame": frame})
    assert len(record.to_frame()) == 1


def test_a_group_may_be_named_as_the_parts_of_an_array_are():
    for names in (["array", "values"], ["float"], ["mapping"], ["tuple"]):
        record = Plain([1, 2], [1.0, np.nan], groups={name: ["a", "b"] for name in names})
        assert Plain.from_dict(json.loads(json.dumps(record.to_dict()))) == record


# ---- bad input


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: keyed((1, 0, 1, 1.0), (1, 0, 2, 2.0)),
         r"cohort, age: must have one row for each group and key; got \(1, 0\) \(first at row 1"),
        (lambda: Plain([1, 2], [1, 2], groups={"g": ["a", "a"]}), "g: must have one row for each"),
        (lambda: Keyed([1], [0], [1, 2], [1]), "Keyed: must have columns of one length"),
        (lambda: Keyed(1, 0, 1, 1.0), "Keyed: must have columns of one length"),
        (lambda: Keyed([[1]], [[0]], [[1]], [[1]]), "Keyed: must have columns of one length"),
        (lambda: Keyed(None, [0], [1], [1.0]), "Keyed: must have columns of one length"),
        (lambda: Plain([[1]], [[1]]), "Plain: must have columns of one length"),
        (lambda: Plain(1, 1.0, groups={"g": ["a"]}), "Plain: must have columns of one length"),
        (lambda: Plain([1], [1], groups={"g": "a"}), "Plain: must have columns of one length"),
        (lambda: Plain("1", 1.0), "n: must be numbers; got '<U1'"),
        (lambda: Plain(None, 1.0), "n: must be numbers; got 'object'"),
        (lambda: Plain(2**70, 1.0), "n: must be numbers; got 'object'"),
        (lambda: Plain(True, 1.0), "n: must be numbers; got 'bool'"),
        (lambda: Plain(1 + 2j, 1.0), "n: must be numbers; got 'complex128'"),
        (lambda: Plain([[1], [2, 3]], 1.0), "n: must be one column"),
        (lambda: Keyed([[1], [2, 3]], [0], [1], [1]), "cohort: must be one column"),
        (lambda: Plain([1], [1], groups={"g": [[1], [2, 3]]}), "g: must be one column"),
        (lambda: Plain([1], [1], groups=["g"]), "groups: must map names of columns to labels"),
        (lambda: Plain([1], [1], groups=None), "groups: must map names of columns to labels"),
        (lambda: Plain([1], [1], groups={"n": ["a"]}), "by: .*named as a column.*'n'. Rename"),
        (lambda: keyed((1, 0, 1, 1.0), groups={"age": [3]}), "by: .*named as a column.*'age'"),
        (lambda: Plain([1], [1], groups={"mean": ["a"]}).to_frame(), "by: .*column.*'mean'"),
        (lambda: Plain(-1, 1.0), "n: must be at least 0; got -1"),
        (lambda: Plain(1.5, 1.0), "n: must be whole numbers; got 1.5"),
        (lambda: Plain([1, np.nan], [1, 2], groups={"g": ["a", "b"]}), "n: must be finite"),
        (lambda: Plain.from_dict(Plain(1, 1.0).to_dict() | {"n": -3}), "n: must be at least 0"),
        (lambda: Plain([1], [1], groups={3: ["a"]}), "groups: must be named by text; got 3"),
        (lambda: Plain(1, 1.0, notes={"dropped": "two"}), "notes: must map rules to counts"),
        (lambda: Keyed(np.array([1, (1, 2)], object), [0, 0], [1, 1], [1, 1]), "keys: .*one type"),
        (lambda: Plain.from_dict(Keyed().to_dict()), "data: must be a Plain"),
        (lambda: Keyed.from_dict(keyed((1, 0, 1, 1.0)).to_dict() | {"n": [1, 2]}), "one length"),
        (lambda: Plain.from_dict(Plain(1, 1.0).to_dict() | {"groups": 3}), "groups: must map"),
    ],
)  # fmt: skip
def test_bad_records(make, match):
    with pytest.raises(InvalidDataError, match=match):
        make()


@pytest.mark.parametrize("other", [1, 0.0, None, "a", Keyed(), [Plain()]])
def test_only_records_of_one_kind_are_added(other):
    with pytest.raises(TypeError, match="unsupported operand"):
        Plain(1, 1.0) + other
    if other != 0:
        with pytest.raises(TypeError, match=r"unsupported operand|concatenate"):
            other + Plain(1, 1.0)
