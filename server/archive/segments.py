"""Writing and removing segments: immutable Parquet files, sorted by cell and time, never half there.

A segment is written beside its final name, synced, renamed and the directory synced; only then may the manifest name
it. A file the manifest does not name is rubbish of a crash and may be removed.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from server.archive import engine, values

ROWS_PER_SEGMENT = 8_000_000
_NAME = re.compile(r"^incidents-[a-z0-9-]{1,80}-[0-9a-f]{16}\.parquet$")
_UNFINISHED = ".incidents-"
_ROW_GROUP = 122_880
_HASH_BLOCK = 4 << 20

_SUMS = (
    "SELECT count(*), min(epoch_us(time)), max(epoch_us(time)), sum(weight), "
    "CAST(sum(CAST(cell AS HUGEINT)) AS VARCHAR), count(replaces) FROM read_parquet($file)"
)


def write_segments(
    batches: pa.Table | pa.RecordBatchReader | Iterable[pa.RecordBatch],
    *,
    directory: Path,
    city: str,
    rows_per_segment: int = ROWS_PER_SEGMENT,
    run: values.Engine | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[values.Segment]:
    """Write incidents (columns of ``values.SCHEMA``; replaces, region, category, status, received may be null) as one
    or more segments. On any error nothing of this call stays in the directory.

    Memory holds one segment's rows at most. Raises ArchiveError E_CANCELLED or E_ROWS (a value that must not be null).
    """
    written: list[values.Segment] = []
    try:
        for table in _portions(_stream(batches), rows_per_segment):
            if cancelled is not None and cancelled():
                raise values.ArchiveError("E_CANCELLED", "writing the archive was cancelled")
            written.append(write_segment(table, directory=directory, city=city, run=run))
    except BaseException:
        for segment in written:
            (directory / segment.file).unlink(missing_ok=True)
        raise
    return written


def write_segment(table: pa.Table, *, directory: Path, city: str, run: values.Engine | None = None) -> values.Segment:
    """Write one table as one segment and answer its row for the manifest. Raises ArchiveError E_ROWS."""
    table = _typed(table)
    directory.mkdir(parents=True, exist_ok=True)
    name = f"incidents-{_plain(city)}-{secrets.token_hex(8)}.parquet"
    beside = directory / f".{name}.part"
    try:
        ordered = table.take(pc.sort_indices(table, sort_keys=[("cell", "ascending"), ("time", "ascending")]))
        with beside.open("wb") as file:
            pq.write_table(
                ordered,
                file,
                row_group_size=_ROW_GROUP,
                compression="zstd",
                compression_level=3,
                version="2.6",
                use_dictionary=["cell", "region", "category", "weight", "source", "revision", "status", "replaces"],
                column_encoding={"id": "DELTA_BINARY_PACKED", "time": "DELTA_BINARY_PACKED"},
            )
            file.flush()
            os.fsync(file.fileno())
        segment = describe(beside, name=name, city=city, run=run)
        beside.rename(directory / name)
        _sync_directory(directory)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return segment


def describe(path: Path, *, name: str, city: str, run: values.Engine | None = None) -> values.Segment:
    """What is true of a file, as its row in the manifest. Raises ArchiveError E_SEGMENT_DAMAGED."""
    with engine.connect(run or values.Engine()) as connection:
        try:
            row = connection.execute(_SUMS, {"file": str(path)}).fetchone()
        except duckdb.Error as error:
            raise values.ArchiveError("E_SEGMENT_DAMAGED", f"{name} cannot be read", file=name) from error
    assert row is not None
    rows, low, high, weight, cell_sum, replaces = row
    return values.Segment(
        file=name,
        city=city,
        rows=int(rows),
        bytes=path.stat().st_size,
        sha256=sha256(path),
        min_us=int(low or 0),
        max_us=int(high or 0),
        weight=int(weight or 0),
        cell_sum=str(cell_sum or "0"),
        replaces=int(replaces),
        layout=_layout(path),
    )


def _layout(path: Path) -> int:
    """The newest layout whose columns the file has; the newest of all for a file with none of them."""
    held = set(pq.read_schema(path).names)
    lacking = set(values.SCHEMA.names) - held
    return next((layout for layout, names in values.LACKING.items() if set(names) == lacking), values.LAYOUT)


def sha256(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_HASH_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def files(directory: Path) -> list[str]:
    """Names of the segment files in the directory, sorted; unfinished ones are not among them."""
    if not directory.is_dir():
        return []
    return sorted(path.name for path in directory.iterdir() if _NAME.match(path.name))


def unfinished(directory: Path) -> list[str]:
    """Names of the files that a crash left half written, sorted."""
    if not directory.is_dir():
        return []
    return sorted(path.name for path in directory.iterdir() if path.name.startswith(_UNFINISHED))


def sweep(directory: Path, segments: Iterable[values.Segment]) -> list[str]:
    """Remove what a crash left behind: unfinished files and segments that the manifest does not name. Only call it
    while no import is running. Answers the names removed."""
    known = {segment.file for segment in segments}
    gone = [name for name in files(directory) if name not in known] + unfinished(directory)
    for name in gone:
        (directory / name).unlink(missing_ok=True)
    return gone


def _stream(batches: pa.Table | pa.RecordBatchReader | Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    if isinstance(batches, pa.Table):
        yield from batches.to_batches()
    else:
        yield from batches


def _portions(batches: Iterator[pa.RecordBatch], size: int) -> Iterator[pa.Table]:
    pending: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        while batch.num_rows:
            taken = batch.slice(0, size - rows)
            pending.append(taken)
            rows += taken.num_rows
            batch = batch.slice(taken.num_rows)
            if rows >= size:
                yield pa.Table.from_batches(pending)
                pending, rows = [], 0
    if rows:
        yield pa.Table.from_batches(pending)


def _typed(table: pa.Table) -> pa.Table:
    missing = [name for name in values.SCHEMA.names if name not in table.column_names]
    optional = {field.name for field in values.SCHEMA if field.nullable}
    absent = [name for name in missing if name not in optional]
    if absent:
        raise values.ArchiveError("E_ROWS", f"incidents need the columns {', '.join(absent)}")
    for name in missing:
        table = table.append_column(name, pa.nulls(table.num_rows, values.SCHEMA.field(name).type))
    table = table.select(values.SCHEMA.names)
    empty = [field.name for field in values.SCHEMA if not field.nullable and table[field.name].null_count]
    if empty:
        raise values.ArchiveError("E_ROWS", f"incidents may not lack {', '.join(empty)}")
    return table.cast(values.SCHEMA)


def _plain(city: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", city.lower()).strip("-")[:80] or "city"


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
