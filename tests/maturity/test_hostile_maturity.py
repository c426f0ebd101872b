"""What a user does to assessments without meaning harm: each of these once went wrong."""

from __future__ import annotations

import copy
import json
import pickle

import numpy as np
import pytest

from custvalue import maturity

MODEL = maturity.load("value-crm")


def model_of(rule_set, items, **more):
    """Return a model of one component."""
    return maturity.load({
        "spec": "custvalue.maturity/1", "rule_set": rule_set,
        "model": {"id": "care", "version": "1.0.0", "title": "Care", "origin": "test"},
        "components": [{"id": "care", "name": "Care"}],
        "items": [{"id": name, "component": "care", "name": name, **item}
                  for name, item in items.items()],
        **more,
    })  # fmt: skip


# ---- nobody changes a model or an assessment from outside


def test_a_declaration_is_read_and_not_changed():
    model = maturity.load("value-crm")
    with pytest.raises(TypeError, match="cannot be changed"):
        model.declaration["items"][0]["weight"] = 99
    with pytest.raises(TypeError, match="cannot be changed"):
        model.declaration["items"].append({})
    with pytest.raises(TypeError, match="cannot be changed"):
        model.rules.evidence_caps["none"] = 5
    assert model == MODEL
    assert model.hash == MODEL.hash


def test_json_of_a_model_and_a_deep_copy_of_it_are_the_users_own():
    model = maturity.load("value-crm")
    written = model.to_dict()
    written["declaration"]["items"][0]["weight"] = 99
    mine = copy.deepcopy(model.declaration)
    mine["items"][0]["weight"] = 2
    assert maturity.load(mine).items[0].weight == 2.0
    assert maturity.MaturityModel.from_dict(written).items[0].weight == 99.0
    assert model.to_dict() == MODEL.to_dict()
    assert json.loads(json.dumps(model.to_dict())) == MODEL.to_dict()
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert other == MODEL
        with pytest.raises(TypeError, match="cannot be changed"):
            pickle.loads(pickle.dumps(model)).declaration.clear()


@pytest.mark.parametrize(
    "name",
    ["value", "level", "component_scores", "component_levels", "assessor_scores", "ratings"],
)
def test_results_of_an_assessment_are_not_changed_by_writing_to_them(name):
    found = maturity.assess(MODEL, [[3, 2, 4, 1, 2, 3, 3, 2, 1, 4, 3, 2, 2, 3, 2]])
    before = getattr(found, name).copy()
    with pytest.raises(ValueError, match="read-only"):
        getattr(found, name)[...] = 4.0
    np.testing.assert_array_equal(getattr(found, name), before)
