"""Run one case in this fresh process: print its time, CPU time and extra peak memory as JSON."""

from __future__ import annotations

import ctypes
import gc
import json
import math
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import cases

HIGH_WATER = "high-water mark of resident memory (VmHWM), reset before the call"
MAXIMUM = "growth of the process's maximum resident memory (ru_maxrss); may be too low"
NOT_MEASURED = "not measured: this system is not Linux"
SHORT = 0.1  # seconds: the CPU time of shorter calls is the mean of several


def status(name: str) -> int:
    """Return a size from /proc/self/status, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(name))


def peak_reader() -> tuple[Callable[[], int] | None, str]:
    """Return what reads the peak of memory from here on, and its name; None: cannot be read."""
    if sys.platform != "linux":
        return None, NOT_MEASURED
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        import resource

        return lambda: 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, MAXIMUM
    return lambda: status("VmHWM"), HIGH_WATER


def cpu_time(call: Callable[[], object], loops: int) -> float:
    """Return the seconds of all threads that a call takes, on average."""
    start = time.process_time()
    for _ in range(loops):
        call()
    return (time.process_time() - start) / loops


def main(task: str, contender: str, size: str, directory: str) -> None:
    call, input_bytes = cases.prepared(task, contender, size, Path(directory))
    gc.collect()
    with suppress(OSError, AttributeError):  # glibc: what preparing freed goes back to the system
        ctypes.CDLL(None).malloc_trim(0)
    peak, method = peak_reader()
    before = peak() if peak else 0
    start, cpu_start = time.perf_counter(), time.process_time()
    result = call()
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu_start
    extra = peak() - before if peak else None
    del result  # alive until here: the result is part of what the call needs
    if seconds < SHORT:
        cpu = cpu_time(call, math.ceil(SHORT / seconds))
    found = {"seconds": seconds, "cpu": cpu, "extra": extra, "input_bytes": input_bytes}
    print(json.dumps({**found, "method": method}))


if __name__ == "__main__":
    main(*sys.argv[1:])
