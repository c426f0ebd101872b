"""Ways into an assessment and out of it: tables, arrays, JSON, sums, profiles, bad ratings."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from custvalue import maturity
from custvalue.errors import InvalidDataError

from .models import plain, tree

MODEL = maturity.load("customer-management")
KINDS = {"auditor": "third_party", "boss": "internal", "own": "self"}
PROOF = ("none", "statement", "document", "record", "metric")


# ---- ways in


def many_sheets(seed=3):
    """Return ratings of (organisations, assessors, items), and as a wide table."""
    rng = np.random.default_rng(seed)
    ratings = rng.integers(0, 6, (4, 3, 20)).astype(float)
    ratings[rng.random(ratings.shape) < 0.2] = np.nan
    wide = pd.DataFrame(ratings.reshape(12, 20), columns=MODEL.item_ids)
    wide.insert(0, "org", np.repeat(["w", "x", "y", "z"], 3))
    wide.insert(1, "who", np.tile(list(KINDS), 4))
    wide["kind"] = wide["who"].map(KINDS)
    return ratings, wide


WHO = {"organisation": "org", "assessor": "who"}
LONG = {"item": "practice", "rating": "rating"}


def long_of(wide):
    names = [c for c in ("org", "who", "kind") if c in wide]
    return wide.melt(id_vars=names, var_name="practice", value_name="rating")


def same_numbers(one, other):
    np.testing.assert_array_equal(one.rating, other.rating)
    np.testing.assert_array_equal(one.owner, other.owner)
    np.testing.assert_array_equal(one.value, other.value)
    np.testing.assert_array_equal(one.level, other.level)
    np.testing.assert_array_equal(one.component_scores, other.component_scores)
    assert one.notes == other.notes


def test_wide_long_and_array_on_every_engine(engine):
    ratings, wide = many_sheets()
    array = maturity.assess(MODEL, ratings)
    one = maturity.assess(MODEL, engine.frame(wide.drop(columns="kind")), **WHO)
    other = maturity.assess(MODEL, engine.frame(long_of(wide.drop(columns="kind"))), **WHO, **LONG)
    same_numbers(one, array)
    assert one == other
    assert one.organisation.tolist() == ["w", "x", "y", "z"]
    assert one.assessor.tolist() == list(KINDS) * 4
    for frame in (one.to_frame(), other.components_frame(), one.items_frame("zh")):
        assert engine.owns(frame)
    expected = maturity.assess(MODEL, wide, **WHO).to_frame()
    pd.testing.assert_frame_equal(
        engine.pandas(one.to_frame()).astype(expected.dtypes.to_dict()), expected
    )


def test_kinds_and_evidence_on_every_engine(engine):
    _, wide = many_sheets()
    long = long_of(wide)
    proof = np.random.default_rng(5).integers(0, 5, len(long))
    long["proof"] = np.array(PROOF, dtype=object)[proof]
    names = {**WHO, **LONG, "kind": "kind"}
    found = maturity.assess(MODEL, engine.frame(long), **names, evidence="proof")
    cells = pd.DataFrame({"row": found.assessor, "own": found.kind})
    assert cells.drop_duplicates().values.tolist() == [["auditor", 0], ["boss", 1], ["own", 2]]
    sheet = long["org"].map("wxyz".index) * 3 + long["who"].map(list(KINDS).index)
    column = long["practice"].map(MODEL.item_ids.index)
    assert (found.evidence[sheet, column] == proof).all()
    assert found == maturity.assess(MODEL, long, **names, evidence="proof")


def test_codes_in_any_case_and_numbers_are_the_same(engine):
    model = plain({"a": {"level": 1}, "b": {"level": 1}}, "iso33020")
    codes = pd.DataFrame({"a": ["n", " P ", "L", "f"], "b": ["F", None, "l", "N/A"]})
    points = [[0.075, 0.925], [0.325, np.nan], [0.675, 0.675], [0.925, -1]]
    found = maturity.assess(model, engine.frame(codes), not_applicable=("n/a",))
    np.testing.assert_array_equal(found.ratings, points)
    array = maturity.assess(model, codes.to_numpy(dtype=object), not_applicable=["N/A "])
    np.testing.assert_array_equal(array.ratings, points)
    mixed = [["N", 0.925], [0.325, None], ["L", "L"], [0.925, "N/A"]]
    np.testing.assert_array_equal(
        maturity.assess(model, mixed, not_applicable=["N/A"]).ratings, points
    )


def test_the_order_of_rows_and_columns_says_nothing(engine):
    _, wide = many_sheets()
    found = maturity.assess(MODEL, wide, **WHO, kind="kind")
    rng = np.random.default_rng(8)
    for table, more in ((wide, {}), (long_of(wide), LONG)):
        mixed = table.iloc[rng.permutation(len(table))][rng.permutation(table.columns)]
        again = maturity.assess(MODEL, engine.frame(mixed), **WHO, kind="kind", **more)
        assert again == found
        assert again.notes == found.notes


def test_shapes_of_arrays():
    one = maturity.assess(MODEL, [3] * 20)
    for same in ([[3] * 20], [[[3] * 20]], np.full((1, 20), 3), np.full(20, 3, dtype=np.int8),
                 [["3"] * 20], tuple([3.0] * 20), dict.fromkeys(MODEL.item_ids, 3),
                 dict.fromkeys(MODEL.item_ids, "3")):  # fmt: skip
        same_numbers(maturity.assess(MODEL, same), one)
    some = maturity.assess(MODEL, {"needs.accuracy": 4})
    assert some.value.tolist() == [4.0]
    assert some.notes == {"items not rated": 19, "ratings not capped, as no evidence is given": 1}
    nobody = maturity.assess(MODEL, np.empty((0, 20)))
    assert len(nobody) == len(nobody.to_frame()) == len(nobody.components_frame()) == 0


def test_an_organisation_that_nobody_rated_stays():
    """An array is padded with blank sheets; the last one of an organisation is kept."""
    ratings, _ = many_sheets()
    ratings[1] = np.nan
    ratings[3, 1:] = np.nan
    found = maturity.assess(MODEL, ratings)
    assert np.bincount(found.owner).tolist() == [3, 1, 3, 1]
    assert np.isnan(found.value).tolist() == [False, True, False, False]
    assert found.level[1] == 0
    assert found.coverage[1] == 0
    assert [end[1] for end in found.bounds()] == [0, 5]
    nobody = maturity.assess(MODEL, np.full((2, 3, 20), np.nan))
    assert len(nobody) == 2


def test_one_row_is_one_organisation_unless_assessors_are_named():
    table = pd.DataFrame([[1] * 20, [3] * 20], columns=MODEL.item_ids)
    assert maturity.assess(MODEL, table).value.tolist() == [1, 3]
    named = maturity.assess(MODEL, table.assign(who=["a", "b"]), assessor="who")
    assert named.value.tolist() == [2]
    long = long_of(table.iloc[:1])
    assert maturity.assess(MODEL, long, **LONG).value.tolist() == [1]


# ---- adding, JSON, profiles


def test_adding_is_pooling():
    _, wide = many_sheets()
    named = {**WHO, "kind": "kind"}
    whole = maturity.assess(MODEL, wide, **named)
    halves = [
        maturity.assess(MODEL, wide[wide["org"].isin(orgs)], **named)
        for orgs in (["x", "z"], ["w", "y"])
    ]
    assert sum(halves) == halves[1] + halves[0] == whole
    assert sum(halves).notes == whole.notes
    with pytest.raises(InvalidDataError, match="must not be in both records"):
        whole + halves[0]
    with pytest.raises(InvalidDataError, match="kind: must be known in both"):
        halves[0] + maturity.assess(MODEL, wide[wide["org"] == "w"], **WHO)
    with pytest.raises(InvalidDataError, match="model: must be the same"):
        whole + maturity.assess("value-crm", [[1] * 15])
    with pytest.raises(TypeError):
        whole + 1


def test_assessments_travel_as_json():
    _, wide = many_sheets()
    long = long_of(wide).assign(proof="record")
    for found in (
        maturity.assess(MODEL, wide, **WHO, kind="kind"),
        maturity.assess(MODEL, long, **WHO, **LONG, evidence="proof"),
        maturity.assess(tree("iso33020"), [[0.2, None, "F", "L", -1, 1, 0]], not_applicable=(-1,)),
        maturity.assess(MODEL, np.empty((0, 20))),
    ):
        back = maturity.Assessment.from_dict(json.loads(json.dumps(found.to_dict())))
        assert back == found
        np.testing.assert_array_equal(back.value, found.value)
        np.testing.assert_array_equal(back.level, found.level)
        assert back.model.hash == found.model.hash


@pytest.mark.parametrize(
    ("field", "value", "match"),
    [
        ("rating", [[9.0]], "rating: must be on the scale"),
        ("owner", [1], "owner: must give each organisation"),
        ("owner", [0, 0], "owner: must be a rising column"),
        ("assessor", [], "assessor: must be one for each sheet"),
        ("kind", [3], "kind: must be codes below 3"),
        ("evidence", [[5]], "evidence: must be codes below 5"),
        ("organisation", [], "owner: must give each"),
    ],
)
def test_fields_that_do_not_fit_are_refused(field, value, match):
    fields = {"rating": [[3.0]], "owner": [0], "organisation": ["we"], "assessor": [0],
              "kind": [0], "evidence": [[0]]}  # fmt: skip
    model = plain({"a": {}})
    maturity.Assessment(model, **fields)
    with pytest.raises(InvalidDataError, match=match):
        maturity.Assessment(model, **fields | {field: value})


def test_a_profile_weighs_components():
    rated = [[5, *[1] * 19]]
    plain_one = maturity.assess(MODEL, rated)
    finance = maturity.assess(MODEL, rated, profile="finance")
    assert finance.value == maturity.assess(maturity.load(profile="finance"), rated).value
    assert finance.model.hash != plain_one.model.hash
    tops = plain_one.component_scores[0, :4]
    assert finance.value[0] == pytest.approx(tops @ [1, 1, 1.5, 1] / 4.5)
    with pytest.raises(InvalidDataError, match="model: must be the same"):
        maturity.compare(plain_one, finance)


# ---- percentages


def test_percentages():
    model = plain({"a": {"level": 1}, "b": {"level": 1}}, "iso33020")
    shares = maturity.assess(model, [[0.9, 0.2]])
    percent = maturity.assess(model, [[90, 20]], percent=True)
    np.testing.assert_allclose(percent.rating, shares.rating, rtol=1e-15)
    mixed = maturity.assess(model, [["F", 20], [999, 100]], percent=True, not_applicable=[999])
    np.testing.assert_allclose(mixed.rating, [[0.925, 0.2], [-1, 1]], rtol=1e-15)
    with pytest.raises(InvalidDataError, match=r"from 0 to 1.*percent=True"):
        maturity.assess(model, [[90, 20]])
    with pytest.raises(InvalidDataError, match="from 0 to 100"):
        maturity.assess(model, [[90, 101]], percent=True)
    with pytest.raises(InvalidDataError, match="percent: must be False"):
        maturity.assess(MODEL, [[3] * 20], percent=True)


# ---- hostile ratings


@pytest.mark.parametrize(
    ("ratings", "match"),
    [
        ([[6] * 20], "must be a rating of the scale: 0, 1, 2, 3, 4, 5"),
        ([[-1] * 20], "must be a rating of the scale"),
        ([[2.5] * 20], "must be a rating of the scale"),
        ([[np.inf] * 20], "must be a rating of the scale"),
        ([[3] * 19], "with 20 items"),
        ([[3] * 20, [3]], "rows of one length"),
        ([["good"] * 20], r"codes of the scale.*Codes: 0, 1, 2.*not_applicable"),
        ([[1j] * 20], "numbers or codes"),
        ([[["3"]] * 20], "with 20 items"),
        ([[{}] * 20], "numbers or codes"),
        ([np.array(["2024-01-01"] * 20, dtype="M8[D]")], "numbers or codes"),
        (np.ma.masked_equal([[3] * 20], 3), "masked"),
        (np.zeros((1, 1, 1, 20)), "shape"),
        ("needs.accuracy", "ratings: must be a data frame"),
        (3, "ratings: must be a data frame"),
        (None, "ratings: must be a data frame"),
        ({"needs.acuracy": 3}, "Did you mean 'needs.accuracy'"),
        ({"needs.accuracy": [3, 4]}, "numbers or codes"),
        (dict.fromkeys(MODEL.item_ids, [3] * 20), "numbers or codes"),
        ([[3] * 20, [*[3] * 18, 7, 8]], "got 7 .first at row 1, 1 of 2 rows"),
        ([["3"] * 20, [*["3"] * 18, "4", 8]], "got 8 .first at row 1, 1 of 2 rows"),
        ([["3"] * 20, [*["3"] * 18, "x", 8]], r"got \['x'\] .first at row 1, 1 of 2 rows"),
    ],
)
def test_bad_ratings_are_named(ratings, match):
    with pytest.raises(InvalidDataError, match=match):
        maturity.assess(MODEL, ratings)


@pytest.mark.parametrize(
    "bad", ["N/A", 9, None, [None], [np.nan], [True], [False], [["x"]], [()], ["3"], {"x": 1}]
)
def test_what_cannot_stand_for_not_applicable_is_refused(bad):
    with pytest.raises(InvalidDataError, match="not_applicable"):
        maturity.assess(MODEL, [[3] * 20], not_applicable=bad)


@pytest.mark.parametrize("nine", [9, 9.0, np.int64(9), np.float32(9), np.uint8(9)])
def test_numbers_of_every_type_stand_for_not_applicable(nine):
    for ratings in ([[9] * 10 + [3] * 10], [[9] * 10 + ["3"] * 10]):
        found = maturity.assess(MODEL, ratings, not_applicable=[nine])
        assert found.notes["items not applicable"] == 10


def test_bad_tables_are_named():
    _, wide = many_sheets()
    long = long_of(wide)
    for table, roles, match in [
        (wide, {}, None),
        (wide, {"organisation": "org"}, r"one row for each organisation and assessor.*assessor="),
        (wide.assign(org=None), WHO, "org: must not be missing"),
        (wide.assign(who=None), WHO, "who: must not be missing"),
        (wide.assign(kind="friend"), WHO | {"kind": "kind"}, "kind: must be one of"),
        (wide.assign(kind=None), WHO | {"kind": "kind"}, "kind: must not be missing"),
        (long, WHO | {"item": "practice"}, "item, rating: must both be named"),
        (long.assign(practice="x"), WHO | LONG, "practice: must be an item"),
        (long.assign(practice=None), WHO | LONG, "practice: must not be missing"),
        (pd.concat([long, long[:1]]), WHO | LONG, "rating: must be one for each.*Keep one"),
        (long, {"organisation": "org"} | LONG, "rating: must be one for each.*assessor="),
        (long.assign(kind=["self", *["internal"] * (len(long) - 1)]),
         WHO | LONG | {"kind": "kind"}, "kind: must be the same in all rows"),
    ]:  # fmt: skip
        if match is None:
            assert len(maturity.assess(MODEL, table, **roles)) == 12
            continue
        with pytest.raises(InvalidDataError, match=match):
            maturity.assess(MODEL, table, **roles)
    with pytest.raises(InvalidDataError, match="organisation: needs a table"):
        maturity.assess(MODEL, [[3] * 20], organisation="org")
