"""Where cells lie, in bulk: centres, corners, true areas, neighbours and validity, by lattice arithmetic.

Kernels only. A cell is *inner* when it and its neighbours lie on one face; all others ("odd": along the edges of the
icosahedron, pentagons) are left to libh3 by ``geo.cells``. Angles are degrees.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo import lattice

jit = lattice.jit

_DEG = 180.0 / np.pi
INNER = -8  # a centre this far inside its face has its neighbours and all their corners strictly inside


@jit
def places(
    cells: NDArray[np.int64],
    res: int,
    tables: lattice.Tables,
    face: NDArray[np.int16],
    i: NDArray[np.int32],
    j: NDArray[np.int32],
    inner: NDArray[np.bool_],
) -> None:
    """Face (-1 unknown) and lattice coordinates of each cell, and whether it is inner."""
    lattice.decode_all(cells, res, tables.seen, tables.back, tables.lacking, face, i, j)
    reach = lattice.reach_of(res)
    for n in range(cells.size):
        inner[n] = face[n] >= 0 and lattice.excess(np.int64(i[n]), np.int64(j[n]), res, reach) <= INNER


@jit
def _arctangent(t: Any) -> Any:
    """The arc tangent for 0 ≤ t ≤ 1: from the nearest quarter on by Taylor series to u^15; the rest is under 3e-17."""
    near = np.floor(4.0 * t + 0.5) * 0.25
    u = (t - near) / (1.0 + t * near)
    y = u * u
    tail = 1.0 / 13.0 - y * (1.0 / 15.0)
    tail = 1.0 / 11.0 - y * tail
    tail = 1.0 / 9.0 - y * tail
    tail = 1.0 / 7.0 - y * tail
    tail = 1.0 / 5.0 - y * tail
    tail = 1.0 / 3.0 - y * tail
    start = 0.24497866312686414 if near == 0.25 else 0.0
    start = 0.46364760900080615 if near == 0.5 else start
    start = 0.6435011087932844 if near == 0.75 else start
    start = 0.7853981633974483 if near == 1.0 else start
    return start + (u - u * y * tail)  # type: ignore[no-any-return]


@jit
def _angle(y: Any, x: Any) -> Any:
    """``atan2`` without branches, so that loops over it become vector code."""
    a, b = abs(x), abs(y)
    t = _arctangent(min(a, b) / max(max(a, b), 1e-300))
    t = 0.5 * np.pi - t if b > a else t
    t = np.pi - t if x < 0.0 else t
    return -t if y < 0.0 else t  # type: ignore[no-any-return]


@jit
def spots(
    face: NDArray[np.int16],
    thirds_i: NDArray[np.int64],
    thirds_j: NDArray[np.int64],
    back: NDArray[np.float64],
    tables: lattice.Tables,
    lats: NDArray[np.float64],
    lngs: NDArray[np.float64],
) -> None:
    """Latitude and longitude of points given in thirds of lattice steps: a point always gets the same numbers."""
    start = 0
    while start < face.size:
        f, stop = face[start], start + 1
        while stop < face.size and face[stop] == f:
            stop += 1
        along_i = (back[0, 0] * tables.east[f] + back[1, 0] * tables.north[f]) / 3.0
        along_j = (back[0, 1] * tables.east[f] + back[1, 1] * tables.north[f]) / 3.0
        _spots_on_face(
            thirds_i[start:stop], thirds_j[start:stop], tables.centre[f], along_i, along_j, lats[start:stop],
            lngs[start:stop],
        )  # fmt: skip
        start = stop


@jit
def _spots_on_face(
    i: NDArray[np.int64],
    j: NDArray[np.int64],
    centre: NDArray[np.float64],
    along_i: NDArray[np.float64],
    along_j: NDArray[np.float64],
    lats: NDArray[np.float64],
    lngs: NDArray[np.float64],
) -> None:
    cx, cy, cz = centre[0], centre[1], centre[2]
    ix, iy, iz = along_i[0], along_i[1], along_i[2]
    jx, jy, jz = along_j[0], along_j[1], along_j[2]
    for n in range(i.size):
        p, q = np.float64(i[n]), np.float64(j[n])
        x, y, z = cx + (ix * p + jx * q), cy + (iy * p + jy * q), cz + (iz * p + jz * q)
        lats[n], lngs[n] = _angle(z, np.sqrt(x * x + y * y)) * _DEG, _angle(y, x) * _DEG


@jit
def corner_thirds(
    i: NDArray[np.int32], j: NDArray[np.int32], corner: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The corners 0-5 of cells, counter-clockwise from 30 degrees off axis i, in thirds of lattice steps."""
    p, q = np.empty(i.size, np.int64), np.empty(i.size, np.int64)
    for n in range(i.size):
        k = corner[n]
        p[n] = 3 * i[n] + lattice.ROUND_I[(k + 5) % 6] + lattice.ROUND_I[k]
        q[n] = 3 * j[n] + lattice.ROUND_J[(k + 5) % 6] + lattice.ROUND_J[k]
    return p, q


@jit
def steradians(i: NDArray[np.int32], j: NDArray[np.int32], back: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Solid angle of whole hexagons: six triangles by van Oosterom and Strackee (1983), *The solid angle of a plane
    triangle*, whose determinant is the same for all, since triangles of one lattice have one plane area.
    """
    determinant = abs(back[0, 0] * back[1, 1] - back[0, 1] * back[1, 0]) / 3.0
    for n in range(i.size):
        x0, y0 = back[0, 0] * i[n] + back[0, 1] * j[n], back[1, 0] * i[n] + back[1, 1] * j[n]
        length0 = np.sqrt(1.0 + x0 * x0 + y0 * y0)
        total, xb, yb, length_b = 0.0, 0.0, 0.0, 0.0
        for k in range(7):
            p = (lattice.ROUND_I[(k + 5) % 6] + lattice.ROUND_I[k % 6]) / 3.0
            q = (lattice.ROUND_J[(k + 5) % 6] + lattice.ROUND_J[k % 6]) / 3.0
            x, y = x0 + back[0, 0] * p + back[0, 1] * q, y0 + back[1, 0] * p + back[1, 1] * q
            length = np.sqrt(1.0 + x * x + y * y)
            if k > 0:
                ab = (1.0 + x0 * xb + y0 * yb) * length
                bc = (1.0 + xb * x + yb * y) * length0
                ca = (1.0 + x * x0 + y * y0) * length_b
                total += 2.0 * np.arctan2(determinant, length0 * length * length_b + ab + bc + ca)
            xb, yb, length_b = x, y, length
        out[n] = total


@jit
def link_dense(
    at: NDArray[np.int64],
    i: NDArray[np.int32],
    j: NDArray[np.int32],
    inner: NDArray[np.bool_],
    low: tuple[int, int],
    grid: NDArray[np.int32],
    out: NDArray[np.int32],
) -> None:
    """Neighbours of the inner cells at the positions ``at`` (all those of one face) through a dense grid of -1."""
    for n in at:
        grid[i[n] - low[0] + 1, j[n] - low[1] + 1] = n
    for n in at:
        if inner[n]:
            a, b = i[n] - low[0] + 1, j[n] - low[1] + 1
            for k in range(6):
                out[n, k] = grid[a + lattice.ROUND_I[k], b + lattice.ROUND_J[k]]


@jit
def around(
    i: NDArray[np.int32], j: NDArray[np.int32], face: int, res: int, tables: lattice.Tables, out: NDArray[np.int64]
) -> None:
    """Ids of the six neighbours of inner cells of one face, int64[n, 6]; 0 where the tables do not know."""
    for n in range(i.size):
        for k in range(6):
            out[n, k] = lattice.encode(face, i[n] + lattice.ROUND_I[k], j[n] + lattice.ROUND_J[k], res, tables)


@jit
def valid(ids: NDArray[np.int64], pentagons: NDArray[np.bool_], out: NDArray[np.bool_]) -> None:
    """Whether each id is an H3 cell: mode 1, reserved bits 0, a base cell, digits 0-6 up to the resolution, 7 after
    it, and not in the part that pentagons lack.
    """
    for n in range(ids.size):
        cell = ids[n]
        res, base = (cell >> 52) & 15, (cell >> 45) & 127
        unused = 3 * (15 - res)
        tail = (1 << unused) - 1
        digits = (cell & ((1 << 45) - 1)) >> unused
        sevens = digits & (digits >> 1) & (digits >> 2) & 0o111111111111111
        good = (cell >> 56) == 8 and base < lattice.BASE_CELLS and (cell & tail) == tail and sevens == 0
        out[n] = good and not (pentagons[base] and lattice.leading(digits, res) == 1)


@jit
def in_order(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """The ids sorted: a radix sort over the bits in which they differ, eleven at a time from the lowest."""
    same = 0
    for n in range(ids.size):
        same |= ids[n] ^ ids[0]
    low = 0
    while low < 63 and (same >> low) & 1 == 0:
        low += 1
    source, target, first = ids.copy(), np.empty_like(ids), np.empty(2048, np.int64)
    while low < 63 and same >> low != 0:
        first[:] = 0
        for n in range(ids.size):
            first[(source[n] >> low) & 2047] += 1
        total = 0
        for k in range(2048):
            count = first[k]
            first[k] = total
            total += count
        for n in range(ids.size):
            key = (source[n] >> low) & 2047
            target[first[key]] = source[n]
            first[key] += 1
        source, target = target, source
        low += 11
    return source
