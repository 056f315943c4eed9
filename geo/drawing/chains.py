"""What passes between grids at the least: the lightest chains of atoms that any plan must pass, whatever else it does.

An atom that changes to another grid hangs together with it there, so all atoms on some way from it to the border change
too. Nothing is said of grids that come into being inside another.
"""

from __future__ import annotations

import heapq

import numpy as np
from numba import njit

from geo.drawing.field import Field, Floats, Ints


@njit(cache=True, nogil=True)
def least_loss(field: Field, label: Ints, grids: int) -> Floats:
    """What each grid loses at the least when it loses anybody to others, float64[g]; ``inf`` where it cannot.

    That is the lightest way to its border with anybody on it.
    """
    cost, found = np.full(len(label), np.inf), np.full(grids, np.inf)
    heap = [(0.0, np.int64(0))]
    heap.pop()
    for atom in range(len(label)):
        if label[atom] < 0 or field.fixed[atom]:
            continue
        for edge in range(field.indptr[atom], field.indptr[atom + 1]):
            other = label[field.indices[edge]]
            if other >= 0 and other != label[atom]:
                cost[atom] = field.weight[atom]
                heapq.heappush(heap, (cost[atom], np.int64(atom)))
                break
    while len(heap) > 0:
        nearest, node = heapq.heappop(heap)
        if nearest > cost[node] or nearest >= found[label[node]]:
            continue
        if nearest > 0.0:
            found[label[node]] = nearest
            continue
        for edge in range(field.indptr[node], field.indptr[node + 1]):
            other = field.indices[edge]
            farther = nearest + field.weight[other]
            if label[other] == label[node] and not field.fixed[other] and farther < cost[other]:
                cost[other] = farther
                heapq.heappush(heap, (farther, np.int64(other)))
    return found


@njit(cache=True, nogil=True)
def least_gain(field: Field, grid: Ints, grids: int, members: Ints, taker: int) -> Floats:
    """What ``taker`` gains at the least when it gains anybody of each grid, float64[g]; ``inf`` where it cannot.

    All on some way from there to its border comes along, also through other grids. ``members``: the atoms of a part.
    """
    cost, found = np.full(len(members), np.inf), np.full(grids, np.inf)
    heap = [(0.0, np.int64(0))]
    heap.pop()
    for place in range(len(members)):
        atom = members[place]
        if grid[atom] == taker or field.fixed[atom]:
            continue
        for edge in range(field.indptr[atom], field.indptr[atom + 1]):
            if grid[field.indices[edge]] == taker:
                cost[place] = field.weight[atom]
                heapq.heappush(heap, (cost[place], np.int64(place)))
                break
    while len(heap) > 0:
        nearest, at = heapq.heappop(heap)
        if nearest > cost[at]:
            continue
        atom = members[at]
        if field.weight[atom] > 0.0:
            found[grid[atom]] = min(found[grid[atom]], nearest)
        for edge in range(field.indptr[atom], field.indptr[atom + 1]):
            other = field.indices[edge]
            if grid[other] < 0 or grid[other] == taker or field.fixed[other]:
                continue
            there = np.searchsorted(members, other)
            farther = nearest + field.weight[other]
            if farther < cost[there]:
                cost[there] = farther
                heapq.heappush(heap, (farther, np.int64(there)))
    return found
