"""How a rebalancing begins: the plan in force with its pieces apart, and as many grids in each part as may be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo import bounds, graph
from geo.drawing import counts
from geo.drawing.task import Task, given, numbers
from geo.partition import Partition

Ints = NDArray[np.int32]

HOPELESS = 0.1
"""Where no number of grids divides the total, a plan is left alone if it is no more than this share of a grid worse
than the best: nobody should move for next to nothing."""


@dataclass(frozen=True, eq=False)
class Start:
    """Labels to begin with, -2 for atoms that must find a grid; the plan's label (-1 new) and part of each grid; the
    grid where each atom belongs (-1 nowhere); by part, whether anything is wrong with it (``troubled``) and whether
    grids were added or dissolved beyond what totals ask for (``changed``)."""

    label: Ints
    names: Ints
    part: Ints
    home: Ints
    troubled: NDArray[np.bool_]
    changed: NDArray[np.bool_]


def start(
    task: Task, partition: Partition, *, eager: bool = False, more: int = 0, of: NDArray[np.bool_] | None = None
) -> Start:
    """The plan as a beginning: pieces apart, and as many grids in each part as totals or the given numbers allow.

    ``eager``: every grid is split or dissolved that could be. ``more``: so many grids are added (-1: one dissolved) in
    each of the parts ``of`` bool[p] where totals allow that.
    """
    label, names, part = _grids_of_plan(task, partition)
    home = label.copy()
    piece = graph.pieces(task.atoms.indptr, task.atoms.indices, label)
    weight = np.bincount(piece, weights=task.atoms.weight)
    size = np.bincount(piece)
    held = np.bincount(piece, weights=task.lock >= 0)
    first = np.unique(piece, return_index=True)[1]
    owner = label[first]
    order = np.lexsort((first, -size, -weight, -held, owner))
    main = np.zeros(len(order), dtype=np.bool_)
    main[order[np.flatnonzero(np.diff(owner[order], prepend=-2))]] = True
    loose = ~main & (owner >= 0)
    home[loose[piece]] = -1
    label[loose[piece]] = -2
    most = np.where(given(task), numbers(task), np.maximum(task.parts.most, task.parts.fewest))
    fewest = np.where(given(task), numbers(task), np.clip(task.parts.most, 1, task.parts.fewest))
    count = np.bincount(part, minlength=len(most))
    for at in np.flatnonzero(loose)[np.argsort(-weight[loose], kind="stable")].tolist():
        where = int(task.parts.of_atom[first[at]])
        if weight[at] >= task.parts.low[where] and count[where] < most[where]:
            label[piece == at] = len(part)
            part, names = np.append(part, np.int32(where)), np.append(names, np.int32(-1))
            count[where] += 1
    load = np.bincount(label[label >= 0], weights=task.atoms.weight[label >= 0], minlength=len(part)).astype(np.float64)
    outside = np.bincount(
        part, weights=bounds.excess(load, task.parts.low[part], task.parts.high[part]), minlength=len(most)
    )
    middle = (task.parts.low + task.parts.high) / 2
    never = task.parts.fewest > task.parts.most
    troubled = np.where(never, outside > counts.least_outside(task.parts) + HOPELESS * middle, outside > 0)
    troubled[task.parts.of_atom[first[loose]]] = True
    troubled |= (count < fewest) | (count > most) | _unlocked(task, partition)
    plan = Start(label, names, part, home, troubled, np.zeros(len(most), dtype=np.bool_))
    step = np.zeros(len(most), dtype=np.int32) if of is None else np.where(of, more, 0).astype(np.int32)
    return _counted(task, plan, count, fewest, most, eager, step)


def _unlocked(task: Task, partition: Partition) -> NDArray[np.bool_]:
    """bool[p]: parts where the plan does not keep a lock or cuts an atom."""
    wrong = partition.labels != partition.labels[task.atoms.first][task.atoms.of_cell]
    held = task.lock[task.atoms.of_cell]
    wrong |= (held >= 0) & (partition.labels != held)
    out = np.zeros(len(task.parts.weight), dtype=np.bool_)
    part = task.parts.of_atom[task.atoms.of_cell[wrong]]
    out[part[part >= 0]] = True
    return out


def _counted(
    task: Task, plan: Start, count: NDArray[np.int64], fewest: Ints, most: Ints, eager: bool, step: Ints
) -> Start:
    """``plan`` with grids added (empty, to be split off) or dissolved until each part's number is allowed."""
    inside = plan.label >= 0
    load = np.bincount(plan.label[inside], weights=task.atoms.weight[inside], minlength=len(plan.part))
    held = np.bincount(plan.label[inside], weights=task.lock[inside] >= 0, minlength=len(plan.part)) > 0
    label, extra, changed = plan.label.copy(), [], plan.changed.copy()
    for where in range(len(count)):
        mine = np.flatnonzero(plan.part == where)
        add = max(0, int(fewest[where] - count[where]))
        drop = max(0, int(count[where] - most[where]))
        if eager:
            heavy = int(((load[mine] > task.parts.high[where]) & (load[mine] >= 2 * task.parts.low[where])).sum())
            light = int((load[mine] < task.parts.low[where] / 2).sum())
            more = max(0, min(heavy, int(most[where] - count[where])) - add)
            less = max(0, min(light, int(count[where] - fewest[where])) - drop)
            add, drop, changed[where] = add + more, drop + less, more + less > 0
        if step[where] and fewest[where] <= count[where] + step[where] <= most[where]:
            add, drop, changed[where] = max(0, int(step[where])), max(0, -int(step[where])), True
        free = mine[~held[mine]]
        gone = free[np.argsort(load[free], kind="stable")][: min(drop, len(mine) - 1)]
        label[np.isin(label, gone)] = -2
        extra += [where] * add
    part = np.concatenate([plan.part, np.array(extra, dtype=np.int32)]).astype(np.int32)
    names = np.concatenate([plan.names, np.full(len(extra), -1, dtype=np.int32)]).astype(np.int32)
    return _renumbered(Start(label, names, part, plan.home, plan.troubled, changed), len(plan.part))


def _renumbered(plan: Start, old: int) -> Start:
    """``plan`` without the grids that hold nothing, except the ``old``-th and later ones, which are to be filled."""
    used = np.isin(np.arange(len(plan.part)), plan.label)
    used[old:] = True
    place = np.append(np.where(used, np.cumsum(used) - 1, -1), -1).astype(np.int32)
    return Start(
        label=np.where(plan.label >= 0, place[np.maximum(plan.label, -1)], plan.label).astype(np.int32),
        names=plan.names[used],
        part=plan.part[used],
        home=place[plan.home],
        troubled=plan.troubled,
        changed=plan.changed,
    )


def _grids_of_plan(task: Task, partition: Partition) -> tuple[Ints, Ints, Ints]:
    """Search label of each atom, the plan's label of each search grid or -1, and its part.

    A grid of the plan that lies in several parts is as many search grids; the heaviest one bears its label.
    """
    was = np.where(task.claim >= 0, task.claim, partition.labels[task.atoms.first]).astype(np.int64)
    inside = task.parts.of_atom >= 0
    keys, at = np.unique((task.parts.of_atom.astype(np.int64) << 32 | was)[inside], return_inverse=True)
    label = np.full(len(was), -1, dtype=np.int32)
    label[inside] = at
    part, plan_label = (keys >> 32).astype(np.int32), (keys & 0xFFFFFFFF).astype(np.int32)
    weight = np.bincount(at, weights=task.atoms.weight[inside], minlength=len(keys))
    held = np.bincount(at, weights=task.lock[inside] >= 0, minlength=len(keys))
    order = np.lexsort((np.arange(len(keys)), -weight, held == 0))
    _, first = np.unique(plan_label[order], return_index=True)
    names = np.full(len(keys), -1, dtype=np.int32)
    names[order[first]] = plan_label[order[first]]
    return label, names, part
