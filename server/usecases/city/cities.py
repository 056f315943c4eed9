"""Cities: which there are, what one consists of, its regions."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from server.rules import permissions, planned
from server.store import bases, cities, database, imported, plans, regions
from server.usecases import errors
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.incidents import counting

_COUNTED = ("workers", "centres", "cameras", "places", "buildings", "roads", "barriers")


def list_(ctx: Context) -> dict[str, Any]:
    """The cities of the actor's territory: ``{"cities": [{code, name, resolution, cells, plan}]}``."""
    with database.reading(ctx.db) as connection:
        found = [city for city in cities.every(connection) if permissions.reaches(ctx.actor, city.code)]
        return {
            "cities": [
                {
                    "code": city.code,
                    "name": city.name,
                    "resolution": city.resolution,
                    "cells": bases.size(connection, city.base_id) if city.base_id is not None else 0,
                    "plan": city.plan_id,
                    "demo": city.demo,
                }
                for city in found
            ]
        }


def version(ctx: Context, code: str) -> int:
    """The city's data version: it rises with every change of its data, so it may serve as an ETag."""
    found = None
    if permissions.reaches(ctx.actor, code):
        with database.reading(ctx.db) as connection:
            found = cities.data_version(connection, code)
    if found is None:
        raise errors.NotFound("not_found", f"There is no city {code!r}.")
    return found


def get(ctx: Context, code: str) -> dict[str, Any]:
    """One city as the map page needs it: extent, levels, plan in force, incidents, counts, allowed actions.
    ``has_plan``: whether ``current`` names a plan, so that nobody needs to ask for one that is not there."""
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, code)
        city, base = place.city, place.base
        plan = plans.get(connection, code, city.plan_id) if city.plan_id else None
        counts = {kind: imported.count(connection, kind, code) for kind in _COUNTED}
        return {
            "code": city.code,
            "name": city.name,
            "tz": city.tz,
            "resolution": city.resolution,
            "cells": int(base.cells.size),
            "bbox": list(shapely.from_wkb(base.boundary).bounds),
            "levels": city.levels,
            "data_version": city.data_version,
            "demo": city.demo,
            "plan_in_force": {"id": plan["id"], "version": plan["version"]} if plan else None,
            "has_plan": plan is not None
            or plans.newest(connection, code, status="draft", kind=planned.GRIDS) is not None,
            "incidents": counting.summary(ctx, connection, place),
            "counts": counts,
            "can": sorted(permissions.allowed(ctx.actor)),
        }


def region(ctx: Context, code: str, region_id: int) -> str | None:
    """The code of a region; None when it is gone."""
    with database.reading(ctx.db) as connection:
        found = regions.get(connection, region_id)
    return found.code if found is not None and found.city == code else None


def tree(ctx: Context, code: str, *, level: str) -> dict[str, Any]:
    """Regions of a level as a GeoJSON FeatureCollection (WGS-84), with cells, households and grids of each."""
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, code)
        visible = territory.visible_regions(ctx, place)
        shapes = regions.geometries(connection, place.base.id, level=level)
        households = bases.column(connection, place.base.id, "households")
        row = plans.get(connection, code, place.city.plan_id) if place.city.plan_id else None
        grids = plans.grids(connection, row["id"]) if row else []
        here = territory.since(ctx, connection, place, row["base_id"]) if row else {}
    totals = _households_by_region(place, households)
    drawn: dict[int, int] = {}
    for grid in grids:
        for region in place.chain(here.get(grid["region_id"])):
            drawn[region.id] = drawn.get(region.id, 0) + 1
    features = []
    for number, region in place.regions.items():
        if region.level != level or number not in visible:
            continue
        properties = {
            "id": str(number), "code": region.code, "name": region.name, "level": level,
            "parent": str(region.parent_id) if region.parent_id is not None else None,
            "cells": region.cells, "area_km2": region.area_km2,
            "households": round(totals.get(number, 0.0), 1), "grids": drawn.get(number, 0),
            "middle": _middle(region, shapes[number]),
        }
        geometry = shapely.geometry.mapping(shapely.from_wkb(shapes[number]))
        features.append({"type": "Feature", "id": str(number), "geometry": geometry, "properties": properties})
    return {"type": "FeatureCollection", "features": features}


def _middle(region: regions.Region, wkb: bytes) -> dict[str, Any]:
    """Where a region's name may stand: a point inside it, and its box."""
    point = shapely.point_on_surface(shapely.from_wkb(wkb))
    return {"lat": point.y, "lng": point.x, "bbox": [region.west, region.south, region.east, region.north]}


def _households_by_region(place: territory.World, households: Any) -> dict[int, float]:
    if households is None:
        return {}
    lowest, at = np.unique(place.base.region, return_inverse=True)
    totals: dict[int, float] = {}
    for number, value in zip(lowest.tolist(), np.bincount(at, weights=households).tolist(), strict=True):
        for region in place.chain(number):
            totals[region.id] = totals.get(region.id, 0.0) + value
    return totals
