"""Workers and centres."""

from __future__ import annotations

from sqlalchemy import CheckConstraint

from server.store.schema import parts
from server.store.types import Integer, Json, Real, String

workers = parts.table(
    "workers",
    parts.key(),
    parts.city(),
    parts.must("name", String),
    parts.must("post", String),
    parts.must("skills", Json),
    parts.must("capacity", Real),
    parts.must("cell", Integer),
    *parts.imported(),
)
centres = parts.table(
    "centres",
    parts.key(),
    parts.city(),
    parts.must("name", String),
    parts.must("tier", String),
    parts.must("lat", Real),
    parts.must("lng", Real),
    parts.must("cell", Integer),
    parts.must("region_code", String),  # as the source gave it; empty: by place
    *parts.imported(),
    CheckConstraint("tier IN ('city', 'county', 'town', 'community')", name="tier"),
)
