"""Published ratings that the tests of agreement share."""

from __future__ import annotations

import numpy as np


def digits(*rows: str) -> np.ndarray:
    """Return a table of one-digit ratings; a dot is a missing one."""
    return np.array([[np.nan if c == "." else float(c) for c in row] for row in rows])


# Krippendorff, "Computing Krippendorff's alpha-reliability" (2011): 4 observers, 12 units.
KRIPPENDORFF = digits("123321412...", "1233224125.3", ".3332342251.", "12332441251.").T
# Cohen (1968): two judges, 200 units, in hundredths.
COHEN = np.rint(200 * np.array([[0.44, 0.07, 0.09], [0.05, 0.20, 0.05], [0.01, 0.03, 0.06]]))
# Shrout & Fleiss (1979), table 2: 6 targets, 4 judges.
SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
)
# Fleiss (1971): 30 patients, 6 psychiatrists each; as the R package irr ships them.
DIAGNOSES = digits(
    "444444", "222555", "233335", "555555", "222444", "113333", "333355", "113334", "114444",
    "555555", "144444", "124444", "222333", "144444", "224445", "333335", "111455", "111112",
    "224444", "133555", "555555", "244444", "224555", "114444", "144445", "222224", "111155",
    "224444", "133333", "555555",
)  # fmt: skip
# Anxiety of 20 persons by 3 raters, as the R package irr ships it.
ANXIETY = digits("33345523522615221243", "36462424332333221334", "21443216111233113322").T
