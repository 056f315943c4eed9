"""What a camera sees of the ground behind buildings.

A camera stands at a point, looks along a heading with a field angle, and reaches a range in metres. Buildings are
solid; what lies in their shadow is not seen, nor is the ground inside them. The visible region is computed exactly for
straight walls: every direction in which the nearest wall can change is an end of a wall (or the place where it meets
the range), so between two such directions one wall, or the open range, bounds the view. Only the arc of the range is
approximated, by chords of ``ARC_STEP_DEG`` (area error below 0.03 %).

With heights, a building lower than the camera hides a finite strip: ground at distance r is hidden by a wall of
height b at distance d when d ≤ r < d·h/(h − b), for a camera at height h. Buildings at least as high as the camera hide
everything behind them. A camera inside a building that is not lower than itself sees nothing; on a wall it sees the
outside. Ground is taken as flat. Coordinates are WGS-84 degrees; the work is done in metres on the tangent plane
at each camera, so ranges beyond a few kilometres are outside its purpose.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo import geodesy, sightlines
from geo.errors import CoordinateError, GeometryError

ARC_STEP_DEG = 2.0

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Walls:
    """Edges of building outlines in rings, solid on the left, with an index of the buildings.

    ``lngs``/``lats`` float64[v] are the closed rings one after the other; ``ring_start`` int64[r+1] cuts them;
    ``building_ring`` int64[b+1] cuts the rings by building; ``heights`` float64[b] in metres (inf where unknown);
    ``shapes`` are the polygons and ``tree`` finds them.
    """

    lngs: Floats
    lats: Floats
    ring_start: NDArray[np.int64]
    building_ring: NDArray[np.int64]
    heights: Floats
    shapes: NDArray[np.object_]
    tree: shapely.STRtree


def walls(buildings: gpd.GeoSeries, *, heights_m: ArrayLike | None = None) -> Walls:
    """Prepare buildings once for many cameras.

    ``buildings``: polygons in WGS-84; other geometries are refused with ``GeometryError``, empty ones left out.
    ``heights_m``: float[b]; not-a-number or missing means unknown, taken as higher than any camera.
    """
    shapes = np.asarray(buildings.array if isinstance(buildings, gpd.GeoSeries) else buildings, dtype=object)
    heights = np.full(len(shapes), np.inf) if heights_m is None else np.array(heights_m, dtype=np.float64)
    if len(heights) != len(shapes):
        raise GeometryError(f"{len(heights)} heights for {len(shapes)} buildings; give one each", values=len(heights))
    heights = np.where(np.isfinite(heights), heights, np.inf)
    usable = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    kinds = shapely.get_type_id(shapes)
    odd = usable & (kinds != 3) & (kinds != 6)
    if odd.any():
        raise GeometryError(
            f"building {int(np.flatnonzero(odd)[0])} is a {shapes[odd][0].geom_type}; buildings are polygons",
            values=np.flatnonzero(odd),
        )
    parts, owner = shapely.get_parts(shapes[usable], return_index=True)
    heights = heights[usable][owner]
    parts = shapely.orient_polygons(parts)
    rings, ring_owner = shapely.get_rings(parts, return_index=True)
    points, ring_of = shapely.get_coordinates(rings, return_index=True)
    return Walls(
        lngs=np.ascontiguousarray(points[:, 0]),
        lats=np.ascontiguousarray(points[:, 1]),
        ring_start=np.concatenate([[0], np.cumsum(np.bincount(ring_of, minlength=len(rings)))]).astype(np.int64),
        building_ring=np.concatenate([[0], np.cumsum(np.bincount(ring_owner, minlength=len(parts)))]).astype(np.int64),
        heights=heights,
        shapes=parts,
        tree=shapely.STRtree(parts),
    )


def visible(
    lats: ArrayLike,
    lngs: ArrayLike,
    *,
    heading_deg: ArrayLike,
    angle_deg: ArrayLike,
    range_m: ArrayLike,
    buildings: gpd.GeoSeries | Walls,
    height_m: ArrayLike | None = None,
) -> gpd.GeoSeries:
    """The ground that each camera sees, as polygons in WGS-84 (empty where it sees nothing).

    ``lats``, ``lngs`` float[n]; ``heading_deg`` clockwise from north (ignored for a full circle); ``angle_deg`` in
    (0, 360]; ``range_m`` > 0; each a number or float[n]. ``buildings``: polygons in WGS-84, or prepared by ``walls``
    (which also takes their heights). ``height_m``: mounting heights of the cameras; None treats every building as
    higher than every camera. Raises ``CoordinateError`` for values outside these ranges.
    """
    lat, lng, heading, angle, reach, height = _cameras(lats, lngs, heading_deg, angle_deg, range_m, height_m)
    blocks = buildings if isinstance(buildings, Walls) else walls(buildings)
    camera, building = _within_reach(lat, lng, reach, blocks)
    lower = blocks.heights[building] < height[camera]
    tall_camera, tall_building = camera[~lower], building[~lower]
    start = np.searchsorted(tall_camera, np.arange(len(lat) + 1)).astype(np.int64)
    north_m, east_m = geodesy.metres_per_degree(lat)
    field = np.radians(angle)
    xs, ys, cuts = sightlines.views(
        sightlines.Cameras(lng, lat, east_m, north_m, np.radians(90.0 - heading) - field / 2, field, reach),
        sightlines.Walls(blocks.lngs, blocks.lats, blocks.ring_start, blocks.building_ring),
        start,
        tall_building,
        np.radians(ARC_STEP_DEG),
    )
    seen = _polygons(xs, ys, cuts)
    if lower.any():
        seen = _less_shadows(seen, lat, lng, height, camera[lower], building[lower], blocks, north_m, east_m)
    return gpd.GeoSeries(seen, crs=4326)


def to_wall(lats: ArrayLike, lngs: ArrayLike, *, buildings: Walls, within_m: float) -> tuple[Floats, Floats, NDArray]:
    """Move cameras that lie inside a building, not further than ``within_m`` from its outline, onto that outline.

    Mapped camera sites are often a metre or two inside the wall that carries them. Returns new ``lats, lngs`` and
    bool[n] telling which were moved; the others keep their place.
    """
    lat, lng = np.array(lats, dtype=np.float64), np.array(lngs, dtype=np.float64)
    points = shapely.points(lng, lat)
    camera, building = buildings.tree.query(points, predicate="within")
    first = np.unique(camera, return_index=True)[1]
    camera, building = camera[first], building[first]
    outline = shapely.boundary(buildings.shapes[building])
    north_m, east_m = geodesy.metres_per_degree(lat[camera])
    # Nearest in metres: stretch the plane to local metres before asking for the nearest point of the outline.
    moved = np.zeros(len(lat), dtype=bool)
    for i, line, ky, kx in zip(camera, outline, north_m, east_m, strict=True):
        metric = shapely.transform(line, lambda p, kx=kx, ky=ky: p * (kx, ky))
        here = shapely.Point(lng[i] * kx, lat[i] * ky)
        if shapely.distance(here, metric) <= within_m:
            x, y = shapely.get_coordinates(
                shapely.line_interpolate_point(metric, shapely.line_locate_point(metric, here))
            )[0]
            lng[i], lat[i], moved[i] = x / kx, y / ky, True
    return lat, lng, moved


def _cameras(
    lats: ArrayLike, lngs: ArrayLike, heading: ArrayLike, angle: ArrayLike, reach: ArrayLike, height: ArrayLike | None
) -> tuple[Floats, ...]:
    lat = np.atleast_1d(np.array(lats, dtype=np.float64))
    columns = [
        np.ascontiguousarray(np.broadcast_to(np.asarray(values, dtype=np.float64), lat.shape))
        for values in (lngs, heading, angle, reach, 0.0 if height is None else height)
    ]
    lng, head, field, far, tall = columns
    if height is None:
        tall = np.full(lat.shape, -np.inf)
    full = field >= 360.0
    for name, values, good in (
        ("latitude", lat, np.abs(lat) <= 90.0),
        ("longitude", lng, np.abs(lng) <= 180.0),
        ("heading_deg", head, np.isfinite(head) | full),
        ("angle_deg", field, (field > 0.0) & (field <= 360.0)),
        ("range_m", far, (far > 0.0) & (far <= 20_000.0)),
        ("height_m", tall, ~np.isnan(tall)),
    ):
        if not good.all():
            row = int(np.flatnonzero(~good)[0])
            raise CoordinateError(
                f"camera {row}: {name} is {values[row]}, out of its range", values=np.flatnonzero(~good)
            )
    return lat, lng, np.where(full & ~np.isfinite(head), 0.0, head), field, far, tall


def _within_reach(lat: Floats, lng: Floats, reach: Floats, blocks: Walls) -> tuple[NDArray, NDArray]:
    """Pairs (camera, building) whose bounding boxes meet, ordered by camera, then building."""
    north_m, east_m = geodesy.metres_per_degree(lat)
    dy, dx = reach / north_m, reach / east_m
    camera, building = blocks.tree.query(shapely.box(lng - dx, lat - dy, lng + dx, lat + dy))
    order = np.lexsort((building, camera))
    return camera[order], building[order].astype(np.int64)


def _polygons(xs: Floats, ys: Floats, cuts: NDArray[np.int64]) -> NDArray[np.object_]:
    sizes = np.diff(cuts)
    some = np.flatnonzero(sizes)
    out = np.full(len(sizes), shapely.Polygon(), dtype=object)
    if len(some):
        rings = shapely.linearrings(np.column_stack([xs, ys]), indices=np.repeat(np.arange(len(some)), sizes[some]))
        out[some] = shapely.polygons(rings)
    return out


def _less_shadows(
    seen: NDArray[np.object_],
    lat: Floats,
    lng: Floats,
    height: Floats,
    camera: NDArray,
    building: NDArray,
    blocks: Walls,
    north_m: Floats,
    east_m: Floats,
) -> NDArray[np.object_]:
    """Take the finite shadows of buildings lower than the camera, and those buildings themselves, out of the view."""
    cut = np.flatnonzero(np.diff(camera, prepend=-1))
    for first, end in zip(cut, [*cut[1:], len(camera)], strict=True):
        i = camera[first]
        if shapely.is_empty(seen[i]):
            continue
        scale = np.array((east_m[i], north_m[i]))
        here = np.array((lng[i], lat[i]))
        hidden = []
        for b in building[first:end]:
            ring = (shapely.get_coordinates(shapely.get_exterior_ring(blocks.shapes[b])) - here) * scale
            far = ring * (height[i] / (height[i] - blocks.heights[b]))
            quads = np.stack([ring[:-1], ring[1:], far[1:], far[:-1], ring[:-1]], axis=1)
            hidden += [shapely.polygons(ring), shapely.polygons(far), *shapely.polygons(quads)]
        shadow = shapely.union_all(shapely.make_valid(np.array(hidden, dtype=object)))
        shadow = shapely.transform(shadow, lambda p, scale=scale, here=here: p / scale + here)
        rest = shapely.difference(shapely.make_valid(seen[i]), shadow)
        parts = shapely.get_parts(rest)
        parts = parts[shapely.get_type_id(parts) == 3]
        seen[i] = shapely.multipolygons(parts) if len(parts) != 1 else parts[0]
    return seen
