"""Households on cells: counts known for polygons or points, shared out over the cells they cover.

Areal interpolation: a source polygon gives each cell its share of the source's area inside the cells, or, where
buildings stand in it, the share of building weight (households known, else floor area). Totals are kept; what
cannot be placed is reported, never dropped. Geometries are WGS-84 (lng, lat); areas are taken in an equal-area plane.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo import boundary, cells, errors, geodesy

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Placed:
    """Households per cell float64[n], and of each source (by row) what share fell outside all cells (0-1)."""

    values: Floats
    outside: Floats
    lost: float


def on_cells(sources: gpd.GeoDataFrame, ids: cells.Cells, *, buildings: gpd.GeoDataFrame | None = None) -> Floats:
    """Households of each cell, float64[n]; the whole of every source that touches the cells is kept. See ``place``."""
    return place(sources, ids, buildings=buildings).values


def place(sources: gpd.GeoDataFrame, ids: cells.Cells, *, buildings: gpd.GeoDataFrame | None = None) -> Placed:
    """Share the column ``households`` of the sources over the cells.

    A polygon's households go to the cells in proportion to its buildings' weight there, or to area where it has no
    buildings. A share that falls outside all cells is moved into the source's own cells, so a source that touches
    the cells keeps its total to the last household; one that touches none is counted in ``lost``.
    """
    counts = _counts(sources)
    shapes = np.asarray(sources.geometry.values, object)
    kinds = shapely.get_type_id(shapes)
    rows, at, weight, outside = [], [], [], np.zeros(len(sources))
    point_rows = np.flatnonzero(kinds == 0)
    if point_rows.size:
        found = cells.positions(ids, _cell_of(shapes[point_rows], ids))
        outside[point_rows[found < 0]] = 1.0
        rows.append(point_rows[found >= 0])
        at.append(found[found >= 0])
        weight.append(np.ones(int((found >= 0).sum())))
    area_rows = np.flatnonzero((kinds == 3) | (kinds == 6))
    if area_rows.size:
        r, c, w, out = _shares(shapes[area_rows], ids, buildings)
        rows.append(area_rows[r])
        at.append(c)
        weight.append(w)
        outside[area_rows] = out
    odd = np.flatnonzero((kinds != 0) & (kinds != 3) & (kinds != 6))
    if odd.size:
        raise errors.GeometryError(
            f"{odd.size} sources are neither points nor polygons, the first is row {odd[0]}", values=odd
        )
    row, cell, share = (np.concatenate(x) if x else np.empty(0, np.int64) for x in (rows, at, weight))
    total = np.bincount(row, share, minlength=len(sources))
    reached = total > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        part = share / total[row] * counts[row]
    values = np.bincount(cell[reached[row]], part[reached[row]], minlength=ids.size).astype(np.float64)
    return Placed(values, outside, float(counts[~reached].sum()))


def _counts(sources: gpd.GeoDataFrame) -> Floats:
    if "households" not in sources:
        raise errors.TableError("the sources have no column 'households'", values=list(sources.columns))
    counts = np.asarray(sources["households"], np.float64)
    bad = np.flatnonzero(~(np.isfinite(counts) & (counts >= 0)))
    if bad.size:
        raise errors.TableError(
            f"households must be finite and not negative; row {bad[0]} has {counts[bad[0]]}", values=bad
        )
    return counts


def _cell_of(points: NDArray[np.object_], ids: cells.Cells) -> NDArray[np.uint64]:
    return cells.from_points(shapely.get_y(points), shapely.get_x(points), cells.resolution(ids))


def _shares(
    shapes: NDArray[np.object_], ids: cells.Cells, buildings: gpd.GeoDataFrame | None
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats, Floats]:
    """(source, cell, weight) triples and the share of each source outside all cells."""
    plane = geodesy.plane_for(shapes)
    flat = plane.project(shapes)
    row, cell, overlap = _overlay(flat, plane.project(boundary.polygons(ids)))
    inside = np.bincount(row, overlap, minlength=shapes.size)
    area = shapely.area(flat)
    outside = np.clip(1.0 - inside / np.where(area > 0, area, 1.0), 0.0, 1.0)
    if buildings is None or len(buildings) == 0:
        return row, cell, overlap, outside
    b_row, b_cell, b_weight = _by_buildings(shapes, ids, buildings)
    bare = np.bincount(b_row, b_weight, minlength=shapes.size) == 0
    keep = bare[row]
    return (
        np.concatenate((row[keep], b_row)),
        np.concatenate((cell[keep], b_cell)),
        np.concatenate((overlap[keep], b_weight)),
        outside,
    )


def _overlay(
    left: NDArray[np.object_], right: NDArray[np.object_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Pairs of touching polygons with the area of their intersection, m²."""
    tree = shapely.STRtree(right)
    row, cell = tree.query(left, predicate="intersects")
    whole = shapely.contains_properly(_prepared(left)[row], right[cell])
    overlap = np.empty(row.size)
    overlap[whole] = shapely.area(right[cell[whole]])
    overlap[~whole] = shapely.area(shapely.intersection(left[row[~whole]], right[cell[~whole]]))
    return row.astype(np.int64), cell.astype(np.int64), overlap


def _prepared(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    shapely.prepare(shapes)
    return shapes


def _by_buildings(
    shapes: NDArray[np.object_], ids: cells.Cells, buildings: gpd.GeoDataFrame
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """(source, cell, weight) of the buildings, each at one inner point of its footprint."""
    weights = building_weights(buildings)
    points = shapely.point_on_surface(np.asarray(buildings.geometry.values, object))
    source = boundary.containing(shapes, points)
    cell = cells.positions(ids, _cell_of(points, ids))
    keep = (source >= 0) & (cell >= 0) & (weights > 0)
    return source[keep], cell[keep], weights[keep]


def building_weights(buildings: gpd.GeoDataFrame) -> Floats:
    """Weight of each building: its households where known, else floor area (footprint × floors) scaled to them.

    Without any known households the weight is floor area in m²; a building without floors counts one.
    """
    shapes = np.asarray(buildings.geometry.values, object)
    footprint = geodesy.areas_m2(shapes)
    floors = np.asarray(buildings["floors"], np.float64) if "floors" in buildings else np.ones(len(buildings))
    floor_m2 = np.where(footprint > 0, footprint, 1.0) * np.where(floors > 0, floors, 1.0)
    if "households" not in buildings:
        return floor_m2
    known = np.asarray(buildings["households"], np.float64)
    has = np.isfinite(known) & (known >= 0)
    if not has.any() or known[has].sum() == 0:
        return floor_m2
    per_m2 = known[has].sum() / floor_m2[has].sum()
    return np.where(has, known, floor_m2 * per_m2)
