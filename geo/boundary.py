"""Polygons and cells: which cells a polygon gets, and which region each cell belongs to.

A cell belongs to the polygon that holds its centre, so touching polygons never share a cell. Edges are straight in
longitude and latitude, as in libh3. Geometries are WGS-84 (lng, lat).
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

    Raises ``GeometryError`` for another type of geometry, or when ``estimate`` exceeds ``limit`` cells.
    """
    parts = _parts(geometry)
    expected = estimate(geometry, res)
    if expected > limit:
        raise errors.GeometryError(
            f"about {expected:,} cells of resolution {res} are needed, more than the limit of {limit:,}; "
            "take a coarser resolution or a smaller area",
            values=expected,
        )
    found = [
        cells.inside_rings([_ring(p.exterior), *(_ring(h) for h in p.interiors)], res) for p in parts if not p.is_empty
    ]
    return np.unique(np.concatenate(found)) if found else np.empty(0, np.uint64)


def estimate(geometry: BaseGeometry, res: int) -> int:
    """About how many cells ``fill`` would look at: by the area of the bounds of each part, before any work."""
    boxes = [shapely.box(*p.bounds) for p in _parts(geometry) if not p.is_empty]
    if not boxes:
        return 0
    return int(sum(geodesy.areas_m2([b])[0] for b in boxes) / cells.mean_area_m2(res)) + len(boxes)


def narrow(geometries: gpd.GeoSeries, res: int) -> NDArray[np.int64]:
    """Rows of the polygons that get no cell at this resolution because no cell's centre lies in them."""
    empty = [i for i, g in enumerate(geometries) if g is None or g.is_empty or fill(g, res).size == 0]
    return np.array(empty, np.int64)


def regions_of(ids: cells.Cells, regions: gpd.GeoDataFrame, *, nearest: bool = False) -> NDArray[np.int32]:
    """Row of the region that holds each cell's centre, -1 where none does.

    With ``nearest`` a cell in a gap between regions takes the nearest one (for cells known to lie in the city).
    Where regions overlap the first row wins.
    """
    lats, lngs = cells.centres(ids)
    shapes = np.asarray(regions.geometry.values, object)
    points = shapely.points(lngs, lats)
    row = containing(shapes, points)
    gap = np.flatnonzero(row < 0)
    if nearest and gap.size and shapes.size:
        plane = geodesy.plane_for(shapes)
        tree = shapely.STRtree(plane.project(shapes))
        row[gap] = tree.nearest(plane.project(points[gap]))
    return row.astype(np.int32)


def containing(shapes: NDArray[np.object_], points: NDArray[np.object_]) -> NDArray[np.int64]:
    """Row of the first polygon that each point lies in or on, -1 where none."""
    row = np.full(points.size, -1, np.int64)
    if shapes.size == 0 or points.size == 0:
        return row
    shapely.prepare(shapes)
    tree = shapely.STRtree(points)
    shape, point = tree.query(shapes, predicate="intersects")
    order = np.argsort(-shape, kind="stable")
    row[point[order]] = shape[order]
    return row


def polygons(ids: cells.Cells) -> NDArray[np.object_]:
    """Each cell as a polygon (lng, lat)."""
    lats, lngs, counts = cells.boundaries(ids)
    inside = np.arange(lats.shape[1]) < counts[:, None]
    ring = np.repeat(np.arange(ids.size), counts)
    rings = shapely.linearrings(np.column_stack((lngs[inside], lats[inside])), indices=ring)
    return np.asarray(shapely.polygons(rings), object)


def _parts(geometry: BaseGeometry) -> list[shapely.Polygon]:
    if geometry is None or geometry.geom_type not in ("Polygon", "MultiPolygon"):
        kind = "nothing" if geometry is None else geometry.geom_type
        raise errors.GeometryError(f"a polygon or multipolygon is needed, not {kind}", values=geometry)
    return list(geometry.geoms) if geometry.geom_type == "MultiPolygon" else [geometry]


def _ring(ring: shapely.LinearRing) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    points = shapely.get_coordinates(ring)[:-1]
    return cells.check_points(points[:, 1], points[:, 0])
