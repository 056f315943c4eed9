"""What every format reader answers: the columns of a file and its rows in batches.

Row numbers start at 1 and count every row of the file, also those that could not be read; those are listed as
``Broken``. A source can be read again from the start as often as needed, with any choice of columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from server.intake import values


@dataclass(frozen=True)
class Broken:
    """A row that cannot be read at all."""

    row: int
    code: str
    reason: str
    value: str | None = None


@dataclass(frozen=True)
class Batch:
    """Some rows: numbers ``rows`` int64[n], one array per wanted column, WKB ``geometry`` or None, and broken rows."""

    rows: np.ndarray
    columns: dict[str, pa.Array]
    geometry: pa.Array | None = None
    broken: Sequence[Broken] = ()
    done: float = 0.0


@dataclass(frozen=True)
class Source:
    """An opened file. ``declared``: the coordinate system it names, ``trusted`` when the format allows no other.

    ``batches(columns)`` reads it from the start; ``done`` of a batch is the share read so far, 0–1.
    """

    format: str
    columns: tuple[str, ...]
    located: bool
    batches: Callable[[Sequence[str]], Iterator[Batch]]
    declared: str | None = None
    trusted: bool = False
    encoding: str | None = None
    delimiter: str | None = None
    layer: str | None = None
    notes: tuple[str, ...] = ()


@dataclass
class Spool:
    """Rows of a slow format, read once and kept as Arrow files in the child's own directory.

    ``add`` takes rows as dictionaries of text; ``source_batches`` plays them back, with nulls for columns a batch
    does not have.
    """

    directory: Path
    limits: values.Limits
    located: bool = True
    columns: dict[str, None] = field(default_factory=dict)
    rows: int = 0
    _files: list[Path] = field(default_factory=list)
    _numbers: list[int] = field(default_factory=list)
    _records: list[dict[str, str | None]] = field(default_factory=list)
    _shapes: list[bytes | None] = field(default_factory=list)
    _broken: dict[int, list[Broken]] = field(default_factory=dict)
    _bytes: int = 0

    def add(self, record: dict[str, str | None], shape: bytes | None) -> None:
        """One readable row with its attributes and WKB."""
        self._next()
        for name in record:
            if name not in self.columns:
                if len(self.columns) >= self.limits.columns:
                    raise values.IntakeError("E_BUDGET", f"the rows have more than {self.limits.columns} columns")
                self.columns[name] = None
        self._numbers.append(self.rows)
        self._records.append(record)
        self._shapes.append(shape)
        self._bytes += len(shape or b"") + 64 * len(record)
        if len(self._records) >= self.limits.batch_rows or self._bytes > 32 * values.MIB:
            self.flush()

    def reject(self, code: str, reason: str, value: str | None = None) -> None:
        """One row that cannot be read."""
        self._next()
        self._broken.setdefault(len(self._files), []).append(Broken(self.rows, code, reason, value))

    def flush(self) -> None:
        """Write what is pending; call it once after the last row."""
        if not self._records and len(self._files) not in self._broken:
            return
        names = list(dict.fromkeys(name for record in self._records for name in record))
        arrays: list[pa.Array] = [pa.array(self._numbers, pa.int64()), pa.array(self._shapes, pa.binary())]
        arrays += [pa.array([record.get(name) for record in self._records], pa.string()) for name in names]
        schema = pa.schema(
            [("row", pa.int64()), ("shape", pa.binary()), *((f"c:{name}", pa.string()) for name in names)]
        )
        path = self.directory / f"spool-{len(self._files):06d}.arrow"
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
            writer.write_batch(pa.record_batch(arrays, schema=schema))
        self._files.append(path)
        self._numbers, self._records, self._shapes, self._bytes = [], [], [], 0

    def batches(self, wanted: Sequence[str]) -> Iterator[Batch]:
        """Play the rows back."""
        for index, path in enumerate(self._files):
            with pa.OSFile(str(path), "rb") as file:
                table = pa.ipc.open_file(file).read_all().combine_chunks()
            n = table.num_rows
            columns = {
                name: _one(table[f"c:{name}"]) if f"c:{name}" in table.column_names else pa.nulls(n, pa.string())
                for name in wanted
            }
            numbers = np.asarray(_one(table["row"]).to_numpy(zero_copy_only=False), np.int64)
            shape = _one(table["shape"]) if self.located else None
            yield Batch(numbers, columns, shape, self._broken.get(index, ()), (index + 1) / len(self._files))

    def _next(self) -> None:
        self.rows += 1
        if self.rows > self.limits.rows:
            raise values.IntakeError("E_BUDGET", f"the file has more than {self.limits.rows} rows")


def _one(column: pa.ChunkedArray) -> pa.Array:
    combined = column.combine_chunks()
    return pa.concat_arrays(combined.chunks) if isinstance(combined, pa.ChunkedArray) else combined
