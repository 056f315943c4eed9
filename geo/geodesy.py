"""Metres on the sphere: distance, bearing, destination, and a local equal-area plane.

The sphere is H3's own (authalic radius of WGS-84), so that areas here and cell areas agree. Coordinates are degrees
in WGS-84, bearings degrees clockwise from north, lengths metres. Formulas: haversine; Snyder, *Map Projections*,
US Geological Survey Professional Paper 1395, equations 24-2 to 24-4 (Lambert azimuthal equal-area, sphere).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo import errors

RADIUS_M = 6_371_007.180918475

Floats = NDArray[np.float64]


def check_points(lats: ArrayLike, lngs: ArrayLike) -> tuple[Floats, Floats]:
    """The coordinates as float64 arrays, or ``CoordinateError`` with the positions that are not on the globe."""
    lat = np.ascontiguousarray(lats, np.float64).ravel()
    lng = np.ascontiguousarray(lngs, np.float64).ravel()
    if lat.shape != lng.shape:
        raise errors.CoordinateError(f"{lat.size} latitudes but {lng.size} longitudes")
    bad = np.flatnonzero(~((np.abs(lat) <= 90) & (np.abs(lng) <= 180)))
    if bad.size:
        i = int(bad[0])
        raise errors.CoordinateError(
            f"{bad.size} points are not on the globe, the first is number {i}: latitude {lat[i]}, longitude {lng[i]}; "
            "latitudes are -90..90 and longitudes -180..180 degrees",
            values=bad,
        )
    return lat, lng


def distance_m(lats: ArrayLike, lngs: ArrayLike, to_lats: ArrayLike, to_lngs: ArrayLike) -> Floats:
    """Great-circle distance in metres between points, elementwise with broadcasting."""
    a, b = np.radians(np.asarray(lats, np.float64)), np.radians(np.asarray(to_lats, np.float64))
    half_lng = np.radians(np.asarray(to_lngs, np.float64) - np.asarray(lngs, np.float64)) / 2
    h = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(half_lng) ** 2
    return np.asarray(2 * RADIUS_M * np.arcsin(np.sqrt(np.minimum(h, 1.0))), np.float64)


def bearing_deg(lats: ArrayLike, lngs: ArrayLike, to_lats: ArrayLike, to_lngs: ArrayLike) -> Floats:
    """Initial bearing of the great circle, 0 ≤ bearing < 360, clockwise from north."""
    a, b = np.radians(np.asarray(lats, np.float64)), np.radians(np.asarray(to_lats, np.float64))
    d = np.radians(np.asarray(to_lngs, np.float64) - np.asarray(lngs, np.float64))
    east = np.sin(d) * np.cos(b)
    north = np.cos(a) * np.sin(b) - np.sin(a) * np.cos(b) * np.cos(d)
    turned = np.degrees(np.arctan2(east, north)) % 360.0
    return np.asarray(np.where(turned >= 360.0, 0.0, turned), np.float64)


def destination(
    lats: ArrayLike, lngs: ArrayLike, *, bearing_deg: ArrayLike, distance_m: ArrayLike
) -> tuple[Floats, Floats]:
    """Where one arrives after ``distance_m`` metres along the great circle that starts with ``bearing_deg``."""
    a = np.radians(np.asarray(lats, np.float64))
    course = np.radians(np.asarray(bearing_deg, np.float64))
    arc = np.asarray(distance_m, np.float64) / RADIUS_M
    sin_b = np.clip(np.sin(a) * np.cos(arc) + np.cos(a) * np.sin(arc) * np.cos(course), -1.0, 1.0)
    turn = np.arctan2(np.sin(course) * np.sin(arc) * np.cos(a), np.cos(arc) - np.sin(a) * sin_b)
    lng = (np.asarray(lngs, np.float64) + np.degrees(turn) + 180.0) % 360.0 - 180.0
    return np.degrees(np.arcsin(sin_b)), np.asarray(lng, np.float64)


@dataclass(frozen=True)
class Plane:
    """A local plane in metres touching the sphere at ``lat, lng`` (degrees). Areas are true, shapes nearly so.

    Meant for a city or a county: 50 km from the origin lengths are off by about 8 parts in a million.
    """

    lat: float
    lng: float

    def forward(self, lats: ArrayLike, lngs: ArrayLike) -> tuple[Floats, Floats]:
        """Metres east and north of the origin."""
        a, a0 = np.radians(np.asarray(lats, np.float64)), np.radians(self.lat)
        d = np.radians(np.asarray(lngs, np.float64) - self.lng)
        k = np.sqrt(2.0 / (1.0 + np.sin(a0) * np.sin(a) + np.cos(a0) * np.cos(a) * np.cos(d)))
        east = RADIUS_M * k * np.cos(a) * np.sin(d)
        north = RADIUS_M * k * (np.cos(a0) * np.sin(a) - np.sin(a0) * np.cos(a) * np.cos(d))
        return np.asarray(east, np.float64), np.asarray(north, np.float64)

    def inverse(self, east_m: ArrayLike, north_m: ArrayLike) -> tuple[Floats, Floats]:
        """Latitudes and longitudes of points of the plane."""
        x, y = np.asarray(east_m, np.float64), np.asarray(north_m, np.float64)
        rho = np.hypot(x, y)
        arc = 2.0 * np.arcsin(np.minimum(rho / (2.0 * RADIUS_M), 1.0))
        safe = np.where(rho == 0.0, 1.0, rho)
        a0 = np.radians(self.lat)
        sin_a = np.clip(np.cos(arc) * np.sin(a0) + y * np.sin(arc) * np.cos(a0) / safe, -1.0, 1.0)
        d = np.arctan2(x * np.sin(arc), safe * np.cos(a0) * np.cos(arc) - y * np.sin(a0) * np.sin(arc))
        lng = (self.lng + np.degrees(np.where(rho == 0.0, 0.0, d)) + 180.0) % 360.0 - 180.0
        return np.degrees(np.where(rho == 0.0, a0, np.arcsin(sin_a))), np.asarray(lng, np.float64)

    def project(self, geometries: ArrayLike) -> NDArray[Any]:
        """The geometries (lng, lat) in metres of the plane."""

        def onto(points: Floats) -> Floats:
            return np.column_stack(self.forward(points[:, 1], points[:, 0]))

        return np.asarray(shapely.transform(np.asarray(geometries, object), onto), object)

    def unproject(self, geometries: ArrayLike) -> NDArray[Any]:
        """The geometries of the plane as (lng, lat)."""

        def back(points: Floats) -> Floats:
            lats, lngs = self.inverse(points[:, 0], points[:, 1])
            return np.column_stack((lngs, lats))

        return np.asarray(shapely.transform(np.asarray(geometries, object), back), object)


def plane_for(geometries: ArrayLike) -> Plane:
    """The plane at the middle of the bounds of the geometries (lng, lat)."""
    shapes = np.asarray(geometries, object)
    west, south, east, north = shapely.total_bounds(shapes) if shapes.size else (np.nan,) * 4
    if not np.isfinite([west, south, east, north]).all():
        return Plane(0.0, 0.0)
    return Plane(float((south + north) / 2), float((west + east) / 2))


def areas_m2(geometries: ArrayLike) -> Floats:
    """Area of each polygon (lng, lat) in m², in the equal-area plane of them all."""
    shapes = np.asarray(geometries, object)
    return np.asarray(shapely.area(plane_for(shapes).project(shapes)), np.float64)


def metres_per_degree(lats: ArrayLike) -> tuple[Floats, Floats]:
    """Metres per degree northward and eastward at ``lats`` float[n], for work within a kilometre or two of a point."""
    lat = np.atleast_1d(np.asarray(lats, np.float64))
    north = np.full(lat.shape, np.radians(1.0) * RADIUS_M)
    return north, north * np.cos(np.radians(lat))
