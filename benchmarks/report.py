"""The results as tables and as docs/benchmarks.md; `report.py RESULTS PAGE` rewrites the page."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import cases
import inputs
from cases import OURS, TASKS
from results import Measurement, Results

METHOD = """\
- **Tasks.**
{tasks}
- **Inputs** are simulated, the same for all, and in memory before the clock starts; frames are
  pandas ones, but Polars gets its own: nobody pays for a conversion.
{kinds}
- **The same answer.** In this run, at {checked}, every contender's result was compared with
  custvalue's: counts and times are equal, spend, scores and predictions within 1e-8, parameters
  within 1e-3 (relative).
- **Time** is the median of pyperf's values from separate worker processes, in which the call was
  made once at the smallest size before. A value of a short call is the mean over .1 s. A call of
  more than 20 s is timed once.
- **CPU time** is that of all threads of a call, in the process that measures memory.
- **Memory** is the peak during one call, in a fresh process, above what the process held before
  it, inputs included; the result counts. Method: {memory}.
- **Threads.** Everyone uses what they use by default: custvalue, Polars and DuckDB all cores,
  lifetimes and pandas one.
- **Floors** are single-threaded NumPy: one sort of the packed key; one `np.log` and one `np.exp`
  of every row, into memory at hand. They show how much there may be left to gain. They are no
  strict bounds: more threads, or computing equal histories once, can go below.
"""


NOISE = 1e6  # bytes: below, extra memory says nothing


def duration(seconds: float) -> str:
    """Return a length of time with three digits."""
    for unit, scale in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if seconds * scale >= 1.0 or unit == "µs":
            return f"{_digits(seconds * scale)} {unit}"
    raise AssertionError


def _digits(value: float) -> str:
    return f"{value:.0f}" if value >= 99.95 else f"{value:.3g}"


def page(found: Results) -> str:
    """Return the page."""
    tasks = [task for task in TASKS if found.of(task)]
    sizes = [size for size in inputs.SIZES if any(m.size == size for m in found.measurements)]
    kinds = dict.fromkeys(TASKS[task].kind for task in tasks)
    method = METHOD.format(
        tasks="\n".join(f"  - *{TASKS[task].title}*: {TASKS[task].about}" for task in tasks),
        kinds="\n".join(f"  - {inputs.KINDS[kind].about}" for kind in kinds),
        checked=" and ".join(size for size in sizes if size in cases.CHECKED) or "no size",
        memory="; ".join(sorted({m.method for m in found.measurements if m.method})),
    )
    sections = [
        "# Benchmarks",
        f"Written by `make bench` on {found.date} from its measurements; not edited by hand.",
        "## In short",
        _markdown(
            ("task", "size", OURS, "lifetimes takes", "fastest by hand takes",
             f"{OURS} takes, against the highest floor", f"extra memory of {OURS}"),
            [row for task in tasks for row in _short(found, task)],
        ),
        "## Where a peer is ahead",
        _bullets(_ahead(found, tasks)) or "Nowhere in this run.",
        "## What was left out",
        _bullets(_left_out(found)) or "Nothing.",
        "## What was measured, and how",
        method,
        "## Machine and versions",
        _markdown(("what", "which"), [*found.machine.items(), *found.versions.items()]),
    ]  # fmt: skip
    for task in tasks:
        sections.append(f"## {TASKS[task].title}")
        sections += [table(found, task, size) for size in found.of(task)]
    return "\n\n".join(section.strip() for section in sections) + "\n"


def table(found: Results, task: str, size: str) -> str:
    """Return the table of a task at a size, and custvalue's time against the floors."""
    measurements = found.of(task)[size]
    ours = measurements[0]
    heads = ("contender", "median time", f"time / {OURS}", "CPU time", "extra peak, MB",
             "extra / inputs", "values", "slowest / fastest")  # fmt: skip
    rows = [_row(one, ours) for one in measurements]
    count = inputs.rows(TASKS[task].kind, size)
    title = f"### {TASKS[task].title}: {count:,} {inputs.KINDS[TASKS[task].kind].rows_are}"
    floors = [
        f"{OURS} takes {_digits(ours.median / one.median)} times as long as the {one.contender}."
        for one in measurements
        if _is_floor(one) and one.seconds and ours.seconds
    ]
    return "\n\n".join([title, _markdown(heads, rows), "\n".join(floors)])


def _row(one: Measurement, ours: Measurement) -> Sequence[str]:
    if not one.seconds:
        return (one.contender, one.reason, "", "", "", "", "", "")
    return (
        one.contender,
        duration(one.median),
        f"{one.median / ours.median:.2f}" if ours.seconds else "",
        duration(one.cpu) if one.cpu is not None else "",
        _megabytes(one.extra),
        f"{one.extra / one.input_bytes:.2f}" if (one.extra or 0) >= NOISE else "",
        str(len(one.seconds)),
        f"{max(one.seconds) / min(one.seconds):.2f}" if len(one.seconds) > 1 else "",
    )


def _megabytes(size: int | None) -> str:
    if size is None:
        return "not measured"
    return "<1" if size < NOISE else f"{size / 1e6:,.0f}"


def _short(found: Results, task: str) -> Iterator[Sequence[str]]:
    for size, measurements in found.of(task).items():
        ours = measurements[0]
        if not ours.seconds:
            continue
        peers = {m.contender: m.median / ours.median for m in _peers(measurements) if m.seconds}
        by_hand = [(v, name) for name, v in peers.items() if "by hand" in name]
        floors = [m.median for m in measurements if _is_floor(m) and m.seconds]
        yield (
            TASKS[task].title,
            size,
            duration(ours.median),
            _against_lifetimes(task, peers),
            f"{_digits(min(by_hand)[0])} × ({min(by_hand)[1]})" if by_hand else "",
            f"{_digits(ours.median / max(floors))} ×" if floors else "",
            f"{_megabytes(ours.extra)} MB" if ours.extra is not None else "not measured",
        )


def _against_lifetimes(task: str, peers: dict[str, float]) -> str:
    if not any(contender.name == "lifetimes" for contender in TASKS[task].contenders):
        return "cannot"
    return f"{_digits(peers['lifetimes'])} ×" if "lifetimes" in peers else "not run"


def _ahead(found: Results, tasks: Iterable[str]) -> Iterator[str]:
    for task in tasks:
        for size, measurements in found.of(task).items():
            ours = measurements[0]
            where = f"{TASKS[task].title}, {size}"
            for peer in _peers(measurements):
                if not (peer.seconds and ours.seconds):
                    continue
                if peer.median < ours.median:
                    yield (
                        f"{where}: {peer.contender} takes {peer.median / ours.median:.2f} times as "
                        f"long ({duration(peer.median)} against {duration(ours.median)})."
                    )
                if None not in (peer.extra, ours.extra) and peer.extra < ours.extra - NOISE:
                    yield (
                        f"{where}: {peer.contender} needs {_megabytes(peer.extra)} MB of extra "
                        f"memory, {OURS} {_megabytes(ours.extra)} MB."
                    )


def _left_out(found: Results) -> Iterator[str]:
    for one in found.measurements:
        if one.reason:
            yield f"{TASKS[one.task].title}, {one.size}: {one.contender}, {one.reason}."


def _peers(measurements: Iterable[Measurement]) -> list[Measurement]:
    return [m for m in measurements if not _is_floor(m) and not m.contender.startswith(OURS)]


def _is_floor(one: Measurement) -> bool:
    return TASKS[one.task].contender(one.contender).is_floor


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table with aligned columns, so that it also reads well in a terminal."""
    cells = [heads, *rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(heads))]
    lines = ["| " + " | ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)) + " |"
             for r in cells]  # fmt: skip
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(page(Results.read(Path(sys.argv[1]))))
