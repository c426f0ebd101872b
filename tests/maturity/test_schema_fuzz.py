"""Declarations with something wrong at a random place: refused by that place, or fit for use."""

from __future__ import annotations

import copy
import datetime as dt
import inspect
import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custvalue import maturity
from custvalue.errors import InvalidDataError

from .models import BUILT_IN, OWN, RULE_SETS, at, deep, streams, tree

SOURCES = {name: maturity.load(name).declaration for name in BUILT_IN} | {
    "own": OWN,
    "samm": streams().declaration,
    **{f"tree of {name}": tree(name).declaration for name in RULE_SETS},
}


STRANGE = (
    None, True, False, 0, -1, 1, 2, 0.5, 1e-9, 1e-300, 5e-324, 1e9, 1e308, -1e308, 2**63, 10**400,
    10**5000, np.nan, np.inf, -np.inf, "", " ", "\n\t", "x", "a b", "ä", "A", "1.0", "\ud800",
    "\x00", "x" * 5000, [], [[]], [None], [1, 2], ["x", "x"], {}, {"": ""}, {"en": ""}, {"en": 3},
    {"english": "x"}, {"e": "x"}, {"xx": "x"}, {"EN": "x"}, {1: "x"}, {"\ud800": "x"}, {"x": {}},
    lambda: deep(100), lambda: deep(100_000), dt.date(2024, 1, 31), b"x", {1, 2}, 1j,
    np.float64(0.5), np.int64(3), np.array([1.0]), object(), "c2m2", "capability", "none", "min",
    "sum", "target_zero",
)  # fmt: skip


def fresh(value):
    """Return a value of STRANGE that nobody else changes."""
    return value() if inspect.isfunction(value) else copy.deepcopy(value)


def places(value, path=()):
    """Return the paths of all values below one, but for those of what is nested absurdly."""
    children = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, one in children if isinstance(value, (dict, list)) else ():
        found.append((*path, key))
        if isinstance(one, (dict, list)) and len(path) < 8:
            found += places(one, (*path, key))
    return found


@st.composite
def broken(draw):
    """Draw a declaration with one to three changes at random places."""
    content = copy.deepcopy(dict(SOURCES[draw(st.sampled_from(sorted(SOURCES)))]))
    for _ in range(draw(st.integers(1, 3))):
        every = places(content)
        if not every:
            break
        path = draw(st.sampled_from(every))
        above, key = at(content, path[:-1]), path[-1]
        how = draw(
            st.sampled_from(["delete", "replace", "number", "twice", "reverse", "swap", "add"])
        )
        if how == "delete":
            del above[key]
        elif how == "replace":
            above[key] = fresh(draw(st.sampled_from(STRANGE)))
        elif how == "number" and isinstance(above[key], (int, float)) and abs(above[key]) < 1e9:
            above[key] = above[key] * draw(st.sampled_from([-1, 0, 0.1, 1.5, 2, 1e3, 1e6, 1e12]))
        elif how == "twice" and isinstance(above, list):
            above.insert(key, above[key])
        elif how == "reverse" and isinstance(above[key], list):
            above[key].reverse()
        elif how == "swap":  # with the value of another place: dangling, circular, of other types
            other = draw(st.sampled_from(every))
            above[key] = at(content, other)
        elif how == "add" and isinstance(above[key], dict):
            name = draw(st.sampled_from(["x", "weight", "level", "parent", "id"]))
            above[key][name] = fresh(draw(st.sampled_from(STRANGE)))
    return content


def loaded(content):
    """Return a model and "", or None and why it is refused."""
    try:
        return maturity.load(content), ""
    except InvalidDataError as error:
        return None, str(error)


def names_a_place(error, content):
    """Return whether an error begins with a place that is in the declaration."""
    where = error.partition(": ")[0]
    if where.startswith("rule set ") or where in ("declaration", "rule_set"):
        return True
    steps = re.findall(r"[^.\[\]]+|\[\d+\]", where)
    values = [content]
    while steps and values:
        # keys may have dots: try all ways to take one or more steps
        found = []
        step = steps.pop(0)
        for value in values:
            if step.startswith("[") and isinstance(value, (list, tuple)):
                place = int(step[1:-1])
                found += [value[place]] if place < len(value) else []
            elif isinstance(value, dict):
                found += [one for key, one in value.items() if key == step]
                joined = [key for key in value if isinstance(key, str) and "." in key]
                for key in joined:
                    rest = key.split(".")
                    if [step, *steps][: len(rest)] == rest:
                        found.append(value[key])
                        del steps[: len(rest) - 1]
        values = found
    return bool(values)


def used(model):
    """Use a model in every way; what is accepted must make sense."""
    assert len({item.id for item in model.items}) == len(model.items) > 0
    assert len({part.id for part in model.components}) == len(model.components) > 0
    points, codes = model.scale.points, model.scale.codes
    assert model.scale.place(points).tolist() == list(range(len(codes)))
    assert np.isfinite(points).all()
    assert 0 <= model.scale.lowest < model.scale.highest
    numbers = [n for item in model.items for n in (item.weight, item.impact, *item.effort.values())]
    numbers += [part.weight for part in model.components]
    assert np.isfinite(numbers).all()
    assert min(numbers) >= 0
    named = (*model.components, *model.items, *model.levels, *model.steps, *model.profiles)
    for texts in (model.title, *(one.name for one in named)):
        assert all(text.strip() for text in texts.values())
        assert texts
    back = maturity.MaturityModel.from_dict(json.loads(json.dumps(model.to_dict())))
    assert back == model
    assert back.hash == model.hash
    rng = np.random.default_rng(1)
    ratings = rng.choice([*codes, *codes, "?", None], (3, len(model.items))).astype(object)
    if model.rules.missing == "error":
        ratings[np.equal(ratings, None).astype(bool)] = codes[0]
    mark = "?" if "?" not in codes else "n/a"
    ratings[ratings == "?"] = mark
    for one in (model, *(model.with_profile(p.id) for p in model.profiles if "profile" not in
                         model.declaration["model"])):  # fmt: skip
        found = maturity.assess(one, ratings, not_applicable=[mark])
        known = ~np.isnan(found.value)
        assert np.isfinite(found.value[known]).all()
        assert (found.index[known] <= 100 * (1 + 1e-9)).all()
        level = found.level[~np.isnan(found.level)]
        assert ((level >= 0) & (level < max(len(model.levels), 1))).all()
        for table in (found.to_frame(), found.components_frame("zh"), found.items_frame("zh")):
            assert len(table) % 3 == 0
        assert maturity.Assessment.from_dict(json.loads(json.dumps(found.to_dict()))) == found
        steps = maturity.roadmap(found, one.scale.highest, organisation=0)
        assert not np.isnan(steps.priority).any()
        if one.rules.level != "none":
            maturity.blockers(found)
    model.items_frame()
    repr(model), model._repr_html_()
    assert all(model.items_for(aim.id) for aim in model.objectives)


@settings(max_examples=400)
@given(broken())
def test_what_is_broken_is_refused_by_its_place_or_can_be_used(content):
    model, error = loaded(content)
    if model is not None:
        used(model)
    else:
        assert names_a_place(error, content), error
        assert len(error) < 1000


@pytest.mark.parametrize("name", SOURCES)
def test_what_is_not_broken_can_be_used(name):
    used(maturity.load(dict(SOURCES[name])))


@pytest.mark.parametrize(
    "path",
    [("spec",), ("model",), ("model", "title"), ("items",), ("items", 0), ("items", 1, "weight"),
     ("components", 1, "id"), ("rules",), ("rules", "level"), ("scale", "bands"), ("levels", 0),
     ("scale", "bands", 1, "points"), ("profiles", 0, "weights", "x")],
    ids=str,
)  # fmt: skip
def test_strange_values_at_every_kind_of_place(path):
    accepted = 0
    for value in STRANGE:
        content = copy.deepcopy(OWN)
        at(content, path[:-1])[path[-1]] = fresh(value)
        model, error = loaded(content)
        if model is not None:
            used(model)
            accepted += 1
        else:
            assert names_a_place(error, content), error
    assert accepted < len(STRANGE) / 2


def test_what_is_no_declaration_is_refused():
    for value in STRANGE:
        with pytest.raises(InvalidDataError):
            maturity.load(fresh(value))


def test_places_are_told_from_words():
    assert names_a_place("items[1].depends_on: must", OWN)
    assert names_a_place("profiles[0].weights.y.a: must", OWN)
    for error in ("items[3]: must", "weights: must", "items[0].effort: must", "must be a table"):
        assert not names_a_place(error, OWN)
