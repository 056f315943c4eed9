"""Cameras and the ground: what they see with or without buildings, how much of each cell, gaps, and next sites.

A camera is a place, a heading (degrees clockwise from north), a field angle and a range in metres. Offline cameras
count for density and not for coverage. *Public ground* is the ground outside buildings and private grounds; shares of
seen ground are shares of it. Geometries are WGS-84 (lng, lat).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo import boundary, cells, errors, geodesy, optics, raster, visibility
from geo.proposals import DOME as DOME
from geo.proposals import FIXED as FIXED
from geo.proposals import Kind as Kind
from geo.proposals import Proposals as Proposals
from geo.proposals import losses as losses
from geo.proposals import next_sites as next_sites

Floats = NDArray[np.float64]
Bearings = Sequence[tuple[float, float]]

ARC_STEP_DEG = 5.0
PATCH_M = 3.0
MOST_PATCHES = 1_500_000_000
BEYOND = 1.05  # a mask reaches a little beyond the range, so that chords leave no sliver


@dataclass(frozen=True)
class Coverage:
    """Per cell: cameras (all), of them online, sites per km² of true area; public ground and how much of it is seen.

    ``public_m2`` float64[n]; ``seen_m2`` float64[n, len(at_least)] public ground in view of at least so many working
    cameras; ``seen`` float64[n] is the share (0-1) of public ground in view of one, 0 where a cell has none.
    ``clear_m2`` float64[n]: public ground weighted by the best detail of it (0-1, see ``geo.optics``).
    """

    cameras: Floats
    online: Floats
    per_km2: Floats
    public_m2: Floats
    seen_m2: Floats
    seen: Floats
    clear_m2: Floats


def sectors(
    lats: ArrayLike, lngs: ArrayLike, heading_deg: ArrayLike, angle_deg: ArrayLike, range_m: ArrayLike
) -> gpd.GeoSeries:
    """The plain view sector of each camera. 360° or more, or a missing heading (NaN), makes a full circle."""
    lat, lng = geodesy.check_points(lats, lngs)
    heading, angle, reach = (
        np.broadcast_to(np.asarray(x, np.float64), lat.shape) for x in (heading_deg, angle_deg, range_m)
    )
    bad = np.flatnonzero(~((angle > 0) & (reach > 0) & np.isfinite(reach)))
    if bad.size:
        i = int(bad[0])
        raise errors.TableError(f"camera {i}: angle {angle[i]}° and range {reach[i]} m must be above 0", values=bad)
    round_view = (angle >= 360.0) | np.isnan(heading)
    shapes = np.empty(lat.size, object)
    for full in (False, True):
        at = np.flatnonzero(round_view == full)
        if at.size:
            shapes[at] = _fans(lat[at], lng[at], heading[at], angle[at], reach[at], full=full)
    return gpd.GeoSeries(shapes, crs="EPSG:4326")


def _fans(
    lat: Floats, lng: Floats, heading: Floats, angle: Floats, reach: Floats, *, full: bool
) -> NDArray[np.object_]:
    """Sectors of equal vertex number: an arc each, with the camera itself as a vertex unless it looks all round."""
    if full:
        turns = np.arange(0.0, 360.0, ARC_STEP_DEG)[::-1]
        bearings = np.broadcast_to(turns, (lat.size, turns.size))
    else:
        steps = int(np.ceil(angle.max() / ARC_STEP_DEG)) + 1
        bearings = heading[:, None] + angle[:, None] * np.linspace(0.5, -0.5, steps)
    arc_lat, arc_lng = geodesy.destination(lat[:, None], lng[:, None], bearing_deg=bearings, distance_m=reach[:, None])
    if not full:
        arc_lat, arc_lng = np.column_stack((lat, arc_lat)), np.column_stack((lng, arc_lng))
    return np.asarray(shapely.polygons(np.stack((arc_lng, arc_lat), axis=2)), object)


def views(
    lats: ArrayLike,
    lngs: ArrayLike,
    *,
    heading_deg: ArrayLike,
    angle_deg: ArrayLike,
    range_m: ArrayLike,
    buildings: visibility.Walls | None = None,
    height_m: ArrayLike | None = None,
    masked: Sequence[Bearings] | None = None,
    tilt_deg: ArrayLike | None = None,
) -> gpd.GeoSeries:
    """What each camera sees: behind ``buildings``, or the plain sector without them; empty where it sees nothing.

    A missing heading (NaN) looks all round. ``masked``: for each camera the arcs of bearings, clockwise from the first
    to the second, in which it may not look; they are cut out. Where ``tilt_deg`` and ``height_m`` are known (not NaN),
    a camera with a heading sees only the strip of ``geo.optics.band``. Raises ``TableError`` or ``CoordinateError`` for
    values out of range.
    """
    lat, lng = geodesy.check_points(lats, lngs)
    heading, angle, reach = (
        np.broadcast_to(np.asarray(x, np.float64), lat.shape) for x in (heading_deg, angle_deg, range_m)
    )
    near = np.zeros(lat.shape)
    if tilt_deg is not None and height_m is not None:
        aimed = np.where(np.isnan(heading) | (angle >= 360.0), np.nan, np.asarray(tilt_deg, np.float64))
        near, far = optics.band(height_m, aimed, angle)
        reach = np.minimum(reach, far)
    if buildings is None:
        seen = sectors(lat, lng, heading, angle, reach)
    else:
        seen = visibility.visible(
            lat,
            lng,
            heading_deg=heading,
            angle_deg=np.where(np.isnan(heading), 360.0, angle),
            range_m=reach,
            buildings=buildings,
            height_m=height_m,
        )
    shapes = np.asarray(seen.values, object)
    blind = np.flatnonzero(near > 0)
    if blind.size:
        feet = sectors(lat[blind], lng[blind], np.nan, 360.0, near[blind])
        shapes[blind] = shapely.difference(shapes[blind], np.asarray(feet.values, object))
    arcs = [(i, first, last) for i, some in enumerate(masked or ()) for first, last in some]
    if arcs:
        at, first, last = (np.array(column) for column in zip(*arcs, strict=True))
        width = (last - first) % 360.0
        cut = sectors(lat[at], lng[at], first + width / 2, np.where(width == 0.0, 360.0, width), reach[at] * BEYOND)
        for i, shape in zip(at.tolist(), cut.values, strict=True):
            shapes[i] = shapely.difference(shapes[i], shape)
    return gpd.GeoSeries(shapes, crs="EPSG:4326")


def coverage(
    ids: cells.Cells,
    sites: gpd.GeoDataFrame,
    *,
    buildings: visibility.Walls | None = None,
    private: ArrayLike = (),
    seen_by: gpd.GeoSeries | None = None,
    at_least: tuple[int, ...] = (1, 2, 3),
    patch_m: float | None = None,
) -> Coverage:
    """Density and coverage of the cells by the cameras of ``sites``.

    Columns: ``lat``, ``lng``, ``heading_deg`` (NaN: all round), ``angle_deg``, ``range_m``, ``online`` (bool), and
    with buildings optionally ``height_m``. ``private``: polygons of ground that is not public, beside the buildings.
    ``seen_by``: what each camera sees, when it is known already. Areas are counted in patches of ``patch_m`` metres
    (``PATCH_M``, larger only where the cells span a whole country).
    """
    lat, lng = np.asarray(sites["lat"], np.float64), np.asarray(sites["lng"], np.float64)
    works = np.asarray(sites["online"], bool)
    at = cells.positions(ids, cells.from_points(lat, lng, cells.resolution(ids)))
    number = np.bincount(at[at >= 0], minlength=ids.size).astype(np.float64)
    online = np.bincount(at[(at >= 0) & works], minlength=ids.size).astype(np.float64)
    names = ("heading_deg", "angle_deg", "range_m")
    if seen_by is None:
        heading, angle, reach = (np.asarray(sites[name], np.float64) for name in names)
        height = np.asarray(sites["height_m"], np.float64) if buildings is not None and "height_m" in sites else None
        seen_by = views(
            lat, lng, heading_deg=heading, angle_deg=angle, range_m=reach, buildings=buildings, height_m=height
        )
    shapes = np.asarray(seen_by.values, object)[works]
    closed = np.asarray(private, object)
    if buildings is not None:
        closed = np.concatenate([buildings.shapes, closed])
    areas = cells.areas_m2(ids)
    on = lattice(ids, shapes, patch_m=patch_m)
    blocked = raster.count(closed, on)
    public = np.clip(areas - raster.per_cell(blocked, ids)[:, 0], 0.0, None)
    seen_m2 = raster.per_cell(raster.count(shapes, on), ids, at_least=at_least, outside=blocked)
    heading, angle, reach = (np.asarray(sites[name], np.float64)[works] for name in names)
    clear = optics.clear_m2(
        ids, shapes, on, lats=lat[works], lngs=lng[works], range_m=reach,
        all_round=np.isnan(heading) | (angle >= 360.0), outside=blocked,
    )  # fmt: skip
    share = np.divide(seen_m2[:, 0], public, out=np.zeros(ids.size), where=public > 0)
    return Coverage(number, online, number / (areas / 1e6), public, seen_m2, np.clip(share, 0.0, 1.0), clear)


def lattice(ids: cells.Cells, shapes: NDArray[np.object_], *, patch_m: float | None = None) -> raster.Lattice:
    """A lattice over the cells and the shapes, as fine as ``PATCH_M`` unless that would be too many patches."""
    lats, lngs, _ = cells.boundaries(ids)
    found = [np.nanmin(lngs), np.nanmin(lats), np.nanmax(lngs), np.nanmax(lats)] if ids.size else [0.0, 0.0, 0.0, 0.0]
    west, south, east, north = (float(value) for value in found)
    drawn = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    if drawn.size:
        left, low, right, high = shapely.total_bounds(drawn).tolist()
        west, south, east, north = min(west, left), min(south, low), max(east, right), max(north, high)
    up, across = (float(value[0]) for value in geodesy.metres_per_degree(np.array([(south + north) / 2])))
    least = float(np.sqrt((north - south) * up * (east - west) * across / MOST_PATCHES))
    return raster.lattice((west, south, east, north), patch_m=patch_m or max(PATCH_M, least))


def seen_share(ids: cells.Cells, views: gpd.GeoSeries) -> Floats:
    """Share (0-1) of each cell's area inside the union of the views."""
    seen = np.zeros(ids.size)
    if len(views) == 0 or ids.size == 0:
        return seen
    hexes = boundary.polygons(ids)
    plane = geodesy.plane_for(hexes)
    flat, views_m = plane.project(hexes), plane.project(np.asarray(views.values, object))
    view, cell = shapely.STRtree(flat).query(views_m, predicate="intersects")
    order = np.argsort(cell, kind="stable")
    view, cell = view[order], cell[order]
    touched, first = np.unique(cell, return_index=True)
    parts = shapely.intersection(views_m[view], flat[cell])
    single = np.diff(np.append(first, cell.size)) == 1
    seen[touched[single]] = shapely.area(parts[first[single]])
    for i in np.flatnonzero(~single).tolist():
        stop = first[i + 1] if i + 1 < first.size else cell.size
        seen[touched[i]] = shapely.area(shapely.union_all(parts[first[i] : stop]))
    return np.asarray(np.clip(seen / shapely.area(flat), 0.0, 1.0), np.float64)


def gaps(need: Floats, seen: Floats) -> Floats:
    """How much need is out of sight in each cell: need × (1 - seen share)."""
    need, seen = np.asarray(need, np.float64), np.asarray(seen, np.float64)
    if need.shape != seen.shape:
        raise errors.GeoError(f"{need.size} needs for {seen.size} cells")
    if (need < 0).any() or ((seen < 0) | (seen > 1)).any():
        raise errors.GeoError("need must not be negative and the seen share must lie in 0-1")
    return need * (1.0 - seen)
