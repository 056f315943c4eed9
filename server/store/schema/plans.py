"""Plans, their grids, edits, steps, notes, codes and lineage."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, UniqueConstraint

from server.store.schema import parts
from server.store.types import Blob, Integer, Json, Real, String

# `kind`: what a plan divides the cells into, grids or communities. `labels` int32[n] aligned with the base's cells, -1
# where no grid covers (only in an imported plan). Of a plan of communities: `across_towns` 1 where it may go beyond the
# borders of towns, `moved_cells` how many cells changed their community when it came into force.
plans = parts.table(
    "plans",
    Column("id", String, primary_key=True),
    parts.city(),
    parts.must("kind", String),
    Column("base_id", Integer, ForeignKey("bases.id"), nullable=False),
    parts.must("version", Integer),
    parts.must("status", String),
    parts.must("name", String),
    Column("parent_id", String, ForeignKey("plans.id")),
    parts.must("labels", Blob),
    parts.must("hash", String),
    parts.must("grids", Integer),
    parts.must("band_low", Real),
    parts.must("band_high", Real),
    Column("seed", Integer),
    parts.must("revision", Integer),
    parts.must("measures", Json),
    parts.must("violations", Json),
    parts.must("across_towns", Integer, server_default="0"),
    Column("moved_cells", Integer),
    parts.must("created_at", String),
    parts.must("created_by", String),
    Column("published_at", String),
    Column("effective_from", String),
    Column("superseded_at", String),
    UniqueConstraint("city", "kind", "version"),
    CheckConstraint("status IN ('draft', 'in_force', 'superseded')", name="status"),
    CheckConstraint("kind IN ('grids', 'communities')", name="kind"),
)
plan_grids = parts.table(
    "plan_grids",
    Column("plan_id", String, ForeignKey("plans.id"), primary_key=True),
    Column("label", Integer, primary_key=True),
    parts.must("code", String),
    parts.must("name", String),
    parts.must("kind", String),
    Column("region_id", Integer, ForeignKey("regions.id")),
    parts.must("households", Real),
    parts.must("load", Real),  # what the band counts: households, or what the workload of the plan makes of them
    parts.must("cells", Integer),
    parts.must("area_km2", Real),
    parts.must("deviation", Real),
    parts.must("pieces", Integer),
    parts.must("lat", Real),
    parts.must("lng", Real),
    *parts.box(),
    parts.must("faults", Json),
    parts.must("locked", Integer),  # 1: keeps its cells, also against undo
    Column("worker_id", Integer, ForeignKey("workers.id")),
    Column("centre_id", Integer, ForeignKey("centres.id")),
    UniqueConstraint("plan_id", "code"),
)
plan_edits = parts.table(
    "plan_edits",
    Column("plan_id", String, ForeignKey("plans.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    parts.must("at", String),
    parts.must("by", String),
    parts.must("kind", String),
    parts.must("payload", Json),
)
# The way of a draft to the centre: submitted, then approved or returned step by step; `hash` is the plan that was seen,
# `steps` what it has to go through, kept with its submission.
plan_steps = parts.table(
    "plan_steps",
    Column("plan_id", String, ForeignKey("plans.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    parts.must("step", Integer),
    parts.must("decision", String),
    parts.must("post", String),
    parts.must("document", String),
    parts.must("opinion", String),
    parts.must("hash", String),
    Column("steps", Json),
    parts.must("at", String),
    parts.must("by", String),
    CheckConstraint("decision IN ('submitted', 'approved', 'returned', 'withdrawn')", name="decision"),
)
# What colleagues say about a grid of a plan; `code` is empty for the plan as a whole.
plan_notes = parts.table(
    "plan_notes",
    parts.key(),
    Column("plan_id", String, ForeignKey("plans.id"), nullable=False, index=True),
    parts.must("code", String),
    parts.must("text", String),
    parts.must("at", String),
    parts.must("by", String),
)
# Every grid code ever given in a city: a code is never given to another grid.
grid_codes = parts.table(
    "grid_codes",
    Column("city", String, ForeignKey("cities.code"), primary_key=True),
    Column("code", String, primary_key=True),
    Column("plan_id", String, ForeignKey("plans.id"), nullable=False),
    parts.must("since", String),
    Column("until", String),
)
lineage = parts.table(
    "lineage",
    parts.key(),
    parts.city(),
    Column("plan_id", String, ForeignKey("plans.id"), nullable=False),
    parts.must("kind", String),
    parts.must("from_code", String),
    parts.must("to_code", String),
    parts.must("households", Real),
    parts.must("cells", Integer),
    parts.must("at", String),
)
