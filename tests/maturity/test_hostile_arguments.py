"""Arguments that nobody means: every function of maturity refuses them by a typed error."""

from __future__ import annotations

import inspect

import numpy as np
import pandas as pd
import pytest

from custvalue import maturity
from custvalue.errors import CustValueError, InvalidDataError

MODEL = maturity.load("customer-management")
BANDS = {"needs.accuracy": (1, 2, 3, 4, 5)}
ODD = (
    None, True, -1, 0, 1.5, np.nan, np.inf, "x", "", [], [1], (), {}, {"x": 1}, {1: 2},
    {"needs.accuracy": None}, {"needs.accuracy": "x"}, {"needs.accuracy": [1]}, np.array([]),
    np.array([1, 2]), pd.Series([1]), object(), b"x", 10**400, 1j, ["a", "b"], pd.DataFrame(),
)  # fmt: skip


def assessments():
    """Return assessments of every size: one, several, none, unrated, not applicable, by kind."""
    by_kind = pd.DataFrame([[3] * 20, [2] * 20], columns=MODEL.item_ids)
    by_kind["kind"] = ["self", "third_party"]
    return {
        "one": maturity.assess(MODEL, [[3] * 20]),
        "two": maturity.assess(MODEL, [[3] * 20, [2] * 20]),
        "none": maturity.assess(MODEL, np.empty((0, 20))),
        "unrated": maturity.assess(MODEL, [[None] * 20]),
        "outside": maturity.assess(MODEL, [[9] * 20], not_applicable=[9]),
        "kinds": maturity.assess(MODEL, by_kind, assessor="kind", kind="kind"),
    }


FOUND = assessments()
CALLS = {
    "target_gap": lambda a, v: maturity.target_gap(a, v),
    "strengths, count": lambda a, v: maturity.strengths(a, v),
    "strengths, target": lambda a, v: maturity.strengths(a, target=v),
    "strengths, language": lambda a, v: maturity.strengths(a, language=v),
    "blockers, language": lambda a, v: maturity.blockers(a, language=v),
    "roadmap, target": lambda a, v: maturity.roadmap(a, v, organisation=0),
    "roadmap, organisation": lambda a, v: maturity.roadmap(a, 4, organisation=v),
    "roadmap, max_effort": lambda a, v: maturity.roadmap(a, 4, organisation=0, max_effort=v),
    "roadmap, first": lambda a, v: maturity.roadmap(a, 4, organisation=0, blockers_first=v),
    "compare, before": lambda a, v: maturity.compare(v, a),
    "compare, after": lambda a, v: maturity.compare(a, v),
    "benchmark, peers": lambda a, v: maturity.benchmark(a, v),
    "benchmark, segment": lambda a, v: maturity.benchmark(a, a, segment=v, peer_segment=v),
    "benchmark, min_peers": lambda a, v: maturity.benchmark(a, a, min_peers=v),
    "benchmark, same_names": lambda a, v: maturity.benchmark(a, a, same_names=v),
    "assessor_gap, first": lambda a, v: maturity.assessor_gap(a, v),
    "assessor_gap, second": lambda a, v: maturity.assessor_gap(a, "self", v),
    "contradictions, measured": lambda a, v: maturity.contradictions(a, v, BANDS, organisation=0),
    "contradictions, one": lambda a, v: maturity.contradictions(
        a, {"needs.accuracy": v}, BANDS, organisation=0
    ),
    "contradictions, bands": lambda a, v: maturity.contradictions(
        a, {"needs.accuracy": 1}, v, organisation=0
    ),
    "contradictions, bands of one": lambda a, v: maturity.contradictions(
        a, {"needs.accuracy": 1}, {"needs.accuracy": v}, organisation=0
    ),
    "contradictions, level": lambda a, v: maturity.contradictions(
        a, {"needs.accuracy": 1}, BANDS, organisation=0, level=v
    ),
    "assess, percent": lambda a, v: maturity.assess(MODEL, [[3] * 20], percent=v),
    "assess, absent": lambda a, v: maturity.assess(MODEL, pd.DataFrame([[3]]), absent=v),
    "load, profile": lambda a, v: maturity.load(profile=v),
    "item": lambda a, v: MODEL.item(v),
    "items_for": lambda a, v: MODEL.items_for(v),
    "items_frame": lambda a, v: MODEL.items_frame(v),
    "components_frame": lambda a, v: a.components_frame(v),
    "level_name": lambda a, v: MODEL.level_name(v),
    "interval": lambda a, v: a.interval(v),
    "from_dict": lambda a, v: maturity.Assessment.from_dict(v),
    "model, from_dict": lambda a, v: maturity.MaturityModel.from_dict(v),
    "progress_to_date": lambda a, v: maturity.progress_to_date(v, 1, 2),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("who", FOUND)
def test_odd_arguments_are_refused_by_a_typed_error_or_work(call, who):
    refused = 0
    for value in ODD:
        try:
            CALLS[call](FOUND[who], value)
        except CustValueError:
            refused += 1
    assert refused >= 5, refused


def test_every_function_of_assessments_is_tried():
    tried = {call.partition(",")[0] for call in CALLS}
    for name in maturity.__all__:
        member = getattr(maturity, name)
        if inspect.isfunction(member) and "assessment" in inspect.signature(member).parameters:
            assert name in tried


@pytest.mark.parametrize("who", FOUND)
def test_assessments_of_every_size_can_be_looked_at(who):
    found = FOUND[who]
    rows = len(found)
    assert len(found.to_frame()) == rows
    assert len(found.components_frame()) == 7 * rows
    assert len(found.items_frame()) == 20 * rows
    assert found.suggested_level.shape == found.coverage.shape == found.index.shape == (rows,)
    assert repr(found).startswith("Assessment(model=customer-management 1.0.0")
    assert "<table>" in found._repr_html_()
    assert len(maturity.compare(found, found).to_frame()) == rows
    assert len(maturity.benchmark(found, found).to_frame()) == 5 * rows
    assert len(maturity.target_gap(found, 4).to_frame()) == 20 * rows


@pytest.mark.parametrize(
    ("call", "value", "match"),
    [
        ("strengths, count", 2.7, "count: must be whole"),
        ("strengths, language", ["en"], "language: must be the code of a language"),
        ("roadmap, organisation", np.array([0]), "must name one of the organisations 0"),
        ("roadmap, first", "yes", "blockers_first: must be True or False"),
        ("assess, percent", "no", "percent: must be True or False"),
        ("contradictions, measured", [1], "measured: must be a Mapping"),
        ("contradictions, bands of one", 3, "bands of needs.accuracy: must be 5 numbers"),
        ("contradictions, level", 95, "level: must be below 1"),
        ("level_name", [1], "level: must be a Real"),
    ],
)
def test_odd_arguments_are_named(call, value, match):
    with pytest.raises(InvalidDataError, match=match):
        CALLS[call](FOUND["one"], value)


def test_a_gap_between_assessors_is_by_organisations_as_they_are_named():
    """Numbers stay numbers, in their order, and are no text."""
    count = 12
    sheets = pd.DataFrame(np.full((2 * count, 20), 3.0), columns=MODEL.item_ids)
    sheets.iloc[:count] += np.arange(count)[:, None] % 3
    sheets["org"] = list(range(count)) * 2
    sheets["kind"] = ["self"] * count + ["third_party"] * count
    found = maturity.assess(MODEL, sheets, organisation="org", assessor="kind", kind="kind")
    names, gaps = maturity.assessor_gap(found).by_organisation()
    assert names.tolist() == list(range(count))
    assert gaps.tolist() == [n % 3 for n in range(count)]
