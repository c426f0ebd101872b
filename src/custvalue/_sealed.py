"""Tables and lists of declarations that are read, and not changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise TypeError("a declaration cannot be changed; change a copy of it, by copy.deepcopy(...)")


class _Table(dict[str, Any]):
    """A table that refuses to be changed; a deep copy of it may be."""

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return _sealed, (unsealed(self),)

    def __deepcopy__(self, memo: Any) -> Any:
        return unsealed(self)


class _Rows(list[Any]):
    """A list that refuses to be changed; a deep copy of it may be."""

    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = clear = extend = insert = pop = remove = reverse = sort = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return _sealed, (unsealed(self),)

    def __deepcopy__(self, memo: Any) -> Any:
        return unsealed(self)


def sealed_table(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table of which it and all tables and lists in it refuse to be changed."""
    return _Table({key: _sealed(value) for key, value in content.items()})


def _sealed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return sealed_table(value)
    return _Rows(map(_sealed, value)) if isinstance(value, list) else value


def unsealed(value: Any) -> Any:
    """Return a copy in plain dicts and lists, all the way down."""
    if isinstance(value, Mapping):
        return {key: unsealed(one) for key, one in value.items()}
    return list(map(unsealed, value)) if isinstance(value, list) else value
