"""The two README commands prepare themselves: what the set-up decides, tried on real folders and interpreters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from server import bootstrap


def test_requirements_are_pinned_with_hashes() -> None:
    for file in bootstrap.TEST:
        entries = [line for line in file.read_text().splitlines() if line and not line.startswith(("#", " "))]
        assert entries
        assert all("==" in line for line in entries), file
        blocks = file.read_text().split("\n")
        for number, line in enumerate(blocks):
            if line and not line.startswith(("#", " ")):
                assert "--hash=sha256:" in blocks[number + 1], line


def test_a_stamp_of_other_requirements_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / "stamp.json")
    assert not bootstrap._stamped(bootstrap.RUN)
    (tmp_path / "stamp.json").write_text(json.dumps(["0" * 64]))
    assert not bootstrap._stamped(bootstrap.RUN)
    (tmp_path / "stamp.json").write_text(json.dumps([bootstrap._digest(bootstrap.RUN)]))
    assert bootstrap._stamped(bootstrap.RUN)
    assert not bootstrap._stamped(bootstrap.TEST)


def test_the_bootstrap_is_plain_python() -> None:
    """Without site packages the module must still import: it runs before anything is installed."""
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, {str(bootstrap.ROOT)!r}); import server.bootstrap",
        ],
        capture_output=True,
        text=True,
        env={"PATH": os.environ.get("PATH", "")},
    )
    assert done.returncode == 0, done.stderr


def test_a_missing_venv_module_names_the_next_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'No module named venv' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / "venv")
    monkeypatch.setattr(sys, "executable", str(broken))
    with pytest.raises(bootstrap.SetupError, match=r"apt install python3\.\d+-venv"):
        bootstrap._make_environment()
