"""The first labels: METIS divides each part into its number of grids; what it leaves torn or empty, ``repair`` mends.

METIS (Karypis & Kumar 1998) gives short borders fast but neither whole grids nor the band on lumpy weights. Its time
grows faster than the part, so large parts are first cut across, again and again, along fronts of equal distance.
"""

from __future__ import annotations

import numpy as np
import pymetis
from numba import njit
from numpy.typing import NDArray

from geo.atoms import Atoms

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


LARGE = 6_000
"""Parts of more atoms are cut across before METIS sees them."""


def divide(atoms: Atoms, members: NDArray[np.int64], number: int, *, seed: int) -> Ints:
    """A label 0…number-1 for each of ``members`` (atoms of one part, ascending)."""
    if number <= 1 or len(members) <= 1:
        return np.zeros(len(members), dtype=np.int32)
    if number >= len(members):
        return np.arange(len(members), dtype=np.int32)
    indptr, indices, pairs = subgraph(atoms, members)
    weight = atoms.weight[members]
    if len(members) <= LARGE:
        return _metis(indptr, indices, pairs, weight, number, seed)
    label = np.empty(len(members), dtype=np.int32)
    waiting = [(np.arange(len(members), dtype=np.int32), number, 0)]
    while waiting:
        mine, share, base = waiting.pop()
        if len(mine) <= LARGE or share < 4:
            rows, near, edges = _chosen(indptr, indices, pairs, mine)
            label[mine] = base + _metis(rows, near, edges, weight[mine], share, seed)
            continue
        half = share // 2
        order = _fronts(indptr, indices, mine)
        at = int(np.searchsorted(np.cumsum(weight[order]), weight[mine].sum() * half / share))
        at = min(max(at, half), len(mine) - (share - half))
        waiting.append((np.sort(order[:at]), half, base))
        waiting.append((np.sort(order[at:]), share - half, base + half))
    return label


def _metis(indptr: Ints, indices: Ints, pairs: Floats, weight: Floats, number: int, seed: int) -> Ints:
    if number <= 1:
        return np.zeros(len(weight), dtype=np.int32)
    result = pymetis.part_graph(
        number,
        pymetis.CSRAdjacency(indptr, indices),
        vweights=_whole(weight, number),
        eweights=None if (pairs == 1).all() else np.maximum(pairs, 1).astype(np.int64),
        recursive=True,
        options=pymetis.Options(seed=seed),
    )
    return np.asarray(result.vertex_part, dtype=np.int32)


@njit(cache=True, nogil=True)
def _fronts(indptr: Ints, indices: Ints, mine: Ints) -> Ints:
    """``mine`` by distance from an atom at the far end of it; what cannot be reached comes last."""
    inside = np.zeros(len(indptr) - 1, dtype=np.int8)
    inside[mine] = 1
    order = np.empty(len(mine), dtype=np.int32)
    start = mine[0]
    for turn in range(3):
        seen = np.int8(turn + 2)
        order[0] = start
        inside[start] = seen
        count, at = 1, 0
        while at < count:
            node = order[at]
            at += 1
            for edge in range(indptr[node], indptr[node + 1]):
                near = indices[edge]
                if inside[near] > 0 and inside[near] != seen:
                    inside[near] = seen
                    order[count] = near
                    count += 1
        start = order[count - 1]
        if turn == 2:
            for node in mine:
                if inside[node] != seen:
                    order[count] = node
                    count += 1
    return order


def follow(labels: Ints, weight: Floats, number: int) -> Ints:
    """The heaviest ``number`` grids of earlier ``labels`` int32[m] as 0…number-1; -2 for atoms of all others."""
    _, first, at = np.unique(labels, return_index=True, return_inverse=True)
    load = np.bincount(at, weights=weight)
    rank = np.full(len(load), -2, dtype=np.int32)
    heaviest = np.lexsort((first, -load))[:number]
    rank[heaviest] = np.arange(len(heaviest), dtype=np.int32)
    return rank[at]


def subgraph(atoms: Atoms, members: NDArray[np.int64]) -> tuple[Ints, Ints, Floats]:
    """The graph among ``members`` alone, by their positions: rows, neighbours, touching pairs per edge."""
    if len(members) == len(atoms.first):
        return atoms.indptr, atoms.indices, atoms.pairs
    found: tuple[Ints, Ints, Floats] = _chosen(atoms.indptr, atoms.indices, atoms.pairs, members.astype(np.int32))
    return found


@njit(cache=True, nogil=True)
def _chosen(indptr: Ints, indices: Ints, pairs: Floats, members: Ints) -> tuple[Ints, Ints, Floats]:
    place = np.full(len(indptr) - 1, -1, dtype=np.int32)
    edges = 0
    for at in range(len(members)):
        place[members[at]] = at
        edges += indptr[members[at] + 1] - indptr[members[at]]
    rows = np.zeros(len(members) + 1, dtype=np.int32)
    near = np.empty(edges, dtype=np.int32)
    kept = np.empty(edges, dtype=np.float64)
    count = 0
    for at in range(len(members)):
        for edge in range(indptr[members[at]], indptr[members[at] + 1]):
            if place[indices[edge]] >= 0:
                near[count] = place[indices[edge]]
                kept[count] = pairs[edge]
                count += 1
        rows[at + 1] = count
    return rows, near[:count].copy(), kept[:count].copy()


def _whole(weight: Floats, number: int) -> NDArray[np.int64]:
    """Weights as the whole numbers METIS takes: about 10 000 a grid, a little for empty atoms too."""
    total = float(weight.sum())
    if total <= 0:
        return np.ones(len(weight), dtype=np.int64)
    scale = min(10_000.0, 1e9 / number) * number / total
    return np.maximum(np.rint(weight * scale), 0).astype(np.int64)
