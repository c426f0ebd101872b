"""The door for ratings of maturity: tables and arrays come in as one sheet per assessor."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, as_array, refuse
from custvalue._frames import Table, labels, missing, numeric, opened, read
from custvalue._ids import identify
from custvalue.errors import InvalidDataError, message
from custvalue.maturity._cells import Notation, cells_of
from custvalue.maturity._resolve import KINDS
from custvalue.maturity._rules import EVIDENCE
from custvalue.maturity.model import MaturityModel

Column = npt.NDArray[Any]
_SHOWN = 5


@dataclasses.dataclass(frozen=True)
class Sheets:
    """Ratings of shape (sheets, items), sheets sorted by organisation and assessor.

    `owner` is the place of each sheet's organisation in `organisation`; `kind` places in KINDS.
    """

    rating: Array
    owner: npt.NDArray[np.int64]
    organisation: Column
    assessor: Column
    kind: npt.NDArray[np.int8] | None
    evidence: npt.NDArray[np.int8] | None
    notes: dict[str, int]
    frame: str


def of_array(model: MaturityModel, ratings: Any, how: Notation) -> Sheets:
    """Return sheets of an array of shape (items,), (organisations, items) or with assessors.

    That is (organisations, assessors, items).
    """
    array = as_array("ratings", ratings, "must have rows of one length")
    if array.dtype.kind == "U":
        array = np.array(ratings, dtype=object)
    items = len(model.items)
    if array.ndim not in (1, 2, 3) or array.shape[-1] != items:
        rule = f"must be of shape (organisations, assessors, items) or less, with {items} items"
        raise InvalidDataError(message("ratings", rule, value=array.shape))
    if array.ndim == 3 and not array.shape[1]:
        raise InvalidDataError(message("ratings", "must have an assessor", value=array.shape))
    cells = array.reshape(-1, array.shape[-2] if array.ndim == 3 else 1, items)
    organisations, assessors = cells.shape[:2]
    count = organisations * assessors
    rating = cells_of("ratings", cells.reshape(count, items), how)
    owner = np.repeat(np.arange(organisations), assessors)
    assessor = np.tile(np.arange(assessors), organisations)
    if assessors > 1:  # blank sheets fill up the array; one stays where nobody rated
        blank = np.isnan(rating).all(axis=1).reshape(-1, assessors)
        if blank.any():
            blank[blank.all(axis=1), 0] = False
            kept = ~blank.ravel()
            rating, owner, assessor = rating[kept], owner[kept], assessor[kept]
    return Sheets(
        rating=rating,
        owner=owner,
        organisation=np.arange(organisations),
        assessor=assessor,
        kind=None,
        evidence=None,
        notes={},
        frame="pandas",
    )


def of_wide(
    model: MaturityModel, table: Any, roles: Mapping[str, str | None], how: Notation, absent: str
) -> Sheets:
    """Return sheets of a table with a row per organisation and assessor, a column per item."""
    known = {f"item {i}": name for i, name in enumerate(model.item_ids)}
    notes: dict[str, int] = {}
    if absent == "unrated":
        present = columns_of(table)
        here = {role: name for role, name in known.items() if name in present}
        if not here:
            rule = "must have a column for an item of the model at least"
            raise InvalidDataError(message("ratings", rule, value=sorted(present)[:_SHOWN]))
        if len(here) < len(known):
            notes["items without a column"] = len(known) - len(here)
        known = here
    named = {role: name for role, name in roles.items() if name is not None}
    for role, name in named.items():
        if name in model.item_ids:
            rule = "must not be the column of an item, too"
            raise InvalidDataError(message(role, rule, value=name))
    found = read(table, **named, **known)
    rating = np.full((found.rows, len(model.items)), np.nan)
    for role in known:
        rating[:, int(role.removeprefix("item "))] = _column(found, role, how)
    return _arranged(found, named, rating, None, notes)


def of_long(
    model: MaturityModel, table: Any, roles: Mapping[str, str | None], how: Notation
) -> Sheets:
    """Return sheets of a table with a row per organisation, assessor and item."""
    named = {role: name for role, name in roles.items() if name is not None}
    found = read(table, **named)
    items = identify(found, "item", "items")
    if items.missing is not None:
        _refuse_missing(found, "item", items.missing)
    distinct, place = np.unique(items.codes, return_inverse=True)
    names = [str(name) for name in items.decode(distinct)]
    unknown = [name for name in names if name not in model.item_ids]
    if unknown:
        import difflib

        rows = np.isin(place, [names.index(name) for name in unknown])
        near = difflib.get_close_matches(names[place[rows.argmax()]], model.item_ids, n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        refuse(found.names["item"], f"must be an item of {model.id}", items.decode(items.codes),
               rows, hint=hint + "model.item_ids lists them.")  # fmt: skip
    column = np.array([model.item_ids.index(name) for name in names], dtype=np.int64)[place]
    rated = _column(found, "rating", how)
    proof = _evidence(found)
    who = {role: name for role, name in named.items() if role in ("organisation", "assessor")}
    sheet, firsts = _sheet_of_rows(found, who)
    cell = sheet * len(model.items) + column
    again = np.ones(len(cell), dtype=np.bool_)
    again[np.unique(cell, return_index=True)[1]] = False
    hint = "Name the assessor=, or keep one of them." if "assessor" not in who else "Keep one."
    refuse(found.names["rating"], "must be one for each organisation, assessor and item",
           rated, again, hint=hint)  # fmt: skip
    rating = np.full((len(firsts), len(model.items)), np.nan)
    rating[sheet, column] = rated
    evidence = None
    if proof is not None:
        evidence = np.zeros(rating.shape, dtype=np.int8)
        evidence[sheet, column] = proof
    if "kind" in named:
        kinds = _kinds(found)
        mixed = kinds != kinds[firsts][sheet]
        refuse(found.names["kind"], "must be the same in all rows of an assessor",
               labels(found, "kind"), mixed)  # fmt: skip
    return _arranged(found, named, rating, evidence, {}, firsts)


def _arranged(
    found: Table,
    named: Mapping[str, str],
    rating: Array,
    evidence: npt.NDArray[np.int8] | None,
    notes: dict[str, int],
    firsts: npt.NDArray[np.int64] | None = None,
) -> Sheets:
    """Return sheets in the order of organisations and assessors, from the first row of each."""
    rows = np.arange(found.rows) if firsts is None else firsts
    if "organisation" in named:
        who = identify(found, "organisation", "organisations")
        if who.missing is not None:
            _refuse_missing(found, "organisation", who.missing)
        distinct, owner = np.unique(who.codes[rows], return_inverse=True)
        names = who.decode(distinct)
    else:  # long: one organisation; wide: a row each, unless assessors are named
        one = firsts is not None or "assessor" in named
        owner = np.zeros(len(rows), dtype=np.int64) if one else np.arange(len(rows))
        names = np.arange(min(len(rows), 1) if one else len(rows))
    assessor: Column = np.zeros(len(rows), dtype=np.int64)
    rank = assessor
    if "assessor" in named:
        by = identify(found, "assessor", "assessors")
        if by.missing is not None:
            _refuse_missing(found, "assessor", by.missing)
        rank, assessor = by.codes[rows], by.decode(by.codes[rows])
    order = np.lexsort((rank, owner))
    owner, assessor, rank = owner[order], assessor[order], rank[order]
    again = np.append(False, (np.diff(owner) == 0) & (np.diff(rank) == 0))[: len(owner)]
    if again.any():
        rule = "must have one row for each organisation and assessor"
        name = ", ".join(named.get(role, f"{role}=") for role in ("organisation", "assessor"))
        row = int(rows[order][again].min())
        hint = "Name the column of assessors as assessor=." if "assessor" not in named else ""
        raise InvalidDataError(
            message(name, rule, row=row, count=int(again.sum()), total=found.rows, hint=hint)
        )
    return Sheets(
        rating=np.ascontiguousarray(rating[order]),
        owner=owner.astype(np.int64),
        organisation=names,
        assessor=assessor,
        kind=_kinds(found)[rows][order] if "kind" in named else None,
        evidence=None if evidence is None else evidence[order],
        notes=notes,
        frame=found.kind,
    )


def _sheet_of_rows(
    found: Table, who: Mapping[str, str]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the sheet of each row of a long table, and the first row of each sheet."""
    codes = np.zeros(found.rows, dtype=np.int64)
    for role in who:
        ids = identify(found, role, f"{role}s")
        if ids.missing is not None:
            _refuse_missing(found, role, ids.missing)
        fine = np.unique(ids.codes, return_inverse=True)[1]
        codes = codes * (int(fine.max(initial=0)) + 1) + fine
    _, firsts, sheet = np.unique(codes, return_index=True, return_inverse=True)
    return np.asarray(sheet, dtype=np.int64), np.asarray(firsts, dtype=np.int64)


def _refuse_missing(found: Table, role: str, absent: Any) -> None:
    refuse(found.names[role], "must not be missing", np.nan, absent, hint="Leave those rows out.")


def _column(found: Table, role: str, how: Notation) -> Array:
    """Return a column of ratings as points."""
    name, series = found.names[role], found.columns[role]
    if series.dtype.is_numeric():
        plain: Column = numeric(found, role)
        if series.dtype.is_float() and (own := labels(found, role)).dtype.kind == "f":
            plain = plain.astype(own.dtype)  # which says how many digits were kept
    else:
        plain = labels(found, role)
        if plain.dtype.kind == "f":  # of 16 bits, which old Narwhals does not know
            return cells_of(name, plain, how)
        if plain.ndim != 1:
            rule = "must be numbers or codes of the scale"
            raise InvalidDataError(message(name, rule, value=str(series.dtype)))
        if plain.dtype.kind not in "bO":
            plain = plain.astype(object)
        absent = missing(series)
        if absent is not None and absent.any():
            plain = plain.astype(object)
            plain[absent] = None
    return cells_of(name, plain, how)


def _evidence(found: Table) -> npt.NDArray[np.int8] | None:
    """Return the class of evidence of each rating; missing is "none"."""
    if "evidence" not in found.columns:
        return None
    return _coded(found, "evidence", EVIDENCE, 0)


def _kinds(found: Table) -> npt.NDArray[np.int8]:
    return _coded(found, "kind", KINDS, None)


def _coded(
    found: Table, role: str, known: Sequence[str], otherwise: int | None
) -> npt.NDArray[np.int8]:
    """Return the places of texts in a list; those missing as `otherwise`, or refused."""
    ids = identify(found, role, f"{role}s")
    distinct, place = np.unique(ids.codes, return_inverse=True)
    names = [str(name).strip().casefold() for name in ids.decode(distinct)]
    absent = ids.missing if ids.missing is not None else np.zeros(found.rows, dtype=np.bool_)
    unknown = np.array([name not in known for name in names], dtype=np.bool_)
    rule = f"must be one of {', '.join(known)}"
    refuse(found.names[role], rule, labels(found, role), unknown[place] & ~absent)
    if otherwise is None and absent.any():
        _refuse_missing(found, role, absent)
    codes = np.array([known.index(n) if n in known else 0 for n in names], dtype=np.int8)[place]
    return codes if otherwise is None else np.where(absent, np.int8(otherwise), codes)


def columns_of(table: Any) -> set[str]:
    """Return the names of the columns of a table; refuse what is none, or has a name twice."""
    return set(opened(table, {}, "ratings").collect_schema().names())
