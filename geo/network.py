"""A road graph from lines, and travel times on it: fields from places, nearest of many.

Lines meet where they share an end point (rounded to a centimetre or so); a crossing without a shared point is a
bridge. Times are seconds, lengths metres, speeds km/h, geometries WGS-84 (lng, lat).
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy import sparse, spatial
from scipy.sparse import csgraph

from geo import errors, geodesy

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROUND_DEG = 1e-7  # about a centimetre


@dataclass(frozen=True)
class Graph:
    """``lats, lngs`` float64[n] of the nodes; ``times`` sparse[n, n], seconds from row to column; ``edges`` int64[m, 2]
    the nodes of each piece of road, ``line`` int64[m] its row among the lines given, ``length_m`` float64[m].
    """

    lats: Floats
    lngs: Floats
    times: sparse.csr_array
    edges: Ints
    line: Ints
    length_m: Floats


def build(lines: gpd.GeoDataFrame, *, speed_kmh: ArrayLike, split: bool = True) -> Graph:
    """The graph of the lines, one speed each (or one for all). A column ``oneway`` (true: only as drawn) is heeded.

    With ``split`` every vertex that two lines share becomes a node, otherwise only their ends.
    """
    shapes = np.asarray(lines.geometry.values, object)
    speed = np.broadcast_to(np.asarray(speed_kmh, np.float64), shapes.shape)
    bad = np.flatnonzero(~(speed > 0))
    if bad.size:
        raise errors.TableError(f"line {bad[0]} has the speed {speed[bad[0]]} km/h; it must be above 0", values=bad)
    parts, row = shapely.get_parts(shapes, return_index=True)
    if not np.isin(shapely.get_type_id(parts), (1, 2)).all():
        raise errors.GeometryError("roads must be lines")
    oneway = np.asarray(lines["oneway"], bool)[row] if "oneway" in lines else np.zeros(parts.size, bool)
    points, part = shapely.get_coordinates(parts, return_index=True)
    key = np.rint(points / ROUND_DEG).astype(np.int64)
    vertex = _numbered(key)
    is_node = _nodes(vertex, part, split=split)
    stretch = np.concatenate(([0.0], geodesy.distance_m(points[:-1, 1], points[:-1, 0], points[1:, 1], points[1:, 0])))
    stretch[np.append(True, part[1:] != part[:-1])] = 0.0
    along = np.cumsum(stretch)
    at = np.flatnonzero(is_node)
    joined = part[at[1:]] == part[at[:-1]]
    start, stop = at[:-1][joined], at[1:][joined]
    used, number = np.unique(vertex[at], return_inverse=True)
    where = np.empty(used.size, np.int64)
    where[number] = at
    node = np.full(int(vertex.max(initial=-1)) + 1, -1, np.int64)
    node[used] = np.arange(used.size)
    edges = np.column_stack((node[vertex[start]], node[vertex[stop]]))
    length = along[stop] - along[start]
    seconds = length / (speed[row][part[start]] / 3.6)
    times = _matrix(edges, seconds, oneway[part[start]], used.size)
    return Graph(points[where, 1], points[where, 0], times, edges, row[part[start]].astype(np.int64), length)


def nearest_node(graph: Graph, lats: ArrayLike, lngs: ArrayLike) -> tuple[Ints, Floats]:
    """The node nearest to each point, and its distance in metres (straight line)."""
    lat, lng = np.asarray(lats, np.float64), np.asarray(lngs, np.float64)
    if graph.lats.size == 0:
        raise errors.GeoError("the graph has no nodes")
    plane = geodesy.Plane(float(graph.lats.mean()), float(graph.lngs.mean()))
    tree = spatial.cKDTree(np.column_stack(plane.forward(graph.lats, graph.lngs)))
    far, node = tree.query(np.column_stack(plane.forward(lat, lng)))
    return np.asarray(node, np.int64), np.asarray(far, np.float64)


def travel_times(
    graph: Graph, sources: ArrayLike, *, reverse: bool = False, limit_s: float = np.inf
) -> tuple[Floats, Ints]:
    """Seconds to each node from the nearest of the source nodes, and the index of that source; inf and -1 if none.

    With ``reverse`` the times are those from each node to the nearest source.
    """
    source = np.asarray(sources, np.int64)
    n = graph.lats.size
    if source.size == 0:
        return np.full(n, np.inf), np.full(n, -1, np.int64)
    if source.min() < 0 or source.max() >= n:
        raise errors.GeoError(f"sources must be nodes 0-{n - 1}", values=source)
    times = graph.times.T.tocsr() if reverse else graph.times
    found, _, origin = csgraph.dijkstra(
        times, directed=True, indices=np.unique(source), min_only=True, return_predecessors=True, limit=limit_s
    )
    index = np.full(n, -1, np.int64)
    index[source[::-1]] = np.arange(source.size)[::-1]
    return np.asarray(found, np.float64), np.where(np.isfinite(found), index[np.maximum(origin, 0)], -1)


def field(
    graph: Graph, lats: ArrayLike, lngs: ArrayLike, *, sources: ArrayLike, walk_kmh: float = 5.0, reverse: bool = False
) -> tuple[Floats, Ints]:
    """Seconds to each point from the nearest source node by road, the way off the road at walking speed; and which."""
    node, far = nearest_node(graph, lats, lngs)
    seconds, index = travel_times(graph, sources, reverse=reverse)
    return seconds[node] + far / (walk_kmh / 3.6), index[node]


def _numbered(key: Ints) -> Ints:
    """One number for each different pair."""
    order = np.lexsort((key[:, 1], key[:, 0]))
    new = np.append(True, (np.diff(key[order], axis=0) != 0).any(axis=1))[: order.size]
    out = np.empty(order.size, np.int64)
    out[order] = np.cumsum(new) - 1
    return out


def _nodes(vertex: Ints, part: Ints, *, split: bool) -> NDArray[np.bool_]:
    """Which points are nodes: ends of lines, and with ``split`` vertices that occur more than once."""
    change = part[1:] != part[:-1]
    node = np.append(True, change) | np.append(change, True)
    node = node[: vertex.size]
    if split and vertex.size:
        node |= np.bincount(vertex)[vertex] > 1
    return np.asarray(node, np.bool_)


def _matrix(edges: Ints, seconds: Floats, oneway: NDArray[np.bool_], n: int) -> sparse.csr_array:
    """Travel times as a sparse matrix; of parallel pieces the fastest counts, pieces of no length a millisecond."""
    back = ~oneway
    a = np.concatenate((edges[:, 0], edges[back, 1]))
    b = np.concatenate((edges[:, 1], edges[back, 0]))
    cost = np.maximum(np.concatenate((seconds, seconds[back])), 1e-3)
    order = np.lexsort((cost, b, a))
    first = np.append(True, (np.diff(a[order]) != 0) | (np.diff(b[order]) != 0))[: order.size]
    kept = order[first]
    kept = kept[a[kept] != b[kept]]
    return sparse.csr_array((cost[kept], (a[kept], b[kept])), shape=(n, n))
