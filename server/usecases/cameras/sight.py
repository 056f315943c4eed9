"""What every camera of a city sees behind the city's buildings, made once for each version of its data.

A *scene* holds the cameras in and just around a city, the walls, the private grounds, and the view of every camera as
if it worked. The ground of a compound is the hull of its buildings. A camera that a map puts a little inside a wall is
moved onto it. Heights count where they are known; an unknown building hides everything, an unknown camera is low.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import cameras, cells, geodesy, raster, visibility
from server.store import imported
from server.usecases.city import territory
from server.usecases.context import Context

NEAR_DEG = 0.02
TO_WALL_M = 5.0
FLOOR_M = 3.0
PATCH_M = 2.0
LARGEST_COMPOUND_M2 = 250_000.0
"""Buildings that share a compound's name but lie this far spread are not one compound."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scene:
    """``rows`` cameras; ``sites`` the same as a table; ``works`` bool[n]; ``views`` polygons[n]; ``walls`` None where
    buildings are left out; ``private`` polygons of compounds by ``compounds`` (names); ``tree`` of ``views``,
    ``grounds`` of ``private``."""

    rows: list[dict[str, Any]]
    sites: gpd.GeoDataFrame
    works: NDArray[np.bool_]
    views: NDArray[np.object_]
    walls: visibility.Walls | None
    private: NDArray[np.object_]
    compounds: list[str]
    tree: shapely.STRtree
    grounds: shapely.STRtree

    @property
    def seen_by(self) -> gpd.GeoSeries:
        """The views of all cameras."""
        return gpd.GeoSeries(self.views, crs="EPSG:4326")

    @property
    def working(self) -> gpd.GeoSeries:
        """The views of the cameras that work."""
        return gpd.GeoSeries(self.views[self.works], crs="EPSG:4326")


def scene(ctx: Context, connection: Connection, place: territory.World, *, buildings: bool = True) -> Scene:
    """The scene of a city, kept by data version. ``buildings`` false: plain sectors, and all ground is public."""
    key = ("scene", place.city.code, place.base.id, place.city.data_version, buildings)
    made: Scene = ctx.cache.get(key, lambda: _scene(connection, place, buildings=buildings))
    return made


def near(connection: Connection, place: territory.World) -> list[dict[str, Any]]:
    """Camera sites in the city and just around it, where they may still look into it."""
    west, south, east, north = territory.bounds(place)
    box = (west - NEAR_DEG, south - NEAR_DEG, east + NEAR_DEG, north + NEAR_DEG)
    return imported.rows(connection, "cameras", place.city.code, box=box)


def looks(rows: list[dict[str, Any]], *, walls: visibility.Walls | None) -> NDArray[np.object_]:
    """The view of each camera (kind, lat, lng, heading_deg, headings, angle_deg, range_m, height_m, tilt_deg,
    masked)."""
    aims = [(i, heading) for i, row in enumerate(rows) for heading in _headings(row)]
    if not aims:
        return np.empty(0, object)
    at = np.array([i for i, _ in aims])
    lats, lngs = (np.array([row[name] for row in rows], np.float64) for name in ("lat", "lng"))
    if walls is not None:
        lats, lngs, _ = visibility.to_wall(lats, lngs, buildings=walls, within_m=TO_WALL_M)
    heights = np.array([-np.inf if row.get("height_m") is None else row["height_m"] for row in rows], np.float64)
    tilts = np.array([np.nan if row.get("tilt_deg") is None else row["tilt_deg"] for row in rows], np.float64)
    seen = cameras.views(
        lats[at],
        lngs[at],
        heading_deg=np.array([heading for _, heading in aims], np.float64),
        angle_deg=np.array([row["angle_deg"] for row in rows], np.float64)[at],
        range_m=np.array([row["range_m"] for row in rows], np.float64)[at],
        buildings=walls,
        height_m=heights[at],
        tilt_deg=tilts[at],
        masked=[[(arc[0], arc[1]) for arc in rows[i].get("masked") or ()] for i in at.tolist()],
    )
    shapes = np.asarray(seen.values, object)
    if at.size == len(rows):
        return shapes
    start = np.searchsorted(at, np.arange(len(rows) + 1))
    return np.array(
        [
            shapes[first] if last - first == 1 else shapely.union_all(shapes[first:last])
            for first, last in zip(start[:-1].tolist(), start[1:].tolist(), strict=True)
        ],
        object,
    )


def changed(
    scene: Scene, views: NDArray[np.object_], old: NDArray[np.object_], ids: NDArray[np.uint64], *,
    without: int | None = None,
) -> tuple[NDArray[np.int64], Floats, Floats]:
    """What changes if ``views`` come and ``old`` ones go: positions of the cells that any of them touches, and the
    square metres of public ground in each that are newly seen and that are lost.

    ``without``: a camera (row) that no longer looks from where it stands. Only the ground of these views is looked at:
    what other cameras see elsewhere does not change.
    """
    shapes = np.concatenate([views, old])
    there = shapes[~shapely.is_empty(shapes)]
    if not there.size:
        return np.empty(0, np.int64), np.empty(0), np.empty(0)
    on = raster.lattice(tuple(shapely.total_bounds(there).tolist()), patch_m=PATCH_M)
    others = [i for i in np.unique(scene.tree.query(there)[1]).tolist() if i != without and scene.works[i]]
    blocked = scene.private[np.unique(scene.grounds.query(there)[1])]
    if scene.walls is not None:
        blocked = np.concatenate([scene.walls.shapes[np.unique(scene.walls.tree.query(there)[1])], blocked])
    cut, patch = raster.members(shapes, on)
    now, before = patch[: cut[len(views)]], patch[cut[len(views)] :]
    every = np.union1d(now, before)
    free = ~raster.covered(raster.count(blocked, on), every)
    free &= ~raster.covered(raster.count(scene.views[others], on), every)
    at = cells.positions(ids, cells.from_points(*raster.centres(every, on), cells.resolution(ids)))
    inside = at >= 0
    touched, row = np.unique(at[inside], return_inverse=True)

    def area(mine: NDArray[np.int64], other: NDArray[np.int64]) -> Floats:
        only = (free & np.isin(every, mine) & ~np.isin(every, other))[inside]
        return np.bincount(row[only], minlength=touched.size).astype(np.float64) * on.patch_m2

    return touched.astype(np.int64), area(now, before), area(before, now)


def _scene(connection: Connection, place: territory.World, *, buildings: bool) -> Scene:
    rows = near(connection, place)
    walls, private, names = _ground(connection, place) if buildings else (None, np.empty(0, object), [])
    views = looks(rows, walls=walls)
    works = np.array([row["status"] != "offline" for row in rows], np.bool_)
    trees = (shapely.STRtree(views), shapely.STRtree(private))
    return Scene(rows, _table(rows, works), works, views, walls, private, names, *trees)


def _ground(
    connection: Connection, place: territory.World
) -> tuple[visibility.Walls | None, NDArray[np.object_], list[str]]:
    west, south, east, north = territory.bounds(place)
    box = (west - NEAR_DEG, south - NEAR_DEG, east + NEAR_DEG, north + NEAR_DEG)
    found = imported.rows(
        connection, "buildings", place.city.code, names=("floors", "height_m", "compound", "geometry"), box=box
    )
    if not found:
        return None, np.empty(0, object), []
    shapes = np.asarray(shapely.from_wkb([row["geometry"] for row in found]), object)
    heights = np.array([_height(row) for row in found], np.float64)
    walls = visibility.walls(gpd.GeoSeries(shapes, crs="EPSG:4326"), heights_m=heights)
    members: dict[str, list[int]] = {}
    for i, row in enumerate(found):
        if row["compound"]:
            members.setdefault(row["compound"], []).append(i)
    hulls = [shapely.convex_hull(shapely.multipolygons(shapely.get_parts(shapes[own]))) for own in members.values()]
    private = np.empty(len(hulls), object)
    private[:] = hulls
    small = geodesy.areas_m2(private) <= LARGEST_COMPOUND_M2 if len(hulls) else np.empty(0, np.bool_)
    names = [name for name, keep in zip(members, small.tolist(), strict=True) if keep]
    return walls, private[small], names


def _height(row: dict[str, Any]) -> float:
    if row["height_m"] is not None:
        return float(row["height_m"])
    return float(row["floors"]) * FLOOR_M if row["floors"] else np.nan


def _headings(row: dict[str, Any]) -> list[float]:
    """A dome or panning camera looks all round, and so does a fixed one whose direction nobody knows."""
    if row["kind"] != "fixed" or row["heading_deg"] is None:
        return [float("nan")]
    return [float(row["heading_deg"]), *(float(one) for one in row.get("headings") or ())]


def _table(rows: list[dict[str, Any]], works: NDArray[np.bool_]) -> gpd.GeoDataFrame:
    columns: dict[str, NDArray[Any]] = {
        name: np.array([row[name] for row in rows], np.float64) for name in ("lat", "lng", "angle_deg", "range_m")
    }
    columns["heading_deg"] = np.array([_headings(row)[0] for row in rows], np.float64)
    return gpd.GeoDataFrame({**columns, "online": works})
