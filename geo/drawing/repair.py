"""Repair: every grid whole and none empty, whatever the labels were.

Of each grid the heaviest piece (or the one that holds locked atoms) keeps the label; the other pieces join the
touching grid that has most room. Grids that vanished are made again by splitting the fullest one of their part.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo import graph
from geo.drawing import trees
from geo.drawing.field import Field, Grids, Ints, tally


def whole(field: Field, grids: Grids, label: Ints) -> None:
    """Make every grid one piece; loose pieces join touching grids, lightest first. Changes ``label`` and ``grids``."""
    piece = graph.pieces(field.indptr, field.indices, label)
    count = int(piece.max()) + 1 if len(piece) else 0
    weight = np.bincount(piece, weights=field.weight, minlength=count)
    size = np.bincount(piece, minlength=count)
    held = np.bincount(piece, weights=field.fixed, minlength=count)
    first = np.unique(piece, return_index=True)[1]
    owner = label[first]
    order = np.lexsort((first, -size, -weight, -held, owner))
    main = np.zeros(count, dtype=np.bool_)
    keep = np.ones(count, dtype=np.bool_)
    keep[1:] = owner[order][1:] != owner[order][:-1]
    main[order[keep]] = True
    main |= held > 0
    main |= owner == -1
    main &= owner != -2
    loose = ~main[piece]
    if loose.any():
        label[loose] = -2
        _join(field, grids, label, piece, order)
    tally(label, field.weight, grids.load, grids.size)


@njit(cache=True, nogil=True)
def _join(field: Field, grids: Grids, label: Ints, piece: Ints, order: Ints) -> None:
    """Give each loose atom (-2) the label of a touching grid, piece by piece, atoms nearest a grid first."""
    tally(label, field.weight, grids.load, grids.size)
    queue = np.empty(len(label), dtype=np.int32)
    waiting = np.zeros(len(label), dtype=np.bool_)
    count = 0
    for atom in range(len(label)):
        if label[atom] == -2:
            for edge in range(field.indptr[atom], field.indptr[atom + 1]):
                if label[field.indices[edge]] >= 0:
                    queue[count] = atom
                    waiting[atom] = True
                    count += 1
                    break
    at = 0
    while at < count:
        atom = queue[at]
        at += 1
        best, to = np.inf, -1
        for edge in range(field.indptr[atom], field.indptr[atom + 1]):
            grid = label[field.indices[edge]]
            if grid >= 0 and not grids.closed[grid]:
                full = (grids.load[grid] + field.weight[atom]) / grids.target[grid]
                if full < best:
                    best, to = full, grid
        if to < 0:
            waiting[atom] = False
            continue
        label[atom] = to
        grids.load[to] += field.weight[atom]
        grids.size[to] += 1
        for edge in range(field.indptr[atom], field.indptr[atom + 1]):
            near = field.indices[edge]
            if label[near] == -2 and not waiting[near]:
                queue[count] = near
                waiting[near] = True
                count += 1


def refill(field: Field, grids: Grids, label: Ints, part: Ints, random: NDArray[np.uint64]) -> None:
    """Split the fullest grid of a part for every empty grid of that part, as long as there is one to split."""
    empties = np.flatnonzero(grids.size == 0)
    if len(empties) == 0:
        return
    room = trees.bench(field)
    for empty in empties.tolist():
        mine = np.flatnonzero((part == part[empty]) & (grids.size > 1) & ~grids.closed)
        for full in mine[np.argsort(-grids.load[mine], kind="stable")].tolist():
            seed = int(np.flatnonzero(label == full)[0])
            if trees.divide(field, grids, label, full, empty, seed, 8, 1000.0, 1.0, 0.0, room, random):
                break
