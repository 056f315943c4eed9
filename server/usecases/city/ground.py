"""The ground under the grids: roads, water, buildings and railways, as coarse as the zoom allows."""

from __future__ import annotations

from typing import Any

import shapely
from sqlalchemy import Connection

from server.store import database, imported
from server.usecases import errors
from server.usecases.city import territory
from server.usecases.context import Context

GROUND_AT_MOST = 20_000
_MAIN_ROADS = ("motorway", "trunk", "primary")
_MIDDLE_ROADS = (*_MAIN_ROADS, "secondary", "tertiary")
_GROUND = {"water": ("barriers", ["river"]), "rail": ("barriers", ["rail"])}


def get(
    ctx: Context, city: str, *, kind: str, bbox: tuple[float, float, float, float], zoom: int
) -> dict[str, Any]:
    """What lies under the grids in ``bbox`` (west, south, east, north) as GeoJSON, as coarse as ``zoom`` allows.

    ``kind`` is road, water, building or rail. Far out only main roads and no buildings are drawn.
    """
    if kind not in ("road", "water", "building", "rail"):
        raise errors.Invalid("ground", f"There is no ground {kind!r}; it is road, water, building or rail.")
    with database.reading(ctx.db) as connection:
        territory.city(ctx, connection, city)
        rows = _ground_rows(connection, city, kind, bbox, zoom)
    tolerance = 360.0 / (256 * 2**zoom)
    features = []
    for row in rows:
        shape = shapely.simplify(shapely.from_wkb(row["geometry"]), tolerance)
        if shape.is_empty:
            continue
        properties = {"kind": kind, "class": row.get("class", row.get("use", "")), "name": row.get("name", "")}
        features.append({"type": "Feature", "geometry": shapely.geometry.mapping(shape), "properties": properties})
    return {"type": "FeatureCollection", "features": features}


def _ground_rows(
    connection: Connection, city: str, kind: str, box: tuple[float, float, float, float], zoom: int
) -> list[dict[str, Any]]:
    if kind in _GROUND:
        table, kinds = _GROUND[kind]
        return imported.rows(connection, table, city, box=box, limit=GROUND_AT_MOST, where={"kind": kinds})
    if kind == "building":
        if zoom < 15:
            return []
        names = ("use", "geometry")
        return imported.rows(connection, "buildings", city, names=names, box=box, limit=GROUND_AT_MOST)
    if zoom >= 15:
        return imported.rows(connection, "roads", city, box=box, limit=GROUND_AT_MOST)
    classes = list(_MAIN_ROADS if zoom < 13 else _MIDDLE_ROADS)
    return imported.rows(connection, "roads", city, box=box, limit=GROUND_AT_MOST, where={"class": classes})
