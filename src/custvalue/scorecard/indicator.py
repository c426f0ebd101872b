"""Indicators: what is watched, in which unit, which way is better, and how it becomes a score."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from custvalue._check import Array
from custvalue._declared import Node, refuse_repeats
from custvalue.scorecard.policy import ThresholdPolicy, as_policy, policy_of
from custvalue.scorecard.threshold import DIRECTIONS, LINES

KINDS = ("quantitative", "qualitative")
SCORINGS = ("range", "target", "lines")
_MOST = 1e6


@dataclasses.dataclass(frozen=True)
class Indicator:
    """Something measured or rated, and how its value becomes a score from 0 to 100.

    Parameters
    ----------
    id : str
        Its name in code: a-z, 0-9, with single dots, dashes and underscores between.
    name : str or mapping of str to str
        Its name, or its names by language.
    dimension : str
        Id of the dimension that it belongs to.
    direction : {"up", "down"}
        Which way is better.
    unit : str
        Such as "share", "points", "days" or "currency".
    kind : {"quantitative", "qualitative"}
        Measured, or rated from interviews, observation and the like.
    low, high : float, optional
        The ends of its scale, such as 0 and 1 of a share: needed for scoring by "range"; values
        beyond them are refused.
    scoring : {"range", "target", "lines"}, optional
        "range": the position between the ends of the scale, and the default where they are given.
        "target": the value as a share of the target, at most 100; the target as a share of the
        value where less is better. "lines": 0 at the floor, 100 at the target, in proportion
        between. The default is else "target".
    weight : float
        In its dimension, at least 0.
    thresholds : Threshold, ThresholdPolicy, mapping, or sequence of them
        How verdicts are reached; with different days `since` where they have changed.
    max_age : float, optional
        Days after which a value is stale.
    metric : str
        The function of custvalue that measures it, such as "satisfaction.nps".
    source, frequency, mode : str
        Where the data are from, how often they are collected, and how (by phone, online, ...).
    origin : str
        Where the indicator comes from.

    Raises
    ------
    InvalidDataError
        If a value is out of bounds, or scoring by "range" has no ends.

    Examples
    --------
    >>> import custvalue as cv
    >>> nps = cv.scorecard.Indicator(
    ...     "nps", "Net Promoter Score", "loyalty", low=-1, high=1, metric="satisfaction.nps",
    ...     thresholds=cv.scorecard.Threshold(target=0.4, warning=0.2))
    >>> nps.scoring, nps.policy("2026-01-31").target
    ('range', 0.4)
    """

    id: str
    name: str | Mapping[str, str]
    dimension: str = "all"
    direction: str = "up"
    unit: str = ""
    kind: str = "quantitative"
    low: float | None = None
    high: float | None = None
    scoring: str | None = None
    weight: float = 1.0
    thresholds: Any = ()
    max_age: float | None = None
    metric: str = ""
    source: str = ""
    frequency: str = ""
    mode: str = ""
    origin: str = ""

    def __post_init__(self) -> None:
        for name, value in checked_indicator(Node(self._given(), "Indicator"), None).items():
            object.__setattr__(self, name, value)

    def _given(self) -> dict[str, Any]:
        given = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        policies = given["thresholds"]
        if not isinstance(policies, Sequence) or isinstance(policies, str):
            policies = [policies]
        given["thresholds"] = [as_policy(one, self.direction) for one in policies]
        return {name: value for name, value in given.items() if value is not None and value != ""}

    def declared(self) -> dict[str, Any]:
        """Return the indicator as JSON types, as it stands in the TOML of a system."""
        given = self._given()
        return given | {"thresholds": [dict(one) for one in given["thresholds"]]}

    def policy(self, as_of: Any = None) -> ThresholdPolicy | None:
        """Return the policy that is in force on a day; the last where none is given.

        Parameters
        ----------
        as_of : date or str, optional
            The day.
        """
        from custvalue.scorecard.action import day_of

        day = dt.date.max if as_of is None else day_of("as_of", as_of, end=True)
        valid = [one for one in self.thresholds if (one.since or dt.date.min) <= day]
        return valid[-1] if valid else None

    def scores(self, value: Any, target: Any = np.nan, floor: Any = np.nan) -> Array:
        """Return scores from 0 to 100 for values; NaN where what scoring needs is not known.

        Parameters
        ----------
        value : float or array
            In the unit of the indicator.
        target, floor : float or array
            Lines, for scoring by "target" and "lines".
        """
        value, target, floor = (np.asarray(x, dtype=np.float64) for x in (value, target, floor))
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):  # clipped below
            if self.scoring == "range":
                assert self.low is not None
                assert self.high is not None
                share = (value - self.low) / (self.high - self.low)
                share = share if self.direction == "up" else 1.0 - share
            elif self.scoring == "lines":
                share = (value - floor) / (target - floor)
                share = np.where(target == floor, np.nan, share)
            elif self.direction == "up":
                share = np.where(target > 0.0, value, np.nan) / np.where(target > 0.0, target, 1.0)
            else:  # nothing spent, nobody lost: as good as any target
                part = np.divide(target, value, out=np.ones(np.broadcast(value, target).shape),
                                 where=value > 0.0)  # fmt: skip
                share = np.where((target > 0.0) & ~np.isnan(value), part, np.nan)
        return np.asarray(100.0 * np.clip(share, 0.0, 1.0))


_TEXTS = ("unit", "metric", "source", "frequency", "mode", "origin")


def checked_indicator(node: Node, dimensions: Collection[str] | None) -> dict[str, Any]:
    """Return the checked fields of an indicator that is declared."""
    keys = node.table(
        ["id", "name"],
        ["dimension", "direction", "kind", "low", "high", "scoring", "weight", "thresholds",
         "max_age", *_TEXTS],
    )  # fmt: skip
    found: dict[str, Any] = {"id": keys["id"].identifier(), "name": keys["name"].names()}
    part = keys.get("dimension", Node("all", f"{node.where}.dimension"))
    found["dimension"] = part.identifier() if dimensions is None else part.choice(dimensions)
    direction = keys["direction"].choice(DIRECTIONS) if "direction" in keys else "up"
    found["direction"] = direction
    found["kind"] = keys["kind"].choice(KINDS) if "kind" in keys else "quantitative"
    for name in ("low", "high"):
        found[name] = keys[name].number(-1e300, 1e300) if name in keys else None
    ends = [found[name] for name in ("low", "high")]
    if None not in ends and not ends[0] < ends[1]:
        node.refuse("must have low below high")
    default = "target" if None in ends else "range"
    found["scoring"] = keys["scoring"].choice(SCORINGS) if "scoring" in keys else default
    if found["scoring"] == "range" and None in ends:
        node.refuse("must have low and high", "Scoring by 'range' needs the ends of the scale.")
    found["weight"] = keys["weight"].number(0.0, _MOST) if "weight" in keys else 1.0
    found["max_age"] = keys["max_age"].number(0.0, _MOST) if "max_age" in keys else None
    found |= {name: keys[name].text() if name in keys else "" for name in _TEXTS}
    rows = keys["thresholds"].rows() if "thresholds" in keys else []
    policies = [policy_of(row, direction) for row in rows]
    for row, policy in zip(rows, policies, strict=True):
        _refuse_off_scale(row, policy, *ends)
    refuse_repeats(rows, [one.since for one in policies], "a day since which it is in force,")
    found["thresholds"] = tuple(sorted(policies, key=lambda one: one.since or dt.date.min))
    return found


def _refuse_off_scale(node: Node, policy: ThresholdPolicy, low: Any, high: Any) -> None:
    """Refuse lines that no value of the scale can reach, such as 90 of a share."""
    if policy.kind != "static":
        return
    low, high = (-np.inf if low is None else low), (np.inf if high is None else high)
    for name in LINES:
        line = getattr(policy, name)
        if line is not None and not low <= line <= high:
            rule = f"must be on the scale of the indicator, from {low:g} to {high:g}"
            Node(line, f"{node.where}.{name}").refuse(rule)
