"""The plan of the house, held: who may import whom, what stands where, and what is never written."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("geo", "layers", "server", "seed_data")
TOP_LEVEL = {
    "server",
    "geo",
    "layers",
    "seed_data",
    "tests",
    "requirements.txt",
    "README.md",
    "pyproject.toml",
    "LICENSE",
}
PLAIN_FRAMES = {"numpy", "scipy", "numba", "pandas", "geopandas", "shapely", "pyproj", "pymetis", "h3"}
STANDARD = set(sys.stdlib_module_names)

# package → what it may import of ours, and of others (None: anything that another rule does not forbid)
MAY_IMPORT: dict[str, tuple[tuple[str, ...], set[str] | None]] = {
    "geo": (("geo",), PLAIN_FRAMES),
    "layers": (("geo", "layers"), PLAIN_FRAMES - {"h3", "pymetis"} | {"folium", "branca", "jinja2", "markupsafe"}),
    "server.rules": (("geo", "server.rules"), {"numpy"}),
    "server.store": (("geo", "server.store"), {"sqlalchemy", "alembic", "numpy", "pandas", "pysqlite3"}),
    "server.usecases": (
        ("geo", "server.store", "server.archive", "server.intake", "server.rules", "server.usecases", "server.jobs"),
        None,
    ),
    "server.views": (
        (
            "server.usecases",
            "server.jobs",
            "server.wire",
            "server.auth",
            "server.views",
            "layers",
            "server.errors",
            "server.rules",
            "server.config",
            "server.language",
        ),
        None,
    ),
    "server.archive": (("geo", "server.archive"), None),
    "server.intake": (("geo", "server.intake"), None),
    "seed_data": (("geo", "seed_data"), None),
}
FLASK = {"flask", "werkzeug"}
FLASK_ROOMS = (
    "server.app",
    "server.auth",
    "server.errors",
    "server.log",
    "server.cli",
    "server.views",
    "server.wire",
    "server.language",
)
LATE_IMPORTS = (
    "server.app", "server.cli", "server.bootstrap", "server.__main__", "server.intake.child", "seed_data.__main__",
)


@functools.cache
def modules() -> list[tuple[str, Path, ast.Module]]:
    """Every module of ours, read by the first test that asks and not by every process that collects."""
    return list(_modules())


@functools.cache
def names() -> frozenset[str]:
    return frozenset(name for name, _, _ in modules())


def _modules() -> Iterator[tuple[str, Path, ast.Module]]:
    for package in OURS:
        for file in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            yield name, file, ast.parse(file.read_text(encoding="utf8"), str(file))


def imports(name: str, file: Path, tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every module that ``name`` imports, whole: ``from geo import cells`` is ``geo.cells``."""
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parent = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parent, base] if base else parent)
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield (inner if inner in names() else base), node.lineno


def within(name: str, rooms: tuple[str, ...]) -> bool:
    return any(name == room or name.startswith(room + ".") for room in rooms)


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_who_may_import_whom(package: str) -> None:
    ours, others = MAY_IMPORT[package]
    faults = []
    for name, file, tree in modules():
        if not within(name, (package,)) or within(name, ("server.store.migrations",)):
            continue
        for imported, line in imports(name, file, tree):
            top = imported.partition(".")[0]
            if top in OURS:
                if not within(imported, ours):
                    faults.append(f"{file.relative_to(ROOT)}:{line} imports {imported}")
            elif others is not None and top not in STANDARD and top not in others:
                faults.append(f"{file.relative_to(ROOT)}:{line} imports {imported}")
    assert not faults, "\n".join(faults)


def test_only_cells_knows_h3_and_only_the_web_layer_knows_flask() -> None:
    faults = []
    for name, file, tree in modules():
        for imported, line in imports(name, file, tree):
            top = imported.partition(".")[0]
            if top == "h3" and name != "geo.cells":
                faults.append(f"{file.relative_to(ROOT)}:{line} imports h3")
            if top in FLASK and not within(name, FLASK_ROOMS):
                faults.append(f"{file.relative_to(ROOT)}:{line} imports {top}")
    assert not faults, "\n".join(faults)


def test_views_never_touch_rows_or_algorithms_and_usecases_know_no_layers() -> None:
    faults = []
    for name, file, tree in modules():
        for imported, line in imports(name, file, tree):
            if within(name, ("server.views",)) and within(imported, ("server.store", "geo")):
                faults.append(f"{file.relative_to(ROOT)}:{line} imports {imported}")
            if within(name, ("server.usecases",)) and within(imported, ("layers", "flask", "folium")):
                faults.append(f"{file.relative_to(ROOT)}:{line} imports {imported}")
    assert not faults, "\n".join(faults)


def test_no_import_cycles() -> None:
    known = names()
    graph = {
        name: {i for i, _ in imports(name, file, tree) if i in known and i != name} for name, file, tree in modules()
    }
    state: dict[str, int] = {}
    cycles: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        state[name] = 1
        for other in sorted(graph[name]):
            if state.get(other) == 1:
                cycles.append(" → ".join([*path[path.index(other) :], other]) if other in path else other)
            elif other not in state:
                visit(other, (*path, other))
        state[name] = 2

    for name in sorted(graph):
        if name not in state:
            visit(name, (name,))
    assert not cycles, "\n".join(cycles)


def test_imports_stand_at_the_top() -> None:
    faults = []
    for name, file, tree in modules():
        if within(name, LATE_IMPORTS) or within(name, ("server.store.migrations",)):
            continue
        for function in ast.walk(tree):
            if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                faults += [
                    f"{file.relative_to(ROOT)}:{node.lineno}"
                    for node in ast.walk(function)
                    if isinstance(node, (ast.Import, ast.ImportFrom))
                ]
    assert not faults, "imports inside functions: " + ", ".join(faults)


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    return [path for path in listed.stdout.split("\0") if path]


def test_the_top_level_is_fixed() -> None:
    odd = {path.split("/")[0] for path in tracked() if not path.startswith(".")} - TOP_LEVEL
    assert not odd, f"outside the fixed layout: {sorted(odd)}"


def test_tests_have_one_package_marker() -> None:
    deeper = [str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("__init__.py")]
    assert deeper == ["tests/__init__.py"]


BANNED_CALLS = {"eval", "exec", "render_template_string", "Markup"}
BANNED_ATTRIBUTES = {("pickle", "load"), ("pickle", "loads"), ("yaml", "load"), ("marshal", "loads"), ("os", "system")}


def test_no_code_is_made_from_data() -> None:
    faults = []
    for _, file, tree in modules():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            where = f"{file.relative_to(ROOT)}:{node.lineno}"
            if isinstance(node.func, ast.Name) and node.func.id in BANNED_CALLS:
                faults.append(f"{where} {node.func.id}()")
            attribute = node.func if isinstance(node.func, ast.Attribute) else None
            owner = attribute.value.id if attribute and isinstance(attribute.value, ast.Name) else ""
            if attribute and (owner, attribute.attr) in BANNED_ATTRIBUTES:
                faults.append(f"{where} {owner}.{attribute.attr}()")
            for keyword in node.keywords:
                if keyword.arg == "shell" and isinstance(keyword.value, ast.Constant) and keyword.value.value:
                    faults.append(f"{where} shell=True")
                if keyword.arg == "parallel" and isinstance(keyword.value, ast.Constant) and keyword.value.value:
                    faults.append(f"{where} numba parallel=True")
    assert not faults, "\n".join(faults)


def test_no_shared_settings_drawer_and_no_unfinished_marks() -> None:
    drawers = [n for n in names() if re.search(r"(^|\.)(utils?|helpers?|managers?|services?|handlers?|misc)$", n)]
    assert not drawers
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    faults = [
        f"{path}:{number}"
        for path in tracked()
        if path.endswith((".py", ".mjs", ".js", ".css", ".html", ".md")) and path != "tests/rules/test_house.py"
        for number, line in enumerate((ROOT / path).read_text(encoding="utf8").splitlines(), 1)
        if marks.search(line)
    ]
    assert not faults, ", ".join(faults)


def test_pages_name_no_outside_address() -> None:
    address = re.compile(r"""(?:src|href|url|import|fetch)\s*[=(]\s*["']?(?:https?:)?//(?!127\.0\.0\.1|localhost)""")
    faults = [
        f"{path}:{number} {line.strip()[:120]}"
        for path in tracked()
        if path.startswith(("server/", "layers/")) and path.endswith((".mjs", ".js", ".css", ".html", ".py"))
        for number, line in enumerate((ROOT / path).read_text(encoding="utf8").splitlines(), 1)
        if address.search(line)
    ]
    assert not faults, "\n".join(faults)


@pytest.mark.slow
@pytest.mark.parametrize("command", [["ruff", "check", "."], ["mypy", "geo", "layers", "server"]], ids=["ruff", "mypy"])
def test_the_tools_find_nothing(command: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
