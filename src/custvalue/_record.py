"""Record: a frozen dataclass that compares by value, shows as a table and travels as JSON."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from html import escape
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from custvalue._check import with_article
from custvalue._json import plain, revived
from custvalue.errors import InvalidDataError, message

Notes = Mapping[str, int]  # what a policy did -> how often


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Record:
    """Base of results: frozen fields, equality by value, JSON both ways, a table in notebooks.

    A subclass says which of its fields are columns of equal length (`_columns`) and gets
    `to_frame`; `_head` gives the short facts that `repr` and the notebook table show.
    """

    _columns: ClassVar[tuple[str, ...]] = ()
    _parts: ClassVar[Mapping[str, type[Record]]] = {}  # fields that are records themselves

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            array = getattr(self, field.name)
            if isinstance(array, np.ndarray) and array.flags.writeable:
                object.__setattr__(self, field.name, frozen(array.view()))

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(
            _same(getattr(self, f.name), getattr(other, f.name))
            for f in dataclasses.fields(self)
            if f.compare
        )

    __hash__ = None  # type: ignore[assignment]  # records hold arrays

    def _head(self) -> dict[str, Any]:
        return {}

    def __repr__(self) -> str:
        facts = ", ".join(f"{key}={_short(value)}" for key, value in self._head().items())
        return f"{type(self).__name__}({facts})"

    def _table(self) -> dict[str, Any]:
        """Return the columns that `to_frame` shows."""
        return {
            name: getattr(self, name) for name in self._columns if getattr(self, name) is not None
        }

    def to_frame(self) -> Any:
        """Return the columns as a data frame of the kind that the data came in (else pandas)."""
        return self._framed(self._table())

    def _framed(self, table: Mapping[str, Any]) -> Any:
        from custvalue._frames import native

        return native(table, getattr(self, "frame", "pandas"))

    def _repr_html_(self) -> str:
        facts = "".join(
            f"<tr><th style='text-align:left'>{escape(str(key))}</th>"
            f"<td>{escape(_short(value))}</td></tr>"
            for key, value in self._head().items()
        )
        table = self._table()
        rows = min((len(column) for column in table.values()), default=0)
        body = ""
        if rows:
            head = "".join(f"<th>{escape(name)}</th>" for name in table)
            lines = "".join(
                "<tr>"
                + "".join(f"<td>{escape(_short(c[i]))}</td>" for c in table.values())
                + "</tr>"
                for i in range(min(rows, 10))
            )
            body = f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"
        return f"<b>{type(self).__name__}</b><table>{facts}</table>{body}"

    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON types: an array is {"array": dtype, "values": list}.

        What JSON has no type for is tagged: NaN is {"float": "nan"}, a date {"date": "2024-01-31"}.
        """
        from custvalue import __version__

        fields = {f.name: plain(getattr(self, f.name), f.name) for f in dataclasses.fields(self)}
        return {"record": type(self).__name__, "version": __version__, **fields}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the record that `to_dict` wrote, validated as at construction."""
        if not isinstance(data, Mapping) or data.get("record") != cls.__name__:
            found = data.get("record") if isinstance(data, Mapping) else type(data).__name__
            raise InvalidDataError(
                message(
                    "data",
                    f"must be {with_article(cls.__name__)} written by to_dict()",
                    value=found,
                )
            )
        names = {f.name for f in dataclasses.fields(cls)}
        unknown = sorted(set(data) - names - {"record", "version"})
        missing = sorted(
            f.name
            for f in dataclasses.fields(cls)
            if f.name not in data
            and f.default is dataclasses.MISSING
            and f.default_factory is dataclasses.MISSING
        )
        if unknown or missing:
            raise InvalidDataError(
                message(
                    "data",
                    f"must have the fields of {cls.__name__}",
                    value=f"unknown {unknown}, missing {missing}",
                )
            )
        optional = {f.name for f in dataclasses.fields(cls) if f.default is None}
        parts = {
            name: kind.from_dict(data[name])
            for name, kind in cls._parts.items()
            if name not in optional or data.get(name) is not None
        }
        left = (names & set(data)) - set(parts)
        fields = {name: revived(data[name], name) for name in left}
        try:
            return cls(**{**fields, **parts})
        except InvalidDataError:
            raise
        except (TypeError, ValueError, AttributeError, LookupError, ArithmeticError) as error:
            rule = f"must hold the fields of {with_article(cls.__name__)}"
            raise InvalidDataError(message("data", rule, value=str(error))) from None


def checked_notes(notes: Any) -> dict[str, int]:
    """Return notes as a dict of counts, or say that they are none."""
    if not isinstance(notes, Mapping):
        raise InvalidDataError(message("notes", "must map rules to counts", value=notes))
    if not all(isinstance(count, (int, np.integer)) for count in notes.values()):
        raise InvalidDataError(message("notes", "must map rules to counts", value=dict(notes)))
    return {str(rule): int(count) for rule, count in notes.items()}


def kept(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return an array that nobody writes to: itself if it is read-only, else a copy that is."""
    return frozen(array.copy()) if array.flags.writeable else array


def frozen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Make an array of our own read-only, so that records keep it without a copy; return it."""
    array.flags.writeable = False
    return array


def join_notes(*notes: Notes) -> dict[str, int]:
    """Return the counts of all notes, added by rule."""
    total: dict[str, int] = {}
    for note in notes:
        for rule, count in note.items():
            total[rule] = total.get(rule, 0) + int(count)
    return total


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
        floats = left.dtype.kind == "f" and right.dtype.kind == "f"
        return bool(np.array_equal(left, right, equal_nan=floats))
    if isinstance(left, float) and isinstance(right, float) and math.isnan(left):
        return math.isnan(right)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return set(left) == set(right) and all(_same(left[key], right[key]) for key in left)
    return bool(type(left) is type(right) and left == right)


def _short(value: Any) -> str:
    if isinstance(value, (float, np.floating)):
        return f"{value:.6g}"
    return str(value)
