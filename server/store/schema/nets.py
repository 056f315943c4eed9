"""Department layers: professional grids that a department lays over the basic ones."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, UniqueConstraint

from server.store.schema import parts
from server.store.types import Blob, Integer, String

# One net a department; importing its file again replaces it.
nets = parts.table(
    "nets",
    parts.key(),
    parts.city(),
    parts.must("department", String),
    Column("import_id", Integer, ForeignKey("imports.id"), nullable=False),
    parts.must("at", String),
    parts.must("by", String),
    UniqueConstraint("city", "department"),
)
# `cells` uint64[n] ascending: ids of the city's resolution, in whatever base; grids of one net may share cells.
net_grids = parts.table(
    "net_grids",
    Column("net_id", Integer, ForeignKey("nets.id"), primary_key=True),
    Column("code", String, primary_key=True),
    parts.must("name", String),
    parts.must("cells", Blob),
)
