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
from server.store import bases, imported
from server.usecases import territory
from server.usecases.context import Context


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
    return told


def _frame(rows: list[dict[str, Any]], names: tuple[str, ...]) -> gpd.GeoDataFrame:
    columns = {
        name: np.array([np.nan if row[name] is None else float(row[name]) for row in rows], dtype=np.float64)
        for name in names
    }
    shapes = np.asarray(shapely.from_wkb([row["geometry"] for row in rows]), object)
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes, crs="EPSG:4326"))
