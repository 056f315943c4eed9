"""exact: the plan with the least worst deviation, proved, for small communities.

Parts of up to ``complete.LIMIT`` atoms are searched completely (``complete``), larger ones go to an integer programme
with a time limit (``programme``). Both tell what they proved: ``bound`` is never above the least worst deviation.

The objective is band first, then the worst deviation |households − middle of band| / middle; as the band is symmetric
about its middle, the least worst deviation settles both. Shape does not count here; ``draw`` weighs it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo import atoms as atoms_
from geo import checks
from geo import stop as stop_
from geo.drawing import complete, engine, programme, rounds, seeding
from geo.drawing import task as task_
from geo.drawing.value import Drawing, Goals
from geo.partition import Partition
from geo.problem import Problem

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Exact(Drawing):
    """A drawing with proof, by part: ``bound`` float64[p] the proved bound of the worst deviation, ``reached`` the one
    found, ``feasible`` bool[p] whether that is in band; ``gap`` is the largest difference of the two."""

    bound: Floats
    reached: Floats
    feasible: NDArray[np.bool_]
    gap: float


def exact(problem: Problem, *, stop: stop_.Rule | None = None) -> Exact:
    """The best plan of each part and the proof; without a rule the search ends when everything is proved."""
    watch = stop_.Watch(stop)
    task = task_.prepare(problem, Goals())
    number = task_.numbers(task)
    given = np.asarray(problem.counts)[task.parts.region] >= 0
    label = np.full(len(task.atoms.first), -1, dtype=np.int32)
    names: list[Ints] = []
    bound, reached = np.zeros(len(number)), np.zeros(len(number))
    for part in range(len(number)):
        members = task.order[task.ends[part] : task.ends[part + 1]]
        fixed = int(number[part]) if given[part] else -1
        mine, bound[part] = _part(task, part, members, fixed, int(number[part]), watch)
        label[members] = mine
        number[part] = int(mine.max(initial=0)) + 1
        names.append(_names(task.lock[members], mine, int(number[part])))
        middle = (task.parts.low[part] + task.parts.high[part]) / 2
        load = np.bincount(mine, weights=task.atoms.weight[members])
        reached[part] = np.abs(load - middle).max() / middle
    score = rounds.Score(np.zeros(len(number)), np.zeros(len(number)), reached)
    best = task_.Best(label, number, names, score)
    partition = Partition(problem.cells, atoms_.on_cells(task.atoms, engine.labels(task, best)))
    half = (task.parts.high - task.parts.low) / (task.parts.high + task.parts.low)
    found = engine.proved(task, checks.violations(problem, partition), bound > half * (1 - 1e-9))
    done = engine.finish(problem, partition, watch, watch.reason(0, 0) or "done", found)
    return Exact(
        partition=partition,
        violations=done.violations,
        measures=done.measures,
        seconds=done.seconds,
        stopped_by=done.stopped_by,
        bound=bound,
        reached=reached,
        feasible=reached <= half * (1 + 1e-9),
        gap=float((reached - bound).max(initial=0.0)),
    )


def _names(lock: Ints, mine: Ints, number: int) -> Ints:
    names = np.full(number, -1, dtype=np.int32)
    names[mine[lock >= 0]] = lock[lock >= 0]
    return names


def _part(
    task: task_.Task, part: int, members: NDArray[np.int64], fixed: int, number: int, watch: stop_.Watch
) -> tuple[Ints, float]:
    """Labels of the atoms of one part from 0, and the proved bound on its worst deviation."""
    low, high = float(task.parts.low[part]), float(task.parts.high[part])
    weight = task.atoms.weight[members]
    indptr, indices, _ = seeding.subgraph(task.atoms, members)
    lock = task.lock[members]
    if len(members) > complete.LIMIT:
        return programme.solve(indptr, indices, weight, lock, number if fixed < 0 else fixed, (low + high) / 2, watch)
    small = complete.make(indptr, indices, weight, lock, middle=(low + high) / 2, fixed=fixed)
    return _widening(small, (high - low) / (high + low), watch)


def _widening(part: complete.Part, half: float, watch: stop_.Watch) -> tuple[Ints, float]:
    """Widen the allowed deviation until there is a plan, then the best one within it; labels and the proved bound."""
    proved, reach = 0.0, half * (1 + 1e-9)
    widest = max(float(part.weight.sum()), part.middle) / part.middle + 1.0
    while True:
        found = complete.search(part, below=reach, halted=lambda slices: watch.reason(slices, 0) is not None)
        if found.label is not None:
            return found.label, found.worst if found.over else proved
        if not found.over or reach > widest:
            return np.zeros(len(part.weight), dtype=np.int32), proved
        proved, reach = reach, max(reach * 1.5, 0.05)
