"""draw: a plan for any number of regions at once.

The objective, in this order: (1) as few households out of band as possible, none where that can be; (2) by the weights
of ``Goals``: short borders, soft barriers not crossed, households near the middle of the band, the worst grid most of
all. Completeness, wholeness, nesting, hard barriers, locks and units are never traded for anything.

``stop=None`` searches until a number of rounds that depends only on the problem's size found nothing better; the same
seed then gives the same labels. A stop rule can only end the search sooner; what it has by then is a valid plan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo import atoms as atoms_
from geo import bounds, checks, measures
from geo import problem as problem_
from geo import stop as stop_
from geo.drawing import counts, naming, repair, rounds, seeding
from geo.drawing.field import Field
from geo.drawing.value import Drawing, Goals
from geo.partition import Partition
from geo.problem import Problem

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

ROUNDS = 12
"""Most rounds that a small part gets; large ones get fewer, see ``_patience``."""

STALE = 4
"""Rounds in a row without anything better after which a part is left as it is."""

SWEEPS = 80
HEAT = 1.0
"""Sweeps of annealing and the heat they begin with, in touching pairs cut."""


@dataclass(frozen=True, eq=False)
class Task:
    """A problem made ready for search: what does not change from round to round.

    ``order`` int64[a'] atoms of all parts sorted by part, ``ends`` int64[p+1] where each part begins in it;
    ``locks`` int32[l, 2] pairs of part and locked label.
    """

    problem: Problem
    atoms: atoms_.Atoms
    parts: bounds.Parts
    field: Field
    goals: Goals
    order: NDArray[np.int64]
    ends: NDArray[np.int64]
    locks: Ints


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
    if len(problem.cells) == 0:
        empty = Partition(problem.cells, np.empty(0, dtype=np.int32))
        return Drawing(empty, [], measures.of_plan(problem, empty), watch.seconds_s(), "done")
    if start is not None and not checks.violations(problem, start):
        return finish(problem, start, watch, "done")
    task = prepare(problem, goals or Goals())
    best, stopped_by = _search(task, watch, seed, start)
    base = np.concatenate([[0], np.cumsum(best.number)]).astype(np.int32)
    inside = best.label >= 0
    label = best.label.copy()
    label[inside] += base[task.parts.of_atom[inside]]
    names = np.concatenate([*best.names, np.empty(0, dtype=np.int32)])
    final = naming.fresh(task.atoms, naming.joined(task.problem, task.atoms, task.parts, label), names)
    return finish(problem, Partition(problem.cells, atoms_.on_cells(task.atoms, final)), watch, stopped_by)


def finish(problem: Problem, partition: Partition, watch: stop_.Watch, stopped_by: str) -> Drawing:
    """The drawing of a finished partition with its violations and measures."""
    found = checks.violations(problem, partition)
    return Drawing(partition, found, measures.of_plan(problem, partition), watch.seconds_s(), stopped_by)


def prepare(problem: Problem, goals: Goals) -> Task:
    """The atoms and parts of ``problem`` and the graph to search on."""
    atoms = atoms_.make(problem)
    parts = bounds.parts(problem, atoms)
    inside = parts.of_atom >= 0
    order = np.argsort(parts.of_atom, kind="stable")[int((~inside).sum()) :]
    ends = np.searchsorted(parts.of_atom[order], np.arange(len(parts.weight) + 1))
    locked = inside & (atoms.lock >= 0)
    field = Field(
        indptr=atoms.indptr,
        indices=atoms.indices,
        tie=goals.compactness * atoms.pairs - goals.crossing * atoms.cost,
        weight=atoms.weight,
        fixed=(atoms.lock >= 0),
        home=np.full(len(atoms.first), -1, dtype=np.int32),
        stay=np.zeros(len(atoms.first)),
    )
    locks = np.unique(np.stack([parts.of_atom[locked], atoms.lock[locked]], axis=1), axis=0).astype(np.int32)
    return Task(problem, atoms, parts, field, goals, order, ends, locks)


def numbers(task: Task) -> Ints:
    """The number of grids to begin with in each part."""
    held = np.bincount(task.locks[:, 0], minlength=len(task.parts.weight)).astype(np.int32)
    regions = len(problem_.low(task.problem))
    alone = np.flatnonzero(task.parts.heavy)
    aside = np.bincount(task.atoms.region[alone], minlength=regions).astype(np.int32)
    return counts.choose(task.problem, task.parts, aside, held)


@dataclass(frozen=True, eq=False)
class Best:
    """The best labels of each part so far: ``label`` int32[a] counted from 0 within the part, ``number`` int32[p] of
    grids, ``names`` by part, and the ``score``."""

    label: Ints
    number: Ints
    names: list[Ints]
    score: rounds.Score


def _search(task: Task, watch: stop_.Watch, seed: int, start: Partition | None) -> tuple[Best, str]:
    """The best labels found for each part, and why the search ended."""
    number = numbers(task)
    best = _turn(task, watch, number, np.arange(len(number)), seed, start)
    patience = _patience(task)
    stale = np.zeros(len(number), dtype=np.int32)
    turn = 1
    while True:
        reason = watch.reason(turn, int(stale.min(initial=ROUNDS)))
        pending = np.flatnonzero((turn < patience) & (stale < STALE) & (task.parts.most > 1) & (np.diff(task.ends) > 1))
        if reason is not None or len(pending) == 0:
            return best, reason or "done"
        wanted = counts.other(task.parts, best.number, best.score.outside, turn, _given(task))
        rival = _turn(task, watch, np.where(np.isin(np.arange(len(number)), pending), wanted, 0), pending, seed + turn, None)
        won = rounds.better(rival.score, best.score) & np.isin(np.arange(len(number)), pending)
        best = _merged(task, best, rival, won)
        stale = np.where(won, 0, stale + 1)
        turn += 1


def _turn(
    task: Task, watch: stop_.Watch, number: Ints, chosen: NDArray[np.int64], seed: int, start: Partition | None
) -> Best:
    """One round on the ``chosen`` parts."""
    board, names = _deal(task, number, chosen, seed, start)
    random = np.array([seed], dtype=np.uint64)
    rounds.settle(board, random)
    sweeps = SWEEPS if len(task.order) > 20_000 else 2 * SWEEPS
    score = rounds.play(
        board, task.goals, sweeps=sweeps, heat=HEAT, random=random, halted=lambda: watch.reason(0, 0) is not None
    )
    base = np.concatenate([[0], np.cumsum(number)]).astype(np.int32)
    inside = board.label >= 0
    label = np.full(len(board.label), -1, dtype=np.int32)
    label[inside] = board.label[inside] - base[task.parts.of_atom[inside]]
    return Best(label, number, [names[base[at] : base[at + 1]] for at in range(len(number))], score)


def _merged(task: Task, best: Best, rival: Best, won: NDArray[np.bool_]) -> Best:
    """``best`` with the parts where ``rival`` has ``won``."""
    taken = (task.parts.of_atom >= 0) & won[np.maximum(task.parts.of_atom, 0)]
    return Best(
        label=np.where(taken, rival.label, best.label).astype(np.int32),
        number=np.where(won, rival.number, best.number).astype(np.int32),
        names=[new if better else old for new, old, better in zip(rival.names, best.names, won.tolist())],
        score=rounds.Score(
            outside=np.where(won, rival.score.outside, best.score.outside),
            cost=np.where(won, rival.score.cost, best.score.cost),
            worst=np.where(won, rival.score.worst, best.score.worst),
        ),
    )


def _given(task: Task) -> NDArray[np.bool_]:
    """bool[p]: parts whose number of grids is given."""
    return np.asarray(np.asarray(task.problem.counts)[task.parts.region] >= 0, dtype=np.bool_)


def _patience(task: Task) -> Ints:
    """How many rounds each part is worth: many for small ones, one for those of 20 000 atoms and more."""
    size = np.diff(task.ends)
    return np.clip(20_000 // np.maximum(size, 1), 1, ROUNDS).astype(np.int32)


def _deal(
    task: Task, number: Ints, chosen: NDArray[np.int64], seed: int, start: Partition | None
) -> tuple[rounds.Board, Ints]:
    """A board on which the ``chosen`` parts are divided into their ``number`` of grids by METIS, locks in place."""
    base = np.concatenate([[0], np.cumsum(number)]).astype(np.int32)
    label = np.full(len(task.atoms.first), -1, dtype=np.int32)
    names = np.full(int(base[-1]), -1, dtype=np.int32)
    for part in chosen.tolist():
        members = task.order[task.ends[part] : task.ends[part + 1]]
        if start is None:
            mine = seeding.divide(task.atoms, members, int(number[part]), seed=seed % (2**31 - 1))
        else:
            mine = seeding.follow(start.labels[task.atoms.first[members]], task.atoms.weight[members], int(number[part]))
        label[members] = base[part] + mine
    _place_locks(task, label, base, names)
    part_of_grid = np.repeat(np.arange(len(number), dtype=np.int32), number)
    closed = np.isin(names, np.asarray(task.problem.closed)) & (names >= 0)
    grids = rounds.make_grids(task.parts, part_of_grid, closed)
    return rounds.Board(task.field, grids, label, part_of_grid, len(number)), names


def _place_locks(task: Task, label: Ints, base: Ints, names: Ints) -> None:
    """Let each lock take over the grid that overlaps it most, and give it its atoms."""
    if len(task.locks) == 0:
        return
    wanted = np.full(len(label), -1, dtype=np.int32)
    for part, lock in task.locks.tolist():
        mine = (task.parts.of_atom == part) & (task.atoms.lock == lock)
        first, last = int(base[part]), int(base[part + 1])
        overlap = np.bincount(label[mine] - first, weights=1.0 + task.atoms.weight[mine], minlength=last - first)
        overlap[names[first:last] >= 0] = -1.0
        grid = first + int(np.argmax(overlap))
        names[grid] = lock
        wanted[mine] = grid
    repair.reach(task.field, label, wanted)


