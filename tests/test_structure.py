"""The rooms of the package: imports run only downwards, files stay small, tests stand alone."""

import ast
from collections import Counter
from pathlib import Path

import pytest

import spacy_birnn

PACKAGE = Path(spacy_birnn.__file__).parent
# From the ground up. A room imports from the rooms before it and from itself.
ROOMS = [
    "errors",
    "memory",
    "spacy_private",
    "storage",
    "tags",
    "corpora",
    "training",
    "runtime",
    "nn",
    "models",
    "labelling",
    "pipeline",
    "loading",
    "starters",
    "distillation",
    "evaluation",
    "machine",
    "compiling",
    "packaging",
    "bulk",
    "report",
    "visualize",
    "distributed",
    "cli",
    "__init__",
]
MODULES = sorted(PACKAGE.glob("**/*.py"))


def room_of(name):
    return name.split(".")[1] if "." in name else "__init__"


def name_of(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path):
    """All modules of the package that a module imports, inside functions as well."""
    package = name_of(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            target = ".".join([*base, *([node.module] if node.module else [])])
            names = [f"{target}.{alias.name}" for alias in node.names]
            known = [name for name in names if name in {name_of(module) for module in MODULES}]
            yield from known or [target]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_run_downwards(path):
    room = room_of(name_of(path))
    rank = ROOMS.index(room)
    upwards = [name for name in imports_of(path) if ROOMS.index(room_of(name)) > rank]
    assert not upwards


def test_modules_of_a_room_import_each_other_in_one_direction():
    graph = {name_of(path): set(imports_of(path)) for path in MODULES}
    while graph:
        free = [name for name, targets in graph.items() if not targets & graph.keys() - {name}]
        assert free, f"These modules import each other in a circle: {sorted(graph)}"
        for name in free:
            del graph[name]


def test_no_two_files_have_one_name():
    names = Counter(path.name for path in MODULES if path.name != "__init__.py")
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_files_have_at_most_300_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


TESTS = Path(__file__).parent


@pytest.mark.parametrize("path", sorted(TESTS.rglob("*.py")), ids=lambda path: path.stem)
def test_no_module_imports_a_test_module(path):
    modules = {module.stem for module in TESTS.rglob("test_*.py")}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.level or node.module.startswith("tests")):
            imported = {*(node.module or "").split("."), *(alias.name for alias in node.names)}
            assert not imported & {*modules, "conftest"}
        elif isinstance(node, ast.Import):
            assert not [alias.name for alias in node.names if alias.name.startswith("tests.test_")]
