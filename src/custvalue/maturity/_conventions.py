"""Names that the literature gives to degrees of agreement: conventions, not tests."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from typing import Any

from custvalue._check import one_of

# name -> (source, limits, names of the bands between them, whether a limit is in the band above)
CONVENTIONS: dict[str, tuple[str, tuple[float, ...], tuple[str, ...], bool]] = {
    "landis-koch": (
        "Landis & Koch (1977)",
        (-0.0, 0.2, 0.4, 0.6, 0.8),
        ("poor", "slight", "fair", "moderate", "substantial", "almost perfect"),
        False,
    ),
    "koo-li": (
        "Koo & Li (2016)",
        (0.5, 0.75, 0.9),
        ("poor", "moderate", "good", "excellent"),
        True,
    ),
    "krippendorff": (
        "Krippendorff (2004)",
        (0.667, 0.8),
        ("not reliable enough", "good for tentative conclusions", "reliable"),
        True,
    ),
}


def word(value: Any, convention: str) -> str:
    """Return what a convention calls a value, with its source; "undefined" for NaN."""
    source, limits, names, upwards = CONVENTIONS[one_of("convention", convention, CONVENTIONS)]
    number = float(value)
    if math.isnan(number):
        return "undefined"
    place = bisect_right(limits, number) if upwards else bisect_left(limits, number)
    if number == 0.0 and not upwards:
        place = 1  # no agreement beyond chance is "slight": their bands begin at 0
    return f"{names[place]} (by the convention of {source})"
