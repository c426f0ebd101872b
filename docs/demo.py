"""The main job on real data: from the CDNOW log to lifetime value, retention and segments.

Run by `make demo`. Prints what a person wants to see at each step.
"""

import time

import pandas as pd

import custvalue as cv

pd.set_option("display.width", 120, "display.max_columns", 20)


def show(title: str, result: object) -> None:
    print(f"\n{title}\n{'-' * len(title)}\n{result}")


def main() -> None:
    start = time.perf_counter()
    log = cv.datasets.cdnow()
    show(f"1. The log: {len(log):,} transactions of CDNOW", log.head(4).to_string(index=False))

    occasions = cv.occasions(log, customer="customer_id", time="date", amount="spend")
    split = occasions.split(at="1997-09-30", unit="week")
    summary = split.calibration
    show("2. Occasions and summary, up to 1997-09-30", f"{occasions}\n{summary}")
    print(summary.to_frame().head(4).round(2).to_string(index=False))

    purchases = cv.clv.BetaGeo.fit(summary)
    spend = cv.clv.GammaGamma.fit(summary)
    for name, fit in (
        ("BG/NBD: how often, and who has left", purchases),
        ("Gamma-Gamma: spend", spend),
    ):
        show(f"3. {name}", fit.to_frame().round(4).to_string(index=False))
        print(f"log-likelihood {fit.log_likelihood:.2f}, AIC {fit.aic:.1f}, n = {fit.n:g}")
        for note in fit.notes:
            print(f"  note: {note}")

    check = cv.clv.holdout(purchases, split)
    show("4. Does it forecast? 39 weeks of holdout, beside two naive guesses",
         check.metrics_frame().round(3).to_string(index=False))  # fmt: skip
    print(f"(actual purchases: {check.actual.sum():g})")
    show(
        "   by repeat purchases in the calibration",
        check.by_frequency().round(2).to_string(index=False),
    )

    values = cv.clv.lifetime_value(
        purchases, spend, summary, horizon=12, unit="month", annual_rate=0.10, margin=0.30
    )
    best = values.to_frame().sort_values("value", ascending=False)
    show("5. Lifetime value: 12 months, 10 % a year, 30 % margin", values)
    print("The five most valuable customers:")
    print(best.head(5).round(2).to_string(index=False))
    tenth = best["value"].head(len(best) // 10).sum() / values.total
    print(f"\nThe top tenth of customers holds {tenth:.0%} of the value.")

    cohorts = cv.retention.cohorts(occasions, until="1998-06-20")
    ages = ["cohort", "size", "0", "1", "2", "3", "14", "15", "16", "17"]
    triangle = cohorts.triangle("customers", partial=True)[ages].head(3)
    show("6. Who came back: customers of each cohort by month, as seen on 20 June 1998",
         triangle.to_string(index=False, float_format="%.0f"))  # fmt: skip
    print("(the last number of each row is partial: its month is not over; NaN: not begun)")
    repeat = cv.retention.repeat_purchase_rate(occasions, within=90)
    low, high = repeat.interval()
    print(f"Bought again within 90 days: {repeat.value:.1%} (95 %: {low:.1%} to {high:.1%}).")

    scores = cv.rfm.scores(cv.rfm.values(occasions, as_of="1997-09-30"))
    segments = cv.rfm.segment_table(cv.rfm.segment(scores), values).to_frame()
    shown = ["segment", "customers", "revenue_share", "mean_value"]
    show("7. RFM segments on 1997-09-30, beside lifetime value",
         segments[shown].round(2).to_string(index=False))  # fmt: skip

    everyone = cv.datasets.cdnow("master")
    again = cv.occasions(everyone, customer="customer_id", time="date", amount="spend")
    before = time.perf_counter()
    full = cv.clv.ModifiedBetaGeo.fit(again.summary(until="1997-09-30", unit="week"))
    took = time.perf_counter() - before
    show(f"8. All {full.n:,.0f} customers, MBG/NBD, in {took:.2f} s",
         full.to_frame().round(4).to_string(index=False))  # fmt: skip
    print(f"\nDone in {time.perf_counter() - start:.1f} s.", end=" ")
    print("Next: README.md, and in docs: tutorial.md, retention.md, satisfaction.md, maturity.md,")
    print("scorecard.md.")


if __name__ == "__main__":
    main()
