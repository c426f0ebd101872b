"""Tests of the Secure Customer Index, loyalty matrix, wallet and programme metrics."""

from __future__ import annotations

from itertools import product

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given

import custvalue as cv
from custvalue.satisfaction import (
    LoyaltySegments,
    Programme,
    ShareOfWallet,
    satisfaction_loyalty_matrix,
    secure_customer_index,
    share_of_wallet,
    wallet_allocation,
)

ERROR = cv.errors.InvalidDataError
THREE = ("sat", "rec", "buy")


def everything() -> pd.DataFrame:
    """Every combination of three answers from 1 to 5, once."""
    return pd.DataFrame(list(product(range(1, 6), repeat=3)), columns=list(THREE))


def test_secure_customers_by_definition():
    found = secure_customer_index(everything(), *THREE, scale=(1, 5))
    # 1 with 5 5 5; 2^3 - 1 more with all >= 4; 3^3 - 2^3 more with all >= 3; the rest below
    assert found.order == ("secure", "favourable", "vulnerable", "at risk")
    assert found.share * 125 == pytest.approx([1, 7, 19, 98])
    assert found.value == pytest.approx(1 / 125)
    low, high = found.interval()
    assert (low <= found.share).all()
    assert (found.share <= high).all()
    lower = secure_customer_index(everything(), *THREE, scale=(1, 5), risk_below=2)
    assert lower.share * 125 == pytest.approx([1, 7, 64 - 8, 61])


def test_reversed_questions():
    table = everything().assign(rec=6 - everything()["rec"])
    turned = secure_customer_index(table, *THREE, scale=(1, 5), reverse=["rec"])
    assert turned.share == pytest.approx([1 / 125, 7 / 125, 19 / 125, 98 / 125])


def test_who_left_one_out_is_counted_and_left_out():
    table = pd.DataFrame({"sat": [5, 5, None], "rec": [5, None, 5], "buy": [5, 5, 5]})
    found = secure_customer_index(table, *THREE, scale=(1, 5))
    assert (found.base, found.value) == (1, 1.0)
    assert found.notes["respondents left out"] == 2


def test_segments_add_group_and_travel():
    table = everything().assign(region=["n", "s", "s", "n", "s"] * 25, w=1.5)
    found = secure_customer_index(table, *THREE, scale=(1, 5), by="region", weight="w")
    parts = [
        secure_customer_index(part, *THREE, scale=(1, 5), by="region", weight="w")
        for part in (table[:30], table[30:])
    ]
    assert sum(parts, LoyaltySegments()) == found
    assert LoyaltySegments.from_dict(found.to_dict()) == found
    alone = secure_customer_index(table[table["region"] == "s"], *THREE, scale=(1, 5))
    assert found.share[1] == pytest.approx(alone.share)
    assert found.interval()[0][1] == pytest.approx(alone.interval()[0])
    shown = found.to_frame()
    assert shown.groupby("region")["share"].sum().to_numpy() == pytest.approx([1, 1])
    assert list(shown["segment"][:4]) == list(found.order)
    hidden = secure_customer_index(table, *THREE, scale=(1, 5), by="region", min_group=60)
    assert np.isnan(hidden.share[0]).all()
    assert not np.isnan(hidden.share[1]).any()


def test_quadrants():
    table = pd.DataFrame({"sat": [5, 5, 5, 2, 2, 1], "loy": [5, 4, 1, 5, 1, 1]})
    found = satisfaction_loyalty_matrix(table, "sat", "loy", satisfied_from=4, loyal_from=4)
    assert found.order == ("loyalist", "mercenary", "hostage", "defector")
    assert found.share * 6 == pytest.approx([2, 1, 1, 2])
    assert found.rules == (4.0, 4.0)
    other = satisfaction_loyalty_matrix(table, "sat", "loy", satisfied_from=3, loyal_from=4)
    with pytest.raises(ERROR, match="rules"):
        _ = found + other  # other cuts


def test_no_answers():
    found = secure_customer_index(everything()[:0], *THREE, scale=(1, 5))
    assert np.isnan(found.share).all()
    assert np.isnan(found.interval()).all()
    repr(LoyaltySegments()), LoyaltySegments().to_frame()


def test_bad_loyalty_input_is_named():
    with pytest.raises(ERROR, match="three options"):
        secure_customer_index(everything(), *THREE, scale=(4, 5))
    with pytest.raises(ERROR, match="risk_below"):
        secure_customer_index(everything(), *THREE, scale=(1, 5), risk_below=5)
    with pytest.raises(ERROR, match="scale from 1 to 4"):
        secure_customer_index(everything(), *THREE, scale=(1, 4))
    text = everything().assign(sat="very")
    with pytest.raises(ERROR, match=r"sat.*labels="):
        secure_customer_index(text, *THREE, scale=(1, 5))
    with pytest.raises(ERROR, match="satisfied_from"):
        satisfaction_loyalty_matrix(
            everything(), "sat", "rec", satisfied_from=float("nan"), loyal_from=4
        )


def test_wallet_of_two_brands():
    assert wallet_allocation([9, 7]) == pytest.approx([2 / 3, 1 / 3])  # published: 67 %, 33 %
    assert wallet_allocation([5, 9, 7]) == pytest.approx([1 / 6, 1 / 2, 1 / 3])
    assert wallet_allocation([8]) == pytest.approx([1.0])


@given(st.lists(st.one_of(st.just(float("nan")), st.integers(1, 5)), min_size=1, max_size=8))
def test_wallets_add_to_one_with_ties(scores):
    found = wallet_allocation([scores])[0]
    used = ~np.isnan(np.array(scores, dtype=float))
    assert np.isnan(found[~used]).all()
    if used.any():
        assert found[used].sum() == pytest.approx(1.0)
        assert (found[used] > 0).all()


def test_bad_wallets_are_named():
    with pytest.raises(ERROR, match="infinite"):
        wallet_allocation([1, float("inf")])
    with pytest.raises(ERROR, match="numbers"):
        wallet_allocation(["a", "b"])
    with pytest.raises(ERROR, match="shape"):
        wallet_allocation(np.ones((2, 2, 2)))
    assert wallet_allocation([]).shape == (0,)


def wallets() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    category = rng.gamma(2, 50, 400)
    return pd.DataFrame(
        {"own": category * rng.beta(2, 3, 400), "all": category, "g": ["a", "b"] * 200}
    )


def test_share_of_wallet_is_of_all_spending():
    found = share_of_wallet(wallets(), own="own", category="all")
    assert found.value == pytest.approx(wallets()["own"].sum() / wallets()["all"].sum())
    rng = np.random.default_rng(7)
    picks = rng.integers(0, 400, (2000, 400))
    drawn = wallets()["own"].to_numpy()[picks].sum(1) / wallets()["all"].to_numpy()[picks].sum(1)
    low, high = found.interval()
    assert (high - low) / (2 * 1.966) == pytest.approx(drawn.std(), rel=0.06)


def test_share_of_wallet_adds_and_groups():
    found = share_of_wallet(wallets(), own="own", category="all", by="g")
    parts = [
        share_of_wallet(part, own="own", category="all", by="g")
        for part in (wallets()[:99], wallets()[99:])
    ]
    assert sum(parts, ShareOfWallet()).value == pytest.approx(found.value)
    assert ShareOfWallet.from_dict(found.to_dict()) == found
    alone = share_of_wallet(wallets()[1::2], own="own", category="all")
    assert found.interval()[1][1] == pytest.approx(alone.interval()[1])
    weighted = share_of_wallet(wallets().assign(w=3.0), own="own", category="all", weight="w")
    same = share_of_wallet(wallets(), own="own", category="all")
    assert weighted.interval() == pytest.approx(same.interval())


def test_wallets_without_spending():
    table = pd.DataFrame({"own": [0, 0, 5], "all": [0, 0, 10]})
    found = share_of_wallet(table, own="own", category="all")
    assert (found.answers, found.value) == (1, 0.5)
    assert found.notes == {"without spending in the category": 2}
    assert np.isnan(found.interval()).all()
    assert np.isnan(ShareOfWallet().value)
    with pytest.raises(ERROR, match="must not exceed"):
        share_of_wallet(pd.DataFrame({"own": [5], "all": [4]}), own="own", category="all")
    with pytest.raises(ERROR, match="finite"):
        share_of_wallet(pd.DataFrame({"own": [None], "all": [4.0]}), own="own", category="all")


def test_programme():
    one = Programme(1000, 400, 240, 100, 50_000, 30_000, 8_000)
    assert (one.value, one.rate("active"), one.rate("redeeming")) == (0.4, 0.6, 0.25)
    assert (one.redemption, one.breakage, one.outstanding) == (0.6, 0.16, 12_000)
    low, high = one.interval("active")
    assert low < 0.6 < high
    two = one + one
    assert (two.value, two.members) == (0.4, 800)
    assert Programme.from_dict(one.to_dict()) == one
    groups = Programme([10, 20], [5, 20], groups={"shop": ["a", "b"]})
    assert groups.value == pytest.approx([0.5, 1.0])
    assert np.isnan(groups.breakage).all()
    assert list(groups.to_frame()["enrolment_rate"]) == [0.5, 1.0]
    assert np.isnan(Programme().value)
    with pytest.raises(ERROR, match="members: must not exceed customers"):
        Programme(10, 11)
    with pytest.raises(ERROR, match="redeemers: must not exceed active"):
        Programme(10, 9, 3, 4)
    with pytest.raises(ERROR, match="rate: must be one of"):
        one.rate("breakage")


def test_engines(engine):
    found = secure_customer_index(engine.frame(everything()), *THREE, scale=(1, 5))
    assert found.value == pytest.approx(1 / 125)
    assert engine.owns(found.to_frame())
    wallet = share_of_wallet(engine.frame(wallets()), own="own", category="all", by="g")
    assert engine.owns(wallet.to_frame())


@pytest.mark.parametrize("name", ["segment", "share", "lower"])
def test_groups_do_not_hide_columns(name):
    with pytest.raises(ERROR, match="Rename the column"):
        secure_customer_index(everything().assign(**{name: 1}), *THREE, scale=(1, 5), by=name)
