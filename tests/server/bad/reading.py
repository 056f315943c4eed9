"""Reading a file in the process of the test: fast, and a parser that crashes takes the test down with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from server.intake import values, work

DEFAULTS: dict[str, Any] = {"datum": "wgs84", "tz": "Asia/Shanghai"}


def read(
    kind: str, path: Path, *, limits: values.Limits | None = None, **options: Any
) -> tuple[values.Report, list[dict[str, Any]], list[dict[str, Any]]]:
    """(report, rows, faults) of a file. Options override ``DEFAULTS``; the name defaults to the file's own."""
    folder = path.parent / f"work-{path.name}"
    folder.mkdir(exist_ok=True)
    chosen = values.Options(**{**DEFAULTS, "name": path.name, **options})
    report = work.read(
        kind, path, folder, options=chosen, limits=limits or values.Limits.upload(), progress=lambda done, message: None
    )
    assert report.rows == report.accepted + report.rejected
    rows = pq.read_table(folder / values.ROWS_FILE).to_pylist()
    faults = pq.read_table(folder / values.FAULTS_FILE).to_pylist()
    assert len(rows) == report.accepted
    assert len({fault["row"] for fault in faults if fault["rejects"]}) == report.rejected
    return report, rows, faults
