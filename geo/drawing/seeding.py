"""The first labels: METIS divides each part into its number of grids; what it leaves torn or empty, ``repair`` mends.

METIS (Karypis & Kumar 1998) gives short borders fast but neither whole grids nor the band on lumpy weights. In large
parts, where annealing goes over all borders for long, it would take most of the time and win nothing in the end: they
are halved, again and again, half-way between two far ends of each piece.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pymetis
from numba import njit
from numpy.typing import NDArray

from geo.atoms import Atoms

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


LARGE = 6_000
"""Parts of more atoms are halved; METIS never sees them."""


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
    halved: Ints = _halved(indptr, indices, weight, number)
    return halved


def _metis(indptr: Ints, indices: Ints, pairs: Floats, weight: Floats, number: int, seed: int) -> Ints:
    result = pymetis.part_graph(
        number,
        pymetis.CSRAdjacency(indptr, indices),
        vweights=_whole(weight, number),
        eweights=None if (pairs == 1).all() else np.maximum(pairs, 1).astype(np.int64),
        recursive=True,
        options=pymetis.Options(seed=seed),
    )
    return np.asarray(result.vertex_part, dtype=np.int32)


class _Bench(NamedTuple):
    """Room to halve in, int32[a]: ``order`` the atoms, those of a piece side by side, and ``roots`` a copy of a piece;
    the stamp of each atom's last visit in ``seen``; steps from ``one`` end and from the ``other``; the ``queue`` of a
    spreading; ``front`` int32[2a+2] where the next atom of each front goes."""

    order: Ints
    roots: Ints
    seen: Ints
    one: Ints
    other: Ints
    queue: Ints
    front: Ints


@njit(cache=True, nogil=True)
def _halved(indptr: Ints, indices: Ints, weight: Floats, number: int) -> Ints:
    """Labels 0…number-1 by halving, the weight divided as the grids are.

    A piece bears the first of the labels that its grids will have, so that no two pieces bear the same.
    """
    atoms = len(weight)
    label, seen = np.zeros(atoms, dtype=np.int32), np.zeros(atoms, dtype=np.int32)
    order, roots = np.arange(atoms).astype(np.int32), np.empty(atoms, dtype=np.int32)
    one, other, queue = np.empty_like(order), np.empty_like(order), np.empty_like(order)
    bench = _Bench(order, roots, seen, one, other, queue, np.empty(2 * atoms + 2, dtype=np.int32))
    stamp = 0
    waiting = [(0, atoms, number)]
    while len(waiting) > 0:
        begin, end, share = waiting.pop()
        if share > 1:
            stamp = _arrange(indptr, indices, label, begin, end, stamp, bench)
            half = share // 2
            middle = _middle(weight, order[begin:end], half, share) + begin
            label[order[middle:end]] += half
            waiting.append((begin, middle, half))
            waiting.append((middle, end, share - half))
    return label


@njit(cache=True, nogil=True)
def _arrange(indptr: Ints, indices: Ints, label: Ints, begin: int, end: int, stamp: int, bench: _Bench) -> int:
    """Sort the piece ``order[begin:end]`` from one far end to the other, all that hangs together by itself; the last
    stamp used.

    By steps from the one end less steps from the other: fronts are straighter so than by steps from one end alone.
    """
    known = stamp
    bench.roots[begin:end] = bench.order[begin:end]
    for root in bench.roots[begin:end]:
        if bench.seen[root] > known:
            continue
        count = _spread(indptr, indices, label, root, stamp + 1, bench.one, bench)
        count = _spread(indptr, indices, label, bench.queue[count - 1], stamp + 2, bench.one, bench)
        farthest = bench.queue[count - 1]
        span = bench.one[farthest]
        count = _spread(indptr, indices, label, farthest, stamp + 3, bench.other, bench)
        stamp += 3
        bench.front[: 2 * span + 2] = 0
        for node in bench.queue[:count]:
            bench.front[bench.one[node] - bench.other[node] + span + 1] += 1
        bench.front[0] = begin
        for at in range(2 * span + 1):
            bench.front[at + 1] += bench.front[at]
        for node in bench.queue[:count]:
            key = bench.one[node] - bench.other[node] + span
            bench.order[bench.front[key]] = node
            bench.front[key] += 1
        begin += count
    return stamp


@njit(cache=True, nogil=True)
def _spread(
    indptr: Ints, indices: Ints, label: Ints, root: int, stamp: int, steps: Ints, bench: _Bench
) -> int:
    """Fill ``queue`` with what hangs together with ``root`` in its piece, nearest first, and count the ``steps`` from
    it; how many there are."""
    seen, queue = bench.seen, bench.queue
    own = label[root]
    queue[0] = root
    seen[root] = stamp
    steps[root] = 0
    count, at = 1, 0
    while at < count:
        node = queue[at]
        at += 1
        for edge in range(indptr[node], indptr[node + 1]):
            near = indices[edge]
            if label[near] == own and seen[near] != stamp:
                seen[near] = stamp
                steps[near] = steps[node] + 1
                queue[count] = near
                count += 1
    return count


@njit(cache=True, nogil=True)
def _middle(weight: Floats, order: Ints, half: int, share: int) -> int:
    """How many atoms of ``order`` come nearest to the weight of ``half`` of ``share`` grids; each grid gets one."""
    wanted = weight[order].sum() * half / share
    middle, load = 0, 0.0
    while middle < len(order) and load + weight[order[middle]] / 2 < wanted:
        load += weight[order[middle]]
        middle += 1
    return min(max(middle, half), len(order) - (share - half))


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
