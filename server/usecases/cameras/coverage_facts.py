"""What coverage is counted from, per base cell: seen ground, seen road, key places in view, homes near, needs.

Everything is a sum over cells, so a grid's or a region's figure is the sum over its own cells. Kept by data version.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import cameras, cells, geodesy, raster
from server.rules import cameras as register
from server.rules import coverage as rules
from server.store import bases, imported
from server.usecases.cameras import coverage, sight
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.incidents import counting

STEP_M = 10.0
GATE_M = 30.0
"""A camera this near to a compound watches its entrance."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Samples:
    """Roads and railways every ``STEP_M`` metres: ``line`` int64[m] (row of ``lines``), ``cell`` int64[m] position of
    the base cell (-1 outside the city), ``lats``, ``lngs``, ``length_m``, ``seen`` (by a working camera). ``lines``:
    class and name."""

    lines: list[tuple[str, str]]
    line: Ints
    cell: Ints
    lats: Floats
    lngs: Floats
    length_m: Floats
    seen: NDArray[np.bool_]


@dataclass(frozen=True)
class Watched:
    """Key places: ``rows``, ``cell`` int64[p] position of the base cell (-1 outside), ``by`` the cameras (rows of the
    scene) that have each in view, working or not; ``often`` int64[p] how many working ones."""

    rows: list[dict[str, Any]]
    cell: Ints
    by: list[list[int]]
    often: Ints


def per_cell(ctx: Context, connection: Connection, place: territory.World) -> dict[str, Floats]:
    """float64[n] each: what ``coverage.covered`` counts, and online, offline, networked, network_known, complete,
    road_m, road_seen_m, places, places1, places2, households, near, compounds, compounds1."""
    key = ("coverage facts", place.city.code, place.base.id, place.city.data_version)
    made: dict[str, Floats] = ctx.cache.get(key, lambda: _per_cell(ctx, connection, place))
    return made


def samples(ctx: Context, connection: Connection, place: territory.World) -> Samples:
    """The city's roads and railways in small pieces."""
    key = ("coverage roads", place.city.code, place.base.id, place.city.data_version)
    made: Samples = ctx.cache.get(key, lambda: _samples(ctx, connection, place))
    return made


def watched(ctx: Context, connection: Connection, place: territory.World) -> Watched:
    """The key places and which cameras have them in view."""
    key = ("coverage places", place.city.code, place.base.id, place.city.data_version)
    made: Watched = ctx.cache.get(key, lambda: _watched(ctx, connection, place))
    return made


def near(ctx: Context, connection: Connection, place: territory.World, *, within_m: float) -> Floats:
    """Households per cell with a working camera within a distance of the cell's centre, float64[n]."""
    lived = bases.column(connection, place.base.id, "households")
    found = sight.scene(ctx, connection, place)
    homes = np.zeros(place.base.cells.size) if lived is None else lived
    return homes * _near_camera(place.base.cells, found, within_m=within_m)


def needs(
    ctx: Context, connection: Connection, place: territory.World, *, weights: rules.Weights,
    start: datetime | None = None, end: datetime | None = None, category: str | None = None,
) -> dict[str, Floats]:
    """``need`` float64[n], which sums to 1, and what it is made of: incidents, places, households.

    Where none of these is known, every square metre of public ground counts alike.
    """
    ids = place.base.cells
    counted = counting.counts(
        ctx, connection, place, start=start, end=end, category=category, res=place.base.resolution
    )
    at = cells.positions(ids, counted.cells)
    happened = np.maximum(counted.columns["n"][at >= 0], 0.0)
    known = per_cell(ctx, connection, place)
    parts = {
        "incidents": np.bincount(at[at >= 0], weights=happened, minlength=ids.size).astype(np.float64),
        "places": known["places"],
        "households": known["households"],
    }
    need = np.zeros(ids.size)
    for name, part in parts.items():
        total = float(part.sum())
        if total > 0:
            need += getattr(weights, name) * part / total
    if not need.any():
        need = known["public_m2"]
    whole = float(need.sum())
    return {"need": need / whole if whole > 0 else need, **parts}


def _per_cell(ctx: Context, connection: Connection, place: territory.World) -> dict[str, Floats]:
    ids = place.base.cells
    found = sight.scene(ctx, connection, place)
    known = dict(coverage.covered(ctx, connection, place, place.base.resolution).columns)
    at = cells.positions(ids, np.array([row["cell"] for row in found.rows], np.uint64))

    def tally(says: list[bool]) -> Floats:
        return _sum(at, np.array(says, np.float64), ids.size)

    known["online"] = tally([row["status"] == "online" for row in found.rows])
    known["offline"] = tally([row["status"] == "offline" for row in found.rows])
    known["networked"] = tally([row["networked"] == 1 for row in found.rows])
    known["network_known"] = tally([row["networked"] is not None for row in found.rows])
    known["complete"] = tally([all(row[name] for name in register.MUST_STATE) for row in found.rows])
    roads = samples(ctx, connection, place)
    known["road_m"] = _sum(roads.cell, roads.length_m, ids.size)
    known["road_seen_m"] = _sum(roads.cell, roads.length_m * roads.seen, ids.size)
    sights = watched(ctx, connection, place)
    for name, least in (("places", 0), ("places1", 1), ("places2", 2)):
        known[name] = _sum(sights.cell, (sights.often >= least).astype(np.float64), ids.size)
    lived = bases.column(connection, place.base.id, "households")
    known["households"] = np.zeros(ids.size) if lived is None else lived
    known["near"] = known["households"] * _near_camera(ids, found, within_m=rules.NEAR.home_m)
    known |= _compounds(ids, found)
    return known


def _sum(at: Ints, values: Floats, size: int) -> Floats:
    inside = at >= 0
    return np.bincount(at[inside], weights=values[inside], minlength=size).astype(np.float64)


def _samples(ctx: Context, connection: Connection, place: territory.World) -> Samples:
    city, ids = place.city.code, place.base.cells
    rows = imported.rows(connection, "roads", city, names=("class", "name", "geometry"))
    rails = imported.rows(connection, "barriers", city, names=("name", "geometry"), where={"kind": "rail"})
    lines = [(str(row["class"]), str(row["name"])) for row in rows] + [("rail", str(row["name"])) for row in rails]
    shapes = np.asarray(shapely.from_wkb([row["geometry"] for row in (*rows, *rails)]), object)
    none, empty = np.empty(0, np.int64), np.empty(0)
    if not shapes.size:
        return Samples(lines, none, none, empty, empty, empty, np.empty(0, np.bool_))
    plane = geodesy.plane_for(shapes)
    points, line = shapely.get_coordinates(
        shapely.segmentize(plane.project(_drawn(shapes)), STEP_M), return_index=True
    )
    step = np.hypot(*np.diff(points, axis=0).T)
    joined = np.flatnonzero((line[1:] == line[:-1]) & (step > 0) & (step <= STEP_M * 1.001))
    middle = (points[joined] + points[joined + 1]) / 2
    lats, lngs = plane.inverse(middle[:, 0], middle[:, 1])
    views = np.asarray(sight.scene(ctx, connection, place).working.values, object)
    on = cameras.lattice(ids, views)
    seen = raster.often(raster.count(views, on), lats, lngs) > 0
    cell = cells.positions(ids, cells.from_points(lats, lngs, place.base.resolution)).astype(np.int64)
    return Samples(lines, line[joined].astype(np.int64), cell, lats, lngs, step[joined], seen)


def _drawn(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Areas (a railway may be one) by their outline."""
    areas = shapely.get_dimensions(shapes) == 2
    return np.where(areas, shapely.boundary(shapes), shapes)


def _watched(ctx: Context, connection: Connection, place: territory.World) -> Watched:
    found = sight.scene(ctx, connection, place)
    rows = imported.rows(connection, "places", place.city.code, box=territory.bounds(place))
    cell = cells.positions(place.base.cells, np.array([row["cell"] for row in rows], np.uint64)).astype(np.int64)
    by: list[list[int]] = [[] for _ in rows]
    if rows and found.rows:
        points = shapely.points([row["lng"] for row in rows], [row["lat"] for row in rows])
        plane = geodesy.plane_for(points)
        tree = shapely.STRtree(plane.project(found.views))
        at, camera = tree.query(plane.project(points), predicate="dwithin", distance=rules.NEAR.place_m)
        for i, c in zip(at.tolist(), camera.tolist(), strict=True):
            by[i].append(c)
    often = np.array([sum(bool(found.works[c]) for c in some) for some in by], np.int64)
    return Watched(rows, cell, by, often)


def _near_camera(ids: NDArray[np.uint64], found: sight.Scene, *, within_m: float) -> Floats:
    """1 for each cell whose centre has a working camera within the distance, else 0."""
    near = np.zeros(ids.size)
    working = [row for row, works in zip(found.rows, found.works.tolist(), strict=True) if works]
    if working and ids.size:
        points = shapely.points([row["lng"] for row in working], [row["lat"] for row in working])
        plane = geodesy.plane_for(points)
        lats, lngs = cells.centres(ids)
        centres = shapely.points(*plane.forward(lats, lngs))
        tree = shapely.STRtree(plane.project(points))
        near[tree.query(centres, predicate="dwithin", distance=within_m)[0]] = 1.0
    return near


def _compounds(ids: NDArray[np.uint64], found: sight.Scene) -> dict[str, Floats]:
    """Compounds, and those of them with a working camera at an entrance, each counted in the cell of its middle."""
    none = np.zeros(ids.size)
    if not len(found.private):
        return {"compounds": none, "compounds1": none}
    middle = shapely.point_on_surface(found.private)
    res = cells.resolution(ids)
    at = cells.positions(ids, cells.from_points(shapely.get_y(middle), shapely.get_x(middle), res)).astype(np.int64)
    guarded = np.zeros(len(found.private))
    working = [row for row, works in zip(found.rows, found.works.tolist(), strict=True) if works]
    if working:
        plane = geodesy.plane_for(found.private)
        points = plane.project(shapely.points([row["lng"] for row in working], [row["lat"] for row in working]))
        hit = shapely.STRtree(points).query(plane.project(found.private), predicate="dwithin", distance=GATE_M)[0]
        guarded[hit] = 1.0
    return {"compounds": _sum(at, np.ones(at.size), ids.size), "compounds1": _sum(at, guarded, ids.size)}
