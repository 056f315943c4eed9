"""The child process: reads one untrusted file and leaves rows, faults and a report behind.

``python -m server.intake.child TASK.json``. It answers by files in its own directory and by lines of JSON (progress)
on standard output; whatever happens to it, the parent survives.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from pathlib import Path
from typing import Any

from server.intake import faults, formats, kinds, normalise, sandbox, values

_HASH_BLOCK = 4 * values.MIB


def main(task_path: Path) -> int:
    """Do the task; 0 when a report was written, 1 when an error was."""
    task = json.loads(task_path.read_text("utf-8"))
    limits = values.Limits(**task["limits"])
    sandbox.lower_limits(limits)
    work = Path(task["work"])
    try:
        report = _read(task, limits, work)
    except values.IntakeError as error:
        answer = {"code": error.code, "message": error.message, "detail": error.detail, "outcome": error.outcome}
    except MemoryError:
        answer = {
            "code": "E_MEMORY",
            "outcome": "failed",
            "detail": {},
            "message": f"reading the file needs more than {limits.memory_bytes // values.MIB} MiB",
        }
    else:
        (work / values.REPORT_FILE).write_text(json.dumps(report, ensure_ascii=False), "utf-8")
        return 0
    (work / values.ERROR_FILE).write_text(json.dumps(answer, ensure_ascii=False), "utf-8")
    return 1


def _read(task: dict[str, Any], limits: values.Limits, work: Path) -> dict[str, Any]:
    began = time.monotonic()
    options = values.Options(
        **{**task["options"], "extent": task["options"]["extent"] and tuple(task["options"]["extent"])}
    )
    path = Path(task["path"])
    sandbox.close_doors()
    size, digest = _hash(path, limits)
    kind = kinds.KINDS[task["kind"]]
    source = formats.open_source(path, work, kind=kind.name, options=options, limits=limits)
    plan = normalise.plan(kind, source, options=options, sha256=digest)
    with faults.Faults(work / values.FAULTS_FILE) as found:
        tally = normalise.run(
            plan, out=work / values.ROWS_FILE, faults=found, limits=limits, options=options, progress=_Progress()
        )
        groups = found.groups()
    told = None if plan.time is None else {**plan.time.told, "shown_twice": tally.folds, "skipped": tally.gaps}
    report = values.Report(
        kind=kind.name,
        format=source.format,
        bytes=size,
        sha256=digest,
        rows=tally.rows,
        accepted=tally.accepted,
        rejected=tally.rejected,
        faults=groups,
        mapping=plan.mapping.mapped,
        ignored=plan.mapping.ignored,
        personal=tuple(plan.refused),
        encoding=source.encoding,
        delimiter=source.delimiter,
        layer=source.layer,
        crs=plan.system.crs if plan.system else None,
        datum=plan.system.datum if plan.system else None,
        time=told,
        bbox=tally.bbox,
        notes=source.notes,
        seconds=round(time.monotonic() - began, 3),
    )
    return report.as_json()


class _Progress:
    """Writes a line when the share read has moved by a percent or a second has passed."""

    def __init__(self) -> None:
        self._last, self._at = -1.0, 0.0

    def __call__(self, done: float, message: str) -> None:
        now = time.monotonic()
        if done - self._last >= 0.01 or now - self._at >= 1.0:
            self._last, self._at = done, now
            print(json.dumps({"done": round(done, 4), "message": message}), flush=True)


def _hash(path: Path, limits: values.Limits) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_HASH_BLOCK):
            digest.update(block)
            size += len(block)
            if size > limits.file_bytes:
                raise values.IntakeError("E_BUDGET", f"the file is larger than {limits.file_bytes // values.MIB} MiB")
    return size, digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
