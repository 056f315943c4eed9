"""The ground: city boundary, river, streams, railway and hills, on the plane (metres).

The main river comes in from the west-north-west, bends gently through the core and leaves to the south-east; four
streams join it. Valleys follow the water, hills stand between. The core's streets are laid along the river's axis,
so the axis is a value of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.interpolate import CubicSpline

from seed_data import plane
from seed_data.plane import Array

_RIVER = [(-19, 9.5), (-14.5, 7.2), (-11.5, 7.0), (-8.8, 4.4), (-6.0, 3.5), (-3.2, 1.75), (-0.4, 0.25), (2.2, -0.75),
          (4.9, -1.5), (6.9, -3.6), (8.2, -6.6), (11.2, -8.2), (13.2, -11.2), (19, -13.5)]
_STREAMS = {
    "清溪": [(-0.6, 16.5), (-2.4, 13.4), (-2.0, 11.0), (-3.9, 8.3), (-4.6, 5.6), (-6.1, 3.55)],
    "白石溪": [(12.5, 13.5), (9.6, 10.6), (9.0, 8.2), (9.9, 5.2), (8.3, 2.2), (7.9, -1.2), (6.9, -3.6)],
    "枫溪": [(-15.5, -9.0), (-12.2, -8.2), (-9.6, -7.0), (-7.9, -4.6), (-7.3, -1.6), (-8.1, 1.4), (-7.4, 3.95)],
    "龙塘溪": [(-4.2, -17.0), (-2.2, -13.6), (-1.0, -10.9), (1.6, -9.2), (4.4, -7.4), (8.0, -6.1)],
    "石羊溪": [(17.0, 4.0), (14.0, 1.8), (12.2, -0.2), (11.6, -3.6), (10.2, -5.8), (9.6, -7.4)],
}
_RAIL = [(-11.5, 19), (-8.0, 12.5), (-5.6, 6.4), (-1.8, 3.45), (2.4, 2.35), (7.0, 2.9), (11.5, 5.6), (19, 7.2)]
RIVER_NAME = "格江"
RIVER_WIDTH_M = 130.0


@dataclass(frozen=True)
class Axis:
    """The river's smooth axis: ``at(s)`` → point and unit normal at arc length ``s`` (0 nearest the centre)."""

    s: Array
    points: Array

    def at(self, s: Array) -> tuple[Array, Array, Array, Array]:
        """``(x, y, nx, ny)`` at arc lengths ``s``; the normal points to the left (north) bank."""
        x, y = np.interp(s, self.s, self.points[:, 0]), np.interp(s, self.s, self.points[:, 1])
        dx, dy = np.gradient(self.points[:, 0], self.s), np.gradient(self.points[:, 1], self.s)
        tx, ty = np.interp(s, self.s, dx), np.interp(s, self.s, dy)
        norm = np.hypot(tx, ty)
        return x, y, -ty / norm, tx / norm


@dataclass(frozen=True)
class Terrain:
    """Boundary and water as geometries, ``height(x, y)`` in metres above the river, the axis of the core."""

    boundary: shapely.Polygon
    axis: Axis
    river: shapely.LineString
    river_area: shapely.Polygon
    streams: dict[str, shapely.LineString]
    rail: shapely.LineString
    height: Callable[[Array, Array], Array]


def make(rng: np.random.Generator) -> Terrain:
    """The ground of the city."""
    boundary = _boundary(rng)
    axis = _axis()
    river = _river(rng, axis)
    area = _river_area(rng, river).intersection(boundary)
    streams = {name: _meander(rng, points, 55.0) for name, points in _STREAMS.items()}
    streams = {n: shapely.intersection(line, boundary).difference(area) for n, line in streams.items()}
    streams = {n: max(plane.lines(line), key=lambda part: part.length) for n, line in streams.items()}
    inside = max(plane.lines(river.intersection(boundary)), key=lambda part: part.length)
    area = max(plane.polygons(area), key=lambda part: part.area)
    rail = shapely.LineString(_spline(_RAIL, 120.0)).intersection(boundary)
    rail = max(plane.lines(rail), key=lambda part: part.length)
    return Terrain(boundary, axis, inside, area, streams, rail, _height(rng, river, list(streams.values())))


def _spline(points: list[tuple[float, float]], step_m: float) -> Array:
    knots = np.array(points) * 1000.0
    t = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(knots, axis=0).T))])
    fine = np.arange(0.0, t[-1], step_m)
    curve = CubicSpline(t, knots)
    return np.asarray(curve(fine), float)


def _axis() -> Axis:
    points = plane.smooth(_spline(_RIVER, 40.0), rounds=400)
    s = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    zero = s[np.argmin(np.hypot(points[:, 0], points[:, 1]))]
    return Axis(s - zero, points)


def _river(rng: np.random.Generator, axis: Axis) -> shapely.LineString:
    """The axis with meanders: slight in the core, wide outside."""
    x, y, nx, ny = axis.at(axis.s)
    wide = np.clip((np.abs(axis.s) - 3800) / 2500, 0.0, 1.0)
    swing = 190.0 * np.sin(axis.s / 2300 * 2 * np.pi + 0.7) * wide
    swing += 70.0 * plane.noise(rng, 1700)(axis.s, 0 * axis.s) * wide
    line = np.column_stack([x + swing * nx, y + swing * ny])
    return shapely.LineString(plane.densify(plane.smooth(line, rounds=8), 45.0))


def _river_area(rng: np.random.Generator, river: shapely.LineString) -> shapely.Polygon:
    field = plane.noise(rng, 2600)
    points = shapely.get_coordinates(river)
    widths = RIVER_WIDTH_M / 2 * (1 + 0.16 * field(points[:, 0], points[:, 1]))
    pieces = [shapely.LineString(points[i:i + 2]).buffer(widths[i], quad_segs=4) for i in range(len(points) - 1)]
    return shapely.simplify(shapely.unary_union(pieces), 4.0)


def _meander(rng: np.random.Generator, points: list[tuple[float, float]], swing_m: float) -> shapely.LineString:
    line = _spline(points, 60.0)
    dx, dy = np.gradient(line[:, 0]), np.gradient(line[:, 1])
    norm = np.hypot(dx, dy)
    s = np.arange(len(line)) * 60.0
    swing = swing_m * plane.noise(rng, 750)(s, 0 * s) * np.clip((len(line) - 1 - np.arange(len(line))) / 12, 0, 1)
    moved = np.column_stack([line[:, 0] - swing * dy / norm, line[:, 1] + swing * dx / norm])
    moved = np.where(norm[:, None] > 0, moved, line)
    return shapely.LineString(plane.smooth(moved, rounds=2)).simplify(3.0)


def _boundary(rng: np.random.Generator) -> shapely.Polygon:
    """An organic outline of about 780 km²: a few broad lobes, smaller spurs, a jagged ridge line."""
    theta = np.linspace(0, 2 * np.pi, 1400, endpoint=False)
    radius = np.ones_like(theta)
    for order, amplitude in [(2, 0.055), (3, 0.07), (4, 0.05), (5, 0.05), (7, 0.035), (11, 0.022), (17, 0.014)]:
        radius += amplitude * np.cos(order * theta + rng.uniform(0, 2 * np.pi))
    x, y = radius * np.cos(theta), radius * np.sin(theta)
    ring = np.column_stack([x, y]) * 15_600.0
    for wavelength, amplitude in [(2600, 170.0), (1100, 75.0), (450, 25.0)]:
        ring[:, 0] += amplitude * plane.noise(rng, wavelength)(ring[:, 0], ring[:, 1])
        ring[:, 1] += amplitude * plane.noise(rng, wavelength)(ring[:, 0], ring[:, 1])
    area = shapely.Polygon(ring).buffer(0)
    area = max(plane.polygons(area), key=lambda part: part.area)
    scale = np.sqrt(780e6 / area.area)
    return shapely.Polygon(shapely.get_coordinates(area.exterior) * scale)


def _height(
    rng: np.random.Generator, river: shapely.LineString, streams: list[shapely.LineString]
) -> Callable[[Array, Array], Array]:
    """Metres above the valley floor: low along water, ridged hills between."""
    wet = shapely.unary_union(streams)
    broad, fine, small = plane.noise(rng, 6000), plane.noise(rng, 2200), plane.noise(rng, 800)

    def height(x: Array, y: Array) -> Array:
        points = np.column_stack([np.ravel(x), np.ravel(y)])
        to_river = plane.distances(river, points).reshape(np.shape(x))
        to_stream = plane.distances(wet, points).reshape(np.shape(x))
        rise = np.minimum(np.clip((to_river - 900) / 3600, 0, 1), np.clip((to_stream - 350) / 2300, 0, 1))
        ridge = 1 - np.abs(np.tanh(fine(x, y)))
        hills = 180 + 90 * broad(x, y) + 220 * ridge + 25 * small(x, y)
        return np.maximum(rise * hills, 0.0)

    return height
