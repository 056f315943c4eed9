"""The README is true: its tour is run on the demonstration city, and what it prints is what the commands print."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from server.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf8")


def steps() -> list[tuple[str, list[str]]]:
    """Commands of the tour with the lines that the README shows for each."""
    block = re.search(r"## A first tour.*?```console\n(.*?)```", TEXT, re.S)
    assert block
    found: list[tuple[str, list[str]]] = []
    for line in block[1].splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def agrees(shown: list[str], printed: list[str]) -> bool:
    """Lines in order; ``…`` stands for anything in a line, a line of it for any number of lines."""
    pattern = "".join(
        r"(?:.*\n)*" if line == "…" else ".*".join(re.escape(part) for part in line.split("…")) + r"\n"
        for line in shown
    )
    return re.fullmatch(pattern, "".join(line + "\n" for line in printed)) is not None


@pytest.mark.slow
def test_the_tour_prints_what_the_readme_shows(demo_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(demo_home, home)
    for command, shown in steps():
        words = command.split()
        assert words[:3] == ["python3", "-m", "server"]
        done = subprocess.run(
            [sys.executable, "-m", "server", *words[3:]],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env={"GEZHI_HOME": str(home), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"},
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        printed = (done.stdout + done.stderr).splitlines()
        assert agrees(shown, printed), f"{command}\nshown: {shown}\nprinted: {printed[:30]}"


def test_every_command_is_in_the_readme_and_every_one_there_exists() -> None:
    table = re.findall(r"^\| `(.*?)`(?:, `(.*?)`)?(?:, `(.*?)`)?(?:, `(.*?)`)?", TEXT, re.M)
    named = " ".join(" ".join(row) for row in table) + " " + " ".join(re.findall(r"`(verify|runner)`", TEXT))
    for name in COMMANDS:
        assert re.search(rf"\b{re.escape(name)}\b", named), f"{name} is not in the README"


def test_settings_named_in_the_readme_exist() -> None:
    config = (ROOT / "server" / "config.py").read_text(encoding="utf8")
    for name in set(re.findall(r"GEZHI_([A-Z0-9_]+)", TEXT)):
        assert re.search(rf"^    {name.lower()}:", config, re.M), name


def test_the_picture_is_there() -> None:
    for picture in re.findall(r"!\[.*?\]\((.*?)\)", TEXT):
        assert (ROOT / picture).stat().st_size > 20_000
