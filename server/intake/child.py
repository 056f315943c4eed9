"""The child process: reads one untrusted file and leaves rows, faults and a report behind.

``python -m server.intake.child TASK.json``. It answers by files in its own directory and by lines of JSON (progress)
on standard output; whatever happens to it, the parent survives.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from server.intake import sandbox, values, work


def main(task_path: Path) -> int:
    """Do the task; 0 when a report was written, 1 when an error was."""
    task = json.loads(task_path.read_text("utf-8"))
    limits = values.Limits(**task["limits"])
    sandbox.lower_limits(limits)
    sandbox.close_doors()
    sandbox.leave_out_pandas()
    directory = Path(task["work"])
    try:
        report = work.read(
            task["kind"], Path(task["path"]), directory, options=_options(task), limits=limits, progress=_Progress()
        )
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
        (directory / values.REPORT_FILE).write_text(json.dumps(report.as_json(), ensure_ascii=False), "utf-8")
        return 0
    (directory / values.ERROR_FILE).write_text(json.dumps(answer, ensure_ascii=False), "utf-8")
    return 1


def _options(task: dict[str, Any]) -> values.Options:
    plain = task["options"]
    return values.Options(**{**plain, "extent": tuple(plain["extent"]) if plain["extent"] else None})


class _Progress:
    """Writes a line when the share read has moved by a percent or a second has passed."""

    def __init__(self) -> None:
        self._last, self._at = -1.0, 0.0

    def __call__(self, done: float, message: str) -> None:
        now = time.monotonic()
        if done - self._last >= 0.01 or now - self._at >= 1.0:
            self._last, self._at = done, now
            print(json.dumps({"done": round(done, 4), "message": message}), flush=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
