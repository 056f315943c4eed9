"""Partition → outlines of its grids: sides between equal labels cancel, what is left is walked into rings.

One pass over the neighbour table makes the outlines of all labels. Vertices are H3's own (with the extra ones where a
side bends on an edge of the icosahedron), and a vertex shared by several grids has the same coordinates in all of
them. Three cells meet at every vertex, so rings never touch and polygons are valid. WGS-84 (lng, lat).
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo import cells, errors, lattice

jit = lattice.jit

Ints = NDArray[np.int64]


def outlines(ids: cells.Cells, labels: NDArray[np.int32]) -> gpd.GeoSeries:
    """One polygon or multipolygon per label ≥ 0, indexed by label in ascending order; negative labels are left out.

    Where a ring crosses the antimeridian its longitudes go on beyond 180 degrees.
    """
    labels = np.ascontiguousarray(labels, np.int32)
    if labels.shape != ids.shape:
        raise errors.GeoError(f"{labels.size} labels for {ids.size} cells; one label per cell is needed")
    if not (labels >= 0).any():
        return gpd.GeoSeries([], index=np.empty(0, np.int64), crs="EPSG:4326")
    near = cells.neighbours(ids)
    degree = np.where(cells.pentagonal(ids), 5, 6)
    position, column, first = _walk(near, labels, degree)
    of_ring = position[first[:-1]]
    piece, ring_label = _pieces(near, labels)[of_ring], labels[of_ring]
    points, first = _points(ids, near, degree, (position, column), first)
    order = np.lexsort((-_doubled_areas(points, first), piece, ring_label))
    rings = _rings(points, first, order)
    piece, ring_label = piece[order], ring_label[order]
    starts = np.append(True, piece[1:] != piece[:-1])  # the ring of largest signed area is the outer one
    polygons = shapely.polygons(rings, indices=np.cumsum(starts) - 1)
    return _by_label(polygons, ring_label[starts])


def _by_label(polygons: NDArray[Any], label: NDArray[np.int32]) -> gpd.GeoSeries:
    """Polygons of ascending label as one geometry each."""
    first = np.flatnonzero(np.append(True, label[1:] != label[:-1]))
    many = np.diff(np.append(first, label.size)) > 1
    shapes = np.array(polygons[first], object)
    group = np.repeat(np.arange(first.size), np.diff(np.append(first, label.size)))
    if many.any():
        kept = many[group]
        shapes[many] = shapely.multipolygons(polygons[kept], indices=np.cumsum(many)[group[kept]] - 1)
    return gpd.GeoSeries(shapes, index=label[first].astype(np.int64), crs="EPSG:4326")


def _points(
    ids: cells.Cells, near: NDArray[np.int32], degree: Ints, sides: tuple[Ints, Ints], first: Ints
) -> tuple[NDArray[np.float64], Ints]:
    """The points (lng, lat) of the walked sides and where each ring starts: every vertex as its lowest cell has it."""
    lats, lngs = cells.corners(ids, *_owned_corners(near, degree, *sides))
    at, bend_lats, bend_lngs = cells.bends(ids, *_owned_sides(near, *sides))
    points = np.column_stack((lngs, lats))
    if at.size:
        points = np.insert(points, at + 1, np.column_stack((bend_lngs, bend_lats)), axis=0)
        first = first + np.searchsorted(at, first)
    _unwrap(points, first)
    return points, first


def _rings(points: NDArray[np.float64], first: Ints, order: Ints) -> NDArray[Any]:
    """The rings in the given order."""
    sizes = np.diff(first)[order]
    ends = np.cumsum(sizes)
    gather = np.arange(ends[-1]) + np.repeat(first[order] - (ends - sizes), sizes)
    return np.asarray(shapely.linearrings(points[gather], indices=np.repeat(np.arange(order.size), sizes)), object)


@jit
def _unwrap(points: NDArray[np.float64], first: Ints) -> None:
    """Let rings that cross the antimeridian go on beyond 180 degrees."""
    for ring in range(first.size - 1):
        jump = False
        for n in range(first[ring] + 1, first[ring + 1]):
            jump |= abs(points[n, 0] - points[n - 1, 0]) > 180.0
        if jump:
            for n in range(first[ring], first[ring + 1]):
                points[n, 0] += 360.0 if points[n, 0] < 0.0 else 0.0


@jit
def _doubled_areas(points: NDArray[np.float64], first: Ints) -> NDArray[np.float64]:
    """Twice the signed area of each ring in square degrees, counter-clockwise positive."""
    out = np.zeros(first.size - 1)
    for ring in range(first.size - 1):
        start, stop = first[ring], first[ring + 1]
        for n in range(start, stop):
            m = n + 1 if n + 1 < stop else start
            ax, ay = points[n, 0] - points[start, 0], points[n, 1] - points[start, 1]
            out[ring] += ax * (points[m, 1] - points[start, 1]) - ay * (points[m, 0] - points[start, 0])
    return out


@jit
def _column_of(near: NDArray[np.int32], cell: int, neighbour: int) -> int:
    for k in range(6):
        if near[cell, k] == neighbour:
            return k
    return -1


@jit
def _walk(near: NDArray[np.int32], labels: NDArray[np.int32], degree: Ints) -> tuple[Ints, Ints, Ints]:
    """The sides that separate labels, chained counter-clockwise around their cells: position, column, ring starts."""
    n = labels.size
    done = np.zeros((n, 6), np.bool_)
    total = 0
    for c in range(n):
        for k in range(6):
            same = near[c, k] >= 0 and labels[near[c, k]] == labels[c]
            done[c, k] = labels[c] < 0 or k >= degree[c] or same
            total += not done[c, k]
    position, column, first = np.empty(total, np.int64), np.empty(total, np.int64), np.empty(total + 1, np.int64)
    used, rings = 0, 0
    for start in range(n):
        for side in range(6):
            if done[start, side]:
                continue
            first[rings] = used
            rings += 1
            c, k = start, side
            while not done[c, k]:
                done[c, k] = True
                position[used], column[used] = c, k
                used += 1
                k = (k + 1) % degree[c]
                while near[c, k] >= 0 and labels[near[c, k]] == labels[c]:
                    other = near[c, k]
                    k = (_column_of(near, other, c) + 1) % degree[other]
                    c = other
    first[rings] = used
    return position, column, first[: rings + 1]


@jit
def _pieces(near: NDArray[np.int32], labels: NDArray[np.int32]) -> Ints:
    """Number of the connected piece (of one label) of each position."""
    piece, stack = np.full(labels.size, -1, np.int64), np.empty(labels.size, np.int64)
    pieces = 0
    for start in range(labels.size):
        if piece[start] >= 0:
            continue
        stack[0], piece[start], size = start, pieces, 1
        while size:
            size -= 1
            c = stack[size]
            for k in range(6):
                other = near[c, k]
                if other >= 0 and piece[other] < 0 and labels[other] == labels[c]:
                    piece[other] = pieces
                    stack[size] = other
                    size += 1
        pieces += 1
    return piece


@jit
def _owned_corners(near: NDArray[np.int32], degree: Ints, position: Ints, column: Ints) -> tuple[Ints, Ints]:
    """For the first vertex of each side: the lowest position of the cells that share it, and its column there."""
    owner, corner = position.copy(), column.copy()
    for n in range(position.size):
        c, k = position[n], column[n]
        before, across = near[c, (k + degree[c] - 1) % degree[c]], near[c, k]
        if 0 <= before < owner[n]:
            owner[n], corner[n] = before, _column_of(near, before, c)
        if 0 <= across < owner[n]:
            owner[n], corner[n] = across, (_column_of(near, across, c) + 1) % degree[across]
    return owner, corner


@jit
def _owned_sides(near: NDArray[np.int32], position: Ints, column: Ints) -> tuple[Ints, Ints]:
    """Each side as the lower of its two cells has it."""
    owner, side = position.copy(), column.copy()
    for n in range(position.size):
        across = near[position[n], column[n]]
        if 0 <= across < position[n]:
            owner[n], side[n] = across, _column_of(near, across, position[n])
    return owner, side
