"""The manifest of the archive: incident facts in Parquet segments."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index

from server.store.schema import parts
from server.store.types import Integer, String

# A segment as the archive describes it (times in microseconds UTC), the import that wrote it, its last incident id.
segments = parts.table(
    "segments",
    Column("file", String, primary_key=True),
    parts.city(),
    Column("import_id", Integer, ForeignKey("imports.id"), nullable=False),
    parts.must("last_id", Integer),
    parts.must("rows", Integer),
    parts.must("bytes", Integer),
    parts.must("sha256", String),
    parts.must("min_us", Integer),
    parts.must("max_us", Integer),
    parts.must("weight", Integer),
    parts.must("cell_sum", String),
    parts.must("replaces", Integer),
    parts.must("layout", Integer),
    Index(None, "city"),
)
