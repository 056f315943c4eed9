"""Sight lines in compiled loops: the outline of what each camera sees behind the walls around it.

Directions are radians counter-clockwise from east, counted from the first edge of a camera's field; lengths are metres
on the tangent plane at the camera. ``geo.visibility`` prepares what goes in and makes polygons of what comes out.
"""

from __future__ import annotations

import numba
import numpy as np

TOUCHING_M = 0.02  # nearer than this to a wall, a camera is mounted on it


@numba.njit(nogil=True, cache=True)
def views(  # type: ignore[no-untyped-def]
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
