"""Threshold policies: how the lines of an indicator are set, and from which day on."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from custvalue._check import Array
from custvalue._declared import Node
from custvalue.errors import InvalidDataError, message
from custvalue.scorecard.action import day_of
from custvalue.scorecard.threshold import DIRECTIONS, LINES, Threshold, refuse_disorder

_NEEDED = {"static": 0, "rolling": 8, "ewma": 8, "quantile": 8, "peers": 5, "year_on_year": 1}
KINDS = tuple(_NEEDED)
_TOLERANCE = 15  # days by which the value of a year ago may be off: half a month
_MOST = 1e300
_LEAST = -60.0 * math.log(2.0)


@dataclasses.dataclass(frozen=True)
class ThresholdPolicy:
    """How target, warning line and floor are set, from a day on.

    Dynamic lines are made from values before the day of the value that they judge, so that a past
    verdict can be had again.

    Parameters
    ----------
    kind : str
        "static": the lines are numbers in the unit of the indicator. "rolling": the mean of the
        last `window` values, and the lines are so many of their standard deviations better than it.
        "ewma": the same with weights that fade by `smoothing`. "quantile": of the last `window`
        values, so that 0.75 is as good as or better than three quarters of them. "peers": such a
        quantile of the peers. "year_on_year": better by this share than the value nearest to a
        year before, at most 15 days off, or by this amount with `relative=False`.
    target, warning, floor : float, optional
        As `kind` says, each at least as good as the next; at least one. For "quantile" and "peers"
        between 0 and 1; for all dynamic kinds more is better, whatever the direction.
    window : int, optional
        Values looked back at; default 12, and all for "quantile". Not for the other kinds.
    smoothing : float
        Weight of the newest value, above 0 to 1, of "ewma".
    relative : bool
        Whether "year_on_year" is a share of the value of a year before.
    at_least : int, optional
        Values needed, else there are no lines; default 8, 5 peers, and 1 for "year_on_year".
    hysteresis : float
        As in `Threshold`.
    since : date or str, optional
        First day on which it is in force; from ever where not given.
    origin : str
        Who set it: "library", "user" or a source.

    Raises
    ------
    InvalidDataError
        If the lines are out of order or bounds, or an argument does not belong to the kind.

    Examples
    --------
    >>> import custvalue as cv
    >>> policy = cv.scorecard.ThresholdPolicy("rolling", target=0, warning=-1, floor=-2)
    >>> policy.threshold([80, 84, 82, 81, 83, 85, 82, 81], direction="up")
    Threshold(target=82.25, warning=80.580..., floor=78.911..., direction='up', hysteresis=0.0)
    """

    kind: str = "static"
    target: float | None = None
    warning: float | None = None
    floor: float | None = None
    window: int | None = None
    smoothing: float | None = None
    relative: bool | None = None
    at_least: int | None = None
    hysteresis: float = 0.0
    since: dt.date | None = None
    origin: str = "user"

    def __post_init__(self) -> None:
        since = None if self.since is None else day_of("since", self.since, end=False).isoformat()
        given = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)} | {"since": since}
        given = {name: value for name, value in given.items() if value is not None}
        for name, value in checked_policy(Node(given, "policy")).items():
            object.__setattr__(self, name, value)

    def declared(self) -> dict[str, Any]:
        """Return the policy as JSON types, as it stands in the TOML of a system."""
        since = None if self.since is None else self.since.isoformat()
        given = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)} | {"since": since}
        return {name: value for name, value in given.items() if value is not None}

    def threshold(
        self, past: Any = (), *, direction: str = "up", peers: Any = (), year_ago: float = np.nan
    ) -> Threshold | None:
        """Return the lines that the policy sets, or None where too little is known.

        Parameters
        ----------
        past : array of shape (values,)
            Earlier values in the order of time, for "rolling", "ewma" and "quantile".
        direction : {"up", "down"}
            Which way is better.
        peers : array
            Values of the peers, for "peers".
        year_ago : float
            The value of a year ago, for "year_on_year".
        """
        from custvalue._check import number, one_of, real

        one_of("direction", direction, DIRECTIONS)
        earlier, others = real("past", past).reshape(-1, 1), real("peers", peers).ravel()
        earlier = earlier[~np.isnan(earlier[:, 0])]  # the last values are those that are there
        ago = real("year_ago", year_ago).reshape(1)
        found = self.lines(earlier, ago, others, direction)[:, 0]
        if np.isnan(found).all():
            return None
        if self.kind == "static":
            refuse_disorder([None if np.isnan(x) else float(x) for x in found], direction)
        target, warning, floor = (None if np.isnan(x) else number("line", x) for x in found)
        return Threshold(target, warning, floor, direction, self.hysteresis)

    @property
    def _fade(self) -> float:
        return 1.0 - (self.smoothing or 0.3)

    @property
    def lookback(self) -> int | None:
        """How many of the last values of a unit its lines depend on; None of all."""
        if self.kind in ("rolling", "quantile"):
            return 12 if self.window is None and self.kind == "rolling" else self.window
        if self.kind != "ewma":
            return 0
        # older ones have less weight than the last digit of the newest
        count = math.ceil(_LEAST / math.log(self._fade)) if self._fade > 0.0 else 1
        return max(count, _NEEDED[self.kind] if self.at_least is None else self.at_least)

    def lines(self, past: Array, year_ago: Array, peers: Array, direction: str) -> Array:
        """Return the lines of shape (3, units) from values of shape (periods, units).

        Parameters
        ----------
        past : array of shape (periods, units)
            Earlier values, in the order of time; NaN where there is none, before the others.
        year_ago : array of shape (units,)
            Values of a year ago.
        peers : array
            Values of the peers.
        direction : {"up", "down"}
            Which way is better.
        """
        sign = 1.0 if direction == "up" else -1.0
        steps = np.array([np.nan if x is None else x for x in (getattr(self, n) for n in LINES)])
        units = len(year_ago)
        if self.kind == "static":
            return np.broadcast_to(steps[:, None], (3, units))
        at_least = _NEEDED[self.kind] if self.at_least is None else self.at_least
        if self.kind == "year_on_year":
            size = np.ones(units) if self.relative is False else np.abs(year_ago)
            with np.errstate(over="ignore"):  # an infinite line is refused
                return np.asarray(year_ago + sign * steps[:, None] * size)
        if self.kind == "peers":
            known = peers[~np.isnan(peers)]
            column = known[:, None] if len(known) >= at_least else np.full((1, 1), np.nan)
            return np.broadcast_to(_quantiles(column, steps, sign), (3, units))
        window = self.lookback
        past = past if window is None else past[len(past) - min(window, len(past)) :]
        enough = (~np.isnan(past)).sum(axis=0) >= at_least
        past = np.where(enough, past, np.nan)
        if len(past) == 0 or not enough.any():
            return np.full((3, units), np.nan)
        if self.kind == "quantile":
            return _quantiles(past, steps, sign)
        centre, spread = _faded(past, 1.0 if self.kind == "rolling" else self._fade)
        return np.asarray(centre + sign * steps[:, None] * spread)


def _quantiles(values: Array, steps: Array, sign: float) -> Array:
    """Return quantiles of each column, counted from the worst value on; of nothing NaN."""
    import warnings

    given = ~np.isnan(steps)
    found = np.full((3, values.shape[1]), np.nan)
    levels = steps[given] if sign > 0 else 1.0 - steps[given]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of columns that are all NaN
        found[given] = np.nanquantile(values, levels, axis=0)
    return found


def _faded(past: Array, fade: float) -> tuple[Array, Array]:
    """Return mean and standard deviation of columns with weights that fade with age.

    The variance is divided by 1 - the sum of the squared weights: the sample's with equal weights.
    """
    known = ~np.isnan(past)
    age = known[::-1].cumsum(axis=0)[::-1] - 1  # in values that are there
    weight = np.where(known, fade ** age.astype(np.float64), 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = weight / _summed(weight)
        most = np.fmax.reduce(past)  # around it, so that the mean of equal values is that value
        away = np.where(known, past - most, 0.0)
        scale = np.maximum(-away.min(axis=0), 1e-300)  # so that squares do not overflow
        centre = _summed(weight * away)
        rest = _summed(weight * np.where(known, (away - centre) / scale, 0.0) ** 2)
        free = 1.0 - _summed(weight**2)
        spread = np.where(free == 0.0, 0.0, np.sqrt(rest / free))  # all weight on one value
    return most + centre, scale * spread


def _summed(values: Array) -> Array:
    """Return the sum of each column, term by term: else one column has other digits than many."""
    return np.asarray(np.cumsum(values, axis=0)[-1])


def a_year_before(day: dt.date) -> dt.date:
    """Return the same day of the year before; the last of February for a leap day."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


def value_of_year_before(past: Array, days: Array, day: dt.date) -> Array:
    """Return the values nearest to a year before a day, at most 31 days off; else NaN.

    `past` is of shape (periods, units), `days` are days since 1970, rising.
    """
    if day.year == dt.MINYEAR:
        return np.full(past.shape[1], np.nan)
    wanted = float((a_year_before(day) - dt.date(1970, 1, 1)).days)
    near = slice(*np.searchsorted(days, [wanted - _TOLERANCE, wanted + _TOLERANCE + 1.0]))
    past, days = past[near], days[near]
    off = np.where(np.isnan(past), np.inf, np.abs(days - wanted)[:, None])
    if len(off) == 0:
        return np.full(past.shape[1], np.nan)
    nearest = len(off) - 1 - off[::-1].argmin(axis=0)  # the later of two equally near
    found = np.take_along_axis(past, nearest[None], axis=0)[0]
    least = np.take_along_axis(off, nearest[None], axis=0)[0]
    return np.where(least <= _TOLERANCE, found, np.nan)


_BELONGS = {
    "window": ("rolling", "quantile"),
    "smoothing": ("ewma",),
    "relative": ("year_on_year",),
    "at_least": KINDS[1:],
}


def checked_policy(node: Node) -> dict[str, Any]:
    """Return the checked fields of a policy that is declared."""
    keys = node.table(
        [],
        ["kind", *LINES, "window", "smoothing", "relative", "at_least", "hysteresis", "since",
         "origin"],
    )  # fmt: skip
    kind = keys["kind"].choice(KINDS) if "kind" in keys else "static"
    for name, kinds in _BELONGS.items():
        if name in keys and kind not in kinds:
            keys[name].refuse(f"must not be given for {kind!r}", f"It is for {', '.join(kinds)}.")
    low, high = (0.0, 1.0) if kind in ("quantile", "peers") else (-_MOST, _MOST)
    found: dict[str, Any] = {"kind": kind}
    for name in LINES:
        found[name] = keys[name].number(low, high) if name in keys else None
    lines = [found[name] for name in LINES]
    try:
        if kind != "static" or all(line is None for line in lines):
            refuse_disorder(lines, "up")
    except InvalidDataError as error:
        raise InvalidDataError(message(node.where, str(error).split(": ", 1)[1])) from None
    if "window" in keys:
        found["window"] = keys["window"].whole(2, 10_000)
    if "smoothing" in keys:
        found["smoothing"] = keys["smoothing"].number(0.0, 1.0, open_low=True)
    if "relative" in keys:
        found["relative"] = keys["relative"].flag()
    if "at_least" in keys:
        found["at_least"] = keys["at_least"].whole(
            1 if kind in ("peers", "year_on_year") else 2, 10_000
        )
    if found.get("window", 10_000) < found.get("at_least", _NEEDED[kind]):
        node.refuse(
            "must have a window of at least the values needed",
            f"Set at_least={found['window']} or a longer window.",
        )
    found["hysteresis"] = keys["hysteresis"].number(0.0, _MOST) if "hysteresis" in keys else 0.0
    found["since"] = since_of(keys["since"]) if "since" in keys else None
    found["origin"] = keys["origin"].text() if "origin" in keys else "user"
    return found


def since_of(node: Node) -> dt.date:
    """Return the day of a declaration."""
    try:
        return day_of(node.where, node.text(), end=False)
    except InvalidDataError:
        node.refuse("must be a day", "Such as '2024-01-01'.")


def policy_of(node: Node, direction: str) -> ThresholdPolicy:
    """Return the policy that is declared for an indicator of a direction."""
    found = checked_policy(node)
    if found["kind"] == "static":
        try:
            refuse_disorder([found[name] for name in LINES], direction)
        except InvalidDataError as error:
            raise InvalidDataError(f"{node.where}: {error}") from None
    return ThresholdPolicy(**found)


def as_policy(given: Any, direction: Any) -> Mapping[str, Any]:
    """Return what declares a threshold: a `Threshold`, a `ThresholdPolicy` or a mapping.

    The direction is that of the indicator; a `Threshold` that is not said to be of "down" is too.
    """
    if isinstance(given, Threshold):
        if given.direction == "down" and direction == "up":
            rule, hint = "must be of the direction of the indicator", "More of it is better ('up')."
            raise InvalidDataError(message("thresholds", rule, value=given.direction, hint=hint))
        lines = {name: getattr(given, name) for name in (*LINES, "hysteresis")}
        return {name: value for name, value in lines.items() if value is not None}
    if isinstance(given, ThresholdPolicy):
        return given.declared()
    if isinstance(given, Mapping):
        return given
    rule = "must be a Threshold, a ThresholdPolicy or a mapping"
    raise InvalidDataError(message("thresholds", rule, value=type(given).__name__))
