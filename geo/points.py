"""Points → cells in bulk: one face's gnomonic plane at a time, an affine map, and rounding to the nearest hexagon.

Where the last bits of floating-point arithmetic could decide (near the edge of a cell or of a face) the kernel gives
no answer and ``geo.cells`` asks libh3, so the result equals libh3's for every point. Loops over a block are free of
branches and calls, so that the compiler makes vector code of them; sine and cosine are Taylor series on ±45 degrees.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from geo import lattice

jit = lattice.jit
# Contraction only joins a product and a sum into one rounding; no other licence is taken.
fused = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})

BLOCK = 1024
HEAP = 8 * BLOCK
_MAGIC = 6755399441055744.0  # 1.5 · 2^52: adding and subtracting it rounds to the nearest integer
_RAD = np.pi / 180.0
# How far (radians) this kernel and libh3 can be apart: a constant part, and one that grows towards the face's centre,
# where libh3 takes the arc cosine of nearly 1. On points made to lie on edges they differ up to 1e-15 and 5e-16.
_BLUR = 1e-14
_BLUR_CENTRE = 5e-15
_EDGE = 1.0 - 1e-9  # beyond this share of the way to the face's edge libh3 chooses the face


@fused
def _sine(x: float) -> float:
    """Taylor series to x^15; the rest is under 5e-17 for |x| ≤ π/4."""
    y = x * x
    tail = 1.0 / 6227020800.0 - y * (1.0 / 1307674368000.0)
    tail = -1.0 / 39916800.0 + y * tail
    tail = 1.0 / 362880.0 + y * tail
    tail = -1.0 / 5040.0 + y * tail
    tail = 1.0 / 120.0 + y * tail
    tail = -1.0 / 6.0 + y * tail
    return x + x * (y * tail)


@fused
def _cosine(x: float) -> float:
    """Taylor series to x^16; the rest is under 3e-18 for |x| ≤ π/4."""
    y = x * x
    tail = -1.0 / 87178291200.0 + y * (1.0 / 20922789888000.0)
    tail = 1.0 / 479001600.0 + y * tail
    tail = -1.0 / 3628800.0 + y * tail
    tail = 1.0 / 40320.0 + y * tail
    tail = -1.0 / 720.0 + y * tail
    tail = 1.0 / 24.0 + y * tail
    return (1.0 - 0.5 * y) + y * y * tail


@fused
def _vectors(
    lats: NDArray[np.float64],
    lngs: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    z: NDArray[np.float64],
) -> None:
    """Unit vectors of points in degrees. Quarter turns are taken off first, which is exact."""
    for n in range(lats.size):
        quarter = (lngs[n] * (1.0 / 90.0) + _MAGIC) - _MAGIC
        angle = (lngs[n] - 90.0 * quarter) * _RAD
        s, c = _sine(angle), _cosine(angle)
        turn = np.int32(quarter)
        odd = np.float64(turn & 1)
        sin_lng = (s + odd * (c - s)) * np.float64(1 - (turn & 2))
        cos_lng = (c + odd * (s - c)) * np.float64(1 - ((turn + 1) & 2))
        quarter = (lats[n] * (1.0 / 90.0) + _MAGIC) - _MAGIC
        angle = (lats[n] - 90.0 * quarter) * _RAD
        s, c = _sine(angle), _cosine(angle)
        side = -s * quarter if quarter != 0.0 else c
        x[n], y[n], z[n] = side * cos_lng, side * sin_lng, (c * quarter if quarter != 0.0 else s)


@fused
def _hexagons(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    z: NDArray[np.float64],
    face: NDArray[np.float64],
    edge: NDArray[np.float64],
    scale: float,
    out_i: NDArray[np.int32],
    out_j: NDArray[np.int32],
    state: NDArray[np.int32],
) -> None:
    """The lattice point nearest to each vector; state 0 sure, 1 too near a cell's edge, 2 not (surely) on this face.

    ``face`` holds the centre and the rows that give i·w and j·w, where w is the cosine of the distance to the centre.
    """
    cx, cy, cz = face[0], face[1], face[2]
    ix, iy, iz, jx, jy, jz = face[3], face[4], face[5], face[6], face[7], face[8]
    e0, e1, e2, e3, e4, e5 = edge[0], edge[1], edge[2], edge[3], edge[4], edge[5]
    for n in range(x.size):
        w = cx * x[n] + cy * y[n] + cz * z[n]
        r = 1.0 / w
        i, j = (ix * x[n] + iy * y[n] + iz * z[n]) * r, (jx * x[n] + jy * y[n] + jz * z[n]) * r
        outside = max(max(e0 * i + e1 * j, e2 * i + e3 * j), e4 * i + e5 * j)
        away = max(outside - _EDGE, 0.7 - w)
        d = i - j
        ri, rj, rd = (i + _MAGIC) - _MAGIC, (j + _MAGIC) - _MAGIC, (d + _MAGIC) - _MAGIC
        di, dj, dd = abs(i - ri), abs(j - rj), abs(d - rd)
        ki = rj + rd if di > max(dj, dd) else ri
        kj = ri - rd if dj > max(di, dd) else rj
        a, b = i - ki, j - kj
        room = 0.5 - max(max(abs(a - 0.5 * b), abs(b - 0.5 * a)), 0.5 * abs(a + b))
        need = scale * (_BLUR + _BLUR_CENTRE / np.sqrt(max(1.0 - w * w, 1e-18)))
        out_i[n] = np.int32(ki if away < 0.0 else 0.0)
        out_j[n] = np.int32(kj if away < 0.0 else 0.0)
        state[n] = np.int32(2.0 if away >= 0.0 else (1.0 if room <= need else 0.0))


@jit
def _on_globe(lats: NDArray[np.float64], lngs: NDArray[np.float64]) -> bool:
    """Whether all points are; not-a-number is nowhere."""
    off = 0
    for n in range(lats.size):
        off += not (abs(lats[n]) <= 90.0) & (abs(lngs[n]) <= 180.0)
    return off == 0


@jit
def _guess(
    lats: NDArray[np.float64],
    lngs: NDArray[np.float64],
    where: NDArray[np.int64],
    square: NDArray[np.uint8],
    face: NDArray[np.int64],
) -> None:
    """The face of the square degree of each of the points ``where``: almost always the point's own."""
    for n in range(where.size):
        at = where[n]
        face[n] = square[np.int64(lats[at] + 90.0), np.int64(lngs[at] + 180.0)]


@jit
def _nearest(
    lats: NDArray[np.float64],
    lngs: NDArray[np.float64],
    where: NDArray[np.int64],
    centre: NDArray[np.float64],
    face: NDArray[np.int64],
) -> None:
    """The face whose centre is nearest to each of the points ``where``."""
    x, y, z = np.empty(1), np.empty(1), np.empty(1)
    for n in range(where.size):
        at = where[n]
        _vectors(lats[at : at + 1], lngs[at : at + 1], x, y, z)
        best = -2.0
        for k in range(lattice.FACES):
            near = centre[k, 0] * x[0] + centre[k, 1] * y[0] + centre[k, 2] * z[0]
            if near > best:
                best, face[n] = near, k


@jit
def _by_face(
    lats: NDArray[np.float64],
    lngs: NDArray[np.float64],
    where: NDArray[np.int64],
    face_of: NDArray[np.int64],
    res: int,
    constants: tuple[NDArray[np.float64], NDArray[np.float64], float],
    tables: lattice.Tables,
    out: NDArray[np.int64],
) -> tuple[int, int]:
    """Write the ids of the points ``where``, each tried on its face: (how many are not there, the face of most or -1).

    Those that are not there come first in ``where`` afterwards.
    """
    size, left = where.size, 0
    order, first = np.empty(size, np.int64), np.zeros(lattice.FACES + 1, np.int64)
    for n in range(size):
        first[face_of[n] + 1] += 1
    most = int(np.argmax(first)) - 1
    if 2 * first[most + 1] <= size:
        most = -1
    for face in range(lattice.FACES):
        first[face + 1] += first[face]
    for n in range(size):
        order[first[face_of[n]]] = where[n]
        first[face_of[n]] += 1
    i, j, state = np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32)
    lat, lng, ids = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK, np.int64)
    x, y, z = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    start = 0
    for face in range(lattice.FACES):
        while start < first[face]:
            count = min(first[face] - start, BLOCK)
            for n in range(count):
                lat[n], lng[n] = lats[order[start + n]], lngs[order[start + n]]
            _vectors(lat[:count], lng[:count], x, y, z)
            _hexagons(x[:count], y[:count], z[:count], constants[0][face], constants[1], constants[2], i, j, state)
            lattice.encode_block(i[:count], j[:count], face, res, tables, ids[:count])
            for n in range(count):
                at = order[start + n]
                out[at] = ids[n] if state[n] == 0 else 0
                where[left] = at
                left += state[n] == 2
            start += count
    return left, most


@jit
def index(
    lats: NDArray[np.float64],
    lngs: NDArray[np.float64],
    res: int,
    constants: tuple[NDArray[np.float64], NDArray[np.float64], float],
    tables: lattice.Tables,
    out: NDArray[np.int64],
) -> int:
    """Write the id of each point into ``out``, 0 where libh3 must decide; returns how many those are.

    -1 is returned where a point is off the globe. Points wait in a heap that is done face by face whenever it is full,
    those whose face was guessed wrongly in another. Once most points turn out to lie on one face, blocks are tried
    there at once, until most do not any more.
    """
    i, j, state = np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32)
    x, y, z, face_of = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK), np.empty(HEAP, np.int64)
    heap, wrong, waiting, missed, face = np.empty(HEAP, np.int64), np.empty(HEAP, np.int64), 0, 0, -1
    for start in range(0, lats.size, BLOCK):
        size = min(BLOCK, lats.size - start)
        if not _on_globe(lats[start : start + size], lngs[start : start + size]):
            return -1
        before = waiting
        if face < 0:
            for n in range(size):
                heap[waiting + n] = start + n
            waiting += size
        else:
            _vectors(lats[start : start + size], lngs[start : start + size], x, y, z)
            _hexagons(x[:size], y[:size], z[:size], constants[0][face], constants[1], constants[2], i, j, state)
            lattice.encode_block(i[:size], j[:size], face, res, tables, out[start : start + size])
            for n in range(size):
                if state[n] == 2:
                    heap[waiting] = start + n
                    waiting += 1
                elif state[n] == 1:
                    out[start + n] = 0
        if 2 * (waiting - before) > size:
            face = -1
        if waiting > HEAP - BLOCK or start + size == lats.size:
            _guess(lats, lngs, heap[:waiting], tables.square, face_of)
            left, most = _by_face(lats, lngs, heap[:waiting], face_of, res, constants, tables, out)
            if missed + left > HEAP:
                _nearest(lats, lngs, wrong[:missed], tables.centre, face_of)
                _by_face(lats, lngs, wrong[:missed], face_of, res, constants, tables, out)
                missed = 0
            wrong[missed : missed + left] = heap[:left]
            face, waiting, missed = (most if face < 0 else face), 0, missed + left
    _nearest(lats, lngs, wrong[:missed], tables.centre, face_of)
    _by_face(lats, lngs, wrong[:missed], face_of, res, constants, tables, out)
    unsure = 0
    for n in range(out.size):
        unsure += out[n] == 0
    return unsure


def constants(res: int, unit: float, tables: lattice.Tables) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """The constants of ``index`` for a resolution: planes, edge, scale."""
    onto, _ = lattice.axes(res, unit)
    rows = np.stack((tables.east, tables.north), axis=1)
    both = np.einsum("ab,fbc->fac", onto, rows).reshape(lattice.FACES, 6)
    up = np.array([[3.0, -1.0], [1.0, 2.0]]) if res & 1 else np.eye(2)
    sides = np.array([[1.0, 1.0], [-2.0, 1.0], [1.0, -2.0]]) @ up / (2.0 * 7.0 ** ((res + 1) // 2))
    return np.hstack((tables.centre, both)), sides.ravel(), float(np.sqrt(7.0) ** res / unit)
