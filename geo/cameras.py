"""Cameras on the plane without buildings: view sectors, sites per km², the seen share of each cell, and gaps.

A camera is a place, a heading (degrees clockwise from north), a field angle and a range in metres. Offline cameras
count for density and not for coverage. Geometries are WGS-84 (lng, lat).
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo import boundary, cells, errors, geodesy

Floats = NDArray[np.float64]

ARC_STEP_DEG = 5.0


@dataclass(frozen=True)
class Coverage:
    """Per cell: cameras (all), of them online, sites per km² of true area, and the seen share of the area (0-1)."""

    cameras: Floats
    online: Floats
    per_km2: Floats
    seen: Floats


def sectors(
    lats: ArrayLike, lngs: ArrayLike, heading_deg: ArrayLike, angle_deg: ArrayLike, range_m: ArrayLike
) -> gpd.GeoSeries:
    """The plain view sector of each camera. 360° or more, or a missing heading (NaN), makes a full circle."""
    lat, lng = cells.check_points(lats, lngs)
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


def coverage(ids: cells.Cells, sites: gpd.GeoDataFrame) -> Coverage:
    """Density and coverage of the cells by the cameras of ``sites``.

    Columns: ``lat``, ``lng``, ``heading_deg`` (NaN: all round), ``angle_deg``, ``range_m``, ``online`` (bool). The
    seen share of a cell is exact on the plane: the area of the union of the sectors of working cameras inside it.
    """
    lat, lng = np.asarray(sites["lat"], np.float64), np.asarray(sites["lng"], np.float64)
    works = np.asarray(sites["online"], bool)
    at = cells.positions(ids, cells.from_points(lat, lng, cells.resolution(ids)))
    number = np.bincount(at[at >= 0], minlength=ids.size).astype(np.float64)
    online = np.bincount(at[(at >= 0) & works], minlength=ids.size).astype(np.float64)
    views = sectors(
        *(np.asarray(sites.loc[works, c], np.float64) for c in ("lat", "lng", "heading_deg", "angle_deg", "range_m"))
    )
    return Coverage(number, online, number / (cells.areas_m2(ids) / 1e6), seen_share(ids, views))


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
    return np.clip(seen / shapely.area(flat), 0.0, 1.0)


def gaps(need: Floats, seen: Floats) -> Floats:
    """How much need is out of sight in each cell: need × (1 - seen share)."""
    need, seen = np.asarray(need, np.float64), np.asarray(seen, np.float64)
    if need.shape != seen.shape:
        raise errors.GeoError(f"{need.size} needs for {seen.size} cells")
    if (need < 0).any() or ((seen < 0) | (seen > 1)).any():
        raise errors.GeoError("need must not be negative and the seen share must lie in 0-1")
    return need * (1.0 - seen)
