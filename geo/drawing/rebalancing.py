"""rebalance: from the plan in force, the plan with the fewest households moved that brings every grid into band.

The objective, in this order: (1) as few households out of band as possible, none where that can be; (2) fewest
households that change their grid; (3) short borders that follow main roads, and fewest cells that change, weighed
against each other. Labels are kept, so codes are.
Grids in pieces, over a region border or a hard barrier are mended: the heaviest piece keeps the label, other pieces
join the grids that they touch or, heavy enough for a grid of their own, become one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo import atoms as atoms_
from geo import checks, errors, measures
from geo import stop as stop_
from geo.drawing import engine, least_move, moving, naming
from geo.drawing import task as task_
from geo.drawing.value import Drawing, Goals
from geo.partition import Partition
from geo.problem import Problem

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Handover:
    """``cells`` uint64[] with ``households`` pass from grid ``giver`` to grid ``taker`` (labels)."""

    giver: int
    taker: int
    cells: NDArray[np.uint64]
    households: float


@dataclass(frozen=True, eq=False)
class Rebalancing(Drawing):
    """A drawing and what changed.

    ``moved`` uint64[] cells that changed their grid, ``moved_households`` their households, ``handover`` one row per
    pair of grids; ``least_households``: how many must move at the least where all is in band now (proved, see
    ``least_move.proved``), ``flow_households``: how many would there if the number of grids stayed (see
    ``least_move.between``).
    """

    moved: NDArray[np.uint64]
    moved_households: float
    handover: tuple[Handover, ...]
    least_households: float
    flow_households: float


def rebalance(
    problem: Problem, partition: Partition, *, rng: np.random.Generator, stop: stop_.Rule | None = None
) -> Rebalancing:
    """Bring ``partition`` into band moving as few households as can be; a valid one comes back unchanged."""
    watch = stop_.Watch(stop)
    if not np.array_equal(problem.cells, partition.cells):
        raise errors.ProblemError("the plan to rebalance is of other cells than the problem", values=None)
    seed = int(rng.integers(2**31 - 1))
    found = checks.violations(problem, partition)
    task = task_.prepare(problem, Goals())
    if not found:
        return _result(task, partition, partition, engine.finish(problem, partition, watch, "done", found))
    moves, stopped_by = moving.search(task, partition, watch, seed)
    final = _final(task, moves.label, moves.names, partition)
    after = Partition(problem.cells, atoms_.on_cells(task.atoms, final))
    done = engine.finish(problem, after, watch, stopped_by, checks.violations(problem, after))
    return _result(task, partition, after, done)


def handover(before: Partition, after: Partition, households: Floats) -> tuple[Handover, ...]:
    """What passes from which grid to which, by giver and taker; the cells add up to all that changed."""
    changed = np.flatnonzero(before.labels != after.labels)
    pair = before.labels[changed].astype(np.int64) << 32 | after.labels[changed]
    order = np.argsort(pair, kind="stable")
    pairs, starts = np.unique(pair[order], return_index=True)
    rows = []
    for key, at in zip(pairs.tolist(), np.split(changed[order], starts[1:])):
        rows.append(Handover(key >> 32, key & 0xFFFFFFFF, before.cells[at], float(households[at].sum())))
    return tuple(rows)


def _result(task: task_.Task, before: Partition, after: Partition, drawing: Drawing) -> Rebalancing:
    problem = task.problem
    changed = before.labels != after.labels
    label = np.where(task.parts.of_atom >= 0, after.labels[task.atoms.first], -1).astype(np.int32)
    mended = ~task_.outside(task, label)
    return Rebalancing(
        partition=after,
        violations=drawing.violations,
        measures=drawing.measures,
        seconds=drawing.seconds,
        stopped_by=drawing.stopped_by,
        moved=before.cells[changed],
        moved_households=measures.moved(before, after, problem.households),
        handover=handover(before, after, problem.households),
        least_households=least_move.proved(task, before, mended=mended),
        flow_households=least_move.between(task, before, mended=mended),
    )


def _final(task: task_.Task, label: Ints, names: Ints, partition: Partition) -> Ints:
    """The label of each atom in the end: those of the plan where grids live on, numbers never used for new grids.

    An atom that is a grid alone keeps its label in the plan where no other grid bears it.
    """
    alone = np.flatnonzero(label < 0)
    inner = label.copy()
    inner[alone] = len(names) + np.arange(len(alone), dtype=np.int32)
    was = partition.labels[task.atoms.first[alone]]
    wish = np.concatenate([names, np.where(task.lock[alone] >= 0, task.lock[alone], was)]).astype(np.int32)
    used, first = np.unique(inner, return_index=True)
    weight = np.bincount(inner, weights=task.atoms.weight, minlength=len(wish))[used]
    wished_by_lock = np.isin(wish[used], task.lock[task.lock >= 0])
    held = np.bincount(inner, weights=task.lock >= 0, minlength=len(wish))[used] > 0
    order = used[np.lexsort((first, -weight, used >= len(names), ~(held & wished_by_lock)))].astype(np.int64)
    barred = np.union1d(partition.labels, task.atoms.lock[task.atoms.lock >= 0]).astype(np.int32)
    return naming.finish(wish, order, barred)[inner]
