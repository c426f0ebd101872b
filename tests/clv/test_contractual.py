"""sBG and BdW: published numbers, laws, late entries, intervals, and data that tell too little."""

import dataclasses
import json

import numpy as np
import pytest

import custvalue as cv
from custvalue import clv
from custvalue.clv import BetaDiscreteWeibull, ShiftedBetaGeo
from custvalue.clv._life_table import life_table
from custvalue.errors import CustValueWarning, InvalidDataError, NotIdentifiedError

KINDS = pytest.mark.parametrize("kind", list(clv.CONTRACTUAL_MODELS.values()))
# Fader & Hardie (2007), table 1, per 1000 customers at ages 0 to 12
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394]
REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173]


def fitted(kind, left, ages=None):
    return kind.fit(cv.Durations.from_survivors(left[:ages], unit="year"))


# ---- published numbers


@pytest.mark.parametrize(
    ("left", "theta", "log_likelihood", "last"),
    [
        (HIGH_END, (0.668088, 3.806095), -1611.1581, 0.3780),
        (REGULAR, (0.704077, 1.182043), -1680.2652, 0.1700),
    ],
)
def test_sbg_of_eight_years(left, theta, log_likelihood, last):
    """Fader & Hardie (2007): .668, 3.806, -1611.2; .704, 1.182, -1680.3; to more digits."""
    fit = fitted(ShiftedBetaGeo, left, 8)
    np.testing.assert_allclose(fit.estimates, theta, rtol=2e-6)
    assert fit.log_likelihood == pytest.approx(log_likelihood, abs=6e-5)
    assert fit.model.survival(12) == pytest.approx(last, abs=6e-5)
    assert fit.n == 1000
    assert fit.unit == "year"


def test_sbg_of_five_years():
    """Fader & Hardie's note of December 2014: 1000, 631, 468, 382, 326."""
    fit = fitted(ShiftedBetaGeo, REGULAR, 5)
    np.testing.assert_allclose(fit.estimates, (0.763665, 1.295830), rtol=2e-6)
    assert fit.log_likelihood == pytest.approx(-1401.5594, abs=6e-5)


def test_sbg_goes_on_beyond_the_data():
    """Fader & Hardie (2007), fig. 4: survivors of years 8 to 12 of 1000."""
    later = 1000 * fitted(ShiftedBetaGeo, HIGH_END, 8).model.survival(np.arange(8, 13))
    np.testing.assert_allclose(later, [460.4, 435.8, 414.2, 395.1, 378.0], atol=0.05)


@pytest.mark.parametrize(
    ("left", "ages", "theta", "log_likelihood"),
    [
        (HIGH_END, 8, (0.2143, 1.4266, 1.7236), -1605.3142),
        (HIGH_END, 5, (0.2593, 1.7225, 1.5844), -1222.7493),
        (REGULAR, 5, (0.5231, 0.8944, 1.1963), -1401.3831),
    ],
)
def test_bdw(left, ages, theta, log_likelihood):
    """Fader, Hardie & others (2018): survivors of years 1 to 4 (5 ages), and of 1 to 7.

    The likelihood of the regular cohort is so flat that the fourth decimal is up to the optimiser.
    """
    fit = fitted(BetaDiscreteWeibull, left, ages)
    np.testing.assert_allclose(fit.estimates, theta, atol=2e-4)
    assert fit.log_likelihood == pytest.approx(log_likelihood, abs=6e-5)
    quoted = BetaDiscreteWeibull(*theta)
    data = cv.Durations.from_survivors(left[:ages])
    assert fit.log_likelihood >= data.weight @ quoted.log_likelihood(data.exit, data.event)


def test_bdw_goes_on_beyond_the_data():
    later = 1000 * fitted(BetaDiscreteWeibull, HIGH_END, 8).model.survival(np.arange(8, 13))
    np.testing.assert_allclose(later, [467.8, 448.3, 431.6, 416.9, 403.9], atol=0.05)


def test_discounted_lifetimes_at_ten_per_cent():
    """DEL of the parameters as printed; DERL of those fitted, just before the eighth renewal."""
    high, regular = ShiftedBetaGeo(0.668, 3.806), ShiftedBetaGeo(0.704, 1.182)
    assert high.discounted_expected_lifetime(0.1) == pytest.approx(5.9226, abs=5e-5)
    assert regular.discounted_expected_lifetime(0.1) == pytest.approx(3.6951, abs=5e-5)
    fit = fitted(ShiftedBetaGeo, HIGH_END, 8)
    assert fit.model.discounted_residual_lifetime(7, 0.1) == pytest.approx(7.529628, abs=2e-6)


@pytest.mark.parametrize(
    ("rate", "multiples"),
    [
        (0.10, (1.20, 1.75, 2.67, 4.50)),
        (0.12, (1.15, 1.67, 2.50, 4.09)),
        (0.14, (1.11, 1.59, 2.35, 3.75)),
        (0.16, (1.07, 1.52, 2.22, 3.46)),
    ],
)
def test_customers_all_alike_have_the_margin_multiple(rate, multiples):
    """The table r/(1 + i - r) of Gupta & Lehmann (2003) for r = .6, .7, .8, .9."""
    r = np.array([0.6, 0.7, 0.8, 0.9])
    alike = ShiftedBetaGeo((1 - r) * 1e10, r * 1e10)
    later = alike.value(1, rate, first="after one period")
    np.testing.assert_allclose(later, multiples, atol=0.0051)
    np.testing.assert_allclose(later, r / (1 + rate - r), rtol=1e-8)
    np.testing.assert_allclose(alike.value(1, rate), (1 + rate) / (1 + rate - r), rtol=1e-8)
    np.testing.assert_allclose(alike.value(1, rate, 20), (1 + rate) / (1 + rate - r), rtol=1e-8)


# ---- laws of the formulas


def models():
    rng = np.random.default_rng(4)
    for alpha, beta, c in 10 ** rng.uniform([-1.5, -1, -0.7], [1, 2, 0.5], (12, 3)):
        yield ShiftedBetaGeo(alpha, beta)
        yield BetaDiscreteWeibull(alpha, beta, c)


MODELS = list(models())


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_formulas_agree(model):
    t = np.arange(0, 60)
    survival = model.survival(t)
    assert survival[0] == 1
    assert (np.diff(survival) < 0).all()
    np.testing.assert_allclose(model.churn_probability(t[1:]), -np.diff(survival), rtol=1e-9)
    np.testing.assert_allclose(
        model.retention_rate(t[1:]), survival[1:] / survival[:-1], rtol=1e-12
    )
    np.testing.assert_allclose(model.churn_rate(t[1:]), 1 - model.retention_rate(t[1:]), rtol=1e-9)
    np.testing.assert_allclose(
        model.residual_survival(t, 7), model.survival(t + 7) / model.survival(7), rtol=1e-12
    )
    np.testing.assert_array_equal(model.residual_survival(0, t), 1)
    np.testing.assert_array_equal(model.residual_survival(1, t), model.retention_rate(t + 1))
    # of customers seen from age 4 on
    gone = model.log_likelihood(t[5:], True, 4)
    np.testing.assert_allclose(
        np.exp(gone), model.churn_probability(t[5:]) / survival[4], rtol=1e-11
    )
    stay = model.log_likelihood(t[5:], False, 4)
    np.testing.assert_allclose(np.exp(stay), survival[5:] / survival[4], rtol=1e-12)


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_values_agree(model):
    n, rate = np.array([0.0, 3.0, 20.0]), 0.07
    now, later = model.value(5, rate, n), model.value(5, rate, n, first="after one period")
    np.testing.assert_allclose(now - later, 5, rtol=1e-12)
    np.testing.assert_allclose(
        model.discounted_residual_lifetime(n, rate), later / 5 * (1 + rate), rtol=1e-13
    )
    assert model.discounted_expected_lifetime(rate) == pytest.approx(now[0] / 5, rel=1e-13)
    # one period on, the customer has either gone or is worth as much as one a period older
    next_now = model.value(5, rate, n + 1) * model.retention_rate(n + 1) / (1 + rate)
    np.testing.assert_allclose(later, next_now, rtol=1e-11)
    long = model.survival(np.arange(400)) @ 1.07 ** -np.arange(400.0)
    assert model.discounted_expected_lifetime(rate) == pytest.approx(long, rel=1e-9)
    np.testing.assert_allclose(model.value([1.0, -2.0], rate), np.array([1, -2]) * now[0] / 5)


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_lifetimes_without_discount(model):
    power = model.alpha * getattr(model, "c", 1.0)
    lifetime = model.expected_lifetime()
    assert np.isfinite(lifetime) == (power > 1)
    if isinstance(model, ShiftedBetaGeo) and power > 1:
        exact = (model.alpha + model.beta - 1) / (model.alpha - 1)
        assert lifetime == pytest.approx(exact, rel=1e-11)
    small = model.discounted_expected_lifetime([1e-2, 1e-4, 1e-6, 1e-9])
    assert (np.diff(small) > 0).all()
    assert small[-1] < lifetime


def test_bdw_with_c_one_is_sbg():
    alpha, beta = np.array([0.2, 1.0, 30.0])[:, None], np.array([0.4, 7.0])
    one, other = BetaDiscreteWeibull(alpha, beta, 1.0), ShiftedBetaGeo(alpha, beta)
    for t in (1, 3, 50):
        np.testing.assert_array_equal(one.survival(t), other.survival(t))
        np.testing.assert_array_equal(one.churn_probability(t), other.churn_probability(t))
        np.testing.assert_array_equal(one.value(3, 0.1, t), other.value(3, 0.1, t))
    table = life_table(cv.Durations.from_survivors(REGULAR))
    theta = np.array([0.7, 1.2])
    three, two = (
        BetaDiscreteWeibull._jet(np.append(theta, 1.0), table),
        ShiftedBetaGeo._jet(theta, table),
    )
    assert three.value == pytest.approx(two.value, rel=1e-14)
    np.testing.assert_allclose(three.gradient[:2], two.gradient, rtol=1e-11)
    np.testing.assert_allclose(three.hessian[:2, :2], two.hessian, rtol=1e-11)


@KINDS
def test_many_ages_are_one_by_one(kind):
    """Long columns are evaluated once per distinct age, or pair of ages."""
    model = kind(*[0.7, 2.5, 1.4][: len(dataclasses.fields(kind))])
    rng = np.random.default_rng(5)
    t, n = rng.integers(0, 30, (2, 40, 25))
    for got, alone in (
        (model.survival(t), lambda i, j: model.survival(t[i, j])),
        (model.residual_survival(t, n), lambda i, j: model.residual_survival(t[i, j], n[i, j])),
        (model.residual_survival(t, n[0]), lambda i, j: model.residual_survival(t[i, j], n[0, j])),
        (model.value(2.0, 0.1, n), lambda i, j: model.value(2.0, 0.1, n[i, j])),
    ):
        assert got.shape == (40, 25)
        for i, j in ((0, 0), (7, 20), (39, 24)):
            assert got[i, j] == pytest.approx(float(alone(i, j)), rel=1e-13)
    far = np.append(np.arange(300.0), 1e15)
    np.testing.assert_allclose(
        model.residual_survival(far, far[::-1])[:3],
        [float(model.residual_survival(t, n)) for t, n in zip(far[:3], far[:-4:-1], strict=True)],
        rtol=1e-13,
    )


# ---- fits


@KINDS
def test_log_likelihood_of_late_entries_and_weights(kind):
    rng = np.random.default_rng(6)
    made = kind(*[0.7, 2.5, 1.4][: len(dataclasses.fields(kind))]).simulate(3_000, 24, rng)
    entry = rng.integers(0, 10, 3_000)
    seen = made.exit > entry
    data = cv.Durations(
        exit=made.exit[seen],
        event=made.event[seen],
        entry=entry[seen],
        weight=rng.uniform(0.5, 2.0, seen.sum()),
    )
    fit = kind.fit(data)
    each = fit.model.log_likelihood(data.exit, data.event, data.entries)
    assert fit.log_likelihood == pytest.approx(data.weight @ each, rel=1e-12)
    assert fit.n == pytest.approx(data.weight.sum(), rel=1e-12)
    for i in range(len(fit.names)):
        step = np.zeros(len(fit.names))
        step[i] = 0.1 * fit.standard_errors[i]
        for sign in (-1, 1):
            moved = kind(*(fit.estimates + sign * step))
            loss = data.weight @ moved.log_likelihood(data.exit, data.event, data.entries)
            assert loss < fit.log_likelihood


@KINDS
def test_customers_older_than_the_log(kind):
    """Late entries conditioned on, the truth is found; taken as new, old customers mislead."""
    truth = kind(*[0.9, 4.0, 1.3][: len(dataclasses.fields(kind))])
    rng = np.random.default_rng(7)
    made = truth.simulate(60_000, 30, rng)
    entry = rng.integers(0, 20, 60_000)
    seen = made.exit > entry
    late = cv.Durations(exit=made.exit[seen], event=made.event[seen], entry=entry[seen])

    def off(fit):
        target = np.array(list(truth.parameters.values()))
        return np.abs(np.log(fit.estimates / target) * fit.estimates / fit.standard_errors)

    assert (off(kind.fit(late)) < 4).all()
    assert off(kind.fit(dataclasses.replace(late, entry=None))).max() > 5


def test_cohorts_are_pooled():
    """A table of cohorts of different ages is the customers of all of them."""
    table = [[1000, 631, 468, 382], [500, 330, 240, np.nan], [800, 520, np.nan, np.nan]]
    pooled = ShiftedBetaGeo.fit(cv.Durations.from_survivors(table, unit="year"))
    parts = [cv.Durations.from_survivors([v for v in row if v == v], unit="year") for row in table]
    assert pooled == ShiftedBetaGeo.fit(sum(parts))
    exit = np.repeat(parts[1].exit, parts[1].weight.astype(int))
    event = np.repeat(parts[1].event, parts[1].weight.astype(int))
    again = ShiftedBetaGeo.fit(
        parts[0] + cv.Durations(exit=exit, event=event, unit="year") + parts[2]
    )
    np.testing.assert_allclose(again.estimates, pooled.estimates, rtol=1e-12)
    assert again.data_hash == pooled.data_hash


@KINDS
def test_counts_and_per_cents_give_the_same_estimates(kind):
    """retenmod 0.0.1 takes per cent only; here ten times the customers have a tenth of variance."""
    once, ten = fitted(kind, HIGH_END), fitted(kind, [10 * n for n in HIGH_END])
    np.testing.assert_allclose(ten.estimates, once.estimates, rtol=1e-8)
    np.testing.assert_allclose(ten.covariance * 10, once.covariance, rtol=1e-6)
    with pytest.warns(CustValueWarning, match="hardly determines"):  # as of one customer
        share = fitted(kind, [n / 1000 for n in HIGH_END])
    np.testing.assert_allclose(share.estimates, once.estimates, rtol=1e-8)


def test_two_ages_are_met_exactly():
    """Two churn rates, two parameters: 30 % and then 1/7 churn."""
    fit = fitted(ShiftedBetaGeo, [1000, 700, 600])
    np.testing.assert_allclose(fit.model.churn_rate([1, 2]), [0.3, 1 / 7], rtol=1e-8)
    np.testing.assert_allclose(fit.estimates, [3 / 11, 7 / 11], rtol=1e-8)


def test_notes_and_units_of_the_durations_travel():
    made = cv.Durations.from_survivors(REGULAR, unit="quarter")
    fit = ShiftedBetaGeo.fit(dataclasses.replace(made, notes={"rows without an end dropped": 3}))
    assert fit.notes == ("3 rows without an end dropped",)
    assert fit.unit == "quarter"
    assert clv.Fit.from_dict(json.loads(json.dumps(fit.to_dict()))) == fit


@KINDS
def test_simulations_follow_the_formulas(kind):
    model, n = kind(*[0.7, 2.5, 1.4][: len(dataclasses.fields(kind))]), 40_000
    made = model.simulate(n, 12, rng=8, unit="quarter")
    assert made.unit == "quarter"
    lost = np.bincount(made.exit[made.event].astype(int), minlength=13)[1:]
    expected = n * model.churn_probability(np.arange(1, 13))
    off = (lost - expected) / np.sqrt(expected * (1 - expected / n))
    assert (np.abs(off) < 4).all()
    assert (~made.event == ((made.exit == 12) & ~made.event)).all()
    assert made == model.simulate(n, 12, rng=8, unit="quarter")
    assert made != model.simulate(n, 12, rng=9, unit="quarter")
    each = model.simulate(5, [1, 2, 3, 4, 5], rng=1)
    assert (each.exit <= [1, 2, 3, 4, 5]).all()


@pytest.mark.parametrize("theta", [(1e-300, 1e3), (1e3, 1e-300), (1e-9, 1e-9), (1e200, 1.0)])
def test_simulations_at_the_ends(theta):
    made = ShiftedBetaGeo(*theta).simulate(200, 5, rng=1)
    expected = float(ShiftedBetaGeo(*theta).survival(5))
    assert np.mean(~made.event) == pytest.approx(expected, abs=0.15)


# ---- intervals


def test_intervals_of_survival():
    fit = fitted(ShiftedBetaGeo, HIGH_END, 8)
    t = np.arange(0, 40)
    low, high = fit.interval_of(lambda model: model.survival(t), scale="logit")
    middle = fit.model.survival(t)
    assert low[0] == high[0] == 1
    assert ((low[1:] > 0) & (low[1:] < middle[1:]) & (middle[1:] < high[1:]) & (high[1:] < 1)).all()
    wide = fit.interval_of(lambda model: model.survival(t), 0.999, scale="logit")
    assert (wide[0][1:] < low[1:]).all()
    assert (wide[1][1:] > high[1:]).all()
    alone = fit.interval_of(lambda model: model.survival(12), scale="logit")
    assert np.ndim(alone[0]) == 0
    np.testing.assert_allclose(alone, (low[12], high[12]), rtol=1e-9)
    # S(7) is seen: its interval is near that of a share of 1000
    assert high[7] - low[7] == pytest.approx(2 * 1.96 * np.sqrt(0.491 * 0.509 / 1000), rel=0.1)


@KINDS
def test_intervals_of_the_parameters_are_those_of_the_fit(kind):
    fit = fitted(kind, HIGH_END)
    for i, name in enumerate(fit.names):
        bounds = fit.interval_of(lambda model, name=name: getattr(model, name))
        np.testing.assert_allclose(bounds, fit.interval()[i], rtol=1e-6)
    half = 1.959963984540054 * fit.standard_errors[0]
    even = fit.interval_of(lambda model: model.alpha, scale="identity")
    np.testing.assert_allclose(even, (fit.estimates[0] - half, fit.estimates[0] + half), rtol=1e-6)


def test_intervals_cover_survival_beyond_the_data():
    truth, held = ShiftedBetaGeo(0.7, 2.5), []
    for seed in range(200):
        fit = ShiftedBetaGeo.fit(truth.simulate(1_000, 8, seed))
        low, high = fit.interval_of(lambda model: model.survival([4, 12, 30]), scale="logit")
        inside = truth.survival([4, 12, 30])
        held.append((low <= inside) & (inside <= high))
    assert (np.mean(held, axis=0) > 0.95 - 4 * np.sqrt(0.05 * 0.95 / 200)).all()
    assert np.mean(held) < 0.995


def test_intervals_where_a_lifetime_is_infinite_or_nearly():
    fit = fitted(ShiftedBetaGeo, REGULAR)  # alpha below 1
    assert np.isinf(fit.model.expected_lifetime())
    assert np.isnan(fit.interval_of(lambda model: model.expected_lifetime())).all()
    border = clv.Fit(ShiftedBetaGeo(1.00001, 3.0), np.eye(2) / 100, -1.0, 10.0, 2, 0.0, "year", "x")
    assert border.interval_of(lambda model: model.expected_lifetime()) == (0, np.inf)


@pytest.mark.parametrize(
    ("quantity", "options", "rule"),
    [
        (None, {}, "quantity: must be a function"),
        (lambda model: "much", {}, "quantity: must be numbers"),
        (lambda model: -1.0, {}, "quantity: must be from 0 to inf; got -1"),
        (lambda model: np.nan, {}, "quantity: must be from 0 to inf; got nan"),
        (lambda model: 1.5, {"scale": "logit"}, "quantity: must be from 0 to 1; got 1.5"),
        (lambda model: 0.5, {"scale": "log-log"}, "scale: must be one of"),
        (lambda model: 0.5, {"level": 1.0}, "level: must be below 1"),
    ],
)
def test_intervals_of_what_is_none(quantity, options, rule):
    fit = fitted(ShiftedBetaGeo, REGULAR)
    with pytest.raises(InvalidDataError, match=rule):
        fit.interval_of(quantity, **options)


def test_period_rate():
    fit = fitted(ShiftedBetaGeo, REGULAR)
    assert fit.period_rate(0.1) == pytest.approx(0.1, rel=1e-14)
    months = dataclasses.replace(fit, unit="month")
    assert (1 + months.period_rate(0.1)) ** 12 == pytest.approx(1.1, rel=1e-14)
    assert months.period_rate(0) == 0
    with pytest.raises(InvalidDataError, match=r"annual_rate: must be at least 0; got -0\.1"):
        fit.period_rate(-0.1)


# ---- data that do not tell


FLAT = [1000 * 0.9**t for t in range(8)]
RISING = [1000, 950, 880, 780, 650, 500]


@KINDS
@pytest.mark.parametrize("left", [FLAT, RISING], ids=["flat", "rising"])
def test_customers_who_are_all_alike(kind, left):
    """On a flat curve retenmod 0.0.1 returns its bound (.001) without a word."""
    with pytest.raises(NotIdentifiedError, match=r"flat along (alpha|beta)") as caught:
        fitted(kind, left)
    average = (left[0] - left[-1]) / sum(left[:-1])
    assert f"({average:.4g} churn per year, over all ages)" in str(caught.value)


@KINDS
def test_customers_who_are_nearly_alike(kind):
    """A curve that is flat up to rounding: an error or a note, and survival that holds."""
    with pytest.warns(CustValueWarning, match="hardly determines alpha, beta"):
        fit = fitted(kind, [1000, 900, 811, 730, 657, 591, 533])
    assert any("flat ridge in the likelihood: alpha, beta not determined" in n for n in fit.notes)
    np.testing.assert_allclose(fit.model.survival([3, 6]), [0.73, 0.533], atol=0.002)


@pytest.mark.parametrize(
    ("left", "ages"),
    [
        ([1000, 1000, 1000], "0 ages"),
        ([1000, 0], "1 age"),
        ([1000, 700, 700, 700], "1 age"),
        ([1000, 1000, 600], "1 age"),
    ],
)
def test_too_few_ages_with_churn(left, ages):
    with pytest.raises(
        NotIdentifiedError, match=f"Churn was seen at {ages} only; the 2 parameters"
    ):
        fitted(ShiftedBetaGeo, left)
    with pytest.raises(NotIdentifiedError, match="the 3 parameters of BetaDiscreteWeibull"):
        fitted(BetaDiscreteWeibull, left)


def test_three_parameters_need_three_ages():
    with pytest.raises(NotIdentifiedError, match="Churn was seen at 2 ages only; the 3"):
        fitted(BetaDiscreteWeibull, [1000, 700, 600])
    with pytest.warns(CustValueWarning, match="hardly determines"):
        assert fitted(BetaDiscreteWeibull, [1000, 700, 600, 550]).model.c > 1


def test_a_curve_that_hardly_tells_the_parameters_is_said_to_be_one():
    with pytest.warns(CustValueWarning, match="ShiftedBetaGeo: the curve hardly determines alpha"):
        fit = fitted(ShiftedBetaGeo, [100, 90, 82, 75, 69])
    assert any("hardly determines" in note for note in fit.notes)
    assert (fit.standard_errors > fit.estimates).any()
    assert fitted(ShiftedBetaGeo, HIGH_END).notes == ()


@KINDS
@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        (
            {"exit": [1.0, 2.5, 3.0]},
            "exit: must be whole numbers; got 2.5 .first at row 1, 1 of 3 rows",
        ),
        ({"entry": [0.0, 0.0, 0.25]}, "entry: must be whole numbers; got 0.25"),
        ({"exit": [1.0, 2.0, 1e7]}, "exit: must be at most 1e.06 periods; got 10000000"),
    ],
)
def test_ages_that_are_no_periods(kind, columns, rule):
    good = {"exit": [1.0, 2.0, 3.0], "event": [True, True, False]}
    with pytest.raises(InvalidDataError, match=rule):
        kind.fit(cv.Durations(**{**good, **columns}))


@KINDS
def test_what_are_no_durations(kind):
    with pytest.raises(InvalidDataError, match=r"^durations: must be a Durations; got 'list'"):
        kind.fit([1, 2, 3])
    with pytest.raises(InvalidDataError, match=r"^durations: must not be empty"):
        kind.fit(cv.Durations())


def test_arguments_that_break_a_rule():
    model = BetaDiscreteWeibull(0.7, 2.5, 1.4)
    for call, rule in (
        (lambda: model.retention_rate(0), r"^t: must be at least 1; got 0"),
        (
            lambda: model.churn_probability([1, 0]),
            r"^t: must be at least 1; got 0 \(first at row 1",
        ),
        (lambda: model.survival(None), r"^t: must be numbers"),
        (lambda: model.survival([[1, 2], [3]]), r"^t: must have rows"),
        (lambda: model.residual_survival([1, 2], [1, 2, 3]), "must have shapes that broadcast"),
        (lambda: model.discounted_residual_lifetime([1, 2], [0.1] * 3), "shapes that broadcast"),
        (lambda: model.value(1, -0.1), r"^rate: must be at least 0"),
        (lambda: model.value(np.nan, 0.1), r"^margin: must be finite"),
        (lambda: model.value([1, 2], 0.1, [1, 2, 3]), "must have shapes that broadcast"),
        (lambda: model.value(1, 0.1, first="later"), r"^first: must be one of 'now', 'after one"),
        (lambda: model.log_likelihood(3, 2), r"^event: must be true or false"),
        (lambda: model.log_likelihood([3, 2], True, [0, 2]), r"^exit: must be above entry; got 2"),
        (lambda: model.simulate(0, 5, 1), r"^n: must be at least 1"),
        (lambda: model.simulate(2.5, 5, 1), r"^n: must be whole"),
        (lambda: model.simulate([3], 5, 1), r"^n: must be one number"),
        (lambda: model.simulate(3, 0, 1), r"^observed: must be at least 1"),
        (lambda: model.simulate(3, [1, 2], 1), "must be one number or 3, one per customer"),
        (lambda: model.simulate(3, 5, 1, unit="fortnight"), r"^unit: must be one of"),
        (
            lambda: BetaDiscreteWeibull(1, 1, 400).survival(100),
            r"^c: must be such that .* below 1e299; got 400",
        ),
        (
            lambda: BetaDiscreteWeibull(1, 1, 400).value(1, 0.1, 100),
            r"^c: must be such that .* below 1e299; got 400",
        ),
        (
            lambda: BetaDiscreteWeibull(1, 1, 400).value(1, 0.1),
            r"^c: must be such that .* below 1e299; got 400",
        ),
    ):
        with pytest.raises(InvalidDataError, match=rule):
            call()


def test_a_fit_of_contracts_is_none_of_purchases():
    fit, bought = fitted(ShiftedBetaGeo, REGULAR), cv.Summary(["a"], [1.0], [2.0], [3.0])
    for call in (
        lambda: fit.predict(bought, horizon=3),
        lambda: clv.lifetime_value(fit, 10.0, bought, horizon=3, annual_rate=0.1),
    ):
        with pytest.raises(
            InvalidDataError, match=r"^fit: must be of a model of purchases; got 'Sh"
        ):
            call()
    with pytest.raises(InvalidDataError, match=r"^fit: must be of a model of spend"):
        fit.expected_spend(bought)
    spend = clv.Fit(clv.GammaGamma(6.0, 4.0, 15.0), np.eye(3), -1.0, 10.0, 2, 0.0, None, "x")
    with pytest.raises(InvalidDataError, match=r"^fit: must have a unit of time"):
        spend.period_rate(0.1)
