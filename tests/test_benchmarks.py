"""The benchmarks run, and notice wrong answers and calls that would take too long; no times."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import cases
    import inputs
    import results
    import run

    return {"cases": cases, "inputs": inputs, "results": results, "run": run}


def test_a_quick_run_gives_complete_tables(tmp_path, bench):
    command = [sys.executable, BENCHMARKS / "run.py", "--quick", "--sizes", "2.4k"]
    done = subprocess.run(
        [*command, "--output", tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    page = (tmp_path / "benchmarks.md").read_text()
    found = bench["results"].Results.read(tmp_path / "results.json")
    expected = [(t, c.name) for t, task in bench["cases"].TASKS.items() for c in task.contenders]
    assert [(m.task, m.contender) for m in found.measurements] == expected
    tasks = bench["cases"].TASKS
    long = {
        (t, c.name) for t, task in tasks.items() for c in task.contenders if c.estimate is not None
    }
    for one in found.measurements:  # what may take too long says so itself
        measured = len(one.seconds) == 1 and one.seconds[0] > 0
        assert measured or ((one.task, one.contender) in long and "expected" in one.reason)
    for task in bench["cases"].TASKS.values():
        table = page[page.index(f"\n## {task.title}\n") :]
        for contender in task.contenders:
            assert f"| {contender.name} " in table
    assert "failed" not in page
    assert str(Path.home()) not in page


def test_pyperf_gives_as_many_values_as_planned(tmp_path, bench):
    task, floor = "predict", "floor: one pass of np.log and np.exp"
    bench["inputs"].write("histories", "2.4k", tmp_path)
    times = bench["run"].timed([task, floor, "2.4k", str(tmp_path)], seconds=5.0)
    assert bench["run"].plan(5.0) == ["--processes=2", "--values=1", "--warmups=0", "--loops=1"]
    assert len(times) == 2


@pytest.mark.parametrize("seconds", [1e-6, 1e-3, 0.1, 1.0, 3.0, 19.0])
def test_a_plan_is_affordable(bench, seconds):
    plan = {
        k: int(v) for k, v in (o.removeprefix("--").split("=") for o in bench["run"].plan(seconds))
    }
    calls = plan["processes"] * (plan["warmups"] + plan["values"]) * plan["loops"]
    assert plan["values"] >= 1
    assert calls * seconds <= max(12.0, 2 * seconds) * 1.1


def test_a_wrong_answer_is_noticed(tmp_path, bench, monkeypatch):
    cases = bench["cases"]
    bench["inputs"].write("histories", "2.4k", tmp_path)
    cases.check("predict", "2.4k", tmp_path)
    task = cases.TASKS["predict"]
    wrong = dataclasses.replace(
        task.contenders[1], call=lambda model, x, t_x, T: (np.ones(len(x)), np.ones(len(x)))
    )
    changed = dataclasses.replace(task, contenders=(task.contenders[0], wrong))
    monkeypatch.setitem(cases.TASKS, "predict", changed)
    with pytest.raises(AssertionError, match="probability_alive of lifetimes against custvalue"):
        cases.check("predict", "2.4k", tmp_path)


def test_calls_that_would_take_too_long_are_left_out(bench):
    run, results = bench["run"], bench["results"]
    one = results.Measurement("fit", "lifetimes", "100k", seconds=(1.0,), extra=2_000_000)
    found = results.Results([one])
    assert run.expectation(found, "fit", "lifetimes", "1M") == (10.0, 20_000_000.0)
    assert run.expectation(found, "fit", "custvalue", "1M") == (0.0, 0.0)
    assert run.too_much((10.0, 0.0), cap=300.0) == ""
    assert "more than 5 s" in run.too_much((10.0, 0.0), cap=5.0)


def test_histories_can_be(bench):
    histories = bench["inputs"].simulated_histories("2.4k")
    x, t_x, T = histories["x"], histories["t_x"], histories["T"]
    assert ((x <= t_x) & (t_x <= T) & ((x == 0) == (t_x == 0))).all()
    assert all((column == np.rint(column)).all() for column in histories.values())


def test_a_failure_is_told_by_its_own_message(tmp_path, bench):
    """pyperf ends with an error of its own, which says only that a worker failed."""
    one = bench["run"].measured("predict", "lifetimes", "2.4k", tmp_path, quick=True)
    assert one.seconds == ()
    assert one.reason.startswith("failed: KeyError")
