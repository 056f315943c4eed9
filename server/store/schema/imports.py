"""Imports and the rows they refused."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index

from server.store.schema import parts
from server.store.types import Integer, Json, String

imports = parts.table(
    "imports",
    parts.key(),
    parts.city(),
    parts.must("kind", String),
    parts.must("file_name", String),
    parts.must("file_hash", String),
    parts.must("file_bytes", Integer),
    parts.must("options", Json),
    parts.must("report", Json),
    parts.must("rows", Integer),
    parts.must("accepted", Integer),
    parts.must("rejected", Integer),
    parts.must("duplicate", Integer),
    parts.must("at", String),
    parts.must("by", String),
    Index(None, "city", "kind"),
)
# Why a row was refused; never the value itself, which may be personal.
rejects = parts.table(
    "rejects",
    Column("import_id", Integer, ForeignKey("imports.id"), primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("seq", Integer, primary_key=True),
    parts.must("field", String),
    parts.must("code", String),
    parts.must("reason", String),
)
