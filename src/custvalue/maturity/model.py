"""Maturity models: what is rated, on which scale, and by which rules ratings become levels."""

from __future__ import annotations

import dataclasses
import numbers
from collections.abc import Mapping
from typing import Any

import numpy as np

from custvalue._check import of_type, one_of
from custvalue._declaration import Declaration, content_hash
from custvalue._declared import Node, copied, declaration, spoken
from custvalue.errors import InvalidDataError, message
from custvalue.maturity import _parts
from custvalue.maturity._parts import Component, Item, Objective, Profile, Step
from custvalue.maturity._rules import Level, Rules, rule_set_of
from custvalue.maturity._scale import Scale

BUILT_IN = ("customer-management", "customer-system", "value-crm")
SPEC = "custvalue.maturity/1"


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class MaturityModel(Declaration):
    """What is rated, on which scale, and by which rules; validated at construction.

    Attributes
    ----------
    declaration : mapping
        The content of its TOML file.
    id, version, origin : str
        Name, version, and where its content comes from.
    title : mapping of str to str
        By language.
    scale, levels, rules
        What ratings mean, and how they become scores and levels.
    components, items, steps, profiles, objectives : tuples
        What it consists of; components in the order of the file.
    hash : str
        Of the content: assessments keep it, so that they are compared under one model only.

    Examples
    --------
    >>> import custvalue as cv
    >>> model = cv.maturity.load("customer-management")
    >>> model
    MaturityModel(id=customer-management, version=1.0.0, components=7, items=20, levels=6)
    >>> model.levels[3].name["en"], model.rules.origin
    ('Established', 'library')
    """

    id: str = dataclasses.field(init=False, compare=False)
    version: str = dataclasses.field(init=False, compare=False)
    origin: str = dataclasses.field(init=False, compare=False)
    title: Mapping[str, str] = dataclasses.field(init=False, compare=False)
    scale: Scale = dataclasses.field(init=False, compare=False)
    levels: tuple[Level, ...] = dataclasses.field(init=False, compare=False)
    rules: Rules = dataclasses.field(init=False, compare=False)
    components: tuple[Component, ...] = dataclasses.field(init=False, compare=False)
    items: tuple[Item, ...] = dataclasses.field(init=False, compare=False)
    steps: tuple[Step, ...] = dataclasses.field(init=False, compare=False)
    profiles: tuple[Profile, ...] = dataclasses.field(init=False, compare=False)
    objectives: tuple[Objective, ...] = dataclasses.field(init=False, compare=False)
    hash: str = dataclasses.field(init=False, compare=False)

    def __post_init__(self) -> None:
        content = copied(self.declaration)
        top = Node(content, "declaration")
        keys = top.table(
            ["spec", "model", "components", "items"],
            ["rule_set", "scale", "levels", "rules", "steps", "profiles", "objectives"],
        )
        keys["spec"].choice((SPEC,))
        about = keys["model"].table(["id", "version", "title", "origin"], ["profile"])
        rules = rule_set_of(keys, top)
        components = _parts.components_of(keys["components"])
        items = _parts.items_of(keys["items"], components, rules)
        found: dict[str, Any] = {
            "declaration": content,
            "id": about["id"].identifier(),
            "version": about["version"].version(),
            "origin": about["origin"].text(),
            "title": about["title"].names(),
            "scale": rules.scale,
            "levels": rules.levels,
            "rules": rules.rules,
            "components": components,
            "items": items,
            "steps": _parts.steps_of(keys["steps"]) if "steps" in keys else (),
            "profiles": _parts.profiles_of(keys["profiles"], components, "profile" in about)
            if "profiles" in keys
            else (),
            "objectives": _parts.objectives_of(keys["objectives"], items)
            if "objectives" in keys
            else (),
            "hash": content_hash(content, rules),
        }
        for name, value in found.items():
            object.__setattr__(self, name, value)
        if "profile" in about:
            about["profile"].choice([one.id for one in found["profiles"]])
        super().__post_init__()

    @property
    def item_ids(self) -> tuple[str, ...]:
        """Ids of the items, in the order of the file."""
        return tuple(item.id for item in self.items)

    @property
    def component_ids(self) -> tuple[str, ...]:
        """Ids of the components, in the order of the file."""
        return tuple(part.id for part in self.components)

    def item(self, name: str) -> Item:
        """Return an item.

        Parameters
        ----------
        name : str
            Its id.
        """
        one_of("item", name, self.item_ids)
        return self.items[self.item_ids.index(name)]

    def items_for(self, objective: str) -> tuple[str, ...]:
        """Return the ids of the items that an objective of the assessment calls for.

        Parameters
        ----------
        objective : str
            Id of one of `objectives`.
        """
        one_of("objective", objective, [aim.id for aim in self.objectives])
        return next(aim.items for aim in self.objectives if aim.id == objective)

    def with_profile(self, profile: str) -> MaturityModel:
        """Return the model with the weights of components in a sector.

        Parameters
        ----------
        profile : str
            Id of one of `profiles`.
        """
        one_of("profile", profile, [one.id for one in self.profiles])
        used = self.declaration["model"].get("profile")
        if used is not None:
            rule = "must be chosen once, from the model without one"
            raise InvalidDataError(message("profile", rule, value=(used, profile)))
        weights = next(one.weights for one in self.profiles if one.id == profile)
        content = copied(self.declaration)
        for part in content["components"]:
            part["weight"] = part.get("weight", 1.0) * weights.get(part["id"], 1.0)
        content["model"]["profile"] = profile
        return MaturityModel(content)

    def level_name(self, level: float, language: str = "en") -> str:
        """Return the name of a level, or "" where there is none.

        Parameters
        ----------
        level : float
            Its number; NaN is none.
        language : str
            Such as "en" or "zh".
        """
        of_type("level", level, numbers.Real, "Levels are numbered from 0.")
        known = [one for one in self.levels if one.n == level]
        return spoken(known[0].name, language) if known else ""

    def _head(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "version": self.version,
            "components": len(self.components),
            "items": len(self.items),
            "levels": len(self.levels),
        }

    def _table(self) -> dict[str, Any]:
        return self._items("en")

    def items_frame(self, language: str = "en") -> Any:
        """Return the items as a data frame, for instance to make a questionnaire of.

        Parameters
        ----------
        language : str
            Such as "en" or "zh".
        """
        return self._framed(self._items(language))

    def _items(self, language: str) -> dict[str, Any]:
        levels = [np.nan if item.level is None else item.level for item in self.items]
        return {
            "item": _objects(item.id for item in self.items),
            "component": _objects(item.component for item in self.items),
            "name": _objects(spoken(item.name, language) for item in self.items),
            "question": _objects(spoken(item.question, language) for item in self.items),
            "level": np.array(levels, dtype=np.float64),
            "weight": np.array([item.weight for item in self.items]),
            "impact": np.array([item.impact for item in self.items]),
            "effort": np.array([sum(item.effort.values()) for item in self.items]),
            "metrics": _objects(", ".join(item.metrics) for item in self.items),
            "depends_on": _objects(", ".join(item.depends_on) for item in self.items),
        }


def load(source: Any = "customer-management", *, profile: str | None = None) -> MaturityModel:
    """Return a maturity model that is checked, with an error that says where it is wrong.

    Parameters
    ----------
    source : str, path, mapping or MaturityModel
        Name of a model that comes with custvalue: "customer-management" (four components, twenty
        items, five steps), "customer-system" (six areas) or "value-crm" (five functions); path of a
        TOML file; or a mapping with the keys of such a file.
    profile : str, optional
        Sector whose weights of components are used, one of those in the model.

    Returns
    -------
    MaturityModel

    Raises
    ------
    InvalidDataError
        If the file cannot be read, a key is missing or unknown, a value is out of bounds, an id is
        there twice or points nowhere, or items depend on each other in a circle.

    Notes
    -----
    The source documents of the models that come with custvalue name components and practices, but
    neither a scale nor levels nor weights: these are the library's (`origin = "library"`), with
    names of levels after ISO/IEC 33020.

    Examples
    --------
    >>> import custvalue as cv
    >>> model = cv.maturity.load("customer-management")
    >>> [part.name["zh"] for part in model.components if not part.parent]
    ['客户需求分析', '客户关系管理', '客户价值管理', '客户生命周期管理']
    >>> mine = dict(model.declaration, items=[])
    >>> cv.maturity.load(mine)
    Traceback (most recent call last):
        ...
    custvalue.errors.InvalidDataError: items: must give the component an item with a weight ...
    """
    if isinstance(source, MaturityModel):
        model = source
    else:
        _, content = declaration(source, "model", "custvalue.maturity", BUILT_IN, "MaturityModel")
        model = MaturityModel(content)
    return model if profile is None else model.with_profile(profile)


def refuse_models(one: MaturityModel, other: MaturityModel) -> None:
    """Refuse two models, or versions of a model, where ratings by one are needed."""
    if one.hash != other.hash:
        value = [f"{model.id} {model.version} ({model.hash})" for model in (one, other)]
        rule, hint = "must be the same in both", "Assess both by one model."
        raise InvalidDataError(message("model", rule, value=value, hint=hint))


def _objects(values: Any) -> Any:
    return np.array(list(values), dtype=object)
