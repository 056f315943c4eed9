"""The work of the child process without its walls: one file to rows, faults and a report.

It runs in whatever process calls it; only ``child`` calls it for files that nobody vouches for.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

from server.intake import faults, formats, kinds, normalise, values

_HASH_BLOCK = 4 * values.MIB


def read(
    kind_name: str,
    path: Path,
    work: Path,
    *,
    options: values.Options,
    limits: values.Limits,
    progress: Callable[[float, str], None],
) -> values.Report:
    """Read ``path`` and leave ``ROWS_FILE`` and ``FAULTS_FILE`` in ``work``. Raises IntakeError."""
    began = time.monotonic()
    size, digest = _hash(path, limits)
    kind = kinds.KINDS[kind_name]
    source = formats.open_source(path, work, kind=kind.name, options=options, limits=limits)
    plan = normalise.plan(kind, source, options=options, sha256=digest)
    with faults.Faults(work / values.FAULTS_FILE) as found:
        tally = normalise.run(
            plan, out=work / values.ROWS_FILE, faults=found, limits=limits, options=options, progress=progress
        )
        groups = found.groups()
    told = None if plan.time is None else {**plan.time.told, "shown_twice": tally.folds, "skipped": tally.gaps}
    return values.Report(
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


def _hash(path: Path, limits: values.Limits) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_HASH_BLOCK):
            digest.update(block)
            size += len(block)
            if size > limits.file_bytes:
                raise values.IntakeError("E_BUDGET", f"the file is larger than {limits.file_bytes // values.MIB} MiB")
    return size, digest.hexdigest()
