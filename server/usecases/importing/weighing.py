"""Households on cells, from everything that was imported: areas and points with counts, and buildings.

Where areas or points with counts are known, buildings only say where in an area people live. Where none are, the
households of the buildings themselves are counted.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from sqlalchemy import Connection

from geo import households
from server.rules import kinds, planned
from server.store import bases, imported, plans
from server.usecases.borders import ground as grounds
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.drafting import drawing, workload
from server.usecases.planning import drafts

MOST_PLANS = 1000


def weigh(ctx: Context, connection: Connection, place: territory.World) -> dict[str, Any] | None:
    """Store the households of every cell of the base; answers total, lost and source, or None without any source."""
    city = place.city.code
    sources = imported.rows(connection, "households", city, names=("households", "geometry"))
    built = imported.rows(connection, "buildings", city, names=("floors", "households", "geometry"))
    buildings = _frame(built, ("floors", "households")) if built else None
    if sources:
        placed = households.place(_frame(sources, ("households",)), place.base.cells, buildings=buildings)
        given, source = sum(row["households"] for row in sources), "households"
    else:
        lived = [row for row in built if row["households"]]
        if not lived:
            return None
        points = _frame(lived, ("households",))
        points = points.set_geometry(gpd.GeoSeries(shapely.point_on_surface(points.geometry.values), crs="EPSG:4326"))
        placed = households.place(points, place.base.cells)
        given, source = sum(row["households"] for row in lived), "buildings"
    total = float(placed.values.sum())
    told = {
        "source": source, "given": round(float(given), 3), "on_cells": round(total, 3),
        "outside": round(float(placed.lost), 3), "weighted_by_buildings": bool(sources and built),
    }
    bases.put_column(connection, place.base.id, "households", placed.values, source=told, at=ctx.stamp())
    told["plans"] = refigure(ctx, connection, place)
    return told


def refigure(ctx: Context, connection: Connection, place: territory.World) -> int:
    """Bring the plans in force and the drafts on this base up to its households; answers how many plans."""
    own = [
        row for kind in planned.EVERY
        for row in plans.of_city(connection, place.city.code, before=None, limit=MOST_PLANS, kind=kind)
        if row["base_id"] == place.base.id and row["status"] != "superseded"
    ]  # fmt: skip
    for row in own:
        whole = plans.get(connection, place.city.code, row["id"])
        assert whole is not None, f"plan {row['id']} is listed but not stored"
        drafts.refigure(connection, place, whole, _ground(ctx, connection, place, whole))
    return len(own)


def _ground(ctx: Context, connection: Connection, place: territory.World, row: dict[str, Any]) -> drafts.Ground:
    """What a plan is measured on, its dedicated grids apart."""
    if row["kind"] == planned.COMMUNITIES:
        return grounds.of_row(ctx, connection, place, row)
    labels = plans.labels_of(connection, row["id"])
    special = [grid["label"] for grid in plans.grids(connection, row["id"]) if grid["kind"] == kinds.DEDICATED]
    return drawing.make_ground(
        ctx, connection, place, band=(row["band_low"], row["band_high"]), exempt=np.isin(labels, special), unit=labels,
        wanted=workload.of_plan(row),
    )


def _frame(rows: list[dict[str, Any]], names: tuple[str, ...]) -> gpd.GeoDataFrame:
    columns = {
        name: np.array([np.nan if row[name] is None else float(row[name]) for row in rows], dtype=np.float64)
        for name in names
    }
    shapes = np.asarray(shapely.from_wkb([row["geometry"] for row in rows]), object)
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes, crs="EPSG:4326"))
