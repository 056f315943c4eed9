"""Locks that can be kept: one place for each, its pieces joined where there is a way.

A grid lies in one part and in one piece, and that comes before a lock. Of a lock whose cells lie in several parts the
heaviest place counts; its pieces there are joined along shortest paths of free atoms, and a piece without such a path
is free. What is dropped shows as LOCK_BROKEN in the checks.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo import bounds, graph
from geo.atoms import Atoms

Ints = NDArray[np.int32]


def kept(atoms: Atoms, parts: bounds.Parts) -> tuple[Ints, Ints]:
    """The lock of each atom as far as it can be kept, and the claim: the same with the joining atoms; int32[a]."""
    lock = atoms.lock.copy()
    if not (lock >= 0).any():
        return lock, lock
    place = np.where(parts.of_atom >= 0, parts.of_atom, len(parts.weight) + np.arange(len(lock)))
    for name in np.unique(lock[lock >= 0]):
        mine = np.flatnonzero(lock == name)
        places, at = np.unique(place[mine], return_inverse=True)
        weight = np.bincount(at, weights=atoms.weight[mine])
        size = np.bincount(at, weights=atoms.size[mine])
        main = np.lexsort((np.arange(len(places)), -size, -weight))[0]
        lock[mine[at != main]] = -1
    claim = lock.copy()
    for name in np.unique(lock[(lock >= 0) & (parts.of_atom >= 0)]):
        _join(atoms, parts, lock, claim, int(name))
    return lock, claim


def _join(atoms: Atoms, parts: bounds.Parts, lock: Ints, claim: Ints, name: int) -> None:
    """Join the pieces of one lock; pieces that no path reaches lose it."""
    mine = claim == name
    barred = ((claim >= 0) & ~mine) | (parts.of_atom < 0)
    key = np.where(mine, 0, -1 - np.arange(len(mine))).astype(np.int32)
    piece = graph.pieces(atoms.indptr, atoms.indices, key)
    numbers, at = np.unique(piece[mine], return_inverse=True)
    heaviest = numbers[np.argmax(np.bincount(at, weights=atoms.weight[mine] + 1e-9))]
    joined = piece == heaviest
    wanted = mine & ~joined
    while wanted.any():
        path = _path(atoms.indptr, atoms.indices, joined, wanted, barred)
        if len(path) == 0:
            break
        joined |= np.isin(piece, piece[path[0]])
        joined[path] = True
        wanted = mine & ~joined
    lock[wanted] = -1
    claim[wanted] = -1
    claim[joined] = name


@njit(cache=True, nogil=True)
def _path(
    indptr: Ints, indices: Ints, joined: NDArray[np.bool_], wanted: NDArray[np.bool_], barred: NDArray[np.bool_]
) -> Ints:
    """The atoms of the shortest path from ``joined`` to a ``wanted`` atom, that atom first; empty if there is none."""
    came = np.full(len(joined), -2, dtype=np.int32)
    queue = np.empty(len(joined), dtype=np.int32)
    count = 0
    for atom in range(len(joined)):
        if joined[atom]:
            came[atom] = -1
            queue[count] = atom
            count += 1
    at = 0
    while at < count:
        node = queue[at]
        at += 1
        for edge in range(indptr[node], indptr[node + 1]):
            near = indices[edge]
            if came[near] != -2 or barred[near]:
                continue
            came[near] = node
            if wanted[near]:
                length = 0
                while came[near] != -1:
                    queue[length] = near
                    length += 1
                    near = came[near]
                return queue[:length].copy()
            queue[count] = near
            count += 1
    return np.empty(0, dtype=np.int32)
