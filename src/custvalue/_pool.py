"""Adding the occasions of two logs: sums of sums, whatever the split of the rows."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import Array
from custvalue._occasions import Occasions, assembled
from custvalue._record import join_notes
from custvalue._reduce import reduce
from custvalue.errors import InvalidDataError, message

Ints = npt.NDArray[np.int64]


def pooled(one: Occasions, other: Occasions) -> Occasions:
    """Return the occasions of both logs; an empty record changes nothing."""
    if not len(one) and not one.notes:
        return other
    if not len(other) and not other.notes:
        return one
    for name in one._settings:
        mine, theirs = getattr(one, name), getattr(other, name)
        if mine != theirs:
            rule = "must be the same in both"
            raise InvalidDataError(message(name, rule, value=(mine, theirs)))
    if not len(one) or not len(other):  # a chunk of which the policies left nothing
        full = one if len(one) else other
        return dataclasses.replace(full, notes=join_notes(one.notes, other.notes))
    if (one.spend is None) != (other.spend is None):
        raise InvalidDataError(message("amount", "must be given for both logs, or for neither"))
    customers, codes = union(one.customer, other.customer)
    rows = np.concatenate([np.diff(one.start), np.diff(other.start)])
    columns: list[Array] = [np.concatenate([one.lines, other.lines]).astype(np.float64)]
    if one.spend is not None and other.spend is not None:
        columns.append(np.concatenate([one.spend, other.spend]))
        if one.refunded is not None or other.refunded is not None:
            columns.append(np.concatenate([one._refunds(), other._refunds()]))
    runs = reduce(
        np.repeat(np.concatenate(codes), rows),
        np.concatenate([one.period, other.period]),
        columns,
    )
    lines, *sums = runs.sums
    return assembled(
        dataclasses.replace(runs, sums=tuple(sums)),
        customers.__getitem__,
        lines.astype(np.int64),
        notes=join_notes(one.notes, other.notes),
        spends=one.spend is not None,
        frame=one.frame,
        **{name: getattr(one, name) for name in one._settings},
    )


def union(
    one: npt.NDArray[Any], other: npt.NDArray[Any]
) -> tuple[npt.NDArray[Any], tuple[Ints, Ints]]:
    """Return the distinct customers of two arrays, sorted, and where those of each are in it."""
    import pandas as pd

    kinds = [pd.api.types.infer_dtype(ids) for ids in (one, other)]
    if kinds[0] != kinds[1]:
        raise InvalidDataError(
            message(
                "customer",
                "must be of one type in both logs",
                value=f"{kinds[0]} and {kinds[1]}",
                hint="Read the column as text, or as integers, in both.",
            )
        )
    codes, customers = pd.factorize(np.concatenate([one, other]), sort=True)
    codes = np.asarray(codes, dtype=np.int64)
    return np.asarray(customers), (codes[: len(one)], codes[len(one) :])
