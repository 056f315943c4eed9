"""draw: a plan for any number of regions at once.

The objective, in this order: (1) as few households out of band as possible, none where that can be; (2) by the weights
of ``Goals``: short borders, soft barriers not crossed, households near the middle of the band, the worst grid most of
all. In a part of at most ``small.ATOMS`` atoms the worst deviation comes before the borders. Completeness, wholeness,
nesting, hard barriers, locks and units are never traded for anything.

``stop=None`` searches until a number of rounds that depends only on the problem's size found nothing better; the same
seed then gives the same labels. A stop rule can only end the search sooner; what it has by then is a valid plan.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo import atoms as atoms_
from geo import checks, measures
from geo import stop as stop_
from geo.drawing import counts, naming, rounds, seeding, small
from geo.drawing import task as task_
from geo.drawing.task import Best, Task
from geo.drawing.value import Drawing, Goals
from geo.partition import Partition
from geo.problem import Problem

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

ROUNDS = 12
"""Most rounds that a small part gets; large ones get fewer, see ``_patience``."""

STALE = 4
"""Rounds in a row without anything better after which a part is left as it is."""

LARGE = 20_000
SWEEPS, HEAT = (160, 70), (1.0, 0.7)
"""Sweeps of annealing and the heat they begin with, in touching pairs cut; where there are more than so many atoms the
second ones: what half the sweeps more would win is less than a per cent of the borders."""


def draw(
    problem: Problem,
    *,
    rng: np.random.Generator,
    stop: stop_.Rule | None = None,
    start: Partition | None = None,
    goals: Goals | None = None,
) -> Drawing:
    """Draw the grids of ``problem``; from ``start`` when given, which is returned unchanged where it is valid.

    ``rng`` is the only source of chance. Never raises on a problem that has no answer: see ``Drawing.violations``.
    """
    watch = stop_.Watch(stop)
    seed = int(rng.integers(2**31 - 1))
    if len(problem.cells) == 0 or (start is not None and not checks.violations(problem, start)):
        kept = Partition(problem.cells, np.empty(0, dtype=np.int32)) if start is None else start
        return finish(problem, kept, watch, "done", checks.violations(problem, kept))
    task = task_.prepare(problem, goals or Goals())
    best, stopped_by = search(task, watch, seed, start)
    perfected = small.perfect(task, best, np.array([seed], dtype=np.uint64))
    partition = Partition(problem.cells, atoms_.on_cells(task.atoms, labels(task, perfected.best)))
    found = checks.violations(problem, partition, atoms=task.atoms)
    return finish(problem, partition, watch, stopped_by, proved(task, found, perfected.hopeless))


def search(task: Task, watch: stop_.Watch, seed: int, start: Partition | None) -> tuple[Best, str]:
    """The best labels found for each part, and why the search ended."""
    number = task_.numbers(task)
    best = _turn(task, watch, number, np.ones(len(number), dtype=np.bool_), seed, start)
    patience = _patience(task)
    stale = np.zeros(len(number), dtype=np.int32)
    turn = 1
    while True:
        pending = (turn < patience) & (stale < STALE) & (task.parts.most > 1) & (np.diff(task.ends) > 1)
        reason = watch.reason(turn, int(stale[pending].min(initial=ROUNDS)))
        if reason is not None or not pending.any():
            return best, reason or "done"
        wanted = counts.other(task.parts, best.number, best.score.outside, turn, task_.given(task))
        rival = _turn(task, watch, wanted, pending, seed + turn, None)
        won = pending & rounds.better(rival.score, best.score)
        best = task_.merged(task, best, rival, won)
        stale = np.where(won, 0, stale + 1)
        turn += 1


def finish(
    problem: Problem, partition: Partition, watch: stop_.Watch, stopped_by: str, found: list[checks.Violation]
) -> Drawing:
    """The drawing of a finished partition with its violations and measures."""
    return Drawing(partition, found, measures.of_plan(problem, partition), watch.seconds_s(), stopped_by)


def labels(task: Task, best: Best) -> Ints:
    """The final label of each atom."""
    base = task_.base_of(best.number)
    inside = best.label >= 0
    label = best.label.copy()
    label[inside] += base[task.parts.of_atom[inside]]
    names = np.concatenate([*best.names, np.empty(0, dtype=np.int32)])
    final: Ints = naming.fresh(naming.joined(task.problem, task.atoms, task.parts, label), names, task.lock)
    return final


def proved(task: Task, found: list[checks.Violation], hopeless: NDArray[np.bool_]) -> list[checks.Violation]:
    """``found`` with those marked proved that lie in parts (bool[p]) where no plan in band exists."""
    out = []
    for violation in found:
        part = -1
        if violation.code in ("OVER_BAND", "BELOW_BAND"):
            cell = int(np.searchsorted(task.problem.cells, violation.cells[0]))
            part = int(task.parts.of_atom[task.atoms.of_cell[cell]])
        if part >= 0 and hopeless[part]:
            reason = f"no division of all that hangs together here is in band; {violation.reason}"
            out.append(
                checks.Violation("NOT_DIVISIBLE", violation.cells, reason, True, violation.region, violation.label)
            )
        else:
            out.append(violation)
    return out


def _turn(
    task: Task, watch: stop_.Watch, number: Ints, chosen: NDArray[np.bool_], seed: int, start: Partition | None
) -> Best:
    """One round on the ``chosen`` bool[p] parts."""
    number = np.where(chosen, number, 0).astype(np.int32)
    label, names = _deal(task, number, seed, start)
    board = task_.empty_board(task, number, label, names)
    random = np.array([seed], dtype=np.uint64)
    rounds.settle(board, random)
    large = len(task.order) > LARGE
    score = rounds.play(
        board, task.goals, sweeps=SWEEPS[large], heat=HEAT[large], random=random,
        halted=lambda: watch.reason(0, 0) is not None,
    )
    base = task_.base_of(number)
    by_part = [names[base[at] : base[at + 1]] for at in range(len(number))]
    return Best(task_.label_of(task, board, number), number, by_part, score)


def _patience(task: Task) -> Ints:
    """How many rounds each part is worth: many for small ones, one for those of 20 000 atoms and more."""
    size = np.diff(task.ends)
    return np.asarray(np.clip(20_000 // np.maximum(size, 1), 1, ROUNDS), dtype=np.int32)


def _deal(task: Task, number: Ints, seed: int, start: Partition | None) -> tuple[Ints, Ints]:
    """First labels, numbered through, of the parts with a ``number`` above 0, and the lock that names each grid."""
    base = task_.base_of(number)
    label = np.full(len(task.atoms.first), -1, dtype=np.int32)
    for part in np.flatnonzero(number > 0).tolist():
        members = task.order[task.ends[part] : task.ends[part + 1]]
        if start is None:
            mine = seeding.divide(task.atoms, members, int(number[part]), seed=seed % (2**31 - 1))
        else:
            first = task.atoms.first[members]
            mine = seeding.follow(start.labels[first], task.atoms.weight[members], int(number[part]))
        label[members] = np.where(mine >= 0, base[part] + mine, mine)
    names = np.full(int(base[-1]), -1, dtype=np.int32)
    _place_locks(task, label, base, names)
    return label, names


def _place_locks(task: Task, label: Ints, base: Ints, names: Ints) -> None:
    """Let each lock take over the grid that overlaps it most, and give it the atoms it claims."""
    free = label.copy()
    for part, lock in task.locks.tolist():
        first, last = int(base[part]), int(base[part + 1])
        if first == last:
            continue
        mine = (task.parts.of_atom == part) & (task.claim == lock)
        held = mine & (free >= 0)
        overlap = np.bincount(free[held] - first, weights=1.0 + task.atoms.weight[held], minlength=last - first)
        overlap[names[first:last] >= 0] = -1.0
        grid = first + int(np.argmax(overlap))
        names[grid] = lock
        label[mine] = grid
