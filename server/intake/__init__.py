"""Intake: untrusted files become plain rows, in a child process with limits and without network.

>>> parsed = intake.read("incidents", path, options=intake.Options(datum="wgs84", tz="Asia/Shanghai"),
...                      limits=intake.Limits.host(), out_dir=job_directory)

``parsed.rows`` is a Parquet file under our column names (``row``, ``identity``, the fields of the kind, then ``lat``
and ``lng`` or ``geometry`` as WKB, all in WGS-84, times UTC), ``parsed.faults`` lists every fault of every row, and
``parsed.report`` says how the file was understood. Faulty rows are a result; a file that cannot come in raises
``IntakeError``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from server.intake import kinds, parent
from server.intake.values import FaultGroup, IntakeError, Limits, Mapped, Options, Parsed, Report

__all__ = [
    "KINDS",
    "FaultGroup",
    "IntakeError",
    "Limits",
    "Mapped",
    "Options",
    "Parsed",
    "Report",
    "geometry_file",
    "read",
]

#: The kinds of rows that can be imported.
KINDS = tuple(name for name in kinds.KINDS if name != "boundary")


def read(
    kind: str,
    path: Path,
    *,
    options: Options,
    limits: Limits,
    out_dir: Path,
    progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Parsed:
    """Read the rows of a file of one kind into ``out_dir`` (two files, replaced if they exist).

    progress(done 0–1, message) is called while reading; cancelled() is asked about four times a second. Raises
    IntakeError: *rejected* when the file cannot come in, *failed* when reading broke down, *cancelled*.
    """
    return parent.run(
        kind, path, options=options, limits=limits, out_dir=out_dir, progress=progress, cancelled=cancelled
    )


def geometry_file(
    path: Path,
    *,
    kind: Literal["boundary", "regions"],
    options: Options,
    limits: Limits,
    out_dir: Path,
    progress: Callable[[float, str], None] | None = None,
) -> Parsed:
    """The same for the outline of a city (columns code, name, geometry) or a level of its regions."""
    return read(kind, path, options=options, limits=limits, out_dir=out_dir, progress=progress)
