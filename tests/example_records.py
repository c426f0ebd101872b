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
    made = [bought, *of_lifetime_value(bought), *of_retention(log), *of_churn(log), *of_rfm(log),
            *of_satisfaction(), *of_maturity(), *of_scorecard()]  # fmt: skip
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


def of_satisfaction():
    cs = cv.satisfaction
    rng = np.random.default_rng(4)
    answers = np.clip(rng.integers(1, 6, (80, 1)) + rng.integers(-1, 2, (80, 4)), 1, 5)
    survey = pd.DataFrame(answers, columns=["price", "staff", "wifi", "all"])
    survey["nps"], survey["later"] = rng.integers(0, 11, 80), rng.integers(0, 11, 80)
    survey["region"] = np.array(["north", "south"])[rng.integers(0, 2, 80)]
    items = ["price", "staff", "wifi"]
    stages = cs.stage_scores(survey, "all", stage="region", scale=(1, 5))
    score = cs.nps(survey, "nps", by="region")
    return [
        score,
        cs.nps_change(survey, "nps", "later"),
        cs.compare_groups(score),
        cs.csat(survey, "all"),
        cs.ces([1, 3, 5, 7]),
        cs.satisfaction_index(survey, items, scale=(1, 5)),
        cs.cronbach_alpha(survey, items, scale=(1, 5)),
        cs.mcdonald_omega(rng.integers(1, 4, (200, 1)) + rng.integers(0, 3, (200, 4))),
        cs.drivers(survey, "all", items),
        cs.penalty_reward(survey, "all", items, low=1, high=5, scale=(1, 5)),
        cs.importance_performance(items, [0.4, 0.3, 0.1], [3.1, 4.5, 4.4]),
        cs.kano(survey, {"wifi": ("wifi", "staff")}),
        cs.servqual(survey, {"people": [("staff", "all")]}, scale=(1, 5)),
        stages,
        cs.journey_score(stages),
        cs.secure_customer_index(survey, "all", "staff", "wifi", scale=(1, 5)),
        cs.post_stratify(survey, "region", {"north": 0.5, "south": 0.5}),
        cs.Programme(1000, 400, 240, 100, 50_000, 30_000, 8_000),
        cs.representativeness(survey, "region", {"north": 0.5, "south": 0.5}),
        cs.ResponseRates(400, 50, 200, 250, 20, 60, 20),
        cs.share_of_wallet(pd.DataFrame({"own": [3, 1], "all": [4, 4]}), own="own", category="all"),
        cs.share_trend([80, 85, 90], [100, 100, 100]),
        cs.trend_test([0.80, 0.85, 0.90, 0.88]),
    ]


def of_maturity():
    cm = cv.maturity
    model = cm.load()
    ratings = np.random.default_rng(5).integers(0, 6, (7, 3, len(model.items)))
    found = cm.assess(model, ratings)
    sheets = pd.DataFrame(ratings[0, :2], columns=model.item_ids)
    sheets["who"] = sheets["kind"] = ["self", "third_party"]
    ours = cm.assess(model, sheets, assessor="who", kind="kind")
    item = model.item_ids[0]
    return [
        model,
        found,
        cm.target_gap(ours, 4),
        cm.strengths(ours),
        cm.blockers(ours),
        cm.roadmap(ours, 3, max_effort=30),
        cm.compare(found, cm.assess(model, np.minimum(ratings + 1, 5))),
        cm.benchmark(found, found),
        cm.assessor_gap(ours),
        cm.contradictions(ours, {item: 0.4}, {item: (0.1, 0.2, 0.3, 0.5, 0.8)}),
        cm.krippendorff_alpha([[1, 1], [2, 2], [3, 2]], metric="ordinal"),
        cm.cohen_kappa([["N", "N"], ["P", "P"], ["P", "L"], ["L", "L"]]),
        cm.fleiss_kappa([["a", "a", "a"], ["a", "b", "b"], ["c", "c", "c"]]),
        cm.icc([[9, 2, 5], [6, 1, 3], [8, 4, 6], [7, 1, 2]]),
    ]


def of_scorecard():
    sc = cv.scorecard
    rng = np.random.default_rng(6)
    table = pd.DataFrame({"score": rng.integers(0, 11, 40), "new": np.tile([0, 1], 20),
                          "later": np.repeat([0, 1], 20)})  # fmt: skip
    action = sc.ImprovementAction("A1", "Optimise product functions", owner="R&D", due="2023-Q3")
    plan = sc.ImprovementPlan([action])
    past = sc.history(pd.DataFrame({"indicator": "csat", "date": ["2021-12-31", "2022-12-31"],
                                    "value": [0.8, 0.85]}))  # fmt: skip
    csat = sc.Indicator("csat", "Satisfaction", low=0, high=1, thresholds=sc.Threshold(0.9, 0.85))
    system = sc.EvaluationSystem.of(csat)
    return [
        past,
        system,
        sc.evaluate(system, past, as_of="2023-01-31", evidence={"csat": "faster, they say"}),
        action,
        plan,
        plan.status("2023-12-31"),
        sc.p_chart([80, 85, 90, 70], [100, 100, 100, 100], baseline=0.85),
        sc.ewma_chart([31, 33, 35, 38, 40], 2.0, target=32),
        sc.cusum_chart([101, 98, 104, 104, 105, 106], 100, 2),
        sc.change_since((7.9, 0.08), (8.3, 0.09)),
        sc.before_after(table, "score", "later"),
        sc.difference_in_differences(table, "score", "new", "later"),
        sc.ahp_weights([[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]]),
        sc.themes(
            table.assign(theme=list("abab") * 10, who=list("xxyy") * 10),
            unit="score",
            coder="who",
            theme="theme",
            repeats="once",
        ),
        sc.aspects(),
        sc.crosswalk(),
        sc.sensitivity(rng.uniform(0, 100, (6, 3)), [5, 3, 2], draws=200, rng=1),
    ]
