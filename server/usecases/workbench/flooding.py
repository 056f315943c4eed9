"""Cells that belong together on the ground: those of the building, or of the whole compound, at a place."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import cells, geodesy
from server.rules import permissions
from server.store import database, imported
from server.usecases.city import territory
from server.usecases.context import Context

Of = Literal["building", "compound"]
NEAR_M = 60.0
SPREAD_M = 1500.0
"""Buildings that share a compound's name but lie further away than this are another compound."""
STEP_M = 15.0


def flood(ctx: Context, city: str, *, lat: float, lng: float, of: Of = "compound") -> dict[str, Any]:
    """The cells under the building (or the compound) at or within ``NEAR_M`` metres of a place: ``{of, name, buildings,
    cells}``; none where nothing stands there."""
    permissions.check(ctx.actor, "plan.draw")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        plane = geodesy.plane_for(np.array([shapely.Point(lng, lat)], dtype=object))
        rows = _around(connection, city, lat, lng, NEAR_M)
        if not rows:
            return {"of": "building", "name": "", "buildings": 0, "cells": []}
        shapes = plane.project(_shapes(rows))
        here = plane.project(np.array([shapely.Point(lng, lat)], dtype=object))[0]
        away = shapely.distance(shapes, here)
        nearest = int(np.argmin(away))
        if away[nearest] > NEAR_M:
            return {"of": "building", "name": "", "buildings": 0, "cells": []}
        name = rows[nearest]["compound"] if of == "compound" else ""
        if name:
            found = [row for row in _around(connection, city, lat, lng, SPREAD_M) if row["compound"] == name]
            shapes = plane.project(_shapes(found))
        else:
            shapes = shapes[[nearest]]
    ids = _under(shapes, plane, place.base.resolution)
    at = cells.positions(place.base.cells, ids)
    return {
        "of": of if name else "building", "name": name, "buildings": len(shapes),
        "cells": cells.to_hex(place.base.cells[at[at >= 0]]),
    }  # fmt: skip


def _around(connection: Connection, city: str, lat: float, lng: float, metres: float) -> list[dict[str, Any]]:
    up = metres / 110_600
    aside = up / max(0.01, float(np.cos(np.radians(lat))))
    box = (lng - aside, lat - up, lng + aside, lat + up)
    return imported.rows(connection, "buildings", city, names=("compound", "geometry"), box=box)


def _shapes(rows: list[dict[str, Any]]) -> NDArray[np.object_]:
    return np.asarray(shapely.from_wkb([row["geometry"] for row in rows]), object)


def _under(shapes: NDArray[np.object_], plane: Any, res: int) -> NDArray[np.uint64]:
    """Cells that a building's middle or outline (a point every few metres) lies in."""
    outline = shapely.get_coordinates(shapely.segmentize(shapes, STEP_M))
    middle = shapely.get_coordinates(shapely.point_on_surface(shapes))
    points = np.concatenate([outline, middle])
    lats, lngs = plane.inverse(points[:, 0], points[:, 1])
    return np.unique(cells.from_points(lats, lngs, res))
