"""rebalance: from the plan in force, the plan with the fewest households moved that brings every grid into band.

The objective, in this order: (1) no grid out of band, and then as few households outside it as possible; (2) fewest
households that change their grid; (3) fewest cells that do; (4) short borders. Labels are kept, so codes are.
Grids in pieces, over a region border or a hard barrier are mended first: the heaviest piece keeps the label, the other
pieces go to the grid that they touch or, where they are heavy enough for a grid of their own, become one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo import atoms as atoms_
from geo import bounds, checks, errors, measures
from geo import stop as stop_
from geo.drawing import engine, flow, naming, refinement, repair, rounds, trees
from geo.drawing.field import Field, tally
from geo.drawing.value import Drawing, Goals
from geo.partition import Partition
from geo.problem import Problem

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

BAND = rounds.BAND
STAY = 20.0
"""Cost of moving a whole target of households, next to ``BAND`` for a whole target out of band."""
PER_CELL = 1e-4
BORDER = 1e-3


@dataclass(frozen=True)
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
    pair of grids; ``least_households``: what must pass between touching grids at the least (see ``flow.least``).
    """

    moved: NDArray[np.uint64]
    moved_households: float
    handover: tuple[Handover, ...]
    least_households: float


def rebalance(
    problem: Problem, partition: Partition, *, rng: np.random.Generator, stop: stop_.Rule | None = None
) -> Rebalancing:
    """Bring ``partition`` into band moving as few households as can be; a valid one comes back unchanged."""
    watch = stop_.Watch(stop)
    if not np.array_equal(problem.cells, partition.cells):
        raise errors.ProblemError("the plan to rebalance is of other cells than the problem", values=None)
    seed = int(rng.integers(2**31 - 1))
    if len(problem.cells) == 0 or not checks.violations(problem, partition):
        return _result(problem, partition, partition, engine.finish(problem, partition, watch, "done"))
    atoms = atoms_.make(problem)
    labels, stopped_by = _search(problem, atoms, partition, watch, seed)
    after = Partition(problem.cells, atoms_.on_cells(atoms, labels))
    return _result(problem, partition, after, engine.finish(problem, after, watch, stopped_by))


def handover(before: Partition, after: Partition, households: Floats) -> tuple[Handover, ...]:
    """What passes from which grid to which, by giver and taker; the cells add up to all that changed."""
    changed = np.flatnonzero(before.labels != after.labels)
    pair = np.stack([before.labels[changed], after.labels[changed]], axis=1)
    pairs, at = np.unique(pair, axis=0, return_inverse=True)
    at = at.ravel()
    return tuple(
        Handover(
            int(giver), int(taker), before.cells[changed[at == index]], float(households[changed[at == index]].sum())
        )
        for index, (giver, taker) in enumerate(pairs.tolist())
    )


def _result(problem: Problem, before: Partition, after: Partition, drawing: Drawing) -> Rebalancing:
    changed = before.labels != after.labels
    return Rebalancing(
        partition=after,
        violations=drawing.violations,
        measures=drawing.measures,
        seconds=drawing.seconds,
        stopped_by=drawing.stopped_by,
        moved=before.cells[changed],
        moved_households=measures.moved(before, after, problem.households),
        handover=handover(before, after, problem.households),
        least_households=flow.least(problem, before),
    )


def _search(
    problem: Problem, atoms: atoms_.Atoms, partition: Partition, watch: stop_.Watch, seed: int
) -> tuple[Ints, str]:
    parts = bounds.parts(problem, atoms)
    label, home, part_of_grid, names = _start(atoms, parts, partition)
    field = _field(engine.prepare(problem, Goals()), home)
    grids = rounds.make_grids(parts, part_of_grid, np.isin(names, problem.closed) & (names >= 0))
    room = trees.bench(field)
    every = np.arange(len(names), dtype=np.int32)
    tally(label, field.weight, grids.load, grids.size)
    random = np.array([seed], dtype=np.uint64)
    repair.whole(field, grids, label)
    stopped_by, stale, turns, best = "done", 0, 0, np.inf
    kept = label.copy()
    active = np.flatnonzero(label >= 0).astype(np.int32)
    while stale < 2:
        refinement.anneal(field, grids, label, active, 0, 20 if turns else 0, 20, 0.05, BAND, 0.0, random)
        trees.mend(field, grids, label, every, 12, 6, 1.0, BAND, 0.0, room, random)
        refinement.settle(field, grids, label, active, BAND, 0.0, random)
        now = refinement.energy(field, grids, label, BAND, 0.0)
        turns += 1
        stale = 0 if now < best - 1e-9 else stale + 1
        if now < best - 1e-9:
            best, kept = now, label.copy()
        reason = watch.reason(turns, stale)
        if reason is not None:
            stopped_by = reason
            break
    return _names(atoms, parts, kept, names, partition), stopped_by


def _start(atoms: atoms_.Atoms, parts: bounds.Parts, partition: Partition) -> tuple[Ints, Ints, Ints, Ints]:
    """Search label and home of each atom, part of each search grid, and its label in the plan (-1: new)."""
    was = np.where(atoms.lock >= 0, atoms.lock, partition.labels[atoms.first])
    inside = parts.of_atom >= 0
    key = parts.of_atom.astype(np.int64) << 32 | was
    keys, at = np.unique(key[inside], return_inverse=True)
    label = np.full(len(was), -1, dtype=np.int32)
    label[inside] = at
    part_of_grid, names = (keys >> 32).astype(np.int32), (keys & 0xFFFFFFFF).astype(np.int32)
    weight = np.bincount(at, weights=atoms.weight[inside], minlength=len(keys))
    owner: dict[int, int] = {}
    for grid in np.lexsort((np.arange(len(names)), -weight)):
        owner.setdefault(int(names[grid]), int(grid))
    mine = np.array([owner[int(lost)] == grid for grid, lost in enumerate(names)], dtype=np.bool_)
    home = np.where(inside, np.where(mine[np.maximum(label, 0)], label, -1), -1).astype(np.int32)
    return label, home, part_of_grid, np.where(mine, names, -1).astype(np.int32)


def _field(task: engine.Task, home: Ints) -> Field:
    middle = np.ones(len(home))
    inside = task.parts.of_atom >= 0
    middle[inside] = ((task.parts.low + task.parts.high) / 2)[task.parts.of_atom[inside]]
    stay = STAY * task.atoms.weight / middle + PER_CELL * task.atoms.size
    return task.field._replace(tie=BORDER * task.field.tie, home=home, stay=stay)


def _names(
    atoms: atoms_.Atoms, parts: bounds.Parts, label: Ints, names: Ints, partition: Partition
) -> Ints:
    """Final labels: old ones where grids live on, unused numbers for new grids and atoms set aside."""
    final = np.full(len(label), -1, dtype=np.int32)
    inside = label >= 0
    final[inside] = names[label[inside]]
    taken = set(np.unique(final[final >= 0]).tolist())
    old = set(np.unique(partition.labels).tolist()) | set(np.unique(atoms.lock).tolist())
    upcoming = 0
    fresh: dict[int, int] = {}
    for atom in np.flatnonzero(final < 0):
        key = int(label[atom]) if label[atom] >= 0 else -1 - int(atom)
        if key not in fresh:
            wish = int(atoms.lock[atom]) if atoms.lock[atom] >= 0 else int(partition.labels[atoms.first[atom]])
            if key < 0 and wish not in taken:
                fresh[key] = wish
            else:
                while upcoming in old or upcoming in taken:
                    upcoming += 1
                fresh[key] = upcoming
            taken.add(fresh[key])
        final[atom] = fresh[key]
    return final
