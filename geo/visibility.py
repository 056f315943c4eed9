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
import numba
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo import geodesy
from geo.errors import CoordinateError, GeometryError

ARC_STEP_DEG = 2.0
TOUCHING_M = 0.02  # nearer than this to a wall, a camera is mounted on it

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
    xs, ys, cuts = _views(
        lat,
        lng,
        np.radians(90.0 - heading),
        np.radians(angle),
        reach,
        north_m,
        east_m,
        start,
        tall_building,
        blocks.lngs,
        blocks.lats,
        blocks.ring_start,
        blocks.building_ring,
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


@numba.njit(nogil=True, cache=True)
def _views(  # type: ignore[no-untyped-def]
    lat,
    lng,
    middle,
    field,
    reach,
    north_m,
    east_m,
    start,
    building,
    wall_lng,
    wall_lat,
    ring_start,
    building_ring,
    arc_step,
):
    """Outlines of what each camera sees: x, y in degrees and the cuts between cameras (numba; see ``visible``)."""
    n = len(lat)
    cuts = np.zeros(n + 1, dtype=np.int64)
    room = 64 * n + 1024
    xs, ys = np.empty(room), np.empty(room)
    used = 0
    lows, highs, edges, angles, nearest, owner = (
        np.empty(256),
        np.empty(256),
        np.empty((256, 4)),
        np.empty(1024),
        np.empty(1024),
        np.empty(1024, dtype=np.int64),
    )
    for i in range(n):
        cuts[i + 1] = used
        count = 0
        blind = False
        for k in range(start[i], start[i + 1]):
            b = building[k]
            blind |= _inside(
                ring_start[building_ring[b]],
                ring_start[building_ring[b + 1]],
                wall_lng,
                wall_lat,
                lng[i],
                lat[i],
                east_m[i],
                north_m[i],
            )
            for ring in range(building_ring[b], building_ring[b + 1]):
                room_needed = count + 2 * (ring_start[ring + 1] - ring_start[ring])
                if room_needed > len(lows):
                    size = 2 * room_needed
                    lows = np.concatenate((lows[:count], np.empty(size - count)))
                    highs = np.concatenate((highs[:count], np.empty(size - count)))
                    grown = np.empty((size, 4))
                    grown[:count] = edges[:count]
                    edges = grown
                count = _ring(
                    ring_start[ring],
                    ring_start[ring + 1],
                    wall_lng,
                    wall_lat,
                    lng[i],
                    lat[i],
                    east_m[i],
                    north_m[i],
                    middle[i] - field[i] / 2,
                    field[i],
                    reach[i],
                    lows,
                    highs,
                    edges,
                    count,
                )
        if blind:
            continue
        needed = 2 * count + 2
        if needed + count > len(angles):
            size = 4 * needed
            angles, nearest, owner = np.empty(size), np.empty(size), np.empty(size, dtype=np.int64)
        angles[0], angles[1] = 0.0, field[i]
        for e in range(count):
            angles[2 + 2 * e], angles[3 + 2 * e] = lows[e], highs[e]
        origin = middle[i] - field[i] / 2
        for _ in range(4):  # again only where walls of overlapping buildings cross each other
            last = _distinct(angles, needed, field[i])
            _sweep(lows, highs, edges, count, origin, reach[i], angles, last, nearest, owner)
            more_angles = _crossings(lows, highs, edges, count, origin, angles, last, owner)
            if more_angles == 0:
                break
            needed = last + 1 + more_angles
        most = used + 2 * last + int(field[i] / arc_step) + last + 8
        if most > len(xs):
            more = np.empty(2 * most)
            more[:used] = xs[:used]
            xs = more
            more = np.empty(2 * most)
            more[:used] = ys[:used]
            ys = more
        first = used
        if field[i] < 2 * np.pi - 1e-9:
            xs[used], ys[used] = 0.0, 0.0
            used += 1
        for a in range(last):
            steps = 1
            if owner[a] < 0:
                steps = max(1, int(np.ceil((angles[a + 1] - angles[a]) / arc_step)))
            for s in range(steps + 1):
                direction = origin + angles[a] + (angles[a + 1] - angles[a]) * s / steps
                c, d = np.cos(direction), np.sin(direction)
                far = reach[i] if owner[a] < 0 else max(0.0, min(reach[i], _distance(edges[owner[a]], c, d)))
                x, y = far * c, far * d
                if used == first or abs(x - xs[used - 1]) + abs(y - ys[used - 1]) > 1e-6:
                    xs[used], ys[used] = x, y
                    used += 1
        while used > first + 1 and abs(xs[used - 1] - xs[first]) + abs(ys[used - 1] - ys[first]) <= 1e-6:
            used -= 1
        area = 0.0
        for v in range(first, used):
            w = v + 1 if v + 1 < used else first
            area += xs[v] * ys[w] - xs[w] * ys[v]
        if used - first < 3 or area < 1e-6:
            used = first
        else:
            for v in range(first, used):
                xs[v] = lng[i] + xs[v] / east_m[i]
                ys[v] = lat[i] + ys[v] / north_m[i]
        cuts[i + 1] = used
    return xs[:used].copy(), ys[:used].copy(), cuts


@numba.njit(nogil=True, cache=True)
def _distinct(angles, count, field):  # type: ignore[no-untyped-def]
    """Sort the first ``count`` angles in place, keep one of those closer than a nanoradian; the last index kept."""
    angles[:count].sort()
    last = 0
    for a in range(1, count):
        if angles[a] - angles[last] > 1e-9:
            last += 1
            angles[last] = angles[a]
    angles[last] = field
    return last


@numba.njit(nogil=True, cache=True)
def _sweep(lows, highs, edges, count, origin, reach, angles, last, nearest, owner):  # type: ignore[no-untyped-def]
    """For each interval between directions, the wall that is nearest at its middle (-1: the range)."""
    nearest[:last] = reach
    owner[:last] = -1
    for e in range(count):
        a = np.searchsorted(angles[: last + 1], lows[e] - 1e-9)
        while a < last and angles[a + 1] <= highs[e] + 1e-9:
            direction = origin + (angles[a] + angles[a + 1]) / 2
            far = _distance(edges[e], np.cos(direction), np.sin(direction))
            if far < nearest[a]:
                nearest[a], owner[a] = far, e
            a += 1


@numba.njit(nogil=True, cache=True)
def _crossings(lows, highs, edges, count, origin, angles, last, owner):  # type: ignore[no-untyped-def]
    """Append the directions in which a wall passes in front of the nearest one inside an interval; how many."""
    found = 0
    for e in range(count):
        a = np.searchsorted(angles[: last + 1], lows[e] - 1e-9)
        while a < last and angles[a + 1] <= highs[e] + 1e-9:
            other = owner[a]
            if other >= 0 and other != e and last + 1 + found < len(angles):
                for end in range(2):
                    direction = origin + angles[a + end]
                    c, s = np.cos(direction), np.sin(direction)
                    if _distance(edges[e], c, s) < _distance(edges[other], c, s) - 1e-3:
                        down = edges[e, 2] * edges[other, 3] - edges[e, 3] * edges[other, 2]
                        if abs(down) > 1e-12:
                            gx, gy = edges[other, 0] - edges[e, 0], edges[other, 1] - edges[e, 1]
                            t = (gx * edges[other, 3] - gy * edges[other, 2]) / down
                            turn = np.arctan2(edges[e, 1] + t * edges[e, 3], edges[e, 0] + t * edges[e, 2]) - origin
                            turn = turn % (2 * np.pi)
                            if angles[a] + 1e-9 < turn < angles[a + 1] - 1e-9:
                                angles[last + 1 + found] = turn
                                found += 1
                                break
            a += 1
    return found


@numba.njit(nogil=True, cache=True, inline="always")
def _distance(edge, c, s):  # type: ignore[no-untyped-def]
    """Distance along the direction (c, s) to the line through ``edge`` (x, y, dx, dy); inf where they are parallel."""
    down = c * edge[3] - s * edge[2]
    if abs(down) < 1e-15:
        return np.inf
    return (edge[0] * edge[3] - edge[1] * edge[2]) / down


@numba.njit(nogil=True, cache=True)
def _inside(first, end, wall_lng, wall_lat, lng, lat, east_m, north_m):  # type: ignore[no-untyped-def]
    """Whether a point lies in a building (all its rings one after the other), further than TOUCHING_M from its walls.

    Even-odd rule; the jump from one ring to the next is no wall, and adds none: rings are closed, so the step from the
    end of one to the start of the next is recognised by the closing of the ring before it.
    """
    odd = False
    opening = first
    for v in range(first, end - 1):
        if v > opening and wall_lng[v] == wall_lng[opening] and wall_lat[v] == wall_lat[opening]:
            opening = v + 1  # the ring is closed; the next vertex opens another
            continue
        y1, y2 = wall_lat[v] - lat, wall_lat[v + 1] - lat
        if (y1 > 0.0) != (y2 > 0.0):
            x1, x2 = wall_lng[v] - lng, wall_lng[v + 1] - lng
            if x1 - y1 * (x2 - x1) / (y2 - y1) > 0.0:
                odd = not odd
    if not odd:
        return False
    opening = first
    for v in range(first, end - 1):
        if v > opening and wall_lng[v] == wall_lng[opening] and wall_lat[v] == wall_lat[opening]:
            opening = v + 1
            continue
        x1, y1 = (wall_lng[v] - lng) * east_m, (wall_lat[v] - lat) * north_m
        dx, dy = (wall_lng[v + 1] - lng) * east_m - x1, (wall_lat[v + 1] - lat) * north_m - y1
        square = dx * dx + dy * dy
        t = 0.0 if square == 0.0 else min(1.0, max(0.0, -(x1 * dx + y1 * dy) / square))
        if (x1 + t * dx) ** 2 + (y1 + t * dy) ** 2 <= TOUCHING_M * TOUCHING_M:
            return False
    return True


@numba.njit(nogil=True, cache=True)
def _ring(first, end, wall_lng, wall_lat, lng, lat, east_m, north_m, origin, field, reach, lows, highs, edges, count):  # type: ignore[no-untyped-def]
    """Add the walls of one ring that face the camera, cut to its range and field, as angular intervals."""
    for v in range(first, end - 1):
        x1, y1 = (wall_lng[v] - lng) * east_m, (wall_lat[v] - lat) * north_m
        x2, y2 = (wall_lng[v + 1] - lng) * east_m, (wall_lat[v + 1] - lat) * north_m
        dx, dy = x2 - x1, y2 - y1
        square = dx * dx + dy * dy
        if square < 1e-12:
            continue
        along = -(x1 * dx + y1 * dy) / square
        near = min(1.0, max(0.0, along))
        gap = (x1 + near * dx) ** 2 + (y1 + near * dy) ** 2
        if gap <= TOUCHING_M * TOUCHING_M:
            # Mounted on this wall: the solid side is closed. At a corner the solid lies between the two walls; the
            # corner is handled once, by the wall that begins there.
            if near >= 1.0 - TOUCHING_M / np.sqrt(square):
                continue
            bx, by = dx, dy
            if near <= TOUCHING_M / np.sqrt(square):
                p = v - 1 if v > first else end - 2
                bx, by = wall_lng[v] - wall_lng[p], wall_lat[v] - wall_lat[p]
                bx, by = bx * east_m, by * north_m
            span = (np.arctan2(-by, -bx) - np.arctan2(dy, dx)) % (2 * np.pi)
            count = _clip(np.arctan2(dy, dx) - origin, span, field, 0.0, 0.0, dx, dy, lows, highs, edges, count)
            continue
        if x1 * dy - y1 * dx >= 0.0 or gap >= reach * reach:  # turned away, or out of range
            continue
        foot = (x1 + along * dx) ** 2 + (y1 + along * dy) ** 2
        half = np.sqrt(max(0.0, reach * reach - foot) / square)
        t1, t2 = max(0.0, along - half), min(1.0, along + half)
        if t2 <= t1:
            continue
        low = np.arctan2(y1 + t2 * dy, x1 + t2 * dx)
        span = (np.arctan2(y1 + t1 * dy, x1 + t1 * dx) - low) % (2 * np.pi)
        count = _clip(low - origin, span, field, x1, y1, dx, dy, lows, highs, edges, count)
    return count


@numba.njit(nogil=True, cache=True)
def _clip(low, span, field, x, y, dx, dy, lows, highs, edges, count):  # type: ignore[no-untyped-def]
    """Store the part of the angular interval [low, low + span] inside [0, field]; it can come round in two pieces."""
    turn = 2 * np.pi
    low = low % turn
    for shift in (0.0, -turn):
        a, b = max(0.0, low + shift), min(field, low + shift + span)
        if b - a > 1e-9:
            lows[count], highs[count] = a, b
            edges[count, 0], edges[count, 1], edges[count, 2], edges[count, 3] = x, y, dx, dy
            count += 1
    return count


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
