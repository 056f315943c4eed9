"""The least that must pass between touching grids so that each comes into band: a minimum-cost flow on whole grids.

A lower bound on the households moved as long as grids pass households only to grids they touch in the plan before.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

from geo import atoms as atoms_
from geo import bounds
from geo.partition import Partition
from geo.problem import Problem, high, low

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


def least(problem: Problem, partition: Partition) -> float:
    """The least households that must change their grid; those no flow can bring into band count as far as it can."""
    if len(problem.cells) == 0:
        return 0.0
    atoms = atoms_.make(problem)
    parts = bounds.parts(problem, atoms)
    inside = parts.of_atom >= 0
    was = partition.labels[atoms.first].astype(np.int64)
    grids, at = np.unique((parts.of_atom.astype(np.int64) << 32 | was)[inside], return_inverse=True)
    grid = np.full(len(was), -1, dtype=np.int64)
    grid[inside] = at
    region = parts.region[(grids >> 32).astype(np.int64)]
    load = np.bincount(at, weights=atoms.weight[inside], minlength=len(grids))
    tails = grid[np.repeat(np.arange(len(was)), np.diff(atoms.indptr))]
    heads = grid[atoms.indices]
    kept = (tails >= 0) & (heads >= 0) & (tails != heads)
    pairs = np.unique(np.stack([tails[kept], heads[kept]], axis=1), axis=0)
    passed, _ = transfers(load, low(problem)[region], high(problem)[region], pairs)
    return float(passed.sum())


def transfers(load: Floats, lows: Floats, highs: Floats, pairs: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Least flow over ``pairs`` int64[e, 2] (giver, taker) that leaves the fewest households out of band.

    Flow float64[e] and what stays outside the band float64[g]. A linear programme (HiGHS).
    """
    number, edges = len(load), len(pairs)
    outside = bounds.excess(load, lows, highs)
    if not outside.any() or edges == 0:
        return np.zeros(edges), outside
    columns = np.arange(edges)
    ones = np.ones(edges)
    leaving = sparse.csr_matrix((ones, (pairs[:, 0], columns)), shape=(number, edges))
    coming = sparse.csr_matrix((ones, (pairs[:, 1], columns)), shape=(number, edges))
    net = (coming - leaving).tocsr()
    eye = sparse.identity(number, format="csr")
    left = sparse.bmat([[net, -eye, None], [-net, None, -eye]]).tocsr()
    cost = np.concatenate([ones, np.full(2 * number, 1e4)])
    result = optimize.linprog(cost, A_ub=left, b_ub=np.concatenate([highs - load, load - lows]), method="highs")
    if result.x is None:
        return np.zeros(edges), outside
    return result.x[:edges], result.x[edges : edges + number] + result.x[edges + number :]
