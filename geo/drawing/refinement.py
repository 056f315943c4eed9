"""Local search: single atoms moved between touching grids, grids staying whole, by falling energy or annealed.

Each sweep visits the atoms in a random order; an atom on a border may pass to the touching grid where the energy falls
most, or, while there is a temperature, rise with probability exp(-rise / temperature) (Kirkpatrick et al. 1983).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo.drawing.field import Field, Floats, Grids, Ints, can_leave, grid_cost, next_bits, next_random

FEW = 20_000
"""Settling ends when no more than one atom in so many moves."""

_ONE, _TWO = np.uint64(1), np.uint64(2)
_USED, _LAST = np.uint64(1), np.uint64(1 << 62)
"""Atoms are left out by two bits of chance a step; a word of bits begins with ``_LAST`` and is ``_USED`` when only that
is left of it."""


@njit(cache=True, nogil=True)
def apply_move(field: Field, grids: Grids, label: Ints, atom: int, to: int) -> None:
    """Pass ``atom`` to grid ``to``."""
    own = label[atom]
    grids.load[own] -= field.weight[atom]
    grids.size[own] -= 1
    grids.load[to] += field.weight[atom]
    grids.size[to] += 1
    label[atom] = to


@njit(cache=True, nogil=True)
def sweep(
    field: Field,
    grids: Grids,
    label: Ints,
    active: Ints,
    turn: int,
    temperature: float,
    band: float,
    deviation: float,
    random: NDArray[np.uint64],
    changed: NDArray[np.bool_],
    mark: Ints,
    stack: Ints,
    stamp: int,
) -> tuple[int, int]:
    """One visit to each atom of ``active``, forwards in even turns and backwards in odd ones.

    While there is heat half of the atoms are left out by chance, so that no direction is favoured. ``changed`` bool[g]
    is set for grids that lose or gain an atom. Number of moves and the next unused stamp.
    """
    moves = 0
    near_label = np.empty(64, dtype=np.int32)
    near_tie = np.empty(64, dtype=np.float64)
    count = len(active)
    step, bits = np.int64(-1), _USED
    while True:
        step += 1
        if temperature > 0.0:
            if bits == _USED:
                bits = next_bits(random) >> _ONE | _LAST
            step += np.int64(bits & _ONE) + np.int64(bits >> _ONE & _ONE)
            bits >>= _TWO
        if step >= count:
            return moves, stamp
        atom = active[step] if turn % 2 == 0 else active[count - 1 - step]
        own = label[atom]
        found, leave = _across(field, label, atom, near_label, near_tie)
        if found == 0 or field.fixed[atom] or grids.size[own] <= 1:
            continue
        weight = field.weight[atom]
        if weight > 0.0:
            leave += _step_cost(grids, own, -weight, band, deviation)
        if field.home[atom] == own:
            leave += field.stay[atom]
        best, to = -1e-9, -1
        if temperature > 0.0:
            best = -temperature * np.log(1.0 - next_random(random))
        for at in range(found):
            other = near_label[at]
            if other < 0 or grids.closed[other]:
                continue
            change = leave - near_tie[at]
            if weight > 0.0:
                change += _step_cost(grids, other, weight, band, deviation)
            if field.home[atom] == other:
                change -= field.stay[atom]
            if change < best:
                best, to = change, other
        if to < 0:
            continue
        stamp += 2
        if can_leave(field, label, atom, mark, stamp, stack):
            apply_move(field, grids, label, atom, to)
            changed[own] = changed[to] = True
            moves += 1


@njit(inline="always")
def _across(field: Field, label: Ints, atom: int, near_label: Ints, near_tie: Floats) -> tuple[int, float]:
    """How many other grids ``atom`` touches, into ``near_label`` with what ties it to each; and what ties it to its
    own."""
    own = label[atom]
    start, end = field.indptr[atom], field.indptr[atom + 1]
    found, tie_own = 0, 0.0
    edge = start
    while edge < end and label[field.indices[edge]] == own:
        edge += 1
    if edge < end:
        for edge in range(start, end):
            other = label[field.indices[edge]]
            if other == own:
                tie_own += field.tie[edge]
                continue
            at = 0
            while at < found and near_label[at] != other:
                at += 1
            if at == found:
                if found == len(near_label):
                    continue
                near_label[at] = other
                near_tie[at] = 0.0
                found += 1
            near_tie[at] += field.tie[edge]
    return found, tie_own


@njit(inline="always")
def _step_cost(grids: Grids, grid: int, weight: float, band: float, deviation: float) -> float:
    """What it costs that a grid gains ``weight`` households."""
    load, low, high, target = grids.load[grid], grids.low[grid], grids.high[grid], grids.target[grid]
    after = grid_cost(load + weight, low, high, target, band, deviation)
    return float(after - grid_cost(load, low, high, target, band, deviation))


@njit(cache=True, nogil=True)
def anneal(
    field: Field,
    grids: Grids,
    label: Ints,
    active: Ints,
    first: int,
    last: int,
    sweeps: int,
    temperature: float,
    band: float,
    deviation: float,
    random: NDArray[np.uint64],
) -> int:
    """Sweeps ``first`` to ``last`` (excluded) of ``sweeps`` over the ``active`` atoms, ascending; moves made.

    The heat falls evenly to nothing at the last of all sweeps while the cost of leaving the band rises to ``band``.
    """
    mark, changed = np.zeros(len(label), dtype=np.int32), np.zeros(len(grids.load), dtype=np.bool_)
    stack = np.empty(len(label) + 1, dtype=np.int32)
    stamp = 1
    total = 0
    for turn in range(first, last):
        heat = temperature * (1.0 - (turn + 1.0) / (sweeps + 1.0))
        strict = band * 10.0 ** (-2.0 * (1.0 - (turn + 1.0) / sweeps))
        moves, stamp = sweep(
            field, grids, label, active, turn, heat, strict, deviation, random, changed, mark, stack, stamp
        )
        total += moves
        if stamp > 1_000_000_000:
            mark[:] = 0
            stamp = 1
    return total


@njit(cache=True, nogil=True)
def warm(
    field: Field,
    grids: Grids,
    label: Ints,
    active: Ints,
    sweeps: int,
    temperature: float,
    band: float,
    random: NDArray[np.uint64],
) -> int:
    """Sweeps with a heat that falls from ``temperature`` a thousandfold, the band at full cost throughout; moves made.

    For plans that are in band already and shall stay so.
    """
    mark, changed = np.zeros(len(label), dtype=np.int32), np.zeros(len(grids.load), dtype=np.bool_)
    stack = np.empty(len(label) + 1, dtype=np.int32)
    stamp = 1
    total = 0
    for turn in range(sweeps):
        heat = temperature * 10.0 ** (-3.0 * turn / sweeps)
        moves, stamp = sweep(
            field, grids, label, active, turn, heat, band, 0.0, random, changed, mark, stack, stamp
        )
        total += moves
        if stamp > 1_000_000_000:
            mark[:] = 0
            stamp = 1
    return total


@njit(cache=True, nogil=True)
def settle(
    field: Field,
    grids: Grids,
    label: Ints,
    active: Ints,
    band: float,
    deviation: float,
    awake: NDArray[np.bool_],
    random: NDArray[np.uint64],
) -> int:
    """Downhill sweeps over the ``active`` atoms until nothing moves, or next to nothing in a large city; moves made.

    Only what lies in a grid that is ``awake`` bool[g], or touches one, is looked at: first those of the caller, then
    those that changed in the sweep before. All else would stay again.
    """
    mark, stack = np.zeros(len(label), dtype=np.int32), np.empty(len(label) + 1, dtype=np.int32)
    changed = awake.copy()
    stamp = 1
    total = 0
    for turn in range(100):
        near = _near(field, label, active, changed)
        changed[:] = False
        moves, stamp = sweep(
            field, grids, label, near, turn, 0.0, band, deviation, random, changed, mark, stack, stamp
        )
        total += moves
        if moves * FEW <= len(active):
            break
    return total


@njit(cache=True, nogil=True)
def _near(field: Field, label: Ints, active: Ints, awake: NDArray[np.bool_]) -> Ints:
    """Those of the ``active`` atoms that lie in grids that are ``awake`` or touch them."""
    near = np.zeros(len(label), dtype=np.bool_)
    for atom in active:
        if awake[label[atom]]:
            near[atom] = True
            for edge in range(field.indptr[atom], field.indptr[atom + 1]):
                near[field.indices[edge]] = True
    return active[near[active]]


@njit(cache=True, nogil=True)
def energy(
    field: Field, grids: Grids, label: Ints, part: Ints, parts: int, band: float, deviation: float
) -> Floats:
    """The energy of each part, counted afresh; ``part`` int32[g] is the part of each grid."""
    total = np.zeros(parts)
    for grid in range(len(grids.load)):
        if grids.size[grid] > 0:
            total[part[grid]] += grid_cost(
                grids.load[grid], grids.low[grid], grids.high[grid], grids.target[grid], band, deviation
            )
    for atom in range(len(label)):
        own = label[atom]
        if own < 0:
            continue
        for edge in range(field.indptr[atom], field.indptr[atom + 1]):
            other = label[field.indices[edge]]
            if other >= 0 and other != own:
                total[part[own]] += field.tie[edge] / 2
        if field.home[atom] != own:
            total[part[own]] += field.stay[atom]
    return total
