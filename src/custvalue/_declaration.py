"""Records that are a declaration: a copy that nobody changes, its hash, JSON both ways."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Self

from custvalue._check import with_article
from custvalue._record import Record
from custvalue._sealed import sealed_table, unsealed
from custvalue.errors import InvalidDataError, message


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Declaration(Record):
    """Base of what is made of a declaration alone; its JSON is the declaration."""

    declaration: Mapping[str, Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "declaration", sealed_table(self.declaration))
        super().__post_init__()

    def __deepcopy__(self, memo: Any) -> Self:
        return self  # nothing in it can be changed

    def to_dict(self) -> dict[str, Any]:
        """Return the declaration, as JSON types."""
        from custvalue import __version__

        name = type(self).__name__
        return {"record": name, "version": __version__, "declaration": unsealed(self.declaration)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return what `to_dict` wrote, validated as at construction.

        Parameters
        ----------
        data : mapping
            From `to_dict`.
        """
        if not isinstance(data, Mapping) or data.get("record") != cls.__name__:
            found = data.get("record") if isinstance(data, Mapping) else type(data).__name__
            rule = f"must be {with_article(cls.__name__)} written by to_dict()"
            raise InvalidDataError(message("data", rule, value=found))
        return cls(data.get("declaration"))  # type: ignore[arg-type]  # checked there


def content_hash(content: Mapping[str, Any], *more: Any) -> str:
    """Return a short hash of a declaration, and of what it may only name."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False) + "".join(map(repr, more))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
