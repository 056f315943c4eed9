"""The city, its bases and its regions."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, UniqueConstraint

from server.store.schema import parts
from server.store.types import Blob, Integer, Json, Real, String

# base_id and plan_id are the two pointers a city moves; they point at rows that point back, so `verify` (I7) holds
# them instead of a foreign key, which would be a cycle.
cities = parts.table(
    "cities",
    Column("code", String, primary_key=True),
    parts.must("name", String),
    parts.must("tz", String),
    parts.must("datum", String),
    parts.must("resolution", Integer),
    parts.must("levels", Json),
    Column("base_id", Integer),
    Column("plan_id", String),
    parts.must("data_version", Integer),
    parts.must("demo", Integer),
    parts.must("created_at", String),
    CheckConstraint("resolution BETWEEN 0 AND 15", name="resolution"),
)
# One version of (boundary, regions, resolution, cells). `cells` uint64[n] ascending; `region` int32[n] the regions.id
# of the lowest level; `areas_m2` float64[n] true areas.
bases = parts.table(
    "bases",
    parts.key(),
    parts.city(),
    parts.must("version", Integer),
    parts.must("resolution", Integer),
    parts.must("boundary", Blob),
    parts.must("n", Integer),
    parts.must("cells", Blob),
    parts.must("region", Blob),
    parts.must("areas_m2", Blob),
    parts.must("hash", String),
    parts.must("created_at", String),
    UniqueConstraint("city", "version"),
)
regions = parts.table(
    "regions",
    parts.key(),
    parts.city(),
    parts.must("base_id", Integer),
    parts.must("level", String),
    parts.must("code", String),
    parts.must("name", String),
    Column("parent_id", Integer, ForeignKey("regions.id")),
    parts.must("geometry", Blob),
    parts.must("cells", Integer),
    parts.must("area_km2", Real),
    *parts.box(),
    UniqueConstraint("base_id", "level", "code"),
    CheckConstraint("level IN ('county', 'town', 'community')", name="level"),
)
# A value per cell of a base: `data` holds float64[n] aligned with the base's cells.
cell_columns = parts.table(
    "cell_columns",
    Column("base_id", Integer, ForeignKey("bases.id"), primary_key=True),
    Column("name", String, primary_key=True),
    parts.must("data", Blob),
    parts.must("source", Json),
    parts.must("updated_at", String),
)
