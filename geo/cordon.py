"""Cordons and corridors: which roads cross a ring out of sight, and how much of a line is seen.

A cordon is a ring (or any boundary); it is closed where every road that crosses it does so in view of a working camera.
A corridor is a line of which the seen share of the length counts. WGS-84; lengths in metres.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo import geodesy
from geo.errors import GeometryError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Crossings:
    """Where roads cross the ring: ``road`` int64[c] (row of the roads), ``lats``, ``lngs``, ``seen`` bool[c]."""

    road: NDArray[np.int64]
    lats: Floats
    lngs: Floats
    seen: NDArray[np.bool_]

    @property
    def closure(self) -> float | None:
        """Share of crossings in view, 0–1; None where nothing crosses."""
        return float(self.seen.mean()) if len(self.seen) else None


def crossings(ring: BaseGeometry, roads: gpd.GeoSeries, views: gpd.GeoSeries, *, within_m: float = 15.0) -> Crossings:
    """Every point where a road crosses ``ring`` (a polygon's outline, or lines), and whether a view comes that near.

    ``within_m``: a crossing counts as seen when a view reaches within this distance of it, because maps of roads and of
    cameras agree only so well. Points nearer to one another than that, on one road, are one crossing.
    """
    line = ring.boundary if ring.geom_type in ("Polygon", "MultiPolygon") else ring
    if line.geom_type not in ("LineString", "MultiLineString", "LinearRing"):
        raise GeometryError(f"a cordon is a polygon or a line, not a {ring.geom_type}", values=ring)
    shapes = np.asarray(roads.values, dtype=object)
    hit = shapely.STRtree(shapes).query(line, predicate="intersects")
    points, of = shapely.get_parts(shapely.intersection(shapes[hit], line), return_index=True)
    points = np.where(shapely.get_type_id(points) == 0, points, shapely.point_on_surface(points))
    road = hit[of].astype(np.int64)
    lngs, lats = shapely.get_x(points), shapely.get_y(points)
    keep = _apart(road, lats, lngs, within_m)
    road, lats, lngs = road[keep], lats[keep], lngs[keep]
    return Crossings(road, lats, lngs, _near_view(lats, lngs, views, within_m))


def seen_length(lines: gpd.GeoSeries, views: gpd.GeoSeries, *, step_m: float = 5.0) -> tuple[Floats, Floats]:
    """Length of each line and how much of it lies in some view, both metres float64[n], sampled every ``step_m``."""
    shapes = np.asarray(lines.values, dtype=object)
    parts, owner = shapely.get_parts(shapes, return_index=True)
    tree = shapely.STRtree(np.asarray(views.values, dtype=object))
    length, seen = np.zeros(len(shapes)), np.zeros(len(shapes))
    for part, row in zip(parts, owner, strict=True):
        lng, lat = shapely.get_coordinates(part).T
        metres = geodesy.distance_m(lat[:-1], lng[:-1], lat[1:], lng[1:])
        along = np.concatenate([[0.0], np.cumsum(metres)])
        total = float(along[-1])
        count = max(1, int(np.ceil(total / step_m)))
        at = (np.arange(count) + 0.5) * total / count
        points = shapely.points(np.interp(at, along, lng), np.interp(at, along, lat))
        found = np.zeros(count, dtype=bool)
        found[tree.query(points, predicate="within")[0]] = True
        length[row] += total
        seen[row] += total * found.mean()
    return length, seen


def _apart(road: NDArray[np.int64], lats: Floats, lngs: Floats, within_m: float) -> NDArray[np.int64]:
    """Rows to keep so that no two crossings of one road are nearer than ``within_m``."""
    kept: list[int] = []
    for i in range(len(road)):
        same = [j for j in kept if road[j] == road[i]]
        if not same or geodesy.distance_m(lats[i], lngs[i], lats[same], lngs[same]).min() > within_m:
            kept.append(i)
    return np.array(kept, dtype=np.int64)


def _near_view(lats: Floats, lngs: Floats, views: gpd.GeoSeries, within_m: float) -> NDArray[np.bool_]:
    seen = np.zeros(len(lats), dtype=bool)
    if len(lats) and len(views):
        north, east = geodesy.metres_per_degree(lats)
        shapes = np.asarray(views.values, dtype=object)
        boxes = shapely.box(
            lngs - within_m / east, lats - within_m / north, lngs + within_m / east, lats + within_m / north
        )
        at, view = shapely.STRtree(shapes).query(boxes, predicate="intersects")
        for i, v in zip(at, view, strict=True):
            if not seen[i]:
                scale = np.array([east[i], north[i]])
                metric = shapely.transform(shapes[v], lambda p, i=i, scale=scale: (p - (lngs[i], lats[i])) * scale)
                seen[i] = shapely.distance(metric, shapely.Point(0, 0)) <= within_m
    return seen
