"""How far a worker walks: the closed round through the inhabited cells of each grid, and each grid's diameter.

The round follows a space-filling curve through the points (Platzman & Bartholdi, *J. ACM* 36, 1989): on average about a
quarter longer than the shortest round, in one sort for all grids, and stable when a grid changes a little. Straight
lines between cell centres; metres.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import cells, geodesy
from geo.partition import Partition

Floats = NDArray[np.float64]
_BITS = 16


def rounds_m(partition: Partition, households: Floats) -> Floats:
    """Length of the round of each grid, aligned with its ascending labels, float64[k]; 0 for fewer than two cells."""
    labels, at = np.unique(partition.labels, return_inverse=True)
    lived = np.asarray(households) > 0
    lats, lngs = cells.centres(partition.cells[lived])
    grid = at[lived]
    along = _along(lats, lngs, grid, len(labels))
    order = np.lexsort((along, grid))
    grid, lats, lngs = grid[order], lats[order], lngs[order]
    length = np.zeros(len(labels))
    if not grid.size:
        return length
    first = np.searchsorted(grid, np.arange(len(labels)))
    following = np.arange(1, grid.size + 1)
    last = np.append(grid[1:] != grid[:-1], True)
    following[last] = first[grid[last]]
    step = geodesy.distance_m(lats, lngs, lats[following], lngs[following])
    np.add.at(length, grid, step)
    return length


def diameters_m(partition: Partition) -> Floats:
    """The greatest distance between two cell centres of each grid, aligned with its ascending labels."""
    labels, at = np.unique(partition.labels, return_inverse=True)
    lats, lngs = cells.centres(partition.cells)
    order = np.argsort(at, kind="stable")
    cuts = np.searchsorted(at[order], np.arange(len(labels) + 1))
    found = np.zeros(len(labels))
    for grid in range(len(labels)):
        mine = order[cuts[grid] : cuts[grid + 1]]
        hull = shapely.get_coordinates(
            shapely.convex_hull(shapely.multipoints(np.column_stack([lngs[mine], lats[mine]])))
        )
        far = geodesy.distance_m(hull[:, None, 1], hull[:, None, 0], hull[None, :, 1], hull[None, :, 0])
        found[grid] = float(far.max())
    return found


def _along(lats: Floats, lngs: Floats, grid: NDArray[np.intp], count: int) -> NDArray[np.int64]:
    """The place of each point on a Hilbert curve over the square that holds its grid."""
    low, high = np.full((2, count), np.inf), np.full((2, count), -np.inf)
    stretched = np.stack([lats, lngs * np.cos(np.radians(lats.mean() if lats.size else 0.0))])
    for axis in range(2):
        np.minimum.at(low[axis], grid, stretched[axis])
        np.maximum.at(high[axis], grid, stretched[axis])
    side = np.maximum(np.max(high - low, axis=0), 1e-12)[grid]
    y, x = ((stretched[axis] - low[axis][grid]) / side * (2**_BITS - 1) for axis in range(2))
    return _hilbert(x.astype(np.int64), y.astype(np.int64))


def _hilbert(x: NDArray[np.int64], y: NDArray[np.int64]) -> NDArray[np.int64]:
    distance = np.zeros(x.shape, dtype=np.int64)
    side = 1 << (_BITS - 1)
    while side:
        right, up = (x & side) > 0, (y & side) > 0
        distance += side * side * ((3 * right.astype(np.int64)) ^ up.astype(np.int64))
        turned = ~up
        flipped = turned & right
        x = np.where(flipped, side - 1 - (x & (side - 1)), x & (side - 1))
        y = np.where(flipped, side - 1 - (y & (side - 1)), y & (side - 1))
        x, y = np.where(turned, y, x), np.where(turned, x, y)
        side >>= 1
    return distance
