"""The region of an exact point: what an incident keeps for good, whatever its cell is counted under.

Most points lie in a cell that is wholly inside one region; only points in cells that a border crosses are tested one
by one. A point in a gap between the regions of the city takes the region of its cell, else the nearest.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import boundary, geodesy


def inside(
    shapes: NDArray[np.object_], lats: NDArray[np.float64], lngs: NDArray[np.float64], ids: NDArray[np.uint64]
) -> NDArray[np.int64]:
    """Row of the first of the polygons that each point lies in or on, -1 where none; ``ids`` are the points' cells."""
    used, at = np.unique(ids, return_inverse=True)
    row_of_cell = _whole(shapes, used)
    row = row_of_cell[at]
    open_ = np.flatnonzero(row == _CROSSED)
    if open_.size:
        row[open_] = boundary.containing(shapes, np.asarray(shapely.points(lngs[open_], lats[open_]), object))
    return row


def nearest(
    shapes: NDArray[np.object_], lats: NDArray[np.float64], lngs: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Row of the polygon nearest to each point."""
    plane = geodesy.plane_for(shapes)
    tree = shapely.STRtree(plane.project(shapes))
    return np.asarray(tree.nearest(plane.project(np.asarray(shapely.points(lngs, lats), object))), dtype=np.int64)


_CROSSED = -2


def _whole(shapes: NDArray[np.object_], used: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Row of the polygon that holds each cell whole, -1 where no polygon touches it, -2 where a border crosses it."""
    row = np.full(used.size, -1, dtype=np.int64)
    if used.size == 0 or shapes.size == 0:
        return row
    hexagons = boundary.polygons(used)
    shapely.prepare(shapes)
    tree = shapely.STRtree(hexagons)
    _, touched = tree.query(shapes, predicate="intersects")
    row[touched] = _CROSSED
    shape, held = tree.query(shapes, predicate="contains_properly")
    order = np.argsort(-shape, kind="stable")
    row[held[order]] = shape[order]
    return row
