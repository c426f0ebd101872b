"""One number is a Python number, several are an array."""

from __future__ import annotations

from typing import Any

import numpy as np


def unboxed(values: Any) -> Any:
    """Return an array without axes as the number in it, others as they are."""
    array = np.asarray(values)
    return array.item() if array.ndim == 0 else array
