"""One of each public record, made the way a user makes it."""

from __future__ import annotations

import numpy as np
import pandas as pd

import custvalue as cv
import plain_log

LOG = {"customer": "customer", "time": "time"}


def examples():
    """Return one of each public record, by name."""
    log = plain_log.random_log(61, lines=1500, customers=150)
    bought = cv.occasions(log, **LOG, amount="amount")
    made = [bought, *of_lifetime_value(bought), *of_retention(log), *of_churn(log), *of_rfm(log)]
    return {type(record).__name__: record for record in made}


def of_lifetime_value(bought):
    split = bought.split(at="2021-01-31", unit="week")
    summary = split.calibration
    model = cv.clv.BetaGeo(r=0.3, alpha=5.0, a=0.8, b=2.5)
    fit = cv.clv.Fit(model, np.eye(4), -12.5, 150.0, 140, 1e-9, "week", "abc", ("a note",))
    predicted = cv.clv.Predictions(
        np.arange(2), np.array([0.5, 1.0]), np.array([2.0, 3.0]), 39.0, "week"
    )
    values = cv.clv.lifetime_value(fit, 20.0, summary, horizon=52, annual_rate=0.1)
    return [
        split, summary, model, fit, values, predicted, cv.clv.holdout(fit, split),
        cv.clv.ModifiedBetaGeo(0.3, 5.0, 0.8, 2.5), cv.clv.GammaGamma(6.0, 4.0, 15.0),
        cv.clv.ShiftedBetaGeo(0.7, 3.8), cv.clv.BetaDiscreteWeibull(0.2, 1.4, 1.7),
        cv.datasets.simulate(model, 20, T=39, rng=1),
    ]  # fmt: skip


def of_retention(log):
    cohorts = cv.retention.cohorts(log, **LOG, amount="amount")
    plans = pd.DataFrame(
        {"customer": ["a", "b", "a"], "start": ["2024-01-01", "2024-01-15", "2024-03-01"],
         "end": ["2024-02-10", None, None], "fee": [10.0, 20.0, 15.0]}
    )  # fmt: skip
    return [
        cohorts,
        cohorts.curve(),
        cv.retention.growth_accounting(log, **LOG, amount="amount"),
        cv.retention.n_day(log, **LOG),
        cv.retention.repeat_purchase_rate(log, **LOG),
        cv.retention.order_rates(log, **LOG),
        cv.retention.reactivation_rate(log, **LOG, inactive=30),
        cv.retention.revenue_retention(
            plans, customer="customer", start="start", end="end", amount="fee", until="2024-04-30"
        ),
    ]


def of_churn(log):
    spells = cv.churn.Spells.from_log(log, **LOG, inactive=60)
    durations = spells.durations()
    arms = cv.Durations(
        exit=[1.0, 2.0, 3.0], event=[True, False, True], groups={"plan": np.array(["a", "b", "a"])}
    )
    rng = np.random.default_rng(3)
    score, treated = rng.random(60), rng.random(60) < 0.5
    churned = rng.random(60) < score
    ranking = cv.churn.ranking(churned, score)
    warnings = pd.DataFrame(
        {"warned": ["2024-01-05", "2024-02-01", None], "churned": ["2024-01-20", None, None]}
    )
    return [
        spells,
        arms,
        cv.churn.churn_rate(spells),
        cv.churn.kaplan_meier(durations),
        cv.churn.compare(arms, by="plan"),
        cv.churn.win_back_rate(spells, within=60),
        ranking,
        cv.churn.maximum_profit(ranking),
        cv.churn.profit_curve(ranking),
        cv.churn.brier(churned, score),
        cv.churn.calibration(churned, score),
        cv.churn.uplift(churned, treated, score),
        cv.churn.early_warning(warnings, until="2024-06-30", horizon=30),
    ]


def of_rfm(log):
    before = cv.rfm.values(log, **LOG, amount="amount", as_of="2021-01-31")
    scores = cv.rfm.scores(before)
    segments = cv.rfm.segment(scores)
    after = cv.rfm.scores(cv.rfm.values(log, **LOG, amount="amount"), cuts=scores.cuts)
    return [
        before,
        scores,
        scores.cuts,
        segments,
        cv.rfm.segment_map(),
        cv.rfm.segment_table(segments),
        cv.rfm.migration(segments, cv.rfm.segment(after)),
    ]
