"""The neighbour graph of a set of cells, in compressed rows, with barriers and bridges.

``Adjacency`` is the value that drawing, density and hot spots share; ``build`` makes it, ``components`` takes it
apart. Geometries are WGS-84 (lng, lat).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from geo import cells, errors


@dataclass(frozen=True)
class Adjacency:
    """Neighbours of each position in compressed rows.

    ``indptr`` int32[n+1]; ``indices`` int32[m], ascending within a row; ``barrier`` float32[m], aligned with
    ``indices``: 0 open, > 0 the cost of a soft barrier, ``inf`` a hard one that nothing may cross. Symmetric.
    """

    indptr: NDArray[np.int32]
    indices: NDArray[np.int32]
    barrier: NDArray[np.float32]


def build(
    ids: cells.Cells,
    *,
    barriers: gpd.GeoDataFrame | list[dict[str, Any]] | None = None,
    links: gpd.GeoSeries | None = None,
) -> Adjacency:
    """The neighbour graph of the cells.

    ``barriers`` has the columns ``geometry`` (lines, or polygons such as a wide river) and ``cost`` (soft; missing or
    ``inf`` is hard). A pair is barred when the straight segment between the two centres meets the barrier; the
    largest cost counts. ``links`` are lines (bridges, tunnels): the pairs whose segment a link follows from cell to
    cell are opened again, and where a link's two ends lie in cells that are no open neighbours, those are joined.
    """
    near = cells.neighbours(ids)
    a = np.repeat(np.arange(ids.size), 6)
    b = near.ravel()
    once = a < b
    a, b = a[once], b[once].astype(np.int64)
    cost = np.zeros(a.size, np.float32)
    if barriers is not None and len(barriers):
        cost = _barrier_costs(ids, a, b, barriers)
    if links is not None and len(links):
        a, b, cost = _opened(ids, a, b, cost, links)
    return _compressed(ids.size, a, b, cost)


def components(adjacency: Adjacency, *, labels: NDArray[np.int32] | None = None) -> NDArray[np.int32]:
    """Number of the connected piece of each position, int32[n], in order of first appearance.

    Hard barriers separate. With ``labels`` only positions of equal label are joined, so a label with two numbers is
    in two pieces.
    """
    n = adjacency.indptr.size - 1
    source = np.repeat(np.arange(n), np.diff(adjacency.indptr))
    keep = ~np.isinf(adjacency.barrier)
    if labels is not None:
        keep &= labels[source] == labels[adjacency.indices]
    graph = sparse.coo_array((np.ones(int(keep.sum()), np.int8), (source[keep], adjacency.indices[keep])), shape=(n, n))
    found = csgraph.connected_components(graph.tocsr(), directed=False)[1]
    _, first, number = np.unique(found, return_index=True, return_inverse=True)
    rank = np.empty(first.size, np.int32)
    rank[np.argsort(first, kind="stable")] = np.arange(first.size, dtype=np.int32)
    return np.asarray(rank[number], np.int32)


def _compressed(n: int, a: NDArray[np.int64], b: NDArray[np.int64], cost: NDArray[np.float32]) -> Adjacency:
    """Both directions of the pairs as sorted compressed rows."""
    row, column = np.concatenate((a, b)), np.concatenate((b, a))
    order = np.argsort(row * n + column, kind="stable")
    indptr = np.zeros(n + 1, np.int32)
    np.cumsum(np.bincount(row, minlength=n), out=indptr[1:])
    return Adjacency(indptr, column[order].astype(np.int32), np.concatenate((cost, cost))[order].astype(np.float32))


def _barrier_costs(
    ids: cells.Cells, a: NDArray[np.int64], b: NDArray[np.int64], barriers: gpd.GeoDataFrame | list[dict[str, Any]]
) -> NDArray[np.float32]:
    """The largest cost of the barriers that each pair's segment meets."""
    shapes, costs = _barrier_columns(barriers)
    tree = shapely.STRtree(_segments(ids, a, b))
    shapely.prepare(shapes)
    barrier, pair = tree.query(shapes, predicate="intersects")
    out = np.zeros(a.size, np.float32)
    np.maximum.at(out, pair, costs[barrier])
    return out


def _barrier_columns(
    barriers: gpd.GeoDataFrame | list[dict[str, Any]],
) -> tuple[NDArray[np.object_], NDArray[np.float32]]:
    if isinstance(barriers, list):
        shapes = np.array([row["geometry"] for row in barriers], object)
        raw = np.array([row.get("cost", np.inf) for row in barriers], np.float64)
    else:
        shapes = np.asarray(barriers.geometry.values, object)
        raw = np.asarray(barriers["cost"], np.float64) if "cost" in barriers else np.full(len(barriers), np.inf)
    costs = np.where(np.isnan(raw), np.inf, raw)
    bad = np.flatnonzero(costs < 0)
    if bad.size:
        raise errors.TableError(f"barrier {bad[0]} has the cost {costs[bad[0]]}; 0 or more is needed", values=bad)
    return shapes, costs.astype(np.float32)


def _segments(ids: cells.Cells, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.object_]:
    lats, lngs = cells.centres(ids)
    ends = np.stack((np.column_stack((lngs[a], lats[a])), np.column_stack((lngs[b], lats[b]))), axis=1)
    return np.asarray(shapely.linestrings(ends), object)


def _opened(
    ids: cells.Cells, a: NDArray[np.int64], b: NDArray[np.int64], cost: NDArray[np.float32], links: gpd.GeoSeries
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """The pairs with each link's two ends joined by an open pair, made where there is none."""
    shapes = shapely.line_merge(np.asarray(links.values, object))
    lines = shapely.get_parts(shapes)
    lines = lines[(shapely.get_type_id(lines) == 1) & ~shapely.is_empty(lines)]
    res = cells.resolution(ids)
    start, end = shapely.get_point(lines, 0), shapely.get_point(lines, -1)
    p = cells.positions(ids, cells.from_points(shapely.get_y(start), shapely.get_x(start), res))
    q = cells.positions(ids, cells.from_points(shapely.get_y(end), shapely.get_x(end), res))
    joined = (p >= 0) & (q >= 0) & (p != q)
    low, high = np.minimum(p, q)[joined], np.maximum(p, q)[joined]
    key = np.concatenate((a * ids.size + b, low * ids.size + high))
    costs = np.concatenate((cost, np.zeros(low.size, np.float32)))
    order = np.lexsort((costs, key))
    first = np.ones(order.size, bool)
    first[1:] = key[order][1:] != key[order][:-1]
    chosen = order[first]
    return key[chosen] // ids.size, key[chosen] % ids.size, costs[chosen]
