"""JSON that somebody changed: it is refused as bad data, or is a record that can be used."""

from __future__ import annotations

import copy
import functools
import json
import operator
import random
import warnings

import pytest

import example_records
from custvalue.errors import CustValueError

NONSENSE = (
    None, -1, 0, 1e308, True, "x", [], {}, [1, 2], {"float": "nan"}, {"float": "inf"},
    {"array": "float64", "values": [1.0]}, {"array": "object", "values": ["x"]},
)  # fmt: skip


@pytest.fixture(scope="module")
def records():
    return example_records.examples()


def places(node, path=()):
    found = [path] if path else []
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(
        node, list) else ()  # fmt: skip
    for key, one in inside:
        found += places(one, (*path, key))
    return found


def test_what_is_loaded_can_be_used(records):
    """Any value of any record replaced: a typed error on loading, or a record that shows itself."""
    failed = []
    for name, record in records.items():
        written = json.loads(json.dumps(record.to_dict()))
        draw = random.Random(name)
        known = [path for path in places(written) if path[0] not in ("record", "version")]
        for _ in range(60):
            changed, path = copy.deepcopy(written), draw.choice(known)
            owner = functools.reduce(operator.getitem, path[:-1], changed)
            owner[path[-1]] = copy.deepcopy(draw.choice(NONSENSE))
            try:
                used(type(record), changed)
            except CustValueError:
                continue
            except Exception as error:
                failed.append((name, path, owner[path[-1]], repr(error)[:90]))
    assert failed == []


def used(kind, data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = kind.from_dict(data)
        repr(found), found._repr_html_(), found.to_frame()
        assert kind.from_dict(json.loads(json.dumps(found.to_dict()))) is not None
