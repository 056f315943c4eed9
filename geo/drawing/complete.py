"""The complete search of one small part: branch and bound over connected sets of atoms, bits of one machine word.

The grid of one atom after another is enumerated, each connected set once; what remains must be divisible by totals, and
what was once found impossible is remembered. It looks for less than a given worst deviation and tightens as it finds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Words = NDArray[np.uint64]

LIMIT = 56
"""Atoms that fit in a word beside the number of grids still to be made."""

STEPS = 1_000_000
"""Search steps between two questions whether to stop: some hundredths of a second."""


@dataclass(frozen=True, eq=False)
class Part:
    """A small part: ``near`` uint64[n] neighbours of each atom as bits, ``weight`` float64[n], ``locks`` uint64[l] the
    atoms of each lock, ``middle`` households of the band, ``fixed`` number of grids or -1."""

    near: Words
    weight: Floats
    locks: Words
    middle: float
    fixed: int


@dataclass(frozen=True, eq=False)
class Found:
    """``label`` int32[n] from 0 or None, its ``worst`` deviation; ``over``: everything was searched, so that no plan
    has less than ``worst`` (the limit asked for when there is no label)."""

    label: Ints | None
    worst: float
    over: bool


def make(
    indptr: Ints, indices: Ints, weight: Floats, lock: Ints, *, middle: float, fixed: int
) -> Part:
    """The part with the graph ``indptr``, ``indices`` and the locked labels ``lock`` int32[n] (-1 free)."""
    near = np.zeros(len(weight), dtype=np.uint64)
    for atom in range(len(weight)):
        for other in indices[indptr[atom] : indptr[atom + 1]]:
            near[atom] |= np.uint64(1) << np.uint64(other)
    locks = [sum(1 << int(at) for at in np.flatnonzero(lock == name)) for name in np.unique(lock[lock >= 0])]
    return Part(near, weight, np.array(locks, dtype=np.uint64), middle, fixed)


def search(part: Part, *, below: float, halted: Callable[[int], bool]) -> Found:
    """The plan of least worst deviation, if less than ``below``. ``halted`` gets the number of slices done."""
    atoms = len(part.weight)
    table = np.zeros(1 << 20, dtype=np.uint64)
    stack = np.zeros((4 * atoms + 8, 6), dtype=np.uint64)
    real = np.zeros((4 * atoms + 8, 2), dtype=np.float64)
    sets = np.zeros(atoms + 1, dtype=np.uint64)
    state = np.zeros(3, dtype=np.int64)
    limit = np.array([below])
    whole = np.uint64((1 << atoms) - 1)
    over, slices = False, 0
    while not over and not (slices and halted(slices)):
        over = _advance(
            part.near, part.weight, part.locks, part.middle, whole, part.fixed, table, stack, real, sets, state, limit,
            STEPS,
        )
        slices += 1
    if state[2] == 0:
        return Found(None, below, over)
    label = np.zeros(atoms, dtype=np.int32)
    for grid in range(int(state[2])):
        for atom in range(atoms):
            if int(sets[grid]) >> atom & 1:
                label[atom] = grid
    return Found(label, float(limit[0]), over)


@njit(cache=True, nogil=True)
def _advance(
    near: Words,
    weight: Floats,
    locks: Words,
    middle: float,
    whole: np.uint64,
    fixed: int,
    table: Words,
    stack: Words,
    real: Floats,
    sets: Words,
    state: NDArray[np.int64],
    limit: Floats,
    steps: int,
) -> bool:
    """Run the search for up to ``steps`` steps; whether it is over.

    Each frame of ``stack`` is (rest, set, barred, stage, is first of its grid, grids made before): the rest includes
    the set; ``real`` holds the set's weight and the worst deviation of the grids made before. ``state`` is (frames,
    started, grids of the best plan), ``sets`` the best plan, ``limit`` its worst deviation: only less is looked for.
    """
    zero, one = np.uint64(0), np.uint64(1)
    if state[1] == 0:
        state[1] = 1
        _open(near, weight, whole, zero, 0.0, stack, real, state)
    made = np.zeros(len(weight) + 1, dtype=np.uint64)
    for _ in range(steps):
        if state[0] == 0:
            return True
        top = state[0] - 1
        rest, chosen, barred, stage = stack[top, 0], stack[top, 1], stack[top, 2], stack[top, 3]
        load, worst = real[top, 0], real[top, 1]
        if worst >= limit[0]:
            state[0] = top
            continue
        if stage == zero:
            stack[top, 3] = one
            off = abs(load - middle) / middle
            left = rest & ~chosen
            if off < limit[0] and _locks_kept(chosen, locks):
                number = np.int64(stack[top, 5]) + 1
                if left == zero:
                    if fixed < 0 or number == fixed:
                        limit[0] = max(off, worst)
                        _gather(stack, top, sets, made)
                        state[2] = number
                elif _divisible(near, weight, left, middle, limit[0], number, fixed) and not _known(
                    table, left, number, fixed
                ):
                    _open(near, weight, left, np.uint64(number), max(off, worst), stack, real, state)
            continue
        if stage == one:
            stack[top, 3] = np.uint64(2)
            around = _around(near, chosen) & rest & ~chosen & ~barred
            if around != zero:
                bit = around & (~around + one)
                grown = load + weight[_index(bit)]
                stack[top, 2] = barred | bit
                stack[top, 3] = one
                if grown <= middle * (1.0 + limit[0]):
                    at = state[0]
                    stack[at, 0], stack[at, 1], stack[at, 2] = rest, chosen | bit, barred
                    stack[at, 3], stack[at, 4], stack[at, 5] = zero, zero, stack[top, 5]
                    real[at, 0], real[at, 1] = grown, worst
                    state[0] = at + 1
            continue
        if stack[top, 4] == one:
            _remember(table, rest, np.int64(stack[top, 5]), fixed)
        state[0] = top
    return False


@njit(cache=True, nogil=True)
def _open(
    near: Words,
    weight: Floats,
    rest: np.uint64,
    made: np.uint64,
    worst: float,
    stack: Words,
    real: Floats,
    state: NDArray[np.int64],
) -> None:
    """Begin the next grid with the atom of ``rest`` that has fewest neighbours there."""
    best, seed = 1000, 0
    for atom in range(len(weight)):
        if rest >> np.uint64(atom) & np.uint64(1):
            degree = _bits(near[atom] & rest)
            if degree < best:
                best, seed = degree, atom
    at = state[0]
    stack[at, 0], stack[at, 1], stack[at, 2] = rest, np.uint64(1) << np.uint64(seed), np.uint64(0)
    stack[at, 3], stack[at, 4], stack[at, 5] = np.uint64(0), np.uint64(1), made
    real[at, 0], real[at, 1] = weight[seed], worst
    state[0] = at + 1


@njit(cache=True, nogil=True)
def _gather(stack: Words, top: int, sets: Words, made: Words) -> None:
    """The sets of the finished plan: the last frame of each grid in the stack."""
    for at in range(top + 1):
        made[np.int64(stack[at, 5])] = stack[at, 1]
    for grid in range(np.int64(stack[top, 5]) + 1):
        sets[grid] = made[grid]


@njit(cache=True, nogil=True)
def _bits(word: np.uint64) -> int:
    count = 0
    while word:
        word &= word - np.uint64(1)
        count += 1
    return count


@njit(cache=True, nogil=True)
def _index(bit: np.uint64) -> int:
    at = 0
    while bit > np.uint64(1):
        bit >>= np.uint64(1)
        at += 1
    return at


@njit(cache=True, nogil=True)
def _around(near: Words, chosen: np.uint64) -> np.uint64:
    out = np.uint64(0)
    while chosen:
        bit = chosen & (~chosen + np.uint64(1))
        out |= near[_index(bit)]
        chosen ^= bit
    return out


@njit(cache=True, nogil=True)
def _locks_kept(chosen: np.uint64, locks: Words) -> bool:
    """Whether a set holds the whole of at most one lock and nothing of any other."""
    held = 0
    for lock in locks:
        if chosen & lock:
            if chosen & lock != lock:
                return False
            held += 1
    return held <= 1


@njit(cache=True, nogil=True)
def _divisible(
    near: Words, weight: Floats, rest: np.uint64, middle: float, limit: float, made: int, fixed: int
) -> bool:
    """Whether the total of every connected piece of ``rest`` allows some number of grids within ``limit``."""
    low, high = middle * (1.0 - limit), middle * (1.0 + limit)
    fewest, most = 0, 0
    while rest:
        piece = rest & (~rest + np.uint64(1))
        while True:
            grown = piece | (_around(near, piece) & rest)
            if grown == piece:
                break
            piece = grown
        rest &= ~piece
        total = 0.0
        size = 0
        left = piece
        while left:
            bit = left & (~left + np.uint64(1))
            total += weight[_index(bit)]
            size += 1
            left ^= bit
        least = max(1, int(np.ceil(total / high * (1.0 - 1e-12))))
        greatest = size if low <= 0.0 else min(size, int(np.floor(total / low * (1.0 + 1e-12))))
        if least > greatest:
            return False
        fewest += least
        most += greatest
    return fixed < 0 or made + fewest <= fixed <= made + most


@njit(cache=True, nogil=True)
def _slot(table: Words, key: np.uint64) -> np.int64:
    """Where ``key`` is or would be in the table, -1 when its neighbourhood is full."""
    mask = np.uint64(len(table) - 1)
    at = ((key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)) & mask
    for _ in range(32):
        if table[at] == key or table[at] == np.uint64(0):
            return np.int64(at)
        at = (at + np.uint64(1)) & mask
    return np.int64(-1)


@njit(cache=True, nogil=True)
def _key(rest: np.uint64, made: int, fixed: int) -> np.uint64:
    return rest if fixed < 0 else rest | np.uint64(made) << np.uint64(56)


@njit(cache=True, nogil=True)
def _known(table: Words, rest: np.uint64, made: int, fixed: int) -> bool:
    key = _key(rest, made, fixed)
    at = _slot(table, key)
    return bool(at >= 0 and table[at] == key)


@njit(cache=True, nogil=True)
def _remember(table: Words, rest: np.uint64, made: int, fixed: int) -> None:
    at = _slot(table, _key(rest, made, fixed))
    if at >= 0:
        table[at] = _key(rest, made, fixed)
