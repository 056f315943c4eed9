"""What long benchmarks share: programs in processes of their own, ended at a limit, and rows kept as soon as known."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Ended:
    """What a program wrote; ``note`` says why there are no figures and is empty where it went well."""

    said: str
    note: str = ""
    over_limit: bool = False


def run(
    command: Sequence[str], *, limit_s: float, patience: float = 20, environment: Mapping[str, str] | None = None
) -> Ended:
    """Run a program that ends itself after ``limit_s`` seconds of processor time (``limit``).

    After ``patience`` times as long by the clock it is killed with all that it started.
    """
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
    )
    try:
        out, err = process.communicate(timeout=patience * limit_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return Ended("", f"not done in {patience * limit_s:.0f} s of waiting", over_limit=True)
    if process.returncode == -signal.SIGXCPU:
        return Ended(out, f"not done in {limit_s:.0f} s", over_limit=True)
    return Ended(out, _failure(process.returncode, err + out) if process.returncode else "")


def limit(seconds: float) -> None:
    """End this process, and each that it starts, ``seconds`` of processor time from now."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time() + seconds) + 1, resource.RLIM_INFINITY))


def kept(file: str) -> list[dict[str, Any]]:
    """The rows that earlier runs kept in a file; none without one."""
    path = Path(file)
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if file and path.exists() else []


def keep(file: str, row: Mapping[str, Any]) -> None:
    """Add a row to the file, if there is to be one."""
    if file:
        with Path(file).open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")


def _failure(status: int, said: str) -> str:
    """How a program ended without figures, and the last that it said."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    how = f"killed by {signal.Signals(-status).name}" if status < 0 else "failed"
    return f"{how}: {lines[-1][:90]}" if lines else how
