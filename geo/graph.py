"""Graph kernels in compressed rows that drawing, checks and measures share: connected pieces and sums over edges.

Compiled by numba without the interpreter's lock (``nogil``) and cached; never parallel.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


@njit(cache=True, nogil=True)
def pieces(indptr: Ints, indices: Ints, key: Ints) -> Ints:
    """Connected pieces of equal ``key`` int32[n]; int32[n], numbered from 0 by their first node.

    Nodes hang together when an edge joins them and their keys are equal.
    """
    n = len(indptr) - 1
    piece = np.full(n, -1, dtype=np.int32)
    stack = np.empty(n, dtype=np.int32)
    count = 0
    for root in range(n):
        if piece[root] >= 0:
            continue
        piece[root] = count
        stack[0] = root
        top = 1
        while top:
            top -= 1
            node = stack[top]
            for edge in range(indptr[node], indptr[node + 1]):
                other = indices[edge]
                if piece[other] < 0 and key[other] == key[node]:
                    piece[other] = count
                    stack[top] = other
                    top += 1
        count += 1
    return piece


@njit(cache=True, nogil=True)
def open_edges(indptr: Ints, indices: Ints, barrier: NDArray[np.float32], key: Ints) -> NDArray[np.bool_]:
    """bool[m]: the edges between nodes of equal ``key`` int32[n] that no hard ``barrier`` (inf) crosses."""
    kept = np.empty(len(indices), dtype=np.bool_)
    for node in range(len(indptr) - 1):
        for edge in range(indptr[node], indptr[node + 1]):
            kept[edge] = key[indices[edge]] == key[node] and barrier[edge] != np.inf
    return kept


@njit(cache=True, nogil=True)
def keep_edges(indptr: Ints, indices: Ints, kept: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """The graph with only the edges where ``kept`` bool[m]."""
    n = len(indptr) - 1
    out_ptr = np.zeros(n + 1, dtype=np.int32)
    out = np.empty(len(indices), dtype=np.int32)
    at = 0
    for node in range(n):
        for edge in range(indptr[node], indptr[node + 1]):
            if kept[edge]:
                out[at] = indices[edge]
                at += 1
        out_ptr[node + 1] = at
    return out_ptr, out[:at].copy()


@njit(cache=True, nogil=True)
def contract(
    indptr: Ints, indices: Ints, cost: Floats, kept: NDArray[np.bool_], atom: Ints, atoms: int
) -> tuple[Ints, Ints, Floats, Floats]:
    """The graph between atoms: rows, neighbours ascending, number of cell pairs, and summed cost per edge.

    ``atom`` int32[n] in 0…atoms-1; edges with ``kept`` false or inside one atom vanish; parallel edges add up.
    """
    n = len(indptr) - 1
    members_ptr = np.zeros(atoms + 1, dtype=np.int32)
    for node in range(n):
        members_ptr[atom[node] + 1] += 1
    for a in range(atoms):
        members_ptr[a + 1] += members_ptr[a]
    members = np.empty(n, dtype=np.int32)
    fill = members_ptr[:-1].copy()
    for node in range(n):
        members[fill[atom[node]]] = node
        fill[atom[node]] += 1
    out_ptr = np.zeros(atoms + 1, dtype=np.int32)
    out = np.empty(len(indices), dtype=np.int32)
    pairs = np.zeros(len(indices), dtype=np.float64)
    costs = np.zeros(len(indices), dtype=np.float64)
    seen = np.full(atoms, -1, dtype=np.int32)
    at = 0
    for a in range(atoms):
        start = at
        for m in range(members_ptr[a], members_ptr[a + 1]):
            node = members[m]
            for edge in range(indptr[node], indptr[node + 1]):
                b = atom[indices[edge]]
                if b == a or not kept[edge]:
                    continue
                if seen[b] < start:
                    seen[b] = at
                    out[at] = b
                    at += 1
                pairs[seen[b]] += 1.0
                costs[seen[b]] += cost[edge]
        order = np.argsort(out[start:at])
        out[start:at] = out[start:at][order]
        pairs[start:at] = pairs[start:at][order]
        costs[start:at] = costs[start:at][order]
        out_ptr[a + 1] = at
    return out_ptr, out[:at].copy(), pairs[:at].copy(), costs[:at].copy()


@njit(cache=True, nogil=True)
def symmetric(indptr: Ints, indices: Ints) -> bool:
    """Whether rows are ascending without loops and every edge is there in both directions.

    Going through the nodes in order, each must be the next one that its neighbours still wait for.
    """
    awaited = indptr[:-1].copy()
    for node in range(len(indptr) - 1):
        for edge in range(indptr[node], indptr[node + 1]):
            other = indices[edge]
            if other == node or awaited[other] >= indptr[other + 1] or indices[awaited[other]] != node:
                return False
            awaited[other] += 1
    return True


def indexed(labels: Ints) -> tuple[Ints, NDArray[np.int64], Ints]:
    """The labels in use ascending, the first node of each, and each node's place among them: ``np.unique`` without
    sorting where the labels are not much larger than their number."""
    top = int(labels.max(initial=-1)) + 1
    if top > 4 * len(labels) + 1000:
        found, begin, spot = np.unique(labels, return_index=True, return_inverse=True)
        return found.astype(np.int32), begin.astype(np.int64), spot.astype(np.int32)
    used = np.flatnonzero(np.bincount(labels, minlength=top)).astype(np.int32)
    place = np.empty(top, dtype=np.int32)
    place[used] = np.arange(len(used), dtype=np.int32)
    at = place[labels]
    first = np.empty(len(used), dtype=np.int64)
    first[at[::-1]] = np.arange(len(labels) - 1, -1, -1)
    return used, first, at


def sources(indptr: Ints) -> Ints:
    """The node at which each edge starts: int32[m]."""
    return np.repeat(np.arange(len(indptr) - 1, dtype=np.int32), np.diff(indptr))
