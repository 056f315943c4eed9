"""The values of the archive: segments, what is asked of them, and what is answered.

Times are int64 microseconds since 1970-01-01 UTC; cells are H3 ids as int64 on disk (the top bit is never set) and
uint64 in answers; weights are whole numbers (a correction row of a source may weigh -1).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

#: Version of the file layout, kept in every segment: 2 has ``received``, 1 has not; both are read.
LAYOUT = 2
SCHEMA = pa.schema(
    [
        pa.field("id", pa.int64(), nullable=False),
        pa.field("time", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("lat", pa.float64(), nullable=False),
        pa.field("lng", pa.float64(), nullable=False),
        pa.field("cell", pa.int64(), nullable=False),
        pa.field("region", pa.int32()),
        pa.field("category", pa.string()),
        pa.field("weight", pa.int32(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("external_id", pa.string(), nullable=False),
        pa.field("revision", pa.int32(), nullable=False),
        pa.field("status", pa.string()),
        pa.field("replaces", pa.int64()),
        pa.field("received", pa.timestamp("us", tz="UTC")),
    ]
)
#: What a layout's files lack of ``SCHEMA``.
LACKING = {1: ("received",)}


class ArchiveError(Exception):
    """The archive cannot answer: a segment is missing or damaged, or a query was cancelled (code E_CANCELLED)."""

    def __init__(self, code: str, message: str, *, file: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.file = file


@dataclass(frozen=True)
class Segment:
    """One immutable Parquet file and what must be true of it; its row in the manifest.

    min_us and max_us: first and last time. weight: sum of weights. cell_sum: sum of cell ids as decimal text (larger
    than 64 bits). replaces: how many rows replace an earlier revision.
    """

    file: str
    city: str
    rows: int
    bytes: int
    sha256: str
    min_us: int
    max_us: int
    weight: int
    cell_sum: str
    replaces: int
    layout: int = LAYOUT

    def as_row(self) -> dict[str, Any]:
        """The segment as plain values, for the manifest table."""
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class Facts:
    """What is asked: the segments of a city's manifest in ``directory`` and, with the same columns, the live incidents
    that are not sealed yet."""

    directory: Path
    segments: tuple[Segment, ...]
    live: pa.Table | None = None

    @property
    def empty(self) -> bool:
        """Whether there is no incident at all."""
        return not self.segments and (self.live is None or not self.live.num_rows)


@dataclass(frozen=True)
class Select:
    """Which incidents count. None means no limit.

    start_us, end_us: times, the end excluded. categories, regions, sources: any of these. cells: base cells uint64.
    hours 0–23 and weekdays 0 (Monday)–6 are read on the clock of ``tz``, which they need.
    """

    start_us: int | None = None
    end_us: int | None = None
    categories: tuple[str, ...] | None = None
    regions: tuple[int, ...] | None = None
    sources: tuple[str, ...] | None = None
    cells: np.ndarray | None = None
    hours: tuple[int, ...] | None = None
    weekdays: tuple[int, ...] | None = None
    tz: str | None = None


@dataclass(frozen=True)
class Counts:
    """Per cell: cells uint64[k] sorted, n int64[k] sum of weights, rows int64[k] incidents behind it."""

    cells: np.ndarray
    n: np.ndarray
    rows: np.ndarray


@dataclass(frozen=True)
class Extent:
    """rows, sum of weights, first and last time in microseconds (None when there is nothing)."""

    rows: int
    n: int
    first_us: int | None
    last_us: int | None


@dataclass(frozen=True)
class Steps:
    """Counts per cell and time step: row i has cells[i], step[i] (index from the start of the window), n[i]."""

    cells: np.ndarray
    step: np.ndarray
    n: np.ndarray


@dataclass(frozen=True)
class Finding:
    """Something ``check`` found wrong with a segment."""

    file: str
    code: str
    message: str


@dataclass(frozen=True)
class Engine:
    """How queries run: threads, memory in MiB, and a directory for what does not fit into it (None: none)."""

    threads: int = 2
    memory_mib: int = 1_024
    spill: Path | None = field(default=None)
