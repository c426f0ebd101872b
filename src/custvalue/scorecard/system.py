"""Evaluation systems: goals, dimensions and indicators, with weights and rules."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from custvalue._check import one_of
from custvalue._declaration import Declaration, content_hash
from custvalue._declared import Node, copied, declaration, spoken
from custvalue.errors import InvalidDataError, message
from custvalue.scorecard._parts import (
    Dimension,
    Goal,
    ScoringRules,
    SectorProfile,
    dimensions_of,
    goals_of,
    indicators_of,
    profiles_of,
    rules_of,
)
from custvalue.scorecard.indicator import Indicator
from custvalue.scorecard.policy import as_policy

BUILT_IN = ("crm-aspects", "relationship-scale", "enterprise-evaluation", "value-crm-monitor")
SPEC = "custvalue.scorecard/1"


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class EvaluationSystem(Declaration):
    """Goals, dimensions and indicators, with weights and rules; validated at construction.

    Attributes
    ----------
    declaration : mapping
        The content of its TOML file.
    id, version, origin : str
        Name, version, and where its content comes from.
    title : mapping of str to str
        By language.
    rules : ScoringRules
        How scores are put together.
    dimensions, indicators, goals, profiles : tuples
        What it consists of, in the order of the file.
    hash : str
        Of the content: evaluations keep it, so that they are compared under one system only.

    Examples
    --------
    >>> import custvalue as cv
    >>> system = cv.scorecard.load("enterprise-evaluation")
    >>> [part.name["en"] for part in system.dimensions]
    ['Service quality', 'Customer satisfaction', 'Retention and loyalty', 'Market response']
    >>> mine = cv.scorecard.EvaluationSystem.of(
    ...     cv.scorecard.Indicator("csat", "Satisfaction", low=0, high=1),
    ...     cv.scorecard.Indicator("churn", "Churn", direction="down", low=0, high=1, weight=2))
    >>> mine
    EvaluationSystem(id=own, version=1.0.0, dimensions=1, indicators=2)
    """

    id: str = dataclasses.field(init=False, compare=False)
    version: str = dataclasses.field(init=False, compare=False)
    origin: str = dataclasses.field(init=False, compare=False)
    title: Mapping[str, str] = dataclasses.field(init=False, compare=False)
    rules: ScoringRules = dataclasses.field(init=False, compare=False)
    dimensions: tuple[Dimension, ...] = dataclasses.field(init=False, compare=False)
    indicators: tuple[Indicator, ...] = dataclasses.field(init=False, compare=False)
    goals: tuple[Goal, ...] = dataclasses.field(init=False, compare=False)
    profiles: tuple[SectorProfile, ...] = dataclasses.field(init=False, compare=False)
    hash: str = dataclasses.field(init=False, compare=False)

    def __post_init__(self) -> None:
        content = copied(self.declaration)
        keys = Node(content, "declaration").table(
            ["spec", "system", "dimensions", "indicators"], ["rules", "goals", "profiles"]
        )
        keys["spec"].choice((SPEC,))
        about = keys["system"].table(["id", "version", "title", "origin"], ["profile"])
        dimensions = dimensions_of(keys["dimensions"])
        indicators = indicators_of(keys["indicators"], dimensions)
        found: dict[str, Any] = {
            "declaration": content,
            "id": about["id"].identifier(),
            "version": about["version"].version(),
            "origin": about["origin"].text(),
            "title": about["title"].names(),
            "rules": rules_of(keys["rules"]) if "rules" in keys else ScoringRules(),
            "dimensions": dimensions,
            "indicators": indicators,
            "goals": goals_of(keys["goals"], indicators) if "goals" in keys else (),
            "profiles": profiles_of(keys["profiles"], dimensions, indicators)
            if "profiles" in keys
            else (),
            "hash": content_hash(content),
        }
        for name, value in found.items():
            object.__setattr__(self, name, value)
        if "profile" in about:
            about["profile"].choice([one.id for one in found["profiles"]])
        super().__post_init__()

    @classmethod
    def of(
        cls,
        *indicators: Indicator,
        id: str = "own",
        title: str | Mapping[str, str] = "Evaluation",
        version: str = "1.0.0",
        weights: Mapping[str, float] | None = None,
        **rules: Any,
    ) -> EvaluationSystem:
        """Return a system of indicators, with the dimensions that they name.

        Parameters
        ----------
        *indicators
            At least one `Indicator`, with different ids.
        id, title, version : str
            Of the system; the title may be one by language.
        weights : mapping of str to float, optional
            Weights of dimensions, 1 where not given.
        **rules
            As in `ScoringRules`, such as `aggregation="geometric"`.
        """
        for one in indicators:
            if not isinstance(one, Indicator):
                rule = "must be Indicators"
                raise InvalidDataError(message("indicators", rule, value=type(one).__name__))
        names = list(dict.fromkeys(one.dimension for one in indicators))
        given = dict(_mapping("weights", {} if weights is None else weights))
        for name in given:
            one_of("weights", name, names)
        return cls({
            "spec": SPEC,
            "system": {"id": id, "version": version, "title": title, "origin": "user"},
            "rules": {"origin": "user", **rules},
            "dimensions": [{"id": n, "name": n, "weight": given.get(n, 1.0)} for n in names],
            "indicators": [one.declared() for one in indicators],
        })  # fmt: skip

    @property
    def indicator_ids(self) -> tuple[str, ...]:
        """Ids of the indicators, in the order of the file."""
        return tuple(one.id for one in self.indicators)

    @property
    def dimension_ids(self) -> tuple[str, ...]:
        """Ids of the dimensions, in the order of the file."""
        return tuple(part.id for part in self.dimensions)

    def indicator(self, name: str) -> Indicator:
        """Return an indicator.

        Parameters
        ----------
        name : str
            Its id.
        """
        one_of("indicator", name, self.indicator_ids)
        return self.indicators[self.indicator_ids.index(name)]

    def indicators_for(self, goal: str) -> tuple[str, ...]:
        """Return the ids of the indicators that show a goal.

        Parameters
        ----------
        goal : str
            Id of one of `goals`.
        """
        one_of("goal", goal, [one.id for one in self.goals])
        return next(one.indicators for one in self.goals if one.id == goal)

    @property
    def weights(self) -> Mapping[str, float]:
        """Weight of each indicator in the whole by id; they sum to 1."""
        total = sum(part.weight for part in self.dimensions)
        found: dict[str, float] = {}
        for part in self.dimensions:
            mine = [one for one in self.indicators if one.dimension == part.id]
            below = sum(one.weight for one in mine)
            found |= {
                one.id: part.weight / total * (one.weight / below if below else 0.0) for one in mine
            }
        return {name: found[name] for name in self.indicator_ids}

    def with_thresholds(self, thresholds: Mapping[str, Any]) -> EvaluationSystem:
        """Return the system with the thresholds of some indicators replaced.

        Parameters
        ----------
        thresholds : mapping of str to Threshold, ThresholdPolicy, mapping or sequence of them
            By id of the indicator.
        """
        content = copied(self.declaration)
        for name, given in _mapping("thresholds", thresholds).items():
            place = self.indicator_ids.index(one_of("thresholds", name, self.indicator_ids))
            several = isinstance(given, Sequence) and not isinstance(given, str)
            way = self.indicators[place].direction
            policies = [dict(as_policy(one, way)) for one in (given if several else [given])]
            content["indicators"][place]["thresholds"] = policies
        return EvaluationSystem(content)

    def with_weights(
        self,
        indicators: Mapping[str, float] | None = None,
        dimensions: Mapping[str, float] | None = None,
    ) -> EvaluationSystem:
        """Return the system with the weights of some indicators and dimensions replaced.

        Parameters
        ----------
        indicators, dimensions : mapping of str to float, optional
            By id, at least 0; 0 leaves one out of scores. Weights of experts come from
            `ahp_weights`, those of the data from `entropy_weights`.
        """
        content = copied(self.declaration)
        for kind, given in (("indicators", indicators), ("dimensions", dimensions)):
            rows = {row["id"]: row for row in content[kind]}
            for name, weight in _mapping(kind, {} if given is None else given).items():
                rows[one_of(kind, name, list(rows))]["weight"] = weight
        return EvaluationSystem(content)

    def with_profile(self, profile: str) -> EvaluationSystem:
        """Return the system with the weights that a sector gives.

        Parameters
        ----------
        profile : str
            Id of one of `profiles`.
        """
        if not self.profiles:
            rule = f"must not be given: {self.id} has no profiles"
            raise InvalidDataError(message("profile", rule, value=profile))
        one_of("profile", profile, [one.id for one in self.profiles])
        used = self.declaration["system"].get("profile")
        if used is not None:
            rule = "must be chosen once, from the system without one"
            raise InvalidDataError(message("profile", rule, value=(used, profile)))
        sector = next(one for one in self.profiles if one.id == profile)
        content = copied(self.with_weights(sector.indicators, sector.dimensions).declaration)
        content["system"]["profile"] = profile
        return EvaluationSystem(content)

    def _head(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "version": self.version,
            "dimensions": len(self.dimensions),
            "indicators": len(self.indicators),
        }

    def _table(self) -> dict[str, Any]:
        return self._rows("en")

    def indicators_frame(self, language: str = "en") -> Any:
        """Return the indicators as a data frame.

        Parameters
        ----------
        language : str
            Of the names, such as "en" or "zh".
        """
        return self._framed(self._rows(language))

    def _rows(self, language: str) -> dict[str, Any]:
        names = ("dimension", "unit", "direction", "kind", "scoring", "metric", "origin")
        text = {name: [getattr(one, name) for one in self.indicators] for name in names}
        text["name"] = [spoken(one.name, language) for one in self.indicators]
        table = {name: np.array(column, dtype=object) for name, column in text.items()}
        ids = np.array(self.indicator_ids, dtype=object)
        weight = np.array(list(self.weights.values()))
        return {"indicator": ids, "name": table.pop("name"), **table, "weight": weight}


def _mapping(name: str, given: Any) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        rule, hint = "must be by id", "Such as {'csat': ...}."
        raise InvalidDataError(message(name, rule, value=type(given).__name__, hint=hint))
    return given


def load(source: Any = "crm-aspects", *, profile: str | None = None) -> EvaluationSystem:
    """Return an evaluation system that is checked, with an error that says where it is wrong.

    Parameters
    ----------
    source : str, path, mapping or EvaluationSystem
        Name of a system that comes with custvalue: "crm-aspects" (the twenty aspects),
        "relationship-scale" (satisfaction, loyalty, value, interaction, depth and breadth),
        "enterprise-evaluation" (service quality, satisfaction, retention and loyalty, market
        response) or "value-crm-monitor" (satisfaction, retention, sales); path of a TOML file; or a
        mapping with the keys of such a file.
    profile : str, optional
        Sector whose weights are used, one of those in the system.

    Returns
    -------
    EvaluationSystem

    Raises
    ------
    InvalidDataError
        If the file cannot be read, a key is missing or unknown, a value is out of bounds, or an id
        is there twice or points nowhere.

    Notes
    -----
    The source documents name dimensions and indicators, but neither weights nor thresholds: equal
    weights are the library's (`rules.origin`), and thresholds are yours to set with
    `with_thresholds`. Only "value-crm-monitor" has dynamic ones, marked `origin = "library"`.

    Examples
    --------
    >>> import custvalue as cv
    >>> system = cv.scorecard.load("relationship-scale")
    >>> [part.name["zh"] for part in system.dimensions]
    ['客户满意度', '客户忠诚度', '客户价值', '客户互动频率', '客户关系的深度与广度']
    """
    if isinstance(source, EvaluationSystem):
        system = source
    else:
        _, content = declaration(
            source, "system", "custvalue.scorecard", BUILT_IN, "EvaluationSystem"
        )
        system = EvaluationSystem(content)
    return system if profile is None else system.with_profile(profile)
