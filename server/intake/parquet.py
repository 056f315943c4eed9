"""Parquet and GeoParquet, in batches under a byte budget.

A small file can announce a hundred million rows or repeat a megabyte through a dictionary, so rows × width and page
sizes are judged from the footer before a column is read. Encrypted files, extension types and deep nesting are
refused; geometry is the GeoParquet primary column as WKB, or a binary column called geometry.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from server.intake import sources, values

#: A decoded batch may take this part of the child's memory.
_BATCH_SHARE = 8
_GEOMETRY_NAMES = ("geometry", "geom", "wkb_geometry", "the_geom")


def open_source(path: Path, work: Path, *, options: values.Options, limits: values.Limits) -> sources.Source:
    """Open a Parquet file. Raises IntakeError E_TYPE, E_TRUNCATED, E_BUDGET."""
    _not_encrypted(path)
    try:
        file = pq.ParquetFile(path, memory_map=False, arrow_extensions_enabled=False)
    except (pa.ArrowException, OSError) as error:
        raise values.IntakeError("E_TRUNCATED", "the Parquet file is damaged or not complete") from error
    schema = file.schema_arrow
    metadata = file.metadata
    _within_budget(metadata, limits, path.stat().st_size)
    geometry, declared = _geometry(schema)
    plain = [field.name for field in schema if field.name != geometry and _readable(field.type)]
    if len(set(plain)) < len(plain):
        raise values.IntakeError("E_HEADER", "the Parquet file names a column twice")
    skipped = [field.name for field in schema if field.name != geometry and not _readable(field.type)]

    def batches(wanted: Sequence[str]) -> Iterator[sources.Batch]:
        return _batches(path, list(wanted), geometry, limits)

    notes = tuple(f"column '{name}' has a type that is not read here" for name in skipped)
    return sources.Source(
        format="geoparquet" if declared else "parquet",
        columns=tuple(plain),
        located=geometry is not None,
        batches=batches,
        declared=declared,
        notes=notes,
    )


def _not_encrypted(path: Path) -> None:
    with path.open("rb") as file:
        file.seek(-4, 2)
        if file.read(4) == b"PARE":
            raise values.IntakeError("E_TYPE", "the Parquet file is encrypted")


def _within_budget(metadata: Any, limits: values.Limits, file_bytes: int) -> None:
    if metadata.num_columns > limits.columns:
        raise values.IntakeError("E_BUDGET", f"the file has more than {limits.columns} columns")
    if metadata.num_rows > limits.rows:
        raise values.IntakeError("E_BUDGET", f"the file announces {metadata.num_rows} rows; {limits.rows} are allowed")
    for group in range(metadata.num_row_groups):
        for column in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(column)
            if chunk.total_compressed_size > file_bytes:
                raise values.IntakeError("E_TRUNCATED", "the Parquet file announces more bytes than it has")
            if chunk.total_uncompressed_size > limits.text_bytes:
                raise values.IntakeError("E_BUDGET", "a column of the Parquet file inflates beyond what is allowed")


def _readable(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _readable(kind.value_type)
    return not (
        pa.types.is_nested(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
        or pa.types.is_null(kind)
        or isinstance(kind, pa.BaseExtensionType)
    )


def _geometry(schema: pa.Schema) -> tuple[str | None, str | None]:
    """(geometry column, declared CRS). The GeoParquet text is only believed where the column is binary."""
    raw = (schema.metadata or {}).get(b"geo")
    if raw is not None and len(raw) < values.MIB:
        try:
            geo = json.loads(raw)
            name = geo["primary_column"]
            column = geo["columns"][name]
            encoding = column.get("encoding", "WKB")
            crs = column.get("crs", "OGC:CRS84")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise values.IntakeError("E_TYPE", "the GeoParquet description of the file cannot be read") from error
        if name not in schema.names or encoding != "WKB" or not _binary(schema.field(name).type):
            raise values.IntakeError("E_TYPE", "the geometry of a GeoParquet file must be a WKB column")
        declared = crs if isinstance(crs, str) else None if crs is None else json.dumps(crs)
        return name, declared
    for name in _GEOMETRY_NAMES:
        if name in schema.names and _binary(schema.field(name).type):
            return name, None
    return None, None


def _binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _batches(path: Path, wanted: list[str], geometry: str | None, limits: values.Limits) -> Iterator[sources.Batch]:
    columns = wanted + ([geometry] if geometry is not None else [])
    row = 0
    try:
        with pq.ParquetFile(
            path, memory_map=False, arrow_extensions_enabled=False, read_dictionary=_dictionaries(path, wanted)
        ) as file:
            total = max(file.metadata.num_rows, 1)
            if not columns:
                columns = [file.schema_arrow.names[0]]
            for batch in file.iter_batches(batch_size=limits.batch_rows, columns=columns, use_threads=False):
                if sum(map(_decoded_bytes, batch.columns)) > limits.memory_bytes // _BATCH_SHARE:
                    raise values.IntakeError("E_BUDGET", "the values of the Parquet file are too large for its rows")
                numbers = np.arange(row + 1, row + 1 + batch.num_rows, dtype=np.int64)
                row += batch.num_rows
                arrays = {name: _plain(batch.column(name)) for name in wanted}
                shape = None if geometry is None else batch.column(geometry).cast(pa.binary())
                yield sources.Batch(numbers, arrays, shape, (), min(1.0, row / total))
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise values.IntakeError("E_TRUNCATED", "the Parquet file is damaged") from error


def _dictionaries(path: Path, wanted: list[str]) -> list[str]:
    """Text columns to be read without expanding their dictionaries."""
    with pq.ParquetFile(path, memory_map=False, arrow_extensions_enabled=False) as file:
        schema = file.schema_arrow
        return [name for name in wanted if pa.types.is_string(schema.field(name).type)]


def _decoded_bytes(column: pa.Array) -> int:
    """Bytes the column takes once its dictionary is expanded."""
    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    lengths = pc.fill_null(pc.binary_length(column.dictionary), 0) if _texts(column.dictionary.type) else None
    if lengths is None:
        return int(column.nbytes)
    counts = np.bincount(np.asarray(column.indices.drop_null()), minlength=len(column.dictionary))
    return int(counts @ np.asarray(lengths, np.int64)) if len(counts) else 0


def _texts(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _plain(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        return _plain(column.dictionary_decode())
    if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        return column.cast(pa.string())
    return column
