"""Units: what drawing must keep whole, as numbers on cells; and polygons that are drawn as they are.

A unit is a set of cells that no drawing may cut: a given polygon (a census block, a precinct, a coarse rural block), a
compound, a large building. ``of_polygons`` finds the cells of each, ``joined`` brings several kinds of units together,
``touching`` is the way round H3: the polygons themselves are the nodes of the graph.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse

from geo import adjacency as adjacency_
from geo import boundary, errors, geodesy, graph
from geo.adjacency import Adjacency

Ints = NDArray[np.int32]

SHARED_M = 1.0
"""Polygons touch when their outlines run together for so many metres at least; meeting in a corner is not enough."""

GAP_M = 0.5
"""Outlines no farther apart than this run together: files round their coordinates."""


def of_polygons(cells: NDArray[np.uint64], shapes: gpd.GeoSeries) -> Ints:
    """The polygon that holds each cell's centre, int32[n], -1 where none does."""
    return boundary.regions_of(cells, gpd.GeoDataFrame(geometry=shapes.reset_index(drop=True)))


def joined(adjacency: Adjacency, region: Ints, kinds: list[Ints]) -> Ints:
    """One unit number for each cell from several ``kinds`` of units (each int32[n], -1 none): units that share a cell
    become one. A unit that lies in several regions or pieces is as many units, so that none of them need be cut."""
    n = len(region)
    pairs = []
    offset = n
    for unit in kinds:
        some = np.flatnonzero(unit >= 0)
        pairs.append((some, unit[some] + offset))
        offset += int(unit.max(initial=-1)) + 1
    cell = np.concatenate([np.empty(0, dtype=np.int64), *(cells for cells, _ in pairs)])
    unit = np.concatenate([np.empty(0, dtype=np.int64), *(units for _, units in pairs)])
    links = sparse.coo_matrix((np.ones(len(cell)), (cell, unit)), (offset, offset))
    _, group = sparse.csgraph.connected_components(links, directed=False)
    inside = np.zeros(n, dtype=np.bool_)
    inside[cell] = True
    key = np.where(inside, group[:n], -1 - np.arange(n)).astype(np.int32)
    open_ = graph.open_edges(adjacency.indptr, adjacency.indices, adjacency.barrier, region)
    piece = graph.pieces(*graph.keep_edges(adjacency.indptr, adjacency.indices, open_), key)
    return np.where(inside, piece, -1).astype(np.int32)


def touching(shapes: gpd.GeoSeries) -> Adjacency:
    """Which polygons share a border of ``SHARED_M`` metres or more: a graph of their own, in the order given.

    ``shapes`` with a coordinate system; polygons that overlap touch as well. Raises ``GeometryError`` without a system.
    """
    if shapes.crs is None:
        raise errors.GeometryError("polygons need a coordinate system to say which of them touch", values=None)
    degrees = np.asarray(shapes.to_crs(4326).values, object)
    metres = geodesy.plane_for(degrees).project(degrees)
    tree = shapely.STRtree(metres)
    tails, heads = tree.query(metres, predicate="dwithin", distance=GAP_M)
    once = tails < heads
    tails, heads = tails[once], heads[once]
    near = shapely.buffer(metres[tails], GAP_M, join_style="mitre")
    shared = shapely.intersection(near, shapely.boundary(metres[heads]))
    kept = shapely.length(shared) >= SHARED_M + 2 * GAP_M
    both = np.concatenate([tails[kept], heads[kept]]), np.concatenate([heads[kept], tails[kept]])
    order = np.lexsort((both[1], both[0]))
    degree = np.bincount(both[0], minlength=len(metres))
    return adjacency_.Adjacency(
        np.concatenate([[0], np.cumsum(degree)]).astype(np.int32),
        both[1][order].astype(np.int32),
        np.zeros(len(order), dtype=np.float32),
    )
