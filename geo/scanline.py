"""Polygon → cells, row by row of the lattice of one face of the icosahedron.

Along a row the answer to "is this centre inside?" can only change where an edge of the polygon crosses the row. So the
cells next to each crossing are tested one by one, and the stretches between them once each. Edges are straight in
longitude and latitude, as in libh3; where rounding could decide a test the cell is handed back for libh3's centre and
libh3's arithmetic. Kernels only; angles are degrees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo import lattice, points, rings

jit = lattice.jit

_RAD = np.pi / 180.0
_DEG = 180.0 / np.pi
_FACE_REACH = 0.6525  # radians from the centre of a face to its vertices, rounded up
_SLACK = 0.25  # lattice steps; twice what a piece of an edge may stray from its chord


@dataclass(frozen=True)
class Found:
    """Ids of the cells surely inside, and of those that libh3 must be asked about.

    ``odd_inside`` and ``odd_asked`` are the same as centres (lats, lngs), for cells that the tables do not know.
    """

    inside: NDArray[np.int64]
    asked: NDArray[np.int64]
    odd_inside: tuple[NDArray[np.float64], NDArray[np.float64]]
    odd_asked: tuple[NDArray[np.float64], NDArray[np.float64]]


def fill(
    outline: list[rings.Ring],
    res: int,
    turned_lng: bool,
    tables: lattice.Tables,
    unit: float,
) -> Found:
    """All cells of the polygon, face by face, unsorted; cells on an edge between faces may come twice."""
    edges = rings.edges_of(outline)
    planes, sides, scale = points.constants(res, unit, tables)
    back = lattice.axes(res, unit)[1]
    longest_deg = _DEG * float(np.sqrt(8.0 * 0.1 / (24.0 * scale)))
    margin = 0.02 + 0.3 * 7.0 ** (-res / 2)
    found: list[list[Any]] = [[], [], [], []]
    for face in _faces(edges, tables, margin * unit):
        row, low, high, box = crossings(edges, planes[face], sides, longest_deg, margin)
        lat, lng = _centre(0, 0, face, back, tables, turned_lng)
        if row.size == 0 and rings.inside(lat, lng, edges) == 0:
            continue
        bounds, rows = _window(box, res)
        first, keys = by_row(row, low, high, bounds[0], rows)
        line, start, stop, flag = runs(first, keys, bounds, (face, res), back, tables, edges, turned_lng)
        for kind in (1, 2):
            i, j = unrolled(line, start, stop, flag, kind)
            ids = np.empty(i.size, np.int64)
            unknown = np.flatnonzero(ids == 0) if lattice.encode_all(i, j, face, res, tables, ids) else ()
            for n in unknown:
                found[1 + kind].append(_centre(int(i[n]), int(j[n]), face, back, tables, False))
            found[kind - 1].append(ids[ids != 0] if len(unknown) else ids)
    inside_ids, asked = (np.concatenate([np.empty(0, np.int64), *part]) for part in found[:2])
    odd_inside, odd_asked = (np.array(part, np.float64).reshape(-1, 2).T for part in found[2:])
    return Found(inside_ids, asked, (odd_inside[0], odd_inside[1]), (odd_asked[0], odd_asked[1]))


def _faces(edges: rings.Edges, tables: lattice.Tables, margin: float) -> list[int]:
    """Faces that the polygon may touch: those near a vertex, allowing for the length of edges, or inside of it."""
    longest = float(np.hypot(edges.north - edges.south, edges.east - edges.west).max(initial=0.0)) * _RAD
    lat, lng = edges.south * _RAD, edges.west * _RAD
    vectors = np.vstack((np.cos(lat) * np.cos(lng), np.cos(lat) * np.sin(lng), np.sin(lat)))
    nearest = np.arccos(np.clip((tables.centre @ vectors).max(axis=1, initial=-1.0), -1.0, 1.0))
    lats, lngs = np.degrees(np.arcsin(tables.centre[:, 2])), np.degrees(np.arctan2(*tables.centre[:, 1::-1].T))
    found = []
    for face in range(lattice.FACES):
        around = rings.inside(lats[face], lngs[face], edges) or rings.inside(lats[face], lngs[face] + 360.0, edges)
        if nearest[face] < _FACE_REACH + margin + longest or around:
            found.append(face)
    return found


def _window(box: NDArray[np.float64], res: int) -> tuple[tuple[int, int, int], int]:
    """Lowest row, lowest and highest i, and the number of rows, of the edges' bounds within the face's."""
    scale = 7 ** (res // 2)
    corners = np.array([(4, -2), (2, 6), (-6, -4)] if res & 1 else [(2, 0), (0, 2), (-2, -2)]) * scale
    low_i, low_j = np.maximum(corners.min(axis=0), np.clip(np.floor(box[[0, 2]]) - 1, -(2**29), 2**29)).astype(int)
    high_i, high_j = np.minimum(corners.max(axis=0), np.clip(np.ceil(box[[1, 3]]) + 1, -(2**29), 2**29)).astype(int)
    return (int(low_j), int(low_i), int(high_i)), max(int(high_j - low_j) + 1, 0)


@jit
def _onto(lat: float, lng: float, face: NDArray[np.float64]) -> tuple[float, float, float]:
    """Lattice coordinates of a point on a face, and w, the cosine of its distance from the centre."""
    side = np.cos(lat * _RAD)
    x, y, z = side * np.cos(lng * _RAD), side * np.sin(lng * _RAD), np.sin(lat * _RAD)
    w = face[0] * x + face[1] * y + face[2] * z
    if w < 0.3:
        return 0.0, 0.0, w
    return (face[3] * x + face[4] * y + face[5] * z) / w, (face[6] * x + face[7] * y + face[8] * z) / w, w


@jit
def crossings(
    edges: rings.Edges, face: NDArray[np.float64], sides: NDArray[np.float64], longest_deg: float, margin: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Row and first and last cell of every stretch of cells near an edge; and lowest and highest i and j of the edges.

    ``longest_deg`` keeps pieces of edges within half of ``_SLACK`` of their chords; ``margin`` is how far outside the
    face, in base units, pieces are still looked at. The bounds are infinite where some edge is beyond the horizon.
    """
    size, used = 1024, 0
    box = np.array([np.inf, -np.inf, np.inf, -np.inf])
    row, low, high = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64)
    for n in range(edges.south.size):
        up, along = edges.north[n] - edges.south[n], edges.east[n] - edges.west[n]
        pieces = int(np.ceil(np.hypot(up, along) / longest_deg))
        i1, j1, w1 = _onto(edges.south[n], edges.west[n], face)
        _stretch(box, i1, j1, w1)
        for piece in range(1, pieces + 1):
            i0, j0, w0 = i1, j1, w1
            i1, j1, w1 = _onto(edges.south[n] + up * piece / pieces, edges.west[n] + along * piece / pieces, face)
            _stretch(box, i1, j1, w1)
            if w0 < 0.65 or w1 < 0.65 or _off(i0, j0, i1, j1, sides, margin):
                continue
            for r in range(int(np.ceil(min(j0, j1) - _SLACK)), int(np.floor(max(j0, j1) + _SLACK)) + 1):
                t0, t1 = 0.0, 1.0
                if abs(j1 - j0) > 1e-9:
                    t0, t1 = (r - _SLACK - j0) / (j1 - j0), (r + _SLACK - j0) / (j1 - j0)
                    t0, t1 = max(min(t0, t1), 0.0), min(max(t0, t1), 1.0)
                a, b = i0 + (i1 - i0) * t0, i0 + (i1 - i0) * t1
                if used == size:
                    size *= 2
                    row, low, high = _longer(row, size), _longer(low, size), _longer(high, size)
                row[used] = r
                low[used], high[used] = int(np.floor(min(a, b) - _SLACK)), int(np.ceil(max(a, b) + _SLACK))
                used += 1
    return row[:used], low[:used], high[:used], box


@jit
def _stretch(box: NDArray[np.float64], i: float, j: float, w: float) -> None:
    """Take a point into the bounds, or give them up where it is near or beyond the horizon."""
    far = np.inf if w <= 0.5 else 0.0
    box[0], box[1] = min(box[0], i - far), max(box[1], i + far)
    box[2], box[3] = min(box[2], j - far), max(box[3], j + far)


@jit
def _off(i0: float, j0: float, i1: float, j1: float, sides: NDArray[np.float64], margin: float) -> bool:
    """Whether both ends are beyond the same side of the face."""
    for k in range(3):
        a, b = sides[2 * k], sides[2 * k + 1]
        if a * i0 + b * j0 > 1.0 + margin and a * i1 + b * j1 > 1.0 + margin:
            return True
    return False


@jit
def _longer(old: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    new = np.empty(size, np.int64)
    for n in range(old.size):
        new[n] = old[n]
    return new


@jit
def by_row(
    row: NDArray[np.int64], low: NDArray[np.int64], high: NDArray[np.int64], bottom: int, rows: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The stretches of rows bottom … bottom + rows - 1 as compressed rows, each sorted; low and high in one number."""
    first = np.zeros(rows + 1, np.int64)
    for n in range(row.size):
        if 0 <= row[n] - bottom < rows:
            first[row[n] - bottom + 1] += 1
    for r in range(rows):
        first[r + 1] += first[r]
    keys, fill = np.empty(first[rows], np.int64), first.copy()
    for n in range(row.size):
        r = row[n] - bottom
        if 0 <= r < rows:
            keys[fill[r]] = ((low[n] + (1 << 30)) << 32) | (high[n] + (1 << 30))
            fill[r] += 1
    for r in range(rows):
        _sort(keys, first[r], first[r + 1])
    return first, keys


@jit
def _sort(keys: NDArray[np.int64], start: int, stop: int) -> None:
    """Sort a stretch in place (Shell's method with Knuth's gaps); most hold two or three numbers."""
    gap = 1
    while 3 * gap + 1 < stop - start:
        gap = 3 * gap + 1
    while gap:
        for n in range(start + gap, stop):
            key, at = keys[n], n
            while at >= start + gap and keys[at - gap] > key:
                keys[at] = keys[at - gap]
                at -= gap
            keys[at] = key
        gap //= 3


@jit
def _row_of_face(j: int, res: int) -> tuple[int, int]:
    """First and last i of the lattice points of row j on the face, edges included."""
    reach = lattice.reach_of(res)
    if res & 1:
        return -((reach - 4 * j) // 5), min((reach - j) // 4, reach + 5 * j)
    return -((reach - j) // 2), min(reach - j, reach + 2 * j)


@jit
def runs(
    first: NDArray[np.int64],
    keys: NDArray[np.int64],
    bounds: tuple[int, int, int],
    where: tuple[int, int],
    back: NDArray[np.float64],
    tables: lattice.Tables,
    edges: rings.Edges,
    turned_lng: bool,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Stretches (row, first, last) of cells inside the polygon, and the cells (row, i, i, flag 2) that are unsure.

    ``bounds``: lowest row, lowest and highest i; ``where``: face, resolution. Returns row, first, last, flag.
    """
    face, res = where
    size, used = 1024, 0
    out = np.empty((4, size), np.int64)
    for r in range(first.size - 1):
        j = bounds[0] + r
        low, high = _row_of_face(j, res)
        i, high = max(low, bounds[1]), min(high, bounds[2])
        k = first[r]
        while i <= high:
            start, stop = high + 1, high
            if k < first[r + 1]:
                start, stop = (keys[k] >> 32) - (1 << 30), (keys[k] & 0xFFFFFFFF) - (1 << 30)
                k += 1
                if stop < i:
                    continue
            if start > i:  # a stretch without edges: its first cell speaks for all
                last = min(start - 1, high)
                lat, lng = _centre(i, j, face, back, tables, turned_lng)
                flag = rings.inside(lat, lng, edges)
                if flag != 0:
                    out, size = _room(out, used, size)
                    out[0, used], out[1, used], out[2, used], out[3, used] = j, i, last, flag
                    used += 1
                i = last + 1
            while i <= min(stop, high):
                lat, lng = _centre(i, j, face, back, tables, turned_lng)
                flag = rings.inside(lat, lng, edges)
                if flag != 0:
                    out, size = _room(out, used, size)
                    out[0, used], out[1, used], out[2, used], out[3, used] = j, i, i, flag
                    used += 1
                i += 1
    return out[0, :used], out[1, :used], out[2, :used], out[3, :used]


@jit
def _room(out: NDArray[np.int64], used: int, size: int) -> tuple[NDArray[np.int64], int]:
    if used < size:
        return out, size
    new = np.empty((4, 2 * size), np.int64)
    for column in range(4):
        for n in range(size):
            new[column, n] = out[column, n]
    return new, 2 * size


@jit
def _centre(
    i: int, j: int, face: int, back: NDArray[np.float64], tables: lattice.Tables, turned_lng: bool
) -> tuple[float, float]:
    """Latitude and longitude of a lattice point; longitudes 0-360 where ``turned_lng``."""
    east, north = back[0, 0] * i + back[0, 1] * j, back[1, 0] * i + back[1, 1] * j
    x = tables.centre[face, 0] + east * tables.east[face, 0] + north * tables.north[face, 0]
    y = tables.centre[face, 1] + east * tables.east[face, 1] + north * tables.north[face, 1]
    z = tables.centre[face, 2] + east * tables.east[face, 2] + north * tables.north[face, 2]
    lng = np.arctan2(y, x) * _DEG
    if turned_lng and lng < 0.0:
        lng += 360.0
    return np.arctan2(z, np.hypot(x, y)) * _DEG, lng


@jit
def unrolled(
    row: NDArray[np.int64], low: NDArray[np.int64], high: NDArray[np.int64], flag: NDArray[np.int64], kind: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """i and j of every cell of the stretches with this flag."""
    total = 0
    for n in range(row.size):
        total += high[n] - low[n] + 1 if flag[n] == kind else 0
    i, j = np.empty(total, np.int32), np.empty(total, np.int32)
    at = 0
    for n in range(row.size):
        if flag[n] == kind:
            for k in range(low[n], high[n] + 1):
                i[at], j[at] = k, row[n]
                at += 1
    return i, j
