"""The formulas of the papers at 130 digits with mpmath: the oracle of the tests in this folder.

Written after the papers, one class per model, and not after the library: marginal likelihoods as
sums of integrals over p, expectations as the Gauss hypergeometric function of the papers, with a
second, independent route (an integral over the dropout probability) to check the first one.
"""

from mpmath import mp, mpf

DIGITS = 130
SHIFT = mpf(10) ** -40  # stands for 0 where a formula of the papers has a removable pole


def exact(*values):
    """Return the doubles as they are, in many digits."""
    return tuple(mpf(float(v)) for v in values)


def log_beta(a, b):
    return mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)


def off_pole(value, pole):
    """Return `value`, moved by 1e-40 where it is on the pole."""
    return value + SHIFT if value == pole else value


def mean_over_dropout(tau, m, a, b):
    """Return E[(1 - (1 + p tau)^-m)/p] over p ~ Beta(a, b) by quadrature, to about 20 digits.

    What a customer alive, with m = r + x and tau = t/(alpha + T), is expected to buy: purchases
    arrive at a rate lambda and the p-th part of them is the last, so that given lambda it is
    (1 - e^(-lambda p t))/p, and the Laplace transform of its gamma distribution gives the power.
    """
    with mp.workdps(28):
        tau, m, a, b = mpf(tau), mpf(m), mpf(a), mpf(b)
        base = log_beta(a, b)

        def integrand(v):  # v = log(p/(1 - p))
            log_p, log_q = -mp.log1p(mp.exp(-v)), -mp.log1p(mp.exp(v))
            p = mp.exp(log_p)
            gain = -mp.expm1(-m * mp.log1p(p * tau)) / p
            return mp.exp(a * log_p + b * log_q - base) * gain

        centre, spread = mp.log(a / b), mp.sqrt(1 / a + 1 / b)
        cuts = [centre + spread * k for k in (-16, -8, -4, -2, -1, 0, 1, 2, 4, 8, 16)]
        below = [cuts[0] - k * (1 / a + spread) for k in (100, 40, 15, 5)]
        above = [cuts[-1] + k * (1 / b + spread) for k in (5, 15, 40, 100)]
        return mp.quad(integrand, below + cuts + above)


class Negative:
    """The NBD counting process of a customer who never leaves."""

    def __init__(self, r, alpha):
        self.r, self.alpha = r, alpha

    def exactly(self, n, t):
        """P(N(t) = n), n = 0, 1, ..."""
        r, alpha = self.r, self.alpha
        if t == 0:
            return mpf(1 if n == 0 else 0)
        ways = mp.exp(mp.loggamma(r + n) - mp.loggamma(r) - mp.loggamma(n + 1))
        return ways * (alpha / (alpha + t)) ** r * (t / (alpha + t)) ** n

    def at_least(self, n, t):
        """P(N(t) >= n), as the sum of its terms from n on."""
        if n == 0 or t == 0:
            return mpf(1 if n == 0 else 0)
        z = t / (self.alpha + t)
        return self.exactly(n, t) * mp.hyp2f1(1, self.r + n, n + 1, z)


class BetaGeo:
    """BG/NBD: Fader, Hardie & Lee (2005)."""

    def __init__(self, r, alpha, a, b):
        self.r, self.alpha, self.a, self.b = exact(r, alpha, a, b)

    def _alive_and_gone(self, x, t_x, T):
        """Return the two parts of the likelihood, eq. 6."""
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        buys = mp.exp(mp.loggamma(r + x) - mp.loggamma(r) + r * mp.log(alpha) - log_beta(a, b))
        alive = buys * mp.exp(log_beta(a, b + x)) * (alpha + T) ** -(r + x)
        if x == 0:
            return alive, mpf(0)
        gone = buys * mp.exp(log_beta(a + 1, b + x - 1)) * (alpha + t_x) ** -(r + x)
        return alive, gone

    def log_likelihood(self, x, t_x, T):
        """Eq. 6."""
        with mp.workdps(DIGITS):
            return mp.log(sum(self._alive_and_gone(*exact(x, t_x, T))))

    def probability_alive(self, x, t_x, T):
        """The share of eq. 6 of those who are alive."""
        with mp.workdps(DIGITS):
            alive, gone = self._alive_and_gone(*exact(x, t_x, T))
            return alive / (alive + gone)

    def expected_purchases(self, t, x, t_x, T):
        """Eq. 10."""
        with mp.workdps(DIGITS):
            alive = self.probability_alive(x, t_x, T)
            t, x, t_x, T = exact(t, x, t_x, T)
            r, alpha, a, b = self.r, self.alpha, off_pole(self.a, 1), self.b
            z = t / (alpha + T + t)
            c = off_pole(a + b + x - 1, 0)
            F = mp.hyp2f1(r + x, b + x, c, z)
            return alive * c / (a - 1) * (1 - ((alpha + T) / (alpha + T + t)) ** (r + x) * F)

    def expected_purchases_new(self, t):
        """Eq. 9."""
        with mp.workdps(DIGITS):
            (t,) = exact(t)
            r, alpha, a, b = self.r, self.alpha, off_pole(self.a, 1), self.b
            c = off_pole(a + b - 1, 0)
            F = mp.hyp2f1(r, b, c, t / (alpha + t))
            return c / (a - 1) * (1 - (alpha / (alpha + t)) ** r * F)

    def probability_of_purchases(self, n, t):
        """Eq. 8."""
        with mp.workdps(DIGITS):
            n, t = exact(n, t)
            a, b, counts = self.a, self.b, Negative(self.r, self.alpha)
            base = log_beta(a, b)
            stays = mp.exp(log_beta(a, b + n) - base) * counts.exactly(n, t)
            if n == 0:
                return stays
            return stays + mp.exp(log_beta(a + 1, b + n - 1) - base) * counts.at_least(n, t)


class ModifiedBetaGeo:
    """MBG/NBD: Batislam, Denizel & Filiztekin (2007), appendix; Hoppe & Wagner (2007)."""

    def __init__(self, r, alpha, a, b):
        self.r, self.alpha, self.a, self.b = exact(r, alpha, a, b)

    def _alive_and_gone(self, x, t_x, T):
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        buys = mp.exp(mp.loggamma(r + x) - mp.loggamma(r) + r * mp.log(alpha) - log_beta(a, b))
        alive = buys * mp.exp(log_beta(a, b + x + 1)) * (alpha + T) ** -(r + x)
        gone = buys * mp.exp(log_beta(a + 1, b + x)) * (alpha + t_x) ** -(r + x)
        return alive, gone

    def log_likelihood(self, x, t_x, T):
        with mp.workdps(DIGITS):
            return mp.log(sum(self._alive_and_gone(*exact(x, t_x, T))))

    def probability_alive(self, x, t_x, T):
        with mp.workdps(DIGITS):
            alive, gone = self._alive_and_gone(*exact(x, t_x, T))
            return alive / (alive + gone)

    def expected_purchases(self, t, x, t_x, T):
        with mp.workdps(DIGITS):
            alive = self.probability_alive(x, t_x, T)
            t, x, t_x, T = exact(t, x, t_x, T)
            r, alpha, a, b = self.r, self.alpha, off_pole(self.a, 1), self.b
            F = mp.hyp2f1(r + x, b + x + 1, a + b + x, t / (alpha + T + t))
            lasts = ((alpha + T) / (alpha + T + t)) ** (r + x) * F
            return alive * (a + b + x) / (a - 1) * (1 - lasts)

    def expected_purchases_new(self, t):
        with mp.workdps(DIGITS):
            (t,) = exact(t)
            r, alpha, a, b = self.r, self.alpha, off_pole(self.a, 1), self.b
            F = mp.hyp2f1(r, b + 1, a + b, t / (alpha + t))
            return b / (a - 1) * (1 - (alpha / (alpha + t)) ** r * F)

    def probability_of_purchases(self, n, t):
        with mp.workdps(DIGITS):
            n, t = exact(n, t)
            a, b, counts = self.a, self.b, Negative(self.r, self.alpha)
            base = log_beta(a, b)
            stays = mp.exp(log_beta(a, b + n + 1) - base) * counts.exactly(n, t)
            return stays + mp.exp(log_beta(a + 1, b + n) - base) * counts.at_least(n, t)


class GammaGamma:
    """Gamma-Gamma: Fader & Hardie (2013), note 025."""

    def __init__(self, p, q, v):
        self.p, self.q, self.v = exact(p, q, v)

    def log_likelihood(self, x, m):
        """Eq. 1a, factor by factor."""
        with mp.workdps(DIGITS):
            p, q, v = self.p, self.q, self.v
            x, m = exact(x, m)
            gammas = mp.gamma(p * x + q) / (mp.gamma(p * x) * mp.gamma(q))
            return mp.log(
                gammas * v**q * m ** (p * x - 1) * x ** (p * x) / (v + m * x) ** (p * x + q)
            )

    def expected_spend(self, x, m):
        """Eq. 5: the population mean and the customer's mean, weighted."""
        with mp.workdps(DIGITS):
            p, q, v = self.p, self.q, self.v
            x, m = exact(x, m if x else 0)
            if p * x + q <= 1:
                return mp.inf
            if q == 1:  # the weight of an infinite mean is 0: nu ~ Gamma(q + p x, v + x m)
                return p * (v + x * m) / (p * x)
            weight = p * x / (p * x + q - 1)
            return (1 - weight) * p * v / (q - 1) + weight * m

    def mean(self):
        with mp.workdps(DIGITS):
            return self.p * self.v / (self.q - 1) if self.q > 1 else mp.inf

    def median_of_means(self):
        """p/nu at the median of nu ~ Gamma(q, v), found by Newton's method in log nu v."""
        with mp.workdps(60):
            q = self.q
            y = mp.log(max(q - mpf(1) / 3, mpf(2) ** (-1 / q) * mp.gamma(q + 1) ** (1 / q)))
            for _ in range(60):
                u = mp.exp(y)
                miss = mp.gammainc(q, 0, u, regularized=True) - mpf(1) / 2
                step = miss / mp.exp(q * y - u - mp.loggamma(q))
                y -= step
                if abs(step) < mpf(10) ** -45:
                    return self.p * self.v / mp.exp(y)
            raise ArithmeticError(f"no median for q = {q}")


MODELS = {model.__name__: model for model in (BetaGeo, ModifiedBetaGeo, GammaGamma)}
