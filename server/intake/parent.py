"""Starts the child process that reads a file, watches it, and takes over what it left behind.

However the child ends (a crash in a native library, no memory, no time, no answer or a wrong one) the caller gets an
``IntakeError`` with a stable code.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from server.intake import kinds, sandbox, values

_ROOT = Path(__file__).resolve().parents[2]
_MAX_LINE = 65_536
_MAX_ANSWER = 16 * values.MIB
_TICK_S = 0.25

Progress = Callable[[float, str], None]


def run(
    kind: str,
    path: Path,
    *,
    options: values.Options,
    limits: values.Limits,
    out_dir: Path,
    progress: Progress | None,
    cancelled: Callable[[], bool] | None,
) -> values.Parsed:
    """Read ``path`` in a child process into ``out_dir`` (made if absent). Raises IntakeError."""
    if kind not in kinds.KINDS:
        raise values.IntakeError("E_KIND", f"no kind '{kind}'; there are {', '.join(kinds.KINDS)}")
    source = _own_file(path)
    out_dir.mkdir(parents=True, exist_ok=True)
    work = out_dir.absolute() / "child"  # the child runs elsewhere
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(mode=0o700)
    try:
        task = work / "task.json"
        task.write_text(
            json.dumps(
                {
                    "kind": kind,
                    "path": str(source),
                    "work": str(work),
                    "options": dataclasses.asdict(options),
                    "limits": dataclasses.asdict(limits),
                }
            ),
            "utf-8",
        )
        code = _watch(task, work, limits, progress, cancelled)
        return _take_over(code, kind, work, out_dir, limits)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _own_file(path: Path) -> Path:
    """A regular file of this machine, by absolute path; anything a reader could take for an address is refused."""
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise values.IntakeError("E_PATH", "there is no such file") from error
    if not real.is_file():
        raise values.IntakeError("E_PATH", "that is not a file")
    return real


@functools.lru_cache(maxsize=1)
def _prefix() -> tuple[str, ...]:
    return tuple(sandbox.prefix())


def _watch(
    task: Path, work: Path, limits: values.Limits, progress: Progress | None, cancelled: Callable[[], bool] | None
) -> int:
    """Run the child to its end; its return code. Raises IntakeError E_WALL or E_CANCELLED."""
    prefix = _prefix()
    command = [*prefix, sys.executable, "-s", "-m", "server.intake.child", str(task)]
    ends = time.monotonic() + limits.wall_s
    with (
        (work / "stderr").open("wb") as errors,
        subprocess.Popen(
            command,
            cwd=work,
            env=sandbox.environment(work, _ROOT, cut=bool(prefix)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            close_fds=True,
        ) as process,
    ):
        try:
            _listen(process, ends, limits, progress, cancelled)
            while process.poll() is None:
                _still_wanted(ends, limits, cancelled)
                time.sleep(_TICK_S / 10)
            return process.returncode
        finally:
            _kill(process)


def _still_wanted(ends: float, limits: values.Limits, cancelled: Callable[[], bool] | None) -> None:
    """Raises IntakeError E_WALL or E_CANCELLED."""
    if time.monotonic() > ends:
        raise values.IntakeError("E_WALL", f"reading the file took more than {limits.wall_s:g} s", outcome="failed")
    if cancelled is not None and cancelled():
        raise values.IntakeError("E_CANCELLED", "the import was cancelled", outcome="cancelled")


def _listen(
    process: subprocess.Popen[bytes],
    ends: float,
    limits: values.Limits,
    progress: Progress | None,
    cancelled: Callable[[], bool] | None,
) -> None:
    """Pass progress on until the child closes its output. Raises IntakeError E_WALL, E_CANCELLED, E_OUTPUT."""
    assert process.stdout is not None
    pending = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            _still_wanted(ends, limits, cancelled)
            if not selector.select(_TICK_S):
                continue
            chunk = os.read(process.stdout.fileno(), _MAX_LINE)
            if not chunk:
                return
            *lines, pending = (pending + chunk).split(b"\n")
            if len(pending) > _MAX_LINE:
                raise _no_answer()
            for line in lines:
                _tell(line, progress)


def _tell(line: bytes, progress: Progress | None) -> None:
    try:
        said = json.loads(line)
        done, message = min(1.0, max(0.0, float(said["done"]))), str(said["message"])[:200]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _no_answer() from error
    if progress is not None:
        progress(done, message)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the child and everything it may have started; its process group is its own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _take_over(code: int, kind: str, work: Path, out_dir: Path, limits: values.Limits) -> values.Parsed:
    if code == 1 and (work / values.ERROR_FILE).is_file():
        raise _told_error(_answer(work / values.ERROR_FILE))
    if code != 0:
        raise _crash(code, limits) from RuntimeError(_last_words(work / "stderr"))
    try:
        report = values.Report.from_json(_answer(work / values.REPORT_FILE))
        if report.kind != kind or report.rows != report.accepted + report.rejected:
            raise _no_answer()
        rows, faults = work / values.ROWS_FILE, work / values.FAULTS_FILE
        with pq.ParquetFile(rows) as file:
            if file.metadata.num_rows != report.accepted:
                raise _no_answer()
        rows.replace(out_dir / values.ROWS_FILE)
        faults.replace(out_dir / values.FAULTS_FILE)
    except (TypeError, KeyError, ValueError, OSError, pa.ArrowException) as error:
        raise _no_answer() from error
    return values.Parsed(out_dir / values.ROWS_FILE, out_dir / values.FAULTS_FILE, report)


def _last_words(path: Path) -> str:
    """The end of what the child wrote to standard error: for the log, never for people."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4_000))
        return file.read().decode("utf-8", "replace")


def _answer(path: Path) -> dict[str, Any]:
    if path.stat().st_size > _MAX_ANSWER:
        raise _no_answer()
    try:
        answer = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _no_answer() from error
    if not isinstance(answer, dict):
        raise _no_answer()
    return answer


def _told_error(answer: dict[str, Any]) -> values.IntakeError:
    outcome: Literal["failed", "rejected"] = "failed" if answer.get("outcome") == "failed" else "rejected"
    detail = answer.get("detail")
    return values.IntakeError(
        str(answer.get("code", "E_OUTPUT"))[:40],
        str(answer.get("message", ""))[:2_000],
        detail=detail if isinstance(detail, dict) else {},
        outcome=outcome,
    )


def _crash(code: int, limits: values.Limits) -> values.IntakeError:
    number = -code if code < 0 else code - 128
    if number == signal.SIGXCPU:
        return values.IntakeError(
            "E_CPU", f"reading the file took more than {limits.cpu_s} s of processor time", outcome="failed"
        )
    if number == signal.SIGKILL:
        return values.IntakeError("E_MEMORY", "the machine had no memory left to read the file", outcome="failed")
    if number == signal.SIGXFSZ:
        return values.IntakeError("E_SPACE", "reading the file would write more than is allowed", outcome="failed")
    return values.IntakeError(
        "E_CRASH", "the file made its reader break down; it was not imported", detail={"code": code}, outcome="failed"
    )


def _no_answer() -> values.IntakeError:
    return values.IntakeError("E_OUTPUT", "the reader of the file gave no usable answer", outcome="failed")
