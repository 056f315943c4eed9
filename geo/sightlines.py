"""Sight lines in compiled loops: the outline of what each camera sees behind the walls around it.

Directions are radians counter-clockwise from east, counted from the first edge of a camera's field; lengths are metres
on the tangent plane at the camera. ``geo.visibility`` prepares what goes in and makes polygons of what comes out.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

TOUCHING_M = 0.02  # nearer than this to a wall, a camera is mounted on it


class Camera(NamedTuple):
    """Where one camera stands, the metres of a degree there, its first direction, its field and its range in metres."""

    lng: float
    lat: float
    east_m: float
    north_m: float
    origin: float
    field: float
    reach: float


class Cameras(NamedTuple):
    """The same of many cameras, float64[n] each."""

    lng: NDArray[np.float64]
    lat: NDArray[np.float64]
    east_m: NDArray[np.float64]
    north_m: NDArray[np.float64]
    origin: NDArray[np.float64]
    field: NDArray[np.float64]
    reach: NDArray[np.float64]


class Walls(NamedTuple):
    """The buildings: vertices float64[v] of closed rings, the first vertex of each ring, the first ring of each."""

    lng: NDArray[np.float64]
    lat: NDArray[np.float64]
    ring_start: NDArray[np.int64]
    building_ring: NDArray[np.int64]


class Facing(NamedTuple):
    """Room for the walls that face a camera: the angles between which each lies, and its line (x, y, dx, dy)."""

    lows: NDArray[np.float64]
    highs: NDArray[np.float64]
    edges: NDArray[np.float64]


class Arcs(NamedTuple):
    """Room for directions in ascending order, and the distance and the wall (-1: the range) seen after each."""

    angles: NDArray[np.float64]
    nearest: NDArray[np.float64]
    owner: NDArray[np.int64]


@numba.njit(nogil=True, cache=True)
def views(cameras, walls, start, building, arc_step):  # type: ignore[no-untyped-def]
    """Outlines of what each camera sees: x, y in degrees and the cuts between cameras (see ``visibility.visible``).

    The buildings near camera i are ``building[start[i]:start[i + 1]]``.
    """
    n = len(cameras.lat)
    cuts = np.zeros(n + 1, dtype=np.int64)
    xs, ys = np.empty(64 * n + 1024), np.empty(64 * n + 1024)
    facing = Facing(np.empty(256), np.empty(256), np.empty((256, 4)))
    arcs = Arcs(np.empty(1024), np.empty(1024), np.empty(1024, dtype=np.int64))
    used = 0
    for i in range(n):
        camera = Camera(
            cameras.lng[i], cameras.lat[i], cameras.east_m[i], cameras.north_m[i], cameras.origin[i], cameras.field[i],
            cameras.reach[i],
        )  # fmt: skip
        near = building[start[i] : start[i + 1]]
        if not _walled_in(camera, walls, near):
            facing, count = _facing(camera, walls, near, facing)
            arcs, last = _arcs(camera, facing, count, arcs)
            most = used + 2 * last + int(camera.field / arc_step) + last + 8
            if most > len(xs):
                xs, ys = _longer(xs, used, 2 * most), _longer(ys, used, 2 * most)
            used = _outline(camera, facing, arcs, last, arc_step, xs, ys, used)
        cuts[i + 1] = used
    return xs[:used].copy(), ys[:used].copy(), cuts


@numba.njit(nogil=True, cache=True)
def _longer(values, used, size):  # type: ignore[no-untyped-def]
    more = np.empty(size)
    more[:used] = values[:used]
    return more


@numba.njit(nogil=True, cache=True)
def _walled_in(camera, walls, near):  # type: ignore[no-untyped-def]
    """Whether the camera stands inside one of the buildings."""
    for b in near:
        first, end = walls.ring_start[walls.building_ring[b]], walls.ring_start[walls.building_ring[b + 1]]
        if _inside(camera, walls, first, end):
            return True
    return False


@numba.njit(nogil=True, cache=True)
def _facing(camera, walls, near, facing):  # type: ignore[no-untyped-def]
    """The walls of the buildings ``near`` that face the camera, in ``facing`` or in more room, and their number."""
    count = 0
    for b in near:
        for ring in range(walls.building_ring[b], walls.building_ring[b + 1]):
            needed = count + 2 * (walls.ring_start[ring + 1] - walls.ring_start[ring])
            if needed > len(facing.lows):
                edges = np.empty((2 * needed, 4))
                edges[:count] = facing.edges[:count]
                facing = Facing(
                    _longer(facing.lows, count, 2 * needed), _longer(facing.highs, count, 2 * needed), edges
                )
            count = _ring(camera, walls, walls.ring_start[ring], walls.ring_start[ring + 1], facing, count)
    return facing, count


@numba.njit(nogil=True, cache=True)
def _arcs(camera, facing, count, arcs):  # type: ignore[no-untyped-def]
    """The field cut at every wall's end, with what is nearest in each part; the arcs and the last index."""
    needed = 2 * count + 2
    if needed + count > len(arcs.angles):
        size = 4 * needed
        arcs = Arcs(np.empty(size), np.empty(size), np.empty(size, dtype=np.int64))
    angles = arcs.angles
    angles[0], angles[1] = 0.0, camera.field
    for e in range(count):
        angles[2 + 2 * e], angles[3 + 2 * e] = facing.lows[e], facing.highs[e]
    last = 0
    for _ in range(4):  # again only where walls of overlapping buildings cross each other
        last = _distinct(angles, needed, camera.field)
        _sweep(camera, facing, count, arcs, last)
        more = _crossings(camera, facing, count, arcs, last)
        if more == 0:
            break
        needed = last + 1 + more
    return arcs, last


@numba.njit(nogil=True, cache=True)
def _outline(camera, facing, arcs, last, arc_step, xs, ys, used):  # type: ignore[no-untyped-def]
    """Write the outline behind the first ``used`` vertices, in degrees; how many vertices there are then.

    Vertices closer than a micrometre are one, and an outline without area is none.
    """
    first = used
    if camera.field < 2 * np.pi - 1e-9:
        xs[used], ys[used] = 0.0, 0.0
        used += 1
    for a in range(last):
        low, span, wall = arcs.angles[a], arcs.angles[a + 1] - arcs.angles[a], arcs.owner[a]
        steps = max(1, int(np.ceil(span / arc_step))) if wall < 0 else 1
        for s in range(steps + 1):
            direction = camera.origin + low + span * s / steps
            c, d = np.cos(direction), np.sin(direction)
            far = camera.reach
            if wall >= 0:
                far = max(0.0, min(far, _distance(facing.edges[wall], c, d)))
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
        return first
    for v in range(first, used):
        xs[v] = camera.lng + xs[v] / camera.east_m
        ys[v] = camera.lat + ys[v] / camera.north_m
    return used


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
def _sweep(camera, facing, count, arcs, last):  # type: ignore[no-untyped-def]
    """For each interval between directions, the wall that is nearest at its middle (-1: the range)."""
    angles, nearest, owner = arcs.angles, arcs.nearest, arcs.owner
    nearest[:last] = camera.reach
    owner[:last] = -1
    for e in range(count):
        a = np.searchsorted(angles[: last + 1], facing.lows[e] - 1e-9)
        while a < last and angles[a + 1] <= facing.highs[e] + 1e-9:
            direction = camera.origin + (angles[a] + angles[a + 1]) / 2
            far = _distance(facing.edges[e], np.cos(direction), np.sin(direction))
            if far < nearest[a]:
                nearest[a], owner[a] = far, e
            a += 1


@numba.njit(nogil=True, cache=True)
def _crossings(camera, facing, count, arcs, last):  # type: ignore[no-untyped-def]
    """Append the directions in which a wall passes in front of the nearest one inside an interval; how many."""
    angles, owner, edges, origin = arcs.angles, arcs.owner, facing.edges, camera.origin
    found = 0
    for e in range(count):
        a = np.searchsorted(angles[: last + 1], facing.lows[e] - 1e-9)
        while a < last and angles[a + 1] <= facing.highs[e] + 1e-9:
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
def _inside(camera, walls, first, end):  # type: ignore[no-untyped-def]
    """Whether a point lies in a building (all its rings one after the other), further than TOUCHING_M from its walls.

    Even-odd rule; the jump from one ring to the next is no wall, and adds none: rings are closed, so the step from the
    end of one to the start of the next is recognised by the closing of the ring before it.
    """
    wall_lng, wall_lat, lng, lat = walls.lng, walls.lat, camera.lng, camera.lat
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
        x1, y1 = (wall_lng[v] - lng) * camera.east_m, (wall_lat[v] - lat) * camera.north_m
        dx, dy = (wall_lng[v + 1] - lng) * camera.east_m - x1, (wall_lat[v + 1] - lat) * camera.north_m - y1
        square = dx * dx + dy * dy
        t = 0.0 if square == 0.0 else min(1.0, max(0.0, -(x1 * dx + y1 * dy) / square))
        if (x1 + t * dx) ** 2 + (y1 + t * dy) ** 2 <= TOUCHING_M * TOUCHING_M:
            return False
    return True


@numba.njit(nogil=True, cache=True)
def _ring(camera, walls, first, end, facing, count):  # type: ignore[no-untyped-def]
    """Add the walls of one ring that face the camera, cut to its range and field, as angular intervals."""
    wall_lng, wall_lat, lng, lat = walls.lng, walls.lat, camera.lng, camera.lat
    east_m, north_m, origin, reach = camera.east_m, camera.north_m, camera.origin, camera.reach
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
            count = _clip(np.arctan2(dy, dx) - origin, span, camera.field, 0.0, 0.0, dx, dy, facing, count)
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
        count = _clip(low - origin, span, camera.field, x1, y1, dx, dy, facing, count)
    return count


@numba.njit(nogil=True, cache=True)
def _clip(low, span, field, x, y, dx, dy, facing, count):  # type: ignore[no-untyped-def]
    """Store the part of the angular interval [low, low + span] inside [0, field]; it can come round in two pieces."""
    turn = 2 * np.pi
    low = low % turn
    for shift in (0.0, -turn):
        a, b = max(0.0, low + shift), min(field, low + shift + span)
        if b - a > 1e-9:
            facing.lows[count], facing.highs[count] = a, b
            facing.edges[count, 0], facing.edges[count, 1] = x, y
            facing.edges[count, 2], facing.edges[count, 3] = dx, dy
            count += 1
    return count
