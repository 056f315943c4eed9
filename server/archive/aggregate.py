"""Counting very many incidents in flat memory: points or stored cells in Parquet → n per cell and category.

Stored cells are summed by one SQL text (``sql.aggregate``), whatever runs it: DuckDB here, Spark where one machine is
too small (``server.archive.spark``). Where files are sorted by cell, as segments are, their rows become far fewer on
the way to it (``server.archive.presum``). Points become cells on the way, batch by batch, and go into one hash table of
cells and categories: memory holds one batch a thread and the result.
"""

from __future__ import annotations

import glob
import os
import secrets
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from geo import cells, errors
from server.archive import engine, names, presum, spark, sql, tally, values

BATCH_ROWS = 1 << 17
BUFFER_BYTES = 1 << 18
ENGINES = ("duckdb", "spark")
SCHEMA = pa.schema([("cell", pa.int64()), ("category", pa.string()), ("n", pa.int64())])
_POINTS = ("lat", "lng", "category")
_CELLS = ("cell", "category", "weight")


@dataclass(frozen=True)
class Made:
    """The file that was written: how many rows (pairs of cell and category) and cells it has, and their sum."""

    file: Path
    rows: int
    cells: int
    n: int


def of_points(
    paths: Sequence[Path],
    *,
    res: int,
    threads: int = 2,
    progress: Callable[[int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> pa.Table:
    """Columns cell int64, category (a dictionary of texts), n int64 of all points (columns lat, lng in WGS-84 degrees,
    category) of Parquet files, sorted by cell and category. Rows without a place on the globe are left out.

    progress(rows read so far). Raises ArchiveError E_CANCELLED or E_CATEGORIES.
    """
    work = _Work(paths, res, progress, cancelled)
    _warm(res)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda _: work.count(), range(threads)))
    return work.result(threads)


def of_cells(
    paths: Sequence[Path], *, res: int, run: values.Engine | None = None, cancelled: Callable[[], bool] | None = None
) -> pa.Table:
    """The same in no order from stored cells (columns cell, category, weight, as in segments), no finer than those.

    category may be plain texts. Raises ArchiveError E_CANCELLED or E_SEGMENT_DAMAGED.
    """
    run = run or values.Engine()
    parts = presum.plan(paths, res=res)
    if parts is not None:
        return presum.counted(parts, res=res, run=run, cancelled=cancelled)
    files = ", ".join("'" + glob.escape(str(path)).replace("'", "''") + "'" for path in paths)
    with engine.connect(run) as connection:
        connection.execute(f"CREATE VIEW facts AS SELECT cell, category, weight FROM read_parquet([{files}])")
        return engine.fetch(connection, sql.aggregate(res), cancelled=cancelled)


def directory(source: Path, out: Path, *, res: int, by: str = "duckdb") -> Made:
    """Aggregate every Parquet file in ``source`` into one file in ``out``: by stored cells where the files have a
    column cell, else from their points. ``by`` names the engine; the file has the same bytes with either.

    Raises ArchiveError E_NO_FILES, E_COLUMNS, or E_NO_SPARK where Spark is asked for and not installed.
    """
    paths = sorted(source.glob("*.parquet"))
    if not paths:
        raise values.ArchiveError("E_NO_FILES", "there is no Parquet file in the directory")
    held = set(pq.read_schema(paths[0]).names)
    if not (set(_CELLS) <= held or set(_POINTS) <= held):
        raise values.ArchiveError("E_COLUMNS", "the files have neither cell, category, weight nor lat, lng, category")
    stored = set(_CELLS) <= held
    if by == "spark":
        table = spark.aggregate(paths, res=res, stored=stored)
    else:
        table = of_cells(paths, res=res) if stored else of_points(paths, res=res)
    table = table.cast(SCHEMA)
    if stored or by == "spark":
        table = table.sort_by([("cell", "ascending"), ("category", "ascending")])
    table = table.combine_chunks()
    out.mkdir(parents=True, exist_ok=True)
    final, beside = out / f"counts-res{res}.parquet", out / f".counts-{secrets.token_hex(8)}.part"
    with beside.open("wb") as file:
        pq.write_table(table, file, compression="zstd")
        file.flush()
        os.fsync(file.fileno())
    beside.rename(final)
    n = pc.sum(table["n"]).as_py() or 0
    return Made(final, table.num_rows, pc.count_distinct(table["cell"]).as_py(), int(n))


def _warm(res: int) -> None:
    """Compile every loop that the threads will run, before there are threads: for codes that may be written to and for
    those of Arrow, which may not."""
    ids, table = cells.from_points(np.zeros(2), np.ones(2), res), tally.Tally()
    for writeable in (True, False):
        codes = np.zeros(2, np.int32)
        codes.flags.writeable = writeable
        table.add(ids, codes, np.zeros(1, np.int32))
    table.result(np.zeros(1, np.int64))
    many = np.arange(1, tally.FIRST_LINES, dtype=np.uint64)  # more than a new table holds, so that it grows
    tally.Tally().add(many, np.zeros(many.size, np.int32), np.zeros(1, np.int32))


class _Work:
    """Row groups still to be counted and the table they are counted in, both shared by threads."""

    def __init__(
        self,
        paths: Sequence[Path],
        res: int,
        progress: Callable[[int], None] | None,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        self._names = names.Names()
        self._table = tally.Tally()
        self._res = res
        self._progress = progress
        self._cancelled = cancelled
        self._groups = iter([(path, group) for path in paths for group in range(pq.read_metadata(path).num_row_groups)])
        self._lock = threading.Lock()
        self._rows = 0

    def count(self) -> None:
        """Take row groups until there are none left. Raises ArchiveError E_CANCELLED, E_CATEGORIES."""
        while True:
            with self._lock:
                path, group = next(self._groups, (None, 0))
            if path is None:
                return
            texts = ["category"] if pq.read_schema(path).field("category").type == pa.string() else []
            with pq.ParquetFile(path, read_dictionary=texts, pre_buffer=False, buffer_size=BUFFER_BYTES) as file:
                for batch in file.iter_batches(
                    batch_size=BATCH_ROWS, row_groups=[group], columns=list(_POINTS), use_threads=False
                ):
                    self._told(batch.num_rows)
                    self._table.add(*self._plain(batch))

    def result(self, threads: int) -> pa.Table:
        """The counts in order of cell and category, rows without a category after those with one."""
        found, codes, n = self._table.result(self._names.ranks(), threads=threads)
        return pa.table({"cell": found.view(np.int64), "category": self._names.texts(codes), "n": n})

    def _told(self, rows: int) -> None:
        with self._lock:
            if self._cancelled is not None and self._cancelled():
                raise values.ArchiveError("E_CANCELLED", "counting was cancelled")
            self._rows += rows
            if self._progress is not None:
                self._progress(self._rows)

    def _plain(self, batch: pa.RecordBatch) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The cells of the rows on the globe, a number for each row's category, and the code that the number means."""
        lats, lngs = (np.asarray(batch.column(name).to_numpy(zero_copy_only=False), float) for name in ("lat", "lng"))
        codes, known = self._names.numbered(batch.column("category"))
        if len(self._names) > tally.MOST_CODES:
            raise values.ArchiveError("E_CATEGORIES", f"there are more than {tally.MOST_CODES - 1} categories")
        try:
            return cells.from_points(lats, lngs, self._res), codes, known
        except errors.CoordinateError:
            with np.errstate(invalid="ignore"):
                there = (np.abs(lats) <= 90) & (np.abs(lngs) <= 180)
            return cells.from_points(lats[there], lngs[there], self._res), codes[there], known
