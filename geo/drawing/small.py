"""Small parts done exactly: the least worst deviation by complete search, then shorter borders within a little of it.

In a community of few cells every cell counts and chance finds the best division rarely; the complete search does within
a second. It also proves where no division is in band. What it gives up on in the time allowed stays as it was.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.drawing import complete, refinement, rounds, seeding
from geo.drawing.field import tally
from geo.drawing.task import Best, Task, board_of, label_of

Ints = NDArray[np.int32]

ATOMS = 30
"""Largest part that is searched completely."""

SLICES = 3
"""Slices of search each part is given."""

LEEWAY = 1.06
"""How far above the least worst deviation borders may be shortened."""


@dataclass(frozen=True, eq=False)
class Perfected:
    """The labels, and bool[p] the parts where a complete search proved that no plan is in band."""

    best: Best
    hopeless: NDArray[np.bool_]


def perfect(task: Task, best: Best, random: NDArray[np.uint64]) -> Perfected:
    """Search the small parts completely and keep what is better than ``best``."""
    size = np.diff(task.ends)
    hopeless = np.zeros(len(size), dtype=np.bool_)
    label, number, names = best.label.copy(), best.number.copy(), list(best.names)
    worst = best.score.worst.copy()
    half = (task.parts.high - task.parts.low) / (task.parts.high + task.parts.low)
    improved = np.zeros(len(size), dtype=np.bool_)
    for part in np.flatnonzero((size > 1) & (size <= ATOMS) & (task.parts.most > 1) & (worst > 1e-9)).tolist():
        members = task.order[task.ends[part] : task.ends[part + 1]]
        lock = task.lock[members]
        inside = best.score.outside[part] <= 0
        below = float(worst[part]) if inside else float(half[part]) * (1 + 1e-9)
        found = complete.search(
            _small(task, part, members, int(number[part])), below=below, halted=lambda slices: slices >= SLICES
        )
        hopeless[part] = found.label is None and found.over and not inside
        if found.label is None:
            continue
        improved[part] = True
        label[members], worst[part] = found.label, found.worst
        number[part] = int(found.label.max()) + 1
        names[part] = np.full(int(number[part]), -1, dtype=np.int32)
        names[part][found.label[lock >= 0]] = lock[lock >= 0]
    if not improved.any():
        return Perfected(best, hopeless)
    better = Best(label, number, names, rounds.Score(best.score.outside * ~improved, best.score.cost, worst))
    return Perfected(_shortened(task, better, improved, random), hopeless)


def _small(task: Task, part: int, members: NDArray[np.int64], number: int) -> complete.Part:
    indptr, indices, _ = seeding.subgraph(task.atoms, members)
    given = int(np.asarray(task.problem.counts)[task.parts.region[part]]) >= 0
    return complete.make(
        indptr,
        indices,
        task.atoms.weight[members],
        task.lock[members],
        middle=float(task.parts.low[part] + task.parts.high[part]) / 2,
        fixed=number if given else -1,
    )


def _shortened(task: Task, best: Best, chosen: NDArray[np.bool_], random: NDArray[np.uint64]) -> Best:
    """The borders of the ``chosen`` parts annealed within ``LEEWAY`` of their worst deviation, kept where shorter."""
    board = board_of(task, best, chosen)
    tally(board.label, board.field.weight, board.grids.load, board.grids.size)
    reach = (best.score.worst * LEEWAY)[board.part]
    inner = board.grids._replace(
        low=np.maximum(board.grids.low, board.grids.target * (1 - reach)),
        high=np.minimum(board.grids.high, board.grids.target * (1 + reach)),
    )
    active = np.flatnonzero((board.label >= 0) & ~board.field.fixed).astype(np.int32)
    before, held = board.label.copy(), rounds.score(board, task.goals)
    refinement.anneal(board.field, inner, board.label, active, 0, 60, 60, 1.0, 10 * rounds.BAND, 0.0, random)
    every = np.ones(len(board.part), dtype=np.bool_)
    refinement.settle(board.field, inner, board.label, active, 10 * rounds.BAND, 0.0, every, random)
    now = rounds.score(board, task.goals)
    won = (now.worst <= best.score.worst * LEEWAY + 1e-12) & (now.outside <= held.outside) & (now.cost < held.cost)
    back = (board.label >= 0) & ~won[board.part[np.maximum(board.label, 0)]]
    board.label[back] = before[back]
    return Best(
        label=np.where(board.label >= 0, label_of(task, board, best.number * chosen), best.label).astype(np.int32),
        number=best.number,
        names=best.names,
        score=best.score,
    )
