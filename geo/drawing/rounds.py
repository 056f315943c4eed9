"""One round of the search: from labels of any quality to whole grids in band with short borders.

Mend what is torn, anneal the borders, divide anew what is out of band, then tighten: the worst deviation is pushed down
as long as that costs less than it gives. Scores are kept by part, because parts do not depend on each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo import bounds
from geo.drawing import refinement, repair, stirring, trees
from geo.drawing.field import Field, Floats, Grids, Ints, in_band, tally
from geo.drawing.value import Goals

BAND = 2000.0
"""Cost of a whole target out of band: far above what shorter borders could win back."""

STEP = 5_000_000
"""Visits to atoms between two questions whether to stop: some tenths of a second."""

TIGHTER = 0.85
"""Each tightening asks for this share of the worst deviation."""


@dataclass(frozen=True, eq=False)
class Board:
    """A search in progress: ``label`` int32[a] grid of each atom, ``part`` int32[g] part of each grid, p ``parts``."""

    field: Field
    grids: Grids
    label: Ints
    part: Ints
    parts: int


@dataclass(frozen=True, eq=False)
class Score:
    """By part, float64[p]: households out of band in targets, and the rest of the objective."""

    outside: Floats
    cost: Floats
    worst: Floats


def better(one: Score, other: Score) -> NDArray[np.bool_]:
    """bool[p]: where ``one`` is better than ``other``."""
    even = np.abs(one.outside - other.outside) <= 1e-9
    return np.asarray(np.where(even, one.cost < other.cost - 1e-9, one.outside < other.outside), dtype=np.bool_)


def score(board: Board, goals: Goals) -> Score:
    """The objective of each part as it stands."""
    outside, cost, worst, number = _score(
        board.field, board.grids, board.label, board.part, board.parts, goals.deviation
    )
    return Score(outside, cost + goals.worst * number * worst, worst)


def play(
    board: Board,
    goals: Goals,
    *,
    sweeps: int,
    heat: float,
    random: NDArray[np.uint64],
    halted: Callable[[], bool],
) -> Score:
    """One round on ``board``, whose labels and loads change; the score it ends with.

    ``halted`` is asked between steps of well under a second; the labels are whole grids at every such moment.
    """
    field, grids, label, strain = board.field, board.grids, board.label, goals.deviation
    active = np.flatnonzero((label >= 0) & ~field.fixed).astype(np.int32)
    stride = max(1, STEP // max(1, len(active)))
    for first in range(0, sweeps, stride):
        if halted():
            return score(board, goals)
        last = min(first + stride, sweeps)
        refinement.anneal(field, grids, label, active, first, last, sweeps, heat, BAND, strain, random)
    room = trees.bench(field)
    every = np.arange(len(grids.load), dtype=np.int32)
    left = trees.mend(field, grids, label, every, 16, 4, 2.0, BAND, strain, room, random)
    if left and not halted():
        left = trees.mend(field, grids, label, every, 24, 8, 8.0, BAND, strain, room, random)
    if left and not halted():
        stirring.stir(
            field, grids, label, tries=9, temperature=4.0, band=BAND, deviation=strain, room=room, random=random
        )
    refinement.settle(field, grids, label, active, BAND, strain, np.ones(len(every), dtype=np.bool_), random)
    return tighten(board, goals, active, room, random, halted)


def tighten(
    board: Board,
    goals: Goals,
    active: Ints,
    room: trees.Bench,
    random: NDArray[np.uint64],
    halted: Callable[[], bool],
) -> Score:
    """Push the worst deviation of each part down while its score gets better."""
    field, grids, label = board.field, board.grids, board.label
    held = score(board, goals)
    alive = (held.worst > 1e-3) & (held.outside <= 0) & (goals.worst > 0)
    kept = label.copy()
    every = np.arange(len(grids.load), dtype=np.int32)
    for _ in range(40):
        if not alive.any() or halted():
            break
        reach = np.where(alive, held.worst * TIGHTER, np.inf)[board.part]
        inner = grids._replace(
            low=np.maximum(grids.low, grids.target * (1 - reach)),
            high=np.minimum(grids.high, grids.target * (1 + reach)),
        )
        trees.mend(field, inner, label, every, 6, 6, 1.0, BAND, goals.deviation, room, random)
        awake = stirring.out_of_band(inner)
        awake[label[label != kept]] = True
        awake[kept[label != kept]] = True
        refinement.settle(field, inner, label, active, BAND, goals.deviation, awake, random)
        now = score(board, goals)
        won = better(now, held) & alive
        undone = (label >= 0) & ~won[board.part[np.maximum(label, 0)]]
        label[undone] = kept[undone]
        kept[:] = label
        tally(label, field.weight, grids.load, grids.size)
        held = Score(*(np.where(won, new, old) for new, old in zip(vars(now).values(), vars(held).values())))
        alive &= won & (held.worst > 1e-3)
    return held


def settle(board: Board, random: NDArray[np.uint64]) -> None:
    """Make the labels whole and fill empty grids."""
    tally(board.label, board.field.weight, board.grids.load, board.grids.size)
    repair.whole(board.field, board.grids, board.label)
    repair.refill(board.field, board.grids, board.label, board.part, random)


def make_grids(parts: bounds.Parts, part_of_grid: Ints, closed: NDArray[np.bool_]) -> Grids:
    """Empty grids, each with the band of its part."""
    low, high = parts.low[part_of_grid], parts.high[part_of_grid]
    number = len(part_of_grid)
    return Grids(
        low=low,
        high=high,
        target=(low + high) / 2,
        load=np.zeros(number),
        size=np.zeros(number, dtype=np.int32),
        closed=closed,
    )


@njit(cache=True, nogil=True)
def _score(
    field: Field, grids: Grids, label: Ints, part: Ints, parts: int, deviation: float
) -> tuple[Floats, Floats, Floats, Floats]:
    outside, cost = np.zeros(parts), np.zeros(parts)
    worst, number = np.zeros(parts), np.zeros(parts)
    for grid in range(len(grids.load)):
        if grids.size[grid] == 0:
            continue
        off = abs(grids.load[grid] - grids.target[grid]) / grids.target[grid]
        at = part[grid]
        number[at] += 1
        cost[at] += deviation * off * off
        worst[at] = max(worst[at], off)
        if not in_band(grids, grid):
            load = grids.load[grid]
            outside[at] += max(load - grids.high[grid], grids.low[grid] - load) / grids.target[grid]
    for atom in range(len(label)):
        own = label[atom]
        if own < 0:
            continue
        for edge in range(field.indptr[atom], field.indptr[atom + 1]):
            other = label[field.indices[edge]]
            if other >= 0 and other != own:
                cost[part[own]] += field.tie[edge] / 2
    return outside, cost, worst, number
