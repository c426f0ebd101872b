"""The architecture as tests: layers of imports, light import, file lengths, docstrings."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import custvalue
from custvalue import (
    churn,
    clv,
    datasets,
    maturity,
    retention,
    rfm,
    satisfaction,
    scorecard,
    testing,
)

ROOT = Path(custvalue.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
TREES = {
    str(file.relative_to(ROOT).as_posix()): ast.parse(file.read_text("utf-8")) for file in FILES
}
FOREIGN = ("narwhals", "pandas", "polars", "pyarrow", "duckdb", "scipy", "matplotlib", "hypothesis")
FRAMES = ("narwhals", "pandas", "polars", "pyarrow", "duckdb", "custvalue._frames")
LONG: dict[str, str] = {}  # files that may exceed LIMIT lines -> why
LIMIT = 350

# From the bottom up; a module imports from lower layers only.
LAYERS = (
    {"errors"},
    {"_check", "_json", "_sealed"},
    {"_aggregate", "_chunks", "_declared", "_random"},
    {"_calendar"},
    {"_record", "_reduce", "_proportion"},
    {"_declaration"},
    {"_frames", "_tally"},
    {"_ids", "_instants"},
    {"_groups"},
    {"summary", "durations", "_events"},
    {"_occasions"},
    {"_pool", "_split", "transactions"},
    {"clv", "datasets", "churn", "maturity", "retention", "rfm", "satisfaction"},
    {"scorecard"},
    {"plot", "testing"},
)
# Imports inside functions that go up, because a record makes what a higher layer defines.
UPWARD = {
    ("_record", "_frames"): "to_frame",
    ("_occasions", "_pool"): "Occasions.__add__",
    ("_occasions", "_split"): "Occasions.split",
    ("clv", "datasets"): "simulate returns a Simulation",
    ("clv", "plot"): "plot methods",
    ("churn", "plot"): "plot methods",
    ("retention", "plot"): "plot methods",
    ("rfm", "plot"): "plot methods",
    ("satisfaction", "plot"): "plot methods",
    ("maturity", "plot"): "plot methods",
    ("scorecard", "plot"): "plot methods",
}
RANK = {module: rank for rank, layer in enumerate(LAYERS) for module in layer}


def imports(tree: ast.AST, *, late: bool) -> set[str]:
    """Return absolute names of modules imported at the top of a file, or (late) in functions."""
    found: set[str] = set()

    def visit(node: ast.AST, inside: bool) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
                continue
            if isinstance(child, ast.ImportFrom):
                assert child.level == 0, "relative import"
                if inside == late and child.module == "custvalue":
                    found.update(f"custvalue.{alias.name}" for alias in child.names)
                elif inside == late:
                    found.add(str(child.module))
            elif isinstance(child, ast.Import) and inside == late:
                found.update(alias.name for alias in child.names)
            visit(child, inside or isinstance(child, ast.FunctionDef))

    visit(tree, False)
    return found - {"custvalue.__version__"}


def area(file: str) -> str:
    return file.removesuffix(".py").split("/")[0]


MODULES = [file for file in TREES if area(file) != "__init__"]


def test_every_module_has_a_layer():
    assert {area(file) for file in MODULES} == set(RANK)


@pytest.mark.parametrize("file", MODULES)
@pytest.mark.parametrize("late", [False, True])
def test_imports_point_one_way(file, late):
    here = area(file)
    for name in imports(TREES[file], late=late):
        package, _, rest = name.partition(".")
        there = rest.split(".")[0]
        if package != "custvalue" or there == here or (late and (here, there) in UPWARD):
            continue
        assert RANK[there] < RANK[here], f"{file} imports {name}"


def test_the_exceptions_to_the_layers_are_in_use():
    used = {
        (area(file), name.split(".")[1])
        for file in MODULES
        for name in imports(TREES[file], late=True)
        if name.startswith("custvalue.")
    }
    assert set(UPWARD) <= used


@pytest.mark.parametrize("file", [file for file in MODULES if file.startswith("clv/")])
def test_models_formulas_and_records_see_no_frames(file):
    for late in (False, True):
        for name in imports(TREES[file], late=late):
            assert not any(name == f or name.startswith(f"{f}.") for f in FRAMES), name


def test_one_file_imports_an_optimiser():
    found = {
        file
        for file, tree in TREES.items()
        for late in (False, True)
        for name in imports(tree, late=late)
        if name.startswith("scipy.optimize")
    }
    assert found == {"clv/_maximise.py"}


def test_the_door_alone_imports_narwhals_at_the_top():
    found = {f for f, t in TREES.items() if any("narwhals" in n for n in imports(t, late=False))}
    assert found == {"_frames.py", "_ids.py", "_instants.py"}
    for file, tree in TREES.items():
        top = {name.split(".")[0] for name in imports(tree, late=False)}
        assert not top & (set(FOREIGN) - {"narwhals"}), file


def loaded_after(code: str) -> set[str]:
    script = f"import sys; {code}; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("code", "light"),
    [
        ("import custvalue", (*FOREIGN, "numpy")),
        ("import custvalue; custvalue.errors; dir(custvalue)", (*FOREIGN, "numpy")),
        ("import custvalue; custvalue.clv", ("pandas", "polars", "matplotlib", "scipy")),
        ("import custvalue; custvalue.datasets", tuple(set(FOREIGN) - {"narwhals"})),
        ("import custvalue; custvalue.plot", ("matplotlib", "pandas")),
        ("import custvalue; custvalue.testing", FOREIGN),
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(code, light):
    assert sorted(loaded_after(code) & set(light)) == []


@pytest.mark.parametrize("file", [file for file in TREES if file.endswith("__init__.py")])
def test_init_files_only_re_export(file):
    functions = [node.name for node in ast.walk(TREES[file]) if isinstance(node, ast.FunctionDef)]
    assert functions == (["__getattr__", "__dir__"] if file == "__init__.py" else [])
    assert not [node for node in ast.walk(TREES[file]) if isinstance(node, ast.ClassDef)]
    for node in ast.walk(TREES[file]):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("custvalue"):
            for alias in node.names:
                assert alias.asname == alias.name, f"{alias.name} is not exported as itself"


@pytest.mark.parametrize("file", TREES)
def test_the_first_line_says_what_a_file_is_for(file):
    text = ast.get_docstring(TREES[file])
    assert text
    assert len(text.splitlines()[0]) >= 20
    assert (ROOT / file).read_text("utf-8").startswith('"""')


@pytest.mark.parametrize("file", TREES)
def test_no_file_is_long(file):
    lines = len((ROOT / file).read_text("utf-8").splitlines())
    assert lines <= LIMIT or LONG.get(file)
    assert lines > LIMIT or file not in LONG


def public_definitions() -> list[Any]:
    """Return (file, node, whether at module level) of what is public."""
    found = []
    for file, tree in TREES.items():
        outer = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        for node in outer:
            inside = [inner for inner in node.body if isinstance(inner, ast.FunctionDef)]
            methods = inside if isinstance(node, ast.ClassDef) else []
            for this in [node, *methods]:
                if not node.name.startswith("_") and not this.name.startswith("_"):
                    name = node.name if this is node else f"{node.name}.{this.name}"
                    found.append(pytest.param(file, this, this is node, id=f"{file}:{name}"))
    return found


def module_of(file: str) -> str:
    return ".".join(["custvalue", *file.removesuffix(".py").removesuffix("/__init__").split("/")])


def is_public_file(file: str) -> bool:
    return not any(part.startswith("_") for part in file.removesuffix(".py").split("/"))


@pytest.mark.parametrize(("file", "node", "outer"), public_definitions())
def test_public_things_are_documented(file, node, outer):
    text = ast.get_docstring(node)
    assert text, "no docstring"
    summary = text.splitlines()[0]
    assert summary.endswith((".", ":", ";")) or summary.count("(") > summary.count(")")
    exported = (module_of(file), node.name) in EXPORTED
    if outer and ((file.startswith("plot/") and is_public_file(file)) or exported):
        assert "Examples\n--------" in text, "no example"
        assert ">>> " in text, "no example that runs"


NO_EXAMPLE = {"Model", "PurchaseModel", "ContractualModel"}  # abstract
EXPORTED = {  # (module that defines it, name)
    (getattr(module, name).__module__, name)
    for module in (
        custvalue,
        clv,
        churn,
        maturity,
        retention,
        rfm,
        satisfaction,
        scorecard,
        datasets,
        testing,
    )
    for name in dir(module)
    if not name.startswith("_")
    and str(getattr(getattr(module, name), "__module__", "")).startswith(module.__name__)
    and name not in NO_EXAMPLE
}


def arguments(node: ast.FunctionDef) -> list[str]:
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return [a.arg for a in every if a.arg not in ("self", "cls")]


@pytest.mark.parametrize(
    ("file", "node", "outer"), [p for p in public_definitions() if is_public_file(p.values[0])]
)
def test_documented_parameters_are_those_that_exist(file, node, outer):
    text = ast.get_docstring(node) or ""
    if not isinstance(node, ast.FunctionDef) or "Parameters\n----------" not in text:
        return
    section = text.split("Parameters\n----------\n")[1].split("\n\n")[0]
    named = [
        name.strip()
        for line in section.splitlines()
        if line and not line.startswith(" ") and " : " in line
        for name in line.split(" : ")[0].split(",")
    ]
    assert sorted(named) == sorted(arguments(node))
