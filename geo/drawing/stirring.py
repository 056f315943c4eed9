"""Stirring: the surroundings of a grid that is out of band annealed anew, kept if that costs less.

A large-neighbourhood search (Shaw 1998) for what is stuck because no pair of grids alone can mend it.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo.drawing import refinement, trees
from geo.drawing.field import Field, Grids, Ints, grid_cost

SWEEPS = 60


def stir(
    field: Field,
    grids: Grids,
    label: Ints,
    *,
    tries: int,
    temperature: float,
    band: float,
    deviation: float,
    room: trees.Bench,
    random: NDArray[np.uint64],
) -> int:
    """Stir around every grid out of band, up to ``tries`` times each, ever wider and hotter; how many remain out."""
    left = 0
    for grid in np.flatnonzero(out_of_band(grids)).tolist():
        for turn in range(tries):
            if not out_of_band(grids)[grid]:
                break
            near, members = around(field, label, grid, len(grids.load), 1 + turn % 3)
            before = label[members].copy()
            cost = local_cost(field, grids, label, members, near, band, deviation)
            heat = temperature * (1.0 + turn) / tries
            fence = grids.closed.copy()
            fence[np.setdiff1d(np.arange(len(fence)), near)] = True
            pen = grids._replace(closed=fence)
            refinement.anneal(field, pen, label, members, 0, SWEEPS, SWEEPS, heat, band, deviation, random)
            trees.mend(field, pen, label, near, 6, 4, 1.0, band, deviation, room, random)
            refinement.settle(field, pen, label, members, band, deviation, ~fence, random)
            if local_cost(field, grids, label, members, near, band, deviation) > cost - 1e-9:
                restore(field, grids, label, members, before)
        left += int(out_of_band(grids)[grid])
    return left


def out_of_band(grids: Grids) -> NDArray[np.bool_]:
    """bool[g]: grids with atoms whose households lie outside their band."""
    outside = (grids.load > grids.high * (1 + 1e-9)) | (grids.load < grids.low * (1 - 1e-9))
    return np.asarray(outside & (grids.size > 0), dtype=np.bool_)


@njit(cache=True, nogil=True)
def around(field: Field, label: Ints, grid: int, number: int, rings: int) -> tuple[Ints, Ints]:
    """The grids within ``rings`` of ``grid``, and their atoms, both ascending."""
    ring = np.full(number, -1, dtype=np.int32)
    ring[grid] = 0
    for reach in range(rings):
        for atom in range(len(label)):
            if label[atom] < 0 or ring[label[atom]] != reach:
                continue
            for edge in range(field.indptr[atom], field.indptr[atom + 1]):
                other = label[field.indices[edge]]
                if other >= 0 and ring[other] < 0:
                    ring[other] = reach + 1
    near = np.flatnonzero(ring >= 0).astype(np.int32)
    members = np.empty(len(label), dtype=np.int32)
    count = 0
    for atom in range(len(label)):
        if label[atom] >= 0 and ring[label[atom]] >= 0:
            members[count] = atom
            count += 1
    return near, members[:count].copy()


@njit(cache=True, nogil=True)
def local_cost(
    field: Field, grids: Grids, label: Ints, members: Ints, near: Ints, band: float, deviation: float
) -> float:
    """The energy of the grids ``near`` and of all borders of their atoms ``members``."""
    cost = 0.0
    for grid in near:
        cost += grid_cost(grids.load[grid], grids.low[grid], grids.high[grid], grids.target[grid], band, deviation)
    inside = np.zeros(len(grids.load), dtype=np.bool_)
    inside[near] = True
    for atom in members:
        for edge in range(field.indptr[atom], field.indptr[atom + 1]):
            other = label[field.indices[edge]]
            if other >= 0 and other != label[atom]:
                cost += field.tie[edge] / 2 if inside[other] else field.tie[edge]
        if field.home[atom] >= 0 and field.home[atom] != label[atom]:
            cost += field.stay[atom]
    return cost


@njit(cache=True, nogil=True)
def restore(field: Field, grids: Grids, label: Ints, members: Ints, before: Ints) -> None:
    """Give ``members`` the labels they had ``before``."""
    for at in range(len(members)):
        atom = members[at]
        if label[atom] != before[at]:
            refinement.apply_move(field, grids, label, atom, before[at])
