"""Where points lie, in words: region, grid in force, the named roads that meet there, or else a key place near by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import cells, geodesy
from server.usecases import errors
from server.usecases.cameras import coverage_facts
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.planning import plans

ROAD_M = 40.0
"""A road this near to a point is one of those that meet there."""
PLACE_M = 300.0
MOST_ROADS = 2


def of(
    ctx: Context, connection: Connection, place: territory.World, *, lats: Sequence[float], lngs: Sequence[float]
) -> list[dict[str, Any]]:
    """Of each point: ``region`` and ``grid`` (code and name, the grid its label too; None where there is none that the
    actor may see), ``roads`` (at most ``MOST_ROADS`` names, the nearest first, within ``ROAD_M``), ``near`` (a key
    place within ``PLACE_M`` where no named road is near, or None)."""
    if not len(lats):
        return []
    ids = cells.from_points(list(lats), list(lngs), place.base.resolution)
    at = cells.positions(place.base.cells, ids)
    visible = territory.visible_regions(ctx, place)
    grids = _grids(ctx, connection, place, ids)
    roads, places = _roads(ctx, connection, place), _places(ctx, connection, place)
    told = []
    for i, (lat, lng) in enumerate(zip(lats, lngs, strict=True)):
        number = int(place.base.region[at[i]]) if at[i] >= 0 else -1
        region = place.regions.get(number) if number in visible else None
        names = _nearest(roads, lat, lng, within_m=ROAD_M)[:MOST_ROADS]
        told.append({
            "region": {"code": region.code, "name": region.name} if region else None, "grid": grids[i],
            "roads": names, "near": None if names else next(iter(_nearest(places, lat, lng, within_m=PLACE_M)), None),
        })  # fmt: skip
    return told


def _grids(ctx: Context, connection: Connection, place: territory.World, ids: Any) -> list[dict[str, Any] | None]:
    """The grid in force of each cell, as far as the actor sees it."""
    try:
        plan = plans.load(ctx, connection, place.city.code, plans.CURRENT)
    except errors.NotFound:
        return [None] * len(ids)
    drawn = {
        row["label"]: {"label": row["label"], "code": row["code"], "name": row["name"]}
        for row in plans.shown_grids(ctx, connection, plan.place, plan.id)
    }
    at = cells.positions(plan.place.base.cells, ids)
    return [drawn.get(int(plan.labels[one])) if one >= 0 else None for one in at.tolist()]


_Named = tuple[NDArray[np.float64], NDArray[np.float64], list[str]]
"""Latitudes, longitudes and names of points."""


def _roads(ctx: Context, connection: Connection, place: territory.World) -> _Named:
    found = coverage_facts.samples(ctx, connection, place)
    kept = np.array([bool(name) and kind != "rail" for kind, name in found.lines], np.bool_)[found.line]
    return found.lats[kept], found.lngs[kept], [found.lines[line][1] for line in found.line[kept].tolist()]


def _places(ctx: Context, connection: Connection, place: territory.World) -> _Named:
    known = coverage_facts.watched(ctx, connection, place).rows
    rows = [row for row in territory.in_scope(ctx, place, known) if row["name"]]
    points = np.array([[row["lat"], row["lng"]] for row in rows], np.float64).reshape(-1, 2)
    return points[:, 0], points[:, 1], [row["name"] for row in rows]


def _nearest(named: _Named, lat: float, lng: float, *, within_m: float) -> list[str]:
    """The names of points within a distance, each once, the nearest first."""
    lats, lngs, names = named
    if not names:
        return []
    north, east = geodesy.metres_per_degree(lat)
    off = np.hypot((lats - lat) * north, (lngs - lng) * east)
    close = np.flatnonzero(off <= within_m)
    return list(dict.fromkeys(names[i] for i in close[np.argsort(off[close], kind="stable")].tolist()))
