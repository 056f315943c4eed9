"""Camera sites, how densely they stand, what share of each cell is seen, and where incidents happen out of sight.

Offline cameras count for density and not for coverage. Coverage here is on the plane, without buildings.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import geopandas as gpd
import numpy as np
from sqlalchemy import Connection

from geo import cameras as camera_areas
from geo import cells
from server.rules import permissions
from server.store import database, imported
from server.usecases import incidents, territory
from server.usecases.context import Columns, Context

_NEAR_DEG = 0.02


def density(ctx: Context, city: str, *, res: int | None = None) -> Columns:
    """Per cell ``value`` (cameras per km² of true area), ``covered`` (seen share, 0–1) and ``n`` (cameras)."""
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        found = covered(ctx, connection, place, territory.check_resolution(place, res))
    seen = territory.visible(ctx, place, found.cells)
    columns = {
        "value": found.columns["per_km2"][seen].astype(np.float32),
        "covered": found.columns["seen"][seen].astype(np.float32),
        "n": found.columns["cameras"][seen].astype(np.uint32),
    }
    return Columns(found.cells[seen], columns, {**found.meta, "n": int(columns["n"].sum())})


def gaps(
    ctx: Context, city: str, *, start: datetime | None = None, end: datetime | None = None,
    category: str | None = None, res: int | None = None,
) -> Columns:
    """Cells with incidents: ``value`` (n × unseen share, what happens out of sight), ``n``, ``covered`` (share)."""
    permissions.check(ctx.actor, "gap.read")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        wanted = territory.check_resolution(place, res)
        seen = covered(ctx, connection, place, wanted)
        counted = incidents.counts(ctx, connection, place, start=start, end=end, category=category, res=wanted)
    at = cells.positions(seen.cells, counted.cells)
    held = np.maximum(counted.columns["n"][at >= 0], 0.0)
    need = np.bincount(at[at >= 0], weights=held, minlength=seen.cells.size).astype(np.float64)
    value = camera_areas.gaps(need, seen.columns["seen"])
    shown = (need > 0) & territory.visible(ctx, place, seen.cells)
    columns = {
        "value": value[shown].astype(np.float32),
        "n": need[shown].astype(np.uint32),
        "covered": seen.columns["seen"][shown].astype(np.float32),
    }
    meta = {**counted.meta, "n": int(columns["n"].sum()), "left_out": round(float(value[~shown].sum()))}
    return Columns(seen.cells[shown], columns, meta)


def covered(ctx: Context, connection: Connection, place: territory.World, resolution: int) -> Columns:
    """``per_km2``, ``seen``, ``cameras`` of every cell of the city at a resolution, kept by data version."""
    key = ("coverage", place.city.code, place.base.id, place.city.data_version, resolution)
    made: Columns = ctx.cache.get(key, lambda: _covered(place, near(connection, place), resolution))
    return made


def _covered(place: territory.World, rows: list[dict[str, Any]], resolution: int) -> Columns:
    ids = np.unique(cells.parents(place.base.cells, resolution))
    table = gpd.GeoDataFrame(
        {
            "lat": np.array([row["lat"] for row in rows], dtype=np.float64),
            "lng": np.array([row["lng"] for row in rows], dtype=np.float64),
            "heading_deg": np.array([_heading(row) for row in rows], dtype=np.float64),
            "angle_deg": np.array([row["angle_deg"] for row in rows], dtype=np.float64),
            "range_m": np.array([row["range_m"] for row in rows], dtype=np.float64),
            "online": np.array([row["status"] != "offline" for row in rows], dtype=np.bool_),
        }
    )
    made = camera_areas.coverage(ids, table)
    columns = {"per_km2": made.per_km2, "seen": made.seen, "cameras": made.cameras}
    offline = sum(row["status"] == "offline" for row in rows)
    meta = {"cameras": len(rows), "offline": offline, "resolution": resolution, "source": "cameras"}
    return Columns(ids, columns, meta)


def _heading(row: dict[str, Any]) -> float:
    """A dome or panning camera looks all round, and so does a fixed one whose heading nobody knows."""
    return row["heading_deg"] if row["kind"] == "fixed" and row["heading_deg"] is not None else float("nan")


def near(connection: Connection, place: territory.World) -> list[dict[str, Any]]:
    """Camera sites in the city and just around it, where they may still look into it."""
    west, south, east, north = territory.bounds(place)
    box = (west - _NEAR_DEG, south - _NEAR_DEG, east + _NEAR_DEG, north + _NEAR_DEG)
    return imported.rows(connection, "cameras", place.city.code, box=box)
