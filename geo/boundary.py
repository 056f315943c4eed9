"""Polygons and cells: which cells a polygon gets, and which region each cell belongs to.

A cell belongs to the polygon that holds its centre, so touching polygons never share a cell, and a narrow polygon may
get none. Edges are straight in longitude and latitude, as in libh3. Geometries are WGS-84 (lng, lat).
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo import cells, errors, geodesy

LIMIT_CELLS = 5_000_000


def fill(geometry: BaseGeometry, res: int, *, limit: int = LIMIT_CELLS) -> cells.Cells:
    """The cells whose centre lies in the polygon or multipolygon: a set of cells, possibly empty.

    The same cells as libh3's ``polygonToCells``. Raises ``GeometryError`` for another type of geometry, and before any
    work when ``estimate`` exceeds ``limit``; ``CoordinateError`` for points off the globe.
    """
    parts = _parts(geometry)
    expected = estimate(geometry, res)
    if expected > limit:
        raise errors.GeometryError(
            f"about {expected:,} cells of resolution {res} would have to be looked at, more than the limit of "
            f"{limit:,}; take a coarser resolution or a smaller area",
            values=expected,
        )
    found = [cells.inside_rings([_ring(p.exterior), *(_ring(h) for h in p.interiors)], res) for p in parts]
    return found[0] if len(found) == 1 else cells.distinct(np.concatenate([np.empty(0, np.uint64), *found]))


def estimate(geometry: BaseGeometry, res: int) -> int:
    """About how many cells ``fill`` would look at, from area and perimeter alone.

    Cells along the edges are each tested, so a long thin polygon costs by its length.
    """
    parts = _parts(geometry)
    if parts.size == 0:
        return 0
    cell_m2 = cells.mean_area_m2(res)
    edge_m = np.radians(shapely.length(parts)).sum() * geodesy.RADIUS_M
    return int(_areas_m2(parts).sum() / cell_m2 + edge_m / np.sqrt(cell_m2)) + parts.size


def _areas_m2(parts: NDArray[np.object_]) -> NDArray[np.float64]:
    """Areas on the sphere of polygons whose edges are straight in longitude and latitude: the integral of sin(lat)."""
    rings, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    lng, lat = np.radians(points).T
    inner = ring[1:] == ring[:-1]
    middle, half = (lat[1:] + lat[:-1]) / 2, (lat[1:] - lat[:-1]) / 2
    under = np.where(inner, np.diff(lng) * np.sin(middle) * np.sinc(half / np.pi), 0.0)
    area = np.abs(np.bincount(ring[1:], under, minlength=rings.size))
    outer = np.append(True, part[1:] != part[:-1])
    total = np.bincount(part, np.where(outer, area, -area), minlength=parts.size)
    return np.asarray(total * geodesy.RADIUS_M**2, np.float64)


def narrow(geometries: gpd.GeoSeries, res: int) -> NDArray[np.int64]:
    """Rows of the polygons that get no cell at this resolution because no cell's centre lies in them."""
    empty = [n for n, g in enumerate(geometries) if g is None or g.is_empty or fill(g, res).size == 0]
    return np.array(empty, np.int64)


def regions_of(ids: cells.Cells, regions: gpd.GeoDataFrame, *, nearest: bool = False) -> NDArray[np.int32]:
    """Row of the region that holds each cell's centre, int32[n], -1 where none does.

    With ``nearest`` a cell in a gap between regions takes the nearest one (for cells known to lie in the city).
    Where regions overlap, and on a line that two share, the first row wins.
    """
    shapes = np.asarray(regions.geometry.values, object)
    lats, lngs = cells.centres(ids)
    points = np.asarray(shapely.points(lngs, lats), object)
    row = containing(shapes, points)
    gap = np.flatnonzero(row < 0)
    some = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    if nearest and gap.size and some.size:
        plane = geodesy.plane_for(shapes[some])
        tree = shapely.STRtree(plane.project(shapes[some]))
        row[gap] = some[tree.nearest(plane.project(points[gap]))]
    return row.astype(np.int32)


def containing(shapes: NDArray[np.object_], points: NDArray[np.object_]) -> NDArray[np.int64]:
    """Row of the first polygon that each point lies in or on, int64[n], -1 where none."""
    row = np.full(points.size, -1, np.int64)
    if shapes.size == 0 or points.size == 0:
        return row
    shapely.prepare(shapes)
    shape, point = shapely.STRtree(points).query(shapes, predicate="intersects")
    order = np.argsort(-shape, kind="stable")
    row[point[order]] = shape[order]
    return row


def polygons(ids: cells.Cells) -> NDArray[np.object_]:
    """Each cell as a polygon (lng, lat). Longitudes of a cell on the antimeridian go on beyond 180 degrees."""
    lats, lngs, counts = cells.boundaries(ids)
    split = np.nanmax(lngs, axis=1, initial=-180.0) - np.nanmin(lngs, axis=1, initial=180.0) > 180.0
    lngs = np.where(split[:, None] & (lngs < 0.0), lngs + 360.0, lngs)
    used = np.arange(lats.shape[1]) < counts[:, None]
    rings = shapely.linearrings(
        np.column_stack((lngs[used], lats[used])), indices=np.repeat(np.arange(ids.size), counts)
    )
    return np.asarray(shapely.polygons(rings), object)


def _parts(geometry: BaseGeometry | None) -> NDArray[np.object_]:
    """The polygons of a geometry without the empty ones."""
    if geometry is None or geometry.geom_type not in ("Polygon", "MultiPolygon"):
        kind = "nothing" if geometry is None else geometry.geom_type
        raise errors.GeometryError(f"a polygon or multipolygon is needed, not {kind}", values=geometry)
    parts = shapely.get_parts(geometry)
    return np.asarray(parts[~shapely.is_empty(parts)], object)


def _ring(ring: shapely.LinearRing) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    points = shapely.get_coordinates(ring)[:-1]
    return geodesy.check_points(points[:, 1], points[:, 0])
