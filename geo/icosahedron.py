"""The faces of H3's icosahedron, learned from libh3 instead of copied: planes, axes, base cells and their turns.

``geo.cells`` asks libh3 once for the twelve pentagons (the vertices), for the first boundary vertex of the cell at
each face's centre (which fixes axis i) and for all cells of resolution 3 with their centres; ``learn`` finds by
comparison how ids and lattice points belong together. What stays unknown is left to libh3 by the kernels.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from geo import lattice

Floats = NDArray[np.float64]

UNIT = float((np.sqrt(5.0) - 1.0) ** 2 / 4.0)  # gnomonic length of one base unit: half the way to a vertex of the face
LEARNED_RES = 3


def vectors(lats: Floats, lngs: Floats) -> Floats:
    """Unit vectors float64[n, 3] of points given in degrees."""
    a, b = np.radians(lats), np.radians(lngs)
    return np.column_stack((np.cos(a) * np.cos(b), np.cos(a) * np.sin(b), np.sin(a)))


def centres(vertices: Floats) -> Floats:
    """Unit vectors of the 20 face centres, from those of the 12 vertices."""
    near = vertices @ vertices.T > 0.4
    found = [vertices[list(t)].sum(axis=0) for t in itertools.combinations(range(12), 3) if near[np.ix_(t, t)].all()]
    return np.array([c / np.linalg.norm(c) for c in found])


def learn(vertices: Floats, firsts: Floats, ids: NDArray[np.uint64], points: Floats) -> lattice.Tables:
    """The tables, from unit vectors of the vertices, of the first boundary vertex at each face, and of all ``ids``."""
    centre = centres(vertices)
    east = np.array([_axis(c, f, vertices) for c, f in zip(centre, firsts)])
    north = np.cross(centre, east)
    base = np.full((lattice.FACES, lattice.WIDE, lattice.WIDE), -1, np.int16)
    turn = np.full((*base.shape, 7), -1, np.int8)
    for face in range(lattice.FACES):
        at, i, j = _on_face(centre[face], east[face], north[face], points)
        _compare(ids[at], i, j, base[face], turn[face])
    pentagons = {int(b) for b in _pentagon_bases(base, turn)}
    for spot in zip(*np.nonzero(base >= 0)):
        if int(base[spot]) not in pentagons:
            turn[spot] = turn[spot].max()
    seen, back = _inverse(base, turn)
    lacking = np.zeros(128, np.bool_)
    lacking[list(pentagons)] = True
    plain, led = _spots(base, turn)
    return lattice.Tables(centre, east, north, base, turn, seen, back, plain, led, lacking, _squares(centre))


def _spots(base: NDArray[np.int16], turn: NDArray[np.int8]) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Base cell + 128 x turn of each base coordinate, or ``lattice.UNKNOWN``; the same by the leading digit."""
    lone = turn.astype(np.int64)
    lone[..., 0] = np.where(lone[..., 0] < 0, 0, lone[..., 0])  # of a cell in the middle all digits are 0
    led = np.where((base[..., None] >= 0) & (lone >= 0), base[..., None] + 128 * lone, int(lattice.UNKNOWN))
    one = np.where(turn[..., 0] >= 0, led[..., 0], int(lattice.UNKNOWN))
    return one.reshape(lattice.FACES, -1).astype(np.uint32), led.reshape(lattice.FACES, -1, 7).astype(np.uint32)


def _squares(centre: Floats) -> NDArray[np.uint8]:
    """The face nearest to the middle of each square degree; the last row and column are for 90 and 180 degrees."""
    lats, lngs = (x.ravel() for x in np.indices((181, 361)))
    middles = vectors(np.minimum(lats - 89.5, 90.0), np.asarray(lngs - 179.5, np.float64))
    return np.asarray(np.argmax(middles @ centre.T, axis=1), np.uint8).reshape(181, 361)


def _axis(centre: Floats, first: Floats, vertices: Floats) -> Floats:
    """The direction of axis i in the plane of a face: to the vertex 30 degrees clockwise of ``first``."""
    near = vertices[np.argsort(-(vertices @ centre))[:3]]
    flat = near - np.outer(near @ centre, centre)
    flat /= np.linalg.norm(flat, axis=1)[:, None]
    towards = first - (first @ centre) * centre
    turn = np.arctan2(np.cross(flat, towards) @ centre, flat @ towards)
    return np.asarray(flat[np.argmin(np.abs(turn - np.pi / 6))], np.float64)


def _on_face(
    centre: Floats, east: Floats, north: Floats, points: Floats
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Which points lie on the face (edges included), and their lattice coordinates at the learned resolution."""
    w = points @ centre
    at = np.flatnonzero(w > 0.7)
    x, y = lattice.axes(LEARNED_RES, UNIT)[0] @ np.vstack((points[at] @ east / w[at], points[at] @ north / w[at]))
    i, j = np.rint(x).astype(np.int64), np.rint(y).astype(np.int64)
    a, b = 3 * i - j, i + 2 * j
    inside = np.maximum(np.maximum(a + b, b - 2 * a), a - 2 * b) <= 2 * 7 ** ((LEARNED_RES + 1) // 2)
    return at[inside], i[inside], j[inside]


def _compare(
    ids: NDArray[np.uint64],
    i: NDArray[np.int64],
    j: NDArray[np.int64],
    base: NDArray[np.int16],
    turn: NDArray[np.int8],
) -> None:
    """Note base cell and turn at the base coordinates of each id; disagreement would be a fault of the arithmetic."""
    shift = 3 * (15 - LEARNED_RES)
    for cell, p, q in zip(ids.tolist(), i.tolist(), j.tolist()):
        digits, a, b = lattice.reduced(p, q, LEARNED_RES)
        spot = a + lattice.REACH, b + lattice.REACH
        base[spot] = cell >> 45 & 127
        first = lattice.leading(digits, LEARNED_RES)
        if first and turn[spot][first] < 0:
            wanted = cell >> shift & (1 << 3 * LEARNED_RES) - 1
            turn[spot][first] = next(t for t in range(6) if int(lattice.turned(digits, t)) == wanted)


def _pentagon_bases(base: NDArray[np.int16], turn: NDArray[np.int8]) -> NDArray[np.int16]:
    """The base cells at the vertices of the faces: axial (2, 0), (0, 2) and (-2, -2)."""
    at = np.array([(2, 0), (0, 2), (-2, -2)]) + lattice.REACH
    return np.unique(base[:, at[:, 0], at[:, 1]])


def _inverse(base: NDArray[np.int16], turn: NDArray[np.int8]) -> tuple[NDArray[np.int16], NDArray[np.int8]]:
    """Where each base cell stands, and the turns there by the leading digit of the id."""
    seen = np.full((lattice.BASE_CELLS, 9, 3), -1, np.int16)
    back = np.full((lattice.BASE_CELLS, 9, 7), -1, np.int8)
    places = np.argwhere(base >= 0)
    nearest = np.argsort(np.abs(places[:, 1:] - lattice.REACH).sum(axis=1), kind="stable")
    used = np.zeros(lattice.BASE_CELLS, np.int64)
    for face, a, b in places[nearest].tolist():
        cell = base[face, a, b]
        k = used[cell]
        used[cell] += 1
        seen[cell, k] = face, a - lattice.REACH, b - lattice.REACH
        back[cell, k, 0] = max(int(turn[face, a, b].max()), 0)
        for first in range(1, 7):
            sixths = int(turn[face, a, b, first])
            if sixths >= 0:
                back[cell, k, int(lattice.turned(first, sixths))] = sixths
    return seen, back


def locate(vector: Floats, res: int, tables: lattice.Tables) -> tuple[int, int, int]:
    """Face, i and j of the lattice point nearest to a unit vector."""
    face = int(np.argmax(tables.centre @ vector))
    w = vector @ tables.centre[face]
    flat = np.array([vector @ tables.east[face] / w, vector @ tables.north[face] / w])
    i, j = np.rint(lattice.axes(res, UNIT)[0] @ flat).astype(int).tolist()
    return face, i, j
