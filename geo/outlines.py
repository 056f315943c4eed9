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
Sides = NDArray[np.int8]


def outlines(ids: cells.Cells, labels: NDArray[np.int32]) -> gpd.GeoSeries:
    """One polygon or multipolygon per label ≥ 0, indexed by label in ascending order; negative labels are left out.

    Where a ring crosses the antimeridian its longitudes go on beyond 180 degrees.
    """
    labels = np.ascontiguousarray(labels, np.int32)
    if labels.shape != ids.shape:
        raise errors.GeoError(f"{labels.size} labels for {ids.size} cells; one label per cell is needed")
    if not (labels >= 0).any():
        return gpd.GeoSeries([], index=np.empty(0, np.int64), crs="EPSG:4326")
    at = cells.places(ids)
    near = cells.neighbours(ids, at=at)
    degree = _degrees(ids, at)
    position, column, first = _walk(near, labels, degree)
    ring_cell = position[first[:-1]]
    piece, ring_label = _pieces(near, labels, ring_cell), labels[ring_cell]
    points, first = _points(ids, at, near, degree, (position, column), first)
    order = np.lexsort((-_doubled_areas(points, first), piece, ring_label))
    piece, ring_label = piece[order], ring_label[order]
    starts = np.flatnonzero(np.append(True, piece[1:] != piece[:-1]))  # the ring of largest signed area is outermost
    coordinates, offsets = _closed(points, first, order)
    polygons = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON, coordinates, (offsets, np.append(starts, order.size))
    )
    return _by_label(polygons, ring_label[starts])


def _degrees(ids: cells.Cells, at: cells.Places) -> Sides:
    """Sides of each cell, int8[n]. No pentagon is inner."""
    degree = np.full(ids.size, 6, np.int8)
    odd = np.flatnonzero(~at.inner)
    degree[odd[cells.pentagonal(ids[odd])]] = 5
    return degree


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
    ids: cells.Cells, at: cells.Places, near: NDArray[np.int32], degree: Sides, sides: tuple[Ints, Ints], first: Ints
) -> tuple[NDArray[np.float64], Ints]:
    """The points (lng, lat) of the walked sides and where each ring starts.

    Along the edges of the icosahedron every vertex and bend is as the lowest of its cells has it; elsewhere all cells
    have the same.
    """
    if at.inner.all():
        lats, lngs = cells.corners(ids, *sides, at=at)
        points = np.column_stack((lngs, lats))
        _unwrap(points, first)
        return points, first
    rim = np.flatnonzero(_touched(near, at.inner, *sides))
    owner, corner = sides[0].copy(), sides[1].copy()
    owner[rim], corner[rim] = _owned_corners(near, degree, sides[0][rim], sides[1][rim])
    lats, lngs = cells.corners(ids, owner, corner, at=at)
    points = np.column_stack((lngs, lats))
    bent, bend_lats, bend_lngs = cells.bends(ids, *_owned_sides(near, sides[0][rim], sides[1][rim]))
    if bent.size:
        points = np.insert(points, rim[bent] + 1, np.column_stack((bend_lngs, bend_lats)), axis=0)
        first = first + np.searchsorted(rim[bent], first)
    _unwrap(points, first)
    return points, first


@jit
def _touched(near: NDArray[np.int32], inner: NDArray[np.bool_], position: Ints, column: Ints) -> NDArray[np.bool_]:
    """Which sides belong to a cell that is not inner, or begin at a vertex of one."""
    out = np.zeros(position.size, np.bool_)
    for n in range(position.size):
        c, k = position[n], column[n]
        before, across = near[c, k - 1 if k else 5], near[c, k]
        out[n] = not (inner[c] and (before < 0 or inner[before]) and (across < 0 or inner[across]))
    return out


@jit
def _closed(points: NDArray[np.float64], first: Ints, order: Ints) -> tuple[NDArray[np.float64], Ints]:
    """The rings in the given order, each with its first point again at its end, and where each starts."""
    out, offsets = np.empty((points.shape[0] + order.size, 2)), np.zeros(order.size + 1, np.int64)
    used = 0
    for n in range(order.size):
        start, stop = first[order[n]], first[order[n] + 1]
        for k in range(start, stop):
            out[used, 0], out[used, 1] = points[k, 0], points[k, 1]
            used += 1
        out[used, 0], out[used, 1] = points[start, 0], points[start, 1]
        used += 1
        offsets[n + 1] = used
    return out, offsets


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
def _walk(near: NDArray[np.int32], labels: NDArray[np.int32], degree: Sides) -> tuple[Ints, Ints, Ints]:
    """The sides that separate labels, chained counter-clockwise around their cells: position, column, ring starts."""
    n = labels.size
    left = np.zeros(n, np.uint8)  # one bit for each side that is still to be walked
    total = 0
    for c in range(n):
        if labels[c] >= 0:
            for k in range(degree[c]):
                if near[c, k] < 0 or labels[near[c, k]] != labels[c]:
                    left[c] |= 1 << k
                    total += 1
    position, column, first = np.empty(total, np.int64), np.empty(total, np.int64), np.empty(total + 1, np.int64)
    used, rings = 0, 0
    for start in range(n):
        label = labels[start]
        while left[start]:
            c, k = start, 0
            while not left[start] >> k & 1:
                k += 1
            first[rings] = used
            rings += 1
            while left[c] >> k & 1:
                left[c] ^= 1 << k
                position[used], column[used] = c, k
                used += 1
                k = k + 1 if k + 1 < degree[c] else 0
                other = near[c, k]
                while other >= 0 and labels[other] == label:
                    k = _column_of(near, other, c) + 1
                    c = other
                    k = k if k < degree[c] else 0
                    other = near[c, k]
    first[rings] = used
    return position, column, first[: rings + 1]


@jit
def _pieces(near: NDArray[np.int32], labels: NDArray[np.int32], ring_cell: Ints) -> Ints:
    """A number for each ring, the same for rings of one connected piece. A label's only ring needs no search."""
    rings_of = np.zeros(labels.max() + 1, np.int64)
    for c in ring_cell:
        rings_of[labels[c]] += 1
    out, seen, stack = (
        np.empty(ring_cell.size, np.int64),
        np.zeros(labels.size, np.int64),
        np.empty(labels.size, np.int64),
    )
    for ring in range(ring_cell.size):
        start = ring_cell[ring]
        out[ring] = ring + 1
        if rings_of[labels[start]] == 1:
            continue
        if seen[start] > 0:
            out[ring] = seen[start]
            continue
        stack[0], seen[start], size = start, ring + 1, 1
        while size:
            size -= 1
            c = stack[size]
            for k in range(6):
                other = near[c, k]
                if other >= 0 and seen[other] == 0 and labels[other] == labels[c]:
                    seen[other] = ring + 1
                    stack[size] = other
                    size += 1
    return out


@jit
def _owned_corners(near: NDArray[np.int32], degree: Sides, position: Ints, column: Ints) -> tuple[Ints, Ints]:
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
