"""What a run of the benchmarks found, and on what machine; written to and read from JSON."""

from __future__ import annotations

import dataclasses
import datetime as dt
import importlib.metadata
import json
import os
import platform
import statistics
from contextlib import suppress
from pathlib import Path

PACKAGES = ("custvalue", "numpy", "scipy", "pandas", "narwhals", "lifetimes", "polars", "duckdb",
            "pyperf")  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Measurement:
    """One contender at one size: seconds of each value, or why there are none.

    `cpu` are the seconds of all threads of a call, `extra` the bytes of its peak.
    """

    task: str
    contender: str
    size: str
    seconds: tuple[float, ...] = ()
    cpu: float | None = None
    extra: int | None = None
    input_bytes: int = 0
    method: str = ""
    reason: str = ""

    @property
    def median(self) -> float:
        """The median of the timed values."""
        return statistics.median(self.seconds)


@dataclasses.dataclass(frozen=True)
class Results:
    """All measurements of a run, with its machine, versions and date."""

    measurements: list[Measurement]
    machine: dict[str, str] = dataclasses.field(default_factory=lambda: machine())
    versions: dict[str, str] = dataclasses.field(default_factory=lambda: versions())
    date: str = dataclasses.field(default_factory=lambda: dt.date.today().isoformat())

    def of(self, task: str) -> dict[str, list[Measurement]]:
        """Return the measurements of a task by size, in the order in which they were made."""
        found: dict[str, list[Measurement]] = {}
        for one in self.measurements:
            if one.task == task:
                found.setdefault(one.size, []).append(one)
        return found

    def write(self, file: Path) -> None:
        """Write the results as JSON."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(dataclasses.asdict(self), indent=1) + "\n")

    @classmethod
    def read(cls, file: Path) -> Results:
        """Return the results that `write` wrote."""
        data = json.loads(file.read_text())
        rows = [Measurement(**{**m, "seconds": tuple(m["seconds"])}) for m in data["measurements"]]
        return cls(**{**data, "measurements": rows})


def machine() -> dict[str, str]:
    """Return processor, cores, memory and operating system, without names of hosts or paths."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "processor": _processor(),
        "cores": str(cores),
        "memory": _memory(),
        "system": _system(),
    }


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _memory() -> str:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return "unknown"
    return f"{size / 1e9:.1f} GB"


def _system() -> str:
    try:
        return f"{platform.freedesktop_os_release()['PRETTY_NAME']} ({platform.system()})"
    except (OSError, KeyError):
        return platform.system()


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that take part."""
    return {"python": platform.python_version()} | {
        name: importlib.metadata.version(name) for name in PACKAGES
    }


def available_memory() -> int | None:
    """Return the bytes that a new process could use, or None where Linux does not tell."""
    with suppress(OSError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable"):
                return 1024 * int(line.split()[1])
    return None
