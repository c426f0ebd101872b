"""Laws of maturity: what holds for all models, ratings and orders."""

from __future__ import annotations

import copy
import warnings

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from custvalue import maturity
from custvalue.errors import CustValueWarning
from custvalue.maturity._rules import (
    AGGREGATES,
    LEVEL_RULES,
    MISSING,
    NOT_APPLICABLE,
    OVERALL_LEVELS,
    RESOLUTIONS,
)

from .models import declared
from .oracle import by_hand

PLACED = ("c2m2", "iso33020", "staged")
MONOTONE = tuple(how for how in RESOLUTIONS if how != "consensus")  # who differs more has none


@st.composite
def models(draw, **fixed):
    """Draw a model of one or two levels of components, by a rule set with rules of its own."""
    rule_set = draw(st.sampled_from(("capability", "samm", *PLACED)))
    weight = st.sampled_from([0.0, 0.3, 1.0, 2.0, 7.0])
    parts = [{"id": f"c{n}", "weight": draw(weight)} for n in range(draw(st.integers(1, 3)))]
    for n in range(draw(st.integers(0, 2))):
        parts.append({"id": f"c0.{n}", "parent": "c0", "weight": draw(weight)})
    parts[0]["weight"] = 1.0
    if len(parts) > 1 and "parent" in parts[-1]:
        parts[-1]["weight"] = 1.0
    owners = [p["id"] for p in parts if not any(q.get("parent") == p["id"] for q in parts)]
    items = []
    for owner in owners:
        for n in range(draw(st.integers(1, 3))):
            item = {"id": f"{owner}.i{n}", "component": owner, "weight": draw(weight) if n else 1.0}
            if rule_set in PLACED:
                item["level"] = draw(st.integers(1, 3))
            items.append(item)
    rules = {
        "item_to_component": draw(st.sampled_from(AGGREGATES)),
        "component_to_overall": draw(st.sampled_from(AGGREGATES)),
        "not_applicable": draw(st.sampled_from(NOT_APPLICABLE)),
        "missing": draw(st.sampled_from([m for m in MISSING if m != "error"])),
        "assessors": draw(st.sampled_from(RESOLUTIONS)),
    }
    if rule_set != "samm":
        rules["overall_level"] = draw(st.sampled_from(OVERALL_LEVELS))
    content = declared(parts, items, rule_set=rule_set, rules=rules | fixed)
    return maturity.load(content)


def cells(model, *, missing=True, outside=True):
    """Return a strategy of one rating of a model; NaN is not rated, -1 does not apply."""
    if model.scale.kind == "achievement":
        known = st.integers(0, 20).map(lambda n: n / 20)
    else:
        known = st.sampled_from(model.scale.points.tolist())
    more = [np.nan] * missing + [-1.0] * outside
    return st.one_of(known, known, st.sampled_from(more)) if more else known


@st.composite
def assessments(draw, rows=4, **fixed):
    """Draw a model, and ratings of (organisations, assessors, items)."""
    missing, outside = fixed.pop("missing_cells", True), fixed.pop("outside_cells", True)
    model = draw(models(**fixed))
    shape = draw(st.integers(1, rows)), draw(st.integers(1, 3)), len(model.items)
    size = int(np.prod(shape))
    cell = cells(model, missing=missing, outside=outside)
    flat = draw(st.lists(cell, min_size=size, max_size=size))
    return model, np.array(flat).reshape(shape)


def assessed(model, ratings):
    return maturity.assess(model, ratings, not_applicable=(-1,))


def not_below(one, other):
    """Assert that nothing fell, and that nothing is gone."""
    assert (np.isnan(one) == np.isnan(other)).all()
    assert (np.nan_to_num(other) >= np.nan_to_num(one) - 1e-9 * (1 + np.nan_to_num(one))).all()


@given(st.data())
def test_raising_a_rating_lowers_nothing(data):
    how = data.draw(st.sampled_from(MONOTONE))
    model, ratings = data.draw(assessments(assessors=how))
    raised = ratings.copy()
    places = np.argwhere(ratings >= 0)
    assume(len(places))
    for place in data.draw(st.lists(st.sampled_from(places.tolist()), min_size=1, max_size=3)):
        better = cells(model, missing=False, outside=False)
        raised[tuple(place)] = max(raised[tuple(place)], data.draw(better))
    before, after = assessed(model, ratings), assessed(model, raised)
    for name in ("value", "component_scores", "level", "component_levels", "suggested_level"):
        not_below(getattr(before, name), getattr(after, name))
    for one, other in zip((*before.bounds(), *before.level_bounds()),
                          (*after.bounds(), *after.level_bounds()), strict=True):  # fmt: skip
        not_below(one, other)


@given(assessments(), st.sampled_from([1e-3, 0.5, 3.0, 1e4]))
def test_weights_have_no_unit(found, factor):
    model, ratings = found
    rules = model.rules
    assume("sum" not in (rules.item_to_component, rules.component_to_overall))
    content = copy.deepcopy(dict(model.declaration))
    for part in (*content["components"], *content["items"]):
        part["weight"] = part.get("weight", 1.0) * factor
    one, other = assessed(model, ratings), assessed(maturity.load(content), ratings)
    np.testing.assert_allclose(other.value, one.value, rtol=1e-12)
    np.testing.assert_allclose(other.component_scores, one.component_scores, rtol=1e-12)
    np.testing.assert_array_equal(other.level, one.level)


@given(assessments(), st.randoms(use_true_random=False))
def test_orders_say_nothing(found, random):
    """Of organisations, assessors, items and components."""
    model, ratings = found
    content = copy.deepcopy(dict(model.declaration))
    items = list(range(len(content["items"])))
    parts, whose, by = (list(range(n)) for n in (len(content["components"]), *ratings.shape[:2]))
    for order in (items, parts, whose, by):
        random.shuffle(order)
    content["items"] = [content["items"][i] for i in items]
    content["components"] = [content["components"][i] for i in parts]
    mixed = ratings[np.ix_(whose, by, items)]
    one, other = assessed(model, ratings), assessed(maturity.load(content), mixed)
    for name in ("value", "level", "coverage"):
        np.testing.assert_allclose(getattr(other, name), getattr(one, name)[whose], rtol=1e-12)
    for name in ("component_scores", "component_levels"):
        wanted = getattr(one, name)[np.ix_(whose, parts)]
        np.testing.assert_allclose(getattr(other, name), wanted, rtol=1e-12)
    for a, b in zip(other.bounds(), one.bounds(), strict=True):
        np.testing.assert_allclose(a, b[whose], rtol=1e-12)
    assert one.notes == other.notes


@given(assessments())
def test_a_mean_hides_what_a_gate_shows(found):
    result = assessed(*found)
    level, suggested = result.level, result.suggested_level
    assert (np.isnan(level) == np.isnan(suggested)).all()
    assert (np.nan_to_num(level) <= np.nan_to_num(suggested)).all()


@given(assessments())
def test_scores_and_levels_by_hand(found):
    model, ratings = found
    result = assessed(model, ratings)
    expected = [by_hand(model, row) for row in result.ratings]
    scores = np.array([np.nan if s is None else s for s, _ in expected])
    levels = np.array([np.nan if n is None else n for _, n in expected])
    np.testing.assert_allclose(result.value, scores, rtol=1e-12)
    np.testing.assert_array_equal(result.level, levels)


@given(assessments())
def test_bounds_contain_scores_and_levels(found):
    result = assessed(*found)
    value, (low, high) = result.value, result.bounds()
    known = ~np.isnan(value)
    assert (np.isnan(low) == np.isnan(high)).all()
    assert (low <= high)[~np.isnan(low)].all()
    assert ((low <= value + 1e-12) & (value <= high + 1e-12))[known].all()
    worst, best = result.level_bounds()
    np.testing.assert_array_equal(worst, result.level)
    assert (np.isnan(worst) == np.isnan(best)).all()
    assert (np.nan_to_num(worst) <= np.nan_to_num(best)).all()
    full = result.coverage == 1
    np.testing.assert_array_equal(worst[full], best[full])
    if not (result.notes.get("items not rated") or result.notes.get("items without consensus")):
        np.testing.assert_allclose(low, high, rtol=1e-15)


@given(assessments())
def test_scores_are_between_those_of_items(found):
    model, ratings = found
    result = assessed(model, ratings)
    weight = np.array([item.weight for item in model.items])
    lowest = 0.0 if result.model.rules.missing == "zero" else np.inf
    for part, score in zip(model.components, result.component_scores.T, strict=True):
        mine = [i for i, item in enumerate(model.items)
                if item.component == part.id and item.weight > 0]  # fmt: skip
        if not mine:
            continue
        rating = result.ratings[:, mine]
        if model.rules.not_applicable != "exclude_reweight":
            rating = np.where(rating == -1, 0.0, rating)
        if lowest == 0:
            rating = np.where(np.isnan(rating), 0.0, rating)
        rating = np.where(rating == -1, np.nan, rating)
        total = weight[mine].sum() if model.rules.item_to_component == "sum" else 1.0
        low, high = np.fmin.reduce(rating, axis=1) * total, np.fmax.reduce(rating, axis=1) * total
        assert (np.isnan(score) == np.isnan(low)).all()
        assert ((low <= score) & (score <= high))[~np.isnan(score)].all()
    index = result.index[~np.isnan(result.value)]
    assert ((index >= 0) & (index <= 100 * (1 + 1e-12))).all()


@given(assessments(), st.data())
def test_adding_is_pooling(found, data):
    model, ratings = found
    whole = assessed(model, ratings)
    cut = data.draw(st.integers(0, len(whole)))
    parts = []
    for rows in (range(cut), range(cut, len(whole))):
        some = assessed(model, ratings[list(rows)])
        parts.append(
            maturity.Assessment(model, some.rating, some.owner, np.array(rows, dtype=np.int64),
                                some.assessor, notes=some.notes)
        )  # fmt: skip
    assert sum(parts) == sum(parts[::-1]) == whole
    np.testing.assert_array_equal(sum(parts).value, whole.value)


@given(assessments())
def test_every_way_to_look_at_an_assessment_works(found):
    model, ratings = found
    result = assessed(model, ratings)
    for table in (result.to_frame(), result.components_frame(), result.items_frame("zh")):
        assert len(table) % len(result) == 0
    assert maturity.Assessment.from_dict(result.to_dict()) == result
    gap = maturity.target_gap(result, model.scale.highest)
    assert (np.isnan(gap.value) | ((gap.value >= 0) & (gap.value <= 1))).all()
    low, high = result.interval()
    assert (low <= high)[~np.isnan(low)].all()
    maturity.strengths(result)
    for name in result.organisation:
        steps = maturity.roadmap(result, model.scale.highest, organisation=name)
        assert (steps.gap > 0).all()
    if model.rules.level != "none":
        blocked = maturity.blockers(result)
        assert (blocked.level >= 1).all()


@given(st.data())
def test_identical_raters_agree(data):
    units, raters = data.draw(st.integers(2, 6)), data.draw(st.integers(2, 4))
    rates = st.lists(st.integers(0, 4), min_size=units, max_size=units)
    one = np.array(data.draw(rates), dtype=float)
    assume(len(set(one)) > 1)
    ratings = np.tile(one[:, None], (1, raters))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CustValueWarning)
        for level in ("nominal", "ordinal", "interval", "ratio"):
            assert maturity.krippendorff_alpha(ratings, metric=level).value == pytest.approx(1)
        assert maturity.fleiss_kappa(ratings).value == pytest.approx(1)
        for weights in (None, "linear", "quadratic"):
            found = maturity.cohen_kappa(ratings[:, :2], weights=weights)
            assert found.value == pytest.approx(1)
        found = maturity.icc(ratings)
        assert found.value == pytest.approx(1)


def test_the_laws_cover_all_rules():
    """A rule that is added must be drawn above."""
    assert LEVEL_RULES == ("placed", "rated", "none")
    assert set(AGGREGATES) == {"weighted_mean", "geometric", "harmonic", "min", "sum"}
