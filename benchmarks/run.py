"""`make bench`: time and memory of custvalue beside peers and floors, in docs/benchmarks.md."""

from __future__ import annotations

import argparse
import json
import math
import re
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from pathlib import Path

import pyperf

import cases
import inputs
import report
from cases import TASKS
from results import Measurement, Results, available_memory

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
RESULTS = HERE / "results" / "results.json"
CAP = 300.0  # seconds that a call may be expected to take
QUICK_CAP = 10.0  # in a quick run
LONG = 20.0  # seconds from which on a call is timed once, while its memory is measured
SHARE = 0.7  # of the available memory that a call may be expected to take


def main(argv: Sequence[str] | None = None) -> int:
    args = _arguments(argv)
    began = time.monotonic()
    whole = (args.sizes, args.tasks, args.quick) == (list(inputs.SIZES), list(TASKS), False)
    page, file = (PAGE, RESULTS) if whole else (None, None)
    if args.output is not None:
        page, file = args.output / PAGE.name, args.output / RESULTS.name
    found = Results([])
    with tempfile.TemporaryDirectory(prefix="custvalue-bench-") as temporary:
        directory = Path(temporary)
        for task in args.tasks:
            inputs.write(TASKS[task].kind, inputs.SMALLEST, directory)
            for size in (size for size in args.sizes if size in TASKS[task].sizes):
                _measure_all(found, task, size, directory, args.quick, args.cap)
                print(f"\n{report.table(found, task, size)}\n", flush=True)
                if file is not None:
                    found.write(file)
    if page is not None:
        page.write_text(report.page(found))
        print(f"wrote {page.name} and {file.name}")
    print(f"finished in {(time.monotonic() - began) / 60:.1f} minutes")
    return int(any(one.reason.startswith("failed") for one in found.measurements))


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, each call timed once")
    parser.add_argument("--sizes", nargs="+", choices=inputs.SIZES, metavar="SIZE",
                        help=f"of {', '.join(inputs.SIZES)}")  # fmt: skip
    parser.add_argument("--tasks", nargs="+", choices=TASKS, metavar="TASK", default=list(TASKS),
                        help=f"of {', '.join(TASKS)}")  # fmt: skip
    parser.add_argument("--cap", type=float, metavar="SECONDS",
                        help="leave out calls expected to take longer")  # fmt: skip
    parser.add_argument("--output", type=Path, metavar="DIRECTORY",
                        help="for the page and the results; without it only a whole run writes "
                        "them: docs/benchmarks.md, benchmarks/results/")  # fmt: skip
    args = parser.parse_args(argv)
    args.cap = args.cap or (QUICK_CAP if args.quick else CAP)
    asked = args.sizes or (cases.CHECKED if args.quick else inputs.SIZES)
    args.sizes = [size for size in inputs.SIZES if size in asked]
    return args


def _measure_all(
    found: Results, task: str, size: str, directory: Path, quick: bool, cap: float
) -> None:
    """Measure all contenders of a task at a size, after checking that they agree."""
    inputs.write(TASKS[task].kind, size, directory)
    expected, reasons = {}, {}
    for name in (contender.name for contender in TASKS[task].contenders):
        seconds, extra = expectation(found, task, name, size)
        expected[name] = max(seconds, cases.estimated(task, name, size, directory))
        reasons[name] = too_much((expected[name], extra), cap)
    if size in cases.CHECKED:
        print(f"{task}, {size}: checking that all results agree", flush=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            cases.check(task, size, directory, [name for name in reasons if reasons[name]])
    for name, reason in reasons.items():
        hint = f"(about {report.duration(expected[name])} a call) " if expected[name] > 5.0 else ""
        print(f"{task}, {size}: {name} ... {hint}", end="", flush=True)
        one = (
            Measurement(task, name, size, reason=f"not run: {reason}")
            if reason
            else measured(task, name, size, directory, quick)
        )
        found.measurements.append(one)
        print(one.reason or report.duration(one.median), flush=True)


def expectation(found: Results, task: str, contender: str, size: str) -> tuple[float, float]:
    """Return the seconds and extra bytes of a call if they grow like the rows; 0 if unknown."""
    before = [m for m in found.measurements if (m.task, m.contender) == (task, contender)]
    smaller = next((m for m in reversed(before) if m.seconds), None)
    if smaller is None:
        return 0.0, 0.0
    kind = TASKS[task].kind
    growth = inputs.rows(kind, size) / inputs.rows(kind, smaller.size)
    return growth * smaller.median, growth * (smaller.extra or 0)


def too_much(expected: tuple[float, float], cap: float) -> str:
    """Return why a call should be left out; "" if it should not."""
    seconds, extra = expected
    if seconds > cap:
        return f"about {report.duration(seconds)} expected, more than {cap:g} s"
    available = available_memory()
    if available is not None and extra > SHARE * available:
        return f"about {extra / 1e9:.0f} GB expected, {available / 1e9:.0f} GB available"
    return ""


def measured(task: str, contender: str, size: str, directory: Path, quick: bool) -> Measurement:
    """Return memory from one fresh process, and times from others unless one is enough."""
    case = [task, contender, size, str(directory)]
    try:
        output = _run("memory.py", *case)
        once = json.loads(output.splitlines()[-1])
        seconds = once.pop("seconds")
        times = (seconds,) if quick or seconds > LONG else timed(case, seconds)
    except subprocess.CalledProcessError as error:
        return Measurement(task, contender, size, reason=f"failed: {_cause(error)}")
    return Measurement(task, contender, size, seconds=times, **once)


def timed(case: Sequence[str], seconds: float) -> tuple[float, ...]:
    """Return pyperf's values for a case of which one call takes about `seconds`."""
    file = Path(case[-1]) / "times.json"
    file.unlink(missing_ok=True)
    _run("timing.py", *case, "--quiet", "--copy-env", "--output", str(file), *plan(seconds))
    return pyperf.Benchmark.load(str(file)).get_values()


def plan(seconds: float) -> list[str]:
    """Return pyperf's options: values of at least .1 s, 9 values of short calls, 2 of long ones."""
    loops = max(1, math.ceil(0.1 / seconds))
    calls = min(12, max(2, int(12.0 / (seconds * loops))))
    processes = 3 if calls >= 6 else 2
    warmups = 1 if calls >= 6 else 0
    values = calls // processes - warmups
    options = {"processes": processes, "values": values, "warmups": warmups, "loops": loops}
    return [f"--{name}={value}" for name, value in options.items()]


def _run(script: str, *arguments: str) -> str:
    command = [sys.executable, str(HERE / script), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _cause(error: subprocess.CalledProcessError) -> str:
    """Return the last line of the first traceback: pyperf's own error follows the worker's."""
    if error.returncode < 0:
        return f"killed by signal {-error.returncode} (9: the system ran out of memory)"
    print(f"\n{error.stderr}", file=sys.stderr)
    raised = [line for line in error.stderr.splitlines() if re.match(r"[\w.]+(:|$)", line)]
    return raised[0][:200] if raised else "no message"


if __name__ == "__main__":
    sys.exit(main())
