"""Proof that manifest, files, rows and sums agree. What does not is named: which file, which kind of damage.

Kinds: missing, hash, unreadable, a figure of the manifest (bytes, rows, weight, cell_sum, min_us, max_us, replaces),
order, ids, cell, stranger, unfinished.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from geo import cells
from server.archive import segments as archive
from server.archive import values

_BATCH = 1 << 20
_COLUMNS = ["id", "cell", "time", "lat", "lng"]


def check(
    directory: Path,
    segments: Iterable[values.Segment],
    *,
    strangers: bool = True,
    progress: Callable[[str], None] | None = None,
) -> list[values.Finding]:
    """Every disagreement between the manifest and the directory.

    ``strangers``: also name files that the manifest does not know. progress(name of the file that comes next).
    """
    findings: list[values.Finding] = []
    known: set[str] = set()
    for segment in segments:
        known.add(segment.file)
        if progress is not None:
            progress(segment.file)
        findings += _segment(directory / segment.file, segment)
    if strangers:
        findings += [
            values.Finding(name, "stranger", "the manifest does not name this file")
            for name in archive.files(directory)
            if name not in known
        ]
        findings += [
            values.Finding(name, "unfinished", "a file that was never finished; the next start removes it")
            for name in archive.unfinished(directory)
        ]
    return findings


def _segment(path: Path, segment: values.Segment) -> list[values.Finding]:
    if not path.is_file():
        return [values.Finding(segment.file, "missing", "the file is not there")]
    try:
        there = archive.describe(path, name=segment.file, city=segment.city)
        findings = _figures(segment, there)
        findings += [values.Finding(segment.file, code, message) for code, message in _rows(path)]
    except (values.ArchiveError, pa.ArrowException, OSError):
        size, digest = path.stat().st_size, archive.sha256(path)
        findings = []
        if digest != segment.sha256:
            findings.append(_other(segment, f"{size:,} bytes, {segment.bytes:,} were written"))
        findings.append(values.Finding(segment.file, "unreadable", "the file cannot be read as Parquet"))
    return findings


def _figures(segment: values.Segment, there: values.Segment) -> list[values.Finding]:
    """Where the manifest's row and the file differ; the hash first."""
    findings = []
    if there.sha256 != segment.sha256:
        findings.append(_other(segment, "its SHA-256 differs"))
    found = there.as_row()
    findings += [
        values.Finding(segment.file, field, f"the manifest says {was}, the file {found[field]}")
        for field, was in segment.as_row().items()
        if field != "sha256" and found[field] != was
    ]
    return findings


def _other(segment: values.Segment, why: str) -> values.Finding:
    return values.Finding(segment.file, "hash", f"the file is not the one that was written: {why}")


def _rows(path: Path) -> list[tuple[str, str]]:
    """What is wrong with the rows themselves: their order, their ids, the cells of their points."""
    last: tuple[int, int] | None = None
    ordered, elsewhere = True, 0
    ids: list[np.ndarray] = []
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=_BATCH, columns=_COLUMNS):
            own = {name: batch.column(at) for at, name in enumerate(batch.schema.names)}
            cell = own["cell"].to_numpy()
            time = own["time"].cast(pa.int64()).to_numpy()
            rising = (cell[1:] > cell[:-1]) | ((cell[1:] == cell[:-1]) & (time[1:] >= time[:-1]))
            ordered &= bool(rising.all()) and (last is None or (int(cell[0]), int(time[0])) >= last)
            last = (int(cell[-1]), int(time[-1]))
            held = cell.astype(np.uint64)
            made = cells.from_points(own["lat"].to_numpy(), own["lng"].to_numpy(), cells.resolution(held[:1]))
            elsewhere += int((made != held).sum())
            ids.append(own["id"].to_numpy())
    found = []
    if not ordered:
        found.append(("order", "the rows are not sorted by cell and time"))
    every = np.concatenate(ids) if ids else np.zeros(0, np.int64)
    twice = every.size - np.unique(every).size
    if twice:
        found.append(("ids", f"{twice:,} ids occur more than once"))
    if elsewhere:
        found.append(("cell", f"{elsewhere:,} incidents are counted in another cell than that of their point"))
    return found
