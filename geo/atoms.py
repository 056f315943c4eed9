"""Atoms: the graph that drawing works on, made from a problem once.

An atom is a set of cells that no drawing may cut: a unit, a locked piece, a dedicated grid, or one cell. Edges between
atoms exist only where a grid may hang together: inside one region, across no hard barrier, not between an exempt and
an ordinary cell. A *component* is a connected set of atoms; no grid reaches beyond its component.
Units that a region border, a hard barrier or contradicting locks cut anyway fall into pieces; ``cut`` names them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo import graph
from geo.problem import Problem

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Atoms:
    """The contracted graph of a problem; a atoms, numbered by their first cell.

    of_cell    int32[n], atom of each cell        first      int32[a], position of the first cell of each atom
    indptr     int32[a+1], indices int32[m], ascending rows of neighbours
    pairs      float64[m], touching cell pairs     cost      float64[m], soft barrier cost of those pairs
    weight     float64[a], households              size      int32[a], cells
    region     int32[a]                            lock     int32[a], label or -1
    exempt     bool[a]                             closed   bool[a], atoms of closed grids
    cut        int32[], units that could not be kept whole
    """

    of_cell: Ints
    first: Ints
    indptr: Ints
    indices: Ints
    pairs: Floats
    cost: Floats
    weight: Floats
    size: Ints
    region: Ints
    lock: Ints
    exempt: NDArray[np.bool_]
    closed: NDArray[np.bool_]
    cut: Ints


def make(problem: Problem) -> Atoms:
    """The atoms of ``problem`` and the graph between them."""
    adjacency = problem.adjacency
    exempt = np.asarray(problem.exempt, dtype=np.bool_)
    locked = np.asarray(problem.locked, dtype=np.int32)
    unit = np.asarray(problem.unit, dtype=np.int32)
    heads, barrier = adjacency.indices, adjacency.barrier
    open_ = graph.open_edges(adjacency.indptr, heads, barrier, problem.region)
    if exempt.any():
        open_ &= graph.open_edges(adjacency.indptr, heads, barrier, exempt)
    torn = _contradicted(unit, locked, np.asarray(problem.closed, dtype=np.int32))
    of_cell, torn = _atoms(adjacency.indptr, heads, open_, unit, locked, exempt, torn)
    if exempt.any():
        open_ &= ~exempt[heads]
    count = int(of_cell.max()) + 1 if len(of_cell) else 0
    if count == len(of_cell):
        indptr, indices = adjacency.indptr, heads
        if not open_.all():
            indptr, indices = graph.keep_edges(indptr, indices, open_)
            barrier = barrier[open_]
        pairs, costs = np.ones(len(indices)), barrier.astype(np.float64)
    else:
        indptr, indices, pairs, costs = graph.contract(
            adjacency.indptr, heads, barrier, open_, of_cell, count
        )
    first = graph.indexed(of_cell)[1].astype(np.int32)
    lock = np.full(count, -1, dtype=np.int32)
    held = locked >= 0
    lock[of_cell[held]] = locked[held]
    weight = np.bincount(of_cell, weights=problem.households, minlength=count).astype(np.float64)
    closed = _one_piece(lock, weight, np.asarray(problem.closed, dtype=np.int32))
    return Atoms(
        of_cell=of_cell,
        first=first,
        indptr=indptr,
        indices=indices,
        pairs=pairs,
        cost=costs,
        weight=weight,
        size=np.bincount(of_cell, minlength=count).astype(np.int32),
        region=problem.region[first],
        lock=lock,
        exempt=exempt[first],
        closed=closed,
        cut=torn,
    )


def on_cells(atoms: Atoms, labels: Ints) -> Ints:
    """Labels of atoms int32[a] as labels of cells int32[n]."""
    return labels[atoms.of_cell]


def _one_piece(lock: Ints, weight: Floats, closed: Ints) -> NDArray[np.bool_]:
    """bool[a], the atom of each closed grid. Nothing can join its pieces: all but the heaviest lose their ``lock``."""
    out = np.zeros(len(lock), dtype=np.bool_)
    for label in closed.tolist():
        mine = np.flatnonzero(lock == label)
        if len(mine):
            main = mine[np.argmax(weight[mine])]
            lock[mine] = -1
            lock[main] = label
            out[main] = True
    return out


def _atoms(
    indptr: Ints,
    heads: Ints,
    open_: NDArray[np.bool_],
    unit: Ints,
    locked: Ints,
    exempt: NDArray[np.bool_],
    torn: Ints,
) -> tuple[Ints, Ints]:
    """Atom of each cell, and the units that fall apart."""
    n = len(unit)
    if not ((unit >= 0).any() or (locked >= 0).any() or exempt.any()):
        return np.arange(n, dtype=np.int32), np.empty(0, dtype=np.int32)
    tails = graph.sources(indptr)
    whole = np.where(np.isin(unit, torn), -1, unit)
    joined = (whole[tails] >= 0) & (whole[tails] == whole[heads])
    joined |= (locked[tails] >= 0) & (locked[tails] == locked[heads])
    joined |= exempt[tails] & exempt[heads] & (unit[tails] == unit[heads]) & (locked[tails] == locked[heads])
    kept_ptr, kept = graph.keep_edges(indptr, heads, joined & open_)
    of_cell = graph.pieces(kept_ptr, kept, np.zeros(n, dtype=np.int32))
    some = whole >= 0
    pair = np.unique(np.stack([whole[some], of_cell[some]], axis=1), axis=0)
    units, parts = np.unique(pair[:, 0], return_counts=True)
    return of_cell, np.union1d(torn, units[parts > 1]).astype(np.int32)


def _contradicted(unit: Ints, locked: Ints, closed: Ints) -> Ints:
    """Units whose cells are locked to different labels, or only some of them to a closed grid."""
    both = (unit >= 0) & ((locked >= 0) | np.isin(unit, unit[np.isin(locked, closed)]))
    pair = np.unique(np.stack([unit[both], locked[both]], axis=1), axis=0)
    units, kinds = np.unique(pair[:, 0], return_counts=True)
    return units[kinds > 1].astype(np.int32)
