"""What a search works on and what it has found: the problem made ready (Task) and the best labels by part (Best)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo import atoms as atoms_
from geo import bounds
from geo import problem as problem_
from geo.drawing import counts, locking, rounds
from geo.drawing.field import Field, ties
from geo.drawing.value import Goals
from geo.problem import Problem

Ints = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Task:
    """A problem made ready for search: what does not change from round to round.

    ``order`` int64[a'] atoms of all parts sorted by part, ``ends`` int64[p+1] where each part begins in it;
    ``lock`` int32[a] the locks that can be kept, -1 free: of a lock that lies in several places only the heaviest one
    counts; ``claim`` int32[a] the same and the atoms that join the pieces of a lock; ``locks`` int32[l, 2] pairs of
    part and locked label.
    """

    problem: Problem
    atoms: atoms_.Atoms
    parts: bounds.Parts
    field: Field
    goals: Goals
    order: NDArray[np.int64]
    ends: NDArray[np.int64]
    lock: Ints
    claim: Ints
    locks: Ints


@dataclass(frozen=True, eq=False)
class Best:
    """The best labels of each part so far: ``label`` int32[a] counted from 0 within the part and -1 outside all parts,
    ``number`` int32[p] of grids, ``names`` by part the locked label of each grid or -1, and the ``score``."""

    label: Ints
    number: Ints
    names: list[Ints]
    score: rounds.Score


def prepare(problem: Problem, goals: Goals) -> Task:
    """The atoms and parts of ``problem`` and the graph to search on."""
    atoms = atoms_.make(problem)
    parts = bounds.parts(problem, atoms)
    inside = parts.of_atom >= 0
    order = np.argsort(parts.of_atom, kind="stable")[int((~inside).sum()) :]
    ends = np.searchsorted(parts.of_atom[order], np.arange(len(parts.weight) + 1))
    lock, claim = locking.kept(atoms, parts)
    field = Field(
        indptr=atoms.indptr,
        indices=atoms.indices,
        tie=ties(atoms.pairs, atoms.cost, goals.compactness, goals.crossing),
        weight=atoms.weight,
        fixed=(lock >= 0),
        home=np.full(len(atoms.first), -1, dtype=np.int32),
        stay=np.zeros(len(atoms.first)),
    )
    locked = inside & (lock >= 0)
    locks = np.unique(np.stack([parts.of_atom[locked], lock[locked]], axis=1), axis=0).astype(np.int32)
    return Task(problem, atoms, parts, field, goals, order, ends, lock, claim, locks)


def numbers(task: Task) -> Ints:
    """The number of grids to begin with in each part, int32[p]."""
    held = np.bincount(task.locks[:, 0], minlength=len(task.parts.weight)).astype(np.int32)
    regions = len(problem_.low(task.problem))
    alone = np.flatnonzero((task.parts.of_atom < 0) & ~task.atoms.exempt)
    aside = np.bincount(task.atoms.region[alone], minlength=regions).astype(np.int32)
    return counts.choose(task.problem, task.parts, aside, held)


def given(task: Task) -> NDArray[np.bool_]:
    """bool[p]: parts whose number of grids is given."""
    return np.asarray(np.asarray(task.problem.counts)[task.parts.region] >= 0, dtype=np.bool_)


def outside(task: Task, label: Ints) -> NDArray[np.bool_]:
    """bool[p]: the parts with grids out of band; ``label`` int32[a], negative where an atom is of no part."""
    inside = np.flatnonzero(label >= 0)
    part, grid = task.parts.of_atom[inside], np.unique(label[inside], return_inverse=True)[1]
    load = np.bincount(grid, weights=task.atoms.weight[inside]).astype(np.float64)[grid]
    out = bounds.excess(load, task.parts.low[part], task.parts.high[part]) > 0
    return np.asarray(np.bincount(part[out], minlength=len(task.parts.weight)) > 0, dtype=np.bool_)


def base_of(number: Ints) -> Ints:
    """The first grid of each part when all parts' grids are numbered through, and the end: int32[p+1]."""
    return np.concatenate([[0], np.cumsum(number)]).astype(np.int32)


def empty_board(task: Task, number: Ints, label: Ints, names: Ints) -> rounds.Board:
    """The board for ``label`` int32[a] numbered through: ``number`` grids in each part, with lock ``names``."""
    part = np.repeat(np.arange(len(number), dtype=np.int32), number)
    closed = np.zeros(len(names), dtype=np.bool_)
    return rounds.Board(task.field, rounds.make_grids(task.parts, part, closed), label, part, len(number))


def board_of(task: Task, best: Best, chosen: NDArray[np.bool_]) -> rounds.Board:
    """The board of the ``chosen`` bool[p] parts as they are in ``best``."""
    number = np.where(chosen, best.number, 0).astype(np.int32)
    base = base_of(number)
    inside = best.label >= 0
    inside[inside] = chosen[task.parts.of_atom[inside]]
    label = np.full(len(best.label), -1, dtype=np.int32)
    label[inside] = best.label[inside] + base[task.parts.of_atom[inside]]
    names = [names for names, wanted in zip(best.names, chosen.tolist()) if wanted]
    return empty_board(task, number, label, np.concatenate([*names, np.empty(0, dtype=np.int32)]))


def label_of(task: Task, board: rounds.Board, number: Ints) -> Ints:
    """The labels on ``board`` counted from 0 within each part, -1 elsewhere."""
    base = base_of(number)
    label = np.full(len(board.label), -1, dtype=np.int32)
    inside = board.label >= 0
    label[inside] = board.label[inside] - base[task.parts.of_atom[inside]]
    return label


def merged(task: Task, best: Best, rival: Best, won: NDArray[np.bool_]) -> Best:
    """``best`` with the parts where ``rival`` has ``won``."""
    taken = task.parts.of_atom >= 0
    taken[taken] = won[task.parts.of_atom[taken]]
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
