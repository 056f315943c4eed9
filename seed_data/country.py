"""Roads outside the towns: least-cost paths over the hills on a lattice of points about 80 m apart.

Trunk roads and the railway come first, then the primary roads from the towns to the core, then the roads to villages
and hamlets; every path may use what is already built, so the network branches as a real one does and hangs together.
The same lattice carries the land around each village (``land``), whose borders then run along ridges and water.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from seed_data import plane, terrain
from seed_data.plane import Array

STEP_M = 80.0
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Lattice:
    """Jittered points inside the city and the edges between neighbours with their lengths and slopes.

    ``wet``: the edge crosses the river's middle; ``bank``: it lies in the river or at its edge. ``shape``: rows and
    columns of the full raster, whose lower left corner is that of the boundary's box."""

    points: Array
    height: Array
    a: Ints
    b: Ints
    length: Array
    climb: Array
    wet: NDArray[np.bool_]
    bank: NDArray[np.bool_]
    shape: tuple[int, int]


def lattice(rng: np.random.Generator, ground: terrain.Terrain, *, without: shapely.Geometry) -> Lattice:
    """The lattice over the city, less the built-up places ``without``."""
    w, s, e, n = ground.boundary.bounds
    columns, rows = int((e - w) / STEP_M) + 1, int((n - s) / STEP_M) + 1
    gx, gy = np.meshgrid(w + STEP_M * np.arange(columns), s + STEP_M * np.arange(rows))
    x = (gx + rng.uniform(-24, 24, gx.shape)).ravel()
    y = (gy + rng.uniform(-24, 24, gy.shape)).ravel()
    shapely.prepare(ground.boundary)
    shapely.prepare(without)
    inside = shapely.contains_xy(ground.boundary, x, y) & ~shapely.contains_xy(without, x, y)
    index = np.full(columns * rows, -1)
    index[inside] = np.arange(int(inside.sum()))
    index = index.reshape(rows, columns)
    pairs = []
    for dj, di in ((0, 1), (1, 0), (1, 1), (1, -1)):
        first = index[: rows - dj, max(-di, 0): columns - max(di, 0)]
        second = index[dj:, max(di, 0): columns + min(di, 0)]
        both = (first >= 0) & (second >= 0)
        pairs.append(np.column_stack([first[both], second[both]]))
    edges = np.concatenate(pairs)
    points = np.column_stack([x[inside], y[inside]])
    height = ground.height(points[:, 0], points[:, 1])
    a, b = edges[:, 0], edges[:, 1]
    length = np.hypot(*(points[a] - points[b]).T)
    wet = _crosses(points, a, b, ground.river)
    blocked = _crosses(points, a, b, without.boundary)
    keep = ~blocked
    near = plane.distances(ground.river, points) < terrain.RIVER_WIDTH_M / 2 + 25
    return Lattice(points, height, a[keep], b[keep], length[keep], np.abs(height[a] - height[b])[keep], wet[keep],
                   (near[a] | near[b])[keep], (rows, columns))


def _crosses(points: Array, a: Ints, b: Ints, line: shapely.Geometry) -> NDArray[np.bool_]:
    shapely.prepare(line)
    near = plane.distances(line, points) < 2 * STEP_M
    maybe = np.flatnonzero(near[a] & near[b])
    segments = shapely.linestrings(np.stack([points[a[maybe]], points[b[maybe]]], axis=1))
    found = np.zeros(len(a), bool)
    found[maybe] = shapely.intersects(line, segments)
    return found


def graph(net: Lattice, cost: Array) -> sparse.csr_array:
    """The lattice as a symmetric sparse matrix of edge costs."""
    n = len(net.points)
    return sparse.csr_array(
        (np.concatenate([cost, cost]), (np.concatenate([net.a, net.b]), np.concatenate([net.b, net.a]))), shape=(n, n))


def road_cost(net: Lattice, *, built: NDArray[np.bool_], slope: float, bridge: float, reuse: float) -> Array:
    """Cost of each edge for a new road: climbing is dear, a bridge dearer, a road already built cheap."""
    cost = net.length * (1 + 5 * net.bank) + slope * net.climb + bridge * net.wet
    return np.where(built, net.length * reuse, cost)


def nearest(net: Lattice, x: float, y: float) -> int:
    """The lattice point nearest to (x, y)."""
    return int(np.argmin((net.points[:, 0] - x) ** 2 + (net.points[:, 1] - y) ** 2))


def walk(before: Ints, end: int) -> list[int]:
    """The path to ``end`` in a predecessor array, from its source on."""
    path = [end]
    while before[path[-1]] >= 0:
        path.append(int(before[path[-1]]))
    return path[::-1]


def route(net: Lattice, cost: Array, stops: list[int]) -> list[int]:
    """The cheapest path through ``stops`` in order."""
    matrix = graph(net, cost)
    path = [stops[0]]
    for start, end in zip(stops, stops[1:]):
        _, before = csgraph.dijkstra(matrix, indices=start, return_predecessors=True)
        path += walk(before, end)[1:]
    return path


def branches(net: Lattice, cost: Array, roots: list[int], ends: list[int]) -> list[list[int]]:
    """For each end the cheapest path from the nearest root."""
    _, before, _ = csgraph.dijkstra(graph(net, cost), indices=roots, return_predecessors=True, min_only=True)
    return [walk(before, end) for end in ends]


def land(rng: np.random.Generator, net: Lattice, seeds: list[int]) -> Ints:
    """Which seed each lattice point belongs to: cheapest reach over the ground, climbing dear and the river dearer."""
    rough = np.exp(0.45 * plane.noise(rng, 1300)(net.points[net.a, 0], net.points[net.a, 1]))
    cost = (net.length + 12 * net.climb) * rough + 40_000 * net.wet
    _, _, source = csgraph.dijkstra(graph(net, cost), indices=seeds, return_predecessors=True, min_only=True)
    number = np.full(len(net.points), -1)
    number[np.array(seeds)] = np.arange(len(seeds))
    return np.where(source >= 0, number[source], -1)
