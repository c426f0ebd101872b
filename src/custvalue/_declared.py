"""Declarations: TOML files or mappings, checked key by key, with errors that say where."""

from __future__ import annotations

import dataclasses
import datetime as dt
import difflib
import math
import os
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from custvalue._check import number
from custvalue._sealed import sealed_table
from custvalue.errors import InvalidDataError, message

LANGUAGES = ("en", "zh")  # of the declarations that come with custvalue
_IDENTIFIER = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?")
_SHOWN = 80  # characters of a value in a message
_DEEPEST = 20  # tables and lists in each other


def declaration(
    source: Any, argument: str, package: str, built_in: Collection[str], record: str
) -> tuple[str, Mapping[str, Any]]:
    """Return the name and the content of a declaration.

    `source` is a mapping, the path of a TOML file, or one of the names of those that come with
    `package`; `record` is what the caller takes too, for the message.
    """
    import tomllib

    if isinstance(source, Mapping):
        return str(source.get("title", "own")), source
    if isinstance(source, str) and source in built_in:
        file = resources.files(package) / f"{source}.toml"
        return source, tomllib.loads(file.read_text("utf-8"))
    if not isinstance(source, (str, os.PathLike)):
        rule = f"must be a name, a path, a mapping or a {record}"
        raise InvalidDataError(message(argument, rule, value=type(source).__name__))
    path = Path(source)
    try:
        return path.stem, tomllib.loads(path.read_text("utf-8"))
    except (OSError, TypeError, ValueError, RecursionError) as error:  # no such path, text or TOML
        rule = f"must be one of {', '.join(built_in)}, or the path of a TOML file"
        near = difflib.get_close_matches(str(source), built_in, n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        hint += f"Reading failed: {_shortened(str(error), 3 * _SHOWN)}"
        shown = _shortened(str(source), 3 * _SHOWN)
        raise InvalidDataError(message(argument, rule, value=shown, hint=hint)) from None


def copied(content: Any, where: str = "declaration") -> dict[str, Any]:
    """Return a copy of a table in the types of JSON, so that nobody changes it from outside."""
    if not isinstance(content, Mapping):
        rule = "must be a table"
        raise InvalidDataError(message(where, rule, value=type(content).__name__))
    found: dict[str, Any] = _copied(content, where, 0)
    return found


def _copied(value: Any, where: str, depth: int) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    node = Node(value, where)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        plain = int(value) if isinstance(value, int) else float(value)
        if not abs(plain) < math.inf or abs(plain) > sys.float_info.max:
            raise InvalidDataError(message(where, "must be finite"))
        # 1.0 and 1 are the same content
        return int(plain) if abs(plain) < 1e15 and plain == int(plain) else plain
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:  # half of a pair: no text can be written with it
            node.refuse("must be text that UTF-8 can write")
        return str.__str__(value)
    if depth == _DEEPEST:  # without its value, which may be too deep to be shown
        raise InvalidDataError(message(where, f"must not be nested more than {_DEEPEST} deep"))
    if isinstance(value, Mapping):
        return {key: _copied(one.value, one.where, depth + 1)
                for key, one in node.children().items()}  # fmt: skip
    if isinstance(value, (list, tuple)):
        return [_copied(one.value, one.where, depth + 1) for one in node.rows()]
    if isinstance(value, dt.date):  # of TOML; instants too
        return value.isoformat()
    rule = "must be a table, a list, text, a number, true or false"
    raise InvalidDataError(message(where, rule, value=type(value).__name__))


def in_language(what: str, texts: Any, language: str) -> str:
    """Return a text, or that in a language of several."""
    if isinstance(texts, str):
        return texts
    if not isinstance(texts, Mapping) or not isinstance(texts.get(language), str):
        known = sorted(texts) if isinstance(texts, Mapping) else texts
        rule = f"must be text, or texts by language with {language!r} among them"
        raise InvalidDataError(message(what, rule, value=known))
    return str(texts[language])


def spoken(texts: str | Mapping[str, str], language: str) -> str:
    """Return the text in a language, or else in the first that there is."""
    if not isinstance(language, str):
        rule, hint = "must be the code of a language", "Such as 'en' or 'zh'."
        raise InvalidDataError(message("language", rule, value=language, hint=hint))
    if isinstance(texts, str):
        return texts
    return texts.get(language) or next(iter(texts.values()), "")


@dataclasses.dataclass(frozen=True)
class Node:
    """A value of a declaration and where it stands, such as items[3].weight."""

    value: Any
    where: str

    def refuse(self, rule: str, hint: str = "") -> NoReturn:
        """Raise an error that says where the value is that breaks a rule."""
        shown = self.value if isinstance(self.value, (int, float, bool)) else _shortened(self.value)
        raise InvalidDataError(message(self.where, rule, value=shown, hint=hint))

    def table(self, required: Collection[str], optional: Collection[str] = ()) -> dict[str, Node]:
        """Return the values of a table by key; refuse keys that are missing or not known."""
        if not isinstance(self.value, Mapping):
            self.refuse("must be a table")
        known = [*required, *optional]
        for key in self.value:
            if key not in known:
                near = difflib.get_close_matches(str(key), known, n=1)
                hint = f"Did you mean {near[0]!r}? " if near else ""
                hint += f"Keys: {', '.join(known)}"
                Node(str(key), self.where).refuse("has a key that is not known", hint)
        lacking = [key for key in required if key not in self.value]
        if lacking:
            rule = f"must have {', '.join(map(repr, lacking))}"
            raise InvalidDataError(message(self.where, rule, value=sorted(map(str, self.value))))
        return self.children()

    def children(self) -> dict[str, Node]:
        """Return the values of a table with any keys."""
        if not isinstance(self.value, Mapping):
            self.refuse("must be a table")
        for key in self.value:
            if not isinstance(key, str) or key != key.encode(errors="replace").decode():
                rule = "must be a table with keys of text"
                raise InvalidDataError(message(self.where, rule, value=repr(key)[:_SHOWN]))
        base = "" if self.where == "declaration" else f"{self.where}."
        return {key: Node(value, f"{base}{key}") for key, value in self.value.items()}

    def rows(self) -> list[Node]:
        """Return the values of a list."""
        if isinstance(self.value, (str, bytes, Mapping)) or not isinstance(self.value, Sequence):
            self.refuse("must be a list")
        return [Node(value, f"{self.where}[{i}]") for i, value in enumerate(self.value)]

    def text(self) -> str:
        """Return a text that is not blank."""
        if not isinstance(self.value, str) or not self.value.strip():
            self.refuse("must be text")
        return self.value

    def texts(self) -> tuple[str, ...]:
        """Return a list of texts."""
        return tuple(node.text() for node in self.rows())

    def identifier(self) -> str:
        """Return a name for use in code: a-z, 0-9, with single dots, dashes and underscores."""
        if not isinstance(self.value, str) or not _IDENTIFIER.fullmatch(self.value):
            self.refuse("must be a name of a-z and 0-9, with . _ - between", "Such as 'care.plan'.")
        return self.short()

    def short(self) -> str:
        """Return a text that is short enough to be shown in lists and messages."""
        found = self.text()
        if len(found) > _SHOWN:
            self.refuse(f"must have {_SHOWN} characters at most")
        return found

    def version(self) -> str:
        """Return a version such as 1.0.0."""
        if not isinstance(self.value, str) or not _VERSION.fullmatch(self.value):
            self.refuse("must be a version of three numbers", "Such as '1.0.0'.")
        return self.value

    def names(self) -> dict[str, str]:
        """Return texts by language, of at least one; a plain text is English."""
        if isinstance(self.value, str):
            return sealed_table({"en": self.text()})
        found = {key: node.text() for key, node in self.children().items()}
        strange = [key for key in found if not _LANGUAGE.fullmatch(key)]
        if strange or not found:
            self.refuse("must be text, or texts by language", "Such as { en = '...', zh = '...' }.")
        return sealed_table(found)

    def number(self, low: float, high: float, *, open_low: bool = False) -> float:
        """Return a finite number within bounds."""
        numbers = (int, float, np.integer, np.floating)  # also those of columns
        if isinstance(self.value, bool) or not isinstance(self.value, numbers):
            self.refuse("must be a number")
        return number(self.where, self.value, low, high, open_low=open_low)

    def whole(self, low: int, high: int) -> int:
        """Return a whole number within bounds."""
        found = self.number(low, high)
        if found != int(found):
            self.refuse("must be a whole number")
        return int(found)

    def flag(self) -> bool:
        """Return true or false."""
        if not isinstance(self.value, bool):
            self.refuse("must be true or false")
        return self.value

    def choice(self, allowed: Collection[str]) -> str:
        """Return one of the names allowed."""
        if not isinstance(self.value, str) or self.value not in allowed:
            choices = _shortened(", ".join(repr(a) for a in allowed), 5 * _SHOWN)
            near = difflib.get_close_matches(str(self.value)[:_SHOWN], allowed, n=1)
            self.refuse(f"must be one of {choices}", f"Did you mean {near[0]!r}?" if near else "")
        return self.value


def refuse_repeats(nodes: Sequence[Node], values: Sequence[Any], what: str) -> None:
    """Refuse the first value that an earlier row of a list has too."""
    first: dict[Any, Node] = {}
    for node, value in zip(nodes, values, strict=True):
        if value in first:
            rule = f"must have {what} of its own; {first[value].where} has the same"
            raise InvalidDataError(message(node.where, rule, value=_shortened(value)))
        first[value] = node


def _shortened(value: Any, most: int = _SHOWN) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= most else f"{text[: most - 3]}..."
