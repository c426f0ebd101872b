"""What `make demo` runs: the main job on real data, printed for a person."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DEMO = Path(__file__).parents[1] / "docs" / "demo.py"


def test_the_demo_runs_and_prints_what_a_person_wants_to_see():
    done = subprocess.run([sys.executable, str(DEMO)], capture_output=True, text=True, check=True)
    for part in (
        "6,919 transactions",
        "alpha    4.4136",
        "-9582.43",
        "BetaGeo 1653.409",
        "actual purchases: 1882",
        "The five most valuable customers",
        "1997-02-01   857 857 134 110 75  56  59  48 NaN",
        "Bought again within 90 days: 29.1% (95 %: 27.3% to 31.0%)",
        "Champions        416           0.54",
        "All 23,570 customers",
    ):
        assert part in done.stdout, part
    assert done.stderr == ""
