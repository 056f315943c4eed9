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

from geo import cells, errors, geodesy


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
    largest cost counts. ``links`` are lines (bridges, tunnels): every pair of cells that follow each other along a
    link is opened, and where the cells between are not in the set (a river cut out of it) the two that are become
    neighbours.
    """
    near = cells.neighbours(ids)
    everywhere = np.repeat(np.arange(ids.size, dtype=np.int64), 6)
    once = everywhere < near.ravel()
    a, b = everywhere[once], near.ravel()[once].astype(np.int64)
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


def tied(adjacency: Adjacency, ids: cells.Cells, labels: NDArray[np.int32]) -> Adjacency:
    """The graph with the pieces of each label tied: each cell of a lesser piece and the nearest of the largest.

    What lies in pieces today (an enclave, an island) then counts as one, and only what tears it further as torn.
    """
    piece = components(adjacency, labels=labels)
    size = np.bincount(piece)
    owner = labels[np.unique(piece, return_index=True)[1]]
    a, b = [], []
    lats, lngs = cells.centres(ids)
    for label in np.unique(owner)[np.bincount(np.unique(owner, return_inverse=True)[1]) > 1].tolist():
        own = np.flatnonzero(owner == label)
        main = np.flatnonzero(piece == own[size[own].argmax()])
        for at in np.flatnonzero((labels == label) & (piece != piece[main[0]])).tolist():
            away = geodesy.distance_m(lats[at], lngs[at], lats[main], lngs[main])
            a.append(at)
            b.append(int(main[np.argmin(away)]))
    if not a:
        return adjacency
    tails = np.repeat(np.arange(ids.size, dtype=np.int64), np.diff(adjacency.indptr))
    once = tails < adjacency.indices
    return _compressed(
        ids.size, np.concatenate((tails[once], np.array(a))), np.concatenate((adjacency.indices[once], np.array(b))),
        np.concatenate((adjacency.barrier[once], np.zeros(len(a), np.float32))),
    )


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
    """The pairs and costs with the pairs along the links open, and made where there were none."""
    low, high = _pairs_along(ids, np.asarray(links.values, object))
    key = np.concatenate((low * ids.size + high, a * ids.size + b))
    costs = np.concatenate((np.zeros(low.size, np.float32), cost))
    order = np.argsort(key, kind="stable")
    first = np.ones(order.size, np.bool_)
    first[1:] = key[order][1:] != key[order][:-1]
    chosen = order[first]  # a link's pair stands before the same pair of neighbours
    return key[chosen] // ids.size, key[chosen] % ids.size, costs[chosen]


def _pairs_along(ids: cells.Cells, shapes: NDArray[np.object_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of the cells of the set that follow each other along lines, lower position first."""
    res = cells.resolution(ids)
    step_deg = float(np.degrees(np.sqrt(cells.mean_area_m2(res)) / geodesy.RADIUS_M)) / 16.0
    lines = shapely.get_parts(shapely.line_merge(shapes))
    lines = lines[(shapely.get_type_id(lines) == 1) & ~shapely.is_empty(lines)]
    points, line = shapely.get_coordinates(shapely.segmentize(lines, step_deg), return_index=True)
    at = cells.positions(ids, cells.from_points(points[:, 1], points[:, 0], res))
    at, line = at[at >= 0], line[at >= 0]
    follows = (line[1:] == line[:-1]) & (at[1:] != at[:-1])
    p, q = at[:-1][follows], at[1:][follows]
    return np.minimum(p, q), np.maximum(p, q)
