"""Records that are a declaration: a copy that nobody changes, its hash, JSON both ways."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Self

from custvalue._record import Record
from custvalue.errors import InvalidDataError, message


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Declaration(Record):
    """Base of what is made of a declaration alone; its JSON is the declaration."""

    declaration: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return the declaration, as JSON types."""
        from custvalue import __version__

        name = type(self).__name__
        mine = copy.deepcopy(self.declaration)  # so that nobody changes it from outside
        return {"record": name, "version": __version__, "declaration": mine}

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
            rule = f"must be a {cls.__name__} written by to_dict()"
            raise InvalidDataError(message("data", rule, value=found))
        return cls(data.get("declaration"))  # type: ignore[arg-type]  # checked there


def content_hash(content: Mapping[str, Any], *more: Any) -> str:
    """Return a short hash of a declaration, and of what it may only name."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False) + "".join(map(repr, more))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
