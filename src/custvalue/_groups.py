"""Groups by any columns: each row gets the code of its group, each group its labels."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._chunks import BLOCK, extent
from custvalue._frames import Table, categories
from custvalue._ids import Ids, identify
from custvalue.errors import CustValueWarning, InvalidDataError, message

Ints = npt.NDArray[np.integer[Any]]
Flags = npt.NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class Groups:
    """Group codes of rows (or of customers, by code), and the labels of each group by column."""

    codes: Ints
    labels: Mapping[str, npt.NDArray[Any]]

    def __len__(self) -> int:
        """Return the number of groups."""
        return min((len(column) for column in self.labels.values()), default=1)


def column_names(argument: str, columns: str | Sequence[str] | None) -> dict[str, str]:
    """Return roles ("by 0", ...) of the columns to group by, to read a table with."""
    if columns is None:
        return {}
    named = [columns] if isinstance(columns, str) else columns
    listed = isinstance(named, Sequence) and not isinstance(named, (bytes, bytearray))
    several = listed and len(set(map(str, named))) == len(named) > 0
    if not several or None in named:
        raise InvalidDataError(
            message(argument, "must name one or more different columns", value=columns)
        )
    return {f"{argument} {i}": name for i, name in enumerate(named)}


def group_rows(table: Table, roles: Sequence[str], kept: Flags | None = None) -> Groups:
    """Return the group of each row (of those kept), groups sorted by their labels."""
    parts = []
    for role in roles:
        _warn_of_categories(table, role)
        found = identify(table, role, "labels of groups")
        absent = found.missing
        if absent is not None and kept is not None:
            absent = absent & kept
        if absent is not None and absent.any():
            raise InvalidDataError(
                message(
                    table.names[role],
                    "has missing values, which are no group",
                    row=int(np.flatnonzero(absent)[0]),
                    count=int(absent.sum()),
                    total=len(absent),
                    hint="Name the group of those rows, or leave them out.",
                )
            )
        parts.append((found, found.codes if kept is None else found.codes[kept]))
    together, combined = _joint([codes for _, codes in parts])
    labels = {
        table.names[role]: found.decode(codes)
        for role, (found, _), codes in zip(roles, parts, combined, strict=True)
    }
    return Groups(together, labels)


def _warn_of_categories(table: Table, role: str) -> None:
    """Warn where categories have an order, as groups have that of their labels."""
    order = categories(table, role)
    if order != sorted(order):
        rule = "groups are in the order of their labels, not of the categories"
        hint = "Name them so that they sort, such as '1 Spring', where the order matters."
        said = message(table.names[role], rule, value=order[:4], hint=hint)
        warnings.warn(said, CustValueWarning, stacklevel=5)


def _joint(parts: Sequence[Ints]) -> tuple[Ints, list[Ints]]:
    """Return dense codes of the combinations that occur, in order, and what each combines."""
    together, present = _dense(parts[0])
    combined = [present]
    for codes in parts[1:]:
        width = _highest(codes) + 1
        together, present = _dense(together * width + codes)  # dense or narrow: far below 2**63
        combined = [column[present // width] for column in combined]
        combined.append(present % width)
    return together, combined


def _dense(codes: Ints) -> tuple[Ints, Ints]:
    """Return codes without gaps, in the same order, and what each of them was."""
    room = _highest(codes) + 1
    if room > max(1 << 20, 4 * len(codes)):
        present, dense = np.unique(codes, return_inverse=True)
        return dense, present
    seen = np.zeros(room, dtype=np.bool_)  # a table of codes, no sort
    step = max(BLOCK, room)
    for start in range(0, len(codes), step):
        seen[codes[start : start + step]] = True
        if seen.all():  # mostly after the first step: no gaps
            return codes, np.arange(room)
    return (np.cumsum(seen) - 1)[codes], np.flatnonzero(seen)


def _highest(codes: Ints) -> int:
    return int(extent(codes)[1]) if len(codes) else -1


def group_of_customers(
    table: Table, roles: Sequence[str], ids: Ids, who: Ints, kept: Flags | None
) -> Groups:
    """Return the group of each customer, by code; refuse a customer who is in two groups."""
    rows = group_rows(table, roles, kept)
    group = np.full(int(who.max(initial=-1)) + 1, -1, dtype=np.int64)  # -1: no such customer
    group[who] = rows.codes
    mixed = group[who] != rows.codes
    if mixed.any():
        first = int(np.flatnonzero(mixed)[0])
        customers = len(np.unique(who[mixed]))
        raise InvalidDataError(
            message(
                ", ".join(table.names[role] for role in roles),
                "must be the same in all lines of a customer",
                value=f"{customers} with several, such as "
                f"{ids.decode(who[first : first + 1]).tolist()[0]!r}",
                hint="Give every customer one value first, for instance that of the first line.",
            )
        )
    return Groups(group, rows.labels)
