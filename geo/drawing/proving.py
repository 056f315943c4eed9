"""exact: the plan with the least worst deviation, proved, for small communities.

Parts of up to ``complete.LIMIT`` atoms are searched completely (``complete``), larger ones go to an integer programme
(``programme``), smallest first, each with an even share of the time that is left; what ``draw`` finds is kept where it
is better. All tell what they proved: ``bound`` is never above the least worst deviation.

The objective is band first, then the worst deviation |households − middle of band| / middle; as the band is symmetric
about its middle, the least worst deviation settles both. Shape does not count here; ``draw`` weighs it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo import atoms as atoms_
from geo import bounds, checks
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
    given = task_.given(task)
    totals = bounds.least_deviation(task.parts, task.atoms, np.where(given, number, -1))
    size = np.diff(task.ends)
    timed = stop is not None or bool((size > complete.LIMIT).any())
    drawn = engine.search(task, watch, 0, None)[0] if timed else None
    label = np.full(len(task.atoms.first), -1, dtype=np.int32)
    names = [np.empty(0, dtype=np.int32)] * len(number)
    bound, reached = totals.copy(), np.zeros(len(number))
    for turn, part in enumerate(np.argsort(size, kind="stable").tolist()):
        members = task.order[task.ends[part] : task.ends[part + 1]]
        fixed = int(number[part]) if given[part] else -1
        limit_s = _seconds_left(watch) / (len(size) - turn)
        if drawn is None or size[part] <= complete.LIMIT:
            mine, proved = _small(task, part, members, fixed, watch, limit_s)
        else:
            mine, proved = _large(task, part, members, fixed, drawn, limit_s)
        if drawn is not None:
            mine = _evener(task, part, members, mine, drawn.label[members])
        bound[part] = max(totals[part], proved)
        label[members] = mine
        number[part] = int(mine.max(initial=0)) + 1
        names[part] = _names(task.lock[members], mine, int(number[part]))
        middle = (task.parts.low[part] + task.parts.high[part]) / 2
        load = np.bincount(mine, weights=task.atoms.weight[members])
        reached[part] = np.abs(load - middle).max() / middle
    score = rounds.Score(np.zeros(len(number)), np.zeros(len(number)), reached)
    best = task_.Best(label, number, names, score)
    partition = Partition(problem.cells, atoms_.on_cells(task.atoms, engine.labels(task, best)))
    half = (task.parts.high - task.parts.low) / (task.parts.high + task.parts.low)
    found = engine.proved(task, checks.violations(problem, partition), bound > half * (1 + 5e-10))
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


def _small(
    task: task_.Task, part: int, members: NDArray[np.int64], fixed: int, watch: stop_.Watch, limit_s: float
) -> tuple[Ints, float]:
    """Labels of the atoms of one part from 0, and the proved bound on its worst deviation, by complete search.

    ``limit_s`` counts only where there is a rule to stop.
    """
    low, high = float(task.parts.low[part]), float(task.parts.high[part])
    indptr, indices, _ = seeding.subgraph(task.atoms, members)
    weight, lock = task.atoms.weight[members], task.lock[members]
    small = complete.make(indptr, indices, weight, lock, middle=(low + high) / 2, fixed=fixed)
    until_s = watch.seconds_s() + limit_s if watch.rule is not None else np.inf
    return _widening(
        small, (high - low) / (high + low), lambda: watch.seconds_s() > until_s or watch.reason(0, 0) is not None
    )


def _large(
    task: task_.Task, part: int, members: NDArray[np.int64], fixed: int, drawn: task_.Best, limit_s: float
) -> tuple[Ints, float]:
    """The same by the integer programme for the number of grids that ``draw`` came to; the better plan of the two.

    Where another number of grids may be better its totals bound what that could give.
    """
    middle = float(task.parts.low[part] + task.parts.high[part]) / 2
    indptr, indices, _ = seeding.subgraph(task.atoms, members)
    weight, number = task.atoms.weight[members], int(drawn.number[part])
    solved = programme.solve(indptr, indices, weight, task.lock[members], number, middle, limit_s=limit_s)
    proved = solved.bound
    if fixed < 0:
        others = (other for other in (number - 1, number + 1) if other > 0)
        proved = min([proved, *(abs(float(weight.sum()) / other - middle) / middle for other in others)])
    return drawn.label[members] if solved.label is None else solved.label, proved


def _evener(task: task_.Task, part: int, members: NDArray[np.int64], one: Ints, other: Ints) -> Ints:
    """The labels with the lesser worst deviation; ``one`` where they are equal."""
    middle = float(task.parts.low[part] + task.parts.high[part]) / 2
    worst = [np.abs(np.bincount(label, weights=task.atoms.weight[members]) - middle).max() for label in (one, other)]
    return other if worst[1] < worst[0] else one


def _seconds_left(watch: stop_.Watch) -> float:
    limit = stop_.limit_s(watch.rule)
    return programme.PATIENCE_S if limit is None else max(0.1, limit - watch.seconds_s())


def _widening(part: complete.Part, half: float, halted: Callable[[], bool]) -> tuple[Ints, float]:
    """Widen the allowed deviation until there is a plan, then the best one within it; labels and the proved bound."""
    proved, reach = 0.0, half * (1 + 1e-9)
    widest = max(float(part.weight.sum()), part.middle) / part.middle + 1.0
    while True:
        found = complete.search(part, below=reach, halted=lambda _: halted())
        if found.label is not None:
            return found.label, found.worst if found.over else proved
        if not found.over or reach > widest:
            return np.zeros(len(part.weight), dtype=np.int32), proved
        proved, reach = reach, max(reach * 1.5, 0.05)
