"""Stored cells summed on their way to SQL: rows of one cell and category near each other become one row.

Segments are sorted by cell. So a batch holds few pairs of cell and category, which one compiled loop finds without a
search, and row groups can be taken by their lowest cells, of all files at once: when those below some cell have been
read, ``sql.aggregate`` sums their pairs, and no later row changes the answer. Memory holds one part of the rows and the
answer. Only what the statistics of the files prove to be so is done this way (``plan``).
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numba
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from server.archive import engine, names, sql, values

PART_ROWS = 1 << 22
"""Rows of a part, about."""
WAITING_ROWS = 1 << 25
"""At most so many rows, and a quarter of all, may wait for the end of their cells."""
_BATCH_ROWS = 1 << 17
_END = 1 << 63
_ONES = np.ones(_BATCH_ROWS, np.int32)
_ONES.flags.writeable = False  # as what Arrow gives, so that one compiled loop does for both
_TYPES = {"cell": pa.int64(), "weight": pa.int32()}
_SCHEMA = pa.schema([("cell", pa.int64()), ("category", pa.int32()), ("weight", pa.int64())])


@dataclass(frozen=True)
class Group:
    """A row group: its file, that file's footer, its number there, rows, lowest and highest cell. ``ones``: every
    weight is 1."""

    path: Path
    footer: pq.FileMetaData
    number: int
    rows: int
    low: int
    high: int
    ones: bool


@dataclass(frozen=True)
class Part:
    """Row groups, after which no row of a cell below ``edge`` is left."""

    groups: tuple[Group, ...]
    edge: int


def plan(paths: Sequence[Path], *, res: int, part_rows: int = PART_ROWS) -> list[Part] | None:
    """The row groups of all files in the order of their lowest cells, in parts; None where that is of no use: columns
    of other types, nulls (but in category), no statistics, cells of several resolutions, or files so little in order
    that too many rows would wait for the end of their cells.

    Raises ArchiveError E_SEGMENT_DAMAGED.
    """
    groups = []
    for path in paths:
        try:
            held = _groups(path)
        except (pa.ArrowException, OSError) as error:
            raise engine.damaged() from error
        if held is None:
            return None
        groups += held
    if not groups or len({cell >> sql.RES_SHIFT for group in groups for cell in (group.low, group.high)}) > 1:
        return None
    groups.sort(key=lambda group: group.low)
    highs, rows = (np.array([getattr(group, name) for group in groups]) for name in ("high", "rows"))
    numbers = (np.cumsum(rows) - rows) // part_rows
    starts = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(groups)]
    most = min(WAITING_ROWS, rows.sum() // 4)
    if any(rows[:start][highs[:start] >= groups[start].low].sum() > most for start in starts[1:-1]):
        return None
    shift = _shift(res)
    edges = [*(groups[start].low >> shift << shift for start in starts[1:-1]), _END]
    return [Part(tuple(groups[a:b]), edge) for (a, b), edge in zip(itertools.pairwise(starts), edges, strict=True)]


def counted(
    parts: Sequence[Part], *, res: int, run: values.Engine, cancelled: Callable[[], bool] | None = None
) -> pa.Table:
    """cell int64, category (a dictionary of texts) and n int64 of the planned row groups, in no order.

    Asks ``cancelled`` once a part. Raises ArchiveError E_CANCELLED or E_SEGMENT_DAMAGED.
    """
    found: list[Future[pa.Table]] = []
    waiting: list[pa.RecordBatch] = []
    met = names.Names()
    _warm()
    with engine.connect(dataclasses.replace(run, threads=1)) as connection, ThreadPoolExecutor(run.threads) as pool:

        def begun(part: Part) -> list[Future[list[pa.RecordBatch]]]:
            return [pool.submit(_read, group, met, res) for group in part.groups]

        ahead = begun(parts[0])
        for part, after in itertools.zip_longest(parts, parts[1:]):
            if cancelled is not None and cancelled():
                raise values.ArchiveError("E_CANCELLED", "counting was cancelled")
            reading, ahead = ahead, begun(after) if after else []  # so that no thread waits for the last of a part
            now, waiting = _split(itertools.chain(waiting, *(one.result() for one in reading)), part.edge)
            if found:
                found[-1].result()  # the connection answers one question at a time
            found.append(pool.submit(_sum, connection, now, res))
        table = pa.concat_tables([one.result() for one in found])
    texts = [met.texts(chunk.to_numpy()) for chunk in table["category"].chunks]
    return table.set_column(1, "category", pa.chunked_array(texts, pa.dictionary(pa.int32(), pa.string())))


def _groups(path: Path) -> list[Group] | None:
    """Row groups that have rows, or None where a column is not as in segments or lacks statistics."""
    footer = pq.read_metadata(path)
    schema = footer.schema.to_arrow_schema()
    if any(schema.get_field_index(name) < 0 for name in (*_TYPES, "category")):
        return None
    category = schema.field("category").type
    if pa.types.is_dictionary(category):
        category = category.value_type
    if category != pa.string() or any(schema.field(name).type != type_ for name, type_ in _TYPES.items()):
        return None
    leaves = [footer.schema.column(at).path for at in range(footer.num_columns)]
    groups = []
    for number in range(footer.num_row_groups):
        rows = footer.row_group(number)
        if not rows.num_rows:
            continue
        told = [rows.column(leaves.index(name)).statistics for name in _TYPES]
        if any(one is None or not one.has_min_max or one.null_count != 0 for one in told):
            return None
        cell, weight = told
        groups.append(Group(path, footer, number, rows.num_rows, cell.min, cell.max, weight.min == weight.max == 1))
    return groups


def _read(group: Group, met: names.Names, res: int) -> list[pa.RecordBatch]:
    """cell (the first of those with the same ancestor), category (its number) and weight (a sum) of a row group."""
    columns = ["cell", "category", *([] if group.ones else ["weight"])]
    found: list[pa.RecordBatch] = []
    try:
        with pq.ParquetFile(group.path, metadata=group.footer, read_dictionary=["category"], pre_buffer=False) as file:
            for batch in file.iter_batches(_BATCH_ROWS, row_groups=[group.number], columns=columns, use_threads=False):
                weights = _ONES[: batch.num_rows] if group.ones else batch.column("weight").to_numpy()
                codes, known = met.numbered(batch.column("category"))
                found.append(_pairs(batch.column("cell").to_numpy(), codes, known, weights, res))
    except (pa.ArrowException, OSError) as error:
        raise engine.damaged() from error
    return found


def _split(batches: Iterable[pa.RecordBatch], edge: int) -> tuple[list[pa.RecordBatch], list[pa.RecordBatch]]:
    """What lies below the edge, and what does not."""
    now, later = [], []
    for batch in batches:
        below = batch.column("cell").to_numpy() < edge
        if below.any():
            now.append(batch if below.all() else batch.filter(pa.array(below)))
        if not below.all():
            later.append(batch.filter(pa.array(~below)) if below.any() else batch)
    return now, later


def _sum(connection: duckdb.DuckDBPyConnection, batches: Sequence[pa.RecordBatch], res: int) -> pa.Table:
    connection.register("facts", pa.Table.from_batches(batches, _SCHEMA))
    return engine.fetch(connection, sql.aggregate(res))


def _shift(res: int) -> int:
    """Cells of one resolution have one ancestor at ``res`` when they are equal but for so many of their last bits."""
    return 3 * (15 - res)


def _pairs(
    cells: NDArray[np.int64], codes: NDArray[np.int32], known: NDArray[np.int32], weights: NDArray[np.int32], res: int
) -> pa.RecordBatch:
    made = tuple(np.empty(len(cells), kind) for kind in (np.int64, np.int32, np.int64))
    rows = _fill(cells, codes, known, weights, _shift(res), *made)
    return pa.record_batch([pa.array(one[:rows].copy()) for one in made], _SCHEMA)


def _warm() -> None:
    """Compile the loop before there are threads to run it."""
    cells, codes = np.zeros(1, np.int64), np.zeros(1, np.int32)
    cells.flags.writeable = codes.flags.writeable = False
    _pairs(cells, codes, np.zeros(1, np.int32), _ONES[:1], 0)


@numba.njit(cache=True, nogil=True)
def _fill(
    cells: NDArray[np.int64],
    codes: NDArray[np.int32],
    known: NDArray[np.int32],
    weights: NDArray[np.int32],
    shift: int,
    out_cells: NDArray[np.int64],
    out_numbers: NDArray[np.int32],
    out_sums: NDArray[np.int64],
) -> int:
    """Write the pairs of each run of cells with one ancestor, in the order in which they are met, and answer how many
    there are."""
    place = np.full(len(known), -1, np.int64)  # where a code's pair was written last; of an earlier run below `run`
    first = run = at = 0
    for i in range(len(cells)):
        if (cells[i] ^ cells[first]) >> shift != 0:
            first, run = i, at
        here = place[codes[i]]
        if here < run:
            here = place[codes[i]] = at
            out_cells[at], out_numbers[at], out_sums[at] = cells[i], known[codes[i]], 0
            at += 1
        out_sums[here] += weights[i]
    return at
