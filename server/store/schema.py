"""The tables of Gezhi (SQLAlchemy Core), grouped as the modules of this package are.

There is no table of residents, no name of a reporter and no position of a person over time; a worker has a home
*cell*. A test reads this schema and holds it. Times are ISO 8601 text in UTC, coordinates WGS-84 degrees, geometries
WKB in WGS-84, lengths metres, areas km². Arrays in ``Blob`` columns are little-endian; their dtype is said beside them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, MetaData, Table, UniqueConstraint

from server.store.types import Blob, Integer, Json, Real, String

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMES)


def _table(name: str, *parts: Any) -> Table:
    return Table(name, metadata, *parts, sqlite_strict=True)


def _key() -> Column[Any]:
    return Column("id", Integer, primary_key=True, autoincrement=True)


def _city() -> Column[Any]:
    return Column("city", String, ForeignKey("cities.code"), nullable=False)


def _must(name: str, kind: Any, **more: Any) -> Column[Any]:
    return Column(name, kind, nullable=False, **more)


def _box() -> list[Column[Any]]:
    return [_must(name, Real) for name in ("west", "south", "east", "north")]


def _imported() -> list[Any]:
    """Columns of every row that came from a file: the source's identity, and the import that last wrote it."""
    return [
        _must("source_id", String),
        _must("digest", String),
        Column("import_id", Integer, ForeignKey("imports.id"), nullable=False),
        UniqueConstraint("city", "source_id"),
    ]


# --- The city -------------------------------------------------------------------------------------------------------
# base_id and plan_id are the two pointers a city moves; they point at rows that point back, so `verify` (I7) holds
# them instead of a foreign key, which would be a cycle.
cities = _table(
    "cities",
    Column("code", String, primary_key=True),
    _must("name", String),
    _must("tz", String),
    _must("datum", String),
    _must("resolution", Integer),
    _must("levels", Json),
    Column("base_id", Integer),
    Column("plan_id", String),
    _must("data_version", Integer),
    _must("demo", Integer),
    _must("created_at", String),
    CheckConstraint("resolution BETWEEN 0 AND 15", name="resolution"),
)
# One version of (boundary, regions, resolution, cells). `cells` uint64[n] ascending; `region` int32[n] the regions.id
# of the lowest level; `areas_m2` float64[n] true areas.
bases = _table(
    "bases",
    _key(),
    _city(),
    _must("version", Integer),
    _must("resolution", Integer),
    _must("boundary", Blob),
    _must("n", Integer),
    _must("cells", Blob),
    _must("region", Blob),
    _must("areas_m2", Blob),
    _must("hash", String),
    _must("created_at", String),
    UniqueConstraint("city", "version"),
)
regions = _table(
    "regions",
    _key(),
    _city(),
    _must("base_id", Integer),
    _must("level", String),
    _must("code", String),
    _must("name", String),
    Column("parent_id", Integer, ForeignKey("regions.id")),
    _must("geometry", Blob),
    _must("cells", Integer),
    _must("area_km2", Real),
    *_box(),
    UniqueConstraint("base_id", "level", "code"),
    CheckConstraint("level IN ('county', 'town', 'community')", name="level"),
)
# A value per cell of a base: `data` holds float64[n] aligned with the base's cells.
cell_columns = _table(
    "cell_columns",
    Column("base_id", Integer, ForeignKey("bases.id"), primary_key=True),
    Column("name", String, primary_key=True),
    _must("data", Blob),
    _must("source", Json),
    _must("updated_at", String),
)

# --- Imports --------------------------------------------------------------------------------------------------------
imports = _table(
    "imports",
    _key(),
    _city(),
    _must("kind", String),
    _must("file_name", String),
    _must("file_hash", String),
    _must("file_bytes", Integer),
    _must("options", Json),
    _must("report", Json),
    _must("rows", Integer),
    _must("accepted", Integer),
    _must("rejected", Integer),
    _must("duplicate", Integer),
    _must("at", String),
    _must("by", String),
    Index(None, "city", "kind"),
)
# Why a row was refused; never the value itself, which may be personal.
rejects = _table(
    "rejects",
    Column("import_id", Integer, ForeignKey("imports.id"), primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("seq", Integer, primary_key=True),
    _must("field", String),
    _must("code", String),
    _must("reason", String),
)

# --- Ground and demand ----------------------------------------------------------------------------------------------
households = _table(
    "households", _key(), _city(), _must("households", Real), _must("geometry", Blob), *_imported()
)
barriers = _table(
    "barriers",
    _key(),
    _city(),
    _must("kind", String),
    _must("name", String),
    Column("cost", Real),  # NULL: hard, nothing crosses; bridge and tunnel are links that reopen what they join
    _must("geometry", Blob),
    *_box(),
    *_imported(),
    CheckConstraint("kind IN ('river', 'road', 'rail', 'wall', 'bridge', 'tunnel')", name="kind"),
)
roads = _table(
    "roads",
    _key(),
    _city(),
    _must("class", String),
    _must("name", String),
    _must("oneway", Integer),
    _must("geometry", Blob),
    *_box(),
    *_imported(),
)
buildings = _table(
    "buildings",
    _key(),
    _city(),
    Column("floors", Integer),
    Column("height_m", Real),
    Column("households", Real),
    _must("use", String),
    _must("compound", String),
    _must("cell", Integer),
    _must("geometry", Blob),
    *_box(),
    *_imported(),
)
places = _table(
    "places",
    _key(),
    _city(),
    _must("name", String),
    _must("kind", String),
    _must("lat", Real),
    _must("lng", Real),
    _must("cell", Integer),
    *_imported(),
)
cameras = _table(
    "cameras",
    _key(),
    _city(),
    _must("code", String),
    _must("name", String),
    _must("kind", String),
    _must("lat", Real),
    _must("lng", Real),
    _must("cell", Integer),
    Column("heading_deg", Real),
    _must("angle_deg", Real),
    _must("range_m", Real),
    _must("headings", Json),  # further directions of the same site, degrees
    Column("height_m", Real),
    Column("tilt_deg", Real),
    _must("masked", Json),  # [[from, to], …] arcs of bearings that the camera may not look into
    _must("owner_class", Integer),  # 1 police, 2 units facing the public, 3 other; 0 not said
    _must("purpose", String),
    _must("legal_basis", String),
    Column("sign_present", Integer),
    Column("networked", Integer),
    _must("status", String),
    _must("status_since", String),  # a date, or empty
    _must("review_on", String),  # a date, or empty
    _must("defaulted", Json),  # names of the columns that the source did not give
    *_imported(),
    CheckConstraint("kind IN ('fixed', 'dome', 'panning')", name="kind"),
    CheckConstraint("status IN ('online', 'offline', 'unknown')", name="status"),
    CheckConstraint("owner_class BETWEEN 0 AND 3", name="owner_class"),
)
# What a camera's status was before it changed, import by import.
camera_states = _table(
    "camera_states",
    _key(),
    _city(),
    _must("source_id", String),
    _must("status", String),
    _must("since", String),
    _must("at", String),
    Index(None, "city", "source_id"),
)
# Cameras that somebody proposes to put up; approved only with a purpose and a legal basis.
camera_proposals = _table(
    "camera_proposals",
    _key(),
    _city(),
    _must("name", String),
    _must("kind", String),
    _must("lat", Real),
    _must("lng", Real),
    _must("cell", Integer),
    Column("heading_deg", Real),
    _must("angle_deg", Real),
    _must("range_m", Real),
    _must("purpose", String),
    _must("legal_basis", String),
    _must("state", String),
    _must("gain", Json),
    _must("created_at", String),
    _must("created_by", String),
    _must("changed_at", String),
    _must("changed_by", String),
    Index(None, "city"),
    CheckConstraint("kind IN ('fixed', 'dome', 'panning')", name="kind"),
    CheckConstraint("state IN ('proposed', 'approved', 'withdrawn')", name="state"),
)
# The figures of coverage as they were at a version of the city's data.
coverage_figures = _table(
    "coverage_figures",
    Column("city", String, ForeignKey("cities.code"), primary_key=True),
    Column("data_version", Integer, primary_key=True),
    _must("at", String),
    _must("by", String),
    _must("figures", Json),
)

# --- People at work and centres -------------------------------------------------------------------------------------
workers = _table(
    "workers",
    _key(),
    _city(),
    _must("name", String),
    _must("post", String),
    _must("skills", Json),
    _must("capacity", Real),
    _must("cell", Integer),
    *_imported(),
)
centres = _table(
    "centres",
    _key(),
    _city(),
    _must("name", String),
    _must("tier", String),
    _must("lat", Real),
    _must("lng", Real),
    _must("cell", Integer),
    _must("region_code", String),  # as the source gave it; empty: by place
    *_imported(),
    CheckConstraint("tier IN ('city', 'county', 'town', 'community')", name="tier"),
)

# --- Incident facts: the manifest of the archive's Parquet segments -------------------------------------------------
# A segment as the archive describes it (times in microseconds UTC), the import that wrote it, its last incident id.
segments = _table(
    "segments",
    Column("file", String, primary_key=True),
    _city(),
    Column("import_id", Integer, ForeignKey("imports.id"), nullable=False),
    _must("last_id", Integer),
    _must("rows", Integer),
    _must("bytes", Integer),
    _must("sha256", String),
    _must("min_us", Integer),
    _must("max_us", Integer),
    _must("weight", Integer),
    _must("cell_sum", String),
    _must("replaces", Integer),
    _must("layout", Integer),
    Index(None, "city"),
)

# --- Plans ----------------------------------------------------------------------------------------------------------
# `labels` int32[n] aligned with the base's cells, -1 where no grid covers (only in an imported plan).
plans = _table(
    "plans",
    Column("id", String, primary_key=True),
    _city(),
    Column("base_id", Integer, ForeignKey("bases.id"), nullable=False),
    _must("version", Integer),
    _must("status", String),
    _must("name", String),
    Column("parent_id", String, ForeignKey("plans.id")),
    _must("labels", Blob),
    _must("hash", String),
    _must("grids", Integer),
    _must("band_low", Real),
    _must("band_high", Real),
    Column("seed", Integer),
    _must("revision", Integer),
    _must("measures", Json),
    _must("violations", Json),
    _must("created_at", String),
    _must("created_by", String),
    Column("published_at", String),
    Column("effective_from", String),
    Column("superseded_at", String),
    UniqueConstraint("city", "version"),
    CheckConstraint("status IN ('draft', 'in_force', 'superseded')", name="status"),
)
plan_grids = _table(
    "plan_grids",
    Column("plan_id", String, ForeignKey("plans.id"), primary_key=True),
    Column("label", Integer, primary_key=True),
    _must("code", String),
    _must("name", String),
    _must("kind", String),
    Column("region_id", Integer, ForeignKey("regions.id")),
    _must("households", Real),
    _must("cells", Integer),
    _must("area_km2", Real),
    _must("deviation", Real),
    _must("pieces", Integer),
    _must("lat", Real),
    _must("lng", Real),
    *_box(),
    _must("faults", Json),
    _must("locked", Integer),  # 1: keeps its cells, also against undo
    Column("worker_id", Integer, ForeignKey("workers.id")),
    Column("centre_id", Integer, ForeignKey("centres.id")),
    UniqueConstraint("plan_id", "code"),
)
plan_edits = _table(
    "plan_edits",
    Column("plan_id", String, ForeignKey("plans.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    _must("at", String),
    _must("by", String),
    _must("kind", String),
    _must("payload", Json),
)
# The way of a draft to the centre: submitted, then approved or returned step by step; `hash` is the plan that was seen.
plan_steps = _table(
    "plan_steps",
    Column("plan_id", String, ForeignKey("plans.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    _must("step", Integer),
    _must("decision", String),
    _must("post", String),
    _must("document", String),
    _must("opinion", String),
    _must("hash", String),
    _must("at", String),
    _must("by", String),
    CheckConstraint("decision IN ('submitted', 'approved', 'returned', 'withdrawn')", name="decision"),
)
# What colleagues say about a grid of a plan; `code` is empty for the plan as a whole.
plan_notes = _table(
    "plan_notes",
    _key(),
    Column("plan_id", String, ForeignKey("plans.id"), nullable=False, index=True),
    _must("code", String),
    _must("text", String),
    _must("at", String),
    _must("by", String),
)
# Every grid code ever given in a city: a code is never given to another grid.
grid_codes = _table(
    "grid_codes",
    Column("city", String, ForeignKey("cities.code"), primary_key=True),
    Column("code", String, primary_key=True),
    Column("plan_id", String, ForeignKey("plans.id"), nullable=False),
    _must("since", String),
    Column("until", String),
)
lineage = _table(
    "lineage",
    _key(),
    _city(),
    Column("plan_id", String, ForeignKey("plans.id"), nullable=False),
    _must("kind", String),
    _must("from_code", String),
    _must("to_code", String),
    _must("households", Real),
    _must("cells", Integer),
    _must("at", String),
)

# --- Accounts, audit, jobs ------------------------------------------------------------------------------------------
users = _table(
    "users",
    _key(),
    _must("name", String, unique=True),
    _must("role", String),
    Column("city", String, ForeignKey("cities.code")),
    Column("region_id", Integer, ForeignKey("regions.id")),
    _must("password_hash", String),
    _must("created_at", String),
    Column("disabled_at", String),
)
sessions = _table(
    "sessions",
    Column("token_hash", String, primary_key=True),
    Column("user_id", Integer, ForeignKey("users.id"), nullable=False, index=True),
    _must("created_at", String),
    _must("seen_at", String),
    _must("expires_at", String),
)
audit = _table(
    "audit",
    Column("seq", Integer, primary_key=True, autoincrement=False),
    _must("at", String),
    _must("actor", String),
    _must("action", String),
    Column("city", String),
    _must("detail", Json),
    _must("previous", String),
    _must("hash", String),
)
jobs = _table(
    "jobs",
    Column("id", String, primary_key=True),
    _must("kind", String),
    Column("city", String, ForeignKey("cities.code")),
    _must("payload", Json),
    _must("actor", Json),
    _must("status", String),
    _must("progress", Real),
    _must("message", String),
    Column("result", Json),
    Column("error", Json),
    _must("attempts", Integer),
    _must("fence", Integer),
    Column("lease_until", String),
    _must("cancel", Integer),
    _must("created_at", String),
    _must("created_by", String),
    Column("started_at", String),
    Column("finished_at", String),
    Index(None, "status", "created_at"),
    CheckConstraint("status IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="status"),
)
idempotency = _table(
    "idempotency",
    Column("owner", String, primary_key=True),
    Column("key", String, primary_key=True),
    _must("request_hash", String),
    _must("status", Integer),
    _must("body", Json),
    _must("at", String),
)
settings = _table(
    "settings",
    Column("name", String, primary_key=True),
    _must("value", Json),
    _must("updated_at", String),
)
