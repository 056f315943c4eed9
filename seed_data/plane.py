"""The flat plane the city is designed on, and the small mathematics every module shares.

Units: metres east (``x``) and north (``y``) of the city's centre. ``to_wgs84`` turns them into degrees once, when
files are written. Randomness is always a ``numpy.random.Generator`` of one seed and a stream number, so that a
change in one subject does not disturb the others.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

LAT0, LNG0 = 25.4630, 112.0840
"""The centre of the plane, degrees, WGS-84: inside the mainland, in no real town."""

_M_PER_LAT = 110_787.0
_M_PER_LNG = 100_630.0
"""Metres per degree of the WGS-84 ellipsoid at ``LAT0``."""

Array = NDArray[np.float64]


def stream(seed: int, number: int) -> np.random.Generator:
    """The generator of one subject: PCG64 seeded with the city's seed and the subject's number."""
    return np.random.Generator(np.random.PCG64([seed, number]))


def to_wgs84(x: Array, y: Array) -> tuple[Array, Array]:
    """Metres of the plane → ``(lats, lngs)`` in degrees, WGS-84."""
    return LAT0 + np.asarray(y) / _M_PER_LAT, LNG0 + np.asarray(x) / _M_PER_LNG


def noise(rng: np.random.Generator, wavelength_m: float, *, waves: int = 24) -> Callable[[Array, Array], Array]:
    """A smooth random field of zero mean and about unit spread, made of plane waves near one wavelength."""
    angle = rng.uniform(0, 2 * np.pi, waves)
    k = 2 * np.pi / (wavelength_m * rng.uniform(0.7, 1.6, waves))
    phase = rng.uniform(0, 2 * np.pi, waves)
    kx, ky = k * np.cos(angle), k * np.sin(angle)

    def field(x: Array, y: Array) -> Array:
        x, y = np.asarray(x, float), np.asarray(y, float)
        total = np.zeros(np.broadcast(x, y).shape)
        for i in range(waves):
            total += np.cos(kx[i] * x + ky[i] * y + phase[i])
        return total * np.sqrt(2 / waves)

    return field


def smooth(points: Array, *, rounds: int) -> Array:
    """A polyline with its corners rounded: ``rounds`` passes of a 1–2–1 average, both ends kept (rings stay closed)."""
    points = np.array(points, float)
    closed = len(points) > 3 and bool(np.all(points[0] == points[-1]))
    for _ in range(rounds):
        if closed:
            ring = points[:-1]
            ring = (np.roll(ring, 1, 0) + 2 * ring + np.roll(ring, -1, 0)) / 4
            points = np.vstack([ring, ring[:1]])
        elif len(points) > 2:
            inner = (points[:-2] + 2 * points[1:-1] + points[2:]) / 4
            points = np.vstack([points[:1], inner, points[-1:]])
    return points


def densify(points: Array, step_m: float) -> Array:
    """The polyline with a point about every ``step_m`` metres; its own ends kept."""
    line = shapely.LineString(points)
    n = max(2, int(np.ceil(line.length / step_m)) + 1)
    at = np.linspace(0, line.length, n)
    return shapely.get_coordinates(shapely.line_interpolate_point(line, at))


def rectangle(x: float, y: float, along: float, across: float, angle: float) -> shapely.Polygon:
    """A rectangle about (x, y): ``along`` metres towards ``angle`` (radians from east), ``across`` square to it."""
    c, s = np.cos(angle), np.sin(angle)
    a, b = along / 2, across / 2
    corners = [(-a, -b), (a, -b), (a, b), (-a, b)]
    return shapely.Polygon([(x + c * p - s * q, y + s * p + c * q) for p, q in corners])


def rectangles(x: Array, y: Array, along: Array, across: Array, angle: Array) -> NDArray[np.object_]:
    """Many rectangles at once, as ``rectangle`` makes one."""
    c, s = np.cos(angle), np.sin(angle)
    signs = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) / 2
    a, b = signs[:, 0] * np.asarray(along)[:, None], signs[:, 1] * np.asarray(across)[:, None]
    px = np.asarray(x)[:, None] + c[:, None] * a - s[:, None] * b
    py = np.asarray(y)[:, None] + s[:, None] * a + c[:, None] * b
    return shapely.polygons(np.stack([px, py], axis=2))


def distances(line: shapely.Geometry, points: Array) -> Array:
    """Metres from each point (shape (n, 2)) to a line, to within a few metres: from its vertices about 12 m apart."""
    return cKDTree(shapely.get_coordinates(shapely.segmentize(line, 12.0))).query(points)[0]


def polygons(geometry: shapely.Geometry) -> list[shapely.Polygon]:
    """The polygons in a geometry of any kind."""
    parts = shapely.get_parts(geometry)
    found: list[shapely.Polygon] = []
    for part in parts:
        if part.geom_type == "Polygon" and not part.is_empty:
            found.append(part)
        elif part.geom_type in ("MultiPolygon", "GeometryCollection"):
            found.extend(polygons(part))
    return found


def lines(geometry: shapely.Geometry) -> list[shapely.LineString]:
    """The line strings in a geometry of any kind."""
    found: list[shapely.LineString] = []
    for part in shapely.get_parts(geometry):
        if part.geom_type == "LineString" and part.length > 0:
            found.append(part)
        elif part.geom_type in ("MultiLineString", "GeometryCollection"):
            found.extend(lines(part))
    return found
