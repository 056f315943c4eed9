"""Households on cells: counts known for polygons or points, shared out over the cells they cover.

Areal interpolation: a source polygon gives each cell its share of the source's area inside the cells, or, where
buildings stand in it, the share of building weight (households known, else floor area). Hexagons only follow a city's
boundary roughly, so what a source has in the teeth between them goes to the cells beside; what is really outside is
reported. Geometries are WGS-84 (lng, lat); areas are taken in an equal-area plane.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import spatial

from geo import boundary, cells, errors, geodesy

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shapes = NDArray[np.object_]

WHOLE_FROM = 0.5  # a source with this share of its area on the cells counts whole


@dataclass(frozen=True)
class Placed:
    """``values`` float64[n], households per cell; ``outside`` float64[sources], the share (0-1) of each source's area
    that lies on no cell; ``lost``, the households that were not placed: Σ values + lost = Σ households.
    """

    values: Floats
    outside: Floats
    lost: float


@dataclass(frozen=True)
class _Shares:
    """Weights by which sources are shared out: source row, cell position and weight, aligned."""

    row: Ints
    cell: Ints
    weight: Floats


def on_cells(sources: gpd.GeoDataFrame, ids: cells.Cells, *, buildings: gpd.GeoDataFrame | None = None) -> Floats:
    """Households of each cell, float64[n]. See ``place``, which also says what fell outside."""
    return place(sources, ids, buildings=buildings).values


def place(sources: gpd.GeoDataFrame, ids: cells.Cells, *, buildings: gpd.GeoDataFrame | None = None) -> Placed:
    """Share the column ``households`` of the sources (points or polygons) over the cells.

    A polygon's households go to the cells in proportion to the weight of its buildings there, or to area where it has
    none. A polygon at least half of which lies on the cells keeps its total; of another the part outside is lost. A
    point, or a polygon on no cell, that is within one cell's width of a cell counts there, else it is lost.
    ``buildings`` may have the columns ``households`` and ``floors`` (see ``building_weights``).
    """
    counts = _counts(sources)
    shapes = np.asarray(sources.geometry.values, object)
    is_point = _kinds(shapes)
    outside = np.where(is_point, 0.0, 1.0)
    by_area = _Shares(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    areas = np.flatnonzero(~is_point)
    if areas.size and ids.size:
        by_area, outside[areas] = _polygon_shares(shapes[areas], ids, buildings)
        by_area = _Shares(areas[by_area.row], by_area.cell, by_area.weight)
    total = np.bincount(by_area.row, by_area.weight, minlength=shapes.size)
    single = np.flatnonzero(is_point | (total <= 0))
    at = _cells_at(shapes[single], ids)
    outside[single[is_point[single] & (at < 0)]] = 1.0
    single, at = single[at >= 0], at[at >= 0]
    kept = np.where(outside <= 1.0 - WHOLE_FROM, counts, counts * (1.0 - outside))
    kept[single] = counts[single]
    kept[(total <= 0) & ~np.isin(np.arange(shapes.size), single)] = 0.0
    some = total[by_area.row] > 0
    part = by_area.weight[some] / total[by_area.row[some]] * kept[by_area.row[some]]
    cell, added = np.concatenate((by_area.cell[some], at)), np.concatenate((part, counts[single]))
    values = np.bincount(cell, added, minlength=ids.size).astype(np.float64)
    return Placed(values, outside, float(counts.sum() - kept.sum()))


def building_weights(buildings: gpd.GeoDataFrame) -> Floats:
    """Weight of each building: its households where known, else floor area (footprint × floors) scaled to them.

    Without any known households the weight is floor area in m²; a building without floors counts one.
    """
    footprint = geodesy.areas_m2(np.asarray(buildings.geometry.values, object))
    floors = np.asarray(buildings["floors"], np.float64) if "floors" in buildings else np.ones(len(buildings))
    floor_m2 = np.where(footprint > 0, footprint, 1.0) * np.where(floors > 0, floors, 1.0)
    if "households" not in buildings:
        return floor_m2
    known = np.asarray(buildings["households"], np.float64)
    has = np.isfinite(known) & (known >= 0)
    if known[has].sum() == 0:
        return floor_m2
    return np.where(has, known, floor_m2 * (known[has].sum() / floor_m2[has].sum()))


def _counts(sources: gpd.GeoDataFrame) -> Floats:
    if "households" not in sources:
        raise errors.TableError("the sources have no column 'households'", values=list(sources.columns))
    counts = np.asarray(sources["households"], np.float64)
    bad = np.flatnonzero(~(np.isfinite(counts) & (counts >= 0)))
    if bad.size:
        at = int(bad[0])
        raise errors.TableError(f"households must be finite and not negative; row {at} has {counts[at]}", values=bad)
    return counts


def _kinds(shapes: Shapes) -> NDArray[np.bool_]:
    """Whether each source is a point; anything but points and polygons is refused."""
    kinds = shapely.get_type_id(shapes)
    odd = np.flatnonzero(~np.isin(kinds, (0, 3, 6)) | shapely.is_empty(shapes))
    if odd.size:
        raise errors.GeometryError(
            f"{odd.size} sources are neither points nor polygons, the first is row {odd[0]}", values=odd
        )
    return np.asarray(kinds == 0, np.bool_)


def _cells_at(shapes: Shapes, ids: cells.Cells) -> Ints:
    """Position of the cell that a shape's inner point lies in, or of the nearest within a cell's width, or -1."""
    if shapes.size == 0 or ids.size == 0:
        return np.full(shapes.size, -1, np.int64)
    points = shapely.point_on_surface(shapes)
    at = cells.positions(ids, _cell_of(points, ids))
    off = np.flatnonzero(at < 0)
    if off.size:
        plane = geodesy.plane_for(points)
        lats, lngs = cells.centres(ids)
        tree = spatial.cKDTree(np.column_stack(plane.forward(lats, lngs)))
        width_m = float(np.sqrt(cells.areas_m2(ids).max() * 2.0 / np.sqrt(3.0)))
        where = np.column_stack(plane.forward(shapely.get_y(points[off]), shapely.get_x(points[off])))
        far, near = tree.query(where, distance_upper_bound=width_m)
        at[off] = np.where(np.isfinite(far), near, -1)
    return at


def _cell_of(points: Shapes, ids: cells.Cells) -> NDArray[np.uint64]:
    return cells.from_points(shapely.get_y(points), shapely.get_x(points), cells.resolution(ids))


def _polygon_shares(shapes: Shapes, ids: cells.Cells, buildings: gpd.GeoDataFrame | None) -> tuple[_Shares, Floats]:
    """The shares of the polygons, and the share of each one's area on no cell."""
    plane = geodesy.plane_for(shapes)
    flat = plane.project(shapes)
    overlap = _overlay(flat, plane.project(boundary.polygons(ids)))
    area = shapely.area(flat)
    inside = np.bincount(overlap.row, overlap.weight, minlength=shapes.size)
    outside = np.clip(1.0 - inside / np.where(area > 0, area, 1.0), 0.0, 1.0)
    if buildings is None or len(buildings) == 0:
        return overlap, outside
    built = _by_buildings(shapes, ids, buildings)
    bare = np.bincount(built.row, built.weight, minlength=shapes.size) == 0
    keep = bare[overlap.row]
    return _Shares(
        np.concatenate((overlap.row[keep], built.row)),
        np.concatenate((overlap.cell[keep], built.cell)),
        np.concatenate((overlap.weight[keep], built.weight)),
    ), outside


def _overlay(left: Shapes, right: Shapes) -> _Shares:
    """Pairs of touching polygons with the area of their intersection, m²."""
    shapely.prepare(left)
    row, cell = shapely.STRtree(right).query(left, predicate="intersects")
    whole = shapely.contains_properly(left[row], right[cell])
    overlap = np.empty(row.size)
    overlap[whole] = shapely.area(right[cell[whole]])
    overlap[~whole] = shapely.area(shapely.intersection(left[row[~whole]], right[cell[~whole]]))
    return _Shares(row.astype(np.int64), cell.astype(np.int64), overlap)


def _by_buildings(shapes: Shapes, ids: cells.Cells, buildings: gpd.GeoDataFrame) -> _Shares:
    """Shares by the buildings, each at one inner point of its footprint."""
    weights = building_weights(buildings)
    points = shapely.point_on_surface(np.asarray(buildings.geometry.values, object))
    source = boundary.containing(shapes, points)
    cell = _cells_at(points, ids)
    keep = (source >= 0) & (cell >= 0) & (weights > 0)
    return _Shares(source[keep], cell[keep], weights[keep])
