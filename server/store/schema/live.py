"""Live incidents: reported one by one, waiting to be sealed into a segment."""

from __future__ import annotations

from sqlalchemy import Column, Index

from server.store.schema import parts
from server.store.types import Integer, Real, String

# Columns as in a segment: `us` microseconds UTC, `replaces` the id of the revision before. Nobody is named here; who
# reported stands in the audit log, without the place.
live_incidents = parts.table(
    "live_incidents",
    Column("id", Integer, primary_key=True, autoincrement=False),
    parts.city(),
    parts.must("us", Integer),
    parts.must("lat", Real),
    parts.must("lng", Real),
    parts.must("cell", Integer),
    Column("region", Integer),
    Column("category", String),
    parts.must("weight", Integer),
    parts.must("source", String),
    parts.must("external_id", String),
    parts.must("revision", Integer),
    Column("status", String),
    Column("replaces", Integer),
    parts.must("received_at", String),
    Index(None, "city", "external_id"),
)
