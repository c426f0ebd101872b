"""Ratings beside measured metrics: where what is said contradicts what is measured."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from custvalue._check import Array, coverage, of_type, one_of, real, within
from custvalue._record import Record
from custvalue._tally import keep_columns
from custvalue.errors import InvalidDataError, message
from custvalue.maturity._assessment import Assessment
from custvalue.maturity._scale import bands_of
from custvalue.maturity.roadmap import place_of

Column = npt.NDArray[Any]
VERDICTS = ("rated above data", "rated below data", "agrees", "not rated", "no data")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Contradictions(Record):
    """Ratings beside what was measured, one row for each item that was measured.

    Attributes
    ----------
    item : array of shape (rows,)
        Ids.
    rating : float array
        NaN where nobody rated.
    band : array of str
        Band of the rating.
    measured, lower, upper : float arrays
        What was measured, with its interval (the same number where there is none).
    data_lowest, data_highest : arrays of str
        Bands that the measured interval allows.
    verdict : array of str
        "rated above data", "rated below data", "agrees", "not rated" or "no data".

    Examples
    --------
    >>> import custvalue as cv
    >>> found = cv.maturity.assess("customer-management", {"lifecycle.churn.early-warning": 4})
    >>> data = cv.maturity.contradictions(
    ...     found, {"lifecycle.churn.early-warning": (0.35, 0.25, 0.45)},
    ...     bands={"lifecycle.churn.early-warning": (0.1, 0.3, 0.5, 0.7, 0.9)},
    ... )
    >>> data.to_frame()[["band", "data_lowest", "data_highest", "verdict"]]
      band data_lowest data_highest           verdict
    0    4           1            2  rated above data
    """

    item: Column
    rating: Array
    band: Column
    measured: Array
    lower: Array
    upper: Array
    data_lowest: Column
    data_highest: Column
    verdict: Column
    organisation: str
    frame: str = dataclasses.field(default="pandas", kw_only=True, compare=False)

    _columns: ClassVar[tuple[str, ...]] = (
        "item", "rating", "band", "measured", "lower", "upper", "data_lowest", "data_highest",
        "verdict",
    )  # fmt: skip

    def __post_init__(self) -> None:
        keep_columns(self)
        for verdict in self.verdict.tolist():
            one_of("verdict", verdict, VERDICTS)
        super().__post_init__()

    @property
    def value(self) -> int:
        """How many ratings contradict the data."""
        return int(np.isin(self.verdict.astype(str), VERDICTS[:2]).sum())

    def _head(self) -> dict[str, Any]:
        return {
            "organisation": self.organisation,
            "items": len(self.item),
            "contradictions": self.value,
        }


def contradictions(
    assessment: Assessment,
    measured: Mapping[str, Any],
    bands: Mapping[str, Sequence[float]],
    *,
    organisation: Any = None,
    level: float = 0.95,
) -> Contradictions:
    """Return where ratings and measured metrics contradict each other.

    Parameters
    ----------
    assessment : Assessment
        From `assess`.
    measured : mapping of str to number, tuple or record
        For items by id: a number; (value, lower, upper); or a record of custvalue with `value` and
        `interval(level)`, such as a retention or churn rate.
    bands : mapping of str to sequence of float
        For each of these items the values from which on the second, third, ... band of the scale is
        earned: one fewer than there are bands, rising; falling where less is better. They are your
        definition of what a rating means.
    organisation : label, optional
        Whose; may be left out where there is one.
    level : float
        Of the intervals of records, between 0 and 1.

    Returns
    -------
    Contradictions
        A rating contradicts the data only where the whole interval lies in other bands.

    Raises
    ------
    InvalidDataError
        If an item is unknown or has no bands, or these do not rise or fall.

    Examples
    --------
    >>> import custvalue as cv
    >>> found = cv.maturity.assess("customer-management", {"lifecycle.churn.win-back": 3})
    >>> returned = cv.churn.WinBack(churned=200, returned=24, within=60)
    >>> cv.maturity.contradictions(
    ...     found, {"lifecycle.churn.win-back": returned},
    ...     {"lifecycle.churn.win-back": (0.02, 0.05, 0.1, 0.2, 0.3)},
    ... ).verdict.tolist()
    ['agrees']
    """
    of_type("assessment", assessment, Assessment, "It comes from maturity.assess(...).")
    model, row = assessment.model, place_of(assessment, organisation)
    coverage(level)
    for name, given in (("measured", measured), ("bands", bands)):
        of_type(name, given, Mapping, "Map ids of items to what was measured, and to its bands.")
    unknown = [name for name in (*measured, *bands) if name not in model.item_ids]
    if unknown:
        rule = "must name items of the model"
        raise InvalidDataError(message("measured, bands", rule, value=unknown[0]))
    lacking = [name for name in measured if name not in bands]
    if lacking:
        hint = "Say from which values on each band is earned."
        raise InvalidDataError(message("bands", "must be given", value=lacking[0], hint=hint))
    places = [model.item_ids.index(name) for name in measured]
    rating = assessment.ratings[row, places]
    values = np.array([_numbers(name, one, level) for name, one in measured.items()])
    values = values.reshape(-1, 3)
    data = np.array([
        _bands(name, values[i, 1:], bands[name], len(model.scale.codes))
        for i, name in enumerate(measured)
    ], dtype=np.int64).reshape(-1, 2)  # fmt: skip
    lowest, highest = data.min(axis=1, initial=99), data.max(axis=1, initial=-1)
    mine = model.scale.place(rating)
    nothing = np.isnan(values).any(axis=1)
    verdict = np.select(
        [nothing, mine < 0, mine > highest, mine < lowest],
        ["no data", "not rated", "rated above data", "rated below data"],
        "agrees",
    ).astype(object)
    codes = np.array([*model.scale.codes, None], dtype=object)
    value, low, high = values.T
    return Contradictions(
        np.array(list(measured), dtype=object),
        np.where(rating < 0, np.nan, rating),
        bands_of(model.scale, rating),
        value,
        low,
        high,
        codes[np.where(nothing, -1, lowest)],
        codes[np.where(nothing, -1, highest)],
        verdict,
        str(assessment.organisation[row]),
        frame=assessment.frame,
    )


def _numbers(name: str, measured: Any, level: float) -> tuple[float, float, float]:
    """Return a value with its bounds."""
    found: tuple[Any, ...]
    if hasattr(measured, "value") and hasattr(measured, "interval"):
        found = (measured.value, *measured.interval(level))
    else:
        found = tuple(measured) if isinstance(measured, (tuple, list)) else (measured,) * 3
    plain = all(np.ndim(one) == 0 for one in found)
    numbers = real(f"measured {name}", found) if plain else np.empty(0)
    if numbers.shape != (3,):
        rule = "must be a number, (value, lower, upper), or a record of one group"
        raise InvalidDataError(message(f"measured {name}", rule, value=type(measured).__name__))
    value, low, high = numbers.tolist()
    if low > high:
        rule = "must have a lower bound not above the upper"
        raise InvalidDataError(message(f"measured {name}", rule, value=(low, high)))
    if isinstance(measured, (tuple, list)) and (value < low or value > high):
        rule = "must be a value between its lower and upper bound"
        raise InvalidDataError(message(f"measured {name}", rule, value=(value, low, high)))
    return value, low, high


def _bands(name: str, bounds: Array, cuts: Any, count: int) -> list[int]:
    limits = within(f"bands of {name}", cuts)
    steps = np.diff(limits) if limits.ndim == 1 else np.zeros(1)
    rises, falls = (steps > 0).all(), (steps < 0).all()
    if limits.shape != (count - 1,) or not (rises or falls):
        rule = f"must be {count - 1} numbers that rise, or fall where less is better"
        raise InvalidDataError(message(f"bands of {name}", rule, value=limits.tolist()))
    if np.isnan(bounds).any():
        return [0, 0]
    sign = 1.0 if rises else -1.0
    return [int(np.searchsorted(sign * limits, sign * bound, side="right")) for bound in bounds]
