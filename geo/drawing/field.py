"""What the compiled searches share: the graph they move on, the grids they fill, and the cost of a grid.

Energy of a plan = Σ over grids of ``grid_cost`` + Σ over cut edges of ``tie`` + Σ over atoms away from home of
``stay``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


class Field(NamedTuple):
    """The graph of atoms. ``tie`` float64[m]: what cutting an edge costs (below 0 where a border is welcome).

    ``weight`` float64[a] households; ``fixed`` bool[a] atoms that never move; ``home`` int32[a] the grid where an atom
    would rather stay (-1 none) and ``stay`` float64[a] what leaving it costs.
    """

    indptr: Ints
    indices: Ints
    tie: Floats
    weight: Floats
    fixed: NDArray[np.bool_]
    home: Ints
    stay: Floats


class Grids(NamedTuple):
    """The grids of a plan under change; g grids.

    ``low``, ``high``, ``target`` float64[g]; ``load`` float64[g] households, ``size`` int32[g] atoms, both kept up to
    date; ``closed`` bool[g] grids that take nothing in.
    """

    low: Floats
    high: Floats
    target: Floats
    load: Floats
    size: Ints
    closed: NDArray[np.bool_]


@njit(cache=True, nogil=True)
def ties(pairs: Floats, cost: Floats, compactness: float, crossing: float) -> Floats:
    """What cutting each edge costs: its touching ``pairs`` made, less the soft barriers that need not be crossed."""
    return compactness * pairs - crossing * cost


@njit(cache=True, nogil=True)
def grid_cost(load: float, low: float, high: float, target: float, band: float, deviation: float) -> float:
    """Cost of one grid: ``band`` per share of the target out of band, ``deviation`` times the square off target."""
    off = (load - target) / target
    cost = deviation * off * off
    if load > high * (1.0 + 1e-9):
        cost += band * (0.02 + (load - high) / target)
    elif load < low * (1.0 - 1e-9):
        cost += band * (0.02 + (low - load) / target)
    return cost


@njit(cache=True, nogil=True)
def in_band(grids: Grids, grid: int) -> bool:
    """Whether a grid's households lie in its band."""
    load = grids.load[grid]
    return bool(load <= grids.high[grid] * (1.0 + 1e-9) and load >= grids.low[grid] * (1.0 - 1e-9))


@njit(cache=True, nogil=True)
def next_bits(state: NDArray[np.uint64]) -> np.uint64:
    """The next 64 bits of the splitmix64 sequence held in ``state`` uint64[1] (Steele, Lea & Flood 2014)."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.uint64(z ^ (z >> np.uint64(31)))


@njit(cache=True, nogil=True)
def next_random(state: NDArray[np.uint64]) -> float:
    """The next number in [0, 1) of the same sequence."""
    return float(next_bits(state) >> np.uint64(11)) / 9007199254740992.0


@njit(cache=True, nogil=True)
def tally(label: Ints, weight: Floats, load: Floats, size: Ints) -> None:
    """Count ``load`` and ``size`` of every grid afresh; atoms with a negative label belong to none."""
    load[:] = 0.0
    size[:] = 0
    for atom in range(len(label)):
        if label[atom] >= 0:
            load[label[atom]] += weight[atom]
            size[label[atom]] += 1


@njit(cache=True, nogil=True)
def can_leave(field: Field, label: Ints, atom: int, mark: Ints, stamp: int, stack: Ints) -> bool:
    """Whether the grid of ``atom`` stays whole without it. ``mark`` int32[a] holds stamps below ``stamp``.

    First by the neighbours alone: when those in the grid hang together among themselves, nothing can break (the
    hexagon's ring, for any graph). Otherwise by a search through the grid.
    """
    own = label[atom]
    start, end = field.indptr[atom], field.indptr[atom + 1]
    wanted = 0
    for edge in range(start, end):
        if label[field.indices[edge]] == own:
            mark[field.indices[edge]] = stamp
            wanted += 1
            stack[0] = field.indices[edge]
    if wanted <= 1:
        return wanted == 1
    mark[atom] = -1
    mark[stack[0]] = -stamp
    top = 1
    found = 1
    while top:
        top -= 1
        node = stack[top]
        for edge in range(field.indptr[node], field.indptr[node + 1]):
            other = field.indices[edge]
            if mark[other] == stamp:
                mark[other] = -stamp
                found += 1
                stack[top] = other
                top += 1
    if found == wanted:
        return True
    root = -1
    for edge in range(start, end):
        if mark[field.indices[edge]] == -stamp:
            root = field.indices[edge]
            break
    return bool(_reaches(field, label, atom, root, own, wanted, mark, stamp, stack))


@njit(cache=True, nogil=True)
def _reaches(
    field: Field, label: Ints, atom: int, root: int, own: int, wanted: int, mark: Ints, stamp: int, stack: Ints
) -> bool:
    """Whether a search from ``root`` through grid ``own`` without ``atom`` meets all ``wanted`` neighbours of it."""
    start, end = field.indptr[atom], field.indptr[atom + 1]
    for edge in range(start, end):
        if label[field.indices[edge]] == own:
            mark[field.indices[edge]] = stamp
    seen = stamp + 1
    mark[atom] = seen
    found = 1
    mark[root] = seen
    stack[0] = root
    top = 1
    while top:
        top -= 1
        node = stack[top]
        for edge in range(field.indptr[node], field.indptr[node + 1]):
            other = field.indices[edge]
            if label[other] != own or mark[other] == seen:
                continue
            if mark[other] == stamp:
                found += 1
                if found == wanted:
                    return True
            mark[other] = seen
            stack[top] = other
            top += 1
    return False
