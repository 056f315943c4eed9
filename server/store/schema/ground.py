"""What stands on the ground: households, barriers, roads, buildings, places, cameras."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index

from server.store.schema import parts
from server.store.types import Blob, Integer, Json, Real, String

households = parts.table(
    "households",
    parts.key(),
    parts.city(),
    parts.must("households", Real),
    parts.must("geometry", Blob),
    *parts.imported(),
)
barriers = parts.table(
    "barriers",
    parts.key(),
    parts.city(),
    parts.must("kind", String),
    parts.must("name", String),
    Column("cost", Real),  # NULL: hard, nothing crosses; bridge and tunnel are links that reopen what they join
    parts.must("geometry", Blob),
    *parts.box(),
    *parts.imported(),
    CheckConstraint("kind IN ('river', 'road', 'rail', 'wall', 'bridge', 'tunnel')", name="kind"),
)
roads = parts.table(
    "roads",
    parts.key(),
    parts.city(),
    parts.must("class", String),
    parts.must("name", String),
    parts.must("oneway", Integer),
    parts.must("geometry", Blob),
    *parts.box(),
    *parts.imported(),
)
buildings = parts.table(
    "buildings",
    parts.key(),
    parts.city(),
    Column("floors", Integer),
    Column("height_m", Real),
    Column("households", Real),
    parts.must("use", String),
    parts.must("compound", String),
    parts.must("cell", Integer),
    parts.must("geometry", Blob),
    *parts.box(),
    *parts.imported(),
)
places = parts.table(
    "places",
    parts.key(),
    parts.city(),
    parts.must("name", String),
    parts.must("kind", String),
    parts.must("lat", Real),
    parts.must("lng", Real),
    parts.must("cell", Integer),
    *parts.imported(),
)
cameras = parts.table(
    "cameras",
    parts.key(),
    parts.city(),
    parts.must("code", String),
    parts.must("name", String),
    parts.must("kind", String),
    parts.must("lat", Real),
    parts.must("lng", Real),
    parts.must("cell", Integer),
    Column("heading_deg", Real),
    parts.must("angle_deg", Real),
    parts.must("range_m", Real),
    parts.must("headings", Json),  # further directions of the same site, degrees
    Column("height_m", Real),
    Column("tilt_deg", Real),
    parts.must("masked", Json),  # [[from, to], …] arcs of bearings that the camera may not look into
    parts.must("owner_class", Integer),  # 1 police, 2 units facing the public, 3 other; 0 not said
    parts.must("purpose", String),
    parts.must("legal_basis", String),
    Column("sign_present", Integer),
    Column("networked", Integer),
    parts.must("status", String),
    parts.must("status_since", String),  # a date, or empty
    parts.must("review_on", String),  # a date, or empty
    parts.must("defaulted", Json),  # names of the columns that the source did not give
    *parts.imported(),
    CheckConstraint("kind IN ('fixed', 'dome', 'panning')", name="kind"),
    CheckConstraint("status IN ('online', 'offline', 'unknown')", name="status"),
    CheckConstraint("owner_class BETWEEN 0 AND 3", name="owner_class"),
)
# What a camera's status was before it changed, import by import.
camera_states = parts.table(
    "camera_states",
    parts.key(),
    parts.city(),
    parts.must("source_id", String),
    parts.must("status", String),
    parts.must("since", String),
    parts.must("at", String),
    Index(None, "city", "source_id"),
)
# Cameras that somebody proposes to put up; approved only with a purpose and a legal basis.
camera_proposals = parts.table(
    "camera_proposals",
    parts.key(),
    parts.city(),
    parts.must("name", String),
    parts.must("kind", String),
    parts.must("lat", Real),
    parts.must("lng", Real),
    parts.must("cell", Integer),
    Column("heading_deg", Real),
    parts.must("angle_deg", Real),
    parts.must("range_m", Real),
    parts.must("purpose", String),
    parts.must("legal_basis", String),
    parts.must("state", String),
    parts.must("gain", Json),
    parts.must("created_at", String),
    parts.must("created_by", String),
    parts.must("changed_at", String),
    parts.must("changed_by", String),
    Index(None, "city"),
    CheckConstraint("kind IN ('fixed', 'dome', 'panning')", name="kind"),
    CheckConstraint("state IN ('proposed', 'approved', 'withdrawn')", name="state"),
)
# The figures of coverage as they were at a version of the city's data.
coverage_figures = parts.table(
    "coverage_figures",
    Column("city", String, ForeignKey("cities.code"), primary_key=True),
    Column("data_version", Integer, primary_key=True),
    parts.must("at", String),
    parts.must("by", String),
    parts.must("figures", Json),
)
