"""Points in polygons as libh3 decides it, with edges straight in longitude and latitude.

``inside`` is fast and says when rounding could decide; ``holds`` is libh3's own arithmetic for such points. Angles are
degrees, rings are pairs of latitudes and longitudes without the repeated last point.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo import lattice

jit = lattice.jit
Ring = tuple[NDArray[np.float64], NDArray[np.float64]]

_RAD = np.pi / 180.0
_DEG = 180.0 / np.pi
_CLOSE_DEG = 1e-11  # nearer than this to an edge, rounding could decide
_EPSILON = float(np.finfo(np.float64).eps)


class Edges(NamedTuple):
    """Edges of one polygon (all its rings), the lower end first, and which of them each belt of latitude meets.

    ``south, west`` and ``north, east`` are the ends' latitudes and longitudes; ``first`` int64[belts + 1] and
    ``member`` int64[...] list the edges of each belt; ``base`` and ``per_deg`` turn a latitude into its belt.
    """

    south: NDArray[np.float64]
    west: NDArray[np.float64]
    north: NDArray[np.float64]
    east: NDArray[np.float64]
    first: NDArray[np.int64]
    member: NDArray[np.int64]
    base: float
    per_deg: float


def edges_of(rings: list[Ring]) -> Edges:
    """The edges of all rings, without those of no length."""
    a = np.concatenate([np.column_stack(ring) for ring in rings])
    b = np.concatenate([np.roll(np.column_stack(ring), -1, axis=0) for ring in rings])
    some = (a != b).any(axis=1)
    a, b = a[some], b[some]
    flip = (a[:, 0] > b[:, 0])[:, None]
    low, high = np.where(flip, b, a), np.where(flip, a, b)
    lined: Edges = belts(*(np.ascontiguousarray(c) for c in (low[:, 0], low[:, 1], high[:, 0], high[:, 1])))
    return lined


def holds(rings: list[Ring], point: tuple[float, float], turned_lng: bool) -> bool | None:
    """Whether libh3 would find the centre (lat, lng) in the polygon: in the outer ring and in none of the others.

    None where that hangs on the last bit of the radians that libh3 has and these degrees do not tell.
    """
    lats, lngs = (_radians_of(angle) for angle in point)
    found = set()
    for lat in lats:
        for lng in lngs:
            east = lng + 2.0 * np.pi if turned_lng and lng < 0 else lng
            within = [inside_ring(lat, east, ring[0] * _RAD, ring[1] * _RAD) for ring in rings]
            found.add(within[0] and not any(within[1:]))
    return found.pop() if len(found) == 1 else None


def _radians_of(degrees: float) -> list[float]:
    """The angles from which libh3 may have made these degrees."""
    near = degrees * _RAD
    return [a for a in (near, float(np.nextafter(near, -9.0)), float(np.nextafter(near, 9.0))) if a * _DEG == degrees]


@jit
def belts(
    south: NDArray[np.float64], west: NDArray[np.float64], north: NDArray[np.float64], east: NDArray[np.float64]
) -> Edges:
    """Sort edges (lower end first) into about as many belts of latitude as there are edges."""
    count = min(max(south.size, 1), 65_536)
    base, top = south.min() - 1e-6, north.max() + 1e-6
    per_deg = count / (top - base)
    first = np.zeros(count + 1, np.int64)
    for n in range(south.size):
        for belt in range(int((south[n] - 1e-9 - base) * per_deg), int((north[n] + 1e-9 - base) * per_deg) + 1):
            first[belt + 1] += 1
    for belt in range(count):
        first[belt + 1] += first[belt]
    member, fill = np.empty(first[count], np.int64), first.copy()
    for n in range(south.size):
        for belt in range(int((south[n] - 1e-9 - base) * per_deg), int((north[n] + 1e-9 - base) * per_deg) + 1):
            member[fill[belt]] = n
            fill[belt] += 1
    return Edges(south, west, north, east, first, member, base, per_deg)


@jit
def inside(lat: float, lng: float, edges: Edges) -> int:
    """1 inside, 0 outside, 2 too near an edge to say."""
    belt = int((lat - edges.base) * edges.per_deg)
    if lat < edges.base or belt >= edges.first.size - 1:
        return 0
    shrink = max(np.cos(lat * _RAD), 1e-9)
    close_lat = _CLOSE_DEG / shrink
    close_lng = close_lat / shrink
    odd = 0
    for k in range(edges.first[belt], edges.first[belt + 1]):
        n = edges.member[k]
        south, north = edges.south[n], edges.north[n]
        if lat < south - close_lat or lat > north + close_lat:
            continue
        west, east = edges.west[n], edges.east[n]
        rise = north - south
        if rise <= 2.0 * close_lat:
            if min(west, east) - close_lng <= lng <= max(west, east) + close_lng:
                return 2
            crossing = west if lng < min(west, east) else min(west, east)
        else:
            slope = (east - west) / rise
            crossing = west + slope * (lat - south)
            if abs(crossing - lng) <= close_lng + close_lat * abs(slope):
                return 2
        if south <= lat < north and crossing > lng:
            odd ^= 1
    return odd


@jit
def inside_ring(lat: float, lng: float, lats: NDArray[np.float64], lngs: NDArray[np.float64]) -> bool:
    """Whether libh3 would find a point (radians) in a ring: a ray along the parallel, and its rules for ties.

    A latitude equal to a vertex's is moved north by one epsilon, a longitude equal to a vertex's west by one.
    """
    odd = False
    for n in range(lats.size):
        m = n + 1 if n + 1 < lats.size else 0
        low, high = (n, m) if lats[n] <= lats[m] else (m, n)
        if lat == lats[low] or lat == lats[high]:
            lat += _EPSILON
        if lat < lats[low] or lat > lats[high]:
            continue
        if lngs[low] == lng or lngs[high] == lng:
            lng -= _EPSILON
        share = (lat - lats[low]) / (lats[high] - lats[low])
        if lngs[low] + (lngs[high] - lngs[low]) * share > lng:
            odd = not odd
    return odd
