"""A few cells of a large city at a time: who touches them, how they hang together, the problem of them alone.

What a stroke does is worked out here, so that it costs what the touched grids cost and not what the city costs.
Positions are int64 indices into the city's cells, ascending.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from geo import problem as problems
from geo.adjacency import Adjacency
from geo.problem import Problem

Ints = NDArray[np.int32]
Positions = NDArray[np.int64]


def having(labels: Ints, wanted: list[int]) -> Positions:
    """Positions of the cells whose label is one of ``wanted`` (0 or more each)."""
    if len(wanted) == 1:
        return np.flatnonzero(labels == wanted[0])
    table = np.zeros(max(int(labels.max(initial=-1)), max(wanted, default=-1)) + 2, dtype=np.bool_)
    table[np.asarray(wanted, dtype=np.int64)] = True  # the last place, which -1 finds, stays False
    return np.flatnonzero(table[labels])


def edges(problem: Problem, at: Positions) -> tuple[NDArray[np.int64], Ints, NDArray[np.float32]]:
    """Every touching pair that begins at one of ``at``: index into ``at``, position of the other, barrier."""
    table = problem.adjacency
    start = table.indptr[at].astype(np.int64)
    number = table.indptr[at + 1] - start
    tails = np.repeat(np.arange(len(at)), number)
    flat = np.arange(int(number.sum())) - np.repeat(np.cumsum(number) - number, number) + np.repeat(start, number)
    return tails, table.indices[flat], table.barrier[flat]


def among(at: Positions, heads: NDArray[np.integer]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Which of ``heads`` are in ``at``, and the index in ``at`` of each that is (any number for the others)."""
    place = np.minimum(np.searchsorted(at, heads), max(len(at) - 1, 0))
    inside = at[place] == heads if len(at) else np.zeros(len(heads), dtype=np.bool_)
    return np.asarray(inside, dtype=np.bool_), place


def parts_of(problem: Problem, at: Positions) -> Ints:
    """The number of the connected part of each of ``at`` over open ways (no hard barrier) among them."""
    tails, heads, barrier = edges(problem, at)
    inside, place = among(at, heads)
    kept = inside & np.isfinite(barrier)
    graph = sparse.coo_matrix(
        (np.ones(int(kept.sum()), dtype=np.int8), (tails[kept], place[kept])), shape=(len(at), len(at))
    )
    return np.asarray(csgraph.connected_components(graph, directed=False)[1], dtype=np.int32)


def barred(problem: Problem, here: Positions, there: Positions) -> bool:
    """Whether a hard barrier lies between a cell of ``here`` and a touching one of ``there``."""
    _, heads, barrier = edges(problem, here)
    return bool((~np.isfinite(barrier) & among(there, heads)[0]).any())


def crossings(problem: Problem, at: Positions) -> int:
    """How many touching pairs among ``at`` have a soft barrier between them."""
    _, heads, barrier = edges(problem, at)
    return int((among(at, heads)[0] & np.isfinite(barrier) & (barrier > 0)).sum()) // 2


def subset(problem: Problem, at: Positions) -> Problem:
    """The problem of the cells ``at`` alone, as ``geo.problem.restrict`` makes it, at the cost of those cells."""
    tails, heads, barrier = edges(problem, at)
    inside, place = among(at, heads)
    degree = np.bincount(tails[inside], minlength=len(at))
    top = int(problem.region[at].max()) + 1 if len(at) else 0
    return Problem(
        problem.cells[at],
        Adjacency(
            np.concatenate([[0], np.cumsum(degree)]).astype(np.int32), place[inside].astype(np.int32), barrier[inside]
        ),
        region=problem.region[at], households=problem.households[at],
        band=(problems.low(problem)[:top], problems.high(problem)[:top]), locked=np.asarray(problem.locked)[at],
        unit=np.asarray(problem.unit)[at], exempt=np.asarray(problem.exempt)[at], closed=problem.closed,
        counts=np.asarray(problem.counts)[:top],
    )  # fmt: skip
