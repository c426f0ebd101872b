"""Chart of a share over periods: limits by the size of each sample, and named rules of signals."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue import _proportion
from custvalue._check import Array, ArrayLike, as_array, number, one_of, refuse, within
from custvalue._record import Record, kept
from custvalue._tally import Column
from custvalue.errors import InvalidDataError, message

Flags = npt.NDArray[np.bool_]
DISPERSIONS = ("binomial", "laney")
RANGE_OF_TWO = 2.0 / math.sqrt(math.pi)  # mean range of two standard normal numbers, 1.128


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class PChart(Record):
    """A share in each period, between the limits that chance alone would keep it.

    Attributes
    ----------
    period : array of shape (periods,)
        Labels, in the order of time.
    count, total : float arrays of shape (periods,)
        Those who count, and all.
    centre : float
        The share that is expected, in [0, 1].
    spread : float
        Factor of the binomial standard deviation: 1, or Laney's sigma z.
    width : float
        Limits are so many standard deviations from the centre.
    rules : tuple of str
        Names of the rules that signal; see `p_chart`.
    frame : str
        The kind of frame for results.

    Examples
    --------
    >>> import custvalue as cv
    >>> chart = cv.scorecard.p_chart([24, 86, 352], [30, 100, 400], baseline=0.85)
    >>> chart
    PChart(periods=3, centre=0.85, spread=1, signals=0)
    >>> print(chart.to_frame().round(3).to_string())
       period  count  total  share  lower  upper signal
    0       0   24.0   30.0   0.80  0.654  1.000
    1       1   86.0  100.0   0.86  0.743  0.957
    2       2  352.0  400.0   0.88  0.796  0.904
    """

    period: Column
    count: Array
    total: Array
    centre: float
    spread: float = 1.0
    width: float = 3.0
    rules: tuple[str, ...] = ("beyond",)
    frame: str = dataclasses.field(default="pandas", compare=False)

    _columns: ClassVar[tuple[str, ...]] = ("period", "count", "total")

    def __post_init__(self) -> None:
        count, total = checked_counts(self.count, self.total)
        object.__setattr__(self, "period", checked_periods(self.period, len(count)))
        object.__setattr__(self, "count", count)
        object.__setattr__(self, "total", total)
        object.__setattr__(self, "centre", number("centre", self.centre, 0.0, 1.0))
        object.__setattr__(self, "spread", number("spread", self.spread, 0.0))
        object.__setattr__(self, "width", number("width", self.width, 0.0, open_low=True))
        object.__setattr__(self, "rules", checked_rules(self.rules))
        super().__post_init__()

    @property
    def share(self) -> Array:
        """Share in each period; NaN of none."""
        return np.atleast_1d(_proportion.share(self.count, self.total))

    @property
    def deviation(self) -> Array:
        """Standard deviation of the share of each period around the centre; NaN of none."""
        n = np.where(self.total > 0, self.total, np.nan)
        return np.asarray(self.spread * np.sqrt(self.centre * (1.0 - self.centre) / n))

    @property
    def z(self) -> Array:
        """Distance of each share from the centre in standard deviations; NaN of none."""
        return standardised(self.share - self.centre, self.deviation)

    @property
    def limits(self) -> tuple[Array, Array]:
        """Bounds of each period: centre -+ width * deviation, within [0, 1]; NaN of none."""
        half = self.width * self.deviation
        low, high = self.centre - half, self.centre + half
        return np.asarray(np.maximum(low, 0.0)), np.asarray(np.minimum(high, 1.0))

    @property
    def signals(self) -> Mapping[str, Flags]:
        """Where each rule signals, by name."""
        return {rule: RULES[rule](self) for rule in self.rules}

    def _table(self) -> dict[str, Any]:
        low, high = self.limits
        columns = {**super()._table(), "share": self.share, "lower": low, "upper": high}
        return {**columns, "signal": joined(self.signals, len(self.period))}

    def plot(self, ax: Any = None) -> Any:
        """Draw it; see `custvalue.plot.control_chart`."""
        from custvalue.plot import control_chart

        return control_chart(self, ax)

    def _head(self) -> dict[str, Any]:
        found = sum(int(flags.sum()) for flags in self.signals.values())
        facts = {"periods": len(self.period), "centre": self.centre}
        return {**facts, "spread": self.spread, "signals": found}


def p_chart(
    count: ArrayLike,
    total: ArrayLike,
    *,
    period: Any = None,
    baseline: float | None = None,
    baseline_periods: int | None = None,
    width: float = 3.0,
    dispersion: str = "binomial",
    rules: str | Sequence[str] = ("beyond", "nine on one side"),
) -> PChart:
    """Return the chart of a share over periods, with the periods that chance does not explain.

    Parameters
    ----------
    count, total : array_like of shape (periods,)
        Those who count, for instance the satisfied, and all, in the order of time. For weighted
        shares pass the effective n as the total, and share times it as the count.
    period : array_like of shape (periods,), optional
        Labels; by default 0, 1, 2 and so on.
    baseline : float, optional
        The share that is expected, strictly between 0 and 1; by default that of all periods, or of
        those in `baseline_periods`.
    baseline_periods : int, optional
        How many periods at the beginning the centre, and Laney's spread, are taken from.
    width : float
        Limits are so many standard deviations from the centre, above 0.
    dispersion : {"binomial", "laney"}
        How shares scatter without a cause: as chance alone would have it, or as neighbouring
        periods do (Laney 2002), which is what large samples of real customers need.
    rules : str or sequence of str
        What is a signal. "beyond": outside the limits. "nine on one side" of the centre. "six
        rising or falling", in a row. "fourteen alternating" up and down. "two of three" beyond two
        thirds of the width on one side. "four of five" beyond one third on one side. "fifteen
        close": within one third. "eight away": none within one third, on both sides. The period
        that completes a pattern is the signal; a period without anybody interrupts it.

    Returns
    -------
    PChart
        With `share`, `limits`, `z`, `signals` by rule, and `to_frame()`.

    Raises
    ------
    InvalidDataError
        If a count is above its total, a rule is unknown, or there is nothing to take a centre from.

    Warns
    -----
    CustValueWarning
        If all counts are below 1, as shares are.

    Notes
    -----
    Each rule has false alarms of its own: with 3 standard deviations and normal scatter, "beyond"
    has one in 370 periods on average; all eight together, several times as many.

    References
    ----------
    NIST/SEMATECH e-Handbook of Statistical Methods, section 6.3.3.2. Nelson, "The Shewhart control
    chart: tests for special causes", Journal of Quality Technology 16 (1984), tests 1 to 8. Laney,
    "Improved control charts for attributes", Quality Engineering 14 (2002), 531-537.

    Examples
    --------
    >>> import custvalue as cv
    >>> chart = cv.scorecard.p_chart([80, 85, 90, 70], [100, 100, 100, 100], baseline=0.85)
    >>> chart.signals["beyond"].tolist()
    [False, False, False, True]
    """
    counts, totals = checked_counts(count, total)
    _proportion.warn_of_shares(counts, totals)
    labels = np.arange(len(counts)) if period is None else period
    one_of("dispersion", dispersion, DISPERSIONS)
    if baseline is not None and baseline_periods is not None and dispersion == "binomial":
        rule = "must not be given together with baseline"
        raise InvalidDataError(message("baseline_periods", rule, value=baseline_periods))
    first = len(counts)
    if baseline_periods is not None:
        first = int(number("baseline_periods", baseline_periods, 1.0, float(len(counts))))
        if first != baseline_periods:
            rule = "must be a whole number"
            raise InvalidDataError(message("baseline_periods", rule, value=baseline_periods))
    if baseline is None:
        if not totals[:first].sum():
            hint = "Pass baseline=, the share that is expected."
            raise InvalidDataError(message("total", "must be above 0 in a period", hint=hint))
        centre = float(counts[:first].sum() / totals[:first].sum())
    else:
        centre = number("baseline", baseline, 0.0, open_low=True)
        if centre >= 1.0:
            hint = "Write 85 % as 0.85."
            raise InvalidDataError(message("baseline", "must be below 1", value=centre, hint=hint))
    chart = PChart(labels, counts, totals, centre, width=width, rules=checked_rules(rules))
    if dispersion == "binomial":
        return chart
    return dataclasses.replace(chart, spread=_laney(chart.z[:first]))


def _laney(z: Array) -> float:
    """Return the standard deviation of z from the mean range of two neighbours."""
    known = z[~np.isnan(z)]
    if len(known) < 2 or (known == known[0]).all():
        rule = "needs two or more periods, with shares that vary"
        raise InvalidDataError(message('dispersion="laney"', rule, hint='Use "binomial".'))
    return float(np.abs(np.diff(known)).mean() / RANGE_OF_TWO)


def checked_counts(count: Any, total: Any) -> tuple[Array, Array]:
    """Return counts and totals of periods; refuse counts above their total."""
    counts, totals = within("count", count, 0.0), within("total", total, 0.0)
    if counts.ndim != 1 or counts.shape != totals.shape:
        rule = "must have one number for each period"
        raise InvalidDataError(message("count, total", rule, value=(counts.shape, totals.shape)))
    refuse("count", "must not exceed the total", counts, counts > totals * (1.0 + 1e-12))
    return kept(counts), kept(totals)


def checked_periods(period: Any, length: int) -> Column:
    """Return the labels of periods, one for each."""
    labels = as_array("period", period, "must be one label for each period")
    if labels.shape != (length,):
        rule = "must be one label for each period"
        raise InvalidDataError(message("period", rule, value=labels.shape))
    return kept(labels)


def checked_rules(rules: Any) -> tuple[str, ...]:
    """Return names of rules; refuse unknown ones."""
    named = (rules,) if isinstance(rules, str) else rules
    if not isinstance(named, Sequence) or not named:
        rule = f"must be one or more of {', '.join(map(repr, RULES))}"
        raise InvalidDataError(message("rules", rule, value=rules))
    return tuple(dict.fromkeys(one_of("rules", name, RULES) for name in named))


def standardised(away: Array, deviation: Array) -> Array:
    """Return away / deviation: 0 where only rounding is away, infinite where nothing may be."""
    with np.errstate(divide="ignore", invalid="ignore"):
        z = away / deviation
    none = np.abs(away) <= 1e-12
    return np.asarray(np.where(none & ~np.isnan(deviation), 0.0, z))


def joined(signals: Mapping[str, Flags], length: int) -> Column:
    """Return the names of the rules that signal in each period, "" where none does."""
    found = [[name for name, flags in signals.items() if flags[i]] for i in range(length)]
    out = np.empty(length, dtype=object)
    out[:] = [", ".join(names) for names in found]
    return out


def _of_last(flags: Flags, among: int, least: int) -> Flags:
    """Return where at least `least` of the last `among` periods, this one included, are flagged."""
    sums = np.cumsum(np.append(0, flags))
    ends = np.arange(1, len(flags) + 1)
    several = sums[ends] - sums[np.maximum(ends - among, 0)] >= least
    return np.asarray(several & flags)


def _sides(z: Array, beyond: float, among: int, least: int) -> Flags:
    """Return where so many of the last periods are above the centre by that, or below it."""
    return _of_last(z > beyond, among, least) | _of_last(z < -beyond, among, least)


def _steps(share: Array) -> Array:
    """Return 1 where a share rises from the period before, -1 where it falls, else 0."""
    return np.append(0.0, np.sign(np.nan_to_num(np.diff(share))))[: len(share)]


def _turns(share: Array) -> Flags:
    """Return where a share falls after a rise, or rises after a fall."""
    step = _steps(share)
    return np.append(False, step[1:] * step[:-1] < 0)[: len(share)]


# Nelson's tests 1 to 8, with thirds of the width for his standard deviations
RULES: Mapping[str, Callable[[PChart], Flags]] = {
    "beyond": lambda c: np.asarray(np.abs(c.z) > c.width),
    "nine on one side": lambda c: _sides(c.z, 0.0, 9, 9),
    "six rising or falling": lambda c: _sides(_steps(c.share), 0.0, 5, 5),
    "fourteen alternating": lambda c: _of_last(_turns(c.share), 12, 12),
    "two of three": lambda c: _sides(c.z, 2.0 * c.width / 3.0, 3, 2),
    "four of five": lambda c: _sides(c.z, c.width / 3.0, 5, 4),
    "fifteen close": lambda c: _of_last(np.abs(c.z) < c.width / 3.0, 15, 15),
    "eight away": lambda c: _of_last(np.abs(c.z) > c.width / 3.0, 8, 8),
}
