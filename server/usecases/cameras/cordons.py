"""Cordons: whether every road that crosses a boundary or a drawn ring does so in view of a working camera."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from sqlalchemy import Connection

from geo import cordon, geodesy
from server.rules import coverage as rules
from server.rules import permissions
from server.store import database, imported
from server.store import regions as region_rows
from server.usecases import errors
from server.usecases.cameras import sight
from server.usecases.city import territory
from server.usecases.context import Context

WALKED = ("footway", "path", "steps", "cycleway", "pedestrian", "corridor", "bridleway")
MOST_CORNERS = 5_000
Ring = list[tuple[float, float]]


def closure(
    ctx: Context, city: str, *, region: str | None = None, ring: Ring | None = None,
    inwards_m: tuple[float, ...] = (0.0,), walked: bool = False,
) -> dict[str, Any]:
    """``{cordons: [{inwards_m, n, seen, closure, crossings: [{lat, lng, road, class, seen}]}]}``.

    The cordon is the boundary of the city, of ``region`` (a code), or the closed ``ring`` of (lng, lat); each of
    ``inwards_m`` draws another one that many metres inside it. Footpaths count only with ``walked``. Raises Invalid
    for a ring that is no polygon, NotFound for a region outside the territory.
    """
    permissions.check(ctx.actor, "gap.read")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        shape = _shape(ctx, connection, place, region, ring)
        views = sight.scene(ctx, connection, place).working
        west, south, east, north = shape.bounds
        rows = imported.rows(connection, "roads", city, box=(west, south, east, north))
    if not walked:
        rows = [row for row in rows if row["class"] not in WALKED]
    roads = gpd.GeoSeries(
        np.asarray(shapely.from_wkb([row["geometry"] for row in rows]), object), crs="EPSG:4326"
    )
    plane = geodesy.plane_for([shape])
    flat = plane.project([shape])[0]
    told = []
    for metres in sorted(set(inwards_m)):
        inner = shapely.buffer(flat, -metres) if metres else flat
        if inner.is_empty:
            raise errors.Invalid("inwards_m", f"{metres:g} m inside the cordon nothing is left of it.")
        line = plane.unproject([inner])[0]
        found = cordon.crossings(line, roads, views, within_m=rules.NEAR.crossing_m)
        crossings = [
            {"lat": lat, "lng": lng, "road": rows[r]["name"], "class": rows[r]["class"], "seen": seen}
            for r, lat, lng, seen in zip(
                found.road.tolist(), found.lats.tolist(), found.lngs.tolist(), found.seen.tolist(), strict=True
            )
        ]
        told.append({
            "inwards_m": metres, "n": len(crossings), "seen": int(found.seen.sum()),
            "closure": None if found.closure is None else round(found.closure, 4),
            "crossings": sorted(crossings, key=lambda one: (one["seen"], one["class"], one["road"])),
            "line": shapely.geometry.mapping(shapely.boundary(line)),
        })  # fmt: skip
    return {"within_m": rules.NEAR.crossing_m, "cordons": told}


def polygon(ring: Ring) -> shapely.Geometry:
    """The polygon of a drawn ring (lng, lat). Raises Invalid for one that crosses itself or has too many corners."""
    if not 3 <= len(ring) <= MOST_CORNERS:
        raise errors.Invalid("ring", f"A ring has 3 to {MOST_CORNERS} corners, not {len(ring)}.")
    shape = shapely.Polygon(ring)
    if not shape.is_valid or shape.area == 0:
        raise errors.Invalid("ring", "The ring crosses itself or has no area.")
    return shape


def _shape(
    ctx: Context, connection: Connection, place: territory.World, region: str | None, ring: Ring | None
) -> shapely.Geometry:
    """What the cordon runs around; never beyond the actor's territory."""
    own = _territory(connection, place)
    if ring is not None:
        shape = polygon(ring)
        if not shapely.intersects(own, shape):
            raise errors.NotFound("not_found", "The ring lies outside the territory.")
        if place.own is not None and not shapely.covers(own, shape):
            raise errors.NotFound("not_found", "The ring reaches beyond the territory.")
        return shape
    if region is None:
        return own
    visible = territory.visible_regions(ctx, place)
    found = next((one for one in place.regions.values() if one.code == region and one.id in visible), None)
    if found is None:
        raise errors.NotFound("not_found", f"There is no region {region!r}.")
    return shapely.from_wkb(region_rows.geometries(connection, place.base.id, level=found.level)[found.id])


def _territory(connection: Connection, place: territory.World) -> shapely.Geometry:
    if place.own is None:
        return shapely.from_wkb(place.base.boundary)
    if place.own not in place.regions:
        raise errors.NotFound("not_found", "The territory has no ground in the city as it is now.")
    level = place.regions[place.own].level
    return shapely.from_wkb(region_rows.geometries(connection, place.base.id, level=level)[place.own])
